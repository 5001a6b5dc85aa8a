"""Crosshairs: one place in several planes, and in each the lines along which the others cut it."""

from __future__ import annotations

import math
import threading
import weakref
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from pycornerstone.model.events import Event
from pycornerstone.rendering.lines import Line, draw_lines
from pycornerstone.viewports.places import matrix_between, place_of
from pycornerstone.viewports.property_readers import checked_color
from pycornerstone.viewports.reference_lines import reference_line
from pycornerstone.viewports.volumes.crosshair_turns import turned_camera

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.model.events import CameraModified
    from pycornerstone.model.geometry import Vector
    from pycornerstone.viewports.source import ImageSource
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["CrosshairLine", "Crosshairs"]

_COLORS = ((255, 80, 80), (90, 220, 90), (90, 160, 255), (255, 210, 60), (220, 120, 255))
# Canvas pixels around the place that are left free, so that it can be seen.
_GAP = 10.0
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
        self._viewports = tuple(dict.fromkeys(viewports))
        if not self._viewports:
            raise ValueError("crosshairs need the viewports that they are drawn in, got none")
        if not colors:
            raise ValueError("crosshairs have a colour at least, got none")
        for viewport in self._viewports:
            # RuntimeError while nothing is on show.
            _ = viewport.camera
        self.enabled = True
        known = session.metadata.registrations
        self._registrations = known if registrations is None else registrations
        self._colors = {
            viewport.viewport_id: checked_color(colors[number % len(colors)])
            for number, viewport in enumerate(self._viewports)
        }
        self._thread = threading.local()
        self._point = self._meeting_point()
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
        point = np.array(point_lps, np.float64)
        if point.shape != (3,) or not np.isfinite(point).all():
            raise ValueError(f"a place is three finite numbers, LPS mm, got {point_lps!r}")
        self._bring(point, self._viewports)

    def move_to_canvas(self, viewport: VolumeViewport, point: Sequence[float]) -> None:
        """Move it to what a canvas point of one of its viewports shows."""
        place = viewport.canvas_to_world(point)
        matrix = self._matrix(viewport, self._viewports[0])
        if matrix is not None:
            self.move_to(_applied(matrix, place).tolist())

    def canvas_point(self, viewport: VolumeViewport) -> tuple[float, float] | None:
        """Give where it is on a canvas; None in an unknown frame of reference."""
        matrix = self._matrix(self._viewports[0], viewport)
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
        if not math.isfinite(degrees):
            raise ValueError(f"lines are turned by a number of degrees, got {degrees}")
        turned = [viewport for viewport in (of or self._viewports) if viewport is not in_]
        axis = np.array(in_.camera.view_plane_normal)
        with self._on_our_own():
            for viewport in turned:
                to_axis = self._matrix(in_, viewport)
                to_point = self._matrix(self._viewports[0], viewport)
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
            drawn += _with_gap(line, center)
        return draw_lines(in_.render() if picture is None else picture, drawn)

    def _line(
        self, of: VolumeViewport, in_: VolumeViewport, offset_mm: float = 0.0
    ) -> npt.NDArray[np.float64] | None:
        return reference_line(of, in_, registrations=self._registrations, offset_mm=offset_mm)

    def _matrix(self, from_: VolumeViewport, to: VolumeViewport) -> npt.NDArray[np.float64] | None:
        here, there = place_of(from_), place_of(to)
        if here is None or there is None:
            return None
        return matrix_between(
            here.frame_of_reference_uid, there.frame_of_reference_uid, self._registrations
        )

    def _meeting_point(self) -> npt.NDArray[np.float64]:
        """Find the place on all planes that is nearest to the middle of the first canvas."""
        first = self._viewports[0]
        middle = np.array(first.camera.focal_point_lps)
        normals, distances = [], []
        for viewport in self._viewports:
            place, matrix = place_of(viewport), self._matrix(viewport, first)
            if place is not None and matrix is not None:
                moved = place.moved(matrix, None)
                normals.append(moved.normal)
                distances.append(float(moved.normal @ (moved.point_lps - middle)))
        solution = np.linalg.lstsq(np.array(normals), np.array(distances), rcond=1e-6)[0]
        return np.asarray(middle + solution)

    def _bring(self, point: npt.NDArray[np.float64], viewports: Sequence[VolumeViewport]) -> None:
        self._point = point
        with self._on_our_own():
            while True:
                for viewport in viewports:
                    matrix = self._matrix(self._viewports[0], viewport)
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
        first = self._viewports[0]
        place, matrix = place_of(moved), self._matrix(moved, first)
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


def _with_gap(line: CrosshairLine, center: tuple[float, float] | None) -> list[Line]:
    """Give the two arms of a line."""
    start, end = line.ends
    length = float(np.linalg.norm(end - start))
    whole = Line(tuple(start.tolist()), tuple(end.tolist()), line.color)
    if center is None or length == 0:
        return [whole]
    along = (end - start) / length
    middle = float((np.array(center) - start) @ along)
    arms = [(0.0, min(middle - _GAP, length)), (max(middle + _GAP, 0.0), length)]
    return [
        replace(whole, start=tuple(start + a * along), end=tuple(start + b * along))
        for a, b in arms
        if b > a
    ]
