"""ICC profiles: red, green and blue as Pillow's Little CMS turns them into sRGB."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image as PillowImage
from PIL import ImageCms

from pycornerstone.errors import DecodeError
from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable, PaletteColorLut
from pycornerstone.rendering.color_management import to_srgb
from pycornerstone.rendering.pipeline import DrawStyle, draw, source_of

ADOBE_RGB = bytes(imagecodecs.cms_profile("adobergb"))
RGB = np.random.default_rng(5).integers(0, 256, (64, 64, 3), np.uint8)
ONE_TO_ONE = np.eye(2, 3)
SLIDE = "highdicom/data/test_files/seg_image_sm_control_labelmap_palette_color.dcm"


def by_pillow(rgb, profile):
    given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    srgb = ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(PillowImage.fromarray(rgb), given, srgb))


def by_hand(rgb):
    """Adobe RGB (1998) section 4.3 and IEC 61966-2-1, from 0 to 255 and not rounded."""
    xyz_of_adobe = [
        [0.57667, 0.18556, 0.18823],
        [0.29734, 0.62736, 0.07529],
        [0.02703, 0.07069, 0.99134],
    ]
    srgb_of_xyz = [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.969266, 1.8760108, 0.041556],
        [0.0556434, -0.2040259, 1.0572252],
    ]
    linear = np.clip(rgb**2.19921875 @ (np.array(srgb_of_xyz) @ xyz_of_adobe).T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def test_8_bits_are_what_pillow_gives():
    assert np.abs(to_srgb(RGB, ADOBE_RGB).astype(int) - by_pillow(RGB, ADOBE_RGB)).max() <= 1


@pytest.mark.testdata
def test_the_profile_of_a_microscope_is_applied_as_by_pillow(testdata):
    profile = pydicom.dcmread(testdata / SLIDE).ICCProfile
    managed = to_srgb(RGB, profile)
    assert np.abs(managed.astype(int) - by_pillow(RGB, profile)).max() <= 1
    assert np.abs(managed.astype(int) - RGB).max() > 20


def test_16_bits_are_as_exact_as_the_formulas():
    deep = np.random.default_rng(6).integers(0, 65536, (64, 64, 3), np.uint16)
    managed = to_srgb(deep, ADOBE_RGB)
    assert managed.dtype == np.uint16
    assert np.abs(managed / 257 - by_hand(deep / 65535)).max() < 0.25


def test_srgb_stays_as_it_is():
    assert np.abs(to_srgb(RGB, bytes(imagecodecs.cms_profile("srgb"))).astype(int) - RGB).max() <= 1


GREY = bytes(imagecodecs.cms_profile(None, whitepoint=[0.3457, 0.3585], gamma=2.2))
BROKEN = [
    b"",
    b"acsp",
    bytes(200),
    ADOBE_RGB[:200],
    ADOBE_RGB[:-50],
    ADOBE_RGB[:140] + b"\xff" * 100 + ADOBE_RGB[240:],
    GREY,
]


@pytest.mark.parametrize("profile", BROKEN)
def test_a_broken_profile_is_a_typed_error(profile):
    with pytest.raises(DecodeError, match=r"\(0028,2000\) ICC Profile of \d+ bytes .* without it"):
        to_srgb(RGB, profile)


def test_samples_of_another_type_are_a_typed_error():
    with pytest.raises(DecodeError, match="cannot be applied to samples of float32"):
        to_srgb(RGB.astype(np.float32), ADOBE_RGB)


def test_mutated_profiles_give_colours_or_the_typed_error():
    generator = np.random.default_rng(7)
    outcomes = {"colours": 0, "error": 0}
    for _ in range(200):
        profile = bytearray(ADOBE_RGB)
        for place in generator.integers(0, len(profile), generator.integers(1, 20)):
            profile[place] = generator.integers(256)
        try:
            assert to_srgb(RGB[:4], bytes(profile)).shape == (4, 64, 3)
            outcomes["colours"] += 1
        except DecodeError:
            outcomes["error"] += 1
    assert min(outcomes.values()) > 10


def drawn(image, *, managed):
    height, width = image.pixels.shape[:2]
    source = source_of(image, apply_icc_profile=managed)
    return draw(source, ONE_TO_ONE, (width, height), DrawStyle())[..., :3]


def test_an_image_is_drawn_as_stored_unless_its_profile_is_asked_for():
    image = Image("t:icc", RGB, icc_profile=ADOBE_RGB)
    assert (drawn(image, managed=False) == RGB).all()
    assert (drawn(image, managed=True) == to_srgb(RGB, ADOBE_RGB)).all()
    # Without a profile there is nothing to apply.
    assert (drawn(image.replace(icc_profile=None), managed=True) == RGB).all()


def test_a_palette_is_managed_after_it_has_been_looked_up():
    tables = [LookupTable(RGB[0, :, channel].copy(), 0, 8) for channel in range(3)]
    indices = np.arange(64, dtype=np.uint8).reshape(8, 8)
    image = Image("t:p", indices, "PALETTE COLOR", palette=PaletteColorLut(*tables))
    expected = to_srgb(RGB[:1], ADOBE_RGB).reshape(8, 8, 3)
    assert (drawn(image.replace(icc_profile=ADOBE_RGB), managed=True) == expected).all()


def test_an_opaque_part_keeps_its_opacity():
    rgba = np.dstack([RGB, np.full((64, 64), 255, np.uint8)])
    image = Image("t:a", rgba, icc_profile=ADOBE_RGB)
    assert (drawn(image, managed=True) == to_srgb(RGB, ADOBE_RGB)).all()


@pytest.mark.parametrize("profile", [BROKEN[3], GREY])
def test_no_image_is_lost_to_a_broken_profile(caplog, profile):
    assert (drawn(Image("t:b", RGB, icc_profile=profile), managed=True) == RGB).all()
    assert "drawn without" in caplog.text


def test_deep_and_float_colours_are_drawn():
    deep = RGB.astype(np.uint16) * 257
    picture = drawn(Image("t:d", deep, icc_profile=ADOBE_RGB), managed=True)
    assert np.abs(picture - by_hand(RGB / 255)).max() < 0.8
    floats = Image("t:f", (RGB / 255).astype(np.float32), icc_profile=ADOBE_RGB)
    assert np.abs(drawn(floats, managed=True).astype(int) - RGB).max() <= 1
