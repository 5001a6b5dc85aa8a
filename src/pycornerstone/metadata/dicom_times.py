"""Dates and times of DICOM as seconds, so that they can be subtracted."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_tags import describe_tag

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["SECONDS_PER_DAY", "read_date", "read_datetime", "read_time", "read_utc_offset"]

SECONDS_PER_DAY = 86400.0

# PS3.5 section 6.2; dots and colons are those of ACR-NEMA, which readers are to accept.
_DATE = re.compile(r"([0-9]{4})\.?([0-9]{2})\.?([0-9]{2})")
_TIME = re.compile(r"([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}(?:\.[0-9]*)?))?")
_DATETIME = re.compile(r"([0-9]{8})([0-9]{4}(?:[0-9]{2}(?:\.[0-9]*)?)?)([+-][0-9]{4})?")
_UTC_OFFSET = re.compile(r"[0-9.]*([+-][0-9]{4})")


def read_date(attributes: DicomAttributes, tag: int) -> float | None:
    """Read the date (DA) of an element: seconds from the year 1 to its midnight.

    Raises
    ------
    MetadataError
        If there is a value that is no date.
    """
    text = attributes.text(tag)
    return None if text is None else _date(tag, text)


def read_time(attributes: DicomAttributes, tag: int) -> float | None:
    """Read the time (TM) of an element, which must have minutes: seconds from midnight.

    Raises
    ------
    MetadataError
        If there is a value that is no time.
    """
    text = attributes.text(tag)
    return None if text is None else _time(tag, text)


def read_datetime(
    attributes: DicomAttributes, tag: int, utc_offset: float | None = None
) -> float | None:
    """Read date and time (DT) of an element, with minutes at least: seconds from the year 1.

    Parameters
    ----------
    attributes : DicomAttributes
        What has it.
    tag : int
        The element.
    utc_offset : float, optional
        Seconds by which the clock that is wanted is ahead of UTC, such as that of DA and TM. A
        value that says the offset of its own clock is given by this one; any other, and by default
        each, as it is written.

    Raises
    ------
    MetadataError
        If there is a value that is no date with a time.
    """
    text = attributes.text(tag)
    if text is None:
        return None
    parts = _DATETIME.fullmatch(text)
    if parts is None:
        raise _unreadable(tag, "date and time")
    seconds = _date(tag, parts[1]) + _time(tag, parts[2])
    if utc_offset is None or parts[3] is None:
        return seconds
    return seconds + utc_offset - _seconds_of(parts[3])


def read_utc_offset(attributes: DicomAttributes, tag: int) -> float | None:
    """Read by how many seconds a clock is ahead of UTC; None if the element does not say.

    It stands in Timezone Offset From UTC (0008,0201), or behind the date and time of a DT.
    """
    parts = _UTC_OFFSET.fullmatch(attributes.text(tag) or "")
    return None if parts is None else _seconds_of(parts[1])


def _date(tag: int, text: str) -> float:
    parts = _DATE.fullmatch(text)
    try:
        if parts:
            return date(*map(int, parts.groups())).toordinal() * SECONDS_PER_DAY
    except ValueError:
        pass
    raise _unreadable(tag, "date")


def _time(tag: int, text: str) -> float:
    parts = _TIME.fullmatch(text)
    if parts:
        hours, minutes, seconds = int(parts[1]), int(parts[2]), float(parts[3] or 0)
        # Second 60 is a leap second.
        if hours < 24 and minutes < 60 and seconds < 61:
            return hours * 3600 + minutes * 60 + seconds
    raise _unreadable(tag, "time")


def _seconds_of(utc_offset: str) -> float:
    """Turn hours and minutes behind a sign into seconds."""
    seconds = int(utc_offset[1:3]) * 3600.0 + int(utc_offset[3:]) * 60.0
    return -seconds if utc_offset[0] == "-" else seconds


def _unreadable(tag: int, what: str) -> MetadataError:
    # When somebody was examined may tell who it was, so the value is not in the text.
    return MetadataError(f"{describe_tag(tag)} is no {what} (PS3.5 section 6.2)")
