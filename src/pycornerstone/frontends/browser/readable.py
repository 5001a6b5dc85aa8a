"""Dates, names and numbers as people write them."""

from __future__ import annotations

import math
import re

__all__ = ["day_of", "number_text", "person_of", "time_of"]

_DA = re.compile(r"(\d{4})(\d\d)(\d\d)")
_TM = re.compile(r"(\d\d)(\d\d)?(\d\d)?")
_MOST_DIGITS = 15


def day_of(date: str | None) -> str:
    """Give a date of DICOM (DA, PS3.5 section 6.2) as year, month and day; others as they are.

    Examples
    --------
    >>> day_of("20240229")
    '2024-02-29'
    """
    text = (date or "").strip()
    found = _DA.fullmatch(text)
    return "-".join(found.groups()) if found else text


def time_of(time: str | None) -> str:
    """Give a time of DICOM (TM, PS3.5 section 6.2) as hours, minutes and seconds.

    Examples
    --------
    >>> time_of("070907.0705")
    '07:09:07'
    """
    text = (time or "").strip()
    found = _TM.match(text)
    return ":".join(part for part in found.groups() if part) if found else text


def person_of(name: str | None) -> str:
    """Give a name of DICOM (PN, PS3.5 section 6.2.1) as family name, given and middle names.

    Of its groups, alphabetic, ideographic and phonetic, the first that is there.

    Examples
    --------
    >>> person_of("Adams^John Robert Quincy^^Rev.^B.A. M.Div.")
    'Adams, John Robert Quincy'
    """
    group = next((part for part in (name or "").split("=") if part.strip("^ ")), "")
    family, *others = (part.strip() for part in group.split("^"))
    given = " ".join(part for part in others[:2] if part)
    return ", ".join(part for part in (family, given) if part)


def number_text(value: float, digits: int = 4) -> str:
    """Give a number with as many digits as count; whole numbers with all of them.

    Examples
    --------
    >>> number_text(-1024.0), number_text(3.14159), number_text(123.456)
    ('-1024', '3.142', '123.5')
    """
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer() and abs(value) < 10**_MOST_DIGITS:
        return str(int(value))
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:.1f}"
    return f"{value:.{digits}g}"
