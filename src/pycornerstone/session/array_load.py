"""Loading many images into one array, a little at a time, so that what is on show goes first."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pycornerstone.errors import (
    LoadCancelledError,
    LoaderError,
    PyCornerstoneError,
    SessionClosedError,
)
from pycornerstone.loaders.array_load_object import ArrayLoadObject
from pycornerstone.loaders.array_reading import check_samples, put_samples
from pycornerstone.loaders.protocol import reads_arrays
from pycornerstone.model.image_id import ImageId, several
from pycornerstone.session.load import error_of, loads_around, of_image, run_inside
from pycornerstone.session.workers import in_a_new_thread

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.loaders.protocol import ArrayReader, LoadOptions
    from pycornerstone.loaders.registry import LoaderRegistry
    from pycornerstone.model.image import Image
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.request_pool import Request
    from pycornerstone.session.workers import Workers

__all__ = ["ArrayLoad", "ArraySources"]

# How long a chunk goes on taking images, one at least. Whoever asks for an image to be shown waits
# for a chunk to end, and a request of the pool costs some 0.1 ms.
_CHUNK_S = 0.01
# How many images of other loaders are on their way at the same time, and how much memory of theirs.
_LOADS_AT_ONCE = 32
_LOADS_AT_ONCE_BYTES = 256 * 1024 * 1024
# More than that is not copied in the event loop, where nothing may take long.
_COPIED_IN_LOOP_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ArraySources:
    """What of a session the images of an array come from.

    Attributes
    ----------
    loaders : LoaderRegistry
        Who loads which scheme.
    cache : Cache
        Images at hand.
    load_image : callable
        ``(image_id, options)``: the way of images that are not read straight into the array.
    workers : Workers
        Where it is done.
    threads : int
        How many images are decoded at once.
    """

    loaders: LoaderRegistry
    cache: Cache
    load_image: Callable[[str, LoadOptions], ImageLoadObject]
    workers: Workers
    threads: int


class ArrayLoad:
    """Images on their way into one array, from the first to the end, which comes once.

    Parameters
    ----------
    image_ids : iterable of str
        Which images, in the order of the array.
    out : numpy.ndarray or None
        The array, if there is one already.
    options : LoadOptions
        Why they are asked for.
    sources : ArraySources
        What they come from.
    finish : callable
        Called once with this load, when it has ended.

    Attributes
    ----------
    promised : ArrayLoadObject
        What whoever asked is given.

    Raises
    ------
    ImageIdError
        If `image_ids` is one text, or one of them is no imageId.
    LoaderError
        If there are none, or `out` is no array that they could go into; or a loader asks for the
        image that it is to load.
    UnknownSchemeError
        If there is no loader for one of them.
    """

    def __init__(
        self,
        image_ids: Iterable[str],
        out: npt.NDArray[Any] | None,
        options: LoadOptions,
        sources: ArraySources,
        finish: Callable[[ArrayLoad], object],
    ) -> None:
        self._image_ids = tuple(several(image_ids))
        self._around = loads_around()
        _check_for_circles(self._image_ids, self._around)
        self._array = _checked(out, len(self._image_ids))
        self._options = options
        self._sources = sources
        self._finish = finish
        self._readers = _readers(self._image_ids, sources.loaders)
        # Where in the array images belong that are yet to be read, or to be loaded and copied.
        self._to_read: deque[int] = deque()
        self._to_load: deque[int] = deque()
        self._missing = len(self._image_ids)
        self._chunks = self._writing = 0
        self._requests: list[Request] = []
        self._loading: list[concurrent.futures.Future[Any]] = []
        self._outcome: npt.NDArray[Any] | BaseException | None = None
        self._lock = Lock()
        self.promised = ArrayLoadObject(len(self._image_ids), sources.workers.notify)
        self.promised.cancel_fn = self._cancel

    def start(self) -> None:
        """Begin; where there is no array yet, with the first image, which says what it is like."""
        self._give_out(range(1 if self._array is None else len(self._image_ids)))

    def end(self, outcome: npt.NDArray[Any] | BaseException) -> None:
        """End it with the array or an error; only the first end counts.

        What is queued does not begin, and what runs ends with the image that it is at.
        """
        with self._lock:
            if self._outcome is not None:
                return
            self._outcome = outcome
            requests, loading = self._requests, self._loading
            self._requests, self._loading = [], []
        self._to_read.clear()
        self._to_load.clear()
        for request in requests:
            self._sources.workers.decode_pool.cancel(request)
        for future in loading:
            future.cancel()
        self._settle()

    def _cancel(self) -> None:
        self.end(LoadCancelledError("the load was cancelled"))

    def _settle(self) -> None:
        """Tell of the end; of an error when nothing is written any more, as `out` is not ours."""
        with self._lock:
            outcome = self._outcome
            if outcome is None or (isinstance(outcome, BaseException) and self._writing):
                return
        self.promised.settle(outcome)
        # It knows this load, and with it the session.
        self.promised.cancel_fn = None
        self._finish(self)

    def _give_out(self, places: range) -> None:
        """Let images be read into the array, or loaded where their loader cannot do that."""
        readers = self._readers
        self._to_read.extend(place for place in places if readers[place] is not None)
        to_load = [place for place in places if readers[place] is None]
        self._to_load.extend(to_load)
        with self._lock:
            more = max(min(self._sources.threads - self._chunks, len(self._to_read)), 0)
            self._chunks += more
        for _ in range(more):
            self._queue_chunk()
        if to_load:
            self._start_loading(len(to_load))

    def _queue_chunk(self) -> None:
        workers = self._sources.workers
        is_nested = bool(self._around)

        def start() -> concurrent.futures.Future[None]:
            # The executor's threads may all wait for this one.
            return (
                in_a_new_thread(self._chunk) if is_nested else workers.decoders.submit(self._chunk)
            )

        request = workers.decode_pool.add_request(
            start,
            self._chunk_done,
            self._options.request_type,
            self._options.priority,
            details=self.promised,
            at_once=is_nested,
        )
        with self._lock:
            has_ended = self._outcome is not None
            if not has_ended:
                self._requests = [known for known in self._requests if not known.is_over]
                self._requests.append(request)
        if has_ended:
            workers.decode_pool.cancel(request)

    def _chunk(self) -> None:
        """Read images for a while; a chunk that follows goes on when others had their turn."""
        until = time.monotonic() + _CHUNK_S
        with self._writes():
            while self._to_read and self._outcome is None:
                try:
                    place = self._to_read.popleft()
                except IndexError:
                    return
                image_id = self._image_ids[place]
                try:
                    run_inside((*self._around, image_id), self._read, place)
                except Exception as error:  # noqa: BLE001 - it ends the load, not the thread
                    self.end(of_image(error, image_id))
                if time.monotonic() >= until:
                    return

    def _chunk_done(self, future: concurrent.futures.Future[Any]) -> None:
        error = error_of(future)
        if error is not None:
            self.end(error)
        elif self._to_read and self._outcome is None:
            self._queue_chunk()
        else:
            with self._lock:
                self._chunks -= 1

    def _read(self, place: int) -> None:
        image_id, array = self._image_ids[place], self._array
        image = self._sources.cache.get(image_id)
        if image is not None:
            self._put(place, image.pixels)
            return
        reader = cast("ArrayReader", self._readers[place])
        if array is None:
            self._put(place, check_samples(reader.read_samples(image_id)))
            return
        belongs = array[place]
        samples = reader.read_samples(image_id, belongs)
        self._put(place, None if samples is belongs else check_samples(samples))

    def _start_loading(self, number: int) -> None:
        at_once = _LOADS_AT_ONCE
        if self._array is not None:
            nbytes = self._array.nbytes // len(self._image_ids)
            at_once = min(at_once, max(_LOADS_AT_ONCE_BYTES // max(nbytes, 1), 2))
        submit = self._sources.workers.event_loop.submit
        for _ in range(min(at_once, number)):
            try:
                future = run_inside(self._around, submit, self._load_some())
            except SessionClosedError as error:
                self.end(error)
                return
            with self._lock:
                has_ended = self._outcome is not None
                if not has_ended:
                    self._loading.append(future)
            future.add_done_callback(self._loading_done)
            if has_ended:
                future.cancel()

    async def _load_some(self) -> None:
        """Load images in the normal way, one after the other, and copy them."""
        while self._to_load and self._outcome is None:
            place = self._to_load.popleft()
            image_id = self._image_ids[place]
            try:
                image = self._sources.cache.get(image_id)
                if image is None:
                    image = await self._sources.load_image(image_id, self._options)
                if image.pixels.nbytes <= _COPIED_IN_LOOP_BYTES:
                    self._put_image(place, image)
                else:
                    copied = in_a_new_thread(functools.partial(self._put_image, place, image))
                    await asyncio.wrap_future(copied)
            except Exception as error:  # noqa: BLE001 - it ends the load, whatever it is
                self.end(of_image(error, image_id))

    def _loading_done(self, future: concurrent.futures.Future[Any]) -> None:
        error = error_of(future)
        if error is not None:
            self.end(error)

    def _put_image(self, place: int, image: Image) -> None:
        with self._writes():
            # It may have ended while the image was on its way, and `out` is not ours any more.
            if self._outcome is None:
                self._put(place, image.pixels)

    def _put(self, place: int, samples: npt.NDArray[Any] | None) -> None:
        """Copy an image to where it belongs, unless it is there already, and count it."""
        array = self._array
        if array is None and samples is not None:
            array = np.empty((len(self._image_ids), *samples.shape), samples.dtype)
        if array is not None and samples is not None:
            put_samples(samples, array[place])
        if self._array is None:
            self._array = array
            self._give_out(range(1, len(self._image_ids)))
        with self._lock:
            self._missing -= 1
            is_whole = not self._missing
        if is_whole and array is not None:
            self.end(array)

    @contextlib.contextmanager
    def _writes(self) -> Iterator[None]:
        """Count who writes into the array; the last one tells of an error that was waiting."""
        with self._lock:
            self._writing += 1
        try:
            yield
        finally:
            with self._lock:
                self._writing -= 1
            self._settle()


def _check_for_circles(image_ids: tuple[str, ...], around: tuple[str, ...]) -> None:
    """Refuse an image whose own loader asks for it; it would wait for itself, or never end."""
    circles = [image_id for image_id in image_ids if image_id in around] if around else []
    if circles:
        circle = " -> ".join((*around[around.index(circles[0]) :], circles[0]))
        raise LoaderError(f"a loader waits for the image that it is to load: {circle}")


def _checked(out: object, number: int) -> npt.NDArray[Any] | None:
    """Give the array of a caller, if there is one, that so many images can go into."""
    if not number:
        raise LoaderError("an array needs at least one image, got no imageIds")
    if out is None:
        return None
    if not isinstance(out, np.ndarray):
        raise LoaderError(f"out must be a NumPy array, got {type(out).__name__}")
    if out.ndim not in {3, 4} or len(out) != number:
        raise LoaderError(
            f"out has the shape {out.shape}, but {number} images need ({number}, rows, columns), "
            f"or ({number}, rows, columns, 3) if they are of colour"
        )
    if not out.flags.writeable:
        raise LoaderError("out is read-only; give an array that may be written to")
    return out


def _readers(image_ids: tuple[str, ...], loaders: LoaderRegistry) -> list[ArrayReader | None]:
    """Find who reads each image straight into an array; None where its loader does not."""
    of_scheme: dict[str, ArrayReader | None] = {}
    readers = []
    for image_id in image_ids:
        try:
            scheme = ImageId.parse(image_id).scheme
            if scheme not in of_scheme:
                loader = loaders.find(scheme)
                of_scheme[scheme] = loader if reads_arrays(loader) else None
        except PyCornerstoneError as error:
            raise of_image(error, image_id) from None
        readers.append(of_scheme[scheme])
    return readers
