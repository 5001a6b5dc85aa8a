"""What may pass by itself is asked for again, and nothing else."""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import gzip
import logging
import socket
import threading
import time
import traceback

import pytest

from pycornerstone.errors import HttpStatusError, RetrieveError, TransferError
from pycornerstone.retrieve.errand import Errand, running_errand
from pycornerstone.retrieve.headers import Headers
from pycornerstone.retrieve.http import HttpResponse, HttpRetriever, HttpSettings
from pycornerstone.retrieve.retries import asked_to_wait_s, backoff_s
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


def get(url: str, settings: HttpSettings = QUICK, **options) -> HttpResponse:
    return run(lambda http: http.get(url, **options), settings)


def failure(url: str, settings: HttpSettings = QUICK, **options) -> RetrieveError:
    with pytest.raises(RetrieveError) as caught:
        get(url, settings, **options)
    return caught.value


@pytest.mark.parametrize(
    "fault",
    [
        *({"status": status} for status in (408, 425, 429, 500, 502, 503, 504)),
        {"drop": True},
        {"cut_head_after": 20},
        {"body": bytes(1000), "cut_after": 10},
        {"body": bytes(1000), "cut_after": 10, "chunked": True},
        {"hang": True},
        {"body": bytes(1000), "bytes_per_s": 2},
    ],
    ids=str,
)
def test_what_may_pass_is_asked_for_again(server, fault):
    server.answer("/a", **fault, times=2)
    server.answer("/a", body=b"at last")
    settings = HttpSettings(backoff_s=0.01, read_timeout_s=0.1)
    assert get(server.url("/a"), settings).body == b"at last"
    # A connection that breaks on its first use is not one that had gone stale.
    assert server.requests("/a") == 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        *(({"status": status}, HttpStatusError) for status in (400, 401, 403, 404, 406, 410, 501)),
        ({"body": b"no gzip", "headers": {"Content-Encoding": "gzip"}}, TransferError),
        ({"body": bytes(2000)}, RetrieveError),
    ],
    ids=str,
)
def test_what_does_not_pass_is_told_at_once(server, fault, error):
    server.answer("/a", **fault)
    found = failure(server.url("/a"), HttpSettings(backoff_s=10, max_body_bytes=1000))
    assert type(found) is error
    assert "times" not in str(found)
    assert server.requests("/a") == 1


def test_a_connection_that_is_refused_is_tried_again():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}/a", HttpSettings(backoff_s=0.01, max_retries=2))
    assert str(error).endswith("(asked 3 times)")


def test_the_last_error_says_how_often_it_was_asked(server):
    server.answer("/busy", status=503)
    server.answer("/cut", body=bytes(9), cut_after=1)
    url = server.url("/busy")
    error = failure(url)
    assert isinstance(error, HttpStatusError)
    assert str(error) == (
        f"GET {url} gave HTTP 503 Service Unavailable; the server failed, try again later "
        "(asked 4 times)"
    )
    assert server.requests("/busy") == 4
    assert "(asked 4 times)" in str(failure(server.url("/cut")))
    assert "times" not in str(failure(url, HttpSettings(max_retries=0)))


def test_what_the_caller_has_another_way_for_is_told_at_once(server):
    server.answer("/a", status=500)
    error = failure(server.url("/a"), HttpSettings(backoff_s=10), final_statuses={500})
    assert error.status == 500
    assert server.requests("/a") == 1


def test_the_server_says_how_long_to_wait(server):
    server.answer("/a", status=429, headers={"Retry-After": "1"}, times=1)
    server.answer("/a", body=b"at last")
    began = time.monotonic()
    assert get(server.url("/a")).body == b"at last"
    assert 0.95 < time.monotonic() - began < 3


def test_a_server_that_wants_too_long_a_wait_is_not_waited_for(server):
    server.answer("/a", status=503, headers={"Retry-After": "120"})
    error = failure(server.url("/a"))
    assert str(error).endswith("; the server wants to be asked again in 120 s")
    assert server.requests("/a") == 1


def test_one_answer_that_asks_for_patience_is_enough_for_all(server):
    server.answer("/busy", status=503, headers={"Retry-After": "1"}, times=1)
    server.answer("/busy", body=b"now")
    server.answer("/other", body=b"other")

    async def work(http):
        began = time.monotonic()
        first = asyncio.create_task(http.get(server.url("/busy")))
        await asyncio.to_thread(server.wait_until, lambda: server.requests() == 1)
        await asyncio.sleep(0.2)
        others = [asyncio.create_task(http.get(server.url("/other"))) for _ in range(40)]
        await asyncio.sleep(0.3)
        assert server.requests() == 1
        assert server.most_connections == 1
        await asyncio.gather(first, *others)
        return time.monotonic() - began

    assert run(work) > 0.95
    assert server.requests("/busy") == 2
    assert server.requests("/other") == 40


def test_after_a_wait_one_asks_first(server):
    server.answer("/a", status=503, headers={"Retry-After": "1"}, times=2)
    server.answer("/a", body=b"now")

    async def work(http):
        first = asyncio.create_task(http.get(server.url("/a")))
        await asyncio.to_thread(server.wait_until, lambda: server.requests() == 1)
        await asyncio.sleep(0.1)
        others = [asyncio.create_task(http.get(server.url("/a"))) for _ in range(20)]
        await asyncio.gather(first, *others)

    run(work)
    # Two in vain, and then each of the 21 once.
    assert server.requests("/a") == 23


def test_time_that_the_server_wants_to_be_left_alone_counts(server):
    server.answer("/a", status=503, headers={"Retry-After": "5"})

    async def work(http):
        first = asyncio.create_task(http.get(server.url("/a")))
        await asyncio.to_thread(server.wait_until, lambda: server.requests() == 1)
        await asyncio.sleep(0.1)
        second = asyncio.create_task(http.get(server.url("/a")))
        return await asyncio.gather(first, second, return_exceptions=True)

    async def and_close():
        http = HttpRetriever(HttpSettings(total_timeout_s=0.5))
        outcome = await work(http)
        await http.close()
        return outcome

    began = time.monotonic()
    first, second = asyncio.run(and_close())
    assert time.monotonic() - began < 2
    # It is known at once that the wait would be too long.
    assert isinstance(first, HttpStatusError)
    assert "it was not done within 0.5 s" in str(second)
    assert server.requests() == 1


def test_the_total_bounds_all_repetitions(server):
    server.answer("/a", hang=True)
    began = time.monotonic()
    error = failure(
        server.url("/a"), HttpSettings(read_timeout_s=0.1, backoff_s=0.01, total_timeout_s=0.25)
    )
    # Without a limit of the total it would be 300 s.
    assert time.monotonic() - began < 10
    assert "it was not done within 0.25 s" in str(error)
    assert 2 <= server.requests("/a") <= 3


def test_the_wait_for_a_place_does_not_count(server):
    server.answer("/a", body=b"a", delay_s=0.2)
    settings = HttpSettings(max_connections_per_host=1, total_timeout_s=0.5)
    urls = [server.url("/a")] * 5
    answers = run(lambda http: asyncio.gather(*map(http.get, urls)), settings)
    assert len(answers) == 5


def test_while_it_waits_nothing_is_held(server):
    server.answer("/a", status=500)
    server.answer("/b", body=b"b")

    async def work(http):
        waiting = asyncio.create_task(http.get(server.url("/a")))
        await asyncio.to_thread(server.wait_until, lambda: server.requests("/a") == 1)
        await asyncio.sleep(0.1)
        assert (await http.get(server.url("/b"))).body == b"b"
        assert len(http._gates) == 0
        waiting.cancel()
        began = time.monotonic()
        await asyncio.gather(waiting, return_exceptions=True)
        assert time.monotonic() - began < 5

    # A wait of less than a second is one in a million.
    run(
        work,
        HttpSettings(
            max_connections_per_host=1, backoff_s=1e6, max_backoff_s=1e6, total_timeout_s=None
        ),
    )


def test_progress_is_the_sum_of_what_has_arrived_and_ends_with_all_of_it(server):
    body = bytes(3_000_000)
    server.answer("/a", body=body, cut_after=2_000_000, times=1)
    server.answer("/a", body=body)
    told: list[tuple[int, int | None]] = []
    errand = Errand(on_progress=lambda *numbers: told.append(numbers))
    with running_errand(errand):
        get(server.url("/a"))
    assert told[-1] == (3_000_000, 3_000_000)
    assert max(received for received, _ in told) == 3_000_000


@pytest.mark.parametrize("packed", [False, True])
def test_progress_of_unknown_length_says_so_until_the_end(server, packed):
    body = bytes(100_000)
    if packed:
        headers = {"Content-Encoding": "gzip"}
        server.answer("/a", body=gzip.compress(body), headers=headers)
    else:
        server.answer("/a", body=body, chunked=True, bytes_per_s=500_000)
    told: list[tuple[int, int | None]] = []
    with running_errand(Errand(on_progress=lambda *numbers: told.append(numbers))):
        get(server.url("/a"))
    assert told[-1] == (100_000, 100_000)
    assert all(total is None for _, total in told[:-1])
    # 0.2 s, some 20 times a second.
    assert len(told) < 10


def test_who_fails_to_listen_does_not_stop_the_transfer(server, caplog):
    server.answer("/a", body=b"a")

    def fail(received: int, total: int | None) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR), running_errand(Errand(on_progress=fail)):
        assert get(server.url("/a")).body == b"a"
    assert "told of progress failed" in caplog.text


def test_retry_after_is_seconds_or_a_date():
    # RFC 9110, section 10.2.3 has these two forms; the date is 90 s after that of the answer.
    date = "Fri, 31 Dec 1999 23:58:29 GMT"
    until = "Fri, 31 Dec 1999 23:59:59 GMT"
    assert asked_to_wait_s(Headers([("Retry-After", "120")])) == 120
    assert asked_to_wait_s(Headers([("Retry-After", until), ("Date", date)])) == 90
    assert asked_to_wait_s(Headers([("Retry-After", until)])) == 0
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)
    found = asked_to_wait_s(Headers([("Retry-After", email.utils.format_datetime(soon))]))
    assert 55 < found <= 60


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "٣", "Fri, 99 Dec 1999 23:59:59 GMT"])
def test_any_other_retry_after_is_none(text):
    assert asked_to_wait_s(Headers([("Retry-After", text)])) is None


def test_a_retry_after_of_any_length_is_a_number():
    assert asked_to_wait_s(Headers([("Retry-After", "9" * 5000)])) > 1e8


def test_waits_double_up_to_a_bound_and_are_drawn():
    settings = HttpSettings(backoff_s=0.5, max_backoff_s=3)
    for failures, longest in [(1, 0.5), (2, 1.0), (3, 2.0), (4, 3.0), (5000, 3.0)]:
        drawn = [backoff_s(settings, failures) for _ in range(200)]
        assert 0 <= min(drawn) < longest / 4
        assert longest * 3 / 4 < max(drawn) <= longest


@pytest.mark.parametrize(
    "answer",
    [
        {"headers": {"Doe Jane (": "x"}},
        {"drop": True},
        {"hang": True},
        {"body": bytes(100), "cut_after": 10},
    ],
    ids=["header field", "dropped", "silent", "cut"],
)
def test_nothing_beneath_an_error_tells_of_where_it_was_led_or_of_what_came(server, answer):
    # A signed address that a server redirects to, and bytes of an answer, which may name a patient.
    signed = server.url("/b?X-Amz-Signature=hush")
    server.answer("/a", status=302, headers={"Location": signed})
    server.answer("/b", **answer)
    error = failure(server.url("/a"), HttpSettings(max_retries=0, read_timeout_s=0.2))
    text = "".join(traceback.format_exception(error)) + repr(error.__cause__)
    assert "hush" not in text
    assert "Jane" not in text


def test_a_reason_that_is_no_text_can_be_written_to_a_log(server):
    async def answer(http):
        await http.get(f"http://127.0.0.1:{port}/a")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve():
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 404 Ni\xe8nte\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(HttpStatusError, match="404 Ninte") as caught:
            run(answer)
        thread.join()
    assert str(caught.value).isprintable()
