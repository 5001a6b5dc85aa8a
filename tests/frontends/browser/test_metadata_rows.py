"""The metadata panel: every element that pydicom reads, and what modules say of an image."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

import pycornerstone as cs
from pycornerstone.frontends.browser.metadata_rows import metadata_rows
from pycornerstone.testing.pictures import png_phantom


@pytest.fixture
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture
def ct(session):
    path = get_testdata_file("CT_small.dcm")
    image_id = f"dicomfile:{path}"
    session.load_and_cache_image(image_id).result()
    return image_id, pydicom.dcmread(path)


def values(rows, group="DICOM elements"):
    return {row.name: row.value for row in rows if row.group == group}


def test_every_element_of_the_header_has_a_row(session, ct):
    image_id, dataset = ct
    found = values(metadata_rows(session, image_id))
    tags = {name.partition(" ")[0] for name in found}
    for element in dataset:
        tag = f"({element.tag.group:04x},{element.tag.element:04x})"
        assert tag in tags
    assert found["(0010,0010) PatientName"] == str(dataset.PatientName)
    assert found["(0028,0010) Rows"] == "128"
    assert found["(0020,0032) ImagePositionPatient"] == "\\".join(
        str(part) for part in dataset.ImagePositionPatient
    )
    assert found["(7fe0,0010) PixelData"] == f"{len(dataset.PixelData)} bytes"
    meta = values(metadata_rows(session, image_id), "DICOM file meta elements")
    assert meta["(0002,0010) TransferSyntaxUID"] == dataset.file_meta.TransferSyntaxUID


def test_items_of_sequences_say_where_they_are(session, ct):
    image_id, dataset = ct
    found = values(metadata_rows(session, image_id))
    item = dataset.OtherPatientIDsSequence[1]
    assert found["(0010,1002) OtherPatientIDsSequence"] == "2 items"
    assert found["OtherPatientIDsSequence[2] > (0010,0020) PatientID"] == item.PatientID


def test_modules_are_grouped_with_the_patient_first(session, ct):
    image_id, dataset = ct
    rows = metadata_rows(session, image_id)
    groups = list(dict.fromkeys(row.group for row in rows))
    assert groups[:2] == ["Image", "Patient"]
    assert groups[-1] == "DICOM elements"
    assert values(rows, "Patient")["Patient name"] == str(dataset.PatientName)
    assert values(rows, "Image pixel")["Rows"] == "128"
    spacing = float(dataset.PixelSpacing[0])
    assert float(values(rows, "Image plane")["Row pixel spacing (mm)"]) == spacing


@pytest.mark.parametrize(
    "text", ["0028,0010", "(0028,0010)", "00280010", "ROWS 128", "rows elements"]
)
def test_a_search_finds_by_tag_keyword_and_value(session, ct, text):
    found = metadata_rows(session, ct[0], text)
    assert ("(0028,0010) Rows", "128") in [(row.name, row.value) for row in found]
    assert all(row.name.endswith("Rows") for row in found)


def test_a_search_for_nothing_finds_nothing(session, ct):
    assert metadata_rows(session, ct[0], "no such words") == ()


def test_an_image_without_a_header_has_what_is_known(session, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png_phantom(cs_phantom()))
    image_id = f"web:{path}"
    session.load_and_cache_image(image_id).result()
    rows = metadata_rows(session, image_id)
    assert values(rows, "Image pixel")["Columns"] == "24"
    assert "DICOM elements" not in {row.group for row in rows}


def cs_phantom():
    from pycornerstone.testing.phantoms import ct_phantom

    return ct_phantom(slices=1, rows=32, columns=24)


def test_passwords_in_addresses_are_not_shown(session):
    session.register_image_loader("test", lambda i: cs.Image(i, np.zeros((2, 2), np.uint8)))
    rows = metadata_rows(session, "test://somebody:secret@host/a?token=secret")
    assert "secret" not in "".join(row.value for row in rows)


def test_a_provider_that_fails_is_said_in_its_place(session):
    def broken(name, _):
        if name == "patientModule":
            raise RuntimeError("out of order")

    session.metadata.add_provider(broken)
    rows = metadata_rows(session, "test:a")
    assert values(rows, "Patient") == {"cannot be read": values(rows, "Patient")["cannot be read"]}


def test_long_headers_end_with_how_much_more_there_is(session, tmp_path):
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    block = dataset.private_block(0x0041, "test", create=True)
    items = []
    for number in range(2200):
        item = pydicom.Dataset()
        item.CodeValue, item.CodeMeaning = f"{number:05}", "needle"
        items.append(item)
    block.add_new(0x01, "SQ", items)
    path = tmp_path / "long.dcm"
    dataset.save_as(path)
    image_id = f"dicomfile:{path}"
    session.load_and_cache_image(image_id).result()
    rows = metadata_rows(session, image_id)
    assert len(rows) == 4001
    assert rows[-1].name.endswith(" more")
    assert len(metadata_rows(session, image_id, "01234 CodeValue")) == 1


def test_of_an_enhanced_image_the_groups_of_the_frame_are_shown(session, testdata):
    paths = sorted((testdata / "dcm_qa_enh").rglob("*.dcm"))
    path = next(p for p in paths if "PerFrameFunctionalGroupsSequence" in pydicom.dcmread(p))
    dataset = pydicom.dcmread(path)
    image_id = f"dicomfile:{path}?frame=2"
    session.load_and_cache_image(image_id).result()
    found = values(metadata_rows(session, image_id, "PerFrame ImagePositionPatient"))
    # This one has an older position in a private sequence, too.
    (name,) = (name for name in found if "PlanePositionSequence" in name)
    assert name.startswith("PerFrameFunctionalGroupsSequence[2] > PlanePositionSequence[1] > ")
    assert all(name.count("PerFrameFunctionalGroupsSequence[2] > ") == 1 for name in found)
    plane = dataset.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0]
    assert found[name] == "\\".join(str(part) for part in plane.ImagePositionPatient)
