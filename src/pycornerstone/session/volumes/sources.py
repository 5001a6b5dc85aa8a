"""What of a session volumes come from, and how they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.loaders.volume_registry import VolumeLoaderRegistry

if TYPE_CHECKING:
    import os

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.loaders.registry import LoaderRegistry
    from pycornerstone.model.volume_series import VolumeSeries
    from pycornerstone.session.array_loads import ArrayLoads
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.events import EventBus
    from pycornerstone.session.workers import Workers

__all__ = ["VolumeSettings", "VolumeSources"]


@dataclass(frozen=True, slots=True)
class VolumeSources:
    """What of a session volumes come from.

    Attributes
    ----------
    context : LoaderContext
        Metadata, headers, and the way to the network.
    loaders : LoaderRegistry
        Who loads which images.
    cache : Cache
        Where volumes and images are kept.
    events : EventBus
        Who is told of what happens.
    workers : Workers
        Where it is done.
    array_loads : ArrayLoads
        What brings images into an array.
    volume_loaders : VolumeLoaderRegistry
        Who makes volumes that are not of images.
    series : dict
        Series by id, as long as the cache has all their volumes.
    """

    context: LoaderContext
    loaders: LoaderRegistry
    cache: Cache
    events: EventBus
    workers: Workers
    array_loads: ArrayLoads
    volume_loaders: VolumeLoaderRegistry = field(default_factory=VolumeLoaderRegistry)
    series: dict[str, VolumeSeries] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VolumeSettings:
    """How a volume is asked for; see `Session.load_volume`.

    Attributes
    ----------
    options : LoadOptions
        Why, and how urgent it is.
    resample : bool
        To make it straight and even where it is not.
    order : str or int
        In which order slices come.
    decimate : tuple of int
        Along i, j and k, every so many voxels are kept.
    memory_map : bool, str, path-like or None
        Whether it goes into a file that is mapped.
    allow_missing : bool
        To go on without images that fail.
    """

    options: LoadOptions = field(default_factory=LoadOptions)
    resample: bool = False
    order: str | int = "middle_out"
    decimate: tuple[int, int, int] = (1, 1, 1)
    memory_map: bool | str | os.PathLike[str] | None = None
    allow_missing: bool = False
