"""The page on the whole screen, and back."""

from __future__ import annotations

import pytest

_BUTTON = """() => document.querySelector('#toolbar [aria-label="Full screen"]')
    .getAttribute('aria-pressed')"""
_IS = """([wanted]) => (document.fullscreenElement === document.documentElement) === wanted
    && document.querySelector('#toolbar [aria-label="Full screen"]')
        .getAttribute('aria-pressed') === String(wanted)"""


@pytest.fixture
def page(page_of, ct_files):
    opened = page_of(ct_files[0].parent)
    opened.at_rest()
    return opened


def is_full(page, wanted):
    page.wait_for(_IS, wanted, seconds=2)
    return True


@pytest.mark.parametrize("back", ["f", "Escape", "button", "browser"])
def test_the_page_fills_the_screen_and_comes_back(page, back):
    page.press("f")
    assert is_full(page, wanted=True)
    if back == "button":
        page.push("Full screen")
    elif back == "browser":
        # As the browser's own menu does it, or its own Escape, of which the page has no key.
        page.run("() => document.exitFullscreen()")
    else:
        page.press(back)
    assert is_full(page, wanted=False)


def test_the_button_enters_and_keys_go_on(page):
    page.push("Full screen")
    assert is_full(page, wanted=True)
    before = page.at_rest()["sliceIndex"]
    page.press("ArrowDown")
    assert page.at_rest()["sliceIndex"] == before + 1


def test_escape_leaves_the_full_screen_before_the_large_image(page):
    page.say("SetLayout", name="1x2")
    page.say("Show", cell=1, series=0)
    page.at_rest(1)
    page.use(lambda on: on.locator("#cell-1").focus())
    page.press("f")
    assert is_full(page, wanted=True)
    page.press("Enter")
    single = "() => document.querySelector('#cells').classList.contains('single')"
    page.wait_for(single)
    page.press("Escape")
    assert is_full(page, wanted=False)
    assert page.run(single)
    page.press("Escape")
    assert not page.run(single)


def test_panels_and_notices_are_seen_on_the_full_screen(page):
    page.press("f")
    assert is_full(page, wanted=True)
    page.push("Window by name")
    page.use(lambda on: on.get_by_role("menuitemradio", name="Lung").click())
    assert page.at_rest()["lower"] == -1350
    page.press("?")
    page.use(lambda on: on.get_by_role("dialog", name="Keys").wait_for())


def test_a_browser_that_refuses_says_so(page):
    page.run(
        "() => { document.documentElement.requestFullscreen = () => Promise.reject(Error()); }"
    )
    page.press("f")
    page.use(lambda on: on.get_by_text("does not allow full screen").wait_for())
    assert page.run(_BUTTON) == "false"
