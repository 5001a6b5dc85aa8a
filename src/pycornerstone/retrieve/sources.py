"""Where the bytes of an imageId are: a path, a web address, memory, or the address itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Self

from pycornerstone.errors import ContentTypeError, DecodeError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.files import path_of, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from pycornerstone.retrieve.http import HttpRetriever

__all__ = ["Source", "SourceKind", "Sources"]

# What servers send in place of a file: pages that say no. Any other type is left to the content.
_PAGES = {"text/html", "application/xhtml+xml", "application/json", "application/problem+json"}


class SourceKind(Enum):
    """Where bytes are.

    Attributes
    ----------
    FILE
        On this machine.
    HTTP
        On a server, fetched by the session's transport.
    DATA
        In the address itself: ``data:`` URLs (RFC 2397).
    HELD
        In memory, given to the session: ``bytes:7``.
    FSSPEC
        Wherever fsspec finds them: ``s3://``, ``gs://``, ``zip://...::...``.
    """

    FILE = auto()
    HTTP = auto()
    DATA = auto()
    HELD = auto()
    FSSPEC = auto()


@dataclass(frozen=True, slots=True)
class Source:
    """Something that has bytes.

    Attributes
    ----------
    kind : SourceKind
        Where it is.
    key : str
        The same for two addresses of one thing, as far as they tell: an absolute path, or a URL.
    path : Path or None
        Of a file.
    """

    kind: SourceKind
    key: str = field(repr=False)
    path: Path | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, address: str) -> Self:
        """Say what an address means; a path, if it is nothing else.

        Raises
        ------
        RetrieveError
            If it is a ``file:`` URL of another machine, or in the home folder of nobody.
        """
        if address.lower().startswith(("http://", "https://")):
            return cls(SourceKind.HTTP, address)
        path = path_of(address).absolute()
        return cls(SourceKind.FILE, str(path), path)

    @property
    def shown(self) -> str:
        """The address as it may stand in an error."""
        return without_credentials(self.key)


class Sources:
    """Brings bytes; one for a session.

    Parameters
    ----------
    http : HttpRetriever
        The session's.
    """

    def __init__(self, http: HttpRetriever) -> None:
        self._http = http

    async def read(self, source: Source, expected: str) -> bytes | memoryview:
        """Bring all bytes of a source; a large local file is mapped.

        Parameters
        ----------
        source : Source
            Which.
        expected : str
            What it should be, for messages: ``"a picture"``.

        Raises
        ------
        RetrieveError
            If they did not arrive; HttpStatusError, TransferError and ContentTypeError are.
        DecodeError
            If there are none.
        MissingExtraError
            If it needs a library that is not installed.
        """
        data = self.at_hand(source)
        if data is not None:
            return data
        if source.path is not None:
            path = source.path
            return await asyncio.to_thread(read_file, path)
        response = await self._http.get(source.key)
        if response.media_type in _PAGES:
            raise ContentTypeError(
                f"GET {source.shown} gave {response.media_type}, {expected} was expected; check "
                "the address, or whether the server wants a login"
            )
        if not response.body:
            raise DecodeError(f"GET {source.shown} gave an empty answer, {expected} was expected")
        return response.body

    async def beginning(self, source: Source, nbytes: int, expected: str) -> bytes | memoryview:
        """Bring the first bytes, and no more than is cheap; fewer where there are no more.

        Raises
        ------
        PyCornerstoneError
            As `read`.
        """
        return (await self.read(source, expected))[:nbytes]

    async def version(self, source: Source) -> object:
        """Give something that changes when the bytes do, as far as can be told without them."""
        if source.path is None:
            return ()
        return await asyncio.to_thread(_version_of, source.path)

    def at_hand(self, source: Source) -> bytes | memoryview | None:
        """Give the bytes of a source that is in memory; None where they are to be waited for."""
        del source
        return None

    def hold(self, data: bytes | bytearray | memoryview) -> str:
        """Keep bytes, and give their address, such as ``"bytes:7"``, for any loader of files."""
        raise NotImplementedError

    def release(self, address: str) -> None:
        """Let go of bytes that were held; nothing if they are not."""
        raise NotImplementedError


def _version_of(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        # Opening it says what is wrong.
        return ()
    return (status.st_mtime_ns, status.st_size)
