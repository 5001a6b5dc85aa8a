from __future__ import annotations

import io

import cv2
import nibabel
import numpy as np
import pytest
from PIL import Image

from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.pictures import (
    apng_phantom,
    jpeg_phantom,
    nifti_phantom,
    png_phantom,
    windowed,
)

PHANTOM = ct_phantom(12, 100, 128)


def read(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def test_a_window_follows_the_standard():
    # By hand, PS3.3 C.11.2.1.2.1, center 40 and width 400: ((0 - 39.5) / 399 + 0.5) * 255 = 102.3.
    greys = windowed(np.array([-1000, -160, 0, 40, 240, 3000], np.int16), 40, 400)
    assert greys.tolist() == [0, 0, 102, 128, 255, 255]


def test_a_png_shows_the_middle_slice_in_the_soft_tissue_window():
    greys = read(png_phantom(PHANTOM))
    assert greys.dtype == np.uint8
    np.testing.assert_array_equal(greys, windowed(PHANTOM.hounsfield[6], 40, 400))


def test_a_png_of_16_bits_holds_hounsfield_units():
    samples = read(png_phantom(PHANTOM, 2, bits=16))
    assert samples.dtype == np.uint16
    np.testing.assert_array_equal(samples.astype(int) - 1024, PHANTOM.hounsfield[2])


def test_an_animated_png_shows_one_slice_after_the_other():
    with Image.open(io.BytesIO(apng_phantom(PHANTOM, duration_ms=50))) as animation:
        assert animation.n_frames == 12
        animation.seek(7)
        assert animation.info["duration"] == 50
        frame = np.asarray(animation.convert("L"))
    np.testing.assert_array_equal(frame, windowed(PHANTOM.hounsfield[7], 40, 400))


def test_a_jpeg_shows_tissue_red_contrast_orange_and_bone_white():
    # With large structures, so that the smoothing of chroma does not reach what is compared.
    phantom = ct_phantom(1, 400, 400)
    colors = read(jpeg_phantom(phantom, quality=95))[..., ::-1]
    # By hand from C.11.2.1.2.1: windows 50/500, 200/800 and 450/1300 of 50, 300 and -800 HU.
    for name, expected in {
        "soft tissue rod": (128, 80, 49),
        "contrast rod": (255, 160, 98),
        "right lung": (0, 0, 0),
    }.items():
        region = next(region for region in phantom.known if region.name == name)
        _, row, column = phantom.voxel_at(region.position_lps)
        assert np.abs(colors[row, column].astype(int) - expected).max() < 14, name


@pytest.mark.parametrize("compressed", [True, False])
def test_a_nifti_volume_has_the_values_and_their_places(compressed, tmp_path):
    path = tmp_path / ("a.nii.gz" if compressed else "a.nii")
    path.write_bytes(nifti_phantom(PHANTOM, compressed=compressed))
    volume = nibabel.load(path)
    assert volume.shape == (128, 100, 12)
    assert nibabel.aff2axcodes(volume.affine) == ("L", "P", "S")
    assert int(volume.header["sform_code"]) == int(volume.header["qform_code"]) == 1
    np.testing.assert_allclose(volume.header.get_qform(), volume.affine, atol=1e-4)
    values = np.asanyarray(volume.dataobj)
    assert PHANTOM.known
    for region in PHANTOM.known:
        x, y, z = region.position_lps
        # NIfTI's world has x to the right and y to the front, DICOM's to the left and the back.
        i, j, k, _ = np.rint(np.linalg.solve(volume.affine, (-x, -y, z, 1))).astype(int)
        assert values[i, j, k] == region.hounsfield, region.name


def test_pictures_are_the_same_each_time():
    assert nifti_phantom(PHANTOM) == nifti_phantom(PHANTOM)
    assert png_phantom(PHANTOM) == png_phantom(PHANTOM)
