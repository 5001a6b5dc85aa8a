"""What a loader has at hand goes straight to a decoding thread; all else is retrieved."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from pycornerstone.errors import DecodeError, ImageIdError
from pycornerstone.model.image import Image
from pycornerstone.session.session import Session

TIMEOUT = 10


class Shelf:
    """Has what is called near at hand."""

    def __init__(self):
        self.retrieved = []
        self.decoded_in = []

    def at_hand(self, image_id):
        if image_id.endswith("wrong"):
            raise ImageIdError("this is no imageId")
        return f"near {image_id}" if "near" in image_id else None

    async def retrieve(self, image_id):
        self.retrieved.append(image_id)
        return f"far {image_id}"

    def decode(self, encoded):
        where, _, image_id = encoded.partition(" ")
        if image_id.endswith("broken"):
            raise DecodeError("broken")
        self.decoded_in.append(threading.current_thread().name)
        return Image(image_id, np.full((2, 3), len(where)))


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def session(shelf):
    with Session() as session:
        session.register_image_loader("shelf", shelf)
        yield session


def test_what_is_at_hand_is_not_retrieved(session, shelf):
    near, far = session.load_image("shelf:near"), session.load_image("shelf:other")
    assert near.result(TIMEOUT).pixels[0, 0] == len("near")
    assert far.result(TIMEOUT).pixels[0, 0] == len("far")
    assert shelf.retrieved == ["shelf:other"]
    assert all("decode" in name for name in shelf.decoded_in)


def test_what_goes_wrong_with_it_settles_the_load(session, shelf):
    with pytest.raises(ImageIdError, match="this is no imageId"):
        session.load_image("shelf:near wrong").result(TIMEOUT)
    load = session.load_image("shelf:near broken")
    with pytest.raises(DecodeError):
        load.result(TIMEOUT)
    assert load.exception().image_id == "shelf:near broken"
    # It is tried again.
    with pytest.raises(DecodeError):
        session.load_image("shelf:near broken").result(TIMEOUT)
    assert not shelf.retrieved


def test_it_is_cached_shared_and_put_into_arrays(session, shelf):
    image = session.load_and_cache_image("shelf:near").result(TIMEOUT)
    assert session.load_and_cache_image("shelf:near").result(TIMEOUT) is image
    array = session.load_array(["shelf:near a", "shelf:far"]).result(TIMEOUT)
    assert array[:, 0, 0].tolist() == [4, 3]
