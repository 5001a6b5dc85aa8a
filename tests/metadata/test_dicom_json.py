"""DICOM JSON is read as PS3.18 annex F writes it."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_json import JsonAttributes, parse_dicom_json
from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.model.modules import MODULES

# PS3.18 F.4, the sample of the standard, shortened.
SAMPLE = b"""
[{
  "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
  "00080061": {"vr": "CS", "Value": ["CT", "PET"]},
  "00081190": {"vr": "UR", "Value": ["http://wado.nema.org/studies/1"]},
  "00090002": {"vr": "UN", "InlineBinary": "z0x9c8v7"},
  "00100010": {"vr": "PN", "Value": [{
      "Alphabetic": "Wang^XiaoDong", "Ideographic": "\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1"}]},
  "00200010": {"vr": "SH", "Value": ["11235813"]},
  "00201206": {"vr": "IS", "Value": [4]},
  "00101002": {"vr": "SQ", "Value": [
      {"00100020": {"vr": "LO", "Value": ["54321"]}},
      {"00100020": {"vr": "LO", "Value": ["24680"]}}]},
  "7FE00010": {"vr": "OW", "BulkDataURI": "http://wado.nema.org/bulkdata/1"}
}]
"""


@pytest.fixture
def sample() -> JsonAttributes:
    return JsonAttributes(parse_dicom_json(SAMPLE)[0])


def test_text_and_numbers(sample):
    assert sample.text(0x00200010) == "11235813"
    assert sample.texts(0x00080061) == ("CT", "PET")
    assert sample.integer(0x00201206) == 4


def test_the_groups_of_a_name_are_joined_as_in_a_file(sample):
    assert sample.text(Tag.PATIENT_NAME) == "Wang^XiaoDong=王^小東"


def test_a_name_without_its_first_groups_keeps_their_place():
    name = {"00100010": {"vr": "PN", "Value": [{"Phonetic": "やまだ"}]}}
    assert JsonAttributes(name).text(Tag.PATIENT_NAME) == "==やまだ"


def test_a_name_that_a_server_wrote_as_text_is_text():
    name = {"00100010": {"vr": "PN", "Value": ["DOE^JANE"]}}
    assert JsonAttributes(name).text(Tag.PATIENT_NAME) == "DOE^JANE"


def test_items_of_a_sequence_are_attributes_too(sample):
    ids = [item.text(Tag.PATIENT_ID) for item in sample.items(0x00101002)]
    assert ids == ["54321", "24680"]
    assert sample.values(0x00101002) == ()


def test_an_item_may_be_written_as_null():
    sequence = {"00283010": {"vr": "SQ", "Value": [None]}}
    (item,) = JsonAttributes(sequence).items(Tag.VOI_LUT_SEQUENCE)
    assert item.text(Tag.LUT_EXPLANATION) is None


def test_inline_binary_is_base64(sample):
    assert sample.data(0x00090002) == base64.b64decode("z0x9c8v7")


def test_binary_that_was_fetched_apart_may_be_bytes():
    profile = {"00282000": {"vr": "OB", "InlineBinary": b"\1\2"}}
    assert JsonAttributes(profile).data(Tag.ICC_PROFILE) == b"\1\2"


@pytest.mark.parametrize(
    ("vr", "values", "data"),
    [
        ("US", [1, 65535], struct.pack("<HH", 1, 65535)),
        ("SS", [-2], struct.pack("<h", -2)),
        ("OB", [7, 8], b"\7\x08"),
        ("US", ["3"], struct.pack("<H", 3)),
        ("FD", [0.5, "1"], struct.pack("<dd", 0.5, 1)),
        ("OV", [2**40], struct.pack("<Q", 2**40)),
        # PS3.6 has US for LUT Data, first of three.
        (None, [1, 2], struct.pack("<HH", 1, 2)),
        ([], [3], struct.pack("<H", 3)),
        ("US", [], None),
        ("LO", ["x"], None),
    ],
)
def test_words_that_were_written_as_numbers_are_bytes_in_little_endian_order(vr, values, data):
    table = {"00283006": {"vr": vr, "Value": values}}
    assert JsonAttributes(table).data(Tag.LUT_DATA) == data


def test_of_a_bulk_value_there_is_its_address(sample):
    assert Tag.PIXEL_DATA in sample
    assert sample.data(Tag.PIXEL_DATA) is None
    assert sample.values(Tag.PIXEL_DATA) == ()
    assert sample.bulk_data_uri(Tag.PIXEL_DATA) == "http://wado.nema.org/bulkdata/1"
    assert sample.bulk_data_uri(Tag.ROWS) is None


def test_digits_of_tags_may_be_small():
    small = {"0008103e": {"vr": "LO", "Value": ["HEAD"]}, "0040a730": {"vr": "SQ", "Value": [{}]}}
    attributes = JsonAttributes(small | {"7fe00010": {"vr": "OW", "BulkDataURI": "bulk/1"}})
    assert attributes.text(Tag.SERIES_DESCRIPTION) == "HEAD"
    assert Tag.SERIES_DESCRIPTION in attributes
    assert attributes.bulk_data_uri(Tag.PIXEL_DATA) == "bulk/1"
    assert Tag.PIXEL_DATA in attributes
    assert Tag.PIXEL_SPACING not in attributes


def test_a_value_that_is_a_tag_is_a_number():
    # PS3.18 table F.2.3-1, AT: eight hexadecimal digits.
    pointer = {"00280009": {"vr": "AT", "Value": ["00181063", "0018106A"]}}
    assert JsonAttributes(pointer).values(0x00280009) == (0x00181063, 0x0018106A)
    wrong = {"00280009": {"vr": "AT", "Value": ["FrameTime"]}}
    with pytest.raises(MetadataError, match=r"\(0028,0009\) is a value that is no tag"):
        JsonAttributes(wrong).values(0x00280009)


def test_a_byte_order_mark_is_no_accident():
    assert parse_dicom_json(b"\xef\xbb\xbf[{}]") == [{}]


def test_one_data_set_may_stand_alone():
    assert parse_dicom_json(b'{"00280010": {"vr": "US", "Value": [3]}}') == [
        {"00280010": {"vr": "US", "Value": [3]}}
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"<html></html>", "not DICOM JSON: .*; check that the address is one of metadata"),
        (b"", "not DICOM JSON"),
        (b'{"00280010": ', "not DICOM JSON"),
        (b'"\xff"', "not DICOM JSON"),
        (b"[1]", "data set 0 of 1 is a number, where an object must be"),
        (b"[{}, null]", "data set 1 of 2 is null"),
        (b'"text"', "data set 0 of 1 is text"),
        (b"[[]]", "data set 0 of 1 is a list"),
        (b"true", "data set 0 of 1 is a truth value"),
        (b"[" * 100_000, "not DICOM JSON"),
    ],
)
def test_what_is_no_dicom_json_is_an_error(text, message):
    with pytest.raises(DecodeError, match=message):
        parse_dicom_json(text)


@pytest.mark.parametrize(
    ("element", "message"),
    [
        (["US"], r"\(0028,0010\) Rows is a list in DICOM JSON, where an object must be"),
        ({"vr": "US", "Value": 5}, "is a Value that is a number .* where a list must be"),
        ({"vr": "US", "Value": [[5]]}, "is a value that is a list .* where text or a number must"),
        ({"vr": "US", "Value": [True]}, "is a value that is a truth value"),
        ({"vr": "PN", "Value": [{"Alphabetic": 5}]}, "is a value that is an object"),
    ],
)
def test_an_element_that_is_malformed_is_named(element, message):
    with pytest.raises(MetadataError, match=message):
        JsonAttributes({"00280010": element}).values(Tag.ROWS)


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ({"vr": "OW", "InlineBinary": "a"}, r"\(0028,3006\) LUT Data is InlineBinary that is not"),
        ({"vr": "OW", "InlineBinary": 5}, "is InlineBinary that is not base64"),
        ({"vr": "OW", "InlineBinary": "ä"}, "is InlineBinary that is not base64"),
        (
            {"vr": "US", "Value": [70000]},
            "is a number out of range in DICOM JSON, where US must be",
        ),
        ({"vr": "US", "Value": [-1]}, "is a number out of range"),
        ({"vr": "FL", "Value": [1e300]}, "is a number out of range"),
    ],
)
def test_binary_that_is_malformed_is_named(element, message):
    with pytest.raises(MetadataError, match=message):
        JsonAttributes({"00283006": element}).data(Tag.LUT_DATA)


def test_an_item_that_is_no_object_is_an_error():
    sequence = {"00283010": {"vr": "SQ", "Value": ["text"]}}
    with pytest.raises(MetadataError, match=r"VOI LUT Sequence is an item that is text"):
        JsonAttributes(sequence).items(Tag.VOI_LUT_SEQUENCE)


scalars = st.sampled_from(
    [None, True, 0, -1, 70000, 10**30, 0.5, float("nan"), "", "1", "1,5", "A"]
)
values = st.lists(
    scalars | st.dictionaries(st.sampled_from(["Alphabetic", "00283006", "00281050"]), scalars),
    max_size=6,
)
elements = scalars | st.fixed_dictionaries(
    {"vr": st.sampled_from(["US", "SS", "DS", "SQ", "OW", "AT", "FL", None, 5])},
    optional={"Value": values | scalars, "InlineBinary": st.just("AQIDBAUG") | scalars},
)


@given(
    st.dictionaries(st.sampled_from([f"{tag:08X}" for tag in Tag]), elements, max_size=12),
    st.sampled_from(sorted(MODULES)),
)
def test_whatever_an_object_holds_is_a_module_or_an_error_of_ours(json_object, type_name):
    image = {"00280010": {"vr": "US", "Value": [2]}, "00280011": {"vr": "US", "Value": [2]}}
    try:
        module = read_module(type_name, JsonAttributes({**image, **json_object}))
    except MetadataError:
        return
    assert module is None or isinstance(module, MODULES[type_name])


@pytest.mark.parametrize("vr", ["UN", None])
def test_private_elements_that_a_server_sends_as_bytes_are_read_by_what_they_are(vr):
    # Philips' SUV factor (7053,1000) is a decimal string; "0.000551" in base64.
    element = {"vr": vr, "InlineBinary": "MC4wMDA1NTE="}
    written = {key: value for key, value in element.items() if value}
    assert JsonAttributes({"70531000": written}).number(Tag.PHILIPS_SUV_SCALE_FACTOR) == 0.000551
