"""What a loader left out of an image, asked of the metadata providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.model.modules import (
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    ModalityLutModule,
    PresentationLutModule,
    VoiLutModule,
)

if TYPE_CHECKING:
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.model.image import Image

__all__ = ["complete"]


def complete(image: Image, metadata: MetadataRegistry) -> Image:
    """Fill each field of `image` that is None, as far as anyone knows of it.

    Raises
    ------
    MetadataProviderError
        If a provider failed, and no other knew.
    """
    image_id = image.image_id
    known: dict[str, Any] = {}
    if image.plane is None:
        known["plane"] = metadata.get(ImagePlaneModule, image_id)
    if image.voi_lut is None:
        known["voi_lut"] = metadata.get(VoiLutModule, image_id)
    if image.modality is None:
        series = metadata.get(GeneralSeriesModule, image_id)
        known["modality"] = series and series.modality
    if image.pixels.ndim == 2:
        if image.modality_lut is None:
            known["modality_lut"] = metadata.get(ModalityLutModule, image_id)
        if image.presentation_lut_shape is None:
            presentation = metadata.get(PresentationLutModule, image_id)
            known["presentation_lut_shape"] = presentation and presentation.shape
        # A decoder of DICOM has read the pixel module; a loader of another kind may not know it.
        if image.transfer_syntax_uid is None:
            known |= _pixel_fields(image, metadata.get(ImagePixelModule, image_id))
    changes = {name: value for name, value in known.items() if value is not None}
    return image.replace(**changes) if changes else image


def _pixel_fields(image: Image, pixel: ImagePixelModule | None) -> dict[str, Any]:
    if pixel is None:
        return {}
    known: dict[str, Any] = {}
    if image.photometric_interpretation == "MONOCHROME2" and pixel.samples_per_pixel == 1:
        known["photometric_interpretation"] = pixel.photometric_interpretation
    if image.palette is None:
        known["palette"] = pixel.palette
    if image.padding_range is None:
        known["padding_range"] = pixel.padding_range
    return known
