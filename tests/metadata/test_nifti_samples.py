"""Samples of every type that NIfTI has, against NumPy, and 128-bit ones by hand from IEEE 754."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pycornerstone.metadata.nifti_samples import native_samples, pixel_dtype, sample_type

ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def quads(order, *bits):
    """Give 128-bit numbers as a file has them."""
    order_name = "little" if order == "<" else "big"
    data = b"".join(value.to_bytes(16, order_name) for value in bits)
    return np.frombuffer(data, sample_type(1536, order, 1)[0])


@ORDERS
@pytest.mark.parametrize("name", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_real_samples_of_64_bits_and_less_keep_their_type_and_value(order, name):
    values = np.array([[0, 1], [100, 127]], name)
    native = native_samples(values.astype(values.dtype.newbyteorder(order)))
    assert native.dtype == np.dtype(name)
    assert native.dtype.isnative
    np.testing.assert_array_equal(native, values)


def test_64_bit_integers_lose_no_bit():
    largest = np.array([2**64 - 1, 2**63 + 1], ">u8")
    assert native_samples(largest).tolist() == [2**64 - 1, 2**63 + 1]
    smallest = np.array([-(2**63), 2**63 - 1], ">i8")
    assert native_samples(smallest).tolist() == [-(2**63), 2**63 - 1]


@ORDERS
@pytest.mark.parametrize(("name", "magnitude"), [("c8", "f4"), ("c16", "f8")])
def test_of_complex_samples_the_magnitude_is_given(order, name, magnitude):
    stored = np.array([3 + 4j, -5, 12j, 0], np.dtype(name).newbyteorder(order))
    assert pixel_dtype(stored.dtype) == np.dtype(magnitude)
    native = native_samples(stored)
    assert native.dtype == np.dtype(magnitude)
    assert native.tolist() == [5, 5, 12, 0]


@pytest.mark.parametrize("name", ["<c8", ">c16"])
def test_complex_samples_are_scaled_before_their_magnitude_is_taken(name):
    stored = np.array([3 + 4j, -5, 12j], name)
    # As nibabel has it: slope times the number, and the intercept on the real axis.
    expected = np.abs(stored.astype(complex) * -2 + 1)
    np.testing.assert_allclose(native_samples(stored, (-2.0, 1.0)), expected, rtol=1e-6)


def test_a_magnitude_past_the_range_of_its_type_is_infinite_without_a_warning():
    stored = np.array([complex(3e38, 3e38), complex(math.nan, 1), complex(math.inf, 0)], "<c8")
    assert native_samples(stored)[0] == math.inf
    assert math.isnan(native_samples(stored)[1])
    assert native_samples(stored)[2] == math.inf
    assert native_samples(stored, (2.0, 0.0))[0] == math.inf


@ORDERS
@pytest.mark.parametrize(
    ("bits", "value"),
    [
        # IEEE 754-2008, 3.6: sign, 15 bits of exponent (biased by 16383), 112 bits of fraction.
        (0x0000_0000_0000_0000_0000_0000_0000_0000, 0.0),
        (0x3FFF_0000_0000_0000_0000_0000_0000_0000, 1.0),
        (0xC000_0000_0000_0000_0000_0000_0000_0000, -2.0),
        (0x4000_921F_B544_42D1_8469_898C_C517_01B8, math.pi),
        (0x3FFD_5555_5555_5555_5555_5555_5555_5555, 1 / 3),
        (0x3FFB_9999_9999_9999_9999_9999_9999_999A, 0.1),
        (0x43FE_FFFF_FFFF_FFFF_F000_0000_0000_0000, 1.7976931348623157e308),
        (0x3C01_0000_0000_0000_0000_0000_0000_0000, 2.0**-1022),
        (0x3BCD_0000_0000_0000_0000_0000_0000_0000, 5e-324),
        # Halfway between two float64: to the even one.
        (0x3FFF_0000_0000_0000_0800_0000_0000_0000, 1.0),
        (0x3FFF_0000_0000_0000_1800_0000_0000_0000, 1 + 2.0**-51),
        (0x3FFF_0000_0000_0000_0800_0000_0000_0001, 1 + 2.0**-52),
        # The fraction rounds up to the next power of two.
        (0x3FFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF, 2.0),
        # Past the range of a float64, on both sides.
        (0x7FFE_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF, math.inf),
        (0xFFFE_0000_0000_0000_0000_0000_0000_0000, -math.inf),
        (0x0001_0000_0000_0000_0000_0000_0000_0000, 0.0),
        (0x0000_0000_0000_0000_0000_0000_0000_0001, 0.0),
        (0x7FFF_0000_0000_0000_0000_0000_0000_0000, math.inf),
        (0xFFFF_0000_0000_0000_0000_0000_0000_0000, -math.inf),
        (0x7FFF_8000_0000_0000_0000_0000_0000_0000, math.nan),
        (0x7FFF_0000_0000_0000_0000_0000_0000_0001, math.nan),
    ],
)
def test_128_bit_numbers_are_rounded_to_the_nearest_float64(order, bits, value):
    native = native_samples(quads(order, bits))
    assert native.dtype == np.float64
    np.testing.assert_array_equal(native, [value])


def test_a_negative_zero_of_128_bits_is_one_of_64():
    assert math.copysign(1, native_samples(quads("<", 1 << 127))[0]) == -1


@given(st.integers(0, 1), st.integers(16383 - 1022, 16383 + 1022), st.integers(0, (1 << 112) - 1))
@example(0, 16383, (1 << 112) - 1)
def test_any_128_bit_number_is_rounded_as_an_exact_fraction_is(sign, exponent, fraction):
    exact = (1 + Fraction(fraction, 1 << 112)) * Fraction(2) ** (exponent - 16383)
    native = native_samples(quads(">", sign << 127 | exponent << 112 | fraction))
    # Python divides whole numbers to the nearest float.
    assert native.tolist() == [(-1) ** sign * (exact.numerator / exact.denominator)]


@ORDERS
def test_of_complex_numbers_of_256_bits_the_magnitude_is_given(order):
    order_name = "little" if order == "<" else "big"
    three, four = 0x4000_8 << 108, 0x4001_0 << 108
    data = three.to_bytes(16, order_name) + four.to_bytes(16, order_name)
    dtype, samples = sample_type(2048, order, 1)
    assert (dtype.itemsize, samples) == (32, 1)
    stored = np.frombuffer(data, dtype)
    assert native_samples(stored).tolist() == [5.0]
    assert native_samples(stored, (2.0, 0.0)).tolist() == [10.0]


def test_samples_are_given_in_rows_however_they_are_cut():
    stored = np.arange(24, dtype=">i2").reshape(2, 3, 4)[:, :, 1]
    native = native_samples(stored)
    assert native.flags.c_contiguous
    assert native.flags.owndata
    assert native.tolist() == [[1, 5, 9], [13, 17, 21]]


@given(st.binary(min_size=32, max_size=32), st.sampled_from([32, 1536, 1792, 2048]))
def test_bits_of_any_kind_are_numbers_without_a_warning(data, code):
    dtype, _ = sample_type(code, ">", 1)
    native = native_samples(np.frombuffer(data, dtype), (1e300, 1e300))
    assert native.dtype == pixel_dtype(dtype)


def test_spm_codes_count_in_analyze_files_alone():
    # spm_type.m: int8, uint16 and uint32, which Analyze itself does not have.
    assert [sample_type(code, "<", 0)[0] for code in (130, 132, 136)] == ["i1", "<u2", "<u4"]
