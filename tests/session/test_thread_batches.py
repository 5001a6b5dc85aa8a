"""Things are worked on in threads, each once, until one of them fails or nobody waits any more."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from pycornerstone.session.thread_batches import in_threads


@pytest.mark.parametrize("number", [0, 1, 31, 32, 33, 500])
def test_each_thing_is_worked_on_once(number):
    seen = []
    asyncio.run(in_threads(range(number), seen.extend))
    assert seen == list(range(number))


def test_there_are_several_threads_where_something_is_waited_for():
    threads, seen = set(), []

    def wait(some):
        time.sleep(0.01)
        threads.add(threading.get_ident())
        seen.extend(some)

    asyncio.run(in_threads(range(32 * 20), wait))
    assert sorted(seen) == list(range(32 * 20))
    assert len(threads) > 1


def test_what_fails_ends_it_and_is_told():
    seen = []

    def fail(some):
        seen.extend(some)
        if 40 in some:
            raise ValueError("the 40th")

    with pytest.raises(ValueError, match="the 40th"):
        asyncio.run(in_threads(range(1000), fail))
    assert len(seen) < 1000


def test_a_cancellation_ends_it_after_what_it_is_at():
    seen, has_begun, goes_on = [], threading.Event(), threading.Event()

    def work(some):
        seen.extend(some)
        has_begun.set()
        goes_on.wait(5)

    async def cancel():
        task = asyncio.create_task(in_threads(range(1000), work))
        await asyncio.to_thread(has_begun.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        goes_on.set()

    asyncio.run(cancel())
    assert seen == list(range(32))
