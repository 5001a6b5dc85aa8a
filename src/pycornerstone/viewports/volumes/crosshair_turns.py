"""Planes that are turned about an axis through a place."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.viewports.camera import Camera

__all__ = ["turned_camera"]


def turned_camera(
    camera: Camera,
    point_lps: npt.NDArray[np.float64],
    axis: npt.NDArray[np.float64],
    degrees: float,
) -> Camera:
    """Give a camera turned about an axis through a place.

    Parameters
    ----------
    camera : Camera
        The camera.
    point_lps, axis : numpy.ndarray
        The place, LPS mm, and the direction.
    degrees : float
        Counterclockwise for who looks against the axis.
    """
    # Rodrigues' formula.
    x, y, z = (axis / np.linalg.norm(axis)).tolist()
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = math.radians(degrees)
    turn = np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
    focal = turn @ (np.array(camera.focal_point_lps) - point_lps) + point_lps
    return replace(
        camera,
        focal_point_lps=tuple(focal.tolist()),
        view_plane_normal=tuple((turn @ camera.view_plane_normal).tolist()),
        view_up=tuple((turn @ camera.view_up).tolist()),
    )
