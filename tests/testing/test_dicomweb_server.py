from __future__ import annotations

import email
import io
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pydicom
import pytest
from dicomweb_client.web import DICOMwebClient
from pydicom import examples
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_frames

from pycornerstone.testing.dicom_series import ct_series, secondary_capture
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.pictures import jpeg_phantom, nifti_phantom, png_phantom

PHANTOM = ct_phantom(3, 64, 64, noise_hu=5)
SERIES = ct_series(PHANTOM)
JPEG_LS = ct_series(PHANTOM, "1.2.840.10008.1.2.4.80", series_number=2)
CAPTURE = secondary_capture(PHANTOM)
FILES = {
    "a.png": png_phantom(PHANTOM),
    "b.jpg": jpeg_phantom(PHANTOM),
    "folder/c.nii.gz": nifti_phantom(PHANTOM),
    "notes.txt": b"hello",
}


@pytest.fixture(scope="module")
def server():
    with SampleServer([*SERIES, *JPEG_LS, CAPTURE], FILES) as server:
        yield server


def get(url: str, accept: str | None = None):
    request = urllib.request.Request(url, headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers, answer.read()


def status_of(url: str, accept: str | None = None) -> int:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(url, accept)
    caught.value.close()
    return caught.value.code


def parts_of(headers, body: bytes):
    head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body)
    assert message.get_content_type() == "multipart/related"
    return message.get_payload()


def frame_urls(server, image: pydicom.Dataset) -> list[str]:
    found = server.image_ids("wadors", of=[image.SOPInstanceUID])
    assert all(image_id.startswith("wadors:http://127.0.0.1:") for image_id in found)
    return [image_id.removeprefix("wadors:") for image_id in found]


@pytest.mark.parametrize(
    ("data", "media_type", "transfer_syntax_uid"),
    [
        (SERIES[1], "application/octet-stream", "1.2.840.10008.1.2.1"),
        (JPEG_LS[1], "image/jls", "1.2.840.10008.1.2.4.80"),
        (CAPTURE, "image/jpeg", "1.2.840.10008.1.2.4.50"),
    ],
)
def test_each_frame_comes_as_it_is_stored(server, data, media_type, transfer_syntax_uid):
    image = pydicom.dcmread(io.BytesIO(data))
    count = int(image.get("NumberOfFrames", 1))
    expected = [image.PixelData]
    if media_type != "application/octet-stream":
        expected = list(generate_frames(image.PixelData, number_of_frames=count))
    urls = frame_urls(server, image)
    assert len(urls) == count
    for url, frame in zip(urls, expected, strict=True):
        headers, body = get(
            url, 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
        )
        (part,) = parts_of(headers, body)
        assert part.get_content_type() == media_type
        assert part.get_param("transfer-syntax") == transfer_syntax_uid
        assert part.get_payload(decode=True) == frame


def test_a_list_of_frames_comes_in_the_order_asked_for(server):
    image = pydicom.dcmread(io.BytesIO(CAPTURE))
    first, second, third = generate_frames(image.PixelData, number_of_frames=3)
    url = frame_urls(server, image)[0].rpartition("/")[0] + "/3,1,3"
    parts = parts_of(*get(url))
    assert [part.get_payload(decode=True) for part in parts] == [third, first, third]
    assert second != first


def test_one_frame_can_be_asked_for_without_multipart(server):
    image = pydicom.dcmread(io.BytesIO(SERIES[0]))
    headers, body = get(frame_urls(server, image)[0], "application/octet-stream")
    assert headers["Content-Type"].startswith("application/octet-stream; transfer-syntax=1.2.840")
    assert body == image.PixelData


def test_wrong_questions_have_the_right_status(server):
    url = frame_urls(server, pydicom.dcmread(io.BytesIO(JPEG_LS[0])))[0]
    frames, instance = url.rpartition("/")[0], url.partition("/frames")[0]
    assert status_of(frames + "/2") == 404
    assert status_of(frames + "/0") == 404
    assert status_of(frames + "/one") == 400
    assert status_of(url, "image/png") == 406
    explicit = 'multipart/related; type="application/octet-stream"; transfer-syntax='
    assert status_of(url, explicit + "1.2.840.10008.1.2.1") == 406
    assert status_of(instance + "1/frames/1") == 404
    assert status_of(instance.replace("/series/", "/series/1")) == 404
    assert status_of(instance.replace("/studies/", "/studies/1") + "/metadata") == 404
    assert status_of(server.dicomweb_url + "/nothing") == 404
    assert status_of(server.url("/files/missing.png")) == 404


@pytest.mark.parametrize(("level", "count"), [("study", 7), ("series", 3), ("instance", 1)])
def test_metadata_are_the_data_sets_without_pixels(server, level, count):
    image = pydicom.dcmread(io.BytesIO(SERIES[0]))
    url = frame_urls(server, image)[0].partition("/frames")[0]
    if level != "instance":
        url = url.partition("/instances")[0]
    if level == "study":
        url = url.partition("/series")[0]
    headers, body = get(url + "/metadata")
    assert headers.get_content_type() == "application/dicom+json"
    found = [pydicom.Dataset.from_json(item) for item in json.loads(body)]
    assert len(found) == count
    del image.PixelData
    (same,) = [item for item in found if item.SOPInstanceUID == image.SOPInstanceUID]
    assert same == image


@pytest.mark.parametrize(("level", "count"), [("study", 7), ("series", 3), ("instance", 1)])
def test_whole_files_come_as_they_were_given(server, level, count):
    url = frame_urls(server, pydicom.dcmread(io.BytesIO(SERIES[0])))[0].partition("/frames")[0]
    if level != "instance":
        url = url.partition("/instances")[0]
    if level == "study":
        url = url.partition("/series")[0]
    headers, body = get(url, 'multipart/related; type="application/dicom"')
    parts = parts_of(headers, body)
    files = [part.get_payload(decode=True) for part in parts]
    assert files == [*SERIES, *JPEG_LS, CAPTURE][:count]
    assert {part.get_content_type() for part in parts} == {"application/dicom"}
    if level == "instance":
        assert get(url, "application/dicom")[1] == SERIES[0]
    else:
        assert status_of(url, "application/dicom") == 406


def test_wado_uri_gives_the_file(server):
    (image_id,) = server.image_ids("wadouri", of=[uid_of(SERIES[2])])
    url = image_id.removeprefix("wadouri:")
    headers, body = get(url)
    assert headers.get_content_type() == "application/dicom"
    assert body == SERIES[2]
    assert status_of(url.replace("requestType=WADO", "requestType=x")) == 400
    assert status_of(url.replace("application/dicom", "image/jpeg")) == 406
    assert status_of(url.replace("objectUID=", "objectUID=1")) == 404
    assert status_of(url.replace("seriesUID=", "seriesUID=1")) == 404


def test_plain_files_have_the_type_of_their_name(server):
    kinds = {name: get(server.url("/files/" + name)) for name in FILES}
    assert {name: body for name, (_, body) in kinds.items()} == FILES
    assert {name: headers.get_content_type() for name, (headers, _) in kinds.items()} == {
        "a.png": "image/png",
        "b.jpg": "image/jpeg",
        "folder/c.nii.gz": "application/octet-stream",
        "notes.txt": "text/plain",
    }
    # What is compressed is the file, not the way to it (RFC 9110, 8.4).
    assert kinds["folder/c.nii.gz"][0]["Content-Encoding"] is None


def test_an_independent_client_finds_and_gets_everything(server):
    client = DICOMwebClient(server.dicomweb_url)
    (study,) = client.search_for_studies(search_filters={"PatientName": "Phan*"})
    assert study["00201206"]["Value"] == [3]
    assert study["00201208"]["Value"] == [7]
    assert study["00080061"]["Value"] == ["CT", "OT"]
    uid = study["0020000D"]["Value"][0]
    series = client.search_for_series(uid)
    assert [item["00201209"]["Value"] for item in series] == [[3], [3], [1]]
    found = client.search_for_instances(uid, series[0]["0020000E"]["Value"][0])
    assert [item["00080018"]["Value"][0] for item in found] == [uid_of(data) for data in SERIES]
    files = client.retrieve_series(uid, series[0]["0020000E"]["Value"][0])
    assert [file.InstanceNumber for file in files] == [1, 2, 3]
    np.testing.assert_array_equal(files[1].pixel_array.astype(int) - 1024, PHANTOM.hounsfield[1])
    captures = client.search_for_instances(search_filters={"Modality": "OT"})
    uids = [captures[0][tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018")]
    assert len(client.retrieve_instance_frames(*uids, frame_numbers=[1, 2, 3])) == 3
    assert len(client.retrieve_series_metadata(*uids[:2])) == 1


def test_searches_are_filtered_and_cut(server):
    def search(query: str) -> list[dict]:
        # 204 without content where nothing is found (PS3.18 table 10.6.3-1).
        return json.loads(get(f"{server.dicomweb_url}/instances?{query}")[1] or b"[]")

    assert len(search("")) == 7
    assert len(search("Modality=CT")) == 6
    assert len(search("00080060=OT")) == 1
    assert len(search("Modality=C")) == 0
    assert len(search("InstanceNumber=2")) == 2
    assert [item["00200013"]["Value"] for item in search("limit=2&offset=1")] == [[2], [3]]
    assert search("SeriesDescription=*nothing*") == []
    assert status_of(f"{server.dicomweb_url}/instances?limit=many") == 400


def test_image_ids_say_how_each_scheme_is_asked(server):
    assert len(server.image_ids("wadors")) == 9
    assert len(server.image_ids("wadouri")) == 9
    capture = server.image_ids("dicomweb", of=[uid_of(CAPTURE)])
    assert [image_id.rpartition("&")[2] for image_id in capture] == [
        "frame=1",
        "frame=2",
        "frame=3",
    ]
    assert all(image_id.startswith("dicomweb:http://127.0.0.1:") for image_id in capture)
    assert server.image_ids("web") == [
        "web:" + server.url("/files/a.png"),
        "web:" + server.url("/files/b.jpg"),
    ]
    assert server.image_ids("http", of=["a.png"]) == [server.url("/files/a.png")]
    nifti = "nifti:" + server.url("/files/folder/c.nii.gz")
    assert server.image_ids("nifti") == [f"{nifti}?frame={k}" for k in range(3)]
    with pytest.raises(ValueError, match="nothing is served by scheme 'ftp'; there are wadors,"):
        server.image_ids("ftp")


def uid_of(data: bytes) -> str:
    return pydicom.dcmread(io.BytesIO(data), specific_tags=["SOPInstanceUID"]).SOPInstanceUID


def test_big_endian_frames_are_sent_as_little_endian():
    # PS3.18 8.7.3.3.1: what is not compressed is sent as Explicit VR Little Endian.
    with SampleServer(ct_series(PHANTOM, "1.2.840.10008.1.2.2")) as server:
        (part,) = parts_of(*get(server.image_ids("wadors")[1].removeprefix("wadors:")))
        assert part.get_param("transfer-syntax") == "1.2.840.10008.1.2.1"
        samples = np.frombuffer(part.get_payload(decode=True), "<u2").reshape(64, 64)
        np.testing.assert_array_equal(samples.astype(int) - 1024, PHANTOM.hounsfield[1])


def test_frames_of_single_bits_begin_at_a_byte():
    segmentation = pydicom.dcmread(get_testdata_file("liver_1frame.dcm"))
    # Three frames of 5 x 5 bits follow each other without a gap (PS3.5 8.1.1): 75 bits.
    bits = np.random.default_rng(1).integers(0, 2, 75, dtype=np.uint8)
    segmentation.Rows = segmentation.Columns = 5
    segmentation.NumberOfFrames = 3
    segmentation.PixelData = np.packbits(bits, bitorder="little").tobytes()
    buffer = io.BytesIO()
    segmentation.save_as(buffer)
    with SampleServer([buffer.getvalue()]) as server:
        for number, image_id in enumerate(server.image_ids("wadors")):
            (part,) = parts_of(*get(image_id.removeprefix("wadors:")))
            frame = np.frombuffer(part.get_payload(decode=True), np.uint8)
            found = np.unpackbits(frame, bitorder="little")[:25]
            np.testing.assert_array_equal(found, bits[25 * number : 25 * number + 25])


def test_larger_binary_values_can_be_named_instead_of_held():
    path = examples.get_path("palette_color")
    palette = pydicom.dcmread(path)
    with SampleServer([path], bulk_data=True) as server:
        url = server.image_ids("wadors")[0].removeprefix("wadors:").partition("/frames")[0]
        (found,) = json.loads(get(url + "/metadata")[1])
        red = found["00281201"]
        assert red.keys() == {"vr", "BulkDataURI"}
        (part,) = parts_of(*get(red["BulkDataURI"]))
        assert part.get_payload(decode=True) == palette.RedPaletteColorLookupTableData
        assert status_of(url + "/bulk/00280010") == 404
        assert status_of(url + "/bulk/00999999") == 404
    with SampleServer([path]) as server:
        url = server.image_ids("wadors")[0].removeprefix("wadors:").partition("/frames")[0]
        (found,) = json.loads(get(url + "/metadata")[1])
        assert found["00281201"].keys() == {"vr", "InlineBinary"}


def test_instances_without_pixels_have_no_frames():
    with SampleServer([examples.get_path("rt_plan")]) as server:
        assert server.image_ids("wadors") == []
        (found,) = json.loads(get(server.dicomweb_url + "/instances")[1])
        assert status_of(found["00081190"]["Value"][0] + "/frames/1") == 404


def test_what_is_added_while_it_runs_is_served_and_counted():
    with SampleServer() as server:
        assert status_of(server.url("/files/late.txt")) == 404
        server.add_file("late.txt", b"here")
        assert get(server.url("/files/late.txt"))[1] == b"here"
        assert server.requests("/files/late.txt") == 2
        uid = server.add_instance(SERIES[0])
        assert len(server.image_ids("wadors", of=[uid])) == 1
        get(server.dicomweb_url + "/studies?limit=1")
        assert server.requests("/dicom-web/studies") == 1
        assert server.requests() == 3


def test_latency_is_waited_once_a_request_and_not_in_line():
    with SampleServer(files={"a.txt": b"a"}, latency_s=0.4) as server:
        began = time.monotonic()
        with ThreadPoolExecutor(5) as threads:
            list(threads.map(get, [server.url("/files/a.txt")] * 5))
        assert 0.4 <= time.monotonic() - began < 1.9


def test_what_is_not_dicom_is_refused():
    with pytest.raises(ValueError, match="not a DICOM file that can be served"):
        SampleServer([b"not DICOM"])
    nameless = pydicom.dcmread(io.BytesIO(SERIES[0]))
    del nameless.StudyInstanceUID
    buffer = io.BytesIO()
    nameless.save_as(buffer)
    with pytest.raises(ValueError, match="it has no StudyInstanceUID"):
        SampleServer([buffer.getvalue()])


def test_it_is_reached_from_this_machine_only_and_only_while_it_runs():
    before = set(threading.enumerate())
    server = SampleServer(files={"a.txt": b"a"})
    with pytest.raises(RuntimeError, match="SampleServer is not running; use it by 'with'"):
        server.url("/files/a.txt")
    with server:
        url = server.url("/files/a.txt")
        host, port = server.address.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        with pytest.raises(RuntimeError, match=r"is running already at http://127\.0\.0\.1:"):
            server.start()
        assert get(url)[1] == b"a"
    server.close()
    assert not set(threading.enumerate()) - before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    with server:
        assert get(server.url("/files/a.txt"))[1] == b"a"


def test_who_does_not_say_who_he_is_is_asked():
    with SampleServer(files={"a.txt": b"a"}, credentials=("ada", "sécret")) as server:
        url = server.url("/files/a.txt")
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(url)
        caught.value.close()
        assert caught.value.code == 401
        assert caught.value.headers["WWW-Authenticate"] == (
            'Basic realm="SampleServer", charset="UTF-8"'
        )
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, url, "ada", "sécret")
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
        with opener.open(url, timeout=10) as answer:
            assert answer.read() == b"a"


def test_a_token_lets_in_until_it_is_changed():
    def bearing(token: str) -> urllib.request.Request:
        return urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})

    with SampleServer(files={"a.txt": b"a"}, token="one") as server:
        url = server.url("/files/a.txt")
        with urllib.request.urlopen(bearing("one"), timeout=10) as answer:
            assert answer.read() == b"a"
        server.change_token("two")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(bearing("one"), timeout=10)
        caught.value.close()
        wanted = 'Bearer realm="SampleServer", error="invalid_token"'
        assert (caught.value.code, caught.value.headers["WWW-Authenticate"]) == (401, wanted)
        with urllib.request.urlopen(bearing("two"), timeout=10) as answer:
            assert answer.read() == b"a"
