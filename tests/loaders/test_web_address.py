"""Addresses of pictures: where the file is, and which frame of it."""

from __future__ import annotations

import pytest

from pycornerstone.errors import ImageIdError
from pycornerstone.loaders.web_address import PictureAddress
from pycornerstone.retrieve.sources import SourceKind


@pytest.mark.parametrize(
    ("image_id", "kind", "key", "frame"),
    [
        ("web:/data/a.png", SourceKind.FILE, "/data/a.png", 1),
        ("web:/data/a.tif#frame=3", SourceKind.FILE, "/data/a.tif", 3),
        ("web:file:///data/a%20b.tif#frame=3", SourceKind.FILE, "/data/a b.tif", 3),
        ("web:https://host/a.tif#frame=2", SourceKind.HTTP, "https://host/a.tif", 2),
        ("https://host/a.tif#frame=2", SourceKind.HTTP, "https://host/a.tif", 2),
        # The parameter belongs to the server.
        ("https://host/a?frame=7&b=1#frame=2", SourceKind.HTTP, "https://host/a?frame=7&b=1", 2),
        ("https://host/a.png?frame=7", SourceKind.HTTP, "https://host/a.png?frame=7", 1),
        # Other fragments are no part of the file either (RFC 3986, section 3.5).
        ("https://host/a.png#top", SourceKind.HTTP, "https://host/a.png", 1),
        ("https://host/a.png#top#frame=2", SourceKind.HTTP, "https://host/a.png", 2),
        # In the name of a file "#" is a letter.
        ("web:/data/a#1.png", SourceKind.FILE, "/data/a#1.png", 1),
        ("web:/data/a#1.png#frame=2", SourceKind.FILE, "/data/a#1.png", 2),
        # How a file whose name ends as a frame does is named all the same.
        ("web:file:///data/a%23frame=2", SourceKind.FILE, "/data/a#frame=2", 1),
    ],
)
def test_an_address_says_which_file_and_which_frame(image_id, kind, key, frame):
    address = PictureAddress.parse(image_id)
    assert (address.source.kind, address.key, address.frame) == (kind, key, frame)


@pytest.mark.parametrize(
    "frame", ["0", "-1", "", "first", "1.0", "2&x=1", "2.png", "9" * 5000, "\u00b2"]
)
def test_a_frame_is_a_number_from_1(frame):
    with pytest.raises(ImageIdError, match="is not a frame number; they count from 1"):
        PictureAddress.parse(f"web:https://host/a.tif#frame={frame}")


def test_a_frame_of_nothing_is_no_image_id():
    with pytest.raises(ImageIdError, match="names a frame, but no picture"):
        PictureAddress.parse("web:#frame=2")


def test_a_file_url_with_a_frame_of_dicom_says_how_it_is_named():
    with pytest.raises(ImageIdError, match="write '#frame=2' in place of '\\?frame=2'"):
        PictureAddress.parse("web:file:///data/a.tif?frame=2")


def test_the_key_of_a_long_address_is_short_and_its_own():
    one, other = (PictureAddress.parse(f"web:/data/{'x' * 5000}{end}") for end in "ab")
    assert len(one.key) < 100
    assert one.key != other.key
    assert one.key == PictureAddress.parse(f"web:/data/{'x' * 5000}a").key
    assert "xxxxx" not in repr(one)
