"""Files without the head that PS3.10 asks for are given with one."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path

import pydicom
import pytest

FILES = Path(pydicom.__file__).parent / "data" / "test_files"
NAMES = ["ExplVR_BigEndNoMeta", "ExplVR_LitEndNoMeta", "rtstruct"]


def check(served, path_of, path):
    """Give what a client reads that takes nothing but Part 10 files."""
    whole = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = pydicom.dcmread(path, force=True)
        answer = served.get(path_of(want), "application/dicom")
        assert answer.status == 200
        assert answer.body.endswith(whole)
        [(_, part)] = served.get(path_of(want), "multipart/related; type=application/dicom").parts
        assert part == answer.body
        got = pydicom.dcmread(io.BytesIO(answer.body))
        assert got == want
    meta = got.file_meta
    assert meta.MediaStorageSOPInstanceUID == want.SOPInstanceUID
    assert (meta.TransferSyntaxUID.is_implicit_VR, meta.TransferSyntaxUID.is_little_endian) == (
        want.original_encoding
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_does_without_is_given_with_one(serve, path_of, name):
    path = FILES / f"{name}.dcm"
    check(serve(str(path)), path_of, path)


@pytest.mark.parametrize("is_implicit", [True, False])
def test_so_is_an_image(serve, path_of, tmp_path, is_implicit):
    dataset = pydicom.dcmread(FILES / "CT_small.dcm")
    del dataset.file_meta, dataset.preamble
    path = tmp_path / "a.dcm"
    pydicom.dcmwrite(path, dataset, implicit_vr=is_implicit, little_endian=True)
    assert path.read_bytes()[128:132] != b"DICM"
    check(serve(str(path)), path_of, path)


def test_so_is_one_of_an_archive(serve, path_of, tmp_path):
    path = FILES / "rtstruct.dcm"
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        archive.write(path, "rtstruct.dcm")
    check(serve(str(tmp_path / "study.zip")), path_of, path)
