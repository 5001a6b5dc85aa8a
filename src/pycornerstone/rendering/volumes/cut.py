"""A plane, or a slab of some thickness, cut out of a volume at any angle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.model.given_values import number_or_nan
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.axis_planes import AxisPlane, cut_along_axes
from pycornerstone.rendering.volumes.oblique import cut_obliquely
from pycornerstone.rendering.volumes.source import VolumeSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

__all__ = ["Cut", "Slab", "SlabMode", "VolumeSource", "cut"]

# Of a voxel: a slab that ends so little before a sample has it.
_SAME_PLACE = 1e-6
# On each side of the plane: so many, or more by the voxels along i, j and k. A slab of a whole
# volume has fewer at any angle, as long as no voxel is over a hundred times as long as wide.
_MOST_SAMPLES, _MOST_BY_VOXELS = 4096, 4
# Sine of an angle that is rounding noise.
_FLAT = 1e-12


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
        thickness = number_or_nan(self.thickness_mm)
        if not (math.isfinite(thickness) and thickness >= 0):
            raise ValueError(f"thickness_mm must be 0 or more, got {self.thickness_mm!r}")
        try:
            mode = SlabMode(str(self.mode))
        except ValueError:
            known = ", ".join(SlabMode)
            raise ValueError(f"no mode {self.mode!r} of a slab; there are: {known}") from None
        object.__setattr__(self, "thickness_mm", thickness)
        object.__setattr__(self, "mode", mode)


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """What a volume is on a plane.

    Attributes
    ----------
    values : numpy.ndarray
        ``(height, width)`` float32 modality values, or ``(height, width, 3 or 4)`` float32 colours
        in stored units. Where nothing is inside, any finite number. Whole numbers are exact up to
        2**24; those beyond, of 32 bits or more, are rounded to 24 bits.
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

    Voxels that are smaller than half of a canvas pixel are averaged in the plane before they are
    sampled, as of single images; not with NEAREST.

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
        If `to_index` is no invertible matrix, or a slab would need samples without end: if voxels
        are a millionth of a millimetre in one direction, or the plane is far outside.
    MissingExtraError
        If the plane is oblique and VTK is not installed.
    ValueError
        If the canvas has no pixels, or there is no such interpolation.
    """
    matrix, interpolation = _checked(to_index), Interpolation(interpolation)
    if min(size) < 1:
        raise ValueError(f"size must be (width, height), 1 pixel or more each, got {size}")
    plane = AxisPlane.of(matrix, size)
    offsets = _offsets(
        matrix, None if plane is None else plane.axis, slab, source.volume.geometry.lengths
    )
    mode = None if slab is None or len(offsets) == 1 else str(slab.mode)
    # Before the voxels are looked at: what comes meanwhile is not on show yet.
    present = source.present(matrix, size, interpolation, offsets)
    cut_one = cut_obliquely if plane is None else cut_along_axes
    made = cut_one(source, matrix, size, interpolation, offsets, mode)
    if made is None:
        planes = (
            cut_one(source, _moved(matrix, offset), size, interpolation, np.zeros(1), None)
            for offset in offsets.tolist()
        )
        made = _combined((one for one in planes if one is not None), str(mode))
    values, inside = made
    if present is not None:
        inside = present if inside is None else inside & present
    return Cut(values, inside)


def _checked(to_index: npt.ArrayLike) -> npt.NDArray[np.float64]:
    matrix = np.asarray(to_index, np.float64)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or _is_flat(matrix[:3, :3]):
        raise GeometryError(
            "to_index must be an invertible 4x4 matrix from (x, y, z, 1) to (i, j, k, 1), got "
            f"{matrix.tolist()}"
        )
    return matrix


def _is_flat(axes: npt.NDArray[np.float64]) -> bool:
    """Whether three columns span no volume, however long each of them is."""
    directions = axes / np.maximum(np.linalg.norm(axes, axis=0), np.finfo(np.float64).tiny)
    return bool(abs(np.linalg.det(directions)) < _FLAT)


def _offsets(
    matrix: npt.NDArray[np.float64],
    axis: int | None,
    slab: Slab | None,
    lengths: tuple[int, int, int],
) -> npt.NDArray[np.float64]:
    """Give where samples lie along the normal, in mm, in ascending order."""
    if slab is None:
        return np.zeros(1)
    change = matrix[:3, 2]
    voxels_a_mm = float(np.linalg.norm(change)) if axis is None else abs(float(change[axis]))
    # Where the volume begins and ends along the normal: beyond there is nothing to sample.
    ends = np.array(list(product(*((-0.5, n - 0.5) for n in lengths))))
    at_mm = (ends - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3])[2]
    furthest = max(float(at_mm.max()), -float(at_mm.min()), 0.0)
    thickness = min(slab.thickness_mm, 2 * furthest + 1 / voxels_a_mm)
    each_side = math.floor(thickness * voxels_a_mm + _SAME_PLACE)
    if each_side > max(_MOST_SAMPLES, _MOST_BY_VOXELS * sum(lengths)):
        raise GeometryError(
            f"a slab of {slab.thickness_mm:g} mm would be made of {2 * each_side + 1} planes, as "
            f"along its normal voxels are {1 / voxels_a_mm:g} mm apart; make it thinner, bring the "
            "plane to the volume, or resample that to voxels of like sides"
        )
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
