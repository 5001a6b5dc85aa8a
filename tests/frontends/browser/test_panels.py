"""The toolbar, the list of series and the metadata, with mouse, keys and fingers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pycornerstone.testing import pet_phantom, write_pet_series

_DRAG_STEPS = 6


@pytest.fixture
def ct_page(page_of, ct_files):
    page = page_of(ct_files[0].parent)
    page.at_rest()
    return page


@pytest.fixture
def pet_ct_page(page_of, ct_files, tmp_path):
    pet = write_pet_series(tmp_path / "pet", pet_phantom(12, 64, 64))
    page = page_of([*ct_files, *pet])
    page.at_rest()
    return page


def focused(page):
    return page.run("() => document.activeElement.getAttribute('aria-label')")


def test_every_control_has_a_name_for_screen_readers(ct_page):
    ct_page.push("Metadata")
    nameless = ct_page.use(
        lambda page: page.evaluate(
            """() => [...document.querySelectorAll('button, input, [role=radio]')]
                .filter((one) => !one.getAttribute('aria-label') && !one.textContent.trim()
                    && !one.labels?.length)
                .map((one) => one.outerHTML)"""
        )
    )
    assert nameless == []


def test_the_arrow_keys_go_along_the_toolbar_as_one_stop(ct_page):
    stops = "() => document.querySelectorAll('#toolbar button[tabindex=\"0\"]').length"
    ct_page.use(lambda page: page.get_by_label("Invert").focus())
    assert ct_page.run(stops) == 1
    ct_page.press("ArrowRight")
    assert focused(ct_page) == "Colour map"
    ct_page.press("End")
    assert focused(ct_page) == "Keys"
    assert ct_page.run(stops) == 1


def test_a_window_is_chosen_by_the_first_letters_of_its_name(ct_page):
    ct_page.use(lambda page: page.get_by_role("button", name="Window by name").focus())
    ct_page.press("ArrowDown")
    ct_page.use(lambda page: page.get_by_role("menuitemradio", name="Lung").wait_for())
    ct_page.press("l", "u", "Enter")
    state = ct_page.at_rest()
    # PS3.3 C.11.2.1.2.1: centre -600 and width 1500 are black up to -1350 and white from 149.
    assert (state["lower"], state["upper"]) == (-1350, 149)
    assert focused(ct_page) == "Window by name"


def test_a_window_is_typed_as_centre_and_width(ct_page):
    def typed(page):
        page.get_by_role("button", name="Window by name").click()
        page.get_by_role("menuitem", name="By figures").click()
        page.get_by_label("Centre, HU").fill("50")
        page.get_by_label("Width, HU").fill("350")
        page.keyboard.press("Enter")

    ct_page.use(typed)
    state = ct_page.at_rest()
    assert (state["lower"], state["upper"]) == (-125, 224)


def test_a_series_is_dragged_onto_a_cell(pet_ct_page):
    page = pet_ct_page
    page.say("SetLayout", name="1x2")
    page.at_rest(1)
    page.say("Clear", cell=1)

    def dragged(on):
        source = on.get_by_role("button", name=re.compile("^PT")).bounding_box()
        target = on.locator("#cells .cell").nth(1).bounding_box()
        on.mouse.move(source["x"] + 40, source["y"] + 40)
        on.mouse.down()
        on.mouse.move(target["x"] + 200, target["y"] + 200, steps=_DRAG_STEPS)
        on.mouse.up()

    before = page.state(0)["series"]
    page.use(dragged)
    assert page.at_rest(1)["unit"].startswith("SUV")
    assert page.state(0)["series"] == before


def test_a_pet_is_laid_over_a_ct_and_its_opacity_set(pet_ct_page):
    page = pet_ct_page
    page.use(lambda on: on.get_by_role("button", name=re.compile("^CT")).click())
    page.at_rest()
    page.use(lambda on: on.get_by_label(re.compile("^Lay PT")).click())
    page.wait_for(
        """async () => {
            const { app } = await import(new URL('static/state.js', location.href).href);
            return app.cells.get(0).state.layers.length === 2;
        }"""
    )

    def half(on):
        on.get_by_label("Fusion", exact=True).first.click()
        on.get_by_label("Opacity of the upper", exact=True).fill("30")

    page.use(half)
    assert page.at_rest()["layers"][1]["opacity"] == pytest.approx(0.3)


def test_the_metadata_are_searched(ct_page):
    ct_page.push("Metadata")
    ct_page.use(lambda page: page.locator("#metadata-panel td").first.wait_for())
    assert focused(ct_page).startswith("Search the metadata")
    ct_page.use(lambda page: page.keyboard.type("(0028,0010)"))
    ct_page.wait_for("() => document.querySelectorAll('#metadata-panel tr').length === 1")
    row = ct_page.use(lambda page: page.locator("#metadata-panel tr").inner_text())
    assert "Rows" in row
    assert row.split()[-1] == "256"


def test_hidden_texts_are_not_to_be_seen(ct_page):
    ct_page.push("Metadata")
    ct_page.use(lambda page: page.locator("#metadata-panel td").first.wait_for())
    said = "() => document.title + document.body.innerText"
    assert "PHANTOM-CT" in ct_page.run(said)
    ct_page.push("Hide all texts")
    ct_page.wait_for("() => !document.body.innerText.includes('PHANTOM-CT')")
    assert "Texts are hidden" in ct_page.run(said)


def test_the_picture_that_is_saved_is_the_one_on_the_canvas(ct_page, tmp_path):
    cv2 = pytest.importorskip("cv2")
    path = tmp_path / "saved.png"

    def saved(page):
        with page.expect_download() as download:
            page.get_by_label("Save as PNG").click()
        download.value.save_as(path)
        return download.value.suggested_filename

    assert re.fullmatch(r"CT \d+\.png", ct_page.use(saved))
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(picture[..., :3][..., ::-1], ct_page.canvas()[..., :3])


def test_lines_of_python_that_the_clipboard_does_not_take_are_shown(ct_page):
    ct_page.run("() => { navigator.clipboard.write = () => Promise.reject(new Error('no')); }")
    ct_page.push("Copy this view as Python")
    lines = ct_page.use(lambda page: page.get_by_label("Lines of Python").input_value())
    assert "import pycornerstone" in lines


def test_a_colour_map_has_a_picture_of_its_colours(ct_page):
    size = ct_page.run(
        """async () => {
            const picture = new Image();
            picture.src = 'colormaps/hotIron.png';
            await picture.decode();
            return [picture.naturalWidth, picture.naturalHeight];
        }"""
    )
    assert size == [256, 1]
    ct_page.allow_errors("404")
    assert ct_page.run("async () => (await fetch('colormaps/none.png')).status") == 404
