"""A page in a real Chromium, on a real server; these tests skip where there is no Chromium."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

import pycornerstone as cs
from pycornerstone.testing.chromium import Chromium
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pycornerstone.testing.phantoms import CtPhantom
    from pycornerstone.testing.viewer_page import ViewerPage


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
