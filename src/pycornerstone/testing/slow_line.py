"""A line that is slow: what goes over it comes late, and no faster than it carries."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pycornerstone.testing.loopback import LoopbackServer

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

__all__ = ["SlowLine"]

_PIECE = 16 * 1024
# What a router keeps of what it cannot send on yet.
_QUEUE_BYTES = 256 * 1024


class SlowLine(LoopbackServer):
    """A port of this machine that leads to another one, over a slow line.

    Parameters
    ----------
    port : int
        Where it leads to, at 127.0.0.1.
    megabits_per_second : float
        What it carries, in each direction.
    round_trip_s : float
        How long it takes there and back, for what needs not wait its turn.

    Attributes
    ----------
    bytes_carried : int
        From the far end to this one.
    """

    def __init__(
        self, port: int, *, megabits_per_second: float = 20.0, round_trip_s: float = 0.06
    ) -> None:
        super().__init__()
        self._port = port
        self._bytes_per_second = megabits_per_second * 1e6 / 8
        self._delay_s = round_trip_s / 2
        self.bytes_carried = 0

    @asynccontextmanager
    async def serving(self, listening: socket.socket) -> AsyncIterator[None]:
        """Carry what comes to a bound socket."""
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._carry_both(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(connected, sock=listening, limit=_PIECE)
        try:
            yield
        finally:
            server.close()
            for task in tuple(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.wait_closed()

    async def _carry_both(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(
                "127.0.0.1", self._port, limit=_PIECE
            )
        except OSError:
            writer.close()
            return
        there = asyncio.create_task(self._carry(reader, far_writer, counts=False))
        back = asyncio.create_task(self._carry(far_reader, writer, counts=True))
        try:
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        finally:
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            writer.close()
            far_writer.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counts: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        # Bytes that the line has yet to carry; it is read no further than they fit.
        is_free_at = loop.time()

        async def arrive() -> None:
            while True:
                when, piece = await on_the_way.get()
                await asyncio.sleep(when - loop.time())
                if not piece:
                    return
                writer.write(piece)
                await writer.drain()

        arriving = asyncio.create_task(arrive())
        try:
            with contextlib.suppress(ConnectionError):
                while piece := await reader.read(_PIECE):
                    now = loop.time()
                    is_free_at = max(is_free_at, now) + len(piece) / self._bytes_per_second
                    if counts:
                        self.bytes_carried += len(piece)
                    on_the_way.put_nowait((is_free_at + self._delay_s, piece))
                    waiting = (is_free_at - now) * self._bytes_per_second
                    if waiting > _QUEUE_BYTES:
                        await asyncio.sleep((waiting - _QUEUE_BYTES) / self._bytes_per_second)
                on_the_way.put_nowait((is_free_at + self._delay_s, b""))
                await arriving
        finally:
            arriving.cancel()
            await asyncio.gather(arriving, return_exceptions=True)
