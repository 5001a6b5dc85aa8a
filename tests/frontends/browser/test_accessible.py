"""What the page is to those who do not see it, or not well: the rules of WCAG 2.2, by axe-core."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_AXE = Path(__file__).parent / "js" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const found = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return {
        passed: found.passes.map(({ id }) => id),
        violated: found.violations.flatMap(({ id, help, nodes }) => nodes.map((node) =>
            `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`.replace(/\\s+/g, ' '))),
    };
}"""


@pytest.fixture(scope="module")
def rules():
    if not _AXE.is_file():
        pytest.skip("axe-core is not here; python tools/npm_packages.py tests/frontends/browser/js")
    return _AXE.read_text(encoding="utf-8")


@pytest.fixture
def violations(rules):
    def found(page):
        # Playwright's own way into a page, which its content security policy does not close.
        page.use(lambda on: on.evaluate(rules))
        said = page.run(_RUN)
        assert {"color-contrast", "button-name", "aria-allowed-attr"} <= set(said["passed"])
        return "\n".join(said["violated"])

    return found


@pytest.fixture
def page(page_of, pet_ct):
    opened = page_of(pet_ct)
    opened.at_rest()
    opened.use(lambda on: on.get_by_role("button", name=re.compile("^CT")).click())
    opened.at_rest()
    return opened


def arranged(page, name, cells):
    page.say("SetLayout", name=name)
    for cell in cells:
        page.at_rest(cell)


def test_the_page_as_it_opens(page, violations):
    assert violations(page) == ""


def test_the_rules_find_what_is_wrong(page, violations):
    page.run(
        """() => {
            const button = document.querySelector('#toolbar button');
            ['aria-label', 'title'].forEach((name) => button.removeAttribute(name));
        }"""
    )
    assert violations(page).startswith("button-name")


def test_three_planes(page, violations):
    arranged(page, "mpr", range(3))
    assert violations(page) == ""


def test_cells_that_are_empty(page, violations):
    page.say("SetLayout", name="2x2")
    for cell in range(1, 4):
        page.say("Clear", cell=cell)
    page.at_rest(0)
    assert violations(page) == ""


@pytest.mark.parametrize(
    "name",
    [
        "Layout",
        "Window by name",
        "Colour map",
        "Turn and flip",
        "Interpolation",
        "Plane",
        "Slab thickness and blend",
        "Fusion",
        "Speed of the run",
        "Metadata",
        "List of measurements",
        "Keys",
    ],
)
def test_what_a_button_opens(page, violations, name):
    # Cut by a plane, it has a slab too.
    page.say("Change", cell=0, orientation="coronal")
    page.at_rest()
    page.use(lambda on: on.get_by_role("button", name=name, exact=True).click())
    page.wait(0.5)
    assert violations(page) == ""


def test_measurements_and_their_list(page, violations):
    page.press("l")
    page.drag((0.4, 0.4), (0.6, 0.6))
    page.press("e")
    page.drag((0.7, 0.2), (0.8, 0.3))
    page.push("List of measurements")
    page.use(lambda on: on.locator("#annotation-list li").nth(1).wait_for())
    assert violations(page) == ""


def test_notices_and_a_lost_server(page, violations):
    page.run(
        """async () => {
            const { emit } = await import(new URL('static/state.js', location.href).href);
            emit('notice', { type: 'Notice', text: 'An error', cell: null, isError: true });
            emit('notice', { type: 'Notice', text: 'A notice', cell: null, isError: false });
            emit('connection', 'refused');
        }"""
    )
    assert violations(page) == ""


def test_on_a_phone(viewer_of, open_page, ct_files, violations):
    page = open_page(viewer_of(ct_files[0].parent).url, width=390, height=844, has_touch=True)
    page.at_rest()
    assert violations(page) == ""
    page.push("List of series")
    assert violations(page) == ""


def read_out(page):
    """Give all that Chromium tells a screen reader."""

    def tree(on):
        session = on.context.new_cdp_session(on)
        return str(session.send("Accessibility.getFullAXTree"))

    return page.use(tree)


_SPOKEN = "() => document.querySelector('#spoken').textContent"
_COUNTED = """() => {
    window.spoken = [];
    new MutationObserver(() => window.spoken.push(document.querySelector('#spoken').textContent))
        .observe(document.querySelector('#spoken'), { childList: true });
}"""


def test_the_slice_is_said_once_it_rests(page_of, ct_files):
    page = page_of(ct_files[0].parent)
    page.at_rest()
    page.wait(1)
    # Nobody is told what is read out when the page opens.
    assert page.run(_SPOKEN) == ""
    assert page.use(lambda on: on.locator("#spoken").get_attribute("role")) == "status"
    page.run(_COUNTED)
    page.press("Home", "ArrowDown", "ArrowDown", "ArrowDown")
    page.wait_for("() => window.spoken.length > 0")
    page.wait(1)
    assert page.run("() => window.spoken") == ["4 of 12"]
    page.press("i")
    page.wait_for("() => window.spoken.length > 1")
    page.press("l")
    page.wait_for("() => window.spoken.length > 2")
    assert page.run("() => window.spoken")[1:] == ["inverted", "Tool: length"]


def test_a_run_through_the_slices_is_not_read_out(page_of, ct_files):
    page = page_of(ct_files[0].parent)
    page.at_rest()
    page.press("Home")
    page.wait(1)
    page.run(_COUNTED)
    page.say("Cine", cell=0, framesPerSecond=5)
    page.wait(2)
    assert page.run("() => window.spoken") == []
    page.say("Cine", cell=0, framesPerSecond=0)
    page.wait_for("() => window.spoken.length === 1")
    assert re.fullmatch(r"\d+ of 12", page.run(_SPOKEN))


def test_an_image_says_what_it_shows_but_not_what_is_hidden(page_of, ct_files):
    page = page_of(ct_files[0].parent)
    page.at_rest()
    page.press("Home")
    page.at_rest()
    image = page.use(lambda on: on.get_by_role("application").aria_snapshot())
    assert re.search(r"Image 1: 1: Thorax 5 mm.*, 1 of 12", image)
    assert "PHANTOM-CT" in read_out(page)
    page.press("t")
    image = page.use(lambda on: on.get_by_role("application").get_attribute("aria-label"))
    assert image == "Image 1: Series 1, 1 of 12"
    # Descriptions are computed of what is hidden, too.
    assert "PHANTOM-CT" not in read_out(page)
