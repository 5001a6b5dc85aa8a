"""One thing that is asked for: when its turn has come, and once more if it fails for now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn, TypeVar

from pycornerstone.errors import HttpStatusError, RetrieveError, TransferError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.addresses import origin_named
from pycornerstone.retrieve.headers import Headers
from pycornerstone.retrieve.http_body import ArrivingBody
from pycornerstone.retrieve.http_endings import drain
from pycornerstone.retrieve.http_failures import cause_of, what_happened
from pycornerstone.retrieve.http_refusals import refusal_advice
from pycornerstone.retrieve.retries import (
    AttemptFailedError,
    asked_to_wait_s,
    backoff_s,
    may_pass,
    status_may_pass,
)
from pycornerstone.retrieve.time_allowed import TimeAllowed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping
    from contextlib import AbstractAsyncContextManager

    import aiohttp

    from pycornerstone.retrieve.errand import Errand
    from pycornerstone.retrieve.host_gate import HostGates
    from pycornerstone.retrieve.http_exchange import HttpExchange
    from pycornerstone.retrieve.http_settings import HttpSettings
    from pycornerstone.retrieve.time_allowed import Deadlines

__all__ = ["HttpRequest"]

T = TypeVar("T")

# Who is busy says so for the whole host; other answers are about what was asked.
_BUSY = {429, 503}
_MAX_REASON = 100


class HttpRequest:
    """A GET with its repetitions.

    Parameters
    ----------
    url : str
        What is asked for.
    headers : mapping of str to str
        Header fields of this request.
    settings : HttpSettings
        Time-outs, repetitions and limits.
    gates : HostGates
        Who may ask when.
    deadlines : Deadlines
        Who looks at the time.
    errand : Errand
        On whose behalf.
    good_statuses, final_statuses : collection of int
        Those that are no failure, and those that are told at once.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        settings: HttpSettings,
        gates: HostGates,
        deadlines: Deadlines,
        errand: Errand,
        good_statuses: Collection[int],
        final_statuses: Collection[int],
    ) -> None:
        self.url = url
        self.time = TimeAllowed(settings.total_timeout_s, deadlines)
        self._headers = headers
        self._settings = settings
        self._errand = errand
        self._good_statuses = good_statuses
        self._final_statuses = final_statuses
        self._place = gates.place(origin_named(url), errand, self.time)
        self._failures = 0
        self._opened: AbstractAsyncContextManager[aiohttp.ClientResponse] | None = None
        self._body: ArrivingBody | None = None

    def shown(self) -> str:
        """Give the address as it may be shown."""
        return without_credentials(self.url)

    async def answer(
        self,
        client: aiohttp.ClientSession,
        exchange: HttpExchange,
        use: Callable[[ArrivingBody], Awaitable[T]],
    ) -> T:
        """Ask until there is an answer, and use it; to be followed by `close` in any case.

        Parameters
        ----------
        client : aiohttp.ClientSession
            Whose connections are used.
        exchange : HttpExchange
            How a host is asked.
        use : callable
            Makes something of the answer; if its bytes fail to come, they are asked for again.

        Raises
        ------
        RetrieveError
            If there is none, and none is to be expected.
        """
        try:
            async with self.time:
                while True:
                    try:
                        return await self._attempt(client, exchange, use)
                    except AttemptFailedError as failed:
                        await self.close()
                        await asyncio.sleep(self._wait_s(failed))
        except TimeoutError as error:
            raise self._told(error) from None

    async def chunk(self, body: ArrivingBody) -> bytes:
        """Wait for more of an answer that is used while it arrives: it is not asked for again."""
        import aiohttp

        try:
            async with self.time:
                chunk = await body.chunk()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, RetrieveError):
                raise
            raise self._told(error) from cause_of(error)
        if not chunk:
            self._place.leave()
        return chunk

    async def close(self) -> None:
        """Close the connection if there is more to come on it, and make way for others."""
        body, self._body = self._body, None
        if body is not None:
            body.give_up()
        opened, self._opened = self._opened, None
        try:
            if opened is not None:
                await opened.__aexit__(None, None, None)
        finally:
            self._place.leave()

    async def _attempt(
        self,
        client: aiohttp.ClientSession,
        exchange: HttpExchange,
        use: Callable[[ArrivingBody], Awaitable[T]],
    ) -> T:
        import aiohttp

        await self._place.enter()
        try:
            opening = exchange.open(client, self.url, self._headers)
            response = await opening.__aenter__()
            self._opened = opening
            if response.status not in self._good_statuses:
                await self._refused(response)
            self._place.answered()
            limit = self._settings.max_body_bytes
            body = ArrivingBody(response, self.shown, self._place, self._errand, limit)
            self._body = body
            return await use(body)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, RetrieveError):
                raise
            told = self._told(error)
            told.__cause__ = cause_of(error)
            raise AttemptFailedError(told, may_pass=may_pass(error)) from None

    def _told(self, error: Exception) -> TransferError:
        what = what_happened(error, self._settings)
        return TransferError(f"GET {self.shown()} failed: {what}{self._asked_often()}")

    async def _refused(self, response: aiohttp.ClientResponse) -> NoReturn:
        await drain(response)
        status = response.status
        # It may hold bytes that are no text.
        reason = "".join(c for c in (response.reason or "")[:_MAX_REASON] if c.isprintable())
        advice = refusal_advice(self.url, response)
        error = HttpStatusError(self.shown(), status, reason, advice)
        wait_s = asked_to_wait_s(Headers(response.headers.items()))
        if status not in _BUSY:
            self._place.answered()
        elif wait_s and wait_s <= self._settings.max_backoff_s:
            self._place.leave_alone(wait_s)
        passes = status_may_pass(status) and status not in self._final_statuses
        raise AttemptFailedError(error, may_pass=passes, wait_s=wait_s if passes else None)

    def _wait_s(self, failed: AttemptFailedError) -> float:
        """Say how long to wait before the next attempt; raise the error if there is to be none."""
        settings = self._settings
        asked_often = self._asked_often()
        self._failures += 1
        wait_s = failed.wait_s
        if failed.may_pass and self._failures <= settings.max_retries:
            if wait_s is None:
                wait_s = backoff_s(settings, self._failures)
            left = self.time.left
            if wait_s <= settings.max_backoff_s and (left is None or wait_s < left):
                return wait_s
        error = failed.error
        if isinstance(error, HttpStatusError):
            if wait_s is not None and wait_s > 0:
                asked_often += f"; the server wants to be asked again in {wait_s:.0f} s"
            error.message += asked_often
            error.args = (error.message,)
        raise error from error.__cause__

    def _asked_often(self) -> str:
        return f" (asked {self._failures + 1} times)" if self._failures else ""
