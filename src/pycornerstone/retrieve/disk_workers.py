"""Threads that work on the disk, so that no event loop waits for it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.retrieve.disk_store import DiskStore, Unwritten

__all__ = ["DiskWorkers"]

P = ParamSpec("P")
T = TypeVar("T")

# A file of 512 kB is read and checked in 0.3 ms; a second thread hides what the disk takes.
_READERS = 2
# The network may be quicker than the disk: past this, what is loaded waits for the disk.
_WAITING_AT_MOST_BYTES = 128 * 1024 * 1024
_WAITS_AT_MOST_S = 10.0
# Rows are written some at a time: each time costs as much as a small file.
_WRITTEN_AT_ONCE = 16


class DiskWorkers:
    """Two threads that read, and one that writes behind what was given; made on first use.

    Parameters
    ----------
    store : DiskStore
        What they work on.
    """

    def __init__(self, store: DiskStore) -> None:
        self._store = store
        self.after_fork()

    def after_fork(self) -> None:
        """Begin anew in a child process, which has none of its parent's threads."""
        self._lock = threading.Lock()
        self._reader: concurrent.futures.ThreadPoolExecutor | None = None
        self._writer: concurrent.futures.ThreadPoolExecutor | None = None
        self._unwritten: deque[Unwritten] = deque()
        self._bytes = 0

    async def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something that reads, and wait for it in the event loop."""
        with self._lock:
            if self._reader is None:
                self._reader = concurrent.futures.ThreadPoolExecutor(
                    _READERS, thread_name_prefix="pycornerstone-disk-read"
                )
            future = self._reader.submit(work, *args, **kwargs)
        return await asyncio.wrap_future(future)

    def soon(
        self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[T]:
        """Do something after all that is to be written by now."""
        with self._lock:
            if self._writer is None:
                self._writer = concurrent.futures.ThreadPoolExecutor(
                    1, thread_name_prefix="pycornerstone-disk-write"
                )
            return self._writer.submit(work, *args, **kwargs)

    async def write(self, item: Unwritten) -> bool:
        """Have an answer written, later; waits only while too much of it is in memory.

        False if the disk does not keep up at all, and the answer is not written.
        """
        size = len(item.body)
        if self._bytes and self._bytes + size > _WAITING_AT_MOST_BYTES:
            written = asyncio.wrap_future(self.soon(self._write_down))
            done, _ = await asyncio.wait({written}, timeout=_WAITS_AT_MOST_S)
            if not done:
                written.cancel()
                return False
        with self._lock:
            self._unwritten.append(item)
            self._bytes += size
            is_first = len(self._unwritten) == 1
        if is_first:
            self.soon(self._write_down)
        return True

    def forget_unwritten(self) -> None:
        """Drop what is in memory and not on the disk yet."""
        with self._lock:
            self._bytes -= sum(len(item.body) for item in self._unwritten)
            self._unwritten.clear()

    def close(self) -> None:
        """Write what is to be written, and end the threads; the next use makes new ones."""
        with self._lock:
            executors = [self._writer, self._reader]
            self._reader = self._writer = None
        for executor in executors:
            if executor is not None:
                executor.shutdown()

    def _write_down(self) -> None:
        while True:
            with self._lock:
                batch = list(islice(self._unwritten, _WRITTEN_AT_ONCE))
                for _ in batch:
                    self._unwritten.popleft()
            if not batch:
                return
            try:
                self._store.write(batch)
            finally:
                with self._lock:
                    self._bytes -= sum(len(item.body) for item in batch)
