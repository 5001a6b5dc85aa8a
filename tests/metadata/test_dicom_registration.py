"""Spatial Registration objects, written by pydicom."""

from __future__ import annotations

import json
import logging

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pycornerstone.errors import MetadataError, RetrieveError
from pycornerstone.metadata.dicom_registration import registrations_from

MOVED = [1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30, 0, 0, 0, 1]
# x becomes y, y becomes -x.
TURNED = [0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
UNCHANGED = np.eye(4).ravel().tolist()


def registration(items, registered="1.2.9"):
    """Make an object of pairs: frame of reference, list of matrices of 16 numbers."""
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.1"
    dataset.SOPInstanceUID = "1.2.8"
    dataset.Modality = "REG"
    dataset.FrameOfReferenceUID = registered
    dataset.RegistrationSequence = []
    for uid, matrices in items:
        item = Dataset()
        if uid:
            item.FrameOfReferenceUID = uid
        way = Dataset()
        way.MatrixSequence = []
        for numbers in matrices:
            part = Dataset()
            part.FrameOfReferenceTransformationMatrix = numbers
            part.FrameOfReferenceTransformationMatrixType = "RIGID"
            way.MatrixSequence.append(part)
        item.MatrixRegistrationSequence = [way]
        dataset.RegistrationSequence.append(item)
    return dataset


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_file_says_where_places_are(tmp_path, syntax):
    dataset = registration([("1.2.9", [UNCHANGED]), ("1.2.3", [MOVED])])
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(tmp_path / "reg.dcm", dataset, enforce_file_format=True)
    for source in (
        tmp_path / "reg.dcm",
        str(tmp_path / "reg.dcm"),
        (tmp_path / "reg.dcm").read_bytes(),
    ):
        found = registrations_from(source)
        # PS3.3 equation C.20.2-1: the matrix takes places to the frame of reference of the object.
        assert found.transform((1, 2, 3), "1.2.3", "1.2.9").tolist() == [11, 22, 33]
        assert found.transform((11, 22, 33), "1.2.9", "1.2.3").tolist() == [1, 2, 3]


def test_two_that_are_registered_with_the_object_are_with_each_other():
    found = registrations_from(registration([("1.2.3", [MOVED]), ("1.2.4", [TURNED])]))
    # (0, 0, 0) of the first is (10, 20, 30), which is (20, -10, 30) turned.
    assert found.transform((0, 0, 0), "1.2.3", "1.2.4").tolist() == [20, -10, 30]


def test_of_several_matrices_the_first_is_applied_first():
    found = registrations_from(registration([("1.2.3", [MOVED, TURNED])]))
    # Equation C.20.2-2: (1, 0, 0) is moved to (11, 20, 30), and that is turned.
    assert found.transform((1, 0, 0), "1.2.3", "1.2.9").tolist() == [-20, 11, 30]


def test_dicom_json_says_the_same():
    json_object = json.loads(registration([("1.2.3", [MOVED])]).to_json())
    found = registrations_from(json_object)
    assert found.transform((1, 2, 3), "1.2.3", "1.2.9").tolist() == [11, 22, 33]


def test_an_item_of_images_alone_is_left_out_and_logged(caplog):
    dataset = registration([(None, [UNCHANGED]), ("1.2.3", [MOVED])])
    with caplog.at_level(logging.WARNING):
        found = registrations_from(dataset)
    assert found.find("1.2.3", "1.2.9") is not None
    assert "item 1 of (0070,0308)" in caplog.text


def test_another_object_is_refused(testdata):
    with pytest.raises(MetadataError, match=r"\(0070,0308\) Registration Sequence"):
        registrations_from(Dataset())
    some_image = next(iter(sorted((testdata / "rt-utils").rglob("*.dcm"))))
    with pytest.raises(MetadataError, match=r"1\.2\.840\.10008\.5\.1\.4\.1\.1\.66\.1"):
        registrations_from(some_image)


@pytest.mark.parametrize(
    ("matrices", "said"),
    [
        ([], "found none"),
        ([MOVED[:12]], "found 12"),
        ([[0] * 16], "that can be inverted"),
        ([[*MOVED[:12], 0, 0, 1, 1]], "last row is 0, 0, 0, 1"),
    ],
)
def test_what_is_no_matrix_is_refused(matrices, said):
    dataset = registration([("1.2.4", [UNCHANGED]), ("1.2.3", matrices)])
    with pytest.raises(MetadataError, match=rf"item 2 of \(0070,0308\).*{said}"):
        registrations_from(dataset)


def test_a_file_that_is_not_there_is_a_retrieve_error(tmp_path):
    with pytest.raises(RetrieveError, match=r"reg\.dcm"):
        registrations_from(tmp_path / "reg.dcm")
