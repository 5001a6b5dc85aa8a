"""Loads inside of loads: what a loader asks for while it runs."""

from __future__ import annotations

import contextvars
import threading
from collections import Counter, deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WaitGraph", "loads_around", "run_inside"]

T = TypeVar("T")

_AROUND: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("around", default=())


def loads_around() -> tuple[str, ...]:
    """Give the imageIds whose loaders are running here, the outermost first; most often none.

    There are several where a loader has asked for an array, of images that are read into it. Of
    images that are loaded, `WaitGraph` knows who waits for them, and who does so no more.
    """
    return _AROUND.get()


def run_inside(around: tuple[str, ...], function: Callable[..., T], *arguments: object) -> T:
    """Call it so that what it loads in turn knows inside of which loads it is."""
    context = contextvars.copy_context()
    context.run(_AROUND.set, around)
    return context.run(function, *arguments)


class WaitGraph:
    """Which image waits for which: those that a loader asks for, until it is given them.

    It is safe to use from any thread.
    """

    def __init__(self) -> None:
        self._waits: dict[str, Counter[str]] = {}
        self._lock = threading.Lock()

    def circle(self, around: tuple[str, ...], image_id: str) -> tuple[str, ...]:
        """Give the circle that there would be if the innermost of `around` waited for `image_id`.

        Returns
        -------
        tuple of str
            It ends where it begins; empty if there would be none.
        """
        with self._lock:
            came_from = {image_id: ""}
            reached = deque([image_id])
            while reached:
                here = reached.popleft()
                if here in around:
                    path = [here]
                    while came_from[path[-1]]:
                        path.append(came_from[path[-1]])
                    return (*reversed(path), *around[around.index(here) + 1 :], image_id)
                for there in self._waits.get(here, ()):
                    if there not in came_from:
                        came_from[there] = here
                        reached.append(there)
        return ()

    def begin(self, waiting: str, awaited: str) -> None:
        """Know that the loader of one image has asked for another."""
        with self._lock:
            self._waits.setdefault(waiting, Counter())[awaited] += 1

    def end(self, waiting: str, awaited: str) -> None:
        """Know that it was given it, was told why not, or does not want it any more."""
        with self._lock:
            waits = self._waits.get(waiting)
            if waits is None:
                return
            waits[awaited] -= 1
            if waits[awaited] <= 0:
                del waits[awaited]
            if not waits:
                del self._waits[waiting]

    def awaited_by(self, waiting: str) -> list[str]:
        """Give what the loader of an image waits for."""
        with self._lock:
            return list(self._waits.get(waiting, ()))

    def __len__(self) -> int:
        return len(self._waits)
