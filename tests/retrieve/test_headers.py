"""Header fields and media types."""

from __future__ import annotations

import email.message

import pytest

from pycornerstone.retrieve.headers import ContentType, Headers


def test_names_are_found_in_any_case():
    headers = Headers([("Content-TYPE", "text/plain")])
    assert headers["content-type"] == headers["CONTENT-TYPE"] == "text/plain"
    assert "Content-type" in headers
    assert "content-length" not in headers
    assert 3 not in headers
    assert headers.get("Content-Length") is None
    assert dict(headers) == {"content-type": "text/plain"}
    assert len(headers) == 1


def test_what_comes_twice_is_joined():
    # RFC 9110, section 5.3.
    assert Headers([("Via", "a"), ("via", "b")])["Via"] == "a, b"


def test_printing_shows_no_values():
    assert repr(Headers([("Set-Cookie", "secret")])) == "Headers(set-cookie)"


@pytest.mark.parametrize(
    "text",
    [
        "text/html",
        "Text/HTML; Charset=UTF-8",
        'multipart/related; type="application/octet-stream"; boundary=abc',
        'multipart/related;boundary="a b;c=d";TYPE="image/jls; transfer-syntax=1.2"',
        'application/dicom+json; a="say \\"hi\\""; b=c',
        'image/jpeg ; transfer-syntax = "1.2.840.10008.1.2.4.50"',
    ],
)
def test_parameters_are_those_of_the_standard_library(text):
    message = email.message.Message()
    message["Content-Type"] = text
    expected = {name.lower(): value for name, value in message.get_params()[1:]}
    parsed = ContentType.parse(text)
    assert parsed.media_type == message.get_content_type()
    # Escapes within quotes are left in by the standard library (RFC 9110, section 5.6.4).
    assert parsed.parameters == {k: v.replace('\\"', '"') for k, v in expected.items()}


@pytest.mark.parametrize(
    ("text", "media_type", "parameters"),
    [
        ("", "", {}),
        (";", "", {}),
        ('"image/jls; transfer-syntax=1.2"', "image/jls", {"transfer-syntax": "1.2"}),
        ("image/png; =x; y", "image/png", {}),
        ("a/b; c=1; c=2", "a/b", {"c": "1"}),
    ],
)
def test_odd_values_are_taken_as_far_as_they_go(text, media_type, parameters):
    parsed = ContentType.parse(text)
    assert (parsed.media_type, parsed.parameters) == (media_type, parameters)
