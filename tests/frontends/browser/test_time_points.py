"""Points in time: which one is shown, what stays meanwhile, and what is kept and measured of it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from types import SimpleNamespace

import cv2
import nibabel
import numpy as np
import pytest
from pydicom import dcmread

import pycornerstone as cs
from pycornerstone.frontends.browser.cine import Cine
from pycornerstone.frontends.browser.time_points import images_at, time_points_of, time_text
from pycornerstone.frontends.sharing.source import exhibit_of
from pycornerstone.testing import write_ct_series

SIZE = 256
POINTS = 5
_CORNERS = ((-40, -40), (40, -40), (40, 40), (-40, 40))


def brain(t):
    """Give voxels (i, j, k) whose values say which point in time they are of."""
    i, j, k = np.indices((20, 18, 6))
    return (1000 * t + 100 * k + 3 * i + j).astype(np.int16)


@pytest.fixture(scope="module")
def four_d(tmp_path_factory):
    path = tmp_path_factory.mktemp("time") / "bold.nii"
    voxels = np.stack([brain(t) for t in range(POINTS)], axis=-1)
    image = nibabel.Nifti1Image(voxels, np.diag((-3.0, -3.0, 4.0, 1.0)))
    image.header.set_xyzt_units("mm", "sec")
    nibabel.save(image, path)
    return path


@pytest.fixture
def opened(desk_page):
    with ExitStack() as stack:
        pages = []

        def page_of(source, **options):
            session = stack.enter_context(cs.Session())
            page = desk_page(exhibit_of(source, session), **options)
            page.resize(0)
            page.frame()
            pages.append(page)
            return page

        yield page_of
        for page in pages:
            page.close()


def pixels(frame):
    return cv2.imdecode(np.frombuffer(frame[1], np.uint8), cv2.IMREAD_UNCHANGED)


def at(time_point, **also):
    also |= {"timePoint": time_point}
    return lambda state: all(state[name] == value for name, value in also.items())


def values_in_the_middle(page, cell=0):
    """Ask for the statistics of what a square in the middle of the canvas shows."""
    state = page.still(cell)[0]["state"]
    grid = state["toWorld"]
    parts = [np.array(grid[name]) for name in ("origin", "right", "down")]
    point = parts[0] + SIZE / 2 * parts[1] + SIZE / 2 * parts[2]
    question = len(page.texts) + 1
    page.say(
        "AskStatistics",
        question=question,
        cell=cell,
        kind="rectangle",
        points=[(point + a * parts[1] + b * parts[2]).tolist() for a, b in _CORNERS],
        timePoint=state["timePoint"],
    )
    return page.text("Answer", lambda text: text["question"] == question)["statistics"]


def test_a_stack_shows_the_slice_of_another_point_in_time(opened, four_d):
    page = opened(four_d)
    page.say("SetSlice", cell=0, index=2)
    first = page.frame(is_so=lambda state: state["sliceIndex"] == 2)[0]["state"]
    assert (first["timePoint"], first["numberOfTimePoints"], first["numberOfSlices"]) == (0, 5, 6)
    page.say("SetWindow", cell=0, lower=0, upper=5000)
    page.say("Zoom", cell=0, factor=1.6, x=90, y=140)
    page.say("Rotate", cell=0, degrees=20)
    page.say("Flip", cell=0, isHorizontal=True)
    page.say("Change", cell=0, invert=True)
    before = page.still()[0]["state"]
    page.say("SetTimePoint", cell=0, index=3)
    page.frame(is_so=at(3))
    header, picture = page.still()
    state = header["state"]
    assert state["overlay"]["bottomLeft"][:2] == ["Image 3 / 6", "Time 4 / 5"]
    same = ("sliceIndex", "lower", "upper", "zoom", "rotation", "flipHorizontal", "invert")
    assert [state[name] for name in same] == [before[name] for name in same]
    assert state["toWorld"] == before["toWorld"]
    # The fourth volume of the file is 3000 brighter than the first.
    with cs.Session() as session, cs.StackViewport(SIZE, SIZE, session=session) as ours:
        ids = session.image_ids_from_nifti(str(four_d), time_points=3).result()
        ours.set_stack(ids, 2).result()
        ours.set_properties(voi_range=(0, 5000), invert=True)
        shown = page.desk._arrangement.cell(0).viewport
        ours.flip(horizontal=True)
        ours.set_rotation(shown.rotation)
        ours.set_zoom(shown.zoom)
        ours.set_pan(shown.pan)
        np.testing.assert_array_equal(pixels((header, picture)), ours.render()[..., 0])


def test_planes_stay_where_they_are(opened, four_d):
    page = opened(four_d)
    page.say("Change", cell=0, orientation="coronal", slabMm=5, slabMode="average")
    page.say("Zoom", cell=0, factor=1.3, x=20, y=30)
    page.frame(is_so=lambda state: state["orientation"] == "coronal" and state["zoom"] > 1)
    before = page.still()[0]["state"]
    first = values_in_the_middle(page)
    page.say("SetTimePoint", cell=0, index=4)
    page.frame(is_so=at(4, orientation="coronal"))
    state = page.still()[0]["state"]
    assert state["overlay"]["bottomLeft"][1] == "Time 5 / 5"
    for name in ("toWorld", "sliceIndex", "slabMm", "lower", "upper", "zoom"):
        assert state[name] == before[name]
    after = values_in_the_middle(page)
    assert after["mean"] == pytest.approx(first["mean"] + 4000)
    assert after["count"] == first["count"]


def test_steps_add_up_and_end_at_the_last(opened, four_d):
    page = opened(four_d)
    page.say("StepTime", cell=0, steps=1)
    page.say("StepTime", cell=0, steps=1)
    page.frame(is_so=at(2))
    page.say("StepTime", cell=0, steps=9)
    page.frame(is_so=at(4))
    page.say("StepTime", cell=0, steps=-99)
    count = len(page.frames)
    page.frame(is_so=at(0), after=count)
    page.say("SetTimePoint", cell=0, index=10**9)
    page.frame(is_so=at(4), after=count)


def test_the_three_planes_go_through_time_together(opened, four_d):
    page = opened(four_d)
    page.say("SetTimePoint", cell=0, index=1)
    page.frame(is_so=at(1))
    page.say("SetLayout", name="mpr")
    page.resize(0, 1, 2)
    for cell in range(3):
        page.frame(cell, lambda state: state["crosshairs"] is not None and state["timePoint"] == 1)
    page.say("MoveCrosshairs", cell=0, x=100, y=110)
    page.still_all()
    before = [page.still(cell)[0]["state"] for cell in range(3)]
    page.say("SetTimePoint", cell=2, index=3)
    for cell in range(3):
        page.frame(cell, at(3))
    page.still_all()
    for cell, old in enumerate(before):
        state = page.still(cell)[0]["state"]
        assert state["toWorld"] == old["toWorld"]
        assert state["crosshairs"] == old["crosshairs"]


def test_a_cine_over_time_goes_round_and_leaves_the_slice(opened, four_d):
    page = opened(four_d)
    page.say("SetSlice", cell=0, index=1)
    page.frame(is_so=lambda state: state["sliceIndex"] == 1)
    page.say("Cine", cell=0, framesPerSecond=20, isOverTime=True)
    count = len(page.frames)
    page.frame(is_so=at(4, isCineOverTime=True), after=count)
    there = len(page.frames)
    page.frame(is_so=at(0), after=there)
    page.frame(is_so=at(1), after=there)
    assert {frame[0]["state"]["sliceIndex"] for frame in page.frames[count:]} == {1}
    page.say("Cine", cell=0, framesPerSecond=0)
    page.still_all()
    assert page.still()[0]["state"]["framesPerSecond"] == 0


@pytest.mark.parametrize("orientation", [None, "sagittal"])
def test_the_point_in_time_comes_back(opened, four_d, orientation):
    page = opened(four_d)
    if orientation is not None:
        page.say("Change", cell=0, orientation=orientation)
        page.frame(is_so=lambda state: state["orientation"] == orientation)
    page.say("SetSlice", cell=0, index=4)
    page.frame(is_so=lambda state: state["sliceIndex"] == 4)
    page.say("SetTimePoint", cell=0, index=2)
    page.frame(is_so=at(2))
    before = page.still()
    again = opened(four_d, kept=page.kept())
    after = again.still()
    assert after[0]["state"] == before[0]["state"]
    np.testing.assert_array_equal(pixels(after), pixels(before))
    again.say("Reset", cell=0)
    again.still_all()
    assert again.still()[0]["state"]["timePoint"] == 2


@pytest.mark.parametrize("time_point", [-7, 99])
def test_a_point_in_time_that_no_server_gave_is_the_nearest(opened, four_d, time_point):
    page = opened(four_d)
    page.say("Change", cell=0, orientation="axial")
    page.frame(is_so=lambda state: state["orientation"] == "axial")
    kept = json.loads(page.kept())
    kept["cells"][0]["timePoint"] = time_point
    again = opened(four_d, kept=json.dumps(kept))
    assert again.still()[0]["state"]["timePoint"] == (0 if time_point < 0 else 4)


def test_python_draws_the_point_in_time_on_show(opened, four_d, drawn_by):
    page = opened(four_d)
    page.say("Change", cell=0, orientation="sagittal")
    page.frame(is_so=lambda state: state["orientation"] == "sagittal")
    page.say("SetTimePoint", cell=0, index=2)
    page.frame(is_so=at(2))
    frame = page.still()
    page.say("AskPython", question=1, cell=0)
    lines = page.text("Answer")["python"]
    np.testing.assert_array_equal(pixels(frame), drawn_by(lines)[..., 0])


def test_statistics_are_not_those_of_another_point_in_time(opened, four_d):
    page = opened(four_d)
    page.say("AskStatistics", question=1, cell=0, kind="probe", points=[(0, 0, 0)], timePoint=3)
    assert "point in time" in page.text("Failed")["text"]


def test_what_cannot_be_loaded_is_said_and_the_one_on_show_stays(opened, thorax, tmp_path):
    paths = write_ct_series(tmp_path / "early", thorax)
    for path in paths:
        late = dcmread(path)
        late.SOPInstanceUID += ".1"
        late.file_meta.MediaStorageSOPInstanceUID = late.SOPInstanceUID
        late.AcquisitionNumber = 77
        late.save_as(tmp_path / f"late-{path.name}")
    page = opened(tmp_path)
    assert page.still()[0]["state"]["numberOfTimePoints"] == 2
    for path in tmp_path.glob("late-*"):
        path.write_bytes(b"")
    page.say("SetTimePoint", cell=0, index=1)
    assert page.text("Notice")["isError"]
    page.say("SetSlice", cell=0, index=3)
    state = page.frame(is_so=lambda state: state["sliceIndex"] == 3)[0]["state"]
    assert state["timePoint"] == 0
    assert "Loading" not in state["overlay"]["bottomRight"]


def test_where_there_is_one_point_in_time_nothing_is_said_of_it(opened, ct_files):
    page = opened(ct_files)
    page.say("StepTime", cell=0, steps=1)
    page.say("SetTimePoint", cell=0, index=4)
    page.say("Cine", cell=0, framesPerSecond=30, isOverTime=True)
    state = page.frame(is_so=lambda state: state["framesPerSecond"] == 30)[0]["state"]
    assert (state["timePoint"], state["numberOfTimePoints"]) == (0, 1)
    assert not state["isCineOverTime"]
    assert not any("Time" in line for line in state["overlay"]["bottomLeft"])


def display_set(keyword, *values):
    points = tuple((f"a:{t}",) for t in range(len(values)))
    return SimpleNamespace(time_points=points, time_values=values, time_keyword=keyword)


@pytest.mark.parametrize(
    ("keyword", "value", "text"),
    [
        # PS3.6: trigger and echo times are in ms, b-values in s/mm².
        ("TriggerTime", 62.5, "Time 2 / 2 · trigger time 62.5 ms"),
        ("EchoTime", 9.0, "Time 2 / 2 · echo time 9 ms"),
        ("DiffusionBValue", 1000.0, "Time 2 / 2 · b 1000 s/mm²"),
        ("AcquisitionTime", "070907.25", "Time 2 / 2 · 07:09:07"),
        ("TemporalPositionIdentifier", 2.0, "Time 2 / 2"),
        ("EchoTime, EchoNumbers", "9, 2", "Time 2 / 2"),
        (None, 1, "Time 2 / 2"),
    ],
)
def test_the_header_says_what_a_point_in_time_is(keyword, value, text):
    sets = [SimpleNamespace(time_points=()), display_set(keyword, 0, value)]
    assert time_text(sets, 1) == text
    assert time_points_of(sets) == 2
    assert images_at(sets[1], 7) == ("a:1",)


def test_back_and_forth_over_time_turns_round_at_the_ends():
    cine, at_, found = Cine(10, 0.0, is_back_and_forth=True, is_over_time=True), 0, []
    for step in range(1, 7):
        at_ = cine.going_on(at_, cine.steps_due(step / 10), 3)
        found.append(at_)
    assert found == [1, 2, 1, 0, 1, 2]
