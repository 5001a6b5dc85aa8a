"""Who is answered: who bears the token, and pages of origins that were allowed by name."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any

    from pycornerstone.frontends.sharing.guard import Guard

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["Access", "Accessed", "checked_origin"]

_LOGGER = logging.getLogger(__name__)
_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Access:
    """Who is answered.

    Attributes
    ----------
    guard : Guard
        The token, and the names of this machine.
    needs_token : bool
        Whether nobody is answered without it.
    origins : frozenset of str
        Whose pages may ask, such as ``"https://viewer.example"``.
    """

    guard: Guard
    needs_token: bool = True
    origins: frozenset[str] = frozenset()


def checked_origin(text: str) -> str:
    """Give an origin as browsers write it.

    Raises
    ------
    ValueError
        If it is none: a scheme, a name, and a port where that is not the usual one.
    """
    parts = urlsplit("")
    try:
        parts = urlsplit(text)
        is_origin = parts.scheme in {"http", "https"} and bool(parts.hostname)
        rest = parts.path.strip("/") + parts.query + parts.fragment
        port = parts.port
    except ValueError:
        is_origin, rest, port = False, "", None
    if not is_origin or rest or "@" in parts.netloc or "*" in text:
        raise ValueError("an origin is such as https://viewer.example or http://localhost:3000")
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in {None, usual} else f":{port}")


class Accessed:
    """An application that answers those who have access; others get 401 or 403.

    Parameters
    ----------
    app : callable
        The ASGI application.
    access : Access
        Who that is.
    """

    def __init__(self, app: App, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        access, guard = self._access, self._access.guard
        fields = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        origin = fields.get("origin")
        host = fields.get("host", "")
        if not guard.is_own_host(host):
            await _refuse(send, 403, "This server is not known by that name; see --allow-host.")
            return
        is_allowed = origin in access.origins
        if not is_allowed and not guard.is_own_origin(origin, host):
            await _refuse(send, 403, "Pages of that origin may not ask; see --allow-origin.")
            return
        # Without CORS a page of elsewhere may still show our pictures, and measure them.
        site = fields.get("sec-fetch-site", "none")
        is_visit = fields.get("sec-fetch-mode") == "navigate"
        if site in {"cross-site", "same-site"} and not is_allowed and not is_visit:
            await _refuse(send, 403, "Another page asked for this.")
            return
        extra = _cors(origin) if is_allowed and origin else []
        if scope["method"] == "OPTIONS" and is_allowed:
            await _answer(send, 204, [*extra, *_preflight()])
            return
        if access.needs_token and not guard.is_token(_token(scope, fields)):
            challenge = (b"www-authenticate", b'Bearer realm="pycornerstone"')
            await _refuse(send, 401, "Send the token: Authorization: Bearer.", [challenge, *extra])
            return
        if scope["method"] == "OPTIONS":
            await _answer(send, 204, [(b"allow", b"GET, HEAD, OPTIONS")])
            return
        own = b"cross-origin" if is_allowed else b"same-origin"
        more = [*_HEADERS, *extra, (b"cross-origin-resource-policy", own)]

        has_begun = False

        async def sent(message: MutableMapping[str, Any]) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:  # noqa: BLE001 - its text may have a value of a header in it
            _LOGGER.error("a request failed with %s", type(error).__name__)  # noqa: TRY400
            if not has_begun:
                await _refuse(send, 500, "The server failed.", extra)


def _token(scope: Scope, fields: dict[str, str]) -> str | None:
    kind, _, given = fields.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return given.strip()
    return dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token")


def _cors(origin: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (
            b"access-control-expose-headers",
            b"accept-ranges, content-length, content-range, content-type, warning",
        ),
        (b"vary", b"origin"),
    ]


def _preflight() -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
        (b"access-control-allow-headers", b"accept, authorization, content-type, range"),
        (b"access-control-max-age", b"600"),
        # A page of the web that asks a machine of this network (Private Network Access).
        (b"access-control-allow-private-network", b"true"),
    ]


async def _refuse(
    send: Send, status: int, why: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    await _answer(send, status, [_TEXT, *(headers or [])], why.encode())


async def _answer(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b""
) -> None:
    length = (b"content-length", str(len(body)).encode())
    every = [*_HEADERS, *headers] if status == 204 else [*_HEADERS, *headers, length]
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body})
