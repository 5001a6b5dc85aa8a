"""Attributes of an encoded data set: values are read from their bytes when they are asked for."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, overload

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.character_sets import decode_text
from pycornerstone.metadata.dicom_attributes import DicomAttributes, Scalar
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, Tag, describe_tag
from pycornerstone.metadata.part10_elements import Element, Span, find_elements, find_items
from pycornerstone.metadata.part10_encodings import Encoding, content_encoding

if TYPE_CHECKING:
    from collections.abc import Mapping

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
# A tag is two words, each in the byte order of the data set.
_WORD_SIZES = {vr: size for vr, (_, size) in _NUMBERS.items()} | {"AT": 2}
# PS3.5 section 6.1.2.3: only these may hold anything but ASCII.
_CHARACTER_SET_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
# PS3.5 section 6.2: a backslash is a letter in these, and parts no values elsewhere.
_SINGLE_TEXT_VRS = frozenset({"LT", "ST", "UR", "UT"})
# What holds values of text that no character set changes.
_ASCII_VRS = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"})
# PS3.5 section 6.2: of an integer string.
_LONGEST_INTEGER = 12
_DECIMAL_BYTES = b"0123456789+-.eE\\ \0"


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
    spans : mapping of int to list of Span
        Items of sequences, as far as the walk has found them.
    """

    __slots__ = ("_around", "_elements", "_encoding", "_items", "_sets", "_spans")

    def __init__(
        self,
        elements: dict[int, Element],
        encoding: Encoding,
        character_sets: tuple[str, ...] = (),
        spans: Mapping[int, list[Span]] | None = None,
    ) -> None:
        self._elements = elements
        self._encoding = encoding
        self._around = character_sets
        self._spans = spans or {}
        self._sets: tuple[str, ...] | None = None
        self._items: dict[int, _Items] = {}

    def values(self, tag: int) -> tuple[Scalar, ...]:
        """Read the values of an element; see `DicomAttributes.values`."""
        element = (self._elements or self._read()).get(tag)
        if element is None or not element[1]:
            return ()
        vr, data = element
        if vr is None or vr == "UN":
            vr = KNOWN_TAGS.get(tag, "UN")
        if vr in _WORD_SIZES:
            return self._numbers(tag, vr, data)
        if vr == "SQ":
            return ()
        text = self._decoded(vr, data)
        # Groups of a name that are empty at the end may be left out, or not (PS3.5 section 6.2.1).
        text = text.rstrip(" \0=" if vr == "PN" else " \0")
        if not text:
            return ()
        return (text,) if vr in _SINGLE_TEXT_VRS else tuple(text.split("\\"))

    def items(self, tag: int) -> Sequence[DicomAttributes]:
        """Find the items of a sequence; each is read when it is asked for something."""
        known = self._items.get(tag)
        if known is None:
            element = (self._elements or self._read()).get(tag)
            if element is None:
                return ()
            vr, data = element
            encoding = content_encoding(vr, self._encoding)
            spans = self._spans.get(tag)
            if spans is None:
                spans = find_items(data, encoding)
            known = _Items(data, spans, encoding, self._character_sets())
            self._items[tag] = known
        return known

    def data(self, tag: int) -> bytes | None:
        """Give the value of a binary element; see `DicomAttributes.data`."""
        vr, data = (self._elements or self._read()).get(tag, (None, b""))
        size = _WORD_SIZES.get(vr or KNOWN_TAGS.get(tag, "UN"), 1)
        if self._encoding.is_big_endian and size > 1:
            whole = len(data) - len(data) % size
            data = np.frombuffer(data[:whole], f">u{size}").astype(f"<u{size}").tobytes()
        return data or None

    # Those that follow give what `DicomAttributes` would, straight from the bytes: each image asks
    # its header some eighty times.

    def text(self, tag: int) -> str | None:
        """Give the first value as text; see `DicomAttributes.text`."""
        element = (self._elements or self._read()).get(tag)
        if element is None:
            return None
        vr, data = element
        if vr not in _ASCII_VRS:
            return super().text(tag)
        text = data.decode("latin-1")
        if "\\" in text:
            text = text.partition("\\")[0]
        return text.strip(" \0") or None

    def texts(self, tag: int) -> tuple[str, ...]:
        """Give all values as text; see `DicomAttributes.texts`."""
        return super().texts(tag) if tag in (self._elements or self._read()) else ()

    def integer(self, tag: int) -> int | None:
        """Give the first value as a whole number; see `DicomAttributes.integer`."""
        element = (self._elements or self._read()).get(tag)
        if element is None:
            return None
        vr, data = element
        if vr == "US" and len(data) >= 2:
            first, second = data[0], data[1]
            return first << 8 | second if self._encoding.is_big_endian else second << 8 | first
        if vr == "IS" and len(data) <= _LONGEST_INTEGER:
            digits = data.strip(b" \0")
            if digits.isdigit():
                return int(digits)
        return super().integer(tag)

    def number(self, tag: int) -> float | None:
        """Give the first value as a number; see `DicomAttributes.number`."""
        element = (self._elements or self._read()).get(tag)
        if element is None:
            return None
        if element[0] == "DS":
            numbers = _decimals(element[1].partition(b"\\")[0])
            if numbers:
                return numbers[0]
        return super().number(tag)

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Give all values as numbers; see `DicomAttributes.numbers`."""
        element = (self._elements or self._read()).get(tag)
        if element is None:
            return ()
        return (_decimals(element[1]) if element[0] == "DS" else ()) or super().numbers(tag)

    def __contains__(self, tag: object) -> bool:
        return tag in (self._elements or self._read())

    @property
    def encoding(self) -> Encoding:
        """How the elements are written."""
        return self._encoding

    @property
    def elements(self) -> Mapping[int, Element]:
        """The elements as they are written, by tag."""
        return self._elements or self._read()

    def _read(self) -> dict[int, Element]:
        return self._elements

    def _decoded(self, vr: str, data: bytes) -> str:
        if vr in _CHARACTER_SET_VRS and (b"\x1b" in data or not data.isascii()):
            return decode_text(data, self._character_sets(), is_person_name=vr == "PN")
        return data.decode("latin-1")

    def _character_sets(self) -> tuple[str, ...]:
        if self._sets is None:
            self._sets = self.texts(Tag.SPECIFIC_CHARACTER_SET) or self._around
        return self._sets

    def _numbers(self, tag: int, vr: str, data: bytes) -> tuple[Scalar, ...]:
        if vr == "AT":
            words = self._numbers(tag, "US", data)
            return tuple(
                int(g) << 16 | int(e) for g, e in zip(words[::2], words[1::2], strict=False)
            )
        code, size = _NUMBERS[vr]
        count = len(data) // size
        if not count:
            raise MetadataError(
                f"{describe_tag(tag)} has {len(data)} bytes, which is no value of {vr}; "
                "correct the header"
            )
        return struct.unpack_from(f"{self._encoding.order}{count}{code}", data)


def _decimals(data: bytes) -> tuple[float, ...]:
    """Read decimal strings in which nothing is wrong, missing or odd; none if anything is."""
    # float() also takes "nan" and "1_0", which are none here.
    if data.translate(None, _DECIMAL_BYTES):
        return ()
    try:
        numbers = tuple(map(float, data.rstrip(b" \0").split(b"\\")))
    except ValueError:
        return ()
    return numbers if isfinite(sum(numbers)) else ()


class _Part10Item(Part10Attributes):
    """An item of a sequence, which is walked over when it is first asked for something."""

    __slots__ = ("_data", "_span")

    def __init__(
        self, data: bytes, span: Span, encoding: Encoding, character_sets: tuple[str, ...]
    ) -> None:
        super().__init__({}, encoding, character_sets)
        self._data: bytes | None = data
        self._span = span

    def _read(self) -> dict[int, Element]:
        data = self._data
        if data is not None:
            found = find_elements(data, *self._span, self._encoding)
            self._elements, self._spans = found.kept, found.spans
            self._data = None
        return self._elements


class _Items(Sequence[DicomAttributes]):
    """The items of a sequence, each made when it is asked for: there may be one for each frame."""

    __slots__ = ("_character_sets", "_data", "_encoding", "_made", "_spans")

    def __init__(
        self,
        data: bytes,
        spans: list[Span],
        encoding: Encoding,
        character_sets: tuple[str, ...],
    ) -> None:
        self._data = data
        self._spans = spans
        self._encoding = encoding
        self._character_sets = character_sets
        self._made: dict[int, DicomAttributes] = {}

    def __len__(self) -> int:
        return len(self._spans)

    @overload
    def __getitem__(self, index: int) -> DicomAttributes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[DicomAttributes]: ...
    def __getitem__(self, index: int | slice) -> DicomAttributes | Sequence[DicomAttributes]:
        """Give an item, or a tuple of some."""
        if isinstance(index, slice):
            return tuple(self[one] for one in range(*index.indices(len(self._spans))))
        made = self._made.get(index)
        if made is None:
            span = self._spans[index]
            made = _Part10Item(self._data, span, self._encoding, self._character_sets)
            self._made[index] = made
        return made
