"""JPEG XL frames: bare and in containers, of every depth, and JPEG compressed further."""

from __future__ import annotations

import io
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from pycornerstone.codecs.decode import decode_frame, decode_samples
from pycornerstone.errors import DecodeError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

LOSSLESS = "1.2.840.10008.1.2.4.110"
FROM_JPEG = "1.2.840.10008.1.2.4.111"
LOSSY = "1.2.840.10008.1.2.4.112"


def of(array, bits=None, **changes):
    allocated = 8 * array.dtype.itemsize
    pixel = ImagePixelModule(
        rows=array.shape[0],
        columns=array.shape[1],
        samples_per_pixel=1 if array.ndim == 2 else 3,
        photometric_interpretation="MONOCHROME2" if array.ndim == 2 else "RGB",
        bits_allocated=allocated,
        bits_stored=bits or allocated,
        high_bit=(bits or allocated) - 1,
        pixel_representation=int(array.dtype.kind == "i"),
    )
    return replace(pixel, **changes)


def noise(dtype, shape, most=None):
    most = np.iinfo(dtype).max if most is None else most
    return np.random.default_rng(9).integers(0, most + 1, shape).astype(dtype)


def jxl(array, **options):
    return bytes(imagecodecs.jpegxl_encode(array, lossless=True, **options))


def decode(data, pixel, uid=LOSSLESS):
    return decode_samples(EncodedFrame("test:a", data, uid, pixel))


# All ratios of width and height that the header has a code for, and small and large sizes.
@pytest.mark.parametrize(
    "shape",
    [(40, 56), (64, 64), (50, 60), (48, 64), (40, 60), (45, 80), (64, 80), (40, 80), (8, 8),
     (1, 1), (3, 7), (512, 520), (1, 9000), (256, 264), (600, 601)],
)  # fmt: skip
@pytest.mark.parametrize("in_container", [False, True])
def test_sizes(shape, in_container):
    values = noise(np.uint8, shape)

    samples = decode(jxl(values, usecontainer=in_container), of(values))

    np.testing.assert_array_equal(samples, values)


@pytest.mark.parametrize("bits", [8, 9, 10, 12, 14, 16])
def test_depths(bits):
    dtype = np.uint8 if bits == 8 else np.uint16
    values = noise(dtype, (40, 56), 2**bits - 1)

    samples = decode(jxl(values, bitspersample=bits), of(values, bits))

    np.testing.assert_array_equal(samples, values)
    assert samples.dtype == dtype


def test_signed_values_are_the_same_bits():
    values = noise(np.uint16, (40, 56)).view(np.int16)

    np.testing.assert_array_equal(decode(jxl(values.view(np.uint16)), of(values)), values)


def test_eight_bits_in_words_are_widened():
    values = noise(np.uint8, (40, 56))

    samples = decode(jxl(values), of(values, bits_allocated=16))

    assert samples.dtype == np.uint16
    np.testing.assert_array_equal(samples, values)


def test_color():
    values = noise(np.uint8, (40, 56, 3))

    np.testing.assert_array_equal(decode(jxl(values), of(values)), values)


def test_lossy_color_is_rgb_and_near():
    rows, columns = np.mgrid[:64, :64]
    values = np.stack([rows * 2, columns * 3, 200 - rows], axis=-1).astype(np.uint8)
    data = bytes(imagecodecs.jpegxl_encode(values, distance=1.0))

    image = decode_frame(
        EncodedFrame("test:a", data, LOSSY, of(values, photometric_interpretation="XYB"))
    )

    assert image.photometric_interpretation == "RGB"
    difference = np.abs(image.pixels.astype(int) - values)
    assert 0 < difference.max() <= 30
    assert difference.mean() < 3


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "YBR_FULL", "RGB"])
def test_a_jpeg_that_was_compressed_further_is_that_jpeg(photometric):
    rows, columns = np.mgrid[:64, :64]
    values = np.stack([rows * 2, columns * 3, 200 - rows], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(values).save(buffer, "JPEG", quality=92, subsampling=0)
    data = bytes(imagecodecs.jpegxl_encode_jpeg(buffer.getvalue(), usecontainer=True))
    expected = np.asarray(Pillow.open(buffer)).astype(int)

    image = decode_frame(
        EncodedFrame("test:a", data, FROM_JPEG, of(values, photometric_interpretation=photometric))
    )

    # Two inverse transforms: libjpeg rounds YCbCr before it makes RGB of it, libjxl does not.
    difference = np.abs(image.pixels - expected)
    assert difference.max() <= 3
    assert difference.mean() < 1


class TestWhatIsWrong:
    VALUES = noise(np.uint8, (40, 56))

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"rows": 41}, r"\(0028,0010\) Rows is 41 but the codestream says 40; it is 40 x 56"),
            ({"columns": 64}, r"\(0028,0011\) Columns is 64 but the codestream says 56"),
            ({"samples_per_pixel": 3, "photometric_interpretation": "RGB"},
             r"\(JPEG XL Lossless\): invalid out\.shape=\(40, 56, 3\), shape=\(40, 56\)"),
        ],
    )  # fmt: skip
    def test_another_image_than_the_header(self, changes, message):
        with pytest.raises(DecodeError, match=message):
            decode(jxl(self.VALUES), of(self.VALUES, **changes))

    def test_more_bits_than_the_header(self):
        data = jxl(noise(np.uint16, (40, 56), 4095), bitspersample=12)

        with pytest.raises(
            DecodeError, match="Bits Allocated is 8 but the codestream has samples o"
        ):
            decode(data, of(self.VALUES))

    def test_floats_are_no_stored_samples(self):
        data = bytes(imagecodecs.jpegxl_encode(self.VALUES.astype(np.float32) / 255, lossless=True))

        with pytest.raises(DecodeError, match=r"cannot decode .*JPEG XL Lossless"):
            decode(data, of(self.VALUES))

    @pytest.mark.parametrize("in_container", [False, True])
    @pytest.mark.parametrize("part", [0.005, 0.1, 0.5, 0.98])
    def test_a_stream_that_was_cut(self, in_container, part):
        data = jxl(self.VALUES, usecontainer=in_container)

        with pytest.raises(
            DecodeError, match=r"cannot decode 1\.2\.840\.10008\.1\.2\.4\.110 \(JPEG"
        ):
            decode(data[: int(part * len(data))], of(self.VALUES))

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"\xff\xd8\xff\xe0", "it starts neither with FF0A nor as a JPEG XL container"),
            (b"\xff\x0a", "it ends within its header"),
            (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20), r"no codestream \(box jxlc or jxlp\)"),
            (b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x20jxlc" + bytes(24), "does not start with FF0A"),
        ],
    )
    def test_no_stream(self, data, message):
        with pytest.raises(DecodeError, match=message):
            decode(data, of(self.VALUES))
