"""Addresses as they may be shown."""

from __future__ import annotations

import pytest

from pycornerstone.errors import DecodeError
from pycornerstone.retrieve.addresses import naming_image, without_credentials


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://ada:secret@pacs/a", "https://pacs/a"),
        ("https://token@pacs/a", "https://pacs/a"),
        ("wadors:https://ada:s@e@pacs/a/frames/1", "wadors:https://pacs/a/frames/1"),
        ("https://pacs/a?access_token=abc&x=1", "https://pacs/a?access_token=...&x=1"),
        ("https://pacs/a?x=1&Token=abc#f", "https://pacs/a?x=1&Token=...#f"),
        ("https://blob/a?sv=2&sig=abc%3D", "https://blob/a?sv=2&sig=..."),
        (
            "https://s3/a?X-Amz-Credential=AK%2F1&X-Amz-Date=2&X-Amz-Signature=ab",
            "https://s3/a?X-Amz-Credential=...&X-Amz-Date=2&X-Amz-Signature=...",
        ),
        (
            "https://pacs/a?api_key=abc&apikey=d&api-key=e",
            "https://pacs/a?api_key=...&apikey=...&api-key=...",
        ),
    ],
)
def test_names_passwords_and_tokens_are_taken_out(address, shown):
    assert without_credentials(address) == shown


@pytest.mark.parametrize(
    "address",
    [
        "https://pacs:8042/dicom-web/studies/1.2/series/3@4/instances/5",
        "wadouri:https://pacs/wado?requestType=WADO&objectUID=1.2&frame=3",
        "dicomfile:/data/ada@home/a.dcm",
        "https://pacs/a?monkey=1&design=2&encoding=3",
    ],
)
def test_everything_else_stays_as_it_is(address):
    assert without_credentials(address) == address


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
