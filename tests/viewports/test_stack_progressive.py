"""Images that a stack viewport shows before they are whole."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.errors import LoaderError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.model.events import Event
from pycornerstone.model.image import Image, ImageQuality
from pycornerstone.model.luts import VoiWindow
from pycornerstone.model.modules import VoiLutModule
from pycornerstone.session.session import Session
from pycornerstone.viewports.stack import StackViewport

EIGHTH, QUARTER, HALF, LOSSY, FULL = (
    ImageQuality.SUBRESOLUTION,
    ImageQuality.QUARTER_RESOLUTION,
    ImageQuality.HALF_RESOLUTION,
    ImageQuality.LOSSY,
    ImageQuality.FULL_RESOLUTION,
)
IMAGE_ID = "slow:a"


def image_of(quality, image_id=IMAGE_ID, value=None):
    """Give an image of one value, which says how good it is; of a window from 0 to 8."""
    pixels = np.full((8, 8), int(quality) if value is None else value, np.int16)
    # PS3.3 C.11.2.1.2.1: 0 is black and 8 is white.
    voi = VoiLutModule(windows=(VoiWindow(4.5, 9),))
    return Image(image_id, pixels, voi_lut=voi, quality=quality)


class SlowSource:
    """Loads when it is told to, and gives worse images before."""

    def __init__(self, session):
        self._session = session
        self.cache, self.events, self.metadata = session.cache, session.events, session.metadata
        self.loads = {}
        self.cancelled = []

    def load_and_cache_image(self, image_id, options=LoadOptions()):  # noqa: B008 - frozen
        import concurrent.futures

        promise = concurrent.futures.Future()
        load = ImageLoadObject(promise, lambda: self.cancelled.append(image_id), image_id=image_id)
        cached = self.cache.get(image_id)
        if cached is not None:
            load.report_partial(cached)
        self.loads[image_id] = (load, promise)
        return load

    def bring(self, image):
        load, promise = self.loads[image.image_id]
        if image.quality < FULL:
            load.report_partial(image)
        else:
            self.cache.put(image)
            promise.set_result(image)

    def fail(self, image_id, error):
        self.loads[image_id][1].set_exception(error)


@pytest.fixture
def source():
    with Session() as session:
        yield SlowSource(session)


@pytest.fixture
def viewport(source):
    with StackViewport(8, 8, session=source, prefetch=False) as viewport:
        yield viewport


@pytest.fixture
def news(source):
    told = []
    source.events.subscribe(
        Event.STACK_NEW_IMAGE, lambda detail: told.append((detail.image_id, detail.image.quality))
    )
    return told


def drawn(viewport):
    return viewport.render(timeout=0)[0, 0, 0]


def test_worse_ones_are_shown_until_the_whole_is_there(viewport, source, news):
    load = viewport.set_stack([IMAGE_ID])
    assert viewport.current_image_quality is None

    for quality in (EIGHTH, QUARTER, HALF, LOSSY):
        source.bring(image_of(quality))
        assert viewport.current_image_quality is quality
        assert drawn(viewport) == round(255 * quality / 8)
        assert not load.done()
    source.bring(image_of(FULL))

    assert load.result(1).quality is FULL
    assert viewport.current_image_quality is FULL
    assert news == [(IMAGE_ID, quality) for quality in (EIGHTH, QUARTER, HALF, LOSSY, FULL)]


def test_a_better_one_is_never_replaced_by_a_worse(viewport, source, news):
    load = viewport.set_stack([IMAGE_ID])

    for quality in (HALF, EIGHTH, QUARTER, HALF):
        source.bring(image_of(quality))
    assert viewport.current_image_quality is HALF
    source.bring(image_of(FULL))
    # A straggler: it was on its way when the load ended.
    viewport._show_partial(viewport._request, image_of(LOSSY))

    assert load.result(1).quality is FULL
    assert viewport.current_image_quality is FULL
    assert [quality for _, quality in news] == [HALF, FULL]


def test_what_the_cache_has_of_it_is_shown_meanwhile(viewport, source, news):
    source.cache.put(image_of(QUARTER))

    load = viewport.set_stack([IMAGE_ID])

    assert viewport.current_image_quality is QUARTER
    source.bring(image_of(FULL))
    assert load.result(1).quality is FULL
    assert [quality for _, quality in news] == [QUARTER, FULL]


def test_view_and_presentation_stay_between_qualities(viewport, source):
    viewport.set_stack([IMAGE_ID])
    source.bring(image_of(EIGHTH))
    viewport.set_properties(voi_range=(-8, 8), invert=True)
    viewport.set_zoom(2)
    camera, properties = viewport.camera, viewport.properties
    modified = []
    viewport_events = (Event.CAMERA_MODIFIED, Event.VOI_MODIFIED)
    for event in viewport_events:
        source.events.subscribe(event, modified.append)

    source.bring(image_of(HALF))
    source.bring(image_of(FULL))

    assert viewport.camera == camera
    assert viewport.properties == properties
    assert modified == []


def test_the_picture_is_the_same_however_it_came(source):
    # A window that is computed of the samples is that of the whole image in the end.
    whole = Image(IMAGE_ID, np.arange(64, dtype=np.int16).reshape(8, 8))
    part = whole.replace(pixels=np.full((8, 8), 31, np.int16), quality=EIGHTH)
    pictures = []
    for parts in ([], [part]):
        with StackViewport(8, 8, session=source, prefetch=False) as viewport:
            viewport.set_stack([IMAGE_ID])
            for image in parts:
                source.bring(image)
            source.bring(whole)
            pictures.append(viewport.render(1))
            source.cache.purge()

    np.testing.assert_array_equal(*pictures)


def test_drawing_waits_for_the_whole(viewport, source):
    viewport.set_stack([IMAGE_ID])
    source.bring(image_of(EIGHTH))

    with pytest.raises(OSError, match="not there in time"):
        viewport.render(timeout=0.05)
    source.bring(image_of(FULL))

    assert viewport.render(timeout=1)[0, 0, 0] == 255


def test_parts_of_an_image_that_is_wanted_no_more_are_not_shown(viewport, source, news):
    viewport.set_stack([IMAGE_ID, "slow:b"])
    source.bring(image_of(EIGHTH))
    gone = viewport._request
    viewport.set_image_id_index(1)
    assert viewport.current_image_quality is EIGHTH

    viewport._show_partial(gone, image_of(HALF))
    source.bring(image_of(EIGHTH, "slow:b"))

    assert viewport.current_image_id == "slow:b"
    assert news == [(IMAGE_ID, EIGHTH), ("slow:b", EIGHTH)]
    assert source.cancelled == [IMAGE_ID]


def test_what_could_be_shown_stays_when_the_rest_does_not_come(viewport, source):
    load = viewport.set_stack([IMAGE_ID])
    source.bring(image_of(QUARTER))
    source.fail(IMAGE_ID, LoaderError("the line is dead"))

    with pytest.raises(LoaderError, match="the line is dead"):
        load.result(1)
    with pytest.raises(LoaderError, match="the line is dead"):
        viewport.render(1)
    assert viewport.current_image_quality is QUARTER
    assert drawn(viewport) == round(255 * QUARTER / 8)


def test_an_image_that_is_shown_early_is_kept_in_the_cache(viewport, source):
    source.cache.put(image_of(QUARTER))
    viewport.set_stack([IMAGE_ID])
    assert viewport.current_image_quality is QUARTER

    source.cache.max_size_in_bytes = 64

    assert IMAGE_ID in source.cache
