"""Proxies: by which way a server is reached (RFC 9110 sections 7.6 and 9.3.6)."""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from pycornerstone.retrieve.addresses import Origin

__all__ = ["Proxy", "proxy_for"]


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and what lets one use it.

    Attributes
    ----------
    address : str
        Scheme, host and port.
    authorization : str or None
        Value of Proxy-Authorization.
    """

    address: str
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, address: str, named_by: str) -> Proxy:
        """Read the address of a proxy; without a scheme it is an http one.

        Parameters
        ----------
        address : str
            Such as ``http://user:password@proxy.example:3128``.
        named_by : str
            Where it stands, for the error.

        Raises
        ------
        ValueError
            If it is none, or of a kind that is not supported. The address is not in the text.
        """
        if "://" not in address:
            address = f"http://{address}"
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ValueError(f"{named_by} is not a valid address of a proxy") from error
        if parts.scheme not in {"http", "https"} or not host:
            raise ValueError(
                f"{named_by} names a proxy of scheme {parts.scheme!r}; http and https are known, "
                "as in 'http://proxy.example:3128'"
            )
        shown_host = f"[{host}]" if ":" in host else host
        authorization = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
        default = 443 if parts.scheme == "https" else 80
        return cls(f"{parts.scheme}://{shown_host}:{port or default}", authorization)


def proxy_for(origin: Origin, setting: str | None) -> Proxy | None:
    """Give the proxy by which `origin` is reached; None for none.

    It may ask the operating system, and wait for that: call it in a thread.

    Parameters
    ----------
    origin : Origin
        Where a request goes.
    setting : str or None
        As in `HttpSettings.proxy`; None for what the environment says.

    Raises
    ------
    ValueError
        If what names the proxy is not understood.
    """
    if setting is not None:
        return Proxy.at(setting, "HttpSettings.proxy") if setting else None
    if _is_this_machine(origin.host):
        return None
    known = getproxies()
    kind = origin.scheme if known.get(origin.scheme) else "all"
    address = known.get(kind)
    if not address or _is_excepted(origin, known.get("no", "")):
        return None
    return Proxy.at(address, f"{kind.upper()}_PROXY of the environment")


def _is_this_machine(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _is_excepted(origin: Origin, exceptions: str) -> bool:
    if proxy_bypass(f"{origin.host}:{origin.port}") or proxy_bypass(origin.host):
        return True
    address = _address(origin.host)
    # Networks are not known to urllib, but are to curl and requests.
    return address is not None and any(
        _is_within(address, network) for network in re.split(r"[,\s]+", exceptions)
    )


def _is_within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
