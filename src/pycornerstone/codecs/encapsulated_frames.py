"""Encapsulated frames: the fragments of one, found without the others where a table says where."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.codecs.encapsulation import (
    group_into_frames,
    read_fragments,
    read_offset_table,
)
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.encapsulation import Fragment, OffsetTable

__all__ = ["EncapsulatedFrames"]


@dataclass(frozen=True, slots=True)
class _All:
    """What going through all items gave: the frames, and why there may be fewer than there were."""

    frames: tuple[tuple[Fragment, ...], ...]
    defect: str | None


class EncapsulatedFrames:
    """The frames of encapsulated pixel data (PS3.5 section A.4). May be asked from any thread.

    An offset table is tried before anything is gone through: a frame begins with an item where the
    table says so, and ends with one where the next begins. Where it does not, the table is wrong,
    and all items are gone through.

    Parameters
    ----------
    pixel_data : memoryview
        From the Basic Offset Table's item on.
    number_of_frames : int
        (0028,0008).
    offsets, lengths : array_like of int, optional
        Extended Offset Table (7FE0,0001), which goes before the basic one, and its lengths
        (7FE0,0002).

    Raises
    ------
    DecodeError
        If there is no Basic Offset Table; or neither table can be right, and the frames cannot be
        told apart otherwise.
    """

    def __init__(
        self,
        pixel_data: memoryview,
        number_of_frames: int,
        offsets: npt.ArrayLike | None = None,
        lengths: npt.ArrayLike | None = None,
    ) -> None:
        self._pixel_data = pixel_data
        self._number_of_frames = number_of_frames
        basic, self._first = read_offset_table(pixel_data)
        extended = _table(offsets)
        self._lengths = _table(lengths)
        self._tables = (extended, basic)
        self._lock = Lock()
        self._all: _All | None = None
        # Of one frame all items are looked at anyway.
        is_one = number_of_frames == 1
        self._likely = [] if is_one else [table for table in self._tables if self._can_be(table)]
        if not self._likely:
            self._go_through()

    def frame(self, number: int) -> tuple[Fragment, ...]:
        """Give the fragments of a frame, which counts from 1.

        Raises
        ------
        DecodeError
            If the pixel data break off before it ends, or the frames cannot be told apart.
        """
        for table in self._likely:
            found = self._by_table(table, number)
            if found is not None:
                return found
        all_of_them = self._go_through()
        if number > len(all_of_them.frames):
            raise DecodeError(
                f"frame {number} of {self._number_of_frames} is not whole: "
                f"{all_of_them.defect or 'there are no fragments for it'}"
            )
        return all_of_them.frames[number - 1]

    def _can_be(self, table: OffsetTable) -> bool:
        """Whether a table has an offset for each frame, one after the other."""
        return (
            len(table) == self._number_of_frames
            and int(table[0]) == 0
            and bool(np.all(table[1:] > table[:-1]))
            and self._first + int(table[-1]) < len(self._pixel_data)
        )

    def _by_table(self, table: OffsetTable, number: int) -> tuple[Fragment, ...] | None:
        begin = int(table[number - 1])
        end = int(table[number]) if number < len(table) else None
        found = read_fragments(self._pixel_data, self._first, begin, end)
        if found.defect or not found.items or (end is not None and found.end_offset != end):
            return None
        if table is self._tables[0] and len(self._lengths) == len(table):
            # A length leaves the byte out that makes an item's even (PS3.3 C.7.6.3.1.9).
            held = sum(item.stop - item.start for item in found.items)
            if held - int(self._lengths[number - 1]) not in {0, 1}:
                return None
        return found.items

    def _go_through(self) -> _All:
        with self._lock:
            if self._all is None:
                fragments = read_fragments(self._pixel_data, self._first)
                frames = group_into_frames(
                    fragments, self._pixel_data, self._number_of_frames, self._tables
                )
                self._all = _All(frames, fragments.defect)
            return self._all


def _table(values: npt.ArrayLike | None) -> OffsetTable:
    return np.asarray(() if values is None else values, np.uint64).ravel()
