"""Overlays over an image: which pixels of the canvas they paint."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.rendering.sampling import Interpolation, sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from pycornerstone.model.modules import OverlayPlane

__all__ = ["OverlayLayer", "outline"]

# Of image pixels in one of the canvas: nothing can be recognised where there are more.
_WIDEST = 64


class OverlayLayer:
    """The overlays of an image, made ready to be drawn again and again.

    Graphics are drawn as they are, regions of interest by their outline, so that what they are
    about stays visible. What lies beside the image is drawn, too.

    Parameters
    ----------
    overlays : iterable of OverlayPlane
        With their bits; those without any are passed over.
    """

    __slots__ = ("_planes", "_widened")

    def __init__(self, overlays: Iterable[OverlayPlane]) -> None:
        self._planes = [
            (_ink(overlay), overlay.row_origin, overlay.column_origin)
            for overlay in overlays
            if overlay.bits is not None and np.any(overlay.bits)
        ]
        self._widened: tuple[tuple[int, int], list[npt.NDArray[np.uint8]]] | None = None

    def mask(
        self, matrix: npt.NDArray[np.float64], size: tuple[int, int]
    ) -> npt.NDArray[np.uint8] | None:
        """Give 1 for each pixel of a canvas that is painted; None if there is nothing to paint.

        Parameters
        ----------
        matrix, size
            As for `sample`, of the image.

        Returns
        -------
        numpy.ndarray or None
            ``(height, width)``; `scratch`, valid until this thread asks again.
        """
        if not self._planes:
            return None
        width, height = reach = _reach(matrix)
        painted: npt.NDArray[np.uint8] | None = None
        planes = zip(self._widened_planes(reach), self._planes, strict=True)
        for number, (plane, (_, row, column)) in enumerate(planes):
            # A plane has been extended by as much as its lines have been widened.
            shift = np.array([[0, 0, width - 1 - column], [0, 0, height - 1 - row]])
            use = "overlay" if number else "overlays"
            found = sample(plane, matrix + shift, size, Interpolation.NEAREST, use=use)
            painted = found if painted is None else np.maximum(painted, found, out=painted)
        return painted

    def _widened_planes(self, reach: tuple[int, int]) -> list[npt.NDArray[np.uint8]]:
        known = self._widened
        if known is None or known[0] != reach:
            known = reach, [_widened(ink, reach) for ink, _, _ in self._planes]
            self._widened = known
        return known[1]


def outline(region: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Give the pixels of a region that touch what is not of it; lines stay as they are."""
    import cv2

    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(region, cross, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(region & ~np.asarray(inner, np.uint8), np.uint8)


def _ink(overlay: OverlayPlane) -> npt.NDArray[np.uint8]:
    bits = np.ascontiguousarray(overlay.bits, np.bool_).view(np.uint8)
    return outline(bits) if overlay.overlay_type == "R" else bits


def _reach(matrix: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Give how far apart, along rows and columns, canvas pixels may fall into the image.

    Every rectangle of that size has one of them in it. Lines that are so wide cannot fall between
    them, and are still as fine as the canvas can show.
    """
    across, down = np.abs(matrix[:, :2]).sum(axis=1).tolist()
    # Rounding noise of a matrix is no reason to widen.
    width, height = (min(max(math.ceil(steps - 1e-6), 1), _WIDEST) for steps in (across, down))
    return width, height


def _widened(ink: npt.NDArray[np.uint8], reach: tuple[int, int]) -> npt.NDArray[np.uint8]:
    import cv2

    width, height = reach
    if width == height == 1:
        return ink
    rows, columns = height - 1, width - 1
    grown = cv2.copyMakeBorder(ink, rows, rows, columns, columns, cv2.BORDER_CONSTANT, value=0)
    kernel = np.ones((height, width), np.uint8)
    return np.asarray(cv2.dilate(grown, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0))
