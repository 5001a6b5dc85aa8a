"""A colour image made ready to be drawn: red, green and blue that can be interpolated."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import DecodeError
from pycornerstone.rendering.borders import extended
from pycornerstone.rendering.color_management import to_srgb
from pycornerstone.rendering.covers import Covers
from pycornerstone.rendering.grey_source import native
from pycornerstone.rendering.reduction import Reduced

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.image import Image
    from pycornerstone.model.luts import LookupTable

__all__ = ["ColorSource"]

_log = logging.getLogger("pycornerstone.rendering")


class ColorSource:
    """What drawing a colour image needs again and again.

    Palette indices become colours here, before anything is interpolated.

    Parameters
    ----------
    image : Image
        RGB, RGBA, or with a palette.
    apply_icc_profile : bool
        Turn its colours into sRGB by its own profile, if it has one. One that cannot be applied is
        logged, and the colours stay as they are.

    Attributes
    ----------
    image : Image
        The image.
    covers : Covers
        What lies over it.
    samples : numpy.ndarray
        ``(rows, columns, 3)`` uint8, or float32 in stored units; ``(rows, columns, 4)`` float32
        where the image is not opaque, colours multiplied by their opacity and opacity from 0 to 1.
        Extended by `EDGE` pixels on each side.
    reduced : Reduced
        Means of its samples, for a small canvas.
    full_range : tuple of float
        Stored values that are black and white where nobody says otherwise: all that the type can
        hold, or 0 to 1 for floats.
    """

    __slots__ = ("covers", "full_range", "image", "reduced", "samples")

    def __init__(self, image: Image, *, apply_icc_profile: bool = False) -> None:
        self.image = image
        self.covers = Covers(image)
        self.reduced = Reduced()
        opacity = None
        if image.pixels.ndim == 2 and image.palette is not None:
            colors: npt.NDArray[Any] = image.palette.apply(image.pixels)
            if image.palette.alpha is not None:
                opacity = _opacity(image.palette.alpha, image.pixels)
        else:
            colors = native(image.pixels)
        self.full_range = _full_range(image.pixels.dtype if image.palette is None else colors.dtype)
        if colors.shape[2] == 4:
            colors, opacity = colors[..., :3], _as_float(colors[..., 3:])
            opacity /= np.float32(self.full_range[1])
        if apply_icc_profile and image.icc_profile:
            colors = _managed(colors, image.icc_profile)
        self.samples: npt.NDArray[Any] = extended(self._prepared(colors, opacity))

    @property
    def has_alpha(self) -> bool:
        """Something behind the image can be seen through it."""
        return bool(self.samples.shape[2] == 4)

    def _prepared(
        self, colors: npt.NDArray[Any], opacity: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[Any]:
        if opacity is not None and opacity.min() < 1:
            # Else the colour of what cannot be seen would be interpolated into what can.
            rgb = _as_float(colors) * opacity
            return np.concatenate([rgb, np.clip(opacity, 0, 1)], axis=2)
        colors = np.ascontiguousarray(colors)
        return colors if colors.dtype == np.uint8 and self.full_range[1] > 1 else _as_float(colors)


def _managed(colors: npt.NDArray[Any], profile: bytes) -> npt.NDArray[Any]:
    try:
        return to_srgb(colors, profile)
    except DecodeError as error:
        _log.warning("%s; drawn without", error.message)
        return colors


def _opacity(alpha: LookupTable, indices: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Look up how opaque each pixel is, from 0 to 1; some writers put 8 bits into 16."""
    highest = 255 if alpha.bits_per_entry <= 8 or int(alpha.entries.max()) <= 255 else 65535
    found = alpha.apply(indices)[..., np.newaxis]
    return found.astype(np.float32) / np.float32(highest)


def _full_range(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind in "fb":
        return 0.0, 1.0
    limits = np.iinfo(dtype)
    return float(limits.min), float(limits.max)


def _as_float(samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.nan_to_num(samples.astype(np.float32), copy=False)
