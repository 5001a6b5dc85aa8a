"""How the sample server searches, and what it can be told not to do."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.searches import DicomwebLimits

FILES = ct_series(ct_phantom(5, 8, 8))


def ask(server: SampleServer, query: str, level: str = "instances"):
    with urllib.request.urlopen(f"{server.dicomweb_url}/{level}?{query}", timeout=10) as answer:
        return answer, json.loads(answer.read() or b"[]")


def numbers(found) -> list[int]:
    return [item["00200013"]["Value"][0] for item in found]


@pytest.fixture(scope="module")
def server():
    with SampleServer(FILES) as server:
        yield server


def test_dates_are_ranges_and_uids_lists(server):
    for query, count in (
        ("StudyDate=20260105", 1),
        ("StudyDate=20260105-", 1),
        ("StudyDate=-20260104", 0),
        ("StudyDate=20260101-20260131", 1),
        ("ModalitiesInStudy=CT", 1),
        ("ModalitiesInStudy=MR", 0),
    ):
        assert len(ask(server, query, "studies")[1]) == count
    uids = [item["00080018"]["Value"][0] for item in ask(server, "")[1]]
    assert numbers(ask(server, f"SOPInstanceUID={uids[3]},{uids[1]},1.2")[1]) == [2, 4]


def test_nothing_found_has_no_content(server):
    answer, found = ask(server, "Modality=MR")
    assert (answer.status, found) == (204, [])


def test_further_attributes_are_included(server):
    assert "00200032" not in ask(server, "limit=1")[1][0]
    for query in ("includefield=ImagePositionPatient", "includefield=00200032", "includefield=all"):
        assert "00200032" in ask(server, query)[1][0]


def test_a_limit_of_its_own_is_said_or_not():
    # PS3.18 section 10.6.3.
    with SampleServer(FILES, limits=DicomwebLimits(max_results=2)) as server:
        answer, found = ask(server, "limit=4&offset=1")
        assert numbers(found) == [2, 3]
        assert answer.headers["Warning"] == (
            f"299 {server.dicomweb_url}: There are 2 additional results that can be requested"
        )
        assert ask(server, "offset=3")[0].headers["Warning"] is None
    with SampleServer(FILES, limits=DicomwebLimits(max_results=2, says_more=False)) as server:
        assert ask(server, "")[0].headers["Warning"] is None


def test_parameters_may_be_unknown_to_it():
    with SampleServer(FILES, limits=DicomwebLimits(ignores_limit=True)) as server:
        assert numbers(ask(server, "limit=1&offset=2")[1]) == [3, 4, 5]
    with SampleServer(FILES, limits=DicomwebLimits(ignores_offset=True)) as server:
        assert numbers(ask(server, "limit=2&offset=2")[1]) == [1, 2]


def test_metadata_of_too_many_are_refused():
    with SampleServer(FILES, limits=DicomwebLimits(max_metadata=4)) as server:
        path = server.image_ids("wadors")[0].removeprefix("wadors:").partition("/instances/")[0]
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(path + "/metadata", timeout=10)
        caught.value.close()
        assert caught.value.code == 413
