"""PNG streams for the decoder: what it needs of a file, or of one frame of an animation."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use
import numpy as np

from pycornerstone.codecs.png_chunks import checked_chunk
from pycornerstone.codecs.raster_codec import decode_raster
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.png_chunks import PngChunks

__all__ = ["decode_frame_data", "decode_still"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What the decoder needs, or does nothing with. It inflates the text of others, many times over, and
# takes offence at animations.
_HARMLESS = frozenset(
    {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"sBIT", b"bKGD", b"tIME", b"eXIf"}
)
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS"})


def decode_still(chunks: PngChunks) -> npt.NDArray[Any]:
    """Decode the still picture of a file: ``(rows, columns)`` grey, or with 3 or 4 channels.

    Raises
    ------
    DecodeError
        If it is broken.
    """
    if {kind for kind, _, _ in chunks.others} <= _HARMLESS:
        return _decode(chunks.data)
    end = chunks.idat_end if chunks.is_whole else len(chunks.data)
    samples = memoryview(chunks.data)[chunks.first_idat : end]
    # One that is cut short has no end, and the decoder says what is missing.
    ending = _chunk(b"IEND", b"") if chunks.is_whole else b""
    return _decode(b"".join([*_before_samples(chunks), samples, ending]))


def decode_frame_data(
    chunks: PngChunks, rows: int, columns: int, pieces: list[tuple[int, int]]
) -> npt.NDArray[Any]:
    """Decode a frame of an animation.

    Parameters
    ----------
    chunks : PngChunks
        Of the file.
    rows, columns : int
        Size of the frame.
    pieces : list of tuple
        Its samples, (start, length) of the data of each fdAT behind its number.

    Raises
    ------
    DecodeError
        If it is broken.
    """
    samples = []
    for start, length in pieces:
        content = checked_chunk(chunks.data, b"fdAT", start - 4, length + 4)
        if content is None:
            raise DecodeError(
                f"broken PNG: the check value of a frame's samples (fdAT, {length} bytes) is wrong"
            )
        samples.append(_chunk(b"IDAT", memoryview(content)[4:]))
    signature, header, *palette = _before_samples(chunks)
    header = _chunk(b"IHDR", struct.pack(">II", columns, rows) + header[16:21])
    return _decode(b"".join([signature, header, *palette, *samples, _chunk(b"IEND", b"")]))


def _before_samples(chunks: PngChunks) -> list[bytes]:
    needed = [
        bytes(chunks.data[start - 8 : start + length + 4])
        for kind, start, length in chunks.others[: chunks.idat_after]
        if kind in _NEEDED
    ]
    return [_SIGNATURE, *needed]


def _chunk(kind: bytes, content: bytes | memoryview) -> bytes:
    """Make a chunk (section 5.3)."""
    check = zlib.crc32(content, zlib.crc32(kind))
    length = len(content).to_bytes(4, "big")
    return b"".join([length, kind, content, check.to_bytes(4, "big")])


def _decode(stream: bytes | memoryview) -> npt.NDArray[Any]:
    pixels = decode_raster("PNG", imagecodecs.png_decode, stream)
    if pixels.ndim == 3 and pixels.shape[2] == 2:
        return np.ascontiguousarray(pixels[..., [0, 0, 0, 1]])
    return pixels
