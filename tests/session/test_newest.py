"""Tests of telling the newest, and of the moment of quiet."""

from __future__ import annotations

import threading

from pycornerstone.session.newest import Newest
from pycornerstone.session.quiet import Quiet


def test_each_value_is_told_where_it_is_to_be_told():
    told, elsewhere = [], []
    newest = Newest(told.append, elsewhere.append)
    newest.put(1)
    assert told == []
    elsewhere.pop()()
    newest.put(2)
    elsewhere.pop()()
    assert told == [1, 2]


def test_of_what_comes_before_it_is_told_only_the_newest_is():
    told, elsewhere = [], []
    newest = Newest(told.append, elsewhere.append)
    for value in range(5):
        newest.put(value)
    assert len(elsewhere) == 1
    elsewhere.pop()()
    assert told == [4]


def test_what_comes_while_somebody_is_told_is_told_after_that():
    told = []
    newest = Newest(lambda value: (told.append(value), value < 3 and newest.put(value + 1)), call)
    newest.put(0)
    assert told == [0, 1, 2, 3]


def test_nobody_is_told_twice_at_the_same_time():
    telling, most, lock = 0, 0, threading.Lock()

    def tell(value):
        nonlocal telling, most
        with lock:
            telling += 1
            most = max(most, telling)
        threading.Event().wait(0.001)
        with lock:
            telling -= 1

    newest = Newest(tell, lambda call: threading.Thread(target=call).start())
    putters = [
        threading.Thread(target=lambda: [newest.put(n) for n in range(100)]) for _ in range(4)
    ]
    for putter in putters:
        putter.start()
    for putter in putters:
        putter.join()
    assert most == 1


def call(function):
    function()


def test_what_can_wait_is_held_back_for_a_moment_and_then_told_to_go_on():
    due, resumed = [], []
    quiet = Quiet(lambda seconds, end: due.append((seconds, end)), lambda: resumed.append(1))
    assert not quiet.holds_back()

    quiet.begin()
    assert quiet.holds_back()
    assert quiet.holds_back()
    ((seconds, end),) = due
    assert 0 < seconds <= 0.02
    end()
    assert resumed == [1]


def test_quiet_ends_by_itself():
    quiet = Quiet(lambda seconds, end: threading.Timer(seconds, end).start(), list)
    quiet.begin()
    assert quiet.holds_back()
    threading.Event().wait(0.03)
    assert not quiet.holds_back()
