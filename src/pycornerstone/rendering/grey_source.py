"""A grey image made ready to be drawn: modality values as float32, and where they are valid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.rendering.borders import extended, nearest_valid
from pycornerstone.rendering.covers import Covers
from pycornerstone.rendering.reduction import Reduced
from pycornerstone.rendering.sampling import EDGE
from pycornerstone.rendering.voi import computed_range

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.image import Image
    from pycornerstone.model.luts import PaletteColorLut

__all__ = ["GreySource", "GreyValues", "native", "padding_of"]

# float32 has 24 bits: values up to 256 windows away from zero are right to 0.004 grey levels.
_FURTHEST_IN_WINDOWS = 256
# Beyond these, products of float32 overflow or vanish.
_LARGEST, _SMALLEST = 1e30, 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class GreyValues:
    """Numbers that can be interpolated, and what they mean: ``samples * scale + offset``.

    Attributes
    ----------
    samples : numpy.ndarray
        float32, the image extended by `EDGE` pixels on each side.
    scale, offset : float
        From a sample to its modality value.
    largest : float
        No sample is further from zero.
    """

    samples: npt.NDArray[np.float32]
    scale: float
    offset: float
    largest: float

    def is_precise(self, lower: float, upper: float) -> bool:
        """Whether float32 tells the modality values from `lower` to `upper` apart well enough."""
        ends = (lower - self.offset) / self.scale, (upper - self.offset) / self.scale
        span, furthest = abs(ends[1] - ends[0]), max(abs(ends[0]), abs(ends[1]))
        if furthest > _LARGEST / 10 or 0 < span < _SMALLEST:
            return False
        # A threshold has no width; half of a whole number is told apart up to here.
        return furthest <= (_FURTHEST_IN_WINDOWS * span or 2**22)


class GreySource:
    """What drawing a grey image needs again and again, made when it is first asked for.

    Safe to use from several threads: what two make at the same time is equal.

    Parameters
    ----------
    image : Image
        An image without colours of its own.

    Attributes
    ----------
    image : Image
        The image.
    covers : Covers
        What lies over it.
    reduced, reduced_colored : Reduced
        Means of its values, and of `colored`, for a small canvas.
    stored : numpy.ndarray
        Its samples in the machine's byte order; 1-bit samples as uint8.
    """

    __slots__ = (
        "_colored",
        "_filling",
        "_padding",
        "_range",
        "_values",
        "covers",
        "image",
        "reduced",
        "reduced_colored",
        "stored",
    )

    def __init__(self, image: Image) -> None:
        self.image = image
        self.covers = Covers(image)
        self.reduced, self.reduced_colored = Reduced(), Reduced()
        self.stored = native(image.pixels)
        self._colored: tuple[npt.NDArray[np.float32] | None] | None = None
        self._padding: tuple[npt.NDArray[np.uint8] | None] | None = None
        self._filling: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]] | None = None
        self._range: tuple[float, float] | None = None
        self._values: tuple[tuple[float, float], GreyValues] | None = None

    @property
    def modality(self) -> ModalityLutModule:
        """What the stored values mean."""
        return self.image.modality_lut or ModalityLutModule()

    @property
    def codes(self) -> npt.NDArray[np.uint8 | np.uint16] | None:
        """Bit patterns of stored integers of up to 16 bits, to be looked up; None for others."""
        if self.stored.dtype.kind not in "ui" or self.stored.dtype.itemsize > 2:
            return None
        return self.stored.view(f"u{self.stored.dtype.itemsize}")

    @property
    def padding(self) -> npt.NDArray[np.uint8] | None:
        """1 for padding and what is no number, 0 where there is an image; None if all is image.

        Both ends of the padding range are padding (PS3.3 C.7.5.1.1.2).
        """
        if self._padding is None:
            self._padding = (padding_of(self.stored, self.image.padding_range),)
        return self._padding[0]

    @property
    def colored(self) -> npt.NDArray[np.float32] | None:
        """Colours of what the supplemental palette maps; None if nothing is.

        ``(rows, columns, 4)`` red, green and blue from 0 to 255, all 0 where the image is grey, and
        1 or 0 for coloured or not; extended by `EDGE` pixels on each side (PS3.3 C.8.16.2.1.1.1).
        """
        if self._colored is None:
            self._colored = (_colored(self.stored, self.image.palette, self.padding),)
        return self._colored[0]

    @property
    def not_grey(self) -> npt.NDArray[np.uint8] | None:
        """1 for what has no grey: padding, and what the supplemental palette maps."""
        if self.colored is None:
            return self.padding
        mapped = self.colored[EDGE:-EDGE, EDGE:-EDGE, 3].astype(np.uint8)
        return mapped if self.padding is None else mapped | self.padding

    @property
    def value_range(self) -> tuple[float, float]:
        """Lowest and highest modality value of what is valid."""
        if self._range is None:
            valid = None if self.not_grey is None else self.not_grey == 0
            if self._is_linear:
                ends = np.array(computed_range(self.stored, valid))
                lower, upper = sorted(self.modality.apply(ends, np.float64).tolist())
                self._range = lower, upper
            else:
                self._range = computed_range(self.modality.apply(self.stored, np.float64), valid)
        return self._range

    def values(self, lower: float, upper: float) -> GreyValues:
        """Give values that are exact enough for a VOI from `lower` to `upper`.

        One float32 copy of the image is kept. Where the values of interest are few and far from
        zero (32-bit integers, doubles, narrow windows) it is one shifted to them in float64.
        """
        if self._values is not None:
            asked, values = self._values
            if asked == (lower, upper) or values.is_precise(lower, upper):
                return values
        values = self._float_values(0, 1)
        if not values.is_precise(lower, upper):
            values = self._shifted(lower, upper)
        self._values = (lower, upper), values
        return values

    @property
    def _is_linear(self) -> bool:
        slope = self.modality.rescale_slope
        return self.modality.lut is None and slope != 0 and math.isfinite(slope)

    def _shifted(self, lower: float, upper: float) -> GreyValues:
        if self._is_linear:
            slope, intercept = self.modality.rescale_slope, self.modality.rescale_intercept
            lower, upper = (lower - intercept) / slope, (upper - intercept) / slope
        middle, span = lower / 2 + upper / 2, abs(upper - lower)
        if self.stored.dtype.kind in "ui":
            # A whole shift leaves whole samples.
            middle = float(np.rint(middle))
        unit = 1.0 if _SMALLEST < span < _LARGEST / 10 or span == 0 else span
        return self._float_values(middle, unit)

    def _float_values(self, shift: float, unit: float) -> GreyValues:
        """Give ``(x - shift) / unit`` as float32, with x stored values or, of a table, results."""
        if self._is_linear:
            numbers, slope = self.stored, float(self.modality.rescale_slope)
            intercept = float(self.modality.rescale_intercept)
        else:
            numbers, slope, intercept = self.modality.apply(self.stored, np.float64), 1.0, 0.0
        if numbers.dtype.itemsize <= 4 and shift == 0 and unit == 1:
            samples = numbers.astype(np.float32)
        else:
            with np.errstate(over="ignore"):
                wide = (numbers.astype(np.float64) - shift) / unit
            samples = np.clip(wide, -_LARGEST, _LARGEST, out=wide).astype(np.float32)
        if numbers.dtype.kind == "f":
            samples[~np.isfinite(numbers)] = 0
        if numbers.dtype.kind in "ui" and numbers.dtype.itemsize <= 2:
            largest = float(np.iinfo(numbers.dtype).max + 1) + abs(shift)
        else:
            largest = max(float(samples.max()), -float(samples.min()))
        self._fill_padding(samples)
        return GreyValues(extended(samples), slope * unit, slope * shift + intercept, largest)

    def _fill_padding(self, samples: npt.NDArray[np.float32]) -> None:
        """Let padding take the values beside it, so that nothing else is interpolated."""
        not_grey = self.not_grey
        if not_grey is None:
            return
        if self._filling is None:
            self._filling = nearest_valid(not_grey)
        filled, source = self._filling
        flat = samples.reshape(-1)
        flat[filled] = flat[source]


def _colored(
    stored: npt.NDArray[Any],
    palette: PaletteColorLut | None,
    padding: npt.NDArray[np.uint8] | None,
) -> npt.NDArray[np.float32] | None:
    if palette is None or stored.dtype.kind not in "ui":
        return None
    mapped = stored >= palette.red.first_mapped
    if padding is not None:
        mapped &= padding == 0
    if not mapped.any():
        return None
    colors = np.zeros((*stored.shape, 4), np.float32)
    colors[mapped, :3] = palette.apply(stored[mapped])
    colors[..., 3] = mapped
    return extended(colors)


def native(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give contiguous numbers in the machine's byte order; booleans as uint8."""
    dtype = np.dtype(np.uint8) if pixels.dtype.kind == "b" else pixels.dtype.newbyteorder("=")
    return np.ascontiguousarray(pixels, dtype=dtype)


def padding_of(
    stored: npt.NDArray[Any], padding_range: tuple[float, float] | None
) -> npt.NDArray[np.uint8] | None:
    """Mark padding and what is no number by 1; None if there is neither."""
    padding: npt.NDArray[np.bool_] | None = None
    if padding_range is not None:
        lowest, highest = sorted(padding_range)
        if stored.dtype.kind in "ui":
            lowest, highest = math.ceil(lowest), math.floor(highest)
        padding = (
            stored == lowest if lowest == highest else (stored >= lowest) & (stored <= highest)
        )
    if stored.dtype.kind == "f":
        no_number = ~np.isfinite(stored)
        padding = no_number if padding is None else padding | no_number
    if padding is None or not padding.any():
        return None
    return padding.view(np.uint8)
