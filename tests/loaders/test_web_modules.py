"""What is known of a picture: samples, windows, spacing, times; and who may say otherwise."""

from __future__ import annotations

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from pycornerstone.codecs.picture_file import Picture
from pycornerstone.loaders.web_modules import picture_modules
from pycornerstone.model.modules import (
    CalibratedPixelSpacing,
    CineModule,
    ImagePixelModule,
    ImagePlaneModule,
    MultiframeModule,
    PictureModule,
    SpacingType,
    VoiLutModule,
)

GREY = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16)
TIMEOUT = 20
MM_PER_INCH = 25.4


def saved(kind="PNG", pixels=GREY, **options):
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def modules_of(pixels, photometric="MONOCHROME2", **about):
    picture = Picture(pixels, PictureModule("TEST", **about), photometric)
    return {type(module): module for module in picture_modules(picture)}


# Spacing.


@pytest.mark.parametrize(
    ("kind", "source"), [("PNG", "pHYs"), ("JPEG", "JFIF"), ("BMP", "BMP"), ("TIFF", "TIFF")]
)
def test_pixel_density_is_a_spacing_that_is_not_calibrated(session, kind, source):
    # By hand: 200 pixels an inch across are 0.127 mm, and 100 down 0.254 mm.
    image_id = f"web:{session.hold_bytes(saved(kind, dpi=(200, 100)))}"
    image = session.load_image(image_id).result(TIMEOUT)
    plane = image.plane
    assert plane.column_pixel_spacing_mm == pytest.approx(MM_PER_INCH / 200, rel=1e-3)
    assert plane.row_pixel_spacing_mm == pytest.approx(MM_PER_INCH / 100, rel=1e-3)
    assert plane.spacing_type is SpacingType.UNCALIBRATED
    assert session.metadata.get(PictureModule, image_id).spacing_source == source
    # Lengths are in pixels, which are twice as high as wide.
    assert image.geometry_is_default
    assert image.geometry.column_pixel_spacing_mm == 1
    assert image.geometry.row_pixel_spacing_mm == pytest.approx(2, rel=1e-3)
    assert image.geometry.position_is_default


def test_a_picture_without_density_has_no_spacing(session):
    image = session.load_image(f"web:{session.hold_bytes(saved())}").result(TIMEOUT)
    assert image.plane == ImagePlaneModule(rows=12, columns=16)
    assert image.geometry_is_default


def test_the_pixel_size_of_a_microscope_is_a_spacing(session):
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        GREY,
        ome=True,
        metadata={"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25},
    )
    image_id = f"web:{session.hold_bytes(file.getvalue())}"
    image = session.load_image(image_id).result(TIMEOUT)
    # The unit of PhysicalSize is the micrometre where none is named (OME schema).
    assert image.geometry.column_pixel_spacing_mm == pytest.approx(0.0005)
    assert image.geometry.row_pixel_spacing_mm == pytest.approx(0.00025)
    assert image.plane.spacing_type is SpacingType.PATIENT
    assert not image.geometry_is_default


def test_a_user_may_say_that_the_density_is_right_or_another_spacing(session):
    image_id = f"web:{session.hold_bytes(saved(dpi=(254, 254)))}"
    assert session.load_image(image_id).result(TIMEOUT).geometry_is_default
    session.metadata.calibrations.add(image_id, CalibratedPixelSpacing())
    trusted = session.load_image(image_id).result(TIMEOUT)
    assert not trusted.geometry_is_default
    # 254 pixels an inch are 0.1 mm.
    assert trusted.geometry.row_pixel_spacing_mm == pytest.approx(0.1, rel=1e-3)
    assert trusted.plane.spacing_type is SpacingType.USER
    session.metadata.calibrations.add(image_id, CalibratedPixelSpacing(0.5, 0.25))
    image = session.load_image(image_id).result(TIMEOUT)
    assert image.geometry.row_pixel_spacing_mm == 0.5
    assert image.geometry.column_pixel_spacing_mm == 0.25
    session.metadata.calibrations.remove(image_id)
    assert session.load_image(image_id).result(TIMEOUT).geometry_is_default


def test_a_users_plane_wins(session):
    image_id = f"web:{session.hold_bytes(saved(dpi=(254, 254)))}"
    mine = ImagePlaneModule(row_pixel_spacing_mm=0.7, column_pixel_spacing_mm=0.7)
    session.metadata.add_provider(
        lambda type_name, of: mine if (type_name, of) == ("imagePlaneModule", image_id) else None
    )
    image = session.load_image(image_id).result(TIMEOUT)
    assert image.plane == mine
    assert not image.geometry_is_default
    assert session.metadata.get(ImagePixelModule, image_id).columns == 16


@pytest.mark.parametrize("spacing", [(None, 0.1), (0.1, None)])
def test_half_a_spacing_is_none(spacing):
    row, column = spacing
    plane = modules_of(GREY, row_pixel_spacing_mm=row, column_pixel_spacing_mm=column)[
        ImagePlaneModule
    ]
    assert (plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm) == (None, None)
    assert plane.spacing_type is None


# Samples and windows.


@pytest.mark.parametrize(
    ("dtype", "said", "stored"),
    [
        ("u1", 1, 8),
        ("u1", 8, 8),
        ("u2", 12, 12),
        ("u2", 16, 16),
        # Spread over 16 bits by the reader: there are values that 12 bits do not have.
        ("u2", 12, 16),
        ("i2", 16, 16),
        ("u4", 32, 32),
        ("f4", 32, 32),
    ],
)
def test_bits_are_those_that_samples_use(dtype, said, stored):
    pixels = np.zeros((2, 3), dtype)
    pixels[0, 0] = 5000 if (said, stored) == (12, 16) else 100
    pixel = modules_of(pixels, bits_per_sample=said)[ImagePixelModule]
    assert (pixel.bits_stored, pixel.high_bit) == (stored, stored - 1)
    assert pixel.bits_allocated == pixels.dtype.itemsize * 8
    assert pixel.pixel_representation == (dtype == "i2")
    assert pixel.is_float == (dtype == "f4")


@pytest.mark.parametrize(
    ("shape", "dtype", "said", "bounds"),
    [
        ((2, 3), "u1", 8, [(0, 255)]),
        ((2, 3, 3), "u1", 8, [(0, 255)]),
        ((2, 3, 4), "u2", 16, [(0, 65535)]),
        # Spread over all bits by the reader, however dark.
        ((2, 3, 3), "u2", 12, [(0, 65535)]),
        # Measured, of which the values that are there are shown.
        ((2, 3), "u2", 16, []),
        ((2, 3), "u2", 12, []),
        ((2, 3), "i1", 8, []),
        ((2, 3), "f4", 32, []),
        ((2, 3), "u4", 32, []),
    ],
)
def test_the_window_shows_values_as_they_are_unless_they_are_measured(shape, dtype, said, bounds):
    photometric = "MONOCHROME2" if len(shape) == 2 else "RGB"
    voi = modules_of(np.zeros(shape, dtype), photometric, bits_per_sample=said)[VoiLutModule]
    assert [window.bounds(voi.function) for window in voi.windows] == bounds


def test_white_is_zero_stays_so(session):
    file = io.BytesIO()
    tifffile.imwrite(file, GREY, photometric="miniswhite")
    image_id = f"web:{session.hold_bytes(file.getvalue())}"
    image = session.load_image(image_id).result(TIMEOUT)
    np.testing.assert_array_equal(image.pixels, GREY)
    assert image.is_inverted
    pixel = session.metadata.get(ImagePixelModule, image_id)
    assert pixel.photometric_interpretation == "MONOCHROME1"


# Frames and times.


def test_frames_of_an_animation_say_which_they_are_and_how_long(session):
    frames = [Pillow.fromarray(GREY + step) for step in range(3)]
    file = io.BytesIO()
    frames[0].save(
        file, "PNG", save_all=True, append_images=frames[1:], duration=[40, 100, 250], loop=0
    )
    address = f"web:{session.hold_bytes(file.getvalue())}"
    for number, duration in enumerate((40, 100, 250), start=1):
        image_id = f"{address}#frame={number}"
        assert session.metadata.get(MultiframeModule, image_id) == MultiframeModule(3, number)
        cine = session.metadata.get(CineModule, image_id)
        assert (cine.frame_time_ms, cine.number_of_frames) == (duration, 3)
        assert cine.preferred_playback_sequencing == 0
        about = session.metadata.get(PictureModule, image_id)
        assert (about.format, about.number_of_frames, about.frame_number) == ("PNG", 3, number)
    assert session.metadata.get(ImagePixelModule, address).number_of_frames == 3
    assert session.metadata.get(MultiframeModule, f"{address}#frame=4") is None


def test_a_frame_of_no_time_has_none():
    cine = modules_of(GREY, frame_duration_ms=0.0, loop_count=3)[CineModule]
    assert cine.frame_time_ms is None
    assert cine.preferred_playback_sequencing is None
    assert CineModule not in modules_of(GREY)


def test_a_picture_that_is_kept_in_an_address_leaves_no_megabytes(session):
    """The metadata of a long data: URL are found by it, and do not hold it."""
    data = bytes(imagecodecs.png_encode(np.random.default_rng(0).integers(0, 256, (99, 99), "u1")))
    import base64

    image_id = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    session.load_image(image_id).result(TIMEOUT)
    assert session.metadata.get(ImagePixelModule, image_id).rows == 99
    loader = session.loaders.built_in("web")
    assert max(len(key) for key in loader._modules._modules) < 200


def test_a_shape_without_a_length_is_an_aspect_ratio(session):
    # PNG, section 11.3.4.3: unit 0. Two pixels across in the length of one down.
    data = saved()
    density = b"pHYs" + struct.pack(">IIB", 2, 1, 0)
    chunk = struct.pack(">I", 9) + density + struct.pack(">I", zlib.crc32(density))
    image_id = f"web:{session.hold_bytes(data[:33] + chunk + data[33:])}"
    image = session.load_image(image_id).result(TIMEOUT)

    assert session.metadata.get(PictureModule, image_id).pixel_aspect_ratio == (2, 1)
    assert session.metadata.get(ImagePixelModule, image_id).pixel_aspect_ratio == (2, 1)
    assert image.plane == ImagePlaneModule(rows=12, columns=16, pixel_aspect_ratio=(2, 1))
    geometry = image.geometry
    assert (geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm) == (2, 1)
    assert image.geometry_is_default
