"""The body of an answer, as it arrives: counted, bounded, and not in the way of what is urgent."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pycornerstone.errors import RetrieveError

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    from pycornerstone.retrieve.errand import Errand
    from pycornerstone.retrieve.host_gate import Place

__all__ = ["ArrivingBody"]

# Up to here the chunks are kept and joined, which is one copy; past it that is too much memory.
_JOINED_UP_TO = 2 * 1024 * 1024
# Memory is taken on the word of Content-Length up to here; past it, as the bytes arrive.
_TRUSTED_LENGTH = 64 * 1024 * 1024


class ArrivingBody:
    """What comes after the header fields of an answer.

    Its `response` gives status and header fields.

    Parameters
    ----------
    response : aiohttp.ClientResponse
        The answer.
    address : callable
        Gives its address as it may be shown.
    place : Place
        Where its request stands at the host.
    errand : Errand
        Who is told of the bytes.
    limit : int
        What a longer body is refused at.

    Raises
    ------
    RetrieveError
        If it says that it will be longer.
    """

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        address: Callable[[], str],
        place: Place,
        errand: Errand,
        limit: int,
    ) -> None:
        self.response = response
        self._address = address
        self._place = place
        self._errand = errand
        self._limit = limit
        self._size = 0
        length = response.content_length
        # What is packed is counted as it is unpacked, and of that nobody knows the length.
        self._length = None if "Content-Encoding" in response.headers else length
        if length is not None and length > limit:
            raise self._too_large(length)
        self._noted = 0
        self._is_open = True
        errand.note_bytes(expected=self._length or 0, unknown=self._length is None)

    async def chunk(self) -> bytes:
        """Wait for more of it; empty at its end.

        Raises
        ------
        RetrieveError
            If it is longer than allowed.
        Exception
            What the HTTP library raises.
        """
        if self._place.must_give_way:
            await self._give_way()
        content = self.response.content
        chunk = await content.readany()
        if chunk:
            self._count(len(chunk))
        else:
            self._end()
        return chunk

    async def whole(self) -> bytes:
        """Wait for all of it."""
        chunks: list[bytes] = []
        while chunk := await self.chunk():
            chunks.append(chunk)
            if self._size > _JOINED_UP_TO:
                return await self._long(chunks)
        return b"".join(chunks)

    def begin_part(self) -> None:
        """Let what is allowed count from here on."""
        self._size = 0

    def give_up(self) -> None:
        """Count what has arrived as if it had not; nothing after the end."""
        if self._is_open:
            self._is_open = False
            self._errand.note_bytes(
                -self._noted, expected=-(self._length or 0), unknown=-(self._length is None)
            )

    async def _long(self, chunks: list[bytes]) -> bytes:
        buffer = io.BytesIO()
        if self._length:
            # The buffer of a BytesIO is the bytes that it gives, when they fill it: one allocation.
            buffer.seek(min(self._length, _TRUSTED_LENGTH) - 1)
            buffer.write(b"\0")
            buffer.seek(0)
        buffer.writelines(chunks)
        chunks.clear()
        while chunk := await self.chunk():
            buffer.write(chunk)
        buffer.truncate(self._size)
        return buffer.getvalue()

    def _count(self, number: int) -> None:
        self._size += number
        self._noted += number
        self._errand.note_bytes(number)
        if self._size > self._limit:
            raise self._too_large(self._size)

    def _end(self) -> None:
        if self._is_open:
            self._is_open = False
            is_unknown = self._length is None
            self._errand.note_bytes(
                expected=self._noted if is_unknown else 0, unknown=-is_unknown, is_end=True
            )

    async def _give_way(self) -> None:
        """Read nothing for a while, so that the server sends nothing (RFC 9293 section 3.8.6)."""
        connection = self.response.connection
        protocol = None if connection is None else connection.protocol
        if protocol is not None and protocol.is_connected():
            # This also stops the clock that counts the server's silence.
            protocol.pause_reading()
        try:
            await self._place.give_way()
        finally:
            if protocol is not None and protocol.is_connected():
                protocol.resume_reading()

    def _too_large(self, size: int) -> RetrieveError:
        return RetrieveError(
            f"GET {self._address()} answers with {size} bytes or more, the limit is {self._limit}; "
            "raise HttpSettings.max_body_bytes if it is to be loaded"
        )
