"""Neighbours are loaded before anybody scrolls to them."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.model.image import Image
from pycornerstone.model.requests import RequestType
from pycornerstone.viewports.prefetch import NeighbourPrefetch, neighbours

IDS = tuple(f"shelf:{i}" for i in range(10))


def test_neighbours_come_from_both_sides_nearest_first():
    assert list(neighbours(4, 10, 3)) == [(1, 5), (1, 3), (2, 6), (2, 2), (3, 7), (3, 1)]
    assert list(neighbours(0, 3, 10)) == [(1, 1), (2, 2)]
    assert list(neighbours(0, 1, 10)) == []


def test_they_are_asked_for_as_prefetch_the_nearest_first(shelf):
    NeighbourPrefetch(shelf, reach=2).around(IDS, 5, 32)
    assert [name for name, _ in shelf.asked] == ["shelf:6", "shelf:4", "shelf:7", "shelf:3"]
    assert {options.request_type for _, options in shelf.asked} == {RequestType.PREFETCH}
    assert [options.priority for _, options in shelf.asked] == [1, 1, 2, 2]


def test_what_is_at_hand_or_on_its_way_is_not_asked_for_again(shelf):
    shelf.hold(*IDS)
    prefetch = NeighbourPrefetch(shelf, reach=1)
    shelf.cache.put(shelf.images["shelf:6"])
    prefetch.around(IDS, 5, 32)
    prefetch.around(IDS, 5, 32)
    assert [name for name, _ in shelf.asked] == ["shelf:4"]


def test_what_is_a_neighbour_no_more_is_cancelled(shelf):
    shelf.hold(*IDS)
    prefetch = NeighbourPrefetch(shelf, reach=2)
    prefetch.around(IDS, 2, 32)
    prefetch.around(IDS, 5, 32)
    assert sorted(shelf.cancelled) == ["shelf:0", "shelf:1"]
    prefetch.stop()
    assert sorted(shelf.cancelled) == [
        "shelf:0",
        "shelf:1",
        "shelf:3",
        "shelf:4",
        "shelf:6",
        "shelf:7",
    ]


@pytest.mark.parametrize(("room", "loaded"), [(1, 0), (3, 2), (5, 4), (100, 6)])
def test_no_more_are_asked_for_than_fit_beside_what_is_on_show(new_shelf, room, loaded):
    images = [Image(f"shelf:{i}", np.zeros((8, 8), np.int16)) for i in range(10)]
    shelf = new_shelf(images, room * 128)
    shelf.cache.put(images[5])
    shelf.cache.pin("shelf:5")
    NeighbourPrefetch(shelf, reach=3).around(IDS, 5, 128)
    assert len(shelf.asked) == loaded
    assert all(name in shelf.cache for name, _ in shelf.asked)


def test_a_neighbour_that_fails_is_nobodys_business(shelf):
    del shelf.images["shelf:6"]
    NeighbourPrefetch(shelf, reach=1).around(IDS, 5, 32)
    assert "shelf:4" in shelf.cache


def test_whoever_goes_elsewhere_while_neighbours_are_asked_for_gets_no_more_of_the_old(shelf):
    prefetch = NeighbourPrefetch(shelf, reach=3)
    load = shelf.load_and_cache_image

    def load_and_leave(image_id, options):
        shelf.load_and_cache_image = load
        prefetch.stop()
        return load(image_id, options)

    shelf.load_and_cache_image = load_and_leave
    shelf.hold(*IDS)
    prefetch.around(IDS, 5, 32)
    assert [name for name, _ in shelf.asked] == ["shelf:6"]
    assert shelf.cancelled == ["shelf:6"]
