"""Credentials that are given by hand: what is sent, and what is refused before it is."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from pycornerstone import AuthRequest, BasicAuth, BearerAuth, HttpSettings

REQUEST = AuthRequest("GET", "https://pacs.example/a")


def test_basic_is_that_of_the_standard():
    # RFC 7617, section 2.
    fields = BasicAuth("Aladdin", "open sesame")(REQUEST)
    assert fields == {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}


def test_basic_is_in_utf_8():
    # RFC 7617, section 2.1.
    assert BasicAuth("test", "123£")(REQUEST) == {"Authorization": "Basic dGVzdDoxMjPCow=="}


def test_bearer_is_that_of_the_standard():
    # RFC 6750, section 2.1.
    assert BearerAuth("mF_9.B5f-4.1JqM")(REQUEST) == {"Authorization": "Bearer mF_9.B5f-4.1JqM"}


@pytest.mark.parametrize(
    ("user", "password", "why"),
    [("a:b", "c", "colon"), ("ada", "secret\n", "control"), ("a\0", "", "control")],
)
def test_a_user_that_cannot_be_sent_is_refused(user, password, why):
    with pytest.raises(ValueError, match=why) as caught:
        BasicAuth(user, password)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("Bearer abc", "the token alone"),
        ("abc\n", "line end"),
        ("", "is empty"),
        ("töken", "not ASCII"),
        (b"abc", "no text, but bytes"),
        (None, "no text, but NoneType"),
    ],
)
def test_what_is_no_token_is_refused_and_not_shown(token, why):
    with pytest.raises(ValueError, match=why) as caught:
        BearerAuth(token)
    assert "abc" not in str(caught.value)


def test_an_async_function_gives_a_token():
    async def token() -> str:
        return "abc"

    async def ask() -> object:
        answer = BearerAuth(token)(REQUEST)
        assert inspect.isawaitable(answer)
        return await answer

    assert asyncio.run(ask()) == {"Authorization": "Bearer abc"}


@pytest.mark.parametrize(
    "auth",
    [
        BasicAuth("ada", "secret"),
        BearerAuth("secret"),
        BearerAuth(lambda: "secret"),
    ],
)
def test_nothing_secret_is_printed(auth):
    settings = HttpSettings(auth=auth, proxy="http://ada:secret@proxy")
    for text in (repr(auth), str(auth), repr(settings)):
        assert "secret" not in text
        assert "ada" not in text


def test_what_a_function_is_told_is_not_printed():
    request = AuthRequest(
        "GET", "https://ada:secret@pacs/a?sig=secret", {"Authorization": "secret"}, "Basic"
    )
    assert repr(request) == "AuthRequest(method='GET', challenge='Basic')"
