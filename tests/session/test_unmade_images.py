"""Images of a cache that are made when somebody asks for them."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.model.image import Image, ImageQuality
from pycornerstone.model.volume import Volume
from pycornerstone.session.cache import Cache
from pycornerstone.session.session import Session
from pycornerstone.session.unmade_images import UnmadeImage
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


def unmade(made, samples=VOXELS[0], image_id="custom:0"):
    def make():
        made.append(threading.get_ident())
        return Image(image_id, samples)

    return UnmadeImage(image_id, samples, ImageQuality.FULL_RESOLUTION, make)


def test_it_is_there_and_made_once_when_it_is_asked_for():
    cache, made = Cache(), []
    cache.put_volume(Volume("v", VOXELS))
    cache.put(unmade(made))

    assert "custom:0" in cache
    assert cache.image_ids() == ["custom:0"]
    assert cache.size_in_bytes == VOXELS.nbytes
    assert not made
    image = cache.get("custom:0")
    assert cache.get("custom:0") is image
    assert np.shares_memory(image.pixels, VOXELS)
    assert len(made) == 1
    assert cache.size_in_bytes == VOXELS.nbytes


def test_it_goes_with_its_volume_though_nobody_asked_for_it():
    told = []
    cache, made = Cache(emit=told.append), []
    cache.put_volume(Volume("v", VOXELS))
    cache.put(unmade(made))

    cache.remove_volume("v")

    assert (len(cache), cache.size_in_bytes) == (0, 0)
    assert not made
    assert [type(one).__name__ for one in told][-1] == "ImageCacheImageRemoved"


def test_one_that_cannot_be_made_is_not_there():
    cache = Cache()
    cache.put(UnmadeImage("custom:0", VOXELS[0], ImageQuality.FULL_RESOLUTION, lambda: None))

    assert cache.get("custom:0") is None
    assert "custom:0" not in cache


def test_who_asks_for_it_while_it_is_made_is_told_nothing():
    cache, inner = Cache(), []

    def make():
        inner.append(cache.get("custom:0"))
        return Image("custom:0", VOXELS[0])

    cache.put(UnmadeImage("custom:0", VOXELS[0], ImageQuality.FULL_RESOLUTION, make))

    assert isinstance(cache.get("custom:0"), Image)
    assert inner == [None]
    assert "custom:0" in cache


def test_several_threads_are_given_the_same():
    cache, both = Cache(), threading.Barrier(2, timeout=10)

    def make():
        both.wait()
        return Image("custom:0", VOXELS[0])

    cache.put(UnmadeImage("custom:0", VOXELS[0], ImageQuality.FULL_RESOLUTION, make))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.get("custom:0"))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(found) == 2
    assert found[0] is found[1]


@pytest.fixture
def files(tmp_path):
    return write_ct_series(tmp_path, ct_phantom(slices=4, rows=8, columns=8))


def test_a_slice_whose_header_is_gone_is_loaded(files):
    with Session() as session:
        volume = session.load_volume([f"dicomfile:{path}" for path in files]).result(10)
        image_id = volume.image_ids[1]
        session._volume_sources.context.dicom_headers.discard(image_id)

        image = session.load_image(image_id).result(10)

    np.testing.assert_array_equal(image.pixels, volume.voxels[1])


def test_the_meaning_of_a_volume_is_asked_of_one_slice(files):
    asked = []

    def provider(type_name, image_id):
        if type_name == "voiLutModule":
            asked.append(image_id)

    with Session() as session:
        session.metadata.add_provider(provider)
        volume = session.load_volume([f"dicomfile:{path}" for path in files]).result(10)

        assert asked == [volume.image_ids[2]]
        session.load_image(volume.image_ids[0]).result(10)
        assert asked == [volume.image_ids[2], volume.image_ids[0]]
        assert isinstance(volume, cs.Volume)
