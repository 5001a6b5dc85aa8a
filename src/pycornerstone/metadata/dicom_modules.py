"""Modules from the attributes of a DICOM instance: which element becomes which field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import DicomAttributes, if_readable
from pycornerstone.metadata.dicom_pixels import read_image_pixel, read_number_of_frames
from pycornerstone.metadata.dicom_planes import read_image_plane
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.dicom_values import (
    read_modality_lut,
    read_presentation_lut,
    read_voi_lut,
)
from pycornerstone.model.modules import (
    CineModule,
    GeneralImageModule,
    GeneralSeriesModule,
    GeneralStudyModule,
    MultiframeModule,
    PatientModule,
    PatientStudyModule,
    SopCommonModule,
    TransferSyntaxModule,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.model.modules import Module

__all__ = ["FRAME_MODULES", "read_module"]


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
    of_instance = _INSTANCE_MODULES.get(type_name)
    return None if of_instance is None else of_instance(attributes)


def _read_general_study(attributes: DicomAttributes) -> GeneralStudyModule:
    """PS3.3 C.7.2.1."""
    text = attributes.text
    return GeneralStudyModule(
        study_instance_uid=text(Tag.STUDY_INSTANCE_UID),  # (0020,000D)
        study_id=text(Tag.STUDY_ID),  # (0020,0010)
        study_description=text(Tag.STUDY_DESCRIPTION),  # (0008,1030)
        study_date=text(Tag.STUDY_DATE),  # (0008,0020)
        study_time=text(Tag.STUDY_TIME),  # (0008,0030)
        accession_number=text(Tag.ACCESSION_NUMBER),  # (0008,0050)
    )


def _read_general_series(attributes: DicomAttributes) -> GeneralSeriesModule:
    """PS3.3 C.7.3.1; date and time of the acquisition are those of C.7.6.1."""
    text = attributes.text
    return GeneralSeriesModule(
        modality=text(Tag.MODALITY),  # (0008,0060)
        series_instance_uid=text(Tag.SERIES_INSTANCE_UID),  # (0020,000E)
        study_instance_uid=text(Tag.STUDY_INSTANCE_UID),  # (0020,000D)
        series_description=text(Tag.SERIES_DESCRIPTION),  # (0008,103E)
        series_number=if_readable(attributes.integer, Tag.SERIES_NUMBER, None),  # (0020,0011)
        series_date=text(Tag.SERIES_DATE),  # (0008,0021)
        series_time=text(Tag.SERIES_TIME),  # (0008,0031)
        acquisition_date=text(Tag.ACQUISITION_DATE),  # (0008,0022)
        acquisition_time=text(Tag.ACQUISITION_TIME),  # (0008,0032)
        body_part_examined=text(Tag.BODY_PART_EXAMINED),  # (0018,0015)
        laterality=text(Tag.LATERALITY),  # (0020,0060)
    )


def _read_general_image(attributes: DicomAttributes) -> GeneralImageModule:
    """PS3.3 C.7.6.1; the UIDs are those of C.12.1."""
    text, texts = attributes.text, attributes.texts
    return GeneralImageModule(
        sop_instance_uid=text(Tag.SOP_INSTANCE_UID),  # (0008,0018)
        sop_class_uid=text(Tag.SOP_CLASS_UID),  # (0008,0016)
        instance_number=if_readable(attributes.integer, Tag.INSTANCE_NUMBER, None),  # (0020,0013)
        image_type=texts(Tag.IMAGE_TYPE),  # (0008,0008)
        content_date=text(Tag.CONTENT_DATE),  # (0008,0023)
        content_time=text(Tag.CONTENT_TIME),  # (0008,0033)
        lossy_image_compression=text(Tag.LOSSY_IMAGE_COMPRESSION),  # (0028,2110)
        lossy_image_compression_ratio=if_readable(  # (0028,2112)
            attributes.numbers, Tag.LOSSY_IMAGE_COMPRESSION_RATIO, ()
        ),
        lossy_image_compression_method=texts(  # (0028,2114)
            Tag.LOSSY_IMAGE_COMPRESSION_METHOD
        ),
    )


def _read_patient(attributes: DicomAttributes) -> PatientModule:
    """PS3.3 C.7.1.1."""
    return PatientModule(
        patient_id=attributes.text(Tag.PATIENT_ID),  # (0010,0020)
        patient_name=attributes.text(Tag.PATIENT_NAME),  # (0010,0010)
        patient_birth_date=attributes.text(Tag.PATIENT_BIRTH_DATE),  # (0010,0030)
        patient_sex=attributes.text(Tag.PATIENT_SEX),  # (0010,0040)
    )


def _read_patient_study(attributes: DicomAttributes) -> PatientStudyModule:
    """PS3.3 C.7.2.2."""
    return PatientStudyModule(
        patient_age=attributes.text(Tag.PATIENT_AGE),  # (0010,1010)
        patient_size_m=if_readable(attributes.number, Tag.PATIENT_SIZE, None),  # (0010,1020)
        patient_weight_kg=if_readable(attributes.number, Tag.PATIENT_WEIGHT, None),  # (0010,1030)
    )


def _read_sop_common(attributes: DicomAttributes) -> SopCommonModule:
    """PS3.3 C.12.1."""
    return SopCommonModule(
        sop_class_uid=attributes.text(Tag.SOP_CLASS_UID),  # (0008,0016)
        sop_instance_uid=attributes.text(Tag.SOP_INSTANCE_UID),  # (0008,0018)
    )


def _read_multiframe(attributes: DicomAttributes, frame: int) -> MultiframeModule:
    """PS3.3 C.7.6.6."""
    return MultiframeModule(
        number_of_frames=read_number_of_frames(attributes),  # (0028,0008)
        frame_number=frame,
    )


def _read_cine(attributes: DicomAttributes) -> CineModule:
    """PS3.3 C.7.6.5; the cine rate may also be that of C.8.5.6 in ultrasound."""
    number = attributes.number
    return CineModule(
        frame_time_ms=if_readable(number, Tag.FRAME_TIME, None),  # (0018,1063)
        cine_rate=if_readable(number, Tag.CINE_RATE, None),  # (0018,0040)
        recommended_display_frame_rate=if_readable(  # (0008,2144)
            number, Tag.RECOMMENDED_DISPLAY_FRAME_RATE, None
        ),
        number_of_frames=read_number_of_frames(attributes),  # (0028,0008)
    )


def _read_transfer_syntax(attributes: DicomAttributes) -> TransferSyntaxModule | None:
    """PS3.10 section 7.1; a DICOMweb server may say instead how it keeps the instance (PS3.18)."""
    uid = attributes.text(Tag.TRANSFER_SYNTAX_UID)  # (0002,0010)
    uid = uid or attributes.text(Tag.AVAILABLE_TRANSFER_SYNTAX_UID)  # (0008,3002)
    return TransferSyntaxModule(uid) if uid else None


FRAME_MODULES: dict[str, Callable[[DicomAttributes, int], Module | None]] = {
    "imagePlaneModule": read_image_plane,
    "modalityLutModule": read_modality_lut,
    "multiframeModule": _read_multiframe,
    "voiLutModule": read_voi_lut,
}
"""The modules that may differ from frame to frame, and how they are read."""

_INSTANCE_MODULES: dict[str, Callable[[DicomAttributes], Module | None]] = {
    "cineModule": _read_cine,
    "generalImageModule": _read_general_image,
    "generalSeriesModule": _read_general_series,
    "generalStudyModule": _read_general_study,
    "imagePixelModule": read_image_pixel,
    "patientModule": _read_patient,
    "patientStudyModule": _read_patient_study,
    "presentationLutModule": read_presentation_lut,
    "sopCommonModule": _read_sop_common,
    "transferSyntax": _read_transfer_syntax,
}
