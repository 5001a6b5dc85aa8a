"""The threads and the queues of a session, made for it."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

from pycornerstone.model.requests import RequestType
from pycornerstone.session.event_loop import EventLoopThread
from pycornerstone.session.quiet import Quiet
from pycornerstone.session.request_pool import RequestPool
from pycornerstone.session.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["THREADS", "new_workers"]

THREADS = "pycornerstone-"
"""How the names of a session's threads begin."""

# A frame and its metadata take two connections. All that is not interaction leaves some of the 32
# that there are to a host, since aiohttp gives them to whoever comes first.
_RETRIEVALS = {
    RequestType.INTERACTION: 16,
    RequestType.THUMBNAIL: 4,
    RequestType.PREFETCH: 6,
    RequestType.COMPUTE: 4,
}


def new_workers(decode_threads: int, may_begin: Callable[[], bool]) -> Workers:
    """Make what the loads of a session are done by; no thread is started yet.

    Parameters
    ----------
    decode_threads : int
        Images decoded at once.
    may_begin : callable
        Says whether one image more may be on its way.
    """
    event_loop = EventLoopThread(THREADS + "io")

    def decode_more() -> None:
        decode_pool.pump()

    quiet = Quiet(event_loop.later, decode_more)
    decode_pool = RequestPool(
        dict.fromkeys(RequestType, decode_threads),
        total=decode_threads,
        holds_back=quiet.holds_back,
    )
    return Workers(
        event_loop,
        concurrent.futures.ThreadPoolExecutor(
            sum(_RETRIEVALS.values()), thread_name_prefix=THREADS + "retrieve"
        ),
        concurrent.futures.ThreadPoolExecutor(
            decode_threads, thread_name_prefix=THREADS + "decode"
        ),
        RequestPool(_RETRIEVALS, may_begin=may_begin),
        # Apart, since a loader that is one function may wait for what it loads in turn.
        RequestPool(_RETRIEVALS, may_begin=may_begin),
        decode_pool,
        quiet,
        THREADS + "notify",
    )
