"""Pictures: PngSuite and others against Pillow and OpenCV, and what is no picture."""

from __future__ import annotations

import io
import struct
import sys
import warnings
import zlib

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.codecs.pictures import decode_picture
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


def as_pillow_reads(data):
    """Give grey, RGB or RGBA samples as Pillow has them; None where it has no such mode."""
    with warnings.catch_warnings():
        # Of limits, and of profiles and palettes that are not looked at here.
        warnings.simplefilter("ignore")
        image = Pillow.open(io.BytesIO(data))
        image.load()
    has_transparency = "transparency" in image.info or image.mode == "LA"
    if image.mode in {"1", "L"} and not has_transparency:
        return np.asarray(image.convert("L"))
    if image.mode == "P" or (image.mode in {"1", "L", "LA", "RGB"} and has_transparency):
        alpha = has_transparency or (image.palette is not None and image.palette.mode == "RGBA")
        return np.asarray(image.convert("RGBA" if alpha else "RGB"))
    return np.asarray(image) if image.mode in {"RGB", "RGBA", "I;16"} else None


def as_opencv_reads(data):
    array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None or array.ndim == 2:
        return array
    return array[..., [2, 1, 0, 3][: array.shape[2]]]


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


class TestRealFiles:
    def test_every_png_is_what_pillow_and_opencv_read(self, manifest, testdata):
        counts = {"png": 0, "confirmed by both": 0}
        unreadable = []
        for row in manifest:
            if row["kind"] != "png":
                continue
            data = (testdata / row["source"] / row["path"]).read_bytes()
            name = row["path"].rsplit("/", 1)[-1]
            counts["png"] += 1
            try:
                pixels = picture(data).pixels
            except DecodeError:
                unreadable.append(name)
                continue
            others = [_or_none(read, data) for read in (as_pillow_reads, as_opencv_reads)]
            confirmed = [other for other in others if agrees(other, pixels)]
            if not confirmed:
                assert name in UNCONFIRMED, name
            counts["confirmed by both"] += len(confirmed) == 2

        assert counts == {"png": 560, "confirmed by both": 518}
        assert set(unreadable) == BROKEN_PNG

    def test_every_jpeg_is_what_pillow_reads(self, manifest, testdata):
        equal, others = 0, []
        for row in manifest:
            if row["kind"] != "jpeg" or row["path"].endswith(".jls"):
                continue
            data = (testdata / row["source"] / row["path"]).read_bytes()
            expected = _or_none(as_pillow_reads, data)
            if expected is None:
                others.append(row["path"].rsplit("/", 1)[-1])
                continue
            np.testing.assert_array_equal(picture(data).pixels, expected, row["path"])
            equal += 1

        assert equal == 56
        assert set(others) == NOT_PILLOW

    def test_cmyk_becomes_rgb(self, testdata):
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/pil_sample_cmyk.jpg"

        image = picture(path.read_bytes())

        expected = np.asarray(Pillow.open(path).convert("RGB"))
        assert image.photometric_interpretation == "RGB"
        assert np.abs(image.pixels.astype(int) - expected).max() <= 1

    def test_a_truncated_jpeg(self, testdata):
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/truncated_jpeg.jpg"

        with pytest.raises(DecodeError, match=r"end without the marker EOI \(FFD9\)"):
            picture(path.read_bytes())


def _or_none(read, data):
    try:
        return read(data)
    except (OSError, ValueError, SyntaxError, cv2.error):
        return None


def agrees(other, pixels):
    """Say whether another reader has the same samples, as far as it keeps them."""
    if other is None:
        return False
    if other.ndim == 2 and pixels.ndim == 3:
        # Both drop the transparency of some grey pictures.
        return all(np.array_equal(other, pixels[..., channel]) for channel in range(3))
    if other.dtype == np.uint8 and pixels.dtype == np.uint16:
        # Pillow keeps the high byte of colour.
        pixels = (pixels >> 8).astype(np.uint8)
    return other.shape == pixels.shape and np.array_equal(other, pixels)


# Cut within its last chunk, behind the picture: Pillow and OpenCV refuse it.
UNCONFIRMED = {"truncated_end_chunk.png"}
# Not even Pillow reads them, but for the second: its animation is broken, its first picture is not.
BROKEN_PNG = {
    "broken.png",
    "syntax_num_frames_invalid.png",
    "syntax_num_frames_zero.png",
    "broken_data_stream.png",
}
# Cut short, CMYK (a test of its own), or of kinds that Pillow has no decoder for.
NOT_PILLOW = {
    "truncated_jpeg.jpg",
    "ultrahdr.jpg",
    "pil_sample_cmyk.jpg",
    "JPEG_Extended_(Process_2_and_4)-GRAYSCALE-12.jpg",
    "JPEG_Lossless,_Non-Hierarchical_(Process_14)-GRAYSCALE-16.jpg",
}


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
            match=rf"no picture: image/png, {len(data)} bytes, look like {looks}; expected PNG or",
        ) as error:
            picture(data, "image/png")

        assert "DOE" not in str(error.value)

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (imagecodecs.gif_encode(np.zeros((4, 4), np.uint8)), "a GIF picture"),
            (imagecodecs.webp_encode(np.zeros((4, 4, 3), np.uint8)), "a WebP picture"),
            (imagecodecs.jpegls_encode(np.zeros((4, 4), np.uint8)), "a JPEG-LS picture"),
        ],
    )
    def test_other_pictures_are_named(self, data, kind):
        with pytest.raises(
            UnsupportedEncodingError, match=f"this is {kind}; PNG and JPEG can be decoded"
        ):
            picture(data)

    def test_jpeg_ls_behind_another_segment(self):
        data = imagecodecs.jpegls_encode(np.zeros((4, 4), np.uint8))
        data = data[:2] + b"\xff\xe8\x00\x04ab" + data[2:]

        with pytest.raises(UnsupportedEncodingError, match="this is a JPEG-LS picture"):
            picture(data)

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"\x89PNG\r\n\x1a\n", "broken PNG: its 8 bytes do not begin with IHDR"),
            (png(0, 3, 8, 0, [b"abc"]), "broken PNG: 0 rows of 3 columns, 0 bytes"),
            (png(2**31 - 1, 2**31 - 1, 8, 2, []), "rows of 2147483647 columns, 184467.* bytes; up"),
            (png(1, 1, 8, 5, [b"a"]), "broken PNG: there is no colour type 5"),
            (png(1, 1, 8, 0, [b"a"])[:-20], "broken PNG of 47 bytes: png_read_data_fn input str"),
            (png(9, 9, 8, 0, [b"a"]), "broken PNG of 67 bytes: "),
        ],
    )
    def test_broken_png(self, data, message):
        with pytest.raises(DecodeError, match=message):
            picture(data)

    def test_a_jpeg_of_two_components(self):
        data = bytearray(imagecodecs.jpeg8_encode(np.zeros((8, 8), np.uint8)))
        data[data.index(b"\xff\xc0") + 9] = 2

        with pytest.raises(
            UnsupportedEncodingError, match="this JPEG has 2 components; 1, 3 and 4"
        ):
            picture(bytes(data))

    def test_a_jpeg_of_no_size(self):
        data = bytearray(imagecodecs.jpeg8_encode(np.zeros((8, 8), np.uint8)))
        start = data.index(b"\xff\xc0") + 5
        data[start : start + 2] = b"\0\0"

        with pytest.raises(DecodeError, match="broken JPEG: 0 rows of 8 columns"):
            picture(bytes(data))


def test_thousands_of_broken_files_do_no_harm():
    # Each takes a reference to None that is not its own, until Python 3.11 ends the process.
    data = bytearray(png(1, 2, 8, 0, [b"ab"]))
    data[-18] ^= 0xFF  # of the check value of the compressed lines
    before = sys.getrefcount(None)

    for _ in range(500):
        with pytest.raises(DecodeError, match="broken PNG of 68 bytes: IDAT: "):
            picture(bytes(data))

    assert sys.getrefcount(None) > before - 100


@pytest.mark.parametrize("encoding", ["", "image/*", "image/png", "image/jpeg", "application/x"])
def test_the_content_decides_whatever_the_media_type_says(encoding):
    image = decode_frame(EncodedFrame("web:a", png(1, 1, 8, 0, [b"\x07"]), encoding))

    assert image.pixels.tolist() == [[7]]
    assert image.image_id == "web:a"
    assert image.transfer_syntax_uid is None


def test_from_a_view():
    image = picture(memoryview(png(1, 1, 8, 0, [b"\x07"])))

    assert image.pixels.tolist() == [[7]]
