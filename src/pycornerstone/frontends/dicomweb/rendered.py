"""Rendered frames (PS3.18 section 8.3.5): drawn as a viewport draws them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.viewports.png import encode_png
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pycornerstone.model.image import Image
    from pycornerstone.session.session import Session

__all__ = ["Rendering", "RenderingError"]

_LARGEST_SIDE = 4096
_THUMBNAIL_SIDE = 128
_QUALITY = 90
_NUMBER = r"-?\d{1,9}(?:\.\d{1,9})?(?:[eE][+-]?\d{1,2})?"
_FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}


class RenderingError(ValueError):
    """What is asked for cannot be drawn; its text is for the client."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """How an image is drawn.

    Attributes
    ----------
    size : tuple of int or None
        Largest width and height; by default the image's own.
    window : tuple of float or None
        Center and width; by default that of the image.
    function : str or None
        As of `StackViewport.set_properties`.
    quality : int
        Of a JPEG, 1 to 100.
    """

    size: tuple[int, int] | None = None
    window: tuple[float, float] | None = None
    function: str | None = None
    quality: int = _QUALITY

    @classmethod
    def thumbnail(cls, asked: Mapping[str, str]) -> Rendering:
        """Read the parameters of a thumbnail, which has a viewport alone."""
        size = _viewport(asked["viewport"]) if asked.get("viewport") else None
        return cls(size=size or (_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Rendering:
        """Read the parameters of the address (PS3.18 table 8.3.5-1).

        Raises
        ------
        RenderingError
            If one of them is wrong, or asks for what is not done.
        """
        for name in ("annotation", "iccprofile", "presentationUID", "region"):
            if asked.get(name):
                raise RenderingError(f"{name} is not supported")
        size = window = function = None
        if asked.get("viewport"):
            size = _viewport(asked["viewport"])
        if asked.get("window"):
            parts = [part.strip().lower() for part in asked["window"].split(",")]
            is_window = len(parts) in {2, 3} and all(re.fullmatch(_NUMBER, p) for p in parts[:2])
            if not is_window or (parts[2:] and parts[2] not in _FUNCTIONS):
                raise RenderingError("window must be center,width[,linear|linear-exact|sigmoid]")
            window = float(parts[0]), float(parts[1])
            function = _FUNCTIONS[parts[2]] if parts[2:] else "LINEAR"
            if window[1] < (1 if function == "LINEAR" else 0) or window[1] == 0:
                raise RenderingError("the width of a window must be above 0, and 1 if it is linear")
        quality = asked.get("quality") or str(_QUALITY)
        if not re.fullmatch(r"\d{1,3}", quality) or not 1 <= int(quality) <= 100:
            raise RenderingError("quality must be a number from 1 to 100")
        return cls(size, window, function, int(quality))

    def draw(self, session: Session, image: Image, media: str) -> bytes:
        """Draw an image.

        Parameters
        ----------
        session : Session
            That of the image.
        image : Image
            What is drawn.
        media : str
            ``"image/png"`` or ``"image/jpeg"``.
        """
        width, height = self._canvas(image)
        with StackViewport(width, height, session=session, prefetch=False) as viewport:
            viewport.show_image(image)
            if self.window is not None:
                viewport.set_properties(window=self.window, voi_function=self.function)
            rgba = viewport.render()
        if media == "image/png":
            return encode_png(rgba)
        import numpy as np
        import simplejpeg

        rgb = np.ascontiguousarray(rgba[..., :3])
        jpeg: bytes = simplejpeg.encode_jpeg(rgb, quality=self.quality, colorsubsampling="444")
        return jpeg

    def _canvas(self, image: Image) -> tuple[int, int]:
        """Give the size of the picture: within what is asked for, with the sides of the image."""
        geometry = image.geometry
        down, right = geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm
        aspect = down / right if down > 0 and right > 0 else 1.0
        width, height = image.columns * max(1.0, 1 / aspect), image.rows * max(1.0, aspect)
        most = self.size or (_LARGEST_SIDE, _LARGEST_SIDE)
        factor = min(most[0] / width, most[1] / height)
        if self.size is None:
            factor = min(1.0, factor)
        return max(1, round(width * factor)), max(1, round(height * factor))


def _viewport(text: str) -> tuple[int, int]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 2 and any(parts[2:]):
        raise RenderingError("viewport must be width,height; a part of the image is not cut out")
    if len(parts) < 2 or not all(re.fullmatch(r"\d{1,5}", part) for part in parts[:2]):
        raise RenderingError("viewport must be width,height in pixels")
    width, height = int(parts[0]), int(parts[1])
    if not (1 <= width <= _LARGEST_SIDE and 1 <= height <= _LARGEST_SIDE):
        raise RenderingError(f"a viewport has sides of 1 to {_LARGEST_SIDE} pixels")
    return width, height
