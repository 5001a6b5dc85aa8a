"""The straight, even grid that slices can be resampled to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.model.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.metadata.series.slice_line import SliceLine

__all__ = ["regular_grid"]

# Of a pixel: what slices stick out by that is only rounding.
_STICKS_OUT = 0.1
# More voxels than this times those that were taken would be invented.
_MOST_INVENTED = 16


def regular_grid(
    line: SliceLine,
    origins: npt.NDArray[np.float64],
    axes: npt.NDArray[np.float64],
    size: tuple[int, int],
    frame_of_reference_uid: str | None,
) -> VolumeGeometry | None:
    """Lay a grid over all slices: their pixels, one above the other, at one distance.

    Parameters
    ----------
    line : SliceLine
        How the slices lie.
    origins : numpy.ndarray
        ``(n, 3)``, first pixels, in that order.
    axes : numpy.ndarray
        ``(3, 3)``, in its columns from a pixel to the next along i and j in mm, and the unit
        normal.
    size : tuple of int
        Rows and columns of the images.
    frame_of_reference_uid : str or None
        Of the volume.

    Returns
    -------
    VolumeGeometry or None
        None where nearly all of its voxels would lie outside the slices.
    """
    rows, columns = size
    shifts = np.linalg.solve(axes, (origins - origins[0]).T)[:2]
    low = np.floor(shifts.min(axis=1) + _STICKS_OUT)
    high = np.ceil(shifts.max(axis=1) - _STICKS_OUT)
    wider, higher = (high - low).astype(np.int64).tolist()
    extent = float(line.distances_mm[-1] - line.distances_mm[0])
    if line.is_even:
        count, distance = int(line.numbers[-1]) + 1, line.distance_mm
    else:
        usual = float(np.median(np.diff(line.distances_mm)))
        count = math.floor(extent / usual + 0.5) + 1
        distance = extent / (count - 1)
    shape = (count, rows + higher, columns + wider)
    if math.prod(shape) > _MOST_INVENTED * len(origins) * rows * columns:
        return None
    first = line.origin_lps if line.is_straight else origins[0]
    affine = np.eye(4)
    affine[:3, :2] = axes[:, :2]
    affine[:3, 2] = axes[:, 2] * distance
    affine[:3, 3] = first + axes[:, :2] @ low
    try:
        return VolumeGeometry(shape, affine, frame_of_reference_uid)
    except GeometryError:
        return None
