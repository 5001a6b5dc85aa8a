"""Header extensions, as nibabel writes them, and by hand from nifti1.h."""

from __future__ import annotations

import io
import logging
import struct

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.nifti1 import Nifti1Extension

from pycornerstone.metadata.nifti import HEADER_BYTES, header_extent, read_nifti_header

KINDS = {
    (1, False): nibabel.Nifti1Image,
    (1, True): nibabel.Nifti1Pair,
    (2, False): nibabel.Nifti2Image,
    (2, True): nibabel.Nifti2Pair,
}


def written(kind, order, *extensions):
    """Give the file that nibabel writes a header and extensions into."""
    header = kind.header_class(endianness=order)
    header.set_data_dtype(np.uint8)
    for code, content in extensions:
        header.extensions.append(Nifti1Extension(code, content))
    image = kind(np.zeros((3, 4, 5), np.uint8), np.eye(4), header)
    files = {name: nibabel.FileHolder(fileobj=io.BytesIO()) for name, _ in kind.files_types}
    image.to_file_map(files)
    return files.get("header", files["image"]).fileobj.getvalue()


def by_hand(*extensions, order="<", offset=1024):
    """Give a NIfTI-1 file with what is said to be its extensions."""
    header = nibabel.Nifti1Header(endianness=order)
    header.set_data_shape((3, 4, 5))
    header["magic"] = b"n+1"
    header["vox_offset"] = offset
    data = header.binaryblock + b"\1\0\0\0"
    for size, code, content in extensions:
        data += struct.pack(f"{order}ii", size, code) + content
    return data.ljust(offset, b"\0")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("version", "is_pair"), KINDS)
def test_extensions_that_nibabel_writes_are_kept_as_they_are(version, is_pair, order):
    data = written(KINDS[version, is_pair], order, (6, b"a comment"), (4, b"x" * 1000))
    extensions = read_nifti_header(data).about.extensions
    assert [extension.code for extension in extensions] == [6, 4]
    first, second = (extension.content for extension in extensions)
    # esize is the next multiple of 16 that holds eight bytes and the content.
    assert (len(first), len(second)) == (32 - 8, 1008 - 8)
    assert first.rstrip(b"\0") == b"a comment"
    assert second.rstrip(b"\0") == b"x" * 1000
    assert header_extent(data[:HEADER_BYTES]) >= 352 + 32 + 1008


@pytest.mark.parametrize(("version", "is_pair"), KINDS)
def test_a_file_without_extensions_has_none(version, is_pair):
    assert read_nifti_header(written(KINDS[version, is_pair], "<")).about.extensions == ()


def test_extensions_that_have_not_arrived_yet_are_left_out_without_a_word(caplog):
    data = written(nibabel.Nifti1Image, "<", (6, b"here"), (6, b"y" * 1000))
    beginning = data[:HEADER_BYTES]
    assert [e.content.rstrip(b"\0") for e in read_nifti_header(beginning).about.extensions] == [
        b"here"
    ]
    whole = read_nifti_header(data[: header_extent(beginning)])
    assert len(whole.about.extensions) == 2
    assert not caplog.records


@pytest.mark.parametrize("size", [-16, 1, 8, 15, 24, 2000, 2**31 - 1])
def test_an_extension_of_a_size_that_cannot_be_true_ends_the_list_and_is_logged(size, caplog):
    data = by_hand((32, 6, b"Jane Doe".ljust(24)), (size, 6, b"Mary Roe".ljust(24)))
    with caplog.at_level(logging.WARNING, "pycornerstone.metadata"):
        extensions = read_nifti_header(data).about.extensions
    assert [extension.content for extension in extensions] == [b"Jane Doe".ljust(24)]
    (record,) = caplog.records
    assert f"extension 2 of a NIfTI header says that it has {size} bytes" in record.message
    assert "Roe" not in record.message


def test_padding_before_the_voxels_is_no_extension(caplog):
    data = by_hand((32, 6, b"z" * 24))
    assert len(read_nifti_header(data).about.extensions) == 1
    assert not caplog.records


def test_an_extension_that_goes_on_into_the_voxels_is_none(caplog):
    data = by_hand((48, 6, b"z" * 24), offset=384) + b"voxels".ljust(60)
    assert read_nifti_header(data).about.extensions == ()
    assert "has 48 bytes, of the 32 that are left" in caplog.text


def test_what_follows_the_voxels_offset_is_no_extension():
    data = by_hand((32, 6, b"z" * 24), offset=384) + struct.pack("<ii", 16, 6) + b"voxels.."
    assert len(read_nifti_header(data).about.extensions) == 1


def test_a_list_without_an_end_is_ended():
    data = by_hand(*[(16, 0, bytes(8))] * 5000, offset=352 + 5000 * 16)
    assert len(read_nifti_header(data).about.extensions) == 1000


def test_what_extensions_hold_is_not_shown():
    extension = read_nifti_header(by_hand((32, 6, b"Jane Doe".ljust(24)))).about.extensions[0]
    assert "Jane" not in repr(extension)


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_after_the_header_are_extensions_or_none(noise, is_pair):
    data = bytearray(by_hand()[:352] + noise)
    if is_pair:
        data[344:348] = b"ni1\0"
    for extension in read_nifti_header(bytes(data)).about.extensions:
        assert extension.content in noise
