"""Uncompressed samples of a streamed series go straight to their place in the array."""

from __future__ import annotations

import io
import json
import time

import numpy as np
import pydicom
import pytest

from pycornerstone.errors import LoadCancelledError
from pycornerstone.loaders.native_sink import NativeSink
from pycornerstone.retrieve.http import HttpSettings
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import RESCALE_INTERCEPT, ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.misbehaving_server import MisbehavingServer
from pycornerstone.testing.phantoms import ct_phantom

# Slices of 512 kB, each of which comes in several pieces; what comes whole in one is taken whole.
PHANTOM = ct_phantom(12, 512, 512)
STORED = (PHANTOM.hounsfield - RESCALE_INTERCEPT).astype(np.uint16)
FILES = ct_series(PHANTOM)
SERIES = "/studies/1/series/2"
MULTIPART = 'multipart/related; type="application/dicom"; boundary=b'
FRAME_TYPE = 'multipart/related; type="application/octet-stream"; boundary=b'


@pytest.fixture
def sunk(monkeypatch) -> list[bool]:
    """Tells of each file whose samples went straight to their place, whether all of them came."""
    ends = []
    end = NativeSink.end

    def telling(sink: NativeSink) -> bool:
        ends.append(end(sink))
        return ends[-1]

    monkeypatch.setattr(NativeSink, "end", telling)
    return ends


def session_of_few_attempts() -> Session:
    return Session(http=HttpSettings(max_retries=1, backoff_s=0.01))


def uid_of(file: bytes) -> str:
    return str(pydicom.dcmread(io.BytesIO(file), specific_tags=["SOPInstanceUID"]).SOPInstanceUID)


UIDS = [uid_of(file) for file in FILES]


def serve(server: MisbehavingServer, files=FILES, *, lengthen: int = 0, **faults) -> list[str]:
    """Serve a series by streamed answer, frames and metadata; gives its imageIds."""
    body = b"".join(
        b"--b\r\nContent-Type: application/dicom\r\nContent-Length: %d\r\n\r\n%b\r\n"
        % (len(file) + (lengthen if at == 5 else 0), file)
        for at, file in enumerate(files)
    )
    server.answer(SERIES, body=body + b"--b--\r\n", content_type=MULTIPART, **faults)
    objects = []
    for uid, file in zip(UIDS, files, strict=True):
        dataset = pydicom.dcmread(io.BytesIO(file))
        frame = b"--b\r\nContent-Type: application/octet-stream\r\n\r\n%b\r\n--b--" % bytes(
            dataset.PixelData
        )
        path = f"{SERIES}/instances/{uid}/frames/1"
        server.answer(path, body=frame, content_type=FRAME_TYPE)
        del dataset.PixelData
        objects.append(dataset.to_json_dict())
    server.answer(
        f"{SERIES}/metadata",
        body=json.dumps(objects).encode(),
        content_type="application/dicom+json",
    )
    return [f"wadors:{server.url(SERIES)}/instances/{uid}/frames/1" for uid in UIDS]


@pytest.mark.parametrize("is_given", [False, True])
def test_samples_are_those_of_the_phantom(sunk, is_given):
    with SampleServer() as server, Session() as session:
        for file in FILES:
            server.add_instance(file)
        out = np.zeros_like(STORED) if is_given else None
        array = session.load_array(server.image_ids("wadors"), out).result(20)
        assert array.dtype == np.uint16
        np.testing.assert_array_equal(array, STORED)
        assert out is None or array is out
        # Not the first, which says what headers are like, nor what came whole in one piece.
        assert sunk
        assert all(sunk)
        # Headers are known afterwards, as after any load.
        for place, image_id in enumerate(server.image_ids("wadors")):
            found = session.metadata.get("generalImageModule", image_id)
            assert found.instance_number == place + 1


def test_bits_above_the_stored_ones_are_taken_off(sunk):
    files = []
    for file in FILES:
        dataset = pydicom.dcmread(io.BytesIO(file))
        assert dataset.BitsStored == 12
        samples = np.frombuffer(dataset.PixelData, "<u2") | 0xA000
        dataset.PixelData = samples.tobytes()
        written = io.BytesIO()
        dataset.save_as(written)
        files.append(written.getvalue())
    with MisbehavingServer() as server, session_of_few_attempts() as session:
        array = session.load_array(serve(server, files)).result(20)
    # PS3.5 section 8.1.1: they are not to be taken for the value.
    np.testing.assert_array_equal(array, STORED)
    assert all(sunk)


@pytest.mark.parametrize("cut_after", [0, 5_000, 600_000, 2_800_000, 2_800_123, 6_000_000])
def test_what_a_cut_answer_lacks_comes_by_frames(cut_after):
    with MisbehavingServer() as server, session_of_few_attempts() as session:
        image_ids = serve(server, cut_after=cut_after)
        array = session.load_array(image_ids).result(20)
        by_frames = sum(server.requests(f"{SERIES}/instances/{uid}/frames/1") for uid in UIDS)
    np.testing.assert_array_equal(array, STORED)
    assert 1 <= by_frames <= len(UIDS)


@pytest.mark.parametrize("lengthen", [-20, -1, 1, 300])
def test_a_part_of_another_length_than_it_says_spoils_nothing(lengthen):
    with MisbehavingServer() as server, session_of_few_attempts() as session:
        array = session.load_array(serve(server, lengthen=lengthen)).result(20)
    np.testing.assert_array_equal(array, STORED)


def test_an_image_asked_for_twice_is_in_both_places():
    with MisbehavingServer() as server, session_of_few_attempts() as session:
        image_ids = serve(server)
        array = session.load_array([*image_ids, image_ids[7]]).result(20)
    np.testing.assert_array_equal(array[:12], STORED)
    np.testing.assert_array_equal(array[12], STORED[7])


def test_nothing_is_written_once_it_has_been_cancelled():
    with MisbehavingServer() as server, session_of_few_attempts() as session:
        image_ids = serve(server, bytes_per_s=6_000_000)
        out = np.zeros_like(STORED)
        load = session.load_array(image_ids, out)
        server.wait_until(lambda: server.requests(SERIES) == 1)
        until = time.monotonic() + 10
        while not out[3].any():
            assert time.monotonic() < until
            time.sleep(0.005)
        load.cancel()
        with pytest.raises(LoadCancelledError):
            load.result(10)
        server.wait_until(lambda: server.disconnects(SERIES) == 1)
        # It is the caller's again.
        out[:] = 7
        time.sleep(0.05)
        assert (out == 7).all()
