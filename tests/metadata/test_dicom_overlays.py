"""Overlays of headers: their bits, where they lie, and which frame they belong to."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pydicom
import pytest

from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_overlays import read_overlay_planes
from pycornerstone.metadata.overlay_tags import OVERLAY_GROUPS, OverlayTag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes

WITH_OVERLAYS = [
    "pypi-pydicom/pydicom/data/test_files/examples_overlay.dcm",
    "pypi-pydicom-data/data_store/data/MR-SIEMENS-DICOM-WithOverlays.dcm",
    "pypi-nibabel/nibabel-5.4.2/nibabel/nicom/tests/data/slicethickness_empty_string.dcm",
]
# 2 x 5 pixels: 1 0 1 1 0 / 0 1 0 0 1, the first of them in the lowest bit.
TEN_BITS = bytes([0b01001101, 0b00000010])
TEN = [[1, 0, 1, 1, 0], [0, 1, 0, 0, 1]]


@pytest.fixture
def overlay(header):
    """Makes the elements of an overlay of 2 x 5 pixels into attributes."""

    def make(changes=(), group=0x6000):
        elements = {
            OverlayTag.ROWS: 2,
            OverlayTag.COLUMNS: 5,
            OverlayTag.TYPE: "G",
            OverlayTag.ORIGIN: [1, 1],
            OverlayTag.BITS_ALLOCATED: 1,
            OverlayTag.BIT_POSITION: 0,
            OverlayTag.DATA: TEN_BITS,
        } | dict(changes)
        return header({_In(tag, group): v for tag, v in elements.items() if v is not None})

    return make


class _In(int):
    """A tag of another group that still knows its VR."""

    def __new__(cls, tag, group):
        made = super().__new__(cls, tag.of(group))
        made.vr = tag.vr
        return made


def the_only(attributes, frame=1):
    (found,) = read_overlay_planes(attributes, frame).overlays
    return found


@pytest.mark.testdata
@pytest.mark.parametrize("name", WITH_OVERLAYS)
def test_real_overlays_are_those_that_pydicom_reads_from_all_sources(testdata, name):
    dataset = pydicom.dcmread(testdata / name)
    sources = {
        "Part 10": read_part10((testdata / name).read_bytes()).attributes,
        "DICOM JSON": JsonAttributes(dataset.to_json_dict()),
        "pydicom": PydicomAttributes(dataset),
    }
    for attributes in sources.values():
        found = the_only(attributes)
        assert found.bits.sum() > 100
        assert (found.bits == dataset.overlay_array(0x6000)).all()
        assert (found.group, found.row_origin, found.column_origin) == (0x6000, 0, 0)
        assert found.description == "Siemens MedCom Object Graphics"
        assert found.overlay_type == "G"


@pytest.mark.testdata
def test_no_other_file_has_overlays(testdata, dicom_paths):
    found = set()
    for path in dicom_paths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
                has_overlays = any((group, 0x3000) in dataset for group in OVERLAY_GROUPS)
            except Exception:  # broken files are there too, and have none
                continue
        if has_overlays:
            found.add(path.relative_to(testdata).as_posix())
    assert found == set(WITH_OVERLAYS)


def test_the_first_pixel_is_the_lowest_bit(overlay):
    assert the_only(overlay()).bits.tolist() == np.array(TEN, bool).tolist()


def test_words_in_big_endian_are_the_same_bits(tmp_path):
    dataset = pydicom.Dataset()
    dataset.Modality = "MR"
    dataset.add_new(OverlayTag.ROWS, "US", 2)
    dataset.add_new(OverlayTag.COLUMNS, "US", 5)
    dataset.add_new(OverlayTag.TYPE, "CS", "R")
    dataset.add_new(OverlayTag.ORIGIN, "SS", [1, 1])
    dataset.add_new(OverlayTag.BIT_POSITION, "US", 0)
    # pydicom writes OW as it is given, so this is a word with its high byte first.
    dataset.add_new(OverlayTag.DATA, "OW", TEN_BITS[::-1])
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRBigEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2"
    dataset.save_as(tmp_path / "big.dcm", enforce_file_format=True)
    found = the_only(read_part10((tmp_path / "big.dcm").read_bytes()).attributes)
    assert found.bits.tolist() == np.array(TEN, bool).tolist()
    assert found.overlay_type == "R"


@pytest.mark.parametrize(
    ("origin", "place"), [([3, 7], (2, 6)), ([0, -4], (-1, -5)), (None, (0, 0))]
)
def test_an_origin_counts_from_one_and_may_be_outside(overlay, origin, place):
    found = the_only(overlay({OverlayTag.ORIGIN: origin}))
    assert (found.row_origin, found.column_origin) == place


def test_what_is_said_of_a_region(overlay):
    found = the_only(
        overlay(
            {
                OverlayTag.TYPE: "R",
                OverlayTag.SUBTYPE: "USER",
                OverlayTag.LABEL: "liver",
                OverlayTag.DESCRIPTION: "a lesion",
                OverlayTag.ROI_AREA: "5",
                OverlayTag.ROI_MEAN: "12.5",
                OverlayTag.ROI_STANDARD_DEVIATION: "1e-1",
            },
            group=0x601E,
        )
    )
    assert (found.group, found.overlay_type, found.subtype) == (0x601E, "R", "USER")
    assert (found.label, found.description) == ("liver", "a lesion")
    assert (found.roi_area, found.roi_mean, found.roi_standard_deviation) == (5, 12.5, 0.1)


def test_statistics_that_cannot_be_read_are_absent(overlay, caplog):
    found = the_only(overlay({OverlayTag.ROI_MEAN: "12,5"}))
    assert found.roi_mean is None
    assert "(6000,1302) ROI Mean" in caplog.text


# Three frames of 10 bits each: ten, its complement, all.
THIRTY = [*np.ravel(TEN), *(1 - np.ravel(TEN)), *([1] * 10)]
THIRTY_BITS = np.packbits(np.array(THIRTY, np.uint8), bitorder="little").tobytes()


@pytest.mark.parametrize("first", [None, 1, 4])
def test_frames_of_an_overlay_follow_each_other_without_a_gap(overlay, first):
    attributes = overlay(
        {
            OverlayTag.NUMBER_OF_FRAMES: "3",
            OverlayTag.IMAGE_FRAME_ORIGIN: first,
            OverlayTag.DATA: THIRTY_BITS,
        }
    )
    start = first or 1
    for index in range(3):
        expected = np.reshape(THIRTY[10 * index : 10 * index + 10], (2, 5))
        assert the_only(attributes, start + index).bits.tolist() == expected.astype(bool).tolist()
    for outside in {start - 1, start + 3} - {0}:
        assert read_overlay_planes(attributes, outside).overlays == ()


def test_an_overlay_of_one_frame_belongs_to_the_frame_it_names_or_to_all(overlay):
    to_all = overlay()
    assert the_only(to_all, 1).bits.tolist() == the_only(to_all, 7).bits.tolist()
    to_one = overlay({OverlayTag.NUMBER_OF_FRAMES: "1", OverlayTag.IMAGE_FRAME_ORIGIN: 7})
    assert [len(read_overlay_planes(to_one, frame).overlays) for frame in (6, 7, 8)] == [0, 1, 0]


def test_one_in_the_samples_says_its_bit_and_has_none(overlay):
    found = the_only(overlay({OverlayTag.DATA: None, OverlayTag.BIT_POSITION: 12}))
    assert found.bits is None
    assert found.bit_position == 12


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({OverlayTag.DATA: TEN_BITS[:1]}, r"\(6000,3000\) Overlay Data has 1 bytes, but 1 x 2 x 5"),
        ({OverlayTag.DATA: TEN_BITS + b"\0\1"}, r"\(6000,3000\) Overlay Data has 4 bytes"),
        ({OverlayTag.ROWS: None}, r"\(6000,0010\) Overlay Rows .* at least 1"),
        ({OverlayTag.ROWS: 0}, r"\(6000,0010\) Overlay Rows .* at least 1"),
        ({OverlayTag.COLUMNS: None}, r"\(6000,0011\) Overlay Columns .* at least 1"),
        ({OverlayTag.ORIGIN: [1]}, r"\(6000,0050\) Overlay Origin must be a row and a column"),
        ({OverlayTag.ORIGIN: [1, 10**30]}, r"\(6000,0050\) Overlay Origin must be a row and a col"),
        ({OverlayTag.NUMBER_OF_FRAMES: "x"}, r"\(6000,0015\) Number of Frames in Overlay"),
        ({OverlayTag.NUMBER_OF_FRAMES: "9"}, r"\(6000,3000\) Overlay Data has 2 bytes, but 9 x"),
    ],
)
def test_one_that_contradicts_itself_is_left_out_and_logged(overlay, caplog, changes, message):
    assert read_overlay_planes(overlay(changes), 1).overlays == ()
    (record,) = caplog.records
    assert re.search(message + ".*; the overlay is left out", record.message)


@pytest.mark.parametrize("padding", [b"\0", b"\xff", b"\0\0\0"])
def test_padding_behind_the_bits_is_none_of_them(overlay, padding):
    assert the_only(overlay({OverlayTag.DATA: TEN_BITS + padding})).bits.sum() == 5


def test_an_overlay_without_bits_anywhere_is_none(overlay, caplog):
    assert read_overlay_planes(overlay({OverlayTag.DATA: None}), 1).overlays == ()
    assert caplog.records == []
