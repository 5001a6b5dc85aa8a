"""Cameras: canvas, world and index, against SimpleITK and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.model.geometry import PlaneGeometry
from pycornerstone.viewports.camera import (
    Camera,
    drawable_affine,
    fit_camera,
    index_from_canvas,
    world_to_index,
)

# Row cosines 3-4-5, column cosines at right angles to them and out of the plane.
ROW = (0.6, 0.8, 0.0)
COLUMN = (-0.48, 0.36, 0.8)
OBLIQUE = PlaneGeometry((10.0, -20.0, 30.0), ROW, COLUMN, 0.7, 0.5, False, False, False)

INVERSE = np.linalg.inv(OBLIQUE.affine)

numbers = st.floats(-1000, 1000)
points = st.tuples(numbers, numbers)
sizes = st.tuples(st.integers(1, 2000), st.integers(1, 2000))


@st.composite
def cameras(draw):
    vectors = st.tuples(*[st.floats(-1, 1)] * 3)
    normal, up = draw(vectors), draw(vectors)
    cross = np.cross(normal, up)
    if np.linalg.norm(cross) < 0.05:
        normal, up = (0, 0, 1), (0, 1, 0)
    focal = draw(st.tuples(numbers, numbers, numbers))
    return Camera(focal, normal, up, draw(st.floats(0.01, 1e4)))


@given(cameras(), points, sizes)
def test_a_canvas_point_is_found_again(camera, point, size):
    world = camera.canvas_to_world(point, size)
    assert camera.world_to_canvas(world, size) == pytest.approx(point, abs=1e-5, rel=1e-5)


@given(cameras(), st.tuples(numbers, numbers, numbers), sizes)
def test_a_place_in_front_of_the_plane_is_seen_at_its_foot(camera, place, size):
    foot = camera.canvas_to_world(camera.world_to_canvas(place, size), size)
    offset = np.subtract(place, foot)
    along = offset @ np.array(camera.view_plane_normal)
    scale = max(1.0, np.abs(place).max(), np.abs(camera.focal_point_lps).max())
    assert offset == pytest.approx(np.multiply(along, camera.view_plane_normal), abs=1e-7 * scale)


@given(cameras())
def test_the_three_directions_are_a_right_handed_frame(camera):
    frame = np.array([camera.view_right, camera.view_up, camera.view_plane_normal])
    assert frame @ frame.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(frame) == pytest.approx(1)


def test_many_points_are_turned_at_once():
    camera = fit_camera(OBLIQUE.affine, (4, 6), (60, 40))
    grid = np.array([[[0, 0], [60, 0]], [[0, 40], [60, 40]]])
    world = camera.canvas_to_world(grid, (60, 40))
    assert world.shape == (2, 2, 3)
    assert (world[1, 0] == camera.canvas_to_world((0, 40), (60, 40))).all()
    assert camera.world_to_canvas(world, (60, 40)) == pytest.approx(grid)


def test_an_axial_image_is_seen_from_the_feet_with_the_front_up():
    # Image Orientation 1\0\0\0\1\0: the camera of Cornerstone3D's axial view.
    camera = fit_camera(PlaneGeometry().affine, (10, 10), (10, 10))
    assert camera.view_plane_normal == (0, 0, -1)
    assert camera.view_up == (0, -1, 0)
    assert camera.view_right == (1, 0, 0)
    assert camera.focal_point_lps == (4.5, 4.5, 0)


@pytest.mark.parametrize(
    ("spacing", "shape", "size", "scale"),
    [
        # Rows 100 mm high and 100 mm wide on a square: half of 100.
        ((1, 1), (100, 100), (512, 512), 50),
        # On a canvas twice as wide the height limits, on one twice as high the width.
        ((1, 1), (100, 100), (800, 400), 50),
        ((1, 1), (100, 100), (400, 800), 100),
        # Rows 3 mm apart: 60 mm high, 40 mm wide.
        ((3, 1), (20, 40), (512, 512), 30),
        ((1, 3), (20, 40), (512, 512), 60),
    ],
)
def test_an_image_fits_by_its_limiting_side_and_has_no_margin(spacing, shape, size, scale):
    geometry = PlaneGeometry(row_pixel_spacing_mm=spacing[0], column_pixel_spacing_mm=spacing[1])
    assert fit_camera(geometry.affine, shape, size).parallel_scale_mm == scale


def test_the_corners_of_a_fitting_image_are_those_of_the_canvas():
    geometry = PlaneGeometry(row_pixel_spacing_mm=2, column_pixel_spacing_mm=0.5)
    camera = fit_camera(geometry.affine, (10, 40), (400, 400))
    # 20 mm each way, from half a pixel before the first centre: -0.25 and -1 mm.
    assert camera.canvas_to_world((0, 0), (400, 400)) == pytest.approx([-0.25, -1, 0])
    assert camera.canvas_to_world((400, 400), (400, 400)) == pytest.approx([19.75, 19, 0])


def test_simpleitk_places_pixels_where_the_camera_shows_them():
    simple_itk = pytest.importorskip("SimpleITK")
    image = simple_itk.Image(40, 30, 1, simple_itk.sitkInt16)
    image.SetOrigin(OBLIQUE.position_lps)
    image.SetSpacing((0.5, 0.7, 1))
    image.SetDirection(np.column_stack([ROW, COLUMN, OBLIQUE.normal]).ravel().tolist())
    size = (300, 200)
    camera = fit_camera(OBLIQUE.affine, (30, 40), size)
    matrix = index_from_canvas(camera, INVERSE, size)
    for x, y in [(0, 0), (17, 120), (299, 199)]:
        column, row = matrix @ [x, y, 1]
        theirs = image.TransformContinuousIndexToPhysicalPoint((column, row, 0))
        assert camera.canvas_to_world((x + 0.5, y + 0.5), size) == pytest.approx(theirs)
        assert world_to_index(theirs, INVERSE) == pytest.approx((column, row))


def test_an_image_as_large_as_the_canvas_is_drawn_pixel_by_pixel():
    for geometry in (PlaneGeometry(), OBLIQUE):
        square = PlaneGeometry(geometry.position_lps, geometry.row_cosines, geometry.column_cosines)
        camera = fit_camera(square.affine, (64, 64), (64, 64))
        matrix = index_from_canvas(camera, np.linalg.inv(square.affine), (64, 64))
        assert matrix == pytest.approx(np.eye(2, 3), abs=1e-12)


@pytest.mark.parametrize(
    "geometry",
    [
        PlaneGeometry(row_cosines=(0.0, 0.0, 0.0)),
        PlaneGeometry(row_cosines=(0.0, 1.0, 0.0)),
        PlaneGeometry(position_lps=(math.nan, 0.0, 0.0)),
        PlaneGeometry(row_pixel_spacing_mm=0.0),
        PlaneGeometry(column_pixel_spacing_mm=math.inf),
    ],
)
def test_a_plane_that_is_none_is_drawn_at_the_origin(geometry):
    assert (drawable_affine(geometry) == np.eye(4)).all()


def test_a_plane_is_drawn_where_it_lies():
    assert (drawable_affine(OBLIQUE) == OBLIQUE.affine).all()


def test_directions_are_made_unit_vectors_at_right_angles():
    camera = Camera((0, 0, 0), (0, 0, 5), (1, 2, 3), 10)
    assert camera.view_plane_normal == (0, 0, 1)
    assert camera.view_up == pytest.approx((1 / math.sqrt(5), 2 / math.sqrt(5), 0))


@pytest.mark.parametrize("scale", [0, -1, math.nan, math.inf])
def test_a_camera_needs_a_height(scale):
    with pytest.raises(ValueError, match=f"parallel_scale_mm must be above 0, got {scale}"):
        Camera((0, 0, 0), (0, 0, 1), (0, 1, 0), scale)


@pytest.mark.parametrize(
    ("normal", "up"), [((0, 0, 1), (0, 0, 2)), ((0, 0, 0), (0, 1, 0)), ((0, 0, 1), (0, 0, 0))]
)
def test_a_camera_needs_two_directions(normal, up):
    with pytest.raises(ValueError, match=r"view_plane_normal .* must be two different directions"):
        Camera((0, 0, 0), normal, up, 1)


@pytest.mark.parametrize("focal", [(0, 0), (0, math.nan, 0)])
def test_a_camera_needs_three_numbers_for_a_point(focal):
    with pytest.raises(ValueError, match="a camera needs three finite numbers for each point"):
        Camera(focal, (0, 0, 1), (0, 1, 0), 1)
