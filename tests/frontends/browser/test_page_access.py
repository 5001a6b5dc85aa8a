"""Who has no token, or comes under another name or from another page, gets 403."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def viewer(viewer_of, ct_files):
    return viewer_of(ct_files[0])


@pytest.fixture
def asked(viewer):
    """Ask for a path, and give the status and the headers of the answer."""
    parts = urlsplit(viewer.url)

    def ask(path, **headers):
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        try:
            connection.putrequest("GET", path, skip_host="Host" in headers)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers
        finally:
            connection.close()

    return ask


@pytest.fixture
def cookie(viewer, asked):
    status, headers = asked("/?" + urlsplit(viewer.url).query)
    assert status == 303
    return headers["Set-Cookie"].partition(";")[0]


SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/thumbnails/0.png", "/nothing"])
def test_without_the_token_nothing_is_there(asked, path):
    assert asked(path)[0] == 403


def test_a_wrong_token_is_refused(asked, viewer):
    query = urlsplit(viewer.url).query
    wrong = query[:-1] + ("A" if query[-1] != "A" else "B")
    assert asked("/?" + wrong)[0] == 403


def test_the_cookie_lets_in(asked, cookie):
    status, headers = asked("/", Cookie=cookie)
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_under_another_name_it_is_refused(asked, cookie, host):
    assert asked("/", Cookie=cookie, Host=host)[0] == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "file://", "http://[::1"]
)
def test_the_socket_is_for_the_page_alone(asked, cookie, viewer, origin):
    assert asked("/socket", Cookie=cookie, Origin=origin, **SOCKET)[0] == 403


def test_the_socket_opens_to_the_page(asked, cookie, viewer):
    own = f"http://{urlsplit(viewer.url).netloc}"
    assert asked("/socket", Cookie=cookie, Origin=own, **SOCKET)[0] == 101


def test_a_page_that_was_opened_has_no_token_in_its_address(viewer, open_page):
    page = open_page(viewer.url)
    page.at_rest()
    assert "token" not in page.run("() => location.href")


def test_a_page_that_is_refused_shows_nothing(viewer, open_page):
    page = open_page("about:blank")
    page.allow_errors("403")
    page.go(viewer.url[:-4])
    assert page.run("() => document.querySelector('canvas')") is None
    assert "token" in page.run("() => document.body.textContent")
