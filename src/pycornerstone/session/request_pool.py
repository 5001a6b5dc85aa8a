"""What is asked for, and in which order it is done."""

from __future__ import annotations

import concurrent.futures
import heapq
import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pycornerstone.model.requests import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Request", "RequestPool"]

_logger = logging.getLogger("pycornerstone.session")

Start: TypeAlias = Callable[[], "concurrent.futures.Future[Any]"]


class Request:
    """One piece of work: queued, then running, then over.

    Attributes
    ----------
    request_type : RequestType
        Why it is done.
    priority : int
        Order within its type, lowest first.
    details : object
        Whatever tells its owner what it is, such as the imageId.
    start, done : callable
        Begins it; is told of its end.
    running : concurrent.futures.Future or None
        Of its end, once it has been begun.
    is_over : bool
        It has ended, or was cancelled in the queue.
    """

    __slots__ = ("details", "done", "is_over", "priority", "request_type", "running", "start")

    def __init__(
        self,
        start: Start,
        done: Callable[[concurrent.futures.Future[Any]], object],
        request_type: RequestType,
        priority: int,
        details: object,
    ) -> None:
        self.start = start
        self.done = done
        self.running: concurrent.futures.Future[Any] | None = None
        self.request_type = request_type
        self.priority = priority
        self.details = details
        self.is_over = False


_Over: TypeAlias = tuple[Request, "concurrent.futures.Future[Any]"]


class RequestPool:
    """Does pieces of work, some at a time: what is needed now before what may be needed later.

    Parameters
    ----------
    limits : mapping of RequestType to int
        How many requests of a type may run at once.
    total : int, optional
        How many may run at once in all.
    """

    def __init__(self, limits: Mapping[RequestType, int], total: int | None = None) -> None:
        self._limits = {kind: int(limits[kind]) for kind in RequestType}
        self._total = total
        # A cancelled request stays in its heap until it comes to the top.
        self._queues: dict[RequestType, list[tuple[int, int, Request]]] = {
            kind: [] for kind in RequestType
        }
        self._running = dict.fromkeys(RequestType, 0)
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
        """
        request = Request(start, done, request_type, priority, details)
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
        with self._lock:
            running = request.running
            if running is None:
                request.is_over = True
        if running is not None:
            running.cancel()

    def change_priority(
        self, request: Request, request_type: RequestType, priority: int = 0
    ) -> None:
        """Move a queued request; one that runs is left alone."""
        with self._lock:
            if request.is_over or request.running is not None:
                return
            self._take_out(request)
            request.request_type, request.priority = request_type, priority
            self._push(request)
        self._pump()

    def filter_requests(self, keep: Callable[[Request], bool]) -> list[Request]:
        """Take every queued request for which `keep` is false out of the queue, and give them.

        Whoever queued one of them is told that it was cancelled.
        """
        with self._lock:
            dropped = [request for request in self._queued() if not keep(request)]
            for request in dropped:
                request.is_over = True
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
            return sum(self._running.values())

    def _push(self, request: Request) -> None:
        entry = (request.priority, next(self._numbers), request)
        heapq.heappush(self._queues[request.request_type], entry)

    def _queued(self) -> Iterator[Request]:
        for queue in self._queues.values():
            for _, _, request in queue:
                if not request.is_over:
                    yield request

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
                    self._running[request.request_type] -= 1
                    request.running = None
                    self._push(request)
            raise
        finally:
            for ended in over:
                self._tell(*ended)

    def _take(self) -> Request | None:
        for kind, queue in self._queues.items():
            while queue and queue[0][2].is_over:
                heapq.heappop(queue)
            if queue and self._has_room(kind):
                return heapq.heappop(queue)[2]
        return None

    def _take_out(self, request: Request) -> None:
        queue = self._queues[request.request_type]
        queue[:] = [entry for entry in queue if entry[2] is not request]
        heapq.heapify(queue)

    def _mark_running(self, request: Request) -> concurrent.futures.Future[Any]:
        """Count it; what is given stands for its end until it has begun, and may be cancelled."""
        placeholder: concurrent.futures.Future[Any] = concurrent.futures.Future()
        request.running = placeholder
        self._running[request.request_type] += 1
        return placeholder

    def _has_room(self, kind: RequestType) -> bool:
        if self._total is not None and sum(self._running.values()) >= self._total:
            return False
        return self._running[kind] < self._limits[kind]

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
        kind = request.request_type
        beginning: int | None = threading.get_ident()

        def ended(future: concurrent.futures.Future[Any]) -> None:
            with self._lock:
                self._running[kind] -= 1
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
