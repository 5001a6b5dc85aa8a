"""Tests of the image and its geometry."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.errors import LoaderError
from pycornerstone.model.geometry import PlaneGeometry
from pycornerstone.model.image import Image, ImageQuality
from pycornerstone.model.luts import LookupTable
from pycornerstone.model.modules import ImagePixelModule, ImagePlaneModule, ModalityLutModule


def test_an_id_and_samples_are_enough():
    image = Image("test:a", np.zeros((2, 3), np.uint16))

    assert (image.rows, image.columns) == (2, 3)
    assert image.photometric_interpretation == "MONOCHROME2"
    assert image.quality is ImageQuality.FULL_RESOLUTION
    assert image.geometry_is_default
    assert not image.is_color
    assert not image.is_inverted


def test_three_samples_a_pixel_are_rgb():
    image = Image("test:a", np.zeros((2, 3, 3), np.uint8))

    assert image.photometric_interpretation == "RGB"
    assert image.is_color


@pytest.mark.parametrize(
    "pixels", [np.zeros(6), np.zeros((2, 3, 2)), np.array([["a"]]), np.zeros((1, 2, 3, 4))]
)
def test_samples_of_another_shape_or_kind_are_refused(pixels):
    with pytest.raises(LoaderError, match=r"pixels must be numbers of shape .*imageId test:a"):
        Image("test:a", pixels)


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("voi_lut", (40, 400), "VoiLutModule"),
        ("plane", {"row_pixel_spacing_mm": 1}, "ImagePlaneModule"),
        ("modality_lut", 2.0, "ModalityLutModule"),
    ],
)
def test_what_is_no_module_is_refused(field, value, wanted):
    message = f"{field} of an image must be {wanted} or None, got {type(value).__name__}"
    with pytest.raises(LoaderError, match=message):
        Image("test:a", np.zeros((1, 1)), **{field: value})


@pytest.mark.parametrize("spacing", [0.0, -1.0])
def test_a_spacing_of_nothing_is_not_known(spacing):
    plane = ImagePlaneModule(row_pixel_spacing_mm=spacing, column_pixel_spacing_mm=0.5)

    assert plane.geometry.spacing_is_default
    assert plane.geometry.row_pixel_spacing_mm == 0.5


def test_samples_cannot_be_written_to_and_the_loaders_own_array_can():
    own = np.zeros((2, 3))
    image = Image("test:a", own)

    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0] = 1
    own[0, 0] = 1
    assert image.pixels[0, 0] == 1


def test_numpy_takes_it_for_its_samples():
    image = Image("test:a", np.array([[1, 2]], np.int16))

    assert np.shares_memory(np.asarray(image), image.pixels)
    assert np.asarray(image, np.float64).tolist() == [[1.0, 2.0]]


def test_memory_of_another_library_is_counted_by_its_samples():
    owner = np.zeros((2, 3))
    image = Image("test:a", np.from_dlpack(owner))

    assert image.size_in_bytes == owner.nbytes


def test_its_text_holds_no_samples():
    assert "pixels" not in repr(Image("test:a", np.zeros((2, 3))))


@pytest.mark.parametrize(
    ("photometric", "shape", "inverted"),
    [
        ("MONOCHROME1", None, True),
        ("MONOCHROME2", None, False),
        # PS3.3 C.11.6: the shape is what MONOCHROME1 implies, not a second inversion.
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
    ],
)
def test_low_values_are_bright_where_the_header_says_so(photometric, shape, inverted):
    image = Image("test:a", np.zeros((1, 1)), photometric, presentation_lut_shape=shape)

    assert image.is_inverted == inverted


def test_a_fractional_slope_keeps_its_fractions():
    # Cornerstone3D makes integers of these, since both ends are whole.
    lut = ModalityLutModule(rescale_slope=1 / 255)
    image = Image("test:a", np.array([[0, 51, 255]], np.uint8), modality_lut=lut)

    np.testing.assert_allclose(image.modality_values(), [[0, 0.2, 1]], rtol=1e-6)


def test_modality_values_do_not_overflow_the_stored_type():
    lut = ModalityLutModule(rescale_slope=3, rescale_intercept=-1024)
    image = Image("test:a", np.array([[32767, -32768]], np.int16), modality_lut=lut)

    assert image.modality_values().tolist() == [[97277.0, -99328.0]]


def test_a_modality_table_stands_in_for_slope_and_intercept():
    table = LookupTable(np.array([5, 6], np.uint16), first_mapped=1)
    lut = ModalityLutModule(rescale_slope=9, lut=table)
    image = Image("test:a", np.array([[0, 1, 2]]), modality_lut=lut)

    assert image.modality_values("f8").tolist() == [[5, 5, 6]]


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [(None, None, None), (None, 5, None), (-2000, None, (-2000, -2000)), (10, 3, (3, 10))],
)
def test_padding_is_a_value_or_the_range_to_its_limit(value, limit, expected):
    # PS3.3 C.7.5.1.1.2: either end may be the lower one.
    module = ImagePixelModule(2, 2, pixel_padding_value=value, pixel_padding_range_limit=limit)

    assert module.padding_range == expected


def test_what_is_not_known_of_a_plane_is_marked_as_a_default():
    geometry = ImagePlaneModule(row_cosines=(0, 1, 0), column_cosines=(0, 0, -1)).geometry

    assert not geometry.orientation_is_default
    assert geometry.spacing_is_default
    assert geometry.position_is_default
    assert geometry.row_pixel_spacing_mm == 1.0


def test_the_affine_takes_column_and_row_to_the_patient():
    # PS3.3 equation C.7.6.2.1-1, by hand: sagittal, rows of 0.5 mm, columns of 0.25 mm.
    geometry = PlaneGeometry((12.5, -60, 40), (0, 1, 0), (0, 0, -1), 0.5, 0.25)

    # Column 4, row 10: 4 x 0.25 mm towards posterior, 10 x 0.5 mm towards the feet.
    assert (geometry.affine @ [4, 10, 0, 1]).tolist() == [12.5, -59.0, 35.0, 1.0]
    assert geometry.normal == (-1.0, 0.0, 0.0)


def test_a_notebook_is_told_which_image_it_is_and_not_all_that_is_known_of_it():
    image = Image("custom1:a", np.zeros((2, 3), np.int16), modality="CT")
    assert repr(image) == "<Image 'custom1:a': CT 2 x 3 int16 MONOCHROME2>"
    assert repr(Image("b", np.zeros((2, 3, 3), np.uint8))) == "<Image 'b': 2 x 3 x 3 uint8 RGB>"
