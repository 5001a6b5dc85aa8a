"""Palettes in segments: runs of entries, straight lines, and repetitions (PS3.3 C.7.9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_tags import describe_tag

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["expand_segments"]

_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2


def expand_segments(
    words: npt.NDArray[np.unsignedinteger], count: int, tag: int
) -> npt.NDArray[np.unsignedinteger]:
    """Expand a segmented palette table.

    Parameters
    ----------
    words : numpy.ndarray
        Segmented data, as 8-bit or 16-bit words.
    count : int
        How many entries the descriptor promises; never are there more.
    tag : int
        The element, for messages.

    Returns
    -------
    numpy.ndarray
        Entries, of the type of `words`.

    Raises
    ------
    MetadataError
        If the segments are none, or end before the last entry.

    References
    ----------
    DICOM PS3.3 C.7.9.2.1 (discrete), C.7.9.2.2 (linear) and C.7.9.2.3 (indirect segments).
    """
    table = _Expansion(words, count, tag)
    position = 0
    # A trailing byte may be there for the even length of the element.
    while table.is_short and position + 1 < len(words):
        position = table.expand(position, may_be_indirect=True)
    if table.is_short:
        raise table.error(f"gives {table.size} of {count} entries")
    return table.entries


class _Expansion:
    """The entries so far, and the words that they come from."""

    def __init__(self, words: npt.NDArray[np.unsignedinteger], count: int, tag: int) -> None:
        self._words = words
        self._tag = tag
        self._entries = np.zeros(count, words.dtype)
        self.size = 0

    @property
    def entries(self) -> npt.NDArray[np.unsignedinteger]:
        return self._entries

    @property
    def is_short(self) -> bool:
        return self.size < len(self._entries)

    def error(self, what: str) -> MetadataError:
        return MetadataError(f"{describe_tag(self._tag)} {what} (PS3.3 C.7.9.2)")

    def expand(self, position: int, *, may_be_indirect: bool) -> int:
        """Add the entries of the segment at `position`; give the position of the next."""
        opcode, length = (int(word) for word in self._take(position, 2))
        position += 2
        if opcode == _DISCRETE:
            self._add(self._take(position, length))
            return position + length
        if not self.size:
            raise self.error(f"begins with a segment of kind {opcode}, where only 0 can stand")
        if opcode == _LINEAR:
            # From the entry before, which is not repeated, to the one that is named.
            start, end = int(self._entries[self.size - 1]), int(self._take(position, 1)[0])
            self._add(np.rint(np.linspace(start, end, length + 1)[1:]))
            return position + 1
        if opcode == _INDIRECT and may_be_indirect:
            # The offset is one of bytes, in 32 bits, the lowest first.
            size = self._words.itemsize
            offset = self._take(position, 4 // size).astype(f"<u{size}").tobytes()
            target = int.from_bytes(offset, "little") // size
            for _ in range(length):
                if not self.is_short:
                    break
                target = self.expand(target, may_be_indirect=False)
            return position + 4 // size
        raise self.error(f"has a segment of kind {opcode}, where 0, 1 or 2 can stand")

    def _take(self, position: int, length: int) -> npt.NDArray[np.unsignedinteger]:
        words = self._words[position : position + length]
        if len(words) < length:
            raise self.error("ends inside a segment")
        return words

    def _add(self, entries: npt.NDArray[np.generic]) -> None:
        fitting = entries[: len(self._entries) - self.size]
        self._entries[self.size : self.size + len(fitting)] = fitting
        self.size += len(fitting)
