"""Where the images of a stack lie, and which of them is nearest to a place."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import MetadataProviderError
from pycornerstone.model.modules import ImagePlaneModule
from pycornerstone.viewports.places import Place

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.model.image import Image

__all__ = ["StackPlaces"]

# mm: images that differ by less lie in the same place.
_SAME_PLACE = 1e-2
# Of a step, with what positions are rounded by.
_HALF = 0.51
# Of a lone image that does not say how thick it is, mm.
_THICKNESS = 1.0


class StackPlaces:
    """The planes of a stack, as far as they are known; may be used from any thread.

    Parameters
    ----------
    image_ids : tuple of str
        The stack.
    metadata : MetadataRegistry
        Who is asked; again as long as nobody knows.
    """

    def __init__(self, image_ids: tuple[str, ...], metadata: MetadataRegistry) -> None:
        self.image_ids = image_ids
        self._metadata = metadata
        self._places: list[Place | None] = [None] * len(image_ids)
        self._unknown = dict.fromkeys(range(len(image_ids)))
        self._lock = threading.Lock()

    def place(self, index: int) -> Place | None:
        """Give the plane of an image; None as long as nobody knows it."""
        with self._lock:
            if index in self._unknown:
                self._ask(index)
            return self._places[index]

    def note(self, index: int, image: Image) -> None:
        """Know the plane of an image that is at hand."""
        with self._lock:
            if index in self._unknown:
                self._take(index, Place.of_image(image))

    def nearest(self, place: Place, current: int, parallel_within_degrees: float) -> int | None:
        """Give the image that is nearest to a place in its frame of reference.

        Parameters
        ----------
        place : Place
            The place.
        current : int
            The image on show. Images in another frame of reference are no choice; of several in
            one place, such as points in time, the one that has the rank which this has in its own.
        parallel_within_degrees : float
            Other images are no choice.

        Returns
        -------
        int or None
            None if no image is parallel to it, or it is beyond all of them by more than half a
            step.
        """
        with self._lock:
            for index in list(self._unknown):
                self._ask(index)
            known = [(index, found) for index, found in enumerate(self._places) if found]
        uid = place.frame_of_reference_uid
        least = math.cos(math.radians(parallel_within_degrees))
        choices = [
            (index, found)
            for index, found in known
            if uid in (None, found.frame_of_reference_uid) or found.frame_of_reference_uid is None
        ]
        if not choices:
            return None
        normals = np.array([found.normal for _, found in choices])
        points = np.array([found.point_lps for _, found in choices])
        is_parallel = np.abs(normals @ place.normal) >= least
        if not is_parallel.any():
            return None
        # All along one normal: of nearly parallel ones, each its own would not be in order.
        normal = normals[is_parallel][0]
        indices = np.array([index for index, _ in choices])[is_parallel]
        positions = points[is_parallel] @ normal
        wanted = float(place.point_lps @ normal)
        lone = choices[int(np.argmax(is_parallel))][1]
        step = _step(positions, lone.thickness_mm)
        half = step * _HALF
        if not positions.min() - half <= wanted <= positions.max() + half:
            return None
        best = float(positions[np.argmin(np.abs(positions - wanted))])
        there = _at(best, positions, indices)
        rank = 0
        if current in indices:
            here = float(positions[np.flatnonzero(indices == current)[0]])
            rank = _at(here, positions, indices).index(current)
        return there[min(rank, len(there) - 1)]

    def _ask(self, index: int) -> None:
        try:
            plane = self._metadata.get(ImagePlaneModule, self.image_ids[index])
        except MetadataProviderError:
            # Whoever fails at it would do so each time somebody scrolls.
            del self._unknown[index]
            return
        if plane is not None:
            self._take(index, Place.of_plane(plane))

    def _take(self, index: int, place: Place | None) -> None:
        self._places[index] = place
        del self._unknown[index]


def _step(positions: npt.NDArray[np.float64], thickness_mm: float | None) -> float:
    """Give the distance from one place to the next: the median."""
    distances = np.diff(np.sort(positions))
    distances = distances[distances > _SAME_PLACE]
    if distances.size:
        return float(np.median(distances))
    return thickness_mm if thickness_mm and thickness_mm > 0 else _THICKNESS


def _at(
    position: float,
    positions: npt.NDArray[np.float64],
    indices: npt.NDArray[np.int64],
) -> list[int]:
    """List the images that lie there."""
    found: list[int] = indices[np.abs(positions - position) <= _SAME_PLACE].tolist()
    return found
