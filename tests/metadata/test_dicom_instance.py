"""The data set of a frame says what pydicom reads, with the functional groups merged over it."""

from __future__ import annotations

import io
import warnings

import pydicom
import pytest
from pydicom.dataset import Dataset

from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.dicom_instance import (
    merge_functional_groups,
    read_instance,
    read_known_dataset,
)
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10

ENHANCED = "dcm_qa_enh/In/Siemens/XA10/6_1.dcm"


def group(position: float, **more: object) -> Dataset:
    item, plane = Dataset(), Dataset()
    plane.ImagePositionPatient = [0, 0, position]
    item.PlanePositionSequence = [plane]
    for keyword, value in more.items():
        setattr(item, keyword, value)
    return item


@pytest.fixture
def enhanced() -> Dataset:
    """Two frames, whose orientation is shared and whose position is not."""
    shared, orientation, voi = Dataset(), Dataset(), [Dataset(), Dataset()]
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    for item, center in zip(voi, (40, 300), strict=True):
        item.WindowCenter, item.WindowWidth = center, 400
    shared.PlaneOrientationSequence = [orientation]
    shared.FrameVOILUTSequence = voi
    dataset = Dataset()
    dataset.Modality = "CT"
    dataset.PatientName = "Buc^Jérôme"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.ImagePositionPatient = [9, 9, 9]
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = [group(1), group(2)]
    return dataset


@pytest.mark.parametrize(("frame", "position"), [(1, [0, 0, 1]), (2, [0, 0, 2]), (3, [9, 9, 9])])
def test_what_is_said_of_the_frame_goes_before_what_is_said_of_all(enhanced, frame, position):
    merged = merge_functional_groups(enhanced, frame)
    assert merged.ImagePositionPatient == position
    assert merged.ImageOrientationPatient == [1, 0, 0, 0, 1, 0]
    assert merged.PlaneOrientationSequence[0].ImageOrientationPatient == [1, 0, 0, 0, 1, 0]
    assert merged.Modality == "CT"
    assert "PerFrameFunctionalGroupsSequence" not in merged
    assert "SharedFunctionalGroupsSequence" not in merged


def test_a_macro_of_several_items_stays_a_sequence(enhanced):
    merged = merge_functional_groups(enhanced, 1)
    assert [item.WindowCenter for item in merged.FrameVOILUTSequence] == [40, 300]
    assert "WindowCenter" not in merged


def test_the_data_set_of_the_instance_stays_as_it_is(enhanced):
    before = enhanced.to_json()
    merged = merge_functional_groups(enhanced, 2)
    merged.PatientName = "somebody else"
    assert enhanced.to_json() == before


def test_the_attributes_of_a_file_give_the_same(enhanced):
    buffer = io.BytesIO()
    enhanced.file_meta = pydicom.dataset.FileMetaDataset()
    enhanced.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    pydicom.dcmwrite(buffer, enhanced, implicit_vr=False, little_endian=True)
    attributes = read_part10(b"\0" * 128 + b"DICM" + buffer.getvalue()).attributes
    for frame in (1, 2, 3):
        read = read_instance(attributes, frame).dataset
        assert read.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
        assert read.to_json() == merge_functional_groups(enhanced, frame).to_json()


def test_a_data_set_that_was_asked_for_is_the_askers_own(enhanced, header):
    attributes = header({Tag.MODALITY: "CT"})
    read_instance(attributes, 1).dataset.Modality = "MR"
    assert read_instance(attributes, 1).dataset.Modality == "CT"


def test_what_the_asker_changes_is_not_told_to_the_next(header):
    headers = DicomHeaders()
    headers.add("dicomfile:a", header({Tag.MODALITY: "CT"}))
    headers.provide("instance", "dicomfile:a").dataset.Modality = "MR"
    assert headers.provide("instance", "dicomfile:a").dataset.Modality == "CT"
    assert headers.provide("generalSeriesModule", "dicomfile:a").modality == "CT"


def test_real_functional_groups_are_merged_frame_by_frame(testdata):
    path = testdata / ENHANCED
    attributes = read_part10(path.read_bytes()).attributes
    dataset = pydicom.dcmread(path)
    for frame, groups in enumerate(dataset.PerFrameFunctionalGroupsSequence, start=1):
        read = read_instance(attributes, frame).dataset
        whole = merge_functional_groups(dataset, frame)
        position = groups.PlanePositionSequence[0].ImagePositionPatient
        assert read.ImagePositionPatient == whole.ImagePositionPatient == position
        assert read.Modality == dataset.Modality
        assert read.PixelMeasuresSequence[0].PixelSpacing == whole.PixelSpacing


def test_long_values_that_were_left_in_the_file_are_still_found(testdata):
    path = testdata / ENHANCED
    dataset = pydicom.dcmread(path, defer_size=1024)
    merged = merge_functional_groups(dataset, 1)
    assert merged.PixelData == pydicom.dcmread(path).PixelData
    assert merged.file_meta.TransferSyntaxUID == dataset.file_meta.TransferSyntaxUID


def test_what_is_known_of_an_instance_keeps_its_functional_groups(testdata):
    path = testdata / ENHANCED
    known = read_known_dataset(read_part10(path.read_bytes()).attributes)
    dataset = pydicom.dcmread(path)
    assert len(known.PerFrameFunctionalGroupsSequence) == dataset.NumberOfFrames
    for element in known:
        if element.VR not in {"SQ", "OB", "OW"} and element.keyword != "SpecificCharacterSet":
            assert element.value == dataset[element.tag].value, element.keyword


def test_what_pydicom_refuses_is_left_out_and_logged_without_the_value(header, caplog):
    attributes = header({Tag.PATIENT_WEIGHT: "seventy", Tag.MODALITY: "CT"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = read_instance(attributes, 1).dataset
    assert dataset.Modality == "CT"
    assert "PatientWeight" not in dataset
    assert "(0010,1030) Patient's Weight left out" in caplog.text
    assert "seventy" not in caplog.text


@pytest.mark.parametrize("value", [7, 0.5])
def test_a_name_that_is_a_number_is_left_out_and_logged(caplog, value):
    names = {"00100010": {"vr": "PN", "Value": [value]}}
    dataset = read_instance(
        JsonAttributes({**names, "00080060": {"vr": "CS", "Value": ["CT"]}}), 1
    ).dataset
    assert dataset.Modality == "CT"
    assert "PatientName" not in dataset
    assert "(0010,0010) Patient's Name left out: AttributeError" in caplog.text


@pytest.mark.parametrize("value", [-2000, 63536])
def test_what_stands_for_a_sample_is_signed_as_samples_are(header, value):
    attributes = header({Tag.PIXEL_PADDING_VALUE: value, Tag.PIXEL_REPRESENTATION: 1, Tag.ROWS: 4})
    dataset = read_instance(attributes, 1).dataset
    assert (dataset["PixelPaddingValue"].VR, dataset.PixelPaddingValue) == ("SS", -2000)
    assert (dataset["Rows"].VR, dataset.Rows) == ("US", 4)


def test_what_is_nested_beyond_reason_is_cut_off(header):
    elements = {Tag.MODALITY: "CT"}
    for _ in range(400):
        elements = {Tag.CONCEPT_NAME_CODE_SEQUENCE: [elements]}
    dataset, depth = read_instance(header(elements), 1).dataset, 0
    while "ConceptNameCodeSequence" in dataset:
        dataset, depth = dataset.ConceptNameCodeSequence[0], depth + 1
    assert depth == 32
