"""What has changed and is yet to be told: in its order, once, and never while a lock is held."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

from pycornerstone.model.events import EventDetail

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Announcements", "is_in_event_loop"]

_logger = logging.getLogger("pycornerstone.session")


class Announcements:
    """Events and calls that wait to be made; safe to use from any thread.

    Parameters
    ----------
    emit : callable
        Told of each event.
    """

    def __init__(self, emit: Callable[[EventDetail], object]) -> None:
        self._emit = emit
        self._untold: deque[EventDetail | Callable[[], object]] = deque()
        self._is_telling = False
        self._lock = threading.Lock()

    def add(self, *changes: EventDetail | Callable[[], object]) -> None:
        """Keep what is to be told; whoever changes something does this while it is locked."""
        self._untold.extend(changes)

    def tell(self) -> None:
        """Tell what is there; one thread at a time, for all that others add meanwhile too."""
        while self._untold:
            with self._lock:
                if self._is_telling:
                    # That thread looks again before it leaves.
                    return
                self._is_telling = True
            try:
                while self._untold:
                    self._tell_one(self._untold.popleft())
            finally:
                self._is_telling = False

    def _tell_one(self, change: EventDetail | Callable[[], object]) -> None:
        if isinstance(change, EventDetail):
            self._emit(change)
            return
        try:
            change()
        except Exception:
            _logger.exception("the decache of an image raised")


def is_in_event_loop() -> bool:
    """Whether an event loop runs in this thread: then nothing here may wait."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
