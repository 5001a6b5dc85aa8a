"""Mosaics: one image that is a volume by itself, and several that are points in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.metadata.series.agreement import find_disagreements
from pycornerstone.metadata.series.alike import frame_of_reference, normal_of
from pycornerstone.metadata.series.times import TimeSplit, split_by_time
from pycornerstone.model.geometry_report import Finding, FindingKind, GeometryReport
from pycornerstone.model.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["mosaics_by_grid", "mosaics_in_time", "report_mosaics"]

# Millimetres: places that differ by less are one grid, as `VolumeSeries` has it.
_ONE_GRID_MM = 1e-3


def report_mosaics(facts: Sequence[SliceFacts]) -> GeometryReport:
    """Find out what volume a mosaic is; several images, one of them a mosaic, are no volume.

    Its tiles are taken in the order of their places along row x column, as slices are.

    Parameters
    ----------
    facts : sequence of SliceFacts
        One or more, of which one at least is a mosaic.
    """
    mosaics = tuple(one.image_id for one in facts if one.mosaic is not None)
    ids = tuple(one.image_id for one in facts)
    if len(facts) > 1:
        message = (
            f"{len(mosaics)} of {len(facts)} images are mosaics, each of which is a volume by "
            "itself; load one of them, or several as a volume series"
        )
        finding = Finding(FindingKind.MOSAIC, message, mosaics, is_refusal=True)
        return GeometryReport(ids, None, (finding,))
    findings = find_disagreements(facts)
    if findings:
        return GeometryReport(ids, None, (_made_of_tiles(facts[0]), *findings))
    return _report_mosaic(facts[0])


def mosaics_by_grid(facts: Sequence[SliceFacts]) -> list[list[SliceFacts]]:
    """Put mosaics together whose tiles lie in the same places; the others are by themselves."""
    groups: list[tuple[VolumeGeometry | None, list[SliceFacts]]] = []
    for one in facts:
        geometry = report_mosaics([one]).geometry
        for known, group in groups:
            if _is_one_grid(known, geometry):
                group.append(one)
                break
        else:
            groups.append((geometry, [one]))
    return [group for _, group in groups]


def mosaics_in_time(facts: Sequence[SliceFacts]) -> TimeSplit | None:
    """Give the points in time that mosaics of one grid are: each is one.

    They are told apart as slices of one place are, else by their instance numbers.
    """
    times = split_by_time(facts)
    if times is not None and not times.left_over:
        return times
    numbers = {one.instance_number or 0: one for one in facts if one.instance_number is not None}
    if len(facts) < 2 or len(numbers) < len(facts):
        return None
    ordered = sorted(numbers)
    groups = tuple((numbers[number],) for number in ordered)
    return TimeSplit("InstanceNumber", tuple(ordered), groups)


def _report_mosaic(facts: SliceFacts) -> GeometryReport:
    mosaic, plane = facts.mosaic, facts.plane
    assert mosaic is not None and plane is not None  # noqa: S101, PT018 - as in report_mosaics
    findings = [_made_of_tiles(facts)]
    known = plane.geometry
    distance = mosaic.slice_distance_mm
    if known.spacing_is_default:
        message = "nobody says how far apart pixels are; 1 mm is assumed"
        findings.append(Finding(FindingKind.DEFAULT_SPACING, message))
    if distance is None:
        distance = min(known.row_pixel_spacing_mm, known.column_pixel_spacing_mm)
        message = f"nobody says how far apart slices are; as far as pixels, {distance:g} mm"
        findings.append(Finding(FindingKind.DEFAULT_SPACING, message))
    elif mosaic.distance_is_thickness:
        message = (
            f"nobody says how far apart slices are; their thickness, {distance:g} mm, is taken"
        )
        findings.append(Finding(FindingKind.DEFAULT_SPACING, message))
    step = np.multiply(normal_of(plane), distance)
    origin = np.array(mosaic.tile_plane(plane).image_position_lps)
    if mosaic.is_descending(plane):
        origin -= step * (mosaic.number_of_tiles - 1)
    affine = np.eye(4)
    affine[:3] = np.column_stack(
        (
            np.multiply(known.row_cosines, known.column_pixel_spacing_mm),
            np.multiply(known.column_cosines, known.row_pixel_spacing_mm),
            step,
            origin,
        )
    )
    shape = (mosaic.number_of_tiles, mosaic.tile_rows, mosaic.tile_columns)
    geometry = VolumeGeometry(shape, affine, frame_of_reference(facts))
    return GeometryReport(
        (facts.image_id,), geometry, tuple(findings), slice_distance_mm=float(distance)
    )


def _made_of_tiles(facts: SliceFacts) -> Finding:
    mosaic, plane = facts.mosaic, facts.plane
    assert mosaic is not None  # noqa: S101 - as in report_mosaics
    across = mosaic.tiles_per_row
    message = (
        f"the image is a mosaic of {mosaic.number_of_tiles} slices, {across} x {across} tiles of "
        f"{mosaic.tile_columns} x {mosaic.tile_rows} pixels"
    )
    if mosaic.slice_normal is None:
        message += "; the header does not say in which direction they go, row x column is assumed"
    elif plane is not None and mosaic.is_descending(plane):
        message += "; they go from the last place to the first, and are sorted by their places"
    return Finding(FindingKind.MOSAIC, message, (facts.image_id,))


def _is_one_grid(one: VolumeGeometry | None, other: VolumeGeometry | None) -> bool:
    if one is None or other is None:
        return False
    return one.shape == other.shape and np.allclose(one.affine, other.affine, 0, _ONE_GRID_MM)
