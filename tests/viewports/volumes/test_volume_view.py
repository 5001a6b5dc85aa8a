"""Planes through volumes: which way is right, which slice is which, and what lies where."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycornerstone.model.events import CameraModified, CameraReset
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.model.volume_viewport_events import (
    VolumeNewImage,
    VolumeViewportScroll,
    VolumeViewportScrollOutOfBounds,
)
from pycornerstone.viewports.camera import Camera
from pycornerstone.viewports.volumes.viewport import VolumeViewport

# 4 slices from the feet to the head, 5 rows from front to back, 6 columns from right to left.
AFFINE = np.array(
    [[0.5, 0.0, 0.0, -10.0], [0.0, 0.8, 0.0, -20.0], [0.0, 0.0, 3.0, 100.0], [0.0, 0.0, 0.0, 1.0]]
)
SHAPE = (4, 5, 6)


def volume_of(affine=AFFINE, shape=SHAPE, name="v", frame="1.2"):
    voxels = np.arange(math.prod(shape), dtype=np.int16).reshape(shape)
    return Volume(name, voxels, geometry=VolumeGeometry(shape, np.array(affine, float), frame))


def viewport_of(shelf, orientation="axial", volume=None, size=(60, 40)):
    viewport = VolumeViewport(*size, session=shelf, orientation=orientation, viewport_id="v")
    viewport.set_volumes([volume_of() if volume is None else volume])
    return viewport


@pytest.mark.parametrize(
    ("orientation", "markers"),
    [
        # From the feet: the patient's right is on the left, his front on top.
        ("axial", {"left": "R", "right": "L", "top": "A", "bottom": "P"}),
        # From the front.
        ("coronal", {"left": "R", "right": "L", "top": "H", "bottom": "F"}),
        # From the left: he looks to the left.
        ("sagittal", {"left": "A", "right": "P", "top": "H", "bottom": "F"}),
        # Row 0 is in front, column 0 on his right.
        ("acquisition", {"left": "R", "right": "L", "top": "A", "bottom": "P"}),
        # From the back, his left on top: x cross y, to the right, is to the head.
        (((0, 1, 0), (1, 0, 0)), {"left": "F", "right": "H", "top": "L", "bottom": "R"}),
    ],
)
def test_the_body_is_seen_as_radiologists_are_used_to(shelf, orientation, markers):
    assert viewport_of(shelf, orientation).orientation_markers() == markers


def test_nobody_knows_which_way_is_up_of_a_volume_without_a_place(shelf):
    viewport = viewport_of(shelf, volume=Volume("v", np.zeros((2, 3, 4))))
    assert viewport.orientation_markers() is None


@pytest.mark.parametrize(
    ("orientation", "count", "first"),
    [
        # Counted away from the viewer: from the feet, from the left, from the front.
        ("axial", 4, [None, None, 100.0]),
        ("sagittal", 6, [-10 + 5 * 0.5, None, None]),
        ("coronal", 5, [None, -20.0, None]),
        ("acquisition", 4, [None, None, 100.0]),
    ],
)
def test_slices_are_the_voxel_planes_counted_from_the_viewer(shelf, orientation, count, first):
    viewport = viewport_of(shelf, orientation)
    assert viewport.number_of_slices == count
    assert viewport.slice_index == count // 2
    viewport.set_slice_index(0)
    for found, expected in zip(viewport.camera.focal_point_lps, first, strict=True):
        if expected is not None:
            assert found == pytest.approx(expected)
    for index in range(count):
        viewport.set_slice_index(index)
        assert (viewport.slice_index, viewport.is_on_slice) == (index, True)


@pytest.mark.parametrize("index", [-1, 4])
def test_a_slice_that_is_not_there_is_refused(shelf, index):
    with pytest.raises(IndexError, match=f"slices 0 to 3 along the normal, none {index}"):
        viewport_of(shelf).set_slice_index(index)


def test_the_slice_stays_when_the_view_changes(shelf, diary):
    viewport = viewport_of(shelf)
    viewport.set_slice_index(3)
    diary.clear()
    viewport.set_zoom(3)
    viewport.set_pan((5, -70))
    viewport.set_rotation(33)
    viewport.flip(horizontal=True)
    viewport.flip(vertical=True)
    viewport.resize(33, 200)
    viewport.reset_camera()
    assert viewport.slice_index == 3
    assert {type(detail) for detail in diary} == {CameraModified, CameraReset}


def test_scrolling_goes_away_from_the_viewer_and_stops_at_the_ends(shelf, diary):
    viewport = viewport_of(shelf)
    diary.clear()
    viewport.scroll(1)
    viewport.scroll(5)
    viewport.scroll(2, loop=True)
    told = [
        (type(detail), detail.slice_index)
        for detail in diary
        if not isinstance(detail, CameraModified)
    ]
    assert told == [
        (VolumeNewImage, 3),
        (VolumeViewportScroll, 3),
        (VolumeViewportScrollOutOfBounds, 3),
        (VolumeNewImage, 1),
        (VolumeViewportScroll, 1),
    ]


def test_a_volume_fits_the_canvas_with_its_limiting_side(shelf):
    # 6 columns of 0.5 mm and 5 rows of 0.8 mm: 3 x 4 mm on a canvas of 60 x 40 pixels.
    viewport = viewport_of(shelf)
    assert viewport.camera.parallel_scale_mm == pytest.approx(2)
    # The right front corner of the volume, half a voxel beyond the first centre.
    corner = viewport.world_to_canvas((-10.25, -20.4, 106))
    assert corner == pytest.approx((30 - 15, 0))
    # 3 mm across and 12 mm from head to feet.
    coronal = viewport_of(shelf, "coronal", size=(10, 20))
    assert coronal.camera.parallel_scale_mm == pytest.approx(6)
    assert coronal.canvas_to_world((5, 0))[2] == pytest.approx(100 + 3 * 3.5)


angles = st.floats(-180, 180)
pixels = st.floats(-200, 200)
directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: math.hypot(*v) > 0.2)


@settings(max_examples=60, deadline=None)
@given(
    normal=directions,
    up=directions,
    view=st.tuples(st.floats(0.1, 20), st.tuples(pixels, pixels), angles, st.booleans()),
    shear=st.floats(-0.5, 0.5),
    points=st.lists(st.tuples(pixels, pixels), min_size=1, max_size=4),
    where=st.floats(0, 1),
)
def test_canvas_and_world_are_inverse_of_each_other(normal, up, view, shear, points, where):
    if np.linalg.norm(np.cross(normal, up)) < 0.1:
        return
    affine = AFFINE.copy()
    affine[1, 2] = shear
    viewport = VolumeViewport(60, 40, orientation=(normal, up))
    viewport.set_volumes([volume_of(affine)])
    viewport.set_slice_index(int(where * (viewport.number_of_slices - 1)))
    index = viewport.slice_index
    zoom, pan, rotation, flipped = view
    viewport.set_zoom(zoom)
    viewport.set_pan(pan)
    viewport.set_rotation(rotation)
    viewport.flip(horizontal=flipped)
    world = viewport.canvas_to_world(points)
    np.testing.assert_allclose(viewport.world_to_canvas(world), points, atol=1e-7)
    # All of them lie in the plane, which is still that of the slice.
    geometry = viewport.volumes[0].geometry
    away = -np.array(normal) / np.linalg.norm(normal)
    planes = geometry.slice_planes(away)
    np.testing.assert_allclose(world @ away, planes.position_mm(index), atol=1e-7)
    assert viewport.slice_index == index
    np.testing.assert_allclose(
        geometry.index_to_world(viewport.canvas_to_index(points)), world, atol=1e-7
    )


@settings(max_examples=40, deadline=None)
@given(normal=directions, up=directions, place=st.tuples(*[st.floats(0.05, 0.95)] * 3))
def test_any_camera_can_be_set_and_is_found_again(normal, up, place):
    if np.linalg.norm(np.cross(normal, up)) < 0.1:
        return
    viewport = VolumeViewport(60, 40)
    viewport.set_volumes([volume_of()])
    focal = volume_of().geometry.index_to_world(np.array(place) * [5, 4, 3])
    camera = Camera(tuple(focal.tolist()), normal, up, 1.7)
    viewport.set_camera(camera)
    found = viewport.camera
    assert found.focal_point_lps == pytest.approx(camera.focal_point_lps, abs=1e-6)
    assert found.view_plane_normal == pytest.approx(camera.view_plane_normal, abs=1e-6)
    assert found.view_up == pytest.approx(camera.view_up, abs=1e-6)
    assert found.parallel_scale_mm == pytest.approx(1.7)


def test_a_camera_along_the_normal_changes_no_orientation(shelf):
    viewport = viewport_of(shelf)
    viewport.set_rotation(30)
    viewport.set_camera(replace(viewport.camera, focal_point_lps=(-9.0, -19.0, 103.0)))
    assert (viewport.orientation, viewport.slice_index) == ("axial", 1)
    assert viewport.rotation == pytest.approx(30)


def test_jumping_moves_the_plane_and_pans_only_if_the_place_is_off_the_canvas(shelf):
    viewport = viewport_of(shelf)
    pan = viewport.pan
    viewport.jump_to_world((-9.0, -19.0, 104.0))
    assert viewport.pan == pan
    assert viewport.camera.focal_point_lps[2] == pytest.approx(104)
    assert (viewport.slice_index, viewport.is_on_slice) == (1, False)
    viewport.set_zoom(20)
    viewport.jump_to_world((-10.0, -20.0, 100.0))
    assert viewport.world_to_canvas((-10.0, -20.0, 100.0)) == pytest.approx((30, 20))
    assert viewport.slice_index == 0
    # What lies outside is approached as far as there is volume.
    viewport.jump_to_world((-9.0, -19.0, 9999.0))
    assert viewport.camera.focal_point_lps[2] == pytest.approx(100 + 3 * 3.5)
    assert viewport.slice_index == 3


def test_a_place_is_three_numbers(shelf):
    with pytest.raises(ValueError, match="three finite numbers"):
        viewport_of(shelf).jump_to_world((1, 2))


def test_another_orientation_goes_through_what_was_in_the_middle(shelf):
    viewport = viewport_of(shelf)
    viewport.set_slice_index(3)
    viewport.set_orientation("coronal")
    assert viewport.camera.focal_point_lps[1] == pytest.approx(-20 + 2 * 0.8)
    viewport.set_orientation("axial")
    assert viewport.slice_index in {1, 2}


def test_another_orientation_goes_through_the_place_that_was_jumped_to(shelf):
    viewport = viewport_of(shelf)
    place = (-9.0, -19.0, 108.0)
    viewport.jump_to_world(place)
    for orientation in ("coronal", "sagittal", "axial", ((1, 1, 1), (0, 0, 1))):
        viewport.set_orientation(orientation)
        camera = viewport.camera
        offset = np.subtract(place, camera.focal_point_lps)
        assert offset @ camera.view_plane_normal == pytest.approx(0, abs=1e-9)
        assert (viewport.world_to_canvas(place) >= [0, 0]).all()
        assert (viewport.world_to_canvas(place) <= [60, 40]).all()


def test_scrolling_takes_the_place_that_was_jumped_to_along(shelf):
    viewport = viewport_of(shelf)
    viewport.jump_to_world((-9.0, -19.0, 108.0))
    viewport.set_slice_index(1)
    viewport.set_orientation("coronal")
    assert viewport.camera.focal_point_lps[1] == pytest.approx(-19)
    viewport.set_orientation("axial")
    assert viewport.camera.focal_point_lps[2] == pytest.approx(103)


def test_a_place_that_was_moved_off_the_canvas_is_not_looked_at_any_more(shelf):
    viewport = viewport_of(shelf)
    viewport.jump_to_world((-9.0, -19.0, 108.0))
    viewport.set_zoom(4)
    viewport.set_pan((0, 0))
    viewport.set_orientation("coronal")
    assert viewport.camera.focal_point_lps[1] == pytest.approx(-20 + 2 * 0.8)


@pytest.mark.parametrize("orientation", ["oblique", ((0, 0, 0), (0, 1, 0)), ((0, 1, 0),) * 2, 3])
def test_an_orientation_that_is_none_is_refused(shelf, orientation):
    with pytest.raises(ValueError, match="orientation"):
        viewport_of(shelf, orientation)


def test_a_reformat_is_along_the_voxels_of_an_oblique_volume(shelf):
    turn = math.radians(12)
    tilted = np.eye(4)
    tilted[1:3, 1:3] = [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    viewport = viewport_of(shelf, "axial_reformat", volume_of(tilted @ AFFINE))
    # 12 degrees from the axial plane, so that it is the plane of the slices.
    assert viewport.number_of_slices == 4
    assert viewport.camera.view_plane_normal == pytest.approx((0, math.sin(turn), -math.cos(turn)))
    viewport.set_orientation("coronal_reformat")
    assert viewport.number_of_slices == 5


def test_the_image_on_show_is_known_where_the_plane_is_a_slice(shelf):
    names = tuple(f"a:{k}" for k in range(4))
    volume = volume_of().replace(image_ids=names)
    viewport = viewport_of(shelf, "axial", volume)
    viewport.set_slice_index(1)
    assert viewport.current_image_id == "a:1"
    viewport.flip(horizontal=True)
    assert viewport.current_image_id == "a:1"
    viewport.set_orientation("coronal")
    assert viewport.current_image_id is None


def test_nothing_is_on_show_before_there_is_a_volume(shelf):
    viewport = VolumeViewport(4, 3, session=shelf)
    with pytest.raises(RuntimeError, match="no volume on show; call set_volumes"):
        viewport.scroll(1)
