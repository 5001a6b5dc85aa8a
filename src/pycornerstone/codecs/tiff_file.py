"""TIFF files: pages as frames, decoded by tifffile after what it is given has been checked."""

from __future__ import annotations

import logging
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.exif import apply_orientation
from pycornerstone.codecs.icc_profile import fitting_profile
from pycornerstone.codecs.memory_file import MemoryFile
from pycornerstone.codecs.picture_file import Picture, check_frame_number, outline_of
from pycornerstone.codecs.pixel_density import scale_fields
from pycornerstone.codecs.tiff_color import (
    check_colors,
    color_type_of,
    has_alpha,
    outline_of_colors,
    to_colors,
)
from pycornerstone.codecs.tiff_directory import (
    TiffDirectory,
    if_readable,
    read_directory,
    read_layout,
    walk_directories,
)
from pycornerstone.codecs.tiff_page import check_segments, read_page
from pycornerstone.codecs.tiff_scale import TiffDescription, read_description, scale_of
from pycornerstone.codecs.tiff_segments import check_pictures_within
from pycornerstone.errors import (
    DecodeError,
    MissingExtraError,
    UnsupportedEncodingError,
)
from pycornerstone.model.modules import PictureModule

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.tiff_page import TiffPageLayout

__all__ = ["open_tiff"]

_ICC_PROFILE = 34675


def open_tiff(data: bytes | memoryview, max_bytes: int) -> TiffPicture:
    """Read TIFF and BigTIFF of 1 to 64 bits, and floats; pages and planes of ImageJ are frames.

    Nothing is decoded yet, and pages are sought when they are asked for.

    Parameters
    ----------
    data : bytes or memoryview
        The whole file; it may be mapped, and is not copied.
    max_bytes : int
        Most that the samples of a page may take.

    Raises
    ------
    DecodeError
        If it is no TIFF file, or its first page cannot be found.
    """
    return TiffPicture(memoryview(data).cast("B"), max_bytes)


class TiffPicture:
    """A TIFF file that is open; see `PictureFile`.

    Pages are those of the main chain, in its order. Planes that ImageJ wrote behind its only page
    count as pages.

    Attributes
    ----------
    format : str
        ``"TIFF"``.
    """

    format = "TIFF"

    def __init__(self, data: memoryview, max_bytes: int) -> None:
        self._data = data
        self._max_bytes = max_bytes
        self._layout = read_layout(data)
        self._first = read_directory(data, self._layout, self._layout.first)[0]
        self._lock = threading.RLock()

    @cached_property
    def number_of_frames(self) -> int:
        """Pages; DecodeError is raised where their chain is broken."""
        return max(len(self._pages), self._planes)

    @cached_property
    def _description(self) -> TiffDescription:
        # That of OME may have megabytes; it is read once.
        return read_description(self._first)

    @cached_property
    def _pages(self) -> tuple[int, ...]:
        return walk_directories(self._data, self._layout)

    @cached_property
    def _planes(self) -> int:
        """How many planes lie behind the first page without a page of their own."""
        if len(self._pages) > 1:
            return 1
        planes = self._description.imagej_planes
        return planes if planes > 1 and self._first.integer(259, 1) == 1 else 1

    def decode(self, frame: int) -> Picture:
        """Decode a page; see `PictureFile.decode`."""
        check_frame_number(self.format, frame, self.number_of_frames)
        offset = self._pages[min(frame, len(self._pages)) - 1]
        tags = read_directory(self._data, self._layout, offset)[0]
        page = read_page(tags, self._max_bytes)
        check_colors(tags, page)
        starts, sizes = check_segments(self._data, tags, page)
        if frame > len(self._pages):
            samples = self._plane(page, int(starts[0]), frame - 1)
        else:
            check_pictures_within(self._data, page, starts, sizes, self._max_bytes)
            samples = self._decoded(page, offset, frame - 1)
        pixels, photometric = to_colors(samples, tags, page)
        pixels = apply_orientation(pixels, page.orientation)
        profile = _fitting_profile(tags, is_grey=pixels.ndim == 2)
        return Picture(pixels, self._about(frame, tags, page), photometric, profile)

    def outline(self, frame: int) -> Picture | None:
        """Say what a frame is without decoding it; see `PictureFile.outline`."""
        check_frame_number(self.format, frame, self.number_of_frames)
        offset = self._pages[min(frame, len(self._pages)) - 1]
        tags = read_directory(self._data, self._layout, offset)[0]
        page = read_page(tags, self._max_bytes)
        check_colors(tags, page)
        check_segments(self._data, tags, page)
        if page.bits not in {8, 16, 32, 64}:
            return None
        shape, dtype, photometric = outline_of_colors(tags, page)
        profile = _fitting_profile(tags, is_grey=len(shape) == 2)
        return outline_of(shape, dtype, self._about(frame, tags, page), photometric, profile)

    def _about(self, frame: int, tags: TiffDirectory, page: TiffPageLayout) -> PictureModule:
        return PictureModule(
            self.format,
            number_of_frames=self.number_of_frames,
            frame_number=frame,
            bits_per_sample=page.bits,
            color_type=color_type_of(page),
            has_alpha=has_alpha(page),
            orientation=page.orientation,
            **scale_fields(scale_of(tags, self._description), orientation=page.orientation),
        )

    def _decoded(self, page: TiffPageLayout, offset: int, index: int) -> npt.NDArray[Any]:
        """Decode the samples of a page, ``(rows, columns, samples)`` or without the last."""
        tifffile = _tifffile()
        _quiet.on = True
        try:
            with self._lock:
                file = self._tiff_file
                file.filehandle.seek(offset)
                # Pages are made one by one, so that none but this is read.
                found = tifffile.TiffPage(file, index=index)
            _check_same(found, page)
            samples: npt.NDArray[Any] = found.asarray(lock=self._lock, maxworkers=1, squeeze=False)
        except DecodeError:
            raise
        except NotImplementedError as error:
            raise UnsupportedEncodingError(
                "this TIFF page is stored in a way that tifffile cannot read; write it with LZW, "
                "deflate or without compression"
            ) from error
        except Exception as error:
            raise DecodeError(
                f"broken TIFF: page {index + 1} of {len(self._data)} bytes cannot be decoded "
                f"({type(error).__name__})"
            ) from error
        finally:
            _quiet.on = False
        planes, contiguous = (page.samples, 1) if page.is_planar else (1, page.samples)
        if samples.shape != (planes, 1, page.rows, page.columns, contiguous):
            raise DecodeError(
                f"broken TIFF: page {index + 1} gave samples of shape {samples.shape}"
            )
        samples = np.moveaxis(samples[:, 0, :, :, 0], 0, 2) if page.is_planar else samples[0, 0]
        return _native(samples.reshape(page.rows, page.columns, page.samples))

    @cached_property
    def _tiff_file(self) -> Any:
        # What these would add to the pages of the chain is not wanted.
        flags = dict.fromkeys(("is_lsm", "is_ndpi", "is_scanimage"), False)
        return _tifffile().TiffFile(MemoryFile(self._data), **flags)

    def _plane(self, page: TiffPageLayout, start: int, index: int) -> npt.NDArray[Any]:
        """Read a plane of ImageJ, which are one behind the other."""
        if page.is_tiled or page.is_planar or page.bits not in {8, 16, 32}:
            raise UnsupportedEncodingError(
                f"this TIFF has {self._planes} planes of ImageJ that are no pages, of "
                f"{page.bits} bits in tiles or planes"
            )
        begin = start + index * page.size
        if begin + page.size > len(self._data):
            raise DecodeError(
                f"broken TIFF: plane {index + 1} of {self._planes} ends after its "
                f"{len(self._data)} bytes; it may be cut short"
            )
        dtype = np.dtype(page.dtype).newbyteorder("<" if self._layout.order == "<" else ">")
        samples = np.frombuffer(self._data[begin : begin + page.size], dtype)
        return _native(samples.reshape(page.rows, page.columns, page.samples))


def _check_same(found: Any, page: TiffPageLayout) -> None:
    """Look whether what is decoded is what was checked; readers of broken files may differ."""
    size = (found.imagelength, found.imagewidth, found.samplesperpixel, found.compression)
    tile = (found.tilelength, found.tilewidth) if page.is_tiled else (0, 0)
    expected = (page.segment_rows, page.segment_columns) if page.is_tiled else (0, 0)
    if (
        size != (page.rows, page.columns, page.samples, page.compression)
        or tile != expected
        or bool(found.is_tiled) != page.is_tiled
        or found.imagedepth != 1
        or found.dtype is None
        or found.dtype.itemsize > np.dtype(page.dtype).itemsize
    ):
        raise DecodeError(
            f"broken TIFF: the tags of a page of {page.rows} rows and {page.columns} columns "
            "contradict each other"
        )


def _native(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if samples.dtype.kind == "b":
        samples = samples.view(np.uint8)
    return samples.astype(samples.dtype.newbyteorder("="), copy=False)


def _fitting_profile(tags: TiffDirectory, *, is_grey: bool) -> bytes | None:
    profile = bytes(if_readable(tags.content, _ICC_PROFILE, b""))
    return fitting_profile(profile, is_grey=is_grey)


class _Quiet(threading.local):
    """Whether this thread is decoding for us."""

    on = False


_quiet = _Quiet()


def _tifffile() -> Any:
    try:
        import tifffile
    except ImportError as error:
        raise MissingExtraError("reading TIFF pictures", "images") from error
    logger = logging.getLogger("tifffile")
    # It logs what it passes over, in words of the file. Those of other users of it go on.
    if _is_ours not in logger.filters:
        logger.addFilter(_is_ours)
    return tifffile


def _is_ours(_record: logging.LogRecord) -> bool:
    return not _quiet.on
