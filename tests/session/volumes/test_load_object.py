"""Who looks at a volume that fills is told of it some times a second, and of its end."""

from __future__ import annotations

import concurrent.futures
import threading

import numpy as np
import pytest

from pycornerstone.session.volumes.load_object import VolumeProgress


@pytest.fixture
def threads():
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        yield executor


def filling(executor, number):
    """Give how far a volume is of which nothing is there, and what is told of it."""
    told, is_told = [], threading.Event()

    def modified(done, of, loaded):
        assert loaded.sum() >= done
        told.append((done, of))
        if done == of:
            is_told.set()

    progress = VolumeProgress("volume", number, executor.submit, modified)
    progress.loaded = np.zeros(number, np.bool_)
    return progress, told, is_told


def test_a_burst_of_images_is_told_of_a_few_times_and_its_end_once(threads):
    progress, told, is_told = filling(threads, 2000)
    for place in range(2000):
        progress.arrived((place,))
    assert is_told.wait(5)
    threads.shutdown()
    assert told[-1] == (2000, 2000)
    assert told.count((2000, 2000)) == 1
    assert len(told) < 200


def test_an_image_that_comes_alone_is_told_of(threads):
    progress, told, _ = filling(threads, 3)
    progress.arrived((1,))
    threads.shutdown()
    assert told == [(1, 3)]


def test_the_last_images_of_a_burst_are_told_of_where_others_are_missing(threads):
    progress, told, _ = filling(threads, 10)
    for place in range(9):
        progress.arrived((place,))
    threads.shutdown()
    assert told[-1] == (9, 10)


def test_a_volume_that_is_given_up_keeps_nobody_waiting(threads):
    progress, _, _ = filling(threads, 10)
    for place in range(5):
        progress.arrived((place,))
    progress.give_up()
    threads.shutdown()
    assert progress.volume is None


def test_listeners_are_told_of_each_image(threads):
    progress, told, is_told = filling(threads, 50)
    seen = []
    progress.listen(seen.append)
    for place in range(50):
        progress.arrived((place,))
    assert is_told.wait(5)
    threads.shutdown()
    assert sorted(seen) == list(range(50))
    assert told[-1] == (50, 50)
