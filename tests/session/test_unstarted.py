"""What a plain `retrieve` gives to be awaited is closed where nobody awaits it any more."""

from __future__ import annotations

import inspect
import threading

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.session.session import Session

TIMEOUT = 10


class Hesitant:
    """Finds out in a decoding thread that it has to wait."""

    def __init__(self):
        self.began = threading.Event()
        self.go_on = threading.Event()
        self.given = []

    def retrieve(self, image_id):
        self.given.append(self._wait(image_id))
        self.began.set()
        assert self.go_on.wait(TIMEOUT)
        return self.given[-1]

    async def _wait(self, image_id):
        return image_id

    def decode(self, encoded):
        return cs.Image(encoded, np.zeros((2, 3)))


@pytest.mark.parametrize("how", ["cancel", "close"])
def test_a_load_that_ends_meanwhile_leaves_nothing_to_be_awaited(how):
    loader = Hesitant()
    session = Session()
    session.register_image_loader("test", loader)
    load = session.load_image("test:a")
    assert loader.began.wait(TIMEOUT)

    if how == "cancel":
        load.cancel()
        loader.go_on.set()
    else:
        # Closing waits for the decoding thread.
        closing = threading.Thread(target=session.close)
        closing.start()
        loader.go_on.set()
        closing.join(TIMEOUT)
    with pytest.raises((cs.LoadCancelledError, cs.SessionClosedError)):
        load.result(TIMEOUT)
    session.close()

    assert [inspect.getcoroutinestate(given) for given in loader.given] == ["CORO_CLOSED"]


def test_a_load_that_goes_on_awaits_it():
    loader = Hesitant()
    loader.go_on.set()
    with Session() as session:
        session.register_image_loader("test", loader)
        assert session.load_image("test:a").result(TIMEOUT).columns == 3
