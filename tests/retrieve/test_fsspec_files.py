"""Files of other file systems, by fsspec."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import socket
import sys
import tarfile
import threading
import time
import warnings
import zipfile
from pathlib import Path
from typing import ClassVar

import aiohttp
import fsspec
import pytest
from fsspec.exceptions import FSTimeoutError
from fsspec.implementations.memory import MemoryFileSystem

from pycornerstone.errors import MissingExtraError, RetrieveError, TransferError
from pycornerstone.model.image import ImageQuality
from pycornerstone.model.requests import RequestType
from pycornerstone.retrieve.errand import Errand, running_errand
from pycornerstone.retrieve.fsspec_files import FsspecFiles, is_fsspec_address, local_base
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.retrieve.http_settings import HttpSettings
from pycornerstone.retrieve.sources import Source, Sources

BODY = os.urandom(1_000_003)


def read(address, nbytes=None, **settings):
    return asyncio.run(FsspecFiles(HttpSettings(**settings)).read(address, nbytes))


class Odd(MemoryFileSystem):
    """Files in memory, of a file system that does what a test wants."""

    protocol = "odd"
    store: ClassVar = {}
    pseudo_dirs: ClassVar = [""]
    cachable = False
    on_read = staticmethod(lambda: None)
    says = staticmethod(lambda found: found)

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("odd://"))

    def info(self, path, **kwargs):
        return self.says(super().info(path, **kwargs))

    def cat_file(self, path, start=None, end=None, **kwargs):
        self.on_read()
        return super().cat_file(path, start, end, **kwargs)


@pytest.fixture
def odd(monkeypatch):
    """An odd file system, with one file in it; what it does is set on the class."""
    fsspec.register_implementation("odd", Odd, clobber=True)
    monkeypatch.setattr(Odd, "store", {})
    Odd().pipe_file("/a.nii", BODY)
    return monkeypatch


@pytest.fixture
def memory():
    """Files that are in memory as long as a test runs."""
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()


@pytest.fixture
def folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scans/a.nii", BODY)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("scans/a.nii")
        entry.size = len(BODY)
        archive.addfile(entry, io.BytesIO(BODY))
    (tmp_path / "a.nii").write_bytes(BODY)
    return tmp_path


ADDRESSES = [
    "memory://scans/a.nii",
    "simplecache::memory://scans/a.nii",
    "filecache::memory://scans/a.nii",
    "zip://scans/a.nii::<folder>/a.zip",
    "zip://scans/a.nii::file://<folder>/a.zip",
    "zip://scans/a.nii::memory://a.zip",
    "tar://scans/a.nii::<folder>/a.tar.gz",
    "simplecache::zip://scans/a.nii::<folder>/a.zip",
    "zip://scans/a.nii::simplecache::memory://a.zip",
    "dir://a.nii::file://<folder>",
    "zip://scans/a.nii::dir://a.zip::file://<folder>",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_bytes_are_those_of_the_file(address, folder, memory):
    memory.pipe_file("/scans/a.nii", BODY)
    memory.pipe_file("/a.zip", (folder / "a.zip").read_bytes())
    address = address.replace("<folder>", folder.as_posix())
    assert is_fsspec_address(address)
    assert read(address) == BODY
    assert read(address, 1000) == BODY[:1000]
    assert read(address, len(BODY) + 1000) == BODY


def open_files():
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


def test_archives_are_closed_again(folder):
    address = f"zip://scans/a.nii::{folder.as_posix()}/a.zip"
    read(address)
    gc.collect()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        before = open_files()
        for _ in range(5):
            read(address)
            read(f"tar://scans/a.nii::{folder.as_posix()}/a.tar.gz")
            read("simplecache::" + address)
        gc.collect()
    assert [str(one.message) for one in told if folder.name in str(one.message)] == []
    assert open_files() <= before


@pytest.mark.parametrize("chain", ["zip://scans/a.nii::{}", "simplecache::zip://scans/a.nii::{}"])
def test_an_archive_that_was_written_anew_is_read_anew(folder, chain):
    address = chain.format((folder / "a.zip").as_posix())
    source = Source.parse(address)

    async def run():
        sources = Sources(HttpRetriever())
        found = [(await sources.version(source), await sources.read(source, "a file"))]
        with zipfile.ZipFile(folder / "a.zip", "w") as archive:
            archive.writestr("before.txt", "other")
            archive.writestr("scans/a.nii", b"another")
        return [*found, (await sources.version(source), await sources.read(source, "a file"))]

    (first, body), (second, another) = asyncio.run(run())
    assert (body, another) == (BODY, b"another")
    assert first != second


def test_only_what_is_asked_for_is_fetched(odd):
    asked = []
    odd.setattr(
        Odd,
        "cat_file",
        lambda self, path, start, end: asked.append((start, end)) or BODY[start:end],
    )
    assert read("odd://a.nii", 348) == BODY[:348]
    assert read("odd://a.nii") == BODY
    assert asked == [(0, 348), (0, len(BODY))]


@pytest.mark.parametrize("nbytes", [None, 1000])
def test_a_file_of_unknown_size_is_read_to_its_end(odd, nbytes):
    odd.setattr(Odd, "says", staticmethod(lambda found: {**found, "size": None}))
    assert read("odd://a.nii", nbytes) == BODY[:nbytes]


@pytest.mark.parametrize("size", [None, 1, len(BODY)])
def test_a_file_that_is_too_large_is_refused(odd, size):
    odd.setattr(Odd, "says", staticmethod(lambda found: {**found, "size": size}))
    if size == 1:
        # It is not as large as it says; no more than that is taken.
        assert read("odd://a.nii", max_body_bytes=1000) == BODY[:1]
        return
    with pytest.raises(RetrieveError) as caught:
        read("odd://a.nii", max_body_bytes=1000)
    assert str(caught.value) == (
        f"odd://a.nii has {size or 1001} bytes or more, the limit is 1000; raise "
        "HttpSettings.max_body_bytes if it is to be loaded"
    )
    assert read("odd://a.nii", 348, max_body_bytes=1000) == BODY[:348]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://none.nii", "there is no file memory://none.nii; check the address"),
        ("memory://scans", "memory://scans is a folder, not a file; name a file in it"),
        ("memory://scans/empty", "memory://scans/empty is empty; copy the file again"),
        (
            "zip://none.nii::<folder>/a.zip",
            "there is no file zip://none.nii::<folder>/a.zip; check the address",
        ),
        (
            "zip://a.nii::<folder>/none.zip",
            "there is no file zip://a.nii::<folder>/none.zip; check the address",
        ),
        (
            "zip://a.nii::<folder>/a.nii",
            "zip://a.nii::<folder>/a.nii could not be read: BadZipFile: File is not a zip file",
        ),
        (
            "nosuch://a.nii",
            (
                "nosuch://a.nii is in no file system that fsspec knows; check what stands before "
                "'://', or write './' before a path"
            ),
        ),
        (
            "zip://a.nii::https://ada:secret@host/a.zip",
            (
                "zip://a.nii::https://host/a.zip is not opened: fsspec would fetch the https "
                "address in it without the credentials, limits and TLS of this session; fetch that "
                "file and give its path"
            ),
        ),
        (
            "simplecache::HTTP://host/a.nii",
            (
                "simplecache::HTTP://host/a.nii is not opened: fsspec would fetch the http address "
                "in it without the credentials, limits and TLS of this session; fetch that file "
                "and give its path"
            ),
        ),
        (
            "reference://a::memory://a.json",
            (
                "reference://a::memory://a.json is not opened: 'reference' leads to addresses that "
                "it does not name; give the address of the file itself"
            ),
        ),
        (
            "zip://a::generic://memory://a",
            (
                "zip://a::generic://memory://a is not opened: 'generic' leads to addresses that it "
                "does not name; give the address of the file itself"
            ),
        ),
    ],
)
def test_what_goes_wrong_is_said(address, message, folder, memory):
    memory.pipe_file("/scans/empty", b"")
    with pytest.raises(RetrieveError) as caught:
        read(address.replace("<folder>", folder.as_posix()))
    assert str(caught.value) == message.replace("<folder>", folder.as_posix())


@pytest.mark.skipif(os.name == "nt", reason="devices and pipes of POSIX")
@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("zip://a::/dev/zero", "is in a device or a pipe, not in a file"),
        ("zip://a::<folder>/pipe.zip", "is in a device or a pipe, not in a file"),
        ("simplecache::file://<folder>/pipe.zip", "is in a device or a pipe, not in a file"),
        ("dir://zero::file:///dev", "is a device or a pipe, not a file"),
        ("zip://a::dir://zero::file:///dev", "is in a device or a pipe, not in a file"),
        ("zip://a::zip://b::dir:///dev/zero::file:///", "is in a device or a pipe, not in a file"),
        ("tar://a::dir://pipe.zip::file://<folder>", "is in a device or a pipe, not in a file"),
    ],
)
def test_devices_and_pipes_are_not_waited_for(address, message, folder):
    os.mkfifo(folder / "pipe.zip")
    address = address.replace("<folder>", str(folder))
    with pytest.raises(RetrieveError) as caught:
        read(address, total_timeout_s=5)
    assert str(caught.value) == f"{address} {message}"


@pytest.mark.parametrize(
    ("protocol", "module", "package"),
    [("s3", "s3fs", "s3fs"), ("smb", "smbclient", "smbprotocol")],
)
def test_a_missing_library_of_a_file_system_is_named(monkeypatch, protocol, module, package):
    # None in sys.modules is how Python says that something is not to be had.
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RetrieveError) as caught:
        read(f"{protocol}://key:secret@place/a.nii")
    assert str(caught.value) == (
        f"{protocol}://place/a.nii needs a library that is not installed: pip install {package}"
    )


def test_without_fsspec_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError) as caught:
        read("s3://bucket/a.nii")
    assert caught.value.extra == "remote"
    assert str(caught.value) == (
        "reading s3: addresses needs an extra: pip install 'pycornerstone[remote]'"
    )


def raises(error):
    def function():
        raise error

    return staticmethod(function)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError("Access Denied to AKIA123"),
            "odd://a.nii may not be read; see to what fsspec's configuration says of it",
        ),
        (
            RuntimeError("Unable to locate\ncredentials"),
            "odd://a.nii could not be read: RuntimeError: Unable to locate credentials",
        ),
        (
            ValueError("bad: AccountKey=abc==; password: def"),
            "odd://a.nii could not be read: ValueError: bad: AccountKey=... password: ...",
        ),
        (
            OSError("https://ada:secret@host/?sig=abc failed"),
            "odd://a.nii could not be read: OSError: https://host/?sig=...",
        ),
        (KeyError(), "odd://a.nii could not be read: KeyError"),
    ],
)
def test_what_a_backend_says_is_told_without_its_secrets(odd, error, message):
    odd.setattr(Odd, "on_read", raises(error))
    with pytest.raises(RetrieveError) as caught:
        read("odd://a.nii")
    assert str(caught.value) == message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("no"),
        FSTimeoutError("no"),
        # What s3fs and gcsfs raise, and what any of them does where there is no network.
        aiohttp.ServerDisconnectedError("no"),
        aiohttp.ServerTimeoutError("no"),
        socket.gaierror("no"),
    ],
)
def test_a_connection_that_fails_is_a_failed_transfer(odd, error):
    odd.setattr(Odd, "on_read", raises(error))
    with pytest.raises(TransferError) as caught:
        read("odd://a.nii")
    assert str(caught.value) == f"odd://a.nii could not be read: {type(error).__name__}: no"


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), BaseException("panic")])
def test_a_backend_that_would_end_the_process_ends_its_read(odd, error):
    odd.setattr(Odd, "on_read", raises(error))
    with pytest.raises(RetrieveError, match=f"could not be read: {type(error).__name__}"):
        read("odd://a.nii")


@pytest.mark.parametrize(("nbytes", "wanted"), [(None, len(BODY)), (348, 348)])
def test_a_file_that_ends_too_early_is_asked_for_again(odd, nbytes, wanted):
    answers = [BODY[:100], BODY[:wanted]]
    odd.setattr(Odd, "cat_file", lambda self, path, start, end: answers.pop(0))
    assert read("odd://a.nii", nbytes) == BODY[:wanted]
    odd.setattr(Odd, "cat_file", lambda self, path, start, end: BODY[:100])
    with pytest.raises(TransferError) as caught:
        read("odd://a.nii", nbytes)
    assert str(caught.value) == (
        f"odd://a.nii could not be read: ConnectionError: it ended after 100 of {wanted} bytes"
    )


def test_where_no_thread_can_be_begun_it_is_said_and_no_place_is_lost(odd):
    def cannot(self):
        raise RuntimeError("can't start new thread")

    async def run():
        files = FsspecFiles(HttpSettings())
        with odd.context() as patch:
            patch.setattr(threading.Thread, "start", cannot)
            for _ in range(40):
                with pytest.raises(RetrieveError, match="can't start new thread"):
                    await files.read("odd://a.nii")
        return await asyncio.wait_for(files.read("odd://a.nii"), 10)

    assert asyncio.run(run()) == BODY


def test_a_connection_that_was_closed_is_made_anew(odd):
    connections = []

    def read_once():
        connections.append(None)
        if len(connections) == 1:
            raise EOFError

    odd.setattr(Odd, "on_read", staticmethod(read_once))
    odd.setattr(Odd, "cachable", True)
    kept = Odd()
    assert read("odd://a.nii") == BODY
    assert len(connections) == 2
    assert Odd() is not kept


@pytest.mark.parametrize("error", [FileNotFoundError(), PermissionError(), ValueError("no")])
def test_what_another_attempt_does_not_change_is_not_tried_again(odd, error):
    attempts = []

    def fail():
        attempts.append(None)
        raise error

    odd.setattr(Odd, "on_read", staticmethod(fail))
    with pytest.raises(RetrieveError):
        read("odd://a.nii")
    assert len(attempts) == 1


def test_what_a_backend_says_of_an_address_with_secrets_is_not_told(odd):
    odd.setattr(Odd, "on_read", raises(RuntimeError("the key secret is wrong")))
    Odd().pipe_file("/ada:secret@host/a.nii", BODY)
    with pytest.raises(RetrieveError) as caught:
        read("odd://ada:secret@host/a.nii")
    assert str(caught.value) == "odd://host/a.nii could not be read: RuntimeError"


def test_a_backend_that_hangs_is_given_up_and_waits_for_nobody(odd):
    go_on = threading.Event()
    odd.setattr(Odd, "on_read", go_on.wait)
    begun = time.monotonic()
    try:
        with pytest.raises(TransferError) as caught:
            read("odd://a.nii", total_timeout_s=0.2)
        # The event loop has ended too by now, though the backend still hangs.
        assert time.monotonic() - begun < 5
    finally:
        go_on.set()
    assert str(caught.value) == (
        "odd://a.nii was not there within 0.2 s; see whether it can be reached, or raise "
        "HttpSettings.total_timeout_s"
    )


def threads():
    return [thread for thread in threading.enumerate() if "pycornerstone-fsspec" in thread.name]


def test_a_cancelled_read_settles_at_once_and_leaves_no_thread(odd):
    go_on, begun = threading.Event(), threading.Event()
    odd.setattr(Odd, "on_read", lambda *_: (begun.set(), go_on.wait()))

    async def run():
        task = asyncio.create_task(FsspecFiles(HttpSettings()).read("odd://a.nii"))
        await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=2)
        return [one.cancelled() for one in done]

    try:
        assert asyncio.run(run()) == [True]
    finally:
        go_on.set()
    for thread in threads():
        thread.join(5)
    assert threads() == []


def test_the_event_loop_goes_on_meanwhile(odd):
    go_on = threading.Event()
    odd.setattr(Odd, "on_read", go_on.wait)

    async def run():
        files = FsspecFiles(HttpSettings())
        tasks = [asyncio.create_task(files.read("odd://a.nii")) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in tasks)
        go_on.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(run()) == [BODY] * 3


def test_no_more_than_32_wait_at_once_and_all_are_read(odd):
    at_once, most, lock = 0, 0, threading.Lock()

    def count():
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.01)
        with lock:
            at_once -= 1

    odd.setattr(Odd, "on_read", staticmethod(count))

    async def run():
        files = FsspecFiles(HttpSettings())
        return await asyncio.gather(*(files.read("odd://a.nii", 10) for _ in range(100)))

    assert asyncio.run(run()) == [BODY[:10]] * 100
    assert 1 < most <= 32


def test_whoever_watches_is_told_of_the_bytes(memory):
    memory.pipe_file("/a.nii", BODY)
    told = []
    errand = Errand(RequestType.PREFETCH, quality=ImageQuality.FULL_RESOLUTION)
    errand.on_progress = lambda *progress: told.append(progress)
    with running_errand(errand):
        read("memory://a.nii")
    assert told == [(len(BODY), len(BODY))]


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("zip://a.nii::/data/a.zip", "/data/a.zip"),
        ("zip://a.nii::file:///data/a.zip", "/data/a.zip"),
        ("simplecache::local:///data/a.nii", "/data/a.nii"),
        ("zip://a.nii::s3://bucket/a.zip", None),
        ("zip://a.nii::data:;base64,AAAA", None),
        ("zip://a.nii::memory", None),
        ("s3://bucket/a.nii", None),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of POSIX")
def test_a_chain_may_end_at_a_local_file(address, path):
    assert local_base(address) == path
