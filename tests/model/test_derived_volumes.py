"""Tests of volumes made of others: the same places, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.errors import GeometryError, LoaderError
from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.model.volume_geometry import VolumeGeometry

# Oblique and anisotropic, so that a mistaken axis shows.
AFFINE = np.array([[0.6, 0.0, 1.2, 5], [0.8, 0.0, -0.9, 6], [0, 3, 0, 7], [0, 0, 0, 1.0]])
SHAPE = (6, 5, 4)


@pytest.fixture
def volume():
    voxels = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    return cs.Volume(
        "test:a",
        voxels,
        tuple(f"test:{k}" for k in range(6)),
        VolumeGeometry(SHAPE, AFFINE, "1.2.3"),
        slice_modality_luts=tuple(ModalityLutModule(k + 1.0, 0.0) for k in range(6)),
        modality="PT",
    )


def test_every_so_many_voxels_stay_where_they_were(volume):
    small = cs.decimated(volume, (3, 2, 4))

    assert small.shape == (2, 3, 2)
    assert np.shares_memory(small.voxels, volume.voxels)
    assert small.image_ids == ("test:0", "test:4")
    for i, j, k in np.ndindex(2, 3, 2):
        there = volume.geometry.index_to_world((3 * i, 2 * j, 4 * k))
        np.testing.assert_allclose(small.geometry.index_to_world((i, j, k)), there)
        assert small.value_at(tuple(there)) == volume.value_at(tuple(there))
    assert small.geometry.frame_of_reference_uid == "1.2.3"


def test_a_part_stays_where_it_was(volume):
    part = cs.sub_volume(volume, ((1, 3), (2, 4), (3, 4)))

    assert part.shape == (2, 3, 3)
    assert np.shares_memory(part.voxels, volume.voxels)
    for i, j, k in np.ndindex(3, 3, 2):
        there = volume.geometry.index_to_world((1 + i, 2 + j, 3 + k))
        np.testing.assert_allclose(part.geometry.index_to_world((i, j, k)), there)
        assert part.value_at(tuple(there)) == volume.value_at(tuple(there))


@pytest.mark.parametrize("bounds", [((0, 4), (0, 4), (0, 5)), ((2, 1), (0, 1), (0, 1)), ((0, 1),)])
def test_what_is_no_part_is_refused(volume, bounds):
    with pytest.raises(GeometryError, match="within \\(4, 5, 6\\) voxels"):
        cs.sub_volume(volume, bounds)


@pytest.mark.parametrize("steps", [(0, 1, 1), (1, 1), (1.5, 1, 1)])
def test_what_are_no_steps_is_refused(volume, steps):
    with pytest.raises(GeometryError, match="three whole numbers"):
        cs.decimated(volume, steps)


def test_a_derived_volume_has_the_grid_and_no_image_of_the_other(volume):
    doubled = cs.derived_volume(volume, 2 * volume.modality_values())

    assert doubled.geometry is volume.geometry
    assert doubled.referenced_volume_id == "test:a"
    assert doubled.modality == "PT"
    assert doubled.image_ids == ()
    np.testing.assert_array_equal(doubled.modality_values(), 2 * volume.modality_values())
    assert cs.derived_volume(volume).voxels.dtype == np.float32
    assert cs.derived_volume(volume, volume_id="my:b").volume_id == "my:b"


def test_a_labelmap_shows_what_is_written_to_its_array(volume):
    labels = np.zeros(SHAPE, np.uint16)
    labelmap = cs.labelmap_volume(volume, labels)
    labels[3, 2, 1] = 7

    assert labelmap.is_labelmap
    assert labelmap.modality == "SEG"
    assert labelmap.value_at(tuple(volume.geometry.index_to_world((1, 2, 3)))) == 7
    assert cs.labelmap_volume(volume).voxels.dtype == np.uint8
    assert cs.labelmap_volume(volume).volume_id != cs.labelmap_volume(volume).volume_id


def test_values_of_another_grid_are_refused(volume):
    with pytest.raises(GeometryError, match=r"\(6, 5, 4\); resample them first"):
        cs.derived_volume(volume, np.zeros((5, 5, 4)))
    with pytest.raises(GeometryError, match="resample them first"):
        cs.labelmap_volume(volume, np.zeros((6, 4, 5), np.uint8))
    with pytest.raises(LoaderError, match="whole numbers"):
        cs.labelmap_volume(volume, np.zeros(SHAPE))
