"""Room for images on their way: reserved as more is known of them, and given back at their end."""

from __future__ import annotations

import math
import mmap
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image import Image
from pycornerstone.session.freed_memory import prepare_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.session.cache import Cache
    from pycornerstone.session.reservations import Reservation

T = TypeVar("T")

__all__ = ["LoadMemory", "LoadsMemory"]

# So many images are always let on their way, whatever they take: one may wait for another in a way
# that only its loader knows.
_ALWAYS = 2
# What came last counts for so much of what is expected of the next.
_NEWEST = 0.25


class LoadMemory:
    """The memory of one load; safe to use from any thread."""

    __slots__ = ("_has_begun", "_has_ended", "_loads", "_lock", "reservation")

    def __init__(self, loads: LoadsMemory, reservation: Reservation) -> None:
        self._loads = loads
        self._has_begun = self._has_ended = False
        self._lock = threading.Lock()
        self.reservation = reservation

    @property
    def has_begun(self) -> bool:
        """Whether one of its steps has been begun."""
        return self._has_begun

    def begin(self, start: Callable[[], T]) -> T:
        """Begin one of its steps, and count it from the first one on."""
        with self._lock:
            is_first = not self._has_begun and not self._has_ended
            self._has_begun |= is_first
        if is_first:
            self._loads.count(1)
        return start()

    def guess(self) -> None:
        """Make room for an image like those before: of what its loader does, nothing is seen."""
        self._reserve(decoded=self._loads.expected)

    def arriving(self, nbytes: int) -> None:
        """Make room for so many bytes, some of which have arrived."""
        self._reserve(encoded=nbytes)

    def arrived(self, encoded: Any) -> None:
        """Know that all bytes are there."""
        if isinstance(encoded, EncodedFrame):
            self._reserve(encoded=_own_bytes(encoded))

    def decoding(self, encoded: Any) -> None:
        """Make room for the samples that they are about to become, as far as can be told."""
        if isinstance(encoded, EncodedFrame):
            own = _own_bytes(encoded)
            samples = _bytes_of_samples(encoded)
            # Samples that are stored as they are lie in the bytes that came.
            self._reserve(encoded=own, decoded=samples if samples > own else 0)
        else:
            # Only its loader can read it: pictures, NIfTI, and what users' loaders bring.
            self.guess()

    def end(self, outcome: Image | BaseException) -> None:
        """Give all back: the image is kept, is its caller's, or there is none."""
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
            has_begun = self._has_begun
        self.reservation.release()
        if isinstance(outcome, Image):
            self._loads.expect(outcome.size_in_bytes)
        if has_begun:
            self._loads.count(-1)

    def _reserve(self, *, encoded: int | None = None, decoded: int | None = None) -> None:
        if self._is_over():
            return
        self.reservation.change(encoded=encoded, decoded=decoded)
        # Without a lock, since making room calls what users gave; it may have ended meanwhile.
        if self._is_over():
            self.reservation.release()

    def _is_over(self) -> bool:
        return self._has_ended


class LoadsMemory:
    """The memory of all loads of a session, which says whether one more may begin.

    Parameters
    ----------
    cache : Cache
        Whose budget they share.
    may_begin_again : callable
        Called when one more may begin, after one was refused.
    """

    def __init__(self, cache: Cache, may_begin_again: Callable[[], object]) -> None:
        self._cache = cache
        self._may_begin_again = may_begin_again
        self._running = 0
        self._expected = 0.0
        self._has_refused = False
        self._lock = threading.Lock()

    def new_load(self) -> LoadMemory:
        """Give the account of a load that is about to begin."""
        return LoadMemory(self, self._cache.reserve())

    def may_begin(self) -> bool:
        """Whether one image more may be on its way: none is asked for that would not fit.

        Then bytes that wait to be decoded do not pile up either.
        """
        with self._lock:
            if self._running < _ALWAYS:
                return True
            expected = self.expected
            may = self._cache.has_room_for(expected, beside=expected * self._running)
            self._has_refused |= not may
            return may

    @property
    def expected(self) -> int:
        """Bytes of an image that is still to come, by those that have come."""
        return math.ceil(self._expected)

    def count(self, change: int) -> None:
        """Count a load that has begun, or ended."""
        with self._lock:
            self._running += change
            has_refused = self._has_refused and change < 0
            if has_refused:
                self._has_refused = False
        if has_refused:
            self._may_begin_again()

    def expect(self, size_in_bytes: int) -> None:
        """Learn from an image that has come."""
        prepare_for(size_in_bytes)
        with self._lock:
            older = self._expected * (1 - _NEWEST) + size_in_bytes * _NEWEST
            self._expected = max(size_in_bytes, older)


def _own_bytes(encoded: EncodedFrame) -> int:
    """Give what the bytes of a frame take of the process's own memory; a mapped file is not."""
    data = encoded.data
    if isinstance(data, memoryview):
        return 0 if isinstance(data.obj, mmap.mmap) else data.nbytes
    return len(data)


def _bytes_of_samples(encoded: EncodedFrame) -> int:
    pixel = encoded.pixel
    if pixel is None:
        return 0
    samples = pixel.rows * pixel.columns * pixel.samples_per_pixel
    return samples * max((pixel.bits_allocated + 7) // 8, 1)
