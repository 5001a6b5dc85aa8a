"""Images that are loaded, cached and shown have the spacing that a user says they have."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.model.events import Event
from pycornerstone.model.image import Image
from pycornerstone.model.modules import CalibratedPixelSpacing, ImagePlaneModule, SpacingType
from pycornerstone.session.session import Session

RULER = CalibratedPixelSpacing(0.1, 0.2)
PLANE = ImagePlaneModule(row_pixel_spacing_mm=0.5, column_pixel_spacing_mm=0.5)


@pytest.fixture
def session():
    with Session() as session:
        pixels = np.zeros((2, 3), np.int16)
        session.register_image_loader("own", lambda i: Image(i, pixels, plane=PLANE))
        session.register_image_loader("plain", lambda i: Image(i, pixels))
        yield session


def row_spacing(image):
    return image.geometry.row_pixel_spacing_mm


@pytest.mark.parametrize("image_id", ["own:a", "plain:a"])
def test_an_image_is_calibrated_when_it_is_loaded(session, image_id):
    session.metadata.calibrations.add(image_id, RULER)
    image = session.load_image(image_id).result(5)
    assert row_spacing(image) == 0.1
    assert image.plane.spacing_type == SpacingType.USER
    assert not image.geometry_is_default


@pytest.mark.parametrize(("image_id", "before"), [("own:a", 0.5), ("plain:a", 1.0)])
def test_an_image_in_the_cache_is_calibrated_and_back_again(session, image_id, before):
    loaded = session.load_and_cache_image(image_id).result(5)
    assert row_spacing(loaded) == before
    told = []
    session.events.subscribe(Event.IMAGE_CACHE_IMAGE_ADDED, told.append)
    session.events.subscribe(Event.IMAGE_CACHE_IMAGE_REMOVED, told.append)
    session.metadata.calibrations.add(image_id, RULER)
    calibrated = session.load_image(image_id).result(5)
    assert row_spacing(calibrated) == 0.1
    assert np.shares_memory(calibrated.pixels, loaded.pixels)
    assert session.cache.get(image_id) is calibrated
    session.metadata.calibrations.remove(image_id)
    assert row_spacing(session.load_image(image_id).result(5)) == before
    assert not told


def test_a_scale_counts_once_however_often_the_image_is_asked_for(session):
    session.metadata.calibrations.add("own:a", CalibratedPixelSpacing(scale=3))
    for _ in range(3):
        assert row_spacing(session.load_and_cache_image("own:a").result(5)) == 1.5


def test_an_image_that_is_not_calibrated_stays_the_same_object(session):
    image = session.load_and_cache_image("own:a").result(5)
    session.metadata.calibrations.add("own:b", RULER)
    assert session.load_image("own:a").result(5) is image


def test_providers_are_asked_when_an_image_is_loaded_and_not_of_one_at_hand(session):
    asked = []

    def ruler(name, image_id):
        asked.append(name)
        return RULER if name == "calibratedPixelSpacing" and image_id == "own:a" else None

    session.metadata.add_provider(ruler)
    assert row_spacing(session.load_and_cache_image("own:a").result(5)) == 0.1
    asked.clear()
    assert row_spacing(session.load_image("own:a").result(5)) == 0.1
    assert not asked


def test_a_calibration_that_is_taken_back_leaves_that_of_a_provider(session):
    session.metadata.add_provider(
        lambda name, _: {"scale": 3} if name == "calibratedPixelSpacing" else None
    )
    assert row_spacing(session.load_and_cache_image("own:a").result(5)) == 1.5
    session.metadata.calibrations.add("own:a", RULER)
    assert row_spacing(session.load_image("own:a").result(5)) == 0.1
    session.metadata.calibrations.remove("own:a")
    assert row_spacing(session.load_image("own:a").result(5)) == 1.5


def test_a_provider_that_fails_calibrates_nothing(session, caplog):
    def broken(name, _):
        if name == "calibratedPixelSpacing":
            raise RuntimeError("out of order")

    session.metadata.add_provider(broken)
    assert row_spacing(session.load_image("own:a").result(5)) == 0.5
    assert "failed" in caplog.text


def test_the_cache_takes_an_image_only_in_place_of_its_own_samples(session):
    kept = session.load_and_cache_image("own:a").result(5)
    other = Image("own:a", np.ones((2, 3), np.int16))
    assert not session.cache.exchange(other)
    assert not session.cache.exchange(kept.replace(image_id="own:b"))
    assert session.cache.get("own:a") is kept
    again = kept.replace(modality="CR")
    assert session.cache.exchange(again)
    assert session.cache.get("own:a") is again
    assert session.cache.size_in_bytes == kept.size_in_bytes
