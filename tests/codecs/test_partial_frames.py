"""Images of frames that are not all there."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.codecs.partial_frames import PartialFrame, can_be_partial
from pycornerstone.errors import DecodeError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image import ImageQuality
from pycornerstone.model.modules import ImagePixelModule, OverlayPlane
from pycornerstone.testing.phantoms import ct_phantom

JPEG_2000, JPEG_2000_LOSSY = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"
HIGH_THROUGHPUT, WITH_RPCL = "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"
FACTOR = {
    ImageQuality.SUBRESOLUTION: 8,
    ImageQuality.QUARTER_RESOLUTION: 4,
    ImageQuality.HALF_RESOLUTION: 2,
}
REDUCED = list(FACTOR)
# 5 decomposition levels: 1/32 and 1/16 come first.
CT = ct_phantom(3, 200, 256).hounsfield[1]


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


def as_type(dtype, samples=1):
    """Give the CT in a type, over the middle of its range; in colour, three different ones."""
    span = np.iinfo(dtype)
    width = span.max - span.min
    values = (CT - CT.min()) / np.ptp(CT) * width / 2 + span.min + width / 4
    grey = np.rint(values).astype(dtype)
    return grey if samples == 1 else np.stack([grey, grey[::-1], grey[:, ::-1]], axis=-1)


def j2k(array, **options):
    options = {"level": 0, "reversible": True} | options
    return bytes(imagecodecs.jpeg2k_encode(array, codecformat="j2k", **options))


def htj2k(array, **options):
    return bytes(imagecodecs.htj2k_encode(array, **({"reversible": True} | options)))


def first_bytes(data, pixel, quality):
    """Give as few of the first bytes as are enough."""
    low, high = 0, len(data)
    while low < high:
        middle = (low + high) // 2
        found = PartialFrame(pixel).go_on(data[:middle])
        low, high = (low, middle) if found and found >= quality else (middle + 1, high)
    return data[:low]


def decode(data, pixel, uid=JPEG_2000, **fields):
    return decode_frame(EncodedFrame("test:a", data, uid, pixel, is_partial=True, **fields))


@pytest.mark.parametrize("quality", REDUCED)
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
def test_samples_of_lower_resolution_are_those_of_openjph(dtype, samples, quality):
    array = as_type(dtype, samples)
    data, factor = htj2k(array), FACTOR[quality]

    image = decode(first_bytes(data, of(array), quality), of(array), HIGH_THROUGHPUT)

    assert image.quality is quality
    assert image.pixels.shape == array.shape
    assert image.pixels.dtype == dtype
    # OpenJPH's own decoding at lower resolution; such a sample lies at a multiple of the factor,
    # as low-pass samples do (ISO 15444-1 F.3).
    reduced = imagecodecs.htj2k_decode(data, skipres=factor.bit_length() - 1)
    np.testing.assert_array_equal(image.pixels[::factor, ::factor], reduced)


@pytest.mark.parametrize("quality", REDUCED)
@pytest.mark.parametrize("samples", [1, 3])
def test_samples_of_lower_resolution_are_those_of_openjpeg(samples, quality):
    array = as_type(np.uint8, samples)
    data, factor = j2k(array, mct=False), FACTOR[quality]

    image = decode(first_bytes(data, of(array), quality), of(array))

    assert image.quality is quality
    np.testing.assert_array_equal(image.pixels[::factor, ::factor], _by_pillow(data, factor))


def _by_pillow(data, factor):
    picture = Pillow.open(io.BytesIO(data))
    # The plugin's way to say how often to halve it.
    picture.reduce = factor.bit_length() - 1
    return np.asarray(picture)


@pytest.mark.parametrize("quality", REDUCED)
@pytest.mark.parametrize("samples", [1, 3])
def test_what_goes_beyond_the_range_does_not_wrap_around(samples, quality):
    # Black and white side by side, where low-pass samples overshoot; OpenJPEG takes that off, and
    # OpenJPH does not.
    array = np.zeros((64, 64) if samples == 1 else (64, 64, 3), np.uint8)
    array[:, 30:] = array[7:30, :9] = 255
    data, factor = htj2k(array), FACTOR[quality]
    reduced = _by_pillow(data, factor)
    assert (imagecodecs.htj2k_decode(data, skipres=factor.bit_length() - 1) != reduced).any()

    image = decode(first_bytes(data, of(array), quality), of(array), HIGH_THROUGHPUT)

    np.testing.assert_array_equal(image.pixels[::factor, ::factor], reduced)
    assert (image.pixels[:, 40:] > 200).all()


@pytest.mark.parametrize("quality", REDUCED)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_what_goes_beyond_the_range_does_not_wrap_around_where_it_is_lossy(dtype, quality):
    span = np.iinfo(dtype)
    array = np.full((64, 64), span.min, dtype)
    array[:, 30:] = array[7:30, :9] = span.max
    data = htj2k(array, reversible=False, level=0.003)
    first = first_bytes(data, of(array), quality)

    image = decode(first, of(array), HIGH_THROUGHPUT)

    # OpenJPEG reads the same blocks, and takes off what is beyond.
    frame = PartialFrame(of(array))
    frame.go_on(first)
    expected = imagecodecs.jpeg2k_decode(frame.codestream(first)).astype(int)
    width = int(span.max) - span.min
    assert np.abs(image.pixels.astype(int) - expected).max() <= max(1, width // 8000)
    # The edge is at 30, and reaches four samples to both sides, of the lower resolution.
    assert (image.pixels[:, 62:] > span.max - width // 8).all()


def test_between_two_samples_it_goes_straight_from_one_to_the_other():
    # The 5-3 synthesis with no high-pass samples (ISO 15444-1 F.3.8.2): (a + b) >> 1 in between.
    array = as_type(np.int16)
    image = decode(first_bytes(htj2k(array), of(array), REDUCED[2]), of(array), HIGH_THROUGHPUT)
    samples = image.pixels.astype(int)

    even = samples[::2]
    np.testing.assert_array_equal(samples[1:-1:2], (even[:-1] + even[1:]) >> 1)


@pytest.mark.parametrize("quality", REDUCED)
@pytest.mark.parametrize(
    ("uid", "encode"),
    [
        (HIGH_THROUGHPUT, htj2k),
        (HIGH_THROUGHPUT, lambda array: htj2k(array, reversible=False, level=0.0005)),
        (WITH_RPCL, lambda array: htj2k(array, tlm=True, tilepart=1)),
        (JPEG_2000, j2k),
        (JPEG_2000_LOSSY, lambda array: j2k(array, reversible=False, level=70)),
    ],
)
def test_it_is_the_picture_blurred(uid, encode, quality):
    array = as_type(np.int16)
    data, factor = encode(array), FACTOR[quality]
    full = decode_frame(EncodedFrame("test:a", data, uid, of(array))).pixels

    image = decode(first_bytes(data, of(array), quality), of(array), uid)

    # Means of blocks around the samples, and between them the bilinear: what anybody would expect.
    expected = _blurred(full, factor)
    span = np.ptp(full.astype(float))
    difference = image.pixels - expected
    assert np.abs(difference).mean() < 0.03 * span
    assert abs(difference.mean()) < 0.002 * span
    # It lies where it should: moved by half of a low-pass sample, it fits worse.
    inner = slice(factor, -factor)
    aside = np.roll(image.pixels, factor // 2, axis=1) - full.astype(float)
    in_place = image.pixels - full.astype(float)
    assert np.abs(in_place[inner, inner]).mean() < np.abs(aside[inner, inner]).mean()


def _blurred(full, factor):
    rows, columns = full.shape
    padded = np.pad(full.astype(float), factor, mode="reflect")
    kernel = 1 - np.abs(np.arange(1 - factor, factor)) / factor
    kernel /= kernel.sum()
    for axis in (0, 1):
        padded = np.apply_along_axis(lambda line: np.convolve(line, kernel, "same"), axis, padded)
    return padded[factor : factor + rows, factor : factor + columns]


def test_it_gets_better_with_every_byte():
    array = as_type(np.uint16)
    data = j2k(array)
    frame = PartialFrame(of(array))

    qualities = [frame.go_on(data[:length]) for length in range(0, len(data), 61)]

    known = [quality for quality in qualities if quality]
    assert known == sorted(known)
    assert set(known) == set(REDUCED)
    assert frame.go_on(data) is ImageQuality.FULL_RESOLUTION


def test_all_bytes_give_the_whole():
    array = as_type(np.uint16)

    image = decode(htj2k(array), of(array), HIGH_THROUGHPUT)

    assert image.quality is ImageQuality.FULL_RESOLUTION
    assert image.transfer_syntax_uid == HIGH_THROUGHPUT
    np.testing.assert_array_equal(image.pixels, array)


def test_quality_layers_are_shown_at_full_resolution():
    array = as_type(np.uint8)
    written = io.BytesIO()
    Pillow.fromarray(array).save(
        written, "JPEG2000", no_jp2=True, quality_layers=[60, 20, 2], progression="LRCP"
    )
    data = written.getvalue()

    image = decode(first_bytes(data, of(array), ImageQuality.LOSSY), of(array), JPEG_2000_LOSSY)

    assert image.quality is ImageQuality.LOSSY
    full = np.asarray(Pillow.open(io.BytesIO(data))).astype(int)
    assert 0 < np.abs(image.pixels - full).mean() < 10


@pytest.mark.parametrize("progression", ["LRCP", "RLCP"])
def test_layers_of_next_to_nothing_are_no_picture(progression):
    # In the first of these there is so little that all is grey.
    array = as_type(np.uint8)
    written = io.BytesIO()
    Pillow.fromarray(array).save(
        written, "JPEG2000", no_jp2=True, quality_layers=[5000, 1], progression=progression
    )
    data = written.getvalue()
    full = np.asarray(Pillow.open(io.BytesIO(data))).astype(int)
    frame = PartialFrame(of(array))
    first = {}
    for length in range(0, len(data), 50):
        first.setdefault(frame.go_on(data[:length]), length)

    without_layers = j2k(array)
    del first[None]
    assert set(first) >= set(REDUCED)
    for quality in REDUCED:
        error = np.abs(decode(data[: first[quality]], of(array)).pixels - full).mean()
        # All grey differs by 18. It is as good as its name says, by a stream without layers.
        other = decode(first_bytes(without_layers, of(array), quality), of(array)).pixels
        assert error <= np.abs(other - full).mean() * 1.1


def test_a_jp2_file_is_looked_into():
    array = as_type(np.uint8)
    data = bytes(imagecodecs.jpeg2k_encode(array, level=0, codecformat="jp2", reversible=True))
    assert data[4:8] == b"jP  "

    image = decode(first_bytes(data, of(array), REDUCED[1]), of(array))

    assert image.quality is REDUCED[1]


def test_what_goes_beyond_twelve_bits_does_not_wrap_around():
    # An edge between the ends of the range, where the low-pass overshoots.
    array = np.zeros((64, 64), np.uint16)
    array[:, 30:] = 4095
    pixel = of(array, bits_stored=12, high_bit=11)
    data = htj2k(array)

    image = decode(first_bytes(data, pixel, REDUCED[1]), pixel, HIGH_THROUGHPUT)

    assert image.pixels.max() == 4095
    assert (image.pixels[32, :28] < 100).all()
    assert (image.pixels[32, 32:] > 3400).all()


@pytest.mark.parametrize("uid", [JPEG_2000, HIGH_THROUGHPUT])
def test_too_few_bytes_are_an_error(uid):
    array = as_type(np.uint16)
    data = htj2k(array) if uid == HIGH_THROUGHPUT else j2k(array)

    with pytest.raises(DecodeError, match=r"first 150 bytes of a frame: they are not enough"):
        decode(data[:150], of(array), uid)


class TestWhatIsNotShown:
    """A wrong picture is worse than none."""

    ARRAY = as_type(np.uint8)
    DATA = j2k(ARRAY)

    def encoded(self, uid=JPEG_2000, overlays=None, **changes):
        pixel = of(self.ARRAY, **changes)
        return EncodedFrame("test:a", self.DATA, uid, pixel, overlays=overlays, is_partial=True)

    def test_as_it_is_it_would_be(self):
        assert can_be_partial(self.encoded())

    def test_indices_of_a_palette(self):
        encoded = self.encoded(photometric_interpretation="PALETTE COLOR")

        assert not can_be_partial(encoded)
        with pytest.raises(DecodeError, match="shows nothing before all of it is there"):
            decode_frame(encoded)

    def test_masks_of_one_bit(self):
        assert not can_be_partial(self.encoded(bits_stored=1, high_bit=0))

    def test_overlays_among_the_bits(self):
        plane = OverlayPlane(group=0x6000, rows=200, columns=256, bit_position=7)

        assert not can_be_partial(self.encoded(overlays=(plane,)))

    def test_other_encodings(self):
        assert not can_be_partial(self.encoded("1.2.840.10008.1.2.4.80"))

    @pytest.mark.parametrize(
        "changes",
        [
            {"rows": 199},
            {"columns": 300},
            {"pixel_representation": 1},
            {"bits_allocated": 16, "bits_stored": 8, "high_bit": 15},
        ],
    )
    def test_another_image_than_the_header_describes(self, changes):
        pixel = of(self.ARRAY, **changes)
        frame = PartialFrame(pixel)

        assert frame.go_on(self.DATA) is None
        assert frame.is_hopeless


def test_broken_first_bytes_crash_nothing():
    script = Path(__file__).with_name("broken_partial_frames.py")
    done = subprocess.run(
        [sys.executable, script, "7"], capture_output=True, text=True, timeout=100, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
    outcomes = json.loads(done.stdout)
    assert outcomes["slowest"] < 5
    # Most are told by their packets; a picture comes of those whose faults lie within the blocks.
    assert outcomes["DecodeError"] + outcomes.get("UnsupportedEncodingError", 0) > 100
    assert outcomes["Image"] > 100
