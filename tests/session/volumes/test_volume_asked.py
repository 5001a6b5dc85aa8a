"""Tests of how volumes are asked for: display sets, names, steps, files, and what is missing."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pydicom
import pytest

import pycornerstone as cs
from pycornerstone.errors import GeometryError, ImageIdError, LoaderError
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.session.session import Session
from pycornerstone.session.volumes.volume_memory import VolumeMemory
from pycornerstone.testing import SampleServer, ct_phantom, ct_series
from pycornerstone.testing.dicom_series import write_ct_series

PHANTOM = ct_phantom(slices=9, rows=32, columns=24)
STORED = PHANTOM.hounsfield.astype(int) + 1024


@pytest.fixture
def session():
    with Session(decode_threads=1) as session:
        yield session


@pytest.fixture
def paths(tmp_path):
    return write_ct_series(tmp_path / "ct", PHANTOM)


@pytest.fixture
def image_ids(paths):
    return [f"dicomfile:{path}" for path in paths]


def test_a_display_set_becomes_the_volume_of_its_images(session, tmp_path, paths):
    (display_set,) = session.open_display_sets(tmp_path / "ct").result(20)
    assert display_set.kind is DisplaySetKind.VOLUME

    volume = session.load_volume(display_set).result(10)

    np.testing.assert_array_equal(volume.voxels, STORED)
    np.testing.assert_allclose(volume.affine, PHANTOM.affine, atol=1e-6)
    assert session.load_volume(display_set.image_ids[::-1]).result(5) is volume
    with pytest.raises(GeometryError, match="nothing tells points in time apart"):
        session.load_volume_series(display_set).result(10)


def test_a_display_set_of_a_server_becomes_its_volume(session):
    with SampleServer(ct_series(PHANTOM)) as server:
        study = str(pydicom.dcmread(io.BytesIO(ct_series(PHANTOM)[0])).StudyInstanceUID)
        source = f"{server.dicomweb_url}/studies/{study}"
        (display_set,) = session.open_display_sets(source).result(20)

        volume = session.load_volume(display_set).result(20)

    np.testing.assert_array_equal(volume.voxels, STORED)


@pytest.mark.parametrize("order", [np.int64(3), np.uint8(3), 3])
def test_the_slice_to_begin_at_may_be_any_whole_number(session, image_ids, order):
    assert session.load_volume(image_ids, order=order).result(10).shape == (9, 32, 24)


@pytest.mark.parametrize("order", [[1, 2], 1.5, None, "from_the_top"])
def test_an_order_that_is_none_is_refused_and_told_which_there_are(session, image_ids, order):
    with pytest.raises(ValueError, match="there are middle_out, interleaved, sequential"):
        session.load_volume(image_ids, order=order).result(10)


@pytest.mark.parametrize("steps", [2, (2, 2), (1, 1, 0), (1, 1, 1.5), (1, 1, 1, 1), "abc", None])
def test_steps_that_are_none_are_refused(session, image_ids, steps):
    with pytest.raises(GeometryError, match="three whole numbers of at least 1"):
        session.load_volume(image_ids, decimate=steps).result(10)


@pytest.mark.parametrize("given", [5, [1], "", 2.5])
def test_a_file_that_is_no_path_is_refused(session, image_ids, given):
    with pytest.raises(LoaderError, match='True, "auto" or the path'):
        session.load_volume(image_ids, memory_map=given).result(10)


@pytest.mark.parametrize("source", [5, None, [1, 2], [["a:1"]], [None]])
def test_what_is_no_list_of_image_ids_is_refused(session, source):
    for load in (session.load_volume(source), session.load_volume_series(source)):
        with pytest.raises(ImageIdError, match="imageId"):
            load.result(10)


def test_a_volume_id_is_text(session, image_ids):
    with pytest.raises(LoaderError, match="a volumeId is text, got int"):
        session.load_volume(image_ids, volume_id=7).result(10)


def test_a_name_that_other_images_had_gives_those_that_are_asked_for(session, image_ids):
    first = session.load_volume(image_ids[:5], volume_id="mine").result(10)
    assert session.load_volume(image_ids[:5], volume_id="mine").result(10) is first

    other = session.load_volume(image_ids[5:], volume_id="mine").result(10)
    np.testing.assert_array_equal(other.voxels, STORED[5:])
    assert session.cache.get_volume("mine") is other

    small = session.load_volume(image_ids[5:], volume_id="mine", decimate=(2, 4, 1)).result(10)
    np.testing.assert_array_equal(small.voxels, STORED[5:, ::4, ::2])


def test_two_who_ask_for_others_by_one_name_at_once_get_their_own(session, image_ids):
    parts = image_ids[:5], image_ids[5:]
    loads = [session.load_volume(part, volume_id="mine") for part in parts]

    for load, expected in zip(loads, (STORED[:5], STORED[5:]), strict=True):
        np.testing.assert_array_equal(load.result(10).voxels, expected)


def test_a_file_that_was_asked_for_is_made_whoever_else_has_the_volume(
    session, image_ids, tmp_path
):
    session.load_volume(image_ids).result(10)
    paths = [tmp_path / "a.raw", tmp_path / "b.raw"]

    for load in [session.load_volume(image_ids, memory_map=path) for path in paths]:
        load.result(10)

    for path in paths:
        np.testing.assert_array_equal(np.fromfile(path, np.uint16).reshape(9, 32, 24), STORED)


def test_a_load_that_fails_leaves_no_file(session, image_ids, tmp_path, paths):
    load = session.load_volume(image_ids, memory_map=tmp_path / "a.raw")
    load.result(10)
    session.cache.purge()
    whole = paths[3].read_bytes()
    paths[3].write_bytes(whole[:-100])

    with pytest.raises(cs.DecodeError):
        session.load_volume(image_ids, memory_map=tmp_path / "b.raw").result(10)

    assert (tmp_path / "a.raw").exists()
    assert not (tmp_path / "b.raw").exists()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="files are sparse here")
def test_a_file_has_all_of_its_room_before_it_is_written_to(session, tmp_path):
    path = tmp_path / "a.raw"

    array = VolumeMemory(session.cache, path).new_array((64, 64, 64), np.dtype(np.int16))

    assert not array.any()
    assert path.stat().st_blocks * 512 >= array.nbytes == path.stat().st_size


@pytest.mark.parametrize("header", [None, b"no DICOM"])
def test_images_without_a_header_are_left_out_on_request(session, image_ids, paths, header):
    last = Path(paths[8])
    last.unlink()
    if header is not None:
        last.write_bytes(header)

    with pytest.raises(cs.PyCornerstoneError) as caught:
        session.load_volume(image_ids).result(10)
    load = session.load_volume(image_ids, allow_missing=True)

    np.testing.assert_array_equal(load.result(10).voxels, STORED[:8])
    assert caught.value.image_id == image_ids[8]
    assert list(load.failed) == [image_ids[8]]
    assert session.cache.volume_ids() == []


def test_without_any_header_the_load_fails(session, image_ids, paths):
    for path in paths:
        Path(path).unlink()

    with pytest.raises(cs.RetrieveError, match="there is no file"):
        session.load_volume(image_ids, allow_missing=True).result(10)


def test_a_hole_that_a_missing_header_leaves_is_resampled_on_request(session, image_ids, paths):
    Path(paths[4]).unlink()

    with pytest.raises(GeometryError):
        session.load_volume(image_ids, allow_missing=True).result(10)
    volume = session.load_volume(image_ids, allow_missing=True, resample=True).result(10)

    assert volume.shape == (9, 32, 24)
    # Halfway between its neighbours.
    np.testing.assert_allclose(volume.voxels[4], (STORED[3] + STORED[5]) / 2, atol=0.5)


def test_a_preview_of_images_whose_places_come_last_takes_no_more_room(paths):
    with SampleServer(ct_series(PHANTOM)) as server:
        image_ids = server.image_ids("wadouri")
        size = 9 * 32 * 24 * 2
        # Room for one image beside the preview, not for all images.
        with Session(cache_size_in_bytes=size // 2, decode_threads=1) as session:
            load = session.load_volume(image_ids, decimate=(2, 4, 3))
            volume = load.result(20)

    np.testing.assert_array_equal(volume.voxels, STORED[::3, ::4, ::2])
    np.testing.assert_allclose(volume.affine[:3, :3], PHANTOM.affine[:3, :3] * (2, 4, 3))
    assert load.number_done == load.number_of_images == 3


def test_a_volume_of_a_loader_that_does_not_fit_is_its_callers_alone():
    voxels = np.zeros((4, 40, 40), np.int16)
    with Session(cache_size_in_bytes=1000, decode_threads=1) as session:
        session.register_volume_loader("mine", lambda name: cs.Volume(name, voxels))

        volume = session.load_volume("mine:a").result(10)

        assert np.shares_memory(volume.voxels, voxels)
        assert session.cache.volume_ids() == []
