"""SUV, dose and real-world values of an image."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.errors import MetadataError
from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable
from pycornerstone.model.modules import (
    ModalityLutModule,
    RealWorldValueMap,
    RealWorldValueMappingModule,
    ScalingModule,
)

STORED = np.array([[0, 1], [2, -3]], np.int16)
PET = Image(
    "test:pet",
    STORED,
    modality_lut=ModalityLutModule(rescale_slope=2.0, rescale_intercept=1.0),
    scaling=ScalingModule(
        suvbw=0.5,
        suvbsa=10.0,
        reasons=("suvlbm: (0010,0040) Patient's Sex is missing",),
    ),
)


def test_suv_is_of_modality_values():
    # By hand: 0.5 times twice the sample and 1.
    assert PET.suv().tolist() == [[0.5, 1.5], [2.5, -2.5]]
    assert PET.suv("bsa", np.float64).tolist() == [[10.0, 30.0], [50.0, -50.0]]
    assert (PET.suv().dtype, PET.suv(dtype=np.float64).dtype) == (np.float32, np.float64)
    assert STORED.tolist() == [[0, 1], [2, -3]]


def test_suv_that_cannot_be_computed_says_why_and_of_which_image():
    reason = r"^cannot compute SUV by lean body mass: \(0010,0040\) Patient's Sex is missing \["
    with pytest.raises(MetadataError, match=reason + "imageId test:pet"):
        PET.suv("lbm")
    with pytest.raises(MetadataError, match=r"SUV by ideal body weight: suvlbm: .*Sex is missing"):
        PET.suv("ibw")


def test_images_without_factors_have_neither_suv_nor_dose():
    image = Image("test:ct", STORED)
    with pytest.raises(MetadataError, match="cannot compute SUV by body weight: nobody knows"):
        image.suv()
    with pytest.raises(MetadataError, match=r"dose: nobody .* Modality RTDOSE .*imageId test:ct"):
        image.dose()


def test_why_there_is_no_suv_says_nothing_of_dose():
    with pytest.raises(
        MetadataError, match=r"cannot compute dose: nobody knows a factor"
    ) as caught:
        PET.dose()
    assert "Sex" not in str(caught.value)
    damaged = Image("test:pet", STORED, scaling=ScalingModule(reasons=("the header is damaged",)))
    for give in (damaged.suv, damaged.dose):
        with pytest.raises(MetadataError, match=r"cannot compute .*: the header is damaged"):
            give()


def test_there_are_six_kinds_of_suv():
    with pytest.raises(ValueError, match="bw, lbm, lbmjames128, lbmjanma, ibw, bsa, got 'fat'"):
        PET.suv("fat")


def test_dose_is_of_stored_values():
    # PS3.3 C.8.8.3: Dose Grid Scaling times the grid, whatever else the header has.
    image = Image(
        "test:dose",
        np.array([[0, 4_000_000_000]], np.uint32),
        modality_lut=ModalityLutModule(rescale_slope=7.0),
        scaling=ScalingModule(dose_grid_scaling=1e-6, dose_units="GY"),
    )
    assert image.dose(np.float64).tolist() == [[0.0, pytest.approx(4000.0)]]
    assert image.dose().dtype == np.float32


def test_dose_that_cannot_be_scaled_says_why():
    reasons = ("dose_grid_scaling: (3004,000E) Dose Grid Scaling is missing",)
    image = Image("test:dose", STORED, scaling=ScalingModule(reasons=reasons))
    with pytest.raises(MetadataError, match=r"^cannot compute dose: \(3004,000E\) Dose Grid Sc"):
        image.dose()


REAL = Image(
    "test:map",
    STORED,
    modality_lut=ModalityLutModule(rescale_slope=7.0),
    real_world_values=RealWorldValueMappingModule(
        (
            RealWorldValueMap(label="line", first_value=0, last_value=1, slope=0.5, intercept=3),
            RealWorldValueMap(label="table", first_value=-3, last_value=-2, lut=(0.25, 8.0)),
            RealWorldValueMap(),
        )
    ),
)


def test_real_world_values_are_of_stored_values_and_not_beyond_the_ends():
    expected = [[3.0, 3.5], [np.nan, np.nan]]
    assert np.array_equal(REAL.real_world(), expected, equal_nan=True)
    assert np.array_equal(REAL.real_world("line", np.float64), expected, equal_nan=True)
    assert REAL.real_world().dtype == np.float32


def test_real_world_values_may_be_looked_up():
    expected = [[np.nan, np.nan], [np.nan, 0.25]]
    assert np.array_equal(REAL.real_world("table"), expected, equal_nan=True)
    assert np.array_equal(REAL.real_world(1), expected, equal_nan=True)


def test_a_map_without_ends_maps_everything():
    assert np.array_equal(REAL.real_world(2), STORED)


@pytest.mark.parametrize(
    ("asked", "text"), [(3, "number 3"), (-1, "number -1"), ("curve", "labelled 'curve'")]
)
def test_a_map_that_is_not_there_is_an_error_that_names_those_that_are(asked, text):
    with pytest.raises(MetadataError, match=f"no item {text}, .*'line', 'table', None.*test:map"):
        REAL.real_world(asked)
    with pytest.raises(MetadataError, match="Sequence has no item that can be read, or is missing"):
        Image("test:map", STORED).real_world(asked)


def test_colours_are_no_quantity():
    image = PET.replace(pixels=np.zeros((2, 2, 3), np.uint8))
    for give in (image.suv, image.dose, image.real_world):
        with pytest.raises(MetadataError, match=r"samples of colour are no quantity.*test:pet"):
            give()


# 2706 of Cornerstone3D: fractions between whole ends were cut off.
def test_fractions_between_whole_ends_stay():
    stored = np.array([[0, 512, 1024]], np.uint16)
    lut = ModalityLutModule(rescale_slope=1 / 1024)
    assert Image("test:map", stored, modality_lut=lut).modality_values().tolist() == [[0, 0.5, 1]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int64, np.bool_])
def test_samples_of_every_kind_are_scaled_in_float64(dtype):
    stored = np.array([[1, 0]], dtype)
    lut = ModalityLutModule(rescale_slope=0.1, rescale_intercept=-1024.0)
    values = Image("test:map", stored, modality_lut=lut).modality_values(np.float64)
    # By hand, and not what float32 has of it: -1023.900024...
    assert values.tolist() == [[-1023.9, -1024.0]]


def test_whole_numbers_of_64_bits_are_exact_up_to_2_to_the_53():
    stored = np.array([[2**53, -(2**53)]], np.int64)
    identity, twice = ModalityLutModule(), ModalityLutModule(rescale_slope=2.0)
    assert identity.apply(stored, np.float64).tolist() == [[2**53, -(2**53)]]
    assert twice.apply(stored, np.float64).tolist() == [[2**54, -(2**54)]]


def test_a_table_gives_what_it_holds_as_floats():
    table = LookupTable(np.array([10, 65535], np.uint16), first_mapped=1)
    values = ModalityLutModule(lut=table).apply(STORED)
    assert (values.dtype, values.tolist()) == (np.float32, [[10, 10], [65535, 10]])
