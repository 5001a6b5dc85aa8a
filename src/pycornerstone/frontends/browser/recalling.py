"""A viewport made to look as one did before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.browser.cine import Cine
from pycornerstone.frontends.browser.kept import properties_of
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.volumes.viewport import VolumeViewport

if TYPE_CHECKING:
    from pycornerstone.frontends.browser.kept import KeptCell, KeptLayer
    from pycornerstone.frontends.sharing.source import AnyViewport, Exhibit

__all__ = ["look_as_before", "properties_before"]


def properties_before(kept: KeptLayer, exhibit: Exhibit, *, of_stack: bool) -> dict[str, Any]:
    """Give how a layer was drawn, as `set_properties` takes it."""
    given = properties_of(kept, of_stack=of_stack)
    if "colormap" not in given:
        own = _own_colormap(kept, exhibit)
        if own is not None:
            given["colormap"] = own
    return given


def look_as_before(viewport: AnyViewport, kept: KeptCell, cine_since: float) -> Cine | None:
    """Let a viewport, whose images are there, look as it did; give the cine that ran."""
    width, height = viewport.width, viewport.height
    viewport.resize(*kept.size)
    if isinstance(viewport, VolumeViewport):
        if kept.place is not None:
            viewport.jump_to_world(kept.place)
        if kept.index is not None:
            viewport.set_slice_index(min(max(kept.index, 0), viewport.number_of_slices - 1))
        viewport.set_slab(kept.slab_mm, kept.slab_mode)
    # Each of these changes those that come after it.
    viewport.flip(horizontal=kept.flip_horizontal, vertical=kept.flip_vertical)
    viewport.set_rotation(kept.rotation)
    viewport.set_zoom(kept.zoom)
    viewport.set_pan(kept.pan)
    viewport.resize(width, height)
    if kept.frames_per_second > 0:
        return Cine(
            kept.frames_per_second,
            cine_since,
            is_back_and_forth=kept.is_back_and_forth,
            is_over_time=kept.is_over_time,
        )
    return None


def _own_colormap(kept: KeptLayer, exhibit: Exhibit) -> Any:
    """Give the colours that have no name: those of the viewport that the page was opened with."""
    given = exhibit.viewport
    if given is None:
        return None
    if isinstance(given, StackViewport):
        how: Any = given.properties
    else:
        volumes = given.volumes
        if kept.series >= len(volumes):
            return None
        how = given.properties(volumes[kept.series].volume_id)
    return how.colormap if how.colormap.name == kept.colormap else None
