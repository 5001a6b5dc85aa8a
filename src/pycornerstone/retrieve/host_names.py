"""Looking up where a host is, for no longer than a connection may take."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from aiohttp import DefaultResolver
from aiohttp.abc import AbstractResolver

from pycornerstone.retrieve.http_failures import SlowNameLookupError

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult

__all__ = ["HostNames"]


class HostNames(AbstractResolver):
    """Asks another resolver, which sets itself no limit of its own.

    Belongs to one event loop.

    Parameters
    ----------
    timeout_s : float
        How long a look-up may take.
    resolver : aiohttp.abc.AbstractResolver, optional
        Who is asked; by default that of aiohttp.
    """

    def __init__(self, timeout_s: float, resolver: AbstractResolver | None = None) -> None:
        self._timeout_s = timeout_s
        self._resolver = DefaultResolver() if resolver is None else resolver
        self._asked: dict[
            tuple[str, int, socket.AddressFamily], asyncio.Task[list[ResolveResult]]
        ] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the addresses of a host.

        Raises
        ------
        SlowNameLookupError
            If there is no answer in time.
        OSError
            If there is none.
        """
        key = (host, port, family)
        lookup = self._asked.get(key)
        if lookup is None:
            lookup = asyncio.create_task(self._resolver.resolve(host, port, family))
            self._asked[key] = lookup
            lookup.add_done_callback(lambda task: self._answered(key, task))
        try:
            async with asyncio.timeout(self._timeout_s):
                # The system cannot be told to stop. Whoever asks again waits for the same, and does
                # not take another thread.
                return await asyncio.shield(lookup)
        except TimeoutError:
            raise SlowNameLookupError(self._timeout_s) from None

    async def close(self) -> None:
        """Wait for no answer any more."""
        for lookup in list(self._asked.values()):
            lookup.cancel()
        await self._resolver.close()

    def _answered(
        self,
        key: tuple[str, int, socket.AddressFamily],
        lookup: asyncio.Task[list[ResolveResult]],
    ) -> None:
        self._asked.pop(key, None)
        if not lookup.cancelled():
            # Nobody may have waited for it, and that is no error of its own.
            lookup.exception()
