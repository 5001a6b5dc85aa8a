"""RLE Lossless: segments by hand, and against pydicom's encoder."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom.pixels.encoders import RLELosslessEncoder

from pycornerstone.codecs.decode import decode_samples
from pycornerstone.errors import DecodeError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

RLE = "1.2.840.10008.1.2.5"


def of(array, **changes):
    bits = 8 * array.dtype.itemsize
    pixel = ImagePixelModule(
        rows=array.shape[0],
        columns=array.shape[1],
        samples_per_pixel=1 if array.ndim == 2 else 3,
        photometric_interpretation="MONOCHROME2" if array.ndim == 2 else "RGB",
        bits_allocated=bits,
        bits_stored=bits,
        high_bit=bits - 1,
        pixel_representation=int(array.dtype.kind == "i"),
    )
    return replace(pixel, **changes)


def decode(data, pixel):
    return decode_samples(EncodedFrame("test:a", data, RLE, pixel))


def frame(*segments):
    """Lay out segments behind their header (PS3.5 section G.5)."""
    offsets, position = [], 64
    for segment in segments:
        offsets.append(position)
        position += len(segment)
    header = [len(segments), *offsets, *[0] * (15 - len(offsets))]
    return struct.pack("<16I", *header) + b"".join(segments)


def test_runs_and_literals_by_hand():
    # PS3.5 section G.3.1: 2 is 3 bytes as they are, -3 (0xFD) the next byte 4 times, -128 nothing.
    data = frame(b"\x02\x01\x02\x03" + b"\x80" + b"\xfd\x09" + b"\0")

    samples = decode(data, of(np.zeros((1, 7), np.uint8)))

    assert samples.tolist() == [[1, 2, 3, 9, 9, 9, 9]]


def test_the_most_significant_bytes_come_first():
    # PS3.5 section G.2: one segment for each byte of the samples, most significant first.
    data = frame(b"\x01\x12\xff\x00", b"\x01\x34\xfe\x00")

    samples = decode(data, of(np.zeros((1, 2), np.int16)))

    assert samples.tolist() == [[0x1234, -2]]


def test_32_bits_are_four_segments():
    data = frame(b"\x00\x01", b"\x00\x02", b"\x00\x03", b"\x00\x04")

    assert decode(data, of(np.zeros((1, 1), np.uint32))).tolist() == [[0x01020304]]


def test_color_is_three_planes_whatever_planar_configuration_says():
    data = frame(b"\x01\x01\x02", b"\x01\x03\x04", b"\x01\x05\x06")

    for planar_configuration in (0, 1):
        pixel = of(np.zeros((1, 2, 3), np.uint8), planar_configuration=planar_configuration)
        assert decode(data, pixel).tolist() == [[[1, 3, 5], [2, 4, 6]]]


GREY = hnp.arrays(
    st.sampled_from([np.uint8, np.int16, np.uint16]), st.sampled_from([(3, 5), (1, 1), (4, 130)])
)
COLOR = hnp.arrays(st.sampled_from([np.uint8, np.uint16]), st.just((2, 3, 3)))


@given(GREY | COLOR)
def test_what_pydicom_encoded_is_decoded(array):
    pixel = of(array)
    data = RLELosslessEncoder.encode(
        array,
        encoding_plugin="pydicom",
        rows=pixel.rows,
        columns=pixel.columns,
        number_of_frames=1,
        samples_per_pixel=pixel.samples_per_pixel,
        bits_allocated=pixel.bits_allocated,
        bits_stored=pixel.bits_stored,
        pixel_representation=pixel.pixel_representation,
        photometric_interpretation=pixel.photometric_interpretation,
        planar_configuration=0,
    )

    samples = decode(data, pixel)

    np.testing.assert_array_equal(samples, array)
    assert samples.dtype == array.dtype


@pytest.mark.parametrize("dtype", ["u4", "i4", "u8"])
def test_wide_samples_are_put_together_from_their_bytes(dtype):
    # PS3.5 section G.2: the segment of the highest bytes first. Each is a literal run here.
    values = np.array([[0x0102030405060708, 0xFFFEFDFCFBFAF9F8]], "u8").astype(dtype)
    planes = values.astype(f">{dtype}").view(np.uint8).reshape(2, -1).T

    samples = decode(frame(*[b"\x01" + bytes(plane) for plane in planes]), of(values))

    np.testing.assert_array_equal(samples, values)
    assert samples.dtype == values.dtype


def test_color_of_32_bits():
    values = np.arange(6, dtype="u4").reshape(1, 2, 3) * 0x01020304
    planes = values.astype(">u4").view(np.uint8).reshape(2, 3, 4).transpose(1, 2, 0).reshape(12, 2)

    samples = decode(frame(*[b"\x01" + bytes(plane) for plane in planes]), of(values))

    np.testing.assert_array_equal(samples, values)


def test_only_the_stored_bits_count():
    data = frame(b"\x00\xf1", b"\x00\x23")

    assert decode(data, of(np.zeros((1, 1), np.uint16), bits_stored=12, high_bit=11)).tolist() == [
        [0x123]
    ]


def test_color_of_one_bit_is_three_packed_planes():
    # Each plane ends with its byte: red 1 0 1, green 0 1 1, blue 0 0 1, the first bit the lowest.
    pixel = of(np.zeros((1, 3, 3), np.uint8), bits_allocated=1, bits_stored=1, high_bit=0)

    samples = decode(frame(b"\x00\x05", b"\x00\x06", b"\x00\x04"), pixel)

    assert samples.tolist() == [[[1, 0, 0], [0, 1, 0], [1, 1, 1]]]


def test_a_binary_mask_is_that_of_the_plain_file(read_instance):
    packed = read_instance("pydicom-data/data_store/data/liver_rle.dcm")
    plain = read_instance("pypi-pydicom-data/data_store/data/liver.dcm").dataset.pixel_array

    for number in (1, 2, 3):
        np.testing.assert_array_equal(decode_samples(packed.encoded(number)), plain[number - 1])


WORD = np.zeros((1, 2), np.uint16)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x02\0\0\0", r"\(RLE Lossless\): the frame has 4 bytes, its header alone has 64"),
        (frame(b"\x01\x12\xff"), r"the frame has 1 segments, but .* Bits Allocated 16 need 2"),
        (frame(b"\x00\x12", b"\x01\x34\xfe"), r"Rows is 1 but the segments hold 3 bytes of 4"),
        (frame(b"\x01\x12\xff", b"\x05\x34"), r"cannot decode 1\.2\.840\.10008\.1\.2\.5 \(RLE L"),
        (frame(b"\x03\x12\xff\x12\xff", b"\x03\x34\x34\x34\x34"), "Columns is 2, 4 bytes"),
    ],
)  # fmt: skip
def test_other_segments_than_the_header_says_are_an_error(data, message):
    with pytest.raises(DecodeError, match=message):
        decode(data, of(WORD))
