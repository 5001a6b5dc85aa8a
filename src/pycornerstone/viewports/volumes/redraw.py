"""Saying that a viewport should be drawn again, not too often, and never not at all."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RedrawNews"]

# 20 pictures a second are a film.
_INTERVAL_S = 0.05


class RedrawNews:
    """Calls a function when something has changed: at once, or 50 ms after the last time.

    Parameters
    ----------
    tell : callable
        Called without arguments, in whatever thread it is.
    """

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._told_at = -_INTERVAL_S
        self._timer: threading.Timer | None = None

    def changed(self) -> None:
        """Say that something has changed; safe to be called often, from any thread."""
        with self._lock:
            if self._timer is not None:
                return
            left = self._told_at + _INTERVAL_S - time.monotonic()
            if left > 0:
                self._timer = threading.Timer(left, self._tell_late)
                self._timer.daemon = True
                self._timer.start()
                return
            self._told_at = time.monotonic()
        self._tell()

    def stop(self) -> None:
        """Tell of nothing that has changed before."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _tell_late(self) -> None:
        with self._lock:
            if self._timer is None:
                return
            self._timer = None
            self._told_at = time.monotonic()
        self._tell()
