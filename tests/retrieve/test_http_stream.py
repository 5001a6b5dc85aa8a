"""Answers that are used while they arrive."""

from __future__ import annotations

import asyncio
import time

import pytest

from pycornerstone.errors import (
    HttpStatusError,
    RetrieveError,
    SessionClosedError,
    TransferError,
)
from pycornerstone.retrieve.errand import Errand, running_errand
from pycornerstone.retrieve.http import HttpRetriever, HttpSettings
from pycornerstone.testing.misbehaving_server import MisbehavingServer

QUICK = HttpSettings(backoff_s=0.01)


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        yield server


def run(work, settings: HttpSettings = QUICK):
    async def all_of_it():
        http = HttpRetriever(settings)
        try:
            return await work(http)
        finally:
            assert len(http._gates) == 0
            await http.close()

    return asyncio.run(all_of_it())


async def whole(http: HttpRetriever, url: str, **options) -> bytes:
    async with http.stream(url, **options) as stream:
        return b"".join([chunk async for chunk in stream])


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_the_body_arrives_as_it_was_sent(server, size, chunked):
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    server.answer("/a", body=body, chunked=chunked, content_type='Multipart/Related; boundary="x"')

    async def work(http):
        async with http.stream(server.url("/a"), headers={"Accept": "x/y"}) as stream:
            assert stream.url == server.url("/a")
            assert stream.status == 200
            assert stream.headers["content-type"] == 'Multipart/Related; boundary="x"'
            assert stream.content_type == 'Multipart/Related; boundary="x"'
            assert stream.media_type == "multipart/related"
            assert stream.content_length == (None if chunked else size)
            return b"".join([chunk async for chunk in stream])

    assert run(work) == body
    assert server.received()[0].headers["accept"] == "x/y"


def test_it_is_given_as_it_arrives(server):
    server.answer("/a", body=bytes(1000), bytes_per_s=2000)

    async def work(http):
        async with http.stream(server.url("/a")) as stream:
            times = [time.monotonic() async for _ in stream]
        return times[-1] - times[0]

    assert run(work) > 0.3


def test_the_server_waits_for_who_reads_slowly(server):
    sent = 0
    server.answer("/a", body=bytes(1 << 20), endless=True)

    async def work(http):
        nonlocal sent
        async with http.stream(server.url("/a")) as stream:
            async for chunk in stream:
                sent += len(chunk)
                await asyncio.sleep(0.1)
                if sent > 4 << 20:
                    break

    began = time.monotonic()
    run(work)
    # It goes on only as it is read: 4 MiB in pieces of 2 MiB at the most.
    assert sent < 8 << 20
    assert time.monotonic() - began > 0.15


def test_leaving_early_closes_the_connection(server):
    server.answer("/a", body=bytes(1000), endless=True)

    async def work(http):
        async with http.stream(server.url("/a")) as stream:
            async for _ in stream:
                break
        await asyncio.to_thread(server.wait_until, lambda: server.open_connections == 0)

    run(work)


def test_at_the_end_connection_and_place_are_free_though_the_context_is_not_left(server):
    server.answer("/a", body=bytes(1000))

    async def work(http):
        async with http.stream(server.url("/a")) as stream:
            async for _ in stream:
                pass
            await whole(http, server.url("/a"))

    run(work, HttpSettings(max_connections_per_host=1))
    assert server.most_connections == 1


def test_it_is_asked_for_again_until_there_are_header_fields(server):
    server.answer("/a", status=503, times=1)
    server.answer("/a", drop=True, times=1)
    server.answer("/a", body=b"body")
    assert run(lambda http: whole(http, server.url("/a"))) == b"body"
    assert server.requests() == 3


def test_what_breaks_later_is_told(server):
    server.answer("/a", body=bytes(1000), cut_after=100)
    with pytest.raises(TransferError, match="the body was cut"):
        run(lambda http: whole(http, server.url("/a")))
    assert server.requests() == 1


def test_another_status_is_told(server):
    server.answer("/a", status=500)
    with pytest.raises(HttpStatusError, match="gave HTTP 500"):
        run(lambda http: whole(http, server.url("/a"), final_statuses=[500]))
    assert server.requests() == 1


def test_a_server_that_falls_silent_is_given_up(server):
    server.answer("/a", body=bytes(1000), bytes_per_s=1)
    settings = HttpSettings(read_timeout_s=0.2, max_retries=0)
    with pytest.raises(TransferError, match=r"the server sent nothing for 0\.2 s"):
        run(lambda http: whole(http, server.url("/a")), settings)


def test_time_of_the_server_is_bounded_and_that_of_the_reader_is_not(server):
    server.answer("/quick", body=bytes(3_000_000))
    server.answer("/slow", body=b"x", endless=True, bytes_per_s=50)
    settings = HttpSettings(total_timeout_s=0.3)

    async def slowly(http):
        size = 0
        async with http.stream(server.url("/quick")) as stream:
            async for chunk in stream:
                size += len(chunk)
                await asyncio.sleep(0.15)
        return size

    assert run(slowly, settings) == 3_000_000
    with pytest.raises(TransferError, match=r"it was not done within 0\.3 s"):
        run(lambda http: whole(http, server.url("/slow")), settings)


def test_a_server_that_we_do_not_read_from_is_not_silent(server):
    server.answer("/a", body=bytes(20_000_000))

    async def work(http):
        size = 0
        async with http.stream(server.url("/a")) as stream:
            async for chunk in stream:
                if not size:
                    # Until nothing more fits into the buffers, and then longer than a silence.
                    await asyncio.sleep(0.6)
                size += len(chunk)
        return size

    assert run(work, HttpSettings(read_timeout_s=0.2)) == 20_000_000


def test_size_is_bounded(server):
    server.answer("/a", body=bytes(1000), endless=True)
    with pytest.raises(RetrieveError, match="the limit is 100000"):
        run(lambda http: whole(http, server.url("/a")), HttpSettings(max_body_bytes=100_000))


def test_each_part_has_the_time_and_size_of_an_answer(server):
    server.answer("/a", body=bytes(1000), bytes_per_s=2000)

    async def work(http):
        size = 0
        async with http.stream(server.url("/a")) as stream:
            async for chunk in stream:
                size += len(chunk)
                stream.begin_part()
        return size

    assert run(work, HttpSettings(total_timeout_s=0.3)) == 1000


def test_closing_ends_who_waits_and_leaves_others_alone(server):
    server.answer("/a", body=bytes(1000), bytes_per_s=10)

    async def work(http):
        began = asyncio.Event()

        async def read() -> None:
            async with http.stream(server.url("/a")) as stream:
                async for _ in stream:
                    began.set()

        async def hold() -> None:
            async with http.stream(server.url("/a")) as stream:
                # Not waiting for the network, so nothing ends this; the next chunk does.
                await asyncio.sleep(0.8)
                async for _ in stream:
                    pass

        tasks = [asyncio.create_task(read()), asyncio.create_task(hold())]
        await began.wait()
        await http.close()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(error) for error in run(work)] == [SessionClosedError] * 2


def test_progress_is_told(server):
    server.answer("/a", body=bytes(3_000_000))
    told: list[tuple[int, int | None]] = []
    with running_errand(Errand(on_progress=lambda *numbers: told.append(numbers))):
        run(lambda http: whole(http, server.url("/a")))
    assert told[-1] == (3_000_000, 3_000_000)
