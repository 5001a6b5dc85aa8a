"""Crosshairs: one place in all planes, and the lines along which they meet."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycornerstone.model.events import Event
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.session.session import Session
from pycornerstone.viewports.volumes.crosshairs import Crosshairs
from pycornerstone.viewports.volumes.linking import link
from pycornerstone.viewports.volumes.viewport import VolumeViewport

# A cube of 60 mm about the origin; a canvas of 120 pixels is 0.5 mm a pixel.
SHAPE = (30, 60, 60)
AFFINE = np.array([[1.0, 0, 0, -29.5], [0, 1, 0, -29.5], [0, 0, 2, -29], [0, 0, 0, 1]])


@pytest.fixture(scope="module")
def session():
    with Session() as session:
        yield session


@pytest.fixture(scope="module")
def cube():
    k, j, i = np.indices(SHAPE)
    is_ball = (i - 29.5) ** 2 + (j - 29.5) ** 2 + (2 * k - 29) ** 2 < 25**2
    voxels = np.where(is_ball, 40 + i + j, 0).astype(np.int16)
    return Volume("cube", voxels, geometry=VolumeGeometry(SHAPE, AFFINE, "1.1"))


@pytest.fixture
def planes(session, cube):
    viewports = [
        VolumeViewport(120, 120, session=session, orientation=name)
        for name in ("axial", "sagittal", "coronal")
    ]
    for viewport in viewports:
        viewport.set_volumes([cube])
    yield viewports
    for viewport in viewports:
        viewport.close()


def ends(line):
    return sorted(map(tuple, np.round(line, 6).tolist()))


def test_it_is_where_the_planes_meet(session, planes):
    axial, sagittal, coronal = planes
    with Crosshairs(planes, session=session) as crosshairs:
        expected = [
            sagittal.camera.focal_point_lps[0],
            coronal.camera.focal_point_lps[1],
            axial.camera.focal_point_lps[2],
        ]
        assert crosshairs.point_lps == pytest.approx(expected)


def test_moving_it_moves_all_planes(session, planes):
    with Crosshairs(planes, (4.0, -7.0, 11.0), session=session) as crosshairs:
        assert crosshairs.point_lps == (4, -7, 11)
        for viewport, axis, value in zip(planes, (2, 0, 1), (11, 4, -7), strict=True):
            assert viewport.camera.focal_point_lps[axis] == pytest.approx(value)
        # On the axial canvas, 0.5 mm a pixel, x to the right and y down.
        assert crosshairs.canvas_point(planes[0]) == pytest.approx((68, 46))
        crosshairs.move_to_canvas(planes[0], (60, 60))
        assert crosshairs.point_lps == pytest.approx((0, 0, 11))
        assert planes[1].camera.focal_point_lps[0] == pytest.approx(0)


def test_scrolling_one_takes_it_along(session, planes):
    with Crosshairs(planes, (4.0, -7.0, 11.0), session=session) as crosshairs:
        before = planes[1].camera, planes[2].camera
        planes[0].jump_to_world((0.0, 0.0, -5.0))
        assert crosshairs.point_lps == pytest.approx((4, -7, -5))
        assert (planes[1].camera, planes[2].camera) == before
        # Neither zoom nor pan do.
        planes[0].set_zoom(2)
        planes[0].set_pan((30, 30))
        assert crosshairs.point_lps == pytest.approx((4, -7, -5))
        crosshairs.enabled = False
        planes[0].jump_to_world((0.0, 0.0, 0.0))
        assert crosshairs.point_lps == pytest.approx((4, -7, -5))
    planes[0].jump_to_world((0.0, 0.0, 1.0))
    assert crosshairs.point_lps == pytest.approx((4, -7, -5))


def test_lines_are_those_of_the_other_planes(session, planes):
    axial, sagittal, coronal = planes
    with Crosshairs(planes, (4.0, -7.0, 11.0), session=session) as crosshairs:
        lines = crosshairs.lines(axial)
        assert [line.of for line in lines] == [sagittal, coronal]
        # x = 4 mm is at 68, and y = -7 mm at 46.
        assert ends(lines[0].ends) == [(68, 0), (68, 120)]
        assert ends(lines[1].ends) == [(0, 46), (120, 46)]
        assert lines[0].color != lines[1].color
        # Superior is up on the others: z = 11 mm is 22 pixels above the middle.
        [of_axial] = [line for line in crosshairs.lines(sagittal) if line.of is axial]
        assert ends(of_axial.ends) == [(0, 38), (120, 38)]


def test_rotating_lines_turns_planes(session, planes):
    axial, sagittal, coronal = planes
    with Crosshairs(planes, (4.0, -7.0, 11.0), session=session) as crosshairs:
        before = axial.camera
        crosshairs.rotate(axial, 30)
        assert axial.camera == before
        assert crosshairs.point_lps == (4, -7, 11)
        line = crosshairs.lines(axial)[0].ends
        # The upright line, turned clockwise by 30 degrees: its upper end goes to the right.
        upper = line[np.argmin(line[:, 1])]
        dx, dy = upper - (68, 46)
        assert np.degrees(np.arctan2(dx, -dy)) == pytest.approx(30)
        normals = [np.array(viewport.camera.view_plane_normal) for viewport in planes]
        np.testing.assert_allclose(np.stack(normals) @ np.stack(normals).T, np.eye(3), atol=1e-9)
        crosshairs.rotate(axial, -30, of=[sagittal])
        np.testing.assert_allclose(sagittal.camera.view_plane_normal, (1, 0, 0), atol=1e-9)
        assert abs(coronal.camera.view_plane_normal[0]) == pytest.approx(0.5)


@settings(max_examples=20, deadline=None)
@given(
    point=st.tuples(*[st.floats(-25, 25)] * 3),
    # Tenths of a degree: a camera that is turned by next to nothing counts as not turned.
    turns=st.lists(st.tuples(st.integers(0, 2), st.integers(-1800, 1800)), max_size=4),
    zoom=st.floats(0.3, 4),
)
def test_the_place_is_on_all_planes_whatever_is_done(session, cube, point, turns, zoom):
    viewports = [
        VolumeViewport(120, 90, session=session, orientation=name)
        for name in ("axial", "sagittal", "coronal")
    ]
    for viewport in viewports:
        viewport.set_volumes([cube])
        viewport.set_zoom(zoom)
    with Crosshairs(viewports, session=session) as crosshairs:
        crosshairs.move_to(point)
        for number, tenths in turns:
            crosshairs.rotate(viewports[number], tenths / 10)
        np.testing.assert_allclose(crosshairs.point_lps, point)
        for viewport in viewports:
            camera = viewport.camera
            away = np.subtract(point, camera.focal_point_lps) @ np.array(camera.view_plane_normal)
            assert away == pytest.approx(0, abs=1e-6)
            for line in crosshairs.lines(viewport):
                places = viewport.canvas_to_world(line.ends)
                other = line.of.camera
                off = (places - other.focal_point_lps) @ np.array(other.view_plane_normal)
                np.testing.assert_allclose(off, 0, atol=1e-6)
    for viewport in viewports:
        viewport.close()


@settings(max_examples=25, deadline=None)
@given(
    shape=st.sampled_from([(6, 8, 7), (1, 9, 9), (12, 5, 5), (1, 1, 1)]),
    seed=st.integers(0, 2**32 - 1),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["scroll", "rotate", "zoom", "move"]),
            st.integers(0, 2),
            st.floats(-1, 1),
        ),
        max_size=6,
    ),
)
def test_all_planes_have_the_lines_of_the_others(session, shape, seed, steps):
    random = np.random.default_rng(seed)
    turned, _ = np.linalg.qr(random.normal(size=(3, 3)))
    sheared = np.eye(3) + np.triu(random.uniform(-0.6, 0.6, (3, 3)), 1)
    affine = np.eye(4)
    affine[:3, :3] = turned @ sheared @ np.diag(random.uniform(0.4, 5, 3))
    affine[:3, 3] = random.uniform(-100, 100, 3)
    geometry = VolumeGeometry(shape, affine, "1.1")
    volume = Volume("sheared", np.zeros(shape, np.int16), geometry=geometry)
    viewports = [
        VolumeViewport(*size, session=session, orientation=name)
        for name, size in (("axial", (90, 70)), ("sagittal", (40, 120)), ("coronal", (64, 64)))
    ]
    for viewport in viewports:
        viewport.set_volumes([volume])
    with (
        Crosshairs(viewports, session=session) as crosshairs,
        link(viewports, "zoom and pan", session=session),
    ):
        for what, number, amount in steps:
            if what == "scroll":
                viewports[number].scroll(round(5 * amount))
            elif what == "rotate":
                crosshairs.rotate(viewports[number], round(900 * amount) / 10)
            elif what == "zoom":
                viewports[number].set_zoom(4**amount)
            else:
                middle = (np.array(geometry.lengths) - 1) / 2
                crosshairs.move_to(geometry.index_to_world(middle * (1 + amount)).tolist())
            for viewport in viewports:
                away = np.subtract(crosshairs.point_lps, viewport.camera.focal_point_lps)
                assert away @ viewport.camera.view_plane_normal == pytest.approx(0, abs=1e-5)
                x, y = crosshairs.canvas_point(viewport)
                if 0.1 < x < viewport.width - 0.1 and 0.1 < y < viewport.height - 0.1:
                    # The planes are at right angles to each other, however they are turned.
                    lines = crosshairs.lines(viewport)
                    assert {line.of for line in lines} == set(viewports) - {viewport}
                    for start, end in (line.ends for line in lines):
                        across = np.linalg.det([end - start, np.subtract((x, y), start)])
                        assert abs(across) < 1e-2 * np.linalg.norm(end - start)
    for viewport in viewports:
        viewport.close()


def test_a_plane_that_is_turned_out_of_its_volume_takes_the_place_to_the_edge(session):
    # A box of 20 x 20 x 60 mm about the origin. The place is 30 mm beside it.
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[:3, 3] = (-9.5, -9.5, -29)
    geometry = VolumeGeometry((30, 20, 20), affine, "1.1")
    volume = Volume("box", np.zeros((30, 20, 20), np.int16), geometry=geometry)
    axial, coronal = (
        VolumeViewport(100, 100, session=session, orientation=name) for name in ("axial", "coronal")
    )
    for viewport in (axial, coronal):
        viewport.set_volumes([volume])
    with Crosshairs([axial, coronal], (40.0, 0.0, 0.0), session=session) as crosshairs:
        # Seen from the feet, clockwise is from x to y: the plane x = 40 misses the box, x = 10 not.
        crosshairs.rotate(axial, 90)
        assert crosshairs.point_lps == pytest.approx((10, 0, 0))
        assert abs(coronal.camera.view_plane_normal[0]) == pytest.approx(1)
        assert coronal.camera.focal_point_lps[0] == pytest.approx(10)
        x, _ = crosshairs.canvas_point(axial)
        np.testing.assert_allclose(ends(crosshairs.lines(axial)[0].ends), [(x, 0), (x, 100)])
    for viewport in (axial, coronal):
        viewport.close()


def test_those_that_are_left_go_on_when_the_first_is_closed(session, planes):
    axial, sagittal, coronal = planes
    with Crosshairs(planes, (4.0, -7.0, 11.0), session=session) as crosshairs:
        axial.close()
        crosshairs.move_to((5.0, 6.0, 7.0))
        assert sagittal.camera.focal_point_lps[0] == pytest.approx(5)
        assert coronal.camera.focal_point_lps[1] == pytest.approx(6)
        coronal.jump_to_world((0.0, -3.0, 0.0))
        assert crosshairs.point_lps == pytest.approx((5, -3, 7))
        assert [line.of for line in crosshairs.lines(coronal)] == [sagittal]
        assert crosshairs.canvas_point(axial) is None
        assert crosshairs.lines(axial) == ()
        # Half a millimetre a pixel: y is -3 mm, to the front, which is left; z is 7 mm, up.
        assert crosshairs.canvas_point(sagittal) == pytest.approx((54, 46))
        crosshairs.rotate(sagittal, 30)
        assert crosshairs.point_lps == pytest.approx((5, -3, 7))


def test_the_edge_of_a_slab_is_drawn_and_may_be_moved(session, planes):
    axial, sagittal, _ = planes
    with Crosshairs(planes, (4.0, -7.0, 11.0), session=session) as crosshairs:
        assert crosshairs.lines(axial)[0].slab_ends == ()
        # 6 mm to the right of x = 4 is 12 pixels.
        crosshairs.set_slab(sagittal, axial, (80, 10))
        assert sagittal.slab.thickness_mm == pytest.approx(12)
        faces = crosshairs.lines(axial)[0].slab_ends
        assert sorted(ends(face)[0][0] for face in faces) == pytest.approx([56, 80])
        sagittal.set_slab(3, "average")
        crosshairs.set_slab(sagittal, axial, (60, 0))
        assert sagittal.slab.thickness_mm == pytest.approx(8)
        assert sagittal.slab.mode == "average"


def test_the_lines_are_drawn_and_the_place_is_left_free(session, planes):
    axial = planes[0]
    with Crosshairs(planes, (4.0, -7.0, 11.0), session=session) as crosshairs:
        picture = axial.render()
        drawn = crosshairs.draw(axial, picture)
        of_sagittal, of_coronal = crosshairs.lines(axial)
        assert (drawn != picture).any(axis=2).sum() < 1200
        # A line between two pixels has half of each.
        left, right = drawn[5, 67, :3].astype(int), drawn[5, 68, :3].astype(int)
        assert (left + right >= np.array(of_sagittal.color) * 0.9).all()
        assert drawn[45:47, 5, :3].max() >= max(of_coronal.color) / 2
        np.testing.assert_array_equal(drawn[42:50, 64:72], picture[42:50, 64:72])
        np.testing.assert_array_equal(crosshairs.draw(axial), drawn)


def test_two_who_move_it_at_once_leave_it_in_one_place(session, planes):
    with Crosshairs(planes, session=session) as crosshairs:
        start = threading.Barrier(2)

        def move(sign):
            start.wait()
            for step in range(60):
                crosshairs.move_to((sign * step / 3, -sign * step / 4, sign * step / 5))

        threads = [threading.Thread(target=move, args=(sign,)) for sign in (-1, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        x, y, z = crosshairs.point_lps
        found = [viewport.camera.focal_point_lps for viewport in planes]
        assert (found[1][0], found[2][1], found[0][2]) == pytest.approx((x, y, z))


def test_forgotten_ones_are_gone(session, planes):
    crosshairs = weakref.ref(Crosshairs(planes, session=session))
    gc.collect()
    assert crosshairs() is None
    assert not session.events.listens(Event.CAMERA_MODIFIED)


def test_bad_input_says_so(session, planes):
    with pytest.raises(ValueError, match="crosshairs need the viewports"):
        Crosshairs([], session=session)
    with Crosshairs(planes, session=session) as crosshairs:
        with pytest.raises(ValueError, match="three finite numbers"):
            crosshairs.move_to((1, 2))
        with pytest.raises(ValueError, match="number of degrees"):
            crosshairs.rotate(planes[0], np.nan)
    with pytest.raises(RuntimeError):
        Crosshairs([VolumeViewport(9, 9, session=session)], session=session)


def test_viewports_may_come_one_by_one_and_twice(session, planes):
    axial, sagittal, coronal = planes
    with Crosshairs((one for one in (*planes, axial)), session=session) as crosshairs:
        assert crosshairs.viewports == (axial, sagittal, coronal)
        axial.scroll(1)
        assert {line.of for line in crosshairs.lines(axial)} == {sagittal, coronal}


def test_an_empty_viewport_and_no_colors_say_so(session, planes):
    with pytest.raises(RuntimeError):
        Crosshairs([*planes, VolumeViewport(9, 9, session=session)], session=session)
    with pytest.raises(ValueError, match="a colour at least"):
        Crosshairs(planes, session=session, colors=[])
    with pytest.raises(ValueError, match="0 to 255"):
        Crosshairs(planes, session=session, colors=[(1, 2)])
