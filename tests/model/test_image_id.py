"""Tests of the text that names an image."""

from __future__ import annotations

import pytest

from pycornerstone.errors import ImageIdError
from pycornerstone.model.image_id import (
    ImageId,
    split_frame,
    split_frame_parameter,
    split_frames_path,
)


@pytest.mark.parametrize(
    ("text", "scheme", "resource"),
    [
        ("custom1://example.com/image.dcm", "custom1", "//example.com/image.dcm"),
        ("wadors:https://pacs/studies/1/frames/2", "wadors", "https://pacs/studies/1/frames/2"),
        ("dicomfile:C:\\scan.dcm", "dicomfile", "C:\\scan.dcm"),
        ("Web:a:b", "Web", "a:b"),
    ],
)
def test_the_scheme_is_the_text_before_the_first_colon(text, scheme, resource):
    image_id = ImageId.parse(text)

    assert (image_id.scheme, image_id.resource) == (scheme, resource)
    assert str(image_id) == text


@pytest.mark.parametrize("text", ["", "/data/a.dcm", ":a", "wadors:"])
def test_text_without_scheme_colon_or_address_is_refused(text):
    with pytest.raises(ImageIdError, match="needs a scheme, a colon and an address, such as"):
        ImageId.parse(text)


def test_what_is_no_text_is_refused():
    with pytest.raises(ImageIdError, match=r"an imageId is text .* got 7"):
        ImageId.parse(7)


@pytest.mark.parametrize(
    ("resource", "base", "frame"),
    [
        ("/a.dcm", "/a.dcm", None),
        ("/a.dcm?frame=3", "/a.dcm", 3),
        ("https://h/w?x=1&frame=3", "https://h/w?x=1", 3),
        # Cornerstone3D loses what follows the frame.
        ("https://h/w?frame=3&x=1", "https://h/w?x=1", 3),
        ("https://h/w?x=1&frame=3&y=2#top", "https://h/w?x=1&y=2#top", 3),
        ("https://h/w?timeframe=3", "https://h/w?timeframe=3", None),
        ("frame=1.dcm?frame=3", "frame=1.dcm", 3),
        ("frame=1.dcm", "frame=1.dcm", None),
    ],
)
def test_the_frame_is_taken_out_and_the_rest_stays(resource, base, frame):
    assert split_frame_parameter(resource) == (base, frame)


@pytest.mark.parametrize("frame", ["0", "-1", "x", "", "1.5", "²"])
def test_a_frame_that_is_no_number_from_one_is_refused(frame):
    with pytest.raises(ImageIdError, match="is not a frame number; they count from 1"):
        split_frame_parameter(f"/a.dcm?frame={frame}")


def test_nifti_counts_from_zero():
    assert split_frame_parameter("/a.nii?frame=0", first=0) == ("/a.nii", 0)


@pytest.mark.parametrize(
    ("resource", "base", "frame"),
    [
        ("https://h/instances/1.2/frames/5", "https://h/instances/1.2", 5),
        ("https://h/instances/1.2/frames/5?token=a", "https://h/instances/1.2?token=a", 5),
        ("https://h/instances/1.2", "https://h/instances/1.2", None),
        ("https://h/frames/9/instances/1.2/frames/5", "https://h/frames/9/instances/1.2", 5),
    ],
)
def test_wado_rs_names_the_frame_in_the_path(resource, base, frame):
    assert split_frames_path(resource) == (base, frame)


def test_several_frames_are_no_image():
    with pytest.raises(ImageIdError, match=r"'1,2' of .* is not a frame number"):
        split_frames_path("https://h/instances/1.2/frames/1,2")


def test_each_scheme_has_its_own_form_and_the_first_frame_is_one():
    assert split_frame("wadors:https://h/instances/1/frames/2") == (
        "wadors:https://h/instances/1",
        2,
    )
    assert split_frame("dicomfile:/a.dcm?frame=2") == ("dicomfile:/a.dcm", 2)
    assert split_frame("dicomfile:/a.dcm") == ("dicomfile:/a.dcm", 1)
