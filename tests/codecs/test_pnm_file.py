"""Netpbm: by hand, as its manual pages say, and as Pillow writes it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from pycornerstone.codecs.pnm_file import open_pnm
from pycornerstone.errors import DecodeError, ImageIdError

LIMIT = 1 << 28


@pytest.mark.parametrize(
    ("data", "pixels", "bits"),
    [
        # One is black; lines start at a byte.
        (b"P4 3 2\n\xa0\x40", [[0, 255, 0], [255, 0, 255]], 1),
        (b"P1\n3 2\n101\n0 1 0\n", [[0, 255, 0], [255, 0, 255]], 1),
        (b"P5 2 1 255\n\x05\xff", [[5, 255]], 8),
        (b"P5\n# of a scanner\n2 1\n# and more\n255\n\x05\xff", [[5, 255]], 8),
        # Big endian, and as they are.
        (b"P5 2 1 4095\n\x01\x02\x0f\xff", [[0x102, 0xFFF]], 12),
        (b"P2 2 1 65535\n7 65535\n", [[7, 65535]], 16),
        (b"P2 2 1 255\n" + b"0" * 5000 + b"7 0\n", [[7, 0]], 8),
        (b"P2 3 1 15 # few\n0 7\n15\n", [[0, 119, 255]], 4),
        (b"P6 1 1 255\n\1\2\3", [[[1, 2, 3]]], 8),
        (b"P3 1 1 31\n0 31 1\n", [[[0, 255, 8]]], 5),
        (b"P6 1 1 1023\n\0\0\3\xff\2\0", [[[0, 65535, 32800]]], 10),
    ],
)
def test_by_hand(data, pixels, bits):
    picture = open_pnm(data, LIMIT).decode(1)

    assert picture.pixels.tolist() == pixels
    assert picture.about.bits_per_sample == bits
    is_grey = picture.pixels.ndim == 2
    assert picture.photometric_interpretation == ("MONOCHROME2" if is_grey else "RGB")


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "I;16"])
def test_what_pillow_writes(mode):
    samples = np.random.default_rng(5).integers(0, 256, (9, 13, 3)).astype(np.uint8)
    if mode == "I;16":
        image = Pillow.fromarray(samples[..., 0].astype(np.uint16) * 257)
    else:
        image = Pillow.fromarray(samples).convert(mode)
    file = io.BytesIO()
    image.save(file, "PPM")

    pixels = open_pnm(file.getvalue(), LIMIT).decode(1).pixels

    expected = np.asarray(image.convert("L") if mode == "1" else image)
    assert pixels.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"P8 1 1", "begin with P1"),
        (b"P7\nWIDTH 1\n", "PAM"),
        (b"P5 1", "no width"),
        (b"P5 2 2 255\n\1\2\3", "take 4 bytes, and 3"),
        (b"P5 1 1 0\n\1", "largest sample is 0"),
        (b"P5 1 1 65536\n\1\2", "largest sample is 65536"),
        (b"P5 0 1 255\n", "1 rows of 0 columns"),
        (b"P5 99999 99999 255\n\0", "picture_bytes"),
        (b"P5 1 1 100\n\x65", "above 100"),
        (b"P2 1 1 100\n101", "above 100"),
        (b"P2 1 1 100\n99999999999999999999", "above 100"),
        (b"P2 2 1 100\n1", "1 samples"),
        (b"P2 2 1 100\n1 x", "no number"),
        (b"P1 2 1\n12", "above 1"),
    ],
)
def test_broken_ones(data, words):
    with pytest.raises(DecodeError, match=words):
        open_pnm(data, LIMIT).decode(1)


def test_only_one_frame():
    with pytest.raises(ImageIdError, match="1 frame"):
        open_pnm(b"P5 1 1 255\n\1", LIMIT).decode(2)


def test_what_follows_the_samples_is_not_looked_at():
    pixels = open_pnm(b"P2 2 1 255\n7 8\nP2 1 1 255\n9", LIMIT).decode(1).pixels

    assert pixels.tolist() == [[7, 8]]
