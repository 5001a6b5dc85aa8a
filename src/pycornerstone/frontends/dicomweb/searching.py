"""Searches, as QIDO-RS has them (PS3.18 section 10.6)."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.dicomweb.matching import inner_elements, matches, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycornerstone.frontends.dicomweb.instances import Instance

__all__ = ["Query", "SearchError", "search"]

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
_ALSO_OF_STUDY = "IssuerOfPatientID OtherPatientIDsSequence EthnicGroup PatientBirthTime"
_KEYS = {
    "studies": lambda one: one.study_uid,
    "series": lambda one: one.series_uid,
    "instances": lambda one: one.uid,
}
_ALL = "all"
_OTHERS = frozenset({"accept", "charset"})
_MOST_RESULTS = 10_000
_MOST_DEEP = 8
_MODALITIES, _RETRIEVE_URL = "00080061", "00081190"
_SOP_CLASSES, _TRANSFER_SYNTAXES = "00080062", "00083002"
_TRUE, _FALSE = "true", "false"


class SearchError(ValueError):
    """What is asked for cannot be searched; its text is for the client."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for.

    Attributes
    ----------
    wanted : tuple of (tuple of str, str)
        Tags, of sequences first, and what is to match.
    fields : tuple of str
        Tags that are given besides; or ``"all"``.
    offset, limit : int
        Which of the results.
    is_fuzzy : bool
        Names are matched as of `matches`.
    """

    wanted: tuple[tuple[tuple[str, ...], str], ...] = ()
    fields: tuple[str, ...] = ()
    offset: int = 0
    limit: int = _MOST_RESULTS
    is_fuzzy: bool = False

    @classmethod
    def parse(cls, asked: Iterable[tuple[str, str]]) -> Query:
        """Read the parameters of an address (PS3.18 table 8.3.4-1).

        Raises
        ------
        SearchError
            If one of them is none.
        """
        wanted: list[tuple[tuple[str, ...], str]] = []
        fields: list[str] = []
        numbers = {"offset": 0, "limit": _MOST_RESULTS}
        is_fuzzy = False
        for name, text in asked:
            if name in numbers:
                if not re.fullmatch(r"[0-9]{1,9}", text):
                    raise SearchError(f"{name} must be a number from 0")
                numbers[name] = min(int(text), _MOST_RESULTS) if name == "limit" else int(text)
            elif name == "fuzzymatching":
                if text.lower() not in {_TRUE, _FALSE}:
                    raise SearchError("fuzzymatching must be true or false")
                is_fuzzy = text.lower() == _TRUE
            elif name == "includefield":
                fields += (_field(field) for field in filter(None, text.split(",")))
            elif name not in _OTHERS:
                wanted.append((_path(name), text))
        return cls(tuple(wanted), tuple(fields), numbers["offset"], numbers["limit"], is_fuzzy)


def search(
    instances: Sequence[Instance], level: str, query: Query, base_url: str
) -> tuple[list[dict[str, Any]], int]:
    """Search.

    Parameters
    ----------
    instances : sequence of Instance
        Where.
    level : str
        ``"studies"``, ``"series"`` or ``"instances"``.
    query : Query
        What for.
    base_url : str
        Of the service, for Retrieve URL (0008,1190).

    Returns
    -------
    tuple of (list of dict, int)
        DICOM JSON objects; and how many more there are after them.
    """
    groups: dict[str, list[Instance]] = {}
    # What is of the study is read of one of its instances; of the series too.
    first_of: dict[str, Instance] = {}
    for one in instances:
        groups.setdefault(_KEYS[level](one), []).append(one)
        first_of.setdefault(one.study_uid, one)
        first_of.setdefault(one.series_uid, one)
    found = [group for group in groups.values() if _has_all(group, level, query, first_of)]
    page = found[query.offset : query.offset + query.limit]
    answers = [_answer(group, level, query, first_of, base_url) for group in page]
    return answers, max(0, len(found) - query.offset - len(page))


def _has_all(
    group: Sequence[Instance], level: str, query: Query, first_of: dict[str, Instance]
) -> bool:
    for path, text in query.wanted:
        if path[0] in _COUNTED[level]:
            if not matches(_counted(group, level, "").get(path[0]), text):
                return False
            continue
        some = _who_knows(group, path[0], first_of)
        if text not in {"", "*"} and not any(
            matches(one, text, is_fuzzy=query.is_fuzzy)
            for instance in some
            for one in inner_elements(instance.element(path[0]), path[1:])
        ):
            return False
    return True


def _who_knows(
    group: Sequence[Instance], tag: str, first_of: dict[str, Instance]
) -> Sequence[Instance]:
    first = group[0]
    if tag in _OF_STUDY:
        return (first_of[first.study_uid],)
    if tag in _OF_SERIES:
        return tuple({one.series_uid: first_of[one.series_uid] for one in group}.values())
    return group


def _answer(
    group: Sequence[Instance],
    level: str,
    query: Query,
    first_of: dict[str, Instance],
    base_url: str,
) -> dict[str, Any]:
    first = group[0]
    tags = list(_UNASKED[level])
    # Who asks for all series of everything has not asked for their studies.
    tags += [] if level == "studies" else _UNASKED["studies"]
    tags += [path[0] for path, _ in query.wanted]
    tags += [one for one in query.fields if one != _ALL]
    if _ALL in query.fields:
        tags += first.attributes()
    answer = {}
    for tag in dict.fromkeys(tags):
        element = _who_knows(group, tag, first_of)[0].element(tag)
        if element is not None and "BulkDataURI" not in str(element):
            answer[tag] = element
    counted = _counted(group, level, base_url)
    return dict(sorted({**answer, **counted}.items()))


def _counted(group: Sequence[Instance], level: str, base_url: str) -> dict[str, Any]:
    first = group[0]
    if level == "instances":
        found = {_RETRIEVE_URL: {"vr": "UR", "Value": [base_url + first.path]}}
        with contextlib.suppress(PyCornerstoneError):
            syntaxes = [first.transfer_syntax_uid]
            found[_TRANSFER_SYNTAXES] = {"vr": "UI", "Value": syntaxes}
        return found
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
        _SOP_CLASSES: {"vr": "UI", "Value": _different(group, "00080016")},
        "00201206": {"vr": "IS", "Value": [len(series)]},
        "00201208": {"vr": "IS", "Value": [len(group)]},
    }


def _different(instances: Iterable[Instance], tag: str) -> list[str]:
    return sorted({text for one in instances for text in texts_of(one.element(tag))})


def _field(name: str) -> str:
    if name == _ALL:
        return _ALL
    path = [_tag(part) for part in name.split(".")]
    # Of a sequence, all of it is given.
    if path[0] is None or None in path:
        raise SearchError("includefield must be keywords or tags of DICOM, or all")
    return path[0]


def _path(name: str) -> tuple[str, ...]:
    path = [_tag(part) for part in name.split(".")]
    if None in path or len(path) > _MOST_DEEP:
        raise SearchError(
            "a parameter is neither a keyword nor a tag of DICOM, nor several with points between"
        )
    return tuple(tag for tag in path if tag is not None)


def _tag(name: str) -> str | None:
    from pydicom.datadict import tag_for_keyword

    if re.fullmatch(r"[0-9A-Fa-f]{8}", name):
        return name.upper()
    number = tag_for_keyword(name)
    return None if number is None else f"{number:08X}"


def _tags(keywords: str) -> tuple[str, ...]:
    return tuple(tag for name in keywords.split() if (tag := _tag(name)) is not None)


_UNASKED = {"studies": _tags(_STUDY), "series": _tags(_SERIES), "instances": _tags(_INSTANCE)}
# PS3.3 C.7.1 and C.7.2: what all instances of a study say alike.
_OF_STUDY = frozenset(_UNASKED["studies"]) - {"00080005"} | frozenset(_tags(_ALSO_OF_STUDY))
_OF_SERIES = frozenset(_UNASKED["series"]) - {"00080005"} - _OF_STUDY
_COUNTED = {
    "studies": {_RETRIEVE_URL, _MODALITIES, _SOP_CLASSES, "00201206", "00201208"},
    "series": {_RETRIEVE_URL, "00201209"},
    "instances": {_RETRIEVE_URL, _TRANSFER_SYNTAXES},
}
