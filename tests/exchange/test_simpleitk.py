"""Volumes as images of SimpleITK: SimpleITK itself says where their voxels lie."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest

from pycornerstone.errors import GeometryError, LoaderError
from pycornerstone.exchange.simpleitk import from_simpleitk, to_simpleitk
from pycornerstone.model.luts import LookupTable
from pycornerstone.model.modules import ModalityLutModule

sitk = pytest.importorskip("SimpleITK")


@pytest.mark.parametrize("affine", ["axial", "turned", "mirrored"])
def test_each_voxel_is_where_it_was_and_what_it_was(volume_of, affine):
    volume = volume_of(affine)
    image = to_simpleitk(volume)

    assert image.GetSize() == (5, 4, 3)
    for i, j, k in itertools.product(range(5), range(4), range(3)):
        place = image.TransformIndexToPhysicalPoint((i, j, k))
        by_hand = volume.affine @ (i, j, k, 1)
        np.testing.assert_allclose(place, by_hand[:3], atol=1e-9)
        assert image[i, j, k] == volume.voxels[k, j, i]


@pytest.mark.parametrize("affine", ["axial", "turned", "mirrored"])
def test_there_and_back_is_the_same(volume_of, affine):
    volume = volume_of(affine)

    back = from_simpleitk(
        to_simpleitk(volume), frame_of_reference_uid="1.2.3", volume_id="volume:b"
    )

    np.testing.assert_array_equal(back.voxels, volume.voxels)
    np.testing.assert_allclose(back.affine, volume.affine, atol=1e-12)
    assert back.voxels.dtype == volume.voxels.dtype
    assert (back.volume_id, back.geometry.frame_of_reference_uid) == ("volume:b", "1.2.3")
    assert not back.geometry.is_default


def test_an_image_that_simpleitk_resampled_comes_back_where_it_is(volume_of):
    grid = sitk.Image(7, 6, 4, sitk.sitkFloat32)
    grid.SetOrigin((9.0, -18.0, 31.0))
    grid.SetSpacing((1.5, 1.0, 2.0))
    grid.SetDirection((0, -1, 0, 1, 0, 0, 0, 0, 1))

    back = from_simpleitk(sitk.Resample(to_simpleitk(volume_of()), grid))

    assert back.shape == (4, 6, 7)
    for index in ((0, 0, 0), (6, 5, 3), (2, 1, 3)):
        np.testing.assert_allclose(
            back.geometry.index_to_world(index), grid.TransformIndexToPhysicalPoint(index)
        )


def test_a_sheared_volume_is_refused_and_told_what_to_do(volume_of):
    with pytest.raises(GeometryError, match=r"sheared; load it with resample=True"):
        to_simpleitk(volume_of("sheared"))


def test_what_the_voxels_mean_is_given_unless_the_stored_ones_are_wanted(volume_of, hounsfield):
    volume = volume_of(dtype=np.uint16, modality_lut=hounsfield)

    meant, stored = to_simpleitk(volume), to_simpleitk(volume, values="stored")

    assert (meant[1, 0, 0], meant.GetPixelID()) == (-1023.0, sitk.sitkFloat32)
    assert (stored[1, 0, 0], stored.GetPixelID()) == (1, sitk.sitkUInt16)
    with pytest.raises(LoaderError, match="values are 'modality' or 'stored', got 'raw'"):
        to_simpleitk(volume, values="raw")


def test_each_slice_of_pet_has_its_own_slope(volume_of, pet_luts):
    image = to_simpleitk(volume_of(slice_modality_luts=pet_luts))

    # Voxel (4, 3, k) is stored as 20 k + 19.
    assert [image[4, 3, k] for k in range(3)] == [19 * 0.5, 39 * 1.5, 59 * 0.25]


def test_a_table_says_what_the_voxels_mean(volume_of):
    table = LookupTable(np.arange(100, 160, dtype=np.uint16), 0)
    image = to_simpleitk(volume_of(modality_lut=ModalityLutModule(lut=table)))

    assert image[4, 3, 2] == 159


@pytest.mark.parametrize(
    ("dtype", "pixel"),
    [
        (np.bool_, "8-bit unsigned integer"),
        (np.uint8, "8-bit unsigned integer"),
        (">i2", "16-bit signed integer"),
        (np.uint32, "32-bit unsigned integer"),
        (np.int64, "64-bit signed integer"),
        (np.float16, "32-bit float"),
        (np.float64, "64-bit float"),
    ],
)
def test_each_type_of_number_keeps_its_values(volume_of, dtype, pixel):
    volume = volume_of(dtype=dtype)
    image = to_simpleitk(volume)

    assert image.GetPixelIDTypeAsString() == pixel
    assert image[4, 3, 2] == volume.voxels[2, 3, 4]


@pytest.mark.parametrize("colors", [3, 4])
def test_colours_are_vectors(volume_of, colors):
    volume = volume_of(dtype=np.uint8, colors=colors)
    image = to_simpleitk(volume)

    assert image.GetSize() == (5, 4, 3)
    assert image[4, 3, 2] == tuple(volume.voxels[2, 3, 4])
    np.testing.assert_array_equal(from_simpleitk(image).voxels, volume.voxels)


def test_an_image_of_other_than_three_axes_is_refused():
    with pytest.raises(LoaderError, match="has 2; take one with"):
        from_simpleitk(sitk.Image(4, 4, sitk.sitkUInt8))


def test_what_is_no_image_or_volume_is_refused(series):
    with pytest.raises(LoaderError, match="an image of SimpleITK is wanted, got ndarray"):
        from_simpleitk(np.zeros((2, 3, 4)))
    with pytest.raises(LoaderError, match="a Volume is wanted, got VolumeSeries; take one"):
        to_simpleitk(series)


def test_without_simpleitk_it_says_what_to_install():
    program = """
import sys
sys.modules["SimpleITK"] = None
import numpy as np, pycornerstone as cs
try:
    cs.to_simpleitk(cs.Volume("volume:a", np.zeros((1, 1, 1))))
except cs.MissingExtraError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == (
        "to_simpleitk needs an extra: pip install 'pycornerstone[exchange]'"
    )
