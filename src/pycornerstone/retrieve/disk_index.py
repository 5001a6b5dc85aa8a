"""The table of a disk cache: which answer is in which file, in SQLite."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["DiskIndex", "KeptAnswer", "is_broken"]

# Another process may be writing for so long before it is an error.
_BUSY_TIMEOUT_S = 10.0
_ATTEMPTS = 100
_BLOCK = 4096
# What a row of the table takes, with its places in three trees.
_ROW = 1024

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    resource TEXT NOT NULL,
    url TEXT NOT NULL,
    source TEXT NOT NULL,
    file TEXT NOT NULL,
    size INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    fields TEXT NOT NULL,
    varied TEXT NOT NULL,
    stored_at REAL NOT NULL,
    used_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_request ON answers (request);
CREATE INDEX IF NOT EXISTS answers_by_resource ON answers (resource);
CREATE INDEX IF NOT EXISTS answers_by_use ON answers (used_at);
CREATE TABLE IF NOT EXISTS totals (only INTEGER PRIMARY KEY CHECK (only = 0), count INTEGER, cost INTEGER);
INSERT OR IGNORE INTO totals VALUES (0, 0, 0);
CREATE TRIGGER IF NOT EXISTS answer_added AFTER INSERT ON answers BEGIN
    UPDATE totals SET count = count + 1, cost = cost + NEW.cost;
END;
CREATE TRIGGER IF NOT EXISTS answer_gone AFTER DELETE ON answers BEGIN
    UPDATE totals SET count = count - 1, cost = cost - OLD.cost;
END;
"""  # noqa: E501 - a table a line
_COLUMNS = "key, request, resource, url, source, file, size, checksum, fields, varied, stored_at"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A row of the table.

    Attributes
    ----------
    key : str
        Of the request and of what Vary names.
    request, resource : str
        Hashes of the address with Accept, and of the address alone.
    url, source : str
        What was asked for and where it came from in the end, without credentials.
    file : str
        Name of the file that holds the body.
    size, checksum : int
        Bytes of the body, and their CRC-32.
    fields : mapping of str to str
        Header fields, names in lower case.
    varied : mapping of str to str
        Hashes of the request fields that Vary names.
    stored_at : float
        When it came, or was last found to hold; seconds since 1970.
    """

    key: str
    request: str
    resource: str
    url: str
    source: str
    file: str
    size: int
    checksum: int
    fields: Mapping[str, str]
    varied: Mapping[str, str]
    stored_at: float

    @property
    def cost(self) -> int:
        """Bytes it takes on the disk: whole blocks, and its row."""
        return -(-self.size // _BLOCK) * _BLOCK + _ROW


class DiskIndex:
    """One connection to the table; of one thread at a time.

    Parameters
    ----------
    path : Path
        The file, made if it is not there.

    Raises
    ------
    sqlite3.Error, OSError
        If it cannot be opened; `is_broken` says whether it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            _make_private(path)
            self._begin()
        except BaseException:
            self._connection.close()
            raise

    def _begin(self) -> None:
        ask = self._connection.execute
        # What is deleted is to be gone from the file too: addresses name studies.
        ask("PRAGMA secure_delete = ON")
        self._write_ahead()
        # The table survives a crash of the machine so, though perhaps without its last rows.
        ask("PRAGMA synchronous = NORMAL")
        if ask("SELECT 1 FROM sqlite_master WHERE name = 'answer_gone'").fetchone() is None:
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    def _write_ahead(self) -> None:
        """Have readers and a writer at the same time; SQLite does not wait for others here."""
        for attempt in range(_ATTEMPTS):
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(_BUSY_TIMEOUT_S / _ATTEMPTS)
            else:
                return

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def is_sound(self) -> bool:
        """Look through the whole file for damage."""
        found = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        return found is not None and found[0] == "ok"

    def with_request(self, request: str) -> list[KeptAnswer]:
        """Give the answers to a request, the newest first."""
        return self._answers("request = ? ORDER BY stored_at DESC", request)

    def of_resource(self, resource: str) -> list[KeptAnswer]:
        """Give the answers of an address, whatever was accepted, the newest first."""
        return self._answers("resource = ? ORDER BY stored_at DESC", resource)

    def totals(self) -> tuple[int, int]:
        """Give the number of answers, and the bytes that they take."""
        count, cost = self._connection.execute("SELECT count, cost FROM totals").fetchone()
        return count, cost

    def files(self) -> set[str]:
        """Give the names of all files that are known."""
        return {name for (name,) in self._connection.execute("SELECT file FROM answers")}

    def add(self, answers: Iterable[KeptAnswer], now: float) -> list[str]:
        """Write rows, in place of those with the same key; gives the files of these."""
        replaced: list[str] = []
        with self._writing():
            for answer in answers:
                # By hand, since a trigger does not hear of what REPLACE deletes.
                replaced += self._delete("key = ?", answer.key)
                self._connection.execute(
                    "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        answer.key,
                        answer.request,
                        answer.resource,
                        answer.url,
                        answer.source,
                        answer.file,
                        answer.size,
                        answer.checksum,
                        answer.cost,
                        json.dumps(dict(answer.fields)),
                        json.dumps(dict(answer.varied)),
                        answer.stored_at,
                        now,
                    ),
                )
        return replaced

    def refresh(self, answer: KeptAnswer) -> None:
        """Write down the fields of an answer that still holds, unless there is a newer one."""
        self._connection.execute(
            "UPDATE answers SET fields = ?, stored_at = ? WHERE key = ? AND file = ?",
            (json.dumps(dict(answer.fields)), answer.stored_at, answer.key, answer.file),
        )

    def touch(self, used: Mapping[str, float]) -> None:
        """Write down when answers were used last, by key."""
        with self._writing():
            self._connection.executemany(
                "UPDATE answers SET used_at = max(used_at, ?) WHERE key = ?",
                [(at, key) for key, at in used.items()],
            )

    def make_room(self, limit: int, down_to: int) -> list[str]:
        """Delete what was used least recently if there is more than `limit`; gives the files."""
        if self.totals()[1] <= limit:
            return []
        gone: list[str] = []
        with self._writing():
            while (excess := self.totals()[1] - down_to) > 0:
                keys = self._least_recently_used(excess)
                if not keys:
                    break
                for key in keys:
                    gone += self._delete("key = ?", key)
        return gone

    def remove(self, answer: KeptAnswer) -> None:
        """Delete one row, unless there is a newer one in its place."""
        with self._writing():
            self._delete("key = ? AND file = ?", answer.key, answer.file)

    def remove_resource(self, resource: str) -> list[str]:
        """Delete all answers of an address; gives the files."""
        with self._writing():
            return self._delete("resource = ?", resource)

    def remove_below(self, prefix: str) -> list[str]:
        """Delete the answers of an address and of all below it; gives the files."""
        where = (
            "substr(url, 1, length(?1)) = ?1 AND (substr(?1, -1) IN ('/', '?', '&', '=') "
            "OR substr(url, length(?1) + 1, 1) IN ('', '/', '?', '&', '#'))"
        )
        with self._writing():
            gone = self._delete(where, prefix)
        self._forget_what_was_written()
        return gone

    def clear(self) -> list[str]:
        """Delete everything; gives the files."""
        with self._writing():
            gone = self._delete("1")
        self._forget_what_was_written()
        return gone

    def _answers(self, where: str, value: str) -> list[KeptAnswer]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM answers WHERE {where}",  # noqa: S608 - written above
            (value,),
        )
        return [_answer(row) for row in rows]

    def _delete(self, where: str, *values: str) -> list[str]:
        # Not by RETURNING, which SQLite has since 3.35 only.
        ask = self._connection.execute
        found = ask(f"SELECT file FROM answers WHERE {where}", values)  # noqa: S608 - written above
        names = [name for (name,) in found]
        ask(f"DELETE FROM answers WHERE {where}", values)  # noqa: S608 - written above
        return names

    def _least_recently_used(self, excess: int) -> list[str]:
        keys = []
        rows = self._connection.execute("SELECT key, cost FROM answers ORDER BY used_at LIMIT 256")
        for key, cost in rows:
            if excess <= 0:
                break
            keys.append(key)
            excess -= cost
        rows.close()
        return keys

    def _forget_what_was_written(self) -> None:
        """Empty the log of changes, which tells of what is deleted."""
        with contextlib.suppress(sqlite3.OperationalError):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        # Begun as a writer, so that it waits for another process here and nowhere in between.
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.execute("COMMIT")


def _make_private(path: Path) -> None:
    """Keep the file to its owner; SQLite gives the files beside it the rights of this one."""
    # Never opened here: closing it would take away the locks of every connection of this process
    # (POSIX), and then another process that ends removes the log that they write to.
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _answer(row: tuple[Any, ...]) -> KeptAnswer:
    key, request, resource, url, source, file, size, checksum, fields, varied, stored_at = row
    return KeptAnswer(
        key, request, resource, url, source, file, size, checksum,
        json.loads(fields), json.loads(varied), stored_at,
    )  # fmt: skip


def is_broken(error: Exception) -> bool:
    """Say whether an error means that the file is damaged, or is no SQLite file."""
    # The low byte is the error, the others say more of it.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
