"""Numbers and text of elements mean the same, whatever they came as."""

from __future__ import annotations

import logging

import pytest

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_tags import Tag

TAG = Tag.PIXEL_SPACING


def holding(*values: object, vr: str = "DS", tag: Tag = TAG) -> JsonAttributes:
    return JsonAttributes({f"{tag:08X}": {"vr": vr, "Value": list(values)}})


# PS3.5 table 6.2-1, DS: fixed point, or floating point with E or e; spaces around are padding.
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        ("-1.5", -1.5),
        ("+.5", 0.5),
        ("2.", 2.0),
        (" 40 ", 40.0),
        ("1.25E-3", 0.00125),
        ("1e2", 100.0),
        ("3\0", 3.0),
        (7, 7.0),
        (0.25, 0.25),
    ],
)
def test_a_decimal_string_is_a_number(text, number):
    assert holding(text).number(TAG) == number
    assert holding(text, text).numbers(TAG) == (number, number)


@pytest.mark.parametrize(
    "text", ["1,5", "abc", "1 2", "1_0", "nan", "inf", "0x10", "--1", "1e", "\u06f1", "1.2.3"]
)
def test_what_is_no_decimal_string_is_an_error_that_names_the_element(text):
    with pytest.raises(
        MetadataError,
        match=r"\(0028,0030\) Pixel Spacing must be a decimal string \(PS3.5 section 6.2\), found",
    ):
        holding(text).number(TAG)
    with pytest.raises(MetadataError, match="Pixel Spacing must be a decimal string"):
        holding("1", text).numbers(TAG)


@pytest.mark.parametrize("value", [1e400, -1e400, "1e999", 10**400])
def test_a_number_without_end_is_an_error(value):
    with pytest.raises(MetadataError, match="Pixel Spacing must be a finite number"):
        holding(value).number(TAG)


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), (" -3 ", -3), ("+4", 4), ("5.0", 5), (6, 6), (7.0, 7), ("1e2", 100)],
)
def test_an_integer_string_is_a_whole_number(text, number):
    assert holding(text, vr="IS").integer(TAG) == number
    assert holding(text, 1, vr="IS").integers(TAG) == (number, 1)
    assert type(holding(text).integer(TAG)) is int


@pytest.mark.parametrize("text", ["1.5", 2.5])
def test_what_is_between_whole_numbers_is_an_error(text):
    with pytest.raises(MetadataError, match="Pixel Spacing must be a whole number"):
        holding(text).integer(TAG)


@pytest.mark.parametrize("text", ["1A", "one", "9" * 5000 + "A"])
def test_what_is_no_number_at_all_is_no_whole_number_either(text):
    with pytest.raises(MetadataError, match="Pixel Spacing must be a decimal string") as caught:
        holding(text).integers(TAG)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("absent", [JsonAttributes({}), holding(), holding(""), holding(None)])
def test_absent_and_empty_are_the_same(absent):
    assert absent.values(TAG) == ()
    assert absent.text(TAG) is None
    assert absent.texts(TAG) == ()
    assert absent.integer(TAG) is None
    assert absent.integers(TAG) == ()
    assert absent.number(TAG) is None
    assert absent.numbers(TAG) == ()
    assert absent.data(TAG) is None


@pytest.mark.parametrize("blank", [holding("  "), holding("", ""), holding(None, None)])
def test_padding_alone_is_no_value(blank):
    assert blank.text(TAG) is None
    assert blank.texts(TAG) == ()
    assert blank.number(TAG) is None
    assert blank.numbers(TAG) == ()
    assert blank.integers(TAG) == ()


def test_text_has_no_padding_and_keeps_its_place_among_others():
    image_type = holding("DERIVED ", "", " AXIAL\0", vr="CS")
    assert image_type.text(TAG) == "DERIVED"
    assert image_type.texts(TAG) == ("DERIVED", "", "AXIAL")


def test_a_number_where_text_is_asked_for_is_its_text():
    assert holding(1.5).texts(TAG) == ("1.5",)


def test_a_number_that_is_missing_among_others_is_an_error():
    with pytest.raises(MetadataError, match=r"Pixel Spacing has 2 values, of which 1 are empty"):
        holding("1", "").numbers(TAG)
    with pytest.raises(MetadataError, match=r"Pixel Spacing has 3 values, of which 2 are empty"):
        holding(None, 1, None).integers(TAG)


def test_what_is_said_of_the_patient_is_not_in_the_text():
    weight = holding("seventy", tag=Tag.PATIENT_WEIGHT)
    with pytest.raises(MetadataError) as caught:
        weight.number(Tag.PATIENT_WEIGHT)
    assert str(caught.value) == (
        "(0010,1030) Patient's Weight must be a decimal string (PS3.5 section 6.2), found "
        "something else; correct the header"
    )


def test_what_cannot_be_read_may_be_taken_as_absent_and_is_logged(caplog):
    with caplog.at_level(logging.WARNING, "pycornerstone.metadata"):
        assert if_readable(holding("1,5").number, TAG, None) is None
    assert "(0028,0030) Pixel Spacing must be a decimal string" in caplog.text
    assert "taken as absent" in caplog.text


def test_what_can_be_read_is_read(caplog):
    assert if_readable(holding("1.5").number, TAG, None) == 1.5
    assert not caplog.records
