"""The page without a mouse: all of it is reached, seen to be reached, used, and left again."""

from __future__ import annotations

import re

import pytest

# What has the keys, as a screen reader names it, and whether an eye finds it.
_FOCUSED = """() => {
    const one = document.activeElement;
    const mark = one.classList.contains('cell') ? getComputedStyle(one, '::after') : null;
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    const segment = one.matches('.segment input') ? getComputedStyle(one.nextElementSibling) : null;
    const width = mark ? mark.borderTopWidth : segment ? segment.outlineWidth : outlineWidth;
    const style = mark ? mark.borderTopStyle : segment ? segment.outlineStyle : outlineStyle;
    return {
        name: one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent
            ?? one.textContent.trim(),
        id: one.id,
        tag: one.tagName,
        isSeen: style !== 'none' && parseFloat(width) >= 2 && one.getClientRects().length > 0,
    };
}"""
# Where Tab stops: of a group of radio buttons, at one.
_STOPS = """() => [...document.querySelectorAll(
        'a[href], button, input, select, textarea, summary, [tabindex]')]
    .filter((one) => one.tabIndex >= 0 && !one.disabled
        && one.checkVisibility({ visibilityProperty: true }))
    .map((one) => one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent
        ?? one.textContent.trim())"""


@pytest.fixture
def page(page_of, pet_ct):
    opened = page_of(pet_ct)
    opened.at_rest()
    opened.use(lambda on: on.get_by_role("button", name=re.compile("^CT")).click())
    opened.at_rest()
    return opened


def focused(page):
    return page.run(_FOCUSED)


def focus(page, name, role="button"):
    page.use(lambda on: on.get_by_role(role, name=name, exact=True).focus())


def index(page):
    return page.at_rest()["sliceIndex"]


def from_the_top(page, most=60):
    """Press Tab until the page is left, and give what had the keys."""
    page.run("() => { document.activeElement.blur(); getSelection().removeAllRanges(); }")
    page.use(lambda on: on.get_by_role("link", name="Go to the images").focus())
    # By a key, without which a browser shows no focus.
    page.press("Tab", "Shift+Tab")
    found = [focused(page)]
    while len(found) < most:
        page.use(lambda on: on.keyboard.press("Tab"))
        one = focused(page)
        if one["tag"] == "BODY" or one["name"] == found[0]["name"]:
            return found
        found.append(one)
    pytest.fail(f"Tab never leaves the page: {[one['name'] for one in found[-8:]]}")


def test_tab_goes_through_all_of_the_page_and_out_of_it(page):
    page.say("SetLayout", name="mpr")
    for cell in range(3):
        page.at_rest(cell)
    page.press("l")
    page.drag((0.4, 0.4), (0.6, 0.6))
    page.push("Metadata")
    page.use(lambda on: on.locator("#metadata-panel td").first.wait_for())
    page.push("List of measurements")
    page.use(lambda on: on.locator("#annotation-list li").first.wait_for())
    found = from_the_top(page)
    assert [one["name"] for one in found] == page.run(_STOPS)
    assert {"cell-0", "cell-1", "cell-2"} <= {one["id"] for one in found}
    assert [one["name"] for one in found if not one["isSeen"]] == []


def test_the_link_at_the_top_leads_past_the_toolbar(page):
    page.use(lambda on: on.get_by_role("link", name="Go to the images").focus())
    page.press("Enter")
    page.use(lambda on: on.keyboard.press("Tab"))
    assert focused(page)["id"] == "cell-0"


def test_every_button_of_the_toolbar_is_reached_by_arrows(page):
    enabled = page.run(
        "() => [...document.querySelectorAll('#toolbar button:not(:disabled)')]"
        ".map((one) => one.getAttribute('aria-label'))"
    )
    focus(page, enabled[0])
    page.press("ArrowRight", "ArrowLeft")
    along = []
    for _ in enabled:
        along.append(focused(page)["name"])
        assert focused(page)["isSeen"]
        page.use(lambda on: on.keyboard.press("ArrowRight"))
    assert along == enabled
    # Round, to the first.
    assert focused(page)["name"] == enabled[0]


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (["Home"], 0),
        (["End"], 11),
        (["Home", "ArrowDown"], 1),
        (["Home", "ArrowRight", "ArrowDown"], 2),
        (["Home", "PageDown"], 10),
        (["End", "PageUp"], 1),
        (["End", "ArrowUp", "ArrowLeft"], 9),
        # There is nothing behind the last.
        (["End", "PageDown"], 11),
    ],
)
def test_a_cell_scrolls_by_keys(page, keys, place):
    page.use(lambda on: on.locator("#cell-0").focus())
    page.press(*keys)
    assert index(page) == place


def test_tab_chooses_the_image_that_keys_go_to(page):
    page.say("SetLayout", name="1x2")
    page.say("Show", cell=1, series=page.state()["series"])
    page.at_rest(1)
    page.use(lambda on: on.locator("#cell-0").focus())
    page.press("Home")
    page.at_rest(0)
    page.press("Tab", "End")
    assert page.at_rest(1)["sliceIndex"] == 11
    assert page.at_rest(0)["sliceIndex"] == 0


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize("name", ["Window by name", "Fusion", "Speed of the run", "Layout"])
def test_a_panel_opens_takes_the_keys_and_gives_them_back(page, name, key):
    focus(page, name)
    page.press(key)
    page.wait_for("() => document.querySelector(':popover-open')?.contains(document.activeElement)")
    assert focused(page)["isSeen"]
    page.press("Escape")
    page.wait_for("() => !document.querySelector(':popover-open')")
    assert focused(page)["name"] == name


def test_escape_closes_a_panel_that_the_mouse_opened(page):
    page.push("Fusion")
    page.press("Escape")
    page.wait_for("() => !document.querySelector(':popover-open')")


def test_a_menu_goes_round_and_tab_leaves_it(page):
    focus(page, "Colour map")
    page.press("ArrowDown")
    page.wait_for("() => document.activeElement.matches('[role=menuitemradio]')")
    first = focused(page)["name"]
    page.press("ArrowUp")
    assert focused(page)["name"] != first
    page.press("ArrowDown", "End", "ArrowDown", "Home")
    assert focused(page)["name"] == first
    page.press("Tab")
    page.wait_for("() => !document.querySelector(':popover-open')")
    assert focused(page)["tag"] != "BODY"


def test_a_slider_moves_by_arrows(page):
    page.say("Change", cell=0, orientation="coronal")
    page.at_rest()
    focus(page, "Slab thickness and blend")
    page.press("Enter")
    page.wait_for("() => document.activeElement.type === 'range'")
    page.press("ArrowRight", "ArrowRight")
    # Its steps are of half a millimetre.
    assert page.at_rest()["slabMm"] == pytest.approx(1.0)


def test_a_series_is_shown_by_a_key(page):
    page.use(lambda on: on.get_by_role("button", name=re.compile("^PT")).focus())
    page.press("Enter")
    assert page.at_rest()["unit"].startswith("SUV")
    assert focused(page)["name"].startswith("PT")


def test_the_metadata_are_read_and_left(page):
    focus(page, "Metadata")
    page.press("Enter")
    page.use(lambda on: on.locator("#metadata-panel td").first.wait_for())
    assert focused(page)["name"].startswith("Search the metadata")
    page.use(lambda on: on.keyboard.type("Rows"))
    page.press("Tab")
    assert focused(page)["name"] == "Metadata of the image"
    page.press("Escape")
    page.wait_for("() => document.querySelector('#metadata-panel').hidden")
    assert focused(page)["name"] == "Metadata"


def test_the_first_escape_empties_the_search(page):
    focus(page, "Metadata")
    page.press("Enter")
    page.use(lambda on: on.keyboard.type("Rows"))
    page.press("Escape")
    assert page.run("() => document.querySelector('#metadata-panel input').value") == ""
    assert not page.run("() => document.querySelector('#metadata-panel').hidden")
    page.press("Escape")
    assert page.run("() => document.querySelector('#metadata-panel').hidden")


def test_measurements_are_gone_through_and_taken_away(page):
    page.press("l")
    for top in (0.2, 0.4, 0.6):
        page.drag((0.4, top), (0.6, top + 0.05))
    focus(page, "List of measurements")
    page.press("Enter")
    page.use(lambda on: on.locator("#annotation-list li").nth(2).wait_for())
    remove = re.compile("^Remove")
    page.use(lambda on: on.get_by_role("button", name=remove).nth(1).focus())
    for left in (2, 1, 0):
        page.press("Enter")
        page.wait_for(
            "([left]) => document.querySelectorAll('.measurement').length === left",
            left,
        )
        assert page.run(
            "() => document.querySelector('#annotation-list').contains(document.activeElement)"
        )
        if left:
            page.use(lambda on: on.get_by_role("button", name=remove).first.focus())
    page.press("Escape")
    assert focused(page)["name"] == "List of measurements"


def test_the_list_of_keys_opens_and_gives_the_keys_back(page):
    page.use(lambda on: on.locator("#cell-0").focus())
    page.press("?")
    dialog = page.use(lambda on: on.get_by_role("dialog", name="Keys").inner_text())
    for said in ("Page up, Page down", "Home, End", "Full screen", "Length", "Two fingers"):
        assert said in dialog
    # A dialog keeps Tab to itself, but for the browser's own controls.
    page.press("Tab", "Tab")
    assert page.run(
        "() => document.activeElement === document.body"
        " || document.querySelector('dialog').contains(document.activeElement)"
    )
    page.press("Escape")
    assert focused(page)["id"] == "cell-0"


def test_keys_are_not_lost_with_a_notice(page):
    page.run(
        """async () => {
            const { emit } = await import(new URL('static/state.js', location.href).href);
            emit('notice', { type: 'Notice', text: 'An error', cell: null, isError: true });
        }"""
    )
    focus(page, "Close this notice")
    page.press("Enter")
    assert focused(page)["id"] == "cell-0"
