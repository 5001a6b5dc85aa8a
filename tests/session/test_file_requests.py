"""Which images a file has: however it is called, and whatever becomes of its list."""

from __future__ import annotations

import base64
import gc
import mmap
import os
import sys
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.testing import ct_phantom, nifti_phantom, png_phantom

PHANTOM = ct_phantom(3, 40, 48)
PNG, NIFTI = png_phantom(PHANTOM, 1), nifti_phantom(PHANTOM)


@pytest.fixture
def session():
    with cs.Session() as session:
        yield session


class Buffer(bytearray):
    """A bytearray that can be referred to weakly."""


NAMES = [
    "a b#c?d%20&e.nii",
    "\u00e4.nii",
    "~a.nii",
    "a#frame=2",
    "a?frame=2&axis=i",
    "frame=2.nii",
    "data:,a",
    "bytes:1",
    "zip::a.nii",
    "web:a.nii",
    "file:a.nii",
    "local:a.nii",
    "http:a.nii",
    *(["caf\udce9.nii"] if sys.platform == "linux" else []),
]


@pytest.mark.skipif(os.name == "nt", reason="names that Windows has not")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_absolute", [True, False])
def test_a_path_is_the_file_of_that_name_whatever_it_looks_like(
    session, tmp_path, monkeypatch, name, is_absolute
):
    monkeypatch.chdir(tmp_path)
    # Under that address, another file is held.
    session.hold_bytes(b"abc")
    path = tmp_path / name if is_absolute else Path(name)
    path.write_bytes(PNG)
    (image_id,) = session.image_ids_from_web(path).result(20)
    assert session.load_image(image_id).result(20).columns == 48
    path.write_bytes(NIFTI)
    image_ids = session.image_ids_from_nifti(path).result(20)
    assert len(image_ids) == 3
    assert session.load_image(image_ids[2]).result(20).columns == 48
    assert session.metadata.require(cs.ImagePlaneModule, image_ids[2]).columns == 48


def test_a_path_of_bytes_is_one_too(session, tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    (entry,) = os.scandir(os.fsencode(tmp_path))
    assert session.image_ids_from_web(entry).result(20) == [f"web:{tmp_path / 'a.png'}"]


def test_anything_with_bytes_is_a_file(session, tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    with (tmp_path / "a.png").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    for data in (mapped, np.frombuffer(PNG, np.uint8), bytearray(PNG)):
        (image_id,) = session.image_ids_from_web(data).result(20)
        assert session.load_image(image_id).result(20).columns == 48


@pytest.mark.parametrize("source", [7, None, ["a.nii"]])
def test_what_is_neither_path_nor_bytes_is_an_error(session, source):
    with pytest.raises(cs.LoaderError) as caught:
        session.image_ids_from_nifti(source)
    assert str(caught.value) == (
        f"a path, an address or bytes are wanted, got {type(source).__name__}"
    )


@pytest.fixture
def address(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(NIFTI)
    return str(tmp_path / "a.nii.gz")


def test_the_scheme_may_stand_before_the_address(session, address):
    listed = session.image_ids_from_nifti(address).result(20)
    assert session.image_ids_from_nifti(f"nifti:{address}").result(20) == listed
    assert session.image_ids_from_nifti(listed[2]).result(20) == listed


@pytest.mark.parametrize(
    "points", [0, np.int64(0), np.array(0), [0], np.array([0]), range(1), iter([0])]
)
def test_time_points_are_one_or_several_of_any_kind(session, address, points):
    listed = session.image_ids_from_nifti(address).result(20)
    assert session.image_ids_from_nifti(address, time_points=points).result(20) == listed


@pytest.mark.parametrize("points", [1.5, [1.5], "0", -1, np.array([0, 1])])
def test_a_time_point_that_is_none_is_an_error(session, address, points):
    with pytest.raises(cs.ImageIdError, match="it has 1, numbered from 0 to 0"):
        session.image_ids_from_nifti(address, time_points=points).result(20)


@pytest.mark.parametrize("axis", [None, "K", "", ["k"], 0])
def test_an_axis_that_is_none_is_an_error(session, address, axis):
    with pytest.raises(ValueError, match="slices are cut across axis 'i', 'j' or 'k', got"):
        session.image_ids_from_nifti(address, axis=axis)


def waited_for(is_gone):
    """Wait for what a thread of the session does."""
    end = time.monotonic() + 10
    while not is_gone() and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
    return is_gone()


@pytest.mark.parametrize("name", ["image_ids_from_nifti", "image_ids_from_web"])
def test_bytes_that_have_no_images_are_not_held(session, name):
    data = Buffer(b"no image of any kind")
    gone = weakref.ref(data)
    request = getattr(session, name)(data)
    with pytest.raises(cs.DecodeError):
        request.result(20)
    del data, request
    assert waited_for(lambda: gone() is None)


def test_bytes_that_have_images_are_held(session):
    (first, *_) = session.image_ids_from_nifti(NIFTI).result(20)
    assert session.load_image(first).result(20).columns == 48
    session.release_bytes(first.removeprefix("nifti:").partition("?")[0])
    with pytest.raises(cs.RetrieveError, match="is not held by this session"):
        session.load_image(first).result(20)


def test_a_long_data_address_is_not_repeated_in_each_of_its_image_ids(session):
    # Half a megabyte that no compression makes short.
    voxels = np.random.default_rng(5).integers(0, 2**16, (100, 50, 50)).astype("<u2")
    header = np.zeros(352, np.uint8)
    header.view("<i4")[0] = 348
    header[40:48].view("<u2")[:] = (3, 50, 50, 100)
    header[70:74].view("<u2")[:] = (512, 16)
    header[76:92].view("<f4")[:] = 1
    header[108:112].view("<f4")[:] = 352
    header[344:348] = list(b"n+1\0")
    file = header.tobytes() + voxels.tobytes()
    address = "data:application/octet-stream;base64," + base64.b64encode(file).decode()
    image_ids = session.image_ids_from_nifti(address).result(20)
    assert len(image_ids) == 100
    assert sum(map(len, image_ids)) < len(address)
    assert np.array_equal(session.load_image(image_ids[7]).result(20).pixels, voxels[7])


def test_a_long_data_address_that_is_none_is_an_error_of_its_list(session):
    request = session.image_ids_from_web("data:image/png;base64," + "?" * 70_000)
    with pytest.raises(cs.RetrieveError, match="are not base64"):
        request.result(20)


@pytest.mark.parametrize("scheme", ["nifti", "web"])
def test_a_list_that_fails_says_of_which_file(tmp_path, scheme):
    path = tmp_path / "broken.nii"
    path.write_bytes(b"no file of any kind")
    with cs.Session() as session:
        ask = session.image_ids_from_nifti if scheme == "nifti" else session.image_ids_from_web
        with pytest.raises(cs.DecodeError) as raised:
            ask(path).result(20)
    assert raised.value.image_id == f"{scheme}:{path}"
