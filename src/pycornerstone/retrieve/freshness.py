"""Whether an answer may be kept and given again: HTTP's rules (RFC 9111), and what DICOM adds.

The cache is a private one, of one person. Nothing here does any work of its own: header fields in,
decisions out.
"""

from __future__ import annotations

import math
import re
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.headers import ContentType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pycornerstone.retrieve.http_response import HttpResponse

__all__ = [
    "age_s",
    "asks_for_a_representation",
    "conditions",
    "fields_to_keep",
    "is_frame",
    "lifetime_s",
    "may_be_given_unasked",
    "may_be_kept",
    "updated",
    "varying_names",
]

# What readers look at, and what the rules below do; nothing else is worth keeping, and some of it,
# such as Set-Cookie, must not be.
_KEPT_FIELDS = frozenset({
    "age",
    "cache-control",
    "content-disposition",
    "content-location",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "pragma",
    "vary",
})  # fmt: skip
# A 304 may not change what the kept body is (RFC 9111, section 3.2).
_OF_THE_BODY = frozenset({"content-disposition", "content-location", "content-type"})
# Codings are undone before anything is kept, and the cache is of one person.
_NOT_VARIED_BY = frozenset({"accept-encoding", "authorization", "cookie"})
# Nothing that is loaded here is a page; a login page that comes instead of a frame is one.
_PAGES = frozenset({"text/html", "application/xhtml+xml"})

_DIRECTIVE = re.compile(r'([^\s,;="]+)\s*(?:=\s*(?:"([^"]*)"|([^\s,;]*)))?')
_FRAMES = re.compile(r"/studies/[^/]+/series/[^/]+/instances/[^/]+/frames/[^/]+")
_INSTANCE = re.compile(
    r"/studies/[^/]+/series/[^/]+/instances/[^/]+(?:/frames/[^/]+|/bulk[^/]*/.+)?/?$"
)
_SEARCH = re.compile(r"/(?:studies|series|instances)/?$")
_LONGEST_S = 2.0**31


def asks_for_a_representation(url: str, headers: Mapping[str, str]) -> bool:
    """Say whether a request is one whose answer may be kept, or be one that is.

    Those for a part, those that bring conditions of their own, and those that want no cache are
    not; nor are searches (PS3.18 section 10.6), whose answers are old within the hour and name
    patients whose images nobody looked at.
    """
    names = {name.lower(): value for name, value in headers.items()}
    if "range" in names or any(name.startswith("if-") for name in names):
        return False
    if _directives(names.get("cache-control", "")).keys() & {"no-cache", "no-store"}:
        return False
    return not _SEARCH.search(_path(url))


def may_be_kept(response: HttpResponse) -> bool:
    """Say whether an answer may be written down at all (RFC 9111, section 3).

    One whose last part is missing is not: it would be given again for ever.
    """
    fields = response.headers
    if response.status != 200 or "no-store" in _directives(fields.get("cache-control", "")):
        return False
    if "*" in fields.get("vary", "") or response.media_type in _PAGES:
        return False
    return _is_whole(response)


def fields_to_keep(headers: Mapping[str, str]) -> dict[str, str]:
    """Give what of the header fields is kept; never cookies or tokens."""
    fields = {name: value for name, value in headers.items() if name in _KEPT_FIELDS}
    if "content-location" in fields:
        fields["content-location"] = without_credentials(fields["content-location"])
    return fields


def updated(fields: Mapping[str, str], not_modified: Mapping[str, str]) -> dict[str, str]:
    """Give the kept fields after a 304 that came with others (RFC 9111, section 3.2)."""
    newer = {k: v for k, v in fields_to_keep(not_modified).items() if k not in _OF_THE_BODY}
    # The age that a proxy told belongs to its own answer.
    return {**{k: v for k, v in fields.items() if k != "age"}, **newer}


def varying_names(fields: Mapping[str, str]) -> list[str]:
    """Name the request fields that the answer depends on besides Accept (RFC 9111, section 4.1)."""
    names = {name.strip().lower() for name in fields.get("vary", "").split(",")}
    return sorted(names - _NOT_VARIED_BY - {""})


def lifetime_s(url: str, fields: Mapping[str, str]) -> float:
    """Say how old an answer may become before the server is asked about it, seconds.

    What the server says counts. Where it says nothing, and gives nothing to ask it by, a SOP
    Instance, its frames and its bulk data hold for ever: what is changed gets another UID (PS3.3
    C.12.1). All else is asked for anew.
    """
    control = _directives(fields.get("cache-control", ""))
    if "no-cache" in control or (not control and "no-cache" in fields.get("pragma", "").lower()):
        return 0.0
    if "max-age" in control:
        return _seconds(control["max-age"])
    if "expires" in fields:
        expires, made = _date(fields["expires"]), _date(fields.get("date", ""))
        # What is no date, such as 0, is in the past (RFC 9111, section 5.3).
        return 0.0 if expires is None or made is None else max(0.0, expires - made)
    if "etag" in fields or "last-modified" in fields:
        return 0.0
    return math.inf if _never_changes(url, fields) else 0.0


def age_s(fields: Mapping[str, str], stored_at: float, now: float) -> float:
    """Say how old an answer is, seconds (RFC 9111, section 4.2.3); never below 0.

    Parameters
    ----------
    fields : mapping of str to str
        Kept header fields.
    stored_at, now : float
        When it came, and when it is to be given; seconds since 1970.
    """
    made = _date(fields.get("date", ""))
    apparent = 0.0 if made is None else max(0.0, stored_at - made)
    # A clock that was set back says nothing of how long it has been here.
    resident = math.inf if now < stored_at - 1 else max(0.0, now - stored_at)
    return max(apparent, _seconds(fields.get("age", "0"))) + resident


def conditions(fields: Mapping[str, str]) -> dict[str, str]:
    """Give what asks the server whether a kept answer still holds (RFC 9110, section 13.1)."""
    if "etag" in fields:
        return {"If-None-Match": fields["etag"]}
    if "last-modified" in fields:
        return {"If-Modified-Since": fields["last-modified"]}
    return {}


def may_be_given_unasked(fields: Mapping[str, str]) -> bool:
    """Say whether what should be asked about may be given when nobody answers.

    A server can forbid that by no-cache or must-revalidate (RFC 9111, section 4.2.4).
    """
    forbidding = {"no-cache", "must-revalidate"}
    return not _directives(fields.get("cache-control", "")).keys() & forbidding


def is_frame(url: str) -> bool:
    """Say whether it is the address of frames, whose answer says itself how they are encoded."""
    return _FRAMES.search(_path(url)) is not None


def _never_changes(url: str, fields: Mapping[str, str]) -> bool:
    media_type = ContentType.parse(fields.get("content-type", "")).media_type
    if _INSTANCE.search(_path(url)):
        is_dicom = media_type in {"application/dicom", "application/octet-stream", ""}
        return is_dicom or media_type.startswith(("image/", "multipart/", "video/"))
    # WADO-URI (PS3.18 section 9). A picture that a server draws may be drawn better tomorrow.
    return media_type == "application/dicom" and "objectuid" in _query_names(url)


def _is_whole(response: HttpResponse) -> bool:
    kind = ContentType.parse(response.content_type)
    boundary = kind.parameters.get("boundary", "")
    if not kind.media_type.startswith("multipart/") or not boundary:
        return True
    end = b"--" + boundary.encode("latin-1", "replace") + b"--"
    # Behind the last boundary there may be some empty lines, or an epilogue.
    return end in response.body[-(len(end) + 1024) :]


def _directives(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, quoted, plain in _DIRECTIVE.findall(text):
        found.setdefault(name.lower(), quoted or plain)
    return found


def _seconds(text: str) -> float:
    text = text.strip()
    # What is no number is the safe one: nothing holds at all.
    return min(float(text[:20]), _LONGEST_S) if text.isascii() and text.isdecimal() else 0.0


def _date(text: str) -> float | None:
    try:
        parsed = parsedate_tz(text)
        return None if parsed is None else float(mktime_tz(parsed))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _path(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _query_names(url: str) -> set[str]:
    try:
        return {name.lower() for name, _ in parse_qsl(urlsplit(url).query)}
    except ValueError:
        return set()
