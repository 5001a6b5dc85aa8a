"""The files of this machine that instances are, in folders and in ZIP archives."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.dicomweb.file_heads import HEAD_BYTES, has_head, missing_head
from pycornerstone.loaders.file_headers import header_of_bytes, header_of_file
from pycornerstone.model.image_id import ImageId
from pycornerstone.retrieve.archives import ArchiveMember
from pycornerstone.retrieve.files import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydicom.dataset import Dataset

    from pycornerstone.metadata.part10 import Part10
    from pycornerstone.retrieve.archives import Archives

__all__ = ["StoredFile", "stored_file"]

_PIECE_BYTES = 1 << 20
_SCHEMES = frozenset({"dicomfile", "file"})


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file.

    Attributes
    ----------
    where : Path or ArchiveMember
        Where it is.
    """

    where: Path | ArchiveMember = field(repr=False)

    def read(self, archives: Archives) -> bytes:
        """Read it, as clients know it: with a head where it has none.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read.
        """
        if isinstance(self.where, ArchiveMember):
            data = archives.read(self.where)
        else:
            try:
                data = self.where.read_bytes()
            except OSError as error:
                raise _gone() from error
        return self._head(data[:HEAD_BYTES], archives) + data

    def pieces(self, archives: Archives) -> tuple[int, Iterator[bytes]]:
        """Give its length, and its bytes in pieces of a megabyte: a file may be larger than memory.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read; also from the iterator, if it became shorter meanwhile.
        """
        if isinstance(self.where, ArchiveMember):
            data = self.read(archives)
            return len(data), iter((data,))
        try:
            length = self.where.stat().st_size
            with self.where.open("rb") as file:
                start = file.read(HEAD_BYTES)
        except OSError as error:
            raise _gone() from error
        head = self._head(start, archives)
        return len(head) + length, chain((head,) if head else (), self._pieces(length))

    def header(self, archives: Archives) -> Part10 | None:
        """Read its header without pixels; None if it is no DICOM.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read.
        """
        if isinstance(self.where, ArchiveMember):
            return header_of_bytes(self.read(archives)).dicom
        return header_of_file(str(self.where)).dicom

    def dataset(self, archives: Archives) -> Dataset:
        """Read all elements but the pixels.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read.
        """
        import io

        import pydicom

        source: Any = self.where
        if isinstance(self.where, ArchiveMember):
            source = io.BytesIO(archives.read(self.where))
        try:
            return pydicom.dcmread(source, stop_before_pixels=True, force=True)
        except Exception as error:
            raise PyCornerstoneError(
                f"the header of an instance cannot be read: {type(error).__name__}"
            ) from error

    def _head(self, start: bytes, archives: Archives) -> bytes:
        return b"" if has_head(start) else missing_head(start, self.dataset(archives))

    def _pieces(self, length: int) -> Iterator[bytes]:
        left = length
        try:
            with self.path.open("rb") as file:
                while left:
                    piece = file.read(min(left, _PIECE_BYTES))
                    if not piece:
                        break
                    left -= len(piece)
                    yield piece
        except OSError as error:
            raise _gone() from error
        if left:
            raise _gone()

    @property
    def path(self) -> Path:
        """Where it is, of one that is in no archive."""
        if isinstance(self.where, ArchiveMember):
            raise TypeError("a file of an archive has no path")
        return self.where


def stored_file(base: str) -> StoredFile | None:
    """Give the file of an imageId without frame; None if it is none of this machine."""
    scheme = base[:16].partition(":")[0].lower()
    if scheme not in _SCHEMES:
        return None
    try:
        address = base if scheme == "file" else ImageId.parse(base).resource
        member = ArchiveMember.parse(address)
        if member is not None:
            # Of an archive in memory, the session has the bytes.
            return None if isinstance(member.archive, str) else StoredFile(member)
        if address.startswith(("bytes:", "data:")):
            return None
        path = path_of(address)
    except PyCornerstoneError:
        return None
    return StoredFile(path) if path.is_file() else None


def _gone() -> PyCornerstoneError:
    return PyCornerstoneError("the file of an instance cannot be read any more")
