"""Redirections: where they lead, and what goes along (RFC 9110 section 15.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pycornerstone.errors import RetrieveError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.addresses import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_REDIRECTS", "REDIRECTS", "fields_for_others", "is_same_server", "target_of"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 10

# What chooses a representation, and says nothing of who asks.
_FOR_ANYBODY = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "pragma",
        "range",
        "user-agent",
    }
)
# urljoin would take the host of the address that was asked for.
_NO_HOST = re.compile(r"\s*https?://(?:[/?#]|\s*$)", re.IGNORECASE)


def target_of(url: str, location: str) -> str:
    """Give the address that a redirection leads to.

    Parameters
    ----------
    url : str
        What was asked for.
    location : str
        Location of the answer, which may be relative.

    Returns
    -------
    str
        An http or https address without a user name and password: a server does not decide who one
        says one is.

    Raises
    ------
    RetrieveError
        If it is none, or leads from https to http.
    """
    shown = without_credentials(url)
    try:
        target = "" if _NO_HOST.match(location) else urljoin(url, location.strip())
        origin = Origin.of(target)
        parts = urlsplit(target)
    except ValueError as error:
        raise RetrieveError(
            f"GET {shown} is redirected to what is no http or https address; ask for where the "
            "image is, or see to the server"
        ) from error
    if origin.scheme == "http" and urlsplit(url).scheme.lower() == "https":
        raise RetrieveError(
            f"GET {shown} is redirected from https to {without_credentials(target)}, which anybody "
            "on the way could read and change, so it is not followed; a server behind a proxy has "
            "to be told that its address is https"
        )
    netloc = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=netloc, fragment="").geturl()


def is_same_server(origin: Origin, named: Origin) -> bool:
    """Tell whether credentials for `named` may be sent to `origin`.

    They may where both are one, and from http to https of one host, each at its own port: whoever
    answers there has proved to be that host.
    """
    if origin == named:
        return True
    ways = ((named.scheme, named.port), (origin.scheme, origin.port))
    return origin.host == named.host and ways == (("http", 80), ("https", 443))


def fields_for_others(headers: Mapping[str, str]) -> dict[str, str]:
    """Give those header fields of a caller that another server is sent as well."""
    return {name: value for name, value in headers.items() if name.lower() in _FOR_ANYBODY}
