"""Few bits fill the range of 8, and colours of 9 to 15 bits that of 16."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pytest
import tifffile

from pycornerstone.codecs.color_depth import spread_samples
from pycornerstone.codecs.pictures import open_picture


def tiff(samples):
    file = io.BytesIO()
    tifffile.imwrite(file, samples)
    return file.getvalue()


COLOR = np.full((16, 16, 3), 4000, np.uint16)
COLOR[..., 1] = 2000


@pytest.mark.parametrize("bits", range(9, 16))
def test_black_stays_black_and_white_becomes_white(bits):
    largest = (1 << bits) - 1
    pixels = np.array([[[0, largest // 2, largest]]], np.uint16)
    # By hand: v * 65535 / largest, rounded; the middle is half a step below 32767.5.
    spread = spread_samples(pixels, bits)
    assert spread[0, 0].tolist() == [0, round(largest // 2 * 65535 / largest), 65535]
    assert spread.dtype == np.uint16


@pytest.mark.parametrize("shape", [(1, -1), (1, -1, 3)])
@pytest.mark.parametrize(
    ("bits", "wanted"), [(1, [0, 255, 0]), (2, [0, 85, 170]), (4, [0, 17, 34]), (7, [0, 2, 4])]
)
def test_few_bits_are_spread_over_a_byte_grey_or_not(shape, bits, wanted):
    # PNG, section 13.12, by hand: v * 255 / largest, rounded.
    stored = np.minimum([[0, 1, 2]], (1 << bits) - 1).astype(np.uint8)
    if bits == 1:
        stored[0, 2] = 0

    assert spread_samples(stored.reshape(shape), bits).ravel().tolist() == wanted


@pytest.mark.parametrize(
    "encode",
    [
        lambda c: imagecodecs.jpeg2k_encode(c, bitspersample=4, level=0),
        lambda c: imagecodecs.jpegxl_encode(c, lossless=True, bitspersample=4),
        lambda c: imagecodecs.jpeg8_encode(c, lossless=True, bitspersample=4),
        lambda c: tiff(c // 15 > 0),
    ],
    ids=["JPEG 2000", "JPEG XL", "JPEG", "TIFF"],
)
def test_every_reader_of_few_bits_spreads_them(encode):
    grey = np.full((16, 16), 15, np.uint8)
    grey[:8] = 0
    picture = open_picture(bytes(encode(grey))).decode(1)

    assert picture.pixels[[0, 15], 0].tolist() == [0, 255]
    assert picture.about.bits_per_sample < 8


def test_more_than_there_is_is_white():
    assert spread_samples(np.full((1, 1, 3), 5000, np.uint16), 12).tolist() == [[[65535] * 3]]


@pytest.mark.parametrize(
    ("pixels", "bits"),
    [
        (np.ones((2, 3), np.uint16), 12),
        (np.ones((2, 3, 3), np.uint16), 16),
        (np.ones((2, 3, 3), np.uint8), 8),
        (np.ones((2, 3, 3), np.float32), 12),
    ],
)
def test_greys_and_what_fills_its_type_stay_as_they_are(pixels, bits):
    assert spread_samples(pixels, bits) is pixels


@pytest.mark.parametrize(
    ("encode", "tolerance"),
    [
        (lambda c: imagecodecs.jpeg2k_encode(c, bitspersample=12, level=0), 0),
        (lambda c: imagecodecs.jpegxl_encode(c, lossless=True, bitspersample=12), 0),
        (lambda c: imagecodecs.jpeg8_encode(c, bitspersample=12, level=98), 100),
    ],
    ids=["JPEG 2000", "JPEG XL", "JPEG"],
)
def test_every_reader_of_such_colours_spreads_them(encode, tolerance):
    picture = open_picture(bytes(encode(COLOR))).decode(1)
    # 4000 and 2000 of 4095 are these parts of 65535.
    expected = [4000 / 4095 * 65535, 2000 / 4095 * 65535, 4000 / 4095 * 65535]
    np.testing.assert_allclose(picture.pixels[8, 8], expected, atol=1 + tolerance)
    assert picture.about.bits_per_sample == 12
