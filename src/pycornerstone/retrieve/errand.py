"""On whose behalf something is fetched: how urgent that is, and who is told how far it has come.

A load runs its steps inside of its errand. The transport asks `current_errand` at every turn, so
that a load that becomes urgent is urgent on the wire too, though it was asked for as a prefetch.
"""

from __future__ import annotations

import contextlib
import contextvars
from typing import TYPE_CHECKING

from pycornerstone.model.image import ImageQuality
from pycornerstone.model.requests import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycornerstone.model.encoded_frame import EncodedFrame

__all__ = ["Errand", "current_errand", "running_errand"]


class Errand:
    """Why something is fetched; it may change while that is under way.

    Attributes
    ----------
    request_type : RequestType
        Interaction goes before thumbnail, prefetch and compute.
    priority : int
        Order within a request type, lowest first.
    quality : ImageQuality
        The least that will do: below full resolution, a loader may stop when it has that much.
    on_progress : callable or None
        Told of bytes that have arrived and of how many there will be, None where nobody knows.
        Called in the session's event loop: it must not wait.
    on_partial : callable or None
        Given an encoded frame that is not whole yet, but can be shown. Called in the event loop.
        None where nobody would show it, and making one would be for nothing.
    """

    __slots__ = ("on_partial", "on_progress", "priority", "quality", "request_type")

    def __init__(
        self,
        request_type: RequestType = RequestType.INTERACTION,
        priority: int = 0,
        *,
        quality: ImageQuality = ImageQuality.FULL_RESOLUTION,
        on_progress: Callable[[int, int | None], object] | None = None,
        on_partial: Callable[[EncodedFrame], object] | None = None,
    ) -> None:
        self.request_type = request_type
        self.priority = priority
        self.quality = quality
        self.on_progress = on_progress
        self.on_partial = on_partial

    @property
    def urgency(self) -> tuple[int, int]:
        """What is to be compared: the smaller goes first."""
        return (self.request_type, self.priority)


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
