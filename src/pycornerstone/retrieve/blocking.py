"""Waiting in any thread for what the session's event loop brings."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.errors import MetadataError, SessionClosedError
from pycornerstone.retrieve.errand import Errand, running_errand

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["wait_for"]

T = TypeVar("T")

# A loop that ends between two looks leaves what was handed to it undone, and says nothing.
_LOOKED_AFTER_S = 0.5


def wait_for(coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """Run a coroutine in a loop of another thread, and wait for what it gives.

    What it fetches goes before all that nobody waits for.

    Raises
    ------
    MetadataError
        If this is the loop's own thread, which would wait for itself.
    SessionClosedError
        If the loop has ended, or ends meanwhile.
    Exception
        What the coroutine raises.
    """
    if not loop.is_running():
        coroutine.close()
        raise _closed()
    if _runs_here(loop):
        coroutine.close()
        raise MetadataError(
            "this has to be fetched, and cannot be in the thread that fetches; ask for it in "
            "another, as by asyncio.to_thread"
        )
    try:
        # Whoever calls this may be decoding a prefetch, but waits now.
        with running_errand(Errand()):
            future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    except RuntimeError as error:
        coroutine.close()
        raise _closed() from error
    while True:
        try:
            return future.result(_LOOKED_AFTER_S)
        except concurrent.futures.CancelledError as error:
            raise _closed() from error
        except TimeoutError:
            if future.done():
                raise
            if not loop.is_running():
                future.cancel()
                raise _closed() from None
        except BaseException:
            # Ctrl-C ends the waiting, and then nobody wants it; of a future that is done, nothing.
            future.cancel()
            raise


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _closed() -> SessionClosedError:
    return SessionClosedError("the session is closed, and this has to be fetched; make a new one")
