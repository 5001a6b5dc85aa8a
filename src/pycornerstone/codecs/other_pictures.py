"""Still pictures with all their bits, by imagecodecs: JPEG 2000, JPEG XL and JPEG-LS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import imagecodecs  # this module is imported on first use
import numpy as np

from pycornerstone.codecs.color_depth import spread_samples
from pycornerstone.codecs.exif import apply_orientation
from pycornerstone.codecs.icc_profile import fitting_profile
from pycornerstone.codecs.jpeg2000_boxes import codestream_span, icc_profile_of, palette_of
from pycornerstone.codecs.jpeg_header import check_jpeg_end, read_jpeg_header
from pycornerstone.codecs.jpeg_xl import read_jpeg_xl_header, read_jpeg_xl_orientation
from pycornerstone.codecs.picture_file import (
    Picture,
    check_frame_number,
    check_picture_size,
    outline_of,
)
from pycornerstone.codecs.picture_sizes import jpeg2000_codestream
from pycornerstone.codecs.raster_codec import decode_raster
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.modules import PictureModule

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

__all__ = ["RasterPicture", "open_jpeg2000", "open_jpeg_ls", "open_jpeg_xl"]


@dataclass(frozen=True, slots=True, eq=False)
class RasterPicture:
    """A still picture that one call of a codec decodes; see `PictureFile`.

    Attributes
    ----------
    format : str
        Such as ``"JPEG 2000"``.
    data : bytes or memoryview
        The whole file.
    codec : callable
        Gives ``(rows, columns)`` or ``(rows, columns, samples)``.
    size : tuple of int
        Rows and columns, as they are stored.
    bits : int or None
        Of a sample; None where it is known once it is decoded.
    orientation : int
        To be applied, as Exif counts.
    number_of_frames : int
        1.
    icc_profile : bytes or None
        As the file has it, whether it fits the samples or not.
    samples : int or None
        A pixel, where the file says that all of them are unsigned numbers of `bits`.
    """

    format: str
    data: bytes | memoryview
    codec: Callable[..., npt.NDArray[Any]]
    size: tuple[int, int]
    bits: int | None = None
    orientation: int = 1
    number_of_frames: int = 1
    icc_profile: bytes | None = None
    samples: int | None = None

    def decode(self, frame: int) -> Picture:
        """Decode it; see `PictureFile.decode`. Grey with alpha becomes RGBA."""
        check_frame_number(self.format, frame, 1)
        stored = decode_raster(self.format, self.codec, self.data)
        if stored.shape[:2] != self.size or stored.ndim > 3:
            raise DecodeError(
                f"broken {self.format}: decoded to an array of shape {stored.shape}, expected "
                f"{self.size[0]} rows of {self.size[1]} columns"
            )
        pixels = _with_known_samples(self.format, stored)
        is_grey = pixels.ndim == 2
        samples = 1 if stored.ndim == 2 else stored.shape[2]
        about = self._about(samples, self.bits or 8 * pixels.dtype.itemsize)
        pixels = spread_samples(pixels, about.bits_per_sample)
        upright = apply_orientation(pixels, self.orientation)
        profile = fitting_profile(self.icc_profile, is_grey=is_grey)
        return Picture(upright, about, "MONOCHROME2" if is_grey else "RGB", profile)

    def outline(self, frame: int) -> Picture | None:
        """Say what a frame is without decoding it; see `PictureFile.outline`."""
        check_frame_number(self.format, frame, 1)
        if self.samples is None or self.bits is None:
            return None
        is_grey = self.samples == 1
        about = self._about(self.samples, self.bits)
        shape = self.size if is_grey else (*self.size, 4 if about.has_alpha else 3)
        profile = fitting_profile(self.icc_profile, is_grey=is_grey)
        dtype = "u1" if self.bits <= 8 else "u2"
        return outline_of(shape, dtype, about, "MONOCHROME2" if is_grey else "RGB", profile)

    def _about(self, samples: int, bits: int) -> PictureModule:
        return PictureModule(
            self.format,
            bits_per_sample=bits,
            color_type="grey" if samples <= 2 else "RGB",
            has_alpha=samples in {2, 4},
            orientation=self.orientation,
        )


def open_jpeg2000(data: bytes | memoryview, max_bytes: int) -> RasterPicture:
    """Read a JPEG 2000 codestream or JP2 file of 1 to 32 bits.

    Raises
    ------
    DecodeError
        If it is broken, or takes more than `max_bytes`.
    UnsupportedEncodingError
        If its components differ.
    """
    stream = jpeg2000_codestream(data)
    start = (codestream_span(data) or (0, None))[0]
    # The decoder makes colours of its indices, which have other bits.
    palette = palette_of(data[:start])
    samples, bits = palette or (stream.samples, stream.precision)
    pixel = samples * (1 if bits <= 8 else 2 if bits <= 16 else 4)
    check_picture_size("JPEG 2000", stream.rows, stream.columns, pixel, max_bytes)
    return RasterPicture(
        "JPEG 2000",
        data,
        imagecodecs.jpeg2k_decode,
        (stream.rows, stream.columns),
        bits,
        icc_profile=icc_profile_of(data[:start]),
        samples=None if stream.is_signed or bits > 16 or samples > 4 else samples,
    )


def open_jpeg_xl(data: bytes | memoryview, max_bytes: int) -> RasterPicture:
    """Read a JPEG XL codestream or file, floats too; of an animation it is the first frame.

    Raises
    ------
    DecodeError
        If it is broken, or takes more than `max_bytes`.
    """
    rows, columns, bits = read_jpeg_xl_header(data)
    # How many samples a pixel has lies deeper; four of float32 are the most.
    check_picture_size("JPEG XL", rows, columns, 4 * (1 if bits == 8 else 4), max_bytes)

    def first(content: Any) -> npt.NDArray[Any]:
        samples: npt.NDArray[Any] = imagecodecs.jpegxl_decode(
            content, index=0, keeporientation=True
        )
        return samples

    orientation = read_jpeg_xl_orientation(data)
    return RasterPicture("JPEG XL", data, first, (rows, columns), bits, orientation)


def open_jpeg_ls(data: bytes | memoryview, max_bytes: int) -> RasterPicture:
    """Read JPEG-LS of 2 to 16 bits.

    Raises
    ------
    DecodeError
        If it is broken, or takes more than `max_bytes`.
    """
    header = read_jpeg_header(data)
    # CharLS takes seconds to find that a stream has no end.
    check_jpeg_end(data, header.scan_start)
    stream = header.codestream
    pixel = stream.samples * (1 if stream.precision <= 8 else 2)
    check_picture_size("JPEG-LS", stream.rows, stream.columns, pixel, max_bytes)
    # A scan is of all components, or of one, whose plane it is (ISO 14495-1 C.2.2).
    is_by_plane = stream.samples > 1 and bytes(data[header.scan_start + 4 :][:1]) == b"\1"

    def decode(content: Any) -> npt.NDArray[Any]:
        samples: npt.NDArray[Any] = imagecodecs.jpegls_decode(content)
        return np.moveaxis(samples, 0, -1) if is_by_plane else samples

    return RasterPicture(
        "JPEG-LS",
        data,
        decode,
        (stream.rows, stream.columns),
        stream.precision,
        samples=stream.samples if stream.samples <= 4 else None,
    )


def _with_known_samples(name: str, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if samples.ndim == 2:
        return samples
    match samples.shape[2]:
        case 1:
            return samples[..., 0]
        case 2:
            return np.ascontiguousarray(samples[..., [0, 0, 0, 1]])
        case 3 | 4:
            return np.ascontiguousarray(samples)
    raise UnsupportedEncodingError(
        f"this {name} has {samples.shape[2]} samples a pixel; 1 to 4 are supported"
    )
