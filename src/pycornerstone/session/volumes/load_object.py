"""A volume that is loading, as whoever asked for it sees it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from pycornerstone.loaders.promised import Promised
from pycornerstone.model.given_values import whole_number
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_series import VolumeSeries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from pycornerstone.loaders.array_load_object import ArrayLoadObject
    from pycornerstone.model.geometry_report import GeometryReport

__all__ = ["VolumeLoadObject", "VolumeProgress", "VolumeSeriesLoadObject"]

_logger = logging.getLogger("pycornerstone.session")

# Who looks at a volume that fills sees no more.
_TOLD_EVERY_S = 0.05

V = TypeVar("V", bound="Volume | VolumeSeries")


class VolumeProgress(Generic[V]):
    """How far a volume has come; all who ask for the same one look at it.

    Parameters
    ----------
    volume_id : str
        Which volume.
    number_of_images : int
        How many images it is made of, as far as is known.
    notify : callable
        Calls functions of users', somewhere where they may wait.
    modified : callable
        ``(number_done, number_of_images, loaded)`` is told when images have come, some 20 times a
        second.

    Attributes
    ----------
    volume : Volume, VolumeSeries or None
        It, as soon as its geometry and its samples are known; its array fills.
    report : GeometryReport or None
        What was found when its images were put in order.
    loaded : numpy.ndarray
        Of bool: which of its images are there; ``(slices,)``, of several points in time ``(points,
        slices)``. Empty until their number is known.
    failed : dict
        What images failed with, by imageId, where the load goes on without them.
    is_given_up : bool
        It will never be whole: it failed, or nobody waits for it any more.
    """

    def __init__(
        self,
        volume_id: str,
        number_of_images: int,
        notify: Callable[[Callable[[], object]], object],
        modified: Callable[[int, int, npt.NDArray[np.bool_]], object] = lambda _, __, ___: None,
    ) -> None:
        self.volume_id = volume_id
        self.number_of_images = number_of_images
        self.volume: V | None = None
        self.report: GeometryReport | None = None
        self.loaded: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.failed: dict[str, BaseException] = {}
        self.prefer: Callable[[int], object] = self._remember
        self.preferred: int | None = None
        self._loading: ArrayLoadObject | None = None
        self.is_given_up = False
        self._notify = notify
        self._modified = modified
        self._listeners: list[Callable[[int], object]] = []
        self._news: deque[int] = deque()
        self._is_telling = False
        self._told_at, self._told = 0.0, 0
        self._is_over = threading.Event()
        self._lock = threading.Lock()

    def whole_now(self, volume: V, number_of_images: int) -> None:
        """Know that all of it is there."""
        self.volume, self.report = volume, volume.report
        self.number_of_images = number_of_images
        self.loaded = np.ones(number_of_images, np.bool_)

    @property
    def number_done(self) -> int:
        """How many images are in their place."""
        return int(np.count_nonzero(self.loaded))

    def listen(self, fn: Callable[[int], object]) -> None:
        """Have a function told of each image from now on."""
        with self._lock:
            self._listeners.append(fn)

    def follow(self, prefer: Callable[[int], object]) -> None:
        """Have a function told which slice is wanted next, from now on."""
        self.prefer = prefer
        if self.preferred is not None:
            prefer(self.preferred)

    def count(self, places: Sequence[int]) -> None:
        """Say that images are there, though not yet in their place."""
        self.loaded.reshape(-1)[list(places)] = True

    def fail(self, image_id: str, error: BaseException) -> None:
        """Say that the volume has to do without an image."""
        self.failed[image_id] = error
        self._look_for_end()

    def arrived(self, places: Sequence[int]) -> None:
        """Say that images are in their place, as whoever loads them does, from any thread."""
        self.count(places)
        with self._lock:
            self._news.extend(places)
            is_told, self._is_telling = self._is_telling, True
        self._look_for_end()
        if not is_told:
            self._notify(self._tell)

    async def stopping(self, loading: ArrayLoadObject) -> npt.NDArray[Any]:
        """Wait for the array, which is no longer loaded when the volume is given up."""
        self._loading = loading
        try:
            if self.is_given_up:
                loading.cancel()
            return await loading
        finally:
            self._loading = None

    def give_up(self) -> None:
        """Let go of the volume: it will never be whole."""
        self.is_given_up = True
        self._is_over.set()
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.cancel()
        self.volume = None
        self.prefer = self._remember

    def _remember(self, k: int) -> None:
        self.preferred = k

    def _look_for_end(self) -> None:
        if self.number_done + len(self.failed) >= self.number_of_images:
            self._is_over.set()

    def _tell(self) -> None:
        """Tell of what has come, and of what comes meanwhile; one thread at a time."""
        told_at = 0.0
        while True:
            with self._lock:
                places = list(self._news)
                self._news.clear()
                if not places:
                    self._is_telling = False
                    return
                listeners = list(self._listeners)
            for listener in listeners:
                self._call(listener, places)
            if not listeners:
                # A thread that is woken for each image takes turns with those that read them.
                self._is_over.wait(max(self._told_at + _TOLD_EVERY_S - time.monotonic(), 0))
            now, done = time.monotonic(), self.number_done
            is_due = now - told_at >= _TOLD_EVERY_S or done == self.number_of_images
            if is_due and done != self._told:
                told_at = self._told_at = now
                self._told = done
                self._modified(done, self.number_of_images, self.loaded)

    def _call(self, listener: Callable[[int], object], places: list[int]) -> None:
        for place in places:
            try:
                listener(place)
            except Exception:
                _logger.exception("a slice callback of a volume raised")
                return


class _LoadObject(Promised[V], Generic[V]):
    """What the promises of a volume and of a series of them have in common."""

    def __init__(
        self,
        progress: VolumeProgress[V],
        notify: Callable[[Callable[[], object]], object] | None = None,
    ) -> None:
        super().__init__(notify=notify)
        self._progress = progress

    def __repr__(self) -> str:
        done, number = self.number_done, self.number_of_images
        state = f"loading, {done} of {number} images so far"
        if self.cancelled():
            state = "cancelled"
        elif self.done():
            state = "failed" if self._outcome.exception() else f"loaded, {done} of {number} images"
        return f"<{type(self).__name__} {self.volume_id!r}: {state}>"

    @property
    def volume_id(self) -> str:
        """Which volume."""
        return self._progress.volume_id

    @property
    def report(self) -> GeometryReport | None:
        """What was found when its images were put in order; None until they are."""
        return self._progress.report

    @property
    def number_of_images(self) -> int:
        """How many images there are."""
        return self._progress.number_of_images

    @property
    def number_done(self) -> int:
        """How many of them are in the array by now."""
        return self._progress.number_done

    @property
    def progress(self) -> float:
        """How much of it is there, from 0 to 1."""
        return self.number_done / self.number_of_images if self.number_of_images else 0.0

    @property
    def failed(self) -> dict[str, BaseException]:
        """What images failed with, by imageId; only with ``allow_missing=True``."""
        return dict(self._progress.failed)

    def prefer(self, k: int) -> None:
        """Load what is nearest to slice `k` next; images that are on their way come first.

        A server that sends a series in one piece has its own order.
        """
        self._progress.prefer(whole_number(k, "a slice"))

    def add_slice_callback(self, fn: Callable[[int], object]) -> None:
        """Call ``fn(k)`` when slice `k` is in its place, in a thread of the session.

        One after the other; slices that came before are not told of. What it raises is logged. Of a
        series of volumes, `k` counts the images of all points in time.

        Raises
        ------
        TypeError
            If it cannot be called.
        """
        if not callable(fn):
            raise TypeError(f"a slice callback is called with a slice, got {fn!r}")
        self._progress.listen(fn)

    def settle(self, outcome: V | BaseException) -> bool:
        """End it, as the session does; False if it had ended."""
        return self._settle(outcome)

    @property
    def _what(self) -> str:
        return f"the volume of {self.number_of_images} images"


class VolumeLoadObject(_LoadObject[Volume]):
    """The promise of a volume, as `Session.load_volume` gives it.

    Await it, or wait for its `result`. Cancelling it stops the work, unless others wait for the
    same volume.
    """

    @property
    def volume(self) -> Volume | None:
        """The volume, as soon as geometry and samples are known; slices that are to come are 0."""
        return self._progress.volume

    @property
    def loaded(self) -> npt.NDArray[np.bool_]:
        """Which slices are there, ``(slices,)``; empty until their number is known."""
        loaded = self._progress.loaded.view()
        loaded.flags.writeable = False
        return loaded

    def is_loaded(self, k: int) -> bool:
        """Say whether slice `k` is there."""
        return bool(0 <= k < len(self._progress.loaded) and self._progress.loaded[k])


class VolumeSeriesLoadObject(_LoadObject[VolumeSeries]):
    """The promise of volumes of one grid, as `Session.load_volume_series` gives it."""

    @property
    def series(self) -> VolumeSeries | None:
        """The volumes, as soon as geometry and samples are known; slices that are to come are 0."""
        return self._progress.volume

    @property
    def loaded(self) -> npt.NDArray[np.bool_]:
        """Which slices are there, ``(points, slices)``; empty until their number is known."""
        loaded = self._progress.loaded.view()
        loaded.flags.writeable = False
        return loaded

    def prefer_time_point(self, t: int) -> None:
        """Load point in time `t` next, and then those that are nearest to it."""
        series = self.series
        slices = series.shape[1] if series is not None else 1
        self.prefer(t * slices + slices // 2)
