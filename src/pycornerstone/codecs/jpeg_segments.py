"""Application segments of a JPEG file: density, Exif, ICC profile, and further pictures (MPF)."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pycornerstone.codecs.jpeg_header import jpeg_segments
from pycornerstone.codecs.pixel_density import aspect_from, density_from

if TYPE_CHECKING:
    from pycornerstone.codecs.pixel_density import PixelAspect, PixelDensity

__all__ = ["JpegSegments", "read_jpeg_segments"]

_log = logging.getLogger("pycornerstone.codecs")

_APP0, _APP1, _APP2 = 0xE0, 0xE1, 0xE2
# Units of JFIF 1.02; 0 is a shape of pixels only.
_UNITS_MM = {1: 25.4, 2: 10.0}
# CIPA DC-007, section 5.2.3.3: the kind of a picture is in 24 bits; these are of several views.
_VIEWS = frozenset({0x020001, 0x020002, 0x020003})
_MOST_VIEWS = 1000


@dataclass(frozen=True, slots=True)
class JpegSegments:
    """What a file says besides its samples, as it is stored.

    Attributes
    ----------
    density : PixelDensity, PixelAspect or None
        Of the JFIF header.
    exif : bytes
        The first Exif block; empty where there is none. It may name a patient.
    icc_profile : bytes or None
        Put together from its pieces; None where one is missing.
    views : tuple of tuple
        (start, size) in the file of each picture of a multi-picture file; none where it is one of
        one picture. Thumbnails, gain maps and others that are no views of their own do not count.
    """

    density: PixelDensity | PixelAspect | None
    exif: bytes = field(repr=False)
    icc_profile: bytes | None = field(repr=False)
    views: tuple[tuple[int, int], ...]


def read_jpeg_segments(data: bytes | memoryview) -> JpegSegments:
    """Read the application segments before the first scan; those that are broken are left out.

    Parameters
    ----------
    data : bytes-like
        The file.
    """
    density: PixelDensity | PixelAspect | None = None
    exif = b""
    profile: dict[tuple[int, int], bytes] = {}
    views: tuple[tuple[int, int], ...] = ()
    for marker, start, length in jpeg_segments(data):
        if marker not in {_APP0, _APP1, _APP2}:
            continue
        content = bytes(data[start : start + max(length - 2, 0)])
        if marker == _APP0 and content[:5] == b"JFIF\0" and len(content) >= 12 and not density:
            unit, across, down = struct.unpack_from(">BHH", content, 7)
            if unit in _UNITS_MM:
                density = density_from(across, down, _UNITS_MM[unit], "JFIF")
            elif unit == 0:
                density = aspect_from(across, down)
        elif marker == _APP1 and content[:6] == b"Exif\0\0":
            exif = exif or content
        elif marker == _APP2 and content[:12] == b"ICC_PROFILE\0" and len(content) > 14:
            profile.setdefault((content[13], content[12]), content[14:])
        elif marker == _APP2 and content[:4] == b"MPF\0" and not views:
            views = _views(content[4:], start + 4, len(data))
    return JpegSegments(density, exif, _joined(profile), views)


def _joined(pieces: dict[tuple[int, int], bytes]) -> bytes | None:
    """Put a profile together: (number of pieces, number of this one from 1) (ICC.1, Annex B.4)."""
    if not pieces:
        return None
    count = next(iter(pieces))[0]
    places = [(count, number) for number in range(1, count + 1)]
    if any(place not in pieces for place in places):
        _log.info("an ICC profile is left out: not all of its %d pieces are there", count)
        return None
    return b"".join(pieces[place] for place in places)


def _views(block: bytes, start: int, size: int) -> tuple[tuple[int, int], ...]:
    """Give where the views are (CIPA DC-007, section 5.2); none where the index is broken."""
    try:
        entries = _entries(block)
    except struct.error:
        _log.info("the index of a multi-picture JPEG is left out: it is broken")
        return ()
    views = []
    for attribute, length, offset in entries:
        # Offsets count from the index, but for the first picture, which is the file's.
        place = start + offset if offset else 0
        if attribute & 0xFFFFFF in _VIEWS and 4 <= length <= size - place:
            views.append((place, length))
    # The first of them is the file's own picture, or they are not its views.
    if len(views) < 2 or views[0][0] != 0:
        return ()
    # Where it ends is not always as said, after an edit.
    return ((0, min(place for place, _ in views[1:])), *views[1:])


def _entries(block: bytes) -> list[tuple[int, int, int]]:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None:
        return []
    (position,) = struct.unpack_from(f"{order}I", block, 4)
    (count,) = struct.unpack_from(f"{order}H", block, position)
    for tag in range(min(count, 100)):
        name, _, size, place = struct.unpack_from(f"{order}HHII", block, position + 2 + 12 * tag)
        if name == 0xB002:
            number = min(size // 16, _MOST_VIEWS)
            return [
                struct.unpack_from(f"{order}III", block, place + 16 * entry)
                for entry in range(number)
            ]
    return []
