"""Looking up names: who does not answer is not waited for, and is asked again."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest
from aiohttp import ThreadedResolver

from pycornerstone import HttpSettings, TransferError
from pycornerstone.retrieve.host_names import HostNames
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.retrieve.http_failures import SlowNameLookupError

_look_up = socket.getaddrinfo


class SlowNames:
    """What the system does while its name server does not answer: it holds the thread."""

    def __init__(self, host, address="127.0.0.1") -> None:
        self.host, self.address = host, address
        self.go_on = threading.Event()
        self.number_asked = 0

    def getaddrinfo(self, host, *args, **kwargs):
        if host != self.host:
            return _look_up(host, *args, **kwargs)
        self.number_asked += 1
        self.go_on.wait(10)
        return _look_up(self.address, *args, **kwargs)


@pytest.fixture
def slow(monkeypatch):
    names = SlowNames("pacs.test")
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    yield names
    names.go_on.set()


def test_a_load_does_not_wait_for_a_name_server_that_does_not_answer(slow):
    settings = HttpSettings(connect_timeout_s=0.1, max_retries=2, backoff_s=0)

    async def get():
        http = HttpRetriever(settings)
        before = time.monotonic()
        try:
            with pytest.raises(TransferError) as caught:
                await http.get("http://pacs.test/a")
        finally:
            await http.close()
        slow.go_on.set()
        return str(caught.value), time.monotonic() - before

    text, seconds = asyncio.run(get())
    assert text == (
        "GET http://pacs.test/a failed: the host 'pacs.test' could not be looked up (no answer "
        "within 0.1 s); is there a network, and a name server? (asked 3 times)"
    )
    assert 0.3 <= seconds < 5
    # Each would hold a thread that is wanted elsewhere.
    assert slow.number_asked == 1


def test_an_answer_that_comes_late_serves_who_asks_again(slow, server):
    url = server.add("/a", b"here").replace("127.0.0.1", "pacs.test")
    settings = HttpSettings(connect_timeout_s=0.2, max_retries=20, backoff_s=0)

    async def get():
        http = HttpRetriever(settings)
        asyncio.get_running_loop().call_later(0.5, slow.go_on.set)
        try:
            return (await http.get(url)).body
        finally:
            await http.close()

    assert asyncio.run(get()) == b"here"
    assert slow.number_asked == 1


def test_closing_leaves_nobody_waiting(slow):
    async def ask():
        names = HostNames(60, ThreadedResolver())
        waiting = asyncio.create_task(names.resolve("pacs.test", 80))
        while not slow.number_asked:
            await asyncio.sleep(0.01)
        await names.close()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(waiting, 5)
        slow.go_on.set()

    asyncio.run(ask())


def test_it_is_a_failure_that_may_pass_by_itself():
    assert SlowNameLookupError(10).errno == socket.EAI_AGAIN
