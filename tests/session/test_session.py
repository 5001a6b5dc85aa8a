"""Tests of loading: shared, cancelled, failing, kept and told of."""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import contextvars
import functools
import pathlib
import sys
import threading
import time

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.events import Event
from pycornerstone.session.session import Session


def image_of(image_id):
    return cs.Image(image_id, np.arange(6, dtype=np.int16).reshape(2, 3))


@pytest.fixture
def session():
    with Session() as session:
        yield session


@pytest.fixture
def told(session):
    """Every event of the session's loads and cache, as it comes."""
    told = []
    for event in Event:
        session.events.subscribe(event, told.append)
    return told


def names(told):
    return [detail.event.value for detail in told]


class HeldLoader:
    """A loader in the promise style whose promises are kept when the test says so."""

    def __init__(self):
        self.promises = []
        self.cancelled = []
        self.called = threading.Semaphore(0)

    def __call__(self, image_id):
        promise = concurrent.futures.Future()
        self.promises.append(promise)
        self.called.release()
        return cs.ImageLoadObject(promise, cancel_fn=lambda: self.cancelled.append(image_id))

    def wait(self):
        assert self.called.acquire(timeout=5)


class TwoSteps:
    """A loader whose steps are scheduled apart."""

    def __init__(self):
        self.threads = []

    async def retrieve(self, image_id):
        self.threads.append(threading.current_thread().name)
        await asyncio.sleep(0)
        return image_id, b"\x07"

    def decode(self, encoded):
        self.threads.append(threading.current_thread().name)
        image_id, data = encoded
        return cs.Image(image_id, np.full((2, 2), data[0], np.uint8))


async def load_async(image_id):
    await asyncio.sleep(0)
    return image_of(image_id)


def load_promise(image_id):
    promise = concurrent.futures.Future()
    threading.Timer(0.01, promise.set_result, [image_of(image_id)]).start()
    return cs.ImageLoadObject(promise)


@pytest.mark.parametrize(
    "loader",
    [
        pytest.param(image_of, id="plain"),
        pytest.param(load_async, id="async"),
        pytest.param(load_promise, id="promise"),
        pytest.param(lambda image_id: load_async(image_id=image_id), id="gives a coroutine"),
        pytest.param(lambda image_id: cs.ImageLoadObject(load_async(image_id)), id="coroutine"),
        pytest.param(lambda image_id: cs.ImageLoadObject(image_of(image_id)), id="object"),
        pytest.param(lambda image_id, options: image_of(image_id), id="with options"),
    ],
)
def test_every_kind_of_loader_function_loads(session, loader):
    session.register_image_loader("test", loader)

    image = session.load_image("test:a").result(timeout=5)

    assert image.image_id == "test:a"
    np.testing.assert_array_equal(image.pixels, [[0, 1, 2], [3, 4, 5]])


def test_a_loader_of_two_steps_waits_in_the_loop_and_computes_in_a_decoding_thread(session):
    loader = TwoSteps()
    session.register_image_loader("test", loader)

    assert session.load_image("test:a").result(timeout=5).pixels.max() == 7
    assert loader.threads[0] == "pycornerstone-io"
    assert loader.threads[1].startswith("pycornerstone-decode")


def test_a_plain_retrieve_may_give_something_to_await(session):
    class Loader(TwoSteps):
        def retrieve(self, image_id):
            return super().retrieve(image_id)

    session.register_image_loader("test", Loader())

    assert session.load_image("test:a").result(timeout=5).pixels.max() == 7


def test_a_load_is_awaited_as_well(session):
    session.register_image_loader("test", load_async)

    async def main():
        return await asyncio.gather(*session.load_and_cache_images(["test:a", "test:b"]))

    assert [image.image_id for image in asyncio.run(main())] == ["test:a", "test:b"]


def test_options_reach_the_loader_that_wants_them(session):
    seen = []

    def load(image_id, options):
        seen.append(options)
        return image_of(image_id)

    session.register_image_loader("test", load)
    options = cs.LoadOptions(cs.RequestType.PREFETCH, priority=3, extra={"quality": "low"})
    session.load_image("test:a", options).result(timeout=5)

    assert seen == [options]


def test_a_second_parameter_with_a_default_is_the_loaders_own(session):
    def load(image_id, retries=3):
        return image_of(image_id) if retries == 3 else None

    session.register_image_loader("test", load)

    assert session.load_image("test:a").result(timeout=5).rows == 2


def test_callers_of_one_image_share_one_load(session, told):
    loader = HeldLoader()
    session.register_image_loader("test", loader)
    loads = [session.load_and_cache_image("test:a") for _ in range(10)]
    loader.wait()
    loader.promises[0].set_result(image_of("test:a"))

    images = {id(load.result(timeout=5)) for load in loads}

    assert len(images) == 1
    assert len(loader.promises) == 1
    assert names(told) == ["IMAGE_CACHE_IMAGE_ADDED", "IMAGE_LOADED"]


def test_the_cache_answers_and_says_so(session, told):
    session.register_image_loader("test", image_of)
    first = session.load_and_cache_image("test:a").result(timeout=5)
    session.loaders.unregister("test")

    assert session.load_and_cache_image("test:a").result(timeout=5) is first
    assert session.load_image("test:a").result(timeout=5) is first
    assert [d.from_cache for d in told if d.event is Event.IMAGE_LOADED] == [False, True, True]


def test_loading_without_caching_keeps_nothing(session):
    session.register_image_loader("test", image_of)
    session.load_image("test:a").result(timeout=5)

    assert len(session.cache) == 0


def test_a_failed_load_is_told_once_not_kept_and_can_be_tried_again(session, told):
    answers = [RuntimeError("Not Found"), image_of("test:a")]

    def load(image_id):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    session.register_image_loader("test", load)
    with pytest.raises(RuntimeError, match="Not Found") as caught:
        session.load_and_cache_image("test:a").result(timeout=5)

    assert caught.value.__notes__ == ["while loading test:a"]
    assert len(session.cache) == 0
    assert session.load_and_cache_image("test:a").result(timeout=5).rows == 2
    assert names(told) == ["IMAGE_LOAD_FAILED", "IMAGE_CACHE_IMAGE_ADDED", "IMAGE_LOADED"]


@pytest.mark.parametrize(
    ("loader", "message"),
    [
        (lambda image_id: None, "the loader gave NoneType; it must return an Image"),
        (lambda image_id: np.zeros((2, 2)), "gave ndarray"),
        (
            lambda image_id: cs.ImageLoadObject(asyncio.sleep(0, "x")),
            "promised an image and gave str",
        ),
        (lambda image_id: cs.Image(image_id, np.zeros(4)), r"shape \(rows, columns\).*\(4,\)"),
    ],
)
def test_a_loader_that_gives_no_image_is_told_so(session, loader, message):
    session.register_image_loader("test", loader)

    with pytest.raises(cs.LoaderError, match=message) as caught:
        session.load_image("test:a").result(timeout=5)
    assert caught.value.image_id == "test:a"


def test_a_two_step_loader_that_gives_no_image_is_told_so(session):
    loader = TwoSteps()
    loader.decode = lambda encoded: "pixels"
    session.register_image_loader("test", loader)

    with pytest.raises(cs.LoaderError, match="the loader gave str, not an Image"):
        session.load_image("test:a").result(timeout=5)


@pytest.mark.parametrize("step", ["retrieve", "decode"])
def test_a_step_that_fails_ends_the_load(session, step):
    loader = TwoSteps()

    def fail(argument):
        raise cs.DecodeError("broken")

    setattr(loader, step, fail)
    session.register_image_loader("test", loader)

    with pytest.raises(cs.DecodeError, match=r"broken \[imageId test:a\]"):
        session.load_image("test:a").result(timeout=5)


@pytest.mark.parametrize("text", ["", "no-colon", ":x", "test:"])
def test_what_is_no_image_id_is_told_by_the_load(session, text):
    with pytest.raises(cs.ImageIdError, match="is not an imageId"):
        session.load_image(text).result(timeout=5)


@pytest.mark.parametrize("image_id", [pathlib.Path("a.dcm"), ["test:a"], None])
def test_what_is_no_text_is_told_by_the_load(session, image_id):
    with pytest.raises(cs.ImageIdError, match=r"an imageId is text .* got") as caught:
        session.load_image(image_id).result(timeout=5)
    assert str(caught.value)


def test_one_text_is_not_a_list_of_image_ids(session):
    with pytest.raises(cs.ImageIdError, match="a list of imageIds is wanted, got the text"):
        session.load_and_cache_images("test:a")


def test_an_unknown_scheme_names_what_there_is_and_the_nearest(session):
    with pytest.raises(cs.UnknownSchemeError, match="Did you mean 'wadors'") as caught:
        session.load_image("wadorss:https://pacs/x").result(timeout=5)
    assert {"dicomfile", "nifti", "wadors", "wadouri", "web", "https"} <= set(caught.value.known)


def test_cancelling_settles_everyone_and_stops_the_loader(session, told):
    loader = HeldLoader()
    session.register_image_loader("test", loader)
    loads = [session.load_and_cache_image("test:a") for _ in range(3)]
    loader.wait()
    time.sleep(0.05)

    assert session.cancel_load_image("test:a")
    assert not session.cancel_load_image("test:a")

    for load in loads:
        with pytest.raises(cs.LoadCancelledError, match="cancelled"):
            load.result(timeout=5)
    assert loader.cancelled == ["test:a"]
    assert len(session.cache) == 0
    assert names(told) == ["IMAGE_LOAD_CANCELLED"]
    # The image that comes after all is thrown away.
    assert (
        loader.promises[0].cancelled() or loader.promises[0].set_result(image_of("test:a")) is None
    )
    assert len(session.cache) == 0


def test_one_callers_cancelling_leaves_the_load_to_the_others(session):
    loader = HeldLoader()
    session.register_image_loader("test", loader)
    one, other = session.load_image("test:a"), session.load_image("test:a")
    loader.wait()
    one.cancel()
    loader.promises[0].set_result(image_of("test:a"))

    assert one.cancelled()
    assert other.result(timeout=5).rows == 2
    assert loader.cancelled == []


def test_the_last_callers_cancelling_cancels_the_load(session):
    loader = HeldLoader()
    session.register_image_loader("test", loader)
    loads = [session.load_image("test:a") for _ in range(2)]
    loader.wait()
    time.sleep(0.05)
    for load in loads:
        load.cancel()

    assert loader.cancelled == ["test:a"]
    assert not session.cancel_load_image("test:a")


def test_an_async_loader_is_cancelled_where_it_waits(session):
    started, stopped = threading.Event(), threading.Event()

    async def load(image_id):
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    session.register_image_loader("test", load)
    load_object = session.load_image("test:a")
    assert started.wait(5)
    load_object.cancel()

    assert stopped.wait(5)
    assert load_object.cancelled()


def test_what_waits_in_the_queue_is_cancelled_without_being_started(session):
    loader = HeldLoader()
    session.register_image_loader("test", loader)
    prefetch = cs.LoadOptions(cs.RequestType.PREFETCH)
    session.loader_pool.set_max_simultaneous_requests(cs.RequestType.PREFETCH, 1)
    loads = session.load_and_cache_images([f"test:{n}" for n in range(5)], prefetch)
    loader.wait()

    assert session.cancel_load_images([f"test:{n}" for n in range(1, 5)]) == 4
    loader.promises[0].set_result(image_of("test:0"))

    assert loads[0].result(timeout=5).image_id == "test:0"
    assert [load.cancelled() for load in loads] == [False, True, True, True, True]
    assert len(loader.promises) == 1


def test_a_load_that_is_filtered_out_of_the_queue_settles(session, told):
    held = HeldLoader()
    session.register_image_loader("test", held)
    session.loader_pool.set_max_simultaneous_requests(cs.RequestType.INTERACTION, 1)
    session.load_image("test:a")
    held.wait()
    waiting = session.load_image("test:b")
    dropped = session.loader_pool.filter_requests(lambda request: request.details != "test:b")

    assert [request.details for request in dropped] == ["test:b"]
    with pytest.raises(cs.LoadCancelledError, match="test:b"):
        waiting.result(timeout=5)
    assert names(told) == ["IMAGE_LOAD_CANCELLED"]


def test_what_is_needed_now_overtakes_what_is_prefetched(session):
    order = []

    def load(image_id):
        order.append(image_id)
        return image_of(image_id)

    held = HeldLoader()
    session.register_image_loader("held", held)
    session.register_image_loader("test", load)
    for kind in cs.RequestType:
        session.loader_pool.set_max_simultaneous_requests(kind, 1)
    prefetch = cs.LoadOptions(cs.RequestType.PREFETCH)
    loads = [session.load_image("held:a", prefetch)]
    held.wait()
    loads += [session.load_image(f"test:{n}", prefetch) for n in range(20)]
    now = session.load_image("test:19")
    assert now.result(timeout=5).image_id == "test:19"
    held.promises[0].set_result(image_of("held:a"))
    for load_object in loads:
        load_object.result(timeout=5)

    assert order == ["test:19", *(f"test:{n}" for n in range(19))]


def test_metadata_fills_what_the_loader_left_out(session):
    session.register_image_loader("test", image_of)

    def provide(type_name, image_id):
        return {
            "imagePlaneModule": {"row_pixel_spacing_mm": 0.5, "column_pixel_spacing_mm": 0.25},
            "modalityLutModule": cs.ModalityLutModule(rescale_slope=2, rescale_intercept=-10),
            "voiLutModule": {"windows": [(40, 400)]},
            "generalSeriesModule": {"modality": "CT"},
            "presentationLutModule": {"shape": "INVERSE"},
            "imagePixelModule": {"rows": 2, "columns": 3, "pixel_padding_value": 5},
        }.get(type_name)

    session.metadata.add_provider(provide, 10)
    image = session.load_image("test:a").result(timeout=5)

    assert image.geometry.row_pixel_spacing_mm == 0.5
    assert not image.geometry_is_default
    np.testing.assert_array_equal(image.modality_values(), [[-10, -8, -6], [-4, -2, 0]])
    assert image.voi_lut.windows == (cs.VoiWindow(40, 400),)
    assert image.modality == "CT"
    assert image.is_inverted
    assert image.padding_range == (5, 5)


def test_what_a_loader_gives_is_left_alone(session):
    plane = cs.ImagePlaneModule(row_pixel_spacing_mm=3, column_pixel_spacing_mm=3)
    session.register_image_loader("test", lambda i: image_of(i).replace(plane=plane))
    session.metadata.add_provider(
        lambda t, i: (
            {"row_pixel_spacing_mm": 1, "column_pixel_spacing_mm": 1}
            if t == "imagePlaneModule"
            else None
        )
    )

    assert session.load_image("test:a").result(timeout=5).plane is plane


def test_a_provider_that_fails_ends_the_load_if_nobody_else_knows(session):
    session.register_image_loader("test", image_of)

    def broken(type_name, image_id):
        raise KeyError("no such study")

    session.metadata.add_provider(broken, 5)

    with pytest.raises(cs.MetadataProviderError, match="broken"):
        session.load_image("test:a").result(timeout=5)


def test_an_image_that_does_not_fit_is_given_all_the_same():
    with Session(cache_size_in_bytes=10) as session:
        told = []
        session.events.subscribe(Event.CACHE_SIZE_EXCEEDED, told.append)
        session.register_image_loader("test", image_of)

        assert session.load_and_cache_image("test:a").result(timeout=5).rows == 2
        assert len(session.cache) == 0
        assert [(detail.needed, detail.max_size) for detail in told] == [(12, 10)]


def test_the_cache_tells_the_loader_to_let_go(session):
    let_go = []
    session.register_image_loader(
        "test",
        lambda i: cs.ImageLoadObject(image_of(i), decache=lambda: let_go.append(i)),
    )
    session.load_and_cache_image("test:a").result(timeout=5)
    session.cache.purge()

    assert let_go == ["test:a"]


async def delegate(session, image_id):
    inner = await session.load_image("inner:" + image_id[6:])
    return inner.replace(image_id=image_id)


def delegate_and_block(session, image_id):
    return session.load_image("inner:" + image_id[6:]).result().replace(image_id=image_id)


def delegate_by_object(session, image_id):
    return session.load_image("inner:" + image_id[6:])


def delegate_by_a_thread(session, image_id):
    promise = concurrent.futures.Future()

    def work():
        inner = session.load_image("inner:" + image_id[6:]).result()
        promise.set_result(inner.replace(image_id=image_id))

    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(work,), daemon=True).start()
    return cs.ImageLoadObject(promise)


class Blocking:
    """Steps apart, and a decoder that loads another image."""

    def __init__(self, session):
        self.session = session

    def retrieve(self, image_id):
        return image_id

    def decode(self, encoded):
        return self.session.load_image("inner:" + encoded[6:]).result().replace(image_id=encoded)


@pytest.mark.parametrize("inner", [image_of, load_async, TwoSteps()])
@pytest.mark.parametrize(
    "outer", [delegate, delegate_and_block, delegate_by_object, delegate_by_a_thread, Blocking]
)
def test_loaders_that_load_other_images_never_wait_for_their_own_place(session, outer, inner):
    session.register_image_loader("inner", inner)
    outer = outer(session) if outer is Blocking else functools.partial(outer, session)
    session.register_image_loader("outer", outer)
    loads = session.load_and_cache_images(f"outer:{n}" for n in range(60))
    # These are joined by those: none of them may wait behind those that wait for them.
    loads += session.load_and_cache_images(f"inner:{n}" for n in range(60))

    assert len({load.result(timeout=10).image_id for load in loads}) == 120


def test_a_plain_loader_that_wants_an_event_loop_is_told_what_to_do(session):
    session.register_image_loader(
        "test", lambda i: cs.ImageLoadObject(asyncio.get_running_loop().create_future())
    )

    with pytest.raises(RuntimeError, match="no running event loop") as caught:
        session.load_image("test:a").result(timeout=5)
    assert "write it as async def" in caught.value.__notes__[0]


def test_a_loader_that_waits_for_itself_is_told_so(session):
    async def circle(image_id):
        return await session.load_image({"test:a": "test:b", "test:b": "test:a"}[image_id])

    session.register_image_loader("test", circle)

    with pytest.raises(cs.LoaderError, match="that it is to load: test:a -> test:b -> test:a"):
        session.load_image("test:a").result(timeout=5)


def test_a_listener_that_raises_harms_nobody(session, caplog):
    session.register_image_loader("test", image_of)
    heard = []
    session.events.subscribe(Event.IMAGE_LOADED, lambda detail: 1 / 0)
    undo = session.events.subscribe(Event.IMAGE_LOADED, heard.append)

    assert session.load_image("test:a").result(timeout=5).rows == 2
    assert len(heard) == 1
    assert "a listener of IMAGE_LOADED raised" in caplog.text

    undo()
    undo()
    session.load_image("test:b").result(timeout=5)
    assert len(heard) == 1


def test_a_listener_that_exits_takes_no_load_with_it(session, caplog):
    session.register_image_loader("test", load_promise)
    session.events.subscribe(Event.IMAGE_LOADED, lambda detail: sys.exit(9))

    for name in "abc":
        assert session.load_image(f"test:{name}").result(timeout=5).rows == 2
    assert caplog.text.count("a listener of IMAGE_LOADED raised") == 3


def test_a_loader_that_exits_takes_no_other_with_it(session):
    async def leave(image_id):
        sys.exit(9)

    session.register_image_loader("leaves", leave)
    session.register_image_loader("test", load_async)

    with pytest.raises(cs.LoaderError, match=r"asked the whole process to end, by SystemExit\(9\)"):
        session.load_image("leaves:a").result(timeout=5)
    assert session.load_image("test:a").result(timeout=5).rows == 2


def test_an_event_that_there_is_not_cannot_be_subscribed_to(session):
    with pytest.raises(ValueError, match="'IMAGE_LOAD' is not a valid Event"):
        session.events.subscribe("IMAGE_LOAD", print)


def asks_again(session, outcome):
    """Wait for another image where one is told of."""
    outcome.append(session.load_image("other:b").result(timeout=3).image_id)


@pytest.mark.parametrize("decode_threads", [1, 2])
@pytest.mark.parametrize("loader", [load_async, image_of, TwoSteps(), load_promise])
@pytest.mark.parametrize("where", ["listener", "callback", "provider"])
def test_what_a_user_gives_to_be_called_may_wait_for_other_images(loader, where, decode_threads):
    waited = []
    with Session(decode_threads=decode_threads) as session:
        session.register_image_loader("test", loader)
        session.register_image_loader("other", loader)
        if where == "listener":
            session.events.subscribe(
                Event.IMAGE_LOADED,
                lambda detail: detail.image.image_id == "test:a" and asks_again(session, waited),
            )
        elif where == "provider":

            def provide(type_name, image_id):
                if type_name == "imagePlaneModule" and image_id == "test:a":
                    asks_again(session, waited)

            session.metadata.add_provider(provide)
        load = session.load_image("test:a")
        told = threading.Event()
        if where == "callback":
            load.add_done_callback(lambda load: asks_again(session, waited))
        load.add_done_callback(lambda load: told.set())

        assert load.result(timeout=5).rows == 2
        assert told.wait(5)
        deadline = time.monotonic() + 5
        while not waited and time.monotonic() < deadline:
            time.sleep(0.01)
    assert waited == ["other:b"]


def test_many_listeners_may_wait_at_once(session):
    session.register_image_loader("test", load_async)
    session.register_image_loader("other", load_async)

    def wait_for_another(detail):
        if detail.image.image_id.startswith("test:"):
            session.load_image("other:" + detail.image.image_id[5:]).result(timeout=10)

    session.events.subscribe(Event.IMAGE_LOADED, wait_for_another)
    loads = session.load_and_cache_images(f"test:{n}" for n in range(150))

    assert [load.result(timeout=20).rows for load in loads] == [2] * 150


def test_who_asks_after_a_cancel_is_not_cancelled_too(session):
    session.register_image_loader("test", load_async)
    session.events.subscribe(Event.IMAGE_LOAD_CANCELLED, lambda detail: time.sleep(0.01))
    for _ in range(20):
        session.load_image("test:a").cancel()
        assert session.load_image("test:a").result(timeout=5).rows == 2
        session.load_image("test:b")
        session.cancel_load_image("test:b")
        assert session.load_image("test:b").result(timeout=5).rows == 2


def test_asking_is_not_held_up_by_a_provider_that_waits(session):
    session.register_image_loader("test", image_of)
    gate = threading.Event()
    in_time = []
    session.metadata.add_provider(lambda type_name, image_id: in_time.append(gate.wait(10)))
    loads = session.load_and_cache_images(f"test:{n}" for n in range(8))
    gate.set()
    for load in loads:
        load.result(timeout=20)

    assert all(in_time)


def test_who_joins_while_providers_are_asked_shares_the_load(session, told):
    calls = []

    def load(image_id):
        calls.append(image_id)
        return image_of(image_id)

    asked = threading.Event()

    def provide(type_name, image_id):
        asked.set()
        time.sleep(0.05)

    session.register_image_loader("test", load)
    session.metadata.add_provider(provide)
    first = session.load_image("test:a")
    assert asked.wait(5)
    second = session.load_and_cache_image("test:a")

    assert first.result(timeout=5) is second.result(timeout=5)
    assert calls == ["test:a"]
    assert session.cache.get("test:a") is first.result()
    assert names(told) == ["IMAGE_CACHE_IMAGE_ADDED", "IMAGE_LOADED"]


@pytest.mark.parametrize("loader", [load_async, image_of, TwoSteps()])
def test_a_session_may_be_closed_from_a_callback(loader):
    before = set(threading.enumerate())
    session = Session()
    session.register_image_loader("test", loader)
    session.register_image_loader("held", HeldLoader())
    held = session.load_image("held:a")
    closed = threading.Event()

    def close(load):
        session.close()
        closed.set()

    session.load_image("test:a").add_done_callback(close)

    assert closed.wait(5)
    with pytest.raises(cs.SessionClosedError, match="closed while"):
        held.result(timeout=5)
    deadline = time.monotonic() + 5
    while not set(threading.enumerate()) <= before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before


def test_an_async_loader_may_close_its_session():
    session = Session()

    async def load(image_id):
        session.close()
        return image_of(image_id)

    session.register_image_loader("test", load)

    with pytest.raises(cs.SessionClosedError, match="closed while"):
        session.load_image("test:a").result(timeout=5)


def test_an_image_that_the_cache_fails_on_is_given_all_the_same(session, caplog, monkeypatch):
    session.register_image_loader("test", image_of)
    monkeypatch.setattr(session.cache, "put", lambda image, decache: 1 / 0)

    assert session.load_and_cache_image("test:a").result(timeout=5).rows == 2
    assert "the cache could not keep test:a" in caplog.text


class Misfit:
    """A loader whose frames are of a kind that nobody can count the bytes of."""

    async def retrieve(self, image_id):
        return EncodedFrame(image_id, object(), "image/png")

    def decode(self, encoded):
        return image_of(encoded.image_id)


def test_a_load_settles_whatever_its_loader_brings(session):
    session.register_image_loader("test", Misfit())
    assert isinstance(session.load_image("test:a").exception(timeout=5), TypeError)


def test_who_asks_at_the_moment_when_an_image_comes_is_given_that(session):
    times, asked = collections.Counter(), threading.Event()
    get = session.cache.get

    def loader(image_id):
        times[image_id] += 1
        return image_of(image_id)

    def late(image_id):
        image = get(image_id)
        if not asked.is_set():
            asked.set()
            session.load_and_cache_image(image_id).result(timeout=5)
        return image

    session.register_image_loader("test", loader)
    session.cache.get = late
    assert session.load_and_cache_image("test:a").result(timeout=5).rows == 2
    assert times == {"test:a": 1}


@pytest.mark.parametrize("number", [0, -1])
def test_a_session_without_a_thread_that_decodes_is_not_made(number):
    with pytest.raises(ValueError, match=f"at least 1 thread must decode, got .*={number}"):
        Session(decode_threads=number)


def test_two_sessions_share_nothing():
    with Session() as one, Session() as other:
        one.register_image_loader("test", image_of)
        one.metadata.add_provider(lambda t, i: "here" if t == "note" else None)
        one.load_and_cache_image("test:a").result(timeout=5)

        assert len(other.cache) == 0
        assert other.metadata.get("note", "test:a") is None
        with pytest.raises(cs.UnknownSchemeError, match="no loader for scheme 'test'"):
            other.load_image("test:a").result(timeout=5)


def test_closing_settles_what_loads_and_ends_every_thread():
    before = set(threading.enumerate())
    session = Session()
    held, two_steps = HeldLoader(), TwoSteps()
    session.register_image_loader("held", held)
    session.register_image_loader("test", two_steps)
    session.load_image("test:a").result(timeout=5)
    load = session.load_image("held:a")
    held.wait()
    session.close()
    session.close()

    with pytest.raises(cs.SessionClosedError, match="closed while the image was loading"):
        load.result(timeout=5)
    with pytest.raises(cs.SessionClosedError, match="make a new one"):
        session.load_image("test:b").result(timeout=5)
    assert set(threading.enumerate()) <= before


def test_many_loads_all_settle_whatever_becomes_of_them(session):
    async def load(image_id):
        number = int(image_id.rpartition(":")[2])
        await asyncio.sleep(number % 7 / 1000)
        if number % 5 == 0:
            raise OSError("cut")
        return image_of(image_id)

    session.register_image_loader("test", load)
    loads = session.load_and_cache_images([f"test:{n}" for n in range(500)])
    for number in range(0, 500, 3):
        session.cancel_load_image(f"test:{number}")
    outcomes = [load.exception(timeout=10) for load in loads]

    for number, outcome in enumerate(outcomes):
        if number % 3 and number % 5:
            assert outcome is None
        elif number % 3:
            assert isinstance(outcome, OSError)
    assert session.loader_pool.number_running == session.loader_pool.number_queued == 0
    assert session._image_loads._loads == {}
