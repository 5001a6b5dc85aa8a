"""Directories of a TIFF file: where its pages are, and what tags hold (TIFF 6.0 section 2)."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

__all__ = [
    "TiffDirectory",
    "TiffLayout",
    "if_readable",
    "read_directory",
    "read_layout",
    "walk_directories",
]

_log = logging.getLogger("pycornerstone.codecs")
_T = TypeVar("_T")
_D = TypeVar("_D")

# Types of integers, by their number in the file; also those of BigTIFF.
_INTEGERS = {
    1: "u1",
    3: "u2",
    4: "u4",
    6: "i1",
    8: "i2",
    9: "i4",
    13: "u4",
    16: "u8",
    17: "i8",
    18: "u8",
}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4} | {
    16: 8,
    17: 8,
    18: 8,
}
_MAX_TAGS = 4096
_MAX_PAGES = 1_000_000


@dataclass(frozen=True, slots=True)
class TiffLayout:
    """How a file stores its directories.

    Attributes
    ----------
    order : str
        ``"<"`` or ``">"``.
    is_big : bool
        BigTIFF, with offsets of 64 bits.
    first : int
        Where the first directory is.
    """

    order: str
    is_big: bool
    first: int

    @property
    def count_format(self) -> str:
        """Of the number of entries."""
        return self.order + ("Q" if self.is_big else "H")

    @property
    def entry_size(self) -> int:
        """Of an entry, in bytes."""
        return 20 if self.is_big else 12

    @property
    def offset_format(self) -> str:
        """Of a place in the file."""
        return self.order + ("Q" if self.is_big else "I")


class TiffDirectory:
    """The tags of a page; their values are read when they are asked for.

    Parameters
    ----------
    data : bytes or memoryview
        The whole file.
    layout : TiffLayout
        How it stores numbers.
    entries : dict
        Tag to type, count and place of the value.
    """

    def __init__(
        self,
        data: bytes | memoryview,
        layout: TiffLayout,
        entries: dict[int, tuple[int, int, int]],
    ) -> None:
        self._data = data
        self._order = layout.order
        self._entries = entries

    def __contains__(self, tag: int) -> bool:
        return tag in self._entries

    def content(self, tag: int) -> bytes | memoryview:
        """Give the value as it is in the file; empty where there is none.

        Raises
        ------
        DecodeError
            If it lies outside the file.
        """
        entry = self._entries.get(tag)
        if entry is None:
            return b""
        kind, count, position = entry
        size = count * _SIZES.get(kind, 0)
        if position + size > len(self._data):
            raise DecodeError(
                f"broken TIFF: tag {tag} has {size} bytes at {position}, and the file "
                f"{len(self._data)}"
            )
        return self._data[position : position + size]

    def integers(self, tag: int) -> npt.NDArray[Any]:
        """Give whole numbers; none where there are none.

        Raises
        ------
        DecodeError
            If they are of another type, or lie outside the file.
        """
        entry = self._entries.get(tag)
        if entry is None:
            return np.empty(0, np.int64)
        kind = _INTEGERS.get(entry[0])
        if kind is None:
            raise DecodeError(f"broken TIFF: tag {tag} is of type {entry[0]}, expected integers")
        return np.frombuffer(self.content(tag), self._order + kind)

    def integer(self, tag: int, default: int) -> int:
        """Give the first of whole numbers."""
        values = self.integers(tag)
        return int(values[0]) if values.size else default

    def ratio(self, tag: int) -> float | None:
        """Give a positive rational number; None where there is none."""
        entry = self._entries.get(tag)
        if entry is None or entry[0] != 5 or not entry[1]:
            return None
        above, below = struct.unpack_from(self._order + "II", self.content(tag))
        return above / below if above and below else None

    def text(self, tag: int) -> str:
        """Give text; empty where there is none."""
        entry = self._entries.get(tag)
        if entry is None or entry[0] not in {1, 2, 7}:
            return ""
        content = bytes(self.content(tag)).rstrip(b"\0")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            # Of old writers; every byte is a letter of it.
            return content.decode("latin-1")


def if_readable(read: Callable[[int], _T], tag: int, default: _D) -> _T | _D:
    """Read a tag that a page can be shown without: where it is broken it is left out, and logged.

    Parameters
    ----------
    read : callable
        A method of a `TiffDirectory`.
    tag : int
        Its argument.
    default
        Given where it cannot be read.
    """
    try:
        return read(tag)
    except DecodeError as error:
        _log.info("a tag is left out: %s", error.message)
        return default


def read_layout(data: bytes | memoryview) -> TiffLayout:
    """Read the first bytes of a file.

    Raises
    ------
    DecodeError
        If it is no TIFF file.
    """
    head = bytes(data[:16])
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        raise DecodeError(f"no TIFF: its {len(data)} bytes do not begin with II or MM")
    version = struct.unpack_from(order + "H", head, 2)[0]
    if version == 42:
        return TiffLayout(order, is_big=False, first=struct.unpack_from(order + "I", head, 4)[0])
    if version == 43 and len(head) == 16 and head[4:8] in {b"\x08\0\0\0", b"\0\x08\0\0"}:
        return TiffLayout(order, is_big=True, first=struct.unpack_from(order + "Q", head, 8)[0])
    raise DecodeError(f"no TIFF: its version is {version}, expected 42, or 43 for BigTIFF")


def read_directory(
    data: bytes | memoryview, layout: TiffLayout, offset: int
) -> tuple[TiffDirectory, int]:
    """Read the directory at a place in the file.

    Returns
    -------
    tuple of TiffDirectory, int
        The directory, and where the next one is, 0 if there is none.

    Raises
    ------
    DecodeError
        If it is not within the file.
    """
    count, start = _count(data, layout, offset)
    entries: dict[int, tuple[int, int, int]] = {}
    form, inline = (layout.order + "HHQ", 8) if layout.is_big else (layout.order + "HHI", 4)
    for position in range(start, start + count * layout.entry_size, layout.entry_size):
        tag, kind, number = struct.unpack_from(form, data, position)
        place = position + layout.entry_size - inline
        if number * _SIZES.get(kind, 0) > inline:
            place = struct.unpack_from(layout.offset_format, data, place)[0]
        # Of a tag that is there twice the first holds, as for libtiff.
        entries.setdefault(tag, (kind, number, place))
    return TiffDirectory(data, layout, entries), _next(data, layout, offset)


def walk_directories(data: bytes | memoryview, layout: TiffLayout) -> tuple[int, ...]:
    """Find all directories of the main chain; those within others (SubIFDs) are not in it.

    Raises
    ------
    DecodeError
        If the chain leads out of the file or into itself.
    """
    offsets: dict[int, None] = {}
    offset = layout.first
    while offset:
        if offset in offsets:
            raise DecodeError(
                f"broken TIFF: page {len(offsets)} leads back to an earlier one, at byte {offset}"
            )
        if len(offsets) >= _MAX_PAGES:
            raise DecodeError(f"this TIFF has more than {_MAX_PAGES} pages")
        offsets[offset] = None
        offset = _next(data, layout, offset)
    if not offsets:
        raise DecodeError("broken TIFF: it has no page")
    return tuple(offsets)


def _count(data: bytes | memoryview, layout: TiffLayout, offset: int) -> tuple[int, int]:
    """Read the number of entries, and where they start, of a directory that is whole."""
    start = offset + struct.calcsize(layout.count_format)
    end = struct.calcsize(layout.offset_format)
    if offset < 8 or start > len(data):
        raise DecodeError(
            f"broken TIFF: a page is said to be at byte {offset}, and the file has {len(data)}"
        )
    count = struct.unpack_from(layout.count_format, data, offset)[0]
    if not 0 < count <= _MAX_TAGS or start + count * layout.entry_size + end > len(data):
        raise DecodeError(
            f"broken TIFF: the page at byte {offset} has {count} tags, and the file {len(data)} "
            "bytes"
        )
    return count, start


def _next(data: bytes | memoryview, layout: TiffLayout, offset: int) -> int:
    count, start = _count(data, layout, offset)
    end = start + count * layout.entry_size
    return int(struct.unpack_from(layout.offset_format, data, end)[0])
