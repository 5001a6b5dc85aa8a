"""DICOM JSON from a DICOMweb server: metadata, and the results of searches (PS3.18 annex F)."""

from __future__ import annotations

import asyncio
import copy
import re
from typing import TYPE_CHECKING, TypeVar

from pycornerstone.errors import ContentTypeError, DecodeError, HttpStatusError, RetrieveError
from pycornerstone.loaders.unparsed_metadata import StatedDataSet, parse_in_pieces
from pycornerstone.metadata.dicom_json import parse_dicom_json
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from pycornerstone.retrieve.http import HttpResponse, HttpRetriever

__all__ = ["TOO_MUCH_ASKED", "get_dicom_json", "without_queries"]

T = TypeVar("T")

TOO_MUCH_ASKED = frozenset({500, 501, 504})
"""How servers fail, besides 413, that are asked for the metadata of too many instances."""
# JSON shrinks to a tenth, other than images.
_HEADERS = {"Accept": "application/dicom+json", "Accept-Encoding": "gzip"}
_JSON_TYPES = {"application/dicom+json", "application/json", "", "text/plain"}
_NO_CONTENT = 204
# Tens of MB of JSON take longer than the event loop may stand still.
_PARSED_IN_THREAD_FROM_BYTES = 256 * 1024
_QUERY = re.compile(r"(https?://[^\s?]+)\?[^\s]*[^\s,;:.]", re.IGNORECASE)


async def get_dicom_json(
    http: HttpRetriever,
    url: str,
    read: Callable[[Iterable[StatedDataSet]], T],
    *,
    of: str = "metadata",
    hides_query: bool = False,
    final_statuses: Collection[int] = (),
) -> tuple[T, Headers]:
    """Fetch data sets in the DICOM JSON model.

    Parameters
    ----------
    http : HttpRetriever
        The way to the network.
    url : str
        Where they are.
    read : callable
        Makes what is wanted of the data sets: of many, in a thread, where it does not stop the
        event loop. An answer without content has none.
    of : str
        What is fetched, for messages.
    hides_query : bool
        The query of `url` is in no error: what is searched for may be a patient.
    final_statuses : collection of int
        Answers that are not asked for again, since the caller takes another way then.

    Returns
    -------
    tuple of (object, Headers)
        What `read` gave, and the header fields of the answer.

    Raises
    ------
    RetrieveError
        If they did not arrive, or something else did; HttpStatusError, TransferError and
        ContentTypeError are.
    DecodeError
        If they are no DICOM JSON.
    """
    failure: RetrieveError | None = None
    response: HttpResponse | None = None
    try:
        response = await http.get(url, headers=_HEADERS, final_statuses=final_statuses)
    except HttpStatusError as error:
        if error.status != _NO_CONTENT:
            failure = error
    except RetrieveError as error:
        failure = error
    if failure is not None:
        # Raised out here, so that what hides the query does not bring it along as its context.
        raise without_queries(failure) if hides_query else failure
    if response is None or response.status == _NO_CONTENT or not response.body.strip():
        return read([]), Headers(() if response is None else response.headers.items())
    shown = without_credentials(url)
    if hides_query:
        shown = _QUERY.sub(r"\1", shown)
    if response.media_type not in _JSON_TYPES:
        raise ContentTypeError(
            f"GET {shown} gave {response.media_type}, {of} in application/dicom+json were "
            "expected; check the address, or whether the server wants a login"
        )
    try:
        if len(response.body) < _PARSED_IN_THREAD_FROM_BYTES:
            found = read(map(StatedDataSet, parse_dicom_json(response.body)))
        else:
            body = response.body
            found = await asyncio.to_thread(lambda: read(parse_in_pieces(body)))
    except DecodeError as error:
        raise DecodeError(f"GET {shown} gave what is {error.message}") from error
    return found, response.headers


def without_queries(error: RetrieveError) -> RetrieveError:
    """Give the same error without the queries of the addresses in it, and the server's own text.

    A server may say what it was asked for.
    """
    shown = copy.copy(error)
    message = error.message
    if isinstance(shown, HttpStatusError):
        status = f" gave HTTP {shown.status}"
        message = message.replace(f"{status} {shown.reason}".rstrip(), status, 1)
        shown.reason = ""
        shown.url = _QUERY.sub(r"\1", shown.url)
    shown.message = _QUERY.sub(r"\1", message)
    shown.args = (shown.message,)
    return shown
