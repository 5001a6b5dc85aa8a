"""Any thread but the loop's own may wait for what a loop brings."""

from __future__ import annotations

import asyncio
import threading

import pytest

from pycornerstone.errors import MetadataError, SessionClosedError
from pycornerstone.retrieve.blocking import wait_for


@pytest.fixture
def loop():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def answer() -> int:
    await asyncio.sleep(0.01)
    return 42


async def wait_long() -> None:
    await asyncio.sleep(60)


async def fail() -> None:
    raise TimeoutError("too long")


def test_what_it_gives_is_given(loop):
    assert wait_for(answer(), loop) == 42


def test_what_it_raises_is_raised(loop):
    with pytest.raises(TimeoutError, match="too long"):
        wait_for(fail(), loop)


def test_the_loop_does_not_wait_for_itself(loop):
    async def wait_inside() -> int:
        return wait_for(answer(), loop)

    with pytest.raises(MetadataError, match="cannot be in the thread that fetches"):
        wait_for(wait_inside(), loop)


def test_a_loop_that_does_not_run_brings_nothing():
    loop = asyncio.new_event_loop()
    with pytest.raises(SessionClosedError):
        wait_for(answer(), loop)
    loop.close()
    with pytest.raises(SessionClosedError):
        wait_for(answer(), loop)


def test_what_is_cancelled_because_a_session_ends_says_so(loop):
    def cancel_all() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()

    threading.Timer(0.1, lambda: loop.call_soon_threadsafe(cancel_all)).start()
    with pytest.raises(SessionClosedError):
        wait_for(wait_long(), loop)


def test_a_loop_that_stops_meanwhile_is_noticed():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    threading.Timer(0.1, lambda: loop.call_soon_threadsafe(loop.stop)).start()
    while not loop.is_running():
        pass
    with pytest.raises(SessionClosedError, match="the session is closed"):
        wait_for(wait_long(), loop)
    thread.join()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
