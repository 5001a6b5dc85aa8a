"""Viewports that follow each other: who leads, who follows, and never in a circle."""

from __future__ import annotations

import threading
import weakref
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pycornerstone.viewports.given_viewports import viewport_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.model.events import Event
    from pycornerstone.session.events import EventBus
    from pycornerstone.viewports.places import AnyViewport

__all__ = ["Followers"]


@dataclass(frozen=True, slots=True)
class _Member:
    viewport: weakref.ref[Any]
    leads: bool
    follows: bool


class Followers(ABC):
    """Some viewports, of which what happens to one is done to the others.

    It lasts until `close`, or until fewer than two of them are left: a viewport that somebody still
    uses is held by him, not by this. One that shows nothing, since it was closed or has not been
    given anything yet, is passed over. All of it may be used from any thread; of what happens to
    several at the same time, the last counts.

    Parameters
    ----------
    events : EventBus
        The events of the viewports' session.
    listens_to : iterable of Event
        What leads.

    Attributes
    ----------
    enabled : bool
        While it is False, nobody follows.
    """

    def __init__(self, events: EventBus, listens_to: Iterable[Event]) -> None:
        self.enabled = True
        self._members: dict[str, _Member] = {}
        self._lock = threading.Lock()
        self._thread = threading.local()
        self._waiting: Any = None
        self._is_moving = False
        self._undo = [events.subscribe(event, self._heard) for event in listens_to]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def viewports(self) -> tuple[AnyViewport, ...]:
        """Those that are linked, and still there."""
        members = list(self._members.values())
        return tuple(found for member in members if (found := member.viewport()) is not None)

    def add(self, viewport: AnyViewport, *, leads: bool = True, follows: bool = True) -> None:
        """Link a further viewport; one that is there already may then lead or follow as said.

        Parameters
        ----------
        viewport : StackViewport or VolumeViewport
            The viewport.
        leads : bool
            The others follow it.
        follows : bool
            It follows the others.

        Raises
        ------
        TypeError
            If it is no viewport.
        """
        viewport_of(viewport)
        with self._lock:
            self._members[viewport.viewport_id] = _Member(weakref.ref(viewport), leads, follows)

    def remove(self, viewport: AnyViewport) -> None:
        """Let go of a viewport; nothing happens if it is not linked."""
        viewport_of(viewport)
        with self._lock:
            self._members.pop(viewport.viewport_id, None)

    def close(self) -> None:
        """Let go of all of them, for good."""
        with self._lock:
            self._members.clear()
            undo, self._undo = self._undo, []
        for unsubscribe in undo:
            unsubscribe()

    @abstractmethod
    def _lead_of(self, viewport: Any, detail: Any) -> Any:
        """Give what the others are to do, or None."""

    @abstractmethod
    def _follow(self, viewport: Any, lead: Any) -> None:
        """Do it with one of them."""

    def _heard(self, detail: Any) -> None:
        # What happens in this thread while the others are moved is our own doing.
        if not self.enabled or getattr(self._thread, "is_moving", False):
            return
        member = self._members.get(detail.viewport_id)
        if member is None:
            if len(self.viewports) < len(self._members):
                self._forget_lost()
            return
        viewport = member.viewport()
        if viewport is None or len(self.viewports) < 2:
            self._forget_lost()
            return
        lead = self._lead_of(viewport, detail) if member.leads else None
        if lead is not None:
            self._move(viewport, lead)

    def _move(self, viewport: AnyViewport, lead: Any) -> None:
        """Let the others follow; nothing is locked meanwhile, as listeners are called."""
        with self._lock:
            self._waiting = viewport.viewport_id, lead
            if self._is_moving:
                # Whoever is at it goes on with this one.
                return
            self._is_moving = True
        self._thread.is_moving = True
        try:
            while self._take_turn():
                pass
        except BaseException:
            with self._lock:
                self._is_moving = False
            raise
        finally:
            self._thread.is_moving = False

    def _take_turn(self) -> bool:
        with self._lock:
            waiting, self._waiting = self._waiting, None
            if waiting is None:
                self._is_moving = False
                return False
            leader, lead = waiting
            others = [
                member.viewport
                for viewport_id, member in self._members.items()
                if viewport_id != leader and member.follows
            ]
        failure: Exception | None = None
        for reference in others:
            viewport = reference()
            if viewport is None:
                continue
            try:
                self._follow(viewport, lead)
            except Exception as error:  # noqa: BLE001 - one that cannot follow stops no other
                failure = failure or error
        if failure is not None:
            raise failure
        return True

    def _forget_lost(self) -> None:
        with self._lock:
            lost = [key for key, member in self._members.items() if member.viewport() is None]
            for viewport_id in lost:
                del self._members[viewport_id]
            is_over = bool(lost) and len(self._members) < 2
        if is_over:
            self.close()
