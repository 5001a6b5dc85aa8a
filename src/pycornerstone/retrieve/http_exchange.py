"""One GET: by which way, whom to trust, and who one says one is, up to the answer that is final."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import RetrieveError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.addresses import Origin
from pycornerstone.retrieve.auth_calls import wrong_with
from pycornerstone.retrieve.cookies import Cookies
from pycornerstone.retrieve.credentials import Credentials
from pycornerstone.retrieve.http_auth import BasicAuth
from pycornerstone.retrieve.http_endings import drain, hang_up
from pycornerstone.retrieve.http_refusals import proxy_refusal
from pycornerstone.retrieve.proxies import Proxy, proxy_for
from pycornerstone.retrieve.redirects import (
    MAX_REDIRECTS,
    REDIRECTS,
    fields_for_others,
    is_same_server,
    target_of,
)
from pycornerstone.retrieve.tls import TlsContexts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import aiohttp
    from yarl import URL

    from pycornerstone.retrieve.http_settings import HttpSettings

__all__ = ["HttpExchange"]


@dataclass(frozen=True, slots=True)
class _Way:
    """How an origin is reached: arguments of aiohttp, and fields that a proxy on the way wants."""

    arguments: dict[str, Any]
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Hop:
    """One request of those that lead to the answer.

    It is of a named one if it goes to the server that the user asked, and `user` is who the address
    that he gave says that he is.
    """

    url: URL
    origin: Origin
    is_named: bool
    user: BasicAuth | None = None

    @property
    def address(self) -> str:
        return str(self.url)

    @property
    def shown(self) -> str:
        return without_credentials(self.address)


class HttpExchange:
    """Asks for addresses, as `HttpSettings` say, and belongs to one event loop.

    What the settings have for one server is not told to another one that it redirects to.

    Parameters
    ----------
    settings : HttpSettings
        Header fields, credentials, proxy and TLS.

    Raises
    ------
    TypeError, ValueError
        If the settings hold what cannot be sent, or is no function, origin or proxy.
    """

    def __init__(self, settings: HttpSettings) -> None:
        if (wrong := wrong_with(settings.headers)) is not None:
            raise ValueError(f"HttpSettings.headers holds {wrong}")
        if settings.proxy:
            Proxy.at(settings.proxy, "HttpSettings.proxy")
        self._settings = settings
        self._credentials = Credentials(settings.auth)
        self._cookies = Cookies()
        self._tls = None if settings.tls is None else TlsContexts(settings.tls)
        self._ways: dict[tuple[Origin, bool], _Way] = {}
        self._finding = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def open(
        self,
        client: aiohttp.ClientSession,
        url: str,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask for `url`, and give the answer of whatever status, its body not yet read.

        Parameters
        ----------
        client : aiohttp.ClientSession
            Whose connections are used. Its jar of cookies must be a dummy, and its own header
            fields go to every server.
        url : str
            An http or https address, sent as it is written.
        headers : mapping of str to str, optional
            Further header fields, before those of the settings.

        Raises
        ------
        RetrieveError
            If the address, or one that the server redirects to, is none; if there is no end of
            redirections; if credentials cannot be had, or a file of the TLS settings not be used.
        HttpStatusError
            If a proxy refuses.
        Exception
            What aiohttp raises.
        """
        response = await self._answer(client, url, headers or {})
        async with response:
            try:
                yield response
            finally:
                hang_up(response)

    async def close(self) -> None:
        """Stop asking for credentials; whoever waits for them is cancelled."""
        await self._credentials.close()

    async def _answer(
        self, client: aiohttp.ClientSession, url: str, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        address, user = _url(url)
        named = Origin.of(str(address))
        hop = _Hop(address, named, is_named=True, user=user)
        seen: set[URL] = set()
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._let_in(client, hop, headers)
            sets_cookie = self._cookies.keep(hop.origin, response)
            if response.status not in REDIRECTS:
                return response
            location = response.headers.get("Location")
            if location is None:
                return response
            await _let_go(response)
            target, _ = _url(target_of(hop.address, location))
            if sets_cookie:
                # Asked for once more with a cookie, an address may lead elsewhere.
                seen.clear()
            else:
                seen.add(hop.url)
            if target in seen:
                raise RetrieveError(
                    f"GET {without_credentials(url)} is redirected in a circle, to "
                    f"{without_credentials(str(target))}; see to the server"
                )
            origin = Origin.of(str(target))
            is_named = is_same_server(origin, named)
            hop = _Hop(target, origin, is_named, user if is_named else None)
        raise RetrieveError(
            f"GET {without_credentials(url)} is redirected more than {MAX_REDIRECTS} times, "
            f"lastly to {hop.shown}; see to the server"
        )

    async def _let_in(
        self, client: aiohttp.ClientSession, hop: _Hop, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """Ask with credentials, and once more with others after a 401."""
        if hop.user is not None:
            return await self._send(client, hop, headers, hop.user.fixed)
        credentials = self._credentials.of(hop.origin, is_named=hop.is_named)
        if credentials is None:
            return await self._send(client, hop, headers, {})
        given = await credentials.fields(hop.address)
        response = await self._send(client, hop, headers, given.fields)
        if response.status != 401:
            return response
        self._cookies.keep(hop.origin, response)
        challenge = ", ".join(response.headers.getall("WWW-Authenticate", ()))
        try:
            fresh = await credentials.after_refusal(hop.address, given, challenge)
        except BaseException:
            hang_up(response)
            response.close()
            raise
        if fresh is None:
            return response
        await _let_go(response)
        return await self._send(client, hop, headers, fresh.fields)

    async def _send(
        self,
        client: aiohttp.ClientSession,
        hop: _Hop,
        headers: Mapping[str, str],
        credentials: Mapping[str, str],
    ) -> aiohttp.ClientResponse:
        import aiohttp

        way = self._ways.get((hop.origin, hop.is_named))
        if way is None:
            async with self._finding:
                way = self._ways.get((hop.origin, hop.is_named)) or await self._find_way(hop)
                self._ways[hop.origin, hop.is_named] = way
        fields = self._cookies.fields(hop.origin, hop.url)
        if hop.is_named:
            fields |= {**self._settings.headers, **credentials, **headers, **way.fields}
        else:
            fields |= {**credentials, **fields_for_others(headers), **way.fields}
        try:
            response = await client.get(
                hop.url, headers=fields, allow_redirects=False, **way.arguments
            )
        except aiohttp.ClientHttpProxyError as error:
            raise proxy_refusal(hop.shown, error.status, error.headers) from None
        if response.status == 407:
            response.close()
            raise proxy_refusal(hop.shown, 407, response.headers)
        return response

    async def _find_way(self, hop: _Hop) -> _Way:
        try:
            proxy = await asyncio.to_thread(proxy_for, hop.origin, self._settings.proxy)
        except ValueError as error:
            raise RetrieveError(f"GET {hop.shown} was not sent: {error}") from error
        way = _Way({})
        if proxy is not None:
            way.arguments["proxy"] = proxy.address
            by_connect = hop.origin.scheme == "https"
            if proxy.authorization is not None:
                told = {"Proxy-Authorization": proxy.authorization}
                # Within a tunnel it is the server that reads the fields.
                if by_connect:
                    way.arguments["proxy_headers"] = told
                else:
                    way.fields.update(told)
            if by_connect:
                way.arguments["timeout"] = self._timeout_of_tunnels()
        if self._tls is not None and hop.origin.scheme == "https":
            way.arguments["ssl"] = await self._tls.get(with_certificate=hop.is_named)
        return way

    def _timeout_of_tunnels(self) -> aiohttp.ClientTimeout:
        import aiohttp

        # While a proxy makes a tunnel, only `connect` counts: it might say nothing for ever.
        settings = self._settings
        return aiohttp.ClientTimeout(
            total=None,
            connect=settings.connect_timeout_s,
            sock_connect=settings.connect_timeout_s,
            sock_read=settings.read_timeout_s,
        )


def _url(address: str) -> tuple[URL, BasicAuth | None]:
    """Read an address, and who it says one is, which is not sent as a part of it."""
    from yarl import URL

    # An address that can be sent as it is written is: servers tell %2F from /, and signatures cover
    # every character.
    as_written = address.isascii() and address.isprintable() and " " not in address
    try:
        url = URL(address, encoded=as_written)
        Origin.of(str(url))
        has_port = url.port is not None
    except ValueError as error:
        raise _not_sent(address, "that is not a valid http address") from error
    if not url.raw_host or not has_port:
        raise _not_sent(address, "that is not a valid http address")
    if url.raw_user is None and url.raw_password is None:
        return url, None
    try:
        return url.with_user(None), BasicAuth(url.user or "", url.password or "")
    except ValueError as error:
        raise _not_sent(address, str(error)) from error


def _not_sent(address: str, why: str) -> RetrieveError:
    return RetrieveError(f"GET {without_credentials(address)} was not sent: {why}")


async def _let_go(response: aiohttp.ClientResponse) -> None:
    async with response:
        await drain(response)
        hang_up(response)
