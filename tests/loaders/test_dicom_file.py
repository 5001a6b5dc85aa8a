"""DICOM files of this machine."""

from __future__ import annotations

import concurrent.futures
import csv
import hashlib
import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from pydicom import uid as uids
from pydicom.data import get_testdata_file

from pycornerstone.errors import (
    DecodeError,
    ImageIdError,
    MetadataError,
    PyCornerstoneError,
    RetrieveError,
)
from pycornerstone.loaders.dicom_file import DicomFileLoader
from pycornerstone.loaders.part10_images import Part10Images, RecentFiles
from pycornerstone.loaders.protocol import ImageLoader, LoaderContext
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import GeneralSeriesModule, ImagePixelModule
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.testing.dicom_series import (
    RESCALE_INTERCEPT,
    TRANSFER_SYNTAXES,
    ct_series,
    secondary_capture,
)
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from pycornerstone.model.image import Image

PHANTOM = ct_phantom(3, 40, 48)


@pytest.fixture
def context() -> LoaderContext:
    metadata, headers = MetadataRegistry(), DicomHeaders()
    metadata.add_provider(headers.provide, -1000)
    return LoaderContext(metadata, headers, HttpRetriever())


@pytest.fixture
def loader(context) -> DicomFileLoader:
    return DicomFileLoader(context)


@pytest.fixture
def slices(tmp_path) -> list[Path]:
    paths = []
    for number, data in enumerate(ct_series(PHANTOM)):
        paths.append(tmp_path / f"{number}.dcm")
        paths[-1].write_bytes(data)
    return paths


@pytest.fixture
def captures(tmp_path) -> Path:
    """Three JPEG frames of 40 x 48 in one file."""
    path = tmp_path / "captures.dcm"
    path.write_bytes(secondary_capture(PHANTOM))
    return path


def without_meta(path: Path) -> bytes:
    """Give the data set of a file without preamble and file meta information."""
    data = path.read_bytes()
    return data[data.index(b"\x08\0\x05\0CS") :]


def load(loader: DicomFileLoader, image_id: str) -> Image:
    return loader.decode(loader.retrieve(image_id))


def jpeg_frames(path: Path) -> np.ndarray:
    return pydicom.dcmread(path).pixel_array


def test_it_is_a_loader(loader):
    assert isinstance(loader, ImageLoader)


@pytest.mark.parametrize("transfer_syntax_uid", TRANSFER_SYNTAXES)
def test_stored_values_are_those_that_were_written(loader, tmp_path, transfer_syntax_uid):
    for number, data in enumerate(ct_series(PHANTOM, transfer_syntax_uid)):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(data)
        image = load(loader, f"dicomfile:{path}")
        np.testing.assert_array_equal(image.pixels, PHANTOM.hounsfield[number] - RESCALE_INTERCEPT)
        assert image.image_id == f"dicomfile:{path}"
        assert image.transfer_syntax_uid == transfer_syntax_uid


def test_every_way_to_write_the_path_leads_to_the_file(loader, slices, monkeypatch):
    path = slices[1].rename(slices[1].with_name("head ct.dcm"))
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("HOME", str(path.parent))
    for image_id in (
        f"dicomfile:{path}",
        "dicomfile:head ct.dcm",
        f"dicomfile:{path.as_uri()}",
        f"dicomfile:{path}?frame=1",
        path.as_uri(),
        path.as_uri() + "?frame=1",
        f"file:{path.as_uri()[len('file://') :]}",
        *(["dicomfile:~/head ct.dcm"] if os.name != "nt" else []),
    ):
        image = load(loader, image_id)
        np.testing.assert_array_equal(image.pixels, PHANTOM.hounsfield[1] - RESCALE_INTERCEPT)


def test_frames_count_from_one(loader, captures):
    expected = jpeg_frames(captures)
    assert expected.shape == (3, 40, 48)
    for number in (1, 2, 3):
        image = load(loader, f"dicomfile:{captures}?frame={number}")
        # Baseline JPEG: another decoder's inverse DCT differs by 1.
        assert np.abs(image.pixels.astype(int) - expected[number - 1]).max() <= 1
    first = load(loader, f"dicomfile:{captures}")
    assert np.abs(first.pixels.astype(int) - expected[0]).max() <= 1


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ("4", "frame 4 was asked for, but there are 3; they count from 1"),
        ("0", "frame '0' of "),
        ("x", "frame 'x' of "),
        ("-1", "frame '-1' of "),
    ],
)
def test_a_frame_that_there_is_not_is_an_error(loader, captures, frame, message):
    with pytest.raises(ImageIdError) as caught:
        loader.retrieve(f"dicomfile:{captures}?frame={frame}")
    assert str(caught.value).startswith(message)


def test_a_single_frame_has_no_second_one(loader, slices):
    with pytest.raises(ImageIdError, match="frame 2 was asked for, but there are 1"):
        loader.retrieve(f"dicomfile:{slices[0]}?frame=2")


def test_the_header_is_known_from_then_on(context, loader, slices):
    image_id = f"dicomfile:{slices[0]}"
    assert context.metadata.get(GeneralSeriesModule, image_id) is None
    loader.retrieve(image_id)
    assert context.metadata.get(GeneralSeriesModule, image_id).modality == "CT"
    pixel = context.metadata.get(ImagePixelModule, image_id)
    assert (pixel.rows, pixel.columns, pixel.bits_stored) == (40, 48, 12)


def test_a_users_provider_has_its_say(context, loader, slices):
    # By hand: the same bytes read as signed, bits beyond the stored ones cut off.
    def signed(type_name, image_id):
        if type_name == "imagePixelModule":
            return ImagePixelModule(40, 48, bits_stored=12, high_bit=11, pixel_representation=1)
        return None

    context.metadata.add_provider(signed)
    image = load(loader, f"dicomfile:{slices[0]}")
    stored = PHANTOM.hounsfield[0].astype(int) - RESCALE_INTERCEPT
    np.testing.assert_array_equal(image.pixels, np.where(stored >= 2048, stored - 4096, stored))


def test_a_file_without_pixel_data_says_what_it_is(loader, tmp_path):
    plan = get_testdata_file("rtplan.dcm")
    path = tmp_path / "plan.dcm"
    shutil.copy(plan, path)
    with pytest.raises(DecodeError) as caught:
        loader.retrieve(f"dicomfile:{path}")
    assert str(caught.value).startswith(
        "the file holds no Pixel Data (7FE0,0010), so there is no image to load; its SOP class is "
        "RT Plan Storage (1.2.840.10008.5.1.4.1.1.481.5)"
    )


@pytest.mark.parametrize(
    ("sop_class", "syntax", "said"),
    [
        ("1.2.3\n4", "1.2.840.10008.1.2.1", r"is '1\.2\.3\\n4', its transfer syntax 1\.2\.840"),
        (
            "1.2.840.10008.5.1.4.1.1.2",
            "1.2.840.10008.1.2.4.94",
            r"is CT Image Storage \(1\.2.*\), its transfer syntax 1\.2\S*\.94 \(JPIP Referenced\)",
        ),
        ("1.2.3", "1.2.\x07", r"is '1\.2\.3', its transfer syntax '1\.2\.\\x07'"),
    ],
)
def test_what_it_says_of_a_file_without_pixel_data(loader, tmp_path, sop_class, syntax, said):
    def element(tag, vr, text):
        value = text.encode() + b"\0" * (len(text) % 2)
        return tag + vr + len(value).to_bytes(2, "little") + value

    path = tmp_path / "a.dcm"
    meta = element(b"\x02\0\x10\0", b"UI", syntax)
    path.write_bytes(bytes(128) + b"DICM" + meta + element(b"\x08\0\x16\0", b"UI", sop_class))
    with pytest.raises(DecodeError, match=said):
        loader.retrieve(f"dicomfile:{path}")


def test_without_a_sop_class_there_is_none_to_name(loader, tmp_path):
    path = tmp_path / "a.dcm"
    # A data set by hand, implicit little endian: (0008,0060) Modality, 2 bytes, "OT".
    path.write_bytes(bytes(128) + b"DICM" + bytes.fromhex("08006000 02000000") + b"OT")
    with pytest.raises(DecodeError, match="its SOP class is not given"):
        loader.retrieve(f"dicomfile:{path}")


def test_what_is_no_dicom_is_an_error(loader, tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    with pytest.raises(DecodeError, match="not DICOM"):
        loader.retrieve(f"dicomfile:{path}")


def test_a_missing_file_is_an_error(loader, tmp_path):
    with pytest.raises(RetrieveError, match=r"there is no file '.*a\.dcm'; check the path"):
        loader.retrieve(f"dicomfile:{tmp_path / 'a.dcm'}")
    with pytest.raises(RetrieveError, match="embedded null"):
        loader.retrieve("dicomfile:/a\0b")


def test_samples_that_nobody_describes_are_an_error(loader, tmp_path):
    dataset = pydicom.dcmread(io.BytesIO(ct_series(PHANTOM)[0]))
    del dataset.Rows
    path = tmp_path / "a.dcm"
    dataset.save_as(path)
    with pytest.raises(MetadataError, match=r"Rows|imagePixelModule"):
        loader.retrieve(f"dicomfile:{path}")


def test_frames_of_one_file_read_it_once(loader, captures, monkeypatch):
    read = []
    real = Path.open
    monkeypatch.setattr(
        Path, "open", lambda self, *a, **k: (read.append(self), real(self, *a, **k))[1]
    )
    for number in (1, 2, 3, 1):
        loader.retrieve(f"dicomfile:{captures}?frame={number}")
    assert read == [captures]


def test_a_file_that_changes_is_read_anew(loader, captures):
    image_id = f"dicomfile:{captures}?frame=2"
    before = load(loader, image_id)
    other = ct_phantom(3, 24, 32)
    replaced = captures.with_name("new.dcm")
    replaced.write_bytes(secondary_capture(other))
    replaced.replace(captures)
    after = load(loader, image_id)
    assert (before.pixels.shape, after.pixels.shape) == ((40, 48), (24, 32))


def test_a_header_that_was_forgotten_comes_back_with_the_next_frame(tmp_path, captures):
    # Another session's headers: the file is kept, its header is not there.
    metadata, headers = MetadataRegistry(), DicomHeaders()
    metadata.add_provider(headers.provide, -1000)
    first = LoaderContext(metadata, headers, HttpRetriever())
    loader = DicomFileLoader(first)
    loader.retrieve(f"dicomfile:{captures}?frame=1")
    images = loader._images(captures, f"dicomfile:{captures}")
    metadata, headers = MetadataRegistry(), DicomHeaders()
    metadata.add_provider(headers.provide, -1000)
    encoded = images.encoded_frame(
        f"dicomfile:{captures}?frame=3", LoaderContext(metadata, headers, HttpRetriever())
    )
    assert encoded.pixel.rows == 40
    assert f"dicomfile:{captures}" in headers


def test_many_threads_may_ask_at_once(loader, captures):
    expected = jpeg_frames(captures)
    ids = [f"dicomfile:{captures}?frame={1 + number % 3}" for number in range(60)]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        images = list(threads.map(lambda image_id: load(loader, image_id), ids))
    for number, image in enumerate(images):
        assert np.abs(image.pixels.astype(int) - expected[number % 3]).max() <= 1


class TestRecentFiles:
    """What is kept of files with several frames."""

    @pytest.fixture
    def make(self, context, loader, tmp_path):
        def make(frames: int, name: str) -> Part10Images:
            dataset = pydicom.dcmread(io.BytesIO(ct_series(ct_phantom(1, 8, 8))[0]))
            dataset.NumberOfFrames = frames
            dataset.PixelData = bytes(128 * frames)
            path = tmp_path / name
            dataset.save_as(path)
            return loader._images(path, f"dicomfile:{path}")

        return make

    def test_files_of_one_frame_are_not_kept(self, make):
        recent = RecentFiles()
        recent.put("a", make(1, "a"))
        assert recent.get("a") is None

    def test_the_bytes_are_bounded_and_the_longest_unused_goes_first(self, make):
        recent = RecentFiles(max_bytes=1000)
        files = {name: make(3, name) for name in "abc"}
        assert files["a"].size_in_bytes == 384
        recent.put("a", files["a"])
        recent.put("b", files["b"])
        assert recent.get("a") is files["a"]
        recent.put("c", files["c"])
        assert recent.get("b") is None
        assert recent.get("a") is files["a"]
        assert recent.get("c") is files["c"]

    def test_the_newest_is_kept_whatever_its_size(self, make):
        recent = RecentFiles(max_bytes=1000)
        small, large = make(2, "small"), make(20, "large")
        recent.put("small", small)
        recent.put("large", large)
        assert recent.get("large") is large
        assert recent.get("small") is None

    def test_the_files_are_counted(self, make):
        recent = RecentFiles(max_files=2)
        file = make(2, "a")
        for key in "abc":
            recent.put(key, file)
        assert [recent.get(key) is file for key in "abc"] == [False, True, True]

    def test_a_mapped_file_holds_no_memory(self, make):
        # 40,000 frames of 128 bytes: 5 MB, which is mapped.
        assert make(40_000, "mapped").size_in_bytes == 0


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_RLE.dcm",
        "image_dfl.dcm",
        "JPEG2000.dcm",
        "rtdose.dcm",
        "examples_palette.dcm",
        "SC_rgb_rle_2frame.dcm",
        "ExplVR_BigEnd.dcm",
    ],
)
def test_files_that_pydicom_brings_are_read_as_pydicom_reads_them(loader, name):
    path = get_testdata_file(name, download=False)
    dataset = pydicom.dcmread(path)
    frames = int(dataset.get("NumberOfFrames") or 1)
    expected = dataset.pixel_array
    expected = expected if frames > 1 else expected[np.newaxis]
    for number in range(1, frames + 1):
        image = load(loader, f"dicomfile:{path}?frame={number}")
        np.testing.assert_array_equal(image.pixels, expected[number - 1])


@pytest.mark.testdata
def test_real_files_have_the_stored_values_of_two_other_decoders(loader, testdata):
    with (testdata / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["kind"] == "dicom"
            and row["px_sha256"]
            and (row["px_by"] == "native" or row["px_agree"] == "yes")
            and row["photometric"] in {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB"}
        ]
    assert len(rows) > 100
    wrong = []
    for row in rows:
        image_id = f"dicomfile:{testdata / row['source'] / row['path']}"
        frames = int(row["frames"] or 1)
        digest = hashlib.sha256()
        try:
            for number in range(1, frames + 1):
                pixels = load(loader, f"{image_id}?frame={number}").pixels
                digest.update(np.ascontiguousarray(pixels).tobytes())
        except PyCornerstoneError as error:
            wrong.append(f"{image_id}: {error}")
            continue
        if digest.hexdigest() != row["px_sha256"]:
            wrong.append(f"{image_id}: other samples, {row['px_dtype']} {row['px_shape']}")
    assert wrong == []


def test_deflated_files_are_read(loader, tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(ct_series(PHANTOM, uids.DeflatedExplicitVRLittleEndian)[2])
    image = load(loader, f"dicomfile:{path}")
    np.testing.assert_array_equal(image.pixels, PHANTOM.hounsfield[2] - RESCALE_INTERCEPT)


@pytest.mark.parametrize("uid", [uids.JPEGLSLossless, uids.JPEG2000Lossless, uids.JPEGLosslessSV1])
def test_compressed_frames_tell_what_they_are_where_the_file_does_not(loader, tmp_path, uid):
    path = tmp_path / "a.dcm"
    path.write_bytes(ct_series(PHANTOM, uid)[0])
    path.write_bytes(without_meta(path))
    image = load(loader, f"dicomfile:{path}")
    np.testing.assert_array_equal(image.pixels, PHANTOM.hounsfield[0] - RESCALE_INTERCEPT)
    assert image.transfer_syntax_uid == uid


def test_compressed_frames_that_do_not_tell_are_an_error(loader, tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(ct_series(PHANTOM, uids.RLELossless)[0])
    path.write_bytes(without_meta(path))
    with pytest.raises(
        DecodeError, match=r"encapsulated, but \(0002,0010\) Transfer Syntax UID is"
    ):
        loader.retrieve(f"dicomfile:{path}")
