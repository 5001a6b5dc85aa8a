"""ImageIds by WADO-URI."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from pycornerstone.errors import ImageIdError
from pycornerstone.loaders.wado_uri_address import wado_uri_image_id
from pycornerstone.model.image_id import split_frame

UIDS = {"study": "1.1", "series": "1.2", "instance": "1.3"}
REQUIRED = {
    "requestType": "WADO",
    "studyUID": "1.1",
    "seriesUID": "1.2",
    "objectUID": "1.3",
}


def sent(image_id: str, scheme: str) -> dict[str, str]:
    found, _, address = image_id.partition(":")
    assert found == scheme
    assert address.startswith("https://pacs/wado?")
    pairs = parse_qsl(urlsplit(address).query, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_a_file_has_the_parameters_of_files():
    # PS3.18 section 9.4.1.
    image_id = wado_uri_image_id(
        "https://pacs/wado",
        **UIDS,
        charset=["utf-8", "iso-8859-1"],
        anonymize=True,
        transfer_syntax="1.2.840.10008.1.2.4.50",
        image_quality=80,
    )
    assert sent(image_id, "wadouri") == {
        **REQUIRED,
        "contentType": "application/dicom",
        "charset": "utf-8,iso-8859-1",
        "anonymize": "yes",
        "transferSyntax": "1.2.840.10008.1.2.4.50",
        "imageQuality": "80",
    }


def test_a_picture_has_the_parameters_of_pictures():
    # PS3.18 section 9.4.2.
    image_id = wado_uri_image_id(
        "https://pacs/wado",
        **UIDS,
        content_type="image/jpeg",
        annotation=["patient", "technique"],
        rows=256,
        columns=128,
        region=(0.25, 0, 1, 0.5),
        window_center=-600.5,
        window_width=1e6,
        frame_number=3,
        image_quality=1,
    )
    assert sent(image_id, "web") == {
        **REQUIRED,
        "contentType": "image/jpeg",
        "annotation": "patient,technique",
        "rows": "256",
        "columns": "128",
        "region": "0.25,0,1,0.5",
        "windowCenter": "-600.5",
        "windowWidth": "1000000",
        "frameNumber": "3",
        "imageQuality": "1",
    }


def test_pictures_may_be_of_several_kinds_the_best_first():
    # PS3.18 section 9.4: contentType is a list in order of preference.
    image_id = wado_uri_image_id(
        "https://pacs/wado", **UIDS, content_type=["image/png", "image/jpeg"], rows=64
    )
    assert sent(image_id, "web") == {
        **REQUIRED,
        "contentType": "image/png,image/jpeg",
        "rows": "64",
    }
    one = wado_uri_image_id("https://pacs/wado", **UIDS, content_type=("application/dicom",))
    assert one == wado_uri_image_id("https://pacs/wado", **UIDS)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["application/dicom", "image/png"], "not both"),
        (["image/png", "text/html"], "text/html is no image"),
        (["image/png", "png"], "got 'png'"),
        (["image/png", None], "got None"),
        ([], "got ''"),
    ],
)
def test_kinds_that_cannot_be_asked_for_together_are_an_error(kinds, said):
    with pytest.raises(ImageIdError, match=said):
        wado_uri_image_id("https://pacs/wado", **UIDS, content_type=kinds)


def test_a_presentation_state_is_named_with_its_series():
    image_id = wado_uri_image_id(
        "https://pacs/wado",
        **UIDS,
        content_type="image/png",
        presentation_uid="1.5",
        presentation_series_uid="1.4",
    )
    assert sent(image_id, "web") == {
        **REQUIRED,
        "contentType": "image/png",
        "presentationUID": "1.5",
        "presentationSeriesUID": "1.4",
    }


def test_the_frame_of_a_file_is_ours():
    image_id = wado_uri_image_id("https://pacs/wado", **UIDS, frame=3)
    base, frame = split_frame(image_id)
    assert frame == 3
    assert base == wado_uri_image_id("https://pacs/wado", **UIDS)


def test_the_slash_of_a_media_type_is_not_encoded():
    # Orthanc does not know "application%2Fdicom".
    assert "contentType=application/dicom" in wado_uri_image_id("https://pacs/wado", **UIDS)


@pytest.mark.parametrize(
    ("url", "start"),
    [
        ("https://pacs/wado?token=a", "https://pacs/wado?token=a&requestType=WADO&"),
        # What some servers are known by; a parameter must not be there twice.
        ("https://pacs/wado?requestType=WADO", "https://pacs/wado?requestType=WADO&studyUID=1.1&"),
        ("http://pacs/wado#x", "http://pacs/wado?requestType=WADO&"),
    ],
)
def test_what_the_address_has_already_stays(url, start):
    assert wado_uri_image_id(url, **UIDS).startswith("wadouri:" + start)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"study": ""}, "studyUID is a UID"),
        ({"study": None}, "studyUID is a UID"),
        ({"content_type": "image/png", "rows": "x"}, "rows is a whole number, 1 or more, got 'x'"),
        ({"content_type": "image/png", "columns": float("inf")}, "columns is a whole number"),
        ({"content_type": "image/png", "region": (0, 0, 1, None)}, "region is left, top, right"),
        ({"instance": "1&x=2"}, "objectUID is a UID"),
        ({"content_type": "text/html"}, "text/html is no image"),
        ({"content_type": "dicom"}, "content_type is such as"),
        ({"content_type": "application/dicom&x=1"}, "content_type is such as"),
        ({"rows": 5}, "rows is of pictures that the server renders, not of application/dicom"),
        ({"frame_number": 5}, "use frame="),
        ({"window_center": 0}, "window_center is of pictures"),
        ({"image_quality": 5}, "goes with a lossy transfer_syntax"),
        ({"content_type": "image/png", "frame": 1}, "frame is of DICOM files, .* use frame_number"),
        ({"content_type": "image/png", "anonymize": True}, "anonymize is of DICOM files"),
        ({"content_type": "image/png", "transfer_syntax": "1.2"}, "transfer_syntax is of DICOM"),
        ({"content_type": "image/png", "window_center": 1}, "window_width is missing"),
        ({"content_type": "image/png", "window_width": 1}, "window_center is missing"),
        ({"content_type": "image/png", "presentation_uid": "1"}, "presentation_series_uid is mis"),
        (
            {
                "content_type": "image/png",
                "presentation_uid": "1",
                "presentation_series_uid": "2",
                "window_center": 1,
                "window_width": 1,
            },
            "has its own window",
        ),
        (
            {"content_type": "image/png", "window_center": 1, "window_width": 0},
            "windowWidth is a number above 0, got 0",
        ),
        (
            {"content_type": "image/png", "window_center": float("nan"), "window_width": 1},
            "windowCenter is a number, got nan",
        ),
        (
            {"content_type": "image/png", "window_center": 1, "window_width": "2"},
            "windowWidth is a number above 0, got '2'",
        ),
        ({"content_type": "image/png", "region": (0, 0, 1)}, "region is left, top, right"),
        ({"content_type": "image/png", "region": (0, 0, 1, 1.1)}, "region is left, top, right"),
        ({"content_type": "image/png", "region": (0.5, 0, 0.5, 1)}, "region is left, top, right"),
        ({"content_type": "image/png", "rows": 0}, "rows is a whole number, 1 or more, got 0"),
        ({"content_type": "image/png", "rows": 1.5}, "rows is a whole number"),
        ({"content_type": "image/png", "image_quality": 101}, "imageQuality is .* from 1 to 100"),
        ({"content_type": "image/png", "annotation": "name"}, "annotation is 'patient' or 'tech"),
        ({"frame": 0}, "frame is a whole number, 1 or more"),
    ],
)
def test_what_the_standard_does_not_allow_is_refused(asked, message):
    with pytest.raises(ImageIdError, match=message):
        wado_uri_image_id("https://pacs/wado", **{**UIDS, **asked})


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ImageIdError, match="got 'wado'"):
        wado_uri_image_id("wado", **UIDS)
