"""Lines over pictures: where they are, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.rendering.lines import Line, clip_to_box, draw_lines

BLACK = np.zeros((20, 30, 4), np.uint8)
BLACK[..., 3] = 255


def test_a_line_through_pixel_centres_covers_those_pixels():
    drawn = draw_lines(BLACK, [Line((4.5, 3.5), (4.5, 9.5), (10, 200, 30))])
    # OpenCV's smooth lines are a little darker than they should be.
    expected = np.broadcast_to([10, 200, 30, 255], (5, 4))
    np.testing.assert_allclose(drawn[4:9, 4], expected, rtol=0.11)
    assert not drawn[:, :3, :3].any()
    assert not drawn[:, 7:, :3].any()
    assert not drawn[12:, :, :3].any()
    assert not BLACK[..., :3].any()


def test_between_two_columns_it_is_in_both():
    drawn = draw_lines(BLACK, [Line((5.0, 0.5), (5.0, 19.5), (255, 255, 255))])
    one, other = drawn[10, 4, 0], drawn[10, 5, 0]
    assert one == pytest.approx(int(other), abs=40)
    assert one > 60


def test_one_that_is_far_longer_than_the_picture_is_drawn_where_it_is():
    near = draw_lines(BLACK, [Line((-60.0, 10.5), (90.0, 10.5))])
    far = draw_lines(BLACK, [Line((-1e9, 10.5), (1e9, 10.5))])
    np.testing.assert_array_equal(near, far)
    assert (far[10, 1:-1, 0] > 220).all()
    assert not far[12:, :, :3].any()
    np.testing.assert_array_equal(draw_lines(BLACK, [Line((1e9, 0), (2e9, 5))]), BLACK)


def test_opacity_leaves_some_of_the_picture():
    grey = np.full((5, 9, 4), 100, np.uint8)
    grey[..., 3] = 255
    drawn = draw_lines(grey, [Line((0.5, 2.5), (8.5, 2.5), (200, 0, 100), opacity=0.5)])
    # Half of each: 150, 50, 100.
    np.testing.assert_allclose(drawn[2, 4], [150, 50, 100, 255], atol=6)
    assert (drawn[0] == grey[0]).all()


def test_dashes_leave_gaps_as_long_as_they_are():
    picture = np.zeros((7, 200, 4), np.uint8)
    drawn = draw_lines(picture, [Line((0.5, 3.5), (199.5, 3.5), dash=10)])
    lit = drawn[3, :, 0] > 128
    assert lit[3:8].all()
    assert not lit[13:18].any()
    assert lit[23:28].all()
    assert 0.4 < lit.mean() < 0.65


@given(*[st.floats(-50, 50)] * 4)
def test_clipping_keeps_what_is_inside(x, y, dx, dy):
    part = clip_to_box((x, y), (dx, dy), ((0, 0), (10, 20)), (-5, 5))
    steps = np.linspace(-5, 5, 401)
    places = np.array([x, y]) + np.outer(steps, (dx, dy))
    inside = ((places > 1e-6) & (places < np.array([10, 20]) - 1e-6)).all(axis=1)
    if part is None:
        assert not inside.any()
    else:
        between = (steps >= part[0] - 1e-6) & (steps <= part[1] + 1e-6)
        assert (between >= inside).all()
        ends = np.array([x, y]) + np.outer(part, (dx, dy))
        assert ((ends >= -1e-6) & (ends <= np.array([10, 20]) + 1e-6)).all()


@pytest.mark.parametrize(
    "wrong",
    [{"end": (np.nan, 3)}, {"end": (np.inf, 3)}, {"width": 0}, {"opacity": np.nan}, {"dash": -1}],
)
def test_what_is_no_line_is_refused(wrong):
    with pytest.raises(ValueError, match="two ends of finite x and y"):
        Line(**({"start": (0, 0), "end": (3, 3)} | wrong))
