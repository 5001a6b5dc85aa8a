"""Samples read straight into an array are those that a load gives, whatever the file."""

from __future__ import annotations

import csv
import hashlib
import os
import threading
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from pydicom import uid as uids

from pycornerstone.errors import (
    DecodeError,
    LoaderError,
    PyCornerstoneError,
    RetrieveError,
)
from pycornerstone.loaders import dicom_file
from pycornerstone.loaders.array_reading import SliceFiles, put_samples
from pycornerstone.loaders.dicom_file import DicomFileLoader
from pycornerstone.loaders.protocol import LoaderContext, reads_arrays
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import ImagePixelModule, ImagePlaneModule
from pycornerstone.retrieve.http import HttpRetriever, HttpSettings
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.phantoms import ct_phantom

PHANTOM = ct_phantom(slices=3, rows=64, columns=48)
STORED = PHANTOM.hounsfield[1].astype(int) + 1024


@pytest.fixture
def context():
    metadata, headers = MetadataRegistry(), DicomHeaders()
    metadata.add_provider(headers.provide, -1000)
    http = HttpRetriever(HttpSettings())
    return LoaderContext(metadata, headers, http, lambda: metadata.asks_only([headers.provide]))


@pytest.fixture
def loader(context):
    return DicomFileLoader(context)


@pytest.fixture
def straight(context):
    """Read a file only if it can be read straight into an array."""

    files = SliceFiles(context)

    def read(image_id, out=None):
        return files.read_native(image_id.removeprefix("dicomfile:"), image_id, out)

    return read


@pytest.fixture
def written(tmp_path):
    """Write a slice of the phantom, changed, and give its imageId."""

    def write(change=lambda dataset: None, uid=uids.ExplicitVRLittleEndian, signed=False):
        path = tmp_path / "slice.dcm"
        path.write_bytes(ct_series(PHANTOM, uid, signed=signed)[1])
        dataset = pydicom.dcmread(path)
        change(dataset)
        dataset.save_as(path)
        return f"dicomfile:{path}"

    return write


def loaded(loader, image_id):
    return loader.decode(loader.retrieve(image_id)).pixels


def guarded(shape, dtype, fill=77):
    """Give a slice with a slice before and one behind it that must stay as they are."""
    array = np.full((3, *shape), fill, dtype)
    return array, array[1]


@pytest.mark.testdata
def test_every_real_file_gives_the_samples_that_a_load_gives(loader, straight, testdata):
    with (testdata / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "dicom"]
    compared = went_straight = as_listed = 0
    for row in rows:
        image_id = f"dicomfile:{testdata / row['source'] / row['path']}"
        try:
            expected = loaded(loader, image_id)
        except PyCornerstoneError as error:
            with pytest.raises(type(error)):
                loader.read_samples(image_id)
            continue
        compared += 1
        # The second time, the form of its header is known.
        for _ in range(2):
            array, out = guarded(expected.shape, expected.dtype)
            assert loader.read_samples(image_id, out) is out
            np.testing.assert_array_equal(out, expected, err_msg=image_id)
        assert (array[::2] == 77).all(), image_id
        samples = straight(image_id)
        if samples is None:
            continue
        went_straight += 1
        np.testing.assert_array_equal(samples, expected, err_msg=image_id)
        if row["px_sha256"] and (row["px_by"] == "native" or row["px_agree"] == "yes"):
            as_listed += 1
            assert hashlib.sha256(samples.tobytes()).hexdigest() == row["px_sha256"], image_id
    assert compared > 250
    assert went_straight > 100
    assert as_listed > 100


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("uid", [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian])
def test_native_little_endian_goes_straight(straight, written, uid, signed):
    image_id = written(uid=uid, signed=signed)
    array, out = guarded((64, 48), np.int16 if signed else np.uint16)

    assert straight(image_id, out) is out
    np.testing.assert_array_equal(out, pydicom.dcmread(image_id[10:]).pixel_array)
    assert (array[::2] == 77).all()


@pytest.mark.parametrize(
    "uid",
    [
        uids.ExplicitVRBigEndian,
        uids.DeflatedExplicitVRLittleEndian,
        uids.RLELossless,
        uids.JPEGLosslessSV1,
        uids.JPEGLSLossless,
        uids.JPEG2000Lossless,
        uids.HTJ2KLossless,
    ],
)
def test_other_syntaxes_go_through_their_decoder(loader, straight, tmp_path, uid):
    path = tmp_path / "a.dcm"
    path.write_bytes(ct_series(PHANTOM, uid)[1])
    array, out = guarded((64, 48), np.uint16)

    assert straight(f"dicomfile:{path}", out) is None
    assert loader.read_samples(f"dicomfile:{path}", out) is out
    np.testing.assert_array_equal(out, STORED)
    assert (array[::2] == 77).all()


def put_header_of_40_kb(dataset):
    dataset.private_block(0x0029, "TEST", create=True).add_new(1, "OB", bytes(40_000))


def put_something_behind(dataset):
    dataset.add_new(0xFFFCFFFC, "OB", bytes(100))


def put_an_icon(dataset):
    icon = pydicom.Dataset()
    icon.Rows = icon.Columns = 8
    icon.BitsAllocated = icon.BitsStored = 8
    icon.PixelData = bytes(64)
    icon["PixelData"].VR = "OW"
    dataset.IconImageSequence = [icon]


@pytest.mark.parametrize("change", [put_header_of_40_kb, put_something_behind, put_an_icon])
@pytest.mark.parametrize("has_out", [True, False])
def test_what_else_is_in_the_file_does_not_matter(straight, written, change, has_out):
    out = np.zeros((64, 48), np.uint16) if has_out else None

    np.testing.assert_array_equal(straight(written(change), out), STORED)


def test_a_byte_that_makes_the_length_even_is_no_sample(straight, written):
    def to_odd(dataset):
        dataset.Rows, dataset.Columns = 3, 5
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        dataset.PixelData = bytes(range(15)) + b"\xff"
        dataset["PixelData"].VR = "OW"

    samples = straight(written(to_odd))

    np.testing.assert_array_equal(samples, np.arange(15).reshape(3, 5))


def test_bits_that_are_not_stored_are_no_part_of_a_sample(straight, written):
    def to_4_bits(dataset):
        dataset.BitsStored, dataset.HighBit = 4, 3
        dataset.PixelRepresentation = 1
        dataset.PixelData = np.full((64, 48), 0xABCD, np.uint16).tobytes()

    out = np.zeros((64, 48), np.int16)

    # 1101 in two's complement of 4 bits is -3 (PS3.5 section 8.1.1).
    assert (straight(written(to_4_bits), out) == -3).all()


def test_colour_by_pixel_goes_straight_and_by_plane_does_not(loader, straight, written):
    values = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)

    def to_rgb(dataset, planar=0):
        dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 2, 3, 3
        dataset.PhotometricInterpretation = "RGB"
        dataset.PlanarConfiguration = planar
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        stored = values.transpose(2, 0, 1) if planar else values
        dataset.PixelData = stored.tobytes()
        dataset["PixelData"].VR = "OW"

    np.testing.assert_array_equal(straight(written(to_rgb)), values)
    by_plane = written(lambda dataset: to_rgb(dataset, 1))
    assert straight(by_plane) is None
    np.testing.assert_array_equal(loader.read_samples(by_plane), values)


def test_an_array_that_is_not_in_one_piece_is_filled(loader, written):
    array = np.zeros((64, 48, 2), np.uint16)

    loader.read_samples(written(), array[..., 1])

    np.testing.assert_array_equal(array[..., 1], STORED)
    assert not array[..., 0].any()


def test_frames_of_one_file_are_read_with_one_reading_of_its_header(loader, tmp_path, monkeypatch):
    path = tmp_path / "frames.dcm"
    path.write_bytes(ct_series(PHANTOM)[1])
    dataset = pydicom.dcmread(path)
    dataset.NumberOfFrames = 3
    frames = np.arange(3 * 64 * 48, dtype=np.uint16).reshape(3, 64, 48) % 4096
    dataset.PixelData = frames.tobytes()
    dataset.save_as(path)
    readings = []
    read = dicom_file.read_part10_images
    monkeypatch.setattr(
        dicom_file,
        "read_part10_images",
        lambda *arguments: readings.append(1) or read(*arguments),
    )
    array = np.zeros((3, 64, 48), np.uint16)

    for number in (1, 2, 3):
        loader.read_samples(f"dicomfile:{path}?frame={number}", array[number - 1])

    np.testing.assert_array_equal(array, frames)
    assert len(readings) == 1


def test_a_users_provider_has_its_say(loader, straight, context, written):
    def provider(type_name, image_id):
        if type_name == "imagePixelModule":
            return {"rows": 48, "columns": 64, "bits_stored": 12, "high_bit": 11}
        return None

    image_id = written()
    context.metadata.add_provider(provider)

    samples = straight(image_id)

    assert samples.shape == (48, 64)
    np.testing.assert_array_equal(samples, loaded(loader, image_id))


def test_a_syntax_that_only_the_fragments_tell_is_not_taken_for_that_of_the_next_file(
    loader, tmp_path
):
    one, other = (
        ct_series(PHANTOM, uid)[1] for uid in (uids.JPEG2000Lossless, uids.JPEGLSLossless)
    )
    header = one[: read_part10(one).pixel_data_start]
    stated, native = (
        b"\x16\0" + uids.JPEG2000Lossless.encode(),
        b"\x14\0" + b"1.2.840.10008.1.2.1\0",
    )
    assert header.count(stated) == 1
    header = header.replace(stated, native)
    for index, file in enumerate((one, other)):
        samples = file[read_part10(file).pixel_data_start :]
        (tmp_path / f"{index}.dcm").write_bytes(header + samples)

    for index in (0, 0, 1):
        samples = loader.read_samples(f"dicomfile:{tmp_path / f'{index}.dcm'}")
        np.testing.assert_array_equal(samples, STORED)


@pytest.mark.parametrize("answers", [[True, False], [False, True]])
def test_a_provider_that_comes_and_goes_while_a_file_is_read_is_not_remembered(
    context, tmp_path, answers
):
    path = tmp_path / "slice.dcm"
    path.write_bytes(ct_series(PHANTOM)[1])
    # It is there when the meaning of the samples is asked for, not when that is looked at, before
    # or after.
    context = replace(context, asks_only_headers=lambda: answers.pop(0) if answers else True)
    files = SliceFiles(context)

    def provider(type_name, image_id):
        if type_name == "imagePixelModule":
            return {"rows": 48, "columns": 64, "bits_stored": 12, "high_bit": 11}
        return None

    context.metadata.add_provider(provider)
    turned = np.zeros((48, 64), np.uint16)
    assert files.read_native(path, f"dicomfile:{path}", turned) is turned
    context.metadata.remove_provider(provider)
    answers.clear()

    out = np.zeros((64, 48), np.uint16)
    assert files.read_native(path, f"dicomfile:{path}", out) is out


def test_the_header_of_each_slice_answers_afterwards(straight, context, tmp_path):
    for index, data in enumerate(ct_series(PHANTOM)):
        (tmp_path / f"{index}.dcm").write_bytes(data)
        straight(f"dicomfile:{tmp_path / f'{index}.dcm'}", np.zeros((64, 48), np.uint16))

    for index in range(3):
        image_id = f"dicomfile:{tmp_path / f'{index}.dcm'}"
        plane = context.metadata.get(ImagePlaneModule, image_id)
        assert plane.image_position_lps == pytest.approx(PHANTOM.position_lps(index), abs=1e-4)
        assert context.metadata.get(ImagePixelModule, image_id).rows == 64


def test_a_slice_that_is_like_the_one_before_is_cut_off(loader, tmp_path):
    for index, data in enumerate(ct_series(PHANTOM)):
        (tmp_path / f"{index}.dcm").write_bytes(data if index < 2 else data[:-2])
    out = np.zeros((64, 48), np.uint16)
    for index in range(2):
        loader.read_samples(f"dicomfile:{tmp_path / f'{index}.dcm'}", out)

    with pytest.raises(
        DecodeError, match=r"\(0028,0010\) Rows is 64 but the frame holds 6142 bytes"
    ):
        loader.read_samples(f"dicomfile:{tmp_path / '2.dcm'}", out)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-1000])


def cut_off_in_the_header(path):
    path.write_bytes(path.read_bytes()[:900])


def no_dicom(path):
    path.write_bytes(bytes(range(256)) * 100)


def empty(path):
    path.write_bytes(b"")


def a_folder(path):
    path.unlink()
    path.mkdir()


def no_file(path):
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (cut_off, DecodeError),
        (cut_off_in_the_header, DecodeError),
        (no_dicom, DecodeError),
        (empty, RetrieveError),
        (a_folder, RetrieveError),
        (no_file, RetrieveError),
    ],
)
def test_what_is_wrong_is_said_as_a_load_says_it(loader, tmp_path, damage, error):
    path = tmp_path / "a.dcm"
    path.write_bytes(ct_series(PHANTOM)[1])
    damage(path)
    with pytest.raises(error) as of_load:
        loaded(loader, f"dicomfile:{path}")

    with pytest.raises(error) as of_read:
        loader.read_samples(f"dicomfile:{path}", np.zeros((64, 48), np.uint16))

    assert str(of_read.value) == str(of_load.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(loader, tmp_path):
    os.mkfifo(tmp_path / "pipe.dcm")
    failed = []

    def read():
        try:
            loader.read_samples(f"dicomfile:{tmp_path / 'pipe.dcm'}")
        except RetrieveError as error:
            failed.append(str(error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(5)
    assert "is a device or a pipe, not a file" in failed[0]


@pytest.mark.parametrize(
    ("shape", "dtype"), [((64, 47), np.uint16), ((64, 48), np.int16), ((64, 48, 3), np.uint16)]
)
@pytest.mark.parametrize("uid", [uids.ExplicitVRLittleEndian, uids.RLELossless])
def test_an_image_of_another_kind_is_refused(loader, tmp_path, uid, shape, dtype):
    path = tmp_path / "a.dcm"
    path.write_bytes(ct_series(PHANTOM, uid)[1])

    with pytest.raises(LoaderError, match="its samples are 64 x 48 uint16, but those of the array"):
        loader.read_samples(f"dicomfile:{path}", np.zeros(shape, dtype))


def test_samples_that_are_there_already_are_not_copied():
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    here = array.view()
    here.flags.writeable = False

    assert put_samples(here, array) is array
    np.testing.assert_array_equal(put_samples(here[::-1], array.copy()), array[::-1])


def test_a_loader_says_whether_it_reads_arrays(loader):
    assert reads_arrays(loader)
    assert not reads_arrays(lambda image_id: image_id)
