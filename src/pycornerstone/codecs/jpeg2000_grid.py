"""How a JPEG 2000 image is divided: tiles, resolutions, precincts, code blocks (ISO 15444-1 B)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from pycornerstone.codecs.jpeg2000_header import read_jpeg2000_header
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycornerstone.codecs.jpeg2000_header import Jpeg2000Header

__all__ = ["CodingStyle", "Grid", "MainHeader", "Packet", "Precinct", "read_main_header"]

_SOT, _COD, _QCD, _QCC, _CAP, _TLM = 0xFF90, 0xFF52, 0xFF5C, 0xFF5D, 0xFF50, 0xFF55
_CRG, _COM, _PRF, _CPF, _RGN, _PLM = 0xFF63, 0xFF64, 0xFF56, 0xFF59, 0xFF5E, 0xFF57
# COC and POC give components and parts of the stream an order of their own, and PPM takes packet
# headers out of it: rare, and not followed here.
_FOLLOWED = frozenset({_COD, _QCD, _QCC, _CAP, _TLM, _CRG, _COM, _PRF, _CPF, _RGN, _PLM})
# Say where things lie in the stream, and no longer do so of one that was cut.
_OF_LENGTHS = frozenset({_TLM, _PLM})
# Real frames have some hundred packets, and some thousand blocks; 10 us of time for each.
_MOST_PACKETS = 20_000
_MOST_BLOCKS = 1 << 17
_WHOLE = 15


@dataclass(frozen=True, slots=True)
class CodingStyle:
    """The marker segment COD (A.6.1).

    Attributes
    ----------
    has_start_markers, has_end_markers : bool
        A packet may begin with SOP, and its header ends with EPH.
    progression : int
        0 LRCP, 1 RLCP, 2 RPCL, 3 PCRL, 4 CPRL.
    layers, levels : int
        Quality layers and decomposition levels.
    block_size : tuple of int
        Exponents of a code block's width and height.
    block_style : int
        How code blocks are coded (table A.19).
    precinct_sizes : tuple of pairs of int
        Exponents of a precinct's width and height by resolution, the lowest first.
    is_reversible : bool
        The wavelet transformation is the 5-3 one, of whole numbers.
    """

    has_start_markers: bool
    has_end_markers: bool
    progression: int
    layers: int
    levels: int
    block_size: tuple[int, int]
    block_style: int
    precinct_sizes: tuple[tuple[int, int], ...]
    is_reversible: bool


@dataclass(frozen=True, slots=True)
class MainHeader:
    """What stands before the first tile-part.

    Attributes
    ----------
    header : Jpeg2000Header
        Size, components and kind.
    style : CodingStyle
        How it is coded.
    end : int
        Where the first tile-part stands, in bytes.
    kept : bytes
        All of it, without the markers that say where tile-parts and packets end.
    grid : Grid
        Where tiles and their parts lie.
    """

    header: Jpeg2000Header
    style: CodingStyle
    end: int
    kept: bytes
    grid: Grid


@dataclass(frozen=True, slots=True)
class Precinct:
    """The code blocks of one packet: those of each sub-band, as ``(columns, rows)``."""

    bands: tuple[tuple[int, int], ...]

    @property
    def blocks(self) -> int:
        """How many they are."""
        return sum(columns * rows for columns, rows in self.bands)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: a layer of the precinct `number` of a resolution of a component."""

    layer: int
    resolution: int
    component: int
    number: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Where tiles lie on the reference grid, and how each is divided (B.2 to B.9).

    Attributes
    ----------
    style : CodingStyle
        How it is coded.
    components : int
        Of one pixel, all of one size.
    image : tuple of int
        Left, top, right and bottom.
    tile : tuple of int
        Left and top of the first tile, width and height of all.
    tiles : int
        How many there are.
    """

    style: CodingStyle
    components: int
    image: tuple[int, int, int, int]
    tile: tuple[int, int, int, int]
    tiles: int
    _columns: int = field(init=False, default=1)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_columns", _up(self.image[2] - self.tile[0], self.tile[2]))

    def precincts(self, tile: int) -> list[list[Precinct]]:
        """Give the precincts of a tile by resolution, the lowest first, in their order.

        Raises
        ------
        UnsupportedEncodingError
            If there are more than any picture needs.
        """
        found: list[list[Precinct]] = []
        of_each = self.components * self.style.layers * self.tiles
        for resolution in range(self.style.levels + 1):
            wide, high = self._count(tile, resolution)
            count = sum(len(of_resolution) for of_resolution in found) + wide * high
            if count * of_each > _MOST_PACKETS:
                raise UnsupportedEncodingError("it is divided into very many packets")
            found.append(
                [self._precinct(tile, resolution, x, y) for y in range(high) for x in range(wide)]
            )
        if sum(precinct.blocks for precinct in chain(*found)) * of_each > _MOST_BLOCKS:
            raise UnsupportedEncodingError("it is divided into very many code blocks")
        return found

    def packets(self, precincts: list[list[Precinct]]) -> Iterator[Packet]:
        """Give the packets of a tile in the order in which they come (B.12).

        Raises
        ------
        UnsupportedEncodingError
            If the progression is by position, over resolutions of several precincts.
        """
        style = self.style
        layers, components = range(style.layers), range(self.components)
        counts = [range(len(of_resolution)) for of_resolution in precincts]
        resolutions = range(len(counts))
        match style.progression:
            case 0:  # LRCP
                order = (
                    Packet(a, r, c, k)
                    for a in layers for r in resolutions for c in components for k in counts[r]
                )  # fmt: skip
            case 1:  # RLCP
                order = (
                    Packet(a, r, c, k)
                    for r in resolutions for a in layers for c in components for k in counts[r]
                )  # fmt: skip
            case 2:  # RPCL: components of one size, so that positions are precincts
                order = (
                    Packet(a, r, c, k)
                    for r in resolutions for k in counts[r] for c in components for a in layers
                )  # fmt: skip
            case _:
                if max(len(count) for count in counts) > 1:
                    raise UnsupportedEncodingError("its packets are ordered by position")
                # Of one position: PCRL and CPRL are both by component.
                order = (
                    Packet(a, r, c, k)
                    for c in components for r in resolutions for k in counts[r] for a in layers
                )  # fmt: skip
        return order

    def _count(self, tile: int, resolution: int) -> tuple[int, int]:
        left, top, right, bottom = self._resolution(tile, resolution)
        if right <= left or bottom <= top:
            return 0, 0
        wide, high = self.style.precinct_sizes[resolution]
        return (
            _up(right, 1 << wide) - (left >> wide),
            _up(bottom, 1 << high) - (top >> high),
        )

    def _precinct(self, tile: int, resolution: int, x: int, y: int) -> Precinct:
        left, top, _, _ = self._resolution(tile, resolution)
        wide, high = self.style.precinct_sizes[resolution]
        x, y = (left >> wide) + x, (top >> high) + y
        if resolution:
            # The three sub-bands of a resolution have half its samples along each axis.
            wide, high = wide - 1, high - 1
        block_wide = min(self.style.block_size[0], wide)
        block_high = min(self.style.block_size[1], high)
        bands = []
        for band in self._bands(tile, resolution):
            low = max(band[0], x << wide), max(band[1], y << high)
            far = min(band[2], (x + 1) << wide), min(band[3], (y + 1) << high)
            if far[0] <= low[0] or far[1] <= low[1]:
                bands.append((0, 0))
                continue
            bands.append(
                (
                    _up(far[0], 1 << block_wide) - (low[0] >> block_wide),
                    _up(far[1], 1 << block_high) - (low[1] >> block_high),
                )
            )
        return Precinct(tuple(bands))

    def _resolution(self, tile: int, resolution: int) -> tuple[int, ...]:
        factor = 1 << (self.style.levels - resolution)
        return tuple(_up(edge, factor) for edge in self._tile(tile))

    def _bands(self, tile: int, resolution: int) -> Iterator[tuple[int, ...]]:
        """Give where the sub-bands of a resolution lie: LL, or HL, LH and HH (equation B-15)."""
        if not resolution:
            yield self._resolution(tile, 0)
            return
        level = self.style.levels - resolution + 1
        half = 1 << (level - 1)
        edges = self._tile(tile)
        for across, down in ((half, 0), (0, half), (half, half)):
            yield tuple(
                _up(edge - (down if axis % 2 else across), 2 * half)
                for axis, edge in enumerate(edges)
            )

    def _tile(self, tile: int) -> tuple[int, int, int, int]:
        row, column = divmod(tile, self._columns)
        left, top = self.tile[0] + column * self.tile[2], self.tile[1] + row * self.tile[3]
        return (
            max(left, self.image[0]),
            max(top, self.image[1]),
            min(left + self.tile[2], self.image[2]),
            min(top + self.tile[3], self.image[3]),
        )


def read_main_header(data: bytes | memoryview) -> MainHeader | None:
    """Read all that stands before the first tile-part; None if that is not all there.

    Raises
    ------
    DecodeError
        If it is no codestream, or a broken one.
    UnsupportedEncodingError
        If its packets cannot be followed.
    """
    start = bytes(data[:4])
    if len(start) < 4 or len(data) < 6 + int.from_bytes(data[4:6], "big"):
        if b"\xff\x4f\xff\x51".startswith(start):
            return None
        raise DecodeError("no JPEG 2000 codestream")
    header = read_jpeg2000_header(data)
    position = header.main_header_start
    kept = bytearray(data[:position])
    style: CodingStyle | None = None
    while position + 2 <= len(data):
        marker = int.from_bytes(data[position : position + 2], "big")
        if marker == _SOT:
            if style is None:
                raise DecodeError("broken JPEG 2000 codestream: it has no marker segment COD")
            grid = _grid(data, header, style)
            return MainHeader(header, style, position, bytes(kept), grid)
        if marker not in _FOLLOWED:
            raise UnsupportedEncodingError(f"its marker {marker:04X} is not followed")
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        stop = position + 2 + length
        if position + 4 > len(data) or stop > len(data):
            return None
        if length < 2:
            raise DecodeError("broken JPEG 2000 codestream: a marker segment has no length")
        if marker == _COD:
            style = _coding_style(bytes(data[position + 4 : stop]), header)
        if marker not in _OF_LENGTHS:
            kept += data[position:stop]
        position = stop
    return None


def _grid(data: bytes | memoryview, header: Jpeg2000Header, style: CodingStyle) -> Grid:
    right, bottom, left, top, *tile = struct.unpack_from(">8I", data, 8)
    return Grid(
        style,
        header.codestream.samples,
        (left, top, right, bottom),
        (tile[2], tile[3], tile[0], tile[1]),
        header.tiles,
    )


def _coding_style(segment: bytes, header: Jpeg2000Header) -> CodingStyle:
    if len(segment) < 10:
        raise DecodeError("broken JPEG 2000 codestream: its marker segment COD is too short")
    flags, progression, layers, _, levels, wide, high, block_style, wavelet = struct.unpack_from(
        ">BBHBBBBBB", segment
    )
    sizes = segment[10:]
    wide, high = wide + 2, high + 2
    if progression > 4 or not layers or levels > 32 or max(wide, high) > 10 or wide + high > 12:
        raise DecodeError("broken JPEG 2000 codestream: its marker segment COD is impossible")
    if (flags & 1 and len(sizes) != levels + 1) or any(
        not size & 0x0F or not size >> 4 for size in sizes[1:]
    ):
        raise DecodeError("broken JPEG 2000 codestream: its precincts are impossible")
    if header.is_high_throughput and (block_style & 0xC0 != 0x40 or layers > 1):
        raise UnsupportedEncodingError("its blocks are of two kinds, or in several layers")
    precincts = (
        tuple((size & 0x0F, size >> 4) for size in sizes)
        if flags & 1
        else ((_WHOLE, _WHOLE),) * (levels + 1)
    )
    return CodingStyle(
        bool(flags & 2), bool(flags & 4), progression, layers, levels, (wide, high), block_style,
        precincts, wavelet == 1,
    )  # fmt: skip


def _up(number: int, divisor: int) -> int:
    return -(-number // divisor)
