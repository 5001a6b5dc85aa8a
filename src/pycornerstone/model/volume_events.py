"""What happens to volumes while they are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.events import Event, EventDetail

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.volume import Volume

__all__ = ["VolumeLoadFailed", "VolumeLoaded", "VolumeModified"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeLoaded(EventDetail):
    """A volume was loaded; once a load, and once each time the cache answered instead."""

    event: ClassVar[Event] = Event.VOLUME_LOADED

    volume: Volume
    from_cache: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeModified(EventDetail):
    """Further images of a volume that is loading are in its array; some 20 times a second.

    `loaded` says which are there by now, ``(slices,)``, of several points in time ``(points,
    slices)``; it goes on changing.
    """

    event: ClassVar[Event] = Event.VOLUME_MODIFIED

    volume_id: str
    number_done: int
    number_of_images: int
    loaded: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeLoadFailed(EventDetail):
    """The load of a volume ended with an error, or was cancelled; once a load."""

    event: ClassVar[Event] = Event.VOLUME_LOAD_FAILED

    volume_id: str
    error: BaseException
