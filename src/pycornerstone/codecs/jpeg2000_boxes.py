"""JP2 files: boxes around a codestream, which some writers put into a frame (ISO 15444-1 I)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["codestream_span", "icc_profile_of", "palette_of"]

# Methods 2 and 3: a restricted profile, and (JPX) any.
_WITH_PROFILE = (b"\2", b"\3")
_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"


def codestream_span(data: bytes | bytearray | memoryview) -> tuple[int, int | None] | None:
    """Find the codestream in a frame, most often the whole of it.

    Returns
    -------
    tuple or None
        Where it begins and ends, None for the end of the data; None if it is not among them.
    """
    if not _SIGNATURE.startswith(bytes(data[: len(_SIGNATURE)])):
        return 0, None
    position = 0
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if length == 1:
            if position + 16 > len(data):
                return None
            length = struct.unpack_from(">Q", data, start)[0]
            start += 8
        if kind == b"jp2c":
            return start, position + length if length else None
        if length < 8:
            break
        position += length
    return None


def palette_of(header: bytes | memoryview) -> tuple[int, int] | None:
    """Find the palette in the boxes before a codestream (box pclr, section I.5.3.4).

    Returns
    -------
    tuple or None
        How many samples a pixel it makes, and the most bits that one has; None without a palette.
    """
    header = bytes(header)
    start = header.find(b"pclr") + 4
    if start < 4 or start + 3 > len(header):
        return None
    columns = header[start + 2]
    depths = header[start + 3 : start + 3 + columns]
    return columns, max(((depth & 0x7F) + 1 for depth in depths), default=1)


def icc_profile_of(header: bytes | memoryview) -> bytes | None:
    """Find the colour profile in the boxes before a codestream (box colr, section I.5.3.3).

    Returns
    -------
    bytes or None
        The first one, as it is; None where colours are named, or nothing is said of them.
    """
    for kind, content in _boxes(bytes(header)):
        if kind == b"jp2h":
            for inner, colors in _boxes(content):
                if inner == b"colr" and colors[:1] in _WITH_PROFILE:
                    # Precedence and approximation come first.
                    return colors[3:]
    return None


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Go through boxes, as far as they are whole."""
    position = 0
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + length if length else len(data)
        if end < position + 8 or end > len(data):
            return
        yield kind, data[position + 8 : end]
        position = end
