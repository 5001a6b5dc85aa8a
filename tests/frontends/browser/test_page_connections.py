"""Tabs that do not disturb each other, servers that are killed, and lines that are slow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.testing.slow_line import SlowLine

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "a-token-of-these-tests"


def test_a_second_tab_does_not_disturb_the_first(viewer_of, open_page, ct_files):
    viewer = viewer_of(ct_files[0].parent)
    first = open_page(viewer.url)
    before = first.at_rest()
    canvas = first.canvas()

    second = first.another_tab(viewer.url)
    assert second.at_rest() == before
    seen = len(first.received)
    second.wheel(3)
    second.drag((0.4, 0.4), (0.6, 0.6))
    second.say("SetLayout", name="mpr")
    second.at_rest()

    first.wait(0.5)
    frames = [m for m in first.received[seen:] if m["type"] in {"Frame", "Arranged"}]
    assert frames == []
    assert first.state() == before
    np.testing.assert_array_equal(first.canvas(), canvas)
    first.wheel(1)
    assert first.at_rest()["sliceIndex"] == before["sliceIndex"] + 1
    assert second.errors == []


@pytest.fixture
def serve(ct_files):
    """Start the command, and give the process and the address that it says."""
    running = []

    def started(port=0, token=TOKEN):
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pycornerstone", "view", str(ct_files[0].parent)),
                *("--no-browser", "--port", str(port)),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ
            | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
            | {"PYCORNERSTONE_VIEW_TOKEN": token},
        )
        running.append(process)
        for line in process.stdout:
            if "http" in line:
                return process, line[line.index("http") :].strip()
        raise AssertionError("the viewer did not say its address")

    yield started
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


LENGTH = """async () => {
    const { made } = await import(new URL('static/annotations.js', location.href).href);
    const { annotations } = await import(new URL('static/annotation-store.js', location.href).href);
    const { placeOf } = await import(new URL('static/world.js', location.href).href);
    const { app } = await import(new URL('static/state.js', location.href).href);
    const place = placeOf(app.cells.get(0).state);
    annotations.add(made('length', [place.origin, place.origin.map((at) => at + 10)], place));
}"""
DRAWN = """async () => {
    const { annotations } = await import(new URL('static/annotation-store.js', location.href).href);
    return annotations.all.map(({ kind, points }) => [kind, points]);
}"""
PAGE = """async () => {
    const { app } = await import(new URL('static/state.js', location.href).href);
    const { activeCell, tool, textsHidden, arranged } = app;
    return { activeCell, tool, textsHidden, name: arranged.name, isLinked: arranged.isLinked };
}"""


@pytest.fixture
def busy():
    """Have a page show much that is not as it was at first, and give all of it."""

    def look(page):
        states = [page.at_rest(cell) for cell in range(3)]
        canvases = [page.canvas(cell) for cell in range(3)]
        return states, canvases, page.run(DRAWN), page.run(PAGE)

    def made(page):
        page.at_rest()
        page.say("SetLayout", name="mpr")
        for cell in range(3):
            page.at_rest(cell)
        page.wait_for("() => document.querySelectorAll('#cells .cell').length === 3")
        page.say("MoveCrosshairs", cell=0, x=120, y=140)
        page.say("RotateCrosshairs", cell=0, degrees=20)
        page.say("Change", cell=0, colormap="hot", invert=True, interpolation="nearest")
        page.say("Change", cell=1, slabMm=9, slabMode="average")
        page.say("SetWindow", cell=0, lower=-300, upper=400)
        page.say("Zoom", cell=1, factor=1.5, x=50, y=50)
        page.say("Link", isOn=True)
        page.run(LENGTH)
        page.click((0.1, 0.1), cell=2)
        page.press("t")
        look(page)
        # The page is given what it keeps soon after.
        page.wait(0.6)
        return look(page)

    made.look = look
    return made


def same(before, after):
    for ours, theirs in zip(before[0], after[0], strict=True):
        for name in ours.keys() - {"toWorld", "crosshairs"}:
            assert theirs[name] == ours[name], name
        for name in ("origin", "right", "down"):
            assert theirs["toWorld"][name] == pytest.approx(ours["toWorld"][name], abs=1e-6)
        at = theirs["crosshairs"]["at"]
        assert at == pytest.approx(ours["crosshairs"]["at"], abs=1e-6)
    for ours, theirs in zip(before[1], after[1], strict=True):
        np.testing.assert_array_equal(theirs, ours)
    assert after[2:] == before[2:]


def test_after_a_killed_server_was_started_again_all_is_as_it_was(serve, open_page, busy):
    process, url = serve()
    page = open_page(url)
    before = busy(page)
    assert before[0][1]["orientation"] == "oblique"
    assert [kind for kind, _ in before[2]] == ["length"]
    page.allow_errors("ERR_CONNECTION_REFUSED|WebSocket connection to|ERR_EMPTY_RESPONSE")

    process.kill()
    process.wait()
    page.wait_for("() => !document.querySelector('#banner').hidden")
    assert "server" in page.run("() => document.querySelector('#banner').textContent")

    _, again = serve(urlsplit(url).port)
    assert again == url
    page.wait_for("() => document.querySelector('#banner').hidden")
    same(before, busy.look(page))
    page.wheel(-1)
    state = page.at_rest()
    assert abs(state["sliceIndex"] - before[0][0]["sliceIndex"]) == 1


def test_a_page_that_is_loaded_again_is_as_it_was(viewer_of, open_page, ct_files, busy):
    page = open_page(viewer_of(ct_files[0].parent).url)
    before = busy(page)
    page.use(lambda inner: inner.reload())
    same(before, busy.look(page))

    # Another tab begins anew.
    other = page.another_tab(page.run("() => location.href"))
    assert other.at_rest()["orientation"] is None
    assert other.run(DRAWN) == []
    assert not other.run(PAGE)["textsHidden"]


def test_a_page_that_another_server_does_not_know_says_what_to_do(serve, open_page):
    process, url = serve()
    page = open_page(url)
    page.at_rest()
    page.wheel(2)
    before = page.at_rest()
    page.wait(0.6)
    page.allow_errors("ERR_CONNECTION_REFUSED|WebSocket connection to|403|ERR_EMPTY_RESPONSE")
    process.kill()
    process.wait()

    _, again = serve(urlsplit(url).port, "another-token-of-these")
    page.wait_for("() => document.querySelector('#banner').textContent.includes('new address')")
    # The cookie that this brings is for all tabs of the browser.
    page.another_tab(again).at_rest()
    page.wait_for("() => document.querySelector('#banner').hidden")
    assert page.at_rest()["sliceIndex"] == before["sliceIndex"]


def test_a_page_of_other_images_at_the_same_address_begins_anew(
    viewer_of, open_page, ct_files, busy
):
    viewer = viewer_of(ct_files[0].parent, token=TOKEN)
    page = open_page(viewer.url)
    busy(page)
    port = urlsplit(viewer.url).port
    page.allow_errors("ERR_CONNECTION_REFUSED|WebSocket connection to|ERR_EMPTY_RESPONSE")
    viewer.close()
    viewer_of(cs.Volume("other", np.zeros((2, 8, 8))), token=TOKEN, port=port)
    page.wait_for("() => document.querySelector('#banner').hidden")
    assert page.at_rest()["numberOfSlices"] == 2
    assert page.run(PAGE)["name"] == "1x1"
    # Until it is loaded again, what was measured can still be saved.
    assert len(page.run(DRAWN)) == 1
    page.use(lambda inner: inner.reload())
    page.at_rest()
    assert page.run(DRAWN) == []


def test_a_page_that_was_put_to_rest_goes_on_by_a_click(viewer_of, open_page, ct_files):
    viewer = viewer_of(ct_files[0].parent)
    page = open_page(viewer.url)
    page.at_rest()
    page.wheel(2)
    before = page.at_rest()
    page.wait(0.6)
    viewer._tabs.rest_after_s = 0.3
    # What the limit is, a page hears of with its next message.
    page.say("Scroll", cell=0, steps=0)
    page.wait_for("() => document.querySelector('#banner').textContent.includes('put to rest')")
    viewer._tabs.rest_after_s = 60.0
    page.wait(1.5)
    assert not page.run("() => document.querySelector('#banner').hidden")
    page.click((0.5, 0.5))
    page.wait_for("() => document.querySelector('#banner').hidden")
    assert page.at_rest()["sliceIndex"] == before["sliceIndex"]


def test_a_page_too_many_says_so_and_comes_in_when_another_one_is_closed(
    viewer_of, open_page, ct_files
):
    viewer = viewer_of(ct_files[0].parent)
    viewer._tabs._most = 1
    page = open_page(viewer.url)
    page.at_rest()
    second = page.another_tab(viewer.url)
    second.wait_for("() => document.querySelector('#banner').textContent.includes('Too many')")
    page.use(lambda inner: inner.close())
    second.wait_for("() => document.querySelector('#banner').hidden")
    second.at_rest()


def test_over_a_slow_line_two_frames_are_under_way_and_no_more(viewer_of, open_page, ct_files):
    parts = urlsplit(viewer_of(ct_files[0].parent).url)
    with SlowLine(parts.port, megabits_per_second=20, round_trip_s=0.06) as line:
        page = open_page(f"{line.address}/?{parts.query}")
        page.at_rest()
        begin = len(page.received)
        page.drag((0.3, 0.3), (0.7, 0.5), (0.4, 0.7), (0.6, 0.3), steps=60)
        end = len(page.received)
        page.at_rest()

        frames = [m for m in page.received if m["type"] == "Frame" and m["cell"] == 0]
        assert len(frames) > 5
        for number, frame in enumerate(frames, 1):
            # What the server had heard when it drew this one, says the frame itself.
            heard = page.sent[: frame["heard"]]
            drawn = sum(message["type"] == "Drawn" for message in heard)
            assert number - drawn <= 2
        # A drag of many moves came as few frames, and when it ends there is little left to come.
        assert any(m["type"] == "Frame" for m in page.received[begin:end])
        assert sum(m["type"] == "Frame" for m in page.received[end:]) <= 4
