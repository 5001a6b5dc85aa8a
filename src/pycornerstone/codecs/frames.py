"""Frames: where each one lies in the pixel data of its instance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from pycornerstone.codecs.encapsulated_frames import EncapsulatedFrames
from pycornerstone.codecs.sample_layout import PACKED_BITS, SUBSAMPLED, sample_layout
from pycornerstone.codecs.transfer_syntaxes import transfer_syntax
from pycornerstone.errors import DecodeError, ImageIdError, UnsupportedEncodingError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["FrameIndex"]


@dataclass(frozen=True, slots=True, eq=False)
class FrameIndex:
    """Where the frames of an instance lie.

    Native frames are found by arithmetic. Encapsulated ones are found by an offset table that
    holds, and only the items of the frame that is asked for are looked at; without one all items
    are gone through, once. It keeps the buffer of the pixel data alive, and may be asked from any
    thread.

    Attributes
    ----------
    pixel_data : memoryview
        Value of Pixel Data (7FE0,0010), Float (7FE0,0008) or Double Float Pixel Data (7FE0,0009);
        of encapsulated ones everything from the Basic Offset Table's item on.
    number_of_frames : int
        (0028,0008).
    """

    pixel_data: memoryview = field(repr=False)
    number_of_frames: int
    _frame_bits: int = field(default=0, repr=False)
    _in_swapped_words: bool = field(default=False, repr=False)
    _encapsulated: EncapsulatedFrames | None = field(default=None, repr=False)

    @classmethod
    def build(
        cls,
        pixel_data: bytes | memoryview,
        pixel: ImagePixelModule,
        transfer_syntax_uid: str,
        *,
        offsets: npt.ArrayLike | None = None,
        lengths: npt.ArrayLike | None = None,
        vr: str | None = None,
    ) -> Self:
        """Find the frames of an instance.

        Parameters
        ----------
        pixel_data : bytes or memoryview
            See `pixel_data`.
        pixel : ImagePixelModule
            What the header says of the samples.
        transfer_syntax_uid : str
            How the pixel data are encoded.
        offsets, lengths : array_like of int, optional
            Values of an Extended Offset Table (7FE0,0001) and of its lengths (7FE0,0002).
        vr : str, optional
            Value representation of the element. It matters to samples of 8 and 1 bits in big
            endian: as OW two bytes are swapped with each other, as OB they are not.

        Raises
        ------
        DecodeError
            If the pixel data are broken from the beginning, frames without an offset table cannot
            be told apart, or native ones do not fill them as the header says.
        UnsupportedEncodingError
            If the transfer syntax is unknown or video, or native samples are of a size that is not
            read.
        """
        syntax = transfer_syntax(transfer_syntax_uid)
        view = memoryview(pixel_data).cast("B")
        count = max(pixel.number_of_frames, 1)
        if syntax.is_video:
            raise UnsupportedEncodingError(
                f"cannot decode {syntax}: video is not shown yet, and its frames cannot be had one "
                "by one"
            )
        if not syntax.is_encapsulated:
            # Samples that are no whole words, which the decoder would read in their byte order.
            in_parts = pixel.bits_allocated <= 8 or pixel.bits_allocated == PACKED_BITS
            swapped = syntax.is_big_endian and vr == "OW" and in_parts
            return cls(view, count, _frame_bits(pixel, view, count), swapped)
        frames = EncapsulatedFrames(view, count, offsets, lengths)
        return cls(view, count, _encapsulated=frames)

    def frame(self, number: int) -> tuple[bytes | memoryview, int]:
        """Give the bytes of a frame, and how many bits of the first byte come before it.

        Parameters
        ----------
        number : int
            Counts from 1.

        Returns
        -------
        tuple of (bytes or memoryview, int)
            A view into the pixel data, or a copy where the frame lies in several fragments; and
            0 to 7, not 0 only for frames of 1-bit samples and of 12-bit ones, which follow each
            other without a gap (PS3.5 section 8.1.1).

        Raises
        ------
        ImageIdError
            If there is no such frame.
        DecodeError
            If the pixel data end before the frame does, or are broken there; or the offset table
            turns out to be wrong, and the frames cannot be told apart without it.
        """
        if not 1 <= number <= self.number_of_frames:
            raise ImageIdError(
                f"frame {number} was asked for, but there are {self.number_of_frames}; they count "
                "from 1"
            )
        if self._encapsulated is not None:
            items = self._encapsulated.frame(number)
            pieces = [self.pixel_data[item.start : item.stop] for item in items]
            return pieces[0] if len(pieces) == 1 else b"".join(pieces), 0
        start = (number - 1) * self._frame_bits
        stop = start + self._frame_bits
        return self._bytes(start // 8, (stop + 7) // 8, number), start % 8

    def _bytes(self, start: int, stop: int, number: int) -> bytes | memoryview:
        if self.number_of_frames == 1:
            # The decoder compares length and header, so it is given all there is.
            stop = len(self.pixel_data)
        elif start >= len(self.pixel_data):
            raise DecodeError(
                f"frame {number} of {self.number_of_frames} should start at byte {start}, but the "
                f"pixel data have {len(self.pixel_data)} bytes"
            )
        if not self._in_swapped_words:
            return self.pixel_data[start:stop]
        words = self.pixel_data[start & ~1 : (stop + 1) & ~1]
        swapped = np.frombuffer(words, "<u2", len(words) // 2).byteswap().tobytes()
        return swapped[start & 1 : (start & 1) + stop - start]


def _frame_bits(pixel: ImagePixelModule, pixel_data: memoryview, count: int) -> int:
    """Size of a native frame in bits, computed (PS3.5 section 8.1.1)."""
    sample_layout(pixel)
    pixels = pixel.rows * pixel.columns
    bits = pixels * pixel.samples_per_pixel * pixel.bits_allocated
    if pixel.samples_per_pixel == 3 and pixel.photometric_interpretation in SUBSAMPLED:
        # Two samples a pixel, unless the length tells that colour is whole.
        halved = pixels * 2 * pixel.bits_allocated
        bits = halved if len(pixel_data) * 8 < bits * count else bits
    is_420 = pixel.photometric_interpretation == "YBR_PARTIAL_420"
    if is_420 and len(pixel_data) * 8 < bits * count:
        raise UnsupportedEncodingError(
            "(0028,0004) Photometric Interpretation is YBR_PARTIAL_420 and the pixel data hold "
            f"{len(pixel_data)} bytes, not {bits * count // 8}: the standard does not define how "
            "a colour that four pixels share lies in uncompressed pixel data"
        )
    expected = (bits * count + 7) // 8
    excess = len(pixel_data) - expected
    # Zeros are padding, and whole frames are only more than the header counts. With anything else
    # every frame but the first would be read from the wrong place.
    is_misread = count > 1 and excess > 1 and excess * 8 % bits
    if is_misread and np.any(np.frombuffer(pixel_data, np.uint8)[expected:]):
        raise DecodeError(
            f"(0028,0008) Number of Frames is {count} but the pixel data hold {len(pixel_data)} "
            f"bytes, not {expected}; (0028,0010) Rows is {pixel.rows}, (0028,0011) Columns "
            f"{pixel.columns}, (0028,0100) Bits Allocated {pixel.bits_allocated}"
        )
    return bits
