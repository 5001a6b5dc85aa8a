"""Images go when the last who holds them lets go, not when the garbage collector comes by."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import threading
import weakref

import numpy as np
import pytest

from pycornerstone.errors import LoadCancelledError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.model.events import Event
from pycornerstone.model.image import Image
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom


def image_of(image_id):
    return Image(image_id, np.zeros((64, 64), np.uint16))


def plain(image_id):
    return image_of(image_id)


async def coroutine(image_id):
    await asyncio.sleep(0)
    return image_of(image_id)


def future(image_id):
    promise = concurrent.futures.Future()
    threading.Timer(0.01, lambda: promise.set_result(image_of(image_id))).start()
    return promise


def load_object(image_id):
    return ImageLoadObject(coroutine(image_id), cancel_fn=lambda: None, decache=lambda: None)


class Steps:
    async def retrieve(self, image_id):
        await asyncio.sleep(0)
        return image_id

    def decode(self, encoded):
        return image_of(encoded)


class PlainSteps(Steps):
    def retrieve(self, image_id):
        return image_id


LOADERS = [plain, coroutine, future, load_object, Steps(), PlainSteps()]
NAMES = ["plain", "coroutine", "future", "load object", "steps", "plain steps"]


@pytest.fixture(scope="module")
def server():
    with SampleServer(ct_series(ct_phantom(4, 32, 32))) as server:
        yield server


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def memory_of(image):
    owner = image.pixels
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    # What lies in bytes has no array of its own, and bytes cannot be watched.
    return weakref.ref(owner)


def load_and_let_go(session, image_id):
    """Use an image in every way there is, and give what watches its memory."""

    async def awaited():
        return await session.load_image(image_id)

    called = concurrent.futures.Future()
    load = session.load_and_cache_image(image_id)
    load.add_done_callback(lambda load: called.set_result(memory_of(load.result())))
    load.add_partial_callback(lambda image: None)
    watched = [memory_of(load.result(10)), called.result(10)]
    watched.append(memory_of(asyncio.run(awaited())))
    watched.append(memory_of(session.load_image(image_id).result(10)))
    session.load_array([image_id]).result(10)
    session.cache.purge()
    watched.append(memory_of(session.load_image(image_id).result(10)))
    return watched


def eventually_gone(watched):
    # Threads that are done with it still end what they are at.
    for _ in range(200):
        if not any(memory() is not None for memory in watched):
            return True
        threading.Event().wait(0.01)
    return False


@pytest.mark.parametrize("loader", LOADERS, ids=NAMES)
def test_nothing_holds_an_image_that_everybody_let_go_of(loader, no_collector):
    with Session() as session:
        session.register_image_loader("test", loader)
        session.events.subscribe(Event.IMAGE_LOADED, lambda event: None)
        assert eventually_gone(load_and_let_go(session, "test:a"))


@pytest.mark.parametrize("scheme", ["wadors", "wadouri"])
def test_nothing_holds_what_came_from_a_server(scheme, server, no_collector):
    with Session() as session:
        assert eventually_gone(load_and_let_go(session, server.image_ids(scheme)[0]))


def test_nothing_holds_the_image_of_a_cancelled_load(no_collector):
    made, go_on = [], threading.Event()

    def slow(image_id):
        image = image_of(image_id)
        made.append(memory_of(image))
        go_on.wait(10)
        return image

    with Session() as session:
        session.register_image_loader("test", slow)
        load = session.load_image("test:a")
        while not made:
            threading.Event().wait(0.001)
        load.cancel()
        go_on.set()
        with pytest.raises(LoadCancelledError):
            load.result(10)
        assert eventually_gone(made)
