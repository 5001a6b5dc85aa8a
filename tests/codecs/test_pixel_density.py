"""Shapes of pixels without a length; expected ones are from each format's own text."""

from __future__ import annotations

import math

import pytest

from pycornerstone.codecs.pixel_density import (
    PixelAspect,
    PixelDensity,
    aspect_from,
    scale_fields,
)


@pytest.mark.parametrize(
    ("across", "down", "height", "width"),
    # Twice as many pixels a unit down as across: each is half as high as wide.
    [(1, 2, 1, 2), (3, 2, 3, 2), (300.0, 150.0, 2, 1), (64, 64, None, None)],
)
def test_more_pixels_a_unit_are_smaller_ones(across, down, height, width):
    expected = None if height is None else PixelAspect(height, width)
    assert aspect_from(across, down) == expected


@pytest.mark.parametrize(
    ("across", "down"),
    [(0, 1), (1, 0), (-1, 2), (1, 101), (65535, 1), (math.inf, 1), (1, math.nan), (1, 1.00001)],
)
def test_what_cannot_be_and_squares_are_left_out(across, down):
    assert aspect_from(across, down) is None


def test_a_length_goes_before_a_shape_and_the_first_before_the_others():
    length = PixelDensity(0.5, 0.2, "Exif")

    fields = scale_fields(PixelAspect(2, 1), None, length, PixelDensity(1, 1, "TIFF"))

    assert fields["row_pixel_spacing_mm"] == 0.5
    assert fields["spacing_source"] == "Exif"
    assert fields["pixel_aspect_ratio"] is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_rows_that_become_columns_exchange_both(orientation):
    # Exif 2.32, section 4.6.4: in 5 to 8, row 0 is a side.
    turns = orientation in {5, 6, 7, 8}

    shape = scale_fields(PixelAspect(2, 3), orientation=orientation)
    length = scale_fields(PixelDensity(0.5, 0.2, "Exif"), orientation=orientation)

    assert shape["pixel_aspect_ratio"] == ((3, 2) if turns else (2, 3))
    assert length["column_pixel_spacing_mm"] == (0.5 if turns else 0.2)
