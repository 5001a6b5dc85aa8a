"""What a volume says of its voxels: values, places, images, and the memory itself."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from pycornerstone.errors import LoaderError, MetadataError
from pycornerstone.model.modules import ModalityLutModule, ScalingModule
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry

SHEARED = np.array([[0.5, 0, 0, 10], [0, 2, 3, -20], [0, 0, 4, 30], [0, 0, 0, 1.0]])
TURNED = np.array([[0.3, -1.28, 1.44, 10], [0.4, 0.96, -1.08, 5], [0, 1.2, 2.4, 30], [0, 0, 0, 1]])


@pytest.fixture(params=[SHEARED, TURNED, np.diag((-1.0, 2, 3, 1))], ids=str)
def volume(request):
    """3 slices of 4 rows and 5 columns."""
    voxels = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    geometry = VolumeGeometry((3, 4, 5), request.param, "1.2.3")
    return Volume("volume:a", voxels, [f"test:{k}" for k in range(3)], geometry, modality="CT")


def test_images_are_views_whose_planes_lie_where_the_voxels_do(volume):
    for k in range(3):
        image = volume.image(k)

        assert image.image_id == f"test:{k}"
        assert np.shares_memory(image.pixels, volume.voxels)
        np.testing.assert_array_equal(image.pixels, volume.voxels[k])
        geometry = image.geometry
        for i, j in ((0, 0), (4, 0), (0, 3), (4, 3)):
            # PS3.3 equation C.7.6.2.1-1.
            place = (
                np.array(geometry.position_lps)
                + np.multiply(geometry.row_cosines, geometry.column_pixel_spacing_mm * i)
                + np.multiply(geometry.column_cosines, geometry.row_pixel_spacing_mm * j)
            )
            np.testing.assert_allclose(place, (volume.affine @ (i, j, k, 1))[:3], atol=1e-12)
        assert not image.geometry_is_default
        assert image.plane.frame_of_reference_uid == "1.2.3"
        assert image.plane.spacing_between_slices_mm == pytest.approx(
            volume.geometry.slice_distance_mm
        )


@pytest.mark.parametrize("k", [-1, 3])
def test_there_are_no_other_slices(volume, k):
    with pytest.raises(IndexError, match=f"the volume has slices 0 to 2, none {k}"):
        volume.image(k)


def test_images_of_voxels_without_a_place_have_none():
    image = Volume("volume:a", np.zeros((2, 3, 4))).image(1)

    assert image.image_id == "volume:a#slice=1"
    assert image.geometry_is_default
    assert image.plane is None


def test_the_value_at_a_place_is_that_of_the_nearest_voxel(volume):
    at = volume.geometry.index_to_world

    assert volume.value_at(at((4, 3, 2))) == 59
    assert volume.value_at(at((0.49, 0.51, 1.49))) == volume.voxels[1, 1, 0]
    assert volume.value_at(at((-0.49, 0, 0))) == 0
    for outside in ((-0.51, 0, 0), (4.51, 0, 0), (0, 3.51, 0), (0, 0, 2.51), (0, -1, 0)):
        assert volume.value_at(at(outside)) is None


def test_the_value_at_a_place_is_what_the_voxel_means():
    voxels = np.full((2, 2, 2), 10, np.uint8)
    luts = (ModalityLutModule(0.5, -1), ModalityLutModule(2.0))
    pet = Volume("volume:a", voxels, slice_modality_luts=luts)
    color = Volume("volume:b", np.tile(np.uint8([1, 2, 3]), (2, 2, 2, 1)))

    assert (pet.value_at((0, 0, 0)), pet.value_at((1, 1, 1))) == (4, 20)
    assert color.value_at((1, 0, 1)) == (1, 2, 3)


def test_each_slice_may_mean_something_else():
    voxels = np.full((2, 1, 1), 10, np.int16)
    luts = (ModalityLutModule(0.5, -1), ModalityLutModule(2.0))
    scaling = ScalingModule(suvbw=3.0)
    pet = Volume("volume:a", voxels, slice_modality_luts=luts, scaling=scaling, modality="PT")

    assert pet.modality_values().ravel().tolist() == [4, 20]
    assert pet.suv().ravel().tolist() == [12, 60]
    assert pet.image(1).modality_values().tolist() == [[20]]
    assert pet.modality_values(np.float64).dtype == np.float64


def test_colours_are_no_quantity():
    with pytest.raises(MetadataError, match="samples of colour are no quantity"):
        Volume("volume:a", np.zeros((1, 1, 1, 3), np.uint8)).modality_values()
    with pytest.raises(MetadataError):
        Volume("volume:a", np.zeros((1, 1, 1))).suv()


def test_a_table_for_each_slice_or_none():
    with pytest.raises(LoaderError, match="2 slices, but 1 modality LUTs"):
        Volume("volume:a", np.zeros((2, 1, 1)), slice_modality_luts=(ModalityLutModule(),))


def test_the_geometry_is_of_as_many_voxels():
    geometry = VolumeGeometry.default((2, 4, 3))
    with pytest.raises(LoaderError, match=r"2 slices, 3 rows and 4 columns, but their geometry"):
        Volume("volume:a", np.zeros((2, 3, 4)), geometry=geometry)


def test_numpy_is_given_the_voxels_themselves(volume):
    assert np.shares_memory(np.asarray(volume), volume.voxels)
    assert np.asarray(volume, np.float32).dtype == np.float32
    assert not np.shares_memory(np.array(volume), volume.voxels)


@pytest.mark.parametrize(
    "dtype", ["bool", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]
)
def test_dlpack_shares_the_memory(dtype):
    volume = Volume("volume:a", np.ones((2, 3, 4), dtype)[:, ::2])

    # Before NumPy 2.1, the memory could not be told to be read-only.
    array = np.from_dlpack(volume)

    assert np.shares_memory(array, volume.voxels)
    assert array.strides == volume.voxels.strides
    np.testing.assert_array_equal(array, volume.voxels)
    # (1, 0) is the memory of the CPU.
    assert volume.__dlpack_device__() == (1, 0)


def test_a_library_that_knows_no_version_of_dlpack_is_answered_too(volume):
    """As PyTorch before 2.9: without ``max_version``, NumPy refuses what may only be read."""

    class OldForm:
        def __dlpack__(self, **options):
            return volume.__dlpack__(stream=None)

        def __dlpack_device__(self):
            return volume.__dlpack_device__()

    array = np.from_dlpack(OldForm())

    assert np.shares_memory(array, volume.voxels)
    assert not volume.voxels.flags.writeable


def test_a_copy_by_dlpack_is_one(volume):
    class OldForm:
        def __dlpack__(self, **options):
            return volume.__dlpack__(copy=True)

        def __dlpack_device__(self):
            return volume.__dlpack_device__()

    assert not np.shares_memory(np.from_dlpack(OldForm()), volume.voxels)


def test_dlpack_has_no_word_for_another_byte_order():
    swapped = np.ones((1, 2, 3), np.dtype(np.int16).newbyteorder())
    with pytest.raises(BufferError, match="byte order"):
        np.from_dlpack(Volume("volume:a", swapped))


def test_its_size_is_that_of_the_memory_it_keeps():
    whole = np.zeros((10, 4, 4), np.int16)
    volume = Volume("volume:a", whole[::2])

    assert volume.size_in_bytes == whole.nbytes
    assert volume.shape == (5, 4, 4)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_dlpack_refuses_voxels_that_run_backwards_unless_they_are_copied(axis):
    voxels = np.flip(np.arange(24, dtype=np.int16).reshape(2, 3, 4), axis)
    volume = Volume("volume:a", voxels)

    with pytest.raises(BufferError, match="run backwards in memory"):
        volume.__dlpack__()
    assert np.from_dlpack(volume.replace(voxels=voxels.copy())).tolist() == voxels.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_modality_values_take_little_more_memory_than_they_are(dtype):
    voxels = np.ones((64, 64, 64), np.int16)
    volume = Volume("volume:a", voxels, modality_lut=ModalityLutModule(2.0, -1024.0))

    tracemalloc.start()
    try:
        values = volume.modality_values(dtype)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert values.tolist() == (voxels * 2.0 - 1024).tolist()
    assert peak < 1.2 * values.nbytes
