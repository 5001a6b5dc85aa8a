"""Layers of labelmaps against outlines that are looked for pixel by pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.rendering.volumes.cut import Cut
from pycornerstone.rendering.volumes.labels import (
    MOST_LABELS,
    LabelStyle,
    label_color,
    paint_labels,
)

# Fill and outline that can be told apart: 51 and 255.
STYLE = LabelStyle(opacity=0.2)


def cut_of(labels, inside=None):
    return Cut(np.asarray(labels, np.float32), inside)


def is_border(labels, y, x):
    """A neighbour above, below, to the left or to the right has another label."""
    rows, columns = labels.shape
    beside = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
    return any(
        labels[v, u] != labels[y, x] for v, u in beside if 0 <= v < rows and 0 <= u < columns
    )


def outlined(labels, width):
    """Pixels within a distance of `width - 1` of the border, but for the corners of pixels."""
    rows, columns = labels.shape
    border = [(y, x) for y in range(rows) for x in range(columns) if is_border(labels, y, x)]
    found = np.zeros(labels.shape, bool)
    for y in range(rows):
        for x in range(columns):
            reach = (width - 0.75) ** 2
            found[y, x] = any((v - y) ** 2 + (u - x) ** 2 <= reach for v, u in border)
    return found & (labels != 0)


def test_a_label_is_filled_and_outlined_in_its_color():
    labels = np.zeros((5, 6))
    labels[1:4, 1:5] = 7
    layer = paint_labels(cut_of(labels), LabelStyle(colors={7: (10, 20, 30)}, opacity=0.2))
    assert (layer[labels == 7, :3] == (10, 20, 30)).all()
    assert layer[..., 3].tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 255, 255, 255, 255, 0],
        [0, 255, 51, 51, 255, 0],
        [0, 255, 255, 255, 255, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    assert not layer[labels == 0].any()


def test_at_the_edge_of_the_canvas_there_is_no_outline_but_at_that_of_the_volume():
    labels = np.full((4, 5), 3)
    assert (paint_labels(cut_of(labels), STYLE)[..., 3] == 51).all()
    inside = np.ones((4, 5), np.uint8)
    inside[:, 0] = 0
    assert paint_labels(cut_of(labels, inside), STYLE)[2, :, 3].tolist() == [0, 255, 51, 51, 51]


def test_labels_side_by_side_are_outlined_on_both_sides():
    layer = paint_labels(cut_of([[1, 1, 1, 2, 2, 2]]), STYLE)
    assert layer[0, :, 3].tolist() == [51, 51, 255, 255, 51, 51]
    assert layer[0, 2, :3].tolist() == list(label_color(1))
    assert layer[0, 3, :3].tolist() == list(label_color(2))


@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    width=st.integers(1, 5),
    number=st.integers(1, 3),
    blocks=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
)
def test_outlines_are_as_wide_as_they_are_asked_to_be(shape, width, number, blocks, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, number + 1, shape).repeat(blocks, 0).repeat(blocks, 1)[:12, :12]
    layer = paint_labels(cut_of(labels), LabelStyle(opacity=0.2, outline_width=width))
    expected = np.where(outlined(labels, width), 255, np.where(labels > 0, 51, 0))
    assert (layer[..., 3] == expected).all()


def test_without_an_outline_all_is_filled_and_without_a_fill_only_the_outline_is_left():
    labels = np.zeros((5, 5))
    labels[1:4, 1:4] = 1
    filled = paint_labels(cut_of(labels), LabelStyle(opacity=0.2, outline_width=0))[..., 3]
    assert (filled == 51 * labels).all()
    lines = paint_labels(cut_of(labels), LabelStyle(opacity=0, outline_opacity=0.6))[..., 3]
    assert lines[1:4, 1:4].tolist() == [[153, 153, 153], [153, 0, 153], [153, 153, 153]]


def test_hidden_labels_are_not_drawn_and_still_border_on_others():
    layer = paint_labels(cut_of([[1, 1, 2, 2, 1]]), LabelStyle(opacity=0.2, hidden=frozenset({2})))
    assert layer[0, :, 3].tolist() == [51, 255, 0, 0, 255]


def test_other_labels_step_back_behind_the_active_one():
    style = LabelStyle(opacity=0.4, outline_opacity=0.8, active=2, inactive_opacity=0.5)
    layer = paint_labels(cut_of([[1, 1, 2, 2]]), style)
    # By hand: 255 * 0.4 * 0.5, 255 * 0.8 * 0.5, 255 * 0.8 and 255 * 0.4.
    assert layer[0, :, 3].tolist() == [51, 102, 204, 102]


def test_every_label_of_16_bits_has_its_color_and_others_are_harmless():
    labels = np.arange(65536).reshape(256, 256)
    layer = paint_labels(cut_of(labels), LabelStyle(outline_width=0))
    for label in (1, 255, 256, 40000, 65535):
        assert tuple(layer[label // 256, label % 256, :3].tolist()) == label_color(label)
    assert not layer[0, 0].any()
    odd = paint_labels(cut_of([[-1, -1e9, np.nan, 70000]]), LabelStyle(outline_width=0))
    assert not odd[0, :3].any()
    assert tuple(odd[0, 3, :3].tolist()) == label_color(MOST_LABELS)


def test_colors_of_labels_are_told_apart_from_each_other_and_from_grey():
    colors = np.array([[label_color(label) for label in range(1, 1001)]], np.float32) / 255
    lab = cv2.cvtColor(colors, cv2.COLOR_RGB2LAB)[0]
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    # 2.3 is the difference that is just noticed (CIE 1976).
    assert apart[:12, :12].min() > 20
    assert apart[:36, :36].min() > 10
    assert np.linalg.norm(np.diff(lab, axis=0), axis=1).min() > 50
    assert np.linalg.norm(lab[:, 1:], axis=1).min() > 25
    assert label_color(0) == (0, 0, 0)
    # Hue 0 with a saturation of 0.85: by hand 255 and 0.15 * 255.
    assert label_color(1) == (255, 38, 38)


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ({"opacity": -0.1}, "an opacity is a number from 0 to 1, got -0.1"),
        ({"inactive_opacity": 2}, "an opacity is a number from 0 to 1, got 2"),
        ({"outline_width": -1}, "an outline is 0 to 100 pixels wide, got -1"),
        ({"colors": {0: (1, 2, 3)}}, "a label is a number from 1 to 65535, got 0"),
        ({"colors": {1: (1, 2)}}, r"from 0 to 255, got \(1, 2\) for label 1"),
        ({"colors": {1: (1, 2, 256)}}, r"from 0 to 255, got \(1, 2, 256\) for label 1"),
    ],
)
def test_a_style_that_means_nothing_is_refused(style, message):
    with pytest.raises(ValueError, match=message):
        LabelStyle(**style)


def test_a_cut_of_colors_is_no_labelmap():
    with pytest.raises(ValueError, match=r"one number for each pixel, got .* shape \(1, 1, 3\)"):
        paint_labels(cut_of([[[1, 2, 3]]]), LabelStyle())
