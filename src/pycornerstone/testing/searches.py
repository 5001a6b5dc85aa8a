"""Searches as a DICOMweb server answers them: QIDO-RS (PS3.18 section 10.6).

pydicom is imported at the top: import this module when it is needed.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydicom.datadict import tag_for_keyword

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from multidict import MultiMapping

    from pycornerstone.testing.served_instances import ServedInstance

__all__ = ["DicomwebLimits", "found_by"]

# What a search gives of each level, of what PS3.18 section 10.6.3.3 asks for.
_STUDY = (
    "00080005",
    "00080020",
    "00080030",
    "00080050",
    "00080090",
    "00081030",
    "00100010",
    "00100020",
    "00100030",
    "00100040",
    "0020000D",
    "00200010",
)
_SERIES = ("00080005", "00080060", "0008103E", "0020000D", "0020000E", "00200011")
_INSTANCE = (
    "00080005",
    "00080016",
    "00080018",
    "0020000D",
    "0020000E",
    "00200013",
    "00280008",
    "00280010",
    "00280011",
    "00280100",
)
_LEVELS: dict[str, tuple[str, ...]] = {
    "studies": _STUDY,
    "series": _SERIES,
    "instances": _INSTANCE,
}


@dataclass(frozen=True, slots=True)
class DicomwebLimits:
    """What a server does not do of searches and metadata, as many do not.

    Attributes
    ----------
    max_results : int or None
        A search gives so many at the most, whatever is asked for.
    says_more : bool
        It says if there are more, by Warning 299 (PS3.18 section 10.6.3).
    ignores_limit, ignores_offset : bool
        It does not know these parameters.
    max_metadata : int or None
        Metadata of more instances are refused by 413.
    """

    max_results: int | None = None
    says_more: bool = True
    ignores_limit: bool = False
    ignores_offset: bool = False
    max_metadata: int | None = None


def found_by(
    instances: Sequence[ServedInstance],
    level: str,
    query: MultiMapping[str],
    base_url: str,
    limits: DicomwebLimits | None = None,
) -> tuple[list[dict[str, Any]], int]:
    """Search (QIDO-RS, PS3.18 10.6), by keyword or tag.

    Text may have ``*`` and ``?``, dates and times may be ranges, UIDs lists. A study matches if its
    first instance does, and by Modalities in Study.

    Parameters
    ----------
    instances : sequence of ServedInstance
        Where to look.
    level : str
        ``"studies"``, ``"series"`` or ``"instances"``.
    query : mapping
        Parameters of the address.
    base_url : str
        Of the service, for Retrieve URL (0008,1190).
    limits : DicomwebLimits, optional
        What the server does not do.

    Returns
    -------
    tuple of (list of dict, int)
        DICOM JSON objects, one a study, series or instance; and how many there are after those.

    Raises
    ------
    ValueError
        If limit or offset is no number.
    """
    limits = limits or DicomwebLimits()
    wanted = {tag: text for name, text in query.items() if (tag := _tag(name)) is not None}
    further = [f for text in query.getall("includefield", ()) for f in text.split(",")]
    groups: dict[str, list[ServedInstance]] = {}
    for instance in instances:
        key = {
            "studies": instance.study_uid,
            "series": instance.series_uid,
            "instances": instance.uid,
        }[level]
        groups.setdefault(key, []).append(instance)
    found = []
    for group in groups.values():
        attributes = group[0].attributes()
        answer = _answer(group, level, attributes, base_url)
        known = {**attributes, **answer}
        if all(_matches(known.get(tag), text) for tag, text in wanted.items()):
            tags = set(attributes) if "all" in further else {_tag(field) for field in further}
            answer |= {tag: attributes[tag] for tag in tags if tag in attributes}
            found.append(dict(sorted(answer.items())))
    offset = 0 if limits.ignores_offset else int(query.get("offset", 0))
    limit = int(query["limit"]) if "limit" in query and not limits.ignores_limit else len(found)
    page = found[offset : offset + limit][: limits.max_results]
    return page, max(0, len(found) - offset - len(page))


def _answer(
    group: Sequence[ServedInstance], level: str, attributes: dict[str, Any], base_url: str
) -> dict[str, Any]:
    answer = {tag: attributes[tag] for tag in _LEVELS[level] if tag in attributes}
    path = group[0].path
    if level == "studies":
        path = path.partition("/series/")[0]
        modalities = sorted({str(instance.dataset.get("Modality", "")) for instance in group})
        answer["00080061"] = {"vr": "CS", "Value": modalities}
        series = {instance.series_uid for instance in group}
        answer["00201206"] = {"vr": "IS", "Value": [len(series)]}
        answer["00201208"] = {"vr": "IS", "Value": [len(group)]}
    elif level == "series":
        path = path.partition("/instances/")[0]
        answer["00201209"] = {"vr": "IS", "Value": [len(group)]}
    answer["00081190"] = {"vr": "UR", "Value": [base_url + path]}
    return answer


def _matches(attribute: Mapping[str, Any] | None, text: str) -> bool:
    """Match as PS3.4 section C.2.2.2 says: single value, list of UIDs, wild card, range."""
    values = (attribute or {}).get("Value", [])
    texts = [str(v.get("Alphabetic", "") if isinstance(v, dict) else v) for v in values]
    vr = (attribute or {}).get("vr")
    if vr in {"DA", "TM", "DT"} and "-" in text:
        first, _, last = text.partition("-")
        return any((first or found) <= found <= (last or found) for found in texts)
    wanted = text.split(",") if vr == "UI" else [text]
    return any(fnmatch.fnmatchcase(found, one) for found in texts for one in wanted)


def _tag(name: str) -> str | None:
    if re.fullmatch(r"[0-9A-Fa-f]{8}", name):
        return name.upper()
    number = tag_for_keyword(name)
    return None if number is None else f"{number:08X}"
