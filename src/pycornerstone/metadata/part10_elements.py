"""Walking over the elements of an encoded data set, keeping the few that images are made of."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TypeAlias

from pycornerstone.errors import DecodeError
from pycornerstone.metadata.dicom_tags import PIXEL_DATA_TAGS, describe_tag
from pycornerstone.metadata.part10_encodings import (
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED_LENGTH,
    Encoding,
    content_encoding,
)

__all__ = ["MAX_DEPTH", "Buffer", "Element", "Elements", "find_elements", "find_items"]

Buffer: TypeAlias = bytes | memoryview
Element: TypeAlias = tuple[str | None, bytes]
"""Value representation, None where the encoding leaves it out, and the value as it stands."""

MAX_DEPTH = 32
"""Sequences of undefined length inside each other; real ones go 6 deep."""

# Of the tags that a walk looks at, pixel data and the end of an item are the highest.
_FIRST_STOP = min(PIXEL_DATA_TAGS).value


@dataclass(slots=True, eq=False)
class Elements:
    """What was found on the way to the pixel data, or to the end.

    Attributes
    ----------
    kept : dict of int to Element
        The elements of `Tag`, by tag; of pixel data only that they are there.
    pixel_data_tag : int or None
        The element that holds samples.
    pixel_data_start, pixel_data_length : int
        Its value; the length may be `UNDEFINED_LENGTH`, or more than there is.
    """

    kept: dict[int, Element] = field(default_factory=dict)
    pixel_data_tag: int | None = None
    pixel_data_start: int = 0
    pixel_data_length: int = 0


def find_elements(buffer: Buffer, start: int, end: int, encoding: Encoding) -> Elements:
    """Walk from element to element.

    Parameters
    ----------
    buffer : bytes or memoryview
        What holds them; nothing of it is kept.
    start, end : int
        From where to where in it.
    encoding : Encoding
        How they are written.

    Raises
    ------
    DecodeError
        If a value goes beyond the end, a sequence is not made of items, or sequences are nested
        deeper than `MAX_DEPTH`.
    """
    elements = Elements()
    try:
        _Walk(buffer, end, elements).elements(start, encoding, encoding.kept, 0)
    except struct.error as error:
        raise _cut_off("a data element", end) from error
    return elements


def find_items(data: bytes, encoding: Encoding) -> list[tuple[int, int]]:
    """Find the items of a sequence in its value, as start and end of their elements.

    Raises
    ------
    DecodeError
        As `find_elements`.
    """
    items: list[tuple[int, int]] = []
    try:
        _Walk(data, len(data), Elements()).sequence(0, encoding, 1, items)
    except struct.error as error:
        raise _cut_off("an item", len(data)) from error
    return items


class _Walk:
    """Where a walk is at home, and where it puts what it keeps."""

    __slots__ = ("_buffer", "_end", "_found")

    def __init__(self, buffer: Buffer, end: int, found: Elements) -> None:
        self._buffer = buffer
        self._end = end
        self._found = found

    def elements(self, position: int, encoding: Encoding, tags: dict[int, int], depth: int) -> int:
        """Go to the end of the elements, and give the position after it.

        Hundreds of elements a file pass through here, so what is rare is done elsewhere.
        """
        buffer, kept, last = self._buffer, self._found.kept, self._end - 8
        unpack, unpack_length = encoding.element.unpack_from, encoding.length.unpack_from
        implicit, offsets, names = encoding.is_implicit, encoding.value_offsets, encoding.vr_names
        number = vr = 0
        while position <= last:
            if implicit:
                number, length = unpack(buffer, position)
                position += 8
            else:
                number, vr, length = unpack(buffer, position)
                try:
                    offset = offsets[vr]
                except KeyError:
                    offset, length = self._odd_header(position, encoding)
                else:
                    if offset == 12:
                        (length,) = unpack_length(buffer, position + 8)
                position += offset
            start = position
            if length == UNDEFINED_LENGTH and tags.get(number, 0) < _FIRST_STOP:
                inner = content_encoding(names.get(vr), encoding)
                stop = self.sequence(position, inner, depth + 1)
                position = stop + 8
            else:
                position = stop = start + length
            if number in tags:
                tag = tags[number]
                if tag >= _FIRST_STOP:
                    return self._stop(tag, start, length)
                kept[tag] = (names.get(vr), bytes(buffer[start:stop]))
        if position > self._end or depth:
            raise _cut_off(describe_tag(encoding.exchange(number)), self._end)
        return position

    def sequence(
        self,
        position: int,
        encoding: Encoding,
        depth: int,
        items: list[tuple[int, int]] | None = None,
    ) -> int:
        """Go over items to what ends them, and give its position.

        With a list to put the items in, the end of the buffer is an end too.
        """
        if depth > MAX_DEPTH:
            raise DecodeError(
                f"sequences are nested more than {MAX_DEPTH} deep; the file is damaged"
            )
        while position <= self._end - 8:
            number, length = encoding.item.unpack_from(self._buffer, position)
            tag = encoding.exchange(number)
            if tag == SEQUENCE_END:
                return position
            if tag != ITEM:
                raise DecodeError(
                    f"a sequence holds {describe_tag(tag)} where an item (FFFE,E000) must stand; "
                    "the file is damaged"
                )
            start = position + 8
            if length == UNDEFINED_LENGTH:
                position = self.elements(start, encoding, encoding.passed, depth)
                stop = position - 8
            else:
                position = stop = start + length
            if items is not None:
                items.append((start, stop))
        if position > self._end or items is None:
            raise _cut_off("a sequence", self._end)
        return position

    def _stop(self, tag: int, start: int, length: int) -> int:
        """End at the pixel data, or at the end of an item."""
        if tag != ITEM_END:
            found = self._found
            found.pixel_data_tag, found.pixel_data_start = tag, start
            found.pixel_data_length = length
            found.kept[tag] = (None, b"")
        return start

    def _odd_header(self, start: int, encoding: Encoding) -> tuple[int, int]:
        """Read an element whose value representation is none; give offset and length of its value.

        Representations that are added to the standard have the long form (PS3.5 section 6.2), where
        two bytes are zero. What is not even letters is an element as in implicit VR, which some
        writers put into explicit data sets, or the end of an item.
        """
        letters = bytes(self._buffer[start + 4 : start + 6])
        offset = 8
        if letters.isalpha() and letters.isupper():
            short = int.from_bytes(self._buffer[start + 6 : start + 8], "little")
            if short:
                return 8, short if encoding.order == "<" else short >> 8 | (short & 0xFF) << 8
            offset = 12
        (length,) = encoding.length.unpack_from(self._buffer, start + offset - 4)
        return offset, length


def _cut_off(what: str, size: int) -> DecodeError:
    return DecodeError(
        f"the header is cut off or damaged: {what} goes beyond the {size} bytes that there are"
    )
