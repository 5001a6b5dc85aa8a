"""Chromium without a window, for tests of pages: Debian's, driven by Playwright.

Debian and Ubuntu: ``apt-get install --no-install-recommends chromium``.
"""

from __future__ import annotations

import importlib.util
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pycornerstone.testing.viewer_page import ViewerPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Playwright

__all__ = ["ARGUMENTS", "INSTALL_LINE", "Chromium"]

T = TypeVar("T")

INSTALL_LINE = "apt-get install --no-install-recommends chromium"
"""What brings Chromium on Debian and Ubuntu."""

_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""It asks nobody but the pages that it is sent to, and does without a sandbox in a container."""


class Chromium:
    """A browser in a thread of its own; use it by ``with``.

    Playwright keeps an event loop running in the thread that it is used from, where nobody else
    could then run one; so that thread is no test's.

    Parameters
    ----------
    arguments : tuple of str
        More of Chromium's command line.

    Examples
    --------
    >>> with Chromium() as chromium:  # doctest: +SKIP
    ...     page = chromium.open(viewer.url)
    """

    def __init__(self, arguments: tuple[str, ...] = ()) -> None:
        self._arguments = [*ARGUMENTS, *arguments]
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chromium")
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    @staticmethod
    def executable() -> str | None:
        """Give where it is; None if it is not installed."""
        return next(filter(None, map(shutil.which, _NAMES)), None)

    @staticmethod
    def missing() -> str | None:
        """Say what is not installed and how to get it; None if all is there."""
        if Chromium.executable() is None:
            return f"Chromium is not installed; {INSTALL_LINE}"
        if importlib.util.find_spec("playwright") is None:
            return "playwright is not installed; pip install playwright"
        return None

    def __enter__(self) -> Self:
        self.do(self._start)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it, with its pages."""
        try:
            self.do(self._stop)
        finally:
            self._thread.shutdown()

    def do(self, what: Callable[[], T]) -> T:
        """Do this in the thread of the browser, and wait for it."""
        return self._thread.submit(what).result()

    def open(
        self,
        url: str = "about:blank",
        *,
        width: int = 1280,
        height: int = 800,
        ratio: float = 1.0,
        has_touch: bool = False,
    ) -> ViewerPage:
        """Open a page that shares nothing with others; close it, or it goes with the browser.

        Parameters
        ----------
        url : str
            Where it goes first.
        width, height : int
            Its size in CSS pixels.
        ratio : float
            How many pixels of the screen one of CSS is.
        has_touch : bool
            Whether the screen can be touched.
        """
        size = {"width": width, "height": height}

        def made() -> Any:
            if self._browser is None:
                raise RuntimeError("Chromium is not running; use it by 'with'")
            context = self._browser.new_context(
                viewport=size,  # type: ignore[arg-type]
                device_scale_factor=ratio,
                has_touch=has_touch,
                accept_downloads=True,
            )
            return context.new_page()

        page = ViewerPage(self.do(made), self.do)
        page.go(url)
        return page

    def _start(self) -> None:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=self.executable(), args=self._arguments
        )

    def _stop(self) -> None:
        if self._browser is not None:
            self._browser.close()
            self._browser = None
        if self._playwright is not None:
            self._playwright.stop()
            self._playwright = None
