"""Telling of what changes faster than it can be told of: the newest, and none that is stale."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Newest"]

T = TypeVar("T")


class Newest(Generic[T]):
    """Tells of values one after the other; of those that came meanwhile, only of the last.

    Parameters
    ----------
    tell : callable
        Called with a value, never twice at the same time; it may wait.
    where : callable
        Called with the function that does the telling, to have it called elsewhere.
    """

    def __init__(
        self, tell: Callable[[T], object], where: Callable[[Callable[[], object]], object]
    ) -> None:
        self._tell = tell
        self._where = where
        self._untold: list[T] = []
        self._is_telling = False
        self._lock = threading.Lock()

    def put(self, value: T) -> None:
        """Have it told, if nothing newer comes before; may be called from any thread."""
        with self._lock:
            self._untold[:] = [value]
            if self._is_telling:
                return
            self._is_telling = True
        self._where(self._tell_all)

    def _tell_all(self) -> None:
        while True:
            with self._lock:
                if not self._untold:
                    self._is_telling = False
                    return
                value = self._untold.pop()
            try:
                self._tell(value)
            except BaseException:
                with self._lock:
                    self._is_telling = False
                raise
