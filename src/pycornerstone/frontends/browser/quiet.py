"""Many may look at what nobody changes meanwhile."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Quiet"]


class Quiet:
    """A lock that many hold who look, or one who changes; he goes before those who come later.

    Without it, what a frame says of itself could be of another moment than its picture.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._looking = 0
        self._waiting = 0
        self._is_changing = False

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look: nobody changes anything until this ends."""
        with self._condition:
            self._condition.wait_for(lambda: not (self._is_changing or self._waiting))
            self._looking += 1
        try:
            yield
        finally:
            with self._condition:
                self._looking -= 1
                self._condition.notify_all()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change: nobody looks until this ends."""
        with self._condition:
            self._waiting += 1
            self._condition.wait_for(lambda: not (self._is_changing or self._looking))
            self._waiting -= 1
            self._is_changing = True
        try:
            yield
        finally:
            with self._condition:
                self._is_changing = False
                self._condition.notify_all()
