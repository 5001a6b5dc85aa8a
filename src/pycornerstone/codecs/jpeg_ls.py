"""JPEG-LS frames, lossless and near-lossless (PS3.5 section 8.2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use

from pycornerstone.codecs.codestream import decode_codestream
from pycornerstone.codecs.jpeg_header import check_jpeg_end, read_jpeg_header
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.transfer_syntaxes import TransferSyntax
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["decode_jpeg_ls"]


def decode_jpeg_ls(
    encoded: EncodedFrame, pixel: ImagePixelModule, syntax: TransferSyntax
) -> npt.NDArray[Any]:
    """Decode a frame of JPEG-LS; colour stays as it is stored.

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
        header = read_jpeg_header(encoded.data)
        # CharLS takes seconds to find that a stream has no end.
        check_jpeg_end(encoded.data, header.scan_start)
    except DecodeError as error:
        raise DecodeError(f"cannot decode {syntax}: {error.message}") from error
    if not header.is_jpeg_ls:
        raise DecodeError(
            f"cannot decode {syntax}: the frame is not JPEG-LS (SOF55), its frame header is "
            f"FF{header.process:02X}"
        )
    return decode_codestream(
        imagecodecs.jpegls_decode, encoded.data, header.codestream, pixel, syntax
    )
