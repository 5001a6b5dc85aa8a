"""Thumbnails of the series."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from pycornerstone.errors import LoadCancelledError
from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.model.requests import RequestType
from pycornerstone.rendering.pipeline import DrawStyle, draw
from pycornerstone.viewports.camera import index_from_canvas
from pycornerstone.viewports.png import encode_png
from pycornerstone.viewports.presentation import Presentation, find_voi
from pycornerstone.viewports.shown_image import ShownImage
from pycornerstone.viewports.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.model.image import Image
    from pycornerstone.session.session import Session

__all__ = ["Thumbnails"]

_SIDE = 128
_OPTIONS = LoadOptions(RequestType.THUMBNAIL)


class Thumbnails:
    """Small pictures of the middle image of each series; each is made once, in a thread.

    Parameters
    ----------
    session : Session
        What loads the images; they go after what is on show, and are not kept.
    display_sets : sequence of DisplaySet
        The series.
    """

    def __init__(self, session: Session, display_sets: Sequence[DisplaySet]) -> None:
        self._session, self._display_sets = session, tuple(display_sets)
        self._pictures: dict[int, Future[bytes]] = {}
        self._loads: dict[int, ImageLoadObject] = {}
        self._threads = ThreadPoolExecutor(1, "pycornerstone-thumbnails")
        self._lock = threading.Lock()
        self._is_closed = False

    def png(self, number: int) -> Future[bytes]:
        """Give the promise of a PNG of 128 x 128 pixels.

        Await it as ``await asyncio.wrap_future(thumbnails.png(number))``. It fails as the load of
        the image does; then another call tries again.

        Raises
        ------
        IndexError
            If there is no such series.
        """
        if not 0 <= number < len(self._display_sets):
            raise IndexError(f"there are series 0 to {len(self._display_sets) - 1}, none {number}")
        # Each who waits has a promise of his own, which he may cancel.
        mine: Future[bytes] = Future()
        with self._lock:
            picture = self._pictures.get(number)
            is_new = picture is None or (
                picture.done() and (picture.cancelled() or picture.exception() is not None)
            )
            if picture is None or is_new:
                picture = self._pictures[number] = Future()
        picture.add_done_callback(lambda made: _pass_on(made, mine))
        if is_new:
            self._begin(number, picture)
        return mine

    def close(self) -> None:
        """Make no more of them; who waits for one is told so."""
        with self._lock:
            self._is_closed = True
            loads = list(self._loads.values())
            waiting = [made for made in self._pictures.values() if not made.done()]
        for load in loads:
            load.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for made in waiting:
            made.cancel()

    def _begin(self, number: int, picture: Future[bytes]) -> None:
        image_ids = self._display_sets[number].image_ids
        if self._is_closed or not image_ids:
            picture.cancel()
            return
        load = self._session.load_image(image_ids[len(image_ids) // 2], _OPTIONS)
        with self._lock:
            self._loads[number] = load
        load.add_done_callback(lambda done: self._loaded(number, picture, done))

    def _loaded(self, number: int, picture: Future[bytes], load: ImageLoadObject) -> None:
        with self._lock:
            self._loads.pop(number, None)
        if load.cancelled():
            picture.cancel()
            return
        error = load.exception()
        if error is not None:
            _settle(picture, error)
            return
        try:
            self._threads.submit(_draw, picture, load.result())
        except RuntimeError:
            # It was closed meanwhile.
            picture.cancel()


def _draw(picture: Future[bytes], image: Image) -> None:
    try:
        _settle(picture, _png_of(image))
    except Exception as error:  # noqa: BLE001 - whoever waits for it must be told
        _settle(picture, error)


def _png_of(image: Image) -> bytes:
    """Draw an image as a viewport of that size would; no event tells of it."""
    shown, how, size = ShownImage(image), Presentation(), (_SIDE, _SIDE)
    style = DrawStyle(
        voi=find_voi(image, how, lambda: shown.value_range),
        colors=how.colormap.colors,
        interpolation=how.interpolation,
        has_shutter=True,
    )
    matrix = index_from_canvas(shown.camera(View(), size), shown.inverse, size)
    return encode_png(draw(shown.source(), matrix, size, style))


def _settle(picture: Future[bytes], outcome: bytes | BaseException) -> None:
    if not picture.set_running_or_notify_cancel():
        return
    if isinstance(outcome, BaseException):
        picture.set_exception(outcome)
    else:
        picture.set_result(outcome)


def _pass_on(made: Future[bytes], mine: Future[bytes]) -> None:
    if made.cancelled():
        _settle(mine, LoadCancelledError("the thumbnail is no longer made; ask for it again"))
        return
    error = made.exception()
    _settle(mine, made.result() if error is None else error)
