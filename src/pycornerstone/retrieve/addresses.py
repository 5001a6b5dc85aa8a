"""Addresses: whose they are, and that errors show none with what is secret."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Origin", "naming_image", "origin_named"]

_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Who gives what an address names (RFC 6454): what one of them is told, no other is.

    Attributes
    ----------
    scheme : str
        ``http`` or ``https``.
    host : str
        In lower case, an IPv6 address without its brackets.
    port : int
        As in the address, or that of the scheme.

    Examples
    --------
    >>> str(Origin.of("HTTPS://ada:secret@Pacs.example:443/dicom-web?a=b"))
    'https://pacs.example'
    """

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, address: str) -> Origin:
        """Give the origin of an http or https address.

        Raises
        ------
        ValueError
            If it is none; the address is not in the text.
        """
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ValueError("not a valid address") from error
        if parts.scheme not in _PORTS or not host:
            raise ValueError("not an http or https address with a host")
        return cls(parts.scheme, _ascii_host(host), port or _PORTS[parts.scheme])

    def __str__(self) -> str:
        """Give it as it stands in an address, the port only where it is not the scheme's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def origin_named(address: str) -> str:
    """Give the origin of an address as a text, in one form; all that are none have one too."""
    try:
        return str(Origin.of(address))
    except ValueError:
        return "a server"


@contextmanager
def naming_image(image_id: str) -> Iterator[None]:
    """Let errors that pass say which image they are about, and nothing that is secret.

    Loaders whose imageIds are addresses of other machines do all their work within.
    """
    try:
        yield
    except PyCornerstoneError as error:
        # Whoever raised it may have put the imageId into the text.
        error.message = without_credentials(error.message)
        error.args = (error.message,)
        error.image_id = without_credentials(error.image_id or image_id)
        raise


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host.lower()
