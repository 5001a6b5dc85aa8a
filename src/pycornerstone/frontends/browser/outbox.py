"""What is on its way to the page, in order, from any thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from pycornerstone.frontends.browser.server_messages import Progress
from pycornerstone.frontends.browser.wire import write_message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pycornerstone.frontends.browser.server_messages import FromServer

__all__ = ["Outbox", "SendBytes", "SendText"]

SendText: TypeAlias = "Callable[[str], Awaitable[object] | None]"
SendBytes: TypeAlias = "Callable[[bytes], Awaitable[object] | None]"


class Outbox:
    """Sends messages and frames over one connection, one after the other.

    Parameters
    ----------
    send_text, send_bytes : callable
        Send, and may give something to be awaited; called in the event loop only.
    loop : asyncio.AbstractEventLoop
        That of the connection.
    """

    def __init__(
        self, send_text: SendText, send_bytes: SendBytes, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._send_text, self._send_bytes, self._loop = send_text, send_bytes, loop
        self._waiting: deque[FromServer | bytes] = deque()
        self._lock = threading.Lock()
        self._sending: asyncio.Task[None] | None = None
        self._is_asked = self._is_closed = False

    def put(self, said: FromServer | bytes) -> None:
        """Send a message, or a frame; of the progress of a series, only the newest waits."""
        with self._lock:
            if self._is_closed:
                return
            if isinstance(said, Progress):
                for place, other in enumerate(self._waiting):
                    if isinstance(other, Progress) and other.series == said.series:
                        self._waiting[place] = said
                        return
            self._waiting.append(said)
            if self._is_asked:
                return
            self._is_asked = True
        # A loop that is closed has nobody left to send to.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._begin)

    async def close(self) -> None:
        """Send no more."""
        with self._lock:
            self._is_closed = True
            self._waiting.clear()
        if self._sending is not None:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending

    def _begin(self) -> None:
        if not self._is_closed:
            self._sending = self._loop.create_task(self._send_all())

    async def _send_all(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or self._is_closed:
                    self._is_asked = False
                    return
                said = self._waiting.popleft()
            try:
                awaited: Any = (
                    self._send_bytes(said)
                    if isinstance(said, bytes)
                    else self._send_text(write_message(said))
                )
                if awaited is not None:
                    await awaited
            except Exception:  # noqa: BLE001 - whatever a connection that is gone raises
                with self._lock:
                    self._is_closed = True
                    self._waiting.clear()
                return
