"""DICOM files over HTTP."""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

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
    PyCornerstoneError,
    TransferError,
)
from pycornerstone.loaders.protocol import ImageLoader, LoaderContext
from pycornerstone.loaders.wado_uri import WadoUriLoader
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import ImagePixelModule
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.retrieve.http_settings import HttpSettings
from pycornerstone.testing.dicom_series import (
    RESCALE_INTERCEPT,
    TRANSFER_SYNTAXES,
    ct_series,
    secondary_capture,
)
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from pycornerstone.model.image import Image

PHANTOM = ct_phantom(3, 40, 48)
SLICE = ct_series(PHANTOM)[0]
CAPTURES = secondary_capture(PHANTOM)


async def session(use):
    """Call `use` with a loader and its context, and close the connections after it."""
    metadata, headers = MetadataRegistry(), DicomHeaders()
    metadata.add_provider(headers.provide, -1000)
    # What is repeated is tested with the transport.
    http = HttpRetriever(HttpSettings(max_retries=0))
    context = LoaderContext(metadata, headers, http)
    try:
        return await use(WadoUriLoader(context), context)
    finally:
        await context.http.close()


def load(*image_ids: str) -> list[Image]:
    async def use(loader, _context):
        encoded = await asyncio.gather(*(loader.retrieve(i) for i in image_ids))
        return [loader.decode(one) for one in encoded]

    return asyncio.run(session(use))


def failure(image_id: str) -> PyCornerstoneError:
    with pytest.raises(PyCornerstoneError) as caught:
        load(image_id)
    return caught.value


def test_it_is_a_loader():
    async def use(loader, _context):
        assert isinstance(loader, ImageLoader)

    asyncio.run(session(use))


@pytest.mark.parametrize("transfer_syntax_uid", TRANSFER_SYNTAXES)
@pytest.mark.parametrize("scheme", ["wadouri", "dicomweb"])
def test_stored_values_are_those_that_were_written(transfer_syntax_uid, scheme):
    with SampleServer(ct_series(PHANTOM, transfer_syntax_uid)) as server:
        image_ids = server.image_ids(scheme)
        images = load(*image_ids)
    assert [image.image_id for image in images] == image_ids
    for image, expected in zip(images, PHANTOM.hounsfield, strict=True):
        np.testing.assert_array_equal(image.pixels, expected - RESCALE_INTERCEPT)
        assert image.transfer_syntax_uid == transfer_syntax_uid


@pytest.mark.parametrize("query", ["?frame=2", "?a=1&frame=2", "?frame=2&a=1", "?a=1&frame=2&b=3"])
def test_the_frame_is_taken_out_of_the_address_wherever_it_stands(server, query):
    server.answer("/a", body=CAPTURES, content_type="application/dicom")
    load("wadouri:" + server.url("/a") + query)
    (request,) = server.received()
    assert request.target == "/a" + query.replace("frame=2", "").replace("?&", "?").replace(
        "&&", "&"
    ).rstrip("?&")


def test_frames_asked_for_together_are_one_request(server):
    server.answer("/a", body=CAPTURES, delay_s=0.1)
    url = server.url("/a")
    images = load(*(f"wadouri:{url}?frame={1 + n % 3}" for n in range(12)), f"dicomweb:{url}")
    expected = pydicom.dcmread(pydicom.filebase.DicomBytesIO(CAPTURES)).pixel_array
    for number, image in enumerate(images[:12]):
        # Baseline JPEG: another decoder's inverse DCT differs by 1.
        assert np.abs(image.pixels.astype(int) - expected[number % 3]).max() <= 1
    assert images[12].image_id == f"dicomweb:{url}"
    assert server.requests() == 1


def test_frames_asked_for_later_are_no_further_request(server):
    server.answer("/a", body=CAPTURES)

    async def use(loader, context):
        for number in (1, 2, 3, 1):
            image_id = f"wadouri:{server.url('/a')}?frame={number}"
            encoded = await loader.retrieve(image_id)
            assert context.metadata.require(ImagePixelModule, image_id) is not None
            assert encoded.image_id == image_id

    asyncio.run(session(use))
    assert server.requests() == 1


def test_a_file_of_one_frame_is_not_kept(server):
    server.answer("/a", body=SLICE)

    async def use(loader, _context):
        for _ in range(2):
            await loader.retrieve("wadouri:" + server.url("/a"))

    asyncio.run(session(use))
    assert server.requests() == 2


def test_the_same_file_by_another_scheme_has_its_header_too(server):
    server.answer("/a", body=CAPTURES)

    async def use(loader, context):
        await loader.retrieve("wadouri:" + server.url("/a"))
        other = "dicomweb:" + server.url("/a") + "?frame=2"
        await loader.retrieve(other)
        assert context.metadata.get(ImagePixelModule, other).number_of_frames == 3

    asyncio.run(session(use))
    assert server.requests() == 1


def test_a_large_file_arrives_too(server):
    # 5 MB, which is read in a thread.
    dataset = pydicom.dcmread(pydicom.filebase.DicomBytesIO(SLICE))
    dataset.Rows = dataset.Columns = 1600
    pixels = np.arange(1600 * 1600, dtype=np.uint16) % 4096
    dataset.PixelData = pixels.tobytes()
    buffer = pydicom.filebase.DicomBytesIO()
    dataset.save_as(buffer)
    server.answer("/a", body=buffer.getvalue())
    (image,) = load("wadouri:" + server.url("/a"))
    np.testing.assert_array_equal(image.pixels.ravel(), pixels)


def test_a_small_file_that_inflates_to_a_large_one_does_not_stop_other_work(server):
    dataset = pydicom.dcmread(pydicom.filebase.DicomBytesIO(SLICE))
    dataset.file_meta.TransferSyntaxUID = uids.DeflatedExplicitVRLittleEndian
    dataset.add_new(0x00091001, "OB", bytes(200_000_000))
    buffer = pydicom.filebase.DicomBytesIO()
    dataset.save_as(buffer)
    server.answer("/a", body=buffer.getvalue())
    assert len(buffer.getvalue()) < 300_000

    async def use(loader, _context):
        loading = asyncio.create_task(loader.retrieve("wadouri:" + server.url("/a")))
        turns = 0
        while not loading.done():
            await asyncio.sleep(0.001)
            # Once the file is there.
            turns += server.requests() > 0
        return turns, loader.decode(await loading)

    turns, image = asyncio.run(session(use))
    np.testing.assert_array_equal(image.pixels, PHANTOM.hounsfield[0] - RESCALE_INTERCEPT)
    assert turns > 30


def test_a_frame_that_there_is_not_says_how_many_there_are(server):
    server.answer("/a", body=CAPTURES)
    image_id = f"wadouri:{server.url('/a')}?frame=4"
    error = failure(image_id)
    assert isinstance(error, ImageIdError)
    assert str(error) == (
        f"frame 4 was asked for, but there are 3; they count from 1 [imageId {image_id}]"
    )


def test_a_frame_that_is_no_number_is_not_asked_for(server):
    error = failure(f"wadouri:{server.url('/a')}?frame=x")
    assert isinstance(error, ImageIdError)
    assert server.requests() == 0


@pytest.mark.parametrize("content_type", ["text/html", "image/jpeg", "application/json", None])
def test_dicom_is_taken_whatever_the_server_calls_it(server, content_type):
    server.answer("/a", body=SLICE, content_type=content_type)
    (image,) = load("wadouri:" + server.url("/a"))
    np.testing.assert_array_equal(image.pixels, PHANTOM.hounsfield[0] - RESCALE_INTERCEPT)


LOGIN = "check the address, or whether the server wants a login"


@pytest.mark.parametrize(
    ("content_type", "advice"),
    [
        ("text/html; charset=utf-8", LOGIN),
        ("application/json", LOGIN),
        ("text/xml", LOGIN),
        (
            "image/jpeg",
            "put contentType=application/dicom into the address, or use 'web:' for a picture",
        ),
        ("multipart/related; boundary=x", "the address is one of WADO-RS, use 'wadors:'"),
        ("application/dicom+json", "the address is one of WADO-RS, use 'wadors:'"),
    ],
)
def test_another_kind_of_answer_says_what_came(server, content_type, advice):
    server.answer("/a", body=b"<html>no</html>", content_type=content_type)
    url = server.url("/a")
    error = failure("wadouri:" + url)
    assert isinstance(error, ContentTypeError)
    kind = content_type.partition(";")[0]
    assert error.message == f"GET {url} gave {kind}, a DICOM file was expected; {advice}"
    assert error.image_id == "wadouri:" + url


@pytest.mark.parametrize("content_type", ["application/dicom", "text/plain", None])
def test_what_is_no_dicom_by_its_content_cannot_be_decoded(server, content_type):
    server.answer("/a", body=b"not found, sorry" * 20, content_type=content_type)
    error = failure("wadouri:" + server.url("/a"))
    assert isinstance(error, DecodeError)
    assert "not DICOM" in str(error)


def test_a_file_without_pixel_data_says_what_it_is(server):
    server.answer("/a", body=Path(get_testdata_file("rtplan.dcm")).read_bytes())
    error = failure("wadouri:" + server.url("/a"))
    assert isinstance(error, DecodeError)
    assert "holds no Pixel Data (7FE0,0010)" in str(error)
    assert "RT Plan Storage" in str(error)


def test_an_error_of_the_server_is_told_and_not_kept(server):
    server.answer("/a", status=500, times=1)
    server.answer("/a", body=SLICE)
    image_id = "wadouri:" + server.url("/a")

    async def use(loader, _context):
        with pytest.raises(HttpStatusError, match="gave HTTP 500") as caught:
            await loader.retrieve(image_id)
        assert caught.value.image_id == image_id
        await loader.retrieve(image_id)

    asyncio.run(session(use))


def test_each_who_waits_for_a_download_that_fails_is_told_their_own_error(server):
    server.answer("/a", status=404, delay_s=0.1)
    image_ids = [f"wadouri:{server.url('/a')}?frame={number}" for number in (1, 2)]

    async def use(loader, _context):
        return await asyncio.gather(
            *(loader.retrieve(i) for i in image_ids), return_exceptions=True
        )

    errors = asyncio.run(session(use))
    assert [error.image_id for error in errors] == image_ids
    assert [error.status for error in errors] == [404, 404]
    assert server.requests() == 1


def test_a_cut_file_is_an_error(server):
    server.answer("/a", body=SLICE, cut_after=2000)
    assert isinstance(failure("wadouri:" + server.url("/a")), TransferError)


def test_a_download_goes_on_for_those_who_still_wait(server):
    server.answer("/a", body=CAPTURES, bytes_per_s=len(CAPTURES) * 3)

    async def use(loader, _context):
        first, second = (
            asyncio.create_task(loader.retrieve(f"wadouri:{server.url('/a')}?frame={number}"))
            for number in (1, 2)
        )
        await asyncio.to_thread(server.wait_until, lambda: server.requests() == 1)
        first.cancel()
        assert (await second).image_id.endswith("frame=2")
        assert first.cancelled()

    asyncio.run(session(use))
    assert server.requests() == 1
    assert server.disconnects() == 0


def test_a_download_that_nobody_waits_for_is_cut_off(server):
    server.answer("/a", body=CAPTURES, bytes_per_s=100)

    async def use(loader, _context):
        tasks = [
            asyncio.create_task(loader.retrieve(f"wadouri:{server.url('/a')}?frame={number}"))
            for number in (1, 2)
        ]
        await asyncio.to_thread(server.wait_until, lambda: server.requests() == 1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(server.wait_until, lambda: server.disconnects() == 1)

    asyncio.run(session(use))


def test_credentials_are_in_no_error(server):
    server.answer("/page", body=b"<html>", content_type="text/html")
    server.answer("/short", body=b"too short to be DICOM")
    server.answer("/captures", body=CAPTURES)
    host = server.address.removeprefix("http://")
    for path in (
        "/missing",
        "/page",
        "/short",
        "/captures?frame=9",
        "/captures?token=s3cret&frame=9",
    ):
        error = failure(f"wadouri:http://ada:s3cret@{host}{path}")
        text = "".join(traceback.format_exception(error)) + repr(error)
        assert "s3cret" not in text
        assert error.image_id.startswith(f"wadouri:http://{host}/")


def test_deflated_files_are_read(server):
    server.answer("/a", body=ct_series(PHANTOM, uids.DeflatedExplicitVRLittleEndian)[1])
    (image,) = load("wadouri:" + server.url("/a"))
    np.testing.assert_array_equal(image.pixels, PHANTOM.hounsfield[1] - RESCALE_INTERCEPT)
