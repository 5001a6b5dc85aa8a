"""From one point in time to another: it is shown as soon as its images are there."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.browser.failures import said_of
from pycornerstone.frontends.browser.time_points import Coming, images_at
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.frontends.sharing.source import AnyViewport
    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.model.image import Image
    from pycornerstone.model.volume import Volume
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["ask_for_time_point", "run_cine", "show_what_came"]


def ask_for_time_point(cell: DeskCell, time_point: int) -> None:
    """Have another point in time shown as soon as it is there; until then the one on show stays."""
    if not cell.is_shown or cell.number_of_time_points < 2:
        return
    wanted = min(max(time_point, 0), cell.number_of_time_points - 1)
    if cell.coming is not None:
        if cell.coming.time_point == wanted:
            return
        cell.coming.give_up()
        cell.coming = None
    if wanted != cell.time_point:
        _begin(cell, wanted)


def show_what_came(cell: DeskCell) -> None:
    """Show the point in time that was asked for, if it is there by now."""
    coming, viewport = cell.coming, cell.viewport
    if coming is None or viewport is None or not all(load.done() for _, load in coming.loads):
        return
    cell.coming = None
    error = next(filter(None, (load.exception() for _, load in coming.loads)), None)
    if error is not None:
        if cell.cine is not None and cell.cine.is_over_time:
            cell.cine = None
        cell.tell(said_of(error))
        return
    if not isinstance(viewport, StackViewport):
        _replace_volumes(cell, viewport, coming)
    elif coming.index != _place_in(viewport, cell.display_sets[0], coming.time_point):
        # It was scrolled meanwhile: there, it need not be loaded yet.
        _begin(cell, coming.time_point)
        return
    else:
        _replace_stack(cell, viewport, coming)
    cell.time_point = coming.time_point


def run_cine(cell: DeskCell, together: Iterable[DeskCell], now: float) -> None:
    """Take the steps of a cell's cine that are due; those over time in further cells, too."""
    cine, viewport = cell.cine, cell.viewport
    if cine is None or viewport is None or now < cine.next_at():
        return
    if not cine.is_over_time:
        cine.step(viewport, now)
        return
    # One that is still loading is waited for: what is left out now would be missing in each round.
    steps = cine.steps_due(now)
    if cell.coming is None and steps > 0 and cell.number_of_time_points > 1:
        wanted = cine.going_on(cell.time_point, steps, cell.number_of_time_points)
        for one in together:
            ask_for_time_point(one, wanted)


def _begin(cell: DeskCell, time_point: int) -> None:
    viewport, session = cell.viewport, cell.session
    index: int | None = None
    loads: list[tuple[str, Any]] = []
    if isinstance(viewport, StackViewport):
        index = _place_in(viewport, cell.display_sets[0], time_point)
        image_id = images_at(cell.display_sets[0], time_point)[index]
        loads.append(("", session.load_and_cache_image(image_id)))
    else:
        loads.extend(
            (volume_id, session.load_volume(images_at(found, time_point)))
            for found, (_, volume_id) in zip(cell.display_sets, cell.layers, strict=True)
            if found.time_points
        )
    cell.coming = Coming(time_point, tuple(loads), index)
    for _, load in loads:
        load.add_done_callback(lambda _: cell.wake())
    # What is there already is shown in the same breath.
    show_what_came(cell)


def _place_in(viewport: StackViewport, found: DisplaySet, time_point: int) -> int:
    return min(viewport.target_image_id_index or 0, len(images_at(found, time_point)) - 1)


def _replace_stack(cell: DeskCell, viewport: StackViewport, coming: Coming) -> None:
    image_ids = images_at(cell.display_sets[0], coming.time_point)
    _keep_window(viewport)
    how, zoom, pan, turned = viewport.properties, viewport.zoom, viewport.pan, viewport.rotation
    across, upside_down = viewport.flip_horizontal, viewport.flip_vertical
    given = {field.name: getattr(how, field.name) for field in fields(how)}
    _ = viewport.set_stack(image_ids, coming.index or 0)
    viewport.set_properties(**{name: to for name, to in given.items() if to is not None})
    # Each of these changes those that come after it.
    viewport.flip(horizontal=across, vertical=upside_down)
    viewport.set_rotation(turned)
    viewport.set_zoom(zoom)
    viewport.set_pan(pan)


def _replace_volumes(cell: DeskCell, viewport: VolumeViewport, coming: Coming) -> None:
    names = {}
    for old, load in coming.loads:
        volume = load.result(0)
        if old in viewport.volume_ids and volume.volume_id not in viewport.volume_ids:
            _keep_window(viewport, old)
            _ = viewport.replace_volume(old, volume)
            names[old] = volume.volume_id
    cell.layers = tuple((series, names.get(name, name)) for series, name in cell.layers)


def _keep_window(viewport: AnyViewport, volume_id: str | None = None) -> None:
    """Have values look alike at all points in time, though their headers may name other windows."""
    how: Any
    shown: Image | Volume | None
    if isinstance(viewport, StackViewport):
        how, shown, voi_range = viewport.properties, viewport.image, viewport.voi_range
    else:
        how, voi_range = viewport.properties(volume_id), viewport.voi_range(volume_id)
        shown = next(one for one in viewport.volumes if one.volume_id == volume_id)
    is_chosen = any(choice is not None for choice in (how.voi_range, how.window, how.window_index))
    header = None if shown is None else shown.voi_lut
    is_table = header is not None and bool(header.luts) and not header.windows
    if voi_range is None or is_chosen or is_table:
        return
    if isinstance(viewport, StackViewport):
        viewport.set_properties(voi_range=voi_range)
    else:
        viewport.set_properties(volume_id, voi_range=voi_range)
