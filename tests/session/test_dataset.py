"""The whole data set of an image is there when it is asked for, wherever the image came from."""

from __future__ import annotations

import asyncio
import io
import pickle

import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

import pycornerstone as cs
from pycornerstone.testing import (
    MisbehavingServer,
    SampleServer,
    ct_phantom,
    ct_series,
    png_phantom,
)
from pycornerstone.testing.dicom_series import secondary_capture

PHANTOM = ct_phantom(slices=3, rows=300, columns=300)
PART10 = ct_series(PHANTOM)[0]
CAPTURES = secondary_capture(ct_phantom(slices=3, rows=32, columns=32))


def read(data: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(data))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(PART10)
    return path


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        server.answer("/a.dcm", body=PART10, content_type="application/dicom")
        yield server


def test_of_a_file_it_is_what_pydicom_reads(path):
    with cs.Session() as session:
        image = session.load_image(f"dicomfile:{path}").result(timeout=10)
    assert image.dataset == read(PART10)
    assert image.dataset.file_meta == read(PART10).file_meta
    assert image.dataset is image.dataset
    np.testing.assert_array_equal(image.dataset.pixel_array, image.pixels)


def test_of_a_file_pixel_data_stay_in_it_until_they_are_asked_for(path):
    with cs.Session() as session:
        dataset = session.load_image(f"dicomfile:{path}").result(timeout=10).dataset
    path.unlink()
    assert dataset.Rows == 300
    with pytest.raises(OSError, match=r"Deferred read -- original file .* is missing"):
        _ = dataset.PixelData


def test_a_deflated_file_is_read_whole(tmp_path):
    dataset = read(PART10)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    pydicom.dcmwrite(tmp_path / "a.dcm", dataset)
    with cs.Session() as session:
        image = session.load_image(f"dicomfile:{tmp_path / 'a.dcm'}").result(timeout=10)
    np.testing.assert_array_equal(image.dataset.pixel_array, image.pixels)


def test_all_frames_of_a_file_have_one(tmp_path):
    (tmp_path / "a.dcm").write_bytes(CAPTURES)
    image_id = f"dicomfile:{tmp_path / 'a.dcm'}"
    with cs.Session() as session:
        first, last = (
            session.load_image(f"{image_id}?frame={number}").result(timeout=10) for number in (1, 3)
        )
    assert first.dataset is last.dataset
    assert first.dataset.NumberOfFrames == 3


def test_an_image_that_was_changed_or_pickled_has_it_still(path):
    with cs.Session() as session:
        image = session.load_image(f"dicomfile:{path}").result(timeout=10)
    assert image.replace(modality="OT").dataset is image.dataset
    assert pickle.loads(pickle.dumps(image)).dataset == image.dataset


def test_a_file_that_is_gone_is_an_error_that_names_the_image(path):
    with cs.Session() as session:
        image = session.load_image(f"dicomfile:{path}").result(timeout=10)
    path.unlink()
    with pytest.raises(cs.RetrieveError, match="could not be read again: No such file") as caught:
        _ = image.dataset
    assert caught.value.image_id == f"dicomfile:{path}"


def test_over_http_it_is_fetched_when_it_is_asked_for_and_once(server):
    with cs.Session() as session:
        image = session.load_image(f"wadouri:{server.url('/a.dcm')}").result(timeout=10)
        assert server.requests() == 1
        assert image.dataset == read(PART10)
        assert image.dataset is image.dataset
        assert server.requests() == 2


def test_over_http_it_may_be_asked_for_in_another_event_loop(server):
    async def ask() -> pydicom.Dataset:
        with cs.Session() as session:
            image = await session.load_image(f"wadouri:{server.url('/a.dcm')}")
            return await asyncio.to_thread(lambda: image.dataset)

    assert asyncio.run(ask()) == read(PART10)


def test_what_the_server_says_meanwhile_is_an_error_without_its_password(server):
    with cs.Session() as session:
        url = server.url("/a.dcm") + "?token=secret"
        server.answer("/a.dcm?token=secret", body=PART10)
        image = session.load_image(f"wadouri:{url}").result(timeout=10)
        server.answer("/a.dcm?token=secret", status=404)
        server.answer("/a.dcm", status=404)
        with pytest.raises(cs.HttpStatusError) as caught:
            _ = image.dataset
        assert "secret" not in str(caught.value)
        assert "token=..." in str(caught.value.image_id)


def test_a_closed_session_fetches_nothing(server):
    with cs.Session() as session:
        image = session.load_image(f"wadouri:{server.url('/a.dcm')}").result(timeout=10)
    with pytest.raises(cs.SessionClosedError, match="the session is closed, and this has to be"):
        _ = image.dataset


def test_the_thread_that_fetches_does_not_wait_for_itself(server):
    with cs.Session() as session:
        image = session.load_image(f"wadouri:{server.url('/a.dcm')}").result(timeout=10)

        async def ask(_image_id: str) -> cs.Image:
            with pytest.raises(
                cs.MetadataError, match=r"ask for it in another.* asyncio.to_thread"
            ):
                _ = image.dataset
            return image

        session.register_image_loader("asks", ask)
        session.load_image("asks:a").result(timeout=10)


def test_of_wado_rs_there_is_what_the_metadata_hold():
    with SampleServer(ct_series(PHANTOM)) as server, cs.Session() as session:
        image = session.load_image(server.image_ids("wadors")[0]).result(timeout=10)
        requests = server.requests()
        dataset = image.dataset
        assert server.requests() == requests
    expected = read(PART10)
    del expected.PixelData
    for element in expected:
        assert dataset[element.tag] == element
    assert "PixelData" not in dataset


def test_what_did_not_come_from_dicom_has_none(tmp_path):
    (tmp_path / "a.png").write_bytes(png_phantom(PHANTOM, 0))
    with cs.Session() as session:
        session.register_image_loader("zeros", lambda i: cs.Image(i, np.zeros((2, 2))))
        image = session.load_image("zeros:a").result(timeout=10)
    with pytest.raises(cs.MetadataError, match="the image has no DICOM data set") as caught:
        _ = image.dataset
    assert caught.value.image_id == "zeros:a"


def test_a_loader_may_give_its_own():
    dataset = pydicom.Dataset()
    assert cs.Image("a:b", np.zeros((2, 2)), dataset_source=lambda: dataset).dataset is dataset
