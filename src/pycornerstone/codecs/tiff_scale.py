"""Pixel spacing of a TIFF page: OME's, ImageJ's, or that of its resolution tags."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.codecs.pixel_density import PixelAspect, PixelDensity, aspect_from, density_from
from pycornerstone.codecs.tiff_directory import if_readable

if TYPE_CHECKING:
    from pycornerstone.codecs.tiff_directory import TiffDirectory

__all__ = ["TiffDescription", "read_description", "scale_of"]

_DESCRIPTION, _X_RESOLUTION, _Y_RESOLUTION, _UNIT = 270, 282, 283, 296
_NO_UNIT = 1
_UNITS_MM = {2: 25.4, 3: 10.0}
# Of OME-XML (UnitsLength) and of ImageJ, which writes what a user typed.
_LENGTHS_MM = {
    "m": 1e3,
    "cm": 10.0,
    "mm": 1.0,
    # The signs of micro and of the Greek letter, which writers use alike.
    "\u00b5m": 1e-3,
    "\u03bcm": 1e-3,
    "um": 1e-3,
    "micron": 1e-3,
    "microns": 1e-3,
    "nm": 1e-6,
    "pm": 1e-9,
    "in": 25.4,
    "inch": 25.4,
}
# XML is not parsed: entities of a hostile file could not be bounded.
_PIXELS = re.compile(r"<(?:\w+:)?Pixels\s([^<>]*)>")
_SIZE = re.compile(r"\bPhysicalSize([XY])(Unit)?\s*=\s*[\"']([^\"']*)[\"']")
# As ImageJ writes what is not ASCII.
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_IMAGEJ_LINE = re.compile(r"^(images|unit)=(.*)$", re.MULTILINE)
_MOST_TEXT = 1 << 24


@dataclass(frozen=True, slots=True)
class TiffDescription:
    """What the description of the first page says of the whole file (tag 270).

    Attributes
    ----------
    ome_scale : PixelDensity or None
        Of all images of an OME-TIFF, where they have the same.
    imagej_unit_mm : float or None
        Unit of the resolution tags.
    imagej_planes : int
        How many ImageJ wrote; 1 where it is none of its files.
    """

    ome_scale: PixelDensity | None = None
    imagej_unit_mm: float | None = None
    imagej_planes: int = 1


def read_description(first: TiffDirectory) -> TiffDescription:
    """Read the description of the first page, if it can be read."""
    if len(if_readable(first.content, _DESCRIPTION, b"")) > _MOST_TEXT:
        return TiffDescription()
    text = if_readable(first.text, _DESCRIPTION, "")
    if text.startswith("ImageJ="):
        lines = dict(_IMAGEJ_LINE.findall(text))
        images = lines.get("images", "").strip()
        is_number = images.isascii() and images.isdigit() and len(images) < 10
        unit = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), lines.get("unit", ""))
        return TiffDescription(
            imagej_unit_mm=_LENGTHS_MM.get(unit.strip()),
            imagej_planes=int(images) if is_number else 1,
        )
    is_ome = "<OME" in text or ":OME" in text
    return TiffDescription(_ome_scale(text) if is_ome else None)


def scale_of(
    tags: TiffDirectory, description: TiffDescription
) -> PixelDensity | PixelAspect | None:
    """Find how far apart the samples of a page are, as they are stored.

    Parameters
    ----------
    tags : TiffDirectory
        Of the page.
    description : TiffDescription
        Of the file.

    Returns
    -------
    PixelDensity, PixelAspect or None
        Of a density, the source is ``"OME"``, ``"ImageJ"`` or ``"TIFF"``; where the file says that
        it has no unit, it is a shape alone.
    """
    if description.ome_scale is not None:
        return description.ome_scale
    across = if_readable(tags.ratio, _X_RESOLUTION, None)
    down = if_readable(tags.ratio, _Y_RESOLUTION, None)
    if not (across and down):
        return None
    if description.imagej_unit_mm:
        return density_from(across, down, description.imagej_unit_mm, "ImageJ")
    unit = if_readable(lambda tag: tags.integer(tag, 2), _UNIT, 0)
    if unit in _UNITS_MM:
        return density_from(across, down, _UNITS_MM[unit], "TIFF")
    return aspect_from(across, down) if unit == _NO_UNIT else None


def _ome_scale(text: str) -> PixelDensity | None:
    found: set[tuple[float, float]] = set()
    for attributes in _PIXELS.findall(text):
        values = {axis + unit: value for axis, unit, value in _SIZE.findall(attributes)}
        found.add((_ome_size(values, "Y"), _ome_size(values, "X")))
    # Of several images in a file nobody says which page is whose.
    if len(found) != 1:
        return None
    row_mm, column_mm = found.pop()
    if not (0 < row_mm < math.inf and 0 < column_mm < math.inf):
        return None
    return PixelDensity(row_mm, column_mm, "OME")


def _ome_size(values: dict[str, str], axis: str) -> float:
    # Micrometres, unless something else is said (OME-XML schema, PhysicalSizeXUnit).
    unit = _LENGTHS_MM.get(values.get(axis + "Unit", "um").replace("&#181;", "u"))
    try:
        return float(values[axis]) * unit if unit else 0.0
    except (KeyError, ValueError):
        return 0.0
