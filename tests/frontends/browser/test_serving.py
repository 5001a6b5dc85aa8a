"""The viewer's server, over real sockets: who is let in, what is answered, and how it ends."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from urllib.parse import urljoin

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import pycornerstone as cs

TOKEN = "a-token-of-our-own"
TABS = 3


@pytest.fixture(scope="module")
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture(scope="module")
def viewer(session):
    volume = cs.Volume("mine", np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    with cs.view(volume, session=session, token=TOKEN, browser=False) as viewer:
        yield viewer


def port_of(viewer):
    return int(viewer.url.rpartition(":")[2].partition("/")[0])


def cookie_of(viewer):
    return {"Cookie": f"pycornerstone-{port_of(viewer)}={TOKEN}"}


def ask(viewer, path, headers=None, *, method="GET"):
    """Ask as no browser would, which adds and refuses headers of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(viewer), timeout=20)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@contextmanager
def tab(viewer, headers=None, path="/socket"):
    headers = cookie_of(viewer) if headers is None else headers
    address = f"ws://127.0.0.1:{port_of(viewer)}{path}"
    with connect(address, additional_headers=headers, max_size=None, open_timeout=20) as opened:
        yield opened


def first_of(opened, name, /, **fields):
    """Say something, or nothing, and wait for a message of this type."""
    if fields:
        opened.send(json.dumps(fields))
    while True:
        message = opened.recv(timeout=20)
        if isinstance(message, str):
            said = json.loads(message)
            if said["type"] == name:
                return said


def threads():
    return {thread.name for thread in threading.enumerate() if thread.is_alive()}


def test_the_token_becomes_a_cookie_that_scripts_do_not_see(viewer):
    status, headers, _ = ask(viewer, f"/?token={TOKEN}")
    assert status == 303
    # Relative: a proxy may have put a folder before it.
    assert headers["Location"] == "./"
    cookie, *flags = headers["Set-Cookie"].split("; ")
    assert set(flags) == {"HttpOnly", "SameSite=Lax"}
    status, headers, body = ask(viewer, "/", {"Cookie": cookie})
    assert status == 200
    assert body.startswith(b"<!doctype html>")


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/thumbnails/0.png", "/nothing"])
@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("?token=", {}),
        ("?token=a-token-of-our-owm", {}),
        ("?token=%C3%A4%ff%00", {}),
        ("", {"Cookie": "pycornerstone-1=a-token-of-our-own"}),
        (f"?token={TOKEN}", {"Host": "evil.example"}),
        (f"?token={TOKEN}", {"Host": ""}),
        (f"?token={TOKEN}", {"Origin": "http://evil.example"}),
        (f"?token={TOKEN}", {"Origin": "null"}),
        (f"?token={TOKEN}", {"Origin": "http://127.0.0.1:1"}),
        (f"?token={TOKEN}", {"Origin": "http://["}),
        (f"?token={TOKEN}", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}),
        (f"?token={TOKEN}", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}),
    ],
)
def test_who_does_not_know_the_token_or_comes_from_elsewhere_gets_403(viewer, path, query, headers):
    assert ask(viewer, path + query, headers)[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Host": "evil.example"},
    ],
)
def test_a_socket_from_elsewhere_gets_403(viewer, headers):
    given = {**cookie_of(viewer), **headers}
    given = {name: value for name, value in given.items() if value}
    asked = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        **given,
    }
    assert ask(viewer, "/socket", asked)[0] == 403


def test_a_socket_of_the_page_is_let_in(viewer):
    origin = f"http://127.0.0.1:{port_of(viewer)}"
    with tab(viewer, {**cookie_of(viewer), "Origin": origin}) as opened:
        assert first_of(opened, "Welcome", type="Open")["title"] == "pycornerstone"
        # What is sent is compressed already.
        assert "Sec-WebSocket-Extensions" not in opened.response.headers


def test_a_wrong_token_for_a_socket_gets_403(viewer):
    with pytest.raises(InvalidStatus) as refused, tab(viewer, {}, "/socket?token=wrong"):
        pass
    assert refused.value.response.status_code == 403


def test_every_answer_forbids_what_a_browser_could_do_with_it(viewer):
    cases = [("/", cookie_of(viewer)), ("/static/main.js", cookie_of(viewer)), ("/", {})]
    for path, headers in [*cases, (f"/?token={TOKEN}", {}), ("/nothing", cookie_of(viewer))]:
        _, given, _ = ask(viewer, path, headers)
        policy = given["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert given["Cache-Control"] == "no-store"
        assert given["X-Content-Type-Options"] == "nosniff"
        assert given["Referrer-Policy"] == "no-referrer"
        assert given["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Server" not in given


@pytest.mark.parametrize(
    "path",
    [
        "/static/../source.py",
        "/static/%2e%2e/source.py",
        "/static/..%2fsource.py",
        "/static//etc/passwd",
        "/static/",
        "/thumbnails/1.png",
        "/thumbnails/-1.png",
        "/thumbnails/99999999999999999999.png",
        "/thumbnails/0.png/etc/passwd",
        "/socket",
    ],
)
def test_nothing_but_what_is_there_is_answered(viewer, path):
    assert ask(viewer, path, cookie_of(viewer))[0] == 404


def test_nothing_can_be_put_there(viewer):
    assert ask(viewer, "/", cookie_of(viewer), method="POST")[0] == 405


def test_scripts_have_the_type_that_lets_them_run(viewer):
    status, headers, _ = ask(viewer, "/static/main.js", cookie_of(viewer))
    assert status == 200
    assert headers["Content-Type"].startswith("text/javascript")


def test_a_thumbnail_is_a_png(viewer):
    status, headers, body = ask(viewer, "/thumbnails/0.png", cookie_of(viewer))
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert body.startswith(b"\x89PNG\r\n\x1a\n")


def test_tabs_have_layouts_of_their_own(viewer):
    with tab(viewer) as one, tab(viewer) as other:
        for opened in (one, other):
            first_of(opened, "Welcome", type="Open")
            assert first_of(opened, "Arranged")["name"] == "1x1"
        assert first_of(one, "Arranged", type="SetLayout", name="2x2")["name"] == "2x2"
        # Whatever else the other was told, it was no other layout.
        assert first_of(other, "Arranged", type="SetLayout", name="3x3")["name"] == "3x3"


def test_a_message_that_is_too_long_ends_its_tab_and_no_other(viewer):
    with tab(viewer) as one, tab(viewer) as other:
        one.send(" " * (64 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            first_of(one, "Welcome")
        # RFC 6455 section 7.4.1: too big.
        assert closed.value.rcvd.code == 1009
        assert first_of(other, "Welcome", type="Open")["series"]


def test_bytes_are_not_understood(viewer):
    with tab(viewer) as opened:
        opened.send(b"\x00")
        with pytest.raises(ConnectionClosed) as closed:
            first_of(opened, "Welcome")
        assert closed.value.rcvd.code == 1007


def test_closing_says_so_to_every_tab_and_leaves_no_thread(session):
    before = threads()
    viewer = cs.view(cs.Volume("a", np.zeros((2, 3, 4))), session=session, browser=False)
    token = viewer.url.partition("token=")[2]
    headers = {"Cookie": f"pycornerstone-{port_of(viewer)}={token}"}
    with ExitStack() as stack:
        tabs = [stack.enter_context(tab(viewer, headers)) for _ in range(TABS)]
        for one in tabs:
            first_of(one, "Welcome", type="Open")
        viewer.close()
        assert not viewer.is_open
        for one in tabs:
            with pytest.raises(ConnectionClosed) as closed:
                first_of(one, "Never")
            # The registry of RFC 6455's codes: the service restarts.
            assert closed.value.rcvd.code == 1012
    viewer.close()
    # Those of the session, and of the clients here, have their own time.
    assert [name for name in threads() - before if "viewer" in name or "desk" in name] == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(viewer)), timeout=5)


def test_nobody_looking_ends_it_and_a_tab_keeps_it(session):
    volume = cs.Volume("a", np.zeros((2, 3, 4)))
    options = {"session": session, "token": TOKEN, "browser": False}
    with cs.view(volume, idle_timeout_s=2.0, **options) as viewer:
        with tab(viewer) as opened:
            first_of(opened, "Welcome", type="Open")
            time.sleep(2.2)
            assert viewer.is_open
        viewer.wait()
        assert not viewer.is_open


def test_a_port_that_is_taken_is_said(viewer, session):
    taken = port_of(viewer)
    with pytest.raises(OSError, match=f"cannot listen at 127.0.0.1:{taken}.*take another port"):
        cs.view(cs.Volume("b", np.zeros((2, 3, 4))), session=session, port=taken, browser=False)
    with pytest.raises(ValueError, match="a port is 0 to 65535"):
        cs.view(cs.Volume("b", np.zeros((2, 3, 4))), session=session, port=70000, browser=False)


@pytest.mark.parametrize(
    "token", ["short", "eleven-long", "with spaces in it", "ends=with;cookies", "123456789012\n"]
)
def test_a_token_that_would_not_do_is_refused(session, token):
    with pytest.raises(ValueError, match="a token is 12 to 256 letters"):
        cs.view(cs.Volume("b", np.zeros((2, 3, 4))), session=session, token=token, browser=False)


def test_what_cannot_be_shown_leaves_no_port_open(session, tmp_path):
    before = threads()
    with pytest.raises(cs.LoaderError, match="no image to show"):
        cs.view(tmp_path, session=session, browser=False)
    assert "pycornerstone-viewer" not in threads() - before


def test_a_proxy_may_ask_by_the_name_that_was_allowed(session):
    volume = cs.Volume("a", np.zeros((2, 3, 4)))
    with cs.view(
        volume, session=session, token=TOKEN, browser=False, allowed_hosts=["Hub.example"]
    ) as viewer:
        given = {**cookie_of(viewer), "Host": "hub.example", "Origin": "https://hub.example"}
        assert ask(viewer, "/", given)[0] == 200
        # Told by another name than the browser's.
        assert ask(viewer, "/", {**given, "Host": "localhost:8000"})[0] == 200
        assert ask(viewer, "/", {**given, "Origin": "https://hub.example.evil"})[0] == 403


def test_behind_a_folder_of_a_proxy_the_page_stays_in_it(session):
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from pycornerstone.frontends.browser.app import browser_app
    from pycornerstone.frontends.sharing.guard import Guard
    from pycornerstone.frontends.sharing.source import exhibit_of

    exhibit = exhibit_of(cs.Volume("a", np.zeros((2, 3, 4))), session)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        page = browser_app(exhibit, Guard(TOKEN, "127.0.0.1", port))
        outside = Starlette(routes=[Mount("/user/a", page)])
        config = uvicorn.Config(outside, log_config=None, lifespan="off", ws="websockets-sansio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            cookies = urllib.request.HTTPCookieProcessor()
            browser = urllib.request.build_opener(cookies)
            address = f"http://127.0.0.1:{port}/user/a/"
            with browser.open(f"{address}?token={TOKEN}", timeout=20) as answer:
                assert answer.url == address
                links = re.findall(rb'(?:src|href)="([^"#]+)"', answer.read())
            assert links
            for link in links:
                with browser.open(urljoin(address, link.decode()), timeout=20) as answer:
                    assert answer.status == 200
            # Another page of the same proxy is not given what opens this one.
            assert [cookie.path for cookie in cookies.cookiejar] == ["/user/a"]
        finally:
            server.should_exit = True
            thread.join(60)
            exhibit.close()


def test_a_process_ends_by_itself_with_a_page_open():
    code = """
import numpy as np, pycornerstone as cs
from websockets.sync.client import connect
viewer = cs.view(cs.Volume("a", np.zeros((2, 3, 4))), token="a-token-of-our-own", browser=False)
address = viewer.url.replace("http:", "ws:").replace("/?", "/socket?")
tab = connect(address).__enter__()
tab.send('{"type": "Open"}')
tab.recv()
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_address_is_not_in_what_is_printed(viewer):
    assert TOKEN not in repr(viewer)
    assert repr(viewer).endswith("open>")


def test_a_viewport_is_shown_as_it_is(session):
    viewport = cs.StackViewport(8, 8, session=session)
    viewport.show_image(cs.Image("nobody:1", np.arange(6).reshape(2, 3)))
    viewport.set_properties(voi_range=(1, 4), invert=True)
    with viewport.show(token=TOKEN, browser=False) as viewer, tab(viewer) as opened:
        first_of(opened, "Welcome", type="Open")
        opened.send(json.dumps({"type": "Resize", "cell": 0, "width": 8, "height": 8}))
        while True:
            message = opened.recv(timeout=20)
            if isinstance(message, str):
                continue
            length = int.from_bytes(message[:4], "big")
            header = json.loads(message[4 : 4 + length])
            opened.send(json.dumps({"type": "Drawn", "cell": 0, "frame": header["frame"]}))
            if header["isAtRest"] and (header["width"], header["height"]) == (8, 8):
                break
        state = header["state"]
        assert (state["lower"], state["upper"], state["invert"]) == (1, 4, True)
        import cv2

        picture = cv2.imdecode(np.frombuffer(message[4 + length :], np.uint8), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(picture, viewport.render()[..., 0])
