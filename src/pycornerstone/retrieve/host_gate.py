"""Who may ask a host now: the most urgent first, and never more at once than it is fair to ask."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from typing import TYPE_CHECKING

from pycornerstone.model.requests import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.retrieve.errand import Errand
    from pycornerstone.retrieve.time_allowed import TimeAllowed

__all__ = ["HostGates", "Place"]

# One place in so many is kept for interaction, which must not wait for a prefetch to end.
_ONE_KEPT_IN = 4
# A server may drop who reads nothing at all; a chunk now and then shows that we are there.
_LONGEST_PAUSE_S = 2.0


class HostGates:
    """A gate for each host and port that is asked; of one event loop.

    Parameters
    ----------
    limit : int
        Requests to each of them at once.
    quiet_s : float
        How long prefetches wait when an answer for interaction has come, since it has yet to be
        decoded and drawn.
    """

    def __init__(self, limit: int, quiet_s: float = 0.0) -> None:
        self._limit = limit
        self._quiet_s = quiet_s
        self._gates: dict[str, _Gate] = {}
        self._numbers = itertools.count()

    def __len__(self) -> int:
        """How many hosts are being asked, or are to be left alone for a while."""
        return len(self._gates)

    def place(self, origin: str, errand: Errand, time: TimeAllowed) -> Place:
        """Make what a request enters by, and leaves.

        Parameters
        ----------
        origin : str
            Scheme, host and port that are asked.
        errand : Errand
            How urgent it is; that may change.
        time : TimeAllowed
            Stands still while the request waits for a place.
        """
        return Place(self, origin, errand, time, next(self._numbers))

    def close(self) -> None:
        """Forget every host."""
        for gate in self._gates.values():
            gate.close()
        self._gates.clear()

    def gate(self, origin: str) -> _Gate:
        """Give the gate of an origin."""
        gate = self._gates.get(origin)
        if gate is None:
            gate = self._gates[origin] = _Gate(
                self._limit, self._quiet_s, lambda: self._gates.pop(origin, None)
            )
        return gate


class Place:
    """The place of one request: it enters, asks, and leaves, and may do so again."""

    __slots__ = (
        "_errand",
        "_gate",
        "_gates",
        "_origin",
        "admitted",
        "is_interaction",
        "number",
        "resumed",
        "time",
    )

    def __init__(
        self, gates: HostGates, origin: str, errand: Errand, time: TimeAllowed, number: int
    ) -> None:
        self._gates = gates
        self._origin = origin
        self._errand = errand
        self.time = time
        self._gate: _Gate | None = None
        self.number = number
        self.is_interaction = False
        self.admitted: asyncio.Future[None] | None = None
        self.resumed: asyncio.Future[None] | None = None

    @property
    def urgency(self) -> tuple[int, int]:
        """How urgent it is now."""
        return self._errand.urgency

    @property
    def is_waiting(self) -> bool:
        """Whether it has yet to be let in."""
        return self.admitted is not None and not self.admitted.done()

    async def enter(self) -> None:
        """Wait until the host may be asked; every entering is to be followed by `leave`."""
        gate = self._gate = self._gates.gate(self._origin)
        self._errand.watch(gate.urgency_changed)
        self.admitted = None
        if gate.take_free_place(self):
            return
        self.admitted = asyncio.get_running_loop().create_future()
        gate.queue(self)
        try:
            await self.admitted
        except BaseException:
            self.leave()
            raise
        finally:
            self.time.start()

    def leave(self) -> None:
        """Make way for the next; nothing if it has left."""
        gate, self._gate = self._gate, None
        if gate is None:
            return
        self._errand.unwatch(gate.urgency_changed)
        if self.admitted is not None:
            self.admitted.cancel()
        gate.leave(self)

    def answered(self) -> None:
        """Tell that the host answers, so that others may ask it too."""
        if self._gate is not None:
            self._gate.answered()

    def leave_alone(self, seconds: float) -> None:
        """Let nobody ask the host for a while, as it wishes."""
        if self._gate is not None:
            self._gate.close_for(seconds)

    @property
    def must_give_way(self) -> bool:
        """Whether it is to pause: the host is busy with what somebody waits for, and this can."""
        gate = self._gate
        return (
            gate is not None and gate.is_quiet and self._errand.urgency[0] >= RequestType.PREFETCH
        )

    async def give_way(self) -> None:
        """Wait while it is to pause, though not for long at a time."""
        gate = self._gate
        if gate is None:
            return
        self.time.stop()
        try:
            await gate.pause(self)
        finally:
            self.time.start()


class _Gate:
    """Who asks one host, and who waits to."""

    def __init__(self, limit: int, quiet_s: float, when_empty: Callable[[], object]) -> None:
        self._quiet_s = quiet_s
        self._limit = max(1, limit)
        self._limit_of_others = max(1, self._limit - max(1, self._limit // _ONE_KEPT_IN))
        self._when_empty = when_empty
        self._loop = asyncio.get_running_loop()
        self._running: set[Place] = set()
        # A heap; who has gone meanwhile is passed over.
        self._waiting: list[tuple[tuple[int, int], int, Place]] = []
        self._paused: set[Place] = set()
        self._is_look_due = False
        self._opening: asyncio.TimerHandle | None = None
        # Whether a host that wished to be left alone has yet to show that it answers again, and
        # whose request is to show it.
        self._is_doubtful = False
        self._trying: Place | None = None
        # Set while an image that somebody waits for has arrived, and is not yet on show.
        self._quiet: asyncio.TimerHandle | None = None
        self.interactions = 0

    def take_free_place(self, place: Place) -> bool:
        """Let it in if it need not wait."""
        if self._is_look_due:
            self._look()
        # Nobody who waits has a better right: who could be let in has been.
        if not self._has_room_for(place):
            return False
        self._let_in(place)
        return True

    def queue(self, place: Place) -> None:
        """Put it where it waits; its time stands still, unless it is the host that delays."""
        if not self._is_doubtful:
            place.time.stop()
        heapq.heappush(self._waiting, (place.urgency, place.number, place))

    def leave(self, place: Place) -> None:
        """Let the next one in."""
        self._running.discard(place)
        if place.is_interaction and self._quiet_s:
            self._give_quiet()
        self.interactions -= place.is_interaction
        place.is_interaction = False
        if self._trying is place:
            self._trying = None
        self._look()
        if not self._running and not self._waiting and self._opening is None:
            self._when_empty()

    def answered(self) -> None:
        """Take the host for one that can be asked."""
        if self._is_doubtful and self._opening is None:
            self._is_doubtful = False
            self._trying = None
            for place in self._still_waiting():
                place.time.stop()
            self._look()

    @property
    def is_quiet(self) -> bool:
        """Whether somebody waits for an image, so that what can wait has to."""
        return self.interactions > 0 or self._quiet is not None

    def _give_quiet(self) -> None:
        """Let what can wait do so a moment longer: the image has yet to be decoded and drawn."""
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = self._loop.call_later(self._quiet_s, self._end_quiet)

    def _end_quiet(self) -> None:
        self._quiet = None
        self._look()

    def close(self) -> None:
        """Forget what was to be done later."""
        if self._quiet is not None:
            self._quiet.cancel()
        if self._opening is not None:
            self._opening.cancel()

    def close_for(self, seconds: float) -> None:
        """Let nobody in for so long, and then one to see whether it is over."""
        until = self._loop.time() + seconds
        if self._opening is not None:
            until = max(until, self._opening.when())
            self._opening.cancel()
        self._opening = self._loop.call_at(until, self._open)
        self._is_doubtful = True
        for place in self._still_waiting():
            place.time.start()

    def urgency_changed(self) -> None:
        """Look again who goes first; from any thread."""
        if not self._is_look_due:
            self._is_look_due = True
            # A loop that has ended has nobody who waits.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._look)

    async def pause(self, place: Place) -> None:
        """Wait until it need not pause any more, or for as long as one may pause."""
        resumed = place.resumed = self._loop.create_future()
        self._paused.add(place)
        try:
            await asyncio.wait([resumed], timeout=_LONGEST_PAUSE_S)
        finally:
            self._paused.discard(place)

    def _open(self) -> None:
        self._opening = None
        self._trying = None
        self._look()
        if not self._running and not self._waiting:
            self._when_empty()

    def _look(self) -> None:
        """Let in who may be let in, and go on who need not pause."""
        if self._is_look_due:
            self._is_look_due = False
            waiting = self._still_waiting()
            self._waiting = [(place.urgency, place.number, place) for place in waiting]
            heapq.heapify(self._waiting)
            for place in self._running:
                self._count(place)
        while self._waiting:
            place = self._waiting[0][2]
            if place.is_waiting:
                if not self._has_room_for(place):
                    break
                self._let_in(place)
            heapq.heappop(self._waiting)
        for place in self._paused:
            resumed = place.resumed
            if resumed is not None and not resumed.done() and not place.must_give_way:
                resumed.set_result(None)

    def _has_room_for(self, place: Place) -> bool:
        """Whether it may be let in; what goes for one goes for all that are less urgent."""
        if self._opening is not None or (self._is_doubtful and self._trying is not None):
            return False
        request_type = place.urgency[0]
        if request_type == RequestType.INTERACTION:
            return len(self._running) < self._limit
        if request_type >= RequestType.PREFETCH and self.is_quiet:
            return False
        return len(self._running) < self._limit_of_others

    def _let_in(self, place: Place) -> None:
        self._running.add(place)
        if self._is_doubtful:
            self._trying = place
        self._count(place)
        if place.admitted is not None:
            place.admitted.set_result(None)

    def _count(self, place: Place) -> None:
        is_interaction = place.urgency[0] == RequestType.INTERACTION
        self.interactions += is_interaction - place.is_interaction
        place.is_interaction = is_interaction

    def _still_waiting(self) -> list[Place]:
        return [place for _, _, place in self._waiting if place.is_waiting]
