"""Where frames lie: in plain, enhanced, dose and nuclear medicine images."""

from __future__ import annotations

import csv
import warnings

import nibabel
import numpy as np
import pydicom
import pytest

from pycornerstone.metadata.dicom_planes import read_image_plane
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.modules import ImagePlaneModule, SpacingType

AXIAL = ["1", "0", "0", "0", "1", "0"]


def test_every_field_of_a_plain_image(header):
    attributes = header(
        {
            Tag.FRAME_OF_REFERENCE_UID: "1.2.3",
            Tag.IMAGE_POSITION_PATIENT: ["-1.5", "2", "3e1"],
            Tag.IMAGE_ORIENTATION_PATIENT: ["1", "0", "0", "0", "0", "-1"],
            Tag.PIXEL_SPACING: ["0.5", "0.25"],
            Tag.SLICE_THICKNESS: "5",
            Tag.SPACING_BETWEEN_SLICES: "6",
            Tag.SLICE_LOCATION: "-7",
            Tag.ROWS: 4,
            Tag.COLUMNS: 8,
        }
    )
    # PS3.3 10.7.1.3: the first value of Pixel Spacing is the distance between rows.
    assert read_image_plane(attributes, 1) == ImagePlaneModule(
        frame_of_reference_uid="1.2.3",
        image_position_lps=(-1.5, 2.0, 30.0),
        row_cosines=(1.0, 0.0, 0.0),
        column_cosines=(0.0, 0.0, -1.0),
        row_pixel_spacing_mm=0.5,
        column_pixel_spacing_mm=0.25,
        slice_thickness_mm=5.0,
        spacing_between_slices_mm=6.0,
        slice_location_mm=-7.0,
        rows=4,
        columns=8,
        spacing_type=SpacingType.PATIENT,
    )


def test_nothing_is_made_up(header):
    assert read_image_plane(header({}), 1) == ImagePlaneModule()


@pytest.mark.parametrize(
    "elements",
    [
        {Tag.IMAGE_POSITION_PATIENT: ["1", "2"]},
        {Tag.IMAGE_POSITION_PATIENT: ["1", "2", "3,5"]},
        {Tag.IMAGE_ORIENTATION_PATIENT: ["1", "0", "0"]},
        {Tag.IMAGE_ORIENTATION_PATIENT: ["0", "0", "0", "0", "1", "0"]},
        {Tag.IMAGE_ORIENTATION_PATIENT: ["0", "0", "0", "0", "0", "0"]},
        {Tag.IMAGE_ORIENTATION_PATIENT: ["0", "1", "0", "0", "-1", "0"]},
        {Tag.IMAGE_ORIENTATION_PATIENT: ["1", "0", "0", "1", "0.0001", "0"]},
        {Tag.IMAGE_ORIENTATION_PATIENT: [*AXIAL, "1"]},
        {Tag.PIXEL_SPACING: ["0", "0"]},
        {Tag.PIXEL_SPACING: ["-1", "1"]},
        {Tag.PIXEL_SPACING: ["0.5"]},
        {Tag.SLICE_LOCATION: "none"},
    ],
)
def test_what_is_no_place_is_unknown(header, elements):
    assert read_image_plane(header(elements), 1) == ImagePlaneModule()


def test_directions_are_made_unit_vectors(header, caplog):
    attributes = header({Tag.IMAGE_ORIENTATION_PATIENT: ["2", "0", "0", "0", "0", "-3"]})
    plane = read_image_plane(attributes, 1)
    assert (plane.row_cosines, plane.column_cosines) == ((1, 0, 0), (0, 0, -1))
    assert "(0020,0037) Image Orientation (Patient)" in caplog.text


def test_directions_of_any_length_are_made_unit_vectors(header):
    attributes = header({Tag.IMAGE_ORIENTATION_PATIENT: ["1e200", "0", "0", "0", "1e-200", "0"]})
    assert read_image_plane(attributes, 1).geometry.normal == (0, 0, 1)


def test_directions_that_were_rounded_stay_as_they_are_written(header, caplog):
    attributes = header(
        {Tag.IMAGE_ORIENTATION_PATIENT: ["0.999", "0.03", "0", "-0.03", "0.999", "0"]}
    )
    assert read_image_plane(attributes, 1).row_cosines == (0.999, 0.03, 0)
    assert not caplog.text


def dose(header, offsets: list[str], orientation: list[str], z: str = "10"):
    return header(
        {
            Tag.IMAGE_POSITION_PATIENT: ["1", "2", z],
            Tag.IMAGE_ORIENTATION_PATIENT: orientation,
            Tag.GRID_FRAME_OFFSET_VECTOR: offsets,
        }
    )


def test_dose_planes_lie_along_the_normal(header):
    # PS3.3 C.8.8.3.2, case a: relative offsets; the normal of these cosines is (0, 1, 0).
    attributes = dose(header, ["0", "2.5", "5"], ["0", "0", "1", "1", "0", "0"])
    positions = [read_image_plane(attributes, frame).image_position_lps for frame in (1, 2, 3)]
    assert positions == [(1, 2, 10), (1, 4.5, 10), (1, 7, 10)]


def test_dose_planes_may_be_given_by_their_z(header):
    # PS3.3 C.8.8.3.2, case b: the first offset is z of the position, wherever the normal points.
    attributes = dose(header, ["10", "13"], ["1", "0", "0", "0", "-1", "0"])
    assert read_image_plane(attributes, 1).image_position_lps == (1, 2, 10)
    assert read_image_plane(attributes, 2).image_position_lps == (1, 2, 13)
    # Nothing says where a third plane would lie.
    assert read_image_plane(attributes, 3).image_position_lps is None


@pytest.mark.parametrize(
    ("offsets", "z", "expected"),
    [
        (["0", "-2.5", "-5"], "10", [10, 7.5, 5]),
        (["0", "2.5", "5"], "-761.87", [-761.87, -759.37, -756.87]),
        (["-761.87", "-764.37"], "-761.87", [-761.87, -764.37]),
        (["-100", "-97", "-94"], "-100", [-100, -97, -94]),
        (["0", "1", "4"], "0", [0, 1, 4]),
    ],
)
def test_dose_planes_may_fall_and_lie_below_zero(header, offsets, z, expected):
    attributes = dose(header, offsets, AXIAL, z)
    found = [read_image_plane(attributes, n + 1).image_position_lps[2] for n in range(len(offsets))]
    assert found == pytest.approx(expected)


def test_relative_offsets_go_against_z_where_the_normal_does(header):
    # Feet first: the normal of these cosines is (0, 0, -1).
    attributes = dose(header, ["0", "3"], ["-1", "0", "0", "0", "1", "0"])
    assert read_image_plane(attributes, 2).image_position_lps == (1, 2, 7)


def test_offsets_of_oblique_planes_are_never_z(header):
    # PS3.3 C.8.8.3.2 allows z for axial planes only; the normal here is (0, 1, 0).
    attributes = dose(header, ["5", "8"], ["0", "0", "1", "1", "0", "0"])
    assert read_image_plane(attributes, 2).image_position_lps == (1, 5, 10)


@pytest.mark.parametrize("orientation", [[], ["1", "0", "0"]])
def test_a_dose_plane_without_a_normal_has_no_place_beyond_the_first(header, orientation):
    attributes = dose(header, ["0", "3"], orientation)
    assert read_image_plane(attributes, 1).image_position_lps == (1, 2, 10)
    assert read_image_plane(attributes, 2).image_position_lps is None


def test_a_dose_without_offsets_has_the_place_of_its_first_plane_only(header):
    attributes = header(
        {
            Tag.SOP_CLASS_UID: "1.2.840.10008.5.1.4.1.1.481.2",
            Tag.IMAGE_POSITION_PATIENT: ["1", "2", "3"],
            Tag.IMAGE_ORIENTATION_PATIENT: AXIAL,
        }
    )
    assert read_image_plane(attributes, 1).image_position_lps == (1, 2, 3)
    assert read_image_plane(attributes, 2).image_position_lps is None


def test_a_real_dose_lies_where_its_offsets_say(testdata):
    path = testdata / "pypi-pydicom/pydicom/data/test_files/rtdose.dcm"
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    x, y, z = dataset.ImagePositionPatient
    attributes = read_part10(path.read_bytes()).attributes
    # Axial and head first, so that offsets are added to z.
    assert dataset.ImageOrientationPatient == [1, 0, 0, 0, 1, 0]
    for number, offset in enumerate(dataset.GridFrameOffsetVector, 1):
        position = read_image_plane(attributes, number).image_position_lps
        assert position == pytest.approx((x, y, z + offset))
    assert number == dataset.NumberOfFrames == 15


def nuclear(header, kind: str, **more):
    elements = {
        Tag.IMAGE_TYPE: ["ORIGINAL", "PRIMARY", kind],
        Tag.SPACING_BETWEEN_SLICES: "-4",
        Tag.DETECTOR_INFORMATION_SEQUENCE: [
            {
                Tag.IMAGE_POSITION_PATIENT: ["1", "2", "3"],
                Tag.IMAGE_ORIENTATION_PATIENT: AXIAL,
            }
        ],
    }
    return header({**elements, **{Tag[name]: value for name, value in more.items()}})


def test_reconstructed_nuclear_slices_are_stacked_by_the_sign_of_their_spacing(header):
    # PS3.3 C.8.4.15: negative is against the normal, here (0, 0, 1).
    attributes = nuclear(header, "RECON TOMO")
    assert read_image_plane(attributes, 1).image_position_lps == (1, 2, 3)
    assert read_image_plane(attributes, 3).image_position_lps == (1, 2, -5)
    assert read_image_plane(attributes, 3).row_cosines == (1, 0, 0)


def test_the_place_of_the_first_slice_may_stand_in_the_instance_itself(header):
    place = {
        "IMAGE_POSITION_PATIENT": ["5", "6", "7"],
        "IMAGE_ORIENTATION_PATIENT": ["0", "1", "0", "0", "0", "1"],
    }
    # The normal is (1, 0, 0), and slices lie 4 mm against it.
    attributes = nuclear(header, "RECON TOMO", DETECTOR_INFORMATION_SEQUENCE=[], **place)
    assert read_image_plane(attributes, 1).image_position_lps == (5, 6, 7)
    assert read_image_plane(attributes, 3).image_position_lps == (-3, 6, 7)
    # PS3.3 C.8.4.11 has it in the detector's item, which goes before.
    both = nuclear(header, "RECON TOMO", **place)
    assert read_image_plane(both, 3).image_position_lps == (1, 2, -5)
    assert read_image_plane(both, 3).row_cosines == (1, 0, 0)


def test_the_slice_vector_says_which_slice_a_frame_is(header):
    attributes = nuclear(header, "RECON GATED TOMO", SLICE_VECTOR=[1, 2, 1, 2])
    assert read_image_plane(attributes, 3).image_position_lps == (1, 2, 3)
    assert read_image_plane(attributes, 4).image_position_lps == (1, 2, -1)


def test_nuclear_projections_have_no_place_in_the_patient(header):
    assert read_image_plane(nuclear(header, "TOMO"), 1).image_position_lps is None
    assert read_image_plane(nuclear(header, "TOMO"), 1).row_cosines is None


def test_a_slice_that_lies_nobody_knows_how_far_behind_the_first_has_no_place(header):
    for spacing in ("0", "wide", ""):
        attributes = nuclear(header, "RECON TOMO", SPACING_BETWEEN_SLICES=spacing)
        assert read_image_plane(attributes, 1).image_position_lps == (1, 2, 3)
        assert read_image_plane(attributes, 2).image_position_lps is None


def affine_of(planes: list[ImagePlaneModule], rows: int) -> np.ndarray:
    """Give the affine that dcm2niix writes: index to RAS mm, rows counted from the last."""
    first, last = planes[0].geometry, planes[-1].geometry
    matrix = np.array(first.affine)
    step = np.subtract(last.position_lps, first.position_lps) / (len(planes) - 1)
    matrix[:3, 2] = step
    matrix[:3, 3] += matrix[:3, 1] * (rows - 1)
    matrix[:3, 1] *= -1
    return np.diag([-1, -1, 1, 1]) @ matrix


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_siemens_enhanced_frames_lie_where_the_nifti_answer_says(testdata, number):
    folder = testdata / "dcm_qa_enh"
    data = (folder / f"In/Siemens/XA10/6_{number}.dcm").read_bytes()
    attributes = read_part10(data).attributes
    planes = [read_image_plane(attributes, frame) for frame in range(1, 7)]
    answer = nibabel.load(folder / "Ref/Siemens_REST1_w_SMS_PF7-8_6.nii")
    assert answer.shape[:3] == (64, 64, len(planes))
    assert np.allclose(affine_of(planes, planes[0].rows), answer.affine, atol=1e-3)


def test_philips_enhanced_frames_lie_where_the_nifti_answer_says(testdata):
    folder = testdata / "dcm_qa_enh"
    attributes = read_part10((folder / "In/Philips/IM_0027_fMAP.dcm").read_bytes()).attributes
    planes = [read_image_plane(attributes, frame) for frame in range(1, 33)]
    answer = nibabel.load(folder / "Ref/Philips_WIP_B0_NS_801_e1.nii")
    affine = affine_of(planes, planes[0].rows)
    # The answer is stored from right to left: its first column is our last.
    affine[:3, 3] += affine[:3, 0] * 63
    affine[:3, 0] *= -1
    assert np.allclose(affine, answer.affine, atol=2e-2)


def said_of(dataset, frame: int, macro: str, keyword: str):
    """Walk a pydicom data set as PS3.3 C.7.6.16 says: the frame's group, the shared, the rest."""
    groups = [
        *dataset.get("PerFrameFunctionalGroupsSequence", [])[frame - 1 : frame],
        *dataset.get("SharedFunctionalGroupsSequence", [])[:1],
    ]
    for source in (*(item for group in groups for item in group.get(macro, [])), dataset):
        value = source.get(keyword)
        if value not in (None, ""):
            return value
    return None


def frames_to_look_at(dataset) -> list[int]:
    last = int(dataset.get("NumberOfFrames") or 1)
    return sorted({1, 2, last // 2, last - 1, last} & set(range(1, last + 1)))


def enhanced_paths(testdata):
    """Every file of the manifest that has functional groups."""
    with (testdata / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest) if row["kind"] == "dicom"]
    for path in sorted(testdata / row["source"] / row["path"] for row in rows):
        # Groups 5200 of another byte order are none of these files'.
        if b"\x00\x52\x29\x92" in path.read_bytes():
            yield path


def test_every_enhanced_frame_lies_where_pydicom_says(testdata):
    looked_at: dict[str, int] = {}
    for path in enhanced_paths(testdata):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
        if "SharedFunctionalGroupsSequence" not in dataset:
            continue
        attributes = read_part10(path.read_bytes()).attributes
        for frame in frames_to_look_at(dataset):
            plane = read_image_plane(attributes, frame)

            def said(macro, keyword, frame=frame, dataset=dataset):
                return said_of(dataset, frame, macro, keyword)

            position = said("PlanePositionSequence", "ImagePositionPatient")
            orientation = said("PlaneOrientationSequence", "ImageOrientationPatient")
            spacing = said("PixelMeasuresSequence", "PixelSpacing") or [None, None]
            found = (*(plane.row_cosines or ()), *(plane.column_cosines or ()))
            assert plane.image_position_lps == (position and tuple(position)), (path, frame)
            assert found == tuple(orientation or ()), (path, frame)
            assert [plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm] == spacing, path
            kind = None if spacing[0] is None else SpacingType.PATIENT
            assert plane.spacing_type == kind
            thickness = said("PixelMeasuresSequence", "SliceThickness")
            between = said("PixelMeasuresSequence", "SpacingBetweenSlices")
            assert plane.slice_thickness_mm == thickness, (path, frame)
            assert plane.spacing_between_slices_mm == between, (path, frame)
            geometry = plane.geometry
            assert geometry.position_is_default == (position is None)
            assert geometry.orientation_is_default == (orientation is None)
            assert geometry.spacing_is_default == (spacing[0] is None)
        kind = pydicom.uid.UID(dataset.SOPClassUID).name
        looked_at[kind] = looked_at.get(kind, 0) + 1
    # Enhanced MR and CT, converted CT, segmentations, label maps, parametric maps, slides.
    assert sum(looked_at.values()) >= 40, looked_at
    assert len(looked_at) >= 7, looked_at


def test_a_slide_has_no_place_in_a_patient(testdata):
    path = testdata / "highdicom/data/test_files/sm_image_dots.dcm"
    plane = read_image_plane(read_part10(path.read_bytes()).attributes, 7)
    assert plane.image_position_lps is None
    assert plane.row_cosines is None
    assert not plane.geometry.spacing_is_default
