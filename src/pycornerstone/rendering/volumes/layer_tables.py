"""Tables that have colours with their opacity, and greys alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.model.luts import LookupTable, VoiFunction
from pycornerstone.rendering.scratch import scratch
from pycornerstone.rendering.tables import (
    GREY,
    ColorScale,
    IndexRange,
    index_range,
    stored_table,
    voi_table,
)
from pycornerstone.rendering.voi import Voi

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "byte_table",
    "faded_table",
    "opacity_range",
    "opacity_table",
    "shape_of",
    "whole_numbers",
]

_ENTRIES = 65536
# With what OpenCV calls them: CV_16S and CV_16U.
_WHOLE_NUMBERS = ((np.dtype(np.int16), 3), (np.dtype(np.uint16), 2))
# Every so many values along rows and columns are looked at first.
_STRIDE = 37


def opacity_range(mapping: tuple[tuple[float, float], ...]) -> IndexRange:
    """Give the values that the entries of `opacity_table` answer for."""
    first, last = mapping[0][0], mapping[-1][0]
    return IndexRange(first, (last - first) / (_ENTRIES - 1))


@lru_cache(maxsize=16)
def opacity_table(
    mapping: tuple[tuple[float, float], ...], opacity: float
) -> npt.NDArray[np.uint8]:
    """Give opacities from 0 to 255 along a line that bends at values."""
    points, opacities = np.array(mapping, np.float64).T
    found = np.interp(np.linspace(points[0], points[-1], _ENTRIES), points, opacities)
    # What lies beyond takes these, also where the line begins or ends with a step.
    found[[0, -1]] = opacities[[0, -1]]
    table: npt.NDArray[np.uint8] = np.rint(found * (opacity * 255)).astype(np.uint8)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=16)
def faded_table(
    voi: Voi,
    whole: np.dtype[Any] | None,
    scale: ColorScale,
    opacity: float,
    follows_voi: bool,  # noqa: FBT001 - for the cache
) -> npt.NDArray[np.int32]:
    """Give packed colours and opacity, of the entries of a VOI or of all numbers of 16 bits."""
    colors = _colors(voi, whole, scale).copy()
    rgba = colors.view(np.uint8).reshape(-1, 4)
    if follows_voi:
        rgba[:, 3] = np.rint(voi.apply(_entry_values(voi, whole)) * (opacity * 255))
    else:
        rgba[:, 3] = round(opacity * 255)
    colors.flags.writeable = False
    return colors


@lru_cache(maxsize=16)
def byte_table(
    voi: Voi,
    whole: np.dtype[Any] | None,
    inverted: bool,  # noqa: FBT001 - for the cache
) -> npt.NDArray[np.uint8]:
    """Give greys, of the entries of a VOI or of all numbers of 16 bits."""
    colors = _colors(voi, whole, ColorScale(GREY, inverted))
    greys = np.ascontiguousarray(colors.view(np.uint8).reshape(-1, 4)[:, 0])
    greys.flags.writeable = False
    return greys


def _colors(voi: Voi, whole: np.dtype[Any] | None, scale: ColorScale) -> npt.NDArray[np.int32]:
    if whole is None:
        return voi_table(voi, scale)
    return stored_table(whole, (1.0, 0.0, None), voi, scale, None, 0)


def shape_of(voi: Voi) -> Voi:
    """Give a VOI that has the same table: where a window lies is said by its `index_range`."""
    if isinstance(voi.mapping, LookupTable):
        return voi
    is_sigmoid = voi.function is VoiFunction.SIGMOID
    return Voi.of_range(0, 1, VoiFunction.SIGMOID if is_sigmoid else VoiFunction.LINEAR)


def _entry_values(voi: Voi, whole: np.dtype[Any] | None) -> npt.NDArray[Any]:
    numbers = np.arange(_ENTRIES, dtype=np.uint16)
    if whole is not None:
        return numbers.view(whole)
    entries = index_range(voi)
    return entries.lower + numbers * entries.step


def whole_numbers(values: npt.NDArray[np.float32]) -> npt.NDArray[np.int16 | np.uint16] | None:
    """Give values as integers of 16 bits; None if they are none."""
    import cv2

    for some in (values[::_STRIDE, ::_STRIDE], values):
        rounded = np.rint(some, out=scratch("rounded", some.shape, np.float32))
        if not np.array_equal(rounded, some):
            return None
    lowest, highest, _, _ = cv2.minMaxLoc(values)
    for dtype, depth in _WHOLE_NUMBERS:
        limits = np.iinfo(dtype)
        if limits.min <= lowest and highest <= limits.max:
            out = scratch("index", values.shape, dtype)
            return np.asarray(cv2.addWeighted(values, 1, values, 0, 0, dst=out, dtype=depth))
    return None
