"""What is on the disk: limits, damage, and a disk that fails."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import sqlite3
import stat
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pycornerstone.retrieve.disk_index import KeptAnswer
from pycornerstone.retrieve.disk_store import DiskStore, Unwritten

if TYPE_CHECKING:
    from pathlib import Path

KB = 1024


@pytest.fixture
def store(tmp_path):
    store = DiskStore(tmp_path / "cache", 1000 * KB)
    yield store
    store.close()


def unwritten(name: str, size: int) -> Unwritten:
    url = f"https://pacs/{name}"
    row = KeptAnswer(name, name, name, url, url, "", size, 0, {}, {}, time.time())
    return Unwritten(row, (name.encode() * (size // len(name) + 1))[:size])


def write(store: DiskStore, *names: str, size: int = 10 * KB) -> None:
    store.write([unwritten(name, size) for name in names])


def read(store: DiskStore, name: str) -> bytes | None:
    found = store.with_request(name)
    return store.body(found[0]) if found else None


def there(store: DiskStore, names: list[str]) -> list[str]:
    return [name for name in names if read(store, name) is not None]


def bodies(store: DiskStore) -> list[Path]:
    return list(store.folder.glob("v1/bodies/*"))


def test_its_size_is_that_of_whole_blocks_and_of_the_table(store):
    write(store, "a", size=1)
    write(store, "b", size=5000)
    assert store.totals() == (2, (4096 + 1024) + (8192 + 1024))
    on_disk = sum(path.stat().st_blocks * 512 for path in bodies(store))
    if on_disk:
        assert on_disk <= store.totals()[1]


def test_what_was_used_least_recently_is_thrown_out_down_to_nine_tenths(store):
    # 11 KB of rows and blocks each, so that 76 of them are what fits: 76 * 13 KB = 988 KB.
    names = [f"{n:03}" for n in range(76)]
    for name in names:
        write(store, name, size=12 * KB)
    assert len(there(store, names)) == 76
    # The first is the one that was used last.
    time.sleep(0.002)
    assert read(store, "000") is not None
    write(store, "new", size=12 * KB)
    # 69 * 13 KB = 897 KB is the most that is within nine tenths.
    assert store.totals() == (69, 69 * 13 * KB)
    assert len(bodies(store)) == 69
    assert there(store, ["000", "001", "008", "009", "new"]) == ["000", "009", "new"]


def test_a_smaller_limit_holds_from_the_next_answer_on(tmp_path, store):
    write(store, *(f"{n:03}" for n in range(50)))
    store.close()
    smaller = DiskStore(store.folder, 200 * KB)
    write(smaller, "new")
    assert smaller.totals()[1] <= 180 * KB
    assert read(smaller, "new") is not None
    smaller.close()


def test_what_takes_the_place_of_another_leaves_no_file_of_it(store):
    for size in (10, 20, 30):
        write(store, "a", size=size)
    assert len(read(store, "a")) == 30
    assert len(bodies(store)) == 1
    assert store.totals() == (1, 4096 + 1024)


@pytest.mark.parametrize("damage", ["cut", "longer", "changed", "empty", "gone"])
def test_a_damaged_file_is_not_given_and_not_there_any_more(store, damage):
    write(store, "a", "b")
    [file] = [path for path in bodies(store) if path.read_bytes()[:1] == b"a"]
    content = bytearray(file.read_bytes())
    match damage:
        case "cut":
            file.write_bytes(content[:-1])
        case "longer":
            file.write_bytes(content + b"a")
        case "changed":
            content[5000] ^= 1
            file.write_bytes(content)
        case "empty":
            file.write_bytes(b"")
        case "gone":
            file.unlink()
    assert read(store, "a") is None
    assert store.totals()[0] == 1
    assert len(bodies(store)) == 1
    assert read(store, "b") is not None


def test_files_that_no_row_knows_are_swept_when_they_are_old(store):
    write(store, "a")
    folder = store.folder / "v1/bodies"
    young, old = folder / f"{'0' * 32}.body", folder / f"{'1' * 32}.body"
    of_somebody_else = folder / "notes.txt"
    for path in (young, old, of_somebody_else, *bodies(store)):
        path.touch()
        if path != young:
            os.utime(path, (time.time() - 3600,) * 2)
    store.sweep()
    # The young one may be that of a process which is about to write its row.
    assert not old.exists()
    assert young.exists()
    assert of_somebody_else.exists()
    assert read(store, "a") is not None


def test_clearing_removes_what_no_row_knows_and_nothing_of_others(store):
    write(store, "a")
    folder = store.folder / "v1/bodies"
    (folder / f"{'0' * 32}.body").touch()
    (folder / "notes.txt").touch()
    (store.folder / "v1/index.sqlite3.broken").touch()
    assert store.clear() == 1
    assert [path.name for path in bodies(store)] == ["notes.txt"]
    assert not (store.folder / "v1/index.sqlite3.broken").exists()


def damage_table(store: DiskStore, how: str) -> None:
    path = store.folder / "v1/index.sqlite3"
    content = bytearray(path.read_bytes())
    match how:
        case "no table":
            path.write_bytes(b"this is no table at all" * 1000)
        case "zeros":
            path.write_bytes(bytes(len(content)))
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "scribbled":
            content[4096:] = os.urandom(len(content) - 4096)
            path.write_bytes(content)


@pytest.mark.parametrize("how", ["no table", "zeros", "cut", "scribbled"])
def test_a_broken_table_is_set_aside_and_begun_anew(store, how, caplog):
    write(store, *(f"{n:03}" for n in range(40)))
    store.close()
    damage_table(store, how)
    again = DiskStore(store.folder, 1000 * KB)
    with caplog.at_level(logging.WARNING):
        # Wherever the damage is, what is given is right, and nothing fails.
        for n in range(40):
            assert read(again, f"{n:03}") in {None, unwritten(f"{n:03}", 10 * KB).body}
        write(again, "new")
    assert read(again, "new") == unwritten("new", 10 * KB).body
    again.close()
    with sqlite3.connect(store.folder / "v1/index.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_table_that_another_sets_aside_is_left_by_all(store):
    other = DiskStore(store.folder, 1000 * KB)
    write(store, "a")
    assert read(other, "a") is not None
    (store.folder / "v1/index.sqlite3").rename(store.folder / "v1/index.sqlite3.broken")
    for path in store.folder.glob("v1/index.sqlite3-*"):
        path.unlink()
    write(store, "b")
    assert read(other, "a") is None
    assert read(other, "b") is not None
    other.close()


def test_a_folder_that_vanishes_is_made_again(store, caplog):
    write(store, "a")
    shutil.rmtree(store.folder)
    assert read(store, "a") is None
    assert store.totals() == (0, 0)
    assert not store.folder.exists()
    write(store, "b")
    assert read(store, "b") is not None
    assert caplog.records == []


def test_files_that_vanish_are_written_again(store):
    write(store, "a")
    shutil.rmtree(store.folder / "v1/bodies")
    assert read(store, "a") is None
    write(store, "b")
    write(store, "b")
    assert read(store, "b") is not None


def test_a_folder_that_cannot_be_made_is_done_without_and_said_once(tmp_path, caplog):
    (tmp_path / "file").touch()
    store = DiskStore(tmp_path / "file", 1000 * KB)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            write(store, "a")
            assert read(store, "a") is None
            assert store.totals() == (0, 0)
            assert store.clear() == 0
            store.sweep()
    assert len(caplog.records) == 1
    assert f"the disk cache in {tmp_path / 'file'} does not work" in caplog.text
    assert "loading goes on without it" in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files, as POSIX can")
def test_a_disk_that_is_full_leaves_no_half_of_a_file(tmp_path):
    process = multiprocessing.get_context("spawn").Process(
        target=_write_to_a_full_disk, args=(tmp_path,)
    )
    process.start()
    process.join(60)
    assert process.exitcode == 0


def _write_to_a_full_disk(folder: Path) -> None:
    import resource

    store = DiskStore(folder / "cache", 10_000 * KB)
    write(store, "small")
    resource.setrlimit(resource.RLIMIT_FSIZE, (300 * KB, 300 * KB))
    said = []
    logging.getLogger("pycornerstone.retrieve").warning = lambda *args: said.append(args)
    for name in ("large", "large as well"):
        write(store, name, size=500 * KB)
        assert read(store, name) is None
    assert len(bodies(store)) == 1
    assert len(said) == 1
    assert read(store, "small") is not None
    write(store, "small as well")
    assert read(store, "small as well") is not None


@pytest.mark.skipif(os.name != "posix", reason="rights are other things there")
def test_a_folder_that_was_opened_for_others_is_closed_again(store):
    write(store, "a")
    store.close()
    (store.folder / "v1").chmod(0o755)
    write(store, "b")
    assert stat.S_IMODE((store.folder / "v1").stat().st_mode) == 0o700
    assert there(store, ["a", "b"]) == ["a", "b"]


def test_uses_are_written_down_for_other_processes(store):
    write(store, "a")
    write(store, "b")
    time.sleep(0.002)
    assert read(store, "a") is not None
    store.close()
    other = DiskStore(store.folder, 20 * KB)
    other.make_room()
    assert there(other, ["a", "b"]) == ["a"]
    other.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_the_table_for_itself(store):
    write(store, "a")
    assert read(store, "a") is not None
    child = os.fork()
    if not child:
        store.after_fork()
        write(store, "b")
        os._exit(0 if there(store, ["a", "b"]) == ["a", "b"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    write(store, "c")
    assert there(store, ["a", "b", "c"]) == ["a", "b", "c"]
