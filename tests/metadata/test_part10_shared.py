"""Headers of a series are read as each by itself, and in fewer steps."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.errors import DecodeError
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.part10_shared import SharedElements

EXPLICIT = b"1.2.840.10008.1.2.1\0"
IMPLICIT = b"1.2.840.10008.1.2\0"
PIXELS = bytes(24)
# Elements of text that are kept, and some that are not, in the order of a data set.
TAGS = (0x00080008, 0x00080060, 0x0008103E, 0x00100010, 0x00180015, 0x00180023, 0x00200013,
        0x00201041, 0x00204000, 0x00281050, 0x00281051)  # fmt: skip


def element(tag: int, vr: str, value: bytes, *, is_implicit: bool = False) -> bytes:
    """Write an element (PS3.5 section 7.1)."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if is_implicit:
        return head + struct.pack("<L", len(value)) + value
    if vr in {"OW", "SQ"}:
        return head + vr.encode() + struct.pack("<HL", 0, len(value)) + value
    return head + vr.encode() + struct.pack("<H", len(value)) + value


def file(values: dict[int, bytes], *, is_implicit: bool = False) -> bytes:
    """Write a file of these texts."""
    syntax = IMPLICIT if is_implicit else EXPLICIT
    meta = b"\0" * 128 + b"DICM" + element(0x00020010, "UI", syntax)
    written = [
        element(tag, "LO", value + b" " * (len(value) % 2), is_implicit=is_implicit)
        for tag, value in sorted(values.items())
    ]
    return meta + b"".join(written) + element(0x7FE00010, "OW", PIXELS, is_implicit=is_implicit)


def text_of(attributes, tag):
    return attributes.elements[tag][1].rstrip(b" ") if tag in attributes.elements else None


_TEXT = st.sampled_from([b"", b"1", b"22", b"HEAD", b"ANOTHER ONE"])
_HEADERS = st.lists(
    st.tuples(st.dictionaries(st.sampled_from(TAGS), _TEXT), st.booleans()),
    min_size=3,
    max_size=12,
)


@given(_HEADERS)
def test_each_header_has_what_was_written_whatever_came_before_it(headers):
    shared = SharedElements()
    kept = {Tag.IMAGE_TYPE, Tag.MODALITY, Tag.SERIES_DESCRIPTION, Tag.INSTANCE_NUMBER}
    # Twice: what was learned of the first round is met again.
    for values, is_implicit in headers * 2:
        read = read_part10(file(values, is_implicit=is_implicit), shared)
        assert bytes(read.pixel_data) == PIXELS
        for tag in kept & set(TAGS):
            expected = values.get(tag)
            found = text_of(read.attributes, tag)
            assert found == expected, hex(tag)


def series(number: int) -> bytes:
    values = {0x00181000 + place: b"A VALUE THAT ALL HAVE" for place in range(100)}
    return file(values | {0x00080060: b"MR", 0x00200013: str(number).encode()})


def test_what_all_have_is_passed_over_in_few_steps(calls_of):
    shared = SharedElements()
    for number in range(3):
        read_part10(series(number), shared)
    data = series(7)
    assert read_part10(data, shared).attributes.integer(Tag.INSTANCE_NUMBER) == 7

    one_by_one = calls_of(
        lambda: read_part10(data.replace(b"THAT ALL HAVE", b"THAT I HAVE  "), shared)
    )
    assert calls_of(lambda: read_part10(data, shared)) < one_by_one / 2


def test_what_all_have_is_held_once():
    shared = SharedElements()
    headers = [read_part10(series(number), shared).attributes.elements for number in range(4)]
    assert headers[2][Tag.MODALITY] == ("LO", b"MR")
    assert headers[2][Tag.MODALITY] is headers[3][Tag.MODALITY]


def test_a_header_that_is_cut_off_is_refused_where_all_of_it_is_known():
    shared = SharedElements()
    data = [series(number) for number in range(4)]
    for whole in data:
        read_part10(whole, shared)
    for end in range(200, len(data[3]) - len(PIXELS) - 20, 7):
        try:
            found = read_part10(data[3][:end], shared)
        except DecodeError:
            continue
        # Between two elements, a file may end.
        assert found.pixel_data_tag is None


def test_a_sequence_without_a_length_keeps_its_items():
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF) + element(0x00283003, "LO", b"ONE ")
    ends = struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    sequence = struct.pack("<HH2sHL", 0x0028, 0x3000, b"SQ", 0, 0xFFFFFFFF) + item + ends
    meta = b"\0" * 128 + b"DICM" + element(0x00020010, "UI", EXPLICIT)
    shared = SharedElements()
    for number in range(4):
        data = meta + element(0x00200013, "IS", b"%d " % number)
        data += element(0x00280010, "US", b"\2\0") + sequence
        read = read_part10(data + element(0x7FE00010, "OW", PIXELS), shared).attributes
        (found,) = read.items(Tag.MODALITY_LUT_SEQUENCE)
        assert found.text(Tag.LUT_EXPLANATION) == "ONE"
        assert read.integer(Tag.INSTANCE_NUMBER) == number


@pytest.mark.parametrize(("image_type", "is_kept"), [(b"PRIMARY\\M", False), (b"X\\MOSAIC", True)])
def test_the_header_of_siemens_is_kept_of_mosaics_only(image_type, is_kept):
    data = file({0x00080008: image_type, 0x00290010: b"SIEMENS CSA HEADER", 0x00291010: b"SV10"})
    assert (Tag.SIEMENS_CSA_IMAGE_HEADER in read_part10(data).attributes) is is_kept
