"""GIF: Pillow's samples against imagecodecs and OpenCV, its blocks against the specification."""

from __future__ import annotations

import io
import sys
import threading

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from pycornerstone.codecs.gif_file import open_gif
from pycornerstone.errors import DecodeError, ImageIdError, MissingExtraError

LIMIT = 1 << 28
RNG = np.random.default_rng(5)
COLORS = RNG.integers(0, 256, (3, 21, 34, 3)).astype(np.uint8)
IMAGES = "pypi-pillow/pillow-13.0.0/Tests/images"
# What OpenCV reads otherwise, and why: it has no transparent first frame, refuses a background
# colour that is not in the palette, and clips frames to the screen.
NOT_OPENCV = {
    "background_outside_palette.gif",
    "first_frame_transparency.gif",
    "no_palette_with_background.gif",
    "test_extents.gif",
    "test_extents_transparency.gif",
    "transparent_dispose.gif",
}
REFUSED = {"decompression_bomb.gif", "decompression_bomb_extents.gif", "zero_width.gif"}


def animation(**options):
    frames = [Pillow.fromarray(colors).quantize(60) for colors in COLORS]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], **options)
    return file.getvalue(), [np.asarray(frame.convert("RGB")) for frame in frames]


def by_hand(*blocks, columns=2, rows=2, aspect=0, color=b"\xff\0\0"):
    """A global palette of black and red; the blocks behind it."""
    screen = bytes([columns, 0, rows, 0, 0x80, 0, aspect])
    return b"GIF89a" + screen + b"\0\0\0" + color + b"".join(blocks)


# After a least code size of 2: clear, 1, 1, 1 in 3 bits, 1 and the end in 4, as 8 codes are known
# then; from the lowest bit up.
FOUR_REDS = b"\x02\x03" + (4 | 1 << 3 | 1 << 6 | 1 << 9 | 1 << 12 | 5 << 16).to_bytes(3, "little")
FRAME = b"\x2c" + bytes([0, 0, 0, 0, 2, 0, 2, 0, 0]) + FOUR_REDS + b"\0"
FRAME_BEYOND = b"\x2c" + bytes([1, 0, 1, 0, 2, 0, 2, 0, 0]) + FOUR_REDS + b"\0"


def control(flags, hundredths):
    return b"\x21\xf9\x04" + bytes([flags]) + hundredths.to_bytes(2, "little") + b"\0\0"


def loop(number):
    return b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + number.to_bytes(2, "little") + b"\0"


def test_every_gif_of_pillow_as_opencv_reads_its_first_frame(testdata):
    files = sorted(testdata.joinpath(IMAGES).rglob("*.gif"))
    assert len(files) > 30
    for file in files:
        if file.name in REFUSED | NOT_OPENCV:
            continue
        data = file.read_bytes()
        expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        pixels = np.atleast_3d(open_gif(data, LIMIT).decode(1).pixels)
        bgr = [2, 1, 0, 3][: pixels.shape[2]]
        assert pixels.shape[:2] == expected.shape[:2], file.name
        assert (pixels[..., :3] == expected[..., bgr[:3]]).all(), file.name


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_those_that_are_broken_or_bombs_are_refused(testdata, name):
    with pytest.raises(DecodeError, match="GIF"):
        open_gif(testdata.joinpath(IMAGES, name).read_bytes(), LIMIT)


def test_frames_in_any_order():
    data, expected = animation()
    file = open_gif(data, LIMIT)

    assert file.number_of_frames == 3
    for frame in (1, 2, 3, 2, 3, 1, 1):
        pixels = file.decode(frame).pixels
        assert pixels[..., :3].tolist() == expected[frame - 1].tolist()
        assert pixels[..., 3].min() == 255


def test_several_threads_decode_at_once():
    data, expected = animation()
    file = open_gif(data, LIMIT)
    wrong = []

    def read(start):
        for i in range(20):
            frame = (start + i) % 3
            if (file.decode(frame + 1).pixels[..., :3] != expected[frame]).any():
                wrong.append(frame)

    threads = [threading.Thread(target=read, args=(start,)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_times_and_loops():
    # By the specification: hundredths of a second; of the loop, how often it is repeated.
    data = by_hand(loop(2), control(0, 7), FRAME, control(0, 0), FRAME, FRAME, b";")
    file = open_gif(data, LIMIT)

    about = [file.decode(frame).about for frame in (1, 2, 3)]

    assert [module.frame_duration_ms for module in about] == [70.0, None, None]
    assert [module.frame_number for module in about] == [1, 2, 3]
    assert {module.loop_count for module in about} == {3}
    assert {module.bits_per_sample for module in about} == {1}


@pytest.mark.parametrize(
    ("blocks", "count"),
    [([loop(0), FRAME, FRAME], 0), ([FRAME, FRAME], 1), ([loop(0), FRAME], None)],
    ids=["for ever", "once", "still"],
)
def test_how_often_it_is_shown(blocks, count):
    assert open_gif(by_hand(*blocks), LIMIT).decode(1).about.loop_count == count


def test_a_file_without_a_trailer_is_whole():
    pixels = open_gif(by_hand(FRAME), LIMIT).decode(1).pixels

    assert pixels.tolist() == [[[255, 0, 0]] * 2] * 2


def test_all_frames_have_the_size_of_the_largest_canvas():
    file = open_gif(by_hand(FRAME, FRAME_BEYOND), LIMIT)
    red, clear = [255, 0, 0, 255], [0, 0, 0, 0]

    assert file.decode(1).pixels.tolist() == [[red, red, clear], [red, red, clear], [clear] * 3]
    assert file.decode(2).pixels[1:, 1:].tolist() == [[red, red], [red, red]]
    assert file.decode(1).about.has_alpha


def test_a_frame_that_there_is_not():
    with pytest.raises(ImageIdError, match=r"frame 2 .* 1 frame"):
        open_gif(by_hand(FRAME), LIMIT).decode(2)


@pytest.mark.parametrize("length", [3, 12, 20, 24, 33])
def test_one_that_is_cut_short(length):
    with pytest.raises(DecodeError):
        open_gif(by_hand(FRAME)[:length], LIMIT).decode(1)


def test_codes_that_end_too_early():
    frame = FRAME[:11] + b"\x01\x0c\0"

    with pytest.raises(DecodeError, match="frame 1 cannot be decoded"):
        open_gif(by_hand(frame, b";"), LIMIT).decode(1)


def test_one_that_is_larger_than_allowed():
    with pytest.raises(DecodeError, match="picture_bytes"):
        open_gif(by_hand(FRAME), 15)


def test_without_pillow_the_extra_is_named(monkeypatch):
    file = open_gif(by_hand(FRAME), LIMIT)
    monkeypatch.setitem(sys.modules, "PIL.GifImagePlugin", None)

    with pytest.raises(MissingExtraError, match=r"pycornerstone\[images\]"):
        file.decode(1)


def test_what_lies_between_blocks_is_passed_over_at_once(calls_of):
    data = by_hand(b"A" * 1_000_000)

    def open_it():
        with pytest.raises(DecodeError, match="no frame"):
            open_gif(data, LIMIT)

    assert calls_of(open_it) < 10_000
    assert open_gif(by_hand(b"AAA", FRAME, b"A", FRAME), LIMIT).number_of_frames == 2


@pytest.mark.parametrize(
    # Section 18: (byte + 15) / 64 is the width of a pixel by its height.
    ("byte", "ratio"),
    [(0, None), (49, None), (17, (2, 1)), (113, (1, 2)), (255, (32, 135))],
)
def test_the_shape_of_pixels(byte, ratio):
    about = open_gif(by_hand(FRAME, aspect=byte), LIMIT).decode(1).about

    assert about.pixel_aspect_ratio == ratio
    assert about.row_pixel_spacing_mm is None


def test_grey_stays_grey():
    grey = COLORS[0, ..., 0]
    file = io.BytesIO()
    Pillow.fromarray(grey).save(file, "GIF")

    picture = open_gif(file.getvalue(), LIMIT).decode(1)

    assert picture.pixels.tolist() == grey.tolist()
    assert picture.photometric_interpretation == "MONOCHROME2"


def test_an_animation_is_grey_if_all_its_frames_are():
    # The second has a palette of its own: black and blue, or black and a grey.
    own = bytes([0, 0, 0, 0, 2, 0, 2, 0, 0x80, 0, 0, 0])
    blue = b"\x2c" + own + b"\0\0\xff" + FOUR_REDS + b"\0"
    light = b"\x2c" + own + b"\x99\x99\x99" + FOUR_REDS + b"\0"
    dark = b"\x42\x42\x42"
    both = open_gif(by_hand(FRAME, light, b";", color=dark), LIMIT)
    mixed = open_gif(by_hand(FRAME, blue, b";", color=dark), LIMIT)
    clear = open_gif(by_hand(control(1, 0), FRAME, light, b";", color=dark), LIMIT)

    assert [both.decode(n).pixels.tolist() for n in (1, 2)] == [[[v] * 2] * 2 for v in (66, 153)]
    assert [mixed.decode(n).pixels[0, 0].tolist() for n in (1, 2)] == [[66] * 3, [0, 0, 255]]
    assert clear.decode(2).pixels.shape == (2, 2, 4)


@pytest.mark.parametrize(("space", "fits"), [(b"RGB ", True), (b"GRAY", False)])
def test_a_profile_that_fits(space, fits):
    # ICC.1, Annex B.5: the application extension ICCRGBG1012, in as many sub-blocks as it takes.
    profile = bytes(16) + space + bytes(16) + b"acsp" + bytes(range(200)) * 5
    pieces = [profile[i : i + 255] for i in range(0, len(profile), 255)]
    blocks = b"".join(bytes([len(piece)]) + piece for piece in pieces)
    data = by_hand(b"\x21\xff\x0bICCRGBG1012" + blocks + b"\0", FRAME, b";")

    assert open_gif(data, LIMIT).decode(1).icc_profile == (profile if fits else None)
