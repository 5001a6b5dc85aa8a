"""Strips and tiles of a TIFF page that are pictures themselves: JPEG, JPEG 2000, JPEG XL, WebP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.jpeg_header import check_jpeg_end, read_jpeg_header
from pycornerstone.codecs.picture_sizes import jpeg2000_size, jpeg_xl_size, webp_size
from pycornerstone.codecs.tiff_page import JPEG, JPEG_2000, JPEG_XL, WEBP
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.tiff_page import TiffPageLayout

__all__ = ["check_pictures_within"]


def check_pictures_within(
    data: bytes | memoryview,
    page: TiffPageLayout,
    starts: npt.NDArray[Any],
    sizes: npt.NDArray[Any],
    max_bytes: int,
) -> None:
    """Look at the headers of strips or tiles that are pictures, before memory is taken for them.

    Raises
    ------
    DecodeError
        If one is broken, cut short, or larger than it is to be in the page.
    """
    if page.compression in JPEG:
        size_of = _jpeg_size
    elif page.compression in JPEG_2000:
        size_of = jpeg2000_size
    elif page.compression in JPEG_XL:
        size_of = jpeg_xl_size
    elif page.compression in WEBP:
        size_of = webp_size
    else:
        return
    itemsize = np.dtype(page.dtype).itemsize
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        if not size:
            continue
        rows, columns, samples = size_of(data[start : start + size])
        # Parts of blocks at the edges of a page are stored whole.
        if (
            rows > page.segment_rows + 64
            or columns > page.segment_columns + 64
            or rows * columns * samples * itemsize > max_bytes
        ):
            raise DecodeError(
                f"broken TIFF: a picture of {rows} rows and {columns} columns is in place of one "
                f"of {page.segment_rows} and {page.segment_columns}"
            )


def _jpeg_size(data: bytes | memoryview) -> tuple[int, int, int]:
    header = read_jpeg_header(data)
    check_jpeg_end(data, header.scan_start)
    stream = header.codestream
    return stream.rows, stream.columns, stream.samples
