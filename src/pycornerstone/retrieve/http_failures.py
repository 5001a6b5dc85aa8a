"""Why a transfer over HTTP failed, in words of who asked for it."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycornerstone.retrieve.http_settings import HttpSettings

__all__ = ["what_happened"]


def what_happened(error: Exception, settings: HttpSettings) -> str:
    """Say in a few words what went wrong, and what to do if that is not plain.

    Parameters
    ----------
    error : Exception
        What the HTTP library raised.
    settings : HttpSettings
        How long it was allowed to take.
    """
    import aiohttp

    match error:
        case aiohttp.ConnectionTimeoutError():
            return f"no connection within {settings.connect_timeout_s:g} s"
        case aiohttp.SocketTimeoutError():
            return f"the server sent nothing for {settings.read_timeout_s:g} s"
        case TimeoutError():
            return f"it was not done within {settings.total_timeout_s or 0:g} s"
        case aiohttp.ClientConnectorDNSError():
            return f"the host {error.host!r} is not known; check the address"
        case aiohttp.ClientConnectorError():
            return f"no connection to {error.host} port {error.port} ({_reason(error.os_error)})"
        case aiohttp.ServerDisconnectedError():
            return "the server closed the connection before it answered; ask again"
        case aiohttp.ClientPayloadError():
            return "the body was cut, or cannot be unpacked; ask again"
        case aiohttp.TooManyRedirects():
            return f"the server redirects without an end, {len(error.history)} times so far"
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError() | ValueError():
            return "it, or where it redirects to, is not a valid http address"
        case aiohttp.ClientResponseError():
            return "what the server answers is not HTTP"
        case _:
            return f"the connection was cut ({_reason(error)}); ask again"


def _reason(error: Exception) -> str:
    # Of TLS the number says nothing; of the rest the text says the address once more.
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return getattr(error, "strerror", None) or type(error).__name__
