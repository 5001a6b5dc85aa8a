"""How a frame was drawn, for what the page shows over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.browser.movements import grid_of
from pycornerstone.frontends.browser.overlays import overlay_of
from pycornerstone.frontends.browser.server_messages import (
    CellState,
    Crosshair,
    Crosshairs,
    Layer,
)
from pycornerstone.frontends.browser.slice_distances import slice_distance_of
from pycornerstone.frontends.browser.time_points import time_points_of, time_text
from pycornerstone.frontends.browser.units import unit_of
from pycornerstone.frontends.browser.windowing import window_of
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.frontends.browser.server_messages import Series
    from pycornerstone.viewports.volumes.crosshairs import Crosshairs as Planes
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["moment_of", "state_of"]


def moment_of(cell: DeskCell) -> tuple[Any, ...]:
    """Give what is the same of two moments if a frame of one is like that of the other."""
    viewport = cell.viewport
    if viewport is None or not cell.is_shown:
        return (None,)
    if isinstance(viewport, StackViewport):
        shown: Any = viewport.image, viewport.current_image_id_index
    else:
        there = [volume.volume_id for volume in viewport.volumes]
        shown = viewport.slice_index, [(name, viewport.voi_range(name)) for name in there]
    return (cell.generation, shown, viewport.camera, window_of(viewport))


def state_of(
    cell: DeskCell,
    series: Sequence[Series],
    crosshairs: Planes | None = None,
    cells: Mapping[str, int] | None = None,
) -> CellState | None:
    """Give how a cell is drawn now; None while nothing is on show.

    Parameters
    ----------
    cell : DeskCell
        The cell.
    series : sequence of Series
        The list that the page has.
    crosshairs : Crosshairs, optional
        Those of the layout.
    cells : mapping
        Places in the layout of their viewports.
    """
    viewport, number = cell.viewport, cell.series
    if viewport is None or number is None or not cell.is_shown:
        return None
    unit, window = unit_of(viewport, cell.session), window_of(viewport)
    lower, upper = (None, None) if window is None else (at * unit.factor for at in window)
    is_stack = isinstance(viewport, StackViewport)
    how = viewport.properties if isinstance(viewport, StackViewport) else viewport.properties()
    place = _place_of_stack(viewport) if is_stack else _place_of_planes(viewport)
    return CellState(
        series=number,
        image_id=viewport.current_image_id,
        to_world=grid_of(viewport),
        overlay=overlay_of(viewport, series[number], cell.session, _time(cell)),
        lower=lower,
        upper=upper,
        unit=unit.name,
        zoom=viewport.zoom,
        rotation=viewport.rotation,
        flip_horizontal=viewport.flip_horizontal,
        flip_vertical=viewport.flip_vertical,
        invert=how.invert,
        colormap=how.colormap.name,
        interpolation=how.interpolation.value,
        layers=_layers_of(cell),
        crosshairs=_crosshairs_of(viewport, crosshairs, cells or {}),
        frames_per_second=0.0 if cell.cine is None else cell.cine.frames_per_second,
        slice_distance_mm=_slice_distance(cell, viewport),
        time_point=min(cell.time_point, cell.number_of_time_points - 1),
        number_of_time_points=cell.number_of_time_points,
        is_cine_over_time=cell.cine is not None and cell.cine.is_over_time,
        **place,
    )


def _time(cell: DeskCell) -> tuple[str, bool]:
    """Say which point in time is on show, and whether another one is on its way."""
    sets = cell.display_sets
    return time_text(sets, min(cell.time_point, time_points_of(sets) - 1)), cell.coming is not None


def _slice_distance(cell: DeskCell, viewport: StackViewport | VolumeViewport) -> float | None:
    """Give how far the next slice is; headers are asked once an image, and not once a frame."""
    image_id = viewport.current_image_id if isinstance(viewport, StackViewport) else None
    if image_id is None:
        return slice_distance_of(viewport, cell.session.metadata)
    known = cell.known_distances
    if image_id not in known:
        known[image_id] = slice_distance_of(viewport, cell.session.metadata)
    return known[image_id]


def _place_of_stack(viewport: Any) -> dict[str, Any]:
    image = viewport.image
    return {
        "slice_index": viewport.current_image_id_index or 0,
        "number_of_slices": len(viewport.image_ids),
        "frame_of_reference_uid": image.plane and image.plane.frame_of_reference_uid,
        "slab_mm": 0.0,
        "slab_mode": "maximum",
        "orientation": None,
        "is_color": image.is_color,
    }


def _place_of_planes(viewport: Any) -> dict[str, Any]:
    slab, orientation = viewport.slab, viewport.orientation
    return {
        "slice_index": viewport.slice_index,
        "number_of_slices": viewport.number_of_slices,
        "frame_of_reference_uid": viewport.frame_of_reference_uid,
        "slab_mm": 0.0 if slab is None else slab.thickness_mm,
        "slab_mode": "maximum" if slab is None else slab.mode.value,
        "orientation": str(orientation) if isinstance(orientation, str) else "oblique",
        "is_color": viewport.volumes[0].is_color,
    }


def _layers_of(cell: DeskCell) -> tuple[Layer, ...]:
    viewport = cell.viewport
    if viewport is None:
        return ()
    is_stack = isinstance(viewport, StackViewport)
    known = {""}
    if not isinstance(viewport, StackViewport):
        known = {volume.volume_id for volume in viewport.volumes}
    made: list[Layer] = []
    for series, name in cell.layers:
        if name not in known:
            # The page means layers by their places here.
            break
        how: Any = viewport.properties
        if not is_stack:
            how = how(name)
        unit = unit_of(viewport, cell.session, name or None)
        voi = window_of(viewport, name or None)
        lower, upper = (None, None) if voi is None else (at * unit.factor for at in voi)
        made.append(
            Layer(
                series=series,
                colormap=how.colormap.name,
                opacity=1.0 if is_stack else how.opacity,
                lower=lower,
                upper=upper,
                unit=unit.name,
                invert=how.invert,
            )
        )
    return tuple(made)


def _crosshairs_of(
    viewport: StackViewport | VolumeViewport, crosshairs: Planes | None, cells: Mapping[str, int]
) -> Crosshairs | None:
    if crosshairs is None or isinstance(viewport, StackViewport):
        return None
    if viewport not in crosshairs.viewports:
        return None
    lines = []
    for line in crosshairs.lines(viewport):
        (x, y), (x2, y2) = line.ends.tolist()
        lines.append(Crosshair(cells[line.of.viewport_id], (x, y), (x2, y2)))
    return Crosshairs(crosshairs.canvas_point(viewport), tuple(lines))
