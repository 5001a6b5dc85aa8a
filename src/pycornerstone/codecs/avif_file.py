"""AVIF files: still ones by imagecodecs with all their bits, sequences by Pillow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.codecs.avif_header import AvifHeader, read_avif_header
from pycornerstone.codecs.exif import apply_orientation
from pycornerstone.codecs.icc_profile import fitting_profile
from pycornerstone.codecs.other_pictures import RasterPicture
from pycornerstone.codecs.picture_file import Picture, check_frame_number, check_picture_size
from pycornerstone.codecs.pillow_file import PillowFrames
from pycornerstone.errors import UnsupportedEncodingError
from pycornerstone.model.modules import PictureModule

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["open_avif"]

# Four samples of 16 bits, and of 8.
_STILL_BYTES, _SEQUENCE_BYTES = 8, 4


def open_avif(data: bytes | memoryview, max_bytes: int) -> RasterPicture | AvifSequence:
    """Read AVIF of 8 to 12 bits; sequences are of 8. HEIC is refused by name.

    Raises
    ------
    DecodeError
        If it is broken, or takes more than `max_bytes`.
    UnsupportedEncodingError
        If it is HEIC, which there is no free decoder for.
    MissingExtraError
        If it is a sequence, and Pillow is not installed.
    """
    header = read_avif_header(data)
    if not header.is_avif:
        raise UnsupportedEncodingError(
            "this is a HEIC picture, which is not decoded; convert it to PNG or AVIF"
        )
    if header.is_sequence:
        return AvifSequence(memoryview(data).cast("B"), header, max_bytes)
    check_picture_size("AVIF", header.rows, header.columns, _STILL_BYTES, max_bytes)
    return RasterPicture(
        "AVIF",
        data,
        _decode_still,
        (header.rows, header.columns),
        header.bits,
        orientation=header.orientation,
        icc_profile=header.icc_profile,
    )


def _decode_still(data: Any) -> npt.NDArray[Any]:
    import imagecodecs

    # Never with an index: imagecodecs then writes all pictures of a sequence into room for one.
    samples: npt.NDArray[Any] = imagecodecs.avif_decode(data, numthreads=1)
    return samples


class AvifSequence:
    """A sequence of AVIF that is open, 8 bits a sample; see `PictureFile`.

    Attributes
    ----------
    format : str
        ``"AVIF"``.
    number_of_frames : int
        Of its track.
    """

    format = "AVIF"

    def __init__(self, data: memoryview, header: AvifHeader, max_bytes: int) -> None:
        self._frames = PillowFrames("AVIF", "AvifImagePlugin", "AvifImageFile", data)
        self.number_of_frames, self._rows, self._columns = self._frames.announced()
        check_picture_size("AVIF", self._rows, self._columns, _SEQUENCE_BYTES, max_bytes)
        self._header = header

    def decode(self, frame: int) -> Picture:
        """Decode a frame; see `PictureFile.decode`."""
        check_frame_number("AVIF", frame, self.number_of_frames)
        pixels = self._frames.samples(frame - 1, None, (self._rows, self._columns))
        is_grey = pixels.ndim == 2
        about = PictureModule(
            self.format,
            number_of_frames=self.number_of_frames,
            frame_number=frame,
            color_type="grey" if is_grey else "RGB",
            has_alpha=not is_grey and pixels.shape[2] == 4,
            orientation=self._header.orientation,
        )
        upright = apply_orientation(pixels, self._header.orientation)
        profile = fitting_profile(self._header.icc_profile, is_grey=is_grey)
        return Picture(upright, about, "MONOCHROME2" if is_grey else "RGB", profile)

    def outline(self, frame: int) -> Picture | None:
        """Give None: its samples say whether they are grey."""
        check_frame_number("AVIF", frame, self.number_of_frames)
        return None
