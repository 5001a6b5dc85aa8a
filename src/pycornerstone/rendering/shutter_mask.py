"""Shutters: which pixels of an image are covered, and with what."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.rendering.color_management import lab_to_srgb

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from pycornerstone.model.modules import DisplayShutterModule, OverlayPlane

    Mask = npt.NDArray[np.uint8]

__all__ = ["shutter_color", "shutter_mask"]

_log = logging.getLogger("pycornerstone.rendering")

# No image reaches further; OpenCV draws polygons with 16 bits behind the point.
_FURTHEST = 2**20


def shutter_mask(
    shutter: DisplayShutterModule,
    shape: tuple[int, int],
    overlays: Iterable[OverlayPlane] = (),
    aspect: float = 1.0,
) -> npt.NDArray[np.uint8] | None:
    """Give what of an image is covered: what any of the shapes covers (PS3.3 C.7.6.11).

    Edges, vertices and the pixels on a circle are shown. A circle is round on the screen: its
    radius counts pixels along a row, and fewer or more rows if they lie further apart or closer.

    Parameters
    ----------
    shutter : DisplayShutterModule
        The shapes.
    shape : tuple of int
        ``(rows, columns)`` of the image.
    overlays : iterable of OverlayPlane
        Those of the image; one of them may be the shutter.
    aspect : float
        Distance of two rows, in distances of two columns.

    Returns
    -------
    numpy.ndarray or None
        ``(rows, columns)`` uint8, 1 for what is covered. None if that is nothing; or everything,
        which is a mistake and logged: an image of which nothing is seen helps nobody.
    """
    covered = np.zeros(shape, np.uint8)
    for name in shutter.shapes:
        if name == "RECTANGULAR":
            covered |= _outside_rectangle(shutter, shape)
        elif name == "CIRCULAR":
            covered |= _outside_circle(shutter, shape, aspect)
        elif name == "POLYGONAL":
            covered |= _outside_polygon(shutter, shape)
        elif name == "BITMAP":
            covered |= _bitmap(shutter, shape, overlays)
    if covered.all():
        _log.warning("the shutter of (0018,1600) covers the whole image, so it is not drawn")
        return None
    return covered if covered.any() else None


def shutter_color(shutter: DisplayShutterModule) -> tuple[int, int, int]:
    """Give the red, green and blue of what is covered; black where nothing is said of it.

    P-values are greys from 0, black, to 65535, white (PS3.3 C.7.6.15), CIELab is as in C.10.7.1.1.
    """
    if shutter.presentation_cielab is not None and len(shutter.presentation_cielab) == 3:
        return lab_to_srgb(shutter.presentation_cielab)
    grey = round(min(max(shutter.presentation_value or 0, 0), 65535) * 255 / 65535)
    return grey, grey, grey


def _outside_rectangle(shutter: DisplayShutterModule, shape: tuple[int, int]) -> Mask:
    covered = np.ones(shape, np.uint8)
    edges = shutter.upper_edge, shutter.lower_edge, shutter.left_edge, shutter.right_edge
    upper, lower, left, right = (None if edge is None else max(edge, 0) for edge in edges)
    # They count from 1, and the last one is shown.
    covered[max((upper or 1) - 1, 0) : lower, max((left or 1) - 1, 0) : right] = 0
    return covered


def _outside_circle(shutter: DisplayShutterModule, shape: tuple[int, int], aspect: float) -> Mask:
    if shutter.center is None or shutter.radius is None:
        return np.zeros(shape, np.uint8)
    down = (np.arange(1, shape[0] + 1) - float(shutter.center[0])) * aspect
    across = np.arange(1, shape[1] + 1) - float(shutter.center[1])
    # Compared as it is, this needs no second array of the image's size.
    half_width_squared = float(shutter.radius) ** 2 - down**2
    return (across**2 > half_width_squared[:, np.newaxis]).view(np.uint8)


def _outside_polygon(shutter: DisplayShutterModule, shape: tuple[int, int]) -> Mask:
    import cv2

    covered = np.ones(shape, np.uint8)
    if len(shutter.vertices) > 2:
        points = [
            [min(max(value - 1, -_FURTHEST), _FURTHEST) for value in (column, row)]
            for row, column in shutter.vertices
        ]
        cv2.fillPoly(covered, [np.array(points, np.int32)], 0)
    return covered


def _bitmap(
    shutter: DisplayShutterModule, shape: tuple[int, int], overlays: Iterable[OverlayPlane]
) -> Mask:
    """Give the overlay that is the shutter: its ones are covered (PS3.3 C.7.6.15)."""
    covered = np.zeros(shape, np.uint8)
    for overlay in overlays:
        if overlay.group != shutter.overlay_group or overlay.bits is None:
            continue
        row, column = overlay.row_origin, overlay.column_origin
        bits = np.asarray(overlay.bits, np.bool_)[max(-row, 0) :, max(-column, 0) :]
        place = covered[max(row, 0) :, max(column, 0) :]
        rows, columns = min(len(bits), len(place)), min(bits.shape[1], place.shape[1])
        place[:rows, :columns] |= bits[:rows, :columns]
    return covered
