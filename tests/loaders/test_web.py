"""Pictures by imageId: from files and over HTTP, against OpenCV."""

from __future__ import annotations

import asyncio

import cv2
import numpy as np
import pytest

from pycornerstone.errors import (
    ContentTypeError,
    DecodeError,
    HttpStatusError,
    ImageIdError,
    RetrieveError,
    TransferError,
)
from pycornerstone.loaders.protocol import LoaderContext
from pycornerstone.loaders.web import WebLoader
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import (
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    MultiframeModule,
    PictureModule,
    VoiLutModule,
)
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.session.completion import complete
from pycornerstone.session.session import Session

ROWS, COLUMNS = np.indices((20, 30))
GREY = (COLUMNS * 8 + ROWS).astype(np.uint8)
COLOR = np.stack([GREY, 255 - GREY, ROWS * 12], axis=-1).astype(np.uint8)


def encoded(extension, pixels):
    """Encode grey or RGB(A) pixels with OpenCV, which has blue first."""
    if pixels.ndim == 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    # Colour at full resolution, so that decoders need not agree on how to smooth it.
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return cv2.imencode(extension, pixels, sampling if extension == ".jpg" else [])[1].tobytes()


def decoded(data):
    """Decode with OpenCV."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


PNG = encoded(".png", GREY)
JPEG = encoded(".jpg", COLOR)


class Loading:
    """A loader in an event loop of its own, its images completed as a session does it."""

    def __init__(self):
        self.metadata = MetadataRegistry()
        self._http = HttpRetriever()
        self.loader = WebLoader(LoaderContext(self.metadata, DicomHeaders(), self._http))
        self.metadata.add_provider(self.loader.provide, -1000)
        self._runner = asyncio.Runner()

    def load(self, image_id):
        bytes_of_it = self._runner.run(self.loader.retrieve(image_id))
        return complete(self.loader.decode(bytes_of_it), self.metadata)

    def close(self):
        self._runner.run(self._http.close())
        self._runner.close()


@pytest.fixture
def loading():
    loading = Loading()
    yield loading
    loading.close()


# Where pictures come from.


def test_a_picture_is_the_same_from_a_path_a_file_url_and_a_server(loading, server, tmp_path):
    path = tmp_path / "a b.png"
    path.write_bytes(PNG)
    server.answer("/a.png", body=PNG, content_type="image/png")
    url = server.url("/a.png")
    assert url.startswith("http:")
    for image_id in (f"web:{path}", f"web:{path.as_uri()}", f"web:{url}", url):
        image = loading.load(image_id)
        assert image.image_id == image_id
        np.testing.assert_array_equal(image.pixels, GREY)
    assert server.requests("/a.png") == 2


def test_the_query_of_an_address_is_sent_as_it_is(loading, server):
    server.answer("/thumbnail?frame=2&size=30%2F20", body=PNG, content_type="image/png")
    assert loading.load(server.url("/thumbnail?frame=2&size=30%2F20")).columns == 30


@pytest.mark.parametrize("extension", [".png", ".jpg"])
@pytest.mark.parametrize("content_type", [None, "application/octet-stream", "image/gif"])
def test_the_content_says_what_it_is_not_the_name_nor_the_server(
    loading, server, tmp_path, extension, content_type
):
    data = encoded(extension, COLOR)
    server.answer("/picture", body=data, content_type=content_type)
    (tmp_path / "picture.txt").write_bytes(data)
    for image_id in (server.url("/picture"), f"web:{tmp_path / 'picture.txt'}"):
        np.testing.assert_allclose(loading.load(image_id).pixels.astype(int), decoded(data), atol=1)


# What they are.


@pytest.mark.parametrize(
    "pixels",
    [
        GREY,
        COLOR,
        GREY.astype(np.uint16) * 257,
        COLOR.astype(np.uint16) * 257,
        np.dstack([COLOR, GREY]),
    ],
    ids=["grey", "rgb", "grey of 16 bits", "rgb of 16 bits", "rgba"],
)
def test_png_keeps_its_samples_and_their_type(loading, server, pixels):
    server.answer("/a.png", body=encoded(".png", pixels), content_type="image/png")
    image = loading.load(server.url("/a.png"))
    assert image.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.photometric_interpretation == ("MONOCHROME2" if pixels.ndim == 2 else "RGB")


@pytest.mark.parametrize("pixels", [GREY, COLOR], ids=["grey", "rgb"])
def test_jpeg_is_decoded_as_opencv_decodes_it(loading, server, pixels):
    data = encoded(".jpg", pixels)
    server.answer("/a.jpg", body=data, content_type="image/jpeg")
    image = loading.load(server.url("/a.jpg"))
    assert image.pixels.shape == pixels.shape
    np.testing.assert_allclose(image.pixels.astype(int), decoded(data), atol=1)


def test_real_pictures_are_read_as_opencv_reads_them(loading, server, testdata):
    folder = testdata / "libpng" / "contrib" / "pngsuite"
    names = ["0g08", "0g16", "2c08", "2c16", "3p08", "6a08", "6a16"]
    for name in names:
        data = (folder / f"basn{name}.png").read_bytes()
        server.answer(f"/{name}.png", body=data, content_type="image/png")
        image = loading.load(server.url(f"/{name}.png"))
        np.testing.assert_array_equal(image.pixels, decoded(data), err_msg=name)


# What is known of them.


def test_nothing_is_known_of_a_picture_of_a_server_before_it_is_loaded(loading, server):
    server.answer("/a.png", body=PNG)
    assert loading.metadata.get(ImagePixelModule, server.url("/a.png")) is None
    assert loading.metadata.get("frameImageIds", server.url("/a.png")) is None
    loading.load(server.url("/a.png"))
    assert loading.metadata.get(ImagePixelModule, server.url("/a.png")).rows == 20
    assert server.requests() == 1


def test_of_a_file_all_is_known_before_it_is_loaded_as_after(loading, tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    image_id = f"web:{tmp_path / 'a.png'}"
    kinds = (
        ImagePixelModule,
        ImagePlaneModule,
        VoiLutModule,
        GeneralSeriesModule,
        MultiframeModule,
        PictureModule,
    )
    before = [repr(loading.metadata.get(kind, image_id)) for kind in kinds]
    assert "rows=20" in before[0]
    loading.load(image_id)
    assert [repr(loading.metadata.get(kind, image_id)) for kind in kinds] == before


@pytest.mark.parametrize("content", [None, b"no picture", PNG[:40]])
def test_nothing_is_known_of_a_file_that_is_no_picture(loading, tmp_path, content):
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    for kind in (ImagePixelModule, MultiframeModule, GeneralSeriesModule):
        assert loading.metadata.get(kind, f"web:{tmp_path / 'a.png'}") is None


@pytest.mark.parametrize(
    ("pixels", "samples", "photometric", "bits"),
    [
        (GREY, 1, "MONOCHROME2", 8),
        (COLOR, 3, "RGB", 8),
        (GREY.astype(np.uint16), 1, "MONOCHROME2", 16),
        (np.dstack([COLOR, GREY]), 4, "RGB", 8),
    ],
)
def test_samples_are_described_as_they_were_decoded(
    loading, server, pixels, samples, photometric, bits
):
    server.answer("/a.png", body=encoded(".png", pixels))
    loading.load(server.url("/a.png"))
    pixel = loading.metadata.get(ImagePixelModule, server.url("/a.png"))
    assert (pixel.rows, pixel.columns, pixel.samples_per_pixel) == (20, 30, samples)
    assert pixel.photometric_interpretation == photometric
    assert (pixel.bits_allocated, pixel.bits_stored, pixel.high_bit) == (bits, bits, bits - 1)
    assert pixel.pixel_representation == 0


@pytest.mark.parametrize(
    ("pixels", "bounds"), [(GREY, (0, 255)), (COLOR, (0, 255)), (COLOR.astype("u2"), (0, 65535))]
)
def test_the_window_shows_every_value_as_it_is(loading, server, pixels, bounds):
    server.answer("/a.png", body=encoded(".png", pixels))
    image = loading.load(server.url("/a.png"))
    assert [w.bounds(image.voi_lut.function) for w in image.voi_lut.windows] == [bounds]


def test_grey_of_16_bits_is_shown_by_the_values_that_are_there(loading, server):
    server.answer("/a.png", body=encoded(".png", GREY.astype("u2")))
    assert loading.load(server.url("/a.png")).voi_lut.windows == ()


def test_the_window_of_8_bits_is_the_identity_of_the_standard(loading, server):
    server.answer("/a.png", body=PNG)
    loading.load(server.url("/a.png"))
    window = loading.metadata.get(VoiLutModule, server.url("/a.png")).windows[0]
    # PS3.3 C.11.2.1.2.1, notes: centre 2^(n-1) and width 2^n select 0 to 2^n - 1, an identity.
    assert (window.center, window.width) == (128, 256)


def test_a_picture_knows_its_size_but_no_spacing_and_no_place(loading, server):
    server.answer("/a.png", body=PNG)
    image = loading.load(server.url("/a.png"))
    assert (image.plane.rows, image.plane.columns) == (20, 30)
    assert image.plane.row_pixel_spacing_mm is None
    assert image.geometry_is_default
    assert image.geometry.position_is_default


def test_its_modality_is_other(loading, server):
    server.answer("/a.png", body=PNG)
    assert loading.load(server.url("/a.png")).modality == "OT"
    series = loading.metadata.get(GeneralSeriesModule, server.url("/a.png"))
    assert series.modality == "OT"


def test_a_session_loads_it_and_a_users_provider_wins(server):
    server.answer("/a.jpg", body=JPEG, content_type="image/jpeg")
    known = {
        "imagePlaneModule": {"row_pixel_spacing_mm": 0.5, "column_pixel_spacing_mm": 0.25},
        "voiLutModule": {"windows": [(100, 50)]},
    }
    with Session() as session:
        session.metadata.add_provider(lambda type_name, image_id: known.get(type_name))
        image = session.load_and_cache_image(server.url("/a.jpg")).result(30)
    assert (image.geometry.row_pixel_spacing_mm, image.geometry.column_pixel_spacing_mm) == (
        0.5,
        0.25,
    )
    assert not image.geometry_is_default
    assert image.voi_lut.windows[0].center == 100
    assert image.modality == "OT"


# What goes wrong.


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_server_that_says_no_is_heard(loading, server, status):
    server.answer("/a.png", status=status, body=PNG, content_type="image/png")
    with pytest.raises(HttpStatusError, match=f"gave HTTP {status}"):
        loading.load(server.url("/a.png"))


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "Text/HTML; charset=utf-8",
        "application/json",
        "application/problem+json",
        "application/xhtml+xml",
    ],
)
def test_a_page_in_place_of_a_picture_is_not_taken_for_one(loading, server, content_type):
    server.answer("/a.png", body=b"<html>please log in</html>", content_type=content_type)
    kind = content_type.partition(";")[0].lower().replace("+", r"\+")
    with pytest.raises(ContentTypeError, match=f"gave {kind}, a picture was expected; check"):
        loading.load(server.url("/a.png"))


def test_an_empty_answer_is_no_picture(loading, server):
    server.answer("/a.png", body=b"", content_type="image/png")
    with pytest.raises(DecodeError, match="gave an empty answer, a picture was expected"):
        loading.load(server.url("/a.png"))


def test_secrets_of_an_address_are_not_in_its_errors(loading, server):
    server.answer("/a.png", body=b"{}", content_type="application/json")
    with pytest.raises(ContentTypeError) as raised:
        loading.load(server.url("/a.png") + "?access_token=s3cret")
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("body", [b"<html>", b"GIF89a" + bytes(99), bytes(50), b"\xff"])
def test_what_is_no_picture_is_refused_whatever_the_server_says(loading, server, body):
    server.answer("/a.png", body=body, content_type="image/png")
    with pytest.raises(DecodeError):
        loading.load(server.url("/a.png"))


@pytest.mark.parametrize("data", [PNG, JPEG], ids=["png", "jpeg"])
def test_a_picture_cut_in_its_header_is_refused(loading, server, data):
    server.answer("/a", body=data[:20])
    with pytest.raises(DecodeError):
        loading.load(server.url("/a"))


def test_a_cut_connection_is_no_picture(loading, server):
    server.answer("/a.png", body=PNG, content_type="image/png", cut_after=len(PNG) // 2)
    with pytest.raises(TransferError):
        loading.load(server.url("/a.png"))


def test_a_failed_picture_leaves_no_metadata(loading, server):
    server.answer("/a.png", body=b"no picture", content_type="image/png")
    with pytest.raises(DecodeError):
        loading.load(server.url("/a.png"))
    assert loading.metadata.get(ImagePlaneModule, server.url("/a.png")) is None


def test_a_file_that_is_not_there_is_not_retrieved(loading, tmp_path):
    with pytest.raises(RetrieveError, match=r"there is no file .*none\.png"):
        loading.load(f"web:{tmp_path / 'none.png'}")


@pytest.mark.parametrize("image_id", ["web:", "web", ""])
def test_an_address_of_nothing_is_no_image_id(loading, image_id):
    with pytest.raises(ImageIdError, match="is not an imageId"):
        loading.load(image_id)


def test_a_path_that_no_file_can_have_is_not_retrieved(loading):
    with pytest.raises(RetrieveError, match=r"null (byte|character)"):
        loading.load("web:/data/a\0.png")
    assert loading.metadata.get(ImagePixelModule, "web:/data/a\0.png") is None
