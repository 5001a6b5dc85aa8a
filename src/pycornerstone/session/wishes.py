"""What each caller of a load wants of it, and what that makes of the whole."""

from __future__ import annotations

import concurrent.futures
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.model.requests import RequestType
from pycornerstone.retrieve.errand import Errand, current_errand
from pycornerstone.session.nesting import loads_around

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.model.image import Image, ImageQuality

__all__ = ["Wish", "fulfil"]


@dataclass(slots=True)
class Wish:
    """What one caller wants, and what is kept for him.

    Attributes
    ----------
    promise : concurrent.futures.Future
        What settles the object that he was given.
    request_type, priority
        How urgent it is to him.
    quality : ImageQuality
        The least that will do.
    waiting : tuple of str
        The images whose loaders wait for it; none if it was no loader that asked.
    outer : Errand or None
        Why that one is loaded: what it waits for is as urgent.
    """

    promise: concurrent.futures.Future[Image]
    request_type: RequestType
    priority: int
    quality: ImageQuality
    waiting: tuple[str, ...]
    outer: Errand | None

    @classmethod
    def of(cls, options: LoadOptions) -> Wish:
        """Make one of who asks here, with these options."""
        around = loads_around()
        return cls(
            concurrent.futures.Future(),
            options.request_type,
            options.priority,
            options.quality,
            around,
            current_errand() if around else None,
        )

    @property
    def urgency(self) -> tuple[int, int]:
        """What is to be compared: the smaller goes first."""
        own = (self.request_type, self.priority)
        return own if self.outer is None else min(own, self.outer.urgency)


def fulfil(errand: Errand, wishes: Iterable[Wish]) -> bool:
    """Let an errand be what the most demanding wish wants; say whether its urgency has changed."""
    before = errand.urgency
    urgency = min(wish.urgency for wish in wishes)
    errand.change(RequestType(urgency[0]), urgency[1])
    errand.quality = max(wish.quality for wish in wishes)
    return before != urgency
