"""The way from stored values to the canvas, in the order of the standard.

Stored values -> modality LUT -> padding mask -> VOI -> presentation LUT shape or MONOCHROME1
inversion -> colour map -> shutter -> overlays -> RGBA (PS3.4 N.2). Values are interpolated before
the VOI: a mean of greys is not the grey of a mean. Of image pixels that are smaller than half of
those of the canvas, means are made first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pycornerstone.rendering.color_source import ColorSource
from pycornerstone.rendering.grey_source import GreySource
from pycornerstone.rendering.reduction import Reduction
from pycornerstone.rendering.sampling import (
    EDGE,
    Interpolation,
    clear_outside,
    is_whole_pixel,
    sample,
    snapped,
)
from pycornerstone.rendering.tables import (
    GREY,
    ColorScale,
    entries_of,
    index_range,
    packed,
    stored_table,
    voi_table,
)
from pycornerstone.rendering.voi import Voi

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.image import Image

__all__ = ["DrawStyle", "Source", "draw", "source_of"]

Source: TypeAlias = GreySource | ColorSource
"""An image made ready to be drawn; whoever shows it keeps it."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawStyle:
    """How an image is to be drawn.

    Attributes
    ----------
    voi : Voi or None
        Which values are of interest; None is all of them. For colour images it is applied to
        red, green and blue alike, in stored values.
    invert : bool
        Draw the negative; on top of what MONOCHROME1 or Presentation LUT Shape demand.
    colors : bytes
        N x 3 colours from black to white, for grey images.
    interpolation : Interpolation
        How values between pixels are made.
    background : tuple of int
        Red, green and blue of where the image is not, or has padding.
    overlay_color : tuple of int or None
        Red, green and blue of overlays; None leaves them out.
    has_shutter : bool
        Cover what the shutter of the image covers.
    """

    voi: Voi | None = None
    invert: bool = False
    colors: bytes = GREY
    interpolation: Interpolation = Interpolation.LINEAR
    background: tuple[int, int, int] = (0, 0, 0)
    overlay_color: tuple[int, int, int] | None = None
    has_shutter: bool = False


def source_of(image: Image, *, apply_icc_profile: bool = False) -> Source:
    """Make an image ready to be drawn; a profile is applied to colours only."""
    if image.is_color:
        return ColorSource(image, apply_icc_profile=apply_icc_profile)
    return GreySource(image)


def draw(
    source: Source,
    matrix: npt.NDArray[np.float64],
    size: tuple[int, int],
    style: DrawStyle,
) -> npt.NDArray[np.uint8]:
    """Draw an image.

    Greys are those of `apply_voi`, rounded: exactly where nothing is interpolated and the stored
    values are integers of up to 16 bits, else but for values within 0.03 of the middle between two
    levels.

    Parameters
    ----------
    source : GreySource or ColorSource
        See `source_of`.
    matrix : numpy.ndarray
        ``(2, 3)``, from canvas ``(x, y, 1)``, 0 at the centre of the first canvas pixel, to
        ``(column, row)``, 0 at the centre of the first image pixel.
    size : tuple of int
        ``(width, height)`` of the canvas.
    style : DrawStyle
        How.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 4)`` uint8: red, green, blue, and 255.
    """
    matrix = snapped(np.asarray(matrix, np.float64), size)
    if is_whole_pixel(matrix):
        style = replace(style, interpolation=Interpolation.NEAREST)
    if isinstance(source, GreySource):
        canvas = _draw_grey(source, matrix, size, style)
    else:
        canvas = _draw_color(source, matrix, size, style)
    if style.has_shutter:
        source.covers.draw_shutter(canvas, matrix, size)
    if style.overlay_color is not None:
        source.covers.draw_overlays(canvas, matrix, size, style.overlay_color)
    rgba: npt.NDArray[np.uint8] = canvas.view(np.uint8).reshape(size[1], size[0], 4)
    return rgba


def _draw_grey(
    source: GreySource,
    matrix: npt.NDArray[np.float64],
    size: tuple[int, int],
    style: DrawStyle,
) -> npt.NDArray[np.int32]:
    import cv2

    image, background = source.image, packed(*style.background)
    voi = style.voi or Voi.of_range(*source.value_range)
    scale = ColorScale(style.colors, style.invert != image.is_inverted)
    codes, empty = source.codes, None
    if style.interpolation is Interpolation.NEAREST and codes is not None:
        lut = source.modality
        meaning = (lut.rescale_slope, lut.rescale_intercept, lut.lut)
        dtype, padding = source.stored.dtype, image.padding_range
        table = stored_table(dtype, meaning, voi, scale, padding, background)
        index: npt.NDArray[Any] = sample(codes, matrix, size, style.interpolation)
    else:
        values, empty = source.values(*voi.bounds), source.padding
        reduction = Reduction(matrix, (image.rows, image.columns), style.interpolation)
        samples = source.reduced.of(values.samples, reduction, source.not_grey)
        sampled = sample(samples, reduction.matrix, size, style.interpolation, EDGE)
        table = voi_table(voi, scale)
        index = entries_of(sampled, index_range(voi), values.scale, values.offset, values.largest)
    canvas: npt.NDArray[np.int32] = np.asarray(cv2.LUT(index, table))
    if image.palette is not None and source.colored is not None:
        reduction = Reduction(matrix, (image.rows, image.columns), style.interpolation)
        colored = source.reduced_colored.of(source.colored, reduction)
        _paint_colored(canvas, colored, reduction.matrix, size, style.interpolation)
    clear_outside(canvas, background, matrix, (image.rows, image.columns), empty)
    return canvas


def _paint_colored(
    canvas: npt.NDArray[np.int32],
    colored: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float64],
    size: tuple[int, int],
    interpolation: Interpolation,
) -> None:
    """Put what a supplemental palette maps over the greys, with edges as soft as theirs."""
    sampled = sample(colored, matrix, size, interpolation, EDGE, use="colored")
    share = sampled[..., 3]
    mixed = share > 0
    opacity = np.clip(share[mixed], 0, 1)[:, np.newaxis]
    rgba = canvas.view(np.uint8).reshape(*canvas.shape, 4)
    colors = sampled[mixed][:, :3] + rgba[mixed][:, :3] * (1 - opacity)
    rgba[mixed, :3] = np.rint(np.clip(colors, 0, 255)).astype(np.uint8)


def _draw_color(
    source: ColorSource,
    matrix: npt.NDArray[np.float64],
    size: tuple[int, int],
    style: DrawStyle,
) -> npt.NDArray[np.int32]:
    import cv2

    shape = source.image.rows, source.image.columns
    reduction = Reduction(matrix, shape, style.interpolation)
    samples = source.reduced.of(source.samples, reduction)
    samples = sample(samples, reduction.matrix, size, style.interpolation, EDGE)
    opacity = None
    if source.has_alpha:
        opacity = np.clip(samples[..., 3:], 0, 1)
        samples = samples[..., :3] / np.maximum(opacity, np.float32(1e-6))
    scale = ColorScale(GREY, style.invert)
    if samples.dtype == np.uint8:
        if style.voi is not None or style.invert:
            values = np.arange(256, dtype=np.float64)
            greys = values / 255 if style.voi is None else style.voi.apply(values)
            samples = cv2.LUT(samples, _first_byte(scale.paint(greys)))
    else:
        voi = style.voi or Voi.of_range(*source.full_range)
        index = entries_of(samples, index_range(voi))
        samples = cv2.LUT(index, _first_byte(voi_table(voi, scale)))
    if opacity is not None:
        behind = np.array(style.background, np.float32)
        samples = np.rint(samples * opacity + behind * (1 - opacity)).astype(np.uint8)
    rgba = cv2.cvtColor(samples, cv2.COLOR_RGB2RGBA)
    canvas: npt.NDArray[np.int32] = rgba.view(np.int32)[..., 0]
    clear_outside(canvas, packed(*style.background), matrix, shape)
    return canvas


def _first_byte(colors: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    """Give the red of packed greys, which is their green and blue."""
    return np.ascontiguousarray(colors.view(np.uint8).reshape(-1, 4)[:, 0])
