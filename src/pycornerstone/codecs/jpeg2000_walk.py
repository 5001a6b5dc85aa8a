"""How much of a JPEG 2000 picture is there: a walk over the packets that have come so far.

What is there is told by the packets themselves, not by fractions of bytes or by the markers that an
encoder may write about their lengths: a packet is counted when its last byte has come.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.codecs.jpeg2000_grid import read_main_header
from pycornerstone.codecs.jpeg2000_packets import CutShortError, PrecinctReader
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycornerstone.codecs.jpeg2000_grid import Grid, MainHeader, Packet, Precinct

__all__ = ["CodestreamWalk", "Progress"]

_SOC, _SOT, _SOD, _EOC = b"\xff\x4f", 0xFF90, 0xFF93, 0xFFD9
_PLT, _COM = 0xFF58, 0xFF64
_TILE_PART = struct.Struct(">HIBB")
_SOT_LENGTH = 12
_GOES_ON = "broken JPEG 2000 codestream: a packet goes on after the end of its tile-part"
# It is gone over from its beginning whenever there is more of it.
_LONGEST_HEADER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the picture is there.

    Attributes
    ----------
    reduction : int
        How often width and height are halved in what is there in all layers; 0 for full resolution.
    layers : int
        Quality layers that are there at full resolution.
    layers_length : int
        Bytes of these layers.
    is_whole : bool
        Nothing is missing.
    """

    reduction: int
    layers: int
    layers_length: int
    is_whole: bool


class CodestreamWalk:
    """Follows the packets of one codestream as its bytes come in.

    Attributes
    ----------
    main : MainHeader or None
        The main header, once it is there.
    """

    def __init__(self) -> None:
        self.main: MainHeader | None = None
        self._tiles: dict[int, _Tile] = {}
        self._parts: list[tuple[int, int, int]] = []
        self._position = 0
        self._part_end: int | None = None
        self._tile: _Tile | None = None

    def go_on(self, data: bytes | memoryview) -> Progress | None:
        """Walk on as far as there is something.

        Parameters
        ----------
        data : bytes or memoryview
            All bytes so far, from the first one on; what was given before, and more.

        Returns
        -------
        Progress or None
            How much of the picture is there; None if that cannot be shown yet.

        Raises
        ------
        DecodeError
            If it is no codestream, or a broken one.
        UnsupportedEncodingError
            If its packets cannot be followed, or come in an order that shows nothing before all
            are there.
        """
        if self.main is None:
            self.main = read_main_header(data)
            if self.main is None:
                _check_length(len(data))
                return None
            self._position = self.main.end
        while self._step(self.main, data):
            pass
        return self._progress(self.main)

    def rebuilt(self, data: bytes | memoryview) -> bytes:
        """Give a whole codestream of what has been walked over.

        Packets that are not there are written as empty ones, of which a decoder makes what the
        lower resolutions and layers say (B.9: a packet of length zero).
        """
        if self.main is None:
            raise DecodeError("broken JPEG 2000 codestream: its header is not there")
        pieces: list[bytes | memoryview] = [self.main.kept]
        empty = b"\0\xff\x92" if self.main.style.has_end_markers else b"\0"
        for number in range(self.main.header.tiles):
            tile = self._tiles.get(number)
            if tile is None:
                raise DecodeError("broken JPEG 2000 codestream: a tile is not there")
            body = [data[start:stop] for start, stop in tile.pieces]
            body.append(empty * tile.missing)
            length = _SOT_LENGTH + 2 + sum(len(piece) for piece in body)
            pieces.append(struct.pack(">HHHIBBH", _SOT, 10, number, length, 0, 1, _SOD))
            pieces += body
        pieces.append(_EOC.to_bytes(2, "big"))
        return b"".join(pieces)

    def _step(self, main: MainHeader, data: bytes | memoryview) -> bool:
        """Take one tile-part header, or the packets of the tile-part; False if there is no more."""
        if self._tile is None:
            return self._enter_tile_part(main, data)
        end = len(data) if self._part_end is None else min(self._part_end, len(data))
        is_all = end == self._part_end
        self._position = self._tile.walk(data, self._position, end, is_all=is_all)
        if not is_all:
            return False
        # Bytes that belong to no packet are none of the picture's.
        self._position, self._tile = end, None
        return True

    def _enter_tile_part(self, main: MainHeader, data: bytes | memoryview) -> bool:
        start = self._position
        marker = int.from_bytes(data[start : start + 2], "big")
        if start + _SOT_LENGTH > len(data) or marker == _EOC:
            return False
        number, length, *_ = _TILE_PART.unpack_from(data, start + 4)
        if marker != _SOT or number >= main.header.tiles:
            raise DecodeError(f"broken JPEG 2000 codestream: byte {start} should start a tile-part")
        position = start + _SOT_LENGTH
        while (marker := int.from_bytes(data[position : position + 2], "big")) != _SOD:
            if position + 4 > len(data):
                _check_length(len(data) - start)
                return False
            if marker not in {_PLT, _COM}:
                raise UnsupportedEncodingError(f"its marker {marker:04X} is not followed")
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        position += 2
        if length and start + length < position:
            raise DecodeError("broken JPEG 2000 codestream: a tile-part has no length")
        if number not in self._tiles:
            self._tiles[number] = _Tile(main.grid, number)
        self._tile = self._tiles[number]
        self._part_end = start + length if length else None
        self._position = position
        return True

    def _progress(self, main: MainHeader) -> Progress | None:
        if len(self._tiles) < main.header.tiles:
            return None
        tiles = self._tiles.values()
        whole = min(tile.resolutions for tile in tiles)
        layers = min(tile.layers for tile in tiles)
        if not whole and not layers:
            return None
        return Progress(
            main.style.levels + 1 - whole,
            layers,
            sum(tile.length(layers) for tile in tiles),
            not any(tile.missing for tile in tiles),
        )


class _Tile:
    """The packets of one tile, and how far they have come."""

    def __init__(self, grid: Grid, number: int) -> None:
        self._style = grid.style
        self._precincts = grid.precincts(number)
        counts = [len(of_resolution) * grid.components for of_resolution in self._precincts]
        self.missing = sum(counts) * grid.style.layers
        # Packets that are to come, of each resolution and of each layer.
        self._of_resolution = [count * grid.style.layers for count in counts]
        self._of_layer = [sum(counts)] * grid.style.layers
        self._bytes_of_layer = [0] * grid.style.layers
        self._to_come = grid.packets(self._precincts)
        self._next: Packet | None = next(self._to_come, None)
        self._readers: dict[tuple[int, int, int], PrecinctReader] = {}
        self._needed = 0
        self.pieces: list[tuple[int, int]] = []

    @property
    def resolutions(self) -> int:
        """How many are there, in all layers."""
        return _leading_zeros(self._of_resolution)

    @property
    def layers(self) -> int:
        """How many are there, of all resolutions."""
        return _leading_zeros(self._of_layer)

    def length(self, layers: int) -> int:
        """How many bytes the first so many layers have."""
        return sum(self._bytes_of_layer[:layers])

    def walk(self, data: bytes | memoryview, start: int, stop: int, *, is_all: bool) -> int:
        """Step over the packets that are whole, and give where the next one begins."""
        position = start
        # What is known to be not there is not looked for with every byte that comes.
        while self._next is not None and position < stop and (is_all or stop >= self._needed):
            packet = self._next
            try:
                end = self._reader(packet).read(data, position, stop, packet.layer)
            except CutShortError as error:
                if is_all:
                    raise DecodeError(_GOES_ON) from error
                self._needed = error.needed
                break
            self._bytes_of_layer[packet.layer] += end - position
            position = end
            self._next = next(self._to_come, None)
            self.missing -= 1
            self._of_layer[packet.layer] -= 1
            self._of_resolution[packet.resolution] -= 1
        if position > start:
            self.pieces.append((start, position))
        return position

    def _reader(self, packet: Packet) -> PrecinctReader:
        place = packet.resolution, packet.component, packet.number
        reader = self._readers.get(place)
        if reader is None:
            precinct: Precinct = self._precincts[packet.resolution][packet.number]
            reader = PrecinctReader(precinct, self._style)
            self._readers[place] = reader
        return reader


def _check_length(header: int) -> None:
    if header > _LONGEST_HEADER:
        raise UnsupportedEncodingError(f"its headers are longer than {_LONGEST_HEADER} bytes")


def _leading_zeros(counts: list[int]) -> int:
    return sum(1 for _ in _while_zero(counts))


def _while_zero(counts: list[int]) -> Iterator[int]:
    return itertools.takewhile(lambda count: not count, counts)
