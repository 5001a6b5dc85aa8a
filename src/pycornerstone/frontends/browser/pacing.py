"""How fast frames follow each other: no faster than the page draws them, the newest state first."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["AT_REST_AFTER_S", "Pacing"]

AT_REST_AFTER_S = 0.15
"""Without a change for so long, nothing moves any more."""

_MOST_UNDER_WAY = 2


class Pacing:
    """Says when a cell draws its next frame; used from one thread, or under one lock.

    Changes are not counted: whatever has changed since the last frame is in the next one. At most
    two frames are under way, and a page that says nothing is sent nothing.

    Parameters
    ----------
    numbers : iterator of int
        Numbers of frames, that rise; shared by the cells of a page.
    now : callable
        Gives the time in seconds.
    """

    def __init__(self, numbers: Iterator[int], now: Callable[[], float] = time.monotonic) -> None:
        self._numbers, self._now = numbers, now
        self._is_changed = False
        self._moved_at = float("-inf")
        self._is_drawing = False
        self._is_exact = True
        self._under_way: deque[int] = deque()

    @property
    def is_moving(self) -> bool:
        """The next frame will be followed by another one at once."""
        return self._now() - self._moved_at < AT_REST_AFTER_S

    @property
    def under_way(self) -> int:
        """How many frames the page has not confirmed yet."""
        return len(self._under_way)

    def changed(self, *, is_moving: bool = False) -> None:
        """Say that what is shown is no longer what was drawn, or is about to be."""
        self._is_changed = True
        if is_moving:
            self._moved_at = self._now()

    def wants_frame(self) -> bool:
        """Say whether a frame is to be drawn now."""
        if self._is_drawing or len(self._under_way) >= _MOST_UNDER_WAY:
            return False
        return self._is_changed or (not self._is_exact and not self.is_moving)

    def begin(self) -> int:
        """Begin a frame, and give its number."""
        self._is_changed, self._is_drawing = False, True
        return next(self._numbers)

    def sent(self, number: int, *, is_exact: bool) -> None:
        """Say that a frame is on its way to the page."""
        self._is_drawing, self._is_exact = False, is_exact
        self._under_way.append(number)

    def failed(self) -> None:
        """Say that nothing came of a frame."""
        self._is_drawing, self._is_exact = False, True

    def rest_in(self) -> float | None:
        """Give the seconds until a lossless frame is due; None if the last one was.

        None, too, as long as something else has to happen before.
        """
        if self._is_exact or self._is_drawing or len(self._under_way) >= _MOST_UNDER_WAY:
            return None
        return max(0.0, AT_REST_AFTER_S - (self._now() - self._moved_at))

    def drawn(self, number: int) -> None:
        """Hear from the page that a frame is on the screen: this one, and those before."""
        while self._under_way and self._under_way[0] <= number:
            self._under_way.popleft()
