"""The images that a session is loading: each once, however many ask for it."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.errors import (
    CacheSizeExceededError,
    LoadCancelledError,
    LoaderError,
    SessionClosedError,
)
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.model.events import (
    CacheSizeExceeded,
    ImageLoadCancelled,
    ImageLoaded,
    ImageLoadFailed,
)
from pycornerstone.model.image import Image
from pycornerstone.model.image_id import ImageId, not_text
from pycornerstone.session.calibration import calibrated
from pycornerstone.session.completion import complete
from pycornerstone.session.load import Load, loads_around

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.loaders.registry import LoaderRegistry
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.events import EventBus
    from pycornerstone.session.workers import Workers

__all__ = ["ImageLoads", "ImageSources"]

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
    """

    loaders: LoaderRegistry
    metadata: MetadataRegistry
    cache: Cache
    events: EventBus
    workers: Workers
    has_only_its_providers: Callable[[], bool]


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
        self._lock = threading.RLock()
        self._closed = False

    def cancel(self, image_id: str) -> bool:
        """Cancel the load of an image for all who wait for it; False if there is none."""
        with self._lock:
            load = self._loads.get(image_id)
        if load is None:
            return False
        load.cancel()
        return True

    def close(self) -> None:
        """Settle what is loading with SessionClosedError, and begin nothing any more."""
        with self._lock:
            self._closed = True
            loads = list(self._loads.values())
        for load in loads:
            load.end(SessionClosedError("the session was closed while the image was loading"))

    def load(self, image_id: str, options: LoadOptions, *, keep: bool) -> ImageLoadObject:
        """Give the promise of an image, from the cache, of a load under way, or of a new one."""
        sources = self._sources
        wrong = not_text(image_id)
        if wrong is not None:
            return ImageLoadObject.rejected(wrong)
        around = loads_around()
        if image_id in around:
            circle = " -> ".join((*around[around.index(image_id) :], image_id))
            error = LoaderError(f"a loader waits for the image that it is to load: {circle}")
            return ImageLoadObject.rejected(error, image_id)
        image = sources.cache.get(image_id)
        if image is not None:
            image = calibrated(image, sources.metadata, sources.cache)
            sources.events.emit(ImageLoaded(image, from_cache=True))
            return ImageLoadObject(image, image_id=image_id)
        with self._lock:
            if self._closed:
                closed = SessionClosedError("the session is closed; make a new one")
                return ImageLoadObject.rejected(closed, image_id)
            load = self._loads.get(image_id)
            caller = None if load is None else load.join(keep=keep)
            if load is not None and caller is not None:
                if around:
                    load.start_now()
                else:
                    load.hurry(options.request_type, options.priority)
                return caller
            load = Load(image_id, options, sources.workers, self._finish, keep=keep)
            caller = load.first_caller
            self._loads[image_id] = load
        try:
            self._start(load)
        except BaseException:
            # Interrupted by Ctrl-C: nobody who asks later may wait for what was never started.
            load.cancel()
            raise
        return caller

    def _start(self, load: Load) -> None:
        try:
            loader = self._sources.loaders.find(ImageId.parse(load.image_id).scheme)
        except Exception as error:  # noqa: BLE001 - all that goes wrong is told by the load object
            load.end(error)
            return
        load.start(loader)

    def _finish(self, load: Load, outcome: Image | BaseException) -> None:
        """Go on with what a load ended with, where it may wait if anybody's function is called."""
        if self._sources.events.has_listeners or not self._sources.has_only_its_providers():
            self._sources.workers.notify(lambda: self._end(load, outcome))
        else:
            self._end(load, outcome)

    def _end(self, load: Load, outcome: Image | BaseException) -> None:
        try:
            if not isinstance(outcome, BaseException):
                outcome = self._completed(load, outcome)
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
            load.settle(outcome)

    def _completed(self, load: Load, image: object) -> Image | BaseException:
        """Add what a loader left out, or say why that cannot be."""
        if not isinstance(image, Image):
            error = LoaderError(f"the loader gave {type(image).__name__}, not an Image")
            error.image_id = load.image_id
            return error
        try:
            if image.image_id != load.image_id:
                image = image.replace(image_id=load.image_id)
            return complete(image, self._sources.metadata)
        except Exception as error:  # noqa: BLE001 - a provider's failure ends the load, not the thread
            return error

    def _keep(self, load: Load, outcome: Image | BaseException) -> bool:
        """Put it into the cache if somebody asked for that and it fits."""
        if isinstance(outcome, BaseException) or not load.keep:
            return False
        try:
            return self._sources.cache.put(outcome, load.decache)
        except CacheSizeExceededError as error:
            self._sources.events.emit(
                CacheSizeExceeded(load.image_id, error.needed, error.max_size)
            )
        except Exception:
            # The image is there, and whoever asked for it is given it.
            _logger.exception("the cache could not keep %s", load.image_id)
        return True
