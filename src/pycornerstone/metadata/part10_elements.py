"""Walking over the elements of an encoded data set, keeping the few that images are made of."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from pycornerstone.errors import DecodeError
from pycornerstone.metadata.dicom_tags import describe_tag
from pycornerstone.metadata.part10_encodings import (
    ENDS,
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED_LENGTH,
    ElementHead,
    Encoding,
    Heads,
    content_encoding,
)

__all__ = [
    "MAX_DEPTH",
    "MAX_ITEMS",
    "Buffer",
    "Element",
    "Elements",
    "Span",
    "element_spans",
    "find_elements",
    "find_items",
]

Element: TypeAlias = tuple[str | None, bytes]
"""Value representation, None where an explicit data set has none, and the value as it stands."""
Span: TypeAlias = tuple[int, int]
"""From where to where the elements of an item go."""

MAX_DEPTH = 32
"""Sequences of undefined length inside each other; real ones go 6 deep."""
MAX_ITEMS = 2**21
"""Items of one sequence: ones that hold nothing would take more memory than the file has. The
largest slides have less than half as many frames."""

_ZEROS = bytes(8)
_ZEROS_AT_ONCE = 1 << 20


class Buffer(Protocol):
    """What gives `bytes` for a slice, as `bytes` and `mmap.mmap` do."""

    def __getitem__(self, span: slice, /) -> bytes:
        """Give a copy of the bytes from the start of a slice to its stop."""


@dataclass(slots=True, eq=False)
class Elements:
    """What was found on the way to the pixel data, or to the end.

    Attributes
    ----------
    kept : dict of int to Element
        The elements of `Tag`, by tag; of pixel data only that they are there.
    spans : dict of int to list of Span
        Items of the sequences among them that had no length, so that they were passed over
        already, in the value.
    pixel_data_tag : int or None
        The element that holds samples.
    pixel_data_start, pixel_data_length : int
        Its value; the length may be `UNDEFINED_LENGTH`, or more than there is.
    shared_bytes : int
        How many of the bytes were passed over in runs; see `SharedElements`.
    """

    kept: dict[int, Element] = field(default_factory=dict)
    spans: dict[int, list[Span]] = field(default_factory=dict)
    pixel_data_tag: int | None = None
    pixel_data_start: int = 0
    pixel_data_length: int = 0
    shared_bytes: int = 0


def find_elements(
    buffer: Buffer, start: int, end: int, encoding: Encoding, heads: Heads | None = None
) -> Elements:
    """Walk from element to element.

    Parameters
    ----------
    buffer : Buffer
        What holds them; nothing of it is kept.
    start, end : int
        From where to where in it.
    encoding : Encoding
        How they are written.
    heads : Heads, optional
        What is known of them already; by default, what is known of all that are written so.

    Raises
    ------
    DecodeError
        If a value goes beyond the end, a sequence is not made of items, or has more than
        `MAX_ITEMS`, or sequences are nested deeper than `MAX_DEPTH`.
    """
    elements = Elements()
    try:
        _Walk(buffer, end, elements).elements(start, encoding, heads or encoding.kept, 0)
    except struct.error as error:
        raise _cut_off("a data element", end) from error
    return elements


def element_spans(buffer: Buffer, start: int, end: int, encoding: Encoding) -> list[Span]:
    """Find where each element begins and ends, of those before the pixel data.

    Raises
    ------
    DecodeError
        As `find_elements`.
    """
    heads, walk, spans = encoding.kept, _Walk(buffer, end, Elements()), []
    while start <= end - 8:
        first_8_bytes = buffer[start : start + 8]
        _, _, (tag, vr, offset, length) = heads.known.get(first_8_bytes) or heads.read(
            first_8_bytes
        )
        if tag in ENDS or first_8_bytes == _ZEROS:
            break
        value = start + offset
        if length < 0:
            (length,) = encoding.length.unpack(buffer[value - 4 : value])
        if length == UNDEFINED_LENGTH:
            stop = walk.sequence(value, content_encoding(vr, encoding), 1) + 8
        else:
            stop = value + length
        spans.append((start, stop))
        start = stop
    return spans


def find_items(data: bytes, encoding: Encoding) -> list[Span]:
    """Find the items of a sequence in its value.

    Raises
    ------
    DecodeError
        As `find_elements`.
    """
    spans: list[Span] = []
    try:
        _Walk(data, len(data), Elements()).sequence(0, encoding, 1, spans, may_just_end=True)
    except struct.error as error:
        raise _cut_off("an item", len(data)) from error
    return spans


class _Walk:
    """Where a walk is at home, and where it puts what it keeps."""

    __slots__ = ("_buffer", "_end", "_found")

    def __init__(self, buffer: Buffer, end: int, found: Elements) -> None:
        self._buffer = buffer
        self._end = end
        self._found = found

    def elements(self, position: int, encoding: Encoding, heads: Heads, depth: int) -> int:
        """Go to the end of the elements, and give the position after it.

        Hundreds of elements a file pass through here, so what is rare is done elsewhere.
        """
        buffer, kept, last = self._buffer, self._found.kept, self._end - 8
        known, tags, head = heads.known, heads.tags, None
        while position <= last:
            first_8_bytes = buffer[position : position + 8]
            try:
                step, wanted, head = known[first_8_bytes]
            except KeyError:
                step, wanted, head = heads.read(first_8_bytes)
            if step:
                if wanted:
                    tag, vr, offset = wanted
                    kept[tag] = (vr, buffer[position + offset : position + step])
                position += step
                continue
            after = self._after_several(position, first_8_bytes, heads)
            if after:
                position = after
                continue
            tag, vr, offset, length = head
            start = position + offset
            if length < 0:
                (length,) = encoding.length.unpack(buffer[start - 4 : start])
            is_looked_at = tag in tags
            if is_looked_at and tag in ENDS:
                return self._stop(head, start, length)
            if length == UNDEFINED_LENGTH:
                spans: list[Span] | None = [] if is_looked_at else None
                inner = content_encoding(vr, encoding)
                stop = self.sequence(start, inner, depth + 1, spans)
                position = stop + 8
                if spans is not None:
                    self._found.spans[tag] = [(begin - start, end - start) for begin, end in spans]
            else:
                position = stop = start + length
            if is_looked_at:
                kept[tag] = (vr, buffer[start:stop])
        if position > self._end or depth:
            raise _cut_off(describe_tag(head.tag) if head else "an item", self._end)
        return position

    def sequence(
        self,
        position: int,
        encoding: Encoding,
        depth: int,
        spans: list[Span] | None = None,
        *,
        may_just_end: bool = False,
    ) -> int:
        """Go over items to what ends them, and give its position.

        Parameters
        ----------
        spans : list of Span, optional
            Where to put what the items span.
        may_just_end : bool
            The end of the buffer is an end too.
        """
        if depth > MAX_DEPTH:
            raise DecodeError(
                f"sequences are nested more than {MAX_DEPTH} deep; the file is damaged"
            )
        buffer, last = self._buffer, self._end - 8
        unpack, item = encoding.item.unpack, encoding.exchange(ITEM)
        while position <= last:
            start = position + 8
            number, length = unpack(buffer[position:start])
            if number != item:
                tag = encoding.exchange(number)
                if tag == SEQUENCE_END:
                    return position
                raise DecodeError(
                    f"a sequence holds {describe_tag(tag)} where an item (FFFE,E000) must stand; "
                    "the file is damaged"
                )
            if length == UNDEFINED_LENGTH:
                position = self.elements(start, encoding, encoding.passed, depth)
                stop = position - 8
            else:
                position = stop = start + length
            if spans is not None:
                if len(spans) == MAX_ITEMS:
                    raise DecodeError(
                        f"a sequence has more than {MAX_ITEMS} items; the file is damaged"
                    )
                spans.append((start, stop))
        if position > self._end or not may_just_end:
            raise _cut_off("a sequence", self._end)
        return position

    def _after_several(self, position: int, first_8_bytes: bytes, heads: Heads) -> int:
        """Pass over what is not gone over one by one; 0 if it is."""
        if first_8_bytes == _ZEROS:
            return self._after_zeros(position)
        run = heads.runs.get(first_8_bytes)
        if run is None:
            return 0
        data, length, kept, spans = run
        stop = position + length
        if stop > self._end or self._buffer[position:stop] != data:
            return 0
        found = self._found
        found.kept.update(kept)
        found.spans.update(spans)
        found.shared_bytes += length
        return stop

    def _after_zeros(self, position: int) -> int:
        """Pass over zeros: each 8 are an element of no length, and a file may end in gigabytes."""
        while position < self._end:
            zeros = self._buffer[position : min(position + _ZEROS_AT_ONCE, self._end)]
            left = len(zeros.lstrip(b"\0"))
            position += (len(zeros) - left) // 8 * 8 if left else len(zeros)
            if left:
                break
        return position

    def _stop(self, head: ElementHead, start: int, length: int) -> int:
        """End at the pixel data, or at the end of an item."""
        if head.tag != ITEM_END:
            found = self._found
            found.pixel_data_tag, found.pixel_data_start = head.tag, start
            found.pixel_data_length = length
            found.kept[head.tag] = (head.vr, b"")
        return start


def _cut_off(what: str, size: int) -> DecodeError:
    return DecodeError(
        f"the header is cut off or damaged: {what} goes beyond the {size} bytes that there are"
    )
