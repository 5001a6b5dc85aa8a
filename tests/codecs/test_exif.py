"""Exif: orientation and density, written by hand, held against Pillow."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageOps

from pycornerstone.codecs.exif import ExifValues, apply_orientation, read_exif


def block(order, *tags, count=None, offset=8):
    """Write a TIFF directory: (tag, type, number of values, the four bytes of its value)."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", offset)
    entries = b"".join(struct.pack(f"{order}HHI", *tag[:3]) + tag[3] for tag in tags)
    return head + struct.pack(f"{order}H", len(tags) if count is None else count) + entries


def short(order, tag, value):
    return (tag, 3, 1, struct.pack(f"{order}HH", value, 0))


def rational(order, tag, place):
    return (tag, 5, 1, struct.pack(f"{order}I", place))


@pytest.mark.parametrize("order", ["<", ">"])
class TestReading:
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_orientation(self, order, orientation):
        exif = block(order, short(order, 274, orientation))

        assert read_exif(exif).orientation == orientation
        assert read_exif(b"Exif\0\0" + exif).orientation == orientation
        assert read_exif(memoryview(exif)).orientation == orientation

    @pytest.mark.parametrize(
        ("unit", "row_mm", "column_mm"),
        # 254 across and 127 down: of an inch of 25.4 mm, and of a centimetre.
        [(2, 0.2, 0.1), (3, 10 / 127, 10 / 254), (None, 0.2, 0.1)],
    )
    def test_density(self, order, unit, row_mm, column_mm):
        tags = [rational(order, 282, 100), rational(order, 283, 108)]
        tags += [] if unit is None else [short(order, 296, unit)]
        exif = block(order, *tags).ljust(100, b"\0") + struct.pack(f"{order}4I", 254, 1, 1270, 10)

        density = read_exif(exif).density

        assert density.row_spacing_mm == pytest.approx(row_mm)
        assert density.column_spacing_mm == pytest.approx(column_mm)
        assert density.source == "Exif"

    @pytest.mark.parametrize(
        ("numbers", "unit"),
        [
            ((0, 1, 72, 1), 2),
            ((72, 0, 72, 1), 2),
            ((72, 1, 72, 1), 1),
            ((72, 1, 72, 1), 7),
        ],
    )
    def test_a_density_that_says_nothing(self, order, numbers, unit):
        tags = [rational(order, 282, 100), rational(order, 283, 108), short(order, 296, unit)]
        exif = block(order, *tags).ljust(100, b"\0") + struct.pack(f"{order}4I", *numbers)

        assert read_exif(exif) == ExifValues()

    def test_only_one_of_both_densities(self, order):
        exif = block(order, rational(order, 282, 100)).ljust(100, b"\0")

        assert read_exif(exif + struct.pack(f"{order}2I", 72, 1)).density is None

    @pytest.mark.parametrize("value", [0, 9, 65535])
    def test_an_orientation_that_there_is_not(self, order, value):
        assert read_exif(block(order, short(order, 274, value))).orientation == 1

    def test_of_another_type(self, order):
        assert read_exif(block(order, (274, 2, 1, b"6\0\0\0"))).orientation == 1
        long = (274, 4, 1, struct.pack(f"{order}I", 6))
        assert read_exif(block(order, long)).orientation == 6

    def test_more_tags_said_than_there_are(self, order):
        assert read_exif(block(order, short(order, 274, 6), count=65535)).orientation == 6

    def test_a_directory_outside(self, order):
        exif = block(order, short(order, 274, 6), offset=0xFFFFFFF0)

        assert read_exif(exif) == ExifValues()


@pytest.mark.parametrize("data", [b"", b"II", b"II*\0", b"MM\0*\0\0\0\x08", b"Exif\0\0", bytes(99)])
def test_what_is_no_exif(data):
    assert read_exif(data) == ExifValues()


@given(st.binary(max_size=80), st.sampled_from([b"II*\0", b"MM\0*", b"II*\0\x08\0\0\0"]))
def test_nothing_is_raised_whatever_it_holds(data, beginning):
    values = read_exif(beginning + data)

    assert values.orientation in range(1, 9)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 3), (3, 2, 4)])
def test_pixels_are_turned_as_pillow_turns_them(orientation, shape):
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    image = Pillow.fromarray(pixels)
    exif = image.getexif()
    exif[274] = orientation
    file = io.BytesIO()
    image.save(file, "PNG", exif=exif)

    upright = apply_orientation(pixels, orientation)

    np.testing.assert_array_equal(upright, np.asarray(ImageOps.exif_transpose(Pillow.open(file))))
    assert upright.flags.c_contiguous
    assert np.shares_memory(upright, pixels) == (orientation == 1)


@pytest.mark.parametrize("orientation", [-1, 0, 9])
def test_orientations_that_there_are_not_turn_nothing(orientation):
    pixels = np.zeros((2, 3))

    assert apply_orientation(pixels, orientation) is pixels
