"""A load under way: it can be awaited, waited for, cancelled and listened to."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from pycornerstone.errors import LoadCancelledError, LoaderError
from pycornerstone.loaders.promised import Promised
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image import Image

if TYPE_CHECKING:
    from pycornerstone.model.requests import RequestType

__all__ = ["ImageLoadObject", "LoadOwner", "LoadProgress", "Promise"]

_logger = logging.getLogger("pycornerstone.loaders")

Promise: TypeAlias = Image | concurrent.futures.Future[Image] | Awaitable[Image]
"""An image, or something that will become one."""

Submit: TypeAlias = Callable[[Coroutine[Any, Any, Image]], "concurrent.futures.Future[Image]"]


class LoadProgress(NamedTuple):
    """How far a load has come: bytes that have arrived, and of how many.

    Attributes
    ----------
    loaded : int
        Bytes so far.
    total : int or None
        Bytes that there will be; None where nobody knows.
    """

    loaded: int
    total: int | None


class LoadOwner(Protocol):
    """Who does the work of a load object: a session."""

    def change_priority_of(
        self, load: ImageLoadObject, request_type: RequestType, priority: int
    ) -> None:
        """Do it sooner or later, as far as this caller is concerned."""

    def show_partial_to(self, load: ImageLoadObject) -> None:
        """Somebody would look at an image that is not whole yet."""

    def lend_thread(self) -> None:
        """Do some of the work in this thread, which has nothing to do until it is done."""


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
        self.owner: LoadOwner | None = None
        self._progress = LoadProgress(0, None)
        self._partial: Image | None = None
        self._partial_callbacks: list[Callable[[Image], object]] = []
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
        return f"<ImageLoadObject {without_credentials(self.image_id or '')} {state}>"

    @property
    def _what(self) -> str:
        return without_credentials(self.image_id or "the image")

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

    @property
    def progress(self) -> LoadProgress:
        """Bytes that have arrived, and how many there will be; ``(0, None)`` where nobody says."""
        return self._progress

    @property
    def partial(self) -> Image | None:
        """The best image so far, while the whole one is on its way; None if there is none."""
        return self._partial

    def add_partial_callback(self, fn: Callable[[Image], object]) -> None:
        """Call ``fn(image)`` for each image that can be shown though it is not all there.

        Each is of full size and better than the one before; `Image.quality` says what it is worth.
        It is called in a thread of the session, first with what there is already. Since that may
        happen while the load ends, compare the quality before showing it. What `fn` raises is
        logged.
        """
        with self._lock:
            if self._settled:
                return
            self._partial_callbacks.append(fn)
            partial, owner = self._partial, self.owner
        if partial is not None:
            self._elsewhere(lambda: self._call_with(fn, partial))
        if owner is not None:
            owner.show_partial_to(self)

    @property
    def has_partial_callbacks(self) -> bool:
        """Somebody would look at an image that is not whole yet."""
        return bool(self._partial_callbacks)

    def change_priority(self, request_type: RequestType, priority: int = 0) -> None:
        """Want it sooner or later: in the queues, and on the wire.

        An image that several wait for is as urgent as the most urgent of them makes it. Nothing
        happens where no session does the work, or it has ended.

        Parameters
        ----------
        request_type : RequestType
            Why it is wanted now.
        priority : int
            Order within a request type, lowest first.
        """
        owner = self.owner
        if owner is not None:
            owner.change_priority_of(self, request_type, priority)

    def report_progress(self, loaded: int, total: int | None) -> None:
        """Say how many bytes have arrived; for whoever does the loading."""
        self._progress = LoadProgress(loaded, total)

    def report_partial(self, image: Image) -> None:
        """Give an image that can be shown already; for whoever does the loading.

        It calls the callbacks here and now. One that is no better than the last is left out.
        """
        with self._lock:
            known = self._partial
            if self._settled or (known is not None and known.quality >= image.quality):
                return
            self._partial = image
            callbacks = list(self._partial_callbacks)
        for fn in callbacks:
            self._call_with(fn, image)

    def start(self, submit: Submit) -> None:
        """Run a coroutine that has not been started, by `submit`; the session does this."""
        with self._lock:
            if not self._waiting_to_start:
                return
            self._waiting_to_start = False
        promise = self._promise
        promise = submit(promise if inspect.iscoroutine(promise) else _as_coroutine(promise))
        self._promise = promise
        promise.add_done_callback(self._follow)
        if self.done():
            promise.cancel()

    def _begin(self) -> None:
        if self._waiting_to_start:
            self.start(_run_in_a_thread)

    def _help(self) -> None:
        owner = self.owner
        if owner is not None:
            owner.lend_thread()

    def _settle(self, outcome: object) -> bool:
        """Settle with an image or an error; False if it had settled before."""
        if not isinstance(outcome, Image | BaseException):
            outcome = LoaderError(f"the loader promised an image and gave {type(outcome).__name__}")
        if not super()._settle(outcome):
            return False
        # They know whoever listens, and hold memory, for as long as anybody holds this.
        self.owner = self._partial = None
        self._partial_callbacks = []
        return True

    def _call_with(self, fn: Callable[[Image], object], image: Image) -> None:
        try:
            fn(image)
        except KeyboardInterrupt:
            raise
        except BaseException:
            _logger.exception("a partial callback of %s raised", self._what)

    def _elsewhere(self, call: Callable[[], object]) -> None:
        notify = self._notify
        if notify is None:
            call()
        else:
            notify(call)

    def _follow(self, promise: concurrent.futures.Future[Any] | asyncio.Future[Any]) -> None:
        if promise.cancelled():
            self._settle(LoadCancelledError("the loader cancelled the load"))
        else:
            error = promise.exception()
            self._settle(promise.result() if error is None else error)
        # It keeps this as a callback, and its image: in a circle they would stay in memory until
        # the collector comes by.
        self._promise = None

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
                _logger.debug("the event loop of %s has closed", self._what)


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
