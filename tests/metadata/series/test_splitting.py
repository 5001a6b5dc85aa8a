"""Images become display sets, and each is in one of them or left out."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.series.order import report_geometry
from pycornerstone.metadata.series.splitting import SplitRule, split_series
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.model.geometry_report import FindingKind


def run(make, first, heights, **changes):
    return [
        make(number, (0.0, 0.0, float(height)), **changes)
        for number, height in enumerate(heights, first)
    ]


def shown(sets):
    return [(one.kind.value, one.number_of_images) for one in sets]


def test_an_even_run_is_a_volume_in_its_order(make):
    (found,) = split_series(run(make, 1, [4, 2, 0]))

    assert found.kind is DisplaySetKind.VOLUME
    assert found.image_ids == ("custom:3", "custom:2", "custom:1")
    assert found.report.is_volume
    assert (found.rows, found.columns, found.modality, found.reason) == (4, 6, "CT", "")
    assert found.frame_of_reference_uid == "1.9"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rows": 9}, "size"),
        ({"sample_type": "uint8"}, "kind of samples"),
        ({"frame_of_reference_uid": "1.7"}, "frame of reference"),
        ({"row_cosines": (0.0, 0.0, 1.0)}, "orientation"),
        ({"row_pixel_spacing_mm": 0.7}, "pixel spacing"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "scout"),
    ],
)
def test_what_is_unlike_the_rest_of_its_series_is_apart(make, changes, reason):
    sets = split_series([*run(make, 1, [0, 2, 4]), make(9, (0.0, 0.0, 6.0), **changes)])

    assert shown(sets) == [("volume", 3), ("single image", 1)]
    assert reason in sets[1].reason


def test_series_are_in_the_order_of_their_numbers(make):
    sets = split_series(
        [
            make(1, (0.0, 0.0, 0.0), series_instance_uid="1.5", series_number=7),
            make(2, (0.0, 0.0, 0.0), series_instance_uid="1.6", series_number=None),
            make(3, (0.0, 0.0, 0.0), series_instance_uid="1.7", series_number=2),
        ]
    )
    assert [one.series_number for one in sets] == [2, 7, None]


@pytest.mark.parametrize("modality", ["CR", "DX", "MG"])
def test_radiographs_are_shown_one_by_one(make, modality):
    sets = split_series([make(number, None, modality=modality) for number in (1, 2)])
    assert shown(sets) == [("single image", 1)] * 2


def test_films_are_one_an_instance(make):
    frames = [
        make(
            f"{film}:{frame}",
            None,
            source=f"custom:{film}",
            instance_number=film,
            modality="XA",
            number_of_frames=3,
            frame_number=frame,
        )
        for film in (1, 2)
        for frame in (3, 1, 2)
    ]

    sets = split_series(frames)

    assert shown(sets) == [("stack", 3)] * 2
    assert sets[0].image_ids == ("custom:1:1", "custom:1:2", "custom:1:3")


def test_points_in_time_are_one_set(make):
    found = [
        one
        for time in (1, 2)
        for one in run(make, time * 10, [0, 2, 4], times={"TemporalPositionIdentifier": time})
    ]

    (only,) = split_series(random.Random(1).sample(found, 6))

    assert only.kind is DisplaySetKind.VOLUME_4D
    assert only.time_keyword == "TemporalPositionIdentifier"
    assert only.time_values == (1, 2)
    assert only.time_points == (
        ("custom:10", "custom:11", "custom:12"),
        ("custom:20", "custom:21", "custom:22"),
    )
    assert only.image_ids == only.time_points[0] + only.time_points[1]
    assert only.report.geometry.shape == (3, 4, 6)


def test_what_fits_into_no_point_in_time_is_a_set_of_its_own(make):
    found = [
        one
        for time in (1, 2, 3)
        for one in run(make, time * 10, [0, 2, 4], times={"TemporalPositionIdentifier": time})
    ][:-1]

    sets = split_series(found)

    assert shown(sets) == [("4d volume", 6), ("volume", 2)]
    assert sets[1].image_ids == ("custom:30", "custom:31")
    assert "left over" in sets[1].reason


def test_magnitudes_and_phases_are_no_points_in_time(make):
    found = [
        one
        for kind, echo in (("M", 1.0), ("P", 2.0))
        for one in run(
            make, int(echo * 10), [0, 2, 4], image_type=("ORIGINAL", kind), times={"EchoTime": echo}
        )
    ]
    sets = split_series(found)
    assert shown(sets) == [("volume", 3), ("volume", 3)]
    assert "image type" in sets[0].reason


def test_a_run_through_the_same_places_again_is_another_volume(make):
    sets = split_series([*run(make, 1, [0, 2, 4]), *run(make, 4, [0, 2, 4])])

    assert [one.image_ids for one in sets] == [
        ("custom:1", "custom:2", "custom:3"),
        ("custom:4", "custom:5", "custom:6"),
    ]


def test_an_image_that_is_there_again_is_beside_its_volume(make):
    sets = split_series([*run(make, 1, [0, 2, 4]), make(9, (0.0, 0.0, 2.0))])

    assert shown(sets) == [("volume", 3), ("single image", 1)]
    assert sets[1].image_ids == ("custom:9",)


def test_two_acquisitions_behind_each_other_are_two_volumes(make):
    chest = run(make, 1, [0, 5, 10], times={"AcquisitionNumber": 1})
    head = run(make, 4, [301, 302, 303], times={"AcquisitionNumber": 2})

    sets = split_series(chest + head)

    assert shown(sets) == [("volume", 3)] * 2
    assert all("acquisition" in one.reason for one in sets)


def test_a_volume_with_a_gap_says_so(make):
    (found,) = split_series(run(make, 1, [0, 2, 4, 8, 10]))

    assert found.kind is DisplaySetKind.VOLUME
    assert found.report.has(FindingKind.GAP)
    assert not found.report.is_volume


def test_images_without_a_place_are_a_stack_by_their_numbers(make):
    (found,) = split_series([make(3, None), make(1, None), make(2, None)])

    assert found.kind is DisplaySetKind.STACK
    assert found.image_ids == ("custom:1", "custom:2", "custom:3")
    assert found.report is None


def test_what_has_no_pixels_is_left_out_with_the_reason(make):
    report = make(5, None, is_image=False, rows=None, modality="SR")

    sets = split_series([*run(make, 1, [0, 2]), report])

    assert shown(sets) == [("volume", 2)]
    assert [(out.image_id, out.reason) for out in sets.left_out] == [
        ("custom:5", "it has no pixels")
    ]


def test_a_users_rule_goes_first(make):
    thick = SplitRule(
        "thickness",
        matches=lambda one: one.plane.slice_thickness_mm is not None,
        group_by=lambda one: one.plane.slice_thickness_mm,
    )
    films = SplitRule("film", matches=lambda _: True, kind=DisplaySetKind.STACK)
    found = [
        *run(make, 1, [0, 2], slice_thickness_mm=1.0),
        *run(make, 3, [4, 6], slice_thickness_mm=2.0),
        *run(make, 5, [8, 10]),
    ]

    sets = split_series(found, [thick, films])

    assert shown(sets) == [("volume", 2), ("volume", 2), ("stack", 2)]
    assert [one.reason for one in sets] == [
        "split rule thickness",
        "split rule thickness",
        "split rule film",
    ]


def test_a_rule_that_fails_is_named(make):
    rule = SplitRule("mine", matches=lambda one: one.plane.no_such_thing)
    with pytest.raises(MetadataError, match="split rule 'mine' failed with AttributeError"):
        split_series([make()], [rule])


def test_an_id_is_that_of_the_same_images(make):
    found = run(make, 1, [0, 2, 4])
    (one,), (other,) = split_series(found), split_series(found[::-1])
    (fewer,) = split_series(found[:2])

    assert one.display_set_id == other.display_set_id != fewer.display_set_id


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "position": st.sampled_from(
                    [None, *[(0.0, 0.0, z) for z in (0.0, 1.0, 2.0, 2.5, 7.0)]]
                ),
                "instance_number": st.sampled_from([None, 1, 2, 3]),
                "rows": st.sampled_from([None, 4, 4, 8]),
                "modality": st.sampled_from(["CT", "DX", None]),
                "is_image": st.sampled_from([True, True, True, False]),
                "is_grid": st.sampled_from([False, False, True]),
                "series_instance_uid": st.sampled_from([None, "1.2", "1.2"]),
                "number_of_frames": st.sampled_from([1, 1, 2]),
                "image_type": st.sampled_from([(), ("A",), ("A", "LOCALIZER")]),
                "times": st.dictionaries(
                    st.sampled_from(["EchoTime", "TriggerTime", "AcquisitionNumber"]),
                    st.integers(0, 2),
                ),
            }
        ),
        max_size=16,
    )
)
def test_each_image_is_in_one_set_or_left_out(make, drawn):
    found = [make(number, **fields) for number, fields in enumerate(drawn)]

    sets = split_series(found)

    counted = Counter(image_id for one in sets for image_id in one.image_ids)
    counted.update(out.image_id for out in sets.left_out)
    assert counted == Counter(one.image_id for one in found)
    for one in sets.volumes():
        assert one.report is not None
        assert one.report.is_volume or one.report.regular_geometry is not None
        assert tuple(i for point in one.time_points for i in point) in {(), one.image_ids}


def test_the_folders_of_pydicoms_dicomdirs_lose_no_image(facts_of, testdata):
    folders = {path.parent for path in (testdata / "pypi-pydicom").rglob("DICOMDIR")}
    assert folders
    for folder in folders:
        found = facts_of(str(folder.relative_to(testdata)))
        sets = split_series(found)
        together = [image_id for one in sets for image_id in one.image_ids]
        together += [out.image_id for out in sets.left_out]
        assert sorted(together) == sorted(one.image_id for one in found)


def test_the_tilted_study_is_its_series_and_scouts(facts_of):
    sets = split_series(facts_of("dcm_qa_ct/In/Philips/S21610"))

    assert ("volume", 8) in shown(sets)
    assert any(one.report is not None and one.report.is_sheared for one in sets)
    # DICOMDIRs and the like.
    assert all(out.reason == "it has no pixels" for out in sets.left_out)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"image_position_lps": (0.0, 0.0, math.nan)},
        {"image_position_lps": (0.0, math.inf, 0.0)},
        {"image_position_lps": (0.0, -1e308, 1e308)},
        {"row_cosines": (0.0, 0.0, 0.0)},
        {"row_cosines": (0.0, 1.0, 0.0)},
        {"column_cosines": (0.0, math.nan, 0.0)},
        {"row_cosines": (1e200, 0.0, 0.0), "column_cosines": (0.0, 1e200, 0.0)},
        {"row_pixel_spacing_mm": 1e300, "column_pixel_spacing_mm": 1e300},
        {"row_pixel_spacing_mm": 1e-300, "column_pixel_spacing_mm": 1e-300},
        {"rows": 0},
    ],
    ids=lambda nonsense: ", ".join(map(str, nonsense.values())),
)
def test_an_image_whose_header_says_nonsense_is_shown_and_harms_no_other(make, nonsense):
    # 20 slices, and one more whose numbers are no place, no direction or no size.
    sane = [make(number, (0.0, 0.0, 2.0 * number)) for number in range(1, 21)]
    position = nonsense.pop("image_position_lps", (0.0, 0.0, 42.0))
    odd = make(21, position, **nonsense)

    sets = split_series([odd, *sane])

    volume, other = sorted(sets, key=lambda found: -found.number_of_images)
    assert volume.image_ids == tuple(one.image_id for one in sane)
    assert volume.report.is_volume
    assert other.image_ids == (odd.image_id,)
    assert not report_geometry([odd, odd]).is_volume


def test_spacings_that_are_no_numbers_part_no_series(make):
    slices = [
        make(number, (0.0, 0.0, 2.0 * number), row_pixel_spacing_mm=float("nan"))
        for number in range(1, 6)
    ]

    (found,) = split_series(slices)

    assert found.kind is DisplaySetKind.VOLUME
