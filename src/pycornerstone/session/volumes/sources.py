"""What of a session volumes come from, and how they are asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pycornerstone.errors import LoaderError
from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.loaders.volume_registry import VolumeLoaderRegistry
from pycornerstone.model.derived_volumes import checked_steps
from pycornerstone.model.volume import generate_volume_id
from pycornerstone.session.volumes.slice_orders import slice_order

if TYPE_CHECKING:
    from collections.abc import Iterable

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

    def checked(self) -> Self:
        """Give it with steps that are three numbers, and a file that is a path.

        Raises
        ------
        GeometryError
            If steps are not three whole numbers of at least 1.
        ValueError
            If there is no such order.
        LoaderError
            If `options`, `memory_map` or another one is none of what it may be.
        """
        if not isinstance(self.options, LoadOptions):
            raise LoaderError(f"options are LoadOptions, got {self.options!r}")
        for name in ("resample", "allow_missing"):
            if not isinstance(getattr(self, name), bool):
                raise LoaderError(f"{name} is True or False, got {getattr(self, name)!r}")
        slice_order(self.order, 1)
        wanted = self.memory_map
        if not isinstance(wanted, bool) and not _is_one_of(wanted, "auto", None):
            try:
                wanted = Path(os.fsdecode(wanted)) if wanted else None
            except (TypeError, ValueError):
                wanted = None
            if wanted is None:
                raise LoaderError(
                    'memory_map is True, "auto" or the path of a file to be made, got '
                    f"{self.memory_map!r}"
                )
        return replace(self, decimate=checked_steps(self.decimate), memory_map=wanted)

    @property
    def own_file(self) -> Path | None:
        """The file that is to be made, where somebody named it; of checked settings."""
        return self.memory_map if isinstance(self.memory_map, Path) else None

    def volume_id(self, image_ids: Iterable[str]) -> str:
        """Give the id of a volume of these images that is asked for like this."""
        name = generate_volume_id(image_ids)
        if self.resample:
            name += "#resampled"
        if self.decimate != (1, 1, 1):
            name += "#steps=" + ",".join(map(str, self.decimate))
        return name


def _is_one_of(given: Any, *choices: object) -> bool:
    # An array is equal to anything in each of its parts.
    return (given is None or isinstance(given, str)) and given in choices
