"""What is on show: an image, the plane it lies in, and its hold on the cache."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import LoaderError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.rendering.pipeline import Source, source_of
from pycornerstone.viewports.camera import drawable_affine, fit_camera
from pycornerstone.viewports.view import camera_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.image import Image
    from pycornerstone.session.cache import Cache
    from pycornerstone.viewports.camera import Camera
    from pycornerstone.viewports.view import View

__all__ = ["Pin", "ShownImage"]


class ShownImage:
    """An image on show, with what drawing it again needs.

    Attributes
    ----------
    image : Image
        The image.
    inverse : numpy.ndarray
        ``(4, 4)``, from LPS mm to ``(column, row, slice, 1)``; of pixels of 1 mm at the origin
        where it cannot be drawn as its header says.

    Raises
    ------
    LoaderError
        If the image has no pixels.
    """

    __slots__ = ("_affine", "_camera", "_sources", "image", "inverse")

    def __init__(self, image: Image) -> None:
        if not image.pixels.size:
            empty = LoaderError(
                f"an image of {image.rows} rows and {image.columns} columns cannot be shown; its "
                "loader gave no pixels"
            )
            empty.image_id = without_credentials(image.image_id)
            raise empty
        self.image = image
        self._affine = drawable_affine(image.geometry)
        self.inverse: npt.NDArray[np.float64] = np.asarray(np.linalg.inv(self._affine), np.float64)
        self._sources: dict[bool, Source] = {}
        self._camera: tuple[View, tuple[int, int], Camera] | None = None

    def source(self, *, apply_icc_profile: bool = False) -> Source:
        """Give the image made ready to be drawn, which it is when it first is asked for."""
        managed = apply_icc_profile and self.image.icc_profile is not None and self.image.is_color
        source = self._sources.get(managed)
        if source is None:
            source = source_of(self.image, apply_icc_profile=managed)
            # One of the two is enough: what is shown is rarely changed to and fro.
            self._sources = {managed: source}
        return source

    @property
    def value_range(self) -> tuple[float, float]:
        """Lowest and highest modality value of a grey image; of a colour, all that there are."""
        from pycornerstone.rendering.grey_source import GreySource

        source = next(iter(self._sources.values()), None) or self.source()
        return source.value_range if isinstance(source, GreySource) else source.full_range

    def fit(self, size: tuple[int, int]) -> Camera:
        """Give the camera in which it fits a canvas of ``(width, height)``."""
        shape = (self.image.rows, self.image.columns)
        # Where it lies is then known; without that, the picture as it is stored is all there is.
        is_upright = self.image.is_upright or self.image.geometry.orientation_is_default
        return fit_camera(self._affine, shape, size, is_upright=is_upright)

    def camera(self, view: View, size: tuple[int, int]) -> Camera:
        """Give the camera of a view of it."""
        known = self._camera
        if known is None or known[0] is not view or known[1] != size:
            known = self._camera = view, size, camera_of(view, self.fit(size), size[1])
        return known[2]


class Pin:
    """Keeps the image on show from being thrown out of the cache, one at a time."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._image_id: str | None = None
        self._lock = threading.Lock()

    def move(self, image_id: str | None) -> None:
        """Pin another image, or None."""
        with self._lock:
            old, self._image_id = self._image_id, image_id
            if image_id is not None:
                self._cache.pin(image_id)
            if old is not None:
                self._cache.unpin(old)
