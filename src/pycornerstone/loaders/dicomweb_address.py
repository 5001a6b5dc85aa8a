"""Addresses of DICOMweb: a service, and what lies below it (PS3.18 section 10.4.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote

from pycornerstone.errors import ImageIdError
from pycornerstone.metadata.image_addresses import beside
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DicomwebAddress"]

_BELOW = re.compile(
    r"/studies/(?P<study>[^/]+)(?:/series/(?P<series>[^/]+)(?:/instances/(?P<instance>[^/]+))?)?"
    r"(?:/.*)?\Z"
)
# Components of digits with dots between them (PS3.5 section 9.1); archives give out others, too.
_UID = re.compile(r"[0-9A-Za-z._-]{1,64}\Z")
_LEVELS = ("studies", "series", "instances")


@dataclass(frozen=True, slots=True)
class DicomwebAddress:
    """A DICOMweb service, and a study, series or instance of it.

    Attributes
    ----------
    service : str
        What comes before ``/studies``, with the query that every request is sent with.
    study, series, instance : str or None
        Their UIDs; a series is one of a study, an instance one of a series.

    Examples
    --------
    >>> DicomwebAddress.parse("https://pacs/dicom-web/studies/1.2/series/1.2.3").series
    '1.2.3'
    """

    service: str
    study: str | None = None
    series: str | None = None
    instance: str | None = None

    @classmethod
    def parse(
        cls,
        url: str,
        study: str | None = None,
        series: str | None = None,
        instance: str | None = None,
    ) -> Self:
        """Take an address apart, and add what is named besides.

        Parameters
        ----------
        url : str
            Of a service, such as ``https://pacs/dicom-web``, or of a study, a series, an instance
            or a frame there, as it may be copied from a browser.
        study, series, instance : str, optional
            UIDs, where `url` does not name them.

        Raises
        ------
        ImageIdError
            If it is no address, one of them is no UID, two differ, or a UID above one of them is
            not known.
        """
        _check_address(url)
        at = min((url.find(mark) for mark in "?#" if mark in url), default=len(url))
        path, query = url[:at], url[at:].partition("#")[0]
        found = _BELOW.search(path)
        below = found.groupdict() if found else {}
        service = (path[: found.start()] if found else path).rstrip("/")
        if found is None and service.endswith("/studies"):
            service = service.removesuffix("/studies")
        uids: list[str | None] = []
        named = {"study": study, "series": series, "instance": instance}
        for level, uid in named.items():
            known = below.get(level)
            uids.append(_one_of(level, None if known is None else unquote(known), uid))
        if (uids[0] is None and uids[1]) or (uids[1] is None and uids[2]):
            missing = "study" if uids[0] is None else "series"
            raise ImageIdError(
                f"a DICOMweb {'series' if missing == 'study' else 'instance'} is named together "
                f"with its {missing} (PS3.18 section 10.4.1); give {missing}=... as well"
            )
        return cls(service + query, *uids)

    @property
    def url(self) -> str:
        """Of what it names, the lowest level that is known."""
        return beside(self.service, "".join(self._path())) if self.study else self.service

    @property
    def level(self) -> str:
        """What it names: ``"service"``, ``"study"``, ``"series"`` or ``"instance"``."""
        if self.study is None:
            return "service"
        return "instance" if self.instance else "series" if self.series else "study"

    def below(self, *, series: str | None = None, instance: str | None = None) -> Self:
        """Name a series of the study, or an instance of the series or of both."""
        return type(self)(self.service, self.study, series or self.series, instance)

    def search_url(self, level: str) -> str:
        """Where to search for ``"studies"``, ``"series"`` or ``"instances"`` (PS3.18 10.6.1)."""
        return beside(self.url, f"/{level}")

    def instance_image_id(self) -> str:
        """Give the imageId of the instance, without a frame."""
        return f"wadors:{self.url}"

    def _path(self) -> Iterator[str]:
        uids = (self.study, self.series, self.instance)
        for level, uid in zip(_LEVELS, uids, strict=True):
            if uid is not None:
                yield f"/{level}/{quote(uid, safe='')}"


def _check_address(url: object) -> None:
    if isinstance(url, str) and url.lower().startswith(("http://", "https://")):
        return
    shown = without_credentials(url) if isinstance(url, str) else type(url).__name__
    raise ImageIdError(
        "a DICOMweb service is named by its http or https address, such as "
        f"'https://pacs/dicom-web', got {shown!r}"
    )


def _one_of(level: str, in_url: str | None, given: str | None) -> str | None:
    uid = in_url if given is None else given
    if uid is None:
        return None
    if not _is_uid(uid):
        raise ImageIdError(
            f"{uid!r:.80} is no UID of {'an' if level == 'instance' else 'a'} {level}: digits "
            "with dots between them, 64 characters at most (PS3.5 section 9.1)"
        )
    if in_url is not None and in_url != uid:
        raise ImageIdError(f"the address names {level} {in_url}, but {uid} is asked for; give one")
    return uid


def _is_uid(uid: object) -> bool:
    return isinstance(uid, str) and _UID.match(uid) is not None
