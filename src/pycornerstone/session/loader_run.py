"""One go of a loader through its steps, each where it belongs: in the loop, or in a thread."""

from __future__ import annotations

import concurrent.futures
import functools
import inspect
from typing import TYPE_CHECKING, Any, cast

from pycornerstone.errors import LoaderError, SessionClosedError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.loaders.protocol import has_steps, is_async, knows_at_hand
from pycornerstone.session.outcomes import error_of, outcome_of, settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pycornerstone.loaders.protocol import ImageLoader, LoaderFunction
    from pycornerstone.loaders.registry import AnyLoader
    from pycornerstone.model.image import Image
    from pycornerstone.session.running_load import RunningLoad
    from pycornerstone.session.workers import Workers

__all__ = ["start_loader"]


def start_loader(loader: AnyLoader, load: RunningLoad, workers: Workers) -> None:
    """Queue the first step of a loader; the last one ends the load."""
    if has_steps(loader):
        load.can_decode_partials(loader.decode)
        _Steps(loader, load, workers).start()
    else:
        _call_function(cast("LoaderFunction", loader), load, workers)


class _Steps:
    """A loader whose steps are scheduled apart."""

    def __init__(self, loader: ImageLoader, load: RunningLoad, workers: Workers) -> None:
        self._loader = loader
        self._load = load
        self._workers = workers

    def start(self) -> None:
        load, workers, loader = self._load, self._workers, self._loader
        if knows_at_hand(loader):
            try:
                encoded = loader.at_hand(load.image_id)
            except Exception as error:  # noqa: BLE001 - all that goes wrong is told by the load object
                load.end(error)
                return
            if encoded is not None:
                self._queue_decoding(encoded)
                return
        if is_async(loader.retrieve):
            load.queue(
                workers.retrieval_pool,
                lambda: load.call(loader.retrieve, load.image_id),
                self._retrieved,
            )
        else:
            # What is at hand is read by the thread that decodes it: handing a local slice from
            # thread to thread took longer than reading it.
            load.queue(
                workers.decode_pool,
                lambda: load.submit(workers.decoders, self._both),
                self._read,
            )

    def _retrieved(self, future: concurrent.futures.Future[Any]) -> None:
        error = error_of(future)
        if error is not None:
            self._load.end(error)
            return
        encoded = future.result()
        self._load.memory.arrived(encoded)
        self._queue_decoding(encoded)

    def _queue_decoding(self, encoded: Any) -> None:
        load, workers = self._load, self._workers
        load.queue(
            workers.decode_pool,
            lambda: load.submit(workers.decoders, self._decode, encoded),
            load.end_with,
        )

    def _both(self) -> Any:
        encoded = self._loader.retrieve(self._load.image_id)
        return encoded if inspect.isawaitable(encoded) else self._decode(encoded)

    def _decode(self, encoded: Any) -> Image:
        self._load.memory.decoding(encoded)
        return self._loader.decode(encoded)

    def _read(self, future: concurrent.futures.Future[Any]) -> None:
        error = error_of(future)
        outcome = future.result() if error is None else error
        if not inspect.isawaitable(outcome):
            self._load.end(outcome)
            return
        # A plain function that only makes a coroutine; this is what waits.
        load, workers = self._load, self._workers
        load.keep_unstarted(outcome if inspect.iscoroutine(outcome) else _await(outcome))
        load.queue(
            workers.retrieval_pool,
            # Taken only when the load is known to go on: nobody would close it otherwise.
            lambda: load.inside(lambda: workers.event_loop.submit(load.take_unstarted())),
            self._retrieved,
        )


def _call_function(function: LoaderFunction, load: RunningLoad, workers: Workers) -> None:
    wants_options = _wants_options(function)

    def start() -> concurrent.futures.Future[Image]:
        load.memory.guess()
        arguments = (load.image_id, load.options) if wants_options else (load.image_id,)
        return _promise_of(load.call(function, *arguments), load, workers)

    load.queue(workers.loader_pool, start, load.end_with)


def _promise_of(
    called: concurrent.futures.Future[Any], load: RunningLoad, workers: Workers
) -> concurrent.futures.Future[Image]:
    """Follow what a loader function gave until it is an image."""
    image: concurrent.futures.Future[Image] = concurrent.futures.Future()

    # A future keeps its callbacks: in a circle, the image would stay until the collector comes by.
    under_way = [called]

    def returned(called: concurrent.futures.Future[Any]) -> None:
        under_way.clear()
        failed = error_of(called)
        if failed is not None:
            settle(image, failed)
            return
        given = called.result()
        try:
            promised = given if isinstance(given, ImageLoadObject) else ImageLoadObject(given)
        except LoaderError:
            settle(
                image,
                LoaderError(
                    f"the loader gave {type(given).__name__}; it must return an Image, an "
                    "awaitable of one, or an ImageLoadObject"
                ),
            )
            return
        load.decache = promised.decache
        load.promised = promised
        try:
            promised.start(functools.partial(load.on_behalf, workers.event_loop.submit))
        except SessionClosedError as error:
            settle(image, error)
            return
        promised.add_done_callback(lambda promised: settle(image, outcome_of(promised)))
        if load.has_ended:
            load.promised = None
            promised.cancel()

    def give_up(image: concurrent.futures.Future[Image]) -> None:
        if image.cancelled():
            for future in tuple(under_way):
                future.cancel()

    image.add_done_callback(give_up)
    called.add_done_callback(returned)
    return image


async def _await(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


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
