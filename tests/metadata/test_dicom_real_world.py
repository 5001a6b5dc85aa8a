"""Real-world values: where maps stand, what is in them, and which are left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pydicom
import pytest

from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.dicom_real_world import read_real_world_values
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes
from pycornerstone.model.modules import RealWorldValueMap, RealWorldValueMappingModule

LINEAR: dict[Tag, Any] = {
    Tag.LUT_LABEL: "ADC",
    Tag.LUT_EXPLANATION: "Diffusion",
    Tag.MEASUREMENT_UNITS_CODE_SEQUENCE: [
        {Tag.CODE_VALUE: "um2/s", Tag.CODE_MEANING: "square micrometers per second"}
    ],
    Tag.QUANTITY_DEFINITION_SEQUENCE: [
        {
            Tag.CONCEPT_NAME_CODE_SEQUENCE: [{Tag.CODE_VALUE: "370129005"}],
            Tag.CONCEPT_CODE_SEQUENCE: [{Tag.CODE_MEANING: "some method"}],
        },
        {
            Tag.CONCEPT_NAME_CODE_SEQUENCE: [{Tag.CODE_VALUE: "246205007"}],
            Tag.CONCEPT_CODE_SEQUENCE: [{Tag.CODE_MEANING: "Apparent Diffusion Coefficient"}],
        },
    ],
    Tag.REAL_WORLD_VALUE_FIRST_VALUE_MAPPED: 0,
    Tag.REAL_WORLD_VALUE_LAST_VALUE_MAPPED: 4095,
    Tag.REAL_WORLD_VALUE_SLOPE: 2.5,
    Tag.REAL_WORLD_VALUE_INTERCEPT: -1.0,
}
MAP = RealWorldValueMap(
    label="ADC",
    explanation="Diffusion",
    unit="um2/s",
    unit_meaning="square micrometers per second",
    quantity="Apparent Diffusion Coefficient",
    first_value=0.0,
    last_value=4095.0,
    slope=2.5,
    intercept=-1.0,
)


def mapped(*items: dict[Tag, Any]) -> dict[Tag, Any]:
    return {Tag.REAL_WORLD_VALUE_MAPPING_SEQUENCE: list(items)}


def table(*entries: float, first: int = 10, last: int | None = None) -> dict[Tag, Any]:
    return {
        Tag.REAL_WORLD_VALUE_FIRST_VALUE_MAPPED: first,
        Tag.REAL_WORLD_VALUE_LAST_VALUE_MAPPED: first + len(entries) - 1 if last is None else last,
        Tag.REAL_WORLD_VALUE_LUT_DATA: list(entries),
    }


def test_every_field_comes_from_its_element(header):
    assert read_real_world_values(header(mapped(LINEAR))).maps == (MAP,)


def test_there_may_be_several_and_none(header):
    other = {**LINEAR, Tag.LUT_LABEL: "other"}
    maps = read_real_world_values(header(mapped(LINEAR, other))).maps
    assert [known.label for known in maps] == ["ADC", "other"]
    assert read_real_world_values(header({})) == RealWorldValueMappingModule()


def test_what_a_frame_has_comes_before_what_all_have_and_the_instance(header):
    def labelled(label: str) -> dict[Tag, Any]:
        return mapped({**LINEAR, Tag.LUT_LABEL: label}, {**LINEAR, Tag.LUT_LABEL: label + "2"})

    attributes = header(
        {
            Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [labelled("frame"), {}],
            Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE: [labelled("all")],
            **labelled("instance"),
        }
    )
    for frame, label in ((1, "frame"), (2, "all"), (3, "all")):
        maps = read_real_world_values(attributes, frame).maps
        assert [known.label for known in maps] == [label, label + "2"]
    alone = header(labelled("instance"))
    assert read_real_world_values(alone, 2).maps[0].label == "instance"


@pytest.mark.parametrize("tag", [Tag.LONG_CODE_VALUE, Tag.URN_CODE_VALUE])
def test_a_code_may_be_long(header, tag):
    item = {**LINEAR, Tag.MEASUREMENT_UNITS_CODE_SEQUENCE: [{tag: "urn:unit"}]}
    [known] = read_real_world_values(header(mapped(item))).maps
    assert (known.unit, known.unit_meaning) == ("urn:unit", None)


@pytest.mark.parametrize(
    ("first", "last", "is_signed", "ends"),
    [
        (0, 65535, 0, (0, 65535)),
        (32768, 32767, 1, (-32768, 32767)),
        (-5, 5, 0, (-5, 5)),
    ],
)
def test_whole_ends_have_the_sign_of_the_samples(header, first, last, is_signed, ends):
    item = {
        **LINEAR,
        Tag.REAL_WORLD_VALUE_FIRST_VALUE_MAPPED: first,
        Tag.REAL_WORLD_VALUE_LAST_VALUE_MAPPED: last,
    }
    attributes = header({Tag.PIXEL_REPRESENTATION: is_signed, **mapped(item)})
    [known] = read_real_world_values(attributes).maps
    assert (known.first_value, known.last_value) == ends


def test_ends_of_floats_go_first(header):
    item = {
        **LINEAR,
        Tag.DOUBLE_FLOAT_REAL_WORLD_VALUE_FIRST_VALUE_MAPPED: -0.5,
        Tag.DOUBLE_FLOAT_REAL_WORLD_VALUE_LAST_VALUE_MAPPED: 0.25,
    }
    [known] = read_real_world_values(header(mapped(item))).maps
    assert (known.first_value, known.last_value) == (-0.5, 0.25)
    stored = np.array([-0.75, -0.5, 0.0, 0.25, 0.5], np.float32)
    # By hand: 2.5 times the value less 1.
    expected = [np.nan, -2.25, -1.0, -0.375, np.nan]
    assert np.array_equal(known.apply(stored), expected, equal_nan=True)


def test_a_table_stands_in_for_slope_and_intercept(header):
    item = {**LINEAR, **table(0.5, -3.25, 7.0)}
    [known] = read_real_world_values(header(mapped(item))).maps
    assert known.lut == (0.5, -3.25, 7.0)
    stored = np.array([[9, 10], [12, 13]], np.int16)
    expected = [[np.nan, 0.5], [7.0, np.nan]]
    assert np.array_equal(known.apply(stored), expected, equal_nan=True)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({**LINEAR, Tag.REAL_WORLD_VALUE_SLOPE: []}, "(0040,9225) Real World Value Slope is miss"),
        ({**LINEAR, Tag.REAL_WORLD_VALUE_INTERCEPT: []}, "(0040,9224) Real World Value Intercept"),
        ({**LINEAR, Tag.REAL_WORLD_VALUE_SLOPE: "x"}, "(0040,9225) Real World Value Slope must be"),
        ({**LINEAR, Tag.REAL_WORLD_VALUE_FIRST_VALUE_MAPPED: 5000}, "is 5000, more than (0040,92"),
        (table(1.0, 2.0, last=13), "(0040,9212) Real World Value LUT Data has 2 entries for stor"),
        (
            {**table(1.0), Tag.REAL_WORLD_VALUE_FIRST_VALUE_MAPPED: []},
            "(0040,9212) Real World Value LUT Data has 1 entries for stored values from None to 10",
        ),
    ],
)
def test_a_map_that_cannot_be_read_is_left_out_and_logged(header, caplog, item, message):
    assert read_real_world_values(header(mapped(item, LINEAR))).maps == (MAP,)
    assert "item of (0040,9096) Real World Value Mapping Sequence: " in caplog.text
    assert message in caplog.text


def test_maps_of_a_real_file_are_those_that_pydicom_reads(testdata):
    path = testdata / "dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm"
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    attributes = read_part10(path.read_bytes()).attributes
    slopes = set()
    for index, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        [item] = group.RealWorldValueMappingSequence
        [known] = read_module("realWorldValueMappingModule", attributes, index + 1).maps
        assert known.slope == item.RealWorldValueSlope
        assert known.intercept == item.RealWorldValueIntercept
        assert (known.first_value, known.last_value) == (0, 4095)
        slopes.add(known.slope)
    assert len(slopes) == 2


def test_units_of_a_real_map_of_suv(testdata):
    dataset = pydicom.dcmread(testdata / "dcmqi/data/sr-example/rwvm.dcm")
    [referenced] = dataset.ReferencedImageRealWorldValueMappingSequence
    [known] = read_real_world_values(PydicomAttributes(referenced)).maps
    assert known.unit == "{SUVbw}g/ml"
    assert known.unit_meaning == "Standardized Uptake Value body weight"
    assert known.quantity == "Standardized Uptake Value"
    assert (known.first_value, known.last_value) == (0, 32761)
    assert (known.slope, known.intercept) == (0.000375125, 0)
