"""Reference lines: they lie on both planes, and end where the images end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pycornerstone.metadata.registration import Registrations
from pycornerstone.model.image import Image
from pycornerstone.model.modules import ImagePlaneModule
from pycornerstone.viewports.reference_lines import reference_line
from pycornerstone.viewports.stack import StackViewport

AXIAL = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)


def showing(
    directions=AXIAL, position=(0.0, 0.0, 0.0), shape=(100, 100), uid="1.1", size=(100, 100)
):
    plane = ImagePlaneModule(
        frame_of_reference_uid=uid,
        image_position_lps=position,
        row_cosines=tuple(map(float, directions[0])),
        column_cosines=tuple(map(float, directions[1])),
        row_pixel_spacing_mm=1.0,
        column_pixel_spacing_mm=1.0,
    )
    viewport = StackViewport(*size, prefetch=False)
    viewport.show_image(Image("plane:a", np.zeros(shape, np.uint8), plane=plane))
    return viewport


def ends(line):
    return sorted(map(tuple, np.round(line, 6).tolist()))


def test_a_sagittal_plane_is_a_vertical_line_on_an_axial_image():
    axial = showing()
    # It lies at x = 30, from y = 20 to y = 59, and from z = 40 down to z = -39.
    sagittal = showing(SAGITTAL, (30.0, 20.0, 40.0), shape=(80, 40))
    # Pixel centres at 0.5; it ends half a pixel beyond the centres of its first and last column.
    assert ends(reference_line(sagittal, axial)) == [(30.5, 20.0), (30.5, 60.0)]
    # The other way: the axial plane at z = 0 is the row 40 of the sagittal image, which is drawn
    # 1.25 times as large, in the middle of the canvas.
    assert ends(reference_line(axial, sagittal)) == [(25.0, 50.625), (75.0, 50.625)]


def test_it_ends_where_the_image_that_it_is_drawn_on_ends():
    small = showing(position=(10.0, 10.0, 0.0), shape=(20, 10))
    sagittal = showing(SAGITTAL, (12.0, 0.0, 50.0))
    # Drawn 5 times as large: column 2 is at (2 + 0.5) * 5 of the image, that begins at 25.
    assert ends(reference_line(sagittal, small)) == [(37.5, 0.0), (37.5, 100.0)]


def test_it_ends_at_the_edge_of_the_canvas():
    axial = showing()
    sagittal = showing(SAGITTAL, (30.0, 0.0, 50.0))
    axial.set_zoom(2)
    assert ends(reference_line(sagittal, axial)) == [(11.0, 0.0), (11.0, 100.0)]
    axial.set_pan((-20, 0))
    assert reference_line(sagittal, axial) is None


def test_planes_that_are_parallel_or_meet_elsewhere_have_none():
    axial = showing()
    assert reference_line(showing(position=(0.0, 0.0, 5.0)), axial) is None
    assert reference_line(showing(SAGITTAL, (130.0, 0.0, 50.0)), axial) is None
    assert reference_line(showing(SAGITTAL, (30.0, 0.0, -5.0)), axial) is None
    assert reference_line(showing(SAGITTAL, (30.0, 200.0, 50.0)), axial) is None


def test_strangers_have_none_until_they_are_registered():
    axial = showing()
    other = showing(SAGITTAL, (30.0, 0.0, 50.0), uid="1.2")
    registrations = Registrations()
    assert reference_line(other, axial, registrations=registrations) is None
    matrix = np.eye(4)
    matrix[0, 3] = 10
    registrations.register("1.2", "1.1", matrix)
    line = reference_line(other, axial, registrations=registrations)
    assert ends(line) == [(40.5, 0.0), (40.5, 100.0)]


def test_images_without_a_place_have_none():
    axial = showing()
    plain = StackViewport(10, 10, prefetch=False)
    assert reference_line(plain, axial) is None
    plain.show_image(Image("plane:b", np.zeros((4, 4), np.uint8)))
    assert reference_line(plain, axial) is None
    assert reference_line(axial, plain) is None


def test_an_offset_is_towards_the_viewer():
    axial = showing()
    sagittal = showing(SAGITTAL, (30.0, 0.0, 50.0))
    # Rows go to the back, columns down: row x column points to the right of the patient, and the
    # viewer is on the other side, at the left: x is higher.
    assert ends(reference_line(sagittal, axial, offset_mm=4))[0] == (34.5, 0.0)


# Rotations by three angles: all that there are. The images have a place in common, so that there is
# a line, unless the planes are parallel.
rotations = st.tuples(st.floats(-np.pi, np.pi), st.floats(0, np.pi), st.floats(-np.pi, np.pi))
within = st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9))


def directions(rotation):
    """Give the directions of rows and columns of a plane that is turned by these angles."""
    first, second, third = (
        np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for angle in rotation
    )
    about_z, about_x, again_about_z = np.eye(3), np.eye(3), np.eye(3)
    about_z[:2, :2], about_x[1:, 1:], again_about_z[:2, :2] = first, second, third
    matrix = about_z @ about_x @ again_about_z
    return matrix[:, 0], matrix[:, 1]


@given(rotations, rotations, within, within)
def test_it_lies_on_both_planes_and_within_both_images(rotation, another, in_one, in_other):
    one = showing(directions(rotation), shape=(60, 80))
    place = np.multiply(in_one, (79, 59)) @ directions(rotation)
    position = place - np.multiply(in_other, (49, 69)) @ directions(another)
    other = showing(directions(another), tuple(position), shape=(70, 50), size=(90, 120))
    line = reference_line(one, other)
    assume(line is not None)
    assert ((line >= -1e-6) & (line <= np.array([90, 120]) + 1e-6)).all()
    places = other.canvas_to_world(line)
    for viewport, shape in ((one, (60, 80)), (other, (70, 50))):
        geometry = viewport.image.geometry
        away = (places - np.array(geometry.position_lps)) @ geometry.normal
        np.testing.assert_allclose(away, 0, atol=1e-6)
        along = (places - np.array(geometry.position_lps)) @ np.transpose(
            [geometry.row_cosines, geometry.column_cosines]
        )
        assert (along > -0.5 - 1e-6).all()
        assert (along < np.array(shape[::-1]) - 0.5 + 1e-6).all()
    # And each end is at an end: of the canvas, or of one of the images.
    if np.linalg.norm(line[1] - line[0]) > 1e-3:
        beyond = line + 0.01 * (line - line[::-1]) / np.linalg.norm(line[1] - line[0])
        for point in beyond:
            place = other.canvas_to_world(point)
            indices = [
                viewport.canvas_to_index(viewport.world_to_canvas(place))
                for viewport in (one, other)
            ]
            inside = [
                bool((index >= -0.5).all() and (index <= np.array(shape[::-1]) - 0.5).all())
                for index, shape in zip(indices, ((60, 80), (70, 50)), strict=True)
            ]
            on_canvas = bool((point >= 0).all() and (point <= (90, 120)).all())
            assert not (all(inside) and on_canvas)


@pytest.mark.parametrize("degrees", [0, 30, 90, 211])
def test_it_turns_and_flips_with_the_picture(degrees):
    axial = showing()
    sagittal = showing(SAGITTAL, (30.0, 20.0, 40.0), shape=(80, 40))
    # In index terms, on the axial image it goes from (30, 19.5) to (30, 59.5).
    axial.set_rotation(degrees)
    axial.flip(vertical=True)
    axial.set_zoom(0.5)
    found = axial.canvas_to_index(reference_line(sagittal, axial))
    assert ends(found) == [(30.0, 19.5), (30.0, 59.5)]


def test_ct_slices_on_their_scout(testdata):
    # Its position is (0, -124.8, 916.5), its spacing 0.9765625 mm, it has 256 rows of 512 columns;
    # on this canvas, it begins at y = 128. The first slices of the two series lie at z = 696.21,
    # and at z = 657.99 where y = 6.625, tilted: their column direction is (0, 0.958, 0.284).
    folder = testdata / "dcm_qa_ct" / "In" / "Philips"
    scout, straight, tilted = (StackViewport(512, 512, prefetch=False) for _ in range(3))
    scout.set_stack([f"dicomfile:{folder / 'S21570' / 'S1000' / 'I10'}"]).result(10)
    straight.set_stack([f"dicomfile:{folder / 'S21570' / 'S2010' / 'I10'}"]).result(10)
    tilted.set_stack([f"dicomfile:{folder / 'S21610' / 'S3010' / 'I10'}"]).result(10)
    line = reference_line(straight, scout)
    np.testing.assert_allclose(line[:, 1], 128.5 + (916.5 - 696.21) / 0.9765625, atol=1e-6)
    line = reference_line(tilted, scout)
    cosines = tilted.image.plane.column_cosines
    y = (line[:, 0] - 0.5) * 0.9765625 - 124.8
    z = 916.5 - (line[:, 1] - 128.5) * 0.9765625
    expected = 657.989685881986 + (y - 6.62545582653073) * cosines[2] / cosines[1]
    np.testing.assert_allclose(z, expected, atol=1e-6)
    # It leaves the scout at its lower edge.
    assert line[:, 1].max() == pytest.approx(384)
