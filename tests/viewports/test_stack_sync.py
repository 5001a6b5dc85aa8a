"""Stacks in step: who moves, to which image, and who stays."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.metadata.registration import Registrations
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.events import Event
from pycornerstone.model.image import Image
from pycornerstone.model.modules import ImagePlaneModule
from pycornerstone.viewports.places import Place
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.stack_places import StackPlaces
from pycornerstone.viewports.stack_sync import StackSync

AXIAL = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)


def slice_at(image_id, z, *, uid="1.1", directions=AXIAL, position=None, thickness=None):
    plane = ImagePlaneModule(
        frame_of_reference_uid=uid,
        image_position_lps=position or (0.0, 0.0, float(z)),
        row_cosines=directions[0],
        column_cosines=directions[1],
        row_pixel_spacing_mm=1.0,
        column_pixel_spacing_mm=1.0,
        slice_thickness_mm=thickness,
    )
    return Image(image_id, np.zeros((4, 4), np.int16), plane=plane)


def stack(name, positions, **facts):
    return [slice_at(f"{name}:{i}", z, **facts) for i, z in enumerate(positions)]


@pytest.fixture
def room(new_shelf):
    """Makes a shelf of stacks, whose planes its metadata know, and a viewport of each."""

    def make(*stacks, planes_known=True):
        shelf = new_shelf([image for images in stacks for image in images])
        if planes_known:
            shelf.metadata.add_provider(
                lambda name, image_id: (
                    shelf.images[image_id].plane if name == "imagePlaneModule" else None
                )
            )
        viewports = []
        for number, images in enumerate(stacks):
            viewport = StackViewport(
                4, 4, session=shelf, prefetch=False, viewport_id=f"viewport {number}"
            )
            if images:
                viewport.set_stack([image.image_id for image in images]).result(1)
            viewports.append(viewport)
        return shelf, viewports

    return make


def indices(viewports):
    return [viewport.target_image_id_index for viewport in viewports]


def test_the_others_show_the_image_that_is_nearest(room):
    shelf, viewports = room(stack("a", range(0, 100, 5)), stack("b", range(0, 100, 2)))
    StackSync(viewports, session=shelf)
    viewports[0].scroll(3).result(1)
    # 15 mm is between images 7 and 8, at 14 and 16.
    assert viewports[1].image.plane.image_position_lps[2] in (14, 16)
    viewports[0].scroll(1)
    assert indices(viewports) == [4, 10]
    viewports[1].scroll(3)
    # 26 mm is nearest to 25.
    assert indices(viewports) == [5, 13]


def test_the_order_of_a_stack_is_its_own_matter(room):
    shelf, viewports = room(stack("a", [0, 1, 2, 3]), stack("b", [3, 1, 0, 2]))
    StackSync(viewports, session=shelf)
    found = []
    for index in (1, 2, 3, 0):
        viewports[0].set_image_id_index(index)
        found.append(indices(viewports)[1])
    assert found == [1, 3, 0, 2]


def test_it_stays_beyond_half_a_step_from_its_ends(room):
    shelf, viewports = room(stack("a", np.arange(0, 20.5, 0.5)), stack("b", [0, 4, 8]))
    StackSync(viewports, session=shelf)
    viewports[0].set_image_id_index(20)
    assert indices(viewports) == [20, 2]
    viewports[0].set_image_id_index(2)
    assert indices(viewports) == [2, 0]
    viewports[0].set_image_id_index(21)
    assert indices(viewports) == [21, 0]


def test_images_across_are_no_choice(room):
    scout = slice_at("b:0", 0, directions=CORONAL, position=(0.0, 0.0, 3.0))
    shelf, viewports = room(
        stack("a", range(10)), [scout, *stack("b'", [0, 3, 6])], stack("c", range(10))
    )
    viewports[2].set_stack(["b:0"]).result(1)
    StackSync(viewports, session=shelf)
    viewports[0].set_image_id_index(3)
    assert indices(viewports) == [3, 2, 0]
    # Nor does the scout lead them anywhere.
    viewports[1].set_image_id_index(0)
    assert indices(viewports) == [3, 0, 0]


def test_points_in_time_are_kept(room):
    times = [slice_at(f"b:{t}{z}", z) for t in range(3) for z in range(4)]
    turns = [slice_at(f"c:{z}{t}", z) for z in range(4) for t in range(3)]
    shelf, viewports = room(stack("a", range(4)), times, turns)
    viewports[1].set_image_id_index(4)
    viewports[2].set_image_id_index(1)
    StackSync(viewports, session=shelf)
    viewports[0].set_image_id_index(3)
    assert [v.current_image_id for v in viewports] == ["a:3", "b:13", "c:31"]


def test_another_frame_of_reference_is_a_stranger_until_it_is_registered(room):
    shelf, viewports = room(stack("a", range(10)), stack("b", range(100, 110), uid="1.2"))
    registrations = Registrations()
    StackSync(viewports, "frame of reference", session=shelf, registrations=registrations)
    viewports[0].set_image_id_index(4)
    assert indices(viewports) == [4, 0]
    matrix = np.eye(4)
    matrix[2, 3] = 102
    registrations.register("1.1", "1.2", matrix)
    viewports[0].set_image_id_index(5)
    assert indices(viewports) == [5, 7]
    viewports[1].set_image_id_index(2)
    assert indices(viewports) == [0, 2]


def test_by_position_strangers_keep_the_distance_that_they_had(room):
    shelf, viewports = room(stack("a", range(0, 20, 2)), stack("b", range(100, 130), uid="1.2"))
    viewports[0].set_image_id_index(1)
    viewports[1].set_image_id_index(10)
    StackSync(viewports, "position", session=shelf)
    viewports[0].set_image_id_index(4)
    assert indices(viewports) == [4, 16]
    viewports[1].set_image_id_index(8)
    assert indices(viewports) == [0, 8]


def test_a_turned_registration_still_finds_the_slice(room):
    # The second scanner saw the patient feet first: x and z are the opposite.
    turned = [
        slice_at(f"b:{i}", -i, uid="1.2", directions=((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
        for i in range(10)
    ]
    shelf, viewports = room(stack("a", range(10)), turned)
    registrations = Registrations()
    registrations.register("1.1", "1.2", np.diag([-1, 1, -1, 1]))
    StackSync(viewports, "frame of reference", session=shelf, registrations=registrations)
    viewports[0].set_image_id_index(6)
    assert indices(viewports) == [6, 6]


def test_by_slice_the_offset_at_the_start_is_kept(room):
    shelf, viewports = room(stack("a", range(10)), stack("b", range(50, 60), uid="1.2"))
    viewports[1].set_image_id_index(3)
    StackSync(viewports, "slice", session=shelf)
    viewports[0].scroll(4)
    assert indices(viewports) == [4, 7]
    viewports[0].scroll(5)
    assert indices(viewports) == [9, 9]
    viewports[0].scroll(-8)
    assert indices(viewports) == [1, 4]
    viewports[1].scroll(1)
    assert indices(viewports) == [2, 5]


def test_another_stack_moves_nobody_and_is_in_step_from_then_on(room):
    shelf, viewports = room(
        stack("a", range(10)), stack("b", range(10)), stack("c", range(0, 30, 3))
    )
    sync = StackSync(viewports[:2], session=shelf)
    viewports[0].set_image_id_index(6)
    viewports[1].set_stack([f"c:{i}" for i in range(10)]).result(1)
    assert indices(viewports)[:2] == [6, 0]
    sync.align(viewports[0])
    assert indices(viewports)[:2] == [6, 2]
    viewports[1].scroll(1)
    assert indices(viewports)[:2] == [9, 3]


def test_the_others_do_not_wait_for_the_image_of_the_first(room):
    shelf, viewports = room(stack("a", range(10)), stack("b", range(10)))
    StackSync(viewports, session=shelf)
    shelf.hold("a:5")
    viewports[0].set_image_id_index(5)
    assert viewports[1].current_image_id == "b:5"
    assert viewports[0].current_image_id == "a:0"
    shelf.release("a:5")
    assert indices(viewports) == [5, 5]


def test_an_image_that_comes_late_takes_nobody_back(room):
    shelf, viewports = room(stack("a", range(10)), stack("b", range(10)))
    StackSync(viewports, session=shelf)
    shelf.hold("b:5")
    viewports[0].set_image_id_index(5)
    viewports[0].set_image_id_index(6)
    shelf.release("b:5")
    assert indices(viewports) == [6, 6]


def test_planes_that_come_with_the_images_are_enough(room):
    shelf, viewports = room(stack("a", range(6)), stack("b", range(6)), planes_known=False)
    StackSync(viewports, session=shelf)
    for viewport in viewports[::-1]:
        for index in range(6):
            viewport.set_image_id_index(index)
    # All have been on show by now.
    viewports[0].set_image_id_index(2)
    assert indices(viewports) == [2, 2]


def test_images_nobody_knows_the_place_of_stay_alone(room):
    plain = [Image(f"b:{i}", np.zeros((4, 4), np.int16)) for i in range(5)]
    shelf, viewports = room(stack("a", range(5)), plain)
    StackSync(viewports, session=shelf)
    viewports[0].set_image_id_index(3)
    viewports[1].set_image_id_index(1)
    assert indices(viewports) == [3, 1]


def test_each_image_is_asked_for_once(room):
    shelf, viewports = room(*(stack(name, range(10)) for name in "abc"))
    StackSync(viewports, session=shelf)
    shelf.asked.clear()
    viewports[1].set_image_id_index(7)
    assert sorted(name for name, _ in shelf.asked) == ["a:7", "b:7", "c:7"]


def test_circles_of_links_end(room):
    shelf, viewports = room(*(stack(name, range(10)) for name in "abc"))
    for pair in ((0, 1), (1, 2), (2, 0)):
        StackSync([viewports[i] for i in pair], "slice", session=shelf)
    shelf.asked.clear()
    viewports[0].scroll(4)
    assert indices(viewports) == [4, 4, 4]
    assert {name for name, _ in shelf.asked} == {"a:4", "b:4", "c:4"}
    assert len(shelf.asked) <= 4


def test_sources_lead_and_targets_follow(room):
    shelf, viewports = room(stack("a", range(5)), stack("b", range(5)))
    sync = StackSync(viewports[:1], session=shelf)
    sync.add(viewports[1], leads=False)
    viewports[1].set_image_id_index(3)
    assert indices(viewports) == [0, 3]
    viewports[0].set_image_id_index(2)
    assert indices(viewports) == [2, 2]
    sync.enabled = False
    viewports[0].set_image_id_index(4)
    assert indices(viewports) == [4, 2]
    sync.enabled = True
    sync.remove(viewports[1])
    viewports[0].set_image_id_index(0)
    assert indices(viewports) == [0, 2]


def test_closed_and_empty_viewports_are_passed_over(room):
    shelf, viewports = room(stack("a", range(5)), stack("b", range(5)), [])
    sync = StackSync(viewports, session=shelf)
    viewports[1].close()
    viewports[0].set_image_id_index(3)
    assert indices(viewports) == [3, None, None]
    viewports[2].set_stack([f"b:{i}" for i in range(5)]).result(1)
    assert indices(viewports) == [3, None, 0]
    viewports[0].set_image_id_index(4)
    assert indices(viewports) == [4, None, 4]
    sync.close()
    viewports[0].set_image_id_index(1)
    assert indices(viewports) == [1, None, 4]
    assert not any(shelf.events.listens(event) for event in Event)


def test_viewports_are_not_kept_alive(room):
    shelf, viewports = room(stack("a", range(5)), stack("b", range(5)))
    StackSync(viewports, session=shelf)
    kept = viewports.pop(0)
    viewports.clear()
    gc.collect()
    kept.set_image_id_index(2)
    # Nobody is left to be linked.
    assert not shelf.events.listens(Event.STACK_NEW_IMAGE)


def test_scrolling_both_at_once_ends_in_step(room):
    shelf, viewports = room(stack("a", range(200)), stack("b", range(200)))
    StackSync(viewports, session=shelf)
    start = threading.Barrier(2)

    def scroll(viewport, steps):
        start.wait()
        for _ in range(60):
            viewport.scroll(steps)

    threads = [
        threading.Thread(target=scroll, args=arguments)
        for arguments in zip(viewports, (1, 2), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    one, other = indices(viewports)
    assert one == other


def test_a_listener_that_waits_for_another_thread_does_not_hang(room):
    shelf, viewports = room(stack("a", range(10)), stack("b", range(10)))
    StackSync(viewports, session=shelf)
    said = []

    def listener(detail):
        if detail.viewport_id == "viewport 1" and not said:
            said.append(detail)
            thread = threading.Thread(target=lambda: viewports[0].scroll(1))
            thread.start()
            thread.join(5)
            said.append(thread.is_alive())

    shelf.events.subscribe(Event.PRE_STACK_NEW_IMAGE, listener)
    viewports[0].set_image_id_index(4)
    assert said[1:] == [False]


def test_there_are_three_ways(room):
    shelf, viewports = room(stack("a", range(2)))
    with pytest.raises(ValueError, match=r"no way 'time' .* position, frame of reference, slice"):
        StackSync(viewports, "time", session=shelf)


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True),
    st.floats(-50, 450),
    st.integers(0, 29),
)
def test_the_nearest_is_that_of_a_plain_search(positions, wanted, current):
    images = {image.image_id: image for image in stack("a", positions, thickness=2.0)}
    metadata = MetadataRegistry()
    metadata.add_provider(
        lambda name, image_id: images[image_id].plane if name == "imagePlaneModule" else None
    )
    places = StackPlaces(tuple(images), metadata)
    place = Place(np.array([10, 10, wanted]), np.array([0.0, 0.0, -1.0]), "1.1")
    found = places.nearest(place, min(current, len(positions) - 1), 1)
    distances = np.abs(np.array(positions) - wanted)
    step = np.median(np.diff(np.sort(positions))) if len(positions) > 1 else 2.0
    beyond = max(min(positions) - wanted, wanted - max(positions))
    if found is None:
        assert beyond > step / 2
    else:
        assert distances[found] == distances.min()
        # Half a step and a bit; whoever subtracts in another order rounds in another way.
        assert beyond <= step * 0.51 + 1e-9
