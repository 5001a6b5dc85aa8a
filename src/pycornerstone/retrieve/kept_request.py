"""Requests as a cache tells them apart: by address, by what is accepted, and by no secret."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["KeptRequest", "resource_key"]

_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A GET, and the keys that its answer is kept under.

    Attributes
    ----------
    url : str
        Its address, without a fragment and without who logs in.
    fields : mapping of str to str
        Request fields, names in lower case.
    resource, request : str
        Hashes of the address, and of the address and Accept. Who asks is not in them: tokens change
        by the hour, and a folder is of one person.
    """

    url: str = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)
    resource: str
    request: str

    @classmethod
    def of(cls, url: str, headers: Mapping[str, str]) -> Self:
        """Make the keys of a request."""
        url = _anonymous(url)
        fields = {name.lower(): value.strip() for name, value in headers.items()}
        return cls(url, fields, _hash(url), _hash(url, fields.get("accept", "")))

    def varied(self, names: Iterable[str]) -> dict[str, str]:
        """Give the hashes of fields that Vary names; any of them may hold a token."""
        return {name: _hash(self.fields.get(name, "")) for name in names}

    def key(self, varied: Mapping[str, str]) -> str:
        """Give the key of one of its answers, which depends on further fields."""
        return _hash(self.request, *(f"{name}: {value}" for name, value in sorted(varied.items())))


def resource_key(url: str) -> str:
    """Give the hash of an address; what stands before the host's name does not count.

    The rest does, tokens too: what looks like one may be what tells two images apart.
    """
    return _hash(_anonymous(url))


def _anonymous(url: str) -> str:
    return _USER_INFO.sub("", url.partition("#")[0], count=1)


def _hash(*texts: str) -> str:
    text = "\0".join(texts).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=20).hexdigest()
