"""What was used last, up to some megabytes of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Recent"]

_T = TypeVar("_T")


class Recent(Generic[_T]):
    """Keeps what is made; of use in any thread.

    Parameters
    ----------
    most : int
        How many things.
    most_bytes : int
        How large they are together; the newest is kept whatever it has.
    size_of : callable
        Says how large one is, in bytes.
    """

    def __init__(self, most: int, most_bytes: int, size_of: Callable[[_T], int]) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._size_of = size_of
        self._kept: OrderedDict[str, tuple[_T, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], _T]) -> _T:
        """Give what is kept, or make it."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[0]
        made = make()
        with self._lock:
            _, size = self._kept.pop(key, (made, 0))
            self._bytes -= size
            self._kept[key] = made, self._size_of(made)
            self._bytes += self._kept[key][1]
            while len(self._kept) > 1 and (
                self._bytes > self._most_bytes or len(self._kept) > self._most
            ):
                self._bytes -= self._kept.popitem(last=False)[1][1]
        return made
