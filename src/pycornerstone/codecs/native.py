"""Native frames: samples that lie one after the other, uncompressed (PS3.5 section 8.1 and A.1)."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.sample_layout import (
    PACKED_BITS,
    SUBSAMPLED,
    SampleLayout,
    keep_stored_bits,
    sample_layout,
)
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.transfer_syntaxes import TransferSyntax
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["decode_deflated", "decode_native"]


def decode_native(
    encoded: EncodedFrame, pixel: ImagePixelModule, syntax: TransferSyntax
) -> npt.NDArray[Any]:
    """Read the samples of an uncompressed frame.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` or ``(rows, columns, 3)``, of the header's type: with memory of its own,
        or a view of bytes that hold little else.

    Raises
    ------
    DecodeError
        If the frame has fewer or more bytes than the header says. Zeros at the end are padding.
    """
    layout = sample_layout(pixel)
    data = memoryview(encoded.data).cast("B")
    stored = layout.dtype.newbyteorder(">") if syntax.is_big_endian else layout.dtype
    count = math.prod(layout.shape)
    is_subsampled = pixel.photometric_interpretation in SUBSAMPLED and len(layout.shape) == 3
    # Some writers say 422 of colour that is whole; the length tells.
    if is_subsampled and data.nbytes // stored.itemsize < count:
        return _spread_pairs(data, stored, pixel, layout)
    if pixel.bits_allocated == 1:
        samples = _unpack_bits(data, encoded.bit_offset, pixel, layout)
    elif pixel.bits_allocated == PACKED_BITS:
        samples = _unpack_12_bits(data, encoded.bit_offset, count, layout)
    else:
        _check_length(data, count * stored.itemsize, layout)
        samples = np.frombuffer(data, stored, count)
    samples = keep_stored_bits(samples, pixel)
    if len(layout.shape) == 2 or pixel.planar_configuration == 0:
        if np.may_share_memory(samples, data) and not _is_whole(data):
            samples = samples.copy()
        return samples.reshape(layout.shape)
    # Planar Configuration 1: the red plane, then the green, then the blue (PS3.3 C.7.6.3.1.3).
    interleaved = np.empty(layout.shape, layout.dtype)
    for plane, values in enumerate(samples.reshape(3, pixel.rows, pixel.columns)):
        interleaved[..., plane] = values
    return interleaved


def decode_deflated(
    encoded: EncodedFrame, pixel: ImagePixelModule, syntax: TransferSyntax
) -> npt.NDArray[Any]:
    """Inflate a frame (RFC 1951; PS3.5 section A.4.13) and read its samples.

    Raises
    ------
    DecodeError
        If it does not inflate, or to another size than the header says.
    """
    layout = sample_layout(pixel)
    expected = math.prod(layout.shape) * layout.dtype.itemsize
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more may be padding; two show that there is more than that.
        inflated = inflater.decompress(encoded.data, expected + 2)
    except zlib.error as error:
        raise DecodeError(f"cannot inflate a frame of {syntax}: {error}") from error
    return decode_native(replace(encoded, data=inflated, bit_offset=0), pixel, syntax)


def _check_length(data: memoryview, expected: int, layout: SampleLayout) -> None:
    excess = data.nbytes - expected
    # One byte makes the length even (PS3.5 section 8.1.1); some writers pad further, with zeros.
    if excess in {0, 1} or (excess > 1 and not np.any(np.frombuffer(data, np.uint8)[expected:])):
        return
    rows = data.nbytes // (expected // layout.shape[0])
    raise DecodeError(
        f"(0028,0010) Rows is {layout.shape[0]} but the frame holds {data.nbytes} bytes, enough "
        f"for {rows} rows of {layout.row_of_samples}"
    )


def _is_whole(data: memoryview) -> bool:
    """Whether a frame is nearly all of bytes that nobody can change.

    Then the image may keep them. A mapped file could change or vanish under it, and one frame of
    many would keep all of them.
    """
    owner = data.obj
    return isinstance(owner, bytes) and len(owner) <= data.nbytes * 1.1 + 4096


def _unpack_bits(
    data: memoryview, bit_offset: int, pixel: ImagePixelModule, layout: SampleLayout
) -> npt.NDArray[np.uint8]:
    # The first pixel is the least significant bit of the first byte (PS3.5 section 8.1.1).
    count = math.prod(layout.shape)
    expected = (bit_offset + count + 7) // 8
    if data.nbytes < expected or np.any(np.frombuffer(data, np.uint8)[expected + 1 :]):
        rows = (data.nbytes * 8 - bit_offset) * pixel.rows // count
        raise DecodeError(
            f"(0028,0010) Rows is {pixel.rows} but the frame holds {data.nbytes} bytes, enough "
            f"for {rows} rows of {count // pixel.rows} x 1 bit"
        )
    packed = np.frombuffer(data, np.uint8, expected)
    bits = np.unpackbits(packed, count=bit_offset + count, bitorder="little")
    return bits[bit_offset:].copy() if bit_offset else bits


def _unpack_12_bits(
    data: memoryview, bit_offset: int, count: int, layout: SampleLayout
) -> npt.NDArray[Any]:
    # A sample begins at the lowest bit that the one before left (PS3.5-2008 annex D, figure D-2).
    expected = (bit_offset + 12 * count + 7) // 8
    if data.nbytes < expected or np.any(np.frombuffer(data, np.uint8)[expected + 1 :]):
        rows = (data.nbytes * 8 - bit_offset) * layout.shape[0] // (12 * count)
        raise DecodeError(
            f"(0028,0010) Rows is {layout.shape[0]} but the frame holds {data.nbytes} bytes, "
            f"enough for {rows} rows of {count // layout.shape[0]} x 12 bits"
        )
    packed = np.frombuffer(data, np.uint8, expected)
    fours = np.empty((expected, 2), np.uint16)
    fours[:, 0] = packed & 0x0F
    fours[:, 1] = packed >> 4
    first = bit_offset // 4
    low, middle, high = fours.ravel()[first : first + 3 * count].reshape(count, 3).T
    return (low | middle << 4 | high << 8).view(layout.dtype)


def _spread_pairs(
    data: memoryview, stored: np.dtype[Any], pixel: ImagePixelModule, layout: SampleLayout
) -> npt.NDArray[Any]:
    # Two pixels are Y1 Y2 CB CR; the colour is that of both (PS3.3 C.7.6.3.1.2).
    if pixel.columns % 2:
        raise DecodeError(
            f"(0028,0011) Columns is {pixel.columns}, but "
            f"{pixel.photometric_interpretation} shares a colour between two columns"
        )
    count = pixel.rows * pixel.columns * 2
    halved = SampleLayout((pixel.rows, pixel.columns, 2), layout.dtype)
    _check_length(data, count * stored.itemsize, halved)
    pairs = keep_stored_bits(np.frombuffer(data, stored, count), pixel)
    pairs = pairs.reshape(pixel.rows, pixel.columns // 2, 4)
    spread = np.empty(layout.shape, layout.dtype)
    for column in (0, 1):
        spread[:, column::2, 0] = pairs[..., column]
        spread[:, column::2, 1:] = pairs[..., 2:]
    return spread
