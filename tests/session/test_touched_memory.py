"""The memory of new arrays."""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

from pycornerstone.session.touched_memory import new_array

_IS_LINUX = sys.platform == "linux"
_LARGE = (64, 1024, 1024)


def _wait_for_threads() -> None:
    for thread in threading.enumerate():
        if thread.name == "pycornerstone-memory":
            thread.join(20)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not _IS_LINUX, reason="memory is taken ahead on Linux alone")
def test_memory_of_a_large_array_is_there_before_it_is_written_to() -> None:
    before = _resident_bytes()
    array = new_array(_LARGE, np.dtype(np.uint8))
    _wait_for_threads()
    # Linux before 5.14 refuses; and two huge pages at the ends may be left.
    taken = _resident_bytes() - before
    assert taken >= array.nbytes - 4 * 2**20 or taken < 2**20


def test_what_is_written_meanwhile_stays() -> None:
    expected = np.arange(64 * 2**20, dtype=np.uint32)
    array = new_array(expected.shape, expected.dtype)
    for part in range(64):
        piece = slice(part * 2**20, (part + 1) * 2**20)
        array[piece] = expected[piece]
    _wait_for_threads()
    np.testing.assert_array_equal(array, expected)


def test_an_array_that_nobody_wants_is_let_go_of() -> None:
    array = new_array((1024, 1024, 512), np.dtype(np.uint8))
    alive = weakref.ref(array)
    del array
    deadline = time.monotonic() + 20
    while alive() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    gc.collect()
    assert alive() is None


def test_a_small_array_takes_no_thread() -> None:
    before = threading.active_count()
    array = new_array((512, 512), np.dtype(np.int16))
    assert threading.active_count() == before
    assert array.shape == (512, 512)
    assert array.dtype == np.int16
