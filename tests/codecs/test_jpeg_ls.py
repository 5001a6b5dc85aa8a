"""JPEG-LS frames: lossless exactly, near-lossless within its bound."""

from __future__ import annotations

import struct

import imagecodecs
import numpy as np
import pytest

from pycornerstone.codecs.decode import decode_frame, decode_samples
from pycornerstone.errors import DecodeError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

LOSSLESS = "1.2.840.10008.1.2.4.80"
NEAR = "1.2.840.10008.1.2.4.81"


def pixel(bits, representation=0, samples=1, photometric="MONOCHROME2", allocated=None):
    return ImagePixelModule(
        rows=30,
        columns=44,
        samples_per_pixel=samples,
        photometric_interpretation=photometric,
        bits_allocated=allocated or (8 if bits <= 8 else 16),
        bits_stored=bits,
        high_bit=bits - 1,
        pixel_representation=representation,
    )


def decode(data, module, uid=LOSSLESS):
    return decode_samples(EncodedFrame("test:a", data, uid, module))


def noise(dtype, most, shape=(30, 44)):
    return np.random.default_rng(7).integers(0, most + 1, shape).astype(dtype)


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 12), (np.uint16, 16)])
def test_grey_is_exact(dtype, bits):
    values = noise(dtype, 2**bits - 1)

    samples = decode(imagecodecs.jpegls_encode(values), pixel(bits))

    np.testing.assert_array_equal(samples, values)
    assert samples.dtype == dtype


def test_signed_values_are_the_same_bits():
    # JPEG-LS has no sign (PS3.5 section 8.2.3).
    values = noise(np.uint16, 65535).view(np.int16)

    samples = decode(imagecodecs.jpegls_encode(values.view(np.uint16)), pixel(16, 1))

    np.testing.assert_array_equal(samples, values)


def test_color_is_exact():
    values = noise(np.uint8, 255, (30, 44, 3))

    samples = decode(imagecodecs.jpegls_encode(values), pixel(8, 0, 3, "RGB"))

    np.testing.assert_array_equal(samples, values)


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 16)])
def test_color_in_a_scan_for_each_component(dtype, bits):
    # ISO 14495-1 C.2: the frame header names three components, and each has a scan of its own,
    # which is that of a grey picture.
    values = noise(dtype, 2**bits - 1, (30, 44, 3))
    data = b"\xff\xd8\xff\xf7" + struct.pack(">HBHHB", 17, bits, 30, 44, 3)
    data += b"".join(bytes((component, 0x11, 0)) for component in (1, 2, 3))
    for component in (1, 2, 3):
        grey = bytes(imagecodecs.jpegls_encode(np.ascontiguousarray(values[..., component - 1])))
        scan = grey[grey.index(b"\xff\xda") : -2]
        data += scan[:5] + bytes((component,)) + scan[6:]
    data += b"\xff\xd9"

    np.testing.assert_array_equal(decode(data, pixel(bits, 0, 3, "RGB")), values)


def test_ybr_is_converted_after_decoding():
    # PS3.3 C.7.6.3.1.2, worked by hand: 100, 150, 200 is 201, 41, 139.
    data = imagecodecs.jpegls_encode(np.full((30, 44, 3), (100, 150, 200), np.uint8))

    image = decode_frame(EncodedFrame("test:a", data, LOSSLESS, pixel(8, 0, 3, "YBR_FULL")))

    assert (image.pixels == (201, 41, 139)).all()


def test_near_lossless_stays_within_its_bound():
    values = noise(np.uint16, 4095)

    samples = decode(imagecodecs.jpegls_encode(values, level=3), pixel(12), NEAR)

    assert 0 < np.abs(samples.astype(int) - values).max() <= 3


def test_eight_bits_in_words_are_widened():
    values = noise(np.uint8, 255)

    samples = decode(imagecodecs.jpegls_encode(values), pixel(8, allocated=16))

    assert samples.dtype == np.uint16
    np.testing.assert_array_equal(samples, values)


def test_another_size_than_the_header():
    data = imagecodecs.jpegls_encode(noise(np.uint8, 255, (31, 44)))

    with pytest.raises(DecodeError, match=r"Rows is 30 but the codestream says 31; it is 31 x 44"):
        decode(data, pixel(8))


@pytest.mark.parametrize("size", [2, 20, 600, -4])
def test_a_stream_that_was_cut(size):
    data = imagecodecs.jpegls_encode(noise(np.uint8, 255))[:size]

    with pytest.raises(
        DecodeError, match=r"cannot decode 1\.2.*\.80 \(JPEG-LS .*: broken JPEG str"
    ):
        decode(data, pixel(8))


def test_a_broken_stream_says_what_the_decoder_says():
    data = bytearray(imagecodecs.jpegls_encode(noise(np.uint8, 255)))
    data[200:600] = bytes(400)

    with pytest.raises(
        DecodeError, match=r"cannot decode .*: charls_jpegls_decoder_decode_to_buff"
    ):
        decode(bytes(data), pixel(8))


def test_jpeg_where_jpeg_ls_was_said():
    data = imagecodecs.jpeg8_encode(noise(np.uint8, 255))

    with pytest.raises(DecodeError, match=r"not JPEG-LS \(SOF55\), its frame header is FFC0"):
        decode(data, pixel(8))
