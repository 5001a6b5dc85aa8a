"""Something under way: it can be awaited, waited for, cancelled and listened to."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from pycornerstone.errors import LoadCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Promised"]

_logger = logging.getLogger("pycornerstone.loaders")

T = TypeVar("T")


class Promised(Generic[T]):
    """What is promised: it settles once, with a value, an error or a cancellation.

    It is safe to use from any thread.

    Parameters
    ----------
    cancel_fn : callable, optional
        Called once without arguments if it is cancelled before it ended; it should stop the work.
    notify : callable, optional
        Calls the callbacks of `add_done_callback`, somewhere where they may wait.
    """

    def __init__(
        self,
        cancel_fn: Callable[[], object] | None = None,
        notify: Callable[[Callable[[], object]], object] | None = None,
    ) -> None:
        self.cancel_fn = cancel_fn
        self._notify = notify
        self._outcome: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._lock = threading.Lock()
        self._settled = False

    @property
    def _what(self) -> str:
        """What is promised, for messages."""
        return "it"

    def __await__(self) -> Generator[Any, None, T]:
        """Wait in whatever asyncio event loop this is; cancelling the wait cancels the load."""
        return self._wait().__await__()

    def result(self, timeout: float | None = None) -> T:
        """Wait for it in this thread.

        Parameters
        ----------
        timeout : float, optional
            Seconds; by default as long as it takes.

        Raises
        ------
        TimeoutError
            If it is not there in time; the load goes on.
        LoadCancelledError
            If the load was cancelled.
        PyCornerstoneError
            Or whatever else the loader failed with.
        """
        self._begin()
        if timeout is None and not self._outcome.done():
            self._help()
        try:
            return self._outcome.result(timeout)
        except TimeoutError:
            if self._outcome.done():
                raise
            raise TimeoutError(
                f"{self._what} is not there after {timeout} s; still loading"
            ) from None

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end in this thread, and give its error, None if there was none."""
        self._begin()
        if timeout is None and not self._outcome.done():
            self._help()
        return self._outcome.exception(timeout)

    def done(self) -> bool:
        """Say whether it has settled, one way or the other."""
        return self._outcome.done()

    def cancelled(self) -> bool:
        """Say whether it has settled by being cancelled."""
        return self._outcome.done() and isinstance(self._outcome.exception(), LoadCancelledError)

    def cancel(self) -> bool:
        """Cancel the load: it settles with LoadCancelledError, and `cancel_fn` is called.

        Returns
        -------
        bool
            False if it had settled before.
        """
        if not self._settle(LoadCancelledError("the load was cancelled")):
            return False
        cancel_fn = self.cancel_fn
        if cancel_fn is not None:
            try:
                cancel_fn()
            except Exception:
                _logger.exception("cancel_fn of %s raised", self._what)
        return True

    def add_done_callback(self, fn: Callable[[Self], object]) -> None:
        """Call ``fn(self)`` when it settles, in a thread of the session; now and here if it has.

        What `fn` raises is logged.
        """
        # A future keeps its callbacks when it is done, and with them all that they know: in a
        # circle with this, what was promised would stay in memory until the collector comes by.
        once = [(fn, self)]

        def call() -> None:
            fn, promised = once.pop()
            try:
                fn(promised)
            except KeyboardInterrupt:
                raise
            except BaseException:
                _logger.exception("a callback of %s raised", promised._what)  # noqa: SLF001 - its own

        notify = self._notify
        if notify is None or self.done():
            self._outcome.add_done_callback(lambda _: call())
        else:
            self._outcome.add_done_callback(lambda _: notify(call))

    async def _wait(self) -> T:
        self._begin()
        if not self._outcome.done():
            loop = asyncio.get_running_loop()
            waiter = loop.create_future()
            what = self._what

            def wake(_: concurrent.futures.Future[T]) -> None:
                try:
                    loop.call_soon_threadsafe(_release, waiter)
                except RuntimeError:
                    _logger.debug("the event loop that waited for %s has closed", what)

            self._outcome.add_done_callback(wake)
            try:
                await waiter
            except asyncio.CancelledError:
                self.cancel()
                raise
        return self._outcome.result()

    def _begin(self) -> None:
        """Do what is needed for it to end; called before anybody waits."""

    def _help(self) -> None:
        """Do what can be done of it in a thread that waits, however long it takes."""

    def _settle(self, outcome: T | BaseException) -> bool:
        """Settle with a value or an error; False if it had settled before."""
        with self._lock:
            if self._settled:
                return False
            self._settled = True
        # Callbacks run in here, so the lock is not held.
        if isinstance(outcome, BaseException):
            self._outcome.set_exception(outcome)
        else:
            self._outcome.set_result(outcome)
        return True


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
