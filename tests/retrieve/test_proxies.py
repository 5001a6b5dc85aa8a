"""Proxies: which one is asked, by which words, and what it is told; against a real small one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading

import pytest
import trustme

from pycornerstone import (
    BasicAuth,
    HttpSettings,
    HttpStatusError,
    RetrieveError,
    TlsSettings,
    TransferError,
)
from pycornerstone.retrieve.addresses import Origin
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.retrieve.proxies import proxy_for

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


class Proxy:
    """A proxy: CONNECT and the absolute form, once for each connection (RFC 9112 section 3.2)."""

    def __init__(self, authorization: str | None = None, status: str = "") -> None:
        self.authorization = authorization
        self.status = status
        self.requests: list[tuple[str, dict[str, str]]] = []
        started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started)), daemon=True
        )
        self._thread.start()
        started.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    async def _serve(self, started):
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._tasks = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stopping.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._pass_on(reader, writer)
        writer.close()

    async def _pass_on(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        fields = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in head[1:-2]}
        self.requests.append((f"{method} {target}", fields))
        if self.status or fields.get("proxy-authorization") != self.authorization:
            status = self.status or "407 Who Are You"
            more = 'Proxy-Authenticate: Basic realm="the way out"\r\nContent-Length: 0\r\n\r\n'
            writer.write(f"HTTP/1.1 {status}\r\n{more}".encode())
            await writer.drain()
            return
        _, _, port = target.removeprefix("http://").partition("/")[0].partition(":")
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", int(port or 80))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            path = "/" + target.removeprefix("http://").partition("/")[2]
            own = [f"{name}: {value}" for name, value in fields.items() if name[:6] != "proxy-"]
            to_writer.write("\r\n".join([f"{method} {path} HTTP/1.1", *own, "", ""]).encode())
        try:
            await asyncio.gather(self._copy(reader, to_writer), self._copy(to_reader, writer))
        finally:
            to_writer.close()

    async def _copy(self, reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


@pytest.fixture
def new_proxy():
    proxies = []

    def start(*args, **kwargs):
        proxies.append(Proxy(*args, **kwargs))
        return proxies[-1]

    yield start
    for proxy in proxies:
        proxy.stop()


@pytest.fixture
def tls_server(new_server, tmp_path):
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    server = new_server(tls=context)
    server.add("/a", b"here")
    server.tls_settings = TlsSettings(ca_file=file)
    return server


async def _got(url, settings):
    http = HttpRetriever(settings)
    try:
        return (await http.get(url)).body
    finally:
        await http.close()


def get(url, **settings):
    return asyncio.run(_got(url, HttpSettings(max_retries=0, **settings)))


def test_plain_http_goes_through_it_in_the_absolute_form(server, new_proxy):
    proxy = new_proxy()
    url = server.add("/a%2Fb?c=d", b"here")
    assert get(url, proxy=proxy.url) == b"here"
    assert proxy.requests[0][0] == f"GET {url}"
    assert server.requests[0][0] == "/a%2Fb?c=d"


def test_https_goes_through_a_tunnel_and_the_proxy_learns_nothing(tls_server, new_proxy):
    proxy = new_proxy()
    tls, auth = tls_server.tls_settings, BasicAuth("ada", "secret")
    assert get(tls_server.url + "/a", proxy=proxy.url, tls=tls, auth=auth) == b"here"
    line, fields = proxy.requests[0]
    assert line == f"CONNECT 127.0.0.1:{tls_server.port}"
    assert "authorization" not in fields
    assert tls_server.requests[0][1]["authorization"] == auth.fixed["Authorization"]


# RFC 7617, section 2, and its UTF-8 example.
USERS = [
    ("Aladdin:open%20sesame@", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    ("test:123%C2%A3@", "Basic dGVzdDoxMjPCow=="),
]


@pytest.mark.parametrize(("user", "authorization"), USERS)
def test_credentials_of_a_proxy_are_told_to_the_proxy_alone(
    server, tls_server, new_proxy, user, authorization
):
    proxy = new_proxy(authorization)
    address = proxy.url.replace("://", f"://{user}")
    assert get(server.add("/a", b"plain"), proxy=address) == b"plain"
    assert get(tls_server.url + "/a", proxy=address, tls=tls_server.tls_settings) == b"here"
    for one in (server, tls_server):
        assert "proxy-authorization" not in one.requests[0][1]


@pytest.mark.parametrize("address", ["", "//eve:hush@"])
def test_a_proxy_that_refuses_is_told_as_such(server, tls_server, new_proxy, address):
    proxy = new_proxy("Basic x")
    way = proxy.url.replace("//", address) if address else proxy.url
    for one in (server, tls_server):
        with pytest.raises(HttpStatusError) as caught:
            get(one.url + "/a", proxy=way, tls=tls_server.tls_settings)
        assert caught.value.status == 407
        assert str(caught.value) == (
            f"GET {one.url}/a gave HTTP 407 Proxy Authentication Required; the proxy on the way "
            "wants credentials, or others (it asks for Basic, realm 'the way out'); give them as "
            "HttpSettings(proxy='http://user:password@proxy.example:3128')"
        )
        assert one.requests == []


def test_a_proxy_that_has_no_connection_is_told_as_such(tls_server, new_proxy):
    proxy = new_proxy(status="502 Bad Gateway")
    with pytest.raises(HttpStatusError, match="that was the proxy on the way, which has no conne"):
        get(tls_server.url + "/a", proxy=proxy.url, tls=tls_server.tls_settings)


def test_a_proxy_that_is_not_there_is_named_without_its_credentials(server):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(RetrieveError) as caught:
        get(server.url + "/a", proxy=f"http://ada:hush@127.0.0.1:{port}")
    assert f"no connection to the proxy 127.0.0.1 port {port}" in str(caught.value)
    error = caught.value
    while error is not None:
        assert "hush" not in str(error)
        error = error.__cause__


def test_the_way_of_a_redirection_is_found_anew(server, new_proxy, environment):
    proxy = new_proxy()
    environment.setenv("http_proxy", proxy.url)
    answer = "HTTP/1.1 302 X\r\nLocation: http://pacs.example:{}/b\r\nContent-Length: 0\r\n\r\n"
    server.add_raw("/a", answer.format(server.port).encode())
    server.add("/b", b"here")
    # This machine is asked without, the other name by the proxy, which knows where that is.
    assert get(server.url + "/a") == b"here"
    assert [line for line, _ in proxy.requests] == [f"GET http://pacs.example:{server.port}/b"]


PACS = Origin.of("https://pacs.example")


def address(origin, setting=None):
    proxy = proxy_for(Origin.of(origin), setting)
    return None if proxy is None else proxy.address


def test_the_environment_says_which(environment):
    assert address("https://pacs.example") is None
    environment.setenv("https_proxy", "http://proxy.example:3128/")
    environment.setenv("http_proxy", "proxy.example")
    assert address("https://pacs.example") == "http://proxy.example:3128"
    assert address("http://pacs.example") == "http://proxy.example:80"
    assert address("https://pacs.example", "http://other:1") == "http://other:1"
    assert address("https://pacs.example", "") is None


def test_all_proxy_is_for_what_has_none_of_its_own(environment):
    environment.setenv("all_proxy", "https://proxy.example")
    assert address("https://pacs.example") == "https://proxy.example:443"
    environment.setenv("https_proxy", "http://[::1]:3128")
    assert address("https://pacs.example") == "http://[::1]:3128"


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:8042", "http://a.localhost", "http://127.0.0.1", "http://127.1.2.3:80",
     "http://[::1]:8042"],
)  # fmt: skip
def test_this_machine_is_asked_without_a_proxy_of_the_environment(environment, origin):
    environment.setenv("http_proxy", "http://proxy.example")
    assert address(origin) is None
    assert address(origin, "http://proxy.example") == "http://proxy.example:80"


@pytest.mark.parametrize(
    ("exceptions", "origin", "is_excepted"),
    [
        ("*", "https://pacs.example", True),
        ("pacs.example", "https://pacs.example", True),
        (".example", "https://pacs.example", True),
        ("example", "https://pacs.example", True),
        ("cs.example", "https://pacs.example", False),
        ("other, pacs.example", "https://PACS.example", True),
        ("pacs.example:8443", "https://pacs.example:8443", True),
        ("pacs.example:8443", "https://pacs.example", False),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.0.0.0/8", "https://pacs.example", False),
        ("fd00::/8", "https://[fd12::1]:8443", True),
        ("10.0.0.0/99", "https://10.1.2.3", False),
    ],
)
def test_exceptions_of_the_environment(environment, exceptions, origin, is_excepted):
    environment.setenv("https_proxy", "http://proxy.example")
    environment.setenv("no_proxy", exceptions)
    assert (address(origin) is None) is is_excepted


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("socks5://ada:hush@proxy", "names a proxy of scheme 'socks5'; http and https are known"),
        ("http://", "names a proxy of scheme 'http'"),
        ("http://ada:hush@proxy:port", "is not a valid address of a proxy"),
    ],
)
def test_a_proxy_that_is_not_understood_is_told(environment, setting, what):
    with pytest.raises(ValueError, match="HttpSettings.proxy " + what) as caught:
        HttpRetriever(HttpSettings(proxy=setting))
    assert "hush" not in str(caught.value)
    environment.setenv("http_proxy", setting)
    with pytest.raises(RetrieveError, match="not sent: HTTP_PROXY of the environment " + what) as e:
        get("http://pacs.example/a")
    assert "hush" not in str(e.value)


def test_nothing_secret_of_a_proxy_is_printed():
    assert "hush" not in repr(proxy_for(PACS, "http://ada:hush@proxy.example"))


def test_a_proxy_that_is_silent_about_a_tunnel_is_given_up_in_the_time_of_a_connection():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TransferError, match=r"no connection within 0\.2 s"):
            get("https://pacs.example/a", proxy=proxy, connect_timeout_s=0.2, total_timeout_s=20)
