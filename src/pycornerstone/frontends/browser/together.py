"""Cells that go together: by place where they have one, by slice where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.viewports.places import place_of
from pycornerstone.viewports.stack_sync import StackSync, SyncBy
from pycornerstone.viewports.volumes.linking import LinkKind, link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.session.session import Session
    from pycornerstone.viewports.volumes.linking import Link

__all__ = ["Together"]


class Together:
    """Keeps cells linked, whatever they are made to show.

    Parameters
    ----------
    session : Session
        That of their viewports.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._links: list[Link | StackSync] = []
        self._key: tuple[tuple[str, bool], ...] = ()

    def keep(self, cells: Sequence[DeskCell]) -> None:
        """Have these cells linked, and no others; a cell joins when something is on show in it."""
        shown = [cell.viewport for cell in cells if cell.viewport is not None and cell.is_shown]
        placed = [viewport for viewport in shown if place_of(viewport) is not None]
        key = tuple((viewport.viewport_id, viewport in placed) for viewport in shown)
        if key == self._key:
            return
        self.close()
        self._key = key
        if len(shown) < 2:
            return
        session = self._session
        self._links.append(link(shown, LinkKind.ZOOM_AND_PAN, session=session))
        if len(placed) > 1:
            self._links.append(StackSync(placed, SyncBy.POSITION, session=session))
        others = [viewport for viewport in shown if viewport not in placed]
        if len(others) > 1:
            self._links.append(StackSync(others, SyncBy.SLICE, session=session))

    def close(self) -> None:
        """Let go of all of them."""
        for one in self._links:
            one.close()
        self._links, self._key = [], ()
