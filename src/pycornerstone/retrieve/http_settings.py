"""How HTTP requests are made: time-outs, retries, limits, proxies, TLS, and who one says one is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pycornerstone.retrieve.http_auth import HttpAuth
    from pycornerstone.retrieve.tls import TlsSettings

__all__ = ["HttpSettings"]


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How requests are made.

    Attributes
    ----------
    connect_timeout_s : float
        How long a connection may take to be made, and before it the host's name to be looked up.
    read_timeout_s : float
        How long the server may send nothing.
    total_timeout_s : float or None
        How long a whole request may take with all its repetitions and waits; None for as long as
        bytes arrive. The wait for a free connection does not count.
    max_retries : int
        How often a request is repeated that failed in a way that may pass: no connection, a cut
        one, a time-out, HTTP 408, 425, 429, 500, 502, 503 and 504.
    backoff_s : float
        The longest wait before the first repetition; it doubles with each further one, and is drawn
        at random from what it may be ("full jitter"). Retry-After of the server goes before.
    max_backoff_s : float
        What no wait goes beyond. A server that asks for a longer one is not waited for.
    max_connections_per_host : int
        Requests to one host and port at once; what is more urgent goes first.
    max_body_bytes : int
        What a larger answer is refused at, before memory is taken for it.
    headers : mapping of str to str
        Fields that every request is sent with, to whatever host an imageId names, though never to
        another one that a server redirects to. ``{"Accept-Encoding": "gzip"}`` may help where the
        network is slow and the server quick.
    auth : callable, HttpAuth or mapping, optional
        Who is asking: `BasicAuth`, `BearerAuth`, or any function of an `AuthRequest` that gives
        header fields, plain or async, which is called for every request and once more after a 401.
        A mapping gives one for each origin, such as ``{"https://pacs.example": BasicAuth(...)}``,
        so that no other server is told.
    proxy : str, optional
        Address of a proxy, such as ``http://user:password@proxy.example:3128``. By default that of
        the environment (``HTTP_PROXY``, ``HTTPS_PROXY``, ``NO_PROXY``); "" for none.
    tls : TlsSettings, optional
        Authorities that are trusted, and the certificate of this client.

    Raises
    ------
    TypeError, ValueError
        If a time, number or size is none that can be kept to.
    """

    connect_timeout_s: float = 10.0
    read_timeout_s: float = 30.0
    total_timeout_s: float | None = 300.0
    max_retries: int = 3
    backoff_s: float = 0.3
    max_backoff_s: float = 30.0
    max_connections_per_host: int = 32
    max_body_bytes: int = 4 * 1024**3
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    auth: HttpAuth | Mapping[str, HttpAuth] | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    tls: TlsSettings | None = None

    def __post_init__(self) -> None:
        for name in ("connect_timeout_s", "read_timeout_s", "total_timeout_s"):
            if name == "total_timeout_s" and self.total_timeout_s is None:
                continue
            self._check(name, "seconds, more than 0", lambda value: value > 0)
        for name in ("backoff_s", "max_backoff_s"):
            self._check(name, "seconds, 0 or more", lambda value: value >= 0)
        self._check("max_retries", "a whole number, 0 or more", lambda n: n >= 0 and n == int(n))
        for name in ("max_connections_per_host", "max_body_bytes"):
            self._check(name, "a whole number, 1 or more", lambda n: n >= 1 and n == int(n))

    def _check(self, name: str, wanted: str, is_good: Callable[[float], bool]) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"HttpSettings.{name} must be {wanted}, not {value!r}")
        if not math.isfinite(value) or not is_good(value):
            raise ValueError(f"HttpSettings.{name} must be {wanted}, not {value!r}")
