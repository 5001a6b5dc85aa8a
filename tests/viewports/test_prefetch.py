"""Images of a stack are loaded before anybody scrolls to them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pycornerstone.model.image import Image, ImageQuality
from pycornerstone.model.requests import RequestType
from pycornerstone.viewports.prefetch import AT_ONCE, NeighbourPrefetch, cost
from pycornerstone.viewports.stack import StackViewport

IDS = tuple(f"shelf:{i}" for i in range(10))
SIZE = 32


def many(count, room=2**30):
    """Images, of 32 bytes each, and room for so many."""
    return [Image(f"shelf:{i}", np.full((4, 4), i, np.int16)) for i in range(count)]


def asked(shelf):
    return [int(name.removeprefix("shelf:")) for name, _ in shelf.asked]


@pytest.mark.parametrize("direction", [1, -1])
def test_what_is_ahead_goes_before_what_is_behind_but_for_the_nearest(direction):
    steps = sorted(
        (step for step in range(-9, 10) if step), key=lambda s: (cost(s, direction), -s * direction)
    )
    ahead = [step * direction for step in steps]
    assert ahead == [1, -1, 2, -2, 3, 4, 5, 6, 7, 8, 9, -3, -4, -5, -6, -7, -8, -9]
    assert cost(9, 1) == cost(-3, 1)


def test_at_first_they_come_from_both_sides_nearest_first(shelf):
    NeighbourPrefetch(shelf).around(IDS, 5, SIZE)
    assert asked(shelf) == [6, 4, 7, 3, 8, 2, 9, 1, 0]
    assert {options.request_type for _, options in shelf.asked} == {RequestType.PREFETCH}
    assert [options.priority for _, options in shelf.asked] == [1, 1, 2, 2, 3, 3, 4, 4, 5]


@pytest.mark.parametrize(
    ("places", "last"),
    [
        ([20, 21], [22, 20, 23, 19, 24, 25, 26, 27, 28, 29, 30, 18, 31]),
        ([20, 19], [18, 20, 17, 21, 16, 15, 14, 13, 12, 11, 10, 22, 9]),
        # Turned round.
        ([20, 21, 22, 21], [20, 22, 19, 23, 18, 17, 16, 15, 14, 13, 12, 24, 11]),
        # A jump starts anew.
        ([5, 6, 7, 30], [31, 29, 32, 28, 33, 27, 34, 26, 35, 25, 36, 24, 37]),
    ],
)
def test_they_follow_the_direction_of_scrolling(new_shelf, places, last):
    ids = tuple(f"shelf:{i}" for i in range(40))
    shelf = new_shelf(many(40))
    shelf.hold(*ids)
    prefetch = NeighbourPrefetch(shelf)
    for place in places[:-1]:
        prefetch.leave(ids, place)
    shelf.asked.clear()
    prefetch.around(ids, places[-1], SIZE)

    assert asked(shelf)[: len(last)] == last


def test_only_some_are_asked_for_at_the_same_time_and_all_in_the_end(new_shelf):
    ids = tuple(f"shelf:{i}" for i in range(100))
    shelf = new_shelf(many(100))
    shelf.hold(*ids)
    prefetch = NeighbourPrefetch(shelf)
    prefetch.around(ids, 0, SIZE)
    assert asked(shelf) == list(range(1, AT_ONCE + 1))

    shelf.release("shelf:3")
    assert asked(shelf)[-1] == AT_ONCE + 1
    while shelf.loading:
        shelf.release(next(iter(shelf.loading)))
    assert sorted(asked(shelf)) == list(range(1, 100))
    assert len(shelf.cache) == 99


def test_what_is_at_hand_or_on_its_way_is_not_asked_for_again(shelf):
    shelf.hold(*IDS)
    prefetch = NeighbourPrefetch(shelf)
    shelf.cache.put(shelf.images["shelf:6"])
    prefetch.around(IDS, 5, SIZE)
    first = asked(shelf)
    prefetch.around(IDS, 5, SIZE)
    prefetch.around(IDS, 6, SIZE)
    assert 6 not in first
    assert sorted(asked(shelf)) == sorted([*first, 5])


def test_what_is_at_hand_but_not_whole_is_asked_for(shelf):
    shelf.cache.put(shelf.images["shelf:6"].replace(quality=ImageQuality.SUBRESOLUTION))
    NeighbourPrefetch(shelf).around(IDS, 5, SIZE)
    assert asked(shelf)[0] == 6


def test_what_is_far_behind_is_cancelled_and_the_rest_goes_in_the_new_order(new_shelf):
    ids = tuple(f"shelf:{i}" for i in range(100))
    shelf = new_shelf(many(100))
    shelf.hold(*ids)
    prefetch = NeighbourPrefetch(shelf)
    prefetch.around(ids, 20, SIZE)
    assert sorted(asked(shelf)) == [*range(12, 20), *range(21, 29)]

    prefetch.leave(ids, 25)
    # Three times as far behind as would be ahead: 32 images.
    assert sorted(shelf.cancelled) == ["shelf:12", "shelf:13", "shelf:14"]
    assert shelf.priorities["shelf:26"] == (RequestType.PREFETCH, 1)
    assert shelf.priorities["shelf:23"] == (RequestType.PREFETCH, 2)
    assert shelf.priorities["shelf:21"] == (RequestType.PREFETCH, 12)

    prefetch.stop()
    assert len(shelf.cancelled) == 16


def test_a_jump_cancels_what_is_far_from_there(new_shelf):
    ids = tuple(f"shelf:{i}" for i in range(100))
    shelf = new_shelf(many(100))
    shelf.hold(*ids)
    prefetch = NeighbourPrefetch(shelf)
    prefetch.around(ids, 20, SIZE)
    prefetch.leave(ids, 80)
    assert len(shelf.cancelled) == AT_ONCE


@pytest.mark.parametrize(("room", "loaded"), [(1, 0), (3, 2), (5, 4), (100, 9)])
def test_no_more_are_asked_for_than_fit_beside_what_is_on_show(new_shelf, room, loaded):
    shelf = new_shelf(many(10), room * SIZE)
    shelf.cache.put(shelf.images["shelf:5"])
    shelf.cache.pin("shelf:5")
    NeighbourPrefetch(shelf).around(IDS, 5, SIZE)
    assert len(shelf.asked) == loaded
    assert all(name in shelf.cache for name, _ in shelf.asked)


def test_a_stack_that_does_not_fit_takes_its_share_of_what_others_have(new_shelf):
    ids = tuple(f"shelf:{i}" for i in range(100))
    others = [Image(f"other:{i}", np.zeros((4, 4), np.int16)) for i in range(40)]
    shelf = new_shelf([*many(100), *others], 40 * SIZE)
    for image in others:
        shelf.cache.put(image)
    NeighbourPrefetch(shelf).around(ids, 0, SIZE)

    assert asked(shelf) == list(range(1, 31))
    assert sum(name.startswith("other:") for name in shelf.cache.image_ids()) == 10


@pytest.mark.parametrize("room", [10, 25, 60])
def test_nothing_of_a_stack_is_thrown_out_for_something_farther(new_shelf, room):
    """Wherever somebody scrolls, each image is loaded once a visit, and the nearest are there."""
    ids = tuple(f"shelf:{i}" for i in range(100))
    shelf = new_shelf(many(100), room * SIZE)
    choose = random.Random(3)
    prefetch, place = NeighbourPrefetch(shelf), 50
    for _ in range(200):
        place = min(max(place + choose.choice([-1, 1, 1, 1]), 0), 99)
        shelf.load_and_cache_image(ids[place])
        before = len(shelf.asked)
        prefetch.around(ids, place, SIZE)
        news = asked(shelf)[before:]
        assert len(set(news)) == len(news)
        kept = set(shelf.cache.image_ids())
        assert all(ids[new] in kept for new in news)
        near = [i for i in range(place - 2, place + 3) if 0 <= i < 100]
        assert all(ids[i] in kept for i in near)


def test_when_others_take_its_room_it_stops_until_somebody_moves(new_shelf):
    ids = tuple(f"shelf:{i}" for i in range(100))
    shelf = new_shelf(many(100))
    shelf.hold(*ids)
    prefetch = NeighbourPrefetch(shelf)
    prefetch.around(ids, 0, SIZE)
    shelf.release("shelf:1")
    shelf.cache.remove("shelf:1")
    before = len(shelf.asked)
    for image_id in list(shelf.loading):
        shelf.release(image_id)
    assert len(shelf.asked) == before

    prefetch.around(ids, 1, SIZE)
    assert len(shelf.asked) == before + AT_ONCE


def test_an_image_that_fails_is_nobodys_business_and_not_asked_for_again(shelf):
    del shelf.images["shelf:6"]
    prefetch = NeighbourPrefetch(shelf)
    prefetch.around(IDS, 5, SIZE)
    assert "shelf:4" in shelf.cache
    prefetch.around(IDS, 4, SIZE)
    assert asked(shelf).count(6) == 1


def test_a_server_that_gives_nothing_is_not_asked_for_the_whole_stack(new_shelf):
    shelf = new_shelf([])
    NeighbourPrefetch(shelf).around(tuple(f"shelf:{i}" for i in range(1000)), 0, SIZE)
    assert len(shelf.asked) < 2 * AT_ONCE


def test_whoever_goes_elsewhere_while_it_asks_gets_no_more_of_the_old(shelf):
    prefetch = NeighbourPrefetch(shelf)
    load = shelf.load_and_cache_image

    def load_and_leave(image_id, options):
        shelf.load_and_cache_image = load
        prefetch.stop()
        return load(image_id, options)

    shelf.load_and_cache_image = load_and_leave
    shelf.hold(*IDS)
    prefetch.around(IDS, 5, SIZE)
    assert asked(shelf) == [6]
    assert shelf.cancelled == ["shelf:6"]


def test_another_stack_gets_nothing_of_the_old(shelf):
    shelf.hold(*IDS)
    prefetch = NeighbourPrefetch(shelf)
    prefetch.around(IDS, 5, SIZE)
    prefetch.around(IDS[:2], 0, SIZE)
    assert len(shelf.cancelled) == 9
    assert asked(shelf)[9:] == [1]


def test_a_viewport_loads_ahead_of_whoever_scrolls(new_shelf):
    shelf = new_shelf(many(100))
    viewport = StackViewport(8, 8, session=shelf)
    ids = [f"shelf:{i}" for i in range(100)]
    viewport.set_stack(ids, 50)
    viewport.render(timeout=5)
    assert len(shelf.cache) == 100
    shelf.asked.clear()
    viewport.scroll(1)
    viewport.render(timeout=5)
    assert [name for name, options in shelf.asked] == ["shelf:51"]


def test_who_scrolls_faster_than_images_come_gets_those_ahead(new_shelf):
    ids = [f"shelf:{i}" for i in range(100)]
    shelf = new_shelf(many(100))
    shelf.hold(*ids)
    viewport = StackViewport(8, 8, session=shelf)
    viewport.set_stack(ids, 10)
    viewport.scroll(1)
    assert shelf.asked_for(RequestType.PREFETCH) == []
    for _ in range(3):
        viewport.scroll(1)
    assert set(shelf.asked_for(RequestType.PREFETCH)) >= {f"shelf:{i}" for i in range(15, 25)}
    shelf.release("shelf:17")
    for _ in range(3):
        viewport.scroll(1)
    assert viewport.current_image_id_index == 17
    assert viewport.current_image_quality == ImageQuality.FULL_RESOLUTION


def test_who_jumps_about_has_nothing_loaded_but_what_he_asks_for(new_shelf):
    ids = [f"shelf:{i}" for i in range(100)]
    shelf = new_shelf(many(100))
    shelf.hold(*ids)
    viewport = StackViewport(8, 8, session=shelf)
    viewport.set_stack(ids, 10)
    for place in (50, 20, 80, 30, 31, 30, 31):
        viewport.set_image_id_index(place)
    assert shelf.asked_for(RequestType.PREFETCH) == []
