"""What a PET image was made of."""

from __future__ import annotations

import pydicom
import pytest

from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.dicom_pet import read_pet_image, read_pet_isotope, read_pet_series
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.modules import (
    PetImageModule,
    PetIsotopeModule,
    PetSeriesModule,
    RadiopharmaceuticalInfo,
)

ITEM = {
    Tag.RADIOPHARMACEUTICAL: "FDG",
    Tag.RADIOPHARMACEUTICAL_START_TIME: "101500",
    Tag.RADIOPHARMACEUTICAL_START_DATETIME: "20240101101500",
    Tag.RADIONUCLIDE_TOTAL_DOSE: "3.7e8",
    Tag.RADIONUCLIDE_HALF_LIFE: "6586.2",
    Tag.RADIONUCLIDE_POSITRON_FRACTION: "0.97",
}
INFO = RadiopharmaceuticalInfo("FDG", "101500", "20240101101500", 3.7e8, 6586.2, 0.97)


def test_every_field_comes_from_its_element(header):
    attributes = header(
        {
            Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE: [ITEM, {Tag.RADIOPHARMACEUTICAL: "NH3"}],
            Tag.CORRECTED_IMAGE: ["DECY", "ATTN"],
            Tag.UNITS: "BQML",
            Tag.DECAY_CORRECTION: "START",
            Tag.SUV_TYPE: "BW",
            Tag.FRAME_REFERENCE_TIME: "1234.5",
            Tag.ACTUAL_FRAME_DURATION: "300000",
        }
    )
    assert read_pet_isotope(attributes) == PetIsotopeModule(
        (INFO, RadiopharmaceuticalInfo(radiopharmaceutical="NH3"))
    )
    assert read_pet_series(attributes) == PetSeriesModule(
        corrected_image=("DECY", "ATTN"), units="BQML", decay_correction="START", suv_type="BW"
    )
    assert read_pet_image(attributes) == PetImageModule(1234.5, 300000.0)


# PS3.3 C.8.22.4: "measured in MegaBecquerels (MBq)", where C.8.9.2 has Becquerels.
def test_the_dose_of_an_enhanced_image_stands_in_megabecquerels(header):
    attributes = header(
        {
            Tag.SOP_CLASS_UID: "1.2.840.10008.5.1.4.1.1.130",
            Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE: [
                {**ITEM, Tag.RADIONUCLIDE_TOTAL_DOSE: "370"}
            ],
        }
    )
    assert read_pet_isotope(attributes) == PetIsotopeModule((INFO,))


def test_what_cannot_be_read_is_left_out(header, caplog):
    attributes = header(
        {
            Tag.RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE: [
                {
                    Tag.RADIONUCLIDE_TOTAL_DOSE: "much",
                    Tag.RADIONUCLIDE_HALF_LIFE: "long",
                    Tag.RADIONUCLIDE_POSITRON_FRACTION: "most",
                }
            ],
            Tag.FRAME_REFERENCE_TIME: "early",
            Tag.ACTUAL_FRAME_DURATION: "short",
        }
    )
    assert read_pet_isotope(attributes) == PetIsotopeModule((RadiopharmaceuticalInfo(),))
    assert read_pet_image(attributes) == PetImageModule()
    assert caplog.text.count("taken as absent") == 5


@pytest.mark.parametrize("name", ["1.dcm", "2.dcm"])
def test_a_real_file_says_what_pydicom_reads_of_it(testdata, name):
    path = testdata / "suyashkumar-dicom/testdata" / name
    dataset = pydicom.dcmread(path)
    item = dataset.RadiopharmaceuticalInformationSequence[0]
    attributes = read_part10(path.read_bytes()).attributes
    [info] = read_module("petIsotopeModule", attributes).radiopharmaceutical_info
    assert info.radionuclide_total_dose_bq == float(item.RadionuclideTotalDose)
    assert info.radionuclide_half_life_s == float(item.RadionuclideHalfLife)
    assert info.start_time == item.RadiopharmaceuticalStartTime
    series = read_module("petSeriesModule", attributes)
    assert series.corrected_image == tuple(dataset.CorrectedImage)
    assert (series.units, series.decay_correction) == (dataset.Units, dataset.DecayCorrection)
    image = read_module("petImageModule", attributes)
    assert image.frame_reference_time_ms == float(dataset.FrameReferenceTime)
    assert image.actual_frame_duration_ms == float(dataset.ActualFrameDuration)
