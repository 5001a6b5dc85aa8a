"""JPEG frames: against Pillow and SimpleITK, and every way of saying what the colour is."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from pycornerstone.codecs.decode import decode_frame, decode_samples
from pycornerstone.codecs.jpeg_header import read_jpeg_header
from pycornerstone.errors import DecodeError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

BASELINE = "1.2.840.10008.1.2.4.50"
EXTENDED = "1.2.840.10008.1.2.4.51"
LOSSLESS = "1.2.840.10008.1.2.4.57"
FIRST_ORDER = "1.2.840.10008.1.2.4.70"

GREY = ImagePixelModule(rows=40, columns=56, bits_allocated=8, bits_stored=8, high_bit=7)
RGB = replace(GREY, samples_per_pixel=3, photometric_interpretation="RGB")
YBR = replace(RGB, photometric_interpretation="YBR_FULL_422")
WORDS = replace(GREY, bits_allocated=16, bits_stored=16, high_bit=15)


def ramp(dtype=np.uint8, most=255):
    rows, columns = np.mgrid[:40, :56]
    return (
        (rows * 37 + columns * 3 + rows * columns).astype(np.int64).__mod__(most + 1).astype(dtype)
    )


def smooth(channels=3):
    rows, columns = np.mgrid[:40, :56]
    planes = [rows * 6, columns * 4, 255 - rows * 3 - columns][:channels]
    return np.stack(planes, axis=-1).astype(np.uint8)


def encoded(data, pixel, uid=BASELINE):
    return EncodedFrame("test:a", data, uid, pixel)


def pillow_jpeg(array, **options):
    buffer = io.BytesIO()
    Pillow.fromarray(array).save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def without_app_markers(data):
    """Take JFIF and Adobe markers out, so that the stream does not say what its colour is."""
    position, kept = 2, data[:2]
    while data[position + 1] != 0xDA:
        length = 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if not 0xE0 <= data[position + 1] <= 0xEF:
            kept += data[position : position + length]
        position += length
    return kept + data[position:]


class TestLossy:
    def test_grey_is_what_pillow_reads(self):
        data = pillow_jpeg(smooth()[..., 0])

        samples = decode_samples(encoded(data, GREY))

        np.testing.assert_array_equal(samples, np.asarray(Pillow.open(io.BytesIO(data))))

    @pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
    @pytest.mark.parametrize("progressive", [False, True])
    @pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422", "RGB"])
    def test_color_with_a_jfif_marker_is_what_pillow_reads(
        self, subsampling, progressive, photometric
    ):
        # The marker says YCbCr, whatever the DICOM header says.
        data = pillow_jpeg(smooth(), subsampling=subsampling, progressive=progressive)
        pixel = replace(RGB, photometric_interpretation=photometric)

        image = decode_frame(encoded(data, pixel))

        np.testing.assert_array_equal(image.pixels, np.asarray(Pillow.open(io.BytesIO(data))))
        assert image.photometric_interpretation == "RGB"

    def test_without_a_marker_the_header_says_ybr(self):
        data = pillow_jpeg(smooth(), subsampling="4:4:4")
        expected = np.asarray(Pillow.open(io.BytesIO(data)))

        image = decode_frame(encoded(without_app_markers(data), YBR))

        np.testing.assert_array_equal(image.pixels, expected)

    def test_without_a_marker_the_header_says_rgb(self):
        # Pillow stores YCbCr as it is given it, here red, green and blue, under components 1, 2, 3.
        buffer = io.BytesIO()
        stored = Pillow.frombytes("YCbCr", (56, 40), smooth().tobytes())
        stored.save(buffer, "JPEG", quality=95, subsampling=0)
        data = without_app_markers(buffer.getvalue())
        header = read_jpeg_header(data)
        assert (header.has_jfif, header.adobe_transform) == (False, None)

        image = decode_frame(encoded(data, RGB))

        assert np.abs(image.pixels.astype(int) - smooth()).max() <= 6

    @pytest.mark.parametrize("photometric", ["YBR_PARTIAL_422", "YBR_PARTIAL_420"])
    def test_without_a_marker_the_header_says_the_range_of_video(self, photometric):
        # PS3.3 C.7.6.3.1.2: Y of 16 is black and of 235 white, CB and CR of 128 no colour.
        ybr = np.full((40, 56, 3), (16, 128, 128), np.uint8)
        ybr[20:, :, 0] = 235
        buffer = io.BytesIO()
        stored = Pillow.frombytes("YCbCr", (56, 40), ybr.tobytes())
        stored.save(buffer, "JPEG", quality=95, subsampling=0)
        pixel = replace(YBR, photometric_interpretation=photometric)

        unmarked = decode_frame(encoded(without_app_markers(buffer.getvalue()), pixel))
        with_jfif = decode_frame(encoded(buffer.getvalue(), pixel))

        assert [int(unmarked.pixels[row, 0, 1]) for row in (0, -1)] == pytest.approx(
            [0, 255], abs=2
        )
        # JFIF is of full range.
        assert [int(with_jfif.pixels[row, 0, 1]) for row in (0, -1)] == pytest.approx(
            [16, 235], abs=2
        )

    @pytest.mark.parametrize("pixel", [RGB, YBR])
    def test_components_by_the_names_of_colors_are_those(self, pixel):
        # libjpeg calls components so where it was told to store RGB, and reads them so.
        data = without_app_markers(pillow_jpeg(smooth(), keep_rgb=True))
        header = read_jpeg_header(data)
        assert (header.component_ids, header.adobe_transform) == (b"RGB", None)

        image = decode_frame(encoded(data, pixel))

        np.testing.assert_array_equal(image.pixels, np.asarray(Pillow.open(io.BytesIO(data))))

    def test_an_adobe_marker_says_rgb_whatever_the_header_says(self):
        data = pillow_jpeg(smooth(), keep_rgb=True)

        image = decode_frame(encoded(data, YBR))

        np.testing.assert_array_equal(image.pixels, np.asarray(Pillow.open(io.BytesIO(data))))

    def test_twelve_bits_are_what_simpleitk_reads(self, read_instance, testdata):
        import SimpleITK

        path = "pypi-pydicom/pydicom/data/test_files/JPGExtended.dcm"
        reader = SimpleITK.ImageFileReader()
        reader.SetFileName(str(testdata / path))
        expected = SimpleITK.GetArrayFromImage(reader.Execute())[0]

        samples = decode_samples(read_instance(path).encoded())

        np.testing.assert_array_equal(samples, expected)
        assert samples.max() > 255

    def test_a_marker_is_believed_more_than_the_header(self, read_instance):
        # Labelled RGB and without any marker: taken for YCbCr it would be 100 levels off.
        instance = read_instance(
            "pypi-pydicom/pydicom/data/test_files/SC_jpeg_no_color_transform.dcm"
        )
        header = read_jpeg_header(instance.encoded().data)
        assert (header.has_jfif, header.adobe_transform) == (False, None)

        samples = decode_samples(instance.encoded())

        # The manifest: 134 to 252, mean 243.97, one level of difference between decoders.
        assert abs(samples.mean() - 243.973) < 0.01
        assert (samples.min(), samples.max()) == (134, 252)

    def test_eight_bits_in_words_are_widened(self):
        data = pillow_jpeg(smooth()[..., 0])

        samples = decode_samples(encoded(data, WORDS))

        assert samples.dtype == np.uint16
        np.testing.assert_array_equal(samples, np.asarray(Pillow.open(io.BytesIO(data))))


class TestLossless:
    @pytest.mark.parametrize("predictor", range(1, 8))
    @pytest.mark.parametrize("uid", [LOSSLESS, FIRST_ORDER])
    def test_every_predictor(self, predictor, uid):
        values = ramp(np.uint16, 65535)
        data = imagecodecs.jpeg8_encode(values, lossless=True, predictor=predictor)

        np.testing.assert_array_equal(decode_samples(encoded(data, WORDS, uid)), values)

    @pytest.mark.parametrize(("bits", "most"), [(10, 1023), (12, 4095), (14, 16383)])
    def test_fewer_bits_are_sign_extended_where_the_header_is_signed(self, bits, most):
        # JPEG has no sign: the bits are two's complement (PS3.5 section 8.2.1).
        values = ramp(np.uint16, most)
        data = imagecodecs.jpeg8_encode(values, lossless=True, bitspersample=bits)
        unsigned = replace(WORDS, bits_stored=bits, high_bit=bits - 1)
        signed = replace(unsigned, pixel_representation=1)
        expected = values.astype(np.int16)
        expected[values > most // 2] -= most + 1

        np.testing.assert_array_equal(decode_samples(encoded(data, unsigned, LOSSLESS)), values)
        np.testing.assert_array_equal(decode_samples(encoded(data, signed, LOSSLESS)), expected)

    def test_sixteen_bits_may_hold_fewer_that_are_not_extended(self):
        values = ramp(np.uint16, 4095)
        data = imagecodecs.jpeg8_encode(values, lossless=True, bitspersample=16)
        signed = replace(WORDS, bits_stored=12, high_bit=11, pixel_representation=1)
        expected = values.astype(np.int16)
        expected[values > 2047] -= 4096

        np.testing.assert_array_equal(decode_samples(encoded(data, signed, LOSSLESS)), expected)

    def test_color_is_left_as_it_is_stored(self):
        values = smooth()
        data = imagecodecs.jpeg8_encode(
            values, lossless=True, colorspace="RGB", outcolorspace="RGB"
        )

        np.testing.assert_array_equal(decode_samples(encoded(data, RGB, LOSSLESS)), values)
        np.testing.assert_array_equal(decode_samples(encoded(data, YBR, LOSSLESS)), values)

    def test_ybr_is_converted_after_decoding(self):
        # PS3.3 C.7.6.3.1.2, worked by hand: 100, 150, 200 is 201, 41, 139.
        values = np.full((40, 56, 3), (100, 150, 200), np.uint8)
        data = imagecodecs.jpeg8_encode(
            values, lossless=True, colorspace="RGB", outcolorspace="RGB"
        )
        pixel = replace(RGB, photometric_interpretation="YBR_FULL")

        image = decode_frame(encoded(data, pixel, LOSSLESS))

        assert (image.pixels == (201, 41, 139)).all()


class TestWhatIsWrong:
    GREY_JPEG = pillow_jpeg(smooth()[..., 0])
    COLOR_JPEG = pillow_jpeg(smooth())

    @pytest.mark.parametrize(
        ("pixel", "message"),
        [
            (
                replace(GREY, rows=41),
                "Rows is 41 but the codestream says 40; it is 40 x 56 x 1, the header 41 x 56 x 1",
            ),
            (replace(GREY, columns=64), r"\(0028,0011\) Columns is 64 but the codestream says 56"),
            (RGB, r"\(0028,0002\) Samples per Pixel is 3 but the codestream says 1"),
        ],
    )
    def test_another_size_than_the_header(self, pixel, message):
        with pytest.raises(DecodeError, match=message):
            decode_samples(encoded(self.GREY_JPEG, pixel))

    def test_more_components_than_the_header(self):
        with pytest.raises(DecodeError, match="Samples per Pixel is 1 but the codestream says 3"):
            decode_samples(encoded(self.COLOR_JPEG, GREY))

    def test_more_bits_than_the_header(self):
        data = imagecodecs.jpeg8_encode(ramp(np.uint16, 4095), bitspersample=12)

        with pytest.raises(
            DecodeError,
            match=r"\(0028,0100\) Bits Allocated is 8 but the codestream has samples of 12 bits",
        ):
            decode_samples(encoded(data, GREY, EXTENDED))

    def test_a_stream_that_was_cut(self):
        # The decoder itself would fill the rest with grey.
        data = self.GREY_JPEG[:-20]

        with pytest.raises(
            DecodeError,
            match=rf"cannot decode 1\.2.* \(JPEG Baseline \(Process 1\)\): broken JPEG stream: its "
            rf"{len(data)} bytes end without the marker EOI \(FFD9\)",
        ):
            decode_samples(encoded(data, GREY))

    @pytest.mark.parametrize(
        ("data", "uid"),
        [
            (GREY_JPEG, BASELINE),
            (pillow_jpeg(ramp(), progressive=True), "1.2.840.10008.1.2.4.55"),
            (bytes(imagecodecs.jpeg8_encode(ramp(), lossless=True)), LOSSLESS),
        ],
    )
    def test_a_short_stream_of_a_huge_picture(self, data, uid):
        # The decoder would fill a gigabyte for it.
        start = next(
            data.index(bytes((0xFF, code)))
            for code in (0xC0, 0xC2, 0xC3)
            if bytes((0xFF, code, 0)) in data
        )
        data = data[: start + 5] + struct.pack(">HH", 32768, 32767) + data[start + 9 :]
        pixel = replace(GREY, rows=32768, columns=32767)

        with pytest.raises(DecodeError, match=rf"its {len(data)} bytes are too few for 32768 rows"):
            decode_samples(encoded(data, pixel, uid))

    @pytest.mark.parametrize("value", [0, 255])
    @pytest.mark.parametrize("options", [{}, {"progressive": True, "optimize": True}])
    def test_a_picture_of_one_value_is_short_and_whole(self, value, options):
        data = pillow_jpeg(np.full((40, 56), value, np.uint8), **options)

        assert (decode_samples(encoded(data, GREY)) == value).all()

    def test_padding_after_the_end(self):
        samples = decode_samples(encoded(self.GREY_JPEG + bytes(100), GREY))

        np.testing.assert_array_equal(samples, decode_samples(encoded(self.GREY_JPEG, GREY)))

    def test_bytes_between_segments(self):
        data = self.GREY_JPEG[:2] + b"\0 \0" + self.GREY_JPEG[2:]

        samples = decode_samples(encoded(memoryview(data), GREY))

        np.testing.assert_array_equal(samples, decode_samples(encoded(self.GREY_JPEG, GREY)))

    def test_lossless_where_lossy_was_said(self):
        data = imagecodecs.jpeg8_encode(ramp(), lossless=True)

        with pytest.raises(DecodeError, match=r"the frame is lossless JPEG \(SOF3\)"):
            decode_samples(encoded(data, GREY))

    def test_lossy_where_lossless_was_said(self):
        with pytest.raises(DecodeError, match=r"not lossless JPEG \(SOF3\), its .* is FFC0"):
            decode_samples(encoded(self.GREY_JPEG, GREY, LOSSLESS))

    def test_jpeg_ls_where_jpeg_was_said(self):
        data = imagecodecs.jpegls_encode(ramp())

        with pytest.raises(DecodeError, match=r"the frame is JPEG-LS \(SOF55\)"):
            decode_samples(encoded(data, GREY))

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"\x89PNG\r\n\x1a\n", r"no JPEG stream: it does not start with the marker SOI \(FFD8"),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF", "its 10 bytes end before the first scan"),
            (b"\xff\xd8\x00\x00\x00\x00", "its 6 bytes end before the first scan"),
            (b"\xff\xd8\xff\xda\x00\x08\xff\xd9", "its 8 bytes end before the first scan"),
            (b"\xff\xd8" + b"\xff" * 50, "its 52 bytes end before the first scan"),
        ],
    )
    def test_no_jpeg(self, data, message):
        with pytest.raises(DecodeError, match=message):
            decode_samples(encoded(data, GREY))

    def test_what_the_decoder_says_is_passed_on(self):
        # A Huffman table that cannot be: all its code lengths are 255.
        start = self.GREY_JPEG.index(b"\xff\xc4") + 5
        data = self.GREY_JPEG[:start] + b"\xff" * 16 + self.GREY_JPEG[start + 16 :]

        with pytest.raises(
            DecodeError, match=r"cannot decode .*Baseline.*: Bogus Huffman"
        ) as error:
            decode_samples(encoded(data, GREY))

        assert isinstance(error.value.__cause__, RuntimeError)


@pytest.mark.parametrize(
    ("options", "process", "adobe"),
    [({}, 0xC0, None), ({"progressive": True}, 0xC2, None), ({"keep_rgb": True}, 0xC0, 0)],
)
def test_the_header_of_a_stream(options, process, adobe):
    header = read_jpeg_header(pillow_jpeg(smooth(), **options))

    assert (header.codestream.rows, header.codestream.columns) == (40, 56)
    assert (header.codestream.samples, header.codestream.precision) == (3, 8)
    assert (header.process, header.adobe_transform) == (process, adobe)
    assert header.has_jfif is (adobe is None)
