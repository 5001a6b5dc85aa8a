"""What volumes and those made of them are given, and cannot be."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pycornerstone as pc
from pycornerstone.model.volume_geometry import VolumeGeometry

VOXELS = np.zeros((2, 3, 4), np.uint8)


@pytest.fixture
def volume():
    return pc.Volume("v", VOXELS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: pc.Volume(None, VOXELS), "a volumeId is text, got None"),
        (lambda _: pc.Volume("", VOXELS), "a volumeId is text, got ''"),
        (lambda _: pc.Volume("v", VOXELS, geometry=np.eye(4)), "lies as a VolumeGeometry says"),
        (lambda _: pc.Volume("v", VOXELS, image_ids=3), "a list of imageIds, which are texts"),
        (lambda _: pc.Volume("v", VOXELS, image_ids=[1, 2]), "a list of imageIds, which are texts"),
        (lambda _: pc.generate_volume_id(None), "a list of imageIds, which are texts"),
        (lambda _: pc.generate_volume_id([b"x"]), "a list of imageIds, which are texts"),
        (lambda v: v.image(1.5), "a slice is a whole number, got 1.5"),
        (lambda v: v.value_at("x"), "a place, LPS mm, has 3 numbers, got 'x'"),
        (lambda v: v.geometry.world_to_index((1, 2)), "a place, LPS mm, has 3 numbers"),
        (lambda v: v.geometry.index_to_world(None), "has 3 numbers, got None"),
        (lambda v: v.geometry.slice_planes("x"), "a normal is a direction of three numbers"),
        (lambda _: pc.derived_volume(VOXELS), "a Volume is wanted, got ndarray"),
        (lambda _: pc.labelmap_volume(None), "a Volume is wanted, got NoneType"),
        (lambda v: pc.derived_volume(v, volume_id=3), "a volumeId is text, got 3"),
        (lambda _: pc.decimated("v", (1, 1, 1)), "a Volume is wanted, got str"),
        (lambda _: pc.sub_volume(None, ((0, 1),) * 3), "a Volume is wanted, got NoneType"),
        (lambda v: pc.sub_volume(v, None), "bounds are first and last index"),
        (lambda v: pc.sub_volume(v, ((0, 1.5), (0, 1), (0, 1))), "bounds are first and last index"),
        (lambda v: pc.sub_volume(v, ((0, math.nan),) * 3), "bounds are first and last index"),
        (lambda v: pc.sub_volume(v, (1, 2, 3)), "bounds are first and last index"),
        (lambda _: pc.VolumeSeries("s", VOXELS[None], 3, (1,)), "a series has a list of volumes"),
        (lambda _: pc.VolumeSeries("s", VOXELS[None], [3], (1,)), "a Volume is wanted, got int"),
        (lambda v: pc.VolumeSeries("s", 3, [v], (1,)), "a series has a list of voxels"),
        (lambda v: pc.VolumeSeries(3, VOXELS[None], [v], (1,)), "a volumeId is a text, got 3"),
    ],
)
def test_a_volume_refuses_in_words(volume, make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make(volume)


@pytest.mark.parametrize(
    ("operator", "points", "message"),
    [
        ("mean", None, "no operator 'mean' of time; there are: sum, average, subtract"),
        ("sum", 3, "points in time are a list of whole numbers, got 3"),
        ("sum", [0.5], "a point in time is a whole number, got 0.5"),
    ],
)
def test_points_in_time_are_refused_in_words(volume, operator, points, message):
    series = pc.VolumeSeries("s", VOXELS[np.newaxis], (volume,), (1,))
    with pytest.raises((TypeError, ValueError), match=message):
        series.combined(operator, points)


def test_a_place_that_is_no_number_is_outside(volume):
    assert volume.value_at((math.nan, 0, 0)) is None
    assert volume.value_at((math.inf, 0, 0)) is None


def test_more_voxels_left_out_than_there_are_leaves_the_first(volume):
    assert pc.decimated(volume, (10**12, 1, 1)).shape == (2, 3, 1)


def test_numbers_of_numpy_are_numbers(volume):
    bounds = [np.array([0, 1]), (np.int64(0), np.uint8(1)), (0, 1)]
    assert pc.sub_volume(volume, bounds).shape == (2, 2, 2)
    assert volume.image(np.int16(1)).rows == 3
    assert VolumeGeometry.default((2, 2, 2)).index_to_world(np.zeros((5, 3))).shape == (5, 3)
