"""Where the steps of a load are done: an event loop, threads that wait, threads that compute."""

from __future__ import annotations

import concurrent.futures
import os
import threading
from typing import TYPE_CHECKING, Any

from pycornerstone.session.held_back import HeldBack

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.session.event_loop import EventLoopThread
    from pycornerstone.session.quiet import Quiet
    from pycornerstone.session.request_pool import RequestPool

__all__ = ["Workers", "in_a_new_thread", "usable_cores"]

# Kept for what users gave to be called; where more of that waits, it has threads of its own.
_NOTIFIERS = 16


class Workers:
    """Where the steps of a load are done.

    Attributes
    ----------
    event_loop : EventLoopThread
        Runs what is async.
    threads : concurrent.futures.Executor
        Runs what is plain and may block.
    decoders : concurrent.futures.Executor
        Runs what computes.
    retrieval_pool, loader_pool, decode_pool : RequestPool
        Say when: retrieving, loaders that are one function, and decoding.
    quiet : Quiet
        Lets what can wait do so while somebody waits for an image.
    held_back : HeldBack
        Keeps what is to be decoded from the decoders' threads while who waits for it does it.

    Parameters
    ----------
    name : str
        Of the threads that run what users gave to be called.
    """

    def __init__(
        self,
        event_loop: EventLoopThread,
        threads: concurrent.futures.Executor,
        decoders: concurrent.futures.Executor,
        retrieval_pool: RequestPool,
        loader_pool: RequestPool,
        decode_pool: RequestPool,
        quiet: Quiet,
        name: str,
    ) -> None:
        self._notifiers = concurrent.futures.ThreadPoolExecutor(_NOTIFIERS, name)
        self._lock = threading.Lock()
        self._telling = 0
        self.event_loop = event_loop
        self.threads = threads
        self.decoders = decoders
        self.retrieval_pool = retrieval_pool
        self.loader_pool = loader_pool
        self.decode_pool = decode_pool
        self.quiet = quiet
        self.held_back = HeldBack()

    def notify(self, call: Callable[[], object]) -> None:
        """Call it where it may wait: not in the event loop, nor where images are decoded."""
        with self._lock:
            is_crowded = self._telling >= _NOTIFIERS
            self._telling += 1

        def tell() -> None:
            try:
                call()
            finally:
                with self._lock:
                    self._telling -= 1

        try:
            if is_crowded:
                # All of them may wait for a load whose end has to be told first.
                in_a_new_thread(tell)
            else:
                self._notifiers.submit(tell)
        except RuntimeError:
            # The session is closing, and whoever is told of it is told here.
            tell()

    def shutdown(self, *, wait: bool) -> None:
        """End all threads but the event loop's; what was to be told is told."""
        self.held_back.close()
        for executor in (self.threads, self.decoders):
            executor.shutdown(wait=wait, cancel_futures=True)
        self._notifiers.shutdown(wait=wait)


def usable_cores() -> int:
    """Count the cores that this process may use; a scheduler or a container may allow it few."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_a_new_thread(work: Callable[[], Any]) -> concurrent.futures.Future[Any]:
    """Do a piece of work in a thread that is there for nothing else."""
    executor = concurrent.futures.ThreadPoolExecutor(1, "pycornerstone-nested")
    try:
        return executor.submit(work)
    finally:
        executor.shutdown(wait=False)
