"""What a compressed frame is by its first bytes."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from pycornerstone.retrieve.frame_signature import signed_transfer_syntax

GREY = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)


@pytest.mark.parametrize(
    ("frame", "uid"),
    [
        (imagecodecs.jpeg8_encode(GREY.astype(np.uint8)), "1.2.840.10008.1.2.4.50"),
        (imagecodecs.ljpeg_encode(GREY), "1.2.840.10008.1.2.4.70"),
        (imagecodecs.jpegls_encode(GREY), "1.2.840.10008.1.2.4.80"),
        (imagecodecs.jpeg2k_encode(GREY, codecformat="j2k"), "1.2.840.10008.1.2.4.90"),
        (imagecodecs.jpeg2k_encode(GREY, codecformat="jp2"), "1.2.840.10008.1.2.4.90"),
        (imagecodecs.htj2k_encode(GREY), "1.2.840.10008.1.2.4.203"),
    ],
    ids=["JPEG", "lossless JPEG", "JPEG-LS", "JPEG 2000", "JP2", "HTJ2K"],
)
def test_what_encoders_write_is_known(frame, uid):
    assert signed_transfer_syntax(frame) == uid
    assert signed_transfer_syntax(memoryview(bytes(frame))) == uid


def test_extended_jpeg_is_known_behind_other_segments():
    # ITU-T T.81, annex B: SOI, APP0 of 4 bytes, a fill byte, COM of 3 bytes, SOF1.
    frame = bytes.fromhex("ffd8 ffe0 0004 0000 ff ffe0 0003 01 ffc1 0011")
    assert signed_transfer_syntax(frame) == "1.2.840.10008.1.2.4.51"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff",
        GREY.tobytes(),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\xff\xff",
        b"\xff\xd8\xff\xda\x00\x02\x00\x00",
        imagecodecs.png_encode(GREY),
    ],
    ids=["nothing", "one byte", "samples", "cut", "segment beyond the end", "scan", "PNG"],
)
def test_anything_else_is_not(frame):
    assert signed_transfer_syntax(frame) is None
