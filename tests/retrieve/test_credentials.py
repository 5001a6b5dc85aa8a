"""Asking for credentials: how often, for whom, and what of it is told."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import time
import traceback

import pytest

from pycornerstone import BasicAuth, BearerAuth, RetrieveError
from pycornerstone.retrieve.addresses import Origin
from pycornerstone.retrieve.credentials import Credentials, Given, OriginCredentials

URL = "https://pacs.example/a"
PACS = Origin.of(URL)
OTHER = Origin.of("https://other.example")


class Tokens:
    """Hands out another token at each call, as slowly as a server that hands them out."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.requests = []
        self.threads = set()

    def plain(self, request=None):
        number = next(self.numbers)
        self.requests.append(request)
        self.threads.add(threading.current_thread())
        time.sleep(0.02)
        return {"Authorization": f"Bearer {number}"}

    async def later(self, request):
        self.requests.append(request)
        await asyncio.sleep(0.02)
        return {"Authorization": f"Bearer {next(self.numbers)}"}

    def text(self) -> str:
        return self.plain()["Authorization"].removeprefix("Bearer ")

    async def text_later(self) -> str:
        given = await self.later(None)
        return given["Authorization"].removeprefix("Bearer ")


def sent(given) -> str:
    return given.fields["Authorization"]


@pytest.mark.parametrize("kind", ["text", "text_later"])
def test_a_burst_asks_once_for_a_token_and_so_does_its_refusal(kind):
    tokens = Tokens()

    async def burst():
        credentials = OriginCredentials(BearerAuth(getattr(tokens, kind)))
        given = await asyncio.gather(*(credentials.fields(URL) for _ in range(100)))
        assert {sent(one) for one in given} == {"Bearer 1"}
        fresh = await asyncio.gather(
            *(credentials.after_refusal(URL, one, 'Bearer realm="x"') for one in given)
        )
        assert {sent(one) for one in fresh} == {"Bearer 2"}
        # One that was long under way with the first token does not ask either.
        assert sent(await credentials.after_refusal(URL, given[0], "")) == "Bearer 2"

    asyncio.run(burst())
    assert len(tokens.requests) == 2


def test_plain_functions_do_not_hold_up_the_event_loop():
    tokens = Tokens()

    async def ask():
        await OriginCredentials(tokens.plain).fields(URL)

    asyncio.run(ask())
    assert threading.current_thread() not in tokens.threads


def test_a_function_is_asked_for_every_request_and_a_token_until_it_is_refused():
    function, tokens = Tokens(), Tokens()

    async def ask():
        every, kept = OriginCredentials(function.later), OriginCredentials(BearerAuth(tokens.text))
        for _ in range(3):
            latest = await every.fields(URL), await kept.fields(URL)
        assert [sent(one) for one in latest] == ["Bearer 3", "Bearer 1"]
        fresh = await kept.after_refusal(URL, latest[1], "")
        assert sent(fresh) == sent(await kept.fields(URL)) == "Bearer 2"

    asyncio.run(ask())
    assert (len(function.requests), len(tokens.requests)) == (3, 2)


def test_who_is_refused_while_others_ask_has_what_is_asked_after_the_refusal():
    tokens = Tokens()

    async def ask():
        credentials = OriginCredentials(BearerAuth(tokens.text_later))
        refused = Given({"Authorization": "Bearer 0"})
        asking = asyncio.create_task(credentials.fields(URL))
        await asyncio.sleep(0)
        fresh = await credentials.after_refusal(URL, refused, "")
        assert (sent(await asking), sent(fresh)) == ("Bearer 1", "Bearer 2")

    asyncio.run(ask())


def sign_plainly(request):
    time.sleep(0.02)
    return {"X-Signature": request.url, "X-Refused": str(request.refused is not None)}


async def sign_later(request):
    await asyncio.sleep(0.02)
    return {"X-Signature": request.url, "X-Refused": str(request.refused is not None)}


@pytest.mark.parametrize("sign", [sign_plainly, sign_later])
def test_what_a_function_gives_for_one_request_is_given_to_no_other(sign):
    urls = [f"{URL}/{i}" for i in range(20)]

    async def ask():
        credentials = OriginCredentials(sign)
        given = await asyncio.gather(*(credentials.fields(url) for url in urls))
        fresh = await asyncio.gather(
            *(credentials.after_refusal(url, one, "") for url, one in zip(urls, given, strict=True))
        )
        return given, fresh

    given, fresh = asyncio.run(ask())
    assert [one.fields["X-Signature"] for one in given] == urls
    assert [one.fields["X-Signature"] for one in fresh] == urls
    assert {one.fields["X-Refused"] for one in fresh} == {"True"}


@pytest.mark.parametrize("auth", [BasicAuth("ada", "x"), BearerAuth("x"), lambda _: {"A": "x"}])
def test_what_is_no_other_than_what_was_refused_is_not_sent_again(auth):
    async def ask():
        credentials = OriginCredentials(auth)
        return await credentials.after_refusal(URL, await credentials.fields(URL), "")

    assert asyncio.run(ask()) is None


def test_who_gives_up_waiting_leaves_it_to_the_others():
    tokens = Tokens()

    async def ask():
        credentials = OriginCredentials(BearerAuth(tokens.text_later))
        first, second = (asyncio.create_task(credentials.fields(URL)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert sent(await second) == "Bearer 1"
        assert first.cancelled()

    asyncio.run(ask())
    assert len(tokens.requests) == 1


def test_closing_cancels_the_asking_and_waits_for_no_thread():
    asked, go_on = threading.Event(), threading.Event()

    def hang():
        asked.set()
        go_on.wait(10)
        return "x"

    async def ask():
        credentials = Credentials(BearerAuth(hang))
        waiting = asyncio.create_task(credentials.of(PACS, is_named=True).fields(URL))
        await asyncio.to_thread(asked.wait, 10)
        await credentials.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    before = time.monotonic()
    asyncio.run(ask())
    assert time.monotonic() - before < 5
    go_on.set()


def leak(_request):
    raise ConnectionError("https://login.example/token?client_secret=hush")


async def leak_later(_request):
    raise ConnectionError("hush")


def give_a_token_with_a_space():
    return "hush hush"


def stop(_request):
    raise StopIteration("hush")


async def cancelled(_request):
    raise asyncio.CancelledError("hush")


def end(_request):
    raise SystemExit("hush")


@pytest.mark.parametrize(
    ("auth", "what"),
    [
        (leak, "raised ConnectionError in leak ("),
        (leak_later, "raised ConnectionError in leak_later ("),
        (stop, "raised RuntimeError in stop ("),
        (cancelled, "raised CancelledError in cancelled ("),
        (end, "raised SystemExit in end ("),
        (BearerAuth(give_a_token_with_a_space), "failed: the token of BearerAuth is empty, or"),
        (BearerAuth(lambda: None), "failed: the token of BearerAuth is no text, but NoneType"),
        (lambda _: "hush", "gave a str; it is to give header fields"),
        (lambda _: {"A": b"hush"}, "gave a header field that is not text"),
        (lambda _: {"hush hush": ""}, "gave a header field whose name cannot be sent"),
        (lambda _: {"A": "hush\r\nB: c"}, "gave a value of A with characters that cannot be sent"),
        (lambda _: {"A": "\ud800hush"}, "gave a value of A with characters that cannot be sent"),
    ],
)
def test_a_function_that_fails_is_told_and_nothing_that_it_says(auth, what):
    async def ask():
        credentials = OriginCredentials(auth)
        return await asyncio.gather(
            *(credentials.fields("https://pacs.example/a?token=hush") for _ in range(2)),
            return_exceptions=True,
        )

    errors = asyncio.run(ask())
    for error in errors:
        assert isinstance(error, RetrieveError)
        assert str(error).startswith(
            "GET https://pacs.example/a?token=... was not sent: what HttpSettings.auth has for it "
            + what
        )
        assert "hush" not in "".join(traceback.format_exception(error))
    # Each is told which image it was for, later and on its own.
    assert errors[0] is not errors[1]


def test_a_failure_is_not_kept():
    answers = [ConnectionError("x"), "abc"]

    def token():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def ask():
        credentials = OriginCredentials(BearerAuth(token))
        with pytest.raises(RetrieveError):
            await credentials.fields(URL)
        return await credentials.fields(URL)

    assert sent(asyncio.run(ask())) == "Bearer abc"


def test_one_function_is_for_whoever_is_named_and_a_mapping_for_whom_it_names():
    for_all = Credentials(BasicAuth("a", "b"))
    assert for_all.of(PACS, is_named=True) is not None
    assert for_all.of(PACS, is_named=False) is None
    mapping = Credentials({"HTTPS://Pacs.Example:443/": BasicAuth("a", "b")})
    assert mapping.of(PACS, is_named=True) is mapping.of(PACS, is_named=False) is not None
    assert mapping.of(OTHER, is_named=True) is None
    assert mapping.of(Origin.of("http://pacs.example"), is_named=True) is None
    assert mapping.of(Origin.of("https://pacs.example:8443"), is_named=True) is None


@pytest.mark.parametrize(
    "key",
    [
        "pacs.example",
        "https://",
        "https://pacs.example/dicom-web",
        "https://pacs.example?a",
        "https://ada:hush@pacs.example",
        "ftp://pacs.example",
        "https://pacs.example:99999",
        "*",
        ("https", "pacs.example"),
    ],
)
def test_a_key_that_is_no_origin_is_refused(key):
    with pytest.raises(
        ValueError, match=r"no origin; give one such as 'https://pacs.example'"
    ) as e:
        Credentials({key: BasicAuth("a", "b")})
    assert "hush" not in str(e.value)


def test_an_origin_is_named_once():
    auth = BasicAuth("a", "b")
    with pytest.raises(ValueError, match=r"names https://pacs\.example twice"):
        Credentials({"https://pacs.example": auth, "https://PACS.example:443": auth})


@pytest.mark.parametrize("auth", [("ada", "secret"), {"https://pacs.example": "secret"}])
def test_what_is_no_function_is_refused(auth):
    with pytest.raises(TypeError, match="where a function is wanted; give BasicAuth") as caught:
        Credentials(auth)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("is_token", [False, True])
def test_an_async_function_is_called_in_the_event_loop(is_token):
    threads = []

    async def fields(_request):
        threads.append(threading.current_thread())
        return {"Authorization": "Bearer x"}

    async def token():
        threads.append(threading.current_thread())
        return "x"

    async def ask():
        auth = BearerAuth(token) if is_token else fields
        return await OriginCredentials(auth).fields(URL)

    assert sent(asyncio.run(ask())) == "Bearer x"
    assert threads == [threading.main_thread()]


def test_a_token_that_nobody_waits_for_any_more_is_given_up():
    called, go_on = threading.Event(), threading.Event()

    async def token():
        return "x"

    def in_a_thread():
        called.set()
        go_on.wait(10)
        return token()

    async def ask():
        credentials = Credentials(BearerAuth(in_a_thread))
        waiting = asyncio.create_task(credentials.of(PACS, is_named=True).fields(URL))
        await asyncio.to_thread(called.wait, 10)
        await credentials.close()
        go_on.set()
        while any(thread.name == "pycornerstone-auth" for thread in threading.enumerate()):
            await asyncio.sleep(0.01)
        await asyncio.gather(waiting, return_exceptions=True)

    # A coroutine that is never awaited would be a warning, and so an error.
    asyncio.run(ask())
    gc.collect()
