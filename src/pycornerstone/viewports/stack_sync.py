"""Stacks in step: scrolling through one moves the others to the image that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.model.events import CameraModified, Event, PreStackNewImage
from pycornerstone.model.given_values import finite_number
from pycornerstone.viewports.followers import Followers
from pycornerstone.viewports.given_viewports import registrations_of, viewport_of, viewports_of
from pycornerstone.viewports.places import Place, matrix_between, place_of
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.stack_places import StackPlaces

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.viewports.places import AnyViewport, PlaneViewport
    from pycornerstone.viewports.source import ImageSource

__all__ = ["StackSync", "SyncBy"]


class SyncBy(StrEnum):
    """By what the images of two stacks belong together."""

    POSITION = "position"
    """By their places. Where these cannot be compared, since the frames of reference differ and
    nobody registered them, what was on show before somebody scrolled counts as one place."""
    FRAME_OF_REFERENCE = "frame of reference"
    """By their places, where these can be compared: in one frame of reference, or registered."""
    SLICE = "slice"
    """By their numbers, counted from what was on show when they were linked."""


@dataclass(frozen=True, slots=True)
class _Lead:
    viewport_id: str
    index: int
    place: Place | None


class StackSync(Followers):
    """Viewports that are scrolled together: stacks, and planes through volumes.

    By place, a viewport shows the image that is nearest to that of the one which was scrolled. It
    stays as it is where it has no image parallel to that, or none within half a step beyond its
    ends. The others are asked for their images at once, not when that of the first is there.

    Setting another stack moves nobody: the next scrolling does, or `align`.

    Parameters
    ----------
    viewports : iterable of StackViewport or VolumeViewport
        Of one session.
    by : SyncBy or str
        ``"position"``, ``"frame of reference"`` or ``"slice"``.
    session : Session, optional
        Theirs; by default that of the module-level functions.
    registrations : Registrations, optional
        Between frames of reference; by default those of the session's metadata.
    parallel_within_degrees : float
        Planes that are turned against each other by more are not compared.

    Raises
    ------
    ValueError
        If there is no such way, or `parallel_within_degrees` is not from 0 to 90.
    TypeError
        If one is no viewport.
    """

    def __init__(
        self,
        viewports: Iterable[AnyViewport],
        by: SyncBy | str = SyncBy.POSITION,
        *,
        session: ImageSource | None = None,
        registrations: Registrations | None = None,
        parallel_within_degrees: float = 5.0,
    ) -> None:
        if session is None:
            from pycornerstone.session.default import default_session

            session = default_session()
        try:
            self.by = SyncBy(by)
        except ValueError:
            known = ", ".join(SyncBy)
            raise ValueError(f"no way {by!r} to keep stacks in step; there are: {known}") from None
        self._registrations = registrations_of(registrations, session)
        self._metadata = session.metadata
        linked = viewports_of(viewports)
        self._tolerance = finite_number(parallel_within_degrees, "parallel_within_degrees")
        if not 0 <= self._tolerance <= 90:
            raise ValueError(
                f"parallel_within_degrees is from 0 to 90, got {parallel_within_degrees}"
            )
        self._leader = ""
        # Of each viewport: its stack, the image it was last led to, the number that counts as its
        # first, and where it was when it last was heard of.
        self._stacks: dict[str, StackPlaces] = {}
        self._led: dict[str, str] = {}
        self._first: dict[str, int] = {}
        self._here: dict[str, Place] = {}
        self._offsets: dict[tuple[str, str], npt.NDArray[np.float64]] = {}
        self._steps = 0
        super().__init__(
            session.events,
            (Event.PRE_STACK_NEW_IMAGE, Event.STACK_NEW_IMAGE, Event.CAMERA_MODIFIED),
        )
        for viewport in linked:
            self.add(viewport)

    def add(self, viewport: AnyViewport, *, leads: bool = True, follows: bool = True) -> None:
        """Link a further viewport; see `Followers.add`. What it shows now belongs to the others."""
        viewport_of(viewport)
        self._meet(viewport, _index_of(viewport))
        super().add(viewport, leads=leads, follows=follows)

    def remove(self, viewport: AnyViewport) -> None:
        """Let go of a viewport; nothing happens if it is not linked."""
        super().remove(viewport)
        self._forget(viewport.viewport_id)
        self._stacks.pop(viewport.viewport_id, None)

    def align(self, viewport: AnyViewport) -> None:
        """Move the others to where this viewport is."""
        viewport_of(viewport)
        index = _index_of(viewport)
        if index is not None:
            self._move(viewport, self._lead(viewport, index))

    def _lead_of(self, viewport: Any, detail: Any) -> _Lead | None:
        if isinstance(viewport, StackViewport):
            if isinstance(detail, CameraModified) or not self._is_news(viewport, detail):
                return None
            return self._lead(viewport, detail.image_id_index)
        if not isinstance(detail, CameraModified):
            return None
        here, place = self._here.get(viewport.viewport_id), place_of(viewport)
        if place is None or (here is not None and _is_same_plane(here, place)):
            return None
        index = _index_of(viewport)
        return None if index is None else self._lead(viewport, index)

    def _is_news(self, viewport: StackViewport, detail: Any) -> bool:
        """Say whether the others are to follow to this image of a stack."""
        viewport_id, index, image_id = detail.viewport_id, detail.image_id_index, detail.image_id
        stack = viewport.image_ids
        known = self._stacks.get(viewport_id)
        is_asked = isinstance(detail, PreStackNewImage)
        if not (index < len(stack) and stack[index] == image_id):
            # A stack that is about to be set; it is met when its image is there.
            return False
        if known is None or known.image_ids is not stack:
            self._meet(viewport, index)
            known = self._stacks[viewport_id]
            self._led[viewport_id] = image_id
            if self._leader == viewport_id:
                self._leader = ""
            if not is_asked:
                known.note(index, detail.image)
                self._note(viewport_id, known.place(index))
            return False
        if is_asked:
            self._leader = viewport_id
            self._led.pop(viewport_id, None)
            return True
        known.note(index, detail.image)
        # One that is shown when another is wanted by now says nothing.
        is_wanted = bool(viewport.target_image_id_index == index)
        is_led = self._leader != viewport_id and self._led.get(viewport_id) == image_id
        return is_wanted and not is_led

    def _lead(self, viewport: AnyViewport, index: int) -> _Lead:
        place = self._place(viewport, index)
        self._steps = index - self._first.get(viewport.viewport_id, 0)
        return _Lead(viewport.viewport_id, index, place)

    def _place(self, viewport: AnyViewport, index: int) -> Place | None:
        if not isinstance(viewport, StackViewport):
            return place_of(viewport)
        return self._places(viewport).place(index) if index < len(viewport.image_ids) else None

    def _places(self, viewport: StackViewport) -> StackPlaces:
        stack = viewport.image_ids
        known = self._stacks.get(viewport.viewport_id)
        if known is None or known.image_ids is not stack:
            known = self._stacks[viewport.viewport_id] = StackPlaces(stack, self._metadata)
        return known

    def _meet(self, viewport: AnyViewport, index: int | None) -> None:
        """Take what a viewport shows now to belong to what the others show."""
        viewport_id = viewport.viewport_id
        self._forget(viewport_id)
        if isinstance(viewport, StackViewport):
            self._places(viewport)
            if viewport.image is not None and index is not None and index < len(viewport.image_ids):
                self._stacks[viewport_id].note(index, viewport.image)
        if index is not None:
            self._first[viewport_id] = index - self._steps
            self._note(viewport_id, self._place(viewport, index))

    def _forget(self, viewport_id: str) -> None:
        self._led.pop(viewport_id, None)
        self._first.pop(viewport_id, None)
        self._here.pop(viewport_id, None)
        for pair in [pair for pair in list(self._offsets) if viewport_id in pair]:
            self._offsets.pop(pair, None)

    def _note(self, viewport_id: str, place: Place | None) -> None:
        if place is not None:
            self._here[viewport_id] = place

    def _follow(self, viewport: AnyViewport, lead: _Lead) -> None:
        index = _index_of(viewport)
        if index is None:
            return
        if isinstance(viewport, StackViewport):
            self._follow_in_stack(viewport, index, lead)
        elif self.by is SyncBy.SLICE:
            viewport.set_slice_index(self._by_number(viewport, lead, viewport.number_of_slices))
        else:
            self._follow_in_space(viewport, lead)
        self._note(lead.viewport_id, lead.place)
        self._note(viewport.viewport_id, self._place(viewport, _index_of(viewport) or 0))

    def _follow_in_stack(self, viewport: StackViewport, index: int, lead: _Lead) -> None:
        places = self._places(viewport)
        wanted: int | None
        if self.by is SyncBy.SLICE:
            wanted = self._by_number(viewport, lead, len(places.image_ids))
        else:
            place = self._comparable(viewport.viewport_id, places.place(index), lead)
            wanted = None if place is None else places.nearest(place, index, self._tolerance)
        if wanted is None:
            return
        self._led[viewport.viewport_id] = places.image_ids[wanted]
        try:
            _ = viewport.set_image_id_index(wanted)
        except IndexError:
            # It was given a shorter stack meanwhile.
            return

    def _follow_in_space(self, viewport: PlaneViewport, lead: _Lead) -> None:
        here = place_of(viewport)
        place = self._comparable(viewport.viewport_id, here, lead)
        if here is None or place is None:
            return
        if abs(float(here.normal @ place.normal)) < np.cos(np.radians(self._tolerance)):
            return
        # Under the middle of the canvas, so that only the plane moves.
        distance = float((place.point_lps - here.point_lps) @ here.normal)
        if not _reaches(viewport, here, distance):
            return
        x, y, z = (here.point_lps + distance * here.normal).tolist()
        viewport.jump_to_world((x, y, z))

    def _by_number(self, viewport: AnyViewport, lead: _Lead, count: int) -> int:
        first = self._first.setdefault(viewport.viewport_id, (_index_of(viewport) or 0))
        steps = lead.index - self._first.setdefault(lead.viewport_id, lead.index)
        return min(max(first + steps, 0), count - 1)

    def _comparable(self, viewport_id: str, here: Place | None, lead: _Lead) -> Place | None:
        """Give the leader's place in the world of another viewport, that is at `here`."""
        place = lead.place
        if place is None or here is None:
            return None
        uid, to_uid = place.frame_of_reference_uid, here.frame_of_reference_uid
        if self.by is SyncBy.FRAME_OF_REFERENCE and (uid is None or to_uid is None):
            return None
        matrix = matrix_between(uid, to_uid, self._registrations)
        if matrix is None and self.by is SyncBy.POSITION:
            matrix = self._taken_as_one(viewport_id, here, lead, place)
        return None if matrix is None else place.moved(matrix, to_uid)

    def _taken_as_one(
        self, viewport_id: str, here: Place, lead: _Lead, place: Place
    ) -> npt.NDArray[np.float64]:
        pair = lead.viewport_id, viewport_id
        shift = self._offsets.get(pair)
        if shift is None:
            before = self._here.get(lead.viewport_id, place)
            shift = self._offsets[pair] = here.point_lps - before.point_lps
            self._offsets[pair[::-1]] = -shift
        matrix = np.eye(4)
        matrix[:3, 3] = shift
        return matrix


def _index_of(viewport: AnyViewport) -> int | None:
    if isinstance(viewport, StackViewport):
        return viewport.target_image_id_index
    return None if place_of(viewport) is None else viewport.slice_index


def _is_same_plane(one: Place, other: Place) -> bool:
    is_parallel = abs(float(one.normal @ other.normal)) > 1 - 1e-9
    return is_parallel and abs(float((other.point_lps - one.point_lps) @ one.normal)) < 1e-6


def _reaches(viewport: PlaneViewport, here: Place, distance_mm: float) -> bool:
    """Say whether the volume has a plane so far along the normal, within half a step."""
    try:
        # In its world: the volume may be registered to that.
        planes = viewport.slice_planes
    except RuntimeError:
        # It was closed meanwhile.
        return False
    wanted = float(np.dot(here.point_lps + distance_mm * here.normal, planes.normal))
    half = planes.step_mm * 0.51
    return planes.first_mm - half <= wanted <= planes.position_mm(planes.count - 1) + half
