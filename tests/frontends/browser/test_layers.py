"""Images over each other: which of them a window, colours and inversion are of."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

import pycornerstone as cs
from pycornerstone.frontends.sharing.source import exhibit_of

CT, PET = 0, 1


@pytest.fixture
def fused(desk_page, pet_ct):
    """Give a page that shows a PET over its CT."""
    with ExitStack() as stack:
        session = stack.enter_context(cs.Session())
        page = desk_page(exhibit_of(pet_ct, session))
        stack.callback(page.close)
        page.resize(0)
        page.frame()
        series = {entry["modality"]: entry["number"] for entry in page.texts[0]["series"]}
        page.say("Show", cell=0, series=series["CT"])
        page.say("Show", cell=0, series=series["PT"], isAdded=True)
        page.frame(is_so=lambda state: len(state["layers"]) == 2)
        page.still_all()
        yield page


def layers_of(page, cell=0):
    return page.still(cell)[0]["state"]["layers"]


def once(page, is_so, cell=0):
    """Wait for a frame of both images of which that is so."""
    return page.frame(cell, lambda state: len(state["layers"]) == 2 and is_so(state["layers"]))


def window(layer):
    return layer["lower"], layer["upper"]


def test_each_layer_says_its_own_window(fused):
    state = fused.still()[0]["state"]
    assert [layer["unit"] for layer in state["layers"]] == ["HU", "SUVbw"]
    fused.say("SetWindow", cell=0, lower=-160.5, upper=238.5, layer=CT)
    fused.say("SetWindow", cell=0, lower=1, upper=7, layer=PET)
    once(fused, lambda layers: layers[PET]["upper"] == pytest.approx(7))
    texts = fused.still()[0]["state"]["overlay"]["bottomRight"]
    # By hand, PS3.3 C.11.2.1.2.1: width - 1 is 399, and center - 0.5 half way, at 39.
    assert texts[:2] == ["CT W 400 L 39.5", "PT 1 to 7 SUVbw"]


def test_a_window_is_of_the_layer_that_is_named(fused):
    before = layers_of(fused)
    fused.say("SetWindow", cell=0, lower=0.5, upper=9, layer=PET)
    once(fused, lambda layers: layers[PET]["upper"] == pytest.approx(9))
    after = layers_of(fused)
    assert window(after[PET]) == pytest.approx((0.5, 9))
    assert window(after[CT]) == window(before[CT])


def test_a_drag_of_pet_moves_white_by_suv_and_leaves_the_ct(fused):
    before = layers_of(fused)
    fused.say("DragWindow", cell=0, dx=30, dy=-64, layer=PET)
    once(fused, lambda layers: window(layers[PET]) != window(before[PET]))
    after = layers_of(fused)
    # 5 SUV over the height of the canvas, 256 pixels.
    assert after[PET]["upper"] == pytest.approx(before[PET]["upper"] + 5 * 64 / 256)
    assert after[PET]["lower"] == before[PET]["lower"]
    assert window(after[CT]) == window(before[CT])


def test_a_drag_of_the_ct_leaves_the_pet(fused):
    before = layers_of(fused)
    fused.say("DragWindow", cell=0, dx=0, dy=20, layer=CT)
    once(fused, lambda layers: window(layers[CT]) != window(before[CT]))
    after = layers_of(fused)
    width = before[CT]["upper"] - before[CT]["lower"]
    assert after[CT]["upper"] - after[CT]["lower"] == pytest.approx(width)
    assert after[CT]["upper"] > before[CT]["upper"]
    assert window(after[PET]) == window(before[PET])


def test_colours_and_inversion_are_of_the_layer_that_is_named(fused):
    fused.say("Change", cell=0, colormap="viridis", layer=CT)
    fused.say("Change", cell=0, invert=True, layer=PET)
    once(fused, lambda both: both[PET]["invert"] and both[CT]["colormap"] == "viridis")
    ct, pet = layers_of(fused)
    assert (ct["colormap"], pet["colormap"]) == ("viridis", "hotIron")
    assert (ct["invert"], pet["invert"]) == (False, True)
    fused.say("Change", cell=0, opacity=0.2, layer=CT)
    once(fused, lambda layers: layers[CT]["opacity"] == pytest.approx(0.2))
    assert layers_of(fused)[PET]["opacity"] == pytest.approx(0.7)


def test_the_headers_window_of_an_upper_layer_leaves_the_rest_of_it(fused):
    first = layers_of(fused)[PET]
    fused.say("Change", cell=0, colormap="pet", opacity=0.4, layer=PET)
    fused.say("SetWindow", cell=0, lower=2, upper=3, layer=PET)
    once(fused, lambda layers: layers[PET]["upper"] == pytest.approx(3))
    fused.say("SetWindow", cell=0, layer=PET)
    once(fused, lambda layers: window(layers[PET]) == window(first))
    pet = layers_of(fused)[PET]
    assert (pet["colormap"], pet["opacity"], window(pet)) == ("pet", 0.4, window(first))
    viewport = fused.desk._arrangement.cell(0).viewport
    assert viewport.properties(viewport.volume_ids[PET]).opacity_follows_voi


def test_a_preset_is_for_the_layer_that_it_was_made_for(fused):
    fused.say("SetWindow", cell=0, preset="SUV 0 to 10", layer=PET)
    once(fused, lambda layers: layers[PET]["upper"] == pytest.approx(10))
    # Without a layer, the one of its modality.
    fused.say("SetWindow", cell=0, preset="SUV 0 to 15")
    once(fused, lambda layers: layers[PET]["upper"] == pytest.approx(15))
    fused.say("SetWindow", cell=0, preset="SUV 0 to 5", layer=CT)
    assert "no such window" in fused.text("Notice")["text"]
    assert layers_of(fused)[PET]["upper"] == pytest.approx(15)


@pytest.mark.parametrize("layer", [2, -1, 10**6])
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("SetWindow", {"lower": 0, "upper": 1}),
        ("SetWindow", {"preset": "Lung"}),
        ("SetWindow", {}),
        ("DragWindow", {"dx": 5, "dy": 5}),
        ("Change", {"invert": True}),
        ("Change", {"colormap": "hot"}),
    ],
)
def test_a_layer_that_is_not_there_is_an_error_and_changes_nothing(fused, layer, kind, said):
    before = layers_of(fused)
    fused.say(kind, cell=0, layer=layer, **said)
    notice = fused.text("Notice")
    assert f"no layer {layer}" in notice["text"]
    assert (notice["isError"], notice["cell"]) == (True, 0)
    assert layers_of(fused) == before


def test_the_window_of_a_layer_is_that_of_all_three_planes(fused):
    fused.say("SetLayout", name="mpr")
    fused.resize(0, 1, 2)
    for cell in range(3):
        fused.frame(cell, lambda state: len(state["layers"]) == 2 and state["crosshairs"])
    fused.say("SetWindow", cell=1, lower=0, upper=8, layer=PET)
    fused.say("Change", cell=2, invert=True, layer=PET)
    for cell in range(3):
        once(
            fused,
            lambda layers: (
                layers[PET]["invert"]
                and layers[PET]["upper"] == pytest.approx(8)
                and not layers[CT]["invert"]
            ),
            cell,
        )
