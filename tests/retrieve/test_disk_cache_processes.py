"""One folder and several processes, some of which are killed."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pycornerstone.retrieve.disk_cache import DiskCache
from pycornerstone.retrieve.headers import Headers
from pycornerstone.retrieve.http_response import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")
ADDRESSES = 60
SMALL = 400 * 1024


def frame(number: int) -> str:
    return f"https://pacs/studies/1/series/2/instances/{number}/frames/1"


def content(number: int) -> bytes:
    """What that frame is, in whichever process."""
    return random.Random(number).randbytes(4000 + 500 * number)


async def ask(cache: DiskCache, number: int) -> tuple[bytes, bool]:
    """Give what the cache gives for a frame, and whether it had to ask the server."""
    asked = False

    async def fetch(further: Mapping[str, str]) -> HttpResponse:
        nonlocal asked
        asked = True
        return HttpResponse(frame(number), 200, Headers(), content(number))

    response = await cache.through(frame(number), {}, fetch)
    return response.body, asked


def use(folder: Path, seed: int, rounds: int, max_size: int) -> None:
    """Ask for frames in some order, purging now and then; a wrong body ends the process badly."""

    async def run() -> None:
        choose = random.Random(seed)
        cache = DiskCache(folder, max_size_in_bytes=max_size)
        for _ in range(rounds):
            numbers = [choose.randrange(ADDRESSES) for _ in range(10)]
            for number, (body, _) in zip(
                numbers, await asyncio.gather(*(ask(cache, n) for n in numbers)), strict=True
            ):
                assert body == content(number)
            if choose.random() < 0.1:
                cache.remove(frame(numbers[0]))
        cache.close()

    asyncio.run(run())


def use_for_ever(folder: Path) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        for seed in range(1_000_000):
            use(folder, seed, 20, SMALL)


def is_consistent(folder: Path) -> bool:
    """Say whether the table is whole, and its totals are those of its rows."""
    with contextlib.closing(sqlite3.connect(folder / "v1/index.sqlite3")) as connection:
        ask = connection.execute
        whole = ask("PRAGMA integrity_check").fetchone() == ("ok",)
        counted = ask("SELECT count(*), coalesce(sum(cost), 0) FROM answers").fetchone()
        return whole and counted == ask("SELECT count, cost FROM totals").fetchone()


@pytest.mark.parametrize("max_size", [SMALL, 100 * 1024 * 1024])
def test_four_processes_use_one_folder_and_each_gets_what_is_right(tmp_path, max_size):
    folder = tmp_path / "cache"
    processes = [SPAWN.Process(target=use, args=(folder, seed, 30, max_size)) for seed in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert is_consistent(folder)
    cache = DiskCache(folder, max_size_in_bytes=max_size)
    assert len(cache) > 5
    assert cache.size_in_bytes <= max_size
    # No file is left that no row knows, and none is missing.
    assert len(list(folder.glob("v1/bodies/*"))) == len(cache)
    cache.close()


def test_a_process_that_ends_takes_no_rows_of_another(tmp_path):
    folder = tmp_path / "cache"
    cache = DiskCache(folder, max_size_in_bytes=10**8)

    def store(number: int) -> None:
        asyncio.run(ask(cache, number))
        # It comes after all that is to be written.
        cache.remove(frame(-1))

    for number in range(ADDRESSES, ADDRESSES + 3):
        store(number)
    assert len(cache) == 3, "the connections that write and read are both open"
    log = folder / "v1/index.sqlite3-wal"
    before = log.stat().st_ino
    process = SPAWN.Process(target=use, args=(folder, 1, 1, 10**8))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    # It was not the last one to use the table.
    assert log.stat().st_ino == before
    for number in range(ADDRESSES + 3, ADDRESSES + 10):
        store(number)
    cache.close()
    assert len(list(folder.glob("v1/bodies/*"))) == len(cache) > 10
    cache.close()


def newest_row(folder: Path) -> float:
    """When the last row was written; 0 if there is none yet."""
    address = f"{(folder / 'v1/index.sqlite3').as_uri()}?mode=rw"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            return connection.execute("SELECT max(stored_at) FROM answers").fetchone()[0] or 0.0
    except sqlite3.OperationalError:
        return 0.0


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_processes_that_are_killed_leave_nothing_that_is_wrong(tmp_path):
    folder = tmp_path / "cache"
    choose = random.Random(1)
    for _ in range(3):
        processes = [SPAWN.Process(target=use_for_ever, args=(folder,)) for _ in range(2)]
        for process in processes:
            process.start()
        deadline = time.monotonic() + 30
        before = newest_row(folder)
        while newest_row(folder) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(choose.uniform(0.0, 0.2))
        for process in processes:
            os.kill(process.pid, signal.SIGKILL)
            process.join(30)
        assert is_consistent(folder)

    # With more room than they had, so that looking throws nothing out.
    cache = DiskCache(folder, max_size_in_bytes=100 * 1024 * 1024)
    kept = len(cache)
    assert kept > 0

    async def look() -> list[bool]:
        answers = [await ask(cache, number) for number in range(ADDRESSES)]
        assert [body for body, _ in answers] == [content(number) for number in range(ADDRESSES)]
        return [asked for _, asked in answers]

    # Each row has its file: that is written before the row, and removed after it.
    assert asyncio.run(look()).count(False) == kept
    cache.close()
    # An hour later, what the killed ones left half done is swept by whoever comes.
    for path in folder.glob("v1/bodies/*"):
        os.utime(path, (time.time() - 3600,) * 2)
    asyncio.run(ask(cache, 0))
    cache.close()
    assert len(list(folder.glob("v1/bodies/*"))) == len(cache)


def test_what_one_process_fetched_another_gives(tmp_path):
    process = SPAWN.Process(target=use, args=(tmp_path / "cache", 1, 5, 10**8))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    cache = DiskCache(tmp_path / "cache", offline=True)
    kept = len(cache)

    async def count() -> int:
        found = 0
        for number in range(ADDRESSES):
            with contextlib.suppress(OSError):
                body, asked = await ask(cache, number)
                found += body == content(number) and not asked
        return found

    assert asyncio.run(count()) == kept > 5
    cache.close()
