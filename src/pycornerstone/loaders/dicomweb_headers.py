"""Headers by WADO-RS: the metadata of an instance, asked for with those of its whole series."""

from __future__ import annotations

import asyncio
import logging
import re
import weakref
from typing import TYPE_CHECKING

from pycornerstone.errors import ContentTypeError, DecodeError, RetrieveError
from pycornerstone.loaders.bulk_data_address import bulk_data_url
from pycornerstone.loaders.dicomweb_json import TOO_MUCH_ASKED, get_dicom_json
from pycornerstone.loaders.dicomweb_tables import (
    is_required,
    name_absolutely,
    tables_elsewhere,
    with_tables,
)
from pycornerstone.loaders.remembered import Remembered
from pycornerstone.loaders.unparsed_metadata import UnparsedAttributes
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.image_addresses import beside
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image_id import ImageId
from pycornerstone.retrieve.headers import ContentType
from pycornerstone.retrieve.in_flight import InFlight
from pycornerstone.retrieve.multipart import parse_multipart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.loaders.dicomweb_tables import JsonObject
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.loaders.unparsed_metadata import StatedDataSet
    from pycornerstone.retrieve.http import HttpResponse

__all__ = ["DicomwebHeaders", "series_url"]

_log = logging.getLogger("pycornerstone.loaders")

_INSTANCE_URL = re.compile(
    r"(?P<series>[^?#]*/studies/[^/?#]+/series/[^/?#]+)/instances/(?P<uid>[^/?#]+)(?P<query>\?[^#]*)?"
)
_SOP_INSTANCE_UID = "00080018"
# A series whose metadata did not come, or lacked an instance, is not asked for again at once: each
# of its images would.
_ASKED_AGAIN_AFTER_S = 60.0
_TABLES_AT_ONCE = 8
_TEXT_TYPES = ("json", "xml")


class DicomwebHeaders:
    """Brings the headers of instances from a DICOMweb server, each once.

    The metadata of a series are one request for all its instances; where that fails, or the address
    does not say which series it is, each instance is asked for its own. What is known already, such
    as what a user has added, stays.

    Parameters
    ----------
    context : LoaderContext
        The session's; headers are left in its `dicom_headers`.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._in_flight: InFlight[None] = InFlight()
        # Series that were asked for.
        self._asked: Remembered[bool] = Remembered(_ASKED_AGAIN_AFTER_S)
        # Headers of which no table is at the server, so that they are looked through once.
        self._complete: weakref.WeakSet[JsonAttributes] = weakref.WeakSet()

    def is_complete(self, base: str) -> bool:
        """Say whether no table of the header of an instance is still at the server."""
        header = self._context.dicom_headers.get(base)
        if not isinstance(header, JsonAttributes) or header in self._complete:
            return True
        if any(True for _ in tables_elsewhere(dict(header.json_object))):
            return False
        self._complete.add(header)
        return True

    async def bring(self, base: str) -> None:
        """Bring the header of an instance, and the tables that it needs.

        Parameters
        ----------
        base : str
            The imageId of the instance, without its frame.

        Raises
        ------
        RetrieveError
            If the metadata, or a table in them, did not arrive; of the instance's own request.
        DecodeError
            If they are no DICOM JSON.
        """
        headers = self._context.dicom_headers
        if base not in headers:
            series = series_url(base)
            if series is not None and series not in self._asked:
                await self._in_flight.share(series, lambda: self._bring_series(series))
        if base not in headers:
            await self._in_flight.share(base, lambda: self._bring_instance(base))
        if not self.is_complete(base):
            await self._in_flight.share((base, "tables"), lambda: self._bring_tables(base))

    def add(self, base: str, stated: StatedDataSet, metadata_url: str) -> None:
        """Keep the header of an instance that came from `metadata_url`, unless there is one.

        May be called from any thread.
        """
        if base in self._context.dicom_headers:
            return
        if stated.written is not None:
            kept = UnparsedAttributes(stated.written, metadata_url)
            self._context.dicom_headers.add(base, kept)
        else:
            name_absolutely(stated.found, metadata_url)
            self._context.dicom_headers.add_json(base, stated.found)

    async def bulk_data(self, base: str, address: str) -> bytes:
        """Bring a value that the metadata of an instance name by `address` (PS3.18 F.2.6).

        Raises
        ------
        RetrieveError
            If it did not arrive, or would have to come from another server.
        """
        return await self._bulk_data(beside(ImageId.parse(base).resource, "/metadata"), address)

    async def _bring_series(self, series: str) -> None:
        def keep(stated: Iterable[StatedDataSet]) -> None:
            for one in stated:
                uid = _sop_instance_uid(one.found)
                if uid is not None:
                    self.add(beside(series, f"/instances/{uid}"), one, url)

        url = beside(ImageId.parse(series).resource, "/metadata")
        try:
            await get_dicom_json(self._context.http, url, keep, final_statuses=TOO_MUCH_ASKED)
        except (RetrieveError, DecodeError) as error:
            # The instance's own metadata are asked for next, and that is the error to tell.
            _log.debug("metadata are asked for by instance: %s", error.message)
        self._asked.put(series, value=True)

    async def _bring_instance(self, base: str) -> None:
        instance = ImageId.parse(base).resource
        url = beside(instance, "/metadata")
        stated, _ = await get_dicom_json(self._context.http, url, list)
        if not stated:
            raise DecodeError(f"GET {without_credentials(url)} gave metadata of no instance")
        named = _INSTANCE_URL.fullmatch(instance.partition("#")[0])
        uid = named["uid"] if named else None
        own = next((one for one in stated if _sop_instance_uid(one.found) == uid), stated[0])
        self.add(base, own, url)

    async def _bring_tables(self, base: str) -> None:
        header = self._context.dicom_headers.get(base)
        if not isinstance(header, JsonAttributes):
            return
        found = dict(header.json_object)
        url = beside(ImageId.parse(base).resource, "/metadata")
        # Frames may share one, and one may be needed here and optional there.
        needed: dict[str, str] = {}
        for address, tag in tables_elsewhere(found):
            if address not in needed or is_required(tag):
                needed[address] = tag
        places = asyncio.Semaphore(_TABLES_AT_ONCE)

        async def fetch(address: str, tag: str) -> bytes | None:
            async with places:
                try:
                    return await self._bulk_data(url, address)
                except RetrieveError as error:
                    if is_required(tag):
                        raise
                    _log.warning("(%s,%s) is left out: %s", tag[:4], tag[4:], error.message)
                    return None

        fetching = [asyncio.create_task(fetch(*one)) for one in needed.items()]
        try:
            tables = await asyncio.gather(*fetching)
        finally:
            for task in fetching:
                task.cancel()
            await asyncio.gather(*fetching, return_exceptions=True)
        self._context.dicom_headers.add_json(
            base, with_tables(found, dict(zip(needed, tables, strict=True)))
        )

    async def _bulk_data(self, metadata_url: str, reference: str) -> bytes:
        """Bring a value that the metadata only name (PS3.18 F.2.6)."""
        try:
            url = bulk_data_url(metadata_url, reference)
        except ValueError as error:
            raise RetrieveError(
                "metadata name a value at what is no address (PS3.18 F.2.6); add a metadata "
                "provider that knows it"
            ) from error
        if url is None:
            raise RetrieveError(
                f"metadata name a value at {without_credentials(reference)}, which is not the "
                "server that they came from, so it is not fetched; let the server name itself, or "
                "add a metadata provider"
            )
        shown = without_credentials(url)
        accept = 'multipart/related; type="application/octet-stream"'
        return _whole(await self._context.http.get(url, headers={"Accept": accept}), shown)


def series_url(instance: str) -> str | None:
    """Give the series of ``.../studies/X/series/Y/instances/Z``; None if the address is another.

    Examples
    --------
    >>> series_url("https://pacs/studies/1/series/2/instances/3?token=a")
    'https://pacs/studies/1/series/2?token=a'
    """
    found = _INSTANCE_URL.fullmatch(instance.partition("#")[0])
    return found["series"] + (found["query"] or "") if found else None


def _sop_instance_uid(found: JsonObject) -> str | None:
    try:
        uid = found[_SOP_INSTANCE_UID]["Value"][0]
    except (LookupError, TypeError):
        return None
    return uid.strip(" \0") if isinstance(uid, str) else None


def _whole(response: HttpResponse, shown: str) -> bytes:
    """Give what an answer holds, in parts or not."""
    if not response.media_type.startswith("multipart/"):
        _check_table_type(response.media_type, shown)
        return response.body
    try:
        parts = parse_multipart(response.body, response.content_type)
    except RetrieveError as error:
        raise type(error)(f"GET {shown} failed: {error.message}") from error
    for part in parts:
        _check_table_type(ContentType.parse(part.content_type).media_type, shown)
    return b"".join(part.body for part in parts)


def _check_table_type(kind: str, shown: str) -> None:
    """Refuse pages that say no, and other text: any bytes would do for a table."""
    if kind.startswith("text/") or kind.endswith(_TEXT_TYPES):
        raise ContentTypeError(
            f"GET {shown} gave {kind}, a value in application/octet-stream was expected; check "
            "whether the server wants a login"
        )
