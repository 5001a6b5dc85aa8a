"""Pictures on show: greys and colours as others show them, upright, frame by frame."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from PIL import ImageOps

from pycornerstone.model.modules import CalibratedPixelSpacing
from pycornerstone.session.session import Session
from pycornerstone.viewports.stack import StackViewport

ROWS, COLUMNS = 24, 32
GREY = (np.indices((ROWS, COLUMNS)).sum(axis=0) * 4).astype(np.uint8)
COLOR = np.stack([GREY, 255 - GREY, GREY // 2 + 60], axis=-1)
TIMEOUT = 20


@pytest.fixture
def session():
    with Session() as session:
        yield session


def saved(picture, kind="PNG", **options):
    if isinstance(picture, np.ndarray):
        picture = Pillow.fromarray(picture)
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def tiff(*pages, **options):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for page in pages:
            writer.write(page, contiguous=False, **options)
    return file.getvalue()


def shown(session, data, width=COLUMNS, height=ROWS):
    """Give a viewport that shows a picture, a canvas pixel for each of its own."""
    viewport = StackViewport(width, height, session=session, prefetch=False)
    viewport.set_stack(session.image_ids_from_web(data).result(TIMEOUT)).result(TIMEOUT)
    return viewport


@pytest.mark.parametrize(
    "data",
    [
        saved(GREY),
        saved(GREY, "BMP"),
        saved(GREY, "GIF"),
        saved(GREY, "WEBP", lossless=True),
        tiff(GREY, photometric="minisblack"),
    ],
    ids=["png", "bmp", "gif", "webp", "tiff"],
)
def test_greys_of_8_bits_are_shown_as_they_are(session, data):
    rgba = shown(session, data).render()
    np.testing.assert_array_equal(rgba[..., :3], np.repeat(GREY[..., None], 3, axis=2))


@pytest.mark.parametrize(
    "data",
    [
        saved(COLOR),
        saved(COLOR, "BMP"),
        saved(COLOR, "WEBP", lossless=True),
        saved(Pillow.fromarray(COLOR).quantize(256)),
        tiff(COLOR, photometric="rgb"),
        tiff(COLOR.astype(np.uint16) * 257, photometric="rgb"),
    ],
    ids=["png", "bmp", "webp", "palette", "tiff", "16 bits"],
)
def test_colours_are_shown_as_they_are(session, data, request):
    rgba = shown(session, data).render()
    expected = COLOR
    if "palette" in request.node.callspec.id:
        expected = np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB"))
    np.testing.assert_array_equal(rgba[..., :3], expected)


@pytest.mark.parametrize(
    "data",
    [
        saved(GREY.astype(np.uint16) * 13 + 700),
        tiff(GREY.astype(np.uint16) * 13 + 700),
        tiff(GREY.astype(np.float32) / 7 - 3),
        tiff(GREY.astype(np.int16) - 90),
    ],
    ids=["png", "tiff", "float", "signed"],
)
def test_measured_greys_are_shown_from_the_least_to_the_most(session, data):
    grey = shown(session, data).render()[..., 0]
    # All are lines of GREY, which the window of their least and greatest value undoes.
    expected = np.rint(GREY.astype(float) / GREY.max() * 255)
    np.testing.assert_allclose(grey.astype(float), expected, atol=1)


def test_white_is_zero_is_shown_with_0_as_white(session):
    grey = shown(session, tiff(GREY, photometric="miniswhite")).render()[..., 0]
    np.testing.assert_array_equal(grey, 255 - GREY)


def test_transparent_colours_lie_on_black(session):
    alpha = GREY[::-1]
    rgba = shown(session, saved(np.dstack([COLOR, alpha]))).render()
    # By hand: black behind a colour of opacity a is the colour times a.
    expected = COLOR * (alpha[..., None] / 255)
    np.testing.assert_allclose(rgba[..., :3].astype(float), expected, atol=1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_upright(session, orientation):
    exif = Pillow.Exif()
    exif[274] = orientation
    data = saved(COLOR, "JPEG", exif=exif, quality=95, subsampling=0)
    expected = np.asarray(ImageOps.exif_transpose(Pillow.open(io.BytesIO(data))))
    height, width = expected.shape[:2]
    rgba = shown(session, data, width, height).render()
    np.testing.assert_allclose(rgba[..., :3].astype(int), expected, atol=1)


def test_cmyk_is_shown_in_its_colours(session):
    data = saved(Pillow.fromarray(COLOR).convert("CMYK"), "JPEG", quality=100, subsampling=0)
    rgba = shown(session, data).render()
    np.testing.assert_allclose(rgba[..., :3].astype(int), COLOR, atol=6)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF", "WEBP"])
def test_frames_follow_each_other(session, kind):
    greys = [np.full((ROWS, COLUMNS), level, np.uint8) for level in (0, 80, 160, 240)]
    images = [Pillow.fromarray(grey) for grey in greys]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(images[0], kind, save_all=True, append_images=images[1:], **options)
    viewport = shown(session, data)
    for index in (0, 1, 2, 3, 1):
        viewport.set_image_id_index(index).result(TIMEOUT)
        assert set(np.unique(viewport.render()[..., 0])) == {greys[index][0, 0]}


def test_lengths_are_in_pixels_until_a_user_says_what_they_are(session):
    # 508 pixels an inch across, 254 down: 0.05 mm and 0.1 mm on paper.
    data = saved(GREY, dpi=(508, 254))
    viewport = shown(session, data, 64, 96)

    def length(start, end):
        return float(np.linalg.norm(np.subtract(*map(viewport.canvas_to_world, (start, end)))))

    corners = viewport.world_to_canvas((-0.5, -1.0, 0.0)), viewport.world_to_canvas((31.5, 47.0, 0))
    # They are twice as high as wide, and the whole picture is seen so.
    assert np.subtract(*reversed(corners)) == pytest.approx((64, 96), rel=1e-3)
    assert length((0, 48), (64, 48)) == pytest.approx(32, rel=1e-3)
    session.metadata.calibrations.add(viewport.image.image_id, CalibratedPixelSpacing())
    viewport.calibrate_spacing()
    assert length((0, 48), (64, 48)) == pytest.approx(32 * 0.05, rel=1e-3)
    assert length((32, 0), (32, 96)) == pytest.approx(24 * 0.1, rel=1e-3)


def test_pixels_of_a_shape_without_a_length_are_drawn_so(session):
    # TIFF 6.0, section 8: unit 1, and twice as many pixels across as down: twice as high as wide.
    data = tiff(COLOR, photometric="rgb", resolution=(2, 1), resolutionunit="NONE")
    viewport = shown(session, data, COLUMNS, 2 * ROWS)
    rgba = viewport.render()
    # It fills a canvas twice as high as its rows; between the middles of rows there are steps.
    np.testing.assert_allclose(
        rgba[1:-1, :, :3].astype(int), np.repeat(COLOR, 2, axis=0)[1:-1], atol=2
    )
    assert viewport.image.geometry_is_default
