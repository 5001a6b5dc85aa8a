"""Headers are kept by the imageId of their instance, and answer for all of its frames."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from pycornerstone.errors import DecodeError, ImageIdError, MetadataError, MetadataProviderError
from pycornerstone.metadata.dicom_headers import MODULES_PER_HEADER, DicomHeaders
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import (
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    MultiframeModule,
)

BASE = "wadors:https://pacs/instances/1"
CT = {"00080060": {"vr": "CS", "Value": ["CT"]}}


@pytest.fixture
def headers() -> DicomHeaders:
    return DicomHeaders()


def test_a_header_answers_for_every_frame(headers):
    headers.add_json(BASE, CT)
    for image_id in (BASE, f"{BASE}/frames/1", f"{BASE}/frames/17"):
        module = headers.provide("generalSeriesModule", image_id)
        assert module == GeneralSeriesModule(modality="CT")
    assert headers.provide("multiframeModule", f"{BASE}/frames/17").frame_number == 17


@pytest.mark.parametrize(
    ("image_id", "base"),
    [
        (f"{BASE}/frames/3", BASE),
        ("wadouri:https://pacs/wado?objectUID=1&frame=3", "wadouri:https://pacs/wado?objectUID=1"),
        ("dicomfile:/data/a.dcm?frame=2", "dicomfile:/data/a.dcm"),
    ],
)
def test_a_frame_says_which_instance_it_is_of(headers, image_id, base):
    headers.add_json(image_id, CT)
    assert base in headers
    assert image_id not in headers
    assert headers.get(base).text(Tag.MODALITY) == "CT"
    assert headers.get(image_id) is None


def test_a_file_is_kept_by_its_header_only(headers, testdata):
    path = testdata / "pypi-pydicom/pydicom/data/test_files/CT_small.dcm"

    class Bytes(bytearray):
        """A buffer that can be watched."""

    data = Bytes(path.read_bytes())
    watched = weakref.ref(data)
    headers.add_part10("dicomfile:/a.dcm?frame=1", data)
    del data
    gc.collect()
    assert watched() is None
    assert headers.provide("imagePixelModule", "dicomfile:/a.dcm").rows == 128


def test_what_is_no_file_is_an_error_and_nothing_is_kept(headers):
    with pytest.raises(DecodeError, match="not DICOM"):
        headers.add_part10("dicomfile:/a.dcm", b"<html>")
    assert "dicomfile:/a.dcm" not in headers


def test_what_is_no_frame_is_an_error(headers):
    with pytest.raises(ImageIdError, match="frame '0' of"):
        headers.add_json("dicomfile:/a.dcm?frame=0", CT)


def test_of_an_image_that_is_not_here_nothing_is_known(headers):
    assert headers.provide("generalSeriesModule", "custom1:a") is None
    assert headers.get("custom1:a") is None
    assert "custom1:a" not in headers


def test_frames_that_are_counted_otherwise_are_of_another_scheme(headers):
    headers.add_json(BASE, CT)
    assert headers.provide("imagePlaneModule", "nifti:/data/a.nii?frame=0") is None


def test_a_question_that_is_no_module_is_not_answered(headers):
    headers.add_json(BASE, CT)
    assert headers.provide("displaySetModule", BASE) is None


def test_a_module_is_read_once(headers):
    headers.add_json(BASE, CT)
    first = headers.provide("imagePlaneModule", f"{BASE}/frames/2")
    assert headers.provide("imagePlaneModule", f"{BASE}/frames/2") is first
    assert headers.provide("imagePlaneModule", f"{BASE}/frames/3") is not first


def test_what_is_the_same_for_all_frames_is_read_once_for_all(headers):
    headers.add_json(BASE, CT)
    first = headers.provide("generalSeriesModule", f"{BASE}/frames/2")
    assert headers.provide("generalSeriesModule", f"{BASE}/frames/3") is first


def test_a_newer_header_takes_the_place_of_the_older(headers):
    headers.add_json(BASE, CT)
    headers.provide("generalSeriesModule", BASE)
    headers.add_json(BASE, {"00080060": {"vr": "CS", "Value": ["MR"]}})
    assert headers.provide("generalSeriesModule", BASE).modality == "MR"
    assert len(headers) == 1


def test_modules_of_very_many_frames_are_not_all_kept(headers):
    headers.add_json(BASE, CT)
    for frame in range(1, 3 * MODULES_PER_HEADER):
        assert headers.provide("multiframeModule", f"{BASE}/frames/{frame}").frame_number == frame
    assert len(headers._headers[BASE].modules) <= MODULES_PER_HEADER


def test_a_header_can_be_discarded(headers):
    headers.add_json(BASE, CT)
    headers.discard(BASE)
    headers.discard(BASE)
    assert headers.provide("generalSeriesModule", BASE) is None


def test_the_header_that_was_not_asked_for_longest_is_dropped():
    headers = DicomHeaders(max_headers=2)
    headers.add_json("dicomfile:a", CT)
    headers.add_json("dicomfile:b", CT)
    headers.provide("generalSeriesModule", "dicomfile:a")
    headers.add_json("dicomfile:c", CT)
    assert [name in headers for name in ("dicomfile:a", "dicomfile:b", "dicomfile:c")] == [
        True,
        False,
        True,
    ]
    assert len(headers) == 2


def test_at_least_one_header_is_kept():
    with pytest.raises(ValueError, match="at least 1 header is kept, got max_headers=0"):
        DicomHeaders(0)


def test_an_error_is_told_every_time(headers):
    headers.add_json(BASE, {"00280011": {"vr": "US", "Value": [3]}})
    for _ in range(2):
        with pytest.raises(MetadataError, match="Rows is missing"):
            headers.provide("imagePixelModule", BASE)


def test_headers_are_a_provider_that_a_user_can_overrule(headers):
    registry = MetadataRegistry()
    registry.add_provider(headers.provide, -1000)
    size = {"00280010": {"vr": "US", "Value": [2]}, "00280011": {"vr": "US", "Value": [3]}}
    headers.add_json(BASE, {**size, "00280100": {"vr": "US", "Value": [8]}})
    assert registry.require(ImagePixelModule, BASE).columns == 3
    registry.add_provider(
        lambda name, _: {"row_pixel_spacing_mm": 0.1} if name == "imagePlaneModule" else None
    )
    assert registry.get(ImagePlaneModule, BASE).row_pixel_spacing_mm == 0.1
    assert registry.get(ImagePixelModule, f"{BASE}/frames/4").rows == 2


def test_what_is_missing_is_told_with_the_name_of_the_provider(headers):
    registry = MetadataRegistry()
    registry.add_provider(headers.provide, -1000)
    headers.add_json(BASE, {"00280011": {"vr": "US", "Value": [3]}})
    with pytest.raises(
        MetadataProviderError,
        match=r"provider DicomHeaders.provide failed on 'imagePixelModule' of wadors:.*: "
        r"\(0028,0010\) Rows is missing",
    ):
        registry.get(ImagePixelModule, BASE)


def test_many_threads_may_add_and_ask():
    headers = DicomHeaders(max_headers=10)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(200):
                name = f"dicomfile:{(number * step) % 15}"
                headers.add_json(name, CT)
                for frame in (1, 2):
                    module = headers.provide("multiframeModule", f"{name}?frame={frame}")
                    assert module in {None, MultiframeModule(1, frame)}
                headers.discard(f"dicomfile:{step % 15}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(headers) <= 10
