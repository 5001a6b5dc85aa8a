"""Metadata of many instances: kept as they were written, and parsed when somebody asks.

A header of 3 kB takes 22 kB once it is parsed. Those of a study of thousands would fill memory, and
keep the garbage collector busy, though few of their images may ever be looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pycornerstone.loaders.dicomweb_tables import name_absolutely
from pycornerstone.metadata.dicom_json import JsonAttributes, parse_dicom_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycornerstone.loaders.dicomweb_tables import JsonObject

__all__ = ["StatedDataSet", "UnparsedAttributes", "parse_in_pieces"]


class StatedDataSet(NamedTuple):
    """A data set that a server stated.

    Attributes
    ----------
    found : dict
        The DICOM JSON object.
    written : bytes or None
        Its text, where there are so many that this is what should be kept.
    """

    found: JsonObject
    written: bytes | None = None


class UnparsedAttributes(JsonAttributes):
    """One object of the DICOM JSON model, parsed when it is first asked for anything.

    Parameters
    ----------
    written : bytes
        Its text, known to be such an object.
    metadata_url : str
        Where it came from, which addresses in it are relative to.
    """

    __slots__ = ("_metadata_url", "_written")

    def __init__(self, written: bytes, metadata_url: str) -> None:
        # Without the object of the base class: that it is missing is what calls __getattr__.
        self._written = written
        self._metadata_url = metadata_url
        self._items = {}

    def __getattr__(self, name: str) -> Any:
        if name != "_object":
            raise AttributeError(name)
        written = self._written
        if not written:
            # Another thread has parsed it meanwhile; it put the object in its place first.
            return self._object
        [found] = parse_dicom_json(written)
        name_absolutely(found, self._metadata_url)
        self._object = found
        self._written = b""
        return found


def parse_in_pieces(body: bytes) -> Iterator[StatedDataSet]:
    """Parse one data set after the other: the parser lets no other thread run while it does.

    Raises
    ------
    DecodeError
        If it is not DICOM JSON.
    """
    import msgspec

    try:
        pieces = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # A single one, with a mark before it, or wrong, which is then told.
        yield from map(StatedDataSet, parse_dicom_json(body))
        return
    for piece in pieces:
        written = bytes(piece)
        # A list in the list is no data set, and would be taken for several.
        if not written.lstrip().startswith(b"{"):
            parse_dicom_json(body)
        yield StatedDataSet(parse_dicom_json(written)[0], written)
