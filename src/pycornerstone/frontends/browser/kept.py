"""What a page shows, in a text that it keeps: another connection, or another server, goes on by it.

The text comes back from a page, so nothing in it is taken as it is: series are numbers in the list
that there is, and all else goes where it is checked.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from pycornerstone.rendering.colormaps import colormap_names
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.frontends.sharing.source import AnyViewport, Exhibit
    from pycornerstone.viewports.presentation import GreyPresentation
    from pycornerstone.viewports.volumes.orientation import OrientationLike
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = [
    "KeptCell",
    "KeptDesk",
    "KeptLayer",
    "fingerprint_of",
    "kept_of",
    "plain_orientation",
    "properties_of",
    "read_kept",
    "write_kept",
]

Vector: TypeAlias = tuple[float, float, float]

_LONGEST_TEXT = 48 * 1024


class _Kept(
    msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True
):
    """A part of what is kept."""


class KeptLayer(_Kept, frozen=True):
    """How one of the images over each other is drawn, as `set_properties` has it."""

    series: int
    voi_range: tuple[float, float] | None = None
    window: tuple[float, float] | None = None
    window_index: int | str | None = None
    voi_function: str | None = None
    invert: bool = False
    colormap: str = "gray"
    """Somebody's own is that of the viewport that is shown."""
    interpolation: str = "linear"
    opacity: float = 1.0
    opacity_mapping: tuple[tuple[float, float], ...] = ()
    opacity_follows_voi: bool = False
    threshold: tuple[float | None, float | None] | None = None
    """None where it is infinite, which JSON has no number for."""
    visible: bool = True
    show_overlays: bool = True
    overlay_color: tuple[int, int, int] = (0, 255, 0)
    show_shutter: bool = True
    apply_icc_profile: bool = False


class KeptCell(_Kept, frozen=True):
    """How a cell shows its layers, the lowest first."""

    layers: tuple[KeptLayer, ...] = ()
    size: tuple[int, int] = (512, 512)
    """Of the canvas, which `pan` is of."""
    orientation: str | tuple[Vector, Vector] | None = None
    """None of a stack."""
    home: str | tuple[Vector, Vector] | None = None
    """The plane that it is put back to."""
    index: int | None = None
    """Of the image of a stack, or of the slice if the plane is exactly there."""
    place: Vector | None = None
    """What the plane goes through."""
    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    flip_horizontal: bool = False
    flip_vertical: bool = False
    slab_mm: float = 0.0
    slab_mode: str = "maximum"
    frames_per_second: float = 0.0
    is_back_and_forth: bool = False
    is_over_time: bool = False
    time_point: int = 0


class KeptDesk(_Kept, frozen=True):
    """What a page shows."""

    exhibit: str
    """Fingerprint of what it was shown from: numbers of series mean nothing elsewhere."""
    layout: str
    cells: tuple[KeptCell, ...]
    is_linked: bool = False
    active: int = 0
    before: tuple[int | None, ...] = ()
    """What the cells of a grid have shown before there were planes."""


def write_kept(kept: KeptDesk) -> str | None:
    """Give the text of it; None if it is longer than a page may send."""
    text = msgspec.json.encode(kept)
    return text.decode() if len(text) <= _LONGEST_TEXT else None


def read_kept(text: str) -> KeptDesk:
    """Read it; ValueError if it is none."""
    try:
        return msgspec.json.decode(text, type=KeptDesk)
    except msgspec.MsgspecError as error:
        raise ValueError("that is nothing that was kept") from error


def fingerprint_of(exhibit: Exhibit) -> str:
    """Give a text that is the same of the same images in the same order, and says nothing else."""
    summed = hashlib.sha256()
    for found in exhibit.display_sets:
        parts = (found.display_set_id, found.kind, found.rows, found.columns, *found.image_ids)
        for part in (*parts, found.frame_of_reference_uid):
            summed.update(f"{part}\0".encode("utf-8", "surrogatepass"))
    return summed.hexdigest()[:32]


def kept_of(viewport: AnyViewport, layers: Sequence[tuple[int, str]]) -> KeptCell:
    """Give how a viewport shows its layers: numbers of series, and the volumes that they are."""
    x, y = viewport.pan
    kept = KeptCell(
        size=(viewport.width, viewport.height),
        zoom=viewport.zoom,
        pan=(x, y),
        rotation=viewport.rotation,
        flip_horizontal=viewport.flip_horizontal,
        flip_vertical=viewport.flip_vertical,
    )
    if isinstance(viewport, StackViewport):
        return msgspec.structs.replace(
            kept,
            layers=tuple(_layer(series, viewport.properties) for series, _ in layers),
            index=viewport.target_image_id_index,
        )
    there = set(viewport.volume_ids)
    slab = viewport.slab
    return msgspec.structs.replace(
        kept,
        layers=tuple(
            _layer(series, viewport.properties(name)) for series, name in layers if name in there
        ),
        orientation=plain_orientation(viewport.orientation),
        slab_mm=0.0 if slab is None else slab.thickness_mm,
        slab_mode="maximum" if slab is None else slab.mode.value,
        **_place_of(viewport),
    )


def plain_orientation(orientation: OrientationLike) -> Any:
    """Give an orientation as text has it."""
    if isinstance(orientation, str):
        return str(orientation)
    return tuple(tuple(map(float, direction)) for direction in orientation)


def properties_of(kept: KeptLayer, *, of_stack: bool) -> dict[str, Any]:
    """Give how a layer is drawn, as `set_properties` takes it; somebody's own colours are left out.

    Of several ways in which values become greys or opaque, one alone is chosen.
    """
    names = ["voi_range", "window", "window_index", "voi_function"]
    given = {name: getattr(kept, name) for name in names if getattr(kept, name) is not None}
    given |= {"invert": kept.invert, "interpolation": kept.interpolation}
    if kept.colormap in colormap_names():
        given["colormap"] = kept.colormap
    if of_stack:
        more = ["show_overlays", "overlay_color", "show_shutter", "apply_icc_profile"]
    else:
        more = ["opacity", "opacity_follows_voi", "visible"]
        if kept.opacity_mapping:
            given["opacity_mapping"] = kept.opacity_mapping
        if kept.threshold is not None:
            lowest, highest = kept.threshold
            given["threshold"] = (
                -math.inf if lowest is None else lowest,
                math.inf if highest is None else highest,
            )
    return given | {name: getattr(kept, name) for name in more}


def _place_of(viewport: VolumeViewport) -> dict[str, Any]:
    try:
        place = viewport.camera.focal_point_lps
        index = viewport.slice_index if viewport.is_on_slice else None
    except RuntimeError:
        # Its volume is still on its way.
        return {}
    return {"place": place, "index": index}


def _layer(series: int, how: GreyPresentation) -> KeptLayer:
    given: dict[str, Any] = {}
    for name in KeptLayer.__struct_fields__[1:]:
        if hasattr(how, name):
            given[name] = getattr(how, name)
    given["colormap"] = how.colormap.name
    given["interpolation"] = str(how.interpolation)
    given["voi_function"] = None if how.voi_function is None else str(how.voi_function)
    given["window"] = None if how.window is None else (how.window.center, how.window.width)
    threshold = given.get("threshold")
    if threshold is not None:
        given["threshold"] = tuple(at if math.isfinite(at) else None for at in threshold)
    return KeptLayer(series, **given)
