"""Which images a DICOMweb server has, asked by a session."""

from __future__ import annotations

import asyncio
import copy
import io
import json

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

import pycornerstone as cs
from pycornerstone.retrieve.errand import current_errand
from pycornerstone.retrieve.http import HttpSettings
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import RESCALE_INTERCEPT, ct_series, secondary_capture
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.misbehaving_server import MisbehavingServer
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.searches import DicomwebLimits

PHANTOM = ct_phantom(3, 8, 8)
SERIES = ct_series(PHANTOM)
JSON = "application/dicom+json"


def changed(data: bytes, **elements: object) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(data))
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return written(dataset)


def written(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def without_pixels(number: int, sop_class_uid: str, **elements: object) -> bytes:
    """Write an instance of the phantom's study that is no image."""
    dataset = Dataset()
    dataset.SOPClassUID = sop_class_uid
    dataset.SOPInstanceUID = f"1.2.3.{number}"
    dataset.StudyInstanceUID = STUDY
    dataset.SeriesInstanceUID = "1.2.3"
    dataset.SeriesNumber = 50
    dataset.InstanceNumber = number
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return written(dataset)


STUDY = str(pydicom.dcmread(io.BytesIO(SERIES[0])).StudyInstanceUID)
OTHERS = [
    without_pixels(1, "1.2.840.10008.5.1.4.1.1.88.11"),  # Basic Text SR
    without_pixels(2, "1.2.840.10008.5.1.4.1.1.11.1"),  # Grayscale Softcopy Presentation State
    without_pixels(3, "1.2.840.10008.5.1.4.1.1.88.59"),  # Key Object Selection
    # MR Spectroscopy, PS3.3 C.8.14.1: rows and columns, and no pixel data.
    without_pixels(4, "1.2.840.10008.5.1.4.1.1.4.2", Rows=1, Columns=1),
]
FILES = [
    secondary_capture(PHANTOM),
    *ct_series(PHANTOM, series_number=2)[::-1],
    *OTHERS,
    *SERIES[::-1],
]


@pytest.fixture
def session():
    with Session(http=HttpSettings(max_retries=0)) as session:
        yield session


@pytest.fixture(scope="module")
def archive():
    with SampleServer(FILES) as server:
        yield server


def expected(server: SampleServer) -> list[str]:
    """Every frame, by Series Number and Instance Number."""
    by_uid = [pydicom.dcmread(io.BytesIO(data)) for data in FILES if data not in OTHERS]
    by_uid.sort(key=lambda dataset: (dataset.SeriesNumber, dataset.InstanceNumber))
    return [
        image_id
        for dataset in by_uid
        for image_id in server.image_ids("wadors", of=[dataset.SOPInstanceUID])
    ]


def test_every_frame_of_a_study_is_listed_in_order_and_its_header_known(session, archive):
    before = archive.requests()
    request = session.image_ids_from_dicomweb(archive.dicomweb_url, study=STUDY)
    image_ids = request.result(10)
    assert image_ids == expected(archive)
    assert len(image_ids) == 9
    assert archive.requests() == before + 1
    assert request.progress == (11, 11)
    # The images are loaded without any further metadata.
    image = session.load_image(image_ids[1]).result(10)
    np.testing.assert_array_equal(
        image.pixels.astype(int) + RESCALE_INTERCEPT, PHANTOM.hounsfield[1]
    )
    assert archive.requests() == before + 2
    plane = session.metadata.get(cs.ImagePlaneModule, image_ids[5])
    assert plane.image_position_lps == pytest.approx(PHANTOM.position_lps(2))


def test_what_is_no_image_is_left_out_and_named(session, archive):
    request = session.image_ids_from_dicomweb(archive.dicomweb_url, study=STUDY)
    assert not any("/instances/1.2.3." in image_id for image_id in request.result(10))
    assert sorted(request.left_out) == [
        f"wadors:{archive.dicomweb_url}/studies/{STUDY}/series/1.2.3/instances/1.2.3.{n}"
        for n in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize("level", ["series", "instance"])
@pytest.mark.parametrize("by_url", [False, True])
def test_a_series_and_an_instance_are_listed(session, archive, level, by_url):
    first = pydicom.dcmread(io.BytesIO(SERIES[0]))
    uids = {"study": STUDY, "series": str(first.SeriesInstanceUID)}
    url = f"{archive.dicomweb_url}/studies/{STUDY}/series/{first.SeriesInstanceUID}"
    count = 3
    if level == "instance":
        uids["instance"] = str(first.SOPInstanceUID)
        url += f"/instances/{first.SOPInstanceUID}"
        count = 1
    if by_url:
        request = session.image_ids_from_dicomweb(url)
    else:
        request = session.image_ids_from_dicomweb(archive.dicomweb_url, **uids)
    assert request.result(10) == expected(archive)[:count]


@pytest.mark.parametrize("most", [3, 1, 0])
@pytest.mark.parametrize("cap", [None, 2])
def test_a_server_that_refuses_much_metadata_is_asked_for_less(session, most, cap):
    with SampleServer(FILES, limits=DicomwebLimits(max_metadata=most, max_results=cap)) as server:
        request = session.image_ids_from_dicomweb(server.dicomweb_url, study=STUDY)
        image_ids = request.result(10)
        # Without any metadata Rows and Columns are said by the search, and SOP classes.
        assert image_ids == expected(server)
        assert len(request.left_out) == 4
        assert request.progress == (11, 11)
        if most:
            loaded = [session.load_image(image_id).result(10) for image_id in image_ids[:6]]
            assert [image.rows for image in loaded] == [8] * 6
            assert server.requests(path_of(image_ids[0]).partition("/frames")[0] + "/metadata") == (
                most == 1
            )


def path_of(image_id: str) -> str:
    return "/dicom-web/" + image_id.partition("/dicom-web/")[2]


def test_a_study_in_parts_has_progress(session):
    with SampleServer(FILES, limits=DicomwebLimits(max_metadata=4), latency_s=0.02) as server:
        told = []
        request = session.image_ids_from_dicomweb(server.dicomweb_url, study=STUDY)
        request.add_progress_callback(told.append)
        request.result(10)
        assert {progress.total for progress in told} <= {None, 11}
        assert request.progress == (11, 11)


def test_what_is_known_already_stays(session, archive):
    image_id = expected(archive)[0]
    mine = pydicom.dcmread(io.BytesIO(SERIES[0]), stop_before_pixels=True)
    mine.SeriesDescription = "mine"
    session.dicom_headers.add_json(image_id, json.loads(mine.to_json()))
    session.image_ids_from_dicomweb(archive.dicomweb_url, study=STUDY).result(10)
    assert session.metadata.get(cs.GeneralSeriesModule, image_id).series_description == "mine"


def test_instances_without_numbers_of_their_own_go_by_position(session):
    files = [changed(data, InstanceNumber=1) for data in SERIES]
    with SampleServer([files[1], files[2], files[0]]) as server:
        image_ids = session.image_ids_from_dicomweb(server.dicomweb_url, study=STUDY).result(10)
        planes = [session.metadata.get(cs.ImagePlaneModule, i) for i in image_ids]
    positions = [plane.image_position_lps[2] for plane in planes]
    assert positions == sorted(positions)
    assert len(set(positions)) == 3


def test_series_without_a_number_come_last(session):
    other = [changed(data, SeriesNumber=None) for data in ct_series(PHANTOM, series_number=7)]
    with SampleServer([*other, *SERIES]) as server:
        image_ids = session.image_ids_from_dicomweb(server.dicomweb_url, study=STUDY).result(10)
    uid = pydicom.dcmread(io.BytesIO(SERIES[0])).SeriesInstanceUID
    assert [f"/series/{uid}/" in image_id for image_id in image_ids] == [True] * 3 + [False] * 3


def test_a_study_that_is_not_there_is_an_error(session, archive):
    error = session.image_ids_from_dicomweb(archive.dicomweb_url, study="1.2.3").exception(10)
    assert isinstance(error, cs.HttpStatusError)
    assert error.status == 404
    assert error.url == f"{archive.dicomweb_url}/studies/1.2.3/metadata"


@pytest.mark.parametrize("told", [{"body": b"[]", "content_type": JSON}, {"status": 204}])
def test_a_study_without_instances_is_an_error(session, told):
    with MisbehavingServer() as server:
        server.answer("/studies/1/metadata", **told)
        error = session.image_ids_from_dicomweb(server.address, study="1").exception(10)
        assert isinstance(error, cs.RetrieveError)
        assert error.message.startswith(f"{server.address}/studies/1 has no instances")


def test_without_a_study_nothing_is_asked(session, archive):
    before = archive.requests()
    with pytest.raises(cs.ImageIdError, match="give study="):
        session.image_ids_from_dicomweb(archive.dicomweb_url)
    assert archive.requests() == before


@pytest.mark.parametrize("status", [401, 407])
def test_who_is_not_let_in_does_not_ask_for_less(session, status):
    with MisbehavingServer() as server:
        server.answer("/studies/1/metadata", status=status)
        error = session.image_ids_from_dicomweb(server.address, study="1").exception(10)
        assert isinstance(error, cs.HttpStatusError)
        assert server.requests() <= 2


@pytest.mark.parametrize(
    "told",
    [
        {"status": 500},
        {"status": 504},
        {"drop": True},
        {"body": b"[{", "content_type": JSON},
        {"body": b"<html>", "content_type": "text/html"},
        {"body": b"[" + b" " * 1000, "content_type": JSON, "cut_after": 10},
    ],
)
def test_metadata_of_a_study_that_fail_are_asked_for_by_series(session, told):
    series = {
        "0020000D": {"vr": "UI", "Value": ["1"]},
        "0020000E": {"vr": "UI", "Value": ["2"]},
    }
    image = {
        **series,
        "00080018": {"vr": "UI", "Value": ["3"]},
        "00280010": {"vr": "US", "Value": [2]},
        "00280011": {"vr": "US", "Value": [2]},
        "00280008": {"vr": "IS", "Value": ["2"]},
    }
    with MisbehavingServer() as server:
        server.answer("/dw/studies/1/metadata", **told)
        server.answer(
            "/dw/studies/1/series?t=a&limit=200",
            body=json.dumps([series]).encode(),
            content_type=JSON,
        )
        server.answer("/dw/studies/1/series?t=a&limit=200&offset=1", status=204)
        server.answer(
            "/dw/studies/1/series/2/metadata", body=json.dumps([image]).encode(), content_type=JSON
        )
        image_ids = session.image_ids_from_dicomweb(server.url("/dw?t=a"), study="1").result(10)
        base = f"wadors:{server.address}/dw/studies/1/series/2/instances/3"
        assert image_ids == [f"{base}/frames/1?t=a", f"{base}/frames/2?t=a"]


def test_the_first_refusal_is_told_where_searching_fails_too(session):
    with MisbehavingServer() as server:
        server.answer("/studies/1/metadata", status=413)
        error = session.image_ids_from_dicomweb(server.address, study="1").exception(10)
        assert isinstance(error, cs.HttpStatusError)
        assert error.status == 413


def test_an_instance_whose_metadata_fail_is_listed_and_said(session, caplog):
    limits = DicomwebLimits(max_metadata=0)
    with SampleServer(FILES, limits=limits) as server:
        assert (
            len(session.image_ids_from_dicomweb(server.dicomweb_url, study=STUDY).result(10)) == 9
        )
    assert "11 instances gave no metadata" in caplog.text
    assert len(caplog.records) == 1


def test_metadata_of_many_megabytes_do_not_stop_other_work(session):
    data = pydicom.dcmread(io.BytesIO(SERIES[0]), stop_before_pixels=True)
    one = json.loads(data.to_json())
    many = []
    for number in range(3000):
        instance = copy.copy(one)
        instance["00080018"] = {"vr": "UI", "Value": [f"1.2.{number}"]}
        instance["00200013"] = {"vr": "IS", "Value": [number]}
        many.append(instance)
    body = json.dumps(many).encode()
    assert len(body) > 5_000_000
    with MisbehavingServer() as server:
        server.answer(f"/studies/{STUDY}/metadata", body=body, content_type=JSON)
        image_ids = session.image_ids_from_dicomweb(server.address, study=STUDY).result(60)
        assert len(image_ids) == 3000
        assert image_ids[2999].endswith("/instances/1.2.2999/frames/1")
        assert session.metadata.get(cs.GeneralSeriesModule, image_ids[17]).modality == "CT"


@pytest.mark.parametrize("name", ["examples_palette.dcm", "examples_overlay.dcm"])
def test_tables_that_are_only_named_are_fetched_with_their_image(session, name):
    dataset = pydicom.dcmread(get_testdata_file(name, download=False))
    with SampleServer([written(dataset)], bulk_data=True) as server:
        image_ids = session.image_ids_from_dicomweb(
            server.dicomweb_url, study=str(dataset.StudyInstanceUID)
        ).result(10)
        before = server.requests()
        image = session.load_image(image_ids[0]).result(10)
        assert server.requests() > before + 1
    if name == "examples_palette.dcm":
        np.testing.assert_array_equal(
            image.palette.red.entries, np.frombuffer(dataset.RedPaletteColorLookupTableData, "<u2")
        )
    else:
        np.testing.assert_array_equal(image.overlays[0].bits, dataset.overlay_array(0x6000))


def test_it_can_be_cancelled(session):
    with MisbehavingServer() as server:
        server.answer("/studies/1/metadata", hang=True)

        async def run():
            request = session.image_ids_from_dicomweb(server.address, study="1")
            await asyncio.to_thread(server.wait_until, lambda: server.requests() == 1)
            request.cancel()
            with pytest.raises(cs.LoadCancelledError):
                await request

        asyncio.run(run())
        server.wait_until(lambda: server.disconnects() == 1)


def test_it_is_a_function_of_the_package(archive):
    try:
        assert len(cs.image_ids_from_dicomweb(archive.dicomweb_url, study=STUDY).result(10)) == 9
    finally:
        cs.close_default_session()


def test_what_is_not_urgent_is_asked_for_as_such(archive):
    # The transport asks the errand that runs when a request is made.
    urgencies = []
    with Session() as session:
        get = session._http.get

        async def listening(url, **more):
            urgencies.append(current_errand().urgency)
            return await get(url, **more)

        session._http.get = listening
        options = cs.LoadOptions(cs.RequestType.COMPUTE, priority=3)
        session.image_ids_from_dicomweb(archive.dicomweb_url, study=STUDY, options=options).result(
            10
        )
        session.search_studies(archive.dicomweb_url, limit=1).result(10)
    assert urgencies == [(cs.RequestType.COMPUTE, 3), (cs.RequestType.INTERACTION, 0)]


@pytest.mark.parametrize(("frames", "count"), [("3", 3), (10**9, 1), (-2, 1), ("many", 1)])
def test_what_a_server_says_of_frames_is_believed_within_reason(session, frames, count):
    image = {
        "0020000E": {"vr": "UI", "Value": ["2"]},
        "00080018": {"vr": "UI", "Value": ["../../3"]},
        "00280008": {"vr": "IS", "Value": [frames]},
        "00280010": {"vr": "US", "Value": [2]},
        "00280011": {"vr": "US", "Value": [2]},
    }
    nameless = {**image, "0020000E": {"vr": "UI"}}
    with MisbehavingServer() as server:
        body = json.dumps([image, nameless, image]).encode()
        server.answer("/studies/1/metadata", body=body, content_type=JSON)
        image_ids = session.image_ids_from_dicomweb(server.address, study="1").result(10)
    instance = f"wadors:{server.address}/studies/1/series/2/instances/..%2F..%2F3"
    assert image_ids == [f"{instance}/frames/{n}" for n in range(1, count + 1)]
