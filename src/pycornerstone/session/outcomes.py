"""How something ended: with a value, an error or a cancellation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.errors import LoadCancelledError, PyCornerstoneError
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    import concurrent.futures

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.model.image import Image

__all__ = ["error_of", "of_image", "outcome_of", "settle"]


def error_of(future: concurrent.futures.Future[Any]) -> BaseException | None:
    """Give what a future that is done has failed with; cancelling is failing too."""
    if future.cancelled():
        return LoadCancelledError("the load was cancelled")
    return future.exception()


def outcome_of(load: ImageLoadObject) -> Image | BaseException:
    """Give what a load that is done has ended with."""
    error = load.exception()
    return load.result() if error is None else error


def settle(future: concurrent.futures.Future[Image], outcome: Image | BaseException) -> None:
    """End a future, unless whoever waits for it has cancelled it."""
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def of_image(error: BaseException, image_id: str) -> BaseException:
    """Say in an error which image it is about; whoever raised it need not know."""
    shown = without_credentials(str(image_id))
    if isinstance(error, RuntimeError) and "event loop" in str(error):
        error.add_note("a plain loader has a thread without one; write it as async def")
    if isinstance(error, PyCornerstoneError):
        if error.image_id is None:
            error.image_id = shown
    elif f"while loading {shown}" not in getattr(error, "__notes__", ()):
        error.add_note(f"while loading {shown}")
    return error
