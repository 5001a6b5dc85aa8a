"""What is said of one frame goes before what is said of all, and that before the instance."""

from __future__ import annotations

import pytest

from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.functional_groups import (
    find_numbers,
    frame_groups,
    frame_sources,
    macro_items,
    readable_items,
)


@pytest.fixture
def enhanced(header):
    def position(z: str) -> dict:
        return {Tag.PLANE_POSITION_SEQUENCE: [{Tag.IMAGE_POSITION_PATIENT: ["0", "0", z]}]}

    return header(
        {
            Tag.IMAGE_POSITION_PATIENT: ["9", "9", "9"],
            Tag.SLICE_THICKNESS: "5",
            Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [
                position("1"),
                {},
                {Tag.PLANE_POSITION_SEQUENCE: [{Tag.IMAGE_POSITION_PATIENT: ["x", "0", "0"]}]},
            ],
            Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE: [position("7")],
        }
    )


def find(attributes, frame: int, tag: Tag = Tag.IMAGE_POSITION_PATIENT) -> tuple[float, ...]:
    return find_numbers(frame_sources(attributes, frame, Tag.PLANE_POSITION_SEQUENCE), tag)


def test_the_group_of_the_frame_comes_first(enhanced):
    assert find(enhanced, 1) == (0, 0, 1)


def test_a_frame_that_says_nothing_has_what_all_frames_have(enhanced):
    assert find(enhanced, 2) == (0, 0, 7)


def test_a_frame_that_says_nothing_readable_has_what_all_frames_have(enhanced, caplog):
    assert find(enhanced, 3) == (0, 0, 7)
    assert "(0020,0032) Image Position (Patient)" in caplog.text


@pytest.mark.parametrize("frame", [0, 4, 1000])
def test_a_frame_that_is_not_there_has_what_all_or_no_frames_have(enhanced, frame):
    expected = (0, 0, 1) if frame == 0 else (0, 0, 7)
    assert find(enhanced, frame) == expected


def test_what_no_group_says_is_said_by_the_instance(enhanced):
    assert find(enhanced, 1, Tag.SLICE_THICKNESS) == (5,)


def test_an_image_without_groups_speaks_for_itself(header):
    assert find(header({Tag.IMAGE_POSITION_PATIENT: ["1", "2", "3"]}), 5) == (1, 2, 3)
    assert find(header({}), 1) == ()


def test_an_empty_macro_is_passed_over(header):
    attributes = header(
        {
            Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE: [{Tag.PLANE_POSITION_SEQUENCE: []}],
            Tag.IMAGE_POSITION_PATIENT: ["1", "2", "3"],
        }
    )
    assert find(attributes, 1) == (1, 2, 3)


def test_the_groups_of_a_frame_are_its_own_and_the_shared_one(enhanced, header):
    own, shared = frame_groups(enhanced, 2)
    assert own.items(Tag.PLANE_POSITION_SEQUENCE) == ()
    assert len(macro_items((own, shared), Tag.PLANE_POSITION_SEQUENCE)) == 1
    assert len(frame_groups(enhanced, 99)) == 1
    assert frame_groups(header({}), 1) == ()


def test_a_sequence_that_cannot_be_read_is_left_out(caplog):
    damaged = JsonAttributes({"00620002": {"vr": "SQ", "Value": [5]}})
    assert readable_items(damaged, Tag.SEGMENT_SEQUENCE) == ()
    assert "(0062,0002) Segment Sequence cannot be read" in caplog.text
