"""Candidates in turn, so that a machine that changes its speed changes it for all of them."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Outcome", "measure"]

OURS = "pycornerstone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one benchmark found.

    Attributes
    ----------
    title : str
        What was done.
    seconds : mapping of str to float
        Median of each candidate; ours is called pycornerstone.
    wanted : mapping of str to float
        Least ratio ``peer / ours`` that is aimed at, by peer.
    """

    title: str
    seconds: Mapping[str, float]
    wanted: Mapping[str, float]

    @property
    def ours(self) -> float:
        """Our median, seconds."""
        return self.seconds[OURS]

    def ratio(self, peer: str) -> float:
        """How many times as long as ours a peer takes."""
        return self.seconds[peer] / self.ours

    def lines(self) -> list[str]:
        """Give a row for us and one for each peer."""
        rows = [f"{self.title}", f"  {OURS:<44}{_time(self.ours)}"]
        for peer, seconds in self.seconds.items():
            if peer == OURS:
                continue
            wanted = self.wanted.get(peer)
            aim = "" if wanted is None else f"   wanted: at least {wanted:g} x"
            met = "" if wanted is None else "   met" if self.ratio(peer) >= wanted else "   MISSED"
            rows.append(f"  {peer:<44}{_time(seconds)}   {self.ratio(peer):6.2f} x{aim}{met}")
        return rows


def measure(
    title: str,
    candidates: Mapping[str, Callable[[], object]],
    *,
    runs: int,
    wanted: Mapping[str, float] | None = None,
    calls: int = 1,
    before: Callable[[], object] | None = None,
) -> Outcome:
    """Run each candidate `runs` times in turn after one warm-up, and give the medians.

    Parameters
    ----------
    title : str
        What is done.
    candidates : mapping
        Ours under ``"pycornerstone"``, and the peers.
    runs : int
        Counted runs of each.
    wanted : mapping, optional
        Ratios that are aimed at, by peer.
    calls : int
        Calls in one run, for what is short; the time given is that of one.
    before : callable, optional
        Called before each run of each candidate; what it does is not timed.
    """
    prepare = before or _nothing
    for run in candidates.values():
        prepare()
        run()
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(runs):
        for name, run in candidates.items():
            prepare()
            gc.collect()
            gc.disable()
            start = time.perf_counter()
            for _ in range(calls):
                run()
            taken[name].append((time.perf_counter() - start) / calls)
            gc.enable()
    medians = {name: statistics.median(times) for name, times in taken.items()}
    return Outcome(title, medians, wanted or {})


def _nothing() -> None:
    """Do nothing, where nothing is to be done before a run."""


def _time(seconds: float) -> str:
    for unit, size in (("s ", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:9.2f} {unit}"
    return f"{seconds / 1e-6:9.2f} us"
