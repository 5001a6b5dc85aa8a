"""The answers of the sample server: WADO-RS, WADO-URI, QIDO-RS and plain files, as aiohttp routes.

aiohttp and pydicom are imported at the top: import this module when it is needed.
"""

from __future__ import annotations

import json
import mimetypes
from typing import TYPE_CHECKING

from aiohttp import web
from pydicom.uid import ExplicitVRLittleEndian

from pycornerstone.testing.multipart_answers import (
    BOUNDARY,
    acceptable_form,
    multipart_body,
    part_head,
)
from pycornerstone.testing.searches import DicomwebLimits, found_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pycornerstone.testing.served_instances import ServedInstance

__all__ = ["BASE_PATH", "DicomwebService"]

BASE_PATH = "/dicom-web"
"""Where the DICOMweb resources of PS3.18 section 10 begin."""

_DICOM, _DICOM_JSON, _OCTETS = (
    "application/dicom",
    "application/dicom+json",
    "application/octet-stream",
)
_STUDY = BASE_PATH + "/studies/{study}"
_SERIES = _STUDY + "/series/{series}"
_INSTANCE = _SERIES + "/instances/{instance}"


class DicomwebService:
    """Routes over instances and files, which may grow while they are served.

    Parameters
    ----------
    instances : mapping of str to ServedInstance
        By SOP Instance UID.
    files : mapping of str to bytes
        By name.
    bulk_data : bool
        Metadata name larger binary values by BulkDataURI.
    limits : DicomwebLimits, optional
        What of searches and metadata it does not do.
    """

    def __init__(
        self,
        instances: Mapping[str, ServedInstance],
        files: Mapping[str, bytes],
        *,
        bulk_data: bool = False,
        limits: DicomwebLimits | None = None,
    ) -> None:
        self._limits = limits or DicomwebLimits()
        self._instances = instances
        self._files = files
        self._bulk_data = bulk_data
        self._metadata: dict[ServedInstance, bytes] = {}

    def routes(self) -> Iterator[web.RouteDef]:
        """Give all routes, those that are asked most often first."""
        yield web.get(_INSTANCE + "/frames/{frames}", self._get_frames)
        yield web.get("/wado", self._get_wado_uri)
        yield web.get("/files/{name:.+}", self._get_file)
        yield web.get(_INSTANCE + "/bulk/{tag}", self._get_bulk_data)
        for resource in (_INSTANCE, _SERIES, _STUDY):
            yield web.get(resource, self._get_instances)
            yield web.get(resource + "/metadata", self._get_metadata)
        for above in (BASE_PATH, _STUDY, _SERIES):
            yield web.get(above + "/instances", self._search)
        for above in (BASE_PATH, _STUDY):
            yield web.get(above + "/series", self._search)
        yield web.get(BASE_PATH + "/studies", self._search)

    async def _get_frames(self, request: web.Request) -> web.Response:
        instance = self._asked(request)[0]
        try:
            numbers = [int(text) for text in request.match_info["frames"].split(",")]
        except ValueError:
            raise web.HTTPBadRequest(text="frames are numbers with commas between them") from None
        if not all(1 <= number <= len(instance.frames) for number in numbers):
            raise web.HTTPNotFound(text=f"the instance has {len(instance.frames)} frames")
        frames = [instance.frames[number - 1] for number in numbers]
        ready = instance.frame_bodies[numbers[0] - 1] if len(numbers) == 1 else None
        uid = instance.frame_syntax_uid
        return _ranged(request, _in_parts(request, frames, instance.media_type, uid, ready))

    async def _get_instances(self, request: web.Request) -> web.StreamResponse:
        asked = self._asked(request)
        syntaxes = {instance.stored_syntax_uid for instance in asked}
        syntax = syntaxes.pop() if len(syntaxes) == 1 else "*"
        if len(asked) == 1:
            return _in_parts(request, [asked[0].data], _DICOM, syntax)
        accept = ",".join(request.headers.getall("Accept", ()))
        if acceptable_form(accept, _DICOM, syntax) != "multipart":
            raise web.HTTPNotAcceptable(text=f"there is {_DICOM}; transfer-syntax={syntax}")
        header = f'multipart/related; type="{_DICOM}"; boundary={BOUNDARY}'
        response = web.StreamResponse(headers={"Content-Type": header})
        await response.prepare(request)
        # One after the other: a series is larger than a client's patience, or a server's memory.
        for instance in asked:
            head = part_head(_DICOM, instance.stored_syntax_uid, len(instance.data))
            await response.write(head + instance.data + b"\r\n")
        await response.write_eof(f"--{BOUNDARY}--\r\n".encode())
        return response

    async def _get_bulk_data(self, request: web.Request) -> web.Response:
        try:
            data = self._asked(request)[0].bulk_data(request.match_info["tag"])
        except (KeyError, ValueError):
            raise web.HTTPNotFound(text="no such element") from None
        return _in_parts(request, [data], _OCTETS, str(ExplicitVRLittleEndian))

    async def _get_metadata(self, request: web.Request) -> web.Response:
        asked = self._asked(request)
        most = self._limits.max_metadata
        if most is not None and len(asked) > most:
            raise web.HTTPRequestEntityTooLarge(most, len(asked))
        objects = (self._metadata_of(instance, request) for instance in asked)
        return web.Response(body=b"[" + b",".join(objects) + b"]", content_type=_DICOM_JSON)

    async def _get_wado_uri(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("requestType") != "WADO":
            raise web.HTTPBadRequest(text="requestType must be WADO (PS3.18 section 9.4)")
        if query.get("contentType", _DICOM) != _DICOM:
            raise web.HTTPNotAcceptable(text=f"only {_DICOM} is served")
        instance = self._instances.get(query.get("objectUID", ""))
        asked = (query.get("studyUID"), query.get("seriesUID"))
        if instance is None or asked != (instance.study_uid, instance.series_uid):
            raise web.HTTPNotFound(text="there is no such instance")
        return web.Response(body=instance.data, content_type=_DICOM)

    async def _get_file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound(text="there is no such file")
        kind, encoding = mimetypes.guess_type(name)
        if name.endswith(".dcm"):
            kind = _DICOM
        elif kind is None or encoding is not None:
            # A .nii.gz is kept compressed; it was not compressed for its way.
            kind = _OCTETS
        return web.Response(body=self._files[name], content_type=kind)

    async def _search(self, request: web.Request) -> web.Response:
        level = request.path.rpartition("/")[2]
        above = self._asked(request) if "study" in request.match_info else self._all()
        try:
            base_url = f"http://{request.host}{BASE_PATH}"
            found, more = found_by(above, level, request.query, base_url, self._limits)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        if not found:
            return web.Response(status=204)
        headers = {}
        if more and self._limits.says_more:
            headers["Warning"] = (
                f"299 {base_url}: There are {more} additional results that can be requested"
            )
        return web.Response(text=json.dumps(found), content_type=_DICOM_JSON, headers=headers)

    def _metadata_of(self, instance: ServedInstance, request: web.Request) -> bytes:
        found = self._metadata.get(instance)
        if found is None:
            url = f"http://{request.host}{BASE_PATH}{instance.path}/bulk/"
            named = (lambda tag: url + tag) if self._bulk_data else None
            found = json.dumps(instance.attributes(named)).encode()
            self._metadata[instance] = found
        return found

    def _all(self) -> list[ServedInstance]:
        return list(self._instances.values())

    def _asked(self, request: web.Request) -> list[ServedInstance]:
        """Give the instances that the path of a request names; at least one."""
        asked = request.match_info
        if "instance" in asked:
            instance = self._instances.get(asked["instance"])
            candidates = [] if instance is None else [instance]
        else:
            candidates = self._all()
        found = [
            instance
            for instance in candidates
            if instance.study_uid == asked["study"]
            and instance.series_uid == asked.get("series", instance.series_uid)
        ]
        if not found:
            raise web.HTTPNotFound(text=f"there is nothing at {request.path}")
        return found


def _ranged(request: web.Request, response: web.Response) -> web.Response:
    """Answer with the range of bytes that was asked for, if any (RFC 9110 section 14)."""
    try:
        asked = request.http_range
    except ValueError:
        asked = slice(None)
    body = response.body
    if (asked.start, asked.stop) == (None, None) or not isinstance(body, bytes):
        return response
    start, stop, _ = asked.indices(len(body))
    if start >= stop:
        raise web.HTTPRequestRangeNotSatisfiable
    headers = {
        "Content-Type": response.headers["Content-Type"],
        "Content-Range": f"bytes {start}-{stop - 1}/{len(body)}",
    }
    return web.Response(status=206, body=body[start:stop], headers=headers)


def _in_parts(
    request: web.Request,
    parts: Sequence[bytes | memoryview],
    media_type: str,
    transfer_syntax_uid: str,
    ready: bytes | None = None,
) -> web.Response:
    """Answer by parts, or by the one part where that is what was asked for; `ready` if it is."""
    accept = ",".join(request.headers.getall("Accept", ()))
    form = acceptable_form(accept, media_type, transfer_syntax_uid)
    if form is None or (form == "single" and len(parts) != 1):
        raise web.HTTPNotAcceptable(
            text=f"there is {media_type}; transfer-syntax={transfer_syntax_uid}"
        )
    if form == "single":
        header = f"{media_type}; transfer-syntax={transfer_syntax_uid}"
        return web.Response(body=bytes(parts[0]), headers={"Content-Type": header})
    header = f'multipart/related; type="{media_type}"; boundary={BOUNDARY}'
    body = ready or multipart_body(parts, media_type, transfer_syntax_uid)
    return web.Response(body=body, headers={"Content-Type": header})
