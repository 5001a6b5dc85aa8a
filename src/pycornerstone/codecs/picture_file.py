"""A file of a picture that is open: what each format's reader gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pycornerstone.errors import DecodeError, ImageIdError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.modules import PictureModule

__all__ = ["Picture", "PictureFile", "check_frame_number", "check_picture_size"]


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
    """

    format: str

    @property
    def number_of_frames(self) -> int:
        """Pages, or frames of an animation; 1 for a still picture.

        Raises
        ------
        DecodeError
            If they cannot be counted: the chain of a TIFF's pages is broken.
        """

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


def check_frame_number(name: str, frame: int, number_of_frames: int) -> None:
    """Look whether there is a frame, counted from 1.

    Raises
    ------
    ImageIdError
        If there is not.
    """
    if not 1 <= frame <= number_of_frames:
        frames = "1 frame" if number_of_frames == 1 else f"{number_of_frames} frames"
        raise ImageIdError(
            f"frame {frame} was asked for, and this {name} has {frames}, which count from 1"
        )


def check_picture_size(
    name: str, rows: int, columns: int, bytes_per_pixel: int, max_bytes: int
) -> None:
    """Look whether a picture may be decoded, before memory is taken for it.

    Parameters
    ----------
    name : str
        Its format.
    rows, columns : int
        Its size, as the file says.
    bytes_per_pixel : int
        Of all samples of a pixel, as they will lie in memory.
    max_bytes : int
        How many are allowed; ``LoadLimits.picture_bytes``.

    Raises
    ------
    DecodeError
        If it has no pixels, or more than are allowed.
    """
    if rows < 1 or columns < 1:
        raise DecodeError(f"broken {name}: it has {rows} rows of {columns} columns")
    size = rows * columns * bytes_per_pixel
    if size > max_bytes:
        raise DecodeError(
            f"this {name} has {rows} rows of {columns} columns, {size} bytes once it is decoded; "
            f"the limit is {max_bytes} (LoadLimits.picture_bytes)"
        )
