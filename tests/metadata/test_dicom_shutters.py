"""Shutters of headers: shapes and what they need, of an instance and of a frame."""

from __future__ import annotations

import pytest

from pycornerstone.metadata.dicom_shutters import read_display_shutter
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.model.modules import DisplayShutterModule

RECTANGLE = {
    Tag.SHUTTER_SHAPE: "RECTANGULAR",
    Tag.SHUTTER_LEFT_VERTICAL_EDGE: "3",
    Tag.SHUTTER_RIGHT_VERTICAL_EDGE: "510",
    Tag.SHUTTER_UPPER_HORIZONTAL_EDGE: "5",
    Tag.SHUTTER_LOWER_HORIZONTAL_EDGE: "400",
}
CIRCLE = {
    Tag.SHUTTER_SHAPE: "CIRCULAR",
    Tag.CENTER_OF_CIRCULAR_SHUTTER: ["250", "260"],
    Tag.RADIUS_OF_CIRCULAR_SHUTTER: "240",
}
POLYGON = {
    Tag.SHUTTER_SHAPE: "POLYGONAL",
    Tag.VERTICES_OF_THE_POLYGONAL_SHUTTER: ["1", "1", "1", "9", "9", "5"],
}
BITMAP = {Tag.SHUTTER_SHAPE: "BITMAP", Tag.SHUTTER_OVERLAY_GROUP: 0x6002}


def test_all_of_several_shapes_are_read(header):
    shapes = ["RECTANGULAR", "CIRCULAR", "POLYGONAL"]
    both = {
        **RECTANGLE,
        **CIRCLE,
        **POLYGON,
        Tag.SHUTTER_SHAPE: shapes,
        Tag.SHUTTER_PRESENTATION_VALUE: 0x8000,
        Tag.SHUTTER_PRESENTATION_COLOR_CIELAB_VALUE: [1, 2, 3],
    }
    assert read_display_shutter(header(both), 1) == DisplayShutterModule(
        shapes=("RECTANGULAR", "CIRCULAR", "POLYGONAL"),
        left_edge=3,
        right_edge=510,
        upper_edge=5,
        lower_edge=400,
        center=(250, 260),
        radius=240,
        vertices=((1, 1), (1, 9), (9, 5)),
        presentation_value=0x8000,
        presentation_cielab=(1, 2, 3),
    )


def test_an_overlay_may_be_the_shutter(header):
    found = read_display_shutter(header(BITMAP), 1)
    assert (found.shapes, found.overlay_group) == (("BITMAP",), 0x6002)


def test_without_a_shape_there_is_none(header):
    assert read_display_shutter(header({}), 1).shapes == ()
    assert read_display_shutter(header({Tag.SHUTTER_SHAPE: ""}), 1).shapes == ()


@pytest.mark.parametrize(
    ("shutter", "changes"),
    [
        (RECTANGLE, {Tag.SHUTTER_LEFT_VERTICAL_EDGE: ""}),
        (RECTANGLE, {Tag.SHUTTER_LOWER_HORIZONTAL_EDGE: "low"}),
        (CIRCLE, {Tag.CENTER_OF_CIRCULAR_SHUTTER: ["7"]}),
        (CIRCLE, {Tag.RADIUS_OF_CIRCULAR_SHUTTER: "-1"}),
        (CIRCLE, {Tag.RADIUS_OF_CIRCULAR_SHUTTER: "wide"}),
        (CIRCLE, {Tag.CENTER_OF_CIRCULAR_SHUTTER: [7, 10**400]}),
        (POLYGON, {Tag.VERTICES_OF_THE_POLYGONAL_SHUTTER: ["1", "1", "9", "9"]}),
        (POLYGON, {Tag.VERTICES_OF_THE_POLYGONAL_SHUTTER: ["1", "2", "3", "4", "5", "6", "7"]}),
        (BITMAP, {Tag.SHUTTER_OVERLAY_GROUP: 0x6001}),
        (RECTANGLE, {Tag.SHUTTER_SHAPE: "OVAL"}),
    ],
)
def test_a_shape_that_lacks_something_covers_nothing_and_is_logged(
    header, caplog, shutter, changes
):
    assert read_display_shutter(header({**shutter, **changes}), 1).shapes == ()
    assert "(0018,1600) Shutter Shape is" in caplog.text


def test_a_frame_has_its_own_shutter_or_that_of_all_frames(header):
    of_frame = {Tag.FRAME_DISPLAY_SHUTTER_SEQUENCE: CIRCLE}
    of_all = {Tag.FRAME_DISPLAY_SHUTTER_SEQUENCE: POLYGON}
    attributes = header(
        {
            Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE: of_all,
            Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE: [{}, of_frame],
            **RECTANGLE,
        }
    )
    assert read_display_shutter(attributes, 1).shapes == ("POLYGONAL",)
    assert read_display_shutter(attributes, 2).shapes == ("CIRCULAR",)
    assert read_display_shutter(header(RECTANGLE), 2).shapes == ("RECTANGULAR",)
