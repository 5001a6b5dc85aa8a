"""Shape and type of samples, and which of their bits count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.codecs.sample_layout import keep_stored_bits, sample_layout
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.modules import ImagePixelModule

GREY = ImagePixelModule(rows=3, columns=5)


def of_bits(allocated, stored, high, representation=0, **changes):
    return replace(
        GREY,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        pixel_representation=representation,
        **changes,
    )


@pytest.mark.parametrize(
    ("allocated", "representation", "dtype"),
    [(1, 0, "u1"), (8, 0, "u1"), (8, 1, "i1"), (12, 0, "u2"), (12, 1, "i2"), (16, 0, "u2"),
     (16, 1, "i2"), (32, 0, "u4"), (32, 1, "i4"), (64, 0, "u8"), (64, 1, "i8")],
)  # fmt: skip
def test_integers_are_of_the_allocated_size(allocated, representation, dtype):
    layout = sample_layout(of_bits(allocated, allocated, allocated - 1, representation))

    assert layout.dtype == np.dtype(dtype)
    assert layout.shape == (3, 5)


@pytest.mark.parametrize(("allocated", "dtype"), [(32, "f4"), (64, "f8")])
def test_float_pixel_data_are_floats(allocated, dtype):
    pixel = of_bits(allocated, allocated, allocated - 1, is_float=True)

    assert sample_layout(pixel).dtype == np.dtype(dtype)


def test_three_samples_are_the_last_axis():
    assert sample_layout(replace(GREY, samples_per_pixel=3)).shape == (3, 5, 3)


@pytest.mark.parametrize(
    ("pixel", "error", "message"),
    [
        (replace(GREY, rows=0), DecodeError, r"\(0028,0010\) Rows is 0 and \(0028,0011\)"),
        (replace(GREY, columns=-1), DecodeError, r"\(0028,0011\) Columns is -1"),
        (replace(GREY, samples_per_pixel=4), UnsupportedEncodingError,
         r"\(0028,0002\) Samples per Pixel is 4 and \(0028,0004\) .* MONOCHROME2; 1 and 3 samples"),
        (of_bits(10, 10, 9), UnsupportedEncodingError,
         r"\(0028,0100\) Bits Allocated is 10 .* 1, 8, 12, 16, 32 and 64 bits are supported"),
        (of_bits(16, 16, 15, is_float=True), UnsupportedEncodingError,
         "float samples of 32 and 64 bits are supported"),
        (of_bits(16, 16, 15, 2), UnsupportedEncodingError,
         r"\(0028,0103\) Pixel Representation 2"),
        (of_bits(8, 12, 11), DecodeError,
         r"\(0028,0101\) Bits Stored is 12 but \(0028,0100\) Bits Allocated is 8"),
        (of_bits(8, 0, 7), DecodeError, r"\(0028,0101\) Bits Stored is 0"),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_is_refused(pixel, error, message):
    with pytest.raises(error, match=message):
        sample_layout(pixel)


def test_a_frame_that_is_too_large_is_refused_before_memory_is_taken():
    # Largest Rows and Columns of the standard, both US.
    pixel = replace(GREY, rows=65535, columns=65535)

    with pytest.raises(DecodeError, match="a frame of 8589672450 bytes is over the limit of 2147"):
        sample_layout(pixel)


# By hand, PS3.5 section 8.1.1 and Annex D: 12 bits stored of 16.
@pytest.mark.parametrize(
    ("raw", "high", "representation", "value"),
    [
        (0x0FFF, 11, 0, 4095),
        (0xF123, 11, 0, 0x123),  # overlay in the four bits above
        (0x1234, 11, 0, 0x234),
        (0xABC0, 15, 0, 0xABC),  # value in the high bits
        (0xABCF, 15, 0, 0xABC),  # overlay in the bits below
        (0x5ABD, 13, 0, 0x6AF),
        (0x07FF, 11, 1, 2047),
        (0x0800, 11, 1, -2048),
        (0x0FFF, 11, 1, -1),  # not extended by the writer
        (0xFFFF, 11, 1, -1),  # extended
        (0x7830, 11, 1, -2000),  # something else above
        (0xFFF0, 15, 1, -1),
        (0x800F, 15, 1, -2048),
    ],
)
def test_only_the_stored_bits_are_the_value(raw, high, representation, value):
    pixel = of_bits(16, 12, high, representation)
    samples = np.array([raw], np.uint16).view(sample_layout(pixel).dtype)

    kept = keep_stored_bits(samples, pixel)

    assert kept.tolist() == [value]
    assert kept.dtype == samples.dtype


@given(
    st.sampled_from([8, 16, 32, 64]),
    st.integers(1, 64),
    st.integers(0, 63),
    st.booleans(),
    st.integers(0, 2**64 - 1),
)
def test_stored_bits_are_what_plain_arithmetic_says(allocated, stored, low, signed, raw):
    stored = 1 + (stored - 1) % allocated
    low %= allocated - stored + 1
    raw %= 2**allocated
    pixel = of_bits(allocated, stored, low + stored - 1, int(signed))
    samples = np.array([raw], f"u{allocated // 8}").view(sample_layout(pixel).dtype)
    expected = (raw // 2**low) % 2**stored
    if signed and expected >= 2 ** (stored - 1):
        expected -= 2**stored

    assert keep_stored_bits(samples, pixel).tolist() == [expected]


@pytest.mark.parametrize("high", [10, 16])
def test_a_high_bit_outside_is_refused(high):
    with pytest.raises(DecodeError, match=rf"\(0028,0102\) High Bit is {high}, but 12 bits stored"):
        keep_stored_bits(np.zeros(2, np.uint16), of_bits(16, 12, high))


def test_a_high_bit_does_not_matter_where_all_bits_are_stored():
    samples = np.array([1, 65535], np.uint16)

    assert keep_stored_bits(samples, of_bits(16, 16, 0)).tolist() == [1, 65535]


def test_the_other_byte_order_becomes_the_native_one():
    samples = np.array([258, 772], ">u2")

    kept = keep_stored_bits(samples, GREY)

    assert kept.tolist() == [258, 772]
    assert kept.dtype.isnative
    assert kept.base is None
