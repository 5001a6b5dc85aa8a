"""Work on many files in threads: one thread, or more where the disk is what is waited for."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["in_threads"]

_T = TypeVar("_T")

# What is done with headers is the work of one core, and threads in each other's way take half as
# long again for it: there are more where the disk, or the share, is what is waited for.
_THREADS = 8
# So many headers are a few milliseconds.
_AT_A_TIME = 32


async def in_threads(things: Sequence[_T], work: Callable[[Sequence[_T]], object]) -> None:
    """Call a function with some things after others, until it had all of them.

    Parameters
    ----------
    things : sequence
        What there is to work on.
    work : callable
        Called in threads with some things, in their order. What it raises ends all, once those that
        are at work are done; a cancellation ends them after what they are at.
    """
    left = deque(things[at : at + _AT_A_TIME] for at in range(0, len(things), _AT_A_TIME))
    threads = 1

    def take() -> float:
        """Work until more threads are wanted, or on one batch beside others; say how many are."""
        wanted = 1.0
        while left:
            try:
                batch = left.popleft()
            except IndexError:
                break
            wall, busy = time.perf_counter(), time.thread_time()
            work(batch)
            wall, busy = time.perf_counter() - wall, time.thread_time() - busy
            wanted = wall / max(busy, 1e-6)
            if threads > 1 or wanted >= 2:
                break
        return wanted

    try:
        while left:
            running = (asyncio.to_thread(take) for _ in range(min(threads, len(left))))
            taken = await asyncio.gather(*running, return_exceptions=True)
            wanted = 0.0
            for one in taken:
                if isinstance(one, BaseException):
                    raise one
                wanted += one / len(taken)
            threads = min(_THREADS, max(threads, int(wanted)))
    finally:
        # Threads are not ended by a cancellation.
        left.clear()
