"""Attributes of an encoded data set: values are read from their bytes when they are asked for."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.character_sets import decode_text
from pycornerstone.metadata.dicom_attributes import DicomAttributes, Scalar
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.metadata.part10_elements import Element, find_elements, find_items
from pycornerstone.metadata.part10_encodings import Encoding, content_encoding

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Part10Attributes"]

# PS3.5 section 6.2: what values of numbers are made of, as `struct` says it, and how many bytes.
_NUMBERS = {
    "FD": ("d", 8),
    "FL": ("f", 4),
    "OB": ("B", 1),
    "OD": ("d", 8),
    "OF": ("f", 4),
    "OL": ("L", 4),
    "OV": ("Q", 8),
    "OW": ("H", 2),
    "SL": ("l", 4),
    "SS": ("h", 2),
    "SV": ("q", 8),
    "UL": ("L", 4),
    "UN": ("B", 1),
    "US": ("H", 2),
    "UV": ("Q", 8),
}
# PS3.5 section 6.1.2.3: only these may hold anything but ASCII.
_CHARACTER_SET_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
# PS3.5 section 6.2: a backslash is a letter in these, and parts no values elsewhere.
_SINGLE_TEXT_VRS = frozenset({"LT", "ST", "UR", "UT"})
_DICTIONARY = {tag.value: tag.vr for tag in Tag}


class Part10Attributes(DicomAttributes):
    """The elements of `Tag` that an encoded data set has; others are not there.

    Parameters
    ----------
    elements : dict of int to Element
        What a walk has kept.
    encoding : Encoding
        How they are written.
    character_sets : tuple of str
        Those of the data set around it, for an item that says nothing else.
    """

    __slots__ = ("_around", "_elements", "_encoding", "_items")

    def __init__(
        self,
        elements: dict[int, Element],
        encoding: Encoding,
        character_sets: tuple[str, ...] = (),
    ) -> None:
        self._elements = elements
        self._encoding = encoding
        self._around = character_sets
        self._items: dict[int, tuple[DicomAttributes, ...]] = {}

    def values(self, tag: int) -> tuple[Scalar, ...]:
        """Read the values of an element; see `DicomAttributes.values`."""
        element = self._read().get(tag)
        if element is None or not element[1]:
            return ()
        vr, data = element
        if vr is None or vr == "UN":
            vr = _DICTIONARY.get(tag, "UN")
        if vr in _NUMBERS:
            return self._numbers(tag, vr, data)
        if vr == "SQ":
            return ()
        if vr in _CHARACTER_SET_VRS:
            text = decode_text(data, self._character_sets(), is_person_name=vr == "PN")
        else:
            text = data.decode("latin-1")
        # Groups of a name that are empty at the end may be left out, or not (PS3.5 section 6.2.1).
        text = text.rstrip(" \0=" if vr == "PN" else " \0")
        if not text:
            return ()
        return (text,) if vr in _SINGLE_TEXT_VRS else tuple(text.split("\\"))

    def items(self, tag: int) -> Sequence[DicomAttributes]:
        """Find the items of a sequence; each is read when it is asked for something."""
        known = self._items.get(tag)
        if known is None:
            element = self._read().get(tag)
            if element is None:
                return ()
            vr, data = element
            encoding = content_encoding(vr, self._encoding)
            sets = self._character_sets()
            known = tuple(
                _Part10Item(data, start, end, encoding, sets)
                for start, end in find_items(data, encoding)
            )
            self._items[tag] = known
        return known

    def data(self, tag: int) -> bytes | None:
        """Give the value of a binary element; see `DicomAttributes.data`."""
        vr, data = self._read().get(tag, (None, b""))
        size = _NUMBERS.get(vr or _DICTIONARY.get(tag, "UN"), ("B", 1))[1]
        if self._encoding.is_big_endian and size > 1:
            whole = len(data) - len(data) % size
            data = np.frombuffer(data[:whole], f">u{size}").astype(f"<u{size}").tobytes()
        return data or None

    def __contains__(self, tag: object) -> bool:
        return tag in self._read()

    def _read(self) -> dict[int, Element]:
        return self._elements

    def _character_sets(self) -> tuple[str, ...]:
        return self.texts(Tag.SPECIFIC_CHARACTER_SET) or self._around

    def _numbers(self, tag: int, vr: str, data: bytes) -> tuple[Scalar, ...]:
        code, size = _NUMBERS[vr]
        count = len(data) // size
        if not count:
            raise MetadataError(
                f"{describe_tag(tag)} has {len(data)} bytes, which is no value of {vr}; "
                "correct the header"
            )
        return struct.unpack_from(f"{self._encoding.order}{count}{code}", data)


class _Part10Item(Part10Attributes):
    """An item of a sequence, which is walked over when it is first asked for something."""

    __slots__ = ("_data", "_end", "_start")

    def __init__(
        self,
        data: bytes,
        start: int,
        end: int,
        encoding: Encoding,
        character_sets: tuple[str, ...],
    ) -> None:
        super().__init__({}, encoding, character_sets)
        self._data: bytes | None = data
        self._start = start
        self._end = end

    def _read(self) -> dict[int, Element]:
        data = self._data
        if data is not None:
            self._elements = find_elements(data, self._start, self._end, self._encoding).kept
            self._data = None
        return self._elements
