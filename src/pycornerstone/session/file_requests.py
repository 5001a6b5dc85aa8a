"""Lists of the images of files, begun and ended with their session."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol, cast

from pycornerstone.errors import LoaderError
from pycornerstone.loaders.list_request import ImageIdsRequest
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.loaders.protocol import LoaderContext, LoadOptions
    from pycornerstone.loaders.registry import LoaderRegistry
    from pycornerstone.session.list_requests import ListRequests

__all__ = ["FileRequests"]


class _ListsNifti(Protocol):
    async def image_ids(
        self, address: str, axis: str, time_points: tuple[int, ...] | None
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

    def nifti(
        self,
        source: str | os.PathLike[str] | bytes | bytearray | memoryview,
        axis: str,
        time_points: int | Iterable[int] | None,
        options: LoadOptions,
    ) -> ImageIdsRequest:
        """Begin to list the slices of a file; see `Session.image_ids_from_nifti`."""
        if axis not in {"i", "j", "k"}:
            raise ValueError(f"slices are cut across axis 'i', 'j' or 'k', got {axis!r}")
        chosen = None
        if time_points is not None:
            chosen = (time_points,) if isinstance(time_points, int) else tuple(time_points)
        address = self._address(source)
        loader = cast("_ListsNifti", self._loaders.built_in("nifti"))
        request = self._request("slices", address)
        self._lists.begin(request, loader.image_ids(address, axis, chosen), options)
        return request

    def web(
        self,
        source: str | os.PathLike[str] | bytes | bytearray | memoryview,
        options: LoadOptions,
    ) -> ImageIdsRequest:
        """Begin to list the frames of a picture; see `Session.image_ids_from_web`."""
        address = self._address(source)
        loader = cast("_ListsPictures", self._loaders.built_in("web"))
        request = self._request("frames", address)
        self._lists.begin(request, loader.image_ids(address), options)
        return request

    def _request(self, what: str, address: str) -> ImageIdsRequest:
        shown = without_credentials(address).partition("?")[0]
        return ImageIdsRequest(f"the {what} of {shown}", self._lists.notify)

    def _address(self, source: str | os.PathLike[str] | bytes | bytearray | memoryview) -> str:
        if isinstance(source, str | os.PathLike):
            return os.fspath(source)
        if isinstance(source, bytes | bytearray | memoryview):
            return self._context.sources.hold(source)
        raise LoaderError(f"a path, an address or bytes are wanted, got {type(source).__name__}")
