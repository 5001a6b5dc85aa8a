"""Images drawn smaller than half: what a canvas pixel shows is the mean of what it lies on."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable, PaletteColorLut
from pycornerstone.rendering.pipeline import DrawStyle, draw, source_of
from pycornerstone.rendering.reduction import Reduced, Reduction
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.voi import Voi

NEAREST, LINEAR, CUBIC = Interpolation
FULL = Voi.of_range(0, 255)


def drawn(image, step, size, interpolation=LINEAR, voi=FULL):
    """Draw along the axes, so that the first canvas pixel lies on the first `step` pixels."""
    start = (step - 1) / 2
    matrix = np.array([[step, 0, start], [0, step, start]], np.float64)
    return draw(source_of(image), matrix, size, DrawStyle(voi, interpolation=interpolation))


def block_means(values, step):
    rows, columns = values.shape[0] // step, values.shape[1] // step
    return values.reshape(rows, step, columns, step, *values.shape[2:]).mean((1, 3))


@pytest.mark.parametrize("interpolation", [LINEAR, CUBIC])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float64])
def test_grey_is_that_of_the_mean_of_values(dtype, interpolation):
    values = np.random.default_rng(1).integers(0, 256, (12, 18)).astype(dtype)
    picture = drawn(Image("a:b", values), 3, (6, 4), interpolation)
    assert np.abs(picture[..., 0] - block_means(values.astype(float), 3)).max() <= 0.5 + 1e-3


def test_means_are_made_before_the_window():
    # Of 0 and 1000, the mean is 500; their greys in this window are 0 and 255, whose mean is not.
    values = np.tile(np.array([[0, 1000]], np.int16), (8, 8))
    picture = drawn(Image("a:b", values), 2, (8, 4), voi=Voi.of_range(400, 500))
    assert (picture[..., 0] == 255).all()


def test_colours_are_means():
    values = np.random.default_rng(2).integers(0, 256, (8, 12, 3), np.uint8)
    picture = drawn(Image("a:b", values), 4, (3, 2))
    assert np.abs(picture[..., :3] - block_means(values.astype(float), 4)).max() <= 0.5


@pytest.mark.parametrize("step", [2.2, 2.5, 3.7, 6.1])
def test_fine_stripes_make_no_others(step):
    values = np.zeros((120, 120), np.uint8)
    values[:, ::2] = 255
    size = round(120 / step) - 2
    greys = drawn(Image("a:b", values), step, (size, size))[..., 0].astype(float)
    # Of an odd number of stripes one more is white than black: 127.5 plus or minus 255 / (2 x 3).
    assert np.abs(greys - 127.5).max() <= 43


def test_nothing_is_moved(reference):
    row, column = np.mgrid[:90, :110]
    values = (row + 1.5 * column).astype(np.float32)
    matrix, size = reference.turned(30, 3.3, (55, 44), (12, 10)), (12, 10)
    found = draw(source_of(Image("a:b", values)), matrix, size, DrawStyle(FULL))[..., 0]
    # Means of a ramp are the ramp, whatever the blocks; here at the very places that are shown.
    assert np.abs(found - reference.interpolated(values, matrix, size, LINEAR)).max() <= 0.51


def test_each_axis_is_averaged_by_its_own():
    matrix = np.array([[1, 0, 0], [0, 4, 1.5]])
    reduction = Reduction(matrix, (8, 8), LINEAR)
    assert reduction.factors == (1, 4)
    values = np.arange(64, dtype=np.uint8).reshape(8, 8)
    picture = draw(source_of(Image("a:b", values)), matrix, (8, 2), DrawStyle(FULL))
    expected = values.reshape(2, 4, 8).mean(1)
    assert np.abs(picture[..., 0] - expected).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("step", [2, 3, 5, 8])
def test_padding_is_in_no_mean(step):
    values = np.full((40, 40), 50, np.int16)
    values[:, 17:] = -2000
    values[3, 5] = -2000
    image = Image("a:b", values, padding_range=(-2000, -2000))
    greys = drawn(image, step, (40 // step, 40 // step), voi=Voi.of_range(0, 200))[..., 0]
    assert set(np.unique(greys)) <= {0, 64}
    assert (greys[2:, : 16 // step] == 64).all()


def test_numbers_that_are_none_are_in_no_mean():
    values = np.full((9, 9), 0.25, np.float32)
    values[4, 5] = np.nan
    values[1, 2] = np.inf
    greys = drawn(Image("a:b", values), 3, (3, 3), voi=Voi.of_range(0, 1))[..., 0]
    assert np.unique(greys).tolist() == [64]


def test_what_a_supplemental_palette_maps_is_mixed_by_its_share():
    red, none = (LookupTable(np.array([entry], np.uint8), 1000, 8) for entry in (255, 0))
    values = np.tile(np.array([[0, 1000]], np.int16), (8, 4))
    image = Image("a:b", values, palette=PaletteColorLut(red, none, none))
    picture = drawn(image, 2, (4, 4), voi=Voi.of_range(0, 1))
    assert np.abs(picture.reshape(-1, 4).astype(int) - (128, 0, 0, 255)).max() <= 1


def test_nearest_shows_pixels_as_they_are():
    values = np.arange(81, dtype=np.uint8).reshape(9, 9)
    picture = drawn(Image("a:b", values), 3, (3, 3), NEAREST)
    assert np.array_equal(picture[..., 0], values[1::3, 1::3])


@pytest.mark.parametrize("shape", [(7, 5), (1, 9), (9, 1), (1, 1)])
def test_an_image_may_be_smaller_than_a_canvas_pixel(shape):
    values = np.full(shape, 77, np.uint8)
    matrix = np.array([[40, 0, 0], [0, 40, 0]], np.float64)
    picture = draw(source_of(Image("a:b", values)), matrix, (1, 1), DrawStyle(FULL))
    assert picture[0, 0, 0] == 77


def test_drawn_larger_than_half_nothing_is_averaged():
    samples = np.zeros((12, 12), np.float32)
    reduction = Reduction(np.array([[1.99, 0, 0], [0, 1, 0]]), (8, 8), LINEAR)
    assert Reduced().of(samples, reduction) is samples


def test_means_are_made_once():
    samples = np.zeros((12, 12), np.float32)
    reduced, reduction = Reduced(), Reduction(np.array([[2, 0, 0], [0, 2, 0]]), (8, 8), LINEAR)
    assert reduced.of(samples, reduction) is reduced.of(samples, reduction)
