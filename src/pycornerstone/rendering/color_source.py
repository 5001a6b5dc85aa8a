"""A colour image made ready to be drawn: red, green and blue that can be interpolated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.rendering.grey_source import extended, native

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.image import Image

__all__ = ["ColorSource"]


class ColorSource:
    """What drawing a colour image needs again and again.

    Palette indices become colours here, before anything is interpolated.

    Parameters
    ----------
    image : Image
        RGB, RGBA, or with a palette.

    Attributes
    ----------
    image : Image
        The image.
    samples : numpy.ndarray
        ``(rows, columns, 3)`` uint8, or float32 in stored units; ``(rows, columns, 4)`` float32
        where the image is not opaque, colours multiplied by their opacity and opacity from 0 to 1.
        Extended by `EDGE` pixels on each side.
    full_range : tuple of float
        Stored values that are black and white where nobody says otherwise: all that the type can
        hold, or 0 to 1 for floats.
    """

    __slots__ = ("full_range", "image", "samples")

    def __init__(self, image: Image) -> None:
        self.image = image
        if image.pixels.ndim == 2 and image.palette is not None:
            colors: npt.NDArray[Any] = image.palette.apply(image.pixels)
        else:
            colors = native(image.pixels)
        self.full_range = _full_range(image.pixels.dtype if image.palette is None else colors.dtype)
        self.samples: npt.NDArray[Any] = extended(self._prepared(colors))

    @property
    def has_alpha(self) -> bool:
        """Something behind the image can be seen through it."""
        return bool(self.samples.shape[2] == 4)

    def _prepared(self, colors: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if colors.shape[2] == 4:
            opacity = _as_float(colors[..., 3:]) / np.float32(self.full_range[1])
            if opacity.min() < 1:
                # Else the colour of what cannot be seen would be interpolated into what can.
                rgb = _as_float(colors[..., :3]) * opacity
                return np.concatenate([rgb, np.clip(opacity, 0, 1)], axis=2)
            colors = np.ascontiguousarray(colors[..., :3])
        return colors if colors.dtype == np.uint8 and self.full_range[1] > 1 else _as_float(colors)


def _full_range(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind in "fb":
        return 0.0, 1.0
    limits = np.iinfo(dtype)
    return float(limits.min), float(limits.max)


def _as_float(samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.nan_to_num(samples.astype(np.float32), copy=False)
