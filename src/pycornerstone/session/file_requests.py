"""Lists of the images of files, begun and ended with their session."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import quote

from pycornerstone.errors import LoaderError, RetrieveError
from pycornerstone.loaders.list_request import ImageIdsRequest
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.addresses import naming_image
from pycornerstone.retrieve.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from pycornerstone.loaders.protocol import LoaderContext, LoadOptions
    from pycornerstone.loaders.registry import LoaderRegistry
    from pycornerstone.session.list_requests import ListRequests

__all__ = ["FileRequests"]

_LONG_DATA_URL = 64 * 1024
# What an imageId says by its text: the name of a file may look like it.
_NO_PLAIN_PATH = re.compile(r"~|[^/\\]{2,}:|.*[?&#](?:frame|axis)=", re.DOTALL)


class _ListsNifti(Protocol):
    async def image_ids(
        self, address: str, axis: str, time_points: tuple[object, ...] | None
    ) -> list[str]: ...


class _ListsPictures(Protocol):
    async def image_ids(self, address: str) -> list[str]: ...


class FileRequests:
    """Begins them.

    Parameters
    ----------
    context : LoaderContext
        Where bytes are held.
    loaders : LoaderRegistry
        Who knows the files.
    lists : ListRequests
        Who sees to it that they end.
    """

    def __init__(
        self, context: LoaderContext, loaders: LoaderRegistry, lists: ListRequests
    ) -> None:
        self._context = context
        self._loaders = loaders
        self._lists = lists

    def hold(self, data: bytes | bytearray | memoryview) -> str:
        """Keep bytes; see `Session.hold_bytes`."""
        return self._context.sources.hold(data)

    def release(self, address: str) -> None:
        """Let go of them."""
        self._context.sources.release(address)

    def close(self) -> None:
        """Let go of all of them and of files that are open, and hold none any more."""
        self._context.sources.close()
        self._loaders.close()

    def nifti(
        self,
        source: str | os.PathLike[str] | bytes | bytearray | memoryview,
        axis: str,
        time_points: int | Iterable[int] | None,
        options: LoadOptions,
    ) -> ImageIdsRequest:
        """Begin to list the slices of a file; see `Session.image_ids_from_nifti`."""
        if axis not in ("i", "j", "k"):
            raise ValueError(f"slices are cut across axis 'i', 'j' or 'k', got {axis!r}")
        # An array without axes is one number, and cannot be iterated over.
        is_one = not hasattr(time_points, "__iter__") or getattr(time_points, "ndim", None) == 0
        chosen: tuple[object, ...] | None = None
        if time_points is not None:
            chosen = (time_points,) if is_one else tuple(cast("Iterable[int]", time_points))
        address = self._address(source)
        loader = cast("_ListsNifti", self._loaders.built_in("nifti"))
        request = self._request("slices", address, source)
        image_ids = partial(loader.image_ids, address, axis, chosen)
        self._lists.begin(request, _named("nifti", address, image_ids), options)
        return request

    def web(
        self,
        source: str | os.PathLike[str] | bytes | bytearray | memoryview,
        options: LoadOptions,
    ) -> ImageIdsRequest:
        """Begin to list the frames of a picture; see `Session.image_ids_from_web`."""
        address = self._address(source)
        loader = cast("_ListsPictures", self._loaders.built_in("web"))
        request = self._request("frames", address, source)
        work = _named("web", address, partial(loader.image_ids, address))
        self._lists.begin(request, work, options)
        return request

    def _request(self, what: str, address: str, source: object) -> ImageIdsRequest:
        shown = without_credentials(address).partition("?")[0]
        request = ImageIdsRequest(f"the {what} of {shown}", self._lists.notify)
        if address is not source and address.startswith("bytes:"):
            # Nobody else knows the address of bytes that have no images.
            request.add_done_callback(partial(_call_if_failed, partial(self.release, address)))
        return request

    def _address(self, source: str | os.PathLike[str] | bytes | bytearray | memoryview) -> str:
        if isinstance(source, str):
            return self._shortened(source)
        if isinstance(source, os.PathLike):
            return _address_of_path(source)
        try:
            memoryview(source)
        except (BufferError, TypeError, ValueError) as error:
            raise LoaderError(
                f"a path, an address or bytes are wanted, got {type(source).__name__}"
            ) from error
        return self._context.sources.hold(source)

    def _shortened(self, address: str) -> str:
        """Hold what a long ``data:`` URL is, as each of its imageIds would have all of it."""
        if len(address) < _LONG_DATA_URL or address[:5].lower() != "data:":
            return address
        sources = self._context.sources
        try:
            data = sources.at_hand(Source.parse(address))
        except RetrieveError:
            # Its list says what is wrong.
            return address
        return sources.hold(data) if data else address


async def _named(
    scheme: str, address: str, image_ids: Callable[[], Coroutine[Any, Any, list[str]]]
) -> list[str]:
    """List images; what fails says of which file."""
    with naming_image(f"{scheme}:{address.removeprefix(f'{scheme}:')}"):
        return await image_ids()


def _address_of_path(path: os.PathLike[str]) -> str:
    """Give an address that means this file, whatever its name looks like."""
    text = os.fsdecode(path)
    return f"file:{quote(os.fsencode(text))}" if _NO_PLAIN_PATH.match(text) else text


def _call_if_failed(function: Callable[[], object], request: ImageIdsRequest) -> None:
    if request.exception() is not None:
        function()
