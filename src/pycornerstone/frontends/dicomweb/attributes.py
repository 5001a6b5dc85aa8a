"""Attributes of an instance in the DICOM JSON model (PS3.18 annex F)."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["bulk_data_of", "json_attributes", "json_text"]

_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
# Shorter values are not worth a request of their own.
_SHORTEST_BULK = 1024
_PIXEL_DATA = frozenset({0x7FE00001, 0x7FE00002, 0x7FE00008, 0x7FE00009, 0x7FE00010})
_CHARACTER_SET = "00080005"
# F.2.3: JSON has no such numbers.
_NO_NUMBERS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


def json_attributes(dataset: Dataset) -> dict[str, Any]:
    """Give the DICOM JSON object of a data set, without pixel data and group 0002.

    Parameters
    ----------
    dataset : pydicom.Dataset
        What is written. An element that cannot be read is left out.

    Returns
    -------
    dict
        By tag, ``"00280010"``. Long binary values have their tag as BulkDataURI, for `json_text` to
        put the address before it.
    """
    found: dict[str, Any] = {}
    for tag in sorted(dataset.keys()):
        if tag.group <= 0x0002 or tag in _PIXEL_DATA:
            continue
        key = f"{tag:08X}"
        try:
            element = dataset[tag]
            value = element.value
            if element.VR in _BINARY and isinstance(value, bytes) and len(value) >= _SHORTEST_BULK:
                found[key] = {"vr": element.VR, "BulkDataURI": key}
                continue
            found[key] = _finite(element.to_json_dict(None, 0))
        except Exception:  # noqa: BLE001, S112 - pydicom raises whatever a value leads it to
            continue
    if _CHARACTER_SET in found:
        # JSON is UTF-8 (F.2.1), whatever the file was.
        found[_CHARACTER_SET] = {"vr": "CS", "Value": ["ISO_IR 192"]}
    return found


def json_text(attributes: dict[str, Any], url: str) -> str:
    """Write an object.

    Parameters
    ----------
    attributes : dict
        As `json_attributes` gives them.
    url : str
        Address of the instance; its bulk data are ``/bulkdata/TAG`` behind it.
    """
    named = {
        key: {**element, "BulkDataURI": f"{url}/bulkdata/{key}"}
        if "BulkDataURI" in element
        else element
        for key, element in attributes.items()
    }
    return json.dumps(named, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def bulk_data_of(dataset: Dataset, tag: str) -> bytes | None:
    """Give the value that a BulkDataURI names by its tag; None if there is none."""
    if len(tag) != 8 or not set(tag) <= set("0123456789ABCDEFabcdef"):
        return None
    number = int(tag, 16)
    if number >> 16 <= 0x0002 or number in _PIXEL_DATA or number not in dataset:
        return None
    value = dataset[number].value
    return value if isinstance(value, bytes) else None


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return _NO_NUMBERS[str(value)]
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return value
