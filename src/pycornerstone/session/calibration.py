"""Images that are at hand, after a user has said how far apart their pixels are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pycornerstone.errors import MetadataProviderError
from pycornerstone.model.modules import CalibratedPixelSpacing, ImagePlaneModule

if TYPE_CHECKING:
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.model.image import Image
    from pycornerstone.session.cache import Cache

__all__ = ["calibrated"]

_log = logging.getLogger("pycornerstone.session")


def calibrated(
    image: Image,
    metadata: MetadataRegistry,
    cache: Cache | None = None,
    *,
    ask_providers: bool = False,
) -> Image:
    """Give `image` with the spacing that a user says now; itself if it has that already.

    An image whose user has taken a calibration back has the spacing of its header again. A `cache`
    that has the image has it so from then on. Providers, which may take their time, are asked only
    if `ask_providers` says so, or a calibration was taken back that stood before theirs.
    """
    if not (ask_providers or metadata.calibrations.was_ever(image.image_id)):
        # Nearly every image, each time that it comes from the cache.
        return image
    try:
        measured = metadata.get(CalibratedPixelSpacing, image.image_id)
    except MetadataProviderError as error:
        _log.warning("metadata provider %s failed; calibration kept", error.provider)
        return image
    plane = image.plane or ImagePlaneModule()
    now = plane.calibrated(measured)
    if now == plane:
        return image
    image = image.replace(plane=now)
    if cache is not None:
        cache.exchange(image)
    return image
