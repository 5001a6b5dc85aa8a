"""Files in ZIP archives of this machine: ``zip://scans/1.dcm::/data/study.zip``.

Archives that are held in memory are among them: ``zip://scans/1.dcm::bytes:7``.
"""

from __future__ import annotations

import io
import re
import stat
import threading
import zlib
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from pycornerstone.errors import RetrieveError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.files import path_of, version_of
from pycornerstone.retrieve.held_bytes import HeldBytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zipfile import ZipFile, ZipInfo

__all__ = ["MAX_MEMBERS", "ArchiveMember", "Archives", "refusal_of"]

MAX_MEMBERS = 1 << 20
"""Files of one archive; no study has as many."""

# What an address of another file system begins with.
_OTHER = re.compile(r"(?!file:)[a-z][a-z0-9+._-]+(?:://|:)", re.IGNORECASE)
# What an imageId says by its text, and what parts the links of a chain.
_SPEAKING = re.compile(r"[%?#&]|::")
# An open archive holds a file descriptor and the table of its members.
_MOST_OPEN = 4
# Of all methods that are read, bzip2 makes the most of one byte.
_MOST_FROM_A_BYTE = 50_000
_ENCRYPTED = 1


class ArchiveMember(NamedTuple):
    """The address of a file in an archive.

    Attributes
    ----------
    archive : Path or str
        Its path on this machine, or the address of the bytes that are held of it.
    name : str
        Of the file in it, as it stands in the address.
    """

    archive: Path | str
    name: str

    @classmethod
    def parse(cls, address: str) -> ArchiveMember | None:
        """Take an address apart; None if it is no file in a ZIP archive of this machine.

        Raises
        ------
        RetrieveError
            As `path_of`.
        """
        if address[:6].lower() != "zip://":
            return None
        name, mark, base = address[6:].partition("::")
        if mark and HeldBytes.is_address(base):
            return cls(base, name)
        if not mark or "::" in base or _OTHER.match(base) or re.fullmatch(r"[A-Za-z]\w*", base):
            return None
        return cls(path_of(base).absolute(), name)

    @staticmethod
    def address(archive: str, name: str) -> str:
        """Give the address of a file in an archive, that an imageId can hold.

        Parameters
        ----------
        archive : str
            Path of the archive, a ``file:`` URL, or the address of bytes that are held.
        name : str
            Of the file, as the archive has it.
        """
        return f"zip://{quote(name) if _SPEAKING.search(name) else name}::{archive}"

    @property
    def version(self) -> tuple[int, ...]:
        """What changes when the archive is written anew; see `version_of`."""
        return _version(self.archive)


class Archives:
    """Reads files in archives, and keeps the archives open that were used last.

    It may be used from any thread. Nothing is unpacked to the disk, and no more is inflated than is
    asked for.

    Parameters
    ----------
    max_bytes : int
        How large a file may be that is read whole.
    held : HeldBytes or None
        Where archives in memory are.
    """

    def __init__(self, max_bytes: int, held: HeldBytes | None = None) -> None:
        self._max_bytes = max_bytes
        self._held = held or HeldBytes()
        self._open: OrderedDict[tuple[Path | str, tuple[int, ...]], ZipFile] = OrderedDict()
        self._lock = threading.Lock()

    def members(self, archive: Path | str) -> list[ZipInfo]:
        """List the files of an archive, without its folders.

        Raises
        ------
        RetrieveError
            If it cannot be read, is no ZIP archive, or has more than `MAX_MEMBERS`.
        """
        shown = repr(str(archive))
        with _telling(shown):
            return [
                found for found in self._opened(archive, shown).infolist() if not found.is_dir()
            ]

    def find(self, member: ArchiveMember) -> ZipInfo:
        """Give what the archive's table says of a file.

        Raises
        ------
        RetrieveError
            If there is no such file, it is a folder or not to be read, or the archive cannot be.
        """
        shown = _shown(member)
        with _telling(shown):
            return _find(self._opened(member.archive, shown), member.name, shown)

    def read(self, member: ArchiveMember, nbytes: int | None = None) -> bytes:
        """Read a file of an archive, or the first `nbytes` of it; fewer where there are no more.

        Raises
        ------
        RetrieveError
            If there is no such file, it is empty, too large or encrypted, or the archive cannot be
            read.
        """
        shown = _shown(member)
        with _telling(shown):
            archive = self._opened(member.archive, shown)
            found = _find(archive, member.name, shown)
            if nbytes is None and found.file_size > self._max_bytes:
                raise RetrieveError(
                    f"{shown} has {found.file_size} bytes or more, the limit is {self._max_bytes}; "
                    "raise HttpSettings.max_body_bytes if it is to be loaded"
                )
            with archive.open(found) as file:
                # What it says of its size is the most that is given.
                data = file.read() if nbytes is None else file.read(nbytes)
        if not data:
            raise RetrieveError(f"{shown} is empty; copy the file again")
        return data

    def forget(self, address: str) -> None:
        """Close an archive whose bytes are held no more."""
        with self._lock:
            archive = self._open.pop((address, ()), None)
        if archive is not None:
            archive.close()

    def close(self) -> None:
        """Close those that are open."""
        with self._lock:
            archives = list(self._open.values())
            self._open.clear()
        for archive in archives:
            archive.close()

    def _opened(self, where: Path | str, shown: str) -> ZipFile:
        import zipfile

        key = (where, _version(where))
        with self._lock:
            # Of bytes that are held no more, nothing is read, whatever is still open.
            held = self._held.get(where) if isinstance(where, str) else None
            found = self._open.get(key)
            if found is not None:
                self._open.move_to_end(key)
                return found
            if isinstance(where, str):
                archive = zipfile.ZipFile(_HeldFile(held or memoryview(b"")))
            # Opening a pipe would wait for its other end.
            elif stat.S_ISREG(where.stat().st_mode):
                archive = zipfile.ZipFile(where)
            else:
                raise RetrieveError(f"{shown} is in a device or a pipe, not in a file")
            if len(archive.filelist) > MAX_MEMBERS:
                archive.close()
                raise RetrieveError(
                    f"{shown} has more than {MAX_MEMBERS} files; unpack it, and open its folder"
                )
            self._open[key] = archive
            while len(self._open) > _MOST_OPEN:
                # Whoever reads a file of it goes on: the last one of them closes it.
                self._open.popitem(last=False)[1].close()
            return archive


class _HeldFile(io.RawIOBase):
    """Bytes as a file, of which no copy is made."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}
        place = starts[whence] + offset
        if place < 0:
            # As files say it, which zipfile knows.
            raise OSError("there is nothing before the first byte")
        self._at = place
        return place

    def read(self, size: int | None = -1, /) -> bytes:
        start = self._at
        stop = len(self._data) if size is None or size < 0 else start + size
        data = bytes(self._data[start:stop])
        self._at = start + len(data)
        return data


def refusal_of(found: ZipInfo) -> str | None:
    """Say why a file of an archive is not read, from what the archive's table says; None if it is.

    A file that is said to inflate to more than any method can make of its bytes is a lie that
    would cost memory.
    """
    if found.flag_bits & _ENCRYPTED:
        return "it is encrypted; unpack the archive with its password"
    if found.file_size > 0 and found.file_size > found.compress_size * _MOST_FROM_A_BYTE:
        return (
            f"the archive says that its {found.compress_size} bytes inflate to {found.file_size}, "
            "which cannot be"
        )
    return None


def _version(where: Path | str) -> tuple[int, ...]:
    return () if isinstance(where, str) else version_of(where)


def _find(archive: ZipFile, name: str, shown: str) -> ZipInfo:
    for spelled in (name, unquote(name)):
        try:
            found = archive.getinfo(spelled)
        except KeyError:
            continue
        if found.is_dir():
            raise RetrieveError(f"{shown} is a folder, not a file; name a file in it")
        reason = refusal_of(found)
        if reason is not None:
            raise RetrieveError(f"{shown} is not read: {reason}")
        return found
    raise RetrieveError(f"there is no file {shown}; check the address")


def _shown(member: ArchiveMember) -> str:
    return f"zip://{member.name}::{without_credentials(str(member.archive))}"


@contextmanager
def _telling(shown: str) -> Iterator[None]:
    """Turn what reading an archive raises into an error that names it."""
    from zipfile import BadZipFile, LargeZipFile

    try:
        yield
    except FileNotFoundError as error:
        raise RetrieveError(f"there is no file {shown}; check the address") from error
    except PermissionError as error:
        raise RetrieveError(f"{shown} may not be read; ask for permission to read it") from error
    except RetrieveError:
        raise
    except (
        *(BadZipFile, LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
        *(OSError, ValueError, OverflowError),
    ) as error:
        reason = " ".join(str(error).split())
        raise RetrieveError(
            f"{shown} could not be read: {type(error).__name__}: {reason[:200]}"
        ) from error
