"""What lines and labels are given, and cannot be."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pycornerstone as pc

PICTURE = np.zeros((9, 9, 4), np.uint8)


@pytest.mark.parametrize(
    "changes",
    [
        {"start": None},
        {"end": (1, "x")},
        {"end": (1, math.nan)},
        {"color": None},
        {"color": (1, 2)},
        {"color": (1, 2, 300)},
        {"color": (1, 2, math.nan)},
        {"width": 0},
        {"width": 1.5},
        {"width": "x"},
        {"width": 10**9},
        {"opacity": None},
        {"opacity": math.nan},
        {"dash": "x"},
        {"dash": math.inf},
    ],
)
def test_a_line_that_cannot_be_drawn_says_what_one_has(changes):
    with pytest.raises(ValueError, match="a line has two ends of finite x and y, a colour"):
        pc.Line(**{"start": (0, 0), "end": (5, 5), **changes})


@pytest.mark.parametrize("width", [1, np.int64(3), True, 1000])
def test_a_line_of_any_width_is_drawn(width):
    drawn = pc.draw_lines(PICTURE, [pc.Line((0, 4.5), (9, 4.5), (9, 8, 7), width)])
    # Its edges are smooth.
    assert drawn[4, 4, :3] == pytest.approx([9, 8, 7], abs=1)


@pytest.mark.parametrize("picture", [None, 3, np.zeros((9, 9)), PICTURE[..., :3], PICTURE[:0]])
def test_lines_are_drawn_over_a_picture(picture):
    with pytest.raises(ValueError, match="lines are drawn over a picture of"):
        pc.draw_lines(picture, [])


def test_only_lines_are_drawn():
    with pytest.raises(TypeError, match="a Line is wanted, got 3"):
        pc.draw_lines(PICTURE, [3])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"opacity": None}, "an opacity is a number from 0 to 1, got None"),
        ({"opacity": math.nan}, "an opacity is a number from 0 to 1, got nan"),
        ({"inactive_opacity": "x"}, "an opacity is a number from 0 to 1, got 'x'"),
        ({"outline_width": 1.5}, "outline_width is a whole number, got 1.5"),
        ({"colors": 3}, "colors are a mapping of labels to colours, got 3"),
        ({"colors": {"liver": (1, 2, 3)}}, "a label is a whole number, got 'liver'"),
        ({"colors": {1: None}}, "a colour is red, green and blue from 0 to 255, got None"),
        ({"colors": {1: (0.5, 0.5, 0.5)}}, "a colour is red, green and blue from 0 to 255"),
        ({"hidden": 3}, "hidden labels are a set of whole numbers, got 3"),
        ({"hidden": ["liver"]}, "a hidden label is a whole number, got 'liver'"),
        ({"active": "liver"}, "the active label is a whole number, got 'liver'"),
    ],
)
def test_a_style_of_labels_refuses_in_words(changes, message):
    with pytest.raises((TypeError, ValueError), match=message):
        pc.LabelStyle(**changes)
