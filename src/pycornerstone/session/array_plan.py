"""How the images of an array are loaded, where that is not one after the other."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from pycornerstone.session.touched_memory import new_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.image import Image

__all__ = ["ArrayPlan", "PlaceQueue"]


class PlaceQueue:
    """Places of images that wait for their turn; safe to use from any thread.

    Parameters
    ----------
    places : iterable of int
        In the order in which they are taken.
    """

    def __init__(self, places: Iterable[int]) -> None:
        self._places = deque(places)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._places)

    def take(self) -> int | None:
        """Take the next one; None if none is left."""
        with self._lock:
            return self._places.popleft() if self._places else None

    def sort(self, key: Callable[[int], Any]) -> None:
        """Put those that wait in another order."""
        with self._lock:
            self._places = deque(sorted(self._places, key=key))


@dataclass(slots=True, eq=False)
class ArrayPlan:
    """What is done otherwise than for a plain array of images.

    Attributes
    ----------
    order : sequence of int or None
        Each place once, in the order in which images are asked for; as they come by default. The
        first says what the array is like.
    new_array : callable
        ``(shape, dtype)`` gives the array, once it is known what images are like.
    arrived : callable
        ``(places)`` is told which images are in the array now, from any thread.
    failed : callable or None
        ``(place, error)`` is told of an image that cannot be had, and the load goes on without it;
        its place is left as it is. Without this, the first failure ends the load.
    given : callable
        ``(image)`` is told of each image that came with more than its samples: from the cache, or
        from a loader that gives images.
    step : tuple of int
        Of rows and columns, every so many are kept.
    """

    order: Sequence[int] | None = None
    new_array: Callable[[tuple[int, ...], np.dtype[Any]], npt.NDArray[Any]] = new_array
    arrived: Callable[[Sequence[int]], object] = lambda _: None
    failed: Callable[[int, BaseException], object] | None = None
    given: Callable[[Image], object] = lambda _: None
    step: tuple[int, int] = (1, 1)
    _queues: list[PlaceQueue] = field(default_factory=list)
    _key: Callable[[int], Any] | None = None

    @property
    def is_whole(self) -> bool:
        """Images go into the array as they are."""
        return self.step == (1, 1)

    def in_order(self, places: Iterable[int]) -> list[int]:
        """Give places in the order in which they are wanted."""
        wanted = set(places)
        if self._key is not None:
            return sorted(wanted, key=self._key)
        order = self.order
        return sorted(wanted) if order is None else [place for place in order if place in wanted]

    def queue(self, places: Iterable[int]) -> PlaceQueue:
        """Let places wait for their turn, which may change."""
        queue = PlaceQueue(self.in_order(places))
        self._queues.append(queue)
        return queue

    def prefer(self, key: Callable[[int], Any]) -> None:
        """Want those soonest that `key` is lowest of, from now on."""
        self._key = key
        for queue in self._queues:
            queue.sort(key)

    def kept(self, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Give what of the samples of an image goes into the array."""
        rows, columns = self.step
        return samples if self.is_whole else samples[::rows, ::columns]

    def kept_of_each(self, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Give what of the samples of several images goes into the array."""
        rows, columns = self.step
        return samples if self.is_whole else samples[:, ::rows, ::columns]
