"""What happens to the viewports of a desk, from whichever thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from pycornerstone.frontends.browser.cell import said_of
from pycornerstone.model.events import Event, ImageNotShown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.session.events import EventBus

__all__ = ["Heard", "News"]

_LOADING = (Event.VIEWPORT_NEEDS_RENDER, Event.VOLUME_VIEWPORT_NEW_VOLUME)
_EVENTS = (
    *_LOADING,
    Event.STACK_NEW_IMAGE,
    Event.IMAGE_LOAD_ERROR,
    Event.CAMERA_MODIFIED,
    Event.VOI_MODIFIED,
    Event.COLORMAP_MODIFIED,
    Event.SLAB_MODIFIED,
    Event.IMAGE_SPACING_CALIBRATED,
)


class Heard(Protocol):
    """Is told of cells that something has happened to."""

    def __call__(self, cells: list[DeskCell], /, *, is_loading: bool) -> None:
        """Hear of it, from any thread; `is_loading`: more of it follows."""


class News:
    """Tells a desk of what happens to its own viewports.

    Parameters
    ----------
    events : EventBus
        Of the session, which has viewports of others, too.
    heard : Heard
        Is told of the cells.
    notice : callable
        Is told what went wrong in a cell: ``(index, text)``.
    """

    def __init__(self, events: EventBus, heard: Heard, notice: Callable[[int, str], None]) -> None:
        self._heard, self._notice = heard, notice
        self._cells: dict[str, DeskCell] = {}
        self._lock = threading.Lock()
        self._undo = [events.subscribe(event, self._listen) for event in _EVENTS]

    def look_at(self, cells: Sequence[DeskCell]) -> None:
        """Listen to the viewports that these cells have by now."""
        known = {cell.viewport.viewport_id: cell for cell in cells if cell.viewport is not None}
        missed: list[DeskCell] = []
        with self._lock:
            missed = [cell for name, cell in known.items() if name not in self._cells]
            self._cells = known
        if missed:
            # What they were given may have come before anybody listened.
            self._heard(missed, is_loading=False)

    def close(self) -> None:
        """Listen no more."""
        for undo in self._undo:
            undo()

    def _listen(self, detail: Any) -> None:
        cell = self._cells.get(detail.viewport_id)
        if cell is None:
            return
        if isinstance(detail, ImageNotShown):
            self._notice(cell.index, said_of(detail.error))
        self._heard([cell], is_loading=detail.event in _LOADING)
