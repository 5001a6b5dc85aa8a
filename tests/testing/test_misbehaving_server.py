from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from pycornerstone.testing.misbehaving_server import MisbehavingServer


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        yield server


def get(server: MisbehavingServer, path: str, timeout: float = 10):
    with urllib.request.urlopen(server.url(path), timeout=timeout) as answer:
        return answer.headers, answer.read()


def status_of(server: MisbehavingServer, path: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(server, path)
    caught.value.close()
    return caught.value.code


def raw(server: MisbehavingServer, path: str) -> bytes:
    """Everything that comes over the wire until the server closes the connection."""
    connection = connect(server)
    with connection:
        ask(connection, path)
        received = b""
        while piece := connection.recv(1 << 16):
            received += piece
    return received


def connect(server: MisbehavingServer) -> socket.socket:
    host, port = server.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def ask(connection: socket.socket, path: str) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())


def test_it_answers_as_it_was_told_and_counts(server):
    server.answer("/a.png", body=b"\x89PNG", content_type="image/png", headers={"X-Hint": "yes"})
    for _ in range(3):
        headers, body = get(server, "/a.png")
    assert body == b"\x89PNG"
    assert headers["Content-Type"] == "image/png"
    assert headers["X-Hint"] == "yes"
    assert server.requests("/a.png") == 3
    assert server.requests("/b.png") == 0
    assert server.requests() == 3


@pytest.mark.parametrize("status", [403, 404, 500, 503, 599])
def test_any_status(server, status):
    server.answer("/a", status=status, body=b"no")
    assert status_of(server, "/a") == status


def test_a_path_that_nothing_was_said_of_is_not_found(server):
    assert status_of(server, "/elsewhere") == 404
    assert server.requests("/elsewhere") == 1


def test_it_remembers_what_it_was_sent(server):
    request = urllib.request.Request(
        server.url("/a?x=1&y=2"), headers={"Accept": "image/png", "Authorization": "Bearer t"}
    )
    server.answer("/a")
    server.answer("/a?x=1&y=2", body=b"with query")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.read() == b"with query"
    assert get(server, "/a?x=2")[1] == b""
    first, second = server.received("/a")
    assert (first.method, first.target, first.path) == ("GET", "/a?x=1&y=2", "/a")
    assert first.headers["accept"] == "image/png"
    assert first.headers["authorization"] == "Bearer t"
    assert second.target == "/a?x=2"


def test_a_body_can_be_cut_though_its_length_was_promised(server):
    server.answer("/a", body=bytes(1000), cut_after=10)
    head, _, body = raw(server, "/a").partition(b"\r\n\r\n")
    assert b"Content-Length: 1000" in head
    assert body == bytes(10)
    with pytest.raises(http.client.IncompleteRead):
        get(server, "/a")


def test_a_chunked_body_can_be_whole_or_cut(server):
    server.answer("/whole", body=b"0123456789", chunked=True)
    server.answer("/cut", body=b"0123456789", chunked=True, cut_after=4)
    headers, body = get(server, "/whole")
    assert body == b"0123456789"
    assert headers["Transfer-Encoding"] == "chunked"
    assert headers["Content-Length"] is None
    assert raw(server, "/cut").partition(b"\r\n\r\n")[2] == b"4\r\n0123\r\n"
    with pytest.raises(http.client.IncompleteRead):
        get(server, "/cut")


def test_header_fields_can_be_slow_or_cut(server):
    server.answer("/slow", body=b"a", head_bytes_per_s=500)
    server.answer("/half", body=b"a", cut_head_after=20)
    began = time.monotonic()
    assert get(server, "/slow")[1] == b"a"
    assert time.monotonic() - began > 0.1
    assert raw(server, "/half") == b"HTTP/1.1 200 OK\r\nCon"


def test_the_stated_length_can_be_wrong(server):
    server.answer("/short", body=b"0123456789", stated_length=4)
    server.answer("/long", body=b"0123456789", stated_length=14, cut_after=10)
    assert get(server, "/short")[1] == b"0123"
    with pytest.raises(http.client.IncompleteRead):
        get(server, "/long")


def test_bytes_can_follow_the_end(server):
    server.answer("/a", body=b"01", after_end=b"more")
    with connect(server) as connection:
        ask(connection, "/a")
        received = b""
        while not received.endswith(b"more"):
            received += connection.recv(1000)
    assert b"Content-Length: 2\r\n" in received
    assert received.endswith(b"\r\n\r\n01more")


def test_a_body_can_be_endless_until_the_client_leaves(server):
    server.answer("/a", body=bytes(100_000), endless=True)
    with connect(server) as connection:
        ask(connection, "/a")
        received = 0
        while received < 2_000_000:
            received += len(connection.recv(1 << 20))
    server.wait_until(lambda: server.disconnects("/a") == 1)
    server.wait_until(lambda: server.open_connections == 0)


def test_a_connection_can_be_closed_without_an_answer(server):
    server.answer("/a", drop=True)
    assert raw(server, "/a") == b""
    with pytest.raises(http.client.RemoteDisconnected):
        get(server, "/a")


def test_a_content_type_can_be_wrong_or_missing(server):
    server.answer("/a", body=b"<html>", content_type="image/png")
    server.answer("/b", content_type=None)
    assert get(server, "/a")[0]["Content-Type"] == "image/png"
    assert get(server, "/b")[0]["Content-Type"] is None


def test_headers_can_be_late(server):
    server.answer("/a", body=b"a", delay_s=0.3)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        get(server, "/a", timeout=0.1)
    assert get(server, "/a")[1] == b"a"
    assert time.monotonic() - began >= 0.4


def test_a_body_can_be_slow(server):
    server.answer("/a", body=bytes(1000), bytes_per_s=2500)
    with connect(server) as connection:
        ask(connection, "/a")
        head, _, body = connection.recv(2000).partition(b"\r\n\r\n")
        assert b"200 OK" in head
        assert len(body) < 1000, "the header comes before the body does"
    began = time.monotonic()
    assert get(server, "/a")[1] == bytes(1000)
    assert time.monotonic() - began > 0.35


def test_a_request_hangs_until_it_is_released(server):
    server.answer("/a", body=b"at last", hang=True)
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(get, server, "/a") for _ in range(2)]
        server.wait_until(lambda: server.requests("/a") == 2)
        with pytest.raises(TimeoutError):
            answers[0].result(timeout=0.2)
        server.release("/a")
        assert [answer.result(timeout=5)[1] for answer in answers] == [b"at last"] * 2
        again = threads.submit(get, server, "/a")
        server.wait_until(lambda: server.requests("/a") == 3)
        assert not again.done()
        server.release("/a")
        assert again.result(timeout=5)[1] == b"at last"


def test_answers_follow_each_other(server):
    server.answer("/a", status=503, times=2)
    server.answer("/a", body=b"at last")
    assert [status_of(server, "/a"), status_of(server, "/a")] == [503, 503]
    assert get(server, "/a")[1] == b"at last"
    server.answer("/a", body=b"changed")
    assert get(server, "/a")[1] == b"changed"
    assert get(server, "/a")[1] == b"changed"


def test_the_last_answer_goes_on_until_another_is_said(server):
    server.answer("/a", status=503, times=1)
    assert [status_of(server, "/a"), status_of(server, "/a")] == [503, 503]
    server.answer("/a", body=b"mended")
    assert get(server, "/a")[1] == b"mended"


@pytest.mark.parametrize(
    "answer",
    [
        {"hang": True},
        {"delay_s": 30},
        {"body": bytes(10_000), "bytes_per_s": 100},
        # More than sockets hold: the server waits for a client that does not read.
        {"body": bytes(50_000_000)},
    ],
)
def test_it_sees_clients_that_go_away(server, answer):
    server.answer("/a", **answer)
    connection = connect(server)
    ask(connection, "/a")
    server.wait_until(lambda: server.requests("/a") == 1)
    assert server.disconnects("/a") == 0
    connection.close()
    server.wait_until(lambda: server.disconnects("/a") == 1)
    server.wait_until(lambda: server.open_connections == 0)
    assert server.disconnects() == 1


def test_a_client_that_leaves_after_its_answer_is_no_disconnect(server):
    server.answer("/a", body=b"a")
    for _ in range(5):
        get(server, "/a")
    server.wait_until(lambda: server.open_connections == 0)
    assert server.disconnects() == 0


def test_connections_and_requests_are_counted_apart(server):
    server.answer("/a", body=b"a", delay_s=0.3)
    kept = http.client.HTTPConnection(server.address.removeprefix("http://"))
    for _ in range(3):
        kept.request("GET", "/a")
        assert kept.getresponse().read() == b"a"
    assert (server.open_connections, server.most_connections) == (1, 1)
    assert (server.requests("/a"), server.most_requests_at_once) == (3, 1)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: get(server, "/a"), range(8)))
    assert server.most_requests_at_once == 4
    # Four at a time and the idle one; one that is closing may be counted with the one after it.
    assert 5 <= server.most_connections <= 9
    kept.close()
    server.wait_until(lambda: server.open_connections == 0)


def test_waiting_for_what_does_not_come_ends(server):
    with pytest.raises(TimeoutError, match=r"the server did not see it within 0\.05 s"):
        server.wait_until(lambda: server.requests() > 0, timeout_s=0.05)


def test_what_is_no_http_is_hung_up_on(server):
    with connect(server) as connection:
        connection.sendall(b"\x16\x03\x01 no HTTP at all\r\n\r\n")
        assert connection.recv(100) == b""
    assert server.requests() == 0


@pytest.mark.parametrize("answer", [{"hang": True}, {"body": bytes(50_000_000)}])
def test_closing_ends_requests_that_are_not_answered_and_all_threads(answer):
    before = set(threading.enumerate())
    server = MisbehavingServer()
    server.answer("/a", **answer)
    server.start()
    connection = connect(server)
    ask(connection, "/a")
    server.wait_until(lambda: server.requests("/a") == 1)
    server.close()
    assert not set(threading.enumerate()) - before
    with connection, contextlib.suppress(ConnectionResetError):
        while connection.recv(1 << 20):
            pass
    with pytest.raises(RuntimeError, match="MisbehavingServer is not running"):
        server.release("/a")
