"""What a session asks DICOMweb servers besides images: searches, and which images there are."""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.errors import ImageIdError, LoadCancelledError, SessionClosedError
from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders
from pycornerstone.loaders.dicomweb_image_ids import ImageIdListing
from pycornerstone.loaders.dicomweb_request import DicomwebRequest, ImageIdsRequest
from pycornerstone.loaders.dicomweb_results import FoundInstance, FoundSeries, FoundStudy
from pycornerstone.loaders.dicomweb_search import search
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.errand import Errand, running_errand

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Coroutine

    from pycornerstone.loaders.dicomweb_address import DicomwebAddress
    from pycornerstone.loaders.dicomweb_query import SearchQuery
    from pycornerstone.loaders.protocol import LoaderContext, LoadOptions
    from pycornerstone.session.workers import Workers

__all__ = ["DicomwebRequests"]

T = TypeVar("T")
F = TypeVar("F", FoundStudy, FoundSeries, FoundInstance)


class DicomwebRequests:
    """Begins them, and ends them with their session.

    Parameters
    ----------
    context : LoaderContext
        The way to the network, and where headers are kept.
    workers : Workers
        Where it is done.
    """

    def __init__(self, context: LoaderContext, workers: Workers) -> None:
        self._context = context
        self._workers = workers
        self._headers = DicomwebHeaders(context)
        self._requests: set[DicomwebRequest[Any]] = set()
        self._lock = Lock()
        self._closed = False

    def search(
        self, kind: type[F], address: DicomwebAddress, query: SearchQuery, options: LoadOptions
    ) -> DicomwebRequest[F]:
        """Begin a search; see `Session.search_studies`."""
        what = f"a search at {without_credentials(address.url).partition('?')[0]}"
        request: DicomwebRequest[F] = DicomwebRequest(what, self._workers.notify)

        async def run() -> list[F]:
            return await search(self._context.http, address, kind, query, request.advance)

        self._begin(request, run(), options)
        return request

    def image_ids(self, address: DicomwebAddress, options: LoadOptions) -> ImageIdsRequest:
        """Begin to list the images of a study, series or instance.

        Raises
        ------
        ImageIdError
            If `address` is that of a service.
        """
        if address.study is None:
            raise ImageIdError(
                "imageIds are listed of a study, a series or an instance; give study=..., or find "
                "one by search_studies"
            )
        what = f"the imageIds of {without_credentials(address.url).partition('?')[0]}"
        request = ImageIdsRequest(what, self._workers.notify)

        async def run() -> list[str]:
            listing = ImageIdListing(self._context.http, self._headers, address, request.advance)
            image_ids, others = await listing.run()
            request.left_out = tuple(others)
            return image_ids

        self._begin(request, run(), options)
        return request

    def close(self) -> None:
        """Settle what is under way with SessionClosedError, and begin nothing any more."""
        with self._lock:
            self._closed = True
            requests = list(self._requests)
        for request in requests:
            if request.settle(SessionClosedError("the session was closed meanwhile")):
                cancel = request.cancel_fn
                if cancel is not None:
                    cancel()

    def _begin(
        self,
        request: DicomwebRequest[T],
        work: Coroutine[Any, Any, list[T]],
        options: LoadOptions,
    ) -> None:
        errand = Errand(options.request_type, options.priority)

        async def run() -> list[T]:
            with running_errand(errand):
                return await work

        with self._lock:
            is_closed = self._closed
            if not is_closed:
                self._requests.add(request)
        if is_closed:
            work.close()
            request.settle(SessionClosedError("the session is closed; make a new one"))
            return
        try:
            ending = self._workers.event_loop.submit(run())
        except SessionClosedError as error:
            work.close()
            self._end(request, error)
            return
        request.cancel_fn = ending.cancel
        ending.add_done_callback(lambda _: self._end(request, _outcome(ending)))

    def _end(self, request: DicomwebRequest[T], outcome: list[T] | BaseException) -> None:
        with self._lock:
            self._requests.discard(request)
        request.settle(outcome)


def _outcome(ending: concurrent.futures.Future[list[T]]) -> list[T] | BaseException:
    if ending.cancelled():
        return LoadCancelledError("the request was cancelled")
    error = ending.exception()
    if isinstance(error, asyncio.CancelledError):
        return LoadCancelledError("the request was cancelled")
    return ending.result() if error is None else error
