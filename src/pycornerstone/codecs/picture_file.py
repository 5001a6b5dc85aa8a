"""A file of a picture that is open: what each format's reader gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pycornerstone.errors import DecodeError, ImageIdError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.modules import PictureModule

__all__ = ["Picture", "PictureFile", "check_frame_number", "check_picture_size", "outline_of"]


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

    def outline(self, frame: int) -> Picture | None:
        """Give a frame as `decode` does, but none of its samples, which take no memory.

        Returns
        -------
        Picture or None
            All of its `pixels` are 0, their shape and type count. None where only samples tell what
            it is, such as whether grey with alpha is grey.

        Raises
        ------
        ImageIdError, DecodeError
            As `decode`, as far as that is seen without decoding.
        """


def outline_of(
    shape: tuple[int, ...],
    dtype: str,
    about: PictureModule,
    photometric_interpretation: str,
    icc_profile: bytes | None = None,
) -> Picture | None:
    """Give a frame without its samples; see `PictureFile.outline`.

    Parameters
    ----------
    shape : tuple of int
        As stored, before the orientation of `about` is applied.
    dtype : str
        Of the samples.
    about, photometric_interpretation, icc_profile
        As of `Picture`.
    """
    is_grey, allocated = len(shape) == 2, 8 * np.dtype(dtype).itemsize
    if is_grey and 8 < about.bits_per_sample < allocated:
        # How many bits are used, the samples tell.
        return None
    if about.orientation >= 5:
        shape = (shape[1], shape[0], *shape[2:])
    pixels = np.broadcast_to(np.zeros((), dtype), shape)
    return Picture(pixels, about, photometric_interpretation, icc_profile)


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
