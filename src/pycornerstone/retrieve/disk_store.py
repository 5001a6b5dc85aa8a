"""Answers on the disk: the table and the files together, used by several threads and processes."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import logging
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from pycornerstone.retrieve.body_files import BodyFiles
from pycornerstone.retrieve.disk_index import DiskIndex, KeptAnswer, is_broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["DiskStore", "Unwritten"]

_log = logging.getLogger("pycornerstone.retrieve")

T = TypeVar("T")

# Of this layout; another one gets another name, and older ones are left to whoever wrote them.
_VERSION = "v1"
# What is thrown out is thrown out in one go, down to this share of the limit.
_LEFT_AFTER_MAKING_ROOM = 0.9
_TOUCHED_AT_MOST = 512
_BROKEN = ".broken"


@dataclasses.dataclass(frozen=True, slots=True)
class Unwritten:
    """An answer that is to be written: its row, whose file and checksum are still to come."""

    answer: KeptAnswer
    body: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class _Opened:
    index: DiskIndex
    identity: tuple[int, int] | None


class DiskStore:
    """Bodies in files, and a table of them, in a folder of one's own.

    No failure of the disk passes: what cannot be read is not there, what cannot be written is not
    kept, and the log says so once. All methods may be called from any thread, and wait.

    Parameters
    ----------
    folder : Path
        Made when something is written; ``v1`` in it holds all that there is.
    max_size_in_bytes : int
        What is on the disk at the most, in whole blocks.
    """

    def __init__(self, folder: Path, max_size_in_bytes: int) -> None:
        self.folder = folder
        self._own = folder / _VERSION
        self._path = self._own / "index.sqlite3"
        self._bodies = self._own / "bodies"
        self._files = BodyFiles(self._bodies)
        self.max_size_in_bytes = max_size_in_bytes
        self._said: set[str] = set()
        self._abandoned: list[_Opened | None] = []
        self._forget_connections()

    def after_fork(self) -> None:
        """Begin anew in a child process, whose connections and locks are those of its parent."""
        # Closing the parent's would take away its locks; so they are not even collected.
        self._abandoned += [self._reading, self._writing]
        self._forget_connections()

    def _forget_connections(self) -> None:
        self._reading: _Opened | None = None
        self._writing: _Opened | None = None
        # Reading does not wait for what is being written.
        self._read_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._touched: dict[str, float] = {}

    def with_request(self, request: str) -> list[KeptAnswer]:
        """Give the answers to a request, the newest first."""
        return self._in_index(lambda index: index.with_request(request), writes=False) or []

    def of_resource(self, resource: str) -> list[KeptAnswer]:
        """Give the answers of an address, whatever was accepted, the newest first."""
        return self._in_index(lambda index: index.of_resource(resource), writes=False) or []

    def body(self, answer: KeptAnswer) -> bytes | None:
        """Read a body; None if it is not there, or damaged, and then the row is gone too."""
        body = self._files.read(answer.file, answer.size, answer.checksum)
        if body is None:
            self._in_index(lambda index: index.remove(answer))
            self._files.remove([answer.file])
            return None
        self._touched[answer.key] = time.time()
        if len(self._touched) > _TOUCHED_AT_MOST:
            self.write_down_uses()
        return body

    def write(self, items: Iterable[Unwritten]) -> None:
        """Write answers, each in the place of the one before it, and make room for them."""
        # The folder is made, and the table in it, before any file.
        if self._in_index(DiskIndex.totals, makes=True) is None:
            return
        written: list[KeptAnswer] = []
        for item in items:
            try:
                file, checksum = self._files.write(item.body)
            except OSError as error:
                self._failed(error)
                continue
            written.append(dataclasses.replace(item.answer, file=file, checksum=checksum))
        if not written:
            return
        replaced = self._in_index(lambda index: index.add(written, time.time()), makes=True)
        if replaced is None:
            self._files.remove(answer.file for answer in written)
            return
        self._files.remove(replaced)
        self.make_room()

    def make_room(self) -> None:
        """Throw out what was used least recently if there is more than is allowed."""
        limit = self.max_size_in_bytes
        self.write_down_uses()
        down_to = int(limit * _LEFT_AFTER_MAKING_ROOM)
        gone = self._in_index(lambda index: index.make_room(limit, down_to))
        self._files.remove(gone or ())

    def refresh(self, answer: KeptAnswer) -> None:
        """Write down the fields of an answer that still holds."""
        self._in_index(lambda index: index.refresh(answer))

    def write_down_uses(self) -> None:
        """Write down which answers were used, for whoever makes room."""
        touched, self._touched = self._touched, {}
        if touched:
            self._in_index(lambda index: index.touch(touched))

    def sweep(self) -> None:
        """Remove the files of processes that ended before they wrote the row."""
        known = self._in_index(DiskIndex.files)
        if known is not None:
            self._files.sweep(known)

    def remove_resource(self, resource: str) -> int:
        """Remove all answers of an address, and count them."""
        return self._remove(lambda index: index.remove_resource(resource))

    def remove_below(self, prefix: str) -> int:
        """Remove the answers of an address and all below it, and count them."""
        return self._remove(lambda index: index.remove_below(prefix))

    def clear(self) -> int:
        """Remove everything, and count it; files that no row knows, and broken tables, too."""
        count = self._remove(DiskIndex.clear)
        self._files.sweep((), all_ages=True)
        self._remove_beside("*" + _BROKEN)
        return count

    def totals(self) -> tuple[int, int]:
        """Give the number of answers, and the bytes that they take on the disk."""
        return self._in_index(DiskIndex.totals, writes=False) or (0, 0)

    def close(self) -> None:
        """Let go of all files; what is asked after that opens them anew."""
        self.write_down_uses()
        for lock in (self._read_lock, self._write_lock):
            with lock:
                self._let_go(reads=lock is self._read_lock)

    def _remove(self, remove: Callable[[DiskIndex], list[str]]) -> int:
        gone = self._in_index(remove) or []
        self._files.remove(gone)
        return len(gone)

    def _in_index(
        self, ask: Callable[[DiskIndex], T], *, writes: bool = True, makes: bool = False
    ) -> T | None:
        """Ask the table; None if there is none, or it fails. `makes` one if there is none."""
        with self._write_lock if writes else self._read_lock:
            for _ in range(2):
                try:
                    index = self._opened(writes=writes, makes=makes)
                    return None if index is None else ask(index)
                except (sqlite3.Error, OSError) as error:
                    self._let_go(reads=not writes)
                    self._failed(error)
                    if not is_broken(error):
                        return None
                    self._set_aside()
        return None

    def _opened(self, *, writes: bool, makes: bool) -> DiskIndex | None:
        identity = _identity(self._path)
        opened = self._writing if writes else self._reading
        # The folder may have been removed, or the table set aside, by anybody at any time.
        if opened is not None and opened.identity == identity:
            return opened.index
        self._let_go(reads=not writes)
        if makes:
            self._make_folders()
        elif identity is None:
            return None
        index = DiskIndex(self._path)
        opened = _Opened(index, identity or _identity(self._path))
        if writes:
            self._writing = opened
        else:
            self._reading = opened
        return index

    def _make_folders(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._own.mkdir(exist_ok=True, mode=0o700)
        _make_private(self._own)
        self._bodies.mkdir(exist_ok=True, mode=0o700)

    def _let_go(self, *, reads: bool) -> None:
        opened = self._reading if reads else self._writing
        if reads:
            self._reading = None
        else:
            self._writing = None
        if opened is not None:
            with contextlib.suppress(sqlite3.Error):
                opened.index.close()

    def _set_aside(self) -> None:
        """Let a broken table be begun anew; the files that it knew are swept."""
        # Another thread or process may have done so a moment ago.
        with contextlib.suppress(sqlite3.Error, OSError):
            found = DiskIndex(self._path)
            with contextlib.closing(found):
                if found.is_sound():
                    return
        with contextlib.suppress(OSError):
            self._path.replace(self._path.with_suffix(_BROKEN))
        self._remove_beside(self._path.name + "-*")
        self._files.sweep(())

    def _remove_beside(self, pattern: str) -> None:
        with contextlib.suppress(OSError):
            for path in self._own.glob(pattern):
                path.unlink(missing_ok=True)

    def _failed(self, error: Exception) -> None:
        what = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if what not in self._said:
            self._said.add(what)
            _log.warning(
                "the disk cache in %s does not work (%s); loading goes on without it",
                self.folder,
                what,
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _make_private(folder: Path) -> None:
    """See to it that nobody else looks into a folder that may have been there.

    Raises
    ------
    PermissionError
        If it is somebody else's, who could.
    """
    status = folder.stat()
    if os.name != "posix" or not status.st_mode & 0o077:
        return
    if status.st_uid != os.geteuid() != 0:
        raise PermissionError(errno.EPERM, f"{folder} belongs to another user")
    folder.chmod(0o700)
