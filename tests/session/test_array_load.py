"""Tests of many images into one array: read, loaded, cancelled, failing, in turns with others."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import itertools
import threading
import time
import weakref
from dataclasses import dataclass

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.loaders.image_run import ImageRun
from pycornerstone.model.events import Event
from pycornerstone.retrieve.errand import current_errand
from pycornerstone.session import array_chunks
from pycornerstone.session.array_load import ArrayLoad, ArraySources
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import ct_series, write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

PHANTOM = ct_phantom(slices=6, rows=32, columns=24)
STORED = PHANTOM.hounsfield.astype(int) + 1024


@pytest.fixture
def session():
    with Session(decode_threads=2) as session:
        yield session


@pytest.fixture
def series(tmp_path):
    return [f"dicomfile:{path}" for path in write_ct_series(tmp_path, PHANTOM)]


def number_of(image_id):
    return int(image_id.partition(":")[2])


def image_of(image_id):
    return cs.Image(image_id, np.full((4, 5), number_of(image_id), np.int16))


def ids(count, scheme="test"):
    return [f"{scheme}:{number}" for number in range(count)]


async def load_async(image_id):
    await asyncio.sleep(0.001)
    return image_of(image_id)


class TwoSteps:
    async def retrieve(self, image_id):
        await asyncio.sleep(0)
        return image_id

    def decode(self, image_id):
        return image_of(image_id)


class Reader(TwoSteps):
    """A loader that reads into arrays, and can be held up in the middle of it."""

    def __init__(self):
        self.calls = []
        self.began = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.go_on.set()

    def read_samples(self, image_id, out=None):
        self.calls.append(image_id)
        self.began.release()
        assert self.go_on.wait(5)
        if out is None:
            return image_of(image_id).pixels.copy()
        out[...] = number_of(image_id)
        return out

    def wait(self):
        assert self.began.acquire(timeout=5)


class LongReader(TwoSteps):
    """A loader that says that it reads soon, and in truth needs two threads to come to an end."""

    reads_soon = True

    def __init__(self):
        self.both = threading.Barrier(2)

    def read_samples(self, image_id, out=None):
        if number_of(image_id) < 4:
            time.sleep(0.005)
        else:
            self.both.wait(5)
        return image_of(image_id).pixels.copy()


class HeldLoader:
    """A loader in the promise style whose promises are kept when the test says so."""

    def __init__(self):
        self.promises = {}
        self.cancelled = []
        self.called = threading.Semaphore(0)

    def __call__(self, image_id):
        self.promises[image_id] = promise = concurrent.futures.Future()
        self.called.release()
        return cs.ImageLoadObject(promise, cancel_fn=lambda: self.cancelled.append(image_id))

    def wait(self):
        assert self.called.acquire(timeout=5)

    def keep(self, image_id):
        self.promises[image_id].set_result(image_of(image_id))


def eventually(condition):
    until = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


def test_a_series_of_files_becomes_one_array_of_its_stored_samples(session, series):
    array = session.load_array(series).result(5)

    assert array.dtype == np.uint16
    np.testing.assert_array_equal(array, STORED)
    assert array.flags.writeable


def test_images_are_in_the_order_given_each_as_often_as_it_is_named(session, series):
    order = [4, 0, 4, 2]

    array = session.load_array([series[place] for place in order]).result(5)

    np.testing.assert_array_equal(array, STORED[order])


def test_an_array_of_the_callers_is_filled_and_given_back(session, series):
    whole = np.zeros((8, 32, 24), np.uint16)
    out = whole[1:-1]

    assert session.load_array(series, out).result(5) is out
    np.testing.assert_array_equal(out, STORED)
    assert not whole[[0, -1]].any()


def test_it_is_awaited_as_well(session, series):
    async def main():
        return await asyncio.gather(session.load_array(series), session.load_array(series[:2]))

    whole, part = asyncio.run(main())

    np.testing.assert_array_equal(whole, STORED)
    np.testing.assert_array_equal(part, STORED[:2])


@pytest.mark.parametrize(
    "loader",
    [
        pytest.param(image_of, id="plain"),
        pytest.param(load_async, id="async"),
        pytest.param(TwoSteps(), id="two steps"),
        pytest.param(Reader(), id="reader"),
        pytest.param(lambda image_id: cs.ImageLoadObject(load_async(image_id)), id="object"),
    ],
)
@pytest.mark.parametrize("count", [1, 100])
def test_every_kind_of_loader_fills_an_array(session, loader, count):
    session.register_image_loader("test", loader)

    array = session.load_array(ids(count)).result(10)

    assert array.shape == (count, 4, 5)
    assert array.dtype == np.int16
    np.testing.assert_array_equal(array[:, 0, 0], np.arange(count))
    np.testing.assert_array_equal(array.min(axis=(1, 2)), array.max(axis=(1, 2)))


def test_several_schemes_go_into_one_array(session):
    session.register_image_loader("read", Reader())
    session.register_image_loader("load", load_async)
    image_ids = ["load:0", "read:1", "load:2", "read:3", "read:4", "load:5"]

    for _ in range(2):
        array = session.load_array(image_ids).result(5)
        np.testing.assert_array_equal(array[:, 0, 0], np.arange(6))
        image_ids = image_ids[1:] + image_ids[:1]
        image_ids = sorted(image_ids, key=number_of)


def test_colour_has_a_fourth_axis(session):
    values = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    session.register_image_loader("test", lambda i: cs.Image(i, values + number_of(i)))

    array = session.load_array(ids(3)).result(5)

    np.testing.assert_array_equal(array, [values, values + 1, values + 2])


@pytest.mark.parametrize("size", [(40, 50), (1500, 1500)])
def test_images_of_any_size_are_copied_whole(session, size):
    session.register_image_loader(
        "test", lambda i: cs.Image(i, np.full(size, number_of(i), np.int32))
    )

    array = session.load_array(ids(3)).result(5)

    np.testing.assert_array_equal(array, np.arange(3)[:, None, None] * np.ones(size, int))


def test_a_reader_may_give_an_array_of_its_own(session):
    class Other(Reader):
        def read_samples(self, image_id, out=None):
            return image_of(image_id).pixels

    session.register_image_loader("test", Other())

    array = session.load_array(ids(5)).result(5)

    np.testing.assert_array_equal(array[:, 0, 0], np.arange(5))


@pytest.mark.parametrize(
    ("given", "said"), [(None, "NoneType"), ([1, 2], "list"), (np.zeros(3), "3 float64")]
)
@pytest.mark.parametrize("has_out", [True, False])
def test_a_reader_that_gives_no_samples_is_told(session, given, said, has_out):
    class Wrong(Reader):
        def read_samples(self, image_id, out=None):
            return given

    session.register_image_loader("test", Wrong())
    out = np.zeros((2, 4, 5), np.int16) if has_out else None

    error = session.load_array(ids(2), out).exception(5)

    assert isinstance(error, cs.LoaderError)
    assert f"read_samples of its loader gave {said}; it must return an array" in str(error)
    assert error.image_id in {"test:0", "test:1"}


def test_what_is_not_read_as_soon_as_was_said_is_read_by_several_threads(session):
    session.register_image_loader("test", LongReader())

    array = session.load_array(ids(20)).result(20)

    np.testing.assert_array_equal(array[:, 0, 0], range(20))


@pytest.mark.parametrize("loader", [image_of, Reader()], ids=["loaded", "read"])
def test_what_the_cache_has_is_copied_and_nothing_is_put_there(session, loader):
    session.register_image_loader("test", lambda i: cs.Image(i, np.full((4, 5), 99, np.int16)))
    session.load_and_cache_image("test:1").result(5)
    session.register_image_loader("test", loader)

    array = session.load_array(ids(3)).result(5)

    assert array[:, 0, 0].tolist() == [0, 99, 2]
    assert session.cache.image_ids() == ["test:1"]


def test_events_tell_of_what_is_loaded_and_not_of_what_is_read(session):
    told = []
    session.events.subscribe(Event.IMAGE_LOADED, lambda detail: told.append(detail.image.image_id))
    session.register_image_loader("read", Reader())
    session.register_image_loader("load", image_of)

    session.load_array(["read:0", "load:1", "read:2", "load:3"]).result(5)

    assert sorted(told) == ["load:1", "load:3"]


@pytest.mark.parametrize("scheme", ["read", "load"])
def test_the_first_image_that_differs_is_named_with_what_it_is(session, scheme):
    def odd(image_id):
        pixels = image_of(image_id).pixels
        return cs.Image(image_id, pixels[:2].astype(np.uint8) if image_id[5:] == "7" else pixels)

    class OddReader(Reader):
        def read_samples(self, image_id, out=None):
            return odd(image_id).pixels

    session.register_image_loader("read", OddReader())
    session.register_image_loader("load", odd)
    load = session.load_array(ids(20, scheme))

    with pytest.raises(cs.LoaderError) as raised:
        load.result(5)

    assert raised.value.image_id == f"{scheme}:7"
    assert "its samples are 2 x 5 uint8, but those of the array 4 x 5 int16" in str(raised.value)


def test_a_file_of_another_size_is_named(session, series, tmp_path):
    (tmp_path / "odd.dcm").write_bytes(ct_series(ct_phantom(slices=1, rows=32, columns=32))[0])
    odd = f"dicomfile:{tmp_path / 'odd.dcm'}"

    with pytest.raises(cs.LoaderError, match="32 x 32 uint16, but those of the array 32 x 24 uint"):
        session.load_array([*series, odd]).result(5)
    with pytest.raises(cs.LoaderError, match=r"odd\.dcm"):
        session.load_array([*series, odd]).result(5)


@pytest.mark.parametrize("place", [0, 3])
def test_an_error_ends_it_and_names_its_image(session, series, tmp_path, place):
    series[place] = f"dicomfile:{tmp_path / 'none.dcm'}"
    load = session.load_array(series)

    error = load.exception(5)

    assert isinstance(error, cs.RetrieveError)
    assert error.image_id == series[place]
    assert not load.cancelled()


def test_an_error_of_any_kind_says_its_image_in_a_note(session):
    def load(image_id):
        if image_id == "test:3":
            raise ZeroDivisionError("no")
        return image_of(image_id)

    session.register_image_loader("test", load)

    error = session.load_array(ids(5)).exception(5)

    assert isinstance(error, ZeroDivisionError)
    assert error.__notes__ == ["while loading test:3"]


def test_after_an_error_nothing_begins_and_nothing_is_written(session):
    reader = Reader()

    def fail(image_id):
        raise cs.DecodeError("broken")

    session.register_image_loader("read", reader)
    session.register_image_loader("fail", fail)
    reader.go_on.clear()
    out = np.zeros((50, 4, 5), np.int16)
    load = session.load_array([*ids(49, "read"), "fail:49"], out)
    reader.wait()
    reader.wait()
    time.sleep(0.05)

    # Two are being read into `out`, which is the caller's again when the error is told.
    assert not load.done()
    reader.go_on.set()
    with pytest.raises(cs.DecodeError, match="broken"):
        load.result(5)
    assert reader.calls == ["read:0", "read:1"]


def test_an_image_that_comes_when_all_has_ended_is_not_copied(session):
    # One moment after the error was told, as threads may have it.
    session.register_image_loader("test", image_of)
    load = array_load(session, ["test:0", "test:1"], out=np.zeros((2, 4, 5), np.int16))
    load.end(cs.DecodeError("broken"))
    assert load.promised.done()

    load.copy(0, image_of("test:7").pixels)

    assert not load.array.any()


def test_what_is_given_out_when_all_has_ended_is_not_queued_for_ever(session, monkeypatch):
    chunks = []

    def do_here(work):
        # As a thread that is through before anybody looks.
        chunks.append(work)
        future = concurrent.futures.Future()
        future.set_result(work())
        return future

    reader = Reader()
    session.register_image_loader("test", reader)
    load = array_load(session, ids(3), out=np.zeros((3, 4, 5), np.int16))
    load.chunks._is_nested = True
    load.end(cs.SessionClosedError("closed"))
    monkeypatch.setattr(array_chunks, "in_a_new_thread", do_here)

    load.start()

    assert len(chunks) <= 2
    assert not reader.calls
    assert not session.decode_pool.number_queued


def array_load(session, image_ids, out):
    """Make a load that has not been started."""
    sources = ArraySources(
        session.loaders, session.cache, session.load_image, session._workers, threads=2
    )
    return ArrayLoad(image_ids, out, cs.LoadOptions(), sources, lambda load: None)


def test_a_shutdown_that_a_reader_asks_for_ends_the_load_and_not_the_thread(session):
    class Leaving(Reader):
        def read_samples(self, image_id, out=None):
            raise SystemExit(3)

    session.register_image_loader("test", Leaving())
    session.register_image_loader("other", Reader())

    assert isinstance(session.load_array(ids(2)).exception(5), SystemExit)
    assert session.load_array(ids(30, "other")).result(5).shape == (30, 4, 5)


def test_cancelling_ends_it_at_once_and_what_runs_after_its_image(session):
    reader = Reader()
    session.register_image_loader("test", reader)
    reader.go_on.clear()
    load = session.load_array(ids(50), np.zeros((50, 4, 5), np.int16))
    reader.wait()
    reader.wait()

    assert load.cancel()
    assert load.cancelled()
    with pytest.raises(cs.LoadCancelledError):
        load.result(0)
    reader.go_on.set()
    eventually(lambda: not session.decode_pool.number_running)
    assert reader.calls == ["test:0", "test:1"]
    assert not session.decode_pool.number_queued


def test_cancelling_cancels_the_loads_that_are_on_their_way(session):
    loader = HeldLoader()
    session.register_image_loader("test", loader)
    load = session.load_array(ids(50), np.zeros((50, 4, 5), np.int16))
    for _ in range(16):
        loader.wait()

    assert load.cancel()
    eventually(lambda: len(loader.cancelled) == len(loader.promises))
    eventually(lambda: not session.loader_pool.number_queued)
    assert len(loader.promises) < 33


def test_cancelling_who_waits_cancels_it(session):
    reader = Reader()
    session.register_image_loader("test", reader)
    reader.go_on.clear()

    async def main():
        return await asyncio.wait_for(session.load_array(ids(9)), 0.02)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    reader.go_on.set()
    eventually(lambda: not session.decode_pool.number_running)
    assert len(reader.calls) <= 2


def test_a_load_of_one_image_that_is_cancelled_ends_the_whole(session):
    loader = HeldLoader()
    session.register_image_loader("test", loader)
    load = session.load_array(ids(3), np.zeros((3, 4, 5), np.int16))
    for _ in range(3):
        loader.wait()

    session.cancel_load_image("test:1")

    assert isinstance(load.exception(5), cs.LoadCancelledError)
    assert load.cancelled()


def test_no_more_than_some_images_are_loaded_ahead(session):
    loader = HeldLoader()
    session.register_image_loader("test", loader)
    load = session.load_array(ids(100), np.zeros((100, 4, 5), np.int16))
    for number in range(100):
        loader.wait()
        # Threads call the loader, in an order that is nearly that of the images.
        loader.keep(next(i for i, promise in loader.promises.copy().items() if not promise.done()))
        assert number < len(loader.promises) <= number + 33

    np.testing.assert_array_equal(load.result(5)[:, 0, 0], np.arange(100))


def test_what_is_on_show_goes_first():
    class Slow(Reader):
        def read_samples(self, image_id, out=None):
            time.sleep(0.005)
            return super().read_samples(image_id, out)

    with Session(decode_threads=1) as session:
        reader = Slow()
        session.register_image_loader("test", reader)
        session.register_image_loader("shown", TwoSteps())
        load = session.load_array(ids(200), options=cs.LoadOptions(cs.RequestType.PREFETCH))
        reader.wait()

        session.load_image("shown:1").result(5)

        assert len(reader.calls) < 20
        assert not load.done()
        load.cancel()


def test_two_arrays_take_turns():
    class Slow(Reader):
        def read_samples(self, image_id, out=None):
            time.sleep(0.005)
            return super().read_samples(image_id, out)

    with Session(decode_threads=1) as session:
        reader = Slow()
        session.register_image_loader("test", reader)
        long = session.load_array(ids(200))
        short = session.load_array(ids(4))

        assert short.result(5).shape == (4, 4, 5)
        assert not long.done()
        long.cancel()


def test_a_loader_may_wait_for_an_array_that_it_loads(series):
    with Session(decode_threads=1) as session:

        class Mean(Reader):
            def retrieve(self, image_id):
                whole = session.load_array(series).result(5)
                return image_id, whole.mean(axis=0).astype(np.uint16)

            def decode(self, encoded):
                return cs.Image(*encoded)

            def read_samples(self, image_id, out=None):
                return self.retrieve(image_id)[1]

        session.register_image_loader("mean", Mean())
        expected = STORED.mean(axis=0).astype(int)

        np.testing.assert_array_equal(session.load_image("mean:0").result(5).pixels, expected)
        np.testing.assert_array_equal(session.load_array(["mean:0"]).result(5)[0], expected)


def test_a_loader_that_waits_for_an_array_with_its_own_image_is_told(session):
    session.register_image_loader(
        "test", lambda i: cs.Image(i, session.load_array([i, "test:1"]).result(5)[0])
    )

    with pytest.raises(cs.LoaderError, match="waits for the image that it is to load"):
        session.load_image("test:0").result(5)


def test_a_reader_that_waits_for_an_array_with_its_own_image_is_told(session):
    class Own(Reader):
        def read_samples(self, image_id, out=None):
            return session.load_array(["load:2", image_id]).result(5)[0]

    session.register_image_loader("test", Own())
    session.register_image_loader("load", image_of)

    with pytest.raises(cs.LoaderError, match=r"that it is to load: test:1 -> test:1"):
        session.load_array(["test:1"]).result(5)


def test_closing_the_session_settles_it():
    session = Session()
    session.register_image_loader("test", HeldLoader())
    load = session.load_array(ids(9))

    session.close()

    with pytest.raises(cs.SessionClosedError, match="was closed while"):
        load.result(0)
    with pytest.raises(cs.SessionClosedError, match="make a new one"):
        session.load_array(ids(9)).result(0)


def test_closing_waits_for_the_image_that_is_being_read():
    session = Session(decode_threads=1)
    reader = Reader()
    session.register_image_loader("test", reader)
    reader.go_on.clear()
    load = session.load_array(ids(9))
    reader.wait()
    threading.Timer(0.02, reader.go_on.set).start()

    session.close()

    assert isinstance(load.exception(0), cs.SessionClosedError)
    assert len(reader.calls) == 1


def test_callbacks_are_called_where_they_may_wait(session, series):
    shapes = []
    told = threading.Event()

    def callback(load):
        shapes.append(load.result(0).shape)
        shapes.append(session.load_array(series[:2]).result(5).shape)
        told.set()

    session.load_array(series).add_done_callback(callback)

    assert told.wait(5)
    assert shapes == [(6, 32, 24), (2, 32, 24)]


@pytest.mark.parametrize("scheme", ["dicomfile", "test"])
def test_an_array_that_its_caller_lets_go_of_is_gone_at_once(session, series, scheme):
    # A series is large: it must not wait for the garbage collector, which may not run for long.
    session.register_image_loader("test", image_of)
    image_ids = series if scheme == "dicomfile" else ids(5)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            array = weakref.ref(session.load_array(image_ids).result(5))
            eventually(lambda array=array: array() is None)
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("image_ids", "out", "error", "message"),
    [
        ("test:1", None, cs.ImageIdError, "a list of imageIds is wanted, got the text 'test:1'"),
        ([], None, cs.LoaderError, "an array needs at least one image, got no imageIds"),
        (["test:1", 7], None, cs.ImageIdError, "an imageId is text such as .*, got 7"),
        (["test:1", "b"], None, cs.ImageIdError, "'b' is not an imageId"),
        (["test:1", "tset:1"], None, cs.UnknownSchemeError, "no loader .* 'tset'.* 'test'"),
        (["test:1"], [1], cs.LoaderError, "out must be a NumPy array, got list"),
        (["test:1"], np.zeros((2, 4, 5)), cs.LoaderError, r"shape \(2, 4, 5\), but 1 images need"),
        (["test:1"], np.zeros((1, 5)), cs.LoaderError, r"shape \(1, 5\), but 1 images need"),
        (["test:1"], np.broadcast_to(0, (1, 4, 5)), cs.LoaderError, "out is read-only"),
        (["test:1"], np.zeros((1, 4, 5), ">i2"), cs.LoaderError, "4 x 5 int16, .* 4 x 5 >i2"),
    ],
)
def test_what_cannot_be_is_told_by_the_load(session, image_ids, out, error, message):
    session.register_image_loader("test", image_of)

    with pytest.raises(error, match=message):
        session.load_array(image_ids, out).result(5)


def test_it_says_what_it_is_and_what_is_late(session):
    session.register_image_loader("test", HeldLoader())
    load = session.load_array(ids(3))

    assert repr(load) == "<ArrayLoadObject of 3 images loading>"
    with pytest.raises(TimeoutError, match=r"the array of 3 images is not there after 0\.01 s"):
        load.result(0.01)
    load.cancel()
    assert repr(load) == "<ArrayLoadObject of 3 images cancelled>"
    session.register_image_loader("test", image_of)
    load = session.load_array(ids(3))
    load.result(5)
    assert repr(load) == "<ArrayLoadObject of 3 images loaded>"


def test_the_module_function_uses_the_default_session(series):
    options = cs.LoadOptions(cs.RequestType.COMPUTE)

    np.testing.assert_array_equal(cs.load_array(series).result(5), STORED)
    np.testing.assert_array_equal(cs.load_array(series, options=options).result(5), STORED)
    cs.close_default_session()


class Bulk(TwoSteps):
    """A loader that brings many: in the opposite order but for the first, some not at all."""

    def __init__(self, leaves_out=(), nbytes=1):
        self.leaves_out = leaves_out
        self.asked = []
        self.singly = []
        self.given = 0
        self.closed = threading.Event()
        self.options = None
        self.errands = []
        self.nbytes = nbytes

    async def retrieve(self, image_id):
        self.singly.append(image_id)
        return await super().retrieve(image_id)

    async def retrieve_many(self, image_ids, options):
        self.asked.append(image_ids)
        self.options = options
        self.errands.append(current_errand())
        try:
            for image_id in (*image_ids[:1], *image_ids[:0:-1]):
                await asyncio.sleep(0)
                if image_id not in self.leaves_out:
                    self.given += 1
                    yield Brought(image_id, b"x" * self.nbytes)
        finally:
            self.closed.set()

    def decode(self, encoded):
        image_id = encoded if isinstance(encoded, str) else encoded.image_id
        return image_of(image_id)


@dataclass
class Brought:
    image_id: str
    data: bytes


@pytest.mark.parametrize("count", [1, 2, 9, 100])
@pytest.mark.parametrize("has_out", [True, False])
def test_images_that_come_together_go_to_their_places(session, count, has_out):
    loader = Bulk()
    session.register_image_loader("test", loader)
    out = np.zeros((count, 4, 5), np.int16) if has_out else None

    load = session.load_array(ids(count), out)
    array = load.result(5)

    np.testing.assert_array_equal(array[:, 0, 0], np.arange(count))
    assert (array is out) == has_out
    assert loader.asked == [tuple(ids(count))]
    assert not loader.singly
    assert (load.number_done, load.progress) == (count, 1.0)


def test_it_is_brought_for_what_it_was_asked_for(session):
    loader = Bulk()
    session.register_image_loader("test", loader)
    options = cs.LoadOptions(cs.RequestType.PREFETCH, 3, extra={"a": 1})

    session.load_array(ids(3), options=options).result(5)

    assert loader.options is options
    (errand,) = loader.errands
    assert errand.urgency == (cs.RequestType.PREFETCH, 3)


@pytest.mark.parametrize("leaves_out", [["test:0"], ["test:5"], ids(9)])
def test_what_a_loader_does_not_bring_is_loaded_one_by_one(session, leaves_out):
    loader = Bulk(leaves_out)
    session.register_image_loader("test", loader)

    array = session.load_array(ids(9)).result(5)

    np.testing.assert_array_equal(array[:, 0, 0], np.arange(9))
    assert sorted(loader.singly) == leaves_out


def test_an_image_that_is_named_twice_is_brought_once(session):
    loader = Bulk()
    session.register_image_loader("test", loader)

    array = session.load_array(["test:3", "test:1", "test:3", "test:2"]).result(5)

    assert array[:, 0, 0].tolist() == [3, 1, 3, 2]
    assert loader.asked == [("test:3", "test:1", "test:2")]


@pytest.mark.parametrize("cached", [["test:0"], ["test:2"], ids(4)])
def test_what_the_cache_has_is_not_brought(session, cached):
    session.register_image_loader("test", lambda i: cs.Image(i, np.full((4, 5), 99, np.int16)))
    for image_id in cached:
        session.load_and_cache_image(image_id).result(5)
    loader = Bulk()
    session.register_image_loader("test", loader)

    array = session.load_array(ids(4)).result(5)

    expected = [99 if image_id in cached else number for number, image_id in enumerate(ids(4))]
    assert array[:, 0, 0].tolist() == expected
    assert [i for asked in loader.asked for i in asked] == [i for i in ids(4) if i not in cached]


@pytest.mark.parametrize("first", ["read", "load", "bring"])
def test_images_go_three_ways_into_one_array(session, first):
    session.register_image_loader("read", Reader())
    session.register_image_loader("load", load_async)
    session.register_image_loader("bring", Bulk())
    schemes = [first, "read", "load", "bring"]
    image_ids = [f"{schemes[number % 4]}:{number}" for number in range(40)]

    array = session.load_array(image_ids).result(5)

    np.testing.assert_array_equal(array[:, 0, 0], np.arange(40))


@pytest.mark.parametrize("has_out", [True, False])
def test_the_first_image_says_what_the_others_are_to_be(session, has_out):
    class Odd(Bulk):
        def decode(self, encoded):
            image = super().decode(encoded)
            is_odd = image.image_id == "test:7"
            return cs.Image(image.image_id, image.pixels[:2]) if is_odd else image

    session.register_image_loader("test", Odd())
    out = np.zeros((20, 4, 5), np.int16) if has_out else None

    with pytest.raises(cs.LoaderError, match=r"are 2 x 5 int16, but .* 4 x 5 int16") as raised:
        session.load_array(ids(20), out).result(5)
    assert raised.value.image_id == "test:7"


class Runs(Bulk):
    """One that has several images at hand together, as the slices of a volume are."""

    def __init__(self, cuts=(5, 12), order=None, shape=(4, 5)):
        super().__init__()
        self.cuts = cuts
        self.order = order
        self.shape = shape
        self.into = []

    def decode(self, encoded):
        raise AssertionError("no image is wanted")

    async def retrieve_many(self, image_ids, options):
        image_ids = list(image_ids)
        bounds = [0, *(cut for cut in self.cuts if cut < len(image_ids)), len(image_ids)]
        runs = [image_ids[a:b] for a, b in itertools.pairwise(bounds)]
        for number in self.order or range(len(runs)):
            yield self.run(runs[number])

    def run(self, image_ids):
        def read(out):
            self.into.append(out)
            for image_id, one in zip(image_ids, out, strict=True):
                one[...] = image_of(image_id).pixels

        return ImageRun(tuple(image_ids), self.shape, np.dtype(np.int16), read)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("has_out", [True, False])
def test_images_that_are_at_hand_together_are_read_together(session, has_out, order):
    loader = Runs(order=order)
    session.register_image_loader("test", loader)
    out = np.zeros((20, 4, 5), np.int16) if has_out else None

    load = session.load_array(ids(20), out)
    array = load.result(5)

    np.testing.assert_array_equal(array[:, 0, 0], np.arange(20))
    assert (array is out) == has_out
    # Straight to where they belong.
    assert sorted(len(into) for into in loader.into) == [5, 7, 8]
    assert all(np.shares_memory(into, array) for into in loader.into)
    assert (load.number_done, load.progress) == (20, 1.0)


@pytest.mark.parametrize("has_out", [True, False])
@pytest.mark.parametrize(
    "numbers", [[0, 1, 2, 0, 1, 2], [3, 1, 2, 0], [0, 2, 4, 6], [5, 5, 5], [2, 0, 0, 1]]
)
def test_a_run_goes_to_wherever_its_images_were_asked_for(session, numbers, has_out):
    session.register_image_loader("test", Runs(cuts=(2,)))
    out = np.zeros((len(numbers), 4, 5), np.int16) if has_out else None

    array = session.load_array([f"test:{number}" for number in numbers], out).result(5)

    assert array[:, 0, 0].tolist() == numbers


def test_runs_and_single_images_go_into_one_array(session):
    class Some(Runs):
        decode = Bulk.decode

        async def retrieve_many(self, image_ids, options):
            yield self.run(image_ids[:3])
            async for brought in Bulk.retrieve_many(self, image_ids[3:6], options):
                yield brought
            yield self.run(image_ids[6:])

    session.register_image_loader("test", Some())

    array = session.load_array(ids(9)).result(5)

    np.testing.assert_array_equal(array[:, 0, 0], np.arange(9))


def test_a_run_of_another_shape_than_the_array_is_told(session):
    session.register_image_loader("test", Runs(shape=(4, 6)))

    with pytest.raises(cs.LoaderError, match=r"are 4 x 6 int16, but .* 4 x 5 int16") as raised:
        session.load_array(ids(20), np.zeros((20, 4, 5), np.int16)).result(5)
    assert raised.value.image_id in ids(20)


@pytest.mark.parametrize("settings", [{"shape": (4,)}, {"cuts": (0,)}])
def test_what_is_no_run_of_images_is_told(session, settings):
    session.register_image_loader("test", Runs(**settings))

    with pytest.raises(cs.LoaderError, match="a run is of one image or more"):
        session.load_array(ids(3)).result(5)


def test_a_run_that_cannot_be_read_ends_the_load_with_its_first_image(session):
    class Damaged(Runs):
        def run(self, image_ids):
            def read(out):
                raise cs.DecodeError("the file ends before")

            return ImageRun(tuple(image_ids), (4, 5), np.dtype(np.int16), read)

    session.register_image_loader("test", Damaged(cuts=()))

    with pytest.raises(cs.DecodeError, match="the file ends before") as raised:
        session.load_array(ids(3)).result(5)
    assert raised.value.image_id == "test:0"


def test_a_loader_that_gives_what_it_was_not_asked_for_is_told(session):
    class Wrong(Bulk):
        async def retrieve_many(self, image_ids, options):
            yield Brought("test:9", b"")

    session.register_image_loader("test", Wrong())

    with pytest.raises(cs.LoaderError, match="gave 'test:9', which it was not asked for"):
        session.load_array(ids(3)).result(5)


def test_an_error_while_they_are_brought_ends_it_with_its_image(session):
    class Failing(Bulk):
        async def retrieve_many(self, image_ids, options):
            async for brought in super().retrieve_many(image_ids[:4], options):
                yield brought
            error = cs.DecodeError("broken")
            error.image_id = "test:4"
            raise error

    session.register_image_loader("test", Failing())

    with pytest.raises(cs.DecodeError, match="broken") as raised:
        session.load_array(ids(9)).result(5)
    assert raised.value.image_id == "test:4"


def test_an_error_of_a_decoder_ends_what_brings_them(session):
    class Failing(Bulk):
        def decode(self, encoded):
            if encoded.image_id == "test:99":
                raise cs.DecodeError("broken")
            return super().decode(encoded)

    loader = Failing(nbytes=16 * 1024 * 1024)
    session.register_image_loader("test", loader)

    with pytest.raises(cs.DecodeError, match="broken") as raised:
        session.load_array(ids(100), np.zeros((100, 4, 5), np.int16)).result(5)
    assert raised.value.image_id == "test:99"
    assert loader.closed.wait(5)
    assert loader.given < 100


def test_no_more_is_taken_than_is_decoded(session):
    go_on = threading.Event()

    class Slow(Bulk):
        def decode(self, encoded):
            assert go_on.wait(5)
            return super().decode(encoded)

    loader = Slow(nbytes=16 * 1024 * 1024)
    session.register_image_loader("test", loader)
    load = session.load_array(ids(40))
    time.sleep(0.1)

    # 64 MiB wait to be decoded, and one more has arrived.
    assert loader.given <= 6
    go_on.set()
    np.testing.assert_array_equal(load.result(5)[:, 0, 0], np.arange(40))


@pytest.mark.parametrize("how", ["cancel", "close"])
def test_what_brings_them_is_stopped_at_once(how):
    began = threading.Event()

    class Hanging(Bulk):
        async def retrieve_many(self, image_ids, options):
            try:
                yield Brought(image_ids[0], b"")
                began.set()
                await asyncio.sleep(30)
            finally:
                self.closed.set()

    session = Session(decode_threads=1)
    loader = Hanging()
    session.register_image_loader("test", loader)
    load = session.load_array(ids(9))
    assert began.wait(5)
    try:
        if how == "cancel":
            load.cancel()
            assert load.cancelled()
        else:
            session.close()
            assert isinstance(load.exception(0), cs.SessionClosedError)
        assert loader.closed.wait(5)
    finally:
        session.close()


def test_a_loader_may_wait_for_an_array_that_is_brought(session):
    session.register_image_loader("test", Bulk())

    async def mean(image_id):
        array = await session.load_array(ids(5))
        return cs.Image(image_id, array.mean(axis=0).astype(np.int16))

    session.register_image_loader("mean", mean)

    assert session.load_image("mean:0").result(5).pixels[0, 0] == 2


def test_an_array_that_was_brought_is_gone_when_its_caller_lets_go(session):
    session.register_image_loader("test", Bulk())
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            array = weakref.ref(session.load_array(ids(30)).result(5))
            eventually(lambda array=array: array() is None)
    finally:
        gc.enable()
