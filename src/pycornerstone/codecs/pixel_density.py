"""How far apart the pixels of a picture are, or only of what shape they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TypedDict

__all__ = [
    "PixelAspect",
    "PixelDensity",
    "ScaleFields",
    "aspect_from",
    "density_from",
    "scale_fields",
]

# A pixel that is longer still is a mistake; those of faxes and of video are up to 2 to 1.
_MOST_ASPECT = 100
_MOST_TERM = 10_000


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


@dataclass(frozen=True, slots=True)
class PixelAspect:
    """Of what shape the pixels of a picture are, where it gives no length.

    Attributes
    ----------
    height, width : int
        Vertical and horizontal size of a pixel, in no unit.
    """

    height: int
    width: int


class ScaleFields(TypedDict):
    """Fields of `PictureModule`."""

    row_pixel_spacing_mm: float | None
    column_pixel_spacing_mm: float | None
    spacing_source: str | None
    pixel_aspect_ratio: tuple[int, int] | None


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


def aspect_from(across: float, down: float) -> PixelAspect | None:
    """Make a shape of pixels a unit that is not said; None of squares, and of what cannot be.

    Parameters
    ----------
    across, down : float
        Pixels a unit along a row, and along a column: the more of them, the narrower each is.
    """
    if not (0 < across < math.inf and 0 < down < math.inf):
        return None
    if across == down:
        return None
    # Whole numbers are divided as they are; rationals of TIFF come as floats.
    shape = (Fraction(across) / Fraction(down)).limit_denominator(_MOST_TERM)
    if shape == 1 or not 1 / _MOST_ASPECT <= shape <= _MOST_ASPECT:
        return None
    return PixelAspect(shape.numerator, shape.denominator)


def scale_fields(*found: PixelDensity | PixelAspect | None, orientation: int = 1) -> ScaleFields:
    """Give the fields of `PictureModule` that say how large pixels are, or of what shape.

    Parameters
    ----------
    *found : PixelDensity, PixelAspect or None
        What a file says in its several places, the one that counts first; any length goes before a
        shape alone.
    orientation : int
        As Exif counts: 5 to 8 make columns of rows.
    """
    density = next((each for each in found if isinstance(each, PixelDensity)), None)
    aspect = next((each for each in found if isinstance(each, PixelAspect)), None)
    turns = orientation >= 5
    if density is not None:
        row_mm, column_mm = density.row_spacing_mm, density.column_spacing_mm
        return ScaleFields(
            row_pixel_spacing_mm=column_mm if turns else row_mm,
            column_pixel_spacing_mm=row_mm if turns else column_mm,
            spacing_source=density.source,
            pixel_aspect_ratio=None,
        )
    ratio = None
    if aspect is not None:
        ratio = (aspect.width, aspect.height) if turns else (aspect.height, aspect.width)
    return ScaleFields(
        row_pixel_spacing_mm=None,
        column_pixel_spacing_mm=None,
        spacing_source=None,
        pixel_aspect_ratio=ratio,
    )
