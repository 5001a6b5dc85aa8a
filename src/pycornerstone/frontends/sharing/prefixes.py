"""The folder of a proxy that a server is in, where the proxy leaves it in what it asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["Prefixed", "checked_prefix"]

# What needs no escape in a path; `..` would lead out of it.
_PREFIX = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)*")


def checked_prefix(given: str) -> str:
    """Give a prefix without a slash at its end; ValueError if it is none."""
    prefix = given.rstrip("/")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"a root path is like /viewer, of letters, digits, and any of . _ ~ -; got {given!r}"
        )
    return prefix


class Prefixed:
    """An application that is found with a prefix before its paths, and without it.

    The prefix is what its owner says. Fields of a request that name one, as X-Forwarded-Prefix
    does, are not heeded: anybody can send them.

    Parameters
    ----------
    app : callable
        The ASGI application.
    prefix : str
        As of `checked_prefix`; empty for none.
    """

    def __init__(self, app: App, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of ASGI."""
        prefix = self._prefix
        if not prefix or scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        mounted_at = scope.get("root_path", "")
        path = scope["path"].removeprefix(mounted_at)
        if path == prefix and scope["type"] == "http":
            # Its own addresses are relative to the folder, and so is the cookie.
            query = scope["query_string"]
            here = prefix.rpartition("/")[2].encode() + b"/" + (b"?" + query if query else b"")
            headers = [
                (b"location", here),
                (b"content-length", b"0"),
                (b"cache-control", b"no-store"),
            ]
            await send({"type": "http.response.start", "status": 307, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        if path.startswith(prefix + "/"):
            scope = {**scope, "root_path": mounted_at + prefix}
        await self._app(scope, receive, send)
