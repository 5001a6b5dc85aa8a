"""Frames follow each other as the page draws them."""

from __future__ import annotations

import itertools

from pycornerstone.frontends.browser.pacing import AT_REST_AFTER_S, Pacing


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def drawn(pacing: Pacing, *, is_exact: bool = True) -> int:
    number = pacing.begin()
    pacing.sent(number, is_exact=is_exact)
    return number


def test_nothing_changed_is_nothing_drawn():
    assert not Pacing(itertools.count(1)).wants_frame()


def test_many_changes_are_one_frame():
    pacing = Pacing(itertools.count(1))
    for _ in range(9):
        pacing.changed()
    assert pacing.wants_frame()
    drawn(pacing)
    assert not pacing.wants_frame()


def test_a_third_frame_waits_for_a_confirmation():
    pacing = Pacing(itertools.count(1))
    numbers = []
    for _ in range(2):
        pacing.changed()
        numbers.append(drawn(pacing))
    pacing.changed()
    assert not pacing.wants_frame()
    pacing.drawn(numbers[0])
    assert pacing.wants_frame()


def test_a_confirmation_of_the_newest_counts_for_those_before():
    pacing = Pacing(itertools.count(1))
    for _ in range(2):
        pacing.changed()
        newest = drawn(pacing)
    pacing.drawn(newest)
    assert pacing.under_way == 0


def test_what_changes_while_a_frame_is_drawn_is_in_the_next_one():
    pacing = Pacing(itertools.count(1))
    pacing.changed()
    number = pacing.begin()
    pacing.changed()
    assert not pacing.wants_frame()
    pacing.sent(number, is_exact=True)
    assert pacing.wants_frame()


def test_a_lossy_frame_is_followed_by_an_exact_one_once_nothing_moves():
    clock = Clock()
    pacing = Pacing(itertools.count(1), clock)
    pacing.changed(is_moving=True)
    assert pacing.is_moving
    drawn(pacing, is_exact=False)
    assert not pacing.wants_frame()
    due = pacing.rest_in()
    assert due is not None
    assert 0 < due <= AT_REST_AFTER_S
    clock.now += AT_REST_AFTER_S + 0.001
    assert not pacing.is_moving
    assert pacing.wants_frame()
    drawn(pacing)
    assert not pacing.wants_frame()
    assert pacing.rest_in() is None


def test_a_page_that_is_behind_is_not_waited_for_by_the_clock():
    clock = Clock()
    pacing = Pacing(itertools.count(1), clock)
    for _ in range(2):
        pacing.changed(is_moving=True)
        newest = drawn(pacing, is_exact=False)
    clock.now += 10
    assert pacing.rest_in() is None
    pacing.drawn(newest)
    assert pacing.rest_in() == 0


def test_a_frame_that_failed_is_not_drawn_again_and_again():
    pacing = Pacing(itertools.count(1))
    pacing.changed()
    pacing.begin()
    pacing.failed()
    assert not pacing.wants_frame()
