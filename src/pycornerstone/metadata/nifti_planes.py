"""Where the slices of a NIfTI file lie across one of its axes: what all of them have in common."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.metadata.nifti_geometry import slice_normal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.geometry import Vector

__all__ = ["SlicePlanes", "slice_planes"]

# Of the two axes that a slice shows, the one along its rows and the one down its columns.
_SHOWN = ((1, 2), (0, 2), (0, 1))


@dataclass(frozen=True, slots=True)
class SlicePlanes:
    """Parallel planes, each as far from the one before.

    Attributes
    ----------
    first_lps, step_mm : tuple of float
        Centre of the first pixel of the first slice, and from it to that of the next, in LPS.
    row_cosines, column_cosines : tuple of float
        Unit vectors in LPS, along a row and down a column.
    row_pixel_spacing_mm, column_pixel_spacing_mm : float
        Between rows, and between columns.
    distance_mm : float or None
        Between neighbours, along the normal; None where all lie in one plane.
    """

    first_lps: Vector
    step_mm: Vector
    row_cosines: Vector
    column_cosines: Vector
    row_pixel_spacing_mm: float
    column_pixel_spacing_mm: float
    distance_mm: float | None

    def position_lps(self, index: int) -> Vector:
        """Give the centre of the first pixel of a slice, counted from 0 along the axis."""
        (x, y, z), (dx, dy, dz) = self.first_lps, self.step_mm
        return (x + index * dx, y + index * dy, z + index * dz)


def slice_planes(affine: npt.NDArray[np.float64] | None, number: int) -> SlicePlanes | None:
    """Give the planes of slices across an axis.

    Parameters
    ----------
    affine : numpy.ndarray or None
        4x4, voxel index (i, j, k) to LPS mm.
    number : int
        Which axis: 0, 1 or 2.

    Returns
    -------
    SlicePlanes or None
        None where the affine is, or the two axes that a slice shows span no plane.
    """
    if affine is None:
        return None
    along, down = _SHOWN[number]
    columns = affine.T.tolist()
    along_row, along_column, to_next = (columns[n][:3] for n in (along, down, number))
    normal = slice_normal(along_row, along_column)
    if normal is None:
        return None
    column_spacing, row_spacing = math.hypot(*along_row), math.hypot(*along_column)
    # Spacing Between Slices (0018,0088) is measured along the normal, which is shorter than the
    # column of the affine where slices are sheared.
    distance = abs(sum(map(operator.mul, normal, to_next)))
    return SlicePlanes(
        first_lps=_vector(columns[3]),
        step_mm=_vector(to_next),
        row_cosines=_vector(along_row, column_spacing),
        column_cosines=_vector(along_column, row_spacing),
        row_pixel_spacing_mm=row_spacing,
        column_pixel_spacing_mm=column_spacing,
        # Slices that lie in one plane are no distance apart; rounding would say that they are.
        distance_mm=distance if distance > 1e-6 * math.hypot(*to_next) else None,
    )


def _vector(values: Sequence[float], length: float = 1.0) -> Vector:
    x, y, z = values[:3]
    return (x / length, y / length, z / length)
