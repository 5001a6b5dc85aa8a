"""Many frames of a DICOMweb server at once."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json

import numpy as np
import pydicom
import pytest
from pydicom import uid as uids

from pycornerstone.errors import (
    DecodeError,
    HttpStatusError,
    ImageIdError,
    LoaderError,
    PyCornerstoneError,
)
from pycornerstone.loaders import wado_rs_many
from pycornerstone.loaders.dicomweb_headers import series_url
from pycornerstone.loaders.protocol import LoaderContext, LoadOptions, brings_many
from pycornerstone.loaders.wado_rs import WadoRsLoader
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import ImagePixelModule, ImagePlaneModule
from pycornerstone.retrieve.http import HttpRetriever, HttpSettings
from pycornerstone.testing.dicom_series import RESCALE_INTERCEPT, ct_series, secondary_capture
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.misbehaving_server import MisbehavingServer
from pycornerstone.testing.phantoms import ct_phantom

PHANTOM = ct_phantom(20, 24, 32)
STORED = PHANTOM.hounsfield - RESCALE_INTERCEPT
WAYS = ("frames", "series", "instances")
INSTANCE = "/studies/1/series/2/instances/3"
ROWS, COLUMNS = 4, 6
# PS3.18 section F.2: 40 grey images of 4 rows and 6 columns, 16 bits.
PIXELS = {
    "00080018": {"vr": "UI", "Value": ["3"]},
    "00280002": {"vr": "US", "Value": [1]},
    "00280004": {"vr": "CS", "Value": ["MONOCHROME2"]},
    "00280008": {"vr": "IS", "Value": ["40"]},
    "00280010": {"vr": "US", "Value": [ROWS]},
    "00280011": {"vr": "US", "Value": [COLUMNS]},
    "00280100": {"vr": "US", "Value": [16]},
    "00280101": {"vr": "US", "Value": [16]},
    "00280102": {"vr": "US", "Value": [15]},
    "00280103": {"vr": "US", "Value": [0]},
}
JSON = "application/dicom+json"
MULTIPART = 'multipart/related; type="application/octet-stream"; boundary=b'


def frame(number: int) -> bytes:
    return np.full((ROWS, COLUMNS), number, "<u2").tobytes()


def in_parts(numbers, fields=lambda number: "") -> bytes:
    parts = (
        f"--b\r\n{fields(number)}Content-Type: application/octet-stream\r\n\r\n".encode()
        + frame(number)
        + b"\r\n"
        for number in numbers
    )
    return b"".join(parts) + b"--b--\r\n"


@contextlib.asynccontextmanager
async def loader_of(settings=None, *providers):
    # As in a session, where files that are alike are not walked over unless a provider is there.
    metadata, headers = MetadataRegistry(), DicomHeaders()
    metadata.add_provider(headers.provide, -1000)
    for provider in providers:
        metadata.add_provider(provider)
    context = LoaderContext(
        metadata,
        headers,
        HttpRetriever(settings or HttpSettings(max_retries=0)),
        lambda: not providers,
    )
    try:
        yield WadoRsLoader(context), context
    finally:
        await context.http.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}


def bring(image_ids, way="frames", *providers, settings=None):
    """Bring and decode many; gives their samples by imageId."""

    async def main():
        async with loader_of(settings, *providers) as (loader, _):
            options = LoadOptions(extra={"wadors": way})
            many = loader.retrieve_many(image_ids, options)
            return [(e.image_id, loader.decode(e).pixels) async for e in many]

    brought = asyncio.run(main())
    assert sorted(image_id for image_id, _ in brought) == sorted(image_ids)
    return dict(brought)


def failure(image_ids, way="frames") -> PyCornerstoneError:
    with pytest.raises(PyCornerstoneError) as caught:
        bring(image_ids, way)
    return caught.value


@pytest.fixture
def server():
    """Serve 40 frames of an instance and their metadata by hand, and no list of frames."""
    with MisbehavingServer() as server:
        body = json.dumps([PIXELS]).encode()
        for level in (INSTANCE, INSTANCE.partition("/instances")[0]):
            server.answer(level + "/metadata", body=body, content_type=JSON)
        for number in range(1, 41):
            server.answer(f"{INSTANCE}/frames/{number}", body=frame(number))
        yield server


def frame_ids(server, numbers):
    return [f"wadors:{server.url(INSTANCE)}/frames/{number}" for number in numbers]


def test_it_brings_many():
    async def main():
        async with loader_of() as (loader, _):
            assert brings_many(loader)

    asyncio.run(main())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "syntax",
    [
        uids.ExplicitVRLittleEndian,
        uids.ImplicitVRLittleEndian,
        uids.ExplicitVRBigEndian,
        uids.RLELossless,
        uids.JPEGLSLossless,
        uids.JPEG2000Lossless,
    ],
)
def test_stored_values_are_those_that_were_written(way, syntax):
    with SampleServer(ct_series(PHANTOM, syntax)) as server:
        image_ids = server.image_ids("wadors")
        samples = bring(image_ids, way)
    for image_id, expected in zip(image_ids, STORED, strict=True):
        np.testing.assert_array_equal(samples[image_id], expected)


@pytest.mark.parametrize(("way", "requests"), [("frames", 21), ("series", 1), ("instances", 20)])
def test_as_few_requests_as_can_be(way, requests):
    with SampleServer(ct_series(PHANTOM)) as server:
        bring(server.image_ids("wadors"), way)
        assert server.requests() == requests


@pytest.mark.parametrize("way", WAYS)
def test_headers_answer_for_metadata_afterwards(way):
    async def main(image_ids):
        async with loader_of() as (loader, context):
            options = LoadOptions(extra={"wadors": way})
            async for _ in loader.retrieve_many(image_ids, options):
                pass
            return [context.metadata.get(ImagePlaneModule, i) for i in image_ids]

    with SampleServer(ct_series(PHANTOM)) as server:
        planes = asyncio.run(main(server.image_ids("wadors")))
    for index, plane in enumerate(planes):
        assert plane.image_position_lps == pytest.approx(PHANTOM.position_lps(index))


@pytest.mark.parametrize("way", WAYS)
def test_the_frames_of_an_instance_have_the_samples_of_the_file(way):
    data = secondary_capture(PHANTOM)
    with SampleServer([data]) as server:
        image_ids = server.image_ids("wadors")
        samples = bring(image_ids[::-1], way)
        # Of 20 small frames, two to a request, and the metadata; or the file.
        assert server.requests() == (11 if way == "frames" else 1)
    for image_id, expected in zip(
        image_ids, pydicom.dcmread(io.BytesIO(data)).pixel_array, strict=True
    ):
        # Baseline JPEG: another decoder's inverse DCT differs by 1.
        assert np.abs(samples[image_id].astype(int) - expected).max() <= 1


@pytest.mark.parametrize("syntax", [uids.ExplicitVRLittleEndian, uids.JPEGLSLossless])
def test_instances_of_a_series_that_differ_are_each_read_as_they_are(syntax):
    files = ct_series(PHANTOM, syntax)
    odd = pydicom.dcmread(io.BytesIO(files[7]))
    odd.PixelRepresentation = 1
    buffer = io.BytesIO()
    odd.save_as(buffer)
    with SampleServer([*files[:7], buffer.getvalue(), *files[8:]]) as server:
        image_ids = server.image_ids("wadors")
        samples = bring(image_ids, "series")
    types = [samples[image_id].dtype for image_id in image_ids]
    assert types == [np.uint16] * 7 + [np.int16] + [np.uint16] * 12
    for image_id, expected in zip(image_ids, STORED, strict=True):
        np.testing.assert_array_equal(samples[image_id], expected)


def test_a_part_of_a_series_is_brought_without_the_rest():
    with SampleServer(ct_series(PHANTOM)) as server:
        image_ids = server.image_ids("wadors")[5:2:-1]
        samples = bring(image_ids, "series")
    for image_id, expected in zip(image_ids, STORED[5:2:-1], strict=True):
        np.testing.assert_array_equal(samples[image_id], expected)


def test_a_users_provider_has_its_say_in_each_way():
    def provider(type_name, image_id):
        if type_name != "imagePixelModule":
            return None
        return ImagePixelModule(rows=32, columns=24)

    with SampleServer(ct_series(PHANTOM)) as server:
        for way in WAYS:
            samples = bring(server.image_ids("wadors"), way, provider)
            assert {array.shape for array in samples.values()} == {(32, 24)}


def test_a_header_that_a_user_has_added_stays():
    async def main(image_ids):
        async with loader_of() as (loader, context):
            mine = {**PIXELS, "00280010": {"vr": "US", "Value": [32]}}
            mine["00280011"] = {"vr": "US", "Value": [24]}
            context.dicom_headers.add_json(image_ids[0], mine)
            options = LoadOptions(extra={"wadors": "series"})
            many = loader.retrieve_many(image_ids, options)
            return {e.image_id: loader.decode(e).pixels.shape async for e in many}

    with SampleServer(ct_series(PHANTOM)) as server:
        image_ids = server.image_ids("wadors")
        shapes = asyncio.run(main(image_ids))
    assert shapes.pop(image_ids[0]) == (32, 24)
    assert set(shapes.values()) == {(24, 32)}


@pytest.mark.parametrize("status", [400, 404, 406, 501])
def test_a_server_that_knows_no_lists_is_asked_for_each_frame(server, status):
    for first in range(1, 40, 5):
        numbers = ",".join(str(number) for number in range(first, first + 5))
        server.answer(f"{INSTANCE}/frames/{numbers}", status=status)
    image_ids = frame_ids(server, range(1, 41))
    samples = bring(image_ids)
    assert [samples[i][0, 0] for i in image_ids] == list(range(1, 41))
    # It is asked in vain by those who ask at the same time, and by nobody later.
    assert server.requests() <= 40 + 2 + 4


@pytest.mark.parametrize(
    ("order", "fields"),
    [
        ([1, 2, 3, 4, 5], lambda _: ""),
        ([4, 2, 5, 1, 3], lambda n: f"Content-Location: /x/frames/{n}\r\n"),
        ([5, 4, 3, 2, 1], lambda n: f"content-location: https://pacs/frames/{n}?a=b\r\n"),
    ],
)
def test_parts_are_in_the_order_asked_or_say_which_frame_they_are(server, order, fields):
    for first in range(0, 40, 5):
        numbers = [first + number for number in order]
        path = f"{INSTANCE}/frames/{','.join(str(n) for n in sorted(numbers))}"
        server.answer(path, body=in_parts(numbers, fields), content_type=MULTIPART)
    image_ids = frame_ids(server, range(1, 41))
    samples = bring(image_ids)
    assert [samples[i][0, 0] for i in image_ids] == list(range(1, 41))
    assert server.requests() == 8 + 1


@pytest.mark.parametrize("fields", [lambda _: "", lambda n: f"Content-Location: /x/frames/{n}\r\n"])
def test_frames_that_a_list_lacks_are_asked_for_one_by_one(server, fields):
    for first in range(1, 40, 5):
        numbers = list(range(first, first + 5))
        path = f"{INSTANCE}/frames/{','.join(map(str, numbers))}"
        server.answer(path, body=in_parts(numbers[1:], fields), content_type=MULTIPART)
    image_ids = frame_ids(server, range(1, 41))
    samples = bring(image_ids)
    assert [samples[i][0, 0] for i in image_ids] == list(range(1, 41))


def test_a_frame_that_there_is_not_is_told_before_it_is_asked_for(server):
    error = failure(frame_ids(server, [1, 41]))
    assert isinstance(error, ImageIdError)
    assert error.message == "frame 41 was asked for, but there are 40; they count from 1"
    assert server.requests(INSTANCE + "/frames/41") == 0


def test_the_image_that_cannot_be_had_is_named(server):
    server.answer(INSTANCE + "/frames/1", status=403)
    (image_id,) = frame_ids(server, [1])
    error = failure([image_id])
    assert isinstance(error, HttpStatusError)
    assert (error.status, error.image_id) == (403, image_id)


def test_metadata_that_cannot_be_had_are_the_error(server):
    for level in (INSTANCE, INSTANCE.partition("/instances")[0]):
        server.answer(level + "/metadata", status=404)
    error = failure(frame_ids(server, [1, 2]))
    assert isinstance(error, HttpStatusError)
    assert error.url.endswith("/metadata")


@pytest.mark.parametrize("address", ["http://{host}/bulk", "/bulk", "../../../../bulk"])
def test_frames_of_a_server_without_them_come_out_of_the_pixel_data_it_names(server, address):
    # As Orthanc names it; PS3.18 section F.2.6. Relative to the metadata of the series, as they are
    # what was asked for (RFC 3986 section 5.1.3).
    uri = address.format(host=server.address.removeprefix("http://"))
    named = {**PIXELS, "7FE00010": {"vr": "OW", "BulkDataURI": uri}}
    for level in (INSTANCE, INSTANCE.partition("/instances")[0]):
        server.answer(level + "/metadata", body=json.dumps([named]).encode(), content_type=JSON)
    server.answer("/bulk", body=b"".join(map(frame, range(1, 41))))
    for number in range(1, 41):
        server.answer(f"{INSTANCE}/frames/{number}", status=404)
    image_ids = frame_ids(server, range(1, 41))
    samples = bring(image_ids)
    assert [samples[i][0, 0] for i in image_ids] == list(range(1, 41))
    assert server.requests("/bulk") == 1


def test_pixel_data_of_another_server_are_not_fetched(server):
    with MisbehavingServer() as other:
        other.answer("/bulk", body=b"".join(map(frame, range(1, 41))))
        named = {**PIXELS, "7FE00010": {"vr": "OW", "BulkDataURI": other.url("/bulk")}}
        body = json.dumps([named]).encode()
        server.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        server.answer("/studies/1/series/2/metadata", body=body, content_type=JSON)
        server.answer(INSTANCE + "/frames/1", status=404)
        error = failure(frame_ids(server, [1]))
        assert other.requests() == 0
    assert isinstance(error, HttpStatusError)
    # What was asked for first is the error to tell.
    assert error.url == server.url(INSTANCE + "/frames/1")


def test_pixel_data_named_by_an_inner_name_are_fetched_from_where_the_metadata_came(server):
    with MisbehavingServer() as other:
        path = "/studies/1/bulk"
        server.answer(path, body=b"".join(map(frame, range(1, 41))))
        named = {**PIXELS, "7FE00010": {"vr": "OW", "BulkDataURI": other.url(path)}}
        body = json.dumps([named]).encode()
        server.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        server.answer("/studies/1/series/2/metadata", body=body, content_type=JSON)
        server.answer(INSTANCE + "/frames/7", status=404)
        (image_id,) = frame_ids(server, [7])
        assert bring([image_id])[image_id][0, 0] == 7
        assert other.requests() == 0


@pytest.mark.parametrize("in_part", [False, True])
def test_frames_of_a_server_without_them_come_out_of_the_file(server, in_part):
    data = ct_series(PHANTOM, uids.JPEGLSLossless)[3]
    metadata = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True).to_json_dict()
    server.answer(INSTANCE + "/metadata", body=json.dumps([metadata]).encode(), content_type=JSON)
    server.answer("/studies/1/series/2/metadata", status=404)
    server.answer(INSTANCE + "/frames/1", status=404)
    body, content_type = data, "application/dicom"
    if in_part:
        head = b"--b\r\nContent-Type: application/dicom\r\n\r\n"
        body, content_type = head + data + b"\r\n--b--", "multipart/related; boundary=b"
    server.answer(INSTANCE, body=body, content_type=content_type)
    (image_id,) = frame_ids(server, [1])
    np.testing.assert_array_equal(bring([image_id])[image_id], STORED[3])


@pytest.mark.parametrize("way", ["series", "instances"])
@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404},
        {"status": 406},
        {"body": b"<html>", "content_type": "text/html"},
        {"body": b"--b\r\nContent-Type: application/dicom\r\n\r\nabc\r\n--b--"},
        {"body": b"--b\r\nContent-Type: text/plain\r\n\r\nno\r\n--b--"},
        {"body": b"--b\r\nContent-Type: application/dicom\r\n\r\nab"},
        {"body": b"--b--"},
    ],
)
def test_what_does_not_come_in_whole_instances_comes_by_frames(server, way, answer):
    answer = {"content_type": "multipart/related; boundary=b", **answer}
    server.answer(INSTANCE, **answer)
    server.answer("/studies/1/series/2", **answer)
    image_ids = frame_ids(server, range(1, 9))
    samples = bring(image_ids, way)
    assert [samples[i][0, 0] for i in image_ids] == list(range(1, 9))


@pytest.mark.parametrize("cut", [0.02, 0.3, 0.55, 0.98])
def test_a_series_that_is_cut_is_made_whole_by_frames(cut):
    files = ct_series(ct_phantom(6, 24, 32))
    expected = ct_phantom(6, 24, 32).hounsfield - RESCALE_INTERCEPT
    with SampleServer(files) as good, MisbehavingServer() as bad:
        paths = [i.partition("/dicom-web")[2] for i in good.image_ids("wadors")]
        series = series_url("https://x" + paths[0].partition("/frames")[0]).partition("//x")[2]
        head = b"--b\r\nContent-Type: application/dicom\r\n\r\n"
        # In the opposite order, too.
        body = b"".join(head + data + b"\r\n" for data in files[::-1]) + b"--b--"
        bad.answer(
            series,
            body=body,
            cut_after=int(len(body) * cut),
            content_type="multipart/related; boundary=b",
        )
        metadata = [
            pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True).to_json_dict()
            for data in files
        ]
        bad.answer(series + "/metadata", body=json.dumps(metadata).encode(), content_type=JSON)
        for path, slice_ in zip(paths, expected, strict=True):
            bad.answer(path, body=slice_.astype("<u2").tobytes())
        samples = bring(["wadors:" + bad.url(path) for path in paths], "series")
        for path, slice_ in zip(paths, expected, strict=True):
            np.testing.assert_array_equal(samples["wadors:" + bad.url(path)], slice_)
        assert sum(bad.requests(path) for path in paths) == 6 - int(6 * cut)


def ask(server, image_ids):
    """Bring many in the way that is the default; gives how often the series was asked for."""
    samples = bring(image_ids, None)
    place_of = {image_id: place for place, image_id in enumerate(server.image_ids("wadors"))}
    for image_id in image_ids:
        np.testing.assert_array_equal(samples[image_id], STORED[place_of[image_id]])
    series = series_url(image_ids[0].partition("/frames")[0]).partition(":")[2]
    return server.requests(series.removeprefix(server.address))


def test_most_of_a_series_is_taken_whole():
    with SampleServer(ct_series(PHANTOM)) as server:
        image_ids = server.image_ids("wadors")
        assert ask(server, image_ids) == 1
        assert server.requests() == 1
        assert ask(server, image_ids[3:]) == 2
        assert server.requests() == 2


def test_some_images_of_a_series_are_not():
    with SampleServer(ct_series(PHANTOM)) as server:
        assert ask(server, server.image_ids("wadors")[:7]) == 0
        assert server.requests() == 1 + 7


def test_a_series_that_holds_much_else_is_left():
    with SampleServer(ct_series(PHANTOM)) as server:
        # The first five are none of them.
        assert ask(server, server.image_ids("wadors")[8:]) == 1
        assert server.requests() == 1 + 1 + 12


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (406, 1), (429, 2), (503, 2)])
def test_a_server_that_gives_no_series_is_asked_once_and_a_busy_one_again(server, status, asked):
    ids, objects = [], []
    for number in range(1, 21):
        instance = INSTANCE[:-1] + str(number)
        one = {**PIXELS, "00080018": {"vr": "UI", "Value": [str(number)]}}
        objects.append({**one, "00280008": {"vr": "IS", "Value": ["1"]}})
        server.answer(instance + "/frames/1", body=frame(number))
        ids.append(f"wadors:{server.url(instance)}/frames/1")
    body = json.dumps(objects).encode()
    server.answer("/studies/1/series/2/metadata", body=body, content_type=JSON)
    server.answer("/studies/1/series/2", status=status)

    async def main():
        async with loader_of(HttpSettings()) as (loader, _):
            for _ in range(2):
                async for encoded in loader.retrieve_many(ids, LoadOptions()):
                    samples = loader.decode(encoded).pixels
                    assert ids[samples[0, 0] - 1] == encoded.image_id

    asyncio.run(main())
    assert server.requests("/studies/1/series/2") == asked


def test_a_slide_of_gigabytes_is_not_taken_for_some_of_its_tiles(server):
    bring(frame_ids(server, range(1, 21)), None)
    assert server.requests("/studies/1/series/2") == server.requests(INSTANCE) == 0


def test_a_series_of_large_instances_is_left(monkeypatch):
    monkeypatch.setattr(wado_rs_many, "_TRIED_BYTES", 1000)
    with SampleServer(ct_series(PHANTOM)) as server:
        assert ask(server, server.image_ids("wadors")) == 1
        assert server.requests() == 1 + 1 + 20


def test_another_way_than_there_is_says_which_there_are():
    error = failure(["wadors:https://pacs/studies/1/series/2/instances/3/frames/1"], "carrier")
    assert isinstance(error, LoaderError)
    assert "wadors='carrier'; there are 'frames', 'instances', 'series'" in error.message


def test_an_image_id_that_is_none_is_named():
    assert isinstance(failure(["wadors:https://pacs/frames/x"]), ImageIdError)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_fetched_much_faster_than_it_is_taken(monkeypatch, way):
    nbytes = 24 * 32 * 2
    monkeypatch.setattr(wado_rs_many, "_MAX_WAITING_BYTES", 6 * nbytes)

    async def main(server):
        async with loader_of() as (loader, _):
            options = LoadOptions(extra={"wadors": way})
            many = loader.retrieve_many(server.image_ids("wadors"), options)
            taken = 0
            async with contextlib.aclosing(many):
                async for _ in many:
                    taken += 1
                    await asyncio.sleep(0.01)
                    if way != "series":
                        # The metadata; four at once before it is known how large they are.
                        assert server.requests() <= taken + 1 + 6 + 4
            return taken

    with SampleServer(ct_series(PHANTOM)) as server:
        assert asyncio.run(main(server)) == 20


@pytest.mark.parametrize("way", WAYS)
def test_leaving_early_stops_the_transfers(way):
    async def main(server):
        async with loader_of() as (loader, _):
            options = LoadOptions(extra={"wadors": way})
            many = loader.retrieve_many(server.image_ids("wadors"), options)
            async with contextlib.aclosing(many):
                async for _ in many:
                    break
            assert len(asyncio.all_tasks()) == 1
            return server.requests()

    with SampleServer(ct_series(ct_phantom(60, 16, 16))) as server:
        assert asyncio.run(main(server)) < 40


def test_one_broken_frame_does_not_hold_back_what_arrived(server):
    server.answer(INSTANCE + "/frames/9", body=b"", content_type="text/html")

    arrived = []

    async def bring_all(loader):
        async for encoded in loader.retrieve_many(frame_ids(server, range(1, 10)), LoadOptions()):
            arrived.append(encoded.image_id)  # noqa: PERF401 - those before the error count

    async def main():
        async with loader_of() as (loader, _):
            with pytest.raises(PyCornerstoneError) as caught:
                await bring_all(loader)
        return caught.value

    error = asyncio.run(main())
    assert error.image_id == frame_ids(server, [9])[0]
    assert error.image_id not in arrived
    assert not isinstance(error, DecodeError)
