"""The window in the user's hand: how far values go when the mouse does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from pycornerstone.frontends.browser.units import Unit
    from pycornerstone.model.image import Image
    from pycornerstone.model.volume import Volume
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["WindowDrag", "window_of"]

# Cornerstone3D's: a pixel of the mouse is one step for every so many values that there are.
_VALUES_A_STEP = 1024
# SUV that a drag over the height of the canvas goes through.
_SUV_A_HEIGHT = 5.0
_LEAST_SUV = 0.1


def window_of(
    viewport: StackViewport | VolumeViewport, volume_id: str | None = None
) -> tuple[float, float] | None:
    """Give the modality values that are drawn black and white; None of colours, and of nothing.

    Of several volumes, those of the first, or of that which is named.
    """
    if isinstance(viewport, StackViewport):
        return viewport.voi_range
    return viewport.voi_range(volume_id) if viewport.volumes else None


class WindowDrag:
    """Drags the window of a viewport, as Cornerstone3D's WindowLevelTool does.

    To the right, it becomes wider, and down, its centre rises; by how much goes by the values of
    the image or, of a volume, its middle slice. Of PET in SUV, black stays and white follows.
    """

    def __init__(self) -> None:
        self._known: tuple[str, float, bool] | None = None

    def drag(
        self,
        viewport: StackViewport | VolumeViewport,
        way: tuple[float, float],
        unit: Unit,
        ratio: float = 1.0,
        volume_id: str | None = None,
    ) -> None:
        """Go so far to the right and down, pixels of the canvas; `ratio` of them are one of CSS.

        Of several volumes, `volume_id` says the window of which; by default of the first.
        """
        dx, dy = way
        if not (math.isfinite(dx) and math.isfinite(dy)):
            return
        found = _looked_at(viewport, volume_id)
        if found is None:
            return
        if self._known is None or self._known[0] != found[0]:
            self._known = (found[0], *_range_of(found[1]))
        _, span, is_color = self._known
        lower, upper = window_of(viewport, volume_id) or ((0.0, span) if is_color else (0.0, 1.0))
        if unit.name.startswith("SUV"):
            upper -= dy * _SUV_A_HEIGHT / viewport.height / unit.factor
            upper = max(upper, _LEAST_SUV / unit.factor, lower)
        else:
            lower, upper = _moved(lower, upper, dx / ratio, dy / ratio, span)
        if not (math.isfinite(lower) and math.isfinite(upper)):
            return
        if isinstance(viewport, StackViewport):
            viewport.set_properties(voi_range=(lower, upper))
        else:
            viewport.set_properties(volume_id, voi_range=(lower, upper))


def _moved(lower: float, upper: float, dx: float, dy: float, span: float) -> tuple[float, float]:
    step = span / _VALUES_A_STEP
    if step > 1:
        step = round(step)
    # A width of 1 is all there is of values from 0 to 1.
    width = max(upper - lower + dx * step, min(1.0, span / _VALUES_A_STEP))
    center = (lower + upper) / 2 + dy * step
    return center - width / 2, center + width / 2


def _looked_at(
    viewport: StackViewport | VolumeViewport, volume_id: str | None
) -> tuple[str, Image | Volume] | None:
    """Give what says how far values go, and what it is called by."""
    if isinstance(viewport, StackViewport):
        image = viewport.image
        # Of all images of a stack alike, so that the mouse does not change its way.
        return None if image is None else (f"{hash(viewport.image_ids)}", image)
    volumes = (one for one in viewport.volumes if volume_id in {None, one.volume_id})
    found = next(volumes, None)
    return None if found is None else (found.volume_id, found)


def _range_of(shown: Image | Volume) -> tuple[float, bool]:
    """Give how far the values reach, and whether they are colours."""
    from pycornerstone.model.volume import Volume

    image = shown.image(shown.shape[0] // 2) if isinstance(shown, Volume) else shown
    if image.is_color:
        kind = image.pixels.dtype.kind
        return (1.0 if kind in "fb" else float(np.iinfo(image.pixels.dtype).max)), True
    values = image.modality_values()
    if image.padding_range is not None:
        low, high = image.padding_range
        values = values[(image.pixels < low) | (image.pixels > high)]
    values = values[np.isfinite(values)]
    span = float(values.max() - values.min()) if values.size else 0.0
    return span or 1.0, False
