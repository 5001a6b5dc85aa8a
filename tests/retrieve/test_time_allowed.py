"""How long something may take, where not all of its time counts."""

from __future__ import annotations

import asyncio
import time

import pytest

from pycornerstone.retrieve.time_allowed import Deadlines, TimeAllowed


def run(work) -> float:
    """Give how long it took."""

    async def inside() -> None:
        deadlines = Deadlines()
        await work(deadlines)
        deadlines.close()

    began = time.monotonic()
    asyncio.run(inside())
    return time.monotonic() - began


def test_what_takes_longer_is_ended():
    async def work(deadlines):
        with pytest.raises(TimeoutError):
            async with TimeAllowed(0.05, deadlines):
                await asyncio.sleep(60)
        # It is this that was ended, and not the task.
        await asyncio.sleep(0.01)
        assert not asyncio.current_task().cancelling()

    assert 0.05 <= run(work) < 2


def test_without_a_limit_nothing_is():
    async def work(deadlines):
        allowed = TimeAllowed(None, deadlines)
        async with allowed:
            await asyncio.sleep(0.05)
        assert allowed.left is None

    run(work)


def test_time_while_it_stands_still_does_not_count():
    async def work(deadlines):
        allowed = TimeAllowed(0.2, deadlines)
        async with allowed:
            allowed.stop()
            await asyncio.sleep(0.4)
            assert allowed.left == pytest.approx(0.2, abs=0.1)
            allowed.start()
        await asyncio.sleep(0.3)
        with pytest.raises(TimeoutError):
            async with allowed:
                await asyncio.sleep(60)
        assert allowed.left <= 0
        allowed.renew()
        assert allowed.left == 0.2

    assert run(work) < 3


def test_each_of_many_ends_at_its_own_time():
    ended = []

    async def work(deadlines):
        async def one(seconds: float) -> None:
            try:
                async with TimeAllowed(seconds, deadlines):
                    await asyncio.sleep(60)
            except TimeoutError:
                ended.append(seconds)

        await asyncio.gather(*map(one, [0.3, 0.1, 0.2, 0.05]))

    run(work)
    assert ended == [0.05, 0.1, 0.2, 0.3]


def test_who_is_cancelled_by_others_stays_cancelled():
    async def work(deadlines):
        async def one() -> None:
            async with TimeAllowed(60, deadlines):
                await asyncio.sleep(60)

        task = asyncio.create_task(one())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(work)


def test_who_is_cancelled_by_others_at_the_same_time_stays_cancelled():
    async def work(deadlines):
        async def one(allowed: TimeAllowed) -> None:
            async with allowed:
                await asyncio.sleep(60)

        allowed = TimeAllowed(60, deadlines)
        task = asyncio.create_task(one(allowed))
        await asyncio.sleep(0.01)
        allowed.expire()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(work)
