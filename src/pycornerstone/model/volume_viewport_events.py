"""What happens in viewports of volumes: the typed detail that a listener of each event is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pycornerstone.model.events import Event, EventDetail

__all__ = [
    "SlabModified",
    "ViewportNeedsRender",
    "VolumeNewImage",
    "VolumeViewportNewVolume",
    "VolumeViewportScroll",
    "VolumeViewportScrollOutOfBounds",
]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeViewportNewVolume(EventDetail):
    """A volume viewport shows these volumes now; each is known, if not yet loaded."""

    event: ClassVar[Event] = Event.VOLUME_VIEWPORT_NEW_VOLUME

    viewport_id: str
    volume_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeNewImage(EventDetail):
    """A volume viewport shows another slice; or the same place, counted along another normal."""

    event: ClassVar[Event] = Event.VOLUME_NEW_IMAGE

    viewport_id: str
    slice_index: int
    number_of_slices: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeViewportScroll(EventDetail):
    """Somebody scrolled: `direction` is the number of slices, signed."""

    event: ClassVar[Event] = Event.VOLUME_VIEWPORT_SCROLL

    viewport_id: str
    slice_index: int
    direction: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeViewportScrollOutOfBounds(EventDetail):
    """Somebody scrolled past an end of the volume."""

    event: ClassVar[Event] = Event.VOLUME_VIEWPORT_SCROLL_OUT_OF_BOUNDS

    viewport_id: str
    slice_index: int
    direction: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SlabModified(EventDetail):
    """A volume viewport draws a slab of another thickness, in mm, or mode; 0 is a thin plane."""

    event: ClassVar[Event] = Event.SLAB_MODIFIED

    viewport_id: str
    thickness_mm: float
    mode: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ViewportNeedsRender(EventDetail):
    """What a viewport shows has changed by itself: slices have arrived, or somebody drew labels.

    Told at most every 50 ms while a volume loads, and once more at the end.
    """

    event: ClassVar[Event] = Event.VIEWPORT_NEEDS_RENDER

    viewport_id: str
