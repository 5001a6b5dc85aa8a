"""Where the bytes of an imageId are: a path, a web address, memory, or the address itself."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pycornerstone.errors import (
    ContentTypeError,
    DecodeError,
    HttpStatusError,
    RetrieveError,
    TransferError,
)
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.archives import ArchiveMember, Archives
from pycornerstone.retrieve.data_urls import bytes_of_data_url
from pycornerstone.retrieve.files import path_of, read_file, version_of
from pycornerstone.retrieve.fsspec_files import FsspecFiles, is_fsspec_address, local_base
from pycornerstone.retrieve.held_bytes import HeldBytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.retrieve.http import HttpRetriever
    from pycornerstone.retrieve.http_stream import HttpStream

__all__ = ["Source", "SourceKind", "Sources"]

# What servers send in place of a file: pages that say no. Any other type is left to the content.
_PAGES = {"text/html", "application/xhtml+xml", "application/json", "application/problem+json"}
_LONGEST_SCHEME = 8
_PARTIAL = 206
# RFC 9110, section 14.4.
_CONTENT_RANGE = re.compile(
    r"bytes (?P<first>\d{1,18})-(?P<last>\d{1,18})/(?P<whole>\d{1,18}|\*)", re.IGNORECASE
)
_SEVERAL_PARTS = "multipart/byteranges"
# 416: what is asked for has no such part (RFC 9110, section 15.5.17); it has nothing in it. The
# others are what servers say that take no Range at all.
_NO_RANGES = frozenset({400, 416, 501})
# Shorter ones are decoded in less time than it takes to hand them to a thread.
_LONG_DATA_URL = 64 * 1024


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

        Whether there is such a file is not looked at. A path that looks like one of the others is
        one after ``./``.

        Raises
        ------
        RetrieveError
            If it is a ``file:`` URL of another machine, in the home folder of nobody, or in a
            working folder that is gone.
        """
        # Of an image in its address, no copy is made to look at its beginning.
        beginning = address[:_LONGEST_SCHEME].lower()
        if beginning.startswith(("http://", "https://")):
            return cls(SourceKind.HTTP, address)
        if beginning.startswith("data:"):
            return cls(SourceKind.DATA, address)
        if HeldBytes.is_address(address):
            return cls(SourceKind.HELD, address)
        if beginning.startswith("local://"):
            # fsspec's name for files of this machine, without the escapes of a URL.
            address = address[len("local://") :]
        elif not beginning.startswith("file:") and is_fsspec_address(address):
            return cls(SourceKind.FSSPEC, address)
        try:
            path = path_of(address).absolute()
        except FileNotFoundError as error:
            raise RetrieveError(
                f"{address!r} is in the working folder, which is gone; give the whole path"
            ) from error
        return cls(SourceKind.FILE, str(path), path)

    @property
    def shown(self) -> str:
        """The address as it may stand in an error."""
        return without_credentials(self.key)


class Sources:
    """Brings bytes; one for a session.

    Bytes may be held, and those at hand be asked for, in any thread; what is waited for is for the
    session's event loop.

    Parameters
    ----------
    http : HttpRetriever
        The session's.

    Attributes
    ----------
    archives : Archives
        Those of this machine, for whoever reads files in them without the event loop.
    """

    def __init__(self, http: HttpRetriever) -> None:
        self._http = http
        self._held = HeldBytes()
        self._forgetting: list[Callable[[str], object]] = []
        self._fsspec: FsspecFiles | None = None
        self.archives = Archives(http.settings.max_body_bytes, self._held)

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
        data: bytes | memoryview
        match source.kind:
            case SourceKind.HELD:
                data = self._held.get(source.key)
            case SourceKind.DATA:
                data = await self._data(source.key)
            case SourceKind.FSSPEC:
                return await self._elsewhere(source.key)
            case SourceKind.FILE:
                return await asyncio.to_thread(read_file, _path(source))
            case _:
                response = await self._http.get(source.key)
                _check_media_type(source, response.media_type, expected)
                data = response.body
        if not len(data):
            raise _nothing(source, expected)
        return data

    async def beginning(self, source: Source, nbytes: int, expected: str) -> bytes | memoryview:
        """Bring the first bytes, and no more than is cheap; fewer where there are no more.

        A server is asked for no more, and left if it sends more. With a disk cache, what is kept
        there is whole, and so is what is asked for.

        Raises
        ------
        PyCornerstoneError
            As `read`.
        """
        match source.kind:
            case SourceKind.FSSPEC:
                return await self._elsewhere(source.key, nbytes)
            case SourceKind.HTTP if not self._keeps_on_disk():
                repeats = self._http.settings.max_retries
                data = await self._first_of_stream(source, nbytes, expected, repeats)
                return (await self.read(source, expected))[:nbytes] if data is None else data
            case _:
                return (await self.read(source, expected))[:nbytes]

    async def version(self, source: Source) -> object:
        """Give something that changes when the bytes do, as far as can be told without them.

        That is so for files of this machine, and archives among them. Servers and object stores
        would have to be asked each time, and are not: ``()``.
        """
        match source.kind:
            case SourceKind.FILE:
                return await asyncio.to_thread(version_of, _path(source))
            case SourceKind.FSSPEC if "::" in source.key:
                return await asyncio.to_thread(_version_of_base, source.key)
            case _:
                return ()

    def at_hand(self, source: Source) -> bytes | memoryview | None:
        """Give the bytes of a source that is in memory; None where they are to be waited for.

        Raises
        ------
        RetrieveError
            If they are not held any more, or a ``data:`` URL is malformed.
        """
        match source.kind:
            case SourceKind.HELD:
                return self._held.get(source.key)
            case SourceKind.DATA:
                return bytes_of_data_url(source.key)
            case _:
                return None

    def hold(self, data: bytes | bytearray | memoryview) -> str:
        """Keep bytes, and give their address, such as ``"bytes:7"``, for any loader of files.

        They are not copied. No two addresses are alike in a process.

        Raises
        ------
        LoaderError
            If it is no bytes-like object, or its bytes do not lie side by side.
        SessionClosedError
            After `close`.
        """
        return self._held.add(data)

    def release(self, address: str) -> None:
        """Let go of bytes that were held; nothing if they are not."""
        self._held.remove(address)
        self.archives.forget(address)
        for forget in tuple(self._forgetting):
            forget(address)

    def is_released(self, source: Source) -> bool:
        """Say whether a source is bytes that are held no more.

        For whoever keeps what he made of a file, after he did: what was released meanwhile, he was
        told before.
        """
        return source.kind is SourceKind.HELD and not self._held.holds(source.key)

    def when_released(self, forget: Callable[[str], object]) -> None:
        """Have a function called with each address that is released, in the thread that does it.

        For whoever keeps what he made of a file: bytes that nobody holds are to be forgotten.
        """
        self._forgetting.append(forget)

    def close(self) -> None:
        """Let go of all that is held; holding more is an error from now on."""
        self._held.close()
        self._forgetting.clear()
        self.archives.close()

    async def _data(self, address: str) -> bytes:
        if len(address) < _LONG_DATA_URL:
            return bytes_of_data_url(address)
        return await asyncio.to_thread(bytes_of_data_url, address)

    def _keeps_on_disk(self) -> bool:
        cache = self._http.disk_cache
        return cache is not None and (cache.is_enabled or cache.offline)

    async def _first_of_stream(
        self, source: Source, nbytes: int, expected: str, repeats: int
    ) -> bytes | None:
        """Ask a server for the first bytes; None where it has to be asked for all."""
        data = bytearray()
        headers = {"Range": f"bytes=0-{nbytes - 1}"}
        try:
            async with self._http.stream(source.key, headers=headers) as stream:
                _check_media_type(source, stream.media_type, expected)
                if stream.status == _PARTIAL and not _is_as_asked(stream, nbytes):
                    return None
                async for piece in stream:
                    data += piece
                    if len(data) >= nbytes:
                        break
        except HttpStatusError as error:
            if error.status in _NO_RANGES:
                return None
            raise
        except TransferError:
            # What fails before there is anything was repeated by the transport.
            if not data or not repeats:
                raise
            return await self._first_of_stream(source, nbytes, expected, repeats - 1)
        if not data:
            raise _nothing(source, expected)
        return bytes(data[:nbytes])

    async def _elsewhere(self, address: str, nbytes: int | None = None) -> bytes:
        member = ArchiveMember.parse(address)
        if member is not None:
            return await asyncio.to_thread(self.archives.read, member, nbytes)
        return await self._fsspec_files().read(address, nbytes)

    def _fsspec_files(self) -> FsspecFiles:
        if self._fsspec is None:
            self._fsspec = FsspecFiles(self._http.settings)
        return self._fsspec


def _path(source: Source) -> Path:
    if source.path is None:
        raise TypeError("a source of kind FILE has a path; use Source.parse")
    return source.path


def _is_as_asked(stream: HttpStream, nbytes: int) -> bool:
    """Say whether a part is the first bytes, so many, or all that there are."""
    text = stream.headers.get("content-range", "").strip()
    if not text:
        # Where a server does not say, it sends what it was asked for.
        return stream.media_type != _SEVERAL_PARTS
    part = _CONTENT_RANGE.fullmatch(text)
    if part is None or int(part["first"]):
        return False
    # A server may send less than it is asked for (RFC 9110, section 15.3.7).
    sent = int(part["last"]) + 1
    return sent >= nbytes or (part["whole"] != "*" and sent >= int(part["whole"]))


def _check_media_type(source: Source, media_type: str, expected: str) -> None:
    if media_type in _PAGES:
        raise ContentTypeError(
            f"GET {source.shown} gave {media_type}, {expected} was expected; check the address, or "
            "whether the server wants a login"
        )


def _nothing(source: Source, expected: str) -> DecodeError:
    if source.kind is SourceKind.HTTP:
        return DecodeError(f"GET {source.shown} gave an empty answer, {expected} was expected")
    return DecodeError(f"{source.shown} holds no bytes, {expected} was expected")


def _version_of_base(address: str) -> tuple[int, ...]:
    member = ArchiveMember.parse(address)
    if member is not None:
        return member.version
    try:
        base = local_base(address)
    except ImportError:
        # Reading it says so.
        return ()
    return () if base is None else version_of(Path(base))
