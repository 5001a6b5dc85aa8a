"""``pycornerstone serve``: DICOMweb until it is interrupted, and what is left out is said."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.pictures import png_phantom

ORIGIN = "http://localhost:3000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / "a.png").write_bytes(png_phantom(ct_phantom(slices=1, rows=16, columns=16)))
    (folder / "notes.txt").write_text("nothing to see")
    return folder


@contextmanager
def started(*arguments):
    command = [sys.executable, "-m", "pycornerstone", "serve", *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said_by(process):
    """What it says until it waits."""
    lines = {}
    for line in iter(process.stdout.readline, ""):
        if line.startswith("Ctrl-C"):
            break
        name, mark, rest = line.rstrip().partition(": ")
        lines[name] = rest.strip() if mark else ""
    return lines


def ask(address, **headers):
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request("GET", parts.path + "/studies", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")
def test_a_folder_is_served_until_it_is_interrupted(folder):
    with started(folder) as process:
        lines = said_by(process)
        assert lines["1 not served"] == "it is text, no image"
        assert lines["WADO-URI"].endswith("/wado")
        address = lines["DICOMweb"]
        assert ask(address)[0] == 401
        bearer = f"Bearer {lines['Token']}"
        status, headers, body = ask(address, Authorization=bearer)
        assert (status, len(json.loads(body))) == (200, 1)
        assert "Access-Control-Allow-Origin" not in headers
        # No page may ask unless its origin is named.
        assert ask(address, Authorization=bearer, Origin=ORIGIN)[0] == 403
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.splitlines()[-1] == "ended"
    assert error == ""


def test_a_page_of_a_named_origin_may_ask_without_a_token(folder):
    with started(folder, "--no-token", "--allow-origin", ORIGIN) as process:
        lines = said_by(process)
        assert "Token" not in lines
        status, headers, _ = ask(lines["DICOMweb"], Origin=ORIGIN)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)
