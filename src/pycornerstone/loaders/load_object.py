"""A load under way: it can be awaited, waited for, cancelled and listened to."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from pycornerstone.errors import LoadCancelledError, LoaderError
from pycornerstone.loaders.promised import Promised
from pycornerstone.model.image import Image

__all__ = ["ImageLoadObject", "Promise"]

_logger = logging.getLogger("pycornerstone.loaders")

Promise: TypeAlias = Image | concurrent.futures.Future[Image] | Awaitable[Image]
"""An image, or something that will become one."""

Submit: TypeAlias = Callable[[Coroutine[Any, Any, Image]], "concurrent.futures.Future[Image]"]


class ImageLoadObject(Promised[Image]):
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
        super().__init__(cancel_fn, notify)
        self.image_id = image_id
        self.decache = decache
        self._promise: Any = promise
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

    @property
    def _what(self) -> str:
        return self.image_id or "the image"

    def cancel(self) -> bool:
        """Cancel the load: it settles with LoadCancelledError, and `cancel_fn` is called.

        Returns
        -------
        bool
            False if it had settled before.
        """
        # It may be taken away while it is called.
        has_cancel_fn = self.cancel_fn is not None
        if not super().cancel():
            return False
        if not has_cancel_fn or self._waiting_to_start:
            self._cancel_promise()
        return True

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

    def _begin(self) -> None:
        if self._waiting_to_start:
            self.start(_run_in_a_thread)

    def _settle(self, outcome: object) -> bool:
        """Settle with an image or an error; False if it had settled before."""
        if not isinstance(outcome, Image | BaseException):
            outcome = LoaderError(f"the loader promised an image and gave {type(outcome).__name__}")
        return super()._settle(outcome)

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


async def _as_coroutine(awaitable: Awaitable[Image]) -> Image:
    return await awaitable


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
