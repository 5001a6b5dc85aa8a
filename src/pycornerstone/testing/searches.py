"""Searches as a DICOMweb server answers them: QIDO-RS (PS3.18 section 10.6).

pydicom is imported at the top: import this module when it is needed.
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Any

from pydicom.datadict import tag_for_keyword

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pycornerstone.testing.served_instances import ServedInstance

__all__ = ["found_by"]

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


def found_by(
    instances: Sequence[ServedInstance], level: str, query: Mapping[str, str], base_url: str
) -> list[dict[str, Any]]:
    """Search (QIDO-RS, PS3.18 10.6): by keyword or tag, ``*`` and ``?`` in text, limit and offset.

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

    Returns
    -------
    list of dict
        DICOM JSON objects, one a study, series or instance.
    """
    wanted = {tag: text for name, text in query.items() if (tag := _tag(name)) is not None}
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
        if all(_matches(attributes.get(tag), text) for tag, text in wanted.items()):
            found.append(_answer(group, level, attributes, base_url))
    offset = int(query.get("offset", 0))
    limit = int(query["limit"]) if "limit" in query else len(found)
    return found[offset : offset + limit]


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
    return dict(sorted(answer.items()))


def _matches(attribute: Mapping[str, Any] | None, text: str) -> bool:
    values = (attribute or {}).get("Value", [])
    texts = [str(v.get("Alphabetic", "") if isinstance(v, dict) else v) for v in values]
    return any(fnmatch.fnmatchcase(found, text) for found in texts)


def _tag(name: str) -> str | None:
    if re.fullmatch(r"[0-9A-Fa-f]{8}", name):
        return name.upper()
    number = tag_for_keyword(name)
    return None if number is None else f"{number:08X}"
