"""Why a transfer over HTTP failed, in words of who asked for it."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING

from pycornerstone.retrieve.tls_failures import tls_problem

if TYPE_CHECKING:
    from pycornerstone.retrieve.http_settings import HttpSettings

__all__ = ["SlowNameLookupError", "cause_of", "what_happened"]


class SlowNameLookupError(socket.gaierror):
    """The name of a host was not looked up in time; it may be the next time.

    Parameters
    ----------
    timeout_s : float
        How long that was.
    """

    def __init__(self, timeout_s: float) -> None:
        super().__init__(socket.EAI_AGAIN, f"no answer within {timeout_s:g} s")


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

    if (problem := tls_problem(error)) is not None:
        return problem
    match error:
        case aiohttp.ConnectionTimeoutError():
            return f"no connection within {settings.connect_timeout_s:g} s"
        case aiohttp.SocketTimeoutError():
            return f"the server sent nothing for {settings.read_timeout_s:g} s"
        case TimeoutError():
            return f"it was not done within {settings.total_timeout_s or 0:g} s"
        case aiohttp.ClientProxyConnectionError():
            reason = _reason(error.os_error)
            return f"no connection to the proxy {error.host} port {error.port} ({reason})"
        case aiohttp.ClientConnectorDNSError():
            return _not_looked_up(error.host, error.os_error)
        case aiohttp.ClientConnectorError():
            return f"no connection to {error.host} port {error.port} ({_reason(error.os_error)})"
        case aiohttp.ServerDisconnectedError():
            return "the server closed the connection before it answered; ask again"
        case aiohttp.ClientPayloadError():
            return "the body was cut, or cannot be unpacked; ask again"
        case aiohttp.InvalidURL() | ValueError():
            return "it, or where it redirects to, is not a valid http address"
        case aiohttp.ClientResponseError():
            return "what the server answers is not HTTP"
        case _:
            return f"the connection was cut ({_reason(error)}); ask again"


def cause_of(error: Exception) -> Exception | None:
    """Give what may be shown beneath the error that is told: what the system or TLS says.

    Other errors of the HTTP library hold addresses, those of redirections with their signatures
    among them, header fields, and bytes of answers, which may name patients.
    """
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return error
    if not isinstance(error, OSError) or isinstance(error, TimeoutError):
        return None
    return None if error.errno is None else error


def _not_looked_up(host: str, error: OSError) -> str:
    if not isinstance(error, SlowNameLookupError):
        return f"the host {host!r} is not known; check the address"
    return (
        f"the host {host!r} could not be looked up ({error.strerror}); is there a network, and a "
        "name server?"
    )


def _reason(error: Exception) -> str:
    # Of TLS the number says nothing; of the rest the text says the address once more.
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return getattr(error, "strerror", None) or type(error).__name__
