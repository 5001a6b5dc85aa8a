"""Tests of why something is fetched: what the transport is told, and what it tells."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.model.events import Event
from pycornerstone.model.image import ImageQuality
from pycornerstone.retrieve.errand import current_errand
from pycornerstone.session.session import Session

PREFETCH = cs.LoadOptions(cs.RequestType.PREFETCH, priority=7)


def image_of(image_id, quality=ImageQuality.FULL_RESOLUTION):
    return cs.Image(image_id, np.zeros((2, 3), np.uint8), quality=quality)


class Held:
    """A loader in two steps whose first waits until it is let go, and which knows its errand."""

    def __init__(self):
        self.errands = {}
        self.begun = threading.Semaphore(0)
        self.let_go = {}
        self.decoded = []
        self.decoders = []

    async def retrieve(self, image_id):
        self.errands[image_id] = current_errand()
        event = self.let_go[image_id] = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.begun.release()
        await event.wait()
        return image_id, ImageQuality.FULL_RESOLUTION

    def decode(self, encoded):
        self.decoded.append(encoded)
        self.decoders.append((threading.current_thread().name, current_errand()))
        return image_of(*encoded)

    def wait(self):
        assert self.begun.acquire(timeout=5)

    def release(self, image_id):
        self.loop.call_soon_threadsafe(self.let_go[image_id].set)

    def in_loop(self, call):
        """Call it where the transport would, and wait."""

        async def run():
            call()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout=5)


@pytest.fixture
def session():
    with Session() as session:
        yield session


@pytest.fixture
def held(session):
    held = Held()
    session.register_image_loader("held", held)
    return held


def wait_until(condition):
    done = threading.Event()
    for _ in range(500):
        if condition():
            return
        done.wait(0.01)
    pytest.fail("it did not come about within 5 s")


def test_each_step_of_a_load_runs_on_its_errand(session, held):
    load = session.load_image("held:a", PREFETCH)
    held.wait()
    errand = held.errands["held:a"]

    assert (errand.request_type, errand.priority) == (cs.RequestType.PREFETCH, 7)
    held.release("held:a")
    load.result(timeout=5)
    assert held.decoders[0][1] is errand


def test_a_loader_that_is_one_function_runs_on_its_errand_too(session):
    seen = []

    def load(image_id):
        seen.append(current_errand().urgency)
        return image_of(image_id)

    session.register_image_loader("test", load)
    session.load_image("test:a", PREFETCH).result(timeout=5)

    assert seen == [(cs.RequestType.PREFETCH, 7)]


def test_who_needs_it_sooner_makes_it_urgent_on_the_wire_and_leaves_it_so_while_he_waits(
    session, held
):
    first = session.load_image("held:a", PREFETCH)
    held.wait()
    errand = held.errands["held:a"]
    now = session.load_image("held:a")
    assert errand.urgency == (cs.RequestType.INTERACTION, 0)

    now.cancel()
    assert errand.urgency == (cs.RequestType.PREFETCH, 7)
    assert not first.done()


def test_a_caller_changes_what_he_wants_and_the_most_urgent_counts(session, held):
    one, other = (session.load_image("held:a", PREFETCH) for _ in range(2))
    held.wait()
    errand = held.errands["held:a"]

    one.change_priority(cs.RequestType.THUMBNAIL, 3)
    assert errand.urgency == (cs.RequestType.THUMBNAIL, 3)
    other.change_priority(cs.RequestType.COMPUTE)
    assert errand.urgency == (cs.RequestType.THUMBNAIL, 3)
    one.change_priority(cs.RequestType.COMPUTE, 5)
    assert errand.urgency == (cs.RequestType.COMPUTE, 0)


def test_what_is_loading_changes_its_priority_for_all_who_wait(session, held):
    loads = session.load_and_cache_images(["held:a", "held:b"])
    held.wait()
    held.wait()

    changed = session.change_priority(
        ["held:a", "held:b", "held:c"], cs.RequestType.PREFETCH, priority=2
    )

    assert changed == 2
    assert {e.urgency for e in held.errands.values()} == {(cs.RequestType.PREFETCH, 2)}
    for image_id in ("held:a", "held:b"):
        held.release(image_id)
    assert [load.result(timeout=5).image_id for load in loads] == ["held:a", "held:b"]
    assert session.change_priority(["held:a"], cs.RequestType.PREFETCH) == 0


def test_a_change_of_many_begins_no_more_than_may_run_at_once(session, held):
    image_ids = [f"held:{n}" for n in range(200)]
    loads = [session.load_image(i, PREFETCH) for i in image_ids]
    begun = session.retrieval_pool.number_running
    assert session.change_priority(image_ids, cs.RequestType.THUMBNAIL) == 200
    # As many again of the other type, at the most.
    assert session.retrieval_pool.number_running <= 2 * begun
    session.cancel_load_images(image_ids)
    assert all(load.cancelled() for load in loads)


@pytest.mark.parametrize("how", ["cancel", "close"])
def test_what_is_queued_is_not_begun_when_everything_is_cancelled(session, how):
    begun = []

    async def never(image_id):
        begun.append(image_id)
        await asyncio.Event().wait()

    session.register_image_loader("never", never)
    image_ids = [f"never:{n}" for n in range(200)]
    loads = [session.load_image(i, PREFETCH) for i in image_ids]
    at_once = session.loader_pool.number_running
    if how == "cancel":
        assert session.cancel_load_images(image_ids) == 200
        assert session.cancel_load_images(image_ids) == 0
    else:
        session.close()
    assert all(load.exception(timeout=5) for load in loads)
    assert len(begun) <= at_once


def test_one_text_is_no_list_of_images_whose_priority_changes(session):
    with pytest.raises(cs.ImageIdError, match="a list of imageIds is wanted"):
        session.change_priority("held:a", cs.RequestType.PREFETCH)


def test_what_a_loader_loads_in_turn_is_as_urgent_as_its_own_image(session, held):
    async def outer(image_id):
        return (await session.load_image("held:a", PREFETCH)).replace(image_id=image_id)

    session.register_image_loader("outer", outer)
    load = session.load_image("outer:a", cs.LoadOptions(cs.RequestType.COMPUTE))
    held.wait()
    errand = held.errands["held:a"]
    assert errand.urgency == (cs.RequestType.PREFETCH, 7)

    load.change_priority(cs.RequestType.INTERACTION)
    assert errand.urgency == (cs.RequestType.INTERACTION, 0)
    load.change_priority(cs.RequestType.COMPUTE)
    assert errand.urgency == (cs.RequestType.PREFETCH, 7)
    held.release("held:a")
    assert load.result(timeout=5).image_id == "outer:a"


def test_bytes_that_arrive_are_known_to_each_caller(session, held):
    load = session.load_image("held:a")
    assert load.progress == (0, None)
    held.wait()
    held.in_loop(lambda: held.errands["held:a"].on_progress(10, 40))

    assert load.progress == (10, 40)
    assert session.load_image("held:a").progress == (10, 40)
    held.in_loop(lambda: held.errands["held:a"].on_progress(30, 40))
    assert load.progress.loaded == 30


def test_progress_is_told_where_listeners_may_wait_and_only_the_newest(session, held):
    told, threads = [], []
    hold, begun = threading.Event(), threading.Event()

    def listen(detail):
        told.append((detail.image_id, detail.loaded, detail.total))
        threads.append(threading.current_thread().name)
        begun.set()
        assert hold.wait(5)

    session.events.subscribe(Event.IMAGE_LOAD_PROGRESS, listen)
    session.load_image("held:a")
    held.wait()
    report = held.errands["held:a"].on_progress
    held.in_loop(lambda: report(1, 9))
    assert begun.wait(5)
    held.in_loop(lambda: [report(n, 9) for n in range(2, 10)])
    hold.set()
    wait_until(lambda: len(told) == 2)

    assert told == [("held:a", 1, 9), ("held:a", 9, 9)]
    assert all(name.startswith("pycornerstone-notify") for name in threads)


def partial(held, image_id, quality=ImageQuality.SUBRESOLUTION):
    held.in_loop(lambda: held.errands[image_id].on_partial((image_id, quality)))


def test_an_image_that_is_not_whole_is_shown_and_settles_nothing(session, held):
    told, shown = [], []
    session.events.subscribe(Event.IMAGE_PARTIALLY_LOADED, lambda d: told.append(d.image.quality))
    load = session.load_and_cache_image("held:a")
    load.add_partial_callback(lambda image: shown.append(image.quality))
    held.wait()
    partial(held, "held:a")
    wait_until(lambda: shown)

    assert told == shown == [ImageQuality.SUBRESOLUTION]
    assert load.partial.quality == ImageQuality.SUBRESOLUTION
    assert session.cache.get("held:a") is load.partial
    assert not load.done()
    assert held.decoders[0][0].startswith("pycornerstone-decode")

    held.release("held:a")
    image = load.result(timeout=5)
    assert image.quality == ImageQuality.FULL_RESOLUTION
    assert session.cache.get("held:a") is image
    assert load.partial is None


def test_who_comes_later_is_shown_what_there_is(session, held):
    load = session.load_and_cache_image("held:a")
    held.wait()
    partial(held, "held:a")
    wait_until(lambda: load.partial)

    late, shown = session.load_and_cache_image("held:a"), threading.Event()
    late.add_partial_callback(lambda image: shown.set())
    assert shown.wait(5)


def test_a_partial_image_is_made_only_if_somebody_would_look_at_it(session, held):
    load = session.load_image("held:a")
    held.wait()
    errand = held.errands["held:a"]
    assert errand.on_partial is None

    load.add_partial_callback(print)
    assert errand.on_partial is not None

    prefetched = session.load_and_cache_image("held:b", PREFETCH)
    held.wait()
    errand = held.errands["held:b"]
    assert errand.on_partial is None
    prefetched.change_priority(cs.RequestType.INTERACTION)
    assert errand.on_partial is not None
    prefetched.change_priority(cs.RequestType.PREFETCH)
    assert errand.on_partial is None


def test_of_many_partial_frames_the_newest_is_decoded_one_at_a_time(session, held):
    decode, hold, running = held.decode, threading.Event(), threading.Event()

    def slow(encoded):
        running.set()
        assert hold.wait(5)
        return decode(encoded)

    held.decode = slow
    load = session.load_and_cache_image("held:a")
    held.wait()
    partial(held, "held:a", ImageQuality.FAR_REPLICATE)
    assert running.wait(5)
    for quality in (ImageQuality.ADJACENT_REPLICATE, ImageQuality.SUBRESOLUTION):
        partial(held, "held:a", quality)
    hold.set()
    wait_until(lambda: load.partial and load.partial.quality == ImageQuality.SUBRESOLUTION)

    assert [quality for _, quality in held.decoded] == [
        ImageQuality.FAR_REPLICATE,
        ImageQuality.SUBRESOLUTION,
    ]


def test_a_partial_frame_that_cannot_be_decoded_harms_nothing(session, held, caplog):
    load = session.load_and_cache_image("held:a")
    held.wait()
    held.in_loop(lambda: held.errands["held:a"].on_partial(("held:a", 1, "of three")))
    wait_until(lambda: held.decoded)
    partial(held, "held:a")
    wait_until(lambda: load.partial)
    held.release("held:a")

    assert load.result(timeout=5).quality == ImageQuality.FULL_RESOLUTION
    assert not [record for record in caplog.records if record.levelname != "DEBUG"]


def test_what_comes_after_the_end_is_dropped(session, held):
    load = session.load_and_cache_image("held:a")
    held.wait()
    errand = held.errands["held:a"]
    offer = errand.on_partial
    load.cancel()
    held.in_loop(lambda: (offer(("held:a", ImageQuality.LOSSY)), errand.on_progress(1, 2)))
    # What is decoded now comes after it.
    other = session.load_image("held:b")
    held.wait()
    held.release("held:b")
    other.result(timeout=5)

    assert [image_id for image_id, _ in held.decoded] == ["held:b"]
    assert len(session.cache) == 0


class Qualities:
    """A loader that gives as much as is asked for when it is told to go on."""

    def __init__(self, best=ImageQuality.FULL_RESOLUTION):
        self.asked = []
        self.best = best
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def __call__(self, image_id):
        quality = current_errand().quality
        self.asked.append(quality)
        self.begun.release()
        assert self.go_on.acquire(timeout=5)
        return image_of(image_id, min(quality, self.best))


LITTLE = cs.LoadOptions(quality=ImageQuality.SUBRESOLUTION)


def test_a_worse_image_in_the_cache_does_not_answer_for_a_better_one(session):
    loader = Qualities()
    session.register_image_loader("test", loader)
    loader.go_on.release(2)
    small = session.load_and_cache_image("test:a", LITTLE).result(timeout=5)
    assert session.load_and_cache_image("test:a", LITTLE).result(timeout=5) is small

    load = session.load_and_cache_image("test:a")
    assert load.result(timeout=5).quality == ImageQuality.FULL_RESOLUTION
    assert session.load_and_cache_image("test:a", LITTLE).result(timeout=5) is load.result()
    assert loader.asked == [ImageQuality.SUBRESOLUTION, ImageQuality.FULL_RESOLUTION]


def test_what_the_cache_has_can_be_shown_while_the_better_one_is_loaded(session):
    loader = Qualities()
    session.register_image_loader("test", loader)
    loader.go_on.release()
    small = session.load_and_cache_image("test:a", LITTLE).result(timeout=5)
    load = session.load_and_cache_image("test:a")

    assert load.partial is small
    loader.go_on.release()
    load.result(timeout=5)


def test_an_image_of_which_there_is_no_better_is_loaded_once(session):
    loader = Qualities(best=ImageQuality.LOSSY)
    session.register_image_loader("test", loader)
    loader.go_on.release(5)
    first = session.load_and_cache_image("test:a").result(timeout=5)

    assert session.load_and_cache_image("test:a").result(timeout=5) is first
    assert len(loader.asked) == 1


@pytest.mark.parametrize("keep", [True, False])
def test_who_joins_a_load_and_wants_more_is_given_more(session, keep):
    loader = Qualities()
    session.register_image_loader("test", loader)
    load = session.load_and_cache_image if keep else session.load_image
    little = load("test:a", LITTLE)
    assert loader.begun.acquire(timeout=5)
    whole, shown = load("test:a"), threading.Event()
    whole.add_partial_callback(lambda image: shown.set())
    loader.go_on.release()
    assert shown.wait(5)
    assert not whole.done()
    loader.go_on.release()

    assert whole.result(timeout=5).quality == ImageQuality.FULL_RESOLUTION
    assert little.result(timeout=5) is whole.result()
    assert loader.asked == [ImageQuality.SUBRESOLUTION, ImageQuality.FULL_RESOLUTION]


def test_a_loader_sees_that_more_is_wanted_while_it_loads(session, held):
    session.load_image("held:a", LITTLE)
    held.wait()
    errand = held.errands["held:a"]
    assert errand.quality == ImageQuality.SUBRESOLUTION

    whole = session.load_image("held:a")
    assert errand.quality == ImageQuality.FULL_RESOLUTION
    held.release("held:a")
    assert whole.result(timeout=5).quality == ImageQuality.FULL_RESOLUTION
    assert len(held.decoded) == 1
