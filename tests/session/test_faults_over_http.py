"""Whatever a server does, a load ends as it should, in time, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import json
import threading
import time

import numpy as np
import pydicom
import pytest

import pycornerstone as cs
from pycornerstone.testing import MisbehavingServer, ct_phantom, ct_series, png_phantom

PHANTOM = ct_phantom(slices=1, rows=8, columns=8)
PART10 = ct_series(PHANTOM)[0]
BOUNDARY = "0a1b2c"
INSTANCE = "/studies/1.2/series/1.2.3/instances/1.2.3.4"
SETTINGS = cs.HttpSettings(
    backoff_s=0.01,
    max_retries=2,
    connect_timeout_s=1,
    read_timeout_s=0.25,
    total_timeout_s=0.8,
    max_body_bytes=1_000_000,
)


def multipart(frame: bytes, boundary: str = BOUNDARY) -> bytes:
    head = f"--{boundary}\r\nContent-Type: application/octet-stream\r\n\r\n"
    return head.encode() + frame + f"\r\n--{boundary}--\r\n".encode()


DATASET = pydicom.dcmread(io.BytesIO(PART10))
FRAME = bytes(DATASET.PixelData)
del DATASET.PixelData
# What is asked, what it is sent with, and what it is when it is good.
KINDS = {
    "wadors": (
        f"{INSTANCE}/frames/1",
        f'multipart/related; type="application/octet-stream"; boundary={BOUNDARY}',
        multipart(FRAME),
    ),
    "wadouri": ("/a.dcm", "application/dicom", PART10),
    "web": ("/a.png", "image/png", png_phantom(PHANTOM, 0)),
}


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        metadata = json.dumps([DATASET.to_json_dict()]).encode()
        for path in (INSTANCE, INSTANCE.partition("/instances")[0]):
            server.answer(f"{path}/metadata", body=metadata, content_type="application/dicom+json")
        yield server


def tasks_left(session: cs.Session) -> int:
    async def count() -> int:
        return len(asyncio.all_tasks() - {asyncio.current_task()})

    return session._workers.event_loop.submit(count()).result(timeout=5)


@contextlib.contextmanager
def nothing_is_left(server: MisbehavingServer, http: cs.HttpSettings):
    threads = threading.active_count()
    with cs.Session(http=http) as session:
        yield session
        assert session._image_loads._loads == {}
        # Who waited is told first, and then it is tidied up.
        until = time.monotonic() + 5
        while tasks_left(session) and time.monotonic() < until:
            time.sleep(0.01)
        assert tasks_left(session) == 0
        assert session.retrieval_pool.number_running == 0
        assert len(session._http._gates) == 0
        assert session._http._under_way == set()
    server.wait_until(lambda: server.open_connections == 0)
    assert threading.active_count() <= threads


def outcome(
    server, kind: str, http: cs.HttpSettings = SETTINGS
) -> cs.Image | cs.PyCornerstoneError:
    path = KINDS[kind][0]
    with nothing_is_left(server, http) as session:
        began = time.monotonic()
        load = session.load_image(f"{kind}:{server.url(path)}")
        error = load.exception(timeout=10)
        # Metadata and frame have their time each, one after the other at the most.
        assert time.monotonic() - began < 2 * SETTINGS.total_timeout_s + 1
        return load.result() if error is None else error


def is_right(kind: str, image: object) -> bool:
    if not isinstance(image, cs.Image):
        return False
    if kind == "web":
        return image.pixels.shape == (8, 8)
    return np.array_equal(image.modality_values(), PHANTOM.hounsfield[0])


PASSES = {
    "slow headers": [{"head_bytes_per_s": 1000}],
    "late": [{"delay_s": 0.1}],
    "slow body": [{"bytes_per_s": 0.2}],
    "500 twice": [{"status": 500, "times": 2}, {}],
    "429 that asks for patience": [
        {"status": 429, "headers": {"Retry-After": "0"}, "times": 1},
        {},
    ],
    "503 until a date": [
        {
            "status": 503,
            "headers": {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"},
            "times": 1,
        },
        {},
    ],
    "cut once": [{"cut_after": 10, "times": 1}, {}],
    "half a header once": [{"cut_head_after": 10, "times": 1}, {}],
    "no answer once": [{"drop": True, "times": 1}, {}],
    "silent once": [{"hang": True, "times": 1}, {}],
    "chunked": [{"chunked": True}],
    "bytes after the end": [{"after_end": b"HTTP/1.1 200 OK\r\nContent-Len"}],
    "gzip": [{"gzip": True}],
}
FAILS = {
    "silent": ({"hang": True}, cs.TransferError),
    "no answer": ({"drop": True}, cs.TransferError),
    "half a header": ({"cut_head_after": 10}, cs.TransferError),
    "dribbles headers": ({"head_bytes_per_s": 5}, cs.TransferError),
    "dribbles": ({"bytes_per_s": 5}, cs.TransferError),
    "cut": ({"cut_after": 10}, cs.TransferError),
    "cut chunks": ({"cut_after": 10, "chunked": True}, cs.TransferError),
    "longer than it says": ({"stated_length": 60}, cs.PyCornerstoneError),
    "shorter than it says": ({"stated_length": 10_000}, cs.TransferError),
    "broken gzip": ({"headers": {"Content-Encoding": "gzip"}}, cs.TransferError),
    "endless": ({"endless": True}, cs.RetrieveError),
    "429": ({"status": 429}, cs.HttpStatusError),
    "503 for an hour": ({"status": 503, "headers": {"Retry-After": "3600"}}, cs.HttpStatusError),
    "404": ({"status": 404}, cs.HttpStatusError),
    "a page": ({"body": b"<p>no</p>", "content_type": "text/html"}, cs.ContentTypeError),
    "redirected in a circle": (
        {"status": 302, "headers": {"Location": "?"}},
        cs.RetrieveError,
    ),
    "empty": ({"body": b""}, cs.PyCornerstoneError),
}


def answer(server: MisbehavingServer, kind: str, fault: dict) -> None:
    path, content_type, body = KINDS[kind]
    told = {"body": body, "content_type": content_type, **fault}
    if told.get("bytes_per_s", 1) < 1:
        # All of it in so many seconds.
        told["bytes_per_s"] = len(body) / told["bytes_per_s"]
    if told.pop("gzip", False):
        told |= {"body": gzip.compress(body), "headers": {"Content-Encoding": "gzip"}}
    server.answer(path, **told)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", PASSES)
def test_what_passes_gives_the_image(server, kind, fault):
    for told in PASSES[fault]:
        answer(server, kind, told)
    assert is_right(kind, outcome(server, kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAILS)
def test_what_does_not_is_a_typed_error_that_names_the_image(server, kind, fault):
    told, expected = FAILS[fault]
    answer(server, kind, told)
    error = outcome(server, kind)
    assert isinstance(error, expected)
    assert error.image_id == f"{kind}:{server.url(KINDS[kind][0])}"


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_401_credentials_are_asked_for_anew(server, kind):
    answer(server, kind, {"status": 401, "headers": {"WWW-Authenticate": "Bearer"}, "times": 1})
    answer(server, kind, {})

    def credentials(request: object) -> dict[str, str]:
        return {"Authorization": f"Bearer {'old' if request.refused is None else 'new'}"}

    http = cs.HttpSettings(auth=credentials, backoff_s=0.01)
    assert is_right(kind, outcome(server, kind, http))
    sent = [r.headers["authorization"] for r in server.received(KINDS[kind][0])]
    assert sent == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("kind", KINDS)
def test_another_host_is_not_told_who_asks(server, kind):
    path, content_type, body = KINDS[kind]
    with MisbehavingServer() as other:
        other.answer(path, body=body, content_type=content_type)
        answer(server, kind, {"status": 307, "headers": {"Location": other.url(path)}})
        http = cs.HttpSettings(headers={"Authorization": "Bearer secret"}, backoff_s=0.01)
        assert is_right(kind, outcome(server, kind, http))
        other.wait_until(lambda: other.open_connections == 0)
        assert server.received(path)[0].headers["authorization"] == "Bearer secret"
        assert "authorization" not in other.received(path)[0].headers


def test_a_wrong_boundary_is_a_typed_error(server):
    answer(server, "wadors", {"body": multipart(FRAME, boundary="another")})
    assert isinstance(outcome(server, "wadors"), cs.PyCornerstoneError)


@pytest.mark.parametrize("promised", [True, False])
def test_a_frame_may_be_cut_anywhere(server, promised):
    """Wherever its answer ends, there is the whole frame or an error, never a part of it."""
    path, content_type, body = KINDS["wadors"]
    end_of_frame = body.index(FRAME) + len(FRAME)
    http = cs.HttpSettings(max_retries=0, read_timeout_s=2)
    with nothing_is_left(server, http) as session:
        for end in range(len(body)):
            cut = {"cut_after": end} if promised else {"stated_length": end, "cut_after": end}
            server.answer(path, body=body, content_type=content_type, **cut)
            load = session.load_image(f"wadors:{server.url(path)}")
            error = load.exception(timeout=10)
            if error is None:
                assert not promised
                assert end >= end_of_frame
                assert is_right("wadors", load.result())
            else:
                assert isinstance(error, cs.PyCornerstoneError)


def test_no_task_is_left_when_loads_are_cancelled_at_any_time(server):
    server.answer("/a.png", body=KINDS["web"][2], content_type="image/png", bytes_per_s=5000)
    server.answer("/busy.png", status=503)

    with nothing_is_left(server, cs.HttpSettings(backoff_s=0.2)) as session:
        loads = []
        for number in range(60):
            path = "/busy.png" if number % 3 == 0 else "/a.png"
            loads.append(session.load_image(f"web:{server.url(path)}?{number}"))
        for number, load in enumerate(loads):
            if number % 10 == 0:
                time.sleep(0.01)
            load.cancel()
        for load in loads:
            assert isinstance(load.exception(timeout=10), cs.LoadCancelledError)
