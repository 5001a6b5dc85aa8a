"""Pictures: files of PNG, JPEG, TIFF and others, recognised by their content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pycornerstone.codecs.jpeg_header import read_jpeg_header
from pycornerstone.codecs.media_kinds import PICTURES, kind_of
from pycornerstone.codecs.picture_advice import AdvisedPicture, advice_for_broken
from pycornerstone.codecs.sample_layout import MAX_FRAME_BYTES
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.image import Image
from pycornerstone.model.limits import LoadLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.codecs.picture_file import PictureFile
    from pycornerstone.model.encoded_frame import EncodedFrame

__all__ = ["PICTURE_READERS", "PictureReader", "decode_picture", "open_picture"]


@dataclass(frozen=True, slots=True)
class PictureReader:
    """Where the reader of a kind of picture is found.

    Attributes
    ----------
    module : str
        Name of its module in this package, imported when a picture first needs it.
    function : str
        Name in that module, called as ``function(data, max_bytes)``; gives a `PictureFile`.
    """

    module: str
    function: str


PICTURE_READERS: dict[str, PictureReader] = {
    "a PNG picture": PictureReader("png_file", "open_png"),
    "a JPEG picture": PictureReader("jpeg_picture", "open_jpeg"),
    "a TIFF picture": PictureReader("tiff_file", "open_tiff"),
    "a GIF picture": PictureReader("gif_file", "open_gif"),
    "a BMP picture": PictureReader("bmp_file", "open_bmp"),
    "a WebP picture": PictureReader("webp_file", "open_webp"),
    "a JPEG 2000 picture": PictureReader("other_pictures", "open_jpeg2000"),
    "a JPEG XL picture": PictureReader("other_pictures", "open_jpeg_xl"),
    "a JPEG-LS picture": PictureReader("other_pictures", "open_jpeg_ls"),
    "an AVIF or HEIF picture": PictureReader("avif_file", "open_avif"),
    "a PNM picture": PictureReader("pnm_file", "open_pnm"),
}
"""By the kind that `kind_of` tells."""


def open_picture(
    data: bytes | memoryview, max_bytes: int = LoadLimits().picture_bytes
) -> PictureFile:
    """Look at the file of a picture, recognised by its content, and decode nothing yet.

    Parameters
    ----------
    data : bytes-like
        The whole file. It is kept, and not copied.
    max_bytes : int
        How many the decoded samples of a frame may have, whatever the file says of its size.

    Raises
    ------
    DecodeError
        If it is no picture, a broken one, or one that is too large.
    UnsupportedEncodingError
        If it is a picture of a kind that is not read.
    MissingExtraError
        If it needs a library that is not installed.
    """
    return _open(data, max_bytes, "")


def _open(data: bytes | memoryview, max_bytes: int, declared: str) -> PictureFile:
    kind = kind_of(data)
    with advice_for_broken():
        return AdvisedPicture(_read(kind, data, max_bytes, declared))


def _read(kind: str, data: bytes | memoryview, max_bytes: int, declared: str) -> PictureFile:
    if kind == "a JPEG picture" and read_jpeg_header(data).is_jpeg_ls:
        kind = "a JPEG-LS picture"
    reader = PICTURE_READERS.get(kind)
    if reader is None:
        raise _not_read(kind, len(data), declared)
    file: PictureFile = _function(reader.module, reader.function)(data, max_bytes)
    return file


def decode_picture(encoded: EncodedFrame) -> Image:
    """Decode the first frame of a picture, whatever its media type says.

    Parameters
    ----------
    encoded : EncodedFrame
        A whole file; its encoding is not looked at.

    Returns
    -------
    Image
        Grey, RGB or RGBA, upright; see `Picture`.

    Raises
    ------
    DecodeError
        If it is no picture, or a broken one.
    UnsupportedEncodingError
        If it is a picture of a kind that is not read.
    """
    picture = _open(encoded.data, MAX_FRAME_BYTES, encoded.encoding).decode(1)
    return Image(
        encoded.image_id,
        picture.pixels,
        photometric_interpretation=picture.photometric_interpretation,
        icc_profile=picture.icc_profile,
    )


def _not_read(kind: str, size: int, declared: str) -> DecodeError:
    known = ", ".join(
        name.split(maxsplit=1)[1].removesuffix(" picture") for name in PICTURE_READERS
    )
    if kind in PICTURES:
        return UnsupportedEncodingError(
            f"this is {kind}; {known} can be decoded, convert it to one of them"
        )
    said = f"{declared}, " if declared else ""
    return DecodeError(f"no picture: {said}{size} bytes, look like {kind}; expected {known}")


@cache
def _function(module: str, name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(import_module(f"pycornerstone.codecs.{module}"), name)
    return function
