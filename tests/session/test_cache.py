"""Tests of the cache's accounts."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pycornerstone.errors import CacheSizeExceededError
from pycornerstone.model.events import ImageCacheImageAdded, ImageCacheImageRemoved
from pycornerstone.model.image import Image, ImageQuality
from pycornerstone.session.cache import Cache

BUDGET = 100


def image_of(name, size=10, **fields):
    return Image(f"test:{name}", np.zeros((1, size), np.uint8), **fields)


@pytest.fixture
def events():
    return []


@pytest.fixture
def cache(events):
    return Cache(BUDGET, events.append)


def test_the_bytes_held_are_those_of_the_samples(cache):
    cache.put(Image("test:a", np.zeros((2, 5), np.int16)))

    assert cache.size_in_bytes == 20
    assert cache.bytes_available == 80


def test_the_least_recently_used_goes_first(cache):
    for name in "abc":
        cache.put(image_of(name, 30))
    assert cache.get("test:a") is not None
    cache.put(image_of("d", 30))

    assert cache.image_ids() == ["test:c", "test:a", "test:d"]


def test_what_is_pinned_stays(cache):
    for name in "abc":
        cache.put(image_of(name, 30))
    cache.pin("test:a")
    cache.put(image_of("d", 50))

    assert cache.image_ids() == ["test:a", "test:d"]

    cache.unpin("test:a")
    cache.put(image_of("e", 90))
    assert cache.image_ids() == ["test:e"]


def test_what_does_not_fit_beside_what_is_in_use_is_refused_and_throws_nothing_out(cache):
    cache.put(image_of("a", 60))
    cache.put(image_of("b", 10))
    cache.pin("test:a")

    assert not cache.is_cacheable(41)
    with pytest.raises(
        CacheSizeExceededError, match="41 bytes do not fit into a cache of 100 bytes, 60 of them"
    ):
        cache.put(image_of("c", 41))

    assert cache.image_ids() == ["test:a", "test:b"]
    assert cache.is_cacheable(40)


def test_a_replaced_image_counts_once(cache, events):
    cache.put(image_of("a", 30))
    cache.put(image_of("a", 50))

    assert cache.size_in_bytes == 50
    assert [type(event) for event in events] == [
        ImageCacheImageAdded,
        ImageCacheImageRemoved,
        ImageCacheImageAdded,
    ]


def test_a_better_image_is_not_replaced_by_a_worse_one(cache):
    good = image_of("a")
    cache.put(good)

    assert not cache.put(image_of("a", quality=ImageQuality.SUBRESOLUTION))
    assert cache.get("test:a") is good


def test_views_of_one_array_count_once_until_the_last_is_gone(cache):
    volume = np.zeros((3, 4, 5), np.uint8)
    for k in range(3):
        cache.put(Image(f"test:{k}", volume[k]))
    assert cache.size_in_bytes == 60

    cache.remove("test:0")
    cache.remove("test:1")
    assert cache.size_in_bytes == 60
    cache.remove("test:2")
    assert cache.size_in_bytes == 0


def test_a_view_counts_what_it_keeps_alive(cache):
    whole = bytes(50)
    cache.put(Image("test:a", np.frombuffer(whole, np.uint8)[:6].reshape(2, 3)))

    assert cache.size_in_bytes == 50


def test_a_removal_is_told_once_and_decaches(cache, events):
    let_go = []
    cache.put(image_of("a"), decache=lambda: let_go.append("a"))

    assert cache.remove("test:a")
    assert not cache.remove("test:a")

    assert let_go == ["a"]
    assert events[1:] == [events[1]]
    assert (events[1].image_id, events[1].size_in_bytes) == ("test:a", 10)


def test_purging_after_eviction_tells_each_removal_once(cache, events):
    for name in "abcdefghijkl":
        cache.put(image_of(name, 20))
    cache.purge()

    removed = [event.image_id for event in events if isinstance(event, ImageCacheImageRemoved)]
    assert sorted(removed) == sorted({f"test:{name}" for name in "abcdefghijkl"})
    assert cache.size_in_bytes == 0
    # After a purge there is room for everything again.
    cache.put(image_of("z", 100))
    assert cache.image_ids() == ["test:z"]


def test_a_smaller_budget_throws_out_what_no_longer_fits(cache):
    for name in "abc":
        cache.put(image_of(name, 30))
    cache.max_size_in_bytes = 60

    assert cache.image_ids() == ["test:b", "test:c"]


def test_a_cache_of_no_bytes_is_refused():
    with pytest.raises(ValueError, match="at least 1 byte, got 0"):
        Cache(0)


def test_many_pinned_images_do_not_make_each_new_one_dear():
    # Of what is in use, nothing is looked at again and again: 10,000 of them took minutes.
    looked_at = []

    class Looked(Counter):
        def __getitem__(self, key):
            looked_at.append(key)
            return super().__getitem__(key)

    cache = Cache(20_000)
    for k in range(10_000):
        cache.pin(f"test:{k}")
        cache.put(image_of(k, 1))
    cache._image_pins = Looked(cache._image_pins)
    for k in range(10_000, 21_000):
        cache.put(image_of(k, 1))

    assert cache.size_in_bytes == 20_000
    assert len(looked_at) == 11_000


def test_a_change_is_told_after_it_has_happened_and_may_change_the_cache_again(cache, events):
    def on_change(event):
        events.append(event)
        if event.image_id == "test:a" and isinstance(event, ImageCacheImageAdded):
            assert cache.get("test:a") is not None
            cache.put(image_of("b"))
            # What it did itself is told when it has returned, so that the order is that of changes.
            assert len(events) == 1

    cache = Cache(BUDGET, on_change)
    cache.put(image_of("a"))

    assert [event.image_id for event in events] == ["test:a", "test:b"]


def test_nobody_is_told_while_the_cache_is_locked():
    answers = []

    def ask_in_another_thread(event):
        with ThreadPoolExecutor(1) as other:
            answers.append(other.submit(cache.get, event.image_id).result(timeout=10))

    cache = Cache(BUDGET, ask_in_another_thread)
    cache.put(image_of("a"))
    cache.remove("test:a")

    assert [image is not None for image in answers] == [True, False]


def test_decache_that_raises_harms_nobody(cache, caplog):
    cache.put(image_of("a"), decache=lambda: 1 / 0)
    cache.put(image_of("b"))
    cache.purge()

    assert len(cache) == 0
    assert "the decache of an image raised" in caplog.text
