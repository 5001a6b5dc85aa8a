"""The order of slices, and whether they are a volume: sorted by place, and a report of it."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.metadata.series.agreement import find_disagreements
from pycornerstone.metadata.series.alike import frame_of_reference, normal_of, size_of
from pycornerstone.metadata.series.line_findings import find_on_line
from pycornerstone.metadata.series.mosaics import report_mosaics
from pycornerstone.metadata.series.places import one_place_mm
from pycornerstone.metadata.series.regular_grid import regular_grid
from pycornerstone.metadata.series.slice_line import fit_slices
from pycornerstone.model.geometry_report import Finding, FindingKind, GeometryReport
from pycornerstone.model.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.model.modules import ImagePlaneModule
    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["report_geometry"]


# What no header should say may be too large to be multiplied; a finding says so then.
@np.errstate(over="ignore", invalid="ignore")
def report_geometry(facts: Sequence[SliceFacts]) -> GeometryReport:
    """Put images in the order of their places, and find out what volume they are.

    They are sorted along the normal of the slices, row x column, whatever order they came in. The
    affine is fitted to the places of all of them; it is sheared where slices are shifted along
    their planes (a tilted gantry). Slices that are unevenly spaced, missing, twice there or
    unlike each other are no volume, and nothing is averaged: `GeometryReport.regular_geometry` is
    the grid that they can be resampled to, if that is asked for. A mosaic, whose tiles are slices,
    is a volume by itself.

    Parameters
    ----------
    facts : sequence of SliceFacts
        The images, in any order; one at least.

    Returns
    -------
    GeometryReport
        Its `geometry` is None where any finding is a refusal.

    Raises
    ------
    GeometryError
        If there are no images.

    References
    ----------
    DICOM PS3.3 C.7.6.2.1.1 (Image Position and Image Orientation).
    """
    if not facts:
        raise GeometryError("there are no images to make a volume of; give one at least")
    if any(one.mosaic is not None for one in facts):
        return report_mosaics(facts)
    findings = find_disagreements(facts)
    kinds = {finding.kind for finding in findings}
    if kinds & {FindingKind.MISSING_POSITION, FindingKind.MIXED_ORIENTATION}:
        return _unsorted(facts, findings)
    plane = facts[0].plane
    assert plane is not None  # noqa: S101 - else its position is missing
    normal = np.array(normal_of(plane))
    origins = np.array([one.plane.image_position_lps for one in facts if one.plane], np.float64)
    distances = origins @ normal
    order = _order(facts, distances)
    if order != list(range(len(facts))):
        is_reversed = order == list(range(len(facts)))[::-1]
        how = "from the last place to the first" if is_reversed else "in another order"
        findings.append(
            Finding(FindingKind.REORDERED, f"the images came {how}; sorted by their places")
        )
    facts = [facts[index] for index in order]
    report = _sorted(facts, origins[order], distances[order], normal, findings)
    if all(one.is_upright for one in facts):
        return report
    return replace(
        report,
        geometry=_in_any_direction(report.geometry),
        regular_geometry=_in_any_direction(report.regular_geometry),
    )


def _unsorted(facts: Sequence[SliceFacts], findings: list[Finding]) -> GeometryReport:
    """Report images that have no order along a normal; voxels of a file have one of their own."""
    ids = tuple(one.image_id for one in facts)
    rows, columns = size_of(facts[0])
    volumes = {(one.source, one.times.get("time_point")) for one in facts}
    is_grid = len(volumes) == 1 and facts[0].is_grid
    if not is_grid or len(findings) > 1 or rows is None or columns is None:
        return GeometryReport(ids, None, tuple(findings))
    message = "the file does not say where its voxels lie; 1 mm apart from the origin is assumed"
    findings = [Finding(FindingKind.MISSING_POSITION, message)]
    return GeometryReport(ids, VolumeGeometry.default((len(ids), rows, columns)), tuple(findings))


def _in_any_direction(geometry: VolumeGeometry | None) -> VolumeGeometry | None:
    return None if geometry is None else replace(geometry, is_upright=False)


def _order(facts: Sequence[SliceFacts], distances: npt.NDArray[np.float64]) -> list[int]:
    """Sort by place; what lies in one by its numbers, so that the order given does not matter."""
    keys = [
        (distance, one.instance_number or 0, one.frame_number, one.image_id)
        for distance, one in zip(distances.tolist(), facts, strict=True)
    ]
    return sorted(range(len(facts)), key=keys.__getitem__)


def _sorted(
    facts: Sequence[SliceFacts],
    origins: npt.NDArray[np.float64],
    distances: npt.NDArray[np.float64],
    normal: npt.NDArray[np.float64],
    findings: list[Finding],
) -> GeometryReport:
    plane = facts[0].plane
    assert plane is not None  # noqa: S101 - as in report_geometry
    known = plane.geometry
    if known.spacing_is_default:
        findings.append(
            Finding(
                FindingKind.DEFAULT_SPACING,
                "nobody says how far apart pixels are; 1 mm is assumed, in the shape that is known",
            )
        )
    axes = np.column_stack(
        (
            np.multiply(known.row_cosines, known.column_pixel_spacing_mm),
            np.multiply(known.column_cosines, known.row_pixel_spacing_mm),
            normal,
        )
    )
    pixel_mm = min(known.row_pixel_spacing_mm, known.column_pixel_spacing_mm)
    is_first = np.concatenate(([True], np.diff(distances) > one_place_mm(plane)))
    firsts = np.flatnonzero(is_first)
    findings += _duplicates(facts, distances, firsts)
    rows, columns = size_of(facts[0])
    frame = next((uid for uid in map(frame_of_reference, facts) if uid is not None), None)
    geometry: VolumeGeometry | None = None
    regular: VolumeGeometry | None = None
    distance: float | None = None
    tilt = 0.0
    if len(firsts) == 1:
        distance, found = _single(plane, pixel_mm, is_default=known.spacing_is_default)
        findings += found
        step, origin = normal * distance, origins[0]
    else:
        line = fit_slices(origins[firsts], normal, pixel_mm)
        found, tilt = find_on_line(line, [facts[index] for index in firsts.tolist()])
        findings += found
        distance = line.distance_mm if line.is_even else None
        step, origin = line.step_lps, line.origin_lps
        if len(firsts) == len(facts) and rows is not None and columns is not None:
            refusals = {finding.kind for finding in findings if finding.is_refusal}
            is_like = refusals <= {FindingKind.GAP, FindingKind.UNEVEN_SPACING, FindingKind.TILT}
            if is_like and (refusals or not line.is_straight):
                regular = regular_grid(line, origins, axes, (rows, columns), frame)
    if not any(one.is_refusal for one in findings):
        affine = np.eye(4)
        affine[:3] = np.column_stack((axes[:, :2], step, origin))
        geometry = _geometry((len(facts), rows, columns), affine, frame, findings)
    return GeometryReport(
        tuple(one.image_id for one in facts),
        geometry,
        tuple(findings),
        tuple(distances.tolist()),
        distance,
        tilt,
        regular,
        tuple((x, y, z) for x, y, z in origins.tolist()),
    )


def _geometry(
    shape: tuple[int, int | None, int | None],
    affine: npt.NDArray[np.float64],
    frame_of_reference_uid: str | None,
    findings: list[Finding],
) -> VolumeGeometry | None:
    """Give the geometry, or None and one more finding: headers may say what no volume is."""
    slices, rows, columns = shape
    if rows is None or columns is None:
        message = "nobody says how many rows and columns the images have"
        findings.append(Finding(FindingKind.MIXED_SIZE, message, is_refusal=True))
        return None
    try:
        return VolumeGeometry((slices, rows, columns), affine, frame_of_reference_uid)
    except GeometryError as error:
        message = f"what the headers say of sizes and distances is no volume: {error.message}"
        findings.append(Finding(FindingKind.MISSING_POSITION, message, is_refusal=True))
        return None


def _duplicates(
    facts: Sequence[SliceFacts],
    distances: npt.NDArray[np.float64],
    firsts: npt.NDArray[np.intp],
) -> list[Finding]:
    if len(firsts) == len(facts):
        return []
    starts = [*firsts.tolist(), len(facts)]
    counts = [after - start for start, after in itertools.pairwise(starts)]
    crowded = [place for place, count in enumerate(counts) if count > 1]
    most = f"{counts[0]}" if min(counts) == max(counts) else f"up to {max(counts)}"
    message = (
        f"{most} images lie in one place, in {len(crowded)} of {len(counts)} places, first at "
        f"{distances[starts[crowded[0]]]:.2f} mm; a volume has one image a place: choose which, or "
        "open them as display sets or as a volume series"
    )
    ids = tuple(
        one.image_id for place in crowded for one in facts[starts[place] : starts[place + 1]]
    )
    return [Finding(FindingKind.DUPLICATE, message, ids, is_refusal=True)]


def _single(
    plane: ImagePlaneModule, pixel_mm: float, *, is_default: bool
) -> tuple[float, list[Finding]]:
    """Give how thick a volume of one slice is, and what had to be assumed for it."""
    for given in (plane.slice_thickness_mm, plane.spacing_between_slices_mm):
        if given is not None and 0 < abs(given) < math.inf:
            return abs(given), []
    source = "1 mm is assumed" if is_default else f"that of its pixels, {pixel_mm:g} mm, is taken"
    message = f"nobody says how thick the only slice is; {source}"
    return pixel_mm, [Finding(FindingKind.DEFAULT_SPACING, message)]
