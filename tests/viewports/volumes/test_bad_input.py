"""What viewports of volumes, their links and crosshairs are given, and cannot be."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pycornerstone as pc

NAN = math.nan


@pytest.fixture
def session():
    with pc.Session() as session:
        yield session


@pytest.fixture
def volume():
    return pc.Volume("v", np.arange(120, dtype=np.int16).reshape(4, 5, 6))


@pytest.fixture
def viewport(session, volume):
    viewport = pc.VolumeViewport(16, 16, session=session)
    _ = viewport.set_volumes([volume])
    yield viewport
    viewport.close()


NONE_IS_NO = [None, "x", b"x", [], {}, object(), [NAN], np.zeros(7), 1j]


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("set_zoom", NONE_IS_NO, "zoom must be above 0, got"),
        ("set_pan", [*NONE_IS_NO, (NAN, 0)], "pan must be two numbers of canvas pixels, got"),
        ("set_rotation", [*NONE_IS_NO, NAN], "rotation must be a number of degrees, got"),
        ("set_camera", NONE_IS_NO, "a Camera is wanted, got"),
        ("set_orientation", NONE_IS_NO, "orientation"),
        ("set_slice_index", NONE_IS_NO, "a slice index is a whole number, got"),
        ("scroll", [*NONE_IS_NO, NAN, 0.5], "a number of slices to scroll by is a whole number"),
        ("jump_to_world", NONE_IS_NO, "a place is three finite numbers, LPS mm, got"),
        (
            "set_slab",
            ["x", b"x", [], object(), NAN, -1, math.inf],
            "thickness_mm must be 0 or more",
        ),
        ("render", ["x", [], NAN, object()], "timeout, seconds to wait, is a finite number, got"),
        (
            "canvas_to_world",
            [3, "x", [], None, object(), (1, 2, 3)],
            "a canvas point has 2 numbers",
        ),
        ("world_to_canvas", [3, "x", [], None, object(), (1, 2)], "a place has 3 numbers, got"),
        ("canvas_to_index", [3, "x", [], None], "a canvas point has 2 numbers, got"),
        ("value_at_canvas", [3, "x", [], None], "a canvas point has 2 numbers, got"),
        ("set_volumes", [None, "v", 3, NAN, [3], [None], [[1]]], "a viewport shows a"),
        ("remove_volumes", [None, "v", 3, [3], [None]], "a list of volumeIds is wanted, got"),
        ("remove_labelmap", NONE_IS_NO, "no labelmap"),
        ("properties", ["x", [], 3, np.zeros(3)], "no volume"),
        ("add_labelmap", [None, 3, NAN, [3], np.zeros(3)], "a viewport shows a"),
    ],
)
def test_a_viewport_of_volumes_refuses_in_words(viewport, name, given, message):
    for one in given:
        with pytest.raises((TypeError, ValueError), match=message):
            getattr(viewport, name)(one)
    # Nothing has changed.
    assert viewport.camera == viewport._shown.fit((16, 16))
    assert viewport.slab is None
    assert viewport.volume_ids == ("v",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": "x"}, "a canvas width is a whole number, got 'x'"),
        ({"height": 2.5}, "a canvas height is a whole number, got 2.5"),
        ({"session": 3}, "a viewport shows volumes of a Session, got 3"),
        ({"viewport_id": 3}, "viewport_id is a text, got 3"),
        ({"background": 3}, "a colour has red, green and blue"),
    ],
)
def test_a_viewport_is_made_of_what_it_can_be(session, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        pc.VolumeViewport(**{"session": session, **options})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _, v: pc.VolumeInput(v, properties=3), "properties are a mapping of names"),
        (lambda _, v: pc.VolumeInput(v, properties={3: 1}), "properties are a mapping of names"),
        (lambda _, v: pc.VolumeInput(v, registration="x"), "a registration is an invertible 4x4"),
        (lambda w, v: w.add_labelmap(v, 3), "labels are drawn by a LabelStyle, got 3"),
        (lambda w, _: w.set_label_style("v", None), "labels are drawn by a LabelStyle, got None"),
        (lambda w, _: w.flip(horizontal=3), "horizontal is True, False or None, got 3"),
        (lambda _, __: pc.Slab(1, "middle"), "no mode 'middle' of a slab; there are: maximum"),
        (lambda _, __: pc.Slab("x"), "thickness_mm must be 0 or more, got 'x'"),
    ],
)
def test_what_a_volume_is_shown_by_is_refused_in_words(viewport, volume, make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make(viewport, volume)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda s, w: pc.link([w, 2], session=s), "a StackViewport or a VolumeViewport is wanted"),
        (lambda s, w: pc.link(w, session=s), "a list of viewports is wanted, got <VolumeViewport"),
        (lambda s, w: pc.link([w], sources=3, session=s), "a list of viewports is wanted, got 3"),
        (lambda _, w: pc.link([w], session=3), "a Session is wanted, got 3"),
        (lambda s, w: pc.link([w], session=s, registrations=3), "related by Registrations, got 3"),
        (lambda s, w: pc.link([w], 3, session=s), "viewports cannot be linked by 3; there are"),
        (lambda s, w: pc.link([w], session=s).add(3), "a VolumeViewport is wanted, got 3"),
        (lambda s, w: pc.link([w], session=s).remove(3), "a VolumeViewport is wanted, got 3"),
        (lambda s, _: pc.StackSync([3], session=s), "a VolumeViewport is wanted, got 3"),
        (lambda s, w: pc.StackSync([w], session=s).align(3), "a VolumeViewport is wanted, got 3"),
        (
            lambda s, w: pc.StackSync([w], session=s, parallel_within_degrees=NAN),
            "parallel_within_degrees is a finite number, got nan",
        ),
        (
            lambda s, w: pc.StackSync([w], session=s, parallel_within_degrees=-1),
            "parallel_within_degrees is from 0 to 90, got -1",
        ),
        (lambda _, w: pc.reference_line(w, 3), "a VolumeViewport is wanted, got 3"),
        (lambda _, w: pc.reference_line(None, w), "a VolumeViewport is wanted, got None"),
        (
            lambda _, w: pc.reference_line(w, w, offset_mm=NAN),
            "offset_mm, .* finite number, got nan",
        ),
        (lambda _, w: pc.reference_line(w, w, registrations=3), "related by Registrations, got 3"),
    ],
)
def test_a_link_refuses_in_words(session, viewport, make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make(session, viewport)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda s, w: pc.Crosshairs(w, session=s), "a list of viewports is wanted"),
        (lambda s, _: pc.Crosshairs([3], session=s), "a VolumeViewport is wanted, got 3"),
        (
            lambda s, _: pc.Crosshairs([pc.StackViewport(9, 9, session=s)], session=s),
            "a VolumeViewport is wanted, got <StackViewport",
        ),
        (lambda s, w: pc.Crosshairs([w], "x", session=s), "three finite numbers, LPS mm, got 'x'"),
        (lambda s, w: pc.Crosshairs([w], session=s, colors=3), "a colour at least, got 3"),
        (lambda s, w: pc.Crosshairs([w], session=s, registrations=3), "by Registrations, got 3"),
        (lambda s, w: pc.Crosshairs([w], session=s).rotate(w, "x"), "number of degrees .* got 'x'"),
        (lambda s, w: pc.Crosshairs([w], session=s).rotate(w, 3, w), "a list of viewports"),
        (lambda s, w: pc.Crosshairs([w], session=s).canvas_point(3), "is wanted, got 3"),
        (lambda s, w: pc.Crosshairs([w], session=s).lines(3), "is wanted, got 3"),
        (lambda s, w: pc.Crosshairs([w], session=s).draw(w, 3), "lines are drawn over a picture"),
    ],
)
def test_crosshairs_refuse_in_words(session, viewport, make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make(session, viewport)


def test_a_flat_list_of_image_ids_says_that_they_want_brackets(session):
    viewport = pc.VolumeViewport(16, 16, session=session)
    request = viewport.set_volumes(["dicomfile:/no/1.dcm", "dicomfile:/no/2.dcm"])
    with pytest.raises(pc.UnknownSchemeError, match="scheme of images: give a list of imageIds"):
        request.result(10)
    assert viewport.volume_ids == ("dicomfile:/no/1.dcm", "dicomfile:/no/2.dcm")
