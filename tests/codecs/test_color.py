"""Colour: worked values, and agreement with the forward equations of the standard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.pixels import convert_color_space

from pycornerstone.codecs.color import ybr_to_rgb
from pycornerstone.errors import UnsupportedEncodingError


def one(ybr, photometric="YBR_FULL", bits_stored=8, dtype=np.uint8):
    return ybr_to_rgb(np.array([[ybr]], dtype), photometric, bits_stored)[0, 0].tolist()


# By hand, PS3.3 C.7.6.3.1.2: 100 + 1.402 * 72 = 200.9; 100 - 0.344 * 22 - 0.714 * 72 = 41.0;
# 100 + 1.772 * 22 = 139.0.
@pytest.mark.parametrize(
    ("ybr", "rgb"),
    [
        ((100, 150, 200), [201, 41, 139]),
        ((255, 255, 255), [255, 121, 255]),
        ((0, 0, 0), [0, 135, 0]),
        ((128, 128, 128), [128, 128, 128]),
        ((0, 128, 128), [0, 0, 0]),
        ((255, 128, 128), [255, 255, 255]),
        ((76, 85, 255), [254, 0, 0]),  # red: Y 76.2, CB 84.97, CR 255.5
        ((29, 255, 107), [0, 0, 254]),  # blue: Y 29.07, CB 255.5, CR 107.27
    ],
)
@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422"])
def test_worked_values(ybr, rgb, photometric):
    assert one(ybr, photometric) == rgb


@pytest.mark.parametrize(
    ("ybr", "rgb"),
    [
        ((16, 128, 128), [0, 0, 0]),
        ((235, 128, 128), [255, 255, 255]),
        ((126, 128, 128), [128, 128, 128]),  # 110 / 219 * 255 = 128.1
        (
            (81, 90, 240),
            [254, 0, 0],
        ),  # red: .2568 * 255 + 16, -.1482 * 255 + 128, .4392 * 255 + 128
        ((0, 128, 128), [0, 0, 0]),  # blacker than black
    ],
)
def test_video_ranges(ybr, rgb):
    assert one(ybr, "YBR_PARTIAL_422") == rgb


@given(st.lists(st.integers(0, 255), min_size=3, max_size=3))
def test_it_undoes_the_equations_of_the_standard(rgb):
    # PS3.3 C.7.6.3.1.2, rounded to whole numbers: at most 2 are lost on the way back.
    forward = np.array(
        [[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5000], [0.5000, -0.4187, -0.0813]]
    )
    ybr = np.clip(np.rint(forward @ rgb + [0, 128, 128]), 0, 255)

    assert np.abs(np.array(one(ybr)) - rgb).max() <= 2


def test_every_color_is_within_one_of_pydicom():
    values = np.arange(0, 256, 5, dtype=np.uint8)
    ybr = np.stack(np.meshgrid(values, values, values, indexing="ij"), axis=-1).reshape(52, -1, 3)

    difference = ybr_to_rgb(ybr, "YBR_FULL").astype(int) - convert_color_space(
        ybr, "YBR_FULL", "RGB"
    )

    assert np.abs(difference).max() <= 1
    assert (difference != 0).mean() < 0.01


def test_every_color_is_rounded_to_the_nearest():
    values = np.arange(0, 256, 3, dtype=np.uint8)
    ybr = np.stack(np.meshgrid(values, values, values, indexing="ij"), axis=-1).reshape(86, -1, 3)
    y, cb, cr = (ybr[..., i].astype(float) - (0, 128, 128)[i] for i in range(3))
    exact = np.stack(
        [y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1
    ).clip(0, 255)

    assert np.abs(ybr_to_rgb(ybr, "YBR_FULL") - exact).max() <= 0.5 + 1e-9


@pytest.mark.parametrize(("bits_stored", "middle", "most"), [(16, 32768, 65535), (12, 2048, 4095)])
def test_more_bits_have_their_own_middle(bits_stored, middle, most):
    assert one((middle, middle, middle), "YBR_FULL", bits_stored, np.uint16) == [middle] * 3
    assert one((most, middle, middle), "YBR_FULL", bits_stored, np.uint16) == [most] * 3
    # 1000 + 1.402 * 100 = 1140.2; 1000 - 71.4; 1000.
    assert one((1000, middle, middle + 100), "YBR_FULL", bits_stored, np.uint16) == [
        1140, 929, 1000,
    ]  # fmt: skip


def test_the_input_is_left_as_it_is():
    ybr = np.full((4, 6, 3), (100, 150, 200), np.uint8)

    rgb = ybr_to_rgb(ybr, "YBR_FULL")

    assert (ybr == (100, 150, 200)).all()
    assert rgb.shape == (4, 6, 3)
    assert rgb.flags.c_contiguous


@pytest.mark.parametrize(
    ("dtype", "photometric", "bits"),
    [(np.int8, "YBR_FULL", 8), (np.uint32, "YBR_FULL", 32), (np.uint16, "YBR_PARTIAL_422", 16)],
)
def test_samples_that_are_no_color_are_refused(dtype, photometric, bits):
    with pytest.raises(
        UnsupportedEncodingError, match=rf"{photometric} with samples of {bits} bit"
    ):
        ybr_to_rgb(np.zeros((1, 1, 3), dtype), photometric, bits)
