"""Credentials: which server is told what, and a token is asked for once for all who wait."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pycornerstone.errors import RetrieveError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.addresses import Origin
from pycornerstone.retrieve.auth_calls import ask_for_fields
from pycornerstone.retrieve.http_auth import AuthRequest, BasicAuth, BearerAuth, HttpAuth

__all__ = ["Credentials", "Given", "OriginCredentials"]


_PATIENCE_S = 1.0
_ORIGIN = re.compile(r"[A-Za-z]+://[^/?#@]+/?")


@dataclass(frozen=True, slots=True)
class Given:
    """What a request was sent with.

    Attributes
    ----------
    fields : mapping of str to str
        Header fields.
    refreshes : int
        How often they had been asked for anew by then.
    """

    fields: Mapping[str, str] = field(repr=False)
    refreshes: int = 0


class Credentials:
    """Which server is told what.

    Belongs to one event loop.

    Parameters
    ----------
    auth : callable, mapping or None
        As in `HttpSettings.auth`.

    Raises
    ------
    TypeError
        If it is no function.
    ValueError
        If a key of the mapping is no origin.
    """

    def __init__(self, auth: HttpAuth | Mapping[str, HttpAuth] | None) -> None:
        self._for_named: HttpAuth | None = None
        self._by_origin: dict[Origin, HttpAuth] = {}
        self._of: dict[Origin, OriginCredentials] = {}
        if isinstance(auth, Mapping):
            for key, function in auth.items():
                origin = _origin_of_key(key)
                if origin in self._by_origin:
                    raise ValueError(f"HttpSettings.auth names {origin} twice")
                self._by_origin[origin] = _callable(function)
        elif auth is not None:
            self._for_named = _callable(auth)

    def of(self, origin: Origin, *, is_named: bool) -> OriginCredentials | None:
        """Give what `origin` may be told.

        Parameters
        ----------
        origin : Origin
            Where the request goes.
        is_named : bool
            Whether the user asked for something there. One that only another server pointed to is
            told what the user set down for it by name, and nothing else.
        """
        function = self._by_origin.get(origin, self._for_named if is_named else None)
        if function is None:
            return None
        if (credentials := self._of.get(origin)) is None:
            credentials = self._of[origin] = OriginCredentials(function)
        return credentials

    async def close(self) -> None:
        """Cancel what asks for credentials; a plain function runs to its end, and nobody waits."""
        for credentials in self._of.values():
            await credentials.close()


class OriginCredentials:
    """Asks one function, for the sake of one origin.

    Parameters
    ----------
    auth : callable
        What `HttpSettings.auth` has for this origin.
    """

    def __init__(self, auth: HttpAuth) -> None:
        self._auth = auth
        self._latest: Given | None = None
        self._asking: asyncio.Task[Given | str] | None = None
        self._refreshes = 0
        # A token is good until it is refused. What any other function gives may be for one address,
        # or for one moment.
        self._is_shared = isinstance(auth, BasicAuth | BearerAuth)
        fixed = auth.fixed if isinstance(auth, BasicAuth | BearerAuth) else None
        self._is_fixed = fixed is not None
        if fixed is not None:
            self._latest = Given(fixed)

    async def fields(self, url: str) -> Given:
        """Give the header fields of a request for `url`.

        Raises
        ------
        RetrieveError
            If the function raises, or gives something else.
        """
        request = AuthRequest("GET", url)
        if not self._is_shared:
            return await self._for_one(request)
        if self._latest is not None:
            return self._latest
        return _unless_wrong(await self._join(request), url)

    async def after_refusal(self, url: str, refused: Given, challenge: str) -> Given | None:
        """Give other fields in place of those that a 401 refused; None if there are none.

        Raises
        ------
        RetrieveError
            If the function raises, or gives something else.
        """
        if self._is_fixed:
            return None
        request = AuthRequest("GET", url, refused.fields, challenge)
        if self._is_shared:
            fresh = await self._after(request, refused)
        else:
            fresh = await self._for_one(request)
        return fresh if fresh.fields != refused.fields else None

    async def close(self) -> None:
        """Cancel the asking."""
        if self._asking is not None:
            self._asking.cancel()
            # An async function may not want to end.
            await asyncio.wait([self._asking], timeout=_PATIENCE_S)

    async def _for_one(self, request: AuthRequest) -> Given:
        fields = await ask_for_fields(self._auth, request)
        return _unless_wrong(fields if isinstance(fields, str) else Given(fields), request.url)

    async def _after(self, request: AuthRequest, refused: Given) -> Given:
        """Give what was asked for after the refusal."""
        fresh = self._latest
        while fresh is None or fresh.refreshes == refused.refreshes:
            # What is being asked for already does not know of the refusal, and may be refused too.
            fresh = _unless_wrong(await self._join(request), request.url)
        return fresh

    async def _join(self, request: AuthRequest) -> Given | str:
        """Wait for what is being asked for, or else ask; who gives up leaves it to the others."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(request), name="pycornerstone-auth")
        return await asyncio.shield(self._asking)

    async def _ask(self, request: AuthRequest) -> Given | str:
        try:
            fields = await ask_for_fields(self._auth, request)
            if isinstance(fields, str):
                return fields
            if request.refused is not None:
                self._refreshes += 1
            self._latest = Given(fields, self._refreshes)
            return self._latest
        finally:
            self._asking = None


def _unless_wrong(given: Given | str, url: str) -> Given:
    if isinstance(given, str):
        raise RetrieveError(
            f"GET {without_credentials(url)} was not sent: what HttpSettings.auth has for it "
            f"{given}"
        )
    return given


def _callable(auth: object) -> HttpAuth:
    if not callable(auth):
        raise TypeError(
            f"HttpSettings.auth holds a {type(auth).__name__} where a function is wanted; give "
            "BasicAuth(user, password), BearerAuth(token), or a function that gives header fields"
        )
    function: HttpAuth = auth
    return function


def _origin_of_key(key: object) -> Origin:
    # A path would promise that other paths are not told.
    if isinstance(key, str) and _ORIGIN.fullmatch(key):
        with contextlib.suppress(ValueError):
            return Origin.of(key)
    shown = without_credentials(key) if isinstance(key, str) else type(key).__name__
    raise ValueError(
        f"HttpSettings.auth names {shown!r}, which is no origin; give one such as "
        "'https://pacs.example' or 'https://pacs.example:8443'"
    )
