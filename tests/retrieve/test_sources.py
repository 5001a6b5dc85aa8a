"""From an address to bytes, wherever they are."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path

import pytest

from pycornerstone.errors import (
    ContentTypeError,
    DecodeError,
    HttpStatusError,
    RetrieveError,
    TransferError,
)
from pycornerstone.retrieve.disk_cache import DiskCache
from pycornerstone.retrieve.http import HttpRetriever, HttpSettings
from pycornerstone.retrieve.sources import Source, SourceKind, Sources

BODY = os.urandom(9_000_000)


def fetched(function, *, disk_cache=None, **settings):
    """Run what is given the sources of a session, in an event loop that ends."""

    async def run():
        http = HttpRetriever(HttpSettings(**{"max_retries": 0, **settings}), disk_cache)
        try:
            return await function(Sources(http))
        finally:
            await http.close()

    return asyncio.run(run())


def read(address, **how):
    return fetched(lambda sources: sources.read(Source.parse(address), "a picture"), **how)


def beginning(address, nbytes, **how):
    source = Source.parse(address)
    return fetched(lambda sources: sources.beginning(source, nbytes, "a picture"), **how)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("http://host/a.png", SourceKind.HTTP),
        ("HTTPS://host/a.png", SourceKind.HTTP),
        ("https://host/a.png::b", SourceKind.HTTP),
        ("data:image/png;base64,AAAA", SourceKind.DATA),
        ("DATA:,a", SourceKind.DATA),
        ("bytes:7", SourceKind.HELD),
        ("s3://bucket/a.nii", SourceKind.FSSPEC),
        ("zip://a.nii::/data/b.zip", SourceKind.FSSPEC),
        ("zip://a.nii::file:///data/b.zip", SourceKind.FSSPEC),
        ("simplecache::s3://bucket/a.nii", SourceKind.FSSPEC),
        ("/data/a.nii", SourceKind.FILE),
        ("a.nii", SourceKind.FILE),
        ("~/a.nii", SourceKind.FILE),
        ("./bytes:7", SourceKind.FILE),
        ("./data:a", SourceKind.FILE),
        ("./zip://a", SourceKind.FILE),
        ("bytes:a.nii", SourceKind.FILE),
        ("file:///data/a.nii", SourceKind.FILE),
        ("file:///data/a::b.nii", SourceKind.FILE),
        ("local:///data/a.nii", SourceKind.FILE),
        ("/data/a::b.nii", SourceKind.FILE),
        ("C:/data/a.nii", SourceKind.FILE),
        ("c:\\data\\a.nii", SourceKind.FILE),
        ("c://data/a.nii", SourceKind.FILE),
        ("a b://c", SourceKind.FILE),
    ],
)
def test_the_address_says_where_the_bytes_are(address, kind):
    assert Source.parse(address).kind is kind


@pytest.mark.skipif(os.name == "nt", reason="paths of POSIX")
def test_addresses_of_one_file_have_one_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a b.nii"
    addresses = [str(file), "a b.nii", "./a b.nii", file.as_uri(), f"local://{file}"]
    assert {Source.parse(address).key for address in addresses} == {str(file)}
    assert {Source.parse(address).path for address in addresses} == {file}


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the folder that one is in")
def test_a_working_folder_that_is_gone_is_an_error(tmp_path, monkeypatch):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(RetrieveError) as caught:
        Source.parse("a.nii")
    assert str(caught.value) == (
        "'a.nii' is in the working folder, which is gone; give the whole path"
    )
    assert Source.parse("/data/a.nii").key == "/data/a.nii"


@pytest.mark.parametrize(
    "address", ["~\0/a", "~\ud800/a", "\0", "\ud800", "", "zip://\0::\0", "?", "%"]
)
def test_what_no_file_can_be_called_is_an_error(address):
    with pytest.raises(RetrieveError):
        read(address)


def test_other_addresses_are_their_own_key():
    for address in ("https://host/a?b#c", "data:,a", "bytes:7", "s3://bucket/a"):
        assert Source.parse(address).key == address
        assert Source.parse(address).path is None


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://ada:secret@host/a?token=b", "https://host/a?token=..."),
        ("s3://key:secret@bucket/a", "s3://bucket/a"),
        ("data:image/png;base64,AAAA", "data:image/png,...(26 characters)"),
    ],
)
def test_what_is_shown_of_it_is_not_secret(address, shown):
    source = Source.parse(address)
    assert source.shown == shown
    assert address not in repr(source)


def test_a_file_is_read(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(BODY)
    assert read(str(file)) == BODY
    assert beginning(str(file), 5) == BODY[:5]
    assert beginning(str(file), len(BODY) + 5) == BODY


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(RetrieveError, match="there is no file"):
        read(str(tmp_path / "a"))


def test_the_version_of_a_file_changes_with_it(tmp_path):
    file = tmp_path / "a"
    source = Source.parse(str(file))

    async def versions(sources):
        none = await sources.version(source)
        file.write_bytes(b"abc")
        first = await sources.version(source)
        again = await sources.version(source)
        file.write_bytes(b"abcd")
        return none, first, again, await sources.version(source)

    none, first, again, later = fetched(versions)
    assert none == ()
    assert first == again != later


def test_a_data_address_is_its_own_bytes():
    address = "data:;base64," + base64.b64encode(BODY).decode()
    assert read(address) == BODY
    assert beginning(address, 7) == BODY[:7]
    assert read("data:,abc") == b"abc"


def test_an_empty_data_address_is_an_error():
    with pytest.raises(DecodeError) as caught:
        read("data:image/png;base64,")
    assert str(caught.value) == (
        "data:image/png,...(22 characters) holds no bytes, a picture was expected"
    )


def test_held_bytes_are_read_and_at_hand():
    async def run(sources):
        address = sources.hold(BODY)
        source = Source.parse(address)
        assert sources.at_hand(source) == BODY
        assert await sources.read(source, "a picture") == BODY
        assert await sources.beginning(source, 3, "a picture") == BODY[:3]
        assert await sources.version(source) == ()
        sources.release(address)
        with pytest.raises(RetrieveError, match="is not held by this session"):
            await sources.read(source, "a picture")
        with pytest.raises(RetrieveError, match="is not held by this session"):
            sources.at_hand(source)

    fetched(run)


def test_who_keeps_what_he_made_of_bytes_is_told_when_they_are_released():
    async def run(sources):
        told = []
        sources.when_released(told.append)
        first, second = sources.hold(b"abc"), sources.hold(b"def")
        sources.release(second)
        sources.release(first)
        assert told == [second, first]

    fetched(run)


def test_what_was_released_is_told_from_what_is_held_and_from_all_else():
    async def run(sources):
        address = sources.hold(b"abc")
        source = Source.parse(address)
        assert not sources.is_released(source)
        sources.release(address)
        assert sources.is_released(source)
        assert not sources.is_released(Source.parse("/data/a.nii"))

    fetched(run)


def test_held_bytes_may_not_be_none_at_all():
    async def run(sources):
        await sources.read(Source.parse(sources.hold(b"")), "a picture")

    with pytest.raises(DecodeError, match="holds no bytes, a picture was expected"):
        fetched(run)


def test_nothing_else_is_at_hand(tmp_path):
    async def run(sources):
        for address in (str(tmp_path), "https://host/a", "s3://bucket/a"):
            assert sources.at_hand(Source.parse(address)) is None
        assert sources.at_hand(Source.parse("data:,abc")) == b"abc"

    fetched(run)


def test_a_server_is_asked(server):
    assert read(server.add("/a.png", BODY, "image/png")) == BODY
    assert [path for path, _ in server.requests] == ["/a.png"]


@pytest.mark.parametrize("bring", [read, lambda url: beginning(url, 3)])
def test_a_page_in_place_of_a_file_is_an_error(server, bring):
    url = server.add("/a.png?token=abc", b"<html>", "text/html; charset=utf-8")
    with pytest.raises(ContentTypeError) as caught:
        bring(url)
    assert str(caught.value) == (
        f"GET {server.url}/a.png?token=... gave text/html, a picture was expected; check the "
        "address, or whether the server wants a login"
    )


@pytest.mark.parametrize("bring", [read, lambda url: beginning(url, 3)])
def test_an_empty_answer_is_an_error(server, bring):
    url = server.add("/a.png", b"")
    with pytest.raises(DecodeError) as caught:
        bring(url)
    assert str(caught.value) == f"GET {url} gave an empty answer, a picture was expected"


@pytest.mark.parametrize("bring", [read, lambda url: beginning(url, 3)])
def test_what_is_not_at_the_server_is_an_error(server, bring):
    with pytest.raises(HttpStatusError, match="gave HTTP 404"):
        bring(f"{server.url}/none")


class Counted:
    """Sends a body as fast as it is taken, and counts what was."""

    def __init__(self, status: str, body: bytes) -> None:
        self.head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self.body = body
        self.sent = 0

    async def __call__(self, reader, writer):
        writer.write(self.head)
        while self.sent < len(self.body):
            piece = self.body[self.sent : self.sent + 65536]
            writer.write(piece)
            await writer.drain()
            self.sent += len(piece)


def test_a_server_is_asked_for_the_beginning_alone(server):
    url = server.add("/a", BODY[:1000], status="206 Partial Content")
    assert beginning(url, 1000) == BODY[:1000]
    assert server.requests[0][1]["range"] == "bytes=0-999"


def answered_in_part(server, fields, body):
    """Give what a beginning of two bytes is where a server answers so, and has three in all."""

    async def answer(reader, writer):
        if "range" in server.requests[-1][1]:
            head = f"206 Partial Content\r\n{fields}\r\nContent-Length: {len(body)}"
            writer.write(f"HTTP/1.1 {head}\r\n\r\n".encode() + body)
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
        await writer.drain()

    data = beginning(server.add_raw("/a", answer), 2)
    return data, len(server.requests)


# RFC 9110, section 15.3.7: another part may come than the one that was asked for, or less of it.
@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ("Content-Range: bytes 1-2/3", b"bc"),
        ("Content-Range: bytes 0-0/3", b"a"),
        ("Content-Range: bytes 0-0/*", b"a"),
        ("Content-Range: pages 0-1/3", b"ab"),
        ("Content-Type: multipart/byteranges; boundary=x", b"--x\r\n\r\nab\r\n--x--"),
    ],
)
def test_a_server_that_sends_another_part_is_asked_for_all(server, fields, body):
    assert answered_in_part(server, fields, body) == (b"ab", 2)


@pytest.mark.parametrize("part", ["Bytes 0-1/3", "bytes 0-1/*", "bytes 0-2/3", "bytes 0-0/1"])
def test_the_part_that_was_asked_for_is_enough(server, part):
    body = b"abc"[: int(part[8]) + 1]
    assert answered_in_part(server, f"Content-Range: {part}", body) == (body[:2], 1)


def test_a_server_that_sends_all_is_left(server):
    body = bytes(200_000_000)
    answer = Counted("200 OK", body)
    assert beginning(server.add_raw("/a", answer), 1000) == body[:1000]
    assert server.hung_up.wait(5)
    # What the buffers of both sides hold, and not a tenth of it all.
    assert answer.sent < 20_000_000


def test_a_file_that_is_shorter_than_its_beginning_is_whole(server):
    assert beginning(server.add("/a", b"abc"), 1000) == b"abc"


def test_a_beginning_that_is_cut_is_asked_for_again(server):
    async def answer(reader, writer):
        body = BODY[:1000] if len(server.requests) > 2 else BODY[:10]
        writer.write(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1000\r\n\r\n" + body)
        await writer.drain()

    url = server.add_raw("/a", answer)
    with pytest.raises(TransferError):
        beginning(url, 1000, max_retries=0)
    assert beginning(url, 1000, max_retries=2) == BODY[:1000]
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "refusal", ["416 Range Not Satisfiable", "400 Bad Request", "501 Not Implemented"]
)
def test_a_server_that_has_no_such_range_is_asked_for_all(server, refusal):
    async def answer(reader, writer):
        asked = server.requests[-1][1]
        status = refusal if "range" in asked else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\nabc".encode())
        await writer.drain()

    assert beginning(server.add_raw("/a", answer), 2) == b"ab"
    assert ["range" in fields for _, fields in server.requests] == [True, False]


def test_with_a_disk_cache_the_whole_is_fetched_once(server, tmp_path):
    url = server.add("/a.nii", BODY, "application/octet-stream")
    cache = DiskCache(tmp_path)
    try:
        assert beginning(url, 3, disk_cache=cache) == BODY[:3]
        cache.close()
        server.answers.clear()
        offline = DiskCache(tmp_path, offline=True)
        try:
            assert read(url, disk_cache=offline) == BODY
            assert beginning(url, 3, disk_cache=offline) == BODY[:3]
            with pytest.raises(TransferError, match="is not in the disk cache"):
                beginning(url + "?x", 3, disk_cache=offline)
        finally:
            offline.close()
    finally:
        cache.close()
    assert len(server.requests) == 1


def test_no_connection_is_left_open(server):
    beginning(server.add_raw("/a", Counted("200 OK", bytes(50_000_000))), 10)
    assert server.hung_up.wait(5)
    assert server.open_connections == 0


def test_a_cancelled_beginning_settles_at_once(server):
    async def hangs(reader, writer):
        await reader.read()

    url = server.add_raw("/a", hangs)

    async def run(sources):
        task = asyncio.create_task(sources.beginning(Source.parse(url), 10, "a picture"))
        await asyncio.to_thread(server.asked.wait, 5)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=2)
        return [one.cancelled() for one in done]

    assert fetched(run) == [True]


def test_the_event_loop_goes_on_while_a_file_is_read(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(BODY[:1000])

    async def run(sources):
        task = asyncio.create_task(sources.read(Source.parse(str(file)), "a picture"))
        await asyncio.sleep(0)
        assert not task.done()
        return await task

    assert fetched(run) == Path(file).read_bytes()
