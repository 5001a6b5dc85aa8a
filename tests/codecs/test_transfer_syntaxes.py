"""Transfer syntaxes against PS3.6, as pydicom has it."""

from __future__ import annotations

import pytest
from pydicom.uid import UID, UID_dictionary

from pycornerstone.codecs.transfer_syntaxes import TRANSFER_SYNTAXES, transfer_syntax
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_modules import read_module

IN_PYDICOM = sorted(uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax")
# Newer than pydicom's table; names of PS3.6 2025, table A-1.
NEWER = {
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.8.1": "Deflated Image Frame Compression",
}
# pydicom counts what is not among the native ones as encapsulated; these have no pixel data.
WITHOUT_PIXELS = ("1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.204",
                  "1.2.840.10008.1.2.4.205", "1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.6.2",
                  "1.2.840.10008.1.2.7.1", "1.2.840.10008.1.2.7.2", "1.2.840.10008.1.2.7.3",
                  "1.2.840.10008.1.20")  # fmt: skip


# What Cornerstone3D 5.14 reads besides.
PRIVATE_HTJ2K = "3.2.840.10008.1.2.4.96"


def test_every_transfer_syntax_of_the_standard_is_known():
    assert set(TRANSFER_SYNTAXES) == {*IN_PYDICOM, *NEWER, PRIVATE_HTJ2K}


def test_video_is_told_from_the_rest():
    # PS3.6, Annex A: their names, and nothing else, begin so.
    video = {uid for uid, syntax in TRANSFER_SYNTAXES.items() if syntax.is_video}

    assert video == {
        uid
        for uid, syntax in TRANSFER_SYNTAXES.items()
        if syntax.name.removeprefix("Fragmentable ").startswith(("MPEG", "HEVC"))
    }
    assert len(video) == 16


@pytest.mark.parametrize("uid", TRANSFER_SYNTAXES)
def test_metadata_know_video_too(uid):
    attributes = JsonAttributes({"00083002": {"vr": "UI", "Value": [uid]}})

    module = read_module("transferSyntax", attributes)

    assert (module.transfer_syntax_uid, module.is_video) == (uid, TRANSFER_SYNTAXES[uid].is_video)


@pytest.mark.parametrize("uid", IN_PYDICOM)
def test_name_and_kind_are_those_of_pydicom(uid):
    syntax = transfer_syntax(uid)
    known = UID(uid)

    assert syntax.name == UID_dictionary[uid][0]
    if uid in WITHOUT_PIXELS:
        assert not syntax.is_encapsulated
        return
    assert syntax.is_encapsulated == known.is_encapsulated
    assert syntax.is_big_endian == (not known.is_little_endian)
    assert syntax.is_implicit_vr == known.is_implicit_VR
    assert syntax.is_deflated == known.is_deflated


@pytest.mark.parametrize(("uid", "name"), NEWER.items())
def test_names_newer_than_pydicom(uid, name):
    syntax = transfer_syntax(uid)

    assert (syntax.name, syntax.is_encapsulated) == (name, True)


@pytest.mark.parametrize(
    ("end", "is_lossy"),
    [
        ("", False), (".1.98", False), (".4.50", True), (".4.51", True), (".4.57", False),
        (".4.70", False), (".4.80", False), (".4.81", True), (".4.90", False), (".4.91", True),
        (".4.102", True), (".4.110", False), (".4.111", True), (".4.112", True),
        (".4.201", False), (".4.202", False), (".4.203", True), (".5", False), (".8.1", False),
    ],
)  # fmt: skip
def test_what_may_lose_something_is_lossy(end, is_lossy):
    assert transfer_syntax(f"1.2.840.10008.1.2{end}").is_lossy is is_lossy


@pytest.mark.parametrize("padding", ["\0", " ", " \0"])
def test_padding_of_a_uid_does_not_matter(padding):
    assert transfer_syntax(f"1.2.840.10008.1.2.5{padding}").name == "RLE Lossless"


@pytest.mark.parametrize("uid", ["1.2.840.113619.5.2", "", "image/png", "1.2.840.10008.1.2.4"])
def test_an_unknown_one_is_named(uid):
    with pytest.raises(
        UnsupportedEncodingError, match=r"is unknown: it is none of PS3\.6"
    ) as error:
        transfer_syntax(uid)

    assert repr(uid) in str(error.value)
    assert isinstance(error.value, DecodeError)


def test_it_is_shown_by_uid_and_name():
    assert str(transfer_syntax("1.2.840.10008.1.2.5")) == "1.2.840.10008.1.2.5 (RLE Lossless)"
