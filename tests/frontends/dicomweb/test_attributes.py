"""DICOM JSON of real files, against what pydicom makes of them, and values by hand."""

from __future__ import annotations

import base64
import io
import json
import math
import struct
import warnings

import pydicom
import pytest
from pydicom.dataset import Dataset

from pycornerstone.frontends.dicomweb.attributes import (
    at_address,
    bulk_data_of,
    json_attributes,
    json_text,
)

LONG = 1024
# Pixels, and lengths of groups (PS3.18 F.2.2).
LEFT_OUT = {"7FE00010", "7FE00008", "7FE00009", "00080005"}


def stored(dataset, syntax="1.2.840.10008.1.2.1"):
    """The data set as a file of that transfer syntax has it."""
    target = io.BytesIO()
    is_little = syntax != "1.2.840.10008.1.2.2"
    is_implicit = syntax == "1.2.840.10008.1.2"
    dataset.save_as(target, implicit_vr=is_implicit, little_endian=is_little)
    target.seek(0)
    return (
        pydicom.dcmread(target, force=True)
        if is_little and not is_implicit
        else _read(target, is_implicit=is_implicit, is_little=is_little)
    )


def _read(target, *, is_implicit, is_little):
    from pydicom.filereader import read_dataset

    dataset = read_dataset(target, is_implicit, is_little)
    dataset.set_original_encoding(is_implicit, is_little)
    return dataset


def plain(value):
    """Without what F.2.5 leaves open, how to write what is empty; nor padding of text."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return (value.rstrip(" \0") or None) if isinstance(value, str) else value


def agrees(found, expected):
    """Compare elements, but for values that are too long to stand in the object."""
    if "BulkDataURI" in found:
        return len(base64.b64decode(expected["InlineBinary"])) >= LONG
    if found["vr"] == "SQ":
        pairs = zip(found.get("Value", []), expected.get("Value", []), strict=True)
        return all(
            one.keys() == {k for k in other if not k.endswith("0000")}
            and all(agrees(one[key], other[key]) for key in one)
            for one, other in pairs
        )
    return plain(found) == plain(expected)


def test_objects_of_real_files_are_those_that_pydicom_makes(testdata):
    checked = 0
    for path in sorted((testdata / "pypi-pydicom").rglob("*.dcm")):
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = dataset.to_json_dict()
        except Exception:
            continue
        if dataset.original_encoding[1] is False:
            continue
        found = json_attributes(dataset)
        assert found.keys() - LEFT_OUT == {
            k for k in expected.keys() - LEFT_OUT if not k.endswith("0000")
        }, path.name
        for key in found.keys() - LEFT_OUT:
            assert agrees(found[key], expected[key]), (path.name, key)
        json.loads(json_text(found))
        checked += 1
    assert checked > 80


def test_numbers_that_json_has_not_are_text():
    dataset = Dataset()
    dataset.add_new(0x00189073, "FD", [1.5, math.nan, math.inf, -math.inf])
    text = json_text(json_attributes(stored(dataset)))
    assert json.loads(text)["00189073"]["Value"] == [1.5, "NaN", "Infinity", "-Infinity"]


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", ("Yamada^Tarou", "山田^太郎", "やまだ^たろう")),
        ("=山田^太郎", (None, "山田^太郎", None)),
        ("Wang^XiaoDong==", ("Wang^XiaoDong", None, None)),
    ],
)
def test_names_have_the_groups_that_are_there(name, groups):
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = name
    want = dict(zip(("Alphabetic", "Ideographic", "Phonetic"), groups, strict=True))
    want = {key: group for key, group in want.items() if group}
    assert json_attributes(stored(dataset))["00100010"] == {"vr": "PN", "Value": [want]}


def test_what_is_empty_is_nothing_or_null_among_others():
    dataset = Dataset()
    dataset.PatientID = ""
    dataset.add_new(0x00081140, "SQ", [])
    dataset.add_new(0x00080008, "CS", "A\\\\B")
    dataset.add_new(0x00181063, "DS", "1.5\\\\2")
    dataset.add_new(0x00081070, "PN", ["A^B", "", "C"])
    found = json_attributes(stored(dataset))
    assert found["00100020"] == {"vr": "LO"}
    assert found["00081140"] == {"vr": "SQ"}
    assert found["00080008"]["Value"] == ["A", None, "B"]
    assert found["00181063"]["Value"] == [1.5, None, 2]
    assert found["00081070"]["Value"] == [{"Alphabetic": "A^B"}, None, {"Alphabetic": "C"}]


def test_what_is_no_number_is_given_as_text(testdata):
    path = testdata / "pypi-pydicom/pydicom/data/test_files/badVR.dcm"
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert json_attributes(dataset)["00280008"] == {"vr": "IS", "Value": ["1A"]}


def test_words_are_little_endian_whatever_the_file_is():
    dataset = Dataset()
    numbers = [1, 2, 0x1234]
    dataset.add_new(0x00281201, "OW", struct.pack(">3H", *numbers))
    dataset.add_new(0x00281202, "OW", struct.pack(">600H", *range(600)))
    dataset.add_new(0x60003000, "OW", struct.pack(">600H", *range(600)))
    big = stored(dataset, "1.2.840.10008.1.2.2")
    found = json_attributes(big)
    assert base64.b64decode(found["00281201"]["InlineBinary"]) == struct.pack("<3H", *numbers)
    long = struct.pack("<600H", *range(600))
    assert bulk_data_of(big, found["60003000"]["BulkDataURI"]) == long
    # Viewers do not fetch palettes.
    assert base64.b64decode(found["00281202"]["InlineBinary"]) == long


def test_long_values_in_items_are_found_by_their_addresses():
    inner, item, dataset = Dataset(), Dataset(), Dataset()
    inner.add_new(0x00420011, "OB", b"%PDF" * 500)
    inner.add_new(0x00090010, "LO", "SOMEBODY")
    inner.add_new(0x00091001, "OB", b"\1\2")
    item.add_new(0x00081140, "SQ", [Dataset(), inner])
    dataset.add_new(0x00081115, "SQ", [item])
    read = stored(dataset)
    text = at_address(json_text(json_attributes(read)), "http://here/instances/1")
    [outer] = json.loads(text)["00081115"]["Value"]
    found = outer["00081140"]["Value"][1]
    address = found["00420011"]["BulkDataURI"]
    assert address == "http://here/instances/1/bulkdata/00081115/0/00081140/1/00420011"
    assert bulk_data_of(read, address.partition("/bulkdata/")[2]) == b"%PDF" * 500
    assert found["00090010"]["Value"] == ["SOMEBODY"]
    assert base64.b64decode(found["00091001"]["InlineBinary"]) == b"\1\2"
    for path in ("00081115", "00081115/1/00081140", "00081115/0", "../etc/passwd", "00090010"):
        assert bulk_data_of(read, path) is None


@pytest.mark.parametrize("name", ["chrH31.dcm", "chrRuss.dcm", "chrKoreanMulti.dcm", "chrX1.dcm"])
def test_names_of_every_character_set_come_as_utf8(testdata, name):
    from pydicom.data import get_charset_files

    files = get_charset_files(name)
    if not files:
        pytest.skip("pydicom has no such file here")
    dataset = pydicom.dcmread(files[0])
    found = json.loads(json_text(json_attributes(dataset)).encode().decode("utf-8"))
    groups = str(dataset.PatientName).split("=")
    assert list(found["00100010"]["Value"][0].values()) == [g for g in groups if g]
    assert any(ord(letter) > 127 for group in groups for letter in group)
    assert found["00080005"] == {"vr": "CS", "Value": ["ISO_IR 192"]}
