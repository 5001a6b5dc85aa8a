"""Points in time: several volumes of one grid in a list of images, and what tells them apart."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.metadata.series.places import number_places

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["TimeSplit", "split_by_time"]

# In this order; the first that tells all images of each place apart counts.
_EXACT = (
    "time_point",
    "TimeSlotVector",
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "DiffusionBValue",
    "TriggerTime",
    "EchoTime",
    "EchoNumbers",
    "InversionTime",
    "FrameReferenceTime",
    "DiffusionGradientOrientation",
    "AcquisitionNumber",
    "EnergyWindowVector",
)
# What has another value in each place: the first, second, third of each place belong together.
_RANKED = (
    "TriggerTime",
    "FrameReferenceTime",
    "AcquisitionDateTime",
    "AcquisitionTime",
)
_DIMENSION = "DimensionIndexValues["

_Value = float | str


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Images that are several volumes of one grid.

    Attributes
    ----------
    keyword : str
        What tells them apart: the keyword of an element, or two of them with a comma between;
        ``"time_point"`` of a NIfTI file.
    values : tuple of float or str
        Of each volume, ascending; of two elements, both as text.
    groups : tuple of tuple of SliceFacts
        The images of each volume, in the order of their places. All have the same places.
    left_over : tuple of SliceFacts
        What fits into none: of a point in time that lacks places, or a second one of its place
        and value.
    """

    keyword: str
    values: tuple[_Value, ...]
    groups: tuple[tuple[SliceFacts, ...], ...]
    left_over: tuple[SliceFacts, ...] = ()


def split_by_time(facts: Sequence[SliceFacts]) -> TimeSplit | None:
    """Split images of which several lie in each place into one volume for each point in time.

    Images are put together by place; what tells those of one place apart is the first of: NM's
    time slots, temporal position, b-value, trigger time, echo time, echo number, inversion time,
    frame reference time, diffusion direction, acquisition number, a dimension of an enhanced
    image, two of these at once. Where each place has its own values (trigger and acquisition
    times), their order counts. Nothing is dropped: see `TimeSplit.left_over`.

    Parameters
    ----------
    facts : sequence of SliceFacts
        Images of one size and orientation, each with a place.

    Returns
    -------
    TimeSplit or None
        None if no place has more than one image, or nothing tells them apart.

    References
    ----------
    DICOM PS3.3 C.8.4.8 (NM Multi-frame), C.7.6.16.2.2 (Frame Content), C.8.13.5.9 (MR Diffusion).
    """
    places = number_places(facts)
    if places is None or len(set(places)) == len(facts):
        return None
    keywords = _keywords(facts)
    best: TimeSplit | None = None
    for keyword in keywords:
        best = _better(best, _split(facts, places, keyword, _exact(facts, keyword)))
        if best is not None and not best.left_over:
            return best
    for keyword in _RANKED:
        best = _better(best, _split(facts, places, keyword, _ranks(facts, places, keyword)))
        if best is not None and not best.left_over:
            return best
    for pair in itertools.combinations(keywords, 2):
        values = list(zip(*(_exact(facts, keyword) for keyword in pair), strict=True))
        best = _better(best, _split(facts, places, ", ".join(pair), values))
        if best is not None and not best.left_over:
            return best
    return best


def _keywords(facts: Sequence[SliceFacts]) -> list[str]:
    """List what differs among the images, in the order in which it is looked at."""
    dimensions = sorted({key for one in facts for key in one.times if key.startswith(_DIMENSION)})
    return [
        keyword
        for keyword in (*_EXACT, *dimensions)
        if len({one.times.get(keyword) for one in facts}) > 1
    ]


def _exact(facts: Sequence[SliceFacts], keyword: str) -> list[_Value | None]:
    return [one.times.get(keyword) for one in facts]


def _ranks(
    facts: Sequence[SliceFacts], places: Sequence[Hashable], keyword: str
) -> list[_Value | None]:
    """Give each image the value that its rank in its place has in the first place."""
    of_place: dict[Hashable, list[int]] = {}
    for index, place in enumerate(places):
        of_place.setdefault(place, []).append(index)
    values = _exact(facts, keyword)
    counts = {len(indices) for indices in of_place.values()}
    if None in values or len(counts) != 1 or len({type(value) for value in values}) != 1:
        return [None] * len(facts)
    ranked: list[_Value | None] = [None] * len(facts)
    names: list[_Value | None] = []
    for indices in of_place.values():
        indices.sort(key=lambda index: _rank(values[index]))
        if len({values[index] for index in indices}) < len(indices):
            return [None] * len(facts)
        names = names or [values[index] for index in indices]
        for rank, index in enumerate(indices):
            ranked[index] = names[rank]
    return ranked


def _split(
    facts: Sequence[SliceFacts],
    places: Sequence[Hashable],
    keyword: str,
    values: Sequence[Hashable],
) -> TimeSplit | None:
    """Split by the value of each image; only groups that have each place once are volumes."""
    groups: dict[Hashable, dict[Hashable, int]] = {}
    for index, (place, value) in enumerate(zip(places, values, strict=True)):
        if _is_known(value):
            groups.setdefault(value, {}).setdefault(place, index)
    number_of_places = len(set(places))
    whole = sorted(
        (value for value, group in groups.items() if len(group) == number_of_places), key=_rank
    )
    if len(whole) < 2:
        return None
    ordered = sorted(set(places), key=_rank)
    volumes = [[groups[value][place] for place in ordered] for value in whole]
    used = set(itertools.chain.from_iterable(volumes))
    return TimeSplit(
        keyword,
        tuple(_as_value(value) for value in whole),
        tuple(tuple(facts[index] for index in volume) for volume in volumes),
        tuple(one for index, one in enumerate(facts) if index not in used),
    )


def _better(best: TimeSplit | None, other: TimeSplit | None) -> TimeSplit | None:
    if best is None or (other is not None and len(other.left_over) < len(best.left_over)):
        return other
    return best


def _is_known(value: object) -> bool:
    if isinstance(value, tuple):
        return any(part is not None for part in value)
    return value is not None


def _rank(value: Hashable) -> tuple[object, ...]:
    """Order what may be missing, a number, a text, or several of these."""
    if isinstance(value, tuple):
        return tuple(_rank(part) for part in value)
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, str(value))


def _as_value(value: Hashable) -> _Value:
    if isinstance(value, tuple):
        return ", ".join("" if part is None else f"{part}" for part in value)
    return value if isinstance(value, int | float | str) else str(value)
