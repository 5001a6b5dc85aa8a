"""Pixel density: pixels a length, as pictures have it, as the spacing of their rows and columns."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["PixelDensity", "density_from"]


@dataclass(frozen=True, slots=True)
class PixelDensity:
    """How far apart the pixels of a picture are, where it is printed.

    Attributes
    ----------
    row_spacing_mm, column_spacing_mm : float
        Between rows and between columns.
    source : str
        Where that is from, such as ``"pHYs"``.
    """

    row_spacing_mm: float
    column_spacing_mm: float
    source: str

    def turned(self, orientation: int) -> PixelDensity:
        """Give that of the upright picture: Exif orientations 5 to 8 make columns of rows."""
        if orientation < 5:
            return self
        return PixelDensity(self.column_spacing_mm, self.row_spacing_mm, self.source)


def density_from(across: float, down: float, unit_mm: float, source: str) -> PixelDensity | None:
    """Make spacing of pixels a unit of length; None where the numbers are none that can be.

    Parameters
    ----------
    across, down : float
        Pixels a unit along a row, and along a column.
    unit_mm : float
        The unit: 25.4 for an inch.
    source : str
        Where that is from.
    """
    if not (across > 0 and down > 0):
        return None
    row_mm, column_mm = unit_mm / down, unit_mm / across
    if not (0 < row_mm < math.inf and 0 < column_mm < math.inf):
        return None
    return PixelDensity(row_mm, column_mm, source)
