"""What happens: the events, and the typed detail that a listener of each is given."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.luts import VoiFunction

if TYPE_CHECKING:
    from pycornerstone.model.image import Image
    from pycornerstone.model.modules import ImagePlaneModule

__all__ = [
    "CacheSizeExceeded",
    "CameraModified",
    "CameraReset",
    "ColormapModified",
    "Event",
    "EventDetail",
    "ImageCacheImageAdded",
    "ImageCacheImageRemoved",
    "ImageLoadCancelled",
    "ImageLoadFailed",
    "ImageLoadProgress",
    "ImageLoaded",
    "ImageNotShown",
    "ImagePartiallyLoaded",
    "ImageRendered",
    "ImageRetrievalStage",
    "ImageSpacingCalibrated",
    "PreStackNewImage",
    "StackNewImage",
    "StackScrollOutOfBounds",
    "StackViewportScroll",
    "ViewportNewImageSet",
    "VoiModified",
    "VolumeCacheVolumeAdded",
    "VolumeCacheVolumeRemoved",
]


class Event(StrEnum):
    """What can be subscribed to: ``session.events.subscribe(Event.IMAGE_LOADED, listener)``."""

    IMAGE_LOADED = "IMAGE_LOADED"
    IMAGE_LOAD_FAILED = "IMAGE_LOAD_FAILED"
    IMAGE_LOAD_CANCELLED = "IMAGE_LOAD_CANCELLED"
    IMAGE_LOAD_PROGRESS = "IMAGE_LOAD_PROGRESS"
    IMAGE_PARTIALLY_LOADED = "IMAGE_PARTIALLY_LOADED"
    IMAGE_RETRIEVAL_STAGE = "IMAGE_RETRIEVAL_STAGE"
    IMAGE_CACHE_IMAGE_ADDED = "IMAGE_CACHE_IMAGE_ADDED"
    IMAGE_CACHE_IMAGE_REMOVED = "IMAGE_CACHE_IMAGE_REMOVED"
    VOLUME_LOADED = "VOLUME_LOADED"
    VOLUME_MODIFIED = "VOLUME_MODIFIED"
    VOLUME_LOAD_FAILED = "VOLUME_LOAD_FAILED"
    VOLUME_CACHE_VOLUME_ADDED = "VOLUME_CACHE_VOLUME_ADDED"
    VOLUME_CACHE_VOLUME_REMOVED = "VOLUME_CACHE_VOLUME_REMOVED"
    CACHE_SIZE_EXCEEDED = "CACHE_SIZE_EXCEEDED"
    PRE_STACK_NEW_IMAGE = "PRE_STACK_NEW_IMAGE"
    STACK_NEW_IMAGE = "STACK_NEW_IMAGE"
    VIEWPORT_NEW_IMAGE_SET = "VIEWPORT_NEW_IMAGE_SET"
    IMAGE_LOAD_ERROR = "IMAGE_LOAD_ERROR"
    STACK_VIEWPORT_SCROLL = "STACK_VIEWPORT_SCROLL"
    STACK_SCROLL_OUT_OF_BOUNDS = "STACK_SCROLL_OUT_OF_BOUNDS"
    CAMERA_MODIFIED = "CAMERA_MODIFIED"
    CAMERA_RESET = "CAMERA_RESET"
    VOI_MODIFIED = "VOI_MODIFIED"
    COLORMAP_MODIFIED = "COLORMAP_MODIFIED"
    SLAB_MODIFIED = "SLAB_MODIFIED"
    IMAGE_RENDERED = "IMAGE_RENDERED"
    IMAGE_SPACING_CALIBRATED = "IMAGE_SPACING_CALIBRATED"
    VOLUME_VIEWPORT_NEW_VOLUME = "VOLUME_VIEWPORT_NEW_VOLUME"
    VOLUME_NEW_IMAGE = "VOLUME_NEW_IMAGE"
    VOLUME_VIEWPORT_SCROLL = "VOLUME_VIEWPORT_SCROLL"
    VOLUME_VIEWPORT_SCROLL_OUT_OF_BOUNDS = "VOLUME_VIEWPORT_SCROLL_OUT_OF_BOUNDS"
    VIEWPORT_NEEDS_RENDER = "VIEWPORT_NEEDS_RENDER"


class EventDetail:
    """What a listener is given; `event` says which event it belongs to."""

    __slots__ = ()
    event: ClassVar[Event]

    def __repr__(self) -> str:
        """Say what happened, without what is secret in an imageId."""
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]  # all details are
        shown = ", ".join(f"{name}={_shown(getattr(self, name))!r}" for name in names)
        return f"{type(self).__name__}({shown})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageLoaded(EventDetail):
    """An image was loaded; once a load, and once each time the cache answered instead."""

    event: ClassVar[Event] = Event.IMAGE_LOADED

    image: Image
    from_cache: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageLoadFailed(EventDetail):
    """A load ended with an error; once a load."""

    event: ClassVar[Event] = Event.IMAGE_LOAD_FAILED

    image_id: str
    error: BaseException


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageLoadCancelled(EventDetail):
    """A load was cancelled; once a load."""

    event: ClassVar[Event] = Event.IMAGE_LOAD_CANCELLED

    image_id: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageLoadProgress(EventDetail):
    """Bytes of an image have arrived; `total` is None where nobody knows how many there will be."""

    event: ClassVar[Event] = Event.IMAGE_LOAD_PROGRESS

    image_id: str
    loaded: int
    total: int | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImagePartiallyLoaded(EventDetail):
    """An image can be shown though it is not all there: `image.quality` says what it is worth."""

    event: ClassVar[Event] = Event.IMAGE_PARTIALLY_LOADED

    image: Image


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageRetrievalStage(EventDetail):
    """All images of one stage of a list have been asked for, and have come or failed."""

    event: ClassVar[Event] = Event.IMAGE_RETRIEVAL_STAGE

    stage_id: str
    number_of_images: int
    number_of_failures: int
    duration_s: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageCacheImageAdded(EventDetail):
    """The cache keeps a further image."""

    event: ClassVar[Event] = Event.IMAGE_CACHE_IMAGE_ADDED

    image_id: str
    size_in_bytes: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageCacheImageRemoved(EventDetail):
    """The cache let go of an image; once a removal, whatever the reason."""

    event: ClassVar[Event] = Event.IMAGE_CACHE_IMAGE_REMOVED

    image_id: str
    size_in_bytes: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeCacheVolumeAdded(EventDetail):
    """The cache keeps a further volume."""

    event: ClassVar[Event] = Event.VOLUME_CACHE_VOLUME_ADDED

    volume_id: str
    size_in_bytes: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeCacheVolumeRemoved(EventDetail):
    """The cache let go of a volume; once a removal, whatever the reason."""

    event: ClassVar[Event] = Event.VOLUME_CACHE_VOLUME_REMOVED

    volume_id: str
    size_in_bytes: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CacheSizeExceeded(EventDetail):
    """An image does not fit into the cache; whoever asked for it has it all the same."""

    event: ClassVar[Event] = Event.CACHE_SIZE_EXCEEDED

    image_id: str
    needed: int
    max_size: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PreStackNewImage(EventDetail):
    """A stack viewport is about to ask for an image."""

    event: ClassVar[Event] = Event.PRE_STACK_NEW_IMAGE

    viewport_id: str
    image_id: str
    image_id_index: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StackNewImage(EventDetail):
    """A stack viewport now has this image; told again for each better one that takes its place."""

    event: ClassVar[Event] = Event.STACK_NEW_IMAGE

    viewport_id: str
    image: Image
    image_id: str
    image_id_index: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ViewportNewImageSet(EventDetail):
    """A stack viewport has been given a stack, and its first image is there."""

    event: ClassVar[Event] = Event.VIEWPORT_NEW_IMAGE_SET

    viewport_id: str
    image_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageNotShown(EventDetail):
    """A stack viewport could not have the image it asked for."""

    event: ClassVar[Event] = Event.IMAGE_LOAD_ERROR

    viewport_id: str
    image_id: str
    image_id_index: int
    error: BaseException


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StackViewportScroll(EventDetail):
    """Somebody scrolled: `direction` is the number of images, signed."""

    event: ClassVar[Event] = Event.STACK_VIEWPORT_SCROLL

    viewport_id: str
    image_id: str
    new_image_id_index: int
    direction: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StackScrollOutOfBounds(EventDetail):
    """Somebody scrolled past an end of the stack."""

    event: ClassVar[Event] = Event.STACK_SCROLL_OUT_OF_BOUNDS

    viewport_id: str
    image_id_index: int
    direction: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CameraModified(EventDetail):
    """The view moved, zoomed, turned or flipped."""

    event: ClassVar[Event] = Event.CAMERA_MODIFIED

    viewport_id: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CameraReset(EventDetail):
    """The view fits the image again."""

    event: ClassVar[Event] = Event.CAMERA_RESET

    viewport_id: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VoiModified(EventDetail):
    """Other values are of interest now, ``lower`` to ``upper`` in modality values.

    `volume_id` says of which volume, in a viewport of volumes; `voi_function` how greys rise from
    the lower to the upper.
    """

    event: ClassVar[Event] = Event.VOI_MODIFIED

    viewport_id: str
    lower: float
    upper: float
    volume_id: str | None = None
    voi_function: VoiFunction = VoiFunction.LINEAR


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ColormapModified(EventDetail):
    """Another colour map is used, or the negative; `volume_id` as of `VoiModified`."""

    event: ClassVar[Event] = Event.COLORMAP_MODIFIED

    viewport_id: str
    colormap: str
    volume_id: str | None = None
    invert: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageRendered(EventDetail):
    """A viewport has drawn what it shows."""

    event: ClassVar[Event] = Event.IMAGE_RENDERED

    viewport_id: str
    image_id: str | None
    milliseconds: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImageSpacingCalibrated(EventDetail):
    """A viewport goes by another pixel spacing; `plane` has it if the image is on show or cached.

    Without a calibration any longer, that is the spacing of the header.
    """

    event: ClassVar[Event] = Event.IMAGE_SPACING_CALIBRATED

    viewport_id: str
    image_id: str
    plane: ImagePlaneModule | None


def _shown(value: object) -> object:
    if isinstance(value, str):
        return without_credentials(value)
    return tuple(map(_shown, value)) if isinstance(value, tuple) else value
