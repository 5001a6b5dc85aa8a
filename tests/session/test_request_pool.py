"""Tests of the order in which requests are served."""

from __future__ import annotations

import concurrent.futures
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.model.requests import RequestType
from pycornerstone.session.request_pool import RequestPool

ONE = dict.fromkeys(RequestType, 1)


class Work:
    """Work that ends when it is told to."""

    def __init__(self, pool, name, request_type=RequestType.INTERACTION, priority=0, log=None):
        self.future = concurrent.futures.Future()
        self.log = log if log is not None else []
        self.ended = []
        self.name = name
        self.request = pool.add_request(
            self.start, self.ended.append, request_type, priority, details=name
        )

    def start(self):
        self.log.append(self.name)
        return self.future

    def end(self):
        self.future.set_result(None)


@given(
    st.lists(st.tuples(st.sampled_from(RequestType), st.integers(-3, 3)), min_size=1, max_size=20)
)
def test_requests_are_served_by_type_then_priority_then_age(requests):
    pool = RequestPool(dict.fromkeys(RequestType, 1), total=1)
    log = []
    blocker = Work(pool, "blocker", log=log)
    works = {
        number: Work(pool, number, kind, priority, log)
        for number, (kind, priority) in enumerate(requests)
    }
    blocker.end()
    while len(log) - 1 < len(requests):
        works[log[-1]].end()
    expected = sorted(range(len(requests)), key=lambda n: (*requests[n], n))
    assert log[1:] == expected


def test_no_more_run_at_once_than_allowed():
    pool = RequestPool({**ONE, RequestType.PREFETCH: 2})
    works = [Work(pool, n, RequestType.PREFETCH) for n in range(5)]

    assert (pool.number_running, pool.number_queued) == (2, 3)
    works[0].end()
    assert (pool.number_running, pool.number_queued) == (2, 2)


def test_a_full_type_does_not_hold_up_another():
    pool = RequestPool(ONE)
    log = []
    Work(pool, "prefetch 1", RequestType.PREFETCH, log=log)
    Work(pool, "prefetch 2", RequestType.PREFETCH, log=log)
    Work(pool, "now", RequestType.INTERACTION, log=log)

    assert log == ["prefetch 1", "now"]


def test_a_cancelled_request_is_never_started():
    pool = RequestPool(ONE)
    first, second = Work(pool, 1), Work(pool, 2)
    pool.cancel(second.request)
    first.end()

    assert second.log == []
    assert second.ended == []
    assert pool.number_queued == pool.number_running == 0


def test_a_running_request_is_cancelled_by_its_future():
    pool = RequestPool(ONE)
    work = Work(pool, 1)
    pool.cancel(work.request)

    assert work.future.cancelled()
    assert work.ended == [work.future]
    assert pool.number_running == 0


def test_a_request_can_be_hurried():
    pool = RequestPool(ONE, total=1)
    log = []
    first = Work(pool, "first", log=log)
    Work(pool, "early", RequestType.PREFETCH, log=log)
    late = Work(pool, "late", RequestType.PREFETCH, log=log)
    pool.change_priority(late.request, RequestType.INTERACTION)
    first.end()

    assert log == ["first", "late"]


def test_filtering_takes_requests_out_of_the_queue():
    pool = RequestPool(ONE)
    log = []
    first = Work(pool, "a", log=log)
    works = [Work(pool, name, log=log) for name in "bcd"]
    for work in works:
        work.future.set_result(None)
    dropped = pool.filter_requests(lambda request: request.details == "c")
    first.end()

    assert [request.details for request in dropped] == ["b", "d"]
    assert log == ["a", "c"]
    assert [[end.cancelled() for end in work.ended] for work in works] == [[True], [False], [True]]


def test_work_that_ends_at_once_does_not_pile_up_the_stack():
    pool = RequestPool(ONE)
    first = Work(pool, "first")
    done = []
    for _ in range(5000):
        finished = concurrent.futures.Future()
        finished.set_result(None)
        pool.add_request(lambda f=finished: f, done.append, RequestType.INTERACTION)
    first.end()

    assert len(done) == 5000


def test_who_is_told_of_an_end_may_wait_for_another_request():
    pool = RequestPool(ONE)
    second_ended = threading.Event()

    def told(future):
        finished = concurrent.futures.Future()
        finished.set_result(None)
        asker = threading.Thread(
            target=lambda: pool.add_request(
                lambda: finished, lambda _: second_ended.set(), RequestType.INTERACTION
            )
        )
        asker.start()
        assert second_ended.wait(5)
        asker.join()

    done = concurrent.futures.Future()
    done.set_result(None)
    pool.add_request(lambda: done, told, RequestType.INTERACTION)

    assert second_ended.is_set()


def test_an_interruption_leaves_the_pool_as_it_should_be():
    pool = RequestPool(ONE)
    ended = []

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pool.add_request(interrupted, ended.append, RequestType.INTERACTION)

    assert pool.number_running == 0
    assert len(ended) == 1
    assert Work(pool, "next").log == ["next"]


def test_work_that_cannot_start_ends_with_its_error():
    pool = RequestPool(ONE)
    ended = []

    def start():
        raise OSError("no more threads")

    pool.add_request(start, ended.append, RequestType.INTERACTION)

    assert isinstance(ended[0].exception(), OSError)
    assert pool.number_running == 0


def test_what_is_waited_for_starts_over_the_limits():
    pool = RequestPool(ONE, total=1)
    log = []
    first, second = Work(pool, "first", log=log), Work(pool, "second", log=log)
    pool.start_now(second.request)
    assert log == ["first", "second"]
    pool.start_now(second.request)

    third = Work(pool, "third", log=log)
    first.end()
    assert log == ["first", "second"]
    second.end()
    assert log == ["first", "second", "third"]
    third.end()
    assert pool.number_running == 0


def test_a_raised_limit_starts_what_waits():
    pool = RequestPool(ONE)
    works = [Work(pool, n) for n in range(3)]
    pool.set_max_simultaneous_requests(RequestType.INTERACTION, 3)

    assert [work.log for work in works] == [[0], [1], [2]]


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1 request must be allowed to run, got 0"):
        RequestPool(ONE).set_max_simultaneous_requests(RequestType.COMPUTE, 0)


def test_requests_from_many_threads_are_all_done():
    pool = RequestPool(dict.fromkeys(RequestType, 3), total=4)
    done = []
    with concurrent.futures.ThreadPoolExecutor(4) as executor:

        def ask():
            for _ in range(200):
                pool.add_request(lambda: executor.submit(int), done.append, RequestType.PREFETCH)

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        executor.submit(int).result()
        while pool.number_running or pool.number_queued:
            pass
    assert len(done) == 800
