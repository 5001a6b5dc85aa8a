"""Values that a DICOMweb server states in DICOM JSON, as Python has them."""

from __future__ import annotations

import logging
import re
from datetime import date, time
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_json import JsonAttributes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["StatedValues", "by_keyword"]

_log = logging.getLogger("pycornerstone.loaders")

# PS3.5 section 6.2; dots and colons are those of ACR-NEMA, which readers are to accept.
_DATE = re.compile(r"([0-9]{4})\.?([0-9]{2})\.?([0-9]{2})")
_TIME = re.compile(r"([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2})(?:\.([0-9]{1,6}))?)?)?")


class StatedValues:
    """Values of one data set; those that cannot be read are as absent, which is logged.

    Parameters
    ----------
    json_object : Mapping
        A DICOM JSON object (PS3.18 annex F).
    """

    def __init__(self, json_object: Mapping[str, Any]) -> None:
        self._attributes = JsonAttributes(json_object)

    def text(self, tag: int) -> str | None:
        """Give the first value as text."""
        return if_readable(self._attributes.text, tag, None)

    def texts(self, tag: int) -> tuple[str, ...]:
        """Give all values as text."""
        return if_readable(self._attributes.texts, tag, ())

    def integer(self, tag: int) -> int | None:
        """Give the first value as a whole number."""
        return if_readable(self._attributes.integer, tag, None)

    def date(self, tag: int) -> date | None:
        """Give the first value as a date (DA)."""
        found = _DATE.fullmatch(self.text(tag) or "")
        try:
            return date(*map(int, found.groups())) if found else None
        except ValueError:
            return None

    def time(self, tag: int) -> time | None:
        """Give the first value as a time of day (TM), parts that it leaves out as 0."""
        found = _TIME.fullmatch(self.text(tag) or "")
        if found is None:
            return None
        hour, minute, second, fraction = found.groups()
        microsecond = int((fraction or "").ljust(6, "0"))
        try:
            # A leap second, which DICOM allows and Python does not, is the second before it.
            return time(int(hour), int(minute or 0), min(int(second or 0), 59), microsecond)
        except ValueError:
            return None


def by_keyword(json_object: Mapping[str, Any]) -> dict[str, Any]:
    """Give all values of a data set by DICOM keyword; see `FoundStudy.attributes`."""
    from pydicom.datadict import keyword_for_tag

    attributes = JsonAttributes(json_object)
    named: dict[str, Any] = {}
    for key in json_object:
        try:
            tag = int(key, 16)
        except ValueError:
            continue
        try:
            value = _value(attributes, tag, json_object[key])
        except MetadataError as error:
            _log.warning("%s; taken as absent", error.message)
            value = None
        named[keyword_for_tag(tag) or key.upper()] = value
    return named


def _value(attributes: JsonAttributes, tag: int, element: object) -> Any:
    if isinstance(element, dict) and element.get("vr") == "SQ":
        items = attributes.items(tag)
        return tuple(by_keyword(i.json_object) for i in items if isinstance(i, JsonAttributes))
    values = tuple(v.strip(" \0") if isinstance(v, str) else v for v in attributes.values(tag))
    if not values:
        return attributes.data(tag)
    return values[0] if len(values) == 1 else values
