"""Where frames lie: in plain, enhanced, dose and nuclear medicine images."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from pycornerstone.metadata.dicom_planes import read_image_plane
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.modules import ImagePlaneModule

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
        {Tag.IMAGE_ORIENTATION_PATIENT: [*AXIAL, "1"]},
        {Tag.PIXEL_SPACING: ["0", "0"]},
        {Tag.PIXEL_SPACING: ["-1", "1"]},
        {Tag.PIXEL_SPACING: ["0.5"]},
        {Tag.SLICE_LOCATION: "none"},
    ],
)
def test_what_is_no_place_is_unknown(header, elements):
    assert read_image_plane(header(elements), 1) == ImagePlaneModule()


def test_spacing_on_the_detector_or_film_stands_in_for_that_in_the_patient(header):
    scanned = {Tag.NOMINAL_SCANNED_PIXEL_SPACING: ["3", "4"]}
    imager = {**scanned, Tag.IMAGER_PIXEL_SPACING: ["1", "2"]}
    patient = {**imager, Tag.PIXEL_SPACING: ["5", "6"]}
    for elements, rows, columns in ((scanned, 3, 4), (imager, 1, 2), (patient, 5, 6)):
        plane = read_image_plane(header(elements), 1)
        assert (plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm) == (rows, columns)


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
    assert read_image_plane(attributes, 3).image_position_lps == (1, 2, 10)


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


def test_the_slice_vector_says_which_slice_a_frame_is(header):
    attributes = nuclear(header, "RECON GATED TOMO", SLICE_VECTOR=[1, 2, 1, 2])
    assert read_image_plane(attributes, 3).image_position_lps == (1, 2, 3)
    assert read_image_plane(attributes, 4).image_position_lps == (1, 2, -1)


def test_nuclear_projections_have_no_place_in_the_patient(header):
    assert read_image_plane(nuclear(header, "TOMO"), 1).image_position_lps is None
    assert read_image_plane(nuclear(header, "TOMO"), 1).row_cosines is None


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
