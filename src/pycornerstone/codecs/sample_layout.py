"""Sample layout: the shape and type of one frame's samples, and which of their bits count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.modules import ImagePixelModule

__all__ = [
    "MAX_FRAME_BYTES",
    "PACKED_BITS",
    "SUBSAMPLED",
    "SampleLayout",
    "keep_stored_bits",
    "sample_layout",
]

MAX_FRAME_BYTES = 2**31
"""Larger frames are refused before memory is taken: sizes come from files that may lie."""

SUBSAMPLED = frozenset({"YBR_FULL_422", "YBR_PARTIAL_422"})
"""Photometric interpretations that share a colour between two pixels (PS3.3 C.7.6.3.1.2)."""

PACKED_BITS = 12
"""Bits Allocated (0028,0100) of samples that lie without a gap, two in three bytes, as in the
standard before 2009 and in ACR-NEMA files; as an array they have 16."""

_INTEGERS: dict[tuple[int, int], np.dtype[Any]] = {
    (8, 0): np.dtype(np.uint8),
    (8, 1): np.dtype(np.int8),
    (PACKED_BITS, 0): np.dtype(np.uint16),
    (PACKED_BITS, 1): np.dtype(np.int16),
    (16, 0): np.dtype(np.uint16),
    (16, 1): np.dtype(np.int16),
    (32, 0): np.dtype(np.uint32),
    (32, 1): np.dtype(np.int32),
    (64, 0): np.dtype(np.uint64),
    (64, 1): np.dtype(np.int64),
    # A bit has no room for a sign; it becomes 0 or 1 in a byte of its own.
    (1, 0): np.dtype(np.uint8),
    (1, 1): np.dtype(np.uint8),
}
_FLOATS: dict[int, np.dtype[Any]] = {32: np.dtype(np.float32), 64: np.dtype(np.float64)}


@dataclass(frozen=True, slots=True)
class SampleLayout:
    """What the samples of one frame look like once they are an array.

    Attributes
    ----------
    shape : tuple of int
        ``(rows, columns)`` for one sample a pixel, ``(rows, columns, 3)`` for three.
    dtype : numpy.dtype
        Type of a sample, in native byte order.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def row_of_samples(self) -> str:
        """One row, for error messages, such as ``"512 x 3 x uint8"``."""
        return " x ".join(str(part) for part in (*self.shape[1:], self.dtype))


def sample_layout(pixel: ImagePixelModule) -> SampleLayout:
    """Give the shape and type of a frame's samples (PS3.3 C.7.6.3.1, PS3.5 section 8.1.1).

    Raises
    ------
    DecodeError
        If the header contradicts itself, or a frame would be larger than `MAX_FRAME_BYTES`.
    UnsupportedEncodingError
        If samples of this number or size are not read by this version.
    """
    allocated, samples = pixel.bits_allocated, pixel.samples_per_pixel
    if pixel.rows < 1 or pixel.columns < 1:
        raise DecodeError(
            f"(0028,0010) Rows is {pixel.rows} and (0028,0011) Columns is {pixel.columns}; an "
            "image has at least one of each"
        )
    if samples not in {1, 3}:
        raise UnsupportedEncodingError(
            f"(0028,0002) Samples per Pixel is {samples} and (0028,0004) Photometric "
            f"Interpretation {pixel.photometric_interpretation}; 1 and 3 samples are supported"
        )
    if pixel.is_float:
        dtype = _FLOATS.get(allocated)
    else:
        dtype = _INTEGERS.get((allocated, pixel.pixel_representation))
    if dtype is None:
        kind = "float" if pixel.is_float else "integer"
        raise UnsupportedEncodingError(
            f"(0028,0100) Bits Allocated is {allocated} with (0028,0103) Pixel Representation "
            f"{pixel.pixel_representation}; {kind} samples of "
            f"{'32 and 64' if pixel.is_float else '1, 8, 12, 16, 32 and 64'} bits are supported"
        )
    if not pixel.is_float and not 1 <= pixel.bits_stored <= allocated:
        raise DecodeError(
            f"(0028,0101) Bits Stored is {pixel.bits_stored} but (0028,0100) Bits Allocated is "
            f"{allocated}"
        )
    size = pixel.rows * pixel.columns * samples * dtype.itemsize
    if size > MAX_FRAME_BYTES:
        raise DecodeError(
            f"(0028,0010) Rows is {pixel.rows} and (0028,0011) Columns is {pixel.columns}: a frame "
            f"of {size} bytes is over the limit of {MAX_FRAME_BYTES}"
        )
    shape = (pixel.rows, pixel.columns)
    return SampleLayout(shape if samples == 1 else (*shape, samples), dtype)


def keep_stored_bits(samples: npt.NDArray[Any], pixel: ImagePixelModule) -> npt.NDArray[Any]:
    """Give samples with only their stored bits in them, at the low end, in native byte order.

    Where they are so already, they are given as they are, not copied.

    Bits Stored (0028,0101) bits up to High Bit (0028,0102) are the value. The others once carried
    overlays and are not to be taken for it (PS3.5 section 8.1.1): above the value they become its
    sign where it has one, else 0.

    Raises
    ------
    DecodeError
        If the stored bits do not lie within the allocated ones.
    """
    allocated, stored, high = pixel.bits_allocated, pixel.bits_stored, pixel.high_bit
    width = 8 * samples.dtype.itemsize
    if samples.dtype.kind == "f" or allocated == 1 or width == stored:
        return samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if not stored - 1 <= high < allocated:
        raise DecodeError(
            f"(0028,0102) High Bit is {high}, but {stored} bits stored, (0028,0101), of "
            f"{allocated} allocated, (0028,0100), end at bit {stored - 1} to {allocated - 1}"
        )
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if high == stored - 1 and _fit(samples, stored):
        return samples
    if samples.dtype.kind == "i":
        kept = samples << (width - 1 - high)
        kept >>= width - stored
        return kept
    low = high + 1 - stored
    return (samples >> low if low else samples) & ((1 << stored) - 1)


def _fit(samples: npt.NDArray[Any], bits: int) -> bool:
    """Whether every sample is a value of so many bits; two passes, but no memory."""
    if samples.dtype.kind == "u":
        return int(samples.max()) < 1 << bits
    half = 1 << (bits - 1)
    return -half <= int(samples.min()) and int(samples.max()) < half
