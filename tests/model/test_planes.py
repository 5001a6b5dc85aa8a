"""Planes: what is known of them, what stands in for what is not, and what a user measured."""

from __future__ import annotations

import math

import pytest

from pycornerstone.model.geometry import PlaneGeometry
from pycornerstone.model.image import Image
from pycornerstone.model.modules import CalibratedPixelSpacing, ImagePlaneModule, SpacingType

KNOWN = ImagePlaneModule(
    image_position_lps=(1.0, 2.0, 3.0),
    row_cosines=(0.0, 1.0, 0.0),
    column_cosines=(0.0, 0.0, -1.0),
    row_pixel_spacing_mm=0.5,
    column_pixel_spacing_mm=0.25,
    spacing_type=SpacingType.PROJECTED,
)


def flags(plane: ImagePlaneModule) -> tuple[bool, bool, bool]:
    geometry = plane.geometry
    return (
        geometry.spacing_is_default,
        geometry.orientation_is_default,
        geometry.position_is_default,
    )


def test_what_is_known_is_no_default():
    assert flags(KNOWN) == (False, False, False)
    assert flags(ImagePlaneModule()) == (True, True, True)
    assert ImagePlaneModule().geometry == PlaneGeometry()


@pytest.mark.parametrize(
    ("plane", "expected"),
    [
        (ImagePlaneModule(row_pixel_spacing_mm=0.5), (True, True, True)),
        (ImagePlaneModule(row_pixel_spacing_mm=0, column_pixel_spacing_mm=0), (True, True, True)),
        (ImagePlaneModule(image_position_lps=(0.0, 0.0, 0.0)), (True, True, False)),
        (ImagePlaneModule(row_cosines=(1.0, 0.0, 0.0)), (True, True, True)),
        (ImagePlaneModule(pixel_aspect_ratio=(2, 1)), (True, True, True)),
    ],
)
def test_each_default_is_marked_on_its_own(plane, expected):
    assert flags(plane) == expected


def test_the_shape_of_pixels_stands_in_for_their_size():
    # PS3.3 C.7.6.3.1.7: vertical before horizontal.
    geometry = ImagePlaneModule(pixel_aspect_ratio=(4, 2)).geometry
    assert (geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm) == (2.0, 1.0)
    assert Image(
        "a:1", [[1]], plane=ImagePlaneModule(pixel_aspect_ratio=(4, 2))
    ).geometry_is_default


@pytest.mark.parametrize("ratio", [(), (2,), (0, 1), (1, 0), (-1, -1), (1, 2, 3)])
def test_what_is_no_shape_is_square(ratio):
    assert ImagePlaneModule(pixel_aspect_ratio=ratio).geometry == PlaneGeometry()


def test_the_size_of_pixels_goes_before_their_shape():
    plane = ImagePlaneModule(
        row_pixel_spacing_mm=3, column_pixel_spacing_mm=5, pixel_aspect_ratio=(2, 1)
    )
    assert plane.geometry.row_pixel_spacing_mm == 3


def test_a_calibration_takes_the_place_of_the_headers_spacing():
    plane = KNOWN.calibrated(CalibratedPixelSpacing(0.1, 0.2))
    assert (plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm) == (0.1, 0.2)
    assert plane.spacing_type == SpacingType.USER
    assert plane.uncalibrated is KNOWN
    assert plane.image_position_lps == KNOWN.image_position_lps
    assert not plane.geometry.spacing_is_default


@pytest.mark.parametrize(
    "calibration",
    [CalibratedPixelSpacing(0.1), CalibratedPixelSpacing(column_pixel_spacing_mm=0.1)],
)
def test_one_distance_is_both(calibration):
    plane = ImagePlaneModule().calibrated(calibration)
    assert (plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm) == (0.1, 0.1)


def test_a_scale_is_one_of_the_headers_spacing():
    plane = KNOWN.calibrated(CalibratedPixelSpacing(scale=2, spacing_type=SpacingType.CALIBRATED))
    assert (plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm) == (1.0, 0.5)
    assert plane.spacing_type == SpacingType.CALIBRATED
    # Nothing to be scaled.
    assert ImagePlaneModule().calibrated(CalibratedPixelSpacing(scale=2)) == ImagePlaneModule()


def test_the_pixel_density_of_a_picture_is_a_shape_and_no_distance():
    paper = ImagePlaneModule(
        row_pixel_spacing_mm=0.3,
        column_pixel_spacing_mm=0.1,
        spacing_type=SpacingType.UNCALIBRATED,
    )
    assert paper.geometry.spacing_is_default
    assert paper.geometry.row_pixel_spacing_mm == pytest.approx(3)
    assert paper.geometry.column_pixel_spacing_mm == 1
    # Who believes it says so.
    believed = paper.calibrated(CalibratedPixelSpacing()).geometry
    assert not believed.spacing_is_default
    assert (believed.row_pixel_spacing_mm, believed.column_pixel_spacing_mm) == (0.3, 0.1)


@pytest.mark.parametrize("kind", [None, SpacingType.PATIENT, SpacingType.UNCALIBRATED])
@pytest.mark.parametrize(
    "spacing", [(math.inf, 1), (1, math.inf), (math.inf, math.inf), (math.nan, 1), (0, 1)]
)
def test_what_is_no_length_gives_neither_a_spacing_nor_a_shape(kind, spacing):
    row, column = spacing
    plane = ImagePlaneModule(
        row_pixel_spacing_mm=row, column_pixel_spacing_mm=column, spacing_type=kind
    )
    assert plane.geometry.spacing_is_default
    assert plane.geometry.row_pixel_spacing_mm == 1
    assert plane.geometry.column_pixel_spacing_mm == 1


@pytest.mark.parametrize("spacing", [(1e300, 1e-300), (1e-300, 1e300)])
def test_a_shape_beyond_what_numbers_hold_is_square(spacing):
    row, column = spacing
    plane = ImagePlaneModule(
        row_pixel_spacing_mm=row,
        column_pixel_spacing_mm=column,
        spacing_type=SpacingType.UNCALIBRATED,
    )
    assert plane.geometry.row_pixel_spacing_mm == 1


def test_the_last_calibration_counts_and_none_takes_it_back():
    twice = CalibratedPixelSpacing(scale=2)
    plane = KNOWN.calibrated(twice).calibrated(twice)
    assert plane.row_pixel_spacing_mm == 1.0
    assert plane.calibrated(None) is KNOWN
    assert KNOWN.calibrated(None) is KNOWN


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["row_pixel_spacing_mm", "column_pixel_spacing_mm", "scale"])
def test_a_calibration_is_a_length_above_0(name, wrong):
    with pytest.raises(ValueError, match=f"{name} must be a finite number above 0, got"):
        CalibratedPixelSpacing(**{name: wrong})
