"""On whose behalf something is fetched."""

from __future__ import annotations

import asyncio

from pycornerstone.model.requests import RequestType
from pycornerstone.retrieve.errand import Errand, current_errand, running_errand
from pycornerstone.retrieve.in_flight import InFlight
from pycornerstone.retrieve.shared_errand import SharedErrand

INTERACTION, THUMBNAIL, PREFETCH, COMPUTE = RequestType


def test_without_one_it_is_interaction():
    assert current_errand().urgency == (INTERACTION, 0)


def test_tasks_that_are_started_within_run_for_it():
    async def run():
        with running_errand(Errand(PREFETCH, 7)):
            task = asyncio.create_task(asyncio.sleep(0, None))
            found = asyncio.create_task(ask())
        await task
        assert (await found).urgency == (PREFETCH, 7)
        assert current_errand().urgency == (INTERACTION, 0)

    async def ask() -> Errand:
        return current_errand()

    asyncio.run(run())


def test_who_watches_is_told_of_every_change_and_of_nothing_else():
    errand = Errand(PREFETCH)
    seen = []

    def look() -> None:
        seen.append(errand.urgency)

    errand.watch(look)
    errand.priority = 3
    errand.priority = 3
    errand.request_type = THUMBNAIL
    errand.change(INTERACTION, -1)
    errand.unwatch(look)
    errand.unwatch(look)
    errand.priority = 9
    assert seen == [(PREFETCH, 3), (THUMBNAIL, 3), (INTERACTION, -1)]


def test_a_shared_one_is_as_urgent_as_the_most_urgent():
    first, second = Errand(COMPUTE), Errand(PREFETCH, 2)
    shared = SharedErrand(first)
    changes = []
    shared.watch(lambda: changes.append(shared.urgency))
    shared.join(second)
    first.change(INTERACTION, 1)
    assert (shared.request_type, shared.priority) == (INTERACTION, 1)
    shared.leave(first)
    second.priority = 1
    first.priority = 0
    shared.leave(second)
    assert changes == [
        (PREFETCH, 2),
        (INTERACTION, 1),
        (PREFETCH, 2),
        (PREFETCH, 1),
        (COMPUTE, 0),
    ]


def test_progress_of_what_is_shared_is_told_to_all():
    told: dict[str, list] = {"first": [], "second": []}
    errands = {
        name: Errand(on_progress=lambda *numbers, name=name: told[name].append(numbers))
        for name in told
    }

    async def run():
        in_flight = InFlight()
        go_on = asyncio.Event()

        async def work() -> None:
            errand = current_errand()
            errand.note_bytes(expected=10)
            errand.note_bytes(4)
            await go_on.wait()
            errand.note_bytes(6, is_end=True)

        async def ask(name: str) -> None:
            with running_errand(errands[name]):
                await in_flight.share("key", work)

        first = asyncio.create_task(ask("first"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second = asyncio.create_task(ask("second"))
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(first, second)

    asyncio.run(run())
    assert told["first"] == [(4, 10), (10, 10)]
    assert told["second"] == [(4, 10), (10, 10)]


def test_who_leaves_what_has_no_known_length_waits_for_none():
    told = []
    errand = Errand(on_progress=lambda *numbers: told.append(numbers))
    shared = SharedErrand(errand)
    shared.note_bytes(unknown=1)
    shared.note_bytes(5, is_end=True)
    shared.leave(errand)
    errand.note_bytes(expected=5, is_end=True)
    assert told == [(5, None), (5, 5)]


def test_what_is_shared_is_in_memory_once_whoever_leaves():
    first, second, third = Errand(), Errand(), Errand()
    shared = SharedErrand(first)
    shared.note_bytes(expected=10)
    shared.join(second)
    shared.note_bytes(4)
    # One of its own besides.
    second.note_bytes(2, expected=2)
    assert [errand.own_bytes for errand in (first, second)] == [10, 2]
    shared.leave(first)
    assert second.own_bytes == 12
    shared.join(third)
    # Asked for once more, after a transfer that broke.
    shared.note_bytes(-4)
    shared.note_bytes(10, is_end=True)
    assert [errand.own_bytes for errand in (second, third)] == [12, 0]


def test_what_is_shared_by_those_who_share_is_in_memory_once():
    errands = [Errand() for _ in range(4)]
    pairs = [SharedErrand(errands[0]), SharedErrand(errands[2])]
    pairs[0].join(errands[1])
    pairs[1].join(errands[3])
    whole = SharedErrand(pairs[0])
    whole.join(pairs[1])
    whole.note_bytes(5, expected=10)
    assert [errand.own_bytes for errand in errands] == [10, 0, 0, 0]
    whole.leave(pairs[0])
    assert errands[2].own_bytes == 10
