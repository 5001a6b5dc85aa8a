"""Addresses of DICOMweb services and of what lies below them."""

from __future__ import annotations

import pytest

from pycornerstone.errors import ImageIdError
from pycornerstone.loaders.dicomweb_address import DicomwebAddress


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://pacs/dicom-web", ("https://pacs/dicom-web", None, None, None)),
        ("https://pacs/dicom-web/", ("https://pacs/dicom-web", None, None, None)),
        ("https://pacs/dicom-web/studies", ("https://pacs/dicom-web", None, None, None)),
        ("https://pacs/dw/studies/1.2", ("https://pacs/dw", "1.2", None, None)),
        ("https://pacs/dw/studies/1.2/series/3/", ("https://pacs/dw", "1.2", "3", None)),
        ("https://pacs/studies/1/series/2/instances/3", ("https://pacs", "1", "2", "3")),
        ("https://pacs/studies/1/series/2/instances/3/frames/4", ("https://pacs", "1", "2", "3")),
        ("https://pacs/studies/1/series/2/metadata", ("https://pacs", "1", "2", None)),
        ("https://pacs/dw/studies/1?t=a&u=b#c", ("https://pacs/dw?t=a&u=b", "1", None, None)),
    ],
)
def test_an_address_is_taken_apart(url, expected):
    found = DicomwebAddress.parse(url)
    assert (found.service, found.study, found.series, found.instance) == expected


def test_uids_are_added_to_what_the_address_names():
    found = DicomwebAddress.parse("https://pacs/dw/studies/1?t=a", series="2", instance="3")
    assert found.url == "https://pacs/dw/studies/1/series/2/instances/3?t=a"
    assert found.level == "instance"
    assert found.instance_image_id() == "wadors:" + found.url
    assert found.below(series="4").url == "https://pacs/dw/studies/1/series/4?t=a"
    assert found.search_url("series") == found.url.replace("?", "/series?")


@pytest.mark.parametrize(
    ("url", "uids", "message"),
    [
        ("pacs/dicom-web", {}, "named by its http or https address"),
        (7, {}, "got 'int'"),
        ("wadors:https://pacs", {}, "got 'wadors:https://pacs'"),
        ("https://pacs", {"series": "2"}, "give study=... as well"),
        ("https://pacs", {"study": "1", "instance": "2"}, "give series=... as well"),
        ("https://pacs", {"study": "../admin"}, "is no UID of a study"),
        ("https://pacs", {"study": ""}, "is no UID of a study"),
        ("https://pacs", {"study": "1" * 65}, "is no UID of a study"),
        ("https://pacs", {"study": "1\n"}, "is no UID of a study"),
        ("https://pacs/studies/1", {"study": "2"}, "names study 1, but 2 is asked for"),
    ],
)
def test_what_names_nothing_is_refused(url, uids, message):
    with pytest.raises(ImageIdError, match=message):
        DicomwebAddress.parse(url, **uids)


def test_a_password_in_the_address_is_in_no_error():
    with pytest.raises(ImageIdError) as caught:
        DicomwebAddress.parse("ftp://ada:s3cret@pacs/dicom-web")
    assert "s3cret" not in str(caught.value)
