"""JPEG frames: baseline, extended, progressive and lossless, of 8 to 16 bits (PS3.5 8.2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use

from pycornerstone.codecs.codestream import decode_codestream
from pycornerstone.codecs.color import ybr_to_rgb
from pycornerstone.codecs.jpeg_header import (
    check_jpeg_end,
    check_jpeg_length,
    check_jpeg_scans,
    read_jpeg_header,
)
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
    is_video_range = False
    if header.codestream.samples == 3:
        # A JFIF or Adobe marker says how colour is stored, and the decoder heeds it; so do
        # components by the names R, G and B. Otherwise the decoder would guess, while the DICOM
        # header knows (PS3.5 section 8.2.1).
        if not header.has_jfif and header.adobe_transform is None:
            named = pixel.photometric_interpretation
            is_rgb = b"RGB" in {header.component_ids, named.encode()}
            options["colorspace"] = "RGB" if is_rgb else "YCBCR"
            # The decoder knows YCbCr of full range only, which is that of JFIF.
            is_video_range = not is_rgb and named.startswith("YBR_PARTIAL")
        options["outcolorspace"] = "YCBCR" if is_video_range else "RGB"
    samples = decode_codestream(
        imagecodecs.jpeg8_decode,
        encoded.data,
        header.codestream,
        pixel,
        syntax,
        encoded.out,
        **options,
    )
    if is_video_range:
        return ybr_to_rgb(samples, pixel.photometric_interpretation, pixel.bits_stored)
    return samples


def decode_lossless_jpeg(
    encoded: EncodedFrame, pixel: ImagePixelModule, syntax: TransferSyntax
) -> npt.NDArray[Any]:
    """Decode a frame of lossless JPEG, Process 14, any predictor; colour stays as it is stored.

    The header says which colour that is, as other readers take it: writers hand YBR to an encoder
    as RGB, so that it converts nothing, and its marker then says RGB.

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
        imagecodecs.jpeg8_decode,
        encoded.data,
        header.codestream,
        pixel,
        syntax,
        encoded.out,
        **options,
    )


def _read(encoded: EncodedFrame, syntax: TransferSyntax) -> JpegHeader:
    try:
        header = read_jpeg_header(encoded.data)
        check_jpeg_end(encoded.data, header.scan_start)
        check_jpeg_length(encoded.data, header)
        check_jpeg_scans(encoded.data, header)
    except DecodeError as error:
        raise DecodeError(f"cannot decode {syntax}: {error.message}") from error
    if header.is_jpeg_ls:
        raise DecodeError(f"cannot decode {syntax}: the frame is JPEG-LS (SOF55)")
    return header
