"""PNG files: what their chunks say, by hand and from PngSuite; bombs; broken ones."""

from __future__ import annotations

import io
import resource
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from pycornerstone.codecs.pictures import open_picture
from pycornerstone.errors import DecodeError


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(rows, columns, depth, color_type):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, depth, color_type, 0, 0, 0))


def png(rows, columns, depth, color_type, lines, *more, after=()):
    """Write a PNG by hand; `lines` are packed, `more` and `after` stand around its samples."""
    data = zlib.compress(b"".join(b"\0" + line for line in lines))
    around = [chunk(b"IDAT", data), *after, chunk(b"IEND")]
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", header(rows, columns, depth, color_type), *more, *around]
    )


def grey(*more, after=()):
    return png(1, 2, 8, 0, [b"\x01\x02"], *more, after=after)


def first(data, *limit):
    return open_picture(data, *limit).decode(1)


def exif(orientation):
    # TIFF 6.0, big endian: one tag, 274, a SHORT.
    return b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 274, 3, 1, orientation, 0) + bytes(4)


class TestWhatItSays:
    def test_without_further_chunks(self):
        picture = first(png(2, 1, 16, 2, [bytes(6)] * 2))
        about = picture.about

        assert (about.format, about.bits_per_sample, about.color_type) == ("PNG", 16, "RGB")
        assert (about.number_of_frames, about.frame_number) == (1, 1)
        assert about.orientation == 1
        assert not about.has_alpha
        nothing = (
            about.gamma, about.chromaticities, about.rendering_intent, about.row_pixel_spacing_mm,
            about.column_pixel_spacing_mm, about.spacing_source, about.frame_duration_ms,
            about.loop_count, picture.icc_profile,
        )  # fmt: skip
        assert nothing == (None,) * 9

    @pytest.mark.parametrize(
        ("depth", "color_type", "line", "name", "has_alpha"),
        [
            (1, 0, b"\0", "grey", False),
            (2, 3, b"\0", "palette", False),
            (8, 4, b"\0\0", "grey", True),
            (16, 6, bytes(8), "RGB", True),
        ],
    )
    def test_bits_and_color_type(self, depth, color_type, line, name, has_alpha):
        palette = [chunk(b"PLTE", bytes(6))] if color_type == 3 else []
        about = first(png(1, 1, depth, color_type, [line], *palette)).about

        assert (about.bits_per_sample, about.color_type, about.has_alpha) == (
            depth, name, has_alpha,
        )  # fmt: skip

    def test_gamma_chromaticities_and_intent(self):
        # Those of sRGB (section 11.3.2.5): 0.45455, and the white of D65.
        numbers = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
        about = first(
            grey(
                chunk(b"gAMA", struct.pack(">I", 45455)),
                chunk(b"cHRM", struct.pack(">8I", *numbers)),
                chunk(b"sRGB", b"\x01"),
            )
        ).about

        assert about.gamma == 0.45455
        assert about.chromaticities == (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
        assert about.rendering_intent == 1

    @pytest.mark.parametrize(
        "more",
        [
            chunk(b"gAMA", bytes(4)),
            chunk(b"gAMA", b"\0\0\1"),
            chunk(b"sRGB", b"\x04"),
            chunk(b"pHYs", struct.pack(">IIB", 0, 5000, 1)),
            chunk(b"pHYs", b"\1\2\3"),
            chunk(b"iCCP", b"name only"),
            chunk(b"iCCP", b"name\0\0not deflated"),
            chunk(b"iCCP", b"name\0\x01" + zlib.compress(bytes(200))),
            chunk(b"eXIf", b"MM"),
            chunk(b"cHRM", b""),
            chunk(b"pHYs", struct.pack(">IIB", 5000, 5000, 1))[:-1] + b"\0",
            chunk(b"gAMA", struct.pack(">I", 45455))[:-1] + b"\0",
        ],
        ids=lambda data: data[4:8].decode(),
    )
    def test_what_is_broken_is_left_out(self, more):
        picture = first(grey(more))

        assert picture.pixels.tolist() == [[1, 2]]
        assert picture.about == first(grey()).about
        assert picture.icc_profile is None

    def test_pixels_a_metre_become_spacing(self):
        # 5,000 pixels a metre across are 0.2 mm between columns; 2,000 down are 0.5 between rows.
        about = first(grey(chunk(b"pHYs", struct.pack(">IIB", 5000, 2000, 1)))).about

        assert (about.row_pixel_spacing_mm, about.column_pixel_spacing_mm) == (0.5, 0.2)
        assert about.spacing_source == "pHYs"

    @pytest.mark.parametrize(("unit", "ratio"), [(0, (5, 2)), (2, None)])
    def test_pixels_of_no_known_unit_have_a_shape_and_no_spacing(self, unit, ratio):
        # Section 11.3.4.3: unit 0 defines the aspect ratio only. Of 5 across in the length of 2
        # down, each is 5 high where it is 2 wide.
        about = first(grey(chunk(b"pHYs", struct.pack(">IIB", 5000, 2000, unit)))).about

        assert about.row_pixel_spacing_mm is None
        assert about.spacing_source is None
        assert about.pixel_aspect_ratio == ratio

    @pytest.mark.parametrize("place", ["before", "after"])
    def test_orientation_turns_samples_and_spacing(self, place):
        block = chunk(b"eXIf", exif(6))
        density = chunk(b"pHYs", struct.pack(">IIB", 5000, 2000, 1))
        data = grey(density, block) if place == "before" else grey(density, after=[block])

        picture = first(data)

        # Stored as a row; the first of its columns is at the top when it is upright.
        assert picture.pixels.tolist() == [[1], [2]]
        assert picture.pixels.flags.c_contiguous
        about = picture.about
        assert about.orientation == 6
        assert (about.row_pixel_spacing_mm, about.column_pixel_spacing_mm) == (0.2, 0.5)

    def test_significant_bits_leave_samples_alone(self):
        assert first(grey(chunk(b"sBIT", b"\x04"))).pixels.tolist() == [[1, 2]]

    def test_grey_that_is_opaque_everywhere_is_grey(self):
        picture = first(png(1, 2, 8, 4, [b"\x07\xff\x09\xff"]))

        assert picture.pixels.tolist() == [[7, 9]]
        assert picture.photometric_interpretation == "MONOCHROME2"
        assert picture.about.has_alpha
        sixteen = first(png(1, 1, 16, 4, [b"\x01\x02\xff\xff"]))
        assert sixteen.pixels.tolist() == [[0x0102]]
        assert sixteen.pixels.dtype == np.uint16

    def test_a_transparent_grey_that_there_is_not(self):
        assert first(grey(chunk(b"tRNS", b"\x00\x47"))).pixels.tolist() == [[1, 2]]

    def test_color_that_is_opaque_keeps_its_alpha(self):
        assert first(png(1, 1, 8, 6, [b"\1\2\3\xff"])).pixels.tolist() == [[[1, 2, 3, 255]]]


class TestProfile:
    @pytest.fixture
    def srgb(self):
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    def test_of_color(self, srgb):
        file = io.BytesIO()
        Pillow.new("RGB", (2, 2)).save(file, "PNG", icc_profile=srgb)

        assert first(file.getvalue()).icc_profile == srgb

    def test_of_a_palette(self, srgb):
        file = io.BytesIO()
        Pillow.new("P", (2, 2)).save(file, "PNG", icc_profile=srgb)

        assert first(file.getvalue()).icc_profile == srgb

    def test_one_of_color_is_none_of_grey(self, srgb):
        profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(srgb))
        as_grey = srgb[:16] + b"GRAY" + srgb[20:]
        of_grey = chunk(b"iCCP", b"a\0\0" + zlib.compress(as_grey))

        assert first(grey(profile)).icc_profile is None
        assert first(grey(of_grey)).icc_profile == as_grey
        # Its samples became RGBA.
        half = png(1, 1, 8, 4, [b"\x07\x80"], of_grey)
        assert first(half).pixels.shape == (1, 1, 4)
        assert first(half).icc_profile is None

    def test_a_profile_cut_short(self, srgb):
        profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(srgb[:-1]))

        assert first(png(1, 1, 8, 2, [bytes(3)], profile)).icc_profile is None

    def test_a_profile_of_a_real_file(self, testdata):
        path = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/icc_profile.png"
        with Pillow.open(path) as other:
            wanted = other.info["icc_profile"]

        assert first(path.read_bytes()).icc_profile == wanted


class TestFilesOfLibpng:
    def test_gamma_is_in_the_name(self, testdata):
        # gray-8-1.8-tRNS.png is for a screen of 1.8, PNG_GAMMA_MAC_OLD of png.h: 1 to 1.51724.
        files = sorted((testdata / "libpng/contrib/testpngs").glob("*-*.png"))
        assert len(files) > 80
        for path in files:
            data = path.read_bytes()
            about = first(data).about
            gamma = 0.65909 if "-1.8" in path.stem else 1.0 if "-linear" in path.stem else None
            assert about.has_alpha == ("alpha" in path.stem or b"tRNS" in data), path.name
            if "-sRGB" in path.stem:
                assert about.rendering_intent is not None, path.name
            else:
                assert about.rendering_intent is None, path.name
                assert about.gamma == (gamma and pytest.approx(gamma, abs=1e-5)), path.name
            assert f"-{about.bits_per_sample}" in path.stem or "palette" in path.stem


class TestBombs:
    def test_a_size_that_no_one_allowed(self):
        data = png(1, 1, 16, 2, [bytes(6)]).replace(
            header(1, 1, 16, 2), header(30_000, 30_000, 16, 2)
        )

        with pytest.raises(DecodeError, match=r"5400000000 bytes once .* limit is 1073741824 \(Lo"):
            open_picture(data)
        with pytest.raises(DecodeError, match="its 11 bytes of samples are too few for 30000 rows"):
            open_picture(data, 10**12)

    def test_samples_that_are_said_and_are_not_there(self):
        start = png(1, 1, 8, 2, []).index(b"IDAT") - 4
        data = png(9000, 9000, 8, 2, [])[:start] + struct.pack(">I", 2**31 - 1) + b"IDAT12345"

        with pytest.raises(DecodeError, match="its 5 bytes of samples are too few for 9000 rows"):
            open_picture(data)

    def test_the_limit_is_exact(self):
        data = png(10, 10, 16, 0, [bytes(20)] * 10)

        assert first(data, 200).pixels.nbytes == 200
        with pytest.raises(DecodeError, match="200 bytes once it is decoded; the limit is 199"):
            open_picture(data, 199)

    def test_what_is_deflated_beside_the_picture_takes_no_memory(self):
        # 7 MB each inside libpng, where they are not kept from it: 4 GB.
        script = """
import resource, struct, sys, zlib
sys.path.insert(0, sys.argv[1])
from pycornerstone.codecs.pictures import open_picture
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
text = chunk(b"zTXt", b"a\\0\\0" + zlib.compress(bytes(7_000_000)))
profile = chunk(b"iCCP", b"a\\0\\0" + zlib.compress(b"\\xff" * 300_000_000))
data = b"".join([
    b"\\x89PNG\\r\\n\\x1a\\n", chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
    profile, text * 500, chunk(b"IDAT", zlib.compress(b"\\0\\7")), chunk(b"IEND", b""),
])
open_picture(data[:8] + data[8:]).decode(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert open_picture(data).decode(1).pixels.tolist() == [[7]]
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(used)
"""
        import pycornerstone

        source = pycornerstone.__path__[0].rsplit("/", 1)[0]
        run = subprocess.run(
            [sys.executable, "-c", script, source],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert int(run.stdout) < 20_000  # KiB


class TestBroken:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"\x89PNG\r\n\x1a\n", "broken PNG: its 8 bytes do not begin with IHDR"),
            (png(0, 3, 8, 0, [b"abc"]), "broken PNG: it has 0 rows of 3 columns"),
            (png(2**31 - 1, 2**31 - 1, 8, 2, []), "rows of 2147483647 columns, 138350.* bytes"),
            (png(1, 1, 8, 5, [b"a"]), "broken PNG: there is no colour type 5"),
            (png(1, 1, 3, 0, [b"a"]), "broken PNG: there are no 3 bits of colour type 0"),
            (png(1, 1, 16, 3, [b"a"]), "broken PNG: there are no 16 bits of colour type 3"),
            (png(1, 1, 8, 0, [b"a"])[:33], "broken PNG: its 33 bytes end before the first IDAT"),
            (
                png(1, 1, 8, 0, [b"a"])[:-20],
                "of 47 bytes: it ends before the last of its .*copy it",
            ),
            (png(9, 9, 8, 0, [b"a"]), "broken PNG of 67 bytes: "),
            (png(1, 1, 8, 3, [b"a"]), "broken PNG of 67 bytes: "),
        ],
    )
    def test_broken(self, data, message):
        with pytest.raises(DecodeError, match=message):
            first(data)

    @pytest.mark.parametrize("cut", range(0, 100, 7))
    def test_cut_anywhere(self, cut):
        data = png(20, 30, 8, 2, [bytes(range(90))] * 20, chunk(b"gAMA", bytes(4)))
        # Of what comes behind the samples nothing is missed.
        cut = (len(data) - 17) * cut // 100

        with pytest.raises(DecodeError):
            first(data[:cut])

    def test_chunks_without_number(self):
        # Twelve bytes each, and none of them is looked for twice.
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        data = grey(chunk(b"teSt") * 300_000)

        assert first(data).pixels.tolist() == [[1, 2]]
        assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 5


def test_opencv_reads_the_same_after_a_copy_without_other_chunks():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 2**16, (50, 40, 3), np.uint16)
    data = cv2.imencode(".png", image)[1].tobytes()
    end = data.index(b"IDAT") - 4
    data = data[:end] + chunk(b"zTXt", b"a\0\0" + zlib.compress(b"text")) + data[end:]

    np.testing.assert_array_equal(first(data).pixels, image[..., ::-1])
    np.testing.assert_array_equal(first(memoryview(data)).pixels, image[..., ::-1])
