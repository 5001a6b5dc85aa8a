"""What a PET image was made of: the radiopharmaceutical, its series and its frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.model.modules import (
    PetImageModule,
    PetIsotopeModule,
    PetSeriesModule,
    RadiopharmaceuticalInfo,
)

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = [
    "is_enhanced_pet",
    "read_pet_image",
    "read_pet_isotope",
    "read_pet_series",
    "read_total_dose_bq",
]

_ENHANCED_PET = "1.2.840.10008.5.1.4.1.1.130"


def is_enhanced_pet(attributes: DicomAttributes) -> bool:
    """Tell whether an instance is one of Enhanced PET Image Storage (PS3.4 B.5)."""
    return attributes.text(Tag.SOP_CLASS_UID) == _ENHANCED_PET


def read_total_dose_bq(item: DicomAttributes, *, is_enhanced: bool) -> float | None:
    """Read the Radionuclide Total Dose (0018,1074) of a radiopharmaceutical in Bq.

    It stands in Bq in PET images (PS3.3 C.8.9.2), in MBq in enhanced ones (PS3.3 C.8.22.4).

    Raises
    ------
    MetadataError
        If there is a value that is no number.
    """
    dose = item.number(Tag.RADIONUCLIDE_TOTAL_DOSE)
    return dose * 1e6 if is_enhanced and dose is not None else dose


def read_pet_isotope(attributes: DicomAttributes) -> PetIsotopeModule:
    """Read what was injected (PS3.3 C.8.9.2)."""
    items = attributes.items(Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE)  # (0054,0016)
    is_enhanced = bool(items) and is_enhanced_pet(attributes)
    return PetIsotopeModule(
        tuple(_radiopharmaceutical(item, is_enhanced=is_enhanced) for item in items)
    )


def read_pet_series(attributes: DicomAttributes) -> PetSeriesModule:
    """Read what the values of the series are (PS3.3 C.8.9.1)."""
    return PetSeriesModule(
        corrected_image=attributes.texts(Tag.CORRECTED_IMAGE),  # (0028,0051)
        units=attributes.text(Tag.UNITS),  # (0054,1001)
        decay_correction=attributes.text(Tag.DECAY_CORRECTION),  # (0054,1102)
        suv_type=attributes.text(Tag.SUV_TYPE),  # (0054,1006)
    )


def read_pet_image(attributes: DicomAttributes) -> PetImageModule:
    """Read when the image was taken (PS3.3 C.8.9.4)."""
    number = attributes.number
    return PetImageModule(
        frame_reference_time_ms=if_readable(  # (0054,1300)
            number, Tag.FRAME_REFERENCE_TIME, None
        ),
        actual_frame_duration_ms=if_readable(  # (0018,1242)
            number, Tag.ACTUAL_FRAME_DURATION, None
        ),
    )


def _radiopharmaceutical(item: DicomAttributes, *, is_enhanced: bool) -> RadiopharmaceuticalInfo:
    text, number = item.text, item.number

    def dose(_tag: int) -> float | None:
        return read_total_dose_bq(item, is_enhanced=is_enhanced)

    return RadiopharmaceuticalInfo(
        radiopharmaceutical=text(Tag.RADIOPHARMACEUTICAL),  # (0018,0031)
        start_time=text(Tag.RADIOPHARMACEUTICAL_START_TIME),  # (0018,1072)
        start_datetime=text(Tag.RADIOPHARMACEUTICAL_START_DATETIME),  # (0018,1078)
        radionuclide_total_dose_bq=if_readable(  # (0018,1074)
            dose, Tag.RADIONUCLIDE_TOTAL_DOSE, None
        ),
        radionuclide_half_life_s=if_readable(  # (0018,1075)
            number, Tag.RADIONUCLIDE_HALF_LIFE, None
        ),
        radionuclide_positron_fraction=if_readable(  # (0018,1076)
            number, Tag.RADIONUCLIDE_POSITRON_FRACTION, None
        ),
    )
