"""Who one says one is: the header fields that let a request in (RFC 9110 section 11)."""

from __future__ import annotations

import base64
import inspect
import re
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = ["AuthRequest", "BasicAuth", "BearerAuth", "HttpAuth", "TokenError"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What RFC 6750 section 2.1 calls b64token, and what else servers hand out without spaces.
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """What a function that authenticates is told of the request.

    Attributes
    ----------
    method : str
        ``GET``.
    url : str
        Where it goes.
    refused : Mapping[str, str] or None
        None the first time. After a 401, the header fields that were sent in vain, so that a token
        that has run out can be exchanged.
    challenge : str
        WWW-Authenticate of the 401, else empty.
    """

    method: str
    # An address may hold a signature or a token.
    url: str = field(repr=False)
    refused: Mapping[str, str] | None = field(default=None, repr=False)
    challenge: str = ""


HttpAuth: TypeAlias = Callable[[AuthRequest], "Mapping[str, str] | Awaitable[Mapping[str, str]]"]
"""Gives the header fields of a request.

A plain function is called in a thread, where it may wait; an async one in the event loop, which is
quicker by some 0.2 ms. It is asked for every request, once more for each that a 401 refuses, and
what it gives is sent with that request alone. `BearerAuth` is for what many requests share.
"""


class BasicAuth:
    """A user name and a password, in UTF-8 (RFC 7617).

    Parameters
    ----------
    user, password : str
        Without control characters, and the user without a colon.

    Raises
    ------
    ValueError
        If they hold what cannot be sent.
    """

    __slots__ = ("_fields",)

    def __init__(self, user: str, password: str) -> None:
        if ":" in user:
            raise ValueError("the user name of BasicAuth must not hold a colon (RFC 7617)")
        if _CONTROL.search(user + password):
            raise ValueError(
                "BasicAuth must not hold control characters, such as the line end of the file that "
                "a password was read from (RFC 7617)"
            )
        pair = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        self._fields = {"Authorization": f"Basic {pair}"}

    @property
    def fixed(self) -> Mapping[str, str]:
        """The header field, the same for any request."""
        return self._fields

    def __call__(self, _request: AuthRequest) -> Mapping[str, str]:
        """Give the Authorization of any request."""
        return self._fields

    def __repr__(self) -> str:
        """Say what it is, and nothing that it holds."""
        return "BasicAuth(...)"


class BearerAuth:
    """A token that lets in whoever bears it (RFC 6750), such as one of OAuth 2.0.

    Parameters
    ----------
    token : str or callable
        The token, or a function without parameters that gives it, plain or async. The function is
        asked once for each server, and again when a 401 says that the token has run out.

    Raises
    ------
    ValueError
        If it is a text that is no token.
    """

    __slots__ = ("_token",)

    def __init__(self, token: str | Callable[[], str | Awaitable[str]]) -> None:
        if not callable(token):
            _bearer(token)
        self._token = token

    @property
    def function(self) -> str | Callable[[], str | Awaitable[str]]:
        """What gives the token, or the token."""
        return self._token

    @property
    def fixed(self) -> Mapping[str, str] | None:
        """The header field, where there is one token and no other to be had."""
        return None if callable(self._token) else _bearer(self._token)

    def __call__(self, _request: AuthRequest) -> Mapping[str, str] | Awaitable[Mapping[str, str]]:
        """Give the Authorization of any request, with a token that is fetched if need be."""
        token = self._token() if callable(self._token) else self._token
        return _BearerOf(token) if inspect.isawaitable(token) else _bearer(token)

    def __repr__(self) -> str:
        """Say what it is, and nothing that it holds."""
        return "BearerAuth(...)"


class TokenError(ValueError):
    """What was given as a token is none; the text says why, and holds nothing of it."""


class _BearerOf:
    """The header field of a token that is still to be awaited, or given up by `close`."""

    __slots__ = ("_token",)

    def __init__(self, token: Awaitable[str]) -> None:
        self._token = token

    def __await__(self) -> Generator[Any, Any, Mapping[str, str]]:
        return _bearer((yield from self._token.__await__()))

    def close(self) -> None:
        if inspect.iscoroutine(self._token):
            self._token.close()


def _bearer(token: object) -> Mapping[str, str]:
    # What is no token may be part of a secret, so that it is not shown.
    if not isinstance(token, str):
        raise TokenError(f"the token of BearerAuth is no text, but {type(token).__name__}")
    if token.lower().startswith("bearer "):
        raise TokenError("give BearerAuth the token alone, without the word 'Bearer'")
    if not _TOKEN.fullmatch(token):
        raise TokenError(
            "the token of BearerAuth is empty, or holds a space, a line end or a letter that is "
            "not ASCII"
        )
    return {"Authorization": f"Bearer {token}"}
