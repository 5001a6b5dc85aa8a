"""Who may ask a host now: the most urgent first."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from itertools import pairwise

import pytest

from pycornerstone.model.requests import RequestType
from pycornerstone.retrieve.errand import Errand, running_errand
from pycornerstone.retrieve.host_gate import HostGates
from pycornerstone.retrieve.http import HttpRetriever, HttpSettings
from pycornerstone.retrieve.in_flight import InFlight
from pycornerstone.retrieve.time_allowed import Deadlines, TimeAllowed
from pycornerstone.testing.misbehaving_server import MisbehavingServer

INTERACTION, THUMBNAIL, PREFETCH, COMPUTE = RequestType


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        yield server


class Requests:
    """Requests at one gate that stay until they are told to leave."""

    def __init__(self, limit: int) -> None:
        self.gates = HostGates(limit)
        self.inside: list[str] = []
        self.tasks: dict[str, asyncio.Task] = {}
        self.leaving: dict[str, asyncio.Event] = {}

    async def ask(self, name: str, errand: Errand) -> None:
        self.leaving[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._stay(name, errand))
        await settle()

    async def leave(self, name: str) -> None:
        self.leaving[name].set()
        await settle()

    async def _stay(self, name: str, errand: Errand) -> None:
        place = self.gates.place("http://host", errand, TimeAllowed(None, Deadlines()))
        await place.enter()
        self.inside.append(name)
        try:
            await self.leaving[name].wait()
        finally:
            self.inside.remove(name)
            place.leave()

    async def end(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        assert len(self.gates) == 0


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def at_a_gate(limit: int):
    def decorate(test):
        def run() -> None:
            async def inside() -> None:
                requests = Requests(limit)
                await test(requests)
                await requests.end()

            asyncio.run(inside())

        run.__name__ = test.__name__
        return run

    return decorate


@at_a_gate(limit=2)
async def test_the_most_urgent_is_let_in_first_and_equals_in_their_order(requests):
    for name in ("a", "b"):
        await requests.ask(name, Errand(INTERACTION))
    for name, errand in [
        ("prefetch", Errand(PREFETCH)),
        ("thumbnail", Errand(THUMBNAIL)),
        ("late", Errand(INTERACTION, 5)),
        ("first", Errand(INTERACTION)),
        ("second", Errand(INTERACTION)),
    ]:
        await requests.ask(name, errand)
    order = []
    for name in ("a", "b", "first", "second", "late", "thumbnail"):
        assert name in requests.inside
        await requests.leave(name)
        order.append(list(requests.inside))
    assert order == [["b", "first"], ["first", "second"], ["second", "late"], ["late"],
                     ["thumbnail"], ["prefetch"]]  # fmt: skip


@pytest.mark.parametrize(("limit", "others"), [(1, 1), (2, 1), (4, 3), (32, 24)])
def test_interaction_finds_a_free_place(limit, others):
    async def inside():
        requests = Requests(limit)
        for number in range(50):
            await requests.ask(f"prefetch {number}", Errand(PREFETCH))
        assert len(requests.inside) == others
        for number in range(50):
            await requests.ask(f"interaction {number}", Errand(INTERACTION))
        assert len(requests.inside) == limit
        await requests.end()

    asyncio.run(inside())


@at_a_gate(limit=8)
async def test_prefetches_do_not_begin_while_somebody_waits(requests):
    await requests.ask("shown", Errand(INTERACTION))
    await requests.ask("prefetch", Errand(PREFETCH))
    await requests.ask("compute", Errand(COMPUTE))
    await requests.ask("thumbnail", Errand(THUMBNAIL))
    assert requests.inside == ["shown", "thumbnail"]
    await requests.leave("shown")
    assert requests.inside == ["thumbnail", "prefetch", "compute"]


@at_a_gate(limit=8)
async def test_a_prefetch_that_becomes_urgent_goes_on_at_once(requests):
    await requests.ask("shown", Errand(INTERACTION))
    errand = Errand(PREFETCH, 3)
    await requests.ask("prefetch", errand)
    assert requests.inside == ["shown"]
    # As a user's thread does.
    thread = threading.Thread(target=errand.change, args=(INTERACTION, 0))
    thread.start()
    thread.join()
    await settle()
    assert requests.inside == ["shown", "prefetch"]


@at_a_gate(limit=1)
async def test_the_order_is_that_of_the_moment(requests):
    await requests.ask("running", Errand(INTERACTION))
    first, second = Errand(PREFETCH, 1), Errand(PREFETCH, 2)
    await requests.ask("first", first)
    await requests.ask("second", second)
    first.priority, second.priority = 4, 3
    await requests.leave("running")
    assert requests.inside == ["second"]


@at_a_gate(limit=4)
async def test_what_is_needed_no_more_at_once_holds_nobody_up(requests):
    errand = Errand(INTERACTION)
    await requests.ask("shown", errand)
    await requests.ask("prefetch", Errand(PREFETCH))
    assert requests.inside == ["shown"]
    errand.request_type = COMPUTE
    await settle()
    assert requests.inside == ["shown", "prefetch"]


@at_a_gate(limit=2)
async def test_who_waits_can_go_away(requests):
    await requests.ask("running", Errand(INTERACTION))
    for number in range(5):
        await requests.ask(f"{number}", Errand(THUMBNAIL))
    for number in range(4):
        requests.tasks[f"{number}"].cancel()
    await requests.leave("running")
    assert requests.inside == ["4"]


def test_whatever_comes_and_goes_the_rules_hold():
    async def inside():
        choose = random.Random(1)
        requests = Requests(6)
        errands: dict[str, Errand] = {}
        for step in range(600):
            match choose.randrange(4):
                case 0 | 1:
                    errands[f"{step}"] = Errand(choose.choice(list(RequestType)))
                    await requests.ask(f"{step}", errands[f"{step}"])
                case 2 if requests.inside:
                    await requests.leave(choose.choice(requests.inside))
                case 3 if errands:
                    name = choose.choice(list(errands))
                    errands[name].change(choose.choice(list(RequestType)), choose.randrange(3))
            await settle()
            waiting = [
                name
                for name, task in requests.tasks.items()
                if not task.done() and name not in requests.inside
            ]
            assert len(requests.inside) <= 6
            if waiting and len(requests.inside) < 5:
                # Nobody waits without a reason.
                types = {errands[name].request_type for name in requests.inside}
                assert INTERACTION in types
                assert all(errands[name].request_type >= PREFETCH for name in waiting)
        await requests.end()

    asyncio.run(inside())


def test_many_who_wait_cost_no_more_each(monkeypatch):
    looked_at = 0
    urgency = Errand.urgency.fget

    def counted(errand):
        nonlocal looked_at
        looked_at += 1
        return urgency(errand)

    monkeypatch.setattr(Errand, "urgency", property(counted))

    def cost(number: int) -> float:
        async def inside() -> float:
            nonlocal looked_at
            requests = Requests(2)
            for name in ("a", "b"):
                await requests.ask(name, Errand(INTERACTION))
            for name in range(number):
                requests.leaving[f"{name}"] = event = asyncio.Event()
                event.set()
                work = requests._stay(f"{name}", Errand(THUMBNAIL, name % 7))
                requests.tasks[f"{name}"] = asyncio.create_task(work)
            await settle()
            looked_at = 0
            await requests.leave("a")
            await requests.leave("b")
            await asyncio.gather(*requests.tasks.values())
            return looked_at / number

        return asyncio.run(inside())

    # With a list that is looked through, 8 times as many would cost 8 times as much each.
    assert 0 < cost(2000) < 2 * cost(250)


def loaded_behind_an_interaction(server, act, **settings):
    """Begin a large prefetch, then an interaction that hangs; then `act`; gives what arrives."""
    size = 64 * 1024 * 1024
    server.answer("/large", body=bytes(size))
    server.answer("/shown", body=b"shown", hang=True)
    arrived: list[tuple[float, int]] = []

    async def run():
        http = HttpRetriever(HttpSettings(**settings))
        errand = Errand(PREFETCH)
        with running_errand(errand):
            errand.on_progress = lambda received, _: arrived.append((time.monotonic(), received))
            prefetch = asyncio.create_task(http.get(server.url("/large")))
        while not arrived:
            await asyncio.sleep(0.001)
        shown = asyncio.create_task(http.get(server.url("/shown")))
        await asyncio.to_thread(server.wait_until, lambda: server.requests("/shown") == 1)
        at_once = arrived[-1][1]
        await act(errand, prefetch)
        await asyncio.to_thread(server.release, "/shown")
        assert (await shown).body == b"shown"
        assert len((await asyncio.wait_for(prefetch, 20)).body) == size
        await http.close()
        return at_once

    return asyncio.run(run()), arrived


def test_what_is_read_pauses_while_somebody_waits(server):
    async def wait(errand, prefetch):
        await asyncio.sleep(1.0)

    # The server is silent for longer than it may be, because we do not listen.
    at_once, arrived = loaded_behind_an_interaction(server, wait, read_timeout_s=30)
    longest = max(after[0] - before[0] for before, after in pairwise(arrived))
    assert at_once < 32 * 1024 * 1024
    assert longest > 0.8


def test_a_pause_is_not_the_silence_of_the_server(server):
    async def wait(errand, prefetch):
        await asyncio.sleep(0.9)

    settings = {"read_timeout_s": 0.3, "total_timeout_s": 0.8, "max_retries": 0}
    server.answer("/shown", body=b"shown", delay_s=0.9)
    size = 64 * 1024 * 1024
    server.answer("/large", body=bytes(size))

    async def run():
        http = HttpRetriever(HttpSettings(**settings))
        # That one may be silent; only the prefetch is to be looked at.
        patient = HttpRetriever(HttpSettings())
        patient._gates = http._gates
        with running_errand(Errand(PREFETCH)):
            prefetch = asyncio.create_task(http.get(server.url("/large")))
        await asyncio.to_thread(server.wait_until, lambda: server.requests("/large") == 1)
        shown = asyncio.create_task(patient.get(server.url("/shown")))
        assert (await shown).body == b"shown"
        assert len((await prefetch).body) == size
        await http.close()
        await patient.close()

    asyncio.run(run())


def test_who_pauses_goes_on_when_it_becomes_urgent(server):
    async def hurry(errand, prefetch):
        await asyncio.sleep(0.2)
        errand.change(INTERACTION, 0)
        await asyncio.wait_for(asyncio.shield(prefetch), 10)

    loaded_behind_an_interaction(server, hurry)


def test_cancelling_ends_a_pause_and_a_wait(server):
    server.answer("/large", body=bytes(64 * 1024 * 1024))
    server.answer("/shown", hang=True)

    async def run():
        http = HttpRetriever()
        shown = asyncio.create_task(http.get(server.url("/shown")))
        await asyncio.to_thread(server.wait_until, lambda: server.requests("/shown") == 1)
        with running_errand(Errand(PREFETCH)):
            waiting = asyncio.create_task(http.get(server.url("/large")))
        await asyncio.sleep(0.1)
        assert server.requests("/large") == 0
        began = time.monotonic()
        for task in (waiting, shown):
            task.cancel()
        await asyncio.gather(waiting, shown, return_exceptions=True)
        # A pause is of two seconds, and the server would hang for ever.
        assert time.monotonic() - began < 1.5
        assert len(http._gates) == 0
        await http.close()

    asyncio.run(run())


def test_what_several_wait_for_is_as_urgent_as_the_most_urgent(server):
    server.answer("/shown", hang=True)
    server.answer("/shared", body=b"shared")

    async def run():
        http = HttpRetriever()
        in_flight = InFlight()
        shown = asyncio.create_task(http.get(server.url("/shown")))
        await asyncio.to_thread(server.wait_until, lambda: server.requests("/shown") == 1)

        async def shared(errand):
            with running_errand(errand):
                return await in_flight.share("key", lambda: http.get(server.url("/shared")))

        first = asyncio.create_task(shared(Errand(PREFETCH)))
        await asyncio.sleep(0.1)
        assert server.requests("/shared") == 0
        # Somebody else wants it now.
        assert (await asyncio.wait_for(shared(Errand(INTERACTION)), 5)).body == b"shared"
        assert (await first).body == b"shared"
        shown.cancel()
        await asyncio.gather(shown, return_exceptions=True)
        await http.close()

    asyncio.run(run())
