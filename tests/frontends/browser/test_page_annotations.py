"""Measurements on the page: drawn, moved, taken back, seen where they belong, saved and read."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from pycornerstone.testing import png_phantom

_TEXTS = """() => [...document.querySelectorAll('#cells .cell')].map(cell =>
    [...cell.querySelectorAll('.annotation text')].map(text => [...text.children]
        .map(line => line.textContent).join(' | ')))"""
_ALL = """async () => {
    const { annotations } = await import(
        new URL('static/annotation-store.js', location.href).href);
    return annotations.all;
}"""


@pytest.fixture
def page(page_of, ct_files):
    opened = page_of(ct_files[0].parent)
    opened.at_rest()
    return opened


def texts(page, cell=0):
    page.wait(0.05)
    return page.run(_TEXTS)[cell]


def text_with(page, words, cell=0):
    """Wait for the server's values, and give what is written then."""
    page.wait_for(
        "([words]) => document.querySelector('#cells')?.textContent.includes(words)", words
    )
    return next(text for text in texts(page, cell) if words in text)


def on_cell(page, world):
    """Where a place in the patient is in a cell, by least squares of its own."""
    grid = page.state()["toWorld"]
    directions = np.stack([grid["right"], grid["down"]], axis=1)
    there, *_ = np.linalg.lstsq(directions, np.subtract(world, grid["origin"]), rcond=None)
    rows, columns = page.size()
    return float(there[0]) / columns, float(there[1]) / rows


def rod_of(thorax, name):
    return next(region for region in thorax.known if region.name == name)


@pytest.mark.parametrize("key", ["d", "e"])
def test_a_region_in_a_rod_has_the_values_of_the_rod(page, thorax, key):
    rod = rod_of(thorax, "bone rod")
    x, y, _ = rod.position_lps
    z = page.state()["toWorld"]["origin"][2]
    half = rod.radius_mm * 0.6
    page.press(key)
    page.drag(on_cell(page, (x - half, y - half, z)), on_cell(page, (x + half, y + half, z)))
    text = text_with(page, "Mean 1000 HU")
    assert "SD 0 | Min 1000  Max 1000 HU" in text
    assert "mm²" in text


def test_a_probe_says_the_value(page, thorax):
    rod = rod_of(thorax, "water rod")
    x, y, _ = rod.position_lps
    page.press("o")
    page.click(on_cell(page, (x, y, page.state()["toWorld"]["origin"][2])))
    assert text_with(page, "HU") == f"{rod.hounsfield} HU"


def test_values_follow_what_is_moved(page, thorax):
    z = page.state()["toWorld"]["origin"][2]
    rods = [rod_of(thorax, f"{name} rod") for name in ("bone", "water")]
    places = [on_cell(page, (*rod.position_lps[:2], z)) for rod in rods]
    page.press("o")
    page.click(places[0])
    assert text_with(page, "HU") == "1000 HU"
    page.press("w")
    page.drag(*places)
    assert text_with(page, f"{rods[1].hounsfield} HU") == f"{rods[1].hounsfield} HU"


def test_a_handle_moves_one_end_and_the_line_all(page):
    page.press("l")
    page.drag((0.3, 0.3), (0.5, 0.3))
    [first] = page.run(_ALL)
    page.press("w")
    page.drag((0.5, 0.3), (0.7, 0.3))
    [longer] = page.run(_ALL)
    assert longer["points"][0] == first["points"][0]
    # From 0.2 of the cell's width to 0.4.
    assert length_of(longer) == pytest.approx(2 * length_of(first), rel=0.02)
    page.drag((0.4, 0.3), (0.4, 0.5))
    [moved] = page.run(_ALL)
    assert length_of(moved) == pytest.approx(length_of(longer), rel=1e-9)
    assert moved["points"] != longer["points"]


def length_of(annotation):
    one, other = annotation["points"]
    return float(np.linalg.norm(np.subtract(one, other)))


def test_steps_can_be_taken_back_and_again(page):
    page.press("l")
    page.drag((0.3, 0.3), (0.5, 0.3))
    page.drag((0.3, 0.5), (0.5, 0.6))
    both = page.run(_ALL)
    page.press("Delete")
    assert page.run(_ALL) == both[:1]
    page.press("Control+z")
    assert page.run(_ALL) == both
    page.press("Control+z")
    assert page.run(_ALL) == both[:1]
    page.press("Control+z", "Control+z", "Control+z")
    assert page.run(_ALL) == []
    page.press("Control+Shift+z", "Control+y")
    assert page.run(_ALL) == both


def test_an_angle_by_a_drag_and_a_click(page):
    page.press("a")
    rows, columns = page.size()
    down = 0.2 * columns / rows
    page.drag((0.3, 0.3), (0.5, 0.3))
    page.click((0.5, 0.3 + down))
    [text] = texts(page)
    assert float(text.rstrip("°")) == pytest.approx(90, abs=0.5)


def test_what_is_half_drawn_is_dropped_by_escape_and_by_another_slice(page):
    page.press("a")
    page.drag((0.3, 0.3), (0.5, 0.3))
    assert len(page.run(_ALL)) == 1
    page.press("Escape")
    assert page.run(_ALL) == []
    page.drag((0.3, 0.3), (0.5, 0.3))
    page.wheel(1)
    page.at_rest()
    assert page.run(_ALL) == []


def test_the_text_of_an_arrow_is_written_in_its_place(page):
    page.press("n")
    page.drag((0.5, 0.5), (0.6, 0.4))
    page.use(lambda it: it.keyboard.type("a lesion, 3 mm"))
    # Letters of a text are no keys of the viewer.
    assert page.state()["invert"] is False
    page.press("Enter")
    assert texts(page) == ["a lesion, 3 mm"]
    page.click((0.6, 0.4), count=2)
    page.use(lambda it: it.keyboard.type("none"))
    page.press("Enter")
    assert texts(page) == ["none"]
    page.drag((0.3, 0.5), (0.3, 0.7))
    page.press("Escape")
    assert texts(page) == ["none"]


def test_it_is_seen_on_its_plane_in_other_cells(page):
    page.press("l")
    page.drag((0.4, 0.4), (0.6, 0.6))
    [text] = texts(page)
    page.say("SetLayout", name="mpr")
    page.wait_for("() => document.querySelectorAll('#cells .cell').length === 3")
    states = [page.at_rest(cell) for cell in range(3)]
    assert [state["orientation"] for state in states] == ["axial", "sagittal", "coronal"]
    [drawn] = page.run(_ALL)
    z = drawn["points"][0][2]
    is_there = abs(states[0]["toWorld"]["origin"][2] - z) < states[0]["sliceDistanceMm"] / 2
    assert page.run(_TEXTS) == [[text] if is_there else [], [], []]
    assert is_there


def test_without_spacing_lengths_are_in_pixels(page_of, thorax, tmp_path):
    file = tmp_path / "grey.png"
    file.write_bytes(png_phantom(thorax))
    page = page_of(file)
    page.at_rest()
    page.press("l")
    page.drag((0.4, 0.5), (0.6, 0.5))
    rows, columns = page.size()
    # 256 pixels fill the shorter side.
    assert texts(page)[0].endswith(" px")
    value = float(texts(page)[0].split()[0])
    assert value == pytest.approx(0.2 * columns * 256 / min(rows, columns), abs=0.5)


@pytest.fixture
def saved(page, tmp_path):
    """Give what the page saves under a name."""

    def by(name):
        def pushed(it):
            with it.expect_download() as download:
                it.get_by_role("button", name=name).click()
            path = tmp_path / download.value.suggested_filename
            download.value.save_as(path)
            return path

        return page.use(pushed)

    return by


def test_what_is_saved_is_read_again(page, saved, page_of, ct_files):
    page.press("l")
    page.drag((0.4, 0.4), (0.6, 0.6))
    page.press("d")
    page.drag((0.45, 0.3), (0.55, 0.4))
    text_with(page, "Mean")
    before, seen = page.run(_ALL), texts(page)
    page.push("List of measurements")
    path = saved("Save JSON")
    held = json.loads(path.read_text("utf-8"))
    assert (held["format"], held["version"]) == ("pycornerstone-annotations", 1)
    assert [one["kind"] for one in held["annotations"]] == ["length", "rectangle"]
    assert held["annotations"][0]["measured"]["unit"] == "mm"
    assert held["annotations"][1]["statistics"]["unit"] == "HU"

    other = page_of(ct_files[0].parent)
    other.at_rest()
    other.push("List of measurements")
    other.use(lambda it: it.locator("#annotation-list input[type=file]").set_input_files(path))
    text_with(other, "Mean")
    assert other.run(_ALL) == before
    assert sorted(texts(other)) == sorted(seen)


def test_the_table_has_a_line_for_each(page, saved):
    page.press("l")
    page.drag((0.4, 0.4), (0.6, 0.6))
    page.press("n")
    page.drag((0.7, 0.5), (0.8, 0.4))
    page.use(lambda it: it.keyboard.type('=HYPERLINK("x","y")'))
    page.press("Enter")
    page.push("List of measurements")
    text = saved("Save table").read_text("utf-8-sig")
    length, arrow = csv.DictReader(io.StringIO(text, newline=""))
    assert (length["kind"], length["unit"], length["calibrated"]) == ("length", "mm", "true")
    assert float(length["length"]) == pytest.approx(length_of(page.run(_ALL)[0]))
    # A spreadsheet would run it.
    assert arrow["text"] == '\'=HYPERLINK("x","y")'


def annotation(**changes):
    return {
        "id": "a1",
        "kind": "length",
        "text": "",
        "made": "2026-01-05T09:00:00Z",
        "points": [[0, 0, 0], [1, 0, 0]],
        "unit": "mm",
        "imageId": None,
        "frameOfReferenceUid": "1.2.3",
        "plane": {"origin": [0, 0, 0], "normal": [0, 0, 1]},
        "sliceIndex": 0,
        "orientation": None,
        "spacingMm": None,
        "isCalibrated": True,
        "series": None,
        **changes,
    }


def file_of(*annotations, **changes):
    made = {"format": "pycornerstone-annotations", "version": 1, "annotations": annotations}
    return json.dumps({**made, **changes})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not JSON", "is not JSON"),
        ("[1, 2]", "holds no annotations of this viewer"),
        ('{"StudyInstanceUID": "1.2"}', "holds no annotations of this viewer"),
        (file_of(version=2), "is of version 2; this viewer reads version 1"),
        (file_of(annotations={}), '"annotations" must be a list'),
        (file_of(None), "must be an object"),
        (file_of(annotation(), annotation()), 'have the same "id"'),
        (file_of(annotation(kind="__proto__")), '"kind" must be one of length, angle'),
        (file_of(annotation(points=[[0, 0, 0]])), '"points" must be a list of 2 points'),
        (file_of(annotation(points=[[0, 0, None], [0, 0, 0]])), '"points" must be a list of 2'),
        (file_of(annotation(unit="cm")), '"unit" must be "mm" or "px", it is "cm"'),
        (file_of(annotation(text=7)), '"text" must be a text of at most'),
        (file_of(annotation(plane={"origin": [0, 0, 0]})), '"plane" must be'),
        (file_of(annotation(spacingMm=[0, 1])), '"spacingMm" must be two numbers above 0'),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_in_words(reader, text, said):
    assert said in reader(text)


def test_a_file_that_is_as_it_should_be_is_read(reader):
    assert reader(file_of(annotation())) == "1 read"


@pytest.fixture(scope="module")
def reader(chromium, thorax, tmp_path_factory):
    """Give what reading a text says."""
    import pycornerstone as cs

    file = tmp_path_factory.mktemp("reader") / "grey.png"
    file.write_bytes(png_phantom(thorax))
    script = """async ([text]) => {
        const { read } = await import(new URL('static/annotation-files.js', location.href).href);
        try { return `${read(text, []).length} read`; } catch (error) { return error.message; }
    }"""
    with cs.Session() as session, cs.view(file, session=session, browser=False) as viewer:
        page = chromium.open(viewer.url)
        yield lambda text: page.run(script, text)
        page.close()


def test_steps_can_be_taken_back_after_the_page_was_loaded_again(page):
    page.press("l")
    page.drag((0.3, 0.3), (0.5, 0.3))
    page.press("w")
    page.drag((0.5, 0.3), (0.7, 0.3))
    longer = page.run(_ALL)
    page.press("l")
    page.drag((0.3, 0.5), (0.5, 0.6))
    both = page.run(_ALL)
    page.press("Delete")
    page.press("Control+z", "Control+z")
    assert page.run(_ALL) == longer
    page.wait(0.5)
    page.use(lambda tab: tab.reload())
    page.wait_for("() => document.querySelector('#cells .annotation text') !== null")
    assert page.run(_ALL) == longer
    page.press("w")
    page.click((0.8, 0.8))
    page.press("Control+z")
    [first] = page.run(_ALL)
    assert first["id"] == longer[0]["id"]
    assert 2 * length_of(first) == pytest.approx(length_of(longer[0]), rel=0.02)
    page.press("Control+z")
    assert page.run(_ALL) == []
    page.press("Control+y", "Control+y", "Control+y")
    assert page.run(_ALL) == both
    page.press("Control+y")
    assert page.run(_ALL) == longer
