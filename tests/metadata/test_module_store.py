"""What is kept of images, for how long, and from how many threads."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.metadata.module_store import ModuleStore
from pycornerstone.model.modules import GeneralSeriesModule, ImagePlaneModule, VoiLutModule


def test_a_module_is_given_back_by_its_name():
    store = ModuleStore()
    plane, series = ImagePlaneModule(rows=4), GeneralSeriesModule(modality="OT")
    store.add("web:a", plane, series)
    assert store.provide("imagePlaneModule", "web:a") is plane
    assert store.provide("generalSeriesModule", "web:a") is series


def test_what_nobody_added_is_not_known():
    store = ModuleStore()
    store.add("web:a", ImagePlaneModule())
    assert store.provide("imagePlaneModule", "web:b") is None
    assert store.provide("voiLutModule", "web:a") is None
    assert store.provide("anything", "web:a") is None


def test_a_second_module_of_a_type_takes_the_place_of_the_first_and_leaves_the_others():
    store = ModuleStore()
    voi, older, newer = VoiLutModule(), ImagePlaneModule(rows=1), ImagePlaneModule(rows=2)
    store.add("web:a", voi, older)
    store.add("web:a", newer)
    assert store.provide("imagePlaneModule", "web:a") is newer
    assert store.provide("voiLutModule", "web:a") is voi
    assert len(store) == 1


def test_the_image_asked_for_longest_ago_is_dropped_first():
    store = ModuleStore(max_images=2)
    store.add("web:a", ImagePlaneModule())
    store.add("web:b", ImagePlaneModule())
    store.provide("imagePlaneModule", "web:a")
    store.add("web:c", ImagePlaneModule())
    assert "web:a" in store
    assert "web:b" not in store
    assert "web:c" in store


def test_a_discarded_image_is_forgotten_and_discarding_twice_is_nothing():
    store = ModuleStore()
    store.add("web:a", ImagePlaneModule())
    store.discard("web:a")
    store.discard("web:a")
    assert store.provide("imagePlaneModule", "web:a") is None
    assert len(store) == 0


def test_a_store_for_no_image_is_refused():
    with pytest.raises(ValueError, match="at least 1 image, got max_images=0"):
        ModuleStore(max_images=0)


@given(
    st.lists(st.tuples(st.sampled_from(["add", "provide", "discard"]), st.integers(0, 9))),
    st.integers(1, 5),
)
def test_it_holds_the_images_used_last_and_never_more_than_it_may(steps, max_images):
    store = ModuleStore(max_images)
    used_last: list[str] = []
    for action, number in steps:
        image_id = f"web:{number}"
        known = image_id in used_last
        if action == "add" or known:
            used_last = [other for other in used_last if other != image_id]
        if action == "add" or (known and action == "provide"):
            used_last.append(image_id)
        used_last = used_last[-max_images:]
        if action == "add":
            store.add(image_id, ImagePlaneModule(rows=number))
        elif action == "provide":
            module = store.provide("imagePlaneModule", image_id)
            assert (module is not None) == known
            assert module is None or module.rows == number
        else:
            store.discard(image_id)
        assert {other for other in map("web:{}".format, range(10)) if other in store} == set(
            used_last
        )


def test_long_values_are_kept_up_to_a_number_of_bytes():
    store = ModuleStore(max_bytes=250)
    for name in "abc":
        store.add(f"web:{name}", ImagePlaneModule(), long_bytes=100)
    assert [name for name in "abc" if f"web:{name}" in store] == ["b", "c"]
    # Said anew, they do not count twice; and of what is let go of, nothing stays.
    store.add("web:c", ImagePlaneModule(), long_bytes=100)
    store.discard("web:b")
    store.add("web:d", ImagePlaneModule(), long_bytes=150)
    assert [name for name in "abcd" if f"web:{name}" in store] == ["c", "d"]
    # The newest stays whatever it has.
    store.add("web:e", ImagePlaneModule(), long_bytes=1000)
    assert [name for name in "abcde" if f"web:{name}" in store] == ["e"]


def test_threads_that_add_and_ask_at_once_do_not_disturb_each_other():
    store = ModuleStore(max_images=8)
    wrong: list[object] = []

    def use(number: int) -> None:
        image_id = f"web:{number}"
        for _ in range(500):
            store.add(image_id, ImagePlaneModule(rows=number))
            module = store.provide("imagePlaneModule", image_id)
            if module is None or module.rows != number:
                wrong.append(module)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(store) == 6
