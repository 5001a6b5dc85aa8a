"""The DICOMweb server over real sockets: real files, and clients that others wrote."""

from __future__ import annotations

import http.client
import io
import json
from urllib.parse import urlsplit

import numpy as np
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session

import pycornerstone as cs
from pycornerstone.frontends.dicomweb.serving import serve_dicomweb
from pycornerstone.retrieve.http_auth import BearerAuth
from pycornerstone.retrieve.http_settings import HttpSettings

TOKEN = "a-token-of-our-own"
OCTETS = "application/octet-stream"


def files_of(testdata):
    """One of each kind: native, JPEG 2000, JPEG-LS, RLE, big endian, several frames."""
    found = {}
    for path in sorted((testdata / "pypi-pydicom").rglob("*.dcm")):
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True)
            key = (
                str(header.file_meta.TransferSyntaxUID),
                int(header.get("NumberOfFrames", 1)) > 1,
            )
            uids = header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID
            assert all(uids)
            assert header.Rows
        except Exception:
            continue
        if key not in found and uids[2] not in {u for _, u in found.values()}:
            found[key] = path, uids[2]
    return [path for path, _ in found.values()]


@pytest.fixture(scope="module")
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture(scope="module")
def paths(testdata):
    return files_of(testdata)


@pytest.fixture(scope="module")
def server(session, paths):
    with serve_dicomweb(
        [str(path) for path in paths],
        session=session,
        token=TOKEN,
        allowed_origins=["http://viewer.example:3000"],
    ) as server:
        yield server


@pytest.fixture(scope="module")
def client(server):
    opened = create_session()
    opened.headers["Authorization"] = f"Bearer {TOKEN}"
    return DICOMwebClient(server.dicomweb_url, session=opened)


def ask(server, path, headers=None, method="GET"):
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=30)
    try:
        connection.request(
            method, path, headers={"Authorization": f"Bearer {TOKEN}", **(headers or {})}
        )
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def served(client, paths):
    """Files by SOP Instance UID, of those that are served."""
    found = {one["00080018"]["Value"][0] for one in client.search_for_instances()}
    by_uid = {}
    for path in paths:
        dataset = pydicom.dcmread(path)
        if dataset.SOPInstanceUID in found:
            by_uid[dataset.SOPInstanceUID] = path, dataset
    assert len(by_uid) == len(found) >= 5
    return by_uid


def uids_of(dataset):
    return dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID


def path_of(dataset):
    study, series, uid = uids_of(dataset)
    return f"/dicom-web/studies/{study}/series/{series}/instances/{uid}"


def test_instances_are_the_files_byte_for_byte(server, served):
    for path, dataset in served.values():
        status, headers, body = ask(server, path_of(dataset), {"Accept": "application/dicom"})
        assert status == 200
        assert headers["Content-Type"] == "application/dicom"
        assert body == path.read_bytes()


def test_another_client_reads_instances_in_parts(client, served):
    for path, dataset in served.values():
        if dataset.file_meta.TransferSyntaxUID.is_deflated:
            continue
        got = client.retrieve_instance(*uids_of(dataset), media_types=(("application/dicom", "*"),))
        assert got.PixelData == pydicom.dcmread(path).PixelData


def test_metadata_are_those_of_the_files(client, served):
    for _, dataset in served.values():
        got = client.retrieve_instance_metadata(*uids_of(dataset))
        for keyword in ("SOPClassUID", "PatientID", "Rows", "BitsStored", "ImageType"):
            if not dataset.get(keyword):
                continue
            element = dataset[keyword]
            want = list(element.value) if element.VM > 1 else [element.value]
            # Padding is no part of a value (PS3.5 6.2).
            want = [one.rstrip() if isinstance(one, str) else one for one in want]
            assert got[f"{element.tag:08X}"] == {"vr": element.VR, "Value": want}
        assert "7FE00010" not in got


def test_frames_are_as_they_are_stored(client, served):
    from pydicom.encaps import generate_frames

    checked = 0
    for _, dataset in served.values():
        if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            continue
        count = int(dataset.get("NumberOfFrames", 1))
        want = list(generate_frames(dataset.PixelData, number_of_frames=count))
        got = client.retrieve_instance_frames(
            *uids_of(dataset),
            frame_numbers=list(range(1, count + 1)),
            media_types=(("application/octet-stream", "*"),),
        )
        assert got == want
        checked += 1
    assert checked >= 3


def test_frames_are_decoded_for_who_asks_for_explicit_little_endian(server, served):
    checked = 0
    for _, dataset in served.values():
        if dataset.SamplesPerPixel != 1 or dataset.BitsAllocated not in {8, 16}:
            continue
        if dataset.file_meta.TransferSyntaxUID in {
            "1.2.840.10008.1.2.4.50",
            "1.2.840.10008.1.2.4.51",
        }:
            continue
        try:
            want = dataset.pixel_array
        except Exception:
            continue
        want = want.reshape(-1, dataset.Rows, dataset.Columns)[0]
        accept = "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
        status, headers, body = ask(server, path_of(dataset) + "/frames/1", {"Accept": accept})
        assert status == 200
        assert headers["Content-Type"] == accept
        got = np.frombuffer(body, want.dtype.newbyteorder("<"))[: want.size].reshape(want.shape)
        np.testing.assert_array_equal(got, want)
        checked += 1
    assert checked >= 3


def test_our_own_loader_reads_the_same_samples_back(server, session, served):
    with cs.Session(http=HttpSettings(auth=BearerAuth(TOKEN))) as other:
        for path, dataset in served.values():
            image_id = f"wadors:{server.address}{path_of(dataset)}/frames/1"
            got = other.load_image(image_id).result(60).pixels
            frames = int(dataset.get("NumberOfFrames", 1)) > 1
            want = session.load_image(f"dicomfile:{path}" + "?frame=1" * frames).result(60).pixels
            np.testing.assert_array_equal(got, want)


def test_searches_match(client, served):
    _, dataset = next(
        (p, d) for p, d in served.values() if d.get("PatientID") and d.get("StudyDate")
    )
    date, study = dataset.StudyDate, dataset.StudyInstanceUID

    def found(**filters):
        return {
            one["0020000D"]["Value"][0] for one in client.search_for_studies(search_filters=filters)
        }

    assert study in found(PatientID=dataset.PatientID)
    assert study in found(PatientID=dataset.PatientID[:1] + "*")
    assert study in found(StudyDate=f"{date}-{date}")
    assert study not in found(StudyDate=f"-{int(date) - 1}")
    assert found(StudyInstanceUID=study) == {study}
    assert found(PatientID="nobody of that name") == set()
    everything = client.search_for_studies()
    assert client.search_for_studies(limit=1, offset=1) == everything[1:2]
    series = client.search_for_series(study, search_filters={"Modality": dataset.Modality})
    assert {one["00080060"]["Value"][0] for one in series} == {dataset.Modality}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/dicom-web/studies?limit=-1", {}, 400),
        ("/dicom-web/studies?NoSuchKeyword=1", {}, 400),
        ("/dicom-web/studies/1.2.3/metadata", {}, 404),
        ("/dicom-web/studies/..%2f..%2fetc%2fpasswd/metadata", {}, 404),
        ("/dicom-web/studies", {"Accept": "application/dicom+xml"}, 406),
        ("/wado?requestType=OTHER", {}, 400),
        ("/wado?requestType=WADO&studyUID=1&seriesUID=1&objectUID=1", {}, 404),
        ("/dicom-web/studies", {"Authorization": ""}, 401),
        ("/dicom-web/studies", {"Authorization": "Bearer wrong-token"}, 401),
        ("/dicom-web/studies", {"Host": "evil.example"}, 403),
        ("/dicom-web/studies", {"Origin": "http://evil.example"}, 403),
        ("/dicom-web/studies", {"Sec-Fetch-Site": "cross-site"}, 403),
        (f"/dicom-web/studies?token={TOKEN}", {"Authorization": ""}, 200),
    ],
)
def test_what_is_refused_is_refused_in_words(server, path, headers, status):
    got, _, body = ask(server, path, headers)
    assert got == status
    assert body


def test_only_pages_of_an_allowed_origin_may_read(server):
    origin = "http://viewer.example:3000"
    status, headers, _ = ask(server, "/dicom-web/studies", {"Origin": origin})
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, origin)
    status, headers, _ = ask(server, "/dicom-web/studies", {"Origin": origin}, "OPTIONS")
    assert status == 204
    assert "authorization" in headers["Access-Control-Allow-Headers"]
    _, headers, _ = ask(server, "/dicom-web/studies")
    assert "Access-Control-Allow-Origin" not in headers


def test_pictures_are_drawn_within_their_viewport(server, served):
    import cv2

    dataset = next(d for _, d in served.values() if d.SamplesPerPixel == 1)
    path = path_of(dataset)
    for accept, magic in (("image/png", b"\x89PNG"), ("image/jpeg", b"\xff\xd8")):
        status, _, body = ask(server, path + "/rendered?viewport=64,48", {"Accept": accept})
        assert status == 200
        assert body.startswith(magic)
        height, width = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR).shape[:2]
        assert width == 64 or height == 48
        assert width <= 64
        assert height <= 48
    assert ask(server, path + "/rendered?window=1,0")[0] == 400
    assert ask(server, path + "/thumbnail", {"Accept": "image/png"})[2].startswith(b"\x89PNG")
    study, series, uid = uids_of(dataset)
    query = f"/wado?requestType=WADO&studyUID={study}&seriesUID={series}&objectUID={uid}"
    assert ask(server, query)[2].startswith(b"\xff\xd8")
    got = ask(server, query + "&contentType=application/dicom")[2]
    assert pydicom.dcmread(io.BytesIO(got)).SOPInstanceUID == uid


def test_slices_of_a_volume_without_a_file_are_served_with_their_places(session):
    voxels = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    volume = cs.Volume("mine", voxels)
    with serve_dicomweb(volume, session=session, token=TOKEN) as server:
        _, _, body = ask(server, "/dicom-web/instances")
        found = json.loads(body)
        assert len(found) == 3
        seen = set()
        for one in found:
            path = urlsplit(one["00081190"]["Value"][0]).path
            _, _, body = ask(server, path, {"Accept": "application/dicom"})
            dataset = pydicom.dcmread(io.BytesIO(body))
            k = int(dataset.InstanceNumber) - 1
            np.testing.assert_array_equal(dataset.pixel_array, voxels[k])
            seen.add(k)
        assert seen == {0, 1, 2}


def test_slices_of_nifti_files_lie_where_the_file_says(session, tmp_path):
    import nibabel

    voxels = np.arange(24, dtype=np.int16).reshape(4, 3, 2)
    affine = np.array([[-2.0, 0, 0, 10], [0, -3.0, 0, 20], [0, 0, 5.0, 30], [0, 0, 0, 1]])
    path = tmp_path / "a.nii.gz"
    nibabel.save(nibabel.Nifti1Image(voxels, affine), path)
    with serve_dicomweb(path, session=session, token=TOKEN) as server:
        found = json.loads(ask(server, "/dicom-web/instances")[2])
        paths = [urlsplit(one["00081190"]["Value"][0]).path for one in found]
        files = [ask(server, one, {"Accept": "application/dicom"})[2] for one in paths]
        study = json.loads(ask(server, "/dicom-web/studies")[2])
    assert [one["00201208"]["Value"] for one in study] == [[2]]
    for data in files:
        dataset = pydicom.dcmread(io.BytesIO(data))
        # NIfTI is RAS, DICOM LPS: x and y change their sign.
        *in_plane, z = dataset.ImagePositionPatient
        assert in_plane == [-10, -20]
        np.testing.assert_array_equal(dataset.pixel_array, voxels[..., int(z - 30) // 5].T)
        assert list(dataset.ImageOrientationPatient) == [1, 0, 0, 0, 1, 0]
        assert list(dataset.PixelSpacing) == [3, 2]
    assert len(files) == 2


def test_a_file_that_went_away_hides_no_other(session, served, tmp_path):
    whole = [path for path, _ in served.values()][:2]
    copies = [tmp_path / f"{n}.dcm" for n in range(2)]
    for path, copy in zip(whole, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    with serve_dicomweb([str(one) for one in copies], session=session, token=TOKEN) as server:
        copies[0].unlink()
        status, _, body = ask(server, "/dicom-web/instances")
        assert (status, len(json.loads(body))) == (200, 2)
        gone = path_of(pydicom.dcmread(whole[0]))
        status, _, body = ask(server, gone, {"Accept": "application/dicom"})
        assert status == 500
        assert str(tmp_path).encode() not in body
        there = path_of(pydicom.dcmread(whole[1]))
        assert ask(server, there, {"Accept": "application/dicom"})[2] == whole[1].read_bytes()


def test_instances_of_another_server_are_passed_on_with_their_attributes(server, served):
    _, dataset = next(one for one in served.values() if one[1].get("NumberOfFrames", 1) == 1)
    study = f"{server.dicomweb_url}/studies/{dataset.StudyInstanceUID}"
    with (
        cs.Session(http=HttpSettings(auth=BearerAuth(TOKEN))) as other,
        serve_dicomweb(study, session=other, token=TOKEN) as second,
    ):
        accept = {"Accept": "application/dicom"}
        status, _, body = ask(second, path_of(dataset), accept)
        want = other.load_image(f"wadors:{server.address}{path_of(dataset)}/frames/1").result(60)
    assert status == 200
    got = pydicom.dcmread(io.BytesIO(body))
    assert uids_of(got) == uids_of(dataset)
    assert got.get("PatientID") == dataset.get("PatientID")
    np.testing.assert_array_equal(got.pixel_array, want.pixels)


def test_instances_of_another_server_are_listed_without_fetching_their_samples(
    serve, server, served, path_of, testdata
):
    report = testdata / "dcmqi/data/sr-example/sr.dcm"
    waveform = testdata / "pypi-pydicom/pydicom/data/test_files/waveform_ecg.dcm"
    wave = pydicom.dcmread(waveform)
    others = [str(report), str(waveform)]
    first = serve([*others, *(str(path) for path, _ in served.values())])
    studies = {dataset.StudyInstanceUID for _, dataset in served.values()}
    studies |= {pydicom.dcmread(other).StudyInstanceUID for other in others}
    base = first.server.dicomweb_url
    with cs.Session(http=HttpSettings(auth=BearerAuth(TOKEN))) as other:
        second = serve([f"{base}/studies/{uid}" for uid in studies], session=other)
        found = {one["00080018"]["Value"][0]: one for one in second.search("instances")}
        for _, dataset in served.values():
            one = found[dataset.SOPInstanceUID]
            assert one["00280010"]["Value"] == [dataset.Rows]
            [want] = first.get(path_of(dataset) + "/metadata").json
            [got] = second.get(path_of(dataset) + "/metadata").json
            told = {tag for tag, element in want.items() if "BulkDataURI" not in element}
            # Frames are passed on decoded, colours by pixel.
            decoded = {"00280004", "00280006"} if dataset.SamplesPerPixel == 3 else set()
            assert {tag: want[tag] for tag in told - decoded} == {
                tag: got[tag] for tag in told - decoded
            }
        assert len(other.cache) == 0
        # Addresses are ours, and what is behind them is fetched from there.
        [passed] = second.get(path_of(wave) + "/metadata").json
        address = passed["54000100"]["Value"][0]["54001010"]["BulkDataURI"]
        assert address.startswith(second.server.dicomweb_url)
        value = second.get(address.removeprefix(second.server.address), OCTETS)
        assert value.body == wave.WaveformSequence[0].WaveformData
        beside = address.removeprefix(second.server.address).replace("54001010", "5400100A")
        assert second.get(beside, OCTETS).status == 404
        where = path_of(pydicom.dcmread(report))
        passed_on = pydicom.dcmread(io.BytesIO(second.get(where, "application/dicom").body))
        assert passed_on.ContentSequence == pydicom.dcmread(report).ContentSequence
        second.server.close()


def test_another_client_reads_pictures_and_bulk_data(serve, testdata):
    path = testdata / "pypi-pydicom/pydicom/data/test_files/waveform_ecg.dcm"
    image = testdata / "pypi-pydicom/pydicom/data/test_files/CT_small.dcm"
    served = serve([str(path), str(image)])
    opened = create_session()
    opened.headers["Authorization"] = f"Bearer {TOKEN}"
    client = DICOMwebClient(served.server.dicomweb_url, session=opened)
    ecg, grey = pydicom.dcmread(path), pydicom.dcmread(image)
    metadata = client.retrieve_instance_metadata(*uids_of(ecg))
    address = metadata["54000100"]["Value"][0]["54001010"]["BulkDataURI"]
    assert client.retrieve_bulkdata(address) == [ecg.WaveformSequence[0].WaveformData]
    assert client.retrieve_bulkdata(address, byte_range=(2, 5)) == [
        ecg.WaveformSequence[0].WaveformData[2:6]
    ]
    png = client.retrieve_instance_rendered(*uids_of(grey), media_types=("image/png",))
    assert png.startswith(b"\x89PNG")
    assert client.retrieve_instance(*uids_of(ecg)).PatientID == ecg.PatientID


def test_without_a_token_it_listens_to_this_machine_only(session):
    image = cs.Image("grey:a", np.zeros((4, 4), np.uint8))
    with serve_dicomweb(image, session=session, needs_token=False) as server:
        assert ask(server, "/dicom-web/studies", {"Authorization": ""})[0] == 200
    with pytest.raises(ValueError, match="token"):
        serve_dicomweb(image, session=session, host="0.0.0.0", needs_token=False)
