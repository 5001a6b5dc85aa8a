"""Headers of JPEG 2000 packets: how many bytes of which code block come next (ISO 15444-1 B.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from pycornerstone.codecs.jpeg2000_grid import CodingStyle, Precinct

__all__ = ["CutShortError", "PrecinctReader"]

_SOP, _EPH = b"\xff\x91", b"\xff\x92"
_SOP_LENGTH = 6
_UNKNOWN = 1 << 30
# A block has 37 bit-planes at the most (equation E-2), and twice as many in a region of interest.
_MOST_PLANES = 74
_MOST_LENGTH_BITS = 32
_BYPASS, _TERMINATE_EACH, _HIGH_THROUGHPUT = 0x01, 0x04, 0x40
# The arithmetic coder is not bypassed in the first ten passes (table D.9).
_BEFORE_BYPASS = 10


# A longer header that is not whole is read again only when there is an eighth more of it.
_SHORT_HEADER = 4096


class CutShortError(Exception):
    """There are not as many bytes as a packet has.

    Attributes
    ----------
    needed : int
        Where it ends at the earliest.
    """

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed


class PrecinctReader:
    """Reads the packets of one precinct, one for each quality layer.

    Parameters
    ----------
    precinct : Precinct
        Its code blocks.
    style : CodingStyle
        How they are coded.
    """

    def __init__(self, precinct: Precinct, style: CodingStyle) -> None:
        self._style = style
        self._bands = [_Band(*size) for size in precinct.bands if size[0]]

    def read(self, data: bytes | memoryview, start: int, stop: int, layer: int) -> int:
        """Step over a packet.

        Parameters
        ----------
        data : bytes or memoryview
            What there is.
        start, stop : int
            Where the packet begins, and where its tile-part or the data end.
        layer : int
            Which of its quality layers, from 0 on, each once.

        Returns
        -------
        int
            Where the next one begins.

        Raises
        ------
        CutShortError
            If it goes on after `stop`; it can be read again when more is there.
        DecodeError
            If no encoder writes it so.
        """
        # Another layer changes what is known of a block: it is not to be done twice.
        old = [band.state() for band in self._bands] if self._style.layers > 1 else []
        try:
            return self._end_of_packet(data, start, stop, layer)
        except CutShortError:
            for number, band in enumerate(self._bands):
                if old:
                    band.restore(old[number])
                else:
                    band.reset()
            raise

    def _end_of_packet(self, data: bytes | memoryview, start: int, stop: int, layer: int) -> int:
        position = start
        if self._style.has_start_markers and bytes(data[position : position + 2]) == _SOP:
            position += _SOP_LENGTH
        bits = _Bits(data, position, stop)
        length = self._lengths(bits, layer) if bits.take(1) else 0
        position = bits.align()
        if self._style.has_end_markers:
            marker = bytes(data[position : min(position + 2, stop)])
            if len(marker) == 2 and marker != _EPH:
                raise DecodeError("broken JPEG 2000 codestream: a packet header does not end")
            position += 2
        if position + length > stop:
            raise CutShortError(position + length)
        return position + length

    def _lengths(self, bits: _Bits, layer: int) -> int:
        length = 0
        for band in self._bands:
            for block in range(band.blocks):
                length += self._length(bits, band, block, layer)
        return length

    def _length(self, bits: _Bits, band: _Band, block: int, layer: int) -> int:
        """Read how many bytes a block has in this packet."""
        if band.passes[block]:
            if not bits.take(1):
                return 0
        else:
            if not band.inclusion.is_below(bits, block, layer + 1):
                return 0
            # How many bit-planes are missing; what they are is the decoder's business.
            planes = 1
            while not band.missing_planes.is_below(bits, block, planes):
                planes += 1
                _require_at_most(planes, _MOST_PLANES)
        passes = _number_of_passes(bits)
        while bits.take(1):
            band.length_bits[block] += 1
            _require_at_most(band.length_bits[block], _MOST_LENGTH_BITS)
        width = band.length_bits[block]
        if self._style.block_style & _HIGH_THROUGHPUT:
            return _high_throughput_length(bits, passes, width, band, block)
        length = 0
        first = band.passes[block]
        band.passes[block] = first + passes
        while passes:
            together = min(passes, _passes_together(self._style.block_style, first))
            length += bits.take(width + together.bit_length() - 1)
            first += together
            passes -= together
        return length


class _Band:
    """What is known of the blocks of one sub-band in a precinct."""

    __slots__ = ("_size", "blocks", "inclusion", "length_bits", "missing_planes", "passes")

    def __init__(self, columns: int, rows: int) -> None:
        self._size = columns, rows
        self.blocks = columns * rows
        self.reset()

    def reset(self) -> None:
        self.inclusion = _TagTree(*self._size)
        self.missing_planes = _TagTree(*self._size)
        self.passes = [0] * self.blocks
        self.length_bits = [3] * self.blocks

    def state(self) -> tuple[list[int], ...]:
        return (
            *self.inclusion.state(),
            *self.missing_planes.state(),
            self.passes.copy(),
            self.length_bits.copy(),
        )

    def restore(self, state: tuple[list[int], ...]) -> None:
        self.inclusion.restore(state[0], state[1])
        self.missing_planes.restore(state[2], state[3])
        self.passes, self.length_bits = state[4], state[5]


class _TagTree:
    """Numbers of blocks, told as far as they are asked for (B.10.2)."""

    __slots__ = ("_known", "_parents", "_values")

    def __init__(self, columns: int, rows: int) -> None:
        parents: list[int] = []
        start = 0
        while columns * rows > 1:
            above = start + columns * rows
            half = (columns + 1) // 2
            parents += [above + y // 2 * half + x // 2 for y in range(rows) for x in range(columns)]
            start, columns, rows = above, half, (rows + 1) // 2
        self._parents = [*parents, -1]
        self._values = [_UNKNOWN] * len(self._parents)
        self._known = [0] * len(self._parents)

    def is_below(self, bits: _Bits, leaf: int, limit: int) -> bool:
        """Read until it is known whether the number of a leaf is less than `limit`."""
        way = []
        node = leaf
        while node >= 0:
            way.append(node)
            node = self._parents[node]
        values, known = self._values, self._known
        low = 0
        for node in reversed(way):
            low = max(low, known[node])
            while low < limit and low < values[node]:
                if bits.take(1):
                    values[node] = low
                else:
                    low += 1
            known[node] = low
        return values[leaf] < limit

    def state(self) -> tuple[list[int], list[int]]:
        return self._values.copy(), self._known.copy()

    def restore(self, values: list[int], known: list[int]) -> None:
        self._values, self._known = values, known


class _Bits:
    """Bits of a packet header: after a byte FF, the next one has seven (B.10.1)."""

    __slots__ = ("_byte", "_data", "_left", "_position", "_start", "_stop")

    def __init__(self, data: bytes | memoryview, start: int, stop: int) -> None:
        self._data = data
        self._start, self._position, self._stop = start, start, stop
        self._byte = self._left = 0

    def take(self, count: int) -> int:
        value = 0
        while count:
            if not self._left:
                if self._position >= self._stop:
                    length = self._stop - self._start
                    more = length // 8 if length > _SHORT_HEADER else 1
                    raise CutShortError(self._stop + more)
                self._left = 7 if self._byte == 0xFF else 8
                self._byte = self._data[self._position]
                self._position += 1
            taken = min(count, self._left)
            self._left -= taken
            count -= taken
            value = value << taken | (self._byte >> self._left) & ((1 << taken) - 1)
        return value

    def align(self) -> int:
        """Give where the bytes after the header begin."""
        if self._byte == 0xFF:
            if self._position >= self._stop:
                raise CutShortError(self._position + 1)
            # A stuffed bit has a byte of its own.
            return self._position + 1
        return self._position


def _require_at_most(number: int, most: int) -> None:
    # What is no packet header would be gone over bit by bit to its end.
    if number > most:
        raise DecodeError("broken JPEG 2000 codestream: a packet header says what cannot be")


def _number_of_passes(bits: _Bits) -> int:
    """Read how many coding passes of a block there are (table B.4)."""
    if not bits.take(1):
        return 1
    if not bits.take(1):
        return 2
    number = bits.take(2)
    if number < 3:
        return 3 + number
    number = bits.take(5)
    if number < 31:
        return 6 + number
    return 37 + bits.take(7)


def _passes_together(style: int, first: int) -> int:
    """Say how many passes from `first` on have one length (tables D.8 and D.9)."""
    if style & _TERMINATE_EACH:
        return 1
    if not style & _BYPASS:
        return _UNKNOWN
    if first < _BEFORE_BYPASS:
        return _BEFORE_BYPASS - first
    # Significance and refinement as they are, then a clean-up that is coded.
    return (2, 1, 1)[(first - _BEFORE_BYPASS) % 3]


def _high_throughput_length(bits: _Bits, passes: int, width: int, band: _Band, block: int) -> int:
    """Read the lengths of a clean-up and of the refinements after it (ISO 15444-15, B.2)."""
    band.passes[block] = passes
    # Passes come by three; whole sets before the last one are empty.
    empty = (passes - 1) // 3
    length = bits.take(width + (3 * empty + 1).bit_length() - 1)
    refinements = passes - 3 * empty - 1
    if refinements:
        length += bits.take(width + refinements.bit_length() - 1)
    return length
