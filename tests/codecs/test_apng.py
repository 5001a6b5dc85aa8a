"""Animated PNG: composed frames, by hand, and real files against what they are made to show."""

from __future__ import annotations

import itertools
import logging
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.codecs.pictures import open_picture
from pycornerstone.errors import DecodeError, ImageIdError

GREEN = [0, 255, 0, 255]
# By the page that the files are from, all is green in the end; any red is a fault.
SOLID_GREEN = [
    "blend_op_over",
    "blend_op_over_near_transparent",
    "blend_op_source_solid",
    "chunk_actl_after_idat",
    "chunk_multi_actl",
    "chunk_no_actl",
    "chunk_no_fctl",
    "chunk_no_fdat",
    "chunk_repeat_fctl",
    "dispose_op_background_final",
    "dispose_op_none",
    "dispose_op_none_region",
    "dispose_op_previous",
    "dispose_op_previous_final",
    "dispose_op_previous_region",
    "mode_palette",
    "mode_palette_alpha",
    "sequence_fdat_fctl",
    "sequence_gap",
    "sequence_reorder",
    "sequence_reorder_chunk",
    "sequence_repeat",
    "sequence_repeat_chunk",
    "sequence_start",
    "single_frame",
    "single_frame_default",
    "split_fdat",
    "split_fdat_zero_chunk",
    "syntax_num_frames_high",
    "syntax_num_frames_invalid",
    "syntax_num_frames_low",
    "syntax_num_frames_zero_default",
]
# Those that are whole.
WHOLE = [
    "blend_op_over",
    "blend_op_over_near_transparent",
    "blend_op_source_near_transparent",
    "blend_op_source_transparent",
    "delay",
    "different_durations",
    "dispose_op_background",
    "dispose_op_background_before_region",
    "dispose_op_background_region",
    "dispose_op_none_region",
    "dispose_op_previous",
    "dispose_op_previous_first",
    "dispose_op_previous_frame",
    "dispose_op_previous_region",
    "fctl_actl",
    "mode_16bit",
    "mode_grayscale",
    "mode_grayscale_alpha",
    "mode_palette",
    "mode_palette_1bit_alpha",
    "mode_palette_alpha",
]


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class ApngWriter:
    """Writes an animation chunk by chunk, with the numbers that they have in sequence."""

    def __init__(self, rows, columns, depth, color_type, frames, plays=0):
        self.size = (rows, columns)
        self.chunks = [b"\x89PNG\r\n\x1a\n"]
        self.add(b"IHDR", struct.pack(">IIBBBBB", columns, rows, depth, color_type, 0, 0, 0))
        self.add(b"acTL", struct.pack(">II", frames, plays))
        self.sequence = 0

    def add(self, kind, content=b""):
        self.chunks.append(chunk(kind, content))

    def control(self, size=None, at=(0, 0), delay=(1, 10), disposal=0, blending=0):
        (rows, columns), (top, left) = size or self.size, at
        numbers = (self.sequence, columns, rows, left, top, *delay, disposal, blending)
        self.add(b"fcTL", struct.pack(">IIIIIHHBB", *numbers))
        self.sequence += 1

    def still(self, lines):
        """Add the still picture; `lines` are its packed lines."""
        self.add(b"IDAT", zlib.compress(b"".join(b"\0" + line for line in lines)))

    def frame(self, lines, pieces=1):
        content = zlib.compress(b"".join(b"\0" + line for line in lines))
        step = -(-len(content) // pieces)
        for start in range(0, len(content), step):
            number = struct.pack(">I", self.sequence)
            self.add(b"fdAT", number + content[start : start + step])
            self.sequence += 1

    def file(self):
        return b"".join([*self.chunks, chunk(b"IEND")])


@pytest.fixture
def apng(testdata):
    folder = testdata / "pypi-pillow/pillow-13.0.0/Tests/images/apng"
    return lambda name: (folder / f"{name}.png").read_bytes()


def frames_of(data):
    file = open_picture(data)
    return [file.decode(number).pixels for number in range(1, file.number_of_frames + 1)]


class TestRealFiles:
    @pytest.mark.parametrize("name", SOLID_GREEN)
    def test_the_last_frame_is_green(self, apng, name):
        pixels = frames_of(apng(name))[-1]

        assert pixels.shape[:2] == (64, 128)
        assert np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0).tolist() == [
            GREEN[: pixels.shape[2]]
        ]

    @pytest.mark.parametrize("name", WHOLE)
    def test_every_frame_is_what_opencv_reads(self, apng, name):
        data = apng(name)
        is_read, animation = cv2.imdecodeanimation(np.frombuffer(data, np.uint8))
        assert is_read

        frames = frames_of(data)

        assert len(frames) == len(animation.frames)
        for number, (ours, theirs) in enumerate(zip(frames, animation.frames, strict=True), 1):
            rgb = theirs if theirs.ndim == 2 else theirs[..., [2, 1, 0, 3][: theirs.shape[2]]]
            assert ours.dtype == rgb.dtype
            assert ours.shape == rgb.shape
            # It rounds what lies over something else at each step.
            difference = np.abs(ours.astype(int) - rgb).max()
            assert difference <= (1 if ours.dtype == np.uint8 else 256), number

    def test_durations_and_loops(self, apng):
        # As the tests of Pillow say, whose files these are.
        def durations(name):
            file = open_picture(apng(name))
            numbers = range(1, file.number_of_frames + 1)
            return [file.decode(number).about.frame_duration_ms for number in numbers]

        assert durations("delay") == [500, 1000, 500, 1000]
        assert durations("delay_round") == [500, 1000]
        # 65535/65535, and 1/0, which is 1/100.
        assert durations("delay_short_max") == [500, 1000]
        assert durations("delay_zero_denom") == [500, 1000]
        assert durations("delay_zero_numer") == [0, 0, 500, 1000]
        assert durations("different_durations") == [4000, 1000]
        assert open_picture(apng("num_plays")).decode(1).about.loop_count == 0
        assert open_picture(apng("num_plays_1")).decode(2).about.loop_count == 1
        still = open_picture(apng("chunk_no_actl")).decode(1).about
        assert still.frame_duration_ms is None
        assert still.loop_count is None

    def test_an_animation_without_a_picture(self, apng):
        with pytest.raises(DecodeError, match="its 65 bytes end before the first IDAT"):
            open_picture(apng("syntax_num_frames_zero"))


class TestByHand:
    def test_frames_are_asked_for_in_any_order(self):
        # Each of the four frames sets a pixel of one more column.
        apng = ApngWriter(1, 4, 8, 0, frames=4)
        apng.control()
        apng.still([b"\x01\0\0\0"])
        for column in range(1, 4):
            apng.control(size=(1, 1), at=(0, column))
            apng.frame([bytes([column + 1])])
        file = open_picture(apng.file())
        wanted = {1: [1, 0, 0, 0], 2: [1, 2, 0, 0], 3: [1, 2, 3, 0], 4: [1, 2, 3, 4]}

        for number in (1, 2, 3, 4, 4, 2, 3, 1, 4, 1):
            picture = file.decode(number)
            assert picture.pixels.tolist() == [wanted[number]]
            assert picture.about.frame_number == number
            assert picture.photometric_interpretation == "MONOCHROME2"

    def test_a_frame_given_is_nobodys_canvas(self):
        apng = ApngWriter(1, 2, 8, 0, frames=2)
        apng.control()
        apng.still([b"\x01\x02"])
        apng.control(size=(1, 1))
        apng.frame([b"\x03"])
        file = open_picture(apng.file())

        file.decode(1).pixels[...] = 99

        assert file.decode(2).pixels.tolist() == [[3, 2]]

    def test_16_bits_are_laid_over_exactly(self):
        # Section 13.16, by hand: an alpha of 32768/65535 over opaque.
        apng = ApngWriter(1, 1, 16, 6, frames=2)
        apng.control()
        apng.still([bytes.fromhex("1000 2000 3000 ffff")])
        apng.control(blending=1)
        apng.frame([bytes.fromhex("ffff 0000 8000 8000")])
        second = open_picture(apng.file()).decode(2).pixels

        share = 0x8000 / 0xFFFF
        wanted = [
            round(0xFFFF * share + 0x1000 * (1 - share)),
            round(0x2000 * (1 - share)),
            round(0x8000 * share + 0x3000 * (1 - share)),
            0xFFFF,
        ]
        assert second.tolist() == [[wanted]]
        assert second.dtype == np.uint16

    def test_over_what_is_half_transparent(self):
        # By hand: both alphas are 128/255, together 1 - (127/255)**2; of it the upper has 128/255.
        apng = ApngWriter(1, 1, 8, 6, frames=2)
        apng.control()
        apng.still([bytes([0, 0, 200, 128])])
        apng.control(blending=1)
        apng.frame([bytes([200, 0, 0, 128])])

        alpha = 1 - (127 / 255) ** 2
        above = 128 / 255 / alpha
        assert open_picture(apng.file()).decode(2).pixels.tolist() == [
            [[round(200 * above), 0, round(200 * (1 - above)), round(255 * alpha)]]
        ]

    def test_grey_stays_grey_unless_the_background_shows(self):
        def pixels(size, disposal):
            apng = ApngWriter(1, 2, 8, 0, frames=2)
            apng.control(disposal=disposal)
            apng.still([b"\x07\x08"])
            apng.control(size=size)
            apng.frame([b"\x09\x0a"[: size[1]]])
            return frames_of(apng.file())

        assert [frame.tolist() for frame in pixels((1, 1), 0)] == [[[7, 8]], [[9, 8]]]
        assert [frame.tolist() for frame in pixels((1, 2), 1)] == [[[7, 8]], [[9, 10]]]
        # The first frame is cleared, and the second leaves a pixel of the empty canvas.
        assert [frame.tolist() for frame in pixels((1, 1), 1)] == [
            [[[7, 7, 7, 255], [8, 8, 8, 255]]],
            [[[9, 9, 9, 255], [0, 0, 0, 0]]],
        ]

    @pytest.mark.parametrize("order", ["as they are", "by twos", "a late one"])
    def test_frames_about_in_order_are_decoded_once(self, monkeypatch, order):
        import pycornerstone.codecs.apng as module

        decoded = []
        decode = module.decode_frame_data
        monkeypatch.setattr(
            module, "decode_frame_data", lambda *args: decoded.append(1) or decode(*args)
        )
        apng = ApngWriter(1, 2, 8, 0, frames=50)
        apng.control()
        apng.still([b"\0\0"])
        for value in range(1, 50):
            apng.control(size=(1, 1))
            apng.frame([bytes([value])])

        numbers = list(range(50))
        if order == "by twos":
            numbers = [number ^ 1 for number in numbers]
        elif order == "a late one":
            numbers.insert(20, numbers.pop(5))
        file = open_picture(apng.file())

        for number in numbers:
            assert file.decode(number + 1).pixels[0, 0] == number
        assert len(decoded) == 49

    def test_a_frame_that_covers_all_needs_none_before_it(self, monkeypatch):
        import pycornerstone.codecs.apng as module

        apng = ApngWriter(1, 1, 8, 0, frames=3)
        apng.control()
        apng.still([b"\x01"])
        apng.control()
        apng.frame([b"\x02"])
        apng.control()
        apng.frame([b"\x03"])
        file = open_picture(apng.file())
        decoded = []
        decode = module.decode_frame_data
        monkeypatch.setattr(
            module, "decode_frame_data", lambda *args: decoded.append(1) or decode(*args)
        )

        assert file.decode(3).pixels.tolist() == [[3]]
        assert len(decoded) == 1

    def test_after_a_frame_that_covers_all_and_goes_away_again(self):
        apng = ApngWriter(1, 2, 8, 0, frames=3)
        apng.control()
        apng.still([b"\x01\x02"])
        apng.control(disposal=2)
        apng.frame([b"\x08\x09"])
        apng.control(size=(1, 1))
        apng.frame([b"\x03"])
        wanted = {1: [[1, 2]], 2: [[8, 9]], 3: [[3, 2]]}

        for order in itertools.permutations(wanted):
            file = open_picture(apng.file())
            for number in order * 2:
                assert file.decode(number).pixels.tolist() == wanted[number], order

    def test_what_was_empty_is_empty_again_behind_a_frame_that_goes_away(self):
        # The second frame clears a pixel, and the third, which covers it, is taken away.
        apng = ApngWriter(1, 2, 8, 2, frames=4)
        apng.control()
        apng.still([b"\x01" * 6])
        apng.control(size=(1, 1), disposal=1)
        apng.frame([b"\x02" * 3])
        apng.control(disposal=2)
        apng.frame([b"\x03" * 6])
        apng.control(size=(1, 1), at=(0, 1))
        apng.frame([b"\x04" * 3])

        assert [frame.tolist() for frame in frames_of(apng.file())] == [
            [[[1, 1, 1, 255], [1, 1, 1, 255]]],
            [[[2, 2, 2, 255], [1, 1, 1, 255]]],
            [[[3, 3, 3, 255], [3, 3, 3, 255]]],
            [[[0, 0, 0, 0], [4, 4, 4, 255]]],
        ]

    @given(st.data())
    def test_any_animation_in_any_order(self, data):
        rows, columns = 2, 3
        color_type = data.draw(st.sampled_from([0, 2, 6]))
        channels = {0: 1, 2: 3, 6: 4}[color_type]
        count = data.draw(st.integers(1, 6))
        apng = ApngWriter(rows, columns, 8, color_type, frames=count)
        canvas, wanted = np.zeros((rows, columns, 4), int), []
        for number in range(count):
            is_whole = number == 0 or data.draw(st.booleans())
            top, left = (0, 0) if is_whole else data.draw(st.sampled_from([(0, 0), (1, 1)]))
            size = (rows, columns) if is_whole else (1, 2)
            disposal, blending = data.draw(st.integers(0, 2)), data.draw(st.integers(0, 1))
            samples = np.full((*size, channels), number + 1)
            if channels == 4:
                samples[..., 3] = data.draw(st.sampled_from([0, 255]))
                samples[0, 0, 3] = 255
            apng.control(size, (top, left), disposal=disposal, blending=blending)
            lines = [line.astype(np.uint8).tobytes() for line in samples]
            (apng.frame if number else apng.still)(lines)
            # Sections 4.8 and 11.3.6.2, word by word.
            before = canvas.copy()
            region = canvas[top : top + size[0], left : left + size[1]]
            full = np.dstack([samples[..., :3]] + [np.full(size, 255)] * (channels < 4))
            full = np.dstack([full, samples[..., 3:]]) if channels == 4 else full
            if channels == 1:
                full = np.dstack([samples] * 3 + [np.full(size, 255)])
            shown = (full[..., 3:] > 0) | (blending == 0)
            region[...] = np.where(shown, full, region)
            wanted.append(canvas.copy())
            if disposal == 1 or (disposal == 2 and number == 0):
                region[...] = 0
            elif disposal == 2:
                canvas[...] = before
        file = open_picture(apng.file())
        some = st.integers(1, count)

        for number in [*range(1, count + 1), *data.draw(st.lists(some, max_size=8))]:
            pixels = file.decode(number).pixels.astype(int)
            if pixels.ndim == 2:
                pixels = np.dstack([pixels] * 3)
            if pixels.shape[2] == 3:
                pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255)])
            np.testing.assert_array_equal(pixels, wanted[number - 1])

    def test_frames_that_go_away_cost_no_more_than_others(self, monkeypatch):
        import pycornerstone.codecs.apng as module

        decoded = []
        decode = module.decode_frame_data
        monkeypatch.setattr(
            module, "decode_frame_data", lambda *args: decoded.append(1) or decode(*args)
        )
        apng = ApngWriter(1, 2, 8, 0, frames=41)
        apng.control()
        apng.still([b"\0\0"])
        for value in range(1, 41):
            # Each second one covers all, and what was before it comes back.
            apng.control(size=(1, 1 + value % 2), disposal=2 * (value % 2))
            apng.frame([bytes([value])[: 1 + value % 2].ljust(1 + value % 2, b"\7")])
        file = open_picture(apng.file())

        found = [file.decode(number).pixels[0].tolist() for number in range(1, 42)]

        assert found == [[0, 0]] + [[n, 7] if n % 2 else [n, 0] for n in range(1, 41)]
        assert len(decoded) == 40

    def test_a_cleared_canvas_needs_nothing_before_it(self, monkeypatch):
        import pycornerstone.codecs.apng as module

        decoded = []
        decode = module.decode_frame_data
        monkeypatch.setattr(
            module, "decode_frame_data", lambda *args: decoded.append(1) or decode(*args)
        )
        apng = ApngWriter(1, 1, 8, 6, frames=9)
        apng.control(disposal=1, blending=1)
        apng.still([b"\0\0\0\xff"])
        for value in range(1, 9):
            apng.control(disposal=1, blending=1)
            apng.frame([bytes([value, 0, 0, 128])])
        file = open_picture(apng.file())

        assert file.decode(9).pixels.tolist() == [[[8, 0, 0, 128]]]
        assert len(decoded) == 1

    def test_thousands_of_frames(self, calls_of):
        apng = ApngWriter(1, 2, 8, 0, frames=5000)
        apng.control()
        apng.still([b"\0\0"])
        for value in range(1, 5000):
            apng.control(size=(1, 1))
            apng.frame([bytes([value % 256])])
        file = open_picture(apng.file())
        values = []

        # The last ones, of which each is composed of all before it.
        calls = calls_of(
            lambda: values.extend(file.decode(n).pixels[0, 0] for n in range(4000, 5001))
        )

        assert values == [(n - 1) % 256 for n in range(4000, 5001)]
        # Each frame once: not some million times.
        assert calls < 5000 * 200

    @pytest.mark.parametrize("name", ["dispose_op_previous_region", "blend_op_over"])
    def test_the_order_of_asking_changes_nothing(self, apng, name):
        wanted = frames_of(apng(name))
        file = open_picture(apng(name))

        for number in [*range(len(wanted), 0, -1), *range(1, len(wanted) + 1)]:
            np.testing.assert_array_equal(file.decode(number).pixels, wanted[number - 1])

    def test_many_threads_at_once(self, apng):
        data = apng("blend_op_over_near_transparent")
        wanted = frames_of(data)
        file = open_picture(data)
        numbers = [*range(1, 129)] * 3

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda number: file.decode(number).pixels, numbers))

        for number, pixels in zip(numbers, found, strict=True):
            np.testing.assert_array_equal(pixels, wanted[number - 1])

    def test_samples_in_many_pieces(self):
        apng = ApngWriter(2, 3, 8, 2, frames=1)
        apng.still([bytes(9), bytes(9)])
        apng.control()
        apng.frame([bytes(range(9)), bytes(range(9, 18))], pieces=7)

        assert frames_of(apng.file())[0].ravel().tolist() == list(range(18))


class TestWrong:
    def test_there_is_no_such_frame(self):
        apng = ApngWriter(1, 1, 8, 0, frames=1)
        apng.control()
        apng.still([b"\x05"])
        file = open_picture(apng.file())

        for number in (0, 2, -1):
            with pytest.raises(ImageIdError, match=f"frame {number} was asked for, .* has 1 frame"):
                file.decode(number)

    def test_damaged_samples_of_a_frame(self):
        apng = ApngWriter(1, 1, 8, 0, frames=2)
        apng.control()
        apng.still([b"\x05"])
        apng.control()
        apng.frame([b"\x06"])
        damaged = bytearray(apng.file())
        damaged[-14] ^= 1  # of the check value of the last fdAT
        file = open_picture(bytes(damaged))

        assert file.decode(1).pixels.tolist() == [[5]]
        with pytest.raises(DecodeError, match="the check value of a frame's samples"):
            file.decode(2)
        # What went wrong there has no part in what comes after.
        assert file.decode(1).pixels.tolist() == [[5]]

    @pytest.mark.parametrize(
        "control",
        [
            {"size": (1, 3)},
            {"at": (0, 1)},
            {"at": (2**31, 0)},
            {"size": (0, 1)},
            {"disposal": 3},
            {"blending": 2},
        ],
        ids=str,
    )
    def test_a_frame_that_cannot_be_leaves_the_still_picture(self, control, caplog):
        apng = ApngWriter(1, 2, 8, 0, frames=2)
        apng.control()
        apng.still([b"\x07\x08"])
        apng.control(**control)
        apng.frame([b"\x09\x0a\x0b"])

        with caplog.at_level(logging.WARNING, "pycornerstone.codecs"):
            assert [frame.tolist() for frame in frames_of(apng.file())] == [[[7, 8]]]

        assert "its still picture is shown" in caplog.text

    def test_two_frames_of_one_still_picture(self):
        # Section 4.8: one fcTL before the IDAT makes it the first frame.
        apng = ApngWriter(1, 1, 8, 0, frames=2)
        apng.control()
        apng.control()
        apng.still([b"\x07"])

        assert [frame.tolist() for frame in frames_of(apng.file())] == [[[7]]]

    def test_more_memory_than_allowed_for_an_alpha_channel(self):
        apng = ApngWriter(10, 10, 8, 0, frames=1)
        apng.still([bytes(10)] * 10)
        apng.control(size=(1, 1))
        apng.frame([b"\x01"])

        assert open_picture(apng.file(), 400).number_of_frames == 1
        with pytest.raises(DecodeError, match=r"10 rows of 10 columns, 400 bytes .* limit is 399"):
            open_picture(apng.file(), 399)

    def test_a_chunk_of_no_known_kind_is_passed_over(self):
        apng = ApngWriter(1, 1, 8, 0, frames=1)
        apng.add(b"abCd", b"123")
        apng.control()
        apng.still([b"\x05"])
        apng.chunks.append(chunk(b"teSt"))

        assert frames_of(apng.file())[0].tolist() == [[5]]
