"""What a page shows, given to it to keep, soon after it changed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pycornerstone.frontends.browser.kept import write_kept
from pycornerstone.frontends.browser.server_messages import Keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.frontends.browser.arrangement import Arrangement

__all__ = ["Keeping"]

_KEPT_AFTER_S = 0.1


class Keeping:
    """Gives the page what it shows, at most ten times a second, and never the same again.

    Parameters
    ----------
    arrangement : Arrangement
        What it shows.
    tell : callable
        Sends the message.
    """

    def __init__(self, arrangement: Arrangement, tell: Callable[[Keep], object]) -> None:
        self._arrangement, self._tell = arrangement, tell
        self._lock = threading.Lock()
        self._due: float | None = None
        self._told: str | None = None

    def changed(self) -> None:
        """Say, from any thread, that something may be shown in another way."""
        with self._lock:
            if self._due is None:
                self._due = time.monotonic() + _KEPT_AFTER_S

    def due_at(self) -> float | None:
        """Give the time at which the page is to be told; None if it need not be."""
        with self._lock:
            return self._due

    def step(self, now: float) -> None:
        """Tell the page, if it is time; while nobody changes what is shown."""
        with self._lock:
            if self._due is None or now < self._due:
                return
            self._due = None
        if not self._arrangement.cells:
            return
        text = write_kept(self._arrangement.keep())
        if text is not None and text != self._told:
            self._told = text
            self._tell(Keep(text))
