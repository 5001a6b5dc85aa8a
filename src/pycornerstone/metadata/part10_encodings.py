"""How elements are written: with value representations or without, and in which byte order."""

from __future__ import annotations

from struct import Struct
from typing import Literal, NamedTuple, TypeAlias

from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, PIXEL_DATA_TAGS

__all__ = [
    "ENDS",
    "EXPLICIT_BIG",
    "EXPLICIT_LITTLE",
    "IMPLICIT_BIG",
    "IMPLICIT_LITTLE",
    "ITEM",
    "ITEM_END",
    "SEQUENCE_END",
    "UNDEFINED_LENGTH",
    "ElementHead",
    "Encoding",
    "Heads",
    "Run",
    "content_encoding",
    "is_known_vr",
]

# PS3.5 section 7.5, table 7.5-1: what stands around the items of a sequence.
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
UNDEFINED_LENGTH = 0xFFFFFFFF
ENDS = PIXEL_DATA_TAGS | {ITEM_END}
"""Where a walk may end."""

# PS3.5 section 7.1.2: the first have a length of 2 bytes, the others 2 bytes of nothing and 4.
_SHORT = "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US"
_LONG = "OB OD OF OL OV OW SQ SV UC UN UR UT UV"
_VR_NAMES = {name.encode(): name for name in f"{_SHORT} {_LONG}".split()}
_LONG_NAMES = frozenset(_LONG.split())

# The slices of a series have some hundred heads between them; this is for whoever makes up more.
_MAX_HEADS = 8192


class ElementHead(NamedTuple):
    """What stands before the value of an element.

    Attributes
    ----------
    tag : int
        Number of the element.
    vr : str or None
        Value representation; where the encoding leaves it out, that of the standard, if known. None
        where an explicit data set has none that is known.
    offset : int
        Where the value begins, from the first byte of the element.
    length : int
        Bytes of the value, perhaps `UNDEFINED_LENGTH`; -1 if they stand in the 4 bytes before it.
    """

    tag: int
    vr: str | None
    offset: int
    length: int


KnownHead: TypeAlias = tuple[int, tuple[int, str | None, int] | None, ElementHead]
"""How far it is to the next element, 0 if that is not so simple: it is an end, or of tag 0, or its
length is undefined or stands elsewhere; tag, value representation and offset of one that is simple
and wanted (a plain tuple is taken apart in a third of the time); and all there is."""


Run: TypeAlias = tuple[
    bytes, int, dict[int, tuple[str | None, bytes]], dict[int, list[tuple[int, int]]]
]
"""Elements that stand one after the other, how many bytes they are, and what a walk over them
keeps: elements by tag, and the items of those that had no length."""


class Heads:
    """Heads of elements by their first 8 bytes: read once, and met again in every slice.

    Attributes
    ----------
    tags : frozenset of int
        What a walk looks at: elements that are wanted, and ends.
    known : dict
        What was met.
    runs : dict
        Elements that may be passed over all at once, by the first 8 bytes of the first of them,
        which is not simple in `known`; see `SharedElements`.
    """

    __slots__ = ("_encoding", "known", "runs", "tags")

    def __init__(self, encoding: Encoding, tags: frozenset[int]) -> None:
        self._encoding = encoding
        self.tags = tags
        self.known: dict[bytes, KnownHead] = {}
        self.runs: dict[bytes, Run] = {}

    def read(self, first_8_bytes: bytes) -> KnownHead:
        """Read what was not met before, and keep it.

        Raises
        ------
        struct.error
            If there are not 8 bytes.
        """
        head = self._encoding.read_head(first_8_bytes)
        is_wanted = head.tag in self.tags
        # Of tag 0 there may be as many as a file has zeros.
        is_end = not head.tag or (is_wanted and head.tag in ENDS)
        is_simple = 0 <= head.length < UNDEFINED_LENGTH and not is_end
        found = (
            head.offset + head.length if is_simple else 0,
            (head.tag, head.vr, head.offset) if is_simple and is_wanted else None,
            head,
        )
        if len(self.known) >= _MAX_HEADS:
            self.known.clear()
            self.runs.clear()
        self.known[first_8_bytes] = found
        return found


class Encoding:
    """One way to write elements.

    Attributes
    ----------
    is_implicit, is_big_endian : bool
        What it is.
    order : str
        ``<`` or ``>``, as `struct` and NumPy say it.
    length : struct.Struct
        A 4-byte length.
    item : struct.Struct
        Tag and length of an item, and of what ends one; the two halves of the tag are one number
        here, see `exchange`.
    kept, passed : Heads
        Heads for a walk that keeps elements, and for one over an item that is passed over, of
        which only the end matters.
    """

    __slots__ = (
        "_element",
        "is_big_endian",
        "is_implicit",
        "item",
        "kept",
        "length",
        "order",
        "passed",
    )

    def __init__(self, *, is_implicit: bool, is_big_endian: bool) -> None:
        self.is_implicit = is_implicit
        self.is_big_endian = is_big_endian
        self.order: Literal["<", ">"] = ">" if is_big_endian else "<"
        self.length = Struct(self.order + "L")
        self.item = Struct(self.order + "LL")
        self._element = Struct(self.order + ("HHL" if is_implicit else "HH2sH"))
        self.kept = Heads(self, frozenset(KNOWN_TAGS))
        self.passed = Heads(self, frozenset({ITEM_END}))

    def exchange(self, tag: int) -> int:
        """Turn a tag into its number here, and back."""
        return tag if self.is_big_endian else (tag & 0xFFFF) << 16 | tag >> 16

    def read_head(self, first_8_bytes: bytes) -> ElementHead:
        """Read the first 8 bytes of an element.

        In an explicit data set, a value representation that is none is one that was added to the
        standard since, which have the long form where two bytes are zero (PS3.5 section 6.2). What
        is not even letters is an element as in implicit VR, which some writers put into explicit
        data sets, or the end of an item.

        Raises
        ------
        struct.error
            If there are not 8 bytes.
        """
        if self.is_implicit:
            group, number, length = self._element.unpack(first_8_bytes)
            tag = group << 16 | number
            return ElementHead(tag, KNOWN_TAGS.get(tag), 8, length)
        group, number, letters, short = self._element.unpack(first_8_bytes)
        tag, vr = group << 16 | number, _VR_NAMES.get(letters)
        if vr is not None:
            is_long = vr in _LONG_NAMES
        elif letters.isalpha() and letters.isupper():
            is_long = short == 0
        else:
            return ElementHead(tag, None, 8, self.length.unpack_from(first_8_bytes, 4)[0])
        return ElementHead(tag, vr, 12, -1) if is_long else ElementHead(tag, vr, 8, short)


EXPLICIT_LITTLE = Encoding(is_implicit=False, is_big_endian=False)
EXPLICIT_BIG = Encoding(is_implicit=False, is_big_endian=True)
IMPLICIT_LITTLE = Encoding(is_implicit=True, is_big_endian=False)
IMPLICIT_BIG = Encoding(is_implicit=True, is_big_endian=True)


def content_encoding(vr: str | None, encoding: Encoding) -> Encoding:
    """Tell how the items of a sequence are written, by its value representation and encoding."""
    if vr == "UN":
        # PS3.5 section 6.2.2, note 2: whoever did not know the element left it as it was.
        return IMPLICIT_LITTLE
    if vr is None:
        return IMPLICIT_BIG if encoding.is_big_endian else IMPLICIT_LITTLE
    return encoding


def is_known_vr(letters: bytes) -> bool:
    """Tell whether two bytes are a value representation of PS3.5 section 6.2."""
    return letters in _VR_NAMES
