"""Native frames: values by hand, in every layout."""

from __future__ import annotations

import mmap
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.codecs.decode import decode_samples
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

LITTLE = "1.2.840.10008.1.2.1"
BIG = "1.2.840.10008.1.2.2"
DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"
GREY_8 = ImagePixelModule(rows=2, columns=3, bits_allocated=8, bits_stored=8, high_bit=7)
RGB_8 = replace(GREY_8, samples_per_pixel=3, photometric_interpretation="RGB")
BITS = ImagePixelModule(rows=3, columns=3, bits_allocated=1, bits_stored=1, high_bit=0)


def decode(data, pixel, uid=LITTLE, bit_offset=0):
    return decode_samples(EncodedFrame("test:a", data, uid, pixel, bit_offset))


def of_type(dtype, rows=2, columns=3):
    kind, bits = dtype[0], 8 * int(dtype[1:])
    return ImagePixelModule(
        rows=rows,
        columns=columns,
        bits_allocated=bits,
        bits_stored=bits,
        high_bit=bits - 1,
        pixel_representation=int(kind == "i"),
        is_float=kind == "f",
    )


@pytest.mark.parametrize("uid", [LITTLE, BIG, "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.98"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_each_type_in_each_byte_order(dtype, uid):
    values = np.array([[0, 1, 2], [100, 127, 126]], dtype)
    stored = values.astype(values.dtype.newbyteorder(">" if uid == BIG else "<")).tobytes()

    samples = decode(stored, of_type(dtype), uid)

    np.testing.assert_array_equal(samples, values)
    assert samples.dtype == np.dtype(dtype)
    assert samples.dtype.isnative
    assert samples.flags.c_contiguous


def test_little_endian_by_hand():
    # PS3.5 section 7.3: the least significant byte first; 0xFF80 is -128 in two's complement.
    samples = decode(b"\x01\x02\x80\xff", of_type("i2", 1, 2))

    assert samples.tolist() == [[0x0201, -128]]


def test_big_endian_by_hand():
    samples = decode(b"\x01\x02\x80\x00", of_type("i2", 1, 2), BIG)

    assert samples.tolist() == [[0x0102, -32768]]


def test_samples_are_copied_out_of_their_buffer():
    buffer = bytearray(b"\x01\x02\x03\x04\x05\x06")

    samples = decode(memoryview(buffer), GREY_8)
    buffer[:] = bytes(6)

    assert samples.tolist() == [[1, 2, 3], [4, 5, 6]]


WIDE = of_type("u2", 300, 400)
WORDS = np.arange(120_000).astype("<u2")


def test_bytes_that_hold_little_else_are_kept():
    body = WORDS.tobytes()

    samples = decode(body, WIDE)

    assert np.shares_memory(samples, np.frombuffer(body, np.uint8))
    assert not samples.flags.writeable
    np.testing.assert_array_equal(samples.ravel(), WORDS)


@pytest.mark.parametrize("pixel", [WIDE, replace(WIDE, bits_stored=15, high_bit=14)])
def test_one_frame_of_many_does_not_keep_them_all(pixel):
    words = WORDS & 0x7FFF
    file = words.tobytes() * 2

    samples = decode(memoryview(file)[: len(file) // 2], pixel)

    assert not np.shares_memory(samples, np.frombuffer(file, np.uint8))
    np.testing.assert_array_equal(samples.ravel(), words)


def test_a_mapped_file_is_copied_out_of(tmp_path):
    path = tmp_path / "frame.raw"
    path.write_bytes(WORDS.tobytes())
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    samples = decode(memoryview(mapped), WIDE)
    mapped.close()  # fails while anybody holds a view

    np.testing.assert_array_equal(samples.ravel(), WORDS)


def test_color_by_pixel_and_by_plane():
    # PS3.3 C.7.6.3.1.3: R1 G1 B1 R2 ..., or R1 R2 ... G1 G2 ... B1 B2 ...
    by_pixel = bytes(range(18))
    by_plane = by_pixel[0::3] + by_pixel[1::3] + by_pixel[2::3]

    first = decode(by_pixel, RGB_8)
    second = decode(by_plane, replace(RGB_8, planar_configuration=1))

    assert first[1, 0].tolist() == [9, 10, 11]
    np.testing.assert_array_equal(first, second)
    assert second.flags.c_contiguous


def test_color_of_one_bit_by_pixel_and_by_plane():
    # A red, a green and a white pixel, the first in the lowest bit: 1 0 0, 0 1 0, 1 1 1.
    pixel = replace(RGB_8, rows=1, bits_allocated=1, bits_stored=1, high_bit=0)
    colors = [[[1, 0, 0], [0, 1, 0], [1, 1, 1]]]

    by_pixel = decode(b"\xd1\x01", pixel)
    by_plane = decode(b"\x35\x01", replace(pixel, planar_configuration=1))

    assert by_pixel.tolist() == colors
    assert by_plane.tolist() == colors


def test_color_by_plane_of_16_bits_in_big_endian():
    planes = np.array([[1, 2], [300, 400], [5, 60000]], ">u2")
    pixel = replace(
        of_type("u2", 1, 2),
        samples_per_pixel=3,
        planar_configuration=1,
        photometric_interpretation="RGB",
    )

    assert decode(planes.tobytes(), pixel, BIG).tolist() == [[[1, 300, 5], [2, 400, 60000]]]


def test_two_pixels_share_a_color():
    # PS3.3 C.7.6.3.1.2, YBR_FULL_422: Y1 Y2 CB1 CR1, Y3 Y4 CB3 CR3.
    pixel = replace(RGB_8, rows=1, columns=4, photometric_interpretation="YBR_FULL_422")

    samples = decode(bytes([10, 20, 100, 200, 30, 40, 110, 210]), pixel)

    assert samples.tolist() == [[[10, 100, 200], [20, 100, 200], [30, 110, 210], [40, 110, 210]]]


def test_color_that_is_whole_though_it_is_called_422():
    pixel = replace(RGB_8, columns=2, photometric_interpretation="YBR_FULL_422")

    assert decode(bytes(range(12)), pixel).tolist() == [
        [[0, 1, 2], [3, 4, 5]],
        [[6, 7, 8], [9, 10, 11]],
    ]


def test_an_odd_number_of_columns_cannot_share_colors():
    pixel = replace(RGB_8, photometric_interpretation="YBR_FULL_422")

    with pytest.raises(DecodeError, match=r"Columns is 3, but YBR_FULL_422 shares a colour"):
        decode(bytes(12), pixel)


def test_too_little_of_shared_color():
    pixel = replace(RGB_8, columns=4, photometric_interpretation="YBR_FULL_422")

    with pytest.raises(DecodeError, match="Rows is 2 but the frame holds 8 bytes, enough for 1 r"):
        decode(bytes(8), pixel)


def test_bits_come_least_significant_first():
    # PS3.5 section 8.1.1: 0b1_0100_0101 in 9 bits is 1 0 1, 0 0 0, 1 0 1.
    samples = decode(b"\x45\x01", BITS)

    assert samples.tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]
    assert samples.dtype == np.uint8


@given(st.lists(st.booleans(), min_size=9, max_size=9), st.integers(0, 7))
def test_bits_may_start_within_a_byte(bits, bit_offset):
    number = sum(bit << (place + bit_offset) for place, bit in enumerate(bits))
    # Bits of the frames before and after are 1.
    number |= (1 << bit_offset) - 1
    size = (9 + bit_offset + 7) // 8
    number |= ((1 << (8 * size)) - 1) & ~((1 << (9 + bit_offset)) - 1)

    samples = decode(number.to_bytes(size, "little"), BITS, bit_offset=bit_offset)

    assert samples.ravel().tolist() == bits


def test_too_few_bits():
    with pytest.raises(DecodeError, match="Rows is 3 but the frame holds 1 bytes, enough for 2 ro"):
        decode(b"\x45", BITS)


@pytest.mark.parametrize(
    ("data", "pixel", "message"),
    [
        (bytes(131072), of_type("u2", 512, 512),
         r"^\(0028,0010\) Rows is 512 but .* 131072 bytes, enough for 128 rows of 512 x uint16$"),
        (bytes(5), GREY_8, "Rows is 2 but the frame holds 5 bytes, enough for 1 rows of 3 x uint8"),
        (b"\1" * 30, RGB_8, "holds 30 bytes, enough for 3 rows of 3 x 3 x uint8"),
        (b"\1" * 10, of_type("f4", 1, 1), "holds 10 bytes, enough for 2 rows of 1 x float32"),
    ],
)  # fmt: skip
def test_another_length_than_the_header_says_is_an_error(data, pixel, message):
    with pytest.raises(DecodeError, match=message):
        decode(data, pixel)


@pytest.mark.parametrize("padding", [b"\0", b"\x20", bytes(2), bytes(130)])
def test_padding_is_no_part_of_the_image(padding):
    samples = decode(b"\x01\x02\x03\x04\x05\x06" + padding, GREY_8)

    assert samples.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_deflated_frame():
    # PS3.5 section 8.2.16: raw deflate of the native frame, padded to even length.
    deflater = zlib.compressobj(wbits=-15)
    data = deflater.compress(b"\x45\x01") + deflater.flush() + b"\0"

    samples = decode(data, BITS, DEFLATED_FRAME)

    assert samples.tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]


@pytest.mark.parametrize(("pixel", "bound"), [(BITS, 11), (GREY_8, 8)])
def test_a_deflated_frame_that_would_become_huge_is_stopped(pixel, bound):
    deflater = zlib.compressobj(wbits=-15)
    data = deflater.compress(b"\1" * 10_000_000) + deflater.flush()

    with pytest.raises(
        DecodeError, match=f"Rows is {pixel.rows} but the frame holds {bound} bytes"
    ):
        decode(data, pixel, DEFLATED_FRAME)


def test_a_broken_deflated_frame():
    with pytest.raises(DecodeError, match=r"cannot inflate a frame of 1\.2\..*\.8\.1 \(Deflated"):
        decode(b"\xff\xff\xff\xff", BITS, DEFLATED_FRAME)


TWELVE = ImagePixelModule(rows=1, columns=3, bits_allocated=12, bits_stored=12, high_bit=11)


# PS3.5-2008 annex D, figure D-2: 0xABC, 0x123 and 0x801 are 0xBC 0x3A 0x12 0x01 0x(8).
@pytest.mark.parametrize("uid", [LITTLE, "1.2.840.10008.1.2", BIG])
@pytest.mark.parametrize(
    ("data", "bit_offset"),
    [(b"\xbc\x3a\x12\x01\x08", 0), (b"\xbc\x3a\x12\x01\xf8\xff", 0), (b"\xcf\xab\x23\x11\x80", 4)],
)
def test_samples_of_12_bits_lie_without_a_gap(data, bit_offset, uid):
    samples = decode(data, TWELVE, uid, bit_offset)

    assert samples.tolist() == [[0xABC, 0x123, 0x801]]
    assert samples.dtype == np.uint16


def test_signed_samples_of_12_bits():
    samples = decode(b"\xbc\x3a\x12\x01\x08", replace(TWELVE, pixel_representation=1))

    assert samples.tolist() == [[0xABC - 0x1000, 0x123, 0x801 - 0x1000]]
    assert samples.dtype == np.int16


@pytest.mark.parametrize("data", [bytes(4), bytes(6) + b"\1"])
def test_another_number_of_samples_of_12_bits(data):
    with pytest.raises(
        DecodeError, match=r"Rows is 1 but the frame holds \d bytes, enough for . r"
    ):
        decode(data, TWELVE)


def test_samples_of_other_bits_without_a_gap_are_not_read():
    pixel = replace(GREY_8, bits_allocated=10, bits_stored=10, high_bit=9)

    with pytest.raises(UnsupportedEncodingError, match=r"\(0028,0100\) Bits Allocated is 10"):
        decode(bytes(9), pixel)


def test_deflated_frames_of_a_binary_mask_are_those_of_the_plain_one(read_instance):
    deflated = read_instance("pydicom-data/data_store/data/liver_deflate.dcm")
    plain = read_instance("pypi-pydicom-data/data_store/data/liver.dcm").dataset.pixel_array

    for number in (1, 2, 3):
        np.testing.assert_array_equal(decode_samples(deflated.encoded(number)), plain[number - 1])
