"""Mosaics in a series: each is a volume, several of one grid are points in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.metadata.series.order import report_geometry
from pycornerstone.metadata.series.splitting import split_series
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.model.geometry_report import FindingKind
from pycornerstone.model.modules import MosaicModule

LAYOUT = MosaicModule(7, 10, 8, (0.0, 0.0, 1.0), 3.5)


def mosaic(make, number=1, position=(0.0, 0.0, 0.0), layout=LAYOUT, **changes):
    changes = {"rows": 30, "columns": 24, "modality": "MR", "mosaic": layout} | changes
    return make(number, position, **changes)


@given(
    turn=st.tuples(*[st.floats(-3, 3)] * 3),
    first=st.tuples(*[st.floats(-200, 200)] * 3),
    spacing=st.tuples(*[st.floats(0.3, 6)] * 3),
    tiles=st.integers(2, 60),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    descends=st.booleans(),
)
def test_the_geometry_that_a_mosaic_was_made_of_is_found_again(
    make, turn, first, spacing, tiles, size, descends
):
    a, b, c = turn
    row = np.array([np.cos(a) * np.cos(b), np.sin(a) * np.cos(b), -np.sin(b)])
    other = np.array([-np.sin(a), np.cos(a), 0.0])
    column = np.cos(c) * other + np.sin(c) * np.cross(row, other)
    normal = np.cross(row, column)
    (rows, columns), (row_mm, column_mm, distance) = size, spacing
    across = next(n for n in range(1, 100) if n * n >= tiles)
    # What Siemens writes: the middle of the picture is that of the first tile.
    middle = np.array(first) + row * column_mm * (columns - 1) / 2
    middle += column * row_mm * (rows - 1) / 2
    corner = middle - row * column_mm * (across * columns - 1) / 2
    corner -= column * row_mm * (across * rows - 1) / 2
    towards = -normal if descends else normal
    report = report_geometry(
        [
            mosaic(
                make,
                position=tuple(corner.tolist()),
                layout=MosaicModule(tiles, rows, columns, tuple(towards.tolist()), distance),
                rows=across * rows,
                columns=across * columns,
                row_cosines=tuple(row.tolist()),
                column_cosines=tuple(column.tolist()),
                row_pixel_spacing_mm=row_mm,
                column_pixel_spacing_mm=column_mm,
            )
        ]
    )
    geometry = report.geometry
    assert geometry.shape == (tiles, rows, columns)
    assert report.has(FindingKind.MOSAIC)
    for tile in (0, 1, tiles - 1):
        k = tiles - 1 - tile if descends else tile
        place = np.array(first) + towards * distance * tile
        place += row * column_mm * (columns - 1) + column * row_mm * (rows - 1)
        index = geometry.world_to_index(place)
        np.testing.assert_allclose(index, (columns - 1, rows - 1, k), atol=1e-6)
    assert geometry.is_right_handed


def test_a_direction_that_is_not_known_is_assumed_and_said(make):
    plain = report_geometry([mosaic(make, layout=MosaicModule(7, 10, 8, None, 3.5))])
    assert plain.geometry.spacing_mm[2] == 3.5
    assert "assumed" in plain.findings[0].message


def test_a_distance_that_is_not_known_is_assumed_and_said(make):
    thick = report_geometry([mosaic(make, layout=MosaicModule(7, 10, 8, None, 3, True))])
    assert thick.slice_distance_mm == 3
    assert thick.has(FindingKind.DEFAULT_SPACING)
    unknown = report_geometry([mosaic(make, layout=MosaicModule(7, 10, 8))])
    assert unknown.slice_distance_mm == 0.5
    assert unknown.has(FindingKind.DEFAULT_SPACING)


def test_a_mosaic_without_a_place_is_no_volume(make):
    report = report_geometry([mosaic(make, position=None)])
    assert not report.is_volume
    assert report.has(FindingKind.MOSAIC)
    assert report.has(FindingKind.MISSING_POSITION)
    (found,) = split_series([mosaic(make, position=None)])
    assert found.kind is DisplaySetKind.SINGLE


@pytest.mark.parametrize("other", [None, LAYOUT])
def test_a_mosaic_among_others_is_no_slice(make, other):
    """At another place it would be, as an image, a slice of two."""
    report = report_geometry(
        [mosaic(make), mosaic(make, 2, position=(0.0, 0.0, 3.0), layout=other)]
    )
    assert not report.is_volume
    assert report.regular_geometry is None
    assert [finding.kind for finding in report.findings] == [FindingKind.MOSAIC]


def test_one_mosaic_is_a_volume_and_slices_beside_it_another(make):
    slices = [mosaic(make, n, (0.0, 0.0, float(n)), layout=None) for n in range(2, 6)]
    alone, rest = split_series([slices[0], mosaic(make), *slices[1:]])
    volume, other = (alone, rest) if alone.number_of_images == 1 else (rest, alone)
    assert volume.kind is other.kind is DisplaySetKind.VOLUME
    assert volume.report.geometry.shape == (7, 10, 8)
    assert other.report.geometry.shape == (4, 30, 24)
    assert "layout" in volume.reason


def test_mosaics_of_one_grid_are_points_in_time(make):
    images = [mosaic(make, n, times={"AcquisitionNumber": 10 - n}) for n in range(1, 5)]
    (found,) = split_series(images)
    assert found.kind is DisplaySetKind.VOLUME_4D
    assert found.time_keyword == "AcquisitionNumber"
    assert found.time_values == (6, 7, 8, 9)
    assert found.time_points == (("custom:4",), ("custom:3",), ("custom:2",), ("custom:1",))
    assert found.report.geometry.shape == (7, 10, 8)


def test_mosaics_that_only_their_numbers_tell_apart_go_by_these(make):
    (found,) = split_series([mosaic(make, n) for n in (3, 1, 2)])
    assert found.time_keyword == "InstanceNumber"
    assert found.image_ids == ("custom:1", "custom:2", "custom:3")


def test_mosaics_that_nothing_tells_apart_are_volumes_of_their_own(make):
    images = [mosaic(make, n, instance_number=None) for n in (1, 2)]
    sets = split_series(images)
    assert [found.kind for found in sets] == [DisplaySetKind.VOLUME] * 2


def test_mosaics_of_another_place_type_or_layout_are_apart(make):
    images = [mosaic(make, n) for n in (1, 2)]
    images += [mosaic(make, n, position=(0.0, 0.5, 0.0)) for n in (3, 4)]
    images += [mosaic(make, n, image_type=("DERIVED", "MOSAIC")) for n in (5, 6)]
    images += [mosaic(make, n, layout=MosaicModule(8, 10, 8, None, 3.5)) for n in (7, 8)]
    sets = split_series(images)
    found = sorted(found.image_ids for found in sets)
    assert found == [tuple(f"custom:{n + m}" for m in (0, 1)) for n in (1, 3, 5, 7)]
    assert all(one.kind is DisplaySetKind.VOLUME_4D for one in sets)
    assert all(one.reason for one in sets)
