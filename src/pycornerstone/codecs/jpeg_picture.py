"""JPEG files: baseline, extended, progressive and lossless, of 8 to 16 bits (ISO 10918)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use
import numpy as np

from pycornerstone.codecs.color import ybr_to_rgb
from pycornerstone.codecs.color_depth import spread_samples
from pycornerstone.codecs.exif import ExifValues, apply_orientation, read_exif
from pycornerstone.codecs.jpeg_header import (
    check_jpeg_end,
    check_jpeg_length,
    check_jpeg_scans,
    read_jpeg_header,
)
from pycornerstone.codecs.jpeg_segments import read_jpeg_segments
from pycornerstone.codecs.picture_file import (
    Picture,
    check_frame_number,
    check_picture_size,
    outline_of,
)
from pycornerstone.codecs.pixel_density import scale_fields
from pycornerstone.codecs.raster_codec import decode_raster
from pycornerstone.errors import UnsupportedEncodingError
from pycornerstone.model.modules import PictureModule

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.jpeg_header import JpegHeader
    from pycornerstone.codecs.jpeg_segments import JpegSegments

__all__ = ["JpegFile", "open_jpeg"]

# Colour spaces of ICC profiles, by the number of components (ICC.1, section 7.2.6). Of CMYK they do
# not fit what it is shown as.
_PROFILES = {1: b"GRAY", 3: b"RGB "}
_ROWS = 64


def open_jpeg(data: bytes | memoryview, max_bytes: int) -> JpegFile:
    """Read JPEG of 8, 12 and 16 bits, lossy or lossless; the views of MPO are frames.

    Grey stays grey, and 12 and 16 bits are kept, at the low end of their 16. YCbCr, CMYK and YCCK
    become RGB; the profile of CMYK is neither applied nor kept. The frames are the views of a
    multi-picture file (CIPA DC-007), such as of a stereo camera.

    Parameters
    ----------
    data : bytes-like
        The file.
    max_bytes : int
        How many a decoded frame may have.

    Raises
    ------
    DecodeError
        If it is none, is cut short, or is larger.
    """
    return JpegFile(data, max_bytes)


class JpegFile:
    """A JPEG file that was looked at; `open_jpeg` makes it."""

    format = "JPEG"

    def __init__(self, data: bytes | memoryview, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        segments = read_jpeg_segments(data)
        views = segments.views
        self._views: list[bytes | memoryview] = [data]
        if views:
            self._views = [memoryview(data)[start : start + size] for start, size in views]
        self.number_of_frames = len(self._views)
        self._first = _View(self._views[0], max_bytes, segments)

    def decode(self, frame: int) -> Picture:
        """Decode a frame, which counts from 1; see `PictureFile.decode`."""
        return self._view(frame).picture(frame, self.number_of_frames)

    def outline(self, frame: int) -> Picture | None:
        """Say what a frame is without decoding it; see `PictureFile.outline`."""
        return self._view(frame).outline(frame, self.number_of_frames)

    def _view(self, frame: int) -> _View:
        check_frame_number("JPEG", frame, self.number_of_frames)
        if frame == 1:
            return self._first
        data = self._views[frame - 1]
        return _View(data, self._max_bytes, read_jpeg_segments(data))


class _View:
    """One JPEG stream, from its SOI to its EOI."""

    def __init__(self, data: bytes | memoryview, max_bytes: int, segments: JpegSegments) -> None:
        self._data = data
        self._segments = segments
        self._header = header = read_jpeg_header(data)
        stream = header.codestream
        if stream.samples not in {1, 3, 4}:
            raise UnsupportedEncodingError(
                f"this JPEG has {stream.samples} components; 1, 3 and 4 are supported"
            )
        if stream.samples == 4 and stream.precision != 8:
            raise UnsupportedEncodingError(
                f"this JPEG is CMYK of {stream.precision} bits; 8 are supported"
            )
        size = stream.samples * (1 if stream.precision <= 8 else 2)
        check_picture_size("JPEG", stream.rows, stream.columns, size, max_bytes)
        check_jpeg_end(data, header.scan_start)
        check_jpeg_length(data, header)
        check_jpeg_scans(data, header)

    def picture(self, frame: int, number_of_frames: int) -> Picture:
        pixels = spread_samples(self._grey_or_rgb(), self._header.codestream.precision)
        about = self._about(frame, number_of_frames)
        pixels = apply_orientation(pixels, about.orientation)
        is_grey = pixels.ndim == 2
        return Picture(pixels, about, "MONOCHROME2" if is_grey else "RGB", self._icc_profile())

    def outline(self, frame: int, number_of_frames: int) -> Picture | None:
        stream = self._header.codestream
        is_grey = stream.samples == 1
        return outline_of(
            (stream.rows, stream.columns) if is_grey else (stream.rows, stream.columns, 3),
            "u1" if stream.precision <= 8 else "u2",
            self._about(frame, number_of_frames),
            "MONOCHROME2" if is_grey else "RGB",
            self._icc_profile(),
        )

    def _about(self, frame: int, number_of_frames: int) -> PictureModule:
        exif = self._exif
        return PictureModule(
            format="JPEG",
            number_of_frames=number_of_frames,
            frame_number=frame,
            bits_per_sample=self._header.codestream.precision,
            color_type=_color_type(self._header),
            orientation=exif.orientation,
            **scale_fields(self._segments.density, exif.density, orientation=exif.orientation),
        )

    def _grey_or_rgb(self) -> npt.NDArray[Any]:
        """Decode the samples, with as many bits as they are stored with."""
        header = self._header
        stream, options = header.codestream, {}
        if header.is_lossless and stream.samples == 3:
            # The decoder converts nothing of these.
            options = {"colorspace": "RGB", "outcolorspace": "RGB"}
        pixels = decode_raster("JPEG", imagecodecs.jpeg8_decode, self._data, **options)
        if options and _color_type(header) == "YCbCr":
            return ybr_to_rgb(pixels, "YBR_FULL", stream.precision)
        if stream.samples == 4:
            return _cmyk_to_rgb(pixels, is_inverted=header.adobe_transform is not None)
        return pixels

    @cached_property
    def _exif(self) -> ExifValues:
        return read_exif(self._segments.exif) if self._segments.exif else ExifValues()

    def _icc_profile(self) -> bytes | None:
        profile = self._segments.icc_profile
        if profile is None or len(profile) < 128 or profile[36:40] != b"acsp":
            return None
        fits = profile[16:20] == _PROFILES.get(self._header.codestream.samples)
        return profile if fits else None


def _color_type(header: JpegHeader) -> str:
    """Say how colour is stored, by the rules of the decoder."""
    samples = header.codestream.samples
    if samples == 1:
        return "grey"
    if samples == 4:
        return "YCCK" if header.adobe_transform == 2 else "CMYK"
    if header.has_jfif:
        return "YCbCr"
    if header.adobe_transform is not None:
        return "RGB" if header.adobe_transform == 0 else "YCbCr"
    return "RGB" if header.component_ids == b"RGB" or header.is_lossless else "YCbCr"


def _cmyk_to_rgb(cmyk: npt.NDArray[Any], *, is_inverted: bool) -> npt.NDArray[Any]:
    """Mix ink into light; Adobe stores it the other way round, as light that is left."""
    rgb = np.empty((*cmyk.shape[:2], 3), np.uint8)
    # Some rows at a time, as products have 16 bits.
    for start in range(0, len(cmyk), _ROWS):
        light = cmyk[start : start + _ROWS].astype(np.uint16)
        if not is_inverted:
            light = 255 - light
        rgb[start : start + _ROWS] = (light[..., :3] * light[..., 3:] + 127) // 255
    return rgb
