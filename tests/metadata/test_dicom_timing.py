"""What tells images of one place apart is read from the standard's elements, or the maker's."""

from __future__ import annotations

import pytest

from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.dicom_timing import read_timing
from pycornerstone.model.modules import TimingModule


def test_a_plain_header_says_what_it_has(header):
    attributes = header(
        {
            Tag.TEMPORAL_POSITION_IDENTIFIER: 3,
            Tag.ACQUISITION_NUMBER: 2,
            Tag.ACQUISITION_TIME: "101500.5",
            Tag.TRIGGER_TIME: 40.5,
            Tag.ECHO_TIME: 90,
            Tag.INVERSION_TIME: 150,
            Tag.ECHO_NUMBERS: 1,
            Tag.DIFFUSION_B_VALUE: 800,
            Tag.DIFFUSION_GRADIENT_ORIENTATION: [0, 1, 0],
            Tag.FRAME_REFERENCE_TIME: 1200,
            Tag.CARDIAC_NUMBER_OF_IMAGES: 20,
            Tag.STACK_ID: "1",
            Tag.IN_STACK_POSITION_NUMBER: 5,
        }
    )
    assert read_timing(attributes, 1) == TimingModule(
        temporal_position_identifier=3,
        acquisition_number=2,
        acquisition_time="101500.5",
        trigger_time_ms=40.5,
        echo_time_ms=90,
        inversion_time_ms=150,
        echo_number=1,
        diffusion_b_value=800,
        diffusion_gradient_orientation=(0, 1, 0),
        frame_reference_time_ms=1200,
        cardiac_number_of_images=20,
        stack_id="1",
        in_stack_position_number=5,
    )


@pytest.mark.parametrize(
    ("creator", "name", "element", "value", "expected"),
    [
        (Tag.PHILIPS_IMAGING_CREATOR, "Philips Imaging DD 001", Tag.PHILIPS_B_VALUE, 500.0, 500),
        (Tag.SIEMENS_MR_CREATOR, "SIEMENS MR HEADER", Tag.SIEMENS_B_VALUE, 1000, 1000),
        # GE adds 1e9 to it; what is left modulo 100,000 is the b-value.
        (Tag.GE_PARAMETERS_CREATOR, "GEMS_PARM_01", Tag.GE_B_VALUES, [1000000750, 8, 0], 750),
        (Tag.SIEMENS_MR_CREATOR, "ACME", Tag.SIEMENS_B_VALUE, 1000, None),
        (Tag.PHILIPS_IMAGING_CREATOR, "ACME", Tag.PHILIPS_B_VALUE, 500.0, None),
        (Tag.GE_PARAMETERS_CREATOR, "ACME", Tag.GE_B_VALUES, [750], None),
    ],
)
def test_a_makers_b_value_counts_below_his_name(header, creator, name, element, value, expected):
    assert read_timing(header({creator: name, element: value}), 1).diffusion_b_value == expected


def test_the_standards_b_value_goes_first(header):
    attributes = header(
        {
            Tag.SIEMENS_MR_CREATOR: "SIEMENS MR HEADER",
            Tag.SIEMENS_B_VALUE: 5,
            Tag.SIEMENS_DIFFUSION_GRADIENT_DIRECTION: [1, 0, 0],
            Tag.DIFFUSION_B_VALUE: 7,
        }
    )
    timing = read_timing(attributes, 1)
    assert timing.diffusion_b_value == 7
    assert timing.diffusion_gradient_orientation == (1, 0, 0)


def test_frames_of_an_enhanced_image_have_their_own(header):
    def frame(b, echo, delay, index):
        return {
            Tag.MR_DIFFUSION_SEQUENCE: {
                Tag.DIFFUSION_B_VALUE: b,
                Tag.DIFFUSION_GRADIENT_DIRECTION_SEQUENCE: {
                    Tag.DIFFUSION_GRADIENT_ORIENTATION: [0, 0, 1]
                },
            },
            Tag.MR_ECHO_SEQUENCE: {Tag.EFFECTIVE_ECHO_TIME: echo},
            Tag.CARDIAC_SYNCHRONIZATION_SEQUENCE: {Tag.NOMINAL_CARDIAC_TRIGGER_DELAY_TIME: delay},
            Tag.FRAME_CONTENT_SEQUENCE: {
                Tag.TEMPORAL_POSITION_INDEX: index,
                Tag.DIMENSION_INDEX_VALUES: [1, index],
                Tag.FRAME_ACQUISITION_NUMBER: 4,
                Tag.STACK_ID: "A",
                Tag.IN_STACK_POSITION_NUMBER: 9,
            },
        }

    attributes = header(
        {
            Tag.ECHO_TIME: 1.0,
            Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [frame(0, 5, 10, 1), frame(900, 6, 20, 2)],
        }
    )
    timing = read_timing(attributes, 2)

    assert (timing.diffusion_b_value, timing.echo_time_ms, timing.trigger_time_ms) == (900, 6, 20)
    assert timing.diffusion_gradient_orientation == (0, 0, 1)
    assert (timing.temporal_position_index, timing.dimension_index_values) == (2, (1, 2))
    assert (timing.acquisition_number, timing.stack_id) == (4, "A")
    assert timing.in_stack_position_number == 9


def test_frames_of_nuclear_medicine_go_by_their_vectors(header):
    # PS3.3 C.8.4.8.1.1: one value for each frame.
    attributes = header(
        {
            Tag.TIME_SLOT_VECTOR: [1, 1, 2, 2],
            Tag.SLICE_VECTOR: [1, 2, 1, 2],
            Tag.NUMBER_OF_FRAMES: 4,
        }
    )
    timing = read_timing(attributes, 3)
    assert (timing.time_slot, timing.slice_number) == (2, 1)
    assert read_timing(attributes, 5).time_slot is None


def test_what_cannot_be_read_is_unknown(header, caplog):
    wrong = {Tag.ECHO_TIME: "long", Tag.TIME_SLOT_VECTOR: ["x"], Tag.DIFFUSION_B_VALUE: "b"}
    assert read_timing(header(wrong), 1) == TimingModule()
    assert "(0018,0081) Echo Time" in caplog.text
