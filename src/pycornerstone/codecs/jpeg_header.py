"""Markers of a JPEG or JPEG-LS stream: its size, process and colour (ISO 10918-1 Annex B)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.codecs.codestream import Codestream
from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "JpegHeader",
    "check_jpeg_end",
    "check_jpeg_length",
    "check_jpeg_scans",
    "jpeg_segments",
    "read_jpeg_header",
]

_SOI, _EOI, _SOS, _APP0, _APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE
# SOF0 to SOF15 without DHT, JPG and DAC, which lie among them, and SOF55 of JPEG-LS.
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_START_OF_SCAN = b"\xff\xda"
# A scan goes over the whole picture, and a few bytes make one. Even one for each coefficient of
# three components are fewer.
_MOST_SCANS = 500
# Of those that have a segment: not TEM (FF01), nor RST. Writers leave bytes between segments, of
# which FF00 is no marker either: a decoder looks behind it, and the size that it finds there must
# not be another than the one that was checked.
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What stands before the first scan of a stream.

    Attributes
    ----------
    codestream : Codestream
        Size, components and precision of the frame header.
    process : int
        Second byte of its marker: 0xC0 baseline, 0xC1 and 0xC2 extended and progressive, 0xC3
        lossless, 0xC9 and 0xCA arithmetic, 0xF7 JPEG-LS.
    has_jfif : bool
        There is a JFIF header, so that three components are YCbCr.
    adobe_transform : int or None
        Transform flag of the Adobe marker: 0 RGB or CMYK, 1 YCbCr, 2 YCCK; None without one.
    component_ids : bytes
        What the components are called, often 1, 2, 3 or ``RGB``.
    scan_start : int
        Where the first scan begins, in bytes.
    """

    codestream: Codestream
    process: int
    has_jfif: bool
    adobe_transform: int | None
    component_ids: bytes
    scan_start: int

    @property
    def is_lossless(self) -> bool:
        """It is lossless JPEG, Process 14."""
        return self.process == 0xC3

    @property
    def is_progressive(self) -> bool:
        """It is progressive JPEG, coded by Huffman (SOF2) or arithmetic (SOF10)."""
        return self.process in {0xC2, 0xCA}

    @property
    def is_arithmetic(self) -> bool:
        """It is coded arithmetically, not by Huffman (SOF9 to SOF11)."""
        return self.process in {0xC9, 0xCA, 0xCB}

    @property
    def is_jpeg_ls(self) -> bool:
        """It is JPEG-LS."""
        return self.process == 0xF7


def jpeg_segments(data: bytes | memoryview) -> Iterator[tuple[int, int, int]]:
    """Give the segments of a stream up to its first scan, or its end, with which it stops.

    Parameters
    ----------
    data : bytes-like
        Begins with SOI.

    Yields
    ------
    marker, start, length : int
        Its second byte; where the content begins, behind the two bytes that say its length; and
        that length, which counts these two.
    """
    position, last = 2, len(data) - 4
    while (found := _MARKER.search(data, position)) and found.start() <= last:
        position = found.start()
        marker = data[position + 1]
        length = data[position + 2] << 8 | data[position + 3]
        yield marker, position + 4, length
        if marker in {_SOS, _EOI}:
            return
        position += 2 + max(length, 2)


def read_jpeg_header(data: bytes | memoryview) -> JpegHeader:
    """Read the markers up to the first scan.

    Raises
    ------
    DecodeError
        If it is no JPEG stream, or ends before its first scan.
    """
    if bytes(data[:2]) != b"\xff\xd8":
        raise DecodeError("no JPEG stream: it does not start with the marker SOI (FFD8)")
    end = len(data)
    frame: tuple[int, int] | None = None
    has_jfif, adobe_transform = False, None
    scan_start = None
    for marker, segment, length in jpeg_segments(data):
        if marker in {_SOS, _EOI}:
            scan_start = segment - 4
        elif marker in _FRAME_HEADERS:
            frame = frame or (marker, segment)
        elif marker == _APP0:
            has_jfif = has_jfif or bytes(data[segment : segment + 5]) == b"JFIF\0"
        elif marker == _APP14 and bytes(data[segment : segment + 5]) == b"Adobe" and length >= 14:
            adobe_transform = data[segment + 11] if segment + 11 < end else None
    if frame is None or frame[1] + 6 > end or scan_start is None:
        raise DecodeError(f"broken JPEG stream: its {end} bytes end before the first scan")
    process, start = frame
    return JpegHeader(
        Codestream(
            rows=data[start + 1] << 8 | data[start + 2],
            columns=data[start + 3] << 8 | data[start + 4],
            samples=data[start + 5],
            precision=data[start],
        ),
        process,
        has_jfif,
        adobe_transform,
        bytes(data[start + 6 : start + 6 + 3 * data[start + 5] : 3]),
        scan_start,
    )


def check_jpeg_end(data: bytes | memoryview, scan_start: int) -> None:
    """Look for the end marker of a stream; decoders fill up silently what is missing.

    Raises
    ------
    DecodeError
        If the stream breaks off.
    """
    # Entropy-coded bytes have no FFD9 in them (ISO 10918-1 B.1.1.5), so that any one is the end.
    # It is sought from the end, where there is padding only, or some bytes that writers leave.
    if b"\xff\xd9" in bytes(data[-16:]):
        return
    if isinstance(data, bytes):
        is_found = data.rfind(b"\xff\xd9", scan_start) >= 0
    else:
        is_found = b"\xff\xd9" in bytes(data[scan_start:])
    if is_found:
        return
    raise DecodeError(
        f"broken JPEG stream: its {len(data)} bytes end without the marker EOI (FFD9), so that "
        "part of the picture is missing"
    )


def check_jpeg_length(data: bytes | memoryview, header: JpegHeader) -> None:
    """Look whether a stream can hold what it says, before memory is taken for it.

    Raises
    ------
    DecodeError
        If it is too short for its size; decoders fill up silently what is missing.
    """
    if header.is_arithmetic or header.is_jpeg_ls:
        # They need no bit for what does not change.
        return
    # No Huffman code is shorter than a bit: one a sample where lossless, else one a block of 64.
    # Components may be subsampled in turn, but two hold half of the pixels at least.
    stream = header.codestream
    samples = stream.rows * stream.columns // 2
    bits = 8 * (len(data) - header.scan_start)
    if bits < (samples if header.is_lossless else samples // 64):
        raise DecodeError(
            f"broken JPEG stream: its {len(data)} bytes are too few for {stream.rows} rows of "
            f"{stream.columns} columns"
        )


def check_jpeg_scans(data: bytes | memoryview, header: JpegHeader) -> None:
    """Look whether a progressive stream has no more scans than any use can be made of.

    Raises
    ------
    DecodeError
        If it has.
    """
    if not header.is_progressive:
        return
    scans = bytes(data).count(_START_OF_SCAN)
    if scans > _MOST_SCANS:
        raise DecodeError(f"the frame has {scans} scans; up to {_MOST_SCANS} are read")
