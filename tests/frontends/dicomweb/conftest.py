"""A server for a test, and a plain client for it."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

import pycornerstone as cs
from pycornerstone.frontends.dicomweb.serving import serve_dicomweb

TOKEN = "a-token-of-our-own"


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def parts(self):
        """Content type and content of each part, told apart by the lengths that are said."""
        boundary = self.headers["Content-Type"].partition("boundary=")[2].encode()
        rest, found = self.body, []
        while not rest.startswith(b"--" + boundary + b"--"):
            head, _, rest = rest.partition(b"\r\n\r\n")
            first, *fields = head.decode().split("\r\n")
            assert first == "--" + boundary.decode()
            said = dict(field.split(": ", 1) for field in fields)
            length = int(said["Content-Length"])
            found.append((said["Content-Type"], rest[:length]))
            assert rest[length : length + 2] == b"\r\n"
            rest = rest[length + 2 :]
        return found


class Served(NamedTuple):
    """A server, and who asks it."""

    server: Any

    def get(self, path, accept=None, method="GET", **headers):
        fields = {"Authorization": f"Bearer {TOKEN}"}
        fields |= {"Accept": accept} if accept else {}
        fields |= {name.replace("_", "-"): text for name, text in headers.items()}
        connection = http.client.HTTPConnection(urlsplit(self.server.address).netloc, timeout=30)
        try:
            connection.request(method, path, headers=fields)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def search(self, level, query=""):
        answer = self.get(f"/dicom-web/{level}?{query}")
        assert answer.status in {200, 204}
        return answer.json if answer.status == 200 else []


@pytest.fixture(scope="session")
def path_of():
    """Says where an instance is, of a data set."""

    def path(dataset):
        return (
            f"/dicom-web/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
            f"/instances/{dataset.SOPInstanceUID}"
        )

    return path


@pytest.fixture(scope="module")
def serve():
    """Serves a source until the end of the module."""
    with contextlib.ExitStack() as stack:

        def begin(source, **how):
            session = how.pop("session", None) or stack.enter_context(cs.Session())
            how.setdefault("token", TOKEN)
            return Served(stack.enter_context(serve_dicomweb(source, session=session, **how)))

        yield begin
