"""Linked viewports: what follows, what stays, and that it ends."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycornerstone.metadata.registration import Registrations
from pycornerstone.model.events import Event
from pycornerstone.model.image import Image
from pycornerstone.model.modules import ImagePlaneModule
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.session.session import Session
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.stack_sync import StackSync
from pycornerstone.viewports.volumes.inputs import VolumeInput
from pycornerstone.viewports.volumes.linking import link
from pycornerstone.viewports.volumes.viewport import VolumeViewport


@pytest.fixture(scope="module")
def session():
    with Session() as session:
        yield session


def volume(volume_id="head", uid="1.1", start=(-20.0, -15.0, -20.0), shape=(20, 30, 40)):
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[:3, 3] = start
    voxels = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    return Volume(volume_id, voxels, geometry=VolumeGeometry(shape, affine, uid))


@pytest.fixture
def show(session):
    """Makes a viewport of volumes, and closes it."""
    made = []

    def make(*volumes, orientation="axial", size=(100, 100)):
        viewport = VolumeViewport(*size, session=session, orientation=orientation)
        viewport.set_volumes(volumes or [volume()])
        made.append(viewport)
        return viewport

    yield make
    for viewport in made:
        viewport.close()


def stack(session, count=10, step=4.0, start=-20.0, size=(100, 100)):
    """Make a stack viewport of axial images, in the way of the volume."""
    images = [
        Image(
            f"axial:{i}",
            np.full((30, 40), i, np.int16),
            plane=ImagePlaneModule(
                frame_of_reference_uid="1.1",
                image_position_lps=(-20.0, -15.0, start + step * i),
                row_cosines=(1.0, 0.0, 0.0),
                column_cosines=(0.0, 1.0, 0.0),
                row_pixel_spacing_mm=1.0,
                column_pixel_spacing_mm=1.0,
            ),
        )
        for i in range(count)
    ]
    known = {image.image_id: image for image in images}
    session.register_image_loader("axial", lambda image_id: known[image_id])
    session.metadata.add_provider(
        lambda name, image_id: (
            known[image_id].plane if name == "imagePlaneModule" and image_id in known else None
        )
    )
    viewport = StackViewport(*size, session=session, prefetch=False)
    viewport.set_stack([image.image_id for image in images]).result(5)
    return viewport


def close_cameras(one, other):
    np.testing.assert_allclose(one.focal_point_lps, other.focal_point_lps, atol=1e-6)
    np.testing.assert_allclose(one.view_plane_normal, other.view_plane_normal, atol=1e-9)
    np.testing.assert_allclose(one.view_up, other.view_up, atol=1e-9)
    assert one.parallel_scale_mm == pytest.approx(other.parallel_scale_mm)


def test_one_camera_for_all(session, show):
    one, two, three = show(), show(orientation="sagittal"), show(size=(50, 80))
    with link([one, two, three], session=session):
        one.set_camera(
            replace(
                one.camera,
                focal_point_lps=(3.0, 4.0, 5.0),
                view_plane_normal=(0.5, -0.5, 0.7),
                view_up=(0.0, 0.0, 1.0),
                parallel_scale_mm=11,
            )
        )
        close_cameras(two.camera, one.camera)
        close_cameras(three.camera, one.camera)
        three.set_zoom(three.zoom * 2)
        assert one.camera.parallel_scale_mm == pytest.approx(5.5)
    one.set_zoom(1)
    assert two.camera.parallel_scale_mm == pytest.approx(5.5)


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(*[st.floats(-10, 10)] * 3),
    st.tuples(*[st.floats(0.1, 1)] * 3),
    st.floats(3, 40),
)
def test_what_is_done_twice_is_done_once(focal, normal, scale):
    with Session() as session:
        one, two = (VolumeViewport(40, 40, session=session) for _ in range(2))
        for viewport in (one, two):
            viewport.set_volumes([volume()])
        told = []
        camera = replace(
            one.camera, focal_point_lps=focal, view_plane_normal=normal, parallel_scale_mm=scale
        )
        with link([one, two], session=session):
            one.set_camera(camera)
            close_cameras(two.camera, one.camera)
            before = one.camera, two.camera
            session.events.subscribe(Event.CAMERA_MODIFIED, told.append)
            one.set_camera(one.camera)
            two.set_camera(two.camera)
            for known, viewport in zip(before, (one, two), strict=True):
                close_cameras(viewport.camera, known)
            # Nobody answers the other without end.
            assert len(told) <= 4


def test_a_camera_goes_through_a_registration(session, show):
    registrations = Registrations()
    # x becomes y, y becomes -x, and all is moved by 5 mm.
    matrix = [[0, -1, 0, 5], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    registrations.register("1.1", "1.2", matrix)
    one, two = show(), show(volume(uid="1.2", shape=(30, 40, 40)))
    with link([one, two], session=session, registrations=registrations):
        one.set_camera(replace(one.camera, focal_point_lps=(3.0, 4.0, 2.0)))
        camera = two.camera
        np.testing.assert_allclose(camera.focal_point_lps, (1, 3, 2), atol=1e-9)
        # What was up, to the front (-y), is +x there.
        np.testing.assert_allclose(camera.view_up, (1, 0, 0), atol=1e-9)
        two.set_camera(two.camera)
        np.testing.assert_allclose(one.camera.focal_point_lps, (3, 4, 2), atol=1e-9)


def test_strangers_do_not_follow(session, show):
    one, two = show(), show(volume(uid="1.2"))
    with link([one, two], ["camera", "slice"], session=session):
        before = two.camera
        one.set_camera(replace(one.camera, parallel_scale_mm=3))
        assert two.camera == before


def test_a_stack_follows_a_camera_along_its_normal_only(session, show):
    axial, sagittal, images = show(), show(orientation="sagittal"), stack(session)
    with link([axial, sagittal, images], session=session):
        axial.set_camera(
            replace(axial.camera, focal_point_lps=(2.0, 3.0, 0.0), parallel_scale_mm=7)
        )
        assert images.camera.parallel_scale_mm == pytest.approx(7)
        np.testing.assert_allclose(images.camera.focal_point_lps[:2], (2, 3))
    with link([sagittal, images], session=session):
        before = images.camera
        sagittal.set_orientation("coronal")
        sagittal.set_zoom(3)
        assert images.camera == before
    images.close()


def test_planes_and_images_are_scrolled_together(session, show):
    one, two, across, images = show(), show(), show(orientation="coronal"), stack(session)
    with link([one, two, across, images], "slice", session=session):
        before = across.camera
        zoom = two.zoom
        one.set_slice_index(13)
        # 20 slices of 2 mm from z = -20: the thirteenth is at 6 mm; images are 4 mm apart.
        assert two.camera.focal_point_lps[2] == pytest.approx(6)
        assert images.target_image_id_index in (6, 7)
        images.set_image_id_index(3).result(5)
        # At -8 mm.
        assert one.slice_index == two.slice_index == 6
        assert across.camera == before
        assert two.zoom == zoom
        one.set_zoom(4)
        one.set_pan((10, 0))
        assert images.target_image_id_index == 3
    images.close()


def test_planes_stay_beyond_half_a_step_from_the_ends_of_a_volume(session, show):
    # Of the long one, slices are at -20 to 58 mm; of the short one, at -20 to 18 mm.
    long, short = show(volume(shape=(40, 30, 40))), show()
    with link([long, short], "slice", session=session):
        long.jump_to_world((0.0, 0.0, 18.0))
        assert short.camera.focal_point_lps[2] == pytest.approx(18)
        long.jump_to_world((0.0, 0.0, 10.0))
        long.jump_to_world((0.0, 0.0, 25.0))
        assert short.camera.focal_point_lps[2] == pytest.approx(10)


def test_planes_are_kept_in_step_by_number(session, show):
    one, two = show(), show(volume(uid="1.2", shape=(40, 30, 40)))
    one.set_slice_index(5)
    two.set_slice_index(20)
    with StackSync([one, two], "slice", session=session):
        one.scroll(3)
        assert two.slice_index == 23
        two.scroll(-10)
        assert (one.slice_index, two.slice_index) == (0, 13)


def test_windows_are_alike_by_volume(session, show):
    ct, pet = volume("ct"), volume("pet")
    both, alone, images = show(ct, pet), show(pet), stack(session)
    with link([both, alone, images], "voi", session=session):
        both.set_properties(volume_id="pet", voi_range=(0.0, 7.0))
        assert alone.voi_range("pet") == pytest.approx((0, 7))
        before = images.voi_range
        assert before != pytest.approx((0, 7))
        both.set_properties(volume_id="ct", voi_range=(10.0, 70.0))
        assert alone.voi_range("pet") == pytest.approx((0, 7))
        assert images.voi_range == pytest.approx((10, 70))
        images.set_properties(voi_range=(5.0, 6.0))
        assert both.voi_range("ct") == pytest.approx((5, 6))
        assert both.voi_range("pet") == pytest.approx((0, 7))
        # Of that one, the first is the PET.
        assert alone.voi_range("pet") == pytest.approx((5, 6))
        both.set_properties(volume_id="pet", voi_function="SIGMOID")
        assert alone.properties("pet").voi_function == "SIGMOID"
        assert images.properties.voi_function != "SIGMOID"
        images.set_properties(voi_function="SIGMOID")
        assert both.properties("ct").voi_function == "SIGMOID"
        images.set_properties(voi_function="LINEAR")
        assert both.properties("ct").voi_function == "LINEAR"
    images.close()


def test_zoom_and_pan_are_fractions(session, show):
    one, two = show(size=(100, 100)), show(size=(300, 300))
    with link([one, two], "zoom and pan", session=session):
        one.set_rotation(30)
        assert two.rotation == 0
        one.set_rotation(0)
        one.set_zoom(2)
        one.set_pan((10, -5))
        assert two.zoom == 2
        assert two.pan == pytest.approx((30, -15))
        # The same place is in the middle of both, whatever the size of the canvas.
        np.testing.assert_allclose(two.camera.focal_point_lps, one.camera.focal_point_lps)


def test_the_presentation_is_that_and_turns_and_flips(session, show):
    one, two = show(), stack(session)
    with link([one, two], "presentation", session=session):
        one.flip(horizontal=True)
        one.set_rotation(40)
        one.set_zoom(1.5)
        one.set_pan((3, 4))
        assert (two.flip_horizontal, two.flip_vertical) == (True, False)
        assert two.rotation == pytest.approx(40)
        assert two.zoom == 1.5
        assert two.pan == pytest.approx((3, 4))
        two.flip(vertical=True)
        assert one.flip_vertical
        assert one.rotation == pytest.approx(two.rotation)
        one.reset_camera()
        assert (two.zoom, two.rotation, two.flip_horizontal) == (1, 0, False)
    two.close()


def test_sources_lead_and_targets_follow(session, show):
    one, two = show(), show()
    with link(sources=[one], targets=[two], what="zoom and pan", session=session) as made:
        two.set_zoom(3)
        assert one.zoom == 1
        one.set_zoom(2)
        assert two.zoom == 2
        made.enabled = False
        one.set_zoom(5)
        assert two.zoom == 2
        made.enabled = True
        assert made.viewports == (one, two)
        made.remove(two)
        one.set_zoom(6)
        assert two.zoom == 2


def test_empty_viewports_are_passed_over(session, show):
    one, empty = show(), VolumeViewport(10, 10, session=session)
    kinds = ["camera", "slice", "voi", "zoom and pan", "presentation"]
    with link([one, empty, StackViewport(9, 9, session=session)], kinds, session=session):
        one.set_zoom(2)
        one.scroll(1)
        one.set_properties(voi_range=(1.0, 2.0))
        one.close()
    assert empty.zoom in (1, 2)


def test_there_are_seven_kinds():
    kinds = "camera, slice, voi, colors, slab, zoom and pan, presentation"
    with pytest.raises(ValueError, match=kinds):
        link([], "colour")


def test_slabs_are_as_thick(session, show):
    one, two = show(), show(orientation="coronal")
    told = []
    undo = session.events.subscribe(Event.SLAB_MODIFIED, told.append)
    with link([one, two, StackViewport(9, 9, session=session)], "slab", session=session):
        one.set_slab(12, "minimum")
        assert (two.slab.thickness_mm, two.slab.mode) == (12, "minimum")
        one.set_slab(12, "minimum")
        two.set_slab(None)
        assert one.slab is None
    undo()
    assert [(detail.viewport_id, detail.thickness_mm) for detail in told] == [
        (one.viewport_id, 12),
        (two.viewport_id, 12),
        (two.viewport_id, 0),
        (one.viewport_id, 0),
    ]


def test_colors_are_alike_by_volume(session, show):
    head, pet = volume(), volume("pet")
    one, two, three = show(head, pet), show(head), show(pet)
    four = stack(session)
    own = [(0, 0, 0), (1, 2, 3)]
    with link([one, two, three, four], "colors", session=session):
        one.set_properties("pet", colormap="hot")
        assert three.properties().colormap.name == "hot"
        assert two.properties().colormap.name == four.properties.colormap.name == "gray"
        one.set_properties(invert=True, colormap=own)
        assert two.properties().colormap.colors == bytes([0, 0, 0, 1, 2, 3])
        assert four.properties.colormap.colors == bytes([0, 0, 0, 1, 2, 3])
        assert two.properties().invert
        assert four.properties.invert
        assert not three.properties().invert
        four.set_properties(invert=False)
        assert not one.properties("head").invert
    four.close()


def test_registrations_of_the_session_are_gone_by(show):
    with Session() as session:
        shift = np.eye(4)
        shift[:3, 3] = (0, 0, 7)
        one, two = (VolumeViewport(40, 40, session=session) for _ in range(2))
        one.set_volumes([volume()])
        two.set_volumes([volume(uid="1.2")])
        with link([one, two], session=session):
            before = two.camera
            one.jump_to_world((0, 0, -4))
            close_cameras(two.camera, before)
            session.metadata.registrations.register("1.1", "1.2", shift)
            one.jump_to_world((0, 0, -6))
            assert two.camera.focal_point_lps[2] == pytest.approx(1)


def test_one_that_cannot_follow_stops_no_other(session, show, caplog):
    class Broken(VolumeViewport):
        def set_slab(self, *_):
            raise RuntimeError("no")

    one, broken, three = show(), Broken(9, 9, session=session), show()
    with link([one, broken, three], "slab", session=session):
        one.set_slab(3)
        one.set_slab(5)
        assert three.slab.thickness_mm == 5
    assert {record.getMessage() for record in caplog.records} == {
        "a listener of SLAB_MODIFIED raised"
    }
    caplog.clear()


def test_a_link_of_viewports_that_are_gone_listens_no_longer(show):
    with Session() as session:
        others = [VolumeViewport(9, 9, session=session) for _ in range(2)]
        made = link(others, "slab", session=session)
        followers = weakref.ref(made._parts[0])
        del others, made
        gc.collect()
        with VolumeViewport(9, 9, session=session) as stranger:
            stranger.set_slab(3)
        gc.collect()
        assert followers() is None


def test_nothing_in_common_is_no_link():
    with pytest.raises(ValueError, match="got nothing"):
        link([], [])


@pytest.mark.parametrize("has_beside", [False, True])
def test_a_registered_volume_ends_where_it_is_shown(session, show, has_beside):
    # The long one goes on below and above: z from -60 to 58, the short one from -20 to 18.
    long = show(volume("long", start=(-20.0, -15.0, -60.0), shape=(60, 30, 40)))
    moved = np.eye(4)
    moved[2, 3] = 100
    away = VolumeInput(volume("away", start=(-20.0, -15.0, -120.0)), registration=moved)
    # With another beside it, the world is named as its own frame of reference is.
    beside = [volume("beside", start=(-20.0, -15.0, -120.0))] if has_beside else []
    short = show(away, *beside)
    with link([long, short], "slice", session=session):
        long.jump_to_world((0, 0, 10))
        assert short.camera.focal_point_lps[2] == pytest.approx(10)
        long.jump_to_world((0, 0, -40))
        assert short.camera.focal_point_lps[2] == pytest.approx(10)
        long.jump_to_world((0, 0, -18))
        assert short.camera.focal_point_lps[2] == pytest.approx(-18)
