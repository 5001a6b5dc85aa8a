"""What a hand does to a canvas: zoom about a point, pan, turn, mirror, and where points are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.frontends.browser.server_messages import Grid
from pycornerstone.model.modules import SpacingType
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from pycornerstone.model.image import Image
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["flip", "grid_of", "near_canvas", "pan_by", "zoom_at"]

_ZOOMS = (0.02, 200.0)
_NOT_PATIENTS = {
    SpacingType.PROJECTED,
    SpacingType.NOMINAL,
    SpacingType.UNKNOWN,
    SpacingType.UNCALIBRATED,
}
# The canvas' top left corner, and a pixel on to the right and down.
_CORNER = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))


def zoom_at(
    viewport: StackViewport | VolumeViewport, factor: float, point: tuple[float, float]
) -> None:
    """Magnify by a factor, within limits; what is at a point of the canvas stays there."""
    if not (math.isfinite(factor) and factor > 0 and all(map(math.isfinite, point))):
        return
    lowest, highest = _ZOOMS
    zoom = min(max(viewport.zoom * factor, lowest), highest)
    factor = zoom / viewport.zoom
    if factor == 1:
        return
    point = near_canvas(viewport, point)
    middle = viewport.width / 2, viewport.height / 2
    pan = [
        at - half + (old - (at - half)) * factor
        for at, half, old in zip(point, middle, viewport.pan, strict=True)
    ]
    viewport.set_zoom(zoom)
    viewport.set_pan(pan)


def near_canvas(
    viewport: StackViewport | VolumeViewport, point: tuple[float, float]
) -> tuple[float, float]:
    """Give the point nearest to one that is no further from the canvas than a hand goes."""
    width, height = viewport.width, viewport.height
    x, y = point
    return min(max(x, -width), 2 * width), min(max(y, -height), 2 * height)


def pan_by(viewport: StackViewport | VolumeViewport, dx: float, dy: float) -> None:
    """Shift what is shown, so far that some of it can still be seen."""
    if not (math.isfinite(dx) and math.isfinite(dy)):
        return
    across, down = viewport.pan
    most = [side * (1 + viewport.zoom) / 2 for side in (viewport.width, viewport.height)]
    viewport.set_pan(
        [min(max(at, -far), far) for at, far in zip((across + dx, down + dy), most, strict=True)]
    )


def flip(viewport: StackViewport | VolumeViewport, *, is_horizontal: bool) -> None:
    """Mirror the canvas, left to right or top to bottom."""
    if is_horizontal:
        viewport.flip(horizontal=not viewport.flip_horizontal)
    else:
        viewport.flip(vertical=not viewport.flip_vertical)


def grid_of(viewport: StackViewport | VolumeViewport) -> Grid:
    """Give where canvas points are; RuntimeError while nothing is on show."""
    if isinstance(viewport, StackViewport):
        image = viewport.image
        if image is not None and not _is_placed(image):
            return _grid_of_pixels(viewport, image)
        is_calibrated = image is None or _is_patients(image)
    elif viewport.volumes and viewport.volumes[0].geometry.is_default:
        points = viewport.canvas_to_index(_CORNER)
        return _grid(points, "px")
    else:
        is_calibrated = True
    world = viewport.canvas_to_world(_CORNER)
    return _grid(world, "mm", is_calibrated=is_calibrated)


def _grid_of_pixels(viewport: StackViewport, image: Image) -> Grid:
    index = viewport.canvas_to_index(_CORNER)
    points = np.concatenate([index, np.zeros((3, 1))], axis=1)
    geometry = image.geometry
    spacing = None
    if not geometry.spacing_is_default:
        spacing = geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm
    return _grid(points, "px", spacing, is_calibrated=_is_patients(image))


def _is_placed(image: Image) -> bool:
    geometry = image.geometry
    return not (
        geometry.position_is_default
        or geometry.orientation_is_default
        or geometry.spacing_is_default
    )


def _is_patients(image: Image) -> bool:
    """Whether lengths are those of the patient, and not those at the detector."""
    kind = None if image.plane is None else image.plane.spacing_type
    return kind not in _NOT_PATIENTS


def _grid(
    points: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    unit: str,
    spacing: tuple[float, float] | None = None,
    *,
    is_calibrated: bool = True,
) -> Grid:
    origin, right, down = points.tolist()
    return Grid(
        tuple(origin),
        tuple(b - a for a, b in zip(origin, right, strict=True)),
        tuple(b - a for a, b in zip(origin, down, strict=True)),
        "mm" if unit == "mm" else "px",
        spacing,
        is_calibrated,
    )
