"""Who is told of what happens."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from pycornerstone.model.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.model.events import EventDetail

__all__ = ["EventBus"]

_logger = logging.getLogger("pycornerstone.session")


class EventBus:
    """The events of one session, and who listens to them."""

    def __init__(self) -> None:
        self._listeners: dict[Event, tuple[Callable[[Any], object], ...]] = {}
        self._lock = threading.Lock()

    def subscribe(self, event: Event, listener: Callable[[Any], object]) -> Callable[[], None]:
        """Call ``listener(detail)`` at each `event`, in the thread in which it happens.

        What a listener raises is logged and harms nobody else. It may load images and wait for
        them, but not for the one that it is told of, which is given to its callers afterwards.

        Raises
        ------
        ValueError
            If there is no such event.

        Returns
        -------
        callable
            Ends the subscription; calling it again does nothing.
        """
        # A wrapper of its own tells two subscriptions of one function apart.
        entry = _Entry(listener)
        event = Event(event)
        with self._lock:
            self._listeners[event] = (*self._listeners.get(event, ()), entry)

        def unsubscribe() -> None:
            with self._lock:
                kept = tuple(
                    other for other in self._listeners.get(event, ()) if other is not entry
                )
                self._listeners[event] = kept

        return unsubscribe

    @property
    def has_listeners(self) -> bool:
        """Somebody listens to something."""
        return any(self._listeners.values())

    def listens(self, event: Event) -> bool:
        """Somebody listens to this one."""
        return bool(self._listeners.get(event))

    def emit(self, detail: EventDetail) -> None:
        """Tell everyone who listens to the event of `detail`."""
        for listener in self._listeners.get(detail.event, ()):
            try:
                listener(detail)
            except KeyboardInterrupt:
                raise
            except BaseException:  # a listener that exits must not take the loads with it
                _logger.exception("a listener of %s raised", detail.event)

    def clear(self) -> None:
        """Forget every listener."""
        with self._lock:
            self._listeners.clear()


class _Entry:
    __slots__ = ("_listener",)

    def __init__(self, listener: Callable[[Any], object]) -> None:
        self._listener = listener

    def __call__(self, detail: EventDetail) -> object:
        return self._listener(detail)
