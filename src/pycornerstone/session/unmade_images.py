"""Images whose samples are there, and that are made of them when somebody asks for one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.model.image import Image, ImageQuality

__all__ = ["UnmadeImage"]


class _KeepsImages(Protocol):
    """What of a cache is needed here; see `Cache`."""

    def exchange(self, image: Image) -> bool:
        """Keep an image in place of the one that has the same samples."""

    def remove(self, image_id: str) -> bool:
        """Let go of an image."""


class UnmadeImage:
    """An image in a cache that nobody has asked for yet.

    To ask what all slices of a volume mean takes longer than to read them, and few are looked at
    as images.

    Parameters
    ----------
    image_id : str
        Which image.
    pixels : numpy.ndarray
        Its samples.
    quality : ImageQuality
        How good they are.
    make : callable
        Makes the image; None if it is to be loaded after all.

    Attributes
    ----------
    overlays, palette, modality_lut, voi_lut, icc_profile : None
        What else of an image holds memory: there is none of it yet.
    """

    __slots__ = ("_image", "_lock", "_make", "_makers", "image_id", "pixels", "quality")

    overlays = palette = modality_lut = voi_lut = icc_profile = None

    def __init__(
        self,
        image_id: str,
        pixels: npt.NDArray[Any],
        quality: ImageQuality,
        make: Callable[[], Image | None],
    ) -> None:
        self.image_id = image_id
        self.pixels = pixels
        self.quality = quality
        self._make = make
        self._image: Image | None = None
        self._makers: set[int] = set()
        self._lock = threading.Lock()

    def made(self, cache: _KeepsImages) -> Image | None:
        """Make it, and have the cache keep it instead; None if it is to be loaded after all."""
        thread = threading.get_ident()
        with self._lock:
            if self._image is not None:
                return self._image
            # A provider of metadata that asks for the image that it is asked about.
            if thread in self._makers:
                return None
            self._makers.add(thread)
        try:
            made = self._make()
        finally:
            self._makers.discard(thread)
        if made is None:
            cache.remove(self.image_id)
            return None
        with self._lock:
            # Another thread may have been faster: all are given the same.
            if self._image is None:
                self._image = made
            made = self._image
        cache.exchange(made)
        return made
