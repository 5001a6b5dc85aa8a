"""Tests of loaders that load: in circles, deep, and many at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import warnings

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.model.events import Event
from pycornerstone.session.nesting import WaitGraph
from pycornerstone.session.session import Session


def image_of(image_id):
    return cs.Image(image_id, np.zeros((2, 3), np.uint8))


@pytest.fixture
def session():
    with Session() as session:
        yield session


def test_a_circle_is_found_whatever_it_goes_through():
    graph = WaitGraph()
    graph.begin("a", "b")
    graph.begin("b", "c")
    assert graph.circle(("c",), "a") == ("a", "b", "c", "a")
    assert graph.circle(("c",), "d") == ()
    assert graph.circle(("d", "c"), "a") == ("a", "b", "c", "a")
    assert graph.circle(("b", "x"), "a") == ("a", "b", "x", "a")
    assert graph.circle(("a",), "a") == ("a", "a")


def test_who_waits_no_more_is_part_of_no_circle():
    graph = WaitGraph()
    graph.begin("a", "b")
    graph.begin("a", "b")
    graph.end("a", "b")
    assert graph.circle(("b",), "a")
    graph.end("a", "b")
    assert not graph.circle(("b",), "a")
    assert graph.awaited_by("a") == []
    assert len(graph) == 0


def crosswise(session, wait):
    """Loaders that wait for each other: of a for b, and of b for a."""
    both = threading.Barrier(2)

    def plain(image_id):
        both.wait(5)
        inner = session.load_image({"test:a": "test:b", "test:b": "test:a"}[image_id])
        return inner.result().replace(image_id=image_id)

    async def waiting(image_id):
        await asyncio.to_thread(both.wait, 5)
        inner = session.load_image({"test:a": "test:b", "test:b": "test:a"}[image_id])
        return (await inner).replace(image_id=image_id)

    def promising(image_id):
        both.wait(5)
        return session.load_image({"test:a": "test:b", "test:b": "test:a"}[image_id])

    return {"plain": plain, "async": waiting, "promise": promising}[wait]


@pytest.mark.parametrize("wait", ["plain", "async", "promise"])
def test_loaders_that_wait_for_each_other_are_told_so(session, wait):
    session.register_image_loader("test", crosswise(session, wait))
    loads = [session.load_image(image_id) for image_id in ("test:a", "test:b")]

    for load in loads:
        error = load.exception(timeout=5)
        assert isinstance(error, cs.LoaderError)
        assert "waits for the image that it is to load" in str(error)
    assert len(session._image_loads._waits) == 0


def test_a_circle_through_steps_that_are_apart_is_told_too(session):
    both = threading.Barrier(2)
    other = {"test:a": "test:b", "test:b": "test:a"}

    class Loader:
        async def retrieve(self, image_id):
            return image_id

        def decode(self, encoded):
            both.wait(5)
            return session.load_image(other[encoded]).result().replace(image_id=encoded)

    session.register_image_loader("test", Loader())
    session.loaders.find("test")
    # Each needs a thread of its own to get as far as waiting.
    with Session(decode_threads=2) as session:
        session.register_image_loader("test", Loader())
        loads = [session.load_image(image_id) for image_id in other]
        assert all(isinstance(load.exception(timeout=5), cs.LoaderError) for load in loads)


def test_a_loader_that_gives_up_waiting_may_be_waited_for(session):
    asked, gone = threading.Event(), threading.Event()

    async def a(image_id):
        inner = session.load_image("b:1")
        asked.set()
        await asyncio.sleep(0)
        inner.cancel()
        gone.set()
        await asyncio.sleep(0.05)
        return image_of(image_id)

    async def b(image_id):
        await asyncio.to_thread(gone.wait, 5)
        return (await session.load_image("a:1")).replace(image_id=image_id)

    session.register_image_loader("a", a)
    session.register_image_loader("b", b)
    outside = session.load_image("b:1")
    inner = session.load_image("a:1")

    assert inner.result(timeout=5).image_id == "a:1"
    assert outside.result(timeout=5).image_id == "b:1"


def test_who_was_begun_by_a_loader_that_has_given_up_may_ask_for_its_image(session):
    asked, joined, gone = threading.Event(), threading.Event(), threading.Event()

    async def a(image_id):
        inner = session.load_image("b:1")
        asked.set()
        await asyncio.to_thread(joined.wait, 5)
        inner.cancel()
        gone.set()
        await asyncio.sleep(0.05)
        return image_of(image_id)

    async def b(image_id):
        await asyncio.to_thread(gone.wait, 5)
        return (await session.load_image("a:1")).replace(image_id=image_id)

    session.register_image_loader("a", a)
    session.register_image_loader("b", b)
    first = session.load_image("a:1")
    assert asked.wait(5)
    outside = session.load_image("b:1")
    joined.set()

    assert first.result(timeout=5).image_id == "a:1"
    assert outside.result(timeout=5).image_id == "b:1"


class Reader:
    """Reads into arrays, and loads another image for it, whose loader asks for what waits."""

    def __init__(self, session):
        self.session = session

    def retrieve(self, image_id):
        return image_id

    def decode(self, encoded):
        return image_of(encoded)

    def read_samples(self, image_id, out=None):
        return self.session.load_image("inner:1").result(timeout=5).pixels


def test_a_circle_through_an_array_is_told(session):
    async def outer(image_id):
        array = await session.load_array(["read:1"])
        return cs.Image(image_id, array[0])

    async def inner(image_id):
        return await session.load_image("outer:1")

    session.register_image_loader("read", Reader(session))
    session.register_image_loader("outer", outer)
    session.register_image_loader("inner", inner)

    with pytest.raises(cs.LoaderError, match="outer:1 -> "):
        session.load_image("outer:1").result(timeout=5)
    assert len(session._image_loads._waits) == 0


def test_a_provider_that_waits_for_the_image_it_is_asked_of_is_told_so(session):
    session.register_image_loader("test", image_of)
    errors = []

    def provide(type_name, image_id):
        if type_name == "imagePlaneModule":
            errors.append(session.load_image(image_id).exception(timeout=5))

    session.metadata.add_provider(provide)

    assert session.load_image("test:a").result(timeout=5).rows == 2
    assert isinstance(errors[0], cs.LoaderError)


def test_what_loaders_load_in_turn_has_limits_of_its_own(session):
    running, most, lock = 0, 0, threading.Lock()

    async def inner(image_id):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        await asyncio.sleep(0.01)
        with lock:
            running -= 1
        return image_of(image_id)

    async def outer(image_id):
        inners = [session.load_image(f"inner:{image_id}.{n}") for n in range(100)]
        await asyncio.gather(*inners)
        return image_of(image_id)

    session.register_image_loader("inner", inner)
    session.register_image_loader("outer", outer)
    session.loader_pool.set_max_simultaneous_requests(cs.RequestType.INTERACTION, 5)
    session.load_image("outer:a").result(timeout=10)

    assert most == 5


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_loads_ten_deep_end_with_one_place_at_each_depth(session, kind):
    def plain(image_id):
        depth = int(image_id[5:].partition(".")[0])
        if depth == 10:
            return image_of(image_id)
        name = image_id.partition(".")[2]
        first, second = (session.load_image(f"test:{depth + 1}.{n}") for n in (name, "shared"))
        second.result()
        return first.result().replace(image_id=image_id)

    async def waiting(image_id):
        depth = int(image_id[5:].partition(".")[0])
        if depth == 10:
            return image_of(image_id)
        name = image_id.partition(".")[2]
        inner = [session.load_image(f"test:{depth + 1}.{n}") for n in (name, "shared")]
        return (await asyncio.gather(*inner))[0].replace(image_id=image_id)

    session.register_image_loader("test", plain if kind == "plain" else waiting)
    session.loader_pool.set_max_simultaneous_requests(cs.RequestType.INTERACTION, 1)
    names = [f"test:{depth}.{n}" for n in ("x", "y", "shared") for depth in (7, 0, 3)]
    loads = [session.load_image(name) for name in names]

    assert [load.result(timeout=20).image_id for load in loads] == names
    assert session.loader_pool.number_running == session.loader_pool.number_queued == 0
    assert len(session._image_loads._waits) == 0


def test_who_is_joined_by_a_loader_gets_a_deeper_place_and_so_does_what_it_waits_for(session):
    """Two hold the only places of two depths, and one of them waits for the other in turn."""
    go_on = threading.Event()

    def load(image_id):
        if image_id == "test:first":
            assert go_on.wait(5)
            return session.load_image("test:last").result().replace(image_id=image_id)
        if image_id == "test:second":
            return session.load_image("test:third").result().replace(image_id=image_id)
        if image_id == "test:third":
            # Holds a place of depth 1, and waits for what needs one of depth 1 to begin with.
            inner = session.load_image("test:first")
            go_on.set()
            return inner.result().replace(image_id=image_id)
        return image_of(image_id)

    session.register_image_loader("test", load)
    first = session.load_image("test:first")
    session.loader_pool.set_max_simultaneous_requests(cs.RequestType.INTERACTION, 2)
    second = session.load_image("test:second")
    session.loader_pool.set_max_simultaneous_requests(cs.RequestType.INTERACTION, 1)

    assert second.result(timeout=5).image_id == "test:second"
    assert first.result(timeout=5).image_id == "test:first"


@pytest.mark.parametrize("kind", ["async", "plain that gives a coroutine", "two steps"])
def test_a_session_closed_while_loads_are_handed_over_settles_them_all(kind):
    class Steps:
        async def retrieve(self, image_id):
            await asyncio.sleep(0.001)
            return image_id

        def decode(self, encoded):
            return image_of(encoded)

    async def load(image_id):
        await asyncio.sleep(0.001)
        return image_of(image_id)

    def plain(image_id):
        return load(image_id)

    loader = {"async": load, "two steps": Steps()}.get(kind, plain)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for number in range(30):
            session = Session(decode_threads=1)
            session.register_image_loader("test", loader)
            loads = []
            begun = threading.Event()

            def ask(session=session, loads=loads, begun=begun):
                for n in range(200):
                    loads.append(session.load_image(f"test:{n}"))
                    if n == 10:
                        begun.set()

            asker = threading.Thread(target=ask)
            asker.start()
            assert begun.wait(5)
            for n in range(number):
                session.cancel_load_image(f"test:{n}")
            session.close()
            asker.join(5)
            concurrent.futures.wait([load._outcome for load in loads], timeout=5)
            assert all(load.done() for load in loads)
    assert [str(warning.message) for warning in caught] == []


def test_cancelling_at_once_leaves_no_coroutine_that_was_never_awaited(session):
    async def load(image_id):
        await asyncio.sleep(10)

    session.register_image_loader("test", load)

    def plain(image_id):
        return load(image_id)

    session.register_image_loader("plain", plain)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for number in range(300):
            for scheme in ("test", "plain"):
                session.load_image(f"{scheme}:{number}").cancel()
    assert [str(warning.message) for warning in caught] == []


def test_a_listener_is_told_of_a_circle_like_of_any_failure(session):
    told = []
    session.events.subscribe(Event.IMAGE_LOAD_FAILED, lambda d: told.append(d.image_id))
    session.register_image_loader("test", crosswise(session, "async"))
    loads = [session.load_image(image_id) for image_id in ("test:a", "test:b")]
    for load in loads:
        load.exception(timeout=5)

    assert sorted(told) == ["test:a", "test:b"]
