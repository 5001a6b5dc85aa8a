"""What a spacing is a distance in: the rules for projections, film and everything else."""

from __future__ import annotations

import pydicom
import pytest
from pydicom.uid import UID_dictionary

from pycornerstone.metadata.dicom_planes import read_image_plane
from pycornerstone.metadata.dicom_spacing import PROJECTION_SOP_CLASSES, read_spacing
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.functional_groups import frame_groups
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.modules import SpacingType

CT = "1.2.840.10008.5.1.4.1.1.2"
CR = "1.2.840.10008.5.1.4.1.1.1"
SC = "1.2.840.10008.5.1.4.1.1.7"
ENHANCED_XA = "1.2.840.10008.5.1.4.1.1.12.1.1"
IMAGER = {Tag.IMAGER_PIXEL_SPACING: ["0.2", "0.4"]}
PIXEL = {Tag.PIXEL_SPACING: ["0.1", "0.3"]}
SAME = {Tag.PIXEL_SPACING: ["0.2", "0.4"]}


def spacing(header, elements, sop_class: str | None = CR):
    known = {} if sop_class is None else {Tag.SOP_CLASS_UID: sop_class}
    return read_spacing(header({**known, **elements}))


def test_projections_are_those_that_the_standard_names_so():
    # PS3.6 annex A by way of pydicom; DICOS is not DICOM, tomosynthesis and 3D are volumes.
    words = ("Computed Radiography", "X-Ray", "XA", "XRF", "RT Image")
    others = ("3D", "Dose", "DICOS")
    named = {
        uid
        for uid, (name, kind, *_) in UID_dictionary.items()
        if kind == "SOP Class"
        and name.endswith(("Image Storage", "- For Presentation", "- For Processing"))
        and any(word in name for word in words)
        and not any(word in name for word in others)
    }
    # Enhanced Continuous RT Image Storage is one by another word.
    assert named | {"1.2.840.10008.5.1.4.1.1.481.24"} == PROJECTION_SOP_CLASSES


@pytest.mark.parametrize("sop_class", [CT, SC, None])
def test_pixel_spacing_of_what_is_no_projection_is_in_the_patient(header, sop_class):
    assert spacing(header, PIXEL, sop_class) == (0.1, 0.3, SpacingType.PATIENT)


@pytest.mark.parametrize("sop_class", sorted(PROJECTION_SOP_CLASSES))
def test_pixel_spacing_of_a_projection_alone_says_not_what_it_is_in(header, sop_class):
    assert spacing(header, PIXEL, sop_class) == (0.1, 0.3, SpacingType.UNKNOWN)


@pytest.mark.parametrize(
    ("calibration", "expected"),
    [("GEOMETRY", SpacingType.MAGNIFIED), ("FIDUCIAL", SpacingType.CALIBRATED)],
)
@pytest.mark.parametrize("sop_class", [CR, SC])
def test_a_calibration_goes_before_all_else(header, sop_class, calibration, expected):
    elements = {
        **PIXEL,
        **IMAGER,
        Tag.PIXEL_SPACING_CALIBRATION_TYPE: calibration,
        Tag.ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR: "2",
    }
    assert spacing(header, elements, sop_class) == (0.1, 0.3, expected)


def test_a_calibration_of_nothing_is_none(header):
    elements = {**IMAGER, Tag.PIXEL_SPACING_CALIBRATION_TYPE: "FIDUCIAL"}
    assert spacing(header, elements) == (0.2, 0.4, SpacingType.PROJECTED)


FACTOR = {Tag.ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR: "2"}
DETECTOR = {Tag.DISTANCE_SOURCE_TO_DETECTOR: "1000"}
PATIENT = {Tag.DISTANCE_SOURCE_TO_PATIENT: "500"}
ENTRANCE = {Tag.DISTANCE_SOURCE_TO_ENTRANCE: "250"}


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        # cornerstone3d.md section 2.4, in its order.
        (IMAGER, (0.2, 0.4, SpacingType.PROJECTED)),
        ({**IMAGER, **SAME}, (0.2, 0.4, SpacingType.PROJECTED)),
        ({**IMAGER, **FACTOR}, (0.1, 0.2, SpacingType.MAGNIFIED)),
        ({**IMAGER, **PIXEL, **FACTOR}, (0.1, 0.2, SpacingType.MAGNIFIED)),
        ({**IMAGER, **DETECTOR, **PATIENT}, (0.1, 0.2, SpacingType.MAGNIFIED)),
        ({**IMAGER, **DETECTOR, **PATIENT, **ENTRANCE}, (0.1, 0.2, SpacingType.MAGNIFIED)),
        ({**IMAGER, **DETECTOR, **ENTRANCE}, (0.05, 0.1, SpacingType.MAGNIFIED)),
        ({**IMAGER, **PIXEL}, (0.1, 0.3, SpacingType.MAGNIFIED)),
        # Neither a magnification: nothing is smaller on the detector than it is.
        (
            {**IMAGER, Tag.ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR: "1"},
            (0.2, 0.4, SpacingType.PROJECTED),
        ),
        (
            {**IMAGER, **DETECTOR, Tag.DISTANCE_SOURCE_TO_PATIENT: "1000"},
            (0.2, 0.4, SpacingType.PROJECTED),
        ),
        ({**IMAGER, **PATIENT}, (0.2, 0.4, SpacingType.PROJECTED)),
        ({**IMAGER, **DETECTOR}, (0.2, 0.4, SpacingType.PROJECTED)),
        # A pixel of several detector cells is larger without a magnification.
        (
            {**IMAGER, Tag.PIXEL_SPACING: ["0.4", "0.8"]},
            (0.4, 0.8, SpacingType.PROJECTED),
        ),
        # 0.2 written with another number of digits.
        (
            {**IMAGER, Tag.PIXEL_SPACING: ["0.199999", "0.4"]},
            (0.199999, 0.4, SpacingType.PROJECTED),
        ),
    ],
)
def test_the_spacing_of_a_projection(header, elements, expected):
    assert spacing(header, elements) == pytest.approx(expected)


def test_film_that_was_scanned_has_a_nominal_spacing(header):
    nominal = {Tag.NOMINAL_SCANNED_PIXEL_SPACING: ["0.5", "0.6"]}
    assert spacing(header, nominal, SC) == (0.5, 0.6, SpacingType.NOMINAL)
    assert spacing(header, {**nominal, **PIXEL}, SC) == (0.1, 0.3, SpacingType.PATIENT)


def test_a_portal_image_has_the_spacing_of_its_plane(testdata):
    path = testdata / "pypi-pynetdicom/pynetdicom/tests/dicom_files/RTImageStorage.dcm"
    known = pydicom.dcmread(path, stop_before_pixels=True).ImagePlanePixelSpacing
    plane = read_image_plane(read_part10(path.read_bytes()).attributes, 1)
    assert plane.row_pixel_spacing_mm == known[0] == 0.402
    assert plane.spacing_type == SpacingType.PROJECTED
    # RT Image Position and Orientation are those of the machine, not of the patient.
    assert plane.image_position_lps is None


def test_a_real_radiograph_is_measured_on_its_detector(testdata):
    path = testdata / "highdicom/data/test_files/dx_image.dcm"
    plane = read_image_plane(read_part10(path.read_bytes()).attributes, 1)
    assert (plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm) == (1.2, 1.201199999999)
    assert plane.spacing_type == SpacingType.PROJECTED


def enhanced_xa(header, **macros):
    group = {Tag[name]: [item] for name, item in macros.items()}
    return header(
        {
            Tag.SOP_CLASS_UID: ENHANCED_XA,
            Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE: [group],
            Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [{}, {}],
        }
    )


def test_an_enhanced_projection_says_it_in_its_functional_groups(header):
    # PS3.3 C.8.19.6.4: Imager Pixel Spacing; C.8.19.6.9: that of an object in the beam's centre.
    detector = {Tag.IMAGER_PIXEL_SPACING: ["0.2", "0.2"]}
    attributes = enhanced_xa(header, FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE=detector)
    found = read_spacing(attributes, frame_groups(attributes, 2))
    assert found == (0.2, 0.2, SpacingType.PROJECTED)
    attributes = enhanced_xa(
        header,
        FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE=detector,
        PROJECTION_PIXEL_CALIBRATION_SEQUENCE={Tag.OBJECT_SPACING_IN_CENTER_OF_BEAM: [0.15, 0.15]},
    )
    found = read_spacing(attributes, frame_groups(attributes, 2))
    assert found == (0.15, 0.15, SpacingType.MAGNIFIED)


@pytest.mark.parametrize("values", [["0.5"], ["0", "1"], ["-1", "1"], ["a", "b"], ["1", "2", "3"]])
@pytest.mark.parametrize(
    "tag", [Tag.PIXEL_SPACING, Tag.IMAGER_PIXEL_SPACING, Tag.NOMINAL_SCANNED_PIXEL_SPACING]
)
def test_what_is_no_spacing_is_none(header, tag, values):
    assert spacing(header, {tag: values}) is None


@pytest.mark.parametrize(
    "tag",
    [
        Tag.ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR,
        Tag.DISTANCE_SOURCE_TO_DETECTOR,
        Tag.DISTANCE_SOURCE_TO_PATIENT,
    ],
)
def test_a_magnification_that_cannot_be_read_is_none(header, tag, caplog):
    elements = {**IMAGER, **DETECTOR, Tag.DISTANCE_SOURCE_TO_PATIENT: "0", tag: "far"}
    assert spacing(header, elements) == (0.2, 0.4, SpacingType.PROJECTED)
    assert f"({tag >> 16:04X},{tag & 0xFFFF:04X})" in caplog.text


def test_ultrasound_regions_say_nothing_of_the_whole_image(header):
    region = {
        Tag.PHYSICAL_DELTA_X: 0.01,
        Tag.PHYSICAL_DELTA_Y: 0.01,
        Tag.PHYSICAL_UNITS_X_DIRECTION: 3,
        Tag.PHYSICAL_UNITS_Y_DIRECTION: 3,
    }
    elements = {Tag.MODALITY: "US", Tag.SEQUENCE_OF_ULTRASOUND_REGIONS: [region]}
    assert spacing(header, elements, "1.2.840.10008.5.1.4.1.1.6.1") is None


def test_the_shape_of_a_pixel_is_read_where_no_spacing_is(header):
    shape = {Tag.PIXEL_ASPECT_RATIO: ["2", "1"]}
    assert read_image_plane(header(shape), 1).pixel_aspect_ratio == (2, 1)
    assert read_image_plane(header({**shape, **PIXEL}), 1).pixel_aspect_ratio is None
    for wrong in (["2"], ["0", "1"], ["-1", "1"], ["x", "1"]):
        plane = read_image_plane(header({Tag.PIXEL_ASPECT_RATIO: wrong}), 1)
        assert plane.pixel_aspect_ratio is None
