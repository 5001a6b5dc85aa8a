"""Text means what Specific Character Set says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import charset, dcmread
from pydicom.data import get_charset_files

from pycornerstone.metadata.character_sets import decode_text
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, Tag
from pycornerstone.metadata.part10 import read_part10

TERMS = [*sorted(charset.python_encoding), "ISO_IR 203", "ISO 2022 IR 203", "GB18030", "NONE", ""]


# PS3.5 annexes H, I, J and K print these names, byte by byte.
@pytest.mark.parametrize(
    ("character_sets", "data", "text"),
    [
        # H.3.1, example 1
        (
            ("", "ISO 2022 IR 87"),
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        # H.3.2, example 2
        (
            ("ISO 2022 IR 13", "ISO 2022 IR 87"),
            (
                b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J="
                b"\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J"
            ),
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        ),
        # I.2, example
        (
            ("", "ISO 2022 IR 149"),
            (
                b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7="
                b"\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf"
            ),
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        # J.1 and J.2
        (
            ("ISO_IR 192",),
            b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1",
            "Wang^XiaoDong=王^小東",
        ),
        (("GB18030",), b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"),
        # K.2
        (
            ("", "ISO 2022 IR 58"),
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
            "Zhang^XiaoDong=张^小东=",
        ),
    ],
)
def test_names_that_the_standard_prints(character_sets, data, text):
    assert decode_text(data, character_sets, is_person_name=True) == text


@pytest.mark.parametrize("term", sorted(charset.python_encoding))
def test_every_defined_term_decodes_as_pydicom_does(term):
    high = bytes(range(0xA1, 0xFF)) if "192" not in term else "äÄж王".encode()
    with_pairs = high if len(high) % 2 == 0 else high[:-1]
    codec = charset.convert_encodings([term])[0]
    assert decode_text(with_pairs, (term,)) == with_pairs.decode(codec, "replace")


@pytest.mark.parametrize("path", get_charset_files("*.dcm"))
def test_names_in_real_files_are_read_as_pydicom_reads_them(path):
    attributes = read_part10(Path(path).read_bytes()).attributes
    expected = str(dcmread(path).get("PatientName", "")).rstrip("=") or None
    assert attributes.text(Tag.PATIENT_NAME) == expected


@pytest.mark.parametrize("name", sorted(Path(p).name for p in get_charset_files("*.dcm")))
def test_every_text_of_those_files_is_read_as_pydicom_reads_it(testdata, name):
    (path,) = {p.name: p for p in (testdata / "pypi-pydicom").rglob(name)}.values()
    attributes, dataset = read_part10(path.read_bytes()).attributes, dcmread(path)
    for tag, vr in KNOWN_TAGS.items():
        if vr in {"LO", "LT", "PN", "SH", "ST", "UC", "UT"} and tag in dataset:
            expected = str(dataset[tag].value).rstrip("=") or None
            assert attributes.text(tag) == expected


def test_latin_9_has_the_euro():
    # ISO 8859-15 at A4, which Latin-1 has as the currency sign (PS3.3 table C.12-2, ISO_IR 203).
    assert decode_text(b"\xa4", ("ISO_IR 203",)) == "€"
    assert decode_text(b"\x1b-b\xa4\x1b-A\xa4", ("", "ISO 2022 IR 203")) == "€¤"


@pytest.mark.parametrize(
    "term", ["ISO-IR 144", "ISO IR 144", "ISO_IR_144", "ISO 2022 IR-144", "iso_ir 144", "ISO_IR144"]
)
def test_a_term_may_be_misspelt(term):
    assert decode_text("Ж".encode("iso8859-5"), (term,)) == "Ж"


def test_the_extended_sets_of_chinese_are_read():
    assert decode_text("王".encode("gbk"), ("ISO 2022 GBK",)) == "王"
    assert decode_text("王".encode("gb2312"), ("ISO 2022 58",)) == "王"


@given(st.binary(max_size=40), st.lists(st.sampled_from(TERMS), max_size=3), st.booleans())
def test_any_bytes_are_some_text(data, sets, is_name):
    assert isinstance(decode_text(data, tuple(sets), is_person_name=is_name), str)


def test_without_a_character_set_text_is_latin_1():
    assert decode_text(b"Buc^J\xe9r\xf4me") == "Buc^Jérôme"


def test_an_unknown_term_is_read_as_latin_1_and_logged_once(caplog):
    for _ in range(3):
        assert decode_text(b"J\xe9", ("ISO_IR 4711",)) == "Jé"
    (record,) = caplog.records
    assert "'ISO_IR 4711', which PS3.3 C.12.1.1.2 does not define" in record.getMessage()


def test_bytes_that_the_character_set_does_not_have_are_marked():
    assert decode_text(b"a\xff", ("ISO_IR 192",)) == "a�"


def test_an_unknown_escape_sequence_leaves_the_text_readable():
    assert "DOE" in decode_text(b"\x1b%5DOE", ("", "ISO 2022 IR 87"))


def test_an_escape_at_the_very_end_is_no_accident():
    assert decode_text(b"DOE\x1b", ("", "ISO 2022 IR 87")).startswith("DOE")


def test_a_delimiter_brings_back_the_first_character_set():
    # PS3.5 6.1.2.5.3: after a backslash the bytes are Latin-1 again, as the first value says.
    data = b"\x1b-F\xc4\\\xe9"
    assert decode_text(data, ("ISO 2022 IR 100", "ISO 2022 IR 126")) == "Δ\\é"


def test_a_caret_does_so_in_names_only():
    data = b"\x1b-F\xc4^\xc4"
    sets = ("ISO 2022 IR 100", "ISO 2022 IR 126")
    assert decode_text(data, sets) == "Δ^Δ"
    assert decode_text(data, sets, is_person_name=True) == "Δ^Ä"


def test_a_second_byte_that_looks_like_a_backslash_is_part_of_its_letter():
    # GB18030 writes U+4E57 as 81 5C, and 5C alone is the backslash.
    assert decode_text(b"\x81\x5c", ("GB18030",)) == "\u4e57"
