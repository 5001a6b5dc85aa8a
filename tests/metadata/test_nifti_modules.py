"""What a NIfTI header says of a slice, in the words of PS3.3."""

from __future__ import annotations

import math

import nibabel
import numpy as np
import pytest

from pycornerstone.errors import ImageIdError
from pycornerstone.metadata.nifti import read_nifti_header
from pycornerstone.metadata.nifti_modules import NIFTI_MODULES, read_nifti_module
from pycornerstone.metadata.nifti_slices import NiftiSlices
from pycornerstone.model.luts import VoiFunction


def header_of(shape=(3, 4, 5), dtype=np.int16, affine=None, **fields):
    """Read back a header that nibabel wrote, some fields of it changed."""
    voxels = np.zeros(shape, dtype)
    image = nibabel.Nifti1Image(voxels, np.eye(4) if affine is None else affine, dtype=dtype)
    header = nibabel.Nifti1Header(image.to_bytes()[:348])
    for name, value in fields.items():
        header[name] = value
    return read_nifti_header(header.binaryblock)


def read(type_name, header, frame=0, uid=None, axis="k"):
    return read_nifti_module(type_name, NiftiSlices(header, axis), frame, uid)


@pytest.mark.parametrize(
    ("dtype", "bits", "representation", "is_float"),
    [
        (np.uint8, 8, 0, False),
        (np.int8, 8, 1, False),
        (np.int16, 16, 1, False),
        (np.uint16, 16, 0, False),
        (np.int32, 32, 1, False),
        (np.uint64, 64, 0, False),
        (np.float32, 32, 0, True),
        (np.float64, 64, 0, True),
        # Of these the magnitude is shown.
        (np.complex64, 32, 0, True),
        (np.complex128, 64, 0, True),
    ],
)
def test_samples_are_described_as_they_are_stored(dtype, bits, representation, is_float):
    pixel = read("imagePixelModule", header_of(dtype=dtype), 0)
    assert (pixel.rows, pixel.columns, pixel.number_of_frames) == (4, 3, 5)
    assert (pixel.bits_allocated, pixel.bits_stored, pixel.high_bit) == (bits, bits, bits - 1)
    assert (pixel.pixel_representation, pixel.is_float) == (representation, is_float)
    assert (pixel.samples_per_pixel, pixel.photometric_interpretation) == (1, "MONOCHROME2")


def test_colours_have_three_samples():
    rgb = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    pixel = read("imagePixelModule", header_of(dtype=rgb), 0)
    assert (pixel.samples_per_pixel, pixel.photometric_interpretation) == (3, "RGB")
    assert pixel.bits_allocated == 8


def test_the_plane_of_a_slice_is_said_in_lps_millimetres():
    # By hand: RAS i = (0, 2, 0), j = (0, 0, 3), k = (4, 0, 0) is a sagittal grid; LPS turns the
    # signs of x and y.
    affine = [[0, 0, 4, 10], [2, 0, 0, 20], [0, 3, 0, 30], [0, 0, 0, 1]]
    header = header_of(affine=np.array(affine, float))
    plane = read("imagePlaneModule", header, 2, "2.25.1")
    assert plane.row_cosines == (0, -1, 0)
    assert plane.column_cosines == (0, 0, 1)
    # First value of Pixel Spacing (0028,0030): between rows, so along j.
    assert (plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm) == (3, 2)
    assert plane.image_position_lps == (-10 - 2 * 4, -20, 30)
    assert (plane.slice_thickness_mm, plane.spacing_between_slices_mm) == (4, 4)
    assert (plane.rows, plane.columns) == (4, 3)
    assert plane.frame_of_reference_uid == "2.25.1"
    assert not plane.geometry.spacing_is_default


def test_the_next_point_in_time_lies_where_the_first_one_does():
    header = header_of(shape=(3, 4, 5, 2), affine=np.diag([1, 1, 7, 1]))
    first = read("imagePlaneModule", header, 3)
    later = read("imagePlaneModule", header, 3 + 5)
    assert later == first
    assert first.image_position_lps == (0, 0, 21)


def test_sheared_slices_are_as_far_apart_as_their_normal_says():
    # k = (0, 3, 4): 5 mm from centre to centre, 4 mm along the normal (PS3.3, (0018,0088)).
    affine = np.array([[1, 0, 0, 0], [0, 1, 3, 0], [0, 0, 4, 0], [0, 0, 0, 1]], float)
    plane = read("imagePlaneModule", header_of(affine=affine), 1)
    assert plane.spacing_between_slices_mm == pytest.approx(4)
    assert plane.image_position_lps == pytest.approx((0, -3, 4))


def test_axes_that_are_not_at_right_angles_keep_their_directions():
    affine = np.array([[2, 1, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], float)
    plane = read("imagePlaneModule", header_of(affine=affine), 0)
    assert plane.row_cosines == pytest.approx((-1, 0, 0))
    assert plane.column_cosines == pytest.approx((-1 / 5**0.5, -2 / 5**0.5, 0))
    assert plane.row_pixel_spacing_mm == pytest.approx(5**0.5)


def test_a_single_slice_without_a_thickness_is_still_placed():
    affine = np.diag([2.0, 2, 0, 1])
    header = header_of(shape=(3, 4), srow_x=affine[0], srow_y=affine[1], srow_z=affine[2])
    plane = read("imagePlaneModule", header, 0)
    assert plane.slice_thickness_mm is None
    assert plane.spacing_between_slices_mm is None
    assert plane.row_pixel_spacing_mm == 2


def test_numbers_that_are_no_geometry_leave_the_defaults_that_are_marked():
    header = header_of(srow_x=[np.nan] * 4)
    plane = read("imagePlaneModule", header, 0, "2.25.1")
    assert (plane.rows, plane.columns) == (4, 3)
    assert plane.frame_of_reference_uid is None
    assert plane.geometry.spacing_is_default
    assert plane.geometry.position_is_default


@pytest.mark.parametrize(
    ("axis", "row", "column", "spacing", "position", "thickness", "size"),
    [
        # By hand: 2 mm along i, 3 mm along j, 4 mm along k, and the first voxel at (-1, -1, 1) LPS.
        ("k", (-1, 0, 0), (0, -1, 0), (3, 2), (-1, -1, 5), 4, (4, 3)),
        ("j", (-1, 0, 0), (0, 0, 1), (4, 2), (-1, -4, 1), 3, (5, 3)),
        ("i", (0, -1, 0), (0, 0, 1), (4, 3), (-3, -1, 1), 2, (5, 4)),
    ],
)
def test_slices_across_any_axis_are_placed(axis, row, column, spacing, position, thickness, size):
    affine = np.array([[2, 0, 0, 1], [0, 3, 0, 1], [0, 0, 4, 1], [0, 0, 0, 1]], float)
    plane = read("imagePlaneModule", header_of(affine=affine), 1, axis=axis)
    assert (plane.row_cosines, plane.column_cosines) == (row, column)
    assert (plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm) == spacing
    assert plane.image_position_lps == position
    assert plane.spacing_between_slices_mm == thickness
    assert (plane.rows, plane.columns) == size
    pixel = read("imagePixelModule", header_of(affine=affine), 1, axis=axis)
    assert (pixel.rows, pixel.columns) == size
    assert pixel.number_of_frames == {"i": 3, "j": 4, "k": 5}[axis]


def test_a_plane_along_an_axis_without_a_length_is_not_known():
    affine = np.diag([2.0, 2, 0, 1])
    header = header_of(shape=(3, 4), srow_x=affine[0], srow_y=affine[1], srow_z=affine[2])
    plane = read("imagePlaneModule", header, 0, axis="j")
    assert (plane.rows, plane.columns) == (1, 3)
    assert plane.geometry.spacing_is_default
    assert plane.geometry.position_is_default


def test_scaling_is_the_modality_lut():
    lut = read("modalityLutModule", header_of(scl_slope=2, scl_inter=0), 0)
    assert (lut.rescale_slope, lut.rescale_intercept) == (2, 0)
    assert not lut.is_identity
    assert read("modalityLutModule", header_of(), 0).is_identity


def test_the_display_range_becomes_black_and_white():
    voi = read("voiLutModule", header_of(cal_min=-1, cal_max=0.5), 0)
    assert voi.function is VoiFunction.LINEAR_EXACT
    assert [window.bounds(voi.function) for window in voi.windows] == [(-1, 0.5)]


def test_without_a_display_range_there_is_no_window():
    assert read("voiLutModule", header_of(), 0) is None


def test_the_modality_is_other_as_nothing_says_which():
    assert read("generalSeriesModule", header_of(), 0).modality == "OT"


def test_frames_count_from_one_where_dicom_counts_them():
    frames = read("multiframeModule", header_of(), 4)
    assert (frames.number_of_frames, frames.frame_number) == (5, 5)


@pytest.mark.parametrize("type_name", ["patientModule", "generalStudyModule", "anything"])
def test_what_nifti_does_not_say_is_not_known(type_name):
    assert type_name not in NIFTI_MODULES
    assert read(type_name, header_of(), 0) is None


@pytest.mark.parametrize("type_name", sorted(NIFTI_MODULES))
def test_a_slice_that_is_not_there_has_no_metadata(type_name):
    with pytest.raises(ImageIdError, match="frame 5 is not in the NIfTI file: it has 5 slices"):
        read(type_name, header_of(), 5)


def test_the_frame_of_reference_is_the_one_given():
    module = read("frameOfReference", header_of(), 0, "2.25.7")
    assert module.frame_of_reference_uid == "2.25.7"
    assert module.position_reference_indicator is None
    assert read("frameOfReference", header_of(srow_x=[np.nan] * 4), 0, "2.25.7") is None


@pytest.mark.parametrize(("unit", "step", "frame_time_ms"), [(8, 2.5, 2500), (16, 40, 40)])
def test_points_in_time_of_one_slice_follow_each_other(unit, step, frame_time_ms):
    header = header_of((3, 4, 1, 6), pixdim=[1, 1, 1, 1, step, 1, 1, 1], xyzt_units=2 | unit)
    cine = read("cineModule", header)
    assert cine.frame_time_ms == pytest.approx(frame_time_ms)
    assert cine.number_of_frames == 6


@pytest.mark.parametrize(
    ("shape", "unit", "step"),
    [
        # Frames are slices of a volume, time points with no unit, of another unit, without a step,
        # and only one of them.
        ((3, 4, 5, 6), 8, 1),
        ((3, 4, 1, 6), 0, 1),
        ((3, 4, 1, 6), 32, 1),
        ((3, 4, 1, 6), 8, 0),
        ((3, 4, 1, 6), 8, math.nan),
        ((3, 4, 1), 8, 1),
        ((3, 4, 1, 1), 8, 1),
        ((3, 4, 1, 6, 2), 8, 1),
    ],
)
def test_frames_that_do_not_follow_in_time_have_no_frame_time(shape, unit, step):
    header = header_of(shape, pixdim=[1, 1, 1, 1, step, 1, 1, 1], xyzt_units=unit)
    assert read("cineModule", header) is None


def test_every_slice_says_which_one_it_is():
    header = header_of((3, 4, 5, 2))
    about = read("niftiModule", header, 7, axis="j")
    assert (about.version, about.sizes) == (1, (3, 4, 5, 2, 1, 1, 1))
    assert (about.frame_number, about.axis) == (7, "j")
    # Four slices across j in each of the two volumes.
    assert (about.slice_index, about.time_point) == (3, 1)
