"""The viewer as it runs: a server in a thread of its own, until it is closed or nobody looks."""

from __future__ import annotations

import asyncio
import atexit
import functools
import importlib
import threading
import weakref
import webbrowser
from typing import TYPE_CHECKING, Any, Self

from pycornerstone.errors import MissingExtraError
from pycornerstone.frontends.sharing.guard import Guard, checked_token, new_token
from pycornerstone.frontends.sharing.listening import listen, shown_host
from pycornerstone.frontends.sharing.prefixes import checked_prefix
from pycornerstone.frontends.sharing.source import exhibit_of
from pycornerstone.session.default import default_session
from pycornerstone.session.session import Session
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.volumes.viewport import VolumeViewport

try:
    import uvicorn
    import websockets  # noqa: F401 - uvicorn speaks by it, and would say so late
except ImportError as error:
    raise MissingExtraError("the viewer", "viewer") from error

from pycornerstone.frontends.browser.app import browser_app
from pycornerstone.frontends.browser.tabs import Tabs

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable

    from pycornerstone.frontends.sharing.source import Exhibit, Shown

__all__ = ["Viewer", "view"]

_LARGEST_MESSAGE = 64 * 1024
_PING_S = 20.0
# A tab that does not say goodbye is waited for no longer.
_GOODBYE_S = 2
_LONGEST_WAIT_S = 0.5


def view(
    source: Shown,
    *,
    session: Session | None = None,
    title: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    browser: bool = True,
    idle_timeout_s: float | None = None,
    allowed_hosts: Iterable[str] = (),
    root_path: str = "",
) -> Viewer:
    """Show images on a page in a browser, and return at once.

    Parameters
    ----------
    source : str, path-like, bytes, iterable, DisplaySets, DisplaySet, Volume, Image or viewport
        A folder, a ZIP archive, files (DICOM, NIfTI, pictures), a DICOMweb study, imageIds of any
        scheme, as `Session.open_display_sets` takes them; or what Python holds. Nothing else can be
        seen on the page.
    session : Session, optional
        What loads it; by default that of a viewport, or the one of the module-level functions.
    title : str, optional
        What stands above it; by default the name of the folder, file or server.
    host : str
        Where it listens; by default this machine alone reaches it. There is no encryption: for
        others, put a proxy with TLS before it.
    port : int
        Where it listens; 0 for any that is free.
    token : str, optional
        What its address has to have, 12 characters or more; by default a new one. With one of your
        own, and a port, pages that are open go on when it is started again.
    browser : bool
        Open the page in the browser of this machine.
    idle_timeout_s : float, optional
        End after so many seconds without an open page; by default only by `Viewer.close`.
    allowed_hosts : iterable of str
        Names by which a proxy is asked for it.
    root_path : str
        Where a proxy has it, such as ``"/viewer"``, if the proxy leaves that in what it asks for.

    Returns
    -------
    Viewer
        It has the address; close it, or use it by ``with``. It ends with the process, too.

    Raises
    ------
    MissingExtraError
        If the extra ``viewer`` is not installed.
    PyCornerstoneError
        If the source cannot be opened, or has no image.
    OSError
        If nothing can listen there: the port is taken, for example.
    ValueError
        If the token is too short, or has to be escaped in an address; or there is no such port or
        root path.
    """
    token = new_token() if token is None else checked_token(token)
    if idle_timeout_s is not None and not idle_timeout_s > 0:
        raise ValueError(f"idle_timeout_s must be above 0, got {idle_timeout_s!r}")
    root_path = checked_prefix(root_path)
    listening = listen(host, port, who="the viewer")
    try:
        exhibit = exhibit_of(source, _session_of(source, session), title=title)
    except BaseException:
        listening.close()
        raise
    names = frozenset(name.lower() for name in allowed_hosts)
    guard = Guard(token, host, listening.getsockname()[1], names)
    viewer = Viewer(exhibit, guard, listening, idle_timeout_s, root_path)
    if browser:
        webbrowser.open(viewer.url)
    return viewer


class Viewer:
    """A page that is served; closing it ends the server and its threads, and no session.

    Parameters
    ----------
    exhibit : Exhibit
        What it shows.
    guard : Guard
        Who may see it.
    listening : socket.socket
        Where it is asked.
    idle_timeout_s : float, optional
        After how many seconds without a page it ends.
    root_path : str
        What proxies put before what they ask for.
    """

    def __init__(
        self,
        exhibit: Exhibit,
        guard: Guard,
        listening: socket.socket,
        idle_timeout_s: float | None = None,
        root_path: str = "",
    ) -> None:
        self._exhibit = exhibit
        self._guard = guard
        self._tabs = Tabs()
        self._app = browser_app(exhibit, guard, self._tabs, root_path=root_path)
        self._server = _server_of(self._app)
        self._thread = threading.Thread(
            target=self._run,
            args=(listening, idle_timeout_s),
            name="pycornerstone-viewer",
            daemon=True,
        )
        self._thread.start()
        _OPEN.add(self)
        _close_at_exit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        # What is printed is kept in notebooks; the token is not for all who read them.
        state = "open" if self.is_open else "closed"
        return f"<Viewer at http://{shown_host(self._guard.host)}:{self._guard.port}/, {state}>"

    @property
    def url(self) -> str:
        """Where the page is, with the token; whoever has it sees what is shown."""
        guard = self._guard
        return f"http://{shown_host(guard.host)}:{guard.port}/?token={guard.token}"

    @property
    def is_open(self) -> bool:
        """Whether it is served."""
        return self._thread.is_alive()

    def wait(self) -> None:
        """Wait until it has ended."""
        while self._thread.is_alive():
            # On Windows, a wait without an end cannot be interrupted.
            self._thread.join(_LONGEST_WAIT_S)

    def close(self) -> None:
        """End it, and wait for that. Closing twice is nothing."""
        self._server.should_exit = True
        _OPEN.discard(self)
        if threading.current_thread() is not self._thread:
            self.wait()

    def _run(self, listening: socket.socket, idle_timeout_s: float | None) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._serve(listening, idle_timeout_s))
        finally:
            listening.close()
            self._app.state.close()
            self._exhibit.close()

    async def _serve(self, listening: socket.socket, idle_timeout_s: float | None) -> None:
        if idle_timeout_s is not None:
            idle = _IdleEnd(self._end, idle_timeout_s)
            idle.count(0)
            self._tabs.on_change = idle.count
        await self._server.serve(sockets=[listening])

    def _end(self) -> None:
        self._server.should_exit = True


_OPEN: weakref.WeakSet[Viewer] = weakref.WeakSet()


@functools.cache
def _close_at_exit() -> None:
    """Close the viewers when the process ends; to be asked for once in a process."""
    # Once the threads of executors were waited for, no tab can end in one. What is registered here
    # is called before; later ones first, so the default session is still there.
    importlib.import_module("concurrent.futures.thread")
    register = getattr(threading, "_register_atexit", atexit.register)
    register(_close_all)


def _close_all() -> None:
    for viewer in list(_OPEN):
        viewer.close()


class _IdleEnd:
    """Ends a server that nobody has looked at for a while."""

    def __init__(self, end: Callable[[], object], after_s: float) -> None:
        self._end = end
        self._after_s = after_s
        self._waiting: asyncio.TimerHandle | None = None

    def count(self, tabs: int) -> None:
        """Say how many tabs are open now."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if not tabs:
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(self._after_s, self._end)


def _server_of(app: Any) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        # The application that starts it says how it logs; and addresses have the token.
        log_config=None,
        access_log=False,
        lifespan="off",
        loop="asyncio",
        # The other one that speaks by this library goes by a part of it that is to be removed.
        ws="websockets-sansio",
        ws_max_size=_LARGEST_MESSAGE,
        ws_ping_interval=_PING_S,
        ws_ping_timeout=_PING_S,
        # Pictures are compressed already.
        ws_per_message_deflate=False,
        server_header=False,
        timeout_graceful_shutdown=_GOODBYE_S,
    )
    return uvicorn.Server(config)


def _session_of(source: Shown, session: Session | None) -> Session:
    if session is not None:
        return session
    if isinstance(source, StackViewport | VolumeViewport):
        found: Any = source.session
        if not isinstance(found, Session):
            raise TypeError(f"the viewer shows what a Session loads, got {found!r}")
        return found
    return default_session()
