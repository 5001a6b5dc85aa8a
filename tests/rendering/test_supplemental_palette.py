"""Grey images of which some values are colours (PS3.3 C.7.6.19 and C.8.16.2.1.1.1)."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable, PaletteColorLut, VoiWindow
from pycornerstone.rendering.pipeline import DrawStyle, draw, source_of
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.voi import Voi

NEAREST, LINEAR, CUBIC = Interpolation
FIRST = 100
COLORS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 100, 50]], np.uint8)
PALETTE = PaletteColorLut(*(LookupTable(COLORS[:, c].copy(), FIRST, 8) for c in range(3)))
ONE_TO_ONE = np.eye(2, 3)
STYLE = DrawStyle(voi=Voi(VoiWindow(50, 101)))


def drawn(pixels, matrix=ONE_TO_ONE, size=None, style=STYLE, **fields):
    image = Image("t:s", np.asarray(pixels), palette=PALETTE, **fields)
    size = size or image.pixels.shape[::-1]
    return draw(source_of(image), matrix, size, style)[..., :3]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32])
def test_values_from_the_first_mapped_one_on_are_colours_and_those_below_are_grey(dtype):
    pixels = np.array([[0, 50, 99], [100, 101, 103], [104, 120, 102]], dtype)
    # By hand, PS3.3 C.11.2.1.2.1: (x - 49.5) / 100 + 0.5, of 255. Above the last: the last.
    greys = [[0, 0, 0], [129, 129, 129], [254, 254, 254]]
    red, green, blue, brown = COLORS.tolist()
    picture = drawn(pixels).tolist()
    assert np.abs(np.subtract(picture[0], greys)).max() <= 1
    assert picture[1:] == [[red, green, brown], [brown, brown, blue]]


def test_what_a_user_does_with_greys_does_not_touch_the_colours():
    pixels = np.array([[0, 100]], np.uint16)
    style = DrawStyle(voi=STYLE.voi, invert=True, colors=bytes([9, 9, 9, 90, 90, 90]))
    assert drawn(pixels, style=style).tolist() == [[[90, 90, 90], [255, 0, 0]]]


@pytest.mark.parametrize("interpolation", [LINEAR, CUBIC])
def test_indices_are_never_mixed_with_values(interpolation):
    # Between grey 99 and index 100 a mean of numbers would be grey; it is half red.
    pixels = np.repeat(np.array([[0, 0, 0, 0, 103, 103, 103, 103]], np.uint16), 8, axis=0)
    style = DrawStyle(voi=STYLE.voi, interpolation=interpolation)
    tenth = np.array([[0.1, 0, 0], [0, 0.1, 3]])
    picture = drawn(pixels, tenth, (70, 1), style)[0].astype(int)
    assert (picture[:31] <= 10).all()
    # Cubic overshoots by a tenth on both sides of an edge.
    assert (np.abs(picture[45:] - COLORS[3]) <= 20).all()
    middle = picture[35]
    assert np.abs(middle - COLORS[3] / 2).max() <= 3


@pytest.mark.parametrize("interpolation", list(Interpolation))
def test_the_window_of_the_values_does_not_count_indices(interpolation):
    pixels = np.array([[10, 60], [103, 103]], np.uint16)
    source = source_of(Image("t:s", pixels, palette=PALETTE))
    assert source.value_range == (10, 60)
    picture = drawn(pixels, style=DrawStyle(interpolation=interpolation))
    assert picture[0].tolist() == [[0, 0, 0], [255, 255, 255]]


def test_padding_stays_background_whatever_the_palette_says():
    style = DrawStyle(voi=STYLE.voi, background=(1, 2, 3))
    picture = drawn(np.array([[103, 102]], np.uint16), style=style, padding_range=(103, 200))
    assert picture.tolist() == [[[1, 2, 3], [0, 0, 255]]]


def test_an_image_of_nothing_but_colours_is_drawn():
    assert (drawn(np.full((2, 2), 101, np.uint16)) == COLORS[1]).all()


@pytest.mark.testdata
def test_a_perfusion_map_has_the_colours_of_its_tables(testdata):
    name = "pypi-pydicom-data/data_store/data/eCT_Supplemental.dcm"
    dataset = pydicom.dcmread(testdata / name)
    pixels = dataset.pixel_array[0]
    _, first, _ = dataset.RedPaletteColorLookupTableDescriptor
    tables = [
        LookupTable(
            np.frombuffer(dataset[f"{color}PaletteColorLookupTableData"].value, "<u2"), first
        )
        for color in ("Red", "Green", "Blue")
    ]
    image = Image("t:ct", pixels, palette=PaletteColorLut(*tables))
    picture = draw(source_of(image), ONE_TO_ONE, pixels.shape[::-1], STYLE)[..., :3]
    # pydicom does not apply a supplemental palette.
    index = np.clip(pixels.astype(int) - first, 0, len(tables[0].entries) - 1)
    expected = np.stack([table.entries[index] >> 8 for table in tables], axis=-1)
    is_color = pixels >= first
    assert 50_000 < is_color.sum() < pixels.size / 2
    assert (picture[is_color] == expected[is_color]).all()
    grey = picture[~is_color]
    assert (grey == grey[:, :1]).all()
