"""HTTP: an address to bytes, or an error that says what went wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pycornerstone._version import __version__
from pycornerstone.errors import (
    HttpStatusError,
    RetrieveError,
    SessionClosedError,
    TransferError,
)
from pycornerstone.retrieve.addresses import without_credentials
from pycornerstone.retrieve.headers import ContentType, Headers
from pycornerstone.retrieve.http_failures import what_happened
from pycornerstone.retrieve.http_settings import HttpSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    # aiohttp takes 0.2 s to import, so it waits for the first request.
    import aiohttp

__all__ = ["HttpResponse", "HttpRetriever", "HttpSettings"]

_GOOD = {200, 206}
# Memory is taken on the word of Content-Length up to here; past it, as the bytes arrive.
_TRUSTED_LENGTH = 64 * 1024 * 1024
# aiohttp stops reading a socket once twice this much waits to be taken.
_READ_BUFFER = 512 * 1024
# The page that comes with an error is read up to here, so that its connection can be used again.
_DRAINED_LENGTH = 64 * 1024
_DRAIN_TIMEOUT_S = 1.0
_MAX_REASON = 100


@dataclass(frozen=True, slots=True, eq=False)
class HttpResponse:
    """An answer, whole.

    Attributes
    ----------
    url : str
        Where it came from, after redirections.
    status : int
        200, or 206 for a part.
    headers : Headers
        Its header fields.
    body : bytes
        What it holds, with any Content-Encoding undone.
    """

    url: str
    status: int
    headers: Headers
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """Content-Type as the server wrote it, empty where it wrote none."""
        return self.headers.get("content-type", "")

    @property
    def media_type(self) -> str:
        """Content-Type in lower case and without parameters, such as ``"application/dicom"``."""
        return ContentType.parse(self.content_type).media_type


class HttpRetriever:
    """Fetches addresses over connections that are kept and shared.

    Belongs to the event loop that first asks it for something; `close` releases its sockets.

    Parameters
    ----------
    settings : HttpSettings, optional
        Time-outs, limits and header fields.
    """

    def __init__(self, settings: HttpSettings | None = None) -> None:
        self.settings = settings or HttpSettings()
        self._client: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._under_way: set[asyncio.Task[object]] = set()

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Fetch `url`; cancelling closes the connection of the request.

        Parameters
        ----------
        url : str
            An http or https address, sent as it is written.
        headers : mapping of str to str, optional
            Further header fields, before those of the settings.

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
        import aiohttp

        shown = without_credentials(url)
        if not url.lower().startswith(("http://", "https://")):
            raise RetrieveError(
                f"{shown!r} is not an http or https address; for a file use 'dicomfile:'"
            )
        task = asyncio.current_task()
        if task is None:
            raise RetrieveError("an HttpRetriever is asked from a coroutine of a running task")
        client = self._running_client()
        self._under_way.add(task)
        try:
            return await self._request(client, url, shown, headers)
        except asyncio.CancelledError:
            # It was `close` that cancelled, and nobody else besides.
            if self._closed and task not in self._under_way and not task.uncancel():
                raise _closed() from None
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, RetrieveError):
                raise
            # What aiohttp says may hold the address with all that is in it.
            cause = error if shown == url else None
            what = what_happened(error, self.settings)
            raise TransferError(f"GET {shown} failed: {what}") from cause
        finally:
            self._under_way.discard(task)

    async def close(self) -> None:
        """Release every connection; requests under way fail. May be called again."""
        self._closed = True
        # aiohttp closes their connections without telling them, and they would wait for ever.
        while self._under_way:
            self._under_way.pop().cancel()
        client, self._client = self._client, None
        if client is not None:
            await client.close()

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

        settings = self.settings
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, limit_per_host=settings.max_connections_per_host
            ),
            # `connect` would also count the wait for a free connection.
            timeout=aiohttp.ClientTimeout(
                total=settings.total_timeout_s,
                sock_connect=settings.connect_timeout_s,
                sock_read=settings.read_timeout_s,
            ),
            headers={
                "User-Agent": f"pycornerstone/{__version__}",
                # Images are compressed already, or are compressed badly by gzip and at a price:
                # 200 raw slices from Orthanc take 5 s with it and 0.45 s without.
                "Accept-Encoding": "identity",
                **settings.headers,
            },
            read_bufsize=_READ_BUFFER,
        )

    async def _request(
        self,
        client: aiohttp.ClientSession,
        url: str,
        shown: str,
        headers: Mapping[str, str] | None,
    ) -> HttpResponse:
        from yarl import URL

        # An address that can be sent as it is written is: servers tell %2F from /, and signatures
        # cover every character.
        as_written = url.isascii() and url.isprintable() and " " not in url
        async with client.get(URL(url, encoded=as_written), headers=headers) as response:
            if response.status not in _GOOD:
                await _drain(response)
                reason = (response.reason or "")[:_MAX_REASON]
                raise HttpStatusError(shown, response.status, reason)
            body = await self._read(response, shown)
            fields = Headers(response.headers.items())
            return HttpResponse(str(response.url), response.status, fields, body)

    async def _read(self, response: aiohttp.ClientResponse, shown: str) -> bytes:
        length = response.content_length
        limit = self.settings.max_body_bytes
        if length is not None and length > limit:
            raise _too_large(shown, length, limit)
        buffer = io.BytesIO()
        if length:
            # The buffer of a BytesIO is the bytes that it gives, when they fill it: one allocation.
            buffer.seek(min(length, _TRUSTED_LENGTH) - 1)
            buffer.write(b"\0")
            buffer.seek(0)
        size = 0
        while chunk := await response.content.readany():
            size += len(chunk)
            if size > limit:
                raise _too_large(shown, size, limit)
            buffer.write(chunk)
        buffer.truncate(size)
        return buffer.getvalue()


async def _drain(response: aiohttp.ClientResponse) -> None:
    import aiohttp

    if (response.content_length or 0) <= _DRAINED_LENGTH:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with asyncio.timeout(_DRAIN_TIMEOUT_S):
                await response.content.read(_DRAINED_LENGTH)


def _closed() -> SessionClosedError:
    return SessionClosedError("the HTTP connections have been closed; make a new session")


def _too_large(shown: str, size: int, limit: int) -> RetrieveError:
    return RetrieveError(
        f"GET {shown} answers with {size} bytes or more, the limit is {limit}; raise "
        "HttpSettings.max_body_bytes if it is to be loaded"
    )
