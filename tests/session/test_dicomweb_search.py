"""Searching DICOMweb servers by a session."""

from __future__ import annotations

import asyncio
import json
import threading
import traceback
from datetime import date, time

import pytest
from dicomweb_client import DICOMwebClient

import pycornerstone as cs
from pycornerstone.errors import HttpStatusError
from pycornerstone.loaders.dicomweb_json import without_queries
from pycornerstone.retrieve.http import HttpSettings
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import ct_series, secondary_capture
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.misbehaving_server import MisbehavingServer
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.searches import DicomwebLimits

PHANTOM = ct_phantom(3, 8, 8)
FILES = [*ct_series(PHANTOM), *ct_series(PHANTOM, series_number=2), secondary_capture(PHANTOM)]
JSON = "application/dicom+json"


@pytest.fixture
def session():
    with Session(http=HttpSettings(max_retries=0)) as session:
        yield session


@pytest.fixture(scope="module")
def archive():
    with SampleServer(FILES) as server:
        yield server


def study(uid: str, **elements: object) -> dict[str, object]:
    return {"0020000D": {"vr": "UI", "Value": [uid]}, **elements}


def answer(server: MisbehavingServer, found: object, target: str = "/studies", **more) -> None:
    server.answer(target, body=json.dumps(found).encode(), content_type=JSON, **more)


def test_a_study_is_found_with_what_the_server_says(session, archive):
    (found,) = session.search_studies(archive.dicomweb_url, PatientName="Phan*").result(10)
    client = DICOMwebClient(archive.dicomweb_url)
    (expected,) = client.search_for_studies()
    assert found.study_instance_uid == expected["0020000D"]["Value"][0]
    # As the phantom is described in testing/dicom_series.py.
    assert found.study_date == date(2026, 1, 5)
    assert found.study_time == time(9)
    assert found.modalities_in_study == ("CT", "OT")
    assert (found.number_of_series, found.number_of_instances) == (3, 7)
    assert (found.patient_name, found.patient_id) == ("Phantom^CT", "PHANTOM-CT")
    assert found.patient_birth_date is None
    assert found.attributes["AccessionNumber"] == found.accession_number == "PHANTOM"
    # The server says its address as the client does, which leaves out the port.
    assert {**found.json_object, "00081190": None} == {**expected, "00081190": None}


def test_series_and_instances_of_a_study_are_found(session, archive):
    (found,) = session.search_studies(archive.dicomweb_url).result(10)
    uid = found.study_instance_uid
    series = session.search_series(archive.dicomweb_url, uid, Modality="CT").result(10)
    assert [(one.series_number, one.number_of_instances) for one in series] == [(1, 3), (2, 3)]
    instances = session.search_instances(
        archive.dicomweb_url, uid, series[1].series_instance_uid
    ).result(10)
    assert [one.instance_number for one in instances] == [1, 2, 3]
    assert {(one.rows, one.columns) for one in instances} == {(8, 8)}
    # The address of the study, as it may be copied from a browser.
    assert len(session.search_series(f"{archive.dicomweb_url}/studies/{uid}").result(10)) == 3
    assert len(session.search_instances(archive.dicomweb_url, Modality="OT").result(10)) == 1


def test_dates_and_lists_of_uids_are_understood_by_a_server(session, archive):
    url = archive.dicomweb_url
    (found,) = session.search_studies(url, StudyDate=(date(2026, 1, 1), None)).result(10)
    assert session.search_studies(url, StudyDate=(None, date(2026, 1, 1))).result(10) == []
    named = f"{url}/studies/{found.study_instance_uid}/series/1.2"
    assert len(session.search_studies(named).result(10)) == 1
    assert session.search_studies(f"{url}/studies/1.2.3").result(10) == []
    uids = ["1.2.3", found.study_instance_uid]
    assert len(session.search_studies(url, StudyInstanceUID=uids).result(10)) == 1


def test_further_attributes_come_by_keyword(session, archive):
    found = session.search_instances(
        archive.dicomweb_url, InstanceNumber=2, limit=1, include_fields=["ImagePositionPatient"]
    ).result(10)[0]
    x, y, z = found.attributes["ImagePositionPatient"]
    assert (x, y, z) == pytest.approx(PHANTOM.position_lps(1))


def test_it_can_be_awaited_and_is_a_function_of_the_package(archive):
    async def run():
        return await cs.search_studies(archive.dicomweb_url, limit=1)

    try:
        assert len(asyncio.run(run())) == 1
    finally:
        cs.close_default_session()


@pytest.mark.parametrize("says_more", [True, False])
@pytest.mark.parametrize("cap", [1, 2, 3, 7, 100])
def test_pages_of_a_server_with_a_limit_of_its_own_are_followed(session, cap, says_more):
    limits = DicomwebLimits(max_results=cap, says_more=says_more)
    with SampleServer(FILES, limits=limits) as server:
        found = session.search_instances(server.dicomweb_url).result(10)
        assert len({one.sop_instance_uid for one in found}) == len(found) == 7
        assert server.requests() <= -(-7 // cap) + 1


@pytest.mark.parametrize("limit", [0, 1, 3, 7, 8])
@pytest.mark.parametrize("ignores", [set(), {"limit"}, {"offset"}, {"limit", "offset"}])
def test_a_limit_holds_whatever_the_server_does(session, limit, ignores):
    limits = DicomwebLimits(ignores_limit="limit" in ignores, ignores_offset="offset" in ignores)
    with SampleServer(FILES, limits=limits) as server:
        found = session.search_instances(server.dicomweb_url, limit=limit).result(10)
        assert len({one.sop_instance_uid for one in found}) == len(found) == min(limit, 7)
        assert server.requests() <= 2


def test_an_offset_is_passed_over(session, archive):
    every = session.search_instances(archive.dicomweb_url).result(10)
    some = session.search_instances(archive.dicomweb_url, offset=2, limit=3).result(10)
    assert [one.key for one in some] == [one.key for one in every[2:5]]


def test_more_than_a_page_is_fetched_in_pages(session):
    with MisbehavingServer() as server:
        uids = [f"1.{n}" for n in range(450)]
        for offset in (0, 200, 400):
            page = [study(uid) for uid in uids[offset : offset + 200]]
            target = "/studies?limit=200" + (f"&offset={offset}" if offset else "")
            answer(server, page, target)
        server.answer("/studies?limit=200&offset=450", status=204)
        found = session.search_studies(server.address).result(10)
        assert [one.study_instance_uid for one in found] == uids
        assert server.requests() == 4


def test_a_server_that_gives_the_same_page_again_is_asked_for_all_at_once(session):
    with MisbehavingServer() as server:
        page = [study(f"1.{n}") for n in range(200)]
        for target in ("/studies?limit=200", "/studies?limit=200&offset=200"):
            answer(server, page, target)
        answer(server, [study(f"1.{n}") for n in range(333)], "/studies")
        found = session.search_studies(server.address).result(10)
        assert len(found) == 333
        assert server.requests() == 3


def test_a_server_that_never_gives_more_than_its_first_page_is_said(session, caplog):
    with MisbehavingServer() as server:
        answer(server, [study(f"1.{n}") for n in range(200)])
        assert len(session.search_studies(server.address).result(10)) == 200
        assert server.requests() == 3
    assert "gives the first 200 results again and again" in caplog.text


def test_what_a_server_gives_twice_is_found_once(session):
    with MisbehavingServer() as server:
        answer(server, [study("1"), study("2"), study("1")], "/studies?limit=200")
        answer(server, [study("2"), study("3")], "/studies?limit=200&offset=3")
        server.answer("/studies?limit=200&offset=5", status=404)
        found = session.search_studies(server.address).result(10)
        assert [one.study_instance_uid for one in found] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "status", "content_type"),
    [(b"", 204, None), (b"", 200, JSON), (b"[]", 200, JSON), (b" \n", 200, "text/plain")],
)
def test_nothing_found_is_an_empty_list(session, body, status, content_type):
    with MisbehavingServer() as server:
        server.answer("/studies", body=body, status=status, content_type=content_type)
        request = session.search_studies(server.address)
        assert request.result(10) == []
        assert request.progress == (0, None)
        assert server.requests() == 1


def test_results_that_cannot_be_read_are_read_as_far_as_they_can(session, caplog):
    with MisbehavingServer() as server:
        broken = study(
            "1",
            **{
                "00080020": {"vr": "DA", "Value": ["20261345"]},
                "00080030": {"vr": "TM", "Value": ["23:59:60"]},
                "00080061": {"vr": "CS", "Value": "CT"},
                "00201206": {"vr": "IS", "Value": ["many"]},
                "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]},
                "00081110": {"vr": "SQ", "Value": [{"00081150": {"vr": "UI", "Value": ["4"]}}]},
                "00091001": {"vr": "LO", "Value": ["a", "b"]},
                "weird": 3,
            },
        )
        answer(server, [broken, {}, {"0020000D": {"vr": "UI"}}])
        (found,) = session.search_studies(server.address).result(10)
    assert (found.study_date, found.study_time) == (None, time(23, 59, 59))
    assert (found.modalities_in_study, found.number_of_series) == ((), None)
    assert found.attributes["PatientName"] == found.patient_name == "Doe^Jane"
    assert found.attributes["ReferencedStudySequence"] == ({"ReferencedSOPClassUID": "4"},)
    assert found.attributes["00091001"] == ("a", "b")
    assert found.attributes["ModalitiesInStudy"] is None
    assert "a study that was found has no (0020,000D)" in caplog.text
    assert "Doe" not in repr(found) + caplog.text


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"status": 500}, cs.HttpStatusError),
        ({"status": 400}, cs.HttpStatusError),
        ({"drop": True}, cs.TransferError),
        ({"body": b"<html>", "content_type": "text/html"}, cs.ContentTypeError),
        ({"body": b"{", "content_type": JSON}, cs.DecodeError),
        ({"body": b"[1]", "content_type": JSON}, cs.DecodeError),
        ({"status": 302, "headers": {"Location": "http://[/?PatientName=Doe"}}, cs.RetrieveError),
    ],
)
def test_errors_are_typed_and_say_nothing_of_the_patient(session, told, kind, caplog):
    with MisbehavingServer() as server:
        server.answer("/dw/studies", **told)
        url = server.url("/dw?token=s3cret")
        request = session.search_studies(url, PatientName="Doe^Jane", PatientID="4711")
        error = request.exception(10)
        assert isinstance(error, kind)
        text = "".join(traceback.format_exception(error)) + repr(request) + caplog.text
        assert server.url("/dw/studies") in text
        for secret in ("Doe", "4711", "s3cret"):
            assert secret not in text
        assert "limit=" not in str(vars(error))


def test_what_a_server_says_of_a_search_that_failed_is_not_told():
    url = "https://pacs/studies?PatientName=Doe"
    said = HttpStatusError(url, 400, "no patient Doe^Jane ", "give another filter")
    error = without_queries(said)
    assert str(error) == "GET https://pacs/studies gave HTTP 400; give another filter"
    assert "Doe" not in f"{vars(error)} {error.args}"
    assert (error.status, error.advice) == (400, "give another filter")


def test_a_wrong_keyword_is_an_error_before_anything_is_sent(session, archive):
    before = archive.requests()
    with pytest.raises(ValueError, match="did you mean 'PatientName'"):
        session.search_studies(archive.dicomweb_url, PatientNam="x")
    with pytest.raises(cs.ImageIdError, match="http or https"):
        session.search_studies("dicom-web")
    assert archive.requests() == before


def test_progress_is_told(session):
    limits = DicomwebLimits(max_results=2)
    told, ready, go = [], threading.Event(), threading.Event()
    with SampleServer(FILES, limits=limits, latency_s=0.05) as server:
        request = session.search_instances(server.dicomweb_url)

        def listen(progress):
            told.append(progress)
            ready.set()
            go.wait(5)

        request.add_progress_callback(listen)
        assert ready.wait(5)
        assert len(request.result(10)) == 7
        assert request.progress == (7, None)
        assert repr(request).endswith("done, 7 found>")
        go.set()
    done = [progress.done for progress in told]
    assert done == sorted(done)


def test_cancelling_cuts_off_the_request(session):
    with MisbehavingServer() as server:
        server.answer("/studies", hang=True)
        request = session.search_studies(server.address)
        server.wait_until(lambda: server.requests() == 1)
        assert request.cancel()
        with pytest.raises(cs.LoadCancelledError):
            request.result(10)
        server.wait_until(lambda: server.disconnects() == 1)
        assert request.cancelled()
        assert "cancelled" in repr(request)


def test_closing_the_session_settles_what_is_under_way():
    with MisbehavingServer() as server:
        server.answer("/studies", hang=True)
        with Session() as session:
            request = session.search_studies(server.address)
            server.wait_until(lambda: server.requests() == 1)
        assert isinstance(request.exception(10), cs.SessionClosedError)
        assert isinstance(
            session.search_studies(server.address).exception(10), cs.SessionClosedError
        )
