"""Loading many images into one array, a little at a time, so that what is on show goes first."""

from __future__ import annotations

import contextlib
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import LoadCancelledError, SessionClosedError
from pycornerstone.loaders.array_load_object import ArrayLoadObject
from pycornerstone.loaders.array_reading import check_samples, put_samples
from pycornerstone.model.image_id import several
from pycornerstone.session.array_arrivals import ArrayArrivals
from pycornerstone.session.array_checks import check_for_circles, checked_array, ways_of
from pycornerstone.session.array_chunks import Chunks
from pycornerstone.session.array_images import load_images
from pycornerstone.session.array_target import ArraySources
from pycornerstone.session.nesting import loads_around, run_inside
from pycornerstone.session.outcomes import error_of, of_image
from pycornerstone.session.touched_memory import new_array

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine, Iterable, Iterator

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.loaders.protocol import ArrayReader, LoadOptions

__all__ = ["ArrayLoad", "ArraySources"]


class ArrayLoad:
    """Images on their way into one array, from the first to the end, which comes once.

    Each goes one of three ways, by what its loader can do: it is read straight into the array,
    brought with many others (`ArrayArrivals`), or loaded as always (`ArrayImages`).

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
    image_ids, options, sources
        As above.
    around : tuple of str
        Images whose loaders wait for this one; most often none.
    array : numpy.ndarray or None
        The array, once it is known what its images are like.
    chunks : Chunks
        Where images are decoded.
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
        self.image_ids = tuple(several(image_ids))
        self.around = loads_around()
        check_for_circles(self.image_ids, self.around)
        self.array = checked_array(out, len(self.image_ids))
        self.options = options
        self.sources = sources
        self._finish = finish
        self._ways = ways_of(self.image_ids, sources.loaders)
        self._missing = len(self.image_ids)
        self._writing = 0
        self._waiting: list[concurrent.futures.Future[Any]] = []
        # What goes on once it is known what the array is like. Nothing here may know this load when
        # it has ended: an array is large, and must not wait for the garbage collector.
        self._held_back: list[Callable[[], object]] = []
        self._outcome: npt.NDArray[Any] | BaseException | None = None
        self._lock = Lock()
        self.promised = ArrayLoadObject(len(self.image_ids), sources.workers.notify)
        self.promised.cancel_fn = self._cancel
        self.chunks = Chunks(
            sources.workers,
            sources.threads,
            options,
            self.promised,
            self.end,
            is_nested=bool(self.around),
        )

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is to be done."""
        return self._outcome is not None

    def start(self) -> None:
        """Begin; where there is no array yet, with the first image, which says what it is like."""
        everything = range(len(self.image_ids))
        if self.array is not None:
            self._give_out(everything)
        elif self._ways[0].brings_many:
            # They come together anyway; those that are there before the first one wait for it.
            self._give_out([place for place in everything if self._ways[place].brings_many])
        else:
            self._give_out(everything[:1])

    def end(self, outcome: npt.NDArray[Any] | BaseException) -> None:
        """End it with the array or an error; only the first end counts.

        What is queued does not begin, and what runs ends with the image that it is at.
        """
        with self._lock:
            if self._outcome is not None:
                return
            self._outcome = outcome
            waiting, self._waiting = self._waiting, []
            self._held_back = []
        self.chunks.end()
        for future in waiting:
            future.cancel()
        self._settle()

    def wait_for(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run what waits in the event loop, until it or this load has ended."""
        try:
            future = run_inside(self.around, self.sources.workers.event_loop.submit, coroutine)
        except SessionClosedError as error:
            self.end(error)
            return
        with self._lock:
            has_ended = self._outcome is not None
            if not has_ended:
                self._waiting.append(future)
        future.add_done_callback(self._waited)
        if has_ended:
            future.cancel()

    def copy(self, place: int, samples: npt.NDArray[Any]) -> None:
        """Copy an image to where it belongs, unless it is too late; anything that fails is told."""
        with self.writing(place):
            self.put(place, samples)

    @contextlib.contextmanager
    def writing(self, place: int) -> Iterator[None]:
        """Write an image to its place within; what fails ends the load, and names the image.

        Nothing is to be written once the load has ended: the array is its owner's again when its
        end has been told, which waits for who is in here.
        """
        with self._lock:
            self._writing += 1
        try:
            yield
        except Exception as error:  # noqa: BLE001 - it ends the load, whatever it is
            self.end(of_image(error, self.image_ids[place]))
        finally:
            with self._lock:
                self._writing -= 1
            self._settle()

    def put(self, place: int, samples: npt.NDArray[Any] | None) -> None:
        """Copy an image to where it belongs, unless it is there already (None), and count it.

        The first one says what the array is like. Called within `writing`.

        Raises
        ------
        LoaderError
            If it is of another shape or type than the first.
        """
        if self._outcome is not None:
            return
        is_first = False
        if samples is not None:
            with self._lock:
                is_first = self.array is None
                if self.array is None:
                    shape = (len(self.image_ids), *samples.shape)
                    self.array = new_array(shape, samples.dtype)
            put_samples(samples, self.array[place])
        if is_first:
            self._give_out_rest()
        self.count(1)

    def array_of(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Give the array; where nobody has said what it is like, one of images like this."""
        with self._lock:
            is_first = self.array is None
            if self.array is None:
                self.array = new_array((len(self.image_ids), *shape), dtype)
            array = self.array
        if is_first:
            self._give_out_rest()
        return array

    def count(self, number: int) -> None:
        """Say that so many more images are where they belong. Called within `writing`."""
        with self._lock:
            self._missing -= number
            is_whole = not self._missing
            self.promised.number_done = len(self.image_ids) - self._missing
        if is_whole and self.array is not None:
            self.end(self.array)

    def _give_out_rest(self) -> None:
        everything = range(len(self.image_ids))
        if self._ways[0].brings_many:
            self._give_out([place for place in everything if not self._ways[place].brings_many])
        else:
            self._give_out(everything[1:])
        held_back, self._held_back = self._held_back, []
        for go_on in held_back:
            go_on()

    def _give_out(self, places: Iterable[int]) -> None:
        """Send images on their ways."""
        to_read: list[Callable[[], object]] = []
        to_bring: list[int] = []
        to_load: list[int] = []
        for place in places:
            way = self._ways[place]
            if way.reader is not None:
                to_read.append(partial(self._read, place, way.reader))
            elif way.brings_many:
                to_bring.append(place)
            else:
                to_load.append(place)
        self.chunks.add(to_read)
        load_images(self, to_load)
        if to_bring:
            arrivals = ArrayArrivals(self)
            self._held_back.append(arrivals.go_on)
            arrivals.add(to_bring, self._ways)

    def _read(self, place: int, reader: ArrayReader) -> None:
        image_id = self.image_ids[place]
        with self.writing(place):
            if self._outcome is None:
                run_inside((*self.around, image_id), self._read_inside, place, reader)

    def _read_inside(self, place: int, reader: ArrayReader) -> None:
        image_id, array = self.image_ids[place], self.array
        image = self.sources.cache.get(image_id)
        if image is not None:
            self.put(place, image.pixels)
        elif array is None:
            self.put(place, check_samples(reader.read_samples(image_id)))
        else:
            belongs = array[place]
            samples = reader.read_samples(image_id, belongs)
            self.put(place, None if samples is belongs else check_samples(samples))

    def _waited(self, future: concurrent.futures.Future[Any]) -> None:
        error = error_of(future)
        if error is not None:
            self.end(error)

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
