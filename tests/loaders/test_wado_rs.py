"""Frames by WADO-RS."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import traceback
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom import uid as uids
from pydicom.data import get_testdata_file

from pycornerstone.errors import (
    ContentTypeError,
    DecodeError,
    HttpStatusError,
    ImageIdError,
    MetadataError,
    PyCornerstoneError,
    RetrieveError,
    TransferError,
)
from pycornerstone.loaders.dicomweb_headers import series_url
from pycornerstone.loaders.protocol import ImageLoader, LoaderContext
from pycornerstone.loaders.wado_rs import WadoRsLoader
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.image_addresses import beside
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import ImagePlaneModule, VoiLutModule
from pycornerstone.retrieve.http import HttpRetriever, HttpSettings
from pycornerstone.testing.dicom_series import RESCALE_INTERCEPT, ct_series, secondary_capture
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.misbehaving_server import MisbehavingServer
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycornerstone.model.image import Image

PHANTOM = ct_phantom(3, 40, 48)
STORED = PHANTOM.hounsfield - RESCALE_INTERCEPT
INSTANCE = "/studies/1/series/2/instances/3"
FRAME = INSTANCE + "/frames/1"
# PS3.18 section F.2: a grey image of 2 rows and 3 columns, 16 bits.
PIXELS = {
    "00080018": {"vr": "UI", "Value": ["3"]},
    "00280002": {"vr": "US", "Value": [1]},
    "00280004": {"vr": "CS", "Value": ["MONOCHROME2"]},
    "00280010": {"vr": "US", "Value": [2]},
    "00280011": {"vr": "US", "Value": [3]},
    "00280100": {"vr": "US", "Value": [16]},
    "00280101": {"vr": "US", "Value": [16]},
    "00280102": {"vr": "US", "Value": [15]},
    "00280103": {"vr": "US", "Value": [0]},
}
SAMPLES = np.arange(6, dtype="<u2").reshape(2, 3)
JSON = "application/dicom+json"
OCTETS = "application/octet-stream"
ANY = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
EXPLICIT = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    """Serve one frame and its metadata by hand; tests change what they are about."""
    with MisbehavingServer() as server:
        server.answer(INSTANCE + "/metadata", body=json.dumps([PIXELS]).encode(), content_type=JSON)
        server.answer(FRAME, body=SAMPLES.tobytes(), content_type=OCTETS)
        yield server


async def session(use, *providers):
    """Call `use` with a loader and its context, and close the connections after it."""
    metadata, headers = MetadataRegistry(), DicomHeaders()
    metadata.add_provider(headers.provide, -1000)
    for provider in providers:
        metadata.add_provider(provider)
    context = LoaderContext(metadata, headers, HttpRetriever(HttpSettings(max_retries=0)))
    try:
        return await use(WadoRsLoader(context), context)
    finally:
        await context.http.close()


def load(*image_ids: str, providers=()) -> list[Image]:
    async def use(loader, _context):
        encoded = await asyncio.gather(*(loader.retrieve(i) for i in image_ids))
        return [loader.decode(one) for one in encoded]

    return asyncio.run(session(use, *providers))


def failure(image_id: str) -> PyCornerstoneError:
    with pytest.raises(PyCornerstoneError) as caught:
        load(image_id)
    return caught.value


def multipart(body: bytes, part_type: str) -> bytes:
    return b"--b\r\nContent-Type: " + part_type.encode() + b"\r\n\r\n" + body + b"\r\n--b--\r\n"


def test_it_is_a_loader():
    async def use(loader, _context):
        assert isinstance(loader, ImageLoader)

    asyncio.run(session(use))


@pytest.mark.parametrize(
    "transfer_syntax_uid",
    [
        uids.ExplicitVRLittleEndian,
        uids.ImplicitVRLittleEndian,
        uids.ExplicitVRBigEndian,
        uids.RLELossless,
        uids.JPEGLosslessSV1,
        uids.JPEGLSLossless,
        uids.JPEG2000Lossless,
        uids.HTJ2KLossless,
    ],
)
def test_stored_values_are_those_that_were_written(transfer_syntax_uid):
    with SampleServer(ct_series(PHANTOM, transfer_syntax_uid)) as server:
        image_ids = server.image_ids("wadors")
        images = load(*image_ids)
    assert [image.image_id for image in images] == image_ids
    for image, expected in zip(images, STORED, strict=True):
        np.testing.assert_array_equal(image.pixels, expected)
        if transfer_syntax_uid.is_compressed:
            assert image.transfer_syntax_uid == transfer_syntax_uid
        else:
            # PS3.18 section 8.7.3: uncompressed frames travel as explicit little endian.
            assert image.transfer_syntax_uid == uids.ExplicitVRLittleEndian


def test_a_series_is_one_request_for_metadata_and_one_a_frame():
    with SampleServer(ct_series(ct_phantom(40, 16, 16))) as server:
        image_ids = server.image_ids("wadors")
        load(*image_ids)
        instance = image_ids[0].removeprefix("wadors:").removesuffix("/frames/1")
        series = series_url(instance).removeprefix(server.address)
        assert server.requests(series + "/metadata") == 1
        assert server.requests() == 41


def test_the_frames_of_an_instance_are_one_request_for_metadata_and_one_each():
    captures = secondary_capture(PHANTOM)
    with SampleServer([captures]) as server:
        images = load(*server.image_ids("wadors"))
        assert server.requests() == 4
    expected = pydicom.dcmread(io.BytesIO(captures)).pixel_array
    for image, frame in zip(images, expected, strict=True):
        # Baseline JPEG: another decoder's inverse DCT differs by 1.
        assert np.abs(image.pixels.astype(int) - frame).max() <= 1


def test_the_header_of_every_instance_of_the_series_is_known_then():
    with SampleServer(ct_series(PHANTOM)) as server:
        first, *others = server.image_ids("wadors")

        async def use(loader, context):
            await loader.retrieve(first)
            return [context.metadata.get(ImagePlaneModule, image_id) for image_id in others]

        planes = asyncio.run(session(use))
    for index, plane in enumerate(planes, start=1):
        assert plane.image_position_lps == pytest.approx(PHANTOM.position_lps(index))


def test_no_metadata_are_asked_for_where_a_provider_knows(server):
    def provider(type_name, image_id):
        return {"rows": 2, "columns": 3} if type_name == "imagePixelModule" else None

    (image,) = load("wadors:" + server.url(FRAME), providers=[provider])
    np.testing.assert_array_equal(image.pixels, SAMPLES)
    assert server.requests() == 1


def test_a_provider_that_knows_too_little_of_frames_does_not_forbid_them(server):
    # It says nothing of the number of frames, so 1 is a default and no fact.
    def provider(type_name, image_id):
        return {"rows": 2, "columns": 3} if type_name == "imagePixelModule" else None

    server.answer(INSTANCE + "/frames/7", body=SAMPLES.tobytes())
    (image,) = load(f"wadors:{server.url(INSTANCE)}/frames/7", providers=[provider])
    np.testing.assert_array_equal(image.pixels, SAMPLES)


def test_metadata_that_a_user_has_added_are_not_asked_for(server):
    image_id = "wadors:" + server.url(FRAME)

    async def use(loader, context):
        context.dicom_headers.add_json(image_id, PIXELS)
        return loader.decode(await loader.retrieve(image_id))

    np.testing.assert_array_equal(asyncio.run(session(use)).pixels, SAMPLES)
    assert server.requests() == 1


def test_a_series_that_cannot_be_had_is_asked_for_once(server):
    other = INSTANCE.replace("/3", "/4")
    server.answer(other + "/metadata", body=json.dumps([PIXELS]).encode(), content_type=JSON)
    server.answer(other + "/frames/1", body=SAMPLES.tobytes())

    async def use(loader, _context):
        for url in (FRAME, other + "/frames/1", FRAME):
            await loader.retrieve("wadors:" + server.url(url))

    asyncio.run(session(use))
    assert server.requests("/studies/1/series/2/metadata") == 1
    assert server.requests(INSTANCE + "/metadata") == 1
    assert server.requests(other + "/metadata") == 1


@pytest.mark.parametrize(
    "body", [b"[]", b"not JSON", json.dumps([{**PIXELS, "00080018": {"vr": "UI"}}]).encode()]
)
def test_metadata_of_a_series_that_lack_the_instance_are_not_all_there_is(server, body):
    server.answer("/studies/1/series/2/metadata", body=body, content_type=JSON)
    (image,) = load("wadors:" + server.url(FRAME))
    np.testing.assert_array_equal(image.pixels, SAMPLES)
    assert server.requests(INSTANCE + "/metadata") == 1


def test_an_address_that_names_no_series_has_its_own_metadata(server):
    server.answer("/image/metadata", body=json.dumps([PIXELS]).encode(), content_type=JSON)
    server.answer("/image/frames/1", body=SAMPLES.tobytes())
    (image,) = load("wadors:" + server.url("/image/frames/1"))
    np.testing.assert_array_equal(image.pixels, SAMPLES)
    assert server.requests() == 2


def test_the_query_of_an_address_goes_along(server):
    image_id = f"wadors:{server.url(INSTANCE)}/frames/1?tenant=a"
    load(image_id)
    assert {request.target for request in server.received()} == {
        FRAME + "?tenant=a",
        "/studies/1/series/2/metadata?tenant=a",
        INSTANCE + "/metadata?tenant=a",
    }


def test_without_a_frame_the_first_is_asked_for(server):
    (image,) = load("wadors:" + server.url(INSTANCE))
    np.testing.assert_array_equal(image.pixels, SAMPLES)


def test_what_is_accepted_is_said(server):
    load("wadors:" + server.url(FRAME))
    assert [r.headers["accept"] for r in server.received(FRAME)] == [ANY]
    assert [r.headers["accept"] for r in server.received(INSTANCE + "/metadata")] == [JSON]


def test_an_address_that_says_what_it_accepts_is_left_to_it(server):
    load(f"wadors:{server.url(FRAME)}?accept=application/octet-stream")
    (request,) = server.received(FRAME)
    assert request.headers["accept"] == "*/*"


@pytest.mark.parametrize("status", [400, 406, 415, 500, 501])
def test_a_server_that_cannot_send_what_is_stored_is_asked_for_what_is_read_best(server, status):
    server.answer(FRAME, status=status, times=2)
    server.answer(FRAME, body=SAMPLES.tobytes())

    async def use(loader, _context):
        image_id = "wadors:" + server.url(FRAME)
        for _ in range(2):
            image = loader.decode(await loader.retrieve(image_id))
        return image

    np.testing.assert_array_equal(asyncio.run(session(use)).pixels, SAMPLES)
    accepts = [r.headers["accept"] for r in server.received(FRAME)]
    assert (accepts[0], accepts[2]) == (ANY, EXPLICIT)
    # RFC 9110, section 12.5.1: several media ranges, the best with the highest quality.
    assert [float(q) for q in re.findall(r"; q=([0-9.]+)", accepts[1])] == [1, 0.9, 0.8, 0.7, 0.6]
    assert accepts[1].endswith(EXPLICIT + "; q=0.6")
    # The next frame of the series at once, unless it may have been a fault that has passed.
    assert accepts[3:] == ([ANY] if status == 500 else [EXPLICIT])


def test_a_server_that_can_send_nothing_is_not_asked_for_ever(server):
    server.answer(FRAME, status=500)
    error = failure("wadors:" + server.url(FRAME))
    assert isinstance(error, HttpStatusError)
    assert (error.status, error.url) == (500, server.url(FRAME))
    # Once in each of three forms; and the whole instance, which is not there either.
    assert server.requests(FRAME) == 3
    assert server.requests(INSTANCE) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 503])
def test_other_refusals_are_told_as_they_are(server, status):
    server.answer(FRAME, status=status)
    image_id = "wadors:" + server.url(FRAME)
    error = failure(image_id)
    assert isinstance(error, HttpStatusError)
    assert (error.status, error.url) == (status, server.url(FRAME))
    assert str(error).endswith(f"[imageId {image_id}]") or image_id in str(error)
    assert server.requests(FRAME) == 1


def test_a_frame_that_there_is_not_says_how_many_there_are(server):
    image_id = f"wadors:{server.url(INSTANCE)}/frames/9"
    error = failure(image_id)
    assert isinstance(error, ImageIdError)
    assert error.message == "frame 9 was asked for, but there are 1; they count from 1"
    assert error.image_id == image_id


@pytest.mark.parametrize("frame", ["0", "x", "1,2", ""])
def test_a_frame_that_is_no_number_is_not_asked_for(server, frame):
    assert isinstance(failure(f"wadors:{server.url(INSTANCE)}/frames/{frame}"), ImageIdError)
    assert server.requests() == 0


@pytest.mark.parametrize(
    ("part_type", "uid"),
    [
        ("image/jls", "1.2.840.10008.1.2.4.80"),
        ("image/jls; transfer-syntax=1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.81"),
        ('image/jls; transfer-syntax="1.2.840.10008.1.2.4.81"', "1.2.840.10008.1.2.4.81"),
    ],
)
def test_the_part_says_how_it_is_encoded(server, part_type, uid):
    frame = imagecodecs.jpegls_encode(SAMPLES)
    server.answer(
        FRAME, body=multipart(frame, part_type), content_type="multipart/related; boundary=b"
    )
    (image,) = load("wadors:" + server.url(FRAME))
    np.testing.assert_array_equal(image.pixels, SAMPLES)
    assert image.transfer_syntax_uid == uid


def test_a_part_without_a_type_has_that_of_the_whole(server):
    frame = imagecodecs.jpegls_encode(SAMPLES)
    server.answer(
        FRAME,
        body=b"--b\r\n\r\n" + frame + b"\r\n--b--",
        content_type='multipart/related; type="image/jls; transfer-syntax=1.2.840.10008.1.2.4.80"; '
        "boundary=b",
    )
    (image,) = load("wadors:" + server.url(FRAME))
    np.testing.assert_array_equal(image.pixels, SAMPLES)


@pytest.mark.parametrize("content_type", [OCTETS, None, "image/jls"])
def test_an_answer_that_is_not_multipart_is_the_frame(server, content_type):
    frame = SAMPLES.tobytes()
    if content_type == "image/jls":
        frame = imagecodecs.jpegls_encode(SAMPLES)
    server.answer(FRAME, body=frame, content_type=content_type)
    (image,) = load("wadors:" + server.url(FRAME))
    np.testing.assert_array_equal(image.pixels, SAMPLES)


@pytest.mark.parametrize(
    ("frame", "content_type", "uid"),
    [
        # The media type is that of all JPEG; which one, the frame says.
        (imagecodecs.ljpeg_encode(SAMPLES), "image/jpeg", "1.2.840.10008.1.2.4.70"),
        # Orthanc, asked for little endian where it cannot decode.
        (imagecodecs.htj2k_encode(np.zeros((64, 64), "u2")), OCTETS, "1.2.840.10008.1.2.4.203"),
        (
            imagecodecs.jpeg2k_encode(np.zeros((64, 64), "u2"), codecformat="j2k"),
            OCTETS + "; transfer-syntax=1.2.840.10008.1.2.1",
            "1.2.840.10008.1.2.4.90",
        ),
    ],
    ids=["lossless JPEG", "HTJ2K", "JPEG 2000"],
)
def test_a_label_that_cannot_be_right_is_not_believed(server, frame, content_type, uid):
    rows, columns = (2, 3) if content_type == "image/jpeg" else (64, 64)
    size = {
        "00280010": {"vr": "US", "Value": [rows]},
        "00280011": {"vr": "US", "Value": [columns]},
    }
    server.answer(
        INSTANCE + "/metadata", body=json.dumps([{**PIXELS, **size}]).encode(), content_type=JSON
    )
    server.answer(FRAME, body=frame, content_type=content_type)
    (image,) = load("wadors:" + server.url(FRAME))
    expected = SAMPLES if content_type == "image/jpeg" else np.zeros((64, 64), "u2")
    np.testing.assert_array_equal(image.pixels, expected)
    assert image.transfer_syntax_uid == uid


def test_a_frame_that_is_too_short_stays_what_it_is(server):
    server.answer(FRAME, body=b"\1\2\3", content_type=OCTETS)
    error = failure("wadors:" + server.url(FRAME))
    assert isinstance(error, DecodeError)


def test_samples_of_422_are_not_too_short(server):
    # PS3.3 C.7.6.3.1.2: two samples a pixel; 4 pixels of grey, Y=100 and no colour.
    color = {
        "00280002": {"vr": "US", "Value": [3]},
        "00280004": {"vr": "CS", "Value": ["YBR_FULL_422"]},
        "00280010": {"vr": "US", "Value": [1]},
        "00280011": {"vr": "US", "Value": [4]},
        "00280100": {"vr": "US", "Value": [8]},
        "00280101": {"vr": "US", "Value": [8]},
        "00280102": {"vr": "US", "Value": [7]},
    }
    server.answer(
        INSTANCE + "/metadata", body=json.dumps([{**PIXELS, **color}]).encode(), content_type=JSON
    )
    server.answer(FRAME, body=bytes([100, 100, 128, 128] * 2), content_type=OCTETS)
    (image,) = load("wadors:" + server.url(FRAME))
    assert image.pixels.tolist() == [[[100, 100, 100]] * 4]


LOGIN = "check the address, or whether the server wants a login"


@pytest.mark.parametrize(
    ("content_type", "kind", "advice"),
    [
        ("text/html; charset=utf-8", "text/html", LOGIN),
        ("application/json", "application/json", LOGIN),
        ("application/xml", "application/xml", LOGIN),
        ("image/png", "image/png", "for a picture use 'web:'"),
        (
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
            "application/dicom",
            "for a whole file use 'wadouri:'",
        ),
    ],
)
@pytest.mark.parametrize("in_part", [False, True])
def test_another_kind_of_answer_says_what_came(server, content_type, kind, advice, in_part):
    body = b"<html>no</html>"
    if in_part:
        server.answer(
            FRAME, body=multipart(body, content_type), content_type="multipart/related; boundary=b"
        )
    else:
        server.answer(FRAME, body=body, content_type=content_type)
    error = failure("wadors:" + server.url(FRAME))
    assert isinstance(error, ContentTypeError)
    assert error.message == (f"GET {server.url(FRAME)} gave {kind}, a frame was expected; {advice}")


def test_a_multipart_answer_without_parts_is_an_error(server):
    server.answer(FRAME, body=b"--b--", content_type="multipart/related; boundary=b")
    error = failure("wadors:" + server.url(FRAME))
    assert isinstance(error, ContentTypeError)
    assert error.message == f"GET {server.url(FRAME)} gave a multipart answer without any part"


@pytest.mark.parametrize(
    ("body", "content_type", "kind", "message"),
    [
        (
            b"--b\r\n\r\n\0\0",
            "multipart/related; boundary=b",
            TransferError,
            "the transfer was cut",
        ),
        (b"--b--", "multipart/related", ContentTypeError, "names no boundary"),
    ],
)
def test_a_broken_multipart_answer_says_whose_it_is(server, body, content_type, kind, message):
    server.answer(FRAME, body=body, content_type=content_type)
    error = failure("wadors:" + server.url(FRAME))
    assert isinstance(error, kind)
    assert error.message.startswith(f"GET {server.url(FRAME)} failed: ")
    assert message in error.message


def test_a_cut_frame_is_an_error(server):
    server.answer(FRAME, body=SAMPLES.tobytes(), cut_after=5)
    assert isinstance(failure("wadors:" + server.url(FRAME)), TransferError)


def test_metadata_that_cannot_be_had_name_the_address_and_the_image(server):
    server.answer(INSTANCE + "/metadata", status=403)
    image_id = "wadors:" + server.url(FRAME)
    error = failure(image_id)
    assert isinstance(error, HttpStatusError)
    assert str(error) == (
        f"GET {server.url(INSTANCE)}/metadata gave HTTP 403 Forbidden; the server wants "
        "credentials that were not given; give them as HttpSettings(auth=...) "
        f"[imageId {image_id}]"
    )


def test_a_frame_whose_metadata_fail_is_not_waited_for(server):
    server.answer(INSTANCE + "/metadata", status=404)
    server.answer(FRAME, hang=True)
    assert isinstance(failure("wadors:" + server.url(FRAME)), HttpStatusError)
    server.wait_until(lambda: server.disconnects(FRAME) == 1)


@pytest.mark.parametrize(
    ("body", "content_type", "kind", "message"),
    [
        (b"<html>", "text/html", ContentTypeError, "gave text/html, metadata in application/dicom"),
        (b"<a/>", "application/dicom+xml", ContentTypeError, "gave application/dicom+xml, meta"),
        (b"not JSON", JSON, DecodeError, "gave what is not DICOM JSON"),
        (b"[]", JSON, DecodeError, "gave metadata of no instance"),
        (b"[{}]", JSON, MetadataError, "imagePixelModule"),
    ],
)
def test_metadata_of_another_kind_are_an_error(server, body, content_type, kind, message):
    server.answer(INSTANCE + "/metadata", body=body, content_type=content_type)
    error = failure("wadors:" + server.url(FRAME))
    assert isinstance(error, kind)
    assert message in error.message
    if kind is not MetadataError:
        assert error.message.startswith(f"GET {server.url(INSTANCE)}/metadata ")


def test_each_frame_that_waits_for_metadata_is_told_its_own_error(server):
    server.answer(INSTANCE + "/metadata", status=404, delay_s=0.1)
    image_ids = [f"wadors:{server.url(INSTANCE)}/frames/{number}" for number in (1, 2)]

    async def use(loader, _context):
        return await asyncio.gather(
            *(loader.retrieve(i) for i in image_ids), return_exceptions=True
        )

    errors = asyncio.run(session(use))
    assert [error.image_id for error in errors] == image_ids
    assert server.requests(INSTANCE + "/metadata") == 1


def test_metadata_of_many_megabytes_are_read(server):
    # More than is read in the event loop: private data that nobody wants.
    padding = {
        "00291010": {"vr": "OB", "InlineBinary": base64.b64encode(bytes(2_000_000)).decode()}
    }
    server.answer(
        INSTANCE + "/metadata", body=json.dumps([{**PIXELS, **padding}]).encode(), content_type=JSON
    )
    (image,) = load("wadors:" + server.url(FRAME))
    np.testing.assert_array_equal(image.pixels, SAMPLES)


def test_cancelling_cuts_off_frame_and_metadata(server):
    server.answer("/studies/1/series/2/metadata", hang=True)
    server.answer(FRAME, hang=True)

    async def use(loader, _context):
        task = asyncio.create_task(loader.retrieve("wadors:" + server.url(FRAME)))
        await asyncio.to_thread(server.wait_until, lambda: server.requests() == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(server.wait_until, lambda: server.disconnects() == 2)

    asyncio.run(session(use))


class TestTables:
    """Palettes and LUTs that metadata only name (PS3.18 F.2.6)."""

    PALETTE = np.array([0, 100, 200, 255], dtype="<u2") * 257
    GREEN, BLUE = PALETTE[::-1], np.zeros(4, "<u2")
    INDICES = np.array([[0, 1, 2], [3, 2, 1]], dtype=np.uint8)

    def header(self, **elements: object) -> bytes:
        descriptor = {"vr": "US", "Value": [4, 0, 16]}
        color = {
            "00280004": {"vr": "CS", "Value": ["PALETTE COLOR"]},
            "00280100": {"vr": "US", "Value": [8]},
            "00280101": {"vr": "US", "Value": [8]},
            "00280102": {"vr": "US", "Value": [7]},
            "00281101": descriptor,
            "00281102": descriptor,
            "00281103": descriptor,
        }
        return json.dumps([{**PIXELS, **color, **elements}]).encode()

    @pytest.fixture
    def tables(self, server) -> MisbehavingServer:
        server.answer(FRAME, body=self.INDICES.tobytes())
        for name, table in (("red", self.PALETTE), ("green", self.GREEN), ("blue", self.BLUE)):
            server.answer(f"/bulk/{name}", body=table.tobytes())
        return server

    def named(self, *addresses: str) -> dict[str, object]:
        return {
            f"0028120{number}": {"vr": "OW", "BulkDataURI": address}
            for number, address in enumerate(addresses, start=1)
        }

    def expect_colors(self, image: Image) -> None:
        assert image.palette is not None
        np.testing.assert_array_equal(image.palette.red.entries, self.PALETTE)
        np.testing.assert_array_equal(image.palette.green.entries, self.GREEN)
        np.testing.assert_array_equal(image.palette.blue.entries, self.BLUE)
        np.testing.assert_array_equal(image.pixels, self.INDICES)

    @pytest.mark.parametrize("of_series", [False, True])
    def test_a_palette_is_fetched_with_its_addresses_resolved(self, tables, of_series):
        # RFC 3986, section 5.2: against the address of the metadata that name them.
        level = "/studies/1/series/2" if of_series else INSTANCE
        up = "../../../.." if of_series else "../../../../../.."
        body = self.header(**self.named(tables.url("/bulk/red"), "/bulk/green", f"{up}/bulk/blue"))
        tables.answer(level + "/metadata", body=body, content_type=JSON)
        (image,) = load("wadors:" + tables.url(FRAME))
        self.expect_colors(image)
        assert tables.requests() == (5 if of_series else 6)

    def test_a_table_of_opacity_is_fetched_too(self, tables):
        alpha = {
            "00281104": {"vr": "US", "Value": [4, 0, 8]},
            "00281204": {"vr": "OW", "BulkDataURI": "/bulk/alpha"},
        }
        body = self.header(**self.named("/bulk/red", "/bulk/green", "/bulk/blue"), **alpha)
        tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        tables.answer("/bulk/alpha", body=b"\0\x80\xff\1")
        (image,) = load("wadors:" + tables.url(FRAME))
        self.expect_colors(image)
        assert image.palette.alpha.entries.tolist() == [0, 0x80, 0xFF, 1]

    def test_the_profile_of_an_optical_path_is_fetched(self, server):
        item = {"00282000": {"vr": "OB", "BulkDataURI": "/bulk/profile"}}
        path = {"00480105": {"vr": "SQ", "Value": [item]}}
        body = json.dumps([{**PIXELS, **path}]).encode()
        server.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        server.answer(FRAME, body=bytes(12))
        server.answer("/bulk/profile", body=b"a profile")
        (image,) = load("wadors:" + server.url(FRAME))
        assert image.icc_profile == b"a profile"

    @pytest.mark.parametrize("address", ["http://[", "//a:b/c", "http://\u2100/"])
    def test_an_address_that_is_none_is_the_error(self, tables, address):
        body = self.header(**self.named(address, "/bulk/green", "/bulk/blue"))
        tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        error = failure("wadors:" + tables.url(FRAME))
        assert type(error) is RetrieveError
        assert error.message.startswith("metadata name a value at what is no address")

    def test_an_empty_address_is_none(self, tables):
        body = self.header(**self.named("", "/bulk/green", "/bulk/blue"))
        tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        error = failure("wadors:" + tables.url(FRAME))
        assert isinstance(error, MetadataError)
        assert "(0028,1201)" in error.message
        assert tables.requests(INSTANCE + "/metadata") == 1

    def test_a_table_in_parts_is_put_together(self, tables):
        body = self.header(**self.named("/bulk/red", "/bulk/green", "/bulk/blue"))
        tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        tables.answer(
            "/bulk/red",
            body=multipart(self.PALETTE.tobytes(), OCTETS),
            content_type='multipart/related; type="application/octet-stream"; boundary=b',
        )
        (image,) = load("wadors:" + tables.url(FRAME))
        self.expect_colors(image)
        (request,) = tables.received("/bulk/red")
        assert request.headers["accept"] == 'multipart/related; type="application/octet-stream"'

    def test_frames_that_share_a_palette_fetch_it_once(self, tables):
        body = self.header(
            **self.named("/bulk/red", "/bulk/green", "/bulk/blue"),
            **{"00280008": {"vr": "IS", "Value": ["3"]}},
        )
        tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        for number in (1, 2, 3):
            tables.answer(f"{INSTANCE}/frames/{number}", body=self.INDICES.tobytes())
        image_ids = [f"wadors:{tables.url(INSTANCE)}/frames/{number}" for number in (1, 2, 3)]
        for image in load(*image_ids):
            self.expect_colors(image)
        assert tables.requests("/bulk/red") == 1

    def test_tables_of_values_are_fetched_into_their_items(self, server):
        def item(name: str) -> dict[str, object]:
            return {
                "00283002": {"vr": "US", "Value": [2, 0, 16]},
                "00283006": {"vr": "OW", "BulkDataURI": f"/bulk/{name}"},
            }

        sequence = {"00283010": {"vr": "SQ", "Value": [item("first"), item("second")]}}
        server.answer(
            INSTANCE + "/metadata",
            body=json.dumps([{**PIXELS, **sequence}]).encode(),
            content_type=JSON,
        )
        server.answer("/bulk/first", body=np.array([1, 2], "<u2").tobytes())
        server.answer("/bulk/second", body=np.array([3, 4], "<u2").tobytes())
        image_id = "wadors:" + server.url(FRAME)

        async def use(loader, context):
            await loader.retrieve(image_id)
            return context.metadata.get(VoiLutModule, image_id)

        luts = asyncio.run(session(use)).luts
        assert [lut.entries.tolist() for lut in luts] == [[1, 2], [3, 4]]

    def test_tables_that_are_not_asked_for_are_not_fetched(self, tables):
        with SampleServer(ct_series(PHANTOM), bulk_data=True) as server:
            load(*server.image_ids("wadors"))
            # Frames, and the metadata of the series.
            assert server.requests() == 4

    def test_a_table_that_cannot_be_had_is_the_error(self, tables):
        body = self.header(**self.named("/bulk/red", "/bulk/nothing", "/bulk/blue"))
        tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        error = failure("wadors:" + tables.url(FRAME))
        assert isinstance(error, HttpStatusError)
        assert error.url == tables.url("/bulk/nothing")

    def test_a_broken_table_says_whose_it_is(self, tables):
        body = self.header(**self.named("/bulk/red", "/bulk/green", "/bulk/blue"))
        tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        tables.answer("/bulk/red", body=b"--b", content_type="multipart/related; boundary=b")
        error = failure("wadors:" + tables.url(FRAME))
        assert isinstance(error, TransferError)
        assert error.message.startswith(f"GET {tables.url('/bulk/red')} failed: a multipart answer")

    @pytest.mark.parametrize("in_part", [False, True])
    @pytest.mark.parametrize("kind", ["text/html", "application/problem+json", "application/xml"])
    def test_a_page_in_place_of_a_table_is_an_error(self, tables, kind, in_part):
        body = self.header(**self.named("/bulk/red", "/bulk/green", "/bulk/blue"))
        tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        page = b"<p>Log in first, please.</p>"
        if in_part:
            page = b"--b\r\nContent-Type: %s\r\n\r\n%s\r\n--b--" % (kind.encode(), page)
        content_type = "multipart/related; boundary=b" if in_part else kind
        tables.answer("/bulk/red", body=page, content_type=content_type)
        error = failure("wadors:" + tables.url(FRAME))
        assert isinstance(error, ContentTypeError)
        assert error.message.startswith(f"GET {tables.url('/bulk/red')} gave {kind}, a value")

    def test_a_table_at_another_server_is_not_fetched(self, tables):
        with MisbehavingServer() as other:
            body = self.header(**self.named(other.url("/red"), "/bulk/green", "/bulk/blue"))
            tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
            error = failure("wadors:" + tables.url(FRAME))
            assert type(error) is RetrieveError
            assert error.message == (
                f"metadata name a value at {other.url('/red')}, which is not the server that they "
                "came from, so it is not fetched; let the server name itself, or add a metadata "
                "provider"
            )
            assert other.requests() == 0

    def test_a_server_that_knows_its_inner_name_alone_is_asked_by_the_one_it_has(self, tables):
        study = INSTANCE.partition("/series")[0]
        with MisbehavingServer() as other:
            paths = [f"{study}/bulk/{name}" for name in ("red", "green", "blue")]
            for path, entries in zip(paths, (self.PALETTE, self.GREEN, self.BLUE), strict=True):
                tables.answer(path, body=entries.tobytes())
            body = self.header(**self.named(*map(other.url, paths)))
            tables.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
            (image,) = load("wadors:" + tables.url(FRAME))
            self.expect_colors(image)
            assert other.requests() == 0

    def test_a_real_palette_has_the_colors_that_pydicom_finds(self):
        path = get_testdata_file("examples_palette.dcm", download=False)
        dataset = pydicom.dcmread(path)
        with SampleServer([dataset_bytes(dataset)], bulk_data=True) as server:
            (image,) = load(*server.image_ids("wadors"))
            assert server.requests() == 5
        np.testing.assert_array_equal(image.pixels, dataset.pixel_array)
        np.testing.assert_array_equal(
            image.palette.red.entries,
            np.frombuffer(dataset.RedPaletteColorLookupTableData, "<u2"),
        )


class TestOverlays:
    """Overlays are by reference, too, and worth less than the image."""

    def dataset(self) -> pydicom.Dataset:
        return pydicom.dcmread(get_testdata_file("examples_overlay.dcm", download=False))

    @pytest.mark.parametrize("bulk_data", [False, True])
    def test_bits_are_those_that_pydicom_finds(self, bulk_data):
        dataset = self.dataset()
        with SampleServer([dataset_bytes(dataset)], bulk_data=bulk_data) as server:
            (image,) = load(*server.image_ids("wadors"))
        (overlay,) = image.overlays
        np.testing.assert_array_equal(overlay.bits, dataset.overlay_array(0x6000))

    def test_one_that_cannot_be_had_costs_no_image(self, server, caplog):
        overlay = {
            "60000010": {"vr": "US", "Value": [2]},
            "60000011": {"vr": "US", "Value": [3]},
            "60000050": {"vr": "SS", "Value": [1, 1]},
            "60003000": {"vr": "OW", "BulkDataURI": "/bulk/nothing"},
        }
        body = json.dumps([{**PIXELS, **overlay}]).encode()
        server.answer(INSTANCE + "/metadata", body=body, content_type=JSON)
        server.answer(FRAME, body=bytes(12))
        (image,) = load("wadors:" + server.url(FRAME))
        assert image.overlays == ()
        assert "(6000,3000) is left out: GET " in caplog.text


def dataset_bytes(dataset: pydicom.Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def test_credentials_are_in_no_error(server):
    host = server.address.removeprefix("http://")
    server.answer("/page/frames/1", body=b"<html>", content_type="text/html")
    for path in (
        "/studies/9/series/9/instances/9/frames/1",
        "/page/frames/1",
        INSTANCE + "/frames/9",
    ):
        error = failure(f"wadors:http://ada:s3cret@{host}{path}")
        text = "".join(traceback.format_exception(error)) + repr(error)
        assert "s3cret" not in text
        assert error.image_id == f"wadors:http://{host}{path}"


@pytest.mark.parametrize(
    ("address", "path", "expected"),
    [
        ("http://a/b", "/c", "http://a/b/c"),
        ("http://a/b/", "/c", "http://a/b/c"),
        ("http://a/b?x=/y", "/c", "http://a/b/c?x=/y"),
        ("http://a/b#x?y", "/c", "http://a/b/c#x?y"),
    ],
)
def test_paths_go_before_the_query(address, path, expected):
    assert beside(address, path) == expected


@pytest.mark.parametrize(
    ("instance", "series"),
    [
        ("http://a/studies/1/series/2/instances/3", "http://a/studies/1/series/2"),
        ("http://a/x/studies/1/series/2/instances/3?t=1", "http://a/x/studies/1/series/2?t=1"),
        ("http://a/studies/1/series/2/instances/3/rendered", None),
        ("http://a/studies/1/instances/3", None),
        ("http://a/image", None),
        ("http://a/b?c=/studies/1/series/2/instances/3", None),
    ],
)
def test_the_series_is_found_in_the_address(instance, series):
    assert series_url(instance) == series
