"""Cookies: what a server wants to be reminded of, and no other is told (RFC 6265)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

    from pycornerstone.retrieve.addresses import Origin

__all__ = ["Cookies"]

_MOST = 50


class Cookies:
    """Keeps the cookies of each origin apart, in memory.

    A load balancer finds its server by them, and a log-in page its guest. RFC 6265 would send them
    to every port of a host, and to the hosts beside it.
    """

    def __init__(self) -> None:
        self._jars: dict[Origin, aiohttp.CookieJar] = {}

    def keep(self, origin: Origin, response: aiohttp.ClientResponse) -> bool:
        """Keep what an answer sets, and say whether it set something."""
        if "Set-Cookie" not in response.headers:
            return False
        import aiohttp

        jar = self._jars.get(origin)
        if jar is None or len(jar) > _MOST:
            # "unsafe" is a server that has an IP address for a name.
            jar = self._jars[origin] = aiohttp.CookieJar(unsafe=True)
        jar.update_cookies(response.cookies, response.url)
        return True

    def fields(self, origin: Origin, url: URL) -> dict[str, str]:
        """Give the Cookie field of a request, or none."""
        jar = self._jars.get(origin)
        if jar is None or not (found := jar.filter_cookies(url)):
            return {}
        pairs = [f"{morsel.key}={morsel.coded_value}" for morsel in found.values()]
        return {"Cookie": "; ".join(pairs)}
