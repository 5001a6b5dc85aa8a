"""Images of an array that arrive together: each is decoded once."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from pycornerstone.session.array_arrivals import ArrayArrivals


class Chunks:
    """Does all that it is given at once."""

    def add(self, work):
        for do in work:
            do()


class LockThatTellsAfterwards:
    """Lets somebody else in as soon as it is open again."""

    def __init__(self, then):
        self._lock = threading.Lock()
        self._then = then

    def __enter__(self):
        self._lock.acquire()

    def __exit__(self, *_):
        self._lock.release()
        then, self._then = self._then, lambda: None
        then()


@pytest.mark.parametrize("places", [range(8), range(8, 16)])
def test_what_is_given_out_while_more_is_handed_over_is_decoded_once(places):
    arrivals = ArrayArrivals(SimpleNamespace(chunks=Chunks()))
    arrivals._is_holding = True
    # The first image is there at the very moment when these have been held back for it.
    arrivals._lock = LockThatTellsAfterwards(arrivals.go_on)
    decoded = []

    arrivals._hand_over([(place, lambda place=place: decoded.append(place)) for place in places])

    assert sorted(decoded) == list(places)
