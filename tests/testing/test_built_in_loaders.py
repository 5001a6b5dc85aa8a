"""What comes with pycornerstone keeps the promise that is asked of everyone else's loaders."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames

from pycornerstone.errors import (
    ContentTypeError,
    DecodeError,
    HttpStatusError,
    PyCornerstoneError,
    TransferError,
)
from pycornerstone.retrieve.http import HttpSettings
from pycornerstone.session.session import Session
from pycornerstone.testing import (
    LoaderContract,
    MisbehavingServer,
    SampleServer,
    ct_phantom,
    ct_series,
    nifti_phantom,
    png_phantom,
)

PHANTOM = ct_phantom(3, 48, 64)
JPEG_LS = "1.2.840.10008.1.2.4.80"
SERIES = ct_series(PHANTOM, JPEG_LS)
STORED = PHANTOM.hounsfield + 1024


def with_a_broken_frame() -> bytes:
    image = pydicom.dcmread(io.BytesIO(ct_series(PHANTOM, JPEG_LS, series_number=9)[0]))
    frame = next(generate_frames(image.PixelData, number_of_frames=1))
    image.PixelData = encapsulate([frame[:200]])
    buffer = io.BytesIO()
    image.save_as(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def server():
    files = {
        "a.png": png_phantom(PHANTOM, 1, bits=16),
        "broken.png": png_phantom(PHANTOM)[:100],
        "a.nii.gz": nifti_phantom(PHANTOM),
        "broken.nii": nifti_phantom(PHANTOM, compressed=False)[:400],
        "broken.dcm": SERIES[1][:-2000],
    }
    with SampleServer([*SERIES, with_a_broken_frame()], files) as server:
        yield server


class Contract(LoaderContract):
    expected_error = PyCornerstoneError

    @pytest.fixture
    def loader(self):
        return None

    @pytest.fixture
    def expected_pixels(self):
        return STORED[1]


class TestDicomFile(Contract):
    @pytest.fixture
    def image_id(self, tmp_path):
        (tmp_path / "a.dcm").write_bytes(SERIES[1])
        return f"dicomfile:{tmp_path / 'a.dcm'}"

    @pytest.fixture
    def missing_image_id(self, tmp_path):
        return f"dicomfile:{tmp_path / 'missing.dcm'}"

    @pytest.fixture
    def broken_image_id(self, tmp_path):
        (tmp_path / "broken.dcm").write_bytes(SERIES[1][:-2000])
        return f"dicomfile:{tmp_path / 'broken.dcm'}"


class TestWadoUri(Contract):
    @pytest.fixture
    def image_id(self, server):
        return server.image_ids("wadouri")[1]

    @pytest.fixture
    def missing_image_id(self, server):
        return server.image_ids("wadouri")[1].replace("objectUID=", "objectUID=1")

    @pytest.fixture
    def broken_image_id(self, server):
        return "wadouri:" + server.url("/files/broken.dcm")


class TestWadoRs(Contract):
    @pytest.fixture
    def image_id(self, server):
        return server.image_ids("wadors")[1]

    @pytest.fixture
    def missing_image_id(self, server):
        return server.image_ids("wadors")[1].replace("/instances/", "/instances/1")

    @pytest.fixture
    def broken_image_id(self, server):
        return server.image_ids("wadors")[-1]


class TestWeb(Contract):
    @pytest.fixture
    def image_id(self, server):
        return "web:" + server.url("/files/a.png")

    @pytest.fixture
    def missing_image_id(self, server):
        return "web:" + server.url("/files/missing.png")

    @pytest.fixture
    def broken_image_id(self, server):
        return "web:" + server.url("/files/broken.png")


class TestNifti(Contract):
    @pytest.fixture
    def image_id(self, server):
        return server.image_ids("nifti")[1]

    @pytest.fixture
    def expected_pixels(self):
        return PHANTOM.hounsfield[1]

    @pytest.fixture
    def missing_image_id(self, server):
        return "nifti:" + server.url("/files/missing.nii")

    @pytest.fixture
    def broken_image_id(self, server):
        return "nifti:" + server.url("/files/broken.nii")


@pytest.fixture
def misbehaving():
    with MisbehavingServer() as server:
        yield server


@pytest.mark.parametrize("scheme", ["web", "wadouri", "nifti"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 404}, HttpStatusError),
        ({"status": 500}, HttpStatusError),
        ({"body": bytes(10_000), "cut_after": 5000}, TransferError),
        ({"body": bytes(10_000), "cut_after": 5000, "chunked": True}, TransferError),
        ({"drop": True}, TransferError),
        ({"body": b"<html></html>", "content_type": "text/html"}, ContentTypeError),
        ({"body": b"no image at all" * 100}, DecodeError),
        ({"body": b""}, (DecodeError, ContentTypeError)),
    ],
)
def test_a_misbehaving_server_is_a_typed_error_every_time(misbehaving, scheme, answer, error):
    misbehaving.answer("/a", **answer)
    image_id = f"{scheme}:{misbehaving.url('/a')}"
    with Session(http=HttpSettings(backoff_s=0.01)) as session:
        for _ in range(2):
            found = session.load_and_cache_image(image_id).exception(timeout=10)
            assert isinstance(found, error), repr(found)
            assert found.image_id == image_id
        assert session.cache.get(image_id) is None
    assert misbehaving.requests("/a") >= 2


@pytest.mark.parametrize("answer", [{"hang": True}, {"body": bytes(10_000), "bytes_per_s": 100}])
def test_a_cancelled_load_hangs_up(misbehaving, answer):
    misbehaving.answer("/a", **answer)
    with Session() as session:
        load = session.load_image(f"web:{misbehaving.url('/a')}")
        misbehaving.wait_until(lambda: misbehaving.requests("/a") == 1)
        load.cancel()
        misbehaving.wait_until(lambda: misbehaving.disconnects("/a") == 1)
        assert load.cancelled()


def test_a_series_makes_one_request_a_frame_and_one_for_its_metadata(server):
    server_requests = server.requests()
    with Session() as session:
        image_ids = server.image_ids("wadors")[:3]
        loads = [session.load_image(image_id) for image_id in image_ids]
        found = np.stack([load.result(timeout=10).modality_values() for load in loads])
    np.testing.assert_array_equal(found, PHANTOM.hounsfield)
    assert server.requests() - server_requests == len(image_ids) + 1
