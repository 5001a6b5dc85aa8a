"""Requests of a stack viewport: waited for, superseded, failing, cancelled, from many threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pycornerstone.errors import LoadCancelledError, SessionClosedError, TransferError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.model.events import ImageNotShown
from pycornerstone.model.image import Image
from pycornerstone.session.session import Session
from pycornerstone.viewports.stack import StackViewport

IDS = [f"shelf:{i}" for i in range(10)]


@pytest.fixture
def viewport(shelf):
    return StackViewport(4, 4, session=shelf, prefetch=False, viewport_id="v")


def names(diary):
    return [type(detail).__name__ for detail in diary]


def test_render_waits_for_what_was_asked_for(viewport, shelf):
    shelf.hold("shelf:5")
    viewport.set_stack(IDS, 5)
    viewport.set_properties(voi_range=(0, 100))
    timer = threading.Timer(0.05, shelf.release, ["shelf:5"])
    timer.start()
    # Half way from 0 to 100.
    assert set(np.unique(viewport.render()[..., 0])) <= {127, 128}
    timer.join()


def test_render_waits_for_a_scroll_too_lest_the_wrong_image_is_taken_for_the_right(viewport, shelf):
    viewport.set_stack(IDS, 0).result(1)
    viewport.set_properties(voi_range=(0, 90))
    shelf.hold("shelf:9")
    viewport.set_image_id_index(9)
    assert viewport.current_image_id == "shelf:0"
    assert viewport.target_image_id_index == 9
    assert (viewport.render(timeout=0)[..., 0] == 0).all()
    timer = threading.Timer(0.05, shelf.release, ["shelf:9"])
    timer.start()
    assert (viewport.render(timeout=None)[..., 0] == 255).all()
    timer.join()


def test_render_does_not_wait_for_ever(viewport, shelf):
    shelf.hold("shelf:0")
    viewport.set_stack(IDS)
    with pytest.raises(TransferError, match=r"not there in time .* timeout=0 \[imageId shelf:0\]"):
        viewport.render(timeout=0.01)
    assert (viewport.render(timeout=0)[..., :3] == 0).all()


def test_a_load_that_fails_is_told_to_everyone(viewport, shelf, diary):
    load = viewport.set_stack(["shelf:gone"])
    message = "nothing on the shelf for shelf:gone"
    with pytest.raises(FileNotFoundError, match=message):
        load.result(1)
    with pytest.raises(FileNotFoundError, match=message):
        viewport.render()
    assert names(diary) == ["PreStackNewImage", "ImageNotShown"]
    told = diary[-1]
    assert isinstance(told, ImageNotShown)
    assert (told.viewport_id, told.image_id, told.image_id_index) == ("v", "shelf:gone", 0)
    assert str(told.error) == message
    assert viewport.image is None


def test_a_broken_image_can_be_scrolled_past_and_asked_for_again(viewport, shelf):
    broken = shelf.images.pop("shelf:3")
    viewport.set_stack(IDS, 2).result(1)
    with pytest.raises(FileNotFoundError):
        viewport.scroll(1).result(1)
    assert viewport.current_image_id == "shelf:2"
    with pytest.raises(FileNotFoundError):
        viewport.set_image_id_index(3).result(1)
    viewport.scroll(1).result(1)
    assert viewport.current_image_id == "shelf:4"
    shelf.images["shelf:3"] = broken
    viewport.scroll(-1).result(1)
    assert viewport.image is broken


def test_what_is_asked_for_later_supersedes_what_came_before(viewport, shelf, diary):
    shelf.hold("shelf:1", "shelf:2")
    first = viewport.set_stack(IDS, 1)
    second = viewport.set_stack(IDS, 2)
    with pytest.raises(LoadCancelledError, match=r"another image was asked for .*shelf:1"):
        first.result(1)
    assert shelf.cancelled == ["shelf:1"]
    shelf.release("shelf:2")
    shelf.release("shelf:1")
    assert second.result(1) is viewport.image is shelf.images["shelf:2"]
    assert "ImageNotShown" not in names(diary)
    assert names(diary).count("StackNewImage") == 1


def test_an_image_that_comes_after_it_was_superseded_is_not_shown(viewport, shelf):
    # A source that does not know how to cancel delivers all the same.
    shelf.hold("shelf:1")
    viewport.set_stack(IDS, 1)
    promise = shelf.loading["shelf:1"][0]
    promise.cancel = lambda: False
    viewport.set_image_id_index(2).result(1)
    shelf.release("shelf:1")
    assert viewport.current_image_id == "shelf:2"


def test_a_new_stack_takes_the_old_image_off_the_canvas_at_once(viewport, shelf):
    viewport.set_stack(IDS, 9).result(1)
    shelf.hold("shelf:1")
    viewport.set_stack(["shelf:1"])
    assert viewport.image is None
    assert (viewport.render(timeout=0)[..., :3] == 0).all()
    assert (viewport.current_image_id, viewport.current_image_id_index) == ("shelf:1", 0)


def test_cancelling_the_promise_cancels_the_load(viewport, shelf, diary):
    shelf.hold("shelf:1")
    load = viewport.set_stack(IDS, 1)
    assert load.cancel()
    assert shelf.cancelled == ["shelf:1"]
    with pytest.raises(LoadCancelledError):
        viewport.render()
    assert names(diary) == ["PreStackNewImage"]
    # What was cancelled can be asked for again.
    shelf.held.clear()
    assert viewport.set_image_id_index(1).result(1) is shelf.images["shelf:1"]


class ThreadedShelf:
    """A shelf that takes some time, in other threads."""

    def __init__(self, shelf):
        self.shelf, self.metadata = shelf, shelf.metadata
        self.cache, self.events = shelf.cache, shelf.events
        self.pool = ThreadPoolExecutor(4)

    def load_and_cache_image(self, image_id, options):
        def bring():
            time.sleep(0.001 * (hash(image_id) % 4))
            self.cache.put(self.shelf.images[image_id])
            return self.shelf.images[image_id]

        return ImageLoadObject(self.pool.submit(bring), image_id=image_id)


def test_many_threads_at_once_leave_the_image_that_was_asked_for_last(shelf):
    source = ThreadedShelf(shelf)
    viewport = StackViewport(4, 4, session=source)
    viewport.set_stack(IDS)
    loads = []

    def wander(seed):
        random = np.random.default_rng(seed)
        for step in random.integers(-3, 4, 40).tolist():
            loads.append(viewport.scroll(step, loop=True))
            viewport.set_zoom(1 + abs(step))
            viewport.render(timeout=0)

    with source.pool:
        with ThreadPoolExecutor(4) as people:
            list(people.map(wander, range(4)))
        last = viewport.target_image_id_index
        assert viewport.render(timeout=5).shape == (4, 4, 4)
        assert viewport.current_image_id_index == last
        assert viewport.image is shelf.images[f"shelf:{last}"]
        # Every promise ends, shown or given up.
        for load in loads:
            assert load.exception(5) is None or load.cancelled()


def test_a_session_serves_a_viewport():
    def ramp(image_id):
        index = int(image_id.partition(":")[2])
        if index > 2:
            raise FileNotFoundError(f"no ramp {index}")
        return Image(image_id, np.arange(16, dtype=np.int16).reshape(4, 4) * index)

    with Session() as session:
        session.register_image_loader("ramp", ramp)
        viewport = StackViewport(4, 4, session=session)
        viewport.set_stack([f"ramp:{i}" for i in range(4)], 1)
        viewport.set_properties(voi_range=(0, 15))
        assert viewport.render()[..., 0].ravel().tolist() == [17 * value for value in range(16)]
        viewport.scroll(1)
        assert viewport.render()[1, 3, 0] == 2 * 7 * 17
        with pytest.raises(FileNotFoundError, match="no ramp 3"):
            viewport.scroll(1).result(5)
        viewport.close()


def test_a_closed_session_is_told_by_the_promise():
    session = Session()
    session.close()
    viewport = StackViewport(4, 4, session=session)
    with pytest.raises(SessionClosedError, match="the session is closed"):
        viewport.set_stack(["ramp:1"]).result(1)
