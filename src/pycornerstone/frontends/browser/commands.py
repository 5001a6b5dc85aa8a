"""What the page says of one cell, done to its viewport."""

from __future__ import annotations

import math
import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.browser import movements
from pycornerstone.frontends.browser.cell import CannotShowError
from pycornerstone.frontends.browser.cine import Cine, header_rate
from pycornerstone.frontends.browser.layers import checked_layer
from pycornerstone.frontends.browser.page_messages import (
    Change,
    DragWindow,
    Flip,
    MoveCrosshairs,
    Pan,
    Reset,
    Rotate,
    RotateCrosshairs,
    Scroll,
    SetSlice,
    SetTimePoint,
    SetWindow,
    StepTime,
    Zoom,
)
from pycornerstone.frontends.browser.page_messages import Cine as CineSaid
from pycornerstone.frontends.browser.presets import preset_range
from pycornerstone.frontends.browser.time_steps import ask_for_time_point
from pycornerstone.frontends.browser.units import unit_of
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.frontends.browser.page_messages import FromPage
    from pycornerstone.session.session import Session

__all__ = ["MOVING", "Commands"]

MOVING = (
    Scroll,
    SetSlice,
    StepTime,
    SetTimePoint,
    DragWindow,
    Zoom,
    Pan,
    Rotate,
    MoveCrosshairs,
    RotateCrosshairs,
)
"""What a hand goes on doing: another frame follows soon."""

_THICKEST_MM = 10000.0
_OF_WINDOWS = {"voi_range", "window", "window_index", "voi_function"}


class Commands:
    """Does to a cell what the page says.

    Parameters
    ----------
    session : Session
        What it loads by.

    Attributes
    ----------
    ratio : float
        Pixels of the screen to one of CSS.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.ratio = 1.0
        self._known: dict[type, Callable[[DeskCell, Any], object]] = {
            Scroll: _scroll,
            SetSlice: _set_slice,
            StepTime: _step_time,
            SetTimePoint: _set_time_point,
            DragWindow: self._drag_window,
            SetWindow: _set_window,
            Zoom: _zoom,
            Pan: _pan,
            Rotate: _rotate,
            Flip: _flip,
            Change: _change,
            Reset: _reset,
            CineSaid: self._cine,
        }

    def apply(self, cell: DeskCell, said: FromPage) -> None:
        """Do what a message says.

        What is about something on show does nothing while there is none.

        Raises
        ------
        CannotShowError
            If it cannot be done; the text is for the user.
        ValueError
            If a value is not possible.
        """
        self._known[type(said)](cell, said)

    def _drag_window(self, cell: DeskCell, said: DragWindow) -> None:
        viewport = cell.viewport
        if viewport is not None and cell.is_shown:
            name = cell.volume_id_of(checked_layer(cell.layers, said.layer, 0))
            unit = unit_of(viewport, cell.session, name)
            cell.drag.drag(viewport, (said.dx, said.dy), unit, self.ratio, name)

    def _cine(self, cell: DeskCell, said: CineSaid) -> None:
        viewport, rate = cell.viewport, said.frames_per_second
        if viewport is None or not cell.is_shown:
            return
        is_back_and_forth = False
        if rate is None:
            image_id = viewport.current_image_id
            rate = 15.0
            if image_id is not None:
                rate, is_back_and_forth = header_rate(self._session, image_id)
        if not (math.isfinite(rate) and rate > 0):
            cell.cine = None
            return
        cell.cine = Cine(
            rate,
            time.monotonic(),
            is_back_and_forth=is_back_and_forth,
            is_over_time=said.is_over_time and cell.number_of_time_points > 1,
        )


def _scroll(cell: DeskCell, said: Scroll) -> None:
    viewport = cell.viewport
    if viewport is None or not (isinstance(viewport, StackViewport) or cell.is_shown):
        return
    _ = viewport.scroll(said.steps)


def _set_slice(cell: DeskCell, said: SetSlice) -> None:
    viewport = cell.viewport
    if isinstance(viewport, StackViewport):
        _ = viewport.set_image_id_index(min(max(said.index, 0), len(viewport.image_ids) - 1))
    elif viewport is not None and cell.is_shown:
        viewport.set_slice_index(min(max(said.index, 0), viewport.number_of_slices - 1))


def _step_time(cell: DeskCell, said: StepTime) -> None:
    # From the one that was asked for last: keys come faster than images.
    start = cell.time_point if cell.coming is None else cell.coming.time_point
    ask_for_time_point(cell, start + said.steps)


def _set_time_point(cell: DeskCell, said: SetTimePoint) -> None:
    ask_for_time_point(cell, said.index)


def _set_window(cell: DeskCell, said: SetWindow) -> None:
    viewport = cell.viewport
    if viewport is None or not cell.is_shown:
        return
    layer = checked_layer(cell.layers, said.layer, 0)
    if said.preset is not None:
        layer, window = _preset(cell, said)
    elif said.lower is not None and said.upper is not None:
        factor = unit_of(viewport, cell.session, cell.volume_id_of(layer)).factor
        window = said.lower / factor, said.upper / factor
    else:
        _header_window(cell, layer)
        return
    if isinstance(viewport, StackViewport):
        viewport.set_properties(voi_range=window)
    else:
        viewport.set_properties(cell.volume_id_of(layer), voi_range=window)


def _preset(cell: DeskCell, said: SetWindow) -> tuple[int, tuple[float, float]]:
    """Give the layer that a preset is for, of several of other modalities, and its values."""
    viewport, name = cell.viewport, said.preset
    layers = range(len(cell.layers)) if said.layer is None else (said.layer,)
    for layer in layers:
        window = viewport and name and preset_range(viewport, name, cell.volume_id_of(layer))
        if window:
            return layer, window
    raise CannotShowError("there is no such window for what is shown here")


def _header_window(cell: DeskCell, layer: int) -> None:
    """Draw with the window that it was first shown with, and leave the rest as it is."""
    viewport, volume_id = cell.viewport, cell.volume_id_of(layer)
    if viewport is None:
        return
    how: Any
    if isinstance(viewport, StackViewport):
        how = viewport.properties
        viewport.reset_properties()
    else:
        how = viewport.properties(volume_id)
        viewport.reset_properties(volume_id)
    given = {
        field.name: value
        for field in fields(how)
        if field.name not in _OF_WINDOWS and (value := getattr(how, field.name)) not in (None, ())
    }
    if isinstance(viewport, StackViewport):
        viewport.set_properties(**given)
    else:
        viewport.set_properties(volume_id, **given)


def _zoom(cell: DeskCell, said: Zoom) -> None:
    if cell.viewport is not None:
        movements.zoom_at(cell.viewport, said.factor, (said.x, said.y))


def _pan(cell: DeskCell, said: Pan) -> None:
    if cell.viewport is not None:
        movements.pan_by(cell.viewport, said.dx, said.dy)


def _rotate(cell: DeskCell, said: Rotate) -> None:
    if cell.viewport is not None and math.isfinite(said.degrees):
        cell.viewport.set_rotation(cell.viewport.rotation + said.degrees)


def _flip(cell: DeskCell, said: Flip) -> None:
    if cell.viewport is not None:
        movements.flip(cell.viewport, is_horizontal=said.is_horizontal)


def _reset(cell: DeskCell, _: Reset) -> None:
    cell.cine = None
    cell.reset()


def _change(cell: DeskCell, said: Change) -> None:
    if cell.viewport is None:
        return
    first = checked_layer(cell.layers, said.layer, 0)
    last = checked_layer(cell.layers, said.layer, -1)
    wants_slab = said.slab_mm is not None or said.slab_mode is not None
    is_stack = isinstance(cell.viewport, StackViewport)
    if said.orientation is not None:
        _ = cell.as_planes(said.orientation)
    if wants_slab and not (is_stack and not said.slab_mm):
        _set_slab(cell, said)
    viewport = cell.viewport
    if isinstance(viewport, StackViewport):
        viewport.set_properties(
            invert=said.invert, colormap=said.colormap, interpolation=said.interpolation
        )
        return
    if said.interpolation is not None:
        for _number, name in cell.layers:
            viewport.set_properties(name, interpolation=said.interpolation)
    if said.invert is not None:
        viewport.set_properties(cell.volume_id_of(first), invert=said.invert)
    if said.colormap is not None:
        viewport.set_properties(cell.volume_id_of(last), colormap=said.colormap)
    if said.opacity is not None:
        opacity = min(max(said.opacity, 0.0), 1.0)
        viewport.set_properties(cell.volume_id_of(last), opacity=opacity)


def _set_slab(cell: DeskCell, said: Change) -> None:
    viewport = cell.as_planes()
    slab = viewport.slab
    thickness = said.slab_mm
    if thickness is None:
        thickness = 0.0 if slab is None else slab.thickness_mm
    mode = said.slab_mode or ("maximum" if slab is None else slab.mode)
    viewport.set_slab(min(max(thickness, 0.0), _THICKEST_MM), mode)
