"""Tests of windows and tables; expected values by hand from PS3.3."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.model.luts import LookupTable, PaletteColorLut, VoiFunction, VoiWindow


@pytest.mark.parametrize(
    ("function", "bounds"),
    [
        # C.11.2.1.2.1: x <= c - 0.5 - (w-1)/2 is black, x > c - 0.5 + (w-1)/2 white.
        (VoiFunction.LINEAR, (-160.0, 239.0)),
        # C.11.2.1.3.2: x <= c - w/2 is black, x > c + w/2 white.
        (VoiFunction.LINEAR_EXACT, (-160.0, 240.0)),
    ],
)
def test_the_bounds_of_a_window_follow_the_function(function, bounds):
    assert VoiWindow(40, 400).bounds(function) == bounds


@given(st.floats(-1e4, 1e4), st.floats(1, 1e4), st.sampled_from(VoiFunction))
def test_bounds_and_back_are_the_same_window(center, width, function):
    lower, upper = VoiWindow(center, width).bounds(function)
    window = VoiWindow.from_bounds(lower, upper, function)

    assert window.center == pytest.approx(center, abs=1e-6)
    assert window.width == pytest.approx(width, abs=1e-6)


def test_values_outside_of_a_table_take_its_ends():
    # C.11.1.1.1: below the first mapped value the first entry, above the last the last one.
    table = LookupTable(np.array([10, 20, 30], np.uint16), first_mapped=-1)

    assert table.apply(np.array([-5, -1, 0, 1, 9])).tolist() == [10, 10, 20, 30, 30]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
@pytest.mark.parametrize("first", [-40000, -5, 0, 7, 300])
def test_a_large_image_is_looked_up_as_its_values_are(dtype, first):
    # Every value, the lowest first: C.11.1.1.1 on each.
    span = np.iinfo(dtype)
    values = np.arange(span.min, span.max + 1).astype(dtype)
    entries = np.arange(100, 400, dtype=np.uint16)
    expected = [int(entries[min(max(int(value) - first, 0), 299)]) for value in values]
    table = LookupTable(entries, first)
    palette = PaletteColorLut(table, table, table)

    large = np.tile(values, (2, 1))

    assert large.size > 1 << 8 * large.itemsize
    assert table.apply(large).tolist() == [expected, expected]
    high_bytes = [value >> 8 for value in expected]
    assert palette.apply(large[:, ::-1])[0, ::-1, 2].tolist() == high_bytes


def test_floats_are_looked_up_at_the_nearest_value():
    table = LookupTable(np.array([10, 20, 30], np.uint16))

    assert table.apply(np.array([0.4, 0.6, 1.9])).tolist() == [10, 20, 30]


def palette(entries, bits, first=0):
    return LookupTable(np.asarray(entries, np.uint16), first, bits)


def test_a_palette_of_16_bits_keeps_the_high_byte():
    lut = PaletteColorLut(
        palette([0x0000, 0xFFFF], 16), palette([0x1200, 0x3400], 16), palette([0x00FF, 0x8000], 16)
    )

    assert lut.apply(np.array([[0, 1]])).tolist() == [[[0, 0x12, 0], [255, 0x34, 0x80]]]


def test_a_palette_of_8_bits_in_16_bit_words_is_taken_as_it_is():
    lut = PaletteColorLut(*(palette([7, 200], 16) for _ in range(3)))

    assert lut.apply(np.array([[1]])).tolist() == [[[200, 200, 200]]]


def test_a_dark_table_is_of_16_bits_where_another_is():
    # PS3.3 C.7.6.3.1.6: the high byte of 0x00FF is 0, however dark all of blue is.
    lut = PaletteColorLut(
        palette([0x0000, 0xFFFF], 16), palette([0x1200, 0x3400], 16), palette([0x0010, 0x00FF], 16)
    )

    assert lut.apply(np.array([[0, 1]])).tolist() == [[[0, 0x12, 0], [255, 0x34, 0]]]


def test_the_first_mapped_index_of_a_palette_is_subtracted():
    lut = PaletteColorLut(*(palette([1, 2, 3], 8, first=10) for _ in range(3)))

    assert lut.apply(np.array([[9, 10, 12, 99]]))[0, :, 0].tolist() == [1, 1, 3, 3]


def test_palette_channels_may_differ_in_length():
    lut = PaletteColorLut(palette([1, 2], 8), palette([3], 8), palette([4, 5, 6], 8))

    assert lut.apply(np.array([[2]])).tolist() == [[[2, 3, 6]]]
