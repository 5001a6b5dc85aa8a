"""A list of images loaded by stages: a few at once, all of them soon, and good ones in the end."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pycornerstone.errors import MetadataError, SessionClosedError
from pycornerstone.loaders.promised import Promised
from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.events import ImageRetrievalStage
from pycornerstone.model.image import ImageQuality
from pycornerstone.model.retrieve_stages import INTERLEAVED, PLANS, ImageRetrieveConfigurationModule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.model.requests import RequestType
    from pycornerstone.model.retrieve_stages import RetrieveStage
    from pycornerstone.session.events import EventBus

__all__ = ["StagedLoadObject", "StagesSource", "load_in_stages"]

_logger = logging.getLogger("pycornerstone.session")

# Of each request type; the session's pools let fewer begin, and what is not asked for yet costs
# nothing and is cancelled at once.
_ASKED_FOR = 32


class StagesSource(Protocol):
    """What images are loaded with: a session."""

    @property
    def events(self) -> EventBus:
        """Who is told of stages."""

    @property
    def metadata(self) -> MetadataRegistry:
        """Who may say which stages there are."""

    def load_and_cache_image(self, image_id: str, options: LoadOptions) -> ImageLoadObject:
        """Load one and keep it."""


class StagedLoadObject(Promised[dict[str, BaseException]]):
    """The promise of a list of images, as `Session.load_in_stages` gives it.

    Await it, or wait for its `result`: what failed, by imageId, which is nothing if all went well.
    The images are in the cache, as far as they fit. Cancelling it cancels what is loading for it.

    Parameters
    ----------
    number_of_images : int
        How many there are.
    """

    def __init__(self, number_of_images: int) -> None:
        super().__init__()
        self.number_of_images = number_of_images
        self._number_done = 0

    def __repr__(self) -> str:
        state = "loading"
        if self.cancelled():
            state = "cancelled"
        elif self.done():
            state = "over"
        return f"<StagedLoadObject of {self.number_of_images} images {state}>"

    @property
    def number_done(self) -> int:
        """Images of which nothing more is to come."""
        return self._number_done

    def report_done(self, number: int) -> None:
        """Say of how many images nothing more is to come; for whoever does the loading."""
        self._number_done = number

    def settle(self, outcome: dict[str, BaseException] | BaseException) -> bool:
        """End it, as whoever does the loading does; False if it had ended."""
        return self._settle(outcome)

    @property
    def _what(self) -> str:
        return f"the list of {self.number_of_images} images"


def load_in_stages(
    source: StagesSource,
    image_ids: Iterable[str],
    stages: Sequence[RetrieveStage] | str | None = None,
) -> StagedLoadObject:
    """Begin to load images by stages; see `Session.load_in_stages`."""
    wanted = list(image_ids)
    if stages is None:
        stages = _configured(source, wanted)
    elif isinstance(stages, str):
        if stages not in PLANS:
            raise ValueError(f"no stages {stages!r}; there are {', '.join(PLANS)}")
        stages = PLANS[stages]
    load = _StagedLoad(source, wanted, stages)
    load.go_on()
    return load.promised


def _configured(source: StagesSource, image_ids: list[str]) -> Sequence[RetrieveStage]:
    for asked in (*image_ids[:1], "stack"):
        try:
            module = source.metadata.get(ImageRetrieveConfigurationModule, asked)
        except MetadataError:
            shown = without_credentials(asked)
            _logger.exception("nobody could say in which stages %s is loaded", shown)
            continue
        if module is not None and module.stages:
            return module.stages
    return INTERLEAVED


@dataclass(slots=True)
class _Stage:
    """One stage on its way."""

    stage: RetrieveStage
    indexes: list[int]
    left: int = 0
    failures: int = 0
    began: float | None = None


@dataclass(slots=True)
class _Progress:
    """One image on its way through its stages."""

    stages: list[int] = field(default_factory=list)
    is_whole: bool = False
    error: BaseException | None = None


class _StagedLoad:
    """Asks for the most urgent ones first, each image for one stage at a time."""

    def __init__(
        self, source: StagesSource, image_ids: list[str], stages: Sequence[RetrieveStage]
    ) -> None:
        self.promised = StagedLoadObject(len(image_ids))
        self.promised.cancel_fn = self._cancel
        self._source = source
        self._image_ids = image_ids
        self._stages = [_Stage(stage, stage.indexes(len(image_ids))) for stage in stages]
        self._images = [_Progress() for _ in image_ids]
        # By request type: priority, stage, order of asking; then the image.
        self._waiting: dict[RequestType, list[tuple[int, int, int, int]]] = {}
        self._order = itertools.count()
        self._loads: dict[int, ImageLoadObject] = {}
        self._asked: dict[RequestType, int] = {}
        self._begun = self._open = 0
        self._is_over = False
        self._is_asking = False
        self._untold: list[ImageRetrievalStage] = []
        self._lock = threading.RLock()
        self._begin_stages()

    def go_on(self) -> None:
        """Ask for what there is a place for, tell what has happened, and end if all is done."""
        with self._lock:
            # A load that has ended already calls back here and now; the first one goes on for it.
            if self._is_asking:
                return
            self._is_asking = True
        is_over = False
        while True:
            with self._lock:
                told, self._untold = self._untold, []
                asked = None if self._is_over else self._next()
                if asked is None and not told:
                    self._is_asking = False
                    is_over = self._is_done()
                    break
            for detail in told:
                self._source.events.emit(detail)
            if asked is not None:
                self._ask(*asked)
        if is_over:
            self._end()

    def _begin_stages(self) -> None:
        """Queue the images of stages up to the next one that is for what has failed."""
        while self._begun < len(self._stages):
            number = self._begun
            entry = self._stages[number]
            if entry.stage.retries_failed:
                if any(before.left for before in self._stages[:number]):
                    return
                entry.indexes = [i for i in entry.indexes if self._images[i].error is not None]
            self._begun += 1
            entry.left = len(entry.indexes)
            for index in entry.indexes:
                image = self._images[index]
                image.stages.append(number)
                if len(image.stages) == 1:
                    self._open += 1
                    self._queue(index)
            if not entry.left:
                self._tell(entry)

    def _queue(self, index: int) -> None:
        """Let an image wait for its next stage; one that is whole is through with all of them."""
        image = self._images[index]
        while image.stages:
            number = image.stages[0]
            if not image.is_whole:
                stage = self._stages[number].stage
                place = (stage.priority, number, next(self._order), index)
                heapq.heappush(self._waiting.setdefault(stage.request_type, []), place)
                return
            self._pass(index, failed=False)

    def _pass(self, index: int, *, failed: bool) -> None:
        """Take an image out of the stage that it is in."""
        stages = self._images[index].stages
        entry = self._stages[stages.pop(0)]
        self._open -= not stages
        entry.left -= 1
        entry.failures += failed
        if not entry.left:
            self._tell(entry)

    def _tell(self, entry: _Stage) -> None:
        seconds = 0.0 if entry.began is None else time.monotonic() - entry.began
        self._untold.append(
            ImageRetrievalStage(entry.stage.id, len(entry.indexes), entry.failures, seconds)
        )

    def _next(self) -> tuple[int, LoadOptions] | None:
        """Give what is asked for next, if its request type has a place."""
        kinds = sorted(kind for kind, waiting in self._waiting.items() if waiting)
        kind = next((k for k in kinds if self._asked.get(k, 0) < _ASKED_FOR), None)
        if kind is None:
            return None
        _, number, _, index = heapq.heappop(self._waiting[kind])
        entry = self._stages[number]
        entry.began = entry.began or time.monotonic()
        stage = entry.stage
        self._asked[kind] = self._asked.get(kind, 0) + 1
        return index, LoadOptions(stage.request_type, stage.priority, stage.quality)

    def _ask(self, index: int, options: LoadOptions) -> None:
        load = self._source.load_and_cache_image(self._image_ids[index], options)
        with self._lock:
            is_over = self._is_over
            if not is_over:
                self._loads[index] = load
        if is_over:
            load.cancel()
        else:
            load.add_done_callback(lambda load: self._arrived(index, options, load))

    def _arrived(self, index: int, options: LoadOptions, load: ImageLoadObject) -> None:
        error = load.exception()
        with self._lock:
            self._loads.pop(index, None)
            self._asked[options.request_type] -= 1
            if self._is_over:
                return
            image = self._images[index]
            image.error = error
            if error is None:
                # What cannot be had in full comes as good as it gets, and is not asked for again.
                quality = load.result().quality
                asked_for_all = options.quality is ImageQuality.FULL_RESOLUTION
                image.is_whole = asked_for_all or quality >= ImageQuality.FULL_RESOLUTION
            else:
                shown = without_credentials(self._image_ids[index])
                _logger.debug("%s failed in a stage: %s", shown, error)
            self._pass(index, failed=error is not None)
            self._queue(index)
            self._begin_stages()
            done = len(self._images) - self._open
        self.promised.report_done(done)
        if isinstance(error, SessionClosedError):
            self._end(error)
        else:
            self.go_on()

    def _is_done(self) -> bool:
        return self._begun == len(self._stages) and not any(entry.left for entry in self._stages)

    def _end(self, error: BaseException | None = None) -> None:
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
        if error is not None:
            self.promised.settle(error)
            return
        pairs = zip(self._image_ids, self._images, strict=True)
        failed = {name: image.error for name, image in pairs if image.error is not None}
        self.promised.report_done(len(self._images))
        self.promised.settle(failed)

    def _cancel(self) -> None:
        with self._lock:
            self._is_over = True
            self._waiting.clear()
            loads, self._loads = self._loads, {}
        # Those that wait go before those that would make place for them.
        for load in reversed(loads.values()):
            load.cancel()
