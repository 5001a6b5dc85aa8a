"""What the samples of a volume mean: modality LUTs of its slices, all else of the middle one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import UnsupportedEncodingError
from pycornerstone.model.image import Image
from pycornerstone.model.modules import ImagePixelModule, ModalityLutModule
from pycornerstone.session.completion import complete
from pycornerstone.session.outcomes import of_image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pycornerstone.metadata.registry import MetadataRegistry

__all__ = ["described_image", "volume_fields"]


def described_image(
    metadata: MetadataRegistry, image_id: str, images: Mapping[str, Image]
) -> Image:
    """Give all that is known of an image but its samples, in an image of one pixel or its own.

    Parameters
    ----------
    metadata : MetadataRegistry
        Who knows it.
    image_id : str
        Which image.
    images : mapping
        Those that a loader has given, by imageId; what it said goes first.
    """
    image = images.get(image_id)
    if image is not None:
        return image
    pixel = metadata.get(ImagePixelModule, image_id)
    samples = 1 if pixel is None else pixel.samples_per_pixel
    shape = (1, 1) if samples == 1 else (1, 1, 3)
    return complete(Image(image_id, np.zeros(shape, np.uint8)), metadata)


def volume_fields(
    metadata: MetadataRegistry, image_ids: Sequence[str], images: Mapping[str, Image]
) -> dict[str, Any]:
    """Give the fields of a `Volume` that say what its samples mean.

    Parameters
    ----------
    metadata : MetadataRegistry
        Who knows it.
    image_ids : sequence of str
        Of its slices, in their order.
    images : mapping
        Those that a loader has given, by imageId.

    Raises
    ------
    UnsupportedEncodingError
        If the samples are indices of a palette, which no volume is cut through.
    """
    middle = described_image(metadata, image_ids[len(image_ids) // 2], images)
    if middle.photometric_interpretation == "PALETTE COLOR":
        error = UnsupportedEncodingError(
            "its samples are indices of a palette, between which there are no values; such images "
            "are shown as a stack"
        )
        raise of_image(error, middle.image_id)
    fields: dict[str, Any] = {
        "voi_lut": middle.voi_lut,
        "modality": middle.modality,
        "scaling": middle.scaling,
    }
    if middle.is_color:
        return fields
    fields["photometric_interpretation"] = middle.photometric_interpretation
    fields["presentation_lut_shape"] = middle.presentation_lut_shape
    fields["padding_range"] = middle.padding_range
    luts = [_lut(metadata, image_id, images) for image_id in image_ids]
    if all(_is_same(luts[0], lut) for lut in luts[1:]):
        fields["modality_lut"] = luts[0]
    else:
        fields["slice_modality_luts"] = tuple(lut or ModalityLutModule() for lut in luts)
    return fields


def _lut(
    metadata: MetadataRegistry, image_id: str, images: Mapping[str, Image]
) -> ModalityLutModule | None:
    image = images.get(image_id)
    if image is not None and image.modality_lut is not None:
        return image.modality_lut
    return metadata.get(ModalityLutModule, image_id)


def _is_same(one: ModalityLutModule | None, other: ModalityLutModule | None) -> bool:
    if one is other or one is None or other is None:
        return one is other
    if one.lut is not None and other.lut is not None:
        return (
            one.lut.first_mapped == other.lut.first_mapped
            and np.array_equal(one.lut.entries, other.lut.entries)
        )  # fmt: skip
    return (
        one.lut is other.lut
        and one.rescale_slope == other.rescale_slope
        and one.rescale_intercept == other.rescale_intercept
    )
