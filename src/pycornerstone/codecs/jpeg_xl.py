"""JPEG XL frames: lossless, lossy, and JPEG that was compressed further (PS3.5 section 8.2.15)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use

from pycornerstone.codecs.codestream import Codestream, decode_codestream
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.transfer_syntaxes import TransferSyntax
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["decode_jpeg_xl", "read_jpeg_xl_header", "read_jpeg_xl_orientation"]

_START = b"\xff\x0a"
_CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
# All that is read of a header lies within its first bytes.
_HEADER_BYTES = 32
# Width to height, by the ratio of SizeHeader; bits of the numbers in it (ISO 18181-1 D.2).
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
_SIZE_BITS = (9, 13, 18, 30)


def decode_jpeg_xl(
    encoded: EncodedFrame, pixel: ImagePixelModule, syntax: TransferSyntax
) -> npt.NDArray[Any]:
    """Decode a frame of JPEG XL; colour comes out as RGB.

    A JPEG XL stream is grey or RGB to the outside: XYB, and the YCbCr of a JPEG that was compressed
    further, are how it stores them.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)``, or ``(rows, columns, 3)`` of RGB.

    Raises
    ------
    DecodeError
        If it is no such stream, is cut short, or is not what the header says.
    """
    try:
        rows, columns, precision = read_jpeg_xl_header(encoded.data)
    except DecodeError as error:
        raise DecodeError(f"cannot decode {syntax}: {error.message}") from error
    # The number of components lies deeper in the header; the decoder compares it with the array
    # that it is to fill.
    stream = Codestream(rows, columns, pixel.samples_per_pixel, precision or pixel.bits_allocated)
    return decode_codestream(
        imagecodecs.jpegxl_decode, encoded.data, stream, pixel, syntax, encoded.out
    )


def read_jpeg_xl_header(data: bytes | memoryview) -> tuple[int, int, int | None]:
    """Read rows, columns and bits of a sample of a stream or file; None where they lie deeper.

    Raises
    ------
    DecodeError
        If it is no such stream, or cut short.
    """
    return _read_header(_codestream_start(data))[:3]


def read_jpeg_xl_orientation(data: bytes | memoryview) -> int:
    """Read how a picture is turned, 1 to 8 as Exif counts (ISO 18181-1 D.3.2).

    Raises
    ------
    DecodeError
        If it is no such stream, or cut short.
    """
    return _read_header(_codestream_start(data))[3]


def _codestream_start(data: bytes | memoryview) -> bytes:
    """Find the first bytes of the codestream, alone or in the boxes of a file (ISO 18181-2)."""
    if bytes(data[:2]) == _START:
        return bytes(data[:_HEADER_BYTES])
    if bytes(data[:12]) != _CONTAINER:
        raise DecodeError(
            "no JPEG XL stream: it starts neither with FF0A nor as a JPEG XL container"
        )
    position = len(_CONTAINER)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if length == 1 and position + 16 <= len(data):
            length = struct.unpack_from(">Q", data, start)[0]
            start += 8
        if kind in {b"jxlc", b"jxlp"}:
            # A part of a codestream has its number before it.
            start += 4 if kind == b"jxlp" else 0
            return bytes(data[start : start + _HEADER_BYTES])
        if length < 8:
            break
        position += length
    raise DecodeError("broken JPEG XL container: it has no codestream (box jxlc or jxlp)")


def _read_header(head: bytes) -> tuple[int, int, int | None, int]:
    """Read rows, columns, bits of a sample, None where much stands before them, and orientation."""
    bits = _Bits(head)
    if head[:2] != _START:
        raise DecodeError("broken JPEG XL stream: its codestream does not start with FF0A")
    bits.skip(16)
    small = bool(bits.read(1))
    rows = _read_length(bits, small=small)
    ratio = bits.read(3)
    if ratio:
        width, height = _RATIOS[ratio]
        columns = rows * width // height
    else:
        columns = _read_length(bits, small=small)
    if bits.read(1):
        return rows, columns, 8, 1
    orientation = 1
    if bits.read(1):
        orientation += bits.read(3)
        if bits.read(1) or bits.read(1) or bits.read(1):
            # Another size, a preview or an animation comes first (ISO 18181-1 D.3.1).
            return rows, columns, None, orientation
    is_float = bits.read(1)
    choice = bits.read(2)
    precision = (8, 10, 12)[choice] if choice < 3 else 1 + bits.read(6)
    return rows, columns, None if is_float else precision, orientation


def _read_length(bits: _Bits, *, small: bool) -> int:
    if small:
        return 8 * (bits.read(5) + 1)
    return bits.read(_SIZE_BITS[bits.read(2)]) + 1


class _Bits:
    """Bits of some bytes, the least significant first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")
        self._left = 8 * len(data)

    def read(self, count: int) -> int:
        """Take the next bits as a number."""
        value = self._value & ((1 << count) - 1)
        self.skip(count)
        return value

    def skip(self, count: int) -> None:
        """Leave some bits out."""
        if count > self._left:
            raise DecodeError("broken JPEG XL stream: it ends within its header")
        self._value >>= count
        self._left -= count
