"""Elements and sequences are walked over whole, however they are written."""

from __future__ import annotations

import io
import struct
import weakref

import numpy as np
import pydicom
import pytest

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.part10_encodings import EXPLICIT_LITTLE

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
SYNTAXES = [EXPLICIT, IMPLICIT, BIG, DEFLATED]
PIXELS = bytes(range(24))


def element(tag: int, vr: str, value: bytes, length: int | None = None) -> bytes:
    """Write an element in explicit VR little endian (PS3.5 section 7.1.2)."""
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    length = len(value) if length is None else length
    if vr in {"OB", "OW", "SQ", "UN", "UT"}:
        return head + struct.pack("<HL", 0, length) + value
    return head + struct.pack("<H", length) + value


def item(value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(value) if length is None else length) + value


ITEM_END = struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
UNDEFINED = 0xFFFFFFFF
META = b"\0" * 128 + b"DICM" + element(0x00020010, "UI", EXPLICIT.encode() + b"\0")
ROWS = element(0x00280010, "US", b"\2\0")
COLUMNS = element(0x00280011, "US", b"\3\0")


def test_sequences_with_and_without_lengths_are_passed_over():
    inner = element(0x00280010, "US", b"\x63\0")
    nested = element(0x00082112, "SQ", item(inner) + SEQUENCE_END, UNDEFINED)
    sequence = element(
        0x00081140, "SQ", item(nested + inner + ITEM_END, UNDEFINED) + SEQUENCE_END, UNDEFINED
    )
    with_length = element(0x00081140, "SQ", item(inner))
    attributes = read_part10(META + sequence + with_length + ROWS).attributes
    assert attributes.integer(Tag.ROWS) == 2


@pytest.mark.parametrize("has_lengths", [True, False])
def test_items_of_a_sequence_that_matters_are_read(has_lengths):
    first, second = (element(0x00283003, "LO", text) for text in (b"ONE ", b"TWO "))
    if has_lengths:
        value = element(Tag.VOI_LUT_SEQUENCE, "SQ", item(first) + item(second))
    else:
        items = item(first + ITEM_END, UNDEFINED) + item(second + ITEM_END, UNDEFINED)
        value = element(Tag.VOI_LUT_SEQUENCE, "SQ", items + SEQUENCE_END, UNDEFINED)
    items = read_part10(META + value + ROWS).attributes.items(Tag.VOI_LUT_SEQUENCE)
    assert [i.text(Tag.LUT_EXPLANATION) for i in items] == ["ONE", "TWO"]


def test_an_icon_with_compressed_pixel_data_is_passed_over():
    fragments = item(b"") + item(b"\xff\xd8\xff\xd9") + SEQUENCE_END
    icon = element(Tag.PIXEL_DATA, "OB", fragments, UNDEFINED) + ITEM_END
    sequence = element(0x00880200, "SQ", item(icon, UNDEFINED) + SEQUENCE_END, UNDEFINED)
    file = read_part10(META + ROWS + sequence + element(Tag.PIXEL_DATA, "OW", b"abcd"))
    assert bytes(file.pixel_data) == b"abcd"


@pytest.mark.parametrize("is_unknown", [True, False])
def test_a_sequence_that_somebody_did_not_know_is_in_implicit_vr(is_unknown):
    # PS3.5 section 6.2.2, note 2.
    text = struct.pack("<HHL", 0x0028, 0x3003, 4) + b"ONE "
    items = item(text + ITEM_END, UNDEFINED) + SEQUENCE_END
    length = UNDEFINED if is_unknown else None
    sequence = element(Tag.VOI_LUT_SEQUENCE, "UN", items, length)
    attributes = read_part10(META + sequence + ROWS).attributes
    (only,) = attributes.items(Tag.VOI_LUT_SEQUENCE)
    assert only.text(Tag.LUT_EXPLANATION) == "ONE"
    assert attributes.integer(Tag.ROWS) == 2


def test_an_element_in_implicit_vr_among_others_is_read():
    stray = struct.pack("<HHL", 0x0028, 0x0004, 12) + b"MONOCHROME1 "
    attributes = read_part10(META + ROWS + stray + COLUMNS).attributes
    assert attributes.text(Tag.PHOTOMETRIC_INTERPRETATION) == "MONOCHROME1"
    assert attributes.integer(Tag.COLUMNS) == 3


@pytest.mark.parametrize("head", [b"ZZ\0\0\4\0\0\0", b"ZZ\4\0"])
def test_a_value_representation_of_later_editions_is_passed_over(head):
    later = struct.pack("<HH", 0x0028, 0x0009) + head + b"abcd"
    assert read_part10(META + ROWS + later + COLUMNS).attributes.integer(Tag.COLUMNS) == 3


def test_an_element_that_somebody_did_not_know_has_the_representation_of_the_standard():
    rows = element(0x00280010, "UN", b"\2\1")
    assert read_part10(META + rows).attributes.integer(Tag.ROWS) == 258


def test_a_stray_end_of_a_sequence_is_passed_over():
    assert read_part10(META + ROWS + SEQUENCE_END + COLUMNS).attributes.integer(Tag.COLUMNS) == 3


@pytest.mark.parametrize("tag", [0x00081140, int(Tag.VOI_LUT_SEQUENCE)])
def test_a_sequence_that_does_not_end_is_an_error(tag):
    with pytest.raises(DecodeError, match="a sequence goes beyond"):
        read_part10(META + element(tag, "SQ", item(ROWS), UNDEFINED))


def test_an_item_that_does_not_end_is_an_error():
    with pytest.raises(DecodeError, match=r"\(0028,0010\) Rows goes beyond"):
        read_part10(META + element(0x00081140, "SQ", item(ROWS, UNDEFINED), UNDEFINED))


def test_a_sequence_that_is_not_made_of_items_is_an_error():
    with pytest.raises(DecodeError, match=r"a sequence holds \(0028,0010\) Rows where an item"):
        read_part10(META + element(0x00081140, "SQ", ROWS + SEQUENCE_END, UNDEFINED))


def test_a_damaged_sequence_is_an_error_when_it_is_asked_for():
    attributes = read_part10(META + element(Tag.VOI_LUT_SEQUENCE, "SQ", item(ROWS, 500))).attributes
    with pytest.raises(DecodeError, match="a sequence goes beyond the 18 bytes"):
        attributes.items(Tag.VOI_LUT_SEQUENCE)
    short = read_part10(META + element(Tag.VOI_LUT_SEQUENCE, "SQ", item(ROWS[:-1]))).attributes
    with pytest.raises(DecodeError, match="Rows goes beyond the 17 bytes"):
        short.items(Tag.VOI_LUT_SEQUENCE)[0].integer(Tag.ROWS)


@pytest.mark.parametrize("zeros", [8, 16, 4096, 2**20, 2**20 + 8, 3 * 2**20])
def test_zeros_between_elements_are_passed_over(zeros):
    attributes = read_part10(META + ROWS + bytes(zeros) + COLUMNS + bytes(zeros)).attributes
    assert attributes.integer(Tag.ROWS) == 2
    assert attributes.integer(Tag.COLUMNS) == 3


def test_an_empty_element_of_tag_0_is_passed_over():
    attributes = read_part10(META + ROWS + element(0, "UL", b"") + COLUMNS).attributes
    assert attributes.integer(Tag.COLUMNS) == 3


def test_zeros_within_an_item_that_does_not_end_are_an_error():
    sequence = element(0x00081140, "SQ", item(ROWS + bytes(4096), UNDEFINED), UNDEFINED)
    with pytest.raises(DecodeError, match="goes beyond the"):
        read_part10(META + sequence)


@pytest.mark.parametrize("length", [UNDEFINED, None])
def test_more_items_than_any_image_has_are_an_error(length, monkeypatch):
    monkeypatch.setattr("pycornerstone.metadata.part10_elements.MAX_ITEMS", 100)
    end = SEQUENCE_END if length else b""

    def count(items):
        data = META + element(0x00283000, "SQ", item(b"") * items + end, length)
        return len(read_part10(data).attributes.items(Tag.MODALITY_LUT_SEQUENCE))

    assert count(100) == 100
    with pytest.raises(DecodeError, match="a sequence has more than 100 items"):
        count(101)


def test_what_stands_twice_is_what_stands_last():
    data = META + ROWS + element(0x00280010, "US", b"\7\0")
    assert read_part10(data).attributes.integer(Tag.ROWS) == 7
    assert pydicom.dcmread(io.BytesIO(data)).Rows == 7


def test_order_lengths_of_groups_and_what_others_add_do_not_matter():
    private = element(0x00091001, "UN", b"\1\2\3") + element(0x00291010, "OB", b"\0" * 300)
    length = element(0x00280000, "UL", b"\x99\0\0\0")
    data = META + COLUMNS + length + private + ROWS + b"\0" * 64
    attributes = read_part10(data).attributes
    assert attributes.integer(Tag.ROWS) == 2
    assert attributes.integer(Tag.COLUMNS) == 3


@pytest.mark.parametrize("has_lengths", [True, False])
def test_one_item_of_very_many_is_found_without_reading_the_others(has_lengths):
    frames = 10_000
    # Were another item read, it would be an error.
    broken = element(Tag.SLICE_THICKNESS, "DS", b"1")[:-1]
    if has_lengths:
        items = [item(broken)] * (frames - 1) + [item(ROWS)]
        value = element(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, "SQ", b"".join(items))
    else:
        items = [item(COLUMNS + ITEM_END, UNDEFINED)] * (frames - 1)
        items += [item(ROWS + ITEM_END, UNDEFINED), SEQUENCE_END]
        value = element(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, "SQ", b"".join(items), UNDEFINED)
    found = read_part10(META + value).attributes.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
    assert len(found) == frames
    assert found[-1].integer(Tag.ROWS) == found[frames - 1].integer(Tag.ROWS) == 2
    assert [one.integer(Tag.ROWS) for one in found[frames - 1 :]] == [2]
    assert found[0] is found[0]
    with pytest.raises(IndexError):
        found[frames]


def test_heads_that_somebody_makes_up_do_not_fill_the_memory():
    strange = b"".join(element(0x00091000 + n, "LO", b"") for n in range(20_000))
    assert read_part10(META + strange + ROWS).attributes.integer(Tag.ROWS) == 2
    assert 0 < len(EXPLICIT_LITTLE.kept.known) <= 8192


def test_values_of_items_do_not_keep_the_file_alive():
    data = META + element(Tag.VOI_LUT_SEQUENCE, "SQ", item(ROWS)) + ROWS
    buffer = np.frombuffer(bytearray(data), np.uint8)
    watched = weakref.ref(buffer)
    attributes = read_part10(memoryview(buffer)).attributes
    (only,) = attributes.items(Tag.VOI_LUT_SEQUENCE)
    del buffer
    assert watched() is None
    assert only.integer(Tag.ROWS) == 2


def nested(depth: int) -> bytes:
    head = element(0x00081140, "SQ", b"", UNDEFINED) + item(b"", UNDEFINED)
    return META + head * depth + (ITEM_END + SEQUENCE_END) * depth + ROWS


def test_sequences_may_be_nested_deeper_than_any_standard_does():
    assert read_part10(nested(30)).attributes.integer(Tag.ROWS) == 2


@pytest.mark.parametrize("depth", [33, 50_000])
def test_sequences_without_end_are_an_error_and_not_the_end_of_the_stack(depth):
    with pytest.raises(DecodeError, match="sequences are nested more than 32 deep"):
        read_part10(nested(depth))


def test_deep_sequences_with_lengths_cost_nothing_until_they_are_asked_for():
    value = ROWS
    for _ in range(200):
        value = element(Tag.VOI_LUT_SEQUENCE, "SQ", item(value))
    attributes = read_part10(META + value).attributes
    for _ in range(200):
        (attributes,) = attributes.items(Tag.VOI_LUT_SEQUENCE)
    assert attributes.integer(Tag.ROWS) == 2


def test_items_inherit_the_character_set_unless_they_have_their_own():
    greek, german = b"ISO_IR 126", b"ISO_IR 100"
    text = element(0x00283003, "LO", b"\xc4\xe4")
    own = element(0x00080005, "CS", german) + text
    sequence = element(Tag.VOI_LUT_SEQUENCE, "SQ", item(text) + item(own))
    attributes = read_part10(META + element(0x00080005, "CS", greek) + sequence).attributes
    texts = [i.text(Tag.LUT_EXPLANATION) for i in attributes.items(Tag.VOI_LUT_SEQUENCE)]
    assert texts == ["Δδ", "Ää"]


def test_a_number_of_too_few_bytes_is_an_error():
    attributes = read_part10(META + element(0x00280010, "US", b"\2")).attributes
    with pytest.raises(
        MetadataError, match=r"\(0028,0010\) Rows has 1 bytes, which is no value of US"
    ):
        attributes.integer(Tag.ROWS)


def test_a_value_that_is_a_tag_is_a_number():
    # PS3.5 section 6.2, AT: group and element, two words.
    data = META + element(0x00280106, "AT", struct.pack("<4H", 0x18, 0x1063, 0x28, 0x10))
    assert read_part10(data).attributes.values(0x00280106) == (0x00181063, 0x00280010)


def test_numbers_of_every_kind_are_read():
    for vr, code, value in (
        ("SS", "h", -2),
        ("SL", "l", -70000),
        ("UL", "L", 70000),
        ("FD", "d", 0.125),
        ("FL", "f", 0.5),
    ):
        data = META + element(0x00280106, vr, struct.pack("<2" + code, value, value))
        assert read_part10(data).attributes.values(0x00280106) == (value, value)
