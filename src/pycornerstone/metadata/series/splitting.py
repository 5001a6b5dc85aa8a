"""From a list of images to display sets: each image is in one of them, or left out."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pycornerstone.metadata.series.alike import (
    by_directions,
    by_spacing,
    frame_of_reference,
    groups_by,
    has_place,
    samples_of,
    size_of,
)
from pycornerstone.metadata.series.rules import SplitRule, apply_rule
from pycornerstone.metadata.series.volumes import Part, part_as, part_volumes
from pycornerstone.model.display_set import DisplaySet, DisplaySets
from pycornerstone.model.geometry_report import LeftOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["SplitRule", "split_series"]

# Their images are shown one by one: each is a view of its own (PS3.3 C.7.3.1.1.1).
_SINGLES = frozenset({"CR", "DX", "MG", "IO", "PX", "RG", "XC", "ES", "OP", "GM", "SM"})


def split_series(
    facts: Sequence[SliceFacts], rules: Sequence[SplitRule] | None = None
) -> DisplaySets:
    """Split images into what is shown together, and say as what.

    A user's rules go first. The rest is split by study and series; scouts from the slices that
    were planned on them; by size, orientation, frame of reference, pixel spacing and kind of
    samples; radiographs into one each, films into one an instance; and slices that share their
    places into points in time, or into the volumes that image type, instance, acquisition or the
    order of their numbers tell apart. Nothing is dropped.

    Parameters
    ----------
    facts : sequence of SliceFacts
        The images, in any order; an imageId that is there twice counts once.
    rules : sequence of SplitRule or None
        A user's own.

    Returns
    -------
    DisplaySets
        Each image is in one set, or in `left_out`: instances that have no pixels.

    Raises
    ------
    MetadataError
        If a rule fails.
    """
    seen: dict[str, SliceFacts] = {}
    for one in facts:
        seen.setdefault(one.image_id, one)
    left_out = [
        LeftOut(one.image_id, "it has no pixels") for one in seen.values() if not one.is_image
    ]
    images = [one for one in seen.values() if one.is_image]
    sets: list[DisplaySet] = []
    for series in _in_order(groups_by(images, _series)):
        sets += [_display_set(part) for part in _parts(series, rules or ())]
    return DisplaySets(tuple(sets), tuple(left_out))


def _series(facts: SliceFacts) -> tuple[str | None, str]:
    """Give what holds images together; a file with voxels of its own does."""
    if facts.series_instance_uid is not None:
        return facts.study_instance_uid, facts.series_instance_uid
    return facts.study_instance_uid, facts.source if facts.is_grid else ""


def _in_order(series: list[list[SliceFacts]]) -> list[list[SliceFacts]]:
    """Sort by study, as they came, and by series number; those without one come last."""
    studies: dict[str | None, int] = {}
    for group in series:
        studies.setdefault(group[0].study_instance_uid, len(studies))

    def key(group: list[SliceFacts]) -> tuple[int, bool, int]:
        number = group[0].series_number
        return studies[group[0].study_instance_uid], number is None, number or 0

    return sorted(series, key=key)


def _parts(series: list[SliceFacts], rules: Sequence[SplitRule]) -> Iterator[Part]:
    rest = series
    for rule in rules:
        sets, rest = apply_rule(rule, rest)
        for group in sets:
            reason = f"split rule {rule.name}"
            if rule.kind is None:
                yield from _by_likeness(group, reason)
            else:
                yield part_as(group, rule.kind, reason)
    if rest:
        yield from _by_likeness(rest, "")


def _by_likeness(images: list[SliceFacts], reason: str) -> Iterator[Part]:
    """Part images that cannot be slices of one volume, each with what it is parted by."""
    groups = [(images, reason)]
    for name, split in _STEPS:
        parted = [(split(group), why) for group, why in groups]
        groups = [
            (part, _joined(why, name) if len(parts) > 1 else why)
            for parts, why in parted
            for part in parts
        ]
    for group, why in groups:
        yield from part_volumes(group, why)


def _joined(reason: str, name: str) -> str:
    return f"{reason}, {name}" if reason else f"another {name}"


def _is_scout(facts: SliceFacts) -> bool:
    return "LOCALIZER" in facts.image_type


def _films_apart(images: list[SliceFacts]) -> list[list[SliceFacts]]:
    """Part frames that have no place by their instance, and radiographs one by one."""
    films: list[SliceFacts] = []
    singles: list[SliceFacts] = []
    others: list[SliceFacts] = []
    for one in images:
        is_film = one.number_of_frames > 1 and not one.is_grid and not has_place(one)
        is_single = one.modality in _SINGLES and one.number_of_frames == 1
        (films if is_film else singles if is_single else others).append(one)
    parts = [*groups_by(films, lambda one: one.source), *([one] for one in singles)]
    return [others, *parts] if others else parts


def _layout(facts: SliceFacts) -> tuple[int, int] | None:
    """Give how many slices of which size are in one image; the rest is the same for its size."""
    mosaic = facts.mosaic
    return None if mosaic is None else (mosaic.number_of_tiles, mosaic.tile_rows)


_STEPS: tuple[tuple[str, Callable[[list[SliceFacts]], list[list[SliceFacts]]]], ...] = (
    ("role: scouts and the slices planned on them", lambda group: groups_by(group, _is_scout)),
    ("image", _films_apart),
    ("size", lambda group: groups_by(group, size_of)),
    ("layout: slices side by side", lambda group: groups_by(group, _layout)),
    ("kind of samples", lambda group: groups_by(group, samples_of)),
    ("frame of reference", lambda group: groups_by(group, frame_of_reference)),
    ("state of its place: known or not", lambda group: groups_by(group, has_place)),
    ("orientation", by_directions),
    ("pixel spacing", by_spacing),
)


def _display_set(part: Part) -> DisplaySet:
    images = part.images
    first = images[0]
    ids = tuple(one.image_id for one in images)
    sizes = {size_of(one) for one in images}
    frames = {frame_of_reference(one) for one in images}
    rows, columns = sizes.pop() if len(sizes) == 1 else (None, None)
    times = part.times
    # Of the same images, whatever order they came in.
    digest = hashlib.blake2b("\n".join(sorted(ids)).encode(), digest_size=10).hexdigest()
    return DisplaySet(
        digest,
        part.kind,
        ids,
        reason=part.reason,
        report=part.report,
        time_points=() if times is None else _ids_of(times.groups),
        time_values=() if times is None else times.values,
        time_keyword=None if times is None else times.keyword,
        study_instance_uid=first.study_instance_uid,
        series_instance_uid=first.series_instance_uid,
        series_number=first.series_number,
        series_description=first.series_description,
        modality=first.modality,
        rows=rows,
        columns=columns,
        frame_of_reference_uid=frames.pop() if len(frames) == 1 else None,
    )


def _ids_of(groups: Sequence[Sequence[SliceFacts]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(one.image_id for one in group) for group in groups)
