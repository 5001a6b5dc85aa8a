"""Look-up tables are read as their descriptors say, and as writers write them."""

from __future__ import annotations

import struct

import numpy as np
import pydicom
import pytest

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_luts import read_lut, read_palette, signed_word
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10


def lut_item(descriptor: list[int], data: bytes | None, vr: str = "US") -> JsonAttributes:
    item = {
        "00283002": {"vr": vr, "Value": descriptor},
        "00283003": {"vr": "LO", "Value": ["SOFT"]},
    }
    if data is not None:
        item["00283006"] = {"vr": "OW", "InlineBinary": data}
    return JsonAttributes(item)


# PS3.5 6.2: SS is two's complement of 16 bits.
@pytest.mark.parametrize(
    ("value", "is_signed", "meaning"),
    [
        (63536, True, -2000),
        (63536, False, 63536),
        (-2000, True, -2000),
        (-2000, False, 63536),
        (32767, True, 32767),
        (32768, True, -32768),
        (100000, True, 100000),
        (-40000, False, -40000),
    ],
)
def test_a_word_is_signed_where_the_samples_are(value, is_signed, meaning):
    assert signed_word(value, is_signed=is_signed) == meaning


def test_a_table_has_the_entries_and_the_start_of_its_descriptor():
    table = read_lut(lut_item([3, 10, 12], struct.pack("<3H", 5, 6, 4095)), is_signed=False)
    assert table.entries.tolist() == [5, 6, 4095]
    assert (table.first_mapped, table.bits_per_entry, table.explanation) == (10, 12, "SOFT")


def test_no_entries_are_65536():
    # PS3.3 C.11.1.1.1: 2 to the 16 does not fit into 16 bits, and is written as 0.
    data = np.arange(65536, dtype="<u2").tobytes()
    table = read_lut(lut_item([0, 0, 16], data), is_signed=False)
    assert len(table.entries) == 65536
    assert table.entries[-1] == 65535


@pytest.mark.parametrize(
    ("first", "is_signed", "meaning"),
    [(64512, True, -1024), (64512, False, 64512), (-1024, False, -1024), (-1024, True, -1024)],
)
def test_the_first_value_is_signed_by_the_samples_or_by_its_own_sign(first, is_signed, meaning):
    table = read_lut(lut_item([2, first, 8], b"\1\2"), is_signed=is_signed)
    assert table.first_mapped == meaning


def test_a_number_of_entries_under_ss_is_not_negative():
    data = np.zeros(40000, "<u2").tobytes()
    table = read_lut(lut_item([40000 - 65536, -5, 16], data, vr="SS"), is_signed=True)
    assert len(table.entries) == 40000
    assert table.first_mapped == -5


# PS3.3 C.11.1.1.1 wants 8-bit entries in bytes; writers do it in other ways too.
@pytest.mark.parametrize(
    ("bits", "data", "entries", "bits_per_entry"),
    [
        (8, b"\1\2\3\0", [1, 2, 3], 8),
        (8, b"\1\0\2\0\3\0", [1, 2, 3], 8),
        (8, b"\0\1\0\2\0\3", [256, 512, 768], 16),
        (16, b"\1\2\3\0", [1, 2, 3], 8),
        (16, b"\1\2\3", [1, 2, 3], 8),
        (12, b"\1\0\2\0\xff\x0f", [1, 2, 4095], 12),
        (0, b"\1\0\2\0\3\0", [1, 2, 3], 8),
        (99, b"\1\0\2\0\3\1", [1, 2, 259], 16),
        (10, b"\1\0\2\0\3\0\4\0\5\0", [1, 2, 3], 10),
        (8, b"\1\2", [1, 2], 8),
    ],
)
def test_the_length_of_the_data_says_how_wide_entries_are(bits, data, entries, bits_per_entry):
    table = read_lut(lut_item([3, 0, bits], data), is_signed=False)
    assert table.entries.tolist() == entries
    assert table.bits_per_entry == bits_per_entry


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            lut_item([], b"\1\2"),
            r"\(0028,3002\) LUT Descriptor has 0 values; a look-up table needs 3",
        ),
        (lut_item([1, 2], b"\1\2"), "LUT Descriptor has 2 values"),
        (lut_item([3, 0, 16], None), r"\(0028,3006\) LUT Data is missing or empty.*BulkDataURI"),
        (lut_item([3, 0, 16], b""), "LUT Data is missing or empty"),
        (lut_item(["a", 0, 16], b"\1\2"), "LUT Descriptor must be a decimal string"),
    ],
)
def test_a_table_of_no_use_is_an_error(item, message):
    with pytest.raises(MetadataError, match=message):
        read_lut(item, is_signed=False)


def palette_of(path) -> tuple[np.ndarray, np.ndarray]:
    """Give what our palette makes of all its indices, and what pydicom makes of them."""
    data = path.read_bytes()
    attributes = read_part10(data).attributes
    dataset = pydicom.dcmread(path, force=True)
    # pydicom refuses supplemental palettes by this name only; their tables are as all others.
    dataset.pop("PixelPresentation", None)
    palette = read_palette(attributes, is_signed=dataset.PixelRepresentation == 1)
    first, count = palette.red.first_mapped, len(palette.red.entries)
    indices = np.arange(first, first + count, dtype=np.int32)
    channels = (palette.red, palette.green, palette.blue)
    ours = np.stack([channel.apply(indices) for channel in channels], -1)
    return ours, pydicom.pixels.apply_color_lut(indices, dataset)


@pytest.mark.parametrize(
    "name",
    [
        "pypi-pydicom/pydicom/data/test_files/examples_palette.dcm",
        "pypi-pydicom-data/data_store/data/OBXXXX1A.dcm",
        "pypi-pydicom-data/data_store/data/gdcm-US-ALOKA-16.dcm",
        "pypi-pydicom-data/data_store/data/OT-PAL-8-face.dcm",
        "pypi-pydicom-data/data_store/data/eCT_Supplemental.dcm",
        "highdicom/data/test_files/seg_image_sm_control_labelmap_palette_color.dcm",
    ],
)
def test_palettes_of_real_files_are_those_of_pydicom(testdata, name):
    ours, theirs = palette_of(testdata / name)
    assert len(ours) > 1
    assert np.array_equal(ours, theirs)


def test_a_big_endian_palette_is_that_of_the_little_endian_file(testdata):
    folder = testdata / "pypi-pydicom-data/data_store/data"
    for little, big in (
        ("OBXXXX1A.dcm", "OBXXXX1A_expb.dcm"),
        ("gdcm-US-ALOKA-16.dcm", "gdcm-US-ALOKA-16_big.dcm"),
    ):
        both = [read_part10((folder / name).read_bytes()).attributes for name in (little, big)]
        one, other = (read_palette(attributes, is_signed=False) for attributes in both)
        for channel in ("red", "green", "blue"):
            assert np.array_equal(getattr(one, channel).entries, getattr(other, channel).entries)


def test_a_palette_that_lacks_a_colour_is_an_error():
    table = {
        "00281101": {"vr": "US", "Value": [2, 0, 8]},
        "00281201": {"vr": "OW", "InlineBinary": "AQI="},
    }
    with pytest.raises(
        MetadataError,
        match=r"\(0028,1102\) Green Palette Color Lookup Table Descriptor has 0 values",
    ):
        read_palette(JsonAttributes(table), is_signed=False)


def test_a_palette_whose_data_are_elsewhere_says_so():
    table = {
        "00281101": {"vr": "US", "Value": [2, 0, 8]},
        "00281201": {"vr": "OW", "BulkDataURI": "bulk/1"},
    }
    with pytest.raises(MetadataError, match=r"\(0028,1201\) Red .* Data is missing.* BulkDataURI"):
        read_palette(JsonAttributes(table), is_signed=False)


def palette_elements(**colours: bytes) -> dict:
    elements = {}
    for colour, data in colours.items():
        descriptor = [len(data), 0, 8]
        tag = Tag[f"{colour.upper()}_PALETTE_DESCRIPTOR"]
        elements[f"{tag:08X}"] = {"vr": "US", "Value": descriptor}
        tag = Tag[f"{colour.upper()}_PALETTE_DATA"]
        elements[f"{tag:08X}"] = {"vr": "OW", "InlineBinary": data}
    return elements


def test_a_palette_may_have_a_table_of_opacity():
    elements = palette_elements(red=b"\0\1", green=b"\2\3", blue=b"\4\5", alpha=b"\6\xff")

    palette = read_palette(JsonAttributes(elements), is_signed=False)

    assert palette.alpha.entries.tolist() == [6, 255]
    assert palette.alpha.bits_per_entry == 8
    elements.pop("00281104")
    assert read_palette(JsonAttributes(elements), is_signed=False).alpha is None


def test_a_table_of_opacity_may_be_in_segments():
    # PS3.3 C.7.9.2: one discrete entry of 7, then a line of two to 9.
    elements = palette_elements(red=b"\0\1\2", green=b"\0\1\2", blue=b"\0\1\2", alpha=b"\0\0\0")
    elements.pop("00281204")
    elements["00281224"] = {"vr": "OW", "InlineBinary": b"\0\1\7\1\2\x09"}

    palette = read_palette(JsonAttributes(elements), is_signed=False)

    assert palette.alpha.entries.tolist() == [7, 8, 9]


def test_a_table_of_opacity_of_no_use_is_left_out(caplog):
    elements = palette_elements(red=b"\0\1", green=b"\2\3", blue=b"\4\5", alpha=b"\6\xff")
    elements.pop("00281204")

    assert read_palette(JsonAttributes(elements), is_signed=False).alpha is None
    assert "(0028,1204) Alpha Palette Color Lookup Table Data is missing" in caplog.text


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("value", [2**70, -40000, 65536])
def test_a_descriptor_of_more_than_16_bits_is_an_error(place, value):
    descriptor = [2, 0, 16]
    descriptor[place] = value

    with pytest.raises(MetadataError, match=r"\(0028,3002\).* has values of more than 16 bits"):
        read_lut(lut_item(descriptor, b"\1\0\2\0"), is_signed=False)


@pytest.mark.parametrize(("bits", "known"), [(16, 16), (12, 12), (9, 9), (17, 16), (2000, 16)])
def test_bits_of_a_table_in_segments_are_those_that_fit(bits, known):
    # One discrete segment of two entries (PS3.3 C.7.9.2.1).
    data = struct.pack("<4H", 0, 2, 100, 200)
    elements = palette_elements(red=b"\0\1", green=b"\0\1", blue=b"\0\1")
    for number in (1, 2, 3):
        elements[f"0028110{number}"] = {"vr": "US", "Value": [2, 0, bits]}
        elements.pop(f"0028120{number}")
        elements[f"0028122{number}"] = {"vr": "OW", "InlineBinary": data}

    palette = read_palette(JsonAttributes(elements), is_signed=False)

    assert palette.red.bits_per_entry == known
    assert palette.red.entries.tolist() == [100, 200]


def test_only_three_words_are_a_descriptor():
    assert Tag.RED_PALETTE_DESCRIPTOR == 0x00281101
    with pytest.raises(MetadataError, match=r"\(0028,1101\) Red .* Descriptor has 0 values"):
        read_palette(JsonAttributes({}), is_signed=False)
