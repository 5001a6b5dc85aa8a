"""Kinds of content, told by their first bytes."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from pycornerstone.codecs.media_kinds import PICTURES, kind_of

GREY = np.zeros((8, 8), np.uint8)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "nothing"),
        (imagecodecs.png_encode(GREY), "a PNG picture"),
        (imagecodecs.jpeg8_encode(GREY), "a JPEG picture"),
        (imagecodecs.jpeg2k_encode(GREY, codecformat="jp2"), "a JPEG 2000 picture"),
        (imagecodecs.jpeg2k_encode(GREY, codecformat="j2k"), "a JPEG 2000 picture"),
        (imagecodecs.jpegxl_encode(GREY), "a JPEG XL picture"),
        (imagecodecs.jpegxl_encode(GREY, usecontainer=True), "a JPEG XL picture"),
        (imagecodecs.gif_encode(GREY), "a GIF picture"),
        (imagecodecs.webp_encode(np.zeros((8, 8, 3), np.uint8)), "a WebP picture"),
        (imagecodecs.bmp_encode(GREY), "a BMP picture"),
        (imagecodecs.gzip_encode(b"abc"), "gzip"),
        (b"II*\0\x08\0\0\0", "a TIFF picture"),
        (b"MM\0*\0\0\0\x08", "a TIFF picture"),
        # BigTIFF: offsets of eight bytes.
        (b"II+\0\x08\0\0\0", "a TIFF picture"),
        (b"MM\0+\0\x08\0\0", "a TIFF picture"),
        (b"\xff\xd8\xff\xf7\0\x0b", "a JPEG-LS picture"),
        (b"P5\n# a comment\n3 2 255\n", "a PNM picture"),
        (b"P6 3 2 255\n", "a PNM picture"),
        (b"P3#\n3 2 255\n", "a PNM picture"),
        (b"P7\nWIDTH 3\n", "a PNM picture"),
        (b"P5", "text"),
        (b"P1 of the study", "text"),
        (b"P42 is a lens", "text"),
        (b"\0\0\x02" + bytes(40) + b"TRUEVISION-XFILE.\0", "a TGA picture"),
        (b"qoif\0\0\0\1", "a QOI picture"),
        (b"8BPS\0\1", "a Photoshop picture"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF or HEIF picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "an AVIF or HEIF picture"),
        (b"\0\0\0\x18ftypavis\0\0\0\0", "an AVIF or HEIF picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "a video"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (bytes(128) + b"DICM\x02\0", "DICOM"),
        (b"\x5c\x01\0\0" + bytes(340) + b"n+1\0", "NIfTI"),
        (b"<!DOCTYPE html><html><p>Not found", "HTML"),
        (b"\n <html lang=en>", "HTML"),
        (b"<center><body>", "HTML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Error/>", "XML"),
        (b"<svg width='3'>", "an SVG picture"),
        (b"<?xml version='1.0'?><svg>", "an SVG picture"),
        (b' {"error": "x"}', "JSON"),
        (b"[]", "JSON"),
        (b"--boundary\r\nContent-Type: image/jls\r\n\r\n", "a multipart message"),
        (b"404 page not found\n", "text"),
        ("größer".encode() * 200, "text"),
        ("größer".encode("latin-1"), "bytes of no known kind"),
        (bytes(300), "zeros"),
        (b"\x01\x02\x03", "bytes of no known kind"),
    ],
)
def test_kinds(data, kind):
    assert kind_of(data) == kind
    assert kind_of(memoryview(bytes(data))) == kind


def test_which_of_them_are_pictures():
    assert kind_of(imagecodecs.png_encode(GREY)) in PICTURES
    assert kind_of(b"%PDF") not in PICTURES
    assert all("picture" in kind for kind in PICTURES)
