"""Where redirections lead, by the words of the standards."""

from __future__ import annotations

import pytest

from pycornerstone import RetrieveError
from pycornerstone.retrieve.addresses import Origin
from pycornerstone.retrieve.redirects import fields_for_others, is_same_server, target_of


@pytest.mark.parametrize(
    ("location", "target"),
    [
        # RFC 3986, section 5.4.
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("/g", "http://a/g"),
        ("//g", "http://g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y#s", "http://a/b/c/g?y"),
        ("", "http://a/b/c/d;p?q"),
        ("../../../g", "http://a/g"),
        ("http://g/%2F?x=%41", "http://g/%2F?x=%41"),
        ("https://ada:secret@g:8443/", "https://g:8443/"),
        ("  /g ", "http://a/g"),
    ],
)
def test_targets(location, target):
    assert target_of("http://a/b/c/d;p?q", location) == target


@pytest.mark.parametrize("location", ["https:///g", "javascript:x", "http://g:x/", "//[::1"])
def test_what_is_no_address_is_refused(location):
    with pytest.raises(RetrieveError, match=r"GET http://a/b\?token=\.\.\. is redirected to what"):
        target_of("http://a/b?token=secret", location)


def test_an_upgrade_is_followed_and_the_other_way_is_not():
    assert target_of("http://pacs/a", "https://pacs/a") == "https://pacs/a"
    with pytest.raises(RetrieveError, match="from https to http://pacs/a, which anybody"):
        target_of("HTTPS://pacs/a", "http://pacs/a")


@pytest.mark.parametrize(
    ("named", "origin", "same"),
    [
        ("http://pacs", "http://pacs:80", True),
        ("http://pacs", "https://pacs", True),
        ("http://pacs", "https://pacs:8443", False),
        ("http://pacs:8080", "https://pacs", False),
        ("https://pacs", "http://pacs", False),
        ("https://pacs", "https://pacs:8443", False),
        ("https://pacs", "https://www.pacs", False),
        ("http://pacs", "https://other", False),
    ],
)
def test_which_server_is_the_same(named, origin, same):
    assert is_same_server(Origin.of(origin), Origin.of(named)) is same


def test_what_is_not_known_to_be_harmless_stays():
    fields = {"ACCEPT": "a", "Range": "b", "X-Api-Key": "c", "Authorization": "d", "Cookie": "e"}
    assert fields_for_others(fields) == {"ACCEPT": "a", "Range": "b"}
