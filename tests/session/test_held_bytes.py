"""Files that are in memory, loaded like those on a disk; and how large what is loaded may be."""

from __future__ import annotations

import asyncio
import base64
import gc
import gzip
import io
import pickle
import weakref
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

import pycornerstone as cs
from pycornerstone.retrieve.sources import Source
from pycornerstone.testing import ct_phantom, ct_series, nifti_phantom, png_phantom

PHANTOM = ct_phantom(3, 40, 48)
FRAMES = Path(get_testdata_file("SC_rgb_rle_2frame.dcm"))


@pytest.fixture
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture(autouse=True)
def _fresh_default_session():
    cs.close_default_session()
    yield
    cs.close_default_session()
    cs.configure_default_session()


def in_memory(session, data, kind):
    """Give an address of bytes, in both ways there are."""
    if kind == "held":
        return session.hold_bytes(data)
    return "data:application/octet-stream;base64," + base64.b64encode(data).decode()


KINDS = pytest.mark.parametrize("kind", ["held", "data"])


@KINDS
def test_a_picture_in_memory_is_loaded(session, kind, tmp_path):
    png = png_phantom(PHANTOM, 1)
    (tmp_path / "a.png").write_bytes(png)
    expected = session.load_image(f"web:{tmp_path / 'a.png'}").result(20)
    image = session.load_image(f"web:{in_memory(session, png, kind)}").result(20)
    assert np.array_equal(image.pixels, expected.pixels)


@KINDS
def test_a_nifti_file_in_memory_is_loaded(session, kind, tmp_path):
    nifti = nifti_phantom(PHANTOM)
    (tmp_path / "a.nii.gz").write_bytes(nifti)
    expected = session.load_image(f"nifti:{tmp_path / 'a.nii.gz'}?frame=2").result(20)
    image = session.load_image(f"nifti:{in_memory(session, nifti, kind)}?frame=2").result(20)
    assert np.array_equal(image.pixels, expected.pixels)


@KINDS
def test_a_dicom_file_in_memory_is_loaded(session, kind):
    (*_, instance) = ct_series(PHANTOM)
    image_id = f"dicomfile:{in_memory(session, instance, kind)}"
    expected = pydicom.dcmread(io.BytesIO(instance))
    image = session.load_image(image_id).result(20)
    assert np.array_equal(image.pixels, expected.pixel_array)
    assert np.array_equal(session.load_array([image_id]).result(20)[0], expected.pixel_array)
    plane = session.metadata.require(cs.ImagePlaneModule, image_id)
    assert plane.rows == expected.Rows
    # Another process has not what this session holds, but the image brings its file with it.
    assert image.dataset.PatientID == expected.PatientID
    assert pickle.loads(pickle.dumps(image)).dataset.SOPInstanceUID == expected.SOPInstanceUID


@KINDS
def test_frames_of_a_dicom_file_in_memory_count_from_1(session, kind):
    address = in_memory(session, FRAMES.read_bytes(), kind)
    expected = pydicom.dcmread(FRAMES).pixel_array
    image_ids = [f"dicomfile:{address}?frame={number}" for number in (1, 2)]
    for image_id, frame in zip(image_ids, expected, strict=True):
        assert np.array_equal(session.load_image(image_id).result(20).pixels, frame)
    assert np.array_equal(session.load_array(image_ids).result(20), expected)
    with pytest.raises(cs.ImageIdError, match="frame 3"):
        session.load_image(f"dicomfile:{address}?frame=3").result(20)


def test_a_dicom_file_that_is_not_on_this_machine_is_an_error_that_says_what_to_do(session):
    with pytest.raises(cs.RetrieveError) as caught:
        session.load_image("dicomfile:s3://key:secret@bucket/a.dcm").result(20)
    assert caught.value.message == (
        "s3://bucket/a.dcm is no file of this machine; use 'wadouri:' for a web address, or read "
        "the file and give its bytes to hold_bytes"
    )


@pytest.mark.parametrize("scheme", ["web", "nifti", "dicomfile"])
def test_what_was_released_is_an_error_for_every_loader(session, scheme):
    address = session.hold_bytes(FRAMES.read_bytes())
    if scheme == "dicomfile":
        session.load_image(f"dicomfile:{address}?frame=1").result(20)
    session.release_bytes(address)
    session.release_bytes(address)
    with pytest.raises(cs.RetrieveError) as caught:
        session.load_image(f"{scheme}:{address}").result(20)
    assert caught.value.message == (
        f"{address} is not held by this session; give the bytes to hold_bytes again, and use the "
        "address that it gives"
    )


def test_what_was_made_of_a_dicom_file_is_forgotten_with_its_bytes(session):
    data = Buffer(FRAMES.read_bytes())
    gone = weakref.ref(data)
    address = session.hold_bytes(data)
    session.load_image(f"dicomfile:{address}?frame=1").result(20)
    del data
    assert gone() is not None
    session.release_bytes(address)
    gc.collect()
    assert gone() is None
    with pytest.raises(cs.RetrieveError, match="is not held by this session"):
        session.load_image(f"dicomfile:{address}?frame=2").result(20)


def test_what_is_released_while_it_is_opened_is_not_kept(session):
    data = gzip.compress(gzip.decompress(nifti_phantom(PHANTOM)))
    files = session.loaders.find("nifti")._files

    async def released_after(steps, address):
        opening = asyncio.create_task(files.bring(Source.parse(address)))
        for _ in range(steps):
            await asyncio.sleep(0)
        is_under_way = not opening.done()
        session.release_bytes(address)
        try:
            return (await opening).volume.was_compressed and is_under_way
        except cs.RetrieveError:
            return False

    were_opened = []
    for steps in range(12):
        address = session.hold_bytes(data)
        were_opened.append(asyncio.run(released_after(steps, address)))
        assert files._kept.get(address) is None
    # Some were released before their bytes were looked at, and some after.
    assert set(were_opened) == {False, True}


def test_images_that_were_loaded_stay_when_their_bytes_are_released(session):
    address = session.hold_bytes(png_phantom(PHANTOM, 1))
    image = session.load_and_cache_image(f"web:{address}").result(20)
    session.release_bytes(address)
    assert session.load_and_cache_image(f"web:{address}").result(20) is image


def test_two_sessions_do_not_see_each_others_bytes(session):
    png = png_phantom(PHANTOM, 1)
    with cs.Session() as other:
        address = session.hold_bytes(png)
        assert other.hold_bytes(png) != address
        with pytest.raises(cs.RetrieveError, match="is not held by this session"):
            other.load_image(f"web:{address}").result(20)
        assert session.load_image(f"web:{address}").result(20).rows == 40


class Buffer(bytearray):
    """A bytearray that can be referred to weakly."""


def test_a_closed_session_holds_nothing_and_takes_nothing():
    session = cs.Session()
    data = Buffer(b"abc")
    gone = weakref.ref(data)
    session.hold_bytes(data)
    del data
    assert gone() is not None
    session.close()
    assert gone() is None
    with pytest.raises(cs.SessionClosedError):
        session.hold_bytes(b"abc")


def test_what_is_no_bytes_is_an_error(session):
    with pytest.raises(cs.LoaderError, match="the bytes of a file are wanted, got str"):
        session.hold_bytes("abc")


def test_the_default_session_holds_bytes_too():
    address = cs.hold_bytes(png_phantom(PHANTOM, 1))
    assert cs.load_image(f"web:{address}").result(20).columns == 48


@pytest.mark.parametrize("name", ["picture_bytes", "volume_bytes"])
def test_limits_are_at_least_1(name):
    for value in (0, -1):
        with pytest.raises(ValueError, match=f"^{name} must be at least 1, got {value}$"):
            cs.LoadLimits(**{name: value})
    assert getattr(cs.LoadLimits(**{name: 1}), name) == 1


@pytest.mark.parametrize("name", ["picture_bytes", "volume_bytes"])
@pytest.mark.parametrize("value", [1.5, "1", None, True])
def test_limits_are_whole_numbers(name, value):
    with pytest.raises(TypeError) as caught:
        cs.LoadLimits(**{name: value})
    assert str(caught.value) == f"{name} must be a whole number of bytes, got {value!r}"


# 40 rows of 48 columns and a byte each; 3 slices of 2 bytes behind a header of 352 (NIfTI-1).
PICTURE, VOLUME = 40 * 48, 352 + 3 * 40 * 48 * 2


def loaded(load_image, hold_bytes):
    """Load a picture and a volume, and say of both what became of them."""
    held = {
        "web": hold_bytes(png_phantom(PHANTOM, 1)),
        "nifti": hold_bytes(nifti_phantom(PHANTOM)),
    }
    results = []
    for scheme, address in held.items():
        try:
            results.append(load_image(f"{scheme}:{address}").result(20).rows)
        except cs.DecodeError:
            results.append("refused")
    return results


@pytest.mark.parametrize(
    ("limits", "rows"),
    [
        (None, [40, 40]),
        (cs.LoadLimits(PICTURE, VOLUME), [40, 40]),
        (cs.LoadLimits(PICTURE - 1, VOLUME), ["refused", 40]),
        (cs.LoadLimits(PICTURE, VOLUME - 1), [40, "refused"]),
    ],
)
def test_limits_hold_for_a_session_and_for_the_default_one(limits, rows):
    with cs.Session(limits=limits) as session:
        assert loaded(session.load_image, session.hold_bytes) == rows
    cs.configure_default_session(limits=limits)
    assert loaded(cs.load_image, cs.hold_bytes) == rows
