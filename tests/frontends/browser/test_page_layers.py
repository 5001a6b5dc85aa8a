"""A PET over its CT on the page: whose window the hand has, and that it stays so."""

from __future__ import annotations

import pytest

_LAYERS = (
    "async () => (await import(new URL('static/state.js', location.href).href))"
    ".app.cells.get(0)?.state?.layers.length === 2"
)
_FIGURES = "() => document.querySelector('[aria-label=\"Window by name\"]').textContent"


@pytest.fixture
def page(page_of, pet_ct):
    opened = page_of(pet_ct)
    opened.at_rest()
    [welcome] = [message for message in opened.received if message["type"] == "Welcome"]
    series = {one["modality"]: one["number"] for one in welcome["series"]}
    opened.say("Show", cell=0, series=series["CT"])
    opened.at_rest()
    opened.say("Show", cell=0, series=series["PT"], isAdded=True)
    opened.wait_for(_LAYERS)
    opened.at_rest()
    return opened


def windows(page):
    return [(one["lower"], one["upper"]) for one in page.at_rest()["layers"]]


def choose_pet(page):
    page.push("Fusion")
    page.use(lambda tab: tab.get_by_role("radio", name="PT").check(force=True))
    page.press("Escape")


def test_the_window_in_the_hand_is_that_of_the_chosen_image(page):
    ct, pet = windows(page)
    page.drag((0.5, 0.5), (0.5, 0.6))
    moved, still = windows(page)
    assert (moved != ct, still == pet) == (True, True)
    choose_pet(page)
    page.drag((0.5, 0.6), (0.5, 0.4))
    after = windows(page)
    assert after[0] == moved
    # 5 SUV over the height of the canvas.
    assert after[1] == pytest.approx((pet[0], pet[1] + 1), abs=0.05)
    assert page.run(_FIGURES) == f"0 to {round(after[1][1], 2):g}"


def test_presets_colours_and_inversion_are_of_the_chosen_image(page):
    [ct, _] = windows(page)
    choose_pet(page)
    page.press("2")
    assert windows(page) == [ct, pytest.approx((0, 10))]
    page.press("i")
    page.at_rest()
    page.push("Colour map")
    page.push("Viridis", role="menuitemradio")
    ct_layer, pet_layer = page.at_rest()["layers"]
    assert (ct_layer["invert"], pet_layer["invert"]) == (False, True)
    assert (ct_layer["colormap"], pet_layer["colormap"]) == ("gray", "viridis")
    page.click((0.5, 0.5))
    page.press("g", "2")
    # Lung: 1500 wide about -600 HU, by PS3.3 C.11.2.1.2.1 from -600.5 - 749.5 to -600.5 + 749.5.
    assert windows(page)[0] == (-1350, 149)


def test_the_choice_is_there_again_after_the_page_was_loaded_again(page):
    choose_pet(page)
    page.press("4")
    before = windows(page)
    assert before[1] == pytest.approx((0, 20))
    texts = page.state()["overlay"]["bottomRight"]
    assert [text.split()[0] for text in texts[:2]] == ["CT", "PT"]
    page.wait(0.5)
    page.use(lambda tab: tab.reload())
    page.wait_for(_LAYERS)
    assert windows(page) == before
    page.click((0.5, 0.5))
    page.press("1")
    after = windows(page)
    assert after == [before[0], pytest.approx((0, 5))]
