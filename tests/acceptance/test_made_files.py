"""What there is no real file of, through the public way: files made by pydicom and imagecodecs."""

from __future__ import annotations

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from pycornerstone.errors import UnsupportedEncodingError
from pycornerstone.session.session import Session

STANDARD = "1.2.840.10008.1.2"
GREY = np.add.outer(np.arange(24) * 160, np.arange(32) * 11).astype(np.uint16)
RGB = np.stack([GREY % 251, GREY % 239, GREY // 20], axis=-1).astype(np.uint8)


def header(pixels, frames=1, **changes):
    """Elements of Image Pixel (PS3.3 C.7.6.3) for an array of one frame."""
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7.4"
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.Modality = "OT"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    dataset.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.dtype.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.NumberOfFrames = frames
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    return dataset


def part10(uid, dataset, pixel_data, *, is_encapsulated=True):
    """Write a file around what pydicom writes, which refuses syntaxes that it does not know."""
    uid = uid.encode() + b"\0" * (len(uid) % 2)
    syntax = struct.pack("<HH2sH", 2, 0x10, b"UI", len(uid)) + uid
    meta = struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(syntax)) + syntax
    written = DicomBytesIO()
    written.is_little_endian, written.is_implicit_VR = True, False
    write_dataset(written, dataset)
    length = 0xFFFFFFFF if is_encapsulated else len(pixel_data)
    element = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, length) + pixel_data
    if is_encapsulated:
        element += struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return bytes(128) + b"DICM" + meta + written.getvalue() + element


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Write a file and load a frame of it."""
    folder = tmp_path_factory.mktemp("made")
    with Session() as session:

        def image(data, frame=1):
            file = folder / f"{len(list(folder.iterdir()))}.dcm"
            file.write_bytes(data)
            return session.load_image(f"dicomfile:{file}?frame={frame}").result(timeout=60)

        yield image


def j2k(pixels):
    return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", level=0, reversible=True)


def htj2k(pixels):
    return imagecodecs.htj2k_encode(pixels, reversible=True)


def jxl(pixels):
    return imagecodecs.jpegxl_encode(pixels, lossless=True)


def jpeg_lossless(pixels):
    return imagecodecs.jpeg8_encode(
        pixels, lossless=True, predictor=4, bitspersample=8 * pixels.itemsize
    )


def deflated(pixels):
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(pixels.tobytes()) + deflater.flush()


@pytest.mark.parametrize("pixels", [GREY, GREY.view(np.int16), RGB], ids=["grey", "signed", "rgb"])
@pytest.mark.parametrize(
    ("uid", "encode"),
    [
        (f"{STANDARD}.1.98", np.ndarray.tobytes),
        (f"{STANDARD}.4.57", jpeg_lossless),
        (f"{STANDARD}.4.92", j2k),
        (f"{STANDARD}.4.93", j2k),
        (f"{STANDARD}.4.110", jxl),
        (f"{STANDARD}.4.112", jxl),
        (f"{STANDARD}.4.202", htj2k),
        (f"{STANDARD}.4.203", htj2k),
        ("3.2.840.10008.1.2.4.96", htj2k),
        (f"{STANDARD}.8.1", deflated),
    ],
)
def test_lossless_frames_are_those_that_were_encoded(load, uid, encode, pixels):
    if pixels.dtype.kind == "i" and encode in {jxl, jpeg_lossless}:
        # These store bits; only Pixel Representation (0028,0103) says that there is a sign.
        frame = bytes(encode(pixels.view(np.uint16)))
    else:
        frame = bytes(encode(pixels))

    image = load(part10(uid, header(pixels), encapsulate([frame])))

    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.pixels.dtype == pixels.dtype
    assert image.transfer_syntax_uid == uid


def test_a_jpeg_that_was_compressed_further_is_that_jpeg(load):
    smooth = np.stack([GREY // 20, 255 - GREY // 20, GREY // 40], axis=-1).astype(np.uint8)
    original = bytes(imagecodecs.jpeg8_encode(smooth, level=90, subsampling="444"))
    frame = bytes(imagecodecs.jpegxl_encode_jpeg(original, usecontainer=True))
    dataset = header(RGB, PhotometricInterpretation="YBR_FULL")

    image = load(part10(f"{STANDARD}.4.111", dataset, encapsulate([frame])))

    decoded = imagecodecs.jpeg8_decode(original).astype(int)
    # Each has an inverse transform and a rounding of its own.
    assert np.abs(image.pixels - decoded).max() <= 3


@pytest.mark.parametrize("has_table", [True, False])
def test_uncompressed_frames_in_items_may_be_of_odd_length(load, has_table):
    # PS3.5 section A.4.11: the byte that makes an item's length even is no sample.
    frames = [np.full((3, 3), number, np.uint8) for number in (1, 2, 3)]
    data = encapsulate([frame.tobytes() + b"\0" for frame in frames], has_bot=has_table)
    file = part10(f"{STANDARD}.1.98", header(frames[0], 3), data)

    for number, frame in enumerate(frames, 1):
        np.testing.assert_array_equal(load(file, number).pixels, frame)


class TestCine:
    """One frame of a color cine of 120: the others are not even looked at."""

    COUNT = 120
    UID = f"{STANDARD}.4.50"

    def frames(self):
        for number in range(self.COUNT):
            picture = np.full((16, 16, 3), (number, 255 - number, 40), np.uint8)
            yield bytes(imagecodecs.jpeg8_encode(picture, level=98))

    def ruined(self, data, kept, frames):
        """Overwrite all frames but one, their items and all."""
        start = data.index(frames[kept - 1]) - 8
        stop = start + 8 + len(frames[kept - 1])
        first = data.index(frames[0]) - 8
        return (
            data[:first]
            + b"\x55" * (start - first)
            + data[start:stop]
            + b"\xaa" * (len(data) - stop)
        )

    @pytest.mark.parametrize("table", ["basic", "extended"])
    def test_one_frame(self, load, table):
        frames = [frame + b"\0" * (len(frame) % 2) for frame in self.frames()]
        dataset = header(RGB[:16, :16], self.COUNT, PhotometricInterpretation="YBR_FULL")
        if table == "basic":
            data = encapsulate(frames)
        else:
            data, offsets, lengths = encapsulate_extended(frames)
            dataset.ExtendedOffsetTable = offsets
            dataset.ExtendedOffsetTableLengths = lengths
        file = self.ruined(part10(self.UID, dataset, data), 60, frames)

        image = load(file, 60)

        # Frame 60 is number 59 of them; JPEG keeps one color to within its rounding.
        difference = np.abs(image.pixels.astype(int) - (59, 255 - 59, 40))
        assert difference.max() <= 3


@pytest.mark.parametrize("end", ["100", "102.1", "107"])
def test_video_is_an_error_that_names_it(load, end):
    file = part10(f"{STANDARD}.4.{end}", header(RGB, 30), encapsulate([b"\0\0\1\xb3" * 40]))

    with pytest.raises(
        UnsupportedEncodingError, match=rf"{STANDARD}\.4\.{end} \(.*\): video is not shown yet"
    ):
        load(file)


@pytest.mark.parametrize("end", ["58", "59", "66"])
def test_what_no_library_decodes_is_an_error_that_names_it(load, end):
    file = part10(f"{STANDARD}.4.{end}", header(RGB), encapsulate([b"\xff\xd8\xff\xd9"]))

    with pytest.raises(
        UnsupportedEncodingError,
        match=rf"cannot decode {STANDARD}\.4\.{end} \(JPEG .*\): this version has no decoder",
    ):
        load(file)


@pytest.mark.parametrize("photometric", ["ARGB", "CMYK", "HSV"])
def test_retired_colors_are_an_error_that_names_them(load, photometric):
    samples = 3 if photometric == "HSV" else 4
    dataset = header(RGB, PhotometricInterpretation=photometric, SamplesPerPixel=samples)
    file = part10(f"{STANDARD}.1", dataset, bytes(24 * 32 * samples), is_encapsulated=False)

    with pytest.raises(UnsupportedEncodingError, match=photometric):
        load(file)
