"""The samples of a plane through a volume: those of its voxels, or as far apart as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import TransferError
from pycornerstone.frontends.browser.shapes import patch_of
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.cut import cut
from pycornerstone.rendering.volumes.source import VolumeSource

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.frontends.browser.shapes import Kind, Patch
    from pycornerstone.model.volume import Volume
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["samples_on_plane"]

# Of a voxel.
_ON_VOXELS = 1e-4
_CORNER = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
# Voxels that interpolation looks at beside.
_BESIDE = 2


@dataclass(frozen=True, slots=True, eq=False)
class _PlaneGrid:
    """Samples on a plane: number (m, n) is at the index ``start + m * across + n * down``."""

    start: npt.NDArray[np.float64]
    across: npt.NDArray[np.float64]
    down: npt.NDArray[np.float64]
    points: npt.NDArray[np.float64]
    """Those of the shape, as (m, n)."""
    first: tuple[int, int]
    last: tuple[int, int]


def samples_on_plane(
    viewport: VolumeViewport, volume: Volume, kind: Kind, points: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Give the modality values on the plane of a viewport whose places lie in a shape.

    On a plane along the voxels these are the voxels of the plane, and on another one places that
    are as far apart, with values interpolated as they are drawn. Of a slab they are those of the
    slab. Padding, and what is outside of the volume, is no sample.

    Parameters
    ----------
    viewport : VolumeViewport
        Which shows the volume as its first.
    volume : Volume
        The volume.
    kind : str
        Of the shape.
    points : numpy.ndarray
        ``(N, 3)`` in the world of the viewport.

    Returns
    -------
    numpy.ndarray
        ``(samples,)``, of colours ``(samples, 3 or 4)``.

    Raises
    ------
    TransferError
        If slices that it takes are not loaded yet.
    MissingExtraError
        If the plane is oblique to the voxels, and VTK is not installed.
    """
    empty = np.zeros((0, *volume.voxels.shape[3:]))
    grid = _grid_of(viewport, volume, points)
    patch = patch_of(kind, grid.points, grid.first, grid.last)
    if patch is None:
        return empty
    matrix = _matrix(viewport, volume, grid, patch)
    rows, columns = patch.inside.shape
    slab = viewport.slab
    half = 0.0 if slab is None else slab.thickness_mm / 2
    reach = half * np.abs(matrix[:3, 2])
    ends = np.array([(m, n, 0, 1) for m in (0, columns - 1) for n in (0, rows - 1)], np.float64)
    corners = ends @ matrix[:3].T
    low, high = corners.min(axis=0) - reach, corners.max(axis=0) + reach
    _check_loaded(viewport, volume, float(low[2]), float(high[2]))
    part = _part_of(volume, low, high)
    if part is None:
        return empty
    small, origin = part
    matrix[:3, 3] -= origin
    is_nearest = viewport.properties().interpolation is Interpolation.NEAREST
    how = Interpolation.NEAREST if is_nearest else Interpolation.LINEAR
    made = cut(VolumeSource(small), matrix, (columns, rows), how, slab)
    inside = patch.inside if made.inside is None else patch.inside & (made.inside != 0)
    return np.asarray(made.values[inside], np.float64)


def _grid_of(
    viewport: VolumeViewport, volume: Volume, points: npt.NDArray[np.float64]
) -> _PlaneGrid:
    corner, right, below = viewport.canvas_to_index(_CORNER)
    across, down = right - corner, below - corner
    canvas = viewport.world_to_canvas(points)
    lengths = np.array(volume.geometry.lengths)
    for axis in range(3):
        flat = max(abs(across[axis]) / np.linalg.norm(across), abs(down[axis]))
        if flat * max(viewport.width, viewport.height) < _ON_VOXELS:
            break
    else:
        return _oblique_grid(viewport, volume, corner, across, down, canvas)
    index = corner + canvas[:, :1] * across + canvas[:, 1:] * down
    b, c = (other for other in range(3) if other != axis)
    start = np.zeros(3)
    position = float(corner[axis])
    is_whole = abs(position - round(position)) < _ON_VOXELS
    start[axis] = round(position) if is_whole else position
    units = np.eye(3)
    last = int(lengths[b]) - 1, int(lengths[c]) - 1
    return _PlaneGrid(start, units[b], units[c], index[:, [b, c]], (0, 0), last)


def _oblique_grid(
    viewport: VolumeViewport,
    volume: Volume,
    corner: npt.NDArray[np.float64],
    across: npt.NDArray[np.float64],
    down: npt.NDArray[np.float64],
    canvas: npt.NDArray[np.float64],
) -> _PlaneGrid:
    """Put the samples a voxel apart, so that they stay where they are when the view is moved."""
    anchor = viewport.world_to_canvas(volume.geometry.center_lps)
    steps = np.array([1 / np.linalg.norm(across), 1 / np.linalg.norm(down)])
    start = corner + anchor[0] * across + anchor[1] * down
    most = sum(volume.geometry.lengths)
    points = (canvas - anchor) / steps
    return _PlaneGrid(
        start, across * steps[0], down * steps[1], points, (-most, -most), (most, most)
    )


def _matrix(
    viewport: VolumeViewport, volume: Volume, grid: _PlaneGrid, patch: Patch
) -> npt.NDArray[np.float64]:
    """Give the way from the samples of a patch, and mm towards the viewer, to the index."""
    m, n = patch.first
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1] = grid.across, grid.down
    matrix[:3, 2] = volume.geometry.inverse[:3, :3] @ viewport.camera.view_plane_normal
    matrix[:3, 3] = grid.start + m * grid.across + n * grid.down
    return matrix


def _check_loaded(viewport: VolumeViewport, volume: Volume, low: float, high: float) -> None:
    loaded = viewport.loaded_slices(volume.volume_id)
    if loaded is None:
        return
    first = min(max(math.floor(low + _ON_VOXELS), 0), len(loaded) - 1)
    last = min(max(math.ceil(high - _ON_VOXELS), 0), len(loaded) - 1)
    if not loaded[first : last + 1].all():
        raise TransferError(
            f"slices {first} to {last} are still being loaded; measure again when they are there"
        )


def _part_of(
    volume: Volume, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
) -> tuple[Volume, npt.NDArray[np.float64]] | None:
    """Give the part of a volume that is looked at, and its first index.

    What cutting makes ready is of a few voxels then, and not of all.
    """
    ends = np.array(volume.geometry.lengths) - 1
    if (high < -0.5).any() or (low > ends + 0.5).any():
        return None
    first = np.clip(np.floor(low).astype(int) - _BESIDE, 0, ends)
    last = np.clip(np.ceil(high).astype(int) + _BESIDE, 0, ends)
    i, j, k = (slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True))
    voxels = volume.voxels[k, j, i]
    slices, rows, columns = voxels.shape[:3]
    part = volume.replace(
        voxels=voxels,
        image_ids=(),
        geometry=VolumeGeometry.default((slices, rows, columns)),
        slice_modality_luts=volume.slice_modality_luts[k] if volume.slice_modality_luts else (),
    )
    return part, first.astype(np.float64)
