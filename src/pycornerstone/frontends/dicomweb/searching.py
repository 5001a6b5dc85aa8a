"""Searches, as QIDO-RS has them (PS3.18 section 10.6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycornerstone.frontends.dicomweb.catalogue import Instance

__all__ = ["SearchError", "search"]

# What is given unasked: PS3.18 tables 10.6.3-3 to -5, and what viewers look for.
_STUDY = (
    "SpecificCharacterSet StudyDate StudyTime AccessionNumber ReferringPhysicianName "
    "StudyDescription PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID StudyID"
)
_SERIES = (
    "SpecificCharacterSet Modality SeriesDescription StudyInstanceUID SeriesInstanceUID "
    "SeriesNumber SeriesDate SeriesTime BodyPartExamined PerformedProcedureStepStartDate "
    "PerformedProcedureStepStartTime"
)
_INSTANCE = (
    "SpecificCharacterSet SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID "
    "InstanceNumber NumberOfFrames Rows Columns BitsAllocated"
)
_LEVELS = {"studies": _STUDY, "series": _SERIES, "instances": _INSTANCE}
_KEYS = {
    "studies": lambda one: one.study_uid,
    "series": lambda one: one.series_uid,
    "instances": lambda one: one.uid,
}
_OTHERS = frozenset({"accept", "charset", "fuzzymatching", "includefield", "limit", "offset"})
_MOST_RESULTS = 10_000
# PS3.4 C.2.2.2.4: in these, "*" and "?" stand for themselves.
_NO_WILD_CARDS = frozenset(
    {"AS", "AT", "DA", "DS", "DT", "FD", "FL", "IS", "SL", "SS", "TM", "UI", "UL", "US"}
)
_RANGES = frozenset({"DA", "TM", "DT"})
_MODALITIES, _RETRIEVE_URL = "00080061", "00081190"
_SOP_CLASSES = "00080062"


class SearchError(ValueError):
    """What is asked for cannot be searched; its text is for the client."""


def search(
    instances: Sequence[Instance], level: str, asked: Iterable[tuple[str, str]], base_url: str
) -> tuple[list[dict[str, Any]], int]:
    """Search.

    Parameters
    ----------
    instances : sequence of Instance
        Where.
    level : str
        ``"studies"``, ``"series"`` or ``"instances"``.
    asked : iterable of tuple of str
        The parameters of the address.
    base_url : str
        Of the service, for Retrieve URL (0008,1190).

    Returns
    -------
    tuple of (list of dict, int)
        DICOM JSON objects; and how many more there are after them.

    Raises
    ------
    SearchError
        If a parameter is none.
    """
    wanted, fields, offset, limit = _read(asked)
    groups: dict[str, list[Instance]] = {}
    for one in instances:
        groups.setdefault(_KEYS[level](one), []).append(one)
    found = []
    for group in groups.values():
        counted = _counted(group, level, base_url)
        if all(_has(group, counted, tag, text) for tag, text in wanted):
            found.append((group[0], counted))
    page = found[offset : offset + limit]
    unasked = [_tag(name) or "" for name in _LEVELS[level].split()]
    above = [] if level == "studies" else [_tag(name) or "" for name in _STUDY.split()]
    answers = []
    for first, counted in page:
        known = first.listed
        # Who asks for all series of everything has not asked for their studies.
        names = [*unasked, *above, *(known if "all" in fields else fields), *(t for t, _ in wanted)]
        answer = {tag: known[tag] for tag in names if tag in known and _is_inline(known[tag])}
        answers.append(dict(sorted({**answer, **counted}.items())))
    return answers, max(0, len(found) - offset - len(page))


def _read(
    asked: Iterable[tuple[str, str]],
) -> tuple[list[tuple[str, str]], list[str], int, int]:
    wanted: list[tuple[str, str]] = []
    fields: list[str] = []
    numbers = {"offset": 0, "limit": _MOST_RESULTS}
    for name, text in asked:
        if name in numbers:
            if not re.fullmatch(r"[0-9]{1,9}", text):
                raise SearchError(f"{name} must be a number from 0")
            numbers[name] = min(int(text), numbers[name]) if name == "limit" else int(text)
        elif name == "includefield":
            for field in filter(None, text.split(",")):
                tag = "all" if field == "all" else _tag(field)
                if tag is None:
                    raise SearchError("includefield must be keywords or tags of DICOM, or all")
                fields.append(tag)
        elif name not in _OTHERS:
            tag = _tag(name)
            if tag is None:
                raise SearchError(
                    "a parameter is neither a keyword nor a tag of DICOM; attributes of sequences "
                    "are not searched"
                )
            wanted.append((tag, text))
    return wanted, fields, numbers["offset"], numbers["limit"]


def _counted(group: Sequence[Instance], level: str, base_url: str) -> dict[str, Any]:
    first = group[0]
    if level == "instances":
        return {_RETRIEVE_URL: {"vr": "UR", "Value": [base_url + first.path]}}
    if level == "series":
        path = first.path.partition("/instances/")[0]
        return {
            _RETRIEVE_URL: {"vr": "UR", "Value": [base_url + path]},
            "00201209": {"vr": "IS", "Value": [len(group)]},
        }
    path = first.path.partition("/series/")[0]
    # One of each series: all of it is of one modality (PS3.3 C.7.3.1.1.1).
    series = {one.series_uid: one for one in reversed(group)}.values()
    return {
        _RETRIEVE_URL: {"vr": "UR", "Value": [base_url + path]},
        _MODALITIES: {"vr": "CS", "Value": _different(series, "00080060")},
        _SOP_CLASSES: {"vr": "UI", "Value": _different(series, "00080016")},
        "00201206": {"vr": "IS", "Value": [len(series)]},
        "00201208": {"vr": "IS", "Value": [len(group)]},
    }


def _different(instances: Iterable[Instance], tag: str) -> list[str]:
    return sorted({text for one in instances for text in _texts(one.listed.get(tag))})


def _has(group: Sequence[Instance], counted: dict[str, Any], tag: str, text: str) -> bool:
    if text in {"", "*"}:
        # Universal matching (PS3.4 C.2.2.2.3).
        return True
    if tag in counted:
        return _matches(counted[tag], text)
    return any(_matches(one.listed.get(tag), text) for one in group)


def _matches(element: dict[str, Any] | None, text: str) -> bool:
    """Match as PS3.4 C.2.2.2 says: single value, list of UIDs, wild card, range."""
    vr = (element or {}).get("vr", "")
    found = _texts(element)
    if vr in _RANGES and "-" in text:
        first, _, last = text.partition("-")
        return any((not first or one >= first) and _is_until(one, last) for one in found)
    if vr == "UI":
        return any(one in re.split(r"[,\\]", text) for one in found)
    if vr in _NO_WILD_CARDS:
        return text in found
    pattern = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text)
    flags = re.DOTALL | (re.IGNORECASE if vr == "PN" else 0)
    return any(re.fullmatch(pattern, one, flags) for one in found)


def _is_until(found: str, last: str) -> bool:
    # 10:30 has all of that minute.
    return not last or found[: len(last)] <= last


def _texts(element: dict[str, Any] | None) -> list[str]:
    values = (element or {}).get("Value") or []
    texts = []
    for value in values:
        if isinstance(value, dict):
            texts += [str(value.get(group)) for group in value if isinstance(value[group], str)]
        elif value is not None:
            texts.append(str(value))
    return texts


def _is_inline(element: dict[str, Any]) -> bool:
    return "BulkDataURI" not in element


def _tag(name: str) -> str | None:
    from pydicom.datadict import tag_for_keyword

    if re.fullmatch(r"[0-9A-Fa-f]{8}", name):
        return name.upper()
    number = tag_for_keyword(name)
    return None if number is None else f"{number:08X}"
