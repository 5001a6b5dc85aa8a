"""Where a viewport gets its images and volumes: what it needs of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.model.volume import Volume
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.events import EventBus

__all__ = ["ImageAndVolumeSource", "ImageSource", "VolumeLoad"]


class ImageSource(Protocol):
    """A `Session`, or whatever else loads images, keeps them and tells of it."""

    @property
    def cache(self) -> Cache:
        """Images at hand."""

    @property
    def events(self) -> EventBus:
        """Who is told of what happens."""

    @property
    def metadata(self) -> MetadataRegistry:
        """What is known of images, and what a user measured of them."""

    def load_and_cache_image(self, image_id: str, options: LoadOptions) -> ImageLoadObject:
        """Give the promise of an image; what goes wrong is told by it."""


class VolumeLoad(Protocol):
    """A volume on its way, as `load_volume` gives it: shown as far as its slices are there."""

    @property
    def volume_id(self) -> str:
        """What it is asked for by."""

    @property
    def volume(self) -> Volume | None:
        """The volume, as soon as its geometry is known; its voxels may still be arriving."""

    @property
    def loaded(self) -> npt.NDArray[np.bool_]:
        """``(slices,)``, which are there."""

    def add_slice_callback(self, fn: Callable[[int], object], /) -> object:
        """Call `fn` with each slice that has arrived."""

    def add_done_callback(self, fn: Callable[[Any], object], /) -> object:
        """Call `fn` when all is there, or nothing more will come."""

    def prefer(self, k: int, /) -> object:
        """Load what is nearest to slice `k` next."""

    def done(self) -> bool:
        """Whether it has settled."""

    def result(self, timeout: float | None = None) -> Volume:
        """Wait for all of it."""

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for its end, and give what it failed with."""

    def cancel(self) -> object:
        """Wait for it no longer."""


class ImageAndVolumeSource(ImageSource, Protocol):
    """A `Session`, or whatever else loads volumes, too."""

    def load_volume(self, source: str | DisplaySet | Iterable[str], /) -> VolumeLoad:
        """Give the promise of a volume; what goes wrong is told by it."""
