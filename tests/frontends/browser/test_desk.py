"""A desk with real sessions and viewports; the page is a list of what it was sent."""

from __future__ import annotations

import threading
import time

import cv2
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

import pycornerstone as cs
from pycornerstone.frontends.sharing.source import exhibit_of

SIZE = 256


@pytest.fixture
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture
def page_of(session, desk_page):
    def opened(source, **options):
        return desk_page(exhibit_of(source, session), **options)

    return opened


def pixels(picture: bytes):
    return cv2.cvtColor(
        cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB
    )


def test_a_page_is_welcomed_and_shows_the_middle_of_the_first_series(page_of, ct_files):
    page = page_of(ct_files)
    page.resize(0)
    header, _ = page.frame()
    # How far series have come is said whenever it is known.
    said = [text["type"] for text in page.texts if text["type"] != "Progress"]
    assert said[:2] == ["Welcome", "Arranged"]
    assert page.texts[0]["type"] == "Welcome"
    assert page.texts[0]["series"][0]["images"] == 12
    assert header["state"]["sliceIndex"] == 6
    assert header["state"]["numberOfSlices"] == 12
    assert (header["width"], header["height"]) == (SIZE, SIZE)


def test_a_grey_frame_is_what_the_viewport_draws_to_the_last_bit(page_of, ct_files, session):
    page = page_of(ct_files)
    page.resize(0)
    page.frame()
    page.say("SetSlice", cell=0, index=3)
    page.say("SetWindow", cell=0, lower=-1000, upper=500)
    page.say("Zoom", cell=0, factor=1.5, x=100, y=80)
    _, picture = page.frame(is_so=lambda state: state["zoom"] == 1.5 and state["sliceIndex"] == 3)
    ours = cs.StackViewport(SIZE, SIZE, session=session)
    ours.set_stack(page.desk._exhibit.display_sets[0].image_ids, 3).result(20)
    ours.set_properties(voi_range=(-1000, 500))
    ours.set_zoom(1.5)
    # What was at (100, 80) stays there.
    ours.set_pan(((100 - 128) * (1 - 1.5), (80 - 128) * (1 - 1.5)))
    expected = ours.render()[..., :3]
    _, last = page.still()
    assert np.array_equal(pixels(last), expected)
    assert np.array_equal(pixels(picture), expected)


def test_what_is_under_the_mouse_stays_there_when_zooming(page_of, ct_files):
    page = page_of(ct_files)
    page.resize(0)
    before, _ = page.frame()
    page.say("Zoom", cell=0, factor=2.0, x=30, y=200)
    after, _ = page.frame(is_so=lambda state: state["zoom"] == 2)

    def world(grid, x, y):
        return np.array(grid["origin"]) + x * np.array(grid["right"]) + y * np.array(grid["down"])

    grids = before["state"]["toWorld"], after["state"]["toWorld"]
    assert world(grids[1], 30, 200) == pytest.approx(world(grids[0], 30, 200), abs=1e-6)


def test_a_page_that_confirms_nothing_is_sent_two_frames_and_then_the_newest_state(
    page_of, ct_files
):
    page = page_of(ct_files, confirms=False)
    page.resize(0)
    page.frame()
    for index in range(12):
        page.say("SetSlice", cell=0, index=index)
        time.sleep(0.03)
    page.still()
    assert len(page.frames) == 2
    page.say("Drawn", cell=0, frame=page.frames[1][0]["frame"])
    header, _ = page.frame(after=2)
    assert header["state"]["sliceIndex"] == 11
    assert len(page.frames) == 3


def test_three_planes_meet_where_the_crosshairs_are_put(page_of, ct_files, thorax):
    page = page_of(ct_files)
    page.say("SetLayout", name="mpr")
    page.resize(0, 1, 2)
    for cell, plane in enumerate(("axial", "sagittal", "coronal")):
        header, _ = page.frame(cell, lambda state: state["crosshairs"] is not None)
        assert header["state"]["orientation"] == plane
        assert len(header["state"]["crosshairs"]["lines"]) == 2
    axial, _ = page.still(0)
    grid = axial["state"]["toWorld"]
    place = np.array(grid["origin"]) + 60 * np.array(grid["right"]) + 90 * np.array(grid["down"])
    page.say("MoveCrosshairs", cell=0, x=60, y=90)
    page.still()
    for cell in range(3):
        state = page.still(cell)[0]["state"]
        x, y = state["crosshairs"]["at"]
        to = state["toWorld"]
        here = np.array(to["origin"]) + x * np.array(to["right"]) + y * np.array(to["down"])
        assert here == pytest.approx(place, abs=1e-3)


def test_back_in_a_grid_it_is_a_stack_again(page_of, ct_files):
    page = page_of(ct_files)
    page.say("SetLayout", name="mpr")
    page.resize(0, 1, 2)
    page.frame(2)
    page.say("SetLayout", name="2x2")
    arranged = page.text("Arranged", lambda text: text["name"] == "2x2")
    assert [cell["series"] for cell in arranged["cells"]] == [0, None, None, None]
    count = len(page.frames)
    page.resize(0)
    header, _ = page.frame(after=count)
    assert header["state"]["orientation"] is None
    assert {text["cell"] for text in page.texts if text["type"] == "Empty"} == {1, 2, 3}


def test_a_slab_of_a_stack_is_drawn_of_the_volume_at_the_same_slice(page_of, ct_files, session):
    page = page_of(ct_files)
    page.resize(0)
    page.frame()
    page.say("SetSlice", cell=0, index=2)
    page.frame(is_so=lambda state: state["sliceIndex"] == 2)
    page.say("Change", cell=0, slabMm=30, slabMode="average")
    page.frame(is_so=lambda state: state["slabMm"] == 30 and state["sliceIndex"] == 2)
    header, picture = page.still()
    assert header["state"]["orientation"] == "acquisition"
    ours = cs.VolumeViewport(SIZE, SIZE, session=session, orientation="acquisition")
    ours.set_volumes([page.desk._exhibit.display_sets[0]])
    ours.render()
    ours.set_slice_index(2)
    ours.set_slab(30, "average")
    assert np.array_equal(pixels(picture), ours.render()[..., :3])
    page.say("Reset", cell=0)
    count = len(page.frames)
    header, _ = page.frame(after=count - 1, is_so=lambda state: state["orientation"] is None)
    assert header["state"]["sliceIndex"] == 2


def test_a_pet_over_a_ct_moves_as_jpeg_and_rests_as_the_picture_itself(page_of, pet_ct, session):
    page = page_of(pet_ct)
    page.resize(0)
    page.frame()
    series = {entry["modality"]: entry["number"] for entry in page.texts[0]["series"]}
    page.say("Show", cell=0, series=series["CT"])
    page.say("Show", cell=0, series=series["PT"], isAdded=True)
    page.frame(is_so=lambda state: len(state["layers"]) == 2)
    page.say("Change", cell=0, opacity=0.4)
    page.frame(is_so=lambda state: state["layers"][-1]["opacity"] == 0.4)
    page.still()
    count = len(page.frames)
    for _ in range(5):
        page.say("Pan", cell=0, dx=1, dy=0)
        time.sleep(0.02)
    page.still()
    moved = [frame[0] for frame in page.frames[count:]]
    assert moved[0]["format"] == "jpeg"
    assert not moved[0]["isAtRest"]
    assert moved[-1]["format"] == "png"
    assert moved[-1]["isAtRest"]
    exact = page.desk._arrangement.cell(0).viewport.render()
    assert np.array_equal(pixels(page.frames[-1][1]), exact[..., :3])
    assert page.frames[-1][0]["state"]["layers"][1]["upper"] == pytest.approx(5)


def test_a_drag_goes_as_far_as_in_cornerstone3d(page_of, ct_files, thorax):
    page = page_of(ct_files)
    page.resize(0)
    state = page.frame()[0]["state"]
    page.say("DragWindow", cell=0, dx=10, dy=-4)
    moved = page.frame(is_so=lambda now: now["upper"] != state["upper"])[0]["state"]
    values = thorax.hounsfield[6]
    step = (int(values.max()) - int(values.min())) / 1024
    step = round(step) if step > 1 else step
    width, center = state["upper"] - state["lower"], (state["upper"] + state["lower"]) / 2
    assert moved["upper"] - moved["lower"] == pytest.approx(width + 10 * step)
    assert (moved["upper"] + moved["lower"]) / 2 == pytest.approx(center - 4 * step)


def test_linked_cells_show_the_same_place(page_of, pet_ct):
    page = page_of(pet_ct)
    page.say("SetLayout", name="1x2")
    page.resize(0, 1)
    page.frame(0)
    page.frame(1)
    page.say("Link", isOn=True)
    page.text("Arranged", lambda text: text["isLinked"])
    page.still()
    first = page.still(0)[0]["state"]["sliceIndex"]
    page.say("Scroll", cell=0, steps=3)
    page.frame(0, lambda state: state["sliceIndex"] == first + 3)
    page.still()
    normal = np.array([0, 0, 1.0])
    heights = [
        np.array(page.still(cell)[0]["state"]["toWorld"]["origin"]) @ normal for cell in (0, 1)
    ]
    distance = page.still(1)[0]["state"]["sliceDistanceMm"]
    assert abs(heights[0] - heights[1]) <= distance / 2 + 1e-6


def test_a_cine_runs_at_the_rate_of_the_header_and_stops(page_of):
    page = page_of(get_testdata_file("examples_ybr_color.dcm"))
    page.resize(0)
    page.frame()
    page.say("Cine", cell=0)
    seen = page.frame(is_so=lambda state: state["sliceIndex"] >= 3)[0]["state"]
    # Frame Time (0018,1063), ms.
    dataset = dcmread(get_testdata_file("examples_ybr_color.dcm"), stop_before_pixels=True)
    assert seen["framesPerSecond"] == pytest.approx(1000 / float(dataset.FrameTime))
    page.say("Cine", cell=0, framesPerSecond=0)
    header, picture = page.still()
    assert header["isAtRest"]
    assert header["state"]["framesPerSecond"] == 0
    assert header["state"]["isColor"]
    exact = page.desk._arrangement.cell(0).viewport.render()
    assert np.array_equal(pixels(picture), exact[..., :3])


def test_what_cannot_be_is_said_and_harms_nothing(page_of, ct_files):
    page = page_of(ct_files)
    page.resize(0)
    page.frame()
    for kind, said in (
        ("Show", {"cell": 0, "series": 99}),
        ("SetLayout", {"name": "9x9"}),
        ("Resize", {"cell": 0, "width": 5000, "height": 10}),
        ("SetWindow", {"cell": 0, "preset": "no such"}),
        ("SetWindow", {"cell": 0, "lower": 5, "upper": 1}),
    ):
        count = len([text for text in page.texts if text["type"] == "Notice"])
        page.say(kind, **said)
        page.wait([0], lambda _, n=count: len([t for t in page.texts if t["type"] == "Notice"]) > n)
    page.say_text("no JSON")
    page.say("Scroll", cell=7, steps=1)
    page.say("SetSlice", cell=0, index=10**9)
    page.frame(is_so=lambda state: state["sliceIndex"] == 11)


def test_an_image_that_does_not_load_becomes_a_notice(page_of, session):
    def load(image_id: str) -> cs.Image:
        if image_id.endswith("b"):
            raise OSError("no such bytes")
        return cs.Image(image_id, np.zeros((4, 4), np.uint8))

    session.register_image_loader("torn", load)
    page = page_of([session.open_display_sets([f"torn:{name}"]).result()[0] for name in ("a", "b")])
    page.resize(0)
    page.frame()
    page.say("Show", cell=0, series=1)
    assert page.text("Notice")["isError"]
    # The picture of what was there before would be taken for it.
    assert page.text("Empty")["cell"] == 0


def test_a_viewport_of_python_is_shown_as_it_is(page_of, ct_files, session):
    viewport = cs.StackViewport(SIZE, SIZE, session=session)
    image_ids = session.open_display_sets(ct_files).result()[0].image_ids
    viewport.set_stack(image_ids, 4).result(20)
    viewport.set_properties(voi_range=(-900, 100), invert=True)
    viewport.set_zoom(1.7)
    viewport.flip(horizontal=True)
    page = page_of(viewport)
    page.resize(0)
    page.frame()
    _, picture = page.still()
    assert np.array_equal(pixels(picture), viewport.render()[..., :3])


def test_questions_are_answered(page_of, ct_files):
    page = page_of(ct_files)
    page.resize(0)
    state = page.frame()[0]["state"]
    page.say("AskMetadata", question=1, cell=0, text="Rows")
    answer = page.text("Answer", lambda text: text["question"] == 1)
    assert any(row["value"] == "256" for row in answer["metadata"])
    page.say("AskPython", question=2, cell=0)
    assert "StackViewport" in page.text("Answer", lambda t: t["question"] == 2)["python"]
    grid = state["toWorld"]
    page.say("AskStatistics", question=3, cell=0, kind="probe", points=[grid["origin"]])
    assert page.text("Answer", lambda t: t["question"] == 3)["statistics"]["count"] <= 1
    page.say(
        "AskStatistics", question=4, cell=0, kind="probe", points=[grid["origin"]], sliceIndex=0
    )
    assert page.text("Failed")["question"] == 4


def test_a_page_whose_images_do_not_come_keeps_no_other_waiting(session, page_of, ct_files):
    go_on = threading.Event()

    def load(image_id: str) -> cs.Image:
        go_on.wait(20)
        return cs.Image(image_id, np.zeros((4, 4), np.uint8))

    session.register_image_loader("slow", load)
    waiting = page_of([f"slow:{number}" for number in range(3)])
    waiting.resize(0)
    waiting.text("Arranged")
    other = page_of(ct_files)
    other.resize(0)
    other.frame()
    assert waiting.frames == []
    waiting.say("Scroll", cell=0, steps=1)
    waiting.say("SetLayout", name="2x2")
    waiting.text("Arranged", lambda text: text["name"] == "2x2")
    go_on.set()
    waiting.frame()


def test_series_without_places_are_linked_by_their_numbers(page_of, session):
    def load(image_id: str) -> cs.Image:
        return cs.Image(image_id, np.full((4, 4), int(image_id[-1]), np.uint8))

    for scheme in ("one", "two"):
        session.register_image_loader(scheme, load)
    sets = [
        session.open_display_sets([f"{scheme}:{number}" for number in range(6)]).result()[0]
        for scheme in ("one", "two")
    ]
    page = page_of(sets)
    page.say("SetLayout", name="1x2")
    page.resize(0, 1)
    page.frame(0)
    page.frame(1)
    page.say("Link", isOn=True)
    page.still()
    page.say("SetSlice", cell=0, index=4)
    page.frame(1, lambda state: state["sliceIndex"] == 4)


def test_planes_know_the_sizes_of_places_that_the_page_tells_of_once(page_of, ct_files):
    page = page_of(ct_files)
    page.say("SetLayout", name="2x2")
    page.text("Arranged", lambda text: text["name"] == "2x2")
    for cell, size in enumerate((200, 210, 220, 230)):
        page.resize(cell, size=size)
    page.frame(0, lambda _: True)
    page.still()
    # A page says a size again only when it changed.
    page.say("SetLayout", name="mpr")
    page.text("Arranged", lambda text: text["name"] == "mpr")
    for cell, size in enumerate((200, 210, 220)):
        header, _ = page.frame(cell, lambda state: state["crosshairs"] is not None)
        assert (header["width"], header["height"]) == (size, size)
    so_far = len(page.frames)
    page.say("SetLayout", name="3x3")
    page.text("Arranged", lambda text: text["name"] == "3x3")
    header, _ = page.frame(0, lambda state: state["crosshairs"] is None, after=so_far)
    assert (header["width"], header["height"]) == (200, 200)


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_fusion_that_fails_leaves_a_cell_that_goes_on(
    page_of, pet_ct, ct_files, tmp_path, is_lost
):
    files = []
    for number, path in enumerate(pet_ct):
        files.append(tmp_path / f"{number}.dcm")
        dataset = dcmread(path)
        if not is_lost and dataset.Modality == "PT":
            # Nobody said how this one lies to the other.
            dataset.FrameOfReferenceUID = "1.2.3.4"
        dataset.save_as(files[-1])
    page = page_of(files)
    page.resize(0)
    page.frame()
    series = {entry["modality"]: entry["number"] for entry in page.texts[0]["series"]}
    page.say("Show", cell=0, series=series["CT"])
    page.frame(is_so=lambda state: state["series"] == series["CT"])
    page.still()
    if is_lost:
        for path in files:
            if dcmread(path, stop_before_pixels=True).Modality == "PT":
                path.write_bytes(b"")
    page.say("Show", cell=0, series=series["PT"], isAdded=True)
    notice = page.text("Notice")
    assert notice["isError"]
    assert str(tmp_path) not in notice["text"]
    page.still()
    count = len(page.frames)
    page.say("Scroll", cell=0, steps=1)
    header, _ = page.frame(after=count)
    assert len(header["state"]["layers"]) == 1
    # And it can be tried again.
    page.say("Show", cell=0, series=series["CT"])
    page.say("SetWindow", cell=0, lower=-20, upper=20)
    page.frame(is_so=lambda state: state["upper"] == 20)
