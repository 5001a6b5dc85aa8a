"""The accounts of a cache: which memory is held by what, how much it is, and what may go first."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from pycornerstone.model.image import Image
    from pycornerstone.model.memory import Buffer
    from pycornerstone.model.volume import Volume
    from pycornerstone.session.unmade_images import UnmadeImage

__all__ = ["Entry", "HeldMemory"]


@dataclass(slots=True, eq=False)
class Entry:
    """What a cache keeps of one image or volume.

    Attributes
    ----------
    kept : Image, UnmadeImage or Volume
        What is kept.
    buffers : tuple of Buffer
        Memory that it keeps alive; the first is that of its samples.
    decache : callable or None
        Called when it is let go of.
    pins : int
        How many want it to stay.
    """

    kept: Image | UnmadeImage | Volume
    buffers: tuple[Buffer, ...]
    decache: Callable[[], object] | None = None
    pins: int = 0

    @property
    def main(self) -> Hashable:
        """Identity of the memory that its samples lie in."""
        return self.buffers[0][0]

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(nbytes for _, nbytes in self.buffers)


@dataclass(slots=True, eq=False)
class _Buffer:
    nbytes: int
    entries: int = 0
    entries_in_use: int = 0


@dataclass(slots=True, eq=False)
class _Group:
    """The entries whose samples lie in one buffer: only all of them together give it back."""

    entries: dict[Entry, None] = field(default_factory=dict)
    pins: int = 0


class HeldMemory:
    """Memory by who holds it: each buffer counts once, until its last holder is gone.

    Not safe to use from several threads at once.

    Attributes
    ----------
    size : int
        Bytes that are held.
    in_use : int
        Those of them that are pinned, or can't be given back as long as something else is.
    let_go : int
        Bytes that nothing holds any more, in all.
    """

    def __init__(self) -> None:
        self.size = 0
        self.in_use = 0
        self.let_go = 0
        # An entry keeps its buffers alive, so that their identities stay their own.
        self._buffers: dict[Hashable, _Buffer] = {}
        self._groups: dict[Hashable, _Group] = {}
        # Of the groups that may go, least recently used first.
        self._idle: OrderedDict[Hashable, _Group] = OrderedDict()

    def add(self, entry: Entry) -> None:
        """Count an entry, as the most recently used."""
        for key, nbytes in entry.buffers:
            buffer = self._buffers.get(key)
            if buffer is None:
                buffer = self._buffers[key] = _Buffer(nbytes)
                self.size += nbytes
            buffer.entries += 1
        group = self._groups.get(entry.main)
        if group is None:
            group = self._groups[entry.main] = _Group()
            self._idle[entry.main] = group
        group.entries[entry] = None
        if group.pins:
            self._use(entry)
        if entry.pins:
            pins, entry.pins = entry.pins, 0
            self.pin(entry, pins)
        self.touch(entry)

    def remove(self, entry: Entry) -> None:
        """Count an entry no more."""
        pins = entry.pins
        if pins:
            self.unpin(entry, pins)
            # Those who pinned it want the one that takes its place.
            entry.pins = pins
        group = self._groups[entry.main]
        if group.pins:
            self._use_no_more(entry)
        del group.entries[entry]
        if not group.entries:
            del self._groups[entry.main]
            del self._idle[entry.main]
        for key, _ in entry.buffers:
            buffer = self._buffers[key]
            buffer.entries -= 1
            if not buffer.entries:
                self.size -= buffer.nbytes
                self.let_go += buffer.nbytes
                del self._buffers[key]

    def touch(self, entry: Entry) -> None:
        """Make it, and what goes only together with it, the most recently used."""
        if entry.main in self._idle:
            self._idle.move_to_end(entry.main)

    def pin(self, entry: Entry, times: int = 1) -> None:
        """Let it stay, and what its samples share their memory with."""
        entry.pins += times
        group = self._groups[entry.main]
        if not group.pins:
            del self._idle[entry.main]
            for other in group.entries:
                self._use(other)
        group.pins += times

    def unpin(self, entry: Entry, times: int = 1) -> None:
        """Take pins back; what none is left of has been used until now."""
        entry.pins -= times
        group = self._groups[entry.main]
        group.pins -= times
        if not group.pins:
            self._idle[entry.main] = group
            for other in group.entries:
                self._use_no_more(other)

    def oldest(self) -> Iterable[Entry] | None:
        """Give the entries that go together first of all; None if everything is in use."""
        for group in self._idle.values():
            return tuple(group.entries)
        return None

    def beside(self, entry: Entry) -> tuple[Entry, ...]:
        """Give the other entries whose samples lie in the same memory."""
        return tuple(other for other in self._groups[entry.main].entries if other is not entry)

    def _use(self, entry: Entry) -> None:
        for key, _ in entry.buffers:
            buffer = self._buffers[key]
            if not buffer.entries_in_use:
                self.in_use += buffer.nbytes
            buffer.entries_in_use += 1

    def _use_no_more(self, entry: Entry) -> None:
        for key, _ in entry.buffers:
            buffer = self._buffers[key]
            buffer.entries_in_use -= 1
            if not buffer.entries_in_use:
                self.in_use -= buffer.nbytes
