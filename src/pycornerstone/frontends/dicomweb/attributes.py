"""Attributes of an instance in the DICOM JSON model (PS3.18 annex F)."""

from __future__ import annotations

import base64
import json
import math
import re
import uuid
from collections.abc import Callable, MutableSequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

__all__ = [
    "address_of_value",
    "at_address",
    "bulk_data_of",
    "json_attributes",
    "json_of_header",
    "json_text",
    "little_endian",
    "person_name",
]

_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_WORD_BYTES = {"OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2}
# Shorter values are not worth a request of their own.
_SHORTEST_BULK = 1024
# Palettes and lookup tables, plain and segmented: viewers do not fetch what they draw by.
_TABLES = frozenset(
    {*range(0x00281201, 0x00281205), 0x00281221, 0x00281222, 0x00281223, 0x00283006}
)
_PIXEL_DATA = frozenset({0x7FE00001, 0x7FE00002, 0x7FE00008, 0x7FE00009, 0x7FE00010})
# Commands, and what is about the file.
_NO_DATA_SET = frozenset({0x0000, 0x0002})
_CHARACTER_SET = "00080005"
# JSON is UTF-8 (F.2.1), whatever the file was.
_UTF_8 = {"vr": "CS", "Value": ["ISO_IR 192"]}
# JSON has no such numbers, and F.2.3 no other way to write them.
_NO_NUMBERS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
_NUMBERS: dict[str, Callable[[Any], int | float]] = {
    "DS": float,
    "FD": float,
    "FL": float,
    "IS": int,
    "SL": int,
    "SS": int,
    "SV": int,
    "UL": int,
    "US": int,
    "UV": int,
}
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_BULK_DATA_PATH = re.compile(r"[0-9A-Fa-f]{8}(?:/[0-9]{1,6}/[0-9A-Fa-f]{8}){0,16}")
# Stands in texts that are kept for the address of the instance, which is as the client calls us.
# No file can have it.
_ADDRESS = uuid.uuid4().hex


def json_attributes(dataset: Dataset) -> dict[str, Any]:
    """Give the DICOM JSON object of a data set, without pixel data and group 0002.

    Parameters
    ----------
    dataset : pydicom.Dataset
        What is written.

    Returns
    -------
    dict
        By tag, ``"00280010"``. Long binary values have as BulkDataURI the tags and numbers of items
        that lead to them, ``"00420011"`` or ``"52009230/0/00091001"``; see `bulk_data_of`.
    """
    found = _object(dataset, "", is_big_endian=_is_big_endian(dataset))
    if _CHARACTER_SET in found:
        found[_CHARACTER_SET] = _UTF_8
    return found


def json_of_header(json_object: Mapping[str, Any]) -> dict[str, Any]:
    """Give the object of a header that another server stated, of which frames are sent decoded.

    What it only names, by an address that stands for itself, is named as `json_attributes` does;
    see `address_of_value`.
    """
    found = _own_values(json_object, "")
    if found.get("00280002", {}).get("Value") == [3]:
        found["00280004"] = {"vr": "CS", "Value": ["RGB"]}
        found["00280006"] = {"vr": "US", "Value": [0]}
    if found.get("00280100", {}).get("Value") == [1]:
        found["00280100"] = {"vr": "US", "Value": [8]}
    return dict(sorted(found.items()))


def address_of_value(json_object: Mapping[str, Any], path: str) -> str | None:
    """Give where another server has a value, by the path that `json_of_header` gave it, or None."""
    if not _BULK_DATA_PATH.fullmatch(path):
        return None
    *above, last = path.split("/")
    inner: Any = json_object
    try:
        for tag, number in zip(above[::2], above[1::2], strict=True):
            inner = inner[tag]["Value"][int(number)]
        address = inner[last]["BulkDataURI"]
    except (LookupError, TypeError):
        return None
    return address if _is_whole_address(address) and int(last, 16) not in _PIXEL_DATA else None


def _is_whole_address(address: object) -> bool:
    # Of those that lack a part, nobody knows whether metadata of a series or an instance had them.
    return isinstance(address, str) and bool(re.match(r"(?i)https?://|/", address))


def _own_values(json_object: Mapping[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, element in sorted(json_object.items()):
        tag = int(key, 16)
        if tag >> 16 in _NO_DATA_SET or tag in _PIXEL_DATA:
            continue
        if "BulkDataURI" in element:
            if _is_whole_address(element["BulkDataURI"]):
                found[key.upper()] = {**element, "BulkDataURI": f"{path}{key}"}
            continue
        value = element.get("InlineBinary")
        if isinstance(value, bytes):
            # A table that was fetched apart.
            text = base64.b64encode(value).decode("ascii")
            found[key.upper()] = {**element, "InlineBinary": text}
        elif element.get("vr") == "SQ":
            items = [
                _own_values(item or {}, f"{path}{key}/{number}/")
                for number, item in enumerate(element.get("Value") or ())
            ]
            found[key.upper()] = {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
        else:
            found[key.upper()] = dict(element)
    return found


def json_text(attributes: dict[str, Any]) -> str:
    """Write an object, for `at_address`."""
    return json.dumps(
        _with_addresses(attributes), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def at_address(text: str, url: str) -> str:
    """Put the address of an instance into its object; bulk data are ``/bulkdata/...`` behind it."""
    return text.replace(_ADDRESS, url)


def bulk_data_of(dataset: Dataset, path: str) -> bytes | None:
    """Give the value that a BulkDataURI names, its words in little endian; None if there is none.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Of the instance.
    path : str
        Tags and numbers of items from 0, such as ``"52009230/0/00091001"``.
    """
    if not _BULK_DATA_PATH.fullmatch(path):
        return None
    *above, last = path.split("/")
    inner = dataset
    for tag, number in zip(above[::2], above[1::2], strict=True):
        key = int(tag, 16)
        if key not in inner or inner[key].VR != "SQ" or int(number) >= len(inner[key].value):
            return None
        inner = inner[key].value[int(number)]
    key = int(last, 16)
    # That of an item is of an icon.
    if key >> 16 in _NO_DATA_SET or (key in _PIXEL_DATA and not above) or key not in inner:
        return None
    element = inner[key]
    if element.VR not in _BINARY or not isinstance(element.value, bytes):
        return None
    return little_endian(element, is_big_endian=_is_big_endian(dataset))


def _object(dataset: Dataset, path: str, *, is_big_endian: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in sorted(dataset.keys()):
        # Lengths of groups are none of it (F.2.2).
        if tag.group in _NO_DATA_SET or tag.element == 0 or (tag in _PIXEL_DATA and not path):
            continue
        key = f"{tag:08X}"
        try:
            found[key] = _element(dataset[tag], f"{path}{key}", is_big_endian=is_big_endian)
        except Exception:  # noqa: BLE001 - pydicom raises whatever a value leads it to
            # What cannot be read is given as it stands in the file.
            raw = getattr(dataset.get_item(tag), "value", None)
            data = raw if isinstance(raw, bytes) else str(raw or "").encode()
            found[key] = {"vr": "UN", "InlineBinary": base64.b64encode(data).decode("ascii")}
    return found


def _element(element: DataElement, path: str, *, is_big_endian: bool) -> dict[str, Any]:
    vr, value = element.VR, element.value
    if vr == "SQ":
        items = [
            _object(item, f"{path}/{number}/", is_big_endian=is_big_endian)
            for number, item in enumerate(value)
        ]
        return {"vr": vr, "Value": items} if items else {"vr": vr}
    if vr in _BINARY and isinstance(value, bytes):
        if len(value) >= _SHORTEST_BULK and element.tag not in _TABLES:
            return {"vr": vr, "BulkDataURI": path}
        if not value:
            return {"vr": vr}
        data = little_endian(element, is_big_endian=is_big_endian)
        return {"vr": vr, "InlineBinary": base64.b64encode(data).decode("ascii")}
    several = isinstance(value, MutableSequence)
    values = [_value(vr, one) for one in (value if several else [value])]
    # F.2.5: without a value, nothing is said of it; and null is one that is empty among others.
    return {"vr": vr, "Value": values} if values != [None] and values else {"vr": vr}


def _value(vr: str, value: Any) -> Any:
    """Give one value as F.2.3 maps it."""
    if value is None or value == "":
        return None
    if vr == "PN":
        return person_name(str(value))
    if vr == "AT":
        return f"{int(value):08X}"
    if vr in _NUMBERS:
        try:
            number = _NUMBERS[vr](value)
        except (ValueError, ArithmeticError):
            # F.2.3: text where it is no number.
            return str(value)
        return number if math.isfinite(number) else _NO_NUMBERS[str(float(number))]
    # What fills up a value to an even length is none of it.
    return value if isinstance(value, int) else str(value).rstrip(" \0") or None


def person_name(text: str) -> dict[str, str] | None:
    """Give the groups of a name that there are (PS3.18 F.2.2), or None."""
    groups = zip(_NAME_GROUPS, text.split("="), strict=False)
    return {name: group.strip() for name, group in groups if group.strip()} or None


def _with_addresses(attributes: dict[str, Any]) -> dict[str, Any]:
    named = {}
    for key, element in attributes.items():
        if "BulkDataURI" in element:
            address = f"{_ADDRESS}/bulkdata/{element['BulkDataURI']}"
            named[key] = {**element, "BulkDataURI": address}
        elif element.get("vr") == "SQ" and "Value" in element:
            items = [_with_addresses(item) for item in element["Value"]]
            named[key] = {**element, "Value": items}
        else:
            named[key] = element
    return named


def _is_big_endian(dataset: Dataset) -> bool:
    return dataset.original_encoding[1] is False


def little_endian(element: DataElement, *, is_big_endian: bool) -> bytes:
    """Give the bytes of a value as F.2.7 wants them: words with their little end first."""
    value: bytes = element.value
    word = _WORD_BYTES.get(element.VR, 1)
    if not is_big_endian or word == 1 or len(value) % word:
        return value
    return np.frombuffer(value, f">u{word}").astype(f"<u{word}").tobytes()
