"""Overlays in the high bits of samples, from files that pydicom writes, through a whole session."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom import uid as uids
from pydicom.encaps import encapsulate
from pydicom.pixels import get_encoder

from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.phantoms import ct_phantom

ROWS, COLUMNS = 6, 9
VALUES = (np.arange(ROWS * COLUMNS, dtype=np.uint16) * 75).reshape(ROWS, COLUMNS)
LETTER = np.array([[0, 1, 1, 0, 0, 0, 0, 0, 0]] * 3 + [[0, 1, 0, 0, 0, 0, 0, 0, 1]] * 3, bool)
FRAME = np.zeros((ROWS, COLUMNS), bool)
FRAME[0] = FRAME[-1] = FRAME[:, 0] = True
PACKED = [uids.ExplicitVRLittleEndian, uids.ExplicitVRBigEndian, uids.RLELossless]


def written(path, samples, syntax=uids.ExplicitVRLittleEndian, frames=1, **elements):
    """Write samples of 12 bits with something above them."""
    dataset = pydicom.dcmread(io.BytesIO(ct_series(ct_phantom(1, ROWS, COLUMNS))[0]))
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = ROWS, COLUMNS, frames
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    for group, bit in ((0x6000, 12), (0x6002, 15)):
        dataset.add_new((group, 0x0010), "US", ROWS)
        dataset.add_new((group, 0x0011), "US", COLUMNS)
        dataset.add_new((group, 0x0040), "CS", "G")
        dataset.add_new((group, 0x0050), "SS", [1, 1])
        dataset.add_new((group, 0x0100), "US", 16)
        dataset.add_new((group, 0x0102), "US", bit)
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    order = ">" if syntax == uids.ExplicitVRBigEndian else "<"
    data = samples.astype(f"{order}u2").tobytes()
    if syntax == uids.RLELossless:
        encoder = get_encoder(syntax)
        options = {
            "rows": ROWS,
            "columns": COLUMNS,
            "samples_per_pixel": 1,
            "bits_allocated": 16,
            "bits_stored": 16,
            "pixel_representation": 0,
            "photometric_interpretation": "MONOCHROME2",
            "number_of_frames": 1,
        }
        data = encapsulate([encoder.encode(data, **options)])
    dataset.PixelData = data
    dataset["PixelData"].VR = "OB" if syntax == uids.RLELossless else "OW"
    # pydicom does not change the byte order of a data set that it has read.
    copy = pydicom.Dataset()
    copy.update({element.tag: element for element in dataset})
    copy.file_meta = dataset.file_meta
    pydicom.dcmwrite(path, copy, enforce_file_format=True)
    return f"dicomfile:{path}"


def loaded(image_id):
    with Session() as session:
        return session.load_image(image_id).result(30)


@pytest.mark.parametrize("syntax", PACKED)
def test_bits_above_the_value_are_its_overlays(tmp_path, syntax):
    samples = VALUES | LETTER.astype(np.uint16) << 12 | FRAME.astype(np.uint16) << 15
    image = loaded(written(tmp_path / "a.dcm", samples, syntax))
    assert (image.pixels == VALUES).all()
    letter, frame = image.overlays
    assert (letter.group, letter.bit_position) == (0x6000, 12)
    assert (letter.bits == LETTER).all()
    assert (frame.group, frame.bit_position) == (0x6002, 15)
    assert (frame.bits == FRAME).all()
    assert image.size_in_bytes == 2 * VALUES.size + 2 * VALUES.size


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (uids.JPEGLosslessSV1, lambda words: imagecodecs.ljpeg_encode(words, bitspersample=16)),
        (uids.JPEGLSLossless, imagecodecs.jpegls_encode),
        (
            uids.JPEG2000Lossless,
            lambda words: imagecodecs.jpeg2k_encode(words, codecformat="j2k", reversible=True),
        ),
    ],
)
@pytest.mark.parametrize("low", [0, 4])
@pytest.mark.parametrize("signed", [0, 1])
def test_words_that_were_compressed_whole(tmp_path, syntax, encode, low, signed):
    values = VALUES.astype(np.int16) - 2048 * signed
    bit = 2 if low else 12
    words = (values.view(np.uint16) & 0x0FFF) << low | LETTER.astype(np.uint16) << bit
    elements = {"HighBit": 11 + low, "PixelRepresentation": signed}
    image_id = written(tmp_path / "a.dcm", words, **elements)
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset[0x6000, 0x0102].value = bit
    dataset.PixelData = encapsulate([bytes(encode(words))])
    dataset["PixelData"].VR = "OB"
    dataset.save_as(tmp_path / "a.dcm")

    image = loaded(image_id)

    assert (image.pixels == values).all()
    assert (image.overlays[0].bits == LETTER).all()


def test_signed_values_beside_an_overlay_keep_their_sign(tmp_path):
    values = VALUES.astype(np.int16) - 2048
    samples = (values.view(np.uint16) & 0x0FFF) | LETTER.astype(np.uint16) << 12
    image = loaded(written(tmp_path / "a.dcm", samples, PixelRepresentation=1))
    assert (image.pixels == values).all()
    assert (image.overlays[0].bits == LETTER).all()


def test_each_frame_has_its_own_bits(tmp_path):
    samples = np.stack([VALUES | LETTER.astype(np.uint16) << 12, VALUES])
    image_id = written(tmp_path / "a.dcm", samples, frames=2)
    assert loaded(f"{image_id}?frame=1").overlays[0].bits.any()
    assert not loaded(f"{image_id}?frame=2").overlays[0].bits.any()


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"BitsStored": 16, "HighBit": 15}, "bits 0 to 15 of 16 are the value"),
        ({"BitsStored": 13, "HighBit": 12}, "bits 0 to 12 of 16 are the value"),
    ],
)
def test_a_bit_of_the_value_is_no_overlay(tmp_path, caplog, elements, reason):
    image = loaded(written(tmp_path / "a.dcm", VALUES, **elements))
    assert (image.pixels == VALUES).all()
    assert 0x6000 not in [overlay.group for overlay in image.overlays]
    assert f"overlay (6000,0102) in bit 12 of the samples is left out: {reason}" in caplog.text


def test_one_of_another_size_is_left_out(tmp_path, caplog):
    image_id = written(tmp_path / "a.dcm", VALUES)
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    dataset[0x6000, 0x0010].value = ROWS + 1
    dataset.save_as(tmp_path / "a.dcm")
    image = loaded(image_id)
    assert [overlay.group for overlay in image.overlays] == [0x6002]
    assert "it has 7 x 9 pixels, the image 6 x 9" in caplog.text


def test_a_codec_that_dropped_the_bits_costs_the_overlay_and_not_the_image(tmp_path):
    stream = imagecodecs.jpegls_encode(VALUES)
    image_id = written(tmp_path / "a.dcm", VALUES)
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    dataset.file_meta.TransferSyntaxUID = uids.JPEGLSLossless
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    dataset.save_as(tmp_path / "a.dcm")
    image = loaded(image_id)
    assert (image.pixels == VALUES).all()
    assert all(not overlay.bits.any() for overlay in image.overlays)
