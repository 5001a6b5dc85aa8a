"""dicomweb-client reads whole studies and series, page by page, part by part."""

from __future__ import annotations

import cv2
import numpy as np
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session

from pycornerstone.testing import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

ANY_SYNTAX = (("application/dicom", "*"),)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """By SOP Instance UID."""
    paths = write_ct_series(tmp_path_factory.mktemp("study") / "ct", ct_phantom(7, 64, 64))
    return {one.SOPInstanceUID: one for one in map(pydicom.dcmread, paths)}


@pytest.fixture(scope="module")
def uids(files):
    first = next(iter(files.values()))
    return first.StudyInstanceUID, first.SeriesInstanceUID


@pytest.fixture(scope="module")
def client(serve, files):
    served = serve([str(one.filename) for one in files.values()], token="a-token-of-this-test")
    session = create_session()
    session.headers["Authorization"] = "Bearer a-token-of-this-test"
    return DICOMwebClient(served.server.dicomweb_url, session=session)


def instances_of(found):
    return {one["00080018"]["Value"][0] for one in found}


def test_pages_of_a_search_make_the_whole(client, files, uids):
    pages = [
        instances_of(client.search_for_instances(*uids, limit=3, offset=first))
        for first in (0, 3, 6)
    ]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert set().union(*pages) == set(files)
    everything = client.search_for_instances(*uids, limit=2, get_remaining=True)
    assert instances_of(everything) == set(files)
    assert len(everything) == len(files)


def test_fields_that_are_asked_for_are_there(client, uids):
    [found] = client.search_for_series(uids[0], fields=["FrameOfReferenceUID", "00180050"])
    assert found["00180050"]["Value"] == [5]
    assert "00200052" in found


def test_metadata_of_a_study_and_a_series_are_of_all_instances(client, files, uids):
    for found in (client.retrieve_study_metadata(uids[0]), client.retrieve_series_metadata(*uids)):
        assert len(found) == len(files)
        for one in map(pydicom.Dataset.from_json, found):
            file = files[one.SOPInstanceUID]
            assert {element.tag for element in one} == {element.tag for element in file} - {
                0x7FE00010
            }
            assert one.ImagePositionPatient == file.ImagePositionPatient
            assert one.PatientName == file.PatientName


def test_a_study_and_a_series_are_given_whole(client, files, uids):
    for found in (
        client.retrieve_study(uids[0], media_types=ANY_SYNTAX),
        client.retrieve_series(*uids, media_types=ANY_SYNTAX),
        client.iter_study(uids[0], media_types=ANY_SYNTAX),
        client.iter_series(*uids, media_types=ANY_SYNTAX),
    ):
        got = {one.SOPInstanceUID: one for one in found}
        assert got == files


def test_rendered_images_show_where_the_bright_is(client, files, uids):
    """Windows are monotonous: what is brighter is nowhere darker (PS3.3 C.11.2.1.2.1)."""
    for uid, file in files.items():
        for data in (
            client.retrieve_instance_rendered(*uids, uid, media_types=("image/png",)),
            client.retrieve_instance_frames_rendered(*uids, uid, [1], media_types=("image/png",)),
        ):
            gray = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert gray.shape == (64, 64)
            by_sample = gray.ravel()[np.argsort(file.pixel_array, axis=None, kind="stable")]
            assert (np.diff(by_sample.astype(int)) >= 0).all()
            assert (by_sample[0], by_sample[-1]) == (0, 255)


def test_a_rendered_series_is_its_middle_image(client, files, uids):
    listed = client.search_for_instances(*uids)
    middle = listed[len(listed) // 2]["00080018"]["Value"][0]
    png = ("image/png",)
    assert client.retrieve_series_rendered(*uids, media_types=png) == (
        client.retrieve_instance_rendered(*uids, middle, media_types=png)
    )
