"""The colours of the colour maps, as small pictures for a menu."""

from __future__ import annotations

from functools import lru_cache

from pycornerstone.rendering.colormaps import colormap_names, get_colormap

__all__ = ["swatch"]


@lru_cache(maxsize=256)
def swatch(name: str) -> bytes | None:
    """Give a PNG of 256 x 1 pixels with the colours from low to high; None for an unknown name."""
    import cv2

    if name not in colormap_names():
        return None
    _, png = cv2.imencode(".png", get_colormap(name)[None, :, ::-1])
    return bytes(png)
