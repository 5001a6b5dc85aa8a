"""Pictures of colour images: RGB, RGBA and palettes."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable, PaletteColorLut, VoiWindow
from pycornerstone.rendering.pipeline import DrawStyle, draw, source_of
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.voi import Voi

NEAREST, LINEAR, CUBIC = Interpolation
ONE_TO_ONE = np.eye(2, 3)
SIZE = (128, 96)
# What float32 and a table of 65,536 entries may add to the rounding of a grey level.
SLACK = 0.03


def smooth(shape, low, high, seed=0):
    """Values with structure of some pixels, as images have."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = np.sin(x / 3.1 + seed) * np.cos(y / 4.7) + np.sin((x + 2 * y) / 7.3)
    return low + (high - low) * (wave + 2) / 4


RGB = np.stack([smooth((60, 80), 0, 255, seed) for seed in range(3)], axis=-1)


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR, CUBIC])
def test_colours_are_drawn_as_they_are(reference, interpolation):
    image = Image("t:rgb", np.rint(RGB).astype(np.uint8))
    matrix = reference.turned(30, 0.31, (39.2, 28.9), SIZE)
    style = DrawStyle(interpolation=interpolation, background=(9, 8, 7))
    rgba = draw(source_of(image), matrix, SIZE, style)
    expected = np.clip(reference.interpolated(image.pixels, matrix, SIZE, interpolation), 0, 255)
    inside = reference.inside_of(matrix, SIZE, image.pixels.shape)
    assert np.abs(rgba[..., :3] - expected)[inside].max() <= 0.5 + SLACK
    assert (rgba[~inside] == [9, 8, 7, 255]).all()


@pytest.mark.parametrize(
    ("dtype", "white"),
    [(np.uint16, 65535), (np.float32, 1), (np.float64, 1), (np.uint32, 2**32 - 1)],
)
def test_deep_colours_fill_the_range_of_their_type(dtype, white):
    pixels = (RGB / 255 * white).astype(dtype)
    rgba = draw(source_of(Image("t:deep", pixels)), ONE_TO_ONE, (80, 60), DrawStyle())
    assert np.abs(rgba[..., :3] - pixels.astype(float) / white * 255).max() <= 0.5 + SLACK


def test_one_bit_colours_are_black_and_white():
    pixels = np.array([[[True, False, True]]])
    assert draw(source_of(Image("t:1", pixels)), ONE_TO_ONE, (1, 1), DrawStyle()).tolist() == [
        [[255, 0, 255, 255]]
    ]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_window_works_on_each_colour(reference, dtype):
    pixels = np.rint(RGB).astype(dtype)
    style = DrawStyle(Voi(VoiWindow(100, 80)), invert=True)
    rgba = draw(source_of(Image("t:w", pixels)), ONE_TO_ONE, (80, 60), style)
    expected = 255 - reference.window(pixels.astype(float), 100, 80)
    assert np.abs(rgba[..., :3] - expected).max() <= 0.5 + SLACK


def test_invert_draws_the_negative_of_colours():
    pixels = np.rint(RGB).astype(np.uint8)
    rgba = draw(source_of(Image("t:i", pixels)), ONE_TO_ONE, (80, 60), DrawStyle(invert=True))
    assert (rgba[..., :3] == 255 - pixels).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_not_opaque_shows_the_background(dtype):
    white = np.iinfo(dtype).max
    pixels = np.array([[[1, 0, 0, 1], [1, 0, 0, 0.5], [0, 1, 0, 0]]]) * white
    image = Image("t:rgba", np.rint(pixels).astype(dtype))
    style = DrawStyle(background=(100, 100, 100))
    rgba = draw(source_of(image), ONE_TO_ONE, (3, 1), style)
    assert rgba[0, :, 3].tolist() == [255, 255, 255]
    assert np.abs(rgba[0, :, :3] - [[255, 0, 0], [177.5, 50, 50], [100, 100, 100]]).max() <= 1


def test_the_colour_of_what_cannot_be_seen_is_not_mixed_in():
    image = Image("t:e", np.array([[[200, 0, 0, 255], [0, 255, 0, 0]]], np.uint8))
    style = DrawStyle(background=(0, 0, 0))
    half_way = draw(source_of(image), np.array([[1, 0, 0.5], [0, 1, 0]]), (1, 1), style)
    assert half_way[0, 0].tolist() == [100, 0, 0, 255]


def test_opaque_colours_with_alpha_are_drawn_as_without(reference):
    pixels = np.rint(RGB).astype(np.uint8)
    opaque = np.dstack([pixels, np.full((60, 80), 255, np.uint8)])
    matrix = reference.turned(30, 0.31, (39.2, 28.9), SIZE)
    with_alpha = draw(source_of(Image("t:a", opaque)), matrix, SIZE, DrawStyle())
    assert (with_alpha == draw(source_of(Image("t:o", pixels)), matrix, SIZE, DrawStyle())).all()


def palette_of(colors, first=0):
    tables = [LookupTable(np.array(c, np.uint8), first, 8) for c in zip(*colors, strict=True)]
    return PaletteColorLut(*tables)


def test_palette_colours_are_interpolated_and_never_their_indices():
    palette = palette_of([(200, 0, 0), (0, 255, 0), (0, 0, 100)], first=4)
    image = Image("t:p", np.array([[4, 6]], np.uint8), "PALETTE COLOR", palette=palette)
    plain = draw(source_of(image), ONE_TO_ONE, (2, 1), DrawStyle())
    assert plain[0].tolist() == [[200, 0, 0, 255], [0, 0, 100, 255]]
    half_way = draw(source_of(image), np.array([[1, 0, 0.5], [0, 1, 0]]), (1, 1), DrawStyle())
    # The mean of indices 4 and 6 is 5, which is green.
    assert half_way[0, 0].tolist() == [100, 0, 50, 255]


def test_the_fourth_table_of_a_palette_is_opacity():
    colors = [LookupTable(np.array([0, 200], np.uint8), 0, 8) for _ in range(3)]
    indices = np.array([[0, 1, 1]], np.uint8)
    for bits, entries in ((8, [255, 51]), (16, [65535, 13107])):
        alpha = LookupTable(np.array(entries, f"u{bits // 8}"), 0, bits)
        palette = PaletteColorLut(*colors, alpha)
        image = Image("t:alpha", indices, "PALETTE COLOR", palette=palette)
        source = source_of(image)
        assert source.has_alpha
        rgba = draw(source, ONE_TO_ONE, (3, 1), DrawStyle(background=(100, 0, 0)))
        # A fifth of 200 and four of what is behind.
        assert rgba.tolist() == [[[0, 0, 0, 255], [120, 40, 40, 255], [120, 40, 40, 255]]]
