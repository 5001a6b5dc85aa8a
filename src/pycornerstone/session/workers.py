"""Where the steps of a load are done: an event loop, threads that wait, threads that compute."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.session.event_loop import EventLoopThread
    from pycornerstone.session.request_pool import RequestPool

__all__ = ["Workers", "in_a_new_thread"]


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
    notifiers : concurrent.futures.Executor
        Runs what users gave to be called: listeners, callbacks, metadata providers.
    """

    def __init__(
        self,
        event_loop: EventLoopThread,
        threads: concurrent.futures.Executor,
        decoders: concurrent.futures.Executor,
        retrieval_pool: RequestPool,
        loader_pool: RequestPool,
        decode_pool: RequestPool,
        notifiers: concurrent.futures.Executor,
    ) -> None:
        self.notifiers = notifiers
        self.event_loop = event_loop
        self.threads = threads
        self.decoders = decoders
        self.retrieval_pool = retrieval_pool
        self.loader_pool = loader_pool
        self.decode_pool = decode_pool

    def notify(self, call: Callable[[], object]) -> None:
        """Call it where it may wait: not in the event loop, nor where images are decoded."""
        try:
            self.notifiers.submit(call)
        except RuntimeError:
            # The session is closing, and whoever is told of it is told here.
            call()


def in_a_new_thread(work: Callable[[], Any]) -> concurrent.futures.Future[Any]:
    """Do a piece of work in a thread that is there for nothing else."""
    executor = concurrent.futures.ThreadPoolExecutor(1, "pycornerstone-nested")
    try:
        return executor.submit(work)
    finally:
        executor.shutdown(wait=False)
