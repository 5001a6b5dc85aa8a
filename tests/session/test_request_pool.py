"""Tests of the order in which requests are served."""

from __future__ import annotations

import concurrent.futures
import gc
import threading
import time
import weakref

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


def work_at(pool, depth, log, name, request_type=RequestType.INTERACTION):
    future = concurrent.futures.Future()

    def start():
        log.append(name)
        return future

    request = pool.add_request(start, lambda _: None, request_type, details=name, depth=depth)
    return request, future


def test_each_depth_has_places_of_its_own():
    pool = RequestPool(ONE, total=1)
    log = []
    _, outer = work_at(pool, 0, log, "outer")
    work_at(pool, 0, log, "beside")
    _, inner = work_at(pool, 1, log, "inner")
    work_at(pool, 1, log, "second inner")
    assert log == ["outer", "inner"]
    assert (pool.number_running, pool.number_queued) == (2, 2)

    inner.set_result(None)
    assert log == ["outer", "inner", "second inner"]
    outer.set_result(None)
    assert log[-1] == "beside"


def test_what_is_queued_can_be_moved_deeper_and_not_back():
    pool = RequestPool(ONE)
    log = []
    work_at(pool, 0, log, "outer")
    queued, _ = work_at(pool, 0, log, "joined")
    pool.deepen(queued, 2)
    pool.deepen(queued, 1)
    assert log == ["outer", "joined"]
    assert queued.depth == 2


def test_what_runs_counts_as_of_the_type_that_it_has_by_now():
    pool = RequestPool(ONE)
    log = []
    running, _ = work_at(pool, 0, log, "prefetch", RequestType.PREFETCH)
    work_at(pool, 0, log, "next", RequestType.PREFETCH)
    assert log == ["prefetch"]
    pool.change_priority(running, RequestType.INTERACTION)
    assert log == ["prefetch", "next"]


def test_no_more_run_at_once_than_of_all_types_together_whatever_becomes_of_their_type():
    pool = RequestPool({**ONE, RequestType.INTERACTION: 2})
    works = [Work(pool, n, RequestType.PREFETCH) for n in range(50)]
    for work in works:
        pool.change_priority(work.request, RequestType.THUMBNAIL)
    assert pool.number_running == 5
    interaction = [Work(pool, n) for n in range(3)]
    assert pool.number_running == 7
    assert [len(work.log) for work in interaction] == [1, 1, 0]


def test_prefetch_and_compute_are_held_back_and_go_on_when_the_pool_is_told():
    holds = True
    pool = RequestPool(dict.fromkeys(RequestType, 4), holds_back=lambda: holds)
    log = []
    for kind in (
        RequestType.COMPUTE,
        RequestType.PREFETCH,
        RequestType.THUMBNAIL,
        RequestType.INTERACTION,
    ):
        work_at(pool, 0, log, kind.name, kind)
    assert log == ["THUMBNAIL", "INTERACTION"]
    holds = False
    pool.pump()
    assert log == ["THUMBNAIL", "INTERACTION", "PREFETCH", "COMPUTE"]


def test_what_is_deeper_is_waited_for_and_not_held_back():
    pool = RequestPool(ONE, holds_back=lambda: True)
    log = []
    work_at(pool, 0, log, "prefetch", RequestType.PREFETCH)
    work_at(pool, 1, log, "of a loader", RequestType.PREFETCH)
    assert log == ["of a loader"]


class LookedThrough:
    """A lock after whose first use something happens."""

    def __init__(self, lock, happens):
        self._lock = lock
        self._happens = [happens]

    def __enter__(self):
        self._lock.acquire()

    def __exit__(self, *_):
        self._lock.release()
        if self._happens:
            self._happens.pop()()


def test_what_begins_at_the_moment_when_it_is_cancelled_is_cancelled_all_the_same():
    pool = RequestPool(ONE)
    begins, goes_on = threading.Event(), threading.Event()
    future = concurrent.futures.Future()
    asked = []

    def start():
        begins.set()
        goes_on.wait(5)
        return future

    blocker = Work(pool, "blocker")
    asked.append(pool.add_request(start, lambda _: None, RequestType.INTERACTION))
    beginner = threading.Thread(target=blocker.end)
    beginner.start()
    assert begins.wait(5)

    def begin():
        goes_on.set()
        beginner.join(5)

    pool._lock = LookedThrough(pool._lock, begin)
    pool.cancel(asked[0])
    assert future.cancelled()
    assert pool.number_running == 0


@given(st.lists(st.tuples(st.integers(0, 199), st.sampled_from(["cancel", "move"])), max_size=400))
def test_whatever_is_cancelled_and_moved_the_rest_is_served_once_in_order(changes):
    pool = RequestPool(ONE, total=1)
    log = []
    blocker = Work(pool, "blocker", log=log)
    works = [Work(pool, n, RequestType.PREFETCH, log=log) for n in range(200)]
    expected = list(range(200))
    for n, change in changes:
        if n in expected:
            expected.remove(n)
            if change == "cancel":
                pool.cancel(works[n].request)
            else:
                # Behind those of the same priority.
                pool.change_priority(works[n].request, RequestType.PREFETCH)
                expected.append(n)
    assert pool.number_queued == len(expected)
    blocker.end()
    for n in expected:
        works[n].end()
    assert log[1:] == expected
    assert (pool.number_queued, pool.number_running) == (0, 0)


def test_many_change_their_priority_in_no_time():
    pool = RequestPool(ONE, total=1)
    Work(pool, "blocker")
    requests = [Work(pool, n, RequestType.PREFETCH).request for n in range(20_000)]
    begun = time.process_time()
    for request in requests:
        pool.change_priority(request, RequestType.THUMBNAIL)
        pool.change_priority(request, RequestType.PREFETCH, 1)
    # Some 0.1 s; looking for each of them in a list takes minutes.
    assert time.process_time() - begun < 5
    assert pool.number_queued == 20_000


def test_a_cancelled_request_is_not_kept_for_long():
    pool = RequestPool(ONE, total=1)
    Work(pool, "blocker")
    Work(pool, "first", RequestType.PREFETCH)
    details = [Detail() for _ in range(1000)]
    kept = weakref.WeakSet(details)
    for detail in details:
        pool.cancel(Work(pool, detail, RequestType.PREFETCH, 1).request)
    details.clear()
    del detail
    gc.collect()
    assert len(kept) < 200


class Detail:
    """Something whose end can be watched."""
