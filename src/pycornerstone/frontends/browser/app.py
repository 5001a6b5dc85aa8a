"""The application of the viewer: the page, thumbnails, and a socket for each tab."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import MissingExtraError
from pycornerstone.frontends.browser.desk import Desk
from pycornerstone.frontends.browser.swatches import swatch
from pycornerstone.frontends.browser.tabs import NOBODY_THERE, TOO_MANY, Tabs
from pycornerstone.frontends.browser.thumbnails import Thumbnails
from pycornerstone.frontends.sharing.guard import Guarded
from pycornerstone.frontends.sharing.prefixes import Prefixed

try:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import FileResponse, PlainTextResponse, Response
    from starlette.routing import Route, WebSocketRoute
    from starlette.websockets import WebSocketDisconnect
except ImportError as error:
    raise MissingExtraError("the viewer", "viewer") from error

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.websockets import WebSocket

    from pycornerstone.frontends.sharing.guard import Guard
    from pycornerstone.frontends.sharing.source import Exhibit

__all__ = ["browser_app"]

_LOGGER = logging.getLogger(__name__)
_STATIC = Path(__file__).parent / "static"
# Not by the tables of the machine, which may call a script plain text; then it does not run.
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
# RFC 6455 section 7.4.1.
_NOT_UNDERSTOOD, _FAILED = 1007, 1011


class _Views:
    """What is answered."""

    def __init__(self, exhibit: Exhibit, tabs: Tabs) -> None:
        self._exhibit = exhibit
        self._tabs = tabs
        self.thumbnails = Thumbnails(exhibit.session, exhibit.display_sets)
        # What is asked for is looked up among these, and never becomes a path.
        self._files = {
            path.relative_to(_STATIC).as_posix(): path
            for path in _STATIC.rglob("*")
            if path.suffix in _TYPES
        }

    async def page(self, _request: Request) -> Response:
        return self._file("index.html")

    async def static(self, request: Request) -> Response:
        return self._file(request.path_params["name"])

    async def thumbnail(self, request: Request) -> Response:
        number = request.path_params["number"]
        if number >= len(self._exhibit.display_sets):
            return Response(status_code=404)
        try:
            png = await asyncio.wrap_future(self.thumbnails.png(number))
        except Exception:  # noqa: BLE001 - a user's loader raises anything
            # The series says why when it is shown.
            png = b""
        return Response(png, media_type="image/png") if png else Response(status_code=404)

    async def colormap(self, request: Request) -> Response:
        png = swatch(request.path_params["name"])
        if png is None:
            return Response(status_code=404)
        return Response(png, media_type="image/png")

    async def socket(self, socket: WebSocket) -> None:
        await socket.accept()
        line = _Line(socket)
        if not await self._tabs.add(line):
            # A socket that is not accepted cannot say why.
            await line.close(TOO_MANY)
            return
        desk = Desk(self._exhibit, line.send_text, line.send_bytes, loop=asyncio.get_running_loop())
        try:
            await self._converse(socket, desk, line)
        finally:
            line.is_open = False
            self._tabs.remove(line)
            await desk.close()

    async def _converse(self, socket: WebSocket, desk: Desk, line: _Line) -> None:
        while line.is_open:
            try:
                async with asyncio.timeout(self._tabs.rest_after_s):
                    message = await socket.receive()
            except TimeoutError:
                await line.close(NOBODY_THERE)
                return
            if message["type"] == "websocket.disconnect":
                return
            self._tabs.heard(line)
            text = message.get("text")
            if text is None:
                await line.close(_NOT_UNDERSTOOD)
                return
            try:
                await desk.received(text)
            except Exception as error:  # noqa: BLE001 - a tab that fails ends alone
                # Its text may have a name of a file in it, or a value of a header.
                _LOGGER.warning("a tab of the viewer ended with %s", type(error).__name__)
                await line.close(_FAILED)

    def _file(self, name: str) -> Response:
        path = self._files.get(name)
        if path is None:
            return Response(status_code=404)
        return FileResponse(path, media_type=_TYPES[path.suffix])


async def _nothing(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse(
        "Nothing is here. If a proxy leaves its own prefix in what it asks for, start the viewer"
        " with --root-path and that prefix.",
        status_code=404,
    )


class _Line:
    """What a desk sends by; what it says after the tab is gone is dropped."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self.is_open = True

    async def send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self._send({"type": "websocket.send", "bytes": data})

    async def close(self, code: int) -> None:
        await self._send({"type": "websocket.close", "code": code})
        self.is_open = False

    async def _send(self, message: dict[str, Any]) -> None:
        if not self.is_open:
            return
        try:
            await self._socket.send(message)
        except (WebSocketDisconnect, OSError, RuntimeError):
            self.is_open = False


def browser_app(
    exhibit: Exhibit, guard: Guard, tabs: Tabs | None = None, *, root_path: str = ""
) -> Starlette:
    """Make the application that shows an exhibit.

    Parameters
    ----------
    exhibit : Exhibit
        What is shown; nothing else is, whatever a page asks for.
    guard : Guard
        Who may see it.
    tabs : Tabs, optional
        Told of the tabs that come and go.
    root_path : str
        Where a proxy has it, such as ``"/viewer"``, if that is left in what the proxy asks for; see
        `Prefixed`.

    Returns
    -------
    Starlette
        Its addresses are relative: it may be mounted, or stand behind a proxy with a prefix.
    """
    views = _Views(exhibit, Tabs() if tabs is None else tabs)
    app = Starlette(
        routes=[
            Route("/", views.page),
            Route("/static/{name:path}", views.static),
            Route("/thumbnails/{number:int}.png", views.thumbnail),
            Route("/colormaps/{name}.png", views.colormap),
            WebSocketRoute("/socket", views.socket),
        ],
        middleware=[Middleware(Prefixed, root_path), Middleware(Guarded, guard)],
        exception_handlers={404: _nothing},
    )
    app.state.close = views.thumbnails.close
    return app
