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
        # RFC 6749, section 4.2.2: where a browser is sent back with a token.
        ("https://pacs/a#access_token=abc&x=1", "https://pacs/a#access_token=...&x=1"),
        (
            "https://s3/a?X-Amz-Credential=AK%2F1&X-Amz-Date=2&X-Amz-Signature=ab",
            "https://s3/a?X-Amz-Credential=...&X-Amz-Date=2&X-Amz-Signature=...",
        ),
        (
            "https://pacs/a?api_key=abc&apikey=d&api-key=e",
            "https://pacs/a?api_key=...&apikey=...&api-key=...",
        ),
        ("zip://a.nii::s3://key:secret@bucket/a.zip", "zip://a.nii::s3://bucket/a.zip"),
    ],
)
def test_names_passwords_and_tokens_are_taken_out(address, shown):
    assert without_credentials(address) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("data:image/png;base64,AAAA", "data:image/png,...(26 characters)"),
        ("web:data:image/png;base64,AAAA", "web:data:image/png,...(26 characters)"),
        ("web:DATA:image/svg+xml,<a b='c'>", "web:DATA:image/svg+xml,...(28 characters)"),
        ("data:,a brief note", "data:,...(18 characters)"),
        ("data:text/plain;charset=utf-8,a", "data:text/plain,...(31 characters)"),
        # What is no type may be the data.
        ("data:AAAA,AAAA", "data:,...(14 characters)"),
        ("data:AAAA", "data:,...(9 characters)"),
        ("web:data:image/png,AAAA#frame=2", "web:data:image/png,...(19 characters)#frame=2"),
        (
            "nifti:data:;base64,AA?frame=12&axis=i",
            "nifti:data:,...(15 characters)?frame=12&axis=i",
        ),
        (
            "zip://a.nii::data:application/zip;base64,AAAA",
            "zip://a.nii::data:application/zip,...(32 characters)",
        ),
        (
            "GET data:image/png;base64,AAAA+/=: no such thing, 'data:,abc'",
            "GET data:image/png,...(30 characters) no such thing, 'data:,...(9 characters)'",
        ),
    ],
)
def test_of_an_image_in_its_address_only_type_and_length_are_left(address, shown):
    assert without_credentials(address) == shown


@pytest.mark.timeout(60)
def test_a_long_address_is_shortened():
    digits = "Ab+/" * 1_300_000
    addresses = [
        f"web:data:image/png;base64,{digits}",
        f"GET data:image/png;base64,{digits} failed",
        f"GET {'data:' * 100_000}",
        f"{'a:' * 1_000_000}data:{digits}",
    ]
    for address in addresses:
        assert len(without_credentials(address)) <= len(address)
    assert len(without_credentials(addresses[0])) < 60
    assert len(without_credentials(addresses[1])) < 60


@pytest.mark.parametrize(
    "address",
    [
        "the metadata: 1, 2",
        "data: 1, 2",
        "dicomfile:/data/metadata:a,b",
        "https://pacs:8042/dicom-web/studies/1.2/series/3@4/instances/5",
        "wadouri:https://pacs/wado?requestType=WADO&objectUID=1.2&frame=3",
        "dicomfile:/data/ada@home/a.dcm",
        "https://pacs/a?monkey=1&design=2&encoding=3",
    ],
)
def test_everything_else_stays_as_it_is(address):
    assert without_credentials(address) == address
