"""The images that a session is loading: each once, however many ask for it."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pycornerstone.errors import (
    CacheSizeExceededError,
    LoadCancelledError,
    LoaderError,
    SessionClosedError,
)
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.events import (
    CacheSizeExceeded,
    Event,
    ImageLoadCancelled,
    ImageLoaded,
    ImageLoadFailed,
    ImageLoadProgress,
    ImagePartiallyLoaded,
)
from pycornerstone.model.image import Image
from pycornerstone.model.image_id import ImageId, not_text
from pycornerstone.session.calibration import calibrated
from pycornerstone.session.completion import complete
from pycornerstone.session.load import Load
from pycornerstone.session.nesting import WaitGraph, loads_around

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.loaders.registry import LoaderRegistry
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.model.image import ImageQuality
    from pycornerstone.model.requests import RequestType
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.events import EventBus
    from pycornerstone.session.load_memory import LoadsMemory
    from pycornerstone.session.running_load import RunningLoad
    from pycornerstone.session.workers import Workers

__all__ = ["ImageLoads", "ImageSources"]

# Images that came worse than asked are few; of those that the cache has let go of, none matters.
_REMEMBERED = 4096

_logger = logging.getLogger("pycornerstone.session")


@dataclass(frozen=True, slots=True)
class ImageSources:
    """What of a session images are loaded with.

    Attributes
    ----------
    loaders : LoaderRegistry
        Who loads which scheme.
    metadata : MetadataRegistry
        What is known of images.
    cache : Cache
        Images at hand.
    events : EventBus
        Who is told of what happens.
    workers : Workers
        Where it is done.
    has_only_its_providers : callable
        Whether no function of a user's would be asked for metadata.
    memory : LoadsMemory
        Room for what is on its way.
    """

    loaders: LoaderRegistry
    metadata: MetadataRegistry
    cache: Cache
    events: EventBus
    workers: Workers
    has_only_its_providers: Callable[[], bool]
    memory: LoadsMemory


class ImageLoads:
    """Begins them, shares each between all who ask for it, and ends them with their session.

    Parameters
    ----------
    sources : ImageSources
        What images are loaded with.
    """

    def __init__(self, sources: ImageSources) -> None:
        self._sources = sources
        self._loads: dict[str, Load] = {}
        self._memory = sources.memory
        self._waits = WaitGraph()
        # Of images that came worse than they were asked for: what was asked. There is no better.
        self._asked_for: dict[str, ImageQuality] = {}
        self._lock = threading.RLock()
        self._closed = False

    def cancel(self, image_ids: Iterable[str]) -> int:
        """Cancel the loads of images for all who wait for them; say how many there were."""
        loads = self._loading(image_ids)
        for load in loads:
            load.cancel()
        return len(loads)

    def change_priority(
        self, image_ids: Iterable[str], request_type: RequestType, priority: int
    ) -> int:
        """Let what is loading be wanted sooner or later by all; say how many there were."""
        loads = self._loading(image_ids)
        for load in loads:
            load.change_priority(request_type, priority)
        return len(loads)

    def close(self) -> None:
        """Settle what is loading with SessionClosedError, and begin nothing any more."""
        with self._lock:
            self._closed = True
            image_ids = list(self._loads)
        for load in self._loading(image_ids):
            load.end(SessionClosedError("the session was closed while the image was loading"))

    def _loading(self, image_ids: Iterable[str]) -> list[Load]:
        """Give their loads, those that have begun last.

        If these were changed first, what is queued would be begun in their places, only to be
        changed in its turn.
        """
        with self._lock:
            found = [self._loads[i] for i in dict.fromkeys(image_ids) if i in self._loads]
        return sorted(found, key=lambda load: load.memory.has_begun)

    def load(self, image_id: str, options: LoadOptions, *, keep: bool) -> ImageLoadObject:
        """Give the promise of an image, from the cache, of a load under way, or of a new one."""
        sources = self._sources
        wrong = not_text(image_id)
        if wrong is not None:
            return ImageLoadObject.rejected(wrong)
        image = sources.cache.get(image_id)
        if image is not None and self._is_enough(image, options.quality):
            return self._from_cache(image)
        around = loads_around()
        with self._lock:
            refusal = self._refusal(around, image_id)
            if refusal is not None:
                return ImageLoadObject.rejected(refusal, image_id)
            load = self._loads.get(image_id)
            caller = None if load is None else load.join(options, keep=keep)
            is_new = load is None or caller is None
            # It may have come since the cache was asked, and its load be over.
            late = sources.cache.get(image_id) if is_new else None
            came = late if late is not None and self._is_enough(late, options.quality) else None
            if came is None and (load is None or caller is None):
                load = self._loads[image_id] = Load(
                    image_id, options, sources.workers, self, self._memory.new_load()
                )
                # Nobody can have ended what only this thread knows.
                caller = cast("ImageLoadObject", load.join(options, keep=keep))
            for waiting in around if came is None else ():
                self._waits.begin(waiting, image_id)
        if load is None or caller is None:
            return self._from_cache(cast("Image", came))
        if image is not None:
            caller.report_partial(image)
        if around:
            self._deepen(around, image_id)
        try:
            load.refresh()
            if is_new:
                self._start(load)
        except BaseException:
            # Interrupted by Ctrl-C: nobody who asks later may wait for what was never started.
            load.cancel()
            raise
        return caller

    def _from_cache(self, image: Image) -> ImageLoadObject:
        sources = self._sources
        image = calibrated(image, sources.metadata, sources.cache)
        sources.events.emit(ImageLoaded(image, from_cache=True))
        return ImageLoadObject(image, image_id=image.image_id)

    def _refusal(self, around: tuple[str, ...], image_id: str) -> Exception | None:
        if self._closed:
            return SessionClosedError("the session is closed; make a new one")
        circle = self._waits.circle(around, image_id) if around else ()
        if not circle:
            return None
        shown = map(without_credentials, circle)
        return LoaderError(f"a loader waits for the image that it is to load: {' -> '.join(shown)}")

    def finish(self, load: RunningLoad, outcome: Image | BaseException) -> None:
        """Go on with what a load ended with, where it may wait if anybody's function is called."""
        if self._sources.events.has_listeners or not self._sources.has_only_its_providers():
            self._sources.workers.notify(lambda: self._end(load, outcome))
        else:
            self._end(load, outcome)

    def hears(self, event: Event) -> bool:
        """Whether somebody listens to this."""
        return self._sources.events.listens(event)

    def emit_progress(self, load: RunningLoad, progress: tuple[int, int | None]) -> None:
        """Tell listeners of bytes that have arrived, unless the load has ended meanwhile."""
        if not load.has_ended:
            self._sources.events.emit(ImageLoadProgress(load.image_id, *progress))

    def emit_partial(self, load: RunningLoad, image: Image) -> None:
        """Keep an image that can be shown already, and tell callers and listeners."""
        completed = load.on_behalf(self._completed, load, image)
        if isinstance(completed, BaseException):
            shown = without_credentials(load.image_id)
            _logger.debug("the first bytes of %s cannot be shown: %s", shown, completed)
            return
        if load.has_ended:
            return
        self._keep_partial(load, completed)
        self._sources.events.emit(ImagePartiallyLoaded(completed))
        for caller in load.callers():
            caller.report_partial(completed)

    def urgency_changed(self, load: RunningLoad) -> None:
        """Let what the loader of an image waits for be as urgent as that."""
        for inner in self._awaited_by(load.image_id):
            inner.refresh()

    def let_go(self, waiting: str, load: RunningLoad) -> None:
        """Know that a loader that asked for an image waits for it no more."""
        self._waits.end(waiting, load.image_id)

    def _awaited_by(self, image_id: str) -> list[Load]:
        awaited = self._waits.awaited_by(image_id)
        with self._lock:
            return [self._loads[inner] for inner in awaited if inner in self._loads]

    def _deepen(self, around: tuple[str, ...], image_id: str) -> None:
        """Let an image, and what its loader waits for, have deeper places than who waits for it."""
        with self._lock:
            load = self._loads.get(image_id)
            depth = 1 + max(self._loads[i].depth if i in self._loads else 0 for i in around)
        to_deepen = [] if load is None else [(load, depth)]
        while to_deepen:
            load, depth = to_deepen.pop()
            if load.depth < depth:
                load.deepen(depth)
                inner = self._awaited_by(load.image_id)
                to_deepen.extend((deeper, depth + 1) for deeper in inner)

    def _is_enough(self, image: Image, quality: ImageQuality) -> bool:
        """Whether an image of the cache is as good as asked, or as good as it gets."""
        if image.quality >= quality:
            return True
        with self._lock:
            return self._asked_for.get(image.image_id, 0) >= quality

    def _start(self, load: Load) -> None:
        try:
            loader = self._sources.loaders.find(ImageId.parse(load.image_id).scheme)
        except Exception as error:  # noqa: BLE001 - all that goes wrong is told by the load object
            load.end(error)
            return
        load.start(loader)

    def _end(self, load: RunningLoad, outcome: Image | BaseException) -> None:
        try:
            if not isinstance(outcome, BaseException):
                # A provider of a user's may ask for this image, and must be told that it is waited
                # for by its own load.
                outcome = load.on_behalf(self._completed, load, outcome)
            is_kept = self._keep(load, outcome)
            with self._lock:
                if self._loads.get(load.image_id) is load:
                    del self._loads[load.image_id]
            # Nobody joins from here on; somebody may have meanwhile, who wants it kept.
            if not is_kept:
                self._keep(load, outcome)
            if isinstance(outcome, LoadCancelledError):
                self._sources.events.emit(ImageLoadCancelled(load.image_id))
            elif isinstance(outcome, BaseException):
                self._sources.events.emit(ImageLoadFailed(load.image_id, outcome))
            else:
                self._sources.events.emit(ImageLoaded(outcome))
        finally:
            load.memory.end(outcome)
            load.settle(outcome)

    def _completed(self, load: RunningLoad, image: object) -> Image | BaseException:
        """Add what a loader left out, or say why that cannot be."""
        if not isinstance(image, Image):
            error = LoaderError(f"the loader gave {type(image).__name__}, not an Image")
            error.image_id = without_credentials(load.image_id)
            return error
        try:
            if image.image_id != load.image_id:
                image = image.replace(image_id=load.image_id)
            return complete(image, self._sources.metadata)
        except Exception as error:  # noqa: BLE001 - a provider's failure ends the load, not the thread
            return error

    def _keep(self, load: RunningLoad, outcome: Image | BaseException) -> bool:
        """Put it into the cache if somebody asked for that and it fits."""
        if isinstance(outcome, BaseException) or not load.keep:
            return False
        self._remember_what_was_asked(load, outcome)
        try:
            return self._sources.cache.put(outcome, load.decache, load.memory.reservation)
        except CacheSizeExceededError as error:
            self._sources.events.emit(
                CacheSizeExceeded(load.image_id, error.needed, error.max_size)
            )
        except Exception:
            # The image is there, and whoever asked for it is given it.
            _logger.exception("the cache could not keep %s", without_credentials(load.image_id))
        return True

    def _keep_partial(self, load: RunningLoad, image: Image) -> None:
        """Put it into the cache if it is to be kept, fits, and nothing better is there."""
        if not load.keep:
            return
        try:
            self._sources.cache.put(image)
        except CacheSizeExceededError:
            shown = without_credentials(load.image_id)
            _logger.debug("the cache has no room for the first bytes of %s", shown)
        except Exception:
            shown = without_credentials(load.image_id)
            _logger.exception("the cache could not keep the first bytes of %s", shown)

    def _remember_what_was_asked(self, load: RunningLoad, image: Image) -> None:
        """Remember that there is no better one, so that it is not loaded for ever."""
        with self._lock:
            if image.quality >= load.errand.quality:
                self._asked_for.pop(load.image_id, None)
                return
            self._asked_for[load.image_id] = load.errand.quality
            if len(self._asked_for) > _REMEMBERED:
                kept = self._sources.cache
                self._asked_for = {i: q for i, q in self._asked_for.items() if i in kept}
