"""The crosshairs of three planes: there as soon as all of the planes are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pycornerstone.frontends.browser import movements
from pycornerstone.frontends.browser.page_messages import RotateCrosshairs
from pycornerstone.viewports.volumes.crosshairs import Crosshairs
from pycornerstone.viewports.volumes.viewport import VolumeViewport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.frontends.browser.page_messages import MoveCrosshairs, Zoom
    from pycornerstone.session.session import Session

__all__ = ["Crossing"]


class Crossing:
    """Keeps the crosshairs of the cells that show the planes of one volume.

    Parameters
    ----------
    session : Session
        That of their viewports.

    Attributes
    ----------
    crosshairs : Crosshairs or None
        Once all planes are there.
    """

    def __init__(self, session: Session) -> None:
        self.crosshairs: Crosshairs | None = None
        self._session = session

    def keep(self, cells: Sequence[DeskCell]) -> None:
        """Have crosshairs as soon as all planes are there."""
        viewports = [
            cell.viewport
            for cell in cells
            if isinstance(cell.viewport, VolumeViewport) and cell.is_shown
        ]
        if self.crosshairs is None and len(viewports) == len(cells):
            self.crosshairs = Crosshairs(viewports, session=self._session)
            for cell in cells:
                cell.pacing.changed()

    def move(self, cell: DeskCell, said: MoveCrosshairs | RotateCrosshairs) -> bool:
        """Move or turn them, and say whether there are any."""
        crosshairs, viewport = self.crosshairs, cell.viewport
        if crosshairs is None or not isinstance(viewport, VolumeViewport):
            return False
        if isinstance(said, RotateCrosshairs):
            crosshairs.rotate(viewport, said.degrees)
        elif math.isfinite(said.x) and math.isfinite(said.y):
            crosshairs.move_to_canvas(viewport, movements.near_canvas(viewport, (said.x, said.y)))
        return True

    def zoom(self, cells: Sequence[DeskCell], said: Zoom) -> None:
        """Magnify planes about the place where they meet."""
        for cell in cells:
            viewport = cell.viewport
            if not isinstance(viewport, VolumeViewport) or not cell.is_shown:
                continue
            at = self.crosshairs and self.crosshairs.canvas_point(viewport)
            middle = viewport.width / 2, viewport.height / 2
            movements.zoom_at(viewport, said.factor, at or middle)

    def drop(self) -> None:
        """Have none."""
        if self.crosshairs is not None:
            self.crosshairs.close()
            self.crosshairs = None
