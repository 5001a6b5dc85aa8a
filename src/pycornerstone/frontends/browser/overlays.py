"""The texts at the corners of a cell, and the letters at its edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import MetadataProviderError
from pycornerstone.frontends.browser.edges import letters_of
from pycornerstone.frontends.browser.readable import day_of, number_text, time_of
from pycornerstone.frontends.browser.server_messages import Overlay
from pycornerstone.frontends.browser.units import unit_of
from pycornerstone.model.image import ImageQuality
from pycornerstone.model.luts import VoiFunction, VoiWindow
from pycornerstone.model.modules import GeneralImageModule, GeneralSeriesModule
from pycornerstone.viewports.anatomy import anatomical_letters
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.vectors import dot, negative
from pycornerstone.viewports.volumes.orientation import Orientation

if TYPE_CHECKING:
    from pycornerstone.frontends.browser.server_messages import Series
    from pycornerstone.frontends.browser.units import Unit
    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.modules import VoiLutModule
    from pycornerstone.session.session import Session
    from pycornerstone.viewports.presentation import GreyPresentation
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["overlay_of"]

_SLABS = {"maximum": "MIP", "minimum": "MinIP", "average": "average"}


def overlay_of(
    viewport: StackViewport | VolumeViewport,
    series: Series,
    session: Session | None = None,
    time: tuple[str, bool] = ("", False),
) -> Overlay:
    """Give what is written over a cell, as the viewport shows it now.

    Patient at the top left, study and series at the top right, image and place at the bottom left,
    window and zoom at the bottom right; and which side of the body is at which edge.

    Parameters
    ----------
    viewport : StackViewport or VolumeViewport
        What the cell shows.
    series : Series
        Its entry of the list.
    session : Session, optional
        Whose metadata know the rest: when it was taken, which instance it is, and whether it was
        ever compressed lossily (0028,2110).
    time : tuple of (str, bool)
        Which point in time it shows, and whether another one is on its way.
    """
    slices = _slices(viewport)
    image_id = viewport.current_image_id
    taken, is_lossy = ("", False) if session is None else _of_header(session, image_id)
    if isinstance(viewport, StackViewport):
        place = _stack_place(viewport)
    else:
        place = _volume_place(viewport)
    time_shown, is_other_coming = time
    marks = _marks(viewport, is_lossy=is_lossy, is_other_coming=is_other_coming)
    left, right, top, bottom = letters_of(viewport, session)
    zoom = f"Zoom {viewport.zoom * 100:.0f} %"
    return Overlay(
        top_left=_lines(*series.patient.split(" · ", 1)),
        top_right=_lines(series.study, series.title, taken),
        bottom_left=_lines(slices, time_shown, *place),
        bottom_right=_lines(*marks, *_windows(viewport, session), zoom),
        left=left,
        right=right,
        top=top,
        bottom=bottom,
    )


def _lines(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _slices(viewport: StackViewport | VolumeViewport) -> str:
    if isinstance(viewport, StackViewport):
        index, count = viewport.current_image_id_index, len(viewport.image_ids)
        return "" if index is None else f"Image {index + 1} / {count}"
    if not viewport.volumes:
        return ""
    return f"Slice {viewport.slice_index + 1} / {viewport.number_of_slices}"


def _stack_place(viewport: StackViewport) -> tuple[str, ...]:
    plane = None if viewport.image is None else viewport.image.plane
    if plane is None:
        return ()
    geometry = plane.geometry
    is_placed = not (geometry.position_is_default or geometry.orientation_is_default)
    thickness = plane.slice_thickness_mm
    return _lines(
        _location(geometry.position_lps, geometry.normal) if is_placed else "",
        f"Thickness {number_text(thickness)} mm" if thickness else "",
    )


def _volume_place(viewport: VolumeViewport) -> tuple[str, ...]:
    orientation = viewport.orientation
    name = "oblique"
    if isinstance(orientation, Orientation):
        name = str(orientation).removesuffix("_reformat")
    slab = viewport.slab
    mode = "" if slab is None else f"Slab {number_text(slab.thickness_mm)} mm {_SLABS[slab.mode]}"
    if not viewport.volumes or viewport.volumes[0].geometry.is_default:
        return _lines(name.capitalize(), mode)
    camera = viewport.camera
    place = _location(camera.focal_point_lps, camera.view_plane_normal)
    return _lines(name.capitalize(), place, mode)


def _location(point: Vector, normal: Vector) -> str:
    """Say how far from the origin of its frame of reference a plane is, and to which side."""
    distance = dot(point, normal)
    towards = normal if distance >= 0 else negative(normal)
    letter = anatomical_letters(towards)[:1]
    return f"{letter} {abs(distance):.1f} mm".strip()


def _windows(viewport: StackViewport | VolumeViewport, session: Session | None) -> tuple[str, ...]:
    """Say the windows of what is shown; of several volumes, each with its modality."""
    if isinstance(viewport, StackViewport):
        header = None if viewport.image is None else viewport.image.voi_lut
        unit = unit_of(viewport, session)
        return (_window(viewport.voi_range, viewport.properties, header, unit),)
    volumes = viewport.volumes
    texts = []
    for volume in volumes:
        name = volume.volume_id
        bounds, unit = viewport.voi_range(name), unit_of(viewport, session, name)
        text = _window(bounds, viewport.properties(name), volume.voi_lut, unit)
        is_named = len(volumes) > 1 and bool(text)
        texts.append(f"{volume.modality or ''} {text}".strip() if is_named else text)
    return tuple(texts)


def _window(
    bounds: tuple[float, float] | None,
    how: GreyPresentation,
    header: VoiLutModule | None,
    unit: Unit,
) -> str:
    """Say center and width as DICOM counts them; of SUV and the like, from where to where."""
    if bounds is None:
        return "inverted" if how.invert else ""
    mark = " inverted" if how.invert else ""
    lower, upper = (bound * unit.factor for bound in bounds)
    if unit.factor != 1 or unit.name not in ("", "HU"):
        return f"{number_text(lower)} to {number_text(upper)} {unit.name}{mark}".rstrip()
    function = how.voi_function or (header.function if header else None) or VoiFunction.LINEAR
    window = VoiWindow.from_bounds(lower, upper, function)
    return f"W {number_text(window.width)} L {number_text(window.center)}{mark}"


def _marks(
    viewport: StackViewport | VolumeViewport, *, is_lossy: bool, is_other_coming: bool
) -> tuple[str, ...]:
    """Warn of what is not the image as it was taken, or not the one that was asked for."""
    is_partial = False
    if isinstance(viewport, StackViewport):
        quality = viewport.current_image_quality
        is_partial = quality is not None and quality < ImageQuality.FULL_RESOLUTION
    elif viewport.volumes:
        loaded = viewport.loaded_slices()
        is_partial = loaded is not None and not np.all(loaded)
    return _lines(
        "Loading" if is_partial or is_other_coming else "", "Lossy compressed" if is_lossy else ""
    )


def _of_header(session: Session, image_id: str | None) -> tuple[str, bool]:
    """Say when an image was taken, and whether it was ever compressed lossily."""
    if image_id is None:
        return "", False
    try:
        image = session.metadata.get(GeneralImageModule, image_id)
        series = session.metadata.get(GeneralSeriesModule, image_id)
    except MetadataProviderError:
        return "", False
    day = time = ""
    if series is not None:
        day = day_of(series.acquisition_date or series.series_date)
        time = time_of(series.acquisition_time or series.series_time)
    is_lossy = image is not None and (image.lossy_image_compression or "").strip() == "01"
    return " ".join(part for part in (day, time) if part), is_lossy
