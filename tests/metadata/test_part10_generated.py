"""What pydicom writes is read as pydicom reads it, and what is broken is an error of ours."""

from __future__ import annotations

import io
import random
import struct
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.multival import MultiValue

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_attributes import DicomAttributes
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, PIXEL_DATA_TAGS, Tag
from pycornerstone.metadata.part10 import read_part10

if TYPE_CHECKING:
    from collections.abc import Callable

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
SYNTAXES = [EXPLICIT, IMPLICIT, BIG, DEFLATED]

# Specific Character Set (PS3.3 C.12.1.1.2), and letters that it has beside ASCII.
ALPHABETS = {
    ("",): "",
    ("ISO_IR 100",): "äéÑß",
    ("ISO_IR 101",): "ąčőŽ",
    ("ISO_IR 109",): "ħĝŬ",
    ("ISO_IR 110",): "āģķŪ",
    ("ISO_IR 144",): "ДжЯё",
    ("ISO_IR 127",): "قباني",
    ("ISO_IR 126",): "ΔδΩύ",
    ("ISO_IR 138",): "שרון",
    ("ISO_IR 148",): "ğİşß",
    ("ISO_IR 13",): "ﾔﾏﾀﾞ",
    ("ISO_IR 166",): "กขฃ๛",
    ("ISO_IR 192",): "ä王山ก😀",
    ("GB18030",): "王小东乗",
    ("GBK",): "王小东",
    ("", "ISO 2022 IR 87"): "山田太郎やまだ",
    ("ISO 2022 IR 13", "ISO 2022 IR 87"): "山田ﾔﾏ",
    ("", "ISO 2022 IR 149"): "洪吉洞홍길동",
    ("", "ISO 2022 IR 58"): "张小东",
    ("ISO 2022 IR 100", "ISO 2022 IR 144"): "äÉДж",
    ("ISO 2022 IR 100", "ISO 2022 IR 126", "ISO 2022 IR 144"): "éΔя",
}
CHARACTER_SET_VRS = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}
SINGLE = {"LT", "ST", "UR", "UT"}
BINARY_WORDS = {"OB": 1, "OW": 2, "OV": 8, "OF": 4, "OD": 8, "UN": 1}
# pydicom reads the data of a table only beside its descriptor.
LEFT_OUT = PIXEL_DATA_TAGS | {Tag.TRANSFER_SYNTAX_UID, Tag.SPECIFIC_CHARACTER_SET, Tag.LUT_DATA}
ASKED = {tag: vr for tag, vr in KNOWN_TAGS.items() if tag not in LEFT_OUT}
SEQUENCES = [tag for tag, vr in ASKED.items() if vr == "SQ"]
# What belongs to others has no representation in implicit VR.
PUBLIC = [tag for tag in ASKED if not tag >> 16 & 1 and tag not in SEQUENCES]

ascii_text = st.text("ABCxyz 019^-._", min_size=1, max_size=9).map(str.strip).filter(bool)
by_vr: dict[str, st.SearchStrategy[Any]] = {
    "AS": st.sampled_from(["030Y", "011M"]),
    "CS": st.sampled_from(["ORIGINAL", "A_1", "X Y"]),
    "DA": st.sampled_from(["20240229", "19991231"]),
    "DS": st.floats(-1e9, 1e9).map(lambda value: f"{value:.8g}"),
    "DT": st.sampled_from(["20240229101530.25+0100", "2024"]),
    "FD": st.floats(allow_nan=False, allow_infinity=False),
    "FL": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "IS": st.integers(-(2**31), 2**31 - 1).map(str),
    "SL": st.integers(-(2**31), 2**31 - 1),
    "SS": st.integers(-(2**15), 2**15 - 1),
    "TM": st.sampled_from(["101530.250", "1015"]),
    "UI": st.sampled_from(["1.2.840.10008.1.1", "1.2.3"]),
    "UL": st.integers(0, 2**32 - 1),
    "UR": st.just("http://a.b/c"),
    "US": st.integers(0, 2**16 - 1),
}


def values_of(vr: str, sets: tuple[str, ...]) -> st.SearchStrategy[Any]:
    letters = ALPHABETS[sets]
    if vr in BINARY_WORDS:
        size = max(BINARY_WORDS[vr], 2)
        return st.binary(max_size=48).map(lambda data: data[: len(data) - len(data) % size])
    if vr in CHARACTER_SET_VRS:
        foreign = st.text(letters, min_size=1, max_size=5) if letters else ascii_text
        one: st.SearchStrategy[Any] = ascii_text | foreign
        if vr == "PN":
            one |= st.lists(ascii_text | foreign, min_size=2, max_size=3).map("=".join)
    else:
        one = by_vr[vr]
    if vr in SINGLE:
        return one
    # pydicom does not end an escape at a backslash, as PS3.5 section 6.1.2.5.3 says.
    return st.lists(one, max_size=1 if vr in CHARACTER_SET_VRS and len(sets) > 1 else 3)


@st.composite
def data_sets(draw: st.DrawFn, depth: int, sets: tuple[str, ...] = ("",)) -> Dataset:
    dataset = Dataset()
    if depth == 2 or draw(st.integers(0, 3)) == 0:
        sets = draw(st.sampled_from(sorted(ALPHABETS)))
        dataset.SpecificCharacterSet = list(sets) if len(sets) > 1 else sets[0]
    for tag in draw(st.lists(st.sampled_from(PUBLIC), max_size=12, unique=True)):
        dataset.add_new(tag, ASKED[tag], draw(values_of(ASKED[tag], sets)))
    if depth:
        for tag in draw(st.lists(st.sampled_from(SEQUENCES), max_size=3, unique=True)):
            items = draw(st.lists(data_sets(depth - 1, sets), max_size=3))
            # Without a length, pydicom reads a sequence before the character set that follows it.
            lengths = st.booleans() if tag > Tag.SPECIFIC_CHARACTER_SET else st.just(False)
            for item in items:
                item.is_undefined_length_sequence_item = draw(lengths)
            dataset.add_new(tag, "SQ", items)
            dataset[tag].is_undefined_length = draw(lengths)
    return dataset


def written(dataset: Dataset, uid: str) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()


@pytest.fixture(scope="module", autouse=True)
def without_validation():
    """Let pydicom write and read what is longer than the standard wants."""
    kept = config.settings.reading_validation_mode, config.settings.writing_validation_mode
    config.settings.reading_validation_mode = config.IGNORE
    config.settings.writing_validation_mode = config.IGNORE
    yield
    config.settings.reading_validation_mode, config.settings.writing_validation_mode = kept


def their_values(element: pydicom.DataElement) -> list[Any]:
    value = element.value
    if value is None or value == "":
        return []
    values = list(value) if isinstance(value, MultiValue | list) else [value]
    if element.VR == "PN":
        values = [str(name).rstrip("=") for name in values]
    return values


def compare(ours: DicomAttributes, theirs: Dataset, *, is_big_endian: bool) -> int:
    compared = 0
    for tag, vr in ASKED.items():
        assert (tag in ours) == (tag in theirs), hex(tag)
        if tag not in theirs:
            continue
        compared += 1
        element = theirs[tag]
        if vr == "SQ":
            items = ours.items(tag)
            assert len(items) == len(element.value)
            for item, expected in zip(items, element.value, strict=True):
                compared += compare(item, expected, is_big_endian=is_big_endian)
        elif isinstance(element.value, bytes):
            expected_bytes = element.value
            if is_big_endian:
                size = BINARY_WORDS[vr]
                expected_bytes = np.frombuffer(expected_bytes, f">u{size}").byteswap().tobytes()
            assert (ours.data(tag) or b"") == expected_bytes
        else:
            expected_values = their_values(element)
            if vr == "US":
                # Which of US and SS it is, is decided by who knows Pixel Representation.
                assert [int(v) & 0xFFFF for v in ours.values(tag)] == [
                    int(v) & 0xFFFF for v in expected_values
                ]
            elif vr in {"DS", "IS", "FD", "FL", "SL", "SS", "UL"}:
                assert list(ours.numbers(tag)) == [float(v) for v in expected_values]
            else:
                found = ours.texts(tag)
                if vr == "PN":
                    found = tuple(name.rstrip("=") for name in found)
                assert list(found) == [str(v).strip() for v in expected_values]
    return compared


@given(data_sets(2), st.sampled_from(SYNTAXES))
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_element_of_any_data_set_is_what_pydicom_reads(dataset, uid):
    data = written(dataset, uid)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pydicom.dcmread(io.BytesIO(data))
        compare(read_part10(data).attributes, expected, is_big_endian=uid == BIG)


OUTCOMES = ("text", "texts", "integer", "integers", "number", "numbers")


def outcome(read: Callable[[int], Any], tag: int) -> Any:
    try:
        return repr(read(tag))
    except MetadataError as error:
        return str(error)


@given(
    st.sampled_from(sorted(tag for tag, vr in ASKED.items() if vr != "SQ")),
    st.binary(max_size=24)
    | st.text("0123456789+-.eE\\_ \0naif", max_size=24).map(str.encode)
    | st.lists(st.floats().map(repr), max_size=4).map(lambda n: "\\".join(n).encode()),
    st.sampled_from([None, "DS", "IS", "LO", "CS", "US", "UN"]),
)
@settings(max_examples=300, deadline=None)
def test_the_short_ways_to_a_value_lead_to_the_same(tag, value, vr):
    vr = vr or ASKED[tag]
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    is_long = vr in {"OB", "OW", "OV", "OF", "OD", "SQ", "UC", "UR", "UT", "UN"}
    length = struct.pack("<HL" if is_long else "<H", *([0] if is_long else []), len(value))
    meta = b"\0" * 128 + b"DICM\2\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0"
    attributes = read_part10(meta + head + length + value).attributes
    for name in OUTCOMES:
        short = outcome(getattr(attributes, name), tag)
        assert short == outcome(getattr(DicomAttributes, name).__get__(attributes), tag), name


def ask_everything(attributes: DicomAttributes, depth: int = 0) -> None:
    """Ask for every element in every way; errors must be ours."""
    for tag, vr in KNOWN_TAGS.items():
        if tag not in attributes:
            continue
        for read in (attributes.text, attributes.numbers, attributes.integers, attributes.data):
            outcome(read, tag)
        if vr == "SQ" and depth < 5:
            try:
                items = attributes.items(tag)
                for item in items[:3]:
                    ask_everything(item, depth + 1)
            except DecodeError:
                continue


def mutated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Break a file: bytes, lengths, pieces that are missing, twice there or another file's."""
    broken = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(broken))
        size = chance.choice([1, 2, 8, 100, 5000])
        kind = chance.randrange(6)
        if kind == 0:
            broken[at] = chance.randrange(256)
        elif kind == 1:
            number = chance.choice([0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0xFFFF, 0, 1])
            broken[at : at + 4] = struct.pack("<L", number)
        elif kind == 2:
            del broken[at : at + size]
        elif kind == 3:
            broken[at:at] = broken[at : at + size]
        elif kind == 4:
            start = chance.randrange(len(other))
            broken[at : at + size] = other[start : start + size]
        else:
            marks = (b"\xfe\xff\0\xe0", b"\xfe\xff\r\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0")
            broken[at:at] = chance.choice(marks) + b"\xff\xff\xff\xff"
        if not broken:
            return b"\0"
    return bytes(broken)


@pytest.fixture(scope="module")
def headers(dicom_paths) -> list[bytes]:
    """The beginnings of files, and some that somebody packed or wrote in another way."""
    begins = [path.read_bytes()[:20_000] for path in dicom_paths[::3]]
    dataset = Dataset()
    dataset.PatientName, dataset.Rows, dataset.PixelSpacing = "A^B", 3, [1, 2]
    return begins + [written(dataset, uid) for uid in SYNTAXES] * 5


def test_any_damage_is_an_error_of_ours_or_none(headers):
    chance = random.Random(31)
    refused = 0
    for _ in range(300):
        data = mutated(chance.choice(headers), chance.choice(headers), chance)
        try:
            file = read_part10(data)
        except DecodeError:
            refused += 1
            continue
        try:
            ask_everything(file.attributes)
        except DecodeError:
            refused += 1
    assert 30 < refused < 290
