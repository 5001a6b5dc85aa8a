"""Loading many images into one array, a little at a time, so that what is on show goes first."""

from __future__ import annotations

import contextlib
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import LoadCancelledError, SessionClosedError
from pycornerstone.loaders.array_load_object import ArrayLoadObject
from pycornerstone.loaders.array_reading import check_samples, put_samples
from pycornerstone.model.image import ImageQuality
from pycornerstone.model.image_id import several
from pycornerstone.session.array_arrivals import ArrayArrivals
from pycornerstone.session.array_checks import check_for_circles, checked_array, ways_of
from pycornerstone.session.array_chunks import Chunks
from pycornerstone.session.array_images import load_images
from pycornerstone.session.array_plan import ArrayPlan
from pycornerstone.session.array_target import ArraySources
from pycornerstone.session.nesting import loads_around, run_inside
from pycornerstone.session.outcomes import error_of, of_image

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.loaders.protocol import ArrayReader, LoadOptions
    from pycornerstone.model.image import Image
    from pycornerstone.session.array_plan import PlaceQueue

__all__ = ["ArrayLoad", "ArraySources"]

# Samples that are read in less than 0.1 ms where they are not encoded.
_READ_SOON_BYTES = 256 * 1024


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
    plan : ArrayPlan, optional
        In which order, and what is done otherwise.

    Attributes
    ----------
    image_ids, options, sources, plan
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
        plan: ArrayPlan | None = None,
    ) -> None:
        self.image_ids = tuple(several(image_ids))
        self.around = loads_around()
        check_for_circles(self.image_ids, self.around)
        self.array = checked_array(out, len(self.image_ids))
        self.options = options
        self.sources = sources
        self.plan = plan or ArrayPlan()
        self._finish = finish
        self._ways = ways_of(self.image_ids, sources.loaders)
        self._missing = len(self.image_ids)
        self._first = 0
        self._is_rest_given = out is not None
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
        everything = self.plan.in_order(range(len(self.image_ids)))
        self._first = everything[0]
        if self.array is not None:
            self._give_out(everything)
        elif self._ways[self._first].brings_many:
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
            self.fail(place, error)
        finally:
            with self._lock:
                self._writing -= 1
            self._settle()

    def fail(self, place: int, error: BaseException) -> None:
        """End the load because of an image, unless it may go on without it."""
        named = of_image(error, self.image_ids[place])
        if self._outcome is not None or self.plan.failed is None:
            self.end(named)
            return
        self.plan.failed(place, named)
        if self.array is None:
            # Another one says what the array is like.
            self._give_out_rest()
        self._count(1, named)

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
        if samples is not None:
            kept = self.plan.kept(samples)
            array, is_first = self._array_of(kept.shape, kept.dtype)
            put_samples(kept, array[place])
            if is_first:
                self._give_out_rest()
        self.arrived((place,))

    def at_hand(self, image_id: str) -> Image | None:
        """Give an image that the cache has, and has all of."""
        image = self.sources.cache.get(image_id)
        if image is None or image.quality < ImageQuality.FULL_RESOLUTION:
            return None
        self.plan.given(image)
        return image

    def out(self, place: int) -> npt.NDArray[Any] | None:
        """Give where an image may be decoded to; None if nobody knows yet, or to nowhere."""
        return None if self.array is None or not self.plan.is_whole else self.array[place]

    def array_of(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Give the array; where nobody has said what it is like, one of images like this."""
        array, is_first = self._array_of(shape, dtype)
        if is_first:
            self._give_out_rest()
        return array

    def arrived(self, places: Sequence[int]) -> None:
        """Say that further images are where they belong. Called within `writing`."""
        if self._outcome is None:
            self.plan.arrived(places)
        self._count(len(places))

    def _array_of(
        self, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> tuple[npt.NDArray[Any], bool]:
        try:
            with self._lock:
                is_first = self.array is None
                if self.array is None:
                    self.array = self.plan.new_array((len(self.image_ids), *shape), dtype)
                return self.array, is_first
        except Exception as error:
            # There is no going on without an array, as there is without an image.
            self.end(error)
            raise

    def _count(self, number: int, error: BaseException | None = None) -> None:
        with self._lock:
            self._missing -= number
            is_over = not self._missing
            self.promised.number_done = len(self.image_ids) - self._missing
        outcome = error if self.array is None else self.array
        if is_over and outcome is not None:
            self.end(outcome)

    def _give_out_rest(self) -> None:
        with self._lock:
            is_given, self._is_rest_given = self._is_rest_given, True
        if is_given:
            return
        everything = self.plan.in_order(range(len(self.image_ids)))
        if self._ways[self._first].brings_many:
            self._give_out([place for place in everything if not self._ways[place].brings_many])
        else:
            self._give_out([place for place in everything if place != self._first])
        held_back, self._held_back = self._held_back, []
        for go_on in held_back:
            go_on()

    def _give_out(self, places: Iterable[int]) -> None:
        """Send images on their ways."""
        to_read: list[int] = []
        to_bring: list[int] = []
        to_load: list[int] = []
        for place in places:
            way = self._ways[place]
            if way.reader is not None:
                to_read.append(place)
            elif way.brings_many:
                to_bring.append(place)
            else:
                to_load.append(place)
        if to_read:
            work = [partial(self._read_next, self.plan.queue(to_read))] * len(to_read)
            self.chunks.add(work, are_short=self._are_short(to_read))
        load_images(self, to_load)
        if to_bring:
            arrivals = ArrayArrivals(self)
            self._held_back.append(arrivals.go_on)
            arrivals.add(to_bring, self._ways)

    def _are_short(self, to_read: Sequence[int]) -> bool:
        """Whether samples are most likely read in less time than threads take to take turns."""
        is_small = self.array is not None and self.array[0].nbytes <= _READ_SOON_BYTES
        readers = {self._ways[place].reader for place in to_read} if is_small else {None}
        return all(getattr(reader, "reads_soon", False) for reader in readers)

    def _read_next(self, queue: PlaceQueue) -> None:
        place = queue.take()
        reader = None if place is None else self._ways[place].reader
        if place is None or reader is None:
            return
        image_id = self.image_ids[place]
        with self.writing(place):
            if self._outcome is None:
                run_inside((*self.around, image_id), self._read_inside, place, reader)

    def _read_inside(self, place: int, reader: ArrayReader) -> None:
        image_id, belongs = self.image_ids[place], self.out(place)
        image = self.at_hand(image_id)
        if image is not None:
            self.put(place, image.pixels)
        elif belongs is None:
            self.put(place, check_samples(reader.read_samples(image_id)))
        else:
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
