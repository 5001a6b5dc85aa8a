"""Where an image lies in the patient: LPS millimetres, voxel centres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PlaneGeometry", "Vector"]

Vector = tuple[float, float, float]
"""x, y, z towards the patient's Left, Posterior and Superior."""


@dataclass(frozen=True, slots=True)
class PlaneGeometry:
    """The plane of an image, with every value known: from the header, or a default that says so.

    Attributes
    ----------
    position_lps : tuple of float
        Centre of the first pixel (column 0, row 0), mm.
    row_cosines, column_cosines : tuple of float
        Unit vectors along a row (towards higher columns) and down a column (towards higher rows).
    row_pixel_spacing_mm, column_pixel_spacing_mm : float
        Distance between rows (vertical) and between columns (horizontal), the first and second
        value of Pixel Spacing (0028,0030).
    spacing_is_default, orientation_is_default, position_is_default : bool
        The value was not known; 1 mm, the x and y axes, and the origin stand in for it. Where at
        least the shape of the pixels is known, the distance between rows is the ratio of their
        height and width.
    """

    position_lps: Vector = (0.0, 0.0, 0.0)
    row_cosines: Vector = (1.0, 0.0, 0.0)
    column_cosines: Vector = (0.0, 1.0, 0.0)
    row_pixel_spacing_mm: float = 1.0
    column_pixel_spacing_mm: float = 1.0
    spacing_is_default: bool = True
    orientation_is_default: bool = True
    position_is_default: bool = True

    @property
    def normal(self) -> Vector:
        """Unit vector row x column: for an axial head-first CT it points to the head."""
        # numpy.cross takes 40 us for this.
        (a, b, c), (d, e, f) = self.row_cosines, self.column_cosines
        return (b * f - c * e, c * d - a * f, a * e - b * d)

    @property
    def affine(self) -> npt.NDArray[np.float64]:
        """4x4 matrix from (column, row, 0, 1) to LPS mm (PS3.3 equation C.7.6.2.1-1)."""
        matrix = np.eye(4)
        matrix[:3, 0] = np.multiply(self.row_cosines, self.column_pixel_spacing_mm)
        matrix[:3, 1] = np.multiply(self.column_cosines, self.row_pixel_spacing_mm)
        matrix[:3, 2] = self.normal
        matrix[:3, 3] = self.position_lps
        return matrix
