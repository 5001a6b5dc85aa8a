"""Whoever waits for an image decodes it, if no other thread has begun to."""

from __future__ import annotations

import asyncio
import concurrent.futures
import signal
import threading

import numpy as np
import pytest

from pycornerstone.errors import DecodeError, LoadCancelledError
from pycornerstone.model.image import Image
from pycornerstone.session.lent_threads import SharedWork
from pycornerstone.session.session import Session

TIMEOUT = 10


class Busy:
    """An executor whose only thread is kept busy until it is let go."""

    def __init__(self):
        self.executor = concurrent.futures.ThreadPoolExecutor(1)
        self._go = threading.Event()
        self.executor.submit(self._go.wait, TIMEOUT)

    def let_go(self):
        self._go.set()


@pytest.fixture
def busy():
    busy = Busy()
    yield busy
    busy.let_go()
    busy.executor.shutdown()


def test_it_is_done_by_who_waits_and_only_there(busy):
    done_in = []
    work = SharedWork(lambda: done_in.append(threading.get_ident()) or 5, busy.executor)
    assert not work.future.done()
    work.do_here()
    assert work.future.result(0) == 5
    work.do_here()
    busy.let_go()
    busy.executor.submit(int).result(TIMEOUT)
    assert done_in == [threading.get_ident()]


def test_it_is_done_there_if_nobody_waits(busy):
    work = SharedWork(threading.get_ident, busy.executor)
    busy.let_go()
    assert work.future.result(TIMEOUT) != threading.get_ident()


def test_what_it_raises_is_its_end_wherever_it_is_done(busy):
    def fail():
        raise DecodeError("broken")

    here, there = SharedWork(fail, busy.executor), SharedWork(fail, busy.executor)
    here.do_here()
    busy.let_go()
    for work in (here, there):
        assert isinstance(work.future.exception(TIMEOUT), DecodeError)


def test_what_was_cancelled_is_not_done(busy):
    done = []
    work = SharedWork(lambda: done.append(1), busy.executor)
    assert work.future.cancel()
    work.do_here()
    busy.let_go()
    busy.executor.submit(int).result(TIMEOUT)
    assert done == []


def test_no_work_is_done_where_an_event_loop_runs(busy):
    work = SharedWork(lambda: asyncio.run(asyncio.sleep(0, 5)), busy.executor)

    async def wait():
        work.do_here()
        return work.future.done()

    assert asyncio.run(wait()) is False
    busy.let_go()
    assert work.future.result(TIMEOUT) == 5


def test_it_ends_when_the_executor_throws_away_what_is_queued(busy):
    work = SharedWork(int, busy.executor)
    busy.executor.shutdown(wait=False, cancel_futures=True)
    assert isinstance(work.future.exception(TIMEOUT), concurrent.futures.CancelledError)


def test_ctrl_c_in_the_work_is_told_here_and_another_thread_does_it(busy):
    tries = []

    def work():
        tries.append(threading.get_ident())
        if len(tries) == 1:
            signal.raise_signal(signal.SIGINT)
        return 5

    shared = SharedWork(work, busy.executor)
    with pytest.raises(KeyboardInterrupt):
        shared.do_here()
    busy.let_go()
    assert shared.future.result(TIMEOUT) == 5
    assert tries[0] == threading.get_ident() != tries[1]


def test_ctrl_c_among_the_callbacks_waits_until_all_are_told(busy):
    told = []
    shared = SharedWork(lambda: 5, busy.executor)
    shared.future.add_done_callback(lambda _: signal.raise_signal(signal.SIGINT))
    shared.future.add_done_callback(lambda future: told.append(future.result()))
    with pytest.raises(KeyboardInterrupt):
        shared.do_here()
    assert told == [5]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_work_of_a_closed_executor_ends_after_ctrl_c(busy):
    def work():
        busy.executor.shutdown(wait=False)
        signal.raise_signal(signal.SIGINT)

    shared = SharedWork(work, busy.executor)
    with pytest.raises(KeyboardInterrupt):
        shared.do_here()
    assert isinstance(shared.future.exception(TIMEOUT), RuntimeError)


class Shelf:
    """A loader that remembers which thread decoded an image."""

    def __init__(self):
        self.decoded_in = []

    def retrieve(self, image_id):
        return image_id

    def decode(self, image_id):
        self.decoded_in.append(threading.current_thread())
        if image_id.endswith("broken"):
            raise DecodeError("broken")
        return Image(image_id, np.full((2, 3), 7))


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def crowded(shelf):
    """A session whose decoding threads are all busy with something else, until it is let go."""
    with Session() as session:
        session.register_image_loader("shelf", shelf)
        go, begun, decoders = threading.Event(), threading.Semaphore(0), session._workers.decoders

        def be_busy():
            begun.release()
            go.wait(TIMEOUT)

        for _ in range(decoders._max_workers):
            decoders.submit(be_busy)
            assert begun.acquire(timeout=TIMEOUT)
        session.let_go = go.set
        yield session
        go.set()


def test_who_waits_for_an_image_decodes_it_while_all_threads_are_busy(crowded, shelf):
    assert crowded.load_image("shelf:a").result().rows == 2
    assert isinstance(crowded.load_image("shelf:broken").exception(), DecodeError)
    assert shelf.decoded_in == [threading.current_thread()] * 2


def test_others_who_wait_for_it_are_given_it_too(crowded, shelf):
    first, second = crowded.load_image("shelf:a"), crowded.load_image("shelf:a")
    told = concurrent.futures.Future()
    second.add_done_callback(lambda load: told.set_result(load.result()))
    assert first.result() is second.result(0)
    assert told.result(TIMEOUT) is first.result()
    assert len(shelf.decoded_in) == 1


def test_who_waits_for_so_long_only_does_not_begin_what_may_take_longer(crowded, shelf):
    load = crowded.load_image("shelf:a")
    with pytest.raises(TimeoutError, match="still loading"):
        load.result(0.01)
    crowded.let_go()
    load.result(TIMEOUT)
    assert shelf.decoded_in[0] is not threading.current_thread()


def test_a_load_that_was_cancelled_is_not_decoded_by_who_asks_for_its_error(crowded, shelf):
    load = crowded.load_image("shelf:a")
    load.cancel()
    assert isinstance(load.exception(), LoadCancelledError)
    assert shelf.decoded_in == []
