"""RLE Lossless: each byte of each sample in a run-length coded segment (PS3.5 Annex G)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use
import numpy as np

from pycornerstone.codecs.sample_layout import keep_stored_bits, sample_layout
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.codecs.transfer_syntaxes import TransferSyntax
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["decode_rle"]

_HEADER_BYTES = 64


def decode_rle(
    encoded: EncodedFrame, pixel: ImagePixelModule, syntax: TransferSyntax
) -> npt.NDArray[Any]:
    """Decode a frame of RLE Lossless; Planar Configuration does not matter to it.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` or ``(rows, columns, 3)``, of the header's type.

    Raises
    ------
    DecodeError
        If the segments are not those of the header's samples, or break off.
    """
    layout = sample_layout(pixel)
    samples, itemsize = pixel.samples_per_pixel, layout.dtype.itemsize
    data = encoded.data
    if len(data) < _HEADER_BYTES:
        raise DecodeError(
            f"cannot decode {syntax}: the frame has {len(data)} bytes, its header alone has 64"
        )
    segments = struct.unpack_from("<I", data)[0]
    if segments != samples * itemsize:
        raise DecodeError(
            f"cannot decode {syntax}: the frame has {segments} segments, but (0028,0002) Samples "
            f"per Pixel {samples} and (0028,0100) Bits Allocated {pixel.bits_allocated} need "
            f"{samples * itemsize}"
        )
    pixels = pixel.rows * pixel.columns
    # Segments of 1-bit samples are the packed bytes.
    size = samples * ((pixels + 7) // 8 if pixel.bits_allocated == 1 else pixels * itemsize)
    # The decoder gives plane after plane and puts the bytes of a sample together.
    planes = np.empty(size, np.uint8)
    codec: Callable[..., Any] = imagecodecs.dicomrle_decode
    try:
        decoded = len(codec(data, f"<u{itemsize}", out=planes.data))
    except Exception as error:
        raise DecodeError(
            f"cannot decode {syntax}: {error}; (0028,0010) Rows is {pixel.rows} and (0028,0011) "
            f"Columns is {pixel.columns}, {size} bytes"
        ) from error
    if decoded != size:
        raise DecodeError(
            f"cannot decode {syntax}: (0028,0010) Rows is {pixel.rows} but the segments hold "
            f"{decoded} bytes of {size}"
        )
    if pixel.bits_allocated == 1:
        packed = planes.reshape(samples, -1)
        values = np.unpackbits(packed, axis=1, count=pixels, bitorder="little")
    else:
        values = keep_stored_bits(planes.view(layout.dtype), pixel)
    if samples == 1:
        return values.reshape(layout.shape)
    interleaved = np.empty(layout.shape, layout.dtype)
    for plane, plane_values in enumerate(values.reshape(samples, pixel.rows, pixel.columns)):
        interleaved[..., plane] = plane_values
    return interleaved
