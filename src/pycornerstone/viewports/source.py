"""Where a viewport gets its images: what it needs of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.events import EventBus

__all__ = ["ImageSource"]


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
