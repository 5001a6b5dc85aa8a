"""A canvas that looks at a plane through a volume: which plane, and which slice that is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.model.events import CameraModified
from pycornerstone.model.given_values import whole_number
from pycornerstone.model.volume_viewport_events import (
    VolumeNewImage,
    VolumeViewportScroll,
    VolumeViewportScrollOutOfBounds,
)
from pycornerstone.viewports.anatomy import anatomical_letters
from pycornerstone.viewports.canvas_view import checked_camera
from pycornerstone.viewports.drawn_view import DrawnView
from pycornerstone.viewports.vectors import combined, dot, negative, three_numbers
from pycornerstone.viewports.view import View, view_of
from pycornerstone.viewports.volumes.orientation import checked_orientation, directions_of
from pycornerstone.viewports.volumes.plane import CutPlane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.model.events import EventDetail
    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.volume_geometry import PlaneStack, VolumeGeometry
    from pycornerstone.session.events import EventBus
    from pycornerstone.viewports.camera import Camera
    from pycornerstone.viewports.volumes.orientation import (
        Directions,
        Orientation,
        OrientationLike,
    )

__all__ = ["VolumeView"]

# Cosine of the angle between two normals that are the same but for rounding: 0.00006 degrees.
_SAME_DIRECTION = 1 - 5e-13


class VolumeView(DrawnView[CutPlane]):
    """A canvas that looks at a plane through a volume.

    Slices are those of `VolumeGeometry.slice_planes`, counted away from the viewer: along the
    normal of the voxels' slices they are the slices, along any other a voxel apart.

    Parameters
    ----------
    width, height, events, viewport_id, background
        As of `DrawnView`.
    orientation : str, Orientation or pair of vectors
        Which plane; see `set_orientation`.
    """

    def __init__(
        self,
        width: int,
        height: int,
        events: EventBus,
        viewport_id: str | None,
        background: Sequence[int],
        orientation: OrientationLike,
    ) -> None:
        super().__init__(width, height, events, viewport_id, background)
        self._orientation: Orientation | Directions = checked_orientation(orientation)
        self._looked_at: Vector | None = None

    @property
    def orientation(self) -> Orientation | Directions:
        """The plane by its name, or by its normal towards the viewer and what is up."""
        return self._orientation

    @property
    def slice_index(self) -> int:
        """The slice on show, or the one nearest to the plane; RuntimeError while nothing is."""
        return self._plane.slice_index

    @property
    def number_of_slices(self) -> int:
        """How many slices the volume has along the normal of this plane."""
        return self._plane.planes.count

    @property
    def slice_planes(self) -> PlaneStack:
        """Where these slices are in the world of the viewport, counted away from the viewer."""
        return self._plane.planes

    @property
    def is_on_slice(self) -> bool:
        """The plane is that of `slice_index`, and does not lie between two."""
        plane = self._plane
        at = plane.planes.position_mm(plane.slice_index)
        return abs(plane.position_mm - at) <= 1e-6 * plane.planes.step_mm

    def set_orientation(self, orientation: OrientationLike) -> None:
        """Look at another plane, which fits the canvas then, upright.

        It goes through the place that `jump_to_world` was told last, on the plane that is on show,
        if that is on the canvas; else through the slice that is nearest to what is in its middle.

        Parameters
        ----------
        orientation : str, Orientation or pair of vectors
            ``"axial"``, ``"sagittal"``, ``"coronal"``, ``"acquisition"`` or the like, see
            `Orientation`; or the normal, towards the viewer, and what is up, in LPS.

        Raises
        ------
        ValueError
            If there is none of that name, or normal and up are no two different directions.
        """
        checked = checked_orientation(orientation)
        with self._lock:
            self._orientation = checked
            shown, told = self._shown, []
            if shown is not None:
                place, is_exact = self._place_looked_at(shown)
                self._looked_at = place if is_exact else None
                plane = self._plane_of(shown.geometry, place, is_exact=is_exact)
                told = self._look_at(plane, View())
        self._tell(told)

    def set_slice_index(self, index: int) -> None:
        """Show another slice; zoom, pan, rotation and flips stay.

        Raises
        ------
        IndexError
            If there is no such slice.
        """
        index = whole_number(index, "a slice index")
        with self._lock:
            plane = self._plane
            if not 0 <= index < plane.planes.count:
                raise IndexError(
                    f"there are slices 0 to {plane.planes.count - 1} along the normal, none {index}"
                )
            told = self._look_at(plane.at_index(index))
        self._tell(told)

    def scroll(self, delta: int, *, loop: bool = False) -> None:
        """Show the slice that is `delta` places on.

        Parameters
        ----------
        delta : int
            Slices away from the viewer; towards him if negative. It ends at the ends of the volume.
        loop : bool
            Go on at the other end.
        """
        delta = whole_number(delta, "a number of slices to scroll by")
        with self._lock:
            plane = self._plane
            count, start = plane.planes.count, plane.slice_index
            wanted = start + delta
            index = wanted % count if loop else min(max(wanted, 0), count - 1)
            told = self._look_at(plane.at_index(index)) if delta else []
        if index != wanted and not loop:
            told.append(VolumeViewportScrollOutOfBounds(self.viewport_id, index, delta))
        if index != start:
            told.append(VolumeViewportScroll(self.viewport_id, index, delta))
        self._tell(told)

    def jump_to_world(self, point: Sequence[float]) -> None:
        """Move the plane to a place, exactly; the view pans only if that would be off the canvas.

        Parameters
        ----------
        point : sequence of float
            LPS mm. A place outside of the volume moves the plane to the end that is nearest.

        Raises
        ------
        ValueError
            If it is no three finite numbers.
        """
        place = three_numbers(point)
        if place is None:
            raise ValueError(f"a place is three finite numbers, LPS mm, got {point!r}")
        with self._lock:
            plane, view, (width, height) = self._plane.through(place), self._view, self._size
            self._looked_at = place
            x, y = plane.camera(view, self._size).world_to_canvas(place, self._size).tolist()
            if not (0 <= x <= width and 0 <= y <= height):
                view = replace(
                    view, pan=(view.pan[0] + width / 2 - x, view.pan[1] + height / 2 - y)
                )
            told = self._look_at(plane, view)
        self._tell(told)

    def set_camera(self, camera: Camera) -> None:
        """Look through another camera, along any direction; the plane is that of its focal point.

        A plane that would miss the volume goes through its edge. View and orientation stay if the
        camera looks along the normal, from either side; else the camera's plane is the orientation.
        """
        checked_camera(camera)
        with self._lock:
            plane = self._plane
            along = float(np.dot(camera.view_plane_normal, plane.normal))
            if abs(along) < _SAME_DIRECTION:
                directions = camera.view_plane_normal, camera.view_up
                focal = camera.focal_point_lps
                plane = CutPlane(plane.geometry, directions, focal, is_exact=True)
                like, self._orientation = View(), (plane.normal, plane.up)
            else:
                plane, like = plane.through(camera.focal_point_lps), self._view
            view = view_of(camera, plane.fit(self._size), self._size[1], like)
            told = self._look_at(plane, view)
        self._tell(told)

    def orientation_markers(self) -> dict[str, str] | None:
        """Give what of the body is at each edge of the canvas.

        Returns
        -------
        dict or None
            Letters of PS3.3 C.7.6.1.1.1 (L, R, A, P, H, F, the main one first) by ``"left"``,
            ``"right"``, ``"top"`` and ``"bottom"``. None where nobody said where the volume lies.
        """
        with self._lock:
            if self._plane.geometry.is_default:
                return None
            camera = self.camera
        right, up = camera.view_right, camera.view_up
        edges = {"left": negative(right), "right": right, "top": up, "bottom": negative(up)}
        return {edge: anatomical_letters(direction) for edge, direction in edges.items()}

    @property
    def _plane(self) -> CutPlane:
        return self._on_show()

    @property
    def _nothing(self) -> str:
        return "no volume on show; call set_volumes, and wait for what loads: render() does"

    def _plane_of(
        self,
        geometry: VolumeGeometry,
        through_lps: Sequence[float] | None = None,
        *,
        is_exact: bool = False,
    ) -> CutPlane:
        """Give the plane of the orientation, on a slice unless it is to be exact."""
        directions = directions_of(self._orientation, geometry)
        return CutPlane(geometry, directions, through_lps, is_exact=is_exact)

    def _place_looked_at(self, shown: CutPlane) -> tuple[Vector, bool]:
        """Give what another plane is to go through, and whether through that very place."""
        camera, place, (width, height) = self.camera, self._looked_at, self._size
        if place is not None:
            x, y = camera.world_to_canvas(place, self._size).tolist()
            if 0 <= x <= width and 0 <= y <= height:
                along = shown.planes.normal
                # Scrolling takes it along.
                offset = shown.position_mm - dot(place, along)
                return combined(1, place, offset, along), True
        return camera.focal_point_lps, False

    def _look_at(self, plane: CutPlane, view: View | None = None) -> list[EventDetail]:
        """Show a plane, and give what is to be told of it when the lock is free."""
        old, old_view = self._shown, self._view
        view = old_view if view is None else view
        if view == old_view:
            # Known cameras go by it.
            view = old_view
        self._shown, self._view = plane, view
        told: list[EventDetail] = []
        if old is None or plane.camera(view, self._size) != old.camera(old_view, self._size):
            told.append(CameraModified(self.viewport_id))
        index, count = plane.slice_index, plane.planes.count
        if old is None or (index, count) != (old.slice_index, old.planes.count):
            told.append(VolumeNewImage(self.viewport_id, index, count))
        return told

    def _tell(self, told: list[EventDetail]) -> None:
        for detail in told:
            self._emit(detail)
