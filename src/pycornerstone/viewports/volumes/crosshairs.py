"""Crosshairs: one place in several planes, and in each the lines along which the others cut it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from pycornerstone.model.events import Event
from pycornerstone.model.given_values import finite_number
from pycornerstone.rendering.lines import Line, draw_lines
from pycornerstone.viewports.given_viewports import registrations_of, viewport_of, viewports_of
from pycornerstone.viewports.places import matrix_between, place_of
from pycornerstone.viewports.property_readers import checked_color
from pycornerstone.viewports.reference_lines import reference_line
from pycornerstone.viewports.vectors import three_numbers
from pycornerstone.viewports.volumes.crosshair_arms import arms_of
from pycornerstone.viewports.volumes.crosshair_turns import turned_camera
from pycornerstone.viewports.volumes.meeting_point import meeting_point

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.model.events import CameraModified
    from pycornerstone.model.geometry import Vector
    from pycornerstone.viewports.places import Place
    from pycornerstone.viewports.source import ImageSource
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["CrosshairLine", "Crosshairs"]

_COLORS = ((255, 80, 80), (90, 220, 90), (90, 160, 255), (255, 210, 60), (220, 120, 255))
_DASH = 6.0
# mm; places that differ by less are the same.
_SAME_PLACE = 1e-6


@dataclass(frozen=True, slots=True)
class CrosshairLine:
    """The line along which the plane of a viewport cuts that of another.

    Attributes
    ----------
    of : VolumeViewport
        Whose plane.
    ends : numpy.ndarray
        ``(2, 2)`` canvas points.
    slab_ends : tuple of numpy.ndarray
        Those of the two faces of its slab, as far as they are on the canvas; none of a thin plane.
    color : tuple of int
        Red, green and blue of this viewport's lines.
    """

    of: VolumeViewport
    ends: npt.NDArray[np.float64]
    slab_ends: tuple[npt.NDArray[np.float64], ...]
    color: tuple[int, int, int]


class Crosshairs:
    """One place that several viewports of volumes show, each in its own plane.

    Moving it moves all of their planes there; scrolling one moves it along. It lasts until `close`,
    and may be used from any thread.
    Frames of reference are those of the viewports' worlds; the place is in that of the first one.
    A viewport that is closed has no lines, and the others go on.

    Parameters
    ----------
    viewports : iterable of VolumeViewport
        Of one session, with volumes on show; such as an axial, a sagittal and a coronal one.
    point_lps : sequence of float, optional
        Where it is; by default where the planes that are on show meet.
    session : Session, optional
        Theirs; by default that of the module-level functions.
    registrations : Registrations, optional
        Between frames of reference, by default those of the session's metadata; planes in others
        are left alone.
    colors : sequence of sequence of int
        Red, green and blue of each viewport's lines.

    Attributes
    ----------
    enabled : bool
        While it is False, scrolling moves nothing.

    Raises
    ------
    RuntimeError
        If nothing is on show in one of them.
    ValueError
        If there is no viewport, or `point_lps` is no place, or `colors` are none.
    TypeError
        If one is no viewport of volumes.
    """

    def __init__(
        self,
        viewports: Iterable[VolumeViewport],
        point_lps: Sequence[float] | None = None,
        *,
        session: ImageSource | None = None,
        registrations: Registrations | None = None,
        colors: Sequence[Sequence[int]] = _COLORS,
    ) -> None:
        if session is None:
            from pycornerstone.session.default import default_session

            session = default_session()
        self._viewports = tuple(dict.fromkeys(viewports_of(viewports, shows_volumes=True)))
        if not self._viewports:
            raise ValueError("crosshairs need the viewports that they are drawn in, got none")
        given: Any = colors
        chosen = [checked_color(color) for color in given] if isinstance(given, Iterable) else []
        if not chosen:
            raise ValueError(f"crosshairs have a list of a colour at least, got {colors!r}")
        for viewport in self._viewports:
            _ = viewport.camera
        self.enabled = True
        self._registrations = registrations_of(registrations, session)
        self._colors = {
            viewport.viewport_id: chosen[number % len(chosen)]
            for number, viewport in enumerate(self._viewports)
        }
        self._thread = threading.local()
        self._world_uid: str | None = None
        middle = self._viewports[0].camera.focal_point_lps
        self._point, _ = meeting_point(self._planes(), middle)
        if point_lps is not None:
            self.move_to(point_lps)
        # Crosshairs that are forgotten, not closed, hold no viewports.
        heard = weakref.WeakMethod(self._heard)

        def listener(detail: CameraModified) -> None:
            found = heard()
            if found is not None:
                found(detail)

        self._undo = session.events.subscribe(Event.CAMERA_MODIFIED, listener)
        weakref.finalize(self, self._undo).atexit = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def viewports(self) -> tuple[VolumeViewport, ...]:
        """Those that show it."""
        return self._viewports

    @property
    def point_lps(self) -> Vector:
        """Where it is, mm, in the world of the first viewport."""
        x, y, z = self._point.tolist()
        return (x, y, z)

    def close(self) -> None:
        """Let go of the viewports, which stay as they are."""
        self._undo()

    def move_to(self, point_lps: Sequence[float]) -> None:
        """Move it, and all planes to it.

        Parameters
        ----------
        point_lps : sequence of float
            LPS mm, in the world of the first viewport.

        Raises
        ------
        ValueError
            If it is no three finite numbers.
        """
        point = three_numbers(point_lps)
        if point is None:
            raise ValueError(f"a place is three finite numbers, LPS mm, got {point_lps!r}")
        self._bring(np.array(point), self._viewports)

    def move_to_canvas(self, viewport: VolumeViewport, point: Sequence[float]) -> None:
        """Move it to what a canvas point of one of its viewports shows."""
        place = viewport_of(viewport).canvas_to_world(point)
        matrix = self._to_world(viewport)
        if matrix is not None:
            self.move_to(_applied(matrix, place).tolist())

    def canvas_point(self, viewport: VolumeViewport) -> tuple[float, float] | None:
        """Give where it is on a canvas; None in an unknown frame of reference."""
        matrix = self._from_world(viewport)
        if matrix is None:
            return None
        x, y = viewport.world_to_canvas(_applied(matrix, self._point)).tolist()
        return (x, y)

    def lines(self, in_: VolumeViewport) -> tuple[CrosshairLine, ...]:
        """Give the lines along which the other planes cut that of a viewport."""
        found = []
        for viewport in self._viewports:
            ends = None if viewport is in_ else self._line(viewport, in_)
            if ends is None:
                continue
            slab = viewport.slab
            half = 0.0 if slab is None else slab.thickness_mm / 2
            faces = [self._line(viewport, in_, side * half) for side in (-1, 1)] if half else []
            found.append(
                CrosshairLine(
                    viewport,
                    ends,
                    tuple(face for face in faces if face is not None),
                    self._colors[viewport.viewport_id],
                )
            )
        return tuple(found)

    def rotate(
        self, in_: VolumeViewport, degrees: float, of: Iterable[VolumeViewport] | None = None
    ) -> None:
        """Turn lines on the canvas of a viewport, and the planes that they stand for.

        A plane that would miss its volume then goes through the edge of that; the place goes along.

        Parameters
        ----------
        in_ : VolumeViewport
            On whose canvas; its own plane stays.
        degrees : float
            Clockwise.
        of : iterable of VolumeViewport, optional
            Whose lines; by default all others', which then stay at right angles.

        Raises
        ------
        ValueError
            If it is not finite.
        """
        degrees = finite_number(degrees, "the number of degrees that lines are turned by")
        chosen = self._viewports if of is None else viewports_of(of, shows_volumes=True)
        turned = [viewport for viewport in chosen if viewport is not in_]
        axis = np.array(viewport_of(in_).camera.view_plane_normal)
        with self._on_our_own():
            for viewport in turned:
                to_axis = self._matrix(in_, viewport)
                to_point = self._from_world(viewport)
                if to_axis is None or to_point is None:
                    continue
                # Clockwise for who looks against the normal.
                camera = turned_camera(
                    viewport.camera,
                    _applied(to_point, self._point),
                    to_axis[:3, :3] @ axis,
                    -degrees,
                )
                viewport.set_camera(camera)
        found, is_on_all = meeting_point(self._planes(), self._point)
        if is_on_all and np.abs(found - self._point).max() > _SAME_PLACE:
            self._bring(found, self._viewports)

    def set_slab(self, of: VolumeViewport, in_: VolumeViewport, point: Sequence[float]) -> None:
        """Make a slab as thick as to reach a canvas point: what drawing at its edge does.

        Parameters
        ----------
        of : VolumeViewport
            Whose slab; its mode stays.
        in_ : VolumeViewport
            On whose canvas the point is.
        point : sequence of float
            x and y, canvas pixels.
        """
        matrix = self._matrix(in_, of)
        if matrix is None:
            return
        camera = of.camera
        away = _applied(matrix, in_.canvas_to_world(point)) - camera.focal_point_lps
        thickness = 2 * abs(float(away @ np.array(camera.view_plane_normal)))
        if of.slab is None:
            of.set_slab(thickness)
        else:
            of.set_slab(thickness, of.slab.mode)

    def draw(
        self, in_: VolumeViewport, picture: npt.NDArray[np.uint8] | None = None
    ) -> npt.NDArray[np.uint8]:
        """Draw the lines over what a viewport shows.

        Parameters
        ----------
        in_ : VolumeViewport
            The viewport.
        picture : numpy.ndarray, optional
            ``(height, width, 4)`` uint8, what its `render` gave; by default it is asked for it.

        Returns
        -------
        numpy.ndarray
            ``(height, width, 4)`` uint8; where the lines meet, the picture is left free.
        """
        center = self.canvas_point(in_)
        drawn: list[Line] = []
        for line in self.lines(in_):
            for face in line.slab_ends:
                start, end = map(tuple, face.tolist())
                drawn.append(Line(start, end, line.color, opacity=0.8, dash=_DASH))
            drawn += arms_of(line.ends, line.color, center)
        return draw_lines(in_.render() if picture is None else picture, drawn)

    def _line(
        self, of: VolumeViewport, in_: VolumeViewport, offset_mm: float = 0.0
    ) -> npt.NDArray[np.float64] | None:
        return reference_line(of, in_, registrations=self._registrations, offset_mm=offset_mm)

    def _matrix(self, from_: VolumeViewport, to: VolumeViewport) -> npt.NDArray[np.float64] | None:
        here, there = place_of(viewport_of(from_)), place_of(viewport_of(to))
        if here is None or there is None:
            return None
        return self._between(here.frame_of_reference_uid, there.frame_of_reference_uid)

    def _from_world(self, to: VolumeViewport) -> npt.NDArray[np.float64] | None:
        """Give the matrix that the place is found by in a viewport; None if that shows nothing."""
        there = place_of(viewport_of(to))
        return None if there is None else self._between(self._world, there.frame_of_reference_uid)

    def _to_world(self, from_: VolumeViewport) -> npt.NDArray[np.float64] | None:
        here = place_of(viewport_of(from_))
        return None if here is None else self._between(here.frame_of_reference_uid, self._world)

    def _between(self, uid: str | None, to_uid: str | None) -> npt.NDArray[np.float64] | None:
        return matrix_between(uid, to_uid, self._registrations)

    @property
    def _world(self) -> str | None:
        """Frame of reference of the place; if the first viewport was closed, what it was."""
        place = place_of(self._viewports[0])
        if place is not None:
            self._world_uid = place.frame_of_reference_uid
        return self._world_uid

    def _planes(self) -> list[Place]:
        """Give the planes that are on show, in the world of the first viewport."""
        found = ((place_of(one), self._to_world(one)) for one in self._viewports)
        return [
            place.moved(matrix, None)
            for place, matrix in found
            if place is not None and matrix is not None
        ]

    def _bring(self, point: npt.NDArray[np.float64], viewports: Sequence[VolumeViewport]) -> None:
        self._point = point
        with self._on_our_own():
            while True:
                for viewport in viewports:
                    matrix = self._from_world(viewport)
                    if matrix is not None:
                        x, y, z = _applied(matrix, point).tolist()
                        viewport.jump_to_world((x, y, z))
                if self._point is point:
                    return
                # Somebody moved it meanwhile, and our planes may have come after his.
                point, viewports = self._point, self._viewports

    @contextmanager
    def _on_our_own(self) -> Iterator[None]:
        """Take what happens in this thread meanwhile for our own doing."""
        self._thread.is_moving = True
        try:
            yield
        finally:
            self._thread.is_moving = False

    def _heard(self, detail: CameraModified) -> None:
        """Go along with a plane that was scrolled or turned by somebody else."""
        is_ours = getattr(self._thread, "is_moving", False)
        if is_ours or not self.enabled or detail.viewport_id not in self._colors:
            return
        [moved] = [found for found in self._viewports if found.viewport_id == detail.viewport_id]
        place, matrix = place_of(moved), self._to_world(moved)
        if place is None or matrix is None:
            return
        place = place.moved(matrix, None)
        distance = float((place.point_lps - self._point) @ place.normal)
        if abs(distance) < _SAME_PLACE:
            return
        point = self._point + distance * place.normal
        others = [viewport for viewport in self._viewports if viewport is not moved]
        self._bring(point, others)


def _applied(
    matrix: npt.NDArray[np.float64], point: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.asarray(matrix[:3, :3] @ point + matrix[:3, 3])
