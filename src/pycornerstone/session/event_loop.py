"""The session's own event loop, in a thread of its own, for whatever waits."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.errors import LoaderError, SessionClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType

__all__ = ["EventLoopThread"]

T = TypeVar("T")

_logger = logging.getLogger("pycornerstone.session")

# What was cancelled may clean up after itself, but not for ever.
_PATIENCE_S = 5.0


class EventLoopThread:
    """An asyncio event loop that runs in a daemon thread, started on first use."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._lock = threading.Lock()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run a coroutine in the loop; may be called from any thread.

        Raises
        ------
        SessionClosedError
            If the loop has been closed.
        """
        # With the lock held, so that what `close` winds up comes after all that was handed over.
        with self._lock:
            if not self._closed:
                return asyncio.run_coroutine_threadsafe(_Guarded(coroutine), self._started())
        coroutine.close()
        raise SessionClosedError("the session is closed; make a new one")

    def later(self, seconds: float, function: Callable[[], object]) -> None:
        """Have a function called in the loop after some time, unless it is closed before."""
        with self._lock:
            if not self._closed:
                loop = self._started()
                loop.call_soon_threadsafe(loop.call_later, seconds, function)

    def close(self, last: Callable[[], Coroutine[Any, Any, object]], *, wait: bool) -> None:
        """Cancel what runs in the loop, let it end, do `last` there, and end the thread.

        Parameters
        ----------
        last : callable
            Gives the coroutine of what is to be done last.
        wait : bool
            Whether to wait for all of it; the loop's own thread must not.
        """
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        ending = asyncio.run_coroutine_threadsafe(_wind_up(last), loop)
        ending.add_done_callback(lambda _: loop.call_soon_threadsafe(loop.stop))
        if wait:
            thread.join()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            # What `asyncio.to_thread` uses: asyncio makes the same one, under a name that says
            # nothing of whose threads they are.
            threads = concurrent.futures.ThreadPoolExecutor(thread_name_prefix=f"{self._name}-wait")
            self._loop.set_default_executor(threads)
            self._thread = threading.Thread(
                target=_run, args=(self._loop,), name=self._name, daemon=True
            )
            self._thread.start()
        return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


class _Guarded(Coroutine[Any, Any, T]):
    """A coroutine that cannot end the process: asyncio would end the loop, and all other loads.

    A second coroutine around the first would leave it unstarted when it is cancelled at once, and
    Python warns of that.
    """

    __slots__ = ("_coroutine",)

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, T]:
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        try:
            return self._coroutine.send(value)
        except (SystemExit, KeyboardInterrupt) as error:
            raise _as_error(error) from error

    def throw(
        self,
        kind: Any,
        value: BaseException | object = None,
        traceback: TracebackType | None = None,
    ) -> Any:
        try:
            if value is None and traceback is None:
                return self._coroutine.throw(kind)
            return self._coroutine.throw(kind, value, traceback)
        except (SystemExit, KeyboardInterrupt) as exit_error:
            raise _as_error(exit_error) from exit_error

    def close(self) -> None:
        self._coroutine.close()


def _as_error(error: BaseException) -> LoaderError:
    return LoaderError(f"it asked the whole process to end, by {error!r}")


async def _wind_up(last: Callable[[], Coroutine[Any, Any, object]]) -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    if others:
        _, stuck = await asyncio.wait(others, timeout=_PATIENCE_S)
        for task in stuck:
            _logger.warning(
                "%s goes on though it was cancelled; it is left behind", task.get_name()
            )
    await last()
