"""An imageId says its frame and its instance, and a DICOMweb address where pictures are."""

from __future__ import annotations

import pytest

from pycornerstone.metadata.image_addresses import ImageAddresses
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import (
    ImageUrlModule,
    MultiframeModule,
    TransferSyntaxModule,
    UriModule,
)
from pycornerstone.session.session import Session

INSTANCE = "wadors:https://pacs/studies/1/series/2/instances/3"


@pytest.fixture
def registry() -> MetadataRegistry:
    registry = MetadataRegistry()
    registry.add_provider(ImageAddresses(registry).provide)
    return registry


def with_frames(registry: MetadataRegistry, count: int) -> None:
    registry.add_provider(
        lambda type_name, _: MultiframeModule(count) if type_name == "multiframeModule" else None
    )


@pytest.mark.parametrize(
    ("image_id", "base", "frame"),
    [
        ("dicomfile:/data/a.dcm", "dicomfile:/data/a.dcm", 1),
        ("dicomfile:/data/a.dcm?frame=3", "dicomfile:/data/a.dcm", 3),
        ("dicomfile:C:\\data\\a.dcm?frame=3", "dicomfile:C:\\data\\a.dcm", 3),
        ("wadouri:https://p/w?frame=2&objectUID=1", "wadouri:https://p/w?objectUID=1", 2),
        (f"{INSTANCE}/frames/7?token=a", f"{INSTANCE}?token=a", 7),
        (INSTANCE, INSTANCE, 1),
        # The module counts from 1 whatever the scheme does: NIfTI's first slice is 0.
        ("nifti:/data/b.nii?frame=0", "nifti:/data/b.nii", 1),
        ("nifti:/data/b.nii?frame=4", "nifti:/data/b.nii", 5),
        ("web:https://p/a.png", "web:https://p/a.png", 1),
        # Of pictures the fragment names it; the parameter is the server's.
        ("web:https://p/a.tif?frame=3#frame=2", "web:https://p/a.tif?frame=3", 2),
        ("https://p/a.tif#frame=2", "https://p/a.tif", 2),
        ("web:/data/a#1.tif", "web:/data/a#1.tif", 1),
        ("custom1:anything:at all", "custom1:anything:at all", 1),
    ],
)
def test_an_image_id_says_its_instance_and_frame(registry, image_id, base, frame):
    scheme, _, resource = image_id.partition(":")
    assert registry.get(UriModule, image_id) == UriModule(scheme, resource, base, frame)
    assert registry.get("uriModule", image_id).frame_number == frame
    assert registry.get("baseImageId", image_id) == base


@pytest.mark.parametrize("image_id", ["nothing", "", ":a", "wadouri:https://p/w?frame=first"])
@pytest.mark.parametrize("type_name", ["uriModule", "imageUrlModule", "baseImageId"])
def test_nobody_knows_anything_of_what_is_no_image_id(registry, type_name, image_id):
    assert registry.get(type_name, image_id) is None


@pytest.mark.parametrize(
    ("image_id", "expected"),
    [
        (f"{INSTANCE}/frames/2", [f"{INSTANCE}/frames/{n}" for n in (1, 2, 3)]),
        (f"{INSTANCE}?a=b", [f"{INSTANCE}/frames/{n}?a=b" for n in (1, 2, 3)]),
        ("dicomfile:/a.dcm", [f"dicomfile:/a.dcm?frame={n}" for n in (1, 2, 3)]),
        (
            "wadouri:https://p/w?frame=2&objectUID=1",
            [f"wadouri:https://p/w?objectUID=1&frame={n}" for n in (1, 2, 3)],
        ),
        ("wadouri:https://p/w#x", [f"wadouri:https://p/w?frame={n}#x" for n in (1, 2, 3)]),
        ("nifti:/b.nii", [f"nifti:/b.nii?frame={n}" for n in (0, 1, 2)]),
        ("web:/b.tif#frame=3", [f"web:/b.tif#frame={n}" for n in (1, 2, 3)]),
    ],
)
def test_all_frames_of_an_instance_have_image_ids(registry, image_id, expected):
    with_frames(registry, 3)
    assert registry.get("frameImageIds", image_id) == tuple(expected)
    # Each is of the same instance, and names the frame that it stands for.
    split = [registry.get(UriModule, frame) for frame in expected]
    assert {uri.base_image_id for uri in split} == {registry.get("baseImageId", image_id)}
    assert [uri.frame_number for uri in split] == [1, 2, 3]


def test_a_single_frame_has_one_image_id(registry):
    with_frames(registry, 1)
    assert registry.get("frameImageIds", "dicomfile:/a.dcm?frame=1") == ("dicomfile:/a.dcm",)
    assert registry.get("frameImageIds", INSTANCE) == (f"{INSTANCE}/frames/1",)


def test_more_frames_than_any_file_has_are_not_listed(registry):
    # The largest that Number of Frames (0028,0008) can say: an IS.
    with_frames(registry, 2**31 - 1)
    assert registry.get("frameImageIds", INSTANCE) is None


def test_how_many_frames_there_are_may_not_be_known(registry):
    assert registry.get("frameImageIds", INSTANCE) is None


# PS3.18 tables 10.4.1-3 and 10.4.1-4: of an instance and of its frames.
def test_pictures_of_a_frame_have_addresses(registry):
    base = INSTANCE.removeprefix("wadors:")
    assert registry.get(ImageUrlModule, f"{INSTANCE}/frames/2?token=a") == ImageUrlModule(
        rendered=f"{base}/frames/2/rendered?token=a",
        thumbnail=f"{base}/frames/2/thumbnail?token=a",
    )
    assert registry.get(ImageUrlModule, INSTANCE) == ImageUrlModule(
        rendered=f"{base}/rendered", thumbnail=f"{base}/thumbnail"
    )


def test_a_video_is_rendered_whole(registry):
    video = TransferSyntaxModule("1.2.840.10008.1.2.4.102", is_video=True)
    registry.add_provider(lambda name, _: video if name == "transferSyntax" else None)
    urls = registry.get(ImageUrlModule, f"{INSTANCE}/frames/1")
    assert urls.is_video
    assert urls.rendered == "https://pacs/studies/1/series/2/instances/3/rendered"


def test_a_file_has_no_address_of_a_picture(registry):
    assert registry.get(ImageUrlModule, "dicomfile:/a.dcm") is None


def test_a_user_may_know_better(registry):
    registry.add_provider(lambda name, _: "mine" if name == "baseImageId" else None, 1)
    assert registry.get("baseImageId", "dicomfile:/a.dcm?frame=2") == "mine"


def test_a_session_answers_them_for_every_image_and_ends_with_that():
    with Session() as session:
        session.dicom_headers.add_json(INSTANCE, {"00280008": {"vr": "IS", "Value": [2]}})
        assert session.metadata.get(UriModule, "web:https://p/a.png").scheme == "web"
        assert len(session.metadata.get("frameImageIds", f"{INSTANCE}/frames/2")) == 2
        registry = session.metadata
    assert registry.get("baseImageId", INSTANCE) is None
