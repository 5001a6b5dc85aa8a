"""Attributes in the DICOM JSON model, as WADO-RS and QIDO-RS answer (PS3.18 annex F)."""

from __future__ import annotations

import binascii
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_attributes import DicomAttributes, Scalar
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, describe_tag
from pycornerstone.metadata.part10_attributes import Part10Attributes
from pycornerstone.metadata.part10_encodings import EXPLICIT_LITTLE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["JsonAttributes", "parse_dicom_json"]

# Binary values that a server wrote as numbers (PS3.18 table F.2.3-1), as `struct` packs them.
_WORDS = {
    "OB": "B",
    "OL": "L",
    "OV": "Q",
    "OW": "H",
    "SL": "l",
    "SS": "h",
    "SV": "q",
    "UL": "L",
    "UN": "B",
    "US": "H",
    "UV": "Q",
}
_FLOATS = {"FD": "d", "FL": "f", "OD": "d", "OF": "f"}
_UTF_8_MARK = b"\xef\xbb\xbf"
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def parse_dicom_json(data: bytes | bytearray | memoryview) -> list[dict[str, Any]]:
    """Read a DICOM JSON document: a list of data sets, or a single one.

    Parameters
    ----------
    data : bytes
        UTF-8 text (PS3.18 section F.2.1).

    Returns
    -------
    list of dict
        One object a data set, for `JsonAttributes`.

    Raises
    ------
    DecodeError
        If it is not JSON, or anything else than objects.
    """
    import msgspec

    try:
        if bytes(data[:3]) == _UTF_8_MARK:
            data = memoryview(data)[3:]
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(
            f"not DICOM JSON: {error}; check that the address is one of metadata"
        ) from error
    objects = document if isinstance(document, list) else [document]
    for index, item in enumerate(objects):
        if not isinstance(item, dict):
            raise DecodeError(
                f"not DICOM JSON: data set {index} of {len(objects)} is {_kind(item)}, where an "
                "object must be; check that the address is one of metadata"
            )
    return objects


_KEYS = {tag: f"{tag:08X}" for tag in KNOWN_TAGS}
# The standard has capitals (PS3.18 section F.2.2); not every server has.
_SMALL_KEYS = {tag: key.lower() for tag, key in _KEYS.items() if key != key.lower()}


class JsonAttributes(DicomAttributes):
    """One object of the DICOM JSON model.

    Numbers may be written as text and text as numbers, as servers do. Binary values are given as
    InlineBinary or as a Value of numbers; of one that is given as BulkDataURI there is only
    `bulk_data_uri`.

    Parameters
    ----------
    json_object : Mapping
        Elements by their tag in eight hexadecimal digits, such as ``{"00280010": {"vr": "US",
        "Value": [512]}}``. It is not copied, and must not be changed afterwards.
    """

    __slots__ = ("__weakref__", "_items", "_object")

    def __init__(self, json_object: Mapping[str, Any]) -> None:
        self._object = json_object
        self._items: dict[int, tuple[DicomAttributes, ...]] = {}

    @property
    def json_object(self) -> Mapping[str, Any]:
        """What it was made of."""
        return self._object

    def values(self, tag: int) -> tuple[Scalar, ...]:
        """Give the values of an element; see `DicomAttributes.values`."""
        element = self._element(tag)
        if not element:
            return ()
        listed, vr = self._listed(tag, element), element.get("vr")
        if not listed and vr in {None, "UN"} and "InlineBinary" in element:
            return self._of_unknown_vr(tag)
        if vr == "AT":
            return tuple(_tag_number(tag, value) for value in listed if value is not None)
        if len(listed) == 1:
            value = listed[0]
            if type(value) is str or type(value) is int or type(value) is float:
                return () if value == "" else (value,)
        if vr == "SQ":
            return ()
        values = tuple(_scalar(tag, value) for value in listed)
        return () if values == ("",) else values

    def items(self, tag: int) -> Sequence[DicomAttributes]:
        """Give the items of a sequence; see `DicomAttributes.items`."""
        known = self._items.get(tag)
        if known is None:
            if tag not in self:
                return ()
            listed = self._listed(tag, self._element(tag))
            for item in listed:
                # An item without elements may be written as null.
                if not isinstance(item, Mapping | None):
                    raise _malformed(tag, f"an item that is {_kind(item)}", "an object")
            known = tuple(JsonAttributes(item or {}) for item in listed)
            self._items[tag] = known
        return known

    def data(self, tag: int) -> bytes | None:
        """Give the value of a binary element; see `DicomAttributes.data`."""
        element = self._element(tag)
        inline = element.get("InlineBinary")
        if inline is None:
            return self._words(tag, element)
        if isinstance(inline, bytes):
            return inline or None
        try:
            return binascii.a2b_base64(inline) or None
        except (TypeError, ValueError) as error:
            raise _malformed(tag, "InlineBinary that is not base64", "base64") from error

    def bulk_data_uri(self, tag: int) -> str | None:
        """Give the address of a value that is not in the object (PS3.18 section F.2.6)."""
        address = self._element(tag).get("BulkDataURI")
        return address if isinstance(address, str) else None

    def __contains__(self, tag: object) -> bool:
        if not isinstance(tag, int):
            return False
        key = _KEYS.get(tag) or f"{tag:08X}"
        return key in self._object or _SMALL_KEYS.get(tag) in self._object

    def _element(self, tag: int) -> Mapping[str, Any]:
        element = self._object.get(_KEYS.get(tag) or f"{tag:08X}")
        if element is None and tag in _SMALL_KEYS:
            element = self._object.get(_SMALL_KEYS[tag])
        if type(element) is dict:
            # Asking for any Mapping takes ten times as long, and this is what parsers give.
            return element
        if element is None:
            return {}
        if not isinstance(element, Mapping):
            raise _malformed(tag, _kind(element), "an object")
        return element

    def _listed(self, tag: int, element: Mapping[str, Any]) -> list[Any]:
        listed = element.get("Value")
        if type(listed) is list:
            return listed
        if listed is None:
            return []
        if not isinstance(listed, list):
            raise _malformed(tag, f"a Value that is {_kind(listed)}", "a list")
        return listed

    def _of_unknown_vr(self, tag: int) -> tuple[Scalar, ...]:
        """Read what a server sends as bytes, since it knows no private elements, by what we know.

        The bytes are those of the element in little endian order (PS3.5 section 6.2.2).
        """
        data = self.data(tag)
        if data is None:
            return ()
        element = (KNOWN_TAGS.get(tag, "UN"), data)
        return Part10Attributes({tag: element}, EXPLICIT_LITTLE).values(tag)

    def _words(self, tag: int, element: Mapping[str, Any]) -> bytes | None:
        vr = str(element.get("vr") or KNOWN_TAGS.get(tag))
        code = _WORDS.get(vr) or _FLOATS.get(vr)
        if code is None:
            return None
        numbers = self.integers(tag) if vr in _WORDS else self.numbers(tag)
        try:
            return struct.pack(f"<{len(numbers)}{code}", *numbers) or None
        except (struct.error, OverflowError) as error:
            raise _malformed(tag, "a number out of range", vr) from error


def _scalar(tag: int, value: object) -> Scalar:
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        # PS3.18 section F.2.2: a person's name has its groups apart, PS3.5 joins them by "=".
        groups = [value.get(group) or "" for group in _NAME_GROUPS]
        if all(isinstance(group, str) for group in groups):
            return "=".join(groups).rstrip("=")
    raise _malformed(tag, f"a value that is {_kind(value)}", "text or a number")


def _tag_number(tag: int, value: object) -> int:
    """Read a value that is a tag itself, in hexadecimal digits (PS3.18 table F.2.3-1)."""
    try:
        return int(str(value), 16)
    except ValueError as error:
        raise _malformed(tag, "a value that is no tag", "eight hexadecimal digits") from error


def _kind(value: object) -> str:
    """Say what a JSON value is, without saying the value."""
    kinds = {dict: "an object", list: "a list", str: "text", bool: "a truth value"}
    return kinds.get(type(value), "null" if value is None else "a number")


def _malformed(tag: int, found: str, expected: str) -> MetadataError:
    return MetadataError(
        f"{describe_tag(tag)} is {found} in DICOM JSON, where {expected} must be (PS3.18 F.2.2)"
    )
