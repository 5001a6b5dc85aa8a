"""Tabs that do not disturb each other, servers that are killed, and lines that are slow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

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

    def started(port=0):
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pycornerstone", "view", str(ct_files[0].parent)),
                *("--no-browser", "--port", str(port), "--token", TOKEN),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
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


def test_a_killed_server_is_said_so_and_its_successor_is_found(serve, open_page):
    process, url = serve()
    page = open_page(url)
    page.at_rest()
    page.wheel(2)
    before = page.at_rest()
    page.allow_errors("ERR_CONNECTION_REFUSED|WebSocket connection to")

    process.kill()
    process.wait()
    page.wait_for("() => !document.querySelector('#banner').hidden")
    assert "server" in page.run("() => document.querySelector('#banner').textContent")

    _, again = serve(urlsplit(url).port)
    assert urlsplit(again).netloc == urlsplit(url).netloc
    page.wait_for("() => document.querySelector('#banner').hidden")
    after = page.at_rest()
    assert after["sliceIndex"] == before["sliceIndex"]
    page.wheel(-1)
    assert page.at_rest()["sliceIndex"] == before["sliceIndex"] - 1


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
