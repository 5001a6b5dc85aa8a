"""Pictures: PNG and JPEG files as images, with their own number of bits and channels."""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use
import numpy as np

from pycornerstone.codecs.jpeg_header import (
    check_jpeg_end,
    check_jpeg_length,
    read_jpeg_header,
)
from pycornerstone.codecs.media_kinds import PICTURES, kind_of
from pycornerstone.codecs.sample_layout import MAX_FRAME_BYTES
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.image import Image

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.encoded_frame import EncodedFrame

__all__ = ["decode_picture"]

# Channels by the colour type of a PNG, as they come out: grey, RGB, palette, both with alpha.
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


def decode_picture(encoded: EncodedFrame) -> Image:
    """Decode a PNG or JPEG, recognised by its content whatever its media type says.

    Grey stays grey and 16 bits stay 16 bits. Greys of 1, 2 and 4 bits are spread over 0 to 255, as
    PNG means them (section 13.12 of its specification). A palette becomes RGB. Transparency is
    kept, and grey with transparency becomes RGBA, as there is no grey image with it. CMYK becomes
    RGB, without its profile. Of an animation it is the still picture. Orientation (Exif) and colour
    profiles are not applied.

    Parameters
    ----------
    encoded : EncodedFrame
        A whole file; its encoding is not looked at.

    Returns
    -------
    Image
        ``(rows, columns)`` of MONOCHROME2, or ``(rows, columns, 3 or 4)`` of RGB; uint8 or uint16.

    Raises
    ------
    DecodeError
        If it is no picture, or a broken one.
    UnsupportedEncodingError
        If it is a picture of another kind.
    """
    kind = kind_of(encoded.data)
    if kind == "a PNG picture":
        pixels = _decode_png(encoded.data)
    elif kind == "a JPEG picture":
        pixels = _decode_jpeg(encoded.data)
    elif kind in PICTURES:
        raise UnsupportedEncodingError(
            f"this is {kind}; PNG and JPEG can be decoded, convert it to one of them"
        )
    else:
        declared = f"{encoded.encoding}, " if encoded.encoding else ""
        raise DecodeError(
            f"no picture: {declared}{len(encoded.data)} bytes, look like {kind}; expected PNG or "
            "JPEG"
        )
    return Image(
        encoded.image_id,
        pixels,
        photometric_interpretation="MONOCHROME2" if pixels.ndim == 2 else "RGB",
    )


def _decode_png(data: bytes | memoryview) -> npt.NDArray[Any]:
    # IHDR comes first: size, bit depth and colour type (PNG specification, section 11.2.1).
    if len(data) < 29 or bytes(data[12:16]) != b"IHDR":
        raise DecodeError(f"broken PNG: its {len(data)} bytes do not begin with IHDR")
    columns, rows, depth, color_type = struct.unpack_from(">IIBB", data, 16)
    channels = _PNG_CHANNELS.get(color_type)
    if channels is None:
        raise DecodeError(f"broken PNG: there is no colour type {color_type}")
    # One channel more for transparency that is given beside (tRNS).
    _check_size("PNG", rows, columns, (channels + 1) * (2 if depth == 16 else 1))
    pixels = _decoded("PNG", imagecodecs.png_decode, data)
    if pixels.ndim == 3 and pixels.shape[2] == 2:
        return np.ascontiguousarray(pixels[..., [0, 0, 0, 1]])
    return pixels


def _decode_jpeg(data: bytes | memoryview) -> npt.NDArray[Any]:
    header = read_jpeg_header(data)
    if header.is_jpeg_ls:
        raise UnsupportedEncodingError(
            "this is a JPEG-LS picture; PNG and JPEG can be decoded, convert it to one of them"
        )
    check_jpeg_end(data, header.scan_start)
    check_jpeg_length(data, header)
    stream = header.codestream
    if stream.samples not in {1, 3, 4}:
        raise UnsupportedEncodingError(
            f"this JPEG has {stream.samples} components; 1, 3 and 4 are supported"
        )
    _check_size("JPEG", stream.rows, stream.columns, stream.samples * 2)
    pixels = _decoded("JPEG", imagecodecs.jpeg8_decode, data)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return _cmyk_to_rgb(pixels, is_inverted=header.adobe_transform is not None)
    return pixels


def _decoded(name: str, codec: Any, data: bytes | memoryview) -> npt.NDArray[Any]:
    try:
        pixels: npt.NDArray[Any] = codec(data)
    except Exception as error:
        _give_none_back()
        # libpng makes the text of some errors from freed memory.
        text = str(error)
        is_text = text.isascii() and text.isprintable() and not isinstance(error, UnicodeError)
        reason = text if is_text else "it cannot be decoded"
        raise DecodeError(f"broken {name} of {len(data)} bytes: {reason}") from error
    return pixels


def _give_none_back() -> None:
    """Make good what imagecodecs takes: each failed PNG releases a None that it does not own.

    Before Python 3.12 None is counted like any object, and some thousand broken files would end the
    process. One reference too many does no harm.
    """
    if sys.version_info < (3, 12):
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))


def _check_size(name: str, rows: int, columns: int, bytes_per_pixel: int) -> None:
    size = rows * columns * bytes_per_pixel
    if not 0 < size <= MAX_FRAME_BYTES:
        raise DecodeError(
            f"broken {name}: {rows} rows of {columns} columns, {size} bytes; up to "
            f"{MAX_FRAME_BYTES} are decoded"
        )


def _cmyk_to_rgb(cmyk: npt.NDArray[Any], *, is_inverted: bool) -> npt.NDArray[Any]:
    """Mix ink into light; Adobe stores it the other way round, as light that is left."""
    if cmyk.dtype != np.uint8:
        raise UnsupportedEncodingError(
            f"this JPEG is CMYK of {8 * cmyk.dtype.itemsize} bits; 8 are supported"
        )
    light = cmyk.astype(np.uint16) if is_inverted else 255 - cmyk.astype(np.uint16)
    return ((light[..., :3] * light[..., 3:] + 127) // 255).astype(np.uint8)
