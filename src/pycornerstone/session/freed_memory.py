"""Memory that was let go of, and stays with the process until the C library is asked for it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
import threading
from typing import TYPE_CHECKING

from pycornerstone.session.announcements import is_in_event_loop

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FreedMemory", "prepare_for"]

# What may stay: giving it back, and taking it anew, costs some 0.2 us a kB.
_TOLERATED_BYTES = 16 * 2**20
# What there is of it at any time, beside other threads' buffers and what was let go of just now.
_TO_BE_EXPECTED_BYTES = 48 * 2**20
# How much is let go of before anybody looks.
_LOOKED_AT_AFTER_BYTES = 4 * 2**20
# Pages of a new array cost 0.1 to 0.25 ms a MB, less than anybody takes to decode it.
_MAPPED_FROM_BYTES = 4 * 2**20
# Larger ones glibc gives back at once in any case.
_MAPPED_BY_GLIBC_BYTES = 32 * 2**20
# malloc.h, and the value that it has in every process at first.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
# Less, and the buffers of a stream take new pages for each megabyte: 30 ms of 200 CT slices.
_TRIMMED_FROM_BYTES = 2 * 2**20
_THREAD = "pycornerstone-memory"


class FreedMemory:
    """Gives back to the system what glibc keeps of freed samples; elsewhere it does nothing.

    glibc keeps freed arrays of up to 32 MB, in an arena for each few threads, where they lie
    between others and fit the next image badly: a process of four loading threads was seen to hold
    three times what was in use. So the process is looked at whenever some MB were let go of, which
    takes microseconds, and ``malloc_trim`` is called once it holds too much.

    That does not reach all of arrays of 4 to 32 MB; see `prepare_for`.

    Parameters
    ----------
    accounted_for : callable
        Gives the bytes that are known to be in use; what else the process holds is not looked into,
        but should not grow.

    Attributes
    ----------
    kept : int
        Bytes that the process held too many when it was last looked at.
    """

    def __init__(self, accounted_for: Callable[[], int]) -> None:
        self._accounted_for = accounted_for
        self.kept = 0
        self._looked_at = 0
        self._least: int | None = None
        self._lock = threading.Lock()
        self._trim = _malloc_trim()

    def part_of(self, budget: int) -> int:
        """Give what is to be left free of a budget for it: a 64th, in whole MB, at the most."""
        return min(max(self.kept, _TO_BE_EXPECTED_BYTES), budget // (64 * 2**20) * 2**20)

    def look(self, let_go: int) -> None:
        """Give memory back if the process holds too much.

        Parameters
        ----------
        let_go : int
            Bytes that were let go of until now, in all.
        """
        if let_go - self._looked_at < _LOOKED_AT_AFTER_BYTES or self._trim is None:
            return
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._looked_at = let_go
            beyond = self._beyond()
            if self._least is None or beyond < self._least:
                self._least = beyond
            self.kept = beyond - self._least
            is_too_much = self.kept > _TOLERATED_BYTES
        except OSError:
            # Nobody may open a file, for want of descriptors: no image is to fail for that.
            return
        finally:
            self._lock.release()
        if not is_too_much:
            return
        if is_in_event_loop():
            # It takes some milliseconds.
            threading.Thread(target=self._give_back, name=_THREAD, daemon=True).start()
        else:
            self._give_back()

    def _give_back(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            self.kept = 0
            if self._trim is not None:
                self._trim(0)
            # What is left now is somebody else's.
            self._least = self._beyond()

    def _beyond(self) -> int:
        return _memory_of_process() - self._accounted_for()


def _memory_of_process() -> int:
    """Give the memory of this process that is no file's."""
    with open("/proc/self/statm", "rb", buffering=0) as statm:  # noqa: PTH123 - Path takes 5 us more
        _, resident, shared, *_ = statm.read().split()
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def prepare_for(size_in_bytes: int) -> None:
    """Have arrays of 4 to 32 MB given back when they are freed, once there is an image like that.

    They are so at first in every process, but glibc stops it when the first was freed: each thread
    keeps some from then on, and ``malloc_trim`` does not reach them all. The setting
    (M_MMAP_THRESHOLD) is one of the whole process, where arrays of that size cost their pages anew
    each time. So it is left alone while images are small, and where the environment sets anything
    of malloc (``MALLOC_...`` or ``GLIBC_TUNABLES``).

    Parameters
    ----------
    size_in_bytes : int
        Of an image that has come.
    """
    if _MAPPED_FROM_BYTES <= size_in_bytes < _MAPPED_BY_GLIBC_BYTES and _malloc_trim() is not None:
        _give_large_arrays_back()


@functools.cache
def _give_large_arrays_back() -> None:
    if any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return
    process = ctypes.CDLL(None)
    process.mallopt(_M_MMAP_THRESHOLD, _MAPPED_FROM_BYTES)
    # It has grown with the arrays that were freed, and is what each thread keeps.
    process.mallopt(_M_TRIM_THRESHOLD, _TRIMMED_FROM_BYTES)


@functools.cache
def _malloc_trim() -> Callable[[int], int] | None:
    """Find the function of glibc; None on other systems, and with other allocators."""
    if sys.platform != "linux":
        return None
    try:
        process = ctypes.CDLL(None)
        trim: Callable[[int], int] = process.malloc_trim
        _memory_of_process()
    except (AttributeError, OSError, ValueError):
        return None
    return trim
