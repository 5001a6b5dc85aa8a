"""From images that are alike to the volumes that they are: one, several in time, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.metadata.series.alike import groups_by
from pycornerstone.metadata.series.mosaics import mosaics_by_grid, mosaics_in_time
from pycornerstone.metadata.series.order import report_geometry
from pycornerstone.metadata.series.places import number_places
from pycornerstone.metadata.series.times import TimeSplit, split_by_time
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.model.geometry_report import FindingKind, GeometryReport

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["Part", "part_as", "part_volumes"]


@dataclass(frozen=True, slots=True)
class Part:
    """Images that will be one display set.

    Attributes
    ----------
    kind : DisplaySetKind
        As what they are shown.
    images : tuple of SliceFacts
        In the order of the set.
    reason : str
        Why they are apart from the rest of their series.
    report : GeometryReport or None
        Of a volume; of 4D, of its first point in time.
    times : TimeSplit or None
        Of 4D.
    """

    kind: DisplaySetKind
    images: tuple[SliceFacts, ...]
    reason: str = ""
    report: GeometryReport | None = None
    times: TimeSplit | None = None


def part_as(images: Sequence[SliceFacts], kind: DisplaySetKind, reason: str) -> Part:
    """Show images as what a user's rule says; a volume has its report, whatever it finds."""
    if kind is DisplaySetKind.VOLUME_4D:
        times = split_by_time(images)
        if times is not None and not times.left_over:
            return _in_time(times, reason)
    if kind in {DisplaySetKind.VOLUME, DisplaySetKind.VOLUME_4D}:
        report = report_geometry(images)
        return Part(DisplaySetKind.VOLUME, _in_order(images, report), reason, report)
    return Part(kind, _by_number(images), reason)


def part_volumes(images: Sequence[SliceFacts], reason: str) -> Iterator[Part]:
    """Part images that are alike in size, samples, orientation and frame of reference.

    Parameters
    ----------
    images : sequence of SliceFacts
        One at least.
    reason : str
        Why they are apart from the rest of their series.
    """
    if images[0].mosaic is not None:
        yield from _mosaics(images, reason)
        return
    report = report_geometry(images)
    ordered = _in_order(images, report)
    is_scout = "LOCALIZER" in images[0].image_type
    if len(images) == 1 and not images[0].is_grid:
        yield Part(DisplaySetKind.SINGLE, ordered, reason, report if report.is_volume else None)
    elif (report.is_volume or report.regular_geometry is not None) and not is_scout:
        yield from _runs(ordered, report, reason)
    elif report.has(FindingKind.DUPLICATE) or images[0].is_grid:
        yield from _crowded(ordered, reason)
    else:
        yield Part(DisplaySetKind.STACK, ordered, reason)


def _mosaics(images: Sequence[SliceFacts], reason: str) -> Iterator[Part]:
    """Part images that are volumes: those of one type and grid are points in time."""
    kinds = groups_by(images, _image_type)
    for kind in kinds:
        of_kind = _joined(reason, "image type") if len(kinds) > 1 else reason
        grids = mosaics_by_grid(kind)
        for grid in grids:
            why = _joined(of_kind, "place") if len(grids) > 1 else of_kind
            times = mosaics_in_time(grid)
            if times is not None:
                yield _in_time(times, why)
                continue
            for one in grid:
                report = report_geometry([one])
                volume, single = DisplaySetKind.VOLUME, DisplaySetKind.SINGLE
                kind_of_part = volume if report.is_volume else single
                own = _joined(why, "volume") if len(grid) > 1 else why
                yield Part(kind_of_part, (one,), own, report if report.is_volume else None)


def _runs(images: tuple[SliceFacts, ...], report: GeometryReport, reason: str) -> Iterator[Part]:
    """Part two volumes behind each other, where their numbers say that they are two."""
    if not report.is_volume:
        for name, key in _TELLING:
            groups = groups_by(images, key)
            if len(groups) > 1 and _are_volumes(groups):
                for group in groups:
                    yield from part_volumes(group, _joined(reason, name))
                return
    yield Part(DisplaySetKind.VOLUME, images, reason, report)


def _crowded(images: tuple[SliceFacts, ...], reason: str) -> Iterator[Part]:
    """Part images of which several lie in one place; what fits nowhere is a set of its own."""
    # Magnitudes and phases, or water and fat, are no points in time, whatever else differs.
    kinds = groups_by(images, _image_type)
    if len(kinds) > 1 and all(_is_simpler(group) for group in kinds):
        for group in kinds:
            yield from part_volumes(group, _joined(reason, "image type"))
        return
    times = split_by_time(images)
    if times is not None and not times.left_over:
        yield _in_time(times, reason)
        return
    for name, key in _TELLING:
        groups = groups_by(images, key)
        if len(groups) > 1 and all(_is_simpler(group) for group in groups):
            for group in groups:
                yield from part_volumes(group, _joined(reason, name))
            return
    if times is not None:
        yield _in_time(times, reason)
        yield from part_volumes(times.left_over, _joined(reason, "completeness: left over"))
        return
    layers = _layers(images)
    if layers is None:
        yield Part(DisplaySetKind.STACK, images, reason)
        return
    for layer in layers:
        yield from part_volumes(layer, _joined(reason, "run through the same places"))


def _layers(images: tuple[SliceFacts, ...]) -> list[list[SliceFacts]] | None:
    """Part images by the order of their numbers, if it runs through the places again and again.

    An even run with some images twice is that run, and a set of those that are left.
    """
    numbers = number_places(images)
    if numbers is None or any(one.instance_number is None for one in images):
        return None
    if len(set(numbers)) == 1:
        # Of one place only: a film.
        return None
    places = {one.image_id: number for one, number in zip(images, numbers, strict=True)}
    runs: list[list[SliceFacts]] = []
    seen: list[set[Hashable]] = []
    for one in _by_number(images):
        place = places[one.image_id]
        for run, taken in zip(runs, seen, strict=True):
            if place not in taken:
                run.append(one)
                taken.add(place)
                break
        else:
            runs.append([one])
            seen.append({place})
    return runs if len(runs) > 1 and report_geometry(runs[0]).is_volume else None


def _is_simpler(images: Sequence[SliceFacts]) -> bool:
    """Say whether images are a volume, one in time, or a single slice."""
    if len(images) == 1 or report_geometry(images).is_volume:
        return True
    times = split_by_time(images)
    return times is not None and not times.left_over


def _are_volumes(groups: list[list[SliceFacts]]) -> bool:
    return all(len(group) > 1 and report_geometry(group).is_volume for group in groups)


def _in_time(times: TimeSplit, reason: str) -> Part:
    images = tuple(one for group in times.groups for one in group)
    report = report_geometry(times.groups[0])
    usable = report.is_volume or report.regular_geometry is not None
    kind = DisplaySetKind.VOLUME_4D if usable else DisplaySetKind.STACK
    return Part(kind, images, reason, report, times)


def _in_order(images: Sequence[SliceFacts], report: GeometryReport) -> tuple[SliceFacts, ...]:
    if not report.positions_mm:
        return _by_number(images)
    by_id = {one.image_id: one for one in images}
    return tuple(by_id[image_id] for image_id in report.image_ids)


def _by_number(images: Sequence[SliceFacts]) -> tuple[SliceFacts, ...]:
    """Sort by instance and frame number; those without come last, as they were given."""
    return tuple(sorted(images, key=_number))


def _number(facts: SliceFacts) -> tuple[bool, int, int]:
    return facts.instance_number is None, facts.instance_number or 0, facts.frame_number


def _joined(reason: str, name: str) -> str:
    return f"{reason}, {name}" if reason else f"another {name}"


def _image_type(facts: SliceFacts) -> Hashable:
    return facts.image_type, facts.times.get("FrameType")


_TELLING: tuple[tuple[str, Callable[[SliceFacts], Hashable]], ...] = (
    ("segment", lambda one: one.times.get("ReferencedSegmentNumber")),
    ("image type", _image_type),
    ("acquisition", lambda one: one.times.get("AcquisitionNumber")),
    ("instance", lambda one: one.source if one.number_of_frames > 1 else ""),
    ("echo", lambda one: one.times.get("EchoTime")),
)
