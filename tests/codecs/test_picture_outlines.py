"""What a picture is, said before it is decoded: the same as once it is."""

import io

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from pycornerstone.codecs.media_kinds import PICTURES, kind_of
from pycornerstone.codecs.pictures import open_picture
from pycornerstone.errors import ImageIdError, PyCornerstoneError
from pycornerstone.loaders.web_modules import picture_modules

RAMP = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16)
DEEP = RAMP.astype(np.uint16) * 257
COLOR = np.dstack([RAMP, RAMP[::-1], RAMP // 2])
CLEAR = np.dstack([COLOR, RAMP])


def saved(kind, picture, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def of_pillow(kind, pixels, **options):
    return saved(kind, Pillow.fromarray(pixels), **options)


def of_opencv(ending, pixels):
    return cv2.imencode(ending, pixels)[1].tobytes()


def tiff(pixels, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def turned(kind, orientation):
    exif = Pillow.Exif()
    exif[274] = orientation
    return of_pillow(kind, COLOR, exif=exif)


# The size that Pillow gives of the file, or that was written.
FILES = {
    "PNG grey": of_pillow("PNG", RAMP, dpi=(200, 100)),
    "PNG of 16 bits": of_opencv(".png", DEEP),
    "PNG of one bit": saved("PNG", Pillow.fromarray(RAMP).convert("1")),
    "PNG colour": of_pillow("PNG", COLOR),
    "PNG colour of 16 bits": of_opencv(".png", np.dstack([DEEP] * 3)),
    "PNG with alpha": of_pillow("PNG", CLEAR),
    "PNG palette": saved("PNG", Pillow.fromarray(COLOR).convert("P")),
    "PNG palette with a clear colour": saved(
        "PNG", Pillow.fromarray(COLOR).convert("P"), transparency=3
    ),
    "PNG turned": turned("PNG", 6),
    "JPEG grey": of_pillow("JPEG", RAMP),
    "JPEG colour": of_pillow("JPEG", COLOR, dpi=(200, 100)),
    "JPEG turned": turned("JPEG", 8),
    "JPEG CMYK": saved("JPEG", Pillow.fromarray(COLOR).convert("CMYK")),
    "JPEG without loss, of 16 bits": imagecodecs.ljpeg_encode(DEEP, bitspersample=16),
    "TIFF grey": tiff(RAMP),
    "TIFF of 16 bits": tiff(DEEP, compression="zlib"),
    "TIFF of floats": tiff(DEEP.astype(np.float32)),
    "TIFF signed": tiff(DEEP.view(np.int16)),
    "TIFF white is zero": tiff(RAMP, photometric="miniswhite"),
    "TIFF colour": tiff(COLOR, photometric="rgb"),
    "TIFF with alpha": tiff(CLEAR, photometric="rgb", extrasamples=["unassalpha"]),
    "TIFF by planes": tiff(np.moveaxis(COLOR, 2, 0), photometric="rgb", planarconfig="separate"),
    "TIFF palette": saved("TIFF", Pillow.fromarray(COLOR).convert("P")),
    "TIFF turned": tiff(RAMP, extratags=[(274, 3, 1, 5, True)]),
    "TIFF of pages": tiff(np.stack([RAMP] * 3), photometric="minisblack"),
    "GIF grey": of_pillow("GIF", RAMP),
    "GIF colour": saved("GIF", Pillow.fromarray(COLOR).convert("P")),
    "BMP grey": of_pillow("BMP", RAMP),
    "BMP colour": of_pillow("BMP", COLOR),
    "BMP palette": saved("BMP", Pillow.fromarray(COLOR).convert("P")),
    "WebP": of_pillow("WEBP", COLOR),
    "WebP without loss": of_pillow("WEBP", COLOR, lossless=True),
    "WebP without loss, with alpha": of_pillow("WEBP", CLEAR, lossless=True, exact=True),
    "PGM": of_opencv(".pgm", RAMP),
    "PPM of 16 bits": of_opencv(".ppm", np.dstack([DEEP] * 3)),
    "PBM": saved("PPM", Pillow.fromarray(RAMP).convert("1")),
    "JPEG 2000": imagecodecs.jpeg2k_encode(RAMP),
    "JPEG 2000 of 16 bits": imagecodecs.jpeg2k_encode(DEEP),
    "JPEG 2000 colour": imagecodecs.jpeg2k_encode(COLOR),
    "JPEG 2000 with alpha": of_pillow("JPEG2000", CLEAR),
    "JPEG-LS": imagecodecs.jpegls_encode(DEEP),
    "JPEG-LS colour": imagecodecs.jpegls_encode(COLOR),
}
# Grey with alpha is grey where none of it is clear; and of 12 bits of 16, the samples tell whether
# there are more.
ONLY_DECODED = {
    "PNG grey with alpha": saved("PNG", Pillow.fromarray(RAMP).convert("LA")),
    "PNG animated": saved(
        "PNG",
        Pillow.fromarray(RAMP),
        save_all=True,
        append_images=[Pillow.fromarray(RAMP[::-1])],
    ),
    "JPEG without loss, of 12 bits": imagecodecs.ljpeg_encode(DEEP >> 4, bitspersample=12),
    "JPEG XL": imagecodecs.jpegxl_encode(COLOR),
    "AVIF": imagecodecs.avif_encode(COLOR),
}


def assert_same(outline, decoded):
    assert outline.pixels.shape == decoded.pixels.shape
    assert outline.pixels.dtype == decoded.pixels.dtype
    assert outline.photometric_interpretation == decoded.photometric_interpretation
    assert outline.icc_profile == decoded.icc_profile
    # Modules with arrays in them are equal to themselves alone; the profile is compared above.
    assert [*map(repr, picture_modules(outline))] == [*map(repr, picture_modules(decoded))]


@pytest.mark.parametrize("name", FILES)
def test_what_the_header_says_is_what_decoding_gives(name):
    file = open_picture(FILES[name])
    for frame in range(1, file.number_of_frames + 1):
        outline = file.outline(frame)
        assert_same(outline, file.decode(frame))
        # 12 rows of 16 columns were written; turned by a quarter they are 16 of 12.
        is_turned = outline.pixels.shape[:2] == (16, 12)
        assert is_turned == name.endswith("turned")
        assert not any(outline.pixels.strides)


@pytest.mark.parametrize("name", ONLY_DECODED)
def test_what_only_samples_tell_is_not_said_before(name):
    assert open_picture(ONLY_DECODED[name]).outline(1) is None


@pytest.mark.parametrize("name", [*FILES, *ONLY_DECODED])
def test_there_is_no_outline_of_a_frame_that_is_not_there(name):
    file = open_picture((FILES | ONLY_DECODED)[name])
    with pytest.raises(ImageIdError, match="count from 1"):
        file.outline(file.number_of_frames + 1)


def test_what_the_header_says_of_real_pictures_is_what_decoding_gives(testdata):
    seen = 0
    for path in sorted(testdata.rglob("*")):
        if not path.is_file() or path.stat().st_size > 4_000_000:
            continue
        data = path.read_bytes()
        if kind_of(data[:512]) not in PICTURES:
            continue
        try:
            file = open_picture(data)
            decoded = file.decode(1)
        except PyCornerstoneError:
            continue
        outline = file.outline(1)
        if outline is not None:
            assert_same(outline, decoded)
            seen += 1
    assert seen > 100
