"""What images must have in common to be slices of one volume, and where they have not."""

from __future__ import annotations

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
from pycornerstone.model.geometry_report import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["find_disagreements"]

# Of many kinds of images, how many are told.
_TOLD = 4


def find_disagreements(facts: Sequence[SliceFacts]) -> list[Finding]:
    """Find in what images differ that slices of one volume have in common.

    What most of them have is taken for right: a finding names the others. All are refusals.
    """
    findings = []
    placeless = [one for one in facts if not has_place(one)]
    if placeless:
        who = "no image" if len(placeless) == len(facts) else f"{len(placeless)} images"
        what = "says where it lies" if len(placeless) == len(facts) else "do not say where they lie"
        findings.append(
            Finding(
                FindingKind.MISSING_POSITION,
                f"{who} {what}: (0020,0032) Image Position (Patient) or (0020,0037) Image "
                "Orientation (Patient) is missing, or says no place; add them by a metadata "
                "provider of imagePlaneModule",
                _ids(placeless),
                is_refusal=True,
            )
        )
    placed = [one for one in facts if has_place(one)]
    # Images that say nothing may lie in any of them.
    with_frame = [one for one in facts if frame_of_reference(one) is not None]
    findings += _differing(FindingKind.MIXED_SIZE, "sizes", groups_by(facts, size_of), _size)
    findings += _differing(
        FindingKind.MIXED_SAMPLES, "kinds of samples", groups_by(facts, samples_of), _samples
    )
    findings += _differing(
        FindingKind.MIXED_SPACING,
        "pixel spacings",
        by_spacing(facts),
        _spacing,
    )
    findings += _differing(
        FindingKind.MIXED_ORIENTATION,
        "orientations",
        by_directions(placed),
        _orientation,
    )
    findings += _differing(
        FindingKind.MIXED_FRAME_OF_REFERENCE,
        "frames of reference",
        groups_by(with_frame, frame_of_reference),
        lambda _: "",
    )
    return findings


def _differing(
    kind: FindingKind,
    what: str,
    groups: list[list[SliceFacts]],
    describe: Callable[[SliceFacts], str],
) -> list[Finding]:
    if len(groups) < 2:
        return []
    groups = sorted(groups, key=len, reverse=True)
    told = [f"{describe(group[0])} ({len(group)} images)".strip() for group in groups[:_TOLD]]
    more = ", ..." if len(groups) > _TOLD else ""
    others = [one for group in groups[1:] for one in group]
    message = f"the images are of {len(groups)} {what}: {', '.join(told)}{more}; a volume is of one"
    return [Finding(kind, message, _ids(others), is_refusal=True)]


def _ids(facts: Sequence[SliceFacts]) -> tuple[str, ...]:
    return tuple(one.image_id for one in facts)


def _size(facts: SliceFacts) -> str:
    rows, columns = size_of(facts)
    return "unknown" if rows is None else f"{columns} x {rows}"


def _samples(facts: SliceFacts) -> str:
    count, numbers, modality = samples_of(facts)
    colors = "" if count in {None, 1} else f"{count} x "
    return f"{modality or 'no modality'} {colors}{numbers or 'of unknown type'}"


def _spacing(facts: SliceFacts) -> str:
    plane = facts.plane
    if plane is None or plane.row_pixel_spacing_mm is None or plane.column_pixel_spacing_mm is None:
        return "unknown"
    return f"{plane.row_pixel_spacing_mm:g} x {plane.column_pixel_spacing_mm:g} mm"


def _orientation(facts: SliceFacts) -> str:
    plane = facts.plane
    if plane is None or plane.row_cosines is None or plane.column_cosines is None:
        return "unknown"
    return ", ".join(f"{cosine:.3g}" for cosine in (*plane.row_cosines, *plane.column_cosines))
