"""Tables of finished colours: VOI, inversion and colour map in one look-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.model.luts import LookupTable, VoiFunction
from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.rendering.scratch import scratch

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.rendering.voi import Voi

__all__ = [
    "GREY",
    "MOST_COLORS",
    "ColorScale",
    "IndexRange",
    "entries_of",
    "index_range",
    "packed",
    "stored_table",
    "voi_table",
]

MOST_COLORS = 4096
"""A colour map may have so many colours; a screen shows fewer."""

_ENTRIES = 65536
# OpenCV rounds to 32 bits before it saturates to 16: beyond, white would come out black.
_SAFE_INDEX = 2.0**30
# A sigmoid is flat beyond: what lies outside is less than a quarter of the first colour's step.
_SIGMOID_REACH = float(np.log(4 * MOST_COLORS))


def packed(red: int, green: int, blue: int, alpha: int = 255) -> int:
    """Give the four bytes of a pixel as one integer, in the machine's byte order."""
    return int(np.array([red, green, blue, alpha], np.uint8).view(np.int32)[0])


@dataclass(frozen=True, slots=True)
class ColorScale:
    """Colours from black to white, as the bytes of N x 3, and whether they are reversed."""

    colors: bytes
    inverted: bool = False

    def paint(self, greys: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """Turn greys from 0 to 1 into packed colours, each the nearest of the N."""
        rgb = np.frombuffer(self.colors, np.uint8).reshape(-1, 3)
        rgba = np.full((len(rgb), 4), 255, np.uint8)
        # A negative is the mirror of its positive, level by level.
        rgba[:, :3] = rgb[::-1] if self.inverted else rgb
        levels = np.rint(greys * (len(rgb) - 1)).astype(np.intp)
        colors: npt.NDArray[np.int32] = rgba.view(np.int32)[:, 0][levels]
        return colors


GREY = bytes(np.repeat(np.arange(256, dtype=np.uint8), 3))
"""The 256 greys that are drawn without a colour map."""


@dataclass(frozen=True, slots=True)
class IndexRange:
    """Which modality values the 65,536 entries of a `voi_table` answer for.

    Attributes
    ----------
    lower : float
        The value of entry 0; what lies below takes it, too.
    step : float
        From one entry to the next; 0 is a threshold, all above `lower` taking the last entry.
    """

    lower: float
    step: float


def index_range(voi: Voi) -> IndexRange:
    """Give the values that the table of a VOI covers: those where its greys change.

    A ramp has one entry for 1/65,535 of its range, so that a rounded entry is wrong by at most
    0.002 of 255 grey levels.
    """
    lower, upper = voi.bounds
    if isinstance(voi.mapping, LookupTable):
        return IndexRange(lower, 1)
    if voi.function is VoiFunction.SIGMOID:
        # 1 / (1 + exp(-4 (x - c) / w)), PS3.3 C.11.2.1.3.1.
        reach = voi.mapping.width / 4 * _SIGMOID_REACH
        lower, upper = voi.mapping.center - reach, voi.mapping.center + reach
    return IndexRange(lower, (upper - lower) / (_ENTRIES - 1))


def entries_of(
    samples: npt.NDArray[np.float32],
    entries: IndexRange,
    scale: float = 1.0,
    offset: float = 0.0,
    largest: float | None = None,
) -> npt.NDArray[np.uint16]:
    """Turn samples into the nearest of the entries, those outside into the first and the last.

    Parameters
    ----------
    samples : numpy.ndarray
        Finite float32; values are ``samples * scale + offset``.
    entries : IndexRange
        Which values there are entries for.
    scale, offset : float
        From a sample to its value.
    largest : float, optional
        No sample was further from zero before they were interpolated; looked up if nobody knows.

    Returns
    -------
    numpy.ndarray
        uint16 of the shape of `samples`; `scratch`, valid until this thread asks again.
    """
    import cv2

    if not entries.step > 0:
        threshold = (entries.lower - offset) / scale
        above = samples > threshold if scale > 0 else samples < threshold
        return above.astype(np.uint16) * np.uint16(_ENTRIES - 1)
    if largest is None:
        lowest, highest, _, _ = cv2.minMaxLoc(samples.reshape(len(samples), -1))
        largest = max(-lowest, highest)
    factor = scale / entries.step
    start = (offset - entries.lower) / entries.step
    # Cubic interpolation overshoots, by less than half of the range.
    if 2 * largest * abs(factor) + abs(start) > _SAFE_INDEX:
        first, last = sorted([(-1 - start) / factor, (_ENTRIES - start) / factor])
        samples = np.clip(samples, np.float32(first), np.float32(last))
    out = scratch("index", samples.shape, np.uint16)
    return np.asarray(
        cv2.addWeighted(samples, factor, samples, 0, start, dst=out, dtype=cv2.CV_16U), np.uint16
    )


def voi_table(voi: Voi, scale: ColorScale) -> npt.NDArray[np.int32]:
    """Give the 65,536 packed colours of a VOI over its `index_range`.

    All ramps share one table, and so do all sigmoids: where a window lies is said by its range.
    """
    if isinstance(voi.mapping, LookupTable):
        return _entries_table(voi, scale)
    return _shape_table(voi.function is VoiFunction.SIGMOID, scale)


@lru_cache(maxsize=16)
def stored_table(
    dtype: np.dtype[Any],
    modality: tuple[float, float, LookupTable | None],
    voi: Voi,
    scale: ColorScale,
    padding: tuple[float, float] | None,
    background: int,
) -> npt.NDArray[np.int32]:
    """Give the packed colour of every value that 8 or 16 bits can hold.

    Nothing is rounded before the end: each is exactly what the formulas of the standard say.

    Parameters
    ----------
    dtype : numpy.dtype
        Of the stored integers; the table is indexed by their bit pattern.
    modality : tuple
        What they mean: rescale slope, intercept, and the table that stands in for them.
    voi : Voi
        Which of them are of interest.
    scale : ColorScale
        What greys look like.
    padding : tuple of float or None
        Stored values that are no part of the image, and are drawn as `background`.
    background : int
        Packed colour.
    """
    stored = np.arange(256**dtype.itemsize, dtype=f"u{dtype.itemsize}").view(dtype)
    slope, intercept, lut = modality
    meaning = ModalityLutModule(rescale_slope=slope, rescale_intercept=intercept, lut=lut)
    colors = scale.paint(voi.apply(meaning.apply(stored, np.float64)))
    if padding is not None:
        lowest, highest = sorted(padding)
        colors[(stored >= lowest) & (stored <= highest)] = background
    colors.flags.writeable = False
    return colors


@lru_cache(maxsize=16)
def _shape_table(sigmoid: bool, scale: ColorScale) -> npt.NDArray[np.int32]:  # noqa: FBT001 - for the cache
    greys = np.linspace(0, 1, _ENTRIES)
    if sigmoid:
        greys = 1 / (1 + np.exp(-_SIGMOID_REACH * (2 * greys - 1)))
    colors = scale.paint(greys)
    colors.flags.writeable = False
    return colors


@lru_cache(maxsize=16)
def _entries_table(voi: Voi, scale: ColorScale) -> npt.NDArray[np.int32]:
    colors = scale.paint(voi.apply(voi.bounds[0] + np.arange(_ENTRIES, dtype=np.float64)))
    colors.flags.writeable = False
    return colors
