"""One load of one image, whoever and however many wait for it."""

from __future__ import annotations

import concurrent.futures
import contextvars
import functools
import inspect
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pycornerstone.errors import LoadCancelledError, LoaderError, PyCornerstoneError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.loaders.protocol import has_steps, is_async
from pycornerstone.session.workers import in_a_new_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pycornerstone.loaders.protocol import ImageLoader, LoaderFunction, LoadOptions
    from pycornerstone.loaders.registry import AnyLoader
    from pycornerstone.model.image import Image
    from pycornerstone.model.requests import RequestType
    from pycornerstone.session.request_pool import Request, RequestPool
    from pycornerstone.session.workers import Workers

__all__ = ["Load", "error_of", "loads_around", "of_image", "run_inside"]

T = TypeVar("T")

# What a loader loads in turn must not queue behind it: then neither would ever end.
_AROUND: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("around", default=())


def loads_around() -> tuple[str, ...]:
    """Give the imageIds whose loaders are running here, the outermost first; most often none."""
    return _AROUND.get()


def run_inside(around: tuple[str, ...], function: Callable[..., T], *arguments: object) -> T:
    """Call it so that what it loads in turn knows inside of which loads it is."""
    context = contextvars.copy_context()
    context.run(_AROUND.set, around)
    return context.run(function, *arguments)


class Load:
    """A load from its first request to its end, which comes once.

    Parameters
    ----------
    image_id : str
        What is loaded.
    options : LoadOptions
        How the first caller asked for it.
    workers : Workers
        Where its steps are done.
    finish : callable
        Called once with this load and its image or error, when it has ended.
    keep : bool
        Whether somebody wants the image in the cache.

    Attributes
    ----------
    first_caller : ImageLoadObject
        What whoever asked first is given.
    """

    def __init__(
        self,
        image_id: str,
        options: LoadOptions,
        workers: Workers,
        finish: Callable[[Load, Image | BaseException], object],
        *,
        keep: bool,
    ) -> None:
        self.image_id = image_id
        self.options = options
        self.keep = keep
        self.decache: Callable[[], object] | None = None
        self._workers = workers
        self._finish = finish
        self._callers: dict[ImageLoadObject, concurrent.futures.Future[Image]] = {}
        self._request: Request | None = None
        self._pool: RequestPool | None = None
        self._promised: ImageLoadObject | None = None
        # It has ended when its outcome is known, and is settled when all are told. Until then it
        # can be joined, but for one that was cancelled: that was not what the next one asked for.
        self._ended = self._settled = self._is_cancelled = False
        self._around = loads_around()
        self._is_awaited_by_a_loader = bool(self._around)
        self._lock = threading.Lock()
        self.first_caller = self._new_caller()

    def join(self, *, keep: bool) -> ImageLoadObject | None:
        """Give a further caller an object of its own; None if all have been told the outcome.

        One caller's cancelling leaves the load to the others; that of the last one cancels it.
        """
        with self._lock:
            if self._settled or self._is_cancelled:
                return None
            self.keep |= keep
            return self._new_caller()

    def start(self, loader: AnyLoader) -> None:
        """Queue the first step."""
        if has_steps(loader):
            if is_async(loader.retrieve):
                self._queue(
                    self._workers.retrieval_pool,
                    lambda: self._call(loader.retrieve, self.image_id),
                    lambda future: self._retrieved(loader, future),
                )
            else:
                # What is at hand is read by the thread that decodes it: handing a local slice from
                # thread to thread took longer than reading it.
                self._queue(
                    self._workers.decode_pool,
                    lambda: self._submit(self._workers.decoders, self._both_steps, loader),
                    lambda future: self._read(loader, future),
                )
            return
        function = cast("LoaderFunction", loader)
        arguments = (self.image_id, self.options) if _wants_options(function) else (self.image_id,)
        self._queue(
            self._workers.loader_pool,
            lambda: self._promise_of(self._call(function, *arguments)),
            self._end_with,
        )

    def hurry(self, request_type: RequestType, priority: int) -> None:
        """Move it forward in the queue, if it waits there for something less urgent."""
        with self._lock:
            if (request_type, priority) >= (self.options.request_type, self.options.priority):
                return
            self.options = replace(self.options, request_type=request_type, priority=priority)
            request, pool = self._request, self._pool
        if request is not None and pool is not None:
            pool.change_priority(request, request_type, priority)

    def start_now(self) -> None:
        """Let it wait for nothing from here on: a loader waits for it, and holds a place."""
        with self._lock:
            self._is_awaited_by_a_loader = True
            request, pool = self._request, self._pool
        if request is not None and pool is not None:
            pool.start_now(request)

    def cancel(self) -> None:
        """End it for every caller: out of the queue, off the wire, or its result thrown away."""
        self.end(LoadCancelledError("the load was cancelled"))

    def end(self, outcome: Image | BaseException) -> None:
        """End it with an image or an error; only the first end counts."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            self._is_cancelled = isinstance(outcome, LoadCancelledError)
        self._wind_up(outcome)

    def _wind_up(self, outcome: Image | BaseException) -> None:
        with self._lock:
            request, pool, promised = self._request, self._pool, self._promised
        if isinstance(outcome, BaseException):
            if promised is not None:
                promised.cancel()
            if request is not None and pool is not None:
                pool.cancel(request)
            outcome = of_image(outcome, self.image_id)
        self._finish(self, outcome)

    def settle(self, outcome: Image | BaseException) -> None:
        """Tell every caller."""
        with self._lock:
            self._settled = True
            callers, self._callers = self._callers, {}
        for caller, promise in callers.items():
            _settle(promise, outcome)
            # It knows the caller, who would never be let go of, nor what their callbacks know.
            caller.cancel_fn = None

    def _new_caller(self) -> ImageLoadObject:
        promise: concurrent.futures.Future[Image] = concurrent.futures.Future()
        caller = ImageLoadObject(promise, image_id=self.image_id, notify=self._workers.notify)
        caller.cancel_fn = lambda: self._leave(caller)
        self._callers[caller] = promise
        return caller

    def _leave(self, caller: ImageLoadObject) -> None:
        with self._lock:
            self._callers.pop(caller, None)
            caller.cancel_fn = None
            if self._callers or self._ended:
                return
            # Nobody can join from here on, so that nobody's load is cancelled by another.
            self._ended = self._is_cancelled = True
        self._wind_up(LoadCancelledError("the load was cancelled"))

    def _queue(
        self,
        pool: RequestPool,
        start: Callable[[], concurrent.futures.Future[Any]],
        done: Callable[[concurrent.futures.Future[Any]], object],
    ) -> None:
        options = self.options
        request = pool.add_request(
            start,
            done,
            options.request_type,
            options.priority,
            details=self.image_id,
            at_once=self._is_awaited_by_a_loader,
        )
        with self._lock:
            if not self._ended and not request.is_over:
                self._request, self._pool = request, pool
            ended, is_awaited = self._ended, self._is_awaited_by_a_loader
        if ended:
            pool.cancel(request)
        elif is_awaited:
            pool.start_now(request)

    def _call(
        self, function: Callable[..., Any], *arguments: object
    ) -> concurrent.futures.Future[Any]:
        if is_async(function):
            return self._in_context(self._workers.event_loop.submit, function(*arguments))
        return self._submit(self._workers.threads, function, *arguments)

    def _submit(
        self,
        executor: concurrent.futures.Executor,
        function: Callable[..., Any],
        *arguments: object,
    ) -> concurrent.futures.Future[Any]:
        work = functools.partial(self._in_context, function, *arguments)
        # The executor's threads may all wait for this one.
        return in_a_new_thread(work) if self._is_awaited_by_a_loader else executor.submit(work)

    def _in_context(self, function: Callable[..., T], *arguments: object) -> T:
        """Call it so that what it loads in turn knows that it is inside of this load."""
        return run_inside((*self._around, self.image_id), function, *arguments)

    def _retrieved(self, loader: ImageLoader, future: concurrent.futures.Future[Any]) -> None:
        error = error_of(future)
        if error is not None:
            self.end(error)
            return
        encoded = future.result()
        self._queue(
            self._workers.decode_pool,
            lambda: self._submit(self._workers.decoders, loader.decode, encoded),
            self._end_with,
        )

    def _both_steps(self, loader: ImageLoader) -> Any:
        encoded = loader.retrieve(self.image_id)
        return encoded if inspect.isawaitable(encoded) else loader.decode(encoded)

    def _read(self, loader: ImageLoader, future: concurrent.futures.Future[Any]) -> None:
        error = error_of(future)
        outcome = future.result() if error is None else error
        if not inspect.isawaitable(outcome):
            self.end(outcome)
            return
        # A plain function that only makes a coroutine; this is what waits.
        self._queue(
            self._workers.retrieval_pool,
            lambda: self._in_context(self._workers.event_loop.submit, _await(outcome)),
            lambda future: self._retrieved(loader, future),
        )

    def _promise_of(
        self, called: concurrent.futures.Future[Any]
    ) -> concurrent.futures.Future[Image]:
        """Follow what a loader function gave until it is an image."""
        image: concurrent.futures.Future[Image] = concurrent.futures.Future()

        def returned(called: concurrent.futures.Future[Any]) -> None:
            failed = error_of(called)
            if failed is not None:
                _settle(image, failed)
                return
            given = called.result()
            try:
                promised = given if isinstance(given, ImageLoadObject) else ImageLoadObject(given)
            except LoaderError:
                _settle(
                    image,
                    LoaderError(
                        f"the loader gave {type(given).__name__}; it must return an Image, an "
                        "awaitable of one, or an ImageLoadObject"
                    ),
                )
                return
            self.decache = promised.decache
            with self._lock:
                self._promised = promised
                cancelled = self._ended
            promised.start(functools.partial(self._in_context, self._workers.event_loop.submit))
            promised.add_done_callback(lambda load: _settle(image, _outcome(load)))
            if cancelled:
                promised.cancel()

        def give_up(image: concurrent.futures.Future[Image]) -> None:
            if image.cancelled():
                called.cancel()

        image.add_done_callback(give_up)
        called.add_done_callback(returned)
        return image

    def _end_with(self, future: concurrent.futures.Future[Any]) -> None:
        error = error_of(future)
        self.end(future.result() if error is None else error)


async def _await(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def _outcome(load: ImageLoadObject) -> Image | BaseException:
    error = load.exception()
    return load.result() if error is None else error


def error_of(future: concurrent.futures.Future[Any]) -> BaseException | None:
    """Give what a future that is done has failed with; cancelling is failing too."""
    if future.cancelled():
        return LoadCancelledError("the load was cancelled")
    return future.exception()


def _settle(future: concurrent.futures.Future[Image], outcome: Image | BaseException) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def of_image(error: BaseException, image_id: str) -> BaseException:
    """Say in an error which image it is about; whoever raised it need not know."""
    if isinstance(error, RuntimeError) and "event loop" in str(error):
        error.add_note("a plain loader has a thread without one; write it as async def")
    if isinstance(error, PyCornerstoneError):
        if error.image_id is None:
            error.image_id = image_id
    elif f"while loading {image_id}" not in getattr(error, "__notes__", ()):
        error.add_note(f"while loading {image_id}")
    return error


def _wants_options(loader: Callable[..., Any]) -> bool:
    """Whether a loader function takes ``(image_id, options)``."""
    try:
        parameters = list(inspect.signature(loader).parameters.values())
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    if len(positional) < 2:
        return False
    # A second parameter with a default and another name is the author's own setting.
    return positional[1].default is inspect.Parameter.empty or positional[1].name == "options"
