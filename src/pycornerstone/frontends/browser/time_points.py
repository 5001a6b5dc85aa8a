"""Points in time of a series: which images are of each, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.browser.readable import number_text, time_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycornerstone.model.display_set import DisplaySet

__all__ = ["Coming", "images_at", "time_points_of", "time_text"]

# What the values of these elements are, and their units (PS3.3 C.8.3.1, C.8.13.5.9, C.8.9.4).
_VALUES = {
    "TriggerTime": ("trigger time", "ms"),
    "FrameReferenceTime": ("reference time", "ms"),
    "EchoTime": ("echo time", "ms"),
    "InversionTime": ("inversion time", "ms"),
    "DiffusionBValue": ("b", "s/mm²"),
}


@dataclass(frozen=True, slots=True)
class Coming:
    """A point in time on its way.

    Attributes
    ----------
    time_point : int
        Which, from 0.
    loads : tuple of (str, load object)
        Of a stack the image at its place; of planes the volumes, with the ids of those that they
        take the places of.
    index : int or None
        That place; None of planes.
    """

    time_point: int
    loads: tuple[tuple[str, Any], ...]
    index: int | None = None

    def give_up(self) -> None:
        """Load it no longer, unless others want it."""
        for _, load in self.loads:
            load.cancel()


def images_at(found: DisplaySet, time_point: int) -> tuple[str, ...]:
    """Give the images that are scrolled through; of several points in time, those of one."""
    points = found.time_points
    return points[min(max(time_point, 0), len(points) - 1)] if points else found.image_ids


def time_points_of(found: Iterable[DisplaySet]) -> int:
    """Give how many points in time there are to choose from; 1 where there is no choice."""
    return max((len(one.time_points) for one in found), default=1) or 1


def time_text(sets: Sequence[DisplaySet], time_point: int) -> str:
    """Say which point in time is shown, and what its header has of that; empty if there is one."""
    count = time_points_of(sets)
    if count < 2:
        return ""
    found = next(one for one in sets if len(one.time_points) == count)
    text = f"Time {time_point + 1} / {count}"
    keyword, values = found.time_keyword or "", found.time_values
    value = values[time_point] if time_point < len(values) else None
    if keyword == "AcquisitionTime" and isinstance(value, str):
        return f"{text} · {time_of(value)}"
    if keyword not in _VALUES or not isinstance(value, int | float):
        return text
    name, unit = _VALUES[keyword]
    return f"{text} · {name} {number_text(value)} {unit}"
