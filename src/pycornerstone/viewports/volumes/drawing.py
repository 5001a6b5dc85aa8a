"""The planes of several volumes, and labels over them, as one picture."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.labels import paint_labels
from pycornerstone.rendering.volumes.layers import blend, paint
from pycornerstone.viewports.volumes.plane import world_from_canvas
from pycornerstone.viewports.volumes.volume_presentation import layer_style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.rendering.volumes.cut import Slab
    from pycornerstone.rendering.volumes.labels import LabelStyle
    from pycornerstone.viewports.camera import Camera
    from pycornerstone.viewports.volumes.shown_volume import ShownVolume

__all__ = ["draw_planes"]


def draw_planes(
    volumes: Sequence[ShownVolume],
    labelmaps: Sequence[tuple[ShownVolume, LabelStyle]],
    camera: Camera,
    size: tuple[int, int],
    slab: Slab | None,
    background: tuple[int, int, int],
) -> npt.NDArray[np.uint8]:
    """Draw the plane of a camera through volumes, the first at the bottom.

    Labels are those of the plane itself, however thick the slab is: of several that lie behind each
    other none is more right than another.

    Parameters
    ----------
    volumes : sequence of ShownVolume
        What is known of by now.
    labelmaps : sequence of (ShownVolume, LabelStyle)
        Over all of these.
    camera : Camera
        Where the plane is, and what of it is on the canvas.
    size : tuple of int
        ``(width, height)`` of the canvas.
    slab : Slab or None
        How thick the plane is.
    background : tuple of int
        Red, green and blue of where nothing is.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 4)`` uint8: red, green, blue and 255.
    """
    to_world = world_from_canvas(camera, size)
    layers = []
    for shown in volumes:
        how = shown.presentation
        with _still_there(shown):
            if how.visible:
                made = shown.cut(to_world, size, how.interpolation, slab)
                layers.append(paint(made, layer_style(how, shown.known, shown.voi)))
    for shown, style in labelmaps:
        with _still_there(shown):
            made = shown.cut(to_world, size, Interpolation.NEAREST, None)
            layers.append(paint_labels(made, style))
    return blend(layers, size, background)


@contextmanager
def _still_there(shown: ShownVolume) -> Iterator[None]:
    try:
        yield
    except RuntimeError:
        # Its load may have failed meanwhile; nothing of it is to be seen then.
        if shown.error is None:
            raise
