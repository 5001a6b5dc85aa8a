"""JPEG frames: baseline, extended, progressive and lossless, of 8 to 16 bits (PS3.5 8.2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use

from pycornerstone.codecs.codestream import decode_codestream
from pycornerstone.codecs.jpeg_header import check_jpeg_end, read_jpeg_header
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.jpeg_header import JpegHeader
    from pycornerstone.codecs.transfer_syntaxes import TransferSyntax
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["decode_lossless_jpeg", "decode_lossy_jpeg"]


def decode_lossy_jpeg(
    encoded: EncodedFrame, pixel: ImagePixelModule, syntax: TransferSyntax
) -> npt.NDArray[Any]:
    """Decode a frame of JPEG baseline, extended or progressive; colour comes out as RGB.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)``, or ``(rows, columns, 3)`` of RGB.

    Raises
    ------
    DecodeError
        If it is no such stream, is cut short, or is not what the header says.
    """
    header = _read(encoded, syntax)
    if header.is_lossless:
        raise DecodeError(f"cannot decode {syntax}: the frame is lossless JPEG (SOF3)")
    options = {}
    if header.codestream.samples == 3:
        # A JFIF or Adobe marker says how colour is stored, and the decoder heeds it; without one
        # the decoder would guess, while the DICOM header knows (PS3.5 section 8.2.1).
        if not header.has_jfif and header.adobe_transform is None:
            is_rgb = pixel.photometric_interpretation == "RGB"
            options["colorspace"] = "RGB" if is_rgb else "YCBCR"
        options["outcolorspace"] = "RGB"
    return decode_codestream(
        imagecodecs.jpeg8_decode, encoded.data, header.codestream, pixel, syntax, **options
    )


def decode_lossless_jpeg(
    encoded: EncodedFrame, pixel: ImagePixelModule, syntax: TransferSyntax
) -> npt.NDArray[Any]:
    """Decode a frame of lossless JPEG, Process 14, any predictor; colour stays as it is stored.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` or ``(rows, columns, 3)``.

    Raises
    ------
    DecodeError
        If it is no such stream, is cut short, or is not what the header says.
    """
    header = _read(encoded, syntax)
    if not header.is_lossless:
        raise DecodeError(
            f"cannot decode {syntax}: the frame is not lossless JPEG (SOF3), its frame header is "
            f"FF{header.process:02X}"
        )
    options = {}
    if header.codestream.samples == 3:
        # The same on both sides: whatever a JFIF marker says, nothing is converted.
        options = {"colorspace": "RGB", "outcolorspace": "RGB"}
    return decode_codestream(
        imagecodecs.jpeg8_decode, encoded.data, header.codestream, pixel, syntax, **options
    )


def _read(encoded: EncodedFrame, syntax: TransferSyntax) -> JpegHeader:
    try:
        header = read_jpeg_header(encoded.data)
        check_jpeg_end(encoded.data, header.scan_start)
    except DecodeError as error:
        raise DecodeError(f"cannot decode {syntax}: {error.message}") from error
    if header.is_jpeg_ls:
        raise DecodeError(f"cannot decode {syntax}: the frame is JPEG-LS (SOF55)")
    return header
