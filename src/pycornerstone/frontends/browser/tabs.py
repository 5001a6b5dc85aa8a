"""The tabs that are open: how many there may be, and which of them nobody uses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST_TABS", "NOBODY_THERE", "TOO_MANY", "Tab", "Tabs"]

MOST_TABS = 24
"""So many pages are shown at once, each with its own images, planes and threads."""

TOO_MANY = 1013
"""Try again later (the registry of RFC 6455, section 11.7)."""

NOBODY_THERE = 4000
"""Of our own: the page is put to rest, and goes on when somebody comes back to it."""

_REST_AFTER_S = 2 * 3600.0
_GIVES_WAY_AFTER_S = 600.0


class Tab(Protocol):
    """A connection to a page."""

    async def close(self, code: int) -> None:
        """End it."""


class Tabs:
    """Counts the tabs that are open, and says which have to go; used on the loop alone.

    Parameters
    ----------
    on_change : callable, optional
        Called with how many there are when that changes.
    most : int
        How many there may be.
    gives_way_after_s : float
        A tab that has said nothing for so long goes when another one needs its place. Pages confirm
        each frame, so one that is seen to move is not silent.
    rest_after_s : float
        A tab that has said nothing for so long goes.
    """

    def __init__(
        self,
        on_change: Callable[[int], object] = lambda _count: None,
        *,
        most: int = MOST_TABS,
        gives_way_after_s: float = _GIVES_WAY_AFTER_S,
        rest_after_s: float = _REST_AFTER_S,
    ) -> None:
        self.on_change = on_change
        self.rest_after_s = rest_after_s
        self._most, self._gives_way_after_s = most, gives_way_after_s
        self._heard: dict[Tab, float] = {}

    async def add(self, tab: Tab) -> bool:
        """Count one that came; False, and it is not counted, if there is no place for it."""
        if len(self._heard) >= self._most:
            silent, heard = min(self._heard.items(), key=lambda item: item[1])
            if time.monotonic() - heard < self._gives_way_after_s:
                return False
            self.remove(silent)
            await silent.close(NOBODY_THERE)
        self._heard[tab] = time.monotonic()
        self.on_change(len(self._heard))
        return True

    def heard(self, tab: Tab) -> None:
        """Say that a tab said something."""
        if tab in self._heard:
            self._heard[tab] = time.monotonic()

    def remove(self, tab: Tab) -> None:
        """Count one that went, at most once."""
        if self._heard.pop(tab, None) is not None:
            self.on_change(len(self._heard))
