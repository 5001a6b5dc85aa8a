"""Sizes that pictures say they have, before memory is taken for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.codecs.jpeg2000_boxes import codestream_span
from pycornerstone.codecs.jpeg2000_header import read_jpeg2000_header
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycornerstone.codecs.codestream import Codestream

__all__ = [
    "jpeg2000_codestream",
    "jpeg2000_size",
    "jpeg_xl_size",
    "riff_chunks",
    "webp_size",
]


def jpeg2000_codestream(data: bytes | memoryview) -> Codestream:
    """Read what a JPEG 2000 codestream, or the one of a JP2 file, says of its size.

    Raises
    ------
    DecodeError
        If there is none, or it is broken; UnsupportedEncodingError is one.
    """
    span = codestream_span(data)
    if span is None:
        raise DecodeError("broken JP2 file: it has no codestream (box jp2c)")
    return read_jpeg2000_header(data[span[0] : span[1]]).codestream


def jpeg2000_size(data: bytes | memoryview) -> tuple[int, int, int]:
    """Read rows, columns and samples of JPEG 2000."""
    stream = jpeg2000_codestream(data)
    return stream.rows, stream.columns, stream.samples


def jpeg_xl_size(data: bytes | memoryview) -> tuple[int, int, int]:
    """Read rows and columns of JPEG XL; samples lie deeper, and are taken for four."""
    from pycornerstone.codecs.jpeg_xl import read_jpeg_xl_header

    rows, columns, _ = read_jpeg_xl_header(data)
    return rows, columns, 4


def webp_size(data: bytes | memoryview) -> tuple[int, int, int]:
    """Read rows and columns of WebP (RFC 9649), with four samples.

    Raises
    ------
    DecodeError
        If it has no picture.
    """
    for kind, content in riff_chunks(data):
        if kind == b"VP8X" and len(content) >= 10:
            columns = int.from_bytes(content[4:7], "little") + 1
            return int.from_bytes(content[7:10], "little") + 1, columns, 4
        if kind == b"VP8L" and len(content) >= 5 and content[0] == 0x2F:
            bits = int.from_bytes(content[1:5], "little")
            return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1, 4
        if kind == b"VP8 " and len(content) >= 10 and bytes(content[3:6]) == b"\x9d\x01\x2a":
            columns = int.from_bytes(content[6:8], "little") & 0x3FFF
            return int.from_bytes(content[8:10], "little") & 0x3FFF, columns, 4
    raise DecodeError(f"broken WebP: there is no picture in its {len(data)} bytes")


def riff_chunks(data: bytes | memoryview) -> Iterator[tuple[bytes, bytes | memoryview]]:
    """Go through the chunks of a WebP file: the kind and content of each.

    Raises
    ------
    DecodeError
        If one is cut short.
    """
    if bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"WEBP":
        raise DecodeError("no WebP: it does not begin with RIFF and WEBP")
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise DecodeError(f"broken WebP: it says {end} bytes and has {len(data)}, it is cut short")
    position = 12
    while position + 8 <= end:
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        start = position + 8
        if start + size > end:
            raise DecodeError(f"broken WebP: a chunk of {size} bytes goes beyond its end")
        yield bytes(data[position : position + 4]), data[start : start + size]
        # Chunks are padded to an even length.
        position = start + size + size % 2
