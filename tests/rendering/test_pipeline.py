"""Pictures against references in float64, written from the formulas of the standard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.rendering.colormaps import get_colormap
from pycornerstone.rendering.pipeline import DrawStyle, draw, source_of
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.voi import Voi

NEAREST, LINEAR, CUBIC = Interpolation
ONE_TO_ONE = np.eye(2, 3)
# What float32 and a table of 65,536 entries may add to the rounding of a grey level.
SLACK = 0.03


def grey_of(rgba):
    assert rgba.dtype == np.uint8
    assert (rgba[..., 3] == 255).all()
    assert (rgba[..., 0] == rgba[..., 1]).all()
    assert (rgba[..., 0] == rgba[..., 2]).all()
    return rgba[..., 0]


def smooth(shape, low, high, seed=0):
    """Values with structure of some pixels, as images have."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = np.sin(x / 3.1 + seed) * np.cos(y / 4.7) + np.sin((x + 2 * y) / 7.3)
    return low + (high - low) * (wave + 2) / 4


CT = Image("t:ct", np.rint(smooth((60, 80), 0, 2400)).astype(np.int16)).replace(
    modality_lut=ModalityLutModule(rescale_slope=1, rescale_intercept=-1024)
)
SOFT_TISSUE = DrawStyle(voi=Voi(VoiWindow(40, 400)))
SIZE = (128, 96)


@pytest.mark.parametrize("interpolation", [LINEAR, CUBIC])
@pytest.mark.parametrize(("degrees", "zoom"), [(0, 0.4), (30, 0.31), (90, 0.5), (200, 1.7)])
def test_interpolated_values_go_through_the_window(reference, interpolation, degrees, zoom):
    matrix = reference.turned(degrees, zoom, (39.2, 28.9), SIZE)
    style = DrawStyle(voi=SOFT_TISSUE.voi, interpolation=interpolation, background=(9, 9, 9))
    grey = grey_of(draw(source_of(CT), matrix, SIZE, style))
    inside = reference.inside_of(matrix, SIZE, CT.pixels.shape)
    expected = reference.window(
        reference.interpolated(CT.pixels - 1024.0, matrix, SIZE, interpolation), 40, 400
    )
    assert np.abs(grey - expected)[inside].max() <= 0.5 + SLACK
    assert (grey[~inside] == 9).all()


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", ">u2", ">i2"])
@pytest.mark.parametrize(("degrees", "zoom"), [(0, 0.37), (30, 0.31)])
def test_nearest_is_exactly_the_formula(reference, dtype, degrees, zoom):
    limits = np.iinfo(dtype)
    pixels = np.random.default_rng(1).integers(limits.min, limits.max + 1, (60, 80)).astype(dtype)
    lut = ModalityLutModule(rescale_slope=0.37, rescale_intercept=-12.25)
    image = Image("t:n", pixels, modality_lut=lut)
    matrix = reference.turned(degrees, zoom, (39.2, 28.9), SIZE)
    center, width = 0.37 * (int(limits.max) + int(limits.min)) / 2, 0.3 * limits.max
    style = DrawStyle(voi=Voi(VoiWindow(center, width)), interpolation=NEAREST)
    grey = grey_of(draw(source_of(image), matrix, SIZE, style))
    column, row = reference.places(matrix, SIZE)
    inside = reference.inside_of(matrix, SIZE, pixels.shape)
    c, r = np.floor(column + 0.5).astype(int), np.floor(row + 0.5).astype(int)
    values = pixels.astype(float)[np.clip(r, 0, 59), np.clip(c, 0, 79)] * 0.37 - 12.25
    # Where a canvas pixel lies half way between two pixels, either is the nearest.
    half_way = (np.abs(column % 1 - 0.5) < 1e-3) | (np.abs(row % 1 - 0.5) < 1e-3)
    same = grey == np.rint(reference.window(values, center, width))
    assert same[inside & ~half_way].all()
    assert (inside & ~half_way).sum() > 1000


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.int16, (5, 7)),
    st.floats(0.01, 5),
    st.integers(-2000, 2000),
    st.floats(1.5, 9000),
    st.sampled_from([NEAREST, LINEAR, CUBIC]),
    st.sampled_from([(1, 0, 0, 1, 0, 0), (-1, 0, 0, 1, 6, 0), (0, 1, -1, 0, 0, 4)]),
)
def test_one_to_one_is_exactly_the_formula(
    reference, pixels, slope, center, width, interpolation, how
):
    image = Image("t:x", pixels, modality_lut=ModalityLutModule(slope, -3.5))
    a, b, c, d, x, y = how
    matrix = np.array([[a, b, x], [c, d, y]], float)
    size = (7, 5) if b == 0 else (5, 7)
    style = DrawStyle(voi=Voi(VoiWindow(center, width)), interpolation=interpolation)
    grey = grey_of(draw(source_of(image), matrix, size, style))
    shown = {1: pixels, -1: np.fliplr(pixels)}.get(a, np.rot90(pixels, -1))
    assert (grey == np.rint(reference.window(shown * np.float64(slope) - 3.5, center, width))).all()


def test_rounding_noise_in_the_matrix_does_not_start_interpolation(reference):
    noise = np.array([[1e-12, -1e-12, 1e-10], [1e-12, 1e-12, -1e-10]])
    plain = draw(source_of(CT), ONE_TO_ONE, (80, 60), SOFT_TISSUE)
    assert (draw(source_of(CT), ONE_TO_ONE + noise, (80, 60), SOFT_TISSUE) == plain).all()
    assert (grey_of(plain) == np.rint(reference.window(CT.pixels - 1024.0, 40, 400))).all()


@pytest.mark.parametrize("function", [VoiFunction.LINEAR_EXACT, VoiFunction.SIGMOID])
@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR])
def test_the_other_functions_are_drawn(reference, function, interpolation):
    matrix = reference.turned(12, 0.4, (39, 29), SIZE)
    style = DrawStyle(voi=Voi(VoiWindow(40, 400), function), interpolation=interpolation)
    grey = grey_of(draw(source_of(CT), matrix, SIZE, style))
    inside = reference.inside_of(matrix, SIZE, CT.pixels.shape)
    x = reference.interpolated(CT.pixels - 1024.0, matrix, SIZE, interpolation)
    if function is VoiFunction.SIGMOID:
        expected = 255 / (1 + np.exp(-4 * (x - 40) / 400))
    else:
        expected = np.clip(((x - 40) / 400 + 0.5) * 255, 0, 255)
    assert np.abs(grey - expected)[inside].max() <= 0.5 + SLACK


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR])
@pytest.mark.parametrize("slope", [1, -1])
def test_a_width_of_one_is_a_threshold(interpolation, slope):
    image = Image("t:th", np.array([[10, 39, 40, 41, 30000]], np.int16) * np.int16(slope))
    image = image.replace(modality_lut=ModalityLutModule(rescale_slope=slope))
    style = DrawStyle(voi=Voi(VoiWindow(40.5, 1)), interpolation=interpolation)
    matrix = np.array([[0.5, 0, -0.25], [0, 1, 0]])
    grey = grey_of(draw(source_of(image), matrix, (10, 1), style))[0]
    # PS3.3 C.11.2.1.2.1: white above 40. Between 40 and 41, and so on, values are interpolated.
    nearest = [0, 0, 0, 0, 0, 0, 255, 255, 255, 255]
    linear = [0, 0, 0, 0, 0, 255, 255, 255, 255, 255]
    assert grey.tolist() == (nearest if interpolation is NEAREST else linear)


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR, CUBIC])
def test_values_far_above_a_narrow_window_stay_white(interpolation):
    pixels = np.full((4, 6), -30000, np.int16)
    pixels[:, 3:] = 30000
    style = DrawStyle(voi=Voi(VoiWindow(0, 2)), interpolation=interpolation)
    grey = grey_of(draw(source_of(Image("t:w", pixels)), ONE_TO_ONE * [1, 1, 1], (6, 4), style))
    assert (grey == np.where(pixels > 0, 255, 0)).all()
    half = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25]])
    grey = grey_of(draw(source_of(Image("t:w", pixels)), half, (12, 8), style))
    assert (grey[:, :5] == 0).all()
    assert (grey[:, 7:] == 255).all()


@pytest.mark.parametrize(
    "pixels",
    [
        np.rint(smooth((60, 80), 0, 300)).astype(np.int32) + 2_000_000_000,
        np.rint(smooth((60, 80), 0, 300)).astype(np.uint32) + 4_000_000_000,
        np.rint(smooth((60, 80), 0, 300)).astype(np.int64) + 5_000_000_000,
        smooth((60, 80), 0, 300) + 1e10,
        smooth((60, 80), 0, 3e-13) + 1e-11,
        smooth((60, 80), 0, 3e200),
        smooth((60, 80), 0, 3e-200),
        smooth((60, 80), 1e-3, 3e-3).astype(np.float32),
        smooth((60, 80), 0, 9).astype(np.float16),
        smooth((60, 80), 0, 1) > 0.4,
    ],
    ids=["i4", "u4", "i8", "far f8", "near f8", "huge", "tiny", "f4", "f2", "bool"],
)
@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR])
def test_values_that_float32_cannot_hold_are_drawn_right(reference, pixels, interpolation):
    matrix = reference.turned(20, 0.43, (39.2, 28.9), SIZE)
    style = DrawStyle(interpolation=interpolation)
    grey = grey_of(draw(source_of(Image("t:p", pixels)), matrix, SIZE, style))
    wide = pixels.astype(np.longdouble)
    share = ((wide - wide.min()) / (wide.max() - wide.min())).astype(float)
    expected = reference.interpolated(share, matrix, SIZE, interpolation) * 255
    inside = reference.inside_of(matrix, SIZE, pixels.shape)
    assert np.abs(grey - expected)[inside].max() <= 0.5 + SLACK


def test_a_window_far_from_zero_and_narrow_is_drawn_right_whatever_was_drawn_before(reference):
    pixels = np.rint(smooth((60, 80), 59990, 60010)).astype(np.uint16)
    source = source_of(Image("t:f", pixels))
    matrix = reference.turned(20, 0.43, (39.2, 28.9), SIZE)
    inside = reference.inside_of(matrix, SIZE, pixels.shape)
    for center, width in [(30000, 60000), (60000, 9), (59995, 5), (30000, 60000)]:
        grey = grey_of(draw(source, matrix, SIZE, DrawStyle(voi=Voi(VoiWindow(center, width)))))
        expected = reference.window(
            reference.interpolated(pixels.astype(float), matrix, SIZE, LINEAR), center, width
        )
        assert np.abs(grey - expected)[inside].max() <= 0.5 + SLACK


def test_without_a_window_the_range_of_the_values_is_drawn():
    image = CT.replace(padding_range=(0, 100))
    grey = grey_of(draw(source_of(image), ONE_TO_ONE, (80, 60), DrawStyle()))
    valid = image.pixels > 100
    lowest, highest = image.pixels[valid].min(), image.pixels[valid].max()
    expected = np.rint((image.pixels - float(lowest)) / float(highest - lowest) * 255)
    assert (grey == np.where(valid, expected, 0)).all()


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR, CUBIC])
def test_an_image_of_one_value_is_drawn_without_complaint(interpolation):
    image = Image("t:c", np.full((3, 3), 700, np.int16))
    style = DrawStyle(interpolation=interpolation)
    assert (grey_of(draw(source_of(image), ONE_TO_ONE / 2, (4, 4), style)) == 0).all()


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR])
def test_monochrome1_and_invert_draw_the_negative_and_both_the_positive(reference, interpolation):
    matrix = reference.turned(0, 0.5, (39.5, 29.5), (160, 120))
    pictures = {}
    for meaning in ("MONOCHROME1", "MONOCHROME2"):
        source = source_of(CT.replace(photometric_interpretation=meaning))
        for invert in (False, True):
            style = DrawStyle(SOFT_TISSUE.voi, invert, interpolation=interpolation)
            pictures[meaning, invert] = grey_of(draw(source, matrix, (160, 120), style))
    positive = pictures["MONOCHROME2", False]
    assert len(np.unique(positive)) > 100
    assert (pictures["MONOCHROME1", True] == positive).all()
    assert (pictures["MONOCHROME1", False] == 255 - positive).all()
    assert (pictures["MONOCHROME2", True] == 255 - positive).all()


def test_presentation_lut_shape_goes_before_monochrome1():
    positive = draw(source_of(CT), ONE_TO_ONE, (80, 60), SOFT_TISSUE)
    image = CT.replace(photometric_interpretation="MONOCHROME1", presentation_lut_shape="IDENTITY")
    assert (draw(source_of(image), ONE_TO_ONE, (80, 60), SOFT_TISSUE) == positive).all()
    image = CT.replace(presentation_lut_shape="INVERSE")
    inverse = grey_of(draw(source_of(image), ONE_TO_ONE, (80, 60), SOFT_TISSUE))
    assert (inverse == 255 - grey_of(positive)).all()


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR])
def test_a_colour_map_paints_the_greys_after_inversion(reference, interpolation):
    matrix = reference.turned(0, 0.5, (39.5, 29.5), (160, 120))
    table = get_colormap("hotMetalBlue")
    for invert in (False, True):
        plain = DrawStyle(SOFT_TISSUE.voi, invert, interpolation=interpolation)
        style = DrawStyle(SOFT_TISSUE.voi, invert, table.tobytes(), interpolation)
        grey = grey_of(draw(source_of(CT), matrix, (160, 120), plain))
        rgba = draw(source_of(CT), matrix, (160, 120), style)
        assert (rgba[..., :3] == table[grey]).all()


def test_a_colour_map_of_few_colours_has_even_steps():
    ramp = Image("t:r", np.arange(256, dtype=np.uint8).reshape(1, 256))
    colors = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.uint8)
    style = DrawStyle(Voi.of_range(0, 255), colors=colors.tobytes())
    rgba = draw(source_of(ramp), ONE_TO_ONE, (256, 1), style)
    # rint(2 y): the first below 1/4, the last above 3/4.
    level = np.rint(2 * np.arange(256) / 255).astype(int)
    assert (rgba[0, :, :3] == colors[level]).all()


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR, CUBIC])
def test_padding_is_background_and_never_mixes_with_the_image(reference, interpolation):
    pixels = np.rint(smooth((60, 80), 900, 1100)).astype(np.int16)
    y, x = np.mgrid[:60, :80]
    padded = (x - 40) ** 2 + (y - 30) ** 2 > 25**2
    pixels[padded] = -2000
    image = CT.replace(pixels=pixels, padding_range=(-2000, -2000))
    matrix = reference.turned(17, 0.21, (39.2, 28.9), SIZE)
    style = DrawStyle(Voi(VoiWindow(0, 2000)), interpolation=interpolation, background=(1, 2, 3))
    rgba = draw(source_of(image), matrix, SIZE, style)
    column, row = reference.places(matrix, SIZE)
    c = np.clip(np.floor(column + 0.5).astype(int), 0, 79)
    r = np.clip(np.floor(row + 0.5).astype(int), 0, 59)
    inside = reference.inside_of(matrix, SIZE, pixels.shape)
    half_way = (np.abs(column % 1 - 0.5) < 1e-3) | (np.abs(row % 1 - 0.5) < 1e-3)
    background = (rgba[..., :3] == [1, 2, 3]).all(axis=-1)
    assert (background == (~inside | padded[r, c]))[~half_way].all()
    # Values from 900 to 1100 less 1024 in a window of 2000: no grey may leave this band, which
    # a mean with -2000 would, and cubic interpolation by a few levels.
    band = rgba[~background][:, 0]
    assert band.min() >= 108
    assert band.max() <= 141


def test_padding_stays_background_when_the_picture_is_inverted():
    pixels = np.array([[-2000, 0], [40, 100]], np.int16)
    image = Image("t:i", pixels, "MONOCHROME1", padding_range=(-2000, -1500))
    for interpolation in Interpolation:
        style = DrawStyle(Voi.of_range(0, 100), interpolation=interpolation)
        assert grey_of(draw(source_of(image), ONE_TO_ONE, (2, 2), style)).tolist() == [
            [0, 255],
            [153, 0],
        ]


def test_both_ends_of_a_padding_range_are_padding():
    pixels = np.array([[-5, -4, -3, -2, -1, 0]], np.int16)
    image = Image("t:b", pixels, padding_range=(-4, -2))
    style = DrawStyle(Voi.of_range(-6, -5), background=(7, 7, 7))
    assert grey_of(draw(source_of(image), ONE_TO_ONE, (6, 1), style)).tolist() == [
        [255, 7, 7, 7, 255, 255]
    ]


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR])
def test_an_image_of_nothing_but_padding_is_background(interpolation):
    image = Image("t:e", np.full((3, 3), 9, np.int16), padding_range=(9, 9))
    style = DrawStyle(interpolation=interpolation, background=(5, 5, 5))
    assert (grey_of(draw(source_of(image), ONE_TO_ONE / 2, (4, 4), style)) == 5).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR, CUBIC])
def test_what_is_no_number_is_background_and_spoils_nothing_beside_it(
    reference, dtype, interpolation
):
    pixels = smooth((60, 80), 0.2, 0.3).astype(dtype)
    pixels[20, 30], pixels[40, 50], pixels[5, 5] = np.nan, np.inf, -np.inf
    image = Image("t:nan", pixels)
    style = DrawStyle(Voi.of_range(0.1, 0.4), interpolation=interpolation)
    grey = grey_of(
        draw(source_of(image), np.array([[0.5, 0, 0.2], [0, 0.5, 0.2]]), (150, 110), style)
    )
    # 0.2 to 0.3 of 0.1 to 0.4 is 85 to 170; background is 0.
    band = grey[grey != 0]
    assert band.min() >= 80
    assert band.max() <= 175
    assert (grey == 0).sum() == 3 * 4


def test_a_modality_table_stands_in_for_slope_and_intercept():
    entries = np.array([0, 110, 400, 900], np.uint16)
    lut = LookupTable(entries, first_mapped=10)
    image = Image("t:m", np.array([[9, 10, 11, 12, 13, 14]], np.int16))
    image = image.replace(modality_lut=ModalityLutModule(lut=lut))
    style = DrawStyle(Voi.of_range(0, 1000))
    grey = grey_of(draw(source_of(image), ONE_TO_ONE, (6, 1), style))
    expected = np.rint(np.array([0, 0, 110, 400, 900, 900]) * 0.255)
    assert grey[0].tolist() == expected.tolist()
    # Half way between two pixels lies the mean of their modality values, not of stored ones.
    half = draw(source_of(image), np.array([[1, 0, 2.5], [0, 1, 0]]), (1, 1), style)
    assert half[0, 0, 0] == round((110 + 400) / 2 * 0.255)


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR])
def test_a_voi_table_is_applied_to_modality_values(reference, interpolation):
    table = LookupTable(np.arange(4096, dtype=np.uint16)[::-1], -1024, bits_per_entry=12)
    style = DrawStyle(Voi(table), interpolation=interpolation)
    matrix = reference.turned(10, 0.5, (39, 29), SIZE)
    grey = grey_of(draw(source_of(CT), matrix, SIZE, style))
    inside = reference.inside_of(matrix, SIZE, CT.pixels.shape)
    values = np.rint(reference.interpolated(CT.pixels - 1024.0, matrix, SIZE, interpolation))
    expected = (4095 - (values + 1024)) / 4095 * 255
    # Next to a half, float32 may round a value to the other side: one entry, 0.06 levels.
    assert np.abs(grey - expected)[inside].max() <= 0.5 + 0.07


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 40000), (40000, 2)])
@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR, CUBIC])
def test_odd_shapes_are_drawn(shape, interpolation):
    pixels = np.full(shape, 100, np.int16)
    pixels[-1, -1] = 0
    # The whole image on 64 x 64: edge to edge.
    step = shape[1] / 64, shape[0] / 64
    matrix = np.array([[step[0], 0, step[0] / 2 - 0.5], [0, step[1], step[1] / 2 - 0.5]])
    style = DrawStyle(Voi.of_range(0, 100), interpolation=interpolation, background=(9, 9, 9))
    grey = grey_of(draw(source_of(Image("t:o", pixels)), matrix, (64, 64), style))
    assert grey[0, 0] == (0 if shape == (1, 1) else 255)
    assert (grey != 9).all()


def test_the_canvas_is_new_each_time_and_may_be_written_to():
    source = source_of(CT)
    first = draw(source, ONE_TO_ONE, (80, 60), SOFT_TISSUE)
    kept = first.copy()
    first[:] = 0
    assert (draw(source, ONE_TO_ONE, (80, 60), SOFT_TISSUE) == kept).all()
