"""gzip: files that were compressed as a whole, such as ``.nii.gz`` (RFC 1952)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["gunzip", "gunzip_beginning", "is_gzip"]

_MAGIC = b"\x1f\x8b"
_SMALLEST = 18
# A member begins with few bytes, more each time: what is left of them at its end is copied, and a
# file can have a member every 20 bytes.
_FIRST_CHUNK, _LAST_CHUNK = 1 << 10, 1 << 18
_MOST_AT_ONCE = 1 << 20
_GZIP_BITS = 16 + zlib.MAX_WBITS
# RFC 1952, section 2.3.1: the length that ends a file is modulo 2^32.
_LENGTHS = 1 << 32
# Deflate makes at most 258 bytes of two bits: 1032 bytes of one.
_MAX_RATIO = 1032


def is_gzip(data: bytes | memoryview) -> bool:
    """Whether a file is one, by its first two bytes."""
    return bytes(data[:2]) == _MAGIC


def gunzip(data: bytes | memoryview, limit: int, enough: int = 0) -> memoryview:
    """Inflate a gzip file, all its members.

    Parameters
    ----------
    data : bytes or memoryview
        The whole file.
    limit : int
        Bytes that may come out; no more memory than that is taken.
    enough : int
        Where the first member holds as many bytes, those after it need not be looked at. One that
        knows how many there are, knows that no other can matter, and saves looking for others.

    Returns
    -------
    memoryview
        Of bytes that are its own.

    Raises
    ------
    DecodeError
        If it is not gzip, is cut short or corrupt, or holds more than `limit` bytes.
    """
    size = len(data)
    if not is_gzip(data):
        raise DecodeError(f"no gzip file: its {size} bytes do not start with 1F8B")
    if size < _SMALLEST:
        raise DecodeError(f"broken gzip file: it ends after {size} bytes; copy it again")
    inflated = _inflate_one_member(data, limit, enough)
    return memoryview(_inflate(data, limit)) if inflated is None else inflated


def gunzip_beginning(data: bytes | memoryview, nbytes: int) -> bytes:
    """Inflate the first bytes of a gzip file, of which the beginning is enough.

    Raises
    ------
    DecodeError
        If it is not gzip, or corrupt so early.
    """
    found = bytearray()
    try:
        # Some write members of a few kilobytes, one after the other.
        for piece in _pieces(data):
            found += piece
            if len(found) >= nbytes:
                break
    except zlib.error as error:
        raise DecodeError(
            f"the gzip file is damaged: {_damage(error)}; copy the file again"
        ) from error
    except EOFError:
        # It is the beginning of one.
        pass
    return bytes(found[:nbytes])


def _inflate_one_member(data: bytes | memoryview, limit: int, enough: int) -> memoryview | None:
    """Inflate in one go, quickly; None where the file is not plainly one whole member."""
    import imagecodecs

    codec: Callable[..., Any] = imagecodecs.gzip_decode
    checksum_of: Callable[..., int] = imagecodecs.deflate_crc32
    # CRC32 and length of the last member end the file (RFC 1952, section 2.3.1).
    trailer = bytes(data[-8:])
    length = int.from_bytes(trailer[4:], "little")
    if length < enough:
        length += -(-(enough - length) // _LENGTHS) * _LENGTHS
    # A length that no file of this size can have is another's, or a lie.
    if length > min(limit, len(data) * _MAX_RATIO):
        return None
    try:
        # NumPy takes huge pages for an array, the interpreter small ones for bytes: 32 MB of voxels
        # took 62 ms in place of 72. The decoder checks the member's checksum and length.
        inflated = memoryview(codec(data, out=np.empty(length or 1, np.uint8)))
    except Exception:  # noqa: BLE001 - whatever it is, the careful way says what is wrong
        return None
    if 0 < enough <= len(inflated):
        return inflated
    # Only the first member was read. It is the last one if the trailer is its own, and a twin of
    # it would end in the same trailer.
    checksum = int.from_bytes(trailer[:4], "little")
    if len(inflated) != length or checksum_of(inflated) != checksum:
        return None
    if bytes(data[:-8]).find(trailer) >= 0:
        return None
    return inflated


def _inflate(data: bytes | memoryview, limit: int) -> bytearray:
    """Inflate member after member, for files of several and to find what is wrong."""
    whole = bytearray()
    size = len(data)
    try:
        for piece in _pieces(data):
            whole += piece
            if len(whole) > limit:
                raise DecodeError(f"gzip file of {size} bytes holds more than {limit} bytes")
    except zlib.error as error:
        raise DecodeError(
            f"broken gzip file of {size} bytes: {_damage(error)}; copy the file again"
        ) from error
    except EOFError as error:
        raise DecodeError(
            f"broken gzip file: its {size} bytes end within the compressed data; copy the file "
            "again"
        ) from error
    return whole


def _damage(error: zlib.error) -> str:
    """Say in plain words what zlib found at the end of a member (RFC 1952, section 2.3.1)."""
    text = str(error)
    if "incorrect data check" in text:
        return "what is in it does not match its checksum"
    if "incorrect length check" in text:
        return "what is in it does not match its length"
    return text


def _pieces(data: bytes | memoryview) -> Iterator[bytes]:
    """Inflate piece by piece, at most a mebibyte at once.

    Raises
    ------
    zlib.error
        If it is damaged.
    EOFError
        If it ends within a member.
    """
    view = memoryview(data)
    position, step = 0, _FIRST_CHUNK
    inflater = zlib.decompressobj(_GZIP_BITS)
    # What follows a member and is no further one is padding, and ignored as gzip(1) does.
    while position == 0 or not inflater.eof or is_gzip(view[position : position + 2]):
        if position >= len(view):
            raise EOFError
        if inflater.eof:
            inflater, step = zlib.decompressobj(_GZIP_BITS), _FIRST_CHUNK
        chunk = view[position : position + step]
        yield inflater.decompress(chunk, _MOST_AT_ONCE)
        # At the end of a member, both may hold what is left.
        left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        position += len(chunk) - len(left)
        step = min(2 * step, _LAST_CHUNK)
