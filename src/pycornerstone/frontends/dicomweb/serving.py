"""The DICOMweb server as it runs: in a thread of its own, until it is closed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from pycornerstone.errors import MissingExtraError
from pycornerstone.frontends.dicomweb.access import Access, checked_origin
from pycornerstone.frontends.dicomweb.catalogue import Catalogue
from pycornerstone.frontends.sharing.guard import Guard, checked_token, new_token
from pycornerstone.frontends.sharing.listening import listen, shown_host
from pycornerstone.frontends.sharing.source import exhibit_of

try:
    import uvicorn
except ImportError as error:
    raise MissingExtraError("the DICOMweb server", "viewer") from error

from pycornerstone.frontends.dicomweb.app import BASE_PATH, WADO_URI_PATH, dicomweb_app

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from pycornerstone.frontends.sharing.source import Exhibit, Shown
    from pycornerstone.session.session import Session

__all__ = ["DicomwebServer", "serve_dicomweb"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_GOODBYE_S = 2
_MOST_CONNECTIONS = 256
_LONGEST_WAIT_S = 0.5


def serve_dicomweb(
    source: Shown,
    *,
    session: Session,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    needs_token: bool = True,
    allowed_origins: Iterable[str] = (),
    allowed_hosts: Iterable[str] = (),
) -> DicomwebServer:
    """Serve what can be opened by DICOMweb, and return at once.

    Parameters
    ----------
    source : str, path-like, bytes, iterable, DisplaySets, DisplaySet, Volume or Image
        As `pycornerstone.view` takes it.
    session : Session
        What loads it.
    host, port : str, int
        Where it listens; port 0 for any that is free.
    token : str, optional
        What clients have to send; by default a new one.
    needs_token : bool
        False answers every program of this machine; only where it listens to no other.
    allowed_origins : iterable of str
        Whose pages may ask, such as ``"https://viewer.example"``.
    allowed_hosts : iterable of str
        Names by which a proxy asks.

    Raises
    ------
    MissingExtraError
        If the extra ``viewer`` is not installed.
    PyCornerstoneError
        If the source cannot be opened, or has nothing that can be served.
    ValueError
        If the token, an origin or the port is none; or no token is needed by other machines.
    OSError
        If nothing can listen there.
    """
    token = new_token() if token is None else checked_token(token)
    if not needs_token and host not in _LOOPBACK:
        raise ValueError(
            "without a token only this machine may ask: listen at 127.0.0.1, or leave the token on"
        )
    origins = frozenset(map(checked_origin, allowed_origins))
    listening = listen(host, port, who="the server")
    try:
        exhibit = exhibit_of(source, session, needs_image=False)
    except BaseException:
        listening.close()
        raise
    names = frozenset(name.lower() for name in allowed_hosts)
    guard = Guard(token, host, listening.getsockname()[1], names)
    try:
        return DicomwebServer(exhibit, Access(guard, needs_token, origins), listening)
    except BaseException:
        listening.close()
        exhibit.close()
        raise


class DicomwebServer:
    """What serves; closing it ends its threads, and no session.

    Parameters
    ----------
    exhibit : Exhibit
        What it serves.
    access : Access
        Who is answered.
    listening : socket.socket
        Where it is asked.
    """

    def __init__(self, exhibit: Exhibit, access: Access, listening: socket.socket) -> None:
        self._exhibit = exhibit
        self._guard = access.guard
        self._catalogue = Catalogue(exhibit)
        config = uvicorn.Config(
            dicomweb_app(self._catalogue, access),
            # The application that starts it says how it logs; and addresses have UIDs.
            log_config=None,
            access_log=False,
            lifespan="off",
            loop="asyncio",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_GOODBYE_S,
            # More than a browser's six for each of many viewers; who comes then gets 503.
            limit_concurrency=_MOST_CONNECTIONS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._run, args=(listening,), name="pycornerstone-dicomweb", daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """``http://HOST:PORT``."""
        return f"http://{shown_host(self._guard.host)}:{self._guard.port}"

    @property
    def dicomweb_url(self) -> str:
        """Base of QIDO-RS and WADO-RS; ``/studies`` comes after it."""
        return self.address + BASE_PATH

    @property
    def wado_uri_url(self) -> str:
        """Address of WADO-URI."""
        return self.address + WADO_URI_PATH

    @property
    def token(self) -> str:
        """What clients send, as ``Authorization: Bearer TOKEN`` or ``?token=TOKEN``."""
        return self._guard.token

    @property
    def not_served(self) -> tuple[str, ...]:
        """What of the source is not served, and why, a line each reason."""
        return self._catalogue.not_served

    def wait(self) -> None:
        """Wait until it has ended."""
        while self._thread.is_alive():
            self._thread.join(_LONGEST_WAIT_S)

    def close(self) -> None:
        """End it, and wait for that. Closing twice is nothing."""
        self._server.should_exit = True
        self.wait()

    def _run(self, listening: socket.socket) -> None:
        try:
            self._server.run(sockets=[listening])
        finally:
            listening.close()
            self._catalogue.close()
            self._exhibit.close()
