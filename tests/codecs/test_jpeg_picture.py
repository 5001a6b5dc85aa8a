"""JPEG files: colours, density, orientation, profiles, several pictures; broken ones."""

from __future__ import annotations

import io
import struct
from base64 import b64decode

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

from pycornerstone.codecs.pictures import open_picture
from pycornerstone.errors import DecodeError, ImageIdError, UnsupportedEncodingError

ROW, COLUMN = np.mgrid[:32, :40]
GREY = (COLUMN * 3 + ROW * 2).astype(np.uint8)
RGB = np.stack([GREY, 250 - GREY, GREY // 2], -1)
CMYK = np.stack([GREY, 250 - GREY, GREY // 2, GREY // 3], -1)


def first(data, *limit):
    return open_picture(data, *limit).decode(1)


def jpeg(pixels=GREY, **options):
    return imagecodecs.jpeg8_encode(pixels, level=95, **options)


def by_pillow(pixels, mode, **options):
    file = io.BytesIO()
    Pillow.fromarray(pixels, mode).save(file, "JPEG", **options)
    return file.getvalue()


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def with_segments(data, *segments, keep_jfif=True):
    """Put segments behind SOI, or behind the JFIF header where it is kept."""
    jfif_end = 4 + int.from_bytes(data[4:6], "big") if data[2:4] == b"\xff\xe0" else 2
    end = jfif_end if keep_jfif else 2
    return data[:end] + b"".join(segments) + data[jfif_end:]


def jfif(unit, across, down):
    return segment(0xE0, b"JFIF\0\1\2" + struct.pack(">BHH", unit, across, down) + b"\0\0")


def exif(orientation=1, density=None):
    """An Exif segment, little endian; density a centimetre, across and down."""
    tags = [struct.pack("<HHIHH", 274, 3, 1, orientation, 0)]
    numbers = b""
    if density:
        tags += [struct.pack("<HHII", 282, 5, 1, 200), struct.pack("<HHII", 283, 5, 1, 208)]
        tags += [struct.pack("<HHIHH", 296, 3, 1, 3, 0)]
        numbers = struct.pack("<4I", density[0], 1, density[1], 1)
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + b"".join(tags)
    return segment(0xE1, b"Exif\0\0" + block.ljust(200, b"\0") + numbers)


class TestSamples:
    @pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
    @pytest.mark.parametrize(("pixels", "mode"), [(GREY, "L"), (RGB, "RGB")])
    def test_baseline_and_progressive(self, pixels, mode, options):
        data = by_pillow(pixels, mode, **options)
        picture = first(data)

        np.testing.assert_array_equal(picture.pixels, np.asarray(Pillow.open(io.BytesIO(data))))
        assert picture.about.bits_per_sample == 8
        assert picture.about.color_type == ("grey" if mode == "L" else "YCbCr")
        assert picture.photometric_interpretation == ("MONOCHROME2" if mode == "L" else "RGB")

    def test_12_bits_stay_so(self):
        wanted = GREY.astype(np.uint16) * 16
        picture = first(imagecodecs.jpeg8_encode(wanted, level=100, bitspersample=12))

        assert picture.pixels.dtype == np.uint16
        assert np.abs(picture.pixels.astype(int) - wanted).max() <= 2
        assert picture.about.bits_per_sample == 12

    def test_12_bits_of_a_real_file(self, testdata):
        folder = testdata / "pypi-wsidicom-data/wsidicom_data/data/encoded"
        name = "JPEG_Extended_(Process_2_and_4)-GRAYSCALE-12"
        pixels = first((folder / f"{name}.jpg").read_bytes()).pixels

        # The same frame of 16 bits; lossy, so within 16 (README of the test data).
        raw = (folder / "Explicit_VR_Little_Endian-GRAYSCALE-16.raw").read_bytes()
        wanted = np.frombuffer(raw, "<u2").reshape(pixels.shape) // 16
        assert np.abs(pixels.astype(int) - wanted).max() <= 16

    def test_coded_arithmetically(self):
        # ``cjpeg -quality 90 -arithmetic`` of libjpeg-turbo 2.1.5.
        data = b64decode(
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
            "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/yQALCAAIABABAREA/8wABgAQEAX/2gAIAQEAAD8A/wDaRFEN/LI6CQMC"
            "mM7opmjDbP/Z"
        )
        row, column = np.mgrid[:8, :16]

        assert np.abs(first(data).pixels - ((column * 13 + row * 7) % 251)).max() <= 8

    @pytest.mark.parametrize("pixels", [GREY, RGB], ids=["grey", "RGB"])
    def test_lossless(self, pixels):
        options = {} if pixels.ndim == 2 else {"colorspace": "RGB", "outcolorspace": "RGB"}

        np.testing.assert_array_equal(first(jpeg(pixels, lossless=True, **options)).pixels, pixels)

    def test_ycbcr_lossless(self):
        # As OpenCV converts, 8 bits of JFIF; it calls them Y, Cr, Cb.
        ycbcr = np.ascontiguousarray(cv2.cvtColor(RGB, cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]])
        # The encoder stores what it takes for RGB; without its marker, and with other names of
        # the components, nothing says so.
        data = jpeg(ycbcr, lossless=True, colorspace="RGB", outcolorspace="RGB")
        start = data.index(b"Adobe") - 4
        data = data[:start] + data[start + 16 :]
        for behind in (b"\x11\0", b"\0"):
            names = b"".join(bytes([name]) + behind for name in b"RGB")
            assert names in data
            data = data.replace(names, b"".join(bytes([n]) + behind for n in (1, 2, 3)))
        unmarked = first(data)
        picture = first(with_segments(data, jfif(0, 1, 1)))

        assert np.abs(picture.pixels.astype(int) - RGB).max() <= 2
        assert picture.about.color_type == "YCbCr"
        # Without marker, libjpeg-turbo takes lossless colour for RGB (jdapimin.c).
        np.testing.assert_array_equal(unmarked.pixels, ycbcr)
        assert unmarked.about.color_type == "RGB"

    def test_16_bits_lossless_of_a_real_file(self, testdata):
        folder = testdata / "pypi-wsidicom-data/wsidicom_data/data/encoded"
        name = "JPEG_Lossless,_Non-Hierarchical_(Process_14)-GRAYSCALE-16"
        picture = first((folder / f"{name}.jpg").read_bytes())

        raw = (folder / "Explicit_VR_Little_Endian-GRAYSCALE-16.raw").read_bytes()
        wanted = np.frombuffer(raw, "<u2").reshape(picture.pixels.shape)
        np.testing.assert_array_equal(picture.pixels, wanted)
        assert picture.about.bits_per_sample == 16


class TestColors:
    def test_rgb_by_the_marker_of_adobe(self):
        picture = first(jpeg(RGB, colorspace="RGB", outcolorspace="RGB"))

        assert np.abs(picture.pixels.astype(int) - RGB).max() <= 4
        assert picture.about.color_type == "RGB"

    def test_rgb_by_the_names_of_its_components(self):
        # Without the marker of Adobe; its components are called R, G and B (libjpeg, jdapimin.c).
        data = jpeg(RGB, colorspace="RGB", outcolorspace="RGB")
        start = data.index(b"Adobe") - 4
        data = data[:start] + data[start + 16 :]
        picture = first(data)

        assert np.abs(picture.pixels.astype(int) - RGB).max() <= 4
        assert picture.about.color_type == "RGB"

    @pytest.mark.parametrize("stored", ["CMYK", "YCCK"])
    def test_cmyk_and_ycck_as_adobe_writes_them(self, stored):
        data = jpeg(CMYK, colorspace="CMYK", outcolorspace=stored)
        picture = first(data)

        expected = np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB"))
        assert np.abs(picture.pixels.astype(int) - expected).max() <= 1
        assert picture.about.color_type == stored
        assert picture.photometric_interpretation == "RGB"

    def test_cmyk_without_adobe_is_ink(self):
        # Full ink of all four is black, and none is white; Adobe has it the other way round.
        ink = np.zeros((16, 16, 4), np.uint8)
        ink[:, 8:] = 255
        data = jpeg(ink, colorspace="CMYK", outcolorspace="CMYK")
        start = data.index(b"Adobe") - 4
        plain = data[:start] + data[start + 16 :]

        assert first(plain).pixels[0, [0, 15]].tolist() == [[255] * 3, [0] * 3]
        assert first(data).pixels[0, [0, 15]].tolist() == [[0] * 3, [255] * 3]

    def test_cmyk_of_12_bits(self):
        data = bytearray(jpeg(CMYK, colorspace="CMYK", outcolorspace="CMYK"))
        data[data.index(b"\xff\xc0") + 4] = 12

        with pytest.raises(UnsupportedEncodingError, match="CMYK of 12 bits; 8 are supported"):
            open_picture(bytes(data))

    def test_two_components(self):
        data = bytearray(jpeg())
        data[data.index(b"\xff\xc0") + 9] = 2

        with pytest.raises(UnsupportedEncodingError, match="2 components; 1, 3 and 4"):
            open_picture(bytes(data))


class TestDensity:
    @pytest.mark.parametrize(
        ("unit", "row_mm", "column_mm"), [(1, 25.4 / 100, 25.4 / 200), (2, 0.1, 0.05)]
    )
    def test_of_jfif(self, unit, row_mm, column_mm):
        about = first(with_segments(jpeg(), jfif(unit, 200, 100), keep_jfif=False)).about

        assert about.row_pixel_spacing_mm == pytest.approx(row_mm)
        assert about.column_pixel_spacing_mm == pytest.approx(column_mm)
        assert about.spacing_source == "JFIF"

    @pytest.mark.parametrize(
        ("header", "ratio"),
        [
            # JFIF 1.02: with units of 0 both are a shape, which is 3 to 2 of pixels 2 to 3 apart.
            (jfif(0, 3, 2), (3, 2)),
            (jfif(0, 72, 72), None),
            (jfif(0, 0, 1), None),
            (jfif(1, 0, 72), None),
            (jfif(7, 72, 36), None),
        ],
    )
    def test_without_a_unit_it_is_a_shape(self, header, ratio):
        about = first(with_segments(jpeg(), header, keep_jfif=False)).about

        assert about.row_pixel_spacing_mm is None
        assert about.spacing_source is None
        assert about.pixel_aspect_ratio == ratio

    def test_of_exif_where_jfif_has_none(self):
        parts = [exif(density=(50, 20))]
        about = first(with_segments(jpeg(), jfif(0, 1, 1), *parts, keep_jfif=False)).about
        both = first(with_segments(jpeg(), jfif(2, 10, 10), *parts, keep_jfif=False)).about
        shape = first(with_segments(jpeg(), jfif(0, 3, 2), *parts, keep_jfif=False)).about

        # 50 and 20 a centimetre.
        assert (about.row_pixel_spacing_mm, about.column_pixel_spacing_mm) == (0.5, 0.2)
        assert about.spacing_source == "Exif"
        assert (both.row_pixel_spacing_mm, both.spacing_source) == (1.0, "JFIF")
        # A length is more than a shape.
        assert (shape.row_pixel_spacing_mm, shape.pixel_aspect_ratio) == (0.5, None)

    def test_it_turns_with_the_picture(self):
        about = first(with_segments(jpeg(), exif(8, density=(50, 20)))).about

        assert (about.row_pixel_spacing_mm, about.column_pixel_spacing_mm) == (0.2, 0.5)

    def test_real_files(self, testdata):
        folder = testdata / "pypi-pillow/pillow-13.0.0/Tests/images"

        def about(name):
            return first((folder / name).read_bytes()).about

        with Pillow.open(folder / "jfif_unit_cm.jpg") as image:
            assert image.info["jfif_unit"] == 2
            wanted = 10 / image.info["jfif_density"][1]
        assert about("jfif_unit_cm.jpg").row_pixel_spacing_mm == pytest.approx(wanted)
        # 200 a centimetre, says its name.
        assert about("exif-200dpcm.jpg").row_pixel_spacing_mm == pytest.approx(10 / 200)
        for name in ("exif-dpi-zerodivision.jpg", "invalid-exif.jpg", "broken_exif_dpi.jpg"):
            with Pillow.open(folder / name) as image:
                assert about(name).orientation == image.getexif().get(274, 1), name


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(2, 9))
    def test_files_of_every_orientation(self, testdata, orientation):
        name = f"hopper_orientation_{orientation}.jpg"
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images" / name
        picture = first(path.read_bytes())

        with Pillow.open(path) as image:
            np.testing.assert_array_equal(
                picture.pixels, np.asarray(ImageOps.exif_transpose(image))
            )
        assert picture.about.orientation == orientation

    def test_a_row_becomes_a_column(self, testdata):
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/orientation_rectangle.jpg"

        assert first(path.read_bytes()).pixels.shape == (2, 1, 3)


class TestProfile:
    @pytest.fixture
    def srgb(self):
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    def test_of_color(self, srgb):
        assert first(by_pillow(RGB, "RGB", icc_profile=srgb)).icc_profile == srgb

    def test_in_pieces_out_of_order(self, srgb):
        half = len(srgb) // 2
        pieces = [
            segment(0xE2, b"ICC_PROFILE\0" + bytes([number, 2]) + part)
            for number, part in [(2, srgb[half:]), (1, srgb[:half])]
        ]

        assert first(with_segments(jpeg(RGB), *pieces)).icc_profile == srgb
        assert first(with_segments(jpeg(RGB), pieces[0])).icc_profile is None

    @pytest.mark.parametrize("space", [b"CMYK", b"GRAY", b"Lab "])
    def test_of_other_colors(self, srgb, space):
        data = by_pillow(RGB, "RGB", icc_profile=srgb[:16] + space + srgb[20:])

        assert first(data).icc_profile is None

    def test_of_cmyk_comes_not_with_rgb(self, srgb):
        cmyk = srgb[:16] + b"CMYK" + srgb[20:]
        piece = segment(0xE2, b"ICC_PROFILE\0\1\1" + cmyk)
        data = with_segments(jpeg(CMYK, colorspace="CMYK", outcolorspace="CMYK"), piece)

        assert first(data).icc_profile is None

    def test_behind_the_frame_header(self, srgb):
        data = jpeg(RGB)
        end = data.index(b"\xff\xc0") + 2 + 17
        piece = segment(0xE2, b"ICC_PROFILE\0\1\1" + srgb)

        assert first(data[:end] + piece + data[end:]).icc_profile == srgb

    def test_what_is_no_profile(self, testdata):
        # Its profile are the letters "profile".
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/icc-after-SOF.jpg"

        assert first(path.read_bytes()).icc_profile is None


class TestSeveralPictures:
    def test_views_are_frames(self, testdata):
        # Its index has two pictures of kind 020002, disparity.
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/ignore_frame_size.mpo"
        file = open_picture(path.read_bytes())

        with Pillow.open(path) as image:
            assert file.number_of_frames == image.n_frames == 2
            for number in (1, 2):
                image.seek(number - 1)
                picture = file.decode(number)
                np.testing.assert_array_equal(picture.pixels, np.asarray(image))
                assert picture.about.frame_number == number
                assert picture.about.number_of_frames == 2
        with pytest.raises(ImageIdError, match="frame 3 was asked for, and this JPEG has 2 frames"):
            file.decode(3)

    def test_what_comes_along_is_no_frame(self, testdata):
        # Of kinds 030000, the picture, and 000000, which cameras give previews and maps.
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/frame_size.mpo"
        file = open_picture(path.read_bytes())

        assert file.number_of_frames == 1
        with Pillow.open(path) as image:
            np.testing.assert_array_equal(file.decode(1).pixels, np.asarray(image))

    @pytest.mark.parametrize("step", [-1000, 1000])
    def test_the_size_of_the_first_need_not_be_right(self, testdata, step):
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/ignore_frame_size.mpo"
        data = path.read_bytes()
        # Its attribute, its size, and 0 for where it begins (CIPA DC-007, table 5.2.3).
        second = data.rindex(b"\xff\xd8\xff")
        entry = struct.pack("<III", 0x20020002, second, 0)
        assert data.count(entry) == 1
        file = open_picture(data.replace(entry, struct.pack("<III", 0x20020002, second + step, 0)))

        assert file.number_of_frames == 2
        for number in (1, 2):
            assert np.array_equal(
                file.decode(number).pixels, open_picture(data).decode(number).pixels
            )

    @pytest.mark.parametrize("damage", [(4, b"XX"), (8, b"\xff\xff\xff\xff"), (12, b"\xff\xff")])
    def test_a_broken_index_is_left_out(self, testdata, damage):
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/ignore_frame_size.mpo"
        data = bytearray(path.read_bytes())
        start = data.index(b"MPF\0") + damage[0]
        data[start : start + len(damage[1])] = damage[1]

        assert open_picture(bytes(data)).decode(1).pixels.ndim == 3


class TestBroken:
    def test_no_size(self):
        data = bytearray(jpeg())
        start = data.index(b"\xff\xc0") + 5
        data[start : start + 2] = b"\0\0"

        with pytest.raises(DecodeError, match="broken JPEG: it has 0 rows of 40 columns"):
            open_picture(bytes(data))

    def test_a_size_that_no_one_allowed(self):
        data = bytearray(jpeg(RGB))
        start = data.index(b"\xff\xc0") + 5
        data[start : start + 4] = b"\xff\xff\xff\xff"

        with pytest.raises(DecodeError, match=r"12884508675 bytes once .* limit is 1073741824"):
            open_picture(bytes(data))
        with pytest.raises(DecodeError, match="too few for 65535 rows of 65535 columns"):
            open_picture(bytes(data), 10**12)

    @pytest.mark.parametrize("mark", [b"\xff\0", b"\xff\xff\0"], ids=bytes.hex)
    @pytest.mark.parametrize("wrap", [bytes, memoryview])
    def test_the_size_that_is_checked_is_the_one_that_is_decoded(self, mark, wrap):
        # What a segment FF00 would pass over, were there one, has a picture of its own in it, and a
        # decoder begins with that (libjpeg, next_marker in jdmarker.c).
        large, small = jpeg(np.zeros((300, 400), np.uint8)), jpeg()
        data = b"\xff\xd8" + mark + struct.pack(">H", len(large)) + large[2:] + small[2:]
        with pytest.raises(DecodeError, match="300 rows of 400 columns, 120000 bytes"):
            open_picture(wrap(data), GREY.nbytes)
        np.testing.assert_array_equal(first(wrap(data)).pixels, first(large).pixels)

    def test_bytes_between_segments_are_passed_over_at_once(self, calls_of):
        data = jpeg()
        data = data[:20] + b"a" * 500_000 + b"\xff" * 500_000 + data[20:]

        np.testing.assert_array_equal(first(data).pixels, first(jpeg()).pixels)
        assert calls_of(lambda: first(data)) < 10_000

    @pytest.mark.parametrize("cut", range(0, 100, 9))
    def test_cut_anywhere(self, cut):
        data = jpeg(RGB)

        data = data[: len(data) * cut // 100]

        with pytest.raises(DecodeError, match=f"its {len(data)} bytes end|no picture|no JPEG"):
            first(data)
        with pytest.raises(DecodeError, match=f"its {len(data)} bytes end|no picture|no JPEG"):
            first(memoryview(data))

    @pytest.mark.parametrize("garbage", [bytes(1000), b"\xff" * 9, b"text" * 1000])
    def test_what_is_behind_the_end_is_passed_over(self, garbage):
        np.testing.assert_array_equal(first(jpeg() + garbage).pixels, first(jpeg()).pixels)
        view = memoryview(jpeg() + garbage)
        np.testing.assert_array_equal(first(view).pixels, first(jpeg()).pixels)

    def test_more_scans_than_any_use_can_be_made_of(self):
        data = by_pillow(GREY, "L", progressive=True)
        last = data.rindex(b"\xff\xda")

        with pytest.raises(DecodeError, match=r"the frame has \d+ scans; up to 500 are read"):
            first(data[:-2] + data[last:-2] * 500 + b"\xff\xd9")

    @pytest.mark.parametrize(
        "content",
        [
            (0xE0, b"JFIF\0"),
            (0xE1, b"Exif\0\0"),
            (0xE1, b"Exif\0\0II*\0"),
            (0xE2, b"ICC_PROFILE\0"),
            (0xE2, b"ICC_PROFILE\0\1\1"),
            (0xE2, b"ICC_PROFILE\0\0\0abc"),
            (0xE2, b"MPF\0"),
            (0xE2, b"MPF\0II*\0\xff\xff\xff\xff"),
        ],
        ids=str,
    )
    def test_segments_that_are_broken_are_left_out(self, content):
        picture = first(with_segments(jpeg(), segment(*content)))

        np.testing.assert_array_equal(picture.pixels, first(jpeg()).pixels)
        assert picture.icc_profile is None
        assert picture.about.orientation == 1
