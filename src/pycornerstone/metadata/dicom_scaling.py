"""Factors from the values of an image to SUV and to dose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_suv import read_suv_factors
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.model.modules import ScalingModule

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_scaling"]


def read_scaling(attributes: DicomAttributes, frame: int = 1) -> ScalingModule:
    """Read the factors of a PET image or of an RT dose; other images have none.

    What cannot be computed is None, and `ScalingModule.reasons` say why; nothing here is an error.
    """
    try:
        modality = attributes.text(Tag.MODALITY)
        if modality == "PT":
            factors, reasons = read_suv_factors(attributes, frame)
            return ScalingModule(
                suvbw=factors.get("suvbw"),
                suvlbm=factors.get("suvlbm"),
                suvlbmjames128=factors.get("suvlbmjames128"),
                suvlbmjanma=factors.get("suvlbmjanma"),
                suvibw=factors.get("suvibw"),
                suvbsa=factors.get("suvbsa"),
                reasons=reasons,
            )
        return _read_dose(attributes) if modality == "RTDOSE" else ScalingModule()
    except (MetadataError, DecodeError) as error:
        return ScalingModule(reasons=(error.message,))


def _read_dose(attributes: DicomAttributes) -> ScalingModule:
    """Read how stored values become dose (PS3.3 C.8.8.3); Rescale Slope has no part in it."""
    name = describe_tag(Tag.DOSE_GRID_SCALING)
    scaling, reasons = None, ("dose_grid_scaling: " + name + " is missing",)
    try:
        scaling = attributes.number(Tag.DOSE_GRID_SCALING)
        if scaling is not None and not scaling > 0:
            scaling, reasons = None, (f"dose_grid_scaling: {name} is not above 0",)
    except MetadataError as error:
        reasons = ("dose_grid_scaling: " + error.message,)
    return ScalingModule(
        reasons=() if scaling else reasons,
        dose_grid_scaling=scaling,  # (3004,000E)
        dose_units=attributes.text(Tag.DOSE_UNITS),  # (3004,0002)
        dose_type=attributes.text(Tag.DOSE_TYPE),  # (3004,0004)
        dose_summation_type=attributes.text(Tag.DOSE_SUMMATION_TYPE),  # (3004,000A)
    )
