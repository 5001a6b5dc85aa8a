"""Attributes of a DICOM data set, whatever it came as: one way to read numbers, text and bytes."""

from __future__ import annotations

import logging
import math
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_tags import describe_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["DicomAttributes", "Scalar", "if_readable"]

_log = logging.getLogger("pycornerstone.metadata")

_N = TypeVar("_N", int, float)
_T = TypeVar("_T")
_D = TypeVar("_D")

Scalar = str | int | float
"""One value of an element."""

# float() also takes "nan", "1_0" and digits of other scripts; DS does not (PS3.5 section 6.2).
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# An integer string has 12 characters at most; this is where others end too.
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
# Text is padded to even length by a space, a UID by NUL (PS3.5 section 6.2).
_PADDING = " \0"
_PATIENT_GROUP = 0x0010


class DicomAttributes(ABC):
    """What a data set, or an item of a sequence, says.

    A source gives four things: the `values` of an element as it has them, the `items` of a
    sequence, the `data` of a binary element, and whether an element is there. Everything else is
    made of them here, so that all sources mean the same.

    An element that is absent and one without a value are the same: None, or an empty tuple. A
    value that cannot be read, such as a decimal string ``1,5``, is a `MetadataError` that names
    the element, and nothing is guessed; what to do then is decided by whoever asked.
    """

    __slots__ = ()

    @abstractmethod
    def values(self, tag: int) -> tuple[Scalar, ...]:
        """Give the values of an element as the source has them: text, or numbers.

        Decimal and integer strings may be either; a value that is empty among others is ``""``.
        """

    @abstractmethod
    def items(self, tag: int) -> Sequence[DicomAttributes]:
        """Give the items of a sequence; none if it is absent or empty."""

    @abstractmethod
    def data(self, tag: int) -> bytes | None:
        """Give the value of a binary element as bytes, its words in little endian order.

        This is what DICOM JSON calls InlineBinary (PS3.18 F.2.7), whatever the byte order of the
        source. None if the element is absent or empty, or if only its address is known.
        """

    @abstractmethod
    def __contains__(self, tag: object) -> bool:
        """Tell whether the element is there, with a value or without."""

    def text(self, tag: int) -> str | None:
        """Give the first value as text without its padding; None if there is none."""
        values = self.values(tag)
        return (_text(values[0]) or None) if values else None

    def texts(self, tag: int) -> tuple[str, ...]:
        """Give all values as text without padding; one that is empty among others is ``""``."""
        texts = tuple([_text(value) for value in self.values(tag)])
        return texts if any(texts) else ()

    def integer(self, tag: int) -> int | None:
        """Give the first value as a whole number; None if there is none.

        Raises
        ------
        MetadataError
            If there is a value that is not a whole number.
        """
        values = self.values(tag)
        if not values:
            return None
        value = values[0]
        return value if type(value) is int else _integer(tag, value)

    def integers(self, tag: int) -> tuple[int, ...]:
        """Give all values as whole numbers.

        Raises
        ------
        MetadataError
            If one of them is not a whole number, or is empty among others.
        """
        numbers = [_integer(tag, value) for value in self.values(tag)]
        return _complete(tag, numbers)

    def number(self, tag: int) -> float | None:
        """Give the first value as a number; None if there is none.

        Raises
        ------
        MetadataError
            If there is a value that is not a finite number.
        """
        values = self.values(tag)
        return _number(tag, values[0]) if values else None

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Give all values as numbers.

        Raises
        ------
        MetadataError
            If one of them is not a finite number, or is empty among others.
        """
        numbers = [_number(tag, value) for value in self.values(tag)]
        return _complete(tag, numbers)


def if_readable(read: Callable[[int], _T], tag: int, default: _D) -> _T | _D:
    """Read an element that an image can be shown without; one that cannot be read is as absent.

    Parameters
    ----------
    read : callable
        A method of `DicomAttributes`, such as ``attributes.number``.
    tag : int
        What to read.
    default : object
        What stands for an element that cannot be read, which is logged.
    """
    try:
        return read(tag)
    except MetadataError as error:
        _log.warning("%s; taken as absent", error.message)
        return default


def _text(value: Scalar) -> str:
    return value.strip(_PADDING) if isinstance(value, str) else str(value)


def _number(tag: int, value: Scalar) -> float | None:
    if isinstance(value, str):
        text = value.strip(_PADDING)
        if not text:
            return None
        if not _DECIMAL.fullmatch(text):
            raise _unreadable(tag, value, "a decimal string")
        value = text
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _unreadable(tag, value, "a finite number")
    return number


def _integer(tag: int, value: Scalar) -> int | None:
    if isinstance(value, int):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip(_PADDING)):
        return int(value.strip(_PADDING))
    # Some writers put "3.0" into an integer string; it can mean only one thing.
    number = _number(tag, value)
    if number is None:
        return None
    if not number.is_integer():
        raise _unreadable(tag, value, "a whole number")
    return int(number)


def _complete(tag: int, numbers: list[_N | None]) -> tuple[_N, ...]:
    known = tuple([number for number in numbers if number is not None])
    if known and len(known) < len(numbers):
        raise MetadataError(
            f"{describe_tag(tag)} has {len(numbers)} values, of which {len(numbers) - len(known)} "
            "are empty; correct the header"
        )
    return known


def _unreadable(tag: int, value: Scalar, expected: str) -> MetadataError:
    # What group 0010 holds says who the patient is.
    found = "something else" if tag >> 16 == _PATIENT_GROUP else repr(value)[:40]
    return MetadataError(
        f"{describe_tag(tag)} must be {expected} (PS3.5 section 6.2), found {found}; "
        "correct the header"
    )
