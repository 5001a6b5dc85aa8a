"""Tests of the promise of an image."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time

import numpy as np
import pytest

from pycornerstone.errors import LoadCancelledError, LoaderError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.model.image import Image


@pytest.fixture
def image():
    return Image("test:a", np.zeros((2, 3), np.int16))


async def soon(value):
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


def run_a_loop_in_a_thread():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def stop():
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    return loop, stop


def test_an_image_is_a_load_that_has_ended(image):
    load = ImageLoadObject(image)

    assert load.done()
    assert load.result() is image
    assert load.exception() is None


def test_a_concurrent_future_becomes_the_image(image):
    promise = concurrent.futures.Future()
    load = ImageLoadObject(promise)

    assert not load.done()
    promise.set_result(image)

    assert load.result(timeout=5) is image


def test_an_asyncio_future_of_another_thread_becomes_the_image(image):
    loop, stop = run_a_loop_in_a_thread()
    try:
        promise = loop.create_future()
        load = ImageLoadObject(promise)
        loop.call_soon_threadsafe(promise.set_result, image)

        assert load.result(timeout=5) is image
    finally:
        stop()


def test_a_coroutine_becomes_the_image_without_any_session(image):
    assert ImageLoadObject(soon(image)).result(timeout=5) is image


def test_a_coroutine_is_awaited_in_the_loop_that_is_there(image):
    async def main():
        return await ImageLoadObject(soon(image))

    assert asyncio.run(main()) is image


@pytest.mark.parametrize("loops", [1, 2])
def test_one_load_is_awaited_in_several_event_loops(image, loops):
    promise = concurrent.futures.Future()
    load = ImageLoadObject(promise)

    async def main():
        return await load

    with concurrent.futures.ThreadPoolExecutor() as threads:
        waiting = [threads.submit(asyncio.run, main()) for _ in range(loops)]
        time.sleep(0.05)
        promise.set_result(image)
        assert [wait.result(5) for wait in waiting] == [image] * loops


def test_an_error_of_the_promise_is_the_error_of_the_load():
    promise = concurrent.futures.Future()
    load = ImageLoadObject(promise)
    error = RuntimeError("Not Found")
    promise.set_exception(error)

    assert load.exception() is error
    with pytest.raises(RuntimeError, match="Not Found"):
        load.result()


def test_a_promise_of_something_else_is_the_loaders_error():
    promise = concurrent.futures.Future()
    load = ImageLoadObject(promise)
    promise.set_result({"pixels": []})

    with pytest.raises(LoaderError, match="promised an image and gave dict"):
        load.result()


def test_what_cannot_become_an_image_is_refused():
    with pytest.raises(LoaderError, match=r"needs an image, a future or a coroutine.*got int"):
        ImageLoadObject(3)


def test_a_future_of_a_closed_loop_is_refused():
    loop = asyncio.new_event_loop()
    promise = loop.create_future()
    loop.close()

    with pytest.raises(LoaderError, match="event loop that is closed"):
        ImageLoadObject(promise)


def test_waiting_too_long_leaves_the_load_alone(image):
    promise = concurrent.futures.Future()
    load = ImageLoadObject(promise, image_id="test:a")

    with pytest.raises(TimeoutError, match=r"test:a is not there after 0.01 s"):
        load.result(timeout=0.01)
    promise.set_result(image)

    assert load.result() is image


def test_a_timeout_error_of_the_loader_is_not_taken_for_our_own():
    promise = concurrent.futures.Future()
    promise.set_exception(TimeoutError("the scanner is slow"))

    with pytest.raises(TimeoutError, match="the scanner is slow"):
        ImageLoadObject(promise).result(timeout=5)


def test_cancelling_settles_and_calls_cancel_fn_once():
    calls = []
    promise = concurrent.futures.Future()
    load = ImageLoadObject(promise, cancel_fn=lambda: calls.append("stopped"))

    assert load.cancel()
    assert not load.cancel()

    assert calls == ["stopped"]
    assert load.cancelled()
    # Whoever stops the work may still settle the promise that is theirs.
    promise.set_exception(RuntimeError("stopped"))
    with pytest.raises(LoadCancelledError, match="was cancelled"):
        load.result()


def test_without_cancel_fn_the_promise_is_cancelled():
    promise = concurrent.futures.Future()
    ImageLoadObject(promise).cancel()

    assert promise.cancelled()


def test_cancelling_settles_though_cancel_fn_raises(caplog):
    load = ImageLoadObject(concurrent.futures.Future(), cancel_fn=lambda: 1 / 0)

    assert load.cancel()

    assert load.cancelled()
    assert "cancel_fn" in caplog.text


def test_cancelling_after_the_end_changes_nothing(image):
    load = ImageLoadObject(image)

    assert not load.cancel()
    assert load.result() is image


def test_a_result_after_cancelling_is_ignored(image):
    promise = concurrent.futures.Future()
    promise.set_running_or_notify_cancel()
    load = ImageLoadObject(promise)
    load.cancel()
    promise.set_result(image)

    assert load.cancelled()


def test_a_promise_that_its_loader_cancels_settles_the_load():
    promise = concurrent.futures.Future()
    load = ImageLoadObject(promise)
    promise.cancel()

    with pytest.raises(LoadCancelledError, match="the loader cancelled"):
        load.result(timeout=5)


def test_cancelling_the_wait_cancels_the_load():
    stopped = threading.Event()
    load = ImageLoadObject(concurrent.futures.Future(), cancel_fn=stopped.set)

    async def main():
        await asyncio.wait_for(load, timeout=0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert stopped.is_set()
    assert load.cancelled()


def test_a_coroutine_that_is_cancelled_before_it_starts_never_runs():
    ran = []

    async def work():
        ran.append(True)

    load = ImageLoadObject(work())
    load.cancel()

    assert load.cancelled()
    assert ran == []


def test_callbacks_are_called_with_the_load_and_harm_nobody(image, caplog):
    seen = []
    promise = concurrent.futures.Future()
    load = ImageLoadObject(promise)
    load.add_done_callback(lambda load: 1 / 0)
    load.add_done_callback(seen.append)
    promise.set_result(image)
    load.add_done_callback(seen.append)

    assert seen == [load, load]
    assert "a callback of" in caplog.text


@pytest.mark.parametrize(
    ("load", "state"),
    [
        (ImageLoadObject(concurrent.futures.Future(), image_id="test:a"), "loading"),
        (ImageLoadObject(Image("test:a", np.zeros((1, 1)))), "loaded"),
        (ImageLoadObject.rejected(ValueError("x")), "failed"),
    ],
)
def test_its_text_says_how_far_it_is(load, state):
    assert state in repr(load)
