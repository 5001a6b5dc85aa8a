"""Who may see the page: who knows the token, from the page itself, under a name of this machine."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping
    from typing import Any

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["Guard", "Guarded", "checked_token", "new_token"]

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", _CSP.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
# What needs no escape in a URL and in a cookie.
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{12,256}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def new_token() -> str:
    """Make a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def checked_token(token: str) -> str:
    """Give a token of a user's own; ValueError if it is short, or has to be escaped in a URL."""
    if not _TOKEN.fullmatch(token):
        raise ValueError(
            "a token is 12 to 256 letters, digits, and any of . _ ~ -; this one is not"
        )
    return token


@dataclass(frozen=True, slots=True)
class Guard:
    """Who is let in.

    Attributes
    ----------
    token : str
        What the address of the page has to have, once.
    host : str
        The address that is listened at.
    port : int
        As of that; the cookie is called after it, since browsers share cookies among ports.
    allowed_hosts : frozenset of str
        Names that a proxy gives this machine.
    """

    token: str = field(repr=False)
    host: str
    port: int
    allowed_hosts: frozenset[str] = frozenset()

    @property
    def cookie(self) -> str:
        """What the cookie is called."""
        return f"pycornerstone-{self.port}"

    def is_token(self, given: str | None) -> bool:
        """Say whether it is the token, in the same time whatever is wrong about it."""
        # Text that is no ASCII cannot be compared in the same time.
        return given is not None and hmac.compare_digest(given.encode(), self.token.encode())

    def is_own_host(self, netloc: str) -> bool:
        """Say whether ``Host`` is a name of this machine.

        A page elsewhere can give its own name our address; what it sends then has that name.
        """
        name = _name_of(netloc)
        if name in _LOOPBACK or name == self.host.lower() or name in self.allowed_hosts:
            return True
        if not _is_any(self.host):
            return False
        # Nobody's name leads to a number that it is not.
        return _is_address(name) or name in _names_of_machine()

    def is_own_origin(self, origin: str | None, netloc: str) -> bool:
        """Say whether a request comes from the page itself, or from no page at all."""
        if origin is None:
            return True
        try:
            parts = urlsplit(origin)
            name = parts.hostname or ""
        except ValueError:
            return False
        if parts.scheme not in _DEFAULT_PORTS:
            return False
        default = _DEFAULT_PORTS[parts.scheme]
        ours, theirs = (text.lower().removesuffix(default) for text in (netloc, parts.netloc))
        # A proxy may tell us another name than the browser's.
        return ours == theirs or name in self.allowed_hosts


class Guarded:
    """An application behind a guard: what is not let in gets 403.

    Parameters
    ----------
    app : callable
        The ASGI application.
    guard : Guard
        Who is let in.
    """

    def __init__(self, app: App, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of ASGI."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        guard, fields = self._guard, _fields(scope["headers"])
        problem = _problem(guard, fields, is_socket=scope["type"] == "websocket")
        if problem:
            await _refuse(scope, send, problem)
            return
        # What has to be escaped is no token.
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        if "token" in asked:
            if not guard.is_token(asked["token"]):
                await _refuse(scope, send, "The token is not that of this viewer.")
            elif scope["type"] == "http":
                await self._let_in(scope, send)
            else:
                await self._app(scope, receive, send)
            return
        if not guard.is_token(_cookie(fields.get("cookie", ""), guard.cookie)):
            await _refuse(scope, send, "Open the address that the viewer was started with.")
            return
        await self._app(scope, receive, _with_headers(send))

    async def _let_in(self, scope: Scope, send: Send) -> None:
        """Exchange the token for a cookie, so that it is in the address no longer."""
        guard = self._guard
        # Without a path, it is for the folder of the page, whatever a proxy puts before that. A
        # page that leads here is of another site: `Lax` lets the cookie come along when it does.
        cookie = f"{guard.cookie}={guard.token}; HttpOnly; SameSite=Lax"
        if scope.get("scheme") == "https":
            cookie += "; Secure"
        headers = [(b"location", b"./"), (b"set-cookie", cookie.encode())]
        await _answer(send, 303, headers)


def _problem(guard: Guard, fields: dict[str, str], *, is_socket: bool) -> str:
    host = fields.get("host", "")
    if not guard.is_own_host(host):
        return "This viewer is not known by that name; see --allow-host."
    if not guard.is_own_origin(fields.get("origin"), host):
        return "Another page asked for this."
    # A page at another port of this machine is of the same site, and the cookie comes along.
    site = fields.get("sec-fetch-site", "none")
    is_visit = fields.get("sec-fetch-mode") == "navigate" and not is_socket
    if site not in {"none", "same-origin"} and not is_visit and "origin" not in fields:
        return "Another page asked for this."
    return ""


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    text = [(b"content-type", b"text/plain; charset=utf-8")]
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    extensions = scope.get("extensions") or {}
    if scope["type"] == "websocket" and "websocket.http.response" not in extensions:
        # Before the socket is accepted, servers make 403 of it.
        await send({"type": "websocket.close", "code": 1008})
        return
    await _answer(send, 403, text, why.encode(), kind)


async def _answer(
    send: Send,
    status: int,
    headers: Iterable[tuple[bytes, bytes]],
    body: bytes = b"",
    kind: str = "http.response",
) -> None:
    length = (b"content-length", str(len(body)).encode())
    every = [*_HEADERS, *headers, length]
    await send({"type": f"{kind}.start", "status": status, "headers": every})
    await send({"type": f"{kind}.body", "body": body})


def _with_headers(send: Send) -> Send:
    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return sent


def _fields(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _cookie(field_value: str, name: str) -> str | None:
    for pair in field_value.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            return value
    return None


def _name_of(netloc: str) -> str:
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_any(host: str) -> bool:
    return host in {"", "0.0.0.0", "::"}  # noqa: S104 - to know it, not to listen there


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _names_of_machine() -> set[str]:
    name = socket.gethostname().lower()
    return {name, name.partition(".")[0], f"{name.partition('.')[0]}.local"}
