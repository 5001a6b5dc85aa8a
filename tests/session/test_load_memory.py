"""Tests of the accounts of what is on its way: at the end of a load, nothing is left of it."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.errors import LoadCancelledError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image import Image
from pycornerstone.session.cache import Cache
from pycornerstone.session.load_memory import LoadsMemory

CANCELLED = LoadCancelledError("the load was cancelled")


class Loads(LoadsMemory):
    """It lets something happen at the moment when it is asked what an image takes."""

    happens = None

    @property
    def expected(self):
        if self.happens:
            self.happens()
        return 10


@pytest.fixture
def cache():
    return Cache(1000)


def test_a_load_that_ends_while_it_makes_room_keeps_none(cache):
    loads = Loads(cache, lambda: None)
    load = loads.new_load()
    loads.happens = lambda: load.end(CANCELLED)
    load.begin(load.guess)
    assert cache.reserved_in_bytes == 0
    assert loads._running == 0


def test_room_that_is_made_while_a_load_ends_is_given_back():
    # Whoever is told of what is thrown out for it ends the load.
    told = []

    def emit(_):
        told.append(1)
        if load is not None:
            load.end(CANCELLED)

    load = None
    cache = Cache(100, emit)
    cache.put(Image("test:a", np.zeros((9, 10), np.uint8)))
    loads = LoadsMemory(cache, lambda: None)
    load = loads.new_load()
    load.arrived(EncodedFrame("test:b", bytes(60), "1.2.840.10008.1.2.1"))
    assert len(told) == 2
    assert cache.reserved_in_bytes == 0


def test_of_what_only_its_loader_can_read_the_size_is_that_of_those_before(cache):
    loads = LoadsMemory(cache, lambda: None)
    loads.new_load().end(Image("test:a", np.zeros((9, 10), np.uint8)))
    load = loads.new_load()
    load.decoding(object())
    assert cache.reserved_in_bytes == 90
    load.end(CANCELLED)
    assert cache.reserved_in_bytes == 0


def test_what_comes_after_the_end_reserves_nothing(cache):
    loads = LoadsMemory(cache, lambda: None)
    load = loads.new_load()
    load.end(CANCELLED)
    assert load.begin(lambda: "begun") == "begun"
    load.arriving(20)
    load.arrived(EncodedFrame("test:b", bytes(60), "1.2.840.10008.1.2.1"))
    load.guess()
    assert cache.reserved_in_bytes == 0
    assert loads._running == 0


def test_each_load_counts_once_from_its_first_step_to_its_end(cache):
    again = []
    loads = LoadsMemory(cache, lambda: again.append(loads._running))
    first, *others = [loads.new_load() for _ in range(3)]
    for load in (first, *others):
        load.begin(int)
        load.begin(int)
    assert loads._running == 3
    loads.expect(1000)
    assert not loads.may_begin()
    first.end(CANCELLED)
    first.end(CANCELLED)
    assert again == [2]
    for load in others:
        load.end(CANCELLED)
    assert loads._running == 0
    assert loads.may_begin()
