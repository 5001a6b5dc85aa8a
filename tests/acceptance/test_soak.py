"""Twenty thousand loads with faults and cancels at random: all settle, and nothing is left over."""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import gc
import random
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from pycornerstone.errors import DecodeError, LoadCancelledError, PyCornerstoneError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.model.events import Event
from pycornerstone.model.image import Image
from pycornerstone.model.requests import RequestType
from pycornerstone.retrieve.disk_cache import DiskCache
from pycornerstone.retrieve.http_settings import HttpSettings
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.viewports.stack import StackViewport

LOADS = 20_000
ROUNDS = 10
SEED = 20_261_123
IMAGE_BYTES = 32 * 32 * 2
SETTINGS = HttpSettings(
    connect_timeout_s=5,
    read_timeout_s=0.5,
    total_timeout_s=5,
    max_retries=2,
    backoff_s=0.005,
    max_body_bytes=1_000_000,
)
# In the middle of the rounds, and once more when all is warm.
ROUNDS_WITH_A_DISK = (2, 7)


class BrokenError(Exception):
    """What a loader of anybody's fails with."""


def made(image_id):
    return Image(image_id, np.zeros((32, 32), np.uint16))


def plain(image_id):
    if image_id.endswith("7"):
        raise BrokenError
    return made(image_id)


async def coroutine(image_id):
    await asyncio.sleep(0.001)
    if image_id.endswith("7"):
        raise BrokenError
    return made(image_id)


def promised(image_id):
    """Give a load object whose future settles in a thread of its own, or never unless cancelled."""
    promise = concurrent.futures.Future()
    if image_id.endswith("7"):
        return ImageLoadObject(promise, cancel_fn=promise.cancel)
    promise.set_result(made(image_id))
    return ImageLoadObject(promise, decache=lambda: None)


def is_endless(image_id):
    """Say whether it settles only if it is cancelled, or after all time-outs."""
    return "/hangs" in image_id or (image_id.startswith("promised:") and image_id.endswith("7"))


class Steps:
    async def retrieve(self, image_id):
        await asyncio.sleep(0)
        return image_id

    def decode(self, encoded):
        if encoded.endswith("7"):
            raise DecodeError("it ends in 7")
        return made(encoded)


class Soak:
    """One session, and all that is done to it."""

    def __init__(self, session, image_ids, searched):
        self.session = session
        self.random = random.Random(SEED)
        self.image_ids = image_ids
        self.with_end = {
            scheme: [image_id for image_id in of_scheme if not is_endless(image_id)]
            for scheme, of_scheme in image_ids.items()
        }
        self.searched = searched
        self.under_way = collections.deque()
        self.outcomes = collections.Counter()
        self.events = collections.Counter()
        for event in Event:
            session.events.subscribe(event, lambda detail: self.events.update([detail.event]))
        self.viewport = StackViewport(32, 32, session=session)

    def load(self, number):
        for _ in range(number):
            self._step()
        while self.under_way:
            self._take()

    def _step(self):
        session, draw = self.session, self.random
        scheme = draw.choices(list(self.image_ids), [4, 4, 2, 2, 2, 2, 3, 3, 3, 3])[0]
        image_id = draw.choice(self.image_ids[scheme])
        options = LoadOptions(draw.choice(list(RequestType)), draw.randrange(-2, 3))
        what = draw.random()
        must_end = is_endless(image_id)
        if what < 0.05:
            load, must_end = self._of_several(what, options), False
        else:
            ask = session.load_and_cache_image if what < 0.6 else session.load_image
            load = ask(image_id, options)
        if must_end or draw.random() < 0.2:
            # At once, or from somewhere else a little later.
            if draw.random() < 0.5:
                load.cancel()
            elif draw.random() < 0.5:
                session.cancel_load_image(image_id)
            if must_end:
                load.cancel()
        elif draw.random() < 0.1:
            session.change_priority([image_id], RequestType.INTERACTION)
        self.under_way.append(load)
        if draw.random() < 0.001:
            session.cache.purge()
        while len(self.under_way) > 60:
            self._take()

    def _of_several(self, what, options):
        session, draw = self.session, self.random
        if what < 0.02:
            scheme = draw.choice(["wadors", "faulty wadors", "faulty wadouri"])
            return session.load_array(draw.sample(self.with_end[scheme], 5), options=options)
        if what < 0.025:
            scheme = draw.choice(list(self.image_ids))
            stages = draw.choice(["interleaved", "sequential", "single"])
            return session.load_in_stages(draw.sample(self.with_end[scheme], 8), stages)
        if what < 0.03:
            return session.search_studies(draw.choice(self.searched), options=options)
        return self._scroll()

    def _scroll(self):
        viewport, draw = self.viewport, self.random
        if draw.random() < 0.1 or not viewport.image_ids:
            return viewport.set_stack(self.image_ids["wadors"], draw.randrange(20))
        return viewport.scroll(draw.choice([-3, -1, 1, 2, 10]))

    def _take(self):
        load = self.under_way.popleft()
        try:
            load.result(30)
        except TimeoutError:
            raise AssertionError(f"{load!r} has not settled") from None
        except LoadCancelledError:
            self.outcomes["cancelled"] += 1
        except (PyCornerstoneError, BrokenError) as error:
            self.outcomes[type(error).__name__] += 1
        else:
            self.outcomes["loaded"] += 1


@pytest.fixture(scope="module")
def archive():
    series = ct_series(ct_phantom(24, 32, 32))
    series += ct_series(ct_phantom(24, 32, 32), "1.2.840.10008.1.2.4.80", series_number=2)
    with SampleServer(series) as server:
        yield server


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0


def threads_beside_pools():
    """Count threads but those of a session's pools, which are made when needed and have limits."""
    pools = ("retrieve", "decode", "notify", "io")
    names = [thread.name for thread in threading.enumerate()]
    return sum(
        not name.startswith(tuple(f"pycornerstone-{pool}" for pool in pools)) for name in names
    )


def settled(condition, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


def tasks_of(session):
    loop = session._workers.event_loop._loop
    asked = asyncio.run_coroutine_threadsafe(_tasks(), loop)
    return asked.result(10)


async def _tasks():
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def left_over(session):
    """Give what of a session goes on though nobody waits for anything; best nothing."""
    pools = (session.retrieval_pool, session.loader_pool, session.decode_pool)
    found = {
        "queued": sum(pool.number_queued for pool in pools),
        "running": sum(pool.number_running for pool in pools),
        "loads": len(session._image_loads._loads),
        "waits": len(session._image_loads._waits._waits),
        "arrays": len(session._array_loads._loads),
        "reserved": session.cache.reserved_in_bytes,
        "begun": session._image_loads._memory._running,
        "at the gate": len(session._http._gates),
        "untold": len(session.cache._announcements._untold),
    }
    return {name: number for name, number in found.items() if number}


@pytest.mark.skipif(sys.platform != "linux", reason="counts what Linux says of a process")
@pytest.mark.timeout(180)
def test_twenty_thousand_loads_leave_nothing_behind(archive, faulty, live_bytes, tmp_path):
    for k, data in enumerate(ct_series(ct_phantom(24, 32, 32), series_number=3)):
        (tmp_path / f"{k}.dcm").write_bytes(data if k % 7 else data[: len(data) // 2])
    paths = sorted(tmp_path.glob("*.dcm"))
    image_ids = {
        "wadors": archive.image_ids("wadors"),
        "wadouri": [*archive.image_ids("wadouri"), archive.url("/wado?requestType=WADO")],
        "web": faulty.image_ids("web"),
        "faulty wadors": faulty.image_ids("wadors"),
        "faulty wadouri": faulty.image_ids("wadouri"),
        "dicomfile": [f"dicomfile:{path}" for path in paths],
    }
    schemes = {"plain": plain, "coroutine": coroutine, "promised": promised, "steps": Steps()}
    for scheme in schemes:
        image_ids[scheme] = [f"{scheme}:{k}" for k in range(100)]
    searched = [faulty.url(path.removesuffix("/studies")) for path in faulty.names["searches"]]
    searched = [url for url in searched if not is_endless(url)]
    searched += [archive.dicomweb_url] * 5
    disk = DiskCache(tmp_path / "cache", max_size_in_bytes=200_000)
    threads_before, descriptors_before = threads_beside_pools(), descriptors()

    with Session(cache_size_in_bytes=60 * IMAGE_BYTES, http=SETTINGS, decode_threads=2) as session:
        for scheme, loader in schemes.items():
            session.register_image_loader(scheme, loader)
        soak = Soak(session, image_ids, searched)
        held, threads, open_files = [], [], []
        for number in range(ROUNDS):
            faulty.fail_twice_again()
            session.disk_cache = disk if number in ROUNDS_WITH_A_DISK else None
            soak.load(LOADS // ROUNDS)
            soak.viewport.close()
            soak.viewport = StackViewport(32, 32, session=session)
            assert settled(lambda: not left_over(session)), left_over(session)
            assert settled(lambda: not tasks_of(session)), tasks_of(session)
            assert session.cache.size_in_bytes <= session.cache.max_size_in_bytes
            disk.close()
            faulty.forget_requests()
            gc.collect()
            held.append(live_bytes())
            threads.append(threads_beside_pools())
            open_files.append(descriptors())
        ended = soak.events[Event.IMAGE_CACHE_IMAGE_ADDED], len(session.cache)
        assert soak.events[Event.IMAGE_CACHE_IMAGE_REMOVED] == ended[0] - ended[1]

    assert soak.outcomes.total() == LOADS
    for outcome in ("loaded", "cancelled", "HttpStatusError", "DecodeError", "BrokenError"):
        assert soak.outcomes[outcome] > LOADS / 200, soak.outcomes
    # Once everything has been met, more of the same takes no more of anything.
    warm = ROUNDS // 2
    assert max(threads[1:]) <= threads[0], threads
    # How many connections are idle at the end of a round is chance.
    assert max(open_files[warm:]) <= max(open_files[:warm]) + 16, open_files
    # Less than a small object of each load since then.
    assert max(held[warm:]) <= max(held[:warm]) + 4 * 2**20, held
    assert 0 < disk.size_in_bytes <= disk.max_size_in_bytes
    assert len(list(disk.folder.glob("v1/bodies/*"))) == len(disk)
    disk.close()
    assert settled(lambda: faulty.open_connections == 0)
    assert settled(lambda: threading.active_count() <= threads_before)
    assert settled(lambda: descriptors() <= descriptors_before)
