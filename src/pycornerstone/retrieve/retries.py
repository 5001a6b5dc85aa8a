"""Asking once more: what may pass by itself, and how long to wait for that."""

from __future__ import annotations

import datetime as dt
import email.utils
import random
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycornerstone.errors import RetrieveError
    from pycornerstone.retrieve.headers import Headers
    from pycornerstone.retrieve.http_settings import HttpSettings

__all__ = ["AttemptFailedError", "asked_to_wait_s", "backoff_s", "may_pass", "status_may_pass"]

# RFC 9110 section 15.5 and 15.6, RFC 6585 section 4, RFC 8470 section 5.2.
_STATUSES_THAT_MAY_PASS = {408, 425, 429, 500, 502, 503, 504}
_MOST_DIGITS = 9


class AttemptFailedError(Exception):
    """A request failed; whoever repeats requests says whether that is told.

    Parameters
    ----------
    error : RetrieveError
        What is told if it is.
    may_pass : bool
        Whether it may go well if it is asked once more.
    wait_s : float, optional
        How long the server wants not to be asked.
    """

    def __init__(
        self, error: RetrieveError, *, may_pass: bool = False, wait_s: float | None = None
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.may_pass = may_pass
        self.wait_s = wait_s


def status_may_pass(status: int) -> bool:
    """Say whether another answer may come if the same is asked later."""
    return status in _STATUSES_THAT_MAY_PASS


def may_pass(error: Exception) -> bool:
    """Say whether a failed transfer may go well if it is asked for once more.

    Parameters
    ----------
    error : Exception
        What the HTTP library raised.
    """
    import aiohttp

    match error:
        case aiohttp.ClientConnectorDNSError():
            # The name server did not answer (resolver(3)); all else it says is final.
            found = error.os_error
            return isinstance(found, socket.gaierror) and found.errno == socket.EAI_AGAIN
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return False
        case aiohttp.ServerTimeoutError() | aiohttp.ClientConnectionError():
            return True
        case aiohttp.ClientPayloadError():
            return not _is_badly_packed(error)
        case aiohttp.TooManyRedirects() | aiohttp.ClientHttpProxyError() | aiohttp.InvalidURL():
            return False
        case aiohttp.ClientResponseError():
            # What is no HTTP may be the end of an earlier answer that was longer than it said.
            return True
        case TimeoutError() | ValueError():
            return False
        case _:
            return isinstance(error, OSError)


def _is_badly_packed(error: Exception) -> bool:
    from aiohttp.http_exceptions import ContentEncodingError

    return isinstance(error.__cause__, ContentEncodingError)


def asked_to_wait_s(headers: Headers) -> float | None:
    """Read Retry-After: seconds or a date (RFC 9110 section 10.2.3); None if there is none."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:_MOST_DIGITS])
    until = _date(text)
    if until is None:
        return None
    # By the clock of whoever said it.
    now = _date(headers.get("date", "")) or dt.datetime.now(dt.UTC)
    return max(0.0, (until - now).total_seconds())


def _date(text: str) -> dt.datetime | None:
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=dt.UTC)


def backoff_s(settings: HttpSettings, failures: int) -> float:
    """Draw how long to wait after so many failures: anything up to a bound that doubles.

    All who failed together would else ask together again.
    """
    longest = min(settings.backoff_s * 2.0 ** min(failures - 1, 60), settings.max_backoff_s)
    return random.uniform(0.0, longest)  # noqa: S311 - it is no secret
