"""Addresses: whose they are, and errors that show none with a secret."""

from __future__ import annotations

import pytest

from pycornerstone.errors import DecodeError
from pycornerstone.retrieve.addresses import Origin, naming_image


def test_an_error_that_passes_names_the_image_and_no_secret():
    image_id = "wadors:https://ada:secret@pacs/instances/1/frames/1"
    with pytest.raises(DecodeError) as caught, naming_image(image_id):
        raise DecodeError(f"nobody knows it of {image_id}")
    assert caught.value.image_id == "wadors:https://pacs/instances/1/frames/1"
    assert str(caught.value) == "nobody knows it of wadors:https://pacs/instances/1/frames/1"
    assert "secret" not in repr(caught.value)


def test_an_error_that_names_its_image_goes_on_naming_it():
    error = DecodeError("broken")
    error.image_id = "wadors:https://token@pacs/other"
    with pytest.raises(DecodeError) as caught, naming_image("wadors:https://pacs/a"):
        raise error
    assert str(caught.value) == "broken [imageId wadors:https://pacs/other]"


def test_errors_of_others_pass_as_they_are():
    with pytest.raises(ZeroDivisionError), naming_image("wadors:a"):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("http://pacs", ("http", "pacs", 80)),
        ("HTTPS://ada:secret@PACS.Example:443/a?b#c", ("https", "pacs.example", 443)),
        ("http://[2001:DB8::1]:8042/a", ("http", "2001:db8::1", 8042)),
        # As other implementations of RFC 3490 have it.
        ("http://bücher.example", ("http", "xn--bcher-kva.example", 80)),
    ],
)
def test_the_origin_of_an_address(address, origin):
    assert Origin.of(address) == origin
    assert Origin.of(str(Origin.of(address))) == origin


@pytest.mark.parametrize("address", ["", "pacs", "ftp://pacs", "http://", "http://a:b", "http://["])
def test_what_has_no_origin_is_refused_and_not_shown(address):
    with pytest.raises(ValueError, match=r"^not an? (http or https|valid) address"):
        Origin.of(address)
