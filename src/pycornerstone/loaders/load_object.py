"""A load under way: it can be awaited, waited for, cancelled and listened to."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, TypeAlias

from pycornerstone.errors import LoadCancelledError, LoaderError
from pycornerstone.model.image import Image

__all__ = ["ImageLoadObject", "Promise"]

_logger = logging.getLogger("pycornerstone.loaders")

Promise: TypeAlias = Image | concurrent.futures.Future[Image] | Awaitable[Image]
"""An image, or something that will become one."""

Submit: TypeAlias = Callable[[Coroutine[Any, Any, Image]], "concurrent.futures.Future[Image]"]


class ImageLoadObject:
    """The promise of an image: what a loader returns, and what everyone who asks for one is given.

    It settles once, with an image, an error or a cancellation, and is safe to use from any thread.

    Parameters
    ----------
    promise : Image, concurrent.futures.Future, asyncio.Future, coroutine or other awaitable
        What becomes the image. A coroutine is run by the session on its event loop; without a
        session, by the first who waits for it, in a thread of its own.
    cancel_fn : callable, optional
        Called once without arguments if the load is cancelled before it ended; it should stop the
        work. It need not settle the promise, but may. Without it, the promise is cancelled.
    decache : callable, optional
        Called without arguments when the cache lets go of the image.
    image_id : str, optional
        What is loaded, for messages.
    notify : callable, optional
        Calls the callbacks of `add_done_callback`, somewhere where they may wait.

    Raises
    ------
    LoaderError
        If `promise` is none of these.

    Examples
    --------
    >>> import numpy as np
    >>> load = ImageLoadObject(Image("custom1:a", np.zeros((2, 3))))
    >>> load.result().rows
    2
    """

    def __init__(
        self,
        promise: Promise,
        cancel_fn: Callable[[], object] | None = None,
        decache: Callable[[], object] | None = None,
        *,
        image_id: str | None = None,
        notify: Callable[[Callable[[], object]], object] | None = None,
    ) -> None:
        self.image_id = image_id
        self._notify = notify
        self.cancel_fn = cancel_fn
        self.decache = decache
        self._outcome: concurrent.futures.Future[Image] = concurrent.futures.Future()
        self._lock = threading.Lock()
        self._promise: Any = promise
        self._settled = False
        self._waiting_to_start = False
        match promise:
            case Image():
                self._settle(promise)
            case concurrent.futures.Future():
                promise.add_done_callback(self._follow)
            case asyncio.Future():
                self._listen_in_its_loop(promise)
            case _ if inspect.isawaitable(promise):
                self._waiting_to_start = True
            case _:
                raise LoaderError(
                    "a load object needs an image, a future or a coroutine that becomes one, got "
                    f"{type(promise).__name__}"
                )

    @classmethod
    def rejected(cls, error: BaseException, image_id: str | None = None) -> ImageLoadObject:
        """Give a load that has failed already."""
        promise: concurrent.futures.Future[Image] = concurrent.futures.Future()
        promise.set_exception(error)
        return cls(promise, image_id=image_id)

    def __repr__(self) -> str:
        state = "loading"
        if self.cancelled():
            state = "cancelled"
        elif self.done():
            state = "failed" if self._outcome.exception() else "loaded"
        return f"<ImageLoadObject {self.image_id or ''} {state}>"

    def __await__(self) -> Generator[Any, None, Image]:
        """Wait in whatever asyncio event loop this is; cancelling the wait cancels the load."""
        return self._wait().__await__()

    def result(self, timeout: float | None = None) -> Image:
        """Wait for the image in this thread.

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
        self._start_alone()
        try:
            return self._outcome.result(timeout)
        except TimeoutError:
            if self._outcome.done():
                raise
            raise TimeoutError(
                f"{self.image_id or 'the image'} is not there after {timeout} s; still loading"
            ) from None

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end in this thread, and give its error, None if there was none."""
        self._start_alone()
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
                _logger.exception("cancel_fn of %s raised", self.image_id)
        if cancel_fn is None or self._waiting_to_start:
            self._cancel_promise()
        return True

    def add_done_callback(self, fn: Callable[[ImageLoadObject], object]) -> None:
        """Call ``fn(self)`` when it settles, in a thread of the session; now and here if it has.

        What `fn` raises is logged.
        """
        # A future keeps its callbacks when it is done, and with them all that they know.
        once = [fn]

        def call() -> None:
            try:
                once.pop()(self)
            except KeyboardInterrupt:
                raise
            except BaseException:
                _logger.exception("a callback of %s raised", self.image_id)

        notify = self._notify
        if notify is None or self.done():
            self._outcome.add_done_callback(lambda _: call())
        else:
            self._outcome.add_done_callback(lambda _: notify(call))

    def start(self, submit: Submit) -> None:
        """Run a coroutine that has not been started, by `submit`; the session does this."""
        with self._lock:
            if not self._waiting_to_start:
                return
            self._waiting_to_start = False
        promise = submit(_as_coroutine(self._promise))
        self._promise = promise
        promise.add_done_callback(self._follow)
        if self.done():
            promise.cancel()

    async def _wait(self) -> Image:
        self._start_alone()
        if not self._outcome.done():
            loop = asyncio.get_running_loop()
            waiter = loop.create_future()

            def wake(_: concurrent.futures.Future[Image]) -> None:
                try:
                    loop.call_soon_threadsafe(_release, waiter)
                except RuntimeError:
                    _logger.debug("the event loop that waited for %s has closed", self.image_id)

            self._outcome.add_done_callback(wake)
            try:
                await waiter
            except asyncio.CancelledError:
                self.cancel()
                raise
        return self._outcome.result()

    def _settle(self, outcome: object) -> bool:
        """Settle with an image or an error; False if it had settled before."""
        with self._lock:
            if self._settled:
                return False
            self._settled = True
        # Callbacks run in here, so the lock is not held.
        if isinstance(outcome, Image):
            self._outcome.set_result(outcome)
        elif isinstance(outcome, BaseException):
            self._outcome.set_exception(outcome)
        else:
            self._outcome.set_exception(
                LoaderError(f"the loader promised an image and gave {type(outcome).__name__}")
            )
        return True

    def _follow(self, promise: concurrent.futures.Future[Any] | asyncio.Future[Any]) -> None:
        if promise.cancelled():
            self._settle(LoadCancelledError("the loader cancelled the load"))
        else:
            error = promise.exception()
            self._settle(promise.result() if error is None else error)

    def _listen_in_its_loop(self, promise: asyncio.Future[Image]) -> None:
        loop = promise.get_loop()
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is loop:
            promise.add_done_callback(self._follow)
            return
        try:
            loop.call_soon_threadsafe(promise.add_done_callback, self._follow)
        except RuntimeError as error:
            raise LoaderError(
                "the promise belongs to an event loop that is closed, so it can never settle"
            ) from error

    def _cancel_promise(self) -> None:
        promise = self._promise
        with self._lock:
            unstarted, self._waiting_to_start = self._waiting_to_start, False
        if unstarted:
            if inspect.iscoroutine(promise):
                promise.close()
        elif isinstance(promise, concurrent.futures.Future):
            promise.cancel()
        elif isinstance(promise, asyncio.Future):
            try:
                promise.get_loop().call_soon_threadsafe(promise.cancel)
            except RuntimeError:
                _logger.debug("the event loop of %s has closed", self.image_id)

    def _start_alone(self) -> None:
        if self._waiting_to_start:
            self.start(_run_in_a_thread)


async def _as_coroutine(awaitable: Awaitable[Image]) -> Image:
    return await awaitable


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _run_in_a_thread(coroutine: Coroutine[Any, Any, Image]) -> concurrent.futures.Future[Image]:
    promise: concurrent.futures.Future[Image] = concurrent.futures.Future()

    def run() -> None:
        try:
            image = asyncio.run(coroutine)
        except BaseException as error:  # noqa: BLE001 - whatever it is, whoever waits must be told
            promise.set_exception(error)
        else:
            promise.set_result(image)

    threading.Thread(target=run, name="pycornerstone-load", daemon=True).start()
    return promise
