"""Files in ZIP archives of this machine: ``zip://scans/1.dcm::/data/study.zip``."""

from __future__ import annotations

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
    path : Path
        Of the archive, on this machine.
    name : str
        Of the file in it, as it stands in the address.
    """

    path: Path
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
        if not mark or "::" in base or _OTHER.match(base) or re.fullmatch(r"[A-Za-z]\w*", base):
            return None
        return cls(path_of(base).absolute(), name)

    @staticmethod
    def address(archive: str, name: str) -> str:
        """Give the address of a file in an archive, that an imageId can hold.

        Parameters
        ----------
        archive : str
            Path of the archive, or a ``file:`` URL.
        name : str
            Of the file, as the archive has it.
        """
        return f"zip://{quote(name) if _SPEAKING.search(name) else name}::{archive}"


class Archives:
    """Reads files in archives, and keeps the archives open that were used last.

    It may be used from any thread. Nothing is unpacked to the disk, and no more is inflated than is
    asked for.

    Parameters
    ----------
    max_bytes : int
        How large a file may be that is read whole.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._open: OrderedDict[tuple[Path, tuple[int, ...]], ZipFile] = OrderedDict()
        self._lock = threading.Lock()

    def members(self, path: Path) -> list[ZipInfo]:
        """List the files of an archive, without its folders.

        Raises
        ------
        RetrieveError
            If it cannot be read, is no ZIP archive, or has more than `MAX_MEMBERS`.
        """
        shown = repr(str(path))
        with _telling(shown):
            return [found for found in self._opened(path, shown).infolist() if not found.is_dir()]

    def find(self, member: ArchiveMember) -> ZipInfo:
        """Give what the archive's table says of a file.

        Raises
        ------
        RetrieveError
            If there is no such file, it is a folder or not to be read, or the archive cannot be.
        """
        shown = _shown(member)
        with _telling(shown):
            return _find(self._opened(member.path, shown), member.name, shown)

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
            archive = self._opened(member.path, shown)
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

    def close(self) -> None:
        """Close those that are open."""
        with self._lock:
            archives = list(self._open.values())
            self._open.clear()
        for archive in archives:
            archive.close()

    def _opened(self, path: Path, shown: str) -> ZipFile:
        import zipfile

        key = (path, version_of(path))
        with self._lock:
            found = self._open.get(key)
            if found is not None:
                self._open.move_to_end(key)
                return found
            # Opening a pipe would wait for its other end.
            if not stat.S_ISREG(path.stat().st_mode):
                raise RetrieveError(f"{shown} is in a device or a pipe, not in a file")
            archive = zipfile.ZipFile(path)
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
    return f"zip://{member.name}::{without_credentials(str(member.path))}"


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
