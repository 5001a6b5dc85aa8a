"""The end of an answer that nobody reads: its connection is used again, or cut."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

__all__ = ["drain", "hang_up"]

# What is longer costs more than a new connection.
_DRAINED_LENGTH = 64 * 1024
_DRAIN_TIMEOUT_S = 1.0


async def drain(response: aiohttp.ClientResponse) -> None:
    """Read the page that comes with an error or a redirection, so that its connection is free."""
    import aiohttp

    if (response.content_length or 0) <= _DRAINED_LENGTH:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with asyncio.timeout(_DRAIN_TIMEOUT_S):
                await response.content.read(_DRAINED_LENGTH)


def hang_up(response: aiohttp.ClientResponse) -> None:
    """End the connection of an answer that is not read to its end; of others there is none."""
    # By TLS a close waits 30 s for the server to agree, which may send on meanwhile.
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
