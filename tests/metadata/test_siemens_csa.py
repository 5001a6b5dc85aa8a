"""The values of Siemens' own header, against nibabel and as its two versions are laid out."""

from __future__ import annotations

import random
import struct
import warnings

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.errors import DecodeError
from pycornerstone.metadata.siemens_csa import read_csa

with warnings.catch_warnings():
    # nibabel says that its readers are experimental.
    warnings.simplefilter("ignore")
    from nibabel.nicom import csareader

_VALUES = st.lists(st.text("ab 019.-", min_size=1, max_size=9).map(str.strip).filter(bool))
_HEADERS = st.dictionaries(st.text("ABCxyz", min_size=1, max_size=12), _VALUES, min_size=1)


def csa(values: dict[str, list[str]], *, version: int = 2, items: int = 6) -> bytes:
    """Write a header, with empty items behind the values of each name."""
    data = b"SV10\4\3\2\1" if version == 2 else b""
    data += struct.pack("<2I", len(values), 77)
    for name, texts in values.items():
        padded = [text.encode() + b"\0" for text in texts]
        padded += [b""] * max(items - len(texts), 0)
        data += struct.pack("<64si4s3i", name.encode(), len(texts), b"LO", 19, len(padded), 77)
        added = 0 if version == 2 else max(items, len(next(iter(values.values()))))
        for text in padded:
            length = len(text)
            data += struct.pack("<4i", length + added, length, 77, length)
            data += text + b"\0" * (-length % 4)
    return data


def trimmed(values):
    texts = [str(value).strip() for value in values]
    while texts and not texts[-1]:
        texts.pop()
    return texts


@pytest.mark.parametrize("element", [0x1010, 0x1020])
def test_a_real_header_has_the_values_that_nibabel_reads(testdata, element):
    dataset = pydicom.dcmread(testdata / "dcm_qa_ts/In/1.dcm", stop_before_pixels=True)
    data = dataset[0x0029, element].value
    found, expected = read_csa(data), csareader.read(data)["tags"]

    assert len(found) > 50
    assert found.keys() == expected.keys()
    for name, values in found.items():
        theirs = trimmed(expected[name]["items"])
        if expected[name]["vr"] in {"DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"}:
            assert [float(value) for value in values] == [float(value) for value in theirs], name
        else:
            assert list(values) == theirs, name


@given(values=_HEADERS, version=st.sampled_from([1, 2]))
def test_what_was_written_is_read_in_both_versions(values, version):
    assert read_csa(csa(values, version=version)) == {n: tuple(t) for n, t in values.items()}


@given(st.binary(max_size=400))
def test_bytes_that_are_no_header_are_refused(data):
    with pytest.raises(DecodeError):
        read_csa(b"SV10" + data[:4].ljust(4) + struct.pack("<2I", 2000, 77) + data)


def test_a_damaged_header_is_read_or_refused_and_nothing_else():
    whole = csa({"SliceNormalVector": ["0.0", "0.1", "0.9"], "Name": ["x"]})
    chance = random.Random(3)
    refused = 0
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        del data[chance.randrange(1, len(data) + 1) :]
        try:
            read_csa(bytes(data))
        except DecodeError:
            refused += 1
    assert refused > 500
