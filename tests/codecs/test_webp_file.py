"""WebP: imagecodecs and Pillow against each other, and orientation against Pillow's."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from pycornerstone.codecs.webp_file import open_webp
from pycornerstone.errors import DecodeError, ImageIdError, MissingExtraError

LIMIT = 1 << 28
RNG = np.random.default_rng(5)
COLORS = RNG.integers(0, 256, (3, 21, 34, 3)).astype(np.uint8)
IMAGES = "pypi-pillow/pillow-13.0.0/Tests/images"


def written(*samples, **options):
    images = [Pillow.fromarray(frame) for frame in samples]
    file = io.BytesIO()
    more = {"save_all": True, "append_images": images[1:]} if len(images) > 1 else {}
    images[0].save(file, "WEBP", lossless=True, exact=True, **more, **options)
    return file.getvalue()


def test_every_webp_of_pillow_as_pillow_reads_it(testdata):
    files = sorted(testdata.joinpath(IMAGES).rglob("*.webp"))
    assert len(files) > 10
    for file in files:
        data = file.read_bytes()
        picture = open_webp(data, LIMIT).decode(1)
        with Pillow.open(io.BytesIO(data)) as image:
            expected = np.asarray(ImageOps.exif_transpose(image))
        assert picture.pixels.tolist() == expected.tolist(), file.name


def test_colours_and_alpha_without_loss():
    alpha = np.dstack([COLORS[0], COLORS[1, ..., 0]])

    assert open_webp(written(COLORS[0]), LIMIT).decode(1).pixels.tolist() == COLORS[0].tolist()
    picture = open_webp(written(alpha), LIMIT).decode(1)
    assert picture.pixels.tolist() == alpha.tolist()
    assert picture.about.has_alpha
    assert picture.about.loop_count is None


def test_frames_in_any_order_with_their_times():
    file = open_webp(written(*COLORS, duration=[40, 50, 60], loop=7), LIMIT)

    assert file.number_of_frames == 3
    for frame in (3, 1, 2, 3, 3):
        picture = file.decode(frame)
        assert picture.pixels.tolist() == COLORS[frame - 1].tolist()
        assert picture.about.frame_duration_ms == 30 + 10 * frame
        assert picture.about.loop_count == 7
    with pytest.raises(ImageIdError, match="frame 4"):
        file.decode(4)


def test_orientation_density_and_profile():
    exif = Pillow.Exif()
    exif[274], exif[282], exif[283], exif[296] = 6, 254.0, 127.0, 2
    profile = bytes(16) + b"RGB " + bytes(16) + b"acsp" + bytes(88)
    picture = open_webp(written(COLORS[0], exif=exif, icc_profile=profile), LIMIT).decode(1)

    # Tag 274 is 6: the left of what is stored is the top (TIFF 6.0 section 8).
    assert picture.pixels.tolist() == np.rot90(COLORS[0], -1).tolist()
    spacing = picture.about.row_pixel_spacing_mm, picture.about.column_pixel_spacing_mm
    assert spacing == pytest.approx((0.1, 0.2))
    assert picture.about.spacing_source == "Exif"
    assert picture.icc_profile == profile


@pytest.mark.parametrize("length", [3, 11, 15, 25, 100, -1])
def test_one_that_is_cut_short(length):
    with pytest.raises(DecodeError, match="WebP"):
        open_webp(written(COLORS[0])[:length], LIMIT)


def test_one_that_is_larger_than_allowed():
    with pytest.raises(DecodeError, match="21 rows of 34 columns"):
        open_webp(written(COLORS[0]), 21 * 34 * 4 - 1)


def test_broken_samples():
    data = bytearray(written(COLORS[0]))
    data[60:120] = bytes(60)

    with pytest.raises(DecodeError, match="broken WebP"):
        open_webp(bytes(data), LIMIT).decode(1)


def test_only_an_animation_needs_pillow(monkeypatch):
    still, moving = open_webp(written(COLORS[0]), LIMIT), open_webp(written(*COLORS), LIMIT)
    monkeypatch.setitem(sys.modules, "PIL.WebPImagePlugin", None)

    assert still.decode(1).pixels.tolist() == COLORS[0].tolist()
    with pytest.raises(MissingExtraError, match=r"pycornerstone\[images\]"):
        moving.decode(1)


@pytest.mark.parametrize("length", [0, 1, 9])
def test_a_header_of_its_own_that_is_too_short(length):
    still = written(COLORS[0])[12:]
    header = b"VP8X" + length.to_bytes(4, "little") + bytes(length + length % 2)
    body = b"WEBP" + header + still
    data = b"RIFF" + len(body).to_bytes(4, "little") + body

    with pytest.raises(DecodeError, match="broken WebP"):
        open_webp(data, LIMIT).decode(1)
