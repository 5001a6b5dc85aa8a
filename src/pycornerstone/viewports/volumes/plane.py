"""The plane that is on show: where it cuts the volume, and how it fits the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.viewports.camera import Camera
from pycornerstone.viewports.vectors import combined, cross, dot, negative
from pycornerstone.viewports.view import camera_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.model.volume_geometry import PlaneStack, VolumeGeometry
    from pycornerstone.viewports.view import View
    from pycornerstone.viewports.volumes.orientation import Directions

__all__ = ["CutPlane", "world_from_canvas"]

# Sine of the angle between the plane and the slices within which it counts as one of them.
_PARALLEL = 1e-3


class CutPlane:
    """A plane through a volume; frozen, as `at` gives another one.

    Its slices are counted away from the viewer, so that those of the acquisition are counted as the
    images of the series are, along row x column.

    Parameters
    ----------
    geometry : VolumeGeometry
        Of the volume, in the world of the viewport.
    directions : tuple
        Normal, towards the viewer, and up.
    through_lps : tuple of float, optional
        A place that it goes through; by default the middle of the volume. A plane that would miss
        the volume goes through its edge.
    is_exact : bool
        It goes through that place, and not through the voxel plane that is nearest to it.

    Attributes
    ----------
    geometry : VolumeGeometry
        As given.
    normal, up : tuple of float
        Unit vectors at right angles to each other.
    planes : PlaneStack
        The slices.
    position_mm : float
        ``dot(point, planes.normal)`` of the points of the plane.
    """

    __slots__ = ("_box", "_camera", "geometry", "normal", "planes", "position_mm", "up")

    def __init__(
        self,
        geometry: VolumeGeometry,
        directions: Directions,
        through_lps: Sequence[float] | None = None,
        *,
        is_exact: bool = False,
    ) -> None:
        # A camera makes unit vectors at right angles of them.
        frame = Camera((0, 0, 0), *directions, 1)
        self.geometry = geometry
        self.normal, self.up = frame.view_plane_normal, frame.view_up
        self.planes: PlaneStack = geometry.slice_planes(negative(self.normal))
        corners = geometry.corners_lps @ np.array([frame.view_right, self.up, self.planes.normal]).T
        self._box = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        self._camera: tuple[View, tuple[int, int], Camera] | None = None
        self.position_mm = 0.0
        self._put(geometry.center_lps if through_lps is None else through_lps, is_exact=is_exact)

    def at(self, position_mm: float) -> CutPlane:
        """Give the plane at another place along the normal, or at the edge of the volume."""
        plane: CutPlane = object.__new__(CutPlane)
        plane.geometry, plane.planes, plane._box = self.geometry, self.planes, self._box
        plane.normal, plane.up, plane._camera = self.normal, self.up, None
        (_, _, lowest), (_, _, highest) = self._box
        plane.position_mm = min(max(position_mm, lowest), highest)
        return plane

    def through(self, point_lps: Sequence[float]) -> CutPlane:
        """Give the plane through a place, or the one at the edge that is nearest to it."""
        return self.at(float(np.dot(point_lps, self.planes.normal)))

    def at_index(self, index: int) -> CutPlane:
        """Give the plane of a slice."""
        return self.at(self.planes.position_mm(index))

    def _put(self, point_lps: Sequence[float], *, is_exact: bool) -> None:
        if is_exact:
            self.position_mm = self.through(point_lps).position_mm
        else:
            self.position_mm = self.planes.position_mm(self.planes.nearest(point_lps))

    @property
    def slice_index(self) -> int:
        """The slice that is nearest to it."""
        return self.planes.nearest([self.position_mm * along for along in self.planes.normal])

    @property
    def slice_k(self) -> int | None:
        """The slice of the volume whose voxels it shows: parallel, within half a step; or None."""
        if abs(dot(self.geometry.normal, self.normal)) < 1 - _PARALLEL**2 / 2:
            return None
        middle = self.fit((1, 1)).focal_point_lps
        k = float(self.geometry.world_to_index(middle)[2])
        nearest = int(np.floor(k + 0.5))
        return min(max(nearest, 0), self.geometry.shape[0] - 1)

    def fit(self, size: tuple[int, int]) -> Camera:
        """Give the camera in which the volume fits a canvas of ``(width, height)``.

        The limiting side of its box touches the edge of the canvas.
        """
        (left, bottom, _), (right, top, _) = self._box
        to_right = cross(self.up, self.normal)
        in_plane = combined((left + right) / 2, to_right, (bottom + top) / 2, self.up)
        focal = combined(1, in_plane, self.position_mm, self.planes.normal)
        width, height = right - left, top - bottom
        scale = max(height, width * size[1] / size[0]) / 2
        return Camera(focal, self.normal, self.up, scale)

    def camera(self, view: View, size: tuple[int, int]) -> Camera:
        """Give the camera of a view of it."""
        known = self._camera
        if known is None or known[0] is not view or known[1] != size:
            known = self._camera = view, size, camera_of(view, self.fit(size), size[1])
        return known[2]


def world_from_canvas(camera: Camera, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Give the ``(4, 4)`` matrix from the canvas to the place that it shows, LPS mm.

    It takes ``(x, y, z, 1)`` with 0 at the *centre* of the first canvas pixel, as drawing does, and
    z mm from the plane, towards the viewer.
    """
    step = camera.mm_per_pixel(size)
    x, y = (0.5 - size[0] / 2) * step, (0.5 - size[1] / 2) * step
    right, up = np.array(camera.view_right), np.array(camera.view_up)
    world = np.eye(4)
    world[:3, 0], world[:3, 1], world[:3, 2] = step * right, -step * up, camera.view_plane_normal
    world[:3, 3] = camera.focal_point_lps + x * right - y * up
    return world
