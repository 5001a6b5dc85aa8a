"""HTTP: an address to bytes, or an error that says what went wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from pycornerstone._version import __version__
from pycornerstone.errors import RetrieveError, SessionClosedError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.errand import current_errand
from pycornerstone.retrieve.headers import Headers
from pycornerstone.retrieve.host_gate import HostGates
from pycornerstone.retrieve.http_exchange import HttpExchange
from pycornerstone.retrieve.http_request import HttpRequest
from pycornerstone.retrieve.http_response import HttpResponse
from pycornerstone.retrieve.http_settings import HttpSettings
from pycornerstone.retrieve.http_stream import HttpStream
from pycornerstone.retrieve.time_allowed import Deadlines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Mapping

    # aiohttp takes 0.2 s to import, so it waits for the first request.
    import aiohttp

    from pycornerstone.retrieve.disk_cache import DiskCache
    from pycornerstone.retrieve.host_names import HostNames
    from pycornerstone.retrieve.http_body import ArrivingBody

__all__ = ["HttpResponse", "HttpRetriever", "HttpSettings", "HttpStream"]

_GOOD = frozenset({200, 206})
# Nothing has changed (RFC 9110 section 15.4.5), an answer only where it was asked whether.
_NOT_MODIFIED = 304
_CONDITIONS = {"if-none-match", "if-modified-since"}
# aiohttp stops reading a socket once twice this much waits to be taken.
_READ_BUFFER = 512 * 1024
# asyncio reads 256 KiB of a socket at once unless it is told otherwise.
_STREAM_PIECE = 1024 * 1024

# How long a server may take to agree that a TLS connection ends (RFC 8446 section 6.1).
_TLS_CLOSE_S = 0.1

# Reading prefetches takes turns at the interpreter with the threads that decode and draw: going on
# with them at once made an image that somebody waits for come three times as late.
_QUIET_S = 0.02


class HttpRetriever:
    """Fetches addresses over connections that are kept and shared.

    The one way to the network: time-outs, repetitions, limits, credentials, proxies and TLS of the
    settings hold for all that is fetched by it. How urgent a request is, `current_errand` says.

    Belongs to the event loop that first asks it for something; `close` releases its sockets.

    Parameters
    ----------
    settings : HttpSettings, optional
        How requests are made.
    disk_cache : DiskCache, optional
        Where whole answers are kept between sessions.
    """

    def __init__(
        self, settings: HttpSettings | None = None, disk_cache: DiskCache | None = None
    ) -> None:
        self.settings = settings or HttpSettings()
        self.disk_cache = disk_cache
        self._exchange = HttpExchange(self.settings)
        self._gates = HostGates(self.settings.max_connections_per_host, _QUIET_S)
        self._deadlines = Deadlines()
        self._client: aiohttp.ClientSession | None = None
        self._names: HostNames | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        # Those that wait for the network now.
        self._under_way: set[asyncio.Task[object]] = set()

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        final_statuses: Collection[int] = (),
    ) -> HttpResponse:
        """Fetch `url`; cancelling closes the connection of the request.

        Parameters
        ----------
        url : str
            An http or https address, sent as it is written.
        headers : mapping of str to str, optional
            Further header fields, before those of the settings.
        final_statuses : collection of int
            HTTP statuses that are told at once, though they may pass: those that the caller has
            another way for.

        Raises
        ------
        HttpStatusError
            If the server answers with another status than 200 or 206.
        TransferError
            If there is no connection, it is cut, or it takes longer than allowed.
        RetrieveError
            If `url` is no http or https address, or the answer is larger than allowed.
        SessionClosedError
            After `close`.
        """
        asked = headers or {}
        if self.disk_cache is None:
            return await self._fetch(url, asked, final_statuses)

        async def fetch(further: Mapping[str, str]) -> HttpResponse:
            return await self._fetch(url, {**asked, **further}, final_statuses)

        # What the settings send with every request chooses the representation too.
        return await self.disk_cache.through(url, {**self.settings.headers, **asked}, fetch)

    @contextlib.asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        final_statuses: Collection[int] = (),
        is_repeated: bool = True,
    ) -> AsyncIterator[HttpStream]:
        """Fetch `url`, and use what it gives while it arrives.

        It is asked for again until there are header fields, not later. The server sends no faster
        than is taken. Leaving the context before the end closes the connection.

        Parameters
        ----------
        url, headers, final_statuses
            As for `get`.
        is_repeated : bool
            False where there is another way, which is gone sooner than a silent server is asked
            again.

        Yields
        ------
        HttpStream
            Its body is iterated over.

        Raises
        ------
        HttpStatusError, TransferError, RetrieveError, SessionClosedError
            As `get` does.
        """
        if self.disk_cache is not None:
            self.disk_cache.check_may_ask(url)
        request = self._request(url, headers or {}, final_statuses, is_repeated=is_repeated)
        try:
            with self._waiting() as client:
                body = await request.answer(client, self._exchange, _arriving)
            _read_in_large_pieces(body.response)

            async def wait() -> bytes:
                with self._waiting():
                    return await request.chunk(body)

            def begin_part() -> None:
                body.begin_part()
                request.time.renew()

            yield HttpStream(body.response, wait, begin_part)
        finally:
            await request.close()

    async def close(self) -> None:
        """Release every connection; requests under way fail. May be called again."""
        self._closed = True
        # aiohttp closes their connections without telling them, and they would wait for ever.
        while self._under_way:
            self._under_way.pop().cancel()
        self._gates.close()
        self._deadlines.close()
        client, self._client = self._client, None
        await self._exchange.close()
        if client is not None:
            if client.connector is not None:
                await client.connector.close(abort_ssl=True)
            await client.close()
        # A connector closes only a resolver of its own.
        names, self._names = self._names, None
        if names is not None:
            await names.close()

    async def _fetch(
        self, url: str, headers: Mapping[str, str], final_statuses: Collection[int]
    ) -> HttpResponse:
        request = self._request(url, headers, final_statuses)
        with self._waiting() as client:
            try:
                return await request.answer(client, self._exchange, _whole)
            finally:
                await request.close()

    def _request(
        self,
        url: str,
        headers: Mapping[str, str],
        final_statuses: Collection[int],
        *,
        is_repeated: bool = True,
    ) -> HttpRequest:
        if not url.lower().startswith(("http://", "https://")):
            raise RetrieveError(
                f"{without_credentials(url)!r} is not an http or https address; for a file use "
                "'dicomfile:'"
            )
        is_conditional = any(name.lower() in _CONDITIONS for name in headers)
        return HttpRequest(
            url,
            headers,
            settings=self.settings if is_repeated else replace(self.settings, max_retries=0),
            gates=self._gates,
            deadlines=self._deadlines,
            errand=current_errand(),
            good_statuses=_GOOD | {_NOT_MODIFIED} if is_conditional else _GOOD,
            final_statuses=final_statuses,
        )

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[aiohttp.ClientSession]:
        """Let `close` end what is waited for within."""
        task = asyncio.current_task()
        if task is None:
            raise RetrieveError("an HttpRetriever is asked from a coroutine of a running task")
        client = self._running_client()
        # It may wait within what it waits for: a function that fetches a token, for one.
        is_outer = task not in self._under_way
        self._under_way.add(task)
        try:
            yield client
        except asyncio.CancelledError:
            # It was `close` that cancelled, and nobody else besides.
            if self._closed and task not in self._under_way and not task.uncancel():
                raise _closed() from None
            raise
        finally:
            if is_outer:
                self._under_way.discard(task)

    def _running_client(self) -> aiohttp.ClientSession:
        if self._closed:
            raise _closed()
        loop = asyncio.get_running_loop()
        if self._client is None:
            self._client = self._new_client()
            self._loop = loop
        elif self._loop is not loop:
            raise RetrieveError(
                "an HttpRetriever was asked from a second event loop; make one for each loop"
            )
        return self._client

    def _new_client(self) -> aiohttp.ClientSession:
        import aiohttp

        from pycornerstone.retrieve.host_names import HostNames

        settings = self.settings
        self._names = HostNames(settings.connect_timeout_s)
        # The gates see to it that no host is asked by more; this is for those that others
        # redirect to.
        connector = aiohttp.TCPConnector(
            limit=0, limit_per_host=settings.max_connections_per_host, resolver=self._names
        )
        # The parameter for it is deprecated, and asyncio waits 30 s for a server that says nothing.
        connector._ssl_shutdown_timeout = _TLS_CLOSE_S  # noqa: SLF001 - there is no other way
        return aiohttp.ClientSession(
            connector=connector,
            # The time for all of a request is counted by the request, over its repetitions.
            timeout=aiohttp.ClientTimeout(
                total=None,
                sock_connect=settings.connect_timeout_s,
                sock_read=settings.read_timeout_s,
            ),
            headers={
                "User-Agent": f"pycornerstone/{__version__}",
                # Images are compressed already, or are compressed badly by gzip and at a price:
                # 200 raw slices from Orthanc take 5 s with it and 0.45 s without.
                "Accept-Encoding": "identity",
            },
            # The exchange keeps those of each server apart.
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=_READ_BUFFER,
        )


def _read_in_large_pieces(response: aiohttp.ClientResponse) -> None:
    """Ask the system for more at once: there is much to come, and each piece costs the same."""
    connection = response.connection
    transport = None if connection is None else connection.transport
    # asyncio's own transports have it; those of other event loops may not.
    if transport is not None and hasattr(transport, "max_size"):
        transport.max_size = _STREAM_PIECE


async def _arriving(body: ArrivingBody) -> ArrivingBody:
    return body


async def _whole(body: ArrivingBody) -> HttpResponse:
    response = body.response
    data = await body.whole()
    fields = Headers(response.headers.items())
    return HttpResponse(str(response.url), response.status, fields, data)


def _closed() -> SessionClosedError:
    return SessionClosedError("the HTTP connections have been closed; make a new session")
