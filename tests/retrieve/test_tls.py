"""TLS against real servers: who is trusted, by which certificate one is known, what is told."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import socket
import ssl
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from pycornerstone import BasicAuth, HttpSettings, RetrieveError, TlsSettings, TransferError
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.retrieve.tls import TlsContexts


@pytest.fixture(scope="module")
def hospital():
    return trustme.CA(organization_name="Hospital")


@pytest.fixture
def ca_file(hospital, tmp_path):
    file = tmp_path / "hospital.pem"
    hospital.cert_pem.write_to_path(file)
    return file


@pytest.fixture(scope="module")
def client_certificate(hospital):
    return hospital.issue_cert(common_name="reader")


@pytest.fixture
def client_pem(client_certificate, tmp_path):
    file = tmp_path / "reader.pem"
    client_certificate.private_key_and_cert_chain_pem.write_to_path(file)
    return file


def identity(certificate, *, wants_client_of=None, version=None):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    if wants_client_of is not None:
        wants_client_of.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    if version is not None:
        context.maximum_version = version
    return context


@pytest.fixture
def pacs(hospital, new_server):
    server = new_server(tls=identity(hospital.issue_cert("127.0.0.1", "localhost")))
    server.add("/a", b"here")
    return server


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, location = (302, self.server.open_url) if self.path == "/open" else (200, "")
        self.send_response(status)
        self.send_header("Location", location)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"here")

    def log_message(self, *args):
        pass


class ClosedServer(ThreadingHTTPServer):
    """Talks to those whose certificate it knows, and says so to others, which asyncio would not."""

    def __init__(self, tls):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tls = tls
        self.url = f"https://127.0.0.1:{self.server_port}"
        self.open_url = ""

    def finish_request(self, request, client_address):
        connection = self.tls.wrap_socket(request, True, do_handshake_on_connect=False)
        try:
            connection.do_handshake()
        except OSError:
            refused = socket.socket(fileno=connection.detach())
            # Closing with bytes unread would take back what was said.
            with suppress(OSError), refused:
                refused.shutdown(socket.SHUT_WR)
                while refused.recv(1000):
                    pass
            return
        with suppress(OSError), connection:
            super().finish_request(connection, client_address)

    def shutdown_request(self, request):
        request.close()


@pytest.fixture
def new_closed_pacs(hospital):
    servers = []

    def start(version=None):
        context = identity(
            hospital.issue_cert("127.0.0.1"), wants_client_of=hospital, version=version
        )
        servers.append(ClosedServer(context))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def closed_pacs(new_closed_pacs):
    return new_closed_pacs()


async def _got(url, settings):
    http = HttpRetriever(settings)
    try:
        return (await http.get(url)).body
    finally:
        await http.close()


def get(url, tls=None, **more):
    more.setdefault("max_retries", 0)
    return asyncio.run(_got(url, HttpSettings(tls=tls, **more)))


def failure(url, tls=None, **more):
    with pytest.raises(RetrieveError) as caught:
        get(url, tls, **more)
    return str(caught.value)


def test_the_authority_of_a_hospital_is_trusted_when_it_is_given(pacs, ca_file):
    assert get(pacs.url + "/a", TlsSettings(ca_file=ca_file)) == b"here"
    assert get(pacs.url + "/a", TlsSettings(ca_file=str(ca_file))) == b"here"


def test_it_is_trusted_beside_those_of_the_system(ca_file):
    async def authorities(settings):
        context = await TlsContexts(settings).get(with_certificate=True)
        return context.cert_store_stats()["x509_ca"]

    of_system = asyncio.run(authorities(TlsSettings()))
    assert asyncio.run(authorities(TlsSettings(ca_file=ca_file))) == of_system + 1


@pytest.mark.parametrize("tls", [None, TlsSettings()])
def test_an_unknown_authority_is_told_and_not_asked_again(pacs, tls):
    text = failure(pacs.url + "/a", tls, max_retries=3, backoff_s=10)
    assert text == (
        f"GET {pacs.url}/a failed: the certificate of the server is not accepted: its authority is "
        "not one that is trusted; if you trust that, give its certificate as "
        "TlsSettings(ca_file=...)"
    )


def test_a_certificate_for_another_name_is_told(new_server, hospital, ca_file):
    server = new_server(tls=identity(hospital.issue_cert("pacs.example")))
    tls = TlsSettings(ca_file=ca_file)
    assert "it is not for this IP address; ask for the host name" in failure(server.url, tls)
    by_name = f"https://localhost:{server.port}/a"
    assert "it is for another host name; ask for the name that it is for" in failure(by_name, tls)


def test_a_certificate_that_has_expired_is_told(new_server, hospital, ca_file):
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    old = hospital.issue_cert("127.0.0.1", not_after=before)
    server = new_server(tls=identity(old))
    assert "it has expired" in failure(server.url, TlsSettings(ca_file=ca_file))


def test_a_certificate_that_is_not_valid_yet_is_told(new_server, hospital, ca_file):
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    early = hospital.issue_cert("127.0.0.1", not_before=tomorrow)
    server = new_server(tls=identity(early))
    assert "it is not valid yet; check the clock" in failure(
        server.url, TlsSettings(ca_file=ca_file)
    )


def test_a_certificate_that_signs_itself_is_told(new_server, tmp_path):
    # An authority is the certificate that signs itself.
    alone = trustme.CA()
    file = tmp_path / "alone.pem"
    file.write_bytes(alone.private_key_pem.bytes() + alone.cert_pem.bytes())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    assert "it is signed by itself; if you trust it, give" in failure(new_server(tls=context).url)


def test_without_verification_whoever_answers_is_trusted_and_the_log_says_so_once(
    new_server, hospital, caplog
):
    server = new_server(tls=identity(hospital.issue_cert("pacs.example")))
    server.add("/a", b"here")

    async def twice():
        http = HttpRetriever(HttpSettings(tls=TlsSettings(verify=False)))
        try:
            return [(await http.get(f"{server.url}/a")).body for _ in range(2)]
        finally:
            await http.close()

    with caplog.at_level(logging.WARNING, "pycornerstone"):
        assert asyncio.run(twice()) == [b"here", b"here"]
    (record,) = caplog.records
    assert record.getMessage() == (
        "TLS certificates are not verified (TlsSettings.verify is False): whoever answers is "
        "trusted, and is told the credentials"
    )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_certificate_is_shown_it(
    new_closed_pacs, ca_file, client_pem, version
):
    url = new_closed_pacs(version).url + "/a"
    assert get(url, TlsSettings(ca_file=ca_file, client_certificate=client_pem)) == b"here"
    text = failure(url, TlsSettings(ca_file=ca_file))
    assert "a certificate of this client" in text
    assert "TlsSettings(client_certificate=..., client_key=...)" in text


def test_a_certificate_that_the_server_does_not_know_is_told(closed_pacs, ca_file, tmp_path):
    stranger = tmp_path / "stranger.pem"
    trustme.CA().issue_cert("eve").private_key_and_cert_chain_pem.write_to_path(stranger)
    tls = TlsSettings(ca_file=ca_file, client_certificate=stranger)
    text = failure(closed_pacs.url + "/a", tls)
    assert "the server does not accept the certificate of this client (unknown ca)" in text


def test_a_key_may_have_a_file_and_a_password(closed_pacs, ca_file, client_certificate, tmp_path):
    certificate, key = tmp_path / "reader.crt", tmp_path / "reader.key"
    certificate.write_bytes(b"".join(pem.bytes() for pem in client_certificate.cert_chain_pems))
    unlocked = serialization.load_pem_private_key(client_certificate.private_key_pem.bytes(), None)
    key.write_bytes(
        unlocked.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"hush"),
        )
    )

    def tls(password):
        return TlsSettings(
            ca_file=ca_file,
            client_certificate=certificate,
            client_key=key,
            client_key_password=password,
        )

    assert get(closed_pacs.url + "/a", tls("hush")) == b"here"
    # Without one, OpenSSL would ask for it at the terminal.
    for password in ("wrong", None):
        text = failure(closed_pacs.url + "/a", tls(password))
        assert f"TlsSettings.client_key '{key}' cannot be used" in text
        assert "client_key_password where the key has one" in text
    assert "hush" not in repr(tls("hush"))


def test_files_that_are_not_what_they_should_be_are_told(pacs, ca_file, client_pem, tmp_path):
    url, missing, broken = pacs.url + "/a", tmp_path / "missing.pem", tmp_path / "broken.pem"
    broken.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    other_key = tmp_path / "other.key"
    trustme.CA().issue_cert("eve").private_key_pem.write_to_path(other_key)
    for tls, what in [
        (TlsSettings(ca_file=missing), f"ca_file '{missing}' cannot be used (No such file"),
        (TlsSettings(ca_file=broken), f"ca_file '{broken}' cannot be used ("),
        (TlsSettings(ca_file=tmp_path), f"ca_file '{tmp_path}' cannot be used ("),
        (
            TlsSettings(client_certificate=missing),
            f"client_certificate '{missing}' cannot be used (No such file",
        ),
        (
            TlsSettings(client_certificate=client_pem, client_key=missing),
            f"client_key '{missing}' cannot be used (No such file",
        ),
        (
            TlsSettings(client_certificate=broken),
            f"client_certificate '{broken}' cannot be used (",
        ),
        (
            TlsSettings(client_certificate=client_pem, client_key=other_key),
            f"client_key is not the key of the certificate in {client_pem}",
        ),
    ]:
        error = failure(url, tls)
        assert f"TlsSettings.{what}" in error
        assert "; give " in error
    assert pacs.requests == []


def test_a_key_without_a_certificate_is_refused_at_once(client_pem):
    with pytest.raises(ValueError, match="a client_key and no client_certificate"):
        HttpRetriever(HttpSettings(tls=TlsSettings(client_key=client_pem)))


def test_a_server_that_another_one_redirects_to_is_not_shown_the_certificate(
    closed_pacs, pacs, ca_file, client_pem
):
    tls = TlsSettings(ca_file=ca_file, client_certificate=client_pem)
    redirect = "HTTP/1.1 302 X\r\nLocation: {}/a\r\nContent-Length: 0\r\n\r\n"
    pacs.add_raw("/closed", redirect.format(closed_pacs.url).encode())
    closed_pacs.open_url = pacs.url + "/a"
    assert "wants a certificate of this client" in failure(pacs.url + "/closed", tls)
    assert get(closed_pacs.url + "/open", tls) == b"here"
    # Nor is it by a connection that was made when the user named it.

    async def both():
        http = HttpRetriever(HttpSettings(tls=tls, max_retries=0))
        try:
            assert (await http.get(closed_pacs.url + "/a")).body == b"here"
            with pytest.raises(TransferError, match="wants a certificate of this client"):
                await http.get(pacs.url + "/closed")
        finally:
            await http.close()

    asyncio.run(both())


def test_from_https_to_http_nobody_is_led(pacs, server, ca_file):
    server.add("/b", b"")
    answer = f"HTTP/1.1 302 X\r\nLocation: {server.url}/b?sig=hush\r\nContent-Length: 0\r\n\r\n"
    pacs.add_raw("/b", answer.encode())
    tls = TlsSettings(ca_file=ca_file)
    text = failure(pacs.url + "/b", tls, auth=BasicAuth("ada", "secret"))
    assert f"is redirected from https to {server.url}/b?sig=..., which anybody on the way" in text
    assert "has to be told that its address is https" in text
    assert server.requests == []


def test_from_http_to_https_at_another_port_nothing_goes_along(pacs, server, ca_file):
    answer = f"HTTP/1.1 301 X\r\nLocation: {pacs.url}/a\r\nContent-Length: 0\r\n\r\n"
    server.add_raw("/a", answer.encode())
    tls = TlsSettings(ca_file=ca_file)
    assert get(server.url + "/a", tls, auth=BasicAuth("ada", "secret")) == b"here"
    assert "authorization" in server.requests[0][1]
    assert "authorization" not in pacs.requests[0][1]


def test_the_files_are_read_once_and_not_in_the_event_loop(ca_file, monkeypatch):
    threads = []
    create = ssl.create_default_context

    def watched():
        threads.append(threading.current_thread())
        return create()

    monkeypatch.setattr(ssl, "create_default_context", watched)

    async def many():
        contexts = TlsContexts(TlsSettings(ca_file=ca_file))
        found = await asyncio.gather(*(contexts.get(with_certificate=True) for _ in range(10)))
        assert len(set(found)) == 1

    asyncio.run(many())
    assert len(threads) == 1
    assert threading.current_thread() not in threads


@pytest.mark.parametrize("begins", [True, False], ids=["in the body", "before the answer"])
def test_cancelling_ends_the_connection_though_the_server_does_not_agree(tmp_path, begins):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    asked, hung_up = threading.Event(), threading.Event()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello" if begins else b""

    def serve(listening):
        plain, _ = listening.accept()
        # Of what the client says afterwards nothing is answered, in TLS either.
        with context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as tls:
            tls.recv(65536)
            tls.sendall(head)
            asked.set()
            under = socket.socket(fileno=os.dup(tls.fileno()))
            under.settimeout(10)
            with under, suppress(ConnectionError):
                while under.recv(65536):
                    pass
            hung_up.set()

    async def cancel(url):
        http = HttpRetriever(HttpSettings(tls=TlsSettings(ca_file=ca_file)))
        getting = asyncio.create_task(http.get(url))
        await asyncio.to_thread(asked.wait, 10)
        await asyncio.sleep(0.1)
        getting.cancel()
        await asyncio.gather(getting, return_exceptions=True)
        is_over = await asyncio.to_thread(hung_up.wait, 5)
        await http.close()
        return is_over

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        assert asyncio.run(cancel(f"https://127.0.0.1:{listening.getsockname()[1]}/a"))
        thread.join()
