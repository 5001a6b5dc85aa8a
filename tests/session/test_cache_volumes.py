"""Tests of volumes in the cache, and of the images that are views into them."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.errors import CacheSizeExceededError
from pycornerstone.model.events import Event
from pycornerstone.model.image import Image
from pycornerstone.model.volume import Volume
from pycornerstone.session.cache import Cache

BUDGET = 100


def image_of(name, size=10):
    return Image(f"test:{name}", np.zeros((1, size), np.uint8))


def volume_of(name, slices=4):
    """Make a volume of 10 bytes a slice, and the images of its slices."""
    voxels = np.zeros((slices, 2, 5), np.uint8)
    image_ids = tuple(f"test:{name}{k}" for k in range(slices))
    images = [Image(image_id, voxels[k]) for k, image_id in enumerate(image_ids)]
    return Volume(name, voxels, image_ids), images


@pytest.fixture
def events():
    return []


@pytest.fixture
def cache(events):
    return Cache(BUDGET, events.append)


def told(events):
    return [
        (event.event, getattr(event, "volume_id", None) or event.image_id, event.size_in_bytes)
        for event in events
    ]


def test_a_volume_counts_its_voxels_and_is_given_back(cache, events):
    volume, _ = volume_of("v")
    cache.put_volume(volume)

    assert cache.get_volume("v") is volume
    assert (cache.size_in_bytes, cache.volume_ids(), len(cache)) == (40, ["v"], 0)
    assert told(events) == [(Event.VOLUME_CACHE_VOLUME_ADDED, "v", 40)]


def test_images_that_are_views_of_a_volume_cost_nothing_more(cache):
    volume, images = volume_of("v")
    cache.put_volume(volume)
    for image in images:
        cache.put(image)

    assert cache.size_in_bytes == 40
    assert cache.image_ids() == list(volume.image_ids)


def test_views_are_not_thrown_out_without_their_volume_as_that_frees_nothing(cache):
    volume, images = volume_of("v")
    for image in images:
        cache.put(image)
    cache.put_volume(volume)
    cache.put(image_of("other", 30))
    assert cache.get_volume("v") is volume
    cache.put(image_of("new", 50))

    # The views are older than what was thrown out, but the volume was used after it.
    assert cache.image_ids() == [*volume.image_ids, "test:new"]


def test_a_volume_is_thrown_out_with_its_views_when_it_is_the_least_recently_used(cache, events):
    volume, images = volume_of("v", 2)
    cache.put_volume(volume)
    for image in images:
        cache.put(image)
    cache.put(image_of("a", 70))
    events.clear()
    cache.put(image_of("b", 30))

    assert (cache.volume_ids(), cache.image_ids()) == ([], ["test:a", "test:b"])
    assert cache.size_in_bytes == 100
    assert told(events) == [
        (Event.IMAGE_CACHE_IMAGE_ADDED, "test:b", 30),
        (Event.VOLUME_CACHE_VOLUME_REMOVED, "v", 20),
        (Event.IMAGE_CACHE_IMAGE_REMOVED, "test:v0", 20),
        (Event.IMAGE_CACHE_IMAGE_REMOVED, "test:v1", 20),
    ]


def test_a_look_at_one_slice_is_a_use_of_the_volume(cache):
    volume, images = volume_of("v")
    cache.put_volume(volume)
    cache.put(images[0])
    cache.put(image_of("a", 50))
    assert cache.get("test:v0") is not None
    cache.put(image_of("b", 30))

    assert (cache.volume_ids(), cache.image_ids()) == (["v"], ["test:v0", "test:b"])


def test_a_volume_stays_while_it_or_one_of_its_slices_is_pinned(cache):
    volume, images = volume_of("v")
    cache.pin("test:v1")
    cache.put_volume(volume)
    cache.put(images[1])
    for size in (50, 60):
        cache.put(image_of(size, size))

    assert (cache.volume_ids(), cache.image_ids()) == (["v"], ["test:v1", "test:60"])
    assert not cache.is_cacheable(61)
    with pytest.raises(CacheSizeExceededError, match=r"61 bytes do not fit .* 40 of them in use"):
        cache.put(image_of("c", 61))

    cache.pin_volume("v")
    cache.unpin("test:v1")
    assert not cache.is_cacheable(61)
    cache.unpin_volume("v")
    cache.put(image_of("c", 90))
    assert (cache.volume_ids(), cache.image_ids()) == ([], ["test:c"])


def test_a_volume_that_does_not_fit_is_refused_before_anything_is_thrown_out(cache):
    cache.put(image_of("a", 30))
    cache.pin("test:a")
    cache.put(image_of("b", 30))

    assert not cache.is_cacheable(80)
    with pytest.raises(CacheSizeExceededError, match=r"80 bytes do not fit .* 30 of them in use"):
        cache.put_volume(volume_of("v", 8)[0])

    assert (cache.volume_ids(), cache.image_ids()) == ([], ["test:a", "test:b"])


def test_a_volume_of_the_same_id_takes_the_place_of_the_old_one(cache, events):
    cache.put_volume(volume_of("v", 4)[0])
    volume, _ = volume_of("v", 5)
    cache.put_volume(volume)

    assert cache.get_volume("v") is volume
    assert cache.size_in_bytes == 50
    assert told(events) == [
        (Event.VOLUME_CACHE_VOLUME_ADDED, "v", 40),
        (Event.VOLUME_CACHE_VOLUME_REMOVED, "v", 40),
        (Event.VOLUME_CACHE_VOLUME_ADDED, "v", 50),
    ]


def test_a_removed_volume_gives_its_memory_back_but_for_what_is_on_show(cache):
    let_go = []
    volume, images = volume_of("v")
    cache.put_volume(volume, decache=lambda: let_go.append("v"))
    for image in images:
        cache.put(image)

    assert cache.remove_volume("v")
    assert not cache.remove_volume("v")
    assert (cache.size_in_bytes, cache.image_ids(), let_go) == (0, [], ["v"])

    volume, images = volume_of("w")
    cache.put_volume(volume)
    for image in images:
        cache.put(image)
    cache.pin("test:w2")
    cache.remove_volume("w")
    assert (cache.size_in_bytes, cache.image_ids()) == (40, ["test:w2"])


def test_purging_lets_go_of_volumes_too(cache, events):
    volume, images = volume_of("v")
    cache.put_volume(volume)
    cache.put(images[0])
    cache.purge()

    assert (cache.size_in_bytes, cache.volume_ids(), cache.image_ids()) == (0, [], [])
    assert [event.event for event in events[2:]] == [
        Event.VOLUME_CACHE_VOLUME_REMOVED,
        Event.IMAGE_CACHE_IMAGE_REMOVED,
    ]
