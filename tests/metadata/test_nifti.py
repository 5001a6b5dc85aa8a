"""NIfTI headers, against nibabel, and by hand from nifti1.h."""

from __future__ import annotations

import gzip
import math
import struct

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.nifti1 import data_type_codes

from pycornerstone.errors import DecodeError, ImageIdError, UnsupportedEncodingError
from pycornerstone.metadata.nifti import HEADER_BYTES, header_extent, read_nifti_header
from pycornerstone.metadata.nifti_modules import NIFTI_MODULES, read_nifti_module
from pycornerstone.metadata.nifti_slices import NiftiSlices

CLASSES = {1: nibabel.Nifti1Header, 2: nibabel.Nifti2Header}
SINGLE = {1: b"n+1", 2: b"n+2"}
BOTH = pytest.mark.parametrize("version", [1, 2])
SFORM = {"srow_x": [-2, 0, 0, 90], "srow_y": [0, 3, 0.5, -126], "srow_z": [0, 0, 4, -72]}


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


@BOTH
def test_volumes_are_counted_over_all_axes_after_the_third(version):
    header = read_nifti_header(header_bytes(version, dim=[7, 3, 4, 5, 2, 3, 1, 2]))
    assert header.sizes == (3, 4, 5, 2, 3, 1, 2)
    assert (header.volumes, header.number_of_frames) == (12, 60)
    assert header.needed_bytes == header.data_offset + 3 * 4 * 5 * 12 * 2


@pytest.mark.parametrize("code", [2, 4, 8, 16, 32, 64, 256, 512, 768, 1024, 1280, 1792])
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


@pytest.mark.parametrize(("code", "size"), [(1536, 16), (2048, 32)])
def test_wide_numbers_have_the_size_that_the_standard_says(code, size):
    header = read_nifti_header(header_bytes(datatype=code))
    assert header.frame_size_in_bytes == 3 * 4 * size
    assert header.pixel_dtype == np.float64


def test_single_bits_are_said_to_be_unsupported():
    with pytest.raises(
        UnsupportedEncodingError, match=r"NIfTI with 1-bit samples \(datatype 1\) is not supported"
    ):
        read_nifti_header(header_bytes(datatype=1))


@pytest.mark.parametrize("code", [0, 3, 130, -9510])
def test_a_type_that_nobody_knows_is_refused(code):
    with pytest.raises(DecodeError, match=f"datatype {code} of the NIfTI header is no type"):
        read_nifti_header(header_bytes(datatype=code))


@BOTH
@pytest.mark.parametrize(("written", "meant"), [(0, 0), (16, 16), (352, 352)])
def test_the_voxels_of_a_pair_start_in_a_file_of_their_own(version, written, meant):
    data = header_bytes(version, magic=b"ni%d" % version, vox_offset=written)
    header = read_nifti_header(data)
    assert (header.version, header.is_pair, header.data_offset) == (version, True, meant)
    assert not read_nifti_header(header_bytes(version)).is_pair


@BOTH
def test_voxels_before_the_start_of_the_img_are_refused(version):
    data = header_bytes(version, magic=b"ni%d" % version, vox_offset=-16)
    with pytest.raises(DecodeError, match=r"is -16; in the .img file of a pair .* start at 0"):
        read_nifti_header(data)


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


@given(st.binary(min_size=0, max_size=700))
def test_any_bytes_are_a_header_or_an_error_of_ours(data):
    with pytest.raises(DecodeError):
        read_nifti_header(data)


# Of both versions, the bytes without which it is another file, or an image too large for a test.
KEPT = {1: [range(4), range(40, 72), range(344, 348)], 2: [range(8), range(12, 80)]}


@given(st.sampled_from([1, 2]), st.sampled_from("<>"), st.data())
def test_a_damaged_header_is_a_header_or_an_error_of_ours(version, order, draw):
    data = bytearray(header_bytes(version, order, sform_code=1, **SFORM))
    places = st.integers(0, HEADER_BYTES - 1)
    changes = st.tuples(places, st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    for position, value in draw.draw(st.lists(changes, max_size=12)):
        data[position] = value
    read_everything(bytes(data))


@given(st.sampled_from([1, 2]), st.sampled_from("<>"), st.binary(min_size=540, max_size=540))
def test_numbers_of_any_bits_are_read_without_a_warning(version, order, noise):
    data = bytearray(noise)
    whole = header_bytes(version, order)
    for kept in KEPT[version]:
        data[kept.start : kept.stop] = whole[kept.start : kept.stop]
    read_everything(bytes(data))


def read_everything(data):
    try:
        header = read_nifti_header(data)
        assert 348 <= header_extent(data) <= 64 << 20
    except DecodeError:
        return
    assert min(header.sizes) >= 1
    assert math.isfinite(header.slope)
    assert math.isfinite(header.intercept)
    assert header.affine_lps is None or np.isfinite(header.affine_lps).all()
    for axis in "ijk":
        slices = NiftiSlices(header, axis)
        for type_name in NIFTI_MODULES:
            read_nifti_module(type_name, slices, slices.number_of_frames - 1, "2.25.1")
        plane = read_nifti_module("imagePlaneModule", slices, 0)
        lengths = (plane.row_pixel_spacing_mm, plane.spacing_between_slices_mm)
        assert all(length is None or 0 < length < math.inf for length in lengths)


def test_sizes_past_every_integer_type_are_only_numbers():
    biggest = 2**63 - 1
    data = bytearray(header_bytes(2))
    # nifti2.h: dim is eight int64 from byte 16 on.
    struct.pack_into("<8q", data, 16, 3, biggest, biggest, biggest, 1, 1, 1, 1)
    assert read_nifti_header(bytes(data)).needed_bytes == 544 + biggest**3 * 2


def test_real_headers_are_read_as_nibabel_reads_them(testdata):
    names = ("*.nii", "*.nii.gz", "*.hdr", "*.hdr.gz")
    compared = 0
    for file in sorted(file for name in names for file in testdata.rglob(name)):
        data = file.read_bytes()
        try:
            header = read_nifti_header(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        except DecodeError:
            assert "fuzz_artifacts" in str(file)
            continue
        image = nibabel.load(file)
        # What nibabel makes of CIFTI has neither the sizes of the file nor a place.
        known = getattr(image, "nifti_header", image.header)
        shape = known.get_data_shape()
        assert header.sizes == shape + (1,) * (7 - len(shape)), file
        np.testing.assert_allclose(
            header.affine_lps,
            np.diag([-1, -1, 1, 1]) @ known.get_best_affine(),
            atol=1e-5,
            err_msg=str(file),
        )
        compared += 1
    assert compared >= 50


@BOTH
def test_the_extent_is_where_the_voxels_start_if_there_are_extensions(version):
    first = {1: 352, 2: 544}[version]
    data = bytearray(header_bytes(version, vox_offset=10_000).ljust(600, b"\0"))
    data[first - 4] = 1
    assert header_extent(bytes(data)) == 10_000
    data[first - 4] = 0
    assert header_extent(bytes(data)) == first


def test_the_first_bytes_of_nifti_2_leave_open_whether_there_are_extensions():
    assert header_extent(header_bytes(2, vox_offset=10_000)[:HEADER_BYTES]) == 10_000


@BOTH
def test_the_extent_is_bounded_whatever_the_header_says(version):
    data = bytearray(header_bytes(version, vox_offset=1 << 40).ljust(600, b"\0"))
    data[{1: 348, 2: 540}[version]] = 1
    assert header_extent(bytes(data)) == 64 << 20


@BOTH
def test_the_extensions_of_a_pair_go_on_to_the_end_of_its_hdr(version):
    data = bytearray(header_bytes(version, magic=b"ni%d" % version, vox_offset=0).ljust(600, b"\0"))
    assert header_extent(bytes(data)) == {1: 352, 2: 544}[version]
    data[{1: 348, 2: 540}[version]] = 1
    assert header_extent(bytes(data)) == 64 << 20


def test_what_is_no_header_has_no_extent():
    with pytest.raises(DecodeError, match="not a NIfTI file"):
        header_extent(bytes(540))
