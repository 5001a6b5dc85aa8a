"""What the disk cache gives, and when it asks the server, against a real server."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sqlite3
import stat
import sys
import threading
from pathlib import Path

import pytest

from pycornerstone.errors import HttpStatusError, TransferError
from pycornerstone.retrieve.disk_cache import DiskCache
from pycornerstone.retrieve.errand import Errand, running_errand
from pycornerstone.retrieve.http import HttpResponse, HttpRetriever, HttpSettings
from pycornerstone.retrieve.unreachable import Unreachable

ONCE = HttpSettings(max_retries=0)
FRAME = "/studies/1/series/2/instances/3/frames/1"
OCTETS = "application/octet-stream"


@pytest.fixture
def cache(tmp_path):
    cache = DiskCache(tmp_path / "cache")
    yield cache
    cache.close()


def get(cache: DiskCache, *urls: str, **options: object) -> list[HttpResponse]:
    """Fetch one after the other, as one session would, and have all written down."""

    async def run() -> list[HttpResponse]:
        http = HttpRetriever(ONCE, cache)
        try:
            return [await http.get(url, **options) for url in urls]
        finally:
            await http.close()

    try:
        return asyncio.run(run())
    finally:
        cache.close()


def body(cache: DiskCache, url: str, **options: object) -> bytes:
    return get(cache, url, **options)[0].body


def files_of(cache: DiskCache) -> list[Path]:
    return [path for path in cache.folder.rglob("*") if path.is_file()]


def bodies_of(cache: DiskCache) -> list[Path]:
    return [path for path in files_of(cache) if path.suffix == ".body"]


def head(status="200 OK", length=0, **fields):
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, f"Content-Length: {length}", "", ""]).encode()


def answering(server, path, content, **fields):
    """Answer with validators, and with 304 where they are named."""

    async def answer(reader, writer):
        asked = server.requests[-1][1]
        holds = asked.get("if-none-match") == fields.get("ETag", "-") or asked.get(
            "if-modified-since"
        ) == fields.get("Last_Modified", "-")
        if holds:
            writer.write(head("304 Not Modified", **fields))
        else:
            writer.write(head(length=len(content), **fields) + content)
        await writer.drain()

    return server.add_raw(path, answer)


def requests(server) -> list[str]:
    return [path for path, _ in server.requests]


def test_a_frame_is_fetched_once_and_given_as_it_came(server, cache):
    url = server.add(FRAME, b"frame" * 1000, OCTETS)
    first, second = get(cache, url)[0], get(cache, url)[0]
    assert requests(server) == [FRAME]
    assert second.body == first.body == b"frame" * 1000
    assert type(second.body) is bytes
    assert (second.status, second.url, second.content_type) == (200, url, OCTETS)
    assert len(cache) == 1


def test_another_cache_of_the_same_folder_gives_it_too(server, cache):
    url = server.add(FRAME, b"frame", OCTETS)
    get(cache, url)
    assert body(DiskCache(cache.folder), url) == b"frame"
    assert len(server.requests) == 1


def test_what_was_accepted_tells_answers_apart(server, cache):
    url = server.add(FRAME, b"frame", OCTETS)
    for accept in ("image/jls", "image/jphc", "image/jls"):
        get(cache, url, headers={"Accept": accept})
    assert len(server.requests) == len(cache) == 2


def test_fields_that_vary_names_tell_answers_apart(server, cache):
    small = server.add_raw(FRAME, head(length=1, Vary="X-Size", Content_Type=OCTETS) + b"s")
    assert body(cache, small, headers={"X-Size": "small"}) == b"s"
    server.add_raw(FRAME, head(length=1, Vary="X-Size", Content_Type=OCTETS) + b"l")
    assert body(cache, small, headers={"x-size": "large"}) == b"l"
    assert body(cache, small, headers={"x-SIZE": "small"}) == b"s"
    assert body(cache, small, headers={"X-Size": "large"}) == b"l"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"ETag": '"v1"'}, ("if-none-match", '"v1"')),
        (
            {"Last_Modified": "Tue, 14 Nov 2023 22:13:20 GMT"},
            ("if-modified-since", "Tue, 14 Nov 2023 22:13:20 GMT"),
        ),
        ({"ETag": '"v1"', "Cache_Control": "no-cache"}, ("if-none-match", '"v1"')),
    ],
)
def test_the_server_is_asked_whether_it_still_holds(server, cache, fields, condition):
    url = answering(server, "/a.png", b"old", **fields)
    assert [body(cache, url) for _ in range(3)] == [b"old"] * 3
    name, value = condition
    assert [asked.get(name) for _, asked in server.requests] == [None, value, value]


def test_what_holds_no_more_is_replaced_and_its_file_removed(server, cache):
    url = answering(server, "/a.png", b"old", ETag='"v1"')
    get(cache, url)
    answering(server, "/a.png", b"new", ETag='"v2"')
    assert body(cache, url) == b"new"
    assert body(cache, url) == b"new"
    assert [asked.get("if-none-match") for _, asked in server.requests] == [None, '"v1"', '"v2"']
    assert [path.read_bytes() for path in bodies_of(cache)] == [b"new"]


def test_what_holds_but_is_damaged_here_is_fetched_again(server, cache):
    url = answering(server, "/a.png", b"good", ETag='"v1"')
    get(cache, url)
    [file] = bodies_of(cache)
    file.write_bytes(b"evil")
    assert body(cache, url) == b"good"
    asked = [fields.get("if-none-match") for _, fields in server.requests]
    assert asked == [None, '"v1"', None]
    assert [path.read_bytes() for path in bodies_of(cache)] == [b"good"]


def test_what_the_server_says_holds_for_a_while_is_given_unasked(server, cache):
    url = answering(server, "/a.png", b"old", ETag='"v1"', Cache_Control="max-age=600")
    assert [body(cache, url) for _ in range(3)] == [b"old"] * 3
    assert len(server.requests) == 1


def test_a_304_renews_how_long_it_holds(server, cache):
    url = answering(server, "/a.png", b"old", ETag='"v1"', Cache_Control="max-age=0")
    get(cache, url)
    answering(server, "/a.png", b"old", ETag='"v1"', Cache_Control="max-age=600")
    assert [body(cache, url) for _ in range(3)] == [b"old"] * 3
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (FRAME, {"Cache_Control": "no-store"}),
        (FRAME, {"Content_Type": "text/html"}),
        (FRAME, {"Vary": "*"}),
        ("/studies?PatientName=A*", {"Content_Type": "application/dicom+json"}),
    ],
)
def test_what_must_not_be_kept_is_not(server, cache, path, fields):
    url = server.add_raw(path, head(length=1, **fields) + b"x")
    assert [body(cache, url), body(cache, url)] == [b"x", b"x"]
    assert len(server.requests) == 2
    assert len(cache) == 0
    assert bodies_of(cache) == []


def test_parts_are_neither_kept_nor_given(server, cache):
    url = server.add(FRAME, b"pa", OCTETS, status="206 Partial Content")
    get(cache, url, url, headers={"Range": "bytes=0-1"})
    assert len(server.requests) == 2
    assert len(cache) == 0


def test_metadata_are_asked_for_while_there_is_a_server_and_given_when_there_is_none(
    server, cache, caplog
):
    path = "/studies/1/series/2/metadata"
    url = server.add(path, b"[]", "application/dicom+json")
    get(cache, url, url)
    assert len(server.requests) == 2

    server.answers[path] = cut_off
    with caplog.at_level(logging.WARNING):
        assert body(cache, url) == b"[]"
        tried = len(server.requests)
        assert [r.body for r in get(cache, url, url, url)] == [b"[]"] * 3
    # It is not tried at each load, and said once.
    assert len(server.requests) == tried > 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"{server.url} cannot be reached" in caplog.text


async def cut_off(reader, writer):
    writer.transport.abort()


def test_what_was_never_fetched_fails_as_without_a_cache(server, cache):
    server.answers[FRAME] = cut_off
    with pytest.raises(TransferError):
        get(cache, server.url + FRAME)
    assert len(cache) == 0


@pytest.mark.parametrize("control", ["must-revalidate", "no-cache"])
def test_what_the_server_forbids_is_not_given_without_it(server, cache, control):
    url = answering(server, "/a.png", b"old", ETag='"v1"', Cache_Control=control)
    get(cache, url)
    server.answers["/a.png"] = cut_off
    with pytest.raises(TransferError):
        get(cache, url)
    # Whoever says that no server is to be asked takes that on himself.
    assert body(DiskCache(cache.folder, offline=True), url) == b"old"


@pytest.mark.parametrize(
    "status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "410 Gone"]
)
def test_what_was_withdrawn_is_told_and_removed(server, cache, status):
    url = answering(server, "/a.png", b"old", ETag='"v1"')
    get(cache, url)
    assert len(bodies_of(cache)) == 1
    server.add("/a.png", b"", status=status)
    with pytest.raises(HttpStatusError):
        get(cache, url)
    assert len(cache) == 0
    assert bodies_of(cache) == []


@pytest.mark.parametrize(
    "status", ["500 Oops", "502 Bad Gateway", "503 Unavailable", "429 Too Many"]
)
def test_what_is_kept_is_given_while_the_server_is_out_of_order(server, cache, status):
    url = answering(server, "/a.png", b"old", ETag='"v1"')
    get(cache, url)
    server.add("/a.png", b"", status=status)
    assert body(cache, url) == b"old"
    assert len(server.requests) == 2


def test_other_answers_are_told_and_remove_nothing(server, cache):
    url = answering(server, "/a.png", b"old", ETag='"v1"')
    get(cache, url)
    server.add("/a.png", b"", status="400 Bad Request")
    with pytest.raises(HttpStatusError, match="HTTP 400"):
        get(cache, url)
    assert len(cache) == 1


def test_offline_gives_what_is_there_and_says_what_is_not(server, cache):
    kept = server.add("/a.png", b"a", "image/png")
    get(cache, kept)
    offline = DiskCache(cache.folder, offline=True)
    assert body(offline, kept) == b"a"
    for url in (server.url + "/b.png?token=secret", server.url + "/studies"):
        with pytest.raises(TransferError, match=r"not in the disk cache .*offline=True") as caught:
            get(offline, url)
        assert "secret" not in str(caught.value)
        assert str(cache.folder) in str(caught.value)
    assert len(server.requests) == 1


def test_offline_no_server_is_asked_for_a_part_or_a_stream_either(server, cache):
    url = server.add("/a.png", b"a", "image/png")
    offline = DiskCache(cache.folder, offline=True)

    async def stream():
        http = HttpRetriever(ONCE, offline)
        try:
            async with http.stream(url) as answer:
                return [chunk async for chunk in answer]
        finally:
            await http.close()

    with pytest.raises(TransferError, match="offline=True"):
        get(offline, url, headers={"Range": "bytes=0-1"})
    with pytest.raises(TransferError, match="offline=True"):
        asyncio.run(stream())
    assert server.requests == []


def test_what_the_settings_send_tells_answers_apart(server, cache):
    url = server.add_raw(
        FRAME,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nVary: X-Tenant\r\n"
        b"Content-Length: 1\r\n\r\na",
    )

    async def ask(tenant):
        http = HttpRetriever(HttpSettings(headers={"X-Tenant": tenant}), cache)
        try:
            await http.get(url)
        finally:
            await http.close()
            cache.close()

    for tenant in ("north", "south", "north", "south"):
        asyncio.run(ask(tenant))
    assert [fields["x-tenant"] for _, fields in server.requests] == ["north", "south"]


def test_offline_and_empty_makes_no_folder(tmp_path):
    offline = DiskCache(tmp_path / "none", offline=True)
    with pytest.raises(TransferError):
        get(offline, "http://127.0.0.1:1/a")
    assert list(tmp_path.iterdir()) == []


def test_without_a_server_a_frame_in_another_form_is_better_than_none(server, cache):
    # Servers refuse the form that is asked for first; what they gave instead is what is kept.
    url = server.add(FRAME, b"frame", OCTETS)
    get(cache, url, headers={"Accept": f"{OCTETS}; transfer-syntax=1.2.840.10008.1.2.1"})
    any_form = {"Accept": f"{OCTETS}; transfer-syntax=*"}
    get(cache, url, headers=any_form)
    assert len(server.requests) == 2

    other = server.add(FRAME.replace("frames/1", "frames/2"), b"other", OCTETS)
    get(cache, other, headers={"Accept": "image/jls"})
    server.answers.clear()
    for path in (FRAME, FRAME.replace("frames/1", "frames/2")):
        server.answers[path] = cut_off
    assert body(cache, other, headers=any_form) == b"other"
    assert body(DiskCache(cache.folder, offline=True), other, headers=any_form) == b"other"


@pytest.mark.parametrize("word", ["off", "OFF ", "0", "disabled", "no"])
def test_the_environment_turns_it_off_whatever_the_code_says(server, cache, monkeypatch, word):
    url = server.add(FRAME, b"frame", OCTETS)
    get(cache, url)
    before = sorted(files_of(cache))
    monkeypatch.setenv("PYCORNERSTONE_DISK_CACHE", word)
    elsewhere = DiskCache(cache.folder.parent / "elsewhere")
    assert not cache.is_enabled
    assert "off by PYCORNERSTONE_DISK_CACHE" in repr(cache)
    assert body(cache, url) == body(elsewhere, url) == b"frame"
    get(elsewhere, server.add("/other.png", b"x"))
    assert len(server.requests) == 4
    assert not elsewhere.folder.exists()
    assert sorted(files_of(cache)) == before
    with pytest.raises(TransferError, match="which is off by PYCORNERSTONE_DISK_CACHE"):
        get(DiskCache(cache.folder, offline=True), url)
    assert len(server.requests) == 4
    # What is there already can still be removed.
    assert cache.purge() == 1
    assert bodies_of(cache) == []


def test_it_is_on_where_the_environment_says_nothing(cache, monkeypatch):
    monkeypatch.delenv("PYCORNERSTONE_DISK_CACHE", raising=False)
    assert cache.is_enabled
    assert repr(cache) == f"DiskCache({str(cache.folder)!r}, max_size_in_bytes=10737418240)"


@pytest.mark.skipif(os.name == "nt", reason="rights are other things there")
def test_nobody_else_may_look_into_it(server, tmp_path):
    before = os.umask(0)
    try:
        (tmp_path / "there already").mkdir(mode=0o755)
        cache = DiskCache(tmp_path / "there already")
        asyncio.run(_through_while_open(cache, server.add(FRAME, b"frame", OCTETS)))
    finally:
        os.umask(before)
    cache.close()
    rights = {p.name: stat.S_IMODE(p.stat().st_mode) for p in cache.folder.rglob("*")}
    folders = {"v1", "bodies"}
    assert {rights.pop(name) for name in folders} == {0o700}
    assert set(rights.values()) == {0o600}


async def _through_while_open(cache, url):
    http = HttpRetriever(ONCE, cache)
    await http.get(url)
    await http.close()


def test_no_password_and_no_token_is_written_down(server, cache):
    secret = "hunter2"
    at_login = server.url.replace("//", f"//ada:{secret}@")
    server.add_raw(f"{FRAME}?access_token={secret}", head(length=1, Set_Cookie=secret) + b"x")
    get(
        cache,
        f"{at_login}{FRAME}?access_token={secret}",
        headers={"Authorization": f"Bearer {secret}", "Cookie": secret},
    )
    assert len(cache) == 1
    written = b"".join(path.read_bytes() for path in files_of(cache))
    assert b"127.0.0.1" in written
    assert secret.encode() not in written


def test_no_token_that_vary_names_is_written_down(server, cache):
    url = server.add_raw(FRAME, head(length=1, Vary="X-Token", Content_Type=OCTETS) + b"x")
    for token in ("hunter2", "hunter3", "hunter2"):
        get(cache, url, headers={"X-Token": token})
    assert len(server.requests) == len(cache) == 2
    assert all(b"hunter" not in path.read_bytes() for path in files_of(cache))


def test_who_logs_in_by_the_address_finds_what_is_kept_after_changing_the_password(server, cache):
    server.add(FRAME, b"frame", OCTETS)
    get(cache, server.url.replace("//", "//ada:old@") + FRAME)
    assert body(cache, server.url.replace("//", "//ada:new@") + FRAME) == b"frame"
    assert len(server.requests) == 1


def test_purge_leaves_no_trace(server, cache):
    urls = [server.add(FRAME.replace("/3/", f"/{n}/"), b"frame", OCTETS) for n in range(5)]
    get(cache, *urls)
    assert cache.purge() == 5
    assert (len(cache), cache.size_in_bytes) == (0, 0)
    assert bodies_of(cache) == []
    # Nor do the addresses remain in the free pages or in the log of the table.
    assert all(b"studies" not in path.read_bytes().split(b"CREATE")[0] for path in files_of(cache))
    assert all(server.url.encode() not in path.read_bytes() for path in files_of(cache))
    assert body(cache, urls[0]) == b"frame"


def test_purge_of_a_study_leaves_those_whose_uid_only_begins_alike(server, cache):
    paths = [
        "/studies/1.2/metadata",
        "/studies/1.2/series/3/instances/4",
        "/studies/1.2?x=1",
        "/studies/1.23/metadata",
        "/wado?studyUID=1.2&objectUID=5",
        "/wado?studyUID=1.23&objectUID=6",
    ]
    get(cache, *(server.add(path, b"x", "application/dicom") for path in paths))
    assert cache.purge(server.url + "/studies/1.2") == 3
    assert cache.purge(server.url + "/wado?studyUID=1.2") == 1
    assert len(cache) == 2
    assert cache.purge(server.url + "/") == 2
    assert cache.purge(server.url + "/") == 0


def test_one_address_can_be_removed(server, cache):
    url = server.add(FRAME, b"frame", OCTETS)
    get(cache, url, server.add("/a.png", b"a"))
    assert cache.remove(url)
    assert not cache.remove(url)
    assert len(cache) == len(bodies_of(cache)) == 1


def test_what_comes_from_the_disk_is_progress_too(server, cache):
    told = []
    url = server.add(FRAME, b"frame", OCTETS)
    with running_errand(Errand(on_progress=lambda *numbers: told.append(numbers))):
        get(cache, url)
        on_the_way = told[:]
        get(cache, url)
    assert len(server.requests) == 1
    assert on_the_way[-1] == (5, 5)
    # The errand counts on: another answer of as many bytes.
    assert told[-1] == (10, 10)


def test_what_is_purged_while_it_is_on_its_way_is_not_kept(server, cache):
    purged = threading.Event()

    async def answer(reader, writer):
        await asyncio.to_thread(purged.wait, 10)
        writer.write(head(length=1, Content_Type=OCTETS) + b"x")
        await writer.drain()

    def purge():
        assert server.asked.wait(10)
        cache.purge()
        purged.set()

    purging = threading.Thread(target=purge)
    purging.start()
    assert body(cache, server.add_raw(FRAME, answer)) == b"x"
    purging.join()
    assert len(cache) == 0


def test_cancelling_keeps_nothing(server, cache):
    async def slowly(reader, writer):
        writer.write(head(length=2, Content_Type=OCTETS) + b"x")
        await writer.drain()
        await reader.read()

    async def run():
        http = HttpRetriever(ONCE, cache)
        load = asyncio.create_task(http.get(server.add_raw(FRAME, slowly)))
        assert await asyncio.to_thread(server.asked.wait, 10)
        load.cancel()
        with pytest.raises(asyncio.CancelledError):
            await load
        await http.close()

    asyncio.run(run())
    cache.close()
    assert len(cache) == 0
    assert bodies_of(cache) == []


def test_closing_ends_its_threads_and_using_it_again_makes_new_ones(server, cache):
    url = server.add(FRAME, b"frame", OCTETS)
    for _ in range(2):
        get(cache, url)
        names = [thread.name for thread in threading.enumerate()]
        assert [name for name in names if name.startswith("pycornerstone-disk")] == []
    cache.close()
    cache.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts open files by /proc")
def test_closing_lets_go_of_its_files(server, cache):
    get(cache, server.add(FRAME, b"frame", OCTETS))
    assert len(cache) == 1
    cache.close()
    held = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    assert [name for name in held if name.startswith(str(cache.folder))] == []


def test_two_sessions_may_share_one_cache_and_one_may_close_it(server, cache):
    urls = [server.add(FRAME.replace("/3/", f"/{n}/"), b"frame", OCTETS) for n in range(30)]
    failures = []

    def use():
        try:
            for url in urls:
                assert body(cache, url) == b"frame"
        except BaseException as error:
            failures.append(error)

    users = [threading.Thread(target=use) for _ in range(3)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert failures == []
    assert len(cache) == len(bodies_of(cache)) == 30


def test_what_is_more_than_half_of_all_is_not_kept(server, cache):
    small = DiskCache(cache.folder, max_size_in_bytes=100_000)
    get(small, server.add("/a.png", b"x" * 50_001), server.add("/b.png", b"x" * 50_000))
    assert len(small) == 1
    assert body(DiskCache(cache.folder, offline=True), server.url + "/b.png") == b"x" * 50_000


def test_loads_wait_for_a_disk_that_does_not_keep_up_and_nothing_is_left_out(
    server, cache, monkeypatch
):
    monkeypatch.setattr("pycornerstone.retrieve.disk_workers._WAITING_AT_MOST_BYTES", 3000)
    urls = [server.add(FRAME.replace("/3/", f"/{n}/"), b"x" * 1000, OCTETS) for n in range(10)]
    get(cache, urls[0])
    # Whoever holds the table, as another process may, keeps all that write waiting.
    holder = sqlite3.connect(cache.folder / "v1/index.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    done = []

    async def run():
        http = HttpRetriever(ONCE, cache)
        loads = [asyncio.create_task(http.get(url)) for url in urls[1:]]
        for load in loads:
            load.add_done_callback(done.append)
        while len(done) < 3:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        before_it_went_on = len(done)
        holder.execute("COMMIT")
        await asyncio.gather(*loads)
        await http.close()
        return before_it_went_on

    assert asyncio.run(run()) < len(urls) - 1
    holder.close()
    cache.close()
    assert len(cache) == len(urls)


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_that_is_none_is_told(tmp_path, size):
    with pytest.raises(ValueError, match=f"must be positive, got {size}"):
        DiskCache(tmp_path, max_size_in_bytes=size)


def test_a_server_that_is_back_is_asked_again(server, cache, monkeypatch):
    # No time passes between the two: it is tried again at once.
    monkeypatch.setattr("pycornerstone.retrieve.unreachable._ASKED_AGAIN_AFTER_S", 0)
    url = answering(server, "/a.png", b"old", ETag='"v1"')
    get(cache, url)
    server.answers["/a.png"] = cut_off
    assert body(cache, url) == b"old"
    answering(server, "/a.png", b"new", ETag='"v2"')
    assert body(cache, url) == b"new"


def test_one_load_at_a_time_tries_a_server_that_was_away(monkeypatch):
    url, failed = "https://pacs" + FRAME, TransferError("no connection")
    away = Unreachable()
    assert not away.is_so(url)
    away.was_not_reached(url, failed)
    assert [away.is_so(url), away.is_so("https://pacs:443/b")] == [True, True]
    assert not away.is_so("https://other" + FRAME)

    monkeypatch.setattr("pycornerstone.retrieve.unreachable._ASKED_AGAIN_AFTER_S", 0)
    away.was_not_reached(url, failed)
    monkeypatch.undo()
    assert [away.is_so(url), away.is_so(url)] == [False, True]
    away.was_reached(url)
    assert not away.is_so(url)


def test_a_host_that_is_not_there_does_not_hold_up_what_is_kept(cache, server):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{probe.getsockname()[1]}{FRAME}"

    async def fetch_of_another(further):
        return HttpResponse(dead, 200, _no_fields(), b"kept")

    asyncio.run(cache.through(dead, {}, fetch_of_another))
    cache.close()
    assert body(cache, dead) == b"kept"


def _no_fields():
    from pycornerstone.retrieve.headers import Headers

    return Headers()
