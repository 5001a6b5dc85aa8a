"""Searching a DICOMweb server, page by page: QIDO-RS (PS3.18 section 10.6)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Generic, TypeVar

from pycornerstone.errors import HttpStatusError
from pycornerstone.loaders.dicomweb_json import get_dicom_json
from pycornerstone.loaders.dicomweb_results import FoundInstance, FoundSeries, FoundStudy
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from pycornerstone.loaders.dicomweb_address import DicomwebAddress
    from pycornerstone.loaders.dicomweb_query import SearchQuery
    from pycornerstone.loaders.unparsed_metadata import StatedDataSet
    from pycornerstone.retrieve.headers import Headers
    from pycornerstone.retrieve.http import HttpRetriever

__all__ = ["search"]

_log = logging.getLogger("pycornerstone.loaders")

# The most that some services take (Azure's refuse 201).
_PAGE = 200
_LEVELS = {FoundStudy: "studies", FoundSeries: "series", FoundInstance: "instances"}
# How servers say that there is nothing behind the end.
_NOTHING_THERE = {400, 404, 416}

F = TypeVar("F", FoundStudy, FoundSeries, FoundInstance)


async def search(
    http: HttpRetriever,
    address: DicomwebAddress,
    kind: type[F],
    query: SearchQuery,
    advance: Callable[[int], object],
) -> list[F]:
    """Search for studies, series or instances, and follow the pages to the end.

    Servers give less than they are asked for, and not all of them say so (Warning 299, PS3.18
    section 10.6.3), so that they are asked until nothing new comes.

    Parameters
    ----------
    http : HttpRetriever
        The way to the network.
    address : DicomwebAddress
        A service, or the study or series that is searched.
    kind : type
        What is searched for.
    query : SearchQuery
        Which of them.
    advance : callable
        Told how many there are so far.

    Returns
    -------
    list
        In the server's order, each once.

    Raises
    ------
    RetrieveError, DecodeError
        As `get_dicom_json`; no filter is in them.
    """
    pages = _Pages(http, address, kind, query)
    while pages.wanted:
        at_end = await pages.next()
        advance(len(pages.found))
        if at_end:
            break
    return list(pages.found.values())[: query.limit]


class _Pages(Generic[F]):
    """The pages of one search, and what was found on those so far."""

    def __init__(
        self, http: HttpRetriever, address: DicomwebAddress, kind: type[F], query: SearchQuery
    ) -> None:
        self.found: dict[Hashable, F] = {}
        self._http = http
        self._address = address
        self._kind: type[F] = kind
        self._query = query
        self._url = address.search_url(_LEVELS[kind])
        self._given = 0
        self._may_go_on = False

    @property
    def wanted(self) -> int:
        """How many the next page should have; 0 if there are enough."""
        limit = self._query.limit
        return _PAGE if limit is None else max(0, min(_PAGE, limit - len(self.found)))

    async def next(self) -> bool:
        """Fetch a page, and say whether it was the last one."""
        wanted, before = self.wanted, len(self.found)
        offset = self._query.offset + self._given
        try:
            given, headers = await self._fetch(self._query.parameters(wanted, offset))
        except HttpStatusError as error:
            if self._given and error.status in _NOTHING_THERE:
                return True
            raise
        self._given += given
        if given > wanted and not _says_more(headers):
            # It does not know of limits, and so gave all.
            return True
        if given and len(self.found) == before:
            if self._may_go_on:
                await self._fetch_at_once()
            return True
        self._may_go_on = given == wanted or _says_more(headers)
        return not given

    async def _fetch_at_once(self) -> None:
        """Ask a server that gives the same page again for all at once."""
        given, headers = await self._fetch(self._query.parameters(None, 0))
        if given <= _PAGE or _says_more(headers):
            _log.warning(
                "%s gives the first %d results again and again; there may be more, search for less",
                without_credentials(self._url).partition("?")[0],
                len(self.found),
            )

    async def _fetch(self, parameters: str) -> tuple[int, Headers]:
        mark = "&" if "?" in self._url else "?"
        return await get_dicom_json(
            self._http,
            f"{self._url}{mark}{parameters}" if parameters else self._url,
            self._add,
            of="search results",
            hides_query=True,
        )

    def _add(self, stated: Iterable[StatedDataSet]) -> int:
        given = 0
        for one in stated:
            given += 1
            result = self._kind.read(one.found, self._address)
            if result is not None:
                self.found.setdefault(result.key, result)
        return given


def _says_more(headers: Headers) -> bool:
    """Say whether a server says that it has more than it gave (PS3.18 section 10.6.3)."""
    return headers.get("warning", "").lstrip().startswith("299")
