"""The page in Chromium: from a drag to the frame that shows it, by the page's own clock."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from benchmarks.bare_chromium import BareChromium
from benchmarks.side_by_side import OURS, Outcome
from pycornerstone.testing.chromium import ARGUMENTS, Chromium
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.slow_line import SlowLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bare_chromium import BarePage

__all__ = ["run"]

_Timing: TypeAlias = tuple[float, float]

_FRAME_A_SECOND = "40 frames a second"
_LINE_MBIT, _LINE_S = 20.0, 0.06
_APP = "(await import(new URL('static/state.js', location.href).href)).app"
_CLEAR = f"(async () => {{ {_APP}.timings.clear(); }})()"
_TIMINGS = f"(async () => {_APP}.timings.get(0) ?? [])()"
_TOOL = (
    "(async () => (await import(new URL('static/state.js', location.href).href))"
    ".setTool('{tool}'))()"
)
_CANVAS = "document.querySelector('#cells canvas')"
_AT_REST = f"{_CANVAS}?.dataset.atRest === 'true'"
_BOX = (
    "(() => { const { left, top } = document.querySelector('#cells .cell').getBoundingClientRect();"
    f" return [left, top, {_CANVAS}.width, {_CANVAS}.height]; }})()"
)
# A mouse moves for each frame of the screen.
_TICK_S = 1 / 60


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Drag with one tool after the other on canvases of two sizes, and over a slow line."""
    executable = Chromium.executable()
    if executable is None:
        print(f"not run: {Chromium.missing()}")
        return []
    moves = 30 if quick else 600
    phantom = ct_phantom(6 if quick else 24, noise_hu=6.0)
    write_ct_series(folder / "ct", phantom)
    outcomes = []
    with ExitStack() as stack:
        url = stack.enter_context(_served(folder / "ct"))
        chromium = stack.enter_context(BareChromium(executable, ARGUMENTS))
        for size, aim in ((512, 0.025), (1024, 0.040)):
            page = _page_of(chromium, url, size)
            for tool in ("window", "pan", "scroll"):
                page.run(_TOOL.format(tool=tool))
                _drag(page, max(moves // 10, 10))
                timings = _timed(page, moves)
                title = f"a drag of {tool}, {size}x{size}"
                outcomes.append(_latency(title, timings, {_aim(aim): aim}))
                if size == 512 and tool == "window":
                    outcomes.append(_rate(f"{title}: from frame to frame", timings))
            page.close()
        parts = urlsplit(url)
        line = stack.enter_context(
            SlowLine(parts.port or 0, megabits_per_second=_LINE_MBIT, round_trip_s=_LINE_S)
        )
        page = _page_of(chromium, f"{line.address}/?{parts.query}", 512)
        _drag(page, 10)
        before = line.bytes_carried
        timings = _timed(page, moves)
        each = (line.bytes_carried - before) / max(len(timings), 1)
        alone = _LINE_S + each * 8 / (_LINE_MBIT * 1e6)
        title = (
            f"a drag of the window, 512x512, over {_LINE_MBIT:g} Mbit/s and {_LINE_S * 1e3:g} ms"
        )
        outcomes.append(
            _latency(title, timings, {f"the line alone, {each / 1e3:.0f} kB": alone}, {})
        )
        outcomes.append(_rate(title + ": from frame to frame", timings, {}))
    return outcomes


def _aim(seconds: float) -> str:
    return f"{seconds * 1e3:g} ms"


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Start the command, as a user does; the browser is in another process than the server."""
    command = [sys.executable, "-m", "pycornerstone", "view", str(folder), "--no-browser"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    )
    try:
        assert process.stdout is not None
        yield next(line[line.index("http") :].strip() for line in process.stdout if "http" in line)
    finally:
        process.terminate()
        process.wait()


def _page_of(chromium: BareChromium, url: str, size: int) -> BarePage:
    """Open a page whose canvas has just this size."""
    width, height = size + 400, size + 100
    page = chromium.open(url, width, height)
    page.wait_for(_AT_REST)
    _, _, columns, rows = page.run(_BOX)
    page.resize(width + size - columns, height + size - rows)
    page.wait_for(f"{_CANVAS}.width === {size} && {_CANVAS}.height === {size} && {_AT_REST}")
    return page


def _drag(page: BarePage, moves: int) -> None:
    left, top, width, height = page.run(_BOX)
    x, y = left + width * 0.5, top + height * 0.5
    start = time.monotonic()
    page.mouse("mousePressed", x, y, button="left", clickCount=1)
    for number in range(1, moves + 1):
        # Round and round, so that the window stays one that can be used.
        angle = number / 60 * 2 * math.pi
        far = min(width, height) / 6
        at = x + far * math.sin(angle), y + far * (1 - math.cos(angle))
        page.mouse("mouseMoved", *at, button="left", buttons=1)
        _wait_until(start + number * _TICK_S)
    page.mouse("mouseReleased", x, y, button="left")


def _wait_until(when: float) -> None:
    time.sleep(max(0.0, when - time.monotonic()))


def _timed(page: BarePage, moves: int) -> list[_Timing]:
    """Give when each input was that a frame answered, and when that was drawn: s."""
    page.wait_for(_AT_REST)
    time.sleep(0.5)
    page.run(_CLEAR)
    _drag(page, moves)
    timings = page.run(_TIMINGS)
    page.wait_for(_AT_REST)
    return [(one["sent"] / 1000, one["drawn"] / 1000) for one in timings]


def _latency(
    title: str,
    timings: list[_Timing],
    peers: dict[str, float],
    wanted: dict[str, float] | None = None,
) -> Outcome:
    median = statistics.median(drawn - sent for sent, drawn in timings)
    aims = dict.fromkeys(peers, 1.0) if wanted is None else wanted
    return Outcome(
        f"{title} to the frame drawn, {len(timings)} frames", {OURS: median, **peers}, aims
    )


def _rate(title: str, timings: list[_Timing], wanted: dict[str, float] | None = None) -> Outcome:
    """Give the time from one frame to the next, on the whole of the drag."""
    between = (timings[-1][1] - timings[0][1]) / max(len(timings) - 1, 1)
    aims = {_FRAME_A_SECOND: 1.0} if wanted is None else wanted
    return Outcome(title, {OURS: between, _FRAME_A_SECOND: 1 / 40}, aims)
