"""Whose images they are, and of which study and series, from the attributes of an instance."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_pixels import read_number_of_frames
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.model.modules import (
    ClinicalTrialModule,
    FrameOfReferenceModule,
    GeneralImageModule,
    GeneralSeriesModule,
    GeneralStudyModule,
    PatientModule,
    PatientStudyModule,
    SopCommonModule,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = [
    "read_clinical_trial",
    "read_frame_of_reference",
    "read_general_image",
    "read_general_series",
    "read_general_study",
    "read_patient",
    "read_patient_study",
    "read_sop_common",
]


def read_general_study(attributes: DicomAttributes) -> GeneralStudyModule:
    """Read which study it is of (PS3.3 C.7.2.1)."""
    text = _text_of(attributes)
    return GeneralStudyModule(
        study_instance_uid=text(Tag.STUDY_INSTANCE_UID),
        study_id=text(Tag.STUDY_ID),
        study_description=text(Tag.STUDY_DESCRIPTION),
        study_date=text(Tag.STUDY_DATE),
        study_time=text(Tag.STUDY_TIME),
        accession_number=text(Tag.ACCESSION_NUMBER),
    )


def read_general_series(attributes: DicomAttributes) -> GeneralSeriesModule:
    """Read which series it is of (PS3.3 C.7.3.1), and when it was acquired (C.7.10.1)."""
    text = _text_of(attributes)
    return GeneralSeriesModule(
        modality=text(Tag.MODALITY),
        series_instance_uid=text(Tag.SERIES_INSTANCE_UID),
        study_instance_uid=text(Tag.STUDY_INSTANCE_UID),
        series_description=text(Tag.SERIES_DESCRIPTION),
        series_number=if_readable(attributes.integer, Tag.SERIES_NUMBER, None),
        series_date=text(Tag.SERIES_DATE),
        series_time=text(Tag.SERIES_TIME),
        acquisition_date=text(Tag.ACQUISITION_DATE),
        acquisition_time=text(Tag.ACQUISITION_TIME),
        body_part_examined=text(Tag.BODY_PART_EXAMINED),
        laterality=text(Tag.LATERALITY),
        anatomical_orientation_type=text(Tag.ANATOMICAL_ORIENTATION_TYPE),
    )


def read_general_image(attributes: DicomAttributes) -> GeneralImageModule:
    """Read which image of its series it is (PS3.3 C.7.6.1); the UIDs are those of C.12.1."""
    text = _text_of(attributes)
    numbers = attributes.numbers
    return GeneralImageModule(
        sop_instance_uid=text(Tag.SOP_INSTANCE_UID),
        sop_class_uid=text(Tag.SOP_CLASS_UID),
        instance_number=if_readable(attributes.integer, Tag.INSTANCE_NUMBER, None),
        image_type=if_readable(attributes.texts, Tag.IMAGE_TYPE, ()),
        patient_orientation=if_readable(attributes.texts, Tag.PATIENT_ORIENTATION, ()),
        content_date=text(Tag.CONTENT_DATE),
        content_time=text(Tag.CONTENT_TIME),
        instance_creation_date=text(Tag.INSTANCE_CREATION_DATE),
        instance_creation_time=text(Tag.INSTANCE_CREATION_TIME),
        frame_of_reference_uid=text(Tag.FRAME_OF_REFERENCE_UID),
        number_of_frames=read_number_of_frames(attributes),
        pixel_spacing_mm=if_readable(numbers, Tag.PIXEL_SPACING, ()) or None,
        lossy_image_compression=text(Tag.LOSSY_IMAGE_COMPRESSION),
        lossy_image_compression_ratio=if_readable(numbers, Tag.LOSSY_IMAGE_COMPRESSION_RATIO, ()),
        lossy_image_compression_method=if_readable(
            attributes.texts, Tag.LOSSY_IMAGE_COMPRESSION_METHOD, ()
        ),
    )


def read_patient(attributes: DicomAttributes) -> PatientModule:
    """Read who the patient is (PS3.3 C.7.1.1)."""
    text = _text_of(attributes)
    return PatientModule(
        patient_id=text(Tag.PATIENT_ID),
        patient_name=text(Tag.PATIENT_NAME),
        patient_birth_date=text(Tag.PATIENT_BIRTH_DATE),
        patient_birth_time=text(Tag.PATIENT_BIRTH_TIME),
        patient_sex=text(Tag.PATIENT_SEX),
    )


def read_patient_study(attributes: DicomAttributes) -> PatientStudyModule:
    """Read what the patient was like at the time of the study (PS3.3 C.7.2.2)."""
    text = _text_of(attributes)
    return PatientStudyModule(
        patient_age=text(Tag.PATIENT_AGE),
        patient_size_m=if_readable(attributes.number, Tag.PATIENT_SIZE, None),
        patient_weight_kg=if_readable(attributes.number, Tag.PATIENT_WEIGHT, None),
        patient_sex=text(Tag.PATIENT_SEX),
    )


def read_clinical_trial(attributes: DicomAttributes) -> ClinicalTrialModule:
    """Read which trial it belongs to (PS3.3 C.7.1.3, C.7.2.3 and C.7.3.2)."""
    text = _text_of(attributes)
    return ClinicalTrialModule(
        sponsor_name=text(Tag.CLINICAL_TRIAL_SPONSOR_NAME),
        protocol_id=text(Tag.CLINICAL_TRIAL_PROTOCOL_ID),
        protocol_name=text(Tag.CLINICAL_TRIAL_PROTOCOL_NAME),
        site_id=text(Tag.CLINICAL_TRIAL_SITE_ID),
        site_name=text(Tag.CLINICAL_TRIAL_SITE_NAME),
        subject_id=text(Tag.CLINICAL_TRIAL_SUBJECT_ID),
        subject_reading_id=text(Tag.CLINICAL_TRIAL_SUBJECT_READING_ID),
        time_point_id=text(Tag.CLINICAL_TRIAL_TIME_POINT_ID),
        time_point_description=text(Tag.CLINICAL_TRIAL_TIME_POINT_DESCRIPTION),
        coordinating_center_name=text(Tag.CLINICAL_TRIAL_COORDINATING_CENTER_NAME),
    )


def read_frame_of_reference(attributes: DicomAttributes) -> FrameOfReferenceModule:
    """Read which coordinate system positions are given in (PS3.3 C.7.4.1)."""
    text = _text_of(attributes)
    return FrameOfReferenceModule(
        frame_of_reference_uid=text(Tag.FRAME_OF_REFERENCE_UID),
        position_reference_indicator=text(Tag.POSITION_REFERENCE_INDICATOR),
    )


def read_sop_common(attributes: DicomAttributes) -> SopCommonModule:
    """Read which instance it is (PS3.3 C.12.1)."""
    text = _text_of(attributes)
    return SopCommonModule(
        sop_class_uid=text(Tag.SOP_CLASS_UID), sop_instance_uid=text(Tag.SOP_INSTANCE_UID)
    )


def _text_of(attributes: DicomAttributes) -> Callable[[Tag], str | None]:
    """Read text that an image can be shown without."""
    return partial(if_readable, attributes.text, default=None)
