"""What a search finds: studies, series and instances (PS3.18 section 10.6.3.3)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pycornerstone.loaders.dicomweb_values import StatedValues, by_keyword

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, time
    from typing import Self

    from pycornerstone.loaders.dicomweb_address import DicomwebAddress

__all__ = ["FoundInstance", "FoundSeries", "FoundStudy"]

_log = logging.getLogger("pycornerstone.loaders")

_STUDY_INSTANCE_UID = 0x0020000D
_SERIES_INSTANCE_UID = 0x0020000E
_SOP_INSTANCE_UID = 0x00080018
_RETRIEVE_URL = 0x00081190


@dataclass(frozen=True, eq=False)
class _Found:
    """What all of them have.

    Attributes
    ----------
    study_instance_uid : str
        (0020,000D).
    retrieve_url : str or None
        (0008,1190), where the server says that it is.
    json_object : mapping
        The DICOM JSON object as the server sent it.
    """

    study_instance_uid: str
    retrieve_url: str | None
    json_object: Mapping[str, Any]

    @cached_property
    def attributes(self) -> Mapping[str, Any]:
        """All that the server said, by DICOM keyword, or tag (``"00091001"``) where there is none.

        A value is text, a number or bytes, several are a tuple, and a sequence is a tuple of
        mappings like this; None where there is no value, or none that can be read.
        """
        return by_keyword(self.json_object)


@dataclass(frozen=True, eq=False, repr=False)
class FoundStudy(_Found):
    """A study that a search found; what the server did not say is None.

    Attributes
    ----------
    study_instance_uid : str
        (0020,000D).
    study_date : datetime.date or None
        (0008,0020).
    study_time : datetime.time or None
        (0008,0030).
    study_description, study_id, accession_number : str or None
        (0008,1030), (0020,0010), (0008,0050).
    modalities_in_study : tuple of str
        (0008,0061).
    referring_physician_name : str or None
        (0008,0090), as DICOM writes names: ``Family^Given``.
    patient_name, patient_id, patient_sex : str or None
        (0010,0010), (0010,0020), (0010,0040).
    patient_birth_date : datetime.date or None
        (0010,0030).
    number_of_series, number_of_instances : int or None
        (0020,1206), (0020,1208).
    retrieve_url : str or None
        (0008,1190), where the server says that it is.
    json_object : mapping
        The DICOM JSON object as the server sent it.
    """

    study_date: date | None
    study_time: time | None
    study_description: str | None
    study_id: str | None
    accession_number: str | None
    modalities_in_study: tuple[str, ...]
    referring_physician_name: str | None
    patient_name: str | None
    patient_id: str | None
    patient_sex: str | None
    patient_birth_date: date | None
    number_of_series: int | None
    number_of_instances: int | None

    @classmethod
    def read(cls, json_object: Mapping[str, Any], _asked: DicomwebAddress) -> Self | None:
        """Read a result; None, which is logged, if it has no UID."""
        said = StatedValues(json_object)
        uid = said.text(_STUDY_INSTANCE_UID)
        if uid is None:
            _log_nameless("study", "(0020,000D)")
            return None
        return cls(
            uid,
            said.text(_RETRIEVE_URL),
            json_object,
            study_date=said.date(0x00080020),
            study_time=said.time(0x00080030),
            study_description=said.text(0x00081030),
            study_id=said.text(0x00200010),
            accession_number=said.text(0x00080050),
            modalities_in_study=said.texts(0x00080061),
            referring_physician_name=said.text(0x00080090),
            patient_name=said.text(0x00100010),
            patient_id=said.text(0x00100020),
            patient_sex=said.text(0x00100040),
            patient_birth_date=said.date(0x00100030),
            number_of_series=said.integer(0x00201206),
            number_of_instances=said.integer(0x00201208),
        )

    @property
    def key(self) -> str:
        """What tells it from others."""
        return self.study_instance_uid

    def __repr__(self) -> str:
        # What is printed ends up in logs, and nothing of a patient belongs there.
        modalities = "/".join(self.modalities_in_study) or "?"
        return (
            f"<FoundStudy {self.study_instance_uid} {modalities}, "
            f"{_count(self.number_of_series)} series, {_count(self.number_of_instances)} instances>"
        )


@dataclass(frozen=True, eq=False, repr=False)
class FoundSeries(_Found):
    """A series that a search found; what the server did not say is None.

    Attributes
    ----------
    study_instance_uid, series_instance_uid : str
        (0020,000D), (0020,000E).
    modality, series_description : str or None
        (0008,0060), (0008,103E).
    series_number : int or None
        (0020,0011).
    number_of_instances : int or None
        (0020,1209).
    retrieve_url : str or None
        (0008,1190), where the server says that it is.
    json_object : mapping
        The DICOM JSON object as the server sent it.
    """

    series_instance_uid: str
    modality: str | None
    series_number: int | None
    series_description: str | None
    number_of_instances: int | None

    @classmethod
    def read(cls, json_object: Mapping[str, Any], asked: DicomwebAddress) -> Self | None:
        """Read a result; None, which is logged, if it has no UID."""
        said = StatedValues(json_object)
        uid = said.text(_SERIES_INSTANCE_UID)
        study = said.text(_STUDY_INSTANCE_UID) or asked.study
        if uid is None or study is None:
            _log_nameless("series", "(0020,000E) and (0020,000D)")
            return None
        return cls(
            study,
            said.text(_RETRIEVE_URL),
            json_object,
            series_instance_uid=uid,
            modality=said.text(0x00080060),
            series_number=said.integer(0x00200011),
            series_description=said.text(0x0008103E),
            number_of_instances=said.integer(0x00201209),
        )

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others."""
        return self.study_instance_uid, self.series_instance_uid

    def __repr__(self) -> str:
        number = "" if self.series_number is None else f" {self.series_number}"
        return (
            f"<FoundSeries{number} {self.series_instance_uid} {self.modality or '?'}, "
            f"{_count(self.number_of_instances)} instances>"
        )


@dataclass(frozen=True, eq=False, repr=False)
class FoundInstance(_Found):
    """An instance that a search found; what the server did not say is None.

    Attributes
    ----------
    study_instance_uid, series_instance_uid, sop_instance_uid : str
        (0020,000D), (0020,000E), (0008,0018).
    sop_class_uid : str or None
        (0008,0016): what kind of thing it is.
    instance_number : int or None
        (0020,0013).
    number_of_frames, rows, columns : int or None
        (0028,0008), (0028,0010), (0028,0011).
    retrieve_url : str or None
        (0008,1190), where the server says that it is.
    json_object : mapping
        The DICOM JSON object as the server sent it.
    """

    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str | None
    instance_number: int | None
    number_of_frames: int | None
    rows: int | None
    columns: int | None

    @classmethod
    def read(cls, json_object: Mapping[str, Any], asked: DicomwebAddress) -> Self | None:
        """Read a result; None, which is logged, if it has no UIDs."""
        said = StatedValues(json_object)
        uid = said.text(_SOP_INSTANCE_UID)
        study = said.text(_STUDY_INSTANCE_UID) or asked.study
        series = said.text(_SERIES_INSTANCE_UID) or asked.series
        if uid is None or study is None or series is None:
            _log_nameless("instance", "(0008,0018), (0020,000E) and (0020,000D)")
            return None
        return cls(
            study,
            said.text(_RETRIEVE_URL),
            json_object,
            series_instance_uid=series,
            sop_instance_uid=uid,
            sop_class_uid=said.text(0x00080016),
            instance_number=said.integer(0x00200013),
            number_of_frames=said.integer(0x00280008),
            rows=said.integer(0x00280010),
            columns=said.integer(0x00280011),
        )

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others."""
        return self.study_instance_uid, self.series_instance_uid, self.sop_instance_uid

    def __repr__(self) -> str:
        number = "" if self.instance_number is None else f" {self.instance_number}"
        return f"<FoundInstance{number} {self.sop_instance_uid}>"


def _log_nameless(what: str, tags: str) -> None:
    _log.warning("a %s that was found has no %s, and is left out", what, tags)


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)
