"""Layers against the formulas of the standard, StackViewport's pixels, and mixtures in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.rendering.colormaps import get_colormap
from pycornerstone.rendering.pipeline import DrawStyle, draw, source_of
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.voi import Voi
from pycornerstone.rendering.volumes.cut import Cut
from pycornerstone.rendering.volumes.layers import LayerStyle, blend, paint

HOT = get_colormap("hotIron").tobytes()
AS_IT_IS = np.array([[1.0, 0, 0], [0, 1, 0]])
RANGE = Voi.of_range
# An S-shaped table, dark below 100 and white above 611.
TABLE = Voi(LookupTable((65535 * (np.linspace(0, 1, 512) ** 2)).astype(np.uint16), 100, 16, "dark"))
VOIS = {
    "LINEAR": Voi(VoiWindow(40, 400)),
    "LINEAR with a tie at each second value": Voi(VoiWindow(0, 511)),
    "LINEAR_EXACT": Voi(VoiWindow(-600, 1500), VoiFunction.LINEAR_EXACT),
    "SIGMOID": Voi(VoiWindow(100, 350), VoiFunction.SIGMOID),
    "a threshold": Voi(VoiWindow(50, 1)),
    "a table": TABLE,
    "narrow and far": RANGE(30000, 30010),
}


def cut_of(values, inside=None):
    return Cut(np.asarray(values, np.float32), inside)


def test_linear_is_the_formula_of_the_standard():
    # By hand, PS3.3 C.11.2.1.2.1, window 40, 400: ((x - 39.5) / 399 + 0.5) * 255.
    layer = paint(cut_of([[-160, 0, 40, 100, 239]]), LayerStyle(voi=Voi(VoiWindow(40, 400))))
    assert layer[0].tolist() == [[g, g, g, 255] for g in (0, 102, 128, 166, 255)]


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("colors", [HOT, None], ids=["hotIron", "gray"])
@pytest.mark.parametrize("name", VOIS)
def test_whole_numbers_have_the_very_pixels_of_a_stack(name, colors, invert):
    stored = np.arange(-32768, 32768, dtype=np.int16).reshape(256, 256)
    more = {"colors": colors, "invert": invert} if colors else {"invert": invert}
    theirs = draw(
        source_of(Image("test:1", stored)),
        AS_IT_IS,
        (256, 256),
        DrawStyle(voi=VOIS[name], interpolation=Interpolation.NEAREST, **more),
    )
    ours = paint(cut_of(stored), LayerStyle(voi=VOIS[name], **more))
    assert (ours == theirs).all()


def test_16_bit_numbers_without_sign_are_exact_too():
    stored = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    voi = Voi(VoiWindow(40000, 511))
    theirs = draw(source_of(Image("test:1", stored)), AS_IT_IS, (256, 256), DrawStyle(voi=voi))
    assert (paint(cut_of(stored), LayerStyle(voi=voi)) == theirs).all()


@pytest.mark.parametrize("name", VOIS)
def test_values_between_are_right_but_at_the_middle_between_two_levels(name):
    rng = np.random.default_rng(1)
    lower, upper = VOIS[name].bounds
    values = rng.uniform(lower - 300, upper + 300, (300, 200)).astype(np.float32)
    exact = VOIS[name].apply(values.astype(np.float64)) * 255
    found = paint(cut_of(values), LayerStyle(voi=VOIS[name]))[..., 0]
    # Two levels side by side are both right within 0.03 of the middle between them.
    assert np.abs(found - exact).max() <= 0.53


def test_what_is_no_number_is_transparent_and_infinity_is_white():
    values = [[np.nan, np.inf, -np.inf, 3e38, -3e38, 0.25]]
    layer = paint(cut_of(values), LayerStyle(voi=RANGE(0, 1)))
    assert layer[0, :, 0].tolist() == [0, 255, 0, 255, 0, 64]
    assert layer[0, :, 3].tolist() == [0, 255, 255, 255, 255, 255]


def test_outside_is_transparent_whatever_stands_there():
    inside = np.array([[1, 0, 1, 0]], np.uint8)
    layer = paint(cut_of([[1, 5, 0.5, np.nan]], inside), LayerStyle(voi=RANGE(0, 1)))
    assert layer[0].tolist() == [[255] * 4, [0] * 4, [128, 128, 128, 255], [0] * 4]


def test_without_a_voi_all_values_of_the_cut_that_are_inside_are_shown():
    inside = np.array([[1, 1, 1, 0]], np.uint8)
    layer = paint(cut_of([[-10, 0.2, 10, 1e6]], inside), LayerStyle())
    assert layer[0, :3, 0].tolist() == [0, 130, 255]


@pytest.mark.parametrize(("opacity", "byte"), [(0, 0), (0.25, 64), (0.5, 128), (1, 255)])
def test_opacity_is_that_of_the_whole_layer(opacity, byte):
    for values in ([[0, 1]], [[0.5, 0.25]], [[[1, 2, 3]]]):
        layer = paint(cut_of(values), LayerStyle(voi=RANGE(0, 1), opacity=opacity))
        assert set(layer[..., 3].ravel().tolist()) == {byte}


def test_opacity_changes_linearly_between_points():
    points = ((2, 0), (10, 0.8), (20, 0.4))
    values = np.linspace(-5, 30, 5000, dtype=np.float32).reshape(50, 100)
    layer = paint(cut_of(values), LayerStyle(voi=RANGE(0, 5), opacity_mapping=points, opacity=0.5))
    expected = 255 * 0.5 * np.interp(values, [2, 10, 20], [0, 0.8, 0.4])
    assert np.abs(layer[..., 3] - expected).max() <= 0.51
    # The colours are those of the VOI, which ends long before the opacity does.
    assert (layer[values > 5, :3] == 255).all()


@pytest.mark.parametrize(
    ("points", "opacities"),
    [
        (((5, 0.2),), [51, 51, 51, 51]),
        (((5, 0), (5, 1)), [0, 0, 255, 255]),
        (((5, 0.2), (5, 0.4), (7, 0.6)), [51, 51, 128, 153]),
        (((3, 0.2), (5, 0.4), (5, 0.6)), [77, 102, 153, 153]),
    ],
)
def test_a_mapping_may_have_steps(points, opacities):
    # Values 4, a little below 5, 6 and 9.
    layer = paint(cut_of([[4, 4.9999, 6, 9]]), LayerStyle(voi=RANGE(0, 1), opacity_mapping=points))
    assert layer[0, :, 3].tolist() == opacities


@pytest.mark.parametrize("values", [[[-50, 0, 50, 100, 900]], [[-50.5, 0, 50.0, 100, 900.5]]])
def test_opacity_may_follow_the_voi(values):
    style = LayerStyle(
        voi=RANGE(0, 100), opacity_follows_voi=True, opacity=0.8, colors=HOT, invert=True
    )
    layer = paint(cut_of(values), style)
    # Half of 0.8 of 255; black is not seen, whatever colour it has.
    assert layer[0, :, 3].tolist() == [0, 0, 102, 204, 204]
    assert layer[0, 4, :3].tolist() == [0, 0, 0]


def test_opacity_follows_a_table_and_a_sigmoid():
    for voi in (TABLE, VOIS["SIGMOID"]):
        values = np.linspace(-400, 900, 700, dtype=np.float32).reshape(7, 100)
        layer = paint(cut_of(values), LayerStyle(voi=voi, opacity_follows_voi=True))
        exact = voi.apply(values.astype(np.float64)) * 255
        assert np.abs(layer[..., 3] - exact).max() <= 0.53


def test_what_lies_outside_of_the_threshold_is_transparent():
    values = [[0.05, 0.1, 0.3, 0.7, 0.75]]
    # 0.1 and 0.7 are no float32: those that were meant are drawn.
    style = LayerStyle(voi=RANGE(0, 1), threshold=(0.1, 0.7), opacity=0.5)
    assert paint(cut_of(values), style)[0, :, 3].tolist() == [0, 128, 128, 128, 0]
    inside = np.array([[1, 1, 0, 1, 1]], np.uint8)
    assert paint(cut_of(values, inside), style)[0, :, 3].tolist() == [0, 128, 0, 128, 0]
    endless = LayerStyle(voi=RANGE(0, 1), threshold=(0.3, np.inf))
    assert paint(cut_of(values), endless)[0, :, 3].tolist() == [0, 0, 255, 255, 255]
    endless = LayerStyle(voi=RANGE(0, 1), threshold=(-np.inf, 0.3))
    assert paint(cut_of(values), endless)[0, :, 3].tolist() == [255, 255, 255, 0, 0]


def test_colors_are_shown_as_they_are():
    rgb = np.random.default_rng(2).integers(0, 256, (20, 30, 3)).astype(np.float32)
    layer = paint(cut_of(rgb), LayerStyle())
    assert (layer[..., :3] == rgb).all()
    assert (layer[..., 3] == 255).all()
    assert (paint(cut_of(rgb), LayerStyle(invert=True))[..., :3] == 255 - rgb).all()


def test_colors_of_16_bits_have_their_own_white():
    layer = paint(cut_of([[[0, 257, 65535]]]), LayerStyle(white=65535))
    assert layer.tolist() == [[[0, 1, 255, 255]]]


def test_colors_may_have_opacity_of_their_own():
    values = [[[10, 20, 30, 255], [10, 20, 30, 51], [10, 20, 30, 0]]]
    layer = paint(cut_of(values), LayerStyle(opacity=0.5))
    assert layer[0, :, 3].tolist() == [128, 26, 0]
    assert layer[0, 1, :3].tolist() == [10, 20, 30]


def test_a_window_may_be_put_on_colors():
    layer = paint(cut_of([[[50, 80, 150]]]), LayerStyle(voi=RANGE(50, 150)))
    # By hand: 0.3 of 255 is 76.5, and even.
    assert layer[0, 0].tolist() == [0, 76, 255, 255]


def test_colors_have_the_very_pixels_of_a_stack():
    rgb = np.random.default_rng(3).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    for voi in (None, Voi(VoiWindow(100, 103)), RANGE(3, 200)):
        for invert in (False, True):
            style = DrawStyle(voi=voi, invert=invert)
            theirs = draw(source_of(Image("test:1", rgb)), AS_IT_IS, (256, 256), style)
            assert (paint(cut_of(rgb), LayerStyle(voi=voi, invert=invert)) == theirs).all()


def mixed(layers, background):
    """Straight alpha, one over the other, in float64."""
    canvas = np.zeros((*layers[0].shape[:2], 3)) + background
    for layer in layers:
        share = layer[..., 3:].astype(np.float64) / 255
        canvas = layer[..., :3] * share + canvas * (1 - share)
    return canvas


@given(
    number=st.integers(1, 5),
    translucent=st.lists(st.booleans(), min_size=5, max_size=5),
    seed=st.integers(0, 2**32 - 1),
)
def test_layers_over_each_other_are_rounded_once(number, translucent, seed):
    rng = np.random.default_rng(seed)
    layers = [rng.integers(0, 256, (17, 23, 4)).astype(np.uint8) for _ in range(number)]
    for layer, is_translucent in zip(layers, translucent, strict=False):
        if not is_translucent:
            layer[..., 3] = rng.integers(0, 2, (17, 23)) * 255
    picture = blend(layers, (23, 17), (10, 200, 90))
    assert (picture[..., 3] == 255).all()
    assert np.abs(picture[..., :3] - mixed(layers, (10, 200, 90))).max() <= 0.5001


def test_every_opacity_over_every_level_is_right():
    # One mixture in bytes has no ties: 255 is odd.
    level, opacity = np.meshgrid(np.arange(256), np.arange(256))
    for color in (0, 77, 255):
        layer = np.stack([np.full_like(level, color)] * 3 + [opacity], -1).astype(np.uint8)
        below = np.stack([level] * 3 + [np.full_like(level, 255)], -1).astype(np.uint8)
        picture = blend([below, layer], (256, 256))
        assert (picture[..., :3] == np.rint(mixed([below, layer], 0))).all()


def test_nothing_is_the_background_and_what_was_given_stays():
    assert blend([], (2, 1), (1, 2, 3)).tolist() == [[[1, 2, 3, 255]] * 2]
    layer = np.full((1, 2, 4), 100, np.uint8)
    layer.flags.writeable = False
    first = blend([layer], (2, 1))
    second = blend([layer, layer], (2, 1))
    assert (layer == 100).all()
    assert first[0, 0].tolist() == [39, 39, 39, 255]
    assert second[0, 0].tolist() == [63, 63, 63, 255]


def test_a_layer_of_another_size_is_refused():
    with pytest.raises(
        ValueError,
        match=r"for a canvas of 3 x 2 pixels is uint8 of shape \(2, 3, 4\), got uint8 of shape",
    ):
        blend([np.zeros((3, 2, 4), np.uint8)], (3, 2))


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ({"opacity": 1.5}, "an opacity is a number from 0 to 1, got 1.5"),
        ({"opacity": float("nan")}, "an opacity is a number from 0 to 1, got nan"),
        ({"opacity_mapping": ((0, 0), (1, 2))}, "an opacity is a number from 0 to 1, got 2.0"),
        ({"opacity_mapping": ((1, 0), (0, 1))}, r"finite and ascend, got \[1.0, 0.0\]"),
        ({"opacity_mapping": ((0, 0), (np.inf, 1))}, r"finite and ascend, got \[0.0, inf\]"),
        ({"opacity_mapping": ((0, 0),), "opacity_follows_voi": True}, "leave one of them out"),
        ({"threshold": (2, 1)}, r"the lowest and the highest value drawn, got \(2, 1\)"),
        ({"white": 0}, "white is a number above 0, got 0"),
    ],
)
def test_a_style_that_means_nothing_is_refused(style, message):
    with pytest.raises(ValueError, match=message):
        LayerStyle(**style)
