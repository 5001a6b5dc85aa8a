"""What lies over an image when it is shown: its shutter, and over that its overlays.

A shutter stands in for the parts of the *image* that it covers (PS3.3 C.7.6.11). Overlays are no
part of the image but written on it, and stay legible where they reach over the shutter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.rendering.overlay_layer import OverlayLayer
from pycornerstone.rendering.sampling import Interpolation, paint, sample
from pycornerstone.rendering.shutter_mask import shutter_color, shutter_mask
from pycornerstone.rendering.tables import packed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.image import Image

__all__ = ["Covers"]


class Covers:
    """Shutter and overlays of an image, made ready when they are first drawn.

    Parameters
    ----------
    image : Image
        The image.
    """

    __slots__ = ("_image", "_layer", "_shutter")

    def __init__(self, image: Image) -> None:
        self._image = image
        self._layer: OverlayLayer | None = None
        self._shutter: tuple[npt.NDArray[np.uint8] | None, int] | None = None

    def draw_shutter(
        self, canvas: npt.NDArray[np.int32], matrix: npt.NDArray[Any], size: tuple[int, int]
    ) -> None:
        """Cover what the shutter covers.

        Parameters
        ----------
        canvas : numpy.ndarray
            ``(height, width)`` packed colours, changed in place.
        matrix, size
            As for `sample`, of the image.
        """
        shutter = self._image.shutter
        if shutter is None or not shutter.shapes:
            return
        if self._shutter is None:
            geometry = self._image.geometry
            mask = shutter_mask(
                shutter,
                (self._image.rows, self._image.columns),
                self._image.overlays or (),
                _ratio(geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm),
            )
            self._shutter = mask, packed(*shutter_color(shutter))
        mask, color = self._shutter
        if mask is not None:
            covered = sample(mask, matrix, size, Interpolation.NEAREST, use="shutter")
            paint(canvas, covered, color)

    def draw_overlays(
        self,
        canvas: npt.NDArray[np.int32],
        matrix: npt.NDArray[Any],
        size: tuple[int, int],
        color: tuple[int, int, int],
    ) -> None:
        """Draw the overlays, but for one that is a bitmap shutter; see `draw_shutter`."""
        if not self._image.overlays:
            return
        if self._layer is None:
            shutter = self._image.shutter
            is_bitmap = shutter is not None and "BITMAP" in shutter.shapes
            taken = shutter.overlay_group if shutter and is_bitmap else None
            overlays = (overlay for overlay in self._image.overlays if overlay.group != taken)
            self._layer = OverlayLayer(overlays)
        mask = self._layer.mask(matrix, size)
        if mask is not None:
            paint(canvas, mask, packed(*color))


def _ratio(row_spacing: float, column_spacing: float) -> float:
    """Give how far apart rows are, in distances of columns; 1 where the header is no help."""
    ratio = abs(row_spacing / column_spacing) if column_spacing else 0.0
    return ratio if 0 < ratio < float("inf") else 1.0
