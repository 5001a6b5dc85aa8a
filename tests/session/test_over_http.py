"""Tests of loads over real sockets: shared, stopped, and nothing left behind."""

from __future__ import annotations

import gc
import random
import threading
from pathlib import Path

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.testing import (
    MisbehavingServer,
    SampleServer,
    ct_phantom,
    ct_series,
    png_phantom,
)

PHANTOM = ct_phantom(slices=3, rows=32, columns=32)
PNG = png_phantom(PHANTOM, 0)
PART10 = ct_series(PHANTOM)[0]
QUICK = cs.HttpSettings(backoff_s=0.01)


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        server.answer("/a.png", body=PNG, content_type="image/png", delay_s=0.1)
        server.answer("/a.dcm", body=PART10, content_type="application/dicom", delay_s=0.1)
        yield server


@pytest.mark.parametrize(("scheme", "path"), [("web", "/a.png"), ("wadouri", "/a.dcm")])
def test_many_callers_of_one_image_make_one_request(server, scheme, path):
    image_id = f"{scheme}:{server.url(path)}"
    with cs.Session() as session:
        loads = []
        callers = [
            threading.Thread(target=lambda: loads.append(session.load_and_cache_image(image_id)))
            for _ in range(20)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        images = {id(load.result(timeout=10)) for load in loads}

        assert (len(loads), len(images)) == (20, 1)
        assert session.load_image(image_id).result(timeout=10) is loads[0].result()
    assert server.requests(path) == 1


def test_many_callers_of_one_frame_make_one_request_and_one_for_its_metadata():
    with SampleServer(ct_series(PHANTOM), latency_s=0.05) as server, cs.Session() as session:
        image_id = server.image_ids("wadors")[0]
        loads = [session.load_image(image_id) for _ in range(20)]
        for load in loads:
            np.testing.assert_array_equal(
                load.result(timeout=10).modality_values(), PHANTOM.hounsfield[0]
            )
        assert server.requests() == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 404}, cs.HttpStatusError),
        ({"status": 500}, cs.HttpStatusError),
        ({"body": PNG, "cut_after": len(PNG) // 2}, cs.TransferError),
        ({"body": b"<p>no</p>", "content_type": "text/html"}, cs.ContentTypeError),
        ({"body": b"no image at all" * 100}, cs.DecodeError),
    ],
)
def test_each_fault_of_a_server_has_its_own_error_that_names_the_image(server, answer, error):
    server.answer("/b", **answer)
    image_id = f"web:{server.url('/b')}"
    with cs.Session(http=QUICK) as session:
        with pytest.raises(error) as caught:
            session.load_and_cache_image(image_id).result(timeout=10)

        assert type(caught.value) is error
        assert image_id in str(caught.value)
        assert caught.value.image_id == image_id
        assert len(session.cache) == 0


OPEN_FILES = Path("/proc/self/fd")


def open_files():
    return len(list(OPEN_FILES.iterdir()))


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="counts open files through /proc")
def test_nothing_is_left_after_faults_and_cancels(server):
    for number, answer in enumerate(
        [
            {"body": PNG},
            {"status": 500},
            {"body": PNG, "cut_after": 100},
            {"body": PNG, "bytes_per_s": 500},
            {"hang": True},
            {"drop": True},
        ]
    ):
        server.answer(f"/{number}", **answer)
    choose = random.Random(1)
    gc.collect()
    threads, files = threading.active_count(), open_files()
    with cs.Session(http=QUICK) as session:
        loads = [
            session.load_and_cache_image(f"web:{server.url(f'/{n % 6}')}?{n}") for n in range(120)
        ]
        for load in choose.sample(loads, 60):
            load.cancel()
        # What hangs or trickles would last longer than this test.
        for number, load in enumerate(loads):
            if number % 6 in {3, 4}:
                load.cancel()
        outcomes = [type(load.exception(timeout=10)) for load in loads]
        assert set(outcomes) == {
            type(None),
            cs.HttpStatusError,
            cs.TransferError,
            cs.LoadCancelledError,
        }
        assert session._image_loads._loads == {}
        assert session.retrieval_pool.number_running == 0
    gc.collect()
    server.wait_until(lambda: server.open_connections == 0)
    assert threading.active_count() <= threads
    assert open_files() <= files
