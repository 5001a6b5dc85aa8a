"""Neighbours of the image on show, loaded before anybody scrolls to them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.model.requests import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.viewports.source import ImageSource

__all__ = ["REACH", "NeighbourPrefetch", "neighbours"]

REACH = 10
"""Images on each side that are loaded beforehand."""


class NeighbourPrefetch:
    """Keeps the neighbours of one place in a stack loading; safe to use from any thread.

    Parameters
    ----------
    source : ImageSource
        Who loads, and keeps.
    reach : int
        Images on each side.
    """

    def __init__(self, source: ImageSource, reach: int = REACH) -> None:
        self._source = source
        self._reach = reach
        self._loads: dict[str, ImageLoadObject] = {}
        self._place = 0
        self._lock = threading.Lock()

    def around(self, image_ids: tuple[str, ...], index: int, size_in_bytes: int) -> None:
        """Load the neighbours of `index`, nearest first, and leave off what is none any more.

        Parameters
        ----------
        image_ids : tuple of str
            The stack.
        index : int
            What is on show.
        size_in_bytes : int
            What one image takes. No more are asked for than fit beside what is in use: else each
            would throw out one that was loaded just before.
        """
        place = self.leave(image_ids, index)
        cache = self._source.cache
        needed = 0
        for distance, neighbour in neighbours(index, len(image_ids), self._reach):
            image_id = image_ids[neighbour]
            needed += size_in_bytes
            if not cache.is_cacheable(needed):
                return
            # Asking the cache also keeps what is near from being thrown out first.
            if cache.get(image_id) is None and not self._load(image_id, distance, place):
                return

    def leave(self, image_ids: tuple[str, ...], index: int) -> int:
        """Cancel what is loading beyond the reach of `index`, and give a number for this place."""
        near = range(max(0, index - self._reach), min(len(image_ids), index + self._reach + 1))
        kept = {image_ids[i] for i in near}
        with self._lock:
            self._place += 1
            place = self._place
            far = [image_id for image_id in self._loads if image_id not in kept]
            loads = [self._loads.pop(image_id) for image_id in far]
        for load in loads:
            load.cancel()
        return place

    def stop(self) -> None:
        """Cancel everything that is loading."""
        self.leave((), 0)

    def _load(self, image_id: str, distance: int, place: int) -> bool:
        """Load one, unless somebody has gone elsewhere meanwhile; say whether to go on."""
        with self._lock:
            if self._place != place or image_id in self._loads:
                return self._place == place
        options = LoadOptions(request_type=RequestType.PREFETCH, priority=distance)
        load = self._source.load_and_cache_image(image_id, options)
        with self._lock:
            is_wanted = self._place == place
            if is_wanted:
                self._loads[image_id] = load
        if not is_wanted:
            load.cancel()
            return False
        # A failure is nobody's business until somebody wants to see the image; the session tells.
        load.add_done_callback(lambda load: self._forget(image_id, load))
        return True

    def _forget(self, image_id: str, load: ImageLoadObject) -> None:
        with self._lock:
            if self._loads.get(image_id) is load:
                del self._loads[image_id]


def neighbours(index: int, count: int, reach: int) -> Iterator[tuple[int, int]]:
    """Give ``(distance, index)`` of the images beside `index`, nearest first, from both sides."""
    for distance in range(1, reach + 1):
        for neighbour in (index + distance, index - distance):
            if 0 <= neighbour < count:
                yield distance, neighbour
