"""Behind a proxy that leaves its prefix in what it asks for, the page is found all the same."""

from __future__ import annotations

import http.client
import re
import urllib.request
from urllib.parse import urljoin, urlsplit

import numpy as np
import pytest
from websockets.sync.client import connect

import pycornerstone as cs
from pycornerstone.frontends.sharing.prefixes import checked_prefix

TOKEN = "a-token-of-our-own"


@pytest.fixture(scope="module")
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture(scope="module")
def netloc(session):
    volume = cs.Volume("a", np.zeros((2, 3, 4), np.int16))
    options = {"session": session, "token": TOKEN, "browser": False}
    with cs.view(volume, root_path="/apps/viewer/", **options) as viewer:
        yield urlsplit(viewer.url).netloc


def ask(netloc, path, headers=None):
    connection = http.client.HTTPConnection(netloc, timeout=20)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def cookie(netloc):
    return {"Cookie": f"pycornerstone-{netloc.rpartition(':')[2]}={TOKEN}"}


# A proxy that takes its prefix away asks for the second.
@pytest.mark.parametrize("folder", ["/apps/viewer/", "/"])
def test_the_page_stays_in_its_folder(netloc, folder):
    cookies = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(cookies)
    address = f"http://{netloc}{folder}"
    with browser.open(f"{address}?token={TOKEN}", timeout=20) as answer:
        assert answer.url == address
        links = re.findall(rb'(?:src|href)="([^"#]+)"', answer.read())
    assert links
    for link in [*links, b"thumbnails/0.png"]:
        with browser.open(urljoin(address, link.decode()), timeout=20) as answer:
            assert answer.status == 200
    assert [cookie.path for cookie in cookies.cookiejar] == [folder.rstrip("/") or "/"]
    with connect(f"ws://{netloc}{folder}socket", additional_headers=cookie(netloc)) as opened:
        opened.send('{"type": "Open"}')
        assert '"Welcome"' in opened.recv(timeout=20)


def test_without_the_slash_it_leads_there_with_the_token(netloc):
    status, headers, _ = ask(netloc, f"/apps/viewer?token={TOKEN}")
    assert status == 307
    there = urljoin(f"http://{netloc}/apps/viewer", headers["Location"])
    assert there == f"http://{netloc}/apps/viewer/?token={TOKEN}"


@pytest.mark.parametrize("path", ["/apps/viewer/", "/apps/viewer/static/main.js", "/"])
def test_who_has_no_token_is_refused_under_every_path(netloc, path):
    assert ask(netloc, path)[0] == 403


def test_what_a_request_says_of_prefixes_is_not_heeded(netloc):
    given = {"X-Forwarded-Prefix": "/other", "X-Script-Name": "/other", **cookie(netloc)}
    status, _, text = ask(netloc, "/other/", given)
    assert status == 404
    assert b"--root-path" in text
    assert ask(netloc, "/apps/viewerx/", cookie(netloc))[0] == 404


@pytest.mark.parametrize("given", ["viewer", "/a b", "/../x", "/a/./b", "//a", "/a?b", "/ä"])
def test_what_is_no_prefix_is_refused(session, given):
    with pytest.raises(ValueError, match="a root path is like /viewer"):
        cs.view(cs.Volume("a", np.zeros((2, 3, 4))), session=session, root_path=given)


def test_a_slash_at_the_end_is_no_matter():
    assert checked_prefix("/a/b/") == checked_prefix("/a/b") == "/a/b"
    assert checked_prefix("/") == checked_prefix("") == ""
