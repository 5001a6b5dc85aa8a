"""DICOMweb servers that fail, and requests that are cancelled or told of: nothing hangs."""

from __future__ import annotations

import json
import threading

import pydicom
import pytest

from pycornerstone.errors import (
    DecodeError,
    LoadCancelledError,
    RetrieveError,
    SessionClosedError,
    TransferError,
)
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.retrieve.http_settings import HttpSettings
from pycornerstone.session.session import Session
from pycornerstone.testing.misbehaving_server import MisbehavingServer

JSON = "application/dicom+json"
STUDY = "/dicomweb/studies/1.2"


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def session():
    settings = HttpSettings(read_timeout_s=1.0, max_retries=0)
    with Session(http=settings) as session:
        yield session


@pytest.fixture
def metadata(series):
    """What a server says of six slices, as pydicom writes it."""
    found = []
    for path in series:
        stated = pydicom.dcmread(path, stop_before_pixels=True).to_json_dict()
        found.append(stated)
    return found


def answer(server, path, metadata, **told):
    server.answer(path, body=json.dumps(metadata).encode(), content_type=JSON, **told)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"status": 500}, RetrieveError),
        ({"status": 404}, RetrieveError),
        ({"body": b"[{", "content_type": JSON}, DecodeError),
        ({"body": b"[1, 2]", "content_type": JSON}, DecodeError),
        ({"body": b"<html>", "content_type": "text/html"}, RetrieveError),
        ({"body": bytes(1000), "content_type": JSON, "cut_after": 10}, TransferError),
        ({"drop": True}, TransferError),
        ({"hang": True}, TransferError),
    ],
    ids=["fails", "has none", "cut JSON", "no data sets", "a page", "cut", "drops", "hangs"],
)
def test_a_study_that_a_server_does_not_give_is_an_error(session, server, told, error):
    server.answer(f"{STUDY}/metadata", **told)

    with pytest.raises(error):
        session.open_display_sets(server.url(STUDY)).result(timeout=30)


def test_of_several_series_those_that_fail_are_left_out(session, server, metadata):
    answer(server, f"{STUDY}/series/1/metadata", metadata)
    server.answer(f"{STUDY}/series/2/metadata", status=500)
    server.answer(f"{STUDY}/series/3/metadata", hang=True)
    addresses = [server.url(f"{STUDY}/series/{number}") for number in (1, 2, 3)]

    sets = session.open_display_sets(addresses).result(timeout=30)

    assert [(found.kind, found.number_of_images) for found in sets] == [(DisplaySetKind.VOLUME, 6)]
    assert [one.image_id for one in sets.left_out] == addresses[1:]
    assert "HTTP 500" in sets.left_out[0].reason
    assert "sent nothing" in sets.left_out[1].reason


def test_a_damaged_instance_of_a_study_is_left_out_alone(session, server, metadata):
    # PS3.3 C.7.6.3: Rows (0028,0010) is an unsigned number.
    metadata[2]["00280010"] = {"vr": "US", "Value": [-5]}
    answer(server, f"{STUDY}/metadata", metadata)

    sets = session.open_display_sets(server.url(STUDY)).result(timeout=30)

    assert sum(found.number_of_images for found in sets) == 5
    (left_out,) = sets.left_out
    assert metadata[2]["00080018"]["Value"][0] in left_out.image_id
    assert "(0028,0010)" in left_out.reason


def test_the_progress_of_one_study_counts_its_instances(session, server, metadata):
    answer(server, f"{STUDY}/metadata", metadata)

    request = session.open_display_sets(server.url(STUDY))
    request.result(timeout=30)

    assert request.progress == (6, 6)


def test_a_request_to_a_server_that_hangs_can_be_cancelled(server):
    server.answer(f"{STUDY}/metadata", hang=True)
    with Session() as session:
        request = session.open_display_sets(server.url(STUDY))
        server.wait_until(lambda: server.requests() == 1)

        assert request.cancel()

        with pytest.raises(LoadCancelledError):
            request.result(timeout=10)
        server.wait_until(lambda: server.disconnects() == 1)


def test_closing_the_session_ends_what_is_under_way(server):
    server.answer(f"{STUDY}/metadata", hang=True)
    session = Session()
    request = session.open_display_sets(server.url(STUDY))

    session.close()

    with pytest.raises(SessionClosedError):
        request.result(timeout=10)
    with pytest.raises(SessionClosedError):
        session.open_display_sets(server.url(STUDY)).result(timeout=10)


def test_a_cancelled_folder_is_read_no_further(session, series):
    # More files than are read at a time.
    folder = series[0].parent
    for number in range(200):
        (folder / f"more {number}").write_bytes(series[0].read_bytes())
    reached, release = threading.Event(), threading.Event()
    asked = set()

    def provide(type_name, image_id):
        asked.add(image_id)
        reached.set()
        release.wait(10)

    session.metadata.add_provider(provide)
    request = session.open_display_sets(folder)
    assert reached.wait(10)
    assert request.cancel()
    release.set()
    with pytest.raises(LoadCancelledError):
        request.result(timeout=10)
    session.metadata.remove_provider(provide)

    # The one that was being read, and no other one.
    session.open_display_sets(series[0]).result(timeout=10)
    assert len(asked) == 1
