"""A file of a picture that is open: what each format's reader gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.modules import PictureModule

__all__ = ["Picture", "PictureFile"]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One frame of a picture, decoded.

    Attributes
    ----------
    pixels : numpy.ndarray
        ``(rows, columns)`` grey, or ``(rows, columns, 3 or 4)`` RGB or RGBA, upright: the
        orientation of the file (Exif) is applied.
    about : PictureModule
        What the file says besides.
    photometric_interpretation : str
        MONOCHROME2, MONOCHROME1 (TIFF WhiteIsZero) or RGB.
    icc_profile : bytes or None
        Colour profile that fits the samples as they are now, not applied.
    """

    pixels: npt.NDArray[Any]
    about: PictureModule
    photometric_interpretation: str
    icc_profile: bytes | None = None


class PictureFile(Protocol):
    """A file that was looked at, and none of whose samples were decoded yet.

    Attributes
    ----------
    format : str
        Such as ``"PNG"``.
    number_of_frames : int
        Pages, or frames of an animation; 1 for a still picture.
    """

    format: str
    number_of_frames: int

    def decode(self, frame: int) -> Picture:
        """Decode a frame, which counts from 1; may be called from several threads.

        Frames that are asked for in their order cost no more each than the first.

        Raises
        ------
        ImageIdError
            If there is no such frame.
        DecodeError
            If it is broken, or larger than allowed; UnsupportedEncodingError is one.
        MissingExtraError
            If it needs a library that is not installed.
        """
