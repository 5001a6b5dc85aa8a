"""What lies on a canvas: how it is zoomed, moved, turned and flipped, and what is where."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pycornerstone.model.events import CameraModified, CameraReset
from pycornerstone.model.given_values import text_of, whole_number
from pycornerstone.viewports.camera import Camera
from pycornerstone.viewports.view import View, view_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.events import EventDetail
    from pycornerstone.session.events import EventBus

__all__ = ["CanvasView", "Shown", "checked_camera"]

_LONGEST_SIDE = 32767


class Shown(Protocol):
    """What a canvas looks at: an image, or a plane through a volume."""

    def fit(self, size: tuple[int, int], /) -> Camera:
        """Give the camera in which it fits a canvas of ``(width, height)``."""

    def camera(self, view: View, size: tuple[int, int], /) -> Camera:
        """Give the camera of a view of it."""


ShownT = TypeVar("ShownT", bound=Shown)


class CanvasView(Generic[ShownT]):
    """A canvas that looks at something; all of it may be used from any thread.

    The view (zoom, pan, rotation, flips) is kept when another thing is shown, and counts from the
    camera in which that fits the canvas.

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
        made = f"viewport-{uuid.uuid4().hex[:8]}"
        self.viewport_id = made if viewport_id is None else text_of(viewport_id, "viewport_id")
        self._size = _checked_size(width, height)
        self._events = events
        self._lock = threading.RLock()
        self._view = View()
        self._shown: ShownT | None = None

    @property
    def events(self) -> EventBus:
        """Who is told of what happens here: that of the session."""
        return self._events

    @property
    def width(self) -> int:
        """Width of the canvas, pixels."""
        return self._size[0]

    @property
    def height(self) -> int:
        """Height of the canvas, pixels."""
        return self._size[1]

    @property
    def camera(self) -> Camera:
        """The camera; RuntimeError while nothing is on show."""
        with self._lock:
            return self._on_show().camera(self._view, self._size)

    @property
    def zoom(self) -> float:
        """How many times larger than fitting it is shown."""
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

        Raises
        ------
        TypeError
            If one is neither.
        """
        for name, given in (("horizontal", horizontal), ("vertical", vertical)):
            if given is not None and not isinstance(given, bool):
                raise TypeError(f"{name} is True, False or None, got {given!r}")
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
        TypeError
            If it is no Camera.
        ValueError
            If it does not look at the image at right angles.
        RuntimeError
            While nothing is on show.
        """
        checked_camera(camera)
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
            While nothing is on show.
        """
        with self._lock:
            camera, size = self.camera, self._size
        return camera.canvas_to_world(point, size)

    def world_to_canvas(self, point: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give the canvas point at which a place of the patient is shown, or would be in front."""
        with self._lock:
            camera, size = self.camera, self._size
        return camera.world_to_canvas(point, size)

    def _on_show(self) -> ShownT:
        if self._shown is None:
            raise RuntimeError(f"{self.viewport_id} has {self._nothing}")
        return self._shown

    @property
    def _nothing(self) -> str:
        """What is wrong, and what to do, while nothing is on show."""
        return "nothing on show"

    def _set_view(self, view: View) -> bool:
        changed, self._view = view != self._view, view
        return changed

    def _tell_moved(self, changed: bool) -> None:  # noqa: FBT001 - all it is told
        if changed:
            self._emit(CameraModified(self.viewport_id))

    def _emit(self, detail: EventDetail) -> None:
        """Tell who listens; never called with the lock held."""
        self._events.emit(detail)


def checked_camera(camera: Camera) -> None:
    """Raise TypeError if it is none."""
    if not isinstance(camera, Camera):
        raise TypeError(
            f"a Camera is wanted, got {camera!r}; make it of viewport.camera by dataclasses.replace"
        )


def _checked_size(width: int, height: int) -> tuple[int, int]:
    size = whole_number(width, "a canvas width"), whole_number(height, "a canvas height")
    if not all(1 <= side <= _LONGEST_SIDE for side in size):
        raise ValueError(
            f"a canvas has from 1 to {_LONGEST_SIDE} pixels each way, got {width} x {height}"
        )
    return size
