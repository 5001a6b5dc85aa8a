"""Pictures as they travel."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from pycornerstone.frontends.browser.pictures import encode


@pytest.fixture
def noise():
    return np.random.default_rng(7).integers(0, 256, (33, 47, 4), np.uint8)


def opaque(rgba):
    rgba = rgba.copy()
    rgba[..., 3] = 255
    return rgba


@pytest.mark.parametrize("is_moving", [False, True])
def test_greys_are_lossless_in_one_channel_even_when_they_move(noise, is_moving):
    grey = opaque(np.repeat(noise[..., :1], 4, axis=2))
    picture = encode(grey, is_moving=is_moving)
    found = Pillow.open(io.BytesIO(picture.data))
    assert (picture.format, picture.is_exact, found.mode) == ("png", True, "L")
    assert np.array_equal(np.asarray(found), grey[..., 0])


def test_one_coloured_pixel_is_colour(noise):
    grey = opaque(np.repeat(noise[..., :1], 4, axis=2))
    grey[17, 30, 1] ^= 1
    found = Pillow.open(io.BytesIO(encode(grey).data))
    assert found.mode == "RGB"
    assert np.array_equal(np.asarray(found), grey[..., :3])


def test_colours_at_rest_are_lossless(noise):
    colours = opaque(noise)
    picture = encode(colours)
    assert (picture.format, picture.is_exact) == ("png", True)
    assert np.array_equal(np.asarray(Pillow.open(io.BytesIO(picture.data))), colours[..., :3])


def test_colours_that_move_are_a_jpeg_with_all_their_colour():
    smooth = np.zeros((64, 64, 4), np.uint8)
    smooth[..., 0] = np.arange(64)[np.newaxis] * 4
    smooth[..., 2] = np.arange(64)[:, np.newaxis] * 4
    picture = encode(opaque(smooth), is_moving=True)
    found = Pillow.open(io.BytesIO(picture.data))
    assert (picture.format, picture.is_exact, found.format) == ("jpeg", False, "JPEG")
    # 4:4:4: no channel is sampled more coarsely than another.
    assert [layer[1:3] for layer in found.layer] == [(1, 1)] * 3
    difference = np.asarray(found).astype(int) - smooth[..., :3]
    assert np.abs(difference).max() < 16
