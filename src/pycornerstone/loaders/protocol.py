"""What a loader is: a function of an imageId, or an object with the two steps apart."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard, runtime_checkable

from pycornerstone.model.image import ImageQuality
from pycornerstone.model.limits import LoadLimits
from pycornerstone.model.requests import RequestType
from pycornerstone.retrieve.sources import Sources

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.metadata.dicom_headers import DicomHeaders
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.model.image import Image
    from pycornerstone.retrieve.http import HttpRetriever

__all__ = [
    "ArrayPlace",
    "ArrayReader",
    "BulkRetriever",
    "ImageLoader",
    "KnowsAtHand",
    "LoadOptions",
    "Loaded",
    "LoaderContext",
    "LoaderFunction",
    "PlaceOf",
    "brings_many",
    "has_steps",
    "is_async",
    "knows_at_hand",
    "reads_arrays",
]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How an image is asked for.

    Attributes
    ----------
    request_type : RequestType
        Why; interaction goes before prefetch.
    priority : int
        Order within a request type, lowest first.
    quality : ImageQuality
        The least that will do. Below full resolution, a loader may stop when it has that much.
    extra : mapping
        Whatever the loader of the scheme understands.
    """

    request_type: RequestType = RequestType.INTERACTION
    priority: int = 0
    quality: ImageQuality = ImageQuality.FULL_RESOLUTION
    extra: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class ImageLoader(Protocol):
    """A loader whose steps are scheduled apart: retrieving waits, decoding computes.

    What travels between them is theirs: the built-in ones use `EncodedFrame`.
    """

    def retrieve(self, image_id: str) -> Any | Awaitable[Any]:
        """Bring the bytes.

        A coroutine waits on the session's event loop, many at once. A plain function is for what
        is at hand, such as a local file: the thread that decodes it calls both.
        """

    def decode(self, encoded: Any) -> Image:
        """Turn them into an image; runs in a decoding thread, several at once."""


def has_steps(loader: object) -> TypeGuard[ImageLoader]:
    """Say whether a loader is an object with both steps; else it is a function."""
    # isinstance with a Protocol looks at every attribute, and takes 15 us.
    return hasattr(loader, "retrieve") and hasattr(loader, "decode")


@runtime_checkable
class KnowsAtHand(Protocol):
    """A loader whose `retrieve` waits for some images only: those of others may be local files.

    It is an `ImageLoader` as well. Without this method, what is at hand goes through the event loop
    and waits for its turn among what is fetched.
    """

    def at_hand(self, image_id: str) -> Any | None:
        """Say what `decode` takes, if nothing of it has to be waited for; None if it has.

        It is called in the thread that asks for the image, which may run an event loop: it looks at
        the imageId alone, and `decode` opens the file.

        Raises
        ------
        PyCornerstoneError
            If the imageId is wrong.
        """


def knows_at_hand(loader: object) -> TypeGuard[KnowsAtHand]:
    """Say whether a loader can tell which images need not be waited for."""
    return hasattr(loader, "at_hand")


@runtime_checkable
class ArrayReader(Protocol):
    """A loader that can also read samples straight into an array, for `Session.load_array`.

    It is an `ImageLoader` as well. Without this method, images are loaded and then copied. One with
    an attribute ``reads_soon`` that is true reads small images in less time than threads take to
    take turns: they are read by one thread, until they are seen to take longer.
    """

    def read_samples(self, image_id: str, out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """Read the samples of an image: those that a load of it would give.

        It is called in a decoding thread, several at once, for what is at hand: nothing that it
        does may wait for long.

        Parameters
        ----------
        image_id : str
            Which image.
        out : numpy.ndarray, optional
            A slice of the array, to be filled; without it, a new one is made.

        Returns
        -------
        numpy.ndarray
            What holds the samples: `out`, or the new one.

        Raises
        ------
        LoaderError
            If the samples have another shape or dtype than `out`.
        """


def reads_arrays(loader: object) -> TypeGuard[ArrayReader]:
    """Say whether a loader can read samples straight into an array."""
    return hasattr(loader, "read_samples")


class ArrayPlace(Protocol):
    """Where in an array the samples of one image belong. For the session's event loop.

    Attributes
    ----------
    size_in_bytes : int
        How many they are.
    """

    size_in_bytes: int

    def write(self, offset: int, data: memoryview) -> None:
        """Write some of them, as they are stored; nothing if nobody waits for them any more."""

    def change(self, function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> None:
        """Put what a function makes of all of them in their place."""

    def done(self) -> None:
        """Say that all of them are there."""


PlaceOf: TypeAlias = "Callable[[str, tuple[int, ...], np.dtype[Any]], ArrayPlace | None]"
"""Gives where the samples of an image of a shape and type belong; None if they cannot go there."""


@runtime_checkable
class BulkRetriever(Protocol):
    """A loader that brings many images faster together than one by one, for `Session.load_array`.

    It is an `ImageLoader` as well. What it does not bring is loaded one by one.
    """

    def retrieve_many(
        self, image_ids: Sequence[str], options: LoadOptions, /, place_of: PlaceOf | None = None
    ) -> AsyncIterator[Any]:
        """Bring what `decode` takes, for each of the images, in whatever order it arrives.

        It runs in the session's event loop. Whoever iterates may take a while for each, and nothing
        is to be fetched much faster than it is taken.

        Parameters
        ----------
        image_ids : sequence of str
            Of its scheme; each once.
        options : LoadOptions
            How they are asked for.
        place_of : callable, optional
            Gives where samples belong. It is handed over if the loader has an attribute
            ``writes_in_place`` that is true: samples that need no decoding may be written there;
            once the place has been told that they are `done`, no frame is given for them.

        Yields
        ------
        EncodedFrame
            Or whatever `retrieve` gives; it has an ``image_id``. Or an `ImageRun`, for several.

        Raises
        ------
        PyCornerstoneError
            If one of them cannot be had; its ``image_id`` says which.
        """


def brings_many(loader: object) -> TypeGuard[BulkRetriever]:
    """Say whether a loader can bring many images together."""
    return hasattr(loader, "retrieve_many")


def is_async(function: Callable[..., Any]) -> bool:
    """Say whether calling it gives a coroutine: an async function, or an object with one."""
    call = getattr(function, "__call__", None)  # noqa: B004 - that it can be called is known
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


Loaded: TypeAlias = "Image | ImageLoadObject | Awaitable[Image]"
LoaderFunction: TypeAlias = Callable[..., "Loaded"]
"""``(image_id)`` or ``(image_id, options)``, plain or async."""


@dataclass(frozen=True, slots=True)
class LoaderContext:
    """What a session hands to the loaders that come with pycornerstone.

    Attributes
    ----------
    metadata : MetadataRegistry
        All that is known of images; a user's provider answers before the built-in ones.
    dicom_headers : DicomHeaders
        Where the DICOM loaders leave the headers that they read.
    http : HttpRetriever
        The one way to the network.
    asks_only_headers : callable
        Whether nobody but `dicom_headers` says what DICOM samples mean; by default, somebody may.
    limits : LoadLimits
        How large what is loaded may be.
    sources : Sources
        Brings whole files, wherever they are.
    """

    metadata: MetadataRegistry
    dicom_headers: DicomHeaders
    http: HttpRetriever
    asks_only_headers: Callable[[], bool] = lambda: False
    limits: LoadLimits = field(default_factory=LoadLimits)
    sources: Sources = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", Sources(self.http))
