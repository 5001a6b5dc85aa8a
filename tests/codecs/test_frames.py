"""Frames: where each lies, whatever the offset tables say."""

from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames

from pycornerstone.codecs.frames import FrameIndex
from pycornerstone.errors import DecodeError, ImageIdError, UnsupportedEncodingError
from pycornerstone.model.modules import ImagePixelModule

LITTLE = "1.2.840.10008.1.2.1"
BIG = "1.2.840.10008.1.2.2"
JPEG = "1.2.840.10008.1.2.4.50"
GREY = ImagePixelModule(rows=2, columns=3, bits_allocated=8, bits_stored=8, high_bit=7)
DELIMITER = struct.pack("<II", 0xE0DDFFFE, 0)


def items(*values):
    """Items of encapsulated pixel data (PS3.5 section A.4), the offset table's first."""
    return b"".join(struct.pack("<II", 0xE000FFFE, len(value)) + value for value in values)


def table(*offsets):
    return struct.pack(f"<{len(offsets)}I", *offsets)


def jpeg(number, size=20):
    """Bytes that begin and end as a JPEG does, and say which one they are."""
    return b"\xff\xd8\xff" + bytes([number]) * (size - 5) + b"\xff\xd9"


def index(data, count, uid=JPEG, pixel=GREY, **options):
    return FrameIndex.build(data, replace(pixel, number_of_frames=count), uid, **options)


def frames(built):
    return [bytes(built.frame(n)[0]) for n in range(1, built.number_of_frames + 1)]


class TestNative:
    def test_frames_follow_each_other(self):
        assert frames(index(bytes(range(18)), 3, LITTLE)) == [
            bytes(range(6)), bytes(range(6, 12)), bytes(range(12, 18)),
        ]  # fmt: skip

    def test_a_frame_is_a_view_into_the_pixel_data(self):
        buffer = bytearray(12)
        data, bit_offset = index(memoryview(buffer), 2, LITTLE).frame(2)
        buffer[6] = 99

        assert isinstance(data, memoryview)
        assert data[0] == 99
        assert bit_offset == 0

    def test_bits_have_no_gap_between_frames(self):
        # PS3.5 section 8.1.1: frames of 3 x 3 bits start at bit 0, 9 and 18.
        pixel = ImagePixelModule(rows=3, columns=3, bits_allocated=1, bits_stored=1, high_bit=0)
        built = index(b"\x01\x02\x04\x08", 3, LITTLE, pixel)

        assert [(bytes(data), bit) for data, bit in map(built.frame, (1, 2, 3))] == [
            (b"\x01\x02", 0), (b"\x02\x04", 1), (b"\x04\x08", 2),
        ]  # fmt: skip

    def test_shared_color_makes_a_frame_a_third_smaller(self):
        pixel = replace(
            GREY, columns=4, samples_per_pixel=3, photometric_interpretation="YBR_FULL_422"
        )

        assert frames(index(bytes(range(32)), 2, LITTLE, pixel)) == [
            bytes(range(16)), bytes(range(16, 32)),
        ]  # fmt: skip
        assert len(index(bytes(48), 2, LITTLE, pixel).frame(2)[0]) == 24

    def test_words_of_bytes_in_big_endian_are_put_in_order(self):
        # PS3.5 section 8.1.2: 8-bit samples as OW, the second one first in each big endian word.
        built = index(b"\x02\x01\x04\x03\x06\x05", 2, BIG, replace(GREY, rows=1), vr="OW")

        assert frames(built) == [b"\x01\x02\x03", b"\x04\x05\x06"]

    @pytest.mark.parametrize(("uid", "vr"), [(BIG, "OB"), (BIG, None), (LITTLE, "OW")])
    def test_otherwise_bytes_are_in_order(self, uid, vr):
        built = index(b"\x01\x02\x03\x04\x05\x06", 2, uid, replace(GREY, rows=1), vr=vr)

        assert frames(built) == [b"\x01\x02\x03", b"\x04\x05\x06"]

    def test_frames_of_12_bits_may_start_within_a_byte(self):
        # Three samples are 36 bits: frames start at bit 0, 36 and 72.
        pixel = ImagePixelModule(rows=1, columns=3, bits_allocated=12, bits_stored=12, high_bit=11)
        built = index(bytes(range(14)), 3, LITTLE, pixel)

        assert [(bytes(data), bit) for data, bit in map(built.frame, (1, 2, 3))] == [
            (bytes(range(5)), 0), (bytes(range(4, 9)), 4), (bytes(range(9, 14)), 0),
        ]  # fmt: skip

    def test_words_of_16_bits_are_left_to_the_decoder(self):
        pixel = replace(GREY, rows=1, columns=1, bits_allocated=16, bits_stored=16)

        assert frames(index(b"\x01\x02\x03\x04", 2, BIG, pixel, vr="OW")) == [
            b"\x01\x02", b"\x03\x04",
        ]  # fmt: skip

    def test_the_end_may_be_missing(self):
        built = index(bytes(14), 4, LITTLE)

        assert [len(built.frame(n)[0]) for n in (1, 2, 3)] == [6, 6, 2]
        with pytest.raises(
            DecodeError, match="frame 4 of 4 should start at byte 18, but the pixel data have 14 by"
        ):
            built.frame(4)

    @pytest.mark.parametrize("more", [b"\1", bytes(11), b"\1" * 6, b"\1" * 12])
    def test_padding_and_further_frames_do_not_matter(self, more):
        assert frames(index(bytes(range(12)) + more, 2, LITTLE))[1] == bytes(range(6, 12))

    def test_frames_of_another_size_are_not_cut_at_wrong_places(self):
        # Two frames of 3 rows, though the header says 2.
        with pytest.raises(
            DecodeError,
            match=r"\(0028,0008\) Number of Frames is 4 but the pixel data hold 34 bytes, not 24",
        ):
            index(b"\1" * 34, 4, LITTLE)

    def test_a_single_frame_is_all_there_is(self):
        assert len(index(bytes(100), 1, LITTLE).frame(1)[0]) == 100


class TestEncapsulated:
    def test_a_filled_offset_table(self):
        first, second, third = jpeg(1), jpeg(2), jpeg(3)
        # The second frame has two fragments and an empty one: 20 + 16 + 8 bytes after the first.
        data = items(table(0, 28, 72), first, second[:12], second[12:], b"", third) + DELIMITER

        assert frames(index(data, 3)) == [first, second, third]

    def test_an_empty_offset_table_and_a_fragment_a_frame(self):
        data = items(b"", jpeg(1), jpeg(2), jpeg(3)) + DELIMITER

        assert frames(index(data, 3)) == [jpeg(1), jpeg(2), jpeg(3)]

    def test_without_a_delimiter(self):
        assert frames(index(items(b"", jpeg(1), jpeg(2)), 2)) == [jpeg(1), jpeg(2)]

    def test_one_frame_has_all_fragments(self):
        data = items(b"", b"\xff\xd8\xff1", b"22", b"", b"33") + DELIMITER

        assert frames(index(data, 1)) == [b"\xff\xd8\xff12233"]

    @pytest.mark.parametrize("start", [b"\xff\xd8\xff\xe0", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "])
    def test_frames_in_several_fragments_without_a_table_start_with_a_codestream(self, start):
        data = items(b"", start + b"aa", b"bb\xff\xd9", start + b"cc\xff\xd9\0",
                     start + b"dd", b"ee", b"ff\xff\xd9")  # fmt: skip

        assert frames(index(data, 3)) == [
            start + b"aabb\xff\xd9", start + b"cc\xff\xd9\0", start + b"ddeeff\xff\xd9",
        ]  # fmt: skip

    @pytest.mark.parametrize("start", [b"\xff\x0a12", b"\0\0\0\x0cJXL "])
    def test_a_codestream_that_has_no_end_marker(self, start):
        data = items(b"", start + b"aa", b"bbbb", start + b"cc", start + b"dd", b"eeee")

        assert frames(index(data, 3)) == [start + b"aabbbb", start + b"cc", start + b"ddeeee"]

    def test_what_looks_like_a_start_within_a_frame_is_none(self):
        data = items(b"", b"\xff\xd8\xffaa", b"\xff\xd8\xffbb\xff\xd9", b"\xff\xd8\xffcc\xff\xd9")

        assert frames(index(data, 2))[1] == b"\xff\xd8\xffcc\xff\xd9"

    @pytest.mark.parametrize(
        "offsets",
        [(0, 29), (0, 0), (8, 28), (28, 0), (0, 4_000_000_000), (0,), (0, 28, 56), (100, 128)],
    )
    def test_a_wrong_offset_table_is_not_used(self, offsets):
        data = items(table(*offsets), jpeg(1), jpeg(2)) + DELIMITER

        assert frames(index(data, 2)) == [jpeg(1), jpeg(2)]

    def test_an_extended_offset_table_goes_first(self):
        # PS3.3 C.7.6.3.1.8; RLE frames of two fragments cannot be told apart without it.
        data = items(b"", b"aa", b"bb", b"cc", b"dd") + DELIMITER
        rle = "1.2.840.10008.1.2.5"

        assert frames(index(data, 2, rle, offsets=[0, 20])) == [b"aabb", b"ccdd"]
        with pytest.raises(
            DecodeError,
            match=r"4 fragments cannot be told apart into 2 frames, \(0028,0008\) Number of Frames",
        ):
            index(data, 2, rle)

    def test_a_frame_in_one_fragment_is_a_view(self):
        data, bit_offset = index(memoryview(items(b"", jpeg(1))), 1).frame(1)

        assert isinstance(data, memoryview)
        assert bit_offset == 0

    @pytest.mark.parametrize("with_table", [True, False])
    def test_frames_before_a_cut_can_be_read(self, with_table):
        data = items(table(0, 28, 56) if with_table else b"", jpeg(1), jpeg(2), jpeg(3))
        built = index(data[:-5], 3)

        assert bytes(built.frame(2)[0]) == jpeg(2)
        with pytest.raises(
            DecodeError,
            match="frame 3 of 3 is not whole: fragment 3 should have 20 bytes, but the pixel data "
            "end after 15 of them",
        ):
            built.frame(3)

    def test_a_cut_fragment_takes_its_whole_frame_with_it(self):
        data = items(table(0, 24, 100), b"\xff\xd8\xff1", b"2222", b"\xff\xd8\xff3", b"4444")
        built = index(data[:-2], 3)

        assert bytes(built.frame(1)[0]) == b"\xff\xd8\xff12222"
        for number in (2, 3):
            with pytest.raises(DecodeError, match=f"frame {number} of 3 is not whole: fragment 4"):
                built.frame(number)

    def test_a_frame_of_which_a_fragment_was_cut_is_not_taken_for_whole(self):
        # Three whole fragments, as many as frames; but two of them are of the first frame.
        data = items(b"", b"\xff\xd8\xff1", b"22\xff\xd9", b"\xff\xd8\xff3", b"44\xff\xd9")
        built = index(data[:-1], 3)

        assert bytes(built.frame(1)[0]) == b"\xff\xd8\xff122\xff\xd9"
        for number in (2, 3):
            with pytest.raises(DecodeError, match=f"frame {number} of 3 is not whole: fragment 4"):
                built.frame(number)

    def test_frames_of_rle_before_a_cut(self):
        built = index(items(b"", b"aaaa", b"bbbb", b"cccc")[:-1], 3, "1.2.840.10008.1.2.5")

        assert bytes(built.frame(2)[0]) == b"bbbb"
        with pytest.raises(
            DecodeError, match="frame 3 of 3 is not whole: fragment 3 should have 4"
        ):
            built.frame(3)

    def test_a_single_frame_that_was_cut(self):
        with pytest.raises(
            DecodeError, match="frame 1 of 1 is not whole: fragment 2 should have 4"
        ):
            index(items(b"", b"aaaa", b"bbbb")[:-1], 1).frame(1)

    def test_a_cut_within_an_item(self):
        data = items(b"", jpeg(1), jpeg(2))[:-25]

        with pytest.raises(
            DecodeError, match="frame 2 of 2 is not whole: the pixel data end within"
        ):
            index(data, 2).frame(2)

    def test_something_else_than_an_item(self):
        data = items(b"", jpeg(1)) + b"\x08\x00\x05\x00" + bytes(20)
        built = index(data, 2)

        assert bytes(built.frame(1)[0]) == jpeg(1)
        with pytest.raises(
            DecodeError,
            match=r"byte 36 of the pixel data should start an item \(FFFE,E000\) or end them "
            r"\(FFFE,E0DD\); found \(0008,0005\)",
        ):
            built.frame(2)

    @pytest.mark.parametrize("place", [0, 1, 2, 3])
    def test_an_empty_fragment_is_no_frame(self, place):
        fragments = [jpeg(1), jpeg(2), jpeg(3)]
        fragments.insert(place, b"")

        built = index(items(b"", *fragments) + DELIMITER, 3)

        assert frames(built) == [jpeg(1), jpeg(2), jpeg(3)]

    def test_a_lost_frame_leaves_the_others_in_their_places(self):
        built = index(items(b"", jpeg(1), b"", jpeg(3)) + DELIMITER, 3)

        assert frames(built) == [jpeg(1), b"", jpeg(3)]

    def test_fewer_fragments_than_frames(self):
        with pytest.raises(DecodeError, match="2 fragments cannot be told apart into 3 frames"):
            index(items(b"", jpeg(1), jpeg(2)) + DELIMITER, 3)

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"\xfe\xff", "encapsulated pixel data of 2 bytes have no item"),
            (bytes(20), r"must start with an item \(FFFE,E000\) .* found \(0000,0000\) of 0 bytes"),
            (items(bytes(4))[:-2], r"found \(FFFE,E000\) of 4 bytes"),
            (items(bytes(3)), r"found \(FFFE,E000\) of 3 bytes"),
        ],
    )
    def test_pixel_data_without_an_offset_table_item(self, data, message):
        with pytest.raises(DecodeError, match=message):
            index(data, 1)

    def test_no_fragment_at_all(self):
        with pytest.raises(
            DecodeError, match="frame 1 of 1 is not whole: there are no fragments fo"
        ):
            index(items(b"") + DELIMITER, 1).frame(1)

    @given(
        st.lists(st.integers(8, 200), min_size=1, max_size=6),
        st.integers(1, 4),
        st.booleans(),
    )
    def test_what_pydicom_encapsulated_is_found(self, sizes, fragments, has_table):
        originals = [jpeg(n, 2 * size) for n, size in enumerate(sizes)]
        data = encapsulate(originals, fragments_per_frame=fragments, has_bot=has_table)

        found = frames(index(data, len(originals)))

        assert found == list(generate_frames(data, number_of_frames=len(originals)))
        assert found == originals


class TestTables:
    """One frame of many, found by a table: nothing of the others is looked at."""

    COUNT = 120
    FRAMES = tuple(jpeg(n % 250, 30 + n) + b"\0" * (n % 2) for n in range(COUNT))

    def ruined(self, kept, *, has_basic):
        """Pixel data of which only the table and one frame, item and all, are as they were."""
        data = bytearray(encapsulate(list(self.FRAMES), has_bot=has_basic))
        first = 8 + (4 * self.COUNT if has_basic else 0)
        start = first + self.offsets()[kept - 1]
        stop = start + 8 + len(self.FRAMES[kept - 1])
        data[first:start] = b"\x55" * (start - first)
        data[stop:] = b"\xaa" * (len(data) - stop)
        return bytes(data)

    def offsets(self):
        offsets = [0]
        for frame in self.FRAMES[:-1]:
            offsets.append(offsets[-1] + 8 + len(frame))
        return offsets

    @pytest.mark.parametrize("number", [1, 2, 60, 119])
    def test_a_basic_table_leads_to_one_frame(self, number):
        built = index(self.ruined(number, has_basic=True), self.COUNT)

        assert bytes(built.frame(number)[0]) == self.FRAMES[number - 1]
        with pytest.raises(DecodeError):
            built.frame(number % self.COUNT + 1)

    @pytest.mark.parametrize("number", [1, 2, 60, 119])
    @pytest.mark.parametrize("with_lengths", [True, False])
    def test_an_extended_table_leads_to_one_frame(self, number, with_lengths):
        _, offsets, lengths = encapsulate_extended(list(self.FRAMES))
        assert struct.unpack(f"<{self.COUNT}Q", offsets) == tuple(self.offsets())
        built = index(
            self.ruined(number, has_basic=False),
            self.COUNT,
            offsets=np.frombuffer(offsets, "<u8"),
            lengths=np.frombuffer(lengths, "<u8") if with_lengths else None,
        )

        assert bytes(built.frame(number)[0]) == self.FRAMES[number - 1]

    def test_what_pydicom_gave_an_extended_table(self):
        data, offsets, lengths = encapsulate_extended(list(self.FRAMES))
        built = index(
            data,
            self.COUNT,
            offsets=np.frombuffer(offsets, "<u8"),
            lengths=np.frombuffer(lengths, "<u8"),
        )

        assert frames(built) == list(self.FRAMES)

    def test_a_length_leaves_padding_out(self):
        data = items(b"", b"aaa\0", b"bb", b"c\0") + DELIMITER
        rle = "1.2.840.10008.1.2.5"

        assert frames(index(data, 3, rle, offsets=[0, 12, 22], lengths=[3, 2, 1])) == [
            b"aaa\0", b"bb", b"c\0",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("offsets", "lengths"),
        [
            ([0, 28, 999], None),  # past the end
            ([0, 56, 28], None),
            ([0, 28], None),
            ([0, 29, 56], None),
            ([0, 28, 57], None),
            ([0, 2**63, 2**64 - 1], None),
            ([0, 28, 56], [20, 10, 20]),
            ([0, 28, 56], [20, 20, 21]),
        ],
    )
    def test_a_wrong_extended_table_is_not_used(self, offsets, lengths):
        data = items(b"", jpeg(1), jpeg(2), jpeg(3)) + DELIMITER

        built = index(data, 3, offsets=offsets, lengths=lengths)

        assert frames(built) == [jpeg(1), jpeg(2), jpeg(3)]

    def test_where_the_extended_table_is_wrong_the_basic_one_is_used(self):
        data = items(table(0, 24), b"aaaa", b"bbbb", b"cc", b"dd") + DELIMITER

        built = index(data, 2, "1.2.840.10008.1.2.5", offsets=[0, 13])

        assert frames(built) == [b"aaaabbbb", b"ccdd"]

    @pytest.mark.skipif(sys.platform == "win32", reason="a mapped file cannot be cut there")
    def test_pages_of_other_frames_of_a_mapped_file_are_not_read(self, tmp_path):
        # Beyond the end of a file that shrank, reading a mapped page ends the process.
        script = tmp_path / "read_one.py"
        script.write_text(
            "import mmap, os, struct, sys\n"
            "from pycornerstone.codecs.frames import FrameIndex\n"
            "from pycornerstone.model.modules import ImagePixelModule\n"
            "size, count = 1 << 16, 64\n"
            "item = struct.pack('<II', 0xE000FFFE, size - 8)\n"
            "table = struct.pack(f'<II{count}I', 0xE000FFFE, 4 * count,\n"
            "                    *range(0, size * count, size))\n"
            "path = sys.argv[1]\n"
            "with open(path, 'wb') as file:\n"
            "    file.write(table + (item + bytes(size - 8)) * count)\n"
            "with open(path, 'r+b') as file:\n"
            "    data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)\n"
            "    file.truncate(len(table) + 4 * size)\n"
            "pixel = ImagePixelModule(rows=2, columns=2, number_of_frames=count)\n"
            "index = FrameIndex.build(memoryview(data), pixel, '1.2.840.10008.1.2.5')\n"
            "print(len(index.frame(3)[0]))\n"
            "sys.stdout.flush()\n"
            "os._exit(0)\n",
            encoding="utf-8",
        )

        command = [sys.executable, str(script), str(tmp_path / "pixels")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)

        assert (done.returncode, done.stdout) == (0, f"{(1 << 16) - 8}\n"), done.stderr


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.107"])
def test_video_has_no_frames_of_its_own(uid):
    with pytest.raises(
        UnsupportedEncodingError, match=rf"cannot decode {uid} \(.*\): video is not shown yet"
    ):
        index(items(b"", b"\0\0\1\xb3"), 30, uid)


def test_color_that_four_pixels_share_is_not_guessed_at():
    # PS3.3 C.7.6.3.1.2 has YBR_PARTIAL_420 for compressed pixel data only.
    pixel = replace(
        GREY, columns=4, samples_per_pixel=3, photometric_interpretation="YBR_PARTIAL_420"
    )

    with pytest.raises(UnsupportedEncodingError, match=r"YBR_PARTIAL_420 and .* 24 bytes, not 48"):
        index(bytes(24), 2, LITTLE, pixel)
    assert [len(frame) for frame in frames(index(bytes(48), 2, LITTLE, pixel))] == [24, 24]


@pytest.mark.parametrize("number", [0, -1, 4])
@pytest.mark.parametrize(
    ("data", "uid"), [(bytes(18), LITTLE), (items(b"", jpeg(1), jpeg(2), jpeg(3)), JPEG)]
)
def test_a_frame_that_is_not_there(data, uid, number):
    with pytest.raises(
        ImageIdError, match=f"frame {number} was asked for, but there are 3; they count from 1"
    ):
        index(data, 3, uid).frame(number)


def test_an_unknown_transfer_syntax():
    with pytest.raises(UnsupportedEncodingError, match=r"'1\.2\.3' is unknown"):
        index(bytes(6), 1, "1.2.3")


def test_finding_is_done_once_for_all_frames():
    # 20,000 frames in 40,000 fragments without a table: found in one go, each then at once.
    data = items(b"", *[b"\xff\xd8\xff1", b"22\xff\xd9"] * 20_000)
    built = index(data, 20_000)

    assert built.frame(20_000) == (b"\xff\xd8\xff122\xff\xd9", 0)
