"""SUV factors: of eight scanners, of real files, and why there are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_suv import read_suv_factors
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes
from pycornerstone.model.modules.quantities import SUV_KINDS

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = {f"suv{kind}" for kind in SUV_KINDS}
# 70 kg, 180 cm, 370 MBq of fluorine, an hour before the scan.
INJECTED = {
    Tag.RADIOPHARMACEUTICAL_START_TIME: "101500",
    Tag.RADIONUCLIDE_TOTAL_DOSE: "370000000",
    Tag.RADIONUCLIDE_HALF_LIFE: "3600",
}
PATIENT = {Tag.PATIENT_WEIGHT: "70", Tag.PATIENT_SIZE: "1.8", Tag.PATIENT_SEX: "F"}
PET: dict[Any, Any] = {
    **PATIENT,
    Tag.MODALITY: "PT",
    Tag.CORRECTED_IMAGE: ["DECY", "ATTN", "SCAT"],
    Tag.UNITS: "BQML",
    Tag.DECAY_CORRECTION: "START",
    Tag.SERIES_DATE: "20240102",
    Tag.SERIES_TIME: "111500",
    Tag.ACQUISITION_DATE: "20240102",
    Tag.ACQUISITION_TIME: "111700",
    Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE: [INJECTED],
}
# By hand: half of the dose is left after one half-life.
PLAIN = 70 * 1000 / (370e6 / 2)


def injected(**changes: str) -> dict[Tag, Any]:
    """Give the radiopharmaceutical with other values."""
    changed = {Tag[f"RADIO{name}"]: value for name, value in changes.items()}
    return {Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE: [{**INJECTED, **changed}]}


def reason_of(attributes: Any, field: str = "suvbw") -> str:
    factors, reasons = read_suv_factors(attributes)
    assert field not in factors
    [reason] = [text for text in reasons if text.startswith(f"{field}: ")]
    return reason.removeprefix(f"{field}: ")


# README of the test data.
SCANNERS = {
    "SIEMENS": 0.00042748316187197236,
    "GE_MEDICAL_AND_BQML": 0.0005367387681819742,
    "PHILIPS_BQML": 0.0007463747013889488,
    "BQML_AC_DT_lessThan_S_DT_SIEMENS": 0.0004069156854009332,
    "RADIOPHARM_DATETIME_UNDEFINED": 0.0003721089202818729,
    "CPS_AND_BQML_AC_DT_-_S_DT": 0.00026503312764157046,
    "PHILIPS_CNTS_AND_BQML_SUV": 0.000551,
    "PHILIPS_CNTS_AND_SUV": 0.000728,
}


def data_set(instance: dict[str, Any]) -> Dataset:
    dataset, item = Dataset(), Dataset()
    for keyword, value in instance.items():
        if keyword == "PhilipsPETPrivateGroup":
            block = dataset.private_block(0x7053, "Philips PET Private Group", create=True)
            for offset, name in ((0, "SUVScaleFactor"), (9, "ActivityConcentrationScaleFactor")):
                if name in value:
                    block.add_new(offset, "DS", value[name].strip())
        else:
            setattr(item if keyword.startswith("Radio") else dataset, keyword, value)
    dataset.RadiopharmaceuticalInformationSequence = [item]
    return dataset


@pytest.mark.parametrize("name", SCANNERS)
def test_the_factors_of_eight_scanners(testdata, name):
    path = testdata / "calculate-suv/test/metadata" / f"{name}-instances.json"
    for instance in json.loads(path.read_text(encoding="utf-8")):
        dataset = data_set(instance)
        factors, _ = read_suv_factors(PydicomAttributes(dataset))
        assert factors["suvbw"] == pytest.approx(SCANNERS[name], rel=1e-8)
        document = json.loads(dataset.to_json())
        assert read_suv_factors(JsonAttributes(document))[0] == factors


@pytest.mark.parametrize(("name", "factor"), [("1.dcm", 5.942485e-4), ("2.dcm", 4.735489e-4)])
def test_the_factors_of_real_files(testdata: Path, name: str, factor: float):
    path = testdata / "suyashkumar-dicom/testdata" / name
    factors, reasons = read_suv_factors(read_part10(path.read_bytes()).attributes)
    assert factors == {"suvbw": pytest.approx(factor, rel=1e-6)}
    assert {text.split(": ")[1] for text in reasons} == {"(0010,1020) Patient's Size is missing"}
    assert read_suv_factors(PydicomAttributes(pydicom.dcmread(path))) == (factors, reasons)


def test_every_kind_is_the_measure_of_the_body_over_the_dose_that_is_left(header):
    factors, reasons = read_suv_factors(header(PET))
    assert reasons == ()
    # By hand, of a woman of 70 kg and 180 cm: 1.07 * 70 - 148 * (70 / 180) ** 2 = 52.5173 kg,
    # 9270 * 70 / (8780 + 244 * 70 / 3.24) = 46.1798 kg, 45.5 + 0.91 * 28 = 70.98 kg,
    # 71.84 * 70 ** 0.425 * 180 ** 0.725 = 18862.9 cm2.
    measures = {
        "suvbw": 70000,
        "suvlbm": 52517.284,
        "suvlbmjames128": 52517.284,
        "suvlbmjanma": 46179.778,
        "suvibw": 70980,
        "suvbsa": 18862.9,
    }
    for field, measure in measures.items():
        assert factors[field] == pytest.approx(measure / 185e6, rel=1e-5), field


def test_what_a_kind_lacks_takes_nothing_from_the_others(header):
    factors, reasons = read_suv_factors(header({**PET, Tag.PATIENT_SEX: "O"}))
    assert set(factors) == {"suvbw", "suvbsa"}
    assert {text.split(": ")[0] for text in reasons} == FIELDS - set(factors)
    factors, reasons = read_suv_factors(header({**PET, Tag.PATIENT_WEIGHT: ""}))
    assert set(factors) == {"suvibw"}
    assert reasons[0] == "suvbw: (0010,1030) Patient's Weight is missing"


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ({Tag.CORRECTED_IMAGE: []}, "(0028,0051) Corrected Image is without ATTN"),
        ({Tag.CORRECTED_IMAGE: ["ATTN", "SCAT"]}, "(0028,0051) Corrected Image is without DECY"),
        ({Tag.UNITS: ""}, "(0054,1001) Units is missing"),
        ({Tag.UNITS: "PROPCNTS"}, "(0054,1001) Units is 'PROPCNTS'; SUV can be computed from"),
        ({Tag.UNITS: "CNTS"}, "(0054,1001) Units is CNTS, and neither (7053,1000) Philips SUV"),
        ({Tag.UNITS: "GML", Tag.SUV_TYPE: "BSA"}, "(0054,1006) SUV Type is 'BSA', which (0054,1"),
        ({Tag.UNITS: "CM2ML", Tag.SUV_TYPE: "BW"}, "(0054,1006) SUV Type is 'BW', which (0054,1"),
        ({Tag.UNITS: "GML", Tag.SUV_TYPE: "HAIR"}, "(0054,1006) SUV Type is 'HAIR', which (0054"),
        ({Tag.DECAY_CORRECTION: "NONE"}, "(0054,1102) Decay Correction is 'NONE', where START"),
        ({Tag.DECAY_CORRECTION: ""}, "(0054,1102) Decay Correction is missing, where START or"),
        ({Tag.SERIES_DATE: ""}, "(0008,0021) Series Date is missing"),
        ({Tag.SERIES_TIME: ""}, "(0008,0031) Series Time is missing"),
        ({Tag.SERIES_TIME: "noon"}, "(0008,0031) Series Time is no time (PS3.5 section 6.2)"),
        ({Tag.ACQUISITION_DATE: ""}, "(0008,0022) Acquisition Date is missing"),
        ({Tag.ACQUISITION_TIME: ""}, "(0008,0032) Acquisition Time is missing"),
        (
            {Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE: []},
            "(0054,0016) Radiopharmaceutical Information Sequence is missing",
        ),
        (injected(NUCLIDE_TOTAL_DOSE=""), "(0018,1074) Radionuclide Total Dose is missing"),
        (injected(NUCLIDE_TOTAL_DOSE="0"), "(0018,1074) Radionuclide Total Dose is missing"),
        (injected(NUCLIDE_TOTAL_DOSE="370"), "(0018,1074) Radionuclide Total Dose is 370 Bq, whic"),
        (injected(NUCLIDE_TOTAL_DOSE="3,7"), "(0018,1074) Radionuclide Total Dose must be a deci"),
        (injected(NUCLIDE_HALF_LIFE=""), "(0018,1075) Radionuclide Half Life is missing"),
        (injected(NUCLIDE_HALF_LIFE="-1"), "(0018,1075) Radionuclide Half Life is missing"),
        (injected(NUCLIDE_HALF_LIFE="110"), "(0018,1078) Radiopharmaceutical Start DateTime, or"),
        (injected(NUCLIDE_HALF_LIFE="1e-320"), "(0018,1078) Radiopharmaceutical Start DateTime, "),
        (injected(PHARMACEUTICAL_START_TIME=""), "(0018,1072) Radiopharmaceutical Start Time is m"),
        (injected(PHARMACEUTICAL_START_TIME="113000"), "(0018,1078) Radiopharmaceutical Start D"),
        (injected(PHARMACEUTICAL_START_DATETIME="20240101"), "(0018,1078) Radiopharmaceutical St"),
        (injected(PHARMACEUTICAL_START_DATETIME="20230102101500"), "(0018,1078) Radiopharmaceuti"),
    ],
)
def test_there_is_a_reason_where_there_is_no_factor(header, elements, message):
    attributes = header({**PET, **elements})
    assert reason_of(attributes).startswith(message)
    assert read_suv_factors(attributes)[0] == {}


def test_damaged_sequences_are_a_reason_too():
    document = {"00540016": {"vr": "SQ", "Value": ["no item"]}}
    attributes = JsonAttributes(
        {
            "00280051": {"vr": "CS", "Value": ["DECY", "ATTN"]},
            "00541001": {"vr": "CS", "Value": ["BQML"]},
            **document,
        }
    )
    assert "(0054,0016)" in reason_of(attributes)


# QIBA: the dose is that at injection, to which values are corrected, too.
def test_values_corrected_to_the_injection_need_no_times(header):
    elements = {**PET, Tag.DECAY_CORRECTION: "ADMIN", Tag.SERIES_TIME: "", **injected()}
    assert read_suv_factors(header(elements))[0]["suvbw"] == pytest.approx(70e3 / 370e6)


def test_a_series_made_later_starts_when_ge_says(header):
    late = {**PET, Tag.SERIES_TIME: "180000", Tag.ACQUISITION_TIME: "112000"}
    ge = {
        **late,
        Tag.GE_PET_CREATOR: "GEMS_PETD_01",
        Tag.GE_PET_SCAN_DATETIME: "20240102111500.00",
    }
    assert read_suv_factors(header(ge))[0]["suvbw"] == pytest.approx(PLAIN)
    # Another maker's element of that number says something else.
    other = {**ge, Tag.GE_PET_CREATOR: "ACME", Tag.ACQUISITION_TIME: "111500"}
    other[Tag.GE_PET_SCAN_DATETIME] = "20240102101500"
    assert read_suv_factors(header(other))[0]["suvbw"] == pytest.approx(PLAIN)
    # In a series as it was made, GE's time is not asked for.
    original = {**ge, Tag.SERIES_TIME: "111500", Tag.GE_PET_SCAN_DATETIME: "20240102091500"}
    assert read_suv_factors(header(original))[0]["suvbw"] == pytest.approx(PLAIN)


def test_a_series_made_later_starts_when_its_frames_say(header):
    # By hand: with a half-life of an hour, a frame of two hours counts at its mean rate after
    # log2(2 ln 2 / (1 - 1/4)) = 0.8862711 half-lives, 3190.576 s, and the scan started 10000 s
    # before that: 13:08:29.424 and 3190.576 s less 10000 s is 11:15:00.
    late = {
        **PET,
        Tag.SERIES_TIME: "235900",
        Tag.ACQUISITION_TIME: "130829.424",
        Tag.FRAME_REFERENCE_TIME: "10000000",
        Tag.ACTUAL_FRAME_DURATION: "7200000",
    }
    assert read_suv_factors(header(late))[0]["suvbw"] == pytest.approx(PLAIN, rel=1e-6)


@pytest.mark.parametrize(("reference", "duration"), [("0", "180000"), ("1000", ""), ("", "")])
def test_a_series_made_later_without_frame_times_starts_with_the_acquisition(
    header, reference, duration
):
    late = {
        **PET,
        Tag.SERIES_TIME: "180000",
        Tag.ACQUISITION_TIME: "111500",
        Tag.FRAME_REFERENCE_TIME: reference,
        Tag.ACTUAL_FRAME_DURATION: duration,
    }
    assert read_suv_factors(header(late))[0]["suvbw"] == pytest.approx(PLAIN)


def test_a_short_frame_of_a_slow_nuclide_counts_at_its_mean_rate_in_the_middle(header):
    # 10 s of a half-life of 78 h: the middle, to a millisecond. 5 s and 1 h of 78 h have passed.
    late = {
        **PET,
        Tag.SERIES_TIME: "180000",
        Tag.ACQUISITION_TIME: "111500",
        Tag.FRAME_REFERENCE_TIME: "5000",
        Tag.ACTUAL_FRAME_DURATION: "10000",
        **injected(NUCLIDE_HALF_LIFE="280800"),
    }
    expected = 70e3 / (370e6 * 2 ** (-3600 / 280800))
    assert read_suv_factors(header(late))[0]["suvbw"] == pytest.approx(expected, rel=1e-8)


def test_date_and_time_of_the_acquisition_may_stand_in_one_element(header):
    elements = {**PET, Tag.ACQUISITION_DATETIME: "20240102111500"}
    del elements[Tag.ACQUISITION_DATE], elements[Tag.ACQUISITION_TIME]
    assert read_suv_factors(header(elements))[0]["suvbw"] == pytest.approx(PLAIN)


def test_an_acquisition_that_says_date_and_time_needs_no_more(header):
    # DT may leave out the time (PS3.5 section 6.2).
    elements = {**PET, Tag.ACQUISITION_DATETIME: "20240102"}
    assert read_suv_factors(header(elements))[0]["suvbw"] == pytest.approx(PLAIN)


# Each is the 2nd of January 2024 at 10:15 by the clock on the wall, an hour ahead of UTC.
@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("+0100", "20240102101500"),
        ("+0100", "20240102101500+0100"),
        ("+0100", "20240102091500+0000"),
        ("+0100", "20240102041500-0500"),
        # Nobody knows how far the clock on the wall is ahead.
        ("", "20240102101500+0000"),
    ],
)
def test_the_injection_may_be_timed_by_the_clock_of_another_zone(header, zone, start):
    elements = {
        **PET,
        Tag.TIMEZONE_OFFSET_FROM_UTC: zone,
        **injected(PHARMACEUTICAL_START_DATETIME=start),
    }
    assert read_suv_factors(header(elements))[0]["suvbw"] == pytest.approx(PLAIN)


def test_an_injection_before_midnight_was_the_day_before(header):
    elements = {
        **PET,
        Tag.SERIES_TIME: "003000",
        Tag.ACQUISITION_TIME: "003000",
        **injected(PHARMACEUTICAL_START_TIME="233000"),
    }
    assert read_suv_factors(header(elements))[0]["suvbw"] == pytest.approx(PLAIN)


def test_a_dynamic_scan_starts_a_little_before_the_injection(header):
    elements = {**PET, **injected(PHARMACEUTICAL_START_TIME="111900")}
    expected = 70e3 / (370e6 * 2 ** (240 / 3600))
    assert read_suv_factors(header(elements))[0]["suvbw"] == pytest.approx(expected)


def test_the_date_of_the_injection_counts_if_it_is_known(header):
    elements = {
        **PET,
        **injected(
            PHARMACEUTICAL_START_TIME="101500",
            PHARMACEUTICAL_START_DATETIME="20240101111500",
            NUCLIDE_HALF_LIFE="86400",
        ),
    }
    assert read_suv_factors(header(elements))[0]["suvbw"] == pytest.approx(PLAIN)


# PS3.3 C.8.9.1: without a type GML is BW. 68.8 kg of a man of 80 kg and 200 cm are lean by James.
@pytest.mark.parametrize(
    ("units", "suv_type", "suvbw", "suvlbm"),
    [
        ("GML", "", 1.0, 0.86),
        ("GML", "BW", 1.0, 0.86),
        ("GML", "LBM", 1 / 0.86, 1.0),
        ("GML", "LBMJAMES128", 80 / 67.52, 68.8 / 67.52),
        ("GML", "IBW", 80 / 98.88, 68.8 / 98.88),
    ],
)
def test_values_that_are_suv_stay_as_they_are(header, units, suv_type, suvbw, suvlbm):
    man = {Tag.PATIENT_WEIGHT: "80", Tag.PATIENT_SIZE: "2", Tag.PATIENT_SEX: "M"}
    factors, _ = read_suv_factors(header({**PET, **man, Tag.UNITS: units, Tag.SUV_TYPE: suv_type}))
    assert factors["suvbw"] == pytest.approx(suvbw)
    assert factors["suvlbm"] == pytest.approx(suvlbm)


@pytest.mark.parametrize(
    ("units", "suv_type", "field"),
    [("GML", "", "suvbw"), ("GML", "LBMJANMA", "suvlbmjanma"), ("CM2ML", "", "suvbsa")],
)
def test_values_that_are_suv_need_nothing_else(header, units, suv_type, field):
    elements = {
        Tag.CORRECTED_IMAGE: ["ATTN", "DECY"],
        Tag.UNITS: units,
        Tag.SUV_TYPE: suv_type,
    }
    factors, reasons = read_suv_factors(header(elements))
    assert factors == {field: 1.0}
    assert {text.split(": ")[0] for text in reasons} == FIELDS - {field}


PHILIPS = {**PET, Tag.UNITS: "CNTS", Tag.PHILIPS_PET_CREATOR: "Philips PET Private Group"}


def test_counts_of_philips_become_suv_by_one_factor_or_activity_by_the_other(header):
    suv = {**PHILIPS, Tag.PHILIPS_SUV_SCALE_FACTOR: "0.000551"}
    activity = {**PHILIPS, Tag.PHILIPS_ACTIVITY_CONCENTRATION_SCALE_FACTOR: "1.5"}
    both = {**activity, **suv}
    zero = {**activity, Tag.PHILIPS_SUV_SCALE_FACTOR: "0"}
    assert read_suv_factors(header(suv))[0]["suvbw"] == 0.000551
    assert read_suv_factors(header(both))[0]["suvbw"] == 0.000551
    assert read_suv_factors(header(activity))[0]["suvbw"] == pytest.approx(1.5 * PLAIN)
    assert read_suv_factors(header(zero))[0]["suvbw"] == pytest.approx(1.5 * PLAIN)


def test_elements_of_another_creator_are_not_those_of_philips(header):
    elements = {**PHILIPS, Tag.PHILIPS_SUV_SCALE_FACTOR: "1", Tag.PHILIPS_PET_CREATOR: "ACME"}
    assert "(7053,1000) Philips SUV Scale Factor" in reason_of(header(elements))


def real_world(unit: str, slope: float = 2.0, intercept: float = 0.0) -> dict[Tag, Any]:
    return {
        Tag.MEASUREMENT_UNITS_CODE_SEQUENCE: [{Tag.CODE_VALUE: unit}],
        Tag.REAL_WORLD_VALUE_FIRST_VALUE_MAPPED: 0,
        Tag.REAL_WORLD_VALUE_LAST_VALUE_MAPPED: 4095,
        Tag.REAL_WORLD_VALUE_SLOPE: slope,
        Tag.REAL_WORLD_VALUE_INTERCEPT: intercept,
    }


def enhanced(*maps: dict[Tag, Any], slope: str = "2", **changes: str) -> dict[Any, Any]:
    item = {
        Tag.RADIOPHARMACEUTICAL_START_DATETIME: "20240102101500",
        Tag.RADIONUCLIDE_TOTAL_DOSE: "370",
        Tag.RADIONUCLIDE_HALF_LIFE: "3600",
    }
    rescale = {Tag.RESCALE_SLOPE: slope, Tag.RESCALE_INTERCEPT: "0"}
    group = {
        Tag.PIXEL_VALUE_TRANSFORMATION_SEQUENCE: [rescale],
        Tag.REAL_WORLD_VALUE_MAPPING_SEQUENCE: list(maps),
    }
    return {
        **PATIENT,
        Tag.SOP_CLASS_UID: "1.2.840.10008.5.1.4.1.1.130",
        Tag.MODALITY: "PT",
        Tag.ATTENUATION_CORRECTED: "YES",
        Tag.DECAY_CORRECTED: "YES",
        Tag.DECAY_CORRECTION_DATETIME: "20240102111500",
        Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE: [item],
        Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [{}, group],
        **{Tag[name]: value for name, value in changes.items()},
    }


# PS3.3 C.8.22: doses in MBq, values corrected to a date and time, units by real-world values.
@pytest.mark.parametrize(
    ("maps", "slope", "factor"),
    [
        ([real_world("Bq/ml")], "2", PLAIN),
        ([real_world("Bq/ml")], "1", 2 * PLAIN),
        ([real_world("{counts}"), real_world("Bq/ml")], "2", PLAIN),
        ([real_world("g/ml{SUVbw}", 0.001)], "2", 0.0005),
        ([real_world("{SUVbw}g/ml", 0.001)], "2", 0.0005),
        ([real_world("g/ml{SUVlbm(James128)}", 2.0)], "2", 70 / 52.517284),
    ],
)
def test_enhanced_images_have_their_unit_in_the_real_world(header, maps, slope, factor):
    factors, _ = read_suv_factors(header(enhanced(*maps, slope=slope)), 2)
    assert factors["suvbw"] == pytest.approx(factor, rel=1e-6)


def test_the_times_of_an_enhanced_image_may_be_by_two_clocks(header):
    corrected_to = "20240102131500+0300"
    elements = enhanced(real_world("Bq/ml"), DECAY_CORRECTION_DATETIME=corrected_to)
    item = elements[Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE][0]
    item[Tag.RADIOPHARMACEUTICAL_START_DATETIME] = "20240102091500+0000"
    assert read_suv_factors(header(elements), 2)[0]["suvbw"] == pytest.approx(PLAIN)


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        (enhanced(real_world("Bq/ml"), DECAY_CORRECTED="NO"), "(0018,9758) Decay Corrected is n"),
        (enhanced(real_world("Bq/ml"), ATTENUATION_CORRECTED=""), "(0018,9759) Attenuation Corr"),
        (enhanced(real_world("Bq/ml"), DECAY_CORRECTION_DATETIME=""), "(0018,9701) Decay Correc"),
        (enhanced(), "(0040,9096) Real World Value Mapping Sequence gives no values in Bq/ml"),
        (enhanced(real_world("Bq/ml", 2.0, 5.0)), "(0040,9096) Real World Value Mapping Sequence"),
        (
            {
                **enhanced(real_world("Bq/ml")),
                Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE: [INJECTED, INJECTED],
            },
            "(0054,0016) Radiopharmaceutical Information Sequence has 2 items",
        ),
        (
            {
                **enhanced(real_world("Bq/ml")),
                Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE: [INJECTED],
            },
            "(0018,1074) Radionuclide Total Dose is 3.7e+14 Bq, which nobody is given",
        ),
    ],
)
def test_there_is_a_reason_where_an_enhanced_image_has_no_factor(header, elements, message):
    factors, reasons = read_suv_factors(header(elements), 2)
    assert factors == {}
    assert reasons[0].removeprefix("suvbw: ").startswith(message)


def test_nothing_of_the_patient_is_in_a_reason(header):
    secret = {
        Tag.PATIENT_WEIGHT: "71234",
        Tag.PATIENT_SIZE: "178.25",
        Tag.PATIENT_SEX: "X",
        Tag.SERIES_DATE: "19991231x",
    }
    for elements in ({**PET, **secret}, {**PET, **secret, Tag.SERIES_DATE: "20240102"}):
        text = " ".join(read_suv_factors(header(elements))[1])
        assert text
        assert not any(value in text for value in ("71234", "178.25", "1999"))
