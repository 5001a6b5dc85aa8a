"""A pydicom data set is as good a header as a file."""

from __future__ import annotations

import subprocess
import sys

import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import BaseTag

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes


@pytest.fixture
def dataset() -> Dataset:
    dataset = Dataset()
    dataset.PatientName = "Yamada^Tarou=山田^太郎"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ""]
    dataset.Rows = 512
    dataset.PixelSpacing = ["0.5", 0.25]
    dataset.WindowCenter = ""
    dataset.SeriesNumber = "7"
    dataset.ICCProfile = b"\1\2"
    item = Dataset()
    item.LUTDescriptor = [2, 0, 16]
    item.add_new(Tag.LUT_DATA, "US", [1, 65535])
    dataset.VOILUTSequence = [item]
    return dataset


def test_text_and_numbers(dataset):
    attributes = PydicomAttributes(dataset)
    assert attributes.text(Tag.PATIENT_NAME) == "Yamada^Tarou=山田^太郎"
    assert attributes.texts(Tag.IMAGE_TYPE) == ("ORIGINAL", "PRIMARY", "")
    assert attributes.integer(Tag.ROWS) == 512
    assert attributes.integer(Tag.SERIES_NUMBER) == 7
    assert attributes.numbers(Tag.PIXEL_SPACING) == (0.5, 0.25)


def test_values_are_plain_python(dataset):
    attributes = PydicomAttributes(dataset)
    tags = (Tag.PATIENT_NAME, Tag.PIXEL_SPACING, Tag.SERIES_NUMBER, Tag.ROWS)
    assert {type(v) for tag in tags for v in attributes.values(tag)} == {str, float, int}


def test_what_is_empty_or_absent_is_none(dataset):
    attributes = PydicomAttributes(dataset)
    assert Tag.WINDOW_CENTER in attributes
    assert attributes.number(Tag.WINDOW_CENTER) is None
    assert Tag.WINDOW_WIDTH not in attributes
    assert attributes.values(Tag.WINDOW_WIDTH) == ()
    assert attributes.data(Tag.WINDOW_WIDTH) is None
    assert list(attributes.items(Tag.MODALITY_LUT_SEQUENCE)) == []


def test_binary_is_bytes_in_little_endian_order(dataset):
    attributes = PydicomAttributes(dataset)
    assert attributes.data(Tag.ICC_PROFILE) == b"\1\2"
    (item,) = attributes.items(Tag.VOI_LUT_SEQUENCE)
    assert item.integers(Tag.LUT_DESCRIPTOR) == (2, 0, 16)
    assert item.data(Tag.LUT_DATA) == b"\1\0\xff\xff"
    assert attributes.values(Tag.VOI_LUT_SEQUENCE) == ()


def test_words_that_were_read_in_big_endian_order_are_turned_round(dataset):
    dataset.set_original_encoding(is_implicit_vr=False, is_little_endian=False)
    item = dataset.VOILUTSequence[0]
    item[Tag.LUT_DATA].VR = "OW"
    item[Tag.LUT_DATA].value = b"\0\1\xff\xfe"
    attributes = PydicomAttributes(dataset)
    assert attributes.items(Tag.VOI_LUT_SEQUENCE)[0].data(Tag.LUT_DATA) == b"\1\0\xfe\xff"
    assert attributes.items(Tag.VOI_LUT_SEQUENCE)[0].values(Tag.LUT_DATA) == (1, 65534)
    assert attributes.data(Tag.ICC_PROFILE) == b"\1\2"


def test_the_transfer_syntax_is_in_the_file_meta_information(dataset):
    assert Tag.TRANSFER_SYNTAX_UID not in PydicomAttributes(dataset)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.JPEG2000
    assert PydicomAttributes(dataset).text(Tag.TRANSFER_SYNTAX_UID) == "1.2.840.10008.1.2.4.91"


def test_what_pydicom_cannot_read_is_an_error_that_names_the_element(dataset):
    tag = BaseTag(Tag.COLUMNS)
    dataset[tag] = RawDataElement(
        tag, "US", 3, b"\1\2\3", 0, is_implicit_VR=False, is_little_endian=True
    )
    with pytest.raises(
        MetadataError, match=r"\(0028,0011\) Columns cannot be read by pydicom; correct the header"
    ) as caught:
        PydicomAttributes(dataset).integer(Tag.COLUMNS)
    assert "bytes" in str(caught.value.__cause__)


def test_pydicom_is_not_imported_for_those_who_do_not_use_it():
    modules = "dicom_modules dicom_headers dicom_json part10 pydicom_attributes registry"
    imports = ";".join(f"import pycornerstone.metadata.{module}" for module in modules.split())
    code = f"import sys; {imports}; print({{'pydicom', 'msgspec'}} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
