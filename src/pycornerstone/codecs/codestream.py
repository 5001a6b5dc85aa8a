"""Codestreams: compressed frames that say their own size, held against the DICOM header.

A codestream and the header say the same things twice. Size, components and room for the bits must
agree before anything is decoded; of the sign, the header decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.sample_layout import keep_stored_bits, sample_layout
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.codecs.sample_layout import SampleLayout
    from pycornerstone.codecs.transfer_syntaxes import TransferSyntax
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["Codestream", "decode_codestream"]


@dataclass(frozen=True, slots=True)
class Codestream:
    """What a compressed frame says of itself.

    Attributes
    ----------
    rows, columns, samples : int
        Size in pixels, and components of one.
    precision : int
        Bits of a sample.
    is_signed : bool
        Samples are two's complement; only JPEG 2000 can say so.
    """

    rows: int
    columns: int
    samples: int
    precision: int
    is_signed: bool = False


def decode_codestream(
    codec: Callable[..., object],
    data: bytes | memoryview,
    stream: Codestream,
    pixel: ImagePixelModule,
    syntax: TransferSyntax,
    out: npt.NDArray[Any] | None = None,
    **options: Any,
) -> npt.NDArray[Any]:
    """Decode a frame with a codec of imagecodecs, into samples of the header's type.

    Parameters
    ----------
    codec : callable
        Called as ``codec(data, out=array, **options)``; fills the array or raises.
    data : bytes or memoryview
        The codestream.
    stream : Codestream
        What it says of itself.
    pixel : ImagePixelModule
        What the DICOM header says of it.
    syntax : TransferSyntax
        For error messages.
    out : numpy.ndarray, optional
        Filled and given if it is what the samples need, else left alone.
    **options
        Further arguments of the codec.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` or ``(rows, columns, 3)``, of the header's type.

    Raises
    ------
    DecodeError
        If codestream and header disagree, or the codec fails.
    """
    layout = sample_layout(pixel)
    if layout.dtype.kind == "f":
        raise UnsupportedEncodingError(
            f"cannot decode {syntax}: Float Pixel Data (7FE0,0008) are read uncompressed only"
        )
    _check_size(stream, pixel, syntax)
    # An array to fill bounds the memory and fixes the components. The codec does not mind the sign.
    dtype = _own_dtype(stream)
    in_place = dtype.itemsize == layout.dtype.itemsize
    if out is not None and in_place and _takes(out, layout):
        samples = out
    else:
        samples = np.empty(layout.shape, layout.dtype if in_place else dtype)
    try:
        codec(data, out=samples, **options)
    except Exception as error:
        raise DecodeError(f"cannot decode {syntax}: {error}") from error
    if not in_place:
        samples = samples.astype(layout.dtype)
    # What lossy compression has spread must not wrap around.
    if stream.precision > pixel.bits_stored and not syntax.is_lossy:
        return _without_other_bits(samples, stream, pixel)
    return _with_sign(samples, stream, pixel)


def _takes(out: npt.NDArray[Any], layout: SampleLayout) -> bool:
    is_like_it = out.shape == layout.shape and out.dtype == layout.dtype
    return is_like_it and out.flags.c_contiguous and out.flags.writeable


def _check_size(stream: Codestream, pixel: ImagePixelModule, syntax: TransferSyntax) -> None:
    found = (stream.rows, stream.columns, stream.samples)
    expected = (pixel.rows, pixel.columns, pixel.samples_per_pixel)
    for element, in_stream, in_header in zip(
        ("(0028,0010) Rows", "(0028,0011) Columns", "(0028,0002) Samples per Pixel"),
        found,
        expected,
        strict=True,
    ):
        if in_stream != in_header:
            raise DecodeError(
                f"cannot decode {syntax}: {element} is {in_header} but the codestream says "
                f"{in_stream}; it is {_size_text(found)}, the header {_size_text(expected)}"
            )
    if stream.precision > pixel.bits_allocated:
        raise DecodeError(
            f"cannot decode {syntax}: (0028,0100) Bits Allocated is {pixel.bits_allocated} but "
            f"the codestream has samples of {stream.precision} bits"
        )


def _size_text(size: tuple[int, int, int]) -> str:
    return " x ".join(str(part) for part in size)


def _own_dtype(stream: Codestream) -> np.dtype[Any]:
    itemsize = 1 if stream.precision <= 8 else 2 if stream.precision <= 16 else 4
    return np.dtype(f"{'i' if stream.is_signed else 'u'}{itemsize}")


def _without_other_bits(
    samples: npt.NDArray[Any], stream: Codestream, pixel: ImagePixelModule
) -> npt.NDArray[Any]:
    """Leave out what words that were compressed whole have beside the value, such as overlays."""
    high = pixel.high_bit if pixel.high_bit < stream.precision else pixel.bits_stored - 1
    kept = keep_stored_bits(samples, replace(pixel, high_bit=high))
    if kept is not samples:
        samples[...] = kept
    return samples


def _with_sign(
    samples: npt.NDArray[Any], stream: Codestream, pixel: ImagePixelModule
) -> npt.NDArray[Any]:
    # PS3.5 section 8.2.4 wants signedness to agree; JPEG, JPEG-LS and JPEG XL cannot say it, so
    # their bits are two's complement where Pixel Representation (0028,0103) is 1.
    if stream.is_signed == (samples.dtype.kind == "i"):
        return samples
    bits = 8 * samples.dtype.itemsize
    if stream.is_signed:
        if stream.precision < bits:
            samples &= samples.dtype.type((1 << stream.precision) - 1)
        return samples
    unused = bits - min(stream.precision, pixel.bits_stored)
    if unused:
        samples <<= unused
        samples >>= unused
    return samples
