"""Volumes asked for by a viewport, from the asking until all of them are on show."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.errors import LoadCancelledError
from pycornerstone.loaders.promised import Promised
from pycornerstone.model.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.viewports.source import VolumeLoad
    from pycornerstone.viewports.volumes.shown_volume import ShownVolume

__all__ = ["VolumesRequest"]


class VolumesRequest(Promised[tuple[Volume, ...]]):
    """The promise of volumes that a viewport was given: all of them, whole and on show.

    Await it, or wait for its `result`. It ends with LoadCancelledError if the viewport is given
    others before, or one of them is removed, and with what a load fails with. Cancelling it cancels
    the loads that the viewport began for it, and not those that it was given.

    Parameters
    ----------
    shown : sequence of ShownVolume
        Which, in the order of the result.
    """

    def __init__(self, shown: Sequence[ShownVolume]) -> None:
        super().__init__()
        own = [one.load for one in shown if one.is_own and one.load is not None]
        self.cancel_fn = partial(_cancel, own)
        self._given: tuple[Volume | VolumeLoad, ...] = tuple(
            one.known if one.load is None else one.load for one in shown
        )

    def __repr__(self) -> str:
        state = "loading"
        if self.cancelled():
            state = "cancelled"
        elif self.done():
            state = "failed" if self._outcome.exception() else "on show"
        return f"<{type(self).__name__}: {state}>"

    def check(self, error: BaseException | None = None) -> None:
        """Settle it if all of them are there, or one has failed, or for the reason given."""
        given = self._given
        loads = [one for one in given if not isinstance(one, Volume)]
        ended = [load for load in loads if load.done()]
        error = error or next((load.exception() for load in ended if load.exception()), None)
        if error is not None:
            self._end(error)
        elif len(ended) == len(loads):
            self._end(tuple(one if isinstance(one, Volume) else one.result(0) for one in given))

    def give_up(self) -> None:
        """End it since other volumes are wanted; nothing happens if they are on show already."""
        self._end(LoadCancelledError("other volumes were asked for before these were on show"))

    @property
    def _what(self) -> str:
        return "one of the volumes"

    def _end(self, outcome: tuple[Volume, ...] | BaseException) -> None:
        # Its loads know it: nothing would be let go of.
        self._given, self.cancel_fn = (), None
        self._settle(outcome)


def _cancel(loads: Sequence[VolumeLoad]) -> None:
    for load in loads:
        load.cancel()
