"""What a frame is of: dimensions, segments, nuclear medicine volumes."""

from __future__ import annotations

import pydicom
import pytest

from pycornerstone.metadata.dicom_frames import (
    read_frame,
    read_nuclear_geometry,
    read_segmentation,
)
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.modules import FrameModule, NmMultiframeGeometryModule, Segment

PHILIPS = "dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm"
SIEMENS = "dcm_qa_enh/In/Siemens/XA10/6_1.dcm"
ENHANCED_CT = "pypi-pydicom-data/data_store/data/eCT_Supplemental.dcm"
SEGMENTATIONS = (
    "dcmqi/data/sr-example/seg.dcm",
    "dcmqi/data/segmentations/partial_overlaps.dcm",
    "dcmqi/data/segmentations/sparse-labelmap-noppv.dcm",
    "highdicom/data/test_files/seg_image_ct_binary_fractional.dcm",
    "highdicom/data/test_files/seg_image_sm_dots.dcm",
)
FRAME_TYPES = {
    PHILIPS: "MRImageFrameTypeSequence",
    SIEMENS: "MRImageFrameTypeSequence",
    ENHANCED_CT: "CTImageFrameTypeSequence",
}


@pytest.fixture
def both(testdata):
    """Give the attributes and the pydicom data set of a file."""

    def read(name):
        path = testdata / name
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        return read_part10(path.read_bytes()).attributes, dataset

    return read


@pytest.mark.parametrize("name", [PHILIPS, SIEMENS, ENHANCED_CT])
def test_the_content_of_enhanced_frames_is_as_pydicom_reads_it(both, name):
    attributes, dataset = both(name)
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence, 1):
        said = group.FrameContentSequence[0]
        found = read_frame(attributes, number)
        assert found.frame_number == number
        assert found.dimension_index_values == tuple(said.get("DimensionIndexValues", ()))
        assert found.stack_id == said.get("StackID")
        assert found.in_stack_position_number == said.get("InStackPositionNumber")
        assert found.temporal_position_index == said.get("TemporalPositionIndex")
        assert found.frame_acquisition_datetime == said.get("FrameAcquisitionDateTime")
        assert found.frame_reference_datetime == said.get("FrameReferenceDateTime")
        assert found.frame_acquisition_duration_ms == said.get("FrameAcquisitionDuration")
        macro = FRAME_TYPES[name]
        groups = (group, dataset.SharedFunctionalGroupsSequence[0])
        types = next(g[macro][0].FrameType for g in groups if macro in g)
        assert found.frame_type == tuple(types)


def test_an_image_that_is_not_enhanced_knows_which_frame_it_is(header):
    assert read_frame(header({}), 3) == FrameModule(frame_number=3)


def test_content_that_cannot_be_read_is_unknown(header, caplog):
    content = {
        Tag.DIMENSION_INDEX_VALUES: ["a", "b"],
        Tag.TEMPORAL_POSITION_INDEX: "late",
        Tag.STACK_ID: "1",
    }
    group = {Tag.FRAME_CONTENT_SEQUENCE: [content]}
    found = read_frame(header({Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [group]}), 1)
    assert found == FrameModule(stack_id="1")
    assert "(0020,9157)" in caplog.text
    assert "(0020,9128)" in caplog.text


@pytest.mark.parametrize("name", SEGMENTATIONS)
def test_segments_are_as_pydicom_reads_them(both, name):
    attributes, dataset = both(name)
    found = read_segmentation(attributes)
    assert found.segmentation_type == dataset.SegmentationType
    assert found.fractional_type == dataset.get("SegmentationFractionalType")
    assert found.maximum_fractional_value == dataset.get("MaximumFractionalValue")
    assert len(found.segments) == len(dataset.SegmentSequence)
    for segment, item in zip(found.segments, dataset.SegmentSequence, strict=True):
        color = item.get("RecommendedDisplayCIELabValue")
        assert segment == Segment(
            number=item.SegmentNumber,
            label=item.SegmentLabel,
            description=item.get("SegmentDescription"),
            algorithm_type=item.SegmentAlgorithmType,
            algorithm_name=item.get("SegmentAlgorithmName"),
            category=item.SegmentedPropertyCategoryCodeSequence[0].CodeMeaning,
            property_type=item.SegmentedPropertyTypeCodeSequence[0].CodeMeaning,
            recommended_cielab=None if color is None else tuple(color),
        )


@pytest.mark.parametrize("name", SEGMENTATIONS)
def test_a_frame_says_which_segment_it_shows_unless_its_samples_do(both, name):
    attributes, dataset = both(name)
    is_label_map = dataset.SegmentationType == "LABELMAP"
    shared = dataset.SharedFunctionalGroupsSequence[0].get("SegmentIdentificationSequence", [])
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence, 1):
        said = [*group.get("SegmentIdentificationSequence", []), *shared]
        expected = said[0].ReferencedSegmentNumber if said else None
        assert read_frame(attributes, number).referenced_segment_number == expected
        assert (expected is None) == is_label_map


def test_what_is_no_segmentation_has_no_segments(header):
    assert read_segmentation(header({Tag.MODALITY: "CT"})) is None


def test_a_segment_that_nothing_can_refer_to_is_left_out(header, caplog):
    segments = [{Tag.SEGMENT_LABEL: "a"}, {Tag.SEGMENT_NUMBER: 2, Tag.SEGMENT_LABEL: "b"}]
    found = read_segmentation(header({Tag.SEGMENT_SEQUENCE: segments}))
    assert found.segments == (Segment(2, "b"),)
    assert "(0062,0002) Segment Sequence" in caplog.text


def nuclear(header, **more):
    elements = {
        Tag.MODALITY: "NM",
        Tag.IMAGE_TYPE: ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"],
        Tag.PIXEL_SPACING: ["4", "5"],
        Tag.SLICE_THICKNESS: "6",
        Tag.SPACING_BETWEEN_SLICES: "-7",
        Tag.NUMBER_OF_FRAMES: "64",
        Tag.DETECTOR_INFORMATION_SEQUENCE: [
            {
                Tag.IMAGE_POSITION_PATIENT: ["1", "2", "3"],
                Tag.IMAGE_ORIENTATION_PATIENT: ["1", "0", "0", "0", "1", "0"],
            }
        ],
    }
    return header({**elements, **{Tag[name]: value for name, value in more.items()}})


def test_every_field_of_a_nuclear_volume(header):
    assert read_nuclear_geometry(nuclear(header)) == NmMultiframeGeometryModule(
        modality="NM",
        image_type=("ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"),
        image_sub_type="RECON TOMO",
        row_cosines=(1.0, 0.0, 0.0),
        column_cosines=(0.0, 1.0, 0.0),
        image_position_lps=(1.0, 2.0, 3.0),
        slice_thickness_mm=6.0,
        spacing_between_slices_mm=-7.0,
        pixel_spacing_mm=(4.0, 5.0),
        number_of_frames=64,
        is_reconstructable=True,
    )


@pytest.mark.parametrize("kind", ["TOMO", "GATED TOMO", "STATIC", "WHOLE BODY", ""])
def test_projections_are_no_volume(header, kind):
    # PS3.3 C.8.4.9.1.1: only RECON TOMO and RECON GATED TOMO are reconstructed.
    found = read_nuclear_geometry(nuclear(header, IMAGE_TYPE=["ORIGINAL", "PRIMARY", kind]))
    assert not found.is_reconstructable
    assert found.image_position_lps is None
    assert found.image_sub_type == (kind or None)


def test_nuclear_values_that_cannot_be_read_are_unknown(header, caplog):
    found = read_nuclear_geometry(
        nuclear(header, PIXEL_SPACING=["4"], SLICE_THICKNESS="thick", IMAGE_TYPE=["ORIGINAL"])
    )
    assert found.pixel_spacing_mm is found.slice_thickness_mm is found.image_sub_type is None
    assert "(0018,0050)" in caplog.text


def test_other_modalities_have_no_nuclear_geometry(header):
    assert read_nuclear_geometry(nuclear(header, MODALITY="PT")) is None
