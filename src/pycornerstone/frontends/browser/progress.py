"""Which images of the series are here."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.frontends.browser.server_messages import Progress
from pycornerstone.model.events import Event
from pycornerstone.model.volume import generate_volume_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.model.events import ImageCacheImageAdded, ImageCacheImageRemoved
    from pycornerstone.model.volume_events import VolumeLoaded, VolumeLoadFailed, VolumeModified
    from pycornerstone.session.session import Session

__all__ = ["ProgressOf"]

_TOLD_EVERY_S = 0.1
_ALL, _NONE = np.ones(1, np.bool_), np.zeros(1, np.bool_)


class ProgressOf:
    """Tells which images of series are loaded, from a thread of its own, ten times a second.

    What is here already is told at once. An image is here while the cache has it, or the volume
    that it is a slice of.

    Parameters
    ----------
    session : Session
        Whose events tell of it.
    display_sets : sequence of DisplaySet
        The series, by their numbers.
    tell : callable
        Given a `Progress`; called from another thread.
    here : iterable of str
        Ids of volumes that are here whatever the cache has.
    """

    def __init__(
        self,
        session: Session,
        display_sets: Sequence[DisplaySet],
        tell: Callable[[Progress], object],
        here: Iterable[str] = (),
    ) -> None:
        self._session, self._tell = session, tell
        self._totals = [found.number_of_images for found in display_sets]
        self._images = [np.zeros(total, np.bool_) for total in self._totals]
        # Of volumes: where their images begin among those of the series, and which are there.
        self._volumes: list[dict[str, tuple[int, npt.NDArray[np.bool_]]]] = []
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._series_of: dict[str, list[int]] = defaultdict(list)
        for number, found in enumerate(display_sets):
            for place, image_id in enumerate(found.image_ids):
                self._places[image_id].append((number, place))
            self._volumes.append(self._volumes_of(number, found))
        self._changed: set[int] = set()
        self._told: dict[int, tuple[tuple[int, int], ...]] = {}
        self._lock = threading.Lock()
        self._news, self._over = threading.Event(), threading.Event()
        self._undo = [
            session.events.subscribe(event, listener)
            for event, listener in (
                (Event.IMAGE_CACHE_IMAGE_ADDED, self._image_added),
                (Event.IMAGE_CACHE_IMAGE_REMOVED, self._image_removed),
                (Event.VOLUME_MODIFIED, self._volume_modified),
                (Event.VOLUME_LOADED, self._volume_loaded),
                (Event.VOLUME_LOAD_FAILED, self._volume_gone),
                (Event.VOLUME_CACHE_VOLUME_REMOVED, self._volume_gone),
            )
        ]
        self._look()
        for volume_id in here:
            self._volume(volume_id, _ALL)
        self._thread = threading.Thread(
            target=self._run, name="pycornerstone-viewer-progress", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Tell no more."""
        for undo in self._undo:
            undo()
        self._over.set()
        self._news.set()

    def _volumes_of(
        self, number: int, found: DisplaySet
    ) -> dict[str, tuple[int, npt.NDArray[np.bool_]]]:
        volumes: dict[str, tuple[int, npt.NDArray[np.bool_]]] = {}
        start = 0
        for point in found.time_points or ((found.image_ids,) if found.image_ids else ()):
            volumes[generate_volume_id(point)] = start, np.zeros(len(point), np.bool_)
            start += len(point)
        if found.time_points:
            whole = np.zeros(found.number_of_images, np.bool_)
            volumes[f"{generate_volume_id(found.image_ids)}#series"] = 0, whole
        for volume_id in volumes:
            self._series_of[volume_id].append(number)
        return volumes

    def _look(self) -> None:
        """Take what is here from before."""
        cache = self._session.cache
        for image_id in cache.image_ids():
            self._image(image_id, is_here=True)
        for volume_id in cache.volume_ids():
            self._volume(volume_id, _ALL)

    def _image_added(self, detail: ImageCacheImageAdded) -> None:
        self._image(detail.image_id, is_here=True)

    def _image_removed(self, detail: ImageCacheImageRemoved) -> None:
        self._image(detail.image_id, is_here=False)

    def _volume_modified(self, detail: VolumeModified) -> None:
        if detail.loaded is not None:
            self._volume(detail.volume_id, detail.loaded)

    def _volume_loaded(self, detail: VolumeLoaded) -> None:
        self._volume(detail.volume.volume_id, _ALL)

    def _volume_gone(self, detail: VolumeLoadFailed | Any) -> None:
        self._volume(detail.volume_id, _NONE)

    def _image(self, image_id: str, *, is_here: bool) -> None:
        places = self._places.get(image_id)
        if not places:
            return
        with self._lock:
            for number, place in places:
                self._images[number][place] = is_here
                self._changed.add(number)
        self._news.set()

    def _volume(self, volume_id: str, loaded: npt.NDArray[np.bool_]) -> None:
        numbers = self._series_of.get(volume_id)
        if not numbers:
            return
        with self._lock:
            for number in numbers:
                flags = self._volumes[number][volume_id][1]
                given = loaded.reshape(-1)
                # A mosaic has other slices than images: it is here when all of them are.
                flags[:] = given if given.size in (1, flags.size) else given.all()
                self._changed.add(number)
        self._news.set()

    def _run(self) -> None:
        while not self._over.is_set():
            self._news.wait()
            self._news.clear()
            with self._lock:
                news = [self._progress(number) for number in sorted(self._changed)]
                self._changed.clear()
            for progress in news:
                if self._over.is_set():
                    return
                if self._told.get(progress.series, ()) != progress.ranges:
                    self._told[progress.series] = progress.ranges
                    self._tell(progress)
            self._over.wait(_TOLD_EVERY_S)

    def _progress(self, number: int) -> Progress:
        here = self._images[number].copy()
        for start, flags in self._volumes[number].values():
            here[start : start + len(flags)] |= flags
        steps = np.flatnonzero(np.diff(here, prepend=False, append=False)).tolist()
        ranges = tuple(zip(steps[::2], steps[1::2], strict=True))
        return Progress(number, self._totals[number], ranges)
