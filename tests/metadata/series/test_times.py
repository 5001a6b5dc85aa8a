"""Images of which several lie in each place are points in time, and none is dropped."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.metadata.series.times import split_by_time


def images(make, volumes, places=3, *, keyword="TemporalPositionIdentifier"):
    """Make a volume for each of the values, numbered through."""
    return [
        make(
            number * places + place + 1,
            (0.0, 0.0, 2.0 * place),
            times={} if value is None else {keyword: value},
        )
        for number, value in enumerate(volumes)
        for place in range(places)
    ]


def numbers(group):
    return [one.instance_number for one in group]


@pytest.mark.parametrize(
    "keyword",
    [
        "TemporalPositionIdentifier",
        "DiffusionBValue",
        "TriggerTime",
        "EchoTime",
        "EchoNumbers",
        "InversionTime",
        "FrameReferenceTime",
        "AcquisitionNumber",
        "DimensionIndexValues[2]",
    ],
)
def test_what_tells_volumes_apart_is_found(make, keyword):
    shuffled = random.Random(4).sample(images(make, [30, 10, 20], keyword=keyword), 9)

    split = split_by_time(shuffled)

    assert split.keyword == keyword
    assert split.values == (10, 20, 30)
    assert [numbers(group) for group in split.groups] == [[4, 5, 6], [7, 8, 9], [1, 2, 3]]
    assert split.left_over == ()


def test_the_first_element_that_does_counts(make):
    found = [
        make(
            number,
            (0.0, 0.0, float(number % 2)),
            times={"EchoTime": 5.0, "TriggerTime": 10.0 * (number // 2), "EchoNumbers": number},
        )
        for number in range(6)
    ]
    assert split_by_time(found).keyword == "TriggerTime"


def test_a_volume_that_was_not_finished_is_left_over(make):
    found = images(make, [1, 2, 3])[:-1]

    split = split_by_time(found)

    assert [numbers(group) for group in split.groups] == [[1, 2, 3], [4, 5, 6]]
    assert numbers(split.left_over) == [7, 8]


def test_a_second_image_of_one_place_and_value_is_left_over(make):
    found = [
        *images(make, [1, 2]),
        make(99, (0.0, 0.0, 2.0), times={"TemporalPositionIdentifier": 2}),
    ]

    assert numbers(split_by_time(found).left_over) == [99]


def test_trigger_times_that_differ_from_place_to_place_count_by_their_order(make):
    # A cine of the heart: each slice is taken in a beat of its own.
    found = [
        make(
            place * 3 + phase,
            (0.0, 0.0, 8.0 * place),
            times={"TriggerTime": 30.0 * phase + 7 * place},
        )
        for place in range(4)
        for phase in range(3)
    ]

    split = split_by_time(found)

    assert split.keyword == "TriggerTime"
    assert split.values == (0, 30, 60)
    assert numbers(split.groups[1]) == [1, 4, 7, 10]


def test_weightings_of_one_b_value_are_told_apart_by_their_direction(make):
    weightings = [(0.0, None), (1000.0, "1\\0\\0"), (1000.0, "0\\1\\0"), (2000.0, "1\\0\\0")]
    found = [
        make(
            number * 2 + place,
            (0.0, 0.0, float(place)),
            times={"DiffusionBValue": b}
            | ({} if direction is None else {"DiffusionGradientOrientation": direction}),
        )
        for number, (b, direction) in enumerate(weightings)
        for place in range(2)
    ]

    split = split_by_time(found)

    assert split.keyword == "DiffusionBValue, DiffusionGradientOrientation"
    assert split.values == ("0.0, ", "1000.0, 0\\1\\0", "1000.0, 1\\0\\0", "2000.0, 1\\0\\0")
    assert split.left_over == ()


def test_frames_without_positions_go_by_what_numbers_their_slices(make):
    # PS3.3 C.8.4.8.1.1: a gated reconstruction, its frames in the order of time slots.
    found = [
        make(
            slot * 4 + place,
            None,
            modality="NM",
            times={"TimeSlotVector": slot, "SliceVector": place},
        )
        for slot in (1, 2)
        for place in range(4)
    ]

    split = split_by_time(found)

    assert (split.keyword, split.values) == ("TimeSlotVector", (1, 2))
    assert numbers(split.groups[0]) == [4, 5, 6, 7]


@pytest.mark.parametrize("values", [[1], [None, None]])
def test_what_is_no_series_in_time_is_none(make, values):
    assert split_by_time(images(make, values)) is None


def test_no_images_are_none():
    assert split_by_time([]) is None


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.sampled_from([None, 1, 2, 3]), st.sampled_from([None, 5, 6])
        ),
        max_size=24,
    )
)
def test_each_image_is_in_one_group_or_left_over(make, drawn):
    found = [
        make(
            number,
            (0.0, 0.0, 3.0 * place),
            times={
                key: value
                for key, value in (("EchoTime", echo), ("AcquisitionNumber", acquisition))
                if value is not None
            },
        )
        for number, (place, echo, acquisition) in enumerate(drawn)
    ]

    split = split_by_time(found)

    if split is not None:
        together = [one.image_id for group in split.groups for one in group]
        together += [one.image_id for one in split.left_over]
        assert sorted(together) == sorted(one.image_id for one in found)
        places = {tuple(one.plane.image_position_lps for one in group) for group in split.groups}
        assert len(places) == 1
        assert len(split.values) == len(split.groups) == len(set(split.values)) > 1


def test_the_enhanced_image_of_siemens_is_four_points_in_time(facts_of):
    # dcm_qa_enh keeps four files of the series; its NIfTI answer has a volume for each.
    found = facts_of("dcm_qa_enh/In/Siemens/XA10")

    split = split_by_time(found)

    assert split.keyword == "TemporalPositionIndex"
    assert split.values == (1, 2, 3, 4)
    assert [len(group) for group in split.groups] == [6, 6, 6, 6]
    sources = [{one.source.rpartition("_")[2] for one in group} for group in split.groups]
    assert sources == [{"1.dcm"}, {"2.dcm"}, {"3.dcm"}, {"4.dcm"}]
