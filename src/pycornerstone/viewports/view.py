"""The view: zoom, pan, rotation and flips, which stay the same from image to image."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pycornerstone.model.given_values import number_or_nan
from pycornerstone.viewports.camera import Camera
from pycornerstone.viewports.vectors import combined, cross, dot, negative

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["View", "camera_of", "view_of"]

# Of the angle between the camera's normal and the image's, about 0.06 degrees.
_PARALLEL = 1e-3


@dataclass(frozen=True, slots=True)
class View:
    """How the view differs from that in which the image fits the canvas.

    Flips come first, then the rotation, then zoom and pan.

    Attributes
    ----------
    zoom : float
        How many times larger the image is.
    pan : tuple of float
        By how many canvas pixels the image's middle is to the right of and below the canvas'.
    rotation : float
        Degrees clockwise, from 0 up to 360.
    flip_horizontal, flip_vertical : bool
        Left and right, top and bottom of the image are exchanged.
    """

    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    flip_horizontal: bool = False
    flip_vertical: bool = False

    def zoomed(self, zoom: float) -> View:
        """Enlarge about the middle of the canvas, to `zoom` times the fitting size.

        Raises
        ------
        ValueError
            If `zoom` is not above 0.
        """
        number = number_or_nan(zoom)
        if not (math.isfinite(number) and number > 0):
            raise ValueError(f"zoom must be above 0, got {zoom!r}")
        factor = number / self.zoom
        return replace(self, zoom=number, pan=(self.pan[0] * factor, self.pan[1] * factor))

    def panned(self, pan: Sequence[float]) -> View:
        """Move the image's middle to `pan` canvas pixels from the canvas'.

        Raises
        ------
        ValueError
            If it is no pair of finite numbers.
        """
        try:
            x, y = map(number_or_nan, pan)
        except (TypeError, ValueError):
            x = y = math.nan
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError(f"pan must be two numbers of canvas pixels, got {pan!r}")
        return replace(self, pan=(x, y))

    def rotated(self, rotation: float) -> View:
        """Turn about the middle of the canvas, to `rotation` degrees clockwise.

        Raises
        ------
        ValueError
            If it is not finite.
        """
        degrees = number_or_nan(rotation)
        if not math.isfinite(degrees):
            raise ValueError(f"rotation must be a number of degrees, got {rotation!r}")
        cosine, sine = _direction(degrees - self.rotation)
        x, y = self.pan
        # y goes down, so this is clockwise.
        pan = (x * cosine - y * sine, x * sine + y * cosine)
        return replace(self, rotation=_full_turn(degrees), pan=pan)

    def flipped(self, *, horizontal: bool, vertical: bool) -> View:
        """Mirror what is on the canvas until the flips are these.

        What was turned clockwise is turned counterclockwise in the mirror.
        """
        x, y = self.pan
        across, upside_down = horizontal != self.flip_horizontal, vertical != self.flip_vertical
        return replace(
            self,
            pan=(-x if across else x, -y if upside_down else y),
            rotation=_full_turn(-self.rotation) if across != upside_down else self.rotation,
            flip_horizontal=horizontal,
            flip_vertical=vertical,
        )


def camera_of(view: View, fit: Camera, height: int) -> Camera:
    """Give the camera of a view.

    Parameters
    ----------
    view : View
        The view.
    fit : Camera
        The camera in which the image fits the canvas.
    height : int
        Of the canvas, pixels.
    """
    normal, up = fit.view_plane_normal, fit.view_up
    if view.flip_horizontal != view.flip_vertical:
        normal = negative(normal)
    if view.flip_vertical:
        up = negative(up)
    right = cross(up, normal)
    cosine, sine = _direction(view.rotation)
    turned_up = combined(cosine, up, -sine, right)
    turned_right = combined(sine, up, cosine, right)
    scale = fit.parallel_scale_mm / view.zoom
    step = 2 * scale / height
    away = combined(step * view.pan[0], turned_right, -step * view.pan[1], turned_up)
    return Camera(combined(1, fit.focal_point_lps, -1, away), normal, turned_up, scale)


def view_of(camera: Camera, fit: Camera, height: int, like: View | None = None) -> View:
    """Give the view of a camera; the inverse of `camera_of`.

    Parameters
    ----------
    camera : Camera
        The camera; its focal point counts as if it were in the plane of the image.
    fit : Camera
        The camera in which the image fits the canvas.
    height : int
        Of the canvas, pixels.
    like : View, optional
        Its flips are kept if the camera looks from the same side. Otherwise, one that looks from
        behind is a horizontal flip: two flips are the same as half a turn.

    Raises
    ------
    ValueError
        If the camera does not look at the image at right angles.
    """
    cosine = dot(camera.view_plane_normal, fit.view_plane_normal)
    if abs(cosine) < 1 - _PARALLEL**2 / 2:
        raise ValueError(
            f"view_plane_normal {camera.view_plane_normal} must be along the image's, "
            f"{fit.view_plane_normal} or its opposite: a stack shows images in their own plane"
        )
    from_behind = cosine < 0
    if like is None or from_behind != (like.flip_horizontal != like.flip_vertical):
        like = View(flip_horizontal=from_behind)
    fit_up = negative(fit.view_up) if like.flip_vertical else fit.view_up
    up, right = camera.view_up, camera.view_right
    step = 2 * camera.parallel_scale_mm / height
    offset = combined(1 / step, fit.focal_point_lps, -1 / step, camera.focal_point_lps)
    return View(
        zoom=fit.parallel_scale_mm / camera.parallel_scale_mm,
        pan=(dot(offset, right), -dot(offset, up)),
        rotation=_full_turn(math.degrees(math.atan2(dot(fit_up, right), dot(fit_up, up)))),
        flip_horizontal=like.flip_horizontal,
        flip_vertical=like.flip_vertical,
    )


def _full_turn(degrees: float) -> float:
    # Of a negative angle next to zero, the remainder is rounded up to 360.
    return float(degrees % 360 % 360)


def _direction(degrees: float) -> tuple[float, float]:
    """Give cosine and sine, exact for quarter turns, which are then drawn pixel by pixel."""
    quarters, rest = divmod(degrees, 90)
    if rest == 0:
        return [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][int(quarters) % 4]
    angle = math.radians(degrees)
    return math.cos(angle), math.sin(angle)
