"""Factors from the values of a PET image to SUV, or why there are none."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.body_measures import read_body_measure
from pycornerstone.metadata.dicom_pet import is_enhanced_pet, read_total_dose_bq
from pycornerstone.metadata.dicom_real_world import read_real_world_values
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.metadata.dicom_times import (
    SECONDS_PER_DAY,
    read_date,
    read_datetime,
    read_time,
    read_utc_offset,
)
from pycornerstone.metadata.dicom_values import read_modality_lut
from pycornerstone.model.modules.quantities import SUV_KINDS

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_suv_factors"]

# What a patient, or a mouse, is given lies between; beyond these the unit is another one.
_DOSES_BQ = (1e4, 1e11)
# A dynamic scan starts before the injection that it is to see.
_MAX_SECONDS_BEFORE_INJECTION = 600.0
# A thousandth is left then: dates that do not belong together are likelier than such a scan.
_MAX_HALF_LIVES = 10.0
_PHILIPS = "Philips PET Private Group"
_GE = "GEMS_PETD_01"
# Codes of PS3.16 CID 84 and 85, as they are and as they were: g/ml{SUVbw} and {SUVbw}g/ml.
_SUV_UNIT = re.compile(r"(?:g/ml|cm2/ml)?\{SUV([^}]+)\}(?:g/ml|cm2/ml)?")


@dataclass(frozen=True, slots=True)
class _Scale:
    """What modality values times `factor` are: SUV of `kind`, or without one SUV per body measure.

    A body measure is grams, or square centimetres.
    """

    kind: str | None
    factor: float


def read_suv_factors(
    attributes: DicomAttributes, frame: int = 1
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Compute the factors from the modality values of a PET image to SUV.

    Parameters
    ----------
    attributes : DicomAttributes
        The instance. It alone is asked: where QIBA lets one look for the first acquisition of a
        series, that of the instance is taken.
    frame : int
        Which frame, from 1.

    Returns
    -------
    factors : dict of str to float
        By ``"suv"`` and a key of `SUV_KINDS`, as far as they can be computed.
    reasons : tuple of str
        Why the others cannot: that name, a colon, and a sentence.

    Notes
    -----
    Values in Bq/ml become SUV by the dose that is left when they are corrected to. With Decay
    Correction ADMIN it is the dose that was injected. With START it is what is left at the start
    of the scan: Series Date and Time, unless they are later than the acquisition, as in series that
    were made anew. Then it is what GE says in (0009,100D), or the acquisition less Frame Reference
    Time, taken from the time in the frame when it counts at its mean rate, or the acquisition.

    A DT that says its offset from UTC is given by the clock of the instance, where (0008,0201) says
    which that is. A start of the injection without a date is at most half a day after the scan
    starts, and before that on the same day; or on the day before.

    References
    ----------
    QIBA, *SUV vendor-neutral pseudo-code*, 2018-06-26. DICOM PS3.3 C.8.9 (PET), C.8.22 (enhanced).
    """
    try:
        is_enhanced = is_enhanced_pet(attributes)
        scale = _enhanced_scale(attributes, frame) if is_enhanced else _scale(attributes)
    except (MetadataError, DecodeError) as error:
        return {}, tuple(f"suv{kind}: {error.message}" for kind in SUV_KINDS)
    factors: dict[str, float] = {}
    reasons: list[str] = []
    for kind in SUV_KINDS:
        try:
            factors[f"suv{kind}"] = _factor(attributes, scale, kind)
        except (MetadataError, DecodeError) as error:
            reasons.append(f"suv{kind}: {error.message}")
    return factors, tuple(reasons)


def _factor(attributes: DicomAttributes, scale: _Scale, kind: str) -> float:
    factor = scale.factor
    if kind != scale.kind:
        factor *= read_body_measure(attributes, kind)
        if scale.kind is not None:
            factor /= read_body_measure(attributes, scale.kind)
    if not (math.isfinite(factor) and factor > 0):
        raise MetadataError("the factor is no number above 0; dose, half-life or weight are wrong")
    return factor


def _scale(attributes: DicomAttributes) -> _Scale:
    corrected = attributes.texts(Tag.CORRECTED_IMAGE)
    for correction in ("ATTN", "DECY"):
        if correction not in corrected:
            raise MetadataError(
                f"{describe_tag(Tag.CORRECTED_IMAGE)} is without {correction}, and only values "
                "corrected for attenuation and decay are comparable"
            )
    units = attributes.text(Tag.UNITS)
    match units:
        case "BQML":
            return _Scale(None, 1 / _dose_left(attributes))
        case "CNTS":
            return _philips_scale(attributes)
        case "GML" | "CM2ML":
            return _Scale(_suv_kind(attributes, units), 1.0)
        case None:
            raise _missing(Tag.UNITS)
        case _:
            raise MetadataError(
                f"{describe_tag(Tag.UNITS)} is {units[:16]!r}; SUV can be computed from BQML, GML, "
                "CM2ML, and from CNTS by the private factors of Philips"
            )


def _suv_kind(attributes: DicomAttributes, units: str) -> str:
    """Give the type of values that are SUV already, which their unit must be that of."""
    text = attributes.text(Tag.SUV_TYPE) or ("BW" if units == "GML" else "BSA")
    kind = text.lower()
    if kind not in SUV_KINDS or (kind == "bsa") != (units == "CM2ML"):
        raise MetadataError(
            f"{describe_tag(Tag.SUV_TYPE)} is {text[:16]!r}, which {describe_tag(Tag.UNITS)} "
            f"{units} is no unit of"
        )
    return kind


def _philips_scale(attributes: DicomAttributes) -> _Scale:
    tags = (Tag.PHILIPS_SUV_SCALE_FACTOR, Tag.PHILIPS_ACTIVITY_CONCENTRATION_SCALE_FACTOR)
    if attributes.text(Tag.PHILIPS_PET_CREATOR) == _PHILIPS:
        suv = attributes.number(tags[0])
        if suv is not None and suv > 0:
            return _Scale("bw", suv)
        activity = attributes.number(tags[1])
        if activity is not None and activity > 0:
            return _Scale(None, activity / _dose_left(attributes))
    raise MetadataError(
        f"{describe_tag(Tag.UNITS)} is CNTS, and neither {describe_tag(tags[0])} nor "
        f"{describe_tag(tags[1])} of {_PHILIPS!r} says what counts are"
    )


def _enhanced_scale(attributes: DicomAttributes, frame: int) -> _Scale:
    """Take the unit from the real-world values, which enhanced PET images must have."""
    for tag in (Tag.ATTENUATION_CORRECTED, Tag.DECAY_CORRECTED):
        if attributes.text(tag) != "YES":
            raise MetadataError(f"{describe_tag(tag)} is not YES")
    modality = read_modality_lut(attributes, frame)
    for known in read_real_world_values(attributes, frame).maps:
        unit = known.unit or ""
        suv = _SUV_UNIT.fullmatch(unit)
        kind = re.sub("[()]", "", suv[1]).lower() if suv else ""
        if known.lut or modality.lut or not (unit == "Bq/ml" or kind in SUV_KINDS):
            continue
        factor = known.slope / modality.rescale_slope
        if math.isclose(known.intercept, modality.rescale_intercept * factor, abs_tol=1e-9):
            return _Scale(kind, factor) if kind else _Scale(None, factor / _dose_left(attributes))
    raise MetadataError(
        f"{describe_tag(Tag.REAL_WORLD_VALUE_MAPPING_SEQUENCE)} gives no values in Bq/ml or "
        "g/ml{SUVbw} that are a multiple of the modality values"
    )


def _dose_left(attributes: DicomAttributes) -> float:
    """Give the activity in Bq that is left of the injection when values are corrected to."""
    sequence = Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE
    items = attributes.items(sequence)
    is_enhanced = is_enhanced_pet(attributes)
    if not items:
        raise _missing(sequence)
    if is_enhanced and len(items) > 1:
        raise MetadataError(
            f"{describe_tag(sequence)} has {len(items)} items, and frames of one of them are not "
            "told from those of another"
        )
    dose = _dose(items[0], is_enhanced=is_enhanced)
    correction = "START" if is_enhanced else attributes.text(Tag.DECAY_CORRECTION)
    if correction == "ADMIN":
        return dose
    if correction != "START":
        found = "missing" if correction is None else repr(correction[:16])
        raise MetadataError(
            f"{describe_tag(Tag.DECAY_CORRECTION)} is {found}, where START or ADMIN must be"
        )
    half_life = items[0].number(Tag.RADIONUCLIDE_HALF_LIFE)
    if half_life is None or not half_life > 0:
        raise _missing(Tag.RADIONUCLIDE_HALF_LIFE)
    utc_offset = read_utc_offset(attributes, Tag.TIMEZONE_OFFSET_FROM_UTC)
    if is_enhanced:
        if utc_offset is None:
            utc_offset = read_utc_offset(attributes, Tag.DECAY_CORRECTION_DATETIME)
        scan = read_datetime(attributes, Tag.DECAY_CORRECTION_DATETIME, utc_offset)
        if scan is None:
            raise _missing(Tag.DECAY_CORRECTION_DATETIME)
    else:
        scan = _scan_start(attributes, half_life, utc_offset)
    return _decayed(dose, scan - _injection(items[0], scan, utc_offset), half_life)


def _dose(item: DicomAttributes, *, is_enhanced: bool) -> float:
    dose = read_total_dose_bq(item, is_enhanced=is_enhanced)
    if not dose:
        raise _missing(Tag.RADIONUCLIDE_TOTAL_DOSE)
    lowest, highest = _DOSES_BQ
    if not lowest <= dose <= highest:
        raise MetadataError(
            f"{describe_tag(Tag.RADIONUCLIDE_TOTAL_DOSE)} is {dose:g} Bq, which nobody is given "
            f"({lowest:g} to {highest:g}); it stands in {'M' if is_enhanced else ''}Bq, correct "
            "the header"
        )
    return dose


def _decayed(dose: float, elapsed: float, half_life: float) -> float:
    # Also where a number is so small or large that none comes out.
    if not -_MAX_SECONDS_BEFORE_INJECTION <= elapsed < math.inf:
        raise MetadataError(
            f"{describe_tag(Tag.RADIOPHARMACEUTICAL_START_DATETIME)}, or "
            f"{describe_tag(Tag.RADIOPHARMACEUTICAL_START_TIME)}, is more than "
            f"{_MAX_SECONDS_BEFORE_INJECTION / 60:g} minutes after the scan starts"
        )
    if not abs(elapsed) <= _MAX_HALF_LIVES * half_life:
        raise MetadataError(
            f"{describe_tag(Tag.RADIOPHARMACEUTICAL_START_DATETIME)}, or "
            f"{describe_tag(Tag.RADIOPHARMACEUTICAL_START_TIME)}, is more than "
            f"{_MAX_HALF_LIVES:g} half-lives from the start of the scan; one of them is wrong"
        )
    return float(dose * 2.0 ** (-elapsed / half_life))


def _scan_start(attributes: DicomAttributes, half_life: float, utc_offset: float | None) -> float:
    series = _date_and_time(attributes, Tag.SERIES_DATE, Tag.SERIES_TIME)
    acquisition = None
    if attributes.text(Tag.ACQUISITION_DATE) is None:
        acquisition = read_datetime(attributes, Tag.ACQUISITION_DATETIME, utc_offset)
    if acquisition is None:
        acquisition = _date_and_time(attributes, Tag.ACQUISITION_DATE, Tag.ACQUISITION_TIME)
    if series <= acquisition:
        return series
    if attributes.text(Tag.GE_PET_CREATOR) == _GE:
        scan = read_datetime(attributes, Tag.GE_PET_SCAN_DATETIME, utc_offset)
        if scan is not None:
            return scan
    reference = attributes.number(Tag.FRAME_REFERENCE_TIME) or 0.0
    duration = attributes.number(Tag.ACTUAL_FRAME_DURATION) or 0.0
    if reference > 0 and duration > 0:
        return acquisition - reference / 1e3 + _mean_count_time(duration / 1e3, half_life)
    return acquisition


def _mean_count_time(duration: float, half_life: float) -> float:
    """Give the time in a frame when it counts at its mean rate, in seconds (C.8.9.4.1.5)."""
    decay = math.log(2) / half_life * duration
    if decay < 1e-4:
        # What is left of the formula, which divides nearly nothing by nearly nothing here.
        return duration / 2
    return duration / decay * math.log(decay / -math.expm1(-decay))


def _injection(item: DicomAttributes, scan: float, utc_offset: float | None) -> float:
    start = read_datetime(item, Tag.RADIOPHARMACEUTICAL_START_DATETIME, utc_offset)
    if start is not None:
        return start
    time = read_time(item, Tag.RADIOPHARMACEUTICAL_START_TIME)
    if time is None:
        raise _missing(Tag.RADIOPHARMACEUTICAL_START_TIME)
    start = scan // SECONDS_PER_DAY * SECONDS_PER_DAY + time
    return start if start - scan <= SECONDS_PER_DAY / 2 else start - SECONDS_PER_DAY


def _date_and_time(attributes: DicomAttributes, date_tag: Tag, time_tag: Tag) -> float:
    date, time = read_date(attributes, date_tag), read_time(attributes, time_tag)
    if date is None:
        raise _missing(date_tag)
    if time is None:
        raise _missing(time_tag)
    return date + time


def _missing(tag: Tag) -> MetadataError:
    return MetadataError(f"{describe_tag(tag)} is missing")
