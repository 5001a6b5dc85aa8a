"""Volumes made of others: of the same grid, of a part of it, or of every so many voxels."""

from __future__ import annotations

import operator
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import GeometryError, LoaderError
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_series import checked_volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.model.volume_geometry import VolumeGeometry

__all__ = [
    "decimated",
    "decimated_geometry",
    "derived_volume",
    "labelmap_volume",
    "sub_volume",
]


def derived_volume(
    volume: Volume, voxels: npt.NDArray[Any] | None = None, *, volume_id: str | None = None
) -> Volume:
    """Give a volume of other values on the grid of one, such as what a filter made of it.

    Parameters
    ----------
    volume : Volume
        Whose grid it has; modality and window come from there too.
    voxels : numpy.ndarray, optional
        Modality values, ``(slices, rows, columns)``; by default zeros in float32. They are not
        copied.
    volume_id : str, optional
        What it is asked for by; by default one of its own.

    Raises
    ------
    GeometryError
        If they are of another shape.
    LoaderError
        If they are no numbers.
    """
    checked_volume(volume)
    voxels = np.zeros(volume.shape, np.float32) if voxels is None else np.asarray(voxels)
    _check_grid(volume, voxels)
    return Volume(
        _new_id("derived") if volume_id is None else volume_id,
        voxels,
        geometry=volume.geometry,
        voi_lut=volume.voi_lut,
        modality=volume.modality,
        referenced_volume_id=volume.volume_id,
    )


def labelmap_volume(
    volume: Volume, voxels: npt.NDArray[Any] | None = None, *, volume_id: str | None = None
) -> Volume:
    """Give a labelmap on the grid of a volume: the number of the segment of each voxel, 0 for none.

    Parameters
    ----------
    volume : Volume
        Whose grid it has.
    voxels : numpy.ndarray, optional
        Of whole numbers or bool, ``(slices, rows, columns)``, not copied: who keeps the array may
        go on writing to it. By default an empty one, of uint8.
    volume_id : str, optional
        What it is asked for by; by default one of its own.

    Raises
    ------
    GeometryError
        If they are of another shape.
    LoaderError
        If they are no whole numbers.
    """
    checked_volume(volume)
    voxels = np.zeros(volume.shape, np.uint8) if voxels is None else np.asarray(voxels)
    _check_grid(volume, voxels)
    if voxels.dtype.kind not in "bui" or voxels.ndim != 3:
        raise LoaderError(
            f"a labelmap has whole numbers, one a voxel, got {voxels.dtype} of shape {voxels.shape}"
        )
    return Volume(
        _new_id("labelmap") if volume_id is None else volume_id,
        voxels,
        geometry=volume.geometry,
        modality="SEG",
        referenced_volume_id=volume.volume_id,
        is_labelmap=True,
    )


def decimated_geometry(geometry: VolumeGeometry, steps: tuple[int, int, int]) -> VolumeGeometry:
    """Give the grid of every so many voxels of one, the first of them included.

    Parameters
    ----------
    geometry : VolumeGeometry
        Of all voxels.
    steps : tuple of int
        Along i (columns), j (rows) and k (slices), at least 1 each.

    Raises
    ------
    GeometryError
        If a step is below 1.
    """
    checked_steps(steps)
    affine = geometry.affine.copy()
    affine[:3, :3] *= np.array(steps, np.float64)
    lengths = [-(-length // step) for length, step in zip(geometry.lengths, steps, strict=True)]
    return replace(geometry, shape=(lengths[2], lengths[1], lengths[0]), affine=affine)


def checked_steps(steps: Any) -> tuple[int, int, int]:
    """Give steps along i, j and k.

    Raises
    ------
    GeometryError
        If there are not three of them, whole numbers of at least 1.
    """
    try:
        i, j, k = map(operator.index, steps)
    except (TypeError, ValueError):
        i = j = k = 0
    if min(i, j, k) < 1:
        raise GeometryError(
            f"steps are three whole numbers of at least 1, along i, j and k, got {steps!r}"
        )
    return i, j, k


def decimated(volume: Volume, steps: tuple[int, int, int]) -> Volume:
    """Give every so many voxels of a volume, a view of its voxels.

    Parameters
    ----------
    volume : Volume
        All of it.
    steps : tuple of int
        Along i (columns), j (rows) and k (slices), at least 1 each.

    Raises
    ------
    GeometryError
        If a step is below 1.
    """
    checked_volume(volume)
    i, j, k = checked_steps(steps)
    return volume.replace(
        volume_id=f"{volume.volume_id}#steps={i},{j},{k}",
        voxels=volume.voxels[::k, ::j, ::i],
        geometry=decimated_geometry(volume.geometry, (i, j, k)),
        image_ids=volume.image_ids[::k],
        slice_modality_luts=volume.slice_modality_luts[::k],
        report=None,
        referenced_volume_id=None,
    )


def sub_volume(volume: Volume, bounds: Sequence[Sequence[int]]) -> Volume:
    """Give a part of a volume, a view of its voxels.

    Parameters
    ----------
    volume : Volume
        All of it.
    bounds : sequence of pairs of int
        ``((first i, last i), (first j, last j), (first k, last k))``, both ends included.

    Raises
    ------
    GeometryError
        If that is no part of the volume.
    """
    lengths = checked_volume(volume).geometry.lengths
    try:
        (i0, i1), (j0, j1), (k0, k1) = (map(operator.index, ends) for ends in bounds)
    except (TypeError, ValueError):
        i0 = i1 = j0 = j1 = k0 = k1 = -1
    ends = ((i0, i1), (j0, j1), (k0, k1))
    if not all(0 <= a <= b < n for (a, b), n in zip(ends, lengths, strict=True)):
        raise GeometryError(
            f"bounds are first and last index along i, j and k, within {lengths} voxels, got "
            f"{bounds!r}"
        )
    parts = [slice(first, last + 1) for first, last in ends]
    i, j, k = parts
    voxels = volume.voxels[k, j, i]
    affine = volume.affine.copy()
    affine[:3, 3] = volume.geometry.index_to_world([part.start for part in parts])
    shape = (voxels.shape[0], voxels.shape[1], voxels.shape[2])
    marked = ";".join(f"{first},{last}" for first, last in ends)
    return volume.replace(
        volume_id=f"{volume.volume_id}#bounds={marked}",
        voxels=voxels,
        geometry=replace(volume.geometry, shape=shape, affine=affine),
        # Their images are larger than the slices of this.
        image_ids=(),
        slice_modality_luts=volume.slice_modality_luts[k],
        report=None,
        referenced_volume_id=None,
    )


def _check_grid(volume: Volume, voxels: npt.NDArray[Any]) -> None:
    if voxels.shape[:3] != volume.shape:
        raise GeometryError(
            f"the voxels are {voxels.shape}, but the volume whose grid they are to have is one of "
            f"{volume.shape}; resample them first"
        )


def _new_id(kind: str) -> str:
    return f"{kind}:{uuid.uuid4().hex}"
