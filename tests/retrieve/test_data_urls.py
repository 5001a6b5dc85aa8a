"""Addresses that are the file themselves."""

from __future__ import annotations

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.errors import RetrieveError
from pycornerstone.retrieve.data_urls import bytes_of_data_url

# RFC 2397, section 4, letter by letter.
LARRY = (
    "data:image/gif;base64,R0lGODdhMAAwAPAAAAAAAP///ywAAAAAMAAwAAAC8IyPqcvt3wCcDkiLc7C0qwyGHhSWpjQu"
    "5yqmCYsapyuvUUlvONmOZtfzgFzByTB10QgxOR0TqBQejhRNzOfkVJ+5YiUqrXF5Y5lKh/DeuNcP5yLWGsEbtLiOSpa/"
    "TPg7JpJHxyendzWTBfX0cxOnKPjgBzi4diinWGdkF8kjdfnycQZXZeYGejmJlZeGl9i2icVqaNVailT6F5iJ90m6mvuT"
    "S4OK05M0vDk0Q4XUtwvKOzrcd3iq9uisF81M1OIcR7lEewwcLp7tuNNkM3uNna3F2JQFo97Vriy/Xl4/f1cf5VWzXyym"
    "7PHhhx4dbgYKAAA7"
)


@pytest.mark.parametrize(
    ("address", "data"),
    [
        # RFC 2397, section 4.
        ("data:,A%20brief%20note", b"A brief note"),
        ("data:text/plain;charset=iso-8859-7,%be%fg%be", b"\xbe%fg\xbe"),
        # Section 3: no media type, and everything as it is.
        ("data:,", b""),
        ("data:,a,b;base64,c", b"a,b;base64,c"),
        ("DATA:text/plain;BASE64,SGVsbG8=", b"Hello"),
        ("data:;base64,SGVsbG8=", b"Hello"),
        ("data:text/plain;charset=utf-8;base64,SGVsbG8=", b"Hello"),
        # Not last, and so a parameter of the media type.
        ("data:text/plain;base64;x=y,SGVsbG8=", b"SGVsbG8="),
        # The URL standard: escapes and white space, and no padding.
        ("data:;base64,SGVsbG8%3D", b"Hello"),
        ("data:;base64,SGVs\n bG8=\r\n", b"Hello"),
        ("data:;base64,SGVsbG8", b"Hello"),
        ("data:;base64,SGVsbA", b"Hell"),
        ("data:;base64,%2B%2F%2b%2F", b"\xfb\xff\xbf"),
        # RFC 3986, section 3.5: a fragment is no part of what is identified.
        ("data:;base64,SGVsbG8=#frame=2", b"Hello"),
        ("data:,caf\u00e9", "caf\u00e9".encode()),
    ],
)
def test_the_bytes_are_those_that_the_address_says(address, data):
    assert bytes_of_data_url(address) == data


def test_the_picture_of_rfc_2397_is_a_gif_of_48_by_48():
    data = bytes_of_data_url(LARRY)
    # GIF87a, section 18: width and height after the signature.
    assert data[:6] == b"GIF87a"
    assert (data[6] + 256 * data[7], data[8] + 256 * data[9]) == (48, 48)
    assert data[-1:] == b";"


@given(st.binary())
def test_any_bytes_come_back(data):
    assert bytes_of_data_url("data:;base64," + base64.b64encode(data).decode()) == data
    assert bytes_of_data_url("data:," + "".join(f"%{byte:02x}" for byte in data)) == data


@pytest.mark.parametrize(
    "address",
    [
        "data:;base64,S",
        "data:;base64,SGVsbG8==",
        "data:;base64,SG=sbG8=",
        "data:;base64,SGVsbG8=SGVsbG8=",
        # RFC 4648, section 5, which is another alphabet.
        "data:;base64,-_-_",
        "data:;base64,caf\u00e9",
        "data:;base64,SGVsbG8?",
    ],
)
def test_what_is_not_base64_is_an_error_that_shows_nothing_of_it(address):
    with pytest.raises(RetrieveError) as caught:
        bytes_of_data_url(address)
    assert str(caught.value) == (
        f"the data of data:,...({len(address)} characters) are not base64 (RFC 4648, section 4); "
        "encode the file again, and send all of it"
    )


def test_half_of_a_surrogate_pair_is_an_error_that_shows_nothing_of_the_data():
    # Unicode, section 3.8: no text has one, and UTF-8 has no bytes for it.
    with pytest.raises(RetrieveError) as caught:
        bytes_of_data_url("data:text/plain,Jane\ud800")
    assert str(caught.value) == (
        "the data of data:text/plain,...(21 characters) are no text in Unicode; write other bytes "
        "as %XX, or all of them in base64"
    )


def test_an_address_without_a_comma_is_an_error():
    with pytest.raises(RetrieveError) as caught:
        bytes_of_data_url("data:image/png;base64")
    assert str(caught.value) == (
        "data:image/png,...(21 characters) has no comma before its data; write "
        "data:<media type>;base64,<data>"
    )


def test_a_long_one_is_decoded_whole():
    data = os.urandom(2_000_003)
    assert bytes_of_data_url(f"data:image/png;base64,{base64.b64encode(data).decode()}") == data
