"""Encapsulated pixel data: fragments in items, and which of them make up which frame.

PS3.5 section A.4: the first item is the Basic Offset Table, filled or empty; the others are
fragments; a Sequence Delimitation Item ends them. A frame may have several fragments, but no
fragment has parts of two frames.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    OffsetTable = npt.NDArray[np.unsignedinteger]

__all__ = ["Fragment", "Fragments", "group_into_frames", "read_fragments", "read_offset_table"]

_ITEM, _DELIMITER = 0xE000FFFE, 0xE0DDFFFE
_HEADER = struct.Struct("<II")
_UNDEFINED_LENGTH = 0xFFFFFFFF
# How a frame starts: JPEG and JPEG-LS, JPEG 2000 bare and in a file, all of which have an end; and
# JPEG XL, bare and in a container, which has none.
_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")
_STARTS_WITHOUT_END = (b"\xff\x0a", b"\0\0\0\x0cJXL ")
_END = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment: where its item begins, counted as offset tables do, and where its bytes lie."""

    offset: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Fragments:
    """Fragments that follow each other.

    Attributes
    ----------
    items : tuple of Fragment
        The fragments that are whole.
    end_offset : int
        Where reading ended, counted as in offset tables.
    defect : str or None
        Why there may be more than could be read.
    """

    items: tuple[Fragment, ...]
    end_offset: int
    defect: str | None = None


def read_offset_table(pixel_data: memoryview) -> tuple[OffsetTable, int]:
    """Read the Basic Offset Table, the first item of encapsulated pixel data.

    Returns
    -------
    tuple of (numpy.ndarray, int)
        Where the first item of each frame begins, counted from the item of the first fragment;
        empty where the writer left it so. And where that item is, in bytes.

    Raises
    ------
    DecodeError
        If the pixel data do not start with that item.
    """
    end = len(pixel_data)
    if end < _HEADER.size:
        raise DecodeError(
            f"encapsulated pixel data of {end} bytes have no item (FFFE,E000) for the Basic Offset "
            "Table"
        )
    tag, length = _HEADER.unpack_from(pixel_data)
    first = _HEADER.size + length
    if tag != _ITEM or length % 4 or first > end:
        raise DecodeError(
            "encapsulated pixel data must start with an item (FFFE,E000) for the Basic Offset "
            f"Table; found {_tag_text(tag)} of {length} bytes"
        )
    return np.frombuffer(pixel_data, "<u4", length // 4, _HEADER.size), first


def read_fragments(
    pixel_data: memoryview, first: int, begin: int = 0, end: int | None = None
) -> Fragments:
    """Read items of encapsulated pixel data, up to their end or to a defect.

    Only the headers of the items that are read are looked at.

    Parameters
    ----------
    pixel_data : memoryview
        All of them.
    first : int
        Where the item of the first fragment is, in bytes.
    begin, end : int
        Offsets, counted from there, of the first item that is read and of the one after the last;
        by default all are read.
    """
    size = len(pixel_data)
    stop_at = size if end is None else first + end
    items: list[Fragment] = []
    position = first + begin
    defect = None
    while position + _HEADER.size <= size and position < stop_at:
        tag, length = _HEADER.unpack_from(pixel_data, position)
        if tag == _DELIMITER:
            break
        start = position + _HEADER.size
        if tag != _ITEM or length == _UNDEFINED_LENGTH:
            defect = (
                f"byte {position} of the pixel data should start an item (FFFE,E000) or end them "
                f"(FFFE,E0DD); found {_tag_text(tag)}"
            )
            break
        if start + length > size:
            defect = (
                f"fragment {len(items) + 1} should have {length} bytes, but the pixel data end "
                f"after {size - start} of them"
            )
            break
        items.append(Fragment(position - first, start, start + length))
        position = start + length
    else:
        if position < size and position < stop_at:
            defect = (
                f"the pixel data end within an item, {size - position} bytes after the last one"
            )
    return Fragments(tuple(items), position - first, defect)


def group_into_frames(
    fragments: Fragments,
    pixel_data: memoryview,
    number_of_frames: int,
    tables: Iterable[OffsetTable] = (),
) -> tuple[tuple[Fragment, ...], ...]:
    """Say which fragments are which frame.

    A table of offsets is trusted where each of its entries is the beginning of an item; many are
    wrong. Else a fragment is a frame where there are as many, a single frame has them all, and a
    frame starts where a codestream does.

    Parameters
    ----------
    fragments : Fragments
        All of them.
    pixel_data : memoryview
        What they were read from.
    number_of_frames : int
        (0028,0008).
    tables : iterable of numpy.ndarray
        Offset tables, the one to be tried first in front.

    Returns
    -------
    tuple of tuple of Fragment
        For each frame its fragments; fewer frames than `number_of_frames` where the pixel data
        break off.

    Raises
    ------
    DecodeError
        If the frames cannot be told apart.
    """
    for table in tables:
        frames = _by_offsets(fragments, number_of_frames, table.tolist())
        if frames is not None:
            return frames
    items = tuple(item for item in fragments.items if item.stop > item.start)
    is_broken = fragments.defect is not None
    if number_of_frames == 1:
        return () if is_broken or not items else (items,)
    # An empty one is no part of a frame, unless there are too few without: then it is a frame that
    # was lost, and the others are in their places.
    for ones in (items, fragments.items):
        if len(ones) == number_of_frames and not is_broken:
            return tuple((item,) for item in ones)
    frames = _by_starts(items, pixel_data, is_broken=is_broken)
    if len(frames) == number_of_frames or (is_broken and len(frames) < number_of_frames):
        return frames
    raise DecodeError(
        f"{len(items)} fragments cannot be told apart into {number_of_frames} frames, (0028,0008) "
        "Number of Frames: the Basic Offset Table is empty or wrong, and "
        f"{len(frames)} of them start a frame"
    )


def _by_offsets(
    fragments: Fragments, number_of_frames: int, offsets: list[int]
) -> tuple[tuple[Fragment, ...], ...] | None:
    if len(offsets) != number_of_frames or offsets[0] != 0:
        return None
    index = {item.offset: number for number, item in enumerate(fragments.items)}
    if fragments.defect:
        # A frame is whole up to here; the ones after it are lost.
        index[fragments.end_offset] = len(fragments.items)
    bounds: list[int] = []
    for offset in offsets:
        if fragments.defect and offset > fragments.end_offset:
            break
        number = index.get(offset)
        if number is None or (bounds and number <= bounds[-1]):
            return None
        bounds.append(number)
    if not fragments.defect:
        bounds.append(len(fragments.items))
    return tuple(fragments.items[begin:end] for begin, end in pairwise(bounds))


def _by_starts(
    items: tuple[Fragment, ...], pixel_data: memoryview, *, is_broken: bool
) -> tuple[tuple[Fragment, ...], ...]:
    """Group fragments by the codestreams that start in them."""
    head = _head(items[0], pixel_data) if items else b""
    if not head.startswith((*_STARTS, *_STARTS_WITHOUT_END)):
        # RLE, which has one fragment a frame (PS3.5 section A.4.2), and uncompressed frames.
        return tuple((item,) for item in items)
    has_end = head.startswith(_STARTS)
    frames: list[list[Fragment]] = []
    is_over = True
    for item in items:
        # Bytes within a frame may look like a start, but only behind an end are they one.
        if is_over and _head(item, pixel_data).startswith((*_STARTS, *_STARTS_WITHOUT_END)):
            frames.append([])
        frames[-1].append(item)
        tail = bytes(pixel_data[max(item.start, item.stop - 16) : item.stop])
        is_over = not has_end or _END in tail
    if is_broken and not is_over:
        # What could not be read is of the last frame.
        frames.pop()
    return tuple(tuple(frame) for frame in frames)


def _head(item: Fragment, pixel_data: memoryview) -> bytes:
    return bytes(pixel_data[item.start : min(item.start + 12, item.stop)])


def _tag_text(tag: int) -> str:
    return f"({tag & 0xFFFF:04X},{tag >> 16:04X})"
