"""Markers of high-throughput JPEG 2000: each contradiction is found before it is decoded."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from pycornerstone.codecs.jpeg2000_header import check_markers, read_jpeg2000_header
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

RAMP = np.add.outer(np.arange(40) * 9, np.arange(56)).astype(np.uint16)
COLOR = np.stack([RAMP % 251, RAMP % 13, RAMP % 101], axis=-1).astype(np.uint8)

# Marker segments as imagecodecs writes them for RAMP: where each begins in the stream.
STREAM = bytes(imagecodecs.htj2k_encode(RAMP, reversible=True))
SIZ = 2
CAP = STREAM.index(b"\xff\x50")
COD = STREAM.index(b"\xff\x52")
QCD = STREAM.index(b"\xff\x5c")
COM = STREAM.index(b"\xff\x64")
SOT = STREAM.index(b"\xff\x90")
# The same, with the wavelet transformation that is not reversible.
LOSSY = bytes(imagecodecs.htj2k_encode(RAMP, reversible=False))


def check(data):
    check_markers(data, read_jpeg2000_header(data))


def changed(place, value, stream=STREAM):
    data = bytearray(stream)
    data[place : place + len(value)] = value
    return bytes(data)


@pytest.mark.parametrize("array", [RAMP, COLOR, RAMP[:1, :1], RAMP.astype(np.int16)])
@pytest.mark.parametrize(
    "options",
    [{"reversible": True}, {"reversible": False}, {"tile": (16, 16), "tlm": True},
     {"resolutions": 1}, {"tilepart": 3}, {"tile": (8, 8), "tilepart": 3}],
)  # fmt: skip
def test_a_stream_of_another_writer_passes(array, options):
    data = bytes(imagecodecs.htj2k_encode(array, **options))
    header = read_jpeg2000_header(data)

    check_markers(data, header)

    assert header.is_high_throughput
    assert (header.codestream.rows, header.codestream.columns) == array.shape[:2]
    assert header.codestream.samples == (1 if array.ndim == 2 else 3)
    assert header.codestream.precision == 8 * array.dtype.itemsize
    assert header.codestream.is_signed == (array.dtype.kind == "i")


def test_tiles_are_counted():
    data = bytes(imagecodecs.htj2k_encode(RAMP, tile=(16, 16)))

    # 40 x 56 in tiles of 16 x 16.
    assert read_jpeg2000_header(data).tiles == 3 * 4


# By ISO 15444-1: offsets into SIZ A.5.1, COD A.6.1, QCD A.6.4, SOT A.4.2, from the marker on.
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (changed(SIZ + 30, b"\0\0\0\x10"), "tiles of 56 from 16 do not cover an image from 0 to"),
        (changed(SIZ + 22, bytes(4)), "tiles of 0 from 0 do not cover an image from 0 to 56"),
        (changed(SIZ + 14, b"\0\0\0\x99"), "do not cover an image from 153 to 56"),
        (changed(SIZ + 2, b"\0\x30"), "its marker segment SIZ has 48 bytes"),
        (changed(COD + 2, b"\0\4"), "its marker segment COD is too short"),
        (changed(COD + 5, b"\5"), "its marker segment COD is too short"),
        (changed(COD + 6, b"\0\0"), "its marker segment COD is impossible"),
        (changed(COD + 8, b"\2"), "component transformation 2 is of JPEG 2000 part 2"),
        (changed(COD + 9, b"\x21"), "it has 33 decomposition levels"),
        (changed(COD + 10, b"\7\7"), "its code blocks are too large"),
        (changed(COD + 13, b"\2"), "its wavelet transformation is unknown"),
        (changed(COD + 4, b"\1"), "its precincts are not whole"),
        (changed(COD + 9, b"\6"), "it quantizes 5 of 6 decomposition levels"),
        (changed(QCD + 2, b"\0\3"), "its quantization is too short"),
        (changed(QCD + 4, b"\x23"), "its quantization is of style 3"),
        (changed(QCD + 4, b"\x22"), "its quantization is not whole"),
        (changed(QCD + 4, b"\xf8\xff"), "its quantization is of style 24"),
        (changed(COD + 13, b"\0"), "its quantization does not fit its transformation"),
        (changed(LOSSY.index(b"\xff\x5c") + 5, b"\xff", LOSSY), "its quantization is of 31 bits"),
        (changed(CAP + 4, b"\0\6\0\0"), "its marker segment CAP is of the wrong length"),
        (changed(COD + 1, b"\x64"), "it has no marker segment COD or QCD"),
        (changed(QCD + 1, b"\x5d"), "its quantization|a component that there is not"),
        (changed(COM + 2, b"\xff\xff"), "a marker segment is of an impossible length"),
        (changed(COM + 2, b"\0\1"), "a marker segment is of an impossible length"),
        (changed(SOT + 3, b"\x0b"), "its marker segment SOT is of the wrong length"),
        (changed(SOT + 4, b"\0\1"), "it has a tile 1 of 1"),
        (changed(SOT + 6, b"\xff\0\0\0"), "it ends within a tile-part"),
        (changed(SOT + 6, b"\0\0\0\x0d"), "it ends within a tile-part"),
        (STREAM[:SOT] + b"\xff\xd9", "it ends within its headers|is not supported"),
        (STREAM[: SOT + 8], "it ends within a tile-part"),
    ],
)
def test_what_cannot_be_is_found(data, message):
    with pytest.raises(DecodeError, match=message):
        check(data)


def test_a_tile_may_not_be_missing():
    data = bytes(imagecodecs.htj2k_encode(RAMP, tile=(16, 16)))
    second = data.index(b"\xff\x90", data.index(b"\xff\x90") + 2)

    with pytest.raises(DecodeError, match="1 of its 12 tiles are missing"):
        check(changed(second + 4, b"\0\0", data))


def test_something_else_between_tile_parts():
    data = bytes(imagecodecs.htj2k_encode(RAMP, tile=(16, 16)))
    last = data.rindex(b"\xff\x90")
    size = int.from_bytes(data[last + 6 : last + 10], "big")
    data = data[: last + size] + b"\0\0" + data[last + size :]

    with pytest.raises(DecodeError, match=f"byte {last + size} should start a tile-part or end it"):
        check(data)


def test_a_marker_that_is_not_supported():
    # A region of interest (A.6.3).
    with pytest.raises(UnsupportedEncodingError, match="its marker FF5E is not supported"):
        check(changed(COM + 1, b"\x5e"))


def test_too_many_tiles():
    # 65536 in tiles of 56 and of 40: 1171 x 1639.
    data = changed(SIZ + 6, b"\0\1\0\0\0\1\0\0")

    with pytest.raises(DecodeError, match="it has 1919269 tiles"):
        read_jpeg2000_header(data)
