"""Servers that could not be reached a moment ago, so that not every load waits for them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from pycornerstone.retrieve.addresses import origin_named

if TYPE_CHECKING:
    from pycornerstone.errors import TransferError

__all__ = ["Unreachable"]

_log = logging.getLogger("pycornerstone.retrieve")

# One load asks again then; the others go on with what is kept until it has an answer.
_ASKED_AGAIN_AFTER_S = 30.0


class Unreachable:
    """Remembers which servers did not answer, and since when."""

    def __init__(self) -> None:
        self._asked_again_at: dict[str, float] = {}

    def is_so(self, url: str) -> bool:
        """Say whether a server did not answer a moment ago; True for all but one that tries."""
        origin = origin_named(url)
        at = self._asked_again_at.get(origin)
        now = time.monotonic()
        if at is None:
            return False
        if now < at:
            return True
        self._asked_again_at[origin] = now + _ASKED_AGAIN_AFTER_S
        return False

    def was_not_reached(self, url: str, error: TransferError) -> None:
        """Remember that a server did not answer, and log it the first time."""
        origin = origin_named(url)
        if origin not in self._asked_again_at:
            _log.warning(
                "%s cannot be reached; what the disk cache has is given unasked (%s)",
                origin,
                error.message,
            )
        self._asked_again_at[origin] = time.monotonic() + _ASKED_AGAIN_AFTER_S

    def was_reached(self, url: str) -> None:
        """Remember that a server answers."""
        self._asked_again_at.pop(origin_named(url), None)
