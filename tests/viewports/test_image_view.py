"""One image on a canvas: turned, flipped, zoomed, resized and saved, as NumPy would do it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.events import (
    CameraModified,
    CameraReset,
    ColormapModified,
    ImageRendered,
    VoiModified,
)
from pycornerstone.model.image import Image
from pycornerstone.model.luts import VoiWindow
from pycornerstone.model.modules import (
    DisplayShutterModule,
    ImagePlaneModule,
    OverlayPlane,
    VoiLutModule,
)
from pycornerstone.viewports.stack import StackViewport

# An F: no turn or mirror of it looks like another.
LETTER = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 9, 9, 9, 9, 9, 9, 0],
        [0, 9, 0, 0, 0, 0, 0, 0],
        [0, 9, 0, 0, 0, 0, 0, 0],
        [0, 9, 9, 9, 9, 0, 0, 0],
        [0, 9, 0, 0, 0, 0, 0, 0],
        [0, 9, 0, 0, 0, 0, 0, 0],
        [0, 9, 0, 0, 0, 0, 0, 5],
    ],
    np.uint8,
)
F = Image("letter:F", LETTER * 28)
OBLIQUE = ImagePlaneModule(
    image_position_lps=(10.0, -20.0, 30.0),
    row_cosines=(0.6, 0.8, 0.0),
    column_cosines=(-0.48, 0.36, 0.8),
    row_pixel_spacing_mm=0.7,
    column_pixel_spacing_mm=0.5,
)


@pytest.fixture
def viewport(shelf):
    shown = StackViewport(8, 8, session=shelf, prefetch=False, viewport_id="v")
    shown.show_image(F)
    shown.set_properties(voi_range=(0, 252))
    return shown


def picture(viewport):
    return viewport.render()[..., 0] // 28


def test_an_image_is_drawn_with_row_0_on_top_and_column_0_at_the_left(viewport):
    assert (picture(viewport) == LETTER).all()


@pytest.mark.parametrize("plane", [None, OBLIQUE])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("horizontal", [False, True])
@pytest.mark.parametrize("vertical", [False, True])
def test_quarter_turns_and_flips_are_those_of_numpy(shelf, plane, quarters, horizontal, vertical):
    if plane is not None:
        plane = replace(plane, row_pixel_spacing_mm=0.5)
    viewport = StackViewport(8, 8, session=shelf, prefetch=False)
    viewport.show_image(F.replace(plane=plane))
    viewport.set_properties(voi_range=(0, 252))
    viewport.flip(horizontal=horizontal, vertical=vertical)
    viewport.set_rotation(90 * quarters)
    expected = np.fliplr(LETTER) if horizontal else LETTER
    expected = np.flipud(expected) if vertical else expected
    assert (picture(viewport) == np.rot90(expected, -quarters)).all()


@pytest.mark.parametrize("rotation", [0, 33, 90])
def test_a_flip_mirrors_what_is_on_the_canvas(viewport, rotation):
    viewport.resize(64, 48)
    viewport.set_properties(interpolation="nearest")
    viewport.set_rotation(rotation)
    viewport.set_pan((5, -3))
    before = viewport.render()
    viewport.flip(horizontal=True)
    assert (np.fliplr(before) == viewport.render()).mean() > 0.999
    assert viewport.rotation == (360 - rotation) % 360
    assert viewport.pan[0] == -5
    viewport.flip(vertical=True)
    assert (np.rot90(before, 2) == viewport.render()).mean() > 0.999
    assert (viewport.flip_horizontal, viewport.flip_vertical) == (True, True)
    viewport.flip(horizontal=False, vertical=False)
    assert (before == viewport.render()).all()


def test_pan_moves_the_picture_right_and_down(viewport):
    viewport.set_pan((2, 1))
    moved = np.zeros_like(LETTER)
    moved[1:, 2:] = LETTER[:-1, :-2]
    assert (picture(viewport) == moved).all()


def test_zoom_enlarges_about_the_middle(viewport):
    viewport.set_properties(interpolation="nearest")
    viewport.set_zoom(2)
    assert (picture(viewport) == LETTER[2:6, 2:6].repeat(2, axis=0).repeat(2, axis=1)).all()


def test_a_canvas_of_another_shape_has_background_at_its_sides(shelf):
    viewport = StackViewport(16, 8, session=shelf, prefetch=False, background=(1, 2, 3))
    viewport.show_image(F)
    rgba = viewport.render()
    assert rgba.shape == (8, 16, 4)
    assert (rgba[:, :4] == [1, 2, 3, 255]).all()
    assert (rgba[:, 12:] == [1, 2, 3, 255]).all()
    assert (rgba[1, 5:11, 0] == 255).all()


def test_pixels_that_are_higher_than_wide_are_drawn_so(shelf):
    plane = ImagePlaneModule(row_pixel_spacing_mm=2.0, column_pixel_spacing_mm=1.0)
    viewport = StackViewport(8, 16, session=shelf, prefetch=False)
    viewport.show_image(F.replace(plane=plane))
    viewport.set_properties(voi_range=(0, 252), interpolation="nearest")
    assert (picture(viewport) == LETTER.repeat(2, axis=0)).all()


def test_a_plane_that_is_none_is_drawn_all_the_same(shelf):
    plane = ImagePlaneModule(row_cosines=(0.0, 0.0, 0.0), column_cosines=(0.0, 0.0, 0.0))
    viewport = StackViewport(8, 8, session=shelf, prefetch=False)
    viewport.show_image(F.replace(plane=plane))
    viewport.set_properties(voi_range=(0, 252))
    assert (picture(viewport) == LETTER).all()


@settings(max_examples=50, deadline=None)
@given(
    st.floats(0.2, 9),
    st.tuples(st.floats(-40, 40), st.floats(-40, 40)),
    st.floats(0, 359),
    st.booleans(),
    st.booleans(),
)
def test_points_of_canvas_world_and_index_agree_in_every_view(
    zoom, pan, rotation, horizontal, vertical
):
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.events import EventBus

    class Nothing:
        events, cache, metadata = EventBus(), Cache(), MetadataRegistry()

    viewport = StackViewport(30, 20, session=Nothing(), prefetch=False)
    viewport.show_image(F.replace(plane=OBLIQUE))
    viewport.set_zoom(zoom)
    viewport.set_rotation(rotation)
    viewport.set_pan(pan)
    viewport.flip(horizontal=horizontal, vertical=vertical)
    points = np.array([[0, 0], [30, 0], [3.25, 17.5], [15, 10]])
    world = viewport.canvas_to_world(points)
    assert viewport.world_to_canvas(world) == pytest.approx(points, abs=1e-6)
    # By hand, PS3.3 equation C.7.6.2.1-1.
    for place, (column, row) in zip(world, viewport.canvas_to_index(points), strict=True):
        expected = (
            np.array([10.0, -20.0, 30.0])
            + np.multiply((0.6, 0.8, 0.0), 0.5 * column)
            + np.multiply((-0.48, 0.36, 0.8), 0.7 * row)
        )
        assert place == pytest.approx(expected, abs=1e-6)


def test_the_value_at_an_index_is_drawn_where_the_canvas_point_says(viewport):
    viewport.resize(40, 60)
    viewport.set_rotation(30)
    viewport.set_properties(interpolation="nearest")
    drawn = picture(viewport)
    y, x = np.mgrid[:60, :40] + 0.5
    column, row = np.moveaxis(viewport.canvas_to_index(np.stack([x, y], axis=-1)), -1, 0)
    c, r = np.rint(column).astype(int), np.rint(row).astype(int)
    inside = (c >= 0) & (c < 8) & (r >= 0) & (r < 8)
    far_from_edges = (np.abs(column % 1 - 0.5) > 1e-3) & (np.abs(row % 1 - 0.5) > 1e-3)
    expected = np.where(inside, LETTER[r.clip(0, 7), c.clip(0, 7)], 0)
    assert (drawn == expected)[far_from_edges].all()


def test_a_camera_that_was_read_can_be_set_again(viewport, diary):
    viewport.set_zoom(2)
    viewport.set_rotation(40)
    viewport.flip(vertical=True)
    camera, drawn = viewport.camera, viewport.render()
    viewport.reset_camera()
    diary.clear()
    viewport.set_camera(camera)
    assert [type(detail) for detail in diary] == [CameraModified]
    assert (viewport.render() == drawn).all()
    viewport.set_camera(replace(camera, parallel_scale_mm=camera.parallel_scale_mm / 2))
    assert viewport.zoom == pytest.approx(4)


def test_a_camera_from_the_side_is_refused(viewport):
    camera = replace(viewport.camera, view_plane_normal=(1, 0, 0), view_up=(0, 0, 1))
    with pytest.raises(ValueError, match="a stack shows images in their own plane"):
        viewport.set_camera(camera)


def test_resizing_keeps_zoom_and_what_is_in_the_middle(viewport):
    viewport.set_zoom(2)
    viewport.set_pan((3, 1))
    middle = viewport.canvas_to_world((4, 4))
    viewport.resize(50, 20)
    assert (viewport.width, viewport.height, viewport.zoom) == (50, 20, 2)
    assert viewport.canvas_to_world((25, 10)) == pytest.approx(middle)
    assert viewport.render().shape == (20, 50, 4)


@pytest.mark.parametrize("size", [(0, 8), (8, -1), (40000, 8)])
def test_a_canvas_has_a_sensible_size(shelf, viewport, size):
    message = f"a canvas has from 1 to 32767 pixels each way, got {size[0]} x {size[1]}"
    with pytest.raises(ValueError, match=message):
        StackViewport(*size, session=shelf)
    with pytest.raises(ValueError, match=message):
        viewport.resize(*size)


@pytest.mark.parametrize("color", [(0, 0), (0, 0, 256), (-1, 0, 0), (0.5, 0, 0), "red", 7])
def test_a_background_is_a_colour(shelf, color):
    with pytest.raises(ValueError, match="a colour has red, green and blue from 0 to 255, got"):
        StackViewport(8, 8, session=shelf, background=color)


def test_camera_events_tell_of_changes_only(viewport, diary):
    viewport.set_zoom(2)
    viewport.set_pan((1, 1))
    viewport.set_rotation(10)
    viewport.flip(horizontal=True)
    assert [type(detail) for detail in diary] == [CameraModified] * 4
    diary.clear()
    viewport.set_zoom(2)
    viewport.flip(horizontal=True)
    assert diary == []
    viewport.reset_camera()
    viewport.reset_camera()
    assert [type(detail) for detail in diary] == [CameraModified, CameraReset, CameraReset]
    assert {detail.viewport_id for detail in diary} == {"v"}


def test_property_events_tell_what_is_new(viewport, diary):
    viewport.set_properties(voi_range=(-160, 240), invert=True)
    viewport.set_properties(colormap="HotIron")
    viewport.set_properties(invert=False)
    voi, *colors = diary
    assert isinstance(voi, VoiModified)
    assert (voi.viewport_id, voi.lower, voi.upper) == ("v", -160, 240)
    assert all(isinstance(detail, ColormapModified) for detail in colors)
    assert [(detail.colormap, detail.invert) for detail in colors] == [
        ("gray", True),
        ("hotIron", True),
        ("hotIron", False),
    ]


def test_properties_are_read_back_and_reset(shelf, diary):
    viewport = StackViewport(8, 8, session=shelf, prefetch=False)
    viewport.show_image(F.replace(voi_lut=VoiLutModule((VoiWindow(101, 201),))))
    assert viewport.voi_range == (0.5, 200.5)
    fresh = viewport.properties
    viewport.set_properties(window=(50, 100), invert=True, colormap="pet", interpolation="cubic")
    assert viewport.properties.window == VoiWindow(50, 100)
    assert viewport.voi_range == (0, 99)
    diary.clear()
    viewport.reset_properties()
    assert viewport.properties == fresh
    assert [type(detail) for detail in diary] == [VoiModified, ColormapModified]
    assert diary[0].upper == 200.5


def test_a_refused_property_changes_nothing(viewport, diary):
    before = viewport.properties
    with pytest.raises(ValueError, match="no colour map"):
        viewport.set_properties(voi_range=(0, 1), colormap="nonsense")
    assert viewport.properties is before
    assert diary == []


def test_colours_have_no_voi_range_until_somebody_gives_one(shelf):
    viewport = StackViewport(8, 8, session=shelf, prefetch=False)
    viewport.show_image(Image("c:1", np.full((8, 8, 3), 100, np.uint8)))
    assert viewport.voi_range is None
    assert (viewport.render()[..., :3] == 100).all()
    viewport.set_properties(voi_range=(0, 200))
    # 100 is half way: 127.5.
    assert set(np.unique(viewport.render()[..., :3])) <= {127, 128}


def test_a_computed_range_says_so(viewport):
    assert not viewport.is_voi_computed
    viewport.reset_properties()
    assert viewport.is_voi_computed
    assert viewport.voi_range == (0, 252)


def test_drawing_is_told(viewport, diary):
    viewport.render()
    (detail,) = diary
    assert isinstance(detail, ImageRendered)
    assert (detail.viewport_id, detail.image_id) == ("v", "letter:F")
    assert detail.milliseconds > 0


def test_without_an_image_there_is_background(shelf, diary):
    viewport = StackViewport(3, 2, session=shelf, background=(4, 5, 6))
    assert (viewport.render() == [4, 5, 6, 255]).all()
    assert viewport.image is None
    assert viewport.voi_range is None
    assert diary[0].image_id is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda viewport: viewport.camera,
        lambda viewport: viewport.canvas_to_world((0, 0)),
        lambda viewport: viewport.world_to_canvas((0, 0, 0)),
        lambda viewport: viewport.canvas_to_index((0, 0)),
    ],
)
def test_without_an_image_there_are_no_coordinates(shelf, ask):
    viewport = StackViewport(3, 2, session=shelf, viewport_id="left")
    with pytest.raises(RuntimeError, match="left has no image on show; wait for what set_stack"):
        ask(viewport)


def test_a_view_and_properties_set_before_the_image_is_there_are_kept(shelf):
    shelf.images["letter:F"] = F
    shelf.hold("letter:F")
    viewport = StackViewport(8, 8, session=shelf, prefetch=False)
    viewport.set_stack(["letter:F"])
    viewport.set_properties(voi_range=(0, 252))
    viewport.set_rotation(90)
    shelf.release("letter:F")
    assert (picture(viewport) == np.rot90(LETTER, -1)).all()


def test_a_picture_is_saved_as_drawn(viewport, tmp_path):
    viewport.set_properties(colormap="hotIron")
    viewport.save(tmp_path / "f.png")
    stored = cv2.imread(str(tmp_path / "f.png"), cv2.IMREAD_COLOR_RGB)
    assert (stored == viewport.render()[..., :3]).all()


def test_a_wrong_name_is_refused_before_drawing(viewport, tmp_path, diary):
    with pytest.raises(ValueError, match=r"pictures are written as PNG, got the name 'f\.jpg'"):
        viewport.save(tmp_path / "f.jpg")
    assert diary == []


def test_a_notebook_shows_the_picture(viewport):
    stored = cv2.imdecode(np.frombuffer(viewport._repr_png_(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert (stored // 28 == LETTER).all()


MARKS = np.zeros((8, 8), bool)
MARKS[7, :3] = MARKS[5:, 0] = True
COVERED = F.replace(
    overlays=(OverlayPlane(0x6000, 8, 8, bits=MARKS),),
    shutter=DisplayShutterModule(
        ("RECTANGULAR",),
        left_edge=1,
        right_edge=6,
        upper_edge=1,
        lower_edge=8,
        presentation_value=0xFFFF,
    ),
)


@pytest.fixture
def covered(shelf):
    shown = StackViewport(8, 8, session=shelf, prefetch=False)
    shown.show_image(COVERED)
    shown.set_properties(voi_range=(0, 252))
    return shown


def covered_letter(*, overlays=True, shutter=True, color=(0, 255, 0)):
    expected = np.repeat(np.rint(LETTER * 28 / 252 * 255)[..., np.newaxis], 3, axis=2)
    if shutter:
        expected[:, 6:] = 255
    if overlays:
        expected[MARKS] = color
    return expected


def test_overlays_and_shutter_are_drawn_until_somebody_leaves_them_out(covered):
    assert (covered.render()[..., :3] == covered_letter()).all()
    covered.set_properties(overlay_color=(255, 0, 9), show_shutter=False)
    expected = covered_letter(color=(255, 0, 9), shutter=False)
    assert (covered.render()[..., :3] == expected).all()
    covered.set_properties(show_overlays=False, show_shutter=True)
    assert (covered.render()[..., :3] == covered_letter(overlays=False)).all()
    covered.reset_properties()
    covered.set_properties(voi_range=(0, 252))
    assert (covered.render()[..., :3] == covered_letter()).all()


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("is_flipped", [False, True])
def test_they_turn_and_flip_with_the_image(covered, turns, is_flipped):
    covered.flip(horizontal=is_flipped)
    covered.set_rotation(90 * turns)
    expected = covered_letter()
    expected = np.rot90(expected[:, ::-1] if is_flipped else expected, -turns)
    assert (covered.render()[..., :3] == expected).all()


def test_they_are_moved_with_the_image(covered):
    covered.set_pan((2, -3))
    expected = np.zeros((8, 8, 3))
    expected[:5, 2:] = covered_letter()[3:, :6]
    assert (covered.render()[..., :3] == expected).all()


def test_a_profile_is_applied_when_asked_for(shelf):
    import imagecodecs

    profile = bytes(imagecodecs.cms_profile("adobergb"))
    green = np.zeros((8, 8, 3), np.uint8)
    green[:] = (60, 200, 60)
    viewport = StackViewport(8, 8, session=shelf, prefetch=False)
    viewport.show_image(Image("t:icc", green, icc_profile=profile))
    assert (viewport.render()[..., :3] == green).all()
    viewport.set_properties(apply_icc_profile=True)
    # Adobe RGB has a wider green, which sRGB can only show with less red and blue.
    assert (viewport.render()[..., 0] < 60).all()
    viewport.set_properties(apply_icc_profile=False)
    assert (viewport.render()[..., :3] == green).all()
