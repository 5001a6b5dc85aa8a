"""What is told of a load while it is under way: bytes that arrive, images that are not whole."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeVar

from pycornerstone.model.events import Event
from pycornerstone.session.newest import Newest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.model.image import Image
    from pycornerstone.session.running_load import LoadKeeper, RunningLoad

__all__ = ["LoadNews"]

T = TypeVar("T")


class LoadNews:
    """Tells callers at once, and listeners where they may wait: the newest, and nothing stale.

    Parameters
    ----------
    load : Load
        Of which it is told.
    keeper : LoadKeeper
        Who tells listeners.
    notify : callable
        Calls a function where it may wait.

    Attributes
    ----------
    progress : tuple
        Bytes that have arrived, and of how many; None where nobody knows.
    """

    def __init__(
        self,
        load: RunningLoad,
        keeper: LoadKeeper,
        notify: Callable[[Callable[[], object]], object],
    ) -> None:
        self.progress: tuple[int, int | None] = (0, None)
        self._load = load
        self._keeper = keeper
        self._notify = notify
        self._untold_progress: Newest[tuple[int, int | None]] | None = None
        self._untold_partials: Newest[Image] | None = None

    def progressed(self, loaded: int, total: int | None) -> None:
        """Tell of bytes; it does not wait."""
        self.progress = (loaded, total)
        for caller in self._load.callers():
            caller.report_progress(loaded, total)
        if self._keeper.hears(Event.IMAGE_LOAD_PROGRESS):
            if self._untold_progress is None:
                self._untold_progress = self._newest(self._keeper.emit_progress)
            self._untold_progress.put(self.progress)

    def show_partial(self, image: Image) -> None:
        """Tell of an image that is not whole; it does not wait."""
        if self._untold_partials is None:
            self._untold_partials = self._newest(self._keeper.emit_partial)
        self._untold_partials.put(image)

    def _newest(self, tell: Callable[[RunningLoad, T], object]) -> Newest[T]:
        return Newest(functools.partial(tell, self._load), self._notify)
