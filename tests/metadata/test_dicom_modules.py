"""Every field of a module comes from its element."""

from __future__ import annotations

import csv
import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_modules import FRAME_MODULES, INSTANCE_MODULES, read_module
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.modules import (
    MODULES,
    CineModule,
    ClinicalTrialModule,
    FrameOfReferenceModule,
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
    from collections.abc import Iterator

    from pycornerstone.metadata.dicom_attributes import DicomAttributes


def plain(value: object) -> object:
    """Make modules comparable that hold arrays."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.tolist()
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def modules_of(attributes: DicomAttributes, frame: int) -> dict[str, object]:
    modules: dict[str, object] = {}
    for name in MODULES.keys() - {"instance"}:
        try:
            modules[name] = plain(read_module(name, attributes, frame))
        except MetadataError as error:
            modules[name] = str(error)
    return modules


def test_what_the_manifest_says_of_images_is_what_is_read(testdata):
    checked = 0
    with (testdata / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest) if row["kind"] == "dicom" and row["rows"]]
    for row in rows:
        if row["frames"] == "1A":
            # Its Number of Frames is none, so that nobody can tell its frames apart.
            continue
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
        assert pixel.number_of_frames == int(row["frames"] or 1), row["path"]
        checked += 1
    assert checked > 290


def arrays_in(value: object) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from arrays_in(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from arrays_in(getattr(value, field.name))


def test_what_was_read_cannot_be_changed(dicom_paths):
    found = 0
    for path in dicom_paths:
        try:
            attributes = read_part10(path.read_bytes()).attributes
        except DecodeError:
            continue
        for name in MODULES.keys() - {"instance"}:
            try:
                module = read_module(name, attributes)
            except MetadataError:
                continue
            for array in arrays_in(module):
                assert not array.flags.writeable, (path.name, name)
                found += 1
    assert found > 30


def test_reading_changes_nothing_that_is_read_later(testdata):
    path = testdata / "dcm_qa_enh/In/Siemens/XA10/6_1.dcm"
    data = path.read_bytes()
    asked = [(name, frame) for name in MODULES for frame in (3, 1, 6)]
    attributes = read_part10(data).attributes
    first = {query: plain(read_module(query[0], attributes, query[1])) for query in asked}
    for name, frame in reversed(asked):
        alone = read_module(name, read_part10(data).attributes, frame)
        if name != "instance":
            again = read_module(name, attributes, frame)
            assert plain(again) == plain(alone) == first[name, frame], name


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
    assert other.pop("transferSyntax")["transfer_syntax_uid"] == "1.2.840.10008.1.2.2"
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
            Tag.INSTANCE_CREATION_DATE: "20240105",
            Tag.INSTANCE_CREATION_TIME: "101504",
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
            Tag.PATIENT_BIRTH_TIME: "0715",
            Tag.PATIENT_SEX: "F",
            Tag.PATIENT_AGE: "054Y",
            Tag.PATIENT_SIZE: "1.7",
            Tag.PATIENT_WEIGHT: "70",
            Tag.ANATOMICAL_ORIENTATION_TYPE: "BIPED",
            Tag.CLINICAL_TRIAL_SPONSOR_NAME: "T1",
            Tag.CLINICAL_TRIAL_PROTOCOL_ID: "T2",
            Tag.CLINICAL_TRIAL_PROTOCOL_NAME: "T3",
            Tag.CLINICAL_TRIAL_SITE_ID: "T4",
            Tag.CLINICAL_TRIAL_SITE_NAME: "T5",
            Tag.CLINICAL_TRIAL_SUBJECT_ID: "T6",
            Tag.CLINICAL_TRIAL_SUBJECT_READING_ID: "T7",
            Tag.CLINICAL_TRIAL_TIME_POINT_ID: "T8",
            Tag.CLINICAL_TRIAL_TIME_POINT_DESCRIPTION: "T9",
            Tag.CLINICAL_TRIAL_COORDINATING_CENTER_NAME: "T10",
            Tag.BODY_PART_EXAMINED: "BRAIN",
            Tag.CINE_RATE: "30",
            Tag.FRAME_TIME: "33.3",
            Tag.FRAME_TIME_VECTOR: ["0", "30", "40"],
            Tag.PREFERRED_PLAYBACK_SEQUENCING: 1,
            Tag.STUDY_INSTANCE_UID: "1.2",
            Tag.SERIES_INSTANCE_UID: "1.2.1",
            Tag.STUDY_ID: "S1",
            Tag.SERIES_NUMBER: "2",
            Tag.INSTANCE_NUMBER: "7",
            Tag.PATIENT_ORIENTATION: ["L", "FP"],
            Tag.LATERALITY: "L",
            Tag.FRAME_OF_REFERENCE_UID: "1.2.4",
            Tag.POSITION_REFERENCE_INDICATOR: "SN",
            Tag.PIXEL_SPACING: ["0.5", "0.25"],
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
        anatomical_orientation_type="BIPED",
    ),
    GeneralImageModule(
        sop_instance_uid="1.2.3",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        instance_number=7,
        image_type=("ORIGINAL", "PRIMARY"),
        patient_orientation=("L", "FP"),
        content_date="20240104",
        content_time="101503",
        instance_creation_date="20240105",
        instance_creation_time="101504",
        frame_of_reference_uid="1.2.4",
        number_of_frames=12,
        pixel_spacing_mm=(0.5, 0.25),
        lossy_image_compression="01",
        lossy_image_compression_ratio=(10.0, 2.5),
        lossy_image_compression_method=("ISO_10918_1", "ISO_15444_1"),
    ),
    PatientModule("P1", "DOE^J", "19700101", "0715", "F"),
    PatientStudyModule("054Y", 1.7, 70.0, "F"),
    SopCommonModule("1.2.840.10008.5.1.4.1.1.2", "1.2.3"),
    MultiframeModule(12, 4),
    CineModule(33.3, (0.0, 30.0, 40.0), 30.0, 25.0, 12, 1),
    ClinicalTrialModule(*(f"T{number}" for number in range(1, 11))),
    FrameOfReferenceModule("1.2.4", "SN"),
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


def test_there_is_a_reader_for_every_module_that_a_header_can_give():
    # What a user measured, what the imageId says itself, and what other formats say.
    others = {
        "calibratedPixelSpacing",
        "imageUrlModule",
        "niftiModule",
        "pictureModule",
        "uriModule",
    }
    assert FRAME_MODULES.keys() | INSTANCE_MODULES.keys() == MODULES.keys() - others
    assert not FRAME_MODULES.keys() & INSTANCE_MODULES.keys()


def test_what_is_no_module_is_read_by_nobody(header):
    assert read_module("displaySetModule", header({})) is None


def test_an_image_without_rows_is_an_error_that_names_them(header):
    with pytest.raises(MetadataError, match=r"\(0028,0010\) Rows is missing"):
        read_module("imagePixelModule", header({Tag.COLUMNS: 3}))
