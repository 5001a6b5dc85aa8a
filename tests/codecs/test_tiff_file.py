"""TIFF: what tifffile and Pillow write, read back; what it means is by TIFF 6.0."""

from __future__ import annotations

import io
import struct
import sys
import threading

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from PIL import ImageOps, TiffImagePlugin

from pycornerstone.codecs.tiff_file import open_tiff
from pycornerstone.errors import (
    DecodeError,
    ImageIdError,
    MissingExtraError,
    UnsupportedEncodingError,
)

LIMIT = 1 << 28
RNG = np.random.default_rng(5)
GREY = RNG.integers(0, 256, (37, 45)).astype(np.uint8)
RGB = RNG.integers(0, 256, (37, 45, 3)).astype(np.uint8)
# Edges of tiles and strips cut through the pictures of 37 rows and 45 columns.
STORED = [
    {},
    {"rowsperstrip": 7},
    {"tile": (16, 32)},
    {"compression": "lzw", "predictor": True, "rowsperstrip": 5},
    {"compression": "zlib", "tile": (32, 16)},
    {"compression": "zstd"},
    {"compression": "packbits"},
    {"compression": "lzma"},
]


def written(samples, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def written_by_pillow(image, **options):
    file = io.BytesIO()
    image.save(file, "TIFF", **options)
    return file.getvalue()


def decoded(data, frame=1):
    return open_tiff(data, LIMIT).decode(frame)


def entry(tag, kind, count, value):
    form = {3: "<HHIHxx", 4: "<HHII"}[kind]
    return struct.pack(form, tag, kind, count, value)


def by_hand(*entries, pixels=b"", next_directory=0):
    """One directory at byte 8, its pixels behind it."""
    directory = struct.pack("<H", len(entries)) + b"".join(entries)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", next_directory) + pixels


def page_by_hand(rows, columns, bits, pixels, photometric=1, *more):
    entries = [
        (256, 3, 1, columns),
        (257, 3, 1, rows),
        (258, 3, 1, bits),
        (262, 3, 1, photometric),
        (273, 4, 1, 8 + 2 + 12 * (7 + len(more)) + 4),
        (278, 3, 1, rows),
        (279, 4, 1, len(pixels)),
        *more,
    ]
    return by_hand(*(entry(*values) for values in sorted(entries)), pixels=pixels)


class TestSamples:
    @pytest.mark.parametrize("stored", STORED, ids=str)
    @pytest.mark.parametrize("byteorder", "<>")
    @pytest.mark.parametrize(
        "dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]
    )
    def test_grey_of_every_type_stays_what_it_is(self, dtype, byteorder, stored):
        if stored.get("predictor") and dtype in {"u8", "i8"}:
            # tifffile writes no predictor of 64 bits.
            stored = {name: value for name, value in stored.items() if name != "predictor"}
        samples = (GREY.astype(np.int16) - (0 if dtype[0] == "u" else 128)).astype(dtype)

        picture = decoded(written(samples, byteorder=byteorder, photometric="minisblack", **stored))

        assert picture.pixels.dtype == samples.dtype
        assert picture.pixels.tobytes() == samples.tobytes()
        assert picture.photometric_interpretation == "MONOCHROME2"
        assert picture.about.bits_per_sample == 8 * samples.dtype.itemsize
        assert picture.about.color_type == "grey"

    @pytest.mark.parametrize("stored", STORED, ids=str)
    @pytest.mark.parametrize("planes", ["contig", "separate"])
    def test_colour_in_pixels_or_planes(self, planes, stored):
        samples = RGB if planes == "contig" else np.moveaxis(RGB, 2, 0)
        data = written(samples, photometric="rgb", planarconfig=planes, **stored)

        picture = decoded(data)

        assert picture.pixels.tolist() == RGB.tolist()
        assert picture.photometric_interpretation == "RGB"

    def test_bigtiff(self):
        data = written(GREY, bigtiff=True, photometric="minisblack")

        assert data[2] == 43
        assert decoded(data).pixels.tolist() == GREY.tolist()

    @pytest.mark.parametrize("compression", [None, "group3", "group4", "tiff_ccitt", "tiff_lzw"])
    def test_bilevel_is_black_and_white(self, compression):
        image = Pillow.fromarray(GREY).convert("1")
        options = {} if compression is None else {"compression": compression}

        picture = decoded(written_by_pillow(image, **options))

        assert picture.pixels.tolist() == np.asarray(image.convert("L")).tolist()
        assert picture.about.bits_per_sample == 1

    @pytest.mark.parametrize(
        ("bits", "line", "greys"),
        [
            # A line starts at a byte; the first bits are the left pixel (TIFF 6.0, FillOrder 1).
            (1, b"\xa0", [255, 0, 255]),
            (2, b"\x1b", [0, 85, 170]),
            (4, b"\x0f\x70", [0, 255, 119]),
            (8, b"\x01\x02\x03", [1, 2, 3]),
            (12, b"\x12\x3f\xff\x00\x10", [0x123, 0xFFF, 0x001]),
        ],
    )
    def test_greys_of_few_bits_are_spread_and_those_of_12_kept(self, bits, line, greys):
        picture = decoded(page_by_hand(2, 3, bits, line * 2))

        assert picture.pixels.tolist() == [greys, greys]
        assert picture.about.bits_per_sample == bits

    def test_white_is_zero_is_monochrome1_with_its_samples(self):
        picture = decoded(written(GREY, photometric="miniswhite"))

        assert picture.photometric_interpretation == "MONOCHROME1"
        assert picture.pixels.tolist() == GREY.tolist()

    @pytest.mark.parametrize("compression", ["jpeg", "webp", "jpeg2000", "jpegxl"])
    def test_segments_that_are_pictures(self, compression):
        smooth = np.add.outer(np.arange(64), np.arange(96))[..., np.newaxis] + [0, 40, 80]
        smooth = smooth.astype(np.uint8)
        data = written(smooth, photometric="rgb", compression=compression, tile=(32, 32))

        difference = decoded(data).pixels.astype(int) - smooth

        assert np.abs(difference).mean() < 3

    def test_jpeg_as_pillow_reads_it(self):
        data = written_by_pillow(Pillow.fromarray(RGB), compression="jpeg")

        with Pillow.open(io.BytesIO(data)) as image:
            expected = np.asarray(image)
        assert decoded(data).pixels.tolist() == expected.tolist()


class TestColors:
    def test_palette_becomes_rgb(self):
        image = Pillow.fromarray(RGB).quantize(17)

        picture = decoded(written_by_pillow(image))

        assert picture.pixels.tolist() == np.asarray(image.convert("RGB")).tolist()
        assert picture.about.color_type == "palette"

    def test_palette_of_8_bits_in_16(self):
        colors = np.zeros((3, 256), np.uint16)
        colors[:, 7] = 10, 20, 255
        data = written(np.full((2, 2), 7, np.uint8), photometric="palette", colormap=colors)

        assert decoded(data).pixels[0, 0].tolist() == [10, 20, 255]

    @pytest.mark.parametrize("factor", [256, 257])
    def test_palette_of_8_bits_that_were_spread(self, factor):
        colors = np.zeros((3, 256), np.uint16)
        colors[:, 7] = 10, 20, 255
        samples = np.full((2, 2), 7, np.uint8)
        picture = decoded(written(samples, photometric="palette", colormap=colors * factor))

        assert picture.pixels.dtype == np.uint8
        assert picture.pixels[0, 0].tolist() == [10, 20, 255]

    def test_palette_of_16_bits_keeps_them(self):
        colors = np.zeros((3, 256), np.uint16)
        colors[:, 7] = 1000, 513, 65535
        data = written(np.full((2, 2), 7, np.uint8), photometric="palette", colormap=colors)

        assert decoded(data).pixels.dtype == np.uint16
        assert decoded(data).pixels[0, 0].tolist() == [1000, 513, 65535]
        with pytest.raises(DecodeError, match="24 bytes; the limit is 23"):
            open_tiff(data, 23).decode(1)

    def test_cmyk_is_mixed_as_pillow_mixes_it(self):
        image = Pillow.fromarray(RGB).convert("CMYK")

        picture = decoded(written_by_pillow(image))

        assert picture.pixels.tolist() == np.asarray(image.convert("RGB")).tolist()
        assert picture.about.color_type == "CMYK"

    def test_ycbcr_without_compression(self):
        image = Pillow.fromarray(RGB).convert("YCbCr")

        picture = decoded(written_by_pillow(image))

        expected = np.asarray(image.convert("RGB")).astype(int)
        assert np.abs(picture.pixels - expected).max() <= 1

    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    def test_unassociated_alpha_is_kept(self, dtype):
        samples = RNG.integers(0, 200, (9, 8, 4)).astype(dtype)
        data = written(samples, photometric="rgb", extrasamples=["unassalpha"])

        picture = decoded(data)

        assert picture.pixels.tolist() == samples.tolist()
        assert picture.about.has_alpha

    def test_associated_alpha_is_divided_out(self):
        # Half opaque (128 of 255): 64 was 127.5, rounded to even; nothing can be seen of the last.
        samples = np.array([[[64, 0, 128, 128], [9, 8, 7, 255], [0, 0, 0, 0]]], np.uint8)
        data = written(samples, photometric="rgb", extrasamples=["assocalpha"])

        pixels = decoded(data).pixels

        assert pixels.tolist() == [[[128, 0, 255, 128], [9, 8, 7, 255], [0, 0, 0, 0]]]

    def test_samples_that_are_no_alpha_are_left_out(self):
        samples = RNG.integers(0, 200, (9, 8, 5)).astype(np.uint8)
        data = written(samples, photometric="rgb", extrasamples=["unspecified", "unspecified"])

        picture = decoded(data)

        assert picture.pixels.tolist() == samples[..., :3].tolist()
        assert not picture.about.has_alpha

    def test_grey_with_alpha_becomes_rgba(self):
        samples = RNG.integers(0, 200, (9, 8, 2)).astype(np.uint8)
        data = written(samples, photometric="minisblack", extrasamples=["unassalpha"])

        picture = decoded(data)

        assert picture.pixels.tolist() == samples[..., [0, 0, 0, 1]].tolist()
        assert picture.about.color_type == "grey"

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (written(np.zeros((4, 4), np.complex64)), "complex"),
            (
                written(np.zeros((5, 9, 8), np.uint8), photometric="minisblack",
                        planarconfig="separate"),
                "5 grey samples",
            ),
            (written_by_pillow(Pillow.new("LAB", (3, 3))), "CIELab"),
            (written(np.zeros((4, 4, 3), np.int16), photometric="rgb"), "signed"),
            (page_by_hand(1, 1, 8, b"\0", 1, (259, 3, 1, 6)), "1992"),
            (page_by_hand(1, 1, 8, b"\0", 1, (259, 3, 1, 34676)), "34676"),
            (page_by_hand(1, 1, 8, b"\0", 1, (32997, 4, 1, 2)), "volume"),
        ],
        ids=["complex", "spectral", "Lab", "signed", "old JPEG", "SGI log", "volume"],
    )  # fmt: skip
    def test_what_cannot_be_shown_says_what_it_is(self, data, words):
        with pytest.raises(UnsupportedEncodingError, match=words):
            decoded(data)


class TestPages:
    def test_pages_of_different_kinds(self):
        images = [Pillow.fromarray(RGB), Pillow.fromarray(GREY).rotate(90, expand=True)]
        file = open_tiff(
            written_by_pillow(images[0], save_all=True, append_images=images[1:]), LIMIT
        )

        assert file.number_of_frames == 2
        assert file.decode(2).pixels.tolist() == np.asarray(images[1]).tolist()
        assert file.decode(1).pixels.tolist() == RGB.tolist()
        assert file.decode(2).about.frame_number == 2
        assert file.decode(2).about.number_of_frames == 2

    def test_the_levels_of_a_pyramid_are_no_pages(self):
        file = io.BytesIO()
        with tifffile.TiffWriter(file) as writer:
            writer.write(RGB, photometric="rgb", subifds=1)
            writer.write(RGB[::2, ::2], photometric="rgb", subfiletype=1)
            writer.write(GREY, photometric="minisblack")

        opened = open_tiff(file.getvalue(), LIMIT)

        assert opened.number_of_frames == 2
        assert opened.decode(2).pixels.tolist() == GREY.tolist()

    def test_planes_that_imagej_writes_behind_its_only_page(self):
        stack = RNG.integers(0, 60000, (5, 9, 8)).astype(np.uint16)
        data = written(stack, imagej=True)
        # One directory is all there is, as of files above 4 GiB.
        single = bytearray(data)
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages[0]
            end = page.offset + 2 + 12 * len(page.tags)
        single[end : end + 4] = bytes(4)

        opened = open_tiff(bytes(single), LIMIT)

        assert opened.number_of_frames == 5
        assert [opened.decode(i + 1).pixels.tolist() for i in range(5)] == stack.tolist()
        with pytest.raises(DecodeError, match="cut short"):
            open_tiff(bytes(single[: page.dataoffsets[0] + 3 * 144]), LIMIT).decode(5)

    @pytest.mark.parametrize("frame", [0, 3, -1])
    def test_a_page_that_there_is_not(self, frame):
        data = written(np.zeros((2, 4, 4), np.uint8), photometric="minisblack")

        with pytest.raises(ImageIdError, match="2 frames"):
            decoded(data, frame)

    def test_a_mapped_file_is_read_without_a_copy_of_it(self):
        stack = RNG.integers(0, 255, (4, 9, 8)).astype(np.uint8)
        data = memoryview(written(stack, photometric="minisblack"))

        assert decoded(data, 3).pixels.tolist() == stack[2].tolist()

    def test_several_threads_decode_at_once(self):
        stack = RNG.integers(0, 255, (12, 64, 64)).astype(np.uint8)
        file = open_tiff(
            written(stack, photometric="minisblack", compression="zlib", rowsperstrip=3), LIMIT
        )
        wrong = []

        def read(start):
            for i in range(30):
                frame = (start + 5 * i) % 12
                if (file.decode(frame + 1).pixels != stack[frame]).any():
                    wrong.append(frame)

        threads = [threading.Thread(target=read, args=(start,)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert wrong == []


class TestScale:
    @pytest.mark.parametrize(
        ("unit", "millimetres"), [("INCH", 25.4), ("CENTIMETER", 10), ("NONE", None)]
    )
    def test_resolution_tags(self, unit, millimetres):
        data = written(GREY, resolution=(100, 50), resolutionunit=unit)

        about = decoded(data).about

        # 100 pixels a unit across, 50 down.
        expected = (None, None) if millimetres is None else (millimetres / 50, millimetres / 100)
        assert (about.row_pixel_spacing_mm, about.column_pixel_spacing_mm) == expected
        assert about.spacing_source == (None if millimetres is None else "TIFF")
        # TIFF 6.0, section 8: unit 1 is for images with a non-square aspect ratio.
        assert about.pixel_aspect_ratio == ((2, 1) if millimetres is None else None)

    @pytest.mark.parametrize(
        ("unit", "in_mm"),
        [(None, 1e-3), ("\u00b5m", 1e-3), ("nm", 1e-6), ("mm", 1.0), ("cm", 10.0)],
    )
    def test_ome(self, unit, in_mm):
        metadata = {"axes": "ZYX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5}
        if unit is not None:
            metadata |= {"PhysicalSizeXUnit": unit, "PhysicalSizeYUnit": unit}
        data = written(
            np.zeros((3, 9, 8), np.uint16), ome=True, metadata=metadata, resolution=(72, 72),
            photometric="minisblack",
        )  # fmt: skip

        about = decoded(data, 2).about

        assert about.row_pixel_spacing_mm == pytest.approx(0.5 * in_mm)
        assert about.column_pixel_spacing_mm == pytest.approx(0.25 * in_mm)
        assert about.spacing_source == "OME"

    def test_imagej(self):
        data = written(
            np.zeros((3, 9, 8), np.uint16), imagej=True, resolution=(4, 2),
            metadata={"unit": "micron"},
        )  # fmt: skip

        about = decoded(data).about

        assert about.row_pixel_spacing_mm == pytest.approx(0.0005)
        assert about.column_pixel_spacing_mm == pytest.approx(0.00025)
        assert about.spacing_source == "ImageJ"

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_orientation_turns_samples_and_spacing(self, orientation):
        image = Pillow.fromarray(RGB)
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[274] = orientation
        data = written_by_pillow(image, tiffinfo=tags, dpi=(254, 127))
        exif = image.getexif()
        exif[274] = orientation
        upright = ImageOps.exif_transpose(image)

        picture = decoded(data)

        assert picture.pixels.tolist() == np.asarray(upright).tolist()
        assert picture.about.orientation == orientation
        spacing = picture.about.row_pixel_spacing_mm, picture.about.column_pixel_spacing_mm
        assert spacing == pytest.approx((0.2, 0.1) if orientation < 5 else (0.1, 0.2))

    def test_a_profile_comes_out_where_it_fits_the_samples(self):
        profile = bytes(16) + b"RGB " + bytes(16) + b"acsp" + bytes(88)

        assert decoded(written(RGB, photometric="rgb", iccprofile=profile)).icc_profile == profile
        assert decoded(written(GREY, iccprofile=profile)).icc_profile is None


class TestBroken:
    def test_a_tile_that_was_left_out_is_empty(self):
        data = bytearray(written(GREY, photometric="minisblack", tile=(16, 16)))
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            places = [file.pages[0].tags[tag].valueoffset for tag in (324, 325)]
        for place, size in zip(places, (4, 2), strict=True):
            data[place : place + size] = bytes(size)

        expected = GREY.copy()
        expected[:16, :16] = 0
        assert decoded(bytes(data)).pixels.tolist() == expected.tolist()

    def test_a_strip_that_was_left_out_is_an_error(self):
        data = bytearray(written(GREY, photometric="minisblack", rowsperstrip=7))
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            place = file.pages[0].tags[279].valueoffset
        data[place : place + 2] = bytes(2)

        with pytest.raises(DecodeError, match="some of its strips are empty"):
            decoded(bytes(data))

    def test_a_page_that_leads_back(self):
        data = by_hand(entry(256, 3, 1, 1), next_directory=8)

        with pytest.raises(DecodeError, match="leads back"):
            _ = open_tiff(data, LIMIT).number_of_frames

    @pytest.mark.parametrize("offset", [4, 4_000_000_000])
    def test_a_page_outside_of_the_file(self, offset):
        data = bytearray(written(GREY))
        data[4:8] = struct.pack("<I", offset)

        with pytest.raises(DecodeError, match="page is said to be"):
            open_tiff(bytes(data), LIMIT)

    def test_a_picture_that_is_too_large_is_refused_by_its_size(self):
        data = page_by_hand(60000, 60000, 8, b"\0" * 16)

        with pytest.raises(DecodeError, match="3600000000 bytes"):
            decoded(data)

    def test_a_tile_that_is_too_large_is_refused(self):
        entries = [
            (256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1),
            (322, 4, 1, 1 << 20), (323, 4, 1, 1 << 20), (324, 4, 1, 8), (325, 4, 1, 8),
        ]  # fmt: skip

        with pytest.raises(DecodeError, match="tiles of 1048576 rows"):
            decoded(by_hand(*(entry(*values) for values in entries)))

    @pytest.mark.parametrize("options", STORED, ids=str)
    def test_one_that_is_cut_short(self, options):
        # tifffile puts the pixels at the end.
        data = written(GREY, photometric="minisblack", **options)

        with pytest.raises(DecodeError):
            decoded(data[:-20])

    def test_a_jpeg_larger_than_its_tile(self):
        large = io.BytesIO()
        Pillow.new("L", (5000, 5000)).save(large, "JPEG")
        pixels = large.getvalue()
        data = page_by_hand(8, 8, 8, pixels, 1, (259, 3, 1, 7))

        with pytest.raises(DecodeError, match="5000 rows"):
            decoded(data)

    def test_neither_pages_nor_tifffile_write_to_the_log(self, caplog):
        data = bytearray(written(GREY, photometric="minisblack", compression="lzw"))
        data[-300:] = bytes(300)

        with caplog.at_level(0), pytest.raises(DecodeError):
            decoded(bytes(data))

        assert [record.name for record in caplog.records if record.name == "tifffile"] == []

    def test_without_tifffile_the_extra_is_named(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "tifffile", None)

        with pytest.raises(MissingExtraError, match=r"pycornerstone\[images\]"):
            decoded(written(GREY))
