"""Where voxels lie, against nibabel, and by hand from nifti1.h."""

from __future__ import annotations

import math

import nibabel
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pycornerstone.metadata.nifti import read_nifti_header
from pycornerstone.metadata.nifti_modules import read_nifti_module
from pycornerstone.metadata.nifti_slices import NiftiSlices

CLASSES = {1: nibabel.Nifti1Header, 2: nibabel.Nifti2Header}
BOTH = pytest.mark.parametrize("version", [1, 2])
TO_LPS = np.diag([-1, -1, 1, 1])


def header_bytes(version=1, order="<", shape=(3, 4, 5), **fields):
    """Give a header of int16 voxels of 1 mm as nibabel writes it, some fields changed."""
    header = CLASSES[version](endianness=order)
    header.set_data_shape(shape)
    header.set_data_dtype(np.int16)
    header["magic"] = b"n+%d" % version
    header["vox_offset"] = 352 if version == 1 else 544
    for name, value in fields.items():
        header[name] = value
    return header.binaryblock


SFORM = {
    "sform_code": 4,
    "srow_x": [-2, 0, 0, 90],
    "srow_y": [0, 3, 0.5, -126],
    "srow_z": [0, 0, 4, -72],
}
# Half a turn about z (quaternion 0, 0, 0, 1), so that x and y look the other way.
QFORM = {
    "qform_code": 1,
    "quatern_d": 1,
    "pixdim": [1, 2, 3, 4, 1, 1, 1, 1],
    "qoffset_x": 10,
    "qoffset_y": 20,
    "qoffset_z": 30,
}
SFORM_LPS = [[2, 0, 0, -90], [0, -3, -0.5, 126], [0, 0, 4, -72], [0, 0, 0, 1]]
QFORM_LPS = [[2, 0, 0, -10], [0, 3, 0, -20], [0, 0, 4, 30], [0, 0, 0, 1]]


@BOTH
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("fields", "affine_lps"),
    [
        ({**QFORM, **SFORM}, SFORM_LPS),
        ({**QFORM, **SFORM, "sform_code": 0}, QFORM_LPS),
        # A code below 0 is no code.
        ({**QFORM, **SFORM, "sform_code": -1}, QFORM_LPS),
    ],
)
def test_the_sform_goes_before_the_qform(version, order, fields, affine_lps):
    header = read_nifti_header(header_bytes(version, order, **fields))
    np.testing.assert_allclose(header.affine_lps, affine_lps, atol=1e-6)


@pytest.mark.parametrize(
    ("qfac", "k_axis"), [(1, 4), (-1, -4), (0, 4), (math.nan, 4), (-0.5, -4), (7, 4)]
)
def test_qfac_turns_the_third_axis_only_if_it_is_negative(qfac, k_axis):
    fields = {**QFORM, "pixdim": [qfac, 2, 3, 4, 1, 1, 1, 1]}
    header = read_nifti_header(header_bytes(**fields))
    np.testing.assert_allclose(header.affine_lps[:3, 2], [0, 0, k_axis], atol=1e-6)


def test_without_a_code_the_grid_lies_as_nibabel_lays_it():
    data = header_bytes(pixdim=[1, 2, 3, 4, 1, 1, 1, 1], qform_code=0, sform_code=0)
    header = read_nifti_header(data)
    expected = nibabel.Nifti1Header(data[:348]).get_best_affine()
    np.testing.assert_allclose(header.affine_lps, np.diag([-1, -1, 1, 1]) @ expected)


def test_negative_voxel_sizes_are_taken_without_their_sign():
    header = read_nifti_header(header_bytes(**{**QFORM, "pixdim": [1, -2, 3, -4, 1, 1, 1, 1]}))
    np.testing.assert_allclose(header.affine_lps, QFORM_LPS, atol=1e-6)


def test_a_quaternion_that_rounding_made_too_long_is_still_a_turn():
    header = read_nifti_header(header_bytes(**{**QFORM, "quatern_d": 1.001}))
    np.testing.assert_allclose(header.affine_lps, QFORM_LPS, atol=1e-5)


@pytest.mark.parametrize(("code", "mm"), [(0, 1), (1, 1000), (2, 1), (3, 0.001), (2 | 8, 1)])
def test_units_of_length_are_turned_into_millimetres(code, mm):
    header = read_nifti_header(header_bytes(**SFORM, xyzt_units=code))
    np.testing.assert_allclose(header.affine_lps[:3], np.multiply(SFORM_LPS, mm)[:3], rtol=1e-6)
    assert header.affine_lps[3].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"srow_x": [math.nan, 0, 0, 0]},
        {"srow_z": [0, 0, 0, math.inf]},
        {"srow_x": [0, 0, 0, 0]},
        {"srow_x": [1, 1, 0, 0], "srow_y": [1, 1, 0, 0]},
        # Three times the other, but for the rounding to 32 bits.
        {"srow_x": [0.1, 0.3, 0, 0], "srow_y": [0.7, 2.1, 0, 0], "srow_z": [1.3, 3.9, 1, 0]},
        {"sform_code": 0, "qform_code": 1, "quatern_b": math.nan},
        {"sform_code": 0, "qform_code": 1, "quatern_b": math.inf},
        {"sform_code": 0, "qform_code": 1, "pixdim": [1, 0, 0, 0, 0, 0, 0, 0]},
    ],
)
@BOTH
def test_numbers_that_are_no_geometry_are_none_and_the_rest_is_read(version, change):
    header = read_nifti_header(header_bytes(version, **{**SFORM, **change}))
    assert header.affine_lps is None
    assert header.columns == 3


@BOTH
@given(data=st.data())
def test_any_quaternion_gives_the_affine_of_nibabel(version, data):
    numbers = st.floats(-1, 1, width=32)
    quaternion = data.draw(st.tuples(numbers, numbers, numbers))
    # Where it is half a turn but for rounding, nibabel draws the line elsewhere.
    assume(1 - np.dot(quaternion, quaternion) > 1e-6)
    sizes = data.draw(st.tuples(*[st.floats(0.125, 50, width=32)] * 3))
    offset = data.draw(st.tuples(*[st.floats(-500, 500, width=32)] * 3))
    qfac = data.draw(st.sampled_from([-1, 1]))
    fields = {
        "qform_code": 1,
        **dict(zip(("quatern_b", "quatern_c", "quatern_d"), quaternion, strict=True)),
        **dict(zip(("qoffset_x", "qoffset_y", "qoffset_z"), offset, strict=True)),
        "pixdim": [qfac, *sizes, 0, 0, 0, 0],
    }
    raw = header_bytes(version, **fields)
    expected = TO_LPS @ CLASSES[version](raw).get_best_affine()
    np.testing.assert_allclose(read_nifti_header(raw).affine_lps, expected, atol=1e-6)


@BOTH
@pytest.mark.parametrize(
    "axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, -1), (1, 1, 1)]
)
def test_half_a_turn_in_32_bits_is_one(version, axis):
    # About an axis of length 1: 2 a a' - 1.
    unit = np.array(axis) / np.linalg.norm(axis)
    affine = np.eye(4)
    affine[:3, :3] = (2 * np.outer(unit, unit) - np.eye(3)) * [0.9, 1.1, 1.3]
    header = CLASSES[version]()
    header.set_data_shape((256, 256, 180))
    header.set_qform(affine, code=1)
    quaternion = np.array([header[f"quatern_{letter}"] for letter in "bcd"], np.float32)
    fields = dict(zip(("quatern_b", "quatern_c", "quatern_d"), quaternion, strict=True))
    raw = header_bytes(version, qform_code=1, pixdim=header["pixdim"], **fields)
    far = [255, 255, 179, 1]
    assert CLASSES[version](raw)["quatern_d"] == quaternion[2]
    found = read_nifti_header(raw).affine_lps @ far
    np.testing.assert_allclose(found, TO_LPS @ affine @ far, atol=1e-3)


@pytest.mark.parametrize("steps", range(6))
def test_half_a_turn_that_was_rounded_is_what_nibabel_takes_it_for(steps):
    value = np.float32(1)
    for _ in range(steps):
        value = np.nextafter(value, np.float32(0))
    raw = header_bytes(1, qform_code=1, quatern_d=float(value))
    expected = TO_LPS @ nibabel.Nifti1Header(raw[:348], check=False).get_qform()
    found = read_nifti_header(raw).affine_lps
    np.testing.assert_allclose(found[:3, :3], expected[:3, :3], atol=1e-6)


def test_nearly_half_a_turn_is_none():
    # nifti2_io.c draws the line at 1e-7: half of cos(0.001 rad) squared is beyond it.
    half = math.pi / 2 - 0.0005
    raw = header_bytes(2, qform_code=1, quatern_d=math.sin(half))
    expected = [math.cos(2 * half), math.sin(2 * half), 0]
    affine = read_nifti_header(raw).affine_lps
    np.testing.assert_allclose(affine[:3, 0], np.multiply(expected, [-1, -1, 1]), atol=1e-9)


@BOTH
@given(
    shape=st.lists(st.integers(1, 300), min_size=1, max_size=5),
    sizes=st.tuples(*[st.floats(0.125, 50, width=32)] * 3),
)
def test_a_grid_of_any_size_without_a_code_lies_as_nibabel_lays_it(version, shape, sizes):
    raw = header_bytes(version, shape=shape, pixdim=[1, *sizes, 1, 1, 1, 1])
    expected = TO_LPS @ CLASSES[version](raw).get_best_affine()
    np.testing.assert_allclose(read_nifti_header(raw).affine_lps, expected, atol=1e-6)


@given(
    values=st.lists(st.floats(-50, 50, width=32), min_size=12, max_size=12),
    axis=st.sampled_from("ijk"),
    index=st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 4)),
)
def test_every_slice_of_every_axis_lies_where_the_affine_says(values, axis, index):
    srow = np.reshape(values, (3, 4))
    first, second = {"i": (1, 2), "j": (0, 2), "k": (0, 1)}[axis]
    number = "ijk".index(axis)
    lengths = np.linalg.norm(srow[:, :3], axis=0)
    assume(lengths.min() > 0.125)
    assume(np.linalg.norm(np.cross(srow[:, 0], srow[:, 1])) > 1e-3 * lengths[0] * lengths[1])
    across = np.cross(srow[:, first], srow[:, second])
    assume(np.linalg.norm(across) > 1e-3 * lengths[first] * lengths[second])
    raw = header_bytes(2, sform_code=1, srow_x=srow[0], srow_y=srow[1], srow_z=srow[2])
    slices = NiftiSlices(read_nifti_header(raw), axis)
    plane = read_nifti_module("imagePlaneModule", slices, index[number])
    expected = TO_LPS @ nibabel.Nifti2Header(raw).get_best_affine() @ [*index, 1]
    in_plane = [index[first], index[second], 0, 1]
    np.testing.assert_allclose(plane.geometry.affine @ in_plane, expected, atol=1e-6)
    # The distance to the next slice, along the normal.
    distance = abs(srow[:, number] @ across) / np.linalg.norm(across)
    if distance > 1e-3:
        assert plane.spacing_between_slices_mm == pytest.approx(distance, rel=1e-6)


@pytest.mark.parametrize("number", [1e307, -1e200, 1e-200])
def test_numbers_that_no_patient_is_measured_in_are_no_geometry(number):
    raw = header_bytes(2, **{**SFORM, "srow_x": [number, 0, 0, 0], "srow_y": [0] * 4})
    assert read_nifti_header(raw).affine_lps is None


def test_slices_that_lie_in_one_plane_are_no_distance_apart():
    # k = i / 3 + j / 7, which rounding puts a little beside the plane.
    columns = np.array([[1, 0.2, 0.3], [0.1, 1.1, 0.7]])
    columns = np.vstack([columns, columns[0] / 3 + columns[1] / 7, [0, 0, 0]])
    srow = columns.T
    raw = header_bytes(2, sform_code=1, srow_x=srow[0], srow_y=srow[1], srow_z=srow[2])
    plane = read_nifti_module("imagePlaneModule", NiftiSlices(read_nifti_header(raw)), 1)
    assert plane.spacing_between_slices_mm is None
    assert plane.image_position_lps is not None


def test_both_transforms_are_kept_whichever_counts():
    about = read_nifti_header(header_bytes(**{**QFORM, **SFORM})).about
    assert (about.qform_code, about.sform_code) == (1, 4)
    np.testing.assert_allclose(about.qform_lps, QFORM_LPS, atol=1e-6)
    np.testing.assert_allclose(about.sform_lps, SFORM_LPS, atol=1e-6)
    about = read_nifti_header(header_bytes(**{**QFORM, **SFORM, "qform_code": 0})).about
    assert about.qform_lps is None
