"""An answer that is used while it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pycornerstone.retrieve.headers import ContentType, Headers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiohttp

__all__ = ["HttpStream"]


class HttpStream:
    """An answer whose body is iterated over as it arrives; see `HttpRetriever.stream`.

    No more than some 2 MB of it are held that nobody has taken yet: the server waits.

    Attributes
    ----------
    url : str
        Where it comes from, after redirections.
    status : int
        200, or 206 for a part.
    headers : Headers
        Its header fields.
    content_length : int or None
        Bytes as they are sent, where the server says so.
    """

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        wait: Callable[[], Awaitable[bytes]],
        begin_part: Callable[[], object],
    ) -> None:
        self.url = str(response.url)
        self.status = response.status
        self.headers = Headers(response.headers.items())
        self.content_length = response.content_length
        self._wait = wait
        self._begin_part = begin_part

    @property
    def content_type(self) -> str:
        """Content-Type as the server wrote it, empty where it wrote none."""
        return self.headers.get("content-type", "")

    @property
    def media_type(self) -> str:
        """Content-Type in lower case and without parameters."""
        return ContentType.parse(self.content_type).media_type

    def begin_part(self) -> None:
        """Let time and size that are allowed count anew from here.

        For an answer that holds many things: each of them may take as long and be as large as if it
        had been asked for alone.
        """
        self._begin_part()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Wait for more.

        Raises
        ------
        TransferError
            If the answer is cut, or takes longer than allowed; the time that its reader takes does
            not count.
        RetrieveError
            If it is larger than allowed.
        SessionClosedError
            If the transport is closed meanwhile.
        """
        chunk = await self._wait()
        if not chunk:
            raise StopAsyncIteration
        return chunk
