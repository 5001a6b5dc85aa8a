"""Windows, functions and tables against the formulas of PS3.3 C.11.2, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels import apply_windowing

from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.rendering.voi import Voi, apply_voi, check_window, computed_range

LINEAR, EXACT, SIGMOID = VoiFunction.LINEAR, VoiFunction.LINEAR_EXACT, VoiFunction.SIGMOID


@pytest.mark.parametrize(
    ("center", "width", "function", "value", "grey"),
    [
        # The examples of PS3.3 C.11.2.1.2.1: below 0 black, above 4095 white, a ramp between.
        (2048, 4096, LINEAR, 0, 0),
        (2048, 4096, LINEAR, 4095, 1),
        (2048, 4096, LINEAR, 2047.5, 0.5),
        (2048, 4096, LINEAR, 1, 1 / 4095),
        (0, 100, LINEAR, -50, 0),
        (0, 100, LINEAR, 49, 1),
        (0, 100, LINEAR, 0, 0.5 + 0.5 / 99),
        # A width of 1 is a threshold at center - 0.5.
        (2048, 1, LINEAR, 2047, 0),
        (2048, 1, LINEAR, 2047.5, 0),
        (2048, 1, LINEAR, 2048, 1),
        # The examples of C.11.2.1.3.2.
        (2048, 4096, EXACT, 0, 0),
        (2048, 4096, EXACT, 4096, 1),
        (2048, 4096, EXACT, 1024, 0.25),
        (0, 100, EXACT, -50, 0),
        (0, 100, EXACT, 50, 1),
        (0, 0.5, EXACT, 0.125, 0.75),
        # C.11.2.1.3.1: 1 / (1 + exp(-4 (x - c) / w)) is 1/4 and 3/4 at c -+ w ln(3) / 4.
        (40, 400, SIGMOID, 40, 0.5),
        (40, 400, SIGMOID, 40 + 100 * np.log(3), 0.75),
        (40, 400, SIGMOID, 40 - 100 * np.log(3), 0.25),
    ],
)
def test_a_window_maps_as_the_standard_says(center, width, function, value, grey):
    assert apply_voi(value, VoiWindow(center, width), function) == pytest.approx(grey, abs=1e-12)


@pytest.mark.parametrize("function", list(VoiFunction))
def test_pydicom_maps_the_same(function):
    header = Dataset()
    header.PhotometricInterpretation = "MONOCHROME2"
    header.BitsStored, header.PixelRepresentation = 16, 1
    header.WindowCenter, header.WindowWidth, header.VOILUTFunction = 40.5, 401, function.value
    values = np.arange(-500, 600, dtype=np.int16)
    theirs = apply_windowing(values, header)
    ours = apply_voi(values, VoiWindow(40.5, 401), function)
    assert np.allclose(ours, (theirs + 2**15) / (2**16 - 1), atol=1e-12)


def test_what_lies_outside_is_black_or_white_and_what_is_no_number_is_black():
    for function in VoiFunction:
        greys = apply_voi([-1e300, -np.inf, 1e300, np.inf, np.nan], VoiWindow(0, 10), function)
        assert greys.tolist() == [0, 0, 1, 1, 0]


def test_a_table_is_looked_up_at_the_nearest_value_and_scaled_by_its_bits():
    table = LookupTable(np.array([0, 1023, 4095], np.uint16), first_mapped=10, bits_per_entry=12)
    values = [-5, 10, 10.4, 10.6, 11, 12, 99, np.inf, -np.inf, np.nan]
    greys = apply_voi(values, table)
    quarter = 1023 / 4095
    assert greys.tolist() == [0, 0, 0, quarter, quarter, 1, 1, 1, 0, 0]


def test_a_table_with_larger_entries_than_it_declares_keeps_their_order():
    table = LookupTable(np.array([0, 500, 1000], np.uint16), bits_per_entry=8)
    assert apply_voi([0, 1, 2], table).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("width", [0.99, 0, -5])
def test_linear_needs_a_width_of_one(width):
    message = rf"window width must be at least 1 for LINEAR, got {width}; LINEAR_EXACT takes any"
    with pytest.raises(ValueError, match=message):
        apply_voi([0], VoiWindow(0, width), LINEAR)


@pytest.mark.parametrize("function", [EXACT, SIGMOID])
def test_other_functions_need_a_width_above_zero(function):
    with pytest.raises(ValueError, match=f"window width must be above 0 for {function}, got 0"):
        check_window(VoiWindow(0, 0), function)


@pytest.mark.parametrize("window", [VoiWindow(np.nan, 1), VoiWindow(1, np.inf)])
def test_a_window_that_is_no_number_is_refused(window):
    with pytest.raises(ValueError, match="a window needs a finite center and width, got center"):
        check_window(window)


@given(
    st.floats(-1e5, 1e5),
    st.floats(1e-3, 1e5),
    st.sampled_from([VoiFunction.LINEAR, VoiFunction.LINEAR_EXACT]),
)
def test_a_range_is_black_below_white_above_and_half_way_grey(lower, span, function):
    voi = Voi.of_range(lower, lower + span, function)
    assert voi.bounds == pytest.approx((lower, lower + span), rel=1e-9, abs=1e-9)
    middle = lower + span / 2
    assert voi.apply([lower, middle, lower + span]) == pytest.approx([0, 0.5, 1], abs=1e-6)


def test_a_range_of_one_value_is_a_threshold():
    voi = Voi.of_range(7, 7)
    assert voi.apply([6, 7, 7.001]).tolist() == [0, 0, 1]


def test_a_range_with_sigmoid_has_its_middle_and_width():
    voi = Voi.of_range(0, 400, SIGMOID)
    assert voi.apply(200) == 0.5
    assert voi.apply(200 + 100 * np.log(3)) == pytest.approx(0.75)


def test_bounds_of_a_table_are_its_first_and_last_value():
    table = LookupTable(np.zeros(11, np.uint8), first_mapped=-5, bits_per_entry=8)
    assert Voi(table).bounds == (-5, 5)


def test_the_computed_range_leaves_out_padding_and_what_is_not_finite():
    values = np.array([[np.nan, 3.0, -np.inf], [7.0, 99.0, np.inf]])
    assert computed_range(values) == (3, 99)
    assert computed_range(values, values < 50) == (3, 7)
    integers = np.array([[-2000, 5], [8, 11]], np.int16)
    assert computed_range(integers, integers > -2000) == (5, 11)


def test_the_computed_range_of_nothing_is_zero_to_one():
    assert computed_range(np.full((2, 2), np.nan)) == (0, 1)
    assert computed_range(np.zeros((2, 2), np.int16), np.zeros((2, 2), bool)) == (0, 1)


def test_the_computed_range_of_huge_doubles_has_a_finite_width():
    lower, upper = computed_range(np.array([[-1.7e308, 1.7e308]]))
    assert np.isfinite(upper - lower)
    assert Voi.of_range(lower, upper).apply([-1.7e308, 0, 1.7e308]).tolist() == [0, 0.5, 1]
