"""One image asked for by a stack viewport, from the asking to the end."""

from __future__ import annotations

import concurrent.futures
import operator
import threading
from typing import TYPE_CHECKING

from pycornerstone.errors import ImageIdError, LoadCancelledError, TransferError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.model.image import Image, ImageQuality

__all__ = ["StackRequest", "checked_index", "checked_stack"]


class StackRequest:
    """An image that is to be shown; it ends once: shown, failed, or given up for another.

    Parameters
    ----------
    image_id : str
        Which.
    index : int
        Where in the stack.
    is_new_stack : bool
        It is the first image of a new stack.

    Attributes
    ----------
    promised : ImageLoadObject
        What the user was given; cancelling it cancels the load.
    over : threading.Event
        Set when there is nothing to wait for any more: before anybody is told of it, so that a
        listener may draw.
    error : BaseException or None
        Why it is not shown.
    shown_quality : ImageQuality or None
        Of the best image that has been shown while the whole one is on its way.
    """

    def __init__(self, image_id: str, index: int, *, is_new_stack: bool) -> None:
        self.image_id = image_id
        self.index = index
        self.is_new_stack = is_new_stack
        self.over = threading.Event()
        self.error: BaseException | None = None
        self.shown_quality: ImageQuality | None = None
        self._promise: concurrent.futures.Future[Image] = concurrent.futures.Future()
        self.promised = ImageLoadObject(self._promise, self._cancel, image_id=image_id)
        self._load: ImageLoadObject | None = None
        self._is_given_up = False
        self._was_told = False
        self._lock = threading.Lock()

    @property
    def is_wanted(self) -> bool:
        """It is shown or will be, unless it fails from here on."""
        has_failed = self.over.is_set() and self.error is not None
        return not has_failed and not self.promised.cancelled()

    def follow(self, load: ImageLoadObject) -> None:
        """Know the load, to cancel it; at once if the request has been given up meanwhile."""
        with self._lock:
            self._load = load
            is_given_up = self._is_given_up
        if is_given_up or self.promised.cancelled():
            load.cancel()

    def wait(self, seconds: float | None) -> None:
        """Wait until it is over.

        Raises
        ------
        TransferError
            If it is not, in time.
        """
        if not self.over.wait(seconds):
            late = TransferError(
                "the image is not there in time and is still loading; wait longer, or draw what "
                "there is with timeout=0"
            )
            late.image_id = without_credentials(self.image_id)
            raise late

    def end(self, error: BaseException | None = None) -> None:
        """Let go of those who wait to draw."""
        self.error = error
        with self._lock:
            # Its callback knows the viewport, which knows this: nobody would be let go of.
            self._load = None
        self.over.set()

    def tell(self, outcome: Image | BaseException) -> None:
        """Settle what the user was given; only the first time counts."""
        with self._lock:
            was_told, self._was_told = self._was_told, True
        if not was_told and self._promise.set_running_or_notify_cancel():
            if isinstance(outcome, BaseException):
                self._promise.set_exception(outcome)
            else:
                self._promise.set_result(outcome)

    def give_up(self) -> None:
        """End it since another image is wanted; nothing happens if it is shown already."""
        with self._lock:
            if self.over.is_set() or self._is_given_up:
                return
            self._is_given_up = True
            load = self._load
        error = LoadCancelledError("another image was asked for before this one was shown")
        error.image_id = without_credentials(self.image_id)
        self.end(error)
        self.tell(error)
        if load is not None:
            load.cancel()

    def _cancel(self) -> None:
        with self._lock:
            load = self._load
        if load is not None:
            load.cancel()


def checked_stack(image_ids: Iterable[str]) -> tuple[str, ...]:
    """Give the imageIds of a stack, or ImageIdError if it has none or something else."""
    if isinstance(image_ids, str):
        raise ImageIdError(
            f"a stack is a list of imageIds, got the text {without_credentials(image_ids)!r}"
        )
    stack = tuple(image_ids)
    if not stack:
        raise ImageIdError("a stack needs at least one imageId, got none")
    for image_id in stack:
        if not isinstance(image_id, str):
            raise ImageIdError(f"an imageId is text, got {type(image_id).__name__} {image_id!r}")
    return stack


def checked_index(index: int, count: int) -> int:
    """Give a place in a stack, or IndexError if it is not in there."""
    index = operator.index(index)
    if not count:
        raise IndexError("there is no stack to show an image of; call set_stack first")
    if not 0 <= index < count:
        raise IndexError(f"there is no image {index} in a stack of {count}, 0 to {count - 1}")
    return index
