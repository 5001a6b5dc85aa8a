"""PNG files: still pictures and animations of 1 to 16 bits (W3C PNG, third edition)."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.exif import apply_orientation
from pycornerstone.codecs.picture_file import (
    Picture,
    check_frame_number,
    check_picture_size,
    outline_of,
)
from pycornerstone.codecs.pixel_density import scale_fields
from pycornerstone.codecs.png_chunks import read_png_chunks
from pycornerstone.codecs.png_stream import decode_still
from pycornerstone.errors import DecodeError
from pycornerstone.model.modules import PictureModule

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.apng import Animation
    from pycornerstone.codecs.exif import ExifValues

__all__ = ["PngFile", "open_png"]

_COLOR_TYPES = {0: "grey", 2: "RGB", 3: "palette", 4: "grey", 6: "RGB"}


def open_png(data: bytes | memoryview, max_bytes: int) -> PngFile:
    """Read PNG of 1 to 16 bits a sample, still or animated.

    Grey stays grey and 16 bits stay 16 bits. Greys of 1, 2 and 4 bits are spread over 0 to 255, as
    PNG means them (section 13.12). A palette becomes RGB. Transparency is kept, and grey with
    transparency becomes RGBA, as there is no grey image with it; grey none of whose pixels is
    transparent is grey, whether there is an alpha channel or not.

    The frames of an animation are as they are to be seen, composed one over the other, and all have
    the same channels: four where any of them may be transparent. Where one of
    its chunks is wrong, the still picture is shown in its place, as the specification advises.

    Parameters
    ----------
    data : bytes-like
        The file.
    max_bytes : int
        How many a decoded frame may have.

    Raises
    ------
    DecodeError
        If it is none, or a frame is larger.
    """
    return PngFile(data, max_bytes)


class PngFile:
    """A PNG file that was looked at; `open_png` makes it."""

    format = "PNG"

    def __init__(self, data: bytes | memoryview, max_bytes: int) -> None:
        self._chunks = chunks = read_png_chunks(data)
        header = chunks.header
        check_picture_size("PNG", header.rows, header.columns, header.bytes_per_pixel, max_bytes)
        if chunks.idat_bytes < header.compressed_bytes_at_least:
            raise DecodeError(
                f"broken PNG: its {chunks.idat_bytes} bytes of samples are too few for "
                f"{header.rows} rows of {header.columns} columns"
            )
        self._lock = threading.Lock()
        self._animation = self._find_animation()
        self.number_of_frames = 1
        if self._animation is not None:
            # Its canvas may have an alpha channel that the file has not.
            size = self._animation.bytes_per_pixel
            check_picture_size("PNG", header.rows, header.columns, size, max_bytes)
            self.number_of_frames = len(self._animation.frames)

    def _find_animation(self) -> Animation | None:
        if not any(kind == b"acTL" for kind, _, _ in self._chunks.others):
            return None
        from pycornerstone.codecs.apng import read_animation

        return read_animation(self._chunks)

    def decode(self, frame: int) -> Picture:
        """Decode a frame, which counts from 1; see `PictureFile.decode`."""
        check_frame_number("PNG", frame, self.number_of_frames)
        if self._animation is not None:
            with self._lock:
                pixels = self._animation.compose(frame - 1)
        else:
            pixels = decode_still(self._chunks)
            if self._chunks.header.is_grey and pixels.ndim == 3 and _is_opaque(pixels):
                pixels = np.ascontiguousarray(pixels[..., 0])
        pixels = apply_orientation(pixels, self._exif.orientation)
        profile = self._icc_profile
        if self._chunks.header.is_grey and pixels.ndim == 3:
            # It is one of grey, and these are RGBA.
            profile = None
        return Picture(
            pixels,
            self._about(frame),
            "MONOCHROME2" if pixels.ndim == 2 else "RGB",
            profile,
        )

    def outline(self, frame: int) -> Picture | None:
        """Say what a frame is without decoding it; see `PictureFile.outline`."""
        check_frame_number("PNG", frame, self.number_of_frames)
        header = self._chunks.header
        if self._animation is not None or (header.is_grey and header.has_alpha):
            return None
        shape: tuple[int, ...] = (header.rows, header.columns)
        if not header.is_grey:
            shape = (*shape, 4 if header.has_alpha else 3)
        return outline_of(
            shape,
            "u2" if header.depth == 16 else "u1",
            self._about(frame),
            "MONOCHROME2" if header.is_grey else "RGB",
            self._icc_profile,
        )

    @cached_property
    def _exif(self) -> ExifValues:
        return self._chunks.exif()

    @cached_property
    def _icc_profile(self) -> bytes | None:
        return self._chunks.icc_profile()

    def _about(self, frame: int) -> PictureModule:
        chunks, animation, exif = self._chunks, self._animation, self._exif
        return PictureModule(
            format="PNG",
            number_of_frames=self.number_of_frames,
            frame_number=frame,
            bits_per_sample=chunks.header.depth,
            color_type=_COLOR_TYPES[chunks.header.color_type],
            has_alpha=chunks.header.has_alpha,
            gamma=chunks.gamma(),
            chromaticities=chunks.chromaticities(),
            rendering_intent=chunks.rendering_intent(),
            orientation=exif.orientation,
            frame_duration_ms=animation.frames[frame - 1].duration_ms if animation else None,
            loop_count=animation.loop_count if animation else None,
            **scale_fields(chunks.density(), exif.density, orientation=exif.orientation),
        )


def _is_opaque(pixels: npt.NDArray[Any]) -> bool:
    return bool((pixels[..., 3] == np.iinfo(pixels.dtype).max).all())
