"""One image on a canvas: how it is zoomed, moved, turned and flipped, and what lies where."""

from __future__ import annotations

import operator
import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from pycornerstone.model.events import CameraModified, CameraReset
from pycornerstone.viewports.camera import world_to_index
from pycornerstone.viewports.view import View, view_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.events import EventDetail
    from pycornerstone.model.image import Image
    from pycornerstone.session.events import EventBus
    from pycornerstone.viewports.camera import Camera
    from pycornerstone.viewports.shown_image import ShownImage

__all__ = ["CanvasView"]

_LONGEST_SIDE = 32767


class CanvasView:
    """A canvas that looks at an image; all of it may be used from any thread.

    The view (zoom, pan, rotation, flips) is kept when another image is shown, and counts from the
    camera in which that image fits the canvas.

    Parameters
    ----------
    width, height : int
        Of the canvas, pixels.
    events : EventBus
        Who is told of what happens.
    viewport_id : str, optional
        Its name in events.
    """

    def __init__(
        self, width: int, height: int, events: EventBus, viewport_id: str | None = None
    ) -> None:
        self.viewport_id = viewport_id or f"viewport-{uuid.uuid4().hex[:8]}"
        self._size = _checked_size(width, height)
        self._events = events
        self._lock = threading.RLock()
        self._view = View()
        self._shown: ShownImage | None = None

    @property
    def width(self) -> int:
        """Width of the canvas, pixels."""
        return self._size[0]

    @property
    def height(self) -> int:
        """Height of the canvas, pixels."""
        return self._size[1]

    @property
    def image(self) -> Image | None:
        """The image on show; None while the first of a stack is loading."""
        shown = self._shown
        return None if shown is None else shown.image

    @property
    def camera(self) -> Camera:
        """The camera; RuntimeError while no image is on show."""
        with self._lock:
            return self._on_show().camera(self._view, self._size)

    @property
    def zoom(self) -> float:
        """How many times larger than fitting the image is."""
        return self._view.zoom

    @property
    def pan(self) -> tuple[float, float]:
        """By how many canvas pixels its middle is to the right of and below the canvas'."""
        return self._view.pan

    @property
    def rotation(self) -> float:
        """Degrees by which it is turned clockwise, from 0 up to 360."""
        return self._view.rotation

    @property
    def flip_horizontal(self) -> bool:
        """Its left and right are exchanged."""
        return self._view.flip_horizontal

    @property
    def flip_vertical(self) -> bool:
        """Its top and bottom are exchanged."""
        return self._view.flip_vertical

    def set_zoom(self, zoom: float) -> None:
        """Enlarge about the middle of the canvas; 1 is fitting.

        Raises
        ------
        ValueError
            If `zoom` is not above 0.
        """
        with self._lock:
            changed = self._set_view(self._view.zoomed(zoom))
        self._tell_moved(changed)

    def set_pan(self, pan: Sequence[float]) -> None:
        """Move the image's middle to so many canvas pixels from the canvas', right and down.

        Raises
        ------
        ValueError
            If it is no pair of finite numbers.
        """
        with self._lock:
            changed = self._set_view(self._view.panned(pan))
        self._tell_moved(changed)

    def set_rotation(self, degrees: float) -> None:
        """Turn about the middle of the canvas, to so many degrees clockwise.

        Raises
        ------
        ValueError
            If it is not finite.
        """
        with self._lock:
            changed = self._set_view(self._view.rotated(degrees))
        self._tell_moved(changed)

    def flip(self, *, horizontal: bool | None = None, vertical: bool | None = None) -> None:
        """Mirror the canvas until the image is flipped as said; None leaves it as it is.

        What was turned clockwise is then turned counterclockwise, as in a mirror.
        """
        with self._lock:
            view = self._view
            across = view.flip_horizontal if horizontal is None else horizontal
            upside_down = view.flip_vertical if vertical is None else vertical
            changed = self._set_view(view.flipped(horizontal=across, vertical=upside_down))
        self._tell_moved(changed)

    def set_camera(self, camera: Camera) -> None:
        """Look through another camera; make it of `camera` by `dataclasses.replace`.

        Raises
        ------
        ValueError
            If it does not look at the image at right angles.
        RuntimeError
            While no image is on show.
        """
        with self._lock:
            fit = self._on_show().fit(self._size)
            changed = self._set_view(view_of(camera, fit, self._size[1], self._view))
        self._tell_moved(changed)

    def reset_camera(self) -> None:
        """Let the image fit the canvas again, upright."""
        with self._lock:
            changed = self._set_view(View())
        self._tell_moved(changed)
        self._emit(CameraReset(self.viewport_id))

    def resize(self, width: int, height: int) -> None:
        """Give the canvas another size; zoom stays, and what is in the middle does.

        Raises
        ------
        ValueError
            If a side is below 1 or above 32,767 pixels.
        """
        size = _checked_size(width, height)
        with self._lock:
            old, self._size = self._size, size
            shown, view = self._shown, self._view
            if shown is not None:
                grown = shown.fit(old).mm_per_pixel(old) / shown.fit(size).mm_per_pixel(size)
                self._view = replace(view, pan=(view.pan[0] * grown, view.pan[1] * grown))
        self._tell_moved(size != old)

    def canvas_to_world(self, point: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give the place in the patient that a canvas point shows.

        Parameters
        ----------
        point : array_like
            ``(..., 2)`` x and y, pixels from the top left corner of the canvas.

        Returns
        -------
        numpy.ndarray
            ``(..., 3)`` LPS mm.

        Raises
        ------
        RuntimeError
            While no image is on show.
        """
        with self._lock:
            camera, size = self.camera, self._size
        return camera.canvas_to_world(point, size)

    def world_to_canvas(self, point: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give the canvas point at which a place of the patient is shown, or would be in front."""
        with self._lock:
            camera, size = self.camera, self._size
        return camera.world_to_canvas(point, size)

    def canvas_to_index(self, point: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give ``(..., 2)`` column and row that a canvas point shows, (0, 0) a pixel's centre."""
        with self._lock:
            shown, camera, size = self._on_show(), self.camera, self._size
        return world_to_index(camera.canvas_to_world(point, size), shown.inverse)

    def _on_show(self) -> ShownImage:
        if self._shown is None:
            raise RuntimeError(
                f"{self.viewport_id} has no image on show; wait for what set_stack returned"
            )
        return self._shown

    def _set_view(self, view: View) -> bool:
        changed, self._view = view != self._view, view
        return changed

    def _tell_moved(self, changed: bool) -> None:  # noqa: FBT001 - all it is told
        if changed:
            self._emit(CameraModified(self.viewport_id))

    def _emit(self, detail: EventDetail) -> None:
        """Tell who listens; never called with the lock held."""
        self._events.emit(detail)


def _checked_size(width: int, height: int) -> tuple[int, int]:
    size = operator.index(width), operator.index(height)
    if not all(1 <= side <= _LONGEST_SIDE for side in size):
        raise ValueError(
            f"a canvas has from 1 to {_LONGEST_SIDE} pixels each way, got {width} x {height}"
        )
    return size
