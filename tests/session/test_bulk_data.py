"""Values that metadata only name, over real sockets (PS3.18 section F.2.6)."""

from __future__ import annotations

import pytest

import pycornerstone as cs
from pycornerstone.errors import ImageIdError, LoadCancelledError, RetrieveError
from pycornerstone.testing.misbehaving_server import MisbehavingServer

INSTANCE = "/studies/1/series/2/instances/3"
OCTETS = "application/octet-stream"
VALUE = bytes(range(7))


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        server.answer("/bulk/7", body=VALUE, content_type=OCTETS)
        yield server


@pytest.fixture
def session():
    with cs.Session() as session:
        yield session


@pytest.mark.parametrize("frame", ["", "/frames/1"])
def test_a_value_is_fetched_by_the_address_that_metadata_have(server, session, frame):
    image_id = f"wadors:{server.url(INSTANCE)}{frame}"
    for address in ("/bulk/7", server.url("/bulk/7"), "../../../../../../bulk/7"):
        assert session.load_bulk_data(image_id, address).result(10) == VALUE
    server.answer(
        "/bulk/8",
        body=b"--b\r\nContent-Type: %s\r\n\r\n%s\r\n--b--" % (OCTETS.encode(), VALUE),
        content_type=f'multipart/related; type="{OCTETS}"; boundary=b',
    )
    assert session.load_bulk_data(image_id, "/bulk/8").result(10) == VALUE


def test_what_cannot_be_fetched_is_said(server, session):
    image_id = f"wadors:{server.url(INSTANCE)}"
    with MisbehavingServer() as other:
        request = session.load_bulk_data(image_id, other.url("/bulk/7"))
        with pytest.raises(RetrieveError, match="not the server that they came from"):
            request.result(10)
        assert other.requests() == 0
    with pytest.raises(RetrieveError, match="404"):
        session.load_bulk_data(image_id, "/nothing").result(10)
    with pytest.raises(ImageIdError, match="begins with wadors:"):
        session.load_bulk_data("dicomfile:/a.dcm", "/bulk/7")


def test_one_that_is_cancelled_ends(server, session):
    server.answer("/bulk/9", hang=True)
    request = session.load_bulk_data(f"wadors:{server.url(INSTANCE)}", "/bulk/9")
    server.wait_until(lambda: server.requests("/bulk/9") == 1)
    request.cancel()
    with pytest.raises(LoadCancelledError):
        request.result(10)
    server.wait_until(lambda: server.open_connections == 0)
