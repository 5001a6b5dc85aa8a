"""JPEG 2000 and High-Throughput JPEG 2000 frames (PS3.5 sections 8.2.4 and 8.2.14)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use
import numpy as np

from pycornerstone.codecs.codestream import decode_codestream
from pycornerstone.codecs.jpeg2000_boxes import codestream_span
from pycornerstone.codecs.jpeg2000_header import (
    COMPONENT_DEPTHS,
    IS_SIGNED,
    check_markers,
    read_jpeg2000_header,
)
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.codecs.transfer_syntaxes import TransferSyntax
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["decode_jpeg2000", "jpeg2000_color"]

# Low-pass samples of colour differences go beyond by less than four times.
_OVERSHOOT_BITS = 4
# As many fractional bits leave one sample in 500 rounded otherwise than by OpenJPEG, by 1.
_SCALED_BITS = 10
_MOST_WIDENED_BITS = 16


def decode_jpeg2000(
    encoded: EncodedFrame, pixel: ImagePixelModule, syntax: TransferSyntax
) -> npt.NDArray[Any]:
    """Decode a frame of JPEG 2000, high-throughput or not as the stream itself says.

    The multiple component transformations, reversible (YBR_RCT) and irreversible (YBR_ICT), are
    part of the codestream and undone with it.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` or ``(rows, columns, 3)``.

    Raises
    ------
    DecodeError
        If it is no such stream, is cut short, or is not what the header says.
    """
    try:
        data = _without_boxes(encoded.data)
        header = read_jpeg2000_header(data)
        if header.is_high_throughput:
            _check_end(data)
            check_markers(data, header)
    except DecodeError as error:
        raise type(error)(f"cannot decode {syntax}: {error.message}") from error
    codec: Callable[..., object] = imagecodecs.jpeg2k_decode
    if header.is_high_throughput:
        may_overshoot = encoded.is_partial or header.is_irreversible
        codec = _decode_high_throughput
        if may_overshoot and header.codestream.precision <= _MOST_WIDENED_BITS:
            codec = partial(_decode_overshooting, is_scaled=header.is_irreversible)
    return decode_codestream(codec, data, header.codestream, pixel, syntax, encoded.out)


def jpeg2000_color(data: bytes | memoryview, photometric_interpretation: str) -> str:
    """Say what colour the samples of `decode_jpeg2000` are.

    A codestream with a component transformation was made from RGB, and gives RGB again, whatever
    the header calls it; without one it is what the header says.

    Returns
    -------
    str
        RGB or a YBR Photometric Interpretation (0028,0004).
    """
    if read_jpeg2000_header(_without_boxes(data)).has_color_transformation:
        return "RGB"
    return photometric_interpretation


def _check_end(data: bytes | memoryview) -> None:
    # No packet has FFD9 in it (ISO 15444-1 A.3), and the decoder fills up silently what is missing.
    if b"\xff\xd9" not in bytes(data[-16:]) and b"\xff\xd9" not in bytes(data):
        raise DecodeError(
            f"the codestream of {len(data)} bytes ends without the marker EOC (FFD9), so that part "
            "of the picture is missing"
        )


def _decode_high_throughput(data: bytes | memoryview, *, out: npt.NDArray[Any]) -> None:
    """Decode, and make sure that all of the array was filled.

    imagecodecs loses the errors that OpenJPH raises within an image: lines come in order, and the
    ones after the error are left 0, which black ones are too. So the stream is decoded with signed
    and unsigned exchanged, which moves all samples by half their range (ISO 15444-1 G.1): a last
    line of zeros is then seldom, and is looked at in the stream as it is, where it cannot be 0 too.
    """
    exchanged = bytearray(data)
    depth = data[COMPONENT_DEPTHS]
    for component in range(1 if out.ndim == 2 else out.shape[2]):
        exchanged[COMPONENT_DEPTHS + 3 * component] ^= IS_SIGNED
    codec: Callable[..., object] = imagecodecs.htj2k_decode
    codec(exchanged, out=out)
    if not np.any(_last_line(out)):
        as_it_is = np.empty_like(out)
        codec(data, out=as_it_is)
        if not np.any(_last_line(as_it_is)):
            raise DecodeError("the codestream is corrupt")
    half = 1 << (depth & ~IS_SIGNED)
    # Wraps around where it must, as two's complement does.
    bits = out.view(f"u{out.itemsize}")
    if depth & IS_SIGNED:
        bits -= bits.dtype.type(half)
    else:
        bits += bits.dtype.type(half)


def _decode_overshooting(
    data: bytes | memoryview, *, out: npt.NDArray[Any], is_scaled: bool
) -> None:
    """Decode a stream whose samples may lie beyond their range, and take that off.

    Low-pass samples do (ISO 15444-1 F.4.8.2), and all that were quantized, and OpenJPH lets them
    wrap around: black spots in what is white. So it is given a stream that says that its samples
    have more bits. Of a reversible one, that changes nothing but where their middle is (G.1); of an
    irreversible one it is their scale too, as its steps are parts of the range (equation E-3). They
    are far from 0 then, which lost lines are.
    """
    widened = bytearray(data)
    depth = data[COMPONENT_DEPTHS]
    precision = (depth & ~IS_SIGNED) + 1
    more = _SCALED_BITS if is_scaled else _OVERSHOOT_BITS
    bits = precision + more
    for component in range(1 if out.ndim == 2 else out.shape[2]):
        # Unsigned, so that their middle is half of the range.
        widened[COMPONENT_DEPTHS + 3 * component] = bits - 1
    wide = np.empty(out.shape, np.uint16 if bits < 16 else np.uint32)
    codec: Callable[..., object] = imagecodecs.htj2k_decode
    codec(widened, out=wide)
    if not np.any(_last_line(wide)):
        raise DecodeError("the codestream is corrupt")
    samples = wide.view(f"i{wide.itemsize}")
    samples -= samples.dtype.type(1 << (bits - 1))
    if is_scaled:
        samples += samples.dtype.type(1 << (more - 1))
        samples >>= more
    half = 1 << (precision - 1)
    np.clip(samples, -half, half - 1, out=samples)
    if not depth & IS_SIGNED:
        samples += samples.dtype.type(half)
    out[...] = samples


def _last_line(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return samples[-1, ..., -1] if samples.ndim == 3 else samples[-1]


def _without_boxes(data: bytes | memoryview) -> bytes | memoryview:
    """Take the codestream out of a JP2 file, which some writers put into a frame."""
    span = codestream_span(data)
    if span is None:
        raise DecodeError("broken JP2 file: it has no codestream (box jp2c)")
    return data if span == (0, None) else data[span[0] : span[1]]
