"""JPEG-LS frames, lossless and near-lossless (PS3.5 section 8.2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use
import numpy as np

from pycornerstone.codecs.codestream import decode_codestream
from pycornerstone.codecs.jpeg_header import check_jpeg_end, read_jpeg_header
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

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
    # A scan is of all components, or of one, whose plane it is (ISO 14495-1 C.2.2).
    components = bytes(encoded.data[header.scan_start + 4 : header.scan_start + 5])
    is_by_plane = header.codestream.samples > 1 and components == b"\1"
    codec = _decode_planes if is_by_plane else imagecodecs.jpegls_decode
    return decode_codestream(codec, encoded.data, header.codestream, pixel, syntax, encoded.out)


def _decode_planes(data: bytes | memoryview, *, out: npt.NDArray[Any]) -> None:
    planes = np.empty((out.shape[2], *out.shape[:2]), out.dtype)
    codec: Callable[..., object] = imagecodecs.jpegls_decode
    codec(data, out=planes)
    out[...] = np.moveaxis(planes, 0, -1)
