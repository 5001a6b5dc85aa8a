"""Messages that came faster than they were taken."""

from __future__ import annotations

from pycornerstone.frontends.browser.coalescing import coalesced
from pycornerstone.frontends.browser.page_messages import (
    DragWindow,
    Flip,
    MoveCrosshairs,
    Pan,
    Scroll,
    SetSlice,
    SetTimePoint,
    StepTime,
    Zoom,
)


def test_ways_are_added_up():
    said = [Pan(0, 1, 2), Pan(0, 3, -5), DragWindow(0, 1, 1), DragWindow(0, 2, 2)]
    assert coalesced(said) == [Pan(0, 4, -3), DragWindow(0, 3, 3)]


def test_of_places_the_last_counts():
    assert coalesced([SetSlice(0, 3), SetSlice(0, 9)]) == [SetSlice(0, 9)]
    said = [MoveCrosshairs(1, 5, 5), MoveCrosshairs(1, 6, 7)]
    assert coalesced(said) == [MoveCrosshairs(1, 6, 7)]


def test_points_in_time_are_as_slices_are():
    assert coalesced([SetTimePoint(0, 3), SetTimePoint(0, 9)]) == [SetTimePoint(0, 9)]
    said = [StepTime(0, 1), StepTime(0, 1), StepTime(0, -1)]
    assert coalesced(said) == [StepTime(0, 2), StepTime(0, -1)]


def test_windows_of_two_layers_are_kept_apart():
    said = [DragWindow(0, 1, 1, 0), DragWindow(0, 1, 1, 1), DragWindow(0, 1, 1, 1)]
    assert coalesced(said) == [DragWindow(0, 1, 1, 0), DragWindow(0, 2, 2, 1)]


def test_zooms_about_one_point_are_multiplied_and_others_are_not():
    assert coalesced([Zoom(0, 2, 8, 8), Zoom(0, 1.5, 8, 8)]) == [Zoom(0, 3, 8, 8)]
    apart = [Zoom(0, 2, 8, 8), Zoom(0, 1.5, 9, 8)]
    assert coalesced(apart) == apart


def test_scrolling_to_and_fro_is_not_added_up():
    # At an end of the stack, it would lead elsewhere.
    said = [Scroll(0, 2), Scroll(0, 3), Scroll(0, -1)]
    assert coalesced(said) == [Scroll(0, 5), Scroll(0, -1)]


def test_order_and_cells_are_kept_apart():
    said = [Pan(0, 1, 1), Flip(0, True), Pan(0, 1, 1), Pan(1, 1, 1)]
    assert coalesced(said) == said
