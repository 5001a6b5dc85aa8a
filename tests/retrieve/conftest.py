"""A real HTTP server on this machine that sends what a test wrote, byte by byte if it must."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ssl

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class LocalServer:
    """Answers each path with bytes, or with a function that writes what it likes.

    Counts what it is asked, and connections that are open.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.answers: dict[str, bytes | Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections_made = 0
        self.open_connections = 0
        self.hung_up = threading.Event()
        self.asked = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def add(self, path: str, body: bytes, content_type: str = "", status: str = "200 OK") -> str:
        """Answer `path` like any server; gives the URL."""
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n"
        if content_type:
            head += f"Content-Type: {content_type}\r\n"
        self.answers[path] = head.encode() + b"\r\n" + body
        return self.url + path

    def add_raw(self, path: str, answer: bytes | Answer) -> str:
        self.answers[path] = answer
        return self.url + path

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self, started: threading.Event) -> None:
        self._loop.run_until_complete(self._serve(started))
        self._loop.close()

    async def _serve(self, started: threading.Event) -> None:
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stopping.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        self.connections_made += 1
        self.open_connections += 1
        try:
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self.open_connections -= 1
            self.hung_up.set()
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        fields = (line.partition(": ") for line in head[1:] if line)
        self.requests.append((path, {name.lower(): value for name, _, value in fields}))
        self.asked.set()
        answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope")
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return True
        await answer(reader, writer)
        return False


@pytest.fixture
def server() -> Iterator[LocalServer]:
    server = LocalServer()
    yield server
    server.stop()


@pytest.fixture
def another_server() -> Iterator[LocalServer]:
    server = LocalServer()
    yield server
    server.stop()


@pytest.fixture
def new_server() -> Iterator[Callable[..., LocalServer]]:
    """Start servers that need more said of them."""
    servers: list[LocalServer] = []

    def start(**how: object) -> LocalServer:
        servers.append(LocalServer(**how))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
