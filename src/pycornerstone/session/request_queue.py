"""A queue of requests: the most urgent first, and none that was taken out."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Iterator

    from pycornerstone.model.requests import RequestType

__all__ = ["Request", "RequestQueue", "Start"]

# So few are not worth the looking.
_LEFT_BEHIND = 64

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
    depth : int
        How many others wait for it in a row, each with a place of its own.
    number : int
        Of its entry in a queue; any other entry there is one that it was taken out of.
    """

    __slots__ = (
        "depth",
        "details",
        "done",
        "is_over",
        "number",
        "priority",
        "request_type",
        "running",
        "start",
    )

    def __init__(
        self,
        start: Start,
        done: Callable[[concurrent.futures.Future[Any]], object],
        request_type: RequestType,
        priority: int,
        details: object,
        depth: int,
    ) -> None:
        self.start = start
        self.done = done
        self.running: concurrent.futures.Future[Any] | None = None
        self.request_type = request_type
        self.priority = priority
        self.details = details
        self.depth = depth
        self.number = -1
        self.is_over = False


class RequestQueue:
    """Requests of one type, by priority and age.

    Taking one out in the middle takes long: its entry stays until it comes to the top, or until
    there are more of that kind than of others.
    """

    __slots__ = ("_entries", "_left_behind")

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, Request]] = []
        self._left_behind = 0

    def __iter__(self) -> Iterator[Request]:
        return (request for _, number, request in self._entries if number == request.number)

    def push(self, request: Request, number: int) -> None:
        """Queue it; `number` is higher than that of any before, here and elsewhere."""
        request.number = number
        heapq.heappush(self._entries, (request.priority, number, request))

    def take_out(self, request: Request) -> None:
        """Queue it no more; it must be here."""
        request.number = -1
        self._left_behind += 1
        if self._left_behind > _LEFT_BEHIND + len(self._entries) // 2:
            self._entries = [entry for entry in self._entries if entry[1] == entry[2].number]
            heapq.heapify(self._entries)
            self._left_behind = 0

    def first(self) -> Request | None:
        """Give what is served next, and leave it here."""
        entries = self._entries
        while entries and entries[0][1] != entries[0][2].number:
            heapq.heappop(entries)
            self._left_behind -= 1
        return entries[0][2] if entries else None

    def pop(self) -> Request:
        """Take out what `first` has just given."""
        request = heapq.heappop(self._entries)[2]
        request.number = -1
        return request
