"""Volume viewports: what is drawn, what of it changes when, and what is let go of."""

from __future__ import annotations

import gc
import math
import threading
import weakref

import numpy as np
import pytest

from pycornerstone.errors import DecodeError, GeometryError, TransferError
from pycornerstone.model.events import ColormapModified, ImageRendered, VoiModified
from pycornerstone.model.image import Image
from pycornerstone.model.luts import VoiWindow
from pycornerstone.model.modules import (
    ImagePlaneModule,
    ModalityLutModule,
    ScalingModule,
    VoiLutModule,
)
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.model.volume_viewport_events import (
    ViewportNeedsRender,
    VolumeNewImage,
    VolumeViewportNewVolume,
)
from pycornerstone.rendering.colormaps import get_colormap
from pycornerstone.rendering.volumes.labels import LabelStyle
from pycornerstone.session.volumes.load_object import VolumeLoadObject, VolumeProgress
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.volumes.inputs import VolumeInput
from pycornerstone.viewports.volumes.viewport import VolumeViewport

SHAPE = (3, 4, 5)


def volume_of(voxels, name="v", affine=None, frame="1.2", **fields):
    voxels = np.asarray(voxels)
    affine = np.eye(4) if affine is None else np.asarray(affine, float)
    geometry = VolumeGeometry(voxels.shape[:3], affine, frame)
    return Volume(name, voxels, geometry=geometry, **fields)


def flat(value, name="v", shape=SHAPE, **fields):
    return volume_of(np.full(shape, value, np.int16), name, **fields)


def viewport_of(shelf, *volumes, size=(5, 4), **options):
    viewport = VolumeViewport(*size, session=shelf, viewport_id="v", **options)
    viewport.set_volumes(volumes)
    return viewport


class Coming:
    """A volume whose slices come when they are told to."""

    def __init__(self, volume, is_known=True):
        self.whole = volume
        self.voxels = np.zeros_like(volume.voxels)
        self.progress = VolumeProgress(volume.volume_id, volume.shape[0], lambda call: call())
        self.load = VolumeLoadObject(self.progress)
        if is_known:
            self.become_known()

    def become_known(self):
        self.progress.loaded = np.zeros(self.whole.shape[0], np.bool_)
        self.progress.volume = self.whole.replace(voxels=self.voxels)

    def bring(self, *slices):
        for k in slices:
            self.voxels[k] = self.whole.voxels[k]
        self.progress.arrived(list(slices))
        if self.progress.loaded.all():
            self.load.settle(self.progress.volume)


@pytest.mark.parametrize(
    ("size", "row_mm", "off"), [((40, 30), 0.7, 0), ((97, 64), 0.9, 0.002), ((15, 200), 0.9, 0.002)]
)
@pytest.mark.parametrize(
    "window",
    [
        {"voi_range": (-160, 240)},
        {"window": (40, 1)},
        {"window": (12.5, 80.25), "voi_function": "SIGMOID"},
        {"voi_range": (0, 100), "invert": True, "colormap": "hotIron"},
        {"voi_range": (-50, 300), "interpolation": "cubic"},
        {"voi_range": (-50, 300), "interpolation": "nearest"},
    ],
)
def test_an_axial_ct_is_drawn_as_its_images_are_in_a_stack(shelf, size, row_mm, off, window):
    random = np.random.default_rng(7)
    voxels = random.integers(0, 2000, (3, 30, 40), dtype=np.int16)
    affine = np.diag([0.7, row_mm, 3.0, 1.0])
    lut = ModalityLutModule(rescale_slope=1.0, rescale_intercept=-1000.0)
    volume = volume_of(voxels, affine=affine, modality_lut=lut, padding_range=(0, 40))
    stack = StackViewport(*size, session=shelf, prefetch=False)
    viewport = viewport_of(shelf, volume, size=size)
    viewport.set_properties(**window)
    for k in range(3):
        viewport.set_slice_index(k)
        stack.show_image(volume.image(k))
        stack.set_properties(**window)
        # Pixel for pixel all are the same. Where values are interpolated, those half way between
        # two greys may be rounded either way, as `draw` and `paint` say.
        found, expected = viewport.render().astype(int), stack.render().astype(int)
        differs = np.abs(found - expected).max(axis=2) > 0
        assert differs.mean() <= off
        if "colormap" not in window:
            assert np.abs(found - expected).max() <= 1


def test_a_nifti_is_drawn_as_its_slices_are_in_a_stack(shelf):
    # Rows from left to right and from the back to the front: RAS, as NIfTI has it.
    voxels = np.random.default_rng(8).integers(0, 255, (3, 30, 40), dtype=np.uint8)
    volume = volume_of(voxels, affine=np.diag([-1.0, -1.5, 2.0, 1.0]))
    viewport = viewport_of(shelf, volume, size=(50, 60))
    stack = StackViewport(50, 60, session=shelf, prefetch=False)
    properties = {"voi_range": (0, 255)}
    viewport.set_properties(**properties)
    viewport.set_slice_index(0)
    stack.show_image(volume.image(0).replace(is_upright=False))
    stack.set_properties(**properties)
    np.testing.assert_array_equal(viewport.render(), stack.render())


@pytest.mark.parametrize("is_upright", [True, False])
@pytest.mark.parametrize(
    ("axes", "signs"),
    # RAS and LAS as NIfTI has them, DICOM's own, sagittal and coronal files, rows across.
    [
        ("xyz", (-1, -1, 1)),
        ("xyz", (1, -1, 1)),
        ("xyz", (1, 1, 1)),
        ("yzx", (-1, 1, 1)),
        ("xzy", (-1, 1, -1)),
        ("yxz", (-1, 1, -1)),
    ],
)
def test_acquisition_is_what_a_stack_shows(shelf, axes, signs, is_upright):
    voxels = np.random.default_rng(8).integers(0, 255, (3, 30, 40), dtype=np.uint8)
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    for column, (axis, sign, step) in enumerate(zip(axes, signs, (1, 1.5, 2), strict=True)):
        affine["xyz".index(axis), column] = sign * step
    geometry = VolumeGeometry(voxels.shape, affine, "1.2", is_upright=is_upright)
    volume = Volume("v", voxels, geometry=geometry)
    properties = {"voi_range": (0, 255), "interpolation": "nearest"}
    viewport = viewport_of(shelf, volume, size=(60, 60), orientation="acquisition")
    viewport.set_properties(**properties)
    stack = StackViewport(60, 60, session=shelf, prefetch=False)
    # The image of a NIfTI slice as its loader gives it, with a plane from the affine by hand.
    for k in range(3):
        viewport.jump_to_world(geometry.index_to_world((20, 15, k)))
        plane = ImagePlaneModule(
            image_position_lps=tuple((affine @ (0, 0, k, 1))[:3].tolist()),
            row_cosines=tuple(np.sign(affine[:3, 0]).tolist()),
            column_cosines=tuple(np.sign(affine[:3, 1]).tolist()),
            row_pixel_spacing_mm=1.5,
            column_pixel_spacing_mm=1.0,
        )
        stack.show_image(Image("test:a", voxels[k], plane=plane, is_upright=is_upright))
        stack.set_properties(**properties)
        np.testing.assert_array_equal(viewport.render(), stack.render())
        assert viewport.camera.view_up == stack.camera.view_up
        assert volume.image(k).is_upright == is_upright


def test_acquisition_of_voxels_without_a_place_is_as_they_are_stored(shelf):
    voxels = np.arange(12, dtype=np.uint8).reshape(1, 3, 4) * 20
    geometry = VolumeGeometry(voxels.shape, np.eye(4), is_default=True, is_upright=False)
    viewport = viewport_of(
        shelf, Volume("v", voxels, geometry=geometry), size=(4, 3), orientation="acquisition"
    )
    viewport.set_properties(voi_range=(0, 255))
    np.testing.assert_array_equal(viewport.render()[..., 0], voxels[0])


def test_view_changes_are_those_of_a_stack(shelf):
    voxels = np.random.default_rng(9).integers(0, 255, (1, 30, 40), dtype=np.uint8)
    volume = volume_of(voxels)
    viewport = viewport_of(shelf, volume, size=(50, 60))
    stack = StackViewport(50, 60, session=shelf, prefetch=False)
    stack.show_image(volume.image(0))
    for one in (viewport, stack):
        one.set_properties(voi_range=(0, 255))
        one.set_zoom(1.7)
        one.set_pan((4, -9))
        one.set_rotation(30)
        one.flip(horizontal=True)
    np.testing.assert_array_equal(viewport.render(), stack.render())


def test_voxels_of_a_coronal_plane_are_drawn_head_up(shelf):
    voxels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 20
    viewport = viewport_of(shelf, volume_of(voxels), size=(3, 2), orientation="coronal")
    viewport.set_properties(voi_range=(0, 255))
    viewport.set_slice_index(0)
    # The first rows of the slices, the one at the head on top.
    np.testing.assert_array_equal(viewport.render()[..., 0], voxels[::-1, 0])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"voi_lut": VoiLutModule(windows=(VoiWindow(40, 401),))}, (-160.5 + 0, 239.5)),
        ({"modality": "PT", "scaling": ScalingModule(suvbw=0.001)}, (0, 5000)),
        ({}, (-100, 300)),
    ],
)
def test_the_window_is_the_headers_or_that_of_suv_or_of_the_values(shelf, fields, expected):
    voxels = np.full(SHAPE, 0, np.int16)
    voxels[0, 0, 0], voxels[2, 3, 4], voxels[1, 1, 1] = -100, 300, 9999
    viewport = viewport_of(shelf, volume_of(voxels, padding_range=(9999, 9999), **fields))
    assert viewport.voi_range() == pytest.approx(expected)


def test_a_large_volume_is_sampled_for_its_window(shelf):
    voxels = np.zeros((40, 300, 300), np.int16)
    voxels[:, 100:200, 100:200] = 500
    voxels[5:30, :90, :90] = -70
    assert viewport_of(shelf, volume_of(voxels)).voi_range() == (-70, 500)


def test_a_value_is_that_of_the_voxel_under_the_point(shelf):
    voxels = np.arange(60, dtype=np.int16).reshape(SHAPE)
    lut = ModalityLutModule(rescale_slope=2.0, rescale_intercept=-1.0)
    viewport = viewport_of(shelf, volume_of(voxels, modality_lut=lut), size=(6, 4))
    viewport.set_slice_index(2)
    assert viewport.value_at_canvas((0.5 + 1, 0.5)) == 2 * voxels[2, 0, 1] - 1
    assert viewport.value_at_canvas((5.4, 3.4)) == 2 * voxels[2, 3, 4] - 1
    assert viewport.value_at_canvas((0.2, 1)) is None


def test_a_slab_shows_the_brightest_of_what_lies_in_it(shelf):
    voxels = np.zeros((5, 2, 2), np.uint8)
    voxels[:, 0, 0] = [200, 0, 10, 0, 100]
    viewport = viewport_of(shelf, volume_of(voxels), size=(2, 2))
    viewport.set_properties(voi_range=(0, 255))
    viewport.set_slice_index(2)
    seen = []
    for thickness, mode in [(None, "maximum"), (2, "maximum"), (4, "maximum"), (2, "minimum")]:
        viewport.set_slab(thickness, mode)
        seen.append(int(viewport.render()[0, 0, 0]))
    assert seen == [10, 10, 200, 0]


@pytest.mark.parametrize(("thickness", "mode"), [(-1, "maximum"), (math.nan, "maximum"), (2, "x")])
def test_a_slab_that_cannot_be_is_refused(shelf, thickness, mode):
    with pytest.raises(ValueError, match=r"thickness_mm|no mode 'x' of a slab; there are"):
        viewport_of(shelf, flat(0)).set_slab(thickness, mode)


def test_a_volume_lies_over_another_with_its_own_colours(shelf):
    low = flat(100, "ct")
    high = volume_of(np.array([[[0.0, 4.0]]] * 3), "pet", np.diag([2.5, 4.0, 1.0, 1.0]))
    viewport = viewport_of(shelf, low)
    viewport.set_properties(voi_range=(0, 255))
    viewport.add_volumes([high])
    viewport.set_properties(
        "pet", voi_range=(0, 4), colormap="hotIron", threshold=1.0, interpolation="nearest"
    )
    picture = viewport.render()
    # Voxels of 2.5 mm whose first centre is at 0: columns 2 to 3 belong to the second of them.
    assert picture[0, 0].tolist() == picture[0, 1].tolist() == [100, 100, 100, 255]
    assert picture[0, 2].tolist() == [*get_colormap("hotIron")[255].tolist(), 255]
    viewport.set_properties("pet", opacity=0.5)
    assert viewport.render()[0, 2, 0] == pytest.approx((100 + 255) / 2, abs=0.5)
    viewport.set_properties("pet", visible=False)
    assert viewport.render()[0, 2].tolist() == [100, 100, 100, 255]
    viewport.remove_volumes(["pet"])
    assert viewport.volume_ids == ("ct",)


def test_another_volume_takes_the_place_of_one_in_the_same_view(shelf):
    under, first, second = flat(10, "under"), flat(20, "t0"), flat(30, "t1")
    over = VolumeInput(first, properties={"voi_range": (0, 100), "colormap": "hot", "opacity": 0.5})
    viewport = viewport_of(shelf, under, over, orientation="coronal")
    viewport.jump_to_world((1, 1.3, 1))
    viewport.set_zoom(1.5)
    viewport.set_slab(2)
    camera, slab, drawn = viewport.camera, viewport.slab, viewport.properties("t0")
    viewport.replace_volume("t0", second)
    assert viewport.volumes == (under, second)
    assert (viewport.camera, viewport.slab) == (camera, slab)
    assert not viewport.is_on_slice
    assert viewport.properties("t1") == drawn
    viewport.replace_volume("under", flat(40, "t2"))
    assert viewport.camera == camera
    assert viewport.volume_ids == ("t2", "t1")


def test_on_another_grid_it_is_the_nearest_slice(shelf):
    viewport = viewport_of(shelf, flat(1, "a", shape=(5, 4, 5)))
    viewport.jump_to_world((0, 0, 3.4))
    moved = np.eye(4)
    moved[2, 3] = 0.75
    viewport.replace_volume("a", flat(2, "b", shape=(5, 4, 5), affine=moved))
    # Slices at 0.75, 1.75, 2.75, 3.75.
    assert viewport.camera.focal_point_lps[2] == pytest.approx(3.75)


@pytest.mark.parametrize("name", ["none", "b"])
def test_what_cannot_take_a_place_changes_nothing(shelf, name):
    first, second = flat(1, "a"), flat(2, "b")
    viewport = viewport_of(shelf, first, second)
    with pytest.raises(ValueError, match="is on show"):
        viewport.replace_volume(name, first)
    with pytest.raises(GeometryError):
        viewport.replace_volume("b", flat(3, "c", frame="9.9"))
    assert viewport.volumes == (first, second)


def test_a_load_that_is_replaced_ends_its_promise(shelf):
    coming = Coming(flat(1, "a"))
    viewport = VolumeViewport(5, 4, session=shelf)
    request = viewport.set_volumes([coming.load])
    viewport.replace_volume("a", flat(7, "b"))
    assert request.cancelled()
    coming.bring(0, 1, 2)
    assert viewport.value_at_canvas((2, 2)) == 7


def test_another_frame_of_reference_needs_a_registration(shelf):
    viewport = viewport_of(shelf, flat(0, "ct"))
    voxels = np.zeros(SHAPE, np.int16)
    voxels[1, 2, 3] = 50
    other = volume_of(voxels, "pet", frame="9.9")
    with pytest.raises(GeometryError, match=r"another frame of reference than 'ct'.*registration"):
        viewport.add_volumes([other])
    assert viewport.volume_ids == ("ct",)
    moved = np.eye(4)
    moved[:3, 3] = (-2, 1, 0)
    viewport.add_volumes([VolumeInput(other, moved, {"threshold": 1, "voi_range": (0, 50)})])
    # Voxel (3, 2, 1) is at (3, 2, 1) mm of its own world, which is at (1, 3, 1) here.
    picture = viewport.render()[..., 0]
    assert np.argwhere(picture).tolist() == [[3, 1]]
    assert viewport.value_at_canvas((1.5, 3.5), "pet") == 50
    assert viewport.canvas_to_index((1.5, 3.5), "pet") == pytest.approx((3, 2, 1))


@pytest.mark.parametrize("matrix", [np.eye(3), np.zeros((4, 4)), [[1, 2], [3]]])
def test_a_registration_is_an_invertible_matrix(matrix):
    with pytest.raises(GeometryError, match="registration is an invertible 4x4"):
        VolumeInput(flat(0), matrix)


def test_what_is_no_volume_is_refused(shelf):
    with pytest.raises(TypeError, match=r"shows a Volume, .* got Image"):
        viewport_of(shelf, Image("a:b", np.zeros((2, 2))))
    with pytest.raises(ValueError, match="'v' can be shown once"):
        viewport_of(shelf, flat(0), flat(1))


@pytest.mark.parametrize(
    "properties",
    [
        {"opacity": 1.5},
        {"opacity": "much"},
        {"opacity_mapping": [(1, 0), (0, 1)]},
        {"opacity_mapping": [(1, 2)]},
        {"opacity_mapping": [(1, 0)], "opacity_follows_voi": True},
        {"threshold": (2, 1)},
        {"threshold": math.nan},
        {"visible": 1},
        {"colormap": [1, 2]},
        {"voi_range": (2, 1)},
        {"voi_range": (1, 2), "window": (3, 4)},
        {"window_index": 0},
    ],
)
def test_properties_that_cannot_be_are_refused_and_change_nothing(shelf, properties):
    viewport = viewport_of(shelf, flat(0))
    before = viewport.properties()
    with pytest.raises(ValueError, match=next(iter(properties))[:4]):
        viewport.set_properties(**properties)
    assert viewport.properties() is before
    with pytest.raises(ValueError, match="no volume 'x' is on show in v; there are: 'v'"):
        viewport.set_properties("x", invert=True)


def test_labels_lie_over_everything_and_can_be_drawn_on(shelf):
    labels = np.zeros(SHAPE, np.uint8)
    viewport = viewport_of(shelf, flat(100))
    viewport.set_properties(voi_range=(0, 255))
    style = LabelStyle(colors={1: (10, 200, 30)}, opacity=1.0, outline_width=0)
    viewport.add_labelmap(volume_of(labels, "seg", is_labelmap=True), style)
    assert viewport.labelmap_ids == ("seg",)
    assert (viewport.render()[..., :3] == 100).all()
    labels[1, 2, 3] = 1
    viewport.mark_modified("seg")
    assert viewport.render()[2, 3].tolist() == [10, 200, 30, 255]
    viewport.set_label_style("seg", LabelStyle(hidden=frozenset({1})))
    assert (viewport.render()[..., :3] == 100).all()
    viewport.remove_labelmap("seg")
    with pytest.raises(ValueError, match="no labelmap 'seg'"):
        viewport.label_style("seg")


def test_events_tell_what_changed(shelf, diary):
    viewport = viewport_of(shelf, flat(0, "ct"))
    kinds = [type(detail) for detail in diary]
    assert kinds[1:] == [VolumeNewImage, VolumeViewportNewVolume, VoiModified]
    diary.clear()
    viewport.set_properties(voi_range=(1, 2))
    viewport.set_properties(voi_range=(1, 2))
    viewport.set_properties(colormap="pet")
    viewport.render()
    told = [(type(detail), getattr(detail, "volume_id", None)) for detail in diary]
    assert told == [(VoiModified, "ct"), (ColormapModified, "ct"), (ImageRendered, None)]


def test_slices_that_are_not_there_yet_are_background(shelf, diary):
    coming = Coming(flat(200))
    viewport = viewport_of(shelf, coming.load, background=(1, 2, 3))
    viewport.set_properties(voi_range=(0, 255))
    viewport.set_slice_index(1)
    assert (viewport.render(0) == (1, 2, 3, 255)).all()
    assert viewport.value_at_canvas((2, 2)) is None
    diary.clear()
    coming.bring(1)
    assert [type(detail) for detail in diary] == [ViewportNeedsRender]
    assert (viewport.render(0) == (200, 200, 200, 255)).all()
    assert viewport.value_at_canvas((2, 2)) == 200
    # Across the slices, only the row of the middle one is there.
    viewport.set_orientation("coronal")
    viewport.resize(5, 3)
    rows = viewport.render(0)[:, 2, 0].tolist()
    assert rows == [1, 200, 1]
    coming.bring(0, 2)
    assert (viewport.render() == (200, 200, 200, 255)).all()


def test_drawing_waits_for_volumes_that_load(shelf):
    coming = Coming(flat(7))
    viewport = viewport_of(shelf, coming.load)
    with pytest.raises(TransferError, match=r"volume 'v' is not there after 0\.01 s"):
        viewport.render(0.01)
    threading.Timer(0.05, coming.bring, (0, 1, 2)).start()
    viewport.set_properties(voi_range=(0, 255))
    assert (viewport.render(10)[..., 0] == 7).all()


def test_a_volume_that_nobody_knows_yet_is_shown_when_it_is_known(shelf, diary):
    coming = Coming(flat(7), is_known=False)
    viewport = viewport_of(shelf, coming.load)
    assert (viewport.render(0)[..., :3] == 0).all()
    with pytest.raises(RuntimeError, match="no volume on show"):
        viewport.set_slice_index(0)
    coming.become_known()
    coming.bring(0)
    assert viewport.number_of_slices == 3
    assert [d.volume_ids for d in diary if isinstance(d, VolumeViewportNewVolume)] == [("v",)]


def test_a_load_that_fails_is_told_by_drawing(shelf):
    coming = Coming(flat(7))
    viewport = viewport_of(shelf, coming.load)
    coming.load.settle(DecodeError("slice 2 is broken"))
    with pytest.raises(DecodeError, match="slice 2 is broken"):
        viewport.render()
    assert (viewport.render(0)[..., :3] == 0).all()


def test_a_registration_that_the_session_knows_is_gone_by(shelf):
    there = np.eye(4)
    there[:3, 3] = (1, 0, 0)
    shelf.metadata.registrations.register("9.9", "1.2", there)
    ct, voxels = flat(0, "ct"), np.zeros(SHAPE, np.int16)
    voxels[1, 1, 1] = 9
    viewport = viewport_of(shelf, ct, volume_of(voxels, "pet", frame="9.9"))
    # What lies at (1, 1, 1) mm of the one frame of reference is at (2, 1, 1) of the other.
    assert viewport.value_at_canvas(viewport.world_to_canvas((2, 1, 1)), "pet") == 9
    assert viewport.frame_of_reference_uid == "1.2"
    viewport.remove_volumes(["ct"])
    assert viewport.frame_of_reference_uid == "9.9"
    assert viewport.value_at_canvas(viewport.world_to_canvas((1, 1, 1)), "pet") == 9


def test_a_matrix_that_was_given_counts_more_than_what_the_session_knows(shelf):
    shelf.metadata.registrations.register("9.9", "1.2", np.diag([2.0, 2, 2, 1]))
    voxels = np.zeros(SHAPE, np.int16)
    voxels[1, 1, 1] = 9
    given = VolumeInput(volume_of(voxels, "pet", frame="9.9"), registration=np.eye(4))
    viewport = viewport_of(shelf, flat(0, "ct"), given)
    assert viewport.value_at_canvas(viewport.world_to_canvas((1, 1, 1)), "pet") == 9


def test_one_that_is_registered_later_is_shown_then(shelf):
    coming = Coming(flat(7, "pet", frame="9.9"), is_known=False)
    viewport = viewport_of(shelf, flat(1, "ct"), coming.load)
    coming.become_known()
    coming.bring(0, 1, 2)
    with pytest.raises(GeometryError, match="'pet' lies in another frame"):
        viewport.render()
    shelf.metadata.registrations.register("1.2", "9.9", np.eye(4))
    viewport.render()
    assert viewport.value_at_canvas(viewport.world_to_canvas((1, 1, 1)), "pet") == 7


def test_frames_of_reference_that_turn_out_to_differ_are_not_drawn(shelf):
    coming = Coming(flat(7, "pet", frame="9.9"), is_known=False)
    viewport = viewport_of(shelf, flat(1, "ct"), coming.load)
    viewport.render(0)
    coming.become_known()
    coming.bring(0)
    with pytest.raises(GeometryError, match="'pet' lies in another frame"):
        viewport.render(0)
    viewport.remove_volumes(["pet"])
    viewport.render(0)


def test_the_slice_on_show_is_loaded_before_others(shelf):
    coming = Coming(flat(7))
    preferred = []
    coming.progress.prefer = preferred.append
    viewport = viewport_of(shelf, coming.load)
    viewport.set_slice_index(2)
    assert preferred == [1, 2]


def test_redrawing_is_asked_for_at_most_every_50_ms_and_once_at_the_end(shelf, diary):
    coming = Coming(flat(7, shape=(200, 4, 5)))
    viewport = viewport_of(shelf, coming.load)
    diary.clear()
    last = threading.Event()
    for k in range(200):
        coming.bring(k)
    late = threading.Timer(0.3, last.set)
    late.start()
    last.wait(5)
    asked = [detail for detail in diary if isinstance(detail, ViewportNeedsRender)]
    assert 2 <= len(asked) <= 8
    assert viewport.render(0).any()


def test_volumes_on_show_stay_in_the_cache_until_the_viewport_is_closed(new_shelf):
    shelf = new_shelf([], max_size_in_bytes=300)
    shown, other = flat(1, "a"), flat(2, "b")
    shelf.cache.put_volume(shown)
    viewport = viewport_of(shelf, shown)
    for k in range(3):
        shelf.cache.put_volume(flat(k, f"more {k}"))
    assert shelf.cache.get_volume("a") is shown
    viewport.close()
    viewport.close()
    for volume in (other, flat(3, "c")):
        shelf.cache.put_volume(volume)
    assert shelf.cache.get_volume("a") is None
    assert (viewport.render()[..., :3] == 0).all()


def test_a_viewport_that_is_forgotten_holds_nothing(new_shelf):
    shelf = new_shelf([], max_size_in_bytes=300)
    coming = Coming(flat(1, "a"))
    viewport = viewport_of(shelf, coming.load)
    viewport.render(0)
    gone = weakref.ref(viewport)
    del viewport
    gc.collect()
    assert gone() is None
    coming.bring(0, 1, 2)
    volume = coming.load.result(0)
    shelf.cache.put_volume(volume)
    for k in range(3):
        shelf.cache.put_volume(flat(k, f"more {k}"))
    assert shelf.cache.get_volume("a") is None


def test_threads_may_draw_and_change_at_the_same_time(shelf):
    voxels = np.random.default_rng(3).integers(0, 255, (9, 40, 40), dtype=np.uint8)
    viewport = viewport_of(shelf, volume_of(voxels), size=(64, 64))
    viewport.set_properties(voi_range=(0, 255))
    failures = []

    def change():
        try:
            for step in range(60):
                viewport.scroll(1, loop=True)
                viewport.set_orientation(("axial", "coronal", "sagittal")[step % 3])
        except Exception as error:
            failures.append(error)

    def draw():
        try:
            for _ in range(60):
                assert viewport.render().shape == (64, 64, 4)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for work in (change, draw, draw)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []


def test_a_picture_is_a_file_too(shelf, tmp_path):
    viewport = viewport_of(shelf, flat(5))
    viewport.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == viewport._repr_png_()
