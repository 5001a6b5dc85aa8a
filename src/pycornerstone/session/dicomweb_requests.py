"""What a session asks DICOMweb servers besides images: searches, and which images there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pycornerstone.errors import ImageIdError
from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders
from pycornerstone.loaders.dicomweb_image_ids import ImageIdListing
from pycornerstone.loaders.dicomweb_results import FoundInstance, FoundSeries, FoundStudy
from pycornerstone.loaders.dicomweb_search import search
from pycornerstone.loaders.list_request import ImageIdsRequest, ListRequest, ProgressRequest
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image_id import split_frame

if TYPE_CHECKING:
    from pycornerstone.loaders.dicomweb_address import DicomwebAddress
    from pycornerstone.loaders.dicomweb_query import SearchQuery
    from pycornerstone.loaders.protocol import LoaderContext, LoadOptions
    from pycornerstone.session.list_requests import ListRequests

__all__ = ["DicomwebRequests"]

F = TypeVar("F", FoundStudy, FoundSeries, FoundInstance)


class DicomwebRequests:
    """Begins them.

    Parameters
    ----------
    context : LoaderContext
        The way to the network, and where headers are kept.
    lists : ListRequests
        Who sees to it that they end.
    """

    def __init__(self, context: LoaderContext, lists: ListRequests) -> None:
        self._context = context
        self._lists = lists
        self._headers = DicomwebHeaders(context)

    def search(
        self, kind: type[F], address: DicomwebAddress, query: SearchQuery, options: LoadOptions
    ) -> ListRequest[F]:
        """Begin a search; see `Session.search_studies`."""
        what = f"a search at {without_credentials(address.url).partition('?')[0]}"
        request: ListRequest[F] = ListRequest(what, self._lists.notify)

        async def run() -> list[F]:
            return await search(self._context.http, address, kind, query, request.advance)

        self._lists.begin(request, run(), options)
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
        request = ImageIdsRequest(what, self._lists.notify)

        async def run() -> list[str]:
            listing = ImageIdListing(self._context.http, self._headers, address, request.advance)
            image_ids, others = await listing.run()
            request.left_out = tuple(others)
            return image_ids

        self._lists.begin(request, run(), options)
        return request

    def bulk_data(
        self, image_id: str, bulk_data_uri: str, options: LoadOptions
    ) -> ProgressRequest[bytes]:
        """Begin to fetch a value that metadata name; see `Session.load_bulk_data`.

        Raises
        ------
        ImageIdError
            If `image_id` is none of WADO-RS.
        """
        if not image_id.startswith("wadors:"):
            raise ImageIdError(
                "values are named by the metadata of WADO-RS; give an imageId that begins with "
                "wadors:"
            )
        base, _ = split_frame(image_id)
        what = f"a value that {without_credentials(base).partition('?')[0]} names"
        request: ProgressRequest[bytes] = ProgressRequest(what, self._lists.notify)
        self._lists.begin(request, self._headers.bulk_data(base, bulk_data_uri), options)
        return request
