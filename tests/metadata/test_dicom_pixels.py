"""How samples are stored: what is absent is derived, what is impossible is an error."""

from __future__ import annotations

import pydicom
import pytest

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_pixels import read_image_pixel
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10

GREY = {Tag.ROWS: 4, Tag.COLUMNS: 8, Tag.BITS_ALLOCATED: 16}


def test_every_field_of_a_grey_image(header):
    pixel = read_image_pixel(
        header(
            {
                **GREY,
                Tag.SAMPLES_PER_PIXEL: 1,
                Tag.PHOTOMETRIC_INTERPRETATION: "MONOCHROME1",
                Tag.BITS_STORED: 12,
                Tag.HIGH_BIT: 13,
                Tag.PIXEL_REPRESENTATION: 1,
                Tag.NUMBER_OF_FRAMES: "5",
                Tag.SMALLEST_IMAGE_PIXEL_VALUE: 65535,
                Tag.LARGEST_IMAGE_PIXEL_VALUE: 2047,
                Tag.PIXEL_PADDING_VALUE: 63536,
                Tag.PIXEL_PADDING_RANGE_LIMIT: 63546,
                Tag.ICC_PROFILE: b"icc!",
            }
        )
    )
    assert (pixel.rows, pixel.columns, pixel.samples_per_pixel) == (4, 8, 1)
    assert pixel.photometric_interpretation == "MONOCHROME1"
    assert (pixel.bits_allocated, pixel.bits_stored, pixel.high_bit) == (16, 12, 13)
    assert (pixel.pixel_representation, pixel.number_of_frames) == (1, 5)
    assert (pixel.smallest_pixel_value, pixel.largest_pixel_value) == (-1, 2047)
    # 63536 is -2000 in two's complement of 16 bits.
    assert (pixel.pixel_padding_value, pixel.pixel_padding_range_limit) == (-2000, -1990)
    assert pixel.icc_profile == b"icc!"
    assert pixel.palette is None
    assert not pixel.is_float


def test_every_field_of_a_colour_image(header):
    pixel = read_image_pixel(
        header(
            {
                **GREY,
                Tag.BITS_ALLOCATED: 8,
                Tag.SAMPLES_PER_PIXEL: 3,
                Tag.PHOTOMETRIC_INTERPRETATION: "YBR_FULL_422",
                Tag.PLANAR_CONFIGURATION: 1,
            }
        )
    )
    assert (pixel.samples_per_pixel, pixel.planar_configuration) == (3, 1)
    assert pixel.photometric_interpretation == "YBR_FULL_422"
    assert (pixel.bits_stored, pixel.high_bit) == (8, 7)


def test_padding_is_unsigned_where_samples_are(header):
    pixel = read_image_pixel(header({**GREY, Tag.PIXEL_PADDING_VALUE: 63536}))
    assert pixel.pixel_padding_value == 63536


@pytest.mark.parametrize(
    ("elements", "bits"),
    [
        ({}, (16, 16, 15)),
        ({Tag.BITS_STORED: 12}, (16, 12, 11)),
        ({Tag.BITS_ALLOCATED: [], Tag.BITS_STORED: 12}, (16, 12, 11)),
        ({Tag.BITS_ALLOCATED: 32, Tag.BITS_STORED: 0}, (32, 32, 31)),
        ({Tag.BITS_ALLOCATED: 1}, (1, 1, 0)),
        ({Tag.BITS_STORED: 12, Tag.HIGH_BIT: 3}, (16, 12, 11)),
        ({Tag.BITS_STORED: 12, Tag.HIGH_BIT: 16}, (16, 12, 11)),
        ({Tag.BITS_STORED: 12, Tag.HIGH_BIT: 15}, (16, 12, 15)),
    ],
)
def test_bits_that_are_absent_follow_from_the_others(header, elements, bits):
    pixel = read_image_pixel(header({**GREY, **elements}))
    assert (pixel.bits_allocated, pixel.bits_stored, pixel.high_bit) == bits


def test_a_high_bit_that_cannot_be_is_logged(header, caplog):
    read_image_pixel(header({**GREY, Tag.BITS_STORED: 12, Tag.HIGH_BIT: 3}))
    assert "(0028,0102) High Bit is 3, where 12 bits of 16 do not fit; taken as 11" in caplog.text


@pytest.mark.parametrize(
    ("elements", "samples", "photometric"),
    [
        ({}, 1, "MONOCHROME2"),
        ({Tag.SAMPLES_PER_PIXEL: 3}, 3, "RGB"),
        ({Tag.PHOTOMETRIC_INTERPRETATION: "YBR_FULL"}, 3, "YBR_FULL"),
        ({Tag.PHOTOMETRIC_INTERPRETATION: "MONOCHROME1"}, 1, "MONOCHROME1"),
    ],
)
def test_samples_and_colour_follow_from_each_other(header, elements, samples, photometric):
    pixel = read_image_pixel(header({**GREY, **elements}))
    assert (pixel.samples_per_pixel, pixel.photometric_interpretation) == (samples, photometric)


@pytest.mark.parametrize("frames", ["", "0", "-3"])
def test_there_is_always_one_frame(header, frames):
    assert read_image_pixel(header({**GREY, Tag.NUMBER_OF_FRAMES: frames})).number_of_frames == 1


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ({Tag.NUMBER_OF_FRAMES: "1A"}, r"\(0028,0008\) Number of Frames must be a dec.* '1A'"),
        ({Tag.ROWS: []}, r"\(0028,0010\) Rows is missing from the header of an image; add it"),
        ({Tag.COLUMNS: []}, r"\(0028,0011\) Columns is missing from the header of an image"),
        ({Tag.ROWS: 0}, r"\(0028,0010\) Rows must be at least 1, found 0"),
        ({Tag.COLUMNS: -5}, r"\(0028,0011\) Columns must be at least 1, found -5"),
        ({Tag.ROWS: "many"}, r"\(0028,0010\) Rows must be a decimal string"),
        ({Tag.BITS_ALLOCATED: []}, r"\(0028,0100\) Bits Allocated is missing from the header"),
        ({Tag.BITS_ALLOCATED: 0}, "Bits Allocated must be from 1 to 64, found 0"),
        ({Tag.BITS_ALLOCATED: 65}, "Bits Allocated must be from 1 to 64, found 65"),
        (
            {Tag.BITS_STORED: 17},
            r"\(0028,0101\) Bits Stored must be from 1 to the 16 of \(0028,0100\) .*, found 17",
        ),
        ({Tag.BITS_STORED: -1}, "Bits Stored must be from 1 to the 16"),
        (
            {Tag.PHOTOMETRIC_INTERPRETATION: "PALETTE COLOR"},
            r"\(0028,1101\) Red Palette Color Lookup Table Descriptor has 0 values",
        ),
    ],
)
def test_what_cannot_be_is_an_error_that_names_the_element(header, elements, message):
    with pytest.raises(MetadataError, match=message):
        read_image_pixel(header({**GREY, **elements}))


def test_what_is_no_image_has_no_pixels(header):
    report = header({Tag.MODALITY: "SR", Tag.SOP_CLASS_UID: "1.2.840.10008.5.1.4.1.1.88.11"})
    assert read_image_pixel(report) is None


@pytest.mark.parametrize(
    ("elements", "is_float"),
    [
        ({Tag.FLOAT_PIXEL_DATA: []}, True),
        ({Tag.DOUBLE_FLOAT_PIXEL_DATA: [], Tag.BITS_ALLOCATED: 64}, True),
        ({}, True),
        ({Tag.PIXEL_DATA: []}, False),
        ({Tag.BITS_STORED: 32}, False),
        ({Tag.PIXEL_REPRESENTATION: 0}, False),
        ({Tag.BITS_ALLOCATED: 16}, False),
    ],
)
def test_samples_are_floating_point_where_integers_would_say_more(header, elements, is_float):
    # PS3.3 C.7.6.24: floating point images have neither Bits Stored nor Pixel Representation.
    pixel = read_image_pixel(header({**GREY, Tag.BITS_ALLOCATED: 32, **elements}))
    assert pixel.is_float == is_float


def test_padding_of_floating_point_samples_has_elements_of_its_own(header):
    wide = {**GREY, Tag.BITS_ALLOCATED: 32, Tag.PIXEL_PADDING_VALUE: 5}
    single = read_image_pixel(
        header(
            {
                **wide,
                Tag.FLOAT_PIXEL_DATA: [],
                Tag.FLOAT_PIXEL_PADDING_VALUE: -1.5,
                Tag.FLOAT_PIXEL_PADDING_RANGE_LIMIT: -1.25,
            }
        )
    )
    assert (single.pixel_padding_value, single.pixel_padding_range_limit) == (-1.5, -1.25)
    double = read_image_pixel(
        header(
            {
                **wide,
                Tag.DOUBLE_FLOAT_PIXEL_DATA: [],
                Tag.DOUBLE_FLOAT_PIXEL_PADDING_VALUE: -1e300,
            }
        )
    )
    assert (double.pixel_padding_value, double.pixel_padding_range_limit) == (-1e300, None)


def test_a_palette_is_read_for_palette_images_only(header):
    tables = {}
    for colour in ("RED", "GREEN", "BLUE"):
        tables[Tag[f"{colour}_PALETTE_DESCRIPTOR"]] = [2, 0, 8]
        tables[Tag[f"{colour}_PALETTE_DATA"]] = b"\0\xff"
    grey = {**GREY, **tables}
    assert read_image_pixel(header(grey)).palette is None
    coloured = header({**grey, Tag.PHOTOMETRIC_INTERPRETATION: "PALETTE COLOR"})
    assert read_image_pixel(coloured).palette.blue.entries.tolist() == [0, 255]


# PS3.3 C.8.16.2.1.1.1: of grey images that are displayed in colour where possible.
@pytest.mark.parametrize(
    ("presentation", "photometric", "has_palette"),
    [
        ("COLOR", "MONOCHROME2", True),
        ("MIXED", "MONOCHROME2", True),
        ("MONOCHROME", "MONOCHROME2", False),
        ("TRUE_COLOR", "MONOCHROME2", False),
        ("COLOR", "MONOCHROME1", False),
    ],
)
def test_a_palette_is_supplemental_where_the_header_says_so(
    header, presentation, photometric, has_palette
):
    tables = {Tag.PHOTOMETRIC_INTERPRETATION: photometric, Tag.PIXEL_PRESENTATION: presentation}
    for colour in ("RED", "GREEN", "BLUE"):
        tables[Tag[f"{colour}_PALETTE_DESCRIPTOR"]] = [2, 4094, 8]
        tables[Tag[f"{colour}_PALETTE_DATA"]] = b"\0\xff"

    palette = read_image_pixel(header({**GREY, **tables})).palette

    assert (palette is not None) == has_palette
    if has_palette:
        assert palette.red.first_mapped == 4094


def test_a_supplemental_palette_of_no_use_is_left_out(header, caplog):
    elements = {
        **GREY,
        Tag.PHOTOMETRIC_INTERPRETATION: "MONOCHROME2",
        Tag.PIXEL_PRESENTATION: "COLOR",
        Tag.RED_PALETTE_DESCRIPTOR: [2, 4094, 8],
    }
    assert read_image_pixel(header(elements)).palette is None
    assert "(0028,1201) Red Palette Color Lookup Table Data is missing" in caplog.text


# PS3.3 C.7.6.3.1.7: vertical size of a pixel, horizontal size.
@pytest.mark.parametrize(
    ("ratio", "read"),
    [(["4", "3"], (4, 3)), (["1", "1"], (1, 1)), ([], None), (["4"], None), (["0", "1"], None),
     (["4", "3", "2"], None), (["wide", "1"], None)],
)  # fmt: skip
def test_pixels_may_not_be_square(header, ratio, read):
    assert (
        read_image_pixel(header({**GREY, Tag.PIXEL_ASPECT_RATIO: ratio})).pixel_aspect_ratio == read
    )


def test_a_slide_has_the_colour_profile_of_its_optical_path(testdata):
    path = testdata / "highdicom/data/test_files/sm_image_dots.dcm"
    known = pydicom.dcmread(path, stop_before_pixels=True)
    assert "ICCProfile" not in known
    read = read_image_pixel(read_part10(path.read_bytes()).attributes)
    assert read.icc_profile == known.OpticalPathSequence[0].ICCProfile
    assert len(repr(read)) < 1000 < len(read.icc_profile)


def test_a_slide_of_several_optical_paths_has_no_profile_in_common(header):
    rgb = {Tag.ROWS: 1, Tag.COLUMNS: 1, Tag.BITS_ALLOCATED: 8, Tag.SAMPLES_PER_PIXEL: 3}
    path = {Tag.ICC_PROFILE: b"path"}
    two = header({**rgb, Tag.OPTICAL_PATH_SEQUENCE: [path, path]})
    assert read_image_pixel(two).icc_profile is None
    one = header({**rgb, Tag.OPTICAL_PATH_SEQUENCE: [path]})
    assert read_image_pixel(one).icc_profile == b"path"
    own = header({**rgb, Tag.OPTICAL_PATH_SEQUENCE: [path], Tag.ICC_PROFILE: b"icc!"})
    assert read_image_pixel(own).icc_profile == b"icc!"
