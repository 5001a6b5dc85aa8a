"""The arithmetic of what is drawn over images, run in the browser that will run it."""

from __future__ import annotations

import math

import pytest

_CALL = """async ([module, name, given]) => {
    const found = await import(new URL(`static/${module}`, location.href).href);
    const [owner, own] = name.includes('.') ? name.split('.') : [null, name];
    return owner ? found[owner][own](...given) : found[own](...given);
}"""

# Pixels of 0.5 mm between rows and 0.25 mm between columns, on a plane that lies aslant.
_OBLIQUE = {
    "origin": [10.0, -20.0, 30.0],
    "right": [0.15, 0.2, 0.0],
    "down": [0.0, 0.0, -0.5],
    "unit": "mm",
    "spacingMm": None,
    "isCalibrated": True,
}
_AXIAL = {
    "origin": [-100.0, -100.0, 40.0],
    "right": [1.0, 0.0, 0.0],
    "down": [0.0, 1.0, 0.0],
    "unit": "mm",
    "spacingMm": None,
    "isCalibrated": True,
}


@pytest.fixture(scope="module")
def call(chromium, thorax, tmp_path_factory):
    """Call functions of the page's modules; the page itself stays as it was opened."""
    import pycornerstone as cs
    from pycornerstone.testing import png_phantom

    file = tmp_path_factory.mktemp("geometry") / "grey.png"
    file.write_bytes(png_phantom(thorax))
    with cs.Session() as session, cs.view(file, session=session, browser=False) as viewer:
        page = chromium.open(viewer.url)
        yield lambda module, name, *given: page.run(_CALL, module, name, list(given))
        page.close()


def place(**changes):
    return {
        "unit": "mm",
        "frameOfReferenceUid": "1.2.3",
        "imageId": None,
        "series": 0,
        "sliceIndex": 4,
        "orientation": "axial",
        "origin": [0.0, 0.0, 40.0],
        "normal": [0.0, 0.0, 1.0],
        "spacingMm": None,
        "isCalibrated": True,
        **changes,
    }


def shown(**changes):
    return {
        "toWorld": _AXIAL,
        "frameOfReferenceUid": "1.2.3",
        "imageId": None,
        "series": 1,
        "sliceIndex": 0,
        "sliceDistanceMm": 5.0,
        **changes,
    }


def test_a_point_of_the_canvas_is_where_the_grid_says(call):
    # By hand: 10 + 4 * 0.15, -20 + 4 * 0.2, 30 - 2 * 0.5.
    world = call("world.js", "toWorld", _OBLIQUE, {"x": 4, "y": 2})
    assert world == pytest.approx([10.6, -19.2, 29.0], abs=1e-12)
    back = call("world.js", "toCanvas", _OBLIQUE, world)
    assert (back["x"], back["y"]) == pytest.approx((4, 2), abs=1e-12)


def test_a_point_beside_the_plane_is_seen_along_the_normal(call):
    # (0.8, -0.6, 0) is at right angles to both directions.
    beside = [10.6 + 0.8 * 3, -19.2 - 0.6 * 3, 29.0]
    back = call("world.js", "toCanvas", _OBLIQUE, beside)
    assert (back["x"], back["y"]) == pytest.approx((4, 2), abs=1e-12)


@pytest.mark.parametrize(
    ("z", "is_there"),
    [(40.0, True), (42.4, True), (37.6, True), (42.6, False), (37.4, False), (45.0, False)],
)
def test_what_is_drawn_is_seen_within_half_a_slice(call, z, is_there):
    at = place(origin=[3.0, 7.0, z])
    assert call("world.js", "isShown", at, shown()) is is_there


def test_half_way_between_two_slices_it_is_seen_on_one_of_them(call):
    at = place(origin=[0.0, 0.0, 42.5])
    upper = shown(toWorld={**_AXIAL, "origin": [0.0, 0.0, 45.0]})
    mirrored = shown(toWorld={**_AXIAL, "right": [-1.0, 0.0, 0.0]})
    seen = [call("world.js", "isShown", at, state) for state in (shown(), upper)]
    assert sorted(seen) == [False, True]
    assert call("world.js", "isShown", at, mirrored) is seen[0]


def test_it_is_not_seen_on_planes_that_are_turned_or_elsewhere(call):
    turned = {**_AXIAL, "down": [0.0, 0.0, 1.0]}
    assert not call("world.js", "isShown", place(), shown(toWorld=turned))
    assert not call("world.js", "isShown", place(), shown(frameOfReferenceUid="9.9"))
    nowhere = place(frameOfReferenceUid=None, series=0)
    assert not call("world.js", "isShown", nowhere, shown(series=1))
    assert call("world.js", "isShown", nowhere, shown(series=0))


def test_images_of_one_series_in_one_place_are_told_apart(call):
    at = place(imageId="phase:1", series=1)
    assert call("world.js", "isShown", at, shown(imageId="phase:1"))
    assert not call("world.js", "isShown", at, shown(imageId="phase:2"))
    # Points in time to choose from are compared in one place.
    assert call("world.js", "isShown", at, shown(imageId="phase:2", numberOfTimePoints=5))
    # Another series in the same space knows nothing of phases.
    assert call("world.js", "isShown", at, shown(imageId="other:1", series=2))


def test_without_a_place_in_space_it_belongs_to_its_image(call):
    flat = {**_AXIAL, "unit": "px"}
    at = place(unit="px", imageId="png:a", frameOfReferenceUid=None)
    assert call("world.js", "isShown", at, shown(toWorld=flat, imageId="png:a", series=9))
    assert not call("world.js", "isShown", at, shown(toWorld=flat, imageId="png:b", series=0))
    assert not call("world.js", "isShown", at, shown(imageId="png:a"))


_THREE_FOUR = [[1.0, 1.0, 0.0], [4.0, 5.0, 0.0]]


@pytest.mark.parametrize(
    ("changes", "text", "has_reason"),
    [
        ({}, "5.0 mm", False),
        ({"isCalibrated": False}, "5.0 mm*", True),
        ({"unit": "px"}, "5.0 px", True),
        # 3 columns of 2 mm and 4 rows of 0.5 mm: the root of 36 + 4.
        ({"unit": "px", "spacingMm": [0.5, 2.0]}, "6.3 mm", False),
        ({"unit": "px", "spacingMm": [0.5, 2.0], "isCalibrated": False}, "6.3 mm*", True),
    ],
)
def test_a_length_says_what_it_is_in(call, changes, text, has_reason):
    at = place(**changes)
    given = {"kind": "length", "place": at, "points": _THREE_FOUR}
    assert call("tools/length.js", "length.measures", given)["lines"] == [text]
    assert bool(call("measures.js", "scaleOf", at)["reason"]) is has_reason


@pytest.mark.parametrize(
    ("spacing", "degrees"),
    [(None, 45.0), ([1.0, 1.0], 45.0), ([2.0, 1.0], math.degrees(math.atan(2)))],
)
def test_an_angle_is_that_of_the_patient_and_not_of_the_pixels(call, spacing, degrees):
    points = [[5.0, 0.0, 0.0], [0.0, 0.0, 0.0], [3.0, 3.0, 0.0]]
    at = place(unit="px", spacingMm=spacing)
    assert call("measures.js", "angleOf", at, points) == pytest.approx(degrees, abs=1e-12)


def test_areas(call):
    corners = [[0, 0, 0], [10, 0, 0], [10, 4, 0], [0, 4, 0]]
    assert call("measures.js", "rectangleArea", place(), corners) == 40
    assert call("measures.js", "ellipseArea", place(), corners) == pytest.approx(math.pi * 10)
    flat = place(unit="px", spacingMm=[0.5, 2.0])
    assert call("measures.js", "rectangleArea", flat, corners) == 40 * 0.5 * 2


def points_of(*pairs):
    return [{"x": x, "y": y} for x, y in pairs]


def pairs_of(points):
    return [pytest.approx((point["x"], point["y"]), abs=1e-9) for point in points]


@pytest.mark.parametrize("handle", range(4))
def test_a_corner_of_a_rectangle_moves_and_the_one_across_stays(call, handle):
    corners = [(0, 0), (4, 0), (4, 2), (0, 2)]
    to = (9, 7)
    moved = call(
        "tools/rectangle.js", "rectangle.dragged", points_of(*corners), handle, points_of(to)[0]
    )
    got = [(point["x"], point["y"]) for point in moved]
    fixed = corners[(handle + 2) % 4]
    assert got[handle] == pytest.approx(to)
    assert got[(handle + 2) % 4] == pytest.approx(fixed)
    # Its sides are still upright.
    assert {round(x, 9) for x, _ in got} == {to[0], fixed[0]}
    assert {round(y, 9) for _, y in got} == {to[1], fixed[1]}


def test_a_turned_rectangle_stays_one(call):
    # A square of 5 whose sides go along (0.6, 0.8) and (-0.8, 0.6).
    corners = [(0, 0), (3, 4), (-1, 7), (-4, 3)]
    moved = call(
        "tools/rectangle.js", "rectangle.dragged", points_of(*corners), 2, {"x": -2, "y": 14}
    )
    # -2, 14 is 10 along the first side and 10 along the other.
    assert pairs_of(moved) == [(0, 0), (6, 8), (-2, 14), (-8, 6)]


def test_an_end_of_an_ellipse_moves_one_side_of_it(call):
    corners = points_of((0, 0), (4, 0), (4, 2), (0, 2))
    moved = call("tools/ellipse.js", "ellipse.dragged", corners, 1, {"x": 6, "y": 99})
    assert pairs_of(moved) == [(0, 0), (6, 0), (6, 2), (0, 2)]
    handles = call("tools/ellipse.js", "ellipse.handles", corners)
    assert pairs_of(handles) == [(2, 0), (4, 1), (2, 2), (0, 1)]


def test_the_shorter_of_two_lengths_stays_at_a_right_angle(call):
    drawn = call("tools/bidirectional.js", "bidirectional.drawn", points_of((0, 0), (8, 0)))
    assert pairs_of(drawn) == [(0, 0), (8, 0), (4, -2), (4, 2)]
    moved = call("tools/bidirectional.js", "bidirectional.dragged", drawn, 3, {"x": 6, "y": 5})
    assert pairs_of(moved) == [(0, 0), (8, 0), (6, -2), (6, 5)]
    turned = call("tools/bidirectional.js", "bidirectional.dragged", moved, 1, {"x": 0, "y": 8})
    assert pairs_of(turned) == [(0, 0), (0, 8), (2, 6), (-5, 6)]
