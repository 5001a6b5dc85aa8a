"""Rendered frames (PS3.18 section 8.3.5): drawn as a viewport draws them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.viewports.png import encode_png
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from pycornerstone.model.image import Image
    from pycornerstone.session.session import Session

__all__ = ["Rendering", "RenderingError"]

_LARGEST_SIDE = 4096
_THUMBNAIL_SIDE = 128
_QUALITY = 90
_DECIMAL = r"-?\d{1,9}(?:\.\d{1,9})?"
_NUMBER = rf"{_DECIMAL}(?:[eE][+-]?\d{{1,2}})?"
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
    part : tuple of float or None
        What is drawn of the image: its left, top, width and height, in pixels of the image;
        negative width or height mirror it; one that is not a number is that of the image.
    is_fraction : bool
        `part` is in parts of the image's width and height.
    window : tuple of float or None
        Center and width; by default that of the image.
    function : str or None
        As of `StackViewport.set_properties`.
    quality : int
        Of a JPEG, 1 to 100.
    is_srgb : bool
        Colours are turned into sRGB by the profile that came with them.
    undone : tuple of str
        Annotations that are asked for; none are drawn.
    """

    size: tuple[int, int] | None = None
    part: tuple[float, float, float, float] | None = None
    is_fraction: bool = False
    window: tuple[float, float] | None = None
    function: str | None = None
    quality: int = _QUALITY
    is_srgb: bool = False
    undone: tuple[str, ...] = ()

    @classmethod
    def thumbnail(cls, asked: Mapping[str, str]) -> Rendering:
        """Read the parameters of a thumbnail, which has a viewport alone (PS3.18 8.3.6).

        Raises
        ------
        RenderingError
            If it is none.
        """
        size, part = _viewport(asked["viewport"]) if asked.get("viewport") else (None, None)
        if part is not None:
            raise RenderingError("the viewport of a thumbnail is width,height")
        return cls(size=size or (_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Rendering:
        """Read the parameters of the address (PS3.18 table 8.3.5-1).

        Raises
        ------
        RenderingError
            If one of them is wrong, or asks for what is not done.
        """
        size, part = _viewport(asked["viewport"]) if asked.get("viewport") else (None, None)
        region = asked.get("region")
        window, function = _window(asked["window"]) if asked.get("window") else (None, None)
        quality = asked.get("quality") or str(_QUALITY)
        if not re.fullmatch(r"\d{1,3}", quality) or not 1 <= int(quality) <= 100:
            raise RenderingError("quality must be a number from 1 to 100")
        profile = asked.get("iccprofile") or "no"
        if profile not in {"no", "srgb"}:
            raise RenderingError("iccprofile must be no or srgb; no profile is put into pictures")
        return cls(
            size,
            _region(region) if region else part,
            bool(region),
            window,
            function,
            int(quality),
            profile == "srgb",
            tuple(filter(None, (asked.get("annotation") or "").split(","))),
        )

    def draw(self, session: Session, image: Image, media: str) -> bytes:
        """Draw an image, and give it as a file.

        Parameters
        ----------
        session : Session
            That of the image.
        image : Image
            What is drawn.
        media : str
            ``"image/png"`` or ``"image/jpeg"``.

        Raises
        ------
        RenderingError
            If the part of it that is to be drawn is not within it.
        """
        rgba = self._drawn(session, image)
        if media == "image/png":
            return encode_png(rgba)
        import simplejpeg

        rgb = np.ascontiguousarray(rgba[..., :3])
        jpeg: bytes = simplejpeg.encode_jpeg(rgb, quality=self.quality, colorsubsampling="444")
        return jpeg

    def _drawn(self, session: Session, image: Image) -> npt.NDArray[np.uint8]:
        left, top, across, down = self._part_of(image)
        wide, high = _pixel_sides(image)
        # In the lesser side of a pixel, which is that of a canvas where nothing is enlarged.
        width, height = abs(across) * wide, abs(down) * high
        most = self.size or (_LARGEST_SIDE, _LARGEST_SIDE)
        scale = min(most[0] / width, most[1] / height)
        if self.size is None:
            scale = min(1.0, scale)
        canvas = max(1, round(width * scale)), max(1, round(height * scale))
        with StackViewport(*canvas, session=session, prefetch=False) as viewport:
            viewport.show_image(image)
            viewport.set_properties(apply_icc_profile=self.is_srgb)
            if self.window is not None:
                viewport.set_properties(window=self.window, voi_function=self.function)
            if self.part is not None:
                fitting = min(canvas[0] / (image.columns * wide), canvas[1] / (image.rows * high))
                viewport.set_zoom(scale / fitting)
                middle = left + abs(across) / 2, top + abs(down) / 2
                viewport.set_pan(
                    (
                        (image.columns / 2 - middle[0]) * wide * scale,
                        (image.rows / 2 - middle[1]) * high * scale,
                    )
                )
            rgba = viewport.render()
        rgba = rgba[:, ::-1] if across < 0 else rgba
        return np.ascontiguousarray(rgba[::-1] if down < 0 else rgba)

    def _part_of(self, image: Image) -> tuple[float, float, float, float]:
        """Give what is drawn of an image, in its pixels."""
        if self.part is None:
            return 0, 0, image.columns, image.rows
        left, top, across, down = self.part
        if self.is_fraction:
            left, across = left * image.columns, across * image.columns
            top, down = top * image.rows, down * image.rows
        across = image.columns - left if np.isnan(across) else across
        down = image.rows - top if np.isnan(down) else down
        is_within = left + abs(across) <= image.columns and top + abs(down) <= image.rows
        if min(left, top) < 0 or not is_within or abs(across) < 1 or abs(down) < 1:
            raise RenderingError(
                f"the part to draw is not within the image of {image.columns} x {image.rows} pixels"
            )
        return left, top, across, down


def _pixel_sides(image: Image) -> tuple[float, float]:
    """Give width and height of a pixel, of which the lesser is 1."""
    geometry = image.geometry
    down, right = geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm
    aspect = down / right if down > 0 and right > 0 else 1.0
    return max(1.0, 1 / aspect), max(1.0, aspect)


def _window(text: str) -> tuple[tuple[float, float], str]:
    parts = [part.strip().lower() for part in text.split(",")]
    is_window = len(parts) in {2, 3} and all(re.fullmatch(_NUMBER, part) for part in parts[:2])
    if not is_window or (parts[2:] and parts[2] not in _FUNCTIONS):
        raise RenderingError("window must be center,width[,linear|linear-exact|sigmoid]")
    window = float(parts[0]), float(parts[1])
    function = _FUNCTIONS[parts[2]] if parts[2:] else "LINEAR"
    if window[1] < (1 if function == "LINEAR" else 0) or window[1] == 0:
        raise RenderingError("the width of a window must be above 0, and 1 if it is linear")
    return window, function


def _viewport(
    text: str,
) -> tuple[tuple[int, int], tuple[float, float, float, float] | None]:
    parts = [part.strip() for part in text.split(",")]
    is_size = len(parts) in {2, 6} and all(re.fullmatch(r"\d{1,5}", part) for part in parts[:2])
    if not is_size or not all(re.fullmatch(rf"({_DECIMAL})?", part) for part in parts[2:]):
        raise RenderingError("viewport must be width,height[,left,top,width,height] in pixels")
    width, height = int(parts[0]), int(parts[1])
    if not (1 <= width <= _LARGEST_SIDE and 1 <= height <= _LARGEST_SIDE):
        raise RenderingError(f"a viewport has sides of 1 to {_LARGEST_SIDE} pixels")
    if not any(parts[2:]):
        return (width, height), None
    left, top = (float(part or 0) for part in parts[2:4])
    across, down = (float(part or "nan") for part in parts[4:])
    return (width, height), (left, top, across, down)


def _region(text: str) -> tuple[float, float, float, float]:
    """Read the region of WADO-URI (PS3.18 9.1.2.4.3): left, top, right, bottom, each 0 to 1."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(re.fullmatch(_DECIMAL, part) for part in parts):
        raise RenderingError("region must be left,top,right,bottom, each from 0.0 to 1.0")
    left, top, right, bottom = map(float, parts)
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise RenderingError("region must be left,top,right,bottom, each from 0.0 to 1.0")
    return left, top, right - left, bottom - top
