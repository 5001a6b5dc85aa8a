"""Tests of volumes that fill: the order of slices, who is told, cancelling, failures and memory."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.model.events import Event
from pycornerstone.session.session import Session
from pycornerstone.testing import MisbehavingServer, ct_phantom, ct_series
from pycornerstone.testing.dicom_series import write_ct_series

PHANTOM = ct_phantom(slices=9, rows=32, columns=24)
STORED = PHANTOM.hounsfield.astype(int) + 1024


@pytest.fixture
def session():
    with Session(decode_threads=1) as session:
        yield session


class SlowReader:
    """Gives slices one after the other, each when the test says so, and writes down their order."""

    def __init__(self, session, number=9, failing=()):
        self.image_ids = [f"slow:{k}" for k in range(number)]
        self.read = []
        self.failing = failing
        self.began = threading.Semaphore(0)
        self.turns = threading.Semaphore(0)
        self.is_free = False
        session.register_image_loader("slow", self)
        session.metadata.add_provider(self.provide)

    def retrieve(self, image_id):
        return image_id

    def decode(self, image_id):
        return cs.Image(image_id, self.read_samples(image_id))

    def read_samples(self, image_id, out=None):
        k = int(image_id[5:])
        self.read.append(k)
        self.began.release()
        assert self.is_free or self.turns.acquire(timeout=10)
        if k in self.failing:
            raise cs.DecodeError("the samples are cut short")
        samples = np.full((4, 5), k + 1, np.int16)
        if out is None:
            return samples
        out[...] = samples
        return out

    def free(self):
        self.is_free = True
        self.turns.release(100)

    def let(self, number):
        """Let so many slices come, and wait until the next one has begun."""
        for _ in range(number):
            self.turns.release()
            assert self.began.acquire(timeout=10)

    def provide(self, type_name, image_id):
        if type_name != "imagePlaneModule" or not image_id.startswith("slow:"):
            return None
        return cs.ImagePlaneModule(
            image_position_lps=(0.0, 0.0, 2.0 * int(image_id[5:])),
            row_cosines=(1.0, 0.0, 0.0),
            column_cosines=(0.0, 1.0, 0.0),
            row_pixel_spacing_mm=1.0,
            column_pixel_spacing_mm=1.0,
            rows=4,
            columns=5,
        )


def eventually(condition):
    until = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("middle_out", [4, 5, 3, 6, 2, 7, 1, 8, 0]),
        ("interleaved", [4, 0, 8, 2, 6, 1, 3, 5, 7]),
        ("sequential", [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (1, [1, 2, 0, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_slices_come_in_the_order_that_was_asked_for(session, order, expected):
    reader = SlowReader(session)
    reader.free()

    session.load_volume(reversed(reader.image_ids), order=order).result(10)

    assert reader.read == expected


@pytest.mark.parametrize("number", [1, 2, 3, 10])
@pytest.mark.parametrize("order", ["middle_out", "interleaved", "sequential"])
def test_every_order_has_each_slice_once(session, order, number):
    reader = SlowReader(session, number)
    reader.free()

    volume = session.load_volume(reader.image_ids, order=order).result(10)

    assert sorted(reader.read) == list(range(number))
    assert volume.voxels[:, 0, 0].tolist() == list(range(1, number + 1))


def test_what_is_looked_at_is_loaded_next(session):
    reader = SlowReader(session)
    load = session.load_volume(reader.image_ids, order="sequential")
    assert reader.began.acquire(timeout=10)
    reader.let(1)

    load.prefer(7)
    reader.free()

    load.result(10)
    assert reader.read == [0, 1, 7, 6, 8, 5, 4, 3, 2] or reader.read == [0, 1, 7, 8, 6, 5, 4, 3, 2]


def test_the_volume_is_there_while_it_fills(session):
    reader = SlowReader(session)
    told = []
    load = session.load_volume(reader.image_ids)
    load.add_slice_callback(told.append)
    assert reader.began.acquire(timeout=10)
    assert load.volume is None
    reader.let(2)

    volume = load.volume
    assert volume.shape == (9, 4, 5)
    assert volume.voxels[:, 0, 0].tolist() == [0, 0, 0, 0, 5, 6, 0, 0, 0]
    assert load.is_loaded(5)
    assert not load.is_loaded(3)
    assert (load.number_done, load.number_of_images) == (2, 9)
    assert load.progress == 2 / 9
    assert not load.done()

    reader.free()
    assert np.shares_memory(load.result(10).voxels, volume.voxels)
    eventually(lambda: sorted(told) == list(range(9)))
    assert load.loaded.all()


def test_events_tell_how_far_it_is_and_how_it_ended(session):
    reader = SlowReader(session)
    reader.free()
    told = []
    for event in (Event.VOLUME_MODIFIED, Event.VOLUME_LOADED, Event.VOLUME_LOAD_FAILED):
        session.events.subscribe(event, told.append)

    volume = session.load_volume(reader.image_ids).result(10)

    eventually(lambda: any(getattr(one, "number_done", 0) == 9 for one in told))
    loaded = [one for one in told if one.event is Event.VOLUME_LOADED]
    assert [one.volume for one in loaded] == [volume]
    assert not [one for one in told if one.event is Event.VOLUME_LOAD_FAILED]
    there = next(one.loaded for one in told if getattr(one, "number_done", 0) == 9)
    assert there.tolist() == [True] * 9
    with pytest.raises(ValueError, match="read-only"):
        there[0] = False


def test_cancelling_settles_at_once_and_gives_the_array_back(session):
    reader = SlowReader(session)
    failed = []
    session.events.subscribe(Event.VOLUME_LOAD_FAILED, failed.append)
    load = session.load_volume(reader.image_ids)
    assert reader.began.acquire(timeout=10)
    reader.let(2)
    array = weakref.ref(load.volume.voxels.base)

    assert load.cancel()

    assert load.done()
    with pytest.raises(cs.LoadCancelledError):
        load.result(0)
    assert load.volume is None
    assert len(failed) == 1
    reader.free()
    eventually(lambda: gc.collect() is not None and array() is None)
    eventually(lambda: session.cache.reserved_in_bytes == 0)
    assert session.cache.size_in_bytes == 0
    assert len(reader.read) <= 4


def test_a_load_after_a_cancelled_one_begins_anew(session):
    reader = SlowReader(session)
    session.load_volume(reader.image_ids).cancel()
    reader.free()

    assert session.load_volume(reader.image_ids).result(10).voxels[8, 0, 0] == 9


def test_nothing_of_a_volume_stays_when_nobody_has_it(session):
    reader = SlowReader(session)
    reader.free()
    array = weakref.ref(session.load_volume(reader.image_ids).result(10).voxels.base)

    session.cache.purge()

    eventually(lambda: gc.collect() is not None and array() is None)


def test_closing_the_session_ends_the_load():
    session = Session(decode_threads=1)
    reader = SlowReader(session)
    load = session.load_volume(reader.image_ids)
    assert reader.began.acquire(timeout=10)
    threading.Timer(0.05, reader.free).start()

    session.close()

    with pytest.raises(cs.SessionClosedError):
        load.result(5)
    with pytest.raises(cs.SessionClosedError):
        session.load_volume(reader.image_ids).result(5)


def test_a_slice_that_fails_ends_the_load_and_is_named(session):
    reader = SlowReader(session, failing={6})
    reader.free()

    load = session.load_volume(reader.image_ids)

    with pytest.raises(cs.DecodeError, match="cut short") as caught:
        load.result(10)
    assert caught.value.image_id == "slow:6"
    assert load.volume is None
    assert len(session.cache) == 0
    assert session.cache.volume_ids() == []


@pytest.mark.parametrize("failing", [{6}, {4}, {4, 5, 0}])
def test_without_some_slices_the_volume_says_which(session, failing):
    reader = SlowReader(session, failing=failing)
    reader.free()

    load = session.load_volume(reader.image_ids, allow_missing=True)
    volume = load.result(10)

    expected = [0 if k in failing else k + 1 for k in range(9)]
    assert volume.voxels[:, 0, 0].tolist() == expected
    assert set(load.failed) == {f"slow:{k}" for k in failing}
    assert [k for k in range(9) if not load.is_loaded(k)] == sorted(failing)
    assert session.cache.volume_ids() == []


def test_when_all_slices_fail_the_load_does(session):
    reader = SlowReader(session, failing=set(range(9)))
    reader.free()

    with pytest.raises(cs.DecodeError, match="cut short"):
        session.load_volume(reader.image_ids, allow_missing=True).result(10)


def test_a_server_that_fails_for_one_slice_leaves_that_one_out(session):
    instances = ct_series(PHANTOM)
    with MisbehavingServer() as server:
        for k, data in enumerate(instances):
            server.answer(f"/{k}.dcm", body=data, content_type="application/dicom")
        server.answer("/8.dcm", status=404)
        image_ids = ["wadouri:" + server.url(f"/{k}.dcm") for k in range(9)]

        with pytest.raises(cs.HttpStatusError) as caught:
            session.load_volume(image_ids).result(20)
        load = session.load_volume(image_ids, allow_missing=True)

        assert caught.value.image_id == image_ids[8]
        np.testing.assert_array_equal(load.result(20).voxels, STORED[:8])
        assert list(load.failed) == [image_ids[8]]


def test_what_does_not_fit_is_refused_before_anything_is_read(tmp_path):
    image_ids = [f"dicomfile:{path}" for path in write_ct_series(tmp_path, PHANTOM)]
    with Session(cache_size_in_bytes=10_000, decode_threads=1) as session:
        read = []
        built_in = session.loaders.find("dicomfile")
        session.events.subscribe(Event.VOLUME_MODIFIED, read.append)

        with pytest.raises(cs.CacheSizeExceededError) as caught:
            session.load_volume(image_ids).result(10)

        assert (caught.value.needed, caught.value.max_size) == (9 * 32 * 24 * 2, 10_000)
        assert caught.value.pinned == 0
        assert any("memory_map" in note for note in caught.value.__notes__)
        assert not read
        assert built_in is session.loaders.find("dicomfile")


def test_what_does_not_fit_goes_into_a_file_that_leaves_nothing(tmp_path, monkeypatch):
    image_ids = [f"dicomfile:{path}" for path in write_ct_series(tmp_path / "in", PHANTOM)]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with Session(cache_size_in_bytes=10_000, decode_threads=1) as session:
        volume = session.load_volume(image_ids, memory_map="auto").result(10)

        np.testing.assert_array_equal(volume.voxels, STORED)
        assert is_mapped(volume.voxels)
        assert session.cache.volume_ids() == []
        assert session.cache.size_in_bytes == 0
        del volume
    assert list(temporary.iterdir()) == []


def test_what_fits_stays_in_memory_unless_a_file_is_wanted(session, tmp_path):
    image_ids = [f"dicomfile:{path}" for path in write_ct_series(tmp_path, PHANTOM)]

    assert not is_mapped(session.load_volume(image_ids, memory_map="auto").result(10).voxels)
    session.cache.purge()
    path = tmp_path / "volume.raw"
    assert is_mapped(session.load_volume(image_ids, memory_map=path).result(10).voxels)
    there = np.fromfile(path, np.uint16).reshape(9, 32, 24)
    np.testing.assert_array_equal(there, STORED)


def is_mapped(array):
    while array is not None and type(array).__name__ != "mmap":
        array = getattr(array, "base", None)
    return array is not None


def test_a_file_that_cannot_be_made_is_told_of(session, tmp_path):
    image_ids = [f"dicomfile:{path}" for path in write_ct_series(tmp_path, PHANTOM)]

    with pytest.raises(cs.RetrieveError, match="cannot be made: No such file"):
        session.load_volume(image_ids, memory_map=tmp_path / "no" / "folder.raw").result(10)


def test_slices_of_two_sizes_are_refused_and_named(session):
    reader = SlowReader(session)
    reader.free()
    read = reader.read_samples

    def read_samples(image_id, out=None):
        return np.zeros((3, 5), np.int16) if image_id == "slow:7" else read(image_id, out)

    reader.read_samples = read_samples

    with pytest.raises(cs.LoaderError, match="3 x 5 int16") as caught:
        session.load_volume(reader.image_ids).result(10)
    assert caught.value.image_id == "slow:7"


def test_a_volume_loader_answers_for_its_scheme(session):
    asked = []

    def make(volume_id):
        asked.append(volume_id)
        return cs.Volume(volume_id, np.arange(24).reshape(2, 3, 4))

    async def make_later(volume_id):
        return make(volume_id)

    session.register_volume_loader("my", make)
    session.register_volume_loader("later", make_later)

    volume = session.load_volume("my:thing").result(5)
    assert session.load_volume("my:thing").result(5) is volume
    assert session.load_volume("later:thing").result(5).shape == (2, 3, 4)
    assert asked == ["my:thing", "later:thing"]


def test_a_volume_loader_that_gives_no_volume_is_told_of(session):
    session.register_volume_loader("bad", lambda _: [1, 2])

    with pytest.raises(cs.LoaderError, match="gave list, not a Volume"):
        session.load_volume("bad:thing").result(5)
    with pytest.raises(cs.LoaderError, match="scheme"):
        session.register_volume_loader("a:b", print)
    with pytest.raises(cs.LoaderError, match="function"):
        session.register_volume_loader("a", 3)
    with pytest.raises(cs.UnknownSchemeError, match="Did you mean 'bad'"):
        session.load_volume("bat:thing").result(5)
