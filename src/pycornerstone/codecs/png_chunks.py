"""Chunks of a PNG file: its size and samples, and what it says besides (PNG, third edition)."""

from __future__ import annotations

import logging
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pycornerstone.codecs.exif import ExifValues, read_exif
from pycornerstone.codecs.icc_profile import MOST_PROFILE_BYTES
from pycornerstone.codecs.pixel_density import aspect_from, density_from
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from pycornerstone.codecs.pixel_density import PixelAspect, PixelDensity

__all__ = ["PngChunks", "PngHeader", "checked_chunk", "read_png_chunks"]

_log = logging.getLogger("pycornerstone.codecs")

_LENGTH_AND_TYPE = struct.Struct(">I4s")
# Section 5.3: a length has 31 bits.
_MOST_BYTES = 2**31 - 1
# A picture has some ten besides IDAT, an animation one or more a frame; an empty one is 12 bytes.
_MOST_KEPT = 200_000
# Depths of each colour type (section 11.2.1): grey, RGB, palette, grey and RGB with alpha.
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_STORED_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@dataclass(frozen=True, slots=True)
class PngHeader:
    """What the chunk IHDR says, and whether tRNS makes some of it transparent.

    Attributes
    ----------
    rows, columns : int
        Size.
    depth : int
        Bits a sample, 1 to 16.
    color_type : int
        0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
    has_transparency : bool
        There is a chunk tRNS.
    """

    rows: int
    columns: int
    depth: int
    color_type: int
    has_transparency: bool = False

    @property
    def is_grey(self) -> bool:
        """It is grey, with alpha or without."""
        return self.color_type in {0, 4}

    @property
    def has_alpha(self) -> bool:
        """Some of its pixels may be transparent."""
        return self.has_transparency or self.color_type in {4, 6}

    @property
    def bytes_per_pixel(self) -> int:
        """Once it is decoded; grey with alpha becomes RGBA."""
        channels = 4 if self.has_alpha else 1 if self.is_grey else 3
        return channels * (2 if self.depth == 16 else 1)

    @property
    def compressed_bytes_at_least(self) -> int:
        """How many bytes its samples need in any file: deflate makes a thousandth, not less."""
        bits = self.rows * self.columns * self.depth * _STORED_CHANNELS[self.color_type]
        # Of RFC 1951: two bits for 258 bytes, 1,032 to 1.
        return bits // 8 // 1032


@dataclass(slots=True)
class PngChunks:
    """Where the chunks of a file are.

    Attributes
    ----------
    header : PngHeader
        Size and samples.
    others : list of tuple
        All but IDAT and IEND, as (type, start of its data, length), in their order.
    first_idat, idat_end, idat_bytes : int
        Where the first IDAT begins, with its length and type, where the last one ends, and how many
        bytes of data are in all of them.
    idat_after : int
        How many of `others` stand before the first IDAT.
    is_whole : bool
        There is an IEND.
    """

    data: bytes | memoryview = field(repr=False)
    header: PngHeader
    others: list[tuple[bytes, int, int]]
    first_idat: int = 0
    idat_end: int = 0
    idat_bytes: int = 0
    idat_after: int = 0
    is_whole: bool = False

    def find(self, kind: bytes) -> bytes | None:
        """Give the data of the first chunk of a kind; None if there is none, or a damaged one."""
        for found, start, length in self.others:
            if found == kind:
                return checked_chunk(self.data, kind, start, length)
        return None

    def numbers(self, kind: bytes, form: str) -> tuple[int, ...] | None:
        """Give the numbers of the first chunk of a kind, None if it has not as many bytes."""
        content = self.find(kind)
        if content is None or len(content) != struct.calcsize(form):
            return None
        return struct.unpack(form, content)

    def gamma(self) -> float | None:
        """Exponent of gAMA (section 11.3.2.2)."""
        numbers = self.numbers(b"gAMA", ">I")
        return numbers[0] / 100_000 if numbers and numbers[0] else None

    def chromaticities(self) -> tuple[float, ...] | None:
        """White, red, green and blue of cHRM (section 11.3.2.1)."""
        numbers = self.numbers(b"cHRM", ">8I")
        return tuple(number / 100_000 for number in numbers) if numbers else None

    def rendering_intent(self) -> int | None:
        """0 to 3, of sRGB (section 11.3.2.5)."""
        numbers = self.numbers(b"sRGB", ">B")
        return numbers[0] if numbers and numbers[0] < 4 else None

    def density(self) -> PixelDensity | PixelAspect | None:
        """Of pHYs; where its unit is not the metre, it is a shape alone (section 11.3.4.3)."""
        across, down, unit = self.numbers(b"pHYs", ">IIB") or (0, 0, 0)
        if unit == 1:
            return density_from(across, down, 1000.0, "pHYs")
        return aspect_from(across, down) if unit == 0 else None

    def exif(self) -> ExifValues:
        """Of eXIf (section 11.3.4.5)."""
        content = self.find(b"eXIf")
        return read_exif(content) if content else ExifValues()

    def icc_profile(self) -> bytes | None:
        """Of iCCP, where it is one of grey for grey, or of RGB for colour (section 11.3.2.3)."""
        content = self.find(b"iCCP")
        if content is None:
            return None
        name_end = content.find(b"\0", 0, 80)
        if name_end < 1 or content[name_end + 1 : name_end + 2] != b"\0":
            return None
        profile = _inflated_profile(content[name_end + 2 :])
        space = b"GRAY" if self.header.is_grey else b"RGB "
        if profile is None or profile[16:20] != space or profile[36:40] != b"acsp":
            _log.info("an ICC profile of %d bytes is left out: it is broken", len(content))
            return None
        return profile


def _inflated_profile(compressed: bytes) -> bytes | None:
    """Inflate a profile, as far as its first number says how long it is (ICC.1, section 7.2)."""
    inflate = zlib.decompressobj()
    try:
        head = inflate.decompress(compressed, 128)
        size = int.from_bytes(head[:4], "big")
        if not 128 <= size <= MOST_PROFILE_BYTES:
            return None
        rest = size - len(head)
        profile = head + (inflate.decompress(inflate.unconsumed_tail, rest) if rest else b"")
    except zlib.error:
        return None
    return profile if len(profile) == size else None


def checked_chunk(data: bytes | memoryview, kind: bytes, start: int, length: int) -> bytes | None:
    """Give the data of a chunk; None if its check value is another."""
    content = bytes(data[start : start + length])
    stored = int.from_bytes(data[start + length : start + length + 4], "big")
    if zlib.crc32(content, zlib.crc32(kind)) == stored:
        return content
    _log.info("a chunk %s of %d bytes is left out: its check value is wrong", kind, length)
    return None


def read_png_chunks(data: bytes | memoryview) -> PngChunks:
    """Walk over the chunks of a PNG file; no sample is looked at.

    Raises
    ------
    DecodeError
        If it does not begin as a PNG, or contradicts itself.
    """
    if len(data) < 33 or bytes(data[12:16]) != b"IHDR":
        raise DecodeError(f"broken PNG: its {len(data)} bytes do not begin with IHDR")
    columns, rows, depth, color_type = struct.unpack_from(">IIBB", data, 16)
    if color_type not in _DEPTHS:
        raise DecodeError(f"broken PNG: there is no colour type {color_type}")
    if depth not in _DEPTHS[color_type]:
        raise DecodeError(f"broken PNG: there are no {depth} bits of colour type {color_type}")
    chunks = PngChunks(data, PngHeader(rows, columns, depth, color_type), [])
    _walk(data, chunks)
    if not chunks.first_idat:
        raise DecodeError(f"broken PNG: its {len(data)} bytes end before the first IDAT")
    has_transparency = any(kind == b"tRNS" for kind, _, _ in chunks.others[: chunks.idat_after])
    chunks.header = PngHeader(rows, columns, depth, color_type, has_transparency)
    return chunks


def _walk(data: bytes | memoryview, chunks: PngChunks) -> None:
    position, last, others = 8, len(data) - 8, chunks.others
    unpack = _LENGTH_AND_TYPE.unpack_from
    while position <= last:
        length, kind = unpack(data, position)
        end = position + 12 + length
        if kind == b"IDAT":
            # One that is cut short counts: the decoder says what is missing.
            if not chunks.first_idat:
                chunks.first_idat, chunks.idat_after = position, len(others)
            chunks.idat_end = min(end, len(data))
            chunks.idat_bytes += min(length, len(data) - position - 8)
        elif kind == b"IEND":
            chunks.is_whole = True
            return
        elif end > len(data) or length > _MOST_BYTES:
            return
        elif len(others) < _MOST_KEPT:
            others.append((kind, position + 8, length))
        position = end
