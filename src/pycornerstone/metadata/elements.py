"""What the tables of elements are made of: number, value representation and name."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

__all__ = ["ElementTable"]


class ElementTable(IntEnum):
    """A table of elements; each is its number ``0xGGGGEEEE``.

    A member is written as number, value representation and title. The title may be left out where
    it is the member's name in the spelling of PS3.6.

    Attributes
    ----------
    vr : str
        Value Representation in PS3.6, the first one where there is a choice; what an implicit VR
        data set leaves out.
    title : str
        Name in PS3.6.
    """

    vr: str
    title: str

    def __new__(cls, number: int, _vr: str, _title: str = "") -> Self:
        """Make a member of its number."""
        member = int.__new__(cls, number)
        member._value_ = number
        return member

    def __init__(self, _number: int, vr: str, title: str = "") -> None:
        self.vr = vr
        self.title = title or self.name.replace("_", " ").title()
