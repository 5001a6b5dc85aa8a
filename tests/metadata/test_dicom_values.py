"""Modality and VOI LUTs: slopes, tables and every window."""

from __future__ import annotations

import struct

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.dicom_values import (
    read_modality_lut,
    read_presentation_lut,
    read_voi_lut,
)
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.luts import VoiFunction, VoiWindow

TABLE = {Tag.LUT_DESCRIPTOR: [2, 40000, 16], Tag.LUT_DATA: b"\1\0\2\0"}


def test_slope_intercept_and_unit(header):
    lut = read_modality_lut(
        header(
            {
                Tag.RESCALE_SLOPE: "2.5",
                Tag.RESCALE_INTERCEPT: "-1024",
                Tag.RESCALE_TYPE: "HU",
            }
        ),
        1,
    )
    assert (lut.rescale_slope, lut.rescale_intercept, lut.rescale_type) == (2.5, -1024, "HU")
    assert lut.lut is None


@pytest.mark.parametrize("slope", ["0", "", 0])
def test_a_slope_of_nothing_is_one(header, slope):
    lut = read_modality_lut(header({Tag.RESCALE_SLOPE: slope, Tag.RESCALE_INTERCEPT: "3"}), 1)
    assert (lut.rescale_slope, lut.rescale_intercept) == (1, 3)
    assert read_modality_lut(header({}), 1).is_identity


@pytest.mark.parametrize("tag", [Tag.RESCALE_SLOPE, Tag.RESCALE_INTERCEPT])
def test_a_slope_that_cannot_be_read_is_an_error(header, tag):
    with pytest.raises(MetadataError, match=rf"{tag.title} must be a decimal string"):
        read_modality_lut(header({tag: "1,5"}), 1)


def test_a_table_stands_in_for_slope_and_intercept(header):
    sequence = [{**TABLE, Tag.MODALITY_LUT_TYPE: "OD"}, TABLE]
    lut = read_modality_lut(header({Tag.MODALITY_LUT_SEQUENCE: sequence}), 1)
    assert lut.rescale_type == "OD"
    assert lut.lut.first_mapped == 40000
    assert lut.lut.entries.tolist() == [1, 2]


def test_the_first_value_of_a_table_is_signed_where_samples_are(header):
    elements = {Tag.MODALITY_LUT_SEQUENCE: [TABLE], Tag.PIXEL_REPRESENTATION: 1}
    assert read_modality_lut(header(elements), 1).lut.first_mapped == 40000 - 65536


def test_a_modality_table_that_cannot_be_read_is_an_error(header):
    with pytest.raises(MetadataError, match=r"\(0028,3002\) LUT Descriptor has 0 values"):
        read_modality_lut(header({Tag.MODALITY_LUT_SEQUENCE: [{}]}), 1)


@pytest.mark.parametrize("sop_class", ["12.1", "12.2"])
def test_an_angiographic_table_leads_back_to_intensity_and_is_not_for_display(header, sop_class):
    elements = {
        Tag.SOP_CLASS_UID: f"1.2.840.10008.5.1.4.1.1.{sop_class}",
        Tag.MODALITY_LUT_SEQUENCE: [TABLE],
    }
    assert read_modality_lut(header(elements), 1).is_identity


def test_each_frame_may_have_its_own_slope(header):
    def group(slope: str) -> dict:
        item = {Tag.RESCALE_SLOPE: slope, Tag.RESCALE_INTERCEPT: "1", Tag.RESCALE_TYPE: "US"}
        return {Tag.PIXEL_VALUE_TRANSFORMATION_SEQUENCE: [item]}

    attributes = header(
        {
            Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [group("2"), group("3"), {}],
            Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE: [group("4")],
            Tag.RESCALE_SLOPE: "9",
        }
    )
    assert [read_modality_lut(attributes, k).rescale_slope for k in (1, 2, 3)] == [2, 3, 4]
    assert read_modality_lut(header({Tag.RESCALE_SLOPE: "9"}), 3).rescale_slope == 9


def test_slope_and_intercept_of_a_frame_are_not_mixed_with_those_of_others(header):
    attributes = header(
        {
            Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [
                {Tag.PIXEL_VALUE_TRANSFORMATION_SEQUENCE: [{Tag.RESCALE_SLOPE: "2"}]}
            ],
            Tag.RESCALE_SLOPE: "9",
            Tag.RESCALE_INTERCEPT: "-1024",
            Tag.RESCALE_TYPE: "HU",
        }
    )
    lut = read_modality_lut(attributes, 1)
    assert (lut.rescale_slope, lut.rescale_intercept, lut.rescale_type) == (2, 0, None)


def test_slopes_of_real_frames_are_those_that_pydicom_reads(testdata):
    path = testdata / "dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm"
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    attributes = read_part10(path.read_bytes()).attributes
    found = set()
    for index, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        [item] = group.PixelValueTransformationSequence
        lut = read_modality_lut(attributes, index + 1)
        assert lut.rescale_slope == float(item.RescaleSlope)
        assert lut.rescale_intercept == float(item.RescaleIntercept)
        assert lut.rescale_type == item.RescaleType
        found.add((lut.rescale_slope, lut.rescale_intercept))
    assert len(found) == 2


def test_a_slope_of_all_real_frames_is_that_which_pydicom_reads(testdata):
    path = testdata / "pypi-pydicom-data/data_store/data/eCT_Supplemental.dcm"
    shared = pydicom.dcmread(path).SharedFunctionalGroupsSequence[0]
    [item] = shared.PixelValueTransformationSequence
    attributes = read_part10(path.read_bytes()).attributes
    for frame in (1, 2):
        lut = read_modality_lut(attributes, frame)
        assert lut.rescale_slope == float(item.RescaleSlope)
        assert lut.rescale_intercept == float(item.RescaleIntercept)
        assert lut.rescale_type == item.RescaleType


@pytest.mark.parametrize("dtype", ["<f4", "<f8", "<i2", "<u4", "<i8"])
@pytest.mark.parametrize(("slope", "intercept"), [("0.1", "-1024"), ("-2.5", "3"), ("1", "0.5")])
def test_values_of_any_kind_become_what_pydicom_makes_of_them(header, dtype, slope, intercept):
    elements = {Tag.RESCALE_SLOPE: slope, Tag.RESCALE_INTERCEPT: intercept}
    dataset = pydicom.Dataset()
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept
    stored = np.array([[0, 1], [7, 100]], dtype)
    expected = apply_modality_lut(stored.astype(np.float64), dataset)
    values = read_modality_lut(header(elements), 1).apply(stored, np.float64)
    assert np.array_equal(values, expected)


def test_every_window_and_its_name(header):
    voi = read_voi_lut(
        header(
            {
                Tag.WINDOW_CENTER: ["40", "300", "-600"],
                Tag.WINDOW_WIDTH: ["400", "1500", "1600"],
                Tag.WINDOW_EXPLANATION: ["SOFT", "BONE"],
            }
        ),
        1,
    )
    assert voi.windows == (
        VoiWindow(40, 400, "SOFT"),
        VoiWindow(300, 1500, "BONE"),
        VoiWindow(-600, 1600, ""),
    )
    assert voi.function is VoiFunction.LINEAR
    assert voi.luts == ()


@pytest.mark.parametrize(
    ("centers", "widths", "windows"),
    [
        (["40", "50"], ["400"], (VoiWindow(40, 400),)),
        (["40"], ["400", "500"], (VoiWindow(40, 400),)),
        (["40"], [], ()),
        ([], ["400"], ()),
        (["40", "50"], ["0", "500"], (VoiWindow(50, 500),)),
        (["40"], ["-400"], ()),
        (["40"], ["wide"], ()),
    ],
)
def test_what_is_no_window_is_left_out(header, centers, widths, windows):
    elements = {Tag.WINDOW_CENTER: centers, Tag.WINDOW_WIDTH: widths}
    assert read_voi_lut(header(elements), 1).windows == windows


# PS3.3 C.11.2.1.2.1: LINEAR is defined for widths of 1 and more only.
@pytest.mark.parametrize(
    ("text", "width", "function"),
    [
        ("SIGMOID", "400", VoiFunction.SIGMOID),
        ("LINEAR_EXACT", "400", VoiFunction.LINEAR_EXACT),
        ("LINEAR", "1", VoiFunction.LINEAR),
        ("", "400", VoiFunction.LINEAR),
        ("SPLINE", "400", VoiFunction.LINEAR),
        ("LINEAR", "0.5", VoiFunction.LINEAR),
        ("", "0.5", VoiFunction.LINEAR),
        ("SIGMOID", "0.5", VoiFunction.SIGMOID),
    ],
)
def test_the_function_of_the_windows(header, text, width, function):
    elements = {Tag.WINDOW_CENTER: "40", Tag.WINDOW_WIDTH: width, Tag.VOI_LUT_FUNCTION: text}
    assert read_voi_lut(header(elements), 1).function is function


def test_each_frame_may_have_its_own_windows(header):
    def group(center: str) -> dict:
        item = {Tag.WINDOW_CENTER: center, Tag.WINDOW_WIDTH: "9", Tag.VOI_LUT_FUNCTION: "SIGMOID"}
        return {Tag.FRAME_VOI_LUT_SEQUENCE: [item]}

    attributes = header(
        {
            Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [group("1"), {}],
            Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE: [group("2")],
            Tag.WINDOW_CENTER: "3",
            Tag.WINDOW_WIDTH: "9",
        }
    )
    assert [read_voi_lut(attributes, k).windows[0].center for k in (1, 2)] == [1, 2]
    assert read_voi_lut(attributes, 2).function is VoiFunction.SIGMOID


def test_tables_that_cannot_be_read_are_left_out_and_logged(header, caplog):
    voi = read_voi_lut(header({Tag.VOI_LUT_SEQUENCE: [{}, TABLE]}), 1)
    assert [table.entries.tolist() for table in voi.luts] == [[1, 2]]
    assert "item of (0028,3010) VOI LUT Sequence: (0028,3002) LUT Descriptor has 0" in caplog.text


# PS3.3 C.11.2.1.1: the first value is signed if what comes out of the modality stage may be.
@pytest.mark.parametrize(
    ("elements", "is_signed"),
    [
        ({}, False),
        ({Tag.PIXEL_REPRESENTATION: 1}, True),
        ({Tag.RESCALE_INTERCEPT: "-1024", Tag.RESCALE_SLOPE: "1"}, True),
        ({Tag.RESCALE_INTERCEPT: "1024", Tag.RESCALE_SLOPE: "1"}, False),
        ({Tag.RESCALE_INTERCEPT: "0", Tag.RESCALE_SLOPE: "-1"}, True),
        (
            {Tag.PIXEL_REPRESENTATION: 1, Tag.RESCALE_INTERCEPT: "2048", Tag.BITS_STORED: 12},
            False,
        ),
        ({Tag.PIXEL_REPRESENTATION: 1, Tag.RESCALE_INTERCEPT: "2047", Tag.BITS_STORED: 12}, True),
        ({Tag.PIXEL_REPRESENTATION: 1, Tag.MODALITY_LUT_SEQUENCE: [TABLE]}, False),
    ],
)
def test_the_first_value_of_a_voi_table_is_signed_where_modality_values_are(
    header, elements, is_signed
):
    voi = read_voi_lut(header({**elements, Tag.VOI_LUT_SEQUENCE: [TABLE]}), 1)
    assert voi.luts[0].first_mapped == (40000 - 65536 if is_signed else 40000)


@pytest.mark.parametrize(
    ("text", "shape"),
    [("IDENTITY", "IDENTITY"), ("INVERSE", "INVERSE"), ("LIN OD", None), ("", None)],
)
def test_the_shape_of_the_presentation_lut(header, text, shape):
    assert read_presentation_lut(header({Tag.PRESENTATION_LUT_SHAPE: text})).shape == shape


def test_tables_of_a_real_file_do_what_pydicom_does(testdata):
    path = testdata / "pypi-pydicom-data/data_store/data/mlut_18.dcm"
    dataset = pydicom.dcmread(path)
    lut = read_modality_lut(read_part10(path.read_bytes()).attributes, 1)
    stored = np.arange(-300, 5000, dtype=np.int32)
    assert np.array_equal(lut.lut.apply(stored), apply_modality_lut(stored, dataset))


def test_voi_tables_of_a_real_file_do_what_pydicom_does(testdata):
    path = testdata / "pypi-pydicom-data/data_store/data/vlut_04.dcm"
    dataset = pydicom.dcmread(path)
    voi = read_voi_lut(read_part10(path.read_bytes()).attributes, 1)
    values = np.arange(0, 65536, 7, dtype=np.uint16)
    for index, table in enumerate(voi.luts):
        assert np.array_equal(table.apply(values), apply_voi_lut(values, dataset, index=index))
    assert len(voi.luts) == len(dataset.VOILUTSequence)


def test_words_of_a_table_are_little_endian_in_json(header):
    table = {Tag.LUT_DESCRIPTOR: [2, 0, 16], Tag.LUT_DATA: struct.pack("<2H", 258, 3)}
    voi = read_voi_lut(header({Tag.VOI_LUT_SEQUENCE: [table]}), 1)
    assert voi.luts[0].entries.tolist() == [258, 3]
