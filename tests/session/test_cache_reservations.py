"""Tests of the room that is made for images on their way."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from pycornerstone.errors import CacheSizeExceededError
from pycornerstone.model.image import Image
from pycornerstone.session.cache import Cache

BUDGET = 100


def image_of(name, size=10):
    return Image(f"test:{name}", np.zeros((1, size), np.uint8))


@pytest.fixture
def cache():
    cache = Cache(BUDGET)
    for name in "abcd":
        cache.put(image_of(name, 20))
    return cache


def test_one_image_on_its_way_may_exceed_the_budget_and_two_may_not(cache):
    first = cache.reserve(decoded=30)
    assert cache.image_ids() == ["test:a", "test:b", "test:c", "test:d"]

    second = cache.reserve(decoded=30)
    # 80 + 30 are too many; the other 30 are the one image.
    assert cache.image_ids() == ["test:b", "test:c", "test:d"]
    assert cache.reserved_in_bytes == 60

    first.release()
    second.release()
    assert (cache.reserved_in_bytes, cache.bytes_available) == (0, 40)


def test_bytes_on_their_way_are_no_part_of_the_one_image(cache):
    cache.reserve(encoded=50, decoded=20)

    # 50 + 40 = 90, and 20 above.
    assert cache.image_ids() == ["test:c", "test:d"]


def test_what_is_in_use_is_not_thrown_out_for_what_is_on_its_way(cache):
    for name in "abcd":
        cache.pin(f"test:{name}")
    with cache.reserve(encoded=50, decoded=50):
        assert len(cache) == 4
        cache.unpin("test:b")
        assert cache.image_ids() == ["test:a", "test:c", "test:d"]


def test_a_reservation_becomes_the_image_without_counting_twice(cache):
    others = cache.reserve(decoded=20)
    one = cache.reserve(decoded=20)
    cache.put(image_of("e", 20), reservation=one)

    assert (cache.size_in_bytes, cache.reserved_in_bytes) == (100, 20)
    assert len(cache) == 5
    others.release()


def test_a_reservation_is_released_though_its_image_does_not_fit(cache):
    one = cache.reserve(decoded=101)
    with pytest.raises(CacheSizeExceededError):
        cache.put(image_of("e", 101), reservation=one)

    assert (cache.reserved_in_bytes, len(cache)) == (0, 4)


def test_whether_one_more_may_be_on_its_way_is_known_before(cache):
    # Whatever is not in use would be thrown out for it.
    assert cache.has_room_for(100)
    assert not cache.has_room_for(101)
    with cache.reserve(encoded=60):
        assert cache.has_room_for(40)
        assert not cache.has_room_for(41)
    assert cache.has_room_for(41)
    # What is expected is not counted beside what is known, but instead of it.
    with cache.reserve(encoded=20):
        assert cache.has_room_for(80, beside=10)
        assert not cache.has_room_for(80, beside=21)
    cache.pin("test:d")
    assert not cache.has_room_for(81)


def test_releasing_twice_is_nothing(cache):
    one = cache.reserve(encoded=5)
    one.change(encoded=7, decoded=3)
    assert cache.reserved_in_bytes == 10
    one.release()
    one.release()

    assert cache.reserved_in_bytes == 0


def test_what_is_thrown_out_in_an_event_loop_is_told_elsewhere():
    let_go = []
    cache = Cache(BUDGET)
    cache.put(image_of("a", 90), decache=lambda: let_go.append("a"))

    async def reserve():
        return cache.reserve(encoded=50)

    reservation = asyncio.run(reserve())
    assert (len(cache), let_go) == (0, [])
    reservation.release()
    assert let_go == ["a"]
