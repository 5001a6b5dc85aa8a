"""What is asked for, and in which order it is done."""

from __future__ import annotations

import concurrent.futures
import itertools
import logging
import threading
from typing import TYPE_CHECKING, Any, TypeAlias

from pycornerstone.model.requests import RequestType
from pycornerstone.session.request_queue import Request, RequestQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pycornerstone.session.request_queue import Start

__all__ = ["Request", "RequestPool"]

_logger = logging.getLogger("pycornerstone.session")

_Over: TypeAlias = tuple[Request, "concurrent.futures.Future[Any]"]


class _Level:
    """What is queued, and how many run, at one depth."""

    __slots__ = ("queues", "running")

    def __init__(self) -> None:
        self.queues = {kind: RequestQueue() for kind in RequestType}
        self.running = dict.fromkeys(RequestType, 0)


class RequestPool:
    """Does pieces of work, some at a time: what is needed now before what may be needed later.

    Work may ask for further work and wait for it, with its own place taken. That is one deeper, and
    each depth has its own places: so work waits only for places that deeper work gives back, and
    the deepest waits for none.

    Parameters
    ----------
    limits : mapping of RequestType to int
        How many requests of a type may run at once, at each depth.
    total : int, optional
        How many may run at once in all, at each depth; by default as many as of all types together,
        and a few more of interaction.
    may_begin : callable
        Asked before a request begins that none waits for; where it says no, `pump` must be called
        when it would say yes. It does not wait.
    holds_back : callable
        Asked before a request begins that is prefetch or compute, in the same way.
    """

    def __init__(
        self,
        limits: Mapping[RequestType, int],
        total: int | None = None,
        may_begin: Callable[[], bool] = lambda: True,
        holds_back: Callable[[], bool] = lambda: False,
    ) -> None:
        self._may_begin = may_begin
        self._holds_back = holds_back
        self._limits = {kind: int(limits[kind]) for kind in RequestType}
        self._total = total
        self._levels = {0: _Level()}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._pumping = False
        self._pump_again = False

    def add_request(
        self,
        start: Start,
        done: Callable[[concurrent.futures.Future[Any]], object],
        request_type: RequestType,
        priority: int = 0,
        details: object = None,
        *,
        at_once: bool = False,
        depth: int = 0,
    ) -> Request:
        """Queue a piece of work.

        Parameters
        ----------
        start : callable
            Begins it, without waiting, and gives the future of its end.
        done : callable
            Called with that future when it has ended; not called after `cancel` of what is queued.
        request_type, priority, details
            See `Request`. Equal ones are served in the order in which they came.
        at_once : bool
            Start it over the limits: what runs already waits for it.
        depth : int
            How many others wait for it in a row, each with a place of its own.
        """
        request = Request(start, done, request_type, priority, details, depth)
        with self._lock:
            self._push(request)
        if at_once:
            self.start_now(request)
        else:
            self._pump()
        return request

    def start_now(self, request: Request) -> None:
        """Start a queued request over the limits; one that runs is left alone."""
        with self._lock:
            if request.is_over or request.running is not None:
                return
            self._take_out(request)
            placeholder = self._mark_running(request)
        over: list[_Over] = []
        self._begin(request, placeholder, over)
        for ended in over:
            self._tell(*ended)
            self._pump()

    def cancel(self, request: Request) -> None:
        """Take it out of the queue, or cancel the future of its end if it runs."""
        cancelled: concurrent.futures.Future[Any] | None = None
        while True:
            with self._lock:
                running = request.running
                if running is None:
                    self._drop(request)
                    return
            # What has been begun meanwhile has another one.
            if running is cancelled:
                return
            running.cancel()
            cancelled = running

    def change_priority(
        self, request: Request, request_type: RequestType, priority: int = 0
    ) -> None:
        """Move a queued request; one that runs goes on, and counts as of its new type."""
        with self._lock:
            if request.is_over:
                return
            if request.running is None:
                self._take_out(request)
                request.request_type, request.priority = request_type, priority
                self._push(request)
            else:
                running = self._levels[request.depth].running
                running[request.request_type] -= 1
                running[request_type] += 1
                request.request_type, request.priority = request_type, priority
        self._pump()

    def deepen(self, request: Request, depth: int) -> None:
        """Move a queued request to a place that is deeper; one that runs keeps that it has."""
        with self._lock:
            if request.is_over or request.running is not None or depth <= request.depth:
                return
            self._take_out(request)
            request.depth = depth
            self._push(request)
        self._pump()

    def filter_requests(self, keep: Callable[[Request], bool]) -> list[Request]:
        """Take every queued request for which `keep` is false out of the queue, and give them.

        Whoever queued one of them is told that it was cancelled.
        """
        with self._lock:
            dropped = [request for request in self._queued() if not keep(request)]
            for request in dropped:
                self._drop(request)
        for request in dropped:
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            future.cancel()
            self._tell(request, future)
        return dropped

    def set_max_simultaneous_requests(self, request_type: RequestType, limit: int) -> None:
        """Let `limit` requests of a type run at once; what runs already goes on.

        Raises
        ------
        ValueError
            If `limit` is less than 1.
        """
        if limit < 1:
            raise ValueError(f"at least 1 request must be allowed to run, got {limit}")
        with self._lock:
            self._limits[request_type] = limit
        self._pump()

    @property
    def number_queued(self) -> int:
        """Requests that wait."""
        with self._lock:
            return sum(1 for _ in self._queued())

    @property
    def number_running(self) -> int:
        """Requests that run."""
        with self._lock:
            return sum(sum(level.running.values()) for level in self._levels.values())

    def pump(self) -> None:
        """Start what may run now; `may_begin` had said no before."""
        self._pump()

    def _push(self, request: Request) -> None:
        level = self._levels.get(request.depth)
        if level is None:
            level = self._levels[request.depth] = _Level()
        level.queues[request.request_type].push(request, next(self._numbers))

    def _queued(self) -> Iterator[Request]:
        for level in self._levels.values():
            for queue in level.queues.values():
                yield from queue

    def _pump(self) -> None:
        """Start what may run. Never nested: work that ends at once would pile up the stack."""
        with self._lock:
            if self._pumping:
                self._pump_again = True
                return
            self._pumping = True
        # What ends while it is begun is told when others can be begun again: who is told may wait.
        over: list[_Over] = []
        request: Request | None = None
        placeholder: concurrent.futures.Future[Any] | None = None
        try:
            while True:
                with self._lock:
                    request = self._take()
                    if request is None:
                        if self._pump_again:
                            self._pump_again = False
                            continue
                        self._pumping = False
                        break
                    placeholder = self._mark_running(request)
                self._begin(request, placeholder, over)
        except BaseException:
            # Somebody pressed Ctrl-C in here: others must find the pool as it should be.
            with self._lock:
                self._pumping = self._pump_again = False
                if request is not None and request.running is placeholder:
                    self._levels[request.depth].running[request.request_type] -= 1
                    request.running = None
                    self._push(request)
            raise
        finally:
            for ended in over:
                self._tell(*ended)

    def _take(self) -> Request | None:
        for depth, level in self._levels.items():
            for kind, queue in level.queues.items():
                request = queue.first()
                if request is None or not self._has_room(level, kind):
                    continue
                # What is deeper is waited for.
                if depth == 0:
                    if kind >= RequestType.PREFETCH and self._holds_back():
                        break
                    if not self._may_begin():
                        break
                return queue.pop()
        return None

    def _take_out(self, request: Request) -> None:
        self._levels[request.depth].queues[request.request_type].take_out(request)

    def _drop(self, request: Request) -> None:
        """End what is queued; nothing if it has ended."""
        if not request.is_over:
            request.is_over = True
            self._take_out(request)

    def _mark_running(self, request: Request) -> concurrent.futures.Future[Any]:
        """Count it; what is given stands for its end until it has begun, and may be cancelled."""
        placeholder: concurrent.futures.Future[Any] = concurrent.futures.Future()
        request.running = placeholder
        self._levels[request.depth].running[request.request_type] += 1
        return placeholder

    def _has_room(self, level: _Level, kind: RequestType) -> bool:
        total = self._total
        if total is None:
            # What runs may have got another type, and left its place to the next, and so on.
            total = sum(self._limits.values())
            if kind == RequestType.INTERACTION:
                total += self._limits[kind]
        if sum(level.running.values()) >= total:
            return False
        return level.running[kind] < self._limits[kind]

    def _begin(
        self,
        request: Request,
        placeholder: concurrent.futures.Future[Any],
        over: list[_Over],
    ) -> None:
        """Start a request that is counted; `over` gets it if it ends meanwhile in this thread."""
        interruption: BaseException | None = None
        try:
            future = request.start()
        except BaseException as error:  # noqa: BLE001 - it is the work's outcome, not the pool's
            future = concurrent.futures.Future()
            future.set_exception(error)
            if not isinstance(error, Exception):
                interruption = error
        request.running = future
        if placeholder.cancelled():
            future.cancel()
        beginning: int | None = threading.get_ident()

        def ended(future: concurrent.futures.Future[Any]) -> None:
            with self._lock:
                self._levels[request.depth].running[request.request_type] -= 1
                request.is_over = True
                # The future keeps this function, and with it all that the request knows.
                request.running = None
            if beginning == threading.get_ident():
                over.append((request, future))
            else:
                self._tell(request, future)
                self._pump()

        future.add_done_callback(ended)
        beginning = None
        if interruption is not None:
            raise interruption

    def _tell(self, request: Request, future: concurrent.futures.Future[Any]) -> None:
        try:
            request.done(future)
        except Exception:
            _logger.exception("the end of a request raised")
