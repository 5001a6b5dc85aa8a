"""Cuts through volumes become layers of colour, and layers one picture.

Modality values -> VOI -> inversion -> colour map, as of single images, and opacity: a number, a
line over the values or the ramp of the VOI, and nothing outside of a threshold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.rendering.scratch import scratch
from pycornerstone.rendering.tables import GREY, ColorScale, entries_of, index_range, packed
from pycornerstone.rendering.voi import Voi, computed_range
from pycornerstone.rendering.volumes.layer_tables import (
    byte_table,
    faded_table,
    opacity_range,
    opacity_table,
    shape_of,
    whole_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.rendering.volumes.cut import Cut

__all__ = ["LayerStyle", "blend", "paint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStyle:
    """How the cut through a volume is to look, alone or over others.

    Attributes
    ----------
    voi : Voi or None
        Which values are of interest. None is all values of the cut; of colours, 0 to `white`.
    invert : bool
        Draw the negative. Who draws knows whether the volume demands it (MONOCHROME1).
    colors : bytes
        N x 3 colours from black to white, for grey volumes; see `rendering.colormaps`.
    opacity : float
        Of the whole layer, 0 to 1.
    opacity_mapping : tuple of (float, float)
        Modality values, ascending, and their opacity from 0 to 1, which changes linearly between
        them and stays beyond the first and the last. Multiplied by `opacity`. Two equal values
        make a step. For grey volumes.
    opacity_follows_voi : bool
        Values are as opaque as the VOI makes them bright, before inversion and colour map: black
        is not seen at all, white with all of `opacity`. For grey volumes.
    threshold : tuple of float or None
        Lowest and highest modality value that are drawn; either may be infinite. What lies outside
        is transparent. For grey volumes.
    white : float
        The sample that is full colour and full opacity, of colour volumes.

    Raises
    ------
    ValueError
        If an opacity is not from 0 to 1, values do not ascend, or opacity is said twice.
    """

    voi: Voi | None = None
    invert: bool = False
    colors: bytes = GREY
    opacity: float = 1.0
    opacity_mapping: tuple[tuple[float, float], ...] = ()
    opacity_follows_voi: bool = False
    threshold: tuple[float, float] | None = None
    white: float = 255.0

    def __post_init__(self) -> None:
        points = tuple((float(value), float(opacity)) for value, opacity in self.opacity_mapping)
        object.__setattr__(self, "opacity_mapping", points)
        for opacity in (self.opacity, *(point[1] for point in points)):
            if not 0 <= opacity <= 1:
                raise ValueError(f"an opacity is a number from 0 to 1, got {opacity}")
        values = [value for value, _ in points]
        if values != sorted(values) or not all(map(math.isfinite, values)):
            raise ValueError(f"values of an opacity mapping are finite and ascend, got {values}")
        if points and self.opacity_follows_voi:
            raise ValueError(
                "opacity follows the VOI or a mapping, not both; leave one of them out"
            )
        if self.threshold is not None and not self.threshold[0] <= self.threshold[1]:
            raise ValueError(
                f"a threshold is the lowest and the highest value drawn, got {self.threshold}"
            )
        if not self.white > 0:
            raise ValueError(f"white is a number above 0, got {self.white}")


def paint(cut: Cut, style: LayerStyle) -> npt.NDArray[np.uint8]:
    """Turn the values of a cut into a layer.

    Greys are those of `apply_voi`, rounded: exactly where all values are whole numbers of 16 bits,
    else but for values within 0.03 of the middle between two levels.

    Parameters
    ----------
    cut : Cut
        Modality values, or colours. Values that are no number are outside.
    style : LayerStyle
        How they are to look.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 4)`` uint8: red, green, blue and opacity, straight (colours are not
        multiplied by it). All four are 0 outside of the volume and of the threshold.
    """
    import cv2

    values, inside = cut.values, cut.inside
    if values.ndim == 3:
        layer = _paint_colors(values, style)
    else:
        if not math.isfinite(cv2.sumElems(values)[0]):
            values, inside = _without_nan(values, inside)
        layer = _paint_greys(values, inside, style)
        if style.threshold is not None:
            # A number of float32 that was asked for as float64 lies beside it.
            lowest, highest = (float(np.float32(end)) for end in style.threshold)
            drawn = cv2.inRange(values, np.array([lowest]), np.array([highest]))
            inside = drawn if inside is None else cv2.copyTo(drawn, inside)
    if inside is not None:
        layer = np.asarray(cv2.copyTo(layer, inside), np.int32)
    return layer.view(np.uint8).reshape(*layer.shape, 4)


def blend(
    layers: Sequence[npt.NDArray[np.uint8]],
    size: tuple[int, int],
    background: tuple[int, int, int] = (0, 0, 0),
) -> npt.NDArray[np.uint8]:
    """Put layers over each other.

    Parameters
    ----------
    layers : sequence of numpy.ndarray
        ``(height, width, 4)`` uint8 as of `paint`, the lowest first.
    size : tuple of int
        ``(width, height)`` of the canvas.
    background : tuple of int
        Red, green and blue of what is below all of them.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 4)`` uint8, a new array: red, green, blue, and 255. Rounded once, whatever
        the number of layers.

    Raises
    ------
    ValueError
        If a layer has another size.
    """
    import cv2

    width, height = size
    canvas = np.full((height, width), packed(*background), np.int32)
    rgba: npt.NDArray[Any] = canvas.view(np.uint8).reshape(height, width, 4)
    opacities = [_opacity_of(layer, size) for layer in layers]
    mixed = [not _is_all_or_nothing(opacity) for opacity in opacities]
    # One mixture is exact in bytes. What comes of one is not rounded before the next.
    if sum(mixed) > 1:
        rgba = _as_float("canvas", rgba)
    for layer, opacity, is_mixed in zip(layers, opacities, mixed, strict=True):
        over = layer if rgba.dtype == np.uint8 else _as_float("layer", layer)
        if is_mixed:
            share = _as_float("opacity", opacity)
            rest = np.subtract(255, share, out=scratch("blend rest", share.shape, np.float32))
            cv2.blendLinear(over, rgba, share, rest, rgba)
        else:
            cv2.copyTo(over, opacity, rgba)
    if rgba.dtype != np.uint8:
        rgba = np.asarray(cv2.convertScaleAbs(rgba), np.uint8)
        canvas = rgba.view(np.int32)[..., 0]
    canvas |= packed(0, 0, 0)
    return rgba


def _paint_greys(
    values: npt.NDArray[np.float32], inside: npt.NDArray[np.uint8] | None, style: LayerStyle
) -> npt.NDArray[np.int32]:
    import cv2

    voi = style.voi
    if voi is None:
        voi = Voi.of_range(*computed_range(values, None if inside is None else inside > 0))
    scale = ColorScale(style.colors, style.invert)
    fade = style.opacity, style.opacity_follows_voi
    index = whole_numbers(values)
    if index is None:
        index = entries_of(values, index_range(voi))
        table = faded_table(shape_of(voi), None, scale, *fade)
    else:
        table = faded_table(voi, index.dtype, scale, *fade)
    canvas: npt.NDArray[np.int32] = np.asarray(cv2.LUT(index.view(np.uint16), table))
    if style.opacity_mapping:
        rgba = canvas.view(np.uint8).reshape(*canvas.shape, 4)
        cv2.insertChannel(_mapped_opacity(values, style), rgba, 3)
    return canvas


def _paint_colors(values: npt.NDArray[np.float32], style: LayerStyle) -> npt.NDArray[np.int32]:
    import cv2

    voi = style.voi or Voi.of_range(0, style.white)
    shape = values.shape[:2]
    flat = np.ascontiguousarray(values[..., :3], np.float32).reshape(shape[0], -1)
    if not math.isfinite(cv2.sumElems(flat)[0]):
        flat = np.asarray(cv2.patchNaNs(flat.copy(), 0), np.float32)
    index = whole_numbers(flat)
    if index is None:
        index = entries_of(flat, index_range(voi))
        table = byte_table(shape_of(voi), None, style.invert)
    else:
        table = byte_table(voi, index.dtype, style.invert)
    greys = cv2.LUT(index.view(np.uint16), table)
    rgba = np.asarray(cv2.cvtColor(greys.reshape(*shape, 3), cv2.COLOR_RGB2RGBA), np.uint8)
    rgba[..., 3] = round(style.opacity * 255)
    if values.shape[2] == 4:
        share = np.clip(np.nan_to_num(values[..., 3]) / style.white, 0, 1)
        rgba[..., 3] = np.rint(share * (style.opacity * 255))
    return rgba.view(np.int32)[..., 0]


def _mapped_opacity(values: npt.NDArray[np.float32], style: LayerStyle) -> npt.NDArray[np.uint8]:
    import cv2

    index = entries_of(values, opacity_range(style.opacity_mapping))
    table = opacity_table(style.opacity_mapping, style.opacity)
    return np.asarray(cv2.LUT(index, table), np.uint8)


def _without_nan(
    values: npt.NDArray[np.float32], inside: npt.NDArray[np.uint8] | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Give finite values, the infinite ones as the largest, and where there are any."""
    is_number = ~np.isnan(values)
    if inside is not None:
        is_number &= inside > 0
    return np.nan_to_num(values), is_number.view(np.uint8)


def _opacity_of(layer: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    import cv2

    width, height = size
    if layer.shape != (height, width, 4) or layer.dtype != np.uint8:
        raise ValueError(
            f"a layer for a canvas of {width} x {height} pixels is uint8 of shape "
            f"{(height, width, 4)}, got {layer.dtype} of shape {layer.shape}"
        )
    return np.asarray(cv2.extractChannel(layer, 3), np.uint8)


def _is_all_or_nothing(opacity: npt.NDArray[np.uint8]) -> bool:
    import cv2

    between = cv2.inRange(opacity, np.array([1]), np.array([254]))
    return not cv2.countNonZero(between)


def _as_float(use: str, array: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    converted: npt.NDArray[np.float32] = scratch(f"blend {use}", array.shape, np.float32)
    np.copyto(converted, array)
    return converted
