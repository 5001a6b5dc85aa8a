"""A list that takes a while to have, under way: what a search finds, or which images there are."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pycornerstone.loaders.promised import Promised

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ImageIdsRequest", "ListRequest", "ProgressRequest", "RequestProgress"]

_logger = logging.getLogger("pycornerstone.loaders")

T = TypeVar("T")


class RequestProgress(NamedTuple):
    """How far a request has come.

    Attributes
    ----------
    done : int
        Results, or instances, that are there.
    total : int or None
        How many there will be; None while nobody knows, as in a search.
    """

    done: int
    total: int | None


class ProgressRequest(Promised[T]):
    """The promise of something that is found bit by bit, and says how far it has come.

    Await it, or wait for its `result`. Cancelling it stops the work.

    Parameters
    ----------
    what : str
        What is asked for, for messages.
    notify : callable, optional
        Calls the callbacks, somewhere where they may wait.
    """

    def __init__(
        self, what: str, notify: Callable[[Callable[[], object]], object] | None = None
    ) -> None:
        super().__init__(notify=notify)
        self._named = what
        self._progress = RequestProgress(0, None)
        self._listeners: list[Callable[[RequestProgress], object]] = []
        self._is_telling = False
        self._telling = threading.Lock()

    def __repr__(self) -> str:
        state = f"under way, {self._progress.done} so far"
        if self.cancelled():
            state = "cancelled"
        elif self.done():
            state = "failed" if self._outcome.exception() else f"done, {self._progress.done} found"
        return f"<{type(self).__name__} for {self._named}: {state}>"

    @property
    def progress(self) -> RequestProgress:
        """How far it has come."""
        return self._progress

    def add_progress_callback(self, fn: Callable[[RequestProgress], object]) -> None:
        """Call ``fn(progress)`` as results arrive, in a thread of the session.

        Of what comes while `fn` runs, it is told the newest alone. What it raises is logged.
        """
        with self._telling:
            self._listeners.append(fn)

    def advance(self, done: int, total: int | None = None) -> None:
        """Say how far it has come, as whoever does the work does."""
        self._progress = RequestProgress(done, total)
        with self._telling:
            if not self._listeners or self._is_telling:
                return
            self._is_telling = True
        if self._notify is None:
            self._tell()
        else:
            self._notify(self._tell)

    def settle(self, outcome: T | BaseException) -> bool:
        """End it with what was found or an error, as the session does; False if it had ended."""
        return self._settle(outcome)

    @property
    def _what(self) -> str:
        return self._named

    def _tell(self) -> None:
        told = None
        while True:
            with self._telling:
                if told == self._progress:
                    self._is_telling = False
                    return
                told = self._progress
                listeners = list(self._listeners)
            for listener in listeners:
                try:
                    listener(told)
                except Exception:
                    _logger.exception("a progress callback of %s raised", self._named)


class ListRequest(ProgressRequest[list[T]]):
    """The promise of a list, for which a server may have to be asked many times.

    Await it, or wait for its `result`. Cancelling it stops the requests.

    Parameters
    ----------
    what, notify
        As of `ProgressRequest`.
    """


class ImageIdsRequest(ListRequest[str]):
    """The promise of imageIds, as `Session.image_ids_from_dicomweb` gives it.

    Attributes
    ----------
    left_out : tuple of str
        Of DICOMweb: instances that are no images, such as reports and presentation states: their
        imageIds, without a frame, as soon as it is done.
    """

    def __init__(
        self, what: str, notify: Callable[[Callable[[], object]], object] | None = None
    ) -> None:
        super().__init__(what, notify)
        self.left_out: tuple[str, ...] = ()
