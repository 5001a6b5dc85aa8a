"""Lists that a session is asked for and that take a while: each is begun, and ends with it."""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.errors import LoadCancelledError, LoaderError, SessionClosedError
from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.retrieve.errand import Errand, running_errand

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine

    from pycornerstone.loaders.list_request import ProgressRequest
    from pycornerstone.session.workers import Workers

__all__ = ["ListRequests"]

T = TypeVar("T")


class ListRequests:
    """Begins them, and ends them with their session.

    Parameters
    ----------
    workers : Workers
        Where it is done.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._requests: set[ProgressRequest[Any]] = set()
        self._lock = Lock()
        self._closed = False

    @property
    def notify(self) -> Callable[[Callable[[], object]], object]:
        """What calls callbacks, somewhere where they may wait."""
        return self._workers.notify

    def begin(
        self,
        request: ProgressRequest[T],
        work: Coroutine[Any, Any, T],
        options: LoadOptions,
    ) -> None:
        """Have a request's work done in the event loop; the request is told how it ends.

        Parameters
        ----------
        request : ProgressRequest
            What was promised.
        work : coroutine
            Gives the list, or whatever is promised.
        options : LoadOptions
            On whose behalf, and how urgent it is.
        """
        given: Any = options
        if not isinstance(given, LoadOptions):
            work.close()
            request.settle(LoaderError(f"options are LoadOptions, got {options!r}"))
            return
        errand = Errand(options.request_type, options.priority)

        async def run() -> T:
            with running_errand(errand):
                return await work

        with self._lock:
            is_closed = self._closed
            if not is_closed:
                self._requests.add(request)
        if is_closed:
            work.close()
            request.settle(SessionClosedError("the session is closed; make a new one"))
            return
        try:
            ending = self._workers.event_loop.submit(run())
        except SessionClosedError as error:
            work.close()
            self._end(request, error)
            return
        request.cancel_fn = ending.cancel

        def told(ended: concurrent.futures.Future[T]) -> None:
            outcome = _outcome(ended)
            self._end(request, outcome)

        ending.add_done_callback(told)

    def close(self) -> None:
        """Settle what is under way with SessionClosedError, and begin nothing any more."""
        with self._lock:
            self._closed = True
            requests = list(self._requests)
        for request in requests:
            if request.settle(SessionClosedError("the session was closed meanwhile")):
                cancel = request.cancel_fn
                if cancel is not None:
                    cancel()

    def _end(self, request: ProgressRequest[T], outcome: T | BaseException) -> None:
        with self._lock:
            self._requests.discard(request)
        request.settle(outcome)


def _outcome(ending: concurrent.futures.Future[T]) -> T | BaseException:
    if ending.cancelled():
        return LoadCancelledError("the request was cancelled")
    error = ending.exception()
    if isinstance(error, asyncio.CancelledError):
        return LoadCancelledError("the request was cancelled")
    return ending.result() if error is None else error
