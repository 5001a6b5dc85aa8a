"""The volumes that a session is loading: each is loaded once, for all who ask for it."""

from __future__ import annotations

import asyncio
import inspect
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.errors import (
    GeometryError,
    ImageIdError,
    LoadCancelledError,
    LoaderError,
    SessionClosedError,
    UnknownSchemeError,
)
from pycornerstone.loaders.protocol import is_async
from pycornerstone.model.display_set import DisplaySet, DisplaySetKind
from pycornerstone.model.image_id import several
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_events import VolumeLoaded, VolumeLoadFailed, VolumeModified
from pycornerstone.retrieve.errand import Errand, running_errand
from pycornerstone.session.volumes.load_object import (
    VolumeLoadObject,
    VolumeProgress,
    VolumeSeriesLoadObject,
)
from pycornerstone.session.volumes.slice_images import keep_volume

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine, Hashable, Iterable

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.volume_series import VolumeSeries
    from pycornerstone.session.volumes.sources import VolumeSettings, VolumeSources

__all__ = ["VolumeLoads"]

L = TypeVar("L", VolumeLoadObject, VolumeSeriesLoadObject)


class _Running:
    """One load, and the promises of all who wait for it."""

    def __init__(self, key: Hashable, progress: VolumeProgress[Any]) -> None:
        self.key = key
        self.progress = progress
        self.promised: list[Any] = []
        self.future: concurrent.futures.Future[Any] | None = None


class VolumeLoads:
    """Begins them, shares each, and ends them with their session.

    Parameters
    ----------
    sources : VolumeSources
        What volumes come from.
    """

    def __init__(self, sources: VolumeSources) -> None:
        self._sources = sources
        self._running: dict[Hashable, _Running] = {}
        # What volumes that were given a name are of: the id that they have without it.
        self._named: dict[str, str] = {}
        self._lock = Lock()
        self._closed = False

    def load(
        self,
        source: str | DisplaySet | Iterable[str],
        settings: VolumeSettings,
        volume_id: str | None = None,
    ) -> VolumeLoadObject:
        """Begin to load a volume; see `Session.load_volume`."""
        try:
            settings = settings.checked()
            if isinstance(source, str):
                return self._load_by_id(source, settings)
            image_ids, report = _images_of(source)
            own_id = settings.volume_id(image_ids)
            volume_id = _checked_id(volume_id) or own_id
        except Exception as error:  # noqa: BLE001 - all that goes wrong is told by the load object
            return self._rejected(VolumeLoadObject, error, _name_of(source, volume_id))
        # Others of that name are not these, and a file was asked for, not what is in it.
        is_same = self._named.get(volume_id, own_id) == own_id and not settings.own_file
        cached = self._cached(volume_id) if is_same else None
        if cached is not None:
            return cached
        # Imported here: sorting and cutting take no time where only images are looked at.
        from pycornerstone.session.volumes.volume_load import VolumeLoad

        async def work(progress: VolumeProgress[Volume]) -> Volume:
            volume = await VolumeLoad(self._sources, settings, image_ids, report, progress).run()
            if volume_id != own_id:
                self._named[volume_id] = own_id
            return volume

        return self._begin(VolumeLoadObject, volume_id, len(image_ids), settings, work, own_id)

    def load_series(
        self, source: DisplaySet | Iterable[str], settings: VolumeSettings, time_point: int
    ) -> VolumeSeriesLoadObject:
        """Begin to load several volumes of one grid; see `Session.load_volume_series`."""
        try:
            settings = settings.checked()
            image_ids = _image_ids(source)
            points = source if isinstance(source, DisplaySet) else None
            volume_id = f"{settings.volume_id(image_ids)}#series"
        except Exception as error:  # noqa: BLE001 - all that goes wrong is told by the load object
            return self._rejected(VolumeSeriesLoadObject, error, _name_of(source, None))
        kept = self._sources.series.get(volume_id)
        if kept is not None and not settings.own_file:
            return self._whole_series(kept)
        from pycornerstone.session.volumes.series_load import SeriesLoad

        def work(progress: VolumeProgress[Any]) -> Coroutine[Any, Any, Any]:
            load = SeriesLoad(self._sources, settings, image_ids, points, time_point, progress)
            return load.run()

        return self._begin(VolumeSeriesLoadObject, volume_id, len(image_ids), settings, work)

    def close(self) -> None:
        """Settle what is loading with SessionClosedError, and begin nothing any more."""
        with self._lock:
            self._closed = True
            running = list(self._running.values())
            self._running.clear()
        for load in running:
            self._end(load, SessionClosedError("the session was closed while a volume was loading"))

    def _load_by_id(self, volume_id: str, settings: VolumeSettings) -> VolumeLoadObject:
        cached = self._cached(volume_id)
        if cached is not None:
            return cached
        try:
            loader = self._sources.volume_loaders.find(volume_id)
        except UnknownSchemeError as error:
            if error.scheme in self._sources.loaders.schemes():
                error.message += (
                    f". {error.scheme!r} is a scheme of images: give a list of imageIds, of one too"
                )
            raise

        async def make() -> Volume:
            if is_async(loader):
                made: Any = loader(volume_id)
            else:
                made = await asyncio.to_thread(loader, volume_id)
            volume = await made if inspect.isawaitable(made) else made
            if not isinstance(volume, Volume):
                raise LoaderError(f"a volume loader gave {type(volume).__name__}, not a Volume")
            if volume.volume_id != volume_id:
                volume = volume.replace(volume_id=volume_id)
            await asyncio.to_thread(keep_volume, self._sources, volume, {}, with_slices=False)
            return volume

        def work(progress: VolumeProgress[Volume]) -> Coroutine[Any, Any, Volume]:
            async def run() -> Volume:
                volume = await make()
                progress.whole_now(volume, volume.shape[0])
                return volume

            return run()

        return self._begin(VolumeLoadObject, volume_id, 0, settings, work)

    def _cached(self, volume_id: str) -> VolumeLoadObject | None:
        volume = self._sources.cache.get_volume(volume_id)
        if volume is None:
            return None
        progress: VolumeProgress[Volume] = VolumeProgress(
            volume_id, 0, self._sources.workers.notify
        )
        progress.whole_now(volume, volume.shape[0])
        promised = VolumeLoadObject(progress)
        self._sources.events.emit(VolumeLoaded(volume, from_cache=True))
        promised.settle(volume)
        return promised

    def _whole_series(self, series: VolumeSeries) -> VolumeSeriesLoadObject:
        number = len(series) * series.shape[1]
        notify = self._sources.workers.notify
        progress: VolumeProgress[VolumeSeries] = VolumeProgress(series.volume_id, number, notify)
        progress.whole_now(series, number)
        progress.loaded = progress.loaded.reshape(series.shape[:2])
        for volume in series.volumes:
            # As looking at it: it is not the next to be thrown out.
            self._sources.cache.get_volume(volume.volume_id)
            self._sources.events.emit(VolumeLoaded(volume, from_cache=True))
        promised = VolumeSeriesLoadObject(progress)
        promised.settle(series)
        return promised

    def _rejected(self, kind: type[L], error: BaseException, volume_id: str) -> L:
        promised = kind(VolumeProgress(volume_id, 0, self._sources.workers.notify))
        promised.settle(error)
        return promised

    def _begin(
        self,
        kind: type[L],
        volume_id: str,
        number_of_images: int,
        settings: VolumeSettings,
        work: Callable[[VolumeProgress[Any]], Coroutine[Any, Any, Any]],
        own_id: str = "",
    ) -> L:
        """Begin a load, or wait for the one that there is."""
        notify = self._sources.workers.notify
        key = (volume_id, own_id, settings.allow_missing, settings.own_file)
        with self._lock:
            if self._closed:
                error = SessionClosedError("the session is closed; make a new one")
                return self._rejected(kind, error, volume_id)
            running = self._running.get(key)
            is_new = running is None
            if running is None:
                progress: VolumeProgress[Any] = VolumeProgress(
                    volume_id, number_of_images, notify, partial(self._modified, volume_id)
                )
                running = self._running[key] = _Running(key, progress)
            promised = kind(running.progress, notify)
            running.promised.append(promised)
            promised.cancel_fn = partial(self._leave, running, promised)
        if is_new:
            self._start(running, settings, work)
        return promised

    def _start(
        self,
        running: _Running,
        settings: VolumeSettings,
        work: Callable[[VolumeProgress[Any]], Coroutine[Any, Any, Any]],
    ) -> None:
        errand = Errand(settings.options.request_type, settings.options.priority)

        async def run() -> Any:
            with running_errand(errand):
                return await work(running.progress)

        try:
            future = self._sources.workers.event_loop.submit(run())
        except SessionClosedError as error:
            self._end(running, error)
            return
        running.future = future
        future.add_done_callback(lambda ended: self._ended(running, ended))

    def _modified(
        self, volume_id: str, number_done: int, number: int, loaded: npt.NDArray[np.bool_]
    ) -> None:
        loaded = loaded.view()
        loaded.flags.writeable = False
        self._sources.events.emit(VolumeModified(volume_id, number_done, number, loaded))

    def _leave(self, running: _Running, promised: Any) -> None:
        """Stop the work if nobody waits for it any more."""
        promised.cancel_fn = None
        with self._lock:
            if promised in running.promised:
                running.promised.remove(promised)
            if running.promised or self._running.get(running.key) is not running:
                return
            del self._running[running.key]
        self._end(running, LoadCancelledError("the load was cancelled"))

    def _ended(self, running: _Running, future: concurrent.futures.Future[Any]) -> None:
        with self._lock:
            if self._running.get(running.key) is not running:
                return
            del self._running[running.key]
        if future.cancelled():
            outcome: Any = LoadCancelledError("the load was cancelled")
        else:
            error = future.exception()
            outcome = future.result() if error is None else error
            if isinstance(error, asyncio.CancelledError):
                outcome = LoadCancelledError("the load was cancelled")
        # Listeners may wait, and the event loop must not.
        self._sources.workers.notify(partial(self._end, running, outcome))

    def _end(self, running: _Running, outcome: Any) -> None:
        """Tell everybody; who cancelled is told already."""
        events, progress = self._sources.events, running.progress
        if isinstance(outcome, BaseException):
            progress.give_up()
            future, running.future = running.future, None
            if future is not None:
                future.cancel()
            events.emit(VolumeLoadFailed(progress.volume_id, outcome))
        elif isinstance(outcome, Volume):
            events.emit(VolumeLoaded(outcome))
        else:
            for volume in outcome.volumes:
                events.emit(VolumeLoaded(volume))
        for promised in list(running.promised):
            promised.settle(outcome)
            # It knows this, and with it the session.
            promised.cancel_fn = None


def _images_of(source: DisplaySet | Iterable[str]) -> tuple[tuple[str, ...], Any]:
    if not isinstance(source, DisplaySet):
        return _image_ids(source), None
    if source.kind is DisplaySetKind.VOLUME_4D:
        raise GeometryError(
            f"the display set has {len(source.time_points)} points in time; load all of them by "
            "load_volume_series, or one: load_volume(display_set.time_points[0])"
        )
    return _image_ids(source), source.report


def _image_ids(source: DisplaySet | Iterable[str]) -> tuple[str, ...]:
    """Give imageIds, each once.

    Raises
    ------
    ImageIdError
        If it is one text, no list, or has something else in it.
    GeometryError
        If there are none.
    """
    given = source.image_ids if isinstance(source, DisplaySet) else several(source)
    try:
        image_ids = tuple(dict.fromkeys(given))
    except TypeError as error:
        raise ImageIdError(
            f"a list of imageIds or a display set is wanted, got {type(source).__name__}: {error}"
        ) from None
    for image_id in image_ids:
        if not isinstance(image_id, str):
            raise ImageIdError(f"an imageId is text, got {type(image_id).__name__}")
    if not image_ids:
        raise GeometryError("a volume is made of at least one image, got no imageIds")
    return image_ids


def _checked_id(volume_id: str | None) -> str | None:
    if volume_id is not None and not isinstance(volume_id, str):
        raise LoaderError(f"a volumeId is text, got {type(volume_id).__name__}")
    return volume_id


def _name_of(source: Any, volume_id: Any) -> str:
    """Give what a load is called by that was refused; nothing where nobody knows."""
    if volume_id is None and isinstance(source, str):
        volume_id = source
    return volume_id if isinstance(volume_id, str) else ""
