"""Sessions that keep what they retrieved on the disk, and go on without a network."""

from __future__ import annotations

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.testing import SampleServer, ct_phantom, ct_series, png_phantom

PHANTOM = ct_phantom(slices=5, rows=32, columns=48)
SERIES = ct_series(PHANTOM)
ONCE = cs.HttpSettings(max_retries=0)
TIMEOUT_S = 20


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def session(folder, **options) -> cs.Session:
    return cs.Session(http=ONCE, disk_cache=cs.DiskCache(folder, **options))


def images(of: cs.Session, image_ids: list[str]) -> list[cs.Image]:
    return [load.result(TIMEOUT_S) for load in of.load_and_cache_images(image_ids)]


@pytest.mark.parametrize("scheme", ["wadors", "wadouri"])
@pytest.mark.parametrize("offline", [False, True])
def test_a_series_is_shown_again_when_its_server_is_gone(folder, scheme, offline):
    with SampleServer(SERIES) as server, session(folder) as first:
        image_ids = server.image_ids(scheme)
        images(first, image_ids)
    with session(folder, offline=offline) as second:
        for index, image in enumerate(images(second, image_ids)):
            np.testing.assert_array_equal(image.modality_values(), PHANTOM.hounsfield[index])
            assert image.plane is not None


def test_an_array_is_loaded_again_when_the_server_is_gone(folder):
    with SampleServer(SERIES) as server, session(folder) as first:
        image_ids = server.image_ids("wadors")
        array = first.load_array(image_ids).result(TIMEOUT_S)
    with session(folder) as second:
        np.testing.assert_array_equal(second.load_array(image_ids).result(TIMEOUT_S), array)
    with session(folder, offline=True) as third:
        np.testing.assert_array_equal(third.load_array(image_ids).result(TIMEOUT_S), array)


def test_a_second_session_fetches_no_frame_again(folder):
    with SampleServer(SERIES) as server:
        image_ids = server.image_ids("wadors")
        for _ in range(3):
            with session(folder) as one:
                images(one, image_ids)
        frames = [image_id.removeprefix(f"wadors:{server.address}") for image_id in image_ids]
        assert [server.requests(frame) for frame in frames] == [1] * len(frames)


def test_pictures_are_kept_too(folder):
    png = png_phantom(PHANTOM, 0)
    with SampleServer(files={"a.png": png}) as server, session(folder) as first:
        image_ids = server.image_ids("web")
        [shown] = images(first, image_ids)
    with session(folder) as second:
        [again] = images(second, image_ids)
    np.testing.assert_array_equal(again.pixels, shown.pixels)


def test_nothing_touches_the_disk_unless_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with SampleServer(SERIES) as server, cs.Session() as plain:
        assert plain.disk_cache is None
        images(plain, server.image_ids("wadors"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_told_with_the_image_that_it_is(folder):
    image_id = "wadors:http://127.0.0.1:1/studies/1/series/2/instances/3/frames/1"
    with session(folder, offline=True) as offline:
        with pytest.raises(cs.TransferError, match="not in the disk cache") as caught:
            offline.load_image(image_id).result(TIMEOUT_S)
        assert caught.value.image_id == image_id


def test_a_session_that_runs_can_be_given_one_and_have_it_taken_away(folder):
    with SampleServer(SERIES) as server, cs.Session() as one:
        first, second, *_ = server.image_ids("wadors")
        one.disk_cache = cache = cs.DiskCache(folder)
        images(one, [first])
        one.disk_cache = None
        images(one, [second])
        cache.close()
        # The frame and the metadata of its series.
        assert len(cache) == 2
        cache.close()


def test_a_disk_that_fails_does_not_stop_a_load(tmp_path, caplog):
    (tmp_path / "file").touch()
    with SampleServer(SERIES) as server, session(tmp_path / "file") as one:
        assert len(images(one, server.image_ids("wadors"))) == len(SERIES)
    assert len(caplog.records) == 1
    assert "loading goes on without it" in caplog.text
