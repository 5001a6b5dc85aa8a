"""A server for tests: an event loop in a daemon thread, on a free port of 127.0.0.1."""

from __future__ import annotations

import asyncio
import socket
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

__all__ = ["LoopbackServer"]

_TIMEOUT_S = 10.0


class LoopbackServer(ABC):
    """What the servers for tests are: started and stopped by ``with``, reached by `url`.

    Nothing but this machine reaches them, and they reach nothing.
    """

    def __init__(self) -> None:
        self._address: str | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None

    @abstractmethod
    def serving(self, listening: socket.socket) -> AbstractAsyncContextManager[None]:
        """Answer on a bound socket for as long as the context is entered, in the server's loop."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """``http://127.0.0.1:PORT``; after closing, where it was.

        Raises
        ------
        RuntimeError
            If the server has never been started.
        """
        if self._address is None:
            raise self._not_running()
        return self._address

    def url(self, path: str) -> str:
        """Give the address of a path, such as ``/files/a.png``."""
        return self.address + path

    def start(self) -> None:
        """Listen; returns when requests are answered.

        Raises
        ------
        RuntimeError
            If it runs already.
        """
        if self._thread is not None:
            raise RuntimeError(f"{type(self).__name__} is running already at {self._address}")
        listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        port = listening.getsockname()[1]
        self._failure = None
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(listening, ready)),
            name=f"{type(self).__name__}-{port}",
            daemon=True,
        )
        self._thread.start()
        if not ready.wait(_TIMEOUT_S) or self._failure is not None:
            failure = self._failure
            self.close()
            raise RuntimeError(f"{type(self).__name__} did not start") from failure
        self._address = f"http://127.0.0.1:{port}"

    def close(self) -> None:
        """Stop answering, and close every connection; closing twice is nothing."""
        thread, loop, stop = self._thread, self._loop, self._stop
        if thread is None:
            return
        if loop is not None and stop is not None and thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join()
        self._thread = self._loop = self._stop = None

    def soon(self, function: Callable[[], object]) -> None:
        """Call a function in the server's loop, from any thread, and wait until it has been called.

        Raises
        ------
        RuntimeError
            If the server is not running.
        """
        if self._loop is None:
            raise self._not_running()

        async def call() -> None:
            function()

        asyncio.run_coroutine_threadsafe(call(), self._loop).result(_TIMEOUT_S)

    def _not_running(self) -> RuntimeError:
        return RuntimeError(f"{type(self).__name__} is not running; use it by 'with' or start()")

    async def _run(self, listening: socket.socket, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            async with self.serving(listening):
                ready.set()
                await self._stop.wait()
        except Exception as error:
            if ready.is_set():
                raise
            # Told by start(), in the thread that called it.
            self._failure = error
            ready.set()
        finally:
            listening.close()
