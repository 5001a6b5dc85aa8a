"""A volume in the cache, and the images of its slices, which are views of it."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import CacheSizeExceededError, ImageIdError, PyCornerstoneError
from pycornerstone.loaders.protocol import has_steps
from pycornerstone.model.image import Image, ImageQuality
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.model.modules import OverlayPlaneModule, TransferSyntaxModule
from pycornerstone.session.announcements import is_in_event_loop
from pycornerstone.session.completion import complete
from pycornerstone.session.unmade_images import UnmadeImage
from pycornerstone.session.volumes.slice_meaning import described_image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pycornerstone.model.volume import Volume
    from pycornerstone.session.volumes.sources import VolumeSources

__all__ = ["keep_volume"]

_log = logging.getLogger("pycornerstone.session")

# Of an image whose samples are no matter.
_NOTHING = np.zeros((1, 1), np.uint8)


def keep_volume(
    sources: VolumeSources,
    volume: Volume,
    images: Mapping[str, Image],
    *,
    with_slices: bool,
    decache: Callable[[], object] | None = None,
) -> None:
    """Put a volume into the cache, and the images of its slices where all is known of them.

    Nothing is held twice: the memory is the volume's, and images that were there before give way
    to views of it.

    Parameters
    ----------
    sources : VolumeSources
        Whose cache it is.
    volume : Volume
        A whole one.
    images : mapping
        What loaders have said of its images beside samples, by imageId.
    with_slices : bool
        Its slices are whole images.
    decache : callable, optional
        Called when the cache lets go of the volume.
    """
    cache = sources.cache
    # In use meanwhile: else each image that comes is pinned together with all before it.
    cache.pin_volume(volume.volume_id)
    try:
        cache.put_volume(volume, decache)
        for place, image_id in enumerate(volume.image_ids if with_slices else ()):
            unmade = _unmade(sources, image_id, volume.voxels[place], images.get(image_id))
            if unmade is not None:
                cache.put(unmade)
    except CacheSizeExceededError:
        _log.info("a volume of %d bytes is its caller's alone: it does not fit", volume.buffer[1])
    finally:
        cache.unpin_volume(volume.volume_id)


def _unmade(
    sources: VolumeSources, image_id: str, samples: Any, given: Image | None
) -> UnmadeImage | None:
    """Give an image that is made when it is asked for; None where nobody knows enough of it."""
    if given is not None:
        # It was all that its loader said, whatever the volume takes of its slices.
        return UnmadeImage(image_id, samples, given.quality, lambda: given.replace(pixels=samples))
    try:
        base, _ = split_frame(image_id)
        scheme = ImageId.parse(image_id).scheme
    except ImageIdError:
        return None
    if base not in sources.context.dicom_headers or not sources.loaders.is_built_in(scheme):
        return None
    make = partial(_image, sources, base, scheme, image_id, samples)
    return UnmadeImage(image_id, samples, ImageQuality.FULL_RESOLUTION, make)


def _image(
    sources: VolumeSources, base: str, scheme: str, image_id: str, samples: Any
) -> Image | None:
    """Make an image as a load of it would; None where that may have more to say."""
    if base not in sources.context.dicom_headers:
        return None
    try:
        return _described(sources, scheme, image_id, samples)
    except PyCornerstoneError:
        # Loading it says what is wrong.
        return None


def _described(sources: VolumeSources, scheme: str, image_id: str, samples: Any) -> Image | None:
    metadata = sources.context.metadata
    syntax = metadata.get(TransferSyntaxModule, image_id)
    overlays = metadata.get(OverlayPlaneModule, image_id)
    if overlays is not None and any(plane.bits is None for plane in overlays.overlays):
        # These lie in bits beside the values, which are not there any more.
        return None
    changes = {
        "pixels": samples,
        "dataset_source": partial(_dataset, sources, scheme, image_id),
        "transfer_syntax_uid": syntax and syntax.transfer_syntax_uid,
    }
    if samples.ndim == 3:
        return complete(Image(image_id, samples), metadata).replace(**changes)
    return described_image(metadata, image_id, {}).replace(**changes)


def _dataset(sources: VolumeSources, scheme: str, image_id: str) -> Any:
    """Give the data set that an image is of, from where it came; few ever ask for it."""
    loader = sources.loaders.find(scheme)
    encoded: Any = loader.retrieve(image_id) if has_steps(loader) else None
    if hasattr(encoded, "__await__"):
        if is_in_event_loop():
            encoded.close()
            encoded = None
        else:
            encoded = sources.workers.event_loop.submit(encoded).result()
    given = getattr(encoded, "dataset_source", None)
    return Image(image_id, _NOTHING, dataset_source=given).dataset
