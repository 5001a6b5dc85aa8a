"""BMP: the BMP Suite, whose pictures show the same, and Pillow."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from pycornerstone.codecs.bmp_file import open_bmp
from pycornerstone.errors import DecodeError, ImageIdError, UnsupportedEncodingError

LIMIT = 1 << 28
IMAGES = "pypi-pillow/pillow-13.0.0/Tests/images"
# The suite shows one picture, as 24 bits and with 252 colours; by how much each may differ: 5 bits
# of 8 leave half a step of 8.
AS_COLORS = {
    "g/rgb24pal": 0, "g/rgb32": 0, "g/rgb32bf": 0, "g/rgb16": 4, "g/rgb16-565": 4,
    "g/rgb16-565pal": 4, "q/rgb24largepal": 0, "q/rgb24prof": 0, "q/rgb24lprof": 0,
    "q/rgb32-111110": 1, "q/rgb32bf-xbgr": 0, "q/rgb32fakealpha": 0, "q/rgb32h52": 0,
}  # fmt: skip
AS_PALETTE = [
    "g/pal8-0", "g/pal8os2", "g/pal8rle", "g/pal8topdown", "g/pal8v4", "g/pal8v5", "q/pal8offs",
    "q/pal8os2sp", "q/pal8os2v2", "q/pal8os2v2-16", "q/pal8oversizepal", "b/rletopdown",
]  # fmt: skip
BAD = {
    "bmp/b/badbitcount": "30000 bits",
    "bmp/b/badpalettesize": "305402420 colours",
    "bmp/b/badwidth": "-127 columns",
    "bmp/b/reallybig": "picture_bytes",
    "bmp/b/shortfile": "64 rows",
    "bmp/q/rgb24jpeg": "JPEG",
    "bmp/q/rgb24png": "PNG",
    "l2rgb_read": "palette",
    "mmap_error": "begin at byte 54",
}


@pytest.fixture
def pixels_of(testdata):
    def read(name):
        data = testdata.joinpath(IMAGES, f"{name}.bmp").read_bytes()
        return open_bmp(data, LIMIT).decode(1).pixels

    return read


def by_hand(bits, lines, *, rows=None, columns=2, compression=0, palette=b"", masks=b""):
    start = 14 + 40 + len(masks) + len(palette)
    count = len(palette) // 4
    head = struct.pack(
        "<IiiHHIIiiII", 40, columns, rows or len(lines), 1, bits, compression, 0, 2000, 4000,
        count, 0,
    )  # fmt: skip
    body = masks + palette + b"".join(lines)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + body


@pytest.mark.parametrize("name", AS_COLORS)
def test_colours_of_the_suite(pixels_of, name):
    difference = pixels_of(f"bmp/{name}").astype(int) - pixels_of("bmp/g/rgb24")

    assert np.abs(difference).max() <= AS_COLORS[name]


@pytest.mark.parametrize("name", AS_PALETTE)
def test_palettes_of_the_suite(pixels_of, name):
    assert (pixels_of(f"bmp/{name}") == pixels_of("bmp/g/pal8")).all()


@pytest.mark.parametrize("name", ["rgba16-4444", "rgba32", "rgba32abf", "rgba32h56"])
def test_alpha_of_the_suite_lets_the_background_through(pixels_of, name):
    pixels = pixels_of(f"bmp/q/{name}")

    assert pixels.shape == (64, 127, 4)
    assert pixels[..., 3].min() == 0
    assert pixels[..., 3].max() == 255
    assert np.abs(pixels.astype(int) - pixels_of("bmp/q/rgba32")).max() <= 8


def test_all_as_pillow_reads_them(testdata):
    files = sorted(testdata.joinpath(IMAGES).rglob("*.bmp"))
    compared = 0
    for file in files:
        data = file.read_bytes()
        try:
            pixels = open_bmp(data, LIMIT).decode(1).pixels
        except DecodeError:
            continue
        try:
            with Pillow.open(io.BytesIO(data)) as image:
                expected = np.asarray(image.convert("L" if pixels.ndim == 2 else "RGB"))
        except (OSError, ValueError):
            # The suite itself says above what they show.
            continue
        if file.name == "badrle.bmp":
            # Its runs are random, and everybody makes something else of them.
            continue
        if pixels.ndim == 3:
            pixels = pixels[..., :3]
        assert np.abs(pixels.astype(int) - expected).max() <= 1, file.name
        compared += 1
    assert compared > 45


@pytest.mark.parametrize("name", BAD)
def test_bad_ones_say_what_is_wrong(pixels_of, name):
    with pytest.raises(DecodeError, match=BAD[name]):
        pixels_of(name)


def test_a_palette_of_even_greys_is_grey():
    palette = bytes([0, 0, 0, 0, 255, 255, 255, 0])
    picture = open_bmp(by_hand(1, [b"\x40\0\0\0", b"\x80\0\0\0"], palette=palette), LIMIT).decode(1)

    # The last line is the top one.
    assert picture.pixels.tolist() == [[255, 0], [0, 255]]
    assert picture.photometric_interpretation == "MONOCHROME2"
    assert picture.about.color_type == "grey"
    assert picture.about.bits_per_sample == 1


def test_pixel_density():
    data = by_hand(24, [b"\1\2\3\4\5\6\0\0"])

    about = open_bmp(data, LIMIT).decode(1).about

    # 2000 pixels a metre across, 4000 down.
    assert (about.row_pixel_spacing_mm, about.column_pixel_spacing_mm) == (0.25, 0.5)
    assert about.spacing_source == "BMP"


def test_colours_are_stored_blue_first():
    assert open_bmp(by_hand(24, [b"\1\2\3\4\5\6\0\0"]), LIMIT).decode(1).pixels.tolist() == [
        [[3, 2, 1], [6, 5, 4]]
    ]


def test_run_lengths_by_hand():
    # Two of colour 1; end of line; then as they are: 0 and 1, without padding; end of bitmap.
    runs = b"\x02\x01\0\0" + b"\x01\0\x01\x01" + b"\0\x01"
    palette = bytes([0, 0, 0, 0, 9, 8, 7, 0])

    pixels = open_bmp(
        by_hand(8, [runs], rows=2, compression=1, palette=palette), LIMIT
    ).decode(1).pixels  # fmt: skip

    assert pixels.tolist() == [[[0, 0, 0], [7, 8, 9]], [[7, 8, 9]] * 2]


@pytest.mark.parametrize("runs", [b"", b"\x02", b"\x02\x01\0\0", b"\x02\x01\0\1", b"\0\5\1"])
def test_runs_that_end_too_early(runs):
    palette = bytes([0, 0, 0, 0, 9, 8, 7, 0])

    with pytest.raises(DecodeError, match="its runs end in row"):
        open_bmp(by_hand(8, [runs], rows=2, compression=1, palette=palette), LIMIT).decode(1)


def test_masks_with_holes_are_refused():
    masks = struct.pack("<III", 0b101, 0xF0, 0xF00)

    with pytest.raises(DecodeError, match="mask of 0x5"):
        open_bmp(by_hand(16, [b"\0" * 4], compression=3, masks=masks), LIMIT)


def test_only_one_frame():
    with pytest.raises(ImageIdError, match="frame 2"):
        open_bmp(by_hand(24, [b"\1\2\3\4\5\6\0\0"]), LIMIT).decode(2)


def test_a_compression_that_is_not_read():
    with pytest.raises(UnsupportedEncodingError, match="method 11"):
        open_bmp(by_hand(32, [b"\0" * 8], compression=11), LIMIT)


def test_an_embedded_profile(testdata):
    data = testdata.joinpath(IMAGES, "bmp/q/rgb24prof.bmp").read_bytes()
    linked = testdata.joinpath(IMAGES, "bmp/q/rgb24lprof.bmp").read_bytes()

    profile = open_bmp(data, LIMIT).decode(1).icc_profile

    # littleCMS reads it, and its first number is its length.
    assert ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space == "RGB "
    assert int.from_bytes(profile[:4], "big") == len(profile)
    # The other has the name of a file.
    assert open_bmp(linked, LIMIT).decode(1).icc_profile is None
