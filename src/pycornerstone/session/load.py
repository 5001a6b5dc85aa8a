"""One load of one image, whoever and however many wait for it."""

from __future__ import annotations

import functools
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.errors import LoadCancelledError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.loaders.protocol import is_async
from pycornerstone.model.image import Image
from pycornerstone.model.requests import RequestType
from pycornerstone.retrieve.errand import Errand, running_errand
from pycornerstone.session.lent_threads import SharedWork
from pycornerstone.session.load_news import LoadNews
from pycornerstone.session.loader_run import start_loader
from pycornerstone.session.nesting import run_inside
from pycornerstone.session.outcomes import error_of, of_image, settle
from pycornerstone.session.partial_images import PartialImages
from pycornerstone.session.wishes import Wish, fulfil
from pycornerstone.session.workers import in_a_new_thread

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine

    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.loaders.registry import AnyLoader
    from pycornerstone.session.load_memory import LoadMemory
    from pycornerstone.session.request_pool import Request, RequestPool
    from pycornerstone.session.running_load import LoadKeeper
    from pycornerstone.session.workers import Workers

__all__ = ["Load"]

T = TypeVar("T")


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
    keeper : LoadKeeper
        Who is told how it goes on.
    memory : LoadMemory
        What it takes until it has ended.

    Attributes
    ----------
    errand : Errand
        On whose behalf bytes are fetched: as urgent as its most urgent caller.
    keep : bool
        Whether somebody wants the image in the cache.
    depth : int
        How many loaders wait for it in a row.
    decache : callable or None
        Of the loader, for the cache.
    promised : ImageLoadObject or None
        What a loader function gave.
    """

    def __init__(
        self,
        image_id: str,
        options: LoadOptions,
        workers: Workers,
        keeper: LoadKeeper,
        memory: LoadMemory,
    ) -> None:
        self.image_id = image_id
        self.keep = False
        self.depth = 0
        self.decache: Callable[[], object] | None = None
        self.promised: ImageLoadObject | None = None
        self.errand = Errand(
            options.request_type,
            options.priority,
            quality=options.quality,
            on_progress=self._progressed,
        )
        self._options = options
        self._workers = workers
        self._keeper = keeper
        self._callers: dict[ImageLoadObject, Wish] = {}
        self._loader: AnyLoader | None = None
        self._begun_for = options.quality
        self._request: Request | None = None
        self._pool: RequestPool | None = None
        self._unstarted: Coroutine[Any, Any, Any] | None = None
        self._shared: SharedWork | None = None
        self._partials: PartialImages | None = None
        self._news = LoadNews(self, keeper, workers.notify)
        # It has ended when its outcome is known, and is settled when all are told. Until then it
        # can be joined, but for one that was cancelled: that was not what the next one asked for.
        self._ended = self._settled = self._is_cancelled = False
        self.memory = memory
        self._lock = threading.Lock()

    @property
    def has_ended(self) -> bool:
        """Whether its outcome is known."""
        return self._ended

    @property
    def options(self) -> LoadOptions:
        """How it is asked for by now."""
        request_type, priority = self.errand.urgency
        return replace(
            self._options,
            request_type=RequestType(request_type),
            priority=priority,
            quality=self.errand.quality,
        )

    def join(self, options: LoadOptions, *, keep: bool) -> ImageLoadObject | None:
        """Give a caller an object of its own; None if it comes too late.

        One caller's cancelling leaves the load to the others; that of the last one cancels it.
        """
        wish = Wish.of(options)
        with self._lock:
            is_too_good = self._ended and options.quality > self._begun_for
            if self._settled or self._is_cancelled or is_too_good:
                return None
            self.keep |= keep
            caller = ImageLoadObject(
                wish.promise, image_id=self.image_id, notify=self._workers.notify
            )
            caller.cancel_fn = lambda: self._leave(caller)
            caller.owner = self
            caller.report_progress(*self._news.progress)
            self._callers[caller] = wish
            return caller

    def start(self, loader: AnyLoader) -> None:
        """Queue the first step."""
        self._loader = loader
        start_loader(loader, self, self._workers)

    def refresh(self) -> None:
        """Be as urgent, and as good, as those who wait for it want it by now."""
        with self._lock:
            wishes = list(self._callers.values())
            if self._ended or not wishes:
                return
            has_changed = fulfil(self.errand, wishes)
            request, pool, partials = self._request, self._pool, self._partials
        self._look_who_watches()
        if not has_changed:
            return
        if request is not None and pool is not None:
            pool.change_priority(request, self.errand.request_type, self.errand.priority)
        if partials is not None:
            partials.change_priority()
        self._keeper.urgency_changed(self)

    def deepen(self, depth: int) -> None:
        """Move it to places so deep: a loader waits for it, and holds one less deep."""
        with self._lock:
            self.depth = depth = max(depth, self.depth)
            request, pool = self._request, self._pool
        if request is not None and pool is not None:
            pool.deepen(request, depth)

    def change_priority(self, request_type: RequestType, priority: int) -> None:
        """Let all who wait for it want it sooner or later."""
        with self._lock:
            for wish in self._callers.values():
                wish.request_type, wish.priority = request_type, priority
        self.refresh()

    def change_priority_of(
        self, load: ImageLoadObject, request_type: RequestType, priority: int
    ) -> None:
        """Let one caller want it sooner or later."""
        with self._lock:
            if (wish := self._callers.get(load)) is not None:
                wish.request_type, wish.priority = request_type, priority
        self.refresh()

    def show_partial_to(self, load: ImageLoadObject) -> None:  # noqa: ARG002 - of the protocol
        """Somebody would look at an image that is not whole yet."""
        self._look_who_watches()

    def can_decode_partials(self, decode: Callable[[Any], Image]) -> None:
        """Know how to make an image of a frame that is not whole."""
        self._partials = PartialImages(self, decode, self._workers)
        self._look_who_watches()

    def show_partial(self, image: Image) -> None:
        """Have an image shown that is not whole; the newest, where whoever is told may wait."""
        self._news.show_partial(image)

    def callers(self) -> list[ImageLoadObject]:
        """Give those who wait for it."""
        with self._lock:
            return list(self._callers)

    def cancel(self) -> None:
        """End it for every caller: out of the queue, off the wire, or its result thrown away."""
        self.end(LoadCancelledError("the load was cancelled"))

    def end(self, outcome: Image | BaseException) -> None:
        """End it with an image or an error; only the first end counts.

        An image that is worse than somebody has asked for meanwhile is shown, and loaded again.
        """
        with self._lock:
            if self._ended:
                return
            wanted = self.errand.quality
            again = None
            if isinstance(outcome, Image) and outcome.quality < wanted > self._begun_for:
                again = self._loader
            if again is None:
                self._ended = True
                self._is_cancelled = isinstance(outcome, LoadCancelledError)
            else:
                self._begun_for = wanted
        if again is not None and isinstance(outcome, Image):
            self.show_partial(outcome)
            self.start(again)
            return
        self._wind_up(outcome)

    def end_with(self, future: concurrent.futures.Future[Any]) -> None:
        """End it with what a step that is done has given."""
        error = error_of(future)
        self.end(future.result() if error is None else error)

    def settle(self, outcome: Image | BaseException) -> None:
        """Tell every caller."""
        with self._lock:
            self._settled = True
            callers, self._callers = self._callers, {}
            # In a circle with these, image and bytes would stay until the collector comes by.
            self._request = self._pool = self.promised = self._shared = None
        for caller, wish in callers.items():
            self._forget(wish)
            settle(wish.promise, outcome)
            # It knows the caller, who would never be let go of, nor what their callbacks know.
            caller.cancel_fn = None

    def queue(
        self,
        pool: RequestPool,
        start: Callable[[], concurrent.futures.Future[Any]],
        done: Callable[[concurrent.futures.Future[Any]], object],
    ) -> None:
        """Queue a step: `start` begins it, and `done` is told of its end."""
        if self._ended:
            return
        errand = self.errand
        if errand.request_type == RequestType.INTERACTION:
            self._workers.quiet.begin()
        kind, priority, depth = errand.request_type, errand.priority, self.depth
        begin = functools.partial(self.memory.begin, start)
        done = functools.partial(self._go_on, done)
        request = pool.add_request(begin, done, kind, priority, details=self.image_id, depth=depth)
        with self._lock:
            is_kept = not self.has_ended and not request.is_over
            if is_kept:
                self._request, self._pool = request, pool
        # Whoever changed them meanwhile did not know of the request yet.
        if not is_kept:
            pool.cancel(request)
            return
        if errand.urgency != (kind, priority):
            pool.change_priority(request, errand.request_type, errand.priority)
        if self.depth != depth:
            pool.deepen(request, self.depth)

    def call(
        self, function: Callable[..., Any], *arguments: object
    ) -> concurrent.futures.Future[Any]:
        """Call what may wait: in the event loop if it is async, else in a thread for that."""
        if is_async(function):
            submit = self._workers.event_loop.submit
            return self.inside(lambda: submit(function(*arguments)))
        return self.submit(self._workers.threads, function, *arguments)

    def submit(
        self,
        executor: concurrent.futures.Executor,
        function: Callable[..., Any],
        *arguments: object,
    ) -> concurrent.futures.Future[Any]:
        """Call it in a thread of `executor`."""
        work = functools.partial(self.inside, function, *arguments)
        # The executor's threads may all wait for this one.
        if self.depth:
            return in_a_new_thread(work)
        if executor is not self._workers.decoders:
            return executor.submit(work)
        self._shared = shared = SharedWork(work, executor, self._workers.held_back)
        return shared.future

    def lend_thread(self) -> None:
        """Decode in this thread, whose caller waits for it, if no other has begun to."""
        if (shared := self._shared) is not None:
            shared.do_here()

    def inside(self, function: Callable[..., T], *arguments: object) -> T:
        """Call it so that what it loads or fetches knows that it is on behalf of this load."""
        if self._ended:
            raise LoadCancelledError("the load was cancelled")
        return self.on_behalf(function, *arguments)

    def on_behalf(self, function: Callable[..., T], *arguments: object) -> T:
        """Call it as `inside` does, though the load may have ended."""
        given: T = run_inside((self.image_id,), self._on_its_errand, function, *arguments)
        return given

    def keep_unstarted(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Keep what a loader wants to be run, until there is a place for it."""
        with self._lock:
            if not self._ended:
                self._unstarted = coroutine
                return
        coroutine.close()

    def take_unstarted(self) -> Coroutine[Any, Any, Any]:
        """Give it, to be run.

        Raises
        ------
        LoadCancelledError
            If the load has ended, and it was thrown away.
        """
        with self._lock:
            coroutine, self._unstarted = self._unstarted, None
        if coroutine is None:
            raise LoadCancelledError("the load was cancelled")
        return coroutine

    def _go_on(
        self,
        done: Callable[[concurrent.futures.Future[Any]], object],
        future: concurrent.futures.Future[Any],
    ) -> None:
        try:
            done(future)
        except Exception as error:  # noqa: BLE001 - nobody else would tell those who wait
            self.end(error)

    def _on_its_errand(self, function: Callable[..., T], *arguments: object) -> T:
        with running_errand(self.errand):
            return function(*arguments)

    def _wind_up(self, outcome: Image | BaseException) -> None:
        with self._lock:
            request, pool, promised = self._request, self._pool, self.promised
            partials, unstarted = self._partials, self._unstarted
            self._unstarted = None
        if partials is not None:
            partials.stop()
        if unstarted is not None:
            unstarted.close()
        if isinstance(outcome, BaseException):
            if promised is not None:
                promised.cancel()
            if request is not None and pool is not None:
                pool.cancel(request)
            outcome = of_image(outcome, self.image_id)
        self._keeper.finish(self, outcome)

    def _leave(self, caller: ImageLoadObject) -> None:
        with self._lock:
            wish = self._callers.pop(caller, None)
            caller.cancel_fn = None
            goes_on = bool(self._callers) or self._ended
            if not goes_on:
                # Nobody can join from here on, so that nobody's load is cancelled by another.
                self._ended = self._is_cancelled = True
        self._forget(wish)
        if goes_on:
            self.refresh()
        else:
            self._wind_up(LoadCancelledError("the load was cancelled"))

    def _forget(self, wish: Wish | None) -> None:
        for waiting in () if wish is None else wish.waiting:
            self._keeper.let_go(waiting, self)

    def _progressed(self, loaded: int, total: int | None) -> None:
        self.memory.arriving(self.errand.own_bytes)
        self._news.progressed(loaded, total)

    def _look_who_watches(self) -> None:
        if self._partials is not None:
            self._partials.look_who_watches(self._keeper)
