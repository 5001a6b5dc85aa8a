"""WebP files: still ones by imagecodecs, animated ones by Pillow (RFC 9649)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pycornerstone.codecs.exif import ExifValues, apply_orientation, read_exif
from pycornerstone.codecs.icc_profile import fitting_profile
from pycornerstone.codecs.picture_file import (
    Picture,
    check_frame_number,
    check_picture_size,
    outline_of,
)
from pycornerstone.codecs.picture_sizes import riff_chunks, webp_size
from pycornerstone.codecs.pillow_file import PillowFrames
from pycornerstone.codecs.pixel_density import scale_fields
from pycornerstone.codecs.raster_codec import decode_raster
from pycornerstone.errors import DecodeError
from pycornerstone.model.modules import PictureModule

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["open_webp"]

_ALPHA = 0x10


@dataclass(frozen=True, slots=True)
class WebpHeader:
    """What the chunks of a file say.

    Attributes
    ----------
    rows, columns : int
        Of the canvas.
    has_alpha : bool
        Of a picture or animation with a header of its own (VP8X).
    durations_ms : tuple of float
        Of each frame of an animation; empty for a still picture.
    loop_count : int
        How often it is shown; 0 is for ever.
    icc_profile : bytes
        Empty where there is none.
    exif : ExifValues
        Orientation and density.
    still_has_alpha : bool or None
        Of a still picture; None where only decoding it tells.
    """

    rows: int
    columns: int
    has_alpha: bool
    durations_ms: tuple[float, ...]
    loop_count: int
    icc_profile: bytes
    exif: ExifValues
    still_has_alpha: bool | None = None


def open_webp(data: bytes | memoryview, max_bytes: int) -> WebpPicture:
    """Read WebP with or without loss; frames of animations are what is on the canvas.

    Raises
    ------
    DecodeError
        If it is no WebP file, is cut short, or its canvas takes more than `max_bytes`.
    """
    view = memoryview(data).cast("B")
    header = _read_header(view)
    check_picture_size("WebP", header.rows, header.columns, 4, max_bytes)
    return WebpPicture(view, header)


class WebpPicture:
    """A WebP file that is open; see `PictureFile`.

    Attributes
    ----------
    format : str
        ``"WebP"``.
    number_of_frames : int
        Of an animation, or 1.
    """

    format = "WebP"

    def __init__(self, data: memoryview, header: WebpHeader) -> None:
        self.number_of_frames = len(header.durations_ms) or 1
        self._data = data
        self._header = header

    @cached_property
    def _frames(self) -> PillowFrames:
        return PillowFrames("WebP", "WebPImagePlugin", "WebPImageFile", self._data)

    def decode(self, frame: int) -> Picture:
        """Decode a frame; see `PictureFile.decode`. What of it is in grey comes as RGB."""
        check_frame_number("WebP", frame, self.number_of_frames)
        header = self._header
        pixels = self._samples(frame)
        if pixels.shape[:2] != (header.rows, header.columns):
            raise DecodeError(
                f"broken WebP: {pixels.shape[0]} rows of {pixels.shape[1]} columns on a canvas of "
                f"{header.rows} and {header.columns}"
            )
        return Picture(
            apply_orientation(pixels, header.exif.orientation),
            self._about(frame, has_alpha=pixels.shape[2] == 4),
            "RGB",
            fitting_profile(header.icc_profile, is_grey=False),
        )

    def outline(self, frame: int) -> Picture | None:
        """Say what a frame is without decoding it; see `PictureFile.outline`."""
        check_frame_number("WebP", frame, self.number_of_frames)
        header = self._header
        has_alpha = header.has_alpha if header.durations_ms else header.still_has_alpha
        if has_alpha is None:
            return None
        shape = (header.rows, header.columns, 4 if has_alpha else 3)
        profile = fitting_profile(header.icc_profile, is_grey=False)
        return outline_of(shape, "u1", self._about(frame, has_alpha=has_alpha), "RGB", profile)

    def _about(self, frame: int, *, has_alpha: bool) -> PictureModule:
        header = self._header
        orientation = header.exif.orientation
        return PictureModule(
            self.format,
            number_of_frames=self.number_of_frames,
            frame_number=frame,
            color_type="RGB",
            has_alpha=has_alpha,
            orientation=orientation,
            frame_duration_ms=header.durations_ms[frame - 1] if header.durations_ms else None,
            loop_count=header.loop_count if header.durations_ms else None,
            **scale_fields(header.exif.density, orientation=orientation),
        )

    def _samples(self, frame: int) -> npt.NDArray[Any]:
        header = self._header
        if header.durations_ms:
            mode = "RGBA" if header.has_alpha else "RGB"
            return self._frames.samples(frame - 1, mode, (header.rows, header.columns))
        import imagecodecs

        return decode_raster("WebP", imagecodecs.webp_decode, self._data)


def _read_header(data: memoryview) -> WebpHeader:
    rows, columns, _ = webp_size(data)
    flags, loops = 0, 0
    durations: list[float] = []
    profile, exif = b"", ExifValues()
    still_has_alpha: bool | None = None
    is_extended = False
    for kind, content in riff_chunks(data):
        if kind == b"VP8X" and content:
            flags, is_extended = content[0], True
        elif kind == b"VP8L" and len(content) >= 5 and not is_extended:
            # Of lossless ones, the bit before the version (RFC 9649 section 3.4).
            still_has_alpha = bool(content[4] & _ALPHA)
        elif kind == b"VP8 " and not is_extended:
            still_has_alpha = False
        elif kind == b"ANIM" and len(content) >= 6:
            loops = int.from_bytes(content[4:6], "little")
        elif kind == b"ANMF" and len(content) >= 16:
            durations.append(float(int.from_bytes(content[12:15], "little")))
        elif kind == b"ICCP":
            profile = bytes(content)
        elif kind == b"EXIF":
            exif = read_exif(content)
    has_alpha = bool(flags & _ALPHA)
    return WebpHeader(
        rows, columns, has_alpha, tuple(durations), loops, profile, exif, still_has_alpha
    )
