"""Whether an element has what a search wants (PS3.4 C.2.2.2, PS3.18 8.3.4)."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["inner_elements", "matches", "texts_of"]

# PS3.4 C.2.2.2.4: in these, "*" and "?" stand for themselves.
_NO_WILD_CARDS = frozenset(
    {"AS", "AT", "DA", "DS", "DT", "FD", "FL", "IS", "SL", "SS", "TM", "UI", "UL", "US"}
)
_NUMBERS = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"})
_RANGES = frozenset({"DA", "TM", "DT"})
# PS3.5 6.2, of a date and time: from UTC, at most 14 hours.
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-4])[0-5][0-9]$")


def matches(element: dict[str, Any] | None, text: str, *, is_fuzzy: bool = False) -> bool:
    """Match by single value, list of UIDs, wild cards, or range.

    Parameters
    ----------
    element : dict or None
        In the DICOM JSON model.
    text : str
        What is wanted.
    is_fuzzy : bool
        Words of a name, or their beginnings, in any order, and without their accents, match too.
    """
    if text in {"", "*"}:
        # Universal matching (PS3.4 C.2.2.2.3).
        return True
    vr = (element or {}).get("vr", "")
    found = texts_of(element)
    if vr in _RANGES and "-" in (_OFFSET.sub("", text) if vr == "DT" else text):
        first, last = _ends(text, vr)
        return any((not first or one >= first) and _is_until(one, last) for one in found)
    if vr == "UI":
        return any(one in re.split(r"[,\\]", text) for one in found)
    if vr in _NUMBERS:
        return any(_is_number(one, text) for one in found)
    if vr in _NO_WILD_CARDS:
        return text in found
    if vr == "PN" and is_fuzzy and any(_sounds(one, text) for one in found):
        return True
    pattern = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text)
    flags = re.DOTALL | (re.IGNORECASE if vr == "PN" else 0)
    return any(re.fullmatch(pattern, one, flags) for one in found)


def texts_of(element: dict[str, Any] | None) -> list[str]:
    """Give the values as text; of a name each of its groups."""
    texts = []
    for value in (element or {}).get("Value") or []:
        if isinstance(value, dict):
            texts += [group for group in value.values() if isinstance(group, str)]
        elif value is not None:
            texts.append(str(value))
    return texts


def inner_elements(element: dict[str, Any] | None, path: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give what is at the end of a path of tags, of all items of the sequences on the way."""
    if element is None:
        return
    if not path:
        yield element
        return
    for item in element.get("Value") or []:
        if isinstance(item, dict):
            yield from inner_elements(item.get(path[0]), path[1:])


def _ends(text: str, vr: str) -> tuple[str, str]:
    """Part a range; of a date and time, either end may have an offset from UTC with a minus."""
    if vr == "DT":
        # What comes before the last point in time, or before its minus.
        cut = re.fullmatch(r"(.*?)-([0-9.]*)", _OFFSET.sub("", text))
        if cut is not None:
            return _OFFSET.sub("", cut[1]), cut[2]
    first, _, last = text.partition("-")
    return first, last


def _is_until(found: str, last: str) -> bool:
    # 10:30 has all of that minute.
    return not last or found[: len(last)] <= last


def _is_number(found: str, text: str) -> bool:
    try:
        return float(found) == float(text)
    except ValueError:
        return found == text


def _sounds(name: str, text: str) -> bool:
    words = _words(name)
    wanted = _words(text.replace("*", " ").replace("?", " "))
    return bool(wanted) and all(any(word.startswith(one) for word in words) for one in wanted)


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word for word in re.split(r"[\s^=,.-]+", letters) if word]
