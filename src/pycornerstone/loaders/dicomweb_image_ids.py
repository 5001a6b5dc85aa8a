"""Which images a study or series at a DICOMweb server has, by its metadata (PS3.18 10.4.1.1.2)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

from pycornerstone.errors import DecodeError, HttpStatusError, RetrieveError
from pycornerstone.loaders.dicomweb_json import TOO_MUCH_ASKED, get_dicom_json
from pycornerstone.loaders.dicomweb_query import SearchQuery
from pycornerstone.loaders.dicomweb_results import FoundInstance, FoundSeries
from pycornerstone.loaders.dicomweb_search import search
from pycornerstone.loaders.listed_instances import ListedInstance, in_order
from pycornerstone.metadata.image_addresses import beside
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

    from pycornerstone.loaders.dicomweb_address import DicomwebAddress
    from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders
    from pycornerstone.loaders.unparsed_metadata import StatedDataSet
    from pycornerstone.retrieve.http import HttpRetriever

__all__ = ["ImageIdListing"]

_log = logging.getLogger("pycornerstone.loaders")

T = TypeVar("T")

_ALL = SearchQuery()
# One server is asked so many things at once; the transport has its own limit for all.
_SERIES_AT_ONCE = 4
_INSTANCES_AT_ONCE = 8
# Asking for less does not help against these.
_NOT_ALLOWED = {401, 407}


class ImageIdListing:
    """Lists the images below an address, and leaves their headers where loaders find them.

    The metadata of a study are one request. A server that cannot do that is asked for those of each
    series, and where it cannot do that either, of each instance; it is searched for what there is.

    Parameters
    ----------
    http : HttpRetriever
        The way to the network.
    headers : DicomwebHeaders
        Keeps the headers.
    address : DicomwebAddress
        Of a study, series or instance.
    advance : callable
        Told how many instances are there, and how many there will be, None where nobody knows.
    """

    def __init__(
        self,
        http: HttpRetriever,
        headers: DicomwebHeaders,
        address: DicomwebAddress,
        advance: Callable[[int, int | None], object],
    ) -> None:
        self._http = http
        self._headers = headers
        self._address = address
        self._advance = advance
        self._total: int | None = None
        self._done = 0
        self._failures: list[str] = []
        self._places = asyncio.Semaphore(_INSTANCES_AT_ONCE)
        self._series_places = asyncio.Semaphore(_SERIES_AT_ONCE)

    async def run(self) -> tuple[list[str], list[str]]:
        """List them.

        Returns
        -------
        tuple of (list of str, list of str)
            The imageIds of all frames, in the order of `in_order`; and the imageIds, without a
            frame, of the instances that are no images.

        Raises
        ------
        RetrieveError
            If the server has nothing there, or does not answer in any of these ways; of the first.
        DecodeError
            If what it answers is no DICOM JSON.
        """
        match self._address.level:
            case "study":
                listed = await self._of_study()
            case "series":
                listed = await self._of_series(self._address)
            case _:
                listed = await self._metadata(self._address)
        # Servers that have an instance twice exist.
        listed = list({instance.base: instance for instance in listed}.values())
        if not listed:
            shown = without_credentials(self._address.url)
            raise RetrieveError(
                f"{shown} has no instances, as its server says; check the UIDs and the address"
            )
        if self._failures:
            _log.warning(
                "%d instances gave no metadata, and are listed by what a search said: %s",
                len(self._failures),
                self._failures[0],
            )
        self._advance(len(listed), len(listed))
        images = [instance for instance in listed if instance.is_image]
        others = [instance.base for instance in listed if not instance.is_image]
        if others:
            _log.info("%d of %d instances are no images", len(others), len(listed))
        return [i for one in in_order(images) for i in one.image_ids()], others

    async def _of_study(self) -> list[ListedInstance]:
        try:
            return await self._metadata(self._address)
        except (RetrieveError, DecodeError) as error:
            refusal = error
        found = await self._searched(FoundSeries, self._address, refusal)
        numbers = [series.number_of_instances for series in found]
        if None not in numbers:
            self._total = sum(number or 0 for number in numbers)
        return _joined(
            await _all(
                self._in_turn(
                    self._address.below(series=series.series_instance_uid), series.series_number
                )
                for series in found
            )
        )

    async def _in_turn(self, series: DicomwebAddress, number: int | None) -> list[ListedInstance]:
        async with self._series_places:
            return await self._of_series(series, number)

    async def _of_series(
        self, address: DicomwebAddress, number: int | None = None
    ) -> list[ListedInstance]:
        try:
            return await self._metadata(address)
        except (RetrieveError, DecodeError) as error:
            refusal = error
        found = await self._searched(FoundInstance, address, refusal)
        if self._total is None and self._address.level == "series":
            self._total = len(found)
        return _joined(await _all(self._of_instance(address, one, number) for one in found))

    async def _of_instance(
        self, series: DicomwebAddress, found: FoundInstance, number: int | None
    ) -> list[ListedInstance]:
        address = series.below(instance=found.sop_instance_uid)
        async with self._places:
            try:
                return await self._metadata(address)
            except (RetrieveError, DecodeError) as error:
                if _is_not_allowed(error):
                    raise
                # Whoever loads it is told; the others are not lost by it.
                self._failures.append(error.message)
        self._count(1)
        return [ListedInstance.of(found.json_object, address, number)]

    async def _searched(
        self,
        kind: type[FoundSeries | FoundInstance],
        address: DicomwebAddress,
        refusal: RetrieveError | DecodeError,
    ) -> list[Any]:
        """Search for what is below an address whose metadata cannot be had at once."""
        if _is_not_allowed(refusal):
            raise refusal
        _log.debug("metadata are asked for bit by bit: %s", refusal.message)
        try:
            found: list[Any] = await search(self._http, address, kind, _ALL, lambda _: None)
        except (RetrieveError, DecodeError) as error:
            raise refusal from error
        if not found:
            raise refusal
        return found

    async def _metadata(self, address: DicomwebAddress) -> list[ListedInstance]:
        url = beside(address.url, "/metadata")

        def read(stated: Iterable[StatedDataSet]) -> list[ListedInstance]:
            # In a thread, where there are many.
            listed = []
            for one in stated:
                instance = ListedInstance.of(one.found, address)
                if instance.sop_instance_uid is None or instance.series_instance_uid is None:
                    _log.warning("metadata without (0008,0018) and (0020,000E) are left out")
                    continue
                self._headers.add(instance.base, one, url)
                listed.append(instance)
            return listed

        final = () if address.level == "instance" else TOO_MUCH_ASKED
        listed, _ = await get_dicom_json(self._http, url, read, final_statuses=final)
        self._count(len(listed))
        return listed

    def _count(self, number: int) -> None:
        self._done += number
        total = self._total
        self._advance(self._done, None if total is None else max(total, self._done))


def _is_not_allowed(error: RetrieveError | DecodeError) -> bool:
    return isinstance(error, HttpStatusError) and error.status in _NOT_ALLOWED


def _joined(lists: Iterable[list[T]]) -> list[T]:
    return [one for several in lists for one in several]


async def _all(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do it all at once; the first error ends the rest."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
