"""Chromium with a hand on its mouse, and nobody who listens in.

Playwright has every byte of a page's sockets told to it, which takes longer than drawing them.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

__all__ = ["BareChromium", "BarePage"]

_ENDPOINT = re.compile(r"DevTools listening on (ws://\S+)")
_PATIENCE_S = 30.0


class BareChromium:
    """A browser without a window; use it by ``with``."""

    def __init__(self, executable: str, arguments: tuple[str, ...]) -> None:
        self._command = [executable, "--headless", "--remote-debugging-port=0", *arguments]
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process: subprocess.Popen[str] | None = None
        self._socket: ClientConnection | None = None
        self._number = 0

    def __enter__(self) -> Self:
        from websockets.sync.client import connect

        self._process = subprocess.Popen(
            [*self._command, f"--user-data-dir={self._folder.name}", "about:blank"],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        address = next(
            found[1] for line in self._process.stderr if (found := _ENDPOINT.search(line))
        )
        self._socket = connect(address, max_size=None, compression=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            assert self._process.stderr is not None
            self._process.stderr.close()
        self._folder.cleanup()

    def open(self, url: str, width: int, height: int) -> BarePage:
        """Open a page of this size."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = BarePage(self, target, session)
        page.resize(width, height)
        self.call("Page.navigate", session, url=url)
        return page

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol, and wait for what it gives."""
        self.tell(method, session, **params)
        assert self._socket is not None
        while True:
            answer = json.loads(self._socket.recv(_PATIENCE_S))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def tell(self, method: str, session: str | None = None, **params: Any) -> None:
        """Call a method, and do not wait."""
        assert self._socket is not None
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))


class BarePage:
    """A page of `BareChromium`."""

    def __init__(self, chromium: BareChromium, target: str, session: str) -> None:
        self._chromium, self._target, self._session = chromium, target, session

    def close(self) -> None:
        """Close it."""
        self._chromium.call("Target.closeTarget", targetId=self._target)

    def resize(self, width: int, height: int) -> None:
        """Give it another size."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def run(self, expression: str) -> Any:
        """Give the value of an expression of JavaScript."""
        found = self._call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression of JavaScript is true."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            if self.run(expression):
                return
            time.sleep(0.05)
        raise TimeoutError(f"not within {_PATIENCE_S:g} s: {expression}")

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """Press, move or release the mouse, or turn its wheel; a hand waits for no page."""
        self._chromium.tell("Input.dispatchMouseEvent", self._session, type=kind, x=x, y=y, **more)

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._chromium.call(method, self._session, **params)
