"""The header of a file is read as pydicom reads it, and what is broken says so."""

from __future__ import annotations

import io
import mmap
import struct
import zlib

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence

from pycornerstone.errors import DecodeError
from pycornerstone.metadata import part10
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
SYNTAXES = [EXPLICIT, IMPLICIT, BIG, DEFLATED]
PIXELS = bytes(range(24))


def element(tag: int, vr: str, value: bytes, length: int | None = None) -> bytes:
    """Write an element in explicit VR little endian (PS3.5 section 7.1.2)."""
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    length = len(value) if length is None else length
    if vr in {"OB", "OW", "SQ", "UN", "UT"}:
        return head + struct.pack("<HL", 0, length) + value
    return head + struct.pack("<H", length) + value


def item(value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(value) if length is None else length) + value


ITEM_END = struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
UNDEFINED = 0xFFFFFFFF
META = b"\0" * 128 + b"DICM" + element(0x00020010, "UI", EXPLICIT.encode() + b"\0")
ROWS = element(0x00280010, "US", b"\2\0")
COLUMNS = element(0x00280011, "US", b"\3\0")


def made_by_pydicom(uid: str = EXPLICIT, *, has_meta: bool = True, **values: object) -> bytes:
    """Let pydicom write a small image."""
    dataset = Dataset()
    dataset.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = "1.2.3"
    dataset.Rows, dataset.Columns = 2, 3
    dataset.BitsAllocated = dataset.BitsStored = 32
    dataset.PixelRepresentation = 0
    dataset.PixelData = PIXELS
    dataset["PixelData"].VR = "OW"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    stream = io.BytesIO()
    if has_meta:
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = uid
        pydicom.dcmwrite(stream, dataset, enforce_file_format=True)
    else:
        pydicom.dcmwrite(stream, dataset, implicit_vr=uid == IMPLICIT, little_endian=uid != BIG)
    return stream.getvalue()


@pytest.mark.parametrize("uid", SYNTAXES)
def test_every_way_to_write_elements_is_read(uid):
    file = read_part10(made_by_pydicom(uid, PixelSpacing=[0.5, 0.25], PatientName="DOE^J"))
    attributes = file.attributes
    assert file.transfer_syntax_uid == attributes.text(Tag.TRANSFER_SYNTAX_UID) == uid
    assert (attributes.integer(Tag.ROWS), attributes.integer(Tag.COLUMNS)) == (2, 3)
    assert attributes.numbers(Tag.PIXEL_SPACING) == (0.5, 0.25)
    assert attributes.text(Tag.PATIENT_NAME) == "DOE^J"
    assert bytes(file.pixel_data) == PIXELS
    assert file.pixel_data_tag == Tag.PIXEL_DATA
    assert file.is_big_endian == (uid == BIG)
    assert not file.is_encapsulated


@pytest.mark.parametrize("uid", [EXPLICIT, IMPLICIT, BIG])
def test_a_data_set_without_meta_information_says_itself_how_it_is_written(uid):
    file = read_part10(made_by_pydicom(uid, has_meta=False))
    assert file.transfer_syntax_uid == uid
    assert file.is_big_endian == (uid == BIG)
    assert file.attributes.integer(Tag.ROWS) == 2
    assert bytes(file.pixel_data) == PIXELS


def test_meta_information_may_stand_without_a_preamble():
    file = read_part10(made_by_pydicom(BIG)[132:])
    assert file.transfer_syntax_uid == BIG
    assert file.attributes.integer(Tag.ROWS) == 2


def test_the_data_set_is_right_where_it_is_not_written_as_stated():
    explicit = element(0x00080060, "CS", b"CT") + ROWS
    implicit_uid = element(0x00020010, "UI", IMPLICIT.encode() + b"\0")
    file = read_part10(b"\0" * 128 + b"DICM" + implicit_uid + explicit)
    assert file.transfer_syntax_uid == IMPLICIT
    assert file.attributes.integer(Tag.ROWS) == 2
    implicit = struct.pack("<HHL", 0x0008, 0x0060, 2) + b"MR"
    assert read_part10(META + implicit).attributes.text(Tag.MODALITY) == "MR"


@pytest.mark.parametrize(
    ("stated", "written"), [(BIG, EXPLICIT), (EXPLICIT, BIG), (IMPLICIT, BIG), (DEFLATED, EXPLICIT)]
)
def test_the_byte_order_is_that_of_the_data_set(stated, written):
    data = made_by_pydicom(written)
    group_length = data.index(b"\2\0\0\0UL") + 12
    start = group_length + struct.unpack("<L", data[group_length - 4 : group_length])[0]
    meta = element(0x00020010, "UI", stated.encode() + b"\0" * (len(stated) % 2))
    file = read_part10(b"\0" * 128 + b"DICM" + meta + data[start:])
    assert file.is_big_endian == (written == BIG)
    assert file.attributes.integer(Tag.ROWS) == 2
    # Samples are in the same order, so that this is what they must be decoded as.
    assert file.transfer_syntax_uid == file.attributes.text(Tag.TRANSFER_SYNTAX_UID) == written


@pytest.mark.parametrize("uid", [EXPLICIT, IMPLICIT])
def test_a_group_that_could_be_another_in_the_other_order_is_read_as_stated(uid):
    # Group 2000 (film sessions) is 0020 the other way round.
    vr_and_length = b"LO\4\0" if uid == EXPLICIT else b"\4\0\0\0"
    meta = element(0x00020010, "UI", uid.encode() + b"\0" * (len(uid) % 2))
    data = b"\x00\x20\x50\x00" + vr_and_length + b"ABC " + (ROWS if uid == EXPLICIT else b"")
    file = read_part10(b"\0" * 128 + b"DICM" + meta + data)
    assert not file.is_big_endian
    assert file.attributes.integer(Tag.ROWS) == (2 if uid == EXPLICIT else None)


def test_meta_information_may_be_written_in_implicit_vr():
    meta = struct.pack("<HHL", 2, 0x10, len(BIG) + 1) + BIG.encode() + b"\0"
    data = b"\0" * 128 + b"DICM" + meta + struct.pack(">HH2sHH", 0x28, 0x10, b"US", 2, 7)
    file = read_part10(data)
    assert file.transfer_syntax_uid == BIG
    assert file.attributes.integer(Tag.ROWS) == 7


def test_the_length_of_the_meta_information_is_not_relied_on():
    wrong = element(0x00020000, "UL", b"\xff\0\0\0")
    file = read_part10(b"\0" * 128 + b"DICM" + wrong + META[132:] + ROWS)
    assert file.attributes.integer(Tag.ROWS) == 2


@pytest.mark.parametrize(
    "kind", [bytes, bytearray, memoryview, lambda data: memoryview(b"ab" + data + b"c")[2:-1]]
)
def test_any_bytes_will_do(kind):
    file = read_part10(kind(made_by_pydicom()))
    assert bytes(file.pixel_data) == PIXELS
    assert file.attributes.integer(Tag.ROWS) == 2


def test_pixel_data_lie_inside_a_mapped_file(tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(made_by_pydicom())
    with path.open("rb") as opened:
        mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        file = read_part10(mapped)
        assert file.pixel_data.obj is mapped
        assert bytes(file.pixel_data) == PIXELS
        attributes = file.attributes
        # A mapping that is still looked at cannot be closed: the header does not look at it.
        file.pixel_data.release()
        del file
        mapped.close()
    assert attributes.integer(Tag.ROWS) == 2


def test_what_is_not_bytes_is_an_error():
    with pytest.raises(DecodeError, match="read from its bytes in one piece, got str"):
        read_part10("text")
    with pytest.raises(DecodeError, match="in one piece, got memoryview"):
        read_part10(memoryview(bytes(64))[::2])


@pytest.mark.parametrize(
    ("tag", "vr"), [(0x7FE00008, "OF"), (0x7FE00009, "OD"), (0x7FE00010, "OW")]
)
def test_floating_point_samples_are_pixel_data_too(tag, vr):
    pixels = struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr.encode(), 0, 8) + b"12345678"
    file = read_part10(META + ROWS + pixels + element(0xFFFCFFFC, "OB", b"\0\0"))
    assert file.pixel_data_tag == tag
    assert bytes(file.pixel_data) == b"12345678"
    assert tag in file.attributes


def test_encapsulated_pixel_data_begin_with_the_basic_offset_table():
    dataset_bytes = made_by_pydicom()
    frames = encapsulate([b"frame1", b"frame two!"], has_bot=True)
    head = dataset_bytes[: dataset_bytes.index(b"\xe0\x7f\x10\0")]
    file = read_part10(head + element(Tag.PIXEL_DATA, "OB", frames + SEQUENCE_END, UNDEFINED))
    assert file.is_encapsulated
    assert bytes(file.pixel_data) == frames + SEQUENCE_END
    assert bytes(file.pixel_data[:4]) == b"\xfe\xff\x00\xe0"


@pytest.mark.parametrize("uid", SYNTAXES)
@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_the_value_representation_and_place_of_pixel_data_are_known(uid, vr):
    dataset_bytes = made_by_pydicom(uid, BitsAllocated=8, BitsStored=8)
    if uid in {EXPLICIT, BIG}:
        before, _, after = dataset_bytes.rpartition(b"OW\0\0")
        dataset_bytes = before + vr.encode() + b"\0\0" + after
        file = read_part10(dataset_bytes)
        assert file.pixel_data_vr == vr
        assert dataset_bytes[file.pixel_data_start :] == PIXELS
    else:
        # PS3.5 section A.1: in implicit VR it is OW, and pydicom packed it so above.
        file = read_part10(dataset_bytes)
        assert file.pixel_data_vr == "OW"
    assert file.pixel_data_length == len(PIXELS)


def test_the_length_of_pixel_data_is_the_announced_one():
    file = read_part10(made_by_pydicom()[:-5])
    assert (file.pixel_data_length, len(file.pixel_data)) == (24, 19)
    assert read_part10(META + ROWS).pixel_data_length is None


@pytest.mark.parametrize("uid", [EXPLICIT, BIG])
def test_an_extended_offset_table_is_read(uid):
    order = ">" if uid == BIG else "<"
    offsets, lengths = [0, 16, 2**40], [8, 7, 2**33]
    data = made_by_pydicom(
        uid,
        ExtendedOffsetTable=struct.pack(f"{order}3Q", *offsets),
        ExtendedOffsetTableLengths=struct.pack(f"{order}3Q", *lengths),
    )
    file = read_part10(data)
    assert file.frame_offsets.dtype == file.frame_lengths.dtype == np.uint64
    assert file.frame_offsets.tolist() == offsets
    assert file.frame_lengths.tolist() == lengths
    without = read_part10(made_by_pydicom())
    assert without.frame_offsets is None
    assert without.frame_lengths is None


def test_pixel_data_may_be_cut_off():
    whole = made_by_pydicom()
    file = read_part10(whole[:-5])
    assert bytes(file.pixel_data) == PIXELS[:-5]
    assert bytes(read_part10(whole[: -len(PIXELS)]).pixel_data) == b""


def test_a_file_without_pixel_data_is_read_to_its_end():
    file = read_part10(META + ROWS + COLUMNS)
    assert file.pixel_data is None
    assert file.pixel_data_tag is None
    assert not file.is_encapsulated
    assert file.attributes.integer(Tag.COLUMNS) == 3


def test_a_few_bytes_behind_the_last_element_are_nothing():
    assert read_part10(META + ROWS + b"\0" * 5).attributes.integer(Tag.ROWS) == 2


@pytest.mark.parametrize("cut", range(1, 10))
def test_a_header_that_is_cut_off_is_an_error(cut):
    data = META + element(0x00081030, "LO", b"a long description")
    with pytest.raises(
        DecodeError, match=r"the header is cut off or damaged: \(0008,1030\) Study Description goes"
    ):
        read_part10(data[:-cut])


def test_a_length_beyond_the_end_is_an_error_that_names_the_element():
    with pytest.raises(
        DecodeError, match=r"\(0009,1001\) goes beyond the \d+ bytes that there are"
    ):
        read_part10(META + element(0x00091001, "OB", b"", 0xFFFFFFF0) + ROWS)


def test_a_long_length_that_is_itself_cut_off_is_an_error():
    with pytest.raises(DecodeError, match="a data element goes beyond"):
        read_part10(META + element(0x00091001, "OB", b"")[:-1])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"D",
        b"<!DOCTYPE html><html></html>" * 10,
        b'{"00080005": {"vr": "CS"}}' * 10,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 300,
        b"\xff\xd8\xff\xe0" + b"\0" * 300,
        b"\0" * 400,
        struct.pack("<i", 348) + b"\0" * 344,
        b"\0" * 128 + b"DIKOM" + ROWS,
        struct.pack("<HHL", 0x0008, 0x0005, 5000) + b"ISO_IR 100",
    ],
    ids=["empty", "short", "html", "json", "png", "jpeg", "zeros", "nifti", "misspelt", "too-long"],
)
def test_what_is_not_dicom_is_an_error(data):
    with pytest.raises(
        DecodeError, match=rf"not DICOM: of {len(data)} bytes, those at 128 are not 'DICM'"
    ):
        read_part10(data)


def test_a_big_endian_table_is_given_in_little_endian_order():
    item_made = Dataset()
    item_made.LUTDescriptor = [2, 0, 16]
    item_made.add_new(Tag.LUT_DATA, "US", [1, 0x0203])
    data = made_by_pydicom(BIG, VOILUTSequence=[item_made], ICCProfile=b"\1\2\3\4")
    attributes = read_part10(data).attributes
    assert attributes.items(Tag.VOI_LUT_SEQUENCE)[0].data(Tag.LUT_DATA) == b"\1\0\3\2"
    assert attributes.data(Tag.ICC_PROFILE) == b"\1\2\3\4"


def test_a_deflated_data_set_has_a_limit(monkeypatch):
    data = made_by_pydicom(DEFLATED)
    monkeypatch.setattr(part10, "MAX_INFLATED_BYTES", 100)
    with pytest.raises(DecodeError, match="the deflated data set is larger than 100 bytes"):
        read_part10(data)


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20 + 7])
def test_a_deflated_data_set_is_whole_however_many_pieces_it_comes_in(monkeypatch, size):
    noise = np.random.default_rng(2).bytes(size // 4) * 4
    data = ROWS + element(Tag.PIXEL_DATA, "OW", noise)
    packer = zlib.compressobj(1, wbits=-15)
    deflated = packer.compress(data) + packer.flush()
    meta = b"\0" * 128 + b"DICM" + element(0x00020010, "UI", DEFLATED.encode())
    monkeypatch.setattr(part10, "MAX_INFLATED_BYTES", len(data))
    file = read_part10(meta + deflated)
    assert file.pixel_data == noise
    assert file.pixel_data.readonly
    monkeypatch.setattr(part10, "MAX_INFLATED_BYTES", len(data) - 1)
    with pytest.raises(DecodeError, match="the deflated data set is larger than"):
        read_part10(meta + deflated)


def test_a_damaged_deflated_data_set_is_an_error():
    meta = b"\0" * 128 + b"DICM" + element(0x00020010, "UI", DEFLATED.encode())
    with pytest.raises(DecodeError, match="the deflated data set is damaged"):
        read_part10(meta + b"\xff" * 50)


def test_deflated_pixel_data_may_be_cut_off():
    noise = np.random.default_rng(1).bytes(4000)
    data = ROWS + element(Tag.PIXEL_DATA, "OW", noise)
    packer = zlib.compressobj(wbits=-15)
    deflated = packer.compress(data) + packer.flush()
    meta = b"\0" * 128 + b"DICM" + element(0x00020010, "UI", DEFLATED.encode())
    file = read_part10(meta + deflated[:2000])
    assert 0 < len(file.pixel_data) < 4000
    assert noise.startswith(bytes(file.pixel_data))


texts = st.text(st.characters(categories=["L"], max_codepoint=0x17F), min_size=1, max_size=12)
decimals = st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.6g}"))


@st.composite
def data_sets(draw: st.DrawFn) -> dict[str, object]:
    values = {
        "StudyDescription": draw(texts),
        "PatientName": draw(texts),
        "ImageType": draw(st.lists(st.sampled_from(["DERIVED", "AXIAL"]), min_size=1, max_size=4)),
        "ImagePositionPatient": draw(st.lists(decimals, min_size=3, max_size=3)),
        "RescaleSlope": draw(decimals),
        "InstanceNumber": draw(st.integers(-(2**31), 2**31 - 1)),
        "FloatPixelPaddingValue": draw(st.floats(width=32, allow_nan=False, allow_infinity=False)),
        "SmallestImagePixelValue": draw(st.integers(0, 65535)),
        "ICCProfile": draw(st.binary(min_size=2, max_size=40).filter(lambda b: len(b) % 2 == 0)),
        "AccessionNumber": draw(st.sampled_from(["", "A1"])),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(values))))
    return {keyword: values[keyword] for keyword in chosen}


@given(
    values=data_sets(),
    inside=data_sets(),
    uid=st.sampled_from(SYNTAXES),
    has_lengths=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_pydicom_writes_is_read_back(values, inside, uid, has_lengths):
    sequence_item = Dataset()
    for keyword, value in inside.items():
        setattr(sequence_item, keyword, value)
    sequence_item.is_undefined_length_sequence_item = not has_lengths
    written = {**values, "SpecificCharacterSet": "ISO_IR 192"}
    sequence = Sequence([sequence_item, sequence_item])
    sequence.is_undefined_length = not has_lengths
    written["SharedFunctionalGroupsSequence"] = sequence
    written["ReferencedImageSequence"] = sequence
    data = made_by_pydicom(uid, **written)
    attributes = read_part10(data).attributes
    items = attributes.items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
    assert len(items) == 2
    for source, expected in ((attributes, values), (items[0], inside), (items[1], inside)):
        for keyword, value in expected.items():
            tag = int(pydicom.datadict.tag_for_keyword(keyword))
            if isinstance(value, bytes):
                assert source.data(tag) == value
            elif isinstance(value, str):
                assert (source.text(tag) or "") == value.strip()
            elif keyword == "ImageType":
                assert source.texts(tag) == tuple(value)
            elif isinstance(value, list):
                assert source.numbers(tag) == tuple(value)
            else:
                assert source.number(tag) == value
    assert bytes(read_part10(data).pixel_data) == PIXELS
