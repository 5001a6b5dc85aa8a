"""The layout of a page: its cells, and how they go together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from msgspec import structs

from pycornerstone.frontends.browser.cell import CannotShowError, DeskCell
from pycornerstone.frontends.browser.cell_keeping import adopted, kept_of_cell
from pycornerstone.frontends.browser.commands import Commands
from pycornerstone.frontends.browser.crossing import Crossing
from pycornerstone.frontends.browser.kept import KeptDesk, fingerprint_of
from pycornerstone.frontends.browser.layouts import MPR, MPR_PLANES, layout_of
from pycornerstone.frontends.browser.page_messages import (
    Change,
    Clear,
    DragWindow,
    Link,
    MoveCrosshairs,
    Reset,
    Resize,
    RotateCrosshairs,
    SetLayout,
    SetTimePoint,
    SetWindow,
    Show,
    StepTime,
    Zoom,
)
from pycornerstone.frontends.browser.server_messages import Arranged, Cell
from pycornerstone.frontends.browser.time_steps import run_cine, show_what_came
from pycornerstone.frontends.browser.together import Together
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.viewports.volumes.viewport import VolumeViewport

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.frontends.browser.page_messages import FromPage
    from pycornerstone.frontends.sharing.source import Exhibit
    from pycornerstone.viewports.volumes.crosshairs import Crosshairs

__all__ = ["Arrangement"]

_LONGEST_SIDE = 4096
_VOLUMES = {DisplaySetKind.VOLUME, DisplaySetKind.VOLUME_4D}
# What the planes of one volume have in common.
_OF_ALL_PLANES = (DragWindow, SetWindow, StepTime, SetTimePoint, Show, Clear)


class Arrangement:
    """The cells of a page; its desk changes them from one thread.

    Parameters
    ----------
    exhibit : Exhibit
        What can be shown.
    notice : callable
        Tells the user of a cell: ``(index, text)``.
    wake : callable
        As of `DeskCell`.

    Attributes
    ----------
    name : str
        Of the layout.
    cells : tuple of DeskCell
        In their places, row by row.
    commands : Commands
        What is done to a cell.
    heard : int
        How many messages of the page are done.
    fingerprint : str
        Of what can be shown.
    """

    def __init__(
        self,
        exhibit: Exhibit,
        notice: Callable[[int, str], None],
        wake: Callable[[], object],
    ) -> None:
        self.name = "1x1"
        self.heard = 0
        self.cells: tuple[DeskCell, ...] = ()
        self.commands = Commands(exhibit.session)
        self._exhibit, self._notice, self._wake = exhibit, notice, wake
        self._numbers = itertools.count(1)
        self.fingerprint = fingerprint_of(exhibit)
        self._together = Together(exhibit.session)
        self._crossing = Crossing(exhibit.session)
        self._is_linked = False
        self._is_arranged = False
        self._emptied: list[DeskCell] = []
        # What cells of a grid have shown before there were planes.
        self._before: tuple[int | None, ...] = ()
        self._active = 0
        # Of the places that the page has spoken of.
        self._sizes: dict[int, tuple[int, int]] = {}

    @property
    def crosshairs(self) -> Crosshairs | None:
        """Those of the three planes, once all are there."""
        return self._crossing.crosshairs

    def begin(self) -> None:
        """Show the first series, or what a viewport of Python's shows."""
        self.cells = (self._new(0),)
        self._is_arranged = True
        if self._exhibit.viewport is not None:
            self.cells[0].recall(adopted(self._exhibit.viewport))
        elif self._exhibit.display_sets:
            self.cells[0].show(0)

    def keep(self) -> KeptDesk:
        """Give what is shown, to be brought back by `recall`."""
        return KeptDesk(
            exhibit=self.fingerprint,
            layout=self.name,
            cells=tuple(map(kept_of_cell, self.cells)),
            is_linked=self._is_linked,
            active=self._active,
            before=self._before,
        )

    def recall(self, kept: KeptDesk) -> None:
        """Show what was shown before, as it was.

        Raises
        ------
        CannotShowError
            If it was of other images, or there is no such layout or series.
        ValueError
            If a value is not possible.
        """
        layout = layout_of(kept.layout)
        if layout is None or kept.exhibit != self.fingerprint:
            raise CannotShowError("what was shown was of other images")
        self.name = layout.name
        self.cells = tuple(self._new(index) for index in range(layout.rows * layout.columns))
        planes = MPR_PLANES if self.name == MPR else ()
        for cell, one in itertools.zip_longest(self.cells, kept.cells[: len(self.cells)]):
            if one is not None:
                cell.recall(one)
            if cell.series is None:
                self._emptied.append(cell)
        for cell, plane in zip(self.cells, planes, strict=False):
            cell.plane = plane
        self._is_linked, self._is_arranged = kept.is_linked, True
        self._active = min(max(kept.active, 0), len(self.cells) - 1)
        count = len(self._exhibit.display_sets)
        self._before = tuple(
            one if one is not None and 0 <= one < count else None for one in kept.before[:9]
        )

    def clear(self) -> None:
        """Show no cell at all, before it begins."""
        for cell in self.cells:
            cell.close()
        self.name, self.cells, self._emptied = "1x1", (), []

    def cell(self, index: int) -> DeskCell | None:
        """Give a cell; None if there is none there."""
        cells = self.cells
        return cells[index] if 0 <= index < len(cells) else None

    def apply(self, said: FromPage) -> tuple[DeskCell, ...]:
        """Do what the page said, and give the cells that have to be drawn again.

        Raises
        ------
        CannotShowError
            If it cannot be done; the text is for the user.
        ValueError
            If a value is not possible.
        """
        if isinstance(said, SetLayout):
            self._set_layout(said.name)
            return self.cells
        if isinstance(said, Link):
            self._is_linked, self._is_arranged = said.is_on, True
            return self.cells
        cell = self.cell(getattr(said, "cell", -1))
        if cell is None:
            return ()
        if isinstance(said, Resize):
            if not (1 <= said.width <= _LONGEST_SIDE and 1 <= said.height <= _LONGEST_SIDE):
                raise CannotShowError(f"a cell has from 1 to {_LONGEST_SIDE} pixels each way")
            cell.resize(said.width, said.height)
            self._sizes[cell.index] = said.width, said.height
            return (cell,)
        self._active = cell.index
        if isinstance(said, MoveCrosshairs | RotateCrosshairs):
            return self.cells if self._crossing.move(cell, said) else ()
        return self._apply_to_cells(cell, said)

    def step(self, now: float) -> None:
        """Do what time, and what has been loaded, bring with them."""
        for cell in self.cells:
            show_what_came(cell)
            cell.settle()
            run_cine(cell, self.cells if self.name == MPR else (cell,), now)
        if self.name == MPR:
            self._crossing.keep(self.cells)
        is_grid = self._is_linked and self.name != MPR
        self._together.keep([cell for cell in self.cells if is_grid and cell.viewport is not None])

    def said(self) -> Arranged:
        """Give the layout as the page is told of it."""
        shown = (cell.viewport for cell in self.cells)
        planes = [
            str(viewport.orientation) if isinstance(viewport, VolumeViewport) else None
            for viewport in shown
        ]
        if self.name == MPR:
            planes = list(MPR_PLANES)
        cells = tuple(
            Cell(cell.series, plane) for cell, plane in zip(self.cells, planes, strict=True)
        )
        return Arranged(self.name, cells, self._is_linked)

    def take_arranged(self) -> bool:
        """Say whether the page has to be told of the layout, once."""
        is_arranged, self._is_arranged = self._is_arranged, False
        return is_arranged

    def take_emptied(self) -> list[DeskCell]:
        """Give the cells that show nothing any more, once."""
        emptied, self._emptied = self._emptied, []
        return emptied

    def crosshairs_in(self, cell: DeskCell) -> bool:
        """Say whether what happens to a cell moves lines in others."""
        crosshairs = self.crosshairs
        return crosshairs is not None and cell.viewport in crosshairs.viewports

    def places(self) -> dict[str, int]:
        """Give the places of viewports in the layout."""
        return {cell.viewport.viewport_id: cell.index for cell in self.cells if cell.viewport}

    def close(self) -> None:
        """Let go of everything."""
        self._crossing.drop()
        self._together.close()
        for cell in self.cells:
            cell.close()

    def _new(self, index: int) -> DeskCell:
        made = DeskCell(index, self._exhibit, self._numbers, self._notice, self._wake)
        if index in self._sizes:
            # The page tells a size again only when it changes, and here it may stay.
            made.resize(*self._sizes[index])
        return made

    def _apply_to_cells(self, cell: DeskCell, said: FromPage) -> tuple[DeskCell, ...]:
        is_mpr = self.name == MPR
        if is_mpr and isinstance(said, _OF_ALL_PLANES):
            cells = self.cells
        elif is_mpr and isinstance(said, Change):
            self._change_planes(cell, said)
            return self.cells
        else:
            cells = (cell,)
        if isinstance(said, Show):
            self._show(cells, said)
        elif isinstance(said, Clear):
            self._clear(cells)
        else:
            self._reset_others(cell, said)
            for one in cells:
                self.commands.apply(one, said)
        if isinstance(said, Change | Reset):
            # It may be planes by now, or a stack again.
            self._is_arranged = True
        if is_mpr and self._is_linked and isinstance(said, Zoom):
            self._crossing.zoom([one for one in self.cells if one is not cell], said)
            return self.cells
        return cells

    def _show(self, cells: tuple[DeskCell, ...], said: Show) -> None:
        if not 0 <= said.series < len(self._exhibit.display_sets):
            raise CannotShowError("there is no such series")
        self._is_arranged = True
        if self.name == MPR and not (said.is_added and cells[0].series is not None):
            self._show_planes(said.series)
            return
        for one in cells:
            if said.is_added:
                one.add(said.series)
            else:
                one.show(said.series)

    def _clear(self, cells: tuple[DeskCell, ...]) -> None:
        self._is_arranged = True
        self._crossing.drop()
        for one in cells:
            one.clear()
        self._emptied += cells

    def _change_planes(self, cell: DeskCell, said: Change) -> None:
        """Change all planes alike, but the thickness of one, and never where they are."""
        for one in self.cells:
            theirs = structs.replace(said, cell=one.index, orientation=None)
            if one is not cell:
                theirs = structs.replace(theirs, slab_mm=None, slab_mode=None)
            self.commands.apply(one, theirs)

    def _reset_others(self, cell: DeskCell, said: FromPage) -> None:
        """Put planes back that were turned by the crosshairs in this one."""
        if self.name == MPR and isinstance(said, Reset):
            for one in self.cells:
                if one is not cell and isinstance(one.viewport, VolumeViewport):
                    self.commands.apply(one, Reset(cell=one.index))

    def _set_layout(self, name: str) -> None:
        layout = layout_of(name)
        if layout is None:
            raise CannotShowError("there is no such layout")
        if name == self.name:
            self._is_arranged = True
            return
        if name == MPR:
            self._to_planes()
        else:
            self._to_grid(name, layout.rows * layout.columns)
        self._is_arranged = True

    def _to_planes(self) -> None:
        active = self.cell(self._active)
        shown = [active and active.series, *(cell.series for cell in self.cells)]
        others = range(len(self._exhibit.display_sets))
        series = next((one for one in (*shown, *others) if self._is_volume(one)), None)
        if series is None:
            raise CannotShowError("no planes can be cut: none of the series is a volume")
        added = [number for number, _ in active.layers[1:]] if active else []
        if active is not None and active.series != series:
            added = []
        is_same = active is not None and active.series == series
        time_point = active.time_point if active is not None and is_same else 0
        self._before = tuple(cell.series for cell in self.cells)
        self._take_away()
        self.name = MPR
        self.cells = tuple(self._new(index) for index in range(len(MPR_PLANES)))
        self._show_planes(series, time_point)
        for cell in self.cells:
            for number in added:
                cell.add(number)

    def _show_planes(self, series: int, time_point: int = 0) -> None:
        if not self._is_volume(series):
            raise CannotShowError("no planes can be cut through this series: it is no volume")
        self._crossing.drop()
        for cell, plane in zip(self.cells, MPR_PLANES, strict=True):
            cell.show(series, plane, time_point=time_point)
            cell.plane = plane

    def _to_grid(self, name: str, count: int) -> None:
        if self.name == MPR:
            series = self.cells[0].series
            before = self._before if series in self._before else (series, *self._before)
            self._take_away()
            self.cells = ()
        else:
            before = ()
        kept = self.cells[:count]
        for cell in self.cells[count:]:
            cell.close()
        self.name = name
        self.cells = (*kept, *(self._new(index) for index in range(len(kept), count)))
        self._fill(len(kept), before[len(kept) :])
        self._active = min(self._active, count - 1)

    def _fill(self, start: int, wanted: tuple[int | None, ...]) -> None:
        """Show in further cells what they have shown before, and then what no cell shows."""
        shown = {cell.series for cell in self.cells} | set(wanted)
        others = (
            number for number in range(len(self._exhibit.display_sets)) if number not in shown
        )
        for place, cell in enumerate(self.cells[start:]):
            number = wanted[place] if place < len(wanted) else next(others, None)
            if number is None:
                self._emptied.append(cell)
            else:
                cell.show(number)

    def _take_away(self) -> None:
        self._crossing.drop()
        for cell in self.cells:
            cell.close()

    def _is_volume(self, series: int | None) -> bool:
        return series is not None and self._exhibit.display_sets[series].kind in _VOLUMES
