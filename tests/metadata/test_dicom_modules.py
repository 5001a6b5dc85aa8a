"""Modules are the same from a file, from DICOM JSON and from a pydicom data set."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_json import JsonAttributes, parse_dicom_json
from pycornerstone.metadata.dicom_modules import FRAME_MODULES, read_module
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes
from pycornerstone.model.modules import (
    MODULES,
    CineModule,
    GeneralImageModule,
    GeneralSeriesModule,
    GeneralStudyModule,
    MultiframeModule,
    PatientModule,
    PatientStudyModule,
    SopCommonModule,
    TransferSyntaxModule,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

NOT_COMPARED = {
    "no_meta.dcm": "begins with a stray byte, and is not DICOM",
    "rtplan_truncated.dcm": "its header is cut off, which is an error here",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "pydicom drops all if pixel data end early",
}
NOT_IN_JSON = {
    "badVR.dcm": "pydicom cannot write its Number of Frames '1A'",
    "OBXXXX1A_expb.dcm": "pydicom writes big endian words into JSON as they are",
    "gdcm-US-ALOKA-16_big.dcm": "pydicom writes big endian words into JSON as they are",
}


def plain(value: object) -> object:
    """Make modules comparable that hold arrays."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.tolist()
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def modules_of(attributes: DicomAttributes, frame: int) -> dict[str, object]:
    modules: dict[str, object] = {}
    for name in MODULES:
        try:
            modules[name] = plain(read_module(name, attributes, frame))
        except MetadataError as error:
            modules[name] = str(error)
    return modules


def sources_of(path: Path) -> dict[str, DicomAttributes]:
    data = path.read_bytes()
    file = read_part10(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        sources = {"file": file.attributes, "pydicom": PydicomAttributes(dataset)}
        if path.name not in NOT_IN_JSON:
            document = dataset.to_json_dict(bulk_data_threshold=1 << 40)
            uid = {"vr": "UI", "Value": [file.transfer_syntax_uid]}
            text = json.dumps({**document, "00020010": uid}).encode()
            sources["json"] = JsonAttributes(parse_dicom_json(text)[0])
    return sources


def test_every_module_of_every_file_is_the_same_from_three_sources(dicom_paths):
    compared = images = 0
    for path in dicom_paths:
        if path.name in NOT_COMPARED:
            continue
        sources = sources_of(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frames = modules_of(sources["file"], 1)["multiframeModule"]["number_of_frames"]
            for frame in {1, frames // 2 + 1, frames}:
                known = {name: modules_of(source, frame) for name, source in sources.items()}
                expected = known.pop("file")
                images += expected["imagePixelModule"] is not None
                for source, modules in known.items():
                    if Tag.TRANSFER_SYNTAX_UID not in sources[source]:
                        # Where the file does not say it, only its bytes do.
                        modules["transferSyntax"] = expected["transferSyntax"]
                    assert modules == expected, (path.name, source, frame)
                    compared += 1
    assert compared > 800
    assert images > 350


def test_what_the_manifest_says_of_images_is_what_is_read(testdata):
    checked = 0
    with (testdata / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest) if row["kind"] == "dicom" and row["rows"]]
    for row in rows:
        attributes = read_part10((testdata / row["source"] / row["path"]).read_bytes()).attributes
        pixel = read_module("imagePixelModule", attributes)
        assert (pixel.rows, pixel.columns) == (int(row["rows"]), int(row["cols"])), row["path"]
        assert pixel.photometric_interpretation == row["photometric"], row["path"]
        assert pixel.bits_allocated == int(row["bits_alloc"]), row["path"]
        if row["bits_stored"]:
            assert pixel.bits_stored == int(row["bits_stored"]), row["path"]
        assert pixel.pixel_representation == int(row["signed"] or 0), row["path"]
        assert pixel.samples_per_pixel == int(row["samples"]), row["path"]
        assert pixel.is_float == row["px_dtype"].startswith("<f"), row["path"]
        if row["frames"].isdigit():
            assert pixel.number_of_frames == int(row["frames"]), row["path"]
        checked += 1
    assert checked > 290


@pytest.mark.parametrize(
    ("little", "big"),
    [
        ("MR_small.dcm", "MR_small_expb.dcm"),
        ("rtdose.dcm", "rtdose_expb.dcm"),
        ("liver_1frame.dcm", "liver_expb_1frame.dcm"),
    ],
)
def test_a_big_endian_file_says_what_the_little_endian_one_says(testdata, little, big):
    folder = testdata / "pypi-pydicom/pydicom/data/test_files"
    one, other = (
        modules_of(read_part10((folder / name).read_bytes()).attributes, 1)
        for name in (little, big)
    )
    one.pop("transferSyntax")
    assert other.pop("transferSyntax") == {"transfer_syntax_uid": "1.2.840.10008.1.2.2"}
    for name in ("sopCommonModule", "generalImageModule"):
        # Whoever converted them may have made new instances of them.
        one.pop(name), other.pop(name)
    assert one == other


@pytest.fixture
def instance(header):
    return header(
        {
            Tag.TRANSFER_SYNTAX_UID: "1.2.840.10008.1.2.5",
            Tag.IMAGE_TYPE: ["ORIGINAL", "PRIMARY"],
            Tag.SOP_CLASS_UID: "1.2.840.10008.5.1.4.1.1.2",
            Tag.SOP_INSTANCE_UID: "1.2.3",
            Tag.STUDY_DATE: "20240101",
            Tag.SERIES_DATE: "20240102",
            Tag.ACQUISITION_DATE: "20240103",
            Tag.CONTENT_DATE: "20240104",
            Tag.STUDY_TIME: "101500",
            Tag.SERIES_TIME: "101501",
            Tag.ACQUISITION_TIME: "101502.5",
            Tag.CONTENT_TIME: "101503",
            Tag.ACCESSION_NUMBER: "A1",
            Tag.MODALITY: "CT",
            Tag.STUDY_DESCRIPTION: "HEAD",
            Tag.SERIES_DESCRIPTION: "AX",
            Tag.RECOMMENDED_DISPLAY_FRAME_RATE: "25",
            Tag.PATIENT_NAME: "DOE^J",
            Tag.PATIENT_ID: "P1",
            Tag.PATIENT_BIRTH_DATE: "19700101",
            Tag.PATIENT_SEX: "F",
            Tag.PATIENT_AGE: "054Y",
            Tag.PATIENT_SIZE: "1.7",
            Tag.PATIENT_WEIGHT: "70",
            Tag.BODY_PART_EXAMINED: "BRAIN",
            Tag.CINE_RATE: "30",
            Tag.FRAME_TIME: "33.3",
            Tag.STUDY_INSTANCE_UID: "1.2",
            Tag.SERIES_INSTANCE_UID: "1.2.1",
            Tag.STUDY_ID: "S1",
            Tag.SERIES_NUMBER: "2",
            Tag.INSTANCE_NUMBER: "7",
            Tag.LATERALITY: "L",
            Tag.NUMBER_OF_FRAMES: "12",
            Tag.LOSSY_IMAGE_COMPRESSION: "01",
            Tag.LOSSY_IMAGE_COMPRESSION_RATIO: ["10", "2.5"],
            Tag.LOSSY_IMAGE_COMPRESSION_METHOD: ["ISO_10918_1", "ISO_15444_1"],
        }
    )


EXPECTED: list[Any] = [
    GeneralStudyModule("1.2", "S1", "HEAD", "20240101", "101500", "A1"),
    GeneralSeriesModule(
        modality="CT",
        series_instance_uid="1.2.1",
        study_instance_uid="1.2",
        series_description="AX",
        series_number=2,
        series_date="20240102",
        series_time="101501",
        acquisition_date="20240103",
        acquisition_time="101502.5",
        body_part_examined="BRAIN",
        laterality="L",
    ),
    GeneralImageModule(
        sop_instance_uid="1.2.3",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        instance_number=7,
        image_type=("ORIGINAL", "PRIMARY"),
        content_date="20240104",
        content_time="101503",
        lossy_image_compression="01",
        lossy_image_compression_ratio=(10.0, 2.5),
        lossy_image_compression_method=("ISO_10918_1", "ISO_15444_1"),
    ),
    PatientModule("P1", "DOE^J", "19700101", "F"),
    PatientStudyModule("054Y", 1.7, 70.0),
    SopCommonModule("1.2.840.10008.5.1.4.1.1.2", "1.2.3"),
    MultiframeModule(12, 4),
    CineModule(33.3, 30.0, 25.0, 12),
    TransferSyntaxModule("1.2.840.10008.1.2.5"),
]


@pytest.mark.parametrize("module", EXPECTED, ids=lambda module: module.type_name)
def test_every_field_comes_from_its_element(instance, module):
    assert read_module(module.type_name, instance, 4) == module


@pytest.mark.parametrize("module", EXPECTED, ids=lambda module: module.type_name)
def test_what_nobody_says_is_unknown(header, module):
    read = read_module(module.type_name, header({}))
    assert read == (None if isinstance(module, TransferSyntaxModule) else type(module)())


def test_what_only_describes_an_image_does_not_stand_in_its_way(header, caplog):
    attributes = header(
        {
            Tag.SERIES_NUMBER: "one",
            Tag.INSTANCE_NUMBER: "two",
            Tag.PATIENT_WEIGHT: "heavy",
            Tag.FRAME_TIME: "slow",
            Tag.LOSSY_IMAGE_COMPRESSION_RATIO: "much",
        }
    )
    for name in MODULES:
        read_module(name, attributes)
    assert read_module("generalSeriesModule", attributes) == GeneralSeriesModule()
    assert read_module("cineModule", attributes) == CineModule()
    assert "heavy" not in caplog.text
    assert "(0010,1030) Patient's Weight must be a decimal string" in caplog.text


def test_a_server_may_say_how_it_keeps_an_instance(header):
    available = {Tag.AVAILABLE_TRANSFER_SYNTAX_UID: "1.2.840.10008.1.2.4.80"}
    module = read_module("transferSyntax", header(available))
    assert module == TransferSyntaxModule("1.2.840.10008.1.2.4.80")


def test_there_is_a_reader_for_every_module_and_for_nothing_else(header):
    attributes = header(
        {
            Tag.ROWS: 1,
            Tag.COLUMNS: 1,
            Tag.BITS_ALLOCATED: 8,
            Tag.TRANSFER_SYNTAX_UID: "1.2.840.10008.1.2",
        }
    )
    for name, module in MODULES.items():
        assert isinstance(read_module(name, attributes), module)
    assert set(FRAME_MODULES) < set(MODULES)
    assert read_module("petIsotopeModule", attributes) is None


def test_an_image_without_rows_is_an_error_that_names_them(header):
    with pytest.raises(MetadataError, match=r"\(0028,0010\) Rows is missing"):
        read_module("imagePixelModule", header({Tag.COLUMNS: 3}))
