"""Elements that the headers of a series share: walked over once, and then passed over in runs.

Of the 60 to 300 elements of a slice some ten differ from those of the next. What stands between
these are the same bytes, and a walk that begins at the first of them finds the same elements in
them: it keeps what was found before.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pycornerstone.metadata.part10_elements import element_spans, find_elements
from pycornerstone.metadata.part10_encodings import Heads

if TYPE_CHECKING:
    from pycornerstone.metadata.part10_elements import Buffer, Elements
    from pycornerstone.metadata.part10_encodings import Encoding, Run

__all__ = ["SharedElements"]

# Longer ones hold what only one file has, such as the contours or frames of a whole series.
_MOST_BYTES = 64 * 1024
_FEWEST_ELEMENTS = 2
# Learning takes as long as some three walks: where it is of no use, it is given up but for every so
# many headers.
_MOST_WITHOUT_USE = _TRIED_EACH = 16
# Of one series there are some dozen.
_MOST_RUNS = 1024


class SharedElements:
    """What headers that were read have in common; of any thread.

    It holds bytes of headers, so it lives no longer than they may: it is a session's.
    """

    def __init__(self) -> None:
        self._known: dict[Encoding, _Known] = {}

    def find_elements(self, buffer: Buffer, start: int, end: int, encoding: Encoding) -> Elements:
        """Walk from element to element, and over those that were met before all at once.

        Parameters
        ----------
        buffer, start, end, encoding
            As of `part10_elements.find_elements`.

        Raises
        ------
        DecodeError
            As `part10_elements.find_elements`.
        """
        known = self._known.get(encoding)
        if known is None:
            known = self._known[encoding] = _Known(encoding)
        elements = find_elements(buffer, start, end, encoding, known.heads)
        stop = elements.pixel_data_start
        if not start < stop <= start + _MOST_BYTES:
            return elements
        if 4 * elements.shared_bytes >= 3 * (stop - start):
            known.without_use = 0
        else:
            known.learn(buffer, start, stop)
        return elements


class _Known:
    """What is known of data sets that are written in one way."""

    __slots__ = ("_encoding", "_last", "heads", "without_use")

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._last: frozenset[bytes] = frozenset()
        self.heads = Heads(encoding, encoding.kept.tags)
        self.without_use = 0

    def learn(self, buffer: Buffer, start: int, stop: int) -> None:
        """Find what a header shares with the one that was looked at before."""
        tried = self.without_use = self.without_use + 1
        if tried > _MOST_WITHOUT_USE and tried % _TRIED_EACH > 1:
            return
        elements = [
            buffer[begin:end] for begin, end in element_spans(buffer, start, stop, self._encoding)
        ]
        last, self._last = self._last, frozenset(elements)
        for is_shared, group in groupby(elements, last.__contains__):
            run = list(group)
            if is_shared and len(run) >= _FEWEST_ELEMENTS:
                self._keep(run)

    def _keep(self, elements: list[bytes]) -> None:
        data, heads = b"".join(elements), self.heads
        found = find_elements(data, 0, len(data), self._encoding)
        run: Run = (data, len(data), found.kept, found.spans)
        if len(heads.runs) >= _MOST_RUNS:
            heads.runs.clear()
        first_8_bytes = data[:8]
        _, _, head = heads.known.get(first_8_bytes) or heads.read(first_8_bytes)
        heads.runs[first_8_bytes] = run
        # Not simple: so a walk looks for a run there, and nowhere else.
        heads.known[first_8_bytes] = (0, None, head)
