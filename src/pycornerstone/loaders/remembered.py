"""What was found out about servers, and is believed for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["REMEMBERED_S", "Remembered"]

REMEMBERED_S = 600.0
"""How long: a server that is mended, or was only out of order, is asked anew after that."""

_MOST = 1024

T = TypeVar("T")


class Remembered(Generic[T]):
    """The newest that is known of each key, until it is too old; of many keys, the newest alone.

    Parameters
    ----------
    seconds : float
        How long a value is believed from when it was put here, however often it is looked at.
    clock : callable
        Seconds.
    most : int
        How many there are at most.
    """

    def __init__(
        self,
        seconds: float = REMEMBERED_S,
        *,
        clock: Callable[[], float] = time.monotonic,
        most: int = _MOST,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._most = most
        # Oldest first.
        self._known: OrderedDict[Hashable, tuple[T, float]] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        """Say whether something is known, and not too old."""
        return self.get(key) is not None

    def __len__(self) -> int:
        """Count what is kept, also what is too old and was not asked for since."""
        return len(self._known)

    def get(self, key: Hashable) -> T | None:
        """Give what is known; None if nothing is, or it is too old."""
        known = self._known.get(key)
        if known is None:
            return None
        value, until = known
        if self._clock() < until:
            return value
        del self._known[key]
        return None

    def put(self, key: Hashable, value: T) -> None:
        """Remember a value that is not None, from now on."""
        self._known[key] = value, self._clock() + self._seconds
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        """Know nothing of it any more."""
        self._known.pop(key, None)
