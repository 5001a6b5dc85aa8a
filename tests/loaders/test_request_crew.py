"""Many requests, a few at a time."""

from __future__ import annotations

import asyncio
import gc
from collections import deque

import pytest

from pycornerstone.loaders.request_crew import Pace, RequestCrew


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def run_at(rate_of, most=24, answers=400):
    """Let answers of 1,000 bytes arrive at `rate_of(number)` a second; gives the numbers."""
    clock = Clock()
    pace = Pace(most, clock)
    numbers = []
    for _ in range(answers):
        clock.now += 1 / rate_of(pace.number)
        pace.arrived(1000)
        numbers.append(pace.number)
    return numbers


def test_a_server_far_away_is_asked_more_at_once_up_to_the_limit():
    # Each request takes 20 ms, however many there are.
    numbers = run_at(lambda number: number / 0.02)
    assert numbers[0] == 4
    assert numbers[-1] == max(numbers) == 24


def test_a_line_that_is_full_is_not_shared_by_more():
    # 100 answers a second, however many are asked for at once.
    numbers = run_at(lambda number: 100)
    assert max(numbers) == 8
    assert numbers[-1] == 4


def test_a_server_that_is_quick_is_not_tried_with_more():
    # 4 at once take 1 ms each.
    assert set(run_at(lambda number: 4000)) == {4}


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_more_than_there_may_be(most):
    assert set(run_at(lambda number: number / 0.02, most)) == {most}


def test_all_is_done_in_order_and_no_more_at_once_than_the_pace_says():
    running, most, begun = 0, 0, []

    async def work(item):
        nonlocal running, most
        running += 1
        most = max(most, running)
        begun.append(item)
        await asyncio.sleep(0.0001)
        running -= 1
        return 1

    asyncio.run(RequestCrew(deque(range(100)), work, Pace(3)).run())
    assert begun == list(range(100))
    assert most == 3


def test_work_may_add_more():
    queue = deque([5])
    done = []

    async def work(item):
        await asyncio.sleep(0)
        done.append(item)
        queue.extend(range(item))
        return 0

    asyncio.run(RequestCrew(queue, work, Pace(4)).run())
    assert len(done) == 32
    assert not queue


def test_nothing_to_do_is_done():
    async def work(item):
        raise AssertionError(item)

    asyncio.run(RequestCrew(deque(), work, Pace(4)).run())


def test_the_first_failure_stops_the_others():
    cancelled = []

    async def work(item):
        if item == 2:
            raise ValueError(item)
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            cancelled.append(item)
            raise
        return 0

    async def main():
        with pytest.raises(ValueError, match="2"):
            await RequestCrew(deque(range(50)), work, Pace(4)).run()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    assert sorted(cancelled) == [0, 1, 3]


def test_cancelling_it_cancels_what_is_under_way():
    begun, ended = [], []

    async def work(item):
        begun.append(item)
        try:
            await asyncio.sleep(10)
        finally:
            ended.append(item)
        return 0

    async def main():
        task = asyncio.create_task(RequestCrew(deque(range(50)), work, Pace(4)).run())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    assert begun == sorted(ended) == [0, 1, 2, 3]


def test_of_several_that_fail_at_once_the_first_is_told_and_nothing_is_logged(caplog):
    async def fail_together():
        together = asyncio.Event()

        async def work(item):
            await together.wait()
            raise ValueError(item)

        asyncio.get_running_loop().call_later(0.001, together.set)
        with pytest.raises(ValueError, match="0"):
            await RequestCrew(deque(range(4)), work, Pace(4)).run()

    asyncio.run(fail_together())
    gc.collect()
    # asyncio logs the errors of tasks that nobody has asked for.
    assert caplog.records == []
