"""What a source is made of: files, files in archives, addresses and imageIds, none of them read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from pycornerstone.errors import LoaderError, PyCornerstoneError, RetrieveError
from pycornerstone.loaders.file_headers import header_of_file
from pycornerstone.metadata.dicomdir import find_files, is_directory, referenced_files
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.geometry_report import LeftOut
from pycornerstone.retrieve.archives import ArchiveMember, refusal_of
from pycornerstone.retrieve.files import path_of
from pycornerstone.retrieve.folders import list_files
from pycornerstone.retrieve.sources import Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.retrieve.sources import Sources

__all__ = ["AnySource", "Listing", "Part", "PartKind"]

OneSource: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview"
AnySource: TypeAlias = "OneSource | Iterable[OneSource]"

# What an imageId says by its text: the name of a file may look like it.
_NO_PLAIN_PATH = re.compile(r"~|[^/\\]{2,}:|.*[?&#](?:frame|axis)=", re.DOTALL)
_MARKS = re.compile(r"[~:?&#]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?=:)")
_ARCHIVE = b"PK\x03\x04"
_EMPTY_ARCHIVE = b"PK\x05\x06"
# Their text is an address of something, not that of one image.
_ADDRESSES = frozenset({"data", "file", "http", "https"})


class PartKind(Enum):
    """How a part of a source is read."""

    FILE = auto()
    """By its path."""
    MEMBER = auto()
    """Out of an archive of this machine."""
    MEMORY = auto()
    """It is held, or in its address."""
    REMOTE = auto()
    """It is waited for: an address of a server, or of another file system."""
    IMAGE_ID = auto()
    """It is one image already."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of a source.

    Attributes
    ----------
    kind : PartKind
        How it is read.
    address : str
        What an imageId of it has behind the scheme; or the imageId.
    path : str
        Of a file.
    member : ArchiveMember or None
        Of one in an archive.
    size_in_bytes : int
        Of one in an archive.
    """

    kind: PartKind
    address: str = field(repr=False)
    path: str = field(default="", repr=False)
    member: ArchiveMember | None = field(default=None, repr=False)
    size_in_bytes: int = 0


class Listing:
    """Goes through sources, in a thread: folders and archives are looked into, files are not.

    Parameters
    ----------
    sources : Sources
        The session's.
    schemes : collection of str
        Those of the loaders of the session: text that begins with one is an imageId.
    may_go_on : callable
        Asked now and then; False ends the search.

    Attributes
    ----------
    parts : list of Part
        What was found, each once.
    left_out : list of LeftOut
        What cannot be a part of anything.
    """

    def __init__(
        self, sources: Sources, schemes: Collection[str], may_go_on: Callable[[], bool]
    ) -> None:
        self._sources = sources
        self._schemes = frozenset(schemes) - _ADDRESSES
        self._may_go_on = may_go_on
        self._known: set[tuple[PartKind, str]] = set()
        self.parts: list[Part] = []
        self.left_out: list[LeftOut] = []

    def add_source(self, source: AnySource) -> None:
        """Add what a user named.

        Raises
        ------
        RetrieveError
            If it is one thing, and cannot be read. Of several, it is left out.
        LoaderError
            If it is of no kind that is a source.
        """
        if isinstance(source, str | os.PathLike | bytes | bytearray | memoryview):
            self._add_one(source)
            return
        try:
            several = list(source)
        except TypeError as error:
            raise _no_source(source) from error
        for one in several:
            if not isinstance(one, str | os.PathLike | bytes | bytearray | memoryview):
                raise _no_source(one)
            try:
                self._add_one(one)
            except PyCornerstoneError as error:
                self._leave_out(_shown(one), error.message)

    def _add_one(self, source: OneSource) -> None:
        if isinstance(source, os.PathLike):
            self._add_path(os.fsdecode(source))
        elif isinstance(source, str):
            self._add_text(source)
        else:
            self._add_held(self._sources.hold(source))

    def _add_text(self, text: str) -> None:
        scheme = _SCHEME.match(text)
        if scheme is not None and scheme[0] in self._schemes:
            self._add(Part(PartKind.IMAGE_ID, text))
            return
        found = Source.parse(text)
        if found.path is not None:
            self._add_path(str(found.path))
        elif found.kind is SourceKind.HELD:
            self._add_held(text)
        elif found.kind is SourceKind.DATA:
            self._add(Part(PartKind.MEMORY, text))
        else:
            self._add(self._member(text) or Part(PartKind.REMOTE, text))

    def _add_held(self, address: str) -> None:
        data = self._sources.at_hand(Source.parse(address))
        if data is not None and _is_archive(data[:132]):
            self._add_archive(address, address)
        else:
            self._add(Part(PartKind.MEMORY, address))

    def _member(self, address: str) -> Part | None:
        member = ArchiveMember.parse(address)
        if member is None:
            return None
        size = self._sources.archives.find(member).file_size
        return Part(PartKind.MEMBER, address, member=member, size_in_bytes=size)

    def _add_path(self, named: str) -> None:
        path = os.path.abspath(named)  # noqa: PTH100 - paths are text here
        try:
            # Opening a pipe would wait for its other end.
            if os.path.isdir(path):  # noqa: PTH112
                self._add_folder(path)
                return
            if not os.path.isfile(path):  # noqa: PTH113
                is_there = os.path.lexists(path)
                problem = "is no file" if is_there else "is not there; check the path"
                raise RetrieveError(f"{path!r} {problem}")
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123
                beginning = file.read(132)
        except PyCornerstoneError:
            raise
        except OSError as error:
            raise RetrieveError(
                f"{path!r} could not be read: {error.strerror or type(error).__name__}"
            ) from error
        if _is_archive(beginning):
            self._add_archive(path_of(path), address_of_path(path))
            return
        directory = _directory_of(path) if beginning[128:] == b"DICM" else None
        if directory is None:
            self._add_file(path)
        else:
            self._add_directory(path, directory)

    def _add_folder(self, path: str) -> None:
        found = list_files(path, self._may_go_on)
        for file in found.paths:
            self._add_file(file)
        for other, reason in found.left_out:
            self._leave_out(other, reason)

    def _add_file(self, path: str) -> None:
        self._add(Part(PartKind.FILE, address_of_path(path), path))

    def _add_archive(self, archive: Path | str, archive_address: str) -> None:
        for found in self._sources.archives.members(archive):
            address = ArchiveMember.address(archive_address, found.filename)
            reason = refusal_of(found)
            if reason is not None:
                self._leave_out(address, reason)
                continue
            member = ArchiveMember(archive, found.filename)
            self._add(Part(PartKind.MEMBER, address, member=member, size_in_bytes=found.file_size))

    def _add_directory(self, path: str, attributes: DicomAttributes) -> None:
        self._leave_out(path, "it is a DICOMDIR: the files that it names are opened")
        for file_id, file in find_files(os.path.dirname(path), referenced_files(attributes)):  # noqa: PTH120
            if file is None:
                self._leave_out("/".join(file_id), "the DICOMDIR names it, and it is not there")
            else:
                self._add_file(file)

    def _add(self, part: Part) -> None:
        key = (part.kind, part.address)
        if key in self._known:
            self._leave_out(part.address, "it was named twice")
            return
        self._known.add(key)
        self.parts.append(part)

    def _leave_out(self, what: str, reason: str) -> None:
        self.left_out.append(LeftOut(what, reason))


def address_of_path(path: str) -> str:
    """Give an address that means this file, whatever its name looks like."""
    # Of thousands of paths, few need a closer look.
    if _MARKS.search(path) is None or _NO_PLAIN_PATH.match(path) is None:
        return path
    return f"file:{quote(os.fsencode(path))}"


def _is_archive(beginning: bytes | memoryview) -> bool:
    """Say whether a file is a ZIP archive; the preamble of a DICOM file may look like one."""
    return bytes(beginning[:4]) in {_ARCHIVE, _EMPTY_ARCHIVE} and beginning[128:] != b"DICM"


def _directory_of(path: str) -> DicomAttributes | None:
    try:
        header = header_of_file(path).dicom
    except PyCornerstoneError:
        # Reading it among the others says so.
        return None
    is_one = header is not None and is_directory(header.attributes)
    return header.attributes if header is not None and is_one else None


def _no_source(source: object) -> LoaderError:
    return LoaderError(
        "display sets are opened from a folder, a file, an archive, an address, imageIds or the "
        f"bytes of a file, or several of these, got {type(source).__name__}"
    )


def _shown(source: OneSource) -> str:
    if isinstance(source, str):
        return without_credentials(source)
    return os.fsdecode(source) if isinstance(source, os.PathLike) else "bytes"
