"""Where values are fetched from that metadata only name."""

from __future__ import annotations

import pytest

from pycornerstone.loaders.bulk_data_address import bulk_data_url

METADATA = "https://pacs:8443/dicom-web/studies/1.2/series/3/instances/4/metadata?token=a"
STUDY = "/dicom-web/studies/1.2/"


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ("https://pacs:8443/any/where?a=b", "https://pacs:8443/any/where?a=b"),
        # RFC 3986 section 5.2.
        ("/any/where", "https://pacs:8443/any/where"),
        ("bulk/1", f"https://pacs:8443{STUDY}series/3/instances/4/bulk/1"),
        # A server behind a proxy that gives itself its inner name.
        (f"http://inside:8042{STUDY}bulk/1", f"https://pacs:8443{STUDY}bulk/1"),
        (f"http://pacs{STUDY}bulk/1?a=b#c", f"https://pacs:8443{STUDY}bulk/1?a=b"),
        (f"http://ada:secret@10.0.0.1{STUDY}series/3/x", f"https://pacs:8443{STUDY}series/3/x"),
        # Anything else may be anybody's.
        ("http://inside:8042/bulk/1", None),
        ("https://other/dicom-web/studies/1.20/bulk/1", None),
        ("https://other/dicom-web/studies/1.2", None),
        (f"https://other/x{STUDY}bulk/1", None),
        (f"https://other/?{STUDY}bulk/1", None),
    ],
)
def test_nothing_goes_to_another_server(named, url):
    assert bulk_data_url(METADATA, named) == url


def test_what_names_no_study_takes_no_other_servers_word():
    assert bulk_data_url("https://pacs/metadata", "https://other/studies/1/bulk") is None


@pytest.mark.parametrize("named", ["ftp://inside/dicom-web/studies/1.2/x", "http://[/x", "file:/x"])
def test_what_is_no_address_is_an_error(named):
    with pytest.raises(ValueError, match=r"address|IPv6"):
        bulk_data_url(METADATA, named)
