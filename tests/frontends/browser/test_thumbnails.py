"""Thumbnails: the middle image as a viewport of that size draws it."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.thumbnails import Thumbnails
from pycornerstone.model.display_set import DisplaySet, DisplaySetKind
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom


@pytest.fixture
def session():
    with cs.Session() as session:
        yield session


def stack_of(*image_ids):
    return DisplaySet("a", DisplaySetKind.STACK, image_ids)


def decoded(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_it_is_the_middle_image_as_a_viewport_draws_it(session, tmp_path):
    write_ct_series(tmp_path, ct_phantom(slices=5, rows=64, columns=48))
    sets = session.open_display_sets(tmp_path).result()
    thumbnails = Thumbnails(session, sets)
    found = decoded(thumbnails.png(0).result(20))
    with cs.StackViewport(128, 128, session=session) as viewport:
        viewport.set_stack(sets[0].image_ids, 2).result()
        expected = viewport.render()
    np.testing.assert_array_equal(found, expected[..., :3])
    thumbnails.close()


def test_each_is_made_once_for_all_who_ask(session):
    asked = []

    def load(image_id):
        asked.append(image_id)
        return cs.Image(image_id, np.arange(16, dtype=np.uint8).reshape(4, 4))

    session.register_image_loader("test", load)
    thumbnails = Thumbnails(session, [stack_of("test:a", "test:b", "test:c")])
    pictures = {thumbnails.png(0).result(20) for _ in range(4)}
    assert len(pictures) == 1
    assert asked == ["test:b"]
    # It is for the list alone: what is on show is worth more of the cache.
    assert session.cache.image_ids() == []
    thumbnails.close()


def test_what_cannot_be_loaded_is_tried_again(session):
    outcomes = [RuntimeError("not yet"), cs.Image("test:a", np.zeros((2, 2), np.uint8))]

    def load(_):
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    session.register_image_loader("test", load)
    thumbnails = Thumbnails(session, [stack_of("test:a")])
    with pytest.raises(RuntimeError, match="not yet"):
        thumbnails.png(0).result(20)
    assert thumbnails.png(0).result(20).startswith(b"\x89PNG")
    thumbnails.close()


def test_one_who_gives_up_leaves_it_to_the_others(session):
    go_on = threading.Event()

    def load(image_id):
        go_on.wait(20)
        return cs.Image(image_id, np.zeros((2, 2), np.uint8))

    session.register_image_loader("test", load)
    thumbnails = Thumbnails(session, [stack_of("test:a")])
    first, second = thumbnails.png(0), thumbnails.png(0)
    first.cancel()
    go_on.set()
    assert second.result(20).startswith(b"\x89PNG")
    thumbnails.close()


def test_closing_ends_those_that_are_waited_for(session):
    go_on = threading.Event()

    def load(image_id):
        go_on.wait(20)
        return cs.Image(image_id, np.zeros((2, 2), np.uint8))

    session.register_image_loader("test", load)
    thumbnails = Thumbnails(session, [stack_of("test:a")])
    waiting = thumbnails.png(0)
    thumbnails.close()
    go_on.set()
    for picture in (waiting, thumbnails.png(0)):
        with pytest.raises(cs.LoadCancelledError, match="no longer made"):
            picture.result(20)


@pytest.mark.parametrize("number", [-1, 1])
def test_there_are_only_those_of_the_list(session, number):
    thumbnails = Thumbnails(session, [stack_of("test:a")])
    with pytest.raises(IndexError, match="series 0 to 0"):
        thumbnails.png(number)
    thumbnails.close()
