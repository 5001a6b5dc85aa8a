"""Frames that are not all there: an image of what has come so far, in full size.

JPEG 2000, high-throughput or not, is the one compression of DICOM in which the first bytes are a
picture of their own: at lower resolution, or in fewer quality layers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.jpeg2000_boxes import codestream_span
from pycornerstone.codecs.jpeg2000_walk import CodestreamWalk
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.image import ImageQuality

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.jpeg2000_walk import Progress
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["PartialFrame", "can_be_partial", "completed", "is_progressive", "within_range"]

_OF_REDUCTION = {
    1: ImageQuality.HALF_RESOLUTION,
    2: ImageQuality.QUARTER_RESOLUTION,
    # Of less than that nobody could say what it is.
    3: ImageQuality.SUBRESOLUTION,
}
_LOSSY = "1.2.840.10008.1.2.4.91"
# Layers of fewer bytes than this part of the samples' are worse than half the resolution: that errs
# by as much as a lossy stream of 1/33 does, for a colour photograph of 8 bits.
_PART_OF_LAYERS = 32
# Boxes before a codestream, such as a colour profile; they are gone over again with more bytes.
_LONGEST_START = 1024 * 1024
_CAN_BE_PARTIAL = frozenset(
    {
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.4.92",
        "1.2.840.10008.1.2.4.93",
        "1.2.840.10008.1.2.4.201",
        "1.2.840.10008.1.2.4.202",
        "1.2.840.10008.1.2.4.203",
        "3.2.840.10008.1.2.4.96",
    }
)


def is_progressive(transfer_syntax_uid: str) -> bool:
    """Say whether frames of a transfer syntax may be shown before they are whole."""
    return transfer_syntax_uid in _CAN_BE_PARTIAL


def can_be_partial(encoded: EncodedFrame) -> bool:
    """Say whether the first bytes of a frame may become an image.

    Indices of a palette never do: between two of them lies another colour, not one between the two.
    Nor do samples with overlays among their bits, and those of one bit, which have nothing between.
    """
    pixel = encoded.pixel
    return (
        pixel is not None
        and is_progressive(encoded.encoding)
        and pixel.photometric_interpretation in _SMOOTH
        and pixel.bits_stored > 1
        and all(overlay.bits is not None for overlay in encoded.overlays or ())
    )


_SMOOTH = frozenset(
    {
        "MONOCHROME1",
        "MONOCHROME2",
        "RGB",
        "YBR_FULL",
        "YBR_FULL_422",
        "YBR_PARTIAL_420",
        "YBR_PARTIAL_422",
        "YBR_ICT",
        "YBR_RCT",
    }
)


class PartialFrame:
    """Tells from the bytes of a frame, as they come in, when there is one more image in them.

    Parameters
    ----------
    pixel : ImagePixelModule
        What the DICOM header says of the frame.
    """

    def __init__(self, pixel: ImagePixelModule) -> None:
        self._pixel = pixel
        self._walk: CodestreamWalk | None = CodestreamWalk()
        self._start: int | None = None

    @property
    def is_hopeless(self) -> bool:
        """Nothing can be made of it, or nothing more, before all of it is there."""
        return self._walk is None

    def go_on(self, data: bytes | bytearray | memoryview) -> ImageQuality | None:
        """Say how good an image of the bytes so far would be; None for none, yet or at all.

        Parameters
        ----------
        data : bytes, bytearray or memoryview
            All of them, from the first one on. There may be others after the end of the frame.
        """
        if self._walk is None:
            return None
        try:
            if self._start is None:
                span = codestream_span(data)
                if span is None:
                    self._wait_for_codestream(len(data))
                    return None
                self._start = span[0]
            with memoryview(data) as view, view[self._start :] as stream:
                progress = self._walk.go_on(stream)
            if self._walk.main is not None:
                _check(self._walk, self._pixel)
        except DecodeError:
            # The decoder will say so, when all is there; UnsupportedEncodingError is one too.
            self._walk = None
            return None
        return None if progress is None else _quality(progress, self._pixel)

    def _wait_for_codestream(self, length: int) -> None:
        if length > _LONGEST_START:
            self._walk = None

    def codestream(self, data: bytes | bytearray | memoryview) -> bytes:
        """Give a whole codestream of what has been gone over."""
        if self._walk is None or self._start is None:
            raise DecodeError("it is no JPEG 2000 codestream whose first bytes are a picture")
        with memoryview(data) as view, view[self._start :] as stream:
            return self._walk.rebuilt(stream)


def completed(encoded: EncodedFrame) -> tuple[EncodedFrame, ImageQuality]:
    """Put the first bytes of a frame together as a whole stream, of an image of full size.

    What is missing is put in as the wavelets have it when nothing is known of it: a sample of lower
    resolution stays where it is, and between two of them it goes from one to the other. Some may
    lie beyond the range of those that there can be; see `within_range`.

    Returns
    -------
    tuple of EncodedFrame and ImageQuality
        What a decoder reads, and what the image will be worth.

    Raises
    ------
    DecodeError
        If they are not enough for an image.
    """
    pixel = encoded.pixel
    what = f"cannot decode the first {len(encoded.data)} bytes of a frame"
    if pixel is None or not can_be_partial(encoded):
        raise DecodeError(f"{what}: one like it shows nothing before all of it is there")
    frame = PartialFrame(pixel)
    quality = frame.go_on(encoded.data)
    if quality is None:
        raise DecodeError(f"{what}: they are not enough, or do not come in an order that would do")
    # As one that was compressed lossily: what goes beyond the range must not wrap around.
    return replace(encoded, data=frame.codestream(encoded.data), encoding=_LOSSY), quality


def within_range(samples: npt.NDArray[Any], pixel: ImagePixelModule) -> npt.NDArray[Any]:
    """Take off what samples of lower resolution have beyond the values that there can be."""
    if pixel.bits_stored >= 8 * samples.dtype.itemsize:
        return samples
    low = -(1 << (pixel.bits_stored - 1)) if samples.dtype.kind == "i" else 0
    within: npt.NDArray[Any] = np.clip(samples, low, low + (1 << pixel.bits_stored) - 1)
    return within


def _quality(progress: Progress, pixel: ImagePixelModule) -> ImageQuality | None:
    if progress.is_whole:
        return ImageQuality.FULL_RESOLUTION
    samples = pixel.rows * pixel.columns * pixel.samples_per_pixel
    enough = samples * pixel.bits_stored // 8 // _PART_OF_LAYERS
    if progress.layers and progress.layers_length >= enough:
        return ImageQuality.LOSSY
    return _OF_REDUCTION.get(progress.reduction)


def _check(walk: CodestreamWalk, pixel: ImagePixelModule) -> None:
    """Refuse what would be a wrong picture, or another one than the header describes."""
    if walk.main is None:
        return
    stream = walk.main.header.codestream
    found = stream.rows, stream.columns, stream.samples, stream.is_signed
    expected = (
        pixel.rows,
        pixel.columns,
        pixel.samples_per_pixel,
        bool(pixel.pixel_representation),
    )
    # Between 0 and -1 as two's complement lies half the range: signs must agree to be smooth. And a
    # value must be one by itself, without other bits below it.
    is_usual = pixel.high_bit == pixel.bits_stored - 1 and stream.precision <= 16
    if found != expected or not is_usual:
        raise UnsupportedEncodingError("codestream and header do not agree")
