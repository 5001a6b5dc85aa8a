"""Stacks: what is on show, in which order things happen, and what never does."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import numpy as np
import pytest

from pycornerstone.errors import ImageIdError, LoadCancelledError, LoaderError
from pycornerstone.model.events import (
    CameraModified,
    Event,
    ImageCacheImageAdded,
    ImageLoaded,
    ImageRendered,
    PreStackNewImage,
    StackNewImage,
    StackScrollOutOfBounds,
    StackViewportScroll,
    ViewportNewImageSet,
    VoiModified,
)
from pycornerstone.model.image import Image
from pycornerstone.model.luts import VoiWindow
from pycornerstone.model.modules import VoiLutModule
from pycornerstone.model.requests import RequestType
from pycornerstone.session.session import Session
from pycornerstone.viewports.stack import StackViewport

IDS = [f"shelf:{i}" for i in range(10)]


@pytest.fixture
def viewport(shelf):
    return StackViewport(4, 4, session=shelf, prefetch=False, viewport_id="v")


def names(diary):
    return [type(detail).__name__ for detail in diary]


def test_the_image_is_on_show_when_the_promise_is_kept(viewport, shelf):
    load = viewport.set_stack(IDS, 3)
    assert load.result(1) is shelf.images["shelf:3"]
    assert viewport.image is shelf.images["shelf:3"]
    assert viewport.image_ids == tuple(IDS)
    assert viewport.current_image_id == "shelf:3"
    assert viewport.current_image_id_index == viewport.target_image_id_index == 3


def test_a_promise_can_be_awaited(viewport, shelf):
    async def show():
        return await viewport.set_stack(IDS, 2)

    assert asyncio.run(show()) is shelf.images["shelf:2"]


def test_events_of_a_new_stack_come_in_their_order(viewport, shelf, diary):
    shelf.hold("shelf:1")
    load = viewport.set_stack(IDS, 1)
    assert names(diary) == ["PreStackNewImage"]
    load.add_done_callback(lambda load: diary.append("resolved"))
    undo = shelf.events.subscribe(Event.STACK_NEW_IMAGE, lambda detail: viewport.render())
    shelf.release("shelf:1")
    undo()
    kinds = [detail if isinstance(detail, str) else type(detail) for detail in diary]
    assert kinds == [
        PreStackNewImage,
        ImageCacheImageAdded,
        ImageLoaded,
        CameraModified,
        VoiModified,
        StackNewImage,
        ImageRendered,
        "resolved",
        ViewportNewImageSet,
    ]
    shown = diary[5]
    assert (shown.viewport_id, shown.image_id, shown.image_id_index) == ("v", "shelf:1", 1)
    assert shown.image is shelf.images["shelf:1"]
    assert diary[-1].image_ids == tuple(IDS)


def test_events_of_a_scroll_come_in_their_order(viewport, diary):
    viewport.set_stack(IDS, 1).result(1)
    diary.clear()
    viewport.scroll(2).result(1)
    assert names(diary) == [
        "PreStackNewImage",
        "ImageCacheImageAdded",
        "ImageLoaded",
        "VoiModified",
        "StackNewImage",
        "StackViewportScroll",
    ]
    scrolled = diary[-1]
    assert isinstance(scrolled, StackViewportScroll)
    assert (scrolled.image_id, scrolled.new_image_id_index, scrolled.direction) == ("shelf:3", 3, 2)


def test_the_view_and_the_users_window_stay_while_scrolling_and_go_with_the_stack(viewport, diary):
    viewport.set_stack(IDS).result(1)
    viewport.set_zoom(3)
    viewport.set_rotation(20)
    viewport.set_properties(voi_range=(-5, 5), colormap="pet", invert=True)
    kept = viewport.properties, viewport.camera
    diary.clear()
    viewport.scroll(4).result(1)
    assert (viewport.properties, viewport.camera) == kept
    assert viewport.voi_range == (-5, 5)
    assert "VoiModified" not in names(diary)
    viewport.set_stack(IDS).result(1)
    assert (viewport.zoom, viewport.rotation) == (1, 0)
    assert viewport.properties.voi_range is None
    assert not viewport.properties.invert


def test_each_image_has_its_own_window_until_the_user_gives_one(new_shelf):
    windows = [VoiWindow(100 * i, 51) for i in range(3)]
    images = [
        Image(f"w:{i}", np.zeros((2, 2), np.int16), voi_lut=VoiLutModule((window,)))
        for i, window in enumerate(windows)
    ]
    viewport = StackViewport(4, 4, session=new_shelf(images), prefetch=False)
    viewport.set_stack(["w:0", "w:1", "w:2"]).result(1)
    assert viewport.voi_range == (-25.5, 24.5)
    viewport.scroll(1).result(1)
    assert viewport.voi_range == (74.5, 124.5)
    viewport.set_properties(voi_range=(0, 7))
    viewport.scroll(1).result(1)
    assert viewport.voi_range == (0, 7)
    viewport.reset_properties()
    assert viewport.voi_range == (174.5, 224.5)


def test_a_positron_emission_image_has_no_window_of_its_own_choosing(viewport, shelf):
    pixels = np.array([[0, 30000]], np.int16)
    viewport.show_image(Image("pt:1", pixels, modality="PT"))
    assert viewport.voi_range == (0, 30000)


def test_images_of_other_sizes_fit_the_canvas_with_the_same_view(new_shelf):
    images = [Image("s:0", np.ones((4, 4), np.int16)), Image("s:1", np.ones((40, 80), np.int16))]
    viewport = StackViewport(20, 20, session=new_shelf(images), prefetch=False)
    viewport.set_stack(["s:0", "s:1"]).result(1)
    viewport.set_zoom(2)
    viewport.set_pan((3, 4))
    assert viewport.camera.parallel_scale_mm == 1
    viewport.scroll(1).result(1)
    assert viewport.camera.parallel_scale_mm == 20
    assert (viewport.zoom, viewport.pan) == (2, (3, 4))
    assert viewport.world_to_canvas((39.5, 19.5, 0)) == pytest.approx((13, 14))


def test_scrolling_ends_at_the_ends(viewport, diary):
    viewport.set_stack(IDS, 8).result(1)
    diary.clear()
    viewport.scroll(5).result(1)
    assert viewport.current_image_id_index == 9
    assert isinstance(diary[0], StackScrollOutOfBounds)
    assert (diary[0].image_id_index, diary[0].direction) == (9, 5)
    diary.clear()
    assert viewport.scroll(1).result(1) is viewport.image
    assert names(diary) == ["StackScrollOutOfBounds"]
    viewport.scroll(-99).result(1)
    assert viewport.current_image_id_index == 0


def test_scrolling_in_a_loop_goes_on_at_the_other_end(viewport, diary):
    viewport.set_stack(IDS, 8).result(1)
    viewport.scroll(3, loop=True).result(1)
    assert viewport.current_image_id_index == 1
    viewport.scroll(-2, loop=True).result(1)
    assert viewport.current_image_id_index == 9
    assert "StackScrollOutOfBounds" not in names(diary)


def test_scrolling_goes_on_from_what_was_asked_for_last(viewport, shelf):
    viewport.set_stack(IDS).result(1)
    shelf.hold("shelf:1")
    viewport.scroll(1)
    viewport.scroll(1).result(1)
    assert viewport.current_image_id_index == 2


def test_the_image_on_show_is_not_loaded_again(viewport, shelf):
    first = viewport.set_stack(IDS, 2)
    assert viewport.set_image_id_index(2) is first
    assert viewport.scroll(0) is first
    assert len(shelf.asked) == 1


def test_an_image_at_hand_is_shown_at_once(viewport, diary):
    image = Image("mine:1", np.array([[0, 255]], np.uint8))
    viewport.show_image(image)
    assert viewport.image is image
    assert (viewport.image_ids, viewport.current_image_id_index) == (("mine:1",), 0)
    assert names(diary) == ["CameraModified", "VoiModified", "StackNewImage", "ViewportNewImageSet"]
    assert viewport.set_image_id_index(0).result(1) is image


def test_an_image_without_pixels_is_refused(viewport, shelf, diary):
    message = r"an image of 0 rows and 4 columns cannot be shown; .* \[imageId shelf:1\]"
    shelf.images["shelf:1"] = Image("shelf:1", np.zeros((0, 4), np.int16))
    with pytest.raises(LoaderError, match=message):
        viewport.set_stack(IDS, 1).result(1)
    assert names(diary)[-1] == "ImageNotShown"
    with pytest.raises(LoaderError, match=message):
        viewport.show_image(shelf.images["shelf:1"])


@pytest.mark.parametrize(
    ("image_ids", "message"),
    [
        ([], "a stack needs at least one imageId, got none"),
        ("shelf:1", "a stack is a list of imageIds, got the text 'shelf:1'"),
        (["shelf:1", 7], "an imageId is text, got int 7"),
    ],
)
def test_a_stack_is_a_list_of_image_ids(viewport, image_ids, message):
    with pytest.raises(ImageIdError, match=message):
        viewport.set_stack(image_ids)


@pytest.mark.parametrize("index", [-1, 10, 99])
def test_there_is_no_image_beyond_the_stack(viewport, index):
    message = f"there is no image {index} in a stack of 10, 0 to 9"
    with pytest.raises(IndexError, match=message):
        viewport.set_stack(IDS, index)
    viewport.set_stack(IDS).result(1)
    with pytest.raises(IndexError, match=message):
        viewport.set_image_id_index(index)
    assert viewport.current_image_id_index == 0


def test_without_a_stack_there_is_nothing_to_scroll(viewport):
    with pytest.raises(IndexError, match="there is nothing to scroll through; call set_stack"):
        viewport.scroll(1)
    with pytest.raises(IndexError, match="there is no stack to show an image of; call set_stack"):
        viewport.set_image_id_index(0)
    assert viewport.current_image_id is None
    assert viewport.current_image_id_index is None
    assert "of nothing" in repr(viewport)


def test_it_says_what_it_shows(viewport):
    viewport.set_stack(IDS, 3).result(1)
    assert repr(viewport) == "<StackViewport 4 x 4 of image 3 of 10>"


def test_the_image_on_show_is_pinned_and_no_other(new_shelf):
    images = [Image(f"p:{i}", np.zeros((8, 8), np.int16)) for i in range(9)]
    shelf = new_shelf(images, max_size_in_bytes=2 * 128)
    viewport = StackViewport(4, 4, session=shelf, prefetch=False)
    viewport.set_stack([image.image_id for image in images]).result(1)
    for i in range(1, 5):
        shelf.cache.put(images[i])
    assert shelf.cache.image_ids() == ["p:0", "p:4"]
    viewport.set_image_id_index(4).result(1)
    shelf.cache.put(images[5])
    shelf.cache.put(images[6])
    assert shelf.cache.image_ids() == ["p:4", "p:6"]
    viewport.close()
    shelf.cache.put(images[7])
    shelf.cache.put(images[8])
    assert shelf.cache.image_ids() == ["p:7", "p:8"]


def test_a_viewport_that_is_forgotten_lets_go_of_its_image(shelf):
    viewport = StackViewport(4, 4, session=shelf, prefetch=False)
    viewport.set_stack(IDS).result(1)
    assert not shelf.cache.is_cacheable(2**30)
    del viewport
    gc.collect()
    assert shelf.cache.is_cacheable(2**30)


def test_closing_cancels_what_is_loading_and_shows_nothing(shelf):
    shelf.hold("shelf:1", "shelf:2")
    with StackViewport(4, 4, session=shelf) as viewport:
        viewport.set_stack(IDS).result(1)
        load = viewport.set_image_id_index(1)
    with pytest.raises(LoadCancelledError):
        load.result(1)
    assert sorted(shelf.cancelled) == ["shelf:1", "shelf:1", "shelf:2"]
    assert (viewport.image, viewport.image_ids) == (None, ())
    assert (viewport.render()[..., :3] == 0).all()
    assert viewport.set_stack(IDS).result(1) is shelf.images["shelf:0"]


def test_neighbours_are_loaded_when_the_image_is_on_show(shelf):
    viewport = StackViewport(4, 4, session=shelf)
    shelf.hold("shelf:5")
    viewport.set_stack(IDS, 5)
    assert shelf.asked_for(RequestType.PREFETCH) == []
    shelf.release("shelf:5")
    assert shelf.asked_for(RequestType.PREFETCH)[:4] == ["shelf:6", "shelf:4", "shelf:7", "shelf:3"]
    assert shelf.asked_for(RequestType.INTERACTION) == ["shelf:5"]


def test_neighbours_of_the_old_stack_are_cancelled_with_it(shelf):
    viewport = StackViewport(4, 4, session=shelf)
    shelf.hold("shelf:1", "shelf:2")
    viewport.set_stack(IDS[:3]).result(1)
    viewport.set_stack(["shelf:9"]).result(1)
    assert sorted(shelf.cancelled) == ["shelf:1", "shelf:2"]


def test_a_listener_that_draws_or_scrolls_does_no_harm(viewport, shelf):
    drawn = []

    def draw_and_go_on(detail):
        drawn.append(viewport.render(timeout=1)[0, 0, 0])
        if detail.image_id_index < 3:
            viewport.scroll(1)

    shelf.events.subscribe(Event.STACK_NEW_IMAGE, draw_and_go_on)
    viewport.set_stack(IDS)
    assert viewport.current_image_id_index == 3
    assert len(drawn) == 4


def test_a_viewport_that_nobody_holds_is_let_go_of_at_once_and_so_is_its_image():
    gc.collect()
    gc.disable()
    try:
        with Session() as session:
            session.register_image_loader("test", lambda i: Image(i, np.zeros((4, 4))))
            viewport = StackViewport(4, 4, session=session)
            viewport.set_stack(["test:a", "test:b"]).result(timeout=5)
            viewport.scroll(1).result(timeout=5)
            gone = threading.Event()
            weakref.finalize(viewport, gone.set)
            del viewport

            # The thread that told it of its image may hold it for a moment.
            assert gone.wait(5)
            session.cache.max_size_in_bytes = 1
            assert session.cache.image_ids() == []
    finally:
        gc.enable()


def test_who_asks_again_after_cancelling_is_shown_the_image():
    with Session() as session:
        session.register_image_loader("test", lambda i: Image(i, np.zeros((4, 4))))
        viewport = StackViewport(4, 4, session=session, prefetch=False)
        viewport.set_stack([f"test:{n}" for n in range(30)]).result(timeout=5)
        for index in range(1, 30):
            viewport.set_image_id_index(index).cancel()
            assert viewport.set_image_id_index(index).result(timeout=5).image_id == f"test:{index}"
