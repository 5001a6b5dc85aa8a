"""How slices lie in a mosaic is read from the elements of Siemens, or not at all."""

from __future__ import annotations

import struct

import pytest

from pycornerstone.metadata.dicom_mosaic import read_mosaic
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.model.modules import ImagePlaneModule, MosaicModule


def csa(**values: list[str]) -> bytes:
    data = b"SV10\4\3\2\1" + struct.pack("<2I", len(values), 77)
    for name, texts in values.items():
        data += struct.pack("<64si4s3i", name.encode(), len(texts), b"FD", 4, len(texts), 77)
        for text in texts:
            length = len(text)
            data += struct.pack("<4i", length, length, 77, length)
            data += text.encode() + b"\0" * (-length % 4)
    return data


MOSAIC = {
    Tag.IMAGE_TYPE: ["ORIGINAL", "PRIMARY", "M", "MOSAIC"],
    Tag.ROWS: 30,
    Tag.COLUMNS: 24,
    Tag.SIEMENS_MR_CREATOR: "SIEMENS MR HEADER",
    Tag.SIEMENS_NUMBER_OF_IMAGES_IN_MOSAIC: 7,
    Tag.SPACING_BETWEEN_SLICES: 3.5,
    Tag.SLICE_THICKNESS: 3,
    Tag.SIEMENS_CSA_CREATOR: "SIEMENS CSA HEADER",
    Tag.SIEMENS_CSA_IMAGE_HEADER: csa(
        SliceNormalVector=["0.0", "0.0", "-1.0"],
        NumberOfImagesInMosaic=["8"],
        SpacingBetweenSlices=["4.5"],
    ),
}


def without(*tags: Tag) -> dict[Tag, object]:
    return {tag: value for tag, value in MOSAIC.items() if tag not in tags}


def test_a_mosaic_says_how_many_tiles_it_has_and_where_they_go(header):
    mosaic = read_mosaic(header(MOSAIC))
    assert mosaic == MosaicModule(7, 10, 8, (0.0, 0.0, -1.0), 3.5)
    assert mosaic.tiles_per_row == 3


def test_what_the_header_lacks_is_taken_from_the_csa_header(header):
    lacking = without(Tag.SIEMENS_NUMBER_OF_IMAGES_IN_MOSAIC, Tag.SPACING_BETWEEN_SLICES)
    assert read_mosaic(header(lacking)) == MosaicModule(8, 10, 8, (0.0, 0.0, -1.0), 4.5)
    of_another = MOSAIC | {Tag.SIEMENS_MR_CREATOR: "ACME"}
    assert read_mosaic(header(of_another)).number_of_tiles == 8


def test_without_the_csa_header_the_direction_is_not_known_and_the_distance_the_thickness(header):
    lacking = without(Tag.SIEMENS_CSA_IMAGE_HEADER, Tag.SPACING_BETWEEN_SLICES)
    assert read_mosaic(header(lacking)) == MosaicModule(7, 10, 8, None, 3, True)
    of_another = MOSAIC | {Tag.SIEMENS_CSA_CREATOR: "ACME"}
    assert read_mosaic(header(of_another)).slice_normal is None


@pytest.mark.parametrize(
    "damaged",
    [
        b"SV10",
        bytes(300),
        csa(SliceNormalVector=["0", "0"]),
        csa(SliceNormalVector=["0", "0", "7"]),
        csa(SliceNormalVector=["0", "0", "nan"]),
    ],
)
def test_a_damaged_csa_header_is_as_none(header, damaged):
    mosaic = read_mosaic(header(MOSAIC | {Tag.SIEMENS_CSA_IMAGE_HEADER: damaged}))
    assert mosaic == MosaicModule(7, 10, 8, None, 3.5)


@pytest.mark.parametrize(
    "changes",
    [
        {Tag.IMAGE_TYPE: ["ORIGINAL", "PRIMARY", "M"]},
        {Tag.SIEMENS_NUMBER_OF_IMAGES_IN_MOSAIC: 1},
        {Tag.SIEMENS_NUMBER_OF_IMAGES_IN_MOSAIC: 0},
        {Tag.SIEMENS_NUMBER_OF_IMAGES_IN_MOSAIC: 60_000},
        {Tag.COLUMNS: 25},
        {Tag.ROWS: []},
        {Tag.NUMBER_OF_FRAMES: 2},
    ],
)
def test_an_image_whose_tiles_cannot_be_found_is_no_mosaic(header, changes):
    assert read_mosaic(header(MOSAIC | changes)) is None


def test_the_first_tile_lies_in_the_middle_of_the_picture(header):
    """The header has the position that one slice of the size of the picture would have."""
    plane = ImagePlaneModule(
        image_position_lps=(-100.0, -50.0, 10.0),
        row_cosines=(1.0, 0.0, 0.0),
        column_cosines=(0.0, 1.0, 0.0),
        row_pixel_spacing_mm=2.0,
        column_pixel_spacing_mm=3.0,
    )
    mosaic = read_mosaic(header(MOSAIC))
    # 24 columns of 3 mm with 8 of them in the middle: 8 columns beside it. 10 rows above it.
    assert mosaic.tile_plane(plane).image_position_lps == (-76.0, -30.0, 10.0)
    # The normal of the CSA header is against row x column.
    assert mosaic.tile_plane(plane, 2).image_position_lps == (-76.0, -30.0, 3.0)
    assert (mosaic.tile_plane(plane).rows, mosaic.tile_plane(plane).columns) == (10, 8)
