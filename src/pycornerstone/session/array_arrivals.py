"""Images of an array that their loader brings together, decoded to their places as they arrive."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import LoaderError, PyCornerstoneError
from pycornerstone.loaders.image_run import ImageRun
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image import Image
from pycornerstone.retrieve.errand import Errand, running_errand
from pycornerstone.session.array_images import load_images
from pycornerstone.session.array_places import ImagePlace
from pycornerstone.session.array_runs import read_run
from pycornerstone.session.nesting import run_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from pycornerstone.session.array_checks import ImageWay
    from pycornerstone.session.array_target import ArrayTarget

__all__ = ["ArrayArrivals"]

# What has arrived and is not decoded yet, before no more is taken from who brings it.
_MAX_PENDING_BYTES = 64 * 1024 * 1024
# Handing images over one by one costs more than decoding them: a slice is copied in 0.1 ms.
_BATCH = 8
_BATCH_BYTES = 4 * 1024 * 1024
_BATCH_S = 0.003
# 200 slices of 512 kB took 27 switches of threads instead of 303, and 50 ms less of the system's
# time, as memory is used again that has just been let go of.
_COPIED_IN_LOOP_BYTES = 1024 * 1024
_NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})


class ArrayArrivals:
    """Takes images from loaders that bring many, and has them decoded.

    Parameters
    ----------
    load : ArrayTarget
        Whose images they are.
    """

    def __init__(self, load: ArrayTarget) -> None:
        self._load = load
        self._lock = Lock()
        # Work that waits for the first image, which says what the array is like.
        self._held: list[Callable[[], object]] = []
        self._is_holding = False
        self._pending_bytes = 0
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def add(self, places: Sequence[int], ways: Sequence[ImageWay]) -> None:
        """Bring the images of these places; what the cache has is copied."""
        load = self._load
        of_loader: dict[int, tuple[Any, dict[str, list[int]]]] = {}
        self._is_holding = load.array is None and load.plan.order is None
        cached: list[tuple[int, Callable[[], object]]] = []
        for place in places:
            image_id = load.image_ids[place]
            image = load.at_hand(image_id)
            if image is not None:
                cached.append((place, partial(load.copy, place, image.pixels)))
                continue
            loader = ways[place].loader
            of_id = of_loader.setdefault(id(loader), (loader, {}))[1]
            of_id.setdefault(image_id, []).append(place)
        self._hand_over(cached)
        if self._is_holding and not of_loader:
            self._release()
        for loader, of_id in of_loader.values():
            load.wait_for(self._take(loader, of_id))

    def go_on(self) -> None:
        """Decode what waited for the first image; called from any thread."""
        with self._lock:
            self._is_holding = False
            held, self._held = self._held, []
        self._load.chunks.add(held)

    async def _take(self, loader: Any, of_id: dict[str, list[int]]) -> None:
        load = self._load
        errand = Errand(load.options.request_type, load.options.priority)
        with running_errand(errand):
            if getattr(loader, "writes_in_place", False):
                place_of = partial(self._place_of, of_id)
                arriving = loader.retrieve_many(tuple(of_id), load.options, place_of=place_of)
            else:
                arriving = loader.retrieve_many(tuple(of_id), load.options)
            batch = _Batch(self._hand_over)
            try:
                async for encoded in arriving:
                    if isinstance(encoded, ImageRun):
                        self._take_run(encoded, of_id)
                        continue
                    places = _asked_for(encoded.image_id, of_id)
                    nbytes = len(getattr(encoded, "data", b""))
                    work = partial(self._decode, loader, encoded, places, nbytes)
                    with self._lock:
                        self._pending_bytes += nbytes
                    if self._is_only_copied(loader, encoded, nbytes, places):
                        work()
                        continue
                    batch.add(places[0], work, nbytes)
                    await self._room(batch)
            except PyCornerstoneError:
                if load.plan.failed is None:
                    raise
                # One by one, the others come, and what fails is known by its place.
            finally:
                batch.flush()
                close = getattr(arriving, "aclose", None)
                if close is not None:
                    await close()
        missing = [place for places in of_id.values() for place in places]
        if missing:
            load_images(load, missing)
        elif self._is_holding:
            self._release()

    def _take_run(self, run: ImageRun, of_id: dict[str, list[int]]) -> None:
        places = [_asked_for(image_id, of_id) for image_id in run.image_ids]
        first = 0 if any(0 in one for one in places) else places[0][0]
        self._hand_over([(first, partial(read_run, self._load, run, places))])

    def _place_of(
        self,
        of_id: dict[str, list[int]],
        image_id: str,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
    ) -> ImagePlace | None:
        places = of_id.get(image_id, ())
        if self._is_holding or len(places) != 1:
            return None
        forget = partial(of_id.pop, image_id, None)
        return ImagePlace.of(self._load, places[0], shape, dtype, forget)

    def _is_only_copied(self, loader: Any, encoded: Any, nbytes: int, places: list[int]) -> bool:
        """Whether an image is decoded by one copy, which is done sooner than handed over."""
        return (
            getattr(loader, "copies_native_frames", False)
            # Others wait for the first one, which says what the array is like.
            and (0 in places or not (self._is_holding or self._load.array is None))
            and nbytes <= _COPIED_IN_LOOP_BYTES
            and encoded.encoding in _NATIVE
            and encoded.pixel.bits_allocated in {8, 16}
            and encoded.pixel.samples_per_pixel == 1
        )

    def _hand_over(self, work: list[tuple[int, Callable[[], object]]]) -> None:
        """Have images decoded, the first one before all others where there is no array yet."""
        with self._lock:
            # Asked once: whoever gives out what is held does so at any time.
            is_holding = self._is_holding
            first = next((do for place, do in work if place == 0), None) if is_holding else None
            if is_holding:
                self._held.extend(do for _, do in work if do is not first)
        if first is not None:
            self._load.chunks.add([first])
        elif not is_holding:
            self._load.chunks.add(do for _, do in work)

    def _release(self) -> None:
        """Decode any image first: the first one does not come, or comes late."""
        with self._lock:
            held = self._held
            first = held.pop(0) if held else None
        if first is not None:
            self._load.chunks.add([first])

    async def _room(self, batch: _Batch) -> None:
        """Wait until enough of what has arrived is decoded."""
        if self._pending_bytes <= _MAX_PENDING_BYTES:
            return
        batch.flush()
        if self._is_holding:
            self._release()
        while True:
            with self._lock:
                if self._pending_bytes <= _MAX_PENDING_BYTES // 2:
                    return
                event = asyncio.Event()
                self._waiting.append((asyncio.get_running_loop(), event))
            await event.wait()

    def _decode(self, loader: Any, encoded: Any, places: list[int], nbytes: int) -> None:
        load = self._load
        try:
            with load.writing(places[0]):
                if not load.has_ended:
                    inside = (*load.around, load.image_ids[places[0]])
                    run_inside(inside, self._decode_inside, loader, encoded, places)
        finally:
            self._decoded(nbytes)

    def _decode_inside(self, loader: Any, encoded: Any, places: list[int]) -> None:
        load = self._load
        out = load.out(places[0])
        if isinstance(encoded, EncodedFrame):
            # Overlays in the samples would be decoded into `out` after them.
            encoded = replace(encoded, out=out, overlays=())
        image = loader.decode(encoded)
        if not isinstance(image, Image):
            raise LoaderError(f"the loader gave {type(image).__name__}, not an Image")
        for place in places:
            load.put(place, image.pixels)

    def _decoded(self, nbytes: int) -> None:
        with self._lock:
            self._pending_bytes -= nbytes
            if self._pending_bytes > _MAX_PENDING_BYTES // 2:
                return
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            # The session may be closing, and nobody wait any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)


def _asked_for(image_id: str, of_id: dict[str, list[int]]) -> list[int]:
    """Take the places of an image that was brought.

    Raises
    ------
    LoaderError
        If nobody has asked for it.
    """
    places = of_id.pop(image_id, None)
    if places is None:
        raise LoaderError(
            f"retrieve_many of its loader gave {without_credentials(image_id)!r}, which it was not "
            "asked for, or has given before"
        )
    return places


class _Batch:
    """Images that are handed over together: some, or what came within some milliseconds."""

    def __init__(self, hand_over: Callable[[list[tuple[int, Callable[[], object]]]], None]) -> None:
        self._hand_over = hand_over
        self._work: list[tuple[int, Callable[[], object]]] = []
        self._nbytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, place: int, work: Callable[[], object], nbytes: int) -> None:
        self._work.append((place, work))
        self._nbytes += nbytes
        if len(self._work) >= _BATCH or self._nbytes >= _BATCH_BYTES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_BATCH_S, self.flush)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        work, self._work, self._nbytes = self._work, [], 0
        if work:
            self._hand_over(work)
