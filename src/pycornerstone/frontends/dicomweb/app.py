"""The application: QIDO-RS, WADO-RS and WADO-URI (PS3.18 sections 9 and 10)."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING

from pycornerstone.errors import MissingExtraError, PyCornerstoneError
from pycornerstone.frontends.dicomweb.access import Accessed
from pycornerstone.frontends.dicomweb.asking import (
    BASE_PATH,
    DICOM_JSON,
    asked_instances,
    base_url,
    check_takes_json,
    parameters,
)
from pycornerstone.frontends.dicomweb.attributes import json_text
from pycornerstone.frontends.dicomweb.objects import Objects
from pycornerstone.frontends.dicomweb.pictures import Pictures
from pycornerstone.frontends.dicomweb.searching import Query, SearchError, search

try:
    from anyio import CapacityLimiter, to_thread
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route
except ImportError as error:
    raise MissingExtraError("the DICOMweb server", "viewer") from error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from starlette.requests import Request

    from pycornerstone.frontends.dicomweb.access import Access
    from pycornerstone.frontends.dicomweb.catalogue import Catalogue

__all__ = ["BASE_PATH", "WADO_URI_PATH", "dicomweb_app"]

WADO_URI_PATH = "/wado"
"""What WADO-URI asks."""

_LOGGER = logging.getLogger(__name__)
_STUDY = BASE_PATH + "/studies/{study}"
_SERIES = _STUDY + "/series/{series}"
_INSTANCE = _SERIES + "/instances/{instance}"
_FRAMES = _INSTANCE + "/frames/{frames}"
# Each may hold a whole instance in memory.
_ANSWERED_AT_ONCE = 8


class _Service:
    """What is answered; each by a thread, since files and servers are waited for.

    What a client sends is compared with what there is, and never becomes a path or an address.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._objects = Objects(catalogue)
        self._pictures = Pictures(catalogue)

    def routes(self) -> Iterator[Route]:
        """Give all routes, those that are asked most often first."""
        objects, pictures = self._objects, self._pictures
        yield self._route(_FRAMES, objects.frames)
        yield self._route(_FRAMES + "/rendered", pictures.rendered)
        yield self._route(_FRAMES + "/thumbnail", pictures.thumbnail)
        yield self._route(WADO_URI_PATH, pictures.wado_uri)
        yield self._route(_INSTANCE + "/bulkdata/{path:path}", objects.bulk_data)
        for resource in (_INSTANCE, _SERIES, _STUDY):
            yield self._route(resource + "/metadata", objects.metadata)
            yield self._route(resource + "/rendered", pictures.rendered)
            yield self._route(resource + "/thumbnail", pictures.thumbnail)
        for above in (BASE_PATH, _STUDY, _SERIES):
            yield self._route(above + "/instances", self.search)
        for above in (BASE_PATH, _STUDY):
            yield self._route(above + "/series", self.search)
        yield self._route(BASE_PATH + "/studies", self.search)
        for resource in (_INSTANCE, _SERIES, _STUDY):
            yield self._route(resource, objects.instances)

    def search(self, request: Request) -> Response:
        """QIDO-RS."""
        level = request.url.path.rpartition("/")[2]
        is_under = "study" in request.path_params
        instances = self._catalogue.instances
        if is_under:
            instances = asked_instances(self._catalogue, request)
        check_takes_json(request)
        try:
            query = Query.parse(parameters(request))
        except SearchError as error:
            raise HTTPException(400, str(error)) from None
        base = base_url(request)
        found, more = search(instances, level, query, base)
        if not found:
            # PS3.18 table 10.6.3-1.
            return Response(status_code=204)
        headers = {}
        if more:
            said = f"There are {more} additional results that can be requested"
            headers["Warning"] = f'299 {base}: "{said}"'
        text = "[" + ",".join(json_text(one) for one in found) + "]"
        return Response(text, media_type=DICOM_JSON, headers=headers)

    @cached_property
    def _turns(self) -> CapacityLimiter:
        # Made in the event loop that it belongs to.
        return CapacityLimiter(_ANSWERED_AT_ONCE)

    def _route(self, path: str, answer: Callable[[Request], Response]) -> Route:
        async def answered(request: Request) -> Response:
            return await to_thread.run_sync(answer, request, limiter=self._turns)

        endpoint: Callable[[Request], Awaitable[Response]] = answered
        return Route(path, endpoint)


def dicomweb_app(catalogue: Catalogue, access: Access) -> Starlette:
    """Make the application that serves a catalogue.

    Parameters
    ----------
    catalogue : Catalogue
        What is served; nothing else is, whatever a client asks for.
    access : Access
        Who is answered.
    """
    return Starlette(
        routes=list(_Service(catalogue).routes()),
        middleware=[Middleware(Accessed, access)],
        exception_handlers={
            HTTPException: _say,
            PyCornerstoneError: _say_failed,
        },
    )


def _say(_request: Request, error: Exception) -> Response:
    status, detail = getattr(error, "status_code", 500), getattr(error, "detail", "")
    headers = getattr(error, "headers", None)
    return PlainTextResponse(f"{detail}\n", status, headers=headers)


def _say_failed(_request: Request, error: Exception) -> Response:
    # Its text may have a path in it.
    _LOGGER.warning("an instance could not be sent: %s", type(error).__name__)
    return PlainTextResponse(
        "It could not be read; its file or server has changed or failed.\n", 500
    )
