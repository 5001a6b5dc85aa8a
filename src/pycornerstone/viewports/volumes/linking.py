"""Linked viewports: one camera, one window, one place or one zoom for several of them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from pycornerstone.model.events import Event
from pycornerstone.viewports.followers import Followers
from pycornerstone.viewports.given_viewports import registrations_of, viewports_of
from pycornerstone.viewports.places import matrix_between, place_of
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.stack_sync import StackSync
from pycornerstone.viewports.volumes.same_values import SameColors, SameSlab, SameVoi, is_close

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.session.events import EventBus
    from pycornerstone.viewports.camera import Camera
    from pycornerstone.viewports.places import AnyViewport
    from pycornerstone.viewports.source import ImageSource

__all__ = ["Link", "LinkKind", "link"]

# Of what fits the canvas; places that differ by less are the same, and nobody is told of it.
_SAME = 1e-9


class LinkKind(StrEnum):
    """What linked viewports have in common."""

    CAMERA = "camera"
    """They look at the same place from the same side, as large. A stack, whose images lie as they
    do, follows only a camera that looks along its own normal."""
    SLICE = "slice"
    """Those whose planes are parallel show the same plane, or the image nearest to it."""
    VOI = "voi"
    """The values that are drawn black and white, and the VOI function. Viewports of volumes have
    them for each volume: those that both have are alike; with a stack it is the first."""
    COLORS = "colors"
    """Colour map and negative, by volume as the values."""
    SLAB = "slab"
    """Thickness and mode of slabs, of viewports of volumes."""
    ZOOM_AND_PAN = "zoom and pan"
    """Both as fractions, of what fits and of the canvas, so that canvases may differ in size."""
    PRESENTATION = "presentation"
    """Zoom and pan, rotation and flips."""


def link(
    viewports: Iterable[AnyViewport] = (),
    what: LinkKind | str | Iterable[LinkKind | str] = LinkKind.CAMERA,
    *,
    sources: Iterable[AnyViewport] = (),
    targets: Iterable[AnyViewport] = (),
    session: ImageSource | None = None,
    registrations: Registrations | None = None,
) -> Link:
    """Let viewports follow each other.

    Parameters
    ----------
    viewports : iterable of StackViewport or VolumeViewport
        Of one session; each leads, and each follows.
    what : LinkKind, str, or several of them
        ``"camera"``, ``"slice"``, ``"voi"``, ``"colors"``, ``"slab"``, ``"zoom and pan"`` or
        ``"presentation"``.
    sources, targets : iterable of StackViewport or VolumeViewport
        Further ones, that only lead, and that only follow.
    session : Session, optional
        Theirs; by default that of the module-level functions.
    registrations : Registrations, optional
        Between frames of reference; by default those of the session's metadata. Places in two that
        are not registered are not compared.

    Returns
    -------
    Link
        It lasts until its `close`, or until the viewports are gone.

    Raises
    ------
    ValueError
        If there is nothing of that name to have in common, or nothing is named.
    TypeError
        If one is no viewport.
    """
    if session is None:
        from pycornerstone.session.default import default_session

        session = default_session()
    given: Any = what
    kinds = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    known = ", ".join(LinkKind)
    if not kinds:
        raise ValueError(f"viewports are linked by something, got nothing; there are: {known}")
    registrations = registrations_of(registrations, session)
    leaders, others = viewports_of(sources), viewports_of(targets)
    both = viewports_of(viewports)
    try:
        chosen = dict.fromkeys(LinkKind(kind) for kind in kinds)
    except ValueError:
        raise ValueError(f"viewports cannot be linked by {what!r}; there are: {known}") from None
    made = Link([_followers(kind, session, registrations) for kind in chosen])
    for viewport in both:
        made.add(viewport)
    for viewport in leaders:
        made.add(viewport, follows=False)
    for viewport in others:
        made.add(viewport, leads=False)
    return made


class Link:
    """What `link` gives: viewports that follow each other, in one thing or several."""

    def __init__(self, parts: Sequence[Followers]) -> None:
        self._parts = tuple(parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def enabled(self) -> bool:
        """While it is False, nobody follows; may be set."""
        return all(part.enabled for part in self._parts)

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        for part in self._parts:
            part.enabled = enabled

    @property
    def viewports(self) -> tuple[AnyViewport, ...]:
        """Those that are linked, and still there."""
        return self._parts[0].viewports if self._parts else ()

    def add(self, viewport: AnyViewport, *, leads: bool = True, follows: bool = True) -> None:
        """Link a further viewport; see `Followers.add`."""
        for part in self._parts:
            part.add(viewport, leads=leads, follows=follows)

    def remove(self, viewport: AnyViewport) -> None:
        """Let go of a viewport; nothing happens if it is not linked."""
        for part in self._parts:
            part.remove(viewport)

    def close(self) -> None:
        """Let go of all of them, for good."""
        for part in self._parts:
            part.close()


class _SameCamera(Followers):
    def __init__(self, events: EventBus, registrations: Registrations | None) -> None:
        self._registrations = registrations
        super().__init__(events, (Event.CAMERA_MODIFIED,))

    def _lead_of(self, viewport: Any, _detail: Any) -> Any:
        return viewport

    def _follow(self, viewport: Any, lead: Any) -> None:
        # The camera as it is by now: of two that moved at the same time, the last counts.
        here, there = place_of(viewport), place_of(lead)
        uid = None if there is None else there.frame_of_reference_uid
        to_uid = None if here is None else here.frame_of_reference_uid
        matrix = matrix_between(uid, to_uid, self._registrations)
        if matrix is None:
            return
        # Nothing is on show by now, or images that lie across.
        with suppress(RuntimeError, ValueError):
            camera = _moved(lead.camera, matrix)
            if not _is_same_camera(camera, viewport.camera):
                viewport.set_camera(camera)


class _SameView(Followers):
    def __init__(self, events: EventBus, *, is_turned: bool) -> None:
        self._is_turned = is_turned
        super().__init__(events, (Event.CAMERA_MODIFIED,))

    def _lead_of(self, viewport: Any, _detail: Any) -> Any:
        return viewport

    def _follow(self, viewport: Any, lead: Any) -> None:
        if place_of(viewport) is None and not isinstance(viewport, StackViewport):
            return
        if self._is_turned:
            flips = lead.flip_horizontal, lead.flip_vertical
            if flips != (viewport.flip_horizontal, viewport.flip_vertical):
                viewport.flip(horizontal=flips[0], vertical=flips[1])
            if not is_close((lead.rotation,), (viewport.rotation,)):
                viewport.set_rotation(lead.rotation)
        if not is_close((lead.zoom,), (viewport.zoom,)):
            viewport.set_zoom(lead.zoom)
        # The shorter side is what an image fits into. Both pans grow with the zoom.
        grown = min(viewport.width, viewport.height) / min(lead.width, lead.height)
        pan = (lead.pan[0] * grown, lead.pan[1] * grown)
        if not is_close(pan, viewport.pan):
            viewport.set_pan(pan)


def _followers(
    kind: LinkKind, session: ImageSource, registrations: Registrations | None
) -> Followers:
    if kind is LinkKind.CAMERA:
        return _SameCamera(session.events, registrations)
    if kind is LinkKind.VOI:
        return SameVoi(session.events)
    if kind is LinkKind.COLORS:
        return SameColors(session.events)
    if kind is LinkKind.SLAB:
        return SameSlab(session.events)
    if kind is LinkKind.SLICE:
        return StackSync((), session=session, registrations=registrations)
    return _SameView(session.events, is_turned=kind is LinkKind.PRESENTATION)


def _moved(camera: Camera, matrix: np.ndarray[Any, np.dtype[np.float64]]) -> Camera:
    turn = matrix[:3, :3]
    if np.array_equal(matrix, np.eye(4)):
        return camera
    # What is at right angles to the canvas stays so by the inverse, transposed.
    normal = np.linalg.inv(turn).T @ camera.view_plane_normal
    return replace(
        camera,
        focal_point_lps=tuple((turn @ camera.focal_point_lps + matrix[:3, 3]).tolist()),
        view_plane_normal=tuple(normal.tolist()),
        view_up=tuple((turn @ camera.view_up).tolist()),
    )


def _is_same_camera(one: Camera, other: Camera) -> bool:
    scale = one.parallel_scale_mm
    return (
        is_close((scale,), (other.parallel_scale_mm,))
        and is_close(one.view_plane_normal, other.view_plane_normal)
        and is_close(one.view_up, other.view_up)
        and bool(
            np.abs(np.subtract(one.focal_point_lps, other.focal_point_lps)).max() < _SAME * scale
        )
    )
