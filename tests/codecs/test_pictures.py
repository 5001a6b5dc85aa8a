"""Pictures: which reader takes which file, PNG by hand, and what is no picture.

Every real file is read in ``tests/acceptance/test_every_picture.py``.
"""

from __future__ import annotations

import gc
import io
import struct
import sys
import zlib
from importlib import import_module

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.codecs.media_kinds import PICTURES
from pycornerstone.codecs.pictures import PICTURE_READERS, decode_picture, open_picture
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.encoded_frame import EncodedFrame


def picture(data, encoding=""):
    return decode_picture(EncodedFrame("web:a", data, encoding))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(rows, columns, depth, color_type, lines, *more):
    """Write a PNG by hand; `lines` are its packed lines, without filter."""
    data = b"".join(b"\0" + line for line in lines)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, depth, color_type, 0, 0, 0)),
            *more,
            chunk(b"IDAT", zlib.compress(data)),
            chunk(b"IEND", b""),
        ]
    )


class TestPngByHand:
    def test_grey_of_16_bits_stays_so(self):
        # PNG numbers are big endian (section 7.1 of its specification).
        image = picture(png(1, 2, 16, 0, [b"\x01\x02\xff\xfe"]))

        assert image.pixels.tolist() == [[0x0102, 0xFFFE]]
        assert image.pixels.dtype == np.uint16
        assert image.photometric_interpretation == "MONOCHROME2"

    @pytest.mark.parametrize(
        ("depth", "line", "greys"),
        [
            (1, b"\xa0", [255, 0, 255, 0]),
            (2, b"\x1b", [0, 85, 170, 255]),  # 0, 1, 2, 3 of 3
            (4, b"\x0f\x18", [0, 255, 17, 136]),  # 0, 15, 1, 8 of 15
            (8, b"\x00\x01\xfe\xff", [0, 1, 254, 255]),
        ],
    )
    def test_greys_of_fewer_bits_are_spread_over_all(self, depth, line, greys):
        assert picture(png(1, 4, depth, 0, [line])).pixels.tolist() == [greys]

    @pytest.mark.parametrize(
        ("depth", "line"), [(1, b"\x40"), (2, b"\x10"), (4, b"\x01"), (8, b"\x00\x01")]
    )
    def test_a_palette_becomes_rgb(self, depth, line):
        palette = chunk(b"PLTE", bytes([10, 20, 30, 200, 100, 50]))
        image = picture(png(1, 2, depth, 3, [line], palette))

        assert image.pixels.tolist() == [[[10, 20, 30], [200, 100, 50]]]
        assert image.photometric_interpretation == "RGB"
        assert image.palette is None

    def test_a_palette_with_transparency_becomes_rgba(self):
        more = (chunk(b"PLTE", bytes([10, 20, 30, 200, 100, 50])), chunk(b"tRNS", b"\x80"))

        assert picture(png(1, 2, 8, 3, [b"\x00\x01"], *more)).pixels.tolist() == [
            [[10, 20, 30, 128], [200, 100, 50, 255]]
        ]

    def test_grey_with_alpha_becomes_rgba(self):
        assert picture(png(1, 1, 8, 4, [b"\x46\x80"])).pixels.tolist() == [[[70, 70, 70, 128]]]
        image = picture(png(1, 1, 16, 4, [b"\x01\x02\x80\x00"]))
        assert image.pixels.tolist() == [[[0x0102, 0x0102, 0x0102, 0x8000]]]
        assert image.pixels.flags.c_contiguous

    def test_a_transparent_grey_becomes_rgba(self):
        image = picture(png(1, 2, 8, 0, [b"\x46\x47"], chunk(b"tRNS", b"\x00\x47")))

        assert image.pixels.tolist() == [[[70, 70, 70, 255], [71, 71, 71, 0]]]

    def test_color_of_16_bits_stays_so(self):
        image = picture(png(1, 1, 16, 2, [b"\x01\x02\x03\x04\xff\xff"]))

        assert image.pixels.tolist() == [[[0x0102, 0x0304, 0xFFFF]]]


class TestWhatIsNoPicture:
    @pytest.mark.parametrize(
        ("data", "looks"),
        [
            (b"", "nothing"),
            (b"<html>Patient DOE^JANE</html>", "HTML"),
            (b'{"error": "DOE^JANE"}', "JSON"),
            (bytes(128) + b"DICM" + bytes(100), "DICOM"),
            (b"DOE^JANE", "text"),
            (bytes(50), "zeros"),
        ],
    )
    def test_it_says_what_it_looks_like_and_does_not_quote_it(self, data, looks):
        with pytest.raises(
            DecodeError,
            match=rf"no picture: image/png, {len(data)} bytes, look like {looks}; expected PNG, ",
        ) as error:
            picture(data, "image/png")

        assert "DOE" not in str(error.value)

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (b"<svg width='3'>", "an SVG picture"),
            (b"8BPS\0\1", "a Photoshop picture"),
            (b"qoif\0\0", "a QOI picture"),
        ],
    )
    def test_other_pictures_are_named(self, data, kind):
        with pytest.raises(
            UnsupportedEncodingError, match=f"this is {kind}; PNG, JPEG, .* can be decoded"
        ):
            picture(data)


def test_thousands_of_broken_files_do_no_harm():
    # Each takes a reference to None that is not its own, until Python 3.11 ends the process.
    data = bytearray(png(1, 2, 8, 0, [b"ab"]))
    data[-18] ^= 0xFF  # of the check value of the compressed lines
    data = bytes(data)
    gc.collect()
    before = sys.getrefcount(None)

    for _ in range(3000):
        with pytest.raises(DecodeError, match="broken PNG of 68 bytes: IDAT: "):
            picture(data)

    # Whatever else is freed meanwhile has some hundred.
    assert sys.getrefcount(None) > before - 1500


@pytest.mark.parametrize("encoding", ["", "image/*", "image/png", "image/jpeg", "application/x"])
def test_the_content_decides_whatever_the_media_type_says(encoding):
    image = decode_frame(EncodedFrame("web:a", png(1, 1, 8, 0, [b"\x07"]), encoding))

    assert image.pixels.tolist() == [[7]]
    assert image.image_id == "web:a"
    assert image.transfer_syntax_uid is None


def test_every_reader_is_there():
    for kind, reader in PICTURE_READERS.items():
        assert kind in PICTURES
        module = import_module(f"pycornerstone.codecs.{reader.module}")
        assert callable(getattr(module, reader.function))


@pytest.mark.parametrize("after", [b"", b"\xff\xe8\x00\x04ab"])
def test_jpeg_ls_is_told_from_jpeg(after):
    wanted = np.arange(16, dtype=np.uint16).reshape(4, 4) * 1000
    data = imagecodecs.jpegls_encode(wanted)

    file = open_picture(data[:2] + after + data[2:])

    assert file.format == "JPEG-LS"
    np.testing.assert_array_equal(file.decode(1).pixels, wanted)


def test_nothing_is_decoded_before_it_is_asked_for():
    # Its samples are damaged, its chunks are not.
    data = bytearray(png(1, 2, 8, 0, [b"ab"]))
    data[-22] ^= 0xFF
    file = open_picture(bytes(data))

    assert (file.format, file.number_of_frames) == ("PNG", 1)
    with pytest.raises(DecodeError, match="broken PNG"):
        file.decode(1)


def test_profile_of_the_image(testdata):
    path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/icc_profile.png"
    with Pillow.open(path) as image:
        assert picture(path.read_bytes()).icc_profile == image.info["icc_profile"]


def test_from_a_view():
    image = picture(memoryview(png(1, 1, 8, 0, [b"\x07"])))

    assert image.pixels.tolist() == [[7]]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "JPEG2000", "PPM"])
def test_what_is_cut_short_says_what_to_do(kind):
    file = io.BytesIO()
    samples = np.random.default_rng(4).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    Pillow.fromarray(samples).save(file, kind)
    data = file.getvalue()[: len(file.getvalue()) // 2]

    with pytest.raises(DecodeError, match=r"^broken .* cut short, .*copy it again$") as caught:
        open_picture(data).decode(1)
    assert caught.value.args == (caught.value.message,)
