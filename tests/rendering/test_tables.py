"""Tables of finished colours against the formulas that they stand in for."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.rendering.tables import (
    GREY,
    MOST_COLORS,
    ColorScale,
    index_range,
    packed,
    stored_table,
    voi_table,
)
from pycornerstone.rendering.voi import Voi


def greys(table):
    rgba = table.view(np.uint8).reshape(-1, 4)
    assert (rgba[:, 3] == 255).all()
    assert (rgba[:, :1] == rgba[:, :3]).all()
    return rgba[:, 0]


def test_a_packed_colour_has_its_bytes_in_the_order_of_the_picture():
    colour = packed(1, 2, 3)
    assert colour.to_bytes(4, sys.byteorder, signed=True) == bytes([1, 2, 3, 255])


@pytest.mark.parametrize("function", [VoiFunction.LINEAR, VoiFunction.LINEAR_EXACT])
def test_a_ramp_is_cut_into_65535_steps_from_black_to_white(function):
    voi = Voi(VoiWindow(40, 400), function)
    entries = index_range(voi)
    lower, upper = voi.bounds
    assert entries.lower == lower
    assert entries.lower + 65535 * entries.step == pytest.approx(upper)
    table = greys(voi_table(voi, ColorScale(GREY)))
    assert (table == np.rint(np.arange(65536) / 65535 * 255)).all()


def test_the_table_of_a_sigmoid_ends_where_it_is_black_and_white():
    voi = Voi(VoiWindow(40, 400), VoiFunction.SIGMOID)
    entries = index_range(voi)
    ends = np.array([entries.lower, entries.lower + 65535 * entries.step])
    # 1 / (1 + exp(-4 (x - c) / w)), in levels of the largest colour map: below a half is black.
    levels = (MOST_COLORS - 1) / (1 + np.exp(-4 * (ends - 40) / 400))
    assert levels[0] < 0.5
    assert levels[1] > MOST_COLORS - 1.5
    x = entries.lower + entries.step * np.arange(65536)
    expected = 255 / (1 + np.exp(-4 * (x - 40) / 400))
    table = greys(voi_table(voi, ColorScale(GREY)))
    assert np.abs(table - expected).max() <= 0.5 + 1e-9


def test_the_table_of_a_voi_lut_has_an_entry_a_value():
    lut = LookupTable(np.array([0, 51, 255], np.uint8), first_mapped=-1, bits_per_entry=8)
    entries = index_range(Voi(lut))
    assert (entries.lower, entries.step) == (-1, 1)
    table = greys(voi_table(Voi(lut), ColorScale(GREY)))
    assert table[:4].tolist() == [0, 51, 255, 255]
    assert table[-1] == 255


def test_a_negative_is_the_mirror_of_the_positive():
    voi = Voi(VoiWindow(40, 400))
    positive = greys(voi_table(voi, ColorScale(GREY)))
    assert (greys(voi_table(voi, ColorScale(GREY, inverted=True))) == 255 - positive).all()


def test_the_stored_table_answers_for_every_bit_pattern():
    voi = Voi(VoiWindow(0, 256))
    table = stored_table(
        np.dtype(np.int8), (1, 0, None), voi, ColorScale(GREY), (-3, -2), packed(9, 9, 9)
    )
    values = greys(table)
    for stored in range(-128, 128):
        grey = 9 if stored in {-3, -2} else round(((stored + 0.5) / 255 + 0.5) * 255)
        assert values[stored % 256] == grey
    assert not table.flags.writeable


def test_colours_have_even_steps():
    scale = ColorScale(bytes([0, 0, 0, 1, 1, 1, 2, 2, 2]))
    shares = np.array([0, 0.2499, 0.2501, 0.7499, 0.7501, 1])
    assert greys(scale.paint(shares)).tolist() == [0, 0, 1, 1, 2, 2]
    assert math.isclose(len(GREY), 768)
