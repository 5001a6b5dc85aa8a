"""``pycornerstone view``: a page is served until it is interrupted, and nothing is left of it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from pycornerstone.frontends.cli import main
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.pictures import png_phantom

_URL = re.compile(r"http://(?P<netloc>127\.0\.0\.1:\d+)/\?token=(?P<token>\S+)")


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "a.png"
    path.write_bytes(png_phantom(ct_phantom(slices=1, rows=16, columns=16)))
    return path


@contextmanager
def started(*arguments, **environment):
    command = [sys.executable, "-m", "pycornerstone", "view", *map(str, arguments), "--no-browser"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | environment,
    ) as process:
        try:
            yield process
        finally:
            # Of a test that fails, too, nothing is left.
            process.kill()


def status_of(found, **headers):
    connection = http.client.HTTPConnection(found["netloc"], timeout=30)
    try:
        connection.request("GET", f"/?token={found['token']}", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def address_of(process):
    found = _URL.search(process.stdout.readline())
    assert found is not None, process.stderr.read()
    return found


def run(*arguments):
    """Run the command line in this process, and give its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code or 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_is_served_until_it_is_interrupted(picture, number):
    with started(picture) as process:
        found = address_of(process)
        assert status_of(found) == 303
        process.send_signal(number)
        out, error = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.splitlines()[-1] == "ended"
    assert error == ""


def test_it_ends_by_itself_when_nobody_looks(picture):
    with started(picture, "--idle-timeout", "0.2") as process:
        address_of(process)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 0
    assert error == ""


def test_token_and_host_are_those_that_were_given(picture):
    options = ["--token", "one-of-our-own", "--allow-host", "hub.example"]
    with started(picture, *options) as process:
        found = address_of(process)
        assert found["token"] == "one-of-our-own"
        assert status_of(found, Host="hub.example") == 303
        assert status_of(found, Host="hub.example.evil") == 403


def test_a_token_comes_from_the_environment_where_no_list_of_processes_shows_it(
    picture, monkeypatch, capsys
):
    with started(picture, PYCORNERSTONE_VIEW_TOKEN="kept-in-the-environment") as process:
        found = address_of(process)
        assert found["token"] == "kept-in-the-environment"
        assert status_of(found) == 303
    monkeypatch.setenv("PYCORNERSTONE_VIEW_TOKEN", "too-short")
    assert run("view", picture, "--no-browser") == 2
    assert "a token is 12 to 256" in capsys.readouterr().err


def test_what_is_wrong_is_said_in_a_line(tmp_path, picture, capsys):
    assert run("view", tmp_path / "nothing.dcm", "--no-browser") == 3
    assert "is not there" in capsys.readouterr().err
    assert run("view", tmp_path, "--no-browser") == 1
    assert "no image to show" in capsys.readouterr().err
    assert run("view", picture, "--no-browser", "--token", "short") == 2
    assert "a token is 12 to 256" in capsys.readouterr().err
    assert run("view", picture, "--no-browser", "--host", "no such host") == 1
    assert "cannot listen at" in capsys.readouterr().err
