"""Work that computes, done a little at a time, so that what is on show goes in between."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from pycornerstone.session.outcomes import error_of
from pycornerstone.session.workers import in_a_new_thread

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Iterable

    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.session.request_pool import Request
    from pycornerstone.session.workers import Workers

__all__ = ["Chunks"]

# How long a chunk goes on taking work, one piece at least. Whoever asks for an image to be shown
# waits for a chunk to end, and a request of the pool costs some 0.1 ms.
_CHUNK_S = 0.01
# Pieces that are shorter than that let go of the interpreter, for a read, and wait for it again
# most of their time: 200 files of 128 x 128 took one thread 8 ms, and two of them 20.
_SHORT_S = 0.0001
_LOOKED_AT = 16


class Chunks:
    """A queue of work, done by as many requests of the decoding pool as there are threads.

    Each works for some milliseconds, and hands its place back then.

    Parameters
    ----------
    workers : Workers
        Where it is done.
    threads : int
        How many at once.
    options : LoadOptions
        Why it is done.
    details : object
        What it is for.
    fail : callable
        Told of what a request failed with.
    is_nested : bool
        Whether a loader waits for it, and holds a place.
    """

    def __init__(
        self,
        workers: Workers,
        threads: int,
        options: LoadOptions,
        details: object,
        fail: Callable[[BaseException], object],
        *,
        is_nested: bool,
    ) -> None:
        self._workers = workers
        self._threads = threads
        self._options = options
        self._details = details
        self._fail = fail
        self._is_nested = is_nested
        self._work: deque[Callable[[], object]] = deque()
        self._running = 0
        self._is_wide = True
        # How long the last pieces took that one thread did alone.
        self._alone: deque[float] = deque(maxlen=_LOOKED_AT)
        self._requests: list[Request] = []
        self._has_ended = False
        self._lock = Lock()

    def add(self, work: Iterable[Callable[[], object]], *, are_short: bool = False) -> None:
        """Queue pieces of work, which raise nothing.

        Parameters
        ----------
        work : iterable of callable
            The pieces.
        are_short : bool
            They most likely take less time than to hand them over. One thread does them, until they
            are seen to take longer.
        """
        self._work.extend(work)
        self._begin(is_wide=not are_short)

    def end(self) -> None:
        """Do nothing more; what runs ends with the piece that it is at."""
        with self._lock:
            self._has_ended = True
            requests, self._requests = self._requests, []
            # It most often knows whoever knows this.
            self._fail = _ignore
        self._work.clear()
        for request in requests:
            self._workers.decode_pool.cancel(request)

    def _begin(self, *, is_wide: bool) -> None:
        with self._lock:
            if self._has_ended:
                self._work.clear()
            self._is_wide = is_wide
            threads = self._threads if is_wide else 1
            more = max(min(threads - self._running, len(self._work)), 0)
            self._running += more
        for _ in range(more):
            self._queue()

    def _queue(self) -> None:
        def start() -> concurrent.futures.Future[None]:
            # The executor's threads may all wait for this one.
            if self._is_nested:
                return in_a_new_thread(self._do_some)
            return self._workers.decoders.submit(self._do_some)

        request = self._workers.decode_pool.add_request(
            start,
            self._done,
            self._options.request_type,
            self._options.priority,
            details=self._details,
            at_once=self._is_nested,
        )
        with self._lock:
            if not self._has_ended:
                self._requests = [known for known in self._requests if not known.is_over]
                self._requests.append(request)
                return
        self._workers.decode_pool.cancel(request)

    def _do_some(self) -> None:
        now = time.monotonic()
        until = now + _CHUNK_S
        while now < until:
            try:
                work = self._work.popleft()
            except IndexError:
                return
            is_alone = not self._is_wide
            work()
            before, now = now, time.monotonic()
            if is_alone:
                self._look(now - before)

    def _look(self, seconds: float) -> None:
        """Have others help if most pieces take longer than was expected, or some take very long."""
        self._alone.append(seconds)
        if seconds <= _SHORT_S:
            return
        # One, or the first ones, may have been held up by anything.
        number_long = sum(took > _SHORT_S for took in self._alone)
        number_very_long = sum(took > 10 * _SHORT_S for took in self._alone)
        if number_long > _LOOKED_AT // 2 or number_very_long > 1:
            self._begin(is_wide=True)

    def _done(self, future: concurrent.futures.Future[None]) -> None:
        error = error_of(future)
        if error is not None:
            self._fail(error)
        with self._lock:
            goes_on = bool(self._work) and not self._has_ended
            if not goes_on:
                self._running -= 1
        if goes_on:
            self._queue()


def _ignore(_: BaseException) -> None:
    """Nobody is told of what fails after the end."""
