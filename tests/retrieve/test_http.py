"""Addresses to bytes over HTTP, against a real server."""

from __future__ import annotations

import asyncio
import errno
import gzip
import os
import socket
import sys
import threading
import time
import traceback
from dataclasses import replace

import pytest

from pycornerstone._version import __version__
from pycornerstone.errors import (
    HttpStatusError,
    RetrieveError,
    SessionClosedError,
    TransferError,
)
from pycornerstone.retrieve.http import HttpResponse, HttpRetriever, HttpSettings


def get(url: str, settings: HttpSettings | None = None, **options: object) -> HttpResponse:
    async def run() -> HttpResponse:
        http = HttpRetriever(settings)
        try:
            return await http.get(url, **options)
        finally:
            await http.close()

    return asyncio.run(run())


def failure(url: str, settings: HttpSettings | None = None) -> RetrieveError:
    """Give the error of asking once; test_http_retries.py is about asking again."""
    with pytest.raises(RetrieveError) as caught:
        get(url, replace(settings or HttpSettings(), max_retries=0))
    return caught.value


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("size", [0, 1, 1000, 5_000_000])
def test_the_body_arrives_as_it_was_sent(server, size):
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    response = get(server.add("/a", body, "Application/DICOM; charset=x"))
    assert type(response.body) is bytes
    assert response.body == body
    assert response.status == 200
    assert response.url == server.url + "/a"
    assert response.headers["CONTENT-length"] == str(size)
    assert response.content_type == "Application/DICOM; charset=x"
    assert response.media_type == "application/dicom"


def test_a_chunked_body_arrives_whole(server):
    url = server.add_raw(
        "/a",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
    )
    response = get(url)
    assert response.body == b"abcdefg"
    assert response.content_type == ""
    assert response.media_type == ""


def test_a_body_that_ends_with_its_connection_arrives(server):
    async def answer(reader, writer):
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")
        await writer.drain()

    assert get(server.add_raw("/a", answer)).body == b"until the end"


def test_gzip_is_undone(server):
    packed = gzip.compress(b"x" * 10_000)
    url = server.add_raw(
        "/a",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        + packed,
    )
    assert get(url).body == b"x" * 10_000


def test_part_of_a_thing_is_accepted(server):
    assert get(server.add("/a", b"part", status="206 Partial Content")).status == 206


def test_redirections_are_followed_and_the_end_is_named(server):
    server.add_raw("/a", b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
    server.add("/b", b"here")
    response = get(server.url + "/a")
    assert (response.body, response.url) == (b"here", server.url + "/b")


def test_every_request_says_who_asks(server):
    get(server.add("/a", b""))
    assert server.requests[0][1]["user-agent"] == f"pycornerstone/{__version__}"


def test_bodies_are_asked_for_as_they_are_unless_the_settings_say_otherwise(server):
    url = server.add("/a", b"")
    get(url)
    get(url, HttpSettings(headers={"Accept-Encoding": "gzip"}))
    assert [fields["accept-encoding"] for _, fields in server.requests] == ["identity", "gzip"]


def test_header_fields_of_the_settings_and_of_the_request_are_sent(server):
    settings = HttpSettings(headers={"Authorization": "Bearer abc", "Accept": "*/*"})
    get(server.add("/a", b""), settings, headers={"Accept": "text/plain"})
    sent = server.requests[0][1]
    assert sent["authorization"] == "Bearer abc"
    assert sent["accept"] == "text/plain"


def test_header_fields_are_not_printed():
    assert "abc" not in repr(HttpSettings(headers={"Authorization": "Bearer abc"}))


@pytest.mark.parametrize(
    "path", ["/wado?contentType=application%2Fdicom", "/wado?contentType=application/dicom", "/%41"]
)
def test_the_address_is_sent_as_written(server, path):
    get(server.add(path, b""))
    assert server.requests[0][0] == path


def test_an_address_that_cannot_be_sent_as_written_is_encoded(server):
    server.add("/k%C3%B6pfe%20a", b"ok")
    assert get(server.url + "/köpfe a").body == b"ok"


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("404 Not Found", "; check the address, the server has nothing there"),
        (
            "401 Unauthorized",
            (
                "; the server wants credentials that were not given; give them as "
                "HttpSettings(auth=...)"
            ),
        ),
        ("500 Oh No", "; the server failed, try again later"),
        ("204 No Content", ""),
    ],
)
def test_another_status_is_an_error_that_says_what_was_asked(server, status, advice):
    body = b"" if status.startswith("204") else b"a page"
    url = server.add("/a", body, "text/html", status)
    error = failure(url)
    assert isinstance(error, HttpStatusError)
    assert error.status == int(status[:3])
    assert str(error) == f"GET {url} gave HTTP {status}{advice}"


def test_after_an_error_the_connection_is_used_again(server):
    good = server.add("/good", b"ok")

    async def run():
        http = HttpRetriever()
        for _ in range(3):
            with pytest.raises(HttpStatusError):
                await http.get(server.url + "/bad")
            assert (await http.get(good)).body == b"ok"
        await http.close()

    asyncio.run(run())
    assert server.connections_made == 1


def test_a_refused_connection_names_the_address():
    port = unused_port()
    error = failure(f"http://127.0.0.1:{port}/a")
    assert isinstance(error, TransferError)
    assert str(error) == (
        f"GET http://127.0.0.1:{port}/a failed: no connection to 127.0.0.1 port {port} "
        f"({os.strerror(errno.ECONNREFUSED)})"
    )


def test_a_server_that_does_not_speak_tls_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        error = failure(f"https://127.0.0.1:{port}/a")
        thread.join()
    assert isinstance(error, TransferError)
    assert "what answers there does not speak TLS; is it an http:// address?" in str(error)


def test_an_unknown_host_is_said_to_be_unknown():
    # RFC 2606, section 2: no name ends in .invalid.
    error = failure("http://nowhere.invalid/a")
    assert isinstance(error, TransferError)
    assert str(error) == (
        "GET http://nowhere.invalid/a failed: the host 'nowhere.invalid' is not known; check the "
        "address"
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot a hundred",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    ],
    ids=["short of its length", "no last chunk", "half a chunk", "no gzip"],
)
def test_a_cut_or_damaged_body_is_an_error(server, answer):
    async def send(reader, writer):
        writer.write(answer)
        await writer.drain()

    url = server.add_raw("/a", send)
    error = failure(url)
    assert isinstance(error, TransferError)
    assert str(error) == f"GET {url} failed: the body was cut, or cannot be unpacked; ask again"


def test_a_connection_that_is_reset_in_the_body_is_an_error(server):
    async def reset(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(1000))
        await writer.drain()
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
        )

    error = failure(server.add_raw("/a", reset))
    assert isinstance(error, TransferError)
    assert "; ask again" in str(error)


def test_a_connection_that_is_closed_before_the_answer_is_an_error(server):
    async def hang_up(reader, writer):
        pass

    error = failure(server.add_raw("/a", hang_up))
    assert isinstance(error, TransferError)
    assert "the server closed the connection before it answered; ask again" in str(error)


def test_what_is_not_http_is_an_error(server):
    async def answer(reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()

    error = failure(server.add_raw("/a", answer))
    assert isinstance(error, TransferError)
    assert "what the server answers is not HTTP" in str(error)


def test_redirections_in_a_circle_are_an_error(server):
    server.add_raw("/a", b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n")
    error = failure(server.url + "/a")
    assert f"GET {server.url}/a is redirected in a circle" in str(error)


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/a", "http://"])
def test_a_redirection_to_no_http_address_is_an_error(server, location):
    server.add_raw(
        "/a",
        f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode(),
    )
    error = failure(server.url + "/a")
    assert "is redirected to what is no http or https address" in str(error)


@pytest.mark.parametrize("url", ["http://", "http://:80/a", "http://host:99999/a"])
def test_an_address_without_a_usable_host_is_an_error(url):
    error = failure(url)
    assert "is not a valid http address" in str(error)


@pytest.mark.parametrize("url", ["/data/a.dcm", "ftp://host/a.dcm", ""])
def test_what_is_no_http_address_is_not_asked_for(url):
    error = failure(url)
    assert str(error) == (f"{url!r} is not an http or https address; for a file use 'dicomfile:'")


def test_a_header_field_with_a_line_break_is_refused_without_being_shown():
    settings = HttpSettings(headers={"Authorization": "Bearer abc\r\nX: y"})
    with pytest.raises(ValueError, match="holds a value of Authorization") as caught:
        HttpRetriever(settings)
    assert "abc" not in "".join(traceback.format_exception(caught.value))


def stalling(answer: bytes):
    async def send(reader, writer):
        writer.write(answer)
        await writer.drain()
        # Until the client hangs up.
        await reader.read()

    return send


@pytest.mark.parametrize(
    "begin", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], ids=["answer", "body"]
)
def test_a_server_that_falls_silent_is_given_up(server, begin):
    url = server.add_raw("/a", stalling(begin))
    error = failure(url, HttpSettings(read_timeout_s=0.2))
    assert isinstance(error, TransferError)
    assert str(error) == f"GET {url} failed: the server sent nothing for 0.2 s"


def test_a_server_that_dawdles_is_given_up(server):
    async def dawdle(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    url = server.add_raw("/a", dawdle)
    error = failure(url, HttpSettings(total_timeout_s=0.3))
    assert isinstance(error, TransferError)
    assert str(error) == f"GET {url} failed: it was not done within 0.3 s"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full backlog refuses")
def test_a_connection_that_is_not_made_is_given_up():
    # A full backlog: the second connection of a listening socket that accepts none stays unmade.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            error = failure(f"http://127.0.0.1:{port}/a", HttpSettings(connect_timeout_s=0.2))
    assert isinstance(error, TransferError)
    assert str(error) == f"GET http://127.0.0.1:{port}/a failed: no connection within 0.2 s"


@pytest.mark.parametrize(
    "head", [b"Content-Length: 1001\r\n\r\n", b"\r\n"], ids=["said before", "found out"]
)
def test_a_body_larger_than_allowed_is_refused(server, head):
    async def send(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + bytes(1001))
        await writer.drain()

    url = server.add_raw("/a", send)
    error = failure(url, HttpSettings(max_body_bytes=1000))
    assert not isinstance(error, TransferError)
    assert str(error) == (
        f"GET {url} answers with 1001 bytes or more, the limit is 1000; raise "
        "HttpSettings.max_body_bytes if it is to be loaded"
    )
    assert get(url, HttpSettings(max_body_bytes=1001)).body == bytes(1001)


def test_a_small_packed_body_may_not_grow_past_the_limit(server):
    packed = gzip.compress(bytes(5_000_000))
    url = server.add_raw(
        "/a",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        + packed,
    )
    error = failure(url, HttpSettings(max_body_bytes=1_000_000))
    assert "the limit is 1000000" in str(error)


def test_cancelling_hangs_up(server):
    url = server.add_raw("/a", stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"))

    async def run():
        http = HttpRetriever()
        task = asyncio.create_task(http.get(url))
        await asyncio.to_thread(server.asked.wait, 5)
        await asyncio.sleep(0.05)
        assert server.open_connections == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The retriever is still open: it is this request's connection that goes.
        assert await asyncio.to_thread(server.hung_up.wait, 5)
        await http.close()

    asyncio.run(run())


def test_no_more_connections_than_allowed_are_made(server):
    url = server.add("/a", bytes(1000))

    async def run():
        http = HttpRetriever(HttpSettings(max_connections_per_host=3))
        bodies = await asyncio.gather(*(http.get(url) for _ in range(40)))
        await http.close()
        return bodies

    assert len(asyncio.run(run())) == 40
    assert len(server.requests) == 40
    assert server.connections_made == 3


def test_closing_releases_the_sockets_and_may_be_repeated(server):
    url = server.add("/a", b"ok")

    async def run():
        http = HttpRetriever()
        await http.get(url)
        assert server.open_connections == 1
        await http.close()
        await http.close()
        assert await asyncio.to_thread(server.hung_up.wait, 5)
        with pytest.raises(SessionClosedError, match="connections have been closed; make a new"):
            await http.get(url)

    asyncio.run(run())


def test_closing_without_use_does_nothing():
    asyncio.run(HttpRetriever().close())


def test_closing_fails_what_is_under_way_and_what_waits(server):
    url = server.add_raw("/a", stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"))

    async def run():
        http = HttpRetriever(HttpSettings(max_connections_per_host=1))
        tasks = [asyncio.create_task(http.get(url)) for _ in range(3)]
        await asyncio.to_thread(server.asked.wait, 5)
        await asyncio.sleep(0.05)
        await http.close()
        return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)

    errors = asyncio.run(run())
    assert [type(error) for error in errors] == [SessionClosedError] * 3


def test_a_second_event_loop_is_refused(server):
    url = server.add("/a", b"ok")
    http = HttpRetriever()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(http.get(url))

    async def from_another():
        with pytest.raises(RetrieveError, match="asked from a second event loop; make one for"):
            await http.get(url)

    asyncio.run(from_another())
    loop.run_until_complete(http.close())
    loop.close()


@pytest.mark.parametrize(
    "make_url",
    [
        lambda server: f"http://ada:s3cret@127.0.0.1:{server.port}/404",
        lambda server: f"http://127.0.0.1:{server.port}/404?access_token=s3cret",
        lambda server: f"http://ada:s3cret@127.0.0.1:{unused_port()}/a",
        lambda server: f"http://ada:s3cret@127.0.0.1:{server.port}/stall",
        lambda server: f"http://ada:s3cret@127.0.0.1:{server.port}/circle",
        lambda server: "http://ada:s3cret@:80/a",
        lambda server: "ftp://ada:s3cret@host/a",
    ],
    ids=["status", "token", "refused", "silent", "circle", "invalid", "ftp"],
)
def test_credentials_are_in_no_error(server, make_url):
    server.add_raw("/stall", stalling(b""))
    server.add_raw(
        "/circle", b"HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n"
    )
    error = failure(make_url(server), HttpSettings(read_timeout_s=0.2))
    text = "".join(traceback.format_exception(error)) + repr(error)
    assert "s3cret" not in text
    assert "127.0.0.1" in str(error) or ":80/a" in str(error) or "ftp://host/a" in str(error)


def test_credentials_of_the_address_reach_the_server(server):
    server.add("/a", b"ok")
    get(f"http://ada:s3cret@127.0.0.1:{server.port}/a")
    # RFC 7617: base64 of ada:s3cret.
    assert server.requests[0][1]["authorization"] == "Basic YWRhOnMzY3JldA=="


def test_the_wait_for_a_connection_is_no_connect_timeout(server):
    async def slow(reader, writer):
        await asyncio.sleep(0.3)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()

    url = server.add_raw("/a", slow)

    async def run():
        http = HttpRetriever(HttpSettings(connect_timeout_s=0.2, max_connections_per_host=1))
        started = time.monotonic()
        answers = await asyncio.gather(http.get(url), http.get(url))
        await http.close()
        assert time.monotonic() - started > 0.5
        return answers

    assert [answer.body for answer in asyncio.run(run())] == [b"ok", b"ok"]


def test_without_a_task_there_is_no_request(server):
    url = server.add("/a", b"ok")

    async def run():
        loop = asyncio.get_running_loop()
        outcome = loop.create_future()

        def drive_by_hand():
            try:
                HttpRetriever().get(url).send(None)
            except RetrieveError as error:
                outcome.set_result(str(error))

        loop.call_soon(drive_by_hand)
        assert "is asked from a coroutine of a running task" in await outcome

    asyncio.run(run())
