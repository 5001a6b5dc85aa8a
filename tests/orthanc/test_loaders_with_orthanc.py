"""What Orthanc serves by WADO-RS and WADO-URI is what the files hold."""

from __future__ import annotations

import asyncio
import io
import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom import uid as uids
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate

from pycornerstone.errors import HttpStatusError, ImageIdError, PyCornerstoneError
from pycornerstone.loaders.dicom_file import DicomFileLoader
from pycornerstone.loaders.protocol import LoaderContext, LoadOptions
from pycornerstone.loaders.wado_rs import WadoRsLoader
from pycornerstone.loaders.wado_uri import WadoUriLoader
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import ImagePlaneModule, ModalityLutModule, VoiLutModule
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.testing.dicom_series import (
    RESCALE_INTERCEPT,
    TRANSFER_SYNTAXES,
    ct_series,
    secondary_capture,
)
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from pycornerstone.model.image import Image
    from pycornerstone.testing.orthanc import OrthancServer

pytestmark = pytest.mark.orthanc

PHANTOM = ct_phantom(3, 40, 48)
STORED = PHANTOM.hounsfield - RESCALE_INTERCEPT


@dataclass
class Stored:
    """An instance that Orthanc has: the file, and what leads to it."""

    dataset: pydicom.Dataset
    file_url: str
    instance_url: str
    wado_uri: str

    @property
    def number_of_frames(self) -> int:
        return int(self.dataset.get("NumberOfFrames") or 1)


def store(orthanc: OrthancServer, data: bytes) -> Stored:
    dataset = pydicom.dcmread(io.BytesIO(data))
    study, series, instance = (
        dataset.StudyInstanceUID,
        dataset.SeriesInstanceUID,
        dataset.SOPInstanceUID,
    )
    return Stored(
        dataset,
        orthanc.upload(data),
        f"{orthanc.dicomweb_url}/studies/{study}/series/{series}/instances/{instance}",
        f"{orthanc.wado_uri_url}?requestType=WADO&studyUID={study}&seriesUID={series}"
        f"&objectUID={instance}&contentType=application/dicom",
    )


def load(*image_ids: str, modules=()) -> list[Image] | list[tuple]:
    """Load images; or, with `modules`, what is known of them after that."""

    async def run():
        metadata, headers = MetadataRegistry(), DicomHeaders()
        metadata.add_provider(headers.provide, -1000)
        context = LoaderContext(metadata, headers, HttpRetriever())
        loaders = {
            "wadors": WadoRsLoader(context),
            "wadouri": WadoUriLoader(context),
            "dicomfile": DicomFileLoader(context),
        }

        async def one(image_id):
            loader = loaders[image_id.partition(":")[0]]
            encoded = loader.retrieve(image_id)
            image = loader.decode(await encoded if asyncio.iscoroutine(encoded) else encoded)
            return tuple(metadata.get(m, image_id) for m in modules) if modules else image

        try:
            return await asyncio.gather(*map(one, image_ids))
        finally:
            await context.http.close()

    return asyncio.run(run())


def same(left: Image, right: Image) -> None:
    np.testing.assert_array_equal(left.pixels, right.pixels)
    assert left.pixels.dtype == right.pixels.dtype
    assert left.photometric_interpretation == right.photometric_interpretation
    assert left.padding_range == right.padding_range
    assert (left.palette is None) == (right.palette is None)
    if left.palette is not None:
        for color in ("red", "green", "blue"):
            mine, other = getattr(left.palette, color), getattr(right.palette, color)
            np.testing.assert_array_equal(mine.entries, other.entries)
            assert mine.first_mapped == other.first_mapped


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("transfer_syntax_uid", TRANSFER_SYNTAXES)
def test_a_series_has_the_values_that_were_written(orthanc, transfer_syntax_uid, signed):
    stored = [
        store(orthanc, data) for data in ct_series(PHANTOM, transfer_syntax_uid, signed=signed)
    ]
    by_rs = load(*(f"wadors:{one.instance_url}/frames/1" for one in stored))
    by_uri = load(*(f"wadouri:{one.wado_uri}" for one in stored))
    by_file_url = load(*(f"wadouri:{one.file_url}" for one in stored))
    for index, images in enumerate(zip(by_rs, by_uri, by_file_url, strict=True)):
        for image in images:
            inside = image.pixels != -2000
            np.testing.assert_array_equal(image.pixels[inside], STORED[index][inside])
            assert image.pixels.dtype == (np.int16 if signed else np.uint16)
        assert images[1].transfer_syntax_uid == transfer_syntax_uid


def test_frames_of_one_file_are_those_of_the_file(orthanc, tmp_path):
    data = secondary_capture(PHANTOM)
    path = tmp_path / "a.dcm"
    path.write_bytes(data)
    one = store(orthanc, data)
    for number in (1, 2, 3):
        by_rs, by_uri, from_file = load(
            f"wadors:{one.instance_url}/frames/{number}",
            f"wadouri:{one.wado_uri}&frame={number}",
            f"dicomfile:{path}?frame={number}",
        )
        same(by_rs, from_file)
        same(by_uri, from_file)


def test_a_frame_that_there_is_not_says_how_many_there_are(orthanc):
    one = store(orthanc, secondary_capture(PHANTOM))
    for image_id in (f"wadors:{one.instance_url}/frames/4", f"wadouri:{one.wado_uri}&frame=4"):
        with pytest.raises(ImageIdError, match="frame 4 was asked for, but there are 3"):
            load(image_id)


def test_an_instance_that_there_is_not_is_not_found(orthanc):
    url = f"{orthanc.dicomweb_url}/studies/1.2/series/1.3/instances/1.4"
    with pytest.raises(HttpStatusError, match=r"instances/1\.4/metadata gave HTTP 404"):
        load(f"wadors:{url}/frames/1")


def test_metadata_by_dicomweb_say_the_same_as_the_file(orthanc, tmp_path):
    data = ct_series(PHANTOM)[1]
    path = tmp_path / "a.dcm"
    path.write_bytes(data)
    one = store(orthanc, data)
    modules = (ImagePlaneModule, ModalityLutModule, VoiLutModule)
    by_rs, from_file = load(
        f"wadors:{one.instance_url}/frames/1", f"dicomfile:{path}", modules=modules
    )
    assert by_rs[0] == from_file[0]
    assert by_rs[1].rescale_intercept == from_file[1].rescale_intercept == RESCALE_INTERCEPT
    assert by_rs[2].windows == from_file[2].windows


def compressed(path: str, syntax: uids.UID, encode) -> bytes:
    """Give a colour file of pydicom's with its pixels encoded otherwise."""
    dataset = pydicom.dcmread(path)
    pixels = dataset.pixel_array
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PlanarConfiguration = 0
    dataset.PixelData = encapsulate([encode(pixels)])
    dataset["PixelData"].is_undefined_length = True
    dataset.SOPInstanceUID = uids.generate_uid(entropy_srcs=[syntax])
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def through_all_loaders(orthanc: OrthancServer, data: bytes, path: Path) -> None:
    path.write_bytes(data)
    one = store(orthanc, data)
    for number in range(1, min(one.number_of_frames, 3) + 1):
        from_file, by_uri, by_rs = load(
            f"dicomfile:{path}?frame={number}",
            f"wadouri:{one.wado_uri}&frame={number}",
            f"wadors:{one.instance_url}/frames/{number}",
        )
        same(by_uri, from_file)
        same(by_rs, from_file)


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small.dcm",
        "MR_small_RLE.dcm",
        "JPEG2000.dcm",
        "examples_palette.dcm",
        "examples_rgb_color.dcm",
        "examples_ybr_color.dcm",
        "SC_rgb_rle_2frame.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "rtdose.dcm",
        "rtdose_1frame.dcm",
    ],
)
def test_files_that_pydicom_brings(orthanc, tmp_path, name):
    found = Path(get_testdata_file(name, download=False))
    through_all_loaders(orthanc, found.read_bytes(), tmp_path / name)


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (uids.JPEGLSLossless, imagecodecs.jpegls_encode),
        (
            uids.JPEG2000Lossless,
            lambda pixels: imagecodecs.jpeg2k_encode(
                pixels, codecformat="j2k", reversible=True, mct=False
            ),
        ),
    ],
    ids=["JPEG-LS", "JPEG 2000"],
)
def test_colour_that_is_compressed_without_loss(orthanc, tmp_path, syntax, encode):
    source = get_testdata_file("SC_rgb_small_odd.dcm")
    through_all_loaders(orthanc, compressed(source, syntax, encode), tmp_path / "a.dcm")
    (image,) = load(f"dicomfile:{tmp_path / 'a.dcm'}")
    np.testing.assert_array_equal(image.pixels, pydicom.dcmread(source).pixel_array)


REAL_FILES = [
    "pypi-pydicom-data/data_store/data/mlut_18.dcm",
    "pypi-pydicom-data/data_store/data/vlut_04.dcm",
    "pypi-pydicom-data/data_store/data/OBXXXX1A.dcm",
    "pypi-pydicom-data/data_store/data/eCT_Supplemental.dcm",
    "pypi-pydicom-data/data_store/data/emri_small_jpeg_ls_lossless.dcm",
    "pypi-pydicom-data/data_store/data/liver.dcm",
    "pypi-pydicom-data/data_store/data/gdcm-US-ALOKA-16_big.dcm",
    "pypi-pydicom-data/data_store/data/color-pl.dcm",
    "pypi-pydicom-data/data_store/data/color-px.dcm",
    "pypi-pydicom-data/data_store/data/JPGLosslessP14SV1_1s_1f_8b.dcm",
    "pypi-pydicom-data/data_store/data/SC_ybr_full_uncompressed.dcm",
    "pypi-pydicom-data/data_store/data/US1_J2KI.dcm",
    "pypi-pydicom-data/data_store/data/emri_small_big_endian.dcm",
    "pypi-pydicom-data/data_store/data/SC_rgb_expb.dcm",
    "pypi-pydicom-data/data_store/data/SC_rgb_expb_16bit_2frame.dcm",
]


@pytest.mark.testdata
@pytest.mark.parametrize("name", REAL_FILES)
def test_real_files(orthanc, testdata, tmp_path, name):
    source = testdata / name
    if not source.is_file():
        pytest.skip(f"{name} is not among the real files")
    through_all_loaders(orthanc, source.read_bytes(), tmp_path / "a.dcm")


def test_tables_that_orthanc_names_by_address_arrive(orthanc):
    # As OW, which PS3.3 C.11.2.1.1 allows, they are not in the metadata.
    dataset = pydicom.dcmread(io.BytesIO(ct_series(ct_phantom(1, 24, 24))[0]))
    tables = [np.arange(first, first + 4096, dtype="<u2") for first in (0, 1000)]
    dataset.VOILUTSequence = [pydicom.Dataset(), pydicom.Dataset()]
    for item, table in zip(dataset.VOILUTSequence, tables, strict=True):
        item.add_new("LUTDescriptor", "US", [4096, 0, 16])
        item.add_new("LUTData", "OW", table.tobytes())
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    one = store(orthanc, buffer.getvalue())
    with urllib.request.urlopen(one.instance_url + "/metadata", timeout=10) as response:
        (metadata,) = json.load(response)
    assert "BulkDataURI" in metadata["00283010"]["Value"][1]["00283006"]
    ((voi,),) = load(f"wadors:{one.instance_url}/frames/1", modules=[VoiLutModule])
    assert [lut.entries.tolist() for lut in voi.luts] == [table.tolist() for table in tables]


def test_what_is_no_image_is_an_error(orthanc):
    one = store(orthanc, Path(get_testdata_file("rtplan.dcm")).read_bytes())
    for image_id in (f"wadors:{one.instance_url}/frames/1", f"wadouri:{one.wado_uri}"):
        with pytest.raises(PyCornerstoneError) as caught:
            load(image_id)
        assert caught.value.image_id == image_id


def bring(image_ids: list[str], way: str) -> dict[str, Image]:
    async def run():
        metadata, headers = MetadataRegistry(), DicomHeaders()
        metadata.add_provider(headers.provide, -1000)
        context = LoaderContext(metadata, headers, HttpRetriever())
        loader = WadoRsLoader(context)
        options = LoadOptions(extra={"wadors": way})
        try:
            many = loader.retrieve_many(image_ids, options)
            return {encoded.image_id: loader.decode(encoded) async for encoded in many}
        finally:
            await context.http.close()

    return asyncio.run(run())


@pytest.mark.parametrize("way", ["frames", "instances", "series"])
@pytest.mark.parametrize("transfer_syntax_uid", TRANSFER_SYNTAXES)
def test_a_series_that_comes_together_has_the_values_that_were_written(
    orthanc, transfer_syntax_uid, way
):
    phantom = ct_phantom(9, 40, 48)
    stored = [store(orthanc, data) for data in ct_series(phantom, transfer_syntax_uid)]
    image_ids = [f"wadors:{one.instance_url}/frames/1" for one in stored]
    images = bring(image_ids, way)
    for image_id, expected in zip(image_ids, phantom.hounsfield - RESCALE_INTERCEPT, strict=True):
        np.testing.assert_array_equal(images[image_id].pixels, expected)


@pytest.mark.parametrize("way", ["frames", "instances", "series"])
def test_frames_that_come_together_are_those_of_the_file(orthanc, way):
    # Lists of frames, which Orthanc knows.
    data = secondary_capture(ct_phantom(40, 24, 32))
    one = store(orthanc, data)
    image_ids = [f"wadors:{one.instance_url}/frames/{number}" for number in range(40, 0, -1)]
    images = bring(image_ids, way)
    for image_id, expected in zip(image_ids, one.dataset.pixel_array[::-1], strict=True):
        # Baseline JPEG: another decoder's inverse DCT differs by 1.
        assert np.abs(images[image_id].pixels.astype(int) - expected).max() <= 1
