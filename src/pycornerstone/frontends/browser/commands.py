"""What the page says of one cell, done to its viewport."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.browser import movements
from pycornerstone.frontends.browser.cell import CannotShowError
from pycornerstone.frontends.browser.cine import Cine, header_rate
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
    SetWindow,
    Zoom,
)
from pycornerstone.frontends.browser.page_messages import Cine as CineSaid
from pycornerstone.frontends.browser.presets import PRESETS, preset_range
from pycornerstone.frontends.browser.units import unit_of, unit_of_values
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.volumes.viewport import VolumeViewport

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.frontends.browser.page_messages import FromPage
    from pycornerstone.session.session import Session

__all__ = ["MOVING", "Commands"]

MOVING = (
    Scroll,
    SetSlice,
    DragWindow,
    Zoom,
    Pan,
    Rotate,
    MoveCrosshairs,
    RotateCrosshairs,
)
"""What a hand goes on doing: another frame follows soon."""

_THICKEST_MM = 10000.0


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
            cell.drag.drag(
                viewport, (said.dx, said.dy), unit_of(viewport, cell.session), self.ratio
            )

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
        cell.cine = Cine(rate, time.monotonic(), is_back_and_forth=is_back_and_forth)


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


def _set_window(cell: DeskCell, said: SetWindow) -> None:
    viewport = cell.viewport
    if viewport is None or not cell.is_shown:
        return
    layer = 0
    if said.preset is not None:
        layer, window = _preset(cell, said.preset)
    elif said.lower is not None and said.upper is not None:
        factor = unit_of(viewport, cell.session).factor
        window = said.lower / factor, said.upper / factor
    else:
        _header_window(cell)
        return
    if isinstance(viewport, StackViewport):
        viewport.set_properties(voi_range=window)
    else:
        viewport.set_properties(cell.volume_id_of(layer), voi_range=window)


def _preset(cell: DeskCell, name: str) -> tuple[int, tuple[float, float]]:
    """Give the layer that a preset is for, of several of other modalities, and its values."""
    viewport = cell.viewport
    window = None if viewport is None else preset_range(viewport, name)
    if window is not None:
        return 0, window
    volumes = {}
    if isinstance(viewport, VolumeViewport):
        volumes = {volume.volume_id: volume for volume in viewport.volumes}
    for preset in PRESETS:
        for layer, (_, volume_id) in enumerate(cell.layers):
            volume = volumes.get(volume_id)
            if preset.name != name or volume is None or volume.modality != preset.modality:
                continue
            unit = unit_of_values(volume)
            if unit.name == "SUVbw" or preset.modality != "PT":
                return layer, (preset.lower / unit.factor, preset.upper / unit.factor)
    raise CannotShowError("there is no such window for what is shown here")


def _header_window(cell: DeskCell) -> None:
    """Draw with the window that it was first shown with, and leave the rest as it is."""
    viewport = cell.viewport
    if isinstance(viewport, StackViewport):
        how = viewport.properties
        viewport.reset_properties()
        viewport.set_properties(
            invert=how.invert,
            colormap=how.colormap,
            interpolation=how.interpolation,
            show_overlays=how.show_overlays,
            overlay_color=how.overlay_color,
            show_shutter=how.show_shutter,
            apply_icc_profile=how.apply_icc_profile,
        )
    elif viewport is not None:
        drawn = viewport.properties()
        viewport.reset_properties()
        viewport.set_properties(
            invert=drawn.invert,
            colormap=drawn.colormap,
            interpolation=drawn.interpolation,
            opacity=drawn.opacity,
        )


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
    last = cell.volume_id_of(-1)
    if said.interpolation is not None:
        for _number, name in cell.layers:
            viewport.set_properties(name, interpolation=said.interpolation)
    if said.invert is not None:
        viewport.set_properties(invert=said.invert)
    if said.colormap is not None:
        viewport.set_properties(last, colormap=said.colormap)
    if said.opacity is not None:
        viewport.set_properties(last, opacity=min(max(said.opacity, 0.0), 1.0))


def _set_slab(cell: DeskCell, said: Change) -> None:
    viewport = cell.as_planes()
    slab = viewport.slab
    thickness = said.slab_mm
    if thickness is None:
        thickness = 0.0 if slab is None else slab.thickness_mm
    mode = said.slab_mode or ("maximum" if slab is None else slab.mode)
    viewport.set_slab(min(max(thickness, 0.0), _THICKEST_MM), mode)
