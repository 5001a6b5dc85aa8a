"""Header of a BMP file, of Windows or OS/2: size, bits, masks and palette."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.codecs.icc_profile import MOST_PROFILE_BYTES
from pycornerstone.codecs.pixel_density import PixelDensity, density_from
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["BmpHeader", "read_bmp_header"]

_FILE_HEADER = 14
# BITMAPCOREHEADER; the others begin as BITMAPINFOHEADER does, and OS/2 may end it early.
_CORE, _SHORT, _INFO, _OS2, _V5 = 12, 16, 40, 64, 124
_PROFILE_EMBEDDED = 0x4D424544
_RAW, _RLE8, _RLE4, _BITFIELDS, _ALPHA_BITFIELDS = 0, 1, 2, 3, 6
_DEPTHS = {_RAW: {1, 2, 4, 8, 16, 24, 32}, _RLE8: {8}, _RLE4: {4}} | {
    _BITFIELDS: {16, 32},
    _ALPHA_BITFIELDS: {16, 32},
}
_NAMES = {3: "Huffman or bit fields", 4: "JPEG or RLE24", 5: "PNG"}
_MASKS_16 = (0x7C00, 0x03E0, 0x001F, 0)
_MASKS_32 = (0xFF0000, 0xFF00, 0xFF, 0)
_MM_A_METRE = 1000.0
_MOST_COLORS = 65536


@dataclass(frozen=True, slots=True, eq=False)
class BmpHeader:
    """What the header says.

    Attributes
    ----------
    rows, columns, bits : int
        Size, and bits of a pixel.
    is_top_down : bool
        The first line is the top one.
    is_rle : bool
        Run lengths, of 4 or 8 bits by `bits`.
    masks : tuple of int
        Bits of red, green, blue and alpha, 0 where there is none; for 16 and 32 bits.
    palette : numpy.ndarray
        ``(colours, 3)`` uint8, RGB, of ``2**bits`` colours; for up to 8 bits.
    start : int
        Where the pixels begin.
    density : PixelDensity or None
        Of the printed picture.
    icc_profile : bytes
        As it is in the file (BITMAPV5HEADER, PROFILE_EMBEDDED); empty where there is none.
    """

    rows: int
    columns: int
    bits: int
    is_top_down: bool
    is_rle: bool
    masks: tuple[int, ...]
    palette: npt.NDArray[np.uint8]
    start: int
    density: PixelDensity | None
    icc_profile: bytes


def read_bmp_header(data: memoryview) -> BmpHeader:
    """Read and check the header.

    Raises
    ------
    DecodeError
        If it is no BMP file, or a number cannot be; UnsupportedEncodingError is one.
    """
    if bytes(data[:2]) != b"BM" or len(data) < _FILE_HEADER + _CORE:
        raise DecodeError(f"no BMP: its {len(data)} bytes do not begin with BM and a header")
    start, size = struct.unpack_from("<II", data, 10)
    fields: list[int]
    if size == _CORE:
        columns, rows, _, bits = struct.unpack_from("<HHHH", data, 18)
        fields = [0, 0, 0, 0, 0]
    elif _SHORT <= size <= 4096 and size + _FILE_HEADER <= len(data):
        head = bytes(data[_FILE_HEADER : _FILE_HEADER + min(size, _INFO)]).ljust(_INFO, b"\0")
        columns, rows, _, bits, *fields = struct.unpack_from("<iiHHIIiiI", head, 4)
    else:
        raise DecodeError(f"broken BMP: its header is said to have {size} bytes")
    compression, _, across, down, colors = fields
    is_os2 = size == _OS2 and compression >= _BITFIELDS
    if bits not in _DEPTHS.get(compression, ()) or is_os2:
        name = _NAMES.get(compression, f"method {compression}") if compression else "no compression"
        raise UnsupportedEncodingError(
            f"this BMP has {bits} bits a pixel with {name}; 1 to 32 bits, run lengths and bit "
            "fields can be read"
        )
    if colors > _MOST_COLORS:
        raise DecodeError(f"broken BMP: its palette is said to have {colors} colours")
    masks, after = _masks(data, size, bits, compression)
    entry = 3 if size == _CORE else 4
    if not colors and bits <= 8 and after < start:
        # Old writers shorten the palette and do not say so.
        colors = min(1 << bits, (start - after) // entry)
    palette, end = _palette(data, after, bits, colors, entry)
    if 0 < start < end:
        raise DecodeError(
            f"broken BMP: its pixels are said to begin at byte {start}, and its palette ends at "
            f"{end}"
        )
    return BmpHeader(
        # A negative height says that the first line is the top one.
        abs(rows),
        columns,
        bits,
        rows < 0,
        compression in {_RLE4, _RLE8},
        masks,
        palette,
        start or end,
        density_from(across, down, _MM_A_METRE, "BMP"),
        _icc_profile(data, size),
    )


def _icc_profile(data: memoryview, size: int) -> bytes:
    """Give the profile of BITMAPV5HEADER; its place counts from that header, behind the file's."""
    if size < _V5 or struct.unpack_from("<I", data, _FILE_HEADER + 56)[0] != _PROFILE_EMBEDDED:
        return b""
    place, length = struct.unpack_from("<II", data, _FILE_HEADER + 112)
    return bytes(data[_FILE_HEADER + place :][: min(length, MOST_PROFILE_BYTES)])


def _masks(data: memoryview, size: int, bits: int, compression: int) -> tuple[tuple[int, ...], int]:
    """Give the masks, and where the header with them ends."""
    after = _FILE_HEADER + size
    if compression not in {_BITFIELDS, _ALPHA_BITFIELDS}:
        return (_MASKS_16 if bits == 16 else _MASKS_32), after
    # They follow the header, or are part of a longer one, from the same place on.
    count = 4 if compression == _ALPHA_BITFIELDS or size >= _INFO + 16 else 3
    at = _FILE_HEADER + _INFO
    if at + 4 * count > len(data):
        raise DecodeError(f"broken BMP: its {len(data)} bytes end within the header")
    masks = struct.unpack_from(f"<{count}I", data, at)
    for mask in masks:
        # The bits of a colour stand together, without others between them.
        run = mask // (mask & -mask) if mask else 0
        if run & (run + 1) or mask >> bits:
            raise DecodeError(f"broken BMP: a mask of {mask:#x} for {bits} bits")
    return (*masks, 0)[:4], max(after, at + 4 * count)


def _palette(
    data: memoryview, after: int, bits: int, colors: int, entry: int
) -> tuple[npt.NDArray[np.uint8], int]:
    """Give the colours, and where they end."""
    if bits > 8:
        return np.empty((0, 3), np.uint8), after
    full = 1 << bits
    count = min(colors or full, full)
    part = data[after : after + entry * count]
    if len(part) < entry * count:
        raise DecodeError(f"broken BMP: its {len(data)} bytes end within the palette")
    # Indices without a colour are black.
    palette = np.zeros((full, 3), np.uint8)
    palette[:count] = np.frombuffer(part, np.uint8).reshape(count, entry)[:, 2::-1]
    return palette, after + entry * count
