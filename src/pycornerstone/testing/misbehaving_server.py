"""A server that does what servers should not: it fails, cuts, dawdles, hangs, lies, and never ends.

Its sockets are real, its HTTP/1.1 (RFC 9112) is written by hand, so that every byte and every end
of a connection is where a test wants it.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pycornerstone.testing.handwritten_http import Answer, ReceivedRequest, read_request, send
from pycornerstone.testing.loopback import LoopbackServer

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

__all__ = ["MisbehavingServer", "ReceivedRequest"]


class MisbehavingServer(LoopbackServer):
    """Answers each path as it is told to, and counts what it sees. 404 where nothing was told.

    Use it by ``with``; `answer` may be called before and while it runs.

    Examples
    --------
    >>> with MisbehavingServer() as server:
    ...     server.answer("/cut.png", body=bytes(1000), cut_after=10)
    ...     server.answer("/busy", status=503, times=2)
    ...     server.answer("/busy", body=b"at last")
    """

    def __init__(self) -> None:
        super().__init__()
        self._paths: dict[str, _Path] = {}
        self._received: list[ReceivedRequest] = []
        self._disconnects: collections.Counter[str] = collections.Counter()
        self._connections: set[asyncio.Task[None]] = set()
        self._most_connections = 0
        self._requests_now = 0
        self._most_requests = 0
        # Notified at every change of what can be counted; guards all of the above.
        self._changed = threading.Condition()

    def answer(
        self,
        path: str,
        *,
        body: bytes = b"",
        content_type: str | None = "application/octet-stream",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        delay_s: float = 0.0,
        head_bytes_per_s: float | None = None,
        cut_head_after: int | None = None,
        bytes_per_s: float | None = None,
        cut_after: int | None = None,
        stated_length: int | None = None,
        after_end: bytes = b"",
        endless: bool = False,
        chunked: bool = False,
        hang: bool = False,
        drop: bool = False,
        times: int | None = None,
    ) -> None:
        """Say how a path is answered from now on.

        Parameters
        ----------
        path : str
            Such as ``/a.png``; with a query it is preferred for exactly that query.
        body : bytes
            What is sent, whatever `content_type` says that it is.
        content_type : str, optional
            None leaves the header out.
        status : int
            The HTTP status code.
        headers : mapping, optional
            Further headers.
        delay_s : float
            Waited before the first byte.
        head_bytes_per_s, bytes_per_s : float, optional
            How fast status line with header fields, and body, come; by default as fast as they can.
        cut_head_after, cut_after : int, optional
            The connection is closed after so many bytes of them, though all were promised.
        stated_length : int, optional
            What Content-Length says; by default the length of `body`.
        after_end : bytes
            Sent after the body, where the next answer should begin.
        endless : bool
            Send `body`, which must not be empty, in chunks again and again.
        chunked : bool
            Send the body in chunks (RFC 9112 section 7.1), without Content-Length.
        hang : bool
            Send nothing until `release`.
        drop : bool
            Close the connection without an answer.
        times : int, optional
            Answer so many requests like this, and further ones as the next call says; by default,
            or where nothing else was said, all of them.
        """
        told = Answer(
            body=body,
            status=status,
            content_type=content_type,
            headers=dict(headers or {}),
            delay_s=delay_s,
            head_bytes_per_s=head_bytes_per_s,
            cut_head_after=cut_head_after,
            bytes_per_s=bytes_per_s,
            cut_after=cut_after,
            stated_length=stated_length,
            after_end=after_end,
            endless=endless,
            chunked=chunked or endless,
            hang=hang,
            drop=drop,
        )
        with self._changed:
            answers = self._paths.setdefault(path, _Path()).answers
            if answers and not answers[-1].times_left:
                answers.pop()
            answers.append(_Planned(told, times))

    def release(self, path: str) -> None:
        """Let every request that hangs at `path` have its answer."""
        with self._changed:
            waiting = self._paths.setdefault(path, _Path())
            released, waiting.released = waiting.released, asyncio.Event()
        self.soon(released.set)

    def requests(self, path: str | None = None) -> int:
        """Count the requests so far for a path without its query, or all of them."""
        return len(self.received(path))

    def received(self, path: str | None = None) -> list[ReceivedRequest]:
        """Give the requests so far for a path without its query, or all of them."""
        with self._changed:
            return [r for r in self._received if path in {None, r.path}]

    def disconnects(self, path: str | None = None) -> int:
        """Count how often a client went away before its answer had been sent."""
        with self._changed:
            return self._disconnects.total() if path is None else self._disconnects[path]

    @property
    def open_connections(self) -> int:
        """Connections now, idle ones among them."""
        with self._changed:
            return len(self._connections)

    @property
    def most_connections(self) -> int:
        """The most connections that were open at once."""
        with self._changed:
            return self._most_connections

    @property
    def most_requests_at_once(self) -> int:
        """The most requests that were waiting for the end of their answer at once."""
        with self._changed:
            return self._most_requests

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Wait until what the server counts fulfils a condition.

        Raises
        ------
        TimeoutError
            If it does not in time.
        """
        with self._changed:
            if not self._changed.wait_for(condition, timeout_s):
                raise TimeoutError(f"the server did not see it within {timeout_s} s")

    @contextlib.asynccontextmanager
    async def serving(self, listening: socket.socket) -> AsyncIterator[None]:
        """Answer on a bound socket for as long as the context is entered."""
        server = await asyncio.start_server(self._connected, sock=listening)
        try:
            yield
        finally:
            server.close()
            for connection in (open_ones := list(self._connections)):
                connection.cancel()
            await asyncio.gather(*open_ones, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._converse(reader, writer))
        with self._change():
            self._connections.add(connection)
            self._most_connections = max(self._most_connections, len(self._connections))
        connection.add_done_callback(self._disconnected)

    def _disconnected(self, connection: asyncio.Task[None]) -> None:
        with self._change():
            self._connections.discard(connection)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other; the next is listened for while one is answered."""
        coming = asyncio.create_task(read_request(reader))
        try:
            while (request := await coming) is not None:
                coming = asyncio.create_task(read_request(reader))
                if not await self._respond(request, writer, coming):
                    break
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            pass
        finally:
            # What a client does not read would keep a connection open for ever.
            coming.cancel()
            writer.transport.abort()

    async def _respond(
        self,
        request: ReceivedRequest,
        writer: asyncio.StreamWriter,
        coming: asyncio.Task[ReceivedRequest | None],
    ) -> bool:
        """Answer a request unless its client goes away; tell whether the connection goes on."""
        with self._change():
            self._received.append(request)
            self._requests_now += 1
            self._most_requests = max(self._most_requests, self._requests_now)
            answer, released = self._next_answer(request)
        sending = asyncio.create_task(send(answer, request.method, writer, released))
        try:
            await asyncio.wait({sending, coming}, return_when=asyncio.FIRST_COMPLETED)
            client_left = not sending.done() and coming.result() is None
            goes_on = not client_left and await sending
        except ConnectionError:
            client_left, goes_on = True, False
        finally:
            sending.cancel()
            with self._change():
                self._requests_now -= 1
        if client_left:
            with self._change():
                self._disconnects[request.path] += 1
        return goes_on

    def _next_answer(self, request: ReceivedRequest) -> tuple[Answer, asyncio.Event]:
        path = self._paths.get(request.target) or self._paths.get(request.path) or _Path()
        if not path.answers:
            body = f"nothing was said of {request.path}".encode()
            return Answer(body=body, status=404, content_type="text/plain"), path.released
        planned = path.answers[0]
        if planned.times_left:
            planned.times_left -= 1
            if planned.times_left == 0 and len(path.answers) > 1:
                path.answers.pop(0)
        return planned.answer, path.released

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        with self._changed:
            yield
            self._changed.notify_all()


@dataclass(slots=True)
class _Planned:
    answer: Answer
    times_left: int | None


@dataclass(slots=True)
class _Path:
    answers: list[_Planned] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
