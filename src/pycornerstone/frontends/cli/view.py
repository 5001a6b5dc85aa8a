"""``pycornerstone view``: images on a page in a browser."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from pycornerstone.frontends.cli.http_options import HttpOptions
from pycornerstone.session.session import Session

__all__ = ["terminated_as_interrupted", "view"]

_HTTP = HttpOptions()
_GIVEN_BY = "PYCORNERSTONE_VIEW_TOKEN"


def view(
    sources: Annotated[list[str], Parameter(name="SOURCE", allow_leading_hyphen=False)],
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    browser: bool = True,
    idle_timeout: float | None = None,
    token: Annotated[str | None, Parameter(show_default=False, env_var=_GIVEN_BY)] = None,
    allow_host: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = (),
    root_path: Annotated[str, Parameter(show_default=False)] = "",
    http: HttpOptions = _HTTP,
) -> None:
    """Show images on a page in the browser, until Ctrl-C.

    The page has nothing from elsewhere, and shows nothing but what is named here. Its address has a
    token: whoever has that may look.

    Parameters
    ----------
    sources
        A folder, a ZIP archive, a DICOMDIR, files (DICOM, NIfTI, pictures), the address of a study
        or series at a DICOMweb server, or imageIds; also several.
    host
        Where it listens; by default this machine alone reaches it. Nothing is encrypted: from
        elsewhere, come through SSH or a proxy with TLS.
    port
        Where it listens; 0 for any that is free.
    browser
        Open the page; without, the address is printed only.
    idle_timeout
        End after so many seconds without an open page.
    token
        By default a new one each time; with the same one and the same port, pages that are open go
        on when the viewer is started again. Other users of this machine may see what is given here:
        rather put it into the environment, as PYCORNERSTONE_VIEW_TOKEN.
    allow_host
        Name by which a proxy asks for the page; several may be given.
    root_path
        Where a proxy has the page, such as /viewer, if the proxy leaves that in what it asks for.
    http
        What is asked for over HTTP.
    """
    from pycornerstone.frontends.browser.serving import view as show

    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    source = sources[0] if len(sources) == 1 else sources
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(Session(http=http.settings()))
        with _said(console, "Opening ..."):
            viewer = stack.enter_context(
                show(
                    source,
                    session=session,
                    host=host,
                    port=port,
                    token=token,
                    browser=browser,
                    idle_timeout_s=idle_timeout,
                    allowed_hosts=allow_host,
                    root_path=root_path,
                )
            )
        stack.enter_context(terminated_as_interrupted())
        with contextlib.suppress(KeyboardInterrupt):
            console.print(f"Viewer: {viewer.url}")
            console.print("Ctrl-C ends it.")
            viewer.wait()
            # It was idle.
            return
    console.print("ended")


@contextlib.contextmanager
def _said(console: Console, text: str) -> Iterator[None]:
    """Say that something takes its time, to a person."""
    if not console.is_terminal:
        yield
        return
    with console.status(text):
        yield


@contextlib.contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Let a service manager end it as cleanly as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
