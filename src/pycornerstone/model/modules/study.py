"""Whose images they are, and of which study and series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pycornerstone.model.modules.module import Module

__all__ = [
    "ClinicalTrialModule",
    "FrameOfReferenceModule",
    "GeneralImageModule",
    "GeneralSeriesModule",
    "GeneralStudyModule",
    "PatientModule",
    "PatientStudyModule",
    "SopCommonModule",
]


@dataclass(frozen=True, slots=True)
class PatientModule(Module):
    """The patient (PS3.3 C.7.1.1). Never logged.

    Attributes
    ----------
    patient_id, patient_name : str or None
        (0010,0020) and (0010,0010); the groups of a name are kept, ``alphabetic=ideographic``.
    patient_birth_date, patient_birth_time : str or None
        (0010,0030) and (0010,0032), as DICOM writes them, DA and TM.
    patient_sex : str or None
        (0010,0040).
    """

    type_name: ClassVar[str] = "patientModule"

    patient_id: str | None = None
    patient_name: str | None = None
    patient_birth_date: str | None = None
    patient_birth_time: str | None = None
    patient_sex: str | None = None


@dataclass(frozen=True, slots=True)
class PatientStudyModule(Module):
    """The patient at the time of the study (PS3.3 C.7.2.2).

    Attributes
    ----------
    patient_age : str or None
        (0010,1010), such as ``"043Y"``.
    patient_size_m, patient_weight_kg : float or None
        (0010,1020) and (0010,1030).
    patient_sex : str or None
        (0010,0040), which the lean body mass depends on.
    """

    type_name: ClassVar[str] = "patientStudyModule"

    patient_age: str | None = None
    patient_size_m: float | None = None
    patient_weight_kg: float | None = None
    patient_sex: str | None = None


@dataclass(frozen=True, slots=True)
class ClinicalTrialModule(Module):
    """The trial that the images belong to (PS3.3 C.7.1.3, C.7.2.3 and C.7.3.2).

    Attributes
    ----------
    sponsor_name, protocol_id, protocol_name : str or None
        (0012,0010), (0012,0020) and (0012,0021).
    site_id, site_name : str or None
        (0012,0030) and (0012,0031).
    subject_id, subject_reading_id : str or None
        (0012,0040) and (0012,0042).
    time_point_id, time_point_description : str or None
        (0012,0050) and (0012,0051).
    coordinating_center_name : str or None
        (0012,0060).
    """

    type_name: ClassVar[str] = "clinicalTrial"

    sponsor_name: str | None = None
    protocol_id: str | None = None
    protocol_name: str | None = None
    site_id: str | None = None
    site_name: str | None = None
    subject_id: str | None = None
    subject_reading_id: str | None = None
    time_point_id: str | None = None
    time_point_description: str | None = None
    coordinating_center_name: str | None = None


@dataclass(frozen=True, slots=True)
class GeneralStudyModule(Module):
    """The study (PS3.3 C.7.2.1).

    Attributes
    ----------
    study_instance_uid, study_id : str or None
        (0020,000D) and (0020,0010).
    study_description, accession_number : str or None
        (0008,1030) and (0008,0050).
    study_date, study_time : str or None
        (0008,0020) and (0008,0030), as DICOM writes them, DA and TM.
    """

    type_name: ClassVar[str] = "generalStudyModule"

    study_instance_uid: str | None = None
    study_id: str | None = None
    study_description: str | None = None
    study_date: str | None = None
    study_time: str | None = None
    accession_number: str | None = None


@dataclass(frozen=True, slots=True)
class GeneralSeriesModule(Module):
    """The series (PS3.3 C.7.3.1); dates and times as DICOM writes them, DA and TM.

    Attributes
    ----------
    modality : str or None
        (0008,0060).
    series_instance_uid, study_instance_uid : str or None
        (0020,000E) and (0020,000D).
    series_description, series_number : str or int or None
        (0008,103E) and (0020,0011).
    series_date, series_time : str or None
        (0008,0021) and (0008,0031).
    acquisition_date, acquisition_time : str or None
        (0008,0022) and (0008,0032), of the General Acquisition Module (PS3.3 C.7.10.1).
    body_part_examined, laterality : str or None
        (0018,0015) and (0020,0060).
    anatomical_orientation_type : str or None
        (0010,2210): ``"QUADRUPED"`` of animals whose directions have names of their own.
    """

    type_name: ClassVar[str] = "generalSeriesModule"

    modality: str | None = None
    series_instance_uid: str | None = None
    study_instance_uid: str | None = None
    series_description: str | None = None
    series_number: int | None = None
    series_date: str | None = None
    series_time: str | None = None
    acquisition_date: str | None = None
    acquisition_time: str | None = None
    body_part_examined: str | None = None
    laterality: str | None = None
    anatomical_orientation_type: str | None = None


@dataclass(frozen=True, slots=True)
class FrameOfReferenceModule(Module):
    """The coordinate system that positions are given in (PS3.3 C.7.4.1).

    Attributes
    ----------
    frame_of_reference_uid : str or None
        (0020,0052); positions of images that have it in common can be compared.
    position_reference_indicator : str or None
        (0020,1040), such as a landmark of the patient.
    """

    type_name: ClassVar[str] = "frameOfReference"

    frame_of_reference_uid: str | None = None
    position_reference_indicator: str | None = None


@dataclass(frozen=True, slots=True)
class SopCommonModule(Module):
    """Identity of the instance (PS3.3 C.12.1).

    Attributes
    ----------
    sop_class_uid, sop_instance_uid : str or None
        (0008,0016) and (0008,0018).
    """

    type_name: ClassVar[str] = "sopCommonModule"

    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None


@dataclass(frozen=True, slots=True)
class GeneralImageModule(Module):
    """The image among those of its series (PS3.3 C.7.6.1).

    Attributes
    ----------
    sop_instance_uid, sop_class_uid : str or None
        (0008,0018) and (0008,0016).
    instance_number : int or None
        (0020,0013).
    image_type : tuple of str
        (0008,0008).
    patient_orientation : tuple of str
        (0020,0020): to which side of the body rows lead, and to which columns do.
    content_date, content_time : str or None
        (0008,0023) and (0008,0033).
    instance_creation_date, instance_creation_time : str or None
        (0008,0012) and (0008,0013).
    frame_of_reference_uid : str or None
        (0020,0052).
    number_of_frames : int
        (0028,0008).
    pixel_spacing_mm : tuple of float or None
        (0028,0030) as the header has it: between rows, between columns.
    lossy_image_compression : str or None
        (0028,2110): ``"00"`` never, ``"01"`` at some time.
    lossy_image_compression_ratio : tuple of float
        (0028,2112).
    lossy_image_compression_method : tuple of str
        (0028,2114).
    """

    type_name: ClassVar[str] = "generalImageModule"

    sop_instance_uid: str | None = None
    sop_class_uid: str | None = None
    instance_number: int | None = None
    image_type: tuple[str, ...] = ()
    patient_orientation: tuple[str, ...] = ()
    content_date: str | None = None
    content_time: str | None = None
    instance_creation_date: str | None = None
    instance_creation_time: str | None = None
    frame_of_reference_uid: str | None = None
    number_of_frames: int = 1
    pixel_spacing_mm: tuple[float, ...] | None = None
    lossy_image_compression: str | None = None
    lossy_image_compression_ratio: tuple[float, ...] = ()
    lossy_image_compression_method: tuple[str, ...] = ()
