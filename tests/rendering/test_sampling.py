"""Which pixels of the canvas show the image, and which show it one to one."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.rendering.sampling import (
    Interpolation,
    clear_outside,
    is_whole_pixel,
    sample,
    snapped,
)
from pycornerstone.rendering.scratch import scratch

SIZE = (20, 15)
steps = st.floats(0.05, 3).flatmap(lambda step: st.sampled_from([step, -step]))


@given(steps, steps, st.floats(-9, 9), st.floats(-9, 9), st.booleans())
def test_along_the_axes_exactly_what_lies_outside_is_cleared(across, down, x0, y0, swapped):
    linear = [[0, across], [down, 0]] if swapped else [[across, 0], [0, down]]
    matrix = np.column_stack([linear, [x0, y0]])
    canvas = np.full(SIZE[::-1], 7, np.int32)
    clear_outside(canvas, 3, matrix, (6, 8))
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    column, row = np.tensordot(matrix, np.stack([x, y, np.ones_like(x)]), axes=1)
    inside = (column > -0.5) & (column < 7.5) & (row > -0.5) & (row < 5.5)
    on_the_edge = np.zeros_like(inside)
    for place, count in ((column, 8), (row, 6)):
        on_the_edge |= (np.abs(place + 0.5) < 1e-3) | (np.abs(place - count + 0.5) < 1e-3)
    assert (canvas == np.where(inside, 7, 3))[~on_the_edge].all()


@given(st.floats(1, 89), st.floats(0.1, 2))
def test_turned_exactly_what_lies_outside_is_cleared(degrees, step):
    cos, sin = np.cos(np.deg2rad(degrees)) * step, np.sin(np.deg2rad(degrees)) * step
    matrix = np.array([[cos, sin, -1.7], [-sin, cos, 2.3]])
    padding = np.zeros((6, 8), np.uint8)
    padding[2, 3] = 1
    canvas = np.full(SIZE[::-1], 7, np.int32)
    clear_outside(canvas, 3, matrix, (6, 8), padding)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    column, row = np.tensordot(matrix, np.stack([x, y, np.ones_like(x)]), axes=1)
    c, r = np.floor(column + 0.5), np.floor(row + 0.5)
    inside = (c >= 0) & (c < 8) & (r >= 0) & (r < 6) & ~((c == 3) & (r == 2))
    on_an_edge = (np.abs(column % 1 - 0.5) < 1e-3) | (np.abs(row % 1 - 0.5) < 1e-3)
    assert (canvas == np.where(inside, 7, 3))[~on_an_edge].all()


@pytest.mark.parametrize(
    ("matrix", "is_whole"),
    [
        ([[1, 0, 0], [0, 1, 0]], True),
        ([[0, -1, 5], [1, 0, -3]], True),
        ([[-1, 0, 9], [0, 1, 2]], True),
        ([[1, 0, 0.5], [0, 1, 0]], False),
        ([[2, 0, 0], [0, 2, 0]], False),
        ([[0.5, 0, 0], [0, 1, 0]], False),
        ([[1, 1, 0], [-1, 1, 0]], False),
    ],
)
def test_a_whole_step_of_one_pixel_needs_no_interpolation(matrix, is_whole):
    assert is_whole_pixel(np.array(matrix, float)) is is_whole


def test_rounding_noise_is_taken_out_and_nothing_else():
    noisy = np.array([[1 + 1e-12, 1e-13, 3 - 1e-9], [0.001, 0.5, 1e-3]])
    assert snapped(noisy, (1000, 1000)).tolist() == [[1, 0, 3], [0.001, 0.5, 0.001]]


def test_an_extreme_enlargement_is_left_as_it_is():
    tiny = np.array([[1e-11, 0, 3], [0, 1e-11, 4]])
    assert (snapped(tiny, (100, 100)) == tiny).all()


def test_bit_patterns_are_copied_by_the_nearest():
    pixels = np.array([[0, 65535], [32768, 1]], np.uint16)
    matrix = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25]])
    drawn = sample(pixels, matrix, (4, 4), Interpolation.NEAREST)
    assert (drawn == pixels.repeat(2, axis=0).repeat(2, axis=1)).all()


def test_scratch_is_used_again_by_the_same_thread_and_for_the_same_use_only():
    first = scratch("a", (4, 8), np.float32)
    assert np.shares_memory(first, scratch("a", (3, 5), np.uint16))
    assert not np.shares_memory(first, scratch("b", (4, 8), np.float32))
    others = []
    thread = threading.Thread(target=lambda: others.append(scratch("a", (4, 8), np.float32)))
    thread.start()
    thread.join()
    assert not np.shares_memory(first, others[0])


def test_scratch_has_the_shape_and_type_that_were_asked_for():
    for shape, dtype in [((2, 3), np.float32), ((700, 900), np.int32), ((5, 5, 4), np.uint8)]:
        array = scratch("c", shape, dtype)
        assert (array.shape, array.dtype) == (shape, dtype)
        assert array.flags.c_contiguous
        array[:] = 1


def test_huge_scratch_is_not_kept():
    huge = scratch("d", (64 * 2**20 + 1,), np.uint8)
    assert not np.shares_memory(huge, scratch("d", (8,), np.uint8))
