"""The viewer's page as a test uses it: what a hand does, and what an eye sees."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import numpy.typing as npt
    from playwright.sync_api import ConsoleMessage, Page, WebSocket

__all__ = ["ViewerPage"]

T = TypeVar("T")

_PATIENCE_S = 20.0
# After which a page to which nothing new came is taken to have answered.
_QUIET_S = 0.7
# After which one that is still loading is taken to load no more.
_LOADED_S = 5.0
_LOADING = "Loading"
_QUESTIONS = frozenset({"AskMetadata", "AskPython", "AskStatistics", "Drawn"})
_PIXELS = """([cell]) => {
    const canvas = document.querySelector(`#cells [data-cell="${cell}"] > canvas`);
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height);
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    let text = '';
    for (let start = 0; start < data.length; start += 32768) {
        text += String.fromCharCode(...data.subarray(start, start + 32768));
    }
    return { width, height, rgba: btoa(text) };
}"""
_SHOWN = """([cell]) => {
    const canvas = document.querySelector(`#cells [data-cell="${cell}"] > canvas`);
    const { frame, atRest } = canvas ? canvas.dataset : {};
    return { frame: frame === undefined ? -1 : Number(frame), atRest: atRest === 'true' };
}"""
_SIZE = """([cell]) => {
    const canvas = document.querySelector(`#cells [data-cell="${cell}"] > canvas`);
    return [canvas.height, canvas.width];
}"""
_BOX = """([cell]) => {
    const box = document.querySelector(`#cells [data-cell="${cell}"]`).getBoundingClientRect();
    return [box.left, box.top, box.width, box.height];
}"""
_STATE = """async ([cell]) => {
    const { app } = await import(new URL('static/state.js', location.href).href);
    return app.cells.get(cell)?.state ?? null;
}"""


class ViewerPage:
    """A page that `Chromium` opened; cells count from 0, points are in fractions of a cell.

    Parameters
    ----------
    page : playwright.sync_api.Page
        The page itself.
    do : callable
        What does something in the thread of the browser.

    Attributes
    ----------
    errors : list of str
        What the page had to complain of; a test that ends with one here has failed.
    sent, received : list of dict
        Messages over the socket, pictures by their headers, in turn.
    """

    def __init__(self, page: Page, do: Callable[[Callable[[], Any]], Any]) -> None:
        self._page = page
        self._do = do
        self.errors: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        self._heard_from: float = time.monotonic()
        self._allowed: list[re.Pattern[str]] = []
        # Listening is said to the browser, by the event loop of its thread.
        do(self._listen)

    def _listen(self) -> None:
        self._page.set_default_timeout(_PATIENCE_S * 1000)
        self._page.on("console", self._on_console)
        self._page.on("pageerror", lambda error: self._complain(f"{error}"))
        self._page.on("websocket", self._on_socket)

    def go(self, url: str) -> None:
        """Go there."""
        self._do(lambda: self._page.goto(url))

    def close(self) -> None:
        """Close it, with what it alone has: cookies, tabs of its own."""
        self._do(self._page.context.close)

    def another_tab(self, url: str) -> ViewerPage:
        """Open another tab, with the same cookies."""
        tab = ViewerPage(self._do(self._page.context.new_page), self._do)
        tab.go(url)
        return tab

    def allow_errors(self, pattern: str) -> None:
        """Let complaints be that match this: the test makes them come."""
        allowed = re.compile(pattern)
        self._allowed.append(allowed)
        self.errors[:] = [error for error in self.errors if not allowed.search(error)]

    def run(self, script: str, *arguments: Any) -> Any:
        """Call a function of JavaScript in the page, with a list of what is given here."""
        return self._do(lambda: self._page.evaluate(script, list(arguments)))

    def wait_for(self, script: str, *arguments: Any, seconds: float = _PATIENCE_S) -> Any:
        """Wait until a function of JavaScript says something true, and give that."""

        def waited() -> Any:
            found = self._page.wait_for_function(
                script, arg=list(arguments), timeout=seconds * 1000
            )
            return found.json_value()

        return self._do(waited)

    def use(self, what: Callable[[Page], T]) -> T:
        """Do something with Playwright's own page."""
        result: T = self._do(lambda: what(self._page))
        return result

    def wait(self, seconds: float) -> None:
        """Let the page be, and take in what comes meanwhile."""
        self._do(lambda: self._page.wait_for_timeout(seconds * 1000))

    # What an eye sees

    def canvas(self, cell: int = 0) -> npt.NDArray[np.uint8]:
        """Give the (rows, columns, 4) RGBA values on a cell's canvas."""
        found = self.run(_PIXELS, cell)
        values = np.frombuffer(base64.b64decode(found["rgba"]), np.uint8)
        return values.reshape(found["height"], found["width"], 4)

    def state(self, cell: int = 0) -> dict[str, Any]:
        """Give the `CellState` of the frame that a cell shows.

        Raises
        ------
        LookupError
            If it shows none.
        """
        state: dict[str, Any] | None = self.run(_STATE, cell)
        if state is None:
            raise LookupError(f"cell {cell} shows nothing")
        return state

    def at_rest(self, cell: int = 0) -> dict[str, Any]:
        """Wait until a cell shows at rest what was asked of it last, and give its `CellState`.

        Raises
        ------
        TimeoutError
            If it does not come to rest; the text has what the page said of that.
        """
        deadline = time.monotonic() + _PATIENCE_S
        last, since = -2, time.monotonic()
        while time.monotonic() < deadline:
            shown = self.run(_SHOWN, cell)
            if shown["frame"] != last:
                last, since = shown["frame"], time.monotonic()
            quiet = time.monotonic() - max(since, self._heard_from)
            if shown["atRest"] and (quiet > _QUIET_S or self._is_answered(cell, last)):
                state = self.state(cell)
                # Of a volume that is still loading another frame follows, whatever was asked.
                if quiet > _LOADED_S or _LOADING not in state["overlay"]["bottomRight"]:
                    return state
            self.wait(0.03)
        raise TimeoutError(
            f"cell {cell} did not come to rest in {_PATIENCE_S:g} s: frame {last}, errors"
            f" {self.errors}, notices {[m['text'] for m in self.received if m['type'] == 'Notice']}"
        )

    def size(self, cell: int = 0) -> tuple[int, int]:
        """Give the (rows, columns) of a cell's canvas."""
        found = self.run(_SIZE, cell)
        return found[0], found[1]

    def screenshot(self, path: Path) -> None:
        """Write a PNG of the page."""
        self._do(lambda: self._page.screenshot(path=path))

    # What a hand does

    def drag(
        self,
        *points: tuple[float, float],
        cell: int = 0,
        button: str = "left",
        steps: int = 6,
        keys: Iterable[str] = (),
    ) -> None:
        """Go with a button down from one point of a cell to the next, and let go at the last."""
        places = [self._place(cell, point) for point in points]

        def dragged() -> None:
            mouse, keyboard = self._page.mouse, self._page.keyboard
            for key in keys:
                keyboard.down(key)
            mouse.move(*places[0])
            mouse.down(button=button)  # type: ignore[arg-type]
            for place in places[1:]:
                mouse.move(*place, steps=steps)
            mouse.up(button=button)  # type: ignore[arg-type]
            for key in keys:
                keyboard.up(key)

        self._do(dragged)
        self._settle()

    def click(self, point: tuple[float, float], *, cell: int = 0, count: int = 1) -> None:
        """Click at a point of a cell."""
        place = self._place(cell, point)
        self._do(lambda: self._page.mouse.click(*place, click_count=count))
        self._settle()

    def wheel(
        self,
        notches: int,
        *,
        cell: int = 0,
        at: tuple[float, float] = (0.5, 0.5),
        keys: Iterable[str] = (),
    ) -> None:
        """Turn the wheel over a cell, downwards by so many notches."""
        place = self._place(cell, at)

        def turned() -> None:
            for key in keys:
                self._page.keyboard.down(key)
            self._page.mouse.move(*place)
            for _ in range(abs(notches)):
                self._page.mouse.wheel(0, 100 if notches > 0 else -100)
            for key in keys:
                self._page.keyboard.up(key)

        self._do(turned)
        self._settle()

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as Playwright calls them."""

        def pressed() -> None:
            for key in keys:
                self._page.keyboard.press(key)

        self._do(pressed)
        self._settle()

    def push(self, name: str | re.Pattern[str], *, role: str = "button") -> None:
        """Click on what has this role and name, as a screen reader says them."""

        def pushed() -> None:
            self._page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

        self._do(pushed)
        self._settle()

    def say(self, kind: str, /, **fields: Any) -> None:
        """Send a message as the page's own code does."""
        self.run(
            "async ([message]) => { const { send } = await"
            " import(new URL('static/state.js', location.href).href); send(message); }",
            {"type": kind, **fields},
        )
        self._settle()

    def ask(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Ask the server as the page's own code does, and give the answer."""
        answer: dict[str, Any] = self.run(
            "async ([message]) => { const { ask } = await"
            " import(new URL('static/state.js', location.href).href); return ask(message); }",
            {"type": kind, **fields},
        )
        return answer

    # What travels

    def _place(self, cell: int, point: tuple[float, float]) -> tuple[float, float]:
        left, top, width, height = self.run(_BOX, cell)
        return left + point[0] * width, top + point[1] * height

    def _settle(self) -> None:
        """Wait for two frames of the screen, in which the page says what it gathered."""
        self.run("() => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")
        self._heard_from = time.monotonic()

    def _is_answered(self, cell: int, frame: int) -> bool:
        """Whether a frame was drawn after all that was asked of its cell."""
        asked = [
            number
            for number, message in enumerate(self.sent, 1)
            if message.get("cell", cell) == cell and message["type"] not in _QUESTIONS
        ]
        heard = next(
            (
                message.get("heard", 0)
                for message in reversed(self.received)
                if message["type"] == "Frame"
                and (message["cell"], message["frame"]) == (cell, frame)
            ),
            0,
        )
        return bool(asked) and heard >= asked[-1]

    def _on_socket(self, socket: WebSocket) -> None:
        # Both sides count anew.
        self.sent, self.received = [], []
        socket.on("framesent", lambda data: self.sent.append(_message(data)))
        socket.on("framereceived", lambda data: self.received.append(_message(data)))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complain(message.text)

    def _complain(self, text: str) -> None:
        if not any(pattern.search(text) for pattern in self._allowed):
            self.errors.append(text)


def _message(data: str | bytes) -> dict[str, Any]:
    if isinstance(data, bytes):
        length = int.from_bytes(data[:4], "big")
        data = data[4 : 4 + length].decode()
    message: dict[str, Any] = json.loads(data)
    return message
