"""On whose behalf something is fetched: how urgent that is, and who is told how far it has come.

A load runs its steps inside of its errand. The transport asks `current_errand` at every turn, so
that a load that becomes urgent is urgent on the wire too, though it was asked for as a prefetch.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import time
from typing import TYPE_CHECKING

from pycornerstone.model.image import ImageQuality
from pycornerstone.model.requests import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycornerstone.model.encoded_frame import EncodedFrame

__all__ = ["Errand", "current_errand", "running_errand"]

_logger = logging.getLogger("pycornerstone.retrieve")

# Who looks at a bar sees no more, and whoever listens has other things to do.
_TOLD_EVERY_S = 0.05


class Errand:
    """Why something is fetched; it may change while that is under way, from any thread.

    Attributes
    ----------
    request_type : RequestType
        Interaction goes before thumbnail, prefetch and compute.
    priority : int
        Order within a request type, lowest first.
    quality : ImageQuality
        The least that will do: below full resolution, a loader may stop when it has that much.
    on_progress : callable or None
        Told of bytes that have arrived and of how many there will be, None where nobody knows: the
        sum of all that is fetched for this errand, at most some 20 times a second and at the end of
        each answer. Called in the session's event loop: it must not wait.
    on_partial : callable or None
        Given an encoded frame that is not whole yet, but can be shown. Called in the event loop.
        None where nobody would show it, and making one would be for nothing.
    """

    __slots__ = (
        "_expected",
        "_expected_elsewhere",
        "_priority",
        "_received",
        "_received_elsewhere",
        "_request_type",
        "_told_at",
        "_unknown",
        "_watchers",
        "on_partial",
        "on_progress",
        "quality",
    )

    def __init__(
        self,
        request_type: RequestType = RequestType.INTERACTION,
        priority: int = 0,
        *,
        quality: ImageQuality = ImageQuality.FULL_RESOLUTION,
        on_progress: Callable[[int, int | None], object] | None = None,
        on_partial: Callable[[EncodedFrame], object] | None = None,
    ) -> None:
        self._request_type = request_type
        self._priority = priority
        self.quality = quality
        self.on_progress = on_progress
        self.on_partial = on_partial
        self._watchers: list[Callable[[], object]] = []
        self._received = self._received_elsewhere = 0
        self._expected = self._expected_elsewhere = 0
        # Answers under way whose length nobody knows.
        self._unknown = 0
        self._told_at = 0.0

    @property
    def request_type(self) -> RequestType:
        """Interaction goes before thumbnail, prefetch and compute."""
        return self.urgency[0]

    @request_type.setter
    def request_type(self, request_type: RequestType) -> None:
        self.change(request_type, self._priority)

    @property
    def priority(self) -> int:
        """Order within a request type, lowest first."""
        return self.urgency[1]

    @priority.setter
    def priority(self, priority: int) -> None:
        self.change(self._request_type, priority)

    @property
    def urgency(self) -> tuple[RequestType, int]:
        """What is to be compared: the smaller goes first."""
        return (self._request_type, self._priority)

    def change(self, request_type: RequestType, priority: int) -> None:
        """Make it more or less urgent; whoever watches it is told if it is anything new."""
        if (request_type, priority) != (self._request_type, self._priority):
            self._request_type = request_type
            self._priority = priority
            self._tell_watchers()

    def watch(self, function: Callable[[], object]) -> None:
        """Have `function` called when the urgency changes, in whatever thread changes it."""
        self._watchers.append(function)

    def unwatch(self, function: Callable[[], object]) -> None:
        """Have it called no more."""
        with contextlib.suppress(ValueError):
            self._watchers.remove(function)

    def note_bytes(
        self, received: int = 0, *, expected: int = 0, unknown: int = 0, is_end: bool = False
    ) -> None:
        """Count bytes of an answer, and tell `on_progress`; of the event loop.

        Parameters
        ----------
        received : int
            How many more have arrived; negative for those that are to be fetched once more.
        expected : int
            How many more there will be.
        unknown : int
            How many more answers are under way whose length nobody knows.
        is_end : bool
            Whether an answer is whole, which is always told.
        """
        self._received += received
        self._expected += expected
        self._unknown += unknown
        if self.on_progress is None:
            return
        now = time.monotonic()
        if is_end or (received > 0 and now - self._told_at >= _TOLD_EVERY_S):
            self._told_at = now
            try:
                self.on_progress(self._received, None if self._unknown else self._expected)
            except Exception:
                # The transfer goes on, whatever becomes of who looks at it.
                _logger.exception("a function that is told of progress failed")

    @property
    def own_bytes(self) -> int:
        """Memory for what arrives; what several wait for is in memory once, and one's alone."""
        return max(
            self._received - self._received_elsewhere, self._expected - self._expected_elsewhere
        )

    def leave_bytes(self, received: int, expected: int) -> None:
        """Take so many of those that are counted for another's; negative: for its own again."""
        self._received_elsewhere += received
        self._expected_elsewhere += expected

    def _tell_watchers(self) -> None:
        for function in tuple(self._watchers):
            function()


_CURRENT: contextvars.ContextVar[Errand | None] = contextvars.ContextVar("errand", default=None)


def current_errand() -> Errand:
    """Give the errand that runs here; where there is none, one of interaction that nobody hears."""
    return _CURRENT.get() or Errand()


@contextlib.contextmanager
def running_errand(errand: Errand) -> Iterator[None]:
    """Let what is fetched within, and in tasks that are started within, be fetched for `errand`."""
    token = _CURRENT.set(errand)
    try:
        yield
    finally:
        _CURRENT.reset(token)
