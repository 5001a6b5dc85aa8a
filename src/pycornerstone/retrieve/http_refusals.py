"""Who is not let in: what the server wants, and what to do (RFC 9110 section 11.6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pycornerstone.errors import HttpStatusError
from pycornerstone.retrieve.addresses import Origin
from pycornerstone.retrieve.redirects import fields_for_others, is_same_server

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiohttp

__all__ = ["proxy_refusal", "refusal_advice"]

_SCHEME = re.compile(r"(?:^|,)\s*(?P<name>[A-Za-z][A-Za-z0-9-]{0,30})(?=\s+[A-Za-z0-9]|\s*(?:,|$))")
_REALM = re.compile(r'\brealm\s*=\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s,"]+))', re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_MAX_REALM = 60
_WITHOUT_SECRET = frozenset({"host", "connection"})


def refusal_advice(url: str, response: aiohttp.ClientResponse) -> str:
    """Say what to do after a 401 or 403; empty after any other status.

    Parameters
    ----------
    url : str
        What was asked for at first.
    response : aiohttp.ClientResponse
        The answer.
    """
    if response.status not in {401, 403}:
        return ""
    wanted = _wanted(", ".join(response.headers.getall("WWW-Authenticate", ())))
    sent = response.request_info.headers
    anybody = fields_for_others(sent)
    if any(name not in anybody and name.lower() not in _WITHOUT_SECRET for name in sent):
        if response.status == 403:
            return "the server knows who asks, and does not allow it; ask as somebody else"
        return f"the server does not accept the credentials that it was given{wanted}"
    answering = Origin.of(str(response.url))
    if not is_same_server(answering, Origin.of(url)):
        return (
            f"it was redirected to {answering}, which is not told the credentials of the server "
            f"that was asked{wanted}; give them as HttpSettings(auth={{{str(answering)!r}: ...}})"
        )
    return (
        f"the server wants credentials that were not given{wanted}; give them as "
        "HttpSettings(auth=...)"
    )


def proxy_refusal(
    shown: str, status: int, headers: Mapping[str, str] | None = None
) -> HttpStatusError:
    """Make the error of a request that the proxy on its way did not pass on.

    Parameters
    ----------
    shown : str
        What was asked for, as it may be shown.
    status : int
        What the proxy answered.
    headers : mapping of str to str, optional
        Its header fields.
    """
    if status != 407:
        advice = "that was the proxy on the way, which has no connection to the server"
        return HttpStatusError(shown, status, "from the proxy", advice)
    wanted = _wanted((headers or {}).get("Proxy-Authenticate", ""))
    return HttpStatusError(
        shown,
        status,
        "Proxy Authentication Required",
        f"the proxy on the way wants credentials, or others{wanted}; give them as "
        "HttpSettings(proxy='http://user:password@proxy.example:3128')",
    )


def _wanted(challenge: str) -> str:
    """Name the schemes that would do, and whose realm it is."""
    unquoted = _QUOTED.sub('""', challenge)
    names = {found["name"].lower(): found["name"] for found in _SCHEME.finditer(unquoted)}
    if not names:
        return ""
    realm = _REALM.search(challenge)
    text = f" (it asks for {' or '.join(names.values())}"
    if realm is not None:
        name = "".join(c for c in realm["quoted"] or realm["bare"] or "" if c.isprintable())
        shown = name if len(name) <= _MAX_REALM else name[:_MAX_REALM] + "..."
        text += f", realm {shown!r}"
    return text + ")"
