"""gzip: whole, in members, broken, and too large."""

from __future__ import annotations

import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.codecs.gzip import gunzip, gunzip_beginning
from pycornerstone.errors import DecodeError

TEXT = b"voxels " * 1000 + os.urandom(3000)
FILE = gzip.compress(TEXT)


@given(st.binary(max_size=5000))
def test_what_the_standard_library_packed_is_unpacked(data):
    assert gunzip(gzip.compress(data), 5000) == data


def test_from_a_view():
    assert gunzip(memoryview(FILE), len(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([TEXT, b"more"], TEXT + b"more"),
        ([TEXT, TEXT], TEXT + TEXT),
        ([TEXT, TEXT[::-1]], TEXT + TEXT[::-1]),
        ([b"", TEXT], TEXT),
        ([TEXT, b""], TEXT),
        ([TEXT[:700]] * 300, TEXT[:700] * 300),
        # Much from few bytes.
        ([b"begin", bytes(3_000_000), bytes(1 << 21)], b"begin" + bytes(3_000_000 + (1 << 21))),
    ],
)
def test_all_members_of_a_file_are_read(members, expected):
    # RFC 1952, section 2.2: members simply follow each other.
    data = b"".join(gzip.compress(member) for member in members)

    assert gunzip(data, len(expected)) == expected


@pytest.mark.timeout(60)
def test_members_without_number_are_passed_over():
    # 8 MB. Were what is left of the file copied at the end of each member, it would take hours.
    data = gzip.compress(b"") * 400_000 + FILE
    assert gunzip_beginning(data, 100) == TEXT[:100]
    assert gunzip(data, len(TEXT)) == TEXT


@pytest.mark.parametrize("cut", [18, 30, 1000, len(FILE)])
def test_of_a_beginning_comes_what_is_there(cut):
    found = gunzip_beginning(FILE[:cut], len(TEXT) + 1)
    assert TEXT.startswith(found)
    assert len(gunzip_beginning(FILE[:cut], 5)) <= 5
    assert cut < len(FILE) or found == TEXT


def test_padding_after_the_file_is_ignored():
    assert gunzip(FILE + bytes(512), len(TEXT)) == TEXT


def test_a_name_in_the_header_does_not_matter(tmp_path):
    with gzip.open(tmp_path / "brain.nii.gz", "wb") as file:
        file.write(TEXT)

    assert gunzip((tmp_path / "brain.nii.gz").read_bytes(), len(TEXT)) == TEXT


@pytest.mark.parametrize("limit", [0, 1, len(TEXT) - 1])
def test_more_than_the_limit_is_refused(limit):
    with pytest.raises(DecodeError, match=f"holds more than {limit} bytes"):
        gunzip(FILE, limit)


def test_a_length_that_lies_does_not_get_past_the_limit():
    # RFC 1952, section 2.3.1: the last four bytes are the length, here said to be 1.
    bomb = gzip.compress(bytes(10_000_000))[:-4] + b"\1\0\0\0"

    with pytest.raises(DecodeError, match="holds more than 1000 bytes"):
        gunzip(bomb, 1000)


@pytest.mark.parametrize("size", [18, 30, len(FILE) // 2, len(FILE) - 9, len(FILE) - 1])
def test_a_file_that_was_cut_is_an_error(size):
    with pytest.raises(DecodeError, match=f"its {size} bytes end within the compressed data"):
        gunzip(FILE[:size], len(TEXT))


@pytest.mark.parametrize("place", [200, len(FILE) - 6, len(FILE) - 2])
def test_a_file_with_a_changed_byte_is_an_error(place):
    data = bytearray(FILE)
    data[place] ^= 0xFF

    with pytest.raises(DecodeError, match=f"broken gzip file of {len(FILE)} bytes"):
        gunzip(bytes(data), 10 * len(TEXT))


@pytest.mark.parametrize(("place", "what"), [(-8, "checksum"), (-1, "length")])
def test_a_wrong_trailer_is_told_as_one(place, what):
    data = bytearray(gzip.compress(TEXT))
    data[place] ^= 1
    message = f"what is in it does not match its {what}; copy the file again"

    with pytest.raises(DecodeError, match=message):
        gunzip(bytes(data), 10 * len(TEXT))
    # Of a small file, the beginning is all of it.
    with pytest.raises(DecodeError, match=f"the gzip file is damaged: {message}"):
        gunzip_beginning(bytes(data), 10 * len(TEXT))


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "no gzip file: its 0 bytes do not start with 1F8B"), (b"<html>", "no gzip file: its 6"),
     (FILE[:17], "broken gzip file: it ends after 17 bytes")],
)  # fmt: skip
def test_something_else_is_an_error(data, message):
    with pytest.raises(DecodeError, match=message):
        gunzip(data, 100)


def test_a_real_nifti_file(testdata):
    paths = sorted(testdata.glob("**/*.nii.gz"))
    assert paths
    for path in paths:
        if path.stat().st_size < 5_000_000:
            expected = gzip.decompress(path.read_bytes())
            assert gunzip(path.read_bytes(), len(expected)) == expected
