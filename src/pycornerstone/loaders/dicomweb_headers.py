"""Headers by WADO-RS: the metadata of an instance, asked for with those of its whole series."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pycornerstone.errors import ContentTypeError, DecodeError, RetrieveError
from pycornerstone.metadata.dicom_json import parse_dicom_json
from pycornerstone.metadata.image_addresses import beside
from pycornerstone.metadata.overlay_tags import OVERLAY_GROUPS, OverlayTag
from pycornerstone.model.image_id import ImageId
from pycornerstone.retrieve.addresses import without_credentials
from pycornerstone.retrieve.in_flight import InFlight
from pycornerstone.retrieve.multipart import parse_multipart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.retrieve.http import HttpResponse

__all__ = ["DicomwebHeaders", "series_url"]

_log = logging.getLogger("pycornerstone.loaders")

_INSTANCE_URL = re.compile(
    r"(?P<series>[^?#]*/studies/[^/?#]+/series/[^/?#]+)/instances/(?P<uid>[^/?#]+)(?P<query>\?[^#]*)?"
)
# JSON shrinks to a tenth, other than images.
_METADATA_HEADERS = {"Accept": "application/dicom+json", "Accept-Encoding": "gzip"}
_JSON_TYPES = {"application/dicom+json", "application/json", "", "text/plain"}
_SOP_INSTANCE_UID = "00080018"
# Tables that images are shown with: those of the palette, plain and segmented (PS3.3 C.7.9).
_PALETTE_DATA = ("00281201", "00281202", "00281203", "00281221", "00281222", "00281223")
_ICC_PROFILE = "00282000"
# Those in items: of the modality, of the values of interest (C.11.1 and C.11.2), and the profile of
# a slide in its optical path (C.8.12.5).
_IN_SEQUENCES = {"00283000": "00283006", "00283010": "00283006", "00480105": _ICC_PROFILE}
# Overlay Data of all groups (C.9.2), the ICC Profile (C.11.15) and opacity (C.7.9): an image is
# shown without, too.
_OPTIONAL = (
    *(f"{OverlayTag.DATA.of(group):08X}" for group in OVERLAY_GROUPS),
    *(_ICC_PROFILE, "00281204", "00281224"),
)
# Tens of MB of JSON take longer than the event loop may stand still.
_PARSED_IN_THREAD_FROM_BYTES = 1024 * 1024
_SERIES_REMEMBERED = 1024

JsonObject = dict[str, Any]


class DicomwebHeaders:
    """Brings the headers of instances from a DICOMweb server, each once.

    The metadata of a series are one request for all its instances; where that fails, or the address
    does not say which series it is, each instance is asked for its own.

    Parameters
    ----------
    context : LoaderContext
        The session's; headers are left in its `dicom_headers`.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._in_flight: InFlight[None] = InFlight()
        # Of each series that was asked for; what came, came.
        self._asked: OrderedDict[str, None] = OrderedDict()
        # Objects whose tables are still at the server, and where they came from.
        self._incomplete: dict[str, tuple[JsonObject, str]] = {}

    def is_complete(self, base: str) -> bool:
        """Say whether no table of the header of an instance is still at the server."""
        return base not in self._incomplete

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
        if base in self._incomplete:
            await self._in_flight.share((base, "tables"), lambda: self._bring_tables(base))

    async def _bring_series(self, series: str) -> None:
        try:
            url, objects = await self._metadata(ImageId.parse(series).resource)
        except (RetrieveError, DecodeError):
            # The instance's own metadata are asked for next, and that is the error to tell.
            objects = []
            url = ""
        self._asked[series] = None
        while len(self._asked) > _SERIES_REMEMBERED:
            self._asked.popitem(last=False)
        for found in objects:
            uid = _sop_instance_uid(found)
            if uid is not None:
                base = beside(series, f"/instances/{uid}")
                # What is known already may be more, such as what a user has added.
                if base not in self._context.dicom_headers:
                    self._add(base, found, url)

    async def _bring_instance(self, base: str) -> None:
        instance = ImageId.parse(base).resource
        url, objects = await self._metadata(instance)
        if not objects:
            raise DecodeError(f"GET {without_credentials(url)} gave metadata of no instance")
        named = _INSTANCE_URL.fullmatch(instance.partition("#")[0])
        uid = named["uid"] if named else None
        found = next((o for o in objects if _sop_instance_uid(o) == uid), objects[0])
        self._add(base, found, url)

    def _add(self, base: str, found: JsonObject, url: str) -> None:
        self._context.dicom_headers.add_json(base, found)
        if any(True for _ in _tables_elsewhere(found)):
            self._incomplete[base] = (found, url)

    async def _bring_tables(self, base: str) -> None:
        found, url = self._incomplete[base]
        copied = {
            **found,
            **{
                tag: {**found[tag], "Value": [dict(item) for item in found[tag]["Value"]]}
                for tag in _IN_SEQUENCES
                if _items(found, tag)
            },
        }
        for attributes, tag in _tables_elsewhere(copied):
            element = attributes[tag]
            try:
                data = await self._bulk_data(url, element["BulkDataURI"])
            except RetrieveError as error:
                if tag not in _OPTIONAL:
                    raise
                _log.warning("(%s,%s) is left out: %s", tag[:4], tag[4:], error.message)
                continue
            attributes[tag] = {"vr": element.get("vr", "OW"), "InlineBinary": data}
        self._context.dicom_headers.add_json(base, copied)
        self._incomplete.pop(base, None)

    async def _metadata(self, resource: str) -> tuple[str, list[JsonObject]]:
        url = beside(resource, "/metadata")
        response = await self._context.http.get(url, headers=_METADATA_HEADERS)
        shown = without_credentials(url)
        if response.media_type not in _JSON_TYPES:
            raise ContentTypeError(
                f"GET {shown} gave {response.media_type}, metadata in application/dicom+json were "
                "expected; check the address, or whether the server wants a login"
            )
        try:
            if len(response.body) < _PARSED_IN_THREAD_FROM_BYTES:
                objects = parse_dicom_json(response.body)
            else:
                objects = await asyncio.to_thread(parse_dicom_json, response.body)
        except DecodeError as error:
            raise DecodeError(f"GET {shown} gave what is {error.message}") from error
        return url, objects

    async def _bulk_data(self, metadata_url: str, reference: str) -> bytes:
        """Bring a value that the metadata only name (PS3.18 F.2.6)."""
        try:
            url = urljoin(metadata_url, reference)
            is_elsewhere = _origin(url) != _origin(metadata_url)
        except ValueError as error:
            raise RetrieveError(
                "metadata name a table at what is no address (PS3.18 F.2.6); add a metadata "
                "provider that knows it"
            ) from error
        shown = without_credentials(url)
        # The server's word decides where this goes, and what is sent with every request may be a
        # password of that server.
        if is_elsewhere:
            raise RetrieveError(
                f"metadata name a table at {shown}, which is not the server that they came from, "
                "so it is not fetched; let the server name itself, or add a metadata provider"
            )
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


def _tables_elsewhere(found: JsonObject) -> Iterator[tuple[JsonObject, str]]:
    """Find the tables that are given by address: the object or item, and the tag in it."""
    for tag in (*_PALETTE_DATA, *_OPTIONAL):
        if _address(found, tag):
            yield found, tag
    for sequence, tag in _IN_SEQUENCES.items():
        for item in _items(found, sequence):
            if _address(item, tag):
                yield item, tag


def _address(found: JsonObject, tag: str) -> bool:
    element = found.get(tag)
    address = element.get("BulkDataURI") if isinstance(element, dict) else None
    # An empty one would be that of the metadata themselves.
    return isinstance(address, str) and bool(address)


def _items(found: JsonObject, tag: str) -> list[JsonObject]:
    element = found.get(tag)
    value = element.get("Value") if isinstance(element, dict) else None
    return value if isinstance(value, list) and all(isinstance(i, dict) for i in value) else []


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _whole(response: HttpResponse, shown: str) -> bytes:
    """Give what an answer holds, in parts or not."""
    if not response.media_type.startswith("multipart/"):
        return response.body
    try:
        parts = parse_multipart(response.body, response.content_type)
    except RetrieveError as error:
        raise type(error)(f"GET {shown} failed: {error.message}") from error
    return b"".join(part.body for part in parts)
