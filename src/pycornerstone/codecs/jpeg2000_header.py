"""Markers of a JPEG 2000 codestream: its size, and whether its parts hold together (ISO 15444-1 A).

OpenJPH takes what the markers of a high-throughput stream say on trust: ones that contradict each
other make it loop or read memory that is not its own. So they are held against the standard first.
"""

from __future__ import annotations

import contextlib
import functools
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.codecs.codestream import Codestream
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "COMPONENT_DEPTHS",
    "IS_SIGNED",
    "Jpeg2000Header",
    "check_markers",
    "read_jpeg2000_header",
]

_SOC_SIZ, _SOT, _SOD, _EOC = b"\xff\x4f\xff\x51", 0xFF90, 0xFF93, 0xFFD9
_COD, _COC, _QCD, _QCC, _CAP = 0xFF52, 0xFF53, 0xFF5C, 0xFF5D, 0xFF50
_TLM, _PLT, _CRG, _COM, _PRF, _CPF = 0xFF55, 0xFF58, 0xFF63, 0xFF64, 0xFF56, 0xFF59
# DCO, VMS, DFS, ADS, MCT, MCC, NLT, MCO, CBD and ATK (ISO 15444-2 table A.2).
_OF_PART_2 = frozenset(range(0xFF70, 0xFF7A))
_IN_MAIN_HEADER = frozenset({_COD, _COC, _QCD, _QCC, _CAP, _TLM, _CRG, _COM, _PRF, _CPF})
_IN_TILE_PART = frozenset({_PLT, _COM})
# Length, Rsiz, size and offset of the grid, of the tiles, then components (A.5.1).
_SIZ = struct.Struct(">HHIIIIIIIIH")
_TILE_PART = struct.Struct(">HHIBB")
_IS_HIGH_THROUGHPUT = 0x4000
_MOST_TILES = 65535
_LEAST_MARKER = 0xFF01
_SOT_BYTES = _SOT.to_bytes(2, "big")
_USUAL_MAIN_HEADER = 1024
# How far after the marker (A.6.1, A.6.2).
_WAVELET_AT = {_COD: 13, _COC: 10}

COMPONENT_DEPTHS = len(_SOC_SIZ) + _SIZ.size
"""Where the depth of the first component stands, in bytes; the others follow three apart."""
IS_SIGNED = 0x80
"""The bit of a depth that makes samples two's complement."""


@dataclass(frozen=True, slots=True)
class Jpeg2000Header:
    """What a codestream says of itself.

    Attributes
    ----------
    codestream : Codestream
        Size, components, precision and sign.
    is_high_throughput : bool
        Its blocks are coded as ISO 15444-15 says.
    has_color_transformation : bool
        Its three components were RGB, and a multiple component transformation made them YBR; its
        inverse is part of decoding (G.2, G.3).
    is_irreversible : bool
        The wavelet transformation of all components is the 9-7 one, of real numbers (F.3.8.1).
    tiles : int
        How many there are.
    main_header_start : int
        Where the marker after SIZ stands, in bytes.
    """

    codestream: Codestream
    is_high_throughput: bool
    has_color_transformation: bool
    is_irreversible: bool
    tiles: int
    main_header_start: int


def read_jpeg2000_header(data: bytes | memoryview) -> Jpeg2000Header:
    """Read the marker segment SIZ, which follows the start (A.5.1), and look at the others.

    Raises
    ------
    DecodeError
        If it is no codestream, or its tiles cannot be.
    UnsupportedEncodingError
        If components differ, or are smaller than the image; or it needs part 2 of JPEG 2000.
    """
    if bytes(data[:4]) != _SOC_SIZ:
        raise DecodeError(
            "no JPEG 2000 codestream: it does not start with the markers SOC and SIZ (FF4FFF51)"
        )
    if len(data) < COMPONENT_DEPTHS + 3:
        raise DecodeError(f"broken JPEG 2000 codestream: it ends after {len(data)} bytes")
    length, rsiz, *grid, samples = _SIZ.unpack_from(data, len(_SOC_SIZ))
    right, bottom, left, top = grid[:4]
    tiles = _count_tiles(right, left, grid[4], grid[6]) * _count_tiles(
        bottom, top, grid[5], grid[7]
    )
    if tiles > _MOST_TILES:
        raise DecodeError(f"broken JPEG 2000 codestream: it has {tiles} tiles")
    components = bytes(data[COMPONENT_DEPTHS : COMPONENT_DEPTHS + 3 * samples])
    if not samples or components != bytes((components[0], 1, 1)) * samples:
        raise UnsupportedEncodingError(
            f"its {samples} components differ in bits, or are smaller than the image"
        )
    if length != _SIZ.size + 3 * samples:
        raise DecodeError(f"broken JPEG 2000 codestream: its marker segment SIZ has {length} bytes")
    stream = Codestream(
        rows=bottom - top,
        columns=right - left,
        samples=samples,
        precision=(components[0] & ~IS_SIGNED) + 1,
        is_signed=bool(components[0] & IS_SIGNED),
    )
    is_high_throughput = bool(rsiz & _IS_HIGH_THROUGHPUT)
    main_header_start = len(_SOC_SIZ) + length
    transformed, irreversible = _transformations(data, main_header_start)
    return Jpeg2000Header(
        stream, is_high_throughput, transformed, irreversible, tiles, main_header_start
    )


def check_markers(data: bytes | memoryview, header: Jpeg2000Header) -> None:
    """Hold all markers of a high-throughput codestream against the standard.

    Raises
    ------
    DecodeError
        If they contradict each other, or the stream breaks off.
    UnsupportedEncodingError
        If there are ones that OpenJPH has no use for.
    """
    start, samples = header.main_header_start, header.codestream.samples
    head = bytes(data[start : start + _USUAL_MAIN_HEADER])
    stop = head.find(_SOT_BYTES)
    end = -1
    if stop >= 0:
        # All slices of a series have one main header, most often, and once is enough for it.
        with contextlib.suppress(DecodeError):
            end = _known_main_header(head[: stop + 2], samples)
    if end < 0 or end != stop:
        end = _check_main_header(data[start:], samples)
    _check_tile_parts(data, start + end, header.tiles)


def _check_main_header(data: bytes | memoryview, samples: int) -> int:
    """Check the marker segments after SIZ, and give where they end, counted from there."""
    # By component, None for all that have none of their own: levels, and whether it is reversible.
    coding: dict[int | None, tuple[int, bool]] = {}
    quantization: dict[int | None, tuple[int, bool]] = {}
    position = 0
    for marker, start, stop in _segments(data, position, _SOT, _IN_MAIN_HEADER):
        segment = bytes(data[start:stop])
        position = stop
        component: int | None = None
        if marker in {_COC, _QCC}:
            # The number of a component is one byte where there are fewer than 257 (A.6.2, A.6.5).
            component = segment[0] if segment else samples
            segment = segment[1:]
            _require(component < samples, "it describes a component that there is not")
        if marker == _COD:
            # Progression, layers and component transformation come between (A.6.1).
            _require(len(segment) > 5 and segment[1] <= 4, "its marker segment COD is too short")
            _require(segment[4] <= 1 and any(segment[2:4]), "its marker segment COD is impossible")
            coding[None] = _coding_style(segment[:1] + segment[5:])
        elif marker == _COC:
            coding[component] = _coding_style(segment)
        elif marker in {_QCD, _QCC}:
            quantization[component] = _quantization(segment)
        elif marker == _CAP:
            _require(
                len(segment) == 4 + 2 * sum(byte.bit_count() for byte in segment[:4]),
                "its marker segment CAP is of the wrong length",
            )
    _require(None in coding and None in quantization, "it has no marker segment COD or QCD")
    for component in range(samples):
        needed, is_reversible = coding.get(component, coding[None])
        given, is_exact = quantization.get(component, quantization[None])
        _require(given >= needed, f"it quantizes {given} of {needed} decomposition levels")
        _require(is_exact == is_reversible, "its quantization does not fit its transformation")
    return position


_known_main_header = functools.lru_cache(maxsize=64)(_check_main_header)


def _transformations(data: bytes | memoryview, position: int) -> tuple[bool, bool]:
    """Tell whether components are transformed (table A.17), and all wavelets irreversible (A.20).

    What is broken here the decoder finds. Markers of part 2 it would pass over, and give samples
    that are wrong.
    """
    is_transformed = False
    wavelets: set[int] = set()
    while position + 10 <= len(data) and (marker := _marker(data, position)) != _SOT:
        if marker < _LEAST_MARKER:
            break
        if marker in _OF_PART_2:
            raise UnsupportedEncodingError(
                f"its marker {marker:04X} is of JPEG 2000 part 2 (ISO 15444-2), such as the "
                "multiple component transformations are; only what part 1 can decode is supported"
            )
        if marker == _COD:
            transformation = data[position + 8]
            if transformation > 1:
                raise UnsupportedEncodingError(
                    f"its multiple component transformation {transformation} is of JPEG 2000 part "
                    "2 (ISO 15444-2); only what part 1 can decode is supported"
                )
            is_transformed = transformation == 1
        if marker in _WAVELET_AT:
            at = position + _WAVELET_AT[marker]
            wavelets.update(data[at : at + 1])
        position += 2 + (data[position + 2] << 8 | data[position + 3])
    return is_transformed, wavelets == {0}


def _coding_style(segment: bytes) -> tuple[int, bool]:
    """Give decomposition levels, and whether the transformation is reversible (table A.15)."""
    _require(len(segment) >= 6, "its coding style is too short")
    style, levels, width, height, _, transformation, *precincts = segment
    _require(levels <= 32, f"it has {levels} decomposition levels")
    _require(width <= 8 and height <= 8 and width + height <= 8, "its code blocks are too large")
    _require(transformation <= 1, "its wavelet transformation is unknown")
    has_precincts = bool(style & 1)
    _require(len(precincts) == (levels + 1 if has_precincts else 0), "its precincts are not whole")
    # Only the lowest resolution may have precincts of one sample (table A.21).
    _require(all(size & 0x0F and size >> 4 for size in precincts[1:]), "its precincts are empty")
    return levels, transformation == 1


def _quantization(segment: bytes) -> tuple[int, bool]:
    """Give how many decomposition levels it is enough for, and whether it is none (table A.27)."""
    _require(len(segment) >= 2, "its quantization is too short")
    style, size = segment[0] & 0x1F, len(segment) - 1
    _require(style <= 2, f"its quantization is of style {style}")
    entry = 1 if style == 0 else 2
    _require(size % entry == 0 and (size // entry - 1) % 3 == 0, "its quantization is not whole")
    # Magnitude bits (equation E-2); OpenJPH has room for 30 of an irreversible transformation.
    most = 37 if style == 0 else 30
    bits = (segment[0] >> 5) + max(value >> 3 for value in segment[1::entry]) - 1
    _require(bits <= most, f"its quantization is of {bits} bits")
    if style == 1:
        _require(size == 2, "its derived quantization is not of one step")
        return 32, False
    return (size // entry - 1) // 3, style == 0


def _check_tile_parts(data: bytes | memoryview, position: int, tiles: int) -> None:
    """Follow the tile-parts to the end of the codestream (A.4.2)."""
    missing = set(range(tiles))
    while _marker(data, position) == _SOT:
        _require(position + 12 <= len(data), "it ends within a tile-part")
        length, tile, size, *_ = _TILE_PART.unpack_from(data, position + 2)
        end = position + size if size else len(data)
        _require(length == 10, "its marker segment SOT is of the wrong length")
        _require(tile < tiles, f"it has a tile {tile} of {tiles}")
        _require(end - position >= 14 and end <= len(data), "it ends within a tile-part")
        header_end = position + 2 + length
        for _, _, stop in _segments(data[:end], header_end, _SOD, _IN_TILE_PART):
            header_end = stop
        missing.discard(tile)
        position = end
        if not size:
            break
    _require(not missing, f"{len(missing)} of its {tiles} tiles are missing")
    if position < len(data) and _marker(data, position) != _EOC:
        raise DecodeError(
            f"broken JPEG 2000 codestream: byte {position} should start a tile-part or end it"
        )


def _segments(
    data: bytes | memoryview, position: int, last: int, allowed: frozenset[int]
) -> Iterator[tuple[int, int, int]]:
    """Go through the marker segments before the marker `last`: marker, start and end of each."""
    while (marker := _marker(data, position)) != last:
        _require(position + 4 <= len(data), "it ends within its headers")
        if marker not in allowed:
            raise UnsupportedEncodingError(f"its marker FF{marker & 0xFF:02X} is not supported")
        stop = position + 2 + (data[position + 2] << 8 | data[position + 3])
        _require(position + 4 <= stop <= len(data), "a marker segment is of an impossible length")
        yield marker, position + 4, stop
        position = stop


def _marker(data: bytes | memoryview, position: int) -> int:
    if position + 2 > len(data):
        return 0
    return data[position] << 8 | data[position + 1]


def _count_tiles(high: int, low: int, size: int, first: int) -> int:
    # B.3: the first tile starts before the image and reaches into it.
    if not first <= low < high or not low - first < size:
        raise DecodeError(
            f"broken JPEG 2000 codestream: tiles of {size} from {first} do not cover an image "
            f"from {low} to {high}"
        )
    return -((first - high) // size)


def _require(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not is_so:
        raise DecodeError(f"broken JPEG 2000 codestream: {otherwise}")
