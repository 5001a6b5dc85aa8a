"""A page of a TIFF file: how its samples are stored, and whether they can be (TIFF 6.0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.tiff_directory import if_readable
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.tiff_directory import TiffDirectory

__all__ = ["JPEG", "JPEG_2000", "JPEG_XL", "WEBP", "TiffPageLayout", "check_segments", "read_page"]

JPEG = frozenset({7})
JPEG_2000 = frozenset({33003, 33004, 33005, 34712})
JPEG_XL = frozenset({50002, 52546})
WEBP = frozenset({34927, 50001})
# None, CCITT, LZW, deflate, PackBits, LZMA, Zstandard.
_BYTES = frozenset({1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 34926, 50000})
_CCITT = frozenset({2, 3, 4})
_COMPRESSIONS = _BYTES | JPEG | JPEG_2000 | JPEG_XL | WEBP
# By Sample Format (tag 339) and bits; others are stored by nobody.
_DTYPES = {
    1: {**dict.fromkeys(range(1, 9), "u1"), **dict.fromkeys(range(9, 17), "u2")}
    | {**dict.fromkeys(range(17, 33), "u4"), 64: "u8"},
    2: {8: "i1", 16: "i2", 32: "i4", 64: "i8"},
    3: {16: "f2", 24: "f4", 32: "f4", 64: "f8"},
    # Undefined data is taken as unsigned.
    4: {8: "u1", 16: "u2", 32: "u4"},
}
_COMPLEX = frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class TiffPageLayout:
    """What the tags of a page say of its samples.

    Attributes
    ----------
    rows, columns : int
        As they are stored, before the orientation.
    samples, bits : int
        A pixel, and of each.
    dtype : str
        Of the decoded samples, such as ``"u2"``.
    photometric : int
        Tag 262: 0 WhiteIsZero, 1 BlackIsZero, 2 RGB, 3 palette, 4 mask, 5 CMYK, 6 YCbCr, 8 Lab.
    compression : int
        Tag 259.
    is_planar : bool
        All samples of a kind are together (tag 284).
    extra_samples : tuple of int
        Tag 338: 0 unspecified, 1 associated alpha, 2 unassociated alpha.
    orientation : int
        Tag 274, 1 to 8.
    segment_rows, segment_columns : int
        Of a strip or tile.
    is_tiled : bool
        The segments are tiles.
    """

    rows: int
    columns: int
    samples: int
    bits: int
    dtype: str
    photometric: int
    compression: int
    is_planar: bool
    extra_samples: tuple[int, ...]
    orientation: int
    segment_rows: int
    segment_columns: int
    is_tiled: bool

    @property
    def size(self) -> int:
        """Bytes of all samples, decoded."""
        return self.rows * self.columns * self.samples * np.dtype(self.dtype).itemsize

    @property
    def segment_samples(self) -> int:
        """A pixel of a segment."""
        return 1 if self.is_planar else self.samples

    @property
    def segment_size(self) -> int:
        """Bytes of a whole segment, decoded."""
        pixels = self.segment_rows * self.segment_columns
        return pixels * self.segment_samples * np.dtype(self.dtype).itemsize

    @property
    def segment_count(self) -> int:
        """How many segments the page has."""
        across = -(-self.columns // self.segment_columns)
        down = -(-self.rows // self.segment_rows)
        return across * down * (self.samples if self.is_planar else 1)

    @property
    def stored_size(self) -> int:
        """Bytes of all samples without compression; each row of strips starts at a byte."""
        row = -(-self.columns * self.segment_samples * self.bits // 8)
        return row * self.rows * (self.samples if self.is_planar else 1)


def read_page(tags: TiffDirectory, max_bytes: int) -> TiffPageLayout:
    """Read what the tags say, and refuse what cannot be or is too large.

    Raises
    ------
    DecodeError
        If a tag is missing, or cannot be, or the samples take more than `max_bytes`.
    UnsupportedEncodingError
        If they are stored in another way than those that can be read.
    """
    rows, columns = tags.integer(257, 0), tags.integer(256, 0)
    samples = tags.integer(277, 1)
    bits = _same("bits a sample", tags.integers(258)[:samples], 1)
    sample_format = _same("sample formats", tags.integers(339)[:samples], 1)
    if sample_format in _COMPLEX:
        raise UnsupportedEncodingError(
            "this TIFF page holds complex numbers; write their magnitude, or what is to be seen"
        )
    dtype = _DTYPES.get(sample_format, {}).get(bits)
    if dtype is None:
        raise UnsupportedEncodingError(
            f"this TIFF page has samples of {bits} bits, format {sample_format}; integers of 1 to "
            "32 and 64 bits and floats of 16, 24, 32 and 64 can be read"
        )
    compression = tags.integer(259, 1)
    if compression not in _COMPRESSIONS:
        name = " (JPEG of 1992)" if compression == 6 else ""
        raise UnsupportedEncodingError(
            f"this TIFF page is compressed by method {compression}{name}, which cannot be read; "
            "write it with LZW, deflate, JPEG, JPEG 2000 or without"
        )
    if tags.integer(32997, 1) > 1 or tags.integer(32998, 1) > 1:
        raise UnsupportedEncodingError(
            "this TIFF page is a volume (tag 32997 ImageDepth); write one page a slice"
        )
    is_tiled = 322 in tags
    if is_tiled:
        segment_rows, segment_columns = tags.integer(323, 0), tags.integer(322, 0)
    else:
        segment_rows = min(tags.integer(278, rows) or rows, rows)
        segment_columns = columns
    orientation = if_readable(lambda tag: tags.integer(tag, 1), 274, 1)
    page = TiffPageLayout(
        rows,
        columns,
        samples,
        bits,
        dtype,
        tags.integer(262, 2 if samples in {3, 4} else 1),
        compression,
        is_planar=samples > 1 and tags.integer(284, 1) == 2,
        extra_samples=tuple(int(extra) for extra in tags.integers(338)[:samples]),
        orientation=orientation if 1 <= orientation <= 8 else 1,
        segment_rows=segment_rows,
        segment_columns=segment_columns,
        is_tiled=is_tiled,
    )
    _check_size(page, max_bytes)
    return page


def check_segments(
    data: bytes | memoryview, tags: TiffDirectory, page: TiffPageLayout
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Look whether all strips or tiles are in the file.

    Returns
    -------
    tuple of numpy.ndarray
        Where each begins, and its bytes; both are 0 for a tile that is left out.

    Raises
    ------
    DecodeError
        If one is not there.
    """
    kind = "tiles" if page.is_tiled else "strips"
    starts, sizes = (
        # What 64 bits hold and no file has becomes negative.
        tags.integers(tag if tag in tags else other)[: page.segment_count].astype(np.int64)
        for tag, other in ((324, 273), (325, 279))
    )
    if not sizes.size and starts.size == 1 and page.segment_count == 1:
        # Old writers leave out how long the only strip is.
        known = page.stored_size if page.compression == 1 else len(data) - int(starts[0])
        sizes = np.array([max(known, 0)])
    if starts.size != page.segment_count or sizes.size != page.segment_count:
        raise DecodeError(
            f"broken TIFF: the page has {page.segment_count} {kind}, and places of {starts.size} "
            f"and sizes of {sizes.size}"
        )
    # Some writers leave out tiles that are empty.
    there = sizes > 0 if page.is_tiled else np.ones(sizes.shape, bool)
    if (starts[there] < 8).any() or (sizes < 0).any() or (sizes[there] < 1).any():
        raise DecodeError(f"broken TIFF: some of its {kind} are empty")
    if (starts[there] > len(data) - sizes[there]).any():
        raise DecodeError(
            f"broken TIFF: {kind} of a page lie outside of its {len(data)} bytes; it may be cut "
            "short"
        )
    if sizes.sum() > len(data) + 4 * page.size:
        raise DecodeError(
            f"broken TIFF: {kind} of {sizes.sum()} bytes for {page.size} bytes of samples"
        )
    if page.compression == 1 and not page.is_tiled and sizes.sum() < page.stored_size:
        raise DecodeError(
            f"broken TIFF: {page.rows} rows of {page.columns} columns take {page.stored_size} "
            f"bytes, and its strips have {sizes.sum()}"
        )
    return starts, sizes


def _check_size(page: TiffPageLayout, max_bytes: int) -> None:
    if page.rows < 1 or page.columns < 1 or page.samples < 1:
        raise DecodeError(
            f"broken TIFF: {page.rows} rows of {page.columns} columns with {page.samples} samples"
        )
    size = page.size
    if page.photometric == 3:
        # A palette gives three numbers of up to 16 bits for each index.
        size = max(size, 6 * page.rows * page.columns)
    elif page.samples == 2 and page.extra_samples:
        # Grey with alpha becomes RGBA.
        size *= 2
    if size > max_bytes:
        raise DecodeError(
            f"this TIFF page has {page.rows} rows of {page.columns} columns, {size} bytes; the "
            f"limit is {max_bytes} (LoadLimits.picture_bytes)"
        )
    if page.segment_rows < 1 or page.segment_columns < 1 or page.segment_size > max_bytes:
        raise DecodeError(
            f"broken TIFF: tiles of {page.segment_rows} rows and {page.segment_columns} columns"
        )


def _same(what: str, values: npt.NDArray[Any], default: int) -> int:
    if not values.size:
        return default
    if (values != values[0]).any():
        raise UnsupportedEncodingError(f"this TIFF page has samples of different {what}")
    return int(values[0])
