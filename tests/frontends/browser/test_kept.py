"""What a page keeps brings back all that it showed: on another desk, another session and server."""

from __future__ import annotations

import json
from contextlib import ExitStack

import cv2
import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.frontends.sharing.source import exhibit_of


@pytest.fixture
def opened(desk_page):
    """Open a page on a session of its own, as a server that was started again has one."""
    with ExitStack() as stack:
        pages = []

        def page_of(source, **options):
            session = stack.enter_context(cs.Session())
            given = source(session) if callable(source) else source
            page = desk_page(exhibit_of(given, session), **options)
            pages.append(page)
            return page

        yield page_of
        for page in pages:
            page.close()


def pixels(frame):
    return cv2.imdecode(np.frombuffer(frame[1], np.uint8), cv2.IMREAD_UNCHANGED)


def numbers_of(page):
    return {entry["modality"]: entry["number"] for entry in page.texts[0]["series"]}


def last_frames(page, *cells):
    page.still_all()
    return [page.still(cell) for cell in cells]


def same(before, after):
    """Compare frames: what is said of them, but for rounding of places, and every pixel."""
    for (header, _), (again, _) in zip(before, after, strict=True):
        ours, theirs = dict(header["state"]), dict(again["state"])
        grids = ours.pop("toWorld"), theirs.pop("toWorld")
        for name in ("origin", "right", "down"):
            assert grids[1][name] == pytest.approx(grids[0][name], abs=1e-6)
        crosses = ours.pop("crosshairs"), theirs.pop("crosshairs")
        assert (crosses[0] is None) == (crosses[1] is None)
        if crosses[0] is not None:
            assert crosses[1]["at"] == pytest.approx(crosses[0]["at"], abs=1e-6)
            for line, other in zip(crosses[0]["lines"], crosses[1]["lines"], strict=True):
                assert other["start"] == pytest.approx(line["start"], abs=1e-4)
                assert other["end"] == pytest.approx(line["end"], abs=1e-4)
        assert theirs == ours
    for ours, theirs in zip(before, after, strict=True):
        np.testing.assert_array_equal(pixels(theirs), pixels(ours))


def test_a_stack_comes_back_as_it_was(opened, ct_files):
    page = opened(ct_files)
    page.resize(0)
    page.frame()
    page.say("SetSlice", cell=0, index=2)
    page.say("SetWindow", cell=0, lower=-200, upper=300)
    page.say("Change", cell=0, invert=True, colormap="viridis", interpolation="cubic")
    page.say("Flip", cell=0, isHorizontal=True)
    page.say("Rotate", cell=0, degrees=30)
    page.say("Zoom", cell=0, factor=1.7, x=40, y=90)
    page.say("Pan", cell=0, dx=11, dy=-7)
    before = last_frames(page, 0)
    assert before[0][0]["state"]["zoom"] == pytest.approx(1.7)

    again = opened(ct_files, kept=page.kept())
    again.resize(0)
    again.frame()
    assert again.text("Welcome")["isBroughtBack"]
    same(before, last_frames(again, 0))


def test_three_planes_that_were_turned_come_back_with_what_lies_over_them(opened, pet_ct):
    page = opened(pet_ct)
    page.resize(0)
    page.frame()
    numbers = numbers_of(page)
    page.say("Show", cell=0, series=numbers["CT"])
    page.say("Show", cell=0, series=numbers["PT"], isAdded=True)
    page.frame(is_so=lambda state: len(state["layers"]) == 2)
    page.say("SetLayout", name="mpr")
    page.resize(0, 1, 2)
    page.frame(2, lambda state: state["crosshairs"] is not None and len(state["layers"]) == 2)
    page.say("MoveCrosshairs", cell=0, x=100, y=150)
    page.say("RotateCrosshairs", cell=0, degrees=25)
    page.say("Change", cell=1, slabMm=12, slabMode="average")
    page.say("Change", cell=0, opacity=0.3, colormap="pet")
    page.say("SetWindow", cell=0, lower=-100, upper=250)
    page.say("Zoom", cell=2, factor=1.4, x=128, y=128)
    page.say("Link", isOn=True)
    before = last_frames(page, 0, 1, 2)
    # A plane that was turned is no plane by its name any more.
    assert {frame[0]["state"]["orientation"] for frame in before} == {"axial", "oblique"}
    assert before[1][0]["state"]["slabMm"] == 12

    again = opened(pet_ct, kept=page.kept())
    again.resize(0, 1, 2)
    arranged = again.text("Arranged")
    assert (arranged["name"], arranged["isLinked"]) == ("mpr", True)
    same(before, last_frames(again, 0, 1, 2))

    # What a grid has shown before is known, too, and what a plane is put back to.
    again.say("Reset", cell=0)
    assert {f[0]["state"]["orientation"] for f in last_frames(again, 0, 1, 2)} == {
        *("axial", "sagittal", "coronal")
    }
    again.say("SetLayout", name="1x1")
    page.say("SetLayout", name="1x1")
    for one in (page, again):
        arranged = one.text("Arranged", lambda text: text["name"] == "1x1" and text["isLinked"])
        assert [cell["series"] for cell in arranged["cells"]] == [numbers["CT"]]


def test_on_a_canvas_of_another_size_the_same_place_is_in_the_middle(opened, ct_files):
    page = opened(ct_files)
    page.resize(0)
    page.frame()
    page.say("Zoom", cell=0, factor=2.0, x=60, y=200)
    [(before, _)] = last_frames(page, 0)

    again = opened(ct_files, kept=page.kept())
    again.resize(0, size=400)
    again.frame(is_so=lambda state: state["zoom"] == 2)
    [(after, _)] = last_frames(again, 0)

    def middle(header, size):
        grid = header["state"]["toWorld"]
        parts = (np.array(grid[name]) for name in ("origin", "right", "down"))
        origin, right, down = parts
        return origin + size / 2 * right + size / 2 * down

    assert after["width"] == 400
    assert middle(after, 400) == pytest.approx(middle(before, 256), abs=1e-6)


def test_cells_of_a_grid_come_back_and_empty_ones_stay_empty(opened, pet_ct):
    page = opened(pet_ct)
    page.say("SetLayout", name="2x2")
    page.resize(0, 1)
    page.frame(1)
    page.say("Clear", cell=0)
    page.say("Cine", cell=1, framesPerSecond=5)
    page.frame(1, lambda state: state["framesPerSecond"] == 5)
    page.text("Empty", lambda text: text["cell"] == 0)
    # A cine never rests.
    kept = page.text("Keep", lambda text: '"framesPerSecond":5' in text["text"])["text"]
    arranged = [text for text in page.texts if text["type"] == "Arranged"][-1]

    again = opened(pet_ct, kept=kept)
    again.resize(1)
    assert again.text("Arranged")["cells"] == arranged["cells"]
    assert {text["cell"] for text in again.texts if text["type"] == "Empty"} == {0, 2, 3}
    again.frame(1, lambda state: state["framesPerSecond"] == 5)


def test_a_viewport_of_python_comes_back_with_colours_that_have_no_name(opened, ct_files):
    colors = np.linspace((0, 0, 40), (255, 200, 255), 64).astype(np.uint8)

    def viewport(session):
        made = cs.StackViewport(256, 256, session=session)
        made.set_stack(session.open_display_sets(ct_files).result()[0].image_ids, 4).result(20)
        made.set_properties(colormap=colors)
        return made

    page = opened(viewport)
    page.resize(0)
    page.frame()
    page.say("SetSlice", cell=0, index=7)
    before = last_frames(page, 0)
    again = opened(viewport, kept=page.kept())
    again.resize(0)
    again.frame()
    same(before, last_frames(again, 0))


def test_what_was_kept_of_other_images_is_not_taken(opened, ct_files, pet_ct):
    page = opened(ct_files)
    page.resize(0)
    page.say("SetLayout", name="2x2")
    page.frame()
    again = opened(pet_ct, kept=page.kept())
    assert not again.text("Welcome")["isBroughtBack"]
    assert again.text("Welcome")["exhibit"] != page.text("Welcome")["exhibit"]
    assert again.text("Arranged")["name"] == "1x1"
    assert "not there any more" in again.text("Notice")["text"]


def _changed(kept, **changes):
    return json.dumps(json.loads(kept) | changes)


def test_what_no_server_gave_is_not_taken_and_harms_nothing(opened, ct_files):
    page = opened(ct_files)
    page.resize(0)
    page.frame()
    kept = page.kept()
    cell = json.loads(kept)["cells"][0]
    layer = cell["layers"][0]
    texts = [
        "",
        "no JSON",
        "[]",
        "{}",
        _changed(kept, layout="9x9"),
        _changed(kept, more=1),
        _changed(kept, cells=[cell | {"layers": [layer | {"series": 99}]}]),
        _changed(kept, cells=[cell | {"layers": [layer | {"series": -1}]}]),
        _changed(kept, cells=[cell | {"layers": [layer | {"colormap": 7}]}]),
        _changed(kept, cells=[cell | {"layers": [layer | {"voiRange": [5, 1]}]}]),
        _changed(kept, cells=[cell | {"orientation": "upside down"}]),
        _changed(kept, cells=[cell | {"orientation": [[0, 0, 1], [0, 0, 1]]}]),
        kept.replace('"index":', '"index":1e999,"index":'),
    ]
    for text in texts:
        other = opened(ct_files, kept=text)
        assert not other.text("Welcome")["isBroughtBack"], text
        other.resize(0)
        assert other.frame()[0]["state"]["sliceIndex"] == 6
        other.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"index": 10**9},
        {"index": -5},
        {"size": [0, 0]},
        {"size": [10**9, 5]},
        {"zoom": 0},
        {"zoom": -1},
        {"rotation": 1e308},
        {"pan": [1e308, 1e308]},
        {"framesPerSecond": 1e300},
        {"slabMode": "thick", "slabMm": 5},
    ],
)
def test_numbers_that_cannot_be_leave_a_cell_that_goes_on(opened, ct_files, changes):
    page = opened(ct_files)
    page.resize(0)
    page.frame()
    page.say("Change", cell=0, orientation="axial")
    page.frame(is_so=lambda state: state["orientation"] == "axial")
    kept = json.loads(page.kept())
    kept["cells"][0] |= changes
    page.close()
    other = opened(ct_files, kept=json.dumps(kept))
    other.resize(0)
    other.frame()
    other.say("Reset", cell=0)
    other.say("SetSlice", cell=0, index=3)
    other.frame(is_so=lambda state: state["sliceIndex"] == 3)


def test_what_is_kept_names_nobody(opened, ct_files):
    page = opened(ct_files)
    page.resize(0)
    page.frame()
    kept = page.kept()
    assert str(ct_files[0].parent) not in kept
    assert "1.2.826" not in kept
    assert page.text("Welcome")["exhibit"] not in {path.name for path in ct_files}
