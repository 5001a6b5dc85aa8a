"""Factors to SUV and to dose, and that reading them is never an error."""

from __future__ import annotations

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.dicom_scaling import read_scaling
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.modules import ScalingModule
from pycornerstone.model.modules.quantities import SUV_KINDS

DOSE = {
    Tag.MODALITY: "RTDOSE",
    Tag.DOSE_GRID_SCALING: "1.5e-5",
    Tag.DOSE_UNITS: "GY",
    Tag.DOSE_TYPE: "PHYSICAL",
    Tag.DOSE_SUMMATION_TYPE: "PLAN",
}


def test_every_field_of_a_dose_comes_from_its_element(header):
    assert read_scaling(header(DOSE)) == ScalingModule(
        dose_grid_scaling=1.5e-5,
        dose_units="GY",
        dose_type="PHYSICAL",
        dose_summation_type="PLAN",
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "(3004,000E) Dose Grid Scaling is missing"),
        ("0", "(3004,000E) Dose Grid Scaling is not above 0"),
        ("-1", "(3004,000E) Dose Grid Scaling is not above 0"),
        ("1,5", "(3004,000E) Dose Grid Scaling must be a decimal string"),
    ],
)
def test_there_is_a_reason_where_dose_cannot_be_scaled(header, value, reason):
    scaling = read_scaling(header({**DOSE, Tag.DOSE_GRID_SCALING: value}))
    assert scaling.dose_grid_scaling is None
    assert scaling.dose_units == "GY"
    [text] = scaling.reasons
    assert text.startswith(f"dose_grid_scaling: {reason}")


@pytest.mark.parametrize("name", ["rtdose.dcm", "rtdose_expb.dcm", "rtdose_1frame.dcm"])
def test_a_real_dose_says_what_pydicom_reads_of_it(testdata, name):
    path = testdata / "pypi-pydicom/pydicom/data/test_files" / name
    dataset = pydicom.dcmread(path)
    scaling = read_module("scalingModule", read_part10(path.read_bytes()).attributes)
    assert scaling == ScalingModule(
        dose_grid_scaling=float(dataset.DoseGridScaling),
        dose_units=dataset.DoseUnits,
        dose_type=dataset.DoseType,
        dose_summation_type=dataset.DoseSummationType,
    )


@pytest.mark.parametrize(("name", "factor"), [("1.dcm", 5.942485e-4), ("2.dcm", 4.735489e-4)])
def test_a_real_pet_image_has_the_factor_of_the_test_data(testdata, name, factor):
    path = testdata / "suyashkumar-dicom/testdata" / name
    scaling = read_module("scalingModule", read_part10(path.read_bytes()).attributes)
    assert scaling.suvbw == pytest.approx(factor, rel=1e-6)
    assert scaling.suvbsa is None
    assert "suvbsa: (0010,1020) Patient's Size is missing" in scaling.reasons


@pytest.mark.parametrize("modality", ["CT", "", "MR"])
def test_images_of_other_kinds_have_no_factors(header, modality):
    elements = {**DOSE, Tag.MODALITY: modality, Tag.PATIENT_WEIGHT: "70"}
    assert read_scaling(header(elements)) == ScalingModule()


def test_every_kind_of_suv_is_in_the_module(header):
    elements = {
        Tag.MODALITY: "PT",
        Tag.CORRECTED_IMAGE: ["ATTN", "DECY"],
        Tag.UNITS: "GML",
        Tag.PATIENT_WEIGHT: "80",
        Tag.PATIENT_SIZE: "2",
        Tag.PATIENT_SEX: "M",
    }
    scaling = read_scaling(header(elements))
    # Grams of a man of 80 kg and 200 cm, see the tests of body measures; cm2 by DuBois.
    masses = {"bw": 80, "lbm": 68.8, "lbmjames128": 67.52, "lbmjanma": 67.4181818, "ibw": 98.88}
    for kind, mass in masses.items():
        assert scaling.suv_factor(kind) == pytest.approx(mass / 80)
    assert scaling.suv_factor("bsa") == pytest.approx(71.84 * 80**0.425 * 200**0.725 / 80000)
    assert set(masses) | {"bsa"} == set(SUV_KINDS)


SOUND = {
    Tag.CORRECTED_IMAGE: ["ATTN", "DECY"],
    Tag.UNITS: "BQML",
    Tag.DECAY_CORRECTION: "START",
    Tag.SUV_TYPE: "BW",
    Tag.SERIES_DATE: "20240102",
    Tag.SERIES_TIME: "180000",
    Tag.ACQUISITION_DATE: "20240102",
    Tag.ACQUISITION_TIME: "111500",
    Tag.FRAME_REFERENCE_TIME: 60000,
    Tag.ACTUAL_FRAME_DURATION: 120000,
    Tag.PATIENT_WEIGHT: 70,
    Tag.PATIENT_SIZE: 1.8,
    Tag.PATIENT_SEX: "F",
    Tag.PHILIPS_PET_CREATOR: "Philips PET Private Group",
    Tag.PHILIPS_SUV_SCALE_FACTOR: 0.001,
    Tag.DOSE_GRID_SCALING: 0.001,
    Tag.RADIOPHARMACEUTICAL_START_TIME: "101500",
    Tag.RADIONUCLIDE_TOTAL_DOSE: 370e6,
    Tag.RADIONUCLIDE_HALF_LIFE: 6586.2,
}
IN_ITEM = {tag for tag in SOUND if tag.name.startswith("RADIO")}
ODD = st.one_of(
    st.none(),
    st.sampled_from(["", "CNTS", "GML", "CM2ML", "BSA", "IBW", "ADMIN", "M", "235959", "20240103"]),
    st.text(max_size=6),
    st.floats(),
    st.floats(0, 1e-300),
    st.floats(1e290, allow_infinity=False),
    st.integers(-(10**9), 10**9),
    st.lists(st.integers(), max_size=2),
)


@given(
    st.sampled_from(["PT", "RTDOSE", 3, None]),
    st.dictionaries(st.sampled_from(sorted(SOUND)), ODD, max_size=3),
    st.booleans(),
)
def test_whatever_a_header_holds_is_a_factor_or_a_reason(modality, odd, is_sequence_sound):
    elements = {
        f"{tag:08X}": {"vr": tag.vr, "Value": value if isinstance(value, list) else [value]}
        for tag, value in {**SOUND, **odd, Tag.MODALITY: modality}.items()
    }
    item = {f"{tag:08X}": elements.pop(f"{tag:08X}") for tag in IN_ITEM}
    elements["00540016"] = {"vr": "SQ", "Value": [item if is_sequence_sound else "no item"]}
    scaling = read_scaling(JsonAttributes(elements))
    explained = {text.split(": ")[0] for text in scaling.reasons}
    if modality == "PT":
        for kind in SUV_KINDS:
            factor = getattr(scaling, f"suv{kind}")
            assert (factor is None) == (f"suv{kind}" in explained)
            assert factor is None or 0 < factor < float("inf")
    elif modality == "RTDOSE":
        assert (scaling.dose_grid_scaling is None) == bool(scaling.reasons)
