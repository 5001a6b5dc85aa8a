"""Bodies of answers as files: written once under a name of their own, read whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

__all__ = ["BodyFiles"]

_NAME = re.compile(r"[0-9a-f]{32}\.body")
# A file is written, and then its row, a fraction of a second later.
_ROW_FOLLOWS_WITHIN_S = 15 * 60


class BodyFiles:
    """Files of a folder that nobody else may look into.

    A name is drawn for each body and never used again. Nobody knows it before the body is there, so
    that a file needs no lock, and one that was not finished is found by none.

    Parameters
    ----------
    folder : Path
        Where they are; made when one is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, body: bytes) -> tuple[str, int]:
        """Write a body; gives the name of its file, and the checksum to read it by.

        Raises
        ------
        OSError
            If it cannot be written; nothing is left of it then.
        """
        name = secrets.token_hex(16) + ".body"
        try:
            handle = self._create(name)
        except FileNotFoundError:
            self._folder.mkdir(mode=0o700)
            handle = self._create(name)
        try:
            with os.fdopen(handle, "wb", buffering=0) as file:
                rest = memoryview(body)
                while rest:
                    rest = rest[file.write(rest) or 0 :]
        except BaseException:
            self.remove([name])
            raise
        return name, zlib.crc32(body)

    def read(self, name: str, size: int, checksum: int) -> bytes | None:
        """Read a body; None if it is not there, or is not what was written."""
        try:
            with (self._folder / name).open("rb", buffering=0) as file:
                body = file.read()
        except OSError:
            return None
        return body if len(body) == size and zlib.crc32(body) == checksum else None

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are gone already are no error."""
        for name in names:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()

    def sweep(self, known: Collection[str], *, all_ages: bool = False) -> int:
        """Remove what no row knows, and count it.

        Parameters
        ----------
        known : collection of str
            Names that have a row. To be asked for before this is called.
        all_ages : bool
            Also what was written a moment ago, whose row another process may be about to write.
        """
        youngest = time.time() - _ROW_FOLLOWS_WITHIN_S
        lost = []
        with contextlib.suppress(OSError), os.scandir(self._folder) as files:
            for file in files:
                if not _NAME.fullmatch(file.name) or file.name in known:
                    continue
                with contextlib.suppress(OSError):
                    if all_ages or file.stat().st_mtime < youngest:
                        lost.append(file.name)
        self.remove(lost)
        return len(lost)

    def _create(self, name: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        return os.open(self._folder / name, flags, 0o600)
