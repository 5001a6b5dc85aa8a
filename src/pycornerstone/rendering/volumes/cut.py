"""A plane, or a slab of some thickness, cut out of a volume at any angle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.rendering.volumes.axis_planes import AxisPlane, cut_along_axes
from pycornerstone.rendering.volumes.oblique import cut_obliquely
from pycornerstone.rendering.volumes.source import VolumeSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from pycornerstone.rendering.sampling import Interpolation

__all__ = ["Cut", "Slab", "SlabMode", "VolumeSource", "cut"]

# Of a voxel: a slab that ends so little before a sample has it.
_SAME_PLACE = 1e-6


class SlabMode(StrEnum):
    """What becomes of the values that lie behind each other in a slab."""

    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class Slab:
    """A cut that is not infinitely thin.

    Attributes
    ----------
    thickness_mm : float
        In all, one half on each side of the plane.
    mode : SlabMode
        What becomes of the values in it.

    Raises
    ------
    ValueError
        If the thickness is negative or not finite, or there is no such mode.
    """

    thickness_mm: float
    mode: SlabMode = SlabMode.MAXIMUM

    def __post_init__(self) -> None:
        if not (math.isfinite(self.thickness_mm) and self.thickness_mm >= 0):
            raise ValueError(f"thickness_mm must be 0 or more, got {self.thickness_mm}")
        object.__setattr__(self, "mode", SlabMode(self.mode))


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """What a volume is on a plane.

    Attributes
    ----------
    values : numpy.ndarray
        ``(height, width)`` float32 modality values, or ``(height, width, 3 or 4)`` float32 colours
        in stored units. Where nothing is inside, any finite number.
    inside : numpy.ndarray or None
        ``(height, width)`` uint8: 1 where the volume is, 0 outside of it and where it has padding
        or no number. None if it is everywhere.
    """

    values: npt.NDArray[np.float32]
    inside: npt.NDArray[np.uint8] | None = None


def cut(
    source: VolumeSource,
    to_index: npt.ArrayLike,
    size: tuple[int, int],
    interpolation: Interpolation,
    slab: Slab | None = None,
) -> Cut:
    """Cut a volume along a plane.

    The volume reaches half a voxel beyond its outermost voxel centres, and has their values there.
    Padding does not bleed: next to it, voxels are interpolated as if their values went on.

    A slab is made of samples half a voxel apart along the normal, the first in the plane, and as
    many on each side as there is room for; so that on voxel planes it has the voxels' own values.
    Samples outside the volume or in padding don't count.

    Planes along two axes of the voxels need no optional library; any others need VTK, whose cubic
    convolution has a = -0.5 where that of the former has -0.75. VTK rounds places to 1/65536 of a
    voxel.

    Parameters
    ----------
    source : VolumeSource
        The volume.
    to_index : array_like
        ``(4, 4)``, from ``(x, y, z, 1)`` to ``(i, j, k, 1)``: canvas pixels, 0 at the centre of the
        first one, and mm along the view normal, towards the viewer. It may turn, stretch, shear
        and mirror.
    size : tuple of int
        ``(width, height)`` of the canvas.
    interpolation : Interpolation
        How values between voxels are made. NEAREST gives values that the volume has, except in an
        average.
    slab : Slab, optional
        How thick it is; by default it is a plane.

    Raises
    ------
    GeometryError
        If `to_index` is no invertible matrix.
    MissingExtraError
        If the plane is oblique and VTK is not installed.
    """
    matrix = _checked(to_index)
    plane = AxisPlane.of(matrix, size)
    offsets = _offsets(matrix, None if plane is None else plane.axis, slab)
    mode = None if slab is None or len(offsets) == 1 else str(slab.mode)
    cut_one = cut_obliquely if plane is None else cut_along_axes
    made = cut_one(source, matrix, size, interpolation, offsets, mode)
    if made is None:
        planes = (
            cut_one(source, _moved(matrix, offset), size, interpolation, np.zeros(1), None)
            for offset in offsets.tolist()
        )
        made = _combined((one for one in planes if one is not None), str(mode))
    values, inside = made
    present = source.present(matrix, size, interpolation, offsets)
    if present is not None:
        inside = present if inside is None else inside & present
    return Cut(values, inside)


def _checked(to_index: npt.ArrayLike) -> npt.NDArray[np.float64]:
    matrix = np.asarray(to_index, np.float64)
    is_affine = matrix.shape == (4, 4) and bool(np.isfinite(matrix).all())
    if not is_affine or np.linalg.matrix_rank(matrix[:3, :3]) < 3:
        raise GeometryError(
            "to_index must be an invertible 4x4 matrix from (x, y, z, 1) to (i, j, k, 1), got "
            f"{matrix.tolist()}"
        )
    return matrix


def _offsets(
    matrix: npt.NDArray[np.float64], axis: int | None, slab: Slab | None
) -> npt.NDArray[np.float64]:
    """Give where samples lie along the normal, in mm, in ascending order."""
    if slab is None:
        return np.zeros(1)
    change = matrix[:3, 2]
    voxels_a_mm = float(np.linalg.norm(change)) if axis is None else abs(float(change[axis]))
    each_side = math.floor(slab.thickness_mm * voxels_a_mm + _SAME_PLACE)
    return np.asarray(np.arange(-each_side, each_side + 1) * (0.5 / voxels_a_mm), np.float64)


def _moved(matrix: npt.NDArray[np.float64], offset: float) -> npt.NDArray[np.float64]:
    moved = matrix.copy()
    moved[:3, 3] += offset * matrix[:3, 2]
    return moved


def _combined(
    planes: Iterable[tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None]], mode: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None]:
    """Put planes behind each other into one; only what is inside counts."""
    total: npt.NDArray[np.float32] | None = None
    counts = np.zeros(0)
    neutral = {"maximum": -np.inf, "minimum": np.inf, "average": 0.0}[mode]
    for values, inside in planes:
        is_inside = np.ones(values.shape[:2], bool) if inside is None else inside > 0
        shown = np.where(_over(is_inside, values), values, np.float32(neutral))
        if total is None:
            total, counts = shown, is_inside.astype(np.float32)
            continue
        counts += is_inside
        combine = {"maximum": np.maximum, "minimum": np.minimum, "average": np.add}[mode]
        combine(total, shown, out=total)
    assert total is not None  # noqa: S101 - there is a plane at least
    found = counts > 0
    if mode == "average":
        total /= _over(np.maximum(counts, 1), total)
    total[~found] = 0
    return total, None if found.all() else found.view(np.uint8)


def _over(mask: npt.NDArray[Any], values: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
    """Give a mask of pixels the axes of their values."""
    return mask[..., np.newaxis] if values.ndim == 3 else mask
