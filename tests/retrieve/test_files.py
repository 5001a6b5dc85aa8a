"""Files of this machine."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from pycornerstone.errors import RetrieveError
from pycornerstone.retrieve.files import path_of, read_file

posix_only = pytest.mark.skipif(os.name == "nt", reason="paths and permissions of POSIX")


@pytest.mark.parametrize("size", [1, 70_000, 4 * 1024 * 1024, 9_000_001])
def test_bytes_are_those_of_the_file_and_cannot_be_written(tmp_path, size):
    body = os.urandom(size)
    file = tmp_path / "a.dcm"
    file.write_bytes(body)
    data = read_file(file)
    assert data == body
    assert data.readonly
    assert read_file(str(file))[-1:] == body[-1:]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_large_file_is_not_read_before_it_is_looked_at(tmp_path):
    file = tmp_path / "large"
    with file.open("wb") as out:
        out.truncate(3 * 1024**3)
        out.seek(2 * 1024**3)
        out.write(b"here")

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = resident()
    data = read_file(file)
    assert bytes(data[2 * 1024**3 : 2 * 1024**3 + 4]) == b"here"
    assert len(data) == 3 * 1024**3
    assert resident() - before < 50 * 1024**2


def test_a_file_that_is_read_is_not_held_open(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    data = read_file(file)
    file.write_bytes(b"")
    assert data == b"abc"


def test_a_missing_file_is_named(tmp_path):
    missing = tmp_path / "a.dcm"
    with pytest.raises(RetrieveError) as caught:
        read_file(missing)
    assert str(caught.value) == f"there is no file {str(missing)!r}; check the path"


def test_a_missing_relative_file_is_named_with_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RetrieveError) as caught:
        read_file("b/a.dcm")
    assert str(caught.value) == (
        f"there is no file {str(Path('b/a.dcm'))!r} in {str(tmp_path)!r}; check the path"
    )


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(RetrieveError) as caught:
        read_file(tmp_path)
    assert str(caught.value) == f"{str(tmp_path)!r} is a folder, not a file; name a file in it"


def test_an_empty_file_is_said_to_be_empty(tmp_path):
    file = tmp_path / "a"
    file.touch()
    with pytest.raises(RetrieveError) as caught:
        read_file(file)
    assert str(caught.value) == f"{str(file)!r} is empty; copy the file again"


@posix_only
def test_a_file_without_permission_is_named(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    file.chmod(0)
    user = os.geteuid()
    if user == 0:
        # The superuser may read everything; nobody, by tradition number 65534, may not.
        os.seteuid(65534)
    try:
        with pytest.raises(RetrieveError) as caught:
            read_file(file)
    finally:
        os.seteuid(user)
    assert str(caught.value) == f"{str(file)!r} may not be read; ask for permission to read it"


@posix_only
def test_a_device_is_no_file():
    with pytest.raises(RetrieveError) as caught:
        read_file("/dev/null")
    assert str(caught.value) == "'/dev/null' is a device or a pipe, not a file"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("name", ["/proc/self/environ", "/proc/kmsg"])
def test_what_the_kernel_says_is_no_file(name):
    if not Path(name).exists():
        pytest.skip(f"there is no {name} here")
    with pytest.raises(RetrieveError) as caught:
        read_file(name)
    assert str(caught.value) == f"{name!r} is empty; copy the file again"


@posix_only
def test_a_link_to_a_device_and_a_socket_are_no_files(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        # The path of a socket has no more than 100 letters or so.
        name = Path(tempfile.mkdtemp()) / "s"
        listening.bind(str(name))
        try:
            for path in (link, name):
                with pytest.raises(RetrieveError) as caught:
                    read_file(path)
                assert str(caught.value) == f"{str(path)!r} is a device or a pipe, not a file"
        finally:
            name.unlink()
            name.parent.rmdir()


@posix_only
def test_a_pipe_is_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RetrieveError) as caught:
        read_file(pipe)
    assert str(caught.value) == f"{str(pipe)!r} is a device or a pipe, not a file"


@posix_only
def test_whatever_else_goes_wrong_is_said(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(RetrieveError, match="could not be read: Too many levels of symbolic links"):
        read_file(loop)
    with pytest.raises(RetrieveError, match="could not be read: File name too long"):
        read_file(tmp_path / ("a" * 300))
    with pytest.raises(RetrieveError, match="could not be read: embedded null byte"):
        read_file("/a\0b")


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("/data/a.dcm", "/data/a.dcm"),
        ("a/b.dcm", "a/b.dcm"),
        ("/data/50%25 off?#.dcm", "/data/50%25 off?#.dcm"),
        ("file:///data/a.dcm", "/data/a.dcm"),
        ("FILE:///data/a.dcm", "/data/a.dcm"),
        ("file:/data/a.dcm", "/data/a.dcm"),
        ("file://localhost/data/a.dcm", "/data/a.dcm"),
        ("file:///data/head%20ct/%C3%A4%3F.dcm?x=1#y", "/data/head ct/ä?.dcm"),
        ("file:///C:/data/a.dcm", "C:/data/a.dcm"),
        ("file:///c|/data/a.dcm", "c:/data/a.dcm"),
        ("file:a.dcm", "a.dcm"),
        ("profile:a.dcm", "profile:a.dcm"),
    ],
)
def test_paths_and_file_addresses(resource, path):
    # RFC 8089: section 2 and appendices B, E.2 and E.2.2.
    assert path_of(resource) == Path(path)


@posix_only
def test_the_home_folder_is_filled_in(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("~/a.dcm") == tmp_path / "a.dcm"
    assert path_of("file:///~/a.dcm") == Path("/~/a.dcm")


@posix_only
def test_a_home_folder_of_nobody_is_an_error():
    with pytest.raises(RetrieveError) as caught:
        path_of("~nobody-at-all/a.dcm")
    assert str(caught.value) == "'~nobody-at-all/a.dcm' names a home folder that is not there"


@posix_only
def test_a_file_address_of_another_machine_is_an_error():
    with pytest.raises(RetrieveError) as caught:
        path_of("file://server/share/a.dcm")
    assert str(caught.value) == (
        "'file://server/share/a.dcm' names a file of the machine 'server'; mount it and give its "
        "path"
    )


@posix_only
@pytest.mark.skipif(sys.platform == "darwin", reason="names of files are UTF-8 there")
def test_a_name_that_is_not_utf_8_comes_back_from_its_url(tmp_path):
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 1"))
    file.write_bytes(b"abc")
    assert file.as_uri().endswith("/caf%E9%201")
    assert path_of(file.as_uri()) == file
    assert read_file(path_of(file.as_uri())) == b"abc"
