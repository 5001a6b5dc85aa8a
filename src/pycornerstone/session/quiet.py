"""A moment of quiet: while somebody waits for an image, nothing is begun that can wait."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Quiet"]

# Threads take turns at the interpreter, up to 5 ms each, and each step of an image has to wait for
# its turn. Longer than a step takes, so that another core is not idle while one decodes for long.
_SECONDS = 0.02


class Quiet:
    """Begins anew with each step of an image that somebody waits for; safe to use from any thread.

    Parameters
    ----------
    later : callable
        ``(seconds, function)``: has a function called after some time, and does not wait.
    resume : callable
        Called when it is over, if anything was held back.
    """

    def __init__(
        self,
        later: Callable[[float, Callable[[], object]], object],
        resume: Callable[[], object],
    ) -> None:
        self._later = later
        self._resume = resume
        self._until = 0.0
        self._is_due = False
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Hold back what can wait, for a moment from now on."""
        self._until = time.monotonic() + _SECONDS

    def holds_back(self) -> bool:
        """Whether something that can wait has to; whoever asks is told when it is over."""
        left = self._until - time.monotonic()
        if left <= 0:
            return False
        with self._lock:
            if self._is_due:
                return True
            self._is_due = True
        self._later(left, self._end)
        return True

    def _end(self) -> None:
        with self._lock:
            self._is_due = False
        # It asks again, and is told of a later end if somebody waits for another image.
        self._resume()
