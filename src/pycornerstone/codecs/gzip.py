"""gzip: files that were compressed as a whole, such as ``.nii.gz`` (RFC 1952)."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["gunzip"]

_MAGIC = b"\x1f\x8b"
_SMALLEST = 18
_CHUNK_BYTES = 1 << 18
_GZIP_BITS = 16 + zlib.MAX_WBITS


def gunzip(data: bytes | memoryview, limit: int) -> bytes:
    """Inflate a gzip file, all its members.

    Parameters
    ----------
    data : bytes or memoryview
        The whole file.
    limit : int
        Bytes that may come out; no more memory than that is taken.

    Raises
    ------
    DecodeError
        If it is not gzip, is cut short or corrupt, or holds more than `limit` bytes.
    """
    size = len(data)
    if bytes(data[:2]) != _MAGIC:
        raise DecodeError(f"no gzip file: its {size} bytes do not start with 1F8B")
    if size < _SMALLEST:
        raise DecodeError(f"broken gzip file: it ends after {size} bytes")
    inflated = _inflate_one_member(data, limit)
    return _inflate(data, limit) if inflated is None else inflated


def _inflate_one_member(data: bytes | memoryview, limit: int) -> bytes | None:
    """Inflate in one go, quickly; None where the file is not plainly one whole member."""
    import imagecodecs

    codec: Callable[..., Any] = imagecodecs.gzip_decode
    # CRC32 and length of the last member end the file (RFC 1952, section 2.3.1).
    trailer = bytes(data[-8:])
    length = int.from_bytes(trailer[4:], "little")
    if length > limit:
        return None
    try:
        inflated = bytes(codec(data, out=length or 1))
    except Exception:  # noqa: BLE001 - whatever it is, the careful way says what is wrong
        return None
    # Only the first member was read. It is the last one if the trailer is its own, and a twin of
    # it would end in the same trailer.
    checksum = int.from_bytes(trailer[:4], "little")
    if len(inflated) != length or imagecodecs.deflate_crc32(inflated) != checksum:
        return None
    if re.compile(re.escape(trailer)).search(memoryview(data)[:-8]):
        return None
    return inflated


def _inflate(data: bytes | memoryview, limit: int) -> bytes:
    """Inflate member after member, for files of several and to find what is wrong."""
    view = memoryview(data)
    pieces: list[bytes] = []
    left, position = limit, 0
    inflater = zlib.decompressobj(_GZIP_BITS)
    while position < len(view):
        chunk = view[position : position + _CHUNK_BYTES]
        try:
            piece = inflater.decompress(chunk, left + 1)
        except zlib.error as error:
            raise DecodeError(f"broken gzip file of {len(view)} bytes: {error}") from error
        left -= len(piece)
        if left < 0:
            raise DecodeError(f"gzip file of {len(view)} bytes holds more than {limit} bytes")
        pieces.append(piece)
        position += len(chunk) - len(inflater.unused_data)
        if inflater.eof:
            # What follows and is no further member is padding, and ignored as gzip(1) does.
            if bytes(view[position : position + 2]) != _MAGIC:
                return b"".join(pieces)
            inflater = zlib.decompressobj(_GZIP_BITS)
    raise DecodeError(f"broken gzip file: its {len(view)} bytes end within the compressed data")
