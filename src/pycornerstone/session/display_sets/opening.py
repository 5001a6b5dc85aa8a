"""A source opened: listed, its headers read in parallel, sorted and split into display sets."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.metadata.series.splitting import split_series
from pycornerstone.model.display_set import DisplaySets
from pycornerstone.model.geometry_report import LeftOut
from pycornerstone.session.display_sets.reading import Unlisted
from pycornerstone.session.thread_batches import in_threads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from pycornerstone.metadata.series.splitting import SplitRule
    from pycornerstone.model.slice_facts import SliceFacts
    from pycornerstone.session.display_sets.fetching import Fetching, Known
    from pycornerstone.session.display_sets.listing import AnySource, Listing, Part
    from pycornerstone.session.display_sets.reading import HeaderReader

__all__ = ["Opening"]

# Servers, lists and images that are waited for at once.
_AWAITED = 8


class Opening:
    """Opens one source.

    Parameters
    ----------
    new_listing : callable
        Given what says whether to go on, makes what goes through the source.
    reader : HeaderReader
        Reads what is at hand.
    fetching : Fetching
        Brings what is not.
    advance : callable
        Told how many things were read, and how many there are.
    """

    def __init__(
        self,
        new_listing: Callable[[Callable[[], bool]], Listing],
        reader: HeaderReader,
        fetching: Fetching,
        advance: Callable[[int, int | None], object],
    ) -> None:
        self._new_listing = new_listing
        self._reader = reader
        self._fetching = fetching
        self._advance = advance
        self._stopped = threading.Event()
        self._places = asyncio.Semaphore(_AWAITED)
        self._counting = threading.Lock()
        self._done = self._total = 0
        self._is_counted_within = False

    async def run(self, source: AnySource, rules: Sequence[SplitRule] | None) -> DisplaySets:
        """Open it.

        Raises
        ------
        PyCornerstoneError
            If the source is one thing, and that cannot be read.
        """
        try:
            listing = self._new_listing(lambda: not self._stopped.is_set())
            await asyncio.to_thread(listing.add_source, source)
            self._count(0, len(listing.parts))
            known = await self._read(listing.parts)
            # It may take as long as reading did.
            return await asyncio.to_thread(self._split, known, listing.left_out, rules)
        finally:
            # Threads are not ended by a cancellation, but end themselves.
            self._stopped.set()

    async def _read(self, parts: Sequence[Part]) -> list[Known]:
        """Read all parts, and give what is known of their images in the order of the parts."""
        known: list[Sequence[Known]] = [()] * len(parts)
        is_only = len(parts) == 1

        async def wait_for(i: int, work: Awaitable[Sequence[Known]], done: int) -> None:
            async with self._places:
                try:
                    known[i] = await work
                except PyCornerstoneError as error:
                    if is_only:
                        raise
                    known[i] = [LeftOut(parts[i].path or parts[i].address, error.message)]
                self._count(done)

        at_hand, tasks = [], []
        for i, part in enumerate(parts):
            if self._fetching.is_needed(part):
                work = self._fetching.bring(part, self._advance_within)
                tasks.append(asyncio.create_task(wait_for(i, work, 1)))
            else:
                at_hand.append(i)
        try:
            unlisted = await self._read_at_hand(parts, at_hand, known)
            for i, found in sorted(unlisted.items()):
                tasks.append(asyncio.create_task(wait_for(i, self._fetching.listed(found), 1)))
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return [one for some in known for one in some]

    async def _read_at_hand(
        self, parts: Sequence[Part], which: list[int], known: list[Sequence[Known]]
    ) -> dict[int, Unlisted]:
        """Read some parts in threads; give those whose images are to be listed."""
        unlisted: dict[int, Unlisted] = {}

        def read(some: Sequence[int]) -> None:
            done = 0
            for i in some:
                if self._stopped.is_set():
                    break
                found = self._reader.read(parts[i])
                if isinstance(found, Unlisted):
                    unlisted[i] = found
                    continue
                known[i] = [found] if isinstance(found, LeftOut) else found
                done += 1
            self._count(done)

        await in_threads(which, read)
        return unlisted

    def _count(self, done: int, more: int = 0) -> None:
        with self._counting:
            self._done += done
            self._total += more
            done, total = self._done, self._total
        if not self._is_counted_within:
            self._advance(done, total)

    def _advance_within(self, done: int, total: int | None) -> None:
        """Say how far one study is; it counts as one thing among several."""
        if self._total == 1:
            self._is_counted_within = True
            self._advance(done, total)

    def _split(
        self,
        known: Iterable[Known],
        left_out: Sequence[LeftOut],
        rules: Sequence[SplitRule] | None,
    ) -> DisplaySets:
        """Make sets of what is known; an image that is there twice is in them once."""
        facts: dict[str, SliceFacts] = {}
        others = list(left_out)
        for one in known:
            if isinstance(one, LeftOut):
                others.append(one)
            elif one.image_id in facts:
                others.append(LeftOut(one.image_id, "it was named twice"))
            else:
                facts[one.image_id] = one
        images, copies = self._reader.without_copies(
            list(facts.values()), lambda: not self._stopped.is_set()
        )
        found = split_series(images) if rules is None else split_series(images, rules=rules)
        return DisplaySets(found.sets, (*others, *copies, *found.left_out))
