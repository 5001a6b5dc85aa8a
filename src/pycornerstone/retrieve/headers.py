"""Header fields of HTTP and of multipart bodies, and the media types that they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ContentType", "Headers"]

_PARAMETER = re.compile(r""";\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))""")
_ESCAPED = re.compile(r"\\(.)")


class Headers(Mapping[str, str]):
    """Header fields whose names are found in upper and lower case alike (RFC 9110, section 5.1).

    Parameters
    ----------
    fields : iterable of (str, str)
        Names and values, as they came; what comes twice is joined by commas (section 5.3).
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, str] = {}
        for name, value in fields:
            key = name.lower()
            known = self._fields.get(key)
            self._fields[key] = value if known is None else f"{known}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        # Values may be cookies or tokens, and what is printed ends up in logs.
        return f"{type(self).__name__}({', '.join(self._fields)})"


@dataclass(frozen=True, slots=True)
class ContentType:
    """A media type with its parameters (RFC 9110, section 8.3.1).

    Attributes
    ----------
    media_type : str
        Type and subtype in lower case, such as ``"multipart/related"``; empty where none is named.
    parameters : mapping of str to str
        By name in lower case, values without their quotes.

    Examples
    --------
    >>> ContentType.parse('image/JLS; Transfer-Syntax="1.2.840.10008.1.2.4.80"').media_type
    'image/jls'
    """

    media_type: str
    parameters: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split the value of a Content-Type field; quotes may hold semicolons."""
        return cls(*_media_type_and_parameters(text))


# The answers of a series all have the same few, each of which is asked for four times.
@lru_cache(maxsize=256)
def _media_type_and_parameters(text: str) -> tuple[str, Mapping[str, str]]:
    # Some servers put the whole value between quotes.
    text = text.strip().strip('"') if text.count('"') == 2 and text[:1] == '"' else text.strip()
    parameters: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(text):
        value = _ESCAPED.sub(r"\1", quoted) if quoted else plain.strip()
        parameters.setdefault(name.lower(), value)
    return text.partition(";")[0].strip().lower(), MappingProxyType(parameters)
