"""A page in a real Chromium, on a real server; these tests skip where there is no Chromium."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import weakref
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.desk import Desk
from pycornerstone.testing.chromium import Chromium
from pycornerstone.testing.pet_files import write_pet_series
from pycornerstone.testing.pet_thorax import pet_phantom
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pycornerstone.testing.phantoms import CtPhantom
    from pycornerstone.testing.viewer_page import ViewerPage


class DeskPage:
    """What a page is to a desk: keeps what it is sent, and confirms frames unless told not to."""

    def __init__(self, exhibit, *, confirms: bool = True, kept: str | None = None) -> None:
        self.texts: list[dict[str, Any]] = []
        self.frames: list[tuple[dict[str, Any], bytes]] = []
        self.confirms = confirms
        self._came = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.desk = Desk(exhibit, self._text, self._bytes, loop=self._loop)
        self.say("Open", ratio=1.0, kept=kept)

    async def _text(self, text: str) -> None:
        with self._came:
            self.texts.append(json.loads(text))
            self._came.notify_all()

    async def _bytes(self, data: bytes) -> None:
        length = int.from_bytes(data[:4], "big")
        header = json.loads(data[4 : 4 + length])
        if self.confirms:
            said = {"type": "Drawn", "cell": header["cell"], "frame": header["frame"]}
            await self.desk.received(json.dumps(said))
        with self._came:
            self.frames.append((header, data[4 + length :]))
            self._came.notify_all()

    def say(self, message: str, /, **said: Any) -> None:
        self.say_text(json.dumps({"type": message} | said))

    def say_text(self, text: str) -> None:
        asyncio.run_coroutine_threadsafe(self.desk.received(text), self._loop).result(10)

    def resize(self, *cells: int, size: int = 256) -> None:
        for cell in cells:
            self.say("Resize", cell=cell, width=size, height=size)

    def wait(self, what, is_so, timeout: float = 20.0):
        """Give the first that is so of what came, or comes."""
        with self._came:
            found = lambda: next((one for one in what if is_so(one)), None)  # noqa: E731
            assert self._came.wait_for(lambda: found() is not None, timeout), "it never came"
            return found()

    def frame(self, cell: int = 0, is_so=lambda _state: True, *, after: int = 0):
        """Give the first frame of a cell, behind so many, whose state is so."""
        return self.wait(
            _Since(self.frames, after),
            lambda frame: frame[0]["cell"] == cell and is_so(frame[0]["state"]),
        )

    def text(self, kind: str, is_so=lambda _text: True):
        return self.wait(self.texts, lambda text: text["type"] == kind and is_so(text))

    def still(self, cell: int = 0):
        """Give the last frame of a cell, once no other has come for a while."""
        count = -1
        while count != len(self.frames):
            count = len(self.frames)
            time.sleep(0.4)
        return next(frame for frame in reversed(self.frames) if frame[0]["cell"] == cell)

    def kept(self) -> str:
        """Give what the page is to keep, once nothing new comes."""
        self.still_all()
        return [text for text in self.texts if text["type"] == "Keep"][-1]["text"]

    def still_all(self) -> None:
        count = -1
        while count != len(self.frames) + len(self.texts):
            count = len(self.frames) + len(self.texts)
            time.sleep(0.4)

    def close(self) -> None:
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self.desk.close(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class _Since:
    def __init__(self, frames, after):
        self._frames, self._after = frames, after

    def __iter__(self):
        return iter(self._frames[self._after :])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    missing = Chromium.missing()
    if missing is not None:
        pytest.skip(missing)
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def thorax() -> CtPhantom:
    return ct_phantom(12, 256, 256)


@pytest.fixture(scope="session")
def ct_files(thorax, tmp_path_factory) -> list[Path]:
    from pycornerstone.testing import write_ct_series

    return write_ct_series(tmp_path_factory.mktemp("study") / "ct", thorax)


@pytest.fixture(scope="session")
def pet_ct(ct_files, tmp_path_factory):
    pet = write_pet_series(tmp_path_factory.mktemp("pet"), pet_phantom(16, 64, 64))
    return [*ct_files, *pet]


@pytest.fixture
def desk_page() -> Iterator[Callable[..., DeskPage]]:
    """Open a page on a desk, without a browser."""
    pages: weakref.WeakSet[DeskPage] = weakref.WeakSet()
    held = []

    def opened(exhibit, *, is_held: bool = True, **options) -> DeskPage:
        page = DeskPage(exhibit, **options)
        pages.add(page)
        if is_held:
            held.append(page)
        return page

    yield opened
    for page in list(pages):
        page.close()


@pytest.fixture
def open_page(chromium) -> Iterator[Callable[..., ViewerPage]]:
    """Open an address; what the page complains of fails the test."""
    pages: list[ViewerPage] = []

    def opened(url: str, **options) -> ViewerPage:
        page = chromium.open(url, **options)
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert [error for page in pages for error in page.errors] == []


@pytest.fixture
def viewer_of() -> Iterator[Callable[..., cs.Viewer]]:
    """Serve the page that shows a source."""
    with ExitStack() as stack:

        def served(source, *, session=None, **options) -> cs.Viewer:
            if session is None:
                session = stack.enter_context(cs.Session())
            return stack.enter_context(cs.view(source, session=session, browser=False, **options))

        yield served


@pytest.fixture
def page_of(viewer_of, open_page) -> Callable[..., ViewerPage]:
    """Open the page of a viewer that shows a source."""

    def opened(source, *, session=None, **options) -> ViewerPage:
        return open_page(viewer_of(source, session=session).url, **options)

    return opened


@pytest.fixture
def drawn_by(tmp_path, monkeypatch) -> Callable[[str], object]:
    """Run lines of Python that the page gave, and draw the viewport that they make."""
    # They write a picture to where they run.
    monkeypatch.chdir(tmp_path)

    def drawn(lines: str):
        names: dict[str, object] = {}
        exec(compile(lines, "<from the page>", "exec"), names)
        viewport = names["viewport"]
        try:
            return viewport.render()
        finally:
            viewport.close()

    return drawn
