"""What is searched for, as parameters of an address: QIDO-RS (PS3.18 sections 8.3.4 and 10.6.1)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

__all__ = ["SearchQuery"]

# PS3.18 tables 10.6.1-3 to 10.6.1-5, what every server can search for, so that pydicom's dictionary
# is only read for others: that takes 0.4 s.
_COMMON = {
    "StudyDate": "DA",
    "StudyTime": "TM",
    "AccessionNumber": "SH",
    "ModalitiesInStudy": "CS",
    "ReferringPhysicianName": "PN",
    "PatientName": "PN",
    "PatientID": "LO",
    "PatientBirthDate": "DA",
    "StudyDescription": "LO",
    "StudyInstanceUID": "UI",
    "StudyID": "SH",
    "Modality": "CS",
    "SeriesDescription": "LO",
    "SeriesInstanceUID": "UI",
    "SeriesNumber": "IS",
    "PerformedProcedureStepStartDate": "DA",
    "PerformedProcedureStepStartTime": "TM",
    "SOPClassUID": "UI",
    "SOPInstanceUID": "UI",
    "InstanceNumber": "IS",
}
_TAG = re.compile(r"[0-9A-Fa-f]{8}\Z")
_RANGES = {"DA", "TM", "DT"}
_RANGE_ENDS = 2


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched for.

    Attributes
    ----------
    filters : tuple of (str, str)
        Attribute and value, as they are sent, before they are encoded.
    limit : int or None
        How many results are wanted at the most.
    offset : int
        How many are passed over first.
    include_fields : tuple of str
        Further attributes that results should have.
    fuzzy_matching : bool
        Names may be spelled otherwise, if the server knows how.
    """

    filters: tuple[tuple[str, str], ...] = ()
    limit: int | None = None
    offset: int = 0
    include_fields: tuple[str, ...] = ()
    fuzzy_matching: bool = False

    @classmethod
    def of(
        cls,
        filters: Mapping[str, Any],
        *,
        limit: int | None = None,
        offset: int = 0,
        include_fields: Iterable[str] = (),
        fuzzy_matching: bool = False,
    ) -> SearchQuery:
        """Check what a user asks for; see `Session.search_studies`.

        Raises
        ------
        ValueError
            If a keyword is none, or a value cannot be searched for; it does not say the value.
        """
        for name, number in (("limit", limit), ("offset", offset)):
            if number is not None and (not _is_whole(number) or number < 0):
                raise ValueError(f"{name} is a whole number of at least 0, got {number!r}")
        fields = [include_fields] if isinstance(include_fields, str) else list(include_fields)
        for field in fields:
            if field != "all":
                _vr_of_path(field)
        written = [
            (name, _written(name, value)) for name, value in filters.items() if value is not None
        ]
        return cls(tuple(written), limit, offset, tuple(fields), fuzzy_matching)

    def parameters(self, limit: int | None, offset: int) -> str:
        """Write one page of it as the query of an address, without the ``?``."""
        pairs = [
            # Lists of UIDs have commas, all else that is not plain is encoded.
            (name, quote(value, safe="*,") if _is_uids(value) else quote(value, safe="*"))
            for name, value in self.filters
        ]
        pairs += [("includefield", quote(field, safe="")) for field in self.include_fields]
        if self.fuzzy_matching:
            pairs.append(("fuzzymatching", "true"))
        if limit is not None:
            pairs.append(("limit", str(limit)))
        if offset:
            pairs.append(("offset", str(offset)))
        return "&".join(f"{name}={value}" for name, value in pairs)


def _written(name: str, value: object) -> str:
    """Write a value as it is searched for, by the value representation of its attribute."""
    vr = _vr_of_path(name)
    if vr in _RANGES:
        return _moment_or_range(name, value, vr)
    if isinstance(value, str):
        return value
    if _is_whole(value) or isinstance(value, float):
        return str(value)
    if isinstance(value, Iterable) and not isinstance(value, bytes | Mapping):
        if vr != "UI":
            raise ValueError(
                f"{name} can be searched for one value at a time, only UIDs by a list (PS3.4 "
                "section C.2.2.2); use * and ?, or several searches"
            )
        uids = list(value)
        if not uids or not all(isinstance(uid, str) and uid for uid in uids):
            raise ValueError(f"{name} is searched for by UIDs, as text, one at least")
        return ",".join(uids)
    raise _unfit(name, value, "text or a number")


def _moment_or_range(name: str, value: object, vr: str) -> str:
    if not isinstance(value, tuple | list):
        return _moment(name, value, vr)
    ends = [None if end is None else _moment(name, end, vr) for end in value]
    if len(ends) != _RANGE_ENDS or not any(ends):
        raise ValueError(
            f"a range of {name} is (from, to), of which one may be None, got {len(ends)} values"
        )
    return "-".join(end or "" for end in ends)


def _moment(name: str, value: object, vr: str) -> str:
    if isinstance(value, str):
        return value
    if vr == "DA" and isinstance(value, date):
        return value.strftime("%Y%m%d")
    if vr == "TM" and isinstance(value, time):
        return value.strftime("%H%M%S.%f") if value.microsecond else value.strftime("%H%M%S")
    if vr == "DT" and isinstance(value, datetime):
        offset = value.strftime("%z") if value.utcoffset() is not None else ""
        if isinstance(value.utcoffset(), timedelta):
            # Seconds of an offset are not for DICOM (PS3.5 section 6.2).
            offset = offset[:5]
        return value.strftime("%Y%m%d%H%M%S.%f") + offset
    if vr == "DT" and isinstance(value, date):
        return value.strftime("%Y%m%d")
    kind = {"DA": "a date", "TM": "a time", "DT": "a datetime"}[vr]
    raise _unfit(name, value, f"{kind}, text, or (from, to) of them")


def _vr_of_path(name: str) -> str | None:
    """Give the VR of an attribute, or of one in a sequence (``A.B``); None of an unknown tag."""
    vr = None
    for part in name.split("."):
        vr = _vr(part)
    return vr


def _vr(name: str) -> str | None:
    if name in _COMMON:
        return _COMMON[name]
    from pydicom import datadict

    if _TAG.match(name):
        try:
            return datadict.dictionary_VR(int(name, 16))
        except KeyError:
            # Of a private element nothing is known.
            return None
    tag = datadict.tag_for_keyword(name)
    if tag is None:
        nearest = difflib.get_close_matches(name, _COMMON, n=1) or difflib.get_close_matches(
            name, datadict.keyword_dict, n=1
        )
        advice = "see PS3.6 for keywords, or give the tag as eight hexadecimal digits"
        if nearest:
            advice = f"did you mean {nearest[0]!r}?"
        raise ValueError(f"{name!r:.80} is no DICOM keyword; {advice}")
    return datadict.dictionary_VR(tag)


def _is_uids(value: str) -> bool:
    return "," in value and re.fullmatch(r"[0-9.,]+", value) is not None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _unfit(name: str, value: object, expected: str) -> ValueError:
    # The value may be a patient's.
    return ValueError(f"{name} is searched for by {expected}, got {type(value).__name__}")
