"""GIF files: still pictures and animations, decoded by Pillow."""

from __future__ import annotations

from functools import cached_property

from pycornerstone.codecs.gif_blocks import GifHeader, read_gif
from pycornerstone.codecs.icc_profile import fitting_profile
from pycornerstone.codecs.picture_file import (
    Picture,
    check_frame_number,
    check_picture_size,
    outline_of,
)
from pycornerstone.codecs.pillow_file import PillowFrames, load_plugin
from pycornerstone.codecs.pixel_density import scale_fields
from pycornerstone.errors import DecodeError
from pycornerstone.model.modules import PictureModule

__all__ = ["open_gif"]


def open_gif(data: bytes | memoryview, max_bytes: int) -> GifPicture:
    """Read GIF; frames of animations are what is on the canvas.

    Raises
    ------
    DecodeError
        If it is no GIF file, ends within a frame, or its canvas takes more than `max_bytes`.
    """
    view = memoryview(data).cast("B")
    header = read_gif(view)
    check_picture_size("GIF", header.rows, header.columns, 4, max_bytes)
    return GifPicture(view, header)


class GifPicture:
    """A GIF file that is open; see `PictureFile`.

    Frames are what is on the canvas, all of them grey, RGB or RGBA.

    Attributes
    ----------
    format : str
        ``"GIF"``.
    number_of_frames : int
        Of the animation.
    """

    format = "GIF"

    def __init__(self, data: memoryview, header: GifHeader) -> None:
        self.number_of_frames = len(header.frames)
        self._data = data
        self._header = header
        # Both go through all frames.
        self._has_alpha, self._is_grey = header.has_alpha, header.is_grey

    @cached_property
    def _frames(self) -> PillowFrames:
        if self._header.goes_beyond:
            _check_limit_of_pillow(self._header)
        return PillowFrames("GIF", "GifImagePlugin", "GifImageFile", self._data)

    def decode(self, frame: int) -> Picture:
        """Decode a frame; see `PictureFile.decode`."""
        check_frame_number("GIF", frame, self.number_of_frames)
        header = self._header
        mode = "L" if self._is_grey else "RGBA" if self._has_alpha else "RGB"
        size = header.rows, header.columns
        pixels = self._frames.samples(frame - 1, mode, size, grows=header.goes_beyond)
        return Picture(pixels, self._about(frame), self._photometric, self._icc_profile)

    def outline(self, frame: int) -> Picture | None:
        """Say what a frame is without decoding it; see `PictureFile.outline`."""
        check_frame_number("GIF", frame, self.number_of_frames)
        header = self._header
        shape: tuple[int, ...] = (header.rows, header.columns)
        if not self._is_grey:
            shape = (*shape, 4 if self._has_alpha else 3)
        return outline_of(shape, "u1", self._about(frame), self._photometric, self._icc_profile)

    @property
    def _photometric(self) -> str:
        return "MONOCHROME2" if self._is_grey else "RGB"

    @property
    def _icc_profile(self) -> bytes | None:
        return fitting_profile(self._header.icc_profile, is_grey=self._is_grey)

    def _about(self, frame: int) -> PictureModule:
        header = self._header
        return PictureModule(
            self.format,
            number_of_frames=self.number_of_frames,
            frame_number=frame,
            bits_per_sample=header.frames[frame - 1].bits,
            color_type="palette",
            has_alpha=self._has_alpha,
            frame_duration_ms=header.frames[frame - 1].duration_ms,
            loop_count=header.loop_count,
            **scale_fields(header.aspect),
        )


def _check_limit_of_pillow(header: GifHeader) -> None:
    """Refuse what Pillow would warn of while it enlarges its canvas."""
    limit = load_plugin("GIF", "Image").MAX_IMAGE_PIXELS
    if limit is not None and header.rows * header.columns > limit:
        raise DecodeError(
            f"this GIF has frames beyond its screen, up to {header.rows} rows of {header.columns} "
            f"columns; Pillow decodes up to {limit} pixels then"
        )
