"""Work that several wait for is done once."""

from __future__ import annotations

import asyncio
import gc

import pytest

from pycornerstone.errors import HttpStatusError
from pycornerstone.retrieve.in_flight import InFlight


class Work:
    """Waits until it is told to go on; counts."""

    def __init__(self, result: object = "done") -> None:
        self.started = 0
        self.cancelled = 0
        self.go_on = asyncio.Event()
        self.result = result

    async def __call__(self) -> object:
        self.started += 1
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


async def waiting(in_flight: InFlight, work: Work, count: int) -> list[asyncio.Task]:
    tasks = [asyncio.create_task(in_flight.share("key", work)) for _ in range(count)]
    await asyncio.sleep(0.01)
    return tasks


def test_all_who_ask_meanwhile_share_one():
    async def run():
        in_flight, work, other = InFlight(), Work(), Work("other")
        tasks = await waiting(in_flight, work, 3)
        other.go_on.set()
        assert await in_flight.share("other key", other) == "other"
        work.go_on.set()
        assert await asyncio.gather(*tasks) == ["done"] * 3
        assert work.started == 1

    asyncio.run(run())


def test_who_asks_afterwards_starts_it_anew():
    async def run():
        in_flight, work = InFlight(), Work()
        work.go_on.set()
        await in_flight.share("key", work)
        await in_flight.share("key", work)
        assert work.started == 2

    asyncio.run(run())


def test_who_stops_waiting_does_not_stop_the_others():
    async def run():
        in_flight, work = InFlight(), Work()
        first, second = await waiting(in_flight, work, 2)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        work.go_on.set()
        assert await second == "done"
        assert work.cancelled == 0

    asyncio.run(run())


def test_it_is_cancelled_with_the_last_who_waits():
    async def run():
        in_flight, work, anew = InFlight(), Work(), Work("anew")
        tasks = await waiting(in_flight, work, 2)
        for task in tasks:
            task.cancel()
        late = asyncio.create_task(in_flight.share("key", anew))
        anew.go_on.set()
        # Who asks while it is being cancelled gets another one.
        assert await late == "anew"
        assert (work.started, work.cancelled) == (1, 1)
        assert all(task.cancelled() for task in tasks)

    asyncio.run(run())


def test_each_who_waits_has_an_error_of_their_own():
    async def run():
        in_flight = InFlight()
        work = Work(HttpStatusError("http://pacs/a", 404, "Not Found"))
        work.result.__cause__ = OSError("below")
        tasks = await waiting(in_flight, work, 2)
        work.go_on.set()
        first, second = await asyncio.gather(*tasks, return_exceptions=True)
        first.image_id = "wadors:a"
        assert first is not second
        assert second.image_id is None
        for error in (first, second):
            assert (type(error), error.status, error.url) == (HttpStatusError, 404, "http://pacs/a")
            assert str(error.__cause__) == "below"

    asyncio.run(run())


def test_other_errors_pass_through():
    async def run():
        in_flight, work = InFlight(), Work(ZeroDivisionError("oops"))
        work.go_on.set()
        with pytest.raises(ZeroDivisionError, match="oops"):
            await in_flight.share("key", work)

    asyncio.run(run())


def test_what_fails_when_all_have_given_up_is_not_complained_of():
    complaints = []

    async def work():
        try:
            await asyncio.sleep(10)
        finally:
            raise OSError("on the way out")

    async def ask():
        asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
        waiting = asyncio.create_task(InFlight().share("a", work))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.sleep(0.01)
        gc.collect()

    asyncio.run(ask())
    assert complaints == []
