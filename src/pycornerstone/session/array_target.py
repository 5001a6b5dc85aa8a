"""What the ways of images into an array know of the array, and of the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from contextlib import AbstractContextManager

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.loaders.registry import LoaderRegistry
    from pycornerstone.model.image import Image
    from pycornerstone.session.array_chunks import Chunks
    from pycornerstone.session.array_plan import ArrayPlan
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.workers import Workers

__all__ = ["ArraySources", "ArrayTarget"]


@dataclass(frozen=True, slots=True)
class ArraySources:
    """What of a session the images of an array come from.

    Attributes
    ----------
    loaders : LoaderRegistry
        Who loads which scheme.
    cache : Cache
        Images at hand.
    load_image : callable
        ``(image_id, options)``: the way of images that no other way is known of.
    workers : Workers
        Where it is done.
    threads : int
        How many images are decoded at once.
    """

    loaders: LoaderRegistry
    cache: Cache
    load_image: Callable[[str, LoadOptions], ImageLoadObject]
    workers: Workers
    threads: int


class ArrayTarget(Protocol):
    """An array that is being loaded: what its images are given to. See `ArrayLoad`."""

    image_ids: tuple[str, ...]
    around: tuple[str, ...]
    array: npt.NDArray[Any] | None
    options: LoadOptions
    sources: ArraySources
    plan: ArrayPlan
    chunks: Chunks

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is to be done."""

    def end(self, outcome: npt.NDArray[Any] | BaseException) -> None:
        """End it with the array or an error."""

    def wait_for(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run what waits in the event loop, until it or the load has ended."""

    def writing(self, place: int) -> AbstractContextManager[None]:
        """Write an image to its place within; what fails ends the load, and names the image."""

    def copy(self, place: int, samples: npt.NDArray[Any]) -> None:
        """Copy an image to where it belongs, unless it is too late; anything that fails is told."""

    def put(self, place: int, samples: npt.NDArray[Any] | None) -> None:
        """Copy an image to where it belongs, unless it is there already, and count it."""

    def array_of(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Give the array; where nobody has said what it is like, one of images like this."""

    def at_hand(self, image_id: str) -> Image | None:
        """Give an image that the cache has, and has all of."""

    def out(self, place: int) -> npt.NDArray[Any] | None:
        """Give where an image may be decoded to; None if nobody knows yet, or to nowhere."""

    def fail(self, place: int, error: BaseException) -> None:
        """End the load because of an image, unless it may go on without it."""

    def arrived(self, places: Sequence[int]) -> None:
        """Say that further images are where they belong."""
