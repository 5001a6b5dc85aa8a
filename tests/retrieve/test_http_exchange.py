"""One exchange against real servers: who is told what, and where redirections lead."""

from __future__ import annotations

import asyncio
import re

import aiohttp
import pytest

from pycornerstone import (
    BasicAuth,
    BearerAuth,
    HttpSettings,
    HttpStatusError,
    RetrieveError,
    TransferError,
)
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.retrieve.http_exchange import HttpExchange

ADA = BasicAuth("ada", "secret")
ADA_SENT = ADA.fixed["Authorization"]


async def _exchanged(settings, requests):
    exchange = HttpExchange(settings)
    answers = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        for url, headers in requests:
            async with exchange.open(client, url, headers) as response:
                answers.append((response.status, await response.read(), str(response.url)))
    await exchange.close()
    return answers


def ask(url, settings=None, headers=None):
    return asyncio.run(_exchanged(settings or HttpSettings(), [(url, headers)]))[0]


def redirect(server, path, location, status=302, more=""):
    answer = f"HTTP/1.1 {status} X\r\nLocation: {location}\r\n{more}Content-Length: 4\r\n\r\npage"
    return server.add_raw(path, answer.encode())


def sent(server, name):
    return [fields.get(name) for _, fields in server.requests]


def guard(server, path, is_let_in, challenge='Basic realm="PACS"'):
    """Answer 401 to whoever is not let in."""

    async def answer(_reader, writer):
        if is_let_in(server.requests[-1][1].get("authorization")):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nin")
        else:
            head = f"HTTP/1.1 401 No\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 4\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\nauth")
        await writer.drain()

    return server.add_raw(path, answer)


def test_the_answer_is_given_whatever_it_is(server):
    url = server.add("/a", b"gone", status="410 Gone")
    assert ask(url) == (410, b"gone", url)


def test_basic_is_sent_at_once(server):
    ask(server.add("/a", b""), HttpSettings(auth=ADA))
    assert sent(server, "authorization") == [ADA_SENT]


def test_a_user_in_the_address_is_sent_as_basic_and_goes_before_all_else(server):
    server.add("/a", b"")
    url = server.url.replace("://", "://Aladdin:open%20sesame@") + "/a"
    _, _, answered = ask(url, HttpSettings(auth=ADA, headers={"Authorization": "Bearer x"}))
    # RFC 7617, section 2.
    assert sent(server, "authorization") == ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]
    assert server.requests[0][0] == "/a"
    assert "Aladdin" not in answered


def test_a_token_that_has_run_out_is_exchanged_and_asked_for_once_more(server):
    tokens = iter(["old", "new"])
    url = guard(server, "/a", lambda given: given == "Bearer new")
    assert ask(url, HttpSettings(auth=BearerAuth(lambda: next(tokens))))[:2] == (200, b"in")
    assert sent(server, "authorization") == ["Bearer old", "Bearer new"]


def test_the_function_is_told_what_was_refused_and_what_is_wanted(server):
    asked = []

    async def auth(request):
        asked.append(request)
        return {"Authorization": f"Digest {len(asked)}"}

    url = guard(server, "/a?b=c", lambda _: False, 'Digest realm="x", nonce="y"')
    assert ask(url, HttpSettings(auth=auth))[0] == 401
    assert [(one.method, one.url) for one in asked] == [("GET", url)] * 2
    assert (asked[0].refused, asked[0].challenge) == (None, "")
    assert asked[1].refused == {"Authorization": "Digest 1"}
    assert asked[1].challenge == 'Digest realm="x", nonce="y"'
    assert len(server.requests) == 2


def test_a_hundred_requests_whose_token_runs_out_fetch_one(server):
    fetched = []

    def token():
        fetched.append(len(fetched) + 1)
        return f"t{len(fetched)}"

    url = guard(server, "/a", lambda given: given == "Bearer t2")

    async def burst():
        http = HttpRetriever(HttpSettings(auth=BearerAuth(token), max_connections_per_host=20))
        try:
            answers = await asyncio.gather(*(http.get(url) for _ in range(100)))
        finally:
            await http.close()
        assert {answer.body for answer in answers} == {b"in"}

    asyncio.run(burst())
    assert fetched == [1, 2]


def test_a_signature_is_made_for_each_address(server):
    def sign(request):
        return {"X-Signature": request.url.rpartition("/")[2]}

    settings = HttpSettings(auth=sign)
    urls = [(server.add(f"/{i}", b""), None) for i in range(3)]
    asyncio.run(_exchanged(settings, urls))
    assert sent(server, "x-signature") == ["0", "1", "2"]


def refusal(url, settings=None):
    async def get():
        http = HttpRetriever(settings or HttpSettings(max_retries=0))
        try:
            await http.get(url)
        finally:
            await http.close()

    with pytest.raises(RetrieveError) as caught:
        asyncio.run(get())
    return caught.value


def test_who_has_no_credentials_is_told_what_is_wanted(server):
    error = refusal(guard(server, "/a", lambda _: False, 'Basic realm="PACS of the hospital"'))
    assert isinstance(error, HttpStatusError)
    assert error.status == 401
    assert str(error).endswith(
        "; the server wants credentials that were not given (it asks for Basic, realm 'PACS of the "
        "hospital'); give them as HttpSettings(auth=...)"
    )


def test_who_has_the_wrong_ones_is_told_so(server):
    challenge = f'Bearer realm="{"x" * 500}", error="invalid_token", Negotiate'
    error = refusal(guard(server, "/a", lambda _: False, challenge), HttpSettings(auth=ADA))
    assert str(error).endswith(
        "; the server does not accept the credentials that it was given (it asks for Bearer or "
        f"Negotiate, realm '{'x' * 60}...')"
    )
    assert len(server.requests) == 1


def test_who_is_not_allowed_is_told_so(server):
    url = server.add("/a", b"", status="403 Forbidden")
    assert "does not allow it" in str(refusal(url, HttpSettings(auth=ADA)))
    assert "credentials that were not given" in str(refusal(url))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirections_are_followed(server, status):
    server.add("/b", b"here")
    url = redirect(server, "/a", "/b", status)
    assert ask(url) == (200, b"here", server.url + "/b")
    assert server.connections_made == 1


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("c%2Fd?e=%41", "/a%2Fb/c%2Fd?e=%41"),
        ("../c", "/c"),
        ("?e", "/a%2Fb/x?e"),
        ("//{host}/c#part", "/c"),
        ("http://ada:secret@{host}/c", "/c"),
        ("c d", "/a%2Fb/c%20d"),
    ],
)
def test_a_relative_location_counts_from_the_address_as_written(server, location, path):
    server.add(path, b"here")
    host = server.url.partition("//")[2]
    url = redirect(server, "/a%2Fb/x", location.format(host=host))
    assert ask(url)[:2] == (200, b"here")
    assert sent(server, "authorization") == [None, None]


@pytest.mark.parametrize("status", [300, 304, 305])
def test_other_answers_of_their_kind_are_not_followed(server, status):
    head = f"HTTP/1.1 {status} X\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    assert ask(server.add_raw("/a", head.encode()))[0] == status


def test_a_redirection_to_nowhere_is_the_answer(server):
    url = server.add("/a", b"page", status="302 Found")
    assert ask(url)[:2] == (302, b"page")


@pytest.mark.parametrize(
    "location", ["ftp://127.0.0.1/a", "http://", "https:///a", "http://h:99999/", "mailto:a", "//["]
)
def test_a_redirection_to_no_http_address_is_an_error(server, location):
    with pytest.raises(RetrieveError, match="redirected to what is no http or https address"):
        ask(redirect(server, "/a", location))


def test_a_circle_is_an_error_at_once(server):
    url = redirect(server, "/a", "/b")
    redirect(server, "/b", "/a?token=secret")
    redirect(server, "/a?token=secret", "/a")
    with pytest.raises(RetrieveError, match=r"/a is redirected in a circle, to http://\S+/a; see"):
        ask(url)
    assert len(server.requests) == 3


def test_ten_redirections_are_followed_and_no_more(server):
    for number in range(11):
        redirect(server, f"/{number}", f"/{number + 1}?token=secret")
        redirect(server, f"/{number}?token=secret", f"/{number + 1}?token=secret")
    server.add("/10?token=secret", b"here")
    assert ask(server.url + "/0")[1] == b"here"
    redirect(server, "/10?token=secret", "/11?token=secret")
    text = r"is redirected more than 10 times, lastly to http://\S+/11\?token=\.\.\.; see"
    with pytest.raises(RetrieveError, match=text):
        ask(server.url + "/0")


OTHER_FIELDS = {"Accept": "a/b", "Range": "bytes=0-9", "X-Api-Key": "k", "Cookie": "c=d"}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_server_is_told_nothing_but_what_is_wanted(server, another_server, name):
    another_server.add("/b", b"here")
    # One host at two ports is two servers, and so are two names of one.
    target = f"http://{name}:{another_server.port}/b"
    url = redirect(server, "/a", target, more="Set-Cookie: session=1\r\n")
    settings = HttpSettings(auth=ADA, headers={"X-Static": "s"})
    assert ask(url + "?access_token=q", settings, OTHER_FIELDS)[0] == 404
    assert ask(url, settings, OTHER_FIELDS)[:2] == (200, b"here")
    first, other = server.requests[-1][1], another_server.requests[0][1]
    assert {"authorization", "cookie", "x-static", "x-api-key", "accept", "range"} <= set(first)
    assert set(other) == {"host", "accept", "range", "accept-encoding", "user-agent"}
    assert (other["accept"], other["range"]) == ("a/b", "bytes=0-9")


def test_another_name_of_the_same_port_is_another_server(server):
    url = redirect(server, "/a", f"http://localhost:{server.port}/b")
    server.add("/b", b"here")
    assert ask(url, HttpSettings(auth=ADA))[1] == b"here"
    assert sent(server, "authorization") == [ADA_SENT, None]


def test_a_user_in_the_address_is_for_that_server_alone(server, another_server):
    another_server.add("/c", b"here")
    redirect(server, "/a", "/b")
    redirect(server, "/b", another_server.url + "/c")
    url = server.url.replace("://", "://ada:secret@") + "/a"
    assert ask(url)[1] == b"here"
    assert sent(server, "authorization") == [ADA_SENT, ADA_SENT]
    assert sent(another_server, "authorization") == [None]


def test_another_server_is_told_what_is_meant_for_it_by_name(server, another_server):
    another_server.add("/b", b"here")
    url = redirect(server, "/a", another_server.url + "/b")
    eve = BasicAuth("eve", "x")
    settings = HttpSettings(auth={server.url: ADA, another_server.url: eve})
    ask(url, settings, {"Accept": "a/b"})
    assert sent(server, "authorization") == [ADA_SENT]
    assert sent(another_server, "authorization") == [eve.fixed["Authorization"]]


def test_coming_back_one_is_known_again(server, another_server):
    url = redirect(server, "/a", another_server.url + "/login")
    redirect(another_server, "/login", server.url + "/b")
    server.add("/b", b"here")
    assert ask(url, HttpSettings(auth=ADA))[1] == b"here"
    assert sent(server, "authorization") == [ADA_SENT, ADA_SENT]
    assert sent(another_server, "authorization") == [None]


def test_whoever_wants_credentials_after_a_redirection_is_named(server, another_server):
    url = redirect(server, "/a", guard(another_server, "/b", lambda _: False))
    text = str(refusal(url, HttpSettings(auth=ADA)))
    assert f"it was redirected to {another_server.url}, which is not told the credentials" in text
    assert f"HttpSettings(auth={{'{another_server.url}': ...}})" in text


def test_a_server_that_is_not_in_the_mapping_is_told_nothing(server, another_server):
    settings = HttpSettings(auth={server.url: ADA})
    ask(another_server.add("/a", b""), settings)
    assert sent(another_server, "authorization") == [None]


def test_cookies_go_back_to_their_server_alone(server, another_server):
    first = server.add_raw(
        "/a",
        b'HTTP/1.1 200 OK\r\nSet-Cookie: route=7; Path=/\r\nSet-Cookie: s="a b"; HttpOnly\r\n'
        b"Set-Cookie: old=1; Max-Age=0\r\nSet-Cookie: deep=1; Path=/deep\r\n"
        b"Content-Length: 0\r\n\r\n",
    )
    urls = [first, server.add("/b", b""), another_server.add("/b", b"")]
    asyncio.run(_exchanged(HttpSettings(), [(url, None) for url in urls]))
    assert sent(server, "cookie") == [None, 'route=7; s="a b"']
    assert sent(another_server, "cookie") == [None]


def test_an_address_may_lead_elsewhere_once_it_has_its_cookie(server):
    async def answer(_reader, writer):
        if "cookie" in server.requests[-1][1]:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nin")
        else:
            head = b"HTTP/1.1 302 X\r\nLocation: /a\r\nSet-Cookie: a=b\r\n"
            writer.write(head + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()

    assert ask(server.add_raw("/a", answer))[:2] == (200, b"in")


def test_cookies_without_end_are_not_kept(server):
    urls = []
    for number in range(30):
        many = "".join(f"Set-Cookie: c{number}x{i}=1\r\n" for i in range(10))
        head = f"HTTP/1.1 200 OK\r\n{many}Content-Length: 0\r\n\r\n"
        urls.append((server.add_raw(f"/{number}", head.encode()), None))
    asyncio.run(_exchanged(HttpSettings(), urls))
    assert max(len((cookie or "").split("; ")) for cookie in sent(server, "cookie")) <= 70


def test_fields_of_the_caller_go_before_those_of_auth_and_settings(server):
    settings = HttpSettings(
        auth=lambda _: {"A": "auth", "B": "auth"},
        headers={"a": "settings", "b": "settings", "c": "settings", "User-Agent": "me"},
    )
    ask(server.add("/a", b""), settings, {"A": "caller"})
    fields = server.requests[0][1]
    assert [fields[name] for name in "abc"] == ["caller", "auth", "settings"]
    assert fields["user-agent"] == "me"


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"headers": {"A b": "c"}}, "headers holds a header field whose name"),
        ({"headers": {"A": "b\nc"}}, "headers holds a value of A with characters"),
        ({"proxy": "socks5://proxy"}, "HttpSettings.proxy names a proxy of scheme 'socks5'"),
        ({"auth": {"pacs": ADA}}, "no origin"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings, what):
    with pytest.raises(ValueError, match=re.escape(what)):
        HttpExchange(HttpSettings(**settings))


def test_a_function_that_fails_is_no_transfer_that_is_tried_again(server):
    asked = []

    def auth(_request):
        asked.append(1)
        raise OSError("secret")

    error = refusal(server.add("/a", b""), HttpSettings(auth=auth))
    assert not isinstance(error, TransferError)
    assert "secret" not in str(error)
    assert (len(asked), server.requests) == (1, [])


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        *((name, 0, ValueError) for name in ("connect_timeout_s", "read_timeout_s")),
        ("total_timeout_s", -1, ValueError),
        ("total_timeout_s", float("nan"), ValueError),
        ("connect_timeout_s", None, TypeError),
        ("read_timeout_s", "30", TypeError),
        ("backoff_s", -0.1, ValueError),
        ("max_backoff_s", float("inf"), ValueError),
        ("max_retries", -1, ValueError),
        ("max_retries", 1.5, ValueError),
        ("max_retries", True, TypeError),
        ("max_connections_per_host", 0, ValueError),
        ("max_body_bytes", 0, ValueError),
    ],
)
def test_times_and_numbers_that_cannot_be_kept_to_are_refused(name, value, error):
    with pytest.raises(error, match=rf"HttpSettings\.{name} must be .*, not {value!r}"):
        HttpSettings(**{name: value})
