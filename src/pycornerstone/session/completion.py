"""What a loader left out of an image, asked of the metadata providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.model.modules import (
    DisplayShutterModule,
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    ModalityLutModule,
    OverlayPlaneModule,
    PresentationLutModule,
    RealWorldValueMappingModule,
    ScalingModule,
    VoiLutModule,
)
from pycornerstone.session.calibration import calibrated

if TYPE_CHECKING:
    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.model.image import Image

__all__ = ["complete"]

# Of others no factor is known, and each question costs time.
_SCALED = frozenset({"PT", "RTDOSE"})


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
    else:
        image = calibrated(image, metadata, ask_providers=True)
    if image.voi_lut is None:
        known["voi_lut"] = metadata.get(VoiLutModule, image_id)
    if image.modality is None:
        series = metadata.get(GeneralSeriesModule, image_id)
        known["modality"] = series and series.modality
    if image.overlays is None:
        planes = metadata.get(OverlayPlaneModule, image_id)
        # What lies in the samples is found by whoever decodes them.
        if planes is not None:
            known["overlays"] = tuple(p for p in planes.overlays if p.bits is not None)
    if image.shutter is None:
        shutter = metadata.get(DisplayShutterModule, image_id)
        known["shutter"] = shutter if shutter and shutter.shapes else None
    if image.pixels.ndim == 2:
        if image.modality_lut is None:
            known["modality_lut"] = metadata.get(ModalityLutModule, image_id)
        if image.presentation_lut_shape is None:
            presentation = metadata.get(PresentationLutModule, image_id)
            known["presentation_lut_shape"] = presentation and presentation.shape
        # A decoder of DICOM has read the pixel module; a loader of another kind may not know it.
        if image.transfer_syntax_uid is None:
            known |= _pixel_fields(image, metadata.get(ImagePixelModule, image_id))
        known |= _quantities(image, image.modality or known.get("modality"), metadata)
    changes = {name: value for name, value in known.items() if value is not None}
    return image.replace(**changes) if changes else image


def _quantities(image: Image, modality: str | None, metadata: MetadataRegistry) -> dict[str, Any]:
    known: dict[str, Any] = {}
    if image.real_world_values is None:
        mapping = metadata.get(RealWorldValueMappingModule, image.image_id)
        known["real_world_values"] = mapping if mapping and mapping.maps else None
    if image.scaling is None and modality in _SCALED:
        known["scaling"] = metadata.get(ScalingModule, image.image_id)
    return known


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
