"""Overlays on a canvas: every line is seen, whatever the zoom, and at its place."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.model.image import Image
from pycornerstone.model.modules import OverlayPlane
from pycornerstone.rendering.overlay_layer import OverlayLayer, outline
from pycornerstone.rendering.pipeline import DrawStyle, draw, source_of

ONE_TO_ONE = np.eye(2, 3)
YELLOW = (255, 255, 0)


def plane(bits, row=0, column=0, kind="G"):
    bits = np.array(bits, bool)
    return OverlayPlane(0x6000, *bits.shape, row, column, kind, bits=bits)


def drawn(overlays, matrix=ONE_TO_ONE, size=(8, 8), shape=(8, 8)):
    image = Image("t:o", np.zeros(shape, np.uint8), overlays=tuple(overlays))
    rgba = draw(source_of(image), matrix, size, DrawStyle(overlay_color=YELLOW))
    assert (rgba[..., 3] == 255).all()
    painted = (rgba[..., :3] == YELLOW).all(axis=2)
    assert (rgba[~painted][:, :3] == 0).all()
    return painted


def test_one_to_one_it_is_the_bits():
    bits = np.random.default_rng(1).random((8, 8)) < 0.3
    assert (drawn([plane(bits)]) == bits).all()


@pytest.mark.parametrize(("row", "column"), [(2, 3), (-1, -2), (6, 7), (-20, 0)])
def test_it_lies_where_its_origin_says_even_partly_outside(row, column):
    bits = np.random.default_rng(2).random((4, 3)) < 0.5
    expected = np.zeros((48, 48), bool)
    expected[20 + row : 24 + row, 20 + column : 23 + column] = bits
    assert (drawn([plane(bits, row, column)]) == expected[20:28, 20:28]).all()


def test_what_lies_beside_the_image_is_drawn_beside_it():
    painted = drawn([plane([[1]], row=2, column=-1)], np.array([[1, 0, -2.0], [0, 1, 0]]))
    assert np.argwhere(painted).tolist() == [[2, 1]]


def test_several_are_drawn_together():
    a, b, c = plane([[1]], 1, 1), plane([[1]], 1, 2), plane([[1]], 5, 5)
    assert np.argwhere(drawn([a, b, c])).tolist() == [[1, 1], [1, 2], [5, 5]]


def test_enlarged_it_has_sharp_edges_and_no_in_between():
    bits = np.random.default_rng(3).random((4, 4)) < 0.5
    quarter = np.array([[0.25, 0, -0.375], [0, 0.25, -0.375]])
    painted = drawn([plane(bits)], quarter, (16, 16), (4, 4))
    assert (painted == np.kron(bits, np.ones((4, 4)))).all()


@given(
    st.floats(1.01, 20),
    st.floats(0, 360),
    st.tuples(st.integers(0, 99), st.integers(0, 99)),
    st.booleans(),
)
def test_no_single_pixel_vanishes_however_small_the_picture(scale, degrees, place, flip):
    bits = np.zeros((100, 100), bool)
    bits[place] = True
    angle = np.deg2rad(degrees)
    linear = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    if flip:
        linear[:, 0] *= -1
    # The canvas is large enough for all of it, and its middle shows the image's.
    side = int(160 / scale) + 4
    matrix = np.column_stack([linear, np.array([49.5, 49.5]) - linear @ [side / 2, side / 2]])
    painted = np.argwhere(drawn([plane(bits)], matrix, (side, side), (100, 100)))
    assert 1 <= len(painted) <= 9
    # Where it is painted is where it lies, to about one pixel of the canvas.
    for y, x in painted:
        column, row = matrix @ [x, y, 1]
        assert np.hypot(column - place[1], row - place[0]) <= 2 * scale + 2


def test_a_line_at_half_size_is_one_whole_line():
    bits = np.zeros((64, 64), bool)
    bits[31] = True
    half = np.array([[2, 0, 0.5], [0, 2, 0.5]])
    painted = drawn([plane(bits)], half, (32, 32), (64, 64))
    assert painted.sum(axis=0).tolist() == [1] * 32


def test_the_outline_is_what_a_region_has_beside_others():
    region = np.zeros((7, 9), np.uint8)
    region[1:6, 2:8] = 1
    inner = np.zeros_like(region)
    inner[2:5, 3:7] = 1
    assert (outline(region) == region - inner).all()
    # At the edge of the overlay it is closed, too.
    assert outline(np.ones((3, 3), np.uint8)).tolist() == [[1, 1, 1], [1, 0, 1], [1, 1, 1]]


def test_a_region_of_interest_is_outlined_and_graphics_are_filled():
    disc = cv2.circle(np.zeros((21, 21), np.uint8), (10, 10), 8, 1, -1)
    as_region = drawn([plane(disc, kind="R")], size=(21, 21), shape=(21, 21))
    assert (as_region == outline(disc)).all()
    assert not as_region[10, 10]
    assert (drawn([plane(disc)], size=(21, 21), shape=(21, 21)) == disc).all()


def test_nothing_to_draw_is_no_mask():
    empty = plane(np.zeros((4, 4)))
    unread = OverlayPlane(0x6000, 4, 4, bit_position=12)
    assert OverlayLayer([empty, unread]).mask(ONE_TO_ONE, (4, 4)) is None


def test_they_are_left_out_on_request_and_lie_over_colours_too():
    image = Image("t:rgb", np.full((2, 2, 3), 90, np.uint8), overlays=(plane([[1, 0]]),))
    without = draw(source_of(image), ONE_TO_ONE, (2, 2), DrawStyle(overlay_color=None))
    assert (without[..., :3] == 90).all()
    rgba = draw(source_of(image), ONE_TO_ONE, (2, 2), DrawStyle(overlay_color=(1, 2, 3)))
    assert rgba[0].tolist() == [[1, 2, 3, 255], [90, 90, 90, 255]]
