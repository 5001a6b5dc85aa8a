"""Fingers on the page: touches of Chromium itself, as a screen gives them."""

from __future__ import annotations

import re

import numpy as np
import pytest

_STEPS = 8
_CONTROLS = """() => [...document.querySelectorAll(
        'button, input, select, textarea, summary, [role=scrollbar], a[href], .segment')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true })
        && !one.matches('.segment input, .skip'))
    .map((one) => ({ name: one.getAttribute('aria-label') ?? one.textContent.trim().slice(0, 40),
                     box: one.getBoundingClientRect() }))
    .map(({ name, box }) => [name, box.width, box.height])"""
_LARGE = "() => document.querySelector('#cells').classList.contains('single')"


class Hand:
    """Fingers that go down, along and up again; places are in CSS pixels of the page."""

    def __init__(self, page):
        self._page = page
        self._session = page.use(lambda on: on.context.new_cdp_session(on))

    def _say(self, kind, places):
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self._page.use(
            lambda _: self._session.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
            )
        )

    def go(self, *fingers):
        """Move each finger from its first place to its second, all at once."""
        first = [begin for begin, _ in fingers]
        for count in range(1, len(first) + 1):
            self._say("touchStart", first[:count])
        for step in range(1, _STEPS + 1):
            part = step / _STEPS
            along = [tuple(np.add(a, np.subtract(b, a) * part)) for a, b in fingers]
            self._say("touchMove", along)
        self._say("touchEnd", [])
        self._page.run("() => new Promise((done) => requestAnimationFrame(() => done()))")

    def tap(self, place, count=1):
        for _ in range(count):
            self._say("touchStart", [place])
            self._say("touchEnd", [])


@pytest.fixture
def tablet(viewer_of, open_page, ct_files):
    page = open_page(viewer_of(ct_files[0].parent).url, width=1024, height=768, has_touch=True)
    page.at_rest()
    return page


@pytest.fixture
def hand(tablet):
    return Hand(tablet)


def middle_of(page, cell=0):
    box = page.use(lambda on: on.locator(f"#cell-{cell}").bounding_box())
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box


def under(page, x, y, cell=0):
    """Where in the patient is what is seen at a place of the page."""
    *_, box = middle_of(page, cell)
    grid = page.at_rest(cell)["toWorld"]
    along = np.outer((x - box["x"], y - box["y"]), (1, 1, 1)) * (grid["right"], grid["down"])
    return grid["origin"] + along.sum(axis=0)


def size_of_a_pixel(page, cell=0):
    return np.linalg.norm(page.at_rest(cell)["toWorld"]["right"])


def test_one_finger_has_the_tool(tablet, hand):
    x, y, box = middle_of(tablet)
    tablet.press("s")
    before = tablet.state()["sliceIndex"]
    # Of twelve slices the height of the image is the whole.
    hand.go(((x, y), (x, y + 3.2 * box["height"] / 12)))
    assert tablet.at_rest()["sliceIndex"] == before + 3
    tablet.press("w")
    window = tablet.at_rest()["upper"] - tablet.state()["lower"]
    hand.go(((x, y), (x + 60, y)))
    state = tablet.at_rest()
    assert state["upper"] - state["lower"] > window
    assert state["sliceIndex"] == before + 3


def test_two_fingers_apart_magnify_about_their_middle(tablet, hand):
    x, y, _ = middle_of(tablet)
    # Beside the middle of the image, which stays where it is in any case.
    x, y = x + 60, y - 40
    place, pixel, window = under(tablet, x, y), size_of_a_pixel(tablet), tablet.state()["upper"]
    hand.go(((x - 50, y), (x - 100, y)), ((x + 50, y), (x + 100, y)))
    np.testing.assert_allclose(size_of_a_pixel(tablet), pixel / 2, rtol=1e-3)
    np.testing.assert_allclose(under(tablet, x, y), place, atol=0.5 * pixel)
    # The first of them alone was no drag of the window.
    assert tablet.state()["upper"] == window


def test_two_fingers_take_the_image_along(tablet, hand):
    x, y, _ = middle_of(tablet)
    place, pixel = under(tablet, x, y), size_of_a_pixel(tablet)
    hand.go(((x - 50, y), (x + 30, y + 40)), ((x + 50, y), (x + 130, y + 40)))
    np.testing.assert_allclose(under(tablet, x + 80, y + 40), place, atol=0.5 * pixel)
    np.testing.assert_allclose(size_of_a_pixel(tablet), pixel, rtol=1e-3)


def test_a_pinch_over_two_images_is_of_the_first(tablet, hand):
    tablet.say("SetLayout", name="1x2")
    for cell in (0, 1):
        tablet.say("Show", cell=cell, series=0)
    sizes = [size_of_a_pixel(tablet, cell) for cell in (0, 1)]
    *_, right = middle_of(tablet, 1)
    x, y = right["x"], right["y"] + right["height"] / 2
    hand.go(((x - 80, y), (x - 160, y)), ((x + 80, y), (x + 160, y)))
    np.testing.assert_allclose(size_of_a_pixel(tablet, 0), sizes[0] / 2, rtol=1e-3)
    assert size_of_a_pixel(tablet, 1) == sizes[1]


def test_two_taps_show_one_image_alone(tablet, hand):
    tablet.say("SetLayout", name="1x2")
    tablet.say("Show", cell=1, series=0)
    tablet.at_rest(1)
    x, y, _ = middle_of(tablet, 1)
    hand.tap((x, y), 2)
    tablet.wait_for(_LARGE)
    # Else they are the third and the fourth of one row.
    tablet.wait(1)
    hand.tap((x, y), 2)
    tablet.wait_for(_LARGE.replace("=> ", "=> !"))


def test_a_finger_measures(tablet, hand):
    x, y, _ = middle_of(tablet)
    tablet.press("l")
    ends = (x - 80, y - 60), (x + 80, y + 60)
    length = np.linalg.norm(np.subtract(*(under(tablet, *end) for end in ends)))
    hand.go(ends)
    text = tablet.wait_for("() => document.querySelector('#cells .annotation text')?.textContent")
    said = re.search(r"([\d.]+) mm", text)
    assert said is not None
    assert float(said[1]) == pytest.approx(length, abs=size_of_a_pixel(tablet))


def test_the_bar_of_slices_follows_a_finger(tablet, hand):
    bar = tablet.use(lambda on: on.get_by_role("scrollbar").bounding_box())
    x = bar["x"] + bar["width"] / 2
    hand.go(((x, bar["y"] + bar["height"] / 2), (x, bar["y"] + bar["height"] - 2)))
    assert tablet.at_rest()["sliceIndex"] == 11


def test_a_series_is_taken_to_an_image_by_a_finger(tablet, hand):
    tablet.say("SetLayout", name="1x2")
    tablet.wait_for("() => document.querySelector('#cell-1.empty') !== null")
    series = tablet.use(lambda on: on.get_by_role("button", name=re.compile("^CT")).bounding_box())
    x, *_ = middle_of(tablet, 1)
    at = series["x"] + 40, series["y"] + 40
    hand.go((at, (x, at[1])))
    assert tablet.at_rest(1)["series"] == 0


@pytest.mark.parametrize(
    ("has_touch", "least"),
    [
        # WCAG 2.2, 2.5.8, and 2.5.5 for fingers.
        (False, 24),
        (True, 44),
    ],
)
def test_what_is_pressed_is_large_enough(viewer_of, open_page, pet_ct, has_touch, least):
    page = open_page(viewer_of(pet_ct).url, has_touch=has_touch)
    page.at_rest()
    page.say("Change", cell=0, orientation="coronal")
    page.at_rest()
    page.press("l")
    page.drag((0.4, 0.4), (0.6, 0.6))
    page.push("Metadata")
    page.push("List of measurements")
    seen = {}

    def look():
        seen.update({name: (width, height) for name, width, height in page.run(_CONTROLS)})

    look()
    for name in ("Layout", "Window by name", "Slab thickness and blend", "Fusion", "Keys"):
        page.use(lambda on, name=name: on.get_by_role("button", name=name, exact=True).click())
        page.wait(0.2)
        look()
        page.press("Escape")
    # The bar is not the only way to scroll, and in a narrow cell it must leave some of the image.
    bars = {name: seen.pop(name) for name in list(seen) if name.startswith("Slice of")}
    assert bars
    assert min(map(min, bars.values())) >= 24
    assert len(seen) > 60
    assert {name: size for name, size in seen.items() if min(size) < least} == {}
