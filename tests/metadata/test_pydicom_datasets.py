"""A whole data set is made of whatever a header came as."""

from __future__ import annotations

import base64
import io
import pickle
import threading

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from pycornerstone.errors import MetadataError, RetrieveError
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes
from pycornerstone.metadata.pydicom_datasets import (
    KeptDataset,
    dataset_of_attributes,
    dataset_of_bytes,
    dataset_of_file,
)


@pytest.fixture
def ct() -> Dataset:
    return pydicom.dcmread(get_testdata_file("CT_small.dcm"))


def test_of_dicom_json_there_is_all_that_it_holds(ct):
    text = ct.to_json_dict(4096, lambda _: "bulk/1")
    dataset = dataset_of_attributes(JsonAttributes(text | ct.file_meta.to_json_dict()))
    assert dataset.file_meta.TransferSyntaxUID == ct.file_meta.TransferSyntaxUID
    assert "PixelData" not in dataset
    del ct.PixelData
    assert dataset.to_json_dict() == ct.to_json_dict()


def test_values_that_are_elsewhere_are_left_out_of_items_too():
    table = {"vr": "OW", "BulkDataURI": "http://a/b"}
    item = {"00283003": {"vr": "LO", "Value": ["ONE"]}, "00283006": table}
    sequence = {"00283010": {"vr": "SQ", "Value": [item, None]}, "00282000": table}
    dataset = dataset_of_attributes(JsonAttributes(sequence))
    assert [list(one.keys()) for one in dataset.VOILUTSequence] == [[0x00283003], []]
    assert "ICCProfile" not in dataset


@pytest.mark.parametrize("value", [b"\1\2", base64.b64encode(b"\1\2").decode()])
def test_tables_that_were_fetched_apart_are_in_it(value):
    attributes = JsonAttributes({"00282000": {"vr": "OB", "InlineBinary": value}})
    assert dataset_of_attributes(attributes).ICCProfile == b"\1\2"


@pytest.mark.parametrize(
    ("key", "element"),
    [
        ("00280030", {"vr": "DS", "Value": ["1,5", "2"]}),
        ("00280010", ["US"]),
        ("00280010", {"Value": [1]}),
        ("Rows", {"vr": "US", "Value": [1]}),
        ("00282000", {"vr": "OB", "InlineBinary": 5}),
        ("00283010", {"vr": "SQ", "Value": ["text"]}),
        ("00100010", {"vr": "PN", "Value": [{"Alphabetic": 5}]}),
    ],
)
def test_what_pydicom_refuses_is_left_out_and_logged(key, element, caplog):
    attributes = JsonAttributes({key: element, "00280011": {"vr": "US", "Value": [7]}})
    dataset = dataset_of_attributes(attributes)
    assert dataset.Columns == 7
    assert len(dataset) == 1
    (record,) = caplog.records
    assert record.getMessage().startswith(f"element {key[:8]} left out: ")
    assert "1,5" not in record.getMessage()


def test_a_data_set_is_itself(ct):
    assert dataset_of_attributes(PydicomAttributes(ct)) is ct


def test_of_the_beginning_of_a_file_there_is_what_modules_read(ct):
    stream = io.BytesIO()
    ct.save_as(stream)
    dataset = dataset_of_attributes(read_part10(stream.getvalue()).attributes)
    assert dataset.Rows == ct.Rows
    assert dataset.ImagePositionPatient == ct.ImagePositionPatient
    assert dataset.file_meta.TransferSyntaxUID == ct.file_meta.TransferSyntaxUID


def test_what_pydicom_does_not_read_at_all_is_an_error(tmp_path):
    # The length of the meta information is cut off, which it takes amiss even by force.
    damaged = b"\0" * 128 + b"DICM" + b"\2\0\0\0UL\4\0\0"
    (tmp_path / "a.dcm").write_bytes(damaged)
    with pytest.raises(MetadataError, match=r"pydicom does not read the file: \w+; what images"):
        dataset_of_bytes(damaged)
    with pytest.raises(MetadataError, match="pydicom does not read the file"):
        dataset_of_file(tmp_path / "a.dcm")


def test_a_file_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(RetrieveError, match=r"a\.dcm could not be read again: No such file"):
        dataset_of_file(tmp_path / "a.dcm")


def test_it_is_read_once_whoever_asks():
    calls = []

    def read() -> Dataset:
        calls.append(1)
        return Dataset()

    kept = KeptDataset(read)
    threads = [threading.Thread(target=kept) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert kept() is kept()


def test_a_reading_that_failed_is_tried_again():
    answers = iter([MetadataError("not now"), Dataset()])

    def read() -> Dataset:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    kept = KeptDataset(read)
    with pytest.raises(MetadataError, match="not now"):
        kept()
    assert kept() == Dataset()


def test_it_is_read_anew_behind_a_pickle():
    assert pickle.loads(pickle.dumps(KeptDataset(Dataset)))() == Dataset()
