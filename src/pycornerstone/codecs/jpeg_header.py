"""Markers of a JPEG or JPEG-LS stream: its size, process and colour (ISO 10918-1 Annex B)."""

from __future__ import annotations

from dataclasses import dataclass

from pycornerstone.codecs.codestream import Codestream
from pycornerstone.errors import DecodeError

__all__ = ["JpegHeader", "check_jpeg_end", "check_jpeg_length", "read_jpeg_header"]

_SOI, _EOI, _SOS, _APP0, _APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE
# SOF0 to SOF15 without DHT, JPG and DAC, which lie among them, and SOF55 of JPEG-LS.
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


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


def read_jpeg_header(data: bytes | memoryview) -> JpegHeader:
    """Read the markers up to the first scan.

    Raises
    ------
    DecodeError
        If it is no JPEG stream, or ends before its first scan.
    """
    if bytes(data[:2]) != b"\xff\xd8":
        raise DecodeError("no JPEG stream: it does not start with the marker SOI (FFD8)")
    position, end = 2, len(data)
    frame: tuple[int, int] | None = None
    has_jfif, adobe_transform = False, None
    while position + 4 <= end:
        marker = data[position + 1]
        if data[position] != 0xFF:
            # Writers leave bytes between segments, and decoders pass over them.
            data = bytes(data)
            position = data.find(b"\xff", position)
            if position < 0:
                break
            continue
        if marker == 0xFF:
            position += 1
            continue
        if marker in _ALONE:
            position += 2
            continue
        if marker in {_SOS, _EOI}:
            break
        segment = position + 4
        length = data[position + 2] << 8 | data[position + 3]
        if marker in _FRAME_HEADERS:
            frame = frame or (marker, segment)
        elif marker == _APP0:
            has_jfif = has_jfif or bytes(data[segment : segment + 5]) == b"JFIF\0"
        elif marker == _APP14 and bytes(data[segment : segment + 5]) == b"Adobe" and length >= 14:
            adobe_transform = data[segment + 11] if segment + 11 < end else None
        position += 2 + length
    if frame is None or frame[1] + 6 > end or position + 4 > end:
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
        position,
    )


def check_jpeg_end(data: bytes | memoryview, scan_start: int) -> None:
    """Look for the end marker of a stream; decoders fill up silently what is missing.

    Raises
    ------
    DecodeError
        If the stream breaks off.
    """
    # Entropy-coded bytes have no FFD9 in them (ISO 10918-1 B.1.1.5), so that any one is the end.
    # It is sought at the end first, before the padding of a fragment.
    if b"\xff\xd9" in bytes(data[-16:]) or b"\xff\xd9" in bytes(data[scan_start:]):
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
