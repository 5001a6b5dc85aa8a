"""Cine: one slice, or one point in time, after the other, as fast as the header says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pycornerstone.model.modules import CineModule
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from pycornerstone.session.session import Session
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["MOST_FRAMES_PER_SECOND", "Cine", "header_rate"]

MOST_FRAMES_PER_SECOND = 120.0
# Slower is no cine; and there is a longest time that a thread can wait.
_FEWEST_FRAMES_PER_SECOND = 0.01
_USUAL = 15.0
_BACK_AND_FORTH = 1


class Cine:
    """Runs through the slices of a viewport, or through time; it is told when to take a step.

    Parameters
    ----------
    frames_per_second : float
        How fast, within limits; slices are left out where they cannot be shown that fast.
    started : float
        The time in seconds.
    is_back_and_forth : bool
        It turns round at the ends, and does not begin anew.
    is_over_time : bool
        It runs through points in time, and the slice stays.
    """

    def __init__(
        self,
        frames_per_second: float,
        started: float,
        *,
        is_back_and_forth: bool = False,
        is_over_time: bool = False,
    ) -> None:
        self.frames_per_second = min(
            max(frames_per_second, _FEWEST_FRAMES_PER_SECOND), MOST_FRAMES_PER_SECOND
        )
        self._started, self._taken = started, 0
        self.is_back_and_forth, self._direction = is_back_and_forth, 1
        self.is_over_time = is_over_time

    def next_at(self) -> float:
        """Give the time of the next step."""
        return self._started + (self._taken + 1) / self.frames_per_second

    def steps_due(self, now: float) -> int:
        """Give how many steps are due, and take them for done."""
        due = math.floor((now - self._started) * self.frames_per_second + 1e-6)
        steps, self._taken = due - self._taken, due
        return steps

    def going_on(self, index: int, steps: int, count: int) -> int:
        """Give where so many steps lead, of two places or more."""
        if not self.is_back_and_forth:
            return (index + steps) % count
        # Unrolled: there and back again is one round.
        round_ = 2 * (count - 1)
        at = index if self._direction > 0 else round_ - index
        at = (at + steps) % round_
        self._direction = 1 if at < count - 1 else -1
        return at if at < count else round_ - at

    def step(self, viewport: StackViewport | VolumeViewport, now: float) -> None:
        """Show the slice of this moment; of a stack that is still loading one, wait for that."""
        steps = self.steps_due(now)
        if steps <= 0:
            return
        if isinstance(viewport, StackViewport):
            index, count = viewport.current_image_id_index, len(viewport.image_ids)
            if index is None or index != viewport.target_image_id_index or viewport.image is None:
                # What is left out now would be missing in each round.
                return
        else:
            if not viewport.volumes:
                return
            index, count = viewport.slice_index, viewport.number_of_slices
        if count < 2:
            return
        wanted = self.going_on(index, steps, count)
        if isinstance(viewport, StackViewport):
            _ = viewport.set_image_id_index(wanted)
        else:
            viewport.set_slice_index(wanted)


def header_rate(session: Session, image_id: str) -> tuple[float, bool]:
    """Give how many frames a second the header wants, and whether it wants them back and forth."""
    found = session.metadata.get(CineModule, image_id)
    if found is None:
        return _USUAL, False
    rates = [found.recommended_display_frame_rate, found.cine_rate]
    if found.frame_time_ms:
        rates.append(1000 / found.frame_time_ms)
    rate = next((rate for rate in rates if rate and 0 < rate < math.inf), _USUAL)
    return rate, found.preferred_playback_sequencing == _BACK_AND_FORTH
