"""Files that a user holds in memory."""

from __future__ import annotations

import array
import threading
import weakref

import numpy as np
import pytest

from pycornerstone.errors import LoaderError, RetrieveError, SessionClosedError
from pycornerstone.retrieve.held_bytes import HeldBytes


@pytest.mark.parametrize(
    "data", [b"abc", bytearray(b"abc"), memoryview(b"xabcx")[1:4], array.array("B", b"abc")]
)
def test_what_is_held_is_given_again_and_cannot_be_written(data):
    held = HeldBytes()
    view = held.get(held.add(data))
    assert view == b"abc"
    assert view.readonly


def test_samples_of_an_array_are_the_bytes_that_they_are_in_memory():
    held = HeldBytes()
    samples = np.array([[1, 2], [3, 4]], "<u2")
    view = held.get(held.add(samples.data))
    assert bytes(view) == b"\x01\0\x02\0\x03\0\x04\0"
    assert len(view) == 8


def test_nothing_is_copied():
    held = HeldBytes()
    data = bytes(1000)
    assert held.get(held.add(data)).obj is data


def test_each_has_an_address_of_its_own():
    held, other = HeldBytes(), HeldBytes()
    addresses = [place.add(b"abc") for place in (held, other, held, other)]
    assert len(set(addresses)) == 4
    assert all(HeldBytes.is_address(address) for address in addresses)


@pytest.mark.parametrize("address", ["bytes:", "bytes:x", "bytes:7.dcm", "./bytes:7", "Bytes:7"])
def test_other_texts_are_no_addresses(address):
    assert not HeldBytes.is_address(address)


def test_what_another_session_holds_is_not_held_here():
    held, other = HeldBytes(), HeldBytes()
    address = other.add(b"abc")
    with pytest.raises(RetrieveError) as caught:
        held.get(address)
    assert str(caught.value) == (
        f"{address} is not held by this session; give the bytes to hold_bytes again, and use the "
        "address that it gives"
    )


def test_what_was_released_is_not_held():
    held = HeldBytes()
    address = held.add(b"abc")
    held.remove(address)
    held.remove(address)
    with pytest.raises(RetrieveError, match="is not held by this session"):
        held.get(address)


class Buffer(bytearray):
    """A bytearray that can be referred to weakly."""


@pytest.mark.parametrize(
    "let_go", [lambda held, address: held.remove(address), lambda h, _: h.close()]
)
def test_memory_is_given_back(let_go):
    held = HeldBytes()
    data = Buffer(b"abc")
    gone = weakref.ref(data)
    address = held.add(data)
    del data
    assert gone() is not None
    let_go(held, address)
    assert gone() is None


def test_after_the_end_nothing_is_held():
    held = HeldBytes()
    address = held.add(b"abc")
    held.close()
    with pytest.raises(RetrieveError):
        held.get(address)
    with pytest.raises(SessionClosedError):
        held.add(b"abc")


@pytest.mark.parametrize("data", ["abc", 7, None, ["a"]])
def test_what_is_no_bytes_is_an_error(data):
    with pytest.raises(LoaderError) as caught:
        HeldBytes().add(data)
    assert str(caught.value) == f"the bytes of a file are wanted, got {type(data).__name__}"


def test_what_has_no_bytes_to_give_is_an_error():
    released = memoryview(b"abc")
    released.release()
    for data in (released, np.zeros(3, "M8[s]")):
        with pytest.raises(LoaderError, match="the bytes of a file are wanted, got"):
            HeldBytes().add(data)


def test_bytes_that_do_not_lie_side_by_side_are_an_error():
    with pytest.raises(LoaderError, match="lie side by side, these do not; copy them"):
        HeldBytes().add(memoryview(b"abcdef")[::2])


def test_many_threads_may_hold_at_once():
    held = HeldBytes()
    found: list[bool] = []

    def work(number):
        for _ in range(200):
            data = str(number).encode()
            address = held.add(data)
            found.append(held.get(address) == data)
            held.remove(address)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 1600
