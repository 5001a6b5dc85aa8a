"""A shelf: images that are loaded from a dictionary, at once or when somebody lets them go."""

from __future__ import annotations

import concurrent.futures

import numpy as np
import pytest

from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.events import Event, ImageLoaded
from pycornerstone.model.image import Image
from pycornerstone.session.cache import Cache
from pycornerstone.session.events import EventBus


class Shelf:
    """What a viewport needs of a session, over a dictionary of images."""

    def __init__(self, images, max_size_in_bytes=2**30):
        self.images = {image.image_id: image for image in images}
        self.events = EventBus()
        self.cache = Cache(max_size_in_bytes, self.events.emit)
        self.metadata = MetadataRegistry()
        self.held = set()
        self.asked = []
        self.loading = {}
        self.cancelled = []
        self.priorities = {}

    def hold(self, *image_ids):
        """Let these wait for `release`."""
        self.held |= set(image_ids)

    def load_and_cache_image(self, image_id, options=LoadOptions()):  # noqa: B008 - as a session
        self.asked.append((image_id, options))
        promise = concurrent.futures.Future()
        load = ImageLoadObject(promise, lambda: self.cancelled.append(image_id), image_id=image_id)
        load.owner = self
        if image_id in self.held:
            self.loading.setdefault(image_id, []).append(promise)
        else:
            self._deliver(image_id, promise)
        return load

    def change_priority_of(self, load, request_type, priority):
        self.priorities[load.image_id] = (request_type, priority)

    def show_partial_to(self, load):
        """Nothing is partial here."""

    def lend_thread(self):
        """Do nothing: what is loaded is let go of by the test."""

    def release(self, image_id):
        """Deliver to all who wait for it."""
        self.held.discard(image_id)
        for promise in self.loading.pop(image_id, []):
            self._deliver(image_id, promise)

    def asked_for(self, request_type):
        return [name for name, options in self.asked if options.request_type == request_type]

    def _deliver(self, image_id, promise):
        if not promise.set_running_or_notify_cancel():
            return
        image = self.images.get(image_id)
        if image is None:
            promise.set_exception(FileNotFoundError(f"nothing on the shelf for {image_id}"))
            return
        self.cache.put(image)
        self.events.emit(ImageLoaded(image))
        promise.set_result(image)


@pytest.fixture(autouse=True)
def nothing_goes_wrong_unseen(caplog):
    """Callbacks and listeners that raise are logged, and nowhere else to be seen."""
    yield
    assert caplog.get_records("call") == []


@pytest.fixture
def shelf():
    """Ten images of 4 x 4 pixels, each of one value: ``shelf:0`` is all 0, ``shelf:1`` all 10."""
    return Shelf([Image(f"shelf:{i}", np.full((4, 4), 10 * i, np.int16)) for i in range(10)])


@pytest.fixture
def new_shelf():
    """Makes a shelf of other images."""
    return Shelf


@pytest.fixture
def diary(shelf):
    """Every event of the shelf, in the order in which they came."""
    return write_down(shelf)


def write_down(shelf):
    details = []
    for event in Event:
        shelf.events.subscribe(event, details.append)
    return details
