"""Views: zoom, pan, rotation and flips, and the camera that they make."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.model.geometry import PlaneGeometry
from pycornerstone.viewports.camera import fit_camera
from pycornerstone.viewports.view import View, camera_of, view_of

GEOMETRY = PlaneGeometry((10.0, -20.0, 30.0), (0.6, 0.8, 0.0), (-0.48, 0.36, 0.8), 0.7, 0.5)
SIZE = (300, 200)
FIT = fit_camera(GEOMETRY.affine, (30, 40), SIZE)
MIDDLE = (150, 100)

pixels = st.floats(-500, 500)
views = st.builds(
    View,
    zoom=st.floats(0.05, 50),
    pan=st.tuples(pixels, pixels),
    rotation=st.floats(0, 359.9),
    flip_horizontal=st.booleans(),
    flip_vertical=st.booleans(),
)


def shown_at(view, index):
    """Where on the canvas a pixel of the image is shown."""
    world = GEOMETRY.affine @ [*index, 0, 1]
    return camera_of(view, FIT, SIZE[1]).world_to_canvas(world[:3], SIZE)


def middle_of(view):
    return shown_at(view, (19.5, 14.5))


@given(views)
def test_a_view_is_found_again_from_its_camera(view):
    found = view_of(camera_of(view, FIT, SIZE[1]), FIT, SIZE[1], view)
    assert (found.flip_horizontal, found.flip_vertical) == (
        view.flip_horizontal,
        view.flip_vertical,
    )
    assert found.zoom == pytest.approx(view.zoom)
    assert found.pan == pytest.approx(view.pan, abs=1e-6)
    turn = (found.rotation - view.rotation + 180) % 360 - 180
    assert turn == pytest.approx(0, abs=1e-6)


@given(views)
def test_whatever_the_flips_are_called_the_camera_is_the_same(view):
    camera = camera_of(view, FIT, SIZE[1])
    again = camera_of(view_of(camera, FIT, SIZE[1]), FIT, SIZE[1])
    for one, other in zip(
        (camera.focal_point_lps, camera.view_plane_normal, camera.view_up),
        (again.focal_point_lps, again.view_plane_normal, again.view_up),
        strict=True,
    ):
        assert one == pytest.approx(other, abs=1e-6)


def test_a_fresh_view_is_the_fitting_camera():
    assert camera_of(View(), FIT, SIZE[1]) == FIT


@given(views)
def test_pan_is_where_the_middle_of_the_image_is(view):
    assert middle_of(view) == pytest.approx(np.add(MIDDLE, view.pan), abs=1e-6)


def test_zoom_is_the_fitting_scale_over_the_present_one():
    assert camera_of(View(zoom=4), FIT, SIZE[1]).parallel_scale_mm == FIT.parallel_scale_mm / 4
    one, other = shown_at(View(), (0, 0)), shown_at(View().zoomed(4), (0, 0))
    assert other - MIDDLE == pytest.approx((one - MIDDLE) * 4)


def test_rotation_is_clockwise():
    # What was straight above the middle is to its right after a quarter turn.
    above = shown_at(View(), (19.5, 0))
    right = shown_at(View(rotation=90), (19.5, 0))
    distance = MIDDLE[1] - above[1]
    assert above[0] == pytest.approx(MIDDLE[0])
    assert right == pytest.approx((MIDDLE[0] + distance, MIDDLE[1]))


def test_flips_negate_the_normal_and_the_vertical_one_the_up_vector_too():
    across = camera_of(View(flip_horizontal=True), FIT, SIZE[1])
    assert across.view_plane_normal == pytest.approx(np.negative(FIT.view_plane_normal))
    assert across.view_up == pytest.approx(FIT.view_up)
    upside_down = camera_of(View(flip_vertical=True), FIT, SIZE[1])
    assert upside_down.view_plane_normal == pytest.approx(np.negative(FIT.view_plane_normal))
    assert upside_down.view_up == pytest.approx(np.negative(FIT.view_up))


@given(views, st.floats(0.1, 20), st.tuples(st.integers(0, 39), st.integers(0, 29)))
def test_zoom_and_rotation_leave_the_middle_of_the_canvas_where_it_is(view, zoom, index):
    before = shown_at(view, index) - MIDDLE
    after = shown_at(view.zoomed(zoom), index) - MIDDLE
    assert after == pytest.approx(before * zoom / view.zoom, rel=1e-6, abs=1e-4)
    turned = shown_at(view.rotated(view.rotation + 90), index) - MIDDLE
    assert turned == pytest.approx((-before[1], before[0]), rel=1e-6, abs=1e-4)


@given(views, st.tuples(st.integers(0, 39), st.integers(0, 29)))
def test_a_flip_is_a_mirror_of_the_canvas(view, index):
    x, y = shown_at(view, index)
    across = view.flipped(horizontal=not view.flip_horizontal, vertical=view.flip_vertical)
    assert shown_at(across, index) == pytest.approx((300 - x, y), rel=1e-6, abs=1e-4)
    upside_down = view.flipped(horizontal=view.flip_horizontal, vertical=not view.flip_vertical)
    assert shown_at(upside_down, index) == pytest.approx((x, 200 - y), rel=1e-6, abs=1e-4)


@given(views)
def test_changes_are_undone_by_the_way_back(view):
    there = view.zoomed(3).rotated(view.rotation + 77).flipped(horizontal=True, vertical=False)
    back = there.flipped(horizontal=view.flip_horizontal, vertical=view.flip_vertical)
    back = back.rotated(view.rotation).zoomed(view.zoom)
    assert back.pan == pytest.approx(view.pan, abs=1e-6)
    assert back == replace(view, pan=back.pan, rotation=back.rotation)


def test_rotation_stays_within_a_full_turn():
    assert View().rotated(450).rotation == 90
    assert View().rotated(-90).rotation == 270
    assert View().rotated(-1e-20).rotation == 0
    assert View(rotation=30).flipped(horizontal=True, vertical=False).rotation == 330
    assert View().flipped(horizontal=True, vertical=False).rotation == 0


@pytest.mark.parametrize("zoom", [0, -1, math.nan, math.inf])
def test_zoom_is_above_zero(zoom):
    with pytest.raises(ValueError, match=f"zoom must be above 0, got {zoom}"):
        View().zoomed(zoom)


@pytest.mark.parametrize("pan", [(1,), (1, 2, 3), (math.nan, 0)])
def test_pan_is_two_numbers(pan):
    with pytest.raises(ValueError, match="pan must be two numbers of canvas pixels, got"):
        View().panned(pan)


def test_rotation_is_a_number():
    with pytest.raises(ValueError, match="rotation must be a number of degrees, got inf"):
        View().rotated(math.inf)


def test_a_camera_that_looks_askew_is_refused():
    tilted = replace(FIT, view_plane_normal=(1, 0, 0), view_up=(0, 0, 1))
    with pytest.raises(ValueError, match=r"must be along the image's, .* in their own plane"):
        view_of(tilted, FIT, SIZE[1])
