"""The window of a file whose header has none: lowest and highest of known voxels, by NumPy."""

from __future__ import annotations

import math

import nibabel
import numpy as np
import pytest

from pycornerstone.metadata.nifti import read_nifti_header
from pycornerstone.metadata.nifti_window import sampled_range


def range_of(voxels, order="<", **fields):
    """Ask for the range of a file that nibabel writes, some fields of its header changed."""
    header = nibabel.Nifti2Header(endianness=order)
    header.set_data_dtype(voxels.dtype)
    data = nibabel.Nifti2Image(voxels, np.eye(4), header).to_bytes()
    header = nibabel.Nifti2Header(data[:540])
    for name, value in fields.items():
        header[name] = value
    data = header.binaryblock + data[540:]
    return sampled_range(read_nifti_header(data), data)


def noise(dtype, shape=(7, 6, 5)):
    values = np.random.default_rng(3).normal(0, 50, shape)
    return (values + 1j * values[::-1] if np.dtype(dtype).kind == "c" else values).astype(dtype)


@pytest.mark.parametrize("dtype", ["i1", "i2", "u2", "i4", "f4", "f8", "i8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_small_file_is_looked_at_whole(dtype, order):
    voxels = np.abs(noise(dtype)) if dtype == "u2" else noise(dtype)
    assert range_of(voxels, order) == (voxels.min(), voxels.max())


@pytest.mark.parametrize(("slope", "intercept"), [(2, -10), (-0.5, 3)])
def test_it_is_of_scaled_values_also_where_scaling_turns_them_round(slope, intercept):
    voxels = noise("i2")
    scaled = voxels * float(slope) + intercept
    found = range_of(voxels, scl_slope=slope, scl_inter=intercept)
    assert found == (scaled.min(), scaled.max())


def test_of_complex_samples_it_is_that_of_the_magnitude():
    voxels = noise("c8")
    magnitude = np.abs(voxels.astype("c16"))
    assert range_of(voxels) == pytest.approx((magnitude.min(), magnitude.max()), rel=1e-6)
    scaled = range_of(voxels, scl_slope=2, scl_inter=0)
    assert scaled == pytest.approx((2 * magnitude.min(), 2 * magnitude.max()), rel=1e-6)


def test_what_is_not_finite_is_left_out():
    voxels = np.full((4, 4, 3), np.nan, np.float32)
    voxels[0, 0] = np.inf, -np.inf, np.nan
    voxels[1, 1] = 3, -2, np.nan
    assert range_of(voxels) == (-2, 3)


@pytest.mark.parametrize(
    "voxels",
    [
        np.full((3, 3, 3), 7, np.int16),
        np.full((3, 3, 3), math.nan, np.float32),
        np.full((3, 3, 3), math.inf, np.float64),
        # The width of this window is no number.
        np.array([-1.5e308, 1.5e308]).reshape(2, 1, 1),
        np.arange(27, dtype=np.uint8).view([(name, "u1") for name in "RGB"]).reshape(3, 3, 1),
    ],
    ids=["constant", "nan", "inf", "wide", "colours"],
)
def test_without_a_range_there_is_none(voxels):
    assert range_of(voxels) is None


@pytest.mark.parametrize("slices", [1, 2, 3, 7, 8, 9, 40, 181])
@pytest.mark.parametrize("volumes", [1, 2, 3, 8, 16, 200])
def test_slices_and_points_in_time_are_spread_from_end_to_end(slices, volumes):
    # Each voxel is the number of its slice, or of its point in time.
    k, t = np.indices((slices, volumes), np.int16)
    for count, number in ((slices, k), (volumes, t)):
        found = range_of(number[None, None])
        lowest, highest = found or (0, 0)
        assert lowest <= count / 8
        assert highest >= count - 1 - count / 6


def test_the_middle_of_a_long_series_is_in_it():
    # Bright only in the middle of the slices, as a head between air and neck, first or later.
    for first, later in ((900, 300), (300, 900)):
        voxels = np.zeros((2, 2, 40, 64), np.int16)
        voxels[:, :, 18:22, 0] = first
        voxels[:, :, 18:22, 1:] = later
        assert range_of(voxels) == (0, 900)


@pytest.mark.parametrize("shape", [(700, 600, 1), (70_000, 3, 1), (3, 70_000, 1), (1, 200_000, 1)])
def test_of_large_slices_few_samples_are_taken_from_end_to_end(shape):
    i, j, _ = np.indices(shape, np.float32)
    for number, count in ((i, shape[0]), (j, shape[1])):
        lowest, highest = range_of(number) or (0, count - 1)
        assert lowest <= count / 40 + 2
        assert highest >= count - 3 - count / 40
