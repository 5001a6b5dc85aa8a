"""Header of an AVIF file: size, bits, and how it is to be turned (ISO 23008-12, ISO 14496-12)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AvifHeader", "read_avif_header"]

# Of a property colr: any profile, and a restricted one (ISO 14496-12, section 12.1.5).
_WITH_PROFILE = frozenset({b"prof", b"rICC"})
_BRANDS = frozenset({b"avif", b"avis"})
# By quarter turns anticlockwise (irot), then without a mirror, and with one of the axis 0, which
# exchanges top and bottom, or 1, left and right (imir); numbers are those of Exif.
_ORIENTATIONS = {0: (1, 4, 2), 1: (8, 5, 7), 2: (3, 2, 4), 3: (6, 7, 5)}


@dataclass(frozen=True, slots=True)
class AvifHeader:
    """What the properties of the items say.

    Attributes
    ----------
    is_avif : bool
        Its pictures are AV1; else HEVC most likely.
    is_sequence : bool
        It has a track of pictures (box moov), as an animation has.
    rows, columns : int
        Of the largest picture; 0 where a sequence says it in its track only.
    bits : int or None
        Of a sample.
    orientation : int
        As Exif counts it, 1 to 8.
    icc_profile : bytes or None
        The first one.
    """

    is_avif: bool
    is_sequence: bool
    rows: int
    columns: int
    bits: int | None
    orientation: int
    icc_profile: bytes | None


def read_avif_header(data: bytes | memoryview) -> AvifHeader:
    """Read the brands and the properties.

    Raises
    ------
    DecodeError
        If boxes are cut short, or say no size.
    """
    brands: set[bytes] = set()
    sizes: list[tuple[int, int]] = []
    bits, turns, mirror, is_sequence = None, 0, 0, False
    profile: bytes | None = None
    for kind, content in _properties(data):
        if kind == b"ftyp":
            listed = bytes(content)
            brands = {listed[i : i + 4] for i in range(0, len(listed), 4)}
        elif kind == b"moov":
            is_sequence = True
        elif kind == b"ispe" and len(content) >= 12:
            columns, rows = struct.unpack_from(">II", content, 4)
            sizes.append((rows, columns))
        elif kind == b"pixi" and len(content) >= 6:
            bits = bits or content[5]
        elif kind == b"colr" and bytes(content[:4]) in _WITH_PROFILE:
            profile = profile or bytes(content[4:])
        elif kind == b"irot" and content:
            turns = content[0] & 3
        elif kind == b"imir" and content:
            mirror = 1 + (content[0] & 1)
    if not sizes and not is_sequence:
        raise DecodeError(f"broken AVIF: its {len(data)} bytes do not say its size (ispe)")
    rows, columns = max(sizes, key=prod, default=(0, 0))
    orientation = _ORIENTATIONS[turns][mirror]
    is_avif = bool(brands & _BRANDS)
    return AvifHeader(is_avif, is_sequence, rows, columns, bits, orientation, profile)


def _properties(data: bytes | memoryview) -> Iterator[tuple[bytes, bytes | memoryview]]:
    """Give the boxes of brands and tracks, and those of properties, which lie four deep."""
    for kind, content in _boxes(data):
        if kind in {b"ftyp", b"moov"}:
            yield kind, content
        elif kind == b"meta":
            # Version and flags come first.
            for inner, properties in _boxes(content[4:]):
                if inner == b"iprp":
                    for container, listed in _boxes(properties):
                        if container == b"ipco":
                            yield from _boxes(listed)


def _boxes(data: bytes | memoryview) -> Iterator[tuple[bytes, bytes | memoryview]]:
    position = 0
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if size == 1 and position + 16 <= len(data):
            size = struct.unpack_from(">Q", data, start)[0]
            start += 8
        elif size == 0:
            size = len(data) - position
        end = position + size
        if end < start or end > len(data):
            raise DecodeError(
                f"broken AVIF: a box of {size} bytes at {position} goes beyond {len(data)}"
            )
        yield kind, data[start:end]
        position = end
