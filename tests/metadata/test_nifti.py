"""NIfTI headers, against nibabel, and by hand from nifti1.h."""

from __future__ import annotations

import math
import struct

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.nifti1 import data_type_codes

from pycornerstone.errors import DecodeError, ImageIdError, UnsupportedEncodingError
from pycornerstone.metadata.nifti import HEADER_BYTES, read_nifti_header

CLASSES = {1: nibabel.Nifti1Header, 2: nibabel.Nifti2Header}
SINGLE = {1: b"n+1", 2: b"n+2"}
BOTH = pytest.mark.parametrize("version", [1, 2])


def header_bytes(version=1, order="<", **fields):
    """Give a header of 3 x 4 x 5 int16 voxels of 1 mm as nibabel writes it, some fields changed."""
    header = CLASSES[version](endianness=order)
    header.set_data_shape((3, 4, 5))
    header.set_data_dtype(np.int16)
    header["magic"] = SINGLE[version]
    header["vox_offset"] = 352 if version == 1 else 544
    for name, value in fields.items():
        header[name] = value
    return header.binaryblock.ljust(HEADER_BYTES, b"\0")


def dimensions(count, *sizes):
    return [count, *sizes, *[1] * (7 - len(sizes))]


@BOTH
@pytest.mark.parametrize("order", ["<", ">"])
def test_both_versions_are_read_in_both_byte_orders(version, order):
    header = read_nifti_header(header_bytes(version, order))
    assert header.version == version
    assert (header.columns, header.rows, header.slices, header.volumes) == (3, 4, 5, 1)
    assert header.dtype == np.dtype(f"{order}i2")
    assert header.samples_per_voxel == 1
    assert header.data_offset == {1: 352, 2: 544}[version]
    assert header.frame_size_in_bytes == 3 * 4 * 2
    assert header.needed_bytes == header.data_offset + 3 * 4 * 5 * 2


@BOTH
@pytest.mark.parametrize(
    ("dim", "sizes"),
    [
        (dimensions(1, 7), (7, 1, 1, 1)),
        (dimensions(2, 7, 6), (7, 6, 1, 1)),
        (dimensions(4, 7, 6, 5, 4), (7, 6, 5, 4)),
        (dimensions(7, 7, 6, 5, 1, 1, 1, 1), (7, 6, 5, 1)),
        # What lies beyond dim[0] is not looked at.
        ([2, 7, 6, 0, -3, 99, 99, 99], (7, 6, 1, 1)),
    ],
)
def test_sizes_are_those_of_the_dimensions_that_count(version, dim, sizes):
    header = read_nifti_header(header_bytes(version, dim=dim))
    assert (header.columns, header.rows, header.slices, header.volumes) == sizes


def test_frames_are_slices_of_one_point_in_time_after_the_other():
    header = read_nifti_header(header_bytes(dim=dimensions(4, 3, 4, 5, 2)))
    assert header.number_of_frames == 10
    assert header.frame_offset(0) == 352
    assert header.frame_offset(7) == 352 + 7 * 24


@pytest.mark.parametrize("frame", [-1, 5])
def test_a_slice_that_is_not_there_is_no_image(frame):
    header = read_nifti_header(header_bytes())
    with pytest.raises(
        ImageIdError,
        match=f"frame {frame} is not in the NIfTI file: it has 5 slices, numbered from 0 to 4",
    ):
        header.frame_offset(frame)


@BOTH
@pytest.mark.parametrize("count", [0, 8, -1])
def test_a_number_of_dimensions_that_no_image_has_is_refused(version, count):
    with pytest.raises(DecodeError, match=rf"dim\[0\] of the NIfTI header is {count}; .* 1 to 7"):
        read_nifti_header(header_bytes(version, dim=dimensions(count, 3, 4, 5)))


@BOTH
@pytest.mark.parametrize("size", [0, -1, -32768])
def test_a_dimension_of_nothing_or_less_is_refused(version, size):
    with pytest.raises(DecodeError, match=f"says 3 x {size} x 5 voxels; every dimension must"):
        read_nifti_header(header_bytes(version, dim=dimensions(3, 3, size, 5)))


def test_five_dimensions_are_said_to_be_missing_yet():
    with pytest.raises(
        UnsupportedEncodingError,
        match=r"5D NIfTI \(3 x 4 x 5 x 1 x 3 voxels\) is not supported yet",
    ):
        read_nifti_header(header_bytes(dim=dimensions(5, 3, 4, 5, 1, 3)))


@pytest.mark.parametrize("code", [2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280])
@pytest.mark.parametrize("order", ["<", ">"])
def test_scalar_types_are_those_of_nibabel(code, order):
    header = read_nifti_header(header_bytes(order=order, datatype=code))
    assert header.dtype == data_type_codes.dtype[code].newbyteorder(order)
    assert header.samples_per_voxel == 1


@pytest.mark.parametrize(("code", "samples"), [(128, 3), (2304, 4)])
def test_colours_are_bytes(code, samples):
    header = read_nifti_header(header_bytes(datatype=code, scl_slope=2, cal_max=9))
    assert (header.dtype, header.samples_per_voxel) == (np.dtype("u1"), samples)
    # nifti1.h: scaling is not applied to RGB, and neither is the display range.
    assert (header.slope, header.intercept, header.display_range) == (1, 0, None)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (1, "1-bit"),
        (32, "complex64"),
        (1536, "float128"),
        (1792, "complex128"),
        (2048, "complex256"),
    ],
)
def test_types_that_are_not_read_are_named(code, name):
    with pytest.raises(
        UnsupportedEncodingError, match=rf"NIfTI with {name} samples \(datatype {code}\) is not"
    ):
        read_nifti_header(header_bytes(datatype=code))


@pytest.mark.parametrize("code", [0, 3, -9510])
def test_a_type_that_nobody_knows_is_refused(code):
    with pytest.raises(DecodeError, match=f"datatype {code} of the NIfTI header is no type"):
        read_nifti_header(header_bytes(datatype=code))


@BOTH
def test_pairs_of_files_are_said_to_be_missing_yet(version):
    pair = {1: b"ni1", 2: b"ni2"}[version]
    with pytest.raises(
        UnsupportedEncodingError, match=f"NIfTI-{version} pairs of .hdr and .img .* not supported"
    ):
        read_nifti_header(header_bytes(version, magic=pair))


def test_analyze_files_are_said_to_be_unsupported():
    analyze = nibabel.AnalyzeHeader()
    analyze.set_data_shape((3, 4, 5))
    with pytest.raises(UnsupportedEncodingError, match=r"Analyze 7\.5 files are not supported"):
        read_nifti_header(analyze.binaryblock)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", r"it starts with b''"),
        (b"\x89PNG\r\n\x1a\n" + bytes(600), r"it starts with b'\\x89PNG'"),
        (bytes(128) + b"DICM" + bytes(600), "it is a DICOM file"),
        (header_bytes()[:340], "its header is cut short or has no magic, 340 bytes"),
        (header_bytes(2)[:400], "its header is cut short or has no magic, 400 bytes"),
        (header_bytes(2, magic=b"xxx"), "its header is cut short or has no magic, 540 bytes"),
    ],
)
def test_what_is_no_nifti_is_refused_and_described(data, found):
    with pytest.raises(DecodeError, match=f"not a NIfTI file: {found}.*; a .nii or .nii.gz file"):
        read_nifti_header(data)


@BOTH
@pytest.mark.parametrize(("written", "meant"), [(0, None), (608, 608), (1_000_000, 1_000_000)])
def test_voxels_start_where_the_header_says(version, written, meant):
    header = read_nifti_header(header_bytes(version, vox_offset=written))
    assert header.data_offset == (meant or {1: 352, 2: 544}[version])


@pytest.mark.parametrize("offset", [1, 100, -352, math.nan, math.inf])
def test_voxels_inside_the_header_are_refused(offset):
    with pytest.raises(DecodeError, match=r"vox_offset of the NIfTI header is .* start at 352"):
        read_nifti_header(header_bytes(vox_offset=offset))


@pytest.mark.parametrize(
    ("slope", "intercept", "meant"),
    [
        # nifti1.h: y = scl_slope * x + scl_inter, if scl_slope is not 0.
        (2, 0, (2, 0)),
        (1, -1024, (1, -1024)),
        (0.5, 3, (0.5, 3)),
        (-1, 0, (-1, 0)),
        (0, 7, (1, 0)),
        (math.nan, 7, (1, 0)),
        (math.inf, 7, (1, 0)),
        # nifti1_io.c takes a number that is none for 0.
        (2, math.nan, (2, 0)),
    ],
)
def test_scaling_follows_the_rule_of_the_standard(slope, intercept, meant):
    header = read_nifti_header(header_bytes(scl_slope=slope, scl_inter=intercept))
    assert (header.slope, header.intercept) == meant


@pytest.mark.parametrize(
    ("lowest", "highest", "meant"),
    [
        (0, 0, None),
        (0, 9968, (0, 9968)),
        (-5.5, -1, (-5.5, -1)),
        (9, 1, None),
        (0, math.inf, None),
        (math.nan, 3, None),
    ],
)
def test_the_display_range_is_one_only_if_it_has_a_width(lowest, highest, meant):
    header = read_nifti_header(header_bytes(cal_min=lowest, cal_max=highest))
    assert header.display_range == meant


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
    expected = nibabel.Nifti1Header(data[:348]).get_best_affine()
    header = read_nifti_header(data)
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


@given(st.binary(min_size=0, max_size=700))
def test_any_bytes_are_a_header_or_an_error_of_ours(data):
    with pytest.raises(DecodeError):
        read_nifti_header(data)


@given(
    st.sampled_from([1, 2]),
    st.sampled_from("<>"),
    st.lists(st.tuples(st.integers(0, HEADER_BYTES - 1), st.integers(0, 255)), max_size=8),
)
def test_a_damaged_header_is_a_header_or_an_error_of_ours(version, order, damages):
    data = bytearray(header_bytes(version, order, **SFORM))
    for position, value in damages:
        data[position] = value
    try:
        header = read_nifti_header(bytes(data))
    except DecodeError:
        return
    assert min(header.columns, header.rows, header.slices, header.volumes) >= 1
    assert math.isfinite(header.slope)
    assert header.affine_lps is None or np.isfinite(header.affine_lps).all()


def test_sizes_past_every_integer_type_are_only_numbers():
    biggest = 2**63 - 1
    data = bytearray(header_bytes(2))
    # nifti2.h: dim is eight int64 from byte 16 on.
    struct.pack_into("<8q", data, 16, 3, biggest, biggest, biggest, 1, 1, 1, 1)
    assert read_nifti_header(bytes(data)).needed_bytes == 544 + biggest**3 * 2


def test_real_headers_are_read_as_nibabel_reads_them(testdata):
    files = sorted(testdata.rglob("*.nii"))
    compared = 0
    for file in files:
        try:
            header = read_nifti_header(file.read_bytes())
        except DecodeError:
            continue
        known = nibabel.load(file)
        shape = (header.columns, header.rows, header.slices, header.volumes)
        assert shape[: known.ndim] == known.shape, file
        np.testing.assert_allclose(
            header.affine_lps, np.diag([-1, -1, 1, 1]) @ known.affine, atol=1e-5, err_msg=str(file)
        )
        compared += 1
    assert compared >= 25
