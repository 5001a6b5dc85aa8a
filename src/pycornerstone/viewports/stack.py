"""The stack viewport: a series of images on one canvas, one at a time."""

from __future__ import annotations

import operator
import time
import weakref
from typing import TYPE_CHECKING, Self

from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.model.events import (
    CameraModified,
    ImageNotShown,
    ImageSpacingCalibrated,
    PreStackNewImage,
    StackNewImage,
    StackScrollOutOfBounds,
    StackViewportScroll,
    ViewportNewImageSet,
)
from pycornerstone.session.calibration import calibrated
from pycornerstone.viewports.image_view import ImageView
from pycornerstone.viewports.prefetch import NeighbourPrefetch
from pycornerstone.viewports.presentation import Presentation
from pycornerstone.viewports.shown_image import Pin, ShownImage
from pycornerstone.viewports.stack_request import StackRequest, checked_index, checked_stack
from pycornerstone.viewports.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.model.events import EventDetail
    from pycornerstone.model.image import Image, ImageQuality
    from pycornerstone.viewports.source import ImageSource

__all__ = ["StackViewport"]


class StackViewport(ImageView):
    """Shows a stack of images on a canvas, and draws them as arrays.

    What is asked for is loaded in the background: `set_stack` and its like return at once, and
    `render` and `save` wait. View and presentation are kept from image to image of a stack. All of
    it may be used from any thread. A notebook shows a viewport by itself.

    An image that can be shown before it is whole is put on show, and better ones take its place, if
    it takes long; STACK_NEW_IMAGE tells of each. Promises are kept when it is whole, and `render`
    waits for that; ``render(timeout=0)`` draws what there is.

    Parameters
    ----------
    width, height : int
        Of the canvas, pixels.
    session : Session, optional
        Where images come from; by default the session of the module-level functions.
    viewport_id : str, optional
        Its name in events.
    background : sequence of int
        Red, green and blue, 0 to 255, of where there is no image.
    prefetch : bool
        Load the neighbours of what is on show.

    Examples
    --------
    >>> import numpy as np
    >>> from pycornerstone.model.image import Image
    >>> viewport = StackViewport(4, 2, prefetch=False)
    >>> viewport.show_image(Image("ramp:a", np.array([[0, 50], [150, 200]])))
    >>> viewport.render(timeout=0)[..., 0]
    array([[  0,   0,  64,   0],
           [  0, 191, 255,   0]], dtype=uint8)
    """

    def __init__(
        self,
        width: int = 512,
        height: int = 512,
        *,
        session: ImageSource | None = None,
        viewport_id: str | None = None,
        background: Sequence[int] = (0, 0, 0),
        prefetch: bool = True,
    ) -> None:
        if session is None:
            from pycornerstone.session.default import default_session

            session = default_session()
        super().__init__(width, height, session.events, viewport_id, background)
        self._source: ImageSource = session
        self.registrations = session.metadata.registrations
        self._image_ids: tuple[str, ...] = ()
        self._request: StackRequest | None = None
        self._index = 0
        self._prefetch = NeighbourPrefetch(session) if prefetch else None
        self._pin = Pin(session.cache)
        # One that is forgotten, not closed, holds no image.
        weakref.finalize(self, self._pin.move, None).atexit = False

    def __repr__(self) -> str:
        place = self.current_image_id_index
        shows = "nothing" if place is None else f"image {place} of {len(self._image_ids)}"
        return f"<StackViewport {self.width} x {self.height} of {shows}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def image_ids(self) -> tuple[str, ...]:
        """The stack."""
        return self._image_ids

    @property
    def current_image_id_index(self) -> int | None:
        """Place of the image on show, or of the first to be; None without a stack."""
        with self._lock:
            if self._shown is None:
                return self.target_image_id_index
            return self._index

    @property
    def current_image_id(self) -> str | None:
        """The image on show, or the first to be; None without a stack."""
        with self._lock:
            index = self.current_image_id_index
            return None if index is None else self._image_ids[index]

    @property
    def current_image_quality(self) -> ImageQuality | None:
        """How good the image on show is: below full resolution while the rest is on its way."""
        shown = self._shown
        return None if shown is None else shown.image.quality

    @property
    def target_image_id_index(self) -> int | None:
        """Place of the image that was asked for last; it may not be there yet."""
        request = self._request
        return None if request is None else request.index

    def set_stack(self, image_ids: Iterable[str], index: int = 0) -> ImageLoadObject:
        """Show another stack, with a fresh view and presentation.

        What was on show is so no longer, whether or not the new image arrives.

        Parameters
        ----------
        image_ids : iterable of str
            In the order in which they are scrolled through.
        index : int
            Which is shown first.

        Returns
        -------
        ImageLoadObject
            At once; it becomes the image when that is on show. If another image is asked for
            before, it ends with LoadCancelledError.

        Raises
        ------
        ImageIdError
            If there is no imageId, or something that is none.
        IndexError
            If the stack is shorter than `index`.
        """
        stack = checked_stack(image_ids)
        return self._ask(stack, checked_index(index, len(stack)), is_new_stack=True)

    def set_image_id_index(self, index: int) -> ImageLoadObject:
        """Show another image of the stack; as `set_stack`, with view and presentation kept.

        The one on show stays until the other is there.

        Raises
        ------
        IndexError
            If there is no such image.
        """
        with self._lock:
            stack, request = self._image_ids, self._request
        index = checked_index(index, len(stack))
        if request is not None and request.index == index and request.is_wanted:
            return request.promised
        return self._ask(stack, index, is_new_stack=False)

    def scroll(self, delta: int, *, loop: bool = False) -> ImageLoadObject:
        """Show the image that is `delta` places on, from the one asked for last.

        Parameters
        ----------
        delta : int
            Images, backwards if negative. It ends at the ends of the stack.
        loop : bool
            Go on at the other end.

        Raises
        ------
        IndexError
            If no stack is set.
        """
        with self._lock:
            count, start = len(self._image_ids), self.target_image_id_index
        if start is None:
            raise IndexError("there is nothing to scroll through; call set_stack first")
        wanted = start + operator.index(delta)
        index = wanted % count if loop else min(max(wanted, 0), count - 1)
        if not loop and index != wanted:
            self._emit(StackScrollOutOfBounds(self.viewport_id, index, delta))
        promised = self.set_image_id_index(index)
        if index != start:
            image_id = promised.image_id or ""
            self._emit(StackViewportScroll(self.viewport_id, image_id, index, delta))
        return promised

    def show_image(self, image: Image) -> None:
        """Show an image at hand, as a stack of one, with a fresh view and presentation."""
        request = StackRequest(image.image_id, 0, is_new_stack=True)
        self._begin(request, (image.image_id,))
        self._show(request, image, pinned=False)

    def calibrate_spacing(self, image_id: str | None = None) -> None:
        """Go by what a user measured, which ``metadata.calibrations`` or a provider has by now.

        The image is drawn and measured with the new spacing from now on; or with that of its
        header, where a calibration was removed. View and presentation stay. An image that comes on
        show later is calibrated without this.

        Parameters
        ----------
        image_id : str, optional
            Which image; by default the one on show.

        Raises
        ------
        ValueError
            If no image is given, and none is on show.
        """
        shown = self._shown
        on_show = None if shown is None else shown.image
        if image_id is None:
            if on_show is None:
                raise ValueError("no image is on show to be calibrated; give its image_id")
            image_id = on_show.image_id
        source = self._source
        is_on_show = on_show is not None and on_show.image_id == image_id
        image = on_show if is_on_show else source.cache.get(image_id)
        if image is not None:
            # Without the lock: whoever knows of the image may be a function of the user's.
            image = calibrated(image, source.metadata, source.cache, ask_providers=True)
        told: list[EventDetail] = []
        with self._lock:
            if is_on_show and image is not None and self._shown is shown and image is not on_show:
                told = self._put_on_show(ShownImage(image), self._index)
        for detail in told:
            self._emit(detail)
        plane = None if image is None else image.plane
        self._emit(ImageSpacingCalibrated(self.viewport_id, image_id, plane))

    def close(self) -> None:
        """Let go of the stack: cancel what is loading, and show nothing. It may be used again."""
        with self._lock:
            request, self._request = self._request, None
            self._image_ids, self._shown = (), None
        if request is not None:
            request.give_up()
        if self._prefetch is not None:
            self._prefetch.stop()
        self._pin.move(None)

    def _ask(self, stack: tuple[str, ...], index: int, *, is_new_stack: bool) -> ImageLoadObject:
        request = StackRequest(stack[index], index, is_new_stack=is_new_stack)
        self._emit(PreStackNewImage(self.viewport_id, request.image_id, index))
        if self._begin(request, stack):
            load = self._source.load_and_cache_image(request.image_id, LoadOptions())
            load.add_partial_callback(lambda image: self._show_partial(request, image))
            request.follow(load)
            load.add_done_callback(lambda load: self._arrived(request, load))
            if self._prefetch is not None and not request.over.is_set():
                shown = self._shown
                self._prefetch.pass_by(stack, index, shown.image.size_in_bytes if shown else 0)
        return request.promised

    def _begin(self, request: StackRequest, stack: tuple[str, ...]) -> bool:
        """Make a request the one that counts; False if its stack is no longer the viewport's."""
        with self._lock:
            current = request.is_new_stack or self._image_ids is stack
            given_up = self._request if current else request
            if current:
                self._request = request
            if request.is_new_stack:
                self._image_ids, self._shown = stack, None
                self._view, self._presentation = View(), Presentation()
                self._pin.move(None)
        if given_up is not None:
            given_up.give_up()
        if current and self._prefetch is not None:
            self._prefetch.leave(() if request.is_new_stack else stack, request.index)
        return current

    def _arrived(self, request: StackRequest, load: ImageLoadObject) -> None:
        error = load.exception()
        if error is None:
            try:
                self._show(request, load.result(), pinned=True)
            except Exception as unshowable:  # noqa: BLE001 - whoever waits for it must be told
                error = unshowable
        if error is None:
            return
        with self._lock:
            is_current = self._request is request
            request.end(error)
        if is_current and not load.cancelled():
            detail = ImageNotShown(self.viewport_id, request.image_id, request.index, error)
            self._emit(detail)
        request.tell(error)

    def _show_partial(self, request: StackRequest, image: Image) -> None:
        """Put an image on show that is not all there, if there is no better one."""
        image = calibrated(image, self._source.metadata, self._source.cache)
        with self._lock:
            if self._request is not request or request.over.is_set():
                return
            known = request.shown_quality
            if known is not None and known >= image.quality:
                return
            request.shown_quality = image.quality
            told = self._put_on_show(ShownImage(image), request.index)
            self._pin.move(image.image_id)
        for detail in told:
            self._emit(detail)
        self._emit(StackNewImage(self.viewport_id, image, request.image_id, request.index))

    def _show(self, request: StackRequest, image: Image, *, pinned: bool) -> None:
        """Put an image on show, unless another one is wanted by now, and tell of it."""
        # It may have been calibrated since it was loaded.
        image = calibrated(image, self._source.metadata, self._source.cache)
        with self._lock:
            if self._request is not request:
                return
            told = self._put_on_show(ShownImage(image), request.index)
            stack = self._image_ids
            self._pin.move(image.image_id if pinned else None)
            request.end()
        for detail in told:
            self._emit(detail)
        self._emit(StackNewImage(self.viewport_id, image, request.image_id, request.index))
        request.tell(image)
        if request.is_new_stack:
            self._emit(ViewportNewImageSet(self.viewport_id, stack))
        if self._prefetch is not None and len(stack) > 1 and self._request is request:
            self._prefetch.around(stack, request.index, image.size_in_bytes)

    def _put_on_show(self, shown: ShownImage, index: int) -> list[EventDetail]:
        """Replace what is on show, and give what is to be told of it when the lock is free."""
        old_voi, old = self._voi(), self._shown
        old_camera = None if old is None else old.camera(self._view, self._size)
        camera = shown.camera(self._view, self._size)
        self._shown, self._index = shown, index
        told: list[EventDetail] = []
        if camera != old_camera:
            told.append(CameraModified(self.viewport_id))
        return [*told, *self._told_of_voi(old_voi)]

    def _wait_for_image(self, timeout: float | None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while timeout != 0:
            request = self._request
            if request is None:
                return
            request.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
            if self._request is request:
                if request.error is not None:
                    raise request.error
                return
