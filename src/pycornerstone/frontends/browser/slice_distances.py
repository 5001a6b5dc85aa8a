"""How far it is from one slice to the next, so that what is drawn on one is seen on no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.errors import MetadataProviderError
from pycornerstone.model.modules import ImagePlaneModule
from pycornerstone.viewports.places import Place
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["slice_distance_of"]

# mm: images that differ by less lie in the same place.
_SAME_PLACE = 1e-2
_PARALLEL = 1 - 1e-4


def slice_distance_of(
    viewport: StackViewport | VolumeViewport, metadata: MetadataRegistry
) -> float | None:
    """Give the distance to the nearest slice beside the one on show.

    Parameters
    ----------
    viewport : StackViewport or VolumeViewport
        It shows something.
    metadata : MetadataRegistry
        Is asked where the images beside the one of a stack lie.

    Returns
    -------
    float or None
        mm along the normal; of an image with none beside it, how thick its slice is; None if
        nobody says.
    """
    if not isinstance(viewport, StackViewport):
        return viewport.slice_planes.step_mm
    image, index = viewport.image, viewport.current_image_id_index
    here = None if image is None else Place.of_image(image)
    if here is None or index is None:
        return None
    found = []
    for beside in (index - 1, index + 1):
        if not 0 <= beside < len(viewport.image_ids):
            continue
        there = _place_of(viewport.image_ids[beside], metadata)
        if there is None or abs(float(there.normal @ here.normal)) < _PARALLEL:
            continue
        distance = abs(float((there.point_lps - here.point_lps) @ here.normal))
        if distance > _SAME_PLACE:
            found.append(distance)
    return min(found, default=here.thickness_mm)


def _place_of(image_id: str, metadata: MetadataRegistry) -> Place | None:
    try:
        return Place.of_plane(metadata.get(ImagePlaneModule, image_id))
    except MetadataProviderError:
        return None
