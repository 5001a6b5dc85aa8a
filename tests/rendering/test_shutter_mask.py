"""Shutters: what of an image is covered, by the words of the standard, and with what colour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageCms

from pycornerstone.model.image import Image
from pycornerstone.model.modules import DisplayShutterModule, ImagePlaneModule, OverlayPlane
from pycornerstone.rendering.pipeline import DrawStyle, draw, source_of
from pycornerstone.rendering.shutter_mask import shutter_color, shutter_mask

SHAPE = (40, 60)
ROW, COLUMN = np.mgrid[1 : SHAPE[0] + 1, 1 : SHAPE[1] + 1]
RECTANGLE = DisplayShutterModule(
    ("RECTANGULAR",), left_edge=11, right_edge=50, upper_edge=6, lower_edge=30
)
CIRCLE = DisplayShutterModule(("CIRCULAR",), center=(20, 31), radius=12)
TRIANGLE = DisplayShutterModule(("POLYGONAL",), vertices=((1, 1), (1, 60), (40, 1)))
INSIDE_RECTANGLE = (COLUMN >= 11) & (COLUMN <= 50) & (ROW >= 6) & (ROW <= 30)
INSIDE_CIRCLE = (ROW - 20) ** 2 + (COLUMN - 31) ** 2 <= 144


def test_the_edges_of_a_rectangle_are_shown():
    assert (shutter_mask(RECTANGLE, SHAPE) == ~INSIDE_RECTANGLE).all()


def test_a_rectangle_larger_than_the_image_covers_nothing():
    large = DisplayShutterModule(
        ("RECTANGULAR",), left_edge=-5, right_edge=900, upper_edge=0, lower_edge=41
    )
    assert shutter_mask(large, SHAPE) is None


def test_a_circle_of_pixels():
    assert (shutter_mask(CIRCLE, SHAPE) == ~INSIDE_CIRCLE).all()


@pytest.mark.parametrize("aspect", [0.5, 2.0, 1.7])
def test_a_circle_is_round_where_pixels_are_not_square(aspect):
    shown = shutter_mask(CIRCLE, SHAPE, aspect=aspect) == 0
    # Radius is pixels along a row (PS3.3 C.7.6.11): 12 columns wide on each side, always.
    assert shown[19].sum() == 25
    assert shown[:, 30].sum() == min(1 + 2 * int(12 / aspect), 40)


def test_a_polygon_shows_its_vertices_and_edges():
    covered = shutter_mask(TRIANGLE, SHAPE)
    exact = (COLUMN - 1) / 59 + (ROW - 1) / 39
    assert (covered[exact < 0.97] == 0).all()
    assert (covered[exact > 1.03] == 1).all()
    assert covered[0, 59] == covered[39, 0] == covered[0, 0] == 0


def test_vertices_from_a_broken_header_do_no_harm():
    far = DisplayShutterModule(
        ("POLYGONAL",), vertices=((-(2**31), -(2**31)), (-(2**31), 2**31), (2**31, 2**31))
    )
    covered = shutter_mask(far, SHAPE)
    assert covered is None or covered.shape == SHAPE


def test_what_any_shape_covers_is_covered():
    both = DisplayShutterModule(
        ("RECTANGULAR", "CIRCULAR"),
        left_edge=31,
        right_edge=60,
        upper_edge=1,
        lower_edge=40,
        center=(20, 31),
        radius=12,
    )
    assert (shutter_mask(both, SHAPE) == ~(INSIDE_CIRCLE & (COLUMN >= 31))).all()


@pytest.mark.parametrize("origin", [(0, 0), (-3, 50), (35, -4)])
def test_ones_of_a_bitmap_are_covered(origin):
    bits = np.random.default_rng(4).random(SHAPE) < 0.4
    planes = (
        OverlayPlane(0x6000, *SHAPE, bits=~bits),
        OverlayPlane(0x6002, *SHAPE, *origin, bits=bits),
    )
    shutter = DisplayShutterModule(("BITMAP",), overlay_group=0x6002)
    expected = np.zeros((160, 220), bool)
    row, column = 60 + origin[0], 80 + origin[1]
    expected[row : row + 40, column : column + 60] = bits
    assert (shutter_mask(shutter, SHAPE, planes) == expected[60:100, 80:140]).all()


def test_a_shutter_over_everything_is_logged_and_not_drawn(caplog):
    nowhere = DisplayShutterModule(
        ("RECTANGULAR",), left_edge=50, right_edge=11, upper_edge=6, lower_edge=30
    )
    assert shutter_mask(nowhere, SHAPE) is None
    assert "covers the whole image" in caplog.text


@pytest.mark.parametrize(("value", "grey"), [(None, 0), (0, 0), (0x8000, 128), (0xFFFF, 255)])
def test_a_p_value_is_a_grey(value, grey):
    assert shutter_color(DisplayShutterModule(presentation_value=value)) == (grey,) * 3


def stored_lab(lightness, a, b):
    """PS3.3 C.10.7.1.1: 0 to 100 and -128 to 127 become 0 to 65535."""
    return tuple(round(v) for v in (lightness * 655.35, (a + 128) * 257, (b + 128) * 257))


@pytest.mark.parametrize(
    "lab", [(0, 0, 0), (100, 0, 0), (50, 0, 0), (60, 40, 20), (40, -5, -20), (20, 3, -4)]
)
def test_a_colour_in_cielab_is_the_one_that_little_cms_gives(lab):
    shutter = DisplayShutterModule(presentation_value=0, presentation_cielab=stored_lab(*lab))
    picture = PillowImage.new("LAB", (1, 1))
    picture.putpixel((0, 0), (round(lab[0] * 2.55), lab[1] + 128, lab[2] + 128))
    transform = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
    expected = ImageCms.applyTransform(picture, transform).getpixel((0, 0))
    # These L* are whole in the 8 bits that Pillow has for them.
    assert np.abs(np.subtract(shutter_color(shutter), expected)).max() <= 2


WHITE = Image("t:w", np.full(SHAPE, 200, np.uint8), shutter=RECTANGLE)
STYLE = DrawStyle(has_shutter=True, overlay_color=(255, 255, 0), background=(9, 9, 9))
ONE_TO_ONE = np.eye(2, 3)


def test_the_image_is_covered_and_the_background_is_not():
    style = DrawStyle(has_shutter=True, background=(9, 9, 9))
    shutter = DisplayShutterModule(**_fields(RECTANGLE), presentation_value=0x4040)
    image = WHITE.replace(shutter=shutter, pixels=np.arange(2400, dtype=np.uint16).reshape(SHAPE))
    aside = np.array([[1, 0, -10.0], [0, 1, -5]])
    rgba = draw(source_of(image), aside, (80, 50), style)[..., 0]
    without = draw(source_of(image), aside, (80, 50), DrawStyle(background=(9, 9, 9)))[..., 0]
    assert (rgba[:5] == 9).all()
    assert (rgba[5:45, 10:70][~INSIDE_RECTANGLE] == 64).all()
    assert (rgba[5:45, 10:70] == without[5:45, 10:70])[INSIDE_RECTANGLE].all()


def test_overlays_are_drawn_over_the_shutter():
    bits = np.ones(SHAPE, bool)
    image = WHITE.replace(overlays=(OverlayPlane(0x6000, *SHAPE, bits=bits),))
    assert (draw(source_of(image), ONE_TO_ONE, (60, 40), STYLE) == (255, 255, 0, 255)).all()


def test_a_bitmap_shutter_is_not_drawn_as_graphics_too():
    bits = np.zeros(SHAPE, bool)
    bits[3] = True
    image = WHITE.replace(
        shutter=DisplayShutterModule(("BITMAP",), overlay_group=0x6000),
        overlays=(OverlayPlane(0x6000, *SHAPE, bits=bits),),
    )
    rgba = draw(source_of(image), ONE_TO_ONE, (60, 40), STYLE)
    assert (rgba[3] == (0, 0, 0, 255)).all()
    open_shutter = DrawStyle(overlay_color=(255, 255, 0))
    assert (draw(source_of(image), ONE_TO_ONE, (60, 40), open_shutter)[..., 2] != 0).sum() == 0


def test_pixels_that_are_not_square_are_taken_from_the_plane():
    plane = ImagePlaneModule(row_pixel_spacing_mm=2.0, column_pixel_spacing_mm=1.0)
    pixels = np.arange(2400, dtype=np.uint16).reshape(SHAPE) + 1
    image = Image("t:c", pixels, plane=plane, shutter=CIRCLE)
    rgba = draw(source_of(image), ONE_TO_ONE, (60, 40), DrawStyle(has_shutter=True))[..., 0]
    expected = 4 * (ROW - 20) ** 2 + (COLUMN - 31) ** 2 <= 144
    assert (rgba[~expected] == 0).all()
    assert (rgba[expected] > 0).all()


def _fields(shutter):
    names = ("shapes", "left_edge", "right_edge", "upper_edge", "lower_edge")
    return {name: getattr(shutter, name) for name in names}


NUMBERS = st.integers(-(2**31) + 1, 2**31 - 1) | st.integers(-5, 70)


@given(
    st.sets(st.sampled_from(["RECTANGULAR", "CIRCULAR", "POLYGONAL", "BITMAP"])),
    st.lists(NUMBERS, min_size=7, max_size=7),
    st.lists(st.tuples(NUMBERS, NUMBERS), max_size=5),
    st.tuples(st.integers(-32768, 32767), st.integers(-32768, 32767)),
)
def test_any_numbers_of_a_header_can_be_drawn(shapes, numbers, vertices, origin):
    left, right, upper, lower, row, column, radius = numbers
    shutter = DisplayShutterModule(
        tuple(sorted(shapes)),
        left_edge=left,
        right_edge=right,
        upper_edge=upper,
        lower_edge=lower,
        center=(row, column),
        radius=radius,
        vertices=tuple(vertices),
        overlay_group=0x6000,
    )
    planes = tuple(
        OverlayPlane(group, 3, 3, *origin, bits=np.eye(3, dtype=bool)) for group in (0x6000, 0x6002)
    )
    image = WHITE.replace(shutter=shutter, overlays=planes)
    matrix = np.array([[2.2, 0.7, -5], [-0.7, 2.2, 3]])
    rgba = draw(source_of(image), matrix, (30, 20), STYLE)
    colors = {tuple(color) for color in rgba.reshape(-1, 4).tolist()}
    assert colors <= {(9, 9, 9, 255), (0, 0, 0, 255), (255, 255, 0, 255)}
