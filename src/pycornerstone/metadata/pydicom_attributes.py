"""Attributes of a pydicom data set, for those who have one already."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_attributes import DicomAttributes, Scalar
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, describe_tag

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["PydicomAttributes"]

_NUMBERS_AS_TEXT = frozenset({"DS", "IS"})
# PS3.5 section 6.2: words of binary values that pydicom gives as numbers, and as bytes.
_NUMBERS = {"SL": "l", "SS": "h", "UL": "L", "US": "H"}
_WORD_SIZES = {"OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2}
_FILE_META_GROUP = 0x0002


class PydicomAttributes(DicomAttributes):
    """A `pydicom.Dataset`, with its file meta information where it has any.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Read or made by pydicom. It is not copied, and must not be changed afterwards.
    """

    __slots__ = ("_dataset", "_is_big_endian", "_items")

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        # What it has as bytes stays in the order that it was read in.
        self._is_big_endian = dataset.original_encoding[1] is False
        self._items: dict[int, tuple[DicomAttributes, ...]] = {}

    @property
    def dataset(self) -> Dataset:
        """What it was made of."""
        return self._dataset

    def values(self, tag: int) -> tuple[Scalar, ...]:
        """Give the values of an element; see `DicomAttributes.values`."""
        value, vr = self._value(tag)
        if value is None or vr == "SQ":
            return ()
        if isinstance(value, bytes) and vr == "UN" and KNOWN_TAGS.get(tag) in _NUMBERS_AS_TEXT:
            # Private elements whose representation got lost on the way (PS3.5 section 6.2.2).
            text = value.decode("latin-1").rstrip(" \0")
            return tuple(text.split("\\")) if text else ()
        if isinstance(value, bytes):
            return tuple(np.frombuffer(self.data(tag) or b"", _words(vr, "<")).tolist())
        if isinstance(value, Sequence) and not isinstance(value, str):
            return tuple(_scalar(item) for item in value)
        scalar = _scalar(value)
        return () if scalar == "" else (scalar,)

    def items(self, tag: int) -> Sequence[DicomAttributes]:
        """Give the items of a sequence; see `DicomAttributes.items`."""
        known = self._items.get(tag)
        if known is None:
            value, vr = self._value(tag)
            known = tuple(self._item(item) for item in value or ()) if vr == "SQ" else ()
            self._items[tag] = known
        return known

    def data(self, tag: int) -> bytes | None:
        """Give the value of a binary element; see `DicomAttributes.data`."""
        value, vr = self._value(tag)
        if isinstance(value, bytes):
            if self._is_big_endian:
                words = _words(vr, ">")
                whole = len(value) - len(value) % words.itemsize
                value = (
                    np.frombuffer(value[:whole], words).astype(words.newbyteorder("<")).tobytes()
                )
            return value or None
        code = _NUMBERS.get(vr)
        numbers = self.integers(tag) if code else ()
        return struct.pack(f"<{len(numbers)}{code}", *numbers) if numbers else None

    def __contains__(self, tag: object) -> bool:
        return isinstance(tag, int) and tag in self._holder(tag)

    def _holder(self, tag: int) -> Dataset:
        """Give the data set, or its file meta information for an element of that."""
        if tag >> 16 == _FILE_META_GROUP:
            return getattr(self._dataset, "file_meta", None) or self._dataset
        return self._dataset

    def _value(self, tag: int) -> tuple[Any, str]:
        dataset = self._holder(tag)
        if tag not in dataset:
            return None, ""
        try:
            element = dataset[int(tag)]
        except Exception as error:
            # It converts values only now, and raises all kinds of things at those that are wrong.
            raise MetadataError(
                f"{describe_tag(tag)} cannot be read by pydicom; correct the header"
            ) from error
        return element.value, element.VR

    def _item(self, item: Dataset) -> PydicomAttributes:
        attributes = PydicomAttributes(item)
        attributes._is_big_endian = self._is_big_endian
        return attributes


def _words(vr: str, order: Literal["<", ">"]) -> np.dtype[np.unsignedinteger]:
    return np.dtype(f"{order}u{_WORD_SIZES.get(vr, 1)}")


def _scalar(value: object) -> Scalar:
    """Take pydicom's own kinds of numbers, names and UIDs off a value."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        # Of a decimal string that no float can hold, what is written says more.
        written = None if math.isfinite(value) else getattr(value, "original_string", None)
        return written or float(value)
    return "" if value is None else str(value)
