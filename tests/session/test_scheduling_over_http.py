"""Tests of what is needed now over real sockets: it goes first, and what is cancelled stops."""

from __future__ import annotations

import threading
import time

import pytest

import pycornerstone as cs
from pycornerstone.testing import (
    MisbehavingServer,
    SampleServer,
    ct_phantom,
    ct_series,
    png_phantom,
)

PHANTOM = ct_phantom(slices=40, rows=32, columns=32)
PNG = png_phantom(PHANTOM, 0)
PREFETCH = cs.LoadOptions(cs.RequestType.PREFETCH)


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        yield server


class Counting:
    """A picture loader whose decodes are counted."""

    def __init__(self, loader):
        self.loader = loader
        self.decoded = []

    async def retrieve(self, image_id):
        return await self.loader.retrieve(image_id)

    def decode(self, encoded):
        self.decoded.append(encoded.image_id)
        return self.loader.decode(encoded)


@pytest.fixture
def session():
    with cs.Session(http=cs.HttpSettings(max_retries=0)) as session:
        yield session


@pytest.fixture
def counting(session):
    counting = Counting(session.loaders.find("web"))
    session.register_image_loader("web", counting)
    return counting


def test_what_is_cancelled_on_the_wire_is_seen_by_the_server_and_never_decoded(
    server, session, counting
):
    server.answer("/slow", body=PNG, content_type="image/png", bytes_per_s=len(PNG) / 10)
    load = session.load_image(f"web:{server.url('/slow')}")
    server.wait_until(lambda: server.requests("/slow") == 1)
    load.cancel()

    server.wait_until(lambda: server.disconnects("/slow") == 1)
    assert load.cancelled()
    assert counting.decoded == []


def test_what_is_cancelled_in_the_queue_is_never_asked_of_the_server(server, session, counting):
    server.answer("/held", body=PNG, content_type="image/png", hang=True)
    server.answer("/next", body=PNG, content_type="image/png")
    session.retrieval_pool.set_max_simultaneous_requests(cs.RequestType.PREFETCH, 1)
    held = session.load_image(f"web:{server.url('/held')}", PREFETCH)
    server.wait_until(lambda: server.requests("/held") == 1)
    queued = [session.load_image(f"web:{server.url(f'/next?{n}')}", PREFETCH) for n in range(20)]
    for load in queued[1:]:
        load.cancel()
    server.release("/held")

    assert held.result(timeout=5).rows == queued[0].result(timeout=5).rows == 32
    assert server.requests("/next") == 1
    assert len(counting.decoded) == 2


def test_what_is_cancelled_before_it_is_decoded_is_not_decoded(server, session, counting):
    server.answer("/a", body=PNG, content_type="image/png")
    decode, hold, running = counting.decode, threading.Event(), threading.Semaphore(0)

    def slow(encoded):
        running.release()
        assert hold.wait(5)
        return decode(encoded)

    counting.decode = slow
    session.decode_pool.set_max_simultaneous_requests(cs.RequestType.INTERACTION, 1)
    first = session.load_image(f"web:{server.url('/a?1')}")
    assert running.acquire(timeout=5)
    waiting = session.load_image(f"web:{server.url('/a?2')}")
    wait_until(lambda: session.decode_pool.number_queued == 1)
    waiting.cancel()
    hold.set()

    assert first.result(timeout=5).rows == 32
    assert waiting.cancelled()
    assert len(counting.decoded) == 1


def test_the_last_who_wants_it_stops_the_transfer(server, session):
    server.answer("/slow", body=PNG, content_type="image/png", bytes_per_s=len(PNG) / 10)
    one, other = (session.load_image(f"web:{server.url('/slow')}") for _ in range(2))
    server.wait_until(lambda: server.requests("/slow") == 1)
    one.cancel()
    assert not other.done()
    other.cancel()
    server.wait_until(lambda: server.disconnects("/slow") == 1)


def test_the_image_asked_for_now_is_not_behind_200_prefetches_of_a_slow_line(server, session):
    # 24 at a time would take 8 s in all.
    server.answer("/ahead", body=PNG, content_type="image/png", bytes_per_s=len(PNG) / 1.0)
    server.answer("/now", body=PNG, content_type="image/png")
    ahead = [session.load_image(f"web:{server.url(f'/ahead?{n}')}", PREFETCH) for n in range(200)]
    server.wait_until(lambda: server.requests("/ahead") >= 4)
    now = session.load_image(f"web:{server.url('/now')}")

    assert now.result(timeout=5).rows == 32
    assert sum(load.done() for load in ahead) < 10


def test_a_prefetch_that_somebody_wants_to_see_overtakes_what_is_queued(server, session):
    server.answer("/held", body=PNG, content_type="image/png", hang=True)
    server.answer("/next", body=PNG, content_type="image/png", delay_s=0.01)
    session.retrieval_pool.set_max_simultaneous_requests(cs.RequestType.PREFETCH, 1)
    session.load_image(f"web:{server.url('/held')}", PREFETCH)
    server.wait_until(lambda: server.requests("/held") == 1)
    queued = [session.load_image(f"web:{server.url(f'/next?{n}')}", PREFETCH) for n in range(50)]
    now = session.load_image(f"web:{server.url('/next?49')}")

    assert now.result(timeout=5).rows == 32
    assert [load.done() for load in queued] == [False] * 49 + [True]


def test_priorities_that_change_change_the_order_at_the_server(server, session):
    server.answer("/held", body=PNG, content_type="image/png", hang=True)
    server.answer("/next", body=PNG, content_type="image/png")
    session.retrieval_pool.set_max_simultaneous_requests(cs.RequestType.PREFETCH, 1)
    session.load_image(f"web:{server.url('/held')}", PREFETCH)
    server.wait_until(lambda: server.requests("/held") == 1)
    ids = [f"web:{server.url(f'/next?{n}')}" for n in range(6)]
    loads = [session.load_image(image_id, PREFETCH) for image_id in ids]
    for number in (4, 2):
        assert session.change_priority([ids[number]], cs.RequestType.PREFETCH, -number) == 1
    session.change_priority(ids[:1], cs.RequestType.PREFETCH, 5)
    server.release("/held")
    for load in loads:
        load.result(timeout=5)

    asked = [request.target.partition("?")[2] for request in server.received("/next")]
    assert asked == ["4", "2", "1", "3", "5", "0"]


def test_a_viewport_that_scrolls_over_a_slow_line_loads_ahead_and_shows_what_is_wanted():
    with SampleServer(ct_series(PHANTOM), latency_s=0.02) as server, cs.Session() as session:
        ids = server.image_ids("wadors")
        viewport = cs.StackViewport(32, 32, session=session)
        viewport.set_stack(ids, 20).result(timeout=5)
        for _ in range(5):
            viewport.scroll(1).result(timeout=5)
        wait_until(lambda: len(session.cache) == 40)
        before = server.requests()
        for _ in range(14):
            viewport.scroll(1).result(timeout=5)
        assert server.requests() == before
        # A frame each, none of them twice, and the metadata of the series.
        assert all(server.requests(path_of(image_id)) == 1 for image_id in ids)


def test_no_decode_and_no_listener_runs_in_the_event_loop(server, session, counting):
    server.answer("/a", body=PNG, content_type="image/png")
    threads, decode = set(), counting.decode

    def noting(encoded):
        threads.add(threading.current_thread().name)
        return decode(encoded)

    counting.decode = noting
    for event in (cs.Event.IMAGE_LOADED, cs.Event.IMAGE_LOAD_PROGRESS):
        session.events.subscribe(event, lambda _: threads.add(threading.current_thread().name))
    session.load_image(f"web:{server.url('/a')}").result(timeout=5)

    assert threads
    assert "pycornerstone-io" not in threads


def path_of(image_id):
    return "/" + image_id.split("://")[1].split("/", 1)[1]


def wait_until(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it did not come about within 5 s")
