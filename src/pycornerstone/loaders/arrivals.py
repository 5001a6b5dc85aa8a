"""What has arrived and has not been taken yet, and how much more may be fetched meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine
    from typing import Any

    from pycornerstone.model.encoded_frame import EncodedFrame

__all__ = ["Arrivals"]


class Arrivals:
    """Frames between those who fetch them and the one who takes them. Of one event loop.

    Parameters
    ----------
    max_bytes : int
        How much may wait to be taken or be under way, though always one request.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._frames: deque[EncodedFrame] = deque()
        # What waits, and what is under way by what such a request brought at the most so far.
        self._waiting_bytes = self._expected_bytes = self._most_bytes = 0
        self._is_over = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def taken_from(
        self, fetching: Coroutine[Any, Any, None]
    ) -> AsyncGenerator[EncodedFrame, None]:
        """Run what fetches, and give what arrives until it has ended.

        Leaving early cancels it, and waits until it has ended.

        Raises
        ------
        Exception
            What it raises, once all that arrived before has been given.
        """
        task = asyncio.create_task(fetching)
        task.add_done_callback(self._end)
        try:
            while self._frames or not self._is_over:
                if not self._frames:
                    self._news.clear()
                    await self._news.wait()
                    continue
                frame = self._frames.popleft()
                self._waiting_bytes -= len(frame.data)
                self._room.set()
                yield frame
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def expect(self) -> int:
        """Wait until there is room for another answer; gives what `arrived` is told of then."""
        while self._waiting_bytes + self._expected_bytes + self._most_bytes > self._max_bytes and (
            self._waiting_bytes or self._expected_bytes
        ):
            self._room.clear()
            await self._room.wait()
        self._expected_bytes += self._most_bytes
        return self._most_bytes

    def arrived(self, expected: int, frames: list[EncodedFrame]) -> int:
        """Say that an answer is there, or is not to come; gives how many bytes it brought."""
        nbytes = sum(len(frame.data) for frame in frames)
        self._expected_bytes -= expected
        self._most_bytes = max(self._most_bytes, nbytes)
        self._waiting_bytes += nbytes
        if frames:
            self._frames.extend(frames)
            self._news.set()
        self._room.set()
        return nbytes

    def _end(self, _: asyncio.Task[None]) -> None:
        self._is_over = True
        self._news.set()
