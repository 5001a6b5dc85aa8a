"""Real files are read as pydicom reads them, and damaged ones are refused if not read."""

from __future__ import annotations

import io
import random
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pydicom

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, PIXEL_DATA_TAGS, Tag
from pycornerstone.metadata.part10 import Part10, read_part10
from pycornerstone.metadata.part10_shared import SharedElements
from pycornerstone.model.modules import MODULES

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
SYNTAXES = [EXPLICIT, IMPLICIT, BIG, DEFLATED]
PIXELS = bytes(range(24))


def read_by_pydicom(data: bytes) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        # Values are converted when they are first asked for, with warnings of their own.
        ask_all(dataset)
        return dataset


def ask_all(dataset: Dataset) -> None:
    for tag, vr in COMPARED.items():
        if tag in dataset:
            element = dataset[tag]
            for item in element.value or () if vr == "SQ" and element.VR == "SQ" else ():
                ask_all(item)


NOT_READ_ALIKE = {
    "no_meta.dcm": "begins with a stray byte: pydicom finds no image in it either",
    "rtplan_truncated.dcm": "its header is cut off, which pydicom passes over",
    "DICOMDIR-nooffset": "its last record ends 24 bytes behind its end, which pydicom passes over",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "pydicom drops all if pixel data end early",
}


# Of Number of Frames there is one that pydicom refuses, "1A".
COMPARED = {
    tag: vr
    for tag, vr in KNOWN_TAGS.items()
    if tag not in PIXEL_DATA_TAGS | {Tag.TRANSFER_SYNTAX_UID, Tag.NUMBER_OF_FRAMES}
}
# Kept of mosaics only.
CSA = Tag.SIEMENS_CSA_IMAGE_HEADER


def comparable(values: tuple, vr: str) -> tuple:
    """Leave out what does not matter: padding, and whether 16 bits were taken as US or SS."""
    if vr == "US":
        return tuple(value & 0xFFFF for value in values)
    if vr in {"DS", "IS"}:
        return tuple(float(str(value).strip(" \0") or "nan") for value in values)
    return tuple(v.strip(" \0") if isinstance(v, str) else v for v in values)


def pydicom_values(element: DataElement) -> tuple:
    value = element.value
    if value is None or value == "":
        return ()
    values = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
    if element.VR == "PN":
        values = [str(value).rstrip("=") for value in values if str(value)]
    return tuple(values)


def compare(attributes: DicomAttributes, dataset: Dataset, name: str, *, is_big: bool) -> int:
    """Compare every element that both may have, items and theirs too; give how many there are."""
    compared = 0
    for tag, vr in COMPARED.items():
        if tag == CSA and "MOSAIC" not in dataset.get("ImageType", ()):
            assert tag not in attributes, name
            continue
        assert (tag in attributes) == (tag in dataset), (name, hex(tag))
        if tag not in dataset:
            continue
        compared += 1
        element = dataset[tag]
        if vr == "SQ":
            items = attributes.items(tag)
            assert len(items) == len(element.value)
            for ours, theirs in zip(items, element.value, strict=True):
                compared += compare(ours, theirs, name, is_big=is_big)
        elif isinstance(element.value, bytes):
            if not is_big:
                assert (attributes.data(tag) or b"") == element.value, (name, hex(tag))
        else:
            ours = comparable(attributes.values(tag), vr)
            theirs = comparable(pydicom_values(element), vr)
            assert np.array_equal(ours, theirs) or str(ours) == str(theirs), (name, hex(tag))
    return compared


def test_every_element_of_every_file_is_what_pydicom_reads(dicom_paths):
    compared, shared = 0, SharedElements()
    for path in dicom_paths:
        if path.name not in NOT_READ_ALIKE:
            data = path.read_bytes()
            dataset = read_by_pydicom(data)
            # What files share with those before them makes no difference.
            for file in (read_part10(data), read_part10(data, shared)):
                is_big = file.is_big_endian
                compared += compare(file.attributes, dataset, path.name, is_big=is_big)
    assert compared > 40_000


def test_the_pixel_data_of_every_file_are_where_pydicom_finds_them(dicom_paths):
    found = 0
    for path in dicom_paths:
        if path.name in NOT_READ_ALIKE:
            continue
        data = path.read_bytes()
        file, dataset = read_part10(data), read_by_pydicom(data)
        tag = next((tag for tag in sorted(PIXEL_DATA_TAGS) if tag in dataset), None)
        assert file.pixel_data_tag == tag, path.name
        if tag is None:
            continue
        found += 1
        stored = dataset.get_item(int(tag)).value
        pixels = bytes(file.pixel_data)
        # pydicom ends before the sequence delimiter, we at the end of the file.
        assert pixels == stored or (file.is_encapsulated and pixels.startswith(stored)), path.name
        stated = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
        assert stated is None or file.transfer_syntax_uid == stated
        if stated is not None:
            assert file.is_encapsulated == (stated not in SYNTAXES), path.name
    assert found > 300


def test_files_that_are_not_read_alike_are_errors_or_have_all_that_an_image_needs(dicom_paths):
    outcomes = {}
    for path in dicom_paths:
        if path.name in NOT_READ_ALIKE:
            try:
                outcomes[path.name] = read_part10(path.read_bytes())
            except DecodeError as error:
                outcomes[path.name] = str(error)
    assert "not DICOM" in outcomes["no_meta.dcm"]
    assert "cut off" in outcomes["rtplan_truncated.dcm"]
    enhanced = outcomes["emri_small_jpeg_2k_lossless_too_short.dcm"]
    assert isinstance(enhanced, Part10)
    # As its untouched brother says: emri_small_jpeg_2k_lossless.dcm.
    assert enhanced.attributes.integer(Tag.NUMBER_OF_FRAMES) == 10


def test_damaged_files_are_read_or_refused_and_nothing_else(dicom_paths):
    chance = random.Random(20)
    refused = 0
    for path in chance.sample(dicom_paths, 200):
        data = bytearray(path.read_bytes()[:200_000])
        if chance.random() < 0.3:
            del data[chance.randrange(132, len(data)) :]
        for _ in range(chance.randrange(1, 12)):
            data[chance.randrange(132, min(len(data), 4000))] = chance.randrange(256)
        try:
            file = read_part10(bytes(data))
        except DecodeError:
            refused += 1
            continue
        for name, module in MODULES.items():
            try:
                found = read_module(name, file.attributes, chance.randrange(1, 4))
            except (DecodeError, MetadataError):
                continue
            assert found is None or isinstance(found, module)
    assert 20 < refused < 180
