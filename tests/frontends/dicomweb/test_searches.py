"""QIDO-RS as PS3.18 8.3.4 and 10.6 have it, over files made for it."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

import pycornerstone as cs
from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.dicomweb.quick_elements import quick_element
from pycornerstone.loaders.file_headers import header_of_file
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS

PEOPLE = [
    ("Müller^Jörg", "A1", "20200105", "083000", "CT"),
    ("Smith^Ann^Mary", "A2", "20200310", "101500", "MR"),
    ("Smithers^Bob", "B1", "20210101", "235959", "CT"),
]


def write(path, number, name, patient, date, time, modality, instance=1):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.SOPInstanceUID = f"2.25.{number}.1.{instance}"
    dataset.SeriesInstanceUID = f"2.25.{number}.1"
    dataset.StudyInstanceUID = f"2.25.{number}"
    dataset.PatientName, dataset.PatientID = name, patient
    dataset.StudyDate, dataset.StudyTime, dataset.Modality = date, time, modality
    dataset.AcquisitionDateTime = f"{date}{time}.5"
    dataset.ReferringPhysicianName = "House^Gregory"
    dataset.InstanceNumber = instance
    dataset.SliceThickness = "2.50"
    request = Dataset()
    request.ScheduledProcedureStepID = f"STEP{number}"
    dataset.RequestAttributesSequence = [request]
    dataset.Rows = dataset.Columns = 4
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelData = bytes(16)
    dataset["PixelData"].VR = "OB"
    dataset.save_as(path, enforce_file_format=True)


@pytest.fixture(scope="module")
def served(serve, tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    for number, person in enumerate(PEOPLE, start=1):
        write(folder / f"{number}.dcm", number, *person)
    for instance in (2, 3):
        write(folder / f"1-{instance}.dcm", 1, *PEOPLE[0], instance)
    return serve(folder)


@pytest.mark.parametrize(
    ("query", "studies"),
    [
        ("", {1, 2, 3}),
        ("PatientID=A1", {1}),
        ("00100020=A1", {1}),
        ("PatientID=A*", {1, 2}),
        ("PatientID=?1", {1, 3}),
        ("PatientID=a1", set()),
        ("PatientName=smith*", {2, 3}),
        ("PatientName=M%C3%BCller*", {1}),
        ("PatientName=Ann%20Smith", set()),
        ("PatientName=Ann%20Smith&fuzzymatching=true", {2}),
        ("PatientName=muller&fuzzymatching=true", {1}),
        ("PatientName=muller&fuzzymatching=false", set()),
        ("StudyDate=20200310", {2}),
        ("StudyDate=20200101-20201231", {1, 2}),
        ("StudyDate=20200310-", {2, 3}),
        ("StudyDate=-20200310", {1, 2}),
        ("StudyTime=08-10", {1, 2}),
        ("StudyTime=1015-", {2, 3}),
        ("AcquisitionDateTime=202003-2021", {2, 3}),
        ("AcquisitionDateTime=202003%2B0100-202012-0500", {2}),
        ("AcquisitionDateTime=20200310101500.5", {2}),
        ("StudyInstanceUID=2.25.1,2.25.3", {1, 3}),
        ("StudyInstanceUID=2.25.1%5C2.25.2", {1, 2}),
        ("ModalitiesInStudy=CT", {1, 3}),
        ("ModalitiesInStudy=CT&PatientID=B1", {3}),
        ("NumberOfStudyRelatedInstances=3", {1}),
        ("ReferringPhysicianName=House*", {1, 2, 3}),
        ("RequestAttributesSequence.ScheduledProcedureStepID=STEP2", {2}),
        ("00400275.00400009=STEP3", {3}),
        ("SliceThickness=2.5", {1, 2, 3}),
        ("PatientID=", {1, 2, 3}),
        ("PatientID=*", {1, 2, 3}),
        ("PatientComments=x", set()),
    ],
)
def test_a_search_finds_these_studies(served, query, studies):
    found = {one["0020000D"]["Value"][0] for one in served.search("studies", query)}
    assert found == {f"2.25.{number}" for number in studies}


def test_nothing_found_is_no_content(served):
    answer = served.get("/dicom-web/studies?PatientID=nobody")
    assert (answer.status, answer.body) == (204, b"")


def test_pages_follow_each_other_and_say_what_is_left(served):
    whole = served.search("instances")
    assert len(whole) == 5
    answer = served.get("/dicom-web/instances?limit=2&offset=1")
    assert answer.json == whole[1:3]
    assert answer.headers["Warning"].startswith("299 http://")
    assert "There are 2 additional results that can be requested" in answer.headers["Warning"]
    last = served.get("/dicom-web/instances?limit=2&offset=3")
    assert last.json == whole[3:]
    assert "Warning" not in last.headers
    assert served.get("/dicom-web/instances?offset=9").status == 204


def test_studies_and_series_say_what_is_in_them(served):
    [study] = served.search("studies", "PatientID=A1")
    assert study["00080061"]["Value"] == ["CT"]
    assert study["00080062"]["Value"] == ["1.2.840.10008.5.1.4.1.1.7"]
    assert study["00201206"]["Value"] == [1]
    assert study["00201208"]["Value"] == [3]
    assert study["00100010"]["Value"] == [{"Alphabetic": "Müller^Jörg"}]
    assert study["00080090"]["Value"] == [{"Alphabetic": "House^Gregory"}]
    base = served.server.dicomweb_url
    assert study["00081190"]["Value"] == [f"{base}/studies/2.25.1"]
    [series] = served.search("studies/2.25.1/series")
    assert series["00201209"]["Value"] == [3]
    [first, *_] = served.search("studies/2.25.1/series/2.25.1.1/instances")
    assert first["00083002"]["Value"] == ["1.2.840.10008.1.2.1"]


def test_what_is_to_be_included_is(served):
    [plain] = served.search("instances", "SOPInstanceUID=2.25.2.1.1")
    assert "00180050" not in plain
    for query in ("includefield=SliceThickness", "includefield=00180050,Rows", "includefield=all"):
        [found] = served.search("instances", f"SOPInstanceUID=2.25.2.1.1&{query}")
        assert found["00180050"] == {"vr": "DS", "Value": [2.5]}
    assert found["00400275"]["Value"][0]["00400009"]["Value"] == ["STEP2"]
    assert "7FE00010" not in found
    # What is searched by is given too (PS3.18 10.6.3.3).
    [found] = served.search("studies", "PatientID=A2&AcquisitionDateTime=2020*") or [None]
    assert "0008002A" in (found or {"0008002A": None})


@pytest.mark.parametrize(
    "query",
    [
        "limit=x",
        "offset=-1",
        "fuzzymatching=perhaps",
        "includefield=NoSuch",
        "NoSuch=1",
        "RequestAttributesSequence.NoSuch=1",
    ],
)
def test_what_is_no_search_is_refused(served, query):
    assert served.get(f"/dicom-web/studies?{query}").status == 400


def test_elements_at_hand_are_those_of_the_files(testdata):
    """What searches read without the file, against what metadata say of it."""
    from pycornerstone.frontends.dicomweb.attributes import json_attributes

    checked = 0
    for path in sorted((testdata / "pypi-pydicom").rglob("*.dcm")):
        try:
            header = header_of_file(str(path)).dicom
            whole = json_attributes(pydicom.dcmread(path, stop_before_pixels=True))
        except Exception:
            continue
        if header is None:
            continue
        for tag in KNOWN_TAGS:
            key = f"{tag:08X}"
            try:
                found = quick_element(header.attributes, tag)
            except (LookupError, PyCornerstoneError):
                continue
            assert found == whole.get(key), (path.name, key)
            checked += found is not None
    assert checked > 2000


def test_a_folder_is_searched_without_reading_its_files_again(serve, tmp_path):
    for instance in range(1, 4):
        write(tmp_path / f"{instance}.dcm", 7, *PEOPLE[0], instance)
    with cs.Session() as session:
        served = serve(tmp_path, session=session)
        for path in tmp_path.iterdir():
            path.unlink()
        found = served.search("instances", "Modality=CT&Rows=4&InstanceNumber=2")
        assert [one["00080018"]["Value"] for one in found] == [["2.25.7.1.2"]]
        served.server.close()


def test_listing_slices_without_a_file_loads_none_where_they_are_described(serve, tmp_path):
    import nibabel

    voxels = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
    nibabel.save(nibabel.Nifti1Image(voxels, np.diag([2.0, 3, 5, 1])), tmp_path / "a.nii")
    with cs.Session() as session:
        served = serve(tmp_path, session=session)
        found = served.search("instances", "includefield=all")
        assert [one["00280010"]["Value"] for one in found] == [[3], [3]]
        assert served.get("/dicom-web/studies?Modality=OT").status == 200
        assert len(session.cache) == 0
        served.server.close()
