"""Decoding: an encoded frame becomes an image, by the decoder of its encoding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pycornerstone.codecs.photometric import (
    PHOTOMETRIC_INTERPRETATIONS,
    photometric_interpretation,
)
from pycornerstone.codecs.transfer_syntaxes import transfer_syntax
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.image import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.codecs.transfer_syntaxes import TransferSyntax
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule, OverlayPlane

    DecoderFunction = Callable[[EncodedFrame, ImagePixelModule, TransferSyntax], npt.NDArray[Any]]

__all__ = ["DECODERS", "Decoder", "decode_frame", "decode_samples"]


@dataclass(frozen=True, slots=True)
class Decoder:
    """Where a decoder is found, and what colour it gives.

    Attributes
    ----------
    module : str
        Name of its module in this package, imported when a frame first needs it.
    function : str
        Name in that module, called as ``function(encoded, pixel, syntax)``.
    gives_rgb : bool
        YBR comes out of it as RGB already, because its streams say how colour is stored.
    color_function : str
        Name of a function in the module that says which colour came out, called as
        ``function(data, photometric_interpretation)``; empty where the header alone says it.
    """

    module: str
    function: str
    gives_rgb: bool = False
    color_function: str = ""


_NATIVE = Decoder("native", "decode_native")
_LOSSY_JPEG = Decoder("jpeg", "decode_lossy_jpeg", gives_rgb=True)
_LOSSLESS_JPEG = Decoder("jpeg", "decode_lossless_jpeg")
_JPEG_LS = Decoder("jpeg_ls", "decode_jpeg_ls")
_JPEG_2000 = Decoder("jpeg2000", "decode_jpeg2000", color_function="jpeg2000_color")
_JPEG_XL = Decoder("jpeg_xl", "decode_jpeg_xl", gives_rgb=True)

DECODERS: dict[str, Decoder] = {
    "1.2.840.10008.1.2": _NATIVE,
    "1.2.840.10008.1.2.1": _NATIVE,
    "1.2.840.10008.1.2.1.98": _NATIVE,
    "1.2.840.10008.1.2.1.99": _NATIVE,
    "1.2.840.10008.1.2.2": _NATIVE,
    "1.2.840.10008.1.20": _NATIVE,
    "1.2.840.10008.1.2.4.50": _LOSSY_JPEG,
    "1.2.840.10008.1.2.4.51": _LOSSY_JPEG,
    "1.2.840.10008.1.2.4.52": _LOSSY_JPEG,
    "1.2.840.10008.1.2.4.53": _LOSSY_JPEG,
    "1.2.840.10008.1.2.4.54": _LOSSY_JPEG,
    "1.2.840.10008.1.2.4.55": _LOSSY_JPEG,
    "1.2.840.10008.1.2.4.56": _LOSSY_JPEG,
    "1.2.840.10008.1.2.4.57": _LOSSLESS_JPEG,
    "1.2.840.10008.1.2.4.70": _LOSSLESS_JPEG,
    "1.2.840.10008.1.2.4.80": _JPEG_LS,
    "1.2.840.10008.1.2.4.81": _JPEG_LS,
    "1.2.840.10008.1.2.4.90": _JPEG_2000,
    "1.2.840.10008.1.2.4.91": _JPEG_2000,
    "1.2.840.10008.1.2.4.92": _JPEG_2000,
    "1.2.840.10008.1.2.4.93": _JPEG_2000,
    "1.2.840.10008.1.2.4.110": _JPEG_XL,
    "1.2.840.10008.1.2.4.111": _JPEG_XL,
    "1.2.840.10008.1.2.4.112": _JPEG_XL,
    "1.2.840.10008.1.2.4.201": _JPEG_2000,
    "1.2.840.10008.1.2.4.202": _JPEG_2000,
    "1.2.840.10008.1.2.4.203": _JPEG_2000,
    "1.2.840.10008.1.2.5": Decoder("rle", "decode_rle"),
    "1.2.840.10008.1.2.8.1": Decoder("native", "decode_deflated"),
    "3.2.840.10008.1.2.4.96": _JPEG_2000,
}
"""Every transfer syntax that can be decoded, by its UID."""


_GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})


def decode_frame(encoded: EncodedFrame) -> Image:
    """Decode a frame, DICOM or picture, into an image.

    Parameters
    ----------
    encoded : EncodedFrame
        The bytes of one frame. Its encoding is a Transfer Syntax UID, or the media type of a
        picture; a picture is known by its content, so that ``""`` and ``"image/*"`` do. One that
        is partial gives an image of full size and lower quality.

    Returns
    -------
    Image
        Stored samples in native byte order: grey values, palette indices, or RGB whatever the
        colour was stored as. Its photometric interpretation is that of the samples now.

    Raises
    ------
    DecodeError
        If the bytes are not the image that the header describes, or no image.
    UnsupportedEncodingError
        If there is no decoder for them.
    """
    return _decode_partial(encoded) if encoded.is_partial else _decode_stream(encoded)


def _decode_partial(encoded: EncodedFrame) -> Image:
    from pycornerstone.codecs.partial_frames import completed, within_range

    whole, quality = completed(encoded)
    image = _decode_stream(whole)
    return image.replace(
        pixels=within_range(image.pixels, _pixel_module(encoded)),
        quality=quality,
        transfer_syntax_uid=transfer_syntax(encoded.encoding).uid,
    )


def _decode_stream(encoded: EncodedFrame) -> Image:
    if not encoded.encoding[:1].isdecimal():
        from pycornerstone.codecs.pictures import decode_picture

        return decode_picture(encoded)
    samples = decode_samples(encoded)
    pixel = _pixel_module(encoded)
    photometric = photometric_interpretation(pixel)
    if samples.ndim == 3:
        samples = _rgb(samples, encoded, pixel)
    return Image(
        encoded.image_id,
        samples,
        photometric_interpretation=photometric.becomes,
        # Of grey images only (PS3.3 C.7.5.1.1.2).
        padding_range=pixel.padding_range if photometric.name in _GREY else None,
        palette=pixel.palette if samples.ndim == 2 else None,
        icc_profile=pixel.icc_profile,
        overlays=_overlays(encoded, pixel),
        transfer_syntax_uid=transfer_syntax(encoded.encoding).uid,
        dataset_source=encoded.dataset_source,
    )


def _overlays(encoded: EncodedFrame, pixel: ImagePixelModule) -> tuple[OverlayPlane, ...] | None:
    if not encoded.overlays:
        return encoded.overlays
    from pycornerstone.codecs.embedded_overlays import with_embedded_bits

    return with_embedded_bits(encoded.overlays, encoded, pixel, decode_samples)


def decode_samples(encoded: EncodedFrame) -> npt.NDArray[Any]:
    """Decode a DICOM frame into its samples as they are stored, without colour conversion.

    What the codec itself converts is converted: lossy JPEG and JPEG XL give RGB, and the component
    transformations of JPEG 2000 are undone.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` or ``(rows, columns, 3)``, C-contiguous, in native byte order. The bits
        that are not stored ones are extended sign, or 0. It has memory of its own, or is a
        read-only view of ``bytes`` that hold little else, as the body of a response does; a mapped
        file and a file of many frames are always copied out of.

    Raises
    ------
    DecodeError
        If the bytes are not the image that the header describes.
    UnsupportedEncodingError
        If there is no decoder for them.
    """
    pixel = _pixel_module(encoded)
    syntax = transfer_syntax(encoded.encoding)
    decoder = _decoder(syntax.uid)
    if not len(encoded.data):
        raise DecodeError(f"cannot decode {syntax}: the frame is empty")
    photometric_interpretation(pixel)
    decode: DecoderFunction = _function(decoder.module, decoder.function)
    return decode(encoded, pixel, syntax)


def _pixel_module(encoded: EncodedFrame) -> ImagePixelModule:
    if encoded.pixel is None:
        raise DecodeError(
            f"cannot decode {transfer_syntax(encoded.encoding)} without an ImagePixelModule: a "
            "DICOM frame does not say what its samples mean"
        )
    return encoded.pixel


def _decoder(uid: str) -> Decoder:
    decoder = DECODERS.get(uid)
    if decoder is not None:
        return decoder
    syntax = transfer_syntax(uid)
    decoder = DECODERS.get(syntax.uid)
    if decoder is None:
        why = "video is not shown yet" if syntax.is_video else "this version has no decoder for it"
        raise UnsupportedEncodingError(f"cannot decode {syntax}: {why}")
    return decoder


@cache
def _function(module: str, name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(import_module(f"pycornerstone.codecs.{module}"), name)
    return function


def _rgb(
    samples: npt.NDArray[Any], encoded: EncodedFrame, pixel: ImagePixelModule
) -> npt.NDArray[Any]:
    """Give the colour samples of a frame as RGB, whatever they came out of the decoder as."""
    decoder = _decoder(encoded.encoding)
    if decoder.gives_rgb:
        return samples
    color = pixel.photometric_interpretation
    if decoder.color_function:
        color = _function(decoder.module, decoder.color_function)(encoded.data, color)
    if color == "XYB":
        raise UnsupportedEncodingError(
            f"cannot decode {transfer_syntax(encoded.encoding)}: (0028,0004) Photometric "
            "Interpretation is XYB, which is of JPEG XL only"
        )
    if not PHOTOMETRIC_INTERPRETATIONS[color].is_ybr:
        return samples
    from pycornerstone.codecs.color import ybr_to_rgb

    return ybr_to_rgb(samples, color, pixel.bits_stored)
