"""Modules from the attributes of a DICOM instance: which element becomes which field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_cine import read_cine, read_multiframe
from pycornerstone.metadata.dicom_frames import (
    read_frame,
    read_nuclear_geometry,
    read_segmentation,
)
from pycornerstone.metadata.dicom_instance import read_instance
from pycornerstone.metadata.dicom_mosaic import read_mosaic
from pycornerstone.metadata.dicom_overlays import read_overlay_planes
from pycornerstone.metadata.dicom_pet import (
    read_pet_image,
    read_pet_isotope,
    read_pet_series,
)
from pycornerstone.metadata.dicom_pixels import read_image_pixel
from pycornerstone.metadata.dicom_planes import read_image_plane
from pycornerstone.metadata.dicom_real_world import read_real_world_values
from pycornerstone.metadata.dicom_scaling import read_scaling
from pycornerstone.metadata.dicom_shutters import read_display_shutter
from pycornerstone.metadata.dicom_slides import read_tile_map, read_whole_slide
from pycornerstone.metadata.dicom_study import (
    read_clinical_trial,
    read_frame_of_reference,
    read_general_image,
    read_general_series,
    read_general_study,
    read_patient,
    read_patient_study,
    read_sop_common,
)
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.dicom_timing import read_timing
from pycornerstone.metadata.dicom_ultrasound import read_calibration, read_ultrasound_regions
from pycornerstone.metadata.dicom_values import (
    read_modality_lut,
    read_presentation_lut,
    read_voi_lut,
)
from pycornerstone.metadata.dicom_waveforms import read_ecg
from pycornerstone.model.modules import TransferSyntaxModule

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.modules import Module

__all__ = ["FRAME_MODULES", "INSTANCE_MODULES", "read_module"]


def read_module(type_name: str, attributes: DicomAttributes, frame: int = 1) -> Module | None:
    """Read a module of an instance, or of one of its frames.

    Elements that an image can be shown without are left out if they cannot be read, and that is
    logged; see the modules' own functions for what is an error.

    Parameters
    ----------
    type_name : str
        Which, such as ``"imagePlaneModule"``.
    attributes : DicomAttributes
        The instance.
    frame : int
        Which frame, from 1. What an enhanced image says of it comes first, then what it says of all
        frames, then the instance.

    Returns
    -------
    Module or None
        None if there is no such module, the instance is no image and the pixel module was asked
        for, or its transfer syntax is not known.

    Raises
    ------
    MetadataError
        If what the pixels mean is missing or cannot be read; the element is named.
    DecodeError
        If a sequence is damaged.
    """
    of_frame = FRAME_MODULES.get(type_name)
    if of_frame is not None:
        return of_frame(attributes, frame)
    of_instance = INSTANCE_MODULES.get(type_name)
    return None if of_instance is None else of_instance(attributes)


def _read_transfer_syntax(attributes: DicomAttributes) -> TransferSyntaxModule | None:
    """PS3.10 section 7.1; a DICOMweb server may say instead how it keeps the instance (PS3.18)."""
    uid = attributes.text(Tag.TRANSFER_SYNTAX_UID)  # (0002,0010)
    uid = uid or attributes.text(Tag.AVAILABLE_TRANSFER_SYNTAX_UID)  # (0008,3002)
    return TransferSyntaxModule(uid, is_video=uid.startswith(_VIDEO)) if uid else None


# MPEG-2, MPEG-4 and HEVC (PS3.6, Annex A).
_VIDEO = tuple(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 109))

FRAME_MODULES: dict[str, Callable[[DicomAttributes, int], Module | None]] = {
    "displayShutterModule": read_display_shutter,
    "overlayPlaneModule": read_overlay_planes,
    "frameModule": read_frame,
    "imagePlaneModule": read_image_plane,
    "instance": read_instance,
    "modalityLutModule": read_modality_lut,
    "multiframeModule": read_multiframe,
    "realWorldValueMappingModule": read_real_world_values,
    "scalingModule": read_scaling,
    "timingModule": read_timing,
    "voiLutModule": read_voi_lut,
    "wholeSlideModule": read_whole_slide,
}
"""The modules that may differ from frame to frame, and how they are read."""

INSTANCE_MODULES: dict[str, Callable[[DicomAttributes], Module | None]] = {
    "calibrationModule": read_calibration,
    "cineModule": read_cine,
    "clinicalTrial": read_clinical_trial,
    "ecgModule": read_ecg,
    "frameOfReference": read_frame_of_reference,
    "generalImageModule": read_general_image,
    "generalSeriesModule": read_general_series,
    "generalStudyModule": read_general_study,
    "imagePixelModule": read_image_pixel,
    "mosaicModule": read_mosaic,
    "nmMultiframeGeometryModule": read_nuclear_geometry,
    "patientModule": read_patient,
    "patientStudyModule": read_patient_study,
    "petImageModule": read_pet_image,
    "petIsotopeModule": read_pet_isotope,
    "petSeriesModule": read_pet_series,
    "presentationLutModule": read_presentation_lut,
    "segmentationModule": read_segmentation,
    "sopCommonModule": read_sop_common,
    "tileMapModule": read_tile_map,
    "transferSyntax": _read_transfer_syntax,
    "ultrasoundEnhancedRegionModule": read_ultrasound_regions,
}
