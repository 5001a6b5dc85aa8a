"""What is unusual about the line that slices lie on, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.model.geometry_report import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.series.slice_line import SliceLine
    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["find_on_line"]

# Of many gaps, how many are told.
_TOLD = 4
# Gantries tilt by 30 degrees at most. Beyond this, places say that they are no stack of slices.
_STEEPEST = 60.0
_ON_REQUEST = "no volume as they are; they can be resampled to one on request (resample=True)"


def find_on_line(line: SliceLine, facts: Sequence[SliceFacts]) -> tuple[list[Finding], float]:
    """Say what is unusual, and give the tilt in degrees.

    Parameters
    ----------
    line : SliceLine
        How the slices lie.
    facts : sequence of SliceFacts
        The slices, in their order.
    """
    findings = []
    if not line.is_even:
        findings.append(_uneven(line))
    elif line.number_missing:
        findings.append(_gap(line, facts))
    if line.is_straight:
        return findings, 0.0
    degrees = math.degrees(math.atan2(line.shift_mm, line.distance_mm))
    if not line.is_regular_shift:
        message = f"slices are shifted along their planes, by another way each; {_ON_REQUEST}"
        findings.append(Finding(FindingKind.UNEVEN_SPACING, message, is_refusal=True))
        return findings, degrees
    is_refusal = degrees > _STEEPEST
    done = "too steep for a stack of slices" if is_refusal else "the volume is sheared"
    message = (
        f"slices are shifted along their planes by {line.shift_mm:.3g} mm each, a tilt of "
        f"{degrees:.2f} degrees; {done}"
    )
    findings.append(Finding(FindingKind.TILT, message, is_refusal=is_refusal))
    return findings, degrees


def _uneven(line: SliceLine) -> Finding:
    steps = np.diff(line.distances_mm)
    message = (
        f"distances between slices are from {steps.min():.4g} to {steps.max():.4g} mm, and no "
        f"multiples of one; {_ON_REQUEST}"
    )
    return Finding(FindingKind.UNEVEN_SPACING, message, is_refusal=True)


def _gap(line: SliceLine, facts: Sequence[SliceFacts]) -> Finding:
    missing = np.diff(line.numbers) - 1
    places = np.flatnonzero(missing).tolist()
    told = [
        f"{missing[place]} after slice {place} (from {line.distances_mm[place]:.2f} to "
        f"{line.distances_mm[place + 1]:.2f} mm)"
        for place in places[:_TOLD]
    ]
    more = f", and in {len(places) - _TOLD} more places" if len(places) > _TOLD else ""
    message = (
        f"slices are missing, {line.number_missing} in all: {', '.join(told)}{more}; {_ON_REQUEST}"
    )
    ids = tuple(facts[index].image_id for place in places for index in (place, place + 1))
    return Finding(FindingKind.GAP, message, ids, is_refusal=True)
