"""Exif: how a picture is turned, and its pixel density; nothing else of it is read.

The other tags say where and by whom a picture was taken, and no one here needs them.
"""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.pixel_density import density_from

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.pixel_density import PixelDensity

__all__ = ["ExifValues", "apply_orientation", "read_exif"]

_log = logging.getLogger("pycornerstone.codecs")

# Tags and types of TIFF 6.0, sections 2 and 8.
_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 274, 282, 283, 296
_SHORT, _LONG, _RATIONAL = 3, 4, 5
_UNITS_MM = {2: 25.4, 3: 10.0}
# The tags stand in order, and these are among the first.
_MOST_TAGS = 1000


@dataclass(frozen=True, slots=True)
class ExifValues:
    """What is read of an Exif block.

    Attributes
    ----------
    orientation : int
        Tag 274, 1 to 8; 1 where it is absent or not one of them.
    density : PixelDensity or None
        Of the samples as they are stored.
    """

    orientation: int = 1
    density: PixelDensity | None = None


def read_exif(block: bytes | memoryview) -> ExifValues:
    """Read an Exif block; what is broken in it is left out, and logged.

    Parameters
    ----------
    block : bytes-like
        Begins as a TIFF file does, ``II`` or ``MM``; a beginning of ``Exif`` and two zeros is
        passed over.
    """
    block = bytes(block)
    if block.startswith(b"Exif\0\0"):
        block = block[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None:
        _log.info("an Exif block is left out: it begins neither with II nor with MM")
        return ExifValues()
    try:
        values = _first_directory(block, order)
    except struct.error:
        _log.info("an Exif block is left out: its %d bytes end too early", len(block))
        return ExifValues()
    orientation = values.get(_ORIENTATION, 1)
    across, down = values.get(_X_RESOLUTION, 0.0), values.get(_Y_RESOLUTION, 0.0)
    # Inches unless something else is said (Exif 2.32, section 4.6.4).
    unit_mm = _UNITS_MM.get(int(values.get(_RESOLUTION_UNIT, 2)))
    return ExifValues(
        int(orientation) if orientation in range(1, 9) else 1,
        density_from(across, down, unit_mm, "Exif") if unit_mm else None,
    )


def _first_directory(block: bytes, order: str) -> dict[int, float]:
    """Give the wanted numbers of image file directory 0 by their tags."""
    (position,) = struct.unpack_from(f"{order}I", block, 4)
    (count,) = struct.unpack_from(f"{order}H", block, position)
    values: dict[int, float] = {}
    for _ in range(min(count, _MOST_TAGS)):
        position += 12
        if position + 2 > len(block):
            # The last tags are cut off; those before are whole.
            break
        tag, kind = struct.unpack_from(f"{order}HH", block, position - 10)
        if tag in {_ORIENTATION, _RESOLUTION_UNIT} and kind in {_SHORT, _LONG}:
            number = "H" if kind == _SHORT else "I"
            (values[tag],) = struct.unpack_from(f"{order}{number}", block, position - 2)
        elif tag in {_X_RESOLUTION, _Y_RESOLUTION} and kind == _RATIONAL:
            values[tag] = _rational(block, order, position - 2)
    return values


def _rational(block: bytes, order: str, position: int) -> float:
    (place,) = struct.unpack_from(f"{order}I", block, position)
    if place + 8 > len(block):
        return 0.0
    above, below = struct.unpack_from(f"{order}II", block, place)
    return above / below if below else 0.0


def apply_orientation(pixels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Turn samples upright, as tag 274 says (TIFF 6.0, section 8).

    Parameters
    ----------
    pixels : numpy.ndarray
        ``(rows, columns, ...)``, as stored.
    orientation : int
        1 to 8; any other is taken for 1.

    Returns
    -------
    numpy.ndarray
        C-contiguous; `pixels` itself for 1. For 5 to 8 its rows were columns.
    """
    if orientation not in range(2, 9):
        return pixels
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    # Which ends are exchanged then: (of the rows, of the columns).
    turned_rows = orientation in {3, 4, 7, 8}
    turned_columns = orientation in {2, 3, 6, 7}
    return np.ascontiguousarray(pixels[:: -1 if turned_rows else 1, :: -1 if turned_columns else 1])
