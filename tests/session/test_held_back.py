"""Work is held back from other threads while whoever waits for it does it."""

from __future__ import annotations

import concurrent.futures
import threading
import time

import pytest

from pycornerstone.session.held_back import HeldBack
from pycornerstone.session.lent_threads import SharedWork

TIMEOUT = 10


class Counting(concurrent.futures.ThreadPoolExecutor):
    """Counts what it is given."""

    def __init__(self):
        super().__init__(1)
        self.given = 0

    def submit(self, *arguments, **named):
        self.given += 1
        return super().submit(*arguments, **named)


@pytest.fixture
def executor():
    with Counting() as executor:
        yield executor


@pytest.fixture
def held_back():
    held_back = HeldBack()
    yield held_back
    held_back.close()
    assert "pycornerstone-held-back" not in {thread.name for thread in threading.enumerate()}


def done_by_who_waits(executor, held_back, count=20):
    for _ in range(count):
        SharedWork(int, executor, held_back).do_here()


def test_threads_are_given_nothing_of_what_was_done_by_who_waits(executor, held_back):
    done_by_who_waits(executor, held_back)
    before = executor.given
    work = SharedWork(threading.get_ident, executor, held_back)
    work.do_here()
    assert work.future.result(0) == threading.get_ident()
    assert executor.given == before < 10


def test_what_nobody_waits_for_is_given_to_threads_after_a_moment(executor, held_back):
    done_by_who_waits(executor, held_back)
    works = [SharedWork(threading.get_ident, executor, held_back) for _ in range(5)]
    for work in works:
        assert work.future.result(TIMEOUT) != threading.get_ident()
    before = executor.given
    # From then on they get it at once.
    SharedWork(int, executor, held_back)
    assert executor.given == before + 1


def test_the_thread_that_looks_ends_when_there_is_no_more_work(executor, held_back):
    done_by_who_waits(executor, held_back)
    deadline = time.monotonic() + TIMEOUT
    while "pycornerstone-held-back" in {thread.name for thread in threading.enumerate()}:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    done_by_who_waits(executor, held_back)
    work = SharedWork(lambda: 5, executor, held_back)
    assert work.future.result(TIMEOUT) == 5


def test_what_is_held_when_it_is_closed_is_given_to_threads(executor, held_back):
    done_by_who_waits(executor, held_back)
    work = SharedWork(lambda: 5, executor, held_back)
    held_back.close()
    assert work.future.result(TIMEOUT) == 5
    assert SharedWork(lambda: 6, executor, held_back).future.result(TIMEOUT) == 6


def test_what_is_held_ends_where_no_thread_takes_work_any_more(executor, held_back):
    done_by_who_waits(executor, held_back)
    work = SharedWork(lambda: 5, executor, held_back)
    executor.shutdown()
    assert isinstance(work.future.exception(TIMEOUT), RuntimeError)
