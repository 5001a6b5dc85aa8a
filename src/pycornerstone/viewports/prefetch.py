"""Images of a stack, loaded before anybody scrolls to them."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from typing import TYPE_CHECKING

from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.model.image import ImageQuality
from pycornerstone.model.requests import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.viewports.source import ImageSource

__all__ = ["AT_ONCE", "NeighbourPrefetch", "cost"]

AT_ONCE = 16
"""Images that are asked for beforehand at the same time."""

_FULL = ImageQuality.FULL_RESOLUTION
# Of the cache that is not in use, for one stack that does not fit into what is free.
_SHARE = 0.75
# From here on behind, an image ahead that is three times as far goes first: who turns round finds
# two that are there, and the next ones are on their way by then.
_BOTH_SIDES, _BEHIND = 2, 3
# Whoever goes farther at once is elsewhere, and no longer scrolling.
_JUMP = 8
# So many images in a row that were passed by before they came.
_UNSEEN = 2
# What is loading and not much worse than what would be loaded instead goes on.
_KEPT = 2 * AT_ONCE
# So many from one place on, and nothing else is asked of a server that gives none of them.
_FAILURES = 8


class NeighbourPrefetch:
    """Keeps a stack loading from one place on, nearest first; safe to use from any thread.

    It goes with the direction in which somebody scrolls, and as far as there is memory: the whole
    stack where that fits into what is free, else as much as fits into three quarters of what is not
    in use.

    Parameters
    ----------
    source : ImageSource
        Who loads, and keeps.
    """

    def __init__(self, source: ImageSource) -> None:
        self._source = source
        self._stack: tuple[str, ...] = ()
        self._index = 0
        self._direction = 0
        # Steps in this direction since an image was on show.
        self._unseen = 0
        self._loads: dict[int, ImageLoadObject] = {}
        self._missing: deque[int] = deque()
        # Asked for in vain: nobody's business until somebody wants to see them.
        self._failed: set[str] = set()
        self._failures = 0
        # The first that was loaded from this place on: the cache would throw it out first.
        self._first: str | None = None
        self._is_asking = self._ask_again = False
        self._lock = threading.Lock()

    def around(self, image_ids: tuple[str, ...], index: int, size_in_bytes: int) -> None:
        """Load what is near `index`, nearest first.

        Parameters
        ----------
        image_ids : tuple of str
            The stack.
        index : int
            What is on show.
        size_in_bytes : int
            What one image takes.
        """
        self.leave(image_ids, index)
        self._unseen = 0
        self._load_near(image_ids, index, size_in_bytes)

    def pass_by(self, image_ids: tuple[str, ...], index: int, size_in_bytes: int) -> None:
        """Load what is ahead of `index`, though nobody has seen that yet, if somebody rushes on.

        Who scrolls faster than an image takes to come would see none of them otherwise: each would
        be given up for the next one, and nothing be loaded before he is there.

        Parameters
        ----------
        image_ids, index, size_in_bytes
            As in `around`; 0 bytes where nobody knows yet.
        """
        if self._unseen >= _UNSEEN:
            self._load_near(image_ids, index, size_in_bytes)

    def leave(self, image_ids: tuple[str, ...], index: int) -> None:
        """Go to another place: what is loading there goes first, what is far from it is cancelled.

        Nothing new is asked for until the image there is on show, or somebody rushes by.
        """
        left: list[ImageLoadObject] = []
        with self._lock:
            if self._stack is image_ids:
                step = index - self._index
                if step:
                    direction = 0 if abs(step) > _JUMP else 1 if step > 0 else -1
                    goes_on = direction and direction == self._direction
                    self._unseen = self._unseen + 1 if goes_on else 0
                    self._direction = direction
            else:
                self._stack, self._direction, self._unseen = image_ids, 0, 0
                self._failed.clear()
                left, self._loads = list(self._loads.values()), {}
            self._index = index
            self._missing.clear()
        _cancel(left)
        self._sort_out()

    def stop(self) -> None:
        """Cancel everything that is loading."""
        self.leave((), 0)

    def _load_near(self, image_ids: tuple[str, ...], index: int, size_in_bytes: int) -> None:
        missing = self._plan(image_ids, index, size_in_bytes)
        with self._lock:
            if self._stack is not image_ids or self._index != index:
                return
            self._missing = missing
            self._first = None
            self._failures = 0
        self._ask()

    def _plan(self, stack: tuple[str, ...], index: int, size_in_bytes: int) -> deque[int]:
        """Give what is to be loaded, in this order, and keep what is near from being thrown out."""
        cache, size = self._source.cache, max(size_in_bytes, 1)
        by_cost = _by_cost(index, len(stack), self._direction)
        # Asking the cache makes the nearest the last that it throws out.
        nearest = list(itertools.islice(by_cost, _KEPT))
        near = {place: cache.get(stack[place]) for place in reversed(nearest)}
        cache.get(stack[index])
        kept = set(cache.image_ids())
        if kept.issuperset(stack) and all(i and i.quality >= _FULL for i in near.values()):
            return deque()
        reach, missing = _reach(cache.is_cacheable, size, len(stack)), deque[int]()
        free = cache.bytes_available // size
        for rank, place in enumerate(itertools.chain(nearest, by_cost)):
            image = near.get(place)
            is_there = stack[place] in kept and (image is None or image.quality >= _FULL)
            if not is_there and stack[place] not in self._failed:
                # Past its share, the stack takes what nobody has, and throws nothing out.
                if rank >= reach and len(missing) >= free:
                    break
                missing.append(place)
        return missing

    def _ask(self) -> None:
        """Ask for as many as may be asked for. Never nested: some are there at once."""
        with self._lock:
            self._ask_again = True
            if self._is_asking:
                return
            self._is_asking = True
        try:
            while self._goes_on_asking():
                while self._ask_for_one():
                    pass
        except BaseException:
            # Somebody pressed Ctrl-C in here.
            with self._lock:
                self._is_asking = False
            raise

    def _goes_on_asking(self) -> bool:
        with self._lock:
            self._is_asking, self._ask_again = self._ask_again, False
            return self._is_asking

    def _ask_for_one(self) -> bool:
        with self._lock:
            if len(self._loads) >= AT_ONCE or not self._missing or self._throws_out_its_own():
                return False
            place, stack = self._missing.popleft(), self._stack
            if place in self._loads:
                return True
            priority = self._cost(place)
        options = LoadOptions(RequestType.PREFETCH, priority)
        load = self._source.load_and_cache_image(stack[place], options)
        with self._lock:
            is_wanted = self._stack is stack
            if is_wanted:
                self._loads[place] = load
                self._first = self._first or stack[place]
        if not is_wanted:
            load.cancel()
            return False
        if self._cost(place) != priority:
            self._sort_out()
        load.add_done_callback(lambda load: self._ended(stack, place, load))
        return True

    def _throws_out_its_own(self) -> bool:
        """Whether what was loaded first from this place on is gone: the others take its room."""
        first = self._first
        if first is None or first in self._source.cache or first in self._failed:
            return False
        return all(self._stack[place] != first for place in self._loads)

    def _ended(self, stack: tuple[str, ...], place: int, load: ImageLoadObject) -> None:
        # The session tells of failures.
        has_failed = not load.cancelled() and load.exception() is not None
        with self._lock:
            if self._loads.get(place) is load:
                del self._loads[place]
            if self._stack is not stack:
                return
            if has_failed:
                self._failed.add(stack[place])
                self._failures += 1
                if self._failures >= _FAILURES:
                    self._missing.clear()
            if self._first == stack[place] and load.cancelled():
                self._first = None
        self._ask()

    def _sort_out(self) -> None:
        """Cancel what is loading and far, and let the rest go in the order of this place."""
        with self._lock:
            far = [place for place in self._loads if self._cost(place) > _KEPT]
            cancelled = [self._loads.pop(place) for place in far]
            kept = [(load, self._cost(place)) for place, load in self._loads.items()]
        _cancel(cancelled)
        for load, priority in kept:
            load.change_priority(RequestType.PREFETCH, priority)

    def _cost(self, place: int) -> int:
        return cost(place - self._index, self._direction)


def _cancel(loads: Sequence[ImageLoadObject]) -> None:
    # Others would be begun in the places of those that were asked for first.
    for load in reversed(loads):
        load.cancel()


def cost(step: int, direction: int) -> int:
    """Say how late an image is needed that is `step` places on, in images ahead.

    Parameters
    ----------
    step : int
        From what is on show, negative backwards.
    direction : int
        Where somebody scrolls to: 1, -1, or 0 where nobody knows.
    """
    distance = abs(step)
    if step * direction >= 0 or distance <= _BOTH_SIDES:
        return distance
    return _BEHIND * distance


def _by_cost(index: int, count: int, direction: int) -> Iterator[int]:
    """Give the places of a stack but `index`, what is needed first coming first."""
    forward, backward = 1, -1
    first = backward if direction < 0 else forward
    steps = {forward: count - 1 - index, backward: index}
    done = {forward: 0, backward: 0}
    for _ in range(count - 1):
        second = -first
        turn = first
        if done[first] >= steps[first] or (
            done[second] < steps[second]
            and cost(second * (done[second] + 1), direction)
            < cost(first * (done[first] + 1), direction)
        ):
            turn = second
        done[turn] += 1
        yield index + turn * done[turn]


def _reach(is_cacheable: Callable[[int], bool], size_in_bytes: int, count: int) -> int:
    """Count the images of a size that fit into the share of one stack."""
    low, high = 0, count
    while low < high:
        middle = (low + high + 1) // 2
        if is_cacheable(int(middle * size_in_bytes / _SHARE)):
            low = middle
        else:
            high = middle - 1
    return low
