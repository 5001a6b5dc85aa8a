"""Slices of NIfTI files that nibabel wrote, against the voxels that nibabel gives."""

from __future__ import annotations

import io

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.errors import DecodeError, ImageIdError
from pycornerstone.metadata.nifti import read_nifti_header
from pycornerstone.metadata.nifti_slices import AXES, NiftiSlices

IMAGES = {
    (1, False): nibabel.Nifti1Image,
    (1, True): nibabel.Nifti1Pair,
    (2, False): nibabel.Nifti2Image,
    (2, True): nibabel.Nifti2Pair,
}
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
RGBA = np.dtype([*RGB.descr, ("A", "u1")])
TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "c8", "c16", RGB, RGBA]


def voxels_of(shape, dtype):
    random = np.random.default_rng(7)
    if np.dtype(dtype).names:
        return random.integers(0, 255, (*shape, np.dtype(dtype).itemsize), "u1").view(dtype)[..., 0]
    if np.dtype(dtype).kind == "c":
        return (random.normal(size=shape) + 1j * random.normal(size=shape)).astype(dtype)
    return random.integers(0, 120, shape).astype(dtype)


def written(voxels, kind=nibabel.Nifti1Image, order="<"):
    """Give the header and the voxels' file as nibabel writes them, and what it reads back."""
    header = kind.header_class(endianness=order)
    header.set_data_dtype(voxels.dtype)
    image = kind(voxels, np.diag([2.0, 3, 4, 1]), header)
    files = {name: nibabel.FileHolder(fileobj=io.BytesIO()) for name, _ in kind.files_types}
    image.to_file_map(files)
    data = {name: holder.fileobj.getvalue() for name, holder in files.items()}
    header = read_nifti_header(data.get("header", data["image"]))
    return header, data["image"], np.asanyarray(kind.from_file_map(files).dataobj)


def as_seen(array, axis, index):
    """Cut a slice of the three dimensions that nibabel gives, rows first."""
    if array.dtype.names:
        array = np.stack([array[name] for name in array.dtype.names], -1)
    return np.swapaxes(np.take(array, index, AXES.index(axis)), 0, 1)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("version", "is_pair"), IMAGES)
def test_slices_of_every_type_have_the_voxels_of_nibabel(dtype, order, version, is_pair):
    header, data, array = written(voxels_of((3, 4, 5), dtype), IMAGES[version, is_pair], order)
    assert header.is_pair == is_pair
    for axis in AXES:
        slices = NiftiSlices(header, axis)
        for frame in range(slices.number_of_frames):
            expected = as_seen(array, axis, frame)
            samples = slices.samples(data, frame)
            assert samples.dtype == header.pixel_dtype
            if expected.dtype.kind == "c":
                np.testing.assert_allclose(samples, np.abs(expected), rtol=1e-6)
            else:
                np.testing.assert_array_equal(samples, expected)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4, 5), (2, 3, 4, 1, 5), (2, 3, 2, 2, 3, 1, 2)])
def test_volumes_follow_each_other_with_the_fourth_axis_fastest(axis, shape):
    voxels = voxels_of(shape, "i2")
    header, data, _ = written(voxels)
    slices = NiftiSlices(header, axis)
    assert slices.number_of_frames == slices.per_volume * np.prod(shape[3:], dtype=int)
    solid = voxels.reshape(shape + (1,) * (3 - len(shape)))
    for frame in range(slices.number_of_frames):
        volume, index = divmod(frame, solid.shape[AXES.index(axis)])
        at = np.unravel_index(volume, shape[3:], order="F") if shape[3:] else ()
        expected = np.take(solid[(..., *at)], index, AXES.index(axis)).T
        np.testing.assert_array_equal(slices.samples(data, frame), expected)


def test_scaled_complex_voxels_have_the_magnitude_that_nibabel_gives():
    voxels = voxels_of((3, 4, 5), "c8")
    raw = bytearray(written(voxels)[1])
    # scl_slope and scl_inter, which nibabel does not write as they are set.
    raw[112:120] = np.array([-2.5, 0.75], "<f4").tobytes()
    header = read_nifti_header(raw)
    array = np.asanyarray(nibabel.Nifti1Image.from_bytes(bytes(raw)).dataobj)
    assert (header.slope, header.intercept) == (1, 0)
    for frame in range(5):
        samples = NiftiSlices(header).samples(raw, frame)
        np.testing.assert_allclose(samples, np.abs(array[..., frame]).T, rtol=1e-6)


@given(st.data())
def test_frames_are_numbered_without_a_gap(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=3, max_size=6))
    header = read_nifti_header(nibabel.Nifti1Image(np.zeros(shape, "u1"), None).to_bytes())
    slices = NiftiSlices(header, data.draw(st.sampled_from(AXES)))
    places = [slices.place(frame) for frame in range(slices.number_of_frames)]
    assert sorted(places, key=lambda place: place[::-1]) == places
    assert len(set(places)) == np.prod(shape) / (slices.rows * slices.columns)


@pytest.mark.parametrize(("axis", "count"), [("i", 3), ("j", 4), ("k", 5)])
@pytest.mark.parametrize("past", [-1, 0])
def test_a_slice_that_is_not_there_is_no_image(axis, count, past):
    header, data, _ = written(voxels_of((3, 4, 5), "u1"))
    frame = count if past == 0 else past
    with pytest.raises(
        ImageIdError, match=f"frame {frame} is not .* has {count} slices across {axis}, numbered"
    ):
        NiftiSlices(header, axis).samples(data, frame)


@pytest.mark.parametrize("axis", AXES)
def test_a_file_that_ends_too_early_is_no_image(axis):
    header, data, _ = written(voxels_of((3, 4, 5), "u1"))
    with pytest.raises(DecodeError, match=r"ends at byte 411, before slice .* has 412 bytes"):
        NiftiSlices(header, axis).samples(data[:-1], {"i": 2, "j": 3, "k": 4}[axis])


def test_stored_voxels_are_not_copied():
    header, data, _ = written(voxels_of((3, 4, 5), "i2"))
    for axis in AXES:
        stored = NiftiSlices(header, axis).stored(data, 1)
        assert np.shares_memory(stored, np.frombuffer(data, "u1"))
        assert stored.dtype == header.dtype
