"""How elements are written: with value representations or without, and in which byte order."""

from __future__ import annotations

from struct import Struct
from typing import Literal

from pycornerstone.metadata.dicom_tags import Tag

__all__ = [
    "EXPLICIT_BIG",
    "EXPLICIT_LITTLE",
    "IMPLICIT_BIG",
    "IMPLICIT_LITTLE",
    "ITEM",
    "ITEM_END",
    "SEQUENCE_END",
    "UNDEFINED_LENGTH",
    "Encoding",
    "content_encoding",
    "is_known_vr",
]

# PS3.5 section 7.5, table 7.5-1: what stands around the items of a sequence.
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
UNDEFINED_LENGTH = 0xFFFFFFFF

# PS3.5 section 7.1.2: the first have a length of 2 bytes, the others 2 bytes of nothing and 4.
_SHORT = "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US"
_LONG = "OB OD OF OL OV OW SQ SV UC UN UR UT UV"


class Encoding:
    """One way to write elements.

    Attributes
    ----------
    is_implicit, is_big_endian : bool
        What it is.
    order : str
        ``<`` or ``>``, as `struct` and NumPy say it.
    element : struct.Struct
        First 8 bytes of an element: tag, value representation and a 2-byte length, or where that is
        implicit tag and a 4-byte length. The two halves of the tag are one number here, exchanged
        in little endian order, and the letters of the value representation are one too.
    length : struct.Struct
        A 4-byte length.
    item : struct.Struct
        Tag and length of an item, and of what ends one.
    value_offsets : dict of int to int
        Where the value begins, by value representation.
    vr_names : dict of int to str
        Value representation as text.
    kept, passed : dict of int to int
        Tags, by their number here, that a walk looks at: where elements are kept, and where an item
        is passed over, of which only the end matters.
    """

    __slots__ = (
        "element",
        "is_big_endian",
        "is_implicit",
        "item",
        "kept",
        "length",
        "order",
        "passed",
        "value_offsets",
        "vr_names",
    )

    def __init__(self, *, is_implicit: bool, is_big_endian: bool) -> None:
        self.is_implicit = is_implicit
        self.is_big_endian = is_big_endian
        self.order: Literal["<", ">"] = ">" if is_big_endian else "<"
        self.element = Struct(self.order + ("LL" if is_implicit else "LHH"))
        self.length = Struct(self.order + "L")
        self.item = Struct(self.order + "LL")
        offsets = dict.fromkeys(_SHORT.split(), 8) | dict.fromkeys(_LONG.split(), 12)
        letters = Struct(self.order + "H")
        self.vr_names = {letters.unpack(name.encode())[0]: name for name in offsets}
        self.value_offsets = {number: offsets[name] for number, name in self.vr_names.items()}
        self.kept = {self.exchange(tag.value): tag.value for tag in Tag}
        self.passed = {self.exchange(ITEM_END): ITEM_END}

    def exchange(self, tag: int) -> int:
        """Turn a tag into its number here, and back."""
        return tag if self.is_big_endian else (tag & 0xFFFF) << 16 | tag >> 16


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
    return int.from_bytes(letters, "little") in EXPLICIT_LITTLE.vr_names
