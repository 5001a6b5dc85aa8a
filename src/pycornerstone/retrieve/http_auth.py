"""Who one says one is: the header fields that let a request in (RFC 9110 section 11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["AuthRequest", "HttpAuth"]


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
    url: str
    refused: Mapping[str, str] | None = None
    challenge: str = ""


HttpAuth: TypeAlias = Callable[[AuthRequest], "Mapping[str, str] | Awaitable[Mapping[str, str]]"]
"""Gives the header fields of a request."""
