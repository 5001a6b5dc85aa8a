"""Addresses as they may be shown."""

from __future__ import annotations

import pytest

from pycornerstone.model.addresses import without_credentials


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
